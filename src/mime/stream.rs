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

use super::boundary::{Boundaries, DELIMITER, Found};
use super::defect::{Defect, DefectKind};
use super::encoding::Encoding;
use super::limits::Limits;
use super::parameters::{ContentType, Quick, essence, quick};
use crate::engine::{Decode, delegate};
use crate::syntax::token::skip_cfws;
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

/// What the header that is being read has said so far.
#[derive(Debug, Default)]
struct Header {
    octets: usize,
    over: bool,
    any: bool,
    kind: Option<Kind>,
    boundary: Option<Vec<u8>>,
    encoding: Option<(Encoding, usize)>,
    disposition: bool,
    content_id: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Other,
    Multipart { digest: bool },
    Message,
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
            open: Vec::new(),
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
        self.limits.field.max(DELIMITER) + 4
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
        loop {
            if let Some(defect) = self.defects.pop_front() {
                return Ok(Some(Event::Defect(defect)));
            }
            let step = match self.state {
                State::Begin => self.begin(),
                State::Opening { level } => self.opening(input, level),
                State::Envelope => self.envelope(input),
                State::Fields => self.field(input),
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
                Step::Tell(event) => return Ok(Some(event)),
                Step::Again => {}
                Step::Wait => return Ok(None),
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

    fn field<'i>(&mut self, input: &mut &'i [u8]) -> Step<'i> {
        let limit = self.limits.field.max(2);
        match input.first() {
            None if self.ended => return self.head(),
            None => return Step::Wait,
            Some(b'\n') => {
                self.take(input, 1);
                return self.head();
            }
            Some(b'\r') => match input.get(1) {
                Some(b'\n') => {
                    self.take(input, 2);
                    return self.head();
                }
                None if !self.ended => return Step::Wait,
                _ => {}
            },
            // Delimiters end a header, too.
            Some(b'-') if self.boundaries.any() => match self.boundaries.look(input, self.ended, &mut self.seen) {
                Found::Unknown => return Step::Wait,
                Found::Delimiter { level, len, close } => {
                    let step = self.head();
                    // What the header opened can have no part: its first delimiter is another's.
                    if !matches!(self.state, State::Peek) {
                        self.state = State::Delimiter { level, len, close };
                    }
                    return step;
                }
                Found::Text(_) => {}
            },
            _ => {}
        }
        // What was searched before may have been odd; a field that comes whole is looked at once.
        let mut odd = self.seen > 0;
        // To the end of the last line: an LF that no white space follows.
        let end = loop {
            let Some(lf) = self.field_feed(input, limit, &mut odd) else {
                if self.ended && input.len() < limit {
                    break input.len();
                }
                if input.len() < limit {
                    return Step::Wait;
                }
                self.defect(DefectKind::FieldLimit, self.offset + limit);
                return self.told_field(input, limit, true, true);
            };
            match input.get(lf + 1) {
                Some(b' ' | b'\t') => {
                    self.seen = lf + 1;
                    // A continuation of white space alone is odd.
                    odd |= input.get(lf + 2).is_none_or(|octet| matches!(octet, b' ' | b'\t' | b'\r' | b'\n'));
                }
                Some(_) => break lf + 1,
                None if self.ended => break lf + 1,
                None => return Step::Wait,
            }
        };
        self.told_field(input, end, false, odd)
    }

    /// The first LF within `limit`, searched from where the last search ended. A NUL or a CR without LF on the way is
    /// `odd`.
    fn field_feed(&mut self, input: &[u8], limit: usize, odd: &mut bool) -> Option<usize> {
        let end = input.len().min(limit);
        let mut from = self.seen.min(end);
        loop {
            let found = memchr::memchr3(b'\n', b'\r', b'\0', &input[from..end]).map(|at| from + at);
            crate::work::add(found.unwrap_or(end) - from + 1);
            let Some(at) = found else {
                self.seen = end;
                return None;
            };
            if input[at] == b'\n' {
                self.seen = at;
                return Some(at);
            }
            if input[at] == b'\r' && at + 1 < end && input[at + 1] == b'\n' {
                self.seen = at + 1;
                return Some(at + 1);
            }
            *odd = true;
            from = at + 1;
        }
    }

