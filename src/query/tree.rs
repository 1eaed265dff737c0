//! What nested keys spell: `a[b][c]=1` is a value in a map in a map.

use super::error::QueryError;
use super::pairs::Pairs;
use alloc::borrow::Cow;
use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;
use thiserror::Error;

/// What several values for a field that takes one mean.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Duplicates {
    /// An error: what one reader takes for the first, another takes for the last.
    #[default]
    Refuse,
    /// The first counts.
    First,
    /// The last counts.
    Last,
}

/// How structs are read from query strings.
///
/// ```
/// use plainwire::query::Nesting;
/// use serde::Deserialize;
///
/// #[derive(Deserialize, Debug, PartialEq)]
/// struct Search<'a> { q: &'a str, page: Option<u32>, tag: Vec<String>, size: Size }
/// #[derive(Deserialize, Debug, PartialEq)]
/// struct Size { min: u8, max: u8 }
///
/// let text = "q=wire&tag=a&tag=b&size[min]=1&size%5Bmax%5D=9";
/// let search: Search = Nesting::default().read(text)?;
/// let size = Size { min: 1, max: 9 };
/// assert_eq!(search, Search { q: "wire", page: None, tag: vec!["a".into(), "b".into()], size });
///
/// let mut shallow = Nesting::default();
/// shallow.depth = 0;
/// assert_eq!(shallow.read::<Search>(text).unwrap_err().offset(), Some(19));
/// # Ok::<_, plainwire::query::StructError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Nesting {
    /// How many pairs of brackets a key may have: 5 by default, which is more than people write by hand. It bounds the
    /// recursion, too, and counts as [`MAX_DEPTH`](Self::MAX_DEPTH) where it is above that. 0 means that brackets are an
    /// error.
    pub depth: usize,
    /// What several values for one field mean: an error by default.
    pub duplicates: Duplicates,
    /// The most fields there may be: 10,000 by default.
    pub max_fields: usize,
}

impl Nesting {
    /// The greatest depth: no key nests the calls of a parser deeper, whatever a caller asks for.
    pub const MAX_DEPTH: usize = 128;

    pub(super) const fn limit(&self) -> usize {
        if self.depth < Self::MAX_DEPTH { self.depth } else { Self::MAX_DEPTH }
    }
}

impl Default for Nesting {
    fn default() -> Self {
        Self { depth: 5, duplicates: Duplicates::Refuse, max_fields: 10_000 }
    }
}

/// A query string that is not the struct asked for, or a struct that no query string is.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub struct StructError {
    kind: Kind,
    offset: Option<usize>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// More brackets than the limit.
    Depth(usize),
    /// More fields than the limit.
    Fields(usize),
    /// A key has a value, and keys in brackets as well.
    Mixed,
    /// A key has several values where one is asked for.
    Duplicate,
    /// Keys in brackets that are not the indices of a sequence.
    Index(String),
    /// A key in brackets where a value is asked for, or the other way round.
    Expected(&'static str),
    /// A key that would be read as another one.
    Key(String),
    /// A value that no query string can carry.
    Unsupported(&'static str),
    /// What the type to be read or written says.
    Message(String),
}

impl StructError {
    pub(super) const fn new(kind: Kind) -> Self {
        Self { kind, offset: None }
    }

    /// The error with its place, if it has none yet.
    pub(super) fn at(mut self, offset: usize) -> Self {
        self.offset.get_or_insert(offset);
        self
    }

    /// Where the field at fault begins in the query string, in octets; `None` where none is at fault: a field is missing,
    /// or the error arose in writing.
    pub const fn offset(&self) -> Option<usize> {
        self.offset
    }
}

impl fmt::Display for StructError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Kind::Depth(limit) => write!(f, "a key has more than {limit} pairs of brackets"),
            Kind::Fields(limit) => write!(f, "more than {limit} fields"),
            Kind::Mixed => f.write_str("a key has a value and keys in brackets as well"),
            Kind::Duplicate => f.write_str("a key that takes one value has several"),
            Kind::Index(key) => write!(f, "{key:?} is not an index"),
            Kind::Expected(what) => write!(f, "expected {what}"),
            Kind::Key(key) => write!(f, "the key {key:?} would be read as another"),
            Kind::Unsupported(what) => write!(f, "a query string can't carry {what}"),
            Kind::Message(message) => f.write_str(message),
        }?;
        match self.offset {
            Some(offset) => write!(f, " at offset {offset}"),
            None => Ok(()),
        }
    }
}

impl From<QueryError> for StructError {
    fn from(error: QueryError) -> Self {
        let offset = error.offset();
        Self { kind: Kind::Message(error.to_string()), offset }
    }
}

/// A value and where its field begins.
#[derive(Clone, Debug)]
pub(super) struct Value<'a> {
    pub(super) text: Cow<'a, str>,
    pub(super) offset: usize,
}

/// What stands under one key: values, or further keys, never both.
#[derive(Debug, Default)]
pub(super) struct Node<'a> {
    pub(super) values: Vec<Value<'a>>,
    pub(super) children: BTreeMap<Cow<'a, str>, Node<'a>>,
    /// Where it first appears: the order of keys, and the place of errors.
    pub(super) offset: usize,
}

