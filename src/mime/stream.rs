//! A message as a stream of events: the machine under everything in this module that reads.
//!
//! ```
//! use plainwire::mime::{Event, Stream};
//!
//! let mut input: &[u8] = b"Subject: hi\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n\
//!     --b\r\nContent-Transfer-Encoding: base64\r\n\r\naGVsbG8=\r\n--b--\r\n";
//! let mut stream = Stream::new(Default::default());
//! stream.eof(); // this is all of it
//! let (mut decoder, mut body) = (None, Vec::new());
//! while let Ok(Some(event)) = stream.recv(&mut input) {
//!     match event {
//!         Event::Head(head) => decoder = head.is_leaf().then(|| head.encoding.decoder()),
//!         Event::Body(octets) => decoder.as_mut().unwrap().decode(octets, &mut body),
//!         Event::End => decoder.iter_mut().for_each(|decoder| decoder.finish(&mut body)),
//!         _ => {}
//!     }
//! }
//! assert_eq!(body, b"hello");
//! ```

mod header;
pub(super) mod ordinary;
mod text;

use self::header::Header;
use self::ordinary::Ordinary;
use super::boundary::{Boundaries, DELIMITER};
use super::defect::{Defect, DefectKind};
use super::encoding::Encoding;
use super::limits::Limits;
use crate::engine::{Decode, delegate};
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::convert::Infallible;

/// What a message is made of, in the order in which it stands there.
///
/// One part is `Begin`, its `Field`s, `Head`, its content, `End`. The content of a leaf is `Body`; that of a multipart
/// is `Preamble`, the parts, `Epilogue`; that of a message/rfc822 is one part, the embedded message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event<B> {
    /// A part begins: the message itself, a part of a multipart, or an embedded message.
    Begin,
    /// The `From ` line with which an mbox file introduces a message; it is no field.
    Envelope(B),
    /// A header field: its name, and everything behind the colon as it stands, with folds, without the last line break.
    Field {
        /// The name, without white space.
        name: B,
        /// The value, undecoded.
        value: B,
    },
    /// The header is complete.
    Head(Head),
    /// Octets of a multipart before its first part.
    Preamble(B),
    /// Octets of a leaf's body, still encoded for transport.
    Body(B),
    /// Octets of a multipart behind its closing delimiter.
    Epilogue(B),
    /// The innermost open part ends.
    End,
    /// Something is wrong here; it was read as its kind says.
    Defect(Defect),
}

impl<A> Event<A> {
    /// The event with its octets held as `B`.
    pub fn map<B>(self, mut keep: impl FnMut(A) -> B) -> Event<B> {
        match self {
            Self::Begin => Event::Begin,
            Self::Envelope(line) => Event::Envelope(keep(line)),
            Self::Field { name, value } => Event::Field { name: keep(name), value: keep(value) },
            Self::Head(head) => Event::Head(head),
            Self::Preamble(octets) => Event::Preamble(keep(octets)),
            Self::Body(octets) => Event::Body(keep(octets)),
            Self::Epilogue(octets) => Event::Epilogue(keep(octets)),
            Self::End => Event::End,
            Self::Defect(defect) => Event::Defect(defect),
        }
    }
}

/// What a header says about what follows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// What follows.
    pub content: Content,
    /// How a leaf's body is encoded. Other contents are told as they stand.
    pub encoding: Encoding,
}

impl Head {
    /// A body follows, and no parts.
    pub const fn is_leaf(&self) -> bool {
        matches!(self.content, Content::Leaf)
    }
}

/// What a part holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// A body.
    Leaf,
    /// Parts with delimiter lines between them.
    Multipart,
    /// An embedded message.
    Message,
}

