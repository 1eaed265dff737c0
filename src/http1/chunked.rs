//! The chunked transfer coding (RFC 9112 7.1), both ways.
//!
//! [`Decoder`] tells the content as slices of its input. Extensions are checked by their grammar, told, and limited;
//! trailers are told with the end. What can't be told yet (a size line, the CRLF behind a chunk) stays in the input.
//!
//! ```
//! use plainwire::http1::chunked::{Decoder, Event};
//!
//! let mut decoder = Decoder::default();
//! let mut input = &b"5\r\nhello\r\n0\r\n\r\nGET /"[..];
//! assert!(matches!(decoder.recv(&mut input), Ok(Some(Event::Data(b"hello")))));
//! assert!(matches!(decoder.recv(&mut input), Ok(Some(Event::End(trailers))) if trailers.fields().is_empty()));
//! assert_eq!(input, b"GET /"); // whatever follows the body
//! ```

use super::error::{Error, ErrorKind};
use super::head::Trailers;
use super::limits::{MessageLimits, Quirks};
use super::parse::fields_end;
use super::scan::{Part, Scan};
use super::syntax::{QUOTED, SizeLine, TEXT, TOKEN, hex_digit, is, trim};
use crate::engine::{Decode, delegate};
use crate::work;
use alloc::borrow::Cow;
use alloc::vec::Vec;
use bytes::{BufMut, BytesMut};
use core::fmt;

/// What a chunked body says.
#[derive(Clone, Debug)]
pub enum Event<B> {
    /// A chunk begins that has extensions. A chunk without is told by its data alone.
    Extensions(Extensions<B>),
    /// Content, never empty. Chunks are framing: where one ends means nothing.
    Data(B),
    /// The last chunk, and the trailer section behind it.
    End(Trailers<B>),
}

impl<B> Event<B> {
    /// The event with its octets held otherwise.
    pub fn map<C>(self, keep: impl FnOnce(B) -> C) -> Event<C> {
        match self {
            Self::Extensions(extensions) => Event::Extensions(extensions.map(keep)),
            Self::Data(octets) => Event::Data(keep(octets)),
            Self::End(trailers) => Event::End(trailers.map(keep)),
        }
    }
}

/// The extensions of one chunk (RFC 9112 7.1.1), as they came. They mean something to the two ends that agreed on them,
/// and nothing to anybody else.
#[derive(Clone)]
pub struct Extensions<B> {
    block: B,
}

impl<B: AsRef<[u8]>> Extensions<B> {
    /// Each extension's name and value, in their order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Option<Cow<'_, [u8]>>)> {
        let mut rest = self.block.as_ref();
        core::iter::from_fn(move || {
            let start = rest.iter().position(|&byte| byte == b';')? + 1;
            let end = start + extension_end(&rest[start..]);
            let text = trim(&rest[start..end]);
            rest = &rest[end..];
            let (name, value) = match text.iter().position(|&byte| byte == b'=') {
                Some(at) => (trim(&text[..at]), Some(unquoted(trim(&text[at + 1..])))),
                None => (text, None),
            };
            Some((core::str::from_utf8(name).unwrap_or_default(), value))
        })
    }
}

impl<B> Extensions<B> {
    /// The extensions with their octets held otherwise.
    pub fn map<C>(self, keep: impl FnOnce(B) -> C) -> Extensions<C> {
        Extensions { block: keep(self.block) }
    }

    pub(super) const fn new(block: B) -> Self {
        Self { block }
    }
}

impl<B: fmt::Debug> fmt::Debug for Extensions<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Extensions").field(&self.block).finish()
    }
}

impl<B: AsRef<[u8]>, C: AsRef<[u8]>> PartialEq<Extensions<C>> for Extensions<B> {
    fn eq(&self, other: &Extensions<C>) -> bool {
        self.block.as_ref() == other.block.as_ref()
    }
}

/// Events are equal where they say the same, whatever holds it.
impl<B: AsRef<[u8]>, C: AsRef<[u8]>> PartialEq<Event<C>> for Event<B> {
    fn eq(&self, other: &Event<C>) -> bool {
        match (self, other) {
            (Self::Extensions(these), Event::Extensions(those)) => these == those,
            (Self::Data(these), Event::Data(those)) => these.as_ref() == those.as_ref(),
            (Self::End(these), Event::End(those)) => these == those,
            _ => false,
        }
    }
}

