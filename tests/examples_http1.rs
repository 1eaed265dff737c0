//! The examples of HTTP/1.1, run: every client against every server, and the filter over what was captured.
#![cfg(all(feature = "net", feature = "http1", feature = "transcript"))]
#![allow(clippy::disallowed_types, clippy::disallowed_methods, reason = "examples are about sockets and threads")]
#![allow(dead_code, reason = "the examples' own `main`")]

#[path = "../examples/http1_mio_client.rs"]
mod mio_client;
#[path = "../examples/http1_mio_server.rs"]
mod mio_server;
#[path = "../examples/http1_std_client.rs"]
mod std_client;
#[path = "../examples/http1_std_server.rs"]
mod std_server;
#[path = "../examples/http1_tokio_client.rs"]
mod tokio_client;
#[path = "../examples/http1_tokio_server.rs"]
mod tokio_server;
#[path = "../examples/http1_transcript.rs"]
mod transcript;

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};

/// Every server, on a port of its own.
fn servers() -> [(&'static str, String); 3] {
    let listen = || {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        (listener, address)
    };
    let (listener, plain) = listen();
    std::thread::spawn(move || std_server::serve(&listener).unwrap());
    let (listener, ready) = listen();
    listener.set_nonblocking(true).unwrap();
    std::thread::spawn(move || mio_server::serve(mio::net::TcpListener::from_std(listener)).unwrap());
    let (listener, tokio) = listen();
    listener.set_nonblocking(true).unwrap();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            tokio_server::serve(tokio::net::TcpListener::from_std(listener).unwrap()).await.unwrap();
        });
    });
    [("std", plain), ("mio", ready), ("tokio", tokio)]
}

#[test]
fn every_client_hears_every_server() {
    for (server, address) in servers() {
        let mut heard = Vec::new();
        let status = std_client::fetch(&address, "/", &mut heard).unwrap();
        assert_eq!((status, &heard[..]), (200, &b"Hello, world!\n"[..]), "std from {server}");
        heard.clear();
        let status = mio_client::fetch(&address, "/", &mut heard).unwrap();
        assert_eq!((status, &heard[..]), (200, &b"Hello, world!\n"[..]), "mio from {server}");
        heard.clear();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let status = runtime.block_on(tokio_client::fetch(&address, "/", &mut heard)).unwrap();
        assert_eq!((status, &heard[..]), (200, &b"Hello, world!\n"[..]), "tokio from {server}");
    }
}

#[test]
fn every_server_answers_pipelined_requests_and_refuses_what_is_wrong() {
    let get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    let stream = get.repeat(1000)
        + "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nab"
        + "GET / HTTP/2.0\r\n\r\n";
    for (server, address) in servers() {
        let mut socket = TcpStream::connect(&address).unwrap();
        let mut sender = socket.try_clone().unwrap();
        let sent = stream.clone();
        let sending = std::thread::spawn(move || {
            sender.write_all(sent.as_bytes()).unwrap();
            sender.shutdown(Shutdown::Write).unwrap();
        });
        let mut heard = String::new();
        socket.read_to_string(&mut heard).unwrap();
        sending.join().unwrap();
        assert_eq!(heard.matches("HTTP/1.1 200 OK\r\n").count(), 1001, "{server}");
        assert_eq!(heard.matches("HTTP/1.1 100 Continue\r\n").count(), 1, "{server}");
        assert!(heard.contains("HTTP/1.1 505 ") && heard.ends_with("Connection: close\r\n\r\n"), "{server}");
    }
}

#[test]
fn captured_octets_read_as_transcripts() {
    let requests = b"GET /a HTTP/1.1\r\nHost: a\r\nAuthorization: Basic c2VjcmV0\r\n\r\nGET /b HTTP/1.0\r\n\r\n";
    insta::assert_snapshot!("captured_requests", transcript::requests(requests));
    let responses = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhelloHTTP/1.1 200 OK\r\n\r\nto the end";
    insta::assert_snapshot!("captured_responses", transcript::responses(responses).unwrap());
}

#[test]
fn every_example_is_short() {
    for example in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/examples")).unwrap() {
        let path = example.unwrap().path();
        // A whole protocol with its tests; the others put an engine that is there into somebody's I/O.
        if path.ends_with("ident.rs") {
            continue;
        }
        let lines = std::fs::read_to_string(&path).unwrap().lines().count();
        assert!(lines < 60, "{} has {lines} lines", path.display());
    }
}
