//! What holds for every query string. Fuzz targets call these, and so does the replay of the corpora. The oracles are
//! the URL Standard's parser and serializer (5.1 and 5.2), one octet after the other.

use plainwire::query::{
    self, Charset, Errors, Options, Params, Serializer, Spelling, octet_pairs, parse_octets, unquote_octets,
};
use plainwire::work;
use std::borrow::Cow;

type OctetPair = (Vec<u8>, Vec<u8>);

/// A query string.
pub(crate) fn parse(data: &[u8]) {
    let expected = plain_parse(data);
    let text = |octets: &[u8]| String::from_utf8_lossy(octets).into_owned();
    let expected_text: Vec<_> = expected.iter().map(|(name, value)| (text(name), text(value))).collect();
    let owned = |(name, value): (Cow<'_, str>, Cow<'_, str>)| (name.into_owned(), value.into_owned());

    let (spent, pairs) = work::count(|| parse_octets(data).map(owned).collect::<Vec<_>>());
    assert!(spent <= 4 * data.len() as u64 + 64);
    assert_eq!(pairs, expected_text);
    let octets: Vec<OctetPair> =
        octet_pairs(data).map(|(name, value)| (name.into_owned(), value.into_owned())).collect();
    assert_eq!(octets, expected);
    if let Ok(text) = std::str::from_utf8(data) {
        assert_eq!(query::parse(text).map(owned).collect::<Vec<_>>(), expected_text);
    }
    let optional: Result<Vec<_>, _> = Options::WHATWG.octet_pairs(data).map(|pair| pair.map(owned)).collect();
    assert_eq!(optional, Ok(expected_text.clone()));
    options(data, &expected_text);

    let params: Params<'_> = parse_octets(data).collect();
    assert_eq!(params.len(), expected.len());
    assert_eq!(params.grouped().iter().map(|group| group.values.len()).sum::<usize>(), params.len());
    for group in params.grouped() {
        assert!(params.get_all(group.name).eq(group.values.iter().copied()));
    }

    // What is written is the standard's, and is read again.
    let mut out = Serializer::new();
    for (name, value) in &expected {
        out.append_octets(name, value);
    }
    let written = out.finish();
    assert_eq!(written, plain_write(&expected));
    for spelling in [Spelling::FORM, Spelling::PYTHON, Spelling::PERCENT, Spelling::PERCENT.with_safe(b"/:;,?@!$")] {
        let mut out = Serializer::spelled(&spelling);
        for (name, value) in &expected {
            out.append_octets(name, value);
        }
        let written = out.finish();
        assert!(written.is_ascii());
        assert_eq!(plain_parse(written.as_bytes()), expected);
    }
    assert_eq!(*unquote_octets(data), plain_decode(data, false));
}

/// What options leave out is what they say, and what they refuse is refused for a reason.
fn options(data: &[u8], all: &[(String, String)]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let mut kept: Vec<_> = Vec::new();
    for pair in Options::PYTHON.pairs(text) {
        let (name, value) = pair.unwrap();
        kept.push((name.into_owned(), value.into_owned()));
    }
    let without_blank: Vec<_> = all.iter().filter(|(_, value)| !value.is_empty()).cloned().collect();
    assert_eq!(kept, without_blank);
    let fields = if text.is_empty() { 0 } else { text.split('&').count() };
    let strict = Options::WHATWG.strict(true).params(text);
    assert_eq!(strict.is_ok(), text.is_empty() || text.split('&').all(|field| field.contains('=')));
    if let Err(error) = strict {
        let field = text[error.offset().unwrap()..].split('&').next().unwrap();
        assert!(!field.contains('='));
    }
    for limit in [0, 1, fields.saturating_sub(1), fields, fields + 1] {
        let limited = Options::WHATWG.max_fields(limit).params(text);
        assert_eq!(limited.is_ok(), fields <= limit);
        if let Err(error) = limited {
            assert_eq!(text[..error.offset().unwrap()].matches('&').count(), limit);
        }
    }
    // Another separator is the same with the two exchanged.
    let exchanged: String = text
        .chars()
        .map(|it| {
            if it == '&' {
                ';'
            } else if it == ';' {
                '&'
            } else {
                it
            }
        })
        .collect();
    let swapped = Options::WHATWG.separator(";").params(&exchanged).unwrap();
    assert_eq!(swapped.len(), all.len());
    let doubled = text.replace('&', "&&");
    assert_eq!(Options::WHATWG.separator("&&").params(&doubled).unwrap().len(), all.len());
}

