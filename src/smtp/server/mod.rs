//! The server's side of SMTP and LMTP.
//!
//! # States
//!
//! Each with where each cause leads; see [`diagram`]. What has no line in a state is answered 503. `Hello` is `EHLO`, `HELO`
//! or `LHLO`; `Query` is `VRFY`, `EXPN`, `ETRN` or `HELP`; `More` and `Last` are the ends of a chunk and of the message.
//!
//! ```text
#![doc = include_str!("states.txt")]
//! ```

mod auth;
mod config;
mod content;
mod dispatch;
mod error;
mod event;
mod replies;
mod state;

#[cfg(test)]
mod tests;

pub use self::auth::Authentication;
pub use self::config::{Config, Extensions, Limits, Protocol, Quirks, Session};
pub use self::error::{Error, ErrorKind};
pub use self::event::{Event, Hello, Message, Misuse, Pending, Query, Refusal, Spoil};

use self::state::{Cause, State};
use super::Answer;
use super::proxy::Proxy;
use crate::engine::{Detach, Engine, Patience, Status, delegate, notes};
use crate::sasl::{self, Binding, Identity, Login, Nonce};
use crate::smtp::Body;
use crate::states::{self, States};
use crate::syntax::dots::Unstuff;
use crate::syntax::line::command::CommandLines;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;
use bytes::BytesMut;
use core::fmt;
use core::time::Duration;

/// The longest wait for a client: for a command, and for each stretch of a message (RFC 5321 4.5.3.2.7).
const WAIT: Duration = Duration::from_secs(5 * 60);
/// So many octets of a message begin a new wait, which makes it a minimum rate.
const STRETCH: u32 = 14;

/// One SMTP or LMTP session, at its server's end.
///
/// It starts paused: the greeting is the caller's, by [`greet`](Self::greet). After that each event that says *Paused*
/// is answered by [`accept`](Self::accept), [`answer`](Self::answer) or [`authenticate`](Self::authenticate), now or later;
/// everything else has been answered already. Nothing behind a command that is not answered yet is looked at, so what was
/// pipelined is taken in its order and never early.
///
/// ```
/// use bytes::BytesMut;
/// use plainwire::sasl::Nonce;
/// use plainwire::smtp::server::{Config, Event, Server, Session};
/// use std::sync::Arc;
///
/// let config = Arc::new(Config::new("mx.example.org".parse().unwrap()));
/// let mut server = Server::new(config, Session::new(Nonce::new([0; 18])));
/// let (mut out, mut message) = (BytesMut::new(), Vec::new());
/// server.greet(&mut out).unwrap();
/// let mut input = &b"EHLO a.example\r\nMAIL FROM:<ada@a.example>\r\nRCPT TO:<bob@example.org>\r\nDATA\r\n\
///     Subject: hello\r\n\r\n..dot\r\n.\r\nQUIT\r\n"[..];
/// while let Some(event) = server.recv(&mut input, &mut out).unwrap() {
///     match event {
///         Event::Data(octets) => message.extend_from_slice(octets),
///         Event::Quit => break,
///         Event::Content => {}
///         _ => server.accept(&mut out).unwrap(), // whoever it is, whatever it is
///     }
/// }
/// assert_eq!(message, b"Subject: hello\r\n\r\n.dot\r\n");
/// assert!(out.ends_with(b"250 2.6.0 Message accepted\r\n221 2.0.0 mx.example.org closing\r\n"));
/// ```
pub struct Server {
    config: Arc<Config>,
    state: State,
    pending: Option<Pending>,
    failed: Option<Error>,
    ended: bool,
    expired: bool,
    /// Octets taken before this step.
    taken: u64,
    phase: u64,
    lines: CommandLines,
    /// A DATA was refused, and what follows has to be a command.
    early: bool,
    secure: bool,
    xclient: bool,
    /// The client said EHLO or LHLO; `offered` while that is not answered yet.
    extended: bool,
    offered: bool,
    errors: u32,
    idle: u32,
    auth_failures: u32,
    nonce: Nonce,
    binding: Option<Box<Binding>>,
    exchange: Option<Box<sasl::Server>>,
    identity: Option<Box<Identity>>,
    question: Option<&'static Answer>,
    unstuff: Unstuff,
    chunk: Chunk,
    transaction: Transaction,
}

