//! `URLSearchParams` (URL Standard 6.2) and the `application/x-www-form-urlencoded` format under it (5).

use super::Url;
use super::error::SetError;
use crate::syntax::percent::{self, FORM};
use crate::work;
use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

/// The name-value pairs of a query, decoded, in their order.
///
/// From [`Url::search_params`] it borrows what needs no decoding; [`Url::search_params_mut`] gives one that writes
/// through. By itself it is a list like the standard's `URLSearchParams`.
///
/// ```
/// use plainwire::url::{SearchParams, Url};
///
/// let url = Url::parse("https://example.org/?q=a+b&page=2&q=%C3%A9").unwrap();
/// let params = url.search_params();
/// assert_eq!(params.get("q"), Some("a b"));
/// assert_eq!(params.get_all("q").collect::<Vec<_>>(), ["a b", "é"]);
///
/// let mut own = SearchParams::parse("?b=2&a=1");
/// own.append("b", "~");
/// own.sort();
/// assert_eq!(own.to_string(), "a=1&b=2&b=%7E");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct SearchParams<'a> {
    pairs: Vec<(Cow<'a, str>, Cow<'a, str>)>,
}

impl<'a> SearchParams<'a> {
    /// None.
    pub const fn new() -> Self {
        Self { pairs: Vec::new() }
    }

    /// Reads a query; one leading `?` is dropped. Everything is a query: there is no error.
    pub fn parse(query: &'a str) -> Self {
        Self::of(query.strip_prefix('?').unwrap_or(query))
    }

    /// Reads a query without a `?`.
    fn of(query: &'a str) -> Self {
        Self { pairs: pairs(query).collect() }
    }

    /// The value of the first pair of that name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(known, _)| known == name).map(|(_, value)| &**value)
    }

    /// The values of all pairs of that name, in their order.
    pub fn get_all<'s>(&'s self, name: &'s str) -> impl Iterator<Item = &'s str> {
        self.pairs.iter().filter(move |(known, _)| known == name).map(|(_, value)| &**value)
    }

    /// Whether there is a pair of that name.
    pub fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// Whether there is a pair of that name and value.
    pub fn has_pair(&self, name: &str, value: &str) -> bool {
        self.get_all(name).any(|known| known == value)
    }

    /// All pairs, in their order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &str)> + DoubleEndedIterator {
        self.pairs.iter().map(|(name, value)| (&**name, &**value))
    }

    /// How many pairs there are: the standard's `size`.
    pub fn len(&self) -> usize {
        self.pairs.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }

    /// Adds a pair at the end.
    pub fn append(&mut self, name: impl Into<Cow<'a, str>>, value: impl Into<Cow<'a, str>>) {
        self.pairs.push((name.into(), value.into()));
    }

    /// Takes all pairs of that name away.
    pub fn delete(&mut self, name: &str) {
        self.pairs.retain(|(known, _)| known != name);
    }

    /// Takes all pairs of that name and value away.
    pub fn delete_pair(&mut self, name: &str, value: &str) {
        self.pairs.retain(|(known, own)| known != name || own != value);
    }

    /// Gives the first pair of that name this value and takes the others away; without one, adds it at the end.
    pub fn set(&mut self, name: impl Into<Cow<'a, str>>, value: impl Into<Cow<'a, str>>) {
        let (name, value) = (name.into(), value.into());
        let Some(first) = self.pairs.iter().position(|(known, _)| *known == name) else {
            return self.pairs.push((name, value));
        };
        self.pairs[first].1 = value;
        let mut index = 0;
        self.pairs.retain(|(known, _)| {
            index += 1;
            index <= first + 1 || *known != name
        });
    }

    /// Sorts by name, by UTF-16 code units as the standard has it; pairs of one name stay in their order.
    pub fn sort(&mut self) {
        self.pairs.sort_by(|(a, _), (b, _)| a.encode_utf16().cmp(b.encode_utf16()));
    }

    /// The same pairs, borrowing nothing.
    pub fn into_owned(self) -> SearchParams<'static> {
        let own = |(name, value): (Cow<'_, str>, Cow<'_, str>)| {
            (Cow::Owned(name.into_owned()), Cow::Owned(value.into_owned()))
        };
        SearchParams { pairs: self.pairs.into_iter().map(own).collect() }
    }

    fn write(&self, out: &mut String) {
        for (index, (name, value)) in self.pairs.iter().enumerate() {
            if index > 0 {
                out.push('&');
            }
            encode(name, out);
            out.push('=');
            encode(value, out);
        }
    }
}

/// The query without its `?`, as a form is encoded.
impl fmt::Display for SearchParams<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::new();
        self.write(&mut text);
        f.write_str(&text)
    }
}

impl<'a, N: Into<Cow<'a, str>>, V: Into<Cow<'a, str>>> FromIterator<(N, V)> for SearchParams<'a> {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(pairs: I) -> Self {
        Self { pairs: pairs.into_iter().map(|(name, value)| (name.into(), value.into())).collect() }
    }
}

