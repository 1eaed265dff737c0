//! Reading by other rules than the URL Standard's: Python's, a stricter server's, an older charset's.

use super::charset::{Charset, Errors};
use super::decode::in_charset;
use super::error::QueryError;
use super::params::Params;
use super::scan::{Cutter, Field, Splitter};
use crate::work;
use alloc::borrow::Cow;
use core::iter::FusedIterator;
use core::ops::Range;

/// How a query string is read.
///
/// ```
/// use plainwire::query::{Options, QueryError};
///
/// let python: Vec<_> = Options::PYTHON.pairs("a=1&b=&c").collect::<Result<_, _>>()?;
/// assert_eq!(python, [("a".into(), "1".into())]);
///
/// let careful = Options::PYTHON.keep_blank(true).strict(true).max_fields(2);
/// assert_eq!(careful.params("a=1&b"), Err(QueryError::NoEquals { offset: 4 }));
/// assert_eq!(careful.params("a=1&b=2&c=3"), Err(QueryError::TooManyFields { limit: 2, offset: 8 }));
/// # Ok::<_, QueryError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options<'s> {
    keep_blank: bool,
    strict: bool,
    separator: &'s str,
    max_fields: usize,
    charset: Charset,
    errors: Errors,
}

impl Default for Options<'_> {
    /// [`WHATWG`](Self::WHATWG).
    fn default() -> Self {
        Self::WHATWG
    }
}

impl<'s> Options<'s> {
    /// The URL Standard's: as [`parse`](super::parse), nothing is refused.
    pub const WHATWG: Self = Self {
        keep_blank: true,
        strict: false,
        separator: "&",
        max_fields: usize::MAX,
        charset: Charset::UTF_8,
        errors: Errors::Replace,
    };

    /// The defaults of Python's `parse_qsl`: fields with a blank value are dropped.
    pub const PYTHON: Self = Self { keep_blank: false, ..Self::WHATWG };

    /// Whether fields with a blank value are told (`keep_blank_values`).
    #[must_use]
    pub const fn keep_blank(self, keep_blank: bool) -> Self {
        Self { keep_blank, ..self }
    }

    /// Whether a field without `=`, an empty one included, is an error (`strict_parsing`). An empty query string has no
    /// fields.
    #[must_use]
    pub const fn strict(self, strict: bool) -> Self {
        Self { strict, ..self }
    }

    /// What stands between fields: `&` unless said otherwise; `;` was once common.
    #[must_use]
    pub const fn separator(self, separator: &str) -> Options<'_> {
        Options {
            keep_blank: self.keep_blank,
            strict: self.strict,
            separator,
            max_fields: self.max_fields,
            charset: self.charset,
            errors: self.errors,
        }
    }

    /// The most fields there may be, empty ones counted (`max_num_fields`); no limit unless one is set. They are counted
    /// before the first is decoded.
    #[must_use]
    pub const fn max_fields(self, max_fields: usize) -> Self {
        Self { max_fields, ..self }
    }

    /// The charset of the escapes (`encoding`), UTF-8 unless said otherwise.
    #[must_use]
    pub const fn charset(self, charset: Charset) -> Self {
        Self { charset, ..self }
    }

    /// What becomes of octets that are no text in the charset (`errors`).
    #[must_use]
    pub const fn errors(self, errors: Errors) -> Self {
        Self { errors, ..self }
    }

    /// The pairs of a query string.
    ///
    /// The iterator tells a [`QueryError`] where the options refuse a field, and nothing after it.
    pub fn pairs<'a>(&self, query: &'a str) -> OptionPairs<'a, 's> {
        OptionPairs::new(*self, query.as_bytes(), Some(query))
    }

    /// As [`pairs`](Self::pairs), for octets that need not be UTF-8. Those beyond ASCII are of the charset too, escaped
    /// or not.
    pub fn octet_pairs<'a>(&self, query: &'a [u8]) -> OptionPairs<'a, 's> {
        let text = if self.charset.is_utf8() { core::str::from_utf8(query).ok() } else { None };
        OptionPairs::new(*self, query, text)
    }

    /// The pairs as a multi-map.
    ///
    /// # Errors
    ///
    /// The first [`QueryError`] of [`pairs`](Self::pairs).
    pub fn params<'a>(&self, query: &'a str) -> Result<Params<'a>, QueryError> {
        self.pairs(query).collect()
    }
}

/// The pairs of a query string by given options; see [`Options::pairs`].
#[derive(Clone, Debug)]
#[must_use = "an iterator does nothing until it is asked"]
pub struct OptionPairs<'a, 's> {
    options: Options<'s>,
    octets: &'a [u8],
    /// The same, where its characters beyond ASCII stand for themselves.
    text: Option<&'a str>,
    fields: Fields<'a, 's>,
}

#[derive(Clone, Debug)]
enum Fields<'a, 's> {
    Cutter(Cutter<'a>),
    Splitter(Splitter<'a, 's>),
    Failed(QueryError),
    Over,
}

impl<'a, 's> OptionPairs<'a, 's> {
    fn new(options: Options<'s>, octets: &'a [u8], text: Option<&'a str>) -> Self {
        let separator = options.separator.as_bytes();
        let fields = if separator.is_empty() {
            Fields::Failed(QueryError::EmptySeparator)
        } else if octets.is_empty() {
            Fields::Over
        } else if let Some(offset) = beyond(octets, separator, options.max_fields) {
            Fields::Failed(QueryError::TooManyFields { limit: options.max_fields, offset })
        } else if separator == b"&" {
            Fields::Cutter(Cutter::new(octets))
        } else {
            Fields::Splitter(Splitter::new(octets, separator))
        };
        Self { options, octets, text, fields }
    }

    fn part(&self, range: Range<usize>) -> Option<Cow<'a, str>> {
        in_charset(self.octets, self.text, range, true, self.options.charset, self.options.errors)
    }

    fn pair(&self, field: Field) -> Option<(Cow<'a, str>, Cow<'a, str>)> {
        Some((self.part(field.start..field.name_end)?, self.part(field.value..field.end)?))
    }
}

impl<'a> Iterator for OptionPairs<'a, '_> {
    type Item = Result<(Cow<'a, str>, Cow<'a, str>), QueryError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let field = match &mut self.fields {
                Fields::Cutter(cutter) => cutter.next(),
                Fields::Splitter(splitter) => splitter.next(),
                Fields::Failed(error) => {
                    let error = *error;
                    self.fields = Fields::Over;
                    return Some(Err(error));
                }
                Fields::Over => None,
            };
            let Some(field) = field else {
                self.fields = Fields::Over;
                return None;
            };
            if !field.has_equals() && self.options.strict {
                self.fields = Fields::Over;
                return Some(Err(QueryError::NoEquals { offset: field.start }));
            }
            if field.start == field.end || !self.options.keep_blank && field.value == field.end {
                continue;
            }
            let pair = self.pair(field);
            if pair.is_none() {
                self.fields = Fields::Over;
            }
            return Some(pair.ok_or(QueryError::Charset { offset: field.start }));
        }
    }
}

impl FusedIterator for OptionPairs<'_, '_> {}

/// Where the first field beyond the limit begins.
fn beyond(octets: &[u8], separator: &[u8], limit: usize) -> Option<usize> {
    if limit == usize::MAX {
        return None;
    }
    if limit == 0 {
        return Some(0);
    }
    work::add(octets.len());
    memchr::memmem::find_iter(octets, separator).nth(limit - 1).map(|at| at + separator.len())
}
