//! Expected values from the URL Standard, from CPython's documentation and sessions, and by hand.

use super::*;
use crate::work;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;
use proptest::prelude::*;

fn owned<'a, N: Into<String>, V: Into<String>>(pairs: impl IntoIterator<Item = (N, V)> + 'a) -> Vec<(String, String)> {
    pairs.into_iter().map(|(name, value)| (name.into(), value.into())).collect()
}

/// What `parse_qsl(…, keep_blank_values=True)` gives, which for these is what the URL Standard gives, too.
const PAIRS: &[(&str, &[(&str, &str)])] = &[
    ("", &[]),
    ("&", &[]),
    ("&&&", &[]),
    ("=", &[("", "")]),
    ("=x", &[("", "x")]),
    ("x", &[("x", "")]),
    ("x=", &[("x", "")]),
    ("x=y=z", &[("x", "y=z")]),
    ("x==", &[("x", "=")]),
    ("x%3Dy=z", &[("x=y", "z")]),
    ("x=y&z=w", &[("x", "y"), ("z", "w")]),
    ("x=y%26z=w", &[("x", "y&z=w")]),
    ("&x=y&", &[("x", "y")]),
    ("n=one+two&m=+", &[("n", "one two"), ("m", " ")]),
    ("x=1&x=2", &[("x", "1"), ("x", "2")]),
    (";x=y;z", &[(";x", "y;z")]),
    ("%zz=%4&%=%%41", &[("%zz", "%4"), ("%", "%A")]),
    ("ł=é&%C5%82=%c3%A9", &[("ł", "é"), ("ł", "é")]),
    ("%82=%A9%C3", &[("\u{FFFD}", "\u{FFFD}\u{FFFD}")]),
    ("%F0%9F%92%A9=%F0%9F%92", &[("💩", "\u{FFFD}")]),
    ("%2B=%2b+%00", &[("+", "+ \0")]),
];

#[test]
fn pairs_are_as_expected() {
    for (query, expected) in PAIRS {
        let expected = owned(expected.iter().copied());
        assert_eq!(owned(parse(query)), expected, "{query:?}");
        assert_eq!(owned(parse_octets(query.as_bytes())), expected, "{query:?}");
        let octets: Vec<_> = octet_pairs(query.as_bytes())
            .map(|(name, value)| {
                (String::from_utf8_lossy(&name).into_owned(), String::from_utf8_lossy(&value).into_owned())
            })
            .collect();
        assert_eq!(octets, expected, "{query:?}");
        let optional: Result<Vec<_>, _> = Options::WHATWG.pairs(query).collect();
        assert_eq!(owned(optional.unwrap()), expected, "{query:?}");
        let without_blanks: Vec<_> = expected.iter().filter(|(_, value)| !value.is_empty()).cloned().collect();
        let python: Result<Vec<_>, _> = Options::PYTHON.pairs(query).collect();
        assert_eq!(owned(python.unwrap()), without_blanks, "{query:?}");
    }
}

#[test]
fn plain_fields_are_borrowed() {
    use alloc::borrow::Cow;
    for (name, value) in parse("plain=field&ünicode=grün&x") {
        assert!(matches!((name, value), (Cow::Borrowed(_), Cow::Borrowed(_))));
    }
    let fields: Vec<_> = parse("a+b=c&d=e%20f").collect();
    assert!(matches!(fields[0], (Cow::Owned(_), Cow::Borrowed("c"))));
    assert!(matches!(fields[1], (Cow::Borrowed("d"), Cow::Owned(_))));
}

/// Every length and every place around the borders of blocks and words, against one loop over octets.
#[test]
fn borders_make_no_difference() {
    for length in 0..150 {
        for (at, mark) in (0..length).flat_map(|at| [(at, '&'), (at, '='), (at, '+'), (at, '%')]) {
            let query: String = (0..length).map(|here| if here == at { mark } else { 'x' }).collect();
            let expected = match mark {
                '&' => [(query[..at].to_string(), String::new()), (query[at + 1..].to_string(), String::new())]
                    .into_iter()
                    .filter(|(name, _)| !name.is_empty())
                    .collect(),
                '=' => vec![(query[..at].to_string(), query[at + 1..].to_string())],
                '+' => vec![(query.replace('+', " "), String::new())],
                _ => vec![(query.clone(), String::new())],
            };
            assert_eq!(owned(parse(&query)), expected, "{query:?}");
        }
    }
}

