//! A multi-map of a query string's pairs, in their order.

use super::pairs::parse;
use super::write::{Serializer, Spelling};
use alloc::borrow::Cow;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

/// The pairs of a query string, in order, with the operations of the URL Standard's `URLSearchParams` (6.2).
///
/// A lookup goes through the pairs; [`grouped`](Self::grouped) is for those who want every name at once.
///
/// ```
/// use plainwire::query::Params;
///
/// let mut params = Params::parse("b=2&a=1&b=3");
/// params.set("b", "4");
/// params.append("c", "five & six");
/// assert_eq!(params.to_string(), "b=4&a=1&c=five+%26+six");
/// params.sort();
/// assert_eq!(params.delete("a"), 1);
/// assert_eq!(params.to_string(), "b=4&c=five+%26+six");
/// ```
#[doc(alias("URLSearchParams", "parse_qs"))]
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Params<'a> {
    pairs: Vec<(Cow<'a, str>, Cow<'a, str>)>,
}

/// One name and all its values, in order; see [`Params::grouped`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group<'p> {
    /// The name.
    pub name: &'p str,
    /// Its values, at least one.
    pub values: Vec<&'p str>,
}

impl<'a> Params<'a> {
    /// No pairs.
    pub const fn new() -> Self {
        Self { pairs: Vec::new() }
    }

    /// The pairs of a query string, as [`parse`] gives them.
    pub fn parse(query: &'a str) -> Self {
        Self { pairs: parse(query).collect() }
    }

    /// As [`parse`](Self::parse), less one leading `?`: what the standard's constructor makes of a string.
    ///
    /// ```
    /// use plainwire::query::Params;
    /// assert_eq!(Params::parse_search("?a=1"), Params::parse("a=1"));
    /// ```
    pub fn parse_search(search: &'a str) -> Self {
        Self::parse(search.strip_prefix('?').unwrap_or(search))
    }

    /// How many pairs there are: the standard's `size`.
    pub fn len(&self) -> usize {
        self.pairs.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }

    /// The first value of a name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter().find(|pair| pair.0 == name).map(|pair| pair.1)
    }

    /// All values of a name, in order.
    pub fn get_all<'p>(&'p self, name: &'p str) -> impl Iterator<Item = &'p str> + use<'p, 'a> {
        self.iter().filter(move |pair| pair.0 == name).map(|pair| pair.1)
    }

    /// Whether there is a pair of this name.
    pub fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// Whether there is this very pair.
    pub fn has_pair(&self, name: &str, value: &str) -> bool {
        self.get_all(name).any(|known| known == value)
    }

    /// The pairs, in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&str, &str)> + ExactSizeIterator + Clone {
        self.pairs.iter().map(|(name, value)| (&**name, &**value))
    }

    /// Every name once, in the order of first appearance, with all its values: Python's `parse_qs`.
    ///
    /// ```
    /// let params = plainwire::query::Params::parse("b=2&a=1&b=3");
    /// let groups: Vec<_> = params.grouped().into_iter().map(|group| (group.name, group.values)).collect();
    /// assert_eq!(groups, [("b", vec!["2", "3"]), ("a", vec!["1"])]);
    /// ```
    pub fn grouped(&self) -> Vec<Group<'_>> {
        let mut groups: Vec<Group<'_>> = Vec::new();
        let mut places = BTreeMap::new();
        for (name, value) in self.iter() {
            let place = *places.entry(name).or_insert(groups.len());
            match groups.get_mut(place) {
                Some(group) => group.values.push(value),
                None => groups.push(Group { name, values: Vec::from([value]) }),
            }
        }
        groups
    }

    /// Adds a pair at the end.
    pub fn append(&mut self, name: impl Into<Cow<'a, str>>, value: impl Into<Cow<'a, str>>) {
        self.pairs.push((name.into(), value.into()));
    }

    /// Gives the first pair of this name the value and removes the others; adds one at the end if there is none.
    pub fn set(&mut self, name: impl Into<Cow<'a, str>>, value: impl Into<Cow<'a, str>>) {
        let (name, value) = (name.into(), value.into());
        let Some(first) = self.pairs.iter().position(|pair| pair.0 == name) else {
            self.pairs.push((name, value));
            return;
        };
        self.pairs[first].1 = value;
        let mut at = 0;
        self.pairs.retain(|pair| {
            at += 1;
            at <= first + 1 || pair.0 != name
        });
    }

    /// Removes all pairs of this name, and says how many there were.
    pub fn delete(&mut self, name: &str) -> usize {
        let before = self.len();
        self.pairs.retain(|pair| pair.0 != name);
        before - self.len()
    }

    /// Removes all pairs of this name and value, and says how many there were.
    pub fn delete_pair(&mut self, name: &str, value: &str) -> usize {
        let before = self.len();
        self.pairs.retain(|pair| pair.0 != name || pair.1 != value);
        before - self.len()
    }

    /// Removes all pairs.
    pub fn clear(&mut self) {
        self.pairs.clear();
    }

    /// Sorts the pairs by name, by UTF-16 code units as the standard says; pairs of one name keep their order.
    pub fn sort(&mut self) {
        self.pairs.sort_by(|a, b| a.0.encode_utf16().cmp(b.0.encode_utf16()));
    }

    /// The query string in a spelling of one's choice; [`Display`](fmt::Display) is that of the URL Standard.
    pub fn spelled(&self, spelling: &Spelling) -> String {
        let mut out = Serializer::spelled(spelling);
        out.extend(self.iter());
        out.finish()
    }

    /// The same pairs, none borrowed.
    pub fn into_owned(self) -> Params<'static> {
        let owned = |(name, value): (Cow<'a, str>, Cow<'a, str>)| -> (Cow<'static, str>, Cow<'static, str>) {
            (Cow::Owned(name.into_owned()), Cow::Owned(value.into_owned()))
        };
        Params { pairs: self.pairs.into_iter().map(owned).collect() }
    }
}

/// The query string, as the URL Standard's serializer writes it.
impl fmt::Display for Params<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.spelled(&Spelling::FORM))
    }
}

impl<'a, N: Into<Cow<'a, str>>, V: Into<Cow<'a, str>>> FromIterator<(N, V)> for Params<'a> {
    fn from_iter<T: IntoIterator<Item = (N, V)>>(pairs: T) -> Self {
        Self { pairs: pairs.into_iter().map(|(name, value)| (name.into(), value.into())).collect() }
    }
}

impl<'a, N: Into<Cow<'a, str>>, V: Into<Cow<'a, str>>> Extend<(N, V)> for Params<'a> {
    fn extend<T: IntoIterator<Item = (N, V)>>(&mut self, pairs: T) {
        self.pairs.extend(pairs.into_iter().map(|(name, value)| (name.into(), value.into())));
    }
}

/// Any pairs.
#[cfg(feature = "arbitrary")]
impl<'a> arbitrary::Arbitrary<'a> for Params<'a> {
    fn arbitrary(u: &mut arbitrary::Unstructured<'a>) -> arbitrary::Result<Self> {
        u.arbitrary_iter::<(Cow<'a, str>, Cow<'a, str>)>()?.collect()
    }
}

impl<'a> IntoIterator for Params<'a> {
    type Item = (Cow<'a, str>, Cow<'a, str>);
    type IntoIter = alloc::vec::IntoIter<Self::Item>;

    fn into_iter(self) -> Self::IntoIter {
        self.pairs.into_iter()
    }
}
