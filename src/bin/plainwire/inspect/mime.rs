//! `plainwire inspect mime|address|date|encoded-word`: single values of mail, and the events of a message.
//!
//! `address`, `date` and `encoded-word` read one value a line from standard input and answer each with one line: with
//! `--json` a list of addresses as `mail show` has it, a date as ISO 8601 in a string, the decoded text in a string, or
//! `{"error":KIND,"offset":N}` for what can't be read. `mime` does so for values of Content-Type and
//! Content-Disposition (with or without the field's name), unless what it reads is a message, which has an empty line or
//! a file's name: then it prints the events of the stream.

use super::frame::{EXIT_CODES, Line, Object, Printer, Source};
use crate::failure::{Failure, Outcome};
use crate::mail::json;
use plainwire::mime::{
    AddressList, Content, ContentType, DateTime, Defect, DefectKind, Disposition, Event, Limits, Parameters, Stream,
    decode_text_with,
};
use serde_json::{Map, Value, json};
use std::io::{self, BufWriter, Write};
use std::process::ExitCode;

#[derive(clap::Args)]
#[command(after_long_help = EXIT_CODES)]
pub(crate) struct Args {
    #[command(flatten)]
    source: Source,
}

#[derive(clap::Args)]
#[command(after_long_help = EXIT_CODES)]
pub(crate) struct Values {
    /// Print one JSON value on each line
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args) -> Outcome {
    let octets = args.source.read()?;
    let message = args.source.file.is_some() || is_message(&octets);
    if message {
        return events(args, &octets);
    }
    each_line(&octets, args.source.json, |line| {
        let mut defects = Vec::new();
        let value = structured(line, &mut defects);
        match (value, defects.iter().find(|defect| defect.kind.loses())) {
            (Some(value), _) => {
                let mut object = value;
                object.insert("defects".into(), json::defects(&defects));
                let value = Value::Object(object);
                let text = value.to_string();
                Ok((value, text))
            }
            (None, defect) => {
                Err(defect.copied().unwrap_or(Defect { kind: DefectKind::InvalidContentType, offset: 0 }))
            }
        }
    })
}

/// A message has an empty line, or a folded field; a list of values has neither.
fn is_message(octets: &[u8]) -> bool {
    octets
        .split_inclusive(|octet| *octet == b'\n')
        .any(|line| matches!(line, b"\n" | b"\r\n") || line.starts_with(b" "))
}

fn structured(line: &[u8], defects: &mut Vec<Defect>) -> Option<Map<String, Value>> {
    let colon = line.iter().position(|octet| *octet == b':');
    let name = colon
        .map(|colon| &line[..colon])
        .filter(|name| !name.is_empty() && name.iter().all(|octet| octet.is_ascii_alphanumeric() || *octet == b'-'));
    let value = name.map_or(line, |name| &line[name.len() + 1..]);
    let is = |known: &str| name.is_some_and(|name| name.eq_ignore_ascii_case(known.as_bytes()));
    let parameters = |parameters: &Parameters<'_>| -> Value {
        parameters.iter().map(|(name, value)| (name.to_owned(), Value::from(value))).collect::<Map<_, _>>().into()
    };
    let limit = Limits::default().parameters;
    let mut object = Map::new();
    let mut unread = Vec::new();
    if !is("content-disposition")
        && let Some(kind) = ContentType::parse_with(value, limit, &mut unread)
    {
        object.insert("content_type".into(), kind.essence().into());
        object.insert("parameters".into(), parameters(kind.parameters()));
        defects.append(&mut unread);
        return Some(object);
    }
    if is("content-type") {
        defects.append(&mut unread);
        return None;
    }
    unread.clear();
    let disposition = Disposition::parse_with(value, limit, defects)?;
    object.insert("disposition".into(), disposition.kind().into());
    object.insert("parameters".into(), parameters(disposition.parameters()));
    Some(object)
}

