use super::kinds;
use crate::mime::{DefectKind, decode_text, decode_text_with};
use proptest::prelude::*;
use std::vec::Vec;

#[test]
fn the_examples_of_rfc_2047() {
    // Section 8; the strings in parentheses are comments there, and text here.
    for (text, expected) in [
        ("=?ISO-8859-1?Q?a?=", "a"),
        ("=?ISO-8859-1?Q?a?= b", "a b"),
        ("=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=", "ab"),
        ("=?ISO-8859-1?Q?a?=  =?ISO-8859-1?Q?b?=", "ab"),
        ("=?ISO-8859-1?Q?a?=\r\n    =?ISO-8859-1?Q?b?=", "ab"),
        ("=?ISO-8859-1?Q?a_b?=", "a b"),
        ("=?ISO-8859-1?Q?a?= =?ISO-8859-2?Q?_b?=", "a b"),
        (
            "=?ISO-8859-1?B?SWYgeW91IGNhbiByZWFkIHRoaXMgeW8=?=\r\n =?ISO-8859-2?B?dSB1bmRlcnN0YW5kIHRoZSBleGFtcGxlLg==?=",
            "If you can read this you understand the example.",
        ),
        ("=?US-ASCII*EN?Q?Keith_Moore?=", "Keith Moore"),
    ] {
        assert_eq!(decode_text(text.as_bytes()), expected, "{text}");
    }
}

#[test]
fn only_where_they_may_stand() {
    for (text, expected) in [
        ("a=?utf-8?q?b?=", "a=?utf-8?q?b?="),
        ("=?utf-8?q?b?=c", "=?utf-8?q?b?=c"),
        ("(=?utf-8?q?b?=)", "(=?utf-8?q?b?=)"),
        ("=?utf-8?q?a b?=", "=?utf-8?q?a b?="),
        ("=?utf-8?x?a?=", "=?utf-8?x?a?="),
        ("=?utf-8?q?a?= =?utf-8?q?b", "a =?utf-8?q?b"),
        ("=?utf-8?q?a?==?utf-8?q?b?=", "ab"),
        ("  plain \r\n\ttext  ", "plain \ttext"),
        ("=?utf-8?q??= x", " x"),
        ("=?utf-7?q?+AOQ-?=", "ä"),
        ("=?utf-8?b?w6Q?=", "ä"),
        // A character cut by the end of a word, in the same charset
        ("=?utf-8?q?=C3?= =?UTF-8?b?pA==?=", "ä"),
        ("=?iso-2022-jp?b?GyRCJCIbKEI=?=", "あ"),
    ] {
        assert_eq!(decode_text(text.as_bytes()), expected, "{text}");
    }
}

#[test]
fn what_can_not_be_decoded_stays_and_is_told() {
    for (text, expected, kind) in [
        ("=?x-nope?q?a?=", "=?x-nope?q?a?=", DefectKind::InvalidEncodedWord),
        ("=?utf-8?q?=ZZ?=", "=?utf-8?q?=ZZ?=", DefectKind::InvalidEncodedWord),
        ("=?utf-8?b?!?=", "=?utf-8?b?!?=", DefectKind::InvalidEncodedWord),
        ("=?utf-8?q?=FF?=", "\u{fffd}", DefectKind::InvalidCharset),
    ] {
        let mut defects = Vec::new();
        assert_eq!(decode_text_with(text.as_bytes(), &mut defects), expected);
        assert_eq!(kinds(&defects), [kind]);
    }
    let mut defects = Vec::new();
    assert_eq!(decode_text_with(b" a\xff", &mut defects), "a\u{fffd}");
    assert_eq!((defects[0].kind, defects[0].offset), (DefectKind::NotUtf8, 2));
}

proptest! {
    #[test]
    fn text_without_words_is_itself(text in "[ -<>-~é]{0,60}") {
        prop_assert_eq!(decode_text(text.as_bytes()), text.trim_matches(' '));
    }

    #[test]
    fn octets_in_a_word_come_back(octets in proptest::collection::vec(any::<u8>(), 1..40), base64: bool) {
        let text = std::string::String::from_utf8_lossy(&octets).into_owned();
        let mut word = std::string::String::from("=?utf-8?");
        if base64 {
            word.push_str("b?");
            let mut digits = Vec::new();
            crate::mime::base64::encode_run(text.as_bytes(), &mut digits);
            word.push_str(core::str::from_utf8(&digits).expect("ASCII"));
        } else {
            word.push_str("q?");
            for octet in text.bytes() {
                word.push_str(&std::format!("={octet:02x}"));
            }
        }
        word.push_str("?=");
        prop_assert_eq!(decode_text(word.as_bytes()), text);
    }
}
