//! What is not the standard's: segments, relative references, paths, and what setters refuse.

use super::*;
use crate::query::Params;

fn url(text: &str) -> Url {
    Url::parse(text).unwrap()
}

#[test]
fn parts_of_all_sorts() {
    let all = url("https://u:p@h:1/p?q#f");
    assert_eq!((all.scheme(), all.username(), all.password(), all.hostname()), ("https", "u", "p", "h"));
    assert_eq!((all.port(), all.pathname(), all.query(), all.fragment()), (Some(1), "/p", Some("q"), Some("f")));
    assert_eq!((all.without_fragment(), all.path_and_query()), ("https://u:p@h:1/p?q", "/p?q"));
    let empty = url("http://h/?#");
    assert_eq!((empty.query(), empty.fragment(), empty.search(), empty.hash()), (Some(""), Some(""), "", ""));
    let none = url("mailto:x");
    assert_eq!((none.host(), none.port(), none.query(), none.fragment()), (None, None, None, None));
    assert!(none.has_opaque_path() && !none.has_authority());
    let guarded = url("foo:/.//p");
    assert_eq!(
        (guarded.pathname(), guarded.hostname(), guarded.port(), guarded.host_and_port()),
        ("//p", "", None, "")
    );
    assert_eq!(url("http://:p@h/").username(), "");
    assert_eq!(url("foo://h").pathname(), "");
    assert_eq!(url("http://[::FFFF:1.2.3.4]/").host().unwrap().to_string(), "[::ffff:102:304]");
}

#[test]
fn slices() {
    use Position as P;
    let all = url("https://u:p@h:1/p?q#f");
    let parts = [
        (P::BeforeScheme..P::AfterScheme, "https"),
        (P::BeforeUsername..P::AfterUsername, "u"),
        (P::BeforePassword..P::AfterPassword, "p"),
        (P::BeforeHost..P::AfterHost, "h"),
        (P::BeforePort..P::AfterPort, "1"),
        (P::BeforePath..P::AfterPath, "/p"),
        (P::BeforeQuery..P::AfterQuery, "q"),
        (P::BeforeFragment..P::AfterFragment, "f"),
    ];
    for (range, text) in parts.clone() {
        assert_eq!(all.slice(range.clone()), text);
        assert_eq!(url("foo:").slice(range.clone()), if text == "https" { "foo" } else { "" });
        let guarded = url("foo:/.//p");
        let expected = if text == "/p" { "//p" } else { ["", "foo"][usize::from(text == "https")] };
        assert_eq!(guarded.slice(range), expected);
    }
    assert_eq!((all.slice(..), all.authority()), (all.as_str(), "u:p@h:1"));
    assert_eq!(url("http://u@h/").slice(P::BeforePassword..P::AfterPassword), "");
    assert_eq!(
        (url("http://h/").domain(), url("http://1/").domain(), url("foo://h").domain()),
        (Some("h"), None, None)
    );
    let mut changed = url("http://u@h:1/");
    changed.set_ip_host([127, 0, 0, 1].into()).unwrap();
    assert_eq!(changed.as_str(), "http://u@127.0.0.1:1/");
    changed.set_ip_host(core::net::IpAddr::V6(core::net::Ipv6Addr::LOCALHOST)).unwrap();
    assert_eq!(changed.as_str(), "http://u@[::1]:1/");
    assert_eq!(url("data:x").set_ip_host([0; 4].into()), Err(SetError::OpaquePath));
}

