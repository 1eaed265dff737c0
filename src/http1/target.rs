//! Request targets (RFC 9112 3.2) and the hosts that they and `Host` fields name (RFC 9110 4.2, 7.2).

use super::error::{Invalid, What};
use super::syntax::{HEX, HOST, PLAIN_HOST, TARGET, is, stray};
use super::value::Method;
use core::fmt;
use wide::u8x16;

/// The four forms of RFC 9112 3.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
pub enum Form {
    /// `/path?query`.
    Origin,
    /// `http://host/path?query`: to a proxy, and to any server.
    Absolute,
    /// `host:port`: CONNECT, and CONNECT only.
    Authority,
    /// `*`: OPTIONS of the server as a whole, and nothing else.
    Asterisk,
}

/// A request target in one of the four forms, checked against its method.
///
/// RFC 3986 allows fewer characters in a path and a query than browsers send there (`|`, `^`, `"`, braces). All visible
/// US-ASCII is taken, apart from `#`: a fragment is no part of a target, and servers disagree on where the path ends.
///
/// ```
/// use plainwire::http1::{Form, Method, Target};
///
/// let target = Target::new(Method::GET, "http://example.com/a?b")?;
/// assert_eq!(target.form(), Form::Absolute);
/// assert_eq!((target.authority(), target.path(), target.query()), (Some("example.com"), "/a", Some("b")));
/// assert!(Target::new(Method::GET, "*").is_err());
/// # Ok::<(), plainwire::http1::Invalid>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Target<'a> {
    text: &'a str,
    form: Form,
}

impl<'a> Target<'a> {
    /// A target as it stands in the request line; [`Invalid`] where it is of no form that the method allows.
    pub fn new(method: Method<'_>, text: &'a str) -> Result<Self, Invalid> {
        if let Some(at) = stray(text.as_bytes(), TARGET) {
            return Err(Invalid::new(What::Target, at));
        }
        match form(method.as_str().as_bytes(), text.as_bytes()) {
            Some(form) => Ok(Self { text, form }),
            None => Err(Invalid::new(What::Target, 0)),
        }
    }

    /// A target that was read and found good.
    pub(super) fn from_wire(text: &'a [u8]) -> Self {
        let form = match text {
            [b'/', ..] => Form::Origin,
            b"*" => Form::Asterisk,
            _ if authority_start(text).is_some() => Form::Absolute,
            _ => Form::Authority,
        };
        Self { text: core::str::from_utf8(text).unwrap_or_default(), form }
    }

    /// All of it.
    pub const fn as_str(self) -> &'a str {
        self.text
    }

    /// Which of the four forms it has.
    pub const fn form(self) -> Form {
        self.form
    }

    /// The scheme of an absolute form.
    pub fn scheme(self) -> Option<&'a str> {
        (self.form == Form::Absolute).then(|| self.text.split_once(':').map_or("", |(scheme, _)| scheme))
    }

    /// `host`, `host:port` or `user@host:port`, where the form has one. In an absolute form it is what counts, whatever
    /// the `Host` field says (RFC 9112 3.2.2).
    pub fn authority(self) -> Option<&'a str> {
        match self.form {
            Form::Authority => Some(self.text),
            Form::Absolute => authority_start(self.text.as_bytes()).map(|start| {
                let rest = &self.text[start..];
                &rest[..rest.find(['/', '?']).unwrap_or(rest.len())]
            }),
            Form::Origin | Form::Asterisk => None,
        }
    }

    /// The path, without the query: `/` for an absolute form that has none (RFC 9110 4.2.3), empty for the two others.
    pub fn path(self) -> &'a str {
        let text = self.path_and_query();
        match text.split_once('?').map_or(text, |(path, _)| path) {
            "" if self.form == Form::Absolute => "/",
            path => path,
        }
    }

    /// What follows the first `?`.
    pub fn query(self) -> Option<&'a str> {
        self.path_and_query().split_once('?').map(|(_, query)| query)
    }

    fn path_and_query(self) -> &'a str {
        match self.form {
            Form::Origin => self.text,
            Form::Absolute => {
                let start = authority_start(self.text.as_bytes()).unwrap_or(0);
                let rest = &self.text[start..];
                &rest[rest.find(['/', '?']).unwrap_or(rest.len())..]
            }
            Form::Authority | Form::Asterisk => "",
        }
    }
}

impl fmt::Display for Target<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text)
    }
}

/// The form of a target that is made of [`TARGET`] octets, or none where the method allows none of its kind.
pub(super) fn form(method: &[u8], target: &[u8]) -> Option<Form> {
    if method == b"CONNECT" {
        // RFC 9112 3.2.3: `uri-host ":" port`, both there, and no user information.
        let (host, port) = split_port(target)?;
        let port = port.filter(|port| !port.is_empty())?;
        return (!host.is_empty() && is_host(host) && is_port(port)).then_some(Form::Authority);
    }
    match target {
        [b'/', ..] => Some(Form::Origin),
        b"*" if method == b"OPTIONS" => Some(Form::Asterisk),
        _ => {
            let rest = &target[authority_start(target)?..];
            let end = rest.iter().position(|byte| matches!(byte, b'/' | b'?')).unwrap_or(rest.len());
            let authority = &rest[..end];
            let host = match authority.iter().rposition(|&byte| byte == b'@') {
                // RFC 3986 3.2.1: userinfo is made of the octets of a host, and colons.
                Some(at) if authority[..at].iter().all(|&byte| is(byte, HOST) || byte == b':') => &authority[at + 1..],
                Some(_) => return None,
                None => authority,
            };
            // RFC 9110 4.2.1: an http URI without a host is to be refused.
            let (name, _) = split_port(host)?;
            (!name.is_empty() && is_authority(host)).then_some(Form::Absolute)
        }
    }
}

