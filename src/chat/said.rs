//! What a member says to the server, and how it is spelled.
//!
//! | line | value |
//! |---|---|
//! | `hello` | [`Said::Say`] `hello` |
//! | `//hello` | [`Said::Say`] `/hello` |
//! | `/me waves` | [`Said::Act`] `waves` |
//! | `/msg NAME hello` | [`Said::Tell`] |
//! | `/nick NAME` | [`Said::Nick`] |
//! | `/who`, `/help` | [`Said::Who`], [`Said::Help`] |
//! | `/quit`, `/quit good night` | [`Said::Quit`] |
//!
//! Commands are read without regard to case. A text is what stands behind one space, with its own spaces kept. A line
//! that shows nothing, of spaces of any width ([`text`]), says nothing.

use super::framing::Ending;
use super::text::{self, Unfit};
use super::{Limits, Misuse, Name, NameError};
use bytes::BytesMut;
use core::fmt;

/// What a member says. Texts are fit in the sense of [`text::check`] and not blank, names are [`Name`]s.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
#[non_exhaustive]
pub enum Said<B> {
    /// A text, to the room.
    Say {
        /// What is said.
        text: B,
    },
    /// What the member does, told to the room: `/me`.
    Act {
        /// What is done, in the third person.
        text: B,
    },
    /// A text for one other member alone: `/msg`.
    Tell {
        /// Whom it is for.
        to: Name,
        /// What is said.
        text: B,
    },
    /// The member wants another name: `/nick`.
    Nick {
        /// The name wanted.
        name: Name,
    },
    /// Who is here?
    Who,
    /// What can be said?
    Help,
    /// The member leaves.
    Quit {
        /// The last words.
        reason: Option<B>,
    },
}

/// A command of the protocol, as far as its use is explained.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Verb {
    /// `/me TEXT`
    Me,
    /// `/msg NAME TEXT`
    Msg,
    /// `/nick NAME`
    Nick,
    /// `/who`
    Who,
    /// `/help`
    Help,
    /// `/quit [TEXT]`
    Quit,
}

impl Verb {
    /// How the command is used.
    pub const fn usage(self) -> &'static str {
        match self {
            Self::Me => "/me TEXT",
            Self::Msg => "/msg NAME TEXT",
            Self::Nick => "/nick NAME",
            Self::Who => "/who",
            Self::Help => "/help",
            Self::Quit => "/quit [TEXT]",
        }
    }
}

/// Why a line of a member was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Refusal {
    /// The line is longer than [`Limits::line`]; it is skipped to its end.
    TooLong,
    /// The line holds what is not relayed.
    Unfit(Unfit),
    /// What should be a name is none.
    Name(NameError),
    /// The command lacks what it needs, or has more than it takes.
    Usage(Verb),
    /// There is no such command.
    UnknownCommand,
}

impl Refusal {
    /// The word for programs, in front of the sentence for people.
    pub const fn code(self) -> &'static str {
        match self {
            Self::TooLong => "line-too-long",
            Self::Unfit(Unfit::NotUtf8) => "not-utf8",
            Self::Unfit(Unfit::Control) => "control-character",
            Self::Unfit(Unfit::LineSeparator) => "line-separator",
            Self::Unfit(Unfit::Bidirectional) => "bidirectional-control",
            Self::Unfit(Unfit::Invisible) => "invisible-character",
            Self::Unfit(Unfit::Noncharacter) => "noncharacter",
            Self::Name(_) => "bad-name",
            Self::Usage(_) => "usage",
            Self::UnknownCommand => "unknown-command",
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong => formatter.write_str("the line is too long; nothing of it was relayed"),
            Self::Unfit(unfit) => unfit.fmt(formatter),
            Self::Name(error) => error.fmt(formatter),
            Self::Usage(verb) => formatter.write_str(verb.usage()),
            Self::UnknownCommand => {
                formatter.write_str("there is no such command; try /help, or // to begin with a slash")
            }
        }
    }
}

impl<B> Said<B> {
    /// The same with each text replaced by what `keep` makes of it.
    pub fn map<C>(self, mut keep: impl FnMut(B) -> C) -> Said<C> {
        match self {
            Self::Say { text } => Said::Say { text: keep(text) },
            Self::Act { text } => Said::Act { text: keep(text) },
            Self::Tell { to, text } => Said::Tell { to, text: keep(text) },
            Self::Nick { name } => Said::Nick { name },
            Self::Who => Said::Who,
            Self::Help => Said::Help,
            Self::Quit { reason } => Said::Quit { reason: reason.map(keep) },
        }
    }
}

