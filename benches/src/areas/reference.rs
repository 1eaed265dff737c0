//! References by RFC 3986 beside `fluent-uri`, on real URLs; part of the area `url`.

use crate::measure::Bench;
use plainwire::url::reference::{Reference, Steps};

/// The URLs, if the data is there.
fn urls() -> Option<String> {
    let folder = std::env::var("PLAINWIRE_CONFORMANCE")
        .unwrap_or_else(|_| concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/conformance").into());
    let path = format!("{folder}/urls/kasztp.txt");
    match std::fs::read_to_string(&path) {
        Ok(text) => Some(text),
        Err(error) => {
            eprintln!("SKIPPED: references: {path}: {error}");
            None
        }
    }
}

pub fn run(bench: &mut Bench) {
    let Some(text) = urls() else { return };
    let urls: Vec<&str> = text.lines().collect();
    for url in &urls {
        assert_eq!(Reference::parse(url).is_ok(), fluent_uri::UriRef::parse(*url).is_ok(), "{url}");
    }
    bench.pair(
        "Reference::parse",
        "fluent-uri",
        urls.len() as u64,
        || urls.iter().filter_map(|url| Reference::parse(url).ok()).map(|it| it.path().len()).sum::<usize>(),
        || {
            let paths = urls.iter().filter_map(|url| fluent_uri::UriRef::parse(*url).ok());
            paths.map(|it| it.path().as_str().len()).sum::<usize>()
        },
    );
    let ours: Vec<_> = urls.iter().filter_map(|url| Reference::parse(url).ok()).collect();
    let theirs: Vec<_> = urls.iter().filter_map(|url| fluent_uri::Uri::parse(*url).ok()).collect();
    bench.pair(
        "Reference::normalize",
        "fluent-uri",
        ours.len() as u64,
        || ours.iter().map(|it| it.normalize(Steps::ALL).as_str().len()).sum::<usize>(),
        || theirs.iter().map(|it| it.normalize().as_str().len()).sum::<usize>(),
    );
    let (way, their_way) = (Reference::parse("../x/./y?z").unwrap(), fluent_uri::UriRef::parse("../x/./y?z").unwrap());
    let bases: Vec<_> = theirs.iter().map(|it| it.strip_fragment()).collect();
    bench.pair(
        "Reference::resolve",
        "fluent-uri",
        ours.len() as u64,
        || ours.iter().filter_map(|it| it.resolve(&way).ok()).map(|it| it.as_str().len()).sum::<usize>(),
        || bases.iter().filter_map(|it| their_way.resolve_against(it).ok()).map(|it| it.as_str().len()).sum::<usize>(),
    );
}
