use super::*;

#[test]
fn public_suffix_lists_are_read_as_published() {
    // The rules and answers that publicsuffix.org gives as its own examples.
    let text =
        "// comment\n\ncom\n*.jp\n*.hokkaido.jp\n*.tokyo.jp\n!pref.hokkaido.jp\n!metro.tokyo.jp trailing words\n";
    let (list, faults) = PublicSuffixes::parse(text);
    assert_eq!(faults, []);
    for (host, registrable) in [
        ("example.com", Some("example.com")),
        ("foo.bar.example.com", Some("example.com")),
        ("com", None),
        ("foo.bar.jp", Some("foo.bar.jp")),
        ("bar.jp", None),
        ("foo.bar.hokkaido.jp", Some("foo.bar.hokkaido.jp")),
        ("bar.hokkaido.jp", None),
        ("foo.bar.tokyo.jp", Some("foo.bar.tokyo.jp")),
        ("pref.hokkaido.jp", Some("pref.hokkaido.jp")),
        ("x.metro.tokyo.jp", Some("metro.tokyo.jp")),
        // No rule: the last label.
        ("a.b.unlisted", Some("b.unlisted")),
        ("unlisted", None),
        ("10.0.0.1", None),
        ("[::1]", None),
        ("www.example.com.", Some("example.com.")),
    ] {
        assert_eq!(list.registrable(host), registrable, "{host}");
    }
    assert!(list.contains("com.") && list.contains("bar.jp") && !list.contains("metro.tokyo.jp"));
    let (_, faults) = PublicSuffixes::parse("com\n!*.x\nb/d\n*\n");
    assert_eq!(faults, [SuffixFault { line: 2 }, SuffixFault { line: 3 }]);
    assert_eq!(PublicSuffixes::names(["co.uk"]).registrable("a.b.co.uk"), Some("b.co.uk"));
    assert_eq!(PublicSuffixes::names(["co.uk"]).registrable("a.b.com"), None);
    assert_eq!(PublicSuffixes::none().registrable("a.b.com"), None);
}

#[cfg(feature = "idna")]
#[test]
fn unicode_rules_are_matched_as_a_labels() {
    let (list, faults) = PublicSuffixes::parse("公司.cn\n");
    assert_eq!(faults, []);
    assert!(list.contains("xn--55qx5d.cn"));
}

#[cfg(feature = "psl")]
#[test]
fn the_compiled_list() {
    let list = PublicSuffixes::compiled();
    for suffix in ["com", "co.uk", "xn--55qx5d.cn", "localhost", "github.io", "foo.ck"] {
        assert!(list.contains(suffix), "{suffix}");
    }
    for domain in ["example.com", "www.ck", "127.0.0.1", "[::1]"] {
        assert!(!list.contains(domain), "{domain}");
    }
    assert_eq!(list.registrable("a.b.co.uk"), Some("b.co.uk"));
    let mut jar = Jar::new().public_suffixes(list);
    assert_eq!(jar.receive(b"a=b; Domain=github.io", &https("x.github.io"), Timestamp(0)), Err(Refusal::PublicSuffix));
    assert_eq!(jar.receive(b"a=b; Domain=localhost", &https("localhost"), Timestamp(0)), Ok(Outcome::Added));
}
