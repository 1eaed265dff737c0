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
//! Each with what it is to a driver, and where each step leads; see [`diagram`].
//!
//! ```text
//! Idle (Idle)
//!     request        -> Waiting
//!     begin          -> Sending
//!     hold           -> Holding
//!     close          -> Closed
//!     fail           -> Closed
//! Waiting (Open)
//!     request        -> Waiting
//!     begin          -> Sending
//!     response       -> Receiving
//!     close          -> Closed
//!     fail           -> Closed
//! Holding (Open)
//!     proceed        -> Sending
//!     response       -> Receiving
//!     close          -> Closed
//!     fail           -> Closed
//! Sending (Open)
//!     sent           -> Waiting
//!     response       -> Duplex
//!     close          -> Closed
//!     fail           -> Closed
//! Receiving (Open)
//!     request        -> Receiving
//!     begin          -> Duplex
//!     end            -> Idle
//!     end, more owed -> Waiting
//!     end last       -> Closed
//!     switch         -> HandedOver
//!     close          -> Closed
//!     fail           -> Closed
//! Duplex (Open)
//!     sent           -> Receiving
//!     end            -> Unfinished
//!     end, more owed -> Sending
//!     end last       -> Closed
//!     close          -> Closed
//!     fail           -> Closed
//! Unfinished (Paused)
//!     sent           -> Idle
//!     close          -> Closed
//! HandedOver (HandedOver)
//! Closed (Closed)
//! ```

use super::body::{Added, Content, Inbound, Writer};
use super::chunked::{self, Extensions};
use super::error::{CloseReason, Error, ErrorKind, Misuse};
use super::fast;
use super::framing::{CLOSE, CODED, EXPECT, Facts, Framing, TO_CONNECT, TO_HEAD};
use super::head::{RequestHead, ResponseHead, Trailers};
use super::limits::{MessageLimits, Quirks};
use super::parse;
use super::scan::Part;
use super::states::{ClientState as State, ClientStep as Step};
use super::value::StatusCode;
use crate::engine::{Detach, Engine, Patience, Status};
use alloc::string::String;
use bytes::{BufMut, BytesMut};
use core::fmt;
use core::time::Duration;

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

impl<B> From<chunked::Event<B>> for Event<B> {
    fn from(piece: chunked::Event<B>) -> Self {
        match piece {
            chunked::Event::Extensions(extensions) => Self::Extensions(extensions),
            chunked::Event::Data(octets) => Self::Data(octets),
            chunked::Event::End(trailers) => Self::End(trailers),
        }
    }
}

/// How much a client takes from a server, and how long it waits for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
/// What is sent is framed by the method; what would be a lie is refused with a [`Misuse`], and then nothing was written.
#[derive(Clone, Debug)]
pub struct Client {
    inbound: Inbound,
    limits: Waits,
    state: State,
    writer: Writer,
    owed: Owed,
    /// No request may follow the last one before it is answered.
    barrier: bool,
    /// The response whose end is next hands the connection over.
    switching: bool,
    /// Octets of the present response's head were seen.
    begun: bool,
    informational: u8,
    /// Why the connection ends with the present response, or has ended.
    why: Option<CloseReason>,
    /// We said `Connection: close`.
    closing: bool,
}

/// [`Limits`], less what [`Inbound`] has.
#[derive(Clone, Copy, Debug)]
struct Waits {
    pipelined: u8,
    informational: u8,
    response: Option<Duration>,
    proceed: Option<Duration>,
    body: Option<Duration>,
}

/// What the responses that are owed answer, the oldest in the lowest two bits.
#[derive(Clone, Copy, Debug)]
struct Owed {
    kinds: u64,
    count: u8,
}

/// What of a request decides how its answer is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Plain,
    Head,
    Connect,
    Upgrade,
}

impl Owed {
    fn push(&mut self, kind: Kind) {
        self.kinds |= (kind as u64) << (2 * self.count);
        self.count += 1;
    }

