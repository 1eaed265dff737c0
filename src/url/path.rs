//! Paths as lists of segments: the path state of the standard, a text at a time.
//!
//! A path is kept as it is serialised, `/` before each segment, so that a segment is appended by appending text and the
//! last one is taken away by cutting at the last `/`: every octet is written once and taken away at most once.

use super::scheme::Kind;
use crate::syntax::percent::{self, PATH};
use crate::work;
use alloc::string::String;

const ENCODE: u8 = 1;
const BACKSLASH: u8 = 2;
/// `.` or `%`, with which a dot segment may begin.
const DOT: u8 = 4;

static CLASS: [u8; 256] = classes();

const fn classes() -> [u8; 256] {
    let mut table = [0; 256];
    let mut octet = 0;
    while octet < 256 {
        let here = octet as u8;
        if PATH.contains(here) {
            table[octet] = ENCODE;
        } else if here == b'\\' {
            table[octet] = BACKSLASH;
        } else if here == b'.' || here == b'%' {
            table[octet] = DOT;
        }
        octet += 1;
    }
    table
}

/// Appends the segments of `text` to the path that begins at `start` in `out`. The slash before the first one, where
/// the standard takes it as read, is not in `text`; an empty `text` is one empty segment.
pub(super) fn append(out: &mut String, start: usize, text: &str, kind: Kind) {
    let octets = text.as_bytes();
    work::add(octets.len());
    let seen = octets.iter().fold(0, |seen, octet| seen | CLASS[usize::from(*octet)]);
    let special = if kind.is_special() { BACKSLASH } else { 0 };
    if seen & (ENCODE | DOT | special) == 0 && !kind.is_file() {
        out.push('/');
        out.push_str(text);
        return;
    }
    work::add(octets.len());
    let mut rest = text;
    loop {
        let end = rest.bytes().position(|octet| kind.is_slash(octet));
        let segment = &rest[..end.unwrap_or(rest.len())];
        match Dots::of(segment.as_bytes()) {
            Dots::Two => {
                shorten(out, start, kind);
                if end.is_none() {
                    out.push('/');
                }
            }
            Dots::One => {
                if end.is_none() {
                    out.push('/');
                }
            }
            Dots::None => {
                let first = out.len() == start;
                out.push('/');
                if first && kind.is_file() && is_drive_letter(segment.as_bytes()) {
                    // C| is C:
                    out.push_str(&segment[..1]);
                    out.push(':');
                } else if seen & ENCODE != 0 {
                    percent::encode_onto(segment.as_bytes(), &PATH, out);
                } else {
                    out.push_str(segment);
                }
            }
        }
        match end {
            Some(end) => rest = &rest[end + 1..],
            None => return,
        }
    }
}

/// Takes the last segment away, but not the drive letter of a `file` path ("shorten").
pub(super) fn shorten(out: &mut String, start: usize, kind: Kind) {
    let path = &out.as_bytes()[start..];
    if kind.is_file() && is_lone_drive(path) {
        return;
    }
    if let Some(last) = memchr::memrchr(b'/', path) {
        work::add(path.len() - last);
        out.truncate(start + last);
    }
}

/// A path of one segment, which is a drive letter with a colon.
pub(super) fn is_lone_drive(path: &[u8]) -> bool {
    matches!(path, [b'/', letter, b':'] if letter.is_ascii_alphabetic())
}

/// The drive letter with a colon that is a path's first segment, behind its slash.
pub(super) fn leading_drive(path: &str) -> Option<&str> {
    match path.as_bytes() {
        [b'/', letter, b':', rest @ ..] if letter.is_ascii_alphabetic() && matches!(rest, [] | [b'/', ..]) => {
            Some(&path[..3])
        }
        _ => None,
    }
}

/// "Windows drive letter": a letter and `:` or `|`.
pub(super) fn is_drive_letter(segment: &[u8]) -> bool {
    matches!(segment, [letter, b':' | b'|'] if letter.is_ascii_alphabetic())
}

/// "Starts with a Windows drive letter".
pub(super) fn starts_with_drive_letter(text: &[u8]) -> bool {
    is_drive_letter(text.get(..2).unwrap_or_default()) && matches!(text.get(2), None | Some(b'/' | b'\\' | b'?' | b'#'))
}

/// What a segment does instead of being one.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Dots {
    None,
    One,
    Two,
}

impl Dots {
    /// "Single-dot" and "double-dot URL path segment", in all their spellings.
    #[inline]
    pub(super) fn of(segment: &[u8]) -> Self {
        let Some(rest) = strip_dot(segment) else { return Self::None };
        if rest.is_empty() {
            return Self::One;
        }
        match strip_dot(rest) {
            Some([]) => Self::Two,
            _ => Self::None,
        }
    }
}

#[inline]
fn strip_dot(segment: &[u8]) -> Option<&[u8]> {
    match segment {
        [b'.', rest @ ..] | [b'%', b'2', b'e' | b'E', rest @ ..] => Some(rest),
        _ => None,
    }
}
