//! The cookie store of a user agent (RFC 6265bis 5.7 and 5.8).

mod receive;
mod refusal;
mod retrieve;
mod store;

pub use refusal::Refusal;

pub(in crate::cookie) use receive::begins_with;

use super::{Cookie, Place, Policy, PublicSuffixes, Standard, Timestamp};
use alloc::vec::Vec;
use core::fmt;
use store::{SendOrder, Store};

/// How much a [`Jar`] keeps.
///
/// ```
/// use plainwire::cookie::{Jar, Limits};
///
/// let jar = Jar::new().limits(Limits::default().per_domain(50).total(10_000).lifetime(30 * 86_400));
/// # assert!(jar.is_empty());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// The most cookies of one domain (and, if partitioned, one top-level site). Default 180, as Chromium has it; the
    /// standard asks for at least 50 (6.1).
    pub per_domain: usize,
    /// The most cookies in all. Default 3,000, the least that the standard asks for (6.1). Insertion into a full jar
    /// looks at every cookie for the one to evict.
    pub total: usize,
    /// The longest that a cookie lasts without being set anew, in seconds. Default 400 days (5.5).
    pub lifetime: i64,
    /// The longest path of a cookie, in octets. Default 8,192: a `Path` may have 1,024, a default-path is as long as
    /// the URL, and nobody routes by more.
    pub path: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { per_domain: 180, total: 3000, lifetime: 400 * 86_400, path: 8192 }
    }
}

impl Limits {
    /// With this many cookies of one domain at the most.
    #[must_use]
    pub const fn per_domain(mut self, most: usize) -> Self {
        self.per_domain = most;
        self
    }

    /// With this many cookies in all at the most.
    #[must_use]
    pub const fn total(mut self, most: usize) -> Self {
        self.total = most;
        self
    }

    /// With this many seconds of life at the most.
    #[must_use]
    pub const fn lifetime(mut self, seconds: i64) -> Self {
        self.lifetime = seconds;
        self
    }

    /// With this many octets of path at the most.
    #[must_use]
    pub const fn path(mut self, octets: usize) -> Self {
        self.path = octets;
        self
    }
}

/// What became of a cookie that was not refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// It is new. In a full domain it may have been the one to evict: a cookie without `Secure` among secure ones.
    Added,
    /// It took the place of one with the same name, domain, path and partition.
    Replaced,
    /// It had expired when it came: that is how a server removes a cookie. There is none like it in the jar now.
    Removed,
}

/// A cookie store that keeps the rules which browsers keep.
///
/// Pure memory: `now` is an argument, and loading and saving go through [`Record`](super::Record)s and
/// [`file`](super::file). Looking up hashes the host once, with every domain above it on the way, and touches nothing
/// but the cookies of those domains.
///
/// ```
/// use plainwire::cookie::{Jar, Place, Request, Timestamp};
///
/// let mut jar = Jar::new();
/// let now = Timestamp(1_514_764_800);
/// let login = Request::to(Place::new(true, "www.example.org", "/login").unwrap());
/// jar.receive(b"id=42; Path=/; Domain=example.org; Secure; HttpOnly", &login, now).unwrap();
///
/// let later = Request::to(Place::new(true, "shop.example.org", "/cart").unwrap());
/// assert_eq!(jar.cookie_string(&later, now).as_deref(), Some(&b"id=42"[..]));
/// let insecure = Request::to(Place::new(false, "shop.example.org", "/cart").unwrap());
/// assert_eq!(jar.cookie_string(&insecure, now), None);
/// ```
#[doc(alias("CookieJar", "CookieStore"))]
#[derive(Clone)]
pub struct Jar<P = Standard> {
    store: Store,
    limits: Limits,
    suffixes: PublicSuffixes,
    policy: P,
    loopback_is_secure: bool,
    /// Where the cookies of the last retrieval lie; kept for its allocation.
    hits: Vec<Hit>,
}

/// Where a cookie that is sent lies, and what orders it.
#[derive(Clone, Copy)]
struct Hit {
    order: SendOrder,
    bucket: u32,
    at: u32,
}

impl Jar {
    /// An empty jar with the default [`Limits`], in which nothing is a public suffix.
    pub fn new() -> Self {
        Self::with_policy(Standard)
    }
}

impl<P: Policy + Default> Default for Jar<P> {
    fn default() -> Self {
        Self::with_policy(P::default())
    }
}

impl<P: Policy> Jar<P> {
    /// An empty jar that asks `policy`.
    pub fn with_policy(policy: P) -> Self {
        Self {
            store: Store::default(),
            limits: Limits::default(),
            suffixes: PublicSuffixes::none(),
            policy,
            loopback_is_secure: false,
            hits: Vec::new(),
        }
    }

