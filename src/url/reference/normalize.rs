//! Normalisation by the steps of RFC 3986 6.2.

use super::resolve::{AboveRoot, Authority, Components, Path};
use super::scan::{UNRESERVED, class};
use super::{Host, Reference, ReferenceBuf};
use crate::syntax::percent;
use crate::work;
use alloc::borrow::Cow;
use alloc::format;
use alloc::string::String;
use core::ops::BitOr;

/// Which steps of normalisation are taken. They are joined by `|`, and taken in the order in which they stand here.
///
/// ```
/// use plainwire::url::reference::{Reference, Steps};
///
/// let odd = Reference::parse("eXAMPLE://a/./b/../b/%63/%7bfoo%7d")?;
/// assert_eq!(odd.normalize(Steps::CASE).as_str(), "example://a/./b/../b/%63/%7Bfoo%7D");
/// assert_eq!(odd.normalize(Steps::PERCENT | Steps::DOTS).as_str(), "eXAMPLE://a/b/c/%7bfoo%7d");
/// assert_eq!(odd.normalize(Steps::SYNTAX).as_str(), "example://a/b/c/%7Bfoo%7D");
/// # Ok::<_, plainwire::url::reference::ReferenceError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Steps(u8);

impl Steps {
    /// None: the text as it is (6.2.1).
    pub const NONE: Self = Self(0);
    /// Percent-encoded octets that are unreserved characters are decoded (6.2.2.2).
    pub const PERCENT: Self = Self(1);
    /// Scheme and host in lower case, the digits of percent-encoded octets in upper case (6.2.2.1).
    pub const CASE: Self = Self(2);
    /// `.` and `..` segments are taken out of the path (6.2.2.3), except out of a relative reference's path that begins
    /// with no slash, where they mean something.
    pub const DOTS: Self = Self(4);
    /// IPv6 addresses as RFC 5952 writes them.
    pub const ADDRESS: Self = Self(8);
    /// For `http`, `https`, `ws`, `wss` and `ftp` the default port is left out and an empty path is `/`; for every scheme
    /// an empty port is left out (6.2.3).
    pub const SCHEME: Self = Self(16);
    /// What needs no knowledge of the scheme (6.2.2): percent, case, dots.
    pub const SYNTAX: Self = Self(1 | 2 | 4);
    /// All of them.
    pub const ALL: Self = Self(1 | 2 | 4 | 8 | 16);

    /// Whether all of `steps` are among these.
    pub const fn has(self, steps: Self) -> bool {
        self.0 & steps.0 == steps.0
    }
}

impl BitOr for Steps {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl Reference<'_> {
    /// The reference in a form that more of its equals share. Doing it again changes nothing.
    #[must_use]
    pub fn normalize(&self, steps: Steps) -> ReferenceBuf {
        let scheme = self.scheme().map(|scheme| lowered(scheme, steps));
        let host = self.host_kind().map(|host| normal_host(self.host().unwrap_or_default(), host, steps));
        let userinfo = self.userinfo().map(|userinfo| normal(userinfo, steps, false));
        let query = self.query().map(|query| normal(query, steps, false));
        let fragment = self.fragment().map(|fragment| normal(fragment, steps, false));
        let mut path = normal(self.path(), steps, false);
        let without_dots = steps.has(Steps::DOTS) && (scheme.is_some() || path.starts_with('/'));
        let mut port = self.port();
        if steps.has(Steps::SCHEME) {
            let default = self.scheme().and_then(default_port);
            if port == Some("") || default.is_some() && self.port_number() == default {
                port = None;
            }
            if default.is_some() && host.is_some() && path.is_empty() {
                path = Cow::Borrowed("/");
            }
        }
        let authority = host.as_deref().map(|host| Authority { userinfo: userinfo.as_deref(), host, port });
        let normal = Components {
            scheme: scheme.as_deref(),
            authority,
            path: &path,
            query: query.as_deref(),
            fragment: fragment.as_deref(),
        };
        let way = if without_dots { Path::WithoutDots } else { Path::AsItIs };
        // Longer by three octets at the most, which only a text at the limit can't bear.
        normal.compose(way, AboveRoot::Drop).unwrap_or_else(|_| self.to_buf())
    }

    /// Whether the two are the same after these steps (6.1).
    ///
    /// ```
    /// use plainwire::url::reference::{Reference, Steps};
    /// let (a, b) = (Reference::parse("http://h:80")?, Reference::parse("HTTP://h/")?);
    /// assert!(a.equivalent(&b, Steps::ALL) && !a.equivalent(&b, Steps::SYNTAX));
    /// # Ok::<_, plainwire::url::reference::ReferenceError>(())
    /// ```
    #[must_use]
    pub fn equivalent(&self, other: &Reference<'_>, steps: Steps) -> bool {
        self == other || self.normalize(steps) == other.normalize(steps)
    }
}

/// The ports of the schemes that [`Steps::SCHEME`] knows.
fn default_port(scheme: &str) -> Option<u16> {
    const PORTS: [(&str, u16); 5] = [("http", 80), ("https", 443), ("ws", 80), ("wss", 443), ("ftp", 21)];
    PORTS.iter().find(|(name, _)| name.eq_ignore_ascii_case(scheme)).map(|(_, port)| *port)
}

fn lowered(text: &str, steps: Steps) -> Cow<'_, str> {
    if steps.has(Steps::CASE) && text.bytes().any(|octet| octet.is_ascii_uppercase()) {
        Cow::Owned(text.to_ascii_lowercase())
    } else {
        Cow::Borrowed(text)
    }
}

fn normal_host<'t>(text: &'t str, host: Host<'t>, steps: Steps) -> Cow<'t, str> {
    match host {
        Host::Ipv6(address) if steps.has(Steps::ADDRESS) => Cow::Owned(format!("[{address}]")),
        Host::Ipv6(_) | Host::IpvFuture(_) => lowered(text, steps),
        Host::Ipv4(_) | Host::Name(_) => normal(text, steps, steps.has(Steps::CASE)),
    }
}

/// Percent-encoding made normal, and letters lowered where `lower` says so.
fn normal(text: &str, steps: Steps, lower: bool) -> Cow<'_, str> {
    work::add(text.len());
    let octets = text.as_bytes();
    if memchr::memchr(b'%', octets).is_none() {
        return if lower { lowered(text, Steps::CASE) } else { Cow::Borrowed(text) };
    }
    let cased = |octet: u8| char::from(if lower { octet.to_ascii_lowercase() } else { octet });
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while let Some(octet) = octets.get(at) {
        match percent::octet_at(octets, at) {
            Some(decoded) if steps.has(Steps::PERCENT) && class(decoded) & UNRESERVED != 0 => {
                out.push(cased(decoded));
                at += 3;
            }
            Some(decoded) if steps.has(Steps::CASE) => {
                percent::push_octet(decoded, &mut out);
                at += 3;
            }
            Some(_) => {
                out.push_str(&text[at..at + 3]);
                at += 3;
            }
            None => {
                out.push(cased(*octet));
                at += 1;
            }
        }
    }
    Cow::Owned(out)
}
