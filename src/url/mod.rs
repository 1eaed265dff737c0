//! URLs as the [URL Standard](https://url.spec.whatwg.org/) of the WHATWG has them (review draft of August 2026): what
//! browsers do.
//!
//! A [`Url`] is one string, the URL as it is serialised, and seven offsets into it; its parts are slices of the string.
//! Parsing reads the input a block at a time and writes each part once.
//!
//! ```
//! # #[cfg(feature = "idna")] {
//! use plainwire::url::{Host, Url};
//!
//! let url = Url::parse("https://user@例え.jp:8443/a/../b c?q=1#top").unwrap();
//! assert_eq!(url.as_str(), "https://user@xn--r8jz45g.jp:8443/b%20c?q=1#top");
//! assert_eq!(url.host(), Some(Host::Domain("xn--r8jz45g.jp")));
//! assert_eq!((url.port(), url.pathname(), url.query()), (Some(8443), "/b%20c", Some("q=1")));
//!
//! let mut next = url.join("../d?x").unwrap();
//! next.set_hash("end").unwrap();
//! assert_eq!(next.as_str(), "https://user@xn--r8jz45g.jp:8443/d?x#end");
//! # }
//! ```
//!
//! | wish | where |
//! |---|---|
//! | parse, resolve, check | [`Url::parse`], [`Url::join`], [`Url::can_parse`] |
//! | a limit, schemes of one's own, another encoding | [`Options`] |
//! | the standard's validation errors | [`Options::parse_reporting`] |
//! | the getters and setters of the standard's `URL` | [`Url::pathname`], [`Url::set_pathname`] and their neighbours |
//! | the standard's `URLSearchParams` | [`Params`](crate::query::Params), [`Url::search_params`], [`Url::search_params_mut`] |
//! | segments, relative references | [`Url::append_segment`], [`Url::make_relative`] |
//! | file paths | `Url::from_file_path`, `Url::to_file_path` |
//! | the input as it was given, beside the URL | [`GivenUrl`] |
//! | stretches of the text | [`Url::slice`], [`Position`] |
//! | percent-encoding | [`percent`] |
//! | RFC 3986, to the letter, borrowed | [`reference`](mod@reference) |
//! | what Python's `urllib.parse` says | [`python`] |

#[cfg(feature = "arbitrary")]
mod arbitrary;
mod domain;
mod error;
mod fast;
mod file_path;
mod given;
mod host;
mod ip;
mod machine;
mod options;
mod origin;
mod parse;
mod path;
mod plan;
pub mod python;
pub mod reference;
mod relative;
mod scheme;
mod search_params;
mod segments;
#[cfg(feature = "serde")]
mod serde;
mod setters;
mod slices;

#[cfg(feature = "idna")]
pub use self::domain::domain_to_unicode;
pub use self::error::{ParseError, ParseErrorKind, SetError, Violation, ViolationKind};
pub use self::file_path::{FilePathError, PathStyle};
pub use self::given::GivenUrl;
pub use self::host::Host;
#[cfg(feature = "testing")]
pub use self::machine::Setter;
pub use self::options::Options;
pub use self::origin::Origin;
pub use self::scheme::{InvalidSpecialScheme, SpecialSchemes};
pub use self::search_params::SearchParamsMut;
pub use self::slices::Position;
pub use crate::syntax::percent;

use self::host::Form;
use self::scheme::Kind;
use alloc::string::String;
use core::cmp::Ordering;
use core::fmt;
use core::hash::{Hash, Hasher};
use core::str::FromStr;

/// A URL.
///
/// Two URLs are equal if they are serialised alike. `Debug` shows it without its password; `Display` shows all of it.
#[derive(Clone)]
pub struct Url {
    /// The URL as it is serialised; ASCII.
    href: String,
    /// The colon behind the scheme.
    scheme_end: u32,
    /// Where the user name ends: `:`, `@` or the host. Without `//` this and the next two are where they would begin.
    username_end: u32,
    host_start: u32,
    host_end: u32,
    /// Where the path begins: behind the port, or behind the `/.` that guards a path against being read as a host.
    path_start: u32,
    /// The `?`, or 0 without a query.
    query_start: u32,
    /// The `#`, or 0 without a fragment.
    fragment_start: u32,
    kind: Kind,
    form: Form,
}

impl Url {
    /// Parses an absolute URL.
    ///
    /// ```
    /// use plainwire::url::{ParseErrorKind, Url};
    ///
    /// let error = Url::parse("http://example.org:99999/").unwrap_err();
    /// assert_eq!((error.kind, error.offset), (ParseErrorKind::PortOutOfRange, 19));
    /// ```
    #[inline]
    pub fn parse(input: &str) -> Result<Self, ParseError> {
        match fast::parse(input) {
            Some(url) => Ok(url),
            None => parse::parse(input, &Options::new()),
        }
    }

