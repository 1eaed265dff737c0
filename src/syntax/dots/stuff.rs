//! Writing a dotted text.

use super::scan::{Alone, Mark, next_mark};
use bytes::BytesMut;

/// What a writer does about a CR or an LF on its own. Neither choice lets one through.
///
/// This enum is complete.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Endings {
    /// Refuse the text: what the next reader makes of it can't be known.
    #[default]
    Refuse,
    /// Write CRLF for it: a text file with another system's line ends becomes what the wire wants.
    Normalise,
}

/// A CR or an LF on its own in a text that has to have whole line ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{} on its own at octet {offset} of the text", match which { Alone::Cr => "CR", Alone::Lf => "LF" })]
pub struct Bare {
    /// Which of them.
    pub which: Alone,
    /// Where it stands, counted from the beginning of the text before stuffing.
    pub offset: u64,
}

/// Writes a dotted text that comes in pieces of any size.
///
/// A CR at the end of a piece waits for the next one, so a text with a CR or an LF on its own is refused before either
/// is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stuff {
    endings: Endings,
    /// Dots are doubled, and one on its own line ends the text.
    dotted: bool,
    /// The next octet begins a line.
    at_start: bool,
    /// A CR was given and not written yet.
    cr: bool,
    offset: u64,
}

impl Stuff {
    /// At the beginning of a text.
    pub const fn new(endings: Endings) -> Self {
        Self { endings, dotted: true, at_start: true, cr: false, offset: 0 }
    }

    /// At the beginning of a text that is framed otherwise, by its length: whole line ends alike, dots as they are, and no
    /// mark at its end.
    pub const fn lines(endings: Endings) -> Self {
        Self { endings, dotted: false, at_start: true, cr: false, offset: 0 }
    }

    /// How many octets of text were given so far.
    pub const fn offset(&self) -> u64 {
        self.offset
    }

    /// Appends `text`, stuffed, to `out`. On [`Bare`] nothing was written and the text may go on otherwise.
    pub fn push(&mut self, text: &[u8], out: &mut BytesMut) -> Result<(), Bare> {
        let (before, mark) = (self.clone(), out.len());
        out.reserve(text.len() + text.len() / 64 + 2);
        for piece in self.pieces(text) {
            match piece {
                Ok(piece) => out.extend_from_slice(piece),
                Err(bare) => {
                    out.truncate(mark);
                    *self = before;
                    return Err(bare);
                }
            }
        }
        Ok(())
    }

    /// The pieces that spell `text`: slices of it, in order, each as long as it can be. A dot is doubled by the end of
    /// one piece and the beginning of the next, so nothing is copied and only a line end that is mended comes from
    /// elsewhere.
    ///
    /// After an `Err` the writer stands at the place of the error and is of no use.
    pub fn pieces<'s, 't>(&'s mut self, text: &'t [u8]) -> Pieces<'s, 't> {
        Pieces { stuff: self, rest: text, doubled: false }
    }

    /// Appends the end: CRLF where the text did not end with one, and `.` CRLF.
    ///
    /// On [`Bare`] (the text's last octet was a CR) nothing was written.
    pub fn finish(mut self, out: &mut BytesMut) -> Result<(), Bare> {
        if self.cr && self.endings == Endings::Refuse {
            return Err(self.bare(Alone::Cr, 1));
        }
        if self.cr || !self.at_start {
            out.extend_from_slice(b"\r\n");
        }
        self.cr = false;
        if self.dotted {
            out.extend_from_slice(b".\r\n");
        }
        Ok(())
    }

    fn bare(&self, which: Alone, back: u64) -> Bare {
        Bare { which, offset: self.offset - back }
    }
}

/// The pieces of [`Stuff::pieces`].
#[derive(Debug)]
pub struct Pieces<'s, 't> {
    stuff: &'s mut Stuff,
    rest: &'t [u8],
    /// The dot at the front of `rest` was told once already.
    doubled: bool,
}

impl<'t> Pieces<'_, 't> {
    fn take(&mut self, length: usize) -> &'t [u8] {
        let (piece, rest) = self.rest.split_at(length);
        self.rest = rest;
        self.stuff.offset += length as u64;
        self.stuff.at_start = piece.ends_with(b"\r\n");
        piece
    }

    /// A line end of our own for `octets` of text (which were counted already if they are none).
    fn mend(&mut self, octets: usize) -> &'static [u8] {
        self.take(octets);
        self.stuff.cr = false;
        self.stuff.at_start = true;
        b"\r\n"
    }
}

impl<'t> Iterator for Pieces<'_, 't> {
    type Item = Result<&'t [u8], Bare>;

    fn next(&mut self) -> Option<Self::Item> {
        let refuse = self.stuff.endings == Endings::Refuse;
        if self.stuff.cr {
            return match self.rest.first() {
                None => None,
                Some(b'\n') => Some(Ok(self.mend(1))),
                Some(_) if refuse => Some(Err(self.stuff.bare(Alone::Cr, 1))),
                Some(_) => Some(Ok(self.mend(0))),
            };
        }
        if self.stuff.dotted && self.stuff.at_start && !self.doubled && self.rest.first() == Some(&b'.') {
            self.doubled = true;
            return Some(Ok(&self.rest[..1]));
        }
        self.doubled = false;
        match next_mark(self.rest) {
            Some((0, Mark::Alone(which))) if refuse => Some(Err(Bare { which, offset: self.stuff.offset })),
            Some((0, Mark::Alone(_))) => Some(Ok(self.mend(1))),
            Some((0, Mark::Open)) => {
                self.take(1);
                self.stuff.cr = true;
                None
            }
            // The dot itself is told with this piece, and once more with the next.
            Some((at, Mark::Dot)) if self.stuff.dotted => {
                let piece = &self.rest[..=at];
                self.take(at);
                self.doubled = true;
                Some(Ok(piece))
            }
            Some((at, Mark::Dot | Mark::Alone(_) | Mark::Open)) => Some(Ok(self.take(at))),
            None if self.rest.is_empty() => None,
            None => Some(Ok(self.take(self.rest.len()))),
        }
    }
}