fn events(args: &Args, octets: &[u8]) -> Outcome {
    let mut printer = Printer::new(args.source.json);
    let mut stream = Stream::new(Limits::default());
    let piece = args.source.cut.map_or(usize::MAX, |cut| cut as usize);
    let (mut at, mut end) = (0, piece.min(octets.len()));
    loop {
        if end == octets.len() {
            stream.eof();
        }
        let mut input = &octets[at..end];
        while let Ok(Some(event)) = stream.recv(&mut input) {
            printer.line(line(event));
        }
        at = end - input.len();
        if end == octets.len() {
            break;
        }
        end = end.saturating_add(piece).min(octets.len());
    }
    printer.object(Object::last("closed", at as u64, stream.over()));
    printer.finish()
}

fn line(event: Event<&[u8]>) -> Line {
    match event {
        Event::Begin => Object::event("begin").into(),
        Event::Envelope(line) => Object::event("envelope").octets("line", line).into(),
        Event::Field { name, value } => Object::event("field").octets("name", name).octets("value", value).into(),
        Event::Head(head) => {
            let content = match head.content {
                Content::Leaf => "leaf",
                Content::Multipart => "multipart",
                Content::Message => "message",
            };
            Object::event("head").with("content", content).with("encoding", head.encoding.as_str()).into()
        }
        Event::Preamble(octets) => Line::Data("preamble", octets.to_vec()),
        Event::Body(octets) => Line::Data("body", octets.to_vec()),
        Event::Epilogue(octets) => Line::Data("epilogue", octets.to_vec()),
        Event::End => Object::event("end").into(),
        Event::Defect(defect) => {
            Object::event("defect").with("kind", defect.kind.as_str()).with("offset", defect.offset).into()
        }
        _ => Object::event("other").into(),
    }
}

pub(crate) fn addresses(args: &Values) -> Outcome {
    each_line(&stdin()?, args.json, |line| {
        let list = AddressList::parse(line);
        match list.defects.iter().find(|defect| defect.kind.loses()) {
            Some(defect) => Err(*defect),
            None => Ok((json::addresses(&list), list.to_string())),
        }
    })
}

pub(crate) fn dates(args: &Values) -> Outcome {
    each_line(&stdin()?, args.json, |line| {
        let mut defects = Vec::new();
        let date = DateTime::parse_with(line, &mut defects)?;
        match defects.iter().find(|defect| defect.kind.loses()) {
            Some(defect) => Err(*defect),
            None => Ok(word(date.iso_8601().to_string())),
        }
    })
}

pub(crate) fn encoded_words(args: &Values) -> Outcome {
    each_line(&stdin()?, args.json, |line| Ok(word(decode_text_with(line, &mut Vec::new()).into_owned())))
}

/// A text, as JSON and as it is.
fn word(text: String) -> (Value, String) {
    (Value::from(text.as_str()), text)
}

fn stdin() -> Result<Vec<u8>, Failure> {
    let mut octets = Vec::new();
    io::Read::read_to_end(&mut io::stdin().lock(), &mut octets)?;
    Ok(octets)
}

/// Answers every line with one line: what `read` makes of it, as JSON or for people.
fn each_line(octets: &[u8], json: bool, read: impl Fn(&[u8]) -> Result<(Value, String), Defect>) -> Outcome {
    let mut out = BufWriter::new(io::stdout().lock());
    for line in octets.split_inclusive(|octet| *octet == b'\n') {
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let written = match (read(line), json) {
            (Ok((value, _)), true) => writeln!(out, "{value}"),
            (Ok((_, text)), false) => writeln!(out, "{}", json::printable(&text).replace('\n', "\\n")),
            (Err(defect), true) => {
                writeln!(out, "{}", json!({ "error": defect.kind.as_str(), "offset": defect.offset }))
            }
            (Err(defect), false) => writeln!(out, "error: {defect}"),
        };
        match written {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(ExitCode::SUCCESS),
            written => written?,
        }
    }
    match out.flush() {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(ExitCode::SUCCESS),
    }
}
