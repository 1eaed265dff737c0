//! uuencode, the encoding of attachments before MIME (POSIX uuencode, historical algorithm). Read only.

use super::defect::DefectKind;
use alloc::vec::Vec;

/// A line holds at most 45 octets in 61 digits; what is much longer is no uuencode.
const LINE: usize = 256;

/// Decodes a uuencoded body that comes in pieces: the lines between `begin` and `end`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Decoder {
    line: Vec<u8>,
    state: State,
    read: usize,
    /// Where the line began that is held.
    start: usize,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Before,
    Within,
    After,
}

impl Decoder {
    /// Appends what `input` holds; `note` hears of what is odd, with the offset since the start.
    pub(crate) fn feed(&mut self, input: &[u8], out: &mut Vec<u8>, note: &mut impl FnMut(DefectKind, usize)) {
        crate::work::add(input.len());
        let mut rest = input;
        while let Some(lf) = memchr::memchr(b'\n', rest) {
            self.hold(&rest[..lf]);
            self.line(out, note);
            self.read += lf + 1;
            self.start = self.read;
            rest = &rest[lf + 1..];
        }
        self.hold(rest);
        self.read += rest.len();
    }

    fn hold(&mut self, piece: &[u8]) {
        let room = LINE.saturating_sub(self.line.len());
        self.line.extend_from_slice(&piece[..piece.len().min(room)]);
    }

    fn line(&mut self, out: &mut Vec<u8>, note: &mut impl FnMut(DefectKind, usize)) {
        let line = self.line.strip_suffix(b"\r").unwrap_or(&self.line);
        match self.state {
            State::Before => {
                let mode = line.strip_prefix(b"begin ").and_then(|rest| rest.split(|octet| *octet == b' ').next());
                if mode.is_some_and(|mode| mode.len() >= 3 && mode.iter().all(|octet| matches!(octet, b'0'..=b'7'))) {
                    self.state = State::Within;
                }
            }
            State::Within if line == b"end" => self.state = State::After,
            State::Within if matches!(line, b"" | b"`" | b" ") => {}
            State::Within => {
                if !decode_line(line, out) {
                    note(DefectKind::UuencodeLine, self.start);
                }
            }
            State::After => {}
        }
        self.line.clear();
    }

    /// There is no more input.
    pub(crate) fn finish(&mut self, out: &mut Vec<u8>, note: &mut impl FnMut(DefectKind, usize)) {
        if !self.line.is_empty() {
            self.line(out, note);
        }
        if self.state != State::After {
            note(DefectKind::UuencodeFrame, self.read);
        }
        self.state = State::After;
    }
}

/// The 48 bits of eight digits; not 0 behind them where one of the digits is none.
const fn pair_of_quanta(digits: [u8; 8]) -> (u64, u64) {
    const fn lanes(octet: u8) -> u64 {
        u64::from_ne_bytes([octet; 8])
    }
    let digits = u64::from_be_bytes(digits);
    let high = lanes(0x80);
    // Beyond ASCII, beyond the grave accent, or below the space. The lanes disturb one another only where one is odd.
    let odd = (digits | digits.wrapping_add(lanes(0x7f - b'`')) | !(digits | high).wrapping_sub(lanes(b' '))) & high;
    let sextets = digits.wrapping_sub(lanes(b' ')) & lanes(0x3f);
    let pairs = (sextets & 0x3f00_3f00_3f00_3f00) >> 2 | (sextets & 0x003f_003f_003f_003f);
    let quanta = (pairs & 0x0fff_0000_0fff_0000) >> 4 | (pairs & 0x0000_0fff_0000_0fff);
    (quanta >> 8 & 0xffff_ff00_0000 | quanta & 0x00ff_ffff, odd)
}

pub(super) fn decode_line(line: &[u8], out: &mut Vec<u8>) -> bool {
    let value = |octet: u8| matches!(octet, b' '..=b'`').then(|| (octet - b' ') & 63);
    let Some((length, digits)) = line.split_first().and_then(|(first, digits)| Some((value(*first)?, digits))) else {
        return false;
    };
    let length = usize::from(length);
    let start = out.len();
    out.reserve(length + 3);
    // Whole lines without a surprise, as nearly all are.
    let quanta = length.div_ceil(3);
    if quanta > 0
        && let Some(whole) = digits.get(..quanta * 4)
    {
        out.resize(start + quanta * 3, 0);
        let mut odd = false;
        // Two quanta at a time, in the lanes of one word.
        let (pairs, last) = whole.as_chunks::<8>();
        let (sixes, threes) = out[start..].split_at_mut(pairs.len() * 6);
        let mut odds = 0;
        for (pair, octets) in pairs.iter().zip(sixes.as_chunks_mut::<6>().0) {
            let (bits, strange) = pair_of_quanta(*pair);
            odds |= strange;
            let [_, _, inner @ ..] = bits.to_be_bytes();
            *octets = inner;
        }
        odd |= odds != 0;
        for (quantum, octets) in last.as_chunks::<4>().0.iter().zip(threes.as_chunks_mut::<3>().0) {
            let [a, b, c, d] = quantum.map(|digit| u32::from(digit.wrapping_sub(b' ')));
            odd |= a.max(b).max(c.max(d)) > 64;
            let [_, x, y, z] = ((a & 63) << 18 | (b & 63) << 12 | (c & 63) << 6 | d & 63).to_be_bytes();
            *octets = [x, y, z];
        }
        if !odd {
            out.truncate(start + length);
            return true;
        }
        out.truncate(start);
    }
    for quantum in digits.chunks(4) {
        let mut bits = 0_u32;
        for at in 0..4 {
            // Blanks at the end of a line get lost on the way: they were zeros.
            let Some(value) = value(quantum.get(at).copied().unwrap_or(b' ')) else {
                out.truncate(start);
                return false;
            };
            bits = bits << 6 | u32::from(value);
        }
        out.extend_from_slice(&bits.to_be_bytes()[1..]);
        if out.len() - start >= length {
            break;
        }
    }
    let whole = out.len() - start >= length;
    if whole {
        out.truncate(start + length);
    } else {
        out.resize(start + length, 0);
        // A line that lost only blanks says what it means; one that lost digits does not.
        return digits.len() * 3 / 4 + 3 >= length;
    }
    whole
}
