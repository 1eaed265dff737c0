//! `quote` and `unquote` with their relatives, as Python's `urllib.parse` has them.

use super::charset::{Charset, Errors};
use super::decode::{in_charset, unescape};
use crate::syntax::percent::{self, NOT_UNRESERVED, Set};
use alloc::borrow::Cow;

/// What is quoted when `safe` is not.
fn quoted(safe: &str) -> Set {
    // Characters of `safe` beyond ASCII are passed over, as in Python.
    NOT_UNRESERVED.without(safe.as_bytes())
}

/// The text with everything percent-encoded but letters, digits, `_.-~` and the ASCII characters of `safe`.
///
/// Python's default for `safe` is `"/"`, which suits a path.
///
/// ```
/// use plainwire::query::quote;
/// assert_eq!(quote("/El Niño/", "/"), "/El%20Ni%C3%B1o/");
/// assert_eq!(quote("/El Niño/", ""), "%2FEl%20Ni%C3%B1o%2F");
/// ```
#[must_use]
pub fn quote<'t>(text: &'t str, safe: &str) -> Cow<'t, str> {
    percent::encode(text.as_bytes(), &quoted(safe))
}

/// As [`quote`], for octets: Python's `quote_from_bytes`. To quote in another charset, give
/// it what [`Charset::encode`] made.
///
/// ```
/// assert_eq!(plainwire::query::quote_octets(b"a\xFF/", "/"), "a%FF/");
/// ```
#[must_use]
pub fn quote_octets<'o>(octets: &'o [u8], safe: &str) -> Cow<'o, str> {
    percent::encode(octets, &quoted(safe))
}

/// As [`quote`], with `+` for a space. Python's default for `safe` is empty.
///
/// ```
/// assert_eq!(plainwire::query::quote_plus("a b+c/d", ""), "a+b%2Bc%2Fd");
/// ```
#[must_use]
pub fn quote_plus<'t>(text: &'t str, safe: &str) -> Cow<'t, str> {
    if !text.contains(' ') {
        return quote(text, safe);
    }
    Cow::Owned(percent::encode(text.as_bytes(), &quoted(safe).without(b" ")).replace(' ', "+"))
}

/// The text with every `%XX` decoded, as UTF-8 with U+FFFD for what is not; a `%` without two digits stays.
///
/// ```
/// use plainwire::query::unquote;
/// assert_eq!(unquote("El%20Ni%C3%B1o+%zz"), "El Niño+%zz");
/// assert_eq!(unquote("%FF"), "\u{FFFD}");
/// ```
#[must_use]
pub fn unquote(text: &str) -> Cow<'_, str> {
    lenient(text, false)
}

/// As [`unquote`], with a space for every `+`.
///
/// ```
/// assert_eq!(plainwire::query::unquote_plus("a+b%2Bc"), "a b+c");
/// ```
#[must_use]
pub fn unquote_plus(text: &str) -> Cow<'_, str> {
    lenient(text, true)
}

fn lenient(text: &str, plus: bool) -> Cow<'_, str> {
    let whole = 0..text.len();
    in_charset(text.as_bytes(), Some(text), whole, plus, Charset::UTF_8, Errors::Replace)
        // Not reached: nothing is strict.
        .unwrap_or(Cow::Borrowed(text))
}

/// As [`unquote`], with escapes in another charset; `None` where they are no text in it and `errors` is
/// [`Errors::Strict`]. Characters beyond ASCII stand for themselves.
///
/// ```
/// use plainwire::query::{Charset, Errors, unquote_with};
/// assert_eq!(unquote_with("Ni%F1o", Charset::LATIN_1, Errors::Strict).as_deref(), Some("Niño"));
/// assert_eq!(unquote_with("Ni%F1o", Charset::UTF_8, Errors::Strict), None);
/// ```
#[must_use]
pub fn unquote_with(text: &str, charset: Charset, errors: Errors) -> Option<Cow<'_, str>> {
    in_charset(text.as_bytes(), Some(text), 0..text.len(), false, charset, errors)
}

/// The octets with every `%XX` decoded: Python's `unquote_to_bytes`.
///
/// ```
/// assert_eq!(*plainwire::query::unquote_octets(b"a%00%FF"), *b"a\x00\xFF");
/// ```
#[must_use]
pub fn unquote_octets(octets: &[u8]) -> Cow<'_, [u8]> {
    if memchr::memchr(b'%', octets).is_none() {
        return Cow::Borrowed(octets);
    }
    Cow::Owned(unescape(octets, false, <[u8]>::to_vec))
}
