//! The URL parser beside `ada-url` and `url`. Where they differ for a known reason, the reason is named.

use plainwire::url::{Url, percent};
use std::borrow::Cow;

/// An input and, behind a 0xFF, a base.
pub fn url(data: &[u8]) {
    let mut pieces = data.split(|octet| *octet == 0xFF).map(String::from_utf8_lossy);
    let input = pieces.next().unwrap_or_default();
    let base = pieces.next();
    let ours = match &base {
        None => Url::parse(&input),
        Some(base) => match Url::parse(base) {
            Ok(base) => base.join(&input),
            Err(_) => return,
        },
    };
    let ours = ours.as_ref().ok();
    beside_ada(&input, base.as_ref(), ours);
    beside_url(&input, base.as_ref(), ours);
}

fn beside_ada(input: &str, base: Option<&Cow<'_, str>>, ours: Option<&Url>) {
    let theirs = ada_url::Url::parse(input, base.map(|base| &**base)).ok();
    let (a, b) = (ours.map(Url::as_str), theirs.as_ref().map(ada_url::Url::href));
    if a == b {
        if let (Some(ours), Some(theirs)) = (ours, &theirs) {
            assert_eq!(ours.hostname(), theirs.hostname());
            assert_eq!(ours.port_str(), theirs.port());
            assert_eq!(ours.pathname(), theirs.pathname());
            assert_eq!(ours.search(), theirs.search());
            assert_eq!(ours.hash(), theirs.hash());
            assert_eq!(ours.username(), theirs.username());
            assert_eq!(ours.password(), theirs.password());
        }
        return;
    }
    // Tables of another Unicode version: a domain outside ASCII that one of the two refuses. (Ours is 18. ada-url 4.0.0
    // also takes labels that break the Bidi rule by characters of later versions than it knows.)
    let host = ours.map(Url::hostname).xor(theirs.as_ref().map(ada_url::Url::hostname));
    let is_beyond = |text: &str| !percent::decode(text.as_bytes()).is_ascii();
    let beyond_ascii = is_beyond(input) || base.is_some_and(|base| is_beyond(base));
    if beyond_ascii && host.is_some_and(|host| host.contains("xn--")) {
        return;
    }
    panic!("{input:?} on {base:?}: ours {a:?}, ada's {b:?}");
}

fn beside_url(input: &str, base: Option<&Cow<'_, str>>, ours: Option<&Url>) {
    let their_base = base.map(|base| url::Url::parse(base));
    if let (Some(base), Some(Err(_))) = (base, &their_base) {
        // The base is an input of its own.
        return beside_url(base, None, Url::parse(base).ok().as_ref());
    }
    let theirs = match their_base.and_then(Result::ok) {
        None => url::Url::parse(input).ok(),
        Some(base) => base.join(input).ok(),
    };
    let (a, b) = (ours.map(Url::as_str), theirs.as_ref().map(url::Url::as_str));
    if a != b && !is_known(input, base, ours, theirs.as_ref()) {
        panic!("{input:?} on {base:?}: ours {a:?}, url's {b:?}");
    }
}

/// Why `url` 2.5.8 answers otherwise than the standard of 2026 and its tests.
fn is_known(input: &str, base: Option<&Cow<'_, str>>, ours: Option<&Url>, theirs: Option<&url::Url>) -> bool {
    let base = base.and_then(|base| Url::parse(base).ok());
    let any = |test: &dyn Fn(&str, &str) -> bool| {
        ours.is_some_and(|ours| test(ours.scheme(), ours.pathname()))
            || theirs.is_some_and(|theirs| test(theirs.scheme(), theirs.path()))
            || base.as_ref().is_some_and(|base| test(base.scheme(), base.pathname()))
    };
    // Drive letters, empty segments and `localhost` of file URLs.
    any(&|scheme, _| scheme == "file")
        // `C:` is kept by `..` in other schemes too.
        || any(&|_, path| path.as_bytes().windows(3).any(|w| matches!(w, [b'/', letter, b':' | b'|'] if letter.is_ascii_alphabetic())))
        // A space at the end of an opaque path becomes `%20` since 2025.
        || ours.is_some_and(|ours| ours.has_opaque_path() && ours.pathname().ends_with("%20"))
        // A domain in ASCII is taken as it is since 2026, whatever its `xn--` labels decode to.
        || theirs.is_none() && ours.is_some_and(|ours| ours.is_special() && ours.hostname().contains("xn--"))
        // `\\` means `/` behind a base, and behind a port, that isn't special.
        || input.contains('\\')
            && (base.as_ref().is_some_and(|base| !base.is_special())
                || theirs.is_some_and(|theirs| !theirs.is_special()))
        // More than two slashes before a host that is relative to a special base.
        || base.as_ref().is_some_and(|base| base.is_special() && input.trim_start_matches(|c| c <= ' ').starts_with(['/', '\\']))
        // `^` is percent-encoded in paths since 2023.
        || any(&|_, path| path.contains('^') || path.contains("%5E"))
        // Nothing behind an `@` is an empty host.
        || ours.is_none() && theirs.is_some_and(|theirs| !theirs.is_special() && theirs.host_str().is_none_or(str::is_empty) && input.contains('@'))
        // A path of empty segments without a host.
        || any(&|_, path| path.starts_with("//"))
}
