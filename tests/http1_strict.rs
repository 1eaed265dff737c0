//! What a strict recipient does with what could be read in two ways: one test for each rule, with its section, on the
//! octets that once fooled somebody.
#![cfg(feature = "http1")]

#[path = "support/http1.rs"]
mod http1;

use http1::{Asks, Message, Outcome, ask, serve};
use plainwire::engine::Status;
use plainwire::http1::Quirks;

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

// RFC 9112 6.1, 6.3 (3)
#[test]
fn item_1_length_and_coding_are_refused_in_either_order() {
    refused_lines(b"Content-Length: 5\r\nTransfer-Encoding: chunked", 400, "two-framings");
    refused_lines(b"Transfer-Encoding: chunked\r\nContent-Length: 5", 400, "two-framings");
    refused_lines(b"transfer-encoding:chunked\r\nCONTENT-LENGTH:0", 400, "two-framings");
}

// RFC 9112 6.3 (5)
#[test]
fn item_2_two_lengths_that_differ_are_refused() {
    refused_lines(b"Content-Length: 5\r\nContent-Length: 6", 400, "repeated-content-length");
    refused_lines(b"Content-Length: 5, 6", 400, "bad-content-length");
}

// RFC 9110 8.6
#[test]
fn item_3_two_lengths_that_are_equal_are_refused_too() {
    refused_lines(b"Content-Length: 5\r\nContent-Length: 5", 400, "repeated-content-length");
    refused_lines(b"Content-Length: 1, 1", 400, "bad-content-length");
}

// RFC 9110 8.6: 1*DIGIT
#[test]
fn item_4_a_length_is_digits() {
    for value in ["+1", "-1", "0x1", "1_0", "1Z", "1 1", "", "1,", "\"1\"", "1.0", "\u{661}"] {
        refused_lines(format!("Content-Length: {value}").as_bytes(), 400, "bad-content-length");
    }
}

