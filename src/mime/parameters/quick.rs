//! One parameter of a field, without reading the others where that is enough.

use super::{PLAIN, is_plain};
use crate::mime::name::is;
use crate::syntax::token::{is_mime_token, run, skip_fws};
use wide::u8x16;

/// What a look at a field without oddities finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Quick<T> {
    /// The value of the parameter.
    Value(T),
    /// There is no such parameter.
    Absent,
    /// Something needs a closer look.
    Unsure,
}

impl<T> Quick<T> {
    /// The same of what `to` makes of the value.
    fn and_then<U>(self, to: impl FnOnce(T) -> Quick<U>) -> Quick<U> {
        match self {
            Self::Value(value) => to(value),
            Self::Absent => Quick::Absent,
            Self::Unsure => Quick::Unsure,
        }
    }
}

/// Looks for one parameter of a field that is written as most are: tokens and quoted strings, no comments, no escapes,
/// no sections. Where it finds anything else, it says so.
pub(crate) fn quick<'a>(value: &'a [u8], name: &str, limit: usize) -> Quick<&'a str> {
    // It is text.
    let text = |octets| core::str::from_utf8(octets).map_or(Quick::Unsure, Quick::Value);
    quick_octets(value, plain_end(value), name, limit).and_then(text)
}

/// The same, whose value is UTF-8, for those who need no text. What stands before `front` has no parameters.
pub(crate) fn quick_octets<'a>(value: &'a [u8], front: usize, name: &str, limit: usize) -> Quick<&'a [u8]> {
    look(value, front, name, limit, |behind| behind.is_empty() || (behind[0] == b';' && !may_name(behind, name)))
}

/// The same, and sure only where nothing in the whole field is odd.
pub(crate) fn quick_whole<'a>(value: &'a [u8], front: usize, name: &str, limit: usize) -> Quick<&'a [u8]> {
    look(value, front, name, limit, <[u8]>::is_empty)
}

/// Takes the first parameter where it is the one and what stands behind it may; else walks over all of them.
fn look<'a>(
    value: &'a [u8],
    front: usize,
    name: &str,
    limit: usize,
    may_follow: impl Fn(&[u8]) -> bool,
) -> Quick<&'a [u8]> {
    let at = match value.get(front) {
        Some(b';') => Some(front),
        Some(_) => memchr::memchr3(b';', b'(', b'"', &value[front..]).map(|at| front + at),
        None => None,
    };
    let Some(at) = at else {
        crate::work::add(value.len());
        return Quick::Absent;
    };
    if limit > 0
        && let Some((octets, behind)) = first(value, at, name)
        && may_follow(behind)
    {
        return Quick::Value(octets);
    }
    walked(value, name, limit).and_then(|text| Quick::Value(text.as_bytes()))
}

/// The value of the first parameter, where that is the one, and what follows it. `None` says only that all have to be
/// walked over.
fn first<'a>(value: &'a [u8], at: usize, name: &str) -> Option<(&'a [u8], &'a [u8])> {
    let start = skip_fws(value, at + 1);
    let (known, text) = value[start..].split_at_checked(name.len())?;
    if value[at] != b';' || !is_name(known, name) {
        return None;
    }
    let (octets, behind) = match text {
        [b'=', b'"', inner @ ..] => {
            let len = stop(inner).filter(|len| inner[*len] == b'"')?;
            (&inner[..len], &inner[len + 1..])
        }
        [b'=', text @ ..] => text.split_at(run(text, 0, is_mime_token)),
        _ => return None,
    };
    crate::work::add(value.len() - at - behind.len());
    // A token has to be something; what is in quotes need not.
    (!octets.is_empty() || text[1..].starts_with(b"\"")).then_some((octets, behind))
}

/// Is `known`, of the same length, `name` in any case? Those that are asked for go word by word.
pub(crate) fn is_name(known: &[u8], name: &str) -> bool {
    match name {
        "name" => is!(known, b"name"),
        "charset" => is!(known, b"charset"),
        "boundary" => is!(known, b"boundary"),
        "filename" => is!(known, b"filename"),
        _ => known.eq_ignore_ascii_case(name.as_bytes()),
    }
}

/// Where the type ends that is just `text/plain`; 0 where it is anything else.
pub(super) fn plain_end(value: &[u8]) -> usize {
    if value.first() == Some(&b' ') && is_plain(value, 1) { 1 + PLAIN.len() } else { 0 }
}

