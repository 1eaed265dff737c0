//! Writing down what passes.

use super::{End, Part, Step, Transcript};
use crate::engine::{Engine, Handler, Status, Tap, turn};
use alloc::format;
use alloc::rc::Rc;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;
use bytes::{Buf, BytesMut};
use core::cell::RefCell;
use core::fmt::Write as _;

/// A [`Tap`] that writes a [`Transcript`]: hand it to [`turn`](crate::engine::turn), or to any driver of `net`.
///
/// Adjacent bulk data is one step, so the text does not depend on how the octets came. Of a run of bulk data that grows
/// longer than [`KEPT`](Self::KEPT) octets nothing is kept but its length.
///
/// ```
/// # #[cfg(feature = "chat")] {
/// use bytes::BytesMut;
/// use plainwire::{chat, engine, transcript::{End, Recorder}};
///
/// let mut recorder = Recorder::new(End::Client);
/// let mut client = chat::Client::new(chat::Limits::default());
/// let mut input = b"<ada> hello\r\n".as_slice();
/// let mut quiet = |_: &mut chat::Client, _: chat::client::Event<&[u8]>, _: &mut BytesMut| {};
/// engine::turn(&mut client, &mut input, &mut BytesMut::new(), 4096, &mut quiet, &mut recorder).unwrap();
/// assert!(recorder.transcript().to_string().starts_with("S: <ada> hello\n"));
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Recorder {
    end: End,
    told_by: Option<End>,
    transcript: Transcript,
    /// Taken without an event yet: it belongs to the next one.
    pending: Vec<u8>,
}

impl Recorder {
    /// The longest run of bulk data that is kept as it is: 1 MiB. A download is not held in memory to write it down.
    pub const KEPT: usize = 1 << 20;

    /// A recorder for an engine that is this end of its conversation.
    pub fn new(end: End) -> Self {
        Self { end, told_by: None, transcript: Transcript::new(), pending: Vec::new() }
    }

    /// What was recorded so far.
    pub fn transcript(&self) -> &Transcript {
        &self.transcript
    }

    /// What was recorded. Octets that were taken but never told about are in it.
    pub fn finish(mut self) -> Transcript {
        self.settle();
        self.transcript
    }

    /// Adds a step of the driver's own: a comment, the protocol's name.
    pub fn note(&mut self, step: Step) {
        self.settle();
        self.transcript.push(step);
    }

    fn said(&mut self, end: End, part: Part) {
        self.transcript.push(Step::Said { end, parts: vec![part] });
    }

    fn settle(&mut self) {
        if !self.pending.is_empty() {
            let octets = core::mem::take(&mut self.pending);
            self.said(self.end.peer(), Part::Octets(octets));
        }
    }

    fn bulk(&mut self, octets: Vec<u8>, told: usize, name: String) {
        if let [.., Step::Said { end, parts }, Step::Told { end: by, event, octets: Some(total) }] =
            &mut self.transcript.steps[..]
            && (*end, *by, &*event) == (self.end.peer(), self.told_by, &name)
            && let Some(last) = parts.last_mut()
            && last.grow(&octets)
        {
            *total += told;
            return;
        }
        let mut part = Part::Bulk(Vec::new());
        part.grow(&octets);
        self.said(self.end.peer(), part);
        self.transcript.push(Step::Told { end: self.told_by, event: name, octets: Some(told) });
    }
}

impl Part {
    /// More of the same bulk data; whether this is any.
    fn grow(&mut self, octets: &[u8]) -> bool {
        match self {
            Self::Bulk(all) if all.len() + octets.len() <= Recorder::KEPT => all.extend_from_slice(octets),
            Self::Bulk(all) => *self = Self::Omitted(all.len() + octets.len()),
            Self::Omitted(len) => *len += octets.len(),
            Self::Octets(_) | Self::Secret => return false,
        }
        true
    }
}

