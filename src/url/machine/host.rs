//! The host parser (URL Standard 3.5), with its validation errors.

use super::record::Host;
use crate::syntax::percent::{CONTROLS, Set};
use crate::url::domain;
use crate::url::error::{Fail, ParseErrorKind, ViolationKind};
use crate::url::host::{first_forbidden, is_forbidden_in_host};
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write as _;

/// Told a violation and where in the host it is, in bytes.
type Report<'r> = &'r mut dyn FnMut(ViolationKind, usize);

pub(super) fn parse(input: &str, is_opaque: bool, report: Report<'_>) -> Result<Host, Fail> {
    if let Some(behind) = input.strip_prefix('[') {
        let Some(inner) = behind.strip_suffix(']') else {
            report(ViolationKind::Ipv6Unclosed, input.len());
            return Err(Fail::new(ParseErrorKind::Ipv6Unclosed, input.len()));
        };
        return parse_ipv6(inner, &mut |kind, at| report(kind, at + 1))
            .map(Host::Ipv6)
            .map_err(|fail| Fail::new(fail.kind, fail.at + 1));
    }
    if is_opaque {
        return parse_opaque(input, report);
    }
    let mut bytes = Vec::new();
    let mut percent_encoded = None;
    let octets = input.as_bytes();
    let mut at = 0;
    while at < octets.len() {
        if let Some(octet) = hex_pair(octets, at) {
            percent_encoded = percent_encoded.or(Some(at));
            bytes.push(octet);
            at += 3;
        } else {
            bytes.push(octets[at]);
            at += 1;
        }
    }
    if let Some(at) = percent_encoded {
        report(ViolationKind::DomainPercentEncoded, at);
    }
    let name = String::from_utf8_lossy(&bytes);
    if !domain::is_strict(&name) {
        report(ViolationKind::DomainToAscii, 0);
    }
    let mut ascii = String::new();
    domain::parse(&name, &mut ascii).map_err(|kind| match kind {
        ParseErrorKind::ForbiddenDomainCodePoint => Fail::new(kind, first_forbidden(octets)),
        kind => Fail::new(kind, 0),
    })?;
    if !ends_in_a_number(&ascii) {
        return Ok(Host::Domain(ascii));
    }
    if !name.is_ascii() {
        report(ViolationKind::Ipv4NonAsciiInput, 0);
    }
    // A part has a place of its own only where the domain is what was written.
    let verbatim = percent_encoded.is_none() && input.is_ascii();
    let place = |at: usize| if verbatim { at } else { 0 };
    parse_ipv4(&ascii, &mut |kind, at| report(kind, place(at)))
        .map(Host::Ipv4)
        .map_err(|fail| Fail::new(fail.kind, place(fail.at)))
}

fn hex_pair(octets: &[u8], at: usize) -> Option<u8> {
    let digits = octets.get(at..at + 3)?.strip_prefix(b"%")?;
    let value = |octet: u8| char::from(octet).to_digit(16);
    Some((value(digits[0])? * 16 + value(digits[1])?) as u8)
}

fn parse_opaque(input: &str, report: Report<'_>) -> Result<Host, Fail> {
    if let Some(at) = input.bytes().position(is_forbidden_in_host) {
        report(ViolationKind::HostInvalidCodePoint, at);
        return Err(Fail::new(ParseErrorKind::ForbiddenHostCodePoint, at));
    }
    if let Some((at, _)) = input.char_indices().find(|(_, c)| !is_url_code_point(*c) && *c != '%') {
        report(ViolationKind::InvalidUrlUnit, at);
    }
    let octets = input.as_bytes();
    if let Some(at) = (0..octets.len()).find(|at| octets[*at] == b'%' && hex_pair(octets, *at).is_none()) {
        report(ViolationKind::InvalidUrlUnit, at);
    }
    Ok(Host::Opaque(utf8_percent_encode(input, &CONTROLS)))
}

pub(super) fn utf8_percent_encode(input: &str, set: &Set) -> String {
    percent_encode(input.as_bytes(), set)
}

