//! References put together from their components.

use super::error::{Component, ReferenceErrorKind};
use super::resolve::{AboveRoot, Authority, Components, Path};
use super::scan::{self, UNRESERVED, class};
use super::{Reference, ReferenceBuf};
use crate::syntax::percent;
use alloc::format;
use alloc::string::{String, ToString};
use core::net::IpAddr;
use thiserror::Error;

/// Puts a reference together from components, and refuses what would not be one.
///
/// A component is given as it is to be written, percent-encoded, and is checked when it is given. Only
/// [`segment`](Self::segment) takes text that is not encoded yet. Nothing given can begin another component: a `?` in a
/// path or an `@` in a host is an error.
///
/// ```
/// use plainwire::url::reference::{Builder, Component};
///
/// let built = Builder::new().scheme("https")?.host("example.com")?.port(8443).segment("a/b c")?.query("q=1")?.build()?;
/// assert_eq!(built.as_str(), "https://example.com:8443/a%2Fb%20c?q=1");
///
/// let error = Builder::new().host("example.com/evil").unwrap_err();
/// assert_eq!((error.component(), error.offset()), (Component::Host, Some(11)));
/// # Ok::<_, plainwire::url::reference::BuildError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[must_use = "nothing is built before `build`"]
pub struct Builder {
    scheme: Option<String>,
    userinfo: Option<String>,
    host: Option<String>,
    port: Option<String>,
    path: String,
    query: Option<String>,
    fragment: Option<String>,
}

/// What a [`Builder`] refuses. The caller's fault, always.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("{what}")]
pub struct BuildError {
    component: Component,
    offset: Option<usize>,
    what: What,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
enum What {
    #[error("{kind} at offset {offset}")]
    Octet { kind: ReferenceErrorKind, offset: usize },
    #[error("the {0} is empty")]
    Empty(Component),
    #[error("a {0} needs a host")]
    NoHost(Component),
    #[error("behind an authority a path has to be empty or to begin with a slash")]
    Rootless,
    #[error("without an authority a path can't begin with two slashes")]
    Slashes,
    #[error("without a scheme the first segment of a path can't have a colon")]
    Colon,
    #[error("a segment of only dots would be taken for a step in the hierarchy")]
    Dots,
    #[error("more octets than fit")]
    TooLong,
}

impl BuildError {
    const fn new(component: Component, what: What) -> Self {
        let offset = match what {
            What::Octet { offset, .. } => Some(offset),
            _ => None,
        };
        Self { component, offset, what }
    }

    /// Which component is refused.
    pub const fn component(&self) -> Component {
        self.component
    }

    /// Where in the component, in octets; `None` where it is as a whole that it does not fit.
    pub const fn offset(&self) -> Option<usize> {
        self.offset
    }
}

fn checked(component: Component, text: &str) -> Result<String, BuildError> {
    match scan::check(component, text.as_bytes()) {
        Ok(()) => Ok(String::from(text)),
        Err((kind, offset)) => Err(BuildError::new(component, What::Octet { kind, offset })),
    }
}

impl Builder {
    /// The empty reference.
    pub fn new() -> Self {
        Self::default()
    }

    /// Gives it a scheme.
    ///
    /// # Errors
    ///
    /// [`BuildError`] unless it is a letter, then letters, digits, `+`, `-`, `.`.
    pub fn scheme(mut self, scheme: &str) -> Result<Self, BuildError> {
        if scheme.is_empty() {
            return Err(BuildError::new(Component::Scheme, What::Empty(Component::Scheme)));
        }
        self.scheme = Some(checked(Component::Scheme, scheme)?);
        Ok(self)
    }

    /// Gives it user information, without the `@`.
    ///
    /// # Errors
    ///
    /// [`BuildError`] for what may not be in it.
    pub fn userinfo(mut self, userinfo: &str) -> Result<Self, BuildError> {
        self.userinfo = Some(checked(Component::Userinfo, userinfo)?);
        Ok(self)
    }

    /// Gives it a host: a name, percent-encoded, or an address; IPv6 in brackets. It may be empty.
    ///
    /// # Errors
    ///
    /// [`BuildError`] for what is no host.
    pub fn host(mut self, host: &str) -> Result<Self, BuildError> {
        self.host = Some(checked(Component::Host, host)?);
        Ok(self)
    }

    /// Gives it an address as its host.
    pub fn address(mut self, address: IpAddr) -> Self {
        self.host = Some(match address {
            IpAddr::V4(address) => address.to_string(),
            IpAddr::V6(address) => format!("[{address}]"),
        });
        self
    }

