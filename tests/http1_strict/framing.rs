//! What says how long a message is: Content-Length, Transfer-Encoding, and both at once.

use super::{client, refused, refused_lines, server, taken};
use plainwire::engine::Status;

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
