//! Heads that are whole and plain, in one pass over 64 octets at a time.
//!
//! Line ends and forbidden octets fall out of the same bit mask, and names are checked by a window of 16 octets at
//! the start of each line. Whatever is not plainly good (a head that is not whole, an odd one, a wrong one) is `None`
//! here and goes to [`scan`](super::scan), which is the reference for these loops and tells errors.

use super::field::{Line, line_end};
use super::head::{Index, RequestHead, ResponseHead};
use super::limits::OFFSETS;
use super::scan::{Judge, Rules};
use super::syntax::{TARGET, TEXT, TOKEN, is, trim};
use super::target;
use super::value::{StatusCode, Version};
use crate::work;
use wide::{i8x16, u8x16};

/// Fills `head` with the whole request head at the start of `input`, and tells whether it is one that is plainly good.
/// `judge` is shown the field lines as they are found.
///
/// The head is filled in place: it is large, and moving it about costs as much as finding its lines.
#[inline(always)]
pub(super) fn request<'i>(
    input: &'i [u8],
    rules: &Rules,
    judge: &mut impl Judge,
    head: &mut RequestHead<&'i [u8]>,
) -> Option<()> {
    let input = &input[..input.len().min(rules.whole as usize)];
    let method = method(input)?;
    let start = method + 1;
    let end = visible(input, start)?;
    let line: &[u8; 11] = input.get(end..end + 11)?.try_into().ok()?;
    let minor = line[8];
    if line[..8] != *b" HTTP/1." || !minor.is_ascii_digit() || line[9..] != *b"\r\n" {
        return None;
    }
    if input[start] != b'/' || method == 7 {
        target::form(&input[..method], &input[start..end])?;
    }
    head.version = Version::from_digit(minor);
    head.method = method as u16;
    head.target = end as u16;
    judge.start(head.version, None);
    let length = walk(input, end + 11, &mut head.index, judge)?;
    head.block = within(input, length, &head.index, rules)?;
    Some(())
}

/// How long the method is that a space follows.
#[inline(always)]
fn method(input: &[u8]) -> Option<usize> {
    // The most common one, in a single comparison.
    if u32::from_ne_bytes(*input.first_chunk()?) == u32::from_ne_bytes(*b"GET ") {
        return Some(3);
    }
    let length = token(input);
    (length > 0 && *input.get(length)? == b' ').then_some(length)
}

/// As [`request`], for a response.
#[inline(always)]
pub(super) fn response<'i>(
    input: &'i [u8],
    rules: &Rules,
    judge: &mut impl Judge,
    head: &mut ResponseHead<&'i [u8]>,
) -> Option<()> {
    let input = &input[..input.len().min(rules.whole as usize)];
    let line: &[u8; 13] = input.get(..13)?.try_into().ok()?;
    let minor = line[7];
    let digit = |at: usize| u16::from(line[at].wrapping_sub(b'0'));
    let (a, b, c) = (digit(9), digit(10), digit(11));
    let digits = minor.is_ascii_digit() && a.max(b).max(c) <= 9;
    if line[..7] != *b"HTTP/1." || !digits || line[8] != b' ' || line[12] != b' ' {
        return None;
    }
    let reason = 13 + text(&input[13..])?;
    head.status = StatusCode::new(a * 100 + b * 10 + c).ok()?;
    head.version = Version::from_digit(minor);
    head.reason = reason as u16;
    judge.start(head.version, Some(head.status));
    let length = walk(input, reason + 2, &mut head.index, judge)?;
    head.block = within(input, length, &head.index, rules)?;
    Some(())
}

/// The head, where it keeps to its limits.
#[inline(always)]
fn within<'i>(input: &'i [u8], length: usize, index: &Index, rules: &Rules) -> Option<&'i [u8]> {
    if length > OFFSETS as usize || index.count > rules.fields {
        return None;
    }
    let block = input.get(..length)?;
    // No line can be longer than the head.
    if length > rules.field_line.min(rules.start_line) as usize && !lines_within(block, index, rules) {
        return None;
    }
    Some(block)
}

#[cold]
fn lines_within(block: &[u8], index: &Index, rules: &Rules) -> bool {
    let (mut start, last) = (index.first as usize, index.end as usize);
    if start > rules.start_line as usize {
        return false;
    }
    while start < last {
        let end = line_end(block, start, last);
        if end - start > rules.field_line as usize {
            return false;
        }
        start = end;
    }
    true
}

