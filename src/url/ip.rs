//! IPv4 and IPv6 addresses as the host parser of the standard reads and writes them (URL Standard 3.5, 3.6).

use super::error::{Fail, ParseErrorKind as Kind};
use crate::work;
use alloc::string::String;
use core::fmt::Write as _;

/// Whether a domain's last label makes it an IPv4 address, good or bad ("ends in a number").
pub(super) fn ends_in_number(domain: &str) -> bool {
    let domain = domain.strip_suffix('.').unwrap_or(domain).as_bytes();
    let last = &domain[memchr::memrchr(b'.', domain).map_or(0, |dot| dot + 1)..];
    work::add(last.len());
    match last {
        [] => false,
        [b'0', b'x' | b'X', hex @ ..] => hex.iter().all(u8::is_ascii_hexdigit),
        digits => digits.iter().all(u8::is_ascii_digit),
    }
}

/// Reads an IPv4 address in any of its forms: one to four parts, decimal, octal or hexadecimal, the last part filling
/// what is left.
pub(super) fn parse_v4(domain: &str) -> Result<u32, Fail> {
    work::add(domain.len());
    let text = domain.strip_suffix('.').unwrap_or(domain);
    let count = memchr::memchr_iter(b'.', text.as_bytes()).count() + 1;
    if count > 4 {
        return Err(Fail::new(Kind::Ipv4TooManyParts, 0));
    }
    let (mut address, mut at) = (0_u64, 0);
    let mut out_of_range = None;
    for (index, part) in text.split('.').enumerate() {
        let number = number(part).ok_or(Fail::new(Kind::Ipv4NonNumericPart, at))?;
        let (limit, shift) = if index + 1 == count { (1_u64 << (8 * (5 - count)), 0) } else { (256, 8 * (3 - index)) };
        // Every part has to be a number before any of them may be too large.
        if number >= limit {
            out_of_range = out_of_range.or(Some(at));
        } else {
            address += number << shift;
        }
        at += part.len() + 1;
    }
    match out_of_range {
        Some(at) => Err(Fail::new(Kind::Ipv4OutOfRangePart, at)),
        None => Ok(address as u32),
    }
}

/// One part; what is beyond 32 bits stays beyond.
fn number(part: &str) -> Option<u64> {
    let (digits, radix) = match part.as_bytes() {
        [] => return None,
        [b'0', b'x' | b'X', rest @ ..] => (rest, 16),
        [b'0', rest @ ..] if !rest.is_empty() => (rest, 8),
        decimal => (decimal, 10),
    };
    digits.iter().try_fold(0_u64, |value, octet| {
        let digit = char::from(*octet).to_digit(radix)?;
        Some((value * u64::from(radix) + u64::from(digit)).min(1 << 32))
    })
}

/// Appends an IPv4 address in dotted decimal.
pub(super) fn write_v4(address: u32, out: &mut String) {
    let [a, b, c, d] = address.to_be_bytes();
    // Writing to a String can't fail.
    let _infallible = write!(out, "{a}.{b}.{c}.{d}");
}

