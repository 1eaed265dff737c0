//! Pairs written as a query string.
#![expect(clippy::inline_always, reason = "left to itself the compiler calls these, once for every block")]

use super::block::{BLOCK, padded};
use super::charset::{Charset, Errors};
use super::error::Unmappable;
use crate::work;
use alloc::string::String;
use alloc::vec::Vec;
use wide::{i8x16, u8x16};

/// The room that a block may take, and what the last store may overhang.
const ROOM: usize = 80;
/// The first buffer: most query strings fit.
const FIRST: usize = 512;

/// Which characters stay as they are, and how a space is written.
///
/// Letters, digits, `-`, `.` and `_` always stay, what is not ASCII never does.
///
/// ```
/// use plainwire::query::{Serializer, Spelling};
///
/// static PATHS: Spelling = Spelling::PERCENT.with_safe(b"/");
/// let mut out = Serializer::spelled(&PATHS);
/// out.append("at", "/a b/~ada");
/// assert_eq!(out.finish(), "at=/a%20b/~ada");
/// ```
// What is compared with every block lies in one cache line wherever a spelling is put.
#[derive(Clone)]
#[repr(align(64))]
pub struct Spelling {
    /// For each octet up to three octets to write, and how many in the topmost.
    table: [u32; 256],
    /// An octet that stays, besides letters, digits and `-._`, as often as a block has octets.
    also: [u8; BLOCK],
    /// An octet that stays or, if it is the space, becomes `+`, likewise.
    space: [u8; BLOCK],
    /// What makes a `+` of a space, or nothing, likewise.
    plus: [u8; BLOCK],
}

impl Spelling {
    /// The URL Standard's application/x-www-form-urlencoded serializer (5.2): `*` stays, a space is `+`.
    pub const FORM: Self = Self::new(b'*', true);
    /// The default of Python's `urlencode`, `quote_plus`: `~` stays, a space is `+`.
    pub const PYTHON: Self = Self::new(b'~', true);
    /// What RFC 3986 calls unreserved stays (`~` besides), a space is `%20`: Python's `quote_via=quote` with `safe=''`.
    pub const PERCENT: Self = Self::new(b'~', false);

    const fn new(also: u8, plus: bool) -> Self {
        const UPPER: &[u8; 16] = b"0123456789ABCDEF";
        let mut table = [0; 256];
        let mut octet = 0;
        while octet < 256 {
            let at = octet as u8;
            table[octet] = if at.is_ascii_alphanumeric() || matches!(at, b'-' | b'.' | b'_') || at == also {
                octet as u32 | 1 << 24
            } else if at == b' ' && plus {
                b'+' as u32 | 1 << 24
            } else {
                let (high, low) = (UPPER[octet >> 4] as u32, UPPER[octet & 15] as u32);
                b'%' as u32 | high << 8 | low << 16 | 3 << 24
            };
            octet += 1;
        }
        let (space, plus) = if plus { (b' ', b' ' ^ b'+') } else { (b'_', 0) };
        Self { table, also: [also; BLOCK], space: [space; BLOCK], plus: [plus; BLOCK] }
    }

    /// This spelling, in which the ASCII characters given stay as they are too (`safe` in Python; others are passed
    /// over).
    ///
    /// A separator, `=`, `%` or `+` among them is the caller's affair: what reads them will take them for its own.
    #[must_use]
    pub const fn with_safe(mut self, safe: &[u8]) -> Self {
        let mut at = 0;
        while at < safe.len() {
            // Python writes a space as `+` even where it is called safe.
            if safe[at].is_ascii() && !(safe[at] == b' ' && self.plus[0] != 0) {
                self.table[safe[at] as usize] = safe[at] as u32 | 1 << 24;
            }
            at += 1;
        }
        self
    }
}

impl core::fmt::Debug for Spelling {
    /// The printable characters that stay.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let safe: String = (0x20..0x7F_u8)
            .filter(|octet| self.table[usize::from(*octet)] == u32::from(*octet) | 1 << 24)
            .map(char::from)
            .collect();
        f.debug_struct("Spelling").field("safe", &safe).field("plus", &(self.plus[0] != 0)).finish_non_exhaustive()
    }
}