/// Finds the field lines from `first` on, and the end of the head behind the empty line.
#[inline(always)]
fn walk(input: &[u8], first: usize, index: &mut Index, judge: &mut impl Judge) -> Option<usize> {
    index.first = first as u16;
    let mut count = 0;
    let mut line = first;
    let mut base = first;
    loop {
        work::add(64);
        let mut marks = match input.get(base..base + 64) {
            Some(word) => controls(word.try_into().ok()?),
            None => last_controls(input, base)?,
        };
        while marks != 0 {
            let at = base + marks.trailing_zeros() as usize;
            let byte = *input.get(at)?;
            if byte == b'\r' && input.get(at + 1) == Some(&b'\n') {
                if at == line {
                    index.count = count as u16;
                    index.end = at as u16;
                    return (at <= OFFSETS as usize).then_some(at + 2);
                }
                let name = name(input, line)?;
                if judge.wants(name)
                    && judge.field(input.get(line..line + name)?, value(input.get(line + name + 1..at)?)).is_err()
                {
                    return None;
                }
                if let Some(place) = index.lines.get_mut(count) {
                    *place = Line { start: line as u16, name: name as u16 };
                }
                count += 1;
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
        if base > OFFSETS as usize {
            return None;
        }
    }
}

/// How long the name is that starts at `start`, and that a colon follows.
#[inline(always)]
fn name(input: &[u8], start: usize) -> Option<usize> {
    let length = match input.get(start..).and_then(|rest| rest.first_chunk::<16>()) {
        Some(window) => {
            let run = (!plain_token(window)).trailing_zeros() as usize;
            if run < 16 && window[run] == b':' && run > 0 {
                return Some(run);
            }
            long_token(input, start, run)
        }
        None => last_token(input, start),
    };
    (length > 0 && *input.get(start + length)? == b':').then_some(length)
}

/// What stands behind a colon, without the whitespace around it: mostly a single space before it.
#[inline(always)]
fn value(text: &[u8]) -> &[u8] {
    match text {
        [b' ', value @ ..] if matches!(value, [0x21..=0xff, .., 0x21..=0xff] | [0x21..=0xff]) => value,
        _ => trim(text),
    }
}

/// A bit for each octet that is not in 0x20..=0x7E.
#[inline(always)]
fn controls(word: &[u8; 64]) -> u64 {
    let (lanes, _) = word.as_chunks::<16>();
    u64::from(lane_controls(&lanes[0]))
        | u64::from(lane_controls(&lanes[1])) << 16
        | u64::from(lane_controls(&lanes[2])) << 32
        | u64::from(lane_controls(&lanes[3])) << 48
}

/// The same for the last octets, fewer than 64: the last lane overlaps the one before.
#[inline(always)]
fn last_controls(input: &[u8], base: usize) -> Option<u64> {
    let mut rest = input.get(base..).filter(|rest| !rest.is_empty())?;
    let (mut bits, mut shift) = (0, 0);
    while let Some((lane, behind)) = rest.split_first_chunk::<16>() {
        bits |= u64::from(lane_controls(lane)) << shift;
        shift += 16;
        rest = behind;
    }
    if !rest.is_empty() {
        let lane = lane_controls(input.last_chunk::<16>()?);
        bits |= u64::from(lane) >> (16 - rest.len()) << shift;
    }
    Some(bits)
}

/// Adding one first makes the test a single signed comparison.
#[inline(always)]
fn lane_controls(lane: &[u8; 16]) -> u16 {
    let next = (u8x16::new(*lane) + u8x16::splat(1)).cast_signed();
    next.simd_lt(i8x16::splat(0x21)).cast_unsigned().to_bitmask() as u16
}

/// How many octets at the start are token characters; most likely a space follows them.
#[inline]
fn token(input: &[u8]) -> usize {
    match input.first_chunk::<16>() {
        Some(window) => {
            let run = (!plain_token(window)).trailing_zeros() as usize;
            if run < 16 && window[run] == b' ' { run } else { long_token(input, 0, run) }
        }
        None => last_token(input, 0),
    }
}

/// The rarer token characters, and names of 16 octets and more: `length` octets are looked at.
#[inline(always)]
fn long_token(input: &[u8], start: usize, mut length: usize) -> usize {
    loop {
        let Some(rest) = input.get(start + length..) else { return length };
        match rest.first_chunk::<16>() {
            Some(window) => match (!plain_token(window)).trailing_zeros() as usize {
                16 => length += 16,
                run if is(rest[run], TOKEN) => length += run + 1,
                run => return length + run,
            },
            None => return length + rest.iter().take_while(|&&byte| is(byte, TOKEN)).count(),
        }
    }
}

/// In the last octets, fewer than 16, the window overlaps what stands before them.
#[inline]
fn last_token(input: &[u8], start: usize) -> usize {
    if let Some(window) = input.last_chunk::<16>()
        && let Some(before) = (start + 16).checked_sub(input.len())
        && before < 16
    {
        let run = (!(plain_token(window) >> before)).trailing_zeros() as usize;
        if input.get(start + run).is_none_or(|&byte| !is(byte, TOKEN)) {
            return run;
        }
    }
    input.get(start..).unwrap_or_default().iter().take_while(|&&byte| is(byte, TOKEN)).count()
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
    while let Some(window) = input.get(at..).and_then(|rest| rest.first_chunk::<16>()) {
        let octets = u8x16::new(*window);
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
    at += rest.iter().position(|&byte| !is(byte, TARGET))?;
    (at > start && input[at] != b'#').then_some(at)
}

/// Where the CR of the CRLF that ends a line of text stands.
#[inline(always)]
fn text(line: &[u8]) -> Option<usize> {
    let end = line.iter().position(|&byte| !is(byte, TEXT))?;
    line[end..].starts_with(b"\r\n").then_some(end)
}