/// Where the authority of `scheme "://" authority` starts.
fn authority_start(target: &[u8]) -> Option<usize> {
    let colon = target.iter().position(|&byte| byte == b':')?;
    let scheme = target.first()?.is_ascii_alphabetic()
        && target[..colon].iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'));
    (scheme && target[colon..].starts_with(b"://")).then_some(colon + 3)
}

/// The value of a `Host` field (RFC 9110 7.2): `uri-host [ ":" port ]`, or nothing at all.
#[inline(never)]
pub(super) fn is_authority(value: &[u8]) -> bool {
    // What nearly all of them are: a name or an address,
    if let (Some(first), Some(last)) = (value.first_chunk::<8>(), value.last_chunk::<8>())
        && value.len() <= 16
        && are_plain_host(*first, *last)
    {
        return true;
    }
    // and a port of up to four digits behind it.
    let plain = stray(value, PLAIN_HOST).unwrap_or(value.len());
    match &value[plain..] {
        [] => true,
        [b':', port @ ..] if port.len() < 5 && port.iter().all(u8::is_ascii_digit) => true,
        _ => is_odd_authority(value),
    }
}

/// Letters, digits, dots and hyphens, all of them.
#[inline(always)]
fn are_plain_host(first: [u8; 8], last: [u8; 8]) -> bool {
    let both = u128::from(u64::from_ne_bytes(first)) | u128::from(u64::from_ne_bytes(last)) << 64;
    let octets = u8x16::new(both.to_ne_bytes());
    let within = |value: u8x16, most: u8| value.min(u8x16::splat(most)).simd_eq(value);
    let letters = within((octets | u8x16::splat(0x20)) - u8x16::splat(b'a'), 25);
    // `-` and `.` stand before the digits with `/` between them.
    let others = within(octets - u8x16::splat(b'-'), 12);
    let slashes = octets.simd_eq(u8x16::splat(b'/'));
    (letters | others & !slashes).to_bitmask() == 0xFFFF
}

/// The same, by the grammar alone.
pub(super) fn is_odd_authority(value: &[u8]) -> bool {
    match split_port(value) {
        Some((host, port)) => is_host(host) && port.is_none_or(is_port),
        None => false,
    }
}

/// The host, and what follows the colon behind it. A host in brackets keeps its colons.
fn split_port(authority: &[u8]) -> Option<(&[u8], Option<&[u8]>)> {
    let end = match authority {
        [b'[', ..] => authority.iter().position(|&byte| byte == b']')? + 1,
        _ => authority.iter().position(|&byte| byte == b':').unwrap_or(authority.len()),
    };
    match &authority[end..] {
        [] => Some((&authority[..end], None)),
        [b':', port @ ..] => Some((&authority[..end], Some(port))),
        _ => None,
    }
}

/// `*DIGIT`, which fits a port (RFC 3986 3.2.3).
fn is_port(port: &[u8]) -> bool {
    port.is_empty() || super::syntax::decimal(port).is_some_and(|number| u16::try_from(number).is_ok())
}

/// `IP-literal / IPv4address / reg-name` of RFC 3986 3.2.2.
fn is_host(host: &[u8]) -> bool {
    match host {
        [b'[', literal @ .., b']'] => is_ip_literal(literal),
        _ => stray(host, HOST).is_none() && escapes_are_whole(host),
    }
}

fn is_ip_literal(literal: &[u8]) -> bool {
    match literal {
        // IPvFuture = "v" 1*HEXDIG "." 1*( unreserved / sub-delims / ":" )
        [b'v' | b'V', rest @ ..] => match rest.iter().position(|&byte| byte == b'.') {
            Some(dot) => {
                dot > 0
                    && stray(&rest[..dot], HEX).is_none()
                    && dot + 1 < rest.len()
                    && rest[dot + 1..].iter().all(|&byte| byte != b'%' && is(byte, HOST) || byte == b':')
            }
            None => false,
        },
        _ => core::str::from_utf8(literal).is_ok_and(|text| text.parse::<core::net::Ipv6Addr>().is_ok()),
    }
}

/// `pct-encoded = "%" HEXDIG HEXDIG`.
fn escapes_are_whole(host: &[u8]) -> bool {
    let mut rest = host;
    while let Some(at) = memchr::memchr(b'%', rest) {
        match rest.get(at + 1..at + 3) {
            Some(digits) if stray(digits, HEX).is_none() => rest = &rest[at + 3..],
            _ => return false,
        }
    }
    true
}
