//! Expected values of CPython 3.13, for inputs like those of its own tests. The differential test asks CPython itself.

use super::*;
use alloc::format;

fn six(url: &str) -> [String; 6] {
    let Parsed { scheme, netloc, path, params, query, fragment } = parse(url).unwrap().into_owned();
    [scheme, netloc, path, params, query, fragment].map(Cow::into_owned)
}

#[test]
fn components_are_pythons() {
    let cases = [
        ("path/to/file", ["", "", "path/to/file", "", "", ""]),
        ("////path", ["", "", "//path", "", "", ""]),
        ("scheme:path", ["scheme", "", "path", "", "", ""]),
        ("SCHEME://net/p;x?y#z", ["scheme", "net", "/p;x", "", "y", "z"]),
        ("http://net/p;x/q;y;z?a;b#c", ["http", "net", "/p;x/q", "y;z", "a;b", "c"]),
        ("tel:1;ext=2", ["tel", "", "1", "ext=2", "", ""]),
        ("+scheme:path", ["", "", "+scheme:path", "", "", ""]),
        ("schème:path", ["", "", "schème:path", "", "", ""]),
        ("http://h#f?x", ["http", "h", "", "", "", "f?x"]),
        ("http://h?", ["http", "h", "", "", "", ""]),
        (" \x00\x1Fhttp://h/ ", ["http", "h", "/ ", "", "", ""]),
        ("ht\ttp\n://a\rb/\tc", ["http", "ab", "/c", "", "", ""]),
        ("1http://h", ["", "", "1http://h", "", "", ""]),
        (";x", ["", "", "", "x", "", ""]),
    ];
    for (url, expected) in cases {
        assert_eq!(six(url), expected, "{url:?}");
    }
}

#[test]
fn netlocs_are_read_as_python_reads_them() {
    let of = |url: &str| {
        let split = split(url).unwrap();
        let port = split.port().map_err(|error| error.kind());
        (
            split.username().map(String::from),
            split.password().map(String::from),
            split.hostname().map(Cow::into_owned),
            port,
        )
    };
    let some = |text: &str| Some(String::from(text));
    assert_eq!(
        of("http://User@e.com:Pass@Www.Org:080/"),
        (some("User@e.com"), some("Pass"), some("www.org"), Ok(Some(80)))
    );
    assert_eq!(of("//[FE80::1%tESt]:1234"), (None, None, some("fe80::1%tESt"), Ok(Some(1234))));
    assert_eq!(of("//@:"), (some(""), None, None, Ok(None)));
    assert_eq!(of("//a[::1]b:5"), (None, None, some("::1"), Ok(Some(5))));
    assert_eq!(of("//ÀÉ"), (None, None, some("àé"), Ok(None)));
    assert_eq!(of("//h:65536").3, Err(ValueErrorKind::PortOutOfRange));
    for port in ["foo", "1.5", "-1", "0x10", "1_1", " 1", "६"] {
        assert_eq!(of(&format!("//h:{port}")).3, Err(ValueErrorKind::PortNotANumber), "{port}");
    }
    assert_eq!(of(&format!("//h:{}80", "0".repeat(50))).3, Ok(Some(80)));
    assert_eq!(split("//a@b:8x").unwrap().port().unwrap_err().offset(), 5);
}

#[test]
fn what_python_refuses_is_refused_with_its_place() {
    use ValueErrorKind::*;
    let cases = [
        ("http://[::1/", UnpairedBracket, 7),
        ("http://::1]/", UnpairedBracket, 10),
        ("  http://[::1/", UnpairedBracket, 9),
        ("ht\ntp://[:\t:1/", UnpairedBracket, 8),
        ("http://[1.2.3.4]/", Address, 8),
        ("http://u@[v12ae]/", Address, 10),
        ("http://[v.IP]/", Address, 8),
        ("http://]v6a.ip[/", Address, 15),
        ("http://[::1%]/", Address, 8),
        ("http://net\u{2100}loc/", Normalization, 10),
        ("http://é\u{FF03}/", Normalization, 9),
    ];
    for (url, kind, offset) in cases {
        let error = split(url).unwrap_err();
        assert_eq!((error.kind(), error.offset()), (kind, offset), "{url:?}");
    }
    for url in ["//[v6a.ip]", "//[::1%x]", "http://フ\u{309A}:80", "/[", "?[", "[::1"] {
        assert!(split(url).is_ok(), "{url:?}");
    }
}

