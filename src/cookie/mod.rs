//! Cookies, for both ends, as pure values: RFC 6265bis (draft-ietf-httpbis-rfc6265bis-20 and later).
//!
//! A user agent keeps a [`Jar`]: it receives `Set-Cookie` field values with the [`Request`] that they answer, and tells
//! the `Cookie` field value for the next one. A server builds `Set-Cookie` with a [`Builder`] and reads `Cookie` with
//! [`pairs`] or an [`Exchange`]. Nothing here knows what time it is: `now` is an argument everywhere.
//!
//! ```
//! use plainwire::cookie::{Jar, Place, Request, Timestamp};
//!
//! let (mut jar, now) = (Jar::new(), Timestamp(1_700_000_000));
//! let request = Request::to(Place::new(true, "example.org", "/").unwrap());
//! jar.receive(b"id=42; Max-Age=3600; Secure; SameSite=Lax", &request, now).unwrap();
//! assert_eq!(jar.cookie_string(&request, now.after(60)).unwrap(), b"id=42");
//! assert_eq!(jar.cookie_string(&request, now.after(3600)), None);
//! ```
//!
//! | Python's `http.cookiejar`, `http.cookies` | here |
//! |---|---|
//! | `CookieJar(policy)` | [`Jar::new`], [`Jar::with_policy`]; HTTP clients share one: `net::http::Opener::jar` |
//! | `jar.extract_cookies(response, request)` | [`Jar::receive`], once for each `Set-Cookie` field |
//! | `jar.add_cookie_header(request)` | [`Jar::cookie_string`] |
//! | `for cookie in jar`, `len(jar)` | [`Jar::iter`], [`Jar::ordered`], [`Jar::len`] |
//! | `jar.set_cookie(cookie)` | [`Jar::restore`] of a [`Record`] |
//! | `jar.clear(domain, path, name)`, `clear_session_cookies()`, `clear_expired_cookies()` | [`Jar::remove`], [`Jar::clear`], [`Jar::end_session`], [`Jar::expire`] |
//! | `MozillaCookieJar`, `LWPCookieJar`: `save`, `load` | [`file`](mod@file); `net::cookie_file` replaces the file as a whole |
//! | `DefaultCookiePolicy(blocked_domains, allowed_domains)` | [`DomainPolicy`], or a [`Policy`] of one's own |
//! | `SimpleCookie()` for `Set-Cookie`, `SimpleCookie(header)` | [`Builder`]; [`pairs`], [`Exchange`] |
//!
//! # Which standard, and where it leaves a choice
//!
//! Section numbers are those of draft 20 of RFC 6265bis. `Partitioned` is from the CHIPS draft. Where the standard lets
//! the user agent choose:
//!
//! - A cookie has expired in the second that it names, as in Chromium, Firefox and Python: `now >= expiry`.
//! - `Max-Age=-`, which 5.6.2 lets through without saying which number it is, is ignored.
//! - Public suffixes are checked if the jar is given a list ([`PublicSuffixes`]), `localhost` is as secure as its scheme
//!   unless [`Jar::loopback_is_secure`] says otherwise, and `SameSite` by default is `Lax` without Chromium's two
//!   minutes of grace for POST.

mod build;
mod exchange;
pub mod file;
mod jar;
mod parse;
mod place;
mod policy;
mod record;
mod request;
#[cfg(feature = "signed")]
pub mod signed;
mod suffix;
mod time;

#[cfg(test)]
mod tests;

pub use build::{BuildError, Builder, Issued};
pub use exchange::Exchange;
pub use jar::{Jar, Limits, Outcome, Refusal};
pub use parse::{ATTRIBUTE_LIMIT, Attributes, NAME_VALUE_LIMIT, Pairs, ParseError, SameSite, SetCookie, pairs};
pub use place::{Place, PlaceError, Site, domain_match, path_match};
pub use policy::{DomainPolicy, Policy, Standard};
pub use record::{Cookie, Record};
pub use request::Request;
pub use suffix::{PublicSuffixes, SuffixFault};
pub use time::Timestamp;