/// Where the semicolon behind an extension stands, outside its quotes.
fn extension_end(text: &[u8]) -> usize {
    let (mut quoted, mut escaped) = (false, false);
    let ends = |byte: &u8| match byte {
        _ if escaped => {
            escaped = false;
            false
        }
        b'\\' if quoted => {
            escaped = true;
            false
        }
        b'"' => {
            quoted = !quoted;
            false
        }
        byte => *byte == b';' && !quoted,
    };
    text.iter().position(ends).unwrap_or(text.len())
}

/// The value that a quoted string stands for (RFC 9110 5.6.4).
fn unquoted(value: &[u8]) -> Cow<'_, [u8]> {
    let [b'"', inner @ .., b'"'] = value else { return Cow::Borrowed(value) };
    if !inner.contains(&b'\\') {
        return Cow::Borrowed(inner);
    }
    let mut plain = Vec::with_capacity(inner.len());
    let mut octets = inner.iter();
    while let Some(&byte) = octets.next() {
        plain.push(if byte == b'\\' { octets.next().copied().unwrap_or(byte) } else { byte });
    }
    Cow::Owned(plain)
}

/// Takes a chunked body apart.
#[derive(Clone, Debug, Default)]
pub struct Decoder {
    chunks: Chunks,
    limits: MessageLimits,
    quirks: Quirks,
    taken: u64,
    ended: bool,
    failed: Option<Error>,
}

impl Decoder {
    /// A decoder at the start of a body. Of the limits those on chunk lines, extensions and trailers count.
    pub fn new(limits: MessageLimits, quirks: Quirks) -> Self {
        Self { limits, quirks, ..Self::default() }
    }

    /// Takes at most one event off the front of `input`; see [`Decode::recv`].
    ///
    /// Errors are the kinds of [`ErrorKind`] that speak of chunks, lines and trailers, and
    /// [`Truncated`](ErrorKind::Truncated).
    pub fn recv<'i>(&mut self, input: &mut &'i [u8]) -> Result<Option<Event<&'i [u8]>>, Error> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        let told = self.chunks.recv(input, &mut self.taken, &self.limits, self.quirks);
        let told = match told {
            Ok(None) if self.ended && !self.chunks.is_over() => {
                Err(Error { kind: ErrorKind::Truncated, offset: self.taken + input.len() as u64 })
            }
            told => told,
        };
        if let Err(error) = told {
            self.failed = Some(error);
        }
        told
    }

    /// There will be no more than what is in `input`.
    pub fn eof(&mut self) {
        self.ended = true;
    }

    /// The end was told: what is left in the input is not of this body.
    pub fn over(&self) -> bool {
        self.chunks.is_over() || self.failed.is_some()
    }

    /// An input this long always makes [`recv`](Self::recv) move or fail.
    pub fn window(&self) -> usize {
        self.limits.window()
    }

    /// The data of an event.
    pub fn octets<'e>(event: &'e Event<&[u8]>) -> Option<&'e [u8]> {
        match event {
            Event::Data(octets) => Some(octets),
            _ => None,
        }
    }
}

delegate!(impl Decode for Decoder: Event<'i> = Event<&'i [u8]>, Error);

/// Where a chunked body stands: the decoder less what the engines keep for themselves.
#[derive(Clone, Copy, Debug)]
pub(super) struct Chunks {
    step: Step,
    /// What the size line said so far; then what is left of the chunk.
    size: u64,
    /// How much of the size line was looked at, and how many digits it begins with.
    seen: u32,
    digits: u32,
    /// The extensions of the whole body.
    extensions: u32,
    trailers: Scan,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Line(At),
    Data,
    /// The CRLF behind a chunk's data.
    DataEnd,
    Trailers,
    Over,
}

/// Where in the size line the next octet stands (RFC 9112 7.1 and 7.1.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum At {
    Size,
    /// Whitespace behind the size.
    SizeSpace,
    NameStart,
    Name,
    NameSpace,
    ValueStart,
    Value,
    Quoted,
    Escaped,
    QuoteEnd,
    ValueSpace,
    Lf,
}

impl Default for Chunks {
    fn default() -> Self {
        Self::new()
    }
}

impl Chunks {
    pub(super) const fn new() -> Self {
        Self {
            step: Step::Line(At::Size),
            size: 0,
            seen: 0,
            digits: 0,
            extensions: 0,
            trailers: Scan::new(Part::Trailers),
        }
    }

