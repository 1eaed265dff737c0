//! Which transfer encoding a text gets: by looking at it.

use super::Form;
use crate::mime::encoding::Encoding;
use alloc::vec::Vec;

/// The longest line that mail carries, without CRLF (RFC 5322 2.1.1).
const LONGEST: usize = 998;

/// What stands in a text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Look {
    /// Octets above 127.
    pub(super) high: usize,
    /// NUL, other controls but tab, DEL, and CR that no LF follows.
    pub(super) controls: usize,
    /// The longest line.
    pub(super) longest: usize,
    /// A line break that is LF alone.
    pub(super) bare_lf: bool,
    /// A NUL, or a CR without LF.
    pub(super) unfit: bool,
}

pub(super) fn look(text: &[u8]) -> Look {
    crate::work::add(text.len());
    let mut look = Look::default();
    let mut rest = text;
    loop {
        let (line, end) = match memchr::memchr(b'\n', rest) {
            Some(lf) => (&rest[..lf], lf + 1),
            None => (rest, rest.len()),
        };
        let ended = line.len() < end;
        let content = if ended { line.strip_suffix(b"\r") } else { None };
        look.bare_lf |= ended && content.is_none();
        let content = content.unwrap_or(line);
        look.longest = look.longest.max(content.len());
        for &octet in content {
            look.high += usize::from(octet >= 0x80);
            look.controls += usize::from((octet < b' ' && octet != b'\t') || octet == 0x7f);
            look.unfit |= octet == 0 || octet == b'\r';
        }
        rest = &rest[end..];
        if !ended {
            return look;
        }
    }
}

impl Look {
    /// The encoding for a text of `len` octets.
    pub(super) fn encoding(self, len: usize, form: Form) -> Encoding {
        let lines = self.longest <= LONGEST && self.controls == 0;
        if lines && self.high == 0 {
            return Encoding::SevenBit;
        }
        if lines && form != Form::SevenBit {
            return Encoding::EightBit;
        }
        // An escape is three octets, base64 is four for three, each with its line breaks.
        if len + 2 * (self.high + self.controls) <= len / 3 * 4 + len / 20 {
            Encoding::QuotedPrintable
        } else {
            Encoding::Base64
        }
    }

    /// Can it go as it is, but for line breaks?
    pub(super) fn carries(self) -> bool {
        self.longest <= LONGEST && !self.unfit
    }
}

/// Appends a text with CRLF for every line break.
pub(super) fn canonical(text: &[u8], out: &mut Vec<u8>) {
    out.reserve(text.len() + text.len() / 32);
    let mut rest = text;
    while let Some(lf) = memchr::memchr(b'\n', rest) {
        out.extend_from_slice(rest[..lf].strip_suffix(b"\r").unwrap_or(&rest[..lf]));
        out.extend_from_slice(b"\r\n");
        rest = &rest[lf + 1..];
    }
    out.extend_from_slice(rest);
}