#[test]
fn refusals_say_why() {
    let refused = |text: &str, set: fn(&mut Url) -> Result<(), SetError>| {
        let mut changed = url(text);
        let error = set(&mut changed).unwrap_err();
        assert_eq!(changed.as_str(), text);
        error
    };
    assert_eq!(refused("http://h/", |url| url.set_protocol("1x")), SetError::InvalidScheme);
    assert_eq!(refused("http://h/", |url| url.set_protocol("foo")), SetError::SchemeChange);
    assert_eq!(refused("http://u@h/", |url| url.set_protocol("file")), SetError::SchemeAuthority);
    assert_eq!(refused("file:///x", |url| url.set_protocol("http")), SetError::SchemeAuthority);
    assert_eq!(refused("file:///x", |url| url.set_username("u")), SetError::CannotHaveAuthority);
    assert_eq!(refused("foo:/x", |url| url.set_password("p")), SetError::CannotHaveAuthority);
    assert_eq!(refused("foo://", |url| url.set_port("1")), SetError::CannotHaveAuthority);
    assert_eq!(refused("data:x", |url| url.set_host("h")), SetError::OpaquePath);
    assert_eq!(refused("data:x", |url| url.set_pathname("h")), SetError::OpaquePath);
    assert_eq!(refused("http://h/", |url| url.set_host("")), SetError::HostMissing);
    assert_eq!(refused("foo://u@h", |url| url.set_hostname("")), SetError::HostMissing);
    assert_eq!(refused("http://h/", |url| url.set_hostname("a:1")), SetError::PortInHostname);
    let forbidden = SetError::InvalidHost(ParseErrorKind::ForbiddenDomainCodePoint);
    assert_eq!(refused("http://h/", |url| url.set_host("a b")), forbidden);
    assert_eq!(refused("http://h/", |url| url.set_port("x")), SetError::InvalidPort);
    assert_eq!(refused("http://h/", |url| url.set_port("65536")), SetError::InvalidPort);
    // The standard's host setter sets the host before it looks at the port.
    let mut changed = url("http://h:1/");
    assert_eq!(changed.set_host("g:99999"), Err(SetError::InvalidPort));
    assert_eq!(changed.as_str(), "http://g:1/");
    // A query and a fragment that begin with their own mark.
    let mut changed = url("http://h/");
    changed.set_query(Some("?a")).unwrap();
    changed.set_fragment(Some("#b")).unwrap();
    assert_eq!(changed.as_str(), "http://h/??a##b");
    changed.set_query(Some("")).unwrap();
    changed.set_fragment(None).unwrap();
    assert_eq!(changed.as_str(), "http://h/?");
}

#[test]
fn params_change_what_they_are_told() {
    let mut params = Params::parse_search("?a=1&b=2&a=3&&c&=d");
    assert_eq!(params.len(), 5);
    assert!(params.has("c") && params.has_pair("a", "3") && !params.has_pair("a", "2") && params.get("") == Some("d"));
    params.set("a", "x");
    params.set("new", "y");
    params.delete_pair("b", "1");
    params.delete("c");
    params.extend([("k", "v")]);
    assert_eq!(params.to_string(), "a=x&b=2&=d&new=y&k=v");
    let collected: Params<'_> = [("a b", "é&=")].into_iter().collect();
    assert_eq!(collected.to_string(), "a+b=%C3%A9%26%3D");
    // Untouched, a query stays as it is.
    let mut kept = url("http://h/?a=~&&");
    drop(kept.search_params_mut());
    assert_eq!(kept.as_str(), "http://h/?a=~&&");
    kept.search_params_mut().delete("none");
    assert_eq!(kept.as_str(), "http://h/?a=%7E");
    assert!(matches!(Params::parse_search("a=b").iter().next(), Some(("a", "b"))));
    assert_eq!(Params::parse_search("%FF=%zz&+").to_string(), "%EF%BF%BD=%25zz&+=");
}

#[test]
fn relative_references() {
    let relative = |from: &str, to: &str| url(from).make_relative(&url(to));
    for (from, to, reference) in [
        ("http://h/a/b", "http://h/a/b", ""),
        ("http://h/a/b?q", "http://h/a/b?q#f", "#f"),
        ("http://h/a/b?q", "http://h/a/b?r", "?r"),
        ("http://h/a/b?q", "http://h/a/b", "b"),
        ("http://h/a/?q", "http://h/a/", "."),
        ("http://h/a/b/c", "http://h/a/d", "../d"),
        ("http://h/a/b/c", "http://h/", "../.."),
        ("http://h/a", "http://h/a/b:c", "a/b:c"),
        ("http://h/a/", "http://h/a/b:c", "./b:c"),
        ("http://h/a", "http://h//x", "/.//x"),
        ("file:///C:/a", "file:///D:/b", "/D:/b"),
        ("data:x", "data:x#f", "#f"),
        ("foo:/a/b", "foo:/c", "../c"),
    ] {
        let found = relative(from, to);
        let found = found.as_deref();
        assert_eq!(url(from).join(found.unwrap_or("none")).unwrap(), url(to), "{from} {to} {found:?}");
        assert!(found.is_some_and(|found| found.len() <= reference.len().max(3)), "{from} {to} {found:?}");
    }
    assert_eq!(relative("http://h/", "https://h/"), None);
    assert_eq!(relative("data:x", "data:y"), None);
    assert_eq!(relative("data:x#f", "data:x"), None);
}

