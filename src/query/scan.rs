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
    masks: Masks,
    /// Where the next field begins; beyond the end when there is none.
    next: usize,
}

/// What stands where in one word; of what was cut already, nothing.
#[derive(Clone, Copy, Debug, Default)]
struct Masks {
    /// `&` and `=`, and the end of the query string as if an `&` stood there.
    cuts: u64,
    /// `%` and `+`.
    escapes: u64,
}

impl<'a> Cutter<'a> {
    pub(super) fn new(octets: &'a [u8]) -> Self {
        let mut cutter = Self { octets, word: 0, masks: Masks::default(), next: 0 };
        cutter.load(0);
        cutter
    }

    /// The next field, an empty one too.
    #[inline(always)]
    pub(super) fn next(&mut self) -> Option<Field> {
        // Mostly there is a name, one `=` and a value, all in one word.
        let start = self.next;
        let Masks { cuts, escapes } = self.masks;
        let after = cuts & cuts.wrapping_sub(1);
        let name_end = self.word + cuts.trailing_zeros() as usize;
        let end = self.word + after.trailing_zeros() as usize;
        if after == 0 || self.octets[name_end] != b'=' || self.octets.get(end) == Some(&b'=') {
            return self.next_of_any_kind();
        }
        let (name, field) = (cuts ^ (cuts - 1), after ^ (after - 1));
        self.masks = Masks { cuts: after & (after - 1), escapes: escapes & !field };
        self.next = end + 1;
        let (name_escaped, value_escaped) = (escapes & name != 0, escapes & field & !name != 0);
        Some(Field { start, name_end, value: name_end + 1, end, name_escaped, value_escaped })
    }

    /// The next field, whatever it is like.
    #[inline(never)]
    fn next_of_any_kind(&mut self) -> Option<Field> {
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

    /// The next cut, and whether anything is escaped before it. There has to be one: the end is the last.
    #[inline(always)]
    fn cut(&mut self) -> (usize, bool) {
        let mut escaped = false;
        while self.masks.cuts == 0 {
            escaped |= self.masks.escapes != 0;
            self.load(self.word + WORD);
        }
        let Masks { cuts, escapes } = self.masks;
        let through = cuts ^ (cuts - 1);
        self.masks = Masks { cuts: cuts & (cuts - 1), escapes: escapes & !through };
        (self.word + cuts.trailing_zeros() as usize, escaped || escapes & through != 0)
    }

    /// Makes the masks of the word at `at`.
    #[inline]
    fn load(&mut self, at: usize) {
        self.word = at;
        let rest = &self.octets[at..];
        self.masks = if let Some(word) = rest.first_chunk::<WORD>() {
            work::add(WORD);
            let mut masks = Masks::default();
            let (blocks, _) = word.as_chunks::<16>();
            for (at, block) in blocks.iter().enumerate() {
                masks.add(*block, 0, 16 * at);
            }
            masks
        } else {
            self.tail(rest)
        };
    }

    /// The masks of the last word, which is shorter than the others; it may have no octets at all.
    fn tail(&self, rest: &[u8]) -> Masks {
        work::add(rest.len());
        let mut masks = Masks { cuts: 1 << rest.len(), escapes: 0 };
        let (blocks, tail) = rest.as_chunks::<16>();
        for (at, block) in blocks.iter().enumerate() {
            masks.add(*block, 0, 16 * at);
        }
        if !tail.is_empty() {
            let place = 16 * blocks.len();
            if let Some(block) = self.octets.last_chunk::<16>() {
                // The last 16 octets overlap what was looked at already: shifted out.
                masks.add(*block, 16 - tail.len(), place);
            } else {
                let mut block = [0; 16];
                block[..tail.len()].copy_from_slice(tail);
                masks.add(block, 0, place);
            }
        }
        masks
    }
}

impl Masks {
    /// Sees what stands in a block, less its first octets, from the place given on.
    #[inline(always)]
    fn add(&mut self, block: [u8; 16], less: usize, place: usize) {
        let block = u8x16::new(block);
        let at = |found: u8x16| u64::from(found.to_bitmask()) >> less << place;
        self.cuts |= at(block.simd_eq(u8x16::splat(b'&')) | block.simd_eq(u8x16::splat(b'=')));
        self.escapes |= at(block.simd_eq(u8x16::splat(b'%')) | block.simd_eq(u8x16::splat(b'+')));
    }
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