#[test]
fn long_fields_are_decoded_as_short_ones_are() {
    for length in [0, 1, 15, 16, 17, 63, 64, 79, 80, 81, 239, 240, 241, 242, 300, 1000] {
        let encoded = "%41+b%zz".repeat(length);
        let decoded = "A b%zz".repeat(length);
        assert_eq!(unquote_plus(&encoded), decoded);
        assert_eq!(
            owned(parse(&format!("{encoded}={encoded}&z"))),
            [(decoded.clone(), decoded), ("z".into(), String::new())]
        );
    }
}

#[test]
fn options_refuse_what_they_are_told_to() {
    let strict = Options::PYTHON.strict(true);
    assert_eq!(strict.params("a=1&&b=2"), Err(QueryError::NoEquals { offset: 4 }));
    assert_eq!(strict.params("a=1&b=2&"), Err(QueryError::NoEquals { offset: 8 }));
    assert_eq!(strict.params("").map(|params| params.len()), Ok(0));
    assert_eq!(strict.params("a=").map(|params| params.len()), Ok(0));
    assert_eq!(strict.keep_blank(true).params("a=").map(|params| params.len()), Ok(1));

    let few = Options::WHATWG.max_fields(2);
    assert_eq!(few.params("a&b").map(|params| params.len()), Ok(2));
    assert_eq!(few.params("a&b&"), Err(QueryError::TooManyFields { limit: 2, offset: 4 }));
    assert_eq!(few.max_fields(0).params(""), Ok(Params::new()));
    assert_eq!(few.max_fields(0).params("a"), Err(QueryError::TooManyFields { limit: 0, offset: 0 }));

    assert_eq!(few.separator("").params("a"), Err(QueryError::EmptySeparator));
    let semicolons = Options::WHATWG.separator(";");
    assert_eq!(owned(semicolons.params("a=1&x;b=2;;=c").unwrap()), owned([("a", "1&x"), ("b", "2"), ("", "c")]));
    let long = Options::WHATWG.separator("&amp;");
    assert_eq!(owned(long.params("a=1&b&amp;b=2&amp;").unwrap()), owned([("a", "1&b"), ("b", "2")]));
    assert_eq!(long.strict(true).params("a=1&amp;b"), Err(QueryError::NoEquals { offset: 8 }));
}

#[test]
fn charsets_are_read() {
    let latin = Options::WHATWG.charset(Charset::LATIN_1);
    assert_eq!(owned(latin.params("a=%E9é%80").unwrap()), owned([("a", "éé\u{80}")]));
    let octets: Result<Vec<_>, _> = latin.octet_pairs(b"a=\xE9%E9").collect();
    assert_eq!(owned(octets.unwrap()), owned([("a", "éé")]));
    let ascii = Options::WHATWG.charset(Charset::ASCII);
    assert_eq!(owned(ascii.params("a=%E9+b").unwrap()), owned([("a", "\u{FFFD} b")]));
    assert_eq!(owned(ascii.errors(Errors::Ignore).params("a=%E9+b").unwrap()), owned([("a", " b")]));
    let strict = ascii.errors(Errors::Strict);
    assert_eq!(strict.params("a=b&c=%E9+b"), Err(QueryError::Charset { offset: 4 }));
    let utf8 = Options::WHATWG.errors(Errors::Strict);
    assert_eq!(utf8.params("x&a=%C3"), Err(QueryError::Charset { offset: 2 }));
    assert_eq!(owned(utf8.errors(Errors::Ignore).params("a=%C3b%FF").unwrap()), owned([("a", "b")]));
}

