//! 5.7: what a jar makes of it.

use super::{Browser, NOW, plain};
use plainwire::cookie::{Jar, Limits, Outcome, Place, Policy, Refusal, Request, SameSite, SetCookie, Timestamp};
use plainwire::url::Url;

#[test]
fn s5_7_step_1_the_user_agent_may_ignore_any_cookie() {
    struct Nobody;
    impl Policy for Nobody {
        fn receive(&self, _: &mut SetCookie<'_>, _: &Request<'_>, _: Timestamp) -> bool {
            false
        }
    }
    let mut jar = Jar::with_policy(Nobody);
    let request = Request::to(Place::new(true, "a.example", "/").unwrap());
    assert_eq!(jar.receive(b"a=b", &request, NOW), Err(Refusal::Policy));
    assert!(jar.is_empty());
}

#[test]
fn s5_7_step_2_neither_name_nor_value() {
    let mut browser = Browser::new();
    for field in ["", "=", " = ;Path=/", ";a=b"] {
        assert_eq!(browser.set("https://a.example/", field), Err(Refusal::Empty), "{field:?}");
    }
}

#[test]
fn s5_7_step_3_control_characters_in_what_was_not_parsed() {
    let mut jar = Jar::new();
    let request = Request::to(Place::new(true, "a.example", "/").unwrap());
    for (name, value) in [(&b"a\r\nb"[..], &b"c"[..]), (b"a", b"\x00"), (b"a", b"b; c=d"), (b"a=b", b"c"), (b"a;", b"")]
    {
        assert_eq!(jar.receive_parsed(SetCookie::new(name, value), &request, NOW), Err(Refusal::Control));
    }
}

#[test]
fn s5_7_step_4_length_of_what_was_not_parsed() {
    let mut jar = Jar::new();
    let request = Request::to(Place::new(true, "a.example", "/").unwrap());
    let long = vec![b'v'; 4096];
    assert_eq!(jar.receive_parsed(SetCookie::new(b"n", &long), &request, NOW), Err(Refusal::TooLong));
    assert!(jar.receive_parsed(SetCookie::new(b"", &long), &request, NOW).is_ok());
}

#[test]
fn s5_7_step_5_creation_and_access_are_now() {
    let mut browser = Browser::new();
    browser.set("https://a.example/", "a=b").unwrap();
    let cookie = browser.jar.iter().next().unwrap();
    assert_eq!((cookie.created(), cookie.accessed()), (NOW, NOW));
}

#[test]
fn s5_7_step_6_max_age_goes_before_expires_and_the_last_counts() {
    let mut browser = Browser::new();
    browser.set("https://a.example/", "a=b; Max-Age=5; Expires=Fri, 31 Dec 2100 23:59:59 GMT; Max-Age=10").unwrap();
    let lasting = browser.jar.iter().next().unwrap().expires();
    assert_eq!(lasting, Some(NOW.after(10)));
    // Neither: it ends with the session.
    browser.set("https://a.example/", "a=b").unwrap();
    assert_eq!(browser.jar.iter().next().unwrap().expires(), None);
    // An Expires in the past removes; one that is no date does not count.
    browser.set("https://a.example/", "a=b; Expires=yesterday").unwrap();
    assert_eq!(browser.jar.len(), 1);
    let gone = browser.set("https://a.example/", "a=b; Expires=Mon, 01 Jan 2001 00:00:00 GMT");
    assert_eq!((gone, browser.jar.len()), (Ok(Outcome::Removed), 0));
}

#[test]
fn s5_7_step_7_the_last_domain_counts_even_if_it_is_empty() {
    let mut browser = Browser::new();
    browser.set("https://www.site.example/", "a=b; Domain=other.example; Domain=site.example").unwrap();
    assert_eq!(browser.get("https://site.example/"), "a=b");
    browser.set("https://www.site.example/", "c=d; Domain=site.example; Domain=").unwrap();
    assert_eq!(browser.get("https://site.example/"), "a=b");
    assert_eq!(browser.get("https://www.site.example/"), "a=b; c=d");
}

