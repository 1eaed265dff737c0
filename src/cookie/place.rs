//! Where a request goes, as far as cookies care, and how hosts and paths match (RFC 6265bis 5.1).

use core::fmt;

/// The request-uri as far as cookies care: whether its connection is secure, its canonical host, its path.
///
/// It borrows; build one for each request. From a [`Url`](crate::url::Url) by `Place::try_from(&url)`, from parts by
/// [`new`](Self::new).
///
/// ```
/// use plainwire::cookie::Place;
///
/// let place = Place::new(true, "www.example.org", "/cart/list").unwrap();
/// assert_eq!(place.default_path(), "/cart");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Place<'a> {
    secure: bool,
    host: &'a str,
    path: &'a str,
}

/// A host that is not canonical, or a URL without one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum PlaceError {
    /// There is no host, as in `mailto:` or `data:` URLs.
    #[error("no host")]
    NoHost,
    /// The octet at this offset can't be in a canonical host: upper case, not ASCII, or a delimiter.
    #[error("host is not canonical at offset {0}")]
    Host(usize),
    /// The path does not begin with `/`.
    #[error("path does not begin with a slash")]
    Path,
}

impl<'a> Place<'a> {
    /// A place from its parts.
    ///
    /// `secure` says whether the connection is a secure one (https, wss). `host` has to be canonical (5.1.2): lower
    /// case, A-labels, an IPv6 address in brackets, no port; it is compared octet by octet from here on. `path` is the
    /// URL's path without its query, as it goes over the wire; an empty one is `/`.
    ///
    /// # Errors
    ///
    /// [`PlaceError`], and nothing is mended: a host in upper case would have its cookies in a bucket of their own.
    pub fn new(secure: bool, host: &'a str, path: &'a str) -> Result<Self, PlaceError> {
        check_host(host)?;
        match path.as_bytes().first() {
            None => Ok(Self { secure, host, path: "/" }),
            Some(b'/') => Ok(Self { secure, host, path }),
            Some(_) => Err(PlaceError::Path),
        }
    }

    /// Whether the connection is a secure one.
    pub const fn secure(&self) -> bool {
        self.secure
    }

    /// The canonical host.
    pub const fn host(&self) -> &'a str {
        self.host
    }

    /// The path, which begins with `/`.
    pub const fn path(&self) -> &'a str {
        self.path
    }

    /// The default-path of a cookie that names none (5.1.4): the path up to its last slash, without it.
    pub fn default_path(&self) -> &'a str {
        match self.path.rfind('/') {
            None | Some(0) => "/",
            Some(at) => &self.path[..at],
        }
    }

    /// The same place over a secure connection.
    pub(super) const fn secured(mut self) -> Self {
        self.secure = true;
        self
    }
}

/// Refuses what no URL parser gives as a host.
pub(super) fn check_host(host: &str) -> Result<(), PlaceError> {
    if host.is_empty() {
        return Err(PlaceError::NoHost);
    }
    let (inner, skipped, bracketed) = match host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        Some(inner) => (inner, 1, true),
        None => (host, 0, false),
    };
    let wrong = inner.bytes().position(|byte| match byte {
        b'0'..=b'9' | b'a'..=b'f' => false,
        b':' => !bracketed,
        b'.' => false,
        b'g'..=b'z' | b'-' | b'_' | b'!' | b'$' | b'&'..=b'*' | b'+' | b',' | b';' | b'=' | b'~' | b'`' | b'"' => {
            bracketed
        }
        b'{' | b'}' => bracketed,
        _ => true,
    });
    match wrong {
        Some(at) => Err(PlaceError::Host(at + skipped)),
        None if inner.is_empty() => Err(PlaceError::NoHost),
        None => Ok(()),
    }
}

/// Whether a canonical host is an IP address. The URL standard calls whatever ends in a number an IPv4 address, also
/// with the dot of a fully qualified name behind it.
pub(super) fn is_ip(host: &[u8]) -> bool {
    let host = host.strip_suffix(b".").unwrap_or(host);
    match host {
        [b'[', ..] => true,
        [.., last] if last.is_ascii_digit() => {
            let label = host.rsplit(|&byte| byte == b'.').next().unwrap_or_default();
            label.iter().all(u8::is_ascii_digit)
        }
        _ => false,
    }
}

