//! The short way for the URLs that nearly all URLs are: `http` or `https`, a domain in lower case, a path, perhaps a
//! query and a fragment, and nothing in them that has to be written differently. Such an input is its own serialisation
//! (but for the slash of an empty path), so it is looked through in 16-octet blocks, copied once, and that is all.
//!
//! Everything else, right or wrong, is `None` or `false` here and goes the general way.

use super::Url;
use super::host::Form;
use super::ip;
use super::scheme::Kind;
use crate::work;
use alloc::string::String;
use wide::{i8x16, u8x16};

/// Octets in a block.
const BLOCK: usize = 16;

/// The scheme, and how long it is with `://`.
#[inline(always)]
fn scheme(input: &[u8]) -> Option<(Kind, usize)> {
    let head = u64::from_le_bytes(*input.first_chunk()?);
    if head == u64::from_le_bytes(*b"https://") {
        return Some((Kind::Https, 8));
    }
    (head & 0x00FF_FFFF_FFFF_FFFF == u64::from_le_bytes(*b"http://\0")).then_some((Kind::Http, 7))
}

#[inline(always)]
fn block(octets: &[u8], at: usize) -> Option<i8x16> {
    octets.get(at..)?.first_chunk::<BLOCK>().map(|block| u8x16::new(*block).cast_signed())
}

#[inline(always)]
const fn all(octet: u8) -> i8x16 {
    i8x16::new([octet.cast_signed(); BLOCK])
}

/// One bit for each octet of a domain that needs no change: letters in lower case, digits, `.`, `-`, `_`.
#[inline(always)]
fn host_octets(block: i8x16) -> u64 {
    let letters = block.simd_gt(all(b'a' - 1)) & block.simd_lt(all(b'z' + 1));
    let digits = block.simd_gt(all(b'0' - 1)) & block.simd_lt(all(b'9' + 1));
    // '-' and '.' are neighbours.
    let marks = block.simd_gt(all(b'-' - 1)) & block.simd_lt(all(b'.' + 1));
    u64::from((letters | digits | marks | block.simd_eq(all(b'_'))).to_bitmask())
}

/// The octets that some part of the URL can't have as they are, all bits set: controls, space, non-ASCII, and
/// `` " < > \ ^ ` { | } ``. Some of these are allowed in some parts; they are rare.
#[inline(always)]
fn strange(block: i8x16) -> i8x16 {
    let pairs = block & all(!2);
    // Signed: what is above 0x7F is below 0x21.
    block.simd_lt(all(0x21))
        | block.simd_gt(all(b'z')) & !block.simd_eq(all(b'~'))
        | pairs.simd_eq(all(b'<'))
        | pairs.simd_eq(all(b'\\'))
        | block.simd_eq(all(b'`'))
        | block.simd_eq(all(b'"'))
}

/// Whether `/.` or `/%` occurs, with which a dot segment may begin.
#[inline(always)]
fn dots(block: i8x16) -> u32 {
    let slashes = block.simd_eq(all(b'/')).to_bitmask();
    let dots = (block.simd_eq(all(b'.')) | block.simd_eq(all(b'%'))).to_bitmask();
    slashes << 1 & dots
}

#[inline(always)]
fn marks(block: i8x16) -> u64 {
    u64::from((block.simd_eq(all(b'?')) | block.simd_eq(all(b'#'))).to_bitmask())
}

/// Whether a domain of such octets may be an IPv4 address: whether its last label begins with a digit.
#[inline(always)]
fn may_be_ipv4(host: &[u8]) -> bool {
    match host.last() {
        // Neither a digit of any base nor the end of `0x`.
        Some(b'g'..=b'w' | b'y' | b'z') => false,
        _ => last_label_is_numeric(host),
    }
}

fn last_label_is_numeric(host: &[u8]) -> bool {
    core::str::from_utf8(host).is_ok_and(ip::ends_in_number)
}

