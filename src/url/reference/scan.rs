//! The generic syntax, twice: 16 octets at a time for what is ordinary, and octet by octet for all, with the errors.
//!
//! The first gives an answer only where it is the second's answer too; the tests hold them against each other.
#![expect(clippy::inline_always, reason = "left to itself the compiler calls these, once for every block")]

use super::error::{Component, ReferenceError, ReferenceErrorKind as Kind};
use super::parts::Parts;
use crate::work;
use core::net::Ipv6Addr;
use wide::{i8x16, u8x16};

/// Finds the components, and checks every octet.
#[inline]
pub(super) fn scan(octets: &[u8]) -> Result<Parts, ReferenceError> {
    match fast(octets) {
        Some(parts) => Ok(parts),
        None => exact(octets),
    }
}

/// `http://` as the low seven octets of a word.
const HTTP: u64 = u64::from_le_bytes(*b"http://\0");
/// `https://`.
const HTTPS: u64 = u64::from_le_bytes(*b"https://");
const BLOCK: usize = 16;
/// What one mask covers.
const WORD: usize = 64;

/// What is seen of 16 octets.
struct Seen {
    /// Not in a URI, or a bracket, which only an address may have: non-zero where so.
    bad: u8x16,
    percent: u8x16,
    /// `?` and `#`.
    ends: u8x16,
    octets: u8x16,
}

#[inline(always)]
fn see(octets: &[u8], at: usize) -> Option<Seen> {
    let octets = u8x16::new(*octets.get(at..)?.first_chunk::<BLOCK>()?);
    let signed = i8x16::from_ne_bytes(octets.to_ne_bytes());
    let is = |octet: u8| octets.simd_eq(u8x16::splat(octet));
    // Controls and space, and, the comparison being signed, everything beyond ASCII.
    let low = signed.simd_lt(i8x16::splat(0x21));
    // { | } and DEL.
    let high = signed.simd_gt(i8x16::splat(b'z'.cast_signed()));
    let high = u8x16::from_ne_bytes(high.to_ne_bytes()) & !is(b'~');
    // < and > differ in one bit.
    let angle = (octets & u8x16::splat(!2)).simd_eq(u8x16::splat(b'<'));
    // [ \ ] ^ are neighbours.
    let brackets = octets - u8x16::splat(b'[');
    let brackets = brackets.min(u8x16::splat(3)).simd_eq(brackets);
    let bad = u8x16::from_ne_bytes(low.to_ne_bytes()) | high | angle | brackets | is(b'`') | is(b'"');
    Some(Seen { bad, percent: is(b'%'), ends: is(b'?') | is(b'#'), octets })
}

impl Seen {
    /// Where the authority may end, besides at `?` and `#`.
    #[inline(always)]
    fn slashes(&self) -> u64 {
        u64::from((self.octets.simd_eq(u8x16::splat(b'/')) | self.ends).to_bitmask())
    }

    /// `:` and `@`.
    #[inline(always)]
    fn marks(&self) -> u64 {
        let marks = self.octets.simd_eq(u8x16::splat(b':')) | self.octets.simd_eq(u8x16::splat(b'@'));
        u64::from(marks.to_bitmask())
    }
}

