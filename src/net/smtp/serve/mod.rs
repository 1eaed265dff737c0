//! A server for SMTP, submission and LMTP, on the [pool](crate::net::pool) and on the [reactor](crate::net::reactor)
//! alike: a [`Handler`] decides, the engine keeps the protocol.
//!
//! [`Maildirs`] is a handler that keeps what comes; [`collect`] makes one of a closure.
//!
//! ```
//! use plainwire::net::smtp::serve::{Serve, collect};
//! use plainwire::net::{pool, server::{Options, Port}};
//! use plainwire::smtp::server::Config;
//! use std::io::{Read, Write};
//!
//! let handler = collect(|envelope, message| {
//!     println!("{} octets for {}", message.len(), envelope.recipients().len());
//!     Ok(()) // 250
//! });
//! let service = Serve::new(handler, Config::new("mx.example.org".parse()?));
//! let server = pool::start(vec![Port::bind("127.0.0.1:0", service)?], Options::default())?;
//!
//! let mut peer = std::net::TcpStream::connect(server.addresses()[0])?;
//! peer.write_all(b"HELO there\r\nMAIL FROM:<ada@example.org>\r\nRCPT TO:<bob@example.org>\r\nDATA\r\n\
//!     Subject: hello\r\n\r\nHello.\r\n.\r\nQUIT\r\n")?;
//! let mut heard = String::new();
//! peer.read_to_string(&mut heard)?;
//! assert!(heard.starts_with("220 mx.example.org ESMTP\r\n250 mx.example.org\r\n250 Sender OK\r\n"));
//! assert!(heard.ends_with("250 Message accepted\r\n221 mx.example.org closing\r\n"));
//! server.stop(std::time::Duration::from_secs(1));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Users and TLS
//!
//! A submission server: nobody sends before they logged in, and nobody shows a password without TLS.
//!
//! ```no_run
//! use plainwire::net::smtp::serve::{Maildirs, Serve};
//! use plainwire::net::{maildir::Maildir, pool, server::{Options, Port}, tls::Acceptor, users::Users};
//! use plainwire::sasl::Mechanism;
//! use plainwire::smtp::server::Config;
//! use std::{fs, sync::Arc};
//!
//! let acceptor = Acceptor::builder().identity_pem(&fs::read("cert.pem")?, &fs::read("key.pem")?)?.build()?;
//! let users = Arc::new(Users::read("users")?); // its lines are what `users::entry` or `plainwire mail user` makes
//! let mut config = Config::new("mail.example.org".parse()?);
//! config.auth = vec![Mechanism::ScramSha256, Mechanism::Plain];
//! config.auth_required = true;
//! let handler = Maildirs::one(Maildir::create("mail")?, "mail.example.org".parse()?).users(users);
//! let submission = Serve::new(handler, config).starttls(acceptor);
//! pool::start(vec![Port::bind("[::]:587", submission)?], Options::default())?.wait();
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # The life of a message
//!
//! [`Handler::mail`] and [`Handler::rcpt`] are asked about the envelope; with the first recipient accepted,
//! [`Handler::message`] makes an [`Intake`], which gets the octets as they come, unstuffed, and at the end a
//! [`Verdict`] to give: now, or later from another thread. Only then is 250 said. An intake that is dropped without its
//! [end](Intake::end) belongs to a message that was broken off: nothing of it may stay.
//!
//! # On the reactor
//!
//! Nothing may block there but for a moment. [`Maildirs`] syncs files on threads of its own when told to
//! ([`Maildirs::committers`]); a handler that asks others about senders and recipients belongs on the pool.

mod collect;
mod envelope;
mod log;
mod maildirs;
mod talk;
mod trace;
mod verdict;

pub use collect::{Collect, collect};
pub use envelope::{Client, Envelope, Recipient};
pub use log::Entry;
pub use maildirs::Maildirs;
pub use talk::Serve;
pub use verdict::Verdict;

use crate::sasl::Store;
use crate::smtp::server::{Hello, Message, Query};
use crate::smtp::{Answer, Mail, Rcpt};
use std::boxed::Box;