impl<'a> Node<'a> {
    /// The tree that a query string spells.
    pub(super) fn read(pairs: &mut Pairs<'a>, nesting: &Nesting) -> Result<Self, StructError> {
        let mut root = Self::default();
        let (mut fields, limit) = (0, nesting.limit());
        while let Some((offset, name, text)) = pairs.next_at() {
            if fields == nesting.max_fields {
                return Err(StructError::new(Kind::Fields(nesting.max_fields)).at(offset));
            }
            fields += 1;
            let mut node = &mut root;
            for (depth, key) in Keys::of(name).enumerate() {
                if depth > limit {
                    return Err(StructError::new(Kind::Depth(limit)).at(offset));
                }
                if !node.values.is_empty() {
                    return Err(StructError::new(Kind::Mixed).at(offset));
                }
                node = node.children.entry(key).or_insert_with(|| Self { offset, ..Self::default() });
            }
            if !node.children.is_empty() {
                return Err(StructError::new(Kind::Mixed).at(offset));
            }
            node.values.push(Value { text, offset });
        }
        Ok(root)
    }

    /// The keys and what stands under them, in the order of first appearance.
    pub(super) fn in_order(self) -> Vec<(Cow<'a, str>, Self)> {
        let mut children: Vec<_> = self.children.into_iter().collect();
        children.sort_by_key(|(_, node)| node.offset);
        children
    }

    /// The elements of a sequence: values (`a=1&a=2`), pushed values (`a[]=1&a[]=2`) or indexed ones (`a[0][x]=1`).
    pub(super) fn elements(self) -> Result<Vec<Self>, StructError> {
        let single = |value: Value<'a>| {
            let offset = value.offset;
            Self { values: Vec::from([value]), children: BTreeMap::new(), offset }
        };
        if self.children.is_empty() {
            return Ok(self.values.into_iter().map(single).collect());
        }
        if self.children.len() == 1
            && let Some(pushed) = self.children.get("")
            && pushed.children.is_empty()
        {
            let pushed = self.children.into_values().next().map(|node| node.values).unwrap_or_default();
            return Ok(pushed.into_iter().map(single).collect());
        }
        let mut elements = Vec::with_capacity(self.children.len());
        for (key, node) in self.children {
            // One spelling for each index: no sign, no leading zero.
            match key.parse::<u64>() {
                Ok(index) if index.to_string() == key => elements.push((index, node)),
                _ => return Err(StructError::new(Kind::Index(key.into_owned())).at(node.offset)),
            }
        }
        elements.sort_by_key(|(index, _)| *index);
        Ok(elements.into_iter().map(|(_, node)| node).collect())
    }

    /// The one value that is asked for.
    pub(super) fn value(self, duplicates: Duplicates) -> Result<Value<'a>, StructError> {
        let offset = self.offset;
        if !self.children.is_empty() {
            return Err(StructError::new(Kind::Expected("a value, found keys in brackets")).at(offset));
        }
        if self.values.len() > 1 && duplicates == Duplicates::Refuse {
            let second = self.values[1].offset;
            return Err(StructError::new(Kind::Duplicate).at(second));
        }
        let mut values = self.values.into_iter();
        let value = if duplicates == Duplicates::Last { values.next_back() } else { values.next() };
        value.ok_or_else(|| StructError::new(Kind::Expected("a value")).at(offset))
    }
}

/// The keys of a name: `a[b][c]` has three. A name whose brackets don't pair up so is one key.
struct Keys<'a> {
    name: Cow<'a, str>,
    /// Where the next key begins; beyond the end when there is none.
    next: usize,
    whole: bool,
}

impl<'a> Keys<'a> {
    fn of(name: Cow<'a, str>) -> Self {
        let whole = !nested(name.as_bytes());
        Self { name, next: 0, whole }
    }
}

/// Whether a name is a key and then keys in brackets, to the end.
fn nested(name: &[u8]) -> bool {
    if name.last() != Some(&b']') {
        return false;
    }
    let Some(first) = memchr::memchr(b'[', name) else { return false };
    let mut rest = &name[first..];
    // A closing bracket before the first opening one is no part of a key that we would write.
    if first == 0 || memchr::memchr(b']', &name[..first]).is_some() {
        return false;
    }
    while let [b'[', inner @ ..] = rest {
        let Some(end) = memchr::memchr2(b'[', b']', inner) else { return false };
        if inner[end] != b']' {
            return false;
        }
        rest = &inner[end + 1..];
    }
    rest.is_empty()
}

impl<'a> Iterator for Keys<'a> {
    type Item = Cow<'a, str>;

    fn next(&mut self) -> Option<Self::Item> {
        let start = self.next;
        if self.whole {
            self.next = usize::MAX;
            return (start == 0).then(|| core::mem::take(&mut self.name));
        }
        let length = memchr::memchr2(b'[', b']', self.name.as_bytes().get(start..)?)?;
        let end = start + length;
        // Behind a closing bracket stands an opening one, or the end.
        self.next = end + if start == 0 { 1 } else { 2 };
        Some(match &self.name {
            Cow::Borrowed(name) => Cow::Borrowed(&name[start..end]),
            Cow::Owned(name) => Cow::Owned(String::from(&name[start..end])),
        })
    }
}

#[cfg(test)]
pub(super) fn keys(name: &str) -> Vec<String> {
    Keys::of(Cow::Borrowed(name)).map(Cow::into_owned).collect()
}
