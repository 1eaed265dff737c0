//! Replays the corpora of the query's fuzz targets on stable, and gives them made inputs.
#![cfg(feature = "query")]

#[path = "checks/query.rs"]
mod checks;
#[cfg(feature = "serde")]
#[path = "checks/query_structs.rs"]
mod query_structs;
mod support;

use proptest::prelude::*;
use support::replay;

#[test]
fn query_parse() {
    replay("query_parse", checks::parse);
}

#[test]
fn query_charset() {
    replay("query_charset", checks::charset);
}

#[cfg(feature = "serde")]
#[test]
fn query_in_structs() {
    replay("query_structs", query_structs::structs);
}

/// Something like a query string, of pieces that mean something.
fn near_query() -> impl Strategy<Value = Vec<u8>> {
    const PIECES: &[&[u8]] = &[
        b"&",
        b"=",
        b"+",
        b"%",
        b"%41",
        b"%c3%a9",
        b"%C3",
        b"%F0%9F%92%A9",
        b"%z",
        b"%4",
        b"a",
        b"abcdefghijklmnopqrs",
        b"[",
        b"]",
        b"[]",
        b"[0]",
        b"[b]",
        b"a[b]",
        b";",
        b"\xC3\xA9",
        b"\xFF",
        b"\0",
        b"#",
        b"~*-._ ",
    ];
    prop::collection::vec(prop::sample::select(PIECES), 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn made_queries(query in near_query()) {
        checks::parse(&query);
        checks::charset(&query);
        #[cfg(feature = "serde")]
        query_structs::structs(&query);
    }
}
