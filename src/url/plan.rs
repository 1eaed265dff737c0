//! What an input says, before anything of it is written: which part is the scheme, the authority, the path, and what
//! comes from the base.
//!
//! The standard's state machine goes over the input code point by code point. Its states before the path are told
//! apart by a few octets, and no state looks behind the first `#` or, before that, the first `?`; so the input is cut
//! first and each piece is handled whole. [`machine`](super::machine) is the state machine as it is written, and the
//! two are tested against each other.

use super::Url;
use super::error::{Fail, ParseErrorKind};
use super::options::Options;
use super::path::{is_drive_letter, leading_drive, starts_with_drive_letter};
use super::scheme::{self, Kind};
use crate::work;
use alloc::borrow::Cow;
use alloc::string::String;

/// The input without what the standard drops: C0 controls and spaces at both ends, tabs and newlines anywhere.
pub(super) struct Cleaned<'i> {
    pub(super) text: Cow<'i, str>,
    input: &'i str,
    /// Where in the input the text begins and ends.
    start: usize,
    end: usize,
}

impl<'i> Cleaned<'i> {
    pub(super) fn new(input: &'i str) -> Self {
        let is_trimmed = |c: char| c <= ' ';
        let head = input.trim_start_matches(is_trimmed);
        let body = head.trim_end_matches(is_trimmed);
        let start = input.len() - head.len();
        Self { text: without_tabs_and_newlines(body), input, start, end: start + body.len() }
    }

    /// Where in the input the octet stands that is at `at` in the text.
    pub(super) fn offset(&self, at: usize) -> usize {
        let rest = &self.input.as_bytes()[self.start..];
        let mut kept = (0..rest.len()).filter(|index| !is_tab_or_newline(rest[*index]));
        kept.nth(at).map_or(self.end, |index| self.start + index)
    }
}

pub(super) const fn is_tab_or_newline(octet: u8) -> bool {
    matches!(octet, b'\t' | b'\n' | b'\r')
}

/// The text without its tabs and newlines.
pub(super) fn without_tabs_and_newlines(text: &str) -> Cow<'_, str> {
    work::add(text.len());
    match memchr::memchr3(b'\t', b'\n', b'\r', text.as_bytes()) {
        None => Cow::Borrowed(text),
        Some(first) => {
            let mut kept = String::with_capacity(text.len() - 1);
            kept.push_str(&text[..first]);
            kept.extend(text[first..].split(['\t', '\n', '\r']));
            Cow::Owned(kept)
        }
    }
}

/// Everything that an input says.
pub(super) struct Plan<'i> {
    /// The scheme as written, in either case; `None`: the base's.
    pub(super) scheme: Option<&'i str>,
    pub(super) kind: Kind,
    pub(super) authority: Authority<'i>,
    pub(super) path: Path<'i>,
    pub(super) query: Query<'i>,
    pub(super) fragment: Option<&'i str>,
}

