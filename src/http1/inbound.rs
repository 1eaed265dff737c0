//! The peer's stream of messages: where heads begin, how a body is read to its end (RFC 9112 6.3).

use super::chunked::{Chunks, Event, take};
use super::error::{Error, ErrorKind};
use super::framing::{Facts, Framing};
use super::head::Trailers;
use super::limits::{MessageLimits, OFFSETS, Quirks};
use super::scan::{Part, Rules, Scan};
use crate::work;

/// The peer's stream of messages.
#[derive(Clone, Debug)]
pub(super) struct Inbound {
    pub(super) limits: MessageLimits,
    pub(super) quirks: Quirks,
    reading: Reading,
    /// How far the stream was taken.
    pub(super) taken: u64,
    pub(super) phase: u64,
    /// In a body a phase lasts so many octets.
    rate: u32,
    /// So many octets came in the present phase, of a body or of empty lines before a head.
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

    /// The peer's end, or a clock that ran out, is still to be told.
    #[inline(always)]
    pub(super) fn is_noted(&self) -> bool {
        self.ended | self.expired
    }

    /// Skips empty lines before a start line (RFC 9112 2.2), as many octets of them as a head may have. What is left
    /// begins with a start line, unless it is empty or a lone CR.
    #[inline]
    pub(super) fn skip_empty_lines(&mut self, input: &mut &[u8]) -> Result<(), Error> {
        loop {
            let line = match **input {
                [b'\r', b'\n', ..] => 2,
                [b'\n', ..] if self.quirks.bare_lf => 1,
                _ => return Ok(()),
            };
            if self.moved + line > self.limits.head.min(OFFSETS) {
                return Err(Error { kind: ErrorKind::HeadTooLong, offset: self.taken });
            }
            self.moved += line;
            work::add(line as usize);
            take(input, line as usize, &mut self.taken);
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

    pub(super) fn timed_out(&self) -> Error {
        Error { kind: ErrorKind::TimedOut, offset: self.taken }
    }

    fn truncated(&self, input: &[u8]) -> Error {
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
            Reading::None => Some(Event::End(Trailers::none(input))),
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
                0 if self.ended => Some(Event::End(Trailers::none(input))),
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
