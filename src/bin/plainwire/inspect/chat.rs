//! `plainwire inspect chat`: the chat engine over bytes.
//!
//! The server's end, which a member's bytes are for: `{"event":"say","text":…}`, `act` (`text`), `tell` (`to`, `text`),
//! `nick` (`name`), `who`, `help`, `quit` (`reason`, a string or null), `refused` (`code`, `offset`, `reply`), `end`. The
//! member is welcomed as `guest-1`, and let go of when it quits or ends.
//!
//! With `--client`, the member's end, which a server's bytes are for: `said`, `acted`, `told` (`name`, `text`), `sent`
//! (`to`, `text`), `welcome`, `named`, `joined` (`name`), `left` (`name`, `reason`), `dropped` (`name`, `why`), `renamed`
//! (`from`, `to`), `here` (`names`, an array, and `more`), `notice` (`text`), `refusal` (`code`, `text`), `unknown`
//! (`line`), `refused` (`code`, `offset`), `end`.

use super::frame::{Describe, EXIT_CODES, Fault, Line, Object, Source, inspect};
use crate::failure::Outcome;
use bytes::BytesMut;
use plainwire::chat::{self, Client, Farewell, Heard, Limits, Refused, Said, Server};
use plainwire::engine::{Handler, Status};
use serde_json::Value;

#[derive(clap::Args)]
#[command(after_long_help = EXIT_CODES)]
pub(crate) struct Args {
    /// Read what a server sends; otherwise what a member sends
    #[arg(long)]
    client: bool,
    /// The longest line that a member may send, in octets
    #[arg(long, value_name = "OCTETS", default_value_t = Limits::default().line)]
    line_limit: usize,
    #[command(flatten)]
    source: Source,
}

pub(crate) fn run(args: &Args) -> Outcome {
    let limits = Limits { line: args.line_limit, ..Limits::default() };
    if args.client {
        let mut quiet = |_: &mut Client, _: chat::client::Event<&[u8]>, _: &mut BytesMut| {};
        inspect(&args.source, Client::new(limits), &mut quiet, &mut Member)
    } else {
        inspect(&args.source, Server::new(limits), &mut Welcome, &mut Listener)
    }
}

/// Lets everybody in and lets go of who leaves.
pub(crate) struct Welcome;

impl Handler<Server> for Welcome {
    fn event(&mut self, _: &mut Server, _: chat::server::Event<&[u8]>, _: &mut BytesMut) {}

    fn more(&mut self, engine: &mut Server, out: &mut BytesMut) -> bool {
        if engine.status() != Status::Paused {
            return false;
        }
        let welcomed = chat::Name::new(b"guest-1").is_ok_and(|name| engine.welcome(name, out).is_ok());
        welcomed || engine.close(Farewell::Bye, out).is_ok()
    }
}

fn fault(error: &chat::Error, reply: Value) -> Fault {
    let kind = match error.kind {
        chat::ErrorKind::Truncated => "truncated",
        chat::ErrorKind::TimedOut => "timed-out",
        _ => "other",
    };
    Fault { kind: kind.into(), offset: error.offset, reply }
}

fn refused(refused: &Refused) -> Object {
    Object::event("refused").with("code", refused.why.code()).with("offset", refused.offset)
}

/// Prints what a server's engine tells.
struct Listener;

impl Describe<Server> for Listener {
    fn event(&mut self, event: &chat::server::Event<&[u8]>) -> Option<Line> {
        use chat::server::Event;
        let object = match event {
            Event::Said(Said::Say { text }) => Object::event("say").octets("text", text),
            Event::Said(Said::Act { text }) => Object::event("act").octets("text", text),
            Event::Said(Said::Tell { to, text }) => {
                Object::event("tell").octets("to", to.as_bytes()).octets("text", text)
            }
            Event::Said(Said::Nick { name }) => Object::event("nick").octets("name", name.as_bytes()),
            Event::Said(Said::Who) => Object::event("who"),
            Event::Said(Said::Help) => Object::event("help"),
            Event::Said(Said::Quit { reason }) => {
                Object::event("quit").with("reason", reason.map_or(Value::Null, super::frame::bytes))
            }
            Event::Refused(why) => refused(why).with("reply", format!("-! {}: {}", why.why.code(), why.why)),
            Event::Idle => Object::event("idle"),
            Event::End => Object::event("end"),
            _ => return None,
        };
        Some(object.into())
    }

    fn fault(&mut self, error: &chat::Error) -> Fault {
        fault(error, error.reply().into())
    }
}

/// Prints what a client's engine tells.
struct Member;

impl Describe<Client> for Member {
    fn event(&mut self, event: &chat::client::Event<&[u8]>) -> Option<Line> {
        use chat::client::Event;
        let object = match event {
            Event::Heard(heard) => hear(heard)?,
            Event::Unknown { line } => Object::event("unknown").octets("line", line),
            Event::Refused(why) => refused(why),
            Event::End => Object::event("end"),
            _ => return None,
        };
        Some(object.into())
    }

    fn fault(&mut self, error: &chat::Error) -> Fault {
        fault(error, Value::Null)
    }
}

fn hear(heard: &Heard<&[u8]>) -> Option<Object> {
    let named = |event, name: &chat::Name| Object::event(event).octets("name", name.as_bytes());
    Some(match heard {
        Heard::Said { name, text } => named("said", name).octets("text", text),
        Heard::Acted { name, text } => named("acted", name).octets("text", text),
        Heard::Told { name, text } => named("told", name).octets("text", text),
        Heard::Sent { to, text } => Object::event("sent").octets("to", to.as_bytes()).octets("text", text),
        Heard::Welcome { name } => named("welcome", name),
        Heard::Named { name } => named("named", name),
        Heard::Joined { name } => named("joined", name),
        Heard::Left { name, reason } => {
            named("left", name).with("reason", reason.map_or(Value::Null, super::frame::bytes))
        }
        Heard::Dropped { name, why } => named("dropped", name).octets("why", why),
        Heard::Renamed { from, to } => {
            Object::event("renamed").octets("from", from.as_bytes()).octets("to", to.as_bytes())
        }
        Heard::Here { names, more } => {
            let names: Vec<_> = chat::names(names).flatten().map(|name| name.to_string()).collect();
            Object::event("here").with("names", names).with("more", *more)
        }
        Heard::Notice { text } => Object::event("notice").octets("text", text),
        Heard::Refused { code, text } => Object::event("refusal").octets("code", code).octets("text", text),
        _ => return None,
    })
}
