//! HTTP/1.1: heads beside httparse, the server's whole cycle, chunked content beside a copy.

use crate::http1::{BROWSER, Cycle, MINIMAL, PICTURE, RESPONSE, chunked, dechunk, hundred, ours, ours_response};
use crate::measure::Bench;
use bytes::{Buf, BytesMut};
use std::hint::black_box;

fn theirs(input: &[u8]) -> usize {
    let mut fields = [const { std::mem::MaybeUninit::uninit() }; 128];
    let mut request = httparse::Request::new(&mut []);
    match request.parse_with_uninit_headers(black_box(input), &mut fields) {
        Ok(httparse::Status::Complete(length)) => length + request.headers.len(),
        other => panic!("{other:?}"),
    }
}

fn theirs_response(input: &[u8]) -> usize {
    let mut fields = [const { std::mem::MaybeUninit::uninit() }; 128];
    let mut response = httparse::Response::new(&mut []);
    let parsed = httparse::ParserConfig::default().parse_response_with_uninit_headers(
        &mut response,
        black_box(input),
        &mut fields,
    );
    match parsed {
        Ok(httparse::Status::Complete(length)) => length + response.headers.len(),
        other => panic!("{other:?}"),
    }
}

pub fn run(bench: &mut Bench) {
    let hundred = hundred();
    let requests: [(&str, &[u8]); 4] =
        [("minimal", MINIMAL), ("picture", PICTURE), ("browser", BROWSER), ("100 fields", &hundred)];
    for (name, input) in requests {
        let case = format!("head, {name}, {} octets", input.len());
        bench.pair(&case, "httparse", 1, || ours(input), || theirs(input));
    }
    let case = format!("head, response, {} octets", RESPONSE.len());
    bench.pair(&case, "httparse", 1, || ours_response(RESPONSE), || theirs_response(RESPONSE));

    for (name, input) in requests {
        let mut cycle = Cycle::new();
        let case = format!("server's cycle, {name}");
        bench.pair(&case, "httparse, parse alone", 1, || cycle.serve(input), || theirs(input));
    }
    let pipelined = BROWSER.repeat(64);
    let mut cycle = Cycle::new();
    bench.pair(
        "server's cycle, 64 pipelined",
        "httparse, parse alone",
        64,
        || cycle.serve(&pipelined),
        || {
            let mut rest = &pipelined[..];
            while !rest.is_empty() {
                rest.advance(theirs(rest) - 10);
            }
        },
    );

    let (small, large) = (chunked(16 * 1024, 4), chunked(16 * 1024, 640));
    for (case, body) in [("chunks of 16 KiB, 64 KiB", &small), ("chunks of 16 KiB, 10 MiB", &large)] {
        let mut content = BytesMut::with_capacity(body.len());
        let mut copy = BytesMut::with_capacity(body.len());
        bench.pair(
            case,
            "memcpy",
            1,
            || dechunk(body, &mut content),
            || {
                copy.clear();
                copy.extend_from_slice(black_box(body));
                copy.len()
            },
        );
    }
}