/// The first `"`, and what a quoted string may not have to be taken as it stands: `\\`, LF, `?` (an encoded word), and
/// octets beyond ASCII.
fn stop(text: &[u8]) -> Option<usize> {
    let wide = |octets: u8x16| octets.max(u8x16::splat(0x80)).simd_eq(octets) | octets.simd_eq(u8x16::splat(b'?'));
    ending(text, wide, |octet| matches!(octet, b'?' | 0x80..))
}

/// Could a parameter of that name be in the value? It can't where its first two letters stand nowhere side by side.
pub(super) fn may_name(value: &[u8], name: &str) -> bool {
    let [first, second, ..] = name.as_bytes() else { return true };
    crate::work::add(value.len());
    let both = |window: &[u8; 17]| {
        let (Some(one), Some(other)) = (window.first_chunk::<16>(), window.last_chunk::<16>()) else { return true };
        let case = u8x16::splat(0x20);
        let is = |octets: &[u8; 16], letter: u8| (u8x16::new(*octets) | case).simd_eq(u8x16::splat(letter));
        (is(one, *first) & is(other, *second)).to_bitmask() != 0
    };
    let Some(last) = value.last_chunk::<17>() else {
        return value.windows(2).any(|pair| pair[0] | 0x20 == *first && pair[1] | 0x20 == *second);
    };
    let mut at = 0;
    while let Some(window) = value[at..].first_chunk::<17>() {
        if both(window) {
            return true;
        }
        at += 16;
    }
    both(last)
}

/// As [`quick`], one parameter after the other.
pub(crate) fn walked<'a>(value: &'a [u8], name: &str, limit: usize) -> Quick<&'a str> {
    // What most types are has none of these in it.
    let front = plain_end(value);
    let Some(at) = memchr::memchr3(b';', b'(', b'"', &value[front..]) else { return Quick::Absent };
    let mut at = front + at;
    let mut found = None;
    let mut count = 0;
    while at < value.len() {
        if value[at] != b';' || count > limit {
            return Quick::Unsure;
        }
        let start = skip_fws(value, at + 1);
        let end = run(value, start, |octet| is_mime_token(octet) && octet != b'*');
        crate::work::add(end - at);
        if start == end {
            at = start;
            if at < value.len() && value[at] != b';' {
                return Quick::Unsure;
            }
            continue;
        }
        count += 1;
        if value.get(end) != Some(&b'=') {
            return Quick::Unsure;
        }
        let from = end + 1;
        let (text, behind) = if value.get(from) == Some(&b'"') {
            match quote(&value[from + 1..]) {
                Some(len) if value[from + 1 + len] == b'"' => (&value[from + 1..from + 1 + len], from + len + 2),
                _ => return Quick::Unsure,
            }
        } else {
            let to = run(value, from, is_mime_token);
            if to == from {
                return Quick::Unsure;
            }
            (&value[from..to], to)
        };
        let same = end - start == name.len() && value[start..end].eq_ignore_ascii_case(name.as_bytes());
        if same && found.replace(text).is_some() {
            return Quick::Unsure;
        }
        at = skip_fws(value, behind);
        crate::work::add(at - end);
    }
    match found.map(core::str::from_utf8) {
        None => Quick::Absent,
        Some(Ok(text)) if !text.as_bytes().windows(2).any(|pair| pair == b"=?") => Quick::Value(text),
        Some(_) => Quick::Unsure,
    }
}

/// Where a quoted string ends, or is no longer as it stands: the first `"`, `\` or LF.
fn quote(text: &[u8]) -> Option<usize> {
    ending(text, |_| u8x16::splat(0), |_| false)
}

/// The first `"`, `\`, LF, or what `others` says of sixteen octets and `other` of one.
#[inline]
fn ending(text: &[u8], others: impl Fn(u8x16) -> u8x16, other: impl Fn(u8) -> bool) -> Option<usize> {
    let (blocks, rest) = text.as_chunks::<16>();
    for (at, block) in blocks.iter().enumerate() {
        let octets = u8x16::new(*block);
        let is = |octet| octets.simd_eq(u8x16::splat(octet));
        let hits = (is(b'"') | is(b'\\') | is(b'\n') | others(octets)).to_bitmask();
        if hits != 0 {
            return Some(16 * at + hits.trailing_zeros() as usize);
        }
    }
    let at = rest.iter().position(|octet| matches!(octet, b'"' | b'\\' | b'\n') || other(*octet))?;
    Some(text.len() - rest.len() + at)
}