    /// Parses `input` with this URL as its base.
    ///
    /// The reference is relative to the last slash of the path: without one at its end, the last segment is replaced.
    /// [`append_segment`](Self::append_segment) keeps it.
    pub fn join(&self, input: &str) -> Result<Self, ParseError> {
        Options::new().base(self).parse(input)
    }

    /// Whether [`parse`](Self::parse) would succeed, found out without writing a URL.
    #[inline]
    pub fn can_parse(input: &str) -> bool {
        fast::can_parse(input) || Options::new().can_parse(input)
    }

    /// The whole URL.
    #[inline]
    pub fn as_str(&self) -> &str {
        &self.href
    }

    /// The whole URL, by the standard's name.
    #[inline]
    pub fn href(&self) -> &str {
        &self.href
    }

    /// The URL up to the fragment.
    pub fn without_fragment(&self) -> &str {
        &self.href[..self.query_end()]
    }

    /// The scheme in lower case, without its colon.
    #[inline]
    pub fn scheme(&self) -> &str {
        &self.href[..self.scheme_end as usize]
    }

    /// The scheme and its colon.
    pub fn protocol(&self) -> &str {
        &self.href[..=self.scheme_end as usize]
    }

    /// Whether the scheme is special: `http`, `https`, `ws`, `wss`, `ftp`, `file`, or one that the caller
    /// [registered](SpecialSchemes).
    pub fn is_special(&self) -> bool {
        self.kind.is_special()
    }

    /// The user name, percent-encoded; empty if there is none.
    pub fn username(&self) -> &str {
        &self.href[self.userinfo_start()..self.username_end as usize]
    }

    /// The password, percent-encoded; empty if there is none.
    pub fn password(&self) -> &str {
        if self.has_password() { &self.href[self.username_end as usize + 1..self.host_start as usize - 1] } else { "" }
    }

    /// Whether there is a user name or a password.
    pub fn includes_credentials(&self) -> bool {
        self.host_start as usize > self.userinfo_start()
    }

    /// Whether there is an authority (`//`), be it an empty one.
    pub fn has_authority(&self) -> bool {
        self.form != Form::Null
    }

    /// The host; `None` if there is none or if it is empty, as that of `file:///tmp`.
    pub fn host(&self) -> Option<Host<&str>> {
        self.form.view(self.hostname())
    }

    /// The host as text, an IPv6 address in brackets; empty if there is none.
    #[doc(alias = "host_str")]
    #[inline]
    pub fn hostname(&self) -> &str {
        &self.href[self.host_start as usize..self.host_end as usize]
    }

    /// The host and the port if there is one, as the standard's `host`: what an HTTP `Host` field contains.
    pub fn host_and_port(&self) -> &str {
        &self.href[self.host_start as usize..self.port_end()]
    }

    /// The port; `None` if there is none or if it is the scheme's default.
    pub fn port(&self) -> Option<u16> {
        match self.port_str() {
            "" => None,
            digits => digits.parse().ok(),
        }
    }

    /// The port as text; empty where [`port`](Self::port) is `None`.
    pub fn port_str(&self) -> &str {
        self.href.get(self.host_end as usize + 1..self.port_end()).unwrap_or("")
    }

    /// The port, or else the scheme's default if it has one.
    #[doc(alias = "port_or_known_default")]
    pub fn port_or_default(&self) -> Option<u16> {
        self.port().or(self.kind.default_port())
    }

    /// The path, percent-encoded, with its leading slash unless it is opaque or empty.
    #[doc(alias = "path")]
    #[inline]
    pub fn pathname(&self) -> &str {
        &self.href[self.path_start as usize..self.path_end()]
    }

    /// Whether the path is one opaque piece of text, as in `mailto:` and `data:`, and nothing can be relative to it but
    /// a fragment.
    pub fn has_opaque_path(&self) -> bool {
        self.form == Form::Null && self.href.as_bytes().get(self.path_start as usize) != Some(&b'/')
    }

    /// The query, percent-encoded, without its `?`; `None` if there is none.
    pub fn query(&self) -> Option<&str> {
        match self.query_start {
            0 => None,
            start => Some(&self.href[start as usize + 1..self.query_end()]),
        }
    }

    /// The query with its `?`; empty if there is none or if it is empty.
    pub fn search(&self) -> &str {
        match self.query() {
            None | Some("") => "",
            Some(_) => &self.href[self.query_start as usize..self.query_end()],
        }
    }

    /// The fragment, percent-encoded, without its `#`; `None` if there is none.
    pub fn fragment(&self) -> Option<&str> {
        match self.fragment_start {
            0 => None,
            start => Some(&self.href[start as usize + 1..]),
        }
    }

