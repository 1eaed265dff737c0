//! 5.6: what a Set-Cookie field says.

use super::{Browser, NOW, pair, parsed};
use plainwire::cookie::{Outcome, ParseError, SameSite, SetCookie, Timestamp};

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
