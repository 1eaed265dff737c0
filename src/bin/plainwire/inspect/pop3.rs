//! `plainwire inspect pop3`: what a server or a client makes of a stream.

use super::frame::{self, Ask, Asking, Describe, EXIT_CODES, Fault, Line, Object, Silent, Source, bytes};
use crate::failure::{Failure, Outcome};
use bytes::BytesMut;
use plainwire::engine::Status;
use plainwire::net::pop3::MaildirDrop;
use plainwire::pop3::client::{self, Client, Command, Misuse, Quirks};
use plainwire::pop3::server::{self, Config, Event, Identity, Login, Server, Session};
use plainwire::pop3::{Capability, Code, Entry, Host, Maildrop, Messages, Trouble, Users};
use plainwire::sasl::{self, Credentials, Mechanism, Nonce, Record, Store};
use plainwire::syntax::dots::{Piece, Unstuff};
use serde_json::Value;
use std::collections::VecDeque;
use std::path::PathBuf;

/// Run a POP3 engine over bytes and print its events
///
/// The server welcomes everybody, with any password, on a channel that is not secure: USER and PASS, APOP, AUTH and STLS
/// are offered. It serves the Maildir, or an empty maildrop, and deletes nothing. What it answers is printed as `reply`,
/// what follows an answer over several lines as `content`; the `summary` lists the answers in their order and the messages
/// that QUIT would have deleted.
///
/// The client says the commands of --say one after the other, each when the one before was answered.
#[derive(clap::Args)]
#[command(after_long_help = EXIT_CODES)]
pub(crate) struct Args {
    /// What the bytes are
    #[arg(value_enum)]
    side: Side,
    /// The Maildir that the server serves; nothing in it is changed
    #[arg(long, value_name = "DIR")]
    maildir: Option<PathBuf>,
    /// The commands that the client says, separated by commas
    #[arg(long, value_name = "COMMANDS", value_delimiter = ',', default_value = RFC)]
    say: Vec<String>,
    #[command(flatten)]
    source: Source,
}

/// The session of RFC 1939 10.
const RFC: &str = "APOP,STAT,LIST,RETR 1,DELE 1,RETR 2,DELE 2,QUIT";

#[derive(Clone, Copy, clap::ValueEnum)]
enum Side {
    /// A client's stream, as a server hears it
    Server,
    /// A server's stream, as a client hears it
    Client,
}

pub(crate) fn run(args: &Args) -> Outcome {
    match args.side {
        Side::Server => {
            let mut config = Config::new("localhost").map_err(|error| Failure::new(2, error))?;
            config.cleartext = true;
            config.apop = true;
            config.stls = true;
            config.auth = Mechanism::ALL.to_vec();
            if let Some(path) = &args.maildir
                && !path.join("cur").is_dir()
            {
                return Err(Failure::new(1, format!("{} is no Maildir", path.display())));
            }
            let server = Server::new(config.into(), Session::new(Nonce::new([0; 18])));
            let mut host = Host::new(Anyone(args.maildir.clone()));
            frame::inspect(&args.source, server, &mut host, &mut Commands::default())
        }
        Side::Client => {
            let mut says = VecDeque::new();
            for command in &args.say {
                says.push_back(Say::parse(command)?);
            }
            let client = Client::new(client::Limits::default()).quirks(Quirks::default());
            frame::inspect(&args.source, Asking::new(client, says), &mut Silent, &mut Answers)
        }
    }
}

/// Anybody, who has the Maildir, or nothing.
struct Anyone(Option<PathBuf>);

impl Store for Anyone {
    fn record(&self, _: &str) -> Option<Record> {
        None
    }
}

impl Users for Anyone {
    type Maildrop = Looked;

    fn store(&self) -> &dyn Store {
        self
    }
    fn trusts(&self, _: &Login<'_>) -> bool {
        true
    }
    fn open(&mut self, _: &Identity) -> Result<Looked, Trouble> {
        Ok(match &self.0 {
            Some(path) => Looked::Maildir(MaildirDrop::look(path)?),
            None => Looked::Nothing(Messages::default()),
        })
    }
}