    pub(super) fn is_over(&self) -> bool {
        self.step == Step::Over
    }

    #[inline]
    pub(super) fn recv<'i>(
        &mut self,
        input: &mut &'i [u8],
        taken: &mut u64,
        limits: &MessageLimits,
        quirks: Quirks,
    ) -> Result<Option<Event<&'i [u8]>>, Error> {
        loop {
            match self.step {
                Step::Data => {
                    if input.is_empty() {
                        return Ok(None);
                    }
                    let length = usize::try_from(self.size).unwrap_or(usize::MAX).min(input.len());
                    self.size -= length as u64;
                    if self.size == 0 {
                        self.step = Step::DataEnd;
                    }
                    return Ok(Some(Event::Data(take(input, length, taken))));
                }
                Step::DataEnd => match **input {
                    [b'\r', b'\n', ..] => {
                        take(input, 2, taken);
                        (self.size, self.seen, self.digits) = (0, 0, 0);
                        self.step = Step::Line(At::Size);
                    }
                    [] | [b'\r'] => return Ok(None),
                    // RFC 9112 7.1: exactly one CRLF.
                    [b'\r', ..] => return Err(error(ErrorKind::BadChunkEnd, 1, *taken)),
                    _ => return Err(error(ErrorKind::BadChunkEnd, 0, *taken)),
                },
                Step::Line(_) => {
                    let line = self.line(input, limits, quirks);
                    let Some(length) = line.map_err(|(kind, at)| error(kind, at, *taken))? else { return Ok(None) };
                    self.step = if self.size == 0 { Step::Trailers } else { Step::Data };
                    let line = take(input, length, taken);
                    let extensions = &line[self.digits as usize..length - 2];
                    // With the quirk there may be nothing but spaces.
                    if extensions.contains(&b';') {
                        return Ok(Some(Event::Extensions(Extensions::new(extensions))));
                    }
                }
                Step::Trailers => {
                    let length = match **input {
                        [b'\r', b'\n', ..] if self.trailers.is_fresh() && limits.trailers >= 2 => 2,
                        _ => {
                            let rules = limits.rules(Part::Trailers, quirks);
                            let scanned = self.trailers.run(input, &rules, &mut ());
                            match scanned.map_err(|(kind, at)| error(kind, at, *taken))? {
                                Some(length) => length,
                                None => return Ok(None),
                            }
                        }
                    };
                    self.step = Step::Over;
                    let block = take(input, length, taken);
                    let end = fields_end(block) as u16;
                    return Ok(Some(Event::End(Trailers { block, count: self.trailers.count(), end })));
                }
                Step::Over => return Ok(None),
            }
        }
    }

    /// Looks at the size line, which starts where `input` does, and tells its length once it is whole.
    #[inline]
    fn line(
        &mut self,
        input: &[u8],
        limits: &MessageLimits,
        quirks: Quirks,
    ) -> Result<Option<usize>, (ErrorKind, usize)> {
        let limit = limits.chunk_line as usize;
        if self.seen == 0
            && let Some((size, digits)) = plain_size(input)
            && digits + 2 <= limit
        {
            work::add(digits + 2);
            (self.size, self.digits) = (size, digits as u32);
            return Ok(Some(digits + 2));
        }
        let end = input.len().min(limit);
        work::add(end.saturating_sub(self.seen as usize));
        while (self.seen as usize) < end {
            let at = self.seen as usize;
            let Step::Line(state) = self.step else { return Ok(None) };
            let next = self.octet(state, input[at], quirks).map_err(|kind| match kind {
                // A CR alone is known by the octet behind it.
                ErrorKind::BareCr => (kind, at - 1),
                _ => (kind, at),
            })?;
            self.seen += 1;
            match next {
                None => return Ok(Some(at + 1)),
                Some(At::Size) => self.digits = self.seen,
                Some(At::Lf) => {}
                Some(_) => {
                    self.extensions = self.extensions.saturating_add(1);
                    if self.extensions > limits.extensions {
                        return Err((ErrorKind::ExtensionsTooLong, at));
                    }
                }
            }
            self.step = Step::Line(next.unwrap_or(At::Size));
        }
        if input.len() >= limit {
            return Err((ErrorKind::ChunkLineTooLong, limit));
        }
        Ok(None)
    }

    /// One octet of the size line; `None` behind its LF.
    fn octet(&mut self, state: At, byte: u8, quirks: Quirks) -> Result<Option<At>, ErrorKind> {
        let space = matches!(byte, b' ' | b'\t');
        let next = match (state, byte) {
            (At::Lf, b'\n') => return Ok(None),
            (At::Lf, _) => return Err(ErrorKind::BareCr),
            // Erratum 7633 to RFC 9112: a bare LF never ends a chunk line.
            (_, b'\n') => return Err(ErrorKind::BareLf),
            (At::Size, _) => match hex_digit(byte) {
                255 if self.digits == 0 => return Err(ErrorKind::BadChunkSize),
                255 => match byte {
                    b';' => At::NameStart,
                    b'\r' => At::Lf,
                    _ if space => At::SizeSpace,
                    _ => return Err(ErrorKind::BadChunkSize),
                },
                _ if self.size >> 60 != 0 => return Err(ErrorKind::BadChunkSize),
                digit => {
                    self.size = self.size << 4 | u64::from(digit);
                    At::Size
                }
            },
            // BWS is there for an extension; before CRLF it is none.
            (At::SizeSpace, b';') => At::NameStart,
            (At::SizeSpace, b'\r') if quirks.chunk_size_space => At::Lf,
            (At::SizeSpace, _) if space => At::SizeSpace,
            (At::SizeSpace, _) => return Err(ErrorKind::BadChunkSize),
            (At::NameStart, _) if space => At::NameStart,
            (At::NameStart | At::Name, _) if is(byte, TOKEN) => At::Name,
            (At::Name | At::NameSpace, b'=') => At::ValueStart,
            (At::Name | At::NameSpace | At::Value | At::QuoteEnd | At::ValueSpace, b';') => At::NameStart,
            (At::Name | At::Value | At::QuoteEnd, b'\r') => At::Lf,
            (At::Name | At::NameSpace, _) if space => At::NameSpace,
            (At::ValueStart, _) if space => At::ValueStart,
            (At::ValueStart, b'"') => At::Quoted,
            (At::ValueStart | At::Value, _) if is(byte, TOKEN) => At::Value,
            (At::Value | At::QuoteEnd | At::ValueSpace, _) if space => At::ValueSpace,
            (At::Quoted, b'"') => At::QuoteEnd,
            (At::Quoted, b'\\') => At::Escaped,
            (At::Quoted, _) if is(byte, QUOTED) => At::Quoted,
            (At::Escaped, _) if is(byte, TEXT) => At::Quoted,
            _ => return Err(ErrorKind::BadExtension),
        };
        Ok(Some(next))
    }
}

