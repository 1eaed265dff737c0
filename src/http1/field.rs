//! Field lines: names without case, values as octets, lists (RFC 9110 5).

use super::error::{Invalid, What};
use super::syntax::{TEXT, TOKEN, stray, trim};
use alloc::borrow::Cow;
use alloc::vec::Vec;
use core::fmt;

/// A field name: a token, compared without case, kept as it was spelled (RFC 9110 5.1).
#[derive(Clone, Copy)]
pub struct FieldName<'a>(&'a [u8]);

impl<'a> FieldName<'a> {
    /// A name; [`Invalid`] where it is no token.
    pub fn new(name: &'a str) -> Result<Self, Invalid> {
        match stray(name.as_bytes(), TOKEN) {
            Some(at) => Err(Invalid::new(What::FieldName, at)),
            None if name.is_empty() => Err(Invalid::new(What::FieldName, 0)),
            None => Ok(Self(name.as_bytes())),
        }
    }

    /// As it was spelled.
    pub fn as_str(self) -> &'a str {
        core::str::from_utf8(self.0).unwrap_or_default()
    }

    /// Its octets, all of them US-ASCII.
    pub const fn as_bytes(self) -> &'a [u8] {
        self.0
    }
}

impl PartialEq for FieldName<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(other.0)
    }
}

impl Eq for FieldName<'_> {}

impl PartialEq<str> for FieldName<'_> {
    fn eq(&self, other: &str) -> bool {
        self.0.eq_ignore_ascii_case(other.as_bytes())
    }
}

impl PartialEq<&str> for FieldName<'_> {
    fn eq(&self, other: &&str) -> bool {
        *self == **other
    }
}

impl fmt::Debug for FieldName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl fmt::Display for FieldName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A field value: visible octets, spaces and tabs, none of the latter two at its ends (RFC 9110 5.5).
///
/// Octets above 0x7F (obs-text) are kept as they are. Its `Debug` form tells the length alone, since values may be
/// secrets.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct FieldValue<'a>(&'a [u8]);

impl<'a> FieldValue<'a> {
    /// A value; [`Invalid`] where it holds CR, LF, NUL or another control character, or has spaces at its ends.
    pub fn new(value: &'a (impl AsRef<[u8]> + ?Sized)) -> Result<Self, Invalid> {
        let value = value.as_ref();
        if let Some(at) = stray(value, TEXT) {
            return Err(Invalid::new(What::FieldValue, at));
        }
        match value {
            [b' ' | b'\t', ..] => Err(Invalid::new(What::FieldValue, 0)),
            [.., b' ' | b'\t'] => Err(Invalid::new(What::FieldValue, value.len() - 1)),
            _ => Ok(Self(value)),
        }
    }

    /// Its octets, as they came. With [`Quirks::obs_fold`](super::Quirks::obs_fold) they may hold folds: see
    /// [`unfolded`](Self::unfolded).
    pub const fn as_bytes(self) -> &'a [u8] {
        self.0
    }

    /// As text, where it is UTF-8.
    pub fn to_str(self) -> Option<&'a str> {
        core::str::from_utf8(self.0).ok()
    }

    /// The value with each fold read as one space (RFC 9112 5.2). Nothing is copied where there is none, which is always
    /// so unless [`Quirks::obs_fold`](super::Quirks::obs_fold) is on.
    pub fn unfolded(self) -> Cow<'a, [u8]> {
        if memchr::memchr(b'\n', self.0).is_none() {
            return Cow::Borrowed(self.0);
        }
        let mut joined = Vec::with_capacity(self.0.len());
        for line in self.0.split(|&byte| byte == b'\n') {
            if !joined.is_empty() {
                joined.push(b' ');
            }
            joined.extend_from_slice(trim(line));
        }
        Cow::Owned(joined)
    }

    /// The elements of a list (RFC 9110 5.6.1): split at commas outside quoted strings, trimmed, empty ones left out.
    pub fn list(self) -> List<'a> {
        List { rest: self.0 }
    }
}

impl AsRef<[u8]> for FieldValue<'_> {
    fn as_ref(&self) -> &[u8] {
        self.0
    }
}

impl PartialEq<str> for FieldValue<'_> {
    fn eq(&self, other: &str) -> bool {
        self.0 == other.as_bytes()
    }
}

impl PartialEq<&str> for FieldValue<'_> {
    fn eq(&self, other: &&str) -> bool {
        self.0 == other.as_bytes()
    }
}

impl fmt::Debug for FieldValue<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FieldValue({} octets)", self.0.len())
    }
}

/// Iterates over the elements of a list; see [`FieldValue::list`].
#[derive(Clone, Debug)]
pub struct List<'a> {
    rest: &'a [u8],
}

impl<'a> List<'a> {
    pub(super) const fn of(value: &'a [u8]) -> Self {
        Self { rest: value }
    }
}

impl<'a> Iterator for List<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        while !self.rest.is_empty() {
            let end = element_end(self.rest);
            let element = trim(&self.rest[..end]);
            self.rest = self.rest.get(end + 1..).unwrap_or_default();
            if !element.is_empty() {
                return Some(element);
            }
        }
        None
    }
}

/// Where the comma that ends the first element stands, or the end.
fn element_end(list: &[u8]) -> usize {
    let (mut quoted, mut escaped) = (false, false);
    for (at, &byte) in list.iter().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b',' if !quoted => return at,
            _ => {}
        }
    }
    list.len()
}

