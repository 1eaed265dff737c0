//! One scenario or more for each numbered step of RFC 6265bis (draft 20) 5.6, 5.7 and 5.8, named by step.
#![cfg(feature = "cookie")]
#![allow(
    clippy::redundant_closure_for_method_calls,
    reason = "methods of a type with a lifetime are no closures over every lifetime"
)]

use plainwire::cookie::{
    Jar, Limits, Outcome, ParseError, Place, Policy, PublicSuffixes, Refusal, Request, SameSite, SetCookie, Site,
    Timestamp,
};
use plainwire::url::Url;

const NOW: Timestamp = Timestamp(1_700_000_000);

/// A jar with one "user", and URLs in place of requests.
struct Browser {
    jar: Jar,
}

impl Browser {
    fn new() -> Self {
        Self { jar: Jar::new().public_suffixes(PublicSuffixes::names(["org", "example", "co.uk"])) }
    }

    fn set(&mut self, url: &str, field: &str) -> Result<Outcome, Refusal> {
        self.set_as(url, field, |request| request)
    }

    fn set_as(
        &mut self,
        url: &str,
        field: &str,
        how: impl for<'a> FnOnce(Request<'a>) -> Request<'a>,
    ) -> Result<Outcome, Refusal> {
        let url = Url::parse(url).unwrap();
        self.jar.receive(field.as_bytes(), &how(Request::to(Place::try_from(&url).unwrap())), NOW)
    }

    fn get(&mut self, url: &str) -> String {
        self.get_as(url, |request| request)
    }

    fn get_as(&mut self, url: &str, how: impl for<'a> FnOnce(Request<'a>) -> Request<'a>) -> String {
        self.get_at(url, NOW, how)
    }

    fn get_at(&mut self, url: &str, now: Timestamp, how: impl for<'a> FnOnce(Request<'a>) -> Request<'a>) -> String {
        let url = Url::parse(url).unwrap();
        let sent = self.jar.cookie_string(&how(Request::to(Place::try_from(&url).unwrap())), now);
        sent.map_or("-".into(), |octets| String::from_utf8(octets).unwrap())
    }
}

fn plain(request: Request<'_>) -> Request<'_> {
    request
}

fn parsed(field: &str) -> SetCookie<'_> {
    SetCookie::parse(field.as_bytes()).unwrap()
}

/// The name and value of a field.
fn pair(field: &str) -> (&str, &str) {
    let cookie = parsed(field);
    (str::from_utf8(cookie.name).unwrap(), str::from_utf8(cookie.value).unwrap())
}

// 5.6, the set-cookie-string

#[test]
fn s5_6_step_1_control_characters_but_the_tab_lose_the_whole() {
    assert_eq!(SetCookie::parse(b"a=b\x01; Path=/"), Err(ParseError::Control(3)));
    assert_eq!(SetCookie::parse(b"a=b; Path=/\x7f"), Err(ParseError::Control(11)));
    assert_eq!(SetCookie::parse(b"a=b; X=\0"), Err(ParseError::Control(7)));
    assert_eq!(SetCookie::parse(b"a=b\r\nSet-Cookie: c=d"), Err(ParseError::Control(3)));
    assert_eq!(pair("a=b\tc"), ("a", "b\tc"));
    assert_eq!(parsed("a=\u{80}").value, "\u{80}".as_bytes());
}

#[test]
fn s5_6_step_2_the_pair_ends_at_the_first_semicolon() {
    assert_eq!(pair("a=b;c=d"), ("a", "b"));
    assert_eq!(pair("a=\"b;c\""), ("a", "\"b"));
    assert_eq!(pair(";a=b"), ("", ""));
}

#[test]
fn s5_6_step_3_without_an_equals_sign_there_is_no_name() {
    assert_eq!(pair("lonely"), ("", "lonely"));
    assert_eq!(pair("=b"), ("", "b"));
    assert_eq!(pair("a="), ("a", ""));
    assert_eq!(pair("a=b=c"), ("a", "b=c"));
    assert_eq!(pair("lonely; a=b"), ("", "lonely"));
}

