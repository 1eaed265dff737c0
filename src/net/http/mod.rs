//! HTTP on the wire: a client with its handlers, downloads, and a server.
//!
//! ```no_run
//! let page = plainwire::net::http::get("https://example.com/")?.text()?;
//! # Ok::<(), plainwire::net::http::Error>(())
//! ```
//!
//! [`Opener`] is the client, [`serve`] the server. Neither knows the protocol: both drive the engines of
//! [`http1`](crate::http1).
//!
//! | wish | how |
//! |---|---|
//! | ask, and look at the answer | [`get`], [`Opener::open`] with a [`Request`]; [`Response::status`], [`field`](Response::field), [`url`](Response::url) |
//! | a status of 400 and above as an error | [`Response::success`] |
//! | the body | [`text`](Response::text), [`bytes`](Response::bytes), [`copy_to`](Response::copy_to), or [`Read`](std::io::Read); with the feature `json` [`Response::json`](Response#method.json) |
//! | send a form, files, JSON, a file | [`Request::form`], [`Request::multipart`], [`Request::json`], [`Request::body`] |
//! | stay logged in | [`Opener::cookies`], [`Opener::jar`]; a jar is saved by [`cookie_file`](crate::net::cookie_file) |
//! | a user and a password | [`Opener::credentials`], [`Request::credentials`], [`Opener::netrc`] |
//! | time limits, redirects, proxies, trust | [`Opener::timeouts`], [`Opener::redirects`], [`Opener::proxies`], [`Opener::tls`] |
//! | see what passes | [`Opener::tap`] with a [recorder](crate::transcript::Recorder), [`Opener::trace_to`] |
//! | a large file, whole and checked | [`download`] |
//! | answer requests, serve files | [`serve`] |
//!
//! ```
//! # use plainwire::net::{http::serve::{Answer, Begin, Request as Asked, Serve}, pool, server::{Options, Port}};
//! use plainwire::net::http::{Opener, Request, Timeouts};
//! use std::time::Duration;
//!
//! # let app = |asked: &Asked| Begin::Answer(match asked.path() {
//! #     "/login" => Answer::redirect(303, "/me").with("Set-Cookie", "id=42; Path=/"),
//! #     _ => Answer::text(200, asked.field("cookie").unwrap_or("nobody").to_string()),
//! # });
//! # let server = pool::start(vec![Port::bind("127.0.0.1:0", Serve::new(app))?], Options::default())?;
//! # let site = format!("http://{}", server.addresses()[0]);
//! let timeouts = Timeouts { whole: Some(Duration::from_secs(30)), ..Timeouts::default() };
//! let opener = Opener::new().cookies().timeouts(timeouts);
//! let login = Request::post(&format!("{site}/login"))?.form([("user", "ada"), ("password", "…")]);
//! let page = opener.open(login)?.success()?; // the redirect was followed, with the cookie
//! assert_eq!((page.status(), page.url().pathname()), (200, "/me"));
//! assert_eq!(page.text()?, "id=42");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! | Python's `urllib` | here |
//! |---|---|
//! | `urlopen(url)`, `urlopen(url, data, timeout)` | [`get`]; [`Request::post`] with a body, [`Opener::timeouts`] |
//! | `HTTPError` for 400 and above | [`Response::success`], [`Error::Status`] |
//! | `Request(url, data, headers, method=…)`, `add_header` | [`Request::new`], [`Request::field`] |
//! | `build_opener(…)` | [`Opener::new`] and its settings; a handler of one's own is a [`Layer`] |
//! | `HTTPCookieProcessor(jar)` | [`Opener::jar`] |
//! | `HTTPBasicAuthHandler`, `HTTPDigestAuthHandler` | [`Opener::credentials`] answers Basic and Digest challenges |
//! | `ProxyHandler`, `ProxyBasicAuthHandler`, `ProxyDigestAuthHandler`, `getproxies` | [`proxy::Proxies`]: a proxy's user and password stand in its URL; [`Opener::proxy_login`] |
//! | `HTTPRedirectHandler` | [`Redirects`] |
//! | `response.geturl()`, `info()`, `getheader(name)` | [`Response::url`], [`head`](Response::head), [`field`](Response::field) |
//! | `urlretrieve(url, file)` | [`download::Download`], or [`Response::copy_to`] |
//! | `data:` and `file:` URLs | the same: [`get`] fetches them |
//! | `urllib.robotparser` | [`robots`](crate::robots) for what was fetched from `/robots.txt` |
//!
//! FTP is not fetched, and `https` needs the feature `tls` beside `web`.

pub mod auth;
pub mod coding;
pub mod data_url;
pub mod disposition;
pub mod download;
mod error;
pub mod form;
pub mod netrc;
mod opener;
pub mod proxy;
mod request;
mod response;
pub mod serve;
mod wire;

pub use error::{Error, Wait};
pub use opener::{Layer, Opener, ProxyLogin, Redirects, Reuse, Timeouts};
pub use request::{Body, Request};
pub use response::Response;

/// Fetches a URL with the defaults of [`Opener::new`].
///
/// # Errors
///
/// [`Error`].
#[doc(alias = "urlopen")]
pub fn get(url: &str) -> Result<Response, Error> {
    Opener::new().get(url)
}