/// What stands between the scheme and the path.
#[derive(Clone, Copy)]
pub(super) enum Authority<'i> {
    /// No host.
    Null,
    /// The empty host of a `file` URL.
    Empty,
    /// The base's, whatever it is.
    Base,
    /// The host of a `file` URL, not empty and without credentials or port.
    FileHost(&'i str),
    /// Credentials, host and port.
    Text(&'i str),
}

/// The path, and what it begins with.
#[derive(Clone, Copy)]
pub(super) enum Path<'i> {
    /// The base's path as it is.
    Base,
    /// No path at all, not even `/`.
    Empty,
    Opaque(&'i str),
    /// Segments.
    List(&'i str),
    /// Segments behind those of the base, less its last one.
    BaseDirectory(&'i str),
    /// Segments behind the base's drive letter.
    BaseDrive(&'i str),
}

#[derive(Clone, Copy)]
pub(super) enum Query<'i> {
    Base,
    Given(Option<&'i str>),
}

impl<'i> Plan<'i> {
    /// Reads a cleaned text.
    pub(super) fn of(text: &'i str, options: &Options<'_>) -> Result<Self, Fail> {
        let (body, fragment) = cut(text, b'#');
        let scheme = scheme::leading(body);
        let behind = scheme.map_or(body, |scheme| &body[scheme.len() + 1..]);
        let (hier, query) = cut(behind, b'?');
        let given = Query::Given(query);
        let base = options.base;
        let Some(name) = scheme else {
            return Self::relative_to(base, hier, query, fragment);
        };
        let kind = options.kind_of(name);
        // The base matters to a special URL of the same scheme only (scheme state).
        let base = base.filter(|base| kind.is_special() && base.scheme().eq_ignore_ascii_case(name));
        let plan = |authority, path, query| Self { scheme, kind, authority, path, query, fragment };
        if kind.is_file() {
            let (authority, path, query) = file(hier, query, base);
            return Ok(plan(authority, path, query));
        }
        if kind.is_special() {
            return Ok(match base {
                Some(_) if !hier.starts_with("//") => {
                    let (authority, path, query) = relative(hier, query, kind);
                    plan(authority, path, query)
                }
                _ => {
                    let (authority, path) = behind_slashes(hier, kind);
                    plan(authority, path, given)
                }
            });
        }
        Ok(match hier.strip_prefix('/') {
            None => plan(Authority::Null, Path::Opaque(hier), given),
            Some(behind) => match behind.strip_prefix('/') {
                None => plan(Authority::Null, Path::List(behind), given),
                Some(rest) => {
                    let (authority, path) = authority_and_path(rest, kind);
                    plan(authority, path, given)
                }
            },
        })
    }

    /// No scheme state.
    fn relative_to(
        base: Option<&Url>,
        hier: &'i str,
        query: Option<&'i str>,
        fragment: Option<&'i str>,
    ) -> Result<Self, Fail> {
        let missing = Fail::new(ParseErrorKind::MissingScheme, 0);
        let base = base.ok_or(missing)?;
        let kind = base.kind;
        let (authority, path, query) = if base.has_opaque_path() {
            if !hier.is_empty() || query.is_some() || fragment.is_none() {
                return Err(missing);
            }
            (Authority::Base, Path::Base, Query::Base)
        } else if kind.is_file() {
            file(hier, query, Some(base))
        } else {
            relative(hier, query, kind)
        };
        Ok(Self { scheme: None, kind, authority, path, query, fragment })
    }
}

/// Relative state and relative slash state.
fn relative<'i>(hier: &'i str, query: Option<&'i str>, kind: Kind) -> (Authority<'i>, Path<'i>, Query<'i>) {
    let octets = hier.as_bytes();
    match octets {
        [] => (Authority::Base, Path::Base, query.map_or(Query::Base, |query| Query::Given(Some(query)))),
        [first, second, ..] if kind.is_special() && kind.is_slash(*first) && kind.is_slash(*second) => {
            let (authority, path) = behind_slashes(hier, kind);
            (authority, path, Query::Given(query))
        }
        [b'/', b'/', ..] => {
            let (authority, path) = authority_and_path(&hier[2..], kind);
            (authority, path, Query::Given(query))
        }
        [first, ..] if kind.is_slash(*first) => (Authority::Base, Path::List(&hier[1..]), Query::Given(query)),
        _ => (Authority::Base, Path::BaseDirectory(hier), Query::Given(query)),
    }
}

/// Special authority slashes state and special authority ignore slashes state.
fn behind_slashes(hier: &str, kind: Kind) -> (Authority<'_>, Path<'_>) {
    authority_and_path(hier.trim_start_matches(['/', '\\']), kind)
}

/// Authority state as far as its end, and path start state.
fn authority_and_path(rest: &str, kind: Kind) -> (Authority<'_>, Path<'_>) {
    let end = if kind.is_special() {
        memchr::memchr2(b'/', b'\\', rest.as_bytes())
    } else {
        memchr::memchr(b'/', rest.as_bytes())
    };
    work::add(end.unwrap_or(rest.len()));
    match end {
        Some(end) => (Authority::Text(&rest[..end]), Path::List(&rest[end + 1..])),
        None if kind.is_special() => (Authority::Text(rest), Path::List("")),
        None => (Authority::Text(rest), Path::Empty),
    }
}

/// File state, file slash state and file host state. `base` is one whose scheme is `file`.
fn file<'i>(hier: &'i str, query: Option<&'i str>, base: Option<&Url>) -> (Authority<'i>, Path<'i>, Query<'i>) {
    let octets = hier.as_bytes();
    let given = Query::Given(query);
    let own = if base.is_some() { Authority::Base } else { Authority::Empty };
    match octets {
        [b'/' | b'\\', b'/' | b'\\', ..] => {
            let (authority, path) = file_host(&hier[2..]);
            (authority, path, given)
        }
        [b'/' | b'\\', behind @ ..] => {
            let drive = base.and_then(|base| leading_drive(base.pathname()));
            let path = match drive {
                Some(_) if !starts_with_drive_letter(behind) => Path::BaseDrive(&hier[1..]),
                _ => Path::List(&hier[1..]),
            };
            (own, path, given)
        }
        _ if base.is_none() => (own, Path::List(hier), given),
        [] => (own, Path::Base, query.map_or(Query::Base, |query| Query::Given(Some(query)))),
        _ if starts_with_drive_letter(octets) => (own, Path::List(hier), given),
        _ => (own, Path::BaseDirectory(hier), given),
    }
}

/// File host state.
fn file_host(rest: &str) -> (Authority<'_>, Path<'_>) {
    let end = memchr::memchr2(b'/', b'\\', rest.as_bytes());
    let host = &rest[..end.unwrap_or(rest.len())];
    work::add(host.len());
    if is_drive_letter(host.as_bytes()) {
        return (Authority::Empty, Path::List(rest));
    }
    let path = Path::List(end.map_or("", |end| &rest[end + 1..]));
    (if host.is_empty() { Authority::Empty } else { Authority::FileHost(host) }, path)
}

/// An authority's parts: credentials without their `@`, host, and what stands behind the colon.
pub(super) struct Parts<'i> {
    pub(super) credentials: Option<&'i str>,
    pub(super) host: &'i str,
    /// Where in the authority the host begins.
    pub(super) host_at: usize,
    pub(super) port: Option<&'i str>,
}

impl<'i> Parts<'i> {
    /// Authority state and host state, as far as they cut the text.
    pub(super) fn of(authority: &'i str, kind: Kind) -> Result<Self, Fail> {
        work::add(authority.len());
        let at = memchr::memrchr(b'@', authority.as_bytes());
        let host_at = at.map_or(0, |at| at + 1);
        let (host, port) = host_and_port(&authority[host_at..]);
        if host.is_empty() && (kind.is_special() || at.is_some() || port.is_some()) {
            return Err(Fail::new(ParseErrorKind::HostMissing, host_at));
        }
        Ok(Self { credentials: at.map(|at| &authority[..at]), host, host_at, port })
    }

    /// The port, or that there is none; port state.
    pub(super) fn port(&self) -> Result<Option<u16>, Fail> {
        let Some(text) = self.port else { return Ok(None) };
        let start = self.host_at + self.host.len() + 1;
        match leading_port(text) {
            (_, digits) if digits < text.len() => Err(Fail::new(ParseErrorKind::PortInvalid, start + digits)),
            (_, 0) => Ok(None),
            (Some(port), _) => Ok(Some(port)),
            (None, _) => Err(Fail::new(ParseErrorKind::PortOutOfRange, start)),
        }
    }
}

/// Cuts at the first colon that is not between brackets.
pub(super) fn host_and_port(text: &str) -> (&str, Option<&str>) {
    work::add(text.len());
    let mut inside_brackets = false;
    for (at, octet) in text.bytes().enumerate() {
        match octet {
            b'[' => inside_brackets = true,
            b']' => inside_brackets = false,
            b':' if !inside_brackets => return (&text[..at], Some(&text[at + 1..])),
            _ => {}
        }
    }
    (text, None)
}

/// The number that a text begins with, if it is a port, and how many digits it has.
pub(super) fn leading_port(text: &str) -> (Option<u16>, usize) {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    work::add(digits);
    let number =
        text[..digits].bytes().fold(0_u32, |number, digit| (number * 10 + u32::from(digit - b'0')).min(1 << 16));
    (u16::try_from(number).ok().filter(|_| digits > 0), digits)
}

/// The text before the first `octet`, and what stands behind it if there is one.
fn cut(text: &str, octet: u8) -> (&str, Option<&str>) {
    let found = memchr::memchr(octet, text.as_bytes());
    work::add(found.unwrap_or(text.len()));
    match found {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    }
}
