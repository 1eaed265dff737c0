//! URLs: 48,010 real ones (`urls/kasztp.txt` of the conformance data), per URL; and the same as references of RFC 3986.

use crate::measure::Bench;
use plainwire::url::Url;
use std::hint::black_box;
use std::path::PathBuf;

pub fn run(bench: &mut Bench) {
    let root = std::env::var_os("PLAINWIRE_CONFORMANCE")
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/conformance")), PathBuf::from);
    let Ok(text) = std::fs::read_to_string(root.join("urls/kasztp.txt")) else {
        eprintln!("SKIPPED: no urls/kasztp.txt in {}; set PLAINWIRE_CONFORMANCE", root.display());
        return;
    };
    let urls: Vec<&str> = text.lines().collect();
    let units = urls.len() as u64;
    let each = |parse: &dyn Fn(&str) -> bool| urls.iter().filter(|url| parse(black_box(url))).count();
    macro_rules! over {
        ($parse:expr) => {
            || urls.iter().filter(|url| $parse(black_box(url))).count()
        };
    }
    assert_eq!(each(&|url| Url::parse(url).is_ok()), each(&|url| ada_url::Url::parse(url, None).is_ok()));
    bench.pair(
        "parse",
        "ada-url",
        units,
        over!(|url: &str| black_box(Url::parse(url)).is_ok()),
        over!(|url: &str| black_box(ada_url::Url::parse(url, None)).is_ok()),
    );
    bench.pair(
        "parse",
        "url",
        units,
        over!(|url: &str| black_box(Url::parse(url)).is_ok()),
        over!(|url: &str| black_box(url::Url::parse(url)).is_ok()),
    );
    bench.pair(
        "can_parse",
        "ada-url",
        units,
        over!(Url::can_parse),
        over!(|url: &str| ada_url::Url::can_parse(url, None)),
    );
    let base = Url::parse("https://example.org/a/b/c?d").unwrap();
    let ada = ada_url::Url::parse("https://example.org/a/b/c?d", None).unwrap();
    let paths: Vec<&str> = urls.iter().filter_map(|url| url.splitn(4, '/').nth(3)).collect();
    let units = paths.len() as u64;
    bench.pair(
        "join a relative reference",
        "ada-url",
        units,
        || paths.iter().filter(|path| black_box(base.join(black_box(path))).is_ok()).count(),
        || {
            paths
                .iter()
                .filter(|path| black_box(ada_url::Url::parse(black_box(path), Some(ada.href()))).is_ok())
                .count()
        },
    );
    bench.pair(
        "set the path",
        "ada-url",
        units,
        || {
            let mut url = base.clone();
            paths.iter().filter(|path| url.set_pathname(black_box(path)).is_ok()).count()
        },
        || {
            let mut url = ada_url::Url::parse("https://example.org/a/b/c?d", None).unwrap();
            paths.iter().filter(|path| url.set_pathname(Some(black_box(path))).is_ok()).count()
        },
    );
    super::reference::run(bench);
}
