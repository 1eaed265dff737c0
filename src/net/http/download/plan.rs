//! What of a download is there already: the segments, and the file beside the file that remembers them.
//!
//! While `NAME` is being fetched there are `NAME.part`, preallocated to its full length, and `NAME.part.plan`, the text
//! of a [`Plan`]. A plan never says more than what was written: after a kill the download goes on from what it says.

use super::super::Response;
use super::super::serve::conditional::ETag;
use crate::cookie::Timestamp;
use std::format;
use std::string::{String, ToString};
use std::vec::Vec;

/// What tells one version of a representation from another, octet for octet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Validator {
    /// A strong entity tag.
    Tag(ETag),
    /// The date it was last modified, where there is no tag.
    Modified(Timestamp),
}

impl Validator {
    /// The validator that a response's fields give, if it can serve for `If-Range` (RFC 9110 13.1.5): a weak tag can't, a
    /// date beside a tag mustn't, and a file that was modified in the very second of the answer may be modified once more
    /// in it (RFC 9110 8.8.2.2).
    pub fn from_fields(etag: Option<&str>, modified: Option<&str>, date: Option<&str>) -> Option<Self> {
        if let Some(tag) = etag.and_then(ETag::parse) {
            return Some(tag).filter(|tag| !tag.is_weak()).map(Self::Tag);
        }
        let time = |value: Option<&str>| value.and_then(|value| Timestamp::parse(value.as_bytes()));
        time(modified).filter(|modified| time(date).is_none_or(|date| *modified < date)).map(Self::Modified)
    }

    pub(super) fn of(response: &Response) -> Option<Self> {
        Self::from_fields(response.field("etag"), response.field("last-modified"), response.field("date"))
    }

    /// The value of `If-Range`.
    pub fn condition(&self) -> String {
        match self {
            Self::Tag(tag) => tag.to_string(),
            Self::Modified(date) => date.to_string(),
        }
    }
}

/// A run of octets that one connection fetches: `start..end`, of which everything before `done` is in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    /// The first octet.
    pub start: u64,
    /// The first octet that is not in the file yet.
    pub done: u64,
    /// The first octet after the segment.
    pub end: u64,
}

impl Segment {
    /// Octets that are still to come.
    pub const fn left(&self) -> u64 {
        self.end - self.done
    }
}

/// A download by its URL, its version and its segments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Where it comes from.
    pub url: String,
    /// How long it is, in octets.
    pub length: u64,
    /// Which version it is. Without one nothing can be resumed.
    pub validator: Option<Validator>,
    /// In order, without gaps, from 0 to `length`.
    pub segments: Vec<Segment>,
}

/// A plan file that can't be used: it is as if there were none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {0} of a download plan makes no sense")]
pub struct PlanError(pub usize);

const HEADING: &str = "plainwire download 1";

impl Plan {
    /// A download of `length` octets in at most `count` segments of about the same size, none under 64 KiB.
    pub fn new(url: &str, length: u64, validator: Option<Validator>, count: usize) -> Self {
        const LEAST: u64 = 64 << 10;
        let most = (length / LEAST).max(1);
        let count = (count.max(1) as u64).min(most);
        let edge = |index: u64| (u128::from(length) * u128::from(index) / u128::from(count)) as u64;
        let segments =
            (0..count).map(|index| Segment { start: edge(index), done: edge(index), end: edge(index + 1) }).collect();
        Self { url: url.to_string(), length, validator, segments }
    }

    /// Octets that are in the file.
    pub fn done(&self) -> u64 {
        self.segments.iter().map(|segment| segment.done - segment.start).sum()
    }

    /// The version and length are those of this plan, so what is in the file counts.
    pub fn is_of(&self, url: &str, length: u64, validator: Option<&Validator>) -> bool {
        self.url == url && self.length == length && self.validator.is_some() && self.validator.as_ref() == validator
    }

    /// The text of the plan file.
    pub fn print(&self) -> String {
        let mut text = format!("{HEADING}\nurl {}\nlength {}\n", self.url, self.length);
        match &self.validator {
            Some(Validator::Tag(tag)) => text += &format!("etag {tag}\n"),
            Some(Validator::Modified(date)) => text += &format!("modified {}\n", date.0),
            None => {}
        }
        for segment in &self.segments {
            text += &format!("segment {} {} {}\n", segment.start, segment.done, segment.end);
        }
        text += "end\n";
        text
    }

