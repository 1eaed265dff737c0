//! HTTP on the wire: a client with its handlers, downloads, and a server.
//!
//! ```no_run
//! let page = plainwire::net::http::get("https://example.com/")?.text()?;
//! # Ok::<(), plainwire::net::http::Error>(())
//! ```
//!
//! [`Opener`] is the client, [`serve`] the server. Neither knows the protocol: both drive the engines of
//! [`http1`](crate::http1).

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
pub use opener::{Layer, Opener, Redirects, Reuse, Timeouts};
pub use request::{Body, Request};
pub use response::Response;

/// Fetches a URL with the defaults of [`Opener::new`].
///
/// # Errors
///
/// [`Error`].
pub fn get(url: &str) -> Result<Response, Error> {
    Opener::new().get(url)
}
