//! One connection: the engine's events in, the app's answers out.

use super::{Answer, App, Begin, Entry, Hand, Intake, Payload, Request, Then};
use crate::cookie::Timestamp;
use crate::engine::Handler;
use crate::http1::server::Event;
use crate::http1::{Content, Error, Misuse, ResponseHead, Server, StatusCode, Trailers, server};
use crate::net::limits::due_in;
use crate::net::{Bulk, Conversation, Ended, Link, Next, Party, Service, talk};
use bytes::BytesMut;
use std::boxed::Box;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::io::Read;
use std::net::SocketAddr;
use std::string::{String, ToString};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};
use std::vec::Vec;

/// Octets of content that one turn adds to the output, and that go out with their head: more is sent from where it lies.
const PIECE: usize = 16 << 10;

/// See [`Serve::pass_over`].
const PASS_OVER: Duration = Duration::from_secs(30);

type Log = Arc<dyn Fn(&Entry) + Send + Sync>;

/// An [`App`] as the [`Service`] that pool and reactor run.
#[derive(Clone)]
pub struct Serve<A> {
    app: Arc<A>,
    limits: server::Limits,
    log: Option<Log>,
    pass_over: Duration,
}

impl<A: App> Serve<A> {
    /// Serves `app` with the engine's default limits and no log.
    pub fn new(app: A) -> Self {
        Self { app: Arc::new(app), limits: server::Limits::default(), log: None, pass_over: PASS_OVER }
    }

    /// With other limits.
    #[must_use]
    pub fn limits(mut self, limits: server::Limits) -> Self {
        self.limits = limits;
        self
    }

    /// How long the rest of a body is passed over whose request is answered already; then the connection ends. 30 s, as in
    /// nginx: a client that listens while it sends stops long before, and one that does not gets to hear the answer.
    #[must_use]
    pub fn pass_over(mut self, limit: Duration) -> Self {
        self.pass_over = limit;
        self
    }

    /// With a log of all answers.
    #[must_use]
    pub fn log(mut self, log: impl Fn(&Entry) + Send + Sync + 'static) -> Self {
        self.log = Some(Arc::new(log));
        self
    }
}

impl<A: App> Service for Serve<A> {
    fn open(&self, link: Link) -> Box<dyn Conversation> {
        let party = Talk {
            app: Arc::clone(&self.app),
            log: self.log.clone(),
            peer: link.peer(),
            request: None,
            intake: Taking::Nothing,
            later: None,
            pass_over: u32::try_from(self.pass_over.as_millis()).unwrap_or(u32::MAX),
            source: None,
            hand: None,
            whole: false,
            status: 0,
            sent: 0,
        };
        talk(Server::new(self.limits), party)
    }
}

/// What happens to the octets of a request's body.
enum Taking {
    Nothing,
    Collecting(usize, Vec<u8>, Then),
    Streaming(Box<dyn Intake>),
}

/// What has its time.
enum Later {
    Answer(Instant, Answer),
    /// The rest of a body that is passed over.
    GiveUp(Instant),
}

/// Where the rest of an answer's content comes from.
enum Source {
    Reader(Box<dyn Read + Send>, Option<u64>),
    /// Announced already; the adapter sends it.
    Bulk(VecDeque<Bulk>),
}

struct Talk<A> {
    app: Arc<A>,
    log: Option<Log>,
    peer: SocketAddr,
    request: Option<Request>,
    intake: Taking,
    /// In a box: answers are large, few of them wait, and quiet connections are many.
    later: Option<Box<Later>>,
    /// In milliseconds: beside the status it costs a connection nothing.
    pass_over: u32,
    source: Option<Source>,
    hand: Option<Hand>,
    /// The end of the request was told.
    whole: bool,
    /// Of the answer to the present request, once it has begun.
    status: u16,
    sent: u64,
}

/// Answers while the body still comes: the engine's own words, for one request.
pub struct Reply<'t> {
    server: &'t mut Server,
    out: &'t mut BytesMut,
    status: &'t mut u16,
    sent: &'t mut u64,
}