    /// The fragment with its `#`; empty if there is none or if it is empty.
    pub fn hash(&self) -> &str {
        match self.fragment() {
            None | Some("") => "",
            Some(_) => &self.href[self.fragment_start as usize..],
        }
    }

    /// Path and query: what an HTTP request in origin form asks for. Empty paths stay empty.
    pub fn path_and_query(&self) -> &str {
        &self.href[self.path_start as usize..self.query_end()]
    }

    fn userinfo_start(&self) -> usize {
        // "://" or, without an authority, the place behind the colon.
        self.scheme_end as usize + if self.has_authority() { 3 } else { 1 }
    }

    fn has_password(&self) -> bool {
        self.username_end < self.host_start && self.href.as_bytes()[self.username_end as usize] == b':'
    }

    /// Where the authority ends: behind the port.
    fn port_end(&self) -> usize {
        // Without a host the path's guard stands here, which is no port.
        if self.has_authority() { self.path_start as usize } else { self.host_end as usize }
    }

    #[inline]
    fn path_end(&self) -> usize {
        match (self.query_start, self.fragment_start) {
            (0, 0) => self.href.len(),
            (0, fragment) => fragment as usize,
            (query, _) => query as usize,
        }
    }

    fn query_end(&self) -> usize {
        match self.fragment_start {
            0 => self.href.len(),
            fragment => fragment as usize,
        }
    }

    /// A URL to be written: nothing but the buffer.
    fn blank(kind: Kind, href: String) -> Self {
        Self {
            href,
            scheme_end: 0,
            username_end: 0,
            host_start: 0,
            host_end: 0,
            path_start: 0,
            query_start: 0,
            fragment_start: 0,
            kind,
            form: Form::Null,
        }
    }

    /// Nothing between the colon of the scheme, just written, and the path.
    fn mark_null_host(&mut self) {
        self.form = Form::Null;
        self.mark_here();
    }

    /// An empty host behind the `//` just written.
    fn mark_empty_host(&mut self) {
        self.form = Form::Empty;
        self.mark_here();
    }

    fn mark_here(&mut self) {
        let here = self.href.len() as u32;
        self.username_end = here;
        self.host_start = here;
        self.host_end = here;
        self.path_start = here;
    }

    /// Behind the host of a `file` URL, just written: `localhost` is the empty host (file host state).
    fn end_file_host(&mut self, form: Form) {
        self.form = form;
        if &self.href[self.host_start as usize..] == "localhost" {
            self.href.truncate(self.host_start as usize);
            self.form = Form::Empty;
        }
        self.host_end = self.href.len() as u32;
        self.path_start = self.host_end;
    }

    /// The authority of `base` behind the scheme just written, which is the same.
    fn copy_authority(&mut self, base: &Self) {
        let end = base.port_end();
        self.href.push_str(&base.href[base.scheme_end as usize + 1..end]);
        self.username_end = base.username_end;
        self.host_start = base.host_start;
        self.host_end = base.host_end;
        self.path_start = end as u32;
        self.form = base.form;
    }

    /// A path that begins with `//` and has no host before it gets `/.` in front, so that it is not read as a host
    /// (URL serializer, step 3). The path is the last thing written.
    fn guard_path(&mut self) {
        let start = self.path_start as usize;
        if self.form == Form::Null && self.href.as_bytes()[start..].starts_with(b"//") {
            self.href.insert_str(start, "/.");
            // Beyond 32 bits the URL is too long, and not given out.
            self.path_start = self.path_start.wrapping_add(2);
        }
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.href)
    }
}

/// The URL with `***` for its password.
impl fmt::Debug for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Url(\"")?;
        if self.has_password() {
            let (before, behind) = (self.username_end as usize, self.host_start as usize);
            write!(f, "{}:***@{}", &self.href[..before], &self.href[behind..])?;
        } else {
            f.write_str(&self.href)?;
        }
        f.write_str("\")")
    }
}

impl PartialEq for Url {
    fn eq(&self, other: &Self) -> bool {
        self.href == other.href
    }
}

impl Eq for Url {}

impl PartialOrd for Url {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Url {
    fn cmp(&self, other: &Self) -> Ordering {
        self.href.cmp(&other.href)
    }
}

impl Hash for Url {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.href.hash(state);
    }
}

impl AsRef<str> for Url {
    fn as_ref(&self) -> &str {
        &self.href
    }
}

impl FromStr for Url {
    type Err = ParseError;

    fn from_str(input: &str) -> Result<Self, ParseError> {
        Self::parse(input)
    }
}

impl TryFrom<&str> for Url {
    type Error = ParseError;

    fn try_from(input: &str) -> Result<Self, ParseError> {
        Self::parse(input)
    }
}

impl From<Url> for String {
    fn from(url: Url) -> Self {
        url.href
    }
}

#[cfg(test)]
mod tests;
