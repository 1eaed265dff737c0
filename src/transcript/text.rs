//! The text form, both ways.

use super::redact::Redactor;
use super::{End, Part, Step, Transcript, join};
use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use core::fmt::Write as _;

/// What a printed transcript shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Style {
    /// Bulk data longer than this is given by its length, in octets. 256 by default: a short body is worth reading.
    pub bulk: usize,
    /// Secrets are left out. `true` by default.
    pub redact: bool,
}

impl Default for Style {
    fn default() -> Self {
        Self { bulk: 256, redact: true }
    }
}

impl Style {
    /// Everything, secrets too: what reads back as the same transcript.
    pub const fn full() -> Self {
        Self { bulk: usize::MAX, redact: false }
    }
}

/// A line of text that is no line of a transcript.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {kind}")]
pub struct ParseError {
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// What is wrong.
    pub kind: ParseErrorKind,
}

/// What can be wrong with a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseErrorKind {
    /// It begins with none of `C:`, `S:`, `>>`, `C>>`, `S>>`, `--`, `#`.
    #[error("neither said, told, noted nor a comment")]
    Beginning,
    /// A backslash is followed by nothing known.
    #[error("no such escape")]
    Escape,
    /// A note says nothing known.
    #[error("no such note")]
    Note,
}

pub(super) fn parse(text: &str) -> Result<Transcript, ParseError> {
    let mut transcript = Transcript::new();
    for (index, line) in text.lines().enumerate() {
        let number = index + 1;
        if line.trim().is_empty() {
            continue;
        }
        let step = parse_line(line).map_err(|(at, kind)| ParseError {
            line: number,
            column: line[..at].chars().count() + 1,
            kind,
        })?;
        transcript.push_at(step, number);
    }
    Ok(transcript)
}

type At<T> = Result<T, (usize, ParseErrorKind)>;

fn parse_line(line: &str) -> At<Step> {
    if let Some(comment) = line.strip_prefix('#') {
        return Ok(Step::Comment(comment.to_owned()));
    }
    if let Some(note) = line.strip_prefix("-- ") {
        return parse_note(note).ok_or((3, ParseErrorKind::Note));
    }
    let (end, rest) = match line.as_bytes().first() {
        Some(b'C') => (Some(End::Client), &line[1..]),
        Some(b'S') => (Some(End::Server), &line[1..]),
        _ => (None, line),
    };
    if let Some(event) = rest.strip_prefix(">>") {
        let (event, octets) = split_octets(event.strip_prefix(' ').unwrap_or(event));
        return Ok(Step::Told { end, event: event.to_owned(), octets });
    }
    match (end, rest.strip_prefix(':')) {
        (Some(end), Some(said)) => {
            let said = said.strip_prefix(' ').unwrap_or(said);
            let parts = parse_parts(said).map_err(|(at, kind)| (line.len() - said.len() + at, kind))?;
            Ok(Step::Said { end, parts })
        }
        _ => Err((0, ParseErrorKind::Beginning)),
    }
}

fn parse_note(note: &str) -> Option<Step> {
    if note == "cut" {
        return Some(Step::Cut);
    }
    if let Some(engine) = note.strip_prefix("engine: ") {
        let (protocol, end) = engine.rsplit_once(' ')?;
        let end = [End::Client, End::Server].into_iter().find(|known| known.word() == end)?;
        return Some(Step::Engine { protocol: protocol.to_owned(), end });
    }
    let (end, what) = note.split_once(' ')?;
    let end = match end {
        "C" => End::Client,
        "S" => End::Server,
        _ => return None,
    };
    match what {
        "end" => Some(Step::Ended(end)),
        "expired" => Some(Step::Expired(end)),
        _ => what.strip_prefix("error: ").map(|error| Step::Failed { end, error: error.to_owned() }),
    }
}

/// `Data(12 octets)` is bulk data.
fn split_octets(event: &str) -> (&str, Option<usize>) {
    let split = || {
        let (name, rest) = event.strip_suffix(" octets)")?.rsplit_once('(')?;
        Some((name, rest.parse().ok()?))
    };
    match split() {
        Some((name, octets)) => (name, Some(octets)),
        None => (event, None),
    }
}

