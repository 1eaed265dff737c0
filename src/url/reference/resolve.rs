//! Resolution of references (RFC 3986 5.2), and putting components together again (5.3).

use super::parts::Parts;
use super::{Reference, ReferenceBuf};
use crate::work;
use alloc::string::String;
use thiserror::Error;

/// What becomes of a `..` that would climb above the root.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AboveRoot {
    /// It is dropped, as RFC 3986 5.2.4 says (and 5.4.2 shows).
    #[default]
    Drop,
    /// It is an error.
    Refuse,
}

/// How a reference is resolved. [`STRICT`](Self::STRICT) is RFC 3986 5.2.
///
/// ```
/// use plainwire::url::reference::{AboveRoot, Reference, Resolution, ResolveError};
///
/// let base = Reference::parse("http://a/b/c/d;p?q")?;
/// let old = Reference::parse("http:g")?;
/// assert_eq!(base.resolve(&old)?.as_str(), "http:g");
/// assert_eq!(base.resolve_by(Resolution::BACKWARD_COMPATIBLE, &old)?.as_str(), "http://a/b/c/g");
///
/// let high = Reference::parse("../../../g")?;
/// assert_eq!(base.resolve(&high)?.as_str(), "http://a/g");
/// let careful = Resolution::STRICT.above_root(AboveRoot::Refuse);
/// assert_eq!(base.resolve_by(careful, &high), Err(ResolveError::AboveRoot));
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Resolution {
    same_scheme_is_relative: bool,
    above_root: AboveRoot,
}

impl Resolution {
    /// As RFC 3986 5.2.2 has it for strict parsers.
    pub const STRICT: Self = Self { same_scheme_is_relative: false, above_root: AboveRoot::Drop };

    /// As RFC 3986 5.2.2 has it for parsers that aren't: a reference with the base's own scheme is taken for a relative
    /// one, as some did before RFC 2396.
    pub const BACKWARD_COMPATIBLE: Self = Self { same_scheme_is_relative: true, ..Self::STRICT };

    /// What becomes of a `..` above the root.
    #[must_use]
    pub const fn above_root(self, above_root: AboveRoot) -> Self {
        Self { above_root, ..self }
    }
}

/// A reference that can't be resolved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ResolveError {
    /// The base has no scheme, so it is no base (5.1).
    #[error("the base has no scheme")]
    RelativeBase,
    /// A `..` climbs above the root, and that is [refused](AboveRoot::Refuse).
    #[error("a \"..\" climbs above the root")]
    AboveRoot,
    /// The result has more than `u32::MAX` octets.
    #[error("more octets than fit")]
    TooLong,
}

impl Reference<'_> {
    /// The URI that `reference` means where this one is the base (5.2). The base's fragment doesn't count.
    ///
    /// # Errors
    ///
    /// [`ResolveError::RelativeBase`] where this has no scheme.
    pub fn resolve(&self, reference: &Reference<'_>) -> Result<ReferenceBuf, ResolveError> {
        self.resolve_by(Resolution::STRICT, reference)
    }

    /// As [`resolve`](Self::resolve), by other rules.
    ///
    /// # Errors
    ///
    /// [`ResolveError`].
    pub fn resolve_by(&self, rules: Resolution, reference: &Reference<'_>) -> Result<ReferenceBuf, ResolveError> {
        let Some(base_scheme) = self.scheme() else { return Err(ResolveError::RelativeBase) };
        let mut scheme = reference.scheme();
        if rules.same_scheme_is_relative && scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case(base_scheme)) {
            scheme = None;
        }
        let mut target = Components { scheme: scheme.or(Some(base_scheme)), ..Components::of(reference) };
        let mut path = Path::AsItIs;
        if scheme.is_some() || target.authority.is_some() {
            path = Path::WithoutDots;
        } else {
            target.authority = Authority::of(self);
            if target.path.is_empty() {
                target.path = self.path();
                target.query = target.query.or(self.query());
            } else if target.path.starts_with('/') {
                path = Path::WithoutDots;
            } else {
                path = Path::Behind(directory(self));
            }
        }
        target.compose(path, rules.above_root)
    }
}

/// What stands before a relative path when it is merged (RFC 3986 5.2.3): it ends with a slash, or is empty.
fn directory<'a>(base: &Reference<'a>) -> &'a str {
    if base.authority().is_some() && base.path().is_empty() {
        return "/";
    }
    base.path().rfind('/').map_or("", |last| &base.path()[..=last])
}

/// Appends the path without its `.` and `..` segments (RFC 3986 5.2.4).
fn remove_dots(path: &str, above_root: AboveRoot, out: &mut String) -> Result<(), ResolveError> {
    work::add(path.len());
    let floor = out.len();
    let refuse = || if above_root == AboveRoot::Refuse { Err(ResolveError::AboveRoot) } else { Ok(()) };
    let mut rest = path;
    // (2A) and (2D) concern only the front of a path that begins with no slash.
    loop {
        if let Some(behind) = rest.strip_prefix("./") {
            rest = behind;
        } else if let Some(behind) = rest.strip_prefix("../") {
            refuse()?;
            rest = behind;
        } else {
            break;
        }
    }
    if rest == ".." {
        refuse()?;
    }
    if rest == "." || rest == ".." {
        return Ok(());
    }
    // What is before the first segment that begins with a dot stays.
    let clean = memchr::memmem::find(rest.as_bytes(), b"/.").unwrap_or(rest.len());
    out.push_str(&rest[..clean]);
    rest = &rest[clean..];
    while let Some(inner) = rest.strip_prefix('/') {
        let end = inner.find('/').unwrap_or(inner.len());
        let (segment, behind) = inner.split_at(end);
        step(segment, behind.is_empty(), above_root, floor, out)?;
        rest = behind;
    }
    Ok(())
}

