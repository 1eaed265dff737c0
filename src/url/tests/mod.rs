//! What the standard says, what users ask for, and the fast way beside the slow one.

mod agreement;
mod parts;
mod standard;
mod work;

use super::*;
use proptest::prelude::*;
use std::string::ToString;
use std::vec::Vec;

/// Every field of a URL, so that equality means more than the same text.
pub(super) fn fields(url: &Url) -> (String, [u32; 7], Kind, Form) {
    let offsets = [
        url.scheme_end,
        url.username_end,
        url.host_start,
        url.host_end,
        url.path_start,
        url.query_start,
        url.fragment_start,
    ];
    (url.href.clone(), offsets, url.kind, url.form)
}

/// Pieces that URLs are made of, and those that make them hard.
const PIECES: &[&str] = &[
    "http:",
    "https://",
    "HTTP://",
    "file:",
    "file://",
    "ws://",
    "foo:",
    "foo://",
    "foo:/",
    "blob:",
    "data:",
    "mailto:",
    "gem:",
    "gem://",
    "//",
    "/",
    "/",
    "\\",
    ":",
    "@",
    "?",
    "#",
    "[",
    "]",
    ".",
    "..",
    "/.",
    "/..",
    "%2e",
    "%2E%2e",
    "%",
    "%4",
    "%41",
    "%00",
    "%2f",
    "%ff",
    "C:",
    "C|",
    "/C:/",
    "/c|",
    "localhost",
    "LOCALHOST",
    "example.org",
    "EXAMPLE",
    "a",
    "b",
    "Z",
    "1",
    "0",
    "09",
    "0x7f",
    "0X",
    "255",
    "256",
    "4294967295",
    "4294967296",
    "1.2.3.4",
    ":80",
    ":443",
    ":00080",
    ":65535",
    ":65536",
    ":8x",
    "user",
    "user:pass@",
    ":@",
    "@@",
    "[::1]",
    "[1:2::3.4.5.6]",
    "::",
    "1:",
    "[",
    "é",
    "ß",
    "\u{ad}",
    "。",
    "①",
    "例",
    "xn--",
    "xn--8i7caa",
    "xn--fa-hia",
    "-",
    "_",
    "~",
    "!",
    "'",
    "\"",
    "<",
    ">",
    "`",
    "{",
    "|",
    "}",
    "^",
    " ",
    "  ",
    "\t",
    "\n",
    "\r",
    "\0",
    "\u{7f}",
    "\u{fffd}",
    "\u{10ffff}",
    "x=1&y=2",
    "+",
    ";",
    "*",
    ",",
];

/// Inputs put together of pieces.
pub(super) fn inputs() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => prop::collection::vec(prop::sample::select(PIECES), 0..9).prop_map(|pieces| pieces.concat()),
        2 => prop::collection::vec(prop::sample::select(PIECES), 0..9).prop_map(|pieces| ["http://", &pieces.concat()].concat()),
        1 => prop::collection::vec(prop::sample::select(PIECES), 0..9).prop_map(|pieces| ["file:", &pieces.concat()].concat()),
        1 => "\\PC{0,30}",
    ]
}

/// URLs of every form.
const KNOWN: &[&str] = &[
    "http://example.org/a/b/c?d#e",
    "https://u:p@example.org:8080/",
    "file:///C:/a/b",
    "file://host/a",
    "file:///",
    "foo://h:1/p/q",
    "foo:/p//q",
    "foo:/.//p",
    "foo:///p",
    "foo://",
    "foo:opaque path?q",
    "data:x %20#f",
    "mailto:a@b",
    "ws://1.2.3.4/",
    "https://[::1]:1/x",
    "foo://[::1]/",
    "http://u@h/",
    "http://:p@h/",
    "file:////x",
    "foo://u:p@h:1",
];

