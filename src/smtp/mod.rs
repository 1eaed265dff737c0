//! SMTP, submission and LMTP, both ends (RFC 5321, RFC 6409, RFC 2033).
//!
//! [`Client`] and [`Server`] are one session each. What they say to one another has types of its own, which can't be
//! made to say more than one thing: [`Command`], [`Reply`] and [`Answer`], [`Mailbox`], [`HostName`], parameters and
//! [`Capability`]. Messages pass through as octets; [`Content`] tells what one asks of the server that is to take it.
//!
//! | extension | RFC | client | server |
//! |---|---|---|---|
//! | `PIPELINING` | 2920 | the envelope in one flight | always |
//! | `SIZE` | 1870 | declared, refused early | always |
//! | `ENHANCEDSTATUSCODES` | 2034, 3463 | read | always |
//! | `STARTTLS` | 3207 | required, if offered, never | yes |
//! | `AUTH` | 4954 | every mechanism of [`sasl`](crate::sasl) | the same |
//! | `8BITMIME`, `SMTPUTF8` | 6152, 6531 | declared by looking at the message | yes |
//! | `CHUNKING`, `BINARYMIME` | 3030 | yes | yes |
//! | `DSN` | 3461 | said | taken, told to the caller |
//! | `REQUIRETLS`, `MT-PRIORITY`, `FUTURERELEASE`, `DELIVERBY` | 8689, 6710, 4865, 2852 | said | taken, told to the caller |
//! | `LIMITS` | 9422 | kept to | `RCPTMAX` |
//! | `ETRN` | 1985 | yes | asks the caller |
//! | `XCLIENT`, PROXY preamble | | no | from trusted peers |
//!
//! ```
//! use bytes::BytesMut;
//! use plainwire::sasl::Nonce;
//! use plainwire::smtp::client::{self, Client, StartTls};
//! use plainwire::smtp::server::{self, Server, Session};
//! use std::sync::Arc;
//!
//! let mut config = client::Config::new("a.example".parse().unwrap());
//! config.starttls = StartTls::Never; // this wire is in memory
//! let mut client = Client::new(Arc::new(config), Nonce::new([1; 18]));
//! let config = server::Config::new("mx.example.org".parse().unwrap());
//! let mut server = Server::new(Arc::new(config), Session::new(Nonce::new([2; 18])));
//!
//! let (mut to_client, mut to_server) = (BytesMut::new(), BytesMut::new());
//! server.greet(&mut to_client).unwrap();
//! let mut input = &to_client[..];
//! assert!(matches!(client.recv(&mut input, &mut to_server), Ok(Some(client::Event::Greeting(_)))));
//! let mut input = &to_server[..];
//! assert!(matches!(server.recv(&mut input, &mut to_client), Ok(Some(server::Event::Hello(_)))));
//! server.accept(&mut to_client).unwrap();
//! assert!(to_client.starts_with(b"220 mx.example.org ESMTP\r\n250-mx.example.org\r\n250-PIPELINING\r\n"));
//! ```

mod capability;
pub mod client;
mod command;
mod content;
mod mailbox;
mod parameter;
mod proxy;
mod reply;
pub mod server;
mod syntax;
mod xclient;
mod xtext;

#[cfg(test)]
mod tests;

pub use self::capability::{Capabilities, Capability};
pub use self::client::Client;
pub use self::command::{Command, CommandError, Mail, Rcpt, Text};
pub use self::content::Content;
pub use self::mailbox::{Address, HostName, InvalidHostName, InvalidMailbox, Mailbox};
pub use self::parameter::{
    Body, DeliverBy, Hold, Interval, MailParameters, Moment, Notify, OriginalRecipient, ParameterError, Priority,
    RcptParameters, Return, Submitter,
};
pub use self::proxy::{InvalidProxy, Proxy};
pub use self::reply::{Answer, Code, Enhanced, InvalidAnswer, Reply, ReplyError};
pub use self::server::Server;
pub use self::xclient::{Attribute, XClient};
pub use self::xtext::Xtext;
