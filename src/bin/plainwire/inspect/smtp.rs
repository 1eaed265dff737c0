//! `plainwire inspect smtp`: what a server or a client makes of a stream.
//!
//! Every reply is an event of its own, in the order in which it was said or heard: `{"event":"reply","code":250,
//! "enhanced":"2.1.0","text":"Sender OK"}`, several lines of text one below the other.
//!
//! The server's end tells `hello` (`extended`, `name`), `mail` (`from`, null for `<>`, and `parameters` as they were said),
//! `rcpt` (`to`, `parameters`), `content`, `chunking` (`octets`, `last`), `data` (`bytes`), `chunk`, `spoiled` (`why`),
//! `message` (`length`, `sha256`, `recipients`), `reset`, `noop`, `help`, `verify`, `expand`, `turn` (`text`),
//! `starttls`, `authenticate`, `challenged`, `authenticated`, `unauthenticated`, `proxied` (`peer`), `xclient`
//! (`attributes`), `refused` (`code`), `quit`.
//!
//! The client's end tells `say` (`bytes`) for what it says, and `greeting`, `hello`, `starttls`, `challenged`,
//! `authenticated`, `ready`, `session-refused`, `recipient` (`index`), `go`, `sent` (`recipient`), `done` (`accepted`),
//! `reply`, `shutdown`, each with the reply's `code`, `enhanced` and `text` where it is one.
//!
//! The last line has `replies`, the codes in order, and `closed`; at the server's end `messages` too, those that were
//! accepted, each with `length` and `sha256`.

