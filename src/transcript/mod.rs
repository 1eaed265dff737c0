//! Conversations as text: recorded, printed, read back and replayed.
//!
//! A transcript reads like the examples in an RFC: `C:` is what the client sent, `S:` what the server sent, a line of
//! the protocol to a line of text, and `>>` what an engine told its caller about it. It is made for
//! `insta::assert_snapshot!`, for bug reports, and for people.
//!
//! ```text
//! # A mail that is taken.
//! -- engine: smtp server
//! S: 220 mx.example ESMTP
//! C: EHLO client.example
//! >> Hello("client.example")
//! S: 250 mx.example
//! C: AUTH PLAIN {redacted}
//! -- C end
//! ```
//!
//! # Form
//!
//! UTF-8, a line at a time, in the notation of RFC 5234:
//!
//! ```text
//! transcript = *( line LF )
//! line       = said / told / note / comment / ""
//! said       = end ":" [ SP *part ] [ "\" ]   ; CR LF follows on the wire, unless the line ends in a lone "\"
//! told       = [ end ] ">>" SP text           ; an event, in its Debug form; `end` where both ends' events are told
//! note       = "--" SP ( end SP "end"         ; this end will send no more
//!                      / end SP "expired"     ; the deadline of this end's engine passed
//!                      / end SP "error:" SP text  ; this end's engine refused what came
//!                      / "cut"                ; what stands above arrives before what stands below
//!                      / "engine:" SP protocol SP ( "client" / "server" ) )
//! comment    = "#" text
//! end        = "C" / "S"
//! part       = literal / escape / secret / omitted
//! escape     = "\r" / "\n" / "\t" / "\0" / "\\" / "\{" / "\x" 2HEXDIG
//! secret     = "{redacted}"                   ; any octets up to the end of the line
//! omitted    = "{" 1*DIGIT SP "octets}"       ; that many octets, at most 2^40, that are not shown; no CR LF follows
//! text       = *character                     ; controls but tabs, line separators, bidi controls as escapes of Rust
//! literal    = any other character
//! ```
//!
//! Printing and reading are each other's inverse: [`Transcript::parse`] of what was printed in full gives an equal
//! transcript, and what nobody said stays unsaid: no event, error or comment makes a second line. What is not UTF-8, not
//! printable, or a space before the line's end is escaped, so a transcript survives editors and never changes without
//! cause.
//!
//! # Secrets and bulk
//!
//! [`Style`] decides what is shown. By default secrets are redacted (SASL exchanges after `AUTH`, `PASS`, `APOP`, and
//! the fields `Authorization`, `Proxy-Authorization`, `Cookie` and `Set-Cookie`), and bulk data over 256 octets is
//! given by its length.
//!
//! # Example
//!
//! ```
//! use plainwire::transcript::{End, Style, Transcript};
//!
//! let text = "S: +OK maildrop ready\nC: PASS hunter2\n-- C end\n";
//! let transcript = Transcript::parse(text)?;
//! assert_eq!(transcript.octets(End::Server), b"+OK maildrop ready\r\n");
//! assert_eq!(transcript.print(&Style::full()), text);
//! assert_eq!(transcript.to_string(), "S: +OK maildrop ready\nC: PASS {redacted}\n-- C end\n");
//! # Ok::<(), plainwire::transcript::ParseError>(())
//! ```

mod record;
mod redact;
mod replay;
#[cfg(test)]
mod tests;
mod text;

pub use record::{Recorder, Shown, converse};
pub use replay::{Compared, Difference, replay, replay_compared};
pub use text::{ParseError, ParseErrorKind, Style};

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

/// One end of a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum End {
    /// Who connected.
    Client,
    /// Who was connected to.
    Server,
}

impl End {
    /// The other end.
    #[must_use]
    pub const fn peer(self) -> Self {
        match self {
            Self::Client => Self::Server,
            Self::Server => Self::Client,
        }
    }

    const fn letter(self) -> char {
        match self {
            Self::Client => 'C',
            Self::Server => 'S',
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Server => "server",
        }
    }
}

/// A piece of what was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// Octets of the protocol.
    Octets(Vec<u8>),
    /// Bulk data, shown by its length where it is long.
    Bulk(Vec<u8>),
    /// Octets that a transcript left out, by their number: at most 2⁴⁰, or the text form is not read back.
    Omitted(usize),
    /// A secret that a transcript left out.
    Secret,
}

/// One step of a conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Step {
    /// Which engine this is about.
    Engine {
        /// The protocol's name, as `plainwire inspect` knows it.
        protocol: String,
        /// Which end the engine is.
        end: End,
    },
    /// An end sent something.
    Said {
        /// Who.
        end: End,
        /// What.
        parts: Vec<Part>,
    },
    /// An engine told an event.
    Told {
        /// Whose engine, where both are told about.
        end: Option<End>,
        /// The event.
        event: String,
        /// For bulk data: how many octets. `event` is then the event's name alone.
        octets: Option<usize>,
    },
    /// An end will send no more.
    Ended(End),
    /// An engine's deadline passed.
    Expired(End),
    /// An engine refused what came.
    Failed {
        /// Whose engine.
        end: End,
        /// The error, as it describes itself.
        error: String,
    },
    /// What was said before is received before what is said after.
    Cut,
    /// A remark, without its `#`.
    Comment(String),
}

/// A conversation, step by step.
///
/// Two are equal where they say the same. What was recorded as bulk data reads back as octets like any others, and where
/// in a text a step stood is nobody's business: neither makes a difference.
#[derive(Clone, Debug, Default)]
pub struct Transcript {
    steps: Vec<Step>,
    /// The line of the text that each step began on, where it was read from one.
    lines: Vec<usize>,
}

