//! Encoded words (RFC 2047, with the language of RFC 2231 5): text beyond ASCII in header fields.
//!
//! They are decoded only where they may stand: in unstructured text when white space is around them, in comments, and
//! as words of a phrase. Never in a quoted string, never in an address.
//!
//! ```
//! use plainwire::mime::decode_text;
//!
//! assert_eq!(decode_text(b"=?iso-8859-1?q?Andr=E9?= =?utf-8?b?w6k=?= (x=?utf-8?q?y?=)"), "Andréé (x=?utf-8?q?y?=)");
//! ```

use super::charset::{Charset, utf8};
use super::defect::{Defect, DefectKind};
use crate::syntax::token::is_fws;
use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

/// One encoded word, taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Word<'a> {
    charset: &'a [u8],
    base64: bool,
    payload: &'a [u8],
    /// How long it is, from `=?` to `?=`.
    pub(crate) len: usize,
}

impl<'a> Word<'a> {
    /// The encoded word that begins at the front of `text`. Words longer than the 75 octets of RFC 2047 2 are met in
    /// the wild and taken; a fold within one is not.
    pub(crate) fn at(text: &'a [u8]) -> Option<Self> {
        let inner = text.strip_prefix(b"=?")?;
        let charset_end = inner.iter().position(|octet| !is_charset_octet(*octet))?;
        let (charset, rest) = inner.split_at(charset_end);
        let &[b'?', encoding, b'?', ref rest @ ..] = rest else { return None };
        let base64 = match encoding {
            b'B' | b'b' => true,
            b'Q' | b'q' => false,
            _ => return None,
        };
        let end = rest.iter().position(|octet| matches!(octet, b'?' | 0..=b' ' | 0x7f))?;
        crate::work::add(charset_end + end);
        if rest.get(end..end + 2) != Some(b"?=") || charset.is_empty() {
            return None;
        }
        // RFC 2231 5: the language of the text may follow its charset.
        let charset = charset.split(|octet| *octet == b'*').next().unwrap_or(charset);
        Some(Self { charset, base64, payload: &rest[..end], len: charset_end_of(inner, rest) + end + 4 })
    }

    /// The octets that it holds; `None` where they can't be told.
    fn octets(&self, into: &mut Vec<u8>) -> bool {
        if self.base64 { base64(self.payload, into) } else { q(self.payload, into) }
    }
}

/// How far the payload begins behind `=?`.
fn charset_end_of(inner: &[u8], rest: &[u8]) -> usize {
    inner.len() - rest.len()
}

fn is_charset_octet(octet: u8) -> bool {
    octet.is_ascii_graphic() && !matches!(octet, b'?' | b'=' | b'"' | b'(' | b')' | b'<' | b'>' | b'@' | b',')
}

// RFC 2047 4.2
fn q(payload: &[u8], into: &mut Vec<u8>) -> bool {
    let mut i = 0;
    while i < payload.len() {
        match payload[i] {
            b'_' => into.push(b' '),
            b'=' => {
                let digits = payload.get(i + 1..i + 3).and_then(|digits| Some((hex(digits[0])?, hex(digits[1])?)));
                let Some((high, low)) = digits else { return false };
                into.push(high << 4 | low);
                i += 2;
            }
            octet => into.push(octet),
        }
        i += 1;
    }
    true
}

#[inline]
pub(crate) fn hex(digit: u8) -> Option<u8> {
    let value = HEX[usize::from(digit)];
    (value < 16).then_some(value)
}

static HEX: [u8; 256] = {
    let mut table = [0xff; 256];
    let mut value = 0;
    while value < 16 {
        table[b"0123456789abcdef"[value] as usize] = value as u8;
        table[b"0123456789ABCDEF"[value] as usize] = value as u8;
        value += 1;
    }
    table
};

// RFC 2047 4.1; padding that is missing is met in the wild and forgiven.
fn base64(payload: &[u8], into: &mut Vec<u8>) -> bool {
    let digits = payload.iter().rposition(|octet| *octet != b'=').map_or(&payload[..0], |last| &payload[..=last]);
    if digits.len() % 4 == 1 {
        return false;
    }
    let (mut bits, mut held) = (0_u32, 0);
    for &digit in digits {
        let Some(sextet) = super::base64::sextet(digit) else { return false };
        bits = bits << 6 | u32::from(sextet);
        held += 6;
        if held >= 8 {
            held -= 8;
            into.push((bits >> held) as u8);
        }
    }
    true
}

