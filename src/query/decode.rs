//! `%XX` and `+` back into octets, 16 at a time.
#![expect(clippy::inline_always, reason = "left to itself the compiler calls these, once for every block")]

use super::block::{BLOCK, padded};
use super::charset::{Charset, Errors};
use crate::work;
use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec;
use core::ops::Range;
use wide::u8x16;

/// Fields up to this length, less a block that may overhang, are decoded on the stack.
const STACK: usize = 256;

/// No digit: above every octet.
const BAD: u16 = 0x100;
/// The value of a hexadecimal digit as the upper half of an octet.
const HIGH: [u16; 256] = digits(4);
/// The value of a hexadecimal digit as the lower half of an octet.
const LOW: [u16; 256] = digits(0);

const fn digits(shift: u16) -> [u16; 256] {
    let mut table = [BAD; 256];
    let mut octet = 0;
    while octet < 256 {
        let value = match octet as u8 {
            digit @ b'0'..=b'9' => digit - b'0',
            digit @ b'a'..=b'f' => digit - b'a' + 10,
            digit @ b'A'..=b'F' => digit - b'A' + 10,
            _ => 16,
        };
        if value < 16 {
            table[octet] = (value as u16) << shift;
        }
        octet += 1;
    }
    table
}

/// Gives `then` the octets that `field` stands for. A `%` without two digits behind it stays; a `+` is a space if `plus`
/// says so.
#[inline]
pub(super) fn unescape<R>(field: &[u8], plus: bool, then: impl FnOnce(&[u8]) -> R) -> R {
    if field.len() <= STACK - BLOCK {
        let mut stack = [0; STACK];
        let used = unescape_into(&mut stack, field, plus);
        then(&stack[..used])
    } else {
        let mut heap = vec![0; field.len() + BLOCK];
        let used = unescape_into(&mut heap, field, plus);
        then(&heap[..used])
    }
}

/// `out` has to be longer than the field by a block.
#[inline(always)]
fn unescape_into(out: &mut [u8], field: &[u8], plus: bool) -> usize {
    work::add(field.len());
    let space = u8x16::splat(if plus { b'+' ^ b' ' } else { 0 });
    let (mut rest, mut to) = (field, 0);
    while !rest.is_empty() {
        // A run of what stands for itself, up to a block of it.
        let block = u8x16::new(rest.first_chunk::<BLOCK>().copied().unwrap_or_else(|| padded(rest)));
        let percent = block.simd_eq(u8x16::splat(b'%')).to_bitmask() | 1 << BLOCK;
        let block = block ^ (block.simd_eq(u8x16::splat(b'+')) & space);
        out[to..to + BLOCK].copy_from_slice(block.as_array());
        let run = (percent.trailing_zeros() as usize).min(rest.len());
        rest = &rest[run..];
        to += run;
        // Then escapes, which come one after another where a text is not in Latin letters: first three at a time.
        while let Some((nine, behind)) = rest.split_first_chunk::<9>() {
            let (first, second, third) = (octet(nine[1], nine[2]), octet(nine[4], nine[5]), octet(nine[7], nine[8]));
            if !percents(nine) || (first | second | third) >= BAD {
                break;
            }
            out[to..to + 3].copy_from_slice(&[first as u8, second as u8, third as u8]);
            to += 3;
            rest = behind;
        }
        while let [b'%', behind @ ..] = rest {
            if let [high, low, behind @ ..] = behind
                && octet(*high, *low) < BAD
            {
                out[to] = octet(*high, *low) as u8;
                to += 1;
                rest = behind;
            } else {
                // It stands for itself.
                out[to] = b'%';
                to += 1;
                rest = behind;
            }
        }
    }
    to
}

/// The octet of two digits, or what is no octet.
#[inline(always)]
fn octet(high: u8, low: u8) -> u16 {
    HIGH[usize::from(high)] | LOW[usize::from(low)]
}

/// Whether a percent sign is the first of each three.
#[inline(always)]
fn percents(nine: &[u8; 9]) -> bool {
    const WHERE: u64 = u64::from_le_bytes([0xFF, 0, 0, 0xFF, 0, 0, 0xFF, 0]);
    const SIGNS: u64 = u64::from_le_bytes([b'%', 0, 0, b'%', 0, 0, b'%', 0]);
    let [rest @ .., _] = *nine;
    u64::from_le_bytes(rest) & WHERE == SIGNS
}

/// The text of a field that has something escaped in it, as UTF-8 with U+FFFD for what is not.
#[inline(never)]
pub(super) fn decoded<'a>(field: &[u8]) -> Cow<'a, str> {
    if field.len() > STACK - BLOCK {
        return Cow::Owned(unescape(field, true, text));
    }
    let mut stack = Aligned([0; STACK]);
    let used = unescape_into(&mut stack.0, field, true);
    // The check for UTF-8 takes two words at a time where they are aligned, and single octets at the end: with zeros up
    // to a whole block there is no end, on which most of 90 instructions for a field of 20 octets went.
    let whole = used.next_multiple_of(BLOCK);
    if let Some(room) = stack.0.get_mut(used..).and_then(<[u8]>::first_chunk_mut::<BLOCK>) {
        *room = [0; BLOCK];
    }
    match stack.0.get(..whole).map(core::str::from_utf8) {
        Some(Ok(text)) => Cow::Owned(String::from(&text[..used])),
        _ => Cow::Owned(text(&stack.0[..used])),
    }
}

#[repr(align(16))]
struct Aligned([u8; STACK]);

/// UTF-8, with U+FFFD for what is not.
#[inline]
fn text(octets: &[u8]) -> String {
    match core::str::from_utf8(octets) {
        Ok(text) => String::from(text),
        Err(_) => String::from_utf8_lossy(octets).into_owned(),
    }
}

/// The text that `octets[range]` stands for in `charset`; `None` where it stands for none and `errors` is strict.
///
/// `text` is the query string where it is known to be UTF-8: its characters beyond ASCII then stand for themselves,
/// whatever the charset of the escapes, as in Python.
pub(super) fn in_charset<'a>(
    octets: &'a [u8],
    text: Option<&'a str>,
    range: Range<usize>,
    plus: bool,
    charset: Charset,
    errors: Errors,
) -> Option<Cow<'a, str>> {
    let escaped = memchr::memchr2(b'%', if plus { b'+' } else { b'%' }, &octets[range.clone()]).is_some();
    if let Some(text) = text {
        let field = &text[range.clone()];
        if !escaped {
            return Some(Cow::Borrowed(field));
        }
        if !charset.is_utf8() && !field.is_ascii() {
            let mut out = String::with_capacity(field.len());
            let mut from = range.start;
            for run in field.as_bytes().chunk_by(|a, b| a.is_ascii() == b.is_ascii()) {
                let end = from + run.len();
                if run[0].is_ascii() {
                    unescape(run, plus, |run| charset.decode(run, errors, &mut out))?;
                } else {
                    out.push_str(&text[from..end]);
                }
                from = end;
            }
            return Some(Cow::Owned(out));
        }
    }
    let mut out = String::new();
    unescape(&octets[range], plus, |field| charset.decode(field, errors, &mut out))?;
    Some(Cow::Owned(out))
}
