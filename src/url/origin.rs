//! Origins (URL Standard 4.7).

use super::Url;
use super::host::Host;
use super::scheme::Kind;
use alloc::string::String;
use core::fmt;

/// Who a URL's resource belongs to, as browsers decide it.
///
/// This is no `Eq`: an opaque origin is not even the same as itself. [`is_same`](Self::is_same) is HTML's "same
/// origin".
///
/// ```
/// use plainwire::url::Url;
///
/// let url = Url::parse("https://example.org:443/a").unwrap();
/// let other = Url::parse("blob:https://example.org/d0360e2f").unwrap();
/// assert!(url.origin().is_same(&other.origin()));
/// assert_eq!(url.origin().to_string(), "https://example.org");
/// assert_eq!(Url::parse("file:///etc/hosts").unwrap().origin().to_string(), "null");
/// ```
#[derive(Clone, Debug)]
pub enum Origin {
    /// Nobody else's: `file`, `data`, and every scheme that is not special.
    Opaque,
    /// Scheme, host and port.
    Tuple {
        /// The scheme, in lower case.
        scheme: String,
        /// The host.
        host: Host<String>,
        /// The port; `None` for the scheme's default.
        port: Option<u16>,
    },
}

impl Origin {
    /// Whether this is a tuple.
    pub const fn is_tuple(&self) -> bool {
        matches!(self, Self::Tuple { .. })
    }

    /// Whether both are the same tuple. Opaque origins are the same as nothing.
    pub fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (
                Self::Tuple { scheme, host, port },
                Self::Tuple { scheme: other_scheme, host: other_host, port: other_port },
            ) => scheme == other_scheme && host == other_host && port == other_port,
            _ => false,
        }
    }
}

/// The serialisation of HTML: `null` for an opaque origin.
impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Opaque => f.write_str("null"),
            Self::Tuple { scheme, host, port: None } => write!(f, "{scheme}://{host}"),
            Self::Tuple { scheme, host, port: Some(port) } => write!(f, "{scheme}://{host}:{port}"),
        }
    }
}

impl Url {
    /// The origin. That of a `blob` URL is its path's; there is no blob store here.
    ///
    /// A scheme that the caller [registered](super::SpecialSchemes) has tuples, as `http` has.
    pub fn origin(&self) -> Origin {
        match self.kind {
            Kind::Http | Kind::Https | Kind::Ws | Kind::Wss | Kind::Ftp | Kind::Registered { .. } => self.tuple(),
            Kind::Other if self.scheme() == "blob" => match Self::parse(self.pathname()) {
                Ok(inner) if matches!(inner.kind, Kind::Http | Kind::Https) => inner.tuple(),
                _ => Origin::Opaque,
            },
            Kind::File | Kind::Other => Origin::Opaque,
        }
    }

    fn tuple(&self) -> Origin {
        match self.host() {
            Some(host) => Origin::Tuple { scheme: self.scheme().into(), host: host.into_owned(), port: self.port() },
            // Not reached: these schemes have a host.
            None => Origin::Opaque,
        }
    }
}