/// Appends `/` and the segment, or does what a dot segment says. What is before `floor` is not of the path.
fn step(segment: &str, last: bool, above_root: AboveRoot, floor: usize, out: &mut String) -> Result<(), ResolveError> {
    match segment {
        "." => {}
        ".." => {
            if out.len() == floor && above_root == AboveRoot::Refuse {
                return Err(ResolveError::AboveRoot);
            }
            let slash = out[floor..].rfind('/').unwrap_or(0);
            work::add(out.len() - floor - slash);
            out.truncate(floor + slash);
        }
        _ => {
            out.push('/');
            out.push_str(segment);
            return Ok(());
        }
    }
    if last {
        out.push('/');
    }
    Ok(())
}

/// How a path is put into a reference.
#[derive(Clone, Copy)]
pub(super) enum Path<'a> {
    AsItIs,
    WithoutDots,
    /// Behind this directory, and without dot segments.
    Behind(&'a str),
}

impl Path<'_> {
    fn append(self, path: &str, above_root: AboveRoot, out: &mut String) -> Result<(), ResolveError> {
        match self {
            Self::AsItIs => out.push_str(path),
            Self::WithoutDots => remove_dots(path, above_root, out)?,
            Self::Behind(directory) if directory.starts_with('/') => {
                let floor = out.len();
                // Its last slash is the one before the first segment of the path.
                remove_dots(&directory[..directory.len() - 1], above_root, out)?;
                if directory.ends_with("/./") || directory.ends_with("/../") {
                    // The slash that such a segment at the end leaves is that one already.
                    out.pop();
                }
                work::add(path.len());
                let mut segments = path.split('/').peekable();
                while let Some(segment) = segments.next() {
                    step(segment, segments.peek().is_none(), above_root, floor, out)?;
                }
            }
            // Without a slash in front, what the directory leaves may be nothing.
            Self::Behind(directory) => remove_dots(&[directory, path].concat(), above_root, out)?,
        }
        Ok(())
    }
}

/// An authority in its parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Authority<'a> {
    pub(super) userinfo: Option<&'a str>,
    pub(super) host: &'a str,
    pub(super) port: Option<&'a str>,
}

impl<'a> Authority<'a> {
    pub(super) fn of(reference: &Reference<'a>) -> Option<Self> {
        let host = reference.host()?;
        Some(Self { userinfo: reference.userinfo(), host, port: reference.port() })
    }
}

/// The components of a reference to be.
#[derive(Clone, Copy, Debug)]
pub(super) struct Components<'a> {
    pub(super) scheme: Option<&'a str>,
    pub(super) authority: Option<Authority<'a>>,
    pub(super) path: &'a str,
    pub(super) query: Option<&'a str>,
    pub(super) fragment: Option<&'a str>,
}

impl<'a> Components<'a> {
    pub(super) fn of(reference: &Reference<'a>) -> Self {
        Self {
            scheme: reference.scheme(),
            authority: Authority::of(reference),
            path: reference.path(),
            query: reference.query(),
            fragment: reference.fragment(),
        }
    }

    /// RFC 3986 5.3. Every component has to be valid by itself. A path that would be read as something else gets a
    /// segment `.` in front (erratum 4547, and 4.2).
    pub(super) fn compose(&self, path: Path<'_>, above_root: AboveRoot) -> Result<ReferenceBuf, ResolveError> {
        let directory = if let Path::Behind(directory) = path { directory.len() } else { 0 };
        let mut text = String::with_capacity(
            self.scheme.map_or(0, |scheme| scheme.len() + 1)
                + self.authority.map_or(0, |authority| {
                    4 + authority.userinfo.map_or(0, str::len)
                        + authority.host.len()
                        + authority.port.map_or(0, str::len)
                })
                + 2
                + directory
                + self.path.len()
                + self.query.map_or(0, |query| query.len() + 1)
                + self.fragment.map_or(0, |fragment| fragment.len() + 1),
        );
        let mut parts = Parts::default();
        if let Some(scheme) = self.scheme {
            text.push_str(scheme);
            parts.colon = text.len() as u32;
            text.push(':');
        }
        if let Some(authority) = self.authority {
            text.push_str("//");
            parts.authority = text.len() as u32;
            if let Some(userinfo) = authority.userinfo {
                text.push_str(userinfo);
                text.push('@');
            }
            parts.host = text.len() as u32;
            text.push_str(authority.host);
            parts.host_end = text.len() as u32;
            if let Some(port) = authority.port {
                text.push(':');
                text.push_str(port);
            }
        }
        let start = text.len();
        parts.path = start as u32;
        path.append(self.path, above_root, &mut text)?;
        if self.authority.is_none() {
            let path = &text[start..];
            if path.starts_with("//") {
                text.insert_str(start, "/.");
            } else if self.scheme.is_none() && path.split('/').next().is_some_and(|first| first.contains(':')) {
                text.insert_str(start, "./");
            }
        }
        parts.path_end = text.len() as u32;
        if let Some(query) = self.query {
            text.push('?');
            text.push_str(query);
        }
        parts.fragment = text.len() as u32;
        if let Some(fragment) = self.fragment {
            text.push('#');
            text.push_str(fragment);
        }
        // The last offset is the greatest: if it fits, so did the others.
        parts.end = u32::try_from(text.len()).map_err(|_| ResolveError::TooLong)?;
        Ok(ReferenceBuf { text, parts })
    }
}
