//! Replies, both directions.

use super::syntax::words;
use crate::work;
use alloc::borrow::Cow;
use bytes::{BufMut, BytesMut};
use core::fmt;
use memchr::memchr;

/// A reply code (RFC 5321 4.2): 200 to 559, less those whose second digit is above 5.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code(u16);

impl Code {
    /// The code of that number, if it is one.
    pub const fn new(number: u16) -> Option<Self> {
        match (number / 100, number / 10 % 10) {
            (2..=5, 0..=5) => Some(Self(number)),
            _ => None,
        }
    }

    /// The number.
    pub const fn number(self) -> u16 {
        self.0
    }

    /// 2yz: done.
    pub const fn is_positive(self) -> bool {
        self.0 / 100 == 2
    }

    /// 3yz: go on.
    pub const fn is_intermediate(self) -> bool {
        self.0 / 100 == 3
    }

    /// 4yz: not now.
    pub const fn is_transient(self) -> bool {
        self.0 / 100 == 4
    }

    /// 5yz: not at all.
    pub const fn is_permanent(self) -> bool {
        self.0 / 100 == 5
    }

    fn read(digits: [u8; 3]) -> Option<Self> {
        words::number(&digits, 3).and_then(|number| Self::new(number as u16))
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// An enhanced status code (RFC 3463, RFC 2034): `5.1.1`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Enhanced {
    class: u8,
    subject: u16,
    detail: u16,
}

impl Enhanced {
    /// The code of these three numbers, where they are in range.
    pub const fn new(class: u8, subject: u16, detail: u16) -> Option<Self> {
        match class {
            2 | 4 | 5 if subject < 1000 && detail < 1000 => Some(Self { class, subject, detail }),
            _ => None,
        }
    }

    /// 2, 4 or 5.
    pub const fn class(self) -> u8 {
        self.class
    }

    /// What it is about: 0 to 999.
    pub const fn subject(self) -> u16 {
        self.subject
    }

    /// What exactly: 0 to 999.
    pub const fn detail(self) -> u16 {
        self.detail
    }

    /// The code at the front of `text`, and what follows it and one space.
    fn read(text: &[u8]) -> Option<(Self, &[u8])> {
        let (word, rest) = match memchr(b' ', &text[..text.len().min(10)]) {
            Some(at) => (&text[..at], &text[at + 1..]),
            None => (text, &text[text.len()..]),
        };
        let mut parts = word.splitn(3, |octet| *octet == b'.');
        let (class, subject, detail) = (parts.next()?, parts.next()?, parts.next()?);
        let part = |part| words::number(part, 3).map(|number| number as u16);
        Some((Self::new(words::number(class, 1)? as u8, part(subject)?, part(detail)?)?, rest))
    }
}

impl fmt::Display for Enhanced {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.class, self.subject, self.detail)
    }
}

impl fmt::Debug for Enhanced {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// A reply that a server gave: one line or several, held as they came.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Reply<B> {
    code: Code,
    enhanced: Option<Enhanced>,
    /// Every line with its code, separator and CRLF.
    text: B,
}

impl<B> Reply<B> {
    /// The reply code, which is the same in every line.
    pub const fn code(&self) -> Code {
        self.code
    }

    /// The enhanced status code of the first line, where there is one of the code's own class (RFC 2034 4).
    pub const fn enhanced(&self) -> Option<Enhanced> {
        self.enhanced
    }

    /// With its octets held otherwise.
    pub fn map<C>(self, keep: impl FnOnce(B) -> C) -> Reply<C> {
        Reply { code: self.code, enhanced: self.enhanced, text: keep(self.text) }
    }
}

/// The lines as they came: the codes stand in them.
impl<B: fmt::Debug> fmt::Debug for Reply<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Reply").field(&self.text).finish()
    }
}

impl<B: AsRef<[u8]>> Reply<B> {
    /// The lines' text: without code, separator and CRLF, and without the enhanced code where the line has it. Octets
    /// that are printable ASCII, tabs, or above ASCII and of no known character set.
    pub fn lines(&self) -> impl Iterator<Item = &[u8]> {
        let enhanced = self.enhanced;
        let mut rest = self.text.as_ref();
        core::iter::from_fn(move || {
            let end = memchr(b'\n', rest)?;
            let line = rest.get(4..end.saturating_sub(1)).unwrap_or_default();
            rest = &rest[end + 1..];
            Some(match Enhanced::read(line) {
                Some((found, text)) if Some(found) == enhanced => text,
                _ => line,
            })
        })
    }

    /// The lines' text as characters, one line below the other. What is no text, and what a terminal would take for an
    /// order, stands as U+FFFD.
    pub fn to_text(&self) -> alloc::string::String {
        let mut text = alloc::string::String::new();
        for line in self.lines() {
            if !text.is_empty() {
                text.push('\n');
            }
            let characters = alloc::string::String::from_utf8_lossy(line);
            text.extend(characters.chars().map(|c| if c.is_control() && c != '\t' { '\u{FFFD}' } else { c }));
        }
        text
    }

    /// The lines as they came.
    pub fn as_bytes(&self) -> &[u8] {
        self.text.as_ref()
    }
}

/// What is wrong with a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReplyError {
    /// A line that does not begin with a code and a separator, or has a control character or a CR or LF of its own.
    #[error("not a reply line")]
    Syntax,
    /// A line whose code is not the first line's (RFC 5321 4.2.1).
    #[error("two codes in one reply")]
    Codes,
    /// A line longer than its limit, or a reply that is.
    #[error("reply longer than its limit")]
    TooLong,
}

/// Takes replies off an input that grows at its end, without looking at an octet twice.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Replies {
    /// The lines so far end here.
    whole: usize,
    /// No line end before here.
    scanned: usize,
    code: Option<Code>,
}