impl<E: Engine> Tap<E> for Recorder {
    fn took(&mut self, bytes: &[u8], event: Option<&E::Event<'_>>) {
        self.pending.extend_from_slice(bytes);
        let Some(event) = event else { return };
        if let Some(octets) = E::octets(event) {
            let name = format!("{event:?}");
            let name = name.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default().to_string();
            let all = core::mem::take(&mut self.pending);
            self.bulk(all, octets.len(), name);
        } else {
            self.settle();
            self.transcript.push(Step::Told { end: self.told_by, event: legible(&format!("{event:?}")), octets: None });
        }
    }

    fn engine_said(&mut self, bytes: &[u8]) {
        self.settle();
        self.said(self.end, Part::Octets(bytes.to_vec()));
    }

    fn caller_said(&mut self, bytes: &[u8]) {
        self.settle();
        self.said(self.end, Part::Octets(bytes.to_vec()));
    }

    fn failed(&mut self, error: &E::Error) {
        self.settle();
        self.transcript.push(Step::Failed { end: self.end, error: error.to_string() });
    }

    fn ended(&mut self) {
        self.settle();
        self.transcript.push(Step::Ended(self.end.peer()));
    }

    fn expired(&mut self) {
        self.settle();
        self.transcript.push(Step::Expired(self.end));
    }
}

/// A `Debug` form with its lists of octets as text: `[104, 105]` becomes `"hi"`. What stands in quotes stays.
pub(super) fn legible(debug: &str) -> String {
    let mut text = String::with_capacity(debug.len());
    let mut rest = debug;
    while let Some(at) = rest.find(['[', '"']) {
        let (before, here) = rest.split_at(at);
        text.push_str(before);
        let len = if here.starts_with('"') {
            quoted(here)
        } else if let Some((octets, len)) = listed(here) {
            // Writing to a String does not fail.
            write!(text, "\"{}\"", octets.escape_ascii()).unwrap_or_default();
            rest = &here[len..];
            continue;
        } else {
            1
        };
        text.push_str(&here[..len]);
        rest = &here[len..];
    }
    text.push_str(rest);
    text
}

