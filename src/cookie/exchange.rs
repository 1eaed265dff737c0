//! The cookies of one exchange, as a server sees them: what the request brought, what the answer changes.

use super::{Issued, Pairs, pairs};
use alloc::vec::Vec;
use core::fmt;

/// The cookies that a request brought, and the changes that its answer will carry.
///
/// ```
/// use plainwire::cookie::{Builder, Exchange};
///
/// let mut cookies = Exchange::new(b"id=42; theme=dark");
/// assert_eq!(cookies.value("id"), Some(&b"42"[..]));
/// cookies.set(Builder::new("theme", "light").path("/").build().unwrap());
/// cookies.set(Builder::new("id", "").path("/").removal().build().unwrap());
/// cookies.set(Builder::new("flash", "saved").build().unwrap());
/// cookies.set(Builder::new("flash", "").removal().build().unwrap()); // it was never sent: nothing to say
///
/// let delta: Vec<_> = cookies.delta().map(|cookie| cookie.as_str()).collect();
/// assert_eq!(delta, [
///     "theme=light; Path=/",
///     "id=; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; Path=/",
/// ]);
/// assert_eq!(cookies.value("id"), None);
/// ```
#[derive(Clone)]
pub struct Exchange<'a> {
    brought: &'a [u8],
    changes: Vec<Issued>,
}

impl<'a> Exchange<'a> {
    /// From the value of the request's `Cookie` field; empty if it has none.
    pub const fn new(field: &'a [u8]) -> Self {
        Self { brought: field, changes: Vec::new() }
    }

    /// The cookies that the request brought, in its order.
    pub fn brought(&self) -> Pairs<'a> {
        pairs(self.brought)
    }

    /// The value of the first cookie of this name, as it will be: what was set last, else what the request brought.
    pub fn value(&self, name: &str) -> Option<&[u8]> {
        match self.changes.iter().rev().find(|change| change.name() == name) {
            Some(change) if change.is_removal() => None,
            Some(change) => Some(change.value().as_bytes()),
            None => self.brought().find(|(brought, _)| *brought == name.as_bytes()).map(|(_, value)| value),
        }
    }

    /// Sets or removes a cookie with the answer. It takes the place of an earlier change to the same name, domain and
    /// path; a removal of what the request did not bring is not said at all.
    pub fn set(&mut self, cookie: Issued) {
        self.changes.retain(|change| !cookie.replaces(change));
        let brought = || self.brought().any(|(name, _)| name == cookie.name().as_bytes());
        if !cookie.is_removal() || brought() {
            self.changes.push(cookie);
        }
    }

    /// What the answer has to say: one `Set-Cookie` field for each.
    pub fn delta(&self) -> impl Iterator<Item = &Issued> {
        self.changes.iter()
    }
}

/// Names no values.
impl fmt::Debug for Exchange<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exchange")
            .field("brought", &format_args!("[{} octets]", self.brought.len()))
            .field("changes", &self.changes)
            .finish()
    }
}
