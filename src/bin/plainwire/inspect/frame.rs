//! What every `inspect` subcommand shares: reading the bytes, driving the engine, printing what it told.
//!
//! A protocol writes a [`Describe`] (how its events and errors print) and a [`Handler`] (the answers that it gives by
//! default), and calls [`inspect`]. With `--json` each event is one object on a line of its own, `{"event":NAME,…}`;
//! bulk data that follows bulk data is joined, so that the output is the same however the input is cut. The last line
//! is `{"status":"open|paused|handed-over|closed","consumed":N,"complete":bool}`, or
//! `{"error":KIND,"offset":N,"reply":…}` where the engine refused the input.
//!
//! Octets that are UTF-8 print as a string, others as `{"base64":…}`.

use crate::failure::{Failure, Outcome, exit_codes};
use crate::input;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::BytesMut;
use plainwire::engine::{Engine, Handler, Patience, Status, Tap, turn};
use serde_json::{Map, Value};
use std::fmt::Write as _;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;
use std::process::ExitCode;

/// What an inspection ends with.
pub(crate) const EXIT_CODES: &str = exit_codes! {
    0 "inspected, whatever was found in the bytes"
    1 "the bytes can't be read, or the output can't be written"
    2 "the command line is wrong"
};

/// The arguments that every `inspect` subcommand takes: `#[command(flatten)] source: Source`.
#[derive(clap::Args)]
pub(crate) struct Source {
    /// Print one JSON object on each line
    #[arg(long)]
    pub(crate) json: bool,
    /// The input ends where the bytes end: what is cut short then is an error
    #[arg(long)]
    pub(crate) eof: bool,
    /// Give the engine the bytes in pieces of N octets; what is printed is the same for every N
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) cut: Option<u32>,
    /// The file with the bytes; standard input where none is given, or where it is `-`
    #[arg(value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
}

impl Source {
    /// All the bytes.
    pub(crate) fn read(&self) -> Result<Vec<u8>, Failure> {
        input::read(self.file.as_deref(), 1)
    }
}

/// What is printed for an event.
pub(crate) enum Line {
    /// One object.
    Object(Object),
    /// Bulk data, printed as `{"event":NAME,"bytes":…}`: pieces that follow each other are joined.
    Data(&'static str, Vec<u8>),
}

impl From<Object> for Line {
    fn from(object: Object) -> Self {
        Self::Object(object)
    }
}

/// A JSON object under construction, in the order in which its members are given.
#[derive(Clone)]
pub(crate) struct Object(Map<String, Value>);

impl Object {
    /// `{"event":NAME}`.
    pub(crate) fn event(name: &str) -> Self {
        Self(Map::new()).with("event", name)
    }

    /// The last line, `{"status":…,"consumed":…,"complete":…}`, of what is no [`Engine`].
    pub(crate) fn last(status: &str, consumed: u64, complete: bool) -> Self {
        Self(Map::new()).with("status", status).with("consumed", consumed).with("complete", complete)
    }

    /// The same with one more member.
    pub(crate) fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.0.insert(key.into(), value.into());
        self
    }

    /// The same with a member that holds octets.
    pub(crate) fn octets(self, key: &str, octets: &[u8]) -> Self {
        self.with(key, bytes(octets))
    }
}

/// Octets as JSON: a string where they are UTF-8, `{"base64":…}` where not.
pub(crate) fn bytes(octets: &[u8]) -> Value {
    match str::from_utf8(octets) {
        Ok(text) => text.into(),
        Err(_) => serde_json::json!({ "base64": STANDARD.encode(octets) }),
    }
}

/// An engine's error as the last line tells it.
pub(crate) struct Fault {
    /// A word for programs, in kebab case: `line-too-long`.
    pub(crate) kind: String,
    /// Where in the stream the fault lies, in octets from its start.
    pub(crate) offset: u64,
    /// What the peer is answered: 400, `"500 5.5.2"`, or null where it is not.
    pub(crate) reply: Value,
}