// RFC 9110 8.6
#[test]
fn item_5_a_length_never_wraps_and_is_never_octal() {
    refused_lines(b"Content-Length: 18446744073709551616", 400, "bad-content-length");
    refused_lines(b"Content-Length: 184467440737095516160000000000000000000000", 400, "bad-content-length");
    let messages =
        taken(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 010\r\n\r\n0123456789GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(messages[0].body, b"0123456789");
    assert_eq!(messages.len(), 2);
    let largest = server(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 18446744073709551615\r\n\r\nabc");
    assert_eq!((largest.error, largest.status, &largest.messages[0].body[..]), (None, Status::Open, &b"abc"[..]));
}

// RFC 9112 6.1, 6.3 (4)
#[test]
fn item_6_the_last_coding_of_a_request_is_chunked_and_known() {
    refused_lines(b"Transfer-Encoding: gzip", 400, "not-chunked-last");
    refused_lines(b"Transfer-Encoding: chunked, gzip", 400, "not-chunked-last");
    refused_lines(b"Transfer-Encoding: foo", 501, "unknown-transfer-coding");
    refused_lines(b"Transfer-Encoding: foo, chunked", 501, "unknown-transfer-coding");
    refused_lines(b"Transfer-Encoding: chunked, identity", 501, "unknown-transfer-coding");
    refused_lines(b"Transfer-Encoding: identity", 501, "unknown-transfer-coding");
    refused_lines(b"Transfer-Encoding: xchunked", 501, "unknown-transfer-coding");
    refused_lines(b"Transfer-Encoding: chunkedchunked", 501, "unknown-transfer-coding");
}

// RFC 9112 6.1
#[test]
fn item_7_chunked_is_applied_once_and_said_in_one_line() {
    refused_lines(b"Transfer-Encoding: chunked, chunked", 400, "chunked-twice");
    refused_lines(b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", 400, "repeated-transfer-encoding");
    refused_lines(b"Transfer-Encoding: gzip, chunked\r\nTransfer-Encoding: chunked", 400, "repeated-transfer-encoding");
    let response = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
    assert_eq!(client(&[], response, false).kind(), Some("chunked-twice"));
}

// RFC 9110 5.6.1.2
#[test]
fn item_8_empty_elements_of_a_list_are_nothing() {
    for value in [",chunked", "chunked,", " , chunked ,,", "CHUNKED"] {
        let head = format!("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: {value}\r\n\r\n3\r\nabc\r\n0\r\n\r\n");
        assert_eq!(taken(head.as_bytes())[0].body, b"abc", "{value}");
        refused_lines(format!("Content-Length: 3\r\nTransfer-Encoding: {value}").as_bytes(), 400, "two-framings");
    }
    refused_lines(b"Transfer-Encoding: ", 400, "bad-transfer-encoding");
    refused_lines(b"Transfer-Encoding: ,", 400, "bad-transfer-encoding");
}

// RFC 9112 6.1, RFC 9110 5.5
#[test]
fn item_9_a_coding_is_a_plain_token() {
    refused_lines(b"Transfer-Encoding: \x0bchunked", 400, "bad-field-value");
    refused_lines(b"Transfer-Encoding: chunked\x00", 400, "bad-field-value");
    for value in [
        &b"\xa0chunked"[..],
        b"chunked\xa0",
        b"\x85chunked",
        b"\"chunked\"",
        b"chunked;q=1",
        b"chunked ;a",
        b"ch unked",
    ] {
        refused_lines(&[b"Transfer-Encoding: ", value].concat(), 400, "bad-transfer-encoding");
    }
}

// RFC 9112 6.1
#[test]
fn item_10_http_1_0_has_no_transfer_codings() {
    refused(b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400, "transfer-encoding-in-http-1.0");
    let response = b"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
    assert_eq!(client(&[], response, false).kind(), Some("transfer-encoding-in-http-1.0"));
}

// RFC 9112 6.3 (4) and (3)
#[test]
fn item_11_a_response_that_is_not_chunked_last_is_read_until_close() {
    for value in ["gzip", "chunked, gzip", "foo"] {
        let response = format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: {value}\r\n\r\n3\r\nabc\r\n0\r\n\r\n");
        let outcome = client(&[], response.as_bytes(), true);
        assert_eq!((outcome.error, outcome.status), (None, Status::Closed));
        assert_eq!(outcome.messages[0].body, b"3\r\nabc\r\n0\r\n\r\n", "{value}");
    }
    let both = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n";
    assert_eq!(client(&[], both, false).kind(), Some("two-framings"));
    let both = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: gzip\r\n\r\nabc";
    assert_eq!(client(&[], both, false).kind(), Some("two-framings"));
}

// RFC 9112 5.1
#[test]
fn item_12_no_space_before_the_colon() {
    refused_lines(b"Content-Length : 34", 400, "space-before-colon");
    refused_lines(b"X\t: y", 400, "space-before-colon");
    refused(b"GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400, "space-before-colon");
}

// RFC 9112 2.2
#[test]
fn item_13_no_space_before_the_first_field() {
    refused(b"GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400, "leading-space");
    refused(b"GET / HTTP/1.1\r\n\tContent-Length: 1\r\nHost: a\r\n\r\nX", 400, "leading-space");
    refused(b"GET / HTTP/1.1\r\n \r\nHost: a\r\n\r\n", 400, "leading-space");
}

// RFC 9112 5.2
#[test]
fn item_14_folded_lines() {
    refused_lines(b"X: a\r\n b", 400, "obs-fold");
    refused_lines(b"Transfer-Encoding:\r\n chunked", 400, "bad-transfer-encoding");
    refused_lines(b"X:\r\n\tContent-Length: 5", 400, "obs-fold");
    let response = b"HTTP/1.1 200 OK\r\nX: a\r\n  b\r\n\tc \r\nY:\r\n d\r\nContent-Length: 0\r\n\r\n";
    assert_eq!(client(&[], response, false).kind(), Some("obs-fold"));
    let quirks = Quirks { obs_fold: true, ..Quirks::default() };
    let asks = Asks { quirks, ..Asks::default() };
    let outcome = at_every_cut(response, |cut| ask(&asks, response, false, cut));
    let fields = &outcome.messages[0].fields;
    assert_eq!(fields[0], ("X".into(), b"a b c".to_vec()));
    assert_eq!(fields[1], ("Y".into(), b"d".to_vec()));
    // A fold in a framing field is never read.
    let response = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip,\r\n chunked\r\n\r\n0\r\n\r\n";
    let outcome = at_every_cut(response, |cut| ask(&asks, response, false, cut));
    assert_eq!(outcome.kind(), Some("bad-transfer-encoding"));
}

// RFC 9112 2.2
#[test]
fn item_15_a_bare_lf_ends_no_line() {
    refused(b"GET / HTTP/1.1\nHost: a\n\n", 400, "bare-lf");
    refused_lines(b"X: y\nZ: w", 400, "bare-lf");
    refused(b"GET / HTTP/1.1\r\nHost: a\r\n\n", 400, "bare-lf");
    refused_chunks(b"0\r\nX: y\n\r\n", "bare-lf");
    refused_chunks(b"0\r\n\n", "bare-lf");
    // With the quirk it does, in heads and trailers.
    let quirks = Quirks { bare_lf: true, ..Quirks::default() };
    let asks = Asks { quirks, ..Asks::default() };
    let response = b"HTTP/1.1 200 OK\nX: y\r\nTransfer-Encoding: chunked\n\n3\r\nabc\r\n0\r\nT: u\n\n";
    let outcome = at_every_cut(response, |cut| ask(&asks, response, false, cut));
    assert_eq!((outcome.error, &outcome.messages[0].body[..]), (None, &b"abc"[..]));
    assert_eq!(outcome.messages[0].trailers, [("T".into(), b"u".to_vec())]);
    assert_eq!(outcome.messages[0].fields[0], ("X".into(), b"y".to_vec()));
}

// RFC 9112 2.2
#[test]
fn item_16_a_bare_cr_is_refused_wherever_it_stands() {
    refused_lines(b"X: a\rb", 400, "bare-cr");
    refused_lines(b"X: a\r\rb", 400, "bare-cr");
    refused_lines(b"Visible: :/\rSmuggled: :)", 400, "bare-cr");
    refused(b"GET / HTTP/1.1\rHost: a\r\n\r\n", 400, "bare-cr");
    refused(b"GET / HTTP/1.1\r\nHost: a\r\n\r\rX", 400, "bare-cr");
    refused(b"GET /\r HTTP/1.1\r\nHost: a\r\n\r\n", 400, "bad-request-line");
    refused_lines(b"A\rB: c", 400, "no-colon");
}

// RFC 9110 5.5
#[test]
fn item_17_controls_in_values() {
    for octet in (0..0x20_u8).filter(|octet| !matches!(octet, b'\t' | b'\n' | b'\r')).chain([0x7f]) {
        refused_lines(&[b"X: a", &[octet][..], b"b"].concat(), 400, "bad-field-value");
        refused_lines(&[b"X:", &[octet][..]].concat(), 400, "bad-field-value");
    }
    let messages = taken(b"GET / HTTP/1.1\r\nHost: a\r\nX: \xa0\x85v\xff\xa0\r\nY:\ta\tb\t\r\n\r\n");
    assert_eq!(messages[0].fields[1].1, b"\xa0\x85v\xff\xa0");
    assert_eq!(messages[0].fields[2].1, b"a\tb");
}

// RFC 9110 5.1, RFC 9112 5
#[test]
fn item_18_names_are_tokens() {
    refused_lines(b": ignored", 400, "bad-field-name");
    refused_lines(b"no colon at all", 400, "space-before-colon");
    refused_lines(b"nocolon", 400, "no-colon");
    refused_lines(b"\xefoo: bar", 400, "bad-field-name");
    refused_lines(b"Content-\r\nLength: 5", 400, "no-colon");
    for octet in (0..=255_u8).filter(|octet| !octet.is_ascii_alphanumeric() && !b"!#$%&'*+-.^_`|~".contains(octet)) {
        let kind = match octet {
            b':' => continue, // a name, and a value behind it
            b' ' | b'\t' => "space-before-colon",
            b'\r' | b'\n' => "no-colon",
            _ => "bad-field-name",
        };
        refused_lines(&[b"A", &[octet][..], b"B: c"].concat(), 400, kind);
    }
    let messages = taken(b"GET / HTTP/1.1\r\nHost: a\r\n!#$%&'*+-.^_`|~09azAZ: x\r\n\r\n");
    assert_eq!(messages[0].fields[1].0, "!#$%&'*+-.^_`|~09azAZ");
}

// RFC 9112 3
#[test]
fn item_19_the_request_line_has_two_spaces_and_three_parts() {
    for line in [
        "GET  / HTTP/1.1",
        "GET /  HTTP/1.1",
        "GET\t/ HTTP/1.1",
        "GET /\tHTTP/1.1",
        "GET / HTTP/1.1 ",
        "GET / HTTP/1.1\t",
        "GET /a b HTTP/1.1",
        " GET / HTTP/1.1",
        "GET /",
        "GET",
        "GET /\nHTTP/1.1",
        "GET / ",
    ] {
        let outcome = server(format!("{line}\r\nHost: a\r\n\r\n").as_bytes());
        assert_eq!(outcome.reply(), Some(400), "{line}");
        assert!(matches!(outcome.kind(), Some("bad-request-line" | "bad-version")), "{line}: {:?}", outcome.kind());
    }
}

// RFC 9112 2.3, RFC 9110 2.5 and 15.6.6
#[test]
fn item_20_versions() {
    for (version, status) in [
        ("HTTP/1.32", 400),
        ("HTTP/2.0", 505),
        ("HTTP/0.9", 505),
        ("HTTP/3.0", 505),
        ("http/1.1", 400),
        ("Http/1.1", 400),
        ("HTTP/\r\r1.1", 400),
        ("HTTP/1.", 400),
        ("HTTP/1", 400),
        ("HTTP/.1", 400),
        ("HTTP/01.1", 505),
        ("HTTP/11.1", 400),
        ("HTTP/1.01", 400),
        ("HTTP/1.11111111111111111111", 400),
        ("HTTP/1,1", 400),
        ("HTTP/1.x", 400),
        ("HTTP 1.1", 400),
        ("HTTP/+1.1", 400),
        ("HTTPS/1.1", 400),
        ("HTTP/", 400),
        ("HTTP/22222222222222222222.1", 505),
    ] {
        let outcome = server(format!("GET / {version}\r\nHost: a\r\n\r\n").as_bytes());
        assert_eq!(outcome.reply(), Some(status), "{version}: {:?}", outcome.kind());
    }
    // RFC 9110 2.5: a higher minor version is processed as 1.1.
    assert_eq!(taken(b"GET / HTTP/1.2\r\nHost: a\r\n\r\n")[0].minor, 2);
    refused(b"GET / HTTP/1.2\r\n\r\n", 400, "no-host");
}

// RFC 9110 9.1
#[test]
fn item_21_methods_are_tokens() {
    refused(b"G=\":<>(e),[T];?\" /get HTTP/1.1\r\nHost: a\r\n\r\n", 400, "bad-method");
    refused(b"G\xc9T / HTTP/1.1\r\nHost: a\r\n\r\n", 400, "bad-method");
    refused(b"GE\x00T / HTTP/1.1\r\nHost: a\r\n\r\n", 400, "bad-method");
    refused(b"GET: / HTTP/1.1\r\nHost: a\r\n\r\n", 400, "bad-method");
    assert_eq!(taken(b"get / HTTP/1.1\r\nHost: a\r\n\r\n")[0].method, "get");
    assert_eq!(taken(b"X-!~ / HTTP/1.1\r\nHost: a\r\n\r\n")[0].method, "X-!~");
}

// RFC 9112 3.2
#[test]
fn item_22_targets_have_a_form_that_their_method_allows() {
    for line in [
        "GET !",
        "GET *",
        "GET example.com",
        "GET example.com:80",
        "GET a/b",
        "GET ?q",
        "GET http://",
        "GET http:///a",
        "GET http://:80/",
        "GET http://a:x/",
        "GET http://a:65536/",
        "GET 1http://a/",
        "GET http:/a",
        "GET http://a@b@c/",
        "GET http://[::1/",
        "GET http://[::g]/",
        "GET /a#b",
        "GET /\u{e9}",
        "GET http://a#b",
        "POST *",
        "OPTIONS **",
        "CONNECT /",
        "CONNECT a",
        "CONNECT a:",
        "CONNECT :80",
        "CONNECT http://a:80",
        "CONNECT u@a:80",
        "CONNECT a:99999",
        "CONNECT *",
        "CONNECT a:80/x",
        "OPTIONS a:80",
    ] {
        refused(format!("{line} HTTP/1.1\r\nHost: a\r\n\r\n").as_bytes(), 400, "bad-target");
    }
    for line in [
        "GET /",
        "GET //",
        "GET /a?b?c",
        "GET /?",
        "GET http://a",
        "GET http://a?b",
        "GET http://a:80/",
        "GET https://a:/x",
        "GET http://[::1]:80/",
        "GET http://[v1.x:y]/",
        "GET http://u:p@a/",
        "OPTIONS *",
        "OPTIONS /",
        "OPTIONS http://a",
        "GET /|^\"{}\\`<>",
        "GET ftp://a/b",
        "GET http://%41/",
    ] {
        let messages = taken(format!("{line} HTTP/1.1\r\nHost: a\r\n\r\n").as_bytes());
        assert_eq!(messages[0].target, line.split(' ').nth(1).unwrap());
    }
    for line in ["CONNECT a:80", "CONNECT [::1]:80", "CONNECT 1.2.3.4:0443"] {
        let outcome = server(format!("{line} HTTP/1.1\r\nHost: a\r\n\r\nraw").as_bytes());
        assert_eq!((outcome.status, &outcome.left[..]), (Status::HandedOver, &b"raw"[..]));
    }
}

// RFC 9112 3.2
#[test]
fn item_23_host_is_there_once_and_is_a_host() {
    refused(b"GET / HTTP/1.1\r\n\r\n", 400, "no-host");
    refused(b"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400, "repeated-host");
    refused(b"GET / HTTP/1.1\r\nHost: a\r\nX: y\r\nhOST: b\r\n\r\n", 400, "repeated-host");
    refused(b"GET http://a/ HTTP/1.1\r\n\r\n", 400, "no-host");
    for host in [
        "u@a",
        "a b",
        "a/b",
        "a:x",
        "a:80:80",
        "[::1",
        "[::1]x",
        "a?b",
        "a#b",
        "http://a",
        "a\\b",
        "\u{e9}",
        "[1.2.3.4]",
        "a:65536",
        "%",
        "%zz",
        "a%4",
        "\"a\"",
    ] {
        refused(format!("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n").as_bytes(), 400, "bad-host");
    }
    // RFC 3986 3.2.2: a registered name may hold sub-delims, a comma among them.
    for host in
        ["", "a", "a:80", "a:", "[::1]", "[::1]:443", "1.2.3.4:80", "a_b", "%41", "0.0.0.0=5000", "a,b", "[v7.a:b]"]
    {
        taken(format!("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n").as_bytes());
    }
    taken(b"GET / HTTP/1.0\r\n\r\n");
    refused(b"GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n", 400, "repeated-host");
}

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
