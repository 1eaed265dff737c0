//! The standard's own examples.

use super::*;
use crate::query::Params;
use crate::url::ViolationKind as V;

#[test]
fn hosts() {
    // URL Standard 3, the table of host parsing.
    let host = |input: &str| Host::parse(input).map(|host| host.to_string()).ok();
    let opaque = |input: &str| Host::parse_opaque(input).map(|host| host.to_string()).ok();
    for (input, domain, text) in [
        ("EXAMPLE.COM", Some("example.com"), Some("EXAMPLE.COM")),
        ("example%2Ecom", Some("example.com"), Some("example%2Ecom")),
        ("0", Some("0.0.0.0"), Some("0")),
        ("%30", Some("0.0.0.0"), Some("%30")),
        ("0x", Some("0.0.0.0"), Some("0x")),
        ("0xffffffff", Some("255.255.255.255"), Some("0xffffffff")),
        ("[0:0::1]", Some("[::1]"), Some("[::1]")),
        ("[0:0::1%5D", None, None),
        ("[0:0::%31]", None, None),
        ("09", None, Some("09")),
        ("example.255", None, Some("example.255")),
        ("example^example", None, None),
        ("", None, None),
    ] {
        assert_eq!(host(input).as_deref(), domain, "{input}");
        assert_eq!(opaque(input).as_deref(), text, "{input}");
    }
    #[cfg(feature = "idna")]
    assert_eq!(host("faß.example").as_deref(), Some("xn--fa-hia.example"));
    assert_eq!(opaque("faß.example").as_deref(), Some("fa%C3%9F.example"));
}

#[test]
fn without_tables_nothing_but_other_characters_differs() {
    let error = Url::parse("http://é/").map_err(|error| error.kind);
    #[cfg(feature = "idna")]
    assert_eq!(error.unwrap().hostname(), "xn--9ca");
    #[cfg(not(feature = "idna"))]
    assert_eq!(error, Err(ParseErrorKind::IdnaUnavailable));
    assert_eq!(Url::parse("http://XN--9CA/").unwrap().hostname(), "xn--9ca");
    assert_eq!(Url::parse("http://%FF/").map_err(|error| error.kind), Err(ParseErrorKind::DomainToAscii));
}

