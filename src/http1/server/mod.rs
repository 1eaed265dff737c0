//! The server's end of an HTTP/1.1 connection (RFC 9112).
//!
//! Requests are told one at a time: after a request's [`Event::End`] the engine is [`Paused`](Status::Paused) until its
//! answer is complete, and only then looks at the next one, however many lie in the input (RFC 9112 9.3.2: answers keep
//! the order of the requests). An answer may begin as soon as its [`Event::Request`] was told. Where the client waits for
//! `100 (Continue)`, the engine is paused right after the head, until [`Server::proceed`] or an answer: a loop that
//! forgets [`Server::expected_to_proceed`] waits for ever, and so does the client.
//!
//! ```
//! use bytes::BytesMut;
//! use plainwire::http1::{ResponseHead, Server, StatusCode, server::{Event, Limits}};
//!
//! let mut server = Server::new(Limits::default());
//! let mut input = &b"GET / HTTP/1.1\r\nHost: example.com\r\n\r\n"[..];
//! let mut out = BytesMut::new();
//! while let Some(event) = server.recv(&mut input, &mut out)? {
//!     match event {
//!         Event::Request(head) => {
//!             assert_eq!(head.target().path(), "/");
//!             if server.expected_to_proceed() {
//!                 server.proceed(&mut out)?; // it waits for `100 (Continue)` before it sends its content
//!             }
//!         }
//!         Event::End(_) => server.reply(&ResponseHead::new(StatusCode::OK), b"hello", &mut out)?,
//!         _ => {}
//!     }
//! }
//! assert_eq!(&out[..], b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # States
//!
//! Each with what it is to a driver, and where each cause leads; see [`diagram`].
//!
//! ```text
#![doc = include_str!("states.txt")]
//! ```

use self::state::{Cause, State};
use super::chunked::{self, Extensions};
use super::connection::{Connection, inherent};
use super::error::{CloseReason, Error};
use super::fast;
use super::framing::{CLOSE, EXPECT, Facts, Framing, HTTP_10};
use super::head::{RequestHead, ResponseHead, Trailers};
use super::limits::{MessageLimits, Quirks};
use super::parse;
use super::scan::Part;
use super::sending::Added;
use crate::engine::{Detach, Engine, Patience, Status, delegate, notes};
use crate::states;
use alloc::format;
use alloc::string::String;
use bytes::BytesMut;
use core::time::Duration;

mod say;
mod state;

/// What a client says.
#[derive(Clone, Debug)]
pub enum Event<B> {
    /// A request's head. Its [`End`](Self::End) follows always, and before it the content, if it has any: both only after
    /// [`Server::proceed`] where that [is expected](Server::expected_to_proceed).
    Request(RequestHead<B>),
    /// A chunk begins that has extensions (RFC 9112 7.1.1). Who does not know them ignores them.
    Extensions(Extensions<B>),
    /// Content, never empty.
    Data(B),
    /// The end of a request, with its trailer section.
    End(Trailers<B>),
}

impl<B> Event<B> {
    /// The event with its octets held otherwise.
    pub fn map<C>(self, keep: impl FnOnce(B) -> C) -> Event<C> {
        match self {
            Self::Request(head) => Event::Request(head.map(keep)),
            Self::Extensions(extensions) => Event::Extensions(extensions.map(keep)),
            Self::Data(octets) => Event::Data(keep(octets)),
            Self::End(trailers) => Event::End(trailers.map(keep)),
        }
    }
}

