//! Lines, fields, request lines, targets, Host.

use super::http1::{Asks, ask};
use super::{at_every_cut, client, refused, refused_chunks, refused_lines, server, taken};
use plainwire::engine::Status;
use plainwire::http1::Quirks;

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