/// How one protocol's engine prints.
pub(crate) trait Describe<E: Engine> {
    /// An event was told; `None` prints nothing for it.
    fn event(&mut self, event: &E::Event<'_>) -> Option<Line>;

    /// The engine, or the handler by a command, said `octets` to the peer. Prints nothing unless overridden.
    fn said(&mut self, octets: &[u8]) -> Vec<Line> {
        let _ = octets;
        Vec::new()
    }

    /// The engine refused the input.
    fn fault(&mut self, error: &E::Error) -> Fault;

    /// The status that the last line tells, in one word.
    fn status(&self, status: Status) -> &'static str {
        word(status)
    }

    /// The last line, which may have more to tell than how it ended.
    fn last(&mut self, engine: &E, line: Object) -> Object {
        let _ = engine;
        line
    }

    /// What is printed between the last event and the last line.
    fn summary(&mut self, engine: &E) -> Vec<Line> {
        let _ = engine;
        Vec::new()
    }
}

/// What a client says by itself. `E` is the client's engine.
pub(crate) trait Ask<E> {
    /// Gives the client its next command, if there is one; returns whether it was given.
    fn ask(&mut self, client: &mut E, out: &mut BytesMut) -> bool;
}

/// A client that speaks whenever there is something in the input that might be an answer. What it says is not printed.
pub(crate) struct Asking<E, A> {
    client: E,
    asks: A,
}

impl<E: Engine, A: Ask<E>> Asking<E, A> {
    pub(crate) fn new(client: E, asks: A) -> Self {
        Self { client, asks }
    }
}

impl<E: Engine, A: Ask<E>> Engine for Asking<E, A> {
    type Event<'i> = E::Event<'i>;
    type Error = E::Error;

    fn recv<'i>(&mut self, input: &mut &'i [u8], out: &mut BytesMut) -> Result<Option<E::Event<'i>>, E::Error> {
        if self.client.status() == Status::Idle && !input.is_empty() && self.asks.ask(&mut self.client, out) {
            out.clear();
        }
        self.client.recv(input, out)
    }
    fn eof(&mut self) {
        self.client.eof();
    }
    fn expire(&mut self) {
        self.client.expire();
    }
    fn status(&self) -> Status {
        self.client.status()
    }
    fn patience(&self) -> Patience {
        self.client.patience()
    }
    fn window(&self) -> usize {
        self.client.window()
    }
    fn octets<'e>(event: &'e E::Event<'_>) -> Option<&'e [u8]> {
        E::octets(event)
    }
}

/// Says nothing to what is told.
pub(crate) struct Silent;

impl<E: Engine> Handler<E> for Silent {
    fn event(&mut self, _: &mut E, _: E::Event<'_>, _: &mut BytesMut) {}
}

/// Runs `engine` over the source and prints what it tells, answered by `handler`.
pub(crate) fn inspect<E: Engine>(
    source: &Source,
    mut engine: E,
    handler: &mut impl Handler<E>,
    describe: &mut impl Describe<E>,
) -> Outcome {
    let octets = source.read()?;
    let mut printer = Printer::new(source.json);
    let mut out = BytesMut::new();
    let piece = source.cut.map_or(usize::MAX, |cut| cut as usize);
    let (mut at, mut end, mut ended) = (0, piece.min(octets.len()), false);
    let last = loop {
        let mut input = &octets[at..end];
        let turned =
            turn(&mut engine, &mut input, &mut out, MARK, handler, &mut Show { printer: &mut printer, describe });
        at = end - input.len();
        out.clear();
        match turned {
            Err(error) => break Err(error),
            Ok(true) => {}
            Ok(false) if end < octets.len() => end = end.saturating_add(piece).min(octets.len()),
            Ok(false) if source.eof && !ended => {
                engine.eof();
                ended = true;
            }
            Ok(false) => break Ok(()),
        }
    };
    for line in describe.summary(&engine) {
        printer.line(line);
    }
    let last = match last {
        Ok(()) => {
            let status = engine.status();
            let complete = status.over() || status == Status::Idle && at == octets.len();
            Object(Map::new())
                .with("status", describe.status(status))
                .with("consumed", at as u64)
                .with("complete", complete)
        }
        Err(error) => {
            let fault = describe.fault(&error);
            Object(Map::new()).with("error", fault.kind).with("offset", fault.offset).with("reply", fault.reply)
        }
    };
    let last = describe.last(&engine, last);
    printer.object(last);
    printer.finish()
}

/// Output is thrown away, so its mark only bounds memory.
const MARK: usize = 1 << 16;

/// A status in one word. An engine between two exchanges is as open as one within: `complete` tells them apart.
pub(crate) fn word(status: Status) -> &'static str {
    match status {
        Status::Open | Status::Idle => "open",
        Status::Paused => "paused",
        Status::HandedOver => "handed-over",
        Status::Closed => "closed",
    }
}

