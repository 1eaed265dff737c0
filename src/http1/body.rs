//! What both engines share: reading messages from the peer's stream, writing bodies into ours.

use super::chunked::{self, Chunks, Event, take};
use super::error::{Error, ErrorKind, Misuse};
use super::framing::{Facts, Framing};
use super::head::Trailers;
use super::limits::{MessageLimits, Quirks};
use super::scan::{Part, Rules, Scan};
use super::syntax::{Decimal, SizeLine};
use bytes::{BufMut, BytesMut};

/// How much content a message is sent with; how it is framed follows from this, the status or method, and the peer's
/// version (RFC 9112 6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Content {
    /// None. The message is complete with its head.
    Empty,
    /// So many octets, which `data` and `end` follow.
    Length(u64),
    /// As many as there will be, which `data` and `end` follow: chunked, or up to the end of the connection where the
    /// peer speaks HTTP/1.0.
    Stream,
}

/// The peer's stream of messages.
#[derive(Clone, Debug)]
pub(super) struct Inbound {
    pub(super) limits: MessageLimits,
    pub(super) quirks: Quirks,
    reading: Reading,
    /// How far the stream was taken.
    pub(super) taken: u64,
    pub(super) phase: u64,
    /// In a body a phase lasts so many octets, of which so many came.
    rate: u32,
    moved: u32,
    pub(super) failed: Option<Error>,
    pub(super) ended: bool,
    pub(super) expired: bool,
}

#[derive(Clone, Copy, Debug)]
enum Reading {
    Head(Scan, Facts),
    None,
    Length(u64),
    Chunked(Chunks),
    UntilClose,
}

impl Inbound {
    pub(super) const fn new(limits: MessageLimits, quirks: Quirks, rate: u32) -> Self {
        Self {
            limits,
            quirks,
            reading: Reading::None,
            taken: 0,
            phase: 0,
            rate,
            moved: 0,
            failed: None,
            ended: false,
            expired: false,
        }
    }

    /// A wait begins.
    #[inline(always)]
    pub(super) fn next_phase(&mut self) {
        self.phase += 1;
        self.moved = 0;
    }

    /// Skips empty lines before a start line (RFC 9112 2.2). What is left begins with a start line, unless it is empty
    /// or a lone CR.
    #[inline]
    pub(super) fn skip_empty_lines(&mut self, input: &mut &[u8]) {
        loop {
            match **input {
                [b'\r', b'\n', ..] => take(input, 2, &mut self.taken),
                [b'\n', ..] if self.quirks.bare_lf => take(input, 1, &mut self.taken),
                _ => return,
            };
        }
    }

    /// The scan of a head begins with the next octet.
    pub(super) fn expect_head(&mut self, part: Part, facts: Facts) {
        self.reading = Reading::Head(Scan::new(part), facts);
    }

    /// Scans on over a head that did not come whole and plain. Tells its length and what it says.
    #[cold]
    pub(super) fn scan_head(&mut self, input: &[u8], rules: &Rules) -> Result<Option<(usize, Facts)>, Error> {
        let offset = self.taken;
        let Reading::Head(scan, facts) = &mut self.reading else { return Ok(None) };
        let length = scan.run(input, rules, facts);
        let length = length.map_err(|(kind, at)| Error { kind, offset: offset + at as u64 })?;
        if length.is_none() && self.ended {
            return Err(self.truncated(input));
        }
        Ok(length.map(|length| (length, *facts)))
    }

    pub(super) fn truncated(&self, input: &[u8]) -> Error {
        Error { kind: ErrorKind::Truncated, offset: self.taken + input.len() as u64 }
    }

    /// A body begins with the next octet.
    #[inline]
    pub(super) fn expect_body(&mut self, framing: Framing) {
        self.reading = match framing {
            Framing::None => Reading::None,
            Framing::Length(length) => Reading::Length(length),
            Framing::Chunked => Reading::Chunked(Chunks::new()),
            Framing::UntilClose => Reading::UntilClose,
        };
    }

    /// Nothing is left of the body but its end.
    #[inline]
    pub(super) fn is_at_end(&self) -> bool {
        matches!(self.reading, Reading::None)
    }

    /// The next piece of the body, or its end.
    #[inline]
    pub(super) fn piece<'i>(&mut self, input: &mut &'i [u8]) -> Result<Option<Event<&'i [u8]>>, Error> {
        let piece = match &mut self.reading {
            Reading::None => Some(Event::End(Trailers { block: &input[..0], count: 0, end: 0 })),
            Reading::Length(left) => {
                let length = usize::try_from(*left).unwrap_or(usize::MAX).min(input.len());
                if length == 0 {
                    None
                } else {
                    *left -= length as u64;
                    if *left == 0 {
                        self.reading = Reading::None;
                    }
                    Some(Event::Data(take(input, length, &mut self.taken)))
                }
            }
            Reading::Chunked(chunks) => chunks.recv(input, &mut self.taken, &self.limits, self.quirks)?,
            // RFC 9112 6.3 (8), and 8: the end of the connection is the end of the body.
            Reading::UntilClose => match input.len() {
                0 if self.ended => Some(Event::End(Trailers { block: &input[..0], count: 0, end: 0 })),
                0 => None,
                length => Some(Event::Data(take(input, length, &mut self.taken))),
            },
            Reading::Head(..) => None,
        };
        match &piece {
            None if self.ended => return Err(self.truncated(input)),
            Some(Event::Data(octets)) => {
                // A phase that lasts a number of octets is a minimum rate without a clock.
                self.moved = self.moved.saturating_add(octets.len().min(u32::MAX as usize) as u32);
                if self.moved >= self.rate {
                    self.next_phase();
                }
            }
            _ => {}
        }
        Ok(piece)
    }
}

