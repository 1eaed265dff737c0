//! Expected values from RFC 3986, and the two parsers held against each other.

use super::*;
use crate::work;
use alloc::format;
use alloc::string::ToString;
use alloc::vec;
use alloc::vec::Vec;
use proptest::prelude::*;

fn parse(text: &str) -> Reference<'_> {
    Reference::parse(text).unwrap_or_else(|error| panic!("{text:?}: {error}"))
}

type All<'a> = (Option<&'a str>, Option<&'a str>, &'a str, Option<&'a str>, Option<&'a str>);

fn all<'a>(reference: &Reference<'a>) -> All<'a> {
    (reference.scheme(), reference.authority(), reference.path(), reference.query(), reference.fragment())
}

#[test]
fn components_are_as_expected() {
    let cases: [(&str, All<'_>); 24] = [
        // RFC 3986 1.1.2.
        ("ftp://ftp.is.co.za/rfc/rfc1808.txt", (Some("ftp"), Some("ftp.is.co.za"), "/rfc/rfc1808.txt", None, None)),
        ("http://www.ietf.org/rfc/rfc2396.txt", (Some("http"), Some("www.ietf.org"), "/rfc/rfc2396.txt", None, None)),
        (
            "ldap://[2001:db8::7]/c=GB?objectClass?one",
            (Some("ldap"), Some("[2001:db8::7]"), "/c=GB", Some("objectClass?one"), None),
        ),
        ("mailto:John.Doe@example.com", (Some("mailto"), None, "John.Doe@example.com", None, None)),
        (
            "news:comp.infosystems.www.servers.unix",
            (Some("news"), None, "comp.infosystems.www.servers.unix", None, None),
        ),
        ("tel:+1-816-555-1212", (Some("tel"), None, "+1-816-555-1212", None, None)),
        ("telnet://192.0.2.16:80/", (Some("telnet"), Some("192.0.2.16:80"), "/", None, None)),
        (
            "urn:oasis:names:specification:docbook:dtd:xml:4.1.2",
            (Some("urn"), None, "oasis:names:specification:docbook:dtd:xml:4.1.2", None, None),
        ),
        // RFC 3986 3.
        (
            "foo://example.com:8042/over/there?name=ferret#nose",
            (Some("foo"), Some("example.com:8042"), "/over/there", Some("name=ferret"), Some("nose")),
        ),
        ("", (None, None, "", None, None)),
        ("#", (None, None, "", None, Some(""))),
        ("?#", (None, None, "", Some(""), Some(""))),
        ("//", (None, Some(""), "", None, None)),
        ("///", (None, Some(""), "/", None, None)),
        ("a:", (Some("a"), None, "", None, None)),
        ("a://", (Some("a"), Some(""), "", None, None)),
        ("./a:b", (None, None, "./a:b", None, None)),
        ("a/b:c", (None, None, "a/b:c", None, None)),
        ("a@b", (None, None, "a@b", None, None)),
        ("?a:b/c?d", (None, None, "", Some("a:b/c?d"), None)),
        ("http://h?q#f?/", (Some("http"), Some("h"), "", Some("q"), Some("f?/"))),
        ("http://h#f?q", (Some("http"), Some("h"), "", None, Some("f?q"))),
        ("http://u:p@h:1/", (Some("http"), Some("u:p@h:1"), "/", None, None)),
        ("a+b-c.d:/", (Some("a+b-c.d"), None, "/", None, None)),
    ];
    for (text, expected) in cases {
        let reference = parse(text);
        assert_eq!(all(&reference), expected, "{text:?}");
        assert_eq!(reference.as_str(), text);
    }
}

#[test]
fn authorities_are_taken_apart() {
    let of = |text| {
        let reference = parse(text);
        (reference.userinfo(), reference.host(), reference.port())
    };
    assert_eq!(of("//h"), (None, Some("h"), None));
    assert_eq!(of("//@h:"), (Some(""), Some("h"), Some("")));
    assert_eq!(of("//u:p%40:@h:99999999999"), (Some("u:p%40:"), Some("h"), Some("99999999999")));
    assert_eq!(of("//:80"), (None, Some(""), Some("80")));
    assert_eq!(of("//a@[::1]:80"), (Some("a"), Some("[::1]"), Some("80")));
    assert_eq!(of("http://a@[::1]:80/x"), (Some("a"), Some("[::1]"), Some("80")));
    assert_eq!(of("/a"), (None, None, None));
    assert_eq!(parse("//h:99999").port_number(), None);
    assert_eq!(parse("//h:0080").port_number(), Some(80));
    let kind = |text| parse(text).host_kind().unwrap();
    assert_eq!(kind("//127.0.0.1"), Host::Ipv4(Ipv4Addr::LOCALHOST));
    assert_eq!(kind("//127.0.0.01"), Host::Name("127.0.0.01"));
    assert_eq!(kind("//[::1]"), Host::Ipv6(Ipv6Addr::LOCALHOST));
    assert_eq!(kind("//[v7.a:b]"), Host::IpvFuture("v7.a:b"));
    assert_eq!(kind("//%41"), Host::Name("%41"));
    assert_eq!(kind("//"), Host::Name(""));
}

#[test]
fn errors_say_what_and_where() {
    use Component::*;
    use ReferenceErrorKind as Kind;
    let cases = [
        ("http://a b", Kind::Octet(Host), 8),
        ("http://a/ b", Kind::Octet(Path), 9),
        ("a?b\"", Kind::Octet(Query), 3),
        ("a#b#c", Kind::Octet(Fragment), 3),
        ("http://abc.example.org/0123456789?0123456789#0123456789#", Kind::Octet(Fragment), 55),
        ("é", Kind::Octet(Path), 0),
        ("a/%", Kind::Percent(Path), 2),
        ("a/%4", Kind::Percent(Path), 2),
        ("a?%4g", Kind::Percent(Query), 2),
        ("//%g0/", Kind::Percent(Host), 2),
        ("//a%4@h", Kind::Percent(Userinfo), 3),
        ("//a@b@c", Kind::Octet(Host), 5),
        ("//h:8o/", Kind::Octet(Port), 5),
        ("//h:8:9/", Kind::Octet(Port), 5),
        ("//[::1/", Kind::Address, 2),
        ("//[::1%25eth0]/", Kind::Address, 2),
        ("//[1.2.3.4]", Kind::Address, 2),
        ("//[v.x]", Kind::Address, 2),
        ("//[v1.]", Kind::Address, 2),
        ("//[::1]x", Kind::Octet(Host), 7),
        ("//a[::1]", Kind::Octet(Host), 3),
        ("a/[", Kind::Octet(Path), 2),
        ("1a:b", Kind::Colon, 2),
        (":", Kind::Colon, 0),
        ("a%20:b", Kind::Colon, 4),
        ("a@b:c", Kind::Colon, 3),
        ("a^:b", Kind::Octet(Path), 1),
    ];
    for (text, kind, offset) in cases {
        let error = Reference::parse(text).unwrap_err();
        assert_eq!((error.kind(), error.offset()), (kind, offset), "{text:?}");
        assert_eq!(Reference::parse_octets(text.as_bytes()), Err(error));
    }
    assert!(Reference::parse_octets(b"a\xFF").is_err());
}

/// RFC 3986 5.4.
#[test]
fn references_are_resolved_as_the_rfc_shows() {
    let base = parse("http://a/b/c/d;p?q");
    let cases = [
        ("g:h", "g:h"),
        ("g", "http://a/b/c/g"),
        ("./g", "http://a/b/c/g"),
        ("g/", "http://a/b/c/g/"),
        ("/g", "http://a/g"),
        ("//g", "http://g"),
        ("?y", "http://a/b/c/d;p?y"),
        ("g?y", "http://a/b/c/g?y"),
        ("#s", "http://a/b/c/d;p?q#s"),
        ("g#s", "http://a/b/c/g#s"),
        ("g?y#s", "http://a/b/c/g?y#s"),
        (";x", "http://a/b/c/;x"),
        ("g;x", "http://a/b/c/g;x"),
        ("g;x?y#s", "http://a/b/c/g;x?y#s"),
        ("", "http://a/b/c/d;p?q"),
        (".", "http://a/b/c/"),
        ("./", "http://a/b/c/"),
        ("..", "http://a/b/"),
        ("../", "http://a/b/"),
        ("../g", "http://a/b/g"),
        ("../..", "http://a/"),
        ("../../", "http://a/"),
        ("../../g", "http://a/g"),
        ("../../../g", "http://a/g"),
        ("../../../../g", "http://a/g"),
        ("/./g", "http://a/g"),
        ("/../g", "http://a/g"),
        ("g.", "http://a/b/c/g."),
        (".g", "http://a/b/c/.g"),
        ("g..", "http://a/b/c/g.."),
        ("..g", "http://a/b/c/..g"),
        ("./../g", "http://a/b/g"),
        ("./g/.", "http://a/b/c/g/"),
        ("g/./h", "http://a/b/c/g/h"),
        ("g/../h", "http://a/b/c/h"),
        ("g;x=1/./y", "http://a/b/c/g;x=1/y"),
        ("g;x=1/../y", "http://a/b/c/y"),
        ("g?y/./x", "http://a/b/c/g?y/./x"),
        ("g?y/../x", "http://a/b/c/g?y/../x"),
        ("g#s/./x", "http://a/b/c/g#s/./x"),
        ("g#s/../x", "http://a/b/c/g#s/../x"),
        ("http:g", "http:g"),
    ];
    for (reference, expected) in cases {
        let target = base.resolve(&parse(reference)).unwrap();
        assert_eq!(target.as_str(), expected, "{reference:?}");
        assert_eq!(Reference::parse(expected).unwrap().parts, target.parts);
    }
}

#[test]
fn resolution_has_its_corners() {
    let resolve = |base, reference| parse(base).resolve(&parse(reference)).map(ReferenceBuf::into_string);
    assert_eq!(resolve("http://a", "g"), Ok("http://a/g".into()));
    assert_eq!(resolve("http://a?x", ""), Ok("http://a?x".into()));
    assert_eq!(resolve("a:b/c", "d"), Ok("a:b/d".into()));
    assert_eq!(resolve("a:b", "../c"), Ok("a:c".into()));
    assert_eq!(resolve("a:b/c", "../d"), Ok("a:/d".into()));
    assert_eq!(resolve("a:/b", ".//c"), Ok("a:/.//c".into()));
    assert_eq!(resolve("a:/b", "/.//c"), Ok("a:/.//c".into()));
    assert_eq!(resolve("a://h/b", ".//c"), Ok("a://h//c".into()));
    assert_eq!(resolve("a://h/b", "..//c"), Ok("a://h//c".into()));
    assert_eq!(resolve("a:b#f", "?q"), Ok("a:b?q".into()));
    assert_eq!(resolve("//h/b", "c"), Err(ResolveError::RelativeBase));
    let refuse = Resolution::STRICT.above_root(AboveRoot::Refuse);
    let careful =
        |reference| parse("http://a/b/c").resolve_by(refuse, &parse(reference)).map(ReferenceBuf::into_string);
    assert_eq!(careful("../g"), Ok("http://a/g".into()));
    for reference in ["../../g", "/..", "/../g", "//h/..", "x:..", "x:../y"] {
        assert_eq!(careful(reference), Err(ResolveError::AboveRoot), "{reference:?}");
    }
}

#[test]
fn normalisation_goes_by_steps() {
    let cases = [
        // RFC 3986 6.2.2.
        ("eXAMPLE://a/./b/../b/%63/%7bfoo%7d", Steps::SYNTAX, "example://a/b/c/%7Bfoo%7D"),
        // RFC 3986 6.2.3.
        ("http://example.com", Steps::SCHEME, "http://example.com/"),
        ("http://example.com:/", Steps::SCHEME, "http://example.com/"),
        ("http://example.com:80/", Steps::SCHEME, "http://example.com/"),
        ("HTTP://www.EXAMPLE.com/", Steps::CASE, "http://www.example.com/"),
        ("foo://h:80", Steps::ALL, "foo://h:80"),
        ("foo://h:", Steps::ALL, "foo://h"),
        ("wss://h:443?q", Steps::ALL, "wss://h/?q"),
        ("ftp://h:0021/", Steps::ALL, "ftp://h/"),
        ("http://%41%2f%c3/", Steps::CASE | Steps::PERCENT, "http://a%2F%C3/"),
        ("http://%41%2f/", Steps::CASE, "http://%41%2F/"),
        ("http://U%7E@h/?%7e#%7E", Steps::PERCENT, "http://U~@h/?~#~"),
        ("//[0:0::0:1]", Steps::ADDRESS, "//[::1]"),
        ("//[::FFFF:1.2.3.4]", Steps::ADDRESS, "//[::ffff:1.2.3.4]"),
        ("//[::A]", Steps::CASE, "//[::a]"),
        ("//[V1.A]", Steps::ALL, "//[v1.a]"),
        ("/a/../..//b", Steps::DOTS, "/.//b"),
        ("../a/./b", Steps::ALL, "../a/./b"),
        ("a:b/../../c", Steps::DOTS, "a:/c"),
        ("a:/%2e%2E/b", Steps::SYNTAX, "a:/b"),
        ("A:/%2e./b?C", Steps::NONE, "A:/%2e./b?C"),
    ];
    for (text, steps, expected) in cases {
        let normal = parse(text).normalize(steps);
        assert_eq!(normal.as_str(), expected, "{text:?} {steps:?}");
        assert_eq!(normal.as_reference().normalize(steps), normal, "{text:?} {steps:?}");
        assert_eq!(Reference::parse(expected).unwrap().parts, normal.parts);
    }
}

#[test]
fn builders_refuse_what_would_be_read_otherwise() {
    let build = |builder: Result<Builder, BuildError>| builder.and_then(|builder| builder.build());
    let text = |builder| build(builder).map(ReferenceBuf::into_string).map_err(|error| error.to_string());
    let new = Builder::new;
    assert_eq!(text(Ok(new())), Ok(String::new()));
    assert_eq!(text(new().host("h").map(|it| it.port(8))), Ok("//h:8".into()));
    assert_eq!(text(Ok(new().address(Ipv6Addr::LOCALHOST.into()))), Ok("//[::1]".into()));
    assert_eq!(text(new().scheme("a").and_then(|it| it.path("b:c"))), Ok("a:b:c".into()));
    assert!(text(new().path("b:c")).is_err());
    assert!(text(new().path("//c")).is_err());
    assert!(text(new().host("h").and_then(|it| it.path("c"))).is_err());
    assert!(text(Ok(new().port(1))).is_err());
    assert!(text(new().userinfo("u")).is_err());
    for bad in ["", "1a", "a:", "a/"] {
        assert!(new().scheme(bad).is_err(), "{bad:?}");
    }
    for bad in ["a/b", "a?", "a#", "a@b", "a:1", "[::1", "[::1]:1", "::1", "a\n", "é", "%"] {
        assert!(new().host(bad).is_err(), "{bad:?}");
    }
    for bad in ["a@", "a/", "a\r"] {
        assert!(new().userinfo(bad).is_err(), "{bad:?}");
    }
    for bad in ["/a?b", "/a#b", "/ ", "/%2", "/a\nb"] {
        assert!(new().path(bad).is_err(), "{bad:?}");
    }
    assert_eq!(new().query("a?b#").map_err(|error| error.offset()), Err(Some(3)));
    assert!(new().fragment("#").is_err());
    assert!(new().segment("..").is_err());
    assert_eq!(text(new().segment("%2e").and_then(|it| it.segment("é"))), Ok("/%252e/%C3%A9".into()));
    let changed = Builder::from(parse("http://u@h:1/p?q#f")).without(Component::Host).without(Component::Query);
    assert_eq!(text(Ok(changed)), Ok("http:/p#f".into()));
}

#[test]
fn the_way_back_is_short() {
    let way = |base, target| parse(target).relative_to(&parse(base)).map(ReferenceBuf::into_string);
    let base = "http://a/b/c/d?q";
    let cases = [
        ("http://a/b/c/d?q", Some("")),
        ("http://a/b/c/d?q#s", Some("#s")),
        ("http://a/b/c/d?y", Some("?y")),
        ("http://a/b/c/d", Some("d")),
        ("http://a/b/c/", Some("./")),
        ("http://a/b/c/x:y", Some("./x:y")),
        ("http://a/b/c//x", Some(".//x")),
        ("http://a/b/", Some("../")),
        ("http://a/", Some("../../")),
        ("http://a/x", Some("../../x")),
        ("http://a", Some("//a")),
        ("http://z/b", Some("//z/b")),
        ("https://a/b", Some("https://a/b")),
        ("http://a/b/./c", None),
        ("/relative", None),
    ];
    for (target, expected) in cases {
        assert_eq!(way(base, target), expected.map(String::from), "{target:?}");
    }
}

#[test]
fn secrets_are_not_shown() {
    let shown = format!("{:?}", parse("http://user:secret@h/"));
    assert!(shown.contains("user") && !shown.contains("secret"));
    assert!(!format!("{:?}", parse("http://user:secret@h/").to_buf()).contains("secret"));
}

/// Whatever it is made of, a reference costs in proportion to its length.
#[test]
fn work_is_linear() {
    for unit in ["/", ".", "/.", "/..", "/../a", "%41", "%", "@", "[", ":", "?", "#", "a", "//", "é", "a/../"] {
        for head in ["http://h/", "http://", "", "x:"] {
            let cost = |times: usize| {
                let text = format!("{head}{}", unit.repeat(times));
                work::count(|| {
                    let Ok(reference) = Reference::parse(&text) else { return };
                    let base = parse("http://a/b/c");
                    let target = base.resolve(&reference).unwrap();
                    let normal = reference.normalize(Steps::ALL);
                    assert!(target.as_str().len() + normal.as_str().len() <= 3 * text.len() + 40);
                })
                .0
            };
            let (small, large) = (cost(1_000), cost(100_000));
            assert!(large <= 110 * (small + 20), "{head:?} {unit:?}: {small} and {large}");
        }
    }
}

fn near_reference() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("http://"),
        Just("https://"),
        Just("ftp:"),
        Just("//"),
        Just("/"),
        Just("."),
        Just(".."),
        Just("?"),
        Just("#"),
        Just("@"),
        Just(":"),
        Just("%41"),
        Just("%"),
        Just("[::1]"),
        Just("[v1.x]"),
        Just("["),
        Just("80"),
        Just("example.com"),
        Just("a"),
        Just("abcdefghijklmnopq"),
        Just("-._~!$&'()*+,;="),
        Just(" "),
        Just("é"),
        Just("^"),
        Just("\""),
        Just("<"),
        Just("`"),
        Just("{"),
        Just("|"),
        Just("\\"),
        Just("\x7F"),
        Just("\0"),
    ];
    (prop_oneof![Just(""), Just("http://"), Just("https://")], prop::collection::vec(piece, 0..24))
        .prop_map(|(head, pieces)| format!("{head}{}", pieces.concat()))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2048))]

    #[test]
    fn fast_is_exact(text in near_reference()) {
        prop_assert_eq!(scan::scan(text.as_bytes()), scan::exact(text.as_bytes()));
    }

    #[test]
    fn fast_is_exact_on_what_is_valid(text in "https?://[a-z.]{0,40}(:[0-9]{0,5})?(/[a-z%25/]{0,90})?([?][a-z?/]{0,50})?(#[a-z?]{0,50})?") {
        prop_assert_eq!(scan::scan(text.as_bytes()), scan::exact(text.as_bytes()));
    }

    #[test]
    fn any_octet_anywhere(text in "https?://[a-z.:@]{0,12}[a-z/?#%0-9]{0,80}", at in 0..90_usize, octet in any::<u8>()) {
        let mut octets = text.into_bytes();
        if let Some(place) = octets.get_mut(at) {
            *place = octet;
        }
        prop_assert_eq!(scan::scan(&octets), scan::exact(&octets));
    }

    #[test]
    fn what_is_resolved_or_normal_is_a_reference(base in near_reference(), text in near_reference()) {
        let Ok(reference) = Reference::parse(&text) else { return Ok(()) };
        for steps in [Steps::PERCENT, Steps::CASE, Steps::DOTS, Steps::SCHEME, Steps::SYNTAX, Steps::ALL] {
            let normal = reference.normalize(steps);
            prop_assert_eq!(Reference::parse(normal.as_str()).unwrap().parts, normal.parts);
            prop_assert_eq!(normal.as_reference().normalize(steps), normal);
        }
        prop_assert_eq!(Builder::from(reference).build().unwrap(), reference.to_buf());
        let Ok(base) = Reference::parse(&base) else { return Ok(()) };
        let Ok(target) = base.resolve(&reference) else { return Ok(()) };
        prop_assert_eq!(Reference::parse(target.as_str()).unwrap().parts, target.parts);
        if let Some(way) = target.as_reference().relative_to(&base) {
            prop_assert_eq!(base.resolve(&way.as_reference()).unwrap(), target);
        }
    }
}

#[test]
fn all_lengths_and_places() {
    for head in ["http://", "https://"] {
        // Around the borders of blocks and words.
        for length in (0..20).chain(29..36).chain(61..70).chain([79, 80, 81, 97]) {
            for at in 0..length {
                for mark in ["/", "?", "#", ":", "@", "%", "[", " ", "é"] {
                    let text = [head, &"x".repeat(at), mark, &"x".repeat(length - at - 1)].concat();
                    assert_eq!(scan::scan(text.as_bytes()), scan::exact(text.as_bytes()), "{text:?}");
                }
            }
        }
    }
    let words: Vec<_> = parse("//h/a/b").segments().rev().collect();
    assert_eq!(words, ["b", "a"]);
}

#[test]
fn a_fragment_behind_a_late_query_is_found() {
    let text = format!("http://h/{}?q#f", "p".repeat(80));
    let reference = parse(&text);
    assert_eq!((reference.query(), reference.fragment()), (Some("q"), Some("f")));
}
