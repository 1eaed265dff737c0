//! The IETF's http-state cases and dates against the jar, with what RFC 6265bis changed about them.
#![cfg(all(feature = "cookie", feature = "std"))]
#![allow(clippy::option_option, reason = "absent and null are two things in a case")]

mod support;

use plainwire::cookie::{Jar, Place, PublicSuffixes, Request, Timestamp};
use plainwire::url::Url;
use serde::Deserialize;

#[derive(Deserialize)]
struct Case {
    id: String,
    set_cookie_headers: Vec<String>,
    response_url: String,
    request_url: String,
    expected_cookie_header: Option<String>,
    clock: i64,
    config: Config,
    /// Absent and null differ: null is "no header any more".
    #[serde(default, deserialize_with = "given")]
    rfc6265bis_expected: Option<Option<String>>,
}

#[derive(Deserialize)]
struct Config {
    public_suffixes: Vec<String>,
}

#[derive(Deserialize)]
struct Date {
    id: String,
    test: String,
    expected: Option<String>,
}

fn given<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
    Option::<String>::deserialize(deserializer).map(Some)
}

/// The files hold octets as the code points 0 to 255, or text.
fn octets(text: &str) -> Vec<u8> {
    if text.chars().all(|char| u32::from(char) < 256) {
        text.chars().map(|char| char as u8).collect()
    } else {
        text.as_bytes().to_vec()
    }
}

#[test]
fn every_case_sends_what_is_expected() {
    let Some(folder) = support::conformance("http-state") else { return };
    let lines = std::fs::read_to_string(folder.join("cases.jsonl")).unwrap();
    let mut wrong = Vec::new();
    let mut count = 0;
    for line in lines.lines() {
        let case: Case = serde_json::from_str(line).unwrap();
        let (from, to) = (Url::parse(&case.response_url).unwrap(), Url::parse(&case.request_url).unwrap());
        let now = Timestamp(case.clock);
        let mut jar = Jar::new().public_suffixes(PublicSuffixes::names(&case.config.public_suffixes));
        for field in &case.set_cookie_headers {
            // A refusal is an answer too: it shows in what is sent.
            jar.receive(&octets(field), &Request::to(Place::try_from(&from).unwrap()), now).ok();
        }
        let sent = jar.cookie_string(&Request::to(Place::try_from(&to).unwrap()), now);
        let expected = case.rfc6265bis_expected.unwrap_or(case.expected_cookie_header);
        if sent != expected.as_deref().map(octets) {
            wrong.push(format!(
                "{}: sent {:?}, expected {expected:?}, after {:?}",
                case.id,
                sent.as_deref().map(String::from_utf8_lossy),
                case.set_cookie_headers
            ));
        }
        count += 1;
    }
    assert!(wrong.is_empty(), "{} of {count} cases:\n{}", wrong.len(), wrong.join("\n"));
    println!("{count} cases");
}

#[test]
fn every_date_is_read_as_expected() {
    let Some(folder) = support::conformance("http-state") else { return };
    let lines = std::fs::read_to_string(folder.join("dates.jsonl")).unwrap();
    let mut count = 0;
    for line in lines.lines() {
        let date: Date = serde_json::from_str(line).unwrap();
        let read = Timestamp::parse(&octets(&date.test)).map(|at| at.to_string());
        assert_eq!(read, date.expected, "{}: {:?}", date.id, date.test);
        count += 1;
    }
    println!("{count} dates");
}