#[cfg(feature = "charset")]
#[test]
fn charsets_of_the_encoding_standard_are_read_and_written() {
    let label = |label| Charset::for_label(label).unwrap();
    assert_eq!(label("latin1").name(), "windows-1252");
    let japanese = Options::WHATWG.charset(label("shift_jis"));
    // 0x83 0x65 is テ; the second octet is the letter e.
    assert_eq!(owned(japanese.params("a=%83e%83X%83gé").unwrap()), owned([("a", "テストé")]));
    let strict = japanese.errors(Errors::Strict);
    assert_eq!(strict.params("a=%83"), Err(QueryError::Charset { offset: 0 }));

    let mut out = Serializer::new().in_charset(label("shift_jis"), Errors::CharacterReference);
    out.append("a", "テスト€");
    // URL Standard 5.2 and Encoding Standard 4.4: what does not exist becomes a character reference.
    assert_eq!(out.finish(), "a=%83e%83X%83g%26%238364%3B");
    let mut out = Serializer::new().in_charset(label("iso-2022-jp"), Errors::Replace);
    out.append("a", "あ€b");
    assert_eq!(out.finish(), "a=%1B%24B%24%22%1B%28B%3Fb");
    let mut out = Serializer::new().in_charset(label("windows-1252"), Errors::Strict);
    assert_eq!(out.try_append("é€", "ok").map(|_| ()), Ok(()));
    assert_eq!(out.try_append("a", "xж").map(|_| ()), Err(Unmappable { character: 'ж', offset: 1 }));
    assert_eq!(out.finish(), "%E9%80=ok");
}

/// URL Standard 5.2: the serializer's percent-encode set, by code point.
#[test]
fn the_form_spelling_is_the_standards() {
    for code in 0..=0xFF_u8 {
        let octet = [code];
        let mut out = Serializer::new();
        out.append_octets(&octet, b"");
        let expected = match code {
            b' ' => String::from("+="),
            b'*' | b'-' | b'.' | b'0'..=b'9' | b'A'..=b'Z' | b'_' | b'a'..=b'z' => format!("{}=", char::from(code)),
            _ => format!("%{code:02X}="),
        };
        assert_eq!(out.finish(), expected);
    }
}

/// Of every length, with every octet at every place, in every spelling.
#[test]
fn blocks_are_written_as_octets_are() {
    static SAFER: Spelling = Spelling::PYTHON.with_safe(b"/:@ ");
    let spellings: [(&Spelling, &[u8], bool); 4] = [
        (&Spelling::FORM, b"*", true),
        (&Spelling::PYTHON, b"~", true),
        (&Spelling::PERCENT, b"~", false),
        (&SAFER, b"~/:@", true),
    ];
    for (spelling, safe, plus) in spellings {
        let one = |octet: u8| match octet {
            b' ' if plus => String::from("+"),
            b'-' | b'.' | b'_' => char::from(octet).into(),
            _ if octet.is_ascii_alphanumeric() || safe.contains(&octet) => char::from(octet).into(),
            _ => format!("%{octet:02X}"),
        };
        for length in [0, 1, 2, 3, 4, 7, 8, 15, 16, 17, 32, 33, 49] {
            let plain: String = "aZ09-_.mzA".chars().cycle().take(length).collect();
            for at in 0..length.max(1) {
                for octet in 0..=u8::MAX {
                    let (mut odd, mut expected) = (Vec::from(plain.as_str()), plain.clone());
                    if at < length {
                        odd[at] = octet;
                        expected.replace_range(at..=at, &one(octet));
                    }
                    let mut out = Serializer::spelled(spelling);
                    out.append_octets(plain.as_bytes(), &odd).append_octets(&odd, b"");
                    assert_eq!(out.finish(), format!("{plain}={expected}&{expected}="));
                }
            }
        }
    }
}