use super::frame::{self, Describe, EXIT_CODES, Fault, Line, Object, Source, bytes};
use crate::digest::hex;
use crate::failure::{Failure, Outcome};
use bytes::{Bytes, BytesMut};
use plainwire::engine::{Handler, Status};
use plainwire::sasl::{Mechanism, Nonce};
use plainwire::smtp::client::{self, Client, Envelope, StartTls, Step};
use plainwire::smtp::server::{self, Extensions, Hello, Pending, Protocol, Query, Server, Session, Spoil};
use plainwire::smtp::{Address, Answer, Attribute, Command, Content, Interval, Mailbox, Moment, Reply};
use plainwire::syntax::dots::Endings;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// Run an SMTP or LMTP engine over bytes and print its events and replies
///
/// The server announces every extension and mechanism it has and says yes to all that it is asked: every client, sender,
/// recipient, password and message. Only SCRAM fails, for want of a password to prove. The client sends messages to the
/// recipients that --to names, and says goodbye.
#[derive(clap::Args)]
#[command(after_long_help = EXIT_CODES)]
pub(crate) struct Args {
    /// Whose end reads the bytes
    #[arg(value_enum)]
    side: Side,
    /// LMTP: a verdict for every recipient
    #[arg(long)]
    lmtp: bool,
    /// The bytes come over TLS already
    #[arg(long)]
    tls: bool,
    /// Mend a CR or LF on its own in a message; otherwise the message is refused
    #[arg(long)]
    normalise: bool,
    /// Server: the largest message, in octets
    #[arg(long, value_name = "OCTETS", default_value_t = server::Limits::default().message)]
    size: u64,
    /// Server: the peer is a trusted proxy and begins with a PROXY preamble
    #[arg(long)]
    proxy: bool,
    /// Server: the peer is a trusted proxy and may say XCLIENT
    #[arg(long)]
    xclient: bool,
    /// Client: a recipient of its messages; any number
    #[arg(long = "to", value_name = "ADDRESS", default_value = "bob@example.org")]
    recipients: Vec<Address>,
    /// Client: how many messages it sends
    #[arg(long, value_name = "N", default_value_t = 1)]
    messages: usize,
    /// Client: whether it says STARTTLS
    #[arg(long, value_enum, default_value = "if-offered")]
    starttls: Tls,
    /// Client: send by BDAT where it is offered
    #[arg(long)]
    chunks: bool,
    #[command(flatten)]
    source: Source,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Side {
    /// A client's stream, as a server hears it
    Server,
    /// A server's stream, as a client hears it
    Client,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Tls {
    /// It does, or sends nothing
    Required,
    /// Where the server offers it
    IfOffered,
    /// It does not
    Never,
}

/// Nothing is kept from anybody here: what an exchange says is the same in every run.
const NONCE: [u8; 18] = [0; 18];

pub(crate) fn run(args: &Args) -> Outcome {
    let protocol = if args.lmtp { Protocol::Lmtp } else { Protocol::Smtp };
    let endings = if args.normalise { Endings::Normalise } else { Endings::Refuse };
    let name = |name: &str| name.parse().map_err(|error| Failure::new(2, error));
    match args.side {
        Side::Server => {
            let config = server::Config {
                protocol,
                starttls: true,
                auth: Mechanism::ALL.to_vec(),
                // Nobody listens to a file.
                auth_in_clear: true,
                extensions: Extensions {
                    dsn: true,
                    require_tls: true,
                    priority: true,
                    future_release: Interval::new(999_999_999)
                        .zip(Moment::parse(b"9999-12-31T23:59:59Z"))
                        .map(|(longest, last)| (longest, last.map(Bytes::from_static))),
                    deliver_by: Some(0),
                    etrn: true,
                    ..Extensions::default()
                },
                endings,
                limits: server::Limits { message: args.size, ..server::Limits::default() },
                ..server::Config::new(name("mx.example.org")?)
            };
            let session = Session {
                secure: args.tls,
                proxy: args.proxy,
                xclient: args.xclient,
                ..Session::new(Nonce::new(NONCE))
            };
            let engine = Server::new(Arc::new(config), session);
            frame::inspect(&args.source, engine, &mut Yes, &mut Taken::default())
        }
        Side::Client => {
            let config = client::Config {
                protocol,
                starttls: match args.starttls {
                    Tls::Required => StartTls::Required,
                    Tls::IfOffered => StartTls::IfOffered,
                    Tls::Never => StartTls::Never,
                },
                endings,
                transfer: if args.chunks { client::Transfer::Chunks } else { client::Transfer::Auto },
                ..client::Config::new(name("client.example.org")?)
            };
            let config = Arc::new(config);
            let engine = if args.tls {
                Client::secure(config, Nonce::new(NONCE), None)
            } else {
                Client::new(config, Nonce::new(NONCE))
            };
            let from = "ada@example.org".parse::<Address>().ok();
            let envelope = Envelope::new(from, args.recipients.iter().cloned());
            let mut sender = Sends { envelope, left: args.messages, misuse: None };
            let outcome = frame::inspect(&args.source, engine, &mut sender, &mut Heard::default());
            match sender.misuse {
                Some(misuse) => outcome.and(Err(Failure::new(2, misuse))),
                None => outcome,
            }
        }
    }
}

/// Says yes to everything.
struct Yes;

impl Yes {
    fn answer(server: &mut Server, out: &mut BytesMut) -> bool {
        if server.pending().is_none() {
            return false;
        }
        // The proof of SCRAM is made of a password that nobody has here.
        let denied = || Answer::new(535, (5, 7, 8), "Authentication failed");
        server.accept(out).is_ok() || denied().is_ok_and(|denied| server.answer(&denied, out).is_ok())
    }
}

impl Handler<Server> for Yes {
    fn event(&mut self, server: &mut Server, _: server::Event<&[u8]>, out: &mut BytesMut) {
        Self::answer(server, out);
    }

    fn more(&mut self, server: &mut Server, out: &mut BytesMut) -> bool {
        server.pending() == Some(Pending::Connection) && Self::answer(server, out)
    }
}

/// What a server said and took.
#[derive(Default)]
struct Taken {
    codes: Vec<Value>,
    messages: Vec<Value>,
    content: Sha256,
    length: u64,
}

impl Taken {
    fn octets(&mut self, octets: &[u8]) -> Line {
        self.content.update(octets);
        self.length += octets.len() as u64;
        Line::Data("data", octets.to_vec())
    }
}

/// What stands behind the path of a command that is written again.
fn parameters(command: &Command<&[u8]>, path: usize) -> Value {
    let mut line = BytesMut::new();
    command.write(&mut line);
    let text = line.get(path..).unwrap_or_default();
    bytes(text.trim_ascii())
}

impl Describe<Server> for Taken {
    fn event(&mut self, event: &server::Event<&[u8]>) -> Option<Line> {
        use server::Event;
        let object = match event {
            Event::Hello(Hello { extended, name }) => {
                Object::event("hello").with("extended", *extended).with("name", name.as_str())
            }
            Event::StartTls => Object::event("starttls"),
            Event::Authenticate => Object::event("authenticate"),
            Event::Challenged => Object::event("challenged"),
            Event::Authenticated => Object::event("authenticated"),
            Event::Unauthenticated => Object::event("unauthenticated"),
            Event::Mail(mail) => {
                self.content = Sha256::new();
                self.length = 0;
                let from = mail.from.as_ref().map(Mailbox::as_str);
                let path = "MAIL FROM:<>".len() + from.map_or(0, str::len);
                Object::event("mail").with("from", from).with("parameters", parameters(&Command::Mail(*mail), path))
            }
            Event::Rcpt(rcpt) => {
                let path = "RCPT TO:<>".len() + rcpt.to.as_str().len();
                let parameters = parameters(&Command::Rcpt(*rcpt), path);
                Object::event("rcpt").with("to", rcpt.to.as_str()).with("parameters", parameters)
            }
            Event::Content => Object::event("content"),
            Event::Chunking { octets, last } => Object::event("chunking").with("octets", *octets).with("last", *last),
            Event::Data(octets) => return Some(self.octets(octets)),
            Event::LineEnd => return Some(self.octets(b"\r\n")),
            Event::Chunk => Object::event("chunk"),
            Event::Spoiled(spoil) => {
                let why = match spoil {
                    Spoil::BareCr => "bare-cr",
                    Spoil::BareLf => "bare-lf",
                    Spoil::LineTooLong => "line-too-long",
                    Spoil::TooLarge => "too-large",
                    _ => "other",
                };
                Object::event("spoiled").with("why", why)
            }
            Event::Message(message) => {
                let digest = std::mem::take(&mut self.content).finalize();
                let (length, sha256) = (std::mem::take(&mut self.length), hex(&digest));
                self.messages.push(json!({ "length": length, "sha256": sha256 }));
                Object::event("message")
                    .with("length", length)
                    .with("sha256", sha256)
                    .with("recipients", message.recipients)
            }
            Event::Reset => Object::event("reset"),
            Event::Noop => Object::event("noop"),
            Event::Help => Object::event("help"),
            Event::Query(Query::Verify(text)) => Object::event("verify").octets("text", text.as_bytes()),
            Event::Query(Query::Expand(text)) => Object::event("expand").octets("text", text.as_bytes()),
            Event::Query(Query::Turn(text)) => Object::event("turn").octets("text", text.as_bytes()),
            Event::Proxied(proxy) => {
                Object::event("proxied").with("peer", proxy.peers.map(|(peer, _)| peer.to_string()))
            }
            Event::XClient(client) => {
                let attributes: Vec<Value> = client
                    .attributes()
                    .map(|(attribute, value)| {
                        let name = Attribute::ALL.iter().find(|(known, _)| *known == attribute);
                        json!([name.map(|(_, name)| name), value])
                    })
                    .collect();
                Object::event("xclient").with("attributes", attributes)
            }
            Event::Quit => Object::event("quit"),
            Event::Refused(refusal) => Object::event("refused").with("code", refusal.code.number()),
            _ => return None,
        };
        Some(object.into())
    }

    fn said(&mut self, octets: &[u8]) -> Vec<Line> {
        let mut lines = Vec::new();
        let mut text = String::new();
        for line in String::from_utf8_lossy(octets).split_terminator("\r\n") {
            let (code, rest) = line.split_at_checked(3).unwrap_or((line, ""));
            let more = rest.starts_with('-');
            let rest = rest.get(1..).unwrap_or_default();
            let (enhanced, rest) = match rest.split_once(' ') {
                Some((word, rest)) if is_enhanced(word) => (Some(word), rest),
                _ => (None, rest),
            };
            if !text.is_empty() {
                text.push('\n');
            }
            text.push_str(rest);
            if !more {
                let code = code.parse::<u16>().unwrap_or_default();
                self.codes.push(code.into());
                let object = Object::event("reply").with("code", code).with("enhanced", enhanced);
                lines.push(object.with("text", std::mem::take(&mut text)).into());
            }
        }
        lines
    }

    fn fault(&mut self, error: &server::Error) -> Fault {
        let reply = error.reply().map_or(Value::Null, |(code, _)| code.number().into());
        Fault { kind: error.kind.name().into(), offset: error.offset, reply }
    }

    fn last(&mut self, server: &Server, line: Object) -> Object {
        line.with("replies", std::mem::take(&mut self.codes))
            .with("messages", std::mem::take(&mut self.messages))
            .with("closed", server.status() == Status::Closed)
    }
}

fn is_enhanced(word: &str) -> bool {
    let mut parts = word.split('.');
    let number = |part: &str| (1..=3).contains(&part.len()) && part.bytes().all(|octet| octet.is_ascii_digit());
    matches!(parts.next(), Some("2" | "4" | "5")) && word.split('.').count() == 3 && parts.all(number)
}

/// Sends a message as often as is left to do, and says goodbye.
struct Sends {
    envelope: Envelope,
    left: usize,
    misuse: Option<client::Misuse>,
}

/// What the client sends.
const MESSAGE: &[u8] = b"From: ada@example.org\r\nSubject: inspect\r\n\r\n.\r\n";

impl Sends {
    fn next(&mut self, client: &mut Client, out: &mut BytesMut) -> Result<(), client::Misuse> {
        if self.left == 0 {
            return client.quit(out);
        }
        self.left -= 1;
        client.send(self.envelope.clone(), &Content::of(MESSAGE), out)
    }

    fn content(client: &mut Client, out: &mut BytesMut) -> Result<(), client::Misuse> {
        client.content(MESSAGE, out)?;
        if client.is_sending() { client.finish(out) } else { Ok(()) }
    }
}

impl Handler<Client> for Sends {
    fn event(&mut self, client: &mut Client, event: client::Event<&[u8]>, out: &mut BytesMut) {
        let said = match event {
            client::Event::Ready | client::Event::Done(_) => self.next(client, out),
            client::Event::Go => Self::content(client, out),
            // Without PIPELINING the chunk was answered first.
            client::Event::Reply { step: Step::Chunk, .. } if client.is_sending() => client.finish(out),
            _ => Ok(()),
        };
        if let Err(misuse) = said {
            self.misuse.get_or_insert(misuse);
        }
    }
}

/// What a client heard.
#[derive(Default)]
struct Heard {
    codes: Vec<Value>,
}

fn step(step: Step) -> &'static str {
    match step {
        Step::Greeting => "greeting",
        Step::Hello => "hello",
        Step::StartTls => "starttls",
        Step::Auth => "auth",
        Step::Sender => "sender",
        Step::Recipient => "recipient",
        Step::Data => "data",
        Step::Chunk => "chunk",
        Step::Message => "message",
        Step::Reset => "reset",
        Step::Noop => "noop",
        Step::Verify => "verify",
        Step::Expand => "expand",
        Step::Help => "help",
        Step::Turn => "turn",
        Step::Quit => "quit",
        _ => "other",
    }
}

impl Heard {
    fn reply(&mut self, object: Object, reply: &Reply<&[u8]>) -> Object {
        self.codes.push(reply.code().number().into());
        object
            .with("code", reply.code().number())
            .with("enhanced", reply.enhanced().map(|code| code.to_string()))
            .with("text", reply.to_text())
    }
}

impl Describe<Client> for Heard {
    fn event(&mut self, event: &client::Event<&[u8]>) -> Option<Line> {
        use client::Event;
        let object = match event {
            Event::Greeting(_) => Object::event("greeting"),
            Event::Hello(_) => Object::event("hello"),
            Event::StartTls(_) => Object::event("starttls"),
            Event::Challenged => {
                self.codes.push(334.into());
                Object::event("challenged").with("code", 334)
            }
            Event::Authenticated(_) => Object::event("authenticated"),
            Event::Ready => Object::event("ready"),
            Event::Refused { step: at, .. } => Object::event("session-refused").with("step", step(*at)),
            Event::Recipient { index, .. } => Object::event("recipient").with("index", *index),
            Event::Go => Object::event("go"),
            Event::Sent { recipient, .. } => Object::event("sent").with("recipient", *recipient),
            Event::Done(client::Outcome::Accepted) => Object::event("done").with("accepted", true),
            Event::Done(client::Outcome::Refused(at)) => {
                Object::event("done").with("accepted", false).with("step", step(*at))
            }
            Event::Reply { step: at, .. } => Object::event("reply").with("step", step(*at)),
            Event::Shutdown(_) => Object::event("shutdown"),
            _ => return None,
        };
        Some(match event.reply() {
            Some(reply) => self.reply(object, reply).into(),
            None => object.into(),
        })
    }

    fn said(&mut self, octets: &[u8]) -> Vec<Line> {
        vec![Object::event("say").octets("bytes", octets).into()]
    }

    fn fault(&mut self, error: &client::Error) -> Fault {
        // A client answers nothing to a faulty reply.
        Fault { kind: error.kind.name().into(), offset: error.offset, reply: Value::Null }
    }

    fn last(&mut self, client: &Client, line: Object) -> Object {
        line.with("replies", std::mem::take(&mut self.codes)).with("closed", client.status() == Status::Closed)
    }
}