impl Reply<'_> {
    /// Begins the answer, with `Date` where the head lacks it; content follows by [`data`](Self::data) and [`end`](Self::end).
    ///
    /// # Errors
    ///
    /// As [`Server::respond`].
    pub fn begin(&mut self, head: &ResponseHead, content: Content) -> Result<(), Misuse> {
        let mut head = head.clone();
        dated(&mut head);
        self.server.respond(&head, content, self.out)?;
        *self.status = head.status().as_u16();
        Ok(())
    }

    /// A piece of content.
    ///
    /// # Errors
    ///
    /// As [`Server::data`].
    pub fn data(&mut self, octets: &[u8]) -> Result<(), Misuse> {
        self.server.data(octets, self.out)?;
        *self.sent += octets.len() as u64;
        Ok(())
    }

    /// Completes the answer.
    ///
    /// # Errors
    ///
    /// As [`Server::end`].
    pub fn end(&mut self) -> Result<(), Misuse> {
        self.server.end(self.out)
    }

    /// Nothing was answered yet.
    pub fn owes(&self) -> bool {
        self.server.owes()
    }
}

impl<A: App> Talk<A> {
    fn begin(&mut self, server: &mut Server, request: Request, out: &mut BytesMut) {
        // RFC 9112 6.1: of the transfer codings, chunked alone is undone here; what is in another can't be understood.
        let coded = request
            .head()
            .fields()
            .all("transfer-encoding")
            .any(|value| !value.as_ref().eq_ignore_ascii_case(b"chunked"));
        let begin = if coded { Begin::Answer(Answer::status(501)) } else { self.app.begin(&request) };
        self.request = Some(request);
        (self.whole, self.status) = (false, 0);
        self.intake = match begin {
            Begin::Answer(answer) => {
                self.answer(server, answer, out);
                Taking::Nothing
            }
            Begin::Switch(answer, hand) => {
                self.switch(server, &answer, hand, out);
                Taking::Nothing
            }
            Begin::Collect(limit, then) => Taking::Collecting(limit, Vec::new(), then),
            Begin::Stream(intake) => Taking::Streaming(intake),
        };
        if !matches!(self.intake, Taking::Nothing) && server.expected_to_proceed() {
            // It was just asked whether it may be said.
            let _said = server.proceed(out);
        }
    }

    fn switch(&mut self, server: &mut Server, answer: &Answer, hand: Hand, out: &mut BytesMut) {
        let switched = if answer.status_code() == 101 {
            server.switch(&answer.head, out)
        } else {
            server.respond(&answer.head, Content::Empty, out)
        };
        if switched.is_ok() {
            self.hand = Some(hand);
            self.status = answer.status_code();
            self.done();
        } else {
            self.answer(server, Answer::status(500), out);
        }
    }

    fn answer(&mut self, server: &mut Server, answer: Answer, out: &mut BytesMut) {
        if !server.owes() {
            return;
        }
        if let Some(delay) = answer.delay {
            self.later = Some(Box::new(Later::Answer(due_in(delay), Answer { delay: None, ..answer })));
            return;
        }
        let Answer { mut head, payload, .. } = answer;
        dated(&mut head);
        if server.status().reads() && self.request.as_ref().is_some_and(has_body) {
            // What is left of the body is passed over, but drop by drop it could last for ever.
            self.later = Some(Box::new(Later::GiveUp(Instant::now() + Duration::from_millis(self.pass_over.into()))));
        }
        let payload = match payload {
            Payload::Bytes(bytes) if bytes.len() > PIECE => Payload::Bulk(Vec::from([Bulk::bytes(bytes)])),
            Payload::Bulk(parts) => match short(parts) {
                Ok(payload) => payload,
                // It can't be read, after all.
                Err(_) => return self.fault(server, out),
            },
            other => other,
        };
        self.status = head.status().as_u16();
        let begun = match &payload {
            Payload::Empty => server.respond(&head, Content::Empty, out),
            Payload::Bytes(bytes) => server.reply(&head, bytes, out),
            Payload::Reader(_, Some(len)) => server.respond(&head, Content::Length(*len), out),
            Payload::Reader(_, None) => server.respond(&head, Content::Stream, out),
            Payload::Bulk(parts) => server.respond(&head, Content::Length(length(parts)), out),
        };
        if begun.is_err() {
            // The app's answer is a lie (a length in its head that is not the content's, …).
            return self.fault(server, out);
        }
        // What answers HEAD, and 304, is announced and not sent.
        let sends = self.status != 304 && self.request.as_ref().is_none_or(|request| request.method() != "HEAD");
        match payload {
            Payload::Empty => self.done(),
            Payload::Bytes(bytes) => {
                self.sent = if sends { bytes.len() as u64 } else { 0 };
                self.done();
            }
            Payload::Reader(reader, len) if sends => self.source = Some(Source::Reader(reader, len)),
            Payload::Reader(_, None) => self.complete(server, out),
            Payload::Reader(_, Some(len)) => self.framed(server, len, None, out),
            Payload::Bulk(parts) => self.framed(server, length(&parts), Some(parts), out),
        }
    }