#[test]
fn spellings_are_pythons() {
    // urlencode({'a b': '~*/é'}), with safe='/', and with quote_via=quote.
    let write = |spelling: &Spelling| {
        let mut out = Serializer::spelled(spelling);
        out.append("a b", "~*/é+");
        out.finish()
    };
    assert_eq!(write(&Spelling::PYTHON), "a+b=~%2A%2F%C3%A9%2B");
    assert_eq!(write(&Spelling::PYTHON.with_safe(b"/ \xC3")), "a+b=~%2A/%C3%A9%2B");
    assert_eq!(write(&Spelling::PERCENT), "a%20b=~%2A%2F%C3%A9%2B");
    assert_eq!(write(&Spelling::PERCENT.with_safe(b" +")), "a b=~%2A%2F%C3%A9+");
    assert_eq!(write(&Spelling::FORM), "a+b=%7E*%2F%C3%A9%2B");
}

#[test]
fn quoting_is_pythons() {
    assert_eq!(quote("/El Niño/~a_b.c-d", "/"), "/El%20Ni%C3%B1o/~a_b.c-d");
    assert_eq!(quote("a+b c", " é"), "a%2Bb c");
    assert_eq!(quote_plus("a+b c", "+"), "a+b+c");
    assert_eq!(quote_plus("a+b", ""), "a%2Bb");
    assert_eq!(quote_octets(b"\x00\x7F\x80", ""), "%00%7F%80");
    assert_eq!(unquote("%e3%81%82+%"), "あ+%");
    assert_eq!(unquote("é%C3%A9%E9"), "éé\u{FFFD}");
    assert_eq!(unquote_plus("%2B+"), "+ ");
    assert_eq!(*unquote_octets("é%ff".as_bytes()), *b"\xC3\xA9\xFF");
    assert!(matches!(quote("plain", ""), alloc::borrow::Cow::Borrowed("plain")));
    assert!(matches!(unquote("plain+"), alloc::borrow::Cow::Borrowed("plain+")));
}

#[test]
fn params_are_url_search_params() {
    let mut params = Params::parse("a=b&a=c&d");
    assert_eq!((params.get("a"), params.get("d"), params.get("x")), (Some("b"), Some(""), None));
    assert!(params.has("d") && params.has_pair("a", "c") && !params.has_pair("a", "d"));
    assert_eq!(params.delete_pair("a", "b"), 1);
    params.append("a", "e");
    params.set("a", "f");
    assert_eq!(params.to_string(), "a=f&d=");
    params.set("new", "ü");
    assert_eq!(params.to_string(), "a=f&d=&new=%C3%BC");
    // U+1F308 is two code units from 0xD83C, before U+FB03.
    let mut params = Params::parse("ﬃ&🌈&b=2&a&b=1");
    params.sort();
    assert_eq!(owned(params.iter()), owned([("a", ""), ("b", "2"), ("b", "1"), ("🌈", ""), ("ﬃ", "")]));
    assert_eq!(Params::parse("x=%20").into_owned(), Params::from_iter([("x", " ")]));
}

#[cfg(feature = "charset")]
#[test]
fn what_would_shift_a_charset_is_refused_where_it_stands() {
    let charset = Charset::for_label("iso-2022-jp").unwrap();
    // Encoding Standard 12.2.2: these are errors, told as U+FFFD.
    for shift in ['\u{E}', '\u{F}', '\u{1B}'] {
        let refused = Unmappable { character: shift, offset: 4 };
        assert_eq!(charset.encode(&format!("a日{shift}"), Errors::Strict), Err(refused));
    }
    assert_eq!(*charset.encode("\u{E}", Errors::CharacterReference).unwrap(), *b"&#65533;");
}

/// A query string costs in proportion to its length, whatever it is made of.
#[test]
fn work_is_linear() {
    for unit in ["a=b&", "&", "=", "%", "+", "%41", "%zz", "a", "a=%C3%A9&", "a[b]=1&", "é"] {
        let cost = |times: usize| {
            let query = unit.repeat(times);
            work::count(|| {
                assert!(parse(&query).count() <= query.len());
                assert!(Options::PYTHON.separator("&&").max_fields(10_000_000).pairs(&query).count() <= query.len());
                let mut out = Serializer::new();
                out.extend(parse(&query));
                out.finish().len()
            })
            .0
        };
        let (small, large) = (cost(1_000), cost(100_000));
        assert!(large <= 110 * small, "{unit:?}: {small} and {large}");
    }
}

