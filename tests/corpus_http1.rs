//! The checks of HTTP/1.1 on their corpora and on generated input.
#![cfg(all(feature = "http1", feature = "testing"))]
#![allow(clippy::duplicate_mod, reason = "each file of checks serves fuzz targets by itself, and brings its callers")]

#[path = "checks/http1.rs"]
mod checks;
#[path = "checks/http1_ops.rs"]
mod ops;
mod support;
#[cfg(feature = "arbitrary")]
#[path = "checks/http1_values.rs"]
mod values;

use proptest::prelude::*;

#[test]
fn the_corpora_hold() {
    support::replay("http1_heads", checks::heads);
    support::replay("http1_request", checks::request);
    support::replay("http1_response", checks::response);
    support::replay("http1_chunks", checks::chunks);
    support::replay("http1_server", ops::server);
    support::replay("http1_client", ops::client);
    #[cfg(feature = "arbitrary")]
    support::replay("http1_values", values::exchange);
}

/// Pieces of which messages are made, good ones and bad ones.
fn pieces() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        8 => Just(b"GET / HTTP/1.1\r\nHost: a\r\n".to_vec()),
        4 => Just(b"HTTP/1.1 200 OK\r\n".to_vec()),
        2 => Just(b"POST /a?b HTTP/1.1\r\nHost: a\r\n".to_vec()),
        1 => Just(b"HTTP/1.1 304\r\n".to_vec()),
        1 => Just(b"CONNECT a:1 HTTP/1.1\r\nHost: a\r\n".to_vec()),
        1 => Just(b"HTTP/1.1 100 Continue\r\n".to_vec()),
        4 => Just(b"Content-Length: 5\r\n".to_vec()),
        4 => Just(b"Transfer-Encoding: chunked\r\n".to_vec()),
        2 => Just(b"Connection: close\r\n".to_vec()),
        1 => Just(b"Connection: upgrade\r\nUpgrade: x\r\n".to_vec()),
        1 => Just(b"Expect: 100-continue\r\n".to_vec()),
        3 => "[A-Za-z-]{1,20}:[ \t]{0,3}[ -~]{0,40}[ \t]{0,2}\r\n".prop_map(String::into_bytes),
        2 => "[!#-'*+.^_`|~a-z]{1,40}: [ -~\u{80}-\u{ff}]{0,100}\r\n".prop_map(String::into_bytes),
        1 => Just(b" folded\r\n".to_vec()),
        8 => Just(b"\r\n".to_vec()),
        4 => Just(b"hello".to_vec()),
        4 => "[0-9a-fA-F]{1,2}(;[a-z]{1,3}(=([a-z]{1,3}|\"[ -~]{0,4}\"))?)?\r\n".prop_map(String::into_bytes),
        2 => Just(b"0\r\n\r\n".to_vec()),
        1 => Just(b"\n".to_vec()),
        1 => Just(b"\r".to_vec()),
        1 => prop::collection::vec(any::<u8>(), 1..6),
    ];
    prop::collection::vec(piece, 0..14).prop_map(|pieces| pieces.concat())
}

/// A message with one octet changed, taken out or put in.
fn nearly(message: &'static [u8]) -> impl Strategy<Value = Vec<u8>> {
    (0..message.len(), any::<u8>(), 0..4).prop_map(move |(at, octet, how)| {
        let mut nearly = message.to_vec();
        match how {
            0 => nearly[at] = octet,
            1 => nearly[at] ^= 1 << (octet & 7),
            2 => nearly.insert(at, octet),
            _ => drop(nearly.remove(at)),
        }
        nearly
    })
}

const REQUEST: &[u8] = b"POST /index.html?query=1 HTTP/1.1\r\nHost: www.example.com:8080\r\nUser-Agent: some agent/1.0 (and a comment)\r\n\
    Accept: */*\r\nx: y\r\nA-Name-Longer-Than-Sixteen_Octets.: value\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n0\r\nT: v\r\n\r\n";
const RESPONSE: &[u8] =
    b"HTTP/1.1 200 OK\r\nDate: Mon, 23 Nov 2026 08:49:37 GMT\r\nContent-Type: text/plain; charset=utf-8\r\n\
    Connection: keep-alive\r\nETag: \"1234567890-1234567890\"\r\nContent-Length: 5\r\n\r\nhello";

fn with(
    options: impl Strategy<Value = Vec<u8>>,
    stream: impl Strategy<Value = Vec<u8>>,
) -> impl Strategy<Value = Vec<u8>> {
    (options, stream).prop_map(|(options, stream)| [options, stream].concat())
}

fn options(count: usize) -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(prop_oneof![Just(0_u8), any::<u8>()], count)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn heads(data in with(options(1), prop_oneof![pieces(), nearly(REQUEST), nearly(RESPONSE)])) {
        checks::heads(&data);
    }

    #[test]
    fn requests(data in with(options(1), prop_oneof![pieces(), nearly(REQUEST)])) {
        checks::request(&data);
    }

    #[test]
    fn responses(data in with(options(2), prop_oneof![pieces(), nearly(RESPONSE)])) {
        checks::response(&data);
    }

    #[test]
    fn chunks(data in with(options(1), prop_oneof![pieces(), nearly(b"5;a=b\r\nhello\r\n00a;q=\"\\\"\" ; b\r\n0123456789\r\n0\r\nT: v\r\n\r\nrest")])) {
        checks::chunks(&data);
    }

    #[test]
    fn servers_whose_callers_do_anything(data in prop::collection::vec(any::<u8>(), 0..120)) {
        ops::server(&data);
    }

    #[test]
    fn clients_whose_callers_do_anything(data in prop::collection::vec(any::<u8>(), 0..120)) {
        ops::client(&data);
    }
}

#[cfg(feature = "arbitrary")]
proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, ..ProptestConfig::default() })]

    #[test]
    fn values_that_can_be_built(data in prop::collection::vec(any::<u8>(), 0..600)) {
        values::exchange(&data);
    }

    #[test]
    fn values_of_text(data in "[ -~\r\n]{0,400}") {
        values::exchange(data.as_bytes());
    }
}
