//! Python's view of URLs: what `urllib.parse` makes of them, quirks and all, for those who come from there.
//!
//! The results are those of CPython 3.13 for the same inputs. It is neither the URL Standard nor RFC 3986 but older
//! than both: nearly everything is a URL, components are cut off and not checked, an empty component and none are the
//! same. To be sure of a URL, take [`Url`](super::Url) or a [`Reference`](super::reference::Reference).
//!
//! ```
//! use plainwire::url::python;
//!
//! let parsed = python::parse("http://user@Example.com:80/a;b?c#d")?;
//! assert_eq!((&*parsed.scheme, &*parsed.netloc, &*parsed.path), ("http", "user@Example.com:80", "/a"));
//! assert_eq!((&*parsed.params, &*parsed.query, &*parsed.fragment), ("b", "c", "d"));
//! assert_eq!((parsed.username(), parsed.hostname().as_deref()), (Some("user"), Some("example.com")));
//! assert_eq!(parsed.port(), Ok(Some(80)));
//!
//! assert_eq!(python::join("http://a/b/c/d", "../g")?, "http://a/b/g");
//! assert_eq!(python::defrag("http://a/b#c")?, ("http://a/b".into(), "c".into()));
//! # Ok::<_, python::ValueError>(())
//! ```
//!
//! | Python | here |
//! |---|---|
//! | `urlsplit(url, scheme, allow_fragments)` | [`split`], [`split_with`] |
//! | `urlparse(url, scheme, allow_fragments)` | [`parse`], [`parse_with`] |
//! | `urlunsplit(parts)`, `parts.geturl()` | [`Split`]'s `Display` |
//! | `urlunparse(parts)`, `parts.geturl()` | [`Parsed`]'s `Display` |
//! | `urljoin(base, url, allow_fragments)` | [`join`], [`join_with`] |
//! | `urldefrag(url)` | [`defrag`] |
//! | `quote`, `unquote`, `parse_qs`, `urlencode` | the module `query` |

use crate::work;
use alloc::borrow::Cow;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;
use thiserror::Error;

mod netloc;

/// What Python raises `ValueError` for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("{kind} at offset {offset}")]
pub struct ValueError {
    kind: ValueErrorKind,
    offset: usize,
}

impl ValueError {
    /// What is wrong.
    pub const fn kind(&self) -> ValueErrorKind {
        self.kind
    }

    /// Where, in octets: from [`split`], [`parse`] and what calls them in the URL as it was given, from
    /// [`port`](Split::port) in the `netloc`.
    pub const fn offset(&self) -> usize {
        self.offset
    }
}

/// What is wrong with a URL even for Python.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ValueErrorKind {
    /// There is a `[` without a `]` in the netloc, or the other way round.
    UnpairedBracket,
    /// What is in brackets is no IPv6 address and no `IPvFuture` one.
    Address,
    /// A character of the netloc becomes one of `/?#@:` under NFKC, which could move the host's end.
    Normalization,
    /// The port is not made of ASCII digits.
    PortNotANumber,
    /// The port is above 65535.
    PortOutOfRange,
}

impl fmt::Display for ValueErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::UnpairedBracket => "a bracket without its other half in the netloc",
            Self::Address => "no IP address in brackets",
            Self::Normalization => "a character that would be a delimiter under NFKC normalization in the netloc",
            Self::PortNotANumber => "a port that is no number",
            Self::PortOutOfRange => "a port out of range 0-65535",
        })
    }
}

/// What `urlsplit` gives: five components, empty where absent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Split<'a> {
    /// The scheme, in lower case.
    pub scheme: Cow<'a, str>,
    /// The authority, as it was written.
    pub netloc: Cow<'a, str>,
    /// The path.
    pub path: Cow<'a, str>,
    /// The query.
    pub query: Cow<'a, str>,
    /// The fragment.
    pub fragment: Cow<'a, str>,
}

/// What `urlparse` gives: six components, the parameters of the last segment cut off its path.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Parsed<'a> {
    /// The scheme, in lower case.
    pub scheme: Cow<'a, str>,
    /// The authority, as it was written.
    pub netloc: Cow<'a, str>,
    /// The path, without parameters.
    pub path: Cow<'a, str>,
    /// What is behind the first `;` of the last segment, for the schemes that are said to have parameters.
    pub params: Cow<'a, str>,
    /// The query.
    pub query: Cow<'a, str>,
    /// The fragment.
    pub fragment: Cow<'a, str>,
}