fn error(kind: ErrorKind, at: usize, taken: u64) -> Error {
    Error { kind, offset: taken + at as u64 }
}

/// The size at the front of `input` and its digits, where at most 15 of them and CRLF are all there is in the line.
#[inline(always)]
fn plain_size(input: &[u8]) -> Option<(u64, usize)> {
    let mut size = 0;
    for (at, &byte) in input.iter().take(16).enumerate() {
        match hex_digit(byte) {
            255 => return (at > 0 && input[at..].starts_with(b"\r\n")).then_some((size, at)),
            digit => size = size << 4 | u64::from(digit),
        }
    }
    None
}

/// Takes the first octets of `input`.
#[inline(always)]
pub(super) fn take<'i>(input: &mut &'i [u8], length: usize, taken: &mut u64) -> &'i [u8] {
    let (head, rest) = input.split_at(length);
    *input = rest;
    *taken += length as u64;
    head
}

/// Writes a chunk of these octets; nothing for none, since a chunk of size 0 is the end.
pub fn write_chunk(octets: &[u8], out: &mut BytesMut) {
    if octets.is_empty() {
        return;
    }
    let size = SizeLine::new(octets.len() as u64);
    out.reserve(octets.len() + 20);
    out.put_slice(size.as_bytes());
    out.put_slice(octets);
    out.put_slice(b"\r\n");
}

/// Writes the line before a chunk of `length` octets, which the caller sends by another way, and CRLF behind them.
pub fn write_size(length: u64, out: &mut BytesMut) {
    out.put_slice(SizeLine::new(length).as_bytes());
}

/// Writes the last chunk and the trailer section.
pub fn write_end<B: AsRef<[u8]>>(trailers: &Trailers<B>, out: &mut BytesMut) {
    out.put_slice(b"0\r\n");
    trailers.write(out);
}
