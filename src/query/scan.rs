//! Where a query string is cut: 64 octets at a time become two masks, one of what separates and one of what is escaped.
//!
//! The masks say for every field whether it has to be decoded at all, so that a plain one is never looked at again.
#![expect(clippy::inline_always, reason = "left to itself the compiler calls these, once for every block")]

use crate::work;
use wide::u8x16;

/// How many octets one word of the masks covers.
const WORD: usize = 64;

/// One field, as it stands in the query string.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Field {
    /// Where the name begins.
    pub(super) start: usize,
    /// Where the name ends.
    pub(super) name_end: usize,
    /// Where the value begins: behind the first `=`, or at `end` where there is none.
    pub(super) value: usize,
    /// Where the field ends.
    pub(super) end: usize,
    /// The name has a `%` or a `+`.
    pub(super) name_escaped: bool,
    /// The value has a `%` or a `+`.
    pub(super) value_escaped: bool,
}

impl Field {
    /// There is an `=` between name and value.
    pub(super) const fn has_equals(&self) -> bool {
        self.name_end < self.end
    }
}

/// Cuts at `&` and the first `=` of each field. Empty fields are told too.
#[derive(Clone, Debug)]
pub(super) struct Cutter<'a> {
    octets: &'a [u8],
    /// Where the octet of the masks' lowest bit stands.
    word: usize,
    /// `&` and `=`, those already cut at removed.
    cuts: u64,
    /// `%` and `+`, those before the last cut removed.
    escapes: u64,
    /// Where the next field begins; beyond the end when there is none.
    next: usize,
}

impl<'a> Cutter<'a> {
    pub(super) fn new(octets: &'a [u8]) -> Self {
        let mut cutter = Self { octets, word: 0, cuts: 0, escapes: 0, next: 0 };
        cutter.load(0);
        cutter
    }

    /// The next field, an empty one too.
    #[inline]
    pub(super) fn next(&mut self) -> Option<Field> {
        let start = self.next;
        if start > self.octets.len() {
            return None;
        }
        let (name_end, name_escaped) = self.cut();
        let mut field = Field { start, name_end, value: name_end, end: name_end, name_escaped, value_escaped: false };
        if self.octets.get(name_end) == Some(&b'=') {
            field.value = name_end + 1;
            loop {
                let (end, escaped) = self.cut();
                field.value_escaped |= escaped;
                // A further `=` belongs to the value.
                if self.octets.get(end) != Some(&b'=') {
                    field.end = end;
                    break;
                }
            }
        }
        self.next = field.end + 1;
        Some(field)
    }

    /// The next `&` or `=`, or the end, and whether anything is escaped before it.
    #[inline(always)]
    fn cut(&mut self) -> (usize, bool) {
        let mut escaped = false;
        loop {
            if self.cuts != 0 {
                let at = self.word + self.cuts.trailing_zeros() as usize;
                let through = self.cuts ^ (self.cuts - 1);
                escaped |= self.escapes & through != 0;
                self.escapes &= !through;
                self.cuts &= self.cuts - 1;
                return (at, escaped);
            }
            escaped |= self.escapes != 0;
            self.escapes = 0;
            let next = self.word + WORD;
            if next >= self.octets.len() {
                return (self.octets.len(), escaped);
            }
            self.load(next);
        }
    }

    /// Makes the masks of the word at `at`.
    #[inline]
    fn load(&mut self, at: usize) {
        self.word = at;
        let rest = &self.octets[at..];
        if let Some(word) = rest.first_chunk::<WORD>() {
            work::add(WORD);
            let (mut cuts, mut escapes) = (0, 0);
            let (blocks, _) = word.as_chunks::<16>();
            for (at, block) in blocks.iter().enumerate() {
                let (cut, escape) = masks(*block);
                cuts |= cut << (16 * at);
                escapes |= escape << (16 * at);
            }
            (self.cuts, self.escapes) = (cuts, escapes);
        } else {
            (self.cuts, self.escapes) = self.tail(rest);
        }
    }

    /// The masks of the last word, which is shorter than the others.
    fn tail(&self, rest: &[u8]) -> (u64, u64) {
        work::add(rest.len());
        let (mut cuts, mut escapes) = (0, 0);
        let (blocks, tail) = rest.as_chunks::<16>();
        for (at, block) in blocks.iter().enumerate() {
            let (cut, escape) = masks(*block);
            cuts |= cut << (16 * at);
            escapes |= escape << (16 * at);
        }
        if !tail.is_empty() {
            let shift = 16 * blocks.len();
            let (cut, escape) = if let Some(block) = self.octets.last_chunk::<16>() {
                // The last 16 octets overlap what was looked at already: shifted out.
                let (cut, escape) = masks(*block);
                (cut >> (16 - tail.len()), escape >> (16 - tail.len()))
            } else {
                let mut block = [0; 16];
                block[..tail.len()].copy_from_slice(tail);
                masks(block)
            };
            cuts |= cut << shift;
            escapes |= escape << shift;
        }
        (cuts, escapes)
    }
}

/// Where `&` and `=` stand, and where `%` and `+`.
#[inline(always)]
fn masks(block: [u8; 16]) -> (u64, u64) {
    let block = u8x16::new(block);
    let cuts = block.simd_eq(u8x16::splat(b'&')) | block.simd_eq(u8x16::splat(b'='));
    let escapes = block.simd_eq(u8x16::splat(b'%')) | block.simd_eq(u8x16::splat(b'+'));
    (u64::from(cuts.to_bitmask()), u64::from(escapes.to_bitmask()))
}

/// As [`Cutter`], with another separator, and without the masks.
#[derive(Clone, Debug)]
pub(super) struct Splitter<'a, 's> {
    octets: &'a [u8],
    separator: &'s [u8],
    next: usize,
}

impl<'a, 's> Splitter<'a, 's> {
    /// `separator` may not be empty.
    pub(super) fn new(octets: &'a [u8], separator: &'s [u8]) -> Self {
        Self { octets, separator, next: 0 }
    }

    pub(super) fn next(&mut self) -> Option<Field> {
        let start = self.next;
        let rest = self.octets.get(start..)?;
        let length = match self.separator {
            [one] => memchr::memchr(*one, rest),
            many => memchr::memmem::find(rest, many),
        };
        let end = start + length.unwrap_or(rest.len());
        self.next = length.map_or(self.octets.len() + 1, |length| start + length + self.separator.len());
        work::add(self.next.min(self.octets.len()) - start);
        let field = &self.octets[start..end];
        let name_end = memchr::memchr(b'=', field).map_or(end, |at| start + at);
        let value = (name_end + 1).min(end);
        let escaped = |part: &[u8]| memchr::memchr2(b'%', b'+', part).is_some();
        Some(Field {
            start,
            name_end,
            value,
            end,
            name_escaped: escaped(&self.octets[start..name_end]),
            value_escaped: escaped(&self.octets[value..end]),
        })
    }
}