pub(super) fn percent_encode(input: &[u8], set: &Set) -> String {
    let mut out = String::new();
    for octet in input {
        if set.contains(*octet) {
            let _infallible = write!(out, "%{octet:02X}");
        } else {
            out.push(char::from(*octet));
        }
    }
    out
}

/// "URL code points".
pub(super) fn is_url_code_point(c: char) -> bool {
    let value = u32::from(c);
    let noncharacter = (0xFDD0..=0xFDEF).contains(&value) || value & 0xFFFE == 0xFFFE;
    c.is_ascii_alphanumeric()
        || "!$&'()*+,-./:;=?@_~".contains(c)
        || (0xA0..=0x0010_FFFD).contains(&value) && !noncharacter
}

fn ends_in_a_number(input: &str) -> bool {
    let mut parts: Vec<&str> = input.split('.').collect();
    if parts.last() == Some(&"") {
        parts.pop();
    }
    let Some(last) = parts.last() else { return false };
    if !last.is_empty() && last.bytes().all(|octet| octet.is_ascii_digit()) {
        return true;
    }
    parse_ipv4_number(last).is_some()
}

/// The number, cut off above 2^40, and whether it is a validation error.
fn parse_ipv4_number(mut input: &str) -> Option<(u64, bool)> {
    if input.is_empty() {
        return None;
    }
    let mut validation_error = false;
    let mut radix = 10;
    if input.starts_with("0x") || input.starts_with("0X") {
        validation_error = true;
        input = &input[2..];
        radix = 16;
    } else if input.len() >= 2 && input.starts_with('0') {
        validation_error = true;
        input = &input[1..];
        radix = 8;
    }
    if input.is_empty() {
        return Some((0, true));
    }
    let mut output: u64 = 0;
    for c in input.chars() {
        output = (output * u64::from(radix) + u64::from(c.to_digit(radix)?)).min(1 << 40);
    }
    Some((output, validation_error))
}

fn parse_ipv4(input: &str, report: Report<'_>) -> Result<u32, Fail> {
    let mut parts: Vec<&str> = input.split('.').collect();
    if parts.last() == Some(&"") {
        report(ViolationKind::Ipv4EmptyPart, input.len());
        if parts.len() > 1 {
            parts.pop();
        }
    }
    if parts.len() < 4 {
        report(ViolationKind::Ipv4TooFewParts, 0);
    }
    if parts.len() > 4 {
        report(ViolationKind::Ipv4TooManyParts, 0);
        return Err(Fail::new(ParseErrorKind::Ipv4TooManyParts, 0));
    }
    let mut numbers = Vec::new();
    let mut at = 0;
    for part in &parts {
        let Some((number, validation_error)) = parse_ipv4_number(part) else {
            report(ViolationKind::Ipv4NonNumericPart, at);
            return Err(Fail::new(ParseErrorKind::Ipv4NonNumericPart, at));
        };
        if validation_error {
            report(ViolationKind::Ipv4NonDecimalPart, at);
        }
        numbers.push((number, at));
        at += part.len() + 1;
    }
    if let Some((_, at)) = numbers.iter().find(|(number, _)| *number > 255) {
        report(ViolationKind::Ipv4OutOfRangePart, *at);
    }
    let Some(((last, last_at), others)) = numbers.split_last() else {
        return Err(Fail::new(ParseErrorKind::Ipv4NonNumericPart, 0));
    };
    if let Some((_, at)) = others.iter().find(|(number, _)| *number > 255) {
        return Err(Fail::new(ParseErrorKind::Ipv4OutOfRangePart, *at));
    }
    if *last >= 256_u64.pow(5 - numbers.len() as u32) {
        return Err(Fail::new(ParseErrorKind::Ipv4OutOfRangePart, *last_at));
    }
    let mut ipv4 = *last;
    for (counter, (number, _)) in others.iter().enumerate() {
        ipv4 += number * 256_u64.pow(3 - counter as u32);
    }
    Ok(ipv4 as u32)
}