/// The chunk that comes.
#[derive(Clone, Copy, Debug, Default)]
struct Chunk {
    left: u64,
    last: bool,
    /// It is no part of a message: passed over, and then refused with this.
    refused: Option<&'static Answer>,
}

/// The message that comes.
#[derive(Default)]
struct Transaction {
    octets: u64,
    recipients: u32,
    /// Some recipient was refused.
    refused: bool,
    body: Option<Body>,
    utf8: bool,
    /// Octets of the line that is not over yet.
    line: usize,
    /// The last chunk ended with a CR.
    cr: bool,
    spoil: Option<Spoil>,
    /// The spoil was not told yet.
    untold: bool,
    /// The caller refused it before its end.
    rejected: Option<Box<Answer>>,
    /// Replies that refuse it, still to be given.
    owed: u32,
}

impl Server {
    /// A session on one connection.
    pub fn new(config: Arc<Config>, session: Session) -> Self {
        let state = if session.proxy { State::Preamble } else { State::Connect };
        Self {
            config,
            state,
            pending: (state == State::Connect).then_some(Pending::Connection),
            failed: None,
            ended: false,
            expired: false,
            taken: 0,
            phase: 0,
            lines: CommandLines::new(),
            early: false,
            secure: session.secure,
            xclient: session.xclient,
            extended: false,
            offered: false,
            errors: 0,
            idle: 0,
            auth_failures: 0,
            nonce: session.nonce,
            binding: session.binding.map(Box::new),
            exchange: None,
            identity: None,
            question: None,
            unstuff: Unstuff::new(),
            chunk: Chunk::default(),
            transaction: Transaction::default(),
        }
    }

    /// What is owed, while the session is paused.
    pub const fn pending(&self) -> Option<Pending> {
        self.pending
    }

    /// TLS is on, or the channel was secure from its start.
    pub const fn secure(&self) -> bool {
        self.secure
    }

    /// Who the client has proven to be.
    pub fn identity(&self) -> Option<&Identity> {
        self.identity.as_deref()
    }

