//! Conditional requests (RFC 9110 13): validators, and what a request's preconditions come to.
//!
//! ```
//! use plainwire::net::http::serve::conditional::{ETag, Outcome, Preconditions, Validators};
//!
//! let current = Validators { etag: Some(ETag::strong("v1").unwrap()), modified: None };
//! let asks = Preconditions { if_none_match: Some("W/\"v1\", \"v0\""), ..Preconditions::default() };
//! assert_eq!(asks.outcome("GET", &current), Outcome::NotModified);
//! ```

use crate::cookie::Timestamp;
use std::format;
use std::string::{String, ToString};

/// An entity tag (RFC 9110 8.8.3).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ETag {
    weak: bool,
    opaque: String,
}

impl ETag {
    /// A strong tag. `None` where `opaque` has a character that a tag has not.
    pub fn strong(opaque: &str) -> Option<Self> {
        opaque.bytes().all(is_etagc).then(|| Self { weak: false, opaque: opaque.to_string() })
    }

    /// Reads one tag, and what follows it.
    fn take(text: &str) -> Option<(Self, &str)> {
        let (weak, rest) = text.strip_prefix("W/").map_or((false, text), |rest| (true, rest));
        let rest = rest.strip_prefix('"')?;
        let (opaque, rest) = rest.split_once('"')?;
        opaque.bytes().all(is_etagc).then(|| (Self { weak, opaque: opaque.to_string() }, rest))
    }

    /// Reads a field value that is one tag.
    pub fn parse(text: &str) -> Option<Self> {
        let (tag, rest) = Self::take(text.trim())?;
        rest.is_empty().then_some(tag)
    }

    /// The tag says only that two representations mean the same.
    pub fn is_weak(&self) -> bool {
        self.weak
    }

    /// Octet for octet the same (RFC 9110 8.8.3.2).
    pub fn matches_strongly(&self, other: &Self) -> bool {
        !self.weak && !other.weak && self.opaque == other.opaque
    }

    /// The same in meaning (RFC 9110 8.8.3.2).
    pub fn matches_weakly(&self, other: &Self) -> bool {
        self.opaque == other.opaque
    }
}

impl core::fmt::Display for ETag {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(&format!("{}\"{}\"", if self.weak { "W/" } else { "" }, self.opaque))
    }
}

const fn is_etagc(octet: u8) -> bool {
    matches!(octet, 0x21 | 0x23..=0x7e | 0x80..)
}

/// What is known of the current representation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Validators {
    /// Its entity tag.
    pub etag: Option<ETag>,
    /// When it was last modified, in whole seconds.
    pub modified: Option<Timestamp>,
}

/// The preconditions of a request, as they stand in its fields; repeated fields joined by commas.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Preconditions<'f> {
    /// `If-Match`
    pub if_match: Option<&'f str>,
    /// `If-None-Match`
    pub if_none_match: Option<&'f str>,
    /// `If-Modified-Since`
    pub if_modified_since: Option<&'f str>,
    /// `If-Unmodified-Since`
    pub if_unmodified_since: Option<&'f str>,
    /// `If-Range`
    pub if_range: Option<&'f str>,
}

/// What the preconditions come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Answer as if there had been none.
    Proceed,
    /// 304.
    NotModified,
    /// 412.
    Failed,
}

impl Preconditions<'_> {
    /// Evaluates them in the order of RFC 9110 13.2.2, for a representation that exists.
    pub fn outcome(&self, method: &str, current: &Validators) -> Outcome {
        let reads = matches!(method, "GET" | "HEAD");
        // (1), (2)
        if let Some(list) = self.if_match {
            if !any_tag(list, current, ETag::matches_strongly) {
                return Outcome::Failed;
            }
        } else if let (Some(since), Some(modified)) = (self.if_unmodified_since.and_then(date), current.modified)
            && modified > since
        {
            return Outcome::Failed;
        }
        // (3), (4)
        if let Some(list) = self.if_none_match {
            if any_tag(list, current, ETag::matches_weakly) {
                return if reads { Outcome::NotModified } else { Outcome::Failed };
            }
        } else if let (Some(since), Some(modified)) = (self.if_modified_since.and_then(date), current.modified)
            && reads
            && modified <= since
        {
            return Outcome::NotModified;
        }
        Outcome::Proceed
    }

    /// Whether `Range` counts: there is no `If-Range`, or it names the current representation strongly (RFC 9110 13.1.5).
    pub fn range_counts(&self, current: &Validators) -> bool {
        let Some(condition) = self.if_range else { return true };
        match ETag::parse(condition) {
            Some(tag) => current.etag.as_ref().is_some_and(|current| current.matches_strongly(&tag)),
            // A date counts as strong only where it can't be the date of two versions; one second of age can't tell,
            // so it has to be exactly the one that was sent.
            None => date(condition).is_some_and(|date| current.modified == Some(date)),
        }
    }
}