/// A URI of http or https with an authority of up to 32 octets and no brackets; `None` says nothing.
#[inline]
fn fast(octets: &[u8]) -> Option<Parts> {
    let head = u64::from_le_bytes(*octets.first_chunk::<8>()?);
    let colon = if head == HTTPS {
        5
    } else if head << 8 == HTTP << 8 {
        4
    } else {
        return None;
    };
    let start = colon + 3;
    let rest = &octets[start..];
    let length = rest.len();
    if octets.len() > u32::MAX as usize {
        return None;
    }
    work::add(octets.len());
    let (bad, percent, ends, slashes, marks);
    if (BLOCK..=WORD).contains(&length) {
        // Four blocks that overlap where the text is short: no loop and no tail.
        let last = length - BLOCK;
        let (second, third) = (BLOCK.min(last), (2 * BLOCK).min(last));
        let (a, b) = (see(rest, 0)?, see(rest, second)?);
        let (c, d) = (see(rest, third)?, see(rest, last)?);
        bad = a.bad | b.bad | c.bad | d.bad;
        percent = a.percent | b.percent | c.percent | d.percent;
        ends = u64::from(a.ends.to_bitmask())
            | u64::from(b.ends.to_bitmask()) << second
            | u64::from(c.ends.to_bitmask()) << third
            | u64::from(d.ends.to_bitmask()) << last;
        slashes = a.slashes() | b.slashes() << second;
        marks = a.marks() | b.marks() << second;
    } else if length > WORD {
        let (a, b) = (see(rest, 0)?, see(rest, BLOCK)?);
        let (c, d) = (see(rest, 2 * BLOCK)?, see(rest, 3 * BLOCK)?);
        let mut all_bad = a.bad | b.bad | c.bad | d.bad;
        let mut all_percent = a.percent | b.percent | c.percent | d.percent;
        ends = u64::from(a.ends.to_bitmask())
            | u64::from(b.ends.to_bitmask()) << BLOCK
            | u64::from(c.ends.to_bitmask()) << (2 * BLOCK)
            | u64::from(d.ends.to_bitmask()) << (3 * BLOCK);
        slashes = a.slashes() | b.slashes() << BLOCK;
        marks = a.marks() | b.marks() << BLOCK;
        let mut at = WORD;
        while at < length {
            let seen = see(rest, at.min(length - BLOCK))?;
            all_bad |= seen.bad;
            all_percent |= seen.percent;
            at += BLOCK;
        }
        (bad, percent) = (all_bad, all_percent);
    } else {
        // The block begins before the authority: its first octets are shifted out.
        let shift = BLOCK - length;
        let seen = see(octets, octets.len().checked_sub(BLOCK)?)?;
        (bad, percent) = (seen.bad, seen.percent);
        ends = u64::from(seen.ends.to_bitmask()) >> shift;
        slashes = seen.slashes() >> shift;
        marks = seen.marks() >> shift;
    }
    if bad.any() {
        return None;
    }
    let authority_end = if slashes != 0 {
        slashes.trailing_zeros() as usize
    } else if length <= 2 * BLOCK {
        length
    } else {
        return None;
    };
    let path = start + authority_end;
    let (mut host, mut host_end) = (start, path);
    if marks & ((1 << authority_end) - 1) != 0 {
        (host, host_end) = credentials(&octets[..path], start)?;
    }
    let (path_end, fragment) = if ends != 0 {
        tail(octets, start + ends.trailing_zeros() as usize, Some((ends & (ends - 1), start)))?
    } else if length <= WORD {
        (octets.len(), octets.len())
    } else {
        // Only the first 64 octets have their ends looked for.
        let from = start + WORD;
        match memchr::memchr2(b'?', b'#', &octets[from..]) {
            Some(at) => tail(octets, from + at, None)?,
            None => (octets.len(), octets.len()),
        }
    };
    if percent.any() && !escapes_are_whole(rest) {
        return None;
    }
    Some(Parts {
        colon: colon as u32,
        authority: start as u32,
        host: host as u32,
        host_end: host_end as u32,
        path: path as u32,
        path_end: path_end as u32,
        fragment: fragment as u32,
        end: octets.len() as u32,
    })
}

/// Where path and query end, given the first `?` or `#`, and what is known of others: where they stand in the word that
/// begins there.
#[inline(always)]
fn tail(octets: &[u8], first: usize, others: Option<(u64, usize)>) -> Option<(usize, usize)> {
    if octets[first] == b'?' {
        // Mostly there is no other, and nothing more to look at.
        if others.is_some_and(|(others, start)| others == 0 && octets.len() <= start + WORD) {
            return Some((first, octets.len()));
        }
        let fragment = memchr::memchr(b'#', &octets[first..]).map_or(octets.len(), |at| first + at);
        no_second_hash(octets, fragment).then_some((first, fragment))
    } else {
        no_second_hash(octets, first).then_some((first, first))
    }
}

/// A fragment has no `#` in it.
#[inline(always)]
fn no_second_hash(octets: &[u8], fragment: usize) -> bool {
    fragment >= octets.len() || memchr::memchr(b'#', &octets[fragment + 1..]).is_none()
}

/// Whether two digits stand behind every percent sign.
#[cold]
#[inline(never)]
fn escapes_are_whole(octets: &[u8]) -> bool {
    let mut rest = octets;
    while let Some(at) = memchr::memchr(b'%', rest) {
        let [high, low, ..] = rest[at + 1..] else { return false };
        if class(high) & class(low) & HEX == 0 {
            return false;
        }
        rest = &rest[at + 3..];
    }
    true
}

