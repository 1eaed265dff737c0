//! HTTP/1.1 (RFC 9110, RFC 9112): both ends of a connection, strict by default, without I/O.
//!
//! [`Server`] and [`Client`] are [`Engine`](crate::engine::Engine)s: give them the bytes that came, write the bytes that
//! they append. [`chunked::Decoder`] and [`HeadParser`] are their parts, for those who need no more. What is said is a
//! value ([`RequestHead`], [`ResponseHead`], [`Method`], [`Target`], [`StatusCode`], …) that is valid once it exists, so
//! that nothing a caller passes can forge a line.
//!
//! Where two readings of a message are possible, it is refused: that is how requests are smuggled. What may be forgiven
//! to real servers is in [`Quirks`], each with its danger. The differences to other implementations are in the table of
//! the project's `DESIGN.md`.
//!
//! ```
//! use plainwire::http1::{Content, Method, RequestHead, Client, client::Limits};
//!
//! let mut client = Client::new(Limits::default());
//! let mut out = bytes::BytesMut::new();
//! let head = RequestHead::new(Method::POST, "/notes")?.with("Host", "example.com")?;
//! client.send(&head, b"remember the milk", &mut out)?;
//! assert!(out.ends_with(b"\r\nContent-Length: 17\r\n\r\nremember the milk"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod chunked;
pub mod client;
pub mod server;

#[cfg(feature = "arbitrary")]
mod arbitrary;
#[cfg(feature = "http")]
mod bridge;
mod connection;
mod error;
mod fast;
mod field;
mod framing;
mod head;
mod inbound;
mod limits;
mod owed;
mod parse;
mod scan;
mod sending;
mod syntax;
mod target;
#[cfg(test)]
mod tests;
mod value;

#[cfg(feature = "http")]
pub use bridge::Refused;
pub use client::Client;
pub use error::{CloseReason, Error, ErrorKind, Invalid, Misuse, What};
pub use field::{Field, FieldIter, FieldName, FieldValue, Fields, List};
pub use framing::Framing;
pub use head::{RequestHead, ResponseHead, Trailers};
pub use limits::{MessageLimits, Quirks};
pub use parse::{HeadParser, Parsed, parse_request, parse_response};
pub use sending::Content;
pub use server::Server;
pub use target::{Form, Target};
pub use value::{Method, StatusCode, Version};