/// A body that goes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Writer {
    Idle,
    /// So many octets are left.
    Length(u64),
    /// `open`: a chunk's data went out by another way, and its CRLF is owed.
    Chunked {
        open: bool,
    },
    UntilClose,
    /// What answers HEAD, or 304: announced, checked, and not written.
    Muted(Option<u64>),
}

impl Writer {
    /// Counts a piece, and tells whether it is to be written.
    fn count(&mut self, length: u64) -> Result<bool, Misuse> {
        match self {
            Self::Idle => Err(Misuse::NotSending),
            Self::Length(left) | Self::Muted(Some(left)) if length > *left => Err(Misuse::TooLong),
            Self::Length(left) => {
                *left -= length;
                Ok(true)
            }
            Self::Muted(left) => {
                if let Some(left) = left {
                    *left -= length;
                }
                Ok(false)
            }
            Self::Chunked { .. } | Self::UntilClose => Ok(true),
        }
    }

    /// Writes a piece.
    #[inline]
    pub(super) fn data(&mut self, octets: &[u8], out: &mut BytesMut) -> Result<(), Misuse> {
        if !self.count(octets.len() as u64)? || octets.is_empty() {
            return Ok(());
        }
        if matches!(self, Self::Chunked { .. }) {
            self.close_chunk(out);
            chunked::write_chunk(octets, out);
        } else {
            out.put_slice(octets);
        }
        Ok(())
    }

    /// Writes what goes before a piece that the caller sends by another way. `false`: the piece is not to be sent.
    pub(super) fn framing(&mut self, length: u64, out: &mut BytesMut) -> Result<bool, Misuse> {
        if !self.count(length)? || length == 0 {
            return Ok(false);
        }
        if let Self::Chunked { .. } = self {
            self.close_chunk(out);
            out.put_slice(SizeLine::new(length).as_bytes());
            *self = Self::Chunked { open: true };
        }
        Ok(true)
    }

    fn close_chunk(&mut self, out: &mut BytesMut) {
        if let Self::Chunked { open: open @ true } = self {
            *open = false;
            out.put_slice(b"\r\n");
        }
    }

    /// Writes the end.
    #[inline]
    pub(super) fn end(
        &mut self,
        trailers: Option<&Trailers<impl AsRef<[u8]>>>,
        out: &mut BytesMut,
    ) -> Result<(), Misuse> {
        let trailers = trailers.filter(|trailers| !trailers.fields().is_empty());
        match self {
            Self::Idle => return Err(Misuse::NotSending),
            Self::Length(1..) | Self::Muted(Some(1..)) => return Err(Misuse::TooShort),
            Self::Length(0) | Self::UntilClose | Self::Muted(Some(0)) if trailers.is_some() => {
                return Err(Misuse::Trailers);
            }
            Self::Chunked { .. } => {
                self.close_chunk(out);
                match trailers {
                    Some(trailers) => chunked::write_end(trailers, out),
                    None => out.put_slice(b"0\r\n\r\n"),
                }
            }
            Self::Length(0) | Self::UntilClose | Self::Muted(_) => {}
        }
        *self = Self::Idle;
        Ok(())
    }
}

/// The framing field that a head is sent with beside its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Added {
    Nothing,
    Length(u64),
    Chunked,
}

impl Added {
    /// Writes the field, the line that is given, and the empty line: all that ends a head, in one piece.
    #[inline]
    pub(super) fn write(self, line: &[u8], out: &mut BytesMut) {
        const LENGTH: &[u8] = b"Content-Length: ";
        const CHUNKED: &[u8] = b"Transfer-Encoding: chunked\r\n";
        // The longest: `Content-Length: `, 20 digits, CRLF, `Connection: keep-alive` CRLF, CRLF.
        let mut text = [0; 80];
        let mut end = 0;
        let mut put = |octets: &[u8]| {
            if let Some(place) = text.get_mut(end..end + octets.len()) {
                place.copy_from_slice(octets);
                end += octets.len();
            }
        };
        match self {
            Self::Nothing => {}
            Self::Length(length) => {
                put(LENGTH);
                put(Decimal::new(length).as_bytes());
                put(b"\r\n");
            }
            Self::Chunked => put(CHUNKED),
        }
        put(line);
        put(b"\r\n");
        out.put_slice(&text[..end]);
    }
}