#[test]
fn segments() {
    let list = |text: &str| {
        let url = url(text);
        url.path_segments().map(|segments| segments.map(String::from).collect::<Vec<_>>())
    };
    assert_eq!(list("http://h/a/b/"), Some(std::vec!["a".into(), "b".into(), String::new()]));
    assert_eq!(list("foo://h"), Some(std::vec![]));
    assert_eq!(list("data:a/b"), None);
    let mut changed = url("file:///");
    changed.append_segment("C|").unwrap();
    assert_eq!(changed.as_str(), "file:///C%7C");
    assert_eq!(changed.append_segment(".."), Err(SetError::DotSegment));
    changed.append_segment("%2e").unwrap();
    assert_eq!(changed.as_str(), "file:///C%7C/%252e");
    assert_eq!(changed.append_segments(["a", "."]), Err(SetError::DotSegment));
    assert_eq!(changed.as_str(), "file:///C%7C/%252e");
    let mut guarded = url("foo:/");
    guarded.append_segments(["", "", "x"]).unwrap();
    assert_eq!(guarded.as_str(), "foo:/x");
    let mut drive = url("file:///C:/");
    assert!(drive.pop_segment());
    assert!(!drive.pop_segment());
    assert_eq!(drive.as_str(), "file:///C:");
}

