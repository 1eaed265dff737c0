use super::*;

#[test]
fn hosts_are_canonical_or_refused() {
    for host in ["a", "a.b-c_d", "[::1]", "127.0.0.1", "xn--r8jz45g.jp", "a.b.", "a!b"] {
        assert!(Place::new(true, host, "/").is_ok(), "{host}");
    }
    for (host, error) in [
        ("", PlaceError::NoHost),
        ("[]", PlaceError::NoHost),
        ("A.b", PlaceError::Host(0)),
        ("a.B", PlaceError::Host(2)),
        ("a:80", PlaceError::Host(1)),
        ("a/b", PlaceError::Host(1)),
        ("a b", PlaceError::Host(1)),
        ("b\u{fc}cher", PlaceError::Host(1)),
        ("[::G]", PlaceError::Host(3)),
        ("a@b", PlaceError::Host(1)),
        ("a\tb", PlaceError::Host(1)),
        ("a\rb", PlaceError::Host(1)),
        ("a;b c", PlaceError::Host(3)),
    ] {
        assert_eq!(Place::new(true, host, "/"), Err(error), "{host}");
    }
    assert_eq!(Place::new(true, "a", "x"), Err(PlaceError::Path));
}

#[test]
fn an_address_has_no_domain_above_it() {
    for (host, domain) in [("10.0.0.1", "0.0.1"), ("10.0.0.1.", "0.0.1."), ("[::1]", ":1]"), ("1.2", "2")] {
        assert!(!domain_match(host, domain), "{host}");
        assert!(domain_match(host, host));
        let mut jar = Jar::new();
        let record = Record { value: b"a".to_vec(), domain: domain.into(), path: b"/".to_vec(), ..Record::default() };
        jar.restore(&record, Timestamp(0)).ok();
        assert_eq!(jar.cookie_string(&https(host), Timestamp(0)), None, "{host}");
    }
    assert!(domain_match("a.1b", "1b") && domain_match("1.b.", "b."));
}
