use super::file::{Fault, FaultKind, LeftOut, Unwritable, lwp, netscape};
use super::*;
use alloc::format;
use alloc::string::String;
use alloc::string::ToString;
use alloc::vec;
use alloc::vec::Vec;

fn https(host: &str) -> Request<'_> {
    Request::to(Place::new(true, host, "/").unwrap())
}

#[test]
fn dates_are_written_and_read() {
    for (seconds, text) in [
        (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
        (-1, "Wed, 31 Dec 1969 23:59:59 GMT"),
        (951_827_696, "Tue, 29 Feb 2000 12:34:56 GMT"),
        (1_583_020_799, "Sat, 29 Feb 2020 23:59:59 GMT"),
        (4_107_542_399, "Sun, 28 Feb 2100 23:59:59 GMT"),
        (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"),
        (-11_644_473_600, "Mon, 01 Jan 1601 00:00:00 GMT"),
        (253_402_300_799, "Fri, 31 Dec 9999 23:59:59 GMT"),
    ] {
        assert_eq!(Timestamp(seconds).to_string(), text);
        assert_eq!(Timestamp::parse(text.as_bytes()), Some(Timestamp(seconds)));
        assert_eq!(time::lenient(text.as_bytes()), Some(Timestamp(seconds)));
    }
    for none in [
        "",
        "Thu, 31 Dec 1600 23:59:59 GMT",
        "30 Feb 2000 0:0:0",
        "29 Feb 2100 0:0:0",
        "32 Jan 2000 0:0:0",
        "0 Jan 2000 0:0:0",
        "1 Jan 2000 24:0:0",
        "1 Jan 2000 0:60:0",
        "1 Jan 2000 0:0:60",
        "Jan 2000 0:0:0",
        "1 2000 0:0:0",
        "1 Jan 0:0:0",
        "1 Jan 2000",
        "1 Jan 20000 0:0:0",
        "111 Jan 2000 0:0:0",
        "1 Jan 2000 000:0:0",
    ] {
        assert_eq!(Timestamp::parse(none.as_bytes()), None, "{none}");
    }
    assert_eq!(Timestamp::LATEST.after(1), Timestamp::LATEST);
    // The furthest points have a date, if not one that goes on a wire.
    assert!(Timestamp::EARLIEST.to_string().len() > 20);
}

#[test]
fn each_day_has_its_date() {
    for day in -134_774..150_000_i64 {
        let (year, month, dom, ..) = Timestamp(day * 86_400).to_utc();
        assert_eq!(
            Timestamp::from_utc(u32::try_from(year).unwrap(), month, dom, 0, 0, 0),
            Some(Timestamp(day * 86_400))
        );
    }
}

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

#[test]
fn a_path_may_be_as_long_as_the_limit_says() {
    let mut jar = Jar::new().limits(Limits::default().path(3));
    for (field, kept) in [("a=b; Path=/ab", Ok(Outcome::Added)), ("a=b; Path=/abc", Err(Refusal::PathTooLong))] {
        assert_eq!(jar.receive(field.as_bytes(), &https("a.example"), Timestamp(0)), kept);
    }
}

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
fn what_a_browser_drops_is_not_built() {
    let build = |builder: Builder| builder.build().map(|issued| issued.to_string());
    let new = |name: &str, value: &str| Builder::new(name, value);
    assert_eq!(build(new("a", "b")).unwrap(), "a=b");
    assert_eq!(build(new("a", "\"b\"")).unwrap(), "a=\"b\"");
    for (builder, error) in [
        (new("", "b"), BuildError::Name),
        (new("a b", "b"), BuildError::Name),
        (new("a=", "b"), BuildError::Name),
        (new("a", "b;c"), BuildError::Value(1)),
        (new("a", "b\r\nSet-Cookie: c"), BuildError::Value(1)),
        (new("a", "\"b\"c\""), BuildError::Value(2)),
        (new("a", "\u{e9}"), BuildError::Value(0)),
        (Builder::new("a", "b".repeat(4096)), BuildError::TooLong),
        (new("a", "b").domain(".example.org"), BuildError::Domain),
        (new("a", "b").domain("Example.org"), BuildError::Domain),
        (new("a", "b").domain(""), BuildError::Domain),
        (new("a", "b").path("x"), BuildError::Path),
        (new("a", "b").path(""), BuildError::Path),
        (new("a", "b").path("/x; Secure"), BuildError::Path),
        (new("a", "b").path("/x\n"), BuildError::Path),
        (new("a", "b").path("/x "), BuildError::Path),
        (new("a", "b").path(format!("/{}", "x".repeat(1024))), BuildError::AttributeTooLong),
        (new("a", "b").expires(Timestamp::LATEST), BuildError::Expires),
        (new("a", "b").same_site(SameSite::None), BuildError::SameSiteNoneInsecure),
        (new("a", "b").partitioned(), BuildError::PartitionedInsecure),
        (new("__Secure-a", "b"), BuildError::SecurePrefix),
        (new("__SECURE-a", "b"), BuildError::SecurePrefix),
        (new("__Host-a", "b").path("/"), BuildError::HostPrefix),
        (new("__Host-a", "b").secure(), BuildError::HostPrefix),
        (new("__Host-a", "b").secure().path("/").domain("example.org"), BuildError::HostPrefix),
        (new("__Http-a", "b").secure(), BuildError::HttpPrefix),
        (new("__HTTP-a", "b").http_only(), BuildError::HttpPrefix),
        (new("__Host-Http-a", "b").secure().path("/"), BuildError::HttpPrefix),
        (new("__Host-Http-a", "b").secure().http_only(), BuildError::HostPrefix),
        (new("a", "b").attribute("Secure", ""), BuildError::Attribute),
        (new("a", "b").attribute("X;Y", ""), BuildError::Attribute),
        (new("a", "b").attribute("X", "y; Secure"), BuildError::Attribute),
    ] {
        assert_eq!(build(builder.clone()), Err(error), "{builder:?}");
    }
    let all = new("a", "b")
        .domain("example.org")
        .path("/x")
        .max_age(60)
        .expires(Timestamp(784_111_777))
        .secure()
        .http_only()
        .same_site(SameSite::None)
        .partitioned()
        .attribute("Priority", "High");
    assert_eq!(
        build(all).unwrap(),
        "a=b; Expires=Sun, 06 Nov 1994 08:49:37 GMT; Max-Age=60; Domain=example.org; Path=/x; Secure; HttpOnly; \
         SameSite=None; Partitioned; Priority=High"
    );
}

#[test]
fn an_exchange_tells_what_changed() {
    let mut exchange = Exchange::new(b"a=1; b=2; a=3; lonely");
    assert_eq!(exchange.value("a"), Some(&b"1"[..]));
    assert_eq!(exchange.brought().count(), 4);
    let issue = |name: &str, value: &str, path: &str| Builder::new(name, value).path(path).build().unwrap();
    exchange.set(issue("c", "1", "/"));
    exchange.set(issue("c", "2", "/"));
    exchange.set(issue("c", "3", "/x"));
    exchange.set(Builder::new("a", "").path("/").removal().build().unwrap());
    exchange.set(Builder::new("z", "").path("/").removal().build().unwrap());
    let delta: Vec<_> = exchange.delta().map(Issued::as_str).collect();
    assert_eq!(delta, ["c=2; Path=/", "c=3; Path=/x", "a=; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; Path=/"]);
    assert_eq!((exchange.value("a"), exchange.value("c")), (None, Some(&b"3"[..])));
}

#[test]
fn cookies_txt_of_others_is_read() {
    // As curl 7.88, wget 1.21 and Python 3.11 write it.
    let text = b"# Netscape HTTP Cookie File\n\
        # https://curl.se/docs/http-cookies.html\n\n\
        #HttpOnly_.example.org\tTRUE\t/\tTRUE\t1999999999\tid\t42\n\
        www.example.org\tFALSE\t/p\tFALSE\t0\tsession\t1\n\
        127.0.0.1:8080\tFALSE\t/\tFALSE\t1999999999\tport\t1\n\
        www.example.org\tFALSE\t/\tFALSE\t\tpython\t1\r\n\
        www.example.org\tFALSE\t/\tFALSE\t0\tempty\n\
        [::1]\tFALSE\t/\tfalse\t1999999999.75\t\tlonely\n\
        $ a comment\n";
    let loaded = netscape::read(text);
    assert_eq!(loaded.faults, []);
    let told: Vec<_> = loaded
        .records
        .iter()
        .map(|record| {
            let text = |octets: &[u8]| String::from_utf8(octets.to_vec()).unwrap();
            let expires = record.expires.map(|at| at.0);
            let flags = (record.host_only, record.secure, record.http_only);
            (text(&record.name), text(&record.value), record.domain.clone(), flags, expires)
        })
        .collect();
    let row = |name: &str, value: &str, domain: &str, flags, expires| {
        (name.into(), value.into(), domain.into(), flags, expires)
    };
    assert_eq!(
        told,
        [
            row("id", "42", "example.org", (false, true, true), Some(1_999_999_999)),
            row("session", "1", "www.example.org", (true, false, false), None),
            row("port", "1", "127.0.0.1", (true, false, false), Some(1_999_999_999)),
            row("python", "1", "www.example.org", (true, false, false), None),
            row("empty", "", "www.example.org", (true, false, false), None),
            row("", "lonely", "[::1]", (true, false, false), Some(1_999_999_999)),
        ]
    );
}

#[test]
fn a_broken_line_is_named_and_loses_only_itself() {
    let text = b"a\tTRUE\t/\n\
        example.org\tMAYBE\t/\tTRUE\t1\ta\tb\n\
        exa mple\tTRUE\t/\tTRUE\t1\ta\tb\n\
        example.org\tTRUE\tx\tTRUE\t1\ta\tb\n\
        example.org\tTRUE\t/\tTRUE\tsoon\ta\tb\n\
        example.org\tTRUE\t/\tTRUE\t1\t\t\n\
        example.org\tTRUE\t/\tTRUE\t1\ta\tb\tc\n\
        example.org\tTRUE\t/\tTRUE\t1\ta\tb;c\n\
        example.org\tTRUE\t/\tTRUE\t1\tgood\tb";
    let loaded = netscape::read(text);
    let kinds = [
        FaultKind::Fields(3),
        FaultKind::Flag,
        FaultKind::Domain,
        FaultKind::Path,
        FaultKind::Expiry,
        FaultKind::Pair,
        FaultKind::Fields(8),
        FaultKind::Pair,
    ];
    let faults: Vec<_> = kinds.into_iter().zip(1..).map(|(kind, line)| Fault { line, kind }).collect();
    assert_eq!(loaded.faults, faults);
    assert_eq!(loaded.records.len(), 1);
    assert_eq!(loaded.faults[0].to_string(), "line 1: 3 fields, not 7");

    let text = b"#LWP-Cookies-2.0\nSet-Cookie3: a=\"b; path=/\nSet-Cookie3: =\nSet-Cookie3: a=b; domain=x; expires=\"soon\"; path=/\nSet-Cookie3: a=b; path=/\nSet-Cookie3: a=b; domain=x\nSet-Cookie3: a=b; domain=x; path=/\n";
    let loaded = lwp::read(text);
    let lines: Vec<_> = loaded.faults.iter().map(|fault| (fault.line, fault.kind)).collect();
    assert_eq!(
        lines,
        [
            (2, FaultKind::Form),
            (3, FaultKind::Form),
            (4, FaultKind::Expiry),
            (5, FaultKind::Domain),
            (6, FaultKind::Path)
        ]
    );
    assert_eq!(loaded.records.len(), 1);
}

fn sample() -> Vec<Record> {
    let mut jar = Jar::new();
    let now = Timestamp(1_700_000_000);
    for field in [
        "id=42; Domain=example.org; Max-Age=1000; Secure; HttpOnly; SameSite=Strict",
        "session=1; Path=/p",
        "lonely",
        "quoted=\"a, \\b\"",
        "tab=a\tb",
        "part=1; Secure; Partitioned",
    ] {
        jar.receive(field.as_bytes(), &https("www.example.org"), now).unwrap();
    }
    jar.records(true)
}

#[test]
fn cookies_txt_is_written() {
    let mut text = Vec::new();
    let left_out = netscape::write(&sample(), netscape::SessionExpiry::Zero, &mut text);
    assert_eq!(
        left_out,
        [LeftOut { index: 4, why: Unwritable::Octet }, LeftOut { index: 5, why: Unwritable::Partitioned }]
    );
    let text = String::from_utf8(text).unwrap();
    let (header, lines) = text.split_once("\n\n").unwrap();
    assert!(header.starts_with("# Netscape HTTP Cookie File\n"));
    assert_eq!(
        lines,
        "#HttpOnly_.example.org\tTRUE\t/\tTRUE\t1700001000\tid\t42\n\
         www.example.org\tFALSE\t/p\tFALSE\t0\tsession\t1\n\
         www.example.org\tFALSE\t/\tFALSE\t0\t\tlonely\n\
         www.example.org\tFALSE\t/\tFALSE\t0\tquoted\t\"a, \\b\"\n"
    );
    // A line that begins with `$` is a comment, to Python and to us.
    let mut jar = Jar::new();
    jar.receive(b"a=b", &https("$x.example"), Timestamp(0)).unwrap();
    jar.receive(b"a=b; HttpOnly; Path=/h", &https("$x.example"), Timestamp(0)).unwrap();
    let (mut text, octet) = (Vec::new(), |index| LeftOut { index, why: Unwritable::Octet });
    assert_eq!(netscape::write(&jar.records(true), netscape::SessionExpiry::Zero, &mut text), [octet(0), octet(1)]);
    assert_eq!(netscape::read(&text).records, []);
    let loaded = netscape::read(b"#HttpOnly_$x\tFALSE\t/\tFALSE\t0\ta\tb\n");
    assert_eq!(loaded.faults, [Fault { line: 1, kind: FaultKind::Domain }]);
    // What no jar gives can't forge a line.
    let forged = Record {
        name: b"a".to_vec(),
        value: b"b\nx".to_vec(),
        domain: "x".into(),
        path: b"/".to_vec(),
        ..Record::default()
    };
    assert_eq!(
        netscape::write([&forged], netscape::SessionExpiry::Zero, &mut Vec::new()),
        [LeftOut { index: 0, why: Unwritable::Malformed }]
    );
    assert_eq!(lwp::write([&forged], &mut Vec::new()), [LeftOut { index: 0, why: Unwritable::Malformed }]);
}

#[test]
fn a_host_that_would_read_as_a_comment_is_no_line() {
    // Python: a line that begins with `$` is a comment. Behind the dot it would be one when it is written again.
    let loaded = netscape::read(b".$a.example\tFALSE\t/\tFALSE\t9\tid\t42\n");
    assert_eq!((loaded.records.len(), loaded.faults.len()), (0, 1));
    let record = Record { domain: "$a.example".into(), ..sample().remove(0) };
    assert_eq!(netscape::write([&record], netscape::SessionExpiry::Zero, &mut Vec::new()).len(), 1);
}

#[test]
fn lwp_is_written() {
    let mut text = Vec::new();
    let left_out = lwp::write(&sample(), &mut text);
    assert_eq!(left_out, [LeftOut { index: 5, why: Unwritable::Partitioned }]);
    assert_eq!(
        String::from_utf8(text.clone()).unwrap(),
        "#LWP-Cookies-2.0\n\
         Set-Cookie3: id=42; path=\"/\"; domain=\".example.org\"; path_spec; domain_dot; secure; expires=\"2023-11-14 22:30:00Z\"; HttpOnly=None; SameSite=Strict; version=0\n\
         Set-Cookie3: session=1; path=\"/p\"; domain=\"www.example.org\"; path_spec; discard; version=0\n\
         Set-Cookie3: lonely; path=\"/\"; domain=\"www.example.org\"; path_spec; discard; version=0\n\
         Set-Cookie3: quoted=\"\\\"a, \\\\b\\\"\"; path=\"/\"; domain=\"www.example.org\"; path_spec; discard; version=0\n\
         Set-Cookie3: tab=\"a\tb\"; path=\"/\"; domain=\"www.example.org\"; path_spec; discard; version=0\n"
    );
    let mut expected = sample();
    expected.truncate(5);
    for record in &mut expected {
        (record.created, record.accessed) = (None, None);
    }
    assert_eq!(lwp::read(&text).records, expected);
}

#[cfg(feature = "serde")]
#[test]
fn json_holds_everything() {
    let mut records = sample();
    records[0].value = vec![0xff, 0xfe];
    let text = serde_json::to_string(&records).unwrap();
    assert!(
        text.contains("\"value\":[255,254]") && text.contains("\"partition\":\"https://www.example.org\""),
        "{text}"
    );
    assert_eq!(serde_json::from_str::<Vec<Record>>(&text).unwrap(), records);
    let least: Record = serde_json::from_str(r#"{"value":"v","domain":"x.example","path":"/"}"#).unwrap();
    assert_eq!((least.host_only, least.expires), (false, None));
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

#[test]
fn secrets_stay_out_of_debug_texts() {
    let mut jar = Jar::new();
    let request = https("a.example");
    jar.receive(b"id=hunter2; Secure", &request, Timestamp(0)).unwrap();
    let issued = Builder::new("id", "hunter2").build().unwrap();
    let mut exchange = Exchange::new(b"id=hunter2");
    exchange.set(issued.clone());
    let texts = [
        format!("{jar:?}"),
        format!("{:?}", jar.iter().next().unwrap()),
        format!("{:?}", jar.records(true)),
        format!("{:?}", SetCookie::parse(b"id=hunter2").unwrap()),
        format!("{:?}", Builder::new("id", "hunter2")),
        format!("{issued:?}"),
        format!("{exchange:?}"),
        format!("{:?}", pairs(b"id=hunter2")),
        format!("{:?}", exchange.brought()),
        format!("{:?}", netscape::read(b"a.example\tFALSE\t/\tFALSE\t0\tid\thunter2\n")),
    ];
    for text in texts {
        assert!(!text.contains("hunter2"), "{text}");
    }
    // And what is no secret is told.
    let cookie = SetCookie::parse(b"i\xd6=hunter2; Path=/a\"; Domain=x").unwrap();
    let text = format!("{cookie:?}");
    for part in [r#"name: "i\xd6""#, r#"path: Some("/a\"")"#, r#"domain: Some("x")"#] {
        assert!(text.contains(part), "{text}");
    }
    assert!(format!("{:?}", jar.records(true)).contains(r#"name: "id""#));
    assert!(format!("{:?}", jar.iter().next().unwrap()).contains(r#"path: "/""#));
}

#[cfg(feature = "signed")]
mod signed {
    use super::super::signed::{Forged, Key, KeyTooShort};
    use super::*;

    fn key() -> Key {
        Key::new(&[7; 32]).unwrap()
    }

    #[test]
    fn a_key_is_long_enough() {
        assert_eq!(Key::new(&[7; 31]).unwrap_err(), KeyTooShort);
        assert_eq!(format!("{:?}", key()), "Key(..)");
    }

    #[test]
    fn a_signature_is_hmac_sha256_of_the_parts() {
        // By another implementation (Python's hmac): the derived key, then the signature of name and value.
        assert_eq!(key().sign("user", "ada"), include_str!("tests/signed.txt").trim());
    }

    #[test]
    fn every_changed_octet_is_noticed() {
        let (key, other) = (key(), Key::new(&[8; 32]).unwrap());
        let signed = key.sign("user", "ada");
        let sealed = key.seal("user", "ada", b"");
        assert_eq!((key.verify("user", &signed), key.open("user", &sealed)), (Ok("ada"), Ok("ada".into())));
        for text in [&signed, &sealed] {
            for at in 0..text.len() {
                let mut changed = text.clone().into_bytes();
                changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
                let changed = String::from_utf8(changed).unwrap();
                assert_eq!(key.verify("user", &changed), Err(Forged));
                assert_eq!(key.open("user", &changed), Err(Forged));
                assert_eq!(key.open("user", &text[..at]), Err(Forged));
                assert_eq!(key.verify("user", &text[..at]), Err(Forged));
            }
        }
        assert_eq!(key.verify("usera", "da"), Err(Forged));
        assert_eq!(other.verify("user", &signed), Err(Forged));
        assert_eq!(other.open("user", &sealed), Err(Forged));
        assert_eq!(key.open("admin", &sealed), Err(Forged));
        assert_eq!(key.verify("use", &signed), Err(Forged));
    }

    #[test]
    fn sealed_texts_are_cookie_values_and_differ_by_salt() {
        let key = key();
        let (one, two) = (key.seal("n", "\u{1F36A}; \r\n", b"1"), key.seal("n", "\u{1F36A}; \r\n", b"2"));
        assert_ne!(one, two);
        assert_eq!(one, key.seal("n", "\u{1F36A}; \r\n", b"1"));
        assert!(Builder::new("n", &*one).build().is_ok());
        assert_eq!(key.open("n", &two).unwrap(), "\u{1F36A}; \r\n");
    }
}
