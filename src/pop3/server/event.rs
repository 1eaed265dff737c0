//! What a server tells, and how it can be misused.

use crate::sasl::Mechanism;
use alloc::string::String;

/// What a client said. Each is told with whether it waits for an answer of the caller's; everything else was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event<B> {
    /// `CAPA`, answered.
    Capa,
    /// `STLS`, answered. Handed over: run the TLS handshake, then call [`secured`](super::Server::secured).
    Stls,
    /// `USER`, answered `+OK` whoever it is.
    User {
        /// Whose maildrop is wanted.
        name: B,
    },
    /// The users have to be asked. Paused: call [`authenticate`](super::Server::authenticate);
    /// [`login`](super::Server::login) says who it is about.
    Authenticate,
    /// An `AUTH` exchange goes on: the client was challenged.
    Challenged,
    /// The client has proven who it is: [`identity`](super::Server::identity). Paused, and not answered yet: open and
    /// lock the maildrop, then call [`open`](super::Server::open).
    Authenticated,
    /// The login failed, answered.
    Unauthenticated,
    /// `STAT`, answered.
    Stat,
    /// `LIST` of one message or of all, answered.
    List(Option<u32>),
    /// `UIDL` of one message or of all, answered.
    Uidl(Option<u32>),
    /// `RETR`. Paused: [`begin`](super::Server::begin), [`send`](super::Server::send) and
    /// [`finish`](super::Server::finish).
    Retr {
        /// The message's number, from 1.
        message: u32,
    },
    /// `TOP`. Paused as for `RETR`; the engine cuts what it is sent.
    Top {
        /// The message's number, from 1.
        message: u32,
        /// How many lines of its body.
        lines: u32,
    },
    /// `DELE`, answered: the message is marked.
    Dele(u32),
    /// `NOOP`, answered.
    Noop,
    /// `RSET`, answered: no message is marked.
    Rset,
    /// `UTF8`, answered.
    Utf8,
    /// `LANG`, answered, with the tag that was asked for.
    Lang(Option<B>),
    /// `QUIT`. Without a maildrop it was answered, and the session is closed. With one: Paused. Delete what
    /// [`marked`](super::Server::marked) tells, then call [`updated`](super::Server::updated).
    Quit,
    /// The client said nothing for [`Limits::idle`](super::Limits::idle). Closed, nothing deleted, nothing said (RFC
    /// 1939 3).
    Expired,
    /// Something that the engine refused by itself.
    Refused(Refusal),
}

impl<B> Event<B> {
    /// The event with its octets held otherwise.
    pub fn map<C>(self, keep: impl FnOnce(B) -> C) -> Event<C> {
        match self {
            Self::Capa => Event::Capa,
            Self::Stls => Event::Stls,
            Self::User { name } => Event::User { name: keep(name) },
            Self::Authenticate => Event::Authenticate,
            Self::Challenged => Event::Challenged,
            Self::Authenticated => Event::Authenticated,
            Self::Unauthenticated => Event::Unauthenticated,
            Self::Stat => Event::Stat,
            Self::List(message) => Event::List(message),
            Self::Uidl(message) => Event::Uidl(message),
            Self::Retr { message } => Event::Retr { message },
            Self::Top { message, lines } => Event::Top { message, lines },
            Self::Dele(message) => Event::Dele(message),
            Self::Noop => Event::Noop,
            Self::Rset => Event::Rset,
            Self::Utf8 => Event::Utf8,
            Self::Lang(tag) => Event::Lang(tag.map(keep)),
            Self::Quit => Event::Quit,
            Self::Expired => Event::Expired,
            Self::Refused(refusal) => Event::Refused(refusal),
        }
    }
}

/// Why the engine refused a command by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Refusal {
    /// No command of POP3, or none that this server has.
    Unknown,
    /// Its arguments are not those that it takes.
    Arguments,
    /// It has no place in this state of the session.
    NotNow,
    /// A line longer than its limit.
    TooLong,
    /// There is no message of this number, or it is marked as deleted.
    NoSuchMessage,
    /// The channel has to be secure first.
    TlsFirst,
    /// A mechanism that is not offered.
    Mechanism,
    /// A language that is not offered.
    Language,
}

impl Refusal {
    /// The answer, without its CRLF.
    pub const fn line(self) -> &'static str {
        match self {
            Self::Unknown => "-ERR unknown command",
            Self::Arguments => "-ERR these arguments do not fit",
            Self::NotNow => "-ERR not in this state",
            Self::TooLong => "-ERR line too long",
            Self::NoSuchMessage => "-ERR no such message",
            Self::TlsFirst => "-ERR say STLS first: not in clear",
            Self::Mechanism => "-ERR no such mechanism",
            Self::Language => "-ERR no such language",
        }
    }

    /// A word for programs, in kebab case.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Arguments => "arguments",
            Self::NotNow => "not-now",
            Self::TooLong => "too-long",
            Self::NoSuchMessage => "no-such-message",
            Self::TlsFirst => "tls-first",
            Self::Mechanism => "mechanism",
            Self::Language => "language",
        }
    }
}

