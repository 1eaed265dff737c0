//! What a server tells, and how it can be misused.

use crate::smtp::proxy::Proxy;
use crate::smtp::xclient::XClient;
use crate::smtp::{Body, Code, Enhanced, HostName, Mail, Rcpt, Text};

/// What a client said. Each comes from one element of the stream; which ones wait for an answer is told with each.
///
/// `Hello`, `Reset`, `StartTls`, `Quit`, a refused message and the end of the connection drop the message that was begun,
/// if there was one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event<B> {
    /// The PROXY preamble said who is at the other side of the proxy. Paused: whether that client is welcome.
    Proxied(Proxy),
    /// `EHLO`, `HELO` or `LHLO`. Paused.
    Hello(Hello<B>),
    /// `STARTTLS`, answered 220. Handed over: run the TLS handshake, then call [`secured`](super::Server::secured).
    StartTls,
    /// An `AUTH` exchange has come to where the users are asked. Paused: call
    /// [`authenticate`](super::Server::authenticate); [`login`](super::Server::login) says who it is about.
    Authenticate,
    /// The exchange goes on, answered 334.
    Challenged,
    /// The exchange succeeded, answered 235; [`identity`](super::Server::identity) says who it is.
    Authenticated,
    /// The exchange failed, answered 535 or, where the client broke it off, 501.
    Unauthenticated,
    /// `MAIL`. Paused.
    Mail(Mail<B>),
    /// `RCPT`. Paused.
    Rcpt(Rcpt<B>),
    /// `DATA`, answered 354: the message follows.
    Content,
    /// `BDAT`: so many octets of the message follow, and they are its last or not.
    Chunking {
        /// Octets of the chunk.
        octets: u64,
        /// No chunk follows it.
        last: bool,
    },
    /// Octets of the message, without stuffing.
    Data(B),
    /// The message goes on with CRLF, in the place of a CR or LF that stood on its own. Only where
    /// [`Config::endings`](super::Config::endings) says so.
    LineEnd,
    /// A chunk that was not the last is complete, answered 250.
    Chunk,
    /// The message that comes is refused for this reason: no more of it is told, and its end is answered.
    Spoiled(Spoil),
    /// The message is whole. Paused: its verdict. In LMTP one for each recipient.
    Message(Message),
    /// `RSET`, answered 250.
    Reset,
    /// `NOOP`, answered 250.
    Noop,
    /// `HELP`, answered 214.
    Help,
    /// `VRFY`, `EXPN` or `ETRN`. Paused if [`Config::queries`](super::Config::queries), otherwise answered.
    Query(Query<B>),
    /// `XCLIENT` of a trusted peer. Paused: whether that client is welcome; the session begins anew.
    XClient(XClient<B>),
    /// `QUIT`, answered 221. Closed.
    Quit,
    /// Something the engine refused by itself: a command, which drops nothing that was begun (not even between two
    /// chunks), or the end of a message that is [`Spoiled`](Self::Spoiled) or that the caller refused while it came.
    Refused(Refusal),
}

/// How a client introduced itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hello<B> {
    /// By `EHLO` or `LHLO`, so that it knows of extensions.
    pub extended: bool,
    /// What it calls itself.
    pub name: HostName<B>,
}

/// A message that was received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message {
    /// Octets told of it.
    pub octets: u64,
    /// Recipients that were accepted.
    pub recipients: u32,
    /// What `MAIL` said of its octets.
    pub body: Option<Body>,
    /// `MAIL` said `SMTPUTF8`.
    pub utf8: bool,
}

/// Why a message is refused while it comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Spoil {
    /// A CR on its own (RFC 5321 2.3.8).
    BareCr,
    /// An LF on its own (RFC 5321 2.3.8).
    BareLf,
    /// A line longer than [`Limits::text_line`](super::Limits::text_line).
    LineTooLong,
    /// More octets than [`Limits::message`](super::Limits::message).
    TooLarge,
}

/// A question about an address, a list or a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Query<B> {
    /// `VRFY`
    Verify(Text<B>),
    /// `EXPN`
    Expand(Text<B>),
    /// `ETRN` (RFC 1985)
    Turn(Text<B>),
}

/// What the engine refused a command with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The reply code.
    pub code: Code,
    /// The enhanced one.
    pub enhanced: Option<Enhanced>,
}

/// What a paused server waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Pending {
    /// Whether the client is welcome.
    Connection,
    /// What it calls itself.
    Hello,
    /// Who it is.
    Authentication,
    /// The sender.
    Sender,
    /// A recipient.
    Recipient,
    /// An answer to `VRFY`, `EXPN` or `ETRN`.
    Query,
    /// The message; in LMTP, this many verdicts are owed.
    Message(u32),
}

/// A command to the engine that does not fit. Nothing was written and nothing has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Misuse {
    /// Nothing is owed, or something else.
    #[error("nothing of the kind is owed")]
    NotOwed,
    /// A positive answer where a refusal was to be given, or the other way round, or an intermediate one.
    #[error("an answer of the wrong class")]
    Class,
    /// The session is over.
    #[error("the session is over")]
    Closed,
    /// What was left before TLS came in clear.
    #[error("octets in clear before TLS")]
    Injected,
}

impl<B> Event<B> {
    /// The event with its octets held otherwise.
    pub fn map<C>(self, mut keep: impl FnMut(B) -> C) -> Event<C> {
        match self {
            Self::Proxied(proxy) => Event::Proxied(proxy),
            Self::Hello(hello) => Event::Hello(Hello { extended: hello.extended, name: hello.name.map(keep) }),
            Self::StartTls => Event::StartTls,
            Self::Authenticate => Event::Authenticate,
            Self::Challenged => Event::Challenged,
            Self::Authenticated => Event::Authenticated,
            Self::Unauthenticated => Event::Unauthenticated,
            Self::Mail(mail) => Event::Mail(mail.map(keep)),
            Self::Rcpt(rcpt) => Event::Rcpt(rcpt.map(keep)),
            Self::Content => Event::Content,
            Self::Chunking { octets, last } => Event::Chunking { octets, last },
            Self::Data(octets) => Event::Data(keep(octets)),
            Self::LineEnd => Event::LineEnd,
            Self::Chunk => Event::Chunk,
            Self::Spoiled(spoil) => Event::Spoiled(spoil),
            Self::Message(message) => Event::Message(message),
            Self::Reset => Event::Reset,
            Self::Noop => Event::Noop,
            Self::Help => Event::Help,
            Self::Query(query) => Event::Query(match query {
                Query::Verify(text) => Query::Verify(text.map(&mut keep)),
                Query::Expand(text) => Query::Expand(text.map(&mut keep)),
                Query::Turn(text) => Query::Turn(text.map(&mut keep)),
            }),
            Self::XClient(client) => Event::XClient(client.map(keep)),
            Self::Quit => Event::Quit,
            Self::Refused(refusal) => Event::Refused(refusal),
        }
    }
}
