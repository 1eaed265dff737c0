//! Heads that are whole and plain, in one pass over 64 octets at a time.
//!
//! Line ends and forbidden octets fall out of the same bit mask, and names are checked by a window of 16 octets at
//! the start of each line. Whatever is not plainly good (a head that is not whole, an odd one, a wrong one) is `None`
//! here and goes to [`scan`](super::scan), which is the reference for these loops and tells errors.

use super::head::{Index, RequestHead, ResponseHead};
use super::scan::Rules;
use super::syntax::{TOKEN, is};
use super::target;
use super::value::{StatusCode, Version};
use crate::work;
use wide::{i8x16, u8x16};

/// A whole request head at the start of `input`, and its length.
#[inline]
pub(super) fn request<'i>(input: &'i [u8], rules: &Rules) -> Option<RequestHead<&'i [u8]>> {
    let input = &input[..input.len().min(rules.whole as usize)];
    let method = token(input, 0);
    if method == 0 || *input.get(method)? != b' ' {
        return None;
    }
    let start = method + 1;
    let end = visible(input, start)?;
    let line = input.get(end..end + 11)?;
    let (version, crlf) = line.split_at(9);
    // One comparison of eight octets: ` HTTP/1.1` is nearly always what follows.
    let minor = version[8];
    if version[..8] != *b" HTTP/1." || !minor.is_ascii_digit() || crlf != b"\r\n" {
        return None;
    }
    if input[start] != b'/' || method == 7 {
        target::form(&input[..method], &input[start..end])?;
    }
    let first = end + 11;
    let mut index = Index::new(first);
    let length = walk(input, first, &mut index)?;
    let block = within(input, length, &index, rules)?;
    Some(RequestHead { block, index, method: method as u16, target: end as u16, version: Version::from_digit(minor) })
}

/// A whole response head at the start of `input`.
#[inline]
pub(super) fn response<'i>(input: &'i [u8], rules: &Rules) -> Option<ResponseHead<&'i [u8]>> {
    let input = &input[..input.len().min(rules.whole as usize)];
    let line = input.get(..13)?;
    let minor = line[7];
    let [a, b, c] = [line[9], line[10], line[11]];
    if line[..7] != *b"HTTP/1."
        || !minor.is_ascii_digit()
        || line[8] != b' '
        || line[12] != b' '
        || !(a.is_ascii_digit() && b.is_ascii_digit() && c.is_ascii_digit())
    {
        return None;
    }
    let digit = |byte: u8| u16::from(byte - b'0');
    let status = StatusCode::new(digit(a) * 100 + digit(b) * 10 + digit(c)).ok()?;
    let reason = 13 + text(&input[13..])?;
    let first = reason + 2;
    let mut index = Index::new(first);
    let length = walk(input, first, &mut index)?;
    let block = within(input, length, &index, rules)?;
    Some(ResponseHead { block, index, status, reason: reason as u16, version: Version::from_digit(minor) })
}

/// The head, where it keeps to its limits.
#[inline]
fn within<'i>(input: &'i [u8], length: usize, index: &Index, rules: &Rules) -> Option<&'i [u8]> {
    let limit = |limit: u32| limit as usize;
    if length > limit(rules.whole.min(super::limits::OFFSETS)) || index.count > rules.fields {
        return None;
    }
    let block = &input[..length];
    // No line can be longer than the head.
    if length > limit(rules.field_line).min(limit(rules.start_line)) {
        let mut start = index.first as usize;
        if start > limit(rules.start_line) {
            return None;
        }
        while start < index.end as usize {
            let end = super::field::line_end(block, start, index.end as usize);
            if end - start > limit(rules.field_line) {
                return None;
            }
            start = end;
        }
    }
    Some(block)
}

