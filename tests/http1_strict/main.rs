//! What a strict recipient does with what could be read in two ways: one test for each rule, with its section, on the
//! octets that once fooled somebody.
#![cfg(feature = "http1")]

mod bodies;
mod framing;
mod heads;
#[path = "../support/http1.rs"]
mod http1;

use http1::{Asks, Message, Outcome, ask, serve};
use plainwire::engine::Status;

/// The same outcome for whole, for single octets and for odd pieces.
fn at_every_cut(stream: &[u8], run: impl Fn(usize) -> Outcome) -> Outcome {
    let whole = run(usize::MAX);
    for cut in [1, 2, 3, 5, 7, 16, 61] {
        let other = run(cut);
        let story = stream.escape_ascii();
        assert_eq!(whole.messages, other.messages, "{story} in pieces of {cut}");
        assert_eq!((whole.error, whole.status), (other.error, other.status), "{story} in pieces of {cut}");
        assert_eq!((&whole.left, &whole.out), (&other.left, &other.out), "{story} in pieces of {cut}");
    }
    whole
}

fn server(stream: &[u8]) -> Outcome {
    at_every_cut(stream, |cut| serve(stream, false, cut))
}

fn client(methods: &[&str], stream: &[u8], eof: bool) -> Outcome {
    let asks = Asks { methods: methods.iter().map(|method| (*method).into()).collect(), ..Asks::default() };
    at_every_cut(stream, |cut| ask(&asks, stream, eof, cut))
}

/// The stream is refused with this status, which the engine has said, and `kind` says why.
#[track_caller]
fn refused(stream: &[u8], status: u16, kind: &str) {
    let outcome = server(stream);
    assert_eq!((outcome.reply(), outcome.kind()), (Some(status), Some(kind)), "{}", stream.escape_ascii());
    let said = String::from_utf8(outcome.out).unwrap();
    let answers = said.matches("HTTP/1.1 200 OK\r\n").count();
    let last = said.rfind("HTTP/1.1 ").unwrap();
    assert!(said[last..].starts_with(&format!("HTTP/1.1 {status} ")), "{said}");
    assert!(said[last..].contains("\r\nConnection: close\r\n"), "{said}");
    assert_eq!(answers, outcome.messages.iter().filter(|message| message.whole).count());
    assert_eq!(outcome.status, Status::Closed);
}

/// A head with these lines after `Host` is refused.
#[track_caller]
fn refused_lines(lines: &[u8], status: u16, kind: &str) {
    let stream =
        [b"POST / HTTP/1.1\r\nHost: a\r\n", lines, b"\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"].concat();
    refused(&stream, status, kind);
}

/// The stream is taken, and these are its messages.
#[track_caller]
fn taken(stream: &[u8]) -> Vec<Message> {
    let outcome = server(stream);
    assert_eq!(outcome.error, None, "{}", stream.escape_ascii());
    assert!(outcome.messages.iter().all(|message| message.whole), "{}", stream.escape_ascii());
    outcome.messages
}

fn chunked(body: &[u8]) -> Vec<u8> {
    [b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", body].concat()
}

#[track_caller]
fn refused_chunks(body: &[u8], kind: &str) {
    let outcome = server(&chunked(body));
    assert_eq!((outcome.reply(), outcome.kind()), (Some(400), Some(kind)), "{}", body.escape_ascii());
    assert!(!outcome.messages[0].whole);
}