impl<'a, N: Into<Cow<'a, str>>, V: Into<Cow<'a, str>>> Extend<(N, V)> for SearchParams<'a> {
    fn extend<I: IntoIterator<Item = (N, V)>>(&mut self, pairs: I) {
        self.pairs.extend(pairs.into_iter().map(|(name, value)| (name.into(), value.into())));
    }
}

impl Url {
    /// The pairs of the query.
    pub fn search_params(&self) -> SearchParams<'_> {
        SearchParams::of(self.query().unwrap_or(""))
    }

    /// The pairs of the query one by one, for who wants no list of them.
    pub fn query_pairs(&self) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
        pairs(self.query().unwrap_or(""))
    }

    /// The pairs of the query, to be changed. The URL's query is written anew when the guard goes out of scope, once
    /// for any number of changes; without a change it stays letter for letter as it is.
    ///
    /// ```
    /// use plainwire::url::Url;
    ///
    /// let mut url = Url::parse("https://example.org/?a=1&b=~").unwrap();
    /// url.search_params_mut().set("a", "x y");
    /// assert_eq!(url.as_str(), "https://example.org/?a=x+y&b=%7E");
    /// url.search_params_mut().delete("a").delete("b");
    /// assert_eq!(url.as_str(), "https://example.org/");
    /// ```
    pub fn search_params_mut(&mut self) -> SearchParamsMut<'_> {
        let params = self.search_params().into_owned();
        SearchParamsMut { url: self, params, changed: false }
    }
}

/// The pairs of a URL's query, written through to it; see [`Url::search_params_mut`].
///
/// A guard that is [forgotten](core::mem::forget) writes nothing.
#[derive(Debug)]
pub struct SearchParamsMut<'u> {
    url: &'u mut Url,
    params: SearchParams<'static>,
    changed: bool,
}

impl SearchParamsMut<'_> {
    /// See [`SearchParams::append`].
    pub fn append(&mut self, name: &str, value: &str) -> &mut Self {
        self.change(|params| params.append(String::from(name), String::from(value)))
    }

    /// See [`SearchParams::delete`].
    pub fn delete(&mut self, name: &str) -> &mut Self {
        self.change(|params| params.delete(name))
    }

    /// See [`SearchParams::delete_pair`].
    pub fn delete_pair(&mut self, name: &str, value: &str) -> &mut Self {
        self.change(|params| params.delete_pair(name, value))
    }

    /// See [`SearchParams::set`].
    pub fn set(&mut self, name: &str, value: &str) -> &mut Self {
        self.change(|params| params.set(String::from(name), String::from(value)))
    }

    /// See [`SearchParams::sort`]. Even a sorted query is written anew.
    pub fn sort(&mut self) -> &mut Self {
        self.change(SearchParams::sort)
    }

    /// Takes all pairs away.
    pub fn clear(&mut self) -> &mut Self {
        self.change(|params| params.pairs.clear())
    }

    /// The pairs as they are now.
    pub const fn params(&self) -> &SearchParams<'static> {
        &self.params
    }

    /// Writes the query now and tells whether the URL became [too long](SetError::TooLong), in which case it is as it
    /// was. Going out of scope does the same and tells nothing.
    pub fn finish(mut self) -> Result<(), SetError> {
        self.update()
    }

    fn change(&mut self, change: impl FnOnce(&mut SearchParams<'static>)) -> &mut Self {
        change(&mut self.params);
        self.changed = true;
        self
    }

    /// The standard's "update": without pairs there is no query.
    fn update(&mut self) -> Result<(), SetError> {
        if !core::mem::take(&mut self.changed) {
            return Ok(());
        }
        let mut text = String::from("?");
        self.params.write(&mut text);
        self.url.write_query(Some(&*text).filter(|text| text.len() > 1))
    }
}

impl Drop for SearchParamsMut<'_> {
    fn drop(&mut self) {
        // A query of more than 4 GiB is dropped; `finish` tells.
        let _too_long = self.update();
    }
}

/// The parser of the format (URL Standard 5.1).
fn pairs(query: &str) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
    query.split('&').filter(|field| !field.is_empty()).map(|field| {
        work::add(field.len() + 1);
        let (name, value) = field.split_once('=').unwrap_or((field, ""));
        (decode(name), decode(value))
    })
}

/// `+` is a space, then percent-decoding, then UTF-8 with U+FFFD for what is malformed.
fn decode(text: &str) -> Cow<'_, str> {
    work::add(text.len());
    if memchr::memchr2(b'+', b'%', text.as_bytes()).is_none() {
        return Cow::Borrowed(text);
    }
    let spaced = text.replace('+', " ");
    match percent::decode(spaced.as_bytes()) {
        Cow::Borrowed(_) => Cow::Owned(spaced),
        Cow::Owned(octets) => Cow::Owned(match String::from_utf8(octets) {
            Ok(text) => text,
            Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
        }),
    }
}

/// The serialiser's percent-encoding, with `+` for a space (URL Standard 5.2).
fn encode(text: &str, out: &mut String) {
    for (index, piece) in text.split(' ').enumerate() {
        if index > 0 {
            out.push('+');
        }
        percent::encode_onto(piece.as_bytes(), &FORM, out);
    }
}
