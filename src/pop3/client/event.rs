//! What a client tells, and how it can be misused.

use super::super::{Capability, Code};
use crate::sasl::{ClientError, InvalidCredentials};

/// A command, as the answers to it name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Command {
    /// None: the server speaks first.
    Greeting,
    /// `CAPA`
    Capa,
    /// `STLS`
    Stls,
    /// `USER`
    User,
    /// `PASS`
    Pass,
    /// `APOP`
    Apop,
    /// `AUTH`
    Auth,
    /// `STAT`
    Stat,
    /// `LIST`, of one message or of all.
    List(Option<u32>),
    /// `UIDL`, of one message or of all.
    Uidl(Option<u32>),
    /// `TOP`
    Top {
        /// The message.
        message: u32,
        /// How many lines of its body.
        lines: u32,
    },
    /// `RETR`
    Retr(u32),
    /// `DELE`
    Dele(u32),
    /// `NOOP`
    Noop,
    /// `RSET`
    Rset,
    /// `UTF8`
    Utf8,
    /// `LANG`, to choose one, or to be told which there are.
    Lang {
        /// To be told.
        listing: bool,
    },
    /// `QUIT`
    Quit,
}

impl Command {
    /// The answer to it, if it is positive, goes on over lines up to a dot.
    pub const fn is_multi_line(self) -> bool {
        matches!(
            self,
            Self::Capa
                | Self::List(None)
                | Self::Uidl(None)
                | Self::Top { .. }
                | Self::Retr(_)
                | Self::Lang { listing: true }
        )
    }

    /// Nothing may be said behind it before it is answered: what the session is then is not known.
    pub(super) const fn is_last(self) -> bool {
        matches!(self, Self::Greeting | Self::Stls | Self::Pass | Self::Apop | Self::Auth | Self::Quit)
    }
}

/// What a server answered. Answers come in the order of the commands; each is told with the one that it answers.
///
/// A positive answer of one line is [`Ok`](Self::Ok), [`Stat`](Self::Stat), [`Size`](Self::Size) or
/// [`UniqueId`](Self::UniqueId); one of several lines is [`Begin`](Self::Begin), what it holds, and [`End`](Self::End).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event<B> {
    /// The server is ready.
    Greeting {
        /// Its text, in which [`Client::apop`](super::Client::apop) finds its timestamp.
        text: B,
    },
    /// Done. After `STLS` the session is handed over, after `QUIT` it is closed.
    Ok {
        /// What.
        command: Command,
        /// In the server's words.
        text: B,
    },
    /// Refused. A refused greeting or `QUIT` closes the session.
    Refused {
        /// What.
        command: Command,
        /// Why, for programs.
        code: Option<Code<B>>,
        /// Why, in the server's words, without the code.
        text: B,
    },
    /// The answer to `STAT`.
    Stat {
        /// Messages that are not marked as deleted.
        messages: u32,
        /// Their octets.
        octets: u64,
    },
    /// A message's size: the answer to `LIST`, or a line of it.
    Size {
        /// The message's number.
        message: u32,
        /// Its octets, as they will be told.
        octets: u64,
    },
    /// A message's unique id: the answer to `UIDL`, or a line of it.
    UniqueId {
        /// The message's number.
        message: u32,
        /// What it is called in every session.
        id: B,
    },
    /// A positive answer that goes on over lines begins.
    Begin {
        /// To what.
        command: Command,
        /// In the server's words.
        text: B,
    },
    /// A line of the answer to `CAPA`.
    Capability(Capability<B>),
    /// A line of the answer to `LANG`.
    Language {
        /// The tag (RFC 5646).
        tag: B,
        /// What the language calls itself.
        name: B,
    },
    /// Octets of a message, without stuffing, with their line ends.
    Data(B),
    /// An answer over lines is whole.
    End {
        /// To what.
        command: Command,
    },
    /// The server challenged in an `AUTH` exchange, and was answered.
    Challenged,
    /// The server challenged with what has no answer, and was told that the exchange is off. Its refusal follows.
    Cancelled(ClientError),
}

