//! What a client tells, what a server did wrong, and how a client can be misused.

use super::Outcome;
use crate::sasl::{ClientError, InvalidCredentials};
use crate::smtp::{Reply, ReplyError};
use crate::syntax::dots::Bare;

/// What a reply answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Step {
    /// The connection.
    Greeting,
    /// `EHLO`, `HELO` or `LHLO`.
    Hello,
    /// `STARTTLS`.
    StartTls,
    /// `AUTH`.
    Auth,
    /// `MAIL`.
    Sender,
    /// `RCPT`.
    Recipient,
    /// `DATA`.
    Data,
    /// A chunk that was not the last.
    Chunk,
    /// The whole message.
    Message,
    /// `RSET`.
    Reset,
    /// `NOOP`.
    Noop,
    /// `VRFY`.
    Verify,
    /// `EXPN`.
    Expand,
    /// `HELP`.
    Help,
    /// `ETRN`.
    Turn,
    /// `QUIT`.
    Quit,
}

/// What a server said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event<B> {
    /// The greeting; the name was said in answer.
    Greeting(Reply<B>),
    /// The server knows the client's name, and [`capabilities`](super::Client::capabilities) says what it can do.
    Hello(Reply<B>),
    /// TLS may begin. Handed over: run the handshake, then call [`secured`](super::Client::secured).
    StartTls(Reply<B>),
    /// The exchange goes on; it was answered. What the challenge was stays between the two mechanisms.
    Challenged,
    /// The server believes who the client is, and the client believes the server.
    Authenticated(Reply<B>),
    /// The session is set up: messages may be sent. Told once.
    Ready,
    /// The server refuses the session at this step; `QUIT` was said.
    Refused {
        /// Where.
        step: Step,
        /// With what.
        reply: Reply<B>,
    },
    /// A recipient was accepted or refused.
    Recipient {
        /// Which, counted from 0 in the envelope's order.
        index: u32,
        /// The answer.
        reply: Reply<B>,
    },
    /// At least one recipient was accepted: send the message now, by [`content`](super::Client::content).
    Go,
    /// The verdict on the message: for one recipient in LMTP, for all accepted ones in SMTP.
    Sent {
        /// Which recipient, in LMTP.
        recipient: Option<u32>,
        /// The verdict.
        reply: Reply<B>,
    },
    /// The message is over, one way or the other, and the next may be sent. Comes by itself, on no octets.
    Done(Outcome),
    /// An answer that changes nothing by itself.
    Reply {
        /// What it answers.
        step: Step,
        /// The answer.
        reply: Reply<B>,
    },
    /// 421, at any time: the server closes. What was not answered was not done.
    Shutdown(Reply<B>),
}

impl<B> Event<B> {
    /// The event with its octets held otherwise.
    pub fn map<C>(self, keep: impl FnMut(B) -> C) -> Event<C> {
        match self {
            Self::Greeting(reply) => Event::Greeting(reply.map(keep)),
            Self::Hello(reply) => Event::Hello(reply.map(keep)),
            Self::StartTls(reply) => Event::StartTls(reply.map(keep)),
            Self::Challenged => Event::Challenged,
            Self::Authenticated(reply) => Event::Authenticated(reply.map(keep)),
            Self::Ready => Event::Ready,
            Self::Refused { step, reply } => Event::Refused { step, reply: reply.map(keep) },
            Self::Recipient { index, reply } => Event::Recipient { index, reply: reply.map(keep) },
            Self::Go => Event::Go,
            Self::Sent { recipient, reply } => Event::Sent { recipient, reply: reply.map(keep) },
            Self::Done(outcome) => Event::Done(outcome),
            Self::Reply { step, reply } => Event::Reply { step, reply: reply.map(keep) },
            Self::Shutdown(reply) => Event::Shutdown(reply.map(keep)),
        }
    }

    /// The reply that was told, if any.
    pub const fn reply(&self) -> Option<&Reply<B>> {
        match self {
            Self::Greeting(reply)
            | Self::Hello(reply)
            | Self::StartTls(reply)
            | Self::Authenticated(reply)
            | Self::Refused { reply, .. }
            | Self::Recipient { reply, .. }
            | Self::Sent { reply, .. }
            | Self::Reply { reply, .. }
            | Self::Shutdown(reply) => Some(reply),
            Self::Challenged | Self::Ready | Self::Go | Self::Done(_) => None,
        }
    }
}

/// The end of a session by the server's fault, or for want of what the caller requires; and where in the stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{kind} at octet {offset}")]
pub struct Error {
    /// What it was.
    pub kind: ErrorKind,
    /// Octets from the beginning of the connection, or of its TLS stream, to where it is.
    pub offset: u64,
}