/// How much a server takes from a client, and how long it waits for it.
///
/// How long an answer may take, and how slowly the client may read it, is not the engine's to judge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
pub struct Limits {
    /// The parts of requests.
    pub message: MessageLimits,
    /// How many requests one connection may make: the answer to the last says `Connection: close`. Default
    /// `u32::MAX`: requests are served one after the other and leave nothing behind.
    pub requests: u32,
    /// How long the connection may be idle, before the first request and between two. It is then closed without a word.
    /// Default 60 seconds; nginx waits 75, Apache 5.
    pub idle: Option<Duration>,
    /// How long a head may take from its first octet on; then 408. Default 30 seconds, as in hyper: a head comes in one
    /// segment or two.
    pub head: Option<Duration>,
    /// How long [`body_step`](Self::body_step) octets of content may take; then 408. Default 60 seconds.
    pub body: Option<Duration>,
    /// See [`body`](Self::body). Default 16,384 octets: with a minute that is a minimum rate of 273 octets a second.
    pub body_step: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            message: MessageLimits::default(),
            requests: u32::MAX,
            idle: Some(Duration::from_secs(60)),
            head: Some(Duration::from_secs(30)),
            body: Some(Duration::from_secs(60)),
            body_step: 16_384,
        }
    }
}

/// The server's end of a connection.
///
/// | owed | say it with |
/// |---|---|
/// | an answer whose content is at hand | [`reply`](Self::reply) |
/// | an answer in pieces | [`respond`](Self::respond), then [`data`](Self::data) …, then [`end`](Self::end) |
/// | `100 (Continue)` | [`proceed`](Self::proceed) |
/// | another 1xx | [`informational`](Self::informational) |
/// | another protocol | [`switch`](Self::switch) |
///
/// While [`Paused`](Status::Paused) it waits for one of them. What is sent is framed by the client's version, the status
/// and the method; what would be a lie is refused with a [`Misuse`](super::Misuse), and then nothing was written.
#[derive(Clone, Debug)]
pub struct Server {
    line: Connection<State>,
    limits: Waits,
    /// What the present request is.
    asked: Asked,
    requests: u32,
}

/// [`Limits`], less what [`Connection`] has.
#[derive(Clone, Copy, Debug)]
struct Waits {
    requests: u32,
    idle: Option<Duration>,
    head: Option<Duration>,
    body: Option<Duration>,
}

/// What of a request its answer depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Asked(u8);

impl Asked {
    /// For nothing special.
    const PLAIN: Self = Self(0);
    const HEAD: u8 = 1;
    const CONNECT: u8 = 2;
    const HTTP_10: u8 = 4;
    const UPGRADE: u8 = 8;

    #[inline(always)]
    fn by(method: &[u8]) -> Self {
        match method {
            b"HEAD" => Self(Self::HEAD),
            b"CONNECT" => Self(Self::CONNECT),
            _ => Self::PLAIN,
        }
    }

    #[inline(always)]
    const fn has(self, flag: u8) -> bool {
        self.0 & flag != 0
    }
}

const SAYS_CLOSE: &[u8] = b"Connection: close\r\n";

impl Server {
    /// A server that has heard nothing yet.
    pub const fn new(limits: Limits) -> Self {
        Self::with_quirks(limits, Quirks { bare_lf: false, obs_fold: false, chunk_size_space: false })
    }

    /// The same, with some deviations forgiven.
    pub const fn with_quirks(limits: Limits, quirks: Quirks) -> Self {
        let Limits { message, requests, idle, head, body, body_step } = limits;
        let mut line = Connection::new(State::Idle, message, quirks, body_step);
        if requests == 0 {
            (line.state, line.why) = (State::Closed, Some(CloseReason::RequestLimit));
        }
        Self { line, limits: Waits { requests, idle, head, body }, asked: Asked::PLAIN, requests: 0 }
    }

