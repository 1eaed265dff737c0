//! POP3 on a wire, both ends: a server over a Maildir or an mbox file, on the [pool](super::pool) and on the [reactor](super::reactor); a
//! [`Mailbox`] to talk to any server, and a [`Collector`] that brings mail to a safe place.
//!
//! ```
//! use plainwire::net::maildir::Maildir;
//! use plainwire::net::{pool, pop3, server::{Options, Port}};
//! use plainwire::pop3::server::Config;
//! use plainwire::sasl::Credentials;
//! use std::io::Write;
//!
//! # let scratch = tempfile::tempdir()?;
//! let maildir = Maildir::create(scratch.path().join("ann"))?;
//! let mut delivery = maildir.deliver()?;
//! delivery.write_all(b"Subject: hello\r\n\r\nHello.\r\n")?;
//! delivery.commit()?;
//!
//! let mut config = Config::new("localhost")?;
//! config.cleartext = true; // this is loopback
//! let service = pop3::Pop3::new(config, pop3::Mail::for_anybody(maildir.path()));
//! let server = pool::start(vec![Port::bind("127.0.0.1:0", service)?], Options::default())?;
//!
//! // A client: on loopback nothing has to be encrypted.
//! let address = server.addresses()[0];
//! let mut options = pop3::Options::default();
//! options.security = pop3::Security::Clear;
//! let mut mailbox = pop3::Mailbox::connect(&address.ip().to_string(), address.port(), &options)?;
//! mailbox.log_in(&Credentials::password("ann", "secret"), pop3::Method::Strongest)?;
//! assert_eq!(mailbox.list()?[0].octets, 26);
//!
//! // Collect what is new, and delete it there.
//! let target = pop3::ToMaildir::create(scratch.path().join("here"))?;
//! let memory = pop3::Memory::open(scratch.path().join("seen"), "ann@localhost")?;
//! let mut plan = pop3::Plan::default();
//! (plan.new, plan.delete) = (true, true);
//! let mut collector = pop3::Collector::new(target, Some(memory), plan);
//! let report = collector.run(&mut mailbox)?;
//! assert_eq!((report.stored, report.deleted), (1, 1));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![allow(clippy::disallowed_types, clippy::disallowed_methods, reason = "mail lies in files")]

mod collect;
mod mailbox;
mod maildrop;
mod mbox;
mod memory;
mod serve;
mod sizes;
mod target;

pub use collect::{Collector, Plan, Progress, Report};
pub use mailbox::{Error, Listed, Mailbox, Method, Options, Security, Sink};
pub use maildrop::MaildirDrop;
pub use mbox::MboxDrop;
pub use memory::Memory;
pub use serve::{Entry, Mail, Pop3, Stored};
pub use target::{Target, ToFolder, ToMaildir, ToMbox, ToWriter};

#[cfg(test)]
mod tests;

/// Random octets for one session.
fn nonce() -> std::io::Result<crate::sasl::Nonce> {
    let mut random = [0; 18];
    getrandom::fill(&mut random).map_err(|error| std::io::Error::other(std::format!("no random octets: {error}")))?;
    Ok(crate::sasl::Nonce::new(random))
}
