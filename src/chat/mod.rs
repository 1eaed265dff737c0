//! Chat: a room that people talk in, in lines that a person can type.
//!
//! The protocol is this crate's own, and as small as one can be that people really use: UTF-8 lines over any stream, so
//! that `nc` is a client. What a member sends is said to the room, unless it begins with a slash ([`Said`]); what a member
//! is sent begins with a mark that tells who says it ([`Heard`]). A line that could touch another person's terminal, or
//! be taken for somebody else's, is refused and never relayed ([`text`]).
//!
//! ```text
//! C: hello
//! S: <ada> hello, who are you?
//! C: /nick bob
//! S: -- you are now bob
//! C: /me waves
//! S: * ada waves back
//! C: /msg ada psst
//! S: [to ada] psst
//! C: /quit good night
//! S: -- bye
//! ```
//!
//! | | what | where |
//! |---|---|---|
//! | framing | lines, length prefixes, netstrings, for this and other protocols | [`framing`] |
//! | values | what is said, what is heard, names | [`Said`], [`Heard`], [`Name`] |
//! | engines | one connection's two ends | [`Server`], [`Client`] |
//! | the room | who is here, who hears what | [`Room`], [`Seat`] |
//! | datagrams | chat without a server, over multicast | [`datagram`] |
//!
//! A server in a loop of one's own is a [`Server`] and a [`Seat`] for each connection, and one [`Room`]:
//!
//! ```
//! use bytes::BytesMut;
//! use plainwire::chat::{Client, Heard, Limits, Local, Room, Seat, Server, client};
//! use plainwire::engine::turn;
//!
//! let local = Local::new(Room::new(Limits::default()));
//! let (mut engine, mut seat) = (Server::new(Limits::default()), Seat::new(&local));
//! let mut sent = BytesMut::new();
//! turn(&mut engine, &mut &b"/nick ada\n"[..], &mut sent, 1 << 16, &mut seat, &mut ())?;
//! assert!(sent.starts_with(b"-- welcome, you are guest-1\r\n"));
//!
//! let mut client = Client::new(Limits::default());
//! let heard = client.recv(&mut &sent[..], &mut BytesMut::new())?;
//! assert_eq!(heard, Some(client::Event::Heard(Heard::Welcome { name: "guest-1".parse()? })));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod client;
pub mod datagram;
mod error;
pub mod framing;
mod heard;
mod limits;
mod name;
mod reader;
mod room;
mod said;
pub mod server;
#[cfg(test)]
mod tests;
pub mod text;
mod words;

pub use client::Client;
pub use error::{Error, ErrorKind, Farewell, Misuse, Refused};
pub use framing::Ending;
pub use heard::{Heard, names};
pub use limits::Limits;
pub use name::{Name, NameError};
pub use room::{Departure, Local, MemberId, Room, Seat, Shared};
pub use said::{Refusal, Said, Verb};
pub use server::Server;
