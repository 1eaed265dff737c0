//! Replays the corpora of the targets for RFC 3986 and for Python's view on stable, and gives them made inputs.
#![cfg(feature = "url")]

#[path = "checks/python.rs"]
mod python;
#[path = "checks/reference.rs"]
mod reference;
mod support;

use proptest::prelude::*;
use support::replay;

#[test]
fn reference_parse() {
    replay("reference_parse", reference::parse);
}

#[test]
fn reference_resolve() {
    replay("reference_resolve", reference::resolve);
}

#[test]
fn python() {
    replay("python", python::python);
}

/// Something like a URL, of pieces that mean something.
fn near_url() -> impl Strategy<Value = String> {
    const PIECES: &[&str] = &[
        "http:",
        "HTTPS:",
        "ftp:",
        "x:",
        "//",
        "/",
        "/./",
        "/../",
        ".",
        "..",
        "?",
        "#",
        "@",
        ":",
        ";",
        "%41",
        "%e9",
        "%",
        "[::1]",
        "[::ffff:1.2.3.4]",
        "[v1.x]",
        "[",
        "]",
        "80",
        "65536",
        "Example.com",
        "a",
        "b",
        "é",
        "\u{2100}",
        " ",
        "\t",
        "\n",
        "\0",
        "^",
        "&",
        "=",
    ];
    prop::collection::vec(prop::sample::select(PIECES), 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn made_urls(url in near_url(), other in near_url()) {
        reference::parse(url.as_bytes());
        let both = [url.as_bytes(), b"\xFF", other.as_bytes()].concat();
        reference::resolve(&both);
        python::python(&both);
    }
}
