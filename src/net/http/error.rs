//! What can go wrong between asking for a URL and having read its last octet.

use crate::net::http::auth::Unsayable;
use crate::net::http::form::FormError;
use crate::url::Url;
use std::boxed::Box;
use std::io;
use std::string::String;

/// Which wait was too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Wait {
    /// Looking up the name and connecting.
    Connect,
    /// The head of the response.
    Head,
    /// The next octets of the body.
    Body,
    /// Everything together.
    Whole,
}

impl core::fmt::Display for Wait {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::Connect => "connecting",
            Self::Head => "waiting for the response",
            Self::Body => "waiting for the body",
            Self::Whole => "the whole exchange",
        })
    }
}

/// Why a request failed. One line says it all: what, where, and whose fault it is.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The URL is none.
    #[error("{url:?} is no URL: {reason}")]
    Url {
        /// As it was given.
        url: String,
        /// Why not.
        reason: String,
    },
    /// The scheme is not http, https, data or file, or not one that is allowed here.
    #[error("the scheme {0:?} is not supported")]
    Scheme(String),
    /// Something in the request would have forged a line, or makes no sense.
    #[error("the request can't be said: {0}")]
    Unsayable(String),
    /// The host's name has no address.
    #[error("could not resolve {host}: {source}")]
    Resolve {
        /// The host.
        host: String,
        /// What the system said.
        source: io::Error,
    },
    /// Nobody answers there.
    #[error("could not connect to {host} port {port}: {source}")]
    Connect {
        /// The host.
        host: String,
        /// The port.
        port: u16,
        /// What the system said of the last address tried.
        source: io::Error,
    },
    /// The proxy would not connect us.
    #[error("the proxy {proxy} answered {status} to CONNECT")]
    Proxy {
        /// The proxy.
        proxy: String,
        /// Its answer.
        status: u16,
    },
    /// TLS failed. `source` says which check.
    #[error("TLS with {host}: {source}")]
    Tls {
        /// The host.
        host: String,
        /// Which check failed.
        source: io::Error,
        /// The failure is about the peer's certificate.
        certificate: bool,
    },
    /// It took too long.
    #[error("{0} took too long")]
    TimedOut(Wait),
    /// The server's answer breaks the protocol.
    #[error("the server broke the protocol: {0}")]
    Protocol(Box<dyn core::error::Error + Send + Sync>),
    /// The connection was closed before any answer.
    #[error("the server closed the connection without an answer")]
    Empty,
    /// The body ended before its announced end.
    #[error("the body ends early: {0}")]
    Partial(String),
    /// The connection broke.
    #[error("the connection to {host} was lost: {source}")]
    Lost {
        /// The host.
        host: String,
        /// What the system said.
        source: io::Error,
    },
    /// More redirects than allowed.
    #[error("more than {0} redirects")]
    Redirects(usize),
    /// A redirect that is not followed: to another scheme, or from https to http.
    #[error("not following the redirect to {0}")]
    Redirect(String),
    /// The request has to be sent again (after a redirect or a challenge), but its body came from a reader.
    #[error("the request's body can't be sent twice")]
    Again,
    /// The server takes only a Digest that covers the body (`auth-int`, RFC 7616 3.3): its hash has to be said before the
    /// body is, and this one comes from a reader, which gives it once. A body in memory or from a file can be hashed.
    #[error("the server wants a Digest of the body (auth-int), which comes from a reader and can't be read twice")]
    BodyHash,
    /// The request's body could not be read.
    #[error("reading the request's body: {0}")]
    Body(io::Error),
    /// A content coding is broken, not known, or expands beyond all measure.
    #[error("content coding: {0}")]
    Coding(io::Error),
    /// The body is no JSON, or other than what was wanted: what, and where.
    #[cfg(feature = "json")]
    #[error("the body as JSON: {0}")]
    Json(Box<dyn core::error::Error + Send + Sync>),
    /// A file could not be read or written.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: String,
        /// What the system said.
        source: io::Error,
    },
    /// The server gave another file than before, or gave it otherwise than asked.
    #[error("{0}")]
    Changed(&'static str),
    /// The checksum is not the one that was given.
    #[error("the {algorithm} of what came is {found}, not {expected}")]
    Checksum {
        /// The algorithm.
        algorithm: &'static str,
        /// What was asked for, in hexadecimal digits.
        expected: String,
        /// What came, in hexadecimal digits.
        found: String,
    },
    /// A status that is not a success, where success was asked for.
    #[error("the server answered {status} {reason}")]
    Status {
        /// The status.
        status: u16,
        /// Its reason, as the server gave it.
        reason: String,
    },
}

/// A URL as it may be told: without the user and the password in it.
pub(super) fn without_password(url: &str) -> String {
    let start = url.find("://").map_or(0, |at| at + 3);
    let end = url[start..].find(['/', '?', '#']).map_or(url.len(), |at| start + at);
    match (url[start..end].rfind('@'), url[end..].rfind('@')) {
        (Some(at), _) => std::format!("{}{}", &url[..start], &url[start + at + 1..]),
        // A password that should have been percent-encoded ends the authority: what is no URL is told from behind it.
        (None, Some(at)) if start == 0 || Url::parse(url).is_err() => String::from(&url[end + at + 1..]),
        _ => String::from(url),
    }
}

impl From<Unsayable> for Error {
    fn from(unsayable: Unsayable) -> Self {
        Self::Unsayable(std::format!("{unsayable}"))
    }
}

impl From<FormError> for Error {
    fn from(error: FormError) -> Self {
        Self::Unsayable(std::format!("the form: {error}"))
    }
}

impl Error {
    /// The exit code that curl uses for the like.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Scheme(_) => 1,
            Self::Url { .. } | Self::Unsayable(_) => 3,
            Self::Resolve { .. } => 6,
            Self::Connect { .. } => 7,
            Self::Protocol(_) => 8,
            #[cfg(feature = "json")]
            Self::Json(_) => 8,
            Self::Partial(_) | Self::Changed(_) => 18,
            Self::Status { .. } => 22,
            Self::File { .. } => 23,
            Self::Body(_) => 26,
            Self::TimedOut(_) => 28,
            Self::Checksum { .. } => 36,
            Self::Tls { certificate: false, .. } => 35,
            Self::Redirects(_) | Self::Redirect(_) => 47,
            Self::Empty => 52,
            Self::Proxy { .. } | Self::Lost { .. } => 56,
            Self::Tls { certificate: true, .. } => 60,
            Self::Coding(_) => 61,
            Self::Again | Self::BodyHash => 65,
        }
    }

    /// Trying again later may help: nothing is wrong with the request itself.
    pub fn is_transient(&self) -> bool {
        matches!(
            self,
            Self::Resolve { .. }
                | Self::Connect { .. }
                | Self::TimedOut(_)
                | Self::Empty
                | Self::Partial(_)
                | Self::Lost { .. }
                | Self::Status { status: 408 | 429 | 500 | 502 | 503 | 504, .. }
        )
    }
}