/// Where the host begins and ends in an authority that has a `:` or an `@`, and no brackets.
#[inline(never)]
fn credentials(octets: &[u8], start: usize) -> Option<(usize, usize)> {
    authority(octets, start).ok()
}

const SCHEME: u8 = 1;
const USERINFO: u8 = 2;
const NAME: u8 = 4;
const SEGMENT: u8 = 8;
const QUERY: u8 = 16;
pub(super) const UNRESERVED: u8 = 32;
const HEX: u8 = 64;
const DIGIT: u8 = 128;

/// What each octet may stand in.
static CLASSES: [u8; 256] = classes();

#[inline(always)]
pub(super) fn class(octet: u8) -> u8 {
    CLASSES[usize::from(octet)]
}

const fn classes() -> [u8; 256] {
    let mut table = [0; 256];
    let mut at = 0;
    while at < 256 {
        let octet = at as u8;
        // RFC 3986 2.3 and 2.2.
        let unreserved = octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'.' | b'_' | b'~');
        let sub = matches!(octet, b'!' | b'$' | b'&' | b'\'' | b'(' | b')' | b'*' | b'+' | b',' | b';' | b'=');
        let mut class = 0;
        if octet.is_ascii_alphanumeric() || matches!(octet, b'+' | b'-' | b'.') {
            class |= SCHEME;
        }
        if unreserved || sub {
            class |= NAME;
        }
        if unreserved || sub || octet == b':' {
            class |= USERINFO;
        }
        // pchar, 3.3.
        if unreserved || sub || matches!(octet, b':' | b'@') {
            class |= SEGMENT | QUERY;
        }
        if matches!(octet, b'/' | b'?') {
            class |= QUERY;
        }
        if unreserved {
            class |= UNRESERVED;
        }
        if octet.is_ascii_hexdigit() {
            class |= HEX;
        }
        if octet.is_ascii_digit() {
            class |= DIGIT;
        }
        table[at] = class;
        at += 1;
    }
    table
}

/// Goes on while octets are of the class, or escapes; the offset of the first that is not, or an error for half an
/// escape.
fn run(octets: &[u8], from: usize, allowed: u8, component: Component) -> Result<usize, ReferenceError> {
    let mut at = from;
    while let Some(octet) = octets.get(at) {
        if class(*octet) & allowed != 0 {
            at += 1;
        } else if *octet == b'%' {
            match octets.get(at + 1..at + 3) {
                Some([high, low]) if class(*high) & class(*low) & HEX != 0 => at += 3,
                _ => return Err(ReferenceError::new(Kind::Percent(component), at)),
            }
        } else {
            break;
        }
    }
    Ok(at)
}

/// The whole grammar (RFC 3986 appendix A), octet by octet.
#[cold]
#[inline(never)]
pub(super) fn exact(octets: &[u8]) -> Result<Parts, ReferenceError> {
    work::add(octets.len());
    if octets.len() > u32::MAX as usize {
        return Err(ReferenceError::new(Kind::TooLong, u32::MAX as usize));
    }
    let mut parts = Parts { end: octets.len() as u32, ..Parts::default() };
    let mut at = 0;
    let length = scheme(octets);
    if octets.get(length) == Some(&b':') && length > 0 {
        parts.colon = length as u32;
        at = length + 1;
    }
    if octets[at..].starts_with(b"//") {
        let start = at + 2;
        let end = octets[start..]
            .iter()
            .position(|octet| matches!(octet, b'/' | b'?' | b'#'))
            .map_or(octets.len(), |length| start + length);
        let (host, host_end) = authority(&octets[..end], start)?;
        (parts.authority, parts.host, parts.host_end) = (start as u32, host as u32, host_end as u32);
        at = end;
    }
    parts.path = at as u32;
    if parts.colon == 0 && parts.authority == 0 {
        // path-noscheme: the first segment has no colon.
        let end = run(octets, at, NAME, Component::Path)?;
        let mut end = end;
        while octets.get(end) == Some(&b'@') {
            end = run(octets, end + 1, NAME, Component::Path)?;
        }
        if octets.get(end) == Some(&b':') {
            return Err(ReferenceError::new(Kind::Colon, end));
        }
        at = end;
    }
    at = run(octets, at, SEGMENT, Component::Path)?;
    while octets.get(at) == Some(&b'/') {
        at = run(octets, at + 1, SEGMENT, Component::Path)?;
    }
    let mut component = Component::Path;
    parts.path_end = at as u32;
    if octets.get(at) == Some(&b'?') {
        component = Component::Query;
        at = run(octets, at + 1, QUERY, component)?;
    }
    parts.fragment = at as u32;
    if octets.get(at) == Some(&b'#') {
        component = Component::Fragment;
        at = run(octets, at + 1, QUERY, component)?;
    }
    if at < octets.len() {
        return Err(ReferenceError::new(Kind::Octet(component), at));
    }
    Ok(parts)
}