    /// The field of `len` octets, complete or `cut`.
    fn told_field<'i>(&mut self, input: &mut &'i [u8], len: usize, cut: bool, odd: bool) -> Step<'i> {
        let start = self.offset;
        let whole = &input[..len];
        let first = !core::mem::replace(&mut self.header.any, true);
        if matches!(whole[0], b' ' | b'\t') {
            // Only the first line of a header can be a continuation of nothing.
            let kind = if first { DefectKind::LeadingFold } else { DefectKind::FieldLimit };
            self.defect(kind, start);
            self.take(input, len);
            self.state = if cut { State::SkipField } else { State::Fields };
            return Step::Again;
        }
        let name_end = crate::syntax::token::run(whole, 0, |octet| octet.is_ascii_graphic() && octet != b':');
        let colon = crate::syntax::token::run(whole, name_end, |octet| matches!(octet, b' ' | b'\t'));
        crate::work::add(colon);
        if whole.get(colon) != Some(&b':') {
            self.defect(DefectKind::MissingColon, start);
            return self.head();
        }
        let whole = self.take(input, len);
        self.state = if cut { State::SkipField } else { State::Fields };
        if name_end == 0 {
            self.defect(DefectKind::EmptyFieldName, start);
            return Step::Again;
        }
        self.header.octets = self.header.octets.saturating_add(len);
        if self.header.octets > self.limits.header {
            if !core::mem::replace(&mut self.header.over, true) {
                self.defect(DefectKind::HeaderLimit, start);
            }
            return Step::Again;
        }
        if colon != name_end {
            self.defect(DefectKind::SpaceBeforeColon, start + name_end);
        }
        let name = &whole[..name_end];
        let value = if cut { &whole[colon + 1..] } else { without_break(&whole[colon + 1..]) };
        if odd {
            self.odd_octets(value, start + colon + 1);
        }
        // All that decides the structure begins so.
        if name_end >= 10 && name[..8].eq_ignore_ascii_case(b"content-") {
            self.content_field(&name[8..], value, start, start + colon + 1);
        }
        Step::Tell(Event::Field { name, value })
    }

    fn odd_octets(&mut self, value: &[u8], start: usize) {
        // A NUL or a CR is rare; the CR of a fold is not.
        let mut at = 0;
        let (mut cr, mut nul) = (false, false);
        crate::work::add(value.len());
        while let Some(hit) = memchr::memchr3(b'\r', b'\0', b'\n', &value[at..]).map(|hit| at + hit) {
            at = hit + 1;
            match value[hit] {
                b'\0' if !nul => {
                    nul = true;
                    self.defect(DefectKind::Nul, start + hit);
                }
                b'\0' => {}
                b'\r' if value.get(hit + 1) != Some(&b'\n') => {
                    if !cr {
                        cr = true;
                        self.defect(DefectKind::BareCr, start + hit);
                    }
                }
                b'\r' => {}
                _ => {
                    // A continuation of white space alone (RFC 5322 4.2).
                    let end = crate::syntax::token::run(value, at, |octet| matches!(octet, b' ' | b'\t'));
                    let blank = matches!(&value[end..], [] | [b'\n', ..] | [b'\r', b'\n', ..]);
                    crate::work::add(end - at);
                    if blank {
                        self.defect(DefectKind::BlankFold, start + at);
                    }
                }
            }
        }
    }

    fn content_field(&mut self, name: &[u8], value: &[u8], start: usize, value_start: usize) {
        let is = |word: &str| name.eq_ignore_ascii_case(word.as_bytes());
        let twice = if is("type") {
            let twice = self.header.kind.is_some();
            if !twice {
                self.content_type(value, value_start);
            }
            twice
        } else if is("transfer-encoding") {
            let twice = self.header.encoding.is_some();
            if !twice {
                let encoding = Encoding::parse(value);
                if encoding == Encoding::Unknown {
                    self.defect(DefectKind::UnknownEncoding, value_start);
                }
                self.header.encoding = Some((encoding, start));
            }
            twice
        } else if is("disposition") {
            core::mem::replace(&mut self.header.disposition, true)
        } else if is("id") {
            core::mem::replace(&mut self.header.content_id, true)
        } else {
            false
        };
        if twice {
            self.defect(DefectKind::DuplicateField, start);
        }
    }

    fn content_type(&mut self, value: &[u8], value_start: usize) {
        let start = skip_cfws(value, 0).end;
        let Some((kind, subtype, _)) = essence(value, start) else {
            self.defect(DefectKind::InvalidContentType, value_start + start);
            self.header.kind = Some(Kind::Other);
            return;
        };
        let (kind, subtype) = (&value[kind], &value[subtype]);
        if kind.eq_ignore_ascii_case(b"message") {
            let message = [&b"rfc822"[..], b"global", b"news"].iter().any(|known| subtype.eq_ignore_ascii_case(known));
            self.header.kind = Some(if message { Kind::Message } else { Kind::Other });
            return;
        }
        if !kind.eq_ignore_ascii_case(b"multipart") {
            self.header.kind = Some(Kind::Other);
            return;
        }
        self.header.kind = Some(Kind::Multipart { digest: subtype.eq_ignore_ascii_case(b"digest") });
        let read;
        let boundary = match quick(value, "boundary", self.limits.parameters) {
            Quick::Value(boundary) => boundary,
            Quick::Absent => "",
            Quick::Unsure => {
                let mut defects = Vec::new();
                read = ContentType::parse_with(value, self.limits.parameters, &mut defects);
                self.defects.extend(defects.into_iter().map(|defect| defect.moved_by(value_start as u64)));
                read.as_ref().and_then(|read| read.parameter("boundary")).unwrap_or_default()
            }
        };
        // RFC 2046 5.1.1: white space at the end is not part of it.
        let trimmed = boundary.trim_end_matches([' ', '\t']);
        if trimmed.is_empty() || trimmed.len() > DELIMITER / 2 {
            self.defect(DefectKind::MissingBoundary, value_start);
            return;
        }
        let allowed = |octet: u8| octet.is_ascii_alphanumeric() || b"'()+_,-./:=? ".contains(&octet);
        if trimmed.len() != boundary.len() || trimmed.len() > 70 || !trimmed.bytes().all(allowed) {
            self.defect(DefectKind::InvalidBoundary, value_start);
        }
        self.header.boundary = Some(trimmed.as_bytes().to_vec());
    }

    /// The header is complete: what follows it?
    fn head<'i>(&mut self) -> Step<'i> {
        self.seen = 0;
        let level = self.open.len() - 1;
        let kind = self.header.kind.unwrap_or(if self.in_digest() { Kind::Message } else { Kind::Other });
        let (encoding, said) = self.header.encoding.unwrap_or_default();
        let coded = !encoding.is_identity();
        self.state = State::Text { fresh: true };
        let content = match kind {
            Kind::Other => Content::Leaf,
            Kind::Multipart { digest } => match self.header.boundary.take() {
                None => Content::Leaf,
                Some(_) if self.open.len() > self.limits.depth => {
                    self.defect(DefectKind::DepthLimit, self.offset);
                    Content::Leaf
                }
                Some(boundary) => {
                    if coded {
                        self.defect(DefectKind::EncodedMultipart, said);
                    }
                    self.boundaries.push(level, &boundary);
                    self.open[level].digest = digest;
                    Content::Multipart
                }
            },
            Kind::Message if self.open.len() > self.limits.depth => {
                self.defect(DefectKind::DepthLimit, self.offset);
                Content::Leaf
            }
            Kind::Message if self.begun >= self.limits.parts => {
                self.defect(DefectKind::PartLimit, self.offset);
                Content::Leaf
            }
            Kind::Message if coded => {
                self.defect(DefectKind::EncodedMessage, said);
                if encoding == Encoding::Base64 {
                    self.state = State::Peek;
                    return Step::Again;
                }
                Content::Leaf
            }
            Kind::Message => {
                self.state = State::Begin;
                Content::Message
            }
        };
        self.open[level].content = content;
        let encoding = if content == Content::Leaf { encoding } else { Encoding::default() };
        Step::Tell(Event::Head(Head { content, encoding }))
    }
}

