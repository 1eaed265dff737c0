//! The server's side: an [`App`] answers requests on the [pool](crate::net::pool) and on the
//! [reactor](crate::net::reactor) alike, and [`Files`] is an app for a folder.
//!
//! ```
//! use plainwire::net::http::serve::{Answer, Begin, Request, Serve};
//! use plainwire::net::{pool, server::{Options, Port}};
//!
//! let app = |request: &Request| Begin::Answer(Answer::text(200, format!("you asked for {}\n", request.path())));
//! let server = pool::start(vec![Port::bind("127.0.0.1:0", Serve::new(app))?], Options::default())?;
//! let url = format!("http://{}/x", server.addresses()[0]);
//! assert_eq!(plainwire::net::http::get(&url)?.text()?, "you asked for /x\n");
//! server.stop(std::time::Duration::from_secs(1));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
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

impl<F: Fn(&Request) -> Begin + Send + Sync + 'static> App for F {
    fn begin(&self, request: &Request) -> Begin {
        self(request)
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

/// Takes a body piece by piece.
pub trait Intake: Send {
    /// A piece came. An answer may begin here, and refuse what is still to come.
    fn piece(&mut self, octets: &[u8], reply: &mut Reply<'_>);

    /// The body is whole. `None` where the answer was given through `reply` already.
    fn end(self: Box<Self>, request: &Request, trailers: &Trailers<&[u8]>, reply: &mut Reply<'_>) -> Option<Answer>;
}
