//! Quoted-printable (RFC 2045 6.7): read from pieces of any size and forgiving, written in lines of 76.

use super::defect::DefectKind;
use super::word::hex;
use alloc::vec::Vec;
use wide::u8x16;

/// White space at the end of a line is deleted on reading (RFC 2045 6.7 (3)), up to so many octets: transport adds a
/// few, and what can't be told yet has to be held.
const BLANKS: usize = 128;

/// Decodes quoted-printable that comes in pieces.
#[derive(Clone, Debug, Default)]
pub(crate) struct Decoder {
    /// What can't be told yet: an escape, or white space that may end a line.
    pending: Vec<u8>,
    read: usize,
}

/// Appends what a whole body holds: nothing has to be kept for a next piece.
pub(crate) fn decode(input: &[u8], out: &mut Vec<u8>, note: &mut impl FnMut(DefectKind, usize)) {
    run(input, true, out, note);
}

impl Decoder {
    /// Appends what `input` holds; `note` hears of what is odd, with the offset since the start.
    pub(crate) fn feed(&mut self, input: &[u8], out: &mut Vec<u8>, note: &mut impl FnMut(DefectKind, usize)) {
        let mut rest = input;
        if !self.pending.is_empty() {
            // Enough of the piece to tell what is pending, whatever that is.
            let step = rest.len().min(BLANKS + 4);
            self.pending.extend_from_slice(&rest[..step]);
            let held = core::mem::take(&mut self.pending);
            let done = run(&held, false, out, &mut |kind, at| note(kind, self.read + at));
            self.read += done;
            let over = held.len() - done;
            if over <= step {
                rest = &rest[step - over..];
            } else {
                self.pending.extend_from_slice(&held[done..]);
                rest = &rest[step..];
            }
            if rest.is_empty() || !self.pending.is_empty() {
                return;
            }
        }
        let done = run(rest, false, out, &mut |kind, at| note(kind, self.read + at));
        self.read += done;
        self.pending.extend_from_slice(&rest[done..]);
    }

    /// There is no more input.
    pub(crate) fn finish(&mut self, out: &mut Vec<u8>, note: &mut impl FnMut(DefectKind, usize)) {
        let held = core::mem::take(&mut self.pending);
        run(&held, true, out, &mut |kind, at| note(kind, self.read + at));
        self.read += held.len();
    }
}

const fn is_blank(octet: u8) -> bool {
    matches!(octet, b' ' | b'\t')
}

fn trailing_blanks(octets: &[u8]) -> usize {
    octets.iter().rev().take_while(|octet| is_blank(**octet)).count()
}

/// Decodes `input` as far as it can be told, and says how far that is; all of it where it is the `last`.
fn run(input: &[u8], last: bool, out: &mut Vec<u8>, note: &mut impl FnMut(DefectKind, usize)) -> usize {
    crate::work::add(input.len());
    out.reserve(input.len());
    let mut i = 0;
    loop {
        i += ordinary(&input[i..], out);
        let rest = &input[i..];
        let Some(hit) = next_special(rest) else {
            let text = rest.strip_suffix(b"\r").unwrap_or(rest);
            let blanks = trailing_blanks(text) % BLANKS;
            if last && text.len() == rest.len() {
                out.extend_from_slice(&rest[..rest.len() - blanks]);
                return input.len();
            }
            let told = if last { rest.len() } else { text.len() - blanks };
            out.extend_from_slice(&rest[..told]);
            return i + told;
        };
        if rest[hit] == b'\n' {
            let text = &rest[..hit];
            let (text, end) = match text.strip_suffix(b"\r") {
                Some(text) => (text, &b"\r\n"[..]),
                None => (text, &b"\n"[..]),
            };
            let blanks = trailing_blanks(text) % BLANKS;
            out.extend_from_slice(&text[..text.len() - blanks]);
            out.extend_from_slice(end);
            i += hit + 1;
            continue;
        }
        out.extend_from_slice(&rest[..hit]);
        i += hit;
        match escape(&input[i..], last) {
            Escape::Octet(octet) => {
                out.push(octet);
                i += 3;
            }
            Escape::SoftBreak(len) => i += len,
            Escape::Unknown => return i,
            Escape::Broken => {
                note(DefectKind::QuotedPrintableEscape, i);
                out.push(b'=');
                i += 1;
            }
        }
    }
}

