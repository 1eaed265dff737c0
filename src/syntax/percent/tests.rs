use super::*;
use proptest::prelude::*;
use std::string::ToString;
use std::vec;

/// URL Standard 1.3, written out character by character.
fn expected(name: &str) -> Vec<u8> {
    let controls = |octet: &u8| *octet < 0x20 || *octet > 0x7E;
    let listed: &[u8] = match name {
        "controls" => b"",
        "fragment" => b" \"<>`",
        "query" => b" \"#<>",
        "special-query" => b" \"#<>'",
        "path" => b" \"#<>?^`{}",
        "userinfo" => b" \"#<>?^`{}/:;=@[\\]|",
        "component" => b" \"#<>?^`{}/:;=@[\\]|$%&+,",
        "form" => b" \"#<>?^`{}/:;=@[\\]|$%&+,!'()~",
        _ => unreachable!(),
    };
    (0..=255).filter(|octet| controls(octet) || listed.contains(octet)).collect()
}

#[test]
fn sets_are_those_of_the_standard() {
    for (set, name) in [
        (CONTROLS, "controls"),
        (FRAGMENT, "fragment"),
        (QUERY, "query"),
        (SPECIAL_QUERY, "special-query"),
        (PATH, "path"),
        (USERINFO, "userinfo"),
        (COMPONENT, "component"),
        (FORM, "form"),
    ] {
        let members: Vec<u8> = (0..=255).filter(|octet| set.contains(*octet)).collect();
        assert_eq!(members, expected(name), "{name}");
    }
    // The standard's own remark: the form set leaves alphanumerics and *-._ alone.
    let left: Vec<u8> = (0..=255).filter(|octet| !FORM.contains(*octet)).collect();
    assert!(left.iter().all(|octet| octet.is_ascii_alphanumeric() || b"*-._".contains(octet)));
    assert_eq!(left.len(), 62 + 4);
    assert!((0..=255u8).all(|o| NOT_UNRESERVED.contains(o) != (o.is_ascii_alphanumeric() || b"-._~".contains(&o))));
}

#[test]
fn examples_of_the_standard() {
    // URL Standard 1.3, the table of examples.
    assert_eq!(encode(&[0x23], &Set::ALL), "%23");
    assert_eq!(encode(&[0x7F], &CONTROLS), "%7F");
    assert_eq!(*decode(b"%25%s%1G"), *b"%%s%1G");
    assert_eq!(*decode("‽%25%2E".as_bytes()), *b"\xE2\x80\xBD\x25\x2E");
    assert_eq!(encode("≡".as_bytes(), &USERINFO), "%E2%89%A1");
    assert_eq!(encode("Say what‽".as_bytes(), &USERINFO), "Say%20what%E2%80%BD");
}

#[test]
fn borrowed_when_nothing_changes() {
    assert!(matches!(encode(b"plain", &PATH), Cow::Borrowed("plain")));
    assert!(matches!(decode(b"100%"), Cow::Borrowed(b"100%")));
    assert_eq!(malformed(b"%41%4"), Some(3));
    assert_eq!(malformed(b"%41%"), Some(3));
    assert_eq!(malformed(b"%zz"), Some(0));
    assert_eq!(malformed(b"%41"), None);
}

#[test]
fn sets_of_ones_own() {
    const MINE: Set = PATH.with(b"/").without(b"?\xFF");
    assert!(MINE.contains(b'/') && !MINE.contains(b'?') && MINE.contains(0xFF));
    assert_eq!(Set::EMPTY.union(&PATH), PATH);
    assert_eq!(std::format!("{FRAGMENT:?}"), "Set { printable: \" \\\"<>`\", size: 166 }");
}

/// The plain way, an octet at a time.
fn decode_plainly(input: &[u8]) -> Vec<u8> {
    let mut out = vec![];
    let mut at = 0;
    while at < input.len() {
        let pair = input.get(at + 1..at + 3).and_then(|pair| core::str::from_utf8(pair).ok());
        let digits = pair.filter(|pair| input[at] == b'%' && pair.bytes().all(|b| b.is_ascii_hexdigit()));
        if let Some(digits) = digits {
            out.push(u8::from_str_radix(digits, 16).unwrap());
            at += 3;
        } else {
            out.push(input[at]);
            at += 1;
        }
    }
    out
}

proptest! {
    #[test]
    fn decode_is_the_plain_way(input in "[%0-9a-fG-H\\x00\u{e9}]{0,40}") {
        prop_assert_eq!(&*decode(input.as_bytes()), &decode_plainly(input.as_bytes())[..]);
    }

    #[test]
    fn round_trip(input in proptest::collection::vec(any::<u8>(), 0..80)) {
        for set in [COMPONENT, FORM, NOT_UNRESERVED, Set::ALL, CONTROLS.with(b"%")] {
            let encoded = encode(&input, &set).to_string();
            prop_assert!(encoded.is_ascii());
            prop_assert!(!encoded.bytes().any(|octet| octet != b'%' && set.contains(octet) && !octet.is_ascii_hexdigit()));
            prop_assert_eq!(&*decode(encoded.as_bytes()), &input[..]);
        }
    }
}
