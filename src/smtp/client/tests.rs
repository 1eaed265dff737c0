mod lawful;
mod session;
mod transaction;

use super::*;
use crate::engine::{Handler, turn};
use crate::laws::{self, Ending, Entry};
use crate::sasl::{BindingKind, Credentials, Record, Store};
use crate::smtp::server::{self, Protocol, Server, Session};
use crate::smtp::{
    Address, Answer, Body, Content, DeliverBy, Hold, Interval, Notify, OriginalRecipient, Priority, ReplyError, Return,
    Submitter,
};
use crate::syntax::dots::{Alone, Bare, Endings};
use alloc::collections::VecDeque;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;
use proptest::prelude::*;

/// Sends what it has, one message after the other, in pieces, and says goodbye.
struct Sender {
    queue: VecDeque<(Envelope, Vec<u8>)>,
    message: Vec<u8>,
    sent: usize,
    piece: usize,
    reports: Vec<Report>,
    misuse: Vec<Misuse>,
    quits: bool,
    /// Brings the session back from TLS at once.
    secures: bool,
}

fn sender(messages: impl IntoIterator<Item = (Envelope, Vec<u8>)>) -> Sender {
    Sender {
        queue: messages.into_iter().collect(),
        message: Vec::new(),
        sent: 0,
        piece: usize::MAX,
        reports: Vec::new(),
        misuse: Vec::new(),
        quits: true,
        secures: false,
    }
}

impl Sender {
    fn next(&mut self, engine: &mut Client, out: &mut BytesMut) {
        while let Some((envelope, message)) = self.queue.pop_front() {
            let report = Report::new(envelope.recipients.len());
            let before = out.len();
            match engine.send(envelope, &Content::of(&message), out) {
                Ok(()) => {
                    self.reports.push(report);
                    (self.message, self.sent) = (message, 0);
                    return;
                }
                Err(misuse) => {
                    assert_eq!(out.len(), before, "a refused message was begun");
                    self.misuse.push(misuse);
                }
            }
        }
        if self.quits {
            engine.quit(out).unwrap();
        }
    }

    fn pump(&mut self, engine: &mut Client, out: &mut BytesMut) {
        while engine.is_sending() {
            let rest = &self.message[self.sent..];
            if rest.is_empty() {
                return engine.finish(out).unwrap();
            }
            let piece = &rest[..rest.len().min(self.piece)];
            engine.content(piece, out).unwrap();
            self.sent += piece.len();
        }
    }
}

impl Handler<Client> for Sender {
    fn event(&mut self, engine: &mut Client, event: Event<&[u8]>, out: &mut BytesMut) {
        if let Some(report) = self.reports.last_mut() {
            report.note(&event);
        }
        match event {
            Event::Ready | Event::Done(_) => self.next(engine, out),
            Event::Go | Event::Reply { step: Step::Chunk, .. } => self.pump(engine, out),
            _ => {}
        }
    }

    fn more(&mut self, engine: &mut Client, out: &mut BytesMut) -> bool {
        self.secures && engine.secured(b"", None, out).is_ok()
    }
}

fn address(text: &str) -> Address {
    text.parse().unwrap()
}

fn envelope(recipients: &[&str]) -> Envelope {
    Envelope::new(address("ada@a.example"), recipients.iter().map(|to| address(to)))
}

const MESSAGE: &[u8] = b"Subject: hello\r\n\r\n.dot\r\n";

fn plain() -> (Envelope, Vec<u8>) {
    (envelope(&["bob@example.org"]), MESSAGE.to_vec())
}

fn config() -> Config {
    let mut config = Config::new("a.example".parse().unwrap());
    config.starttls = StartTls::Never;
    config
}

fn client(config: &Config) -> Client {
    Client::new(Arc::new(config.clone()), Nonce::new([7; 18]))
}

/// What the client said and made of what the server said: by the laws, so at every cut.
struct Outcome {
    said: String,
    reports: Vec<Report>,
    misuse: Vec<Misuse>,
    error: Option<(ErrorKind, u64)>,
    status: Status,
    events: Vec<String>,
}

fn run(make: impl Fn() -> (Client, Sender), stream: &[u8], ending: Ending) -> Outcome {
    let log = laws::judge(&make, stream, ending).unwrap_or_else(|story| panic!("{story}"));
    laws::judge_expiry(&make, stream).unwrap_or_else(|story| panic!("{story}"));
    let (mut engine, mut sender) = make();
    let (mut input, mut out) = (stream, BytesMut::new());
    let turned = turn(&mut engine, &mut input, &mut out, usize::MAX, &mut sender, &mut ());
    if turned.is_ok() && !matches!(ending, Ending::Stays) {
        engine.eof();
        let _told_by_the_log = turn(&mut engine, &mut input, &mut out, usize::MAX, &mut sender, &mut ());
    }
    assert_eq!(log.out, &out[..]);
    Outcome {
        said: String::from_utf8(log.out.clone()).unwrap(),
        reports: sender.reports,
        misuse: sender.misuse,
        error: log.error.map(|error| (error.kind, error.offset)),
        status: log.status,
        events: log
            .events
            .iter()
            .map(|entry| match entry {
                Entry::Event(event) => event.clone(),
                Entry::Octets(_) => unreachable!("a client is told no octets"),
            })
            .collect(),
    }
}

/// A client with this configuration sends these messages to a server that says this.
fn sends(config: &Config, messages: &[(Envelope, Vec<u8>)], stream: &str) -> Outcome {
    run(|| (client(config), sender(messages.to_vec())), stream.as_bytes(), Ending::Stays)
}

/// What is said after `EHLO a.example`.
fn after_hello(outcome: &Outcome) -> &str {
    outcome.said.strip_prefix("EHLO a.example\r\n").unwrap()
}

const HELLO: &str =
    "220 mx ESMTP\r\n250-mx\r\n250-PIPELINING\r\n250-CHUNKING\r\n250-BINARYMIME\r\n250-8BITMIME\r\n250 SIZE 1000\r\n";

fn with_password(starttls: StartTls) -> Config {
    let mut config = Config { starttls, ..config() };
    config.credentials = Some(Credentials::password("ada", "engine"));
    config
}

fn on_tls(config: &Config) -> Client {
    Client::secure(Arc::new(config.clone()), Nonce::new([7; 18]), None)
}
