//! What a client did wrong, beyond what a reply can mend.

use super::replies;
use crate::smtp::{Answer, Code, Enhanced};

/// The end of a session by the client's fault, and where in the stream it lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{kind} at octet {offset}")]
pub struct Error {
    /// What it was.
    pub kind: ErrorKind,
    /// Octets from the beginning of the connection, or of its TLS stream, to where it is.
    pub offset: u64,
}

/// What a client did wrong, beyond what a reply can mend. After each of these the session is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The connection ended inside a line, a message or a transaction.
    #[error("the connection ended in the middle of something")]
    Truncated,
    /// The clock ran out.
    #[error("waited too long")]
    TimedOut,
    /// Octets in clear behind `STARTTLS` (CVE-2011-0411): somebody put them there to be taken for what came over TLS.
    #[error("octets in clear behind STARTTLS")]
    Injected,
    /// More commands were refused than [`Limits::errors`](super::Limits::errors), more moved nothing than
    /// [`Limits::idle_commands`](super::Limits::idle_commands), or more exchanges failed than
    /// [`Limits::auth_failures`](super::Limits::auth_failures).
    #[error("too many commands that lead nowhere")]
    TooManyErrors,
    /// A line that was too long and then did not end either.
    #[error("a line without an end")]
    LineTooLong,
    /// What followed a refused `DATA` is no command: a message that nobody asked for. None of it is taken for commands.
    #[error("a message behind a refused DATA")]
    EarlyData,
    /// A `BDAT` whose size can't be read, so that nobody knows where the next command begins.
    #[error("unreadable chunk size")]
    BadChunk,
    /// A request of another protocol.
    #[error("another protocol's request")]
    Foreign,
    /// No PROXY preamble where a trusted proxy has to say one.
    #[error("no PROXY preamble")]
    BadProxy,
}

impl ErrorKind {
    /// A word for programs, in kebab case.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Truncated => "truncated",
            Self::TimedOut => "timed-out",
            Self::Injected => "injected",
            Self::TooManyErrors => "too-many-errors",
            Self::LineTooLong => "line-too-long",
            Self::EarlyData => "early-data",
            Self::BadChunk => "bad-chunk",
            Self::Foreign => "foreign",
            Self::BadProxy => "bad-proxy",
        }
    }

    pub(super) const fn answer(self) -> Option<&'static Answer> {
        match self {
            // Nobody is there to read it, or nobody who speaks SMTP.
            Self::Truncated | Self::Injected | Self::BadProxy => None,
            Self::TimedOut => Some(&replies::TIMED_OUT),
            Self::TooManyErrors => Some(&replies::TOO_MANY_ERRORS),
            Self::LineTooLong => Some(&replies::LINE_TOO_LONG),
            Self::EarlyData => Some(&replies::EARLY_DATA),
            Self::BadChunk => Some(&replies::BAD_CHUNK),
            Self::Foreign => Some(&replies::FOREIGN),
        }
    }
}

impl Error {
    /// What the client was answered; `None` where it was told nothing.
    pub fn reply(&self) -> Option<(Code, Option<Enhanced>)> {
        self.kind.answer().map(|answer| (answer.code(), answer.enhanced()))
    }
}