/// A maildrop that is looked at: what would be deleted stays.
enum Looked {
    Maildir(MaildirDrop),
    Nothing(Messages),
}

impl Maildrop for Looked {
    fn list(&mut self) -> Result<Vec<Entry>, Trouble> {
        match self {
            Self::Maildir(maildrop) => maildrop.list(),
            Self::Nothing(maildrop) => maildrop.list(),
        }
    }
    fn read(&mut self, message: usize, offset: u64, buffer: &mut [u8]) -> Result<usize, Trouble> {
        match self {
            Self::Maildir(maildrop) => maildrop.read(message, offset, buffer),
            Self::Nothing(maildrop) => maildrop.read(message, offset, buffer),
        }
    }
    fn delete(&mut self, _: &[usize]) -> Result<(), Trouble> {
        Ok(())
    }
}

/// What a server prints.
#[derive(Default)]
struct Commands {
    /// What follows a positive answer is its content.
    many: bool,
    content: Option<Unstuff>,
    /// Said, and not a line yet.
    half: Vec<u8>,
    replies: Vec<Value>,
    quit: bool,
}

impl Describe<Server> for Commands {
    fn event(&mut self, event: &Event<&[u8]>) -> Option<Line> {
        self.many = matches!(
            event,
            Event::Capa
                | Event::List(None)
                | Event::Uidl(None)
                | Event::Retr { .. }
                | Event::Top { .. }
                | Event::Lang(None)
        );
        self.quit |= *event == Event::Quit;
        let object = match event {
            Event::Capa => Object::event("capa"),
            Event::Stls => Object::event("stls"),
            Event::User { name } => Object::event("user").octets("name", name),
            Event::Authenticate => Object::event("authenticate"),
            Event::Challenged => Object::event("challenged"),
            Event::Authenticated => Object::event("authenticated"),
            Event::Unauthenticated => Object::event("unauthenticated"),
            Event::Stat => Object::event("stat"),
            Event::List(message) => numbered("list", *message),
            Event::Uidl(message) => numbered("uidl", *message),
            Event::Retr { message } => numbered("retr", Some(*message)),
            Event::Top { message, lines } => numbered("top", Some(*message)).with("lines", *lines),
            Event::Dele(message) => numbered("dele", Some(*message)),
            Event::Noop => Object::event("noop"),
            Event::Rset => Object::event("rset"),
            Event::Utf8 => Object::event("utf8"),
            Event::Lang(tag) => Object::event("lang").with("tag", tag.map_or(Value::Null, bytes)),
            Event::Quit => Object::event("quit"),
            Event::Expired => Object::event("expired"),
            Event::Refused(refusal) => Object::event("refused").with("reason", refusal.name()),
            _ => return None,
        };
        Some(object.into())
    }

    fn said(&mut self, octets: &[u8]) -> Vec<Line> {
        self.half.extend_from_slice(octets);
        let all = std::mem::take(&mut self.half);
        let mut rest = &all[..];
        let mut lines = Vec::new();
        while !rest.is_empty() {
            if let Some(content) = &mut self.content {
                match content.next(&mut rest) {
                    Some(Piece::Text(text) | Piece::Bare(_, text)) => lines.push(Line::Data("content", text.to_vec())),
                    Some(Piece::End) => self.content = None,
                    None => break,
                }
                continue;
            }
            let Some(end) = rest.windows(2).position(|pair| pair == b"\r\n") else { break };
            let line = &rest[..end];
            rest = &rest[end + 2..];
            let (status, text) = match line.iter().position(|&octet| octet == b' ') {
                Some(at) => (&line[..at], &line[at + 1..]),
                None => (line, &b""[..]),
            };
            self.replies.push(bytes(status));
            lines.push(Object::event("reply").octets("status", status).octets("text", text).into());
            if std::mem::take(&mut self.many) && status == b"+OK" {
                self.content = Some(Unstuff::new());
            }
        }
        self.half = rest.to_vec();
        lines
    }