#[test]
fn file_paths() {
    use FilePathError as E;
    let to = |text: &str, style| url(text).to_path_octets(style).map(|path| String::from_utf8(path).unwrap());
    let from = |path: &str, style| Url::from_path_octets(path.as_bytes(), style).map(String::from);
    let (posix, windows) = (PathStyle::Posix, PathStyle::Windows);
    for (path, text) in [
        ("/", "file:///"),
        ("/a b/%/", "file:///a%20b/%25/"),
        ("/a/./b/.", "file:///a/b/"),
        ("//a", "file:////a"),
        ("/C|/x", "file:///C%7C/x"),
        (r"/a\b", "file:///a%5Cb"),
        ("/%2e%2e/x", "file:///%252e%252e/x"),
    ] {
        assert_eq!(from(path, posix).as_deref(), Ok(text));
    }
    for (path, text) in [
        (r"C:\", "file:///C:/"),
        ("c:/a", "file:///c:/a"),
        (r"\\?\C:\a", "file:///C:/a"),
        (r"\\?\UNC\server\share\a", "file://server/share/a"),
        (r"\\Server\share", "file://server/share"),
        (r"//1.2.3.4/share", "file://1.2.3.4/share"),
    ] {
        assert_eq!(from(path, windows).as_deref(), Ok(text));
    }
    for (path, style, error) in [
        ("a", posix, E::NotAbsolute),
        ("", posix, E::NotAbsolute),
        ("/a/../b", posix, E::DotSegment),
        ("/a\0", posix, E::Nul),
        ("C:", windows, E::NotAbsolute),
        ("C:a", windows, E::NotAbsolute),
        (r"\a", windows, E::NotAbsolute),
        (r"C:\..\a", windows, E::DotSegment),
        (r"\\", windows, E::Host),
        (r"\\LocalHost\c$", windows, E::Host),
        (r"\\a%62\c", windows, E::Host),
        (r"\\a b\c", windows, E::Host),
    ] {
        assert_eq!(from(path, style), Err(error), "{path}");
    }
    assert_eq!(Url::from_path_octets(b"C:\\\xFF", windows).unwrap_err(), E::NotUtf8);
    assert_eq!(url("file:///%FF").to_path_octets(posix).unwrap(), b"/\xFF");
    assert_eq!(to("file:///a?q#f", posix).as_deref(), Ok("/a"));
    assert_eq!(to("file://localhost/a", posix).as_deref(), Ok("/a"));
    assert_eq!(to("file:///C:", windows).as_deref(), Ok(r"C:\"));
    assert_eq!(to("file://s/share/a%20b", windows).as_deref(), Ok(r"\\s\share\a b"));
    for (text, style, error) in [
        ("http://h/", posix, E::NotFile),
        ("file://h/a", posix, E::Host),
        ("file:///a%2Fb", posix, E::EncodedSeparator),
        ("file:///a%00", posix, E::Nul),
        ("file:///C:/a%5Cb", windows, E::EncodedSeparator),
        ("file:///a", windows, E::NoDrive),
        ("file:///C:/%FF", windows, E::NotUtf8),
    ] {
        assert_eq!(to(text, style), Err(error), "{text}");
    }
}

#[cfg(all(feature = "std", unix))]
#[test]
fn native_paths() {
    let directory = Url::from_directory_path("/tmp/x").unwrap();
    assert_eq!(directory.join("y").unwrap().to_file_path().unwrap(), std::path::Path::new("/tmp/x/y"));
    assert_eq!(Url::from_directory_path("/").unwrap().as_str(), "file:///");
}

#[cfg(feature = "serde")]
#[test]
fn serde_is_the_text() {
    let parsed: Url = serde_json::from_str(r#""HTTP://h""#).unwrap();
    assert_eq!(serde_json::to_string(&parsed).unwrap(), r#""http://h/""#);
    let error = serde_json::from_str::<Url>(r#""http://me:secret@h:x/""#).unwrap_err().to_string();
    assert!(error.contains("the port is not a number at offset 19") && !error.contains("secret"), "{error}");
}

/// No value that a caller passes makes a second part of a URL.
#[test]
fn no_value_forges_a_part() {
    use crate::laws::{forgeries, no_forgery};
    type Say = fn(&mut Url, &str) -> bool;
    let says: [(&str, Say); 7] = [
        ("a user name", |url, value| url.set_username(value).is_ok()),
        ("a password", |url, value| url.set_password(value).is_ok()),
        ("a segment", |url, value| url.append_segment(value).is_ok()),
        ("a parameter's name", |url, value| {
            url.search_params_mut().append(value, "v");
            true
        }),
        ("a parameter's value", |url, value| {
            url.search_params_mut().append("n", value);
            true
        }),
        ("a fragment", |url, value| url.set_fragment(Some(value)).is_ok()),
        ("a query", |url, value| url.set_query(Some(value)).is_ok()),
    ];
    let hear = |wire: &[u8]| {
        let url = Url::parse(core::str::from_utf8(wire).unwrap()).unwrap();
        assert_eq!((url.scheme(), url.hostname(), url.port()), ("http", "host", Some(8080)));
        let segments = url.path_segments().unwrap().count();
        let fragment = usize::from(url.fragment().is_some());
        // A query that is set whole may have any number of parameters.
        let params =
            if url.query().is_some_and(|query| query.contains("base=")) { url.search_params().len() } else { 0 };
        10_000 * params + 100 * segments + 10 * fragment + usize::from(url.includes_credentials())
    };
    for (what, say) in says {
        let mut hostile = Vec::new();
        for payload in
            ["@evil", "/evil", "//evil/", "?x", "#x", "&a=b", "=", "%2F", "..", "/..", "\\", "%", ":1@evil", "[::1]"]
        {
            hostile.extend(forgeries(b"value", payload.as_bytes()));
        }
        let start = if what == "a query" { "http://u@host:8080/p" } else { "http://u@host:8080/p?base=1" };
        let outcome = no_forgery(
            b"value",
            hostile.into_iter().filter(|value| !value.is_empty()),
            |value| {
                let mut url = url(start);
                let value = String::from_utf8_lossy(value);
                say(&mut url, &value).then(|| url.as_str().as_bytes().to_vec())
            },
            hear,
        );
        assert!(outcome.is_ok(), "{what}: {}", outcome.unwrap_err());
    }
}
