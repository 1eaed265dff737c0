//! What the tests of SMTP on the wire share: handlers, users, TLS.

#![allow(dead_code, unreachable_pub, reason = "each test file uses some of it")]

use plainwire::net::maildir::Maildir;
use plainwire::net::smtp::serve::{Client, Decision, Envelope, Handler, Intake, Verdict};
use plainwire::net::tls::{Acceptor, Connector};
use plainwire::net::users::{self, Users};
use plainwire::sasl::Mechanism;
use plainwire::smtp::server::{Config, Message, Query};
use plainwire::smtp::{Answer, Rcpt};
use std::io::Read;
use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

pub const SOON: Duration = Duration::from_secs(20);

pub fn config() -> Config {
    Config::new("mx.test".parse().unwrap())
}

pub fn tls() -> (Acceptor, Connector) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_string()]).unwrap();
    let (chain, key) = (made.cert.pem(), made.signing_key.serialize_pem());
    let acceptor = Acceptor::builder().identity_pem(chain.as_bytes(), key.as_bytes()).unwrap().build().unwrap();
    let connector = Connector::builder().platform_roots(false).roots_pem(chain.as_bytes()).unwrap().build().unwrap();
    (acceptor, connector)
}

/// Every message of a Maildir, as it lies there.
pub fn messages(root: &Path) -> Vec<String> {
    let mut entries = Maildir::create(root).unwrap().entries().unwrap();
    entries
        .iter_mut()
        .map(|entry| {
            let mut text = String::new();
            entry.open().unwrap().read_to_string(&mut text).unwrap();
            text
        })
        .collect()
}

/// A handler that says no, in every place in turn, and gives its verdict from another thread.
pub struct Stern;

pub fn no(code: u16, text: &'static str) -> Answer {
    let class = u8::try_from(code / 100).unwrap();
    Answer::new(code, (class, 7, 1), text).unwrap()
}

impl Handler for Stern {
    fn connection(&self, client: &Client) -> Decision {
        if client.address().ip() == IpAddr::V4(Ipv4Addr::new(192, 0, 2, 66)) { Err(no(554, "not you")) } else { Ok(()) }
    }
    fn hello(&self, _: &Client, hello: &plainwire::smtp::server::Hello<&[u8]>) -> Decision {
        if hello.name.as_str() == "bad.test" { Err(no(550, "bad name")) } else { Ok(()) }
    }
    fn mail(&self, client: &Client, mail: &plainwire::smtp::Mail<&[u8]>) -> Decision {
        assert!(client.hello().is_some());
        match mail.from.map(|from| from.as_str() == "bad@a.test") {
            Some(true) => Err(no(550, "bad sender")),
            _ => Ok(()),
        }
    }
    fn rcpt(&self, _: &Client, envelope: &Envelope, rcpt: &Rcpt<&[u8]>) -> Decision {
        match rcpt.to.local() {
            "bad" => Err(no(550, "bad recipient")),
            // Its own mistake: this is no refusal.
            "odd" => Err(no(250, "yes")),
            _ if envelope.recipients().len() == 2 => Err(no(452, "enough")),
            _ => Ok(()),
        }
    }
    fn message(&self, _: &Client, envelope: &Envelope) -> Result<Box<dyn Intake>, Answer> {
        if envelope.recipients()[0].address.local() == "late" {
            return Err(no(554, "no message for late"));
        }
        Ok(Box::new(Slow))
    }
    fn query(&self, _: &Client, query: &Query<&[u8]>) -> Option<Answer> {
        match query {
            Query::Verify(text) if text.as_str() == "ada" => Some(Answer::new(250, (2, 1, 5), "<ada@b.test>").unwrap()),
            _ => None,
        }
    }
}

pub struct Slow;

impl Intake for Slow {
    fn data(&mut self, octets: &[u8]) -> Decision {
        if octets.starts_with(b"virus") { Err(no(554, "a virus")) } else { Ok(()) }
    }
    fn end(self: Box<Self>, message: &Message, verdict: Verdict) {
        let octets = message.octets;
        std::thread::spawn(move || match octets {
            3 => drop(verdict),
            4 => verdict.give(Err(no(550, "four"))),
            _ => verdict.accept(),
        });
    }
}

/// A file of users with one whose password is hashed and one whose is not.
pub fn users_of_a_file() -> Arc<Users> {
    let file = format!("{}\n{}\n", users::entry("ada", "engine").unwrap(), users::entry_in_clear("bob", "b").unwrap());
    Arc::new(Users::parse(&file).unwrap())
}

pub const MECHANISMS: [Mechanism; 7] = [
    Mechanism::ScramSha256Plus,
    Mechanism::ScramSha1Plus,
    Mechanism::ScramSha256,
    Mechanism::ScramSha1,
    Mechanism::CramMd5,
    Mechanism::Plain,
    Mechanism::Login,
];