    /// Content that does not pass through the output buffer.
    fn framed(&mut self, server: &mut Server, len: u64, parts: Option<Vec<Bulk>>, out: &mut BytesMut) {
        match (server.data_framing(len, out), parts) {
            (Ok(true), Some(parts)) => {
                self.sent = len;
                self.source = Some(Source::Bulk(parts.into()));
            }
            // None of it is to be sent.
            (Ok(_), _) => self.complete(server, out),
            (Err(_), _) => {
                server.abandon();
                self.done();
            }
        }
    }

    /// It is our fault that there is no better answer.
    fn fault(&mut self, server: &mut Server, out: &mut BytesMut) {
        let plain = Answer::status(500);
        if let Payload::Bytes(bytes) = &plain.payload
            && server.reply(&plain.head, bytes, out).is_ok()
        {
            self.status = 500;
            self.sent = bytes.len() as u64;
        }
        self.done();
    }

    /// All content is sent.
    fn complete(&mut self, server: &mut Server, out: &mut BytesMut) {
        self.source = None;
        if server.end(out).is_err() {
            // The client sees that the body is cut short.
            server.abandon();
        }
        self.done();
    }

    /// The answer is complete.
    fn done(&mut self) {
        if self.request.is_some() {
            self.record();
        }
        self.sent = 0;
        // A connection that is idle holds nothing of what was asked.
        self.request = None;
        if self.whole {
            self.status = 0;
        }
    }

    /// Writes a line of the log. A request that could not be read is a hyphen, as in Apache.
    fn record(&self) {
        let Some(log) = &self.log else { return };
        let request = self.request.as_ref().map_or_else(
            || "-".to_string(),
            |request| {
                let head = request.head();
                std::format!("{} {} HTTP/1.{}", head.method(), head.target(), head.version().minor())
            },
        );
        let (peer, at) = (self.peer.ip(), SystemTime::now());
        log(&Entry { peer, at, request, status: self.status, octets: self.sent });
    }

    fn data(&mut self, server: &mut Server, octets: &[u8], out: &mut BytesMut) {
        match &mut self.intake {
            Taking::Nothing => {}
            Taking::Collecting(limit, body, _) => {
                if octets.len() > *limit - body.len() {
                    self.intake = Taking::Nothing;
                    self.answer(server, Answer::status(413), out);
                } else {
                    body.extend_from_slice(octets);
                }
            }
            Taking::Streaming(intake) => {
                intake.piece(octets, &mut Reply { server, out, status: &mut self.status, sent: &mut self.sent });
            }
        }
    }

    fn end(&mut self, server: &mut Server, trailers: &Trailers<&[u8]>, out: &mut BytesMut) {
        self.later.take_if(|later| matches!(**later, Later::GiveUp(_)));
        self.whole = true;
        if self.request.is_none() {
            self.status = 0;
        }
        let answer = match (std::mem::replace(&mut self.intake, Taking::Nothing), &self.request) {
            (Taking::Nothing, _) | (_, None) => return,
            (Taking::Collecting(_, body, then), Some(request)) => Some(then(request, body)),
            (Taking::Streaming(intake), Some(request)) => {
                let mut reply =
                    Reply { server: &mut *server, out: &mut *out, status: &mut self.status, sent: &mut self.sent };
                intake.end(request, trailers, &mut reply)
            }
        };
        match answer {
            Some(answer) => self.answer(server, answer, out),
            None => self.done(),
        }
    }

    /// The next piece of the content; `false` where it is not ours to send. A reader that fails, or gives less than it
    /// promised, leaves nothing to do but to end the connection: the client sees that the body is cut short.
    fn piece(&mut self, server: &mut Server, out: &mut BytesMut) -> bool {
        let (reader, left) = match &mut self.source {
            None => return false,
            Some(Source::Reader(reader, left)) => (reader, left),
            Some(Source::Bulk(parts)) => {
                if parts.iter().any(|part| part.left() > 0) {
                    return false;
                }
                self.complete(server, out);
                return true;
            }
        };
        let mut piece = [0; PIECE];
        let most = left.map_or(PIECE, |left| usize::try_from(left).unwrap_or(PIECE).min(PIECE));
        match reader.read(&mut piece[..most]) {
            Ok(0) => self.complete(server, out),
            Ok(len) => {
                self.sent += len as u64;
                if let Some(left) = left {
                    *left -= len as u64;
                }
                let last = *left == Some(0);
                if server.data(&piece[..len], out).is_err() || last {
                    self.complete(server, out);
                }
            }
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(_) => {
                self.source = None;
                server.abandon();
                self.done();
            }
        }
        true
    }
}

