//! Adapters: the only place of this crate with sockets, threads and clocks.
//!
//! An adapter is a loop and a policy, never protocol knowledge. What talks is always an [`Engine`] and a [`Party`] (a
//! [`Handler`] that also knows about the wire), and the same two run everywhere:
//!
//! | you have | you use | what waits |
//! |---|---|---|
//! | one conversation, this thread | [`drive()`] ([`Driver`]) | this thread |
//! | a server whose handlers may block | [`pool`] | a few threads for all; more, up to a bound, while handlers block |
//! | a server with thousands of quiet connections | [`reactor`] | one thread for all of them |
//!
//! All three push the same pump, so they agree on everything that matters on a wire: output marks, what an error still
//! owes the peer, deadlines from [`patience`](crate::engine::Engine::patience), a clock of their own for writes that
//! stall, half-closed connections in both directions, STARTTLS, lingering so that a last reply is not lost. The numbers
//! are in [`Limits`].
//!
//! | Python's `socket`, `selectors`, `socketserver` | here |
//! |---|---|
//! | `socket.create_connection((host, port), timeout)` | [`tcp::connect`]: every address, the families taking turns |
//! | its `source_address` | [`tcp::connect_from`] |
//! | `socket.create_server(address)`, `getaddrinfo` | [`tcp::listen`], [`tcp::resolve`] |
//! | `shutdown(SHUT_WR)`, `settimeout`, `sendfile` | [`tcp::Stream::finish`], [`tcp::Stream::set_timeout`], [`Bulk`] |
//! | `ssl.create_default_context().wrap_socket(…)` | `tls::Connector::platform`, `tcp::Stream::secure` |
//! | `selectors.DefaultSelector` and a loop | [`reactor`]; an engine in a loop of one's own is on the [front page](crate) |
//! | `socketserver.ThreadingTCPServer` | [`pool`] |
//! | UDP, `SOCK_DGRAM` | [`std::net::UdpSocket`]; `examples/udp.rs` |
//! | `IP_ADD_MEMBERSHIP`, `IP_MULTICAST_TTL`, `IP_MULTICAST_IF`, `IP_MULTICAST_LOOP` | [`multicast::Group::join`] with its options |
//!
//! A server is a [`Service`]: it makes one conversation for each connection. This one echoes what it is sent, whatever
//! the engine (see [`server`] for the whole life of a connection, wake-ups from other threads, and graceful ends):
//!
//! ```
//! use bytes::BytesMut;
//! use plainwire::net::{self, server::{Conversation, Link, Port, Service}};
//! use std::{io::{Read, Write}, net::TcpStream, time::Duration};
//! # mod toy {
//! #     use bytes::BytesMut;
//! #     use plainwire::engine::{Engine, Patience, Status};
//! #     #[derive(Default)] pub struct Raw { ended: bool, over: bool }
//! #     #[derive(Clone, Debug, PartialEq)] pub struct Never;
//! #     impl std::fmt::Display for Never { fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { Ok(()) } }
//! #     impl std::error::Error for Never {}
//! #     impl Engine for Raw {
//! #         type Event<'i> = &'i [u8];
//! #         type Error = Never;
//! #         fn recv<'i>(&mut self, input: &mut &'i [u8], _: &mut BytesMut) -> Result<Option<&'i [u8]>, Never> {
//! #             if input.is_empty() { self.over |= self.ended; return Ok(None); }
//! #             Ok(Some(std::mem::take(input)))
//! #         }
//! #         fn eof(&mut self) { self.ended = true }
//! #         fn expire(&mut self) {}
//! #         fn status(&self) -> Status { if self.over { Status::Closed } else { Status::Idle } }
//! #         fn patience(&self) -> Patience { Patience::endless(0) }
//! #         fn window(&self) -> usize { 1 }
//! #         fn octets<'e>(event: &'e &[u8]) -> Option<&'e [u8]> { Some(event) }
//! #     }
//! # }
//! # use toy::Raw;
//! struct Echo;
//! impl Service for Echo {
//!     fn open(&self, _link: Link) -> Box<dyn Conversation> {
//!         net::talk(Raw::default(), |_: &mut Raw, event: &[u8], out: &mut BytesMut| out.extend_from_slice(event))
//!     }
//! }
//!
//! // The same service on either adapter.
//! for start in [net::pool::start, net::reactor::start] {
//!     let running = start(vec![Port::bind("127.0.0.1:0", Echo)?], net::server::Options::default())?;
//!     let mut peer = TcpStream::connect(running.addresses()[0])?;
//!     peer.write_all(b"hello")?;
//!     peer.shutdown(std::net::Shutdown::Write)?;
//!     let mut heard = String::new();
//!     peer.read_to_string(&mut heard)?;
//!     assert_eq!(heard, "hello");
//!     running.stop(Duration::from_secs(1));
//! }
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! [`Engine`]: crate::engine::Engine
//! [`Handler`]: crate::engine::Handler
#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "this is where sockets, threads and clocks live"
)]

mod bulk;
mod connection;
mod limits;
mod party;
mod pump;
#[cfg(any(feature = "web", feature = "mail"))]
mod tap;
mod transport;
mod wake;

pub mod address;
#[cfg(feature = "chat")]
pub mod chat;
#[cfg(feature = "cookie")]
pub mod cookie_file;
pub mod drive;
#[cfg(feature = "web")]
pub mod http;
#[cfg(feature = "mime")]
pub mod maildir;
pub mod multicast;
pub mod pool;
#[cfg(feature = "mail")]
pub mod pop3;
pub mod reactor;
pub mod replace;
pub mod server;
#[cfg(feature = "mail")]
pub mod smtp;
pub mod tcp;
#[cfg(feature = "tls")]
pub mod tls;
#[cfg(feature = "mail")]
pub mod users;

pub use bulk::Bulk;
pub use drive::{Driver, drive};
pub use limits::Limits;
pub use party::{Ended, Fault, Next, Party, talk, talk_tapped};
pub use server::{Conversation, Link, Service};
pub use transport::{Blocking, Transport};
pub use wake::Waker;

#[cfg(test)]
mod tests;