/// Reads a message as it comes, in memory that does not depend on its length: the boundaries that are open, and nothing
/// else. The caller's buffer holds one header field or one line at a time, [`window`](Self::window) octets at the most.
///
/// It never fails: what is wrong is told as [`Event::Defect`], and read as [`DefectKind`] says.
#[derive(Debug)]
pub struct Stream {
    limits: Limits,
    state: State,
    /// What `input` begins with, counted from the start of the message.
    offset: usize,
    /// How far `input` was searched in vain; between calls it only grows.
    seen: usize,
    ended: bool,
    /// The parts that are open, outermost first.
    open: Vec<Open>,
    boundaries: Boundaries,
    begun: usize,
    /// Where the content ends of the parts that are being ended: before the delimiter and its line break.
    cut: usize,
    /// How long the line break is that the octets taken last end with.
    line_break: usize,
    defects: VecDeque<Defect>,
    header: Header,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// A part is about to begin.
    Begin,
    /// A part of the multipart at `level` is about to begin, unless another delimiter line stands there.
    Opening {
        level: usize,
    },
    /// Is there a `From ` line?
    Envelope,
    Fields,
    /// The rest of a field that is too long, or of a line that is no field.
    SkipField,
    /// An embedded message with a transfer encoding: does a plain header stand there all the same?
    Peek,
    /// Preamble, body or epilogue of the innermost open part. `fresh`: at its first octet, which begins a line.
    Text {
        fresh: bool,
    },
    /// A delimiter line of the part at `level` was found, and the line has `len` octets with the break before it.
    Delimiter {
        level: usize,
        len: usize,
        close: bool,
    },
    /// Parts are ended until `level` is the innermost; then `next`.
    Closing {
        level: usize,
        next: Next,
    },
    Over,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    /// A part of the multipart begins.
    Part,
    /// The epilogue of the multipart.
    Epilogue,
    /// The end of it all.
    Over,
}

#[derive(Clone, Copy, Debug)]
struct Open {
    content: Content,
    /// Parts inside that say nothing are messages (RFC 2046 5.1.5).
    digest: bool,
    /// A delimiter was seen.
    entered: bool,
    /// The closing delimiter was seen.
    closed: bool,
}

