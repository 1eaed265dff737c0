//! `Set-Cookie` as a server writes it: only what every browser keeps.

use super::jar::begins_with;
use super::place::check_host;
use super::{ATTRIBUTE_LIMIT, NAME_VALUE_LIMIT, SameSite, Timestamp};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;
use core::ops::Range;

/// Says what a `Set-Cookie` shall say; [`build`](Self::build) judges it.
///
/// ```
/// use plainwire::cookie::{BuildError, Builder, SameSite};
///
/// let cookie = Builder::new("__Host-id", "42").path("/").secure().http_only().same_site(SameSite::Lax).build().unwrap();
/// assert_eq!(cookie.as_str(), "__Host-id=42; Path=/; Secure; HttpOnly; SameSite=Lax");
///
/// let refused = Builder::new("__Host-id", "42").path("/").build();
/// assert_eq!(refused.unwrap_err(), BuildError::HostPrefix);
/// ```
#[derive(Clone, PartialEq, Eq)]
#[must_use]
pub struct Builder {
    name: String,
    value: String,
    domain: Option<String>,
    path: Option<String>,
    max_age: Option<u64>,
    expires: Option<Timestamp>,
    secure: bool,
    http_only: bool,
    same_site: SameSite,
    partitioned: bool,
    others: Vec<(String, String)>,
}

/// Why a browser would not keep a cookie as it was meant, or what would forge something else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// The name is not a token (RFC 9110 5.6.2).
    #[error("the name is not a token")]
    Name,
    /// The value has an octet that is no cookie-octet (4.1.1): white space, `"` other than around it, `,`, `;`, `\`,
    /// controls, or what is not ASCII. Encode it.
    #[error("octet {0} of the value is no cookie-octet")]
    Value(usize),
    /// Name and value together are longer than 4,096 octets.
    #[error("name and value have more than {NAME_VALUE_LIMIT} octets")]
    TooLong,
    /// The domain is not a canonical one without a leading dot.
    #[error("the domain is not canonical")]
    Domain,
    /// The path does not begin with `/`, or has a `;` or a control character, or is not ASCII.
    #[error("the path is none, or can't be written")]
    Path,
    /// An attribute is longer than 1,024 octets: browsers would overlook it.
    #[error("an attribute has more than {ATTRIBUTE_LIMIT} octets")]
    AttributeTooLong,
    /// The date is before 1601 or after 9999.
    #[error("the date can't be written")]
    Expires,
    /// `SameSite=None` without `Secure`.
    #[error("SameSite=None needs Secure")]
    SameSiteNoneInsecure,
    /// `Partitioned` without `Secure`.
    #[error("Partitioned needs Secure")]
    PartitionedInsecure,
    /// The name begins with `__Secure-`, without `Secure`.
    #[error("a name that begins with __Secure- needs Secure")]
    SecurePrefix,
    /// The name begins with `__Host-`, without `Secure`, or with `Domain`, or without `Path=/`.
    #[error("a name that begins with __Host- needs Secure and Path=/, and no Domain")]
    HostPrefix,
    /// The name begins with `__Http-` or `__Host-Http-`, without `Secure` or without `HttpOnly`: Chromium drops it, and
    /// the draft behind RFC 6265bis has it so.
    #[error("a name that begins with __Http- or __Host-Http- needs Secure and HttpOnly")]
    HttpPrefix,
    /// Another attribute whose name is not a token or one of those that have a method, or whose value has a `;`.
    #[error("another attribute can't be written")]
    Attribute,
}