/// Joins the words of a run before the charset is applied: a character may be cut by the end of a word (which RFC 2047
/// 5 forbids, and senders do).
#[derive(Default)]
pub(crate) struct Run<'a> {
    charset: &'a [u8],
    octets: Vec<u8>,
}

impl<'a> Run<'a> {
    /// Appends a word to the run; its text goes to `text` when the charset changes or the run [ends](Self::end).
    /// Returns `false`, and changes nothing, where the word can't be decoded.
    pub(crate) fn push(&mut self, word: &Word<'a>, text: &mut String) -> bool {
        if Charset::named(word.charset).is_none() {
            return false;
        }
        if !self.octets.is_empty() && !self.charset.eq_ignore_ascii_case(word.charset) {
            let mut octets = Vec::new();
            if !word.octets(&mut octets) {
                return false;
            }
            self.end(text);
            (self.charset, self.octets) = (word.charset, octets);
            return true;
        }
        let before = self.octets.len();
        self.octets.reserve(word.payload.len());
        if !word.octets(&mut self.octets) {
            self.octets.truncate(before);
            return false;
        }
        self.charset = word.charset;
        true
    }

    /// The run ends here: its text is appended. Returns whether all octets were of the charset.
    pub(crate) fn end(&mut self, text: &mut String) -> bool {
        if self.octets.is_empty() {
            return true;
        }
        let (decoded, bad) = Charset::named(self.charset).unwrap_or(Charset::UTF_8).decode(&self.octets);
        text.push_str(&decoded);
        self.octets.clear();
        bad.is_none()
    }
}

/// The text of an unstructured field: folds undone, encoded words decoded, white space at both ends gone.
///
/// Octets that are not UTF-8 read as U+FFFD. The value is what the sender meant, so it may hold any character, line
/// breaks included, if it was encoded so: escape it for a terminal, and never paste it into another header.
pub fn decode_text(value: &[u8]) -> Cow<'_, str> {
    decode_text_with(value, &mut Vec::new())
}

/// As [`decode_text`], with the defects noted.
pub fn decode_text_with<'a>(value: &'a [u8], defects: &mut Vec<Defect>) -> Cow<'a, str> {
    crate::work::add(value.len());
    let lead = value.len() - value.trim_ascii_start().len();
    let trimmed = value.trim_ascii();
    // A fold is an LF; an encoded word begins with `=?`.
    let plain = memchr::memchr2(b'\n', b'=', trimmed).is_none_or(|at| {
        memchr::memchr(b'\n', &trimmed[at..]).is_none() && memchr::memmem::find(trimmed, b"=?").is_none()
    });
    if plain {
        let (text, bad) = utf8(trimmed);
        defects.extend(bad.map(|bad| Defect::at(DefectKind::NotUtf8, lead + bad)));
        return text;
    }
    let mut text = Text { out: String::with_capacity(trimmed.len()), defects, run: Run::default(), start: lead };
    text.words(trimmed, false);
    Cow::Owned(text.out)
}

/// Decodes the encoded words of a structured field whose grammar is not known, for showing it: those outside quoted
/// strings and angle brackets, with white space, a comma or a parenthesis on both sides.
pub(crate) fn decode_structured(value: &[u8]) -> Cow<'_, str> {
    crate::work::add(value.len());
    let trimmed = value.trim_ascii();
    if memchr::memchr(b'\n', trimmed).is_none() && memchr::memmem::find(trimmed, b"=?").is_none() {
        return utf8(trimmed).0;
    }
    let mut defects = Vec::new();
    let mut text =
        Text { out: String::with_capacity(trimmed.len()), defects: &mut defects, run: Run::default(), start: 0 };
    text.words(trimmed, true);
    Cow::Owned(text.out)
}

