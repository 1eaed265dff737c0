//! References by RFC 3986: what the generic syntax says, kept as it was written.
//!
//! A [`Reference`] is a borrowed text that is known to be a URI reference, and where its components lie in it. Nothing
//! is changed, nothing is allocated, and what was parsed is written again octet for octet. What needs another text than
//! the one given (resolution, normalisation, the [`Builder`]) gives a [`ReferenceBuf`], which owns it.
//!
//! ```
//! use plainwire::url::reference::{Reference, Steps};
//!
//! let base = Reference::parse("http://a/b/c/d;p?q")?;
//! assert_eq!((base.scheme(), base.host(), base.path(), base.query()), (Some("http"), Some("a"), "/b/c/d;p", Some("q")));
//!
//! let joined = base.resolve(&Reference::parse("../g;x=1/./y")?)?;
//! assert_eq!(joined.as_str(), "http://a/b/g;x=1/y");
//!
//! let odd = Reference::parse("HTTP://EXAMPLE.com:80/%7euser/./a")?;
//! assert_eq!(odd.normalize(Steps::ALL).as_str(), "http://example.com/~user/a");
//!
//! let error = Reference::parse("http://a/b c").unwrap_err();
//! assert_eq!(error.offset(), 10);
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```
//!
//! [`Url`](crate::url) is for what browsers take for a URL, and mends it; this is for what the RFC says, and refuses the
//! rest. Identifiers in other scripts than Latin (RFC 3987) have to be percent-encoded before.

use alloc::string::String;
use core::cmp::Ordering;
use core::fmt;
use core::hash::{Hash, Hasher};
use core::net::{Ipv4Addr, Ipv6Addr};
use core::str::FromStr;

mod builder;
mod error;
mod normalize;
mod parts;
mod relative;
mod resolve;
mod scan;
#[cfg(feature = "serde")]
mod serde;

pub use builder::{BuildError, Builder};
pub use error::{Component, ReferenceError, ReferenceErrorKind};
pub use normalize::Steps;
pub use resolve::{AboveRoot, Resolution, ResolveError};

use parts::Parts;

/// A URI reference (RFC 3986 4.1): a URI, or a reference relative to one. Borrowed, and checked to the last octet.
///
/// Two references are equal if they are the same text; RFC 3986 6.2.1 calls that simple string comparison. For more,
/// [`normalize`](Self::normalize) both, or ask whether they are [`equivalent`](Self::equivalent).
#[derive(Clone, Copy)]
pub struct Reference<'a> {
    text: &'a str,
    parts: Parts,
}

impl<'a> Reference<'a> {
    /// Parses a reference.
    ///
    /// ```
    /// use plainwire::url::reference::Reference;
    /// assert!(Reference::parse("//[2001:db8::7]:8080/c=GB?one").is_ok());
    /// assert!(Reference::parse("").is_ok());
    /// assert!(Reference::parse("a%2").is_err());
    /// ```
    ///
    /// # Errors
    ///
    /// [`ReferenceError`] with the offset of the first octet that can't be where it is. Texts of more than
    /// `u32::MAX` octets are refused.
    #[inline]
    pub fn parse(text: &'a str) -> Result<Self, ReferenceError> {
        let parts = scan::scan(text.as_bytes())?;
        Ok(Self { text, parts })
    }

    /// As [`parse`](Self::parse), for octets. A reference is ASCII, so anything else is an error.
    ///
    /// # Errors
    ///
    /// As [`parse`](Self::parse).
    pub fn parse_octets(octets: &'a [u8]) -> Result<Self, ReferenceError> {
        let parts = scan::scan(octets)?;
        match core::str::from_utf8(octets) {
            Ok(text) => Ok(Self { text, parts }),
            // Not reached: an octet beyond ASCII is refused above.
            Err(error) => Err(ReferenceError::new(ReferenceErrorKind::Octet(Component::Path), error.valid_up_to())),
        }
    }

    /// The text, as it was given.
    pub const fn as_str(&self) -> &'a str {
        self.text
    }

    /// The scheme (3.1), as it was written, or `None` for a relative reference.
    pub fn scheme(&self) -> Option<&'a str> {
        self.parts.scheme().map(|range| &self.text[range])
    }

    /// The authority (3.2): what is between `//` and the path. It may be empty.
    pub fn authority(&self) -> Option<&'a str> {
        self.parts.authority().map(|range| &self.text[range])
    }

    /// The user information (3.2.1), without the `@`. It may be empty.
    ///
    /// RFC 3986 deprecates `user:password`: don't log it.
    pub fn userinfo(&self) -> Option<&'a str> {
        self.parts.userinfo().map(|range| &self.text[range])
    }

    /// The host (3.2.2), as it was written, brackets and all. There is one wherever there is an authority; it may be empty.
    pub fn host(&self) -> Option<&'a str> {
        self.parts.host().map(|range| &self.text[range])
    }

    /// What kind of host it is.
    pub fn host_kind(&self) -> Option<Host<'a>> {
        self.host().map(Host::of)
    }

    /// The port (3.2.3), as it was written: digits, as many as there are, or none.
    pub fn port(&self) -> Option<&'a str> {
        self.parts.port().map(|range| &self.text[range])
    }

    /// The port as a number, if there is one and it is one that TCP has.
    pub fn port_number(&self) -> Option<u16> {
        self.port().and_then(|port| port.parse().ok())
    }

    /// The path (3.3). There always is one; it may be empty.
    pub fn path(&self) -> &'a str {
        &self.text[self.parts.path()]
    }

    /// The segments of the path, as they were written. An empty path has none; a leading `/` begins the first segment and
    /// is no segment of its own.
    ///
    /// ```
    /// use plainwire::url::reference::Reference;
    /// let segments = |text| Reference::parse(text).unwrap().segments().collect::<Vec<_>>();
    /// assert_eq!(segments("http://h/a//b%2Fc/"), ["a", "", "b%2Fc", ""]);
    /// assert_eq!(segments("a/b"), ["a", "b"]);
    /// assert!(segments("http://h").is_empty());
    /// ```
    pub fn segments(&self) -> impl DoubleEndedIterator<Item = &'a str> + Clone + use<'a> {
        let path = self.path();
        let inner = path.strip_prefix('/').unwrap_or(path);
        (!path.is_empty()).then(|| inner.split('/')).into_iter().flatten()
    }

    /// The query (3.4), without the `?`. It may be empty.
    pub fn query(&self) -> Option<&'a str> {
        self.parts.query().map(|range| &self.text[range])
    }

    /// The fragment (3.5), without the `#`. It may be empty.
    pub fn fragment(&self) -> Option<&'a str> {
        self.parts.fragment().map(|range| &self.text[range])
    }

    /// Whether it has a scheme: a URI, and not a relative reference (4.2).
    pub fn is_uri(&self) -> bool {
        self.parts.scheme().is_some()
    }

    /// Whether it is an absolute URI: a scheme and no fragment (4.3).
    pub fn is_absolute_uri(&self) -> bool {
        self.is_uri() && self.fragment().is_none()
    }

    /// Whether it is empty or a fragment alone, and so refers to the document that it stands in (4.4).
    pub fn is_same_document(&self) -> bool {
        self.parts.path().start == 0 && self.parts.path().is_empty() && self.query().is_none()
    }

    /// The same without its fragment.
    #[must_use]
    pub fn without_fragment(&self) -> Self {
        let (text, parts) = self.parts.without_fragment(self.text);
        Self { text, parts }
    }

    /// The same as an owned one.
    pub fn to_buf(&self) -> ReferenceBuf {
        ReferenceBuf { text: String::from(self.text), parts: self.parts }
    }
}