/// Whether `host` domain-matches `domain` (5.1.3). Both have to be canonical.
///
/// ```
/// use plainwire::cookie::domain_match;
///
/// assert!(domain_match("www.example.org", "example.org"));
/// assert!(!domain_match("notexample.org", "example.org"));
/// assert!(!domain_match("10.0.0.1", "0.0.1"));
/// ```
pub fn domain_match(host: &str, domain: &str) -> bool {
    domain_match_octets(host.as_bytes(), domain.as_bytes())
}

pub(super) fn domain_match_octets(host: &[u8], domain: &[u8]) -> bool {
    match host.strip_suffix(domain) {
        Some([]) => true,
        Some([.., b'.']) => !domain.is_empty() && !is_ip(host),
        _ => false,
    }
}

/// Whether a request's path path-matches a cookie's path (5.1.4).
///
/// ```
/// use plainwire::cookie::path_match;
///
/// assert!(path_match(b"/docs/web", b"/docs"));
/// assert!(!path_match(b"/docsets", b"/docs"));
/// ```
#[inline]
pub fn path_match(request: &[u8], cookie: &[u8]) -> bool {
    match request.strip_prefix(cookie) {
        Some(rest) => rest.is_empty() || cookie.last() == Some(&b'/') || rest.first() == Some(&b'/'),
        None => false,
    }
}

/// A site: a scheme, as far as it is secure, and a registrable domain (or a whole host, where it has none).
///
/// Cookies with `Partitioned` are kept apart by the site at the top of the window, and a request is cross-site where its
/// own site is another than that of the page that made it (5.2).
///
/// ```
/// use plainwire::cookie::{Place, PublicSuffixes, Request, Site};
///
/// let suffixes = PublicSuffixes::names(["com"]);
/// let page = Place::new(true, "www.shop.com", "/").unwrap();
/// let image = Place::new(true, "static.shop.com", "/logo.png").unwrap();
/// let advert = Place::new(true, "ads.example.com", "/1.png").unwrap();
///
/// let top = Site::of(&page, &suffixes);
/// assert_eq!(top.to_string(), "https://shop.com");
/// let fetch = |place| {
///     let request = Request::to(place).subresource().top_level_site(top);
///     if Site::of(&place, &suffixes) == top { request } else { request.cross_site() }
/// };
/// assert!(fetch(image).is_same_site());
/// assert!(!fetch(advert).is_same_site());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Site<'a> {
    pub(super) secure: bool,
    pub(super) domain: &'a str,
}

impl<'a> Site<'a> {
    /// A site from its parts: whether its scheme is secure, and its registrable domain or host, canonical.
    ///
    /// # Errors
    ///
    /// [`PlaceError`] for a domain that is not canonical.
    pub fn new(secure: bool, domain: &'a str) -> Result<Self, PlaceError> {
        check_host(domain)?;
        Ok(Self { secure, domain })
    }

    /// The site that a place belongs to.
    pub fn of(place: &Place<'a>, suffixes: &super::PublicSuffixes) -> Self {
        let host = place.host();
        Self { secure: place.secure(), domain: suffixes.registrable(host).unwrap_or(host) }
    }

    /// Reads `https://example.org`, or `example.org`, which means the same.
    ///
    /// # Errors
    ///
    /// [`PlaceError`] for another scheme than http or https, and for a host that is not canonical.
    pub fn parse(text: &'a str) -> Result<Self, PlaceError> {
        if let Some(domain) = text.strip_prefix("http://") {
            return Self::new(false, domain);
        }
        Self::new(true, text.strip_prefix("https://").unwrap_or(text))
    }

    /// Whether the scheme is a secure one.
    pub const fn secure(&self) -> bool {
        self.secure
    }

    /// The registrable domain, or the host where there is none.
    pub const fn domain(&self) -> &'a str {
        self.domain
    }
}

/// `https://example.org`
impl fmt::Display for Site<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.secure { "https://" } else { "http://" })?;
        f.write_str(self.domain)
    }
}

/// Secure are https and wss. The path is the URL's, as it goes over the wire.
impl<'a> TryFrom<&'a crate::url::Url> for Place<'a> {
    type Error = PlaceError;

    fn try_from(url: &'a crate::url::Url) -> Result<Self, PlaceError> {
        let (secure, host) = (matches!(url.scheme(), "https" | "wss"), url.hostname());
        // The URL parser has made the host of a special URL canonical.
        if !url.is_special() || host.is_empty() {
            return Self::new(secure, host, url.pathname());
        }
        Ok(Self { secure, host, path: url.pathname() })
    }
}