#[test]
fn s5_6_step_4_white_space_is_stripped_at_the_ends() {
    assert_eq!(pair(" \ta\t = \tb c ;"), ("a", "b c"));
    assert_eq!(pair("a=\u{a0}b"), ("a", "\u{a0}b"));
}

#[test]
fn s5_6_step_5_name_and_value_have_4096_octets_at_the_most() {
    let value = "v".repeat(4095);
    assert_eq!(parsed(&format!("n={value}")).value.len(), 4095);
    assert_eq!(SetCookie::parse(format!("nn={value}").as_bytes()), Err(ParseError::TooLong(4097)));
    // White space is not counted, nor are attributes.
    assert!(SetCookie::parse(format!("n = {value} ; {}", "x".repeat(9000)).as_bytes()).is_ok());
}

#[test]
fn s5_6_step_6_quotes_are_part_of_the_value() {
    assert_eq!(pair("a=\"b\""), ("a", "\"b\""));
}

// 5.6, the unparsed-attributes

#[test]
fn s5_6_attributes_step_1_there_may_be_none() {
    assert_eq!(parsed("a=b").attributes().count(), 0);
    assert_eq!(parsed("a=b;").attributes().count(), 0);
}

#[test]
fn s5_6_attributes_steps_2_to_4_are_cut_at_semicolons_and_the_first_equals() {
    let list: Vec<_> = parsed("a=b; One=1=2; Two;; =three ;Four=").attributes().collect();
    let text = list.iter().map(|(name, value)| (str::from_utf8(name).unwrap(), str::from_utf8(value).unwrap()));
    let text: Vec<_> = text.collect();
    assert_eq!(text, [("One", "1=2"), ("Two", ""), ("", "three"), ("Four", "")]);
}

#[test]
fn s5_6_attributes_step_5_are_stripped() {
    assert_eq!(parsed("a=b; \tPath\t= \t/x\t ").path, Some(&b"/x"[..]));
}

#[test]
fn s5_6_attributes_step_6_with_values_over_1024_octets_are_ignored() {
    let long = "/".repeat(1025);
    assert_eq!(parsed(&format!("a=b; Path=/short; Path={long}")).path, Some(&b"/short"[..]));
    assert_eq!(parsed(&format!("a=b; Path={}", &long[1..])).path.unwrap().len(), 1024);
    assert_eq!(parsed(&format!("a=b; Domain=d; Domain={long}")).domain, Some(&b"d"[..]));
}

#[test]
fn s5_6_attributes_step_7_names_are_known_in_any_case_and_others_kept() {
    let cookie = parsed("a=b; sECURE; HTTPONLY; pArTiTiOnEd; Priority=High");
    assert!(cookie.secure && cookie.http_only && cookie.partitioned);
    assert_eq!(cookie.attributes().last(), Some((&b"Priority"[..], &b"High"[..])));
    let cookie = parsed("a=b; Secured; Secure2; Http Only");
    assert!(!cookie.secure && !cookie.http_only);
}

#[test]
fn s5_6_1_expires() {
    assert_eq!(parsed("a=b; Expires=Thu, 01 Jan 1970 00:00:10 GMT").expires, Some(Timestamp(10)));
    // (2) What is no date is as if it were not there, also behind one that is.
    assert_eq!(parsed("a=b; Expires=Thu, 01 Jan 1970 00:00:10 GMT; Expires=soon").expires, Some(Timestamp(10)));
    assert_eq!(parsed("a=b; Expires=soon").expires, None);
    // (5), with 5.5: no later than in 400 days.
    let mut browser = Browser::new();
    browser.set("https://a.example/", "a=b; Expires=Fri, 31 Dec 9999 23:59:59 GMT").unwrap();
    assert_eq!(browser.jar.iter().next().unwrap().expires(), Some(NOW.after(400 * 86_400)));
}

