//! The strict cases of llhttp's tests, each at every cut, with the differences listed by reason.
#![cfg(feature = "http1")]

#[path = "support/http1.rs"]
mod http1;
mod support;

use http1::{Asks, Message, Outcome, ask, serve};
use plainwire::engine::Status;
use serde::Deserialize;

#[derive(Deserialize)]
struct Case {
    id: String,
    name: String,
    kind: String,
    #[serde(default)]
    eof: bool,
    #[serde(default, rename = "skipBody")]
    skip_body: bool,
    input_b64: String,
    expect: Expect,
}

#[derive(Deserialize)]
struct Expect {
    outcome: String,
    messages: Vec<Expected>,
    #[serde(default)]
    upgrade: bool,
    leftover_b64: Option<String>,
}

#[derive(Deserialize)]
struct Expected {
    method: Option<String>,
    target: Option<String>,
    version: Option<String>,
    status: Option<u16>,
    reason: Option<String>,
    headers: Vec<(String, String)>,
    headers_complete: bool,
    body_b64: Option<String>,
    trailers: Vec<(String, String)>,
    #[serde(default)]
    chunk_extensions: Vec<(String, Option<String>)>,
    complete: bool,
}

/// What we do otherwise, and why. A case that is listed and agrees after all fails the test: the list may only shrink.
const DIFFERENCES: &[(&str, &str)] = &[
    ("010", "a request line without a version is HTTP/0.9, which RFC 9112 does not have"),
    ("032", "RFC 9112 6: framing does not depend on the method, so CONNECT with Content-Length has content"),
    ("033", "RFC 9112 3.2.4: `*` is a target of OPTIONS alone"),
    ("040", "RFC 9112 2.3: the protocol is HTTP"),
    ("041", "RFC 9112 2.3: the protocol is HTTP"),
    ("042", "RFC 9112 2.3: the protocol is HTTP"),
    ("043", "RFC 9112 3.2.4: `*` is a target of OPTIONS alone"),
    ("052", "RFC 9110 7.1: a fragment is no part of a target"),
    ("058", "RFC 9112 9.6: what follows the last message is left, not judged"),
    ("064", "RFC 9112 9.6: what follows the last message is left, not judged"),
    ("065", "RFC 9112 9.6: what follows the last message is left, not judged"),
    ("092", "llhttp is told to skip the body there"),
    ("114", "RFC 9110 7.1: a fragment is no part of a target"),
    ("115", "RFC 9110 7.1: a fragment is no part of a target"),
    ("129", "RFC 9110 9.1: any token is a method"),
    ("139", "RFC 9110 9.1: any token is a method"),
    ("151", "RFC 9112 8: a message that ends early is an error"),
    ("152", "RFC 9112 8: a message that ends early is an error"),
    ("168", "RFC 9112 2.3: the protocol is HTTP"),
    ("169", "RFC 9112 2.3: the protocol is HTTP"),
    ("184", "RFC 9112 2.3: the major version is 1"),
    ("192", "RFC 9112 9.6: what follows the last message is left, not judged"),
    ("194", "RFC 9112 9.6: what follows the last message is left, not judged"),
    ("207", "llhttp is told to skip the body there"),
];

fn decode(text: &str) -> Vec<u8> {
    let value = |byte: u8| match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' => 62,
        _ => 63,
    };
    let digits: Vec<u8> = text.bytes().filter(|byte| *byte != b'=').map(value).collect();
    let mut octets = Vec::new();
    for group in digits.chunks(4) {
        let bits = group.iter().fold(0_u32, |bits, digit| bits << 6 | u32::from(*digit)) << (6 * (4 - group.len()));
        octets.extend_from_slice(&bits.to_be_bytes()[1..group.len()]);
    }
    octets
}

/// llhttp does not look for `Host`: an HTTP/1.1 request gets one where it has none.
fn with_host(input: &[u8]) -> (Vec<u8>, bool) {
    let text = input.to_ascii_lowercase();
    if text.windows(5).any(|window| window == b"host:") {
        return (input.to_vec(), false);
    }
    let line = b" HTTP/1.1\r\n";
    let mut hosted = Vec::new();
    let mut rest = input;
    while let Some(at) = rest.windows(line.len()).position(|window| window == line) {
        hosted.extend_from_slice(&rest[..at + line.len()]);
        hosted.extend_from_slice(b"Host: added\r\n");
        rest = &rest[at + line.len()..];
    }
    hosted.extend_from_slice(rest);
    (hosted, true)
}

fn lines(lines: &[(String, String)]) -> Vec<(String, Vec<u8>)> {
    // The file spells octets above 0x7F as the code points of Latin-1.
    let latin = |text: &str| text.chars().map(|letter| letter as u8).collect();
    // RFC 9110 5.5: the whitespace around a value is no part of it; llhttp leaves what is behind it.
    lines.iter().map(|(name, value)| (name.clone(), latin(value.trim_end_matches([' ', '\t'])))).collect()
}