#[test]
fn urls() {
    // URL Standard 4, the table of URL parsing. Whether it is valid is whether nothing is reported.
    for (input, base, valid, output) in [
        ("https:example.org", None, false, Some("https://example.org/")),
        ("https://////example.com///", None, false, Some("https://example.com///")),
        ("https://example.com/././foo", None, true, Some("https://example.com/foo")),
        ("hello:world", Some("https://example.com/"), true, Some("hello:world")),
        ("https:example.org", Some("https://example.com/"), false, Some("https://example.com/example.org")),
        (r"\example\..\demo/.\", Some("https://example.com/"), false, Some("https://example.com/demo/")),
        ("example", Some("https://example.com/demo"), true, Some("https://example.com/example")),
        ("file:///C|/demo", None, false, Some("file:///C:/demo")),
        ("..", Some("file:///C:/demo"), true, Some("file:///C:/")),
        ("file://localhost/", None, true, Some("file:///")),
        ("file://loc%61lhost/", None, false, Some("file:///")),
        ("https://user:password@example.org/", None, false, Some("https://user:password@example.org/")),
        ("https://example.org/foo bar", None, false, Some("https://example.org/foo%20bar")),
        ("https://EXAMPLE.com/../x", None, true, Some("https://example.com/x")),
        ("https://ex ample.org/", None, false, None),
        ("example", None, false, None),
        ("https://example.com:demo", None, false, None),
        ("http://[www.example.com]/", None, false, None),
        ("https://example.org//", None, true, Some("https://example.org//")),
        ("https://example.com/[]?[]#[]", None, false, Some("https://example.com/[]?[]#[]")),
        ("https://example/%?%#%", None, false, Some("https://example/%?%#%")),
        ("https://example/%25?%25#%25", None, true, Some("https://example/%25?%25#%25")),
    ] {
        let base = base.map(|base| Url::parse(base).unwrap());
        let mut options = Options::new();
        if let Some(base) = &base {
            options = options.base(base);
        }
        let mut count = 0;
        let url = options.parse_reporting(input, &mut |_| count += 1);
        assert_eq!(options.parse(input), url, "{input}");
        assert_eq!((count == 0, url.as_ref().map(Url::as_str).ok()), (valid, output), "{input}");
    }
}

#[test]
fn validation_errors() {
    // URL Standard 1.1: each example of the table of validation errors, and where it is.
    for (input, base, kind, offset) in [
        ("https://exam%70le.org", None, V::DomainPercentEncoded, 12),
        ("foo://exa[mple.org", None, V::HostInvalidCodePoint, 9),
        ("https://127.0.0.1./", None, V::Ipv4EmptyPart, 18),
        ("https://1.2.3/", None, V::Ipv4TooFewParts, 8),
        ("https://1.2.3.4.5/", None, V::Ipv4TooManyParts, 8),
        ("https://test.42", None, V::Ipv4NonNumericPart, 8),
        ("https://127.0.0x0.1", None, V::Ipv4NonDecimalPart, 14),
        ("https://255.255.4000.1", None, V::Ipv4OutOfRangePart, 16),
        #[cfg(feature = "idna")]
        ("https://①.②.③.④", None, V::Ipv4NonAsciiInput, 8),
        ("https://[::1", None, V::Ipv6Unclosed, 12),
        ("https://[:1]", None, V::Ipv6InvalidCompression, 9),
        ("https://[1:2:3:4:5:6:7:8:9]", None, V::Ipv6TooManyPieces, 25),
        ("https://[1::1::1]", None, V::Ipv6MultipleCompression, 14),
        ("https://[1:2:3!:4]", None, V::Ipv6InvalidCodePoint, 14),
        ("https://[1:2:3:]", None, V::Ipv6InvalidCodePoint, 15),
        ("https://[1:2:3]", None, V::Ipv6TooFewPieces, 14),
        ("https://[::01]", None, V::Ipv6PieceLeadingZero, 13),
        ("https://[1:1:1:1:1:1:1:127.0.0.1]", None, V::Ipv4InIpv6TooManyPieces, 23),
        ("https://[ffff::.0.0.1]", None, V::Ipv4InIpv6InvalidCodePoint, 15),
        ("https://[ffff::127.0.xyz.1]", None, V::Ipv4InIpv6InvalidCodePoint, 21),
        ("https://[ffff::127.0xyz]", None, V::Ipv4InIpv6InvalidCodePoint, 20),
        ("https://[ffff::127.00.0.1]", None, V::Ipv4InIpv6InvalidCodePoint, 20),
        ("https://[ffff::127.0.0.1.2]", None, V::Ipv4InIpv6InvalidCodePoint, 24),
        ("https://[ffff::127.0.0.4000]", None, V::Ipv4InIpv6OutOfRangePart, 25),
        ("https://[ffff::127.0.0]", None, V::Ipv4InIpv6TooFewParts, 22),
        ("https://example.org/>", None, V::InvalidUrlUnit, 20),
        (" https://example.org ", None, V::InvalidUrlUnit, 0),
        ("ht\ntps://example.org", None, V::InvalidUrlUnit, 2),
        ("https://example.org/%s", None, V::InvalidUrlUnit, 20),
        ("file:c:/my-secret-folder", None, V::SpecialSchemeMissingFollowingSolidus, 4),
        ("https:example.org", None, V::SpecialSchemeMissingFollowingSolidus, 6),
        ("https:foo.html", Some("https://example.org/"), V::SpecialSchemeMissingFollowingSolidus, 6),
        ("💩", None, V::MissingSchemeNonRelativeUrl, 0),
        ("💩", Some("mailto:user@example.org"), V::MissingSchemeNonRelativeUrl, 0),
        (r"https://example.org\path\to\file", None, V::InvalidReverseSolidus, 19),
        ("https://user@example.org", None, V::InvalidCredentials, 12),
        ("ssh://user@example.org", None, V::InvalidCredentials, 10),
        ("https://#fragment", None, V::HostMissing, 8),
        ("https://:443", None, V::HostMissing, 8),
        ("https://user:pass@", None, V::HostMissing, 18),
        ("https://example.org:70000", None, V::PortOutOfRange, 20),
        ("https://example.org:7z", None, V::PortInvalid, 21),
        ("file://c:", None, V::FileInvalidWindowsDriveLetterHost, 7),
        ("c:/path/to/file", Some("file:///c:/"), V::DomainToAscii, usize::MAX),
        ("c|/path/to/file", Some("file:///c:/"), V::FileInvalidWindowsDriveLetter, 0),
    ] {
        let base = base.map(|base| Url::parse(base).unwrap());
        let mut options = Options::new();
        if let Some(base) = &base {
            options = options.base(base);
        }
        let mut seen = Vec::new();
        let url = options.parse_reporting(input, &mut |violation| seen.push((violation.kind, violation.offset)));
        assert_eq!(options.parse(input), url, "{input}");
        // `usize::MAX`: the example that the table has for this is another thing, a scheme `c`.
        assert_eq!(seen.contains(&(kind, offset)), offset != usize::MAX, "{input}: {seen:?}");
        // What made it fail is said by the error too.
        if let Err(error) = url {
            assert_eq!(error.kind.violation(), Some(kind), "{input}");
            assert_eq!(error.offset, offset, "{input}");
        }
    }
    assert_eq!(V::ALL.len(), 31);
    for (kind, name) in
        [(V::PortOutOfRange, "port-out-of-range"), (V::Ipv4InIpv6TooFewParts, "IPv4-in-IPv6-too-few-parts")]
    {
        assert_eq!(kind.name(), name);
    }
}

#[test]
fn a_strict_domain_is_a_host_name() {
    let reported = |host: &str| {
        let mut seen = false;
        let url = std::format!("http://{host}/");
        Options::new().parse_reporting(&url, &mut |violation| seen |= violation.kind == V::DomainToAscii).unwrap();
        seen
    };
    for host in ["example.org", "xn--fa-hia.example", "a-b.c1"] {
        assert!(!reported(host), "{host}");
    }
    for host in ["a_b", "-a", "a-", "ab--c", "a..b", "a.b.", &"a".repeat(64)] {
        assert!(reported(host), "{host}");
    }
    #[cfg(feature = "idna")]
    assert!(reported("xn--8i7caa"));
}

#[test]
fn offsets_are_in_the_input_as_given() {
    let error = |input: &str| Url::parse(input).map_err(|error| (error.kind, error.offset)).unwrap_err();
    assert_eq!(error("  ht\ttp://h:\n1x/"), (ParseErrorKind::PortInvalid, 14));
    assert_eq!(error(" \t http://a b/"), (ParseErrorKind::ForbiddenDomainCodePoint, 11));
    assert_eq!(error("http://é%5B/").1, if cfg!(feature = "idna") { 9 } else { 7 });
    assert_eq!(error("   "), (ParseErrorKind::MissingScheme, 3));
    assert_eq!(error("http://h:1\t\t9999999"), (ParseErrorKind::PortOutOfRange, 9));
    assert_eq!(
        Url::parse("http://a b/").unwrap_err().to_string(),
        "the domain has a character that is forbidden there at offset 8"
    );
}

#[test]
fn search_params() {
    // URL Standard 6.2, the examples.
    let mut url = Url::parse("https://example.com/?a=b ~").unwrap();
    assert_eq!(url.href(), "https://example.com/?a=b%20~");
    url.search_params_mut().sort();
    assert_eq!(url.href(), "https://example.com/?a=b+%7E");
    let url = Url::parse("https://example.com/?a=~&b=%7E").unwrap();
    assert_eq!(url.search(), "?a=~&b=%7E");
    assert_eq!((url.search_params().get("a"), url.search_params().get("b")), (Some("~"), Some("~")));
    let mut url = Url::parse("https://example.org/?q=🏳️‍🌈&key=e1f7bc78").unwrap();
    url.search_params_mut().sort();
    assert_eq!(url.search(), "?key=e1f7bc78&q=%F0%9F%8F%B3%EF%B8%8F%E2%80%8D%F0%9F%8C%88");
    // Code units, not code points: U+1F308 is D83C DF08, before U+FB03.
    let mut params = Params::parse("ﬃ&🌈");
    params.sort();
    assert_eq!(params.to_string(), "%F0%9F%8C%88=&%EF%AC%83=");
}

#[test]
fn origins() {
    let origin = |url: &str| Url::parse(url).unwrap().origin();
    for (url, text) in [
        ("blob:https://whatwg.org/d0360e2f-caee-469f-9a2f-87d5b0456f6f", "https://whatwg.org"),
        ("blob:ftp://h/", "null"),
        ("blob:ws://h/", "null"),
        ("blob:nonsense", "null"),
        ("blob:blob:https://h/", "null"),
        ("wss://h:443/", "wss://h"),
        ("ftp://h:2121", "ftp://h:2121"),
        ("http://[::1]:80/", "http://[::1]"),
        ("file:///", "null"),
        ("data:,x", "null"),
        ("foo://h/", "null"),
    ] {
        assert_eq!(origin(url).to_string(), text, "{url}");
    }
    assert!(origin("http://h/a").is_same(&origin("http://h:80/b")));
    assert!(!origin("http://h/").is_same(&origin("https://h/")));
    assert!(!origin("file:///").is_same(&origin("file:///")));
}
