//! The client's end of an HTTP/1.1 connection (RFC 9112).
//!
//! Requests are commands; responses are told in the order of the requests. The client may send further requests before
//! the first is answered where RFC 9112 9.3.2 allows it, and hears an early response while its own content still goes
//! out.
//!
//! ```
//! use bytes::BytesMut;
//! use plainwire::http1::{Client, Content, Method, RequestHead, client::{Event, Limits}};
//!
//! let mut client = Client::new(Limits::default());
//! let mut out = BytesMut::new();
//! let head = RequestHead::new(Method::GET, "/")?.with("Host", "example.com")?;
//! client.request(&head, Content::Empty, &mut out)?;
//!
//! let mut input = &b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"[..];
//! while let Some(event) = client.recv(&mut input, &mut out)? {
//!     match event {
//!         Event::Response(head) => assert!(head.status().is_success()),
//!         Event::Data(octets) => assert_eq!(octets, b"hello"),
//!         _ => {}
//!     }
//! }
//! assert!(client.can_request());
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
use super::error::{CloseReason, Error, ErrorKind};
use super::fast;
use super::framing::{CLOSE, Facts, Framing, TO_CONNECT, TO_HEAD};
use super::head::{ResponseHead, Trailers};
use super::limits::{MessageLimits, Quirks};
use super::owed::{Kind, Owed};
use super::parse;
use super::scan::Part;
use super::sending::Writer;
use super::value::StatusCode;
use crate::engine::{Detach, Engine, Patience, Status, delegate, notes};
use crate::states;
use alloc::format;
use alloc::string::String;
use bytes::BytesMut;
use core::time::Duration;

mod say;
mod state;

/// What a server says.
#[derive(Clone, Debug)]
pub enum Event<B> {
    /// A 1xx: the answer is still to come (RFC 9110 15.2). `100 (Continue)` is among them.
    Informational(ResponseHead<B>),
    /// The head of the answer. Its [`End`](Self::End) follows always, and before it the content, if it has any. A 101
    /// that was asked for is an answer too.
    Response(ResponseHead<B>),
    /// The wait for `100 (Continue)` was long enough: send the content.
    Proceed,
    /// A chunk begins that has extensions (RFC 9112 7.1.1). Who does not know them ignores them.
    Extensions(Extensions<B>),
    /// Content, never empty.
    Data(B),
    /// The end of a response, with its trailer section.
    End(Trailers<B>),
}

impl<B> Event<B> {
    /// The event with its octets held otherwise.
    pub fn map<C>(self, keep: impl FnOnce(B) -> C) -> Event<C> {
        match self {
            Self::Informational(head) => Event::Informational(head.map(keep)),
            Self::Response(head) => Event::Response(head.map(keep)),
            Self::Proceed => Event::Proceed,
            Self::Extensions(extensions) => Event::Extensions(extensions.map(keep)),
            Self::Data(octets) => Event::Data(keep(octets)),
            Self::End(trailers) => Event::End(trailers.map(keep)),
        }
    }
}

/// How much a client takes from a server, and how long it waits for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
pub struct Limits {
    /// The parts of responses.
    pub message: MessageLimits,
    /// How many requests may wait for their answers. Default 8; at most [`Client::PIPELINED`], a larger number means
    /// that. Servers answer one after the other, so a longer queue only makes more to send again.
    pub pipelined: u8,
    /// How many 1xx one answer may be preceded by. Default 16: a server sends a few 103, and 102 every 20 seconds.
    pub informational: u8,
    /// How long an answer may take from the request's end to its head. Default 60 seconds.
    pub response: Option<Duration>,
    /// How long `100 (Continue)` is waited for before the content goes out all the same. Default 1 second, as in curl:
    /// RFC 9110 10.1.1 wants no more than patience, since many servers never say it.
    pub proceed: Option<Duration>,
    /// How long [`body_step`](Self::body_step) octets of content may take. Default 60 seconds; `None` for streams that
    /// fall silent, such as server-sent events.
    pub body: Option<Duration>,
    /// See [`body`](Self::body). Default 16,384 octets: with a minute that is a minimum rate of 273 octets a second.
    pub body_step: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            message: MessageLimits::default(),
            pipelined: 8,
            informational: 16,
            response: Some(Duration::from_secs(60)),
            proceed: Some(Duration::from_secs(1)),
            body: Some(Duration::from_secs(60)),
            body_step: 16_384,
        }
    }
}

/// The client's end of a connection.
///
/// A request whose content is at hand is one [`send`](Self::send). In pieces it is [`request`](Self::request), then
/// [`data`](Self::data) …, then [`end`](Self::end); with `Expect: 100-continue` in its head the content waits for
/// [`may_send`](Self::may_send).
///
/// What is sent is framed by the method; what would be a lie is refused with a [`Misuse`](super::Misuse), and then nothing was written.
#[derive(Clone, Debug)]
pub struct Client {
    line: Connection<State>,
    limits: Waits,
    owed: Owed,
    /// No request may follow the last one before it is answered.
    barrier: bool,
    /// The response whose end is next hands the connection over.
    switching: bool,
    /// Octets of the present response's head were seen.
    begun: bool,
    informational: u8,
    /// We said `Connection: close`.
    closing: bool,
}

