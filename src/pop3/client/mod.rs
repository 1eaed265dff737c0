//! The client's side of POP3.
//!
//! # States
//!
//! Each with where each cause leads; see [`diagram`]. [`Client::status`] also looks at what was said and is not answered.
//!
//! ```text
#![doc = include_str!("states.txt")]
//! ```

mod commands;
mod event;
mod read;
mod state;

#[cfg(test)]
mod tests;

pub use self::commands::Offers;
pub use self::event::{Command, Error, ErrorKind, Event, Misuse};

use self::state::{Cause, State};
use crate::engine::{Detach, Engine, Patience, Status, delegate, notes};
use crate::sasl;
use crate::sasl::Secret;
use crate::states::{self, States};
use crate::syntax::dots::Unstuff;
use crate::syntax::line::Lines;
use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::string::String;
use bytes::BytesMut;
use core::fmt;
use core::time::Duration;

/// How much of anything, and for how long.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// The longest line of an answer, with its CRLF, in octets; lines of messages are not counted. Default 1,024: twice
    /// what RFC 2449 4 allows, since greetings are often longer.
    pub line: usize,
    /// The most lines of an answer that is a list (`LIST`, `UIDL`, `CAPA`, `LANG`). Default 1,000,000: more messages than
    /// anybody leaves on a server, and an end to what a caller keeps of it.
    pub list: u32,
    /// The most octets of a message. Default: none, since a message is told in pieces.
    pub message: Option<u64>,
    /// How many commands may wait for their answers. Default 128: enough to fill any connection, and a queue of a page.
    pub pipeline: usize,
    /// How long the greeting may take. Default 5 minutes, as SMTP's (RFC 5321 4.5.3.2.1): servers look names up.
    pub greeting: Duration,
    /// How long an answer may take to begin, and each [stretch](Self::STRETCH) of one. Default 5 minutes: a large maildrop
    /// is listed, or cleared by `QUIT`, before the answer.
    pub answer: Duration,
}

impl Limits {
    /// So many octets of an answer begin a new wait, which makes it a minimum rate.
    pub const STRETCH: u64 = 16_384;
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            line: 1024,
            list: 1_000_000,
            message: None,
            pipeline: 128,
            greeting: Duration::from_mins(5),
            answer: Duration::from_mins(5),
        }
    }
}

/// What a client puts up with. By default nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Quirks {
    /// Pipeline where the server does not offer it.
    pub pipelining_unoffered: bool,
    /// Take unique ids of more than 70 octets (RFC 1939 7).
    pub long_unique_ids: bool,
    /// Wait for the server's challenge in `AUTH`, for servers before RFC 5034 that know no initial response.
    pub no_initial_response: bool,
}

/// One POP3 session, at its client's end.
///
/// It starts with the server's greeting. Commands write a line each and are answered in order; with `PIPELINING` offered
/// (say [`capa`](Self::capa) first) several may wait. A message is told in pieces that are borrowed from the input.
///
/// ```
/// use bytes::BytesMut;
/// use plainwire::pop3::client::{Client, Command, Event, Limits};
///
/// let mut client = Client::new(Limits::default());
/// let mut out = BytesMut::new();
/// let mut input = &b"+OK ready\r\n"[..];
/// assert!(matches!(client.recv(&mut input, &mut out)?, Some(Event::Greeting { .. })));
/// client.user("mrose", &mut out)?;
/// assert_eq!(out, "USER mrose\r\n");
///
/// let mut input = &b"-ERR [IN-USE] never heard of mrose\r\n"[..];
/// let Some(Event::Refused { command, code, text }) = client.recv(&mut input, &mut out)? else { panic!() };
/// assert_eq!((command, text), (Command::User, &b"never heard of mrose"[..]));
/// assert!(code.unwrap().passes());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Client {
    limits: Limits,
    quirks: Quirks,
    state: State,
    /// What was said and is not answered yet.
    sent: VecDeque<Command>,
    /// The answer to the first of them has begun.
    inside: bool,
    lines: Lines,
    unstuff: Unstuff,
    /// Octets told of the message that comes.
    message: u64,
    /// Lines told of the list that comes.
    listed: u32,
    timestamp: Option<Box<[u8]>>,
    offers: Offers,
    exchange: Option<Box<sasl::Client>>,
    /// An initial response that did not fit into its line.
    initial: Option<Secret>,
    /// Octets taken before this step.
    taken: u64,
    phase: u64,
    ended: bool,
    expired: bool,
    failed: Option<Error>,
}