/// How long the literal at the front is, with its quotes.
fn quoted(text: &str) -> usize {
    let mut escaped = true; // as it were: the first quote opens
    for (at, octet) in text.bytes().enumerate() {
        match octet {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// The list of octets at the front, and how long it is as a text. An empty list may be one of anything.
fn listed(text: &str) -> Option<(Vec<u8>, usize)> {
    let mut octets = Vec::new();
    let mut rest = text.strip_prefix('[')?;
    loop {
        let digits = rest.bytes().take(4).take_while(u8::is_ascii_digit).count();
        octets.push(rest[..digits].parse().ok()?);
        rest = &rest[digits..];
        match rest.strip_prefix(", ") {
            Some(next) => rest = next,
            None => return Some((octets, text.len() - rest.strip_prefix(']')?.len())),
        }
    }
}

/// Whose events a transcript of two engines shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// Both ends'.
    Both,
    /// The client's.
    Client,
    /// The server's.
    Server,
    /// Nobody's: only what passed on the wire.
    Neither,
}

/// Joins two engines in memory and writes down what they say, until both are silent.
///
/// `pieces` gives the sizes, in octets, in which what is said arrives at the other end; they are used in turn, and an
/// empty list means uncut. When one end is over, the other hears the end of input.
pub fn converse<C, HC, S, HS>(client: (C, HC), server: (S, HS), pieces: &[usize], shown: Shown) -> Transcript
where
    C: Engine,
    S: Engine,
    HC: Handler<C>,
    HS: Handler<S>,
{
    const HIGH: usize = 1 << 16;
    let page = Rc::new(RefCell::new(Transcript::new()));
    let mut sizes = pieces.iter().copied().filter(|size| *size > 0).cycle();
    let mut client = Party::new(client, End::Client, matches!(shown, Shown::Both | Shown::Client), &page);
    let mut server = Party::new(server, End::Server, matches!(shown, Shown::Both | Shown::Server), &page);
    loop {
        let mut moved = client.turn(HIGH);
        moved |= client.pass(&mut server.rx, sizes.next());
        moved |= server.turn(HIGH);
        moved |= server.pass(&mut client.rx, sizes.next());
        if client.over() && client.tx.is_empty() {
            moved |= server.end();
        }
        if server.over() && server.tx.is_empty() {
            moved |= client.end();
        }
        if !moved {
            break;
        }
    }
    drop((client, server));
    Rc::try_unwrap(page).map(RefCell::into_inner).unwrap_or_default()
}

/// One end of [`converse`]: it writes what it says and is told on a page that both share.
struct Party<E, H> {
    engine: E,
    handler: H,
    rx: BytesMut,
    tx: BytesMut,
    page: Page,
    failed: bool,
    ended: bool,
}

struct Page {
    end: End,
    tells: bool,
    shared: Rc<RefCell<Transcript>>,
}

impl<E: Engine> Tap<E> for Page {
    fn took(&mut self, _: &[u8], event: Option<&E::Event<'_>>) {
        let Some(event) = event.filter(|_| self.tells) else { return };
        let mut one = Recorder { told_by: Some(self.end), ..Recorder::new(self.end) };
        Tap::<E>::took(&mut one, b"", Some(event));
        let mut shared = self.shared.borrow_mut();
        for step in one.transcript.steps {
            match (step, shared.steps.last_mut()) {
                (Step::Said { .. }, _) => {}
                (
                    Step::Told { end, event, octets: Some(more) },
                    Some(Step::Told { end: by, event: name, octets: Some(total) }),
                ) if (end, &event) == (*by, &*name) => *total += more,
                (step, _) => shared.push(step),
            }
        }
    }

    fn engine_said(&mut self, bytes: &[u8]) {
        self.shared.borrow_mut().push(Step::Said { end: self.end, parts: vec![Part::Octets(bytes.to_vec())] });
    }

    fn caller_said(&mut self, bytes: &[u8]) {
        Tap::<E>::engine_said(self, bytes);
    }

    fn failed(&mut self, error: &E::Error) {
        self.shared.borrow_mut().push(Step::Failed { end: self.end, error: error.to_string() });
    }

    fn ended(&mut self) {
        self.shared.borrow_mut().push(Step::Ended(self.end.peer()));
    }
}

impl<E: Engine, H: Handler<E>> Party<E, H> {
    fn new((engine, handler): (E, H), end: End, tells: bool, page: &Rc<RefCell<Transcript>>) -> Self {
        let page = Page { end, tells, shared: Rc::clone(page) };
        Self { engine, handler, rx: BytesMut::new(), tx: BytesMut::new(), page, failed: false, ended: false }
    }

    fn turn(&mut self, high: usize) -> bool {
        if self.failed {
            return false;
        }
        let (waiting, said, status) = (self.rx.len(), self.tx.len(), self.engine.status());
        let mut input = &self.rx[..];
        let told = turn(&mut self.engine, &mut input, &mut self.tx, high, &mut self.handler, &mut self.page);
        let used = self.rx.len() - input.len();
        self.rx.advance(used);
        self.failed = told.is_err();
        used > 0 || (self.rx.len(), self.tx.len(), self.engine.status()) != (waiting, said, status) || self.failed
    }

    fn pass(&mut self, to: &mut BytesMut, size: Option<usize>) -> bool {
        let piece = self.tx.split_to(self.tx.len().min(size.unwrap_or(usize::MAX)));
        to.extend_from_slice(&piece);
        !piece.is_empty()
    }

    fn over(&self) -> bool {
        self.failed || self.engine.status() == Status::Closed
    }

    fn end(&mut self) -> bool {
        if self.ended || self.over() {
            return false;
        }
        self.ended = true;
        Tap::<E>::ended(&mut self.page);
        self.engine.eof();
        true
    }
}
