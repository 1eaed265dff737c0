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
    /// More octets are left out than [`Part::Omitted`] may be.
    #[error("more octets are left out than can be stood in for")]
    Omitted,
}

/// One tebioctet: more than a conversation has, and little enough that a replay ends.
const MOST_OMITTED: u64 = 1 << 40;

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
pub(super) fn split_octets(event: &str) -> (&str, Option<usize>) {
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
                if let Part::Omitted(len) = part
                    && len as u64 > MOST_OMITTED
                {
                    return Err((at, ParseErrorKind::Omitted));
                }
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
    if rest.starts_with(SECRET) {
        return Some((Part::Secret, SECRET.len()));
    }
    let behind = rest.strip_prefix('{')?;
    // No number has more digits than this: braces without end are not looked through each time.
    let digits = behind.bytes().take(21).take_while(u8::is_ascii_digit).count();
    let (number, behind) = behind.split_at(digits);
    let behind = behind.strip_prefix(" octets}")?;
    let plain = number == "0" || !number.starts_with('0');
    Some((Part::Omitted(number.parse().ok().filter(|_| plain)?), rest.len() - behind.len()))
}

/// A text that stands in a line by itself: what would end the line, move a cursor or turn the direction of what is
/// read is written as an escape of Rust's.
pub(super) fn one_line(text: String) -> String {
    let strange = |c: char| {
        (c.is_control() && c != '\t')
            || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    if !text.contains(strange) {
        return text;
    }
    let mut line = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if strange(c) {
            line.extend(c.escape_default());
        } else {
            line.push(c);
        }
    }
    line
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
    let mut lines = Lines { end, redactor: style.redact.then_some(redactor), line: Vec::new(), done: Vec::new() };
    for part in parts {
        match part {
            Part::Octets(octets) => lines.add(octets, Atom::Plain),
            Part::Bulk(octets) if octets.len() <= style.bulk => lines.add(octets, Atom::Bulk),
            Part::Bulk(octets) => lines.omit(octets.len()),
            Part::Omitted(len) => lines.omit(*len),
            Part::Secret => lines.line.push(Atom::Secret),
        }
    }
    if !lines.line.is_empty() {
        lines.end(false);
    }
    lines.done
}

/// A piece of a line.
enum Atom {
    Plain(Vec<u8>),
    /// Bulk data shows its lines, and is never searched for secrets: it is nobody's command.
    Bulk(Vec<u8>),
    Secret,
}

/// Puts lines together from what one end said.
struct Lines<'r> {
    end: End,
    redactor: Option<&'r mut Redactor>,
    line: Vec<Atom>,
    done: Vec<String>,
}

impl Lines<'_> {
    fn add(&mut self, octets: &[u8], kind: impl Fn(Vec<u8>) -> Atom) {
        for piece in octets.split_inclusive(|octet| *octet == b'\n') {
            let fresh = kind(Vec::new());
            let same = |last: &Atom| core::mem::discriminant(last) == core::mem::discriminant(&fresh);
            if !self.line.last().is_some_and(same) {
                self.line.push(fresh);
            }
            let Some(Atom::Plain(all) | Atom::Bulk(all)) = self.line.last_mut() else { continue };
            all.extend_from_slice(piece);
            if all.ends_with(b"\r\n") {
                all.truncate(all.len() - 2);
                self.end(true);
            }
        }
    }

    fn omit(&mut self, len: usize) {
        if !self.line.is_empty() {
            self.end(false);
        }
        if let Some(redactor) = &mut self.redactor {
            redactor.lose_track(self.end);
        }
        self.done.push(format!("{}: {{{len} octets}}", self.end.letter()));
    }

    /// Ends the line: with a line end that was there, or without.
    fn end(&mut self, complete: bool) {
        let atoms = core::mem::take(&mut self.line);
        // What stands before the last bulk data is shown; what stands behind it is a line of the protocol.
        let bulk = atoms.iter().rposition(|atom| matches!(atom, Atom::Bulk(_))).map_or(0, |at| at + 1);
        let mut secret = self.secret(&atoms[bulk..], bulk > 0, complete);
        let mut text = String::new();
        for (at, atom) in atoms.iter().enumerate() {
            let secret = secret.as_mut().filter(|_| at >= bulk);
            if let Some(0) = secret {
                break;
            }
            match atom {
                Atom::Plain(octets) => {
                    let shown = secret.as_ref().map_or(octets.len(), |secret| octets.len().min(**secret));
                    escape(&octets[..shown], &mut text);
                    if let Some(secret) = secret {
                        *secret -= shown;
                    }
                }
                Atom::Bulk(octets) => escape(octets, &mut text),
                Atom::Secret => {
                    text.push_str(SECRET);
                    if let Some(secret) = secret {
                        *secret -= 1;
                    }
                }
            }
        }
        if secret == Some(0) {
            text.push_str(SECRET);
        }
        if complete && text.ends_with(' ') {
            text.pop();
            text.push_str("\\x20");
        }
        if !complete {
            text.push('\\');
        }
        let space = if text.is_empty() { "" } else { " " };
        self.done.push(format!("{}:{space}{text}", self.end.letter()));
    }

    /// Where the secret of a line begins. What a transcript has left out itself counts as one octet, of which nobody
    /// knows what it is.
    fn secret(&mut self, line: &[Atom], behind_bulk: bool, complete: bool) -> Option<usize> {
        let redactor = self.redactor.as_deref_mut()?;
        if behind_bulk {
            redactor.lose_track(self.end);
        }
        let mut plain = Vec::new();
        for atom in line {
            match atom {
                Atom::Plain(octets) | Atom::Bulk(octets) => plain.extend_from_slice(octets),
                Atom::Secret => plain.push(b'?'),
            }
        }
        redactor.secret(self.end, &plain, complete)
    }
}

const SECRET: &str = "{redacted}";

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
