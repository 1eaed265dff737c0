//! POP3, both ends: RFC 1939 with the extensions of RFC 2449 (CAPA, PIPELINING, response codes), 2595 (STLS), 3206 (AUTH
//! and SYS codes), 5034 (SASL) and 6856 (UTF8, LANG).
//!
//! | you write | you use |
//! |---|---|
//! | a client | [`Client`]: commands in, each answer told with its command, messages in borrowed pieces |
//! | a server | [`Server`] and its [`Config`](server::Config); mail comes from a [`Maildrop`], and [`Host`] joins the two |
//!
//! Neither end does I/O or knows the time. A client and a server, joined in memory:
//!
//! ```
//! use bytes::BytesMut;
//! use plainwire::pop3::{self, Client, Server, client, server};
//! use plainwire::sasl::Nonce;
//!
//! let config = server::Config::new("dewey.example")?;
//! let mut server = Server::new(config.into(), server::Session::new(Nonce::new([7; 18])));
//! let mut client = Client::new(pop3::client::Limits::default());
//! let (mut said, mut answered) = (BytesMut::new(), BytesMut::new());
//!
//! server.greet(&mut answered)?;
//! let mut input = &answered.split()[..];
//! assert!(matches!(client.recv(&mut input, &mut said)?, Some(client::Event::Greeting { .. })));
//!
//! client.capa(&mut said)?;
//! let mut input = &said.split()[..];
//! assert_eq!(server.recv(&mut input, &mut answered)?, Some(server::Event::Capa));
//! assert!(answered.starts_with(b"+OK"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod capability;
pub mod client;
mod code;
mod digest;
mod maildrop;
mod names;
pub mod server;
mod size;

#[cfg(test)]
mod tests;

pub use self::capability::Capability;
pub use self::client::Client;
pub use self::code::Code;
pub use self::digest::{ApopDigest, timestamp};
pub use self::maildrop::{Entry, Host, Maildrop, Messages, Trouble, Users};
pub use self::names::unique_ids;
pub use self::server::Server;
pub use self::size::Octets;
