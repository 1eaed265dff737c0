//! Chunks, trailers, ends, and bodies that are none.

use super::http1::{Asks, ask, serve};
use super::{at_every_cut, chunked, client, refused_chunks, server, taken};
use plainwire::engine::Status;
use plainwire::http1::Quirks;

// RFC 9112 7.1
#[test]
fn item_24_a_chunk_size_is_hexadecimal_digits() {
    for size in
        ["0x1", "0_2e", "+1", "-0x0", " 1", "\t1", "1 ", "1\t", "1 1", "g", "1g", "", "-1", "1,", "1.0", "\u{661}"]
    {
        refused_chunks(format!("{size}\r\na\r\n0\r\n\r\n").as_bytes(), "bad-chunk-size");
    }
    // With the quirk, spaces behind the size are nothing; anything behind them still is.
    let quirks = Quirks { chunk_size_space: true, ..Quirks::default() };
    let asks = Asks { quirks, ..Asks::default() };
    let head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    let run = |body: &[u8]| {
        let stream = [head, body].concat();
        at_every_cut(&stream, |cut| ask(&asks, &stream, false, cut))
    };
    assert_eq!(run(b"3 \t \r\nabc\r\n0  \r\n\r\n").messages[0].body, b"abc");
    assert_eq!(run(b"3 1\r\nabc\r\n0\r\n\r\n").kind(), Some("bad-chunk-size"));
    assert_eq!(run(b" 3\r\nabc\r\n0\r\n\r\n").kind(), Some("bad-chunk-size"));
}

// RFC 9112 7.1
#[test]
fn item_25_a_chunk_size_never_wraps() {
    refused_chunks(b"10000000000000000\r\n", "bad-chunk-size");
    refused_chunks(b"fffffffffffffffff\r\n", "bad-chunk-size");
    refused_chunks(b"100000000000000000000000000000001\r\na\r\n", "bad-chunk-size");
    let messages = taken(&chunked(b"00000000000000000000003\r\nabc\r\n000\r\n\r\n"));
    assert_eq!(messages[0].body, b"abc");
    let large = [&b"aA\r\n"[..], &[b'x'; 170], b"\r\n0\r\n\r\n"].concat();
    assert_eq!(taken(&chunked(&large))[0].body.len(), 170);
    let outcome = server(&chunked(b"ffffffffffffffff\r\nabc"));
    assert_eq!((outcome.error, &outcome.messages[0].body[..]), (None, &b"abc"[..]));
}

// RFC 9112 7.1 and erratum 7633
#[test]
fn item_26_no_bare_lf_in_chunked_coding() {
    refused_chunks(b"3\nabc\r\n0\r\n\r\n", "bare-lf");
    refused_chunks(b"3\r\nabc\n0\r\n\r\n", "bad-chunk-end");
    refused_chunks(b"3;a\nabc\r\n0\r\n\r\n", "bare-lf");
    refused_chunks(b"3;a=\"\n\"\r\nabc\r\n0\r\n\r\n", "bare-lf");
    refused_chunks(b"0\n\r\n", "bare-lf");
}

// RFC 9112 7.1.1
#[test]
fn item_27_extensions_keep_their_grammar() {
    refused_chunks(b"3;\r\r\nabc\r\n", "bad-chunk-extension");
    refused_chunks(b"5\r\r;ABCD\r\n34\r\nE\r\n0\r\n\r\n", "bare-cr");
    for extension in
        [";", ";;a", ";=a", ";a=", ";a b", ";a=b c", ";a=\"b", ";a=\"b\"c", ";a\x00", ";a=\x7f", ";a ", ";a= ", ";(a)"]
    {
        refused_chunks(format!("3{extension}\r\nabc\r\n0\r\n\r\n").as_bytes(), "bad-chunk-extension");
    }
    refused_chunks(b"3;a\rb\r\nabc\r\n", "bare-cr");
    let messages = taken(&chunked(b"3;a;b=c;d=\"e \\\" ;f\" ; g = h\r\nabc\r\n0 ;last\r\n\r\n"));
    assert_eq!(messages[0].body, b"abc");
    let extensions: Vec<_> = messages[0].extensions.iter().map(|(name, value)| (&**name, value.as_deref())).collect();
    assert_eq!(
        extensions,
        [("a", None), ("b", Some(&b"c"[..])), ("d", Some(b"e \" ;f")), ("g", Some(b"h")), ("last", None),]
    );
}

// RFC 9112 7.1
#[test]
fn item_28_chunk_data_ends_with_one_crlf() {
    refused_chunks(b"3\r\nabcd\r\n0\r\n\r\n", "bad-chunk-end");
    refused_chunks(b"3\r\nabc0\r\n\r\n", "bad-chunk-end");
    refused_chunks(b"3\r\nabc\r0\r\n\r\n", "bad-chunk-end");
    refused_chunks(b"3\r\nabc\r\n\r\n0\r\n\r\n", "bad-chunk-size");
    refused_chunks(b"3\r\nab\r\n0\r\n\r\n", "bad-chunk-end");
}