impl Transcript {
    /// An empty transcript.
    pub fn new() -> Self {
        Self::default()
    }

    /// The steps in their order.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Adds a step. What an end says right after having said something joins it, and who says nothing adds nothing.
    ///
    /// The texts of events, errors and comments stand in one line each: a control character other than a tab, a line
    /// separator or a bidirectional control in them is escaped as in a literal of Rust; a comment of several lines is as
    /// many comments.
    pub fn push(&mut self, step: Step) {
        if let Step::Comment(text) = &step
            && text.contains('\n')
        {
            text.lines().for_each(|line| self.push_at(Step::Comment(line.to_owned()), 0));
        } else {
            self.push_at(step, 0);
        }
    }

    fn push_at(&mut self, step: Step, line: usize) {
        let step = match step {
            Step::Engine { protocol, end } => Step::Engine { protocol: text::one_line(protocol), end },
            Step::Told { end, event, octets: None } => {
                let event = text::one_line(event);
                let (name, octets) = text::split_octets(&event);
                Step::Told { end, event: name.to_owned(), octets }
            }
            Step::Told { end, event, octets } => Step::Told { end, event: text::one_line(event), octets },
            Step::Failed { end, error } => Step::Failed { end, error: text::one_line(error) },
            Step::Comment(text) => Step::Comment(text::one_line(text)),
            Step::Said { end, mut parts } => {
                parts.retain(|part| !matches!(part, Part::Octets(none) | Part::Bulk(none) if none.is_empty()));
                if parts.is_empty() {
                    return;
                }
                Step::Said { end, parts }
            }
            step => step,
        };
        if let (Step::Said { end, parts }, Some(Step::Said { end: before, parts: all })) =
            (&step, self.steps.last_mut())
            && end == before
        {
            for part in parts {
                join(all, part.clone());
            }
            return;
        }
        self.steps.push(step);
        self.lines.push(line);
    }

    /// Everything that `end` said, in one piece. Omitted octets are stood in for by as many `x`, secrets by `redacted`.
    ///
    /// A few characters of text may stand for a tebioctet: look at [`length`](Self::length) first where the text is not
    /// one's own.
    pub fn octets(&self, end: End) -> Vec<u8> {
        let mut all = Vec::new();
        for step in &self.steps {
            if let Step::Said { end: who, parts } = step
                && *who == end
            {
                for part in parts {
                    part.stand_in(&mut all);
                }
            }
        }
        all
    }

    /// How many octets `end` said, with those that stand in for what was left out.
    pub fn length(&self, end: End) -> u64 {
        let said = self.steps.iter().map(|step| match step {
            Step::Said { end: who, parts } if *who == end => {
                parts.iter().map(Part::length).fold(0, u64::saturating_add)
            }
            _ => 0,
        });
        said.fold(0, u64::saturating_add)
    }

    /// The protocol and the end of the engine that the transcript names, if it names one.
    pub fn engine(&self) -> Option<(&str, End)> {
        self.steps.iter().find_map(|step| match step {
            Step::Engine { protocol, end } => Some((protocol.as_str(), *end)),
            _ => None,
        })
    }

    /// Reads the text form.
    ///
    /// # Errors
    ///
    /// The first line that has no meaning, with its number and column, both from 1.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        text::parse(text)
    }

    /// The text form in a given style.
    pub fn print(&self, style: &Style) -> String {
        text::print(self, style).into_iter().fold(String::new(), |mut all, (_, line)| {
            all.push_str(&line);
            all.push('\n');
            all
        })
    }
}

impl PartialEq for Transcript {
    fn eq(&self, other: &Self) -> bool {
        self.steps.len() == other.steps.len()
            && self.steps.iter().zip(&other.steps).all(|steps| match steps {
                (Step::Said { end, parts }, Step::Said { end: other_end, parts: others }) => {
                    end == other_end && as_octets(parts) == as_octets(others)
                }
                (step, other) => step == other,
            })
    }
}

impl Eq for Transcript {}

/// The same with bulk data as octets.
fn as_octets(parts: &[Part]) -> Vec<Part> {
    let mut all = Vec::new();
    for part in parts {
        join(&mut all, if let Part::Bulk(octets) = part { Part::Octets(octets.clone()) } else { part.clone() });
    }
    all
}

/// In the default [`Style`]: secrets redacted, bulk by its length.
impl fmt::Display for Transcript {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.print(&Style::default()))
    }
}

impl Part {
    const SECRET: &[u8] = b"redacted";

    fn length(&self) -> u64 {
        match self {
            Self::Octets(octets) | Self::Bulk(octets) => octets.len() as u64,
            Self::Omitted(len) => *len as u64,
            Self::Secret => Self::SECRET.len() as u64,
        }
    }

    fn stand_in(&self, out: &mut Vec<u8>) {
        match self {
            Self::Octets(octets) | Self::Bulk(octets) => out.extend_from_slice(octets),
            Self::Omitted(len) => out.resize(out.len() + len, b'x'),
            Self::Secret => out.extend_from_slice(Self::SECRET),
        }
    }
}

/// Adds a part to others, as one with the last where both are of a kind.
fn join(parts: &mut Vec<Part>, part: Part) {
    match (parts.last_mut(), part) {
        (Some(Part::Octets(all)), Part::Octets(more)) | (Some(Part::Bulk(all)), Part::Bulk(more)) => {
            all.extend_from_slice(&more);
        }
        (_, part) => parts.push(part),
    }
}
