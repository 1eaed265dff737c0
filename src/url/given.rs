//! A URL beside the text that it was parsed from.

use super::{Options, ParseError, Url};
use alloc::string::String;
use core::fmt;
use core::ops::Deref;
use core::str::FromStr;

/// A [`Url`] that keeps its input as it was given: for configuration files, messages to people, and whatever has to be
/// written back as it was read, without a slash that nobody wrote.
///
/// It derefs to the URL. `Display` writes the input; two are equal if their URLs are.
///
/// ```
/// use plainwire::url::GivenUrl;
///
/// let given = GivenUrl::parse("HTTP://Example.org").unwrap();
/// assert_eq!(given.to_string(), "HTTP://Example.org");
/// assert_eq!(given.hostname(), "example.org");
/// assert_eq!(given.url().as_str(), "http://example.org/");
/// ```
#[derive(Clone)]
pub struct GivenUrl {
    input: String,
    url: Url,
}

impl GivenUrl {
    /// Parses an absolute URL; see [`Url::parse`].
    pub fn parse(input: impl Into<String>) -> Result<Self, ParseError> {
        Self::parse_with(input, &Options::new())
    }

    /// Parses with options; see [`Options::parse`].
    pub fn parse_with(input: impl Into<String>, options: &Options<'_>) -> Result<Self, ParseError> {
        let input = input.into();
        Ok(Self { url: options.parse(&input)?, input })
    }

    /// The input.
    pub fn as_given(&self) -> &str {
        &self.input
    }

    /// The URL.
    pub const fn url(&self) -> &Url {
        &self.url
    }

    /// The input and the URL.
    pub fn into_parts(self) -> (String, Url) {
        (self.input, self.url)
    }
}

impl Deref for GivenUrl {
    type Target = Url;

    fn deref(&self) -> &Url {
        &self.url
    }
}

impl fmt::Display for GivenUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.input)
    }
}

/// The URL without its password; the input may contain it in any form, so it isn't shown.
impl fmt::Debug for GivenUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("GivenUrl").field(&self.url).finish()
    }
}

impl PartialEq for GivenUrl {
    fn eq(&self, other: &Self) -> bool {
        self.url == other.url
    }
}

impl Eq for GivenUrl {}

impl FromStr for GivenUrl {
    type Err = ParseError;

    fn from_str(input: &str) -> Result<Self, ParseError> {
        Self::parse(input)
    }
}

impl From<GivenUrl> for Url {
    fn from(given: GivenUrl) -> Self {
        given.url
    }
}
