//! A query string as an iterator of pairs.
#![expect(clippy::inline_always, reason = "left to itself the compiler calls these, once for every block")]

use super::decode::{decoded, unescape};
use super::scan::{Cutter, Field};
use alloc::borrow::Cow;
use alloc::string::String;
use core::iter::FusedIterator;
use core::ops::Range;

/// The name-value pairs of a query string, as the URL Standard's urlencoded parser gives them (5.1).
///
/// Fields are separated by `&`; empty ones are skipped; a field without `=` has an empty value; `+` is a space; a `%`
/// without two hexadecimal digits stays as it is; what is not UTF-8 becomes U+FFFD. Nothing is an error. A leading `?`
/// belongs to the first name: take it off before.
///
/// ```
/// let pairs: Vec<_> = plainwire::query::parse("a=1&&b=x%20y&c").collect();
/// assert_eq!(pairs, [("a".into(), "1".into()), ("b".into(), "x y".into()), ("c".into(), "".into())]);
/// ```
#[doc(alias = "parse_qsl")]
#[inline]
pub fn parse(query: &str) -> Pairs<'_> {
    Pairs { octets: query.as_bytes(), text: Some(query), cutter: Cutter::new(query.as_bytes()) }
}

/// As [`parse`], for octets that need not be UTF-8: the body of a form.
///
/// ```
/// let mut pairs = plainwire::query::parse_octets(b"name=\xFF");
/// assert_eq!(pairs.next(), Some(("name".into(), "\u{FFFD}".into())));
/// ```
#[inline]
pub fn parse_octets(query: &[u8]) -> Pairs<'_> {
    Pairs { octets: query, text: core::str::from_utf8(query).ok(), cutter: Cutter::new(query) }
}

/// As [`parse_octets`], with names and values as the octets that they stand for, of whatever charset.
///
/// ```
/// let mut pairs = plainwire::query::octet_pairs(b"key=%00%FF");
/// assert_eq!(pairs.next(), Some((b"key".into(), b"\x00\xFF".into())));
/// ```
#[inline]
pub fn octet_pairs(query: &[u8]) -> OctetPairs<'_> {
    OctetPairs { octets: query, cutter: Cutter::new(query) }
}

/// The pairs of a query string; see [`parse`].
#[derive(Clone, Debug)]
#[must_use = "an iterator does nothing until it is asked"]
pub struct Pairs<'a> {
    octets: &'a [u8],
    /// The same, where it is UTF-8.
    text: Option<&'a str>,
    cutter: Cutter<'a>,
}

impl<'a> Pairs<'a> {
    /// The next field that is not empty.
    #[inline(always)]
    fn field(&mut self) -> Option<Field> {
        loop {
            let field = self.cutter.next()?;
            // URL Standard 5.1 (3.1): an empty sequence is no field.
            if field.start < field.end {
                return Some(field);
            }
        }
    }

    #[inline(always)]
    fn part(&self, range: Range<usize>, escaped: bool) -> Cow<'a, str> {
        if escaped {
            return decoded(&self.octets[range]);
        }
        match self.text {
            Some(text) => Cow::Borrowed(&text[range]),
            None => String::from_utf8_lossy(&self.octets[range]),
        }
    }

    /// The next pair and the offset of its field.
    #[cfg(feature = "serde")]
    pub(super) fn next_at(&mut self) -> Option<(usize, Cow<'a, str>, Cow<'a, str>)> {
        let field = self.field()?;
        Some((
            field.start,
            self.part(field.start..field.name_end, field.name_escaped),
            self.part(field.value..field.end, field.value_escaped),
        ))
    }
}

impl<'a> Iterator for Pairs<'a> {
    type Item = (Cow<'a, str>, Cow<'a, str>);

    // In the caller's loop a pair need not go through memory. What is rare or long is called.
    #[inline(always)]
    fn next(&mut self) -> Option<Self::Item> {
        let field = self.field()?;
        Some((
            self.part(field.start..field.name_end, field.name_escaped),
            self.part(field.value..field.end, field.value_escaped),
        ))
    }
}

impl FusedIterator for Pairs<'_> {}

/// The pairs of a query string as octets; see [`octet_pairs`].
#[derive(Clone, Debug)]
#[must_use = "an iterator does nothing until it is asked"]
pub struct OctetPairs<'a> {
    octets: &'a [u8],
    cutter: Cutter<'a>,
}

impl<'a> Iterator for OctetPairs<'a> {
    type Item = (Cow<'a, [u8]>, Cow<'a, [u8]>);

    fn next(&mut self) -> Option<Self::Item> {
        let part = |range: Range<usize>, escaped: bool| -> Cow<'a, [u8]> {
            if escaped {
                Cow::Owned(unescape(&self.octets[range], true, <[u8]>::to_vec))
            } else {
                Cow::Borrowed(&self.octets[range])
            }
        };
        loop {
            let field = self.cutter.next()?;
            if field.start < field.end {
                return Some((
                    part(field.start..field.name_end, field.name_escaped),
                    part(field.value..field.end, field.value_escaped),
                ));
            }
        }
    }
}

impl FusedIterator for OctetPairs<'_> {}