/// What ended a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The connection ended where an answer was owed.
    #[error("the connection ended before the answer")]
    Truncated,
    /// The clock ran out.
    #[error("waited too long for the answer")]
    TimedOut,
    /// What came is no reply.
    #[error(transparent)]
    Reply(#[from] ReplyError),
    /// A reply that nothing asked for, or of a kind that does not answer what was asked.
    #[error("a reply that answers nothing")]
    Unsolicited,
    /// Octets in clear behind the answer to `STARTTLS`: somebody put them there to be taken for what came over TLS.
    #[error("octets in clear behind STARTTLS")]
    Injected,
    /// TLS is required, and the server does not offer it, or somebody took the offer away.
    #[error("TLS is required and not offered")]
    NoTls,
    /// The server offers no mechanism that the credentials serve and the policy allows.
    #[error("no mechanism in common")]
    NoMechanism,
    /// The credentials can't be said in the mechanism.
    #[error(transparent)]
    Credentials(#[from] InvalidCredentials),
    /// What the server said in the exchange is wrong.
    #[error(transparent)]
    Exchange(#[from] ClientError),
}

impl ErrorKind {
    /// A word for programs, in kebab case.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Truncated => "truncated",
            Self::TimedOut => "timed-out",
            Self::Reply(ReplyError::TooLong) => "reply-too-long",
            Self::Reply(_) => "bad-reply",
            Self::Unsolicited => "unsolicited",
            Self::Injected => "injected",
            Self::NoTls => "no-tls",
            Self::NoMechanism => "no-mechanism",
            Self::Credentials(_) => "bad-credentials",
            Self::Exchange(_) => "bad-exchange",
        }
    }
}

/// Something that a server was not announced to have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum Missing {
    /// Octets above ASCII in the message.
    #[error("8BITMIME")]
    EightBitMime,
    /// UTF-8 in an address or in the head.
    #[error("SMTPUTF8")]
    SmtpUtf8,
    /// A binary message.
    #[error("BINARYMIME")]
    BinaryMime,
    /// `RET`, `ENVID`, `NOTIFY`, `ORCPT`.
    #[error("DSN")]
    Dsn,
    /// `REQUIRETLS`, which has to be said over TLS as well.
    #[error("REQUIRETLS")]
    RequireTls,
    /// `MT-PRIORITY`.
    #[error("MT-PRIORITY")]
    MtPriority,
    /// `HOLDFOR`, `HOLDUNTIL`, or as long as that.
    #[error("FUTURERELEASE")]
    FutureRelease,
    /// `BY`.
    #[error("DELIVERBY")]
    DeliverBy,
    /// `AUTH=`.
    #[error("AUTH")]
    Auth,
    /// `ETRN`.
    #[error("ETRN")]
    Etrn,
}

/// A command to the engine that does not fit. Nothing was written and nothing has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Misuse {
    /// Something else is being asked, or the session is not set up, or over.
    #[error("not now")]
    Busy,
    /// An envelope without recipients.
    #[error("no recipients")]
    NoRecipients,
    /// More recipients than the server announced to take (RFC 9422 4.2).
    #[error("more than {0} recipients")]
    TooManyRecipients(u32),
    /// More messages than the server announced to take in one session (RFC 9422 4.1).
    #[error("more than {0} messages in one session")]
    TooManyMessages(u32),
    /// More domains than the server announced to take in one session (RFC 9422 4.3).
    #[error("more than {0} domains of recipients in one session")]
    TooManyDomains(u32),
    /// The server has announced a smaller limit.
    #[error("message larger than {0} octets")]
    TooLarge(u64),
    /// The server has not announced what the message needs.
    #[error("the server does not offer {0}")]
    Unsupported(Missing),
    /// The message has a CR or LF on its own, and they are not to be mended.
    #[error(transparent)]
    Bare(#[from] Bare),
    /// The message has a line longer than [`Limits::text_line`](super::Limits::text_line).
    #[error("a line longer than its limit")]
    LineTooLong,
    /// The message has a NUL and is not declared as binary.
    #[error("a NUL in a message that is not binary")]
    Nul,
    /// An argument with control characters, or none, or longer than it may be.
    #[error("an argument that can't stand in a command")]
    Argument,
    /// The session was not handed over.
    #[error("the session was not handed over")]
    NotHandedOver,
    /// What was left before TLS came in clear.
    #[error("octets in clear before TLS")]
    Injected,
}