/// Reads an IPv6 address without its brackets. Offsets in errors are in `text`.
pub(super) fn parse_v6(text: &str) -> Result<[u16; 8], Fail> {
    let input = text.as_bytes();
    let mut address = [0_u16; 8];
    let (mut piece, mut compress, mut at) = (0_usize, None, 0_usize);
    let fail = |kind, at| Err(Fail::new(kind, at));
    // No address is longer than 45 characters; whatever is, fails before.
    work::add(input.len().min(64));
    if input.first() == Some(&b':') {
        if input.get(1) != Some(&b':') {
            return fail(Kind::Ipv6InvalidCompression, 0);
        }
        at = 2;
        piece = 1;
        compress = Some(1);
    }
    while at < input.len() {
        if piece == 8 {
            return fail(Kind::Ipv6TooManyPieces, at);
        }
        if input[at] == b':' {
            if compress.is_some() {
                return fail(Kind::Ipv6MultipleCompression, at);
            }
            at += 1;
            piece += 1;
            compress = Some(piece);
            continue;
        }
        let start = at;
        let mut value = 0_u16;
        while let Some(digit) =
            input.get(at).and_then(|octet| char::from(*octet).to_digit(16)).filter(|_| at < start + 4)
        {
            value = value << 4 | digit as u16;
            at += 1;
        }
        match input.get(at) {
            Some(b'.') => {
                if at == start {
                    return fail(Kind::Ipv4InIpv6InvalidCodePoint, at);
                }
                if piece > 6 {
                    return fail(Kind::Ipv4InIpv6TooManyPieces, start);
                }
                let [high, low] = embedded_v4(input, start)?;
                address[piece] = high;
                address[piece + 1] = low;
                piece += 2;
                break;
            }
            Some(b':') => {
                at += 1;
                if at == input.len() {
                    return fail(Kind::Ipv6InvalidCodePoint, at);
                }
            }
            Some(_) => return fail(Kind::Ipv6InvalidCodePoint, at),
            None => {}
        }
        address[piece] = value;
        piece += 1;
    }
    match compress {
        Some(from) => {
            // What stands behind the compression moves to the end, and zeros fill the gap.
            let mut filled = [0; 8];
            filled[..from].copy_from_slice(&address[..from]);
            filled[8 - (piece - from)..].copy_from_slice(&address[from..piece]);
            address = filled;
        }
        None if piece != 8 => return fail(Kind::Ipv6TooFewPieces, input.len()),
        None => {}
    }
    Ok(address)
}

/// The four decimal numbers at the end of an IPv6 address.
fn embedded_v4(input: &[u8], mut at: usize) -> Result<[u16; 2], Fail> {
    let mut numbers = [0_u16; 4];
    let mut seen = 0;
    while at < input.len() {
        if seen > 0 {
            if input[at] != b'.' || seen == 4 {
                return Err(Fail::new(Kind::Ipv4InIpv6InvalidCodePoint, at));
            }
            at += 1;
        }
        let start = at;
        let mut value = 0_u16;
        while let Some(digit) = input.get(at).filter(|octet| octet.is_ascii_digit()) {
            if at > start && value == 0 {
                return Err(Fail::new(Kind::Ipv4InIpv6InvalidCodePoint, at));
            }
            value = value * 10 + u16::from(digit - b'0');
            if value > 255 {
                return Err(Fail::new(Kind::Ipv4InIpv6OutOfRangePart, at));
            }
            at += 1;
        }
        if at == start {
            return Err(Fail::new(Kind::Ipv4InIpv6InvalidCodePoint, at));
        }
        numbers[seen] = value;
        seen += 1;
    }
    if seen != 4 {
        return Err(Fail::new(Kind::Ipv4InIpv6TooFewParts, at));
    }
    Ok([numbers[0] << 8 | numbers[1], numbers[2] << 8 | numbers[3]])
}

/// Appends an IPv6 address without brackets: shortest form, lower case, the first longest run of two or more zero
/// pieces compressed (RFC 5952 4, less its IPv4 notation).
pub(super) fn write_v6(pieces: [u16; 8], out: &mut String) {
    let run = longest_zero_run(pieces);
    let mut index = 0;
    while index < 8 {
        if let Some((start, length)) = run.filter(|(start, _)| *start == index) {
            out.push_str(if start == 0 { "::" } else { ":" });
            index += length;
            continue;
        }
        // Writing to a String can't fail.
        let _infallible = write!(out, "{:x}", pieces[index]);
        if index < 7 {
            out.push(':');
        }
        index += 1;
    }
}

/// The first of the longest runs of zero pieces that is longer than one.
fn longest_zero_run(pieces: [u16; 8]) -> Option<(usize, usize)> {
    let mut best: Option<(usize, usize)> = None;
    let mut start = 0;
    while start < 8 {
        let length = pieces[start..].iter().take_while(|piece| **piece == 0).count();
        if length > 1 && best.is_none_or(|(_, longest)| length > longest) {
            best = Some((start, length));
        }
        start += length.max(1);
    }
    best
}
