//! Base64 (RFC 2045 6.8): read from pieces of any size and forgiving, written in lines of 76.
//!
//! Runs without a surprise go through the SIMD kernels of encodify where the feature `simd` is on; everything odd, and
//! everything where it is off, through the portable loop below, to the same result.

use super::defect::DefectKind;
use alloc::vec::Vec;

/// The value of a base64 digit.
pub(crate) const fn sextet(octet: u8) -> Option<u8> {
    match DIGITS[octet as usize] {
        0xff => None,
        value => Some(value),
    }
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

const DIGITS: [u8; 256] = {
    let mut table = [0xff; 256];
    let mut value = 0;
    while value < 64 {
        table[ALPHABET[value] as usize] = value as u8;
        value += 1;
    }
    table
};

/// How much is looked at in one go: what stays in the first-level cache between counting and decoding.
const CHUNK: usize = 1 << 14;
/// Below this the kernels are not worth their call.
const SMALL: usize = 48;

/// The longest line that is looked for.
const MAX_LINE: usize = 256;
/// Fewer lines than this go with the rest.
const FEW_LINES: usize = 4;

/// Decodes base64 that comes in pieces.
#[derive(Clone, Debug, Default)]
pub(crate) struct Decoder {
    bits: u32,
    /// Digits of a quantum that is not complete.
    held: u8,
    /// `=` that the last quantum still owes.
    due: u8,
    /// Padding was seen, and no digit since.
    padded: bool,
    read: usize,
}

impl Decoder {
    /// Appends what `input` holds; `note` hears of what is odd, with the offset since the start.
    pub(crate) fn feed(&mut self, input: &[u8], out: &mut Vec<u8>, note: &mut impl FnMut(DefectKind, usize)) {
        crate::work::add(input.len());
        let mut rest = input;
        while !rest.is_empty() {
            if rest.len() < SMALL && self.held == 0 && !self.padded {
                // Four digits in a row, as often as it goes.
                while let Some((quantum, behind)) = rest.split_first_chunk::<4>() {
                    let [a, b, c, d] = quantum.map(|octet| u32::from(DIGITS[usize::from(octet)]));
                    if (a | b | c | d) & 0x80 != 0 {
                        break;
                    }
                    let [_, x, y, z] = (a << 18 | b << 12 | c << 6 | d).to_be_bytes();
                    out.extend_from_slice(&[x, y, z]);
                    self.read += 4;
                    rest = behind;
                }
                // Up to where the next quantum may begin.
                let Some((octet, behind)) = rest.split_first() else { return };
                self.octet(*octet, out, note);
                rest = behind;
                continue;
            }
            if self.held > 0 || rest.len() < SMALL || self.padded {
                let (octet, behind) = (rest[0], &rest[1..]);
                self.octet(octet, out, note);
                rest = behind;
                continue;
            }
            let run = Lines::of(rest);
            if let Lines::Run(lines) = run {
                let before = rest.len();
                loop {
                    let done = lines.decode(&rest[..rest.len().min(CHUNK)], out);
                    if done == 0 {
                        break;
                    }
                    self.read += done;
                    rest = &rest[done..];
                }
                if rest.len() < before {
                    continue;
                }
            }
            // Up to the front of a line, where one is near: from there on, lines go many at a time.
            let near = if let Lines::Within(end) = run { end } else { CHUNK };
            let mut chunk = &rest[..rest.len().min(near)];
            let pads = match memchr::memchr(b'=', chunk) {
                Some(pad) => {
                    chunk = &chunk[..pad];
                    1
                }
                None => 0,
            };
            let blanks = count_blanks(chunk);
            // Whole quanta only: what is left of the last one goes through the loop.
            let mut over = (chunk.len() - blanks) % 4;
            let mut whole = chunk.len();
            while over > 0 {
                whole -= 1;
                over -= usize::from(chunk[whole] > b' ');
            }
            let clean = if decode_clean(&chunk[..whole], out) { whole } else { 0 };
            self.read += clean;
            // The digits that are left, all of the chunk where it is odd, and the padding that ended it.
            let done = (chunk.len() + pads).min(rest.len());
            for octet in &rest[clean..done] {
                self.octet(*octet, out, note);
            }
            rest = &rest[done..];
        }
    }

    fn octet(&mut self, octet: u8, out: &mut Vec<u8>, note: &mut impl FnMut(DefectKind, usize)) {
        let at = self.read;
        self.read += 1;
        if let Some(value) = sextet(octet) {
            if self.padded {
                // RFC 2045 6.8 takes padding for the end; joined pieces of base64 are met in the wild, and losing the
                // second one helps nobody.
                note(DefectKind::Base64Padding, at);
                (self.padded, self.due) = (false, 0);
            }
            self.bits = self.bits << 6 | u32::from(value);
            self.held += 1;
            if self.held == 4 {
                let [_, a, b, c] = self.bits.to_be_bytes();
                out.extend_from_slice(&[a, b, c]);
                (self.bits, self.held) = (0, 0);
            }
            return;
        }
        match octet {
            b'\r' | b'\n' | b' ' | b'\t' | 0x0b | 0x0c => {}
            b'=' if self.held == 0 && self.due > 0 => self.due -= 1,
            b'=' if self.held == 0 => {
                self.padded = true;
                note(DefectKind::Base64Octet, at);
            }
            b'=' => {
                if self.held == 1 {
                    note(DefectKind::Base64Length, at);
                }
                self.due = 3_u8.saturating_sub(self.held);
                self.flush(out);
                self.padded = true;
            }
            _ => note(DefectKind::Base64Octet, at),
        }
    }

    fn flush(&mut self, out: &mut Vec<u8>) {
        match self.held {
            2 => out.push((self.bits >> 4) as u8),
            3 => out.extend_from_slice(&[(self.bits >> 10) as u8, (self.bits >> 2) as u8]),
            _ => {}
        }
        (self.bits, self.held) = (0, 0);
    }

    /// There is no more input.
    pub(crate) fn finish(&mut self, out: &mut Vec<u8>, note: &mut impl FnMut(DefectKind, usize)) {
        if self.held > 0 || self.due > 0 {
            note(DefectKind::Base64Length, self.read);
        }
        self.flush(out);
        (self.due, self.padded) = (0, false);
    }
}

/// What stands at the front of a body: lines of one length, as nearly every sender writes them, or something else.
enum Lines {
    Run(Run),
    /// The end of a line that is not as long as the next one.
    Within(usize),
    /// No lines.
    Other,
}

/// Lines of one length.
#[derive(Clone, Copy)]
struct Run {
    /// The length of a line with its break.
    len: usize,
    /// The length of its break.
    line_break: usize,
}

impl Lines {
    /// Looks at the first two lines.
    fn of(body: &[u8]) -> Self {
        let end_of = |from: usize| {
            let near = &body[from..body.len().min(from + MAX_LINE)];
            memchr::memchr(b'\n', near).map(|lf| from + lf + 1)
        };
        let Some(len) = end_of(0) else { return Self::Other };
        let Some(second) = end_of(len) else { return Self::Other };
        if second - len != len {
            return Self::Within(len);
        }
        let line_break = if len > 1 && body[len - 2] == b'\r' { 2 } else { 1 };
        let digits = len - line_break;
        if digits == 0 || !digits.is_multiple_of(4) { Self::Other } else { Self::Run(Run { len, line_break }) }
    }
}

impl Run {
    /// Decodes the lines at the front of `chunk` that are as the first one, and says how many octets they are; 0, and
    /// nothing appended, where something else is among them, or there are few.
    fn decode(self, chunk: &[u8], out: &mut Vec<u8>) -> usize {
        let before = out.len();
        let cr = self.len - self.line_break;
        let same = |line: &&[u8]| line[self.len - 1] == b'\n' && (line[cr] == b'\r' || self.line_break == 1);
        let mut count = chunk.len() / self.len;
        // Most often they all are, so it is looked at where they end when they are decoded: once, and in the cache.
        while count >= FEW_LINES && same(&&chunk[..self.len]) {
            let lines = &chunk[..count * self.len];
            // As many digits as there is room for make as many octets as they can. Nothing else does.
            let octets = count * (self.len - self.line_break) / 4 * 3;
            let whole = decode_clean(lines, out) && out.len() - before == octets;
            if whole && self.all_end(lines) {
                return lines.len();
            }
            out.truncate(before);
            let found = lines.chunks_exact(self.len).take_while(same).count();
            if found == count {
                return 0;
            }
            count = found;
        }
        0
    }

    /// Does every line end as it should? All are looked at, without a branch for each.
    fn all_end(self, lines: &[u8]) -> bool {
        let lines = lines.chunks_exact(self.len);
        if self.line_break == 2 {
            let crlf = u16::from_ne_bytes(*b"\r\n");
            let odd = |line: &[u8]| line.last_chunk().map_or(1, |end| u16::from_ne_bytes(*end) ^ crlf);
            lines.fold(0, |odds, line| odds | odd(line)) == 0
        } else {
            lines.fold(0, |odds, line| odds | line.last().map_or(1, |end| end ^ b'\n')) == 0
        }
    }
}

/// How many octets are white space or controls. Counted in blocks that an octet can count, so that the loop is one of
/// vectors.
fn count_blanks(octets: &[u8]) -> usize {
    octets
        .chunks(192)
        .map(|block| usize::from(block.iter().fold(0_u8, |blanks, octet| blanks + u8::from(*octet <= b' '))))
        .sum()
}

/// Decodes whole quanta of digits and white space; `false`, and nothing appended, where anything else is among them.
#[cfg(feature = "simd")]
fn decode_clean(input: &[u8], out: &mut Vec<u8>) -> bool {
    encodify::base64::MIME.decode_append(input, out).is_ok()
}

/// Decodes whole quanta of digits and white space; `false`, and nothing appended, where anything else is among them.
#[cfg(not(feature = "simd"))]
fn decode_clean(input: &[u8], out: &mut Vec<u8>) -> bool {
    portable_decode(input, out)
}

#[cfg(any(test, not(feature = "simd")))]
pub(crate) fn portable_decode(input: &[u8], out: &mut Vec<u8>) -> bool {
    let before = out.len();
    out.reserve(input.len() / 4 * 3 + 3);
    let (mut bits, mut held) = (0_u32, 0);
    let mut rest = input;
    loop {
        // Four digits in a row, as often as it goes.
        while held == 0
            && let Some((quantum, behind)) = rest.split_first_chunk::<4>()
        {
            let [a, b, c, d] = quantum.map(|octet| u32::from(DIGITS[usize::from(octet)]));
            if (a | b | c | d) & 0x80 != 0 {
                break;
            }
            let [_, x, y, z] = (a << 18 | b << 12 | c << 6 | d).to_be_bytes();
            out.extend_from_slice(&[x, y, z]);
            rest = behind;
        }
        let Some((&octet, behind)) = rest.split_first() else { return true };
        rest = behind;
        match sextet(octet) {
            Some(value) => {
                bits = bits << 6 | u32::from(value);
                held += 1;
                if held == 4 {
                    let [_, x, y, z] = bits.to_be_bytes();
                    out.extend_from_slice(&[x, y, z]);
                    (bits, held) = (0, 0);
                }
            }
            None if matches!(octet, b'\r' | b'\n' | b' ' | b'\t' | 0x0b | 0x0c) => {}
            None => {
                out.truncate(before);
                return false;
            }
        }
    }
}

/// The octets of input that fill one line of 76 digits.
pub(crate) const LINE: usize = 57;

/// How long `octets` octets are in lines of 76 digits, each ended by CRLF.
pub(crate) const fn encoded_len(octets: u64) -> u64 {
    let digits = octets.div_ceil(3) * 4;
    digits + digits.div_ceil(76) * 2
}

/// Appends `input` in lines of 76 digits, each ended by CRLF. Unless it is the end, give a multiple of [`LINE`].
pub(crate) fn encode_lines(input: &[u8], out: &mut Vec<u8>) {
    if input.is_empty() {
        return;
    }
    crate::work::add(input.len());
    #[cfg(feature = "simd")]
    encodify::base64::MIME.encode_append(input, out);
    #[cfg(not(feature = "simd"))]
    portable_encode(input, out);
    // The kernels end every line but leave the choice to the last one.
    if !out.ends_with(b"\r\n") {
        out.extend_from_slice(b"\r\n");
    }
}

#[cfg(any(test, not(feature = "simd")))]
pub(crate) fn portable_encode(input: &[u8], out: &mut Vec<u8>) {
    out.reserve(encoded_len(input.len() as u64) as usize);
    for line in input.chunks(LINE) {
        encode_run(line, out);
        out.extend_from_slice(b"\r\n");
    }
}

/// Appends `input` as digits with padding, without line breaks.
pub(crate) fn encode_run(input: &[u8], out: &mut Vec<u8>) {
    let digit = |bits: u32| ALPHABET[(bits & 63) as usize];
    let (triples, rest) = input.as_chunks::<3>();
    for [a, b, c] in triples {
        let bits = u32::from(*a) << 16 | u32::from(*b) << 8 | u32::from(*c);
        out.extend_from_slice(&[digit(bits >> 18), digit(bits >> 12), digit(bits >> 6), digit(bits)]);
    }
    match rest {
        [a] => {
            let bits = u32::from(*a) << 16;
            out.extend_from_slice(&[digit(bits >> 18), digit(bits >> 12), b'=', b'=']);
        }
        [a, b] => {
            let bits = u32::from(*a) << 16 | u32::from(*b) << 8;
            out.extend_from_slice(&[digit(bits >> 18), digit(bits >> 12), digit(bits >> 6), b'=']);
        }
        _ => {}
    }
}