    fn front(self) -> Kind {
        match self.kinds & 3 {
            0 => Kind::Plain,
            1 => Kind::Head,
            2 => Kind::Connect,
            _ => Kind::Upgrade,
        }
    }

    fn pop(&mut self) {
        self.kinds >>= 2;
        self.count = self.count.saturating_sub(1);
    }
}

/// A request that may be sent.
struct Plan {
    writer: Writer,
    added: Added,
    facts: Facts,
    kind: Kind,
    barrier: bool,
}

impl Client {
    /// The largest [`Limits::pipelined`].
    pub const PIPELINED: u8 = 32;

    /// A client that has said nothing yet.
    pub const fn new(limits: Limits) -> Self {
        Self::with_quirks(limits, Quirks { bare_lf: false, obs_fold: false, chunk_size_space: false })
    }

    /// The same, with some deviations forgiven.
    pub const fn with_quirks(limits: Limits, quirks: Quirks) -> Self {
        let Limits { message, pipelined, informational, response, proceed, body, body_step } = limits;
        Self {
            inbound: Inbound::new(message, quirks, body_step),
            limits: Waits { pipelined, informational, response, proceed, body },
            state: State::Idle,
            writer: Writer::Idle,
            owed: Owed { kinds: 0, count: 0 },
            barrier: false,
            switching: false,
            begun: false,
            informational: 0,
            why: None,
            closing: false,
        }
    }