#[test]
fn s5_6_2_max_age() {
    // (1) to (3)
    for nothing in ["", "-", "1.5", "+1", "1s", "--1", " ", "1 2"] {
        assert_eq!(parsed(&format!("a=b; Max-Age={nothing}")).max_age, None, "{nothing:?}");
    }
    // (4)
    assert_eq!(parsed("a=b; Max-Age=0099").max_age, Some(99));
    assert_eq!(parsed("a=b; Max-Age=99999999999999999999").max_age, Some(i64::MAX));
    assert_eq!(parsed("a=b; Max-Age=1; Max-Age=x").max_age, Some(1));
    // (5) and (6), with 5.5
    let mut browser = Browser::new();
    browser.set("https://a.example/", "a=b; Max-Age=99999999999999999999").unwrap();
    assert_eq!(browser.jar.iter().next().unwrap().expires(), Some(NOW.after(400 * 86_400)));
    // (7) Zero or less removes.
    for gone in ["0", "-1", "-99999999999999999999"] {
        browser.set("https://a.example/", "a=b").unwrap();
        assert_eq!(browser.set("https://a.example/", &format!("a=b; Max-Age={gone}")), Ok(Outcome::Removed));
        assert_eq!(browser.get("https://a.example/"), "-");
    }
}

#[test]
fn s5_6_3_domain() {
    assert_eq!(parsed("a=b; Domain=.example.org").domain, Some(&b"example.org"[..]));
    assert_eq!(parsed("a=b; Domain=..example.org").domain, Some(&b".example.org"[..]));
    assert_eq!(parsed("a=b; Domain=").domain, Some(&b""[..]));
    // Lower case is what it is compared in.
    let mut browser = Browser::new();
    browser.set("https://www.site.example/", "a=b; Domain=SITE.Example").unwrap();
    assert_eq!(browser.get("https://site.example/"), "a=b");
}

#[test]
fn s5_6_4_path() {
    assert_eq!(parsed("a=b; Path=/x").path, Some(&b"/x"[..]));
    // (1) Without a slash it is the default-path, and still the last.
    assert_eq!(parsed("a=b; Path=/x; Path=y").path, Some(&b""[..]));
    let mut browser = Browser::new();
    browser.set("https://a.example/folder/page", "a=b; Path=/; Path=").unwrap();
    assert_eq!(browser.jar.iter().next().unwrap().path(), b"/folder");
}

#[test]
fn s5_6_5_and_6_flags_need_no_value() {
    let cookie = parsed("a=b; Secure=no; HttpOnly=0");
    assert!(cookie.secure && cookie.http_only);
}

#[test]
fn s5_6_7_same_site() {
    for (value, is) in [
        ("None", SameSite::None),
        ("sTRICT", SameSite::Strict),
        ("lax", SameSite::Lax),
        ("", SameSite::Default),
        ("Laxer", SameSite::Default),
        ("\"Lax\"", SameSite::Default),
    ] {
        assert_eq!(parsed(&format!("a=b; SameSite=Strict; SameSite={value}")).same_site, is, "{value:?}");
    }
    assert_eq!(parsed("a=b").same_site, SameSite::Default);
}

// 5.7, the storage model

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

// 5.8, retrieval

#[test]
fn s5_8_3_step_1_host() {
    let mut browser = Browser::new();
    browser.set("https://www.site.example/", "own=1").unwrap();
    browser.set("https://www.site.example/", "wide=1; Domain=site.example").unwrap();
    assert_eq!(browser.get("https://www.site.example/"), "own=1; wide=1");
    assert_eq!(browser.get("https://site.example/"), "wide=1");
    assert_eq!(browser.get("https://a.www.site.example/"), "wide=1");
    assert_eq!(browser.get("https://evilsite.example/"), "-");
    // Cookies know no ports.
    assert_eq!(browser.get("https://www.site.example:8443/"), "own=1; wide=1");
}