/// URLs of every sort.
pub(super) fn urls() -> impl Strategy<Value = Url> {
    prop_oneof![
        3 => prop::sample::select(KNOWN).prop_map(|text| Url::parse(text).unwrap()),
        2 => inputs().prop_filter_map("no URL", |input| Url::parse(&input).ok()),
    ]
}

#[test]
fn a_url_is_small() {
    assert!(size_of::<Url>() <= 56, "{}", size_of::<Url>());
}

#[test]
fn debug_has_no_password() {
    let url = Url::parse("http://me:secret@h/").unwrap();
    assert_eq!(std::format!("{url:?}"), r#"Url("http://me:***@h/")"#);
    let given = GivenUrl::parse("http://me:secret@h").unwrap();
    assert!(!std::format!("{given:?}").contains("secret"));
    assert_eq!(std::format!("{:?}", Url::parse("http://me@h/").unwrap()), r#"Url("http://me@h/")"#);
}

#[test]
fn the_limit_is_on_input_and_output() {
    let parse = |input: &str, max| Options::new().max_length(max).parse(input).map(String::from);
    let too_long = |offset| Err(ParseError { kind: ParseErrorKind::TooLong, offset });
    assert_eq!(parse("http://h/", 9), Ok("http://h/".into()));
    assert_eq!(parse("http://h/", 8), too_long(8));
    assert_eq!(parse("http://h/", 0), too_long(0));
    assert_eq!(parse("", 0), Err(ParseError { kind: ParseErrorKind::MissingScheme, offset: 0 }));
    // A slash is added; a space takes three.
    assert_eq!(parse("http://h", 8), too_long(8));
    assert_eq!(parse("http://h/ b", 12), too_long(11));
    assert_eq!(parse("http://h/ b", 13), Ok("http://h/%20b".into()));
    for max in 0..14 {
        let options = Options::new().max_length(max);
        assert_eq!(options.can_parse("http://h/ b"), max >= 13, "{max}");
        assert_eq!(options.parse_reporting("http://h/ b", &mut |_| {}), options.parse("http://h/ b"));
    }
}

#[test]
fn registered_schemes() {
    let schemes = SpecialSchemes::new().with("Gem", Some(1965)).unwrap().with("git+x", None).unwrap();
    for refused in ["", "1a", "a b", "http", "FILE", "é"] {
        assert!(SpecialSchemes::new().with(refused, None).is_err(), "{refused}");
    }
    assert!(SpecialSchemes::new().with("x", Some(0)).is_err());
    let options = Options::new().special_schemes(&schemes);
    let mut url = options.parse("GEM:\\\\Host:1965\\a").unwrap();
    assert_eq!(url.as_str(), "gem://host/a");
    assert!(url.is_special());
    assert_eq!((url.port(), url.port_or_default()), (None, Some(1965)));
    assert_eq!(url.origin().to_string(), "gem://host");
    // It stays what it was parsed as.
    assert_eq!(url.join("gem:\\b").unwrap().as_str(), "gem://host/b");
    assert_eq!(url.join("//X:1965\\c").unwrap().as_str(), "gem://x/c");
    url.set_port("1965").unwrap();
    assert_eq!(url.as_str(), "gem://host/a");
    url.set_href("gem:x").unwrap();
    assert_eq!(url.as_str(), "gem://x/");
    assert_eq!(url.set_protocol("foo"), Err(SetError::SchemeChange));
    url.set_protocol("https").unwrap();
    assert_eq!(url.as_str(), "https://x/");
    assert_eq!(url.set_protocol("gem"), Err(SetError::SchemeChange));
    url.set_protocol_among("gem", &schemes).unwrap();
    assert_eq!((url.as_str(), url.port_or_default()), ("gem://x/", Some(1965)));
    assert_eq!(options.parse("git+x:h").unwrap().port_or_default(), None);
    assert_eq!(options.parse("gem:").unwrap_err().kind, ParseErrorKind::HostMissing);
    assert!(Options::new().parse("gem:").is_ok());
}
