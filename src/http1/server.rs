//! The server's end of an HTTP/1.1 connection (RFC 9112).
//!
//! Requests are told one at a time: after a request's [`Event::End`] the engine is [`Paused`](Status::Paused) until its
//! answer is complete, and only then looks at the next one, however many lie in the input (RFC 9112 9.3.2: answers keep
//! the order of the requests). An answer may begin as soon as its [`Event::Request`] was told.
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
//!         Event::Request(head) => assert_eq!(head.target().path(), "/"),
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
//! Each with what it is to a driver, and where each step leads; see [`diagram`].
//!
//! ```text
//! Idle (Idle)
//!     octets         -> Head
//!     close          -> Closed
//!     abandon        -> Closed
//! Head (Open)
//!     request        -> Receiving
//!     expectation    -> Expecting
//!     fail           -> Closed
//!     abandon        -> Closed
//! Expecting (Paused)
//!     proceed        -> Receiving
//!     begin          -> Replying
//!     finish last    -> Closed
//!     abandon        -> Closed
//! Receiving (Open)
//!     end            -> Owing
//!     begin          -> Answering
//!     finish         -> Answered
//!     finish last    -> Closed
//!     switch         -> Switching
//!     fail           -> Closed
//!     abandon        -> Closed
//! Answering (Open)
//!     end            -> Replying
//!     finish         -> Answered
//!     finish last    -> Closed
//!     fail           -> Closed
//!     abandon        -> Closed
//! Answered (Open)
//!     end            -> Idle
//!     end last       -> Closed
//!     fail           -> Closed
//!     abandon        -> Closed
//! Owing (Paused)
//!     begin          -> Replying
//!     finish         -> Idle
//!     finish last    -> Closed
//!     switch         -> HandedOver
//!     abandon        -> Closed
//! Replying (Paused)
//!     finish         -> Idle
//!     finish last    -> Closed
//!     abandon        -> Closed
//! Switching (Open)
//!     end            -> HandedOver
//!     fail           -> Closed
//!     abandon        -> Closed
//! HandedOver (HandedOver)
//! Closed (Closed)
//! ```

use super::body::{Added, Content, Inbound, Writer};
use super::chunked::{self, Extensions};
use super::error::{CloseReason, Error, ErrorKind, Misuse};
use super::fast;
use super::framing::{CLOSE, CODED, EXPECT, Facts, Framing, HTTP_10, KEEP_ALIVE, UPGRADE};
use super::head::{RequestHead, ResponseHead, Trailers};
use super::limits::{MessageLimits, Quirks};
use super::parse;
use super::scan::Part;
use super::states::{ServerState as State, ServerStep as Step};
use super::syntax::Decimal;
use super::value::StatusCode;
use crate::engine::{Detach, Engine, Patience, Status};
use alloc::string::String;
use bytes::{BufMut, BytesMut};
use core::fmt;
use core::time::Duration;

/// What a client says.
#[derive(Clone, Debug)]
pub enum Event<B> {
    /// A request's head. Its [`End`](Self::End) follows always, and before it the content, if it has any.
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

impl<B> From<chunked::Event<B>> for Event<B> {
    fn from(piece: chunked::Event<B>) -> Self {
        match piece {
            chunked::Event::Extensions(extensions) => Self::Extensions(extensions),
            chunked::Event::Data(octets) => Self::Data(octets),
            chunked::Event::End(trailers) => Self::End(trailers),
        }
    }
}

/// How much a server takes from a client, and how long it waits for it.
///
/// How long an answer may take, and how slowly the client may read it, is not the engine's to judge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
/// and the method; what would be a lie is refused with a [`Misuse`], and then nothing was written.
#[derive(Clone, Debug)]
pub struct Server {
    inbound: Inbound,
    limits: Waits,
    state: State,
    writer: Writer,
    /// What the present request is.
    asked: Asked,
    requests: u32,
    /// Why the connection ends with the present exchange, or has ended.
    why: Option<CloseReason>,
}

/// [`Limits`], less what [`Inbound`] has.
#[derive(Clone, Copy, Debug)]
struct Waits {
    requests: u32,
    idle: Option<Duration>,
    head: Option<Duration>,
    body: Option<Duration>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Asked {
    head: bool,
    connect: bool,
    http_10: bool,
    upgrade: bool,
}

/// An answer that may be given.
struct Plan {
    writer: Writer,
    added: Added,
    why: Option<CloseReason>,
    connection: &'static [u8],
    /// A 2xx to CONNECT: behind it the connection is a tunnel (RFC 9110 9.3.6).
    tunnel: bool,
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
        Self {
            inbound: Inbound::new(message, quirks, body_step),
            limits: Waits { requests, idle, head, body },
            state: if requests == 0 { State::Closed } else { State::Idle },
            writer: Writer::Idle,
            asked: Asked { head: false, connect: false, http_10: false, upgrade: false },
            requests: 0,
            why: if requests == 0 { Some(CloseReason::RequestLimit) } else { None },
        }
    }