/// The spelling of those who don't choose one: a constant would be copied at every use.
static FORM: Spelling = Spelling::FORM;

/// Writes a query string, pair by pair.
///
/// ```
/// use plainwire::query::Serializer;
///
/// let mut out = Serializer::onto(String::from("/find?"));
/// out.append("q", "tea & coffee").append_name("exact");
/// assert_eq!(out.finish(), "/find?q=tea+%26+coffee&exact");
/// ```
#[doc(alias = "urlencode")]
#[derive(Clone, Debug)]
#[must_use = "what was written is had by `finish`"]
pub struct Serializer<'s> {
    spelling: &'s Spelling,
    charset: Charset,
    errors: Errors,
    writer: Writer,
    /// Where the query string begins.
    start: usize,
}

impl Default for Serializer<'_> {
    fn default() -> Self {
        Self::new()
    }
}

impl<'s> Serializer<'s> {
    /// Writes as the URL Standard does.
    #[inline]
    pub fn new() -> Self {
        Self::spelled(&FORM)
    }

    /// Writes in a spelling of one's own.
    #[inline]
    pub fn spelled(spelling: &'s Spelling) -> Self {
        let writer = Writer { buffer: Vec::new(), used: 0 };
        Self { spelling, charset: Charset::UTF_8, errors: Errors::Replace, writer, start: 0 }
    }

    /// Writes behind `text`, without a separator before the first pair.
    pub fn onto(text: String) -> Self {
        let used = text.len();
        Self { writer: Writer { buffer: text.into_bytes(), used }, start: used, ..Self::new() }
    }

    /// Writes names and values in this charset, UTF-8 unless said otherwise; `errors` is for characters that it does
    /// not have.
    pub fn in_charset(mut self, charset: Charset, errors: Errors) -> Self {
        (self.charset, self.errors) = (charset, errors);
        self
    }

    /// Writes a pair.
    ///
    /// In a charset other than UTF-8 with strict errors use [`try_append`](Self::try_append): here a character that
    /// the charset does not have is replaced.
    #[inline(always)]
    pub fn append(&mut self, name: &str, value: &str) -> &mut Self {
        if self.charset.is_utf8() {
            return self.append_octets(name.as_bytes(), value.as_bytes());
        }
        self.append_in_charset(name, value)
    }

    #[cold]
    fn append_in_charset(&mut self, name: &str, value: &str) -> &mut Self {
        let errors = if self.errors == Errors::Strict { Errors::Replace } else { self.errors };
        if let (Ok(name), Ok(value)) = (self.charset.encode(name, errors), self.charset.encode(value, errors)) {
            self.append_octets(&name, &value);
        }
        self
    }

    /// Writes a pair, or refuses a character that the charset does not have and writes nothing.
    ///
    /// # Errors
    ///
    /// [`Unmappable`], if the errors are strict. In UTF-8 there are none.
    pub fn try_append(&mut self, name: &str, value: &str) -> Result<&mut Self, Unmappable> {
        let name = self.charset.encode(name, self.errors)?;
        let value = self.charset.encode(value, self.errors)?;
        Ok(self.append_octets(&name, &value))
    }

    /// Writes a pair of octets, whatever they are text of.
    #[inline(always)]
    pub fn append_octets(&mut self, name: &[u8], value: &[u8]) -> &mut Self {
        let used = self.writer.used;
        let Some(room) = self.writer.buffer.get_mut(used..).and_then(<[u8]>::first_chunk_mut::<ROOM>) else {
            return self.append_grown(name, value);
        };
        // The name is written over the separator that the first pair does not have.
        room[0] = b'&';
        let at = usize::from(used > self.start);
        if !plain(room, at, name, self.spelling) {
            return self.append_odd(name, value);
        }
        let at = (at + name.len()) % 64;
        room[at] = b'=';
        let at = at + 1;
        if !plain(room, at, value, self.spelling) {
            return self.append_value(used + at, value);
        }
        self.writer.used = used + at + value.len();
        self
    }

