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
        let mut target = Components::of(reference);
        let mut path = String::new();
        if scheme.is_some() || target.authority.is_some() {
            remove_dots(target.path, rules.above_root, &mut path)?;
            target.path = &path;
        } else if target.path.is_empty() {
            target.path = self.path();
            target.query = target.query.or(self.query());
            target.authority = Authority::of(self);
        } else {
            if target.path.starts_with('/') {
                remove_dots(target.path, rules.above_root, &mut path)?;
            } else {
                let merged = merge(self, target.path);
                remove_dots(&merged, rules.above_root, &mut path)?;
            }
            target.path = &path;
            target.authority = Authority::of(self);
        }
        target.scheme = scheme.or(Some(base_scheme));
        target.compose().ok_or(ResolveError::TooLong)
    }
}

/// RFC 3986 5.2.3.
fn merge(base: &Reference<'_>, path: &str) -> String {
    let mut merged = String::new();
    if base.authority().is_some() && base.path().is_empty() {
        merged.push('/');
    } else if let Some(last) = base.path().rfind('/') {
        merged.push_str(&base.path()[..=last]);
    }
    merged.push_str(path);
    merged
}

/// Appends the path without its `.` and `..` segments (RFC 3986 5.2.4).
pub(super) fn remove_dots(path: &str, above_root: AboveRoot, out: &mut String) -> Result<(), ResolveError> {
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
    if !rest.starts_with('/') {
        let end = rest.find('/').unwrap_or(rest.len());
        out.push_str(&rest[..end]);
        rest = &rest[end..];
    }
    while let Some(inner) = rest.strip_prefix('/') {
        let end = inner.find('/').unwrap_or(inner.len());
        let (segment, behind) = inner.split_at(end);
        match segment {
            "." => {}
            ".." => {
                if out.len() == floor {
                    refuse()?;
                }
                let last = out[floor..].rfind('/').unwrap_or(0);
                work::add(out.len() - floor - last);
                out.truncate(floor + last);
            }
            _ => {
                out.push('/');
                out.push_str(segment);
            }
        }
        if behind.is_empty() && (segment == "." || segment == "..") {
            out.push('/');
        }
        rest = behind;
    }
    Ok(())
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

    /// RFC 3986 5.3. Every component has to be valid by itself; `None` if the whole does not fit. A path that would be
    /// read as something else gets a segment `.` in front (erratum 4547, and 4.2).
    pub(super) fn compose(&self) -> Option<ReferenceBuf> {
        let mut text = String::with_capacity(
            self.scheme.map_or(0, |scheme| scheme.len() + 1)
                + self.authority.map_or(0, |authority| {
                    4 + authority.userinfo.map_or(0, str::len)
                        + authority.host.len()
                        + authority.port.map_or(0, str::len)
                })
                + 2
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
        parts.path = text.len() as u32;
        if self.authority.is_none() {
            if self.path.starts_with("//") {
                text.push_str("/.");
            } else if self.scheme.is_none() && self.path.split('/').next().is_some_and(|first| first.contains(':')) {
                text.push_str("./");
            }
        }
        text.push_str(self.path);
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
        parts.end = u32::try_from(text.len()).ok()?;
        Some(ReferenceBuf { text, parts })
    }
}