#[test]
fn s5_7_step_8_a_domain_is_ascii() {
    let mut browser = Browser::new();
    assert_eq!(
        browser.set("https://xn--bcher-kva.example/", "a=b; Domain=bücher.example"),
        Err(Refusal::DomainNotAscii)
    );
    assert!(browser.set("https://xn--bcher-kva.example/", "a=b; Domain=xn--bcher-kva.example").is_ok());
}

#[test]
fn s5_7_step_9_public_suffixes() {
    let mut browser = Browser::new();
    assert_eq!(browser.set("https://a.co.uk/", "a=b; Domain=co.uk"), Err(Refusal::PublicSuffix));
    assert_eq!(browser.set("https://site.example/", "a=b; Domain=.EXAMPLE"), Err(Refusal::PublicSuffix));
    // The suffix itself keeps its own, for itself.
    assert_eq!(browser.set("https://example/", "own=1; Domain=example"), Ok(Outcome::Added));
    assert_eq!(browser.get("https://example/"), "own=1");
    assert_eq!(browser.get("https://site.example/"), "-");
    // Without a list nothing is a suffix.
    browser.jar = Jar::new();
    assert!(browser.set("https://a.co.uk/", "a=b; Domain=co.uk").is_ok());
}

#[test]
fn s5_7_step_10_the_host_domain_matches_or_the_cookie_is_host_only() {
    let mut browser = Browser::new();
    for (url, domain) in [
        ("https://site.example/", "www.site.example"),
        ("https://notsite.example/", "site.example"),
        ("https://10.0.0.1/", "0.0.1"),
        ("https://site.example/", "site.example."),
        ("https://[::1]/", "1]"),
    ] {
        let field = format!("a=b; Domain={domain}");
        assert_eq!(browser.set(url, &field), Err(Refusal::DomainMismatch), "{domain}");
    }
    browser.set("https://a.site.example/", "wide=1; Domain=site.example").unwrap();
    browser.set("https://a.site.example/", "own=1").unwrap();
    assert_eq!(browser.get("https://a.site.example/"), "wide=1; own=1");
    assert_eq!(browser.get("https://b.site.example/"), "wide=1");
    assert_eq!(browser.get("https://x.a.site.example/"), "wide=1");
    // An address may name itself.
    assert!(browser.set("https://10.0.0.1/", "a=b; Domain=10.0.0.1").is_ok());
    assert_eq!(browser.get("https://10.0.0.1:8443/"), "a=b");
}

#[test]
fn s5_7_step_11_the_path_or_the_default_path() {
    for (url, path) in [
        ("https://a.example", "/"),
        ("https://a.example/x", "/"),
        ("https://a.example/x/", "/x"),
        ("https://a.example/x/y?z=/q/", "/x"),
    ] {
        let mut browser = Browser::new();
        browser.set(url, "a=b").unwrap();
        assert_eq!(browser.jar.iter().next().unwrap().path(), path.as_bytes(), "{url}");
    }
    let mut browser = Browser::new();
    browser.set("https://a.example/x/y", "a=b; Path=/elsewhere").unwrap();
    assert_eq!(browser.get("https://a.example/elsewhere"), "a=b");
    assert_eq!(browser.get("https://a.example/x/y"), "-");
}

#[test]
fn s5_7_steps_12_and_13_secure_is_not_set_from_http() {
    let mut browser = Browser::new();
    assert_eq!(browser.set("http://a.example/", "a=b; Secure"), Err(Refusal::SecureOverInsecure));
    assert!(browser.set("https://a.example/", "a=b; Secure").is_ok());
    assert!(browser.set("wss://a.example/", "a=c; Secure").is_ok());
    // Loopback is as secure as the user agent says.
    assert_eq!(browser.set("http://localhost/", "a=b; Secure"), Err(Refusal::SecureOverInsecure));
    browser.jar = Jar::new().loopback_is_secure(true);
    for url in ["http://localhost:8080/", "http://x.localhost/", "http://127.0.0.1/", "http://[::1]/"] {
        assert!(browser.set(url, "a=b; Secure").is_ok());
        assert_eq!(browser.get(url), "a=b");
    }
    assert!(browser.set("http://127.0.0.1.example/", "a=b; Secure").is_err());
    assert!(browser.set("http://notlocalhost/", "a=b; Secure").is_err());
}