/// Finds the field lines from `first` on, and the end of the head behind the empty line.
#[inline(always)]
fn walk(input: &[u8], first: usize, index: &mut Index) -> Option<usize> {
    let mut line = first;
    let mut base = first;
    loop {
        work::add(64);
        let mut marks = match input.get(base..base + 64) {
            Some(word) => controls(word.try_into().ok()?),
            None => {
                let tail = input.get(base..).filter(|tail| !tail.is_empty())?;
                let mut word = [b' '; 64];
                word[..tail.len()].copy_from_slice(tail);
                controls(&word)
            }
        };
        while marks != 0 {
            let at = base + marks.trailing_zeros() as usize;
            let byte = *input.get(at)?;
            if byte == b'\r' && input.get(at + 1) == Some(&b'\n') {
                if at == line {
                    index.end = at as u16;
                    return Some(at + 2);
                }
                let name = token(input, line);
                if name == 0 || input.get(line + name) != Some(&b':') {
                    return None;
                }
                index.push(line, name);
                if at > super::limits::OFFSETS as usize {
                    return None;
                }
                line = at + 2;
                // The LF goes with its CR; in the next word it is the octet before the line.
                marks &= !(3 << (at - base));
            } else if byte == b'\t' || byte >= 0x80 || byte == b'\n' && at + 1 == line {
                marks &= marks - 1;
            } else {
                return None;
            }
        }
        base += 64;
    }
}

/// A bit for each octet that is not in 0x20..=0x7E: adding one first makes that a single signed comparison.
#[inline(always)]
fn controls(word: &[u8; 64]) -> u64 {
    let mut bits = 0;
    let mut at = 0;
    while at < 4 {
        let mut lane = [0; 16];
        lane.copy_from_slice(&word[at * 16..at * 16 + 16]);
        let next = (u8x16::new(lane) + u8x16::splat(1)).cast_signed();
        bits |= u64::from(next.simd_lt(i8x16::splat(0x21)).cast_unsigned().to_bitmask()) << (at * 16);
        at += 1;
    }
    bits
}

/// How many octets from `start` on are token characters.
#[inline(always)]
fn token(input: &[u8], start: usize) -> usize {
    let mut length = 0;
    while let Some(window) = input.get(start + length..start + length + 16) {
        let run = (!plain_token(window.try_into().unwrap_or(&[0; 16]))).trailing_zeros() as usize;
        length += run;
        if run < 16 {
            if input.get(start + length).is_some_and(|&byte| is(byte, TOKEN)) {
                break;
            }
            return length;
        }
    }
    // The rarer token characters, and the end of the input.
    length + input.get(start + length..).unwrap_or_default().iter().take_while(|&&byte| is(byte, TOKEN)).count()
}

/// A bit for each octet that is a letter, a digit or a hyphen.
#[inline(always)]
fn plain_token(window: &[u8; 16]) -> u32 {
    let octets = u8x16::new(*window);
    let letter = (octets | u8x16::splat(0x20)) - u8x16::splat(b'a');
    let digit = octets - u8x16::splat(b'0');
    let letters = letter.min(u8x16::splat(25)).simd_eq(letter);
    let digits = digit.min(u8x16::splat(9)).simd_eq(digit);
    (letters | digits | octets.simd_eq(u8x16::splat(b'-'))).to_bitmask()
}

/// Where the visible octets that start at `start` end. `None` where there are none, or a `#` is among them.
#[inline(always)]
fn visible(input: &[u8], start: usize) -> Option<usize> {
    let mut at = start;
    while let Some(window) = input.get(at..at + 16) {
        let octets = u8x16::new(window.try_into().ok()?);
        let next = (octets + u8x16::splat(1)).cast_signed();
        let stray = next.simd_lt(i8x16::splat(0x22)).cast_unsigned() | octets.simd_eq(u8x16::splat(b'#'));
        let bits = stray.to_bitmask();
        if bits != 0 {
            at += bits.trailing_zeros() as usize;
            return (at > start && input[at] != b'#').then_some(at);
        }
        at += 16;
    }
    let rest = input.get(at..)?;
    at += rest.iter().position(|&byte| !is(byte, super::syntax::TARGET))?;
    (at > start && input[at] != b'#').then_some(at)
}

/// Where the CR of the CRLF that ends a line of text stands.
#[inline(always)]
fn text(line: &[u8]) -> Option<usize> {
    let end = line.iter().position(|&byte| !is(byte, super::syntax::TEXT))?;
    line[end..].starts_with(b"\r\n").then_some(end)
}