    /// Takes at most one event off the front of `input`; see [`Engine::recv`]. It never writes.
    ///
    /// Errors are those of [`ErrorKind`]; none of them is answered.
    #[inline]
    pub fn recv<'i>(&mut self, input: &mut &'i [u8], out: &mut BytesMut) -> Result<Option<Event<&'i [u8]>>, Error> {
        // The contract gives every engine an output; a client has nothing to say of its own accord.
        let _unused = out;
        match self.state {
            State::Idle => self.recv_idle(input),
            State::Waiting | State::Holding | State::Sending => self.recv_head(input),
            State::Receiving | State::Duplex => self.recv_body(input),
            State::Closed => self.inbound.failed.map_or(Ok(None), Err),
            State::Unfinished | State::HandedOver => Ok(None),
        }
    }

    fn recv_idle<'i>(&mut self, input: &mut &'i [u8]) -> Result<Option<Event<&'i [u8]>>, Error> {
        self.inbound.skip_empty_lines(input);
        match **input {
            [] if self.inbound.ended => {
                self.close(CloseReason::PeerEnded);
                Ok(None)
            }
            [] => Ok(None),
            [b'\r'] if !self.inbound.ended => Ok(None),
            // RFC 9112 9.2: whatever this is, it answers nothing.
            _ => self.fail(ErrorKind::Unsolicited),
        }
    }

    fn recv_head<'i>(&mut self, input: &mut &'i [u8]) -> Result<Option<Event<&'i [u8]>>, Error> {
        if self.inbound.expired {
            self.inbound.expired = false;
            if self.state == State::Holding {
                self.step(Step::Proceed);
                return Ok(Some(Event::Proceed));
            }
            return self.fail(ErrorKind::TimedOut);
        }
        if !self.begun {
            // Servers are known that send an empty line behind a body; no response begins with one.
            self.inbound.skip_empty_lines(input);
            match **input {
                [] | [b'\r'] if self.inbound.ended => return self.fail(ErrorKind::NoResponse),
                [] | [b'\r'] => return Ok(None),
                _ => {}
            }
            self.begun = true;
            if self.state == State::Waiting {
                self.inbound.next_phase();
            }
            let mut facts = self.facts();
            let mut head = ResponseHead::blank();
            let rules = self.inbound.limits.rules(Part::Response, self.inbound.quirks);
            if fast::response(input, &rules, &mut facts, &mut head).is_some() {
                return self.accept(head, &facts, input).map(Some);
            }
            self.inbound.expect_head(Part::Response, self.facts());
        }
        let rules = self.inbound.limits.rules(Part::Response, self.inbound.quirks);
        match self.inbound.scan_head(input, &rules) {
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
            if asked != Kind::Upgrade || !facts.upgrades() || self.state != State::Waiting {
                return self.fail(ErrorKind::UnexpectedSwitch);
            }
            self.switching = true;
        } else if status.is_informational() {
            if self.informational >= self.limits.informational {
                return self.fail(ErrorKind::TooManyInformational);
            }
            self.informational += 1;
            chunked::take(input, head.block.len(), &mut self.inbound.taken);
            self.begun = false;
            self.inbound.next_phase();
            if status == StatusCode::CONTINUE && self.state == State::Holding {
                self.step(Step::Proceed);
            }
            return Ok(Event::Informational(head));
        }
        chunked::take(input, head.block.len(), &mut self.inbound.taken);
        (self.begun, self.informational) = (false, 0);
        self.switching |= asked == Kind::Connect && status.is_success();
        let framing = facts.framing();
        self.inbound.expect_body(framing);
        if !self.switching {
            // RFC 9112 9.3: what decides whether the connection lasts.
            if facts.has(CLOSE) {
                self.why.get_or_insert(CloseReason::PeerClose);
            } else if !facts.lasts() {
                self.why.get_or_insert(CloseReason::Http10);
            } else if framing == Framing::UntilClose {
                self.why.get_or_insert(CloseReason::UntilClose);
            } else if self.closing && self.owed.count == 1 {
                self.why.get_or_insert(CloseReason::LocalClose);
            }
        }
        if self.state == State::Holding {
            // RFC 9110 10.1.1: the content was not wanted, and is not sent; the server can't know that.
            self.why.get_or_insert(CloseReason::ExpectationRefused);
            self.writer = Writer::Idle;
        }
        self.step(Step::Response);
        Ok(Event::Response(head))
    }

    fn recv_body<'i>(&mut self, input: &mut &'i [u8]) -> Result<Option<Event<&'i [u8]>>, Error> {
        if self.inbound.expired {
            return self.fail(ErrorKind::TimedOut);
        }
        match self.inbound.piece(input) {
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
            self.why = Some(CloseReason::Switched);
            self.step(Step::Switch);
        } else if self.why.is_some() {
            self.writer = Writer::Idle;
            self.step(Step::EndLast);
        } else if self.owed.count > 0 {
            self.step(Step::EndMore);
        } else {
            self.step(Step::End);
        }
    }

    /// There will be no more than what is in `input`; see [`Engine::eof`].
    pub fn eof(&mut self) {
        self.inbound.ended = true;
    }

    /// The caller's clock ran out on the current phase; see [`Engine::expire`].
    ///
    /// While the content waits for `100 (Continue)`, `recv` then tells [`Event::Proceed`]; else it fails with
    /// [`TimedOut`](ErrorKind::TimedOut).
    pub fn expire(&mut self) {
        if self.patience().limit.is_some() {
            self.inbound.expired = true;
        }
    }

    /// Where the connection stands.
    pub const fn status(&self) -> Status {
        self.state.status()
    }

    /// What it waits for, and for how long. No clock runs while a request still goes out, or between exchanges.
    pub const fn patience(&self) -> Patience {
        let limit = match self.state {
            State::Waiting => self.limits.response,
            State::Holding => self.limits.proceed,
            State::Receiving | State::Duplex => self.limits.body,
            _ => None,
        };
        Patience { phase: self.inbound.phase, limit }
    }

    /// How large a read buffer has to be, in octets.
    pub fn window(&self) -> usize {
        self.inbound.limits.window()
    }

    /// The content that an event carries.
    pub fn octets<'e>(event: &'e Event<&[u8]>) -> Option<&'e [u8]> {
        match event {
            Event::Data(octets) => Some(octets),
            _ => None,
        }
    }

    /// How many requests are not answered to their end.
    pub const fn owed(&self) -> usize {
        self.owed.count as usize
    }

    /// The content of a request is not [`end`](Self::end)ed.
    pub const fn sending(&self) -> bool {
        matches!(self.state, State::Holding | State::Sending | State::Duplex | State::Unfinished)
    }

    /// Content may go out now: a request is being sent, and does not wait for `100 (Continue)`. It may be sent before
    /// that all the same (RFC 9110 10.1.1).
    pub const fn may_send(&self) -> bool {
        matches!(self.state, State::Sending | State::Duplex | State::Unfinished)
    }

    /// A request may be sent now. Behind others that are not answered yet, [`request`](Self::request) may still refuse it
    /// for what it asks.
    pub const fn can_request(&self) -> bool {
        matches!(self.state, State::Idle | State::Waiting | State::Receiving)
            && !self.closing
            && !self.barrier
            && self.why.is_none()
            && !self.inbound.ended
            && self.owed.count < self.limits.pipelined
            && self.owed.count < Self::PIPELINED
    }

    /// Why the connection takes no more requests after the present response, or why it ended. `None` while it lasts.
    pub const fn close_reason(&self) -> Option<CloseReason> {
        self.why
    }

    /// How many octets of the server's stream were taken.
    pub const fn taken(&self) -> u64 {
        self.inbound.taken
    }

    /// Sends a request with all of its content. Errors as [`request`](Self::request).
    #[inline]
    pub fn send<B: AsRef<[u8]>>(
        &mut self,
        head: &RequestHead<B>,
        content: &[u8],
        out: &mut BytesMut,
    ) -> Result<(), Misuse> {
        let amount = if content.is_empty() { Content::Empty } else { Content::Length(content.len() as u64) };
        let plan = self.plan(head, amount)?;
        if plan.facts.has(EXPECT) && !content.is_empty() {
            return Err(Misuse::Expectation);
        }
        out.reserve(head.index.end as usize + content.len() + 64);
        self.write_head(head, &plan, out);
        out.put_slice(content);
        self.step(Step::Request);
        Ok(())
    }

    /// Sends a request's head; with [`Content::Empty`] it is complete.
    ///
    /// `Content-Length` or `Transfer-Encoding` is added where it is needed and the head lacks it. With
    /// `Expect: 100-continue` in the head the content waits, unless there is none.
    ///
    /// [`Misuse::Unfinished`] while another is being sent, [`Pipelined`](Misuse::Pipelined) behind requests that no other
    /// may follow yet, [`Closing`](Misuse::Closing) and [`Over`](Misuse::Over) on a connection that takes no more,
    /// [`Host`](Misuse::Host) without exactly one valid `Host`, [`BodyForbidden`](Misuse::BodyForbidden) for content of
    /// TRACE and CONNECT, [`LengthMismatch`](Misuse::LengthMismatch) and [`TransferCoding`](Misuse::TransferCoding) where
    /// the head says otherwise, [`Expectation`](Misuse::Expectation) for one that can't be met.
    #[inline]
    pub fn request<B: AsRef<[u8]>>(
        &mut self,
        head: &RequestHead<B>,
        content: Content,
        out: &mut BytesMut,
    ) -> Result<(), Misuse> {
        let plan = self.plan(head, content)?;
        out.reserve(head.index.end as usize + 64);
        self.write_head(head, &plan, out);
        if content == Content::Empty {
            self.step(Step::Request);
        } else {
            self.writer = plan.writer;
            let holds = plan.facts.has(EXPECT) && content != Content::Length(0);
            self.step(if holds { Step::Hold } else { Step::Begin });
        }
        Ok(())
    }

    /// Sends a piece of the content. [`Misuse::NotSending`], or [`TooLong`](Misuse::TooLong) where it is more than was
    /// announced. A piece that goes out ends the wait for `100 (Continue)`.
    #[inline]
    pub fn data(&mut self, octets: &[u8], out: &mut BytesMut) -> Result<(), Misuse> {
        self.writer.data(octets, out)?;
        self.went_out();
        Ok(())
    }

    /// Writes what goes before a piece of `length` octets, which the caller sends itself behind all of `out`, by
    /// `sendfile` or from its own buffer; `false` where there is nothing to send. Errors as [`data`](Self::data).
    pub fn data_framing(&mut self, length: u64, out: &mut BytesMut) -> Result<bool, Misuse> {
        let some = self.writer.framing(length, out)?;
        self.went_out();
        Ok(some)
    }

    /// Completes the request. [`Misuse::NotSending`], or [`TooShort`](Misuse::TooShort) where less was sent than
    /// announced.
    #[inline]
    pub fn end(&mut self, out: &mut BytesMut) -> Result<(), Misuse> {
        self.writer.end(None::<&Trailers>, out)?;
        self.went_out();
        self.step(Step::Sent);
        Ok(())
    }

    /// Completes the request with a trailer section (RFC 9110 6.5). Errors as [`end`](Self::end), and
    /// [`Misuse::Trailers`] where the content is not chunked.
    pub fn end_with<B: AsRef<[u8]>>(&mut self, trailers: &Trailers<B>, out: &mut BytesMut) -> Result<(), Misuse> {
        self.writer.end(Some(trailers), out)?;
        self.went_out();
        self.step(Step::Sent);
        Ok(())
    }

    /// Gives the connection up, whatever is under way: the caller closes it.
    pub fn abandon(&mut self) {
        if !self.state.status().over() {
            self.writer = Writer::Idle;
            self.why = Some(CloseReason::Abandoned);
            self.step(Step::Close);
        }
    }

    fn went_out(&mut self) {
        if self.state == State::Holding {
            self.step(Step::Proceed);
        }
    }

    /// Judges a request, and decides how it is framed (RFC 9112 6.3, RFC 9110 8.6).
    #[inline]
    fn plan<B: AsRef<[u8]>>(&self, head: &RequestHead<B>, content: Content) -> Result<Plan, Misuse> {
        match self.state {
            State::Idle => {}
            State::Waiting | State::Receiving if self.why.is_none() => {
                // RFC 9112 9.3.2: nothing behind what can't be sent again.
                if self.barrier || self.owed.count >= self.limits.pipelined.min(Self::PIPELINED) {
                    return Err(Misuse::Pipelined);
                }
            }
            State::Waiting | State::Receiving => return Err(Misuse::Closing),
            State::Holding | State::Sending | State::Duplex | State::Unfinished => return Err(Misuse::Unfinished),
            State::HandedOver | State::Closed => return Err(Misuse::Over),
        }
        if self.closing || self.inbound.ended {
            return Err(Misuse::Closing);
        }
        if self.limits.pipelined == 0 {
            return Err(Misuse::Pipelined);
        }
        let mut facts = Facts::request();
        facts.all(head.fields()).map_err(|(kind, _)| kind)?;
        facts.end()?;
        let method = head.method();
        let given = facts.given_length();
        let coded = facts.has(CODED);
        if coded && !head.fields().list("transfer-encoding").all(|coding| coding.eq_ignore_ascii_case(b"chunked")) {
            return Err(Misuse::TransferCoding);
        }
        // RFC 9110 9.3.6 and 9.3.8.
        let bodiless = matches!(method.as_str(), "CONNECT" | "TRACE");
        if bodiless && (content != Content::Empty || given.is_some() || coded) {
            return Err(Misuse::BodyForbidden);
        }
        if coded && content != Content::Stream {
            return Err(Misuse::TransferCoding);
        }
        let (writer, added) = match (content, given) {
            (Content::Empty, None) if method.anticipates_content() => (Writer::Idle, Added::Length(0)),
            (Content::Empty, None | Some(0)) => (Writer::Idle, Added::Nothing),
            (Content::Length(0), None) if !method.anticipates_content() => (Writer::Length(0), Added::Nothing),
            (Content::Length(length), None) => (Writer::Length(length), Added::Length(length)),
            (Content::Length(length), Some(given)) if length == given => (Writer::Length(length), Added::Nothing),
            (Content::Stream, None) => {
                (Writer::Chunked { open: false }, if coded { Added::Nothing } else { Added::Chunked })
            }
            _ => return Err(Misuse::LengthMismatch),
        };
        let kind = match method.as_str() {
            "CONNECT" => Kind::Connect,
            "HEAD" => Kind::Head,
            _ if facts.upgrades() => Kind::Upgrade,
            _ => Kind::Plain,
        };
        // An answer to an earlier request would not say what becomes of the content.
        if facts.has(EXPECT) && self.owed.count > 0 {
            return Err(Misuse::Expectation);
        }
        let barrier = !method.is_idempotent() || matches!(kind, Kind::Connect | Kind::Upgrade);
        Ok(Plan { writer, added, facts, kind, barrier })
    }

    #[inline]
    fn write_head<B: AsRef<[u8]>>(&mut self, head: &RequestHead<B>, plan: &Plan, out: &mut BytesMut) {
        head.write(out);
        plan.added.write(b"", out);
        self.owed.push(plan.kind);
        self.barrier |= plan.barrier;
        self.closing |= plan.facts.has(CLOSE);
    }

    #[inline(always)]
    fn step(&mut self, step: Step) {
        debug_assert!(self.state.next(step).is_some(), "{:?} {step:?}", self.state);
        if let Some(next) = self.state.next(step) {
            self.state = next;
            self.inbound.next_phase();
        }
    }

    #[cold]
    fn close(&mut self, why: CloseReason) {
        self.why.get_or_insert(why);
        self.step(Step::Close);
    }

    #[cold]
    fn fail<T>(&mut self, kind: ErrorKind) -> Result<T, Error> {
        self.fail_at(Error { kind, offset: self.inbound.taken })
    }

    #[cold]
    fn fail_at<T>(&mut self, error: Error) -> Result<T, Error> {
        self.inbound.failed = Some(error);
        self.why = Some(CloseReason::Failed);
        self.writer = Writer::Idle;
        self.step(Step::Fail);
        Err(error)
    }
}