fn parse_ipv6(input: &str, report: Report<'_>) -> Result<[u16; 8], Fail> {
    use ParseErrorKind as Kind;
    let chars: Vec<char> = input.chars().collect();
    // Offsets are in bytes; everything before the first error is ASCII.
    let c = |pointer: usize| chars.get(pointer).copied();
    let mut fail = |kind: Kind, pointer: usize| {
        if let Some(violation) = kind.violation() {
            report(violation, pointer);
        }
        Err(Fail::new(kind, pointer))
    };
    let mut leading_zeros = Vec::new();
    let mut address = [0_u16; 8];
    let mut piece_index = 0;
    let mut compress = None;
    let mut pointer = 0;
    if c(pointer) == Some(':') {
        if c(pointer + 1) != Some(':') {
            return fail(Kind::Ipv6InvalidCompression, pointer);
        }
        pointer += 2;
        piece_index += 1;
        compress = Some(piece_index);
    }
    while let Some(here) = c(pointer) {
        if piece_index == 8 {
            return fail(Kind::Ipv6TooManyPieces, pointer);
        }
        if here == ':' {
            if compress.is_some() {
                return fail(Kind::Ipv6MultipleCompression, pointer);
            }
            pointer += 1;
            piece_index += 1;
            compress = Some(piece_index);
            continue;
        }
        let (mut value, mut length) = (0_u32, 0);
        while length < 4
            && let Some(digit) = c(pointer).and_then(|c| c.to_digit(16))
        {
            value = value * 0x10 + digit;
            pointer += 1;
            length += 1;
        }
        if c(pointer) == Some('.') {
            if length == 0 {
                return fail(Kind::Ipv4InIpv6InvalidCodePoint, pointer);
            }
            pointer -= length;
            if piece_index > 6 {
                return fail(Kind::Ipv4InIpv6TooManyPieces, pointer);
            }
            let mut numbers_seen = 0;
            while c(pointer).is_some() {
                let mut ipv4_piece = None;
                if numbers_seen > 0 {
                    if c(pointer) == Some('.') && numbers_seen < 4 {
                        pointer += 1;
                    } else {
                        return fail(Kind::Ipv4InIpv6InvalidCodePoint, pointer);
                    }
                }
                if !c(pointer).is_some_and(|c| c.is_ascii_digit()) {
                    return fail(Kind::Ipv4InIpv6InvalidCodePoint, pointer);
                }
                while let Some(number) = c(pointer).and_then(|c| c.to_digit(10)) {
                    let piece = match ipv4_piece {
                        None => number,
                        Some(0) => return fail(Kind::Ipv4InIpv6InvalidCodePoint, pointer),
                        Some(piece) => piece * 10 + number,
                    };
                    if piece > 255 {
                        return fail(Kind::Ipv4InIpv6OutOfRangePart, pointer);
                    }
                    ipv4_piece = Some(piece);
                    pointer += 1;
                }
                address[piece_index] = (u32::from(address[piece_index]) * 0x100 + ipv4_piece.unwrap_or(0)) as u16;
                numbers_seen += 1;
                if numbers_seen == 2 || numbers_seen == 4 {
                    piece_index += 1;
                }
            }
            if numbers_seen != 4 {
                return fail(Kind::Ipv4InIpv6TooFewParts, pointer);
            }
            break;
        } else if c(pointer) == Some(':') {
            pointer += 1;
            if c(pointer).is_none() {
                return fail(Kind::Ipv6InvalidCodePoint, pointer);
            }
        } else if c(pointer).is_some() {
            return fail(Kind::Ipv6InvalidCodePoint, pointer);
        }
        if length > 1 && value < 0x10_u32.pow(length as u32 - 1) {
            leading_zeros.push(pointer);
        }
        address[piece_index] = value as u16;
        piece_index += 1;
    }
    if let Some(compress) = compress {
        let mut swaps = piece_index - compress;
        piece_index = 7;
        while piece_index != 0 && swaps > 0 {
            address.swap(piece_index, compress + swaps - 1);
            piece_index -= 1;
            swaps -= 1;
        }
    } else if piece_index != 8 {
        return fail(Kind::Ipv6TooFewPieces, pointer);
    }
    for pointer in leading_zeros {
        report(ViolationKind::Ipv6PieceLeadingZero, pointer);
    }
    Ok(address)
}