/// `urlsplit(url)`.
///
/// # Errors
///
/// [`ValueError`], for brackets that hold no address or don't pair up, and for characters that normalisation makes a
/// delimiter.
#[doc(alias = "urlsplit")]
pub fn split(url: &str) -> Result<Split<'_>, ValueError> {
    split_with(url, "", true)
}

/// `urlsplit(url, scheme, allow_fragments)`: `scheme` is that of a URL without one.
///
/// ```
/// use plainwire::url::python;
/// let split = python::split_with("//h/p#f", "ftp", false)?;
/// assert_eq!((&*split.scheme, &*split.path, &*split.fragment), ("ftp", "/p#f", ""));
/// # Ok::<_, python::ValueError>(())
/// ```
///
/// # Errors
///
/// As [`split`].
pub fn split_with<'a>(url: &'a str, scheme: &'a str, allow_fragments: bool) -> Result<Split<'a>, ValueError> {
    let stripped = url.trim_start_matches(|character| character <= ' ');
    work::add(url.len() - stripped.len());
    let clean = without_breaks(stripped);
    let result = match clean {
        Cow::Borrowed(url) => split_clean(url, allow_fragments),
        Cow::Owned(ref clean) => split_clean(clean, allow_fragments).map(Split::into_owned),
    };
    let mut split = result.map_err(|error| {
        // The offset counts what was taken out.
        let kept = stripped
            .char_indices()
            .filter(|(_, character)| !is_break(*character))
            .nth(clean.get(..error.offset).map_or(0, |before| before.chars().count()));
        let inner = kept.map_or(stripped.len(), |(at, _)| at);
        ValueError { offset: url.len() - stripped.len() + inner, ..error }
    })?;
    if split.scheme.is_empty() {
        split.scheme = without_breaks(scheme.trim_matches(|character| character <= ' '));
    }
    Ok(split)
}

/// `urlparse(url)`.
///
/// # Errors
///
/// As [`split`].
#[doc(alias = "urlparse")]
pub fn parse(url: &str) -> Result<Parsed<'_>, ValueError> {
    parse_with(url, "", true)
}

/// `urlparse(url, scheme, allow_fragments)`: `scheme` is that of a URL without one.
///
/// # Errors
///
/// As [`split`].
pub fn parse_with<'a>(url: &'a str, scheme: &'a str, allow_fragments: bool) -> Result<Parsed<'a>, ValueError> {
    let Split { scheme, netloc, mut path, query, fragment } = split_with(url, scheme, allow_fragments)?;
    let mut params = Cow::Borrowed("");
    if USES_PARAMS.contains(&&*scheme)
        && let Some(at) = params_at(&path)
    {
        (path, params) = match path {
            Cow::Borrowed(path) => (Cow::Borrowed(&path[..at]), Cow::Borrowed(&path[at + 1..])),
            Cow::Owned(mut path) => {
                let params = path.split_off(at + 1);
                path.truncate(at);
                (Cow::Owned(path), Cow::Owned(params))
            }
        };
    }
    Ok(Parsed { scheme, netloc, path, params, query, fragment })
}

/// `urljoin(base, url)`.
///
/// It resolves nearly as RFC 3986 does where a scheme is one that Python calls relative, and gives `url` back for
/// others; it drops empty segments, and takes a reference with the base's own scheme for a relative one.
///
/// ```
/// use plainwire::url::python;
/// assert_eq!(python::join("http://a/b//c", "d")?, "http://a/b/d");
/// assert_eq!(python::join("foo://a/b", "c")?, "c");
/// # Ok::<_, python::ValueError>(())
/// ```
///
/// # Errors
///
/// As [`split`], of either; the offset is in the one at fault.
#[doc(alias = "urljoin")]
pub fn join(base: &str, url: &str) -> Result<String, ValueError> {
    join_with(base, url, true)
}