// RFC 9110 6.5.1
#[test]
fn item_29_trailers_are_fields_and_change_nothing() {
    refused_chunks(b"0\r\nX : y\r\n\r\n", "space-before-colon");
    refused_chunks(b"0\r\nX\r\n\r\n", "no-colon");
    refused_chunks(b"0\r\n X: y\r\n\r\n", "leading-space");
    refused_chunks(b"0\r\nX: y\r\n z\r\n\r\n", "obs-fold");
    refused_chunks(b"0\r\nX: \x00\r\n\r\n", "bad-field-value");
    let stream = chunked(b"0\r\nX:POST / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: gzip\r\nHost: b\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n");
    let messages = taken(&stream);
    assert_eq!(messages.len(), 2);
    assert_eq!(messages[0].trailers[0], ("X".into(), b"POST / HTTP/1.1".to_vec()));
    assert_eq!(messages[0].trailers.len(), 4);
    assert_eq!(messages[0].fields.len(), 2);
}

// RFC 9112 9.6
#[test]
fn item_30_nothing_follows_the_last_request() {
    for head in [
        &b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"[..],
        b"GET / HTTP/1.1\r\nHost: a\r\nConnection: x, CLOSE ,y\r\n\r\n",
        b"GET / HTTP/1.0\r\n\r\n",
        b"GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n",
    ] {
        let next = b"GET /next HTTP/1.1\r\nHost: a\r\n\r\n";
        let outcome = server(&[head, next].concat());
        assert_eq!((outcome.messages.len(), outcome.status), (1, Status::Closed));
        assert_eq!(outcome.left, next);
        assert!(String::from_utf8(outcome.out).unwrap().contains("\r\nConnection: close\r\n"));
    }
    let kept = server(b"GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\nGET / HTTP/1.0\r\n\r\n");
    assert_eq!((kept.messages.len(), kept.status), (2, Status::Closed));
    assert!(String::from_utf8(kept.out).unwrap().contains("\r\nConnection: keep-alive\r\n"));
}

// RFC 9112 6.3 (7)
#[test]
fn item_31_no_framing_is_no_body_and_any_method_may_have_one() {
    let messages = taken(b"POST / HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!((messages.len(), &messages[0].body[..]), (2, &b""[..]));
    for method in ["GET", "HEAD", "DELETE", "OPTIONS", "PURGE"] {
        let stream =
            format!("{method} / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabcGET /2 HTTP/1.1\r\nHost: a\r\n\r\n");
        let messages = taken(stream.as_bytes());
        assert_eq!((messages.len(), &messages[0].body[..]), (2, &b"abc"[..]), "{method}");
    }
}

// RFC 9112 6.3 (1) and (2)
#[test]
fn item_32_responses_without_a_body_whatever_they_say() {
    let next = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    for framing in [
        "Content-Length: 5",
        "Transfer-Encoding: chunked",
        "Content-Length: 5\r\nTransfer-Encoding: chunked",
        "Content-Length: x",
        "X: y",
    ] {
        for (method, status) in [("HEAD", 200), ("HEAD", 404), ("GET", 204), ("GET", 304), ("POST", 304)] {
            let stream = format!("HTTP/1.1 {status} X\r\n{framing}\r\n\r\n{next}");
            let outcome = client(&[method], stream.as_bytes(), false);
            assert_eq!((outcome.error, outcome.messages.len()), (None, 2), "{method} {status} {framing}");
            assert_eq!((&outcome.messages[0].body[..], &outcome.messages[1].body[..]), (&b""[..], &b"ok"[..]));
        }
        let stream = format!("HTTP/1.1 103 X\r\n{framing}\r\n\r\n{next}");
        assert_eq!(client(&[], stream.as_bytes(), false).messages.len(), 2, "103 {framing}");
        let stream = format!("HTTP/1.1 299 X\r\n{framing}\r\n\r\n{next}");
        let outcome = client(&["CONNECT"], stream.as_bytes(), false);
        assert_eq!((outcome.status, &outcome.left[..]), (Status::HandedOver, next.as_bytes()));
    }
    // A refused CONNECT has a body like any other.
    let refused = client(&["CONNECT"], b"HTTP/1.1 403 X\r\nContent-Length: 2\r\n\r\nno", false);
    assert_eq!((refused.status, &refused.messages[0].body[..]), (Status::Idle, &b"no"[..]));
}

// RFC 9112 8
#[test]
fn item_33_a_body_cut_short_is_an_error() {
    for stream in [
        &b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabcd"[..],
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n0\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Le",
    ] {
        let outcome = client(&[], stream, true);
        assert_eq!(outcome.kind(), Some("truncated"), "{}", stream.escape_ascii());
        assert_eq!(outcome.error.unwrap().offset, stream.len() as u64);
    }
    let outcome = client(&[], b"HTTP/1.1 200 OK\r\n\r\nuntil the end", true);
    assert_eq!((outcome.error, outcome.status, outcome.messages[0].whole), (None, Status::Closed, true));
    let request = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nabcd";
    let outcome = at_every_cut(request, |cut| serve(request, true, cut));
    assert_eq!((outcome.kind(), outcome.reply()), (Some("truncated"), Some(400)));
}

// RFC 9112 9.2
#[test]
fn item_34_nothing_answers_nothing() {
    let asks = Asks { methods: vec!["GET".into()], only: true, ..Asks::default() };
    let run = |stream: &[u8]| at_every_cut(stream, |cut| ask(&asks, stream, false, cut));
    let outcome = run(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 408 Request Timeout\r\n\r\n");
    assert_eq!((outcome.messages.len(), outcome.kind()), (1, Some("unsolicited")));
    assert_eq!(outcome.error.unwrap().offset, 40);
    let outcome = run(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok!");
    assert_eq!(outcome.kind(), Some("unsolicited"));
    // RFC 9110 7.8: a switch that nobody asked for.
    let outcome = run(b"HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n");
    assert_eq!(outcome.kind(), Some("unexpected-switch"));
}