/// What a host is (RFC 3986 3.2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Host<'a> {
    /// Four decimal octets.
    Ipv4(Ipv4Addr),
    /// An address in brackets. Zone identifiers have no place in a URI (RFC 9844 took RFC 6874 back).
    Ipv6(Ipv6Addr),
    /// An address of a version to come: `[v7.…]`, with what is between the brackets.
    IpvFuture(&'a str),
    /// A registered name, as it was written: percent-encoded, and of either case. It may be empty.
    Name(&'a str),
}

impl<'a> Host<'a> {
    /// `text` is a host already.
    fn of(text: &'a str) -> Self {
        if let Some(inner) = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            return inner.parse().map_or(Self::IpvFuture(inner), Self::Ipv6);
        }
        text.parse().map_or(Self::Name(text), Self::Ipv4)
    }
}

impl fmt::Display for Reference<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text)
    }
}

/// The components, less the password.
impl fmt::Debug for Reference<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let user = self.userinfo().map(|userinfo| userinfo.split_once(':').map_or(userinfo, |(user, _)| user));
        f.debug_struct("Reference")
            .field("scheme", &self.scheme())
            .field("user", &user)
            .field("host", &self.host())
            .field("port", &self.port())
            .field("path", &self.path())
            .field("query", &self.query())
            .field("fragment", &self.fragment())
            .finish()
    }
}

