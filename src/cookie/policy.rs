//! The user agent's own say: which cookies it takes and which it gives.

use super::{Cookie, Request, SetCookie, Timestamp, place};
use alloc::string::String;
use alloc::vec::Vec;

/// Asked before a cookie is stored and before one is sent. Every method allows everything unless it is written.
///
/// A policy is the "MAY ignore" of 5.7 step 1 and 5.8: it can only take away. What it changes in a received cookie goes
/// through all the other steps afterwards.
///
/// ```
/// use plainwire::cookie::{Policy, Request, SetCookie, Timestamp};
///
/// /// Keeps nothing longer than an hour.
/// struct Forgetful;
///
/// impl Policy for Forgetful {
///     fn receive(&self, cookie: &mut SetCookie<'_>, _: &Request<'_>, _: Timestamp) -> bool {
///         cookie.max_age = Some(cookie.max_age.unwrap_or(3600).min(3600));
///         true
///     }
/// }
/// ```
pub trait Policy {
    /// May `cookie` be stored? It may be changed; every field of it is the caller's.
    fn receive(&self, cookie: &mut SetCookie<'_>, request: &Request<'_>, now: Timestamp) -> bool {
        let _ = (cookie, request, now);
        true
    }

    /// May `cookie` go with `request`?
    fn send(&self, cookie: &Cookie<'_>, request: &Request<'_>, now: Timestamp) -> bool {
        let _ = (cookie, request, now);
        true
    }
}

/// The policy that leaves everything to the standard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standard;

impl Policy for Standard {}

/// Hosts whose cookies are not wanted, or the only ones whose cookies are, as in Python's `DefaultCookiePolicy`.
///
/// A pattern is a canonical host (`ads.example`, `xn--bcher-kva.example`), which means that host alone, or begins with a
/// dot (`.ads.example`), which means every host below it; for a domain with all its hosts give both. The dot at the end
/// of a fully qualified name makes no difference. Blocking goes before allowing, in both directions: nothing is stored
/// and nothing sent.
///
/// ```
/// use plainwire::cookie::DomainPolicy;
///
/// let policy = DomainPolicy::new().block(".ads.example").allow("shop.example").allow(".shop.example");
/// assert!(policy.permits("www.shop.example"));
/// assert!(!policy.permits("x.ads.example"));
/// assert!(!policy.permits("other.example"));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DomainPolicy {
    blocked: Vec<String>,
    allowed: Option<Vec<String>>,
}

impl DomainPolicy {
    /// Blocks nothing and allows everything.
    pub fn new() -> Self {
        Self::default()
    }

    /// Blocks a host, or with a leading dot every host below one.
    #[must_use]
    pub fn block(mut self, pattern: &str) -> Self {
        self.blocked.push(bare(pattern).to_ascii_lowercase());
        self
    }

    /// Allows a host, or with a leading dot every host below one. After the first call only what is named is allowed.
    #[must_use]
    pub fn allow(mut self, pattern: &str) -> Self {
        self.allowed.get_or_insert_default().push(bare(pattern).to_ascii_lowercase());
        self
    }

    /// Allows no host but those named later.
    #[must_use]
    pub fn allow_none(mut self) -> Self {
        self.allowed = Some(Vec::new());
        self
    }

    /// Whether cookies may come from and go to this canonical host.
    pub fn permits(&self, host: &str) -> bool {
        let named = |patterns: &[String]| patterns.iter().any(|pattern| matches(bare(host), pattern));
        !named(&self.blocked) && self.allowed.as_deref().is_none_or(named)
    }
}

/// A name with the dot at its end is the same host, and nobody writes it so to get past a block.
fn bare(host: &str) -> &str {
    host.strip_suffix('.').filter(|bare| !bare.is_empty()).unwrap_or(host)
}

fn matches(host: &str, pattern: &str) -> bool {
    if pattern.starts_with('.') { !place::is_ip(host.as_bytes()) && host.ends_with(pattern) } else { host == pattern }
}

impl Policy for DomainPolicy {
    fn receive(&self, cookie: &mut SetCookie<'_>, request: &Request<'_>, _: Timestamp) -> bool {
        // Python asks about the domain of the cookie, which may be wider than the host that sets it.
        let domain = cookie.domain.filter(|domain| !domain.is_empty());
        let wide = domain.is_none_or(|domain| match core::str::from_utf8(domain) {
            Ok(domain) => {
                let domain = domain.to_ascii_lowercase();
                !self.blocked.iter().any(|pattern| matches(bare(&domain), pattern))
            }
            Err(_) => false,
        });
        wide && self.permits(request.place().host())
    }

    fn send(&self, _: &Cookie<'_>, request: &Request<'_>, _: Timestamp) -> bool {
        self.permits(request.place().host())
    }
}