fn has_body(request: &Request) -> bool {
    let fields = request.head().fields();
    fields.first("transfer-encoding").is_some()
        || fields.first("content-length").is_some_and(|length| length.as_ref().iter().any(|digit| *digit != b'0'))
}

impl Later {
    fn due(&self) -> Instant {
        match self {
            Self::Answer(due, _) | Self::GiveUp(due) => *due,
        }
    }
}

fn length(parts: &[Bulk]) -> u64 {
    parts.iter().map(Bulk::left).sum()
}

/// Parts that are short together go out with their head, in one write.
fn short(parts: Vec<Bulk>) -> std::io::Result<Payload> {
    if length(&parts) > PIECE as u64 {
        return Ok(Payload::Bulk(parts));
    }
    let mut all = BytesMut::new();
    for part in parts {
        all.extend_from_slice(&part.into_bytes()?);
    }
    Ok(Payload::Bytes(all.freeze()))
}

/// RFC 9110 6.6.1: who has a clock says the time. It is spelled once a second on each thread.
fn dated(head: &mut ResponseHead) {
    std::thread_local! {
        static SPELLED: RefCell<(i64, String)> = const { RefCell::new((i64::MIN, String::new())) };
    }
    if head.fields().first("date").is_some() {
        return;
    }
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let now = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
    SPELLED.with_borrow_mut(|(at, text)| {
        if *at != now {
            *at = now;
            *text = Timestamp(now).to_string();
        }
        // A date holds nothing that a field may not.
        let _said = head.push("Date", &*text);
    });
}

impl<A: App> Handler<Server> for Talk<A> {
    fn event(&mut self, server: &mut Server, event: Event<&[u8]>, out: &mut BytesMut) {
        match event {
            Event::Request(head) => {
                let request = Request { head: head.to_owned_head(), peer: self.peer };
                self.begin(server, request, out);
            }
            Event::Data(octets) => self.data(server, octets, out),
            Event::End(trailers) => self.end(server, &trailers, out),
            Event::Extensions(_) => {}
        }
    }

    fn more(&mut self, server: &mut Server, out: &mut BytesMut) -> bool {
        if self.source.is_some() {
            return self.piece(server, out);
        }
        match self.later.take_if(|later| later.due() <= Instant::now()).map(|later| *later) {
            Some(Later::Answer(_, answer)) => {
                self.answer(server, answer, out);
                true
            }
            Some(Later::GiveUp(_)) => {
                server.abandon();
                true
            }
            None => false,
        }
    }
}

impl<A: App> Party<Server> for Talk<A> {
    fn due(&self) -> Option<Instant> {
        self.later.as_ref().map(|later| later.due())
    }

    fn bulk(&mut self) -> Option<&mut Bulk> {
        let Some(Source::Bulk(parts)) = &mut self.source else { return None };
        while parts.len() > 1 && parts.front().is_some_and(|part| part.left() == 0) {
            parts.pop_front();
        }
        parts.front_mut()
    }

    fn stopping(&mut self, server: &mut Server, _: &mut BytesMut) {
        server.shutdown();
    }

    fn ended(&mut self, _: &mut Server, how: &Ended<Error>) {
        let refused = match how {
            Ended::Failed(error) => error.reply().map(StatusCode::as_u16),
            _ => None,
        };
        if self.status == 0 {
            // The engine has answered it.
            let Some(status) = refused else { return };
            self.status = status;
            self.record();
        } else if self.request.is_some() {
            // An answer that was cut short.
            if let Some(Source::Bulk(parts)) = &self.source {
                self.sent = self.sent.saturating_sub(parts.iter().map(Bulk::left).sum());
            }
            self.record();
        }
    }

    fn handed_over(&mut self, _: &mut Server, _: &[u8]) -> Next {
        self.hand.take().map_or(Next::Close, Next::Release)
    }
}