/// Yes, or the refusal that is said instead: a 4yz to be tried again later, a 5yz for good, 421 to end the session.
pub type Decision = Result<(), Answer>;

/// What a server decides. One handler is shared by all connections of a port, or of several.
///
/// Everything has a default that says yes, but for the message itself.
pub trait Handler: Send + Sync + 'static {
    /// Whether a client is welcome: asked before the greeting, and again when a trusted proxy said who it really is.
    fn connection(&self, client: &Client) -> Decision {
        let _ = client;
        Ok(())
    }

    /// What the client calls itself.
    fn hello(&self, client: &Client, hello: &Hello<&[u8]>) -> Decision {
        let _ = (client, hello);
        Ok(())
    }

    /// The users that may log in, as `client` may see them. `None`, the default, answers 454.
    ///
    /// Asked once for each exchange. Which mechanisms are offered is [`Config::auth`](crate::smtp::server::Config::auth).
    fn users<'h>(&'h self, client: &'h Client) -> Option<Box<dyn Store + 'h>> {
        let _ = client;
        None
    }

    /// A sender.
    fn mail(&self, client: &Client, mail: &Mail<&[u8]>) -> Decision {
        let _ = (client, mail);
        Ok(())
    }

    /// A recipient, beside those that `envelope` has already.
    fn rcpt(&self, client: &Client, envelope: &Envelope, rcpt: &Rcpt<&[u8]>) -> Decision {
        let _ = (client, envelope, rcpt);
        Ok(())
    }

    /// A message begins: what takes it in. A refusal is said at the message's end.
    fn message(&self, client: &Client, envelope: &Envelope) -> Result<Box<dyn Intake>, Answer>;

    /// `VRFY`, `EXPN` or `ETRN`, where [`Config::queries`](crate::smtp::server::Config::queries) says that the handler
    /// is asked. `None`, the default, tells nothing, in the words that the RFC has for that.
    fn query(&self, client: &Client, query: &Query<&[u8]>) -> Option<Answer> {
        let _ = (client, query);
        None
    }
}

impl<H: Handler + ?Sized> Handler for std::sync::Arc<H> {
    fn connection(&self, client: &Client) -> Decision {
        (**self).connection(client)
    }
    fn hello(&self, client: &Client, hello: &Hello<&[u8]>) -> Decision {
        (**self).hello(client, hello)
    }
    fn users<'h>(&'h self, client: &'h Client) -> Option<Box<dyn Store + 'h>> {
        (**self).users(client)
    }
    fn mail(&self, client: &Client, mail: &Mail<&[u8]>) -> Decision {
        (**self).mail(client, mail)
    }
    fn rcpt(&self, client: &Client, envelope: &Envelope, rcpt: &Rcpt<&[u8]>) -> Decision {
        (**self).rcpt(client, envelope, rcpt)
    }
    fn message(&self, client: &Client, envelope: &Envelope) -> Result<Box<dyn Intake>, Answer> {
        (**self).message(client, envelope)
    }
    fn query(&self, client: &Client, query: &Query<&[u8]>) -> Option<Answer> {
        (**self).query(client, query)
    }
}

/// Takes one message in. Dropped without [`end`](Self::end), the message was broken off or refused.
pub trait Intake: Send {
    /// Octets of the message, as they are meant: without dots stuffed, lines ended by CRLF (unless it is binary).
    ///
    /// After a refusal the intake is dropped; the rest is passed over, and the refusal said at its end.
    fn data(&mut self, octets: &[u8]) -> Decision;

    /// The message is whole. Whoever says yes has it safe, come what may (RFC 5321 6.1).
    fn end(self: Box<Self>, message: &Message, verdict: Verdict);
}

/// What a client is told where our own side failed it.
static LOCAL_ERROR: Answer = Answer::fixed(451, (4, 3, 0), "Local error, try again later");
/// Nobody can log in.
static NO_USERS: Answer = Answer::fixed(454, (4, 7, 0), "Nobody can log in now");
