//! Hosts: domains, addresses, opaque hosts (URL Standard 3).

use super::error::{Fail, ParseError, ParseErrorKind};
use super::{domain, ip};
use crate::syntax::percent;
use crate::work;
use alloc::string::String;
use core::fmt;
use core::net::{Ipv4Addr, Ipv6Addr};

/// The host of a URL.
///
/// `S` is how the text is held: `&str` where it borrows from a [`Url`](super::Url), `String` where it was
/// [parsed](Self::parse) by itself. This enum is complete.
///
/// ```
/// use plainwire::url::{Host, Url};
///
/// let url = Url::parse("http://0x7F.1/").unwrap();
/// assert_eq!(url.host(), Some(Host::Ipv4([127, 0, 0, 1].into())));
/// assert_eq!(Host::parse("EXAMPLE.com").unwrap(), Host::Domain("example.com".to_owned()));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Host<S = String> {
    /// A domain of a special URL, in ASCII and lower case.
    Domain(S),
    /// An IPv4 address, however it was written.
    Ipv4(Ipv4Addr),
    /// An IPv6 address.
    Ipv6(Ipv6Addr),
    /// The host of a URL that is not special: percent-encoded, its case kept, never looked into.
    Opaque(S),
}

impl Host<String> {
    /// Reads a host as that of a special URL (`http` and its like): percent-decoded, through IDNA, in lower case, or
    /// an address in any of its forms.
    ///
    /// The errors are the host's of [`ParseErrorKind`], with the offset in `input`.
    pub fn parse(input: &str) -> Result<Self, ParseError> {
        Self::read(input, true)
    }

    /// Reads a host as that of a URL that is not special.
    pub fn parse_opaque(input: &str) -> Result<Self, ParseError> {
        Self::read(input, false)
    }

    fn read(input: &str, special: bool) -> Result<Self, ParseError> {
        let error = |fail: Fail| ParseError { kind: fail.kind, offset: fail.at };
        if input.is_empty() {
            return Err(error(Fail::new(ParseErrorKind::HostMissing, 0)));
        }
        let mut text = String::with_capacity(input.len());
        let form = parse(input, special, &mut text).map_err(error)?;
        Ok(match form.view(&text) {
            Some(Host::Ipv4(address)) => Self::Ipv4(address),
            Some(Host::Ipv6(address)) => Self::Ipv6(address),
            Some(Host::Opaque(_)) | None => Self::Opaque(text),
            Some(Host::Domain(_)) => Self::Domain(text),
        })
    }
}

impl<S: AsRef<str>> Host<S> {
    /// The same host, borrowed.
    pub fn as_borrowed(&self) -> Host<&str> {
        match self {
            Self::Domain(name) => Host::Domain(name.as_ref()),
            Self::Opaque(name) => Host::Opaque(name.as_ref()),
            Self::Ipv4(address) => Host::Ipv4(*address),
            Self::Ipv6(address) => Host::Ipv6(*address),
        }
    }

    /// The same host, with text of its own.
    pub fn into_owned(self) -> Host<String> {
        match self.as_borrowed() {
            Host::Domain(name) => Host::Domain(name.into()),
            Host::Opaque(name) => Host::Opaque(name.into()),
            Host::Ipv4(address) => Host::Ipv4(address),
            Host::Ipv6(address) => Host::Ipv6(address),
        }
    }
}

/// As it stands in a URL: an IPv6 address in brackets.
impl<S: AsRef<str>> fmt::Display for Host<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Domain(name) | Self::Opaque(name) => f.write_str(name.as_ref()),
            Self::Ipv4(address) => address.fmt(f),
            Self::Ipv6(address) => {
                let mut text = String::with_capacity(41);
                ip::write_v6(address.segments(), &mut text);
                write!(f, "[{text}]")
            }
        }
    }
}

/// What kind of host a URL's text holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// No host: no `//`.
    Null,
    /// The empty host, as in `file:///`.
    Empty,
    Domain,
    Ipv4,
    Ipv6,
    Opaque,
}

impl Form {
    /// The host that `text` is the canonical form of.
    pub(super) fn view(self, text: &str) -> Option<Host<&str>> {
        match self {
            Self::Null | Self::Empty => None,
            Self::Domain => Some(Host::Domain(text)),
            Self::Opaque => Some(Host::Opaque(text)),
            Self::Ipv4 => text.parse().ok().map(Host::Ipv4),
            Self::Ipv6 => text.strip_prefix('[')?.strip_suffix(']')?.parse().ok().map(Host::Ipv6),
        }
    }
}