impl Replies {
    pub(super) const fn new() -> Self {
        Self { whole: 0, scanned: 0, code: None }
    }

    /// Nothing of a reply has come yet, as far as was looked.
    pub(super) const fn untouched(&self) -> bool {
        self.scanned == 0
    }

    /// Takes the first reply, or `None` while it is not whole. `line` and `all` limit octets with their CRLFs. An error
    /// comes with its offset from the front of `input`.
    pub(super) fn take<'i>(
        &mut self,
        input: &mut &'i [u8],
        line: usize,
        all: usize,
    ) -> Result<Option<Reply<&'i [u8]>>, (usize, ReplyError)> {
        let text = *input;
        loop {
            let limit = self.whole.saturating_add(line).min(all);
            let visible = &text[..text.len().min(limit)];
            let Some(found) = memchr(b'\n', &visible[self.scanned.min(visible.len())..]) else {
                work::add(visible.len().saturating_sub(self.scanned));
                self.scanned = self.scanned.max(visible.len());
                return if text.len() >= limit { Err((limit, ReplyError::TooLong)) } else { Ok(None) };
            };
            work::add(found + 1);
            let end = self.scanned + found;
            let whole = &visible[self.whole..end];
            let (code, last) = read_line(whole).map_err(|at| (self.whole + at, ReplyError::Syntax))?;
            if self.code.is_some_and(|first| first != code) {
                return Err((self.whole, ReplyError::Codes));
            }
            if last {
                let (taken, rest) = text.split_at(end + 1);
                *input = rest;
                *self = Self::new();
                let enhanced = taken.get(4..).and_then(Enhanced::read).map(|(enhanced, _)| enhanced);
                let enhanced = enhanced.filter(|enhanced| u16::from(enhanced.class) == code.0 / 100);
                return Ok(Some(Reply { code, enhanced, text: taken }));
            }
            (self.code, self.whole, self.scanned) = (Some(code), end + 1, end + 1);
        }
    }
}

/// Reply-line = Reply-code ( "-" / SP ) [ textstring ], and the code alone; `line` still has its CR. On error, where.
fn read_line(line: &[u8]) -> Result<(Code, bool), usize> {
    let Some((line, b'\r')) = line.split_last().map(|(cr, line)| (line, *cr)) else { return Err(line.len()) };
    let code = line.first_chunk::<3>().and_then(|digits| Code::read(*digits)).ok_or(0usize)?;
    let last = match line.get(3) {
        None | Some(b' ') => true,
        Some(b'-') => false,
        Some(_) => return Err(3),
    };
    work::add(line.len());
    match line.iter().position(|octet| !matches!(octet, b'\t' | b' '..=b'~' | 0x80..)) {
        Some(at) => Err(at),
        None => Ok((code, last)),
    }
}

/// An answer that a server's caller gives: a code and one line of text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    code: Code,
    enhanced: Option<Enhanced>,
    text: Cow<'static, str>,
}

/// Not an answer: a text that would end its line or is too long for one, or an enhanced code of another class.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an answer: a code or text that can't stand in a reply line")]
pub struct InvalidAnswer;

impl Answer {
    /// An answer. The enhanced code is of the code's class (RFC 2034 4); the text is printable and, with the codes, at
    /// most 510 octets long (RFC 5321 4.5.3.1.5).
    pub fn new(
        code: u16,
        enhanced: impl Into<Option<(u8, u16, u16)>>,
        text: impl Into<Cow<'static, str>>,
    ) -> Result<Self, InvalidAnswer> {
        let (code, text) = (Code::new(code).ok_or(InvalidAnswer)?, text.into());
        let enhanced = match enhanced.into() {
            None => None,
            Some((class, ..)) if u16::from(class) != code.0 / 100 => return Err(InvalidAnswer),
            Some((class, subject, detail)) => Some(Enhanced::new(class, subject, detail).ok_or(InvalidAnswer)?),
        };
        // "250 2.123.456 " and the CRLF.
        if !words::printable(text.as_bytes()) || text.len() > 512 - 16 {
            return Err(InvalidAnswer);
        }
        Ok(Self { code, enhanced, text })
    }

    /// One of the engine's own.
    pub(crate) const fn fixed(code: u16, (class, subject, detail): (u8, u16, u16), text: &'static str) -> Self {
        Self { code: Code(code), enhanced: Some(Enhanced { class, subject, detail }), text: Cow::Borrowed(text) }
    }

    /// The reply code.
    pub const fn code(&self) -> Code {
        self.code
    }

    /// The enhanced status code.
    pub const fn enhanced(&self) -> Option<Enhanced> {
        self.enhanced
    }

    /// The text behind the codes.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Appends the reply line. Without `enhanced` the code of that name is left out, as before `EHLO`.
    pub(super) fn write(&self, enhanced: bool, out: &mut BytesMut) {
        put_number(self.code.0, out);
        if let (true, Some(code)) = (enhanced, self.enhanced) {
            out.put_u8(b' ');
            put_number(u16::from(code.class), out);
            out.put_u8(b'.');
            put_number(code.subject, out);
            out.put_u8(b'.');
            put_number(code.detail, out);
        }
        if !self.text.is_empty() {
            out.put_u8(b' ');
            out.put_slice(self.text.as_bytes());
        }
        out.put_slice(b"\r\n");
    }
}

fn put_number(number: u16, out: &mut BytesMut) {
    let digits = [(number / 100 % 10) as u8 + b'0', (number / 10 % 10) as u8 + b'0', (number % 10) as u8 + b'0'];
    let skip = if number >= 100 {
        0
    } else if number >= 10 {
        1
    } else {
        2
    };
    out.put_slice(&digits[skip..]);
}