impl Stream {
    /// A stream at the start of a message.
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            state: State::Begin,
            offset: 0,
            seen: 0,
            ended: false,
            open: Vec::with_capacity(8),
            boundaries: Boundaries::default(),
            begun: 0,
            cut: 0,
            line_break: 0,
            defects: VecDeque::new(),
            header: Header::default(),
        }
    }

    /// There will be no more than what is in `input`; then call [`recv`](Self::recv) until it says `None`.
    pub fn eof(&mut self) {
        self.ended = true;
    }

    /// The message has been told to its end.
    pub fn over(&self) -> bool {
        self.state == State::Over && self.defects.is_empty()
    }

    /// How many parts are open, the message itself included.
    pub fn depth(&self) -> usize {
        self.open.len()
    }

    /// Octets taken so far.
    pub fn offset(&self) -> u64 {
        self.offset as u64
    }

    /// The innermost open part stands in a digest.
    pub(super) fn in_digest(&self) -> bool {
        self.open.len().checked_sub(2).is_some_and(|parent| self.open[parent].digest)
    }

    /// Where the content of the part ends whose [`Event::End`] was just told.
    pub(super) fn cut(&self) -> usize {
        self.cut
    }

    /// A buffer of so many octets always suffices.
    pub fn window(&self) -> usize {
        self.limits.field.max(DELIMITER).saturating_add(4)
    }

    /// Body, preamble and epilogue.
    pub fn octets<'e>(event: &'e Event<&[u8]>) -> Option<&'e [u8]> {
        match event {
            Event::Preamble(octets) | Event::Body(octets) | Event::Epilogue(octets) => Some(octets),
            _ => None,
        }
    }

    /// Takes at most one event off the front of `input`. `None`: nothing more without more octets, or
    /// [`eof`](Self::eof).
    ///
    /// # Errors
    ///
    /// None: reading mail can't fail.
    pub fn recv<'i>(&mut self, input: &mut &'i [u8]) -> Result<Option<Event<&'i [u8]>>, Infallible> {
        Ok(self.next_event(input))
    }

    /// As [`recv`](Self::recv); within the loop of the tree, where events need not be made to be looked at.
    #[inline(always)]
    pub(super) fn next_event<'i>(&mut self, input: &mut &'i [u8]) -> Option<Event<&'i [u8]>> {
        loop {
            if !self.defects.is_empty()
                && let Some(defect) = self.defects.pop_front()
            {
                return Some(Event::Defect(defect));
            }
            let step = match self.state {
                State::Begin => self.begin(),
                State::Opening { level } => self.opening(input, level),
                State::Envelope => self.envelope(input),
                State::Fields => match self.ordinary(input) {
                    Some(Ordinary { field, shape, .. }) => {
                        let (name, value) = (&field[..shape.colon], &field[shape.colon + 1..shape.value_end]);
                        Step::Tell(Event::Field { name, value })
                    }
                    None => self.field(input),
                },
                State::SkipField => self.skip_field(input),
                State::Peek => self.peek(input),
                State::Text { fresh } => self.text(input, fresh),
                State::Delimiter { level, len, close } => {
                    self.delimiter(input, level, len, close);
                    Step::Again
                }
                State::Closing { level, next } => self.closing(level, next),
                State::Over => Step::Wait,
            };
            match step {
                Step::Tell(event) => return Some(event),
                Step::Again => {}
                Step::Wait => return None,
            }
        }
    }

    fn take<'i>(&mut self, input: &mut &'i [u8], len: usize) -> &'i [u8] {
        let (taken, rest) = input.split_at(len);
        *input = rest;
        self.offset += len;
        self.seen = 0;
        self.line_break = len - without_break(taken).len();
        taken
    }

    fn defect(&mut self, kind: DefectKind, at: usize) {
        self.defects.push_back(Defect::at(kind, at));
    }

    fn begin<'i>(&mut self) -> Step<'i> {
        self.begun += 1;
        self.header = Header::default();
        // A leaf until its header says otherwise.
        self.open.push(Open { content: Content::Leaf, digest: false, entered: false, closed: false });
        self.state = if self.begun == 1 { State::Envelope } else { State::Fields };
        Step::Tell(Event::Begin)
    }

    fn envelope<'i>(&mut self, input: &mut &'i [u8]) -> Step<'i> {
        const FROM: &[u8] = b"From ";
        let front = &input[..input.len().min(FROM.len())];
        self.state = State::Fields;
        if !FROM.starts_with(front) || (front.len() < FROM.len() && self.ended) {
            return Step::Again;
        }
        if front.len() < FROM.len() {
            self.state = State::Envelope;
            return Step::Wait;
        }
        match self.line_feed(input, DELIMITER) {
            Some(lf) => {
                let line = self.take(input, lf + 1);
                Step::Tell(Event::Envelope(without_break(line)))
            }
            None if input.len() >= DELIMITER || self.ended => Step::Again,
            None => {
                self.state = State::Envelope;
                Step::Wait
            }
        }
    }

    /// The first LF within `limit`, searched from where the last search ended.
    fn line_feed(&mut self, input: &[u8], limit: usize) -> Option<usize> {
        let end = input.len().min(limit);
        let from = self.seen.min(end);
        let found = memchr::memchr(b'\n', &input[from..end]).map(|at| from + at);
        crate::work::add(found.unwrap_or(end) - from);
        self.seen = found.unwrap_or(end);
        found
    }

    fn closing<'i>(&mut self, level: usize, next: Next) -> Step<'i> {
        let keep = if next == Next::Over { 0 } else { level + 1 };
        if self.open.len() > keep
            && let Some(last) = self.open.last_mut()
        {
            if last.content == Content::Multipart && !last.closed {
                last.closed = true;
                let kind = if last.entered { DefectKind::MissingClose } else { DefectKind::MissingDelimiter };
                self.defect(kind, self.offset);
                return Step::Again;
            }
            self.open.pop();
            return Step::Tell(Event::End);
        }
        self.state = match next {
            Next::Part => State::Opening { level },
            // The delimiter took its line break along.
            Next::Epilogue => State::Text { fresh: true },
            Next::Over => State::Over,
        };
        Step::Again
    }
}

enum Step<'i> {
    Tell(Event<&'i [u8]>),
    Again,
    Wait,
}

/// A line without its CRLF or LF.
pub(super) fn without_break(line: &[u8]) -> &[u8] {
    match line {
        [line @ .., b'\r', b'\n'] | [line @ .., b'\n'] => line,
        line => line,
    }
}

delegate!(impl Decode for Stream: Event<'i> = Event<&'i [u8]>, Infallible);
