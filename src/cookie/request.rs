//! What the caller has to say about a request, because no cookie store can know it.

use super::{Place, Site};

/// A request that cookies are received from or retrieved for.
///
/// As built by [`to`](Self::to) it is what a program without windows does: a same-site, top-level request by HTTP
/// with a safe method. What a browser would add is said by the other methods.
///
/// ```
/// use plainwire::cookie::{Place, Request};
///
/// let place = Place::new(true, "shop.example", "/pay").unwrap();
/// let request = Request::to(place).cross_site().method("POST");
/// assert!(!request.is_safe());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request<'a> {
    pub(super) place: Place<'a>,
    pub(super) same_site: bool,
    pub(super) safe: bool,
    pub(super) navigation: bool,
    pub(super) http: bool,
    pub(super) top_level: Option<Site<'a>>,
}

impl<'a> Request<'a> {
    /// A same-site, top-level request by HTTP with a safe method.
    pub const fn to(place: Place<'a>) -> Self {
        Self { place, same_site: true, safe: true, navigation: true, http: true, top_level: None }
    }

    /// Another site caused it (5.2). For a script's access: the document's "site for cookies" is another one.
    #[must_use]
    pub const fn cross_site(mut self) -> Self {
        self.same_site = false;
        self
    }

    /// With this method. GET, HEAD, OPTIONS and TRACE are safe (RFC 9110 9.2.1); methods are case-sensitive.
    #[must_use]
    pub fn method(mut self, method: &str) -> Self {
        self.safe = matches!(method, "GET" | "HEAD" | "OPTIONS" | "TRACE");
        self
    }

    /// It does not navigate a top-level window: an image, a frame, a fetch.
    #[must_use]
    pub const fn subresource(mut self) -> Self {
        self.navigation = false;
        self
    }

    /// It is a script's access, a "non-HTTP" API: `HttpOnly` cookies are out of reach.
    #[must_use]
    pub const fn script(mut self) -> Self {
        self.http = false;
        self
    }

    /// The site at the top of the window, which partitions cookies. Where nothing is said it is the place's own.
    #[must_use]
    pub const fn top_level_site(mut self, site: Site<'a>) -> Self {
        self.top_level = Some(site);
        self
    }

    /// Where it goes.
    pub const fn place(&self) -> &Place<'a> {
        &self.place
    }

    /// Whether the same site caused it.
    pub const fn is_same_site(&self) -> bool {
        self.same_site
    }

    /// Whether its method is a safe one.
    pub const fn is_safe(&self) -> bool {
        self.safe
    }

    /// Whether it navigates a top-level window.
    pub const fn is_navigation(&self) -> bool {
        self.navigation
    }

    /// Whether it goes by HTTP and not by a script.
    pub const fn is_http(&self) -> bool {
        self.http
    }
}