    /// Makes room, then writes a pair.
    #[inline(never)]
    fn append_grown(&mut self, name: &[u8], value: &[u8]) -> &mut Self {
        self.writer.grow(self.writer.used);
        self.append_octets(name, value)
    }

    /// Writes a pair whatever it is like.
    #[inline(never)]
    fn append_odd(&mut self, name: &[u8], value: &[u8]) -> &mut Self {
        let at = self.writer.begin(self.start);
        let at = self.writer.escape(at, name, self.spelling);
        let at = self.writer.put(at, b'=');
        self.append_value(at, value)
    }

    /// Writes a value whatever it is like.
    #[inline(never)]
    fn append_value(&mut self, at: usize, value: &[u8]) -> &mut Self {
        self.writer.reserve(at);
        self.writer.used = self.writer.escape(at, value, self.spelling);
        self
    }

    /// Writes a name alone, without `=`. Readers take it for a blank value.
    pub fn append_name(&mut self, name: &str) -> &mut Self {
        let errors = if self.errors == Errors::Strict { Errors::Replace } else { self.errors };
        if let Ok(name) = self.charset.encode(name, errors) {
            let at = self.writer.begin(self.start);
            self.writer.used = self.writer.escape(at, &name, self.spelling);
        }
        self
    }

    /// Writes a pair for each value: Python's `doseq`.
    pub fn append_values<V: AsRef<str>>(&mut self, name: &str, values: impl IntoIterator<Item = V>) -> &mut Self {
        for value in values {
            self.append(name, value.as_ref());
        }
        self
    }

    /// The text begun with, and the query string behind it.
    #[inline]
    #[must_use]
    pub fn finish(self) -> String {
        let Writer { mut buffer, used } = self.writer;
        // Whole blocks are checked faster than what is left of one.
        let checked = used.next_multiple_of(BLOCK);
        if let Some(room) = buffer.get_mut(used..).and_then(<[u8]>::first_chunk_mut::<BLOCK>) {
            *room = [0; BLOCK];
            buffer.truncate(checked);
        } else {
            buffer.truncate(used);
        }
        // Nothing but ASCII was written behind what was text before.
        let mut text =
            String::from_utf8(buffer).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned());
        text.truncate(used);
        text
    }
}

impl<N: AsRef<str>, V: AsRef<str>> Extend<(N, V)> for Serializer<'_> {
    fn extend<T: IntoIterator<Item = (N, V)>>(&mut self, pairs: T) {
        for (name, value) in pairs {
            self.append(name.as_ref(), value.as_ref());
        }
    }
}

/// A buffer with room ahead, so that stores have a fixed length.
#[derive(Clone, Debug)]
struct Writer {
    /// From `used` on it is room, whatever stands there.
    buffer: Vec<u8>,
    used: usize,
}

impl Writer {
    /// Makes room for two blocks and an octet before each, behind what is used.
    #[inline(always)]
    fn reserve(&mut self, used: usize) {
        if self.buffer.len() - used < 2 * (ROOM + 1) {
            self.grow(used);
        }
    }

    #[cold]
    #[inline(never)]
    fn grow(&mut self, used: usize) {
        let length = (used + 2 * (ROOM + 1)).max(2 * self.buffer.len()).max(FIRST);
        // An allocation that is known to be the first takes half the instructions of one that might copy.
        if self.buffer.capacity() == 0 {
            self.buffer = Vec::with_capacity(length);
        }
        self.buffer.resize(length, 0);
    }

    /// Writes an octet; there has to be room. Tells where the next is written, as the others do.
    #[inline(always)]
    fn put(&mut self, at: usize, octet: u8) -> usize {
        self.buffer[at] = octet;
        at + 1
    }

    /// Makes room, and writes a separator unless this is the first pair.
    #[inline(always)]
    fn begin(&mut self, start: usize) -> usize {
        self.reserve(self.used);
        if self.used > start { self.put(self.used, b'&') } else { self.used }
    }