#[test]
fn a_hundred_thousand_fields_cost_in_proportion() {
    let fields: Vec<String> = (0..100_000).map(|index| format!("field{}=%20value+{index}", index % 1_000)).collect();
    let query = fields.join("&");
    let within =
        |what: &str, spent: u64| assert!(spent <= 6 * query.len() as u64, "{what}: {spent} for {}", query.len());
    let (spent, params) = work::count(|| Params::parse(&query));
    within("parse", spent);
    assert_eq!(params.len(), 100_000);
    let (spent, groups) = work::count(|| params.grouped());
    within("grouped", spent);
    assert_eq!((groups.len(), groups[999].values.len()), (1_000, 100));
    let (spent, written) = work::count(|| params.to_string());
    within("write", spent);
    assert_eq!(written.len() + 2 * 100_000, query.len());
    let limited = Options::WHATWG.max_fields(99_999).params(&query);
    assert!(matches!(limited, Err(QueryError::TooManyFields { limit: 99_999, .. })));
    let blocked = Options::WHATWG.separator("&").max_fields(100_000);
    let (spent, count) = work::count(|| blocked.pairs(&query).flatten().count());
    within("options", spent);
    assert_eq!(count, 100_000);
}

/// Octets that mean something, and some that don't.
fn query() -> impl Strategy<Value = Vec<u8>> {
    let octet = prop_oneof![
        Just(b'&'),
        Just(b'='),
        Just(b'+'),
        Just(b'%'),
        Just(b'4'),
        Just(b'F'),
        Just(b'a'),
        Just(b'z'),
        Just(0xC3),
        Just(0xA9),
        any::<u8>()
    ];
    prop::collection::vec(octet, 0..200)
}

proptest! {
    #[test]
    fn escapes_are_decoded_as_one_loop_decodes_them(octets in query()) {
        prop_assert_eq!(&*unquote_octets(&octets), plain_decode(&octets, false));
        for (name, value) in octet_pairs(&octets) {
            let escaped = Serializer::new().append_octets(&name, &value).clone().finish();
            let back: Vec<_> = octet_pairs(escaped.as_bytes()).collect();
            prop_assert_eq!(back, vec![(name, value)]);
        }
    }

    #[test]
    fn the_splitter_is_the_cutter(octets in query()) {
        let (mut cutter, mut splitter) = (scan::Cutter::new(&octets), scan::Splitter::new(&octets, b"&"));
        loop {
            let field = cutter.next();
            prop_assert_eq!(field, splitter.next());
            if field.is_none() {
                break;
            }
        }
    }

    #[test]
    fn what_is_written_is_read(pairs in prop::collection::vec((".*", ".*"), 0..5)) {
        for spelling in [&Spelling::FORM, &Spelling::PYTHON, &Spelling::PERCENT, &Spelling::PERCENT.with_safe(b"/:@")] {
            let mut out = Serializer::spelled(spelling);
            out.extend(pairs.iter().map(|(name, value)| (name, value)));
            let written = out.finish();
            prop_assert!(written.is_ascii());
            prop_assert_eq!(&owned(parse(&written)), &pairs);
        }
    }
}

fn plain_decode(octets: &[u8], plus: bool) -> Vec<u8> {
    let mut out = Vec::new();
    let mut at = 0;
    while at < octets.len() {
        match &octets[at..] {
            [b'+', ..] if plus => out.push(b' '),
            [b'%', high, low, ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                let digits = [*high, *low];
                out.push(u8::from_str_radix(core::str::from_utf8(&digits).unwrap(), 16).unwrap());
                at += 2;
            }
            [other, ..] => out.push(*other),
            [] => {}
        }
        at += 1;
    }
    out
}

#[cfg(feature = "serde")]
mod structs;
