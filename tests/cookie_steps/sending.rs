//! 5.8: what is sent, and partitioned cookies (CHIPS).

use super::{Browser, NOW, plain};
use plainwire::cookie::{Place, PublicSuffixes, Refusal, Request, Site};

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
