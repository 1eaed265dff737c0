//! The law of linearity: octets looked at per octet of input are a constant, whatever the input's shape.

use super::*;
use crate::work;
use std::format;

/// The most octets looked at for one of the input, in any shape.
const FACTOR: u64 = 12;

fn shapes(length: usize) -> Vec<(&'static str, String)> {
    let fill = |head: &str, piece: &str, tail: &str| {
        [head, &piece.repeat(length.saturating_sub(head.len() + tail.len()) / piece.len()), tail].concat()
    };
    std::vec![
        ("plain path", fill("http://h/", "abcdefgh", "")),
        ("dots", fill("http://h/", "./", "")),
        ("up", fill("http://h/", "../", "")),
        ("down and up", fill("http://h/", "a/../", "")),
        ("deep, then up", [fill("http://h/", "a/", ""), "../".repeat(length / 2)].concat()),
        ("escaped dots", fill("http://h/", "%2e%2E/", "")),
        ("percent signs", fill("http://h/", "%", "")),
        ("percent signs in the host", fill("http://", "%", "/")),
        ("escapes in the host", fill("http://", "%41", "/")),
        ("at signs", fill("http://", "@", "h/")),
        ("at signs and colons", fill("http://", ":@", "h/")),
        ("brackets", fill("http://", "[", "/")),
        ("brackets not special", fill("foo://", "[]", "/")),
        ("colons in brackets", fill("http://[", ":", "]/")),
        ("pieces", fill("http://[", "1:", "]/")),
        ("labels", fill("http://", "a.", "h/")),
        ("upper case", fill("http://", "A.", "h/")),
        ("numeric labels", fill("http://", "1.", "1/")),
        ("one number", fill("http://", "9", "/")),
        ("hexadecimal", fill("http://0x", "f", "/")),
        ("punycode", fill("http://", "xn--a.", "h/")),
        ("one punycode label", fill("http://xn--", "a", "/")),
        ("hyphens", fill("http://", "-", "/")),
        ("slashes", fill("http:", "/", "h")),
        ("backslashes", fill("http:", "\\", "h")),
        ("backslashes in the path", fill("http://h", "\\", "")),
        ("question marks", fill("http://h/", "?", "")),
        ("hashes", fill("http://h/", "#", "")),
        ("quotes", fill("http://h/?", "'", "")),
        ("spaces", fill("http://h/", " ", "x")),
        ("spaces around", fill("", " ", "")),
        ("opaque spaces", fill("data:", " ", "#")),
        ("tabs", fill("http://h/", "\t", "x")),
        ("tabs everywhere", fill("", "\t", "http://h/")),
        ("non-ASCII path", fill("http://h/", "é", "")),
        ("non-ASCII opaque host", fill("foo://", "é", "/")),
        ("port", fill("http://h:", "0", "1/")),
        ("drive letters", fill("file:///", "C|/", "")),
        ("empty segments", fill("foo:", "/", "")),
        ("scheme", fill("", "a", ":")),
        ("no scheme", fill("", "a", "")),
    ]
}

#[test]
fn a_mebibyte_costs_in_proportion() {
    let within = |shape: &str, spent: u64, length: usize| {
        assert!(spent <= FACTOR * length as u64 + 256, "{shape}: {spent} for {length}");
    };
    for (shape, input) in shapes(1 << 20) {
        let (spent, _) = work::count(|| Url::parse(&input));
        within(shape, spent, input.len());
    }
    let base = Url::parse("http://h/a/b").unwrap();
    for (shape, input) in shapes(1 << 16) {
        let (spent, _) = work::count(|| Url::can_parse(&input));
        within(shape, spent, input.len());
        let (spent, url) = work::count(|| base.join(&input));
        within(shape, spent, input.len());
        if let Ok(mut url) = url {
            let (spent, _) = work::count(|| url.search_params().len());
            within(shape, spent, url.as_str().len());
            let (spent, _) = work::count(|| Setter::ALL.map(|setter| url.set(setter, &input)));
            within(shape, spent, 9 * input.len() + url.as_str().len());
        }
    }
}

/// IDNA's own work isn't counted: it is timed by its ratio, twice the input against once, with room to spare.
#[test]
fn idna_has_bounds() {
    let domain = |labels: usize| format!("http://{}h/", "é.".repeat(labels));
    assert!(Url::parse(&domain(50_000)).is_ok() || cfg!(not(feature = "idna")));
    // A label on which Punycode's quadratic arithmetic would hurt is refused.
    let label = "é".repeat(1 << 19);
    assert!(Url::parse(&format!("http://{label}/")).is_err());
}

#[test]
fn a_hundred_thousand_fields_cost_in_proportion() {
    let fields: Vec<String> = (0..100_000).map(|index| format!("field{index}=%20value+{index}")).collect();
    let url = Url::parse(&format!("http://h/?{}", fields.join("&"))).unwrap();
    let length = url.as_str().len() as u64;
    let (spent, params) = work::count(|| url.search_params());
    assert_eq!(params.len(), 100_000);
    assert!(spent <= 6 * length, "{spent} for {length}");
    let mut changed = Url::parse("http://h/").unwrap();
    let (spent, ()) = work::count(|| {
        let mut params = changed.search_params_mut();
        for index in 0..100_000_u32 {
            params.append("field", &index.to_string());
        }
    });
    assert_eq!(changed.search_params().len(), 100_000);
    assert!(spent <= 6 * changed.as_str().len() as u64, "{spent}");
}