    /// Reads a plan file. One that was cut short is refused: its last line is missing.
    ///
    /// # Errors
    ///
    /// The line, from 1, that makes no sense.
    pub fn parse(text: &str) -> Result<Self, PlanError> {
        let mut plan = Self { url: String::new(), length: 0, validator: None, segments: Vec::new() };
        let mut ended = false;
        for (index, line) in text.lines().enumerate() {
            let wrong = PlanError(index + 1);
            if index == 0 {
                if line != HEADING {
                    return Err(wrong);
                }
                continue;
            }
            if ended {
                return Err(wrong);
            }
            let (keyword, value) = line.split_once(' ').unwrap_or((line, ""));
            match keyword {
                "url" => plan.url = value.to_string(),
                "length" => plan.length = value.parse().map_err(|_| wrong)?,
                "etag" => plan.validator = Some(Validator::Tag(ETag::parse(value).ok_or(wrong)?)),
                "modified" => plan.validator = Some(Validator::Modified(Timestamp(value.parse().map_err(|_| wrong)?))),
                "segment" => {
                    let numbers: Vec<u64> = value.split(' ').map_while(|number| number.parse().ok()).collect();
                    let [start, done, end] = numbers[..] else { return Err(wrong) };
                    let follows = plan.segments.last().map_or(0, |last| last.end) == start;
                    if !follows || start > done || done > end || end > plan.length {
                        return Err(wrong);
                    }
                    plan.segments.push(Segment { start, done, end });
                }
                "end" => ended = true,
                _ => return Err(wrong),
            }
        }
        let whole = plan.segments.last().is_some_and(|last| last.end == plan.length);
        if ended && whole && !plan.url.is_empty() { Ok(plan) } else { Err(PlanError(text.lines().count() + 1)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn segments_cover_the_whole() {
        let plan = Plan::new("http://a/", 10 << 20, None, 3);
        assert_eq!(plan.segments.len(), 3);
        assert_eq!((plan.segments[0].start, plan.segments[2].end), (0, 10 << 20));
        assert_eq!(Plan::new("http://a/", 100_000, None, 8).segments.len(), 1);
        assert_eq!(Plan::new("http://a/", 0, None, 8).segments.len(), 1);
        assert_eq!(Plan::new("http://a/", u64::MAX, None, 4).segments[3].end, u64::MAX);
    }

    #[test]
    fn only_strong_validators_count() {
        let of = |etag, modified| Validator::from_fields(etag, modified, None).map(|it| it.condition());
        assert_eq!(of(Some("W/\"x\""), None), None);
        let date = "Sat, 29 Oct 1994 19:43:31 GMT";
        // RFC 9110 13.1.5: no date where there is a tag, be it weak. Apache answers such a condition with the whole for a minute.
        assert_eq!(of(Some("W/\"x\""), Some(date)), None);
        assert_eq!(of(None, Some(date)).as_deref(), Some(date));
        assert_eq!(of(Some("\"x\""), Some(date)).as_deref(), Some("\"x\""));
        let answered = |at| Validator::from_fields(None, Some(date), Some(at));
        assert_eq!(answered(date), None, "it may change once more in this second");
        assert!(answered("Sat, 29 Oct 1994 19:43:32 GMT").is_some());
        let plan = Plan::new("http://a/", 1, None, 1);
        assert!(!plan.is_of("http://a/", 1, None), "nothing can be resumed without a validator");
    }

    #[test]
    fn a_torn_plan_is_no_plan() {
        let mut plan = Plan::new("http://a/b c", 1 << 20, Validator::from_fields(Some("\"v\""), None, None), 2);
        plan.segments[0].done = 77;
        let text = plan.print();
        assert_eq!(Plan::parse(&text).as_ref(), Ok(&plan));
        for end in 0..text.len() - 1 {
            assert!(Plan::parse(&text[..end]).is_err(), "{:?}", &text[..end]);
        }
        assert_eq!(Plan::parse(&text.replace("segment 0", "segment 1")), Err(PlanError(5)));
    }

    proptest! {
        #[test]
        fn any_plan_reads_back(length: u64, count in 1usize..40, done in 0u64..100_000) {
            let mut plan = Plan::new("https://a.example/x", length, Some(Validator::Modified(Timestamp(done as i64))), count);
            for segment in &mut plan.segments {
                segment.done = segment.start + done.min(segment.end - segment.start);
            }
            prop_assert_eq!(Plan::parse(&plan.print()), Ok(plan));
        }
    }
}