/// llhttp tells a quoted value as it is spelled.
fn unquoted(value: &str) -> Vec<u8> {
    let Some(inner) = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else { return value.into() };
    let mut plain = Vec::new();
    let mut octets = inner.bytes();
    while let Some(byte) = octets.next() {
        plain.push(if byte == b'\\' { octets.next().unwrap() } else { byte });
    }
    plain
}

fn agrees(case: &Case, outcome: &Outcome) -> Result<(), String> {
    let heads: Vec<&Expected> = case.expect.messages.iter().filter(|message| message.headers_complete).collect();
    let found = match (&outcome.error, outcome.messages.last()) {
        (Some(error), _) => return if case.expect.outcome == "error" { Ok(()) } else { Err(format!("{error}")) },
        (None, Some(last)) if !last.whole => "incomplete",
        _ if outcome.status == Status::Open || !outcome.left.is_empty() && !outcome.status.over() => "incomplete",
        _ => "ok",
    };
    // A body up to the close is complete when the connection closes.
    if found != case.expect.outcome && !(case.eof && found == "ok") {
        return Err(format!("{} expected, {found} found", case.expect.outcome));
    }
    if heads.len() != outcome.messages.len() {
        return Err(format!("{} heads expected, {} found", heads.len(), outcome.messages.len()));
    }
    for (expected, told) in heads.iter().zip(&outcome.messages) {
        let Message { method, target, status, reason, minor, fields, body, trailers, extensions, whole } = told;
        let fields: Vec<_> = fields.iter().filter(|(_, value)| value != b"added").cloned().collect();
        let latin = |text: &str| text.chars().map(|letter| letter as u8).collect::<Vec<u8>>();
        let same = expected.method.as_deref().is_none_or(|wanted| wanted == method)
            && expected.target.as_deref().is_none_or(|wanted| wanted == target)
            && expected.version.as_deref().is_none_or(|wanted| wanted == format!("1.{minor}"))
            && expected.status.is_none_or(|wanted| wanted == *status)
            && expected.reason.as_deref().is_none_or(|wanted| latin(wanted) == *reason)
            && lines(&expected.headers) == fields
            && expected.body_b64.as_deref().is_none_or(|wanted| decode(wanted) == *body)
            && lines(&expected.trailers) == *trailers
            && (expected.complete == *whole || case.eof);
        if !same {
            return Err(format!("{told:?}"));
        }
        let extended: Vec<_> = expected
            .chunk_extensions
            .iter()
            .map(|(name, value)| (name.clone(), value.as_deref().map(unquoted)))
            .collect();
        if !extended.is_empty() && extended != *extensions {
            return Err(format!("extensions {extensions:?}"));
        }
    }
    if case.expect.upgrade {
        let leftover = case.expect.leftover_b64.as_deref().map(decode).unwrap_or_default();
        if outcome.status != Status::HandedOver || outcome.left != leftover {
            return Err(format!("{:?}, left {:?}", outcome.status, outcome.left));
        }
    }
    Ok(())
}

#[test]
fn llhttps_cases() {
    let Some(folder) = support::conformance("llhttp") else { return };
    let text = std::fs::read_to_string(folder.join("cases.jsonl")).unwrap();
    let mut wrong = Vec::new();
    let mut cases = 0;
    for line in text.lines() {
        let case: Case = serde_json::from_str(line).unwrap();
        let id = case.id.rsplit('-').next().unwrap();
        let (input, _) =
            if case.kind == "request" { with_host(&decode(&case.input_b64)) } else { (decode(&case.input_b64), false) };
        let run = |cut| match &*case.kind {
            "request" => serve(&input, case.eof, cut),
            _ => ask(&Asks { upgrade: true, ..Asks::default() }, &input, case.eof, cut),
        };
        let whole = run(usize::MAX);
        for cut in 1..input.len() {
            let other = run(cut);
            assert_eq!(whole.messages, other.messages, "{} {} in pieces of {cut}", case.id, case.name);
            assert_eq!((whole.error, whole.status), (other.error, other.status), "{} in pieces of {cut}", case.id);
            assert_eq!(whole.left, other.left, "{} in pieces of {cut}", case.id);
            assert_eq!(whole.out, other.out, "{} in pieces of {cut}", case.id);
        }
        let listed = DIFFERENCES.iter().any(|(differs, _)| *differs == id);
        match agrees(&case, &whole) {
            Ok(()) if listed => wrong.push(format!("{id} is listed as a difference, and agrees")),
            Err(found) if !listed => wrong.push(format!("{id} {}: {found}", case.name)),
            _ => {}
        }
        assert!(!case.skip_body || listed);
        cases += 1;
    }
    assert!(cases > 200, "{cases} cases");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