/// Decodes what can be told at once, 16 octets at a time, up to an escape that is none of hexadecimal digits or a soft
/// break, or to the last line; and says how far that is.
fn ordinary(input: &[u8], out: &mut Vec<u8>) -> usize {
    let (mut i, mut start, mut told) = (0, 0, out.len());
    while let Some(block) = input[i..].first_chunk::<16>() {
        let octets = u8x16::new(*block);
        let hits = (octets.simd_eq(u8x16::splat(b'=')) | octets.simd_eq(u8x16::splat(b'\n'))).to_bitmask();
        // All of them in one store, then without those that are no text: cheaper than as many as are text.
        out.extend_from_slice(block);
        if hits == 0 {
            i += 16;
            continue;
        }
        let hit = hits.trailing_zeros() as usize;
        out.truncate(out.len() - 16 + hit);
        i += hit;
        if block[hit] == b'\n' {
            let text = &input[start..i];
            let bare = text.strip_suffix(b"\r").unwrap_or(text);
            if bare.last().is_some_and(|octet| is_blank(*octet)) {
                let blanks = trailing_blanks(bare) % BLANKS;
                out.truncate(told + bare.len() - blanks);
                out.extend_from_slice(&text[bare.len()..]);
            }
            out.push(b'\n');
            i += 1;
        } else {
            match input[i..] {
                [_, b'\r', b'\n', ..] => i += 3,
                [_, b'\n', ..] => i += 2,
                [_, high, low, ..] if let (Some(high), Some(low)) = (hex(high), hex(low)) => {
                    out.push(high << 4 | low);
                    i += 3;
                }
                _ => break,
            }
        }
        (start, told) = (i, out.len());
    }
    // What follows is told with the text before it.
    out.truncate(told);
    start
}

/// Where the next `=` or LF is. Escapes come in clusters, so the first octets are looked at one by one.
fn next_special(octets: &[u8]) -> Option<usize> {
    let near = octets.len().min(8);
    match octets[..near].iter().position(|octet| matches!(octet, b'=' | b'\n')) {
        Some(at) => Some(at),
        None => memchr::memchr2(b'=', b'\n', &octets[near..]).map(|at| near + at),
    }
}

enum Escape {
    Octet(u8),
    SoftBreak(usize),
    Broken,
    /// More octets are needed to tell.
    Unknown,
}

fn escape(at: &[u8], last: bool) -> Escape {
    if let &[_, high, low, ..] = at
        && let (Some(high), Some(low)) = (hex(high), hex(low))
    {
        return Escape::Octet(high << 4 | low);
    }
    // RFC 2045 6.7 (5), with the white space that transport may add behind the `=`.
    let blanks = at[1..].iter().take(BLANKS).take_while(|octet| is_blank(**octet)).count();
    match &at[1 + blanks..] {
        [b'\n', ..] => Escape::SoftBreak(blanks + 2),
        [b'\r', b'\n', ..] => Escape::SoftBreak(blanks + 3),
        // No more blanks than can be held for a next piece, whether one comes or not.
        [] if blanks < BLANKS && last => Escape::SoftBreak(blanks + 1),
        [] if blanks < BLANKS => Escape::Unknown,
        [b'\r'] if !last => Escape::Unknown,
        [digit] if !last && blanks == 0 && hex(*digit).is_some() => Escape::Unknown,
        _ => Escape::Broken,
    }
}

/// Writes text as quoted-printable, piece by piece: CRLF and LF are its line breaks, a bare CR is not.
#[derive(Clone, Debug, Default)]
pub(crate) struct Encoder {
    column: usize,
    /// An octet whose form depends on what follows: white space, or a CR.
    held: Option<u8>,
}

/// The longest line, without CRLF (RFC 2045 6.7 (5)).
const WIDTH: usize = 76;

impl Encoder {
    pub(crate) fn feed(&mut self, input: &[u8], out: &mut Vec<u8>) {
        crate::work::add(input.len());
        out.reserve(input.len() + input.len() / 8);
        for &octet in input {
            if let Some(held) = self.held.take() {
                match (held, octet) {
                    (b'\r', b'\n') => {
                        self.line_break(out);
                        continue;
                    }
                    (b'\r', _) => self.escaped(held, out),
                    // RFC 2045 6.7 (3): white space does not end a line.
                    (_, b'\n' | b'\r') => self.escaped(held, out),
                    _ => self.literal(held, out),
                }
            }
            match octet {
                b'\n' => self.line_break(out),
                b'\r' | b' ' | b'\t' => self.held = Some(octet),
                b'!'..=b'<' | b'>'..=b'~' => self.literal(octet, out),
                _ => self.escaped(octet, out),
            }
        }
    }

    /// The end of the text; a soft break where the last line has no break of its own would add nothing.
    pub(crate) fn finish(&mut self, out: &mut Vec<u8>) {
        if let Some(held) = self.held.take() {
            self.escaped(held, out);
        }
    }

    fn line_break(&mut self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"\r\n");
        self.column = 0;
    }

    fn room(&mut self, octets: usize, out: &mut Vec<u8>) {
        // One column is kept for the `=` of a soft break.
        if self.column + octets >= WIDTH {
            out.extend_from_slice(b"=\r\n");
            self.column = 0;
        }
        self.column += octets;
    }

    fn literal(&mut self, octet: u8, out: &mut Vec<u8>) {
        self.room(1, out);
        out.push(octet);
    }

    fn escaped(&mut self, octet: u8, out: &mut Vec<u8>) {
        self.room(3, out);
        hex_of(octet, out);
    }
}

fn hex_of(octet: u8, out: &mut Vec<u8>) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    out.extend_from_slice(&[b'=', DIGITS[usize::from(octet >> 4)], DIGITS[usize::from(octet & 15)]]);
}
