//! What ends a conversation, and what a caller may not do.

use super::said::Refusal;
use super::text::Unfit;
use bytes::BytesMut;
use thiserror::Error;

/// What the peer did that ends the conversation. Nothing that a member *says* does: a line that can't be relayed is
/// refused and told as an event, and the next one may be better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("{kind}, at octet {offset} of the stream")]
pub struct Error {
    /// What it was.
    pub kind: ErrorKind,
    /// Where in the stream, in octets from its start.
    pub offset: u64,
}

/// The ways in which a conversation fails, all of them the peer's doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The stream ended inside a line; the offset is its end. The half line is not relayed: who cut it is not known.
    #[error("the connection ended inside a line")]
    Truncated,
    /// A line was begun and not ended within [`Limits::line_time`](super::Limits::line_time); the offset is that of
    /// the first octet not yet taken.
    #[error("a line took too long to arrive")]
    TimedOut,
}

impl Error {
    /// The line, without its end, that a server answers with; a client says nothing to it.
    pub const fn reply(&self) -> &'static str {
        match self.kind {
            ErrorKind::Truncated => "-! truncated: the last line has no end and was not relayed",
            ErrorKind::TimedOut => "-! timed-out: the line took too long",
        }
    }
}

/// A line that was refused, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Refused {
    /// Why.
    pub why: Refusal,
    /// Where the fault lies, in octets from the start of the stream.
    pub offset: u64,
}

/// What a caller asked for and can't have. Nothing was written and nothing changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
#[non_exhaustive]
pub enum Misuse {
    /// A text holds what is not relayed, at this offset.
    #[error("{0} (octet {1})")]
    Unfit(Unfit, usize),
    /// There is nothing but spaces.
    #[error("there is nothing to say")]
    Blank,
    /// The line would be longer than this many octets.
    #[error("the line would be longer than {0} octets")]
    TooLong(usize),
    /// A code that is no word, a list of what are no names, a notice that would read as something else.
    #[error("this can't be said in this form")]
    Form,
    /// A typed line is no command, or lacks something.
    #[error("{0}")]
    Refused(Refusal),
    /// The conversation is not at the point where this is said: a welcome after the welcome, a word after the end.
    #[error("this can't be said now")]
    NotNow,
}

/// With what words a server lets go of a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Farewell {
    /// The member said `/quit`, or ended its side.
    Bye,
    /// The room is full.
    Full,
    /// The member does not read what it is sent.
    TooSlow,
    /// The member says more than it may, and did not stop when told.
    Flood,
    /// The member has said nothing for [`Limits::idle`](super::Limits::idle).
    Idle,
    /// The server ends.
    Closing,
}

impl Farewell {
    /// The line, without its end.
    pub const fn line(self) -> &'static str {
        match self {
            Self::Bye => "-- bye",
            Self::Full => "-! room-full: the room is full",
            Self::TooSlow => "-! too-slow: you do not read what you are sent",
            Self::Flood => "-! flood: you say more than can be heard",
            Self::Idle => "-! idle: you have said nothing for long",
            Self::Closing => "-! closing: the room closes",
        }
    }
}

pub(super) fn write_line(line: &str, ending: super::Ending, out: &mut BytesMut) {
    out.reserve(line.len() + 2);
    out.extend_from_slice(line.as_bytes());
    out.extend_from_slice(ending.octets());
}