impl Builder {
    /// A cookie of the session, for the host that sets it.
    pub fn new(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            value: value.into(),
            domain: None,
            path: None,
            max_age: None,
            expires: None,
            secure: false,
            http_only: false,
            same_site: SameSite::Default,
            partitioned: false,
            others: Vec::new(),
        }
    }

    /// For this domain and all hosts below it: the host that answers, or one above it. What only the browser knows is
    /// not judged here: it drops the cookie where its own host is not below, or where the domain is a public suffix
    /// ([`PublicSuffixes::contains`](super::PublicSuffixes::contains)).
    pub fn domain(mut self, domain: impl Into<String>) -> Self {
        self.domain = Some(domain.into());
        self
    }

    /// For this path and all below it. Without it the user agent takes the folder of the request.
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.path = Some(path.into());
        self
    }

    /// Lasts so many seconds; browsers cut it to 400 days. 0 removes.
    pub const fn max_age(mut self, seconds: u64) -> Self {
        self.max_age = Some(seconds);
        self
    }

    /// Lasts until then, for user agents that do not know `Max-Age`.
    pub const fn expires(mut self, at: Timestamp) -> Self {
        self.expires = Some(at);
        self
    }

    /// Over secure connections alone.
    pub const fn secure(mut self) -> Self {
        self.secure = true;
        self
    }

    /// Out of reach of scripts.
    pub const fn http_only(mut self) -> Self {
        self.http_only = true;
        self
    }

    /// Who may cause it to be sent.
    pub const fn same_site(mut self, same_site: SameSite) -> Self {
        self.same_site = same_site;
        self
    }

    /// One for each top-level site (CHIPS).
    pub const fn partitioned(mut self) -> Self {
        self.partitioned = true;
        self
    }

    /// Another attribute, as in `Priority=High`; with an empty value its name alone.
    pub fn attribute(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.others.push((name.into(), value.into()));
        self
    }

    /// Makes it one that removes the cookie: no value, and over already. Domain and path have to be those that it was
    /// set with.
    pub fn removal(mut self) -> Self {
        self.value.clear();
        self.max_age = Some(0);
        self.expires = Some(Timestamp(0));
        self
    }

    /// The `Set-Cookie` field value.
    ///
    /// # Errors
    ///
    /// [`BuildError`] where a browser would drop it or read something else.
    pub fn build(self) -> Result<Issued, BuildError> {
        self.check()?;
        let mut text = format!("{}={}", self.name, self.value);
        let (name, value) = (0..self.name.len(), self.name.len() + 1..text.len());
        let mut say = |attribute: &str, value: &str| {
            text.push_str("; ");
            text.push_str(attribute);
            if !value.is_empty() {
                text.push('=');
                text.push_str(value);
            }
        };
        if let Some(expires) = self.expires {
            say("Expires", &expires.to_string());
        }
        if let Some(seconds) = self.max_age {
            say("Max-Age", &seconds.to_string());
        }
        if let Some(domain) = &self.domain {
            say("Domain", domain);
        }
        if let Some(path) = &self.path {
            say("Path", path);
        }
        if self.secure {
            say("Secure", "");
        }
        if self.http_only {
            say("HttpOnly", "");
        }
        if let Some(same_site) = self.same_site.as_str() {
            say("SameSite", same_site);
        }
        if self.partitioned {
            say("Partitioned", "");
        }
        for (name, value) in &self.others {
            say(name, value);
        }
        let place = (self.domain, self.path);
        Ok(Issued { text, name, value, place, removal: self.max_age == Some(0) })
    }

    fn check(&self) -> Result<(), BuildError> {
        let (name, value) = (self.name.as_bytes(), self.value.as_bytes());
        if !is_token(name) {
            return Err(BuildError::Name);
        }
        let (inner, skipped) = match value {
            [b'"', inner @ .., b'"'] => (inner, 1),
            _ => (value, 0),
        };
        if let Some(at) = inner.iter().position(|&byte| !is_cookie_octet(byte)) {
            return Err(BuildError::Value(at + skipped));
        }
        if name.len() + value.len() > NAME_VALUE_LIMIT {
            return Err(BuildError::TooLong);
        }
        if let Some(domain) = &self.domain
            && (check_host(domain).is_err() || domain.starts_with('.') || domain.contains(';'))
        {
            return Err(BuildError::Domain);
        }
        if let Some(path) = &self.path
            && !(path.starts_with('/') && is_attribute_text(path) && !path.ends_with(' '))
        {
            return Err(BuildError::Path);
        }
        for (name, value) in &self.others {
            let known = ["expires", "max-age", "domain", "path", "secure", "httponly", "samesite", "partitioned"];
            let trimmed = value.trim_ascii() == value.as_str();
            if !is_token(name.as_bytes())
                || known.iter().any(|known| name.eq_ignore_ascii_case(known))
                || !(is_attribute_text(value) && trimmed)
            {
                return Err(BuildError::Attribute);
            }
        }
        let lengths = [&self.domain, &self.path].into_iter().flatten().map(String::len);
        if lengths.chain(self.others.iter().map(|(_, value)| value.len())).any(|length| length > ATTRIBUTE_LIMIT) {
            return Err(BuildError::AttributeTooLong);
        }
        if self.expires.is_some_and(|at| !(1601..=9999).contains(&at.to_utc().0)) {
            return Err(BuildError::Expires);
        }
        if self.same_site == SameSite::None && !self.secure {
            return Err(BuildError::SameSiteNoneInsecure);
        }
        if self.partitioned && !self.secure {
            return Err(BuildError::PartitionedInsecure);
        }
        if begins_with(name, b"__Secure-") && !self.secure {
            return Err(BuildError::SecurePrefix);
        }
        let whole_host = self.secure && self.domain.is_none() && self.path.as_deref() == Some("/");
        if begins_with(name, b"__Host-") && !whole_host {
            return Err(BuildError::HostPrefix);
        }
        let by_http = begins_with(name, b"__Http-") || begins_with(name, b"__Host-Http-");
        if by_http && !(self.secure && self.http_only) {
            return Err(BuildError::HttpPrefix);
        }
        Ok(())
    }
}

