//! The short way for the URLs that nearly all URLs are: `http` or `https`, a domain in lower case, a path, perhaps a
//! query and a fragment, and nothing in them that has to be written differently. Such an input is its own serialisation
//! (but for the slash of an empty path), so it is looked through in 16-octet blocks, copied once, and that is all.
//!
//! Everything else, right or wrong, is `None` or `false` here and goes the general way.

#![expect(clippy::inline_always, reason = "a call would put every block's masks into memory")]

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
fn block(octets: &[u8; BLOCK]) -> i8x16 {
    u8x16::new(*octets).cast_signed()
}

/// The first and the last sixteen of seventeen octets.
#[inline(always)]
fn both(octets: &[u8; BLOCK + 1]) -> (i8x16, i8x16) {
    let [first @ .., _] = octets;
    let [_, last @ ..] = octets;
    (block(first), block(last))
}

#[inline(always)]
const fn all(octet: u8) -> i8x16 {
    i8x16::new([octet.cast_signed(); BLOCK])
}

/// One bit for each octet of a domain that needs no change: letters in lower case, digits, `.`, `-`, `_`.
#[inline(always)]
fn host_octets(block: i8x16) -> u64 {
    let letters = block.simd_gt(all(b'a' - 1)) & block.simd_lt(all(b'z' + 1));
    // -./0123456789, less the slash
    let others = block.simd_gt(all(b'-' - 1)) & block.simd_lt(all(b'9' + 1)) & !block.simd_eq(all(b'/'));
    u64::from((letters | others | block.simd_eq(all(b'_'))).to_bitmask())
}

/// The octets that some part of the URL can't have as they are, all bits set: controls, space, non-ASCII, and
/// `` " < > \ ^ ` { | } ``. Some of these are allowed in some parts, and `!` is in all; they are rare.
#[inline(always)]
fn strange(block: i8x16) -> i8x16 {
    // `<`, `>`, `\`, `^`, `|` and `~` are alike in these bits, and nothing else is that isn't strange.
    let alike = (block & all(0x9D)).simd_eq(all(0x1C));
    // Signed: what is above 0x7F is below `#`.
    block.simd_lt(all(b'#')) | (block.simd_gt(all(b'z')) | alike) & !block.simd_eq(all(b'~')) | block.simd_eq(all(b'`'))
}

/// Where a slash is followed by `.` or `%`, with which a dot segment may begin, or by one of ``!"#$&'()*+,-``, which is
/// rare. `next` is the block an octet further.
#[inline(always)]
fn dots(block: i8x16, next: i8x16) -> i8x16 {
    block.simd_eq(all(b'/')) & next.simd_lt(all(b'/'))
}

/// Where a query or a fragment may begin.
#[inline(always)]
fn marks(block: i8x16) -> i8x16 {
    block.simd_eq(all(b'?')) | block.simd_eq(all(b'#'))
}

/// Whether a domain of such octets may be an IPv4 address.
#[inline(always)]
fn may_be_ipv4(host: &[u8]) -> bool {
    match host.last() {
        // Neither a digit of any base nor the end of `0x`.
        Some(b'g'..=b'w' | b'y' | b'z') => false,
        _ => ends_in_number(host),
    }
}

#[inline(never)]
fn ends_in_number(host: &[u8]) -> bool {
    core::str::from_utf8(host).is_ok_and(ip::ends_in_number)
}

/// The URL, if it is one of those.
#[inline]
pub(super) fn parse(input: &str) -> Option<Url> {
    let octets = input.as_bytes();
    let (kind, start) = scheme(octets)?;
    let rest = &octets[start..];
    let length = rest.len();
    let (a, a_next) = both(rest.first_chunk()?);
    let (z_before, z) = both(rest.last_chunk()?);
    let last = length - (BLOCK + 1);
    let second = last.min(BLOCK);
    let (b, b_next) = both(rest[second..].first_chunk()?);
    let mut bad = strange(a) | strange(b) | strange(z) | dots(a, a_next) | dots(b, b_next) | dots(z_before, z);
    let mut marked = marks(a) | marks(b) | marks(z);
    let mut at = 2 * BLOCK;
    // Most URLs end within four blocks; the first time goes without a loop's branch.
    let (c, c_next) = both(rest[last.min(at)..].first_chunk()?);
    bad |= strange(c) | dots(c, c_next);
    marked |= marks(c);
    while at + 2 * BLOCK < length {
        at += BLOCK;
        let (c, c_next) = both(rest[last.min(at)..].first_chunk()?);
        bad |= strange(c) | dots(c, c_next);
        marked |= marks(c);
    }
    work::add(length);
    if bad.to_bitmask() != 0 || length > 1 << 30 {
        return None;
    }
    let host = host_octets(a) | host_octets(b) << second;
    let host_end = (!host).trailing_zeros() as usize;
    if host_end == 0 || may_be_ipv4(rest.get(..host_end)?) {
        return None;
    }
    let rooted = match rest.get(host_end) {
        Some(b'/') => true,
        None | Some(b'?' | b'#') => false,
        Some(_) => return None,
    };
    let (query, fragment) = if marked.to_bitmask() == 0 { (0, 0) } else { query_and_fragment(octets, start)? };
    let path_start = (start + host_end) as u32;
    let added = u32::from(!rooted);
    let href = if rooted { String::from(input) } else { with_slash(input, path_start as usize) };
    let start = start as u32;
    Some(Url {
        href,
        scheme_end: start - 3,
        username_end: start,
        host_start: start,
        host_end: path_start,
        path_start,
        query_start: if query == 0 { 0 } else { query + added },
        fragment_start: if fragment == 0 { 0 } else { fragment + added },
        kind,
        form: Form::Domain,
    })
}

/// Where the query and the fragment begin, 0 without them.
#[inline(never)]
fn query_and_fragment(octets: &[u8], start: usize) -> Option<(u32, u32)> {
    let Some(mark) = memchr::memchr2(b'?', b'#', &octets[start..]).map(|at| start + at) else { return Some((0, 0)) };
    if octets[mark] == b'#' {
        return Some((0, mark as u32));
    }
    let fragment = memchr::memchr(b'#', &octets[mark..]).map(|at| mark + at);
    // Special URLs encode it in the query, and only there.
    let query = &octets[mark..fragment.unwrap_or(octets.len())];
    (!query.contains(&b'\'')).then_some((mark as u32, fragment.unwrap_or(0) as u32))
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
    let octets = input.as_bytes();
    let Some((_, start)) = scheme(octets) else { return false };
    let rest = &octets[start..];
    let Some(last) = rest.len().checked_sub(BLOCK) else { return false };
    let second = last.min(BLOCK);
    let (Some(a), Some(b)) = (rest.first_chunk(), rest[second..].first_chunk()) else { return false };
    let host = host_octets(block(a)) | host_octets(block(b)) << second;
    let host_end = (!host).trailing_zeros() as usize;
    work::add(host_end);
    host_end != 0
        && matches!(rest.get(host_end), None | Some(b'/' | b'?' | b'#'))
        && !may_be_ipv4(&rest[..host_end])
        // A longer input may become too long by encoding.
        && input.len() < 1 << 30
}