    /// Takes at most one event off the front of `input`; see [`Engine::recv`].
    ///
    /// Errors are those of [`ErrorKind`](super::ErrorKind) that have a [`reply`](Error::reply). It lies in `out`, with
    /// `Connection: close`, unless an answer had begun.
    // Inlined whatever the compiler thinks of it: it is three comparisons, and an event is then made where the caller looks
    // at it. What does the work is called.
    #[inline(always)]
    pub fn recv<'i>(&mut self, input: &mut &'i [u8], out: &mut BytesMut) -> Result<Option<Event<&'i [u8]>>, Error> {
        let mut told;
        match self.line.state {
            State::Idle if input.is_empty() && !self.line.inbound.is_noted() => told = Ok(None),
            State::Idle => {
                told = Ok(Some(Event::Request(RequestHead::blank())));
                let plain = match &mut told {
                    Ok(Some(Event::Request(head))) => self.plain_head(input, head),
                    _ => false,
                };
                if !plain {
                    told = self.recv_idle(input, out);
                }
            }
            State::Receiving if self.line.is_at_end() => {
                self.line.step(Cause::End);
                told = Ok(Some(Event::End(Trailers::none(input))));
            }
            _ => told = self.recv_other(input, out),
        }
        told
    }

    /// Takes a request's head that is whole and plain, as nearly every one is, and tells whether it was. Else nothing has
    /// changed.
    ///
    /// The head is filled in place: moving it about costs as much as finding its lines.
    #[inline(never)]
    fn plain_head<'i>(&mut self, input: &mut &'i [u8], head: &mut RequestHead<&'i [u8]>) -> bool {
        if !matches!(**input, [b'A'..=b'Z', ..]) || self.line.inbound.expired || self.line.state != State::Idle {
            return false;
        }
        let mut facts = Facts::request();
        let rules = self.line.inbound.limits.rules(Part::Request, self.line.inbound.quirks);
        if fast::request(input, &rules, &mut facts, head).is_none() || facts.end().is_err() {
            return false;
        }
        self.line.step(Cause::Octets);
        self.accept(head, &facts, input);
        true
    }

    /// What begins between two requests and is no plain head: an empty line, part of a head, an odd one, an end.
    #[cold]
    fn recv_idle<'i>(&mut self, input: &mut &'i [u8], out: &mut BytesMut) -> Result<Option<Event<&'i [u8]>>, Error> {
        match self.head_begins(input) {
            Ok(true) => {}
            Ok(false) => return Ok(None),
            Err(error) => {
                self.line.step(Cause::Octets);
                return self.fail(error, out);
            }
        }
        self.line.step(Cause::Octets);
        self.line.inbound.expect_head(Part::Request, Facts::request());
        self.scan_head(input, out)
    }

    /// In all states but [`State::Idle`].
    #[inline(never)]
    fn recv_other<'i>(&mut self, input: &mut &'i [u8], out: &mut BytesMut) -> Result<Option<Event<&'i [u8]>>, Error> {
        match self.line.state {
            State::Receiving | State::Answering | State::Answered | State::Switching => self.recv_body(input, out),
            State::Head => self.scan_head(input, out),
            State::Closed => self.line.inbound.failed.map_or(Ok(None), Err),
            State::Idle | State::Expecting | State::Owing | State::Replying | State::HandedOver => Ok(None),
        }
    }

    /// What is left in the input begins with a request line.
    fn head_begins(&mut self, input: &mut &[u8]) -> Result<bool, Error> {
        if self.line.inbound.expired {
            self.line.close(CloseReason::Idle);
            return Ok(false);
        }
        self.line.inbound.skip_empty_lines(input)?;
        Ok(match **input {
            [] if self.line.inbound.ended => {
                self.line.close(CloseReason::PeerEnded);
                false
            }
            [] => false,
            [b'\r'] => self.line.inbound.ended,
            _ => true,
        })
    }

    /// What is not whole, or not plain.
    #[cold]
    fn scan_head<'i>(&mut self, input: &mut &'i [u8], out: &mut BytesMut) -> Result<Option<Event<&'i [u8]>>, Error> {
        if self.line.inbound.expired {
            return self.fail(self.line.inbound.timed_out(), out);
        }
        let rules = self.line.inbound.limits.rules(Part::Request, self.line.inbound.quirks);
        match self.line.inbound.scan_head(input, &rules) {
            Ok(Some((length, facts))) => {
                let head = parse::request(input, length, &rules);
                self.accept(&head, &facts, input);
                Ok(Some(Event::Request(head)))
            }
            Ok(None) => Ok(None),
            Err(error) => self.fail(error, out),
        }
    }

    /// A head is whole and good.
    #[inline(always)]
    fn accept<'i>(&mut self, head: &RequestHead<&'i [u8]>, facts: &Facts, input: &mut &'i [u8]) {
        chunked::take(input, head.block.len(), &mut self.line.inbound.taken);
        self.asked = Asked::by(head.method_octets());
        self.requests += 1;
        if self.requests >= self.limits.requests && facts.lasts() {
            self.line.ends(CloseReason::RequestLimit);
        }
        if facts.are_plain() {
            self.line.inbound.expect_body(Framing::None);
            return self.line.step(Cause::Request);
        }
        if facts.has(HTTP_10) {
            self.asked.0 |= Asked::HTTP_10;
        }
        if facts.upgrades() {
            self.asked.0 |= Asked::UPGRADE;
        }
        // RFC 9112 9.3: what decides whether the connection lasts.
        if !facts.lasts() {
            self.line.ends(if facts.has(CLOSE) { CloseReason::PeerClose } else { CloseReason::Http10 });
        }
        let framing = facts.framing();
        self.line.inbound.expect_body(framing);
        // RFC 9110 10.1.1: an expectation of a request without content asks for nothing.
        let expects = facts.has(EXPECT) && framing != Framing::None;
        self.line.step(if expects { Cause::Expectation } else { Cause::Request });
    }

    fn recv_body<'i>(&mut self, input: &mut &'i [u8], out: &mut BytesMut) -> Result<Option<Event<&'i [u8]>>, Error> {
        match self.line.piece(input) {
            Ok(Some(piece)) => {
                if let chunked::Event::End(_) = piece {
                    let last = self.line.state == State::Answered && self.line.why.is_some();
                    self.line.step(if last { Cause::EndLast } else { Cause::End });
                }
                Ok(Some(piece.into()))
            }
            Ok(None) => Ok(None),
            Err(error) => self.fail(error, out),
        }
    }

    /// What it waits for, and for how long.
    pub const fn patience(&self) -> Patience {
        let limit = match self.line.state {
            State::Idle => self.limits.idle,
            State::Head => self.limits.head,
            State::Receiving | State::Answering | State::Answered => self.limits.body,
            _ => None,
        };
        Patience { phase: self.line.inbound.phase, limit }
    }

    /// A request was told whose answer has not begun.
    pub const fn owes(&self) -> bool {
        matches!(self.line.state, State::Expecting | State::Receiving | State::Owing)
    }

    /// An answer has begun, and its [`end`](Self::end) is owed.
    pub const fn sending(&self) -> bool {
        matches!(self.line.state, State::Answering) || matches!(self.line.state, State::Replying)
    }

    /// The answer to the present request is complete. Between two requests it is true too.
    pub const fn answered(&self) -> bool {
        !self.owes() && !self.sending()
    }

    /// The client waits for [`proceed`](Self::proceed), or for a final answer, before it sends its content.
    pub const fn expected_to_proceed(&self) -> bool {
        matches!(self.line.state, State::Expecting)
    }

    /// The present request asks for another protocol: [`switch`](Self::switch) would be allowed (RFC 9110 7.8).
    pub const fn upgradable(&self) -> bool {
        self.owes() && self.asked.has(Asked::UPGRADE)
    }

    /// Gives up on the peer, with a reply where one is owed.
    #[cold]
    fn fail<T>(&mut self, error: Error, out: &mut BytesMut) -> Result<T, Error> {
        if let Some(status) = error.reply().filter(|_| matches!(self.line.state, State::Head | State::Receiving)) {
            ResponseHead::new(status).write(out);
            Added::Length(0).write(SAYS_CLOSE, out);
        }
        self.line.fail(error);
        Err(error)
    }
}

/// The state table as text: each state, what it is to a driver, and where each cause leads.
pub fn diagram() -> String {
    states::diagram(|state: State| format!("{:?}", state.status()))
}

inherent!(Server, Event);
notes! {
    impl Server;
    eof => self.line.inbound.ended;
    /// An idle connection is then closed without a word; within a request, `recv` fails with
    /// [`TimedOut`](super::ErrorKind::TimedOut).
    expire => self.line.inbound.expired;
}
delegate!(impl Engine + Detach for Server: Event, Error);