    /// With these limits. What is over them in number goes at once, in the order of 5.7; life and path count for what is
    /// stored from now on.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self.store.evict_everywhere(limits.per_domain);
        self.store.evict(self.store.len.saturating_sub(limits.total));
        self
    }

    /// With these public suffixes.
    #[must_use]
    pub fn public_suffixes(mut self, suffixes: PublicSuffixes) -> Self {
        self.set_public_suffixes(suffixes);
        self
    }

    /// Changes the public suffixes. Cookies for a domain that is one now stay, and are not sent (5.8.3).
    pub fn set_public_suffixes(&mut self, suffixes: PublicSuffixes) {
        for bucket in self.store.buckets_mut() {
            bucket.public = suffixes.contains(&bucket.domain);
        }
        self.suffixes = suffixes;
    }

    /// Whether a connection to `localhost`, to a name below it or to a loopback address counts as secure, as Chromium,
    /// Firefox and curl have it. Off by default: the standard leaves it open.
    ///
    /// ```
    /// use plainwire::cookie::{Jar, Place, Request, Timestamp};
    ///
    /// let request = Request::to(Place::new(false, "localhost", "/").unwrap());
    /// let mut jar = Jar::new().loopback_is_secure(true);
    /// assert!(jar.receive(b"__Host-id=42; Secure; Path=/", &request, Timestamp(0)).is_ok());
    /// assert!(Jar::new().receive(b"__Host-id=42; Secure; Path=/", &request, Timestamp(0)).is_err());
    /// ```
    #[must_use]
    pub const fn loopback_is_secure(mut self, secure: bool) -> Self {
        self.loopback_is_secure = secure;
        self
    }

    /// The policy, to ask or to change.
    pub const fn policy_mut(&mut self) -> &mut P {
        &mut self.policy
    }

    /// How many cookies there are. What has expired counts until a `now` is told.
    pub const fn len(&self) -> usize {
        self.store.len
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.store.len == 0
    }

    /// All cookies, in no order that means anything.
    pub fn iter(&self) -> impl Iterator<Item = Cookie<'_>> {
        self.store.buckets().flat_map(|(_, bucket)| bucket.entries.iter().map(|entry| bucket.cookie(entry)))
    }

    /// All cookies in the order of their creation.
    pub fn ordered(&self) -> Vec<Cookie<'_>> {
        let mut all: Vec<_> = self
            .store
            .buckets()
            .flat_map(|(_, bucket)| bucket.entries.iter().map(move |entry| (bucket, entry)))
            .collect();
        all.sort_by_key(|(_, entry)| (entry.created, entry.order));
        all.into_iter().map(|(bucket, entry)| bucket.cookie(entry)).collect()
    }

    /// Removes the cookies for which `keep` does not hold. Returns how many went.
    pub fn retain(&mut self, mut keep: impl FnMut(&Cookie<'_>) -> bool) -> usize {
        self.store.retain(|bucket, entry| keep(&bucket.cookie(entry)))
    }

    /// Removes the cookies of this domain (the field, as [`Cookie::domain`] tells it), with this path and name where
    /// they are given. Returns how many went.
    pub fn remove(&mut self, domain: &str, path: Option<&[u8]>, name: Option<&[u8]>) -> usize {
        self.retain(|cookie| {
            cookie.domain() != domain
                || path.is_some_and(|path| cookie.path() != path)
                || name.is_some_and(|name| cookie.name() != name)
        })
    }

    /// Removes everything.
    pub fn clear(&mut self) {
        self.store = Store::default();
    }

    /// The session is over: removes the cookies that end with it (5.7). Returns how many went.
    pub fn end_session(&mut self) -> usize {
        self.retain(|cookie| cookie.expires().is_some())
    }

    /// Removes what has expired, as every other call that is told `now` does too. Returns how many went.
    pub fn expire(&mut self, now: Timestamp) -> usize {
        self.store.expire(now)
    }

    /// The place as this jar sees it.
    fn effective<'a>(&self, place: Place<'a>) -> Place<'a> {
        if self.loopback_is_secure && !place.secure() && is_loopback(place.host()) { place.secured() } else { place }
    }
}

fn is_loopback(host: &str) -> bool {
    let host = host.strip_suffix('.').unwrap_or(host);
    let name = host == "localhost" || host.ends_with(".localhost");
    name || host == "[::1]" || (host.starts_with("127.") && super::place::is_ip(host.as_bytes()))
}

/// Says how many cookies there are: what they are is often secret.
impl<P> fmt::Debug for Jar<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Jar").field("len", &self.store.len).field("limits", &self.limits).finish_non_exhaustive()
    }
}