    /// Takes at most one event off the front of `input`; see [`Engine::recv`].
    ///
    /// Errors are those of [`ErrorKind`] that have a [`reply`](Error::reply). It lies in `out`, with
    /// `Connection: close`, unless an answer had begun.
    #[inline]
    pub fn recv<'i>(&mut self, input: &mut &'i [u8], out: &mut BytesMut) -> Result<Option<Event<&'i [u8]>>, Error> {
        match self.state {
            State::Idle => self.recv_idle(input, out),
            State::Head => self.scan_head(input, out),
            State::Receiving | State::Answering | State::Answered | State::Switching => self.recv_body(input, out),
            State::Closed => self.inbound.failed.map_or(Ok(None), Err),
            State::Expecting | State::Owing | State::Replying | State::HandedOver => Ok(None),
        }
    }

    #[inline]
    fn recv_idle<'i>(&mut self, input: &mut &'i [u8], out: &mut BytesMut) -> Result<Option<Event<&'i [u8]>>, Error> {
        if !self.head_begins(input) {
            return Ok(None);
        }
        let mut head = RequestHead::blank();
        if self.plain_head(input, &mut head) {
            return Ok(Some(Event::Request(head)));
        }
        self.inbound.expect_head(Part::Request, Facts::request());
        self.scan_head(input, out)
    }

    /// What is left in the input begins with a request line.
    #[inline]
    fn head_begins(&mut self, input: &mut &[u8]) -> bool {
        if self.inbound.expired {
            self.close(CloseReason::Idle);
            return false;
        }
        self.inbound.skip_empty_lines(input);
        match **input {
            [] if self.inbound.ended => {
                self.close(CloseReason::PeerEnded);
                false
            }
            [] => false,
            [b'\r'] => self.inbound.ended,
            _ => true,
        }
    }

    #[inline]
    fn plain_head<'i>(&mut self, input: &mut &'i [u8], head: &mut RequestHead<&'i [u8]>) -> bool {
        self.step(Step::Octets);
        let mut facts = Facts::request();
        let rules = self.inbound.limits.rules(Part::Request, self.inbound.quirks);
        let good = fast::request(input, &rules, &mut facts, head).is_some() && facts.end().is_ok();
        if good {
            self.accept(head, &facts, input);
        }
        good
    }

    /// What is not whole, or not plain.
    #[cold]
    fn scan_head<'i>(&mut self, input: &mut &'i [u8], out: &mut BytesMut) -> Result<Option<Event<&'i [u8]>>, Error> {
        if self.inbound.expired {
            return self.fail(Error { kind: ErrorKind::TimedOut, offset: self.inbound.taken }, out);
        }
        let rules = self.inbound.limits.rules(Part::Request, self.inbound.quirks);
        match self.inbound.scan_head(input, &rules) {
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
    #[inline]
    fn accept<'i>(&mut self, head: &RequestHead<&'i [u8]>, facts: &Facts, input: &mut &'i [u8]) {
        chunked::take(input, head.block.len(), &mut self.inbound.taken);
        let method = head.method_octets();
        self.asked = Asked {
            head: method == b"HEAD",
            connect: method == b"CONNECT",
            http_10: facts.has(HTTP_10),
            upgrade: facts.upgrades(),
        };
        self.requests += 1;
        // RFC 9112 9.3: what decides whether the connection lasts.
        if facts.has(CLOSE) {
            self.why.get_or_insert(CloseReason::PeerClose);
        } else if !facts.lasts() {
            self.why.get_or_insert(CloseReason::Http10);
        } else if self.requests >= self.limits.requests {
            self.why.get_or_insert(CloseReason::RequestLimit);
        }
        let framing = facts.framing();
        self.inbound.expect_body(framing);
        // RFC 9110 10.1.1: an expectation of a request without content asks for nothing.
        let expects = facts.has(EXPECT) && framing != Framing::None;
        self.step(if expects { Step::Expectation } else { Step::Request });
    }

    fn recv_body<'i>(&mut self, input: &mut &'i [u8], out: &mut BytesMut) -> Result<Option<Event<&'i [u8]>>, Error> {
        if self.inbound.expired {
            return self.fail(Error { kind: ErrorKind::TimedOut, offset: self.inbound.taken }, out);
        }
        match self.inbound.piece(input) {
            Ok(Some(piece)) => {
                if let chunked::Event::End(_) = piece {
                    let last = self.state == State::Answered && self.why.is_some();
                    self.step(if last { Step::EndLast } else { Step::End });
                }
                Ok(Some(piece.into()))
            }
            Ok(None) => Ok(None),
            Err(error) => self.fail(error, out),
        }
    }

    /// There will be no more than what is in `input`; see [`Engine::eof`].
    ///
    /// The requests that are whole are still answered: a client may end its side and wait.
    pub fn eof(&mut self) {
        self.inbound.ended = true;
    }

    /// The caller's clock ran out on the current phase; see [`Engine::expire`].
    ///
    /// An idle connection is closed without a word; within a request, `recv` fails with
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

    /// What it waits for, and for how long.
    pub const fn patience(&self) -> Patience {
        let limit = match self.state {
            State::Idle => self.limits.idle,
            State::Head => self.limits.head,
            State::Receiving | State::Answering | State::Answered => self.limits.body,
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

    /// A request was told whose answer has not begun.
    pub const fn owes(&self) -> bool {
        matches!(self.state, State::Expecting | State::Receiving | State::Owing)
    }

    /// An answer has begun, and its [`end`](Self::end) is owed.
    pub const fn sending(&self) -> bool {
        matches!(self.state, State::Answering) || matches!(self.state, State::Replying)
    }

    /// The answer to the present request is complete. Between two requests it is true too.
    pub const fn answered(&self) -> bool {
        !self.owes() && !self.sending()
    }

    /// The client waits for [`proceed`](Self::proceed), or for a final answer, before it sends its content.
    pub const fn expected_to_proceed(&self) -> bool {
        matches!(self.state, State::Expecting)
    }

    /// The present request asks for another protocol: [`switch`](Self::switch) would be allowed (RFC 9110 7.8).
    pub const fn upgradable(&self) -> bool {
        self.owes() && self.asked.upgrade
    }

    /// Why the connection takes no more requests after the present one, or why it ended. `None` while it lasts.
    pub const fn close_reason(&self) -> Option<CloseReason> {
        self.why
    }

    /// How many octets of the client's stream were taken.
    pub const fn taken(&self) -> u64 {
        self.inbound.taken
    }

    /// Answers with a head and all of its content. Errors as [`respond`](Self::respond).
    #[inline]
    pub fn reply<B: AsRef<[u8]>>(
        &mut self,
        head: &ResponseHead<B>,
        content: &[u8],
        out: &mut BytesMut,
    ) -> Result<(), Misuse> {
        let plan = self.plan(head, Content::Length(content.len() as u64))?;
        out.reserve(head.index.end as usize + content.len() + 64);
        let written = matches!(plan.writer, Writer::Length(_));
        self.write_head(head, &plan, out);
        if written {
            out.put_slice(content);
        }
        self.finished(plan.tunnel);
        Ok(())
    }

    /// Begins the answer to the present request; with [`Content::Empty`] it is complete.
    ///
    /// `Content-Length` or `Transfer-Encoding` and `Connection` are added where they are needed and the head lacks them.
    /// The answer to HEAD, and 304, takes its content as any other would: it is counted, and not written
    /// (RFC 9110 9.3.2). A 2xx to CONNECT hands the connection over.
    ///
    /// [`Misuse::NoRequest`] and [`Answered`](Misuse::Answered) where no answer is owed,
    /// [`Informational`](Misuse::Informational) for a 1xx, [`BodyForbidden`](Misuse::BodyForbidden) for content where
    /// there can be none, [`LengthMismatch`](Misuse::LengthMismatch) and [`TransferCoding`](Misuse::TransferCoding)
    /// where the head says otherwise, [`NoUpgrade`](Misuse::NoUpgrade) for a 2xx to a CONNECT whose content is not read.
    #[inline]
    pub fn respond<B: AsRef<[u8]>>(
        &mut self,
        head: &ResponseHead<B>,
        content: Content,
        out: &mut BytesMut,
    ) -> Result<(), Misuse> {
        let plan = self.plan(head, content)?;
        out.reserve(head.index.end as usize + 64);
        self.write_head(head, &plan, out);
        if content == Content::Empty || plan.tunnel {
            self.finished(plan.tunnel);
        } else {
            self.writer = plan.writer;
            self.step(Step::Begin);
        }
        Ok(())
    }

    /// Sends a piece of the content. [`Misuse::NotSending`], or [`TooLong`](Misuse::TooLong) where it is more than was
    /// announced.
    #[inline]
    pub fn data(&mut self, octets: &[u8], out: &mut BytesMut) -> Result<(), Misuse> {
        self.writer.data(octets, out)
    }

    /// Writes what goes before a piece of `length` octets, which the caller sends itself behind all of `out`, by
    /// `sendfile` or from its own buffer. `false`: they are not to be sent, since this message has no content. Errors as
    /// [`data`](Self::data).
    pub fn data_framing(&mut self, length: u64, out: &mut BytesMut) -> Result<bool, Misuse> {
        self.writer.framing(length, out)
    }

    /// Completes the answer. [`Misuse::NotSending`], or [`TooShort`](Misuse::TooShort) where less was sent than
    /// announced.
    #[inline]
    pub fn end(&mut self, out: &mut BytesMut) -> Result<(), Misuse> {
        self.writer.end(None::<&Trailers>, out)?;
        self.finished(false);
        Ok(())
    }

    /// Completes the answer with a trailer section (RFC 9110 6.5). Errors as [`end`](Self::end), and
    /// [`Misuse::Trailers`] where the content is not chunked.
    pub fn end_with<B: AsRef<[u8]>>(&mut self, trailers: &Trailers<B>, out: &mut BytesMut) -> Result<(), Misuse> {
        self.writer.end(Some(trailers), out)?;
        self.finished(false);
        Ok(())
    }

    /// Says `100 (Continue)` to a client that waits for it. [`Misuse::NoRequest`] where none does.
    pub fn proceed(&mut self, out: &mut BytesMut) -> Result<(), Misuse> {
        if self.state != State::Expecting {
            return Err(self.not_owing());
        }
        out.put_slice(b"HTTP/1.1 100 Continue\r\n\r\n");
        self.step(Step::Proceed);
        Ok(())
    }

    /// Sends a 1xx before the answer (RFC 9110 15.2): 103, or 100 with fields.
    ///
    /// [`Misuse::NoRequest`], [`NotInformational`](Misuse::NotInformational) for other statuses and for 101,
    /// [`Version`](Misuse::Version) where the client speaks HTTP/1.0,
    /// [`TransferCoding`](Misuse::TransferCoding) and [`LengthMismatch`](Misuse::LengthMismatch) for framing fields.
    pub fn informational<B: AsRef<[u8]>>(&mut self, head: &ResponseHead<B>, out: &mut BytesMut) -> Result<(), Misuse> {
        if !self.owes() {
            return Err(self.not_owing());
        }
        if !head.status.is_informational() || head.status == StatusCode::SWITCHING_PROTOCOLS {
            return Err(Misuse::NotInformational);
        }
        if self.asked.http_10 {
            return Err(Misuse::Version);
        }
        without_framing(head)?;
        head.write(out);
        out.put_slice(b"\r\n");
        if self.state == State::Expecting && head.status == StatusCode::CONTINUE {
            self.step(Step::Proceed);
        }
        Ok(())
    }

    /// Agrees to another protocol with a 101 (RFC 9110 7.8): the connection is handed over once the request's end was
    /// told. What is left in the input then is the new protocol's.
    ///
    /// The head has to name the protocol in `Upgrade`; `Connection` is added. [`Misuse::NoRequest`],
    /// [`NotInformational`](Misuse::NotInformational) where the status is not 101, [`NoUpgrade`](Misuse::NoUpgrade) where
    /// none was asked for, or the request's content is not read yet.
    pub fn switch<B: AsRef<[u8]>>(&mut self, head: &ResponseHead<B>, out: &mut BytesMut) -> Result<(), Misuse> {
        if !self.owes() {
            return Err(self.not_owing());
        }
        if head.status != StatusCode::SWITCHING_PROTOCOLS {
            return Err(Misuse::NotInformational);
        }
        let facts = without_framing(head)?;
        if !self.asked.upgrade || !facts.has(UPGRADE) || !self.can_hand_over() {
            return Err(Misuse::NoUpgrade);
        }
        head.write(out);
        if !facts.upgrades() {
            out.put_slice(b"Connection: upgrade\r\n");
        }
        out.put_slice(b"\r\n");
        self.hand_over();
        Ok(())
    }

    /// Ends the connection after the present exchange: at once where there is none. An answer that has not begun will say
    /// `Connection: close`.
    pub fn shutdown(&mut self) {
        if self.state.status().over() {
            return;
        }
        self.why.get_or_insert(CloseReason::LocalClose);
        if self.state == State::Idle {
            self.close(CloseReason::LocalClose);
        }
    }

    /// Gives the connection up, whatever is under way: the caller closes it, and the client sees an answer that is cut
    /// short. For content that can't be delivered after its head was sent.
    pub fn abandon(&mut self) {
        if !self.state.status().over() {
            self.writer = Writer::Idle;
            self.why = Some(CloseReason::Abandoned);
            self.step(Step::Abandon);
        }
    }

    /// What is wrong with an answer to nothing.
    fn not_owing(&self) -> Misuse {
        match self.state {
            State::HandedOver | State::Closed => Misuse::Over,
            State::Idle | State::Head => Misuse::NoRequest,
            State::Expecting | State::Receiving | State::Owing => Misuse::NoRequest,
            State::Answering | State::Answered | State::Replying | State::Switching => Misuse::Answered,
        }
    }

    /// Judges an answer, and decides how it is framed (RFC 9112 6, RFC 9110 6.4, 8.6).
    #[inline]
    fn plan<B: AsRef<[u8]>>(&self, head: &ResponseHead<B>, content: Content) -> Result<Plan, Misuse> {
        if !self.owes() {
            return Err(self.not_owing());
        }
        let status = head.status;
        if status.is_informational() {
            return Err(Misuse::Informational);
        }
        let mut facts = Facts::response(0);
        facts.all(head.fields()).map_err(|(kind, _)| kind)?;
        let given = facts.given_length();
        let coded = facts.framing() == Framing::Chunked;
        // A coding that is named is one that somebody applied, and that is not us.
        if facts.has(CODED)
            && !head.fields().list("transfer-encoding").all(|name| name.eq_ignore_ascii_case(b"chunked"))
        {
            return Err(Misuse::TransferCoding);
        }
        // RFC 9110 8.6 and RFC 9112 6.1: neither field in 204, nor in a 2xx to CONNECT.
        if status == StatusCode::NO_CONTENT || self.asked.connect && status.is_success() {
            if !matches!(content, Content::Empty | Content::Length(0)) || given.is_some() || coded {
                return Err(Misuse::BodyForbidden);
            }
            if self.asked.connect && status.is_success() {
                if !self.can_hand_over() {
                    return Err(Misuse::NoUpgrade);
                }
                let (writer, added) = (Writer::Length(0), Added::Nothing);
                return Ok(Plan { writer, added, why: self.why, connection: b"", tunnel: true });
            }
            return Ok(self.planned(Writer::Length(0), Added::Nothing, &facts));
        }
        // RFC 9110 9.3.2 and 15.4.5: announced, and not sent.
        let muted = self.asked.head || status == StatusCode::NOT_MODIFIED;
        let (writer, added) = match (content, given) {
            _ if coded && (content != Content::Stream || self.asked.http_10) => return Err(Misuse::TransferCoding),
            (Content::Empty, None | Some(0)) if !muted => (Writer::Length(0), Added::Length(0)),
            (Content::Empty, _) if muted => (Writer::Muted(None), Added::Nothing),
            (Content::Length(length), None) => {
                (if muted { Writer::Muted(Some(length)) } else { Writer::Length(length) }, Added::Length(length))
            }
            (Content::Length(length), Some(given)) if length == given => {
                (if muted { Writer::Muted(Some(length)) } else { Writer::Length(length) }, Added::Nothing)
            }
            (Content::Stream, None) if self.asked.http_10 => {
                (if muted { Writer::Muted(None) } else { Writer::UntilClose }, Added::Nothing)
            }
            (Content::Stream, None) => (
                if muted { Writer::Muted(None) } else { Writer::Chunked { open: false } },
                if coded { Added::Nothing } else { Added::Chunked },
            ),
            _ => return Err(Misuse::LengthMismatch),
        };
        let added = if given.is_some() { Added::Nothing } else { added };
        Ok(self.planned(writer, added, &facts))
    }

    #[inline]
    fn planned(&self, writer: Writer, added: Added, facts: &Facts) -> Plan {
        let why = match self.why {
            Some(why) => Some(why),
            None if facts.has(CLOSE) => Some(CloseReason::LocalClose),
            None if writer == Writer::UntilClose => Some(CloseReason::UntilClose),
            // RFC 9110 10.1.1: nobody can know whether the content follows.
            None if self.state == State::Expecting => Some(CloseReason::ExpectationRefused),
            None => None,
        };
        let connection = match why {
            Some(_) if !facts.has(CLOSE) => SAYS_CLOSE,
            // RFC 9112 9.3: a client of HTTP/1.0 that asked for it has to be told that the connection lasts.
            None if self.asked.http_10 && !facts.has(KEEP_ALIVE) => b"Connection: keep-alive\r\n",
            _ => b"",
        };
        Plan { writer, added, why, connection, tunnel: false }
    }

    #[inline]
    fn write_head<B: AsRef<[u8]>>(&mut self, head: &ResponseHead<B>, plan: &Plan, out: &mut BytesMut) {
        head.write(out);
        plan.added.write(plan.connection, out);
        self.why = plan.why;
    }

    /// The answer is complete.
    #[inline]
    fn finished(&mut self, tunnel: bool) {
        if tunnel {
            return self.hand_over();
        }
        let last = self.why.is_some();
        match self.state {
            // The end of the request is still told where no octet is missing for it.
            State::Receiving | State::Answering if !last || self.inbound.is_at_end() => self.step(Step::Finish),
            _ => self.step(if last { Step::FinishLast } else { Step::Finish }),
        }
    }

    fn can_hand_over(&self) -> bool {
        match self.state {
            State::Owing => true,
            State::Receiving => self.inbound.is_at_end(),
            _ => false,
        }
    }

    fn hand_over(&mut self) {
        self.why = Some(CloseReason::Switched);
        self.step(Step::Switch);
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

    /// Gives up on the peer, with a reply where one is owed.
    #[cold]
    fn fail<T>(&mut self, error: Error, out: &mut BytesMut) -> Result<T, Error> {
        if let Some(status) = error.reply().filter(|_| matches!(self.state, State::Head | State::Receiving)) {
            out.put_slice(b"HTTP/1.1 ");
            out.put_slice(Decimal::new(status.as_u16().into()).as_bytes());
            out.put_slice(b" ");
            out.put_slice(status.reason().as_bytes());
            out.put_slice(b"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        }
        self.inbound.failed = Some(error);
        self.why = Some(CloseReason::Failed);
        self.writer = Writer::Idle;
        self.step(Step::Fail);
        Err(error)
    }
}

/// A 1xx has no framing fields (RFC 9110 8.6, RFC 9112 6.1).
fn without_framing<B: AsRef<[u8]>>(head: &ResponseHead<B>) -> Result<Facts, Misuse> {
    let mut facts = Facts::response(0);
    facts.all(head.fields()).map_err(|(kind, _)| kind)?;
    if facts.given_length().is_some() {
        return Err(Misuse::LengthMismatch);
    }
    if facts.has(CODED) {
        return Err(Misuse::TransferCoding);
    }
    Ok(facts)
}

/// The state table as text: each state, what it is to a driver, and where each step leads.
pub fn diagram() -> String {
    State::diagram()
}

impl Default for Server {
    fn default() -> Self {
        Self::new(Limits::default())
    }
}

impl Engine for Server {
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

impl Detach for Server {
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
