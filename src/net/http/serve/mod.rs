//! The server's side: an [`App`] answers requests on the [pool](crate::net::pool) and on the
//! [reactor](crate::net::reactor) alike, and [`Files`] is an app for a folder.
//!
//! ```
//! use plainwire::net::http::serve::{Answer, Request, Serve};
//! use plainwire::net::{pool, server::{Options, Port}};
//!
//! let app = |request: &Request| Answer::text(200, format!("you asked for {}\n", request.path()));
//! let server = pool::start(vec![Port::bind("127.0.0.1:0", Serve::new(app))?], Options::default())?;
//! let url = format!("http://{}/x", server.addresses()[0]);
//! assert_eq!(plainwire::net::http::get(&url)?.text()?, "you asked for /x\n");
//! server.stop(std::time::Duration::from_secs(1));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Routes
//!
//! An app is a function: a `match` is its table of routes. Bodies are [collected](Begin::collect) up to a length that the
//! app says, and read as whatever they are.
//!
//! ```
//! use plainwire::net::http::serve::{Answer, App, Begin, Files, Request, Serve};
//! use plainwire::query;
//! # use plainwire::net::{http, pool, server::{Options, Port}};
//!
//! fn routes(request: &Request, files: &Files) -> Begin {
//!     match (request.method(), request.path()) {
//!         ("GET" | "HEAD", "/hello") => {
//!             let asked = query::Params::parse(request.query().unwrap_or_default());
//!             Answer::text(200, format!("hello, {}\n", asked.get("name").unwrap_or("you"))).into()
//!         }
//!         ("POST", "/form") => Begin::collect(1 << 20, |_request, body| {
//!             let names: Vec<_> = query::parse_octets(&body).map(|(name, _)| name.into_owned()).collect();
//!             Answer::text(200, names.join(" "))
//!         }),
//!         (_, "/form") => Answer::status(405).with("Allow", "POST").into(),
//!         _ => files.begin(request), // the rest is a folder, or 404
//!     }
//! }
//!
//! # let scratch = tempfile::tempdir()?;
//! # let folder = scratch.path();
//! let files = Files::below(folder);
//! let service = Serve::new(move |request: &Request| routes(request, &files));
//! # let server = pool::start(vec![Port::bind("127.0.0.1:0", service)?], Options::default())?;
//! # let site = format!("http://{}", server.addresses()[0]);
//! # let opener = http::Opener::new();
//! # assert_eq!(opener.get(&format!("{site}/hello?name=Ada+L"))?.text()?, "hello, Ada L\n");
//! # let form = http::Request::post(&format!("{site}/form"))?.form([("a", "1"), ("b", "2")]);
//! # assert_eq!(opener.open(form)?.text()?, "a b");
//! # assert_eq!(opener.get(&format!("{site}/form"))?.status(), 405);
//! # assert_eq!(opener.get(&format!("{site}/none"))?.status(), 404);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Cookies are read and set by a [`cookie::Exchange`](crate::cookie::Exchange) over the request's `Cookie` field; each
//! `Set-Cookie` is an [`Answer::with`] of its own.
//!
//! # The life of a request
//!
//! [`App::begin`] sees the head and decides: answer at once, collect the body and then answer, take the body piece by
//! piece (and, if wanted, answer while it comes), or switch to another protocol. What the client expects
//! (`100-continue`), how bodies are framed, whether the connection lasts, and every refusal (400, 408, 414, 431, 501, …)
//! are the engine's.
//!
//! On the reactor nothing may block: an app that waits belongs on the pool, or answers with a [delay](Answer::after).

mod answer;
pub mod conditional;
mod files;
mod log;
pub mod path;
pub mod range;
mod talk;

pub use answer::{Answer, Payload};
pub use files::Files;
pub use log::Entry;
pub use talk::{Reply, Serve};

use crate::http1::{FieldValue, RequestHead, Trailers};
use bytes::BytesMut;
use std::boxed::Box;
use std::net::SocketAddr;
use std::string::String;
use std::vec::Vec;

/// A request's head, and whence it came.
#[derive(Clone, Debug)]
pub struct Request {
    head: RequestHead,
    peer: SocketAddr,
}

impl Request {
    /// The head as it came.
    pub fn head(&self) -> &RequestHead {
        &self.head
    }

    /// The method.
    pub fn method(&self) -> &str {
        self.head.method().as_str()
    }

    /// The path of the target, as it came: percent-encoded. `*` for `OPTIONS *`.
    pub fn path(&self) -> &str {
        self.head.target().path()
    }

    /// The query of the target, as it came, without its question mark.
    pub fn query(&self) -> Option<&str> {
        self.head.target().query()
    }

    /// The first field of a name, if its value is ASCII.
    pub fn field(&self, name: &str) -> Option<&str> {
        self.head.fields().first(name).and_then(FieldValue::to_str)
    }

    /// The values of all fields of a name, joined by commas; `None` where there is none. Values that are not ASCII are
    /// passed over.
    pub fn joined(&self, name: &str) -> Option<String> {
        let values: Vec<_> = self.head.fields().all(name).filter_map(FieldValue::to_str).collect();
        (!values.is_empty()).then(|| values.join(", "))
    }

    /// Who asks.
    pub fn peer(&self) -> SocketAddr {
        self.peer
    }
}

/// Answers requests. Shared by all connections.
pub trait App: Send + Sync + 'static {
    /// A request's head came: what is to be done?
    fn begin(&self, request: &Request) -> Begin;
}

/// A function is an app: of a [`Begin`], or of an [`Answer`] where no body is waited for.
impl<F: Fn(&Request) -> B + Send + Sync + 'static, B: Into<Begin>> App for F {
    fn begin(&self, request: &Request) -> Begin {
        self(request).into()
    }
}

/// What is done with a collected body.
pub type Then = Box<dyn FnOnce(&Request, Vec<u8>) -> Answer + Send>;

/// What is done with a connection that switched to another protocol: it is given with what was received but not taken.
pub type Hand = Box<dyn FnOnce(crate::net::tcp::Stream, BytesMut) + Send>;

/// What is to be done with a request.
#[non_exhaustive]
pub enum Begin {
    /// Answer now. A body is passed over, or refused where that costs less.
    Answer(Answer),
    /// Collect the body, up to so many octets (then 413), and answer.
    Collect(usize, Then),
    /// Take the body piece by piece.
    Stream(Box<dyn Intake>),
    /// Agree to an upgrade with a 101, or to CONNECT with a 2xx, and hand the connection over.
    Switch(Answer, Hand),
}

impl Begin {
    /// Collects the body, up to `most` octets (then 413), and answers with what `then` makes of it.
    pub fn collect(most: usize, then: impl FnOnce(&Request, Vec<u8>) -> Answer + Send + 'static) -> Self {
        Self::Collect(most, Box::new(then))
    }
}

impl From<Answer> for Begin {
    fn from(answer: Answer) -> Self {
        Self::Answer(answer)
    }
}

/// Takes a body piece by piece.
pub trait Intake: Send {
    /// A piece came. An answer may begin here, and refuse what is still to come.
    fn piece(&mut self, octets: &[u8], reply: &mut Reply<'_>);

    /// The body is whole. `None` where the answer was given through `reply` already.
    fn end(self: Box<Self>, request: &Request, trailers: &Trailers<&[u8]>, reply: &mut Reply<'_>) -> Option<Answer>;
}
