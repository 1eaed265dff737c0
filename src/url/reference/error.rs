//! What is wrong with a reference, and where.

use core::fmt;
use thiserror::Error;

/// A text that is no URI reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("{kind} at offset {offset}")]
pub struct ReferenceError {
    kind: ReferenceErrorKind,
    offset: usize,
}

impl ReferenceError {
    #[cold]
    pub(super) const fn new(kind: ReferenceErrorKind, offset: usize) -> Self {
        Self { kind, offset }
    }

    /// What is wrong.
    pub const fn kind(&self) -> ReferenceErrorKind {
        self.kind
    }

    /// Where, in octets from the start of the text.
    pub const fn offset(&self) -> usize {
        self.offset
    }
}

/// What is wrong with a reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ReferenceErrorKind {
    /// An octet that the component may not have.
    Octet(Component),
    /// A `%` in this component without two hexadecimal digits behind it (2.1).
    Percent(Component),
    /// A `:` in the first segment of a relative reference, before which no scheme stands (4.2).
    Colon,
    /// What is in brackets is no address, or the brackets don't close (3.2.2). The offset is that of the `[`.
    Address,
    /// More than `u32::MAX` octets.
    TooLong,
}

impl fmt::Display for ReferenceErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Octet(component) => write!(f, "a character that is not allowed in the {component}"),
            Self::Percent(component) => write!(f, "a percent sign without two hexadecimal digits in the {component}"),
            Self::Colon => f.write_str("a colon in the first segment, behind no scheme"),
            Self::Address => f.write_str("no address in brackets"),
            Self::TooLong => f.write_str("more octets than fit"),
        }
    }
}

/// A component of a reference (RFC 3986 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Component {
    /// The scheme.
    Scheme,
    /// The user information.
    Userinfo,
    /// The host.
    Host,
    /// The port.
    Port,
    /// The path.
    Path,
    /// The query.
    Query,
    /// The fragment.
    Fragment,
}

impl fmt::Display for Component {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Scheme => "scheme",
            Self::Userinfo => "user information",
            Self::Host => "host",
            Self::Port => "port",
            Self::Path => "path",
            Self::Query => "query",
            Self::Fragment => "fragment",
        })
    }
}
