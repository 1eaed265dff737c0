//! Reading a dotted text.

use super::scan::{Alone, Dots, Mark, next_dot, next_mark};
use crate::work;
use core::iter::FusedIterator;

/// A piece of what [`Unstuff`] reads.
///
/// This enum is complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece<'i> {
    /// Text without its stuffing, never empty, with whole CRLFs only.
    Text(&'i [u8]),
    /// One octet: a CR or an LF on its own. It is part of the text and neither begins nor ends a line; whether it is
    /// kept, mended or refused is the caller's to say.
    Bare(Alone, &'i [u8]),
    /// CRLF `.` CRLF: the text is over, and what follows in the input is no part of it.
    End,
}

/// Reads a dotted text from an input that grows at its end: tells borrowed pieces, holds nothing back.
///
/// What can't be told yet (`.` and `.` CR at the beginning of a line, a CR at the end) stays in the input. An input of
/// [`Unstuff::WINDOW`] octets always moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unstuff {
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    LineStart,
    Inside,
    Over,
}

impl Default for Unstuff {
    fn default() -> Self {
        Self::new()
    }
}

impl Unstuff {
    /// So many octets of input always give a piece: a dot, a CR and what follows.
    pub const WINDOW: usize = 3;

    /// At the beginning of a text, which is the beginning of a line: `.` CRLF right here is an empty text's end.
    pub const fn new() -> Self {
        Self { state: State::LineStart }
    }

    /// The end was told.
    pub const fn over(&self) -> bool {
        matches!(self.state, State::Over)
    }

    /// Takes one piece off the front of `input`, as long as it can be; `None` without more octets, or once it is over.
    pub fn next<'i>(&mut self, input: &mut &'i [u8]) -> Option<Piece<'i>> {
        if let Some(known) = self.line_start(input) {
            return known;
        }
        let text = *input;
        let length = match next_mark(text) {
            Some((0, Mark::Alone(which))) => {
                self.state = State::Inside;
                *input = &text[1..];
                return Some(Piece::Bare(which, &text[..1]));
            }
            Some((at, Mark::Dot | Mark::Alone(_) | Mark::Open)) => at,
            None => text.len(),
        };
        if length == 0 {
            // Nothing, or a CR whose meaning is not known. A dot that was deleted has told more than this, so it is here
            // only in the middle of a line.
            return None;
        }
        Some(self.tell(input, length))
    }

    /// As [`next`](Self::next), for who takes every octet for text: a CR or an LF on its own is part of the piece that it
    /// stands in, and is not looked for, which makes this about twice as fast.
    pub fn next_text<'i>(&mut self, input: &mut &'i [u8]) -> Option<Piece<'i>> {
        if let Some(known) = self.line_start(input) {
            return known;
        }
        let text = *input;
        let length = next_dot(text).unwrap_or(text.len() - usize::from(text.ends_with(b"\r")));
        if length == 0 {
            return None;
        }
        Some(self.tell(input, length))
    }

    /// All that [`next_text`](Self::next_text) would tell of `input`, one after the other. Where many lines begin with a
    /// dot this is twice as fast, since the dots of a block are found at once.
    ///
    /// `input` is taken as far as it was told, so who stops early goes on from there.
    ///
    /// ```
    /// use plainwire::syntax::dots::{Piece, Unstuff};
    ///
    /// let (mut input, mut unstuff) = (&b"one\r\n..two\r\n.\r\nQUIT\r\n"[..], Unstuff::new());
    /// let pieces: Vec<_> = unstuff.texts(&mut input).collect();
    /// assert_eq!(pieces, [Piece::Text(b"one\r\n"), Piece::Text(b".two\r\n"), Piece::End]);
    /// assert_eq!(input, b"QUIT\r\n");
    /// ```
    #[inline]
    pub fn texts<'u, 'i>(&'u mut self, input: &'u mut &'i [u8]) -> Texts<'u, 'i> {
        let text = *input;
        Texts { unstuff: self, input, text, dots: Dots::new(text) }
    }

    /// What can be said at the beginning of a line: that it is the end, or that nothing is known yet. A dot that was
    /// stuffed is passed over.
    #[inline]
    fn line_start<'i>(&mut self, input: &mut &'i [u8]) -> Option<Option<Piece<'i>>> {
        match (self.state, &input[..]) {
            (State::Over, _) => return Some(None),
            (State::LineStart, [] | [b'.'] | [b'.', b'\r']) => return Some(None),
            (State::LineStart, [b'.', b'\r', b'\n', rest @ ..]) => {
                *input = rest;
                self.state = State::Over;
                return Some(Some(Piece::End));
            }
            // RFC 5321 4.5.2: a dot with anything behind it on its line is deleted.
            (State::LineStart, [b'.', rest @ ..]) => *input = rest,
            (State::LineStart | State::Inside, _) => {}
        }
        None
    }

    fn tell<'i>(&mut self, input: &mut &'i [u8], length: usize) -> Piece<'i> {
        let (piece, rest) = input.split_at(length);
        *input = rest;
        self.state = if piece.ends_with(b"\r\n") { State::LineStart } else { State::Inside };
        Piece::Text(piece)
    }
}

/// The pieces of [`Unstuff::texts`].
#[derive(Debug)]
pub struct Texts<'u, 'i> {
    unstuff: &'u mut Unstuff,
    input: &'u mut &'i [u8],
    /// The input as it was.
    text: &'i [u8],
    dots: Dots<'i>,
}

impl<'i> Iterator for Texts<'_, 'i> {
    type Item = Piece<'i>;

    #[inline]
    fn next(&mut self) -> Option<Piece<'i>> {
        if let Some(known) = self.unstuff.line_start(self.input) {
            return known;
        }
        let rest = *self.input;
        if let Some(place) = self.dots.next() {
            // A dot lies behind what was told: the one that was passed over is not behind CRLF of this piece.
            let (piece, rest) = rest.split_at(place - (self.text.len() - rest.len()));
            *self.input = rest;
            self.unstuff.state = State::LineStart;
            work::add(piece.len());
            return Some(Piece::Text(piece));
        }
        let length = rest.len() - usize::from(rest.ends_with(b"\r"));
        if length == 0 {
            return None;
        }
        work::add(length);
        Some(self.unstuff.tell(self.input, length))
    }
}

impl FusedIterator for Texts<'_, '_> {}