impl Stream {
    fn skip_field<'i>(&mut self, input: &mut &'i [u8]) -> Step<'i> {
        while !input.is_empty() {
            let Some(lf) = memchr::memchr(b'\n', input) else {
                crate::work::add(input.len());
                self.take(input, input.len());
                break;
            };
            crate::work::add(lf);
            match input.get(lf + 1) {
                Some(b' ' | b'\t') => {
                    self.take(input, lf + 1);
                }
                None if !self.ended => {
                    self.take(input, lf);
                    return Step::Wait;
                }
                _ => {
                    self.take(input, lf + 1);
                    self.state = State::Fields;
                    return Step::Again;
                }
            }
        }
        if !self.ended {
            return Step::Wait;
        }
        self.state = State::Fields;
        Step::Again
    }

    /// Base64 has no colon, and a header has one in its first line.
    fn peek<'i>(&mut self, input: &mut &'i [u8]) -> Step<'i> {
        let mut plain = false;
        if self.boundaries.any() {
            match self.boundaries.look(input, self.ended, &mut self.seen) {
                Found::Unknown => return Step::Wait,
                Found::Delimiter { .. } => return self.peeked(false),
                Found::Text(_) => {}
            }
        }
        let end = input.len().min(DELIMITER);
        for octet in &input[..end] {
            match octet {
                b':' => {
                    plain = true;
                    break;
                }
                b'\n' => break,
                _ => {}
            }
        }
        let told = plain || end == DELIMITER || self.ended || input[..end].contains(&b'\n');
        if !told {
            return Step::Wait;
        }
        self.peeked(plain)
    }

    fn peeked<'i>(&mut self, plain: bool) -> Step<'i> {
        self.seen = 0;
        let level = self.open.len() - 1;
        if plain {
            self.open[level].content = Content::Message;
            self.state = State::Begin;
            return Step::Tell(Event::Head(Head { content: Content::Message, encoding: Encoding::default() }));
        }
        self.state = State::Text { fresh: true };
        Step::Tell(Event::Head(Head { content: Content::Leaf, encoding: Encoding::Base64 }))
    }

    fn text<'i>(&mut self, input: &mut &'i [u8], fresh: bool) -> Step<'i> {
        if !self.boundaries.any() {
            return self.tell_text(input, input.len());
        }
        // A delimiter line begins at the front of the content, or behind a line break that belongs to it.
        let before = match &input[..] {
            _ if fresh => 0,
            [b'\r', b'\n', b'-', b'-', ..] => 2,
            [b'\n', b'-', b'-', ..] => 1,
            rest => {
                let found = memchr::memmem::find(rest, b"\n--");
                crate::work::add(found.unwrap_or(rest.len()));
                let told = match found {
                    Some(lf) => lf - usize::from(lf > 0 && rest[lf - 1] == b'\r'),
                    None if self.ended => rest.len(),
                    None => rest.len() - undecided(rest),
                };
                return self.tell_text(input, told);
            }
        };
        let mut seen = self.seen.saturating_sub(before);
        match self.boundaries.look(&input[before..], self.ended, &mut seen) {
            Found::Unknown => {
                self.seen = before + seen;
                Step::Wait
            }
            Found::Delimiter { level, len, close } => {
                self.state = State::Delimiter { level, len: before + len, close };
                Step::Again
            }
            Found::Text(len) => {
                self.state = State::Text { fresh: false };
                self.seen = 0;
                if before + len == 0 { Step::Again } else { self.tell_text(input, before + len) }
            }
        }
    }

    /// Tells so many octets of text, or the end if it has come.
    fn tell_text<'i>(&mut self, input: &mut &'i [u8], len: usize) -> Step<'i> {
        if len == 0 {
            if self.ended && input.is_empty() {
                self.cut = self.offset;
                self.state = State::Closing { level: 0, next: Next::Over };
                return Step::Again;
            }
            return Step::Wait;
        }
        let octets = self.take(input, len);
        if matches!(self.state, State::Text { fresh: true }) {
            self.state = State::Text { fresh: false };
        }
        Step::Tell(match self.open.last() {
            Some(Open { content: Content::Multipart, closed: false, .. }) => Event::Preamble(octets),
            Some(Open { content: Content::Multipart, .. }) => Event::Epilogue(octets),
            _ => Event::Body(octets),
        })
    }

    fn delimiter(&mut self, input: &mut &[u8], level: usize, len: usize, close: bool) {
        if !close && self.begun >= self.limits.parts {
            self.defect(DefectKind::PartLimit, self.offset);
            self.boundaries.clear();
            self.state = State::Text { fresh: false };
            return;
        }
        // The line break before it is the delimiter's, also where a header or another delimiter has taken it already.
        let shared = if input.starts_with(b"--") { self.line_break } else { 0 };
        self.cut = self.offset - shared;
        self.take(input, len);
        self.open[level].entered = true;
        self.boundaries.truncate(level + usize::from(!close));
        self.state = State::Closing { level, next: if close { Next::Epilogue } else { Next::Part } };
        // What the delimiter closes is not missing its own.
        self.open[level].closed = close;
    }

    fn opening<'i>(&mut self, input: &mut &'i [u8], level: usize) -> Step<'i> {
        match self.boundaries.look(input, self.ended, &mut self.seen) {
            Found::Unknown => return Step::Wait,
            // The line break of a delimiter is not the one that the next delimiter needs before it (RFC 2046 5.1.1),
            // and a part of nothing is nothing.
            Found::Delimiter { level: again, len, close: false } if again == level => {
                self.defect(DefectKind::RepeatedDelimiter, self.offset);
                self.take(input, len);
                return Step::Again;
            }
            Found::Delimiter { .. } | Found::Text(_) => {}
        }
        self.seen = 0;
        self.state = State::Begin;
        Step::Again
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

/// How many octets at the end may be the beginning of a delimiter line.
fn undecided(text: &[u8]) -> usize {
    match text {
        [.., b'\r', b'\n', b'-'] => 3,
        [.., b'\r', b'\n'] | [.., b'\n', b'-'] => 2,
        [.., b'\r' | b'\n'] => 1,
        _ => 0,
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
