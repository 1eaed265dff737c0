use super::*;

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