    /// Writes what `octets` are in the spelling; there has to be room for one block.
    #[inline(always)]
    fn escape(&mut self, mut at: usize, octets: &[u8], spelling: &Spelling) -> usize {
        work::add(octets.len());
        let (blocks, rest) = octets.as_chunks::<BLOCK>();
        for block in blocks {
            at += self.escape_block(at, block, spelling);
            self.reserve(at);
        }
        let block = padded(rest);
        let (changed, plain) = classify(block, spelling);
        let Some(out) = self.buffer[at..].first_chunk_mut::<ROOM>() else { return at };
        out[..BLOCK].copy_from_slice(&plain);
        let changed = changed & ((1 << rest.len()) - 1);
        at + if changed == 0 {
            rest.len()
        } else if is_ascii(block) {
            rest.len() + escape_some(out, &block, plain, changed, spelling)
        } else {
            escape_rest(out, rest, spelling)
        }
    }

    /// Writes a block and tells how long it became.
    #[inline(always)]
    fn escape_block(&mut self, at: usize, block: &[u8; BLOCK], spelling: &Spelling) -> usize {
        let Some(out) = self.buffer[at..].first_chunk_mut::<ROOM>() else { return 0 };
        if !is_ascii(*block) {
            return escape_whole(out, block, spelling);
        }
        let (changed, plain) = classify(*block, spelling);
        out[..BLOCK].copy_from_slice(&plain);
        let changed = changed & ((1 << BLOCK) - 1);
        if changed == 0 { BLOCK } else { BLOCK + escape_some(out, block, plain, changed, spelling) }
    }
}

/// Where nothing is beyond ASCII, most octets stay: then it pays to look for those that don't.
#[inline(always)]
fn is_ascii(block: [u8; BLOCK]) -> bool {
    u8x16::new(block).to_bitmask() == 0
}

/// Escapes the octets of a block that `changed` tells, and moves what is behind each. The block stands in `out` as it
/// is. Tells how much longer it became.
#[inline(never)]
fn escape_some(
    out: &mut [u8; ROOM],
    block: &[u8; BLOCK],
    plain: [u8; BLOCK],
    mut changed: u32,
    spelling: &Spelling,
) -> usize {
    let mut rest = [0; 2 * BLOCK];
    rest[..BLOCK].copy_from_slice(&plain);
    let mut longer = 0;
    while changed != 0 {
        // Below a block's length: the mask changes nothing but the bounds checks.
        let at = changed.trailing_zeros() as usize % BLOCK;
        changed &= changed - 1;
        let entry = spelling.table[usize::from(block[at])];
        // At most 45.
        let place = (at + longer) % 64;
        out[place..place + 4].copy_from_slice(&entry.to_le_bytes());
        let length = (entry >> 24) as usize;
        let behind = (place + length) % 64;
        out[behind..behind + BLOCK].copy_from_slice(&rest[at + 1..at + 1 + BLOCK]);
        longer += length - 1;
    }
    longer
}

/// Writes a block, octet by octet.
#[inline(never)]
fn escape_whole(out: &mut [u8; ROOM], block: &[u8; BLOCK], spelling: &Spelling) -> usize {
    escape_each(out, block, spelling)
}

/// Writes less than a block, octet by octet.
#[inline(never)]
fn escape_rest(out: &mut [u8; ROOM], octets: &[u8], spelling: &Spelling) -> usize {
    escape_each(out, octets, spelling)
}

/// Writes up to a block, octet by octet: each is stored as if it took four, which costs no branch. Tells the length.
#[inline(always)]
fn escape_each(out: &mut [u8; ROOM], octets: &[u8], spelling: &Spelling) -> usize {
    let mut at = 0;
    for octet in octets {
        let entry = spelling.table[usize::from(*octet)];
        // At most 45 before the last store: the mask changes nothing but the bounds check.
        let place = at % 64;
        out[place..place + 4].copy_from_slice(&entry.to_le_bytes());
        at += (entry >> 24) as usize;
    }
    at
}

