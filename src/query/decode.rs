//! `%XX` and `+` back into octets, 16 at a time.
#![expect(clippy::inline_always, reason = "left to itself the compiler calls these, once for every block")]

use super::charset::{Charset, Errors};
use crate::work;
use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec;
use core::ops::Range;
use wide::u8x16;

/// Fields up to this length are decoded on the stack; the last block may overhang.
const STACK: usize = 256;
/// The overhang.
const BLOCK: usize = 16;

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

/// Gives `then` the octets that `octets[range]` stands for. A `%` without two digits behind it stays; a `+` is a space
/// if `plus` says so.
#[inline]
pub(super) fn unescape<R>(octets: &[u8], range: Range<usize>, plus: bool, then: impl FnOnce(&[u8]) -> R) -> R {
    let length = range.end - range.start;
    if length <= STACK - BLOCK {
        let mut stack = [0; STACK];
        let used = unescape_into(&mut stack, octets, range, plus);
        then(&stack[..used])
    } else {
        let mut heap = vec![0; length + BLOCK];
        let used = unescape_into(&mut heap, octets, range, plus);
        then(&heap[..used])
    }
}

/// `out` has to be longer than the range by a block.
#[inline(always)]
fn unescape_into(out: &mut [u8], octets: &[u8], range: Range<usize>, plus: bool) -> usize {
    work::add(range.len());
    let space = u8x16::splat(if plus { b'+' ^ b' ' } else { 0 });
    let end = range.end;
    let (mut from, mut to) = (range.start, 0);
    while from < end {
        // A run of what stands for itself, up to 16 octets of it.
        let block = if let Some(block) = octets[from..].first_chunk::<BLOCK>() {
            *block
        } else {
            let mut block = [0; BLOCK];
            block[..octets.len() - from].copy_from_slice(&octets[from..]);
            block
        };
        let block = u8x16::new(block);
        let percent = block.simd_eq(u8x16::splat(b'%')).to_bitmask() | 1 << BLOCK;
        let block = block ^ (block.simd_eq(u8x16::splat(b'+')) & space);
        out[to..to + BLOCK].copy_from_slice(block.as_array());
        let run = (percent.trailing_zeros() as usize).min(end - from);
        from += run;
        to += run;
        // Then escapes, which come one after another where a text is not in Latin letters.
        while let [b'%', rest @ ..] = &octets[from..end] {
            if let [high, low, ..] = rest {
                let octet = HIGH[usize::from(*high)] | LOW[usize::from(*low)];
                if octet < BAD {
                    out[to] = octet as u8;
                    from += 3;
                    to += 1;
                    continue;
                }
            }
            out[to] = b'%';
            from += 1;
            to += 1;
        }
    }
    to
}

/// The text of a field that has something escaped in it, as UTF-8 with U+FFFD for what is not.
#[inline]
pub(super) fn decoded<'a>(octets: &[u8], range: Range<usize>) -> Cow<'a, str> {
    Cow::Owned(unescape(octets, range, true, text))
}

/// UTF-8, with U+FFFD for what is not.
#[inline]
pub(super) fn text(octets: &[u8]) -> String {
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
                    unescape(octets, from..end, plus, |run| charset.decode(run, errors, &mut out))?;
                } else {
                    out.push_str(&text[from..end]);
                }
                from = end;
            }
            return Some(Cow::Owned(out));
        }
    }
    let mut out = String::new();
    unescape(octets, range, plus, |field| charset.decode(field, errors, &mut out))?;
    Some(Cow::Owned(out))
}