    fn fault(&mut self, error: &server::Error) -> Fault {
        Fault {
            kind: error.kind.name().into(),
            offset: error.offset,
            reply: error.reply().map_or(Value::Null, Value::from),
        }
    }

    fn summary(&mut self, server: &Server) -> Vec<Line> {
        let deleted: Vec<usize> = if self.quit { server.marked().map(|index| index + 1).collect() } else { Vec::new() };
        let user = server.identity().map_or(Value::Null, |identity| identity.acting_as.as_str().into());
        let summary = Object::event("summary")
            .with("user", user)
            .with("replies", std::mem::take(&mut self.replies))
            .with("deleted", deleted)
            .with("closed", server.status() == Status::Closed);
        vec![summary.into()]
    }
}

fn numbered(name: &str, message: Option<u32>) -> Object {
    Object::event(name).with("message", message)
}

/// What the client says.
struct Say {
    keyword: String,
    message: Option<u32>,
    lines: u32,
}

impl Say {
    fn parse(text: &str) -> Result<Self, Failure> {
        let wrong = || Failure::new(2, format!("--say: {text:?} is no command of a client"));
        let mut words = text.split_ascii_whitespace();
        let keyword = words.next().ok_or_else(wrong)?.to_ascii_uppercase();
        let numbers: Vec<u32> = words.map(|word| word.parse().map_err(|_| wrong())).collect::<Result<_, _>>()?;
        let takes = match keyword.as_str() {
            "LIST" | "UIDL" => 0..=1,
            "RETR" | "DELE" => 1..=1,
            "TOP" => 2..=2,
            "CAPA" | "STLS" | "USER" | "PASS" | "APOP" | "AUTH" | "STAT" | "NOOP" | "RSET" | "UTF8" | "LANG"
            | "QUIT" => 0..=0,
            _ => return Err(wrong()),
        };
        if !takes.contains(&numbers.len()) || numbers.first() == Some(&0) {
            return Err(wrong());
        }
        Ok(Self { keyword, message: numbers.first().copied(), lines: numbers.get(1).copied().unwrap_or_default() })
    }

    fn say(&self, client: &mut Client, out: &mut BytesMut) -> Result<(), Misuse> {
        let one = self.message.unwrap_or(1);
        match self.keyword.as_str() {
            "CAPA" => client.capa(out),
            "STLS" => client.stls(out),
            "USER" => client.user("user", out),
            "APOP" if client.offers_apop() => client.apop("user", &"password".into(), out),
            "APOP" | "PASS" => client.pass(&"password".into(), out),
            "AUTH" => {
                let plain =
                    sasl::Client::new(Mechanism::Plain, Credentials::password("user", "password"), Nonce::new([0; 18]));
                client.auth(plain?, out)
            }
            "STAT" => client.stat(out),
            "LIST" => client.list(self.message, out),
            "UIDL" => client.uidl(self.message, out),
            "RETR" => client.retr(one, out),
            "TOP" => client.top(one, self.lines, out),
            "DELE" => client.dele(one, out),
            "NOOP" => client.noop(out),
            "RSET" => client.rset(out),
            "UTF8" => client.utf8(out),
            "LANG" => client.lang(None, out),
            _ => client.quit(out),
        }
    }
}

impl Ask<Client> for VecDeque<Say> {
    fn ask(&mut self, client: &mut Client, out: &mut BytesMut) -> bool {
        self.pop_front().is_some_and(|say| say.say(client, out).is_ok())
    }
}

/// What a client prints.
struct Answers;