/// Writes up to two blocks if they stay as they are, as nearly every name and most values do, and tells whether they do.
/// Else what stands in `room` from `at` on means nothing.
///
/// Whatever the length, two loads and two stores that overlap are all of it. It is called, so that whoever writes a pair
/// has little of it inlined.
#[inline(never)]
fn plain(room: &mut [u8; ROOM], at: usize, octets: &[u8], spelling: &Spelling) -> bool {
    work::add(octets.len());
    let length = octets.len();
    // At most 34, so that the masks below change nothing but the bounds checks.
    let at = at % 64;
    if let (Some(first), Some(last)) = (octets.first_chunk::<8>(), octets.last_chunk::<8>()) {
        if length <= 16 {
            let both = u128::from(u64::from_le_bytes(*first)) | u128::from(u64::from_le_bytes(*last)) << 64;
            let end = (at + length - 8) % 64;
            room[at..at + 8].copy_from_slice(first);
            room[end..end + 8].copy_from_slice(last);
            return stay(both.to_le_bytes()) == 0xFFFF;
        }
        if length <= 32
            && let (Some(first), Some(last)) = (octets.first_chunk::<16>(), octets.last_chunk::<16>())
        {
            let end = (at + length - 16) % 64;
            room[at..at + 16].copy_from_slice(first);
            room[end..end + 16].copy_from_slice(last);
            return stay(*first) & stay(*last) == 0xFFFF;
        }
        return false;
    }
    if let (Some(first), Some(last)) = (octets.first_chunk::<4>(), octets.last_chunk::<4>()) {
        let both = u64::from(u32::from_le_bytes(*first)) | u64::from(u32::from_le_bytes(*last)) << 32;
        let end = (at + length - 4) % 64;
        room[at..at + 4].copy_from_slice(first);
        room[end..end + 4].copy_from_slice(last);
        return stay(u128::from(both).to_le_bytes()) & 0xFF == 0xFF;
    }
    // Three octets at the most: the first, the middle and the last are all of them.
    let (Some(first), Some(middle), Some(last)) = (octets.first(), octets.get(length / 2), octets.last()) else {
        return true;
    };
    let entry = |octet: &u8| spelling.table[usize::from(*octet)];
    let (first, middle, last) = (entry(first), entry(middle), entry(last));
    room[at] = first as u8;
    room[at + length / 2] = middle as u8;
    room[at + length - 1] = last as u8;
    // One octet for each.
    first | middle | last < 2 << 24
}

/// Which octets stay in every spelling, bit by bit.
#[inline(always)]
fn stay(block: [u8; BLOCK]) -> u32 {
    unreserved(u8x16::new(block)).to_bitmask()
}

/// Which octets have to be looked up one by one (bit by bit), and the block as it is written where there are none.
#[inline(always)]
fn classify(block: [u8; BLOCK], spelling: &Spelling) -> (u32, [u8; BLOCK]) {
    let block = u8x16::new(block);
    let space = block.simd_eq(u8x16::new(spelling.space));
    let stays = unreserved(block) | space | block.simd_eq(u8x16::new(spelling.also));
    (!stays.to_bitmask(), (block ^ (space & u8x16::new(spelling.plus))).to_array())
}

/// Letters, digits and `-._`.
#[inline(always)]
fn unreserved(block: u8x16) -> u8x16 {
    // What is moved to the top of the signed numbers is told from all else in one comparison.
    let above = |value: u8x16, most: i8| value.cast_signed().simd_gt(i8x16::splat(most)).cast_unsigned();
    let letters = above((block | u8x16::splat(0x20)) + u8x16::splat(127 - b'z'), 127 - 26);
    // `-` and `.` stand before the digits with `/` between them.
    let others = above(block + u8x16::splat(127 - b'9'), 127 - 13);
    let slashes = block.simd_eq(u8x16::splat(b'/'));
    letters | others & !slashes | block.simd_eq(u8x16::splat(b'_'))
}
