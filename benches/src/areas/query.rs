//! Query strings beside `form_urlencoded`: ordinary ones, and ones of which most is escaped.

use crate::measure::Bench;
use plainwire::query::{Serializer, parse};

/// A generator of our own (splitmix64), so that every run measures the same strings.
struct Dice(u64);

impl Dice {
    fn throw(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((mixed ^ (mixed >> 31)) % sides as u64) as usize
    }

    fn of<'w>(&mut self, words: &[&'w str]) -> &'w str {
        words[self.throw(words.len())]
    }
}

const STRINGS: usize = 500;

const NAMES: [&str; 20] = [
    "utm_source",
    "utm_medium",
    "utm_campaign",
    "utm_content",
    "q",
    "page",
    "id",
    "sort",
    "lang",
    "ref",
    "sessionid",
    "category",
    "filter",
    "per_page",
    "token",
    "redirect",
    "gclid",
    "v",
    "t",
    "timestamp",
];
const VALUES: [&str; 16] = [
    "newsletter",
    "email",
    "spring-sale-2026",
    "1",
    "42",
    "desc",
    "en-US",
    "8f14e45fceea167a5a36dedd4bea2543",
    "homepage_banner",
    "true",
    "1760745600",
    "price_asc",
    "EAIaIQobChMI",
    "twitter",
    "0.75",
    "electronics",
];
/// Two of seven values have something escaped.
const ESCAPED: [&str; 6] =
    ["how to parse a url", "https://example.com/a?b=c", "rock & roll", "caf\u{e9} au lait", "100%", "wire protocols"];
const PHRASES: [&str; 8] = [
    "\u{4f60}\u{597d}\u{ff0c}\u{4e16}\u{754c}\u{3002}\u{5168}\u{6587}\u{68c0}\u{7d22}",
    "\u{43f}\u{440}\u{438}\u{432}\u{435}\u{442} \u{43c}\u{438}\u{440}, \u{43a}\u{430}\u{43a} \u{434}\u{435}\u{43b}\u{430}",
    "\u{645}\u{631}\u{62d}\u{628}\u{627} \u{628}\u{627}\u{644}\u{639}\u{627}\u{644}\u{645}",
    "\u{3053}\u{3093}\u{306b}\u{3061}\u{306f}\u{4e16}\u{754c} \u{691c}\u{7d22}\u{7d50}\u{679c}",
    "na\u{ef}ve caf\u{e9} \u{2013} \u{201c}d\u{e9}j\u{e0} vu\u{201d}",
    "\u{1f680}\u{1f680} \u{1f4a5}\u{1f4a5}",
    "\u{5bf}\u{5d0}\u{5d1}\u{5d2}\u{5d3}\u{5d4} \u{5d5}\u{5d6}\u{5d7}\u{5d8}",
    "\u{c548}\u{b155}\u{d558}\u{c138}\u{c694} \u{c138}\u{acc4}",
];

type Pairs = Vec<(String, String)>;

fn ordinary() -> Vec<Pairs> {
    let mut dice = Dice(1);
    let mut pairs = || {
        let count = 4 + dice.throw(7);
        (0..count)
            .map(|_| {
                let value = if dice.throw(7) < 2 { dice.of(&ESCAPED) } else { dice.of(&VALUES) };
                (dice.of(&NAMES).to_owned(), value.to_owned())
            })
            .collect()
    };
    (0..STRINGS).map(|_| pairs()).collect()
}

fn heavy() -> Vec<Pairs> {
    let mut dice = Dice(2);
    let mut pairs = || {
        let mut text = |count| (0..count).map(|_| dice.of(&PHRASES)).collect::<Vec<_>>().join(" ");
        (0..3)
            .map(|field| {
                (["title", "\u{440}\u{430}\u{437}\u{434}\u{435}\u{43b}", "q"][field].to_owned(), text(1 + field % 2))
            })
            .collect()
    };
    (0..STRINGS).map(|_| pairs()).collect()
}

pub fn run(bench: &mut Bench) {
    for (name, sets) in [("ordinary", ordinary()), ("heavily escaped", heavy())] {
        let strings: Vec<String> = sets
            .iter()
            .map(|pairs| form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish())
            .collect();
        let octets: usize = strings.iter().map(String::len).sum();
        for (pairs, string) in sets.iter().zip(&strings) {
            assert!(parse(string).eq(form_urlencoded::parse(string.as_bytes())));
            let mut out = Serializer::new();
            out.extend(pairs.iter().map(|(name, value)| (name, value)));
            assert_eq!(out.finish(), *string);
        }
        bench.pair(
            &format!("parse, {name}, {} octets", octets / STRINGS),
            "form_urlencoded",
            STRINGS as u64,
            || lengths(strings.iter().map(|string| parse(string))),
            || lengths(strings.iter().map(|string| form_urlencoded::parse(string.as_bytes()))),
        );
        bench.pair(
            &format!("write, {name}"),
            "form_urlencoded",
            STRINGS as u64,
            || {
                let write = |pairs: &Pairs| {
                    let mut out = Serializer::new();
                    for (name, value) in pairs {
                        out.append(name, value);
                    }
                    out.finish().len()
                };
                sets.iter().map(write).sum::<usize>()
            },
            || {
                let write = |pairs: &Pairs| {
                    let mut out = form_urlencoded::Serializer::new(String::new());
                    for (name, value) in pairs {
                        out.append_pair(name, value);
                    }
                    out.finish().len()
                };
                sets.iter().map(write).sum::<usize>()
            },
        );
    }
}

type Pair<'a> = (std::borrow::Cow<'a, str>, std::borrow::Cow<'a, str>);

/// Every pair is made, and dropped again.
fn lengths<'a, P: Iterator<Item = Pair<'a>>>(strings: impl Iterator<Item = P>) -> usize {
    strings.map(|pairs| pairs.map(|(name, value)| name.len() + value.len()).sum::<usize>()).sum()
}