impl Client {
    /// A session on a connection that was just made.
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            quirks: Quirks::default(),
            state: State::Greeting,
            sent: VecDeque::from([Command::Greeting]),
            inside: false,
            lines: Lines::new(),
            unstuff: Unstuff::new(),
            message: 0,
            listed: 0,
            timestamp: None,
            offers: Offers::default(),
            exchange: None,
            initial: None,
            taken: 0,
            phase: 0,
            ended: false,
            expired: false,
            failed: None,
        }
    }

    /// With these leniencies.
    #[must_use]
    pub const fn quirks(mut self, quirks: Quirks) -> Self {
        self.quirks = quirks;
        self
    }

    /// TLS is on: the session begins anew without a greeting, and what the server said of itself in clear is forgotten
    /// (RFC 2595 4), all but the timestamp of `APOP`, which is not said again. Whoever put another one into the greeting
    /// never sees the digest of it, which goes over TLS.
    ///
    /// `rest` is what was received and not taken before the handshake began: it came in clear, so it has to be empty.
    ///
    /// # Errors
    ///
    /// [`Misuse::Injected`] where something is left, and the session is over; [`Misuse::NotNow`] unless it was handed
    /// over.
    pub fn secured(&mut self, rest: &[u8]) -> Result<(), Misuse> {
        if self.state != State::Tls {
            return Err(Misuse::NotNow);
        }
        if !rest.is_empty() {
            self.failed = Some(Error { kind: ErrorKind::Injected, offset: self.taken });
            self.close();
            return Err(Misuse::Injected);
        }
        self.advance(Cause::Secured);
        self.offers = Offers::default();
        self.lines = Lines::new();
        self.taken = 0;
        self.ended = false;
        Ok(())
    }

    /// The commands that are not answered yet, in order.
    pub fn waiting(&self) -> impl ExactSizeIterator<Item = Command> {
        self.sent.iter().copied()
    }

    /// Logged in: the maildrop is ours until `QUIT`.
    pub fn logged_in(&self) -> bool {
        self.state == State::Transaction
    }

    /// What the server said of itself in the last answer to `CAPA`.
    pub const fn offers(&self) -> &Offers {
        &self.offers
    }

    /// As [`Engine::recv`].
    ///
    /// # Errors
    ///
    /// What the server did wrong. What it refuses is an event.
    pub fn recv<'i>(&mut self, input: &mut &'i [u8], out: &mut BytesMut) -> Result<Option<Event<&'i [u8]>>, Error> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        let before = input.len();
        let told = self.step(input, out);
        let taken = self.taken + (before - input.len()) as u64;
        let bulk = matches!(told, Ok(Some(Event::Data(_))));
        let told_something = matches!(told, Ok(Some(_)));
        if (told_something && !bulk) || self.taken / Limits::STRETCH != taken / Limits::STRETCH {
            self.phase += 1;
        }
        self.taken = taken;
        if let Err(error) = told {
            self.failed = Some(error);
            self.close();
        }
        told
    }

    /// As [`Engine::status`]: [`Status::Idle`] where nothing is waited for, and it is the caller's turn.
    pub fn status(&self) -> Status {
        match self.state {
            State::Closed => Status::Closed,
            State::Tls => Status::HandedOver,
            _ if self.sent.is_empty() => Status::Idle,
            _ => Status::Open,
        }
    }

    /// As [`Engine::patience`].
    pub fn patience(&self) -> Patience {
        match self.status() {
            Status::Open if self.state == State::Greeting => Patience::within(self.phase, self.limits.greeting),
            Status::Open => Patience::within(self.phase, self.limits.answer),
            _ => Patience::endless(self.phase),
        }
    }

    /// As [`Engine::window`].
    pub fn window(&self) -> usize {
        self.limits.line.max(Unstuff::WINDOW)
    }

    /// As [`Engine::octets`].
    pub fn octets<'e>(event: &'e Event<&[u8]>) -> Option<&'e [u8]> {
        match event {
            Event::Data(octets) => Some(octets),
            _ => None,
        }
    }

    /// The next state. Every change passes here, and only what the table allows.
    fn advance(&mut self, by: Cause) {
        if let Some(next) = self.state.after(by) {
            self.state = next;
            self.phase += 1;
        }
        if self.state == State::Closed {
            self.close();
        }
    }

    fn close(&mut self) {
        self.state = State::Closed;
        self.sent.clear();
        self.inside = false;
        self.exchange = None;
        self.initial = None;
    }
}

/// What it waits for; nothing that was said.
impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("state", &self.state).field("waiting", &self.sent).finish_non_exhaustive()
    }
}

/// The state table as text: each state, and where each cause leads.
pub fn diagram() -> String {
    states::diagram(|_: State| String::new())
}

notes! {
    impl Client;
    eof => self.ended;
    /// It then fails with [`ErrorKind::TimedOut`].
    expire => self.expired;
}
delegate!(impl Engine + Detach for Client: Event, Error);