/// What a paused server waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Pending {
    /// Whether the client is welcome.
    Connection,
    /// Who it is.
    Authentication,
    /// Its maildrop.
    Maildrop,
    /// A message, from its beginning.
    Message,
    /// The rest of a message.
    Rest,
    /// That what is marked is deleted.
    Update,
}

/// By which command somebody logged in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum By {
    /// `USER` and `PASS`
    Pass,
    /// `APOP`
    Apop,
    /// `AUTH`
    Auth(Mechanism),
}

/// Who a client has proven to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Whose proof it was.
    pub user: String,
    /// Whose maildrop is wanted: the same, unless another was asked for and allowed.
    pub acting_as: String,
    /// How.
    pub by: By,
}

/// Who a client says it is, before anything was checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Login<'s> {
    /// The user.
    pub user: &'s str,
    /// Whom the user wants to act as, if anyone else.
    pub act_as: Option<&'s str>,
    /// How.
    pub by: By,
}

/// How a login went on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Authentication {
    /// The client was challenged, and its answer is awaited.
    Challenged,
    /// The client is who it says. It was not answered yet: [`Pending::Maildrop`] is owed.
    Granted,
    /// It is not: it was answered, and closed where that was once too often.
    Denied,
}

/// Whether more of a message is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// More, if there is any.
    More,
    /// `TOP` has its lines: [`finish`](super::Server::finish).
    Enough,
}

/// A command to the engine that does not fit. Nothing was written and nothing has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Misuse {
    /// Nothing is owed, or something else.
    #[error("nothing of the kind is owed")]
    NotOwed,
    /// The session is over.
    #[error("the session is over")]
    Closed,
    /// A text that does not stay on its line, or too many messages to number.
    #[error("this can't be said")]
    Unfit,
    /// A unique id that is none: 1 to 70 octets of printable ASCII (RFC 1939 7). The message's number.
    #[error("message {0} has no unique id that can be said")]
    UniqueId(u32),
    /// The message has another size than was told: the client would take a part for the whole. Call
    /// [`abort`](super::Server::abort).
    #[error("{sent} octets were sent of a message of {told}")]
    Size {
        /// What the maildrop said.
        told: u64,
        /// What was sent.
        sent: u64,
    },
    /// What was left before TLS came in clear.
    #[error("octets in clear before TLS")]
    Injected,
}

/// The end of a session by the client's fault, and where in the stream it lies. Nothing is deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{kind} at octet {offset}")]
pub struct Error {
    /// What it was.
    pub kind: ErrorKind,
    /// Octets from the beginning of the connection, or of its TLS stream, to where it is.
    pub offset: u64,
}

impl Error {
    /// What the client was answered, without its CRLF; `None` where it was told nothing.
    pub const fn reply(&self) -> Option<&'static str> {
        self.kind.reply()
    }
}

/// What a client did wrong, beyond what an answer can mend.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The connection ended inside a line or an exchange.
    #[error("the connection ended in the middle of something")]
    Truncated,
    /// Octets in clear behind `STLS` (CVE-2011-0411): somebody put them there to be taken for what came over TLS.
    #[error("octets in clear behind STLS")]
    Injected,
    /// More commands were refused than [`Limits::errors`](super::Limits::errors), or more logins failed than
    /// [`Limits::auth_failures`](super::Limits::auth_failures).
    #[error("too many commands that lead nowhere")]
    TooManyErrors,
    /// A line that was too long and then did not end either.
    #[error("a line without an end")]
    LineTooLong,
    /// A request of another protocol.
    #[error("another protocol's request")]
    Foreign,
}

impl ErrorKind {
    /// A word for programs, in kebab case.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Truncated => "truncated",
            Self::Injected => "injected",
            Self::TooManyErrors => "too-many-errors",
            Self::LineTooLong => "line-too-long",
            Self::Foreign => "foreign",
        }
    }

    pub(super) const fn reply(self) -> Option<&'static str> {
        match self {
            // Nobody is there to read it, or nobody who ought to.
            Self::Truncated | Self::Injected => None,
            Self::TooManyErrors => Some("-ERR too many errors"),
            Self::LineTooLong => Some("-ERR line too long"),
            Self::Foreign => Some("-ERR this is POP3"),
        }
    }
}
