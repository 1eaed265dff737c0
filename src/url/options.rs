//! How to parse: base, length limit, schemes of one's own, the encoding of the query.

use super::error::{ParseError, Violation};
use super::scheme::{Kind, SpecialSchemes};
use super::{Url, fast, machine, parse};
use alloc::vec::Vec;
use core::fmt;

/// What a query is encoded to, for documents that are not UTF-8.
pub(super) type QueryEncoding<'a> = &'a dyn Fn(&str) -> Vec<u8>;

/// How to parse a URL, where [`Url::parse`] and [`Url::join`] are not enough.
///
/// ```
/// use plainwire::url::{Options, ParseErrorKind, Url};
///
/// let base = Url::parse("https://example.org/a/b").unwrap();
/// let options = Options::new().base(&base).max_length(2_000);
/// assert_eq!(options.parse("../c").unwrap().as_str(), "https://example.org/c");
///
/// let long = "x".repeat(3_000);
/// assert_eq!(options.parse(&long).unwrap_err().kind, ParseErrorKind::TooLong);
/// ```
#[derive(Clone, Copy)]
pub struct Options<'a> {
    pub(super) base: Option<&'a Url>,
    pub(super) max_length: usize,
    pub(super) schemes: Option<&'a SpecialSchemes>,
    pub(super) query_encoding: Option<QueryEncoding<'a>>,
}

/// The longest URL that there can be, in bytes: offsets are 32 bits wide.
pub(super) const MAX_LENGTH: usize = u32::MAX as usize;

impl Default for Options<'_> {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Options<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("base", &self.base)
            .field("max_length", &self.max_length)
            .field("schemes", &self.schemes)
            .field("query_encoding", &self.query_encoding.is_some())
            .finish()
    }
}

impl<'a> Options<'a> {
    /// The standard's: no base, and no limit below the 4 GiB of the offsets.
    pub const fn new() -> Self {
        Self { base: None, max_length: MAX_LENGTH, schemes: None, query_encoding: None }
    }

    /// What a relative reference is relative to.
    #[must_use]
    pub const fn base(mut self, base: &'a Url) -> Self {
        self.base = Some(base);
        self
    }

    /// The longest input and the longest URL written out that are accepted, in bytes; 0 accepts nothing. The default
    /// is 4 GiB less one byte, and no limit is above that. Encoding can make a URL three times as long as its input.
    #[must_use]
    pub const fn max_length(mut self, bytes: usize) -> Self {
        self.max_length = if bytes < MAX_LENGTH { bytes } else { MAX_LENGTH };
        self
    }

    /// Schemes to parse as `http` is, beside those of the standard. Where the base has the scheme, what the base was
    /// parsed as counts.
    #[must_use]
    pub const fn special_schemes(mut self, schemes: &'a SpecialSchemes) -> Self {
        self.schemes = Some(schemes);
        self
    }

    /// What the query of a special URL is encoded to before it is percent-encoded; UTF-8 by default.
    ///
    /// This is for the URLs in documents of another encoding. As in the standard, `ws`, `wss` and URLs that are not
    /// special stay with UTF-8. A character that the encoding lacks is the encoder's to write: the standard has
    /// `&#NNNN;`, of which `&`, `#` and `;` are percent-encoded as `%26%23NNNN%3B`; an encoder that wants that returns
    /// it so.
    #[must_use]
    pub const fn query_encoding(mut self, encode: &'a dyn Fn(&str) -> Vec<u8>) -> Self {
        self.query_encoding = Some(encode);
        self
    }

    /// Parses a URL (URL Standard 4.4, the basic URL parser).
    pub fn parse(&self, input: &str) -> Result<Url, ParseError> {
        if input.len() <= self.max_length
            && self.query_encoding.is_none()
            && let Some(url) = fast::parse(input)
            && url.href.len() <= self.max_length
        {
            return Ok(url);
        }
        parse::parse(input, self)
    }

    /// Whether [`parse`](Self::parse) would succeed. Writes no URL, and for most inputs looks no further than the host.
    pub fn can_parse(&self, input: &str) -> bool {
        // Percent-encoding makes three octets of one, and IDNA makes at most eighteen characters of one.
        let room = self.max_length / 32;
        let surely_fits =
            self.max_length >= 64 && input.len() <= room && self.base.is_none_or(|base| base.href.len() <= room);
        if surely_fits && self.query_encoding.is_none() {
            return fast::can_parse(input) || parse::can_parse(input, self);
        }
        self.parse(input).is_ok()
    }

    /// Parses a URL and tells every validation error of the standard to `report`, in the order in which the standard
    /// comes upon them.
    ///
    /// The result is that of [`parse`](Self::parse) in every case. This goes through the standard's state machine
    /// character by character, several times as slowly and with sixteen bytes of memory for each character.
    ///
    /// ```
    /// use plainwire::url::{Options, ViolationKind};
    ///
    /// let mut seen = Vec::new();
    /// let url = Options::new().parse_reporting(r"http:\\me@example.org\a b", &mut |v| seen.push((v.kind, v.offset)));
    /// assert_eq!(url.unwrap().as_str(), "http://me@example.org/a%20b");
    /// assert_eq!(seen[0], (ViolationKind::SpecialSchemeMissingFollowingSolidus, 5));
    /// assert_eq!(seen.last(), Some(&(ViolationKind::InvalidUrlUnit, 23)));
    /// ```
    pub fn parse_reporting(&self, input: &str, report: &mut dyn FnMut(Violation)) -> Result<Url, ParseError> {
        machine::parse(input, self, report)
    }

    /// The kind of a scheme as written.
    pub(super) fn kind_of(&self, scheme: &str) -> Kind {
        if scheme.bytes().any(|octet| octet.is_ascii_uppercase()) {
            return self.kind_of_lower(&scheme.to_ascii_lowercase());
        }
        self.kind_of_lower(scheme)
    }

    pub(super) fn kind_of_lower(&self, scheme: &str) -> Kind {
        match Kind::of(scheme) {
            Kind::Other => {}
            kind => return kind,
        }
        // A base stays what it was parsed as, and so does what is joined to it.
        if let Some(base) = self.base.filter(|base| base.scheme() == scheme) {
            return base.kind;
        }
        self.schemes.and_then(|schemes| schemes.kind(scheme)).unwrap_or(Kind::Other)
    }
}
