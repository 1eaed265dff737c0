//! What HTTP/1.1 takes from the heap: nothing while idle, and nothing for an ordinary request, its answer, or content.
#![cfg(feature = "http1")]

use allocation_counter::measure;
use bytes::BytesMut;
use plainwire::http1::client::{self, Client};
use plainwire::http1::server::{self, Server};
use plainwire::http1::{Content, Method, RequestHead, ResponseHead, StatusCode};
use std::hint::black_box;

/// How often `run` allocates.
fn allocations(run: impl FnOnce()) -> u64 {
    measure(run).count_total
}

const MINIMAL: &[u8] = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n";
const BROWSER: &[u8] = b"GET /articles/2026/11/a-title?utm_source=feed HTTP/1.1\r\nHost: www.example.com\r\n\
    Connection: keep-alive\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36\r\n\
    Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\nAccept-Encoding: gzip, br\r\n\
    Cookie: session=0f1e2d3c4b5a69788796a5b4c3d2e1f0; theme=dark\r\n\r\n";
const POST: &[u8] = b"POST /form HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\n\r\nname=value!";
const CHUNKED: &[u8] = b"PUT /file HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n\
    5;ext=1\r\nhello\r\nc\r\n hello again\r\n0\r\nSum: 1\r\n\r\n";

fn hundred_fields() -> Vec<u8> {
    let mut head = b"GET /hundred HTTP/1.1\r\nHost: x\r\n".to_vec();
    for number in 1..100 {
        head.extend_from_slice(format!("X-Field-{number}: some value of moderate length\r\n").as_bytes());
    }
    head.extend_from_slice(b"\r\n");
    head
}

fn serve(server: &mut Server, answer: &ResponseHead, mut input: &[u8], out: &mut BytesMut) {
    out.clear();
    while let Some(event) = server.recv(&mut input, out).unwrap() {
        if let server::Event::End(_) = event {
            server.reply(answer, b"Hello, world!", out).unwrap();
        }
    }
    assert!(out.ends_with(b"\r\n\r\nHello, world!"));
}

#[test]
fn the_counter_counts() {
    assert_eq!(allocations(|| drop(Vec::<u8>::with_capacity(100))), 1);
}

#[test]
fn an_ordinary_request_takes_nothing() {
    let answer = ResponseHead::new(StatusCode::OK).with("Content-Type", "text/plain").unwrap();
    for request in [MINIMAL, BROWSER, POST, CHUNKED, &hundred_fields()] {
        let (mut server, mut out) = (Server::default(), BytesMut::with_capacity(4096));
        let count = allocations(|| (0..100).for_each(|_| serve(&mut server, &answer, request, &mut out)));
        assert_eq!(count, 0, "{}", request.escape_ascii());
        // In two pieces, each octet is still looked at where it lies.
        let count = allocations(|| {
            let (mut input, half) = (&request[..request.len() / 2], request.len() / 2);
            while server.recv(&mut input, &mut out).unwrap().is_some() {}
            serve(&mut server, &answer, &request[half - input.len()..], &mut out);
        });
        assert_eq!(count, 0, "{}", request.escape_ascii());
    }
}

#[test]
fn asking_and_hearing_takes_nothing() {
    let ask = RequestHead::new(Method::POST, "/").unwrap().with("Host", "x").unwrap();
    let answers: [&[u8]; 2] = [
        b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 13\r\n\r\nHello, world!",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nd\r\nHello, world!\r\n0\r\n\r\n",
    ];
    for answer in answers {
        let (mut client, mut out) = (Client::default(), BytesMut::with_capacity(4096));
        let count = allocations(|| {
            for _ in 0..100 {
                out.clear();
                client.request(&ask, Content::Stream, &mut out).unwrap();
                client.data(b"name=value", &mut out).unwrap();
                client.end(&mut out).unwrap();
                let (mut input, mut heard) = (answer, 0);
                while let Some(event) = client.recv(&mut input, &mut out).unwrap() {
                    heard += Client::octets(&event).map_or(0, <[u8]>::len);
                }
                assert_eq!(heard, 13);
            }
        });
        assert_eq!(count, 0);
    }
}

#[test]
fn an_idle_engine_holds_nothing_on_the_heap() {
    let server = || {
        black_box(Server::new(server::Limits::default()));
    };
    let client = || {
        black_box(Client::new(client::Limits::default()));
    };
    assert_eq!((allocations(server), allocations(client)), (0, 0));
    assert!(size_of::<Server>() <= 256 && size_of::<Client>() <= 256);
}
