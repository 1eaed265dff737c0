use super::*;

#[test]
fn a_path_may_be_as_long_as_the_limit_says() {
    let mut jar = Jar::new().limits(Limits::default().path(3));
    for (field, kept) in [("a=b; Path=/ab", Ok(Outcome::Added)), ("a=b; Path=/abc", Err(Refusal::PathTooLong))] {
        assert_eq!(jar.receive(field.as_bytes(), &https("a.example"), Timestamp(0)), kept);
    }
}

#[test]
fn domain_policy() {
    let policy = DomainPolicy::new().block("bad.example").block(".ads.example");
    let mut jar = Jar::with_policy(policy);
    let now = Timestamp(0);
    for (host, field, is) in [
        ("good.example", "a=b", true),
        ("bad.example", "a=b", false),
        ("www.bad.example", "a=b", true),
        // A cookie for the blocked domain counts as from it.
        ("www.bad.example", "a=b; Domain=BAD.example", false),
        ("ads.example", "a=b", true),
        ("x.ads.example", "a=b", false),
        ("x.y.ads.example", "a=b", false),
    ] {
        assert_eq!(jar.receive(field.as_bytes(), &https(host), now).is_ok(), is, "{host} {field}");
    }
    // A dot at the end does not get past a block, and needs none of its own.
    let dotted = DomainPolicy::new().block("bad.example.").block(".ads.example").allow("good.example");
    for host in ["bad.example", "bad.example.", "x.ads.example.", "other.example."] {
        assert!(!dotted.permits(host), "{host}");
    }
    assert!(dotted.permits("good.example") && dotted.permits("good.example."));
    // What is blocked later is not sent.
    *jar.policy_mut() = DomainPolicy::new().allow("ads.example");
    assert_eq!(jar.cookie_string(&https("good.example"), now), None);
    assert_eq!(jar.cookie_string(&https("ads.example"), now).as_deref(), Some(&b"a=b"[..]));
    assert!(!DomainPolicy::new().allow_none().permits("a.example"));
}

#[test]
fn a_policy_may_change_what_is_stored_but_not_break_the_rules() {
    struct SessionsOnly;
    impl Policy for SessionsOnly {
        fn receive(&self, cookie: &mut SetCookie<'_>, _: &Request<'_>, _: Timestamp) -> bool {
            (cookie.max_age, cookie.expires, cookie.secure) = (None, None, false);
            true
        }
    }
    let mut jar = Jar::with_policy(SessionsOnly);
    jar.receive(b"a=b; Max-Age=100; Expires=Fri, 31 Dec 2100 23:59:59 GMT", &https("a.example"), Timestamp(0)).unwrap();
    assert_eq!(jar.iter().next().unwrap().expires(), None);
    let refused = jar.receive(b"__Secure-a=b; Secure", &https("a.example"), Timestamp(0));
    assert_eq!(refused, Err(Refusal::SecurePrefix));
}

#[test]
fn records_are_judged() {
    let good = Record { name: b"a".to_vec(), domain: "x.example".into(), path: b"/".to_vec(), ..Record::default() };
    let mut jar = Jar::new().public_suffixes(PublicSuffixes::names(["example"]));
    let mut restore = |change: &dyn Fn(&mut Record)| {
        let mut record = good.clone();
        change(&mut record);
        jar.restore(&record, Timestamp(100))
    };
    assert_eq!(restore(&|_| ()), Ok(Outcome::Added));
    assert_eq!(restore(&|_| ()), Ok(Outcome::Replaced));
    assert_eq!(restore(&|record| record.expires = Some(Timestamp(100))), Ok(Outcome::Removed));
    for (change, refusal) in [
        (&(|record: &mut Record| record.name.clear()) as &dyn Fn(&mut Record), Refusal::Empty),
        (&|record| record.name = b"a\n".to_vec(), Refusal::Control),
        (&|record| record.value = vec![b'v'; 4096], Refusal::TooLong),
        // White space would be stripped by whoever reads it, and has hidden the prefix then.
        (&|record| record.name = b" __Host-a".to_vec(), Refusal::Control),
        (&|record| record.name = b"a\t".to_vec(), Refusal::Control),
        (&|record| (record.name, record.value) = (vec![], b" __Host-a=1".to_vec()), Refusal::Control),
        (&|record| record.domain = "X.example".into(), Refusal::Malformed),
        (&|record| record.domain = ".x.example".into(), Refusal::Malformed),
        (&|record| record.domain = "example".into(), Refusal::PublicSuffix),
        (&|record| record.path = b"x".to_vec(), Refusal::Malformed),
        (&|record| record.path = b"/\r\n".to_vec(), Refusal::Control),
        (&|record| record.path = vec![b'/'; 9000], Refusal::PathTooLong),
        (&|record| record.same_site = SameSite::None, Refusal::SameSiteNoneInsecure),
        (&|record| record.name = b"__Host-a".to_vec(), Refusal::HostPrefix),
        (&|record| record.name = b"__Secure-a".to_vec(), Refusal::SecurePrefix),
        (&|record| record.partition = Some("https://y.example".into()), Refusal::PartitionedInsecure),
        (&|record| (record.partition, record.secure) = (Some("https://Y".into()), true), Refusal::Malformed),
    ] {
        assert_eq!(restore(change), Err(refusal));
    }
}

#[test]
fn removal_by_domain_path_and_name() {
    let mut jar = Jar::new();
    for field in ["a=1", "b=1", "a=2; Path=/p", "a=3; Domain=x.example"] {
        jar.receive(field.as_bytes(), &https("www.x.example"), Timestamp(0)).unwrap();
    }
    assert_eq!(jar.remove("www.x.example", Some(b"/"), Some(b"a")), 1);
    assert_eq!(jar.remove("x.example", None, None), 1);
    assert_eq!(jar.remove("x.example", None, None), 0);
    assert_eq!(jar.len(), 2);
    jar.clear();
    assert!(jar.is_empty() && jar.iter().next().is_none());
}

#[test]
fn a_full_jar_stays_within_its_limits_and_finds_what_it_has() {
    let mut jar = Jar::new().limits(Limits::default().per_domain(7).total(500));
    for round in 0..5000_i64 {
        let host = format!("h{}.d{}.example", round % 13, round % 97);
        let field = format!("n{}={round}; Max-Age={}; Path=/", round % 11, 1 + round % 50);
        jar.receive(field.as_bytes(), &https(&host), Timestamp(round)).unwrap();
        assert!(jar.len() <= 500);
        let sent = jar.cookie_string(&https(&host), Timestamp(round)).unwrap();
        assert!(String::from_utf8(sent).unwrap().contains(&format!("={round}")));
    }
    let left = jar.len();
    assert_eq!((jar.expire(Timestamp(6000)), jar.len()), (left, 0));
}
