//! Percent-encoding: the sets of the URL Standard and of RFC 3986, and plain functions over octets.
//!
//! A [`Set`] says which octets are encoded. Octets above 0x7F always are, so that what comes out is ASCII whatever went
//! in. Decoding never fails: a `%` that two hexadecimal digits don't follow stays as it is (URL Standard 1.3);
//! [`malformed`] finds it for those who are stricter.
//!
//! ```
//! use plainwire::syntax::percent::{self, PATH, Set};
//!
//! assert_eq!(percent::encode("naïve plan?".as_bytes(), &PATH), "na%C3%AFve%20plan%3F");
//! assert_eq!(*percent::decode(b"na%C3%AFve%20plan"), *"naïve plan".as_bytes());
//!
//! const SEGMENT: Set = PATH.with(b"/%");
//! assert_eq!(percent::encode(b"50%/year", &SEGMENT), "50%25%2Fyear");
//! ```

use crate::work;
use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

/// The octets that are to be percent-encoded: some ASCII ones, and all above 0x7F.
///
/// Everything here is `const`, so that a set of one's own costs no more than a named one.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Set {
    /// One bit for each octet, the least significant bit of the first word for 0x00.
    words: [u32; 8],
}

impl Set {
    /// No ASCII octet at all, and all above 0x7F.
    pub const EMPTY: Self = Self { words: [0, 0, 0, 0, u32::MAX, u32::MAX, u32::MAX, u32::MAX] };

    /// Every octet.
    pub const ALL: Self = Self { words: [u32::MAX; 8] };

    /// This set and the octets given.
    #[must_use]
    pub const fn with(mut self, octets: &[u8]) -> Self {
        let mut at = 0;
        while at < octets.len() {
            self.words[(octets[at] >> 5) as usize] |= 1 << (octets[at] & 31);
            at += 1;
        }
        self
    }

    /// This set less the ASCII octets given; an octet above 0x7F stays in every set.
    #[must_use]
    pub const fn without(mut self, octets: &[u8]) -> Self {
        let mut at = 0;
        while at < octets.len() {
            if octets[at] < 0x80 {
                self.words[(octets[at] >> 5) as usize] &= !(1 << (octets[at] & 31));
            }
            at += 1;
        }
        self
    }

    /// What is in either set.
    #[must_use]
    pub const fn union(mut self, other: &Self) -> Self {
        let mut at = 0;
        while at < self.words.len() {
            self.words[at] |= other.words[at];
            at += 1;
        }
        self
    }

    /// Whether the octet is to be encoded.
    #[inline]
    #[must_use]
    pub const fn contains(&self, octet: u8) -> bool {
        self.words[(octet >> 5) as usize] >> (octet & 31) & 1 != 0
    }
}

impl core::fmt::Debug for Set {
    /// The printable octets in the set, and how many there are in all.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let printable: String = (0x20..0x7F_u8).filter(|octet| self.contains(*octet)).map(char::from).collect();
        let size: u32 = self.words.iter().map(|word| word.count_ones()).sum();
        f.debug_struct("Set").field("printable", &printable).field("size", &size).finish()
    }
}

const fn controls() -> Set {
    let mut set = Set::EMPTY;
    set.words[0] = u32::MAX;
    set.with(&[0x7F])
}

/// The C0 control percent-encode set: controls and everything above `~`.
pub const CONTROLS: Set = controls();
/// The fragment percent-encode set.
pub const FRAGMENT: Set = CONTROLS.with(b" \"<>`");
/// The query percent-encode set.
pub const QUERY: Set = CONTROLS.with(b" \"#<>");
/// The special-query percent-encode set.
pub const SPECIAL_QUERY: Set = QUERY.with(b"'");
/// The path percent-encode set.
pub const PATH: Set = QUERY.with(b"?^`{}");
/// The userinfo percent-encode set.
pub const USERINFO: Set = PATH.with(b"/:;=@[\\]|");
/// The component percent-encode set: what JavaScript's `encodeURIComponent` encodes.
pub const COMPONENT: Set = USERINFO.with(b"$%&+,");
/// The application/x-www-form-urlencoded percent-encode set; a space is in it, and forms write it as `+`.
pub const FORM: Set = COMPONENT.with(b"!'()~");
/// Everything but the unreserved characters of RFC 3986 2.3: letters, digits, `-._~`.
pub const NOT_UNRESERVED: Set = Set::ALL.without(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~");

/// The digits that encoding writes: upper case, as RFC 3986 2.1 asks.
const UPPER: &[u8; 16] = b"0123456789ABCDEF";

/// The input with every octet of the set written as `%XX`; borrowed when it is text without any such octet.
#[must_use]
pub fn encode<'i>(input: &'i [u8], set: &Set) -> Cow<'i, str> {
    work::add(input.len());
    let Some(first) = input.iter().position(|octet| set.contains(*octet)) else {
        // Octets above 0x7F are in every set, so what is left is ASCII.
        return core::str::from_utf8(input).map_or_else(|_| String::from_utf8_lossy(input), Cow::Borrowed);
    };
    let mut out = String::with_capacity(input.len() + 2 * (input.len() - first).min(32));
    push_clean(&input[..first], &mut out);
    encode_onto(&input[first..], set, &mut out);
    Cow::Owned(out)
}