/// A run of text, and what ends it.
fn parse_parts(said: &str) -> At<Vec<Part>> {
    let mut parts = Vec::new();
    let mut octets = Vec::new();
    let mut rest = said;
    let mut line_end = true;
    while let Some(character) = rest.chars().next() {
        let at = said.len() - rest.len();
        match character {
            '\\' if rest.len() == 1 => {
                line_end = false;
                rest = "";
            }
            '\\' => {
                let (octet, len) = parse_escape(rest.as_bytes()).ok_or((at, ParseErrorKind::Escape))?;
                octets.push(octet);
                rest = &rest[len..];
            }
            '{' if let Some((part, len)) = parse_left_out(rest) => {
                if !octets.is_empty() {
                    join(&mut parts, Part::Octets(core::mem::take(&mut octets)));
                }
                rest = &rest[len..];
                // Omitted octets have no line end of their own.
                line_end = !(matches!(part, Part::Omitted(_)) && rest.is_empty());
                parts.push(part);
            }
            _ => {
                let len = character.len_utf8();
                octets.extend_from_slice(&rest.as_bytes()[..len]);
                rest = &rest[len..];
            }
        }
    }
    if line_end {
        octets.extend_from_slice(b"\r\n");
    }
    if !octets.is_empty() {
        join(&mut parts, Part::Octets(octets));
    }
    Ok(parts)
}

fn parse_escape(rest: &[u8]) -> Option<(u8, usize)> {
    let octet = match *rest.get(1)? {
        b'r' => b'\r',
        b'n' => b'\n',
        b't' => b'\t',
        b'0' => 0,
        b'\\' => b'\\',
        b'{' => b'{',
        b'x' => {
            let digit = |at: usize| char::from(*rest.get(at)?).to_digit(16);
            return Some(((digit(2)? * 16 + digit(3)?) as u8, 4));
        }
        _ => return None,
    };
    Some((octet, 2))
}

fn parse_left_out(rest: &str) -> Option<(Part, usize)> {
    const SECRET: &str = "{redacted}";
    if rest.starts_with(SECRET) {
        return Some((Part::Secret, SECRET.len()));
    }
    let close = rest.find('}')?;
    let number = rest[1..close].strip_suffix(" octets")?;
    let plain = number.bytes().all(|octet| octet.is_ascii_digit()) && (number == "0" || !number.starts_with('0'));
    Some((Part::Omitted(number.parse().ok().filter(|_| plain)?), close + 1))
}

/// The lines of the text form, each with the line of its source where there was one.
pub(super) fn print(transcript: &Transcript, style: &Style) -> Vec<(usize, String)> {
    let mut lines = Vec::new();
    let mut redactor = Redactor::default();
    for (step, from) in transcript.steps.iter().zip(&transcript.lines) {
        let texts = match step {
            Step::Engine { protocol, end } => vec![format!("-- engine: {protocol} {}", end.word())],
            Step::Said { end, parts } => said(*end, parts, style, &mut redactor),
            Step::Told { end, event, octets } => {
                let end = end.map(|end| String::from(end.letter())).unwrap_or_default();
                vec![match octets {
                    Some(octets) => format!("{end}>> {event}({octets} octets)"),
                    None => format!("{end}>> {event}"),
                }]
            }
            Step::Ended(end) => vec![format!("-- {} end", end.letter())],
            Step::Expired(end) => vec![format!("-- {} expired", end.letter())],
            Step::Failed { end, error } => vec![format!("-- {} error: {error}", end.letter())],
            Step::Cut => vec![String::from("-- cut")],
            Step::Comment(text) => vec![format!("#{text}")],
        };
        lines.extend(
            texts.into_iter().enumerate().map(|(index, text)| (if *from == 0 { 0 } else { from + index }, text)),
        );
    }
    lines
}