#[test]
fn s5_7_steps_14_and_15_scripts_set_no_http_only() {
    let mut browser = Browser::new();
    assert_eq!(
        browser.set_as("https://a.example/", "a=b; HttpOnly", |request| request.script()),
        Err(Refusal::HttpOnlyFromScript)
    );
    assert!(browser.set_as("https://a.example/", "a=b", |request| request.script()).is_ok());
}

#[test]
fn s5_7_step_16_secure_cookies_are_left_alone() {
    let mut browser = Browser::new();
    browser.set("https://www.site.example/", "a=secret; Secure; Path=/login").unwrap();
    // The standard's own example: '/login' and '/login/en' are taken, '/' and '/foo' are free.
    for (path, free) in [("/login", false), ("/login/en", false), ("/", true), ("/foo", true), ("/loginx", true)] {
        let set = browser.set("http://www.site.example/", &format!("a=x; Path={path}"));
        assert_eq!(set.is_ok(), free, "{path}");
    }
    // Domains match either way.
    assert_eq!(
        browser.set("http://www.site.example/", "a=x; Path=/login; Domain=site.example"),
        Err(Refusal::SecureOverlay)
    );
    assert_eq!(browser.set("http://x.www.site.example/", "a=x; Path=/login"), Err(Refusal::SecureOverlay));
    assert!(browser.set("http://other.site.example/", "a=x; Path=/login").is_ok());
    // Another name is another cookie, and over a secure connection anything goes.
    assert!(browser.set("http://www.site.example/", "b=x; Path=/login").is_ok());
    assert!(browser.set("https://www.site.example/", "a=x; Path=/login").is_ok());
}

#[test]
fn s5_7_step_17_the_last_same_site_counts() {
    let mut browser = Browser::new();
    browser.set("https://a.example/", "a=b; SameSite=Strict; SameSite=Lax").unwrap();
    assert_eq!(browser.jar.iter().next().unwrap().same_site(), SameSite::Lax);
}

#[test]
fn s5_7_step_18_only_same_site_none_is_set_from_elsewhere() {
    let mut browser = Browser::new();
    let (url, none) = ("https://a.example/", "a=b; SameSite=None; Secure");
    for field in ["a=b", "a=b; SameSite=Lax", "a=b; SameSite=Strict"] {
        // 18.1: a script in a foreign document, even in a top-level window.
        let script = browser.set_as(url, field, |request| request.cross_site().script());
        assert_eq!(script, Err(Refusal::CrossSite));
        // 18.2
        assert!(browser.set_as(url, field, |request| request.subresource()).is_ok());
        assert!(browser.set_as(url, field, |request| request.subresource().script()).is_ok());
        // 18.3
        assert!(browser.set_as(url, field, |request| request.cross_site().method("POST")).is_ok());
        // 18.4
        let image = browser.set_as(url, field, |request| request.cross_site().subresource());
        assert_eq!(image, Err(Refusal::CrossSite));
    }
    assert!(browser.set_as(url, none, |request| request.cross_site().subresource()).is_ok());
    assert!(browser.set_as(url, none, |request| request.cross_site().script()).is_ok());
}

#[test]
fn s5_7_step_19_same_site_none_is_secure() {
    let mut browser = Browser::new();
    assert_eq!(browser.set("https://a.example/", "a=b; SameSite=None"), Err(Refusal::SameSiteNoneInsecure));
    assert_eq!(browser.set("http://a.example/", "a=b; SameSite=None"), Err(Refusal::SameSiteNoneInsecure));
}