#[test]
fn s5_8_3_step_1_a_domain_that_became_a_public_suffix() {
    let mut browser = Browser::new();
    browser.set("https://a.pages.example/", "wide=1; Domain=pages.example").unwrap();
    browser.set("https://pages.example/", "own=1").unwrap();
    browser.jar.set_public_suffixes(PublicSuffixes::names(["example", "pages.example"]));
    assert_eq!(browser.get("https://a.pages.example/"), "-");
    assert_eq!(browser.get("https://pages.example/"), "own=1");
}

#[test]
fn s5_8_3_step_1_path() {
    let mut browser = Browser::new();
    browser.set("https://a.example/", "a=b; Path=/docs").unwrap();
    for (path, sent) in [
        ("/docs", true),
        ("/docs/", true),
        ("/docs/web", true),
        ("/docs?x", true),
        ("/docsets", false),
        ("/", false),
        ("/Docs", false),
    ] {
        assert_eq!(browser.get(&format!("https://a.example{path}")) != "-", sent, "{path}");
    }
    browser.set("https://a.example/", "c=d; Path=/x/").unwrap();
    assert_eq!(browser.get("https://a.example/x"), "-");
    assert_eq!(browser.get("https://a.example/x/y"), "c=d");
}

#[test]
fn s5_8_3_step_1_secure() {
    let mut browser = Browser::new();
    browser.set("https://a.example/", "s=1; Secure").unwrap();
    browser.set("https://a.example/", "p=1").unwrap();
    assert_eq!(browser.get("http://a.example/"), "p=1");
    assert_eq!(browser.get("ws://a.example/"), "p=1");
    assert_eq!(browser.get("wss://a.example/"), "s=1; p=1");
}

#[test]
fn s5_8_3_step_1_http_only() {
    let mut browser = Browser::new();
    browser.set("https://a.example/", "h=1; HttpOnly").unwrap();
    browser.set("https://a.example/", "p=1").unwrap();
    assert_eq!(browser.get_as("https://a.example/", |request| request.script()), "p=1");
    assert_eq!(browser.get("https://a.example/"), "h=1; p=1");
}

#[test]
fn s5_8_3_step_1_same_site() {
    let mut browser = Browser::new();
    let url = "https://a.example/";
    browser.set(url, "strict=1; SameSite=Strict").unwrap();
    browser.set(url, "lax=1; SameSite=Lax").unwrap();
    browser.set(url, "said=0").unwrap();
    browser.set(url, "none=1; SameSite=None; Secure").unwrap();
    let all = "strict=1; lax=1; said=0; none=1";
    assert_eq!(browser.get(url), all);
    assert_eq!(browser.get_as(url, |request| request.subresource().method("POST")), all);
    // From another site: all four conditions for Lax.
    assert_eq!(browser.get_as(url, |request| request.cross_site()), "lax=1; said=0; none=1");
    assert_eq!(browser.get_as(url, |request| request.cross_site().method("HEAD")), "lax=1; said=0; none=1");
    assert_eq!(browser.get_as(url, |request| request.cross_site().method("POST")), "none=1");
    assert_eq!(browser.get_as(url, |request| request.cross_site().method("get")), "none=1");
    assert_eq!(browser.get_as(url, |request| request.cross_site().subresource()), "none=1");
    assert_eq!(browser.get_as(url, |request| request.cross_site().script()), "none=1");
}