/// [`Limits`], less what [`Connection`] has.
#[derive(Clone, Copy, Debug)]
struct Waits {
    pipelined: u8,
    informational: u8,
    response: Option<Duration>,
    proceed: Option<Duration>,
    body: Option<Duration>,
}

impl Client {
    /// The largest [`Limits::pipelined`].
    pub const PIPELINED: u8 = Owed::ROOM;

    /// A client that has said nothing yet.
    pub const fn new(limits: Limits) -> Self {
        Self::with_quirks(limits, Quirks { bare_lf: false, obs_fold: false, chunk_size_space: false })
    }

    /// The same, with some deviations forgiven.
    pub const fn with_quirks(limits: Limits, quirks: Quirks) -> Self {
        let Limits { message, pipelined, informational, response, proceed, body, body_step } = limits;
        Self {
            line: Connection::new(State::Idle, message, quirks, body_step),
            limits: Waits { pipelined, informational, response, proceed, body },
            owed: Owed::new(),
            barrier: false,
            switching: false,
            begun: false,
            informational: 0,
            closing: false,
        }
    }

    /// Takes at most one event off the front of `input`; see [`Engine::recv`]. It never writes.
    ///
    /// Errors are those of [`ErrorKind`]; none of them is answered.
    #[inline]
    pub fn recv<'i>(&mut self, input: &mut &'i [u8], out: &mut BytesMut) -> Result<Option<Event<&'i [u8]>>, Error> {
        // The contract gives every engine an output; a client has nothing to say of its own accord.
        let _ = out;
        match self.line.state {
            State::Idle => self.recv_idle(input),
            State::Waiting | State::Holding | State::Sending => self.recv_head(input),
            State::Receiving | State::Duplex => self.recv_body(input),
            State::Closed => self.line.inbound.failed.map_or(Ok(None), Err),
            State::Unfinished | State::HandedOver => Ok(None),
        }
    }

    fn recv_idle<'i>(&mut self, input: &mut &'i [u8]) -> Result<Option<Event<&'i [u8]>>, Error> {
        if let Err(error) = self.line.inbound.skip_empty_lines(input) {
            return self.fail_at(error);
        }
        match **input {
            [] if self.line.inbound.ended => {
                self.line.close(CloseReason::PeerEnded);
                Ok(None)
            }
            [] => Ok(None),
            [b'\r'] if !self.line.inbound.ended => Ok(None),
            // RFC 9112 9.2: whatever this is, it answers nothing.
            _ => self.fail(ErrorKind::Unsolicited),
        }
    }

    fn recv_head<'i>(&mut self, input: &mut &'i [u8]) -> Result<Option<Event<&'i [u8]>>, Error> {
        if self.line.inbound.expired {
            self.line.inbound.expired = false;
            if self.line.state == State::Holding {
                self.line.step(Cause::Proceed);
                return Ok(Some(Event::Proceed));
            }
            return self.fail(ErrorKind::TimedOut);
        }
        if !self.begun {
            // Servers are known that send an empty line behind a body; no response begins with one.
            if let Err(error) = self.line.inbound.skip_empty_lines(input) {
                return self.fail_at(error);
            }
            match **input {
                [] | [b'\r'] if self.line.inbound.ended => return self.fail(ErrorKind::NoResponse),
                [] | [b'\r'] => return Ok(None),
                _ => {}
            }
            self.begun = true;
            if self.line.state == State::Waiting {
                self.line.inbound.next_phase();
            }
            let mut facts = self.facts();
            let mut head = ResponseHead::blank();
            let rules = self.line.inbound.limits.rules(Part::Response, self.line.inbound.quirks);
            if fast::response(input, &rules, &mut facts, &mut head).is_some() {
                return self.accept(head, &facts, input).map(Some);
            }
            self.line.inbound.expect_head(Part::Response, self.facts());
        }
        let rules = self.line.inbound.limits.rules(Part::Response, self.line.inbound.quirks);
        match self.line.inbound.scan_head(input, &rules) {
            Ok(Some((length, facts))) => self.accept(parse::response(input, length, &rules), &facts, input).map(Some),
            Ok(None) => Ok(None),
            Err(error) => self.fail_at(error),
        }
    }

    /// What is known of the next response beforehand.
    #[inline]
    fn facts(&self) -> Facts {
        Facts::response(match self.owed.front() {
            Kind::Head => TO_HEAD,
            Kind::Connect => TO_CONNECT,
            Kind::Plain | Kind::Upgrade => 0,
        })
    }

    /// A head is whole and good.
    #[inline]
    fn accept<'i>(
        &mut self,
        head: ResponseHead<&'i [u8]>,
        facts: &Facts,
        input: &mut &'i [u8],
    ) -> Result<Event<&'i [u8]>, Error> {
        let status = head.status;
        let asked = self.owed.front();
        if status == StatusCode::SWITCHING_PROTOCOLS {
            // RFC 9110 7.8: not without having been asked, not before the request is whole, and named.
            if asked != Kind::Upgrade || !facts.upgrades() || self.line.state != State::Waiting {
                return self.fail(ErrorKind::UnexpectedSwitch);
            }
            self.switching = true;
        } else if status.is_informational() {
            if self.informational >= self.limits.informational {
                return self.fail(ErrorKind::TooManyInformational);
            }
            self.informational += 1;
            chunked::take(input, head.block.len(), &mut self.line.inbound.taken);
            self.begun = false;
            self.line.inbound.next_phase();
            if status == StatusCode::CONTINUE && self.line.state == State::Holding {
                self.line.step(Cause::Proceed);
            }
            return Ok(Event::Informational(head));
        }
        chunked::take(input, head.block.len(), &mut self.line.inbound.taken);
        (self.begun, self.informational) = (false, 0);
        self.switching |= asked == Kind::Connect && status.is_success();
        let framing = facts.framing();
        self.line.inbound.expect_body(framing);
        if !self.switching {
            // RFC 9112 9.3: what decides whether the connection lasts.
            if facts.has(CLOSE) {
                self.line.ends(CloseReason::PeerClose);
            } else if !facts.lasts() {
                self.line.ends(CloseReason::Http10);
            } else if framing == Framing::UntilClose {
                self.line.ends(CloseReason::UntilClose);
            } else if self.closing && self.owed.count == 1 {
                self.line.ends(CloseReason::LocalClose);
            }
        }
        if self.line.state == State::Holding {
            // RFC 9110 10.1.1: the content was not wanted, and is not sent; the server can't know that.
            self.line.ends(CloseReason::ExpectationRefused);
            self.line.writer = Writer::Idle;
        }
        self.line.step(Cause::Response);
        Ok(Event::Response(head))
    }

    fn recv_body<'i>(&mut self, input: &mut &'i [u8]) -> Result<Option<Event<&'i [u8]>>, Error> {
        match self.line.piece(input) {
            Ok(Some(piece)) => {
                if let chunked::Event::End(_) = piece {
                    self.response_ended();
                }
                Ok(Some(piece.into()))
            }
            Ok(None) => Ok(None),
            Err(error) => self.fail_at(error),
        }
    }

    #[inline]
    fn response_ended(&mut self) {
        self.owed.pop();
        if self.owed.count == 0 {
            self.barrier = false;
        }
        if self.switching {
            self.line.why = Some(CloseReason::Switched);
            self.line.step(Cause::Switch);
        } else if self.line.why.is_some() {
            self.line.writer = Writer::Idle;
            self.line.step(Cause::EndLast);
        } else if self.owed.count > 0 {
            self.line.step(Cause::EndMore);
        } else {
            self.line.step(Cause::End);
        }
    }

    /// What it waits for, and for how long. No clock runs while a request still goes out, or between exchanges.
    pub const fn patience(&self) -> Patience {
        let limit = match self.line.state {
            State::Waiting => self.limits.response,
            State::Holding => self.limits.proceed,
            State::Receiving | State::Duplex => self.limits.body,
            _ => None,
        };
        Patience { phase: self.line.inbound.phase, limit }
    }

    /// How many requests are not answered to their end.
    pub const fn owed(&self) -> usize {
        self.owed.count as usize
    }

    /// The content of a request is not [`end`](Self::end)ed.
    pub const fn sending(&self) -> bool {
        matches!(self.line.state, State::Holding | State::Sending | State::Duplex | State::Unfinished)
    }

    /// Content may go out now: a request is being sent, and does not wait for `100 (Continue)`. It may be sent before
    /// that all the same (RFC 9110 10.1.1).
    pub const fn may_send(&self) -> bool {
        matches!(self.line.state, State::Sending | State::Duplex | State::Unfinished)
    }

    /// A request may be sent now. Behind others that are not answered yet, [`request`](Self::request) may still refuse it
    /// for what it asks.
    pub const fn can_request(&self) -> bool {
        matches!(self.line.state, State::Idle | State::Waiting | State::Receiving)
            && !self.closing
            && !self.barrier
            && self.line.why.is_none()
            && !self.line.inbound.ended
            && self.owed.count < self.limits.pipelined
            && self.owed.count < Self::PIPELINED
    }

    #[cold]
    fn fail<T>(&mut self, kind: ErrorKind) -> Result<T, Error> {
        self.fail_at(Error { kind, offset: self.line.inbound.taken })
    }

    #[cold]
    fn fail_at<T>(&mut self, error: Error) -> Result<T, Error> {
        self.line.fail(error);
        Err(error)
    }
}

/// The state table as text: each state, what it is to a driver, and where each cause leads.
pub fn diagram() -> String {
    states::diagram(|state: State| format!("{:?}", state.status()))
}

inherent!(Client, Event);
notes! {
    impl Client;
    eof => self.line.inbound.ended;
    /// While the content waits for `100 (Continue)`, `recv` then tells [`Event::Proceed`]; else it fails with
    /// [`TimedOut`](super::ErrorKind::TimedOut).
    expire => self.line.inbound.expired;
}
delegate!(impl Engine + Detach for Client: Event, Error);