    /// Gives it a port.
    pub fn port(mut self, port: u16) -> Self {
        self.port = Some(port.to_string());
        self
    }

    /// Gives it a path, with its slashes, in place of what there was.
    ///
    /// # Errors
    ///
    /// [`BuildError`] for what may not be in it. Whether it fits the rest is seen by [`build`](Self::build).
    pub fn path(mut self, path: &str) -> Result<Self, BuildError> {
        self.path = checked(Component::Path, path)?;
        Ok(self)
    }

    /// Appends a segment to the path, behind a slash, percent-encoding all of it but the unreserved characters: a slash
    /// in it is no separator. A path that ends with a slash gets no second one.
    ///
    /// # Errors
    ///
    /// [`BuildError`] for `.` and `..`, which can't be a segment's text in any encoding (6.2.2.3).
    pub fn segment(mut self, segment: &str) -> Result<Self, BuildError> {
        if segment == "." || segment == ".." {
            return Err(BuildError::new(Component::Path, What::Dots));
        }
        if !self.path.ends_with('/') {
            self.path.push('/');
        }
        for octet in segment.bytes() {
            if class(octet) & UNRESERVED != 0 {
                self.path.push(char::from(octet));
            } else {
                percent::push_octet(octet, &mut self.path);
            }
        }
        Ok(self)
    }

    /// Gives it a query, without the `?`.
    ///
    /// # Errors
    ///
    /// [`BuildError`] for what may not be in it.
    pub fn query(mut self, query: &str) -> Result<Self, BuildError> {
        self.query = Some(checked(Component::Query, query)?);
        Ok(self)
    }

    /// Gives it a fragment, without the `#`.
    ///
    /// # Errors
    ///
    /// [`BuildError`] for what may not be in it.
    pub fn fragment(mut self, fragment: &str) -> Result<Self, BuildError> {
        self.fragment = Some(checked(Component::Fragment, fragment)?);
        Ok(self)
    }

    /// Takes a component away again. Without a host there is no authority.
    pub fn without(mut self, component: Component) -> Self {
        match component {
            Component::Scheme => self.scheme = None,
            Component::Userinfo => self.userinfo = None,
            Component::Host => (self.userinfo, self.host, self.port) = (None, None, None),
            Component::Port => self.port = None,
            Component::Path => self.path.clear(),
            Component::Query => self.query = None,
            Component::Fragment => self.fragment = None,
        }
        self
    }

    /// Builds it.
    ///
    /// # Errors
    ///
    /// [`BuildError`], where the components are right but would be read as others (RFC 3986 3.3 and 4.2): a path without a
    /// slash behind an authority, one with two slashes without an authority, a colon in the first segment without a
    /// scheme, user information or a port without a host.
    pub fn build(&self) -> Result<ReferenceBuf, BuildError> {
        let path = |what| Err(BuildError::new(Component::Path, what));
        let authority = if let Some(host) = &self.host {
            if !self.path.is_empty() && !self.path.starts_with('/') {
                return path(What::Rootless);
            }
            Some(Authority { userinfo: self.userinfo.as_deref(), host, port: self.port.as_deref() })
        } else {
            for (component, given) in
                [(Component::Userinfo, self.userinfo.is_some()), (Component::Port, self.port.is_some())]
            {
                if given {
                    return Err(BuildError::new(component, What::NoHost(component)));
                }
            }
            if self.path.starts_with("//") {
                return path(What::Slashes);
            }
            if self.scheme.is_none() && self.path.split('/').next().is_some_and(|first| first.contains(':')) {
                return path(What::Colon);
            }
            None
        };
        let components = Components {
            scheme: self.scheme.as_deref(),
            authority,
            path: &self.path,
            query: self.query.as_deref(),
            fragment: self.fragment.as_deref(),
        };
        let built = components.compose(Path::AsItIs, AboveRoot::Drop);
        built.map_err(|_| BuildError::new(Component::Path, What::TooLong))
    }
}

/// The components of a reference, to change some of them.
impl From<Reference<'_>> for Builder {
    fn from(reference: Reference<'_>) -> Self {
        Self {
            scheme: reference.scheme().map(String::from),
            userinfo: reference.userinfo().map(String::from),
            host: reference.host().map(String::from),
            port: reference.port().map(String::from),
            path: String::from(reference.path()),
            query: reference.query().map(String::from),
            fragment: reference.fragment().map(String::from),
        }
    }
}