/// The URL, if it is one of those.
#[inline]
pub(super) fn parse(input: &str) -> Option<Url> {
    let octets = input.as_bytes();
    let (kind, start) = scheme(octets)?;
    let rest = &octets[start..];
    let length = rest.len();
    let last = length.checked_sub(BLOCK)?;
    // Neighbouring blocks overlap by an octet at least, so that no pair is missed.
    let second = last.min(BLOCK - 1);
    let (a, b, z) = (block(rest, 0)?, block(rest, second)?, block(rest, last)?);
    let mut bad = strange(a) | strange(b) | strange(z);
    let mut pairs = dots(a) | dots(b) | dots(z);
    let host = host_octets(a) | host_octets(b) << second;
    let mut found = 0;
    if length <= 61 {
        let third = last.min(2 * (BLOCK - 1));
        let c = block(rest, third)?;
        bad |= strange(c);
        pairs |= dots(c);
        found = marks(a) | marks(b) << second | marks(c) << third | marks(z) << last;
    } else {
        let mut at = 2 * (BLOCK - 1);
        while at < last {
            let c = block(rest, at)?;
            bad |= strange(c);
            pairs |= dots(c);
            at += BLOCK - 1;
        }
    }
    work::add(length);
    if bad.to_bitmask() != 0 || pairs != 0 {
        return None;
    }
    let host_end = (!host).trailing_zeros() as usize;
    if host_end == 0 || may_be_ipv4(rest.get(..host_end)?) {
        return None;
    }
    let rooted = match rest.get(host_end) {
        Some(b'/') => true,
        None | Some(b'?' | b'#') => false,
        Some(_) => return None,
    };
    let (mut query, mut fragment) = (0, 0);
    let mark = match (length <= 61, found) {
        (true, 0) => None,
        (true, found) => Some(found.trailing_zeros() as usize),
        (false, _) => memchr::memchr2(b'?', b'#', &rest[host_end..]).map(|at| host_end + at),
    };
    if let Some(mark) = mark {
        if rest[mark] == b'#' {
            fragment = start + mark;
        } else {
            query = start + mark;
            let end = memchr::memchr(b'#', &rest[mark..]).map(|at| mark + at);
            fragment = end.map_or(0, |at| start + at);
            // Special URLs encode it in the query, and only there.
            if rest[mark..end.unwrap_or(length)].contains(&b'\'') {
                return None;
            }
        }
    }
    let path_start = start + host_end;
    let href = if rooted {
        String::from(input)
    } else {
        query += usize::from(query != 0);
        fragment += usize::from(fragment != 0);
        with_slash(input, path_start)
    };
    Some(Url {
        href,
        scheme_end: start as u32 - 3,
        username_end: start as u32,
        host_start: start as u32,
        host_end: path_start as u32,
        path_start: path_start as u32,
        query_start: query as u32,
        fragment_start: fragment as u32,
        kind,
        form: Form::Domain,
    })
}

#[cold]
fn with_slash(input: &str, at: usize) -> String {
    let mut href = String::with_capacity(input.len() + 1);
    href.push_str(&input[..at]);
    href.push('/');
    href.push_str(&input[at..]);
    href
}

/// Whether the input surely parses: what follows such a host can't make it fail.
#[inline]
pub(super) fn can_parse(input: &str) -> bool {
    // An input of more than a gigabyte may become too long by encoding.
    let octets = input.as_bytes();
    let Some((_, start)) = scheme(octets) else { return false };
    let rest = &octets[start..];
    let host = match (block(rest, 0), block(rest, BLOCK)) {
        (Some(a), Some(b)) => host_octets(a) | host_octets(b) << BLOCK,
        (Some(a), None) => host_octets(a),
        _ => return false,
    };
    let host_end = (!host).trailing_zeros() as usize;
    work::add(host_end);
    host_end != 0
        && matches!(rest.get(host_end), None | Some(b'/' | b'?' | b'#'))
        && !may_be_ipv4(&rest[..host_end])
        && input.len() < 1 << 30
}