fn date(text: &str) -> Option<Timestamp> {
    Timestamp::parse(text.as_bytes())
}

/// `*`, or any tag of the list that compares equal. A list that breaks off ends there.
fn any_tag(list: &str, current: &Validators, same: impl Fn(&ETag, &ETag) -> bool) -> bool {
    if list.trim() == "*" {
        return true;
    }
    let Some(current) = &current.etag else { return false };
    let mut rest = list;
    loop {
        rest = rest.trim_start_matches([' ', '\t', ',']);
        let Some((tag, after)) = ETag::take(rest) else { return false };
        if same(current, &tag) {
            return true;
        }
        rest = after;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn current() -> Validators {
        Validators { etag: ETag::strong("xyzzy"), modified: Timestamp::parse(b"Sat, 29 Oct 1994 19:43:31 GMT") }
    }

    #[test]
    fn preconditions_in_their_order() {
        let none = Preconditions::default();
        let (earlier, same, later) =
            ("Fri, 28 Oct 1994 19:43:31 GMT", "Sat, 29 Oct 1994 19:43:31 GMT", "Sun, 30 Oct 1994 19:43:31 GMT");
        for (asks, method, outcome) in [
            (none, "GET", Outcome::Proceed),
            (Preconditions { if_match: Some("\"xyzzy\", \"r2d2xxxx\""), ..none }, "PUT", Outcome::Proceed),
            (Preconditions { if_match: Some("W/\"xyzzy\""), ..none }, "PUT", Outcome::Failed),
            (Preconditions { if_match: Some("*"), ..none }, "PUT", Outcome::Proceed),
            (Preconditions { if_none_match: Some("*"), ..none }, "PUT", Outcome::Failed),
            (Preconditions { if_none_match: Some("W/\"xyzzy\""), ..none }, "HEAD", Outcome::NotModified),
            (
                Preconditions { if_none_match: Some("\"other\""), if_modified_since: Some(same), ..none },
                "GET",
                Outcome::Proceed,
            ),
            (Preconditions { if_modified_since: Some(same), ..none }, "GET", Outcome::NotModified),
            (Preconditions { if_modified_since: Some(earlier), ..none }, "GET", Outcome::Proceed),
            (Preconditions { if_modified_since: Some(later), ..none }, "POST", Outcome::Proceed),
            (Preconditions { if_modified_since: Some("not a date"), ..none }, "GET", Outcome::Proceed),
            (Preconditions { if_unmodified_since: Some(earlier), ..none }, "GET", Outcome::Failed),
            (Preconditions { if_unmodified_since: Some(same), ..none }, "GET", Outcome::Proceed),
        ] {
            assert_eq!(asks.outcome(method, &current()), outcome, "{method} {asks:?}");
        }
    }

    #[test]
    fn if_range_is_strong() {
        let with = |value| Preconditions { if_range: Some(value), ..Preconditions::default() }.range_counts(&current());
        assert!(Preconditions::default().range_counts(&current()));
        assert!(with("\"xyzzy\""));
        assert!(!with("W/\"xyzzy\""));
        assert!(!with("\"other\""));
        assert!(with("Sat, 29 Oct 1994 19:43:31 GMT"));
        assert!(!with("Sun, 30 Oct 1994 19:43:31 GMT"));
        assert!(!with("nonsense"));
    }

    #[test]
    fn tags_are_read_strictly() {
        assert_eq!(ETag::parse("W/\"\"").map(|tag| tag.is_weak()), Some(true));
        assert_eq!(ETag::parse("w/\"a\""), None);
        assert_eq!(ETag::parse("\"a b\""), None);
        assert_eq!(ETag::parse("a"), None);
        assert_eq!(ETag::strong("a\"b"), None);
        assert_eq!(ETag::strong("a").map(|tag| tag.to_string()).as_deref(), Some("\"a\""));
    }
}