/// The first octet chooses a charset, the rest is in it.
pub(crate) fn charset(data: &[u8]) {
    const LABELS: [&str; 8] =
        ["utf-8", "windows-1252", "shift_jis", "gb18030", "big5", "euc-kr", "iso-2022-jp", "utf-16le"];
    let Some((choice, data)) = data.split_first() else { return };
    let charset = match choice % 10 {
        8 => Charset::LATIN_1,
        9 => Charset::ASCII,
        choice => match Charset::for_label(LABELS[usize::from(choice)]) {
            Some(charset) => charset,
            None => return,
        },
    };
    let options = Options::WHATWG.charset(charset);
    let lenient: Vec<_> = options.octet_pairs(data).map(Result::unwrap).collect();
    let strict: Result<Vec<_>, _> = options.errors(Errors::Strict).octet_pairs(data).collect();
    match strict {
        Ok(strict) => assert_eq!(strict, lenient),
        Err(error) => assert!(error.offset().unwrap() < data.len()),
    }
    let ignored: Vec<_> = options.errors(Errors::Ignore).octet_pairs(data).map(Result::unwrap).collect();
    assert_eq!(ignored.len(), lenient.len());
    // What a charset can say, it says and hears again.
    let text = String::from_utf8_lossy(data);
    let mut out = Serializer::new().in_charset(charset, Errors::Strict);
    if out.try_append(&text, "x").is_ok() {
        let written = out.finish();
        assert!(written.is_ascii());
        // The UTF-16 encodings are written as UTF-8, which is the Encoding Standard's, so what is written is read there;
        // two of the Japanese ones have octets that stand for two characters, and so has gb18030 for 18 of private use, which
        // are written as what GB18030-2022 has in their place (Encoding Standard, gb18030 encoder).
        let moved = |letter| {
            matches!(letter, '\u{E78D}'..='\u{E796}' | '\u{E81E}' | '\u{E826}' | '\u{E82B}' | '\u{E82C}')
                || matches!(letter, '\u{E832}' | '\u{E843}' | '\u{E854}' | '\u{E864}')
        };
        let twice = match charset.name() {
            "UTF-16LE" | "Shift_JIS" | "ISO-2022-JP" => true,
            "gb18030" => text.contains(moved),
            _ => false,
        };
        if !twice {
            let read: Vec<_> = options.pairs(&written).map(Result::unwrap).collect();
            assert_eq!(read, [(text.clone(), "x".into())], "{}", charset.name());
        }
    }
    for errors in [Errors::Replace, Errors::Ignore, Errors::CharacterReference] {
        let mut out = Serializer::new().in_charset(charset, errors);
        assert!(out.try_append(&text, "").is_ok());
    }
}

/// URL Standard 5.1.
fn plain_parse(data: &[u8]) -> Vec<OctetPair> {
    let mut pairs = Vec::new();
    for sequence in data.split(|octet| *octet == b'&').filter(|sequence| !sequence.is_empty()) {
        let (name, value) = match sequence.iter().position(|octet| *octet == b'=') {
            Some(at) => (&sequence[..at], &sequence[at + 1..]),
            None => (sequence, &sequence[..0]),
        };
        pairs.push((plain_decode(name, true), plain_decode(value, true)));
    }
    pairs
}

fn plain_decode(octets: &[u8], plus: bool) -> Vec<u8> {
    let mut out = Vec::new();
    let mut at = 0;
    while at < octets.len() {
        match octets[at..] {
            [b'+', ..] if plus => out.push(b' '),
            [b'%', high, low, ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                let digit = |digit: u8| char::from(digit).to_digit(16).unwrap() as u8;
                out.push(16 * digit(high) + digit(low));
                at += 2;
            }
            _ => out.push(octets[at]),
        }
        at += 1;
    }
    out
}

/// URL Standard 5.2.
fn plain_write(pairs: &[OctetPair]) -> String {
    let escape = |octets: &[u8]| {
        let escape = |octet: &u8| match octet {
            b' ' => "+".to_owned(),
            b'*' | b'-' | b'.' | b'_' | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => char::from(*octet).to_string(),
            other => format!("%{other:02X}"),
        };
        octets.iter().map(escape).collect::<String>()
    };
    let pairs: Vec<_> = pairs.iter().map(|(name, value)| format!("{}={}", escape(name), escape(value))).collect();
    pairs.join("&")
}
