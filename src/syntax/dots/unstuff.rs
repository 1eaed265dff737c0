//! Reading a dotted text.

use super::scan::{Alone, Mark, next_mark};

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
        match self.state {
            State::Over => return None,
            State::LineStart => match input {
                [] | [b'.'] | [b'.', b'\r'] => return None,
                [b'.', b'\r', b'\n', rest @ ..] => {
                    *input = rest;
                    self.state = State::Over;
                    return Some(Piece::End);
                }
                // RFC 5321 4.5.2: a dot with anything behind it on its line is deleted.
                [b'.', rest @ ..] => *input = rest,
                _ => {}
            },
            State::Inside => {}
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
        let (piece, rest) = text.split_at(length);
        *input = rest;
        self.state = if piece.ends_with(b"\r\n") { State::LineStart } else { State::Inside };
        Some(Piece::Text(piece))
    }
}