/// How long the scheme at the front is, were a colon to follow.
fn scheme(octets: &[u8]) -> usize {
    match octets.first() {
        Some(first) if first.is_ascii_alphabetic() => {
            octets.iter().take_while(|octet| class(**octet) & SCHEME != 0).count()
        }
        _ => 0,
    }
}

/// Where the host begins and ends in the authority `octets[start..]` (RFC 3986 3.2).
fn authority(octets: &[u8], start: usize) -> Result<(usize, usize), ReferenceError> {
    let mut host = start;
    if let Some(at) = memchr::memchr(b'@', &octets[start..]) {
        let end = run(octets, start, USERINFO, Component::Userinfo)?;
        if end < start + at {
            return Err(ReferenceError::new(Kind::Octet(Component::Userinfo), end));
        }
        host = end + 1;
    }
    let host_end = if octets.get(host) == Some(&b'[') {
        let Some(length) = memchr::memchr(b']', &octets[host..]) else {
            return Err(ReferenceError::new(Kind::Address, host));
        };
        if !address(&octets[host + 1..host + length]) {
            return Err(ReferenceError::new(Kind::Address, host));
        }
        host + length + 1
    } else {
        run(octets, host, NAME, Component::Host)?
    };
    match octets.get(host_end) {
        None => {}
        Some(b':') => {
            if let Some(at) = octets[host_end + 1..].iter().position(|octet| class(*octet) & DIGIT == 0) {
                return Err(ReferenceError::new(Kind::Octet(Component::Port), host_end + 1 + at));
            }
        }
        Some(_) => return Err(ReferenceError::new(Kind::Octet(Component::Host), host_end)),
    }
    Ok((host, host_end))
}

/// Whether this may stand in brackets: `IPv6address` or `IPvFuture`.
fn address(octets: &[u8]) -> bool {
    if let [b'v' | b'V', rest @ ..] = octets {
        let digits = rest.iter().take_while(|octet| class(**octet) & HEX != 0).count();
        return match &rest[digits..] {
            [b'.', inner @ ..] => {
                digits > 0 && !inner.is_empty() && inner.iter().all(|octet| class(*octet) & USERINFO != 0)
            }
            _ => false,
        };
    }
    // The grammar of 3.2.2 is what the standard library parses: no zone, no leading zeros in the IPv4 part.
    core::str::from_utf8(octets).is_ok_and(|text| text.parse::<Ipv6Addr>().is_ok())
}

/// Checks a component by itself; the offset of the first octet that it may not have.
pub(super) fn check(component: Component, octets: &[u8]) -> Result<(), (Kind, usize)> {
    let allowed = match component {
        Component::Scheme => {
            let length = scheme(octets);
            return if length == octets.len() && length > 0 { Ok(()) } else { Err((Kind::Octet(component), length)) };
        }
        Component::Host => {
            return match octets {
                [b'[', inner @ .., b']'] if address(inner) => Ok(()),
                [b'[', ..] => Err((Kind::Address, 0)),
                _ => whole(octets, NAME, component),
            };
        }
        Component::Port => DIGIT,
        Component::Userinfo => USERINFO,
        Component::Path => {
            let mut at = 0;
            for segment in octets.split(|octet| *octet == b'/') {
                whole(segment, SEGMENT, component).map_err(|(kind, offset)| (kind, at + offset))?;
                at += segment.len() + 1;
            }
            return Ok(());
        }
        Component::Query | Component::Fragment => QUERY,
    };
    if component == Component::Port {
        return match octets.iter().position(|octet| class(*octet) & allowed == 0) {
            Some(at) => Err((Kind::Octet(component), at)),
            None => Ok(()),
        };
    }
    whole(octets, allowed, component)
}

fn whole(octets: &[u8], allowed: u8, component: Component) -> Result<(), (Kind, usize)> {
    match run(octets, 0, allowed, component) {
        Ok(end) if end == octets.len() => Ok(()),
        Ok(end) => Err((Kind::Octet(component), end)),
        Err(error) => Err((error.kind(), error.offset())),
    }
}