struct Text<'a, 'd> {
    out: String,
    defects: &'d mut Vec<Defect>,
    run: Run<'a>,
    start: usize,
}

impl<'a> Text<'a, '_> {
    /// Goes over text, word by word.
    fn words(&mut self, value: &'a [u8], structured: bool) {
        // What stands since the last encoded word and is white space alone, which is no text between two of them.
        let mut gap = 0..0;
        let mut after_word = false;
        let mut i = 0;
        while i < value.len() {
            if structured && matches!(value[i], b'"' | b'<' | b'[') {
                self.gap(&value[gap.clone()]);
                let close = match value[i] {
                    b'"' => crate::syntax::token::quoted_end(value, i),
                    b'[' => crate::syntax::token::literal_end(value, i),
                    _ => memchr::memchr(b'>', &value[i..]).map(|at| i + at + 1),
                };
                let end = close.unwrap_or(value.len());
                self.literal(&value[i..end], i);
                (gap, after_word) = (end..end, false);
                i = end;
                continue;
            }
            let white = i;
            while i < value.len() && is_fws(value[i]) {
                i += 1;
            }
            gap.end = i;
            let begins =
                white < i || i == 0 || after_word || (structured && matches!(value[i - 1], b',' | b'(' | b':'));
            let word = if begins { Word::at(&value[i..]) } else { None };
            let word = word.filter(|word| {
                value[i + word.len..].first().is_none_or(|next| {
                    is_fws(*next)
                        || (structured && matches!(next, b',' | b')' | b';' | b'<'))
                        // Words that touch are met in the wild, and can mean one thing only.
                        || Word::at(&value[i + word.len..]).is_some()
                })
            });
            if let Some(word) = word {
                if !after_word {
                    self.gap(&value[gap.clone()]);
                }
                if self.run.push(&word, &mut self.out) {
                    after_word = true;
                } else {
                    if after_word {
                        self.gap(&value[gap.clone()]);
                    }
                    self.defect(DefectKind::InvalidEncodedWord, i);
                    self.literal(&value[i..i + word.len], i);
                    after_word = false;
                }
                i += word.len;
                gap = i..i;
                continue;
            }
            self.gap(&value[gap.clone()]);
            let end = i + plain_len(&value[i..], structured);
            self.literal(&value[i..end], i);
            (i, gap, after_word) = (end, end..end, false);
        }
        self.gap(&[]);
    }

    /// White space of the value: kept, without the line breaks of folds.
    fn gap(&mut self, white: &[u8]) {
        if !self.run.end(&mut self.out) {
            self.defect(DefectKind::InvalidCharset, 0);
        }
        for (at, octet) in white.iter().enumerate() {
            // A bare CR is no fold.
            if *octet != b'\n' && !(*octet == b'\r' && white.get(at + 1) == Some(&b'\n')) {
                self.out.push(char::from(*octet));
            }
        }
    }

    fn literal(&mut self, octets: &[u8], at: usize) {
        let mut rest = octets;
        // Within a quoted string a fold may stand, too.
        while let Some(lf) = memchr::memchr(b'\n', rest) {
            let line = rest[..lf].strip_suffix(b"\r").unwrap_or(&rest[..lf]);
            self.out.push_str(&utf8(line).0);
            rest = &rest[lf + 1..];
        }
        let (text, bad) = utf8(rest);
        self.out.push_str(&text);
        if let Some(bad) = bad {
            self.defect(DefectKind::NotUtf8, at + (octets.len() - rest.len()) + bad);
        }
    }

    fn defect(&mut self, kind: DefectKind, at: usize) {
        self.defects.push(Defect::at(kind, self.start + at));
    }
}

/// How far text goes on that is no white space: at least one octet.
fn plain_len(text: &[u8], structured: bool) -> usize {
    let stop = |octet: &u8| is_fws(*octet) || (structured && matches!(octet, b'"' | b'<' | b'[' | b',' | b'(' | b':'));
    match text.iter().position(stop) {
        // The stop itself is text where it does not open something.
        Some(0) => 1,
        Some(at) if structured && matches!(text[at], b',' | b'(' | b':') => at + 1,
        Some(at) => at,
        None => text.len(),
    }
}
