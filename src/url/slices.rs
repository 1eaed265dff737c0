//! Stretches of a URL's text that are more than one part.

use super::Url;
use super::error::{ParseError, SetError};
use super::host::Form;
use super::ip;
use alloc::string::{String, ToString};
use core::net::IpAddr;
use core::ops::{Bound, RangeBounds};

/// A place in a URL's text, for [`Url::slice`].
///
/// Where a part is absent, both its places are where it would be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names say what they are")]
pub enum Position {
    BeforeScheme,
    AfterScheme,
    BeforeUsername,
    AfterUsername,
    BeforePassword,
    AfterPassword,
    BeforeHost,
    AfterHost,
    BeforePort,
    AfterPort,
    BeforePath,
    AfterPath,
    BeforeQuery,
    AfterQuery,
    BeforeFragment,
    AfterFragment,
}

impl Url {
    /// Parses an absolute URL and adds pairs to its query.
    ///
    /// ```
    /// use plainwire::url::Url;
    ///
    /// let url = Url::parse_with_params("https://example.org/?a", [("q", "b c")]).unwrap();
    /// assert_eq!(url.as_str(), "https://example.org/?a=&q=b+c");
    /// ```
    ///
    /// [`TooLong`](super::ParseErrorKind::TooLong) beyond 4 GiB as well.
    pub fn parse_with_params<N: AsRef<str>, V: AsRef<str>>(
        input: &str,
        pairs: impl IntoIterator<Item = (N, V)>,
    ) -> Result<Self, ParseError> {
        let mut url = Self::parse(input)?;
        let mut params = url.search_params_mut();
        for (name, value) in pairs {
            params.append(name.as_ref(), value.as_ref());
        }
        let too_long = ParseError { kind: super::ParseErrorKind::TooLong, offset: input.len() };
        params.finish().map_err(|_| too_long)?;
        Ok(url)
    }

    /// Credentials, host and port as they stand behind `//`; empty if there are none.
    pub fn authority(&self) -> &str {
        self.slice(Position::BeforeUsername..Position::AfterPort)
    }

    /// A stretch of the text.
    ///
    /// ```
    /// use plainwire::url::{Position, Url};
    ///
    /// let url = Url::parse("https://me@example.org:8443/a?b#c").unwrap();
    /// assert_eq!(url.slice(..Position::BeforePath), "https://me@example.org:8443");
    /// assert_eq!(url.slice(Position::BeforeHost..Position::AfterPort), "example.org:8443");
    /// assert_eq!(url.slice(Position::BeforePath..Position::AfterQuery), "/a?b");
    /// assert_eq!(url.slice(Position::AfterPath..=Position::BeforeHost), "");
    /// ```
    ///
    /// A range that ends before it begins is empty. An inclusive end means the same as an exclusive one: places have no
    /// width.
    pub fn slice(&self, range: impl RangeBounds<Position>) -> &str {
        let place = |bound: Bound<&Position>, open: usize| match bound {
            Bound::Included(position) | Bound::Excluded(position) => self.place(*position),
            Bound::Unbounded => open,
        };
        let (from, to) = (place(range.start_bound(), 0), place(range.end_bound(), self.href.len()));
        self.href.get(from..to).unwrap_or("")
    }

    fn place(&self, position: Position) -> usize {
        let has_port = self.host_end as usize != self.port_end();
        match position {
            Position::BeforeScheme => 0,
            Position::AfterScheme => self.scheme_end as usize,
            Position::BeforeUsername => self.userinfo_start(),
            Position::AfterUsername => self.username_end as usize,
            Position::BeforePassword => self.username_end as usize + usize::from(self.has_password()),
            // The `@` is neither the password's nor the host's.
            Position::AfterPassword => self.host_start as usize - usize::from(self.includes_credentials()),
            Position::BeforeHost => self.host_start as usize,
            Position::AfterHost => self.host_end as usize,
            Position::BeforePort => self.host_end as usize + usize::from(has_port),
            Position::AfterPort => self.port_end(),
            Position::BeforePath => self.path_start as usize,
            Position::AfterPath => self.path_end(),
            Position::BeforeQuery => self.path_end() + usize::from(self.query_start != 0),
            Position::AfterQuery => self.query_end(),
            Position::BeforeFragment => self.query_end() + usize::from(self.fragment_start != 0),
            Position::AfterFragment => self.href.len(),
        }
    }

    /// Makes an address the host. In a URL that isn't special an IPv4 address is an opaque host, as all that is no IPv6
    /// address is there.
    ///
    /// [`OpaquePath`](SetError::OpaquePath) where there can be no host.
    pub fn set_ip_host(&mut self, address: IpAddr) -> Result<(), SetError> {
        match address {
            IpAddr::V4(address) => self.set_hostname(&address.to_string()),
            IpAddr::V6(address) => {
                let mut text = String::from("[");
                ip::write_v6(address.segments(), &mut text);
                text.push(']');
                self.set_hostname(&text)
            }
        }
    }

    /// The host if it is a domain: neither an address nor opaque.
    pub fn domain(&self) -> Option<&str> {
        (self.form == Form::Domain).then(|| self.hostname())
    }
}