/// One field line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field<'a> {
    /// Its name, as it was spelled.
    pub name: FieldName<'a>,
    /// Its value, without the whitespace around it.
    pub value: FieldValue<'a>,
}

/// The field lines of a head or a trailer section, in their order.
#[derive(Clone, Copy)]
pub struct Fields<'a> {
    pub(super) block: &'a [u8],
    /// Where the first lines stand.
    pub(super) lines: &'a [Line],
    pub(super) count: usize,
    /// Where the first line starts and the last one ends.
    pub(super) first: usize,
    pub(super) end: usize,
}

/// Where a field line starts in its head, and how long its name is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Line {
    pub(super) start: u16,
    pub(super) name: u16,
}

impl<'a> Fields<'a> {
    /// How many lines there are.
    pub const fn len(self) -> usize {
        self.count
    }

    /// There is none.
    pub const fn is_empty(self) -> bool {
        self.count == 0
    }

    /// All lines, in their order.
    pub fn iter(self) -> FieldIter<'a> {
        FieldIter { fields: self, next: 0, at: self.first }
    }

    /// The first value of a name, without regard to case.
    pub fn first(self, name: &str) -> Option<FieldValue<'a>> {
        self.all(name).next()
    }

    /// All values of a name, in their order.
    pub fn all<'n>(self, name: &'n str) -> impl Iterator<Item = FieldValue<'a>> + use<'a, 'n> {
        let mut lines = self.iter();
        core::iter::from_fn(move || lines.seek(name.as_bytes()))
    }

    /// The elements of a list field over all its lines (RFC 9110 5.3): as if they were one.
    pub fn list<'n>(self, name: &'n str) -> impl Iterator<Item = &'a [u8]> + use<'a, 'n> {
        self.all(name).flat_map(FieldValue::list)
    }

    /// A list field has this token, without regard to case.
    pub fn has(self, name: &str, token: &str) -> bool {
        self.list(name).any(|element| element.eq_ignore_ascii_case(token.as_bytes()))
    }
}

impl<'a> IntoIterator for Fields<'a> {
    type Item = Field<'a>;
    type IntoIter = FieldIter<'a>;

    fn into_iter(self) -> FieldIter<'a> {
        self.iter()
    }
}

/// Names and the lengths of values: they may be secrets.
impl fmt::Debug for Fields<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter().map(|field| (field.name, field.value))).finish()
    }
}

impl PartialEq for Fields<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.count == other.count
            && self.iter().zip(other.iter()).all(|(a, b)| a.name.0 == b.name.0 && a.value == b.value)
    }
}

/// Iterates over field lines.
#[derive(Clone, Debug)]
pub struct FieldIter<'a> {
    fields: Fields<'a>,
    next: usize,
    /// Where the next line starts.
    at: usize,
}

impl<'a> FieldIter<'a> {
    /// The next line: its start, the length of its name, its end.
    #[inline]
    fn step(&mut self) -> Option<(usize, usize, usize)> {
        let Fields { block, lines, count, end, .. } = self.fields;
        if self.next >= count {
            return None;
        }
        let start = self.at;
        let name = match lines.get(self.next) {
            Some(line) => line.name as usize,
            None => memchr::memchr(b':', block.get(start..end)?)?,
        };
        self.next += 1;
        self.at = match lines.get(self.next) {
            _ if self.next == count => end,
            Some(line) => line.start as usize,
            None => line_end(block, start, end),
        };
        Some((start, name, self.at))
    }

    /// The next line whose name has a length that is wanted.
    #[inline]
    pub(super) fn next_where(&mut self, wanted: impl Fn(usize) -> bool) -> Option<(&'a [u8], &'a [u8])> {
        loop {
            let (start, name, end) = self.step()?;
            if wanted(name) {
                let line = self.fields.block.get(start..end)?;
                return Some((line.get(..name)?, trim(line.get(name + 1..)?)));
            }
        }
    }

    /// The value of the next line with this name.
    #[inline]
    fn seek(&mut self, wanted: &[u8]) -> Option<FieldValue<'a>> {
        loop {
            let (start, name, end) = self.step()?;
            if name == wanted.len() && self.fields.block.get(start..start + name)?.eq_ignore_ascii_case(wanted) {
                return Some(FieldValue(trim(self.fields.block.get(start + name + 1..end)?)));
            }
        }
    }
}

impl<'a> Iterator for FieldIter<'a> {
    type Item = Field<'a>;

    #[inline]
    fn next(&mut self) -> Option<Field<'a>> {
        let (start, name, end) = self.step()?;
        let line = self.fields.block.get(start..end)?;
        Some(Field { name: FieldName(line.get(..name)?), value: FieldValue(trim(line.get(name + 1..)?)) })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.fields.count - self.next;
        (left, Some(left))
    }
}

impl ExactSizeIterator for FieldIter<'_> {}

/// Where the line that starts at `start` ends, the lines folded under it included.
pub(super) fn line_end(block: &[u8], start: usize, end: usize) -> usize {
    let mut at = start;
    while let Some(lf) = block.get(at..end).and_then(|rest| memchr::memchr(b'\n', rest)) {
        at += lf + 1;
        if at == end || !matches!(block[at], b' ' | b'\t') {
            return at;
        }
    }
    end
}