impl<'i> Said<&'i [u8]> {
    /// What `line`, without its end, says; `None` where it is blank.
    ///
    /// # Errors
    ///
    /// The reason and the offset in the line where it lies. [`Refusal::TooLong`] is not among them: a line is measured
    /// where it is cut off the stream.
    pub fn parse(line: &'i [u8]) -> Result<Option<Self>, (Refusal, usize)> {
        text::check(line).map_err(|(unfit, at)| (Refusal::Unfit(unfit), at))?;
        let command = match line {
            [b'/', b'/', ..] => return Ok(Some(Said::Say { text: &line[1..] })),
            [b'/', command @ ..] => command,
            _ if blank(line) => return Ok(None),
            _ => return Ok(Some(Said::Say { text: line })),
        };
        let (verb, rest) = word(command);
        // Where the rest begins, had it a first octet.
        let at = (line.len() - rest.map_or(0, <[u8]>::len)).min(line.len());
        let text = rest.filter(|rest| !blank(rest));
        let usage = |verb| (Refusal::Usage(verb), at);
        let name = |octets: &[u8], at| Name::new(octets).map_err(|error| (Refusal::Name(error), at + misplaced(error)));
        Ok(Some(match &verb.to_ascii_lowercase()[..] {
            b"me" => Said::Act { text: text.ok_or(usage(Verb::Me))? },
            b"msg" => {
                let rest = text.ok_or(usage(Verb::Msg))?;
                let names = rest.trim_ascii_start();
                let (to, text) = word(names);
                let to = name(to, line.len() - names.len())?;
                Said::Tell {
                    to,
                    text: text.filter(|text| !blank(text)).ok_or((Refusal::Usage(Verb::Msg), line.len()))?,
                }
            }
            b"nick" => {
                let rest = text.ok_or(usage(Verb::Nick))?.trim_ascii_end();
                let wanted = rest.trim_ascii_start();
                Said::Nick { name: name(wanted, at + rest.len() - wanted.len())? }
            }
            b"who" if text.is_none() => Said::Who,
            b"who" => return Err(usage(Verb::Who)),
            b"help" if text.is_none() => Said::Help,
            b"help" => return Err(usage(Verb::Help)),
            b"quit" => Said::Quit { reason: text },
            _ => return Err((Refusal::UnknownCommand, 0)),
        }))
    }
}

/// Where in a name its fault lies.
fn misplaced(error: NameError) -> usize {
    match error {
        NameError::Character(at) => at,
        NameError::Length => 0,
    }
}

impl<B: AsRef<[u8]>> Said<B> {
    /// Writes the line that says this.
    ///
    /// # Errors
    ///
    /// [`Misuse`] where a text is blank, unfit, or makes the line longer than [`Limits::line`]; nothing is written then.
    pub fn write(&self, limits: &Limits, ending: Ending, out: &mut BytesMut) -> Result<(), Misuse> {
        let (words, name, text): (&str, &[u8], Option<&[u8]>) = match self {
            // A slash at the front is doubled, so that a text is never a command.
            Self::Say { text } if text.as_ref().starts_with(b"/") => ("/", b"", Some(text.as_ref())),
            Self::Say { text } => ("", b"", Some(text.as_ref())),
            Self::Act { text } => ("/me ", b"", Some(text.as_ref())),
            Self::Tell { to, text } => ("/msg ", to.as_bytes(), Some(text.as_ref())),
            Self::Nick { name } => ("/nick ", name.as_bytes(), None),
            Self::Who => ("/who", b"", None),
            Self::Help => ("/help", b"", None),
            Self::Quit { reason: None } => ("/quit", b"", None),
            Self::Quit { reason: Some(reason) } => ("/quit ", b"", Some(reason.as_ref())),
        };
        if let Some(text) = text {
            text::check(text).map_err(|(unfit, at)| Misuse::Unfit(unfit, at))?;
            if blank(text) {
                return Err(Misuse::Blank);
            }
        }
        let between = if matches!(self, Self::Tell { .. }) { " " } else { "" };
        let pieces = [words.as_bytes(), name, between.as_bytes(), text.unwrap_or_default()];
        let length: usize = pieces.iter().map(|piece| piece.len()).sum();
        if length > limits.line {
            return Err(Misuse::TooLong(limits.line));
        }
        out.reserve(length + 2);
        for piece in pieces {
            out.extend_from_slice(piece);
        }
        out.extend_from_slice(ending.octets());
        Ok(())
    }
}

/// A line of spaces, or of nothing that shows.
pub(super) fn blank(text: &[u8]) -> bool {
    match text.iter().find(|&&octet| octet != b' ') {
        None => true,
        Some(octet) => !octet.is_ascii() && text::shows_nothing(text),
    }
}

/// What stands before the first space, and what stands behind it.
pub(super) fn word(text: &[u8]) -> (&[u8], Option<&[u8]>) {
    match text.iter().position(|&octet| octet == b' ') {
        Some(space) => (&text[..space], Some(&text[space + 1..])),
        None => (text, None),
    }
}
