//! RFC 3986 beside `fluent-uri`. Where they differ for a known reason, the reason is named.

use fluent_uri::component::Host as TheirHost;
use fluent_uri::{Uri, UriRef};
use plainwire::url::reference::{AboveRoot, Host, Reference, Resolution, Steps};

/// A reference and, behind a 0xFF, its base.
pub fn reference(data: &[u8]) {
    let mut pieces = data.split(|octet| *octet == 0xFF).map(String::from_utf8_lossy);
    let text = pieces.next().unwrap_or_default();
    let base = pieces.next().unwrap_or("http://a/b/c/d;p?q".into());
    let Some((ours, theirs)) = both(&text) else { return };
    normal(&ours, &theirs);
    let Some((base, their_base)) = both(&base) else { return };
    let Ok(their_base) = Uri::try_from(their_base) else { return };
    let bare = their_base.strip_fragment();
    let (target, their_target) = (base.resolve(&ours).unwrap(), theirs.resolve_against(&bare));
    let Ok(their_target) = their_target else {
        // It refuses what is relative to a base such as `mailto:a`; 5.2.2 has a result for that too.
        assert!(base.authority().is_none() && !base.path().starts_with('/') && !ours.is_uri(), "{ours} on {base}");
        return;
    };
    let rootless = |path: &str| !path.is_empty() && !path.starts_with('/');
    let dots = |path: &str| path.split('/').any(|segment| matches!(segment, "." | ".."));
    // It takes `%2E` for a dot, which is a matter of normalisation (6.2.2.2).
    let escaped = [ours.path(), base.path()].iter().any(|path| path.contains("%2e") || path.contains("%2E"));
    if target.as_str() != their_target.as_str() {
        // It keeps the dots of a rootless path; we apply 5.2.4 to every path, as 5.2.2 says.
        let kept = rootless(ours.path()) && ours.is_uri() || rootless(base.path());
        // It takes the base's own dots away, which 5.2.2 does only where paths are merged, and then together.
        assert!(kept || escaped || dots(base.path()), "{ours} on {base}: ours {target}, theirs {their_target}");
    }
    let careful = base.resolve_by(Resolution::STRICT.above_root(AboveRoot::Refuse), &ours);
    let resolver = fluent_uri::resolve::Resolver::with_base(bare).allow_path_underflow(false);
    if ours.path().starts_with('/') && !escaped {
        assert_eq!(careful.is_ok(), resolver.resolve(&theirs).is_ok(), "{ours} on {base}");
    }
}

/// Both take the text, and see the same in it.
fn both(text: &str) -> Option<(Reference<'_>, UriRef<&str>)> {
    let (ours, theirs) = match (Reference::parse(text), UriRef::parse(text)) {
        (Ok(ours), Ok(theirs)) => (ours, theirs),
        (Err(_), Err(_)) => return None,
        (ours, theirs) => panic!("{text:?}: ours {ours:?}, theirs {theirs:?}"),
    };
    assert_eq!(ours.scheme(), theirs.scheme().map(|it| it.as_str()));
    assert_eq!(ours.path(), theirs.path().as_str());
    assert_eq!(ours.query(), theirs.query().map(|it| it.as_str()));
    assert_eq!(ours.fragment(), theirs.fragment().map(|it| it.as_str()));
    let authority = theirs.authority();
    assert_eq!(ours.authority(), authority.map(|it| it.as_str()));
    assert_eq!(ours.userinfo(), authority.and_then(|it| it.userinfo()).map(|it| it.as_str()));
    assert_eq!(ours.host(), authority.map(|it| it.host()));
    assert_eq!(ours.port(), authority.and_then(|it| it.port()).map(|it| it.as_str()));
    if let Some(authority) = authority {
        let same = match (ours.host_kind().unwrap(), authority.host_parsed()) {
            (Host::Ipv4(a), TheirHost::Ipv4(b)) => a == b,
            (Host::Ipv6(a), TheirHost::Ipv6(b)) => a == b,
            (Host::IpvFuture(_), TheirHost::IpvFuture { .. }) => true,
            (Host::Name(a), TheirHost::RegName(b)) => a == b.as_str(),
            _ => false,
        };
        assert!(same, "{text:?}");
    }
    Some((ours, theirs))
}

fn normal(ours: &Reference<'_>, theirs: &UriRef<&str>) {
    let (normal, their_normal) = (ours.normalize(Steps::ALL), theirs.normalize());
    if normal.as_str() == their_normal.as_str() {
        return;
    }
    let (a, b) = (normal.as_reference(), UriRef::parse(their_normal.as_str()).unwrap());
    assert_eq!(a.scheme(), b.scheme().map(|it| it.as_str()));
    assert_eq!(a.query(), b.query().map(|it| it.as_str()));
    assert_eq!(a.fragment(), b.fragment().map(|it| it.as_str()));
    let dots = |path: &str| path.contains("/.") || path.starts_with('.');
    // It keeps the dots of rootless paths and of relative references.
    let known = dots(ours.normalize(Steps::PERCENT).as_reference().path())
        && (!ours.is_uri() || !ours.path().starts_with('/'))
        // It has no "/" for an empty path (6.2.3).
        || ours.path().is_empty() && a.path() == "/"
        // It knows the default ports of more schemes.
        || a.port().is_some() && b.authority().and_then(|it| it.port()).is_none();
    assert!(known, "{ours}: ours {normal}, theirs {their_normal}");
}