impl PartialEq for Reference<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Reference<'_> {}

impl PartialOrd for Reference<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Reference<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.text.cmp(other.text)
    }
}

impl Hash for Reference<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}

impl AsRef<str> for Reference<'_> {
    fn as_ref(&self) -> &str {
        self.text
    }
}

impl<'a> TryFrom<&'a str> for Reference<'a> {
    type Error = ReferenceError;

    fn try_from(text: &'a str) -> Result<Self, ReferenceError> {
        Self::parse(text)
    }
}

/// A [`Reference`] that owns its text.
#[derive(Clone)]
pub struct ReferenceBuf {
    text: String,
    parts: Parts,
}

impl ReferenceBuf {
    /// Parses a reference and keeps the text.
    ///
    /// # Errors
    ///
    /// As [`Reference::parse`].
    pub fn parse(text: impl Into<String>) -> Result<Self, ReferenceError> {
        let text = text.into();
        let parts = scan::scan(text.as_bytes())?;
        Ok(Self { text, parts })
    }

    /// The reference, which has all the questions that may be asked.
    #[inline]
    pub fn as_reference(&self) -> Reference<'_> {
        Reference { text: &self.text, parts: self.parts }
    }

    /// The text.
    #[inline]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The text, given away.
    pub fn into_string(self) -> String {
        self.text
    }
}

impl fmt::Display for ReferenceBuf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for ReferenceBuf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.as_reference(), f)
    }
}

impl PartialEq for ReferenceBuf {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for ReferenceBuf {}

impl PartialOrd for ReferenceBuf {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for ReferenceBuf {
    fn cmp(&self, other: &Self) -> Ordering {
        self.text.cmp(&other.text)
    }
}

impl Hash for ReferenceBuf {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}

impl AsRef<str> for ReferenceBuf {
    fn as_ref(&self) -> &str {
        &self.text
    }
}

impl FromStr for ReferenceBuf {
    type Err = ReferenceError;

    fn from_str(text: &str) -> Result<Self, ReferenceError> {
        Self::parse(text)
    }
}

impl TryFrom<String> for ReferenceBuf {
    type Error = ReferenceError;

    fn try_from(text: String) -> Result<Self, ReferenceError> {
        Self::parse(text)
    }
}

impl From<Reference<'_>> for ReferenceBuf {
    fn from(reference: Reference<'_>) -> Self {
        reference.to_buf()
    }
}

impl From<ReferenceBuf> for String {
    fn from(reference: ReferenceBuf) -> Self {
        reference.text
    }
}

#[cfg(test)]
mod tests;