impl<B> Event<B> {
    /// The event with its octets held otherwise.
    pub fn map<C>(self, mut keep: impl FnMut(B) -> C) -> Event<C> {
        match self {
            Self::Greeting { text } => Event::Greeting { text: keep(text) },
            Self::Ok { command, text } => Event::Ok { command, text: keep(text) },
            Self::Refused { command, code, text } => {
                Event::Refused { command, code: code.map(|code| code.map(&mut keep)), text: keep(text) }
            }
            Self::Stat { messages, octets } => Event::Stat { messages, octets },
            Self::Size { message, octets } => Event::Size { message, octets },
            Self::UniqueId { message, id } => Event::UniqueId { message, id: keep(id) },
            Self::Begin { command, text } => Event::Begin { command, text: keep(text) },
            Self::Capability(capability) => Event::Capability(capability.map(keep)),
            Self::Language { tag, name } => Event::Language { tag: keep(tag), name: keep(name) },
            Self::Data(octets) => Event::Data(keep(octets)),
            Self::End { command } => Event::End { command },
            Self::Challenged => Event::Challenged,
            Self::Cancelled(error) => Event::Cancelled(error),
        }
    }
}

/// The end of a session by the server's fault, and where in the stream it lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{kind} at octet {offset}")]
pub struct Error {
    /// What it was.
    pub kind: ErrorKind,
    /// Octets from the beginning of the connection, or of its TLS stream, to where it is.
    pub offset: u64,
}

/// What a server did wrong. After each of these the session is over; nothing is said to the server about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The connection ended inside an answer, or before one.
    #[error("the connection ended before the answer did")]
    Truncated,
    /// The answer did not come in time.
    #[error("waited too long for an answer")]
    TimedOut,
    /// Octets that answer nothing.
    #[error("octets that answer nothing")]
    Unsolicited,
    /// Octets in clear behind the answer to `STLS` (CVE-2011-0411): somebody put them there to be taken for what came
    /// over TLS.
    #[error("octets in clear behind STLS")]
    Injected,
    /// An answer that is neither `+OK` nor `-ERR`, or that says `+OK` and then something else than the command asked for.
    #[error("an answer that is none")]
    Malformed,
    /// A line longer than [`Limits::line`](super::Limits::line).
    #[error("a line too long")]
    LineTooLong,
    /// A list of more lines than [`Limits::list`](super::Limits::list).
    #[error("a list without an end")]
    ListTooLong,
    /// A message longer than [`Limits::message`](super::Limits::message).
    #[error("a message too large")]
    MessageTooLarge,
    /// The server says that the login succeeded and has not proven what the mechanism asks of it.
    #[error("the server reports success and has not proven itself")]
    Unproven,
}

impl ErrorKind {
    /// A word for programs, in kebab case.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Truncated => "truncated",
            Self::TimedOut => "timed-out",
            Self::Unsolicited => "unsolicited",
            Self::Injected => "injected",
            Self::Malformed => "malformed",
            Self::LineTooLong => "line-too-long",
            Self::ListTooLong => "list-too-long",
            Self::MessageTooLarge => "message-too-large",
            Self::Unproven => "unproven",
        }
    }
}

/// A command to the engine that does not fit. Nothing was written and nothing has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Misuse {
    /// The command may not be said in this state of the session.
    #[error("this can't be said now")]
    NotNow,
    /// An earlier command has to be answered first: the server does not offer `PIPELINING`, the last command decides what
    /// the session will be, or [`Limits::pipeline`](super::Limits::pipeline) are waiting.
    #[error("an earlier command is not answered yet")]
    Busy,
    /// An argument is empty, or holds a control character or another octet that can't stand there.
    #[error("an argument that can't be said")]
    Argument,
    /// The line would be longer than 255 octets (RFC 2449 4).
    #[error("the line would be too long")]
    TooLong,
    /// Messages are numbered from 1.
    #[error("there is no message 0")]
    Zero,
    /// The greeting has no timestamp, or none that is to be trusted (CVE-2007-1558).
    #[error("the server offers no APOP")]
    NoTimestamp,
    /// The credentials can't be said.
    #[error(transparent)]
    Credentials(#[from] InvalidCredentials),
    /// What was left before TLS came in clear.
    #[error("octets in clear before TLS")]
    Injected,
}