/// `urljoin(base, url, allow_fragments)`.
///
/// # Errors
///
/// As [`join`].
pub fn join_with(base: &str, url: &str, allow_fragments: bool) -> Result<String, ValueError> {
    if base.is_empty() || url.is_empty() {
        return Ok(String::from(if base.is_empty() { url } else { base }));
    }
    let base = parse_with(base, "", allow_fragments)?;
    let mut target = parse_with(url, &base.scheme, allow_fragments)?;
    if target.scheme != base.scheme || !USES_RELATIVE.contains(&&*target.scheme) {
        return Ok(String::from(url));
    }
    if USES_NETLOC.contains(&&*target.scheme) {
        if !target.netloc.is_empty() {
            return Ok(target.to_string());
        }
        target.netloc = base.netloc;
    }
    if target.path.is_empty() && target.params.is_empty() {
        target.path = base.path;
        target.params = base.params;
        if target.query.is_empty() {
            target.query = base.query;
        }
        return Ok(target.to_string());
    }
    target.path = Cow::Owned(join_paths(&base.path, &target.path));
    Ok(target.to_string())
}

/// `urldefrag(url)`: the URL without its fragment, and the fragment.
///
/// A URL without a `#` is given back as it is; another one is split and put together, which may change it.
///
/// # Errors
///
/// As [`split`].
#[doc(alias = "urldefrag")]
pub fn defrag(url: &str) -> Result<(String, String), ValueError> {
    if !url.contains('#') {
        return Ok((String::from(url), String::new()));
    }
    let mut parsed = parse(url)?;
    let fragment = core::mem::take(&mut parsed.fragment);
    Ok((parsed.to_string(), fragment.into_owned()))
}

/// The schemes whose URLs may be relative.
const USES_RELATIVE: [&str; 20] = [
    "", "ftp", "http", "gopher", "nntp", "imap", "wais", "file", "https", "shttp", "mms", "prospero", "rtsp", "rtsps",
    "rtspu", "sftp", "svn", "svn+ssh", "ws", "wss",
];

/// The schemes whose URLs have a netloc.
const USES_NETLOC: [&str; 27] = [
    "",
    "ftp",
    "http",
    "gopher",
    "nntp",
    "telnet",
    "imap",
    "wais",
    "file",
    "mms",
    "https",
    "shttp",
    "snews",
    "prospero",
    "rtsp",
    "rtsps",
    "rtspu",
    "rsync",
    "svn",
    "svn+ssh",
    "sftp",
    "nfs",
    "git",
    "git+ssh",
    "ws",
    "wss",
    "itms-services",
];

/// The schemes whose last segment has parameters.
const USES_PARAMS: [&str; 16] = [
    "", "ftp", "hdl", "prospero", "http", "imap", "https", "shttp", "rtsp", "rtsps", "rtspu", "sip", "sips", "mms",
    "sftp", "tel",
];

const fn is_break(character: char) -> bool {
    matches!(character, '\t' | '\r' | '\n')
}

/// Python takes these out of everything before it looks.
fn without_breaks(text: &str) -> Cow<'_, str> {
    work::add(text.len());
    if memchr::memchr3(b'\t', b'\r', b'\n', text.as_bytes()).is_none() {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().filter(|character| !is_break(*character)).collect())
}

/// Splits what is stripped and has no breaks.
fn split_clean(url: &str, allow_fragments: bool) -> Result<Split<'_>, ValueError> {
    // Scheme, netloc, fragment and query are looked for one behind the other.
    work::add(url.len());
    let (mut scheme, mut rest) = (Cow::Borrowed(""), url);
    if let Some(colon) = memchr::memchr(b':', url.as_bytes())
        && url.starts_with(|first: char| first.is_ascii_alphabetic())
        && url[..colon].bytes().all(|octet| octet.is_ascii_alphanumeric() || matches!(octet, b'+' | b'-' | b'.'))
    {
        scheme = Cow::Borrowed(&url[..colon]);
        if url[..colon].bytes().any(|octet| octet.is_ascii_uppercase()) {
            scheme.to_mut().make_ascii_lowercase();
        }
        rest = &url[colon + 1..];
    }
    let mut netloc = "";
    if let Some(behind) = rest.strip_prefix("//") {
        let end = behind.find(['/', '?', '#']).unwrap_or(behind.len());
        netloc = &behind[..end];
        let start = url.len() - behind.len();
        netloc::check(netloc).map_err(|error| ValueError { offset: start + error.offset, ..error })?;
        rest = &behind[end..];
    }
    let mut fragment = "";
    if allow_fragments {
        (rest, fragment) = rest.split_once('#').unwrap_or((rest, ""));
    }
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    Ok(Split {
        scheme,
        netloc: Cow::Borrowed(netloc),
        path: Cow::Borrowed(path),
        query: Cow::Borrowed(query),
        fragment: Cow::Borrowed(fragment),
    })
}

