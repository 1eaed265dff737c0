//! Range requests (RFC 9110 14): which octets of a representation were asked for.
//!
//! ```
//! use plainwire::net::http::serve::range::{Ranges, asked};
//!
//! assert_eq!(asked("bytes=0-4,-2", 10), Ranges::Some(vec![0..5, 8..10]));
//! assert_eq!(asked("bytes=10-", 10), Ranges::Unsatisfiable);
//! assert_eq!(asked("lines=1-2", 10), Ranges::All); // a unit that is not known is passed over
//! ```

use core::ops::Range;
use std::vec::Vec;

/// More ranges than this in one request are an attack and not a download (RFC 9110 14.2 allows to pass over them).
const MOST: usize = 32;

/// What a `Range` field means for a representation of known length.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ranges {
    /// The field is to be passed over: 200 with everything.
    All,
    /// 206 with these, in the order asked for; ranges that overlap or touch are one.
    Some(Vec<Range<u64>>),
    /// 416.
    Unsatisfiable,
}

/// Reads the value of `Range` against a length in octets.
///
/// What is malformed is passed over, as RFC 9110 14.2 has it; so are more than 32 ranges.
pub fn asked(value: &str, len: u64) -> Ranges {
    parse(value, len).unwrap_or(Ranges::All)
}

fn parse(value: &str, len: u64) -> Option<Ranges> {
    let (unit, set) = value.split_once('=')?;
    if !unit.trim().eq_ignore_ascii_case("bytes") {
        return None;
    }
    let mut ranges: Vec<Range<u64>> = Vec::new();
    let mut specs = 0;
    for spec in set.split(',') {
        let spec = spec.trim_matches([' ', '\t']);
        if spec.is_empty() {
            continue;
        }
        specs += 1;
        if specs > MOST {
            return None;
        }
        let (first, last) = spec.split_once('-')?;
        let range = match (number(first)?, number(last)?) {
            (Some(first), Some(last)) if first > last => return None, // 14.1.1: invalid
            (Some(first), last) => first..last.unwrap_or(u64::MAX).saturating_add(1).min(len),
            (None, Some(suffix)) => len.saturating_sub(suffix)..len,
            (None, None) => return None,
        };
        if range.start < range.end {
            ranges.push(range);
        }
    }
    if specs == 0 {
        return None;
    }
    if ranges.is_empty() {
        return Some(Ranges::Unsatisfiable);
    }
    Some(Ranges::Some(coalesced(ranges)))
}

/// A number, or nothing where nothing stands. Digits only: `parse` would take a sign.
fn number(digits: &str) -> Option<Option<u64>> {
    if digits.is_empty() {
        return Some(None);
    }
    if !digits.bytes().all(|octet| octet.is_ascii_digit()) {
        return None;
    }
    // A number too large for 64 bits lies beyond every length.
    Some(Some(digits.parse().unwrap_or(u64::MAX)))
}

/// Ranges that overlap or touch become one, at the place of the first of them (RFC 9110 15.3.7.2).
fn coalesced(ranges: Vec<Range<u64>>) -> Vec<Range<u64>> {
    let mut all: Vec<Range<u64>> = Vec::with_capacity(ranges.len());
    for mut range in ranges {
        let mut place = all.len();
        while let Some(at) = all.iter().position(|other| other.start <= range.end && range.start <= other.end) {
            let other = all.remove(at);
            range = range.start.min(other.start)..range.end.max(other.end);
            place = place.min(at);
        }
        all.insert(place.min(all.len()), range);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec;

    #[test]
    fn ranges_mean_what_the_rfc_says() {
        let some = |ranges: &[Range<u64>]| Ranges::Some(ranges.to_vec());
        // RFC 9110 14.1.2, with a length of 10,000.
        for (value, meaning) in [
            ("bytes=0-499", some(&[0..500])),
            ("bytes=500-999", some(&[500..1000])),
            ("bytes=-500", some(&[9500..10000])),
            ("bytes=9500-", some(&[9500..10000])),
            ("bytes=0-0,-1", some(&[0..1, 9999..10000])),
            ("bytes= 0-999, 4500-5499, -1000", some(&[0..1000, 4500..5500, 9000..10000])),
            ("bytes=500-600,601-999", some(&[500..1000])),
            ("bytes=500-700,601-999", some(&[500..1000])),
            ("bytes=0-99999999999999999999999", some(&[0..10000])),
            ("bytes=20000-,5-5", some(&[5..6])),
            ("bytes=20000-", Ranges::Unsatisfiable),
            ("bytes=-0", Ranges::Unsatisfiable),
            ("bytes=5-4", Ranges::All),
            ("bytes=", Ranges::All),
            ("bytes=-", Ranges::All),
            ("bytes=+1-2", Ranges::All),
            ("bytes=1-2-3", Ranges::All),
            ("bytes 1-2", Ranges::All),
            ("Bytes=1-2", some(&[1..3])),
        ] {
            assert_eq!(asked(value, 10_000), meaning, "{value}");
        }
        assert_eq!(asked("bytes=0-", 0), Ranges::Unsatisfiable);
        let many = std::format!("bytes={}", "1-2,".repeat(33));
        assert_eq!(asked(&many, 10), Ranges::All);
        assert_eq!(asked("bytes=8-9,0-1,1-8", 10), Ranges::Some(vec![0..10]));
    }
}