/// Appends the input to `out`, every octet of the set written as `%XX`.
pub fn encode_onto(input: &[u8], set: &Set, out: &mut String) {
    work::add(input.len());
    let mut rest = input;
    while let Some(next) = rest.iter().position(|octet| set.contains(*octet)) {
        push_clean(&rest[..next], out);
        push_octet(rest[next], out);
        rest = &rest[next + 1..];
    }
    push_clean(rest, out);
}

/// Appends one octet as `%XX`.
pub fn push_octet(octet: u8, out: &mut String) {
    out.push('%');
    out.push(char::from(UPPER[usize::from(octet >> 4)]));
    out.push(char::from(UPPER[usize::from(octet & 15)]));
}

/// Appends octets that no set encodes, which are ASCII therefore.
fn push_clean(octets: &[u8], out: &mut String) {
    match core::str::from_utf8(octets) {
        Ok(text) => out.push_str(text),
        // Not reached: octets above 0x7F are in every set.
        Err(_) => out.push_str(&String::from_utf8_lossy(octets)),
    }
}

/// The input with every `%XX` made the octet that it stands for; borrowed when there is none.
#[must_use]
pub fn decode(input: &[u8]) -> Cow<'_, [u8]> {
    let Some(first) = next_escape(input, 0) else { return Cow::Borrowed(input) };
    let mut out = Vec::with_capacity(input.len());
    out.extend_from_slice(&input[..first]);
    decode_onto(&input[first..], &mut out);
    Cow::Owned(out)
}

/// Appends the input to `out`, every `%XX` made the octet that it stands for.
pub fn decode_onto(input: &[u8], out: &mut Vec<u8>) {
    let mut from = 0;
    while let Some(at) = next_escape(input, from) {
        out.extend_from_slice(&input[from..at]);
        // `next_escape` has seen both digits.
        out.push(octet_at(input, at).unwrap_or(b'%'));
        from = at + 3;
    }
    out.extend_from_slice(&input[from..]);
}

/// Where the first `%` stands that two hexadecimal digits don't follow.
#[must_use]
pub fn malformed(input: &[u8]) -> Option<usize> {
    work::add(input.len());
    memchr::memchr_iter(b'%', input).find(|at| octet_at(input, *at).is_none())
}

/// The value of the `%XX` that begins at `at`, if one does.
#[inline]
#[must_use]
pub fn octet_at(input: &[u8], at: usize) -> Option<u8> {
    match input.get(at..)? {
        [b'%', high, low, ..] => Some(digit(*high)? << 4 | digit(*low)?),
        _ => None,
    }
}

/// The value of a hexadecimal digit of either case.
#[inline]
#[must_use]
pub const fn digit(octet: u8) -> Option<u8> {
    match octet {
        b'0'..=b'9' => Some(octet - b'0'),
        b'a'..=b'f' => Some(octet - b'a' + 10),
        b'A'..=b'F' => Some(octet - b'A' + 10),
        _ => None,
    }
}

/// Where the first well-formed `%XX` at or behind `from` begins.
fn next_escape(input: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        let rest = input.get(at..)?;
        let Some(next) = memchr::memchr(b'%', rest) else {
            work::add(rest.len());
            return None;
        };
        work::add(next + 3);
        at += next;
        if octet_at(input, at).is_some() {
            return Some(at);
        }
        at += 1;
    }
}

#[cfg(test)]
mod tests;