/// Where the `;` before the parameters of the last segment stands.
fn params_at(path: &str) -> Option<usize> {
    let last = path.rfind('/').unwrap_or(0);
    path[last..].find(';').map(|at| last + at)
}

/// The path of the target, where the reference has one.
fn join_paths(base: &str, path: &str) -> String {
    work::add(base.len() + path.len());
    let mut segments: Vec<&str> = Vec::new();
    if path.starts_with('/') {
        segments.extend(path.split('/'));
    } else {
        segments.extend(base.split('/'));
        // The last one goes unless it is empty, that is, unless the base is a directory.
        if segments.last().is_some_and(|last| !last.is_empty()) {
            segments.pop();
        }
        segments.extend(path.split('/'));
        // Empty segments go, except the first and the last.
        let (mut at, count) = (0, segments.len());
        segments.retain(|segment| {
            at += 1;
            at == 1 || at == count || !segment.is_empty()
        });
    }
    let directory = matches!(segments.last(), Some(&("." | "..")));
    let mut resolved: Vec<&str> = Vec::with_capacity(segments.len() + 1);
    for segment in segments {
        match segment {
            ".." => {
                resolved.pop();
            }
            "." => {}
            other => resolved.push(other),
        }
    }
    if directory {
        resolved.push("");
    }
    let joined = resolved.join("/");
    if joined.is_empty() { String::from("/") } else { joined }
}

/// `urlunsplit`: puts the components together. What was split may come back otherwise: `http://h?` without its `?`.
fn unsplit(f: &mut fmt::Formatter<'_>, [scheme, netloc, path, params, query, fragment]: [&str; 6]) -> fmt::Result {
    work::add(scheme.len() + netloc.len() + path.len() + params.len() + query.len() + fragment.len());
    if !scheme.is_empty() {
        write!(f, "{scheme}:")?;
    }
    // The parameters belong to the path when it is looked at.
    let empty = path.is_empty() && params.is_empty();
    if !netloc.is_empty() {
        write!(f, "//{netloc}")?;
        if !empty && !path.starts_with('/') {
            f.write_str("/")?;
        }
    } else if path.starts_with("//")
        || !scheme.is_empty() && USES_NETLOC.contains(&scheme) && (empty || path.starts_with('/'))
    {
        f.write_str("//")?;
    }
    f.write_str(path)?;
    for (mark, part) in [(';', params), ('?', query), ('#', fragment)] {
        if !part.is_empty() {
            write!(f, "{mark}{part}")?;
        }
    }
    Ok(())
}

impl fmt::Display for Split<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        unsplit(f, [&self.scheme, &self.netloc, &self.path, "", &self.query, &self.fragment])
    }
}

impl fmt::Display for Parsed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        unsplit(f, [&self.scheme, &self.netloc, &self.path, &self.params, &self.query, &self.fragment])
    }
}

/// The questions that are answered from the netloc.
macro_rules! netloc_questions {
    ($type:ident { $($field:ident)* }) => {
        impl<'a> $type<'a> {
            /// What is before the first `:` of what is before the last `@` of the netloc.
            pub fn username(&self) -> Option<&str> {
                netloc::userinfo(&self.netloc).0
            }

            /// What is behind the first `:` of what is before the last `@` of the netloc.
            pub fn password(&self) -> Option<&str> {
                netloc::userinfo(&self.netloc).1
            }

            /// The host in lower case, without brackets; the zone behind a `%` keeps its case. `None` where it is empty.
            pub fn hostname(&self) -> Option<Cow<'_, str>> {
                netloc::hostname(&self.netloc)
            }

            /// The port; `None` where there is none or it is empty.
            ///
            /// # Errors
            ///
            /// [`ValueError`] where it is no number up to 65535. The offset is in the netloc.
            pub fn port(&self) -> Result<Option<u16>, ValueError> {
                netloc::port(&self.netloc)
            }

            /// The same with nothing borrowed.
            pub fn into_owned(self) -> $type<'static> {
                $type { $($field: Cow::Owned(self.$field.into_owned()),)* }
            }
        }
    };
}

netloc_questions! { Split { scheme netloc path query fragment } }
netloc_questions! { Parsed { scheme netloc path params query fragment } }

#[cfg(test)]
mod tests;