/// token = 1*tchar (RFC 9110 5.6.2)
fn is_token(name: &[u8]) -> bool {
    let tchar = |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
    !name.is_empty() && name.iter().all(tchar)
}

/// cookie-octet = %x21 / %x23-2B / %x2D-3A / %x3C-5B / %x5D-7E
const fn is_cookie_octet(byte: u8) -> bool {
    matches!(byte, 0x21 | 0x23..=0x2b | 0x2d..=0x3a | 0x3c..=0x5b | 0x5d..=0x7e)
}

/// av-octet = %x20-3A / %x3C-7E
fn is_attribute_text(value: &str) -> bool {
    value.bytes().all(|byte| matches!(byte, 0x20..=0x3a | 0x3c..=0x7e))
}

/// Says how long the value is, not what it is.
impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("name", &self.name)
            .field("value", &format_args!("[{} octets]", self.value.len()))
            .field("domain", &self.domain)
            .field("path", &self.path)
            .field("max_age", &self.max_age)
            .field("expires", &self.expires)
            .field("secure", &self.secure)
            .field("http_only", &self.http_only)
            .field("same_site", &self.same_site)
            .field("partitioned", &self.partitioned)
            .finish_non_exhaustive()
    }
}

/// A `Set-Cookie` field value that every browser keeps.
#[derive(Clone, PartialEq, Eq)]
pub struct Issued {
    text: String,
    name: Range<usize>,
    value: Range<usize>,
    /// Domain and path.
    place: (Option<String>, Option<String>),
    removal: bool,
}

impl Issued {
    /// The field value.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The cookie's name.
    pub fn name(&self) -> &str {
        &self.text[self.name.clone()]
    }

    /// The cookie's value.
    pub fn value(&self) -> &str {
        &self.text[self.value.clone()]
    }

    /// Whether it removes the cookie.
    pub const fn is_removal(&self) -> bool {
        self.removal
    }

    /// Whether user agents take the two for the same cookie.
    pub fn replaces(&self, other: &Self) -> bool {
        self.name() == other.name() && self.place == other.place
    }
}

impl fmt::Display for Issued {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Leaves the value out.
impl fmt::Debug for Issued {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Issued({}=[{} octets]{})", self.name(), self.value.len(), &self.text[self.value.end..])
    }
}