fn said(end: End, parts: &[Part], style: &Style, redactor: &mut Redactor) -> Vec<String> {
    let mut lines = Vec::new();
    // The line being put together: octets not yet escaped, and text that is.
    let mut open = Open { end, text: String::new(), octets: Vec::new(), any: false };
    for part in parts {
        match part {
            Part::Octets(octets) => open.octets(octets, style, redactor, &mut lines),
            Part::Bulk(octets) if octets.len() <= style.bulk => open.bulk(octets, &mut lines),
            Part::Bulk(octets) => open.omit(octets.len(), &mut lines),
            Part::Omitted(len) => open.omit(*len, &mut lines),
            Part::Secret => {
                open.escape();
                open.text.push_str("{redacted}");
                open.any = true;
            }
        }
    }
    if open.any {
        open.close(None, style, redactor, &mut lines);
    }
    lines
}

struct Open {
    end: End,
    text: String,
    octets: Vec<u8>,
    any: bool,
}

impl Open {
    fn octets(&mut self, octets: &[u8], style: &Style, redactor: &mut Redactor, lines: &mut Vec<String>) {
        for piece in octets.split_inclusive(|octet| *octet == b'\n') {
            self.any = true;
            self.octets.extend_from_slice(piece);
            if self.octets.ends_with(b"\r\n") {
                self.octets.truncate(self.octets.len() - 2);
                self.close(Some(()), style, redactor, lines);
            }
        }
    }

    /// Bulk data shows its lines, and is never searched for secrets: it is nobody's command.
    fn bulk(&mut self, octets: &[u8], lines: &mut Vec<String>) {
        self.escape();
        for piece in octets.split_inclusive(|octet| *octet == b'\n') {
            self.any = true;
            self.octets.extend_from_slice(piece);
            if self.octets.ends_with(b"\r\n") {
                self.octets.truncate(self.octets.len() - 2);
                self.escape();
                self.put(true, lines);
            }
        }
        self.escape();
    }

    fn omit(&mut self, len: usize, lines: &mut Vec<String>) {
        self.escape();
        if self.any {
            self.put(false, lines);
        }
        lines.push(format!("{}: {{{len} octets}}", self.end.letter()));
    }

    /// Ends the line: with a line end that was there, or without.
    fn close(&mut self, line_end: Option<()>, style: &Style, redactor: &mut Redactor, lines: &mut Vec<String>) {
        if self.text.is_empty() {
            let secret = redactor.secret(self.end, &self.octets).filter(|_| style.redact);
            if let Some(from) = secret {
                self.octets.truncate(from);
                self.escape();
                self.text.push_str("{redacted}");
            }
        }
        self.escape();
        self.put(line_end.is_some(), lines);
    }

    /// Moves octets to the text.
    fn escape(&mut self) {
        escape(&self.octets, &mut self.text);
        self.octets.clear();
    }

    fn put(&mut self, line_end: bool, lines: &mut Vec<String>) {
        let mut text = core::mem::take(&mut self.text);
        if line_end && text.ends_with(' ') {
            text.pop();
            text.push_str("\\x20");
        }
        if !line_end {
            text.push('\\');
        }
        let space = if text.is_empty() { "" } else { " " };
        lines.push(format!("{}:{space}{text}", self.end.letter()));
        self.any = false;
    }
}

/// Printable text as it is, everything else escaped.
fn escape(octets: &[u8], text: &mut String) {
    for chunk in octets.utf8_chunks() {
        let mut rest = chunk.valid();
        while let Some(character) = rest.chars().next() {
            match character {
                '\r' => text.push_str("\\r"),
                '\n' => text.push_str("\\n"),
                '\t' => text.push_str("\\t"),
                '\0' => text.push_str("\\0"),
                '\\' => text.push_str("\\\\"),
                '{' if parse_left_out(rest).is_some() => text.push_str("\\{"),
                ' ' | '!'..='~' => text.push(character),
                _ if character.is_alphanumeric() => text.push(character),
                _ => {
                    let mut buffer = [0; 4];
                    for octet in character.encode_utf8(&mut buffer).bytes() {
                        hex(octet, text);
                    }
                }
            }
            rest = &rest[character.len_utf8()..];
        }
        chunk.invalid().iter().for_each(|octet| hex(*octet, text));
    }
}

fn hex(octet: u8, text: &mut String) {
    // Writing to a String does not fail.
    write!(text, "\\x{octet:02x}").unwrap_or_default();
}