/// The state table as text: each state, what it is to a driver, and where each step leads.
pub fn diagram() -> String {
    State::diagram()
}

impl Default for Client {
    fn default() -> Self {
        Self::new(Limits::default())
    }
}

impl Engine for Client {
    type Event<'i> = Event<&'i [u8]>;
    type Error = Error;

    #[inline]
    fn recv<'i>(&mut self, input: &mut &'i [u8], out: &mut BytesMut) -> Result<Option<Event<&'i [u8]>>, Error> {
        Self::recv(self, input, out)
    }
    fn eof(&mut self) {
        Self::eof(self);
    }
    fn expire(&mut self) {
        Self::expire(self);
    }
    fn status(&self) -> Status {
        Self::status(self)
    }
    fn patience(&self) -> Patience {
        Self::patience(self)
    }
    fn window(&self) -> usize {
        Self::window(self)
    }
    fn octets<'e>(event: &'e Event<&[u8]>) -> Option<&'e [u8]> {
        Self::octets(event)
    }
}

impl Detach for Client {
    type Detached<B>
        = Event<B>
    where
        B: fmt::Debug;

    fn detach<'i, B: fmt::Debug>(event: Event<&'i [u8]>, keep: impl FnMut(&'i [u8]) -> B) -> Event<B> {
        event.map(keep)
    }

    fn map<A: fmt::Debug, B: fmt::Debug>(event: Event<A>, keep: impl FnMut(A) -> B) -> Event<B> {
        event.map(keep)
    }
}