#[test]
fn joining_and_putting_together_are_pythons() {
    let base = "http://a/b/c/d;p?q#f";
    let cases = [
        ("g:h", "g:h"),
        ("http:g", "http://a/b/c/g"),
        ("http:", "http://a/b/c/d;p?q"),
        ("", base),
        ("#s", "http://a/b/c/d;p?q#s"),
        ("../../../g", "http://a/g"),
        ("./g/.", "http://a/b/c/g/"),
        (";x", "http://a/b/c/;x"),
        ("//g", "http://g"),
        ("?y", "http://a/b/c/d;p?y"),
        ("g//h", "http://a/b/c/g/h"),
        ("/g//h", "http://a/g//h"),
    ];
    for (url, expected) in cases {
        assert_eq!(join(base, url).unwrap(), expected, "{url:?}");
    }
    assert_eq!(join("http:///", "..").unwrap(), "http:///");
    assert_eq!(join("a", "b").unwrap(), "b");
    assert_eq!(join("file:a/b", "c").unwrap(), "file:a/c");
    assert_eq!(join("", "http://a/./g").unwrap(), "http://a/./g");
    assert_eq!(join("http://[", "x").unwrap_err().offset(), 7);
    for (url, expected) in [
        ("ftp:path", "ftp:path"),
        ("http:/tmp", "http:///tmp"),
        ("http://h?", "http://h"),
        ("scheme:///p", "scheme:/p"),
        ("////p", "////p"),
        ("x:/y", "x:/y"),
        ("http:", "http://"),
    ] {
        assert_eq!(split(url).unwrap().to_string(), expected, "{url:?}");
        assert_eq!(parse(url).unwrap().to_string(), expected, "{url:?}");
    }
    let odd = Parsed { netloc: "h".into(), params: "x".into(), ..Parsed::default() };
    assert_eq!(odd.to_string(), "//h/;x");
    assert_eq!(defrag("http://h?#f").unwrap(), ("http://h".into(), "f".into()));
    assert_eq!(defrag("http://h?").unwrap(), ("http://h?".into(), String::new()));
    assert_eq!(split_with("//h", " \nftp\t ", true).unwrap().scheme, "ftp");
}

/// Whatever it is made of, a URL costs in proportion to its length.
#[test]
fn work_is_linear() {
    for unit in ["/", "../", "a/", "@", ":", "[", "]", "[::1]", "?", "#", ";", "\t", " ", "%", "\u{2100}", "é", "a"] {
        for head in ["http://h/", "http://", "", "//u@", "sip:"] {
            let cost = |times: usize| {
                let url = format!("{head}{}", unit.repeat(times));
                let (spent, ()) = work::count(|| {
                    let _refused =
                        split(&url).map(|split| (split.hostname().is_some(), split.port(), split.username().is_some()));
                    let _refused = parse(&url).map(|parsed| parsed.to_string());
                    let _refused = join("http://a/b/c", &url);
                    let _refused = join(&url, "d");
                    let _refused = defrag(&url);
                });
                assert!(spent <= 24 * url.len() as u64 + 256, "{head:?} {unit:?}: {spent}");
                spent
            };
            let (small, large) = (cost(1_000), cost(1 << 16));
            assert!(large > 30 * small, "{head:?} {unit:?}: {small} and {large} count too little");
        }
    }
}
