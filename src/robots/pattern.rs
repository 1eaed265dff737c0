//! Paths in their normal form, and patterns over them: linear, without backtracking.

use alloc::boxed::Box;
use alloc::vec::Vec;
use memchr::memmem;

/// A path with `*` for any octets, and with `$` at its end for the path's end.
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    /// What stands between the stars, in normal form. There is always one.
    pieces: Box<[Box<[u8]>]>,
    anchored: bool,
    octets: u32,
}

impl Pattern {
    pub(super) fn new(text: &[u8]) -> Self {
        let (body, anchored) = match text {
            [body @ .., b'$'] => (body, true),
            _ => (text, false),
        };
        let mut pieces = Vec::new();
        let mut piece = Vec::new();
        let mut octets = u32::from(anchored);
        for octet in Normal::new(body) {
            octets += octet.weight;
            if octet.literal || octet.value != b'*' {
                octet.push(&mut piece);
            } else {
                pieces.push(core::mem::take(&mut piece).into_boxed_slice());
            }
        }
        pieces.push(piece.into_boxed_slice());
        Self { pieces: pieces.into_boxed_slice(), anchored, octets }
    }

    /// How specific it is: its length, with octets beyond ASCII percent-encoded.
    pub(super) const fn octets(&self) -> u32 {
        self.octets
    }

    /// Whether `path`, in normal form, matches from its first octet on.
    ///
    /// Between two stars the leftmost place is as good as any: it leaves the most for what follows. So each octet is
    /// passed once.
    pub(super) fn matches(&self, path: &[u8]) -> bool {
        let [first, others @ ..] = &*self.pieces else { return false };
        let Some(mut rest) = path.strip_prefix(&**first) else { return false };
        let Some((last, middle)) = others.split_last() else { return !self.anchored || rest.is_empty() };
        for piece in middle {
            match memmem::find(rest, piece) {
                Some(at) => rest = &rest[at + piece.len()..],
                None => return false,
            }
        }
        if self.anchored { rest.ends_with(last) } else { memmem::find(rest, last).is_some() }
    }
}

/// The normal form of a URL's path and query: that in which patterns are compared with it.
pub(super) fn normal_path(path: &str) -> Vec<u8> {
    let mut normal = Vec::with_capacity(path.len());
    for octet in Normal::new(path.as_bytes()) {
        octet.push(&mut normal);
    }
    normal
}

/// Goes over a path and tells each octet as it is compared.
struct Normal<'a> {
    rest: &'a [u8],
    query: bool,
}

struct Octet {
    value: u8,
    /// It is told percent-encoded.
    encoded: bool,
    /// It was written percent-encoded, so that no `*` is meant.
    literal: bool,
    /// How much it counts in the length of a pattern.
    weight: u32,
}

impl<'a> Normal<'a> {
    const fn new(path: &'a [u8]) -> Self {
        Self { rest: path, query: false }
    }
}

impl Iterator for Normal<'_> {
    type Item = Octet;

    fn next(&mut self) -> Option<Octet> {
        let (&octet, rest) = self.rest.split_first()?;
        if octet == b'%'
            && let [high, low, after @ ..] = rest
            && let (Some(high), Some(low)) = (hex(*high), hex(*low))
        {
            self.rest = after;
            let octet = high << 4 | low;
            let unreserved = octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'.' | b'_' | b'~');
            // The two that mean something in a pattern can be written only so, and in a query the table of 2.2.2 has
            // delimiters and their encodings for the same.
            let special = matches!(octet, b'*' | b'$');
            let delimiter = self.query && matches!(octet, b':' | b'/' | b'?' | b'[' | b']' | b'@');
            let encoded = !(unreserved || special || delimiter);
            return Some(Octet { value: octet, encoded, literal: true, weight: if unreserved { 1 } else { 3 } });
        }
        self.rest = rest;
        self.query |= octet == b'?';
        let encoded = octet >= 0x80;
        Some(Octet { value: octet, encoded, literal: false, weight: if encoded { 3 } else { 1 } })
    }
}

impl Octet {
    /// An encoded octet becomes a pair of marks beyond ASCII, where nothing else is: so no part of one is ever found as a
    /// literal (`C` in `%BC`), and searching for octets finds whole units.
    fn push(&self, out: &mut Vec<u8>) {
        if self.encoded {
            out.extend([0x80 | self.value >> 4, 0x90 | self.value & 15]);
        } else {
            out.push(self.value);
        }
    }
}

const fn hex(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}