impl Describe<Asking<Client, VecDeque<Say>>> for Answers {
    fn event(&mut self, event: &client::Event<&[u8]>) -> Option<Line> {
        use client::Event as E;
        let object = match event {
            E::Greeting { text } => Object::event("greeting").octets("text", text),
            E::Ok { command, text } => to("ok", *command).octets("text", text),
            E::Refused { command, code, text } => {
                to("refused", *command).with("code", self::code(*code)).octets("text", text)
            }
            E::Stat { messages, octets } => Object::event("stat").with("messages", *messages).with("octets", *octets),
            E::Size { message, octets } => numbered("size", Some(*message)).with("octets", *octets),
            E::UniqueId { message, id } => numbered("unique-id", Some(*message)).octets("id", id),
            E::Begin { command, text } => to("begin", *command).octets("text", text),
            E::Capability(capability) => self::capability(capability),
            E::Language { tag, name } => Object::event("language").octets("tag", tag).octets("name", name),
            E::Data(octets) => return Some(Line::Data("data", octets.to_vec())),
            E::End { command } => to("end", *command),
            E::Challenged => Object::event("challenged"),
            E::Cancelled(error) => Object::event("cancelled").with("reason", error.to_string()),
            _ => return None,
        };
        Some(object.into())
    }

    fn fault(&mut self, error: &client::Error) -> Fault {
        // A client answers nothing to a faulty answer.
        Fault { kind: error.kind.name().into(), offset: error.offset, reply: Value::Null }
    }
}

fn to(event: &str, command: Command) -> Object {
    let (keyword, message) = match command {
        Command::Greeting => ("greeting", None),
        Command::Capa => ("CAPA", None),
        Command::Stls => ("STLS", None),
        Command::User => ("USER", None),
        Command::Pass => ("PASS", None),
        Command::Apop => ("APOP", None),
        Command::Auth => ("AUTH", None),
        Command::Stat => ("STAT", None),
        Command::List(message) => ("LIST", message),
        Command::Uidl(message) => ("UIDL", message),
        Command::Top { message, .. } => ("TOP", Some(message)),
        Command::Retr(message) => ("RETR", Some(message)),
        Command::Dele(message) => ("DELE", Some(message)),
        Command::Noop => ("NOOP", None),
        Command::Rset => ("RSET", None),
        Command::Utf8 => ("UTF8", None),
        Command::Lang { .. } => ("LANG", None),
        _ => ("QUIT", None),
    };
    let object = Object::event(event).with("command", keyword);
    match message {
        Some(message) => object.with("message", message),
        None => object,
    }
}

fn code(code: Option<Code<&[u8]>>) -> Value {
    match code {
        None => Value::Null,
        Some(Code::Other(octets)) => bytes(octets),
        Some(code) => code.known().map_or(Value::Null, Value::from),
    }
}

fn capability(capability: &Capability<&[u8]>) -> Object {
    let object = Object::event("capability");
    match capability {
        Capability::Top => object.with("name", "TOP"),
        Capability::User => object.with("name", "USER"),
        Capability::Sasl(mechanisms) => object.with("name", "SASL").octets("mechanisms", mechanisms),
        Capability::RespCodes => object.with("name", "RESP-CODES"),
        Capability::AuthRespCode => object.with("name", "AUTH-RESP-CODE"),
        Capability::LoginDelay { seconds, per_user } => {
            object.with("name", "LOGIN-DELAY").with("seconds", *seconds).with("per_user", *per_user)
        }
        Capability::Pipelining => object.with("name", "PIPELINING"),
        Capability::Expire { days, per_user } => {
            object.with("name", "EXPIRE").with("days", *days).with("per_user", *per_user)
        }
        Capability::Uidl => object.with("name", "UIDL"),
        Capability::Stls => object.with("name", "STLS"),
        Capability::Utf8 { user } => object.with("name", "UTF8").with("user", *user),
        Capability::Lang => object.with("name", "LANG"),
        Capability::Implementation(name) => object.with("name", "IMPLEMENTATION").octets("value", name),
        Capability::Other(line) => object.with("name", Value::Null).octets("line", line),
        _ => object,
    }
}
