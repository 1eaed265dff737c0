//! The plain-text internet as pure state machines: URL, query string, HTTP/1.1, cookies, robots.txt, MIME, SMTP, POP3
//! and chat. Each protocol is an engine that does no I/O, has no clock and owns no buffer; thin adapters put it on
//! sockets, threads and readiness, and so can you.
//!
//! # The embedder's loop
//!
//! The same few lines for every protocol, in any I/O framework. This is all of it, for a server of HTTP/1.1 on whatever
//! reads and writes:
//!
//! ```
//! # #[cfg(feature = "http1")] mod example {
//! use bytes::{Buf, BytesMut};
//! use plainwire::http1::{ResponseHead, Server, StatusCode, server::{Event, Limits}};
//! use std::io::{self, Read, Write};
//!
//! fn serve(mut io: impl Read + Write) -> io::Result<BytesMut> {
//!     let mut engine = Server::new(Limits::default());
//!     let (mut rx, mut tx) = (BytesMut::new(), BytesMut::new());
//!     let mut chunk = vec![0; engine.window()];
//!     loop {
//!         let mut input = &rx[..];
//!         let end = loop {
//!             match engine.recv(&mut input, &mut tx) {
//!                 Ok(Some(Event::End(_))) => {                     // 1. what the application does about it
//!                     engine.reply(&ResponseHead::new(StatusCode::OK), b"hello", &mut tx).map_err(io::Error::other)?;
//!                     if tx.len() >= 64 << 10 { io.write_all(&tx)?; tx.clear() }     // 2. the output mark
//!                 }
//!                 Ok(Some(Event::Request(_))) if engine.expected_to_proceed() => {
//!                     engine.proceed(&mut tx).map_err(io::Error::other)?;         // it waits for `100 (Continue)`
//!                 }
//!                 Ok(Some(_)) => {}
//!                 Ok(None) => break Ok(engine.status().over()),    // 3. nothing more without more octets
//!                 Err(error) => break Err(error),
//!             }
//!         };
//!         let used = rx.len() - input.len();
//!         rx.advance(used);
//!         io.write_all(&tx)?;                                      // 4. an error's reply too
//!         tx.clear();
//!         if end.map_err(io::Error::other)? { return Ok(rx) }      // 5. after a hand-over, `rx` is the next protocol's
//!         match io.read(&mut chunk)? {                             // 6. only now wait
//!             0 => engine.eof(),
//!             read => rx.extend_from_slice(&chunk[..read]),
//!         }
//!     }
//! }
//! # struct Wire(&'static [u8], Vec<u8>);
//! # impl Read for Wire { fn read(&mut self, to: &mut [u8]) -> io::Result<usize> { let n = self.0.len().min(7); to[..n].copy_from_slice(&self.0[..n]); self.0 = &self.0[n..]; Ok(n) } }
//! # impl Write for Wire { fn write(&mut self, from: &[u8]) -> io::Result<usize> { self.1.extend_from_slice(from); Ok(from.len()) } fn flush(&mut self) -> io::Result<()> { Ok(()) } }
//! # pub fn run() -> io::Result<()> {
//! #     let mut wire = Wire(b"GET / HTTP/1.1\r\nHost: a\r\n\r\nPOST /2 HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\nx", Vec::new());
//! #     struct Both<'w>(&'w mut Wire);
//! #     impl Read for Both<'_> { fn read(&mut self, to: &mut [u8]) -> io::Result<usize> { self.0.read(to) } }
//! #     impl Write for Both<'_> { fn write(&mut self, from: &[u8]) -> io::Result<usize> { self.0.write(from) } fn flush(&mut self) -> io::Result<()> { Ok(()) } }
//! #     serve(Both(&mut wire))?;
//! #     let one = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
//! #     assert_eq!(wire.1, [&one[..], b"HTTP/1.1 100 Continue\r\n\r\n", one].concat());
//! #     Ok(())
//! # }
//! # }
//! # #[cfg(feature = "http1")] example::run().unwrap();
//! ```
//!
//! Deadlines come from [`patience`](engine::Engine::patience), answers that are not ready at once from
//! [`more`](engine::Handler::more), and [`turn`](engine::turn) is the inner loop ready-made. The five rules that every
//! driver keeps stand in [`engine`]; `examples/` has the same loop in tokio, in mio and on plain threads.
//!
//! # Map
//!
//! | you want | module | feature |
//! |---|---|---|
//! | URLs by the WHATWG standard, references by RFC 3986, `urllib.parse` | [`url`] | `url`, `idna` |
//! | query strings, `urlencode`, `quote` | [`query`] | `query` |
//! | HTTP/1.1, both ends | [`http1`] | `http1` |
//! | a cookie store as browsers have it | [`cookie`] | `cookie`, `psl`, `signed` |
//! | robots.txt | [`robots`] | `robots` |
//! | messages: read, write, stream | [`mime`] | `mime` |
//! | SMTP and LMTP | [`smtp`] | `smtp` |
//! | POP3 | [`pop3`] | `pop3` |
//! | SASL, both sides | [`sasl`] | `sasl` |
//! | chat, framing | [`chat`] | `chat` |
//! | sockets, threads, readiness, TLS, multicast | `net` | `net`, `tls` |
//! | HTTP on the wire: fetch, download, serve | `net::http` | `web`, and `tls` for https |
//! | mail on the wire: send it, take it into a Maildir, give it out, collect it | `net::smtp`, `net::pop3` | `mail` |
//! | hold an engine of your own to the laws | `laws` | `testing` |
//! | write conversations down, and replay them | `transcript` | `transcript` |
//! | `Arbitrary`, serde, the types of the crate `http`, answers read as JSON | | `arbitrary`, `serde`, `http`, `json` |
//!
//! Default are the engines with `std`. Features add API and never change behaviour; what is lenient is lenient by a
//! run-time value (`Quirks`), and strict by default. Without default features the crate is `no_std` with `alloc`, and
//! `--no-default-features --features http1` needs bytes, memchr, thiserror and wide.
//!
//! # What every engine promises
//!
//! The same events, output, error and offset however the octets are cut; no panic on any input; memory within its
//! `Limits`; work in proportion to what came; silence after an error or a close; and nothing that a caller hands over as
//! a value can write a second line, field or command. These are functions (`laws`), and every engine here is held to
//! them.
#![cfg_attr(docsrs, feature(doc_cfg))]
#![no_std]

extern crate alloc;
#[cfg(any(feature = "std", test))]
extern crate std;

pub mod engine;
#[cfg(feature = "pop3")]
mod radix;
#[cfg(any(feature = "chat", feature = "http1", feature = "pop3", feature = "smtp"))]
mod states;
pub mod syntax;
pub mod work;

#[cfg(feature = "testing")]
pub mod laws;
#[cfg(feature = "transcript")]
pub mod transcript;

#[cfg(feature = "chat")]
pub mod chat;
#[cfg(feature = "cookie")]
pub mod cookie;
#[cfg(feature = "http1")]
pub mod http1;
#[cfg(feature = "mime")]
pub mod mime;
#[cfg(feature = "pop3")]
pub mod pop3;
#[cfg(feature = "query")]
pub mod query;
#[cfg(feature = "robots")]
pub mod robots;
#[cfg(feature = "sasl")]
pub mod sasl;
#[cfg(feature = "smtp")]
pub mod smtp;
#[cfg(feature = "url")]
pub mod url;

#[cfg(feature = "net")]
pub mod net;

/// The examples of the README are compiled and run.
#[cfg(all(doctest, feature = "http1"))]
#[doc = include_str!("../README.md")]
pub struct Readme;