#[test]
fn s5_7_step_20_secure_prefix_in_any_case() {
    let mut browser = Browser::new();
    for name in ["__Secure-a", "__SECURE-a", "__secure-"] {
        assert_eq!(browser.set("https://a.example/", &format!("{name}=b")), Err(Refusal::SecurePrefix));
        assert!(browser.set("https://a.example/", &format!("{name}=b; Secure; Domain=a.example")).is_ok());
    }
    assert!(browser.set("https://a.example/", "__Securea=b").is_ok());
}

#[test]
fn s5_7_step_21_host_prefix_in_any_case() {
    let mut browser = Browser::new();
    for name in ["__Host-a", "__hOST-a"] {
        for (attributes, kept) in [
            ("Secure; Path=/", true),
            ("Secure; Path=/; Domain=", true),
            ("Path=/", false),
            ("Secure", false),
            ("Secure; Path=/x", false),
            ("Secure; Path=/; Domain=a.example", false),
            ("Secure; Path=/x; Path=/", true),
        ] {
            let set = browser.set("https://a.example/", &format!("{name}=b; {attributes}"));
            assert_eq!(set.is_ok(), kept, "{attributes}");
            assert!(kept || set == Err(Refusal::HostPrefix));
        }
    }
}

#[test]
fn s5_7_step_22_a_value_without_a_name_has_no_prefix() {
    let mut browser = Browser::new();
    for field in ["__Host-a", "=__Host-a=b", "=__secure-a=b; Secure; Path=/"] {
        assert_eq!(browser.set("https://a.example/", field), Err(Refusal::HiddenPrefix), "{field}");
    }
    assert!(browser.set("https://a.example/", "=__Other-a=b").is_ok());
}

#[test]
fn s5_7_step_23_the_same_cookie_is_replaced() {
    let mut browser = Browser::new();
    let url = "https://www.site.example/";
    browser.set(url, "a=1; Path=/").unwrap();
    browser.set(url, "b=1; Path=/").unwrap();
    // 23.3: it keeps its creation-time, and so its place.
    assert_eq!(browser.set(url, "a=2; Path=/"), Ok(Outcome::Replaced));
    assert_eq!(browser.get(url), "a=2; b=1");
    // Host-only, path and name are part of what it is.
    assert_eq!(browser.set(url, "a=3; Path=/; Domain=www.site.example"), Ok(Outcome::Added));
    assert_eq!(browser.set(url, "a=4; Path=/x"), Ok(Outcome::Added));
    assert_eq!(browser.set(url, "A=5; Path=/"), Ok(Outcome::Added));
    assert_eq!(browser.get("https://www.site.example/x"), "a=4; a=2; b=1; a=3; A=5");
    // 23.2
    browser.set(url, "a=6; Path=/; HttpOnly").unwrap();
    assert_eq!(browser.set_as(url, "a=7; Path=/", |request| request.script()), Err(Refusal::HttpOnlyReplaced));
    assert_eq!(browser.set(url, "a=7; Path=/"), Ok(Outcome::Replaced));
}

#[test]
fn s5_7_step_24_and_then_the_expired_go() {
    let mut browser = Browser::new();
    browser.set("https://a.example/", "a=b; Max-Age=10").unwrap();
    assert_eq!(browser.get_at("https://a.example/", NOW.after(9), plain), "a=b");
    assert_eq!(browser.get_at("https://a.example/", NOW.after(10), plain), "-");
    assert_eq!(browser.jar.len(), 0);
}