#[test]
fn s5_8_3_step_2_longer_paths_first_and_then_the_older() {
    let mut browser = Browser::new();
    let set = |browser: &mut Browser, field: &str, host: &str, at: i64| {
        let place = Place::new(true, host, "/a/b/c").unwrap();
        browser.jar.receive(field.as_bytes(), &Request::to(place), NOW.after(at)).unwrap();
    };
    set(&mut browser, "root=1; Path=/; Domain=site.example", "www.site.example", 0);
    set(&mut browser, "late=1; Path=/a", "www.site.example", 9);
    set(&mut browser, "early=1; Path=/a; Domain=site.example", "www.site.example", 5);
    set(&mut browser, "deep=1; Path=/a/b", "www.site.example", 10);
    set(&mut browser, "root2=1; Path=/", "www.site.example", 1);
    set(&mut browser, "same=1; Path=/a", "www.site.example", 9);
    assert_eq!(
        browser.get_at("https://www.site.example/a/b/c", NOW.after(20), plain),
        "deep=1; early=1; late=1; same=1; root=1; root2=1"
    );
}

#[test]
fn s5_8_3_step_3_access_is_noted() {
    let mut browser = Browser::new();
    browser.set("https://a.example/", "a=b; Path=/x").unwrap();
    browser.set("https://a.example/", "c=d").unwrap();
    browser.get_at("https://a.example/", NOW.after(5), plain);
    let accessed: Vec<_> = browser.jar.ordered().iter().map(|cookie| cookie.accessed()).collect();
    assert_eq!(accessed, [NOW, NOW.after(5)]);
}

#[test]
fn s5_8_3_step_4_the_cookie_string() {
    let mut browser = Browser::new();
    browser.set("https://a.example/", "a=").unwrap();
    browser.set("https://a.example/", "lonely").unwrap();
    browser.set("https://a.example/", "=x=y").unwrap();
    browser.set("https://a.example/", "q=\" z \"").unwrap();
    // Two cookies without a name are the same cookie.
    assert_eq!(browser.get("https://a.example/"), "a=; x=y; q=\" z \"");
    // Octets are octets.
    let request = Request::to(Place::new(true, "b.example", "/").unwrap());
    browser.jar.receive(b"a=\xff\xfe", &request, NOW).unwrap();
    assert_eq!(browser.jar.cookie_string(&request, NOW).unwrap(), b"a=\xff\xfe");
}

// CHIPS

/// A frame's request under a site at the top.
fn under<'a>(request: Request<'a>, site: Site<'a>) -> Request<'a> {
    request.cross_site().subresource().top_level_site(site)
}

#[test]
fn chips_partitioned_cookies_are_kept_apart_by_the_top_level_site() {
    let mut browser = Browser::new();
    let url = "https://widget.example/";
    let (shop, news) = (Site::parse("https://shop.example").unwrap(), Site::parse("news.example").unwrap());
    assert_eq!(browser.set(url, "a=b; Partitioned"), Err(Refusal::PartitionedInsecure));
    let field = "id=SHOP; Secure; Partitioned; SameSite=None";
    browser.set_as(url, field, |request| under(request, shop)).unwrap();
    browser.set_as(url, "id=NEWS; Secure; Partitioned; SameSite=None", |request| under(request, news)).unwrap();
    browser.set(url, "id=OWN; Secure; Partitioned; SameSite=None").unwrap();
    browser.set(url, "shared=1; Secure; SameSite=None").unwrap();
    assert_eq!(browser.jar.len(), 4);
    assert_eq!(browser.get_as(url, |request| under(request, shop)), "id=SHOP; shared=1");
    assert_eq!(browser.get_as(url, |request| under(request, news)), "id=NEWS; shared=1");
    assert_eq!(browser.get(url), "id=OWN; shared=1");
    // http://shop.example is another site.
    let plain_shop = Site::parse("http://shop.example").unwrap();
    assert_eq!(browser.get_as(url, |request| under(request, plain_shop)), "shared=1");
    // Its own registrable domain at the top is the same site as the place itself.
    let own = Site::parse("https://widget.example").unwrap();
    assert_eq!(browser.get_as("https://a.widget.example/", |request| under(request, own)), "-");
    browser.set("https://a.widget.example/", "sub=1; Secure; Partitioned; SameSite=None").unwrap();
    assert_eq!(browser.get_as("https://a.widget.example/", |request| under(request, own)), "sub=1");
}