/// Prints what passes through [`turn`].
struct Show<'a, D> {
    printer: &'a mut Printer,
    describe: &'a mut D,
}

impl<E: Engine, D: Describe<E>> Tap<E> for Show<'_, D> {
    fn took(&mut self, _: &[u8], event: Option<&E::Event<'_>>) {
        if let Some(line) = event.and_then(|event| self.describe.event(event)) {
            self.printer.line(line);
        }
    }

    fn engine_said(&mut self, octets: &[u8]) {
        for line in self.describe.said(octets) {
            self.printer.line(line);
        }
    }

    fn caller_said(&mut self, octets: &[u8]) {
        for line in self.describe.said(octets) {
            self.printer.line(line);
        }
    }
}

/// Writes lines to standard output, as JSON or for people, and joins adjacent data.
pub(crate) struct Printer {
    json: bool,
    out: BufWriter<io::StdoutLock<'static>>,
    data: Option<(&'static str, Vec<u8>)>,
    error: Option<io::Error>,
}

impl Printer {
    /// A printer to standard output.
    pub(crate) fn new(json: bool) -> Self {
        Self { json, out: BufWriter::new(io::stdout().lock()), data: None, error: None }
    }

    /// Prints a line; data waits for what follows it.
    pub(crate) fn line(&mut self, line: Line) {
        match line {
            Line::Object(object) => self.object(object),
            Line::Data(name, octets) => match &mut self.data {
                Some((held, joined)) if *held == name => joined.extend_from_slice(&octets),
                _ => {
                    self.flush_data();
                    self.data = Some((name, octets));
                }
            },
        }
    }

    /// Prints an object, after the data that waits.
    pub(crate) fn object(&mut self, object: Object) {
        self.flush_data();
        self.write(object);
    }

    /// Everything is written; a reader that went away is no failure.
    pub(crate) fn finish(mut self) -> Outcome {
        self.flush_data();
        let flushed = self.out.flush();
        match self.error.map_or(flushed, Err) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
            _ => Ok(ExitCode::SUCCESS),
        }
    }

    fn flush_data(&mut self) {
        if let Some((name, octets)) = self.data.take() {
            self.write(Object::event(name).octets("bytes", &octets));
        }
    }

    fn write(&mut self, object: Object) {
        if self.error.is_some() {
            return;
        }
        let text = if self.json { Value::Object(object.0).to_string() } else { plain(&object.0) };
        if let Err(error) = writeln!(self.out, "{text}") {
            self.error = Some(error);
        }
    }
}

/// An object for people: the event's name, then its members as `key=value`; the last line as `-- key=value …`.
fn plain(object: &Map<String, Value>) -> String {
    let mut text = String::new();
    match object.get("event") {
        Some(Value::String(name)) => text.push_str(name),
        _ => text.push_str("--"),
    }
    for (key, value) in object.iter().filter(|(key, _)| *key != "event") {
        // A string prints escaped, so that a control character in the input never reaches the terminal.
        let _never = match value {
            Value::String(value) => write!(text, " {key}={value:?}"),
            other => write!(text, " {key}={other}"),
        };
    }
    text
}