#[test]
fn s5_7_excess_the_standards_order_of_eviction() {
    let url = Url::parse("https://a.example/").unwrap();
    let request = Request::to(Place::try_from(&url).unwrap());
    let mut jar = Jar::new().limits(Limits::default().per_domain(3));
    let set = |jar: &mut Jar, field: &str, at: i64| {
        jar.receive(field.as_bytes(), &request, NOW.after(at)).unwrap();
        jar.ordered().iter().map(|cookie| char::from(cookie.name()[0])).collect::<String>()
    };
    set(&mut jar, "a=1; Secure", 0);
    set(&mut jar, "b=1", 1);
    assert_eq!(set(&mut jar, "c=1", 2), "abc");
    // Not the oldest, but the oldest without Secure.
    assert_eq!(set(&mut jar, "d=1", 3), "acd");
    assert_eq!(set(&mut jar, "e=1; Secure", 4), "ade");
    assert_eq!(set(&mut jar, "f=1; Secure", 5), "aef");
    // All are Secure: the oldest goes.
    assert_eq!(set(&mut jar, "g=1; Secure", 6), "efg");
    // One without Secure among those with it goes at once.
    assert_eq!(set(&mut jar, "h=1", 7), "efg");
    // What has expired makes room before anything else.
    assert_eq!(set(&mut jar, "e=1; Secure; Max-Age=1", 8), "efg");
    assert_eq!(set(&mut jar, "i=1", 9), "fgi");
}

#[test]
fn s5_7_excess_is_by_last_access_and_in_all() {
    let mut browser = Browser::new();
    browser.jar = Jar::new().limits(Limits::default().total(3));
    let set = |browser: &mut Browser, host: &str, at: i64| {
        let place = Place::new(true, host, "/").unwrap();
        browser.jar.receive(b"a=1", &Request::to(place), NOW.after(at)).unwrap();
    };
    set(&mut browser, "one.example", 0);
    set(&mut browser, "two.example", 1);
    set(&mut browser, "three.example", 2);
    // Looked up, the first is the youngest.
    assert_eq!(browser.get_at("https://one.example/", NOW.after(3), plain), "a=1");
    set(&mut browser, "four.example", 4);
    let left: Vec<_> = browser.jar.ordered().iter().map(|cookie| cookie.domain().to_owned()).collect();
    assert_eq!(left, ["one.example", "three.example", "four.example"]);
}

#[test]
fn s5_7_excess_goes_at_once_where_limits_become_lower() {
    let mut jar = Jar::new();
    for (at, (host, field)) in (0..).zip([
        ("a.example", "a=1; Secure"),
        ("a.example", "b=1"),
        ("a.example", "c=1; Secure"),
        ("a.example", "d=1"),
        ("a.example", "e=1; Secure"),
        ("b.example", "f=1"),
        ("c.example", "g=1; Secure"),
    ]) {
        let request = Request::to(Place::new(true, host, "/").unwrap());
        jar.receive(field.as_bytes(), &request, NOW.after(at)).unwrap();
    }
    let names = |jar: &Jar| jar.ordered().iter().map(|cookie| char::from(cookie.name()[0])).collect::<String>();
    // Three too many in one domain: both without Secure, and the oldest with it.
    let jar = jar.limits(Limits::default().per_domain(2));
    assert_eq!(names(&jar), "cefg");
    // Then of all, whatever they are.
    let jar = jar.limits(Limits::default().total(2));
    assert_eq!(names(&jar), "fg");
    assert!(jar.limits(Limits::default().total(0)).is_empty());
}

#[test]
fn s5_7_limits_of_zero_are_zero() {
    let mut browser = Browser::new();
    for limits in [Limits::default().per_domain(0), Limits::default().total(0)] {
        browser.jar = Jar::new().limits(limits);
        browser.set("https://a.example/", "a=b").unwrap();
        assert!(browser.jar.is_empty());
    }
    browser.jar = Jar::new().limits(Limits::default().lifetime(0));
    assert_eq!(browser.set("https://a.example/", "a=b; Max-Age=10"), Ok(Outcome::Removed));
}

#[test]
fn s5_7_the_end_of_the_session() {
    let mut browser = Browser::new();
    browser.set("https://a.example/", "session=1").unwrap();
    browser.set("https://a.example/", "lasting=1; Max-Age=100").unwrap();
    assert_eq!(browser.jar.end_session(), 1);
    assert_eq!(browser.get("https://a.example/"), "lasting=1");
}