    /// Whom an `AUTH` exchange is about, while [`Pending::Authentication`] is owed.
    pub fn login(&self) -> Option<Login<'_>> {
        self.exchange.as_ref().and_then(|exchange| exchange.login())
    }

    /// Greets the client: 220.
    ///
    /// # Errors
    ///
    /// [`Misuse::NotOwed`] unless [`Pending::Connection`] is.
    pub fn greet(&mut self, out: &mut BytesMut) -> Result<(), Misuse> {
        match self.pending {
            Some(Pending::Connection) => self.accept(out),
            _ => Err(self.not_owed()),
        }
    }

    /// Says yes to what is owed, in the protocol's own words: greets, answers `EHLO`, takes the sender, the recipient, or
    /// the message for all its recipients. An exchange of `AUTH` succeeds, unless it is SCRAM, whose proof needs
    /// [`authenticate`](Self::authenticate); a query gets the answer that tells nothing.
    ///
    /// # Errors
    ///
    /// [`Misuse::NotOwed`] where nothing is.
    pub fn accept(&mut self, out: &mut BytesMut) -> Result<(), Misuse> {
        match self.pending {
            None => return Err(self.not_owed()),
            Some(Pending::Connection) => {
                replies::greeting(&self.config, out);
                self.settle(Cause::Welcome);
            }
            Some(Pending::Hello) => {
                self.extended = self.offered;
                self.transaction = Transaction::default();
                let auth = self.offered_mechanisms();
                let xclient = self.xclient;
                replies::hello(&self.config, self.extended, self.secure, &auth, xclient, out);
                self.settle(Cause::Hello);
            }
            Some(Pending::Authentication) => return self.grant(out),
            Some(Pending::Sender) => {
                replies::SENDER_OK.write(self.extended, out);
                self.settle(Cause::Mail);
            }
            Some(Pending::Recipient) => {
                replies::RECIPIENT_OK.write(self.extended, out);
                self.transaction.recipients += 1;
                self.settle(Cause::Rcpt);
            }
            Some(Pending::Query) => {
                self.question.unwrap_or(&replies::OK).write(self.extended, out);
                self.settle(Cause::Query);
            }
            Some(Pending::Message(owed)) => {
                for _ in 0..owed {
                    replies::MESSAGE_OK.write(self.extended, out);
                }
                self.delivered();
            }
        }
        Ok(())
    }

    /// Answers what is owed in the caller's words; for a message in LMTP, for all recipients that are left.
    ///
    /// A 2yz accepts: a sender, a recipient, a query or a message, not a connection or a name, whose answers have a form
    /// of their own ([`accept`](Self::accept)). A 4yz or 5yz refuses, and 421 ends the session with it. While a message comes, a refusal
    /// stops its events, and is said at its end.
    ///
    /// # Errors
    ///
    /// [`Misuse::NotOwed`] where nothing is; [`Misuse::Class`] for a code that can't answer it.
    pub fn answer(&mut self, answer: &Answer, out: &mut BytesMut) -> Result<(), Misuse> {
        let code = answer.code();
        let (positive, negative) = (code.is_positive(), code.is_transient() || code.is_permanent());
        let Some(pending) = self.pending else {
            if !matches!(self.state, State::Content | State::Chunk | State::Chunks) {
                return Err(self.not_owed());
            }
            if !negative {
                return Err(Misuse::Class);
            }
            self.transaction.rejected = Some(Box::new(answer.clone()));
            return Ok(());
        };
        let may_accept = !matches!(pending, Pending::Connection | Pending::Hello | Pending::Authentication);
        if !(negative || (positive && may_accept)) {
            return Err(Misuse::Class);
        }
        let times = if let Pending::Message(owed) = pending { owed.max(1) } else { 1 };
        if code.number() == 421 {
            answer.write(self.extended, out);
            self.close();
            return Ok(());
        }
        for _ in 0..times {
            answer.write(self.extended, out);
        }
        self.answered(pending, positive);
        Ok(())
    }

    /// Answers for the next recipient of a message: in LMTP each has a verdict of its own, in the order in which they
    /// were accepted (RFC 2033 4.2). In SMTP there is one verdict, and this is [`answer`](Self::answer).
    ///
    /// # Errors
    ///
    /// As [`answer`](Self::answer); [`Misuse::NotOwed`] unless [`Pending::Message`] is.
    pub fn answer_one(&mut self, answer: &Answer, out: &mut BytesMut) -> Result<(), Misuse> {
        match self.pending {
            Some(Pending::Message(owed)) if owed > 1 => {
                if answer.code().is_intermediate() {
                    return Err(Misuse::Class);
                }
                answer.write(self.extended, out);
                if answer.code().number() == 421 {
                    self.close();
                } else {
                    self.pending = Some(Pending::Message(owed - 1));
                }
                Ok(())
            }
            Some(Pending::Message(_)) => self.answer(answer, out),
            _ => Err(self.not_owed()),
        }
    }

    /// Ends the session now, wherever it stands, with 421 (RFC 5321 3.8).
    ///
    /// # Errors
    ///
    /// [`Misuse::Closed`] where it is over, or TLS's.
    pub fn shutdown(&mut self, out: &mut BytesMut) -> Result<(), Misuse> {
        if matches!(self.state, State::Closed | State::Tls) {
            return Err(Misuse::Closed);
        }
        replies::SHUTTING_DOWN.write(self.extended, out);
        self.close();
        Ok(())
    }

    /// TLS is on: the session begins anew, and nothing that was said in clear counts (RFC 3207 4.2).
    ///
    /// `rest` is what was received and not taken before the handshake began: it came in clear, so it has to be empty.
    /// `binding` is the new channel's, where it is known.
    ///
    /// # Errors
    ///
    /// [`Misuse::Injected`] where something is left, and the session is over; [`Misuse::NotOwed`] unless it was handed
    /// over.
    pub fn secured(&mut self, rest: &[u8], binding: Option<Binding>) -> Result<(), Misuse> {
        if self.state != State::Tls {
            return Err(self.not_owed());
        }
        if !rest.is_empty() {
            self.failed = Some(Error { kind: ErrorKind::Injected, offset: self.taken });
            self.close();
            return Err(Misuse::Injected);
        }
        let fresh = Session { secure: true, nonce: self.nonce.clone(), binding, proxy: false, xclient: self.xclient };
        let (errors, auth_failures, phase) = (self.errors, self.auth_failures, self.phase + 1);
        *self = Self { phase, errors, auth_failures, ..Self::new(self.config.clone(), fresh) };
        self.pending = None;
        self.state = State::Fresh;
        Ok(())
    }

    /// As [`Engine::recv`].
    ///
    /// # Errors
    ///
    /// What ends the session by the client's fault; what a reply mends is an event.
    pub fn recv<'i>(&mut self, input: &mut &'i [u8], out: &mut BytesMut) -> Result<Option<Event<&'i [u8]>>, Error> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        let told = loop {
            let before = input.len();
            let bulk = matches!(self.state, State::Content | State::Chunk) || self.chunk.refused.is_some();
            let told = self.step(input, out);
            let taken = self.taken + (before - input.len()) as u64;
            let told_something = told.as_ref().is_ok_and(Option::is_some);
            if (told_something && !bulk) || (bulk && self.taken >> STRETCH != taken >> STRETCH) {
                self.phase += 1;
            }
            self.taken = taken;
            // What was passed over may have brought something that can be told.
            if !matches!(told, Ok(None)) || before == input.len() {
                break told;
            }
        };
        if let Err(error) = &told {
            if let Some(answer) = error.kind.answer() {
                answer.write(self.extended, out);
            }
            self.failed = Some(*error);
            self.close();
        }
        told
    }

    /// As [`Engine::status`].
    pub fn status(&self) -> Status {
        let between = self.lines.between() && self.chunk.refused.is_none();
        match self.state {
            State::Closed => Status::Closed,
            State::Tls => Status::HandedOver,
            _ if self.pending.is_some() => Status::Paused,
            State::Fresh | State::Ready | State::Unwelcome if between => Status::Idle,
            _ => Status::Open,
        }
    }

    /// As [`Engine::patience`]: five minutes for every wait (RFC 5321 4.5.3.2.7).
    pub fn patience(&self) -> Patience {
        match self.status() {
            Status::Open | Status::Idle => Patience::within(self.phase, WAIT),
            _ => Patience::endless(self.phase),
        }
    }

    /// As [`Engine::window`]: the longest of a command line, a line of an `AUTH` exchange and a preamble.
    pub fn window(&self) -> usize {
        let limits = &self.config.limits;
        limits.command_line.max(limits.auth_line).max(limits.preamble).max(107)
    }

    /// As [`Engine::octets`].
    pub fn octets<'e>(event: &'e Event<&[u8]>) -> Option<&'e [u8]> {
        match event {
            Event::Data(octets) => Some(octets),
            _ => None,
        }
    }

    fn step<'i>(&mut self, input: &mut &'i [u8], out: &mut BytesMut) -> Result<Option<Event<&'i [u8]>>, Error> {
        if self.pending.is_some() || self.state == State::Closed {
            return Ok(None);
        }
        if self.expired {
            return Err(self.error(ErrorKind::TimedOut, 0));
        }
        match self.state {
            State::Tls if !input.is_empty() => Err(self.error(ErrorKind::Injected, 0)),
            State::Tls => Ok(None),
            State::Preamble => self.preamble(input),
            State::Auth => self.response(input, out),
            State::Content => self.content(input, out),
            State::Chunk => self.chunk(input, out),
            State::Verdict => Ok(Some(self.refuse_message(out))),
            _ if self.chunk.refused.is_some() => self.pass_over(input, out),
            _ => self.line(input, out),
        }
    }

    fn preamble<'i>(&mut self, input: &mut &'i [u8]) -> Result<Option<Event<&'i [u8]>>, Error> {
        match Proxy::take(input, self.config.limits.preamble) {
            Ok(Some(proxy)) => {
                self.state = State::Connect;
                Ok(Some(self.ask(Pending::Connection, Event::Proxied(proxy))))
            }
            Ok(None) => self.dry(input, 0),
            Err(_) => Err(self.error(ErrorKind::BadProxy, 0)),
        }
    }

    /// Nothing can be told of `input`, which begins `at` octets into this step: more has to come, or never will.
    fn dry<'i>(&mut self, input: &[u8], at: usize) -> Result<Option<Event<&'i [u8]>>, Error> {
        if !self.ended {
            return Ok(None);
        }
        if input.is_empty() && (self.status() == Status::Idle || self.state == State::Preamble) {
            self.close();
            return Ok(None);
        }
        Err(self.error(ErrorKind::Truncated, at + input.len()))
    }

    /// An error `at` octets into this step.
    fn error(&self, kind: ErrorKind, at: usize) -> Error {
        Error { kind, offset: self.taken + at as u64 }
    }

    fn not_owed(&self) -> Misuse {
        if self.state == State::Closed { Misuse::Closed } else { Misuse::NotOwed }
    }

    fn ask<'i>(&mut self, pending: Pending, event: Event<&'i [u8]>) -> Event<&'i [u8]> {
        self.pending = Some(pending);
        event
    }

    /// What was owed is given, and leads on.
    fn settle(&mut self, by: Cause) {
        self.pending = None;
        self.phase += 1;
        if let Some(next) = self.state.after(by) {
            self.state = next;
        }
    }

    /// What was owed was given in the caller's words.
    fn answered(&mut self, pending: Pending, positive: bool) {
        match (pending, positive) {
            (Pending::Connection, _) => self.settle(Cause::Refusal),
            (Pending::Sender, true) => self.settle(Cause::Mail),
            (Pending::Recipient, true) => {
                self.transaction.recipients += 1;
                self.settle(Cause::Rcpt);
            }
            (Pending::Message(_), _) => self.delivered(),
            (Pending::Authentication, _) => {
                self.exchange = None;
                self.auth_failures += 1;
                self.settle(Cause::Outcome);
            }
            (Pending::Recipient, false) => {
                self.transaction.refused = true;
                self.stay();
            }
            _ => self.stay(),
        }
    }

    fn stay(&mut self) {
        self.pending = None;
        self.phase += 1;
    }

    /// The message is dealt with.
    fn delivered(&mut self) {
        self.transaction = Transaction::default();
        self.idle = 0;
        self.settle(Cause::Verdict);
    }

    fn close(&mut self) {
        self.state = State::Closed;
        self.pending = None;
        self.exchange = None;
        self.transaction = Transaction::default();
        self.chunk = Chunk::default();
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("state", &self.state).field("pending", &self.pending).finish_non_exhaustive()
    }
}

/// The state table as text: each state, and where each cause leads.
pub fn diagram() -> String {
    states::diagram(|_: State| String::new())
}

notes! {
    impl Server;
    eof => self.ended;
    /// It then fails with [`ErrorKind::TimedOut`], and 421 is said.
    expire => self.expired;
}
delegate!(impl Engine + Detach for Server: Event, Error);