const PLAIN: u8 = 0;
const UPPER: u8 = 1;
const PERCENT: u8 = 2;
const BEYOND: u8 = 4;
/// A forbidden domain code point other than `%`.
const FORBIDDEN_DOMAIN: u8 = 8;
const FORBIDDEN_HOST: u8 = 16;

/// What each octet is to a host (URL Standard 3.2).
static CLASS: [u8; 256] = classes();

const fn classes() -> [u8; 256] {
    let mut table = [PLAIN; 256];
    let mut octet = 0;
    while octet < 256 {
        table[octet] = match octet as u8 {
            0 | b'\t' | b'\n' | b'\r' | b' ' | b'#' | b'/' | b':' | b'<' | b'>' | b'?' | b'@' | b'[' | b'\\' | b']'
            | b'^' | b'|' => FORBIDDEN_DOMAIN | FORBIDDEN_HOST,
            0x00..=0x1F | 0x7F => FORBIDDEN_DOMAIN,
            b'%' => PERCENT,
            b'A'..=b'Z' => UPPER,
            0x80.. => BEYOND,
            _ => PLAIN,
        };
        octet += 1;
    }
    table
}

fn class(octet: u8) -> u8 {
    CLASS[usize::from(octet)]
}

/// Whether a domain in ASCII may have this octet.
pub(super) fn is_forbidden_in_domain(octet: u8) -> bool {
    class(octet) & (FORBIDDEN_DOMAIN | PERCENT) != 0
}

/// Whether an opaque host may not have this octet.
pub(super) fn is_forbidden_in_host(octet: u8) -> bool {
    class(octet) & FORBIDDEN_HOST != 0
}

/// The host parser (URL Standard 3.5): appends the canonical form of `text`, which is not empty, to `out`.
pub(super) fn parse(text: &str, special: bool, out: &mut String) -> Result<Form, Fail> {
    let octets = text.as_bytes();
    if octets.first() == Some(&b'[') {
        let inner = text[1..].strip_suffix(']').ok_or(Fail::new(ParseErrorKind::Ipv6Unclosed, text.len()))?;
        let pieces = ip::parse_v6(inner).map_err(|fail| fail.behind(1))?;
        out.push('[');
        ip::write_v6(pieces, out);
        out.push(']');
        return Ok(Form::Ipv6);
    }
    work::add(octets.len());
    if !special {
        return opaque(text, out);
    }
    let seen = octets.iter().fold(PLAIN, |seen, octet| seen | class(*octet));
    let start = out.len();
    if seen & (PERCENT | BEYOND | FORBIDDEN_DOMAIN) == 0 {
        out.push_str(text);
        if seen & UPPER != 0 {
            out[start..].make_ascii_lowercase();
        }
    } else {
        if seen & (PERCENT | BEYOND) == 0 {
            return Err(Fail::new(ParseErrorKind::ForbiddenDomainCodePoint, first_forbidden(octets)));
        }
        let decoded = percent::decode(octets);
        // UTF-8 decode without BOM: what is malformed becomes U+FFFD, which the domain parser refuses.
        domain::parse(&String::from_utf8_lossy(&decoded), out).map_err(|kind| match kind {
            ParseErrorKind::ForbiddenDomainCodePoint => Fail::new(kind, first_forbidden(octets)),
            kind => Fail::new(kind, 0),
        })?;
    }
    let domain = &out[start..];
    if !ip::ends_in_number(domain) {
        return Ok(Form::Domain);
    }
    // The offset of a part means something only where the domain is letter for letter what was written.
    let verbatim = seen & (PERCENT | BEYOND) == 0;
    let address = ip::parse_v4(domain).map_err(|fail| if verbatim { fail } else { Fail::new(fail.kind, 0) })?;
    out.truncate(start);
    ip::write_v4(address, out);
    Ok(Form::Ipv4)
}

/// Where a forbidden domain code point stands in a host as it was written; its beginning if IDNA processing made it.
pub(super) fn first_forbidden(octets: &[u8]) -> usize {
    let forbidden = |at: &usize| match octets[*at] {
        b'%' => percent::octet_at(octets, *at).is_none_or(|octet| octet < 0x80 && is_forbidden_in_domain(octet)),
        octet => class(octet) & FORBIDDEN_DOMAIN != 0,
    };
    (0..octets.len()).find(forbidden).unwrap_or(0)
}

/// The opaque-host parser (URL Standard 3.5).
fn opaque(text: &str, out: &mut String) -> Result<Form, Fail> {
    if let Some(at) = text.bytes().position(is_forbidden_in_host) {
        return Err(Fail::new(ParseErrorKind::ForbiddenHostCodePoint, at));
    }
    percent::encode_onto(text.as_bytes(), &percent::CONTROLS, out);
    Ok(Form::Opaque)
}
