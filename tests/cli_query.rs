//! `plainwire query` as a shell sees it, and the other views of `plainwire url`.
#![cfg(feature = "cli")]

#[path = "support/cli.rs"]
mod cli;

use cli::run;
use serde_json::{Value, json};
use std::process::Output;

fn text(octets: &[u8]) -> &str {
    std::str::from_utf8(octets).unwrap()
}

fn lines(output: &Output) -> Vec<Value> {
    cli::values(text(&output.stdout))
}

#[test]
fn pairs_are_printed_as_lines_and_as_json() {
    let output = run(&["query", "parse", "a=1+2&b=%C3%A9&c", "x=%0A"], b"");
    assert_eq!(text(&output.stdout), "a=1 2\nb=é\nc=\n\nx=\\n\n");
    let output = run(&["query", "parse", "--json", "-"], b"a=1+2&a=\r\n\n%FF=\xFF");
    assert_eq!(lines(&output), [json!([["a", "1 2"], ["a", ""]]), json!([]), json!([["\u{FFFD}", "\u{FFFD}"]])]);
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn options_of_reading_reach_the_parser() {
    let parse = |args: &[&str]| {
        let output = run(&[&["query", "parse", "--json"], args].concat(), b"");
        (lines(&output).remove(0), output.status.code())
    };
    assert_eq!(parse(&["--drop-blank", "a=&b=1&c"]), (json!([["b", "1"]]), Some(0)));
    assert_eq!(parse(&["--separator", ";", "a=1&2;b"]), (json!([["a", "1&2"], ["b", ""]]), Some(0)));
    assert_eq!(parse(&["--charset", "windows-1252", "a=%80"]), (json!([["a", "€"]]), Some(0)));
    let (refused, code) = parse(&["--strict", "a=1&b"]);
    assert_eq!((&refused["offset"], code), (&json!(4), Some(1)));
    assert!(refused["error"].is_string());
    assert_eq!(parse(&["--max-fields", "1", "a&b"]).0["offset"], 2);
    assert_eq!(parse(&["--errors", "strict", "a=%FF"]).0["offset"], 0);
    let output = run(&["query", "parse", "--strict", "a"], b"");
    assert_eq!(text(&output.stderr), "plainwire: query string 1: the field at offset 0 has no \"=\"\n");
    assert_eq!(run(&["query", "parse", "--charset", "nonsense", "a"], b"").status.code(), Some(2));
}

#[test]
fn pairs_are_encoded_from_arguments_and_input() {
    let encode = |args: &[&str], input: &str| {
        let output = run(&[&["query", "encode"], args].concat(), input.as_bytes());
        (text(&output.stdout).to_string(), output.status.code())
    };
    let done = |query: &str| (format!("{query}\n"), Some(0));
    assert_eq!(encode(&["a=1 2", "b=é&", "c"], ""), done("a=1+2&b=%C3%A9%26&c="));
    assert_eq!(encode(&["--json", "a=1 2"], ""), done("\"a=1+2\""));
    assert_eq!(encode(&["--style", "percent", "--safe", "/", "a=/ ~*"], ""), done("a=/%20~%2A"));
    assert_eq!(encode(&[], r#"[["a", "x y"], ["a", 1], ["b", [true, null]]]"#), done("a=x+y&a=1&b=true&b="));
    assert_eq!(encode(&["-"], r#"{"z": "1", "a": ["2", "3"]}"#), done("z=1&a=2&a=3"));
    assert_eq!(encode(&[], "a=1\nb=x=y\n"), done("a=1&b=x%3Dy"));
    assert_eq!(encode(&["--charset", "latin1", "a=é"], ""), done("a=%E9"));
    let (refused, code) = encode(&["--json"], r#"{"a": }"#);
    assert_eq!((serde_json::from_str::<Value>(&refused).unwrap()["offset"].clone(), code), (json!(6), Some(1)));
    let (refused, code) = encode(&["--json"], r#"{"a": {"b": 1}}"#);
    assert!(serde_json::from_str::<Value>(&refused).unwrap()["error"].is_string() && code == Some(1));
    assert_eq!(encode(&["--charset", "latin1", "a=ж"], ""), (String::new(), Some(1)));
    // What parse prints, encode takes.
    let parsed = run(&["query", "parse", "--json", "q=%26%3D+%2B&r"], b"");
    assert_eq!(encode(&["--json"], text(&parsed.stdout)), done("\"q=%26%3D+%2B&r=\""));
}

#[test]
fn python_and_rfc_3986_have_their_own_names() {
    let url = |args: &[&str]| {
        let output = run(&[&["url", "--json"], args].concat(), b"");
        (lines(&output).remove(0), output.status.code())
    };
    assert_eq!(
        url(&["--python", "HTTP://User:pw@Example.com:080/a;b?c#d"]),
        (
            json!({
                "scheme": "http", "netloc": "User:pw@Example.com:080", "path": "/a", "params": "b", "query": "c",
                "fragment": "d", "username": "User", "password": "pw", "hostname": "example.com", "port": 80,
            }),
            Some(0)
        )
    );
    assert_eq!(
        url(&["--python", "path"]).0,
        json!({
            "scheme": "", "netloc": "", "path": "path", "params": "", "query": "", "fragment": "", "username": null,
            "password": null, "hostname": null, "port": null,
        })
    );
    assert_eq!(url(&["--python", "http://h:x/"]), (json!({"error": "a port that is no number", "offset": 9}), Some(1)));
    assert_eq!(url(&["--python", "http://[x/"]).0["offset"], 7);
    assert_eq!(url(&["--python", "--base", "http://a/b/c", "../d"]).0["path"], "/d");
    assert_eq!(
        url(&["--rfc3986", "FOO://u@[::1]:80/a;b?c"]),
        (
            json!({
                "scheme": "FOO", "netloc": "u@[::1]:80", "path": "/a;b", "params": null, "query": "c",
                "fragment": null, "username": "u", "password": null, "hostname": "[::1]", "port": 80,
            }),
            Some(0)
        )
    );
    assert_eq!(url(&["--rfc3986", "--base", "a://h/b/c?d", "../e#"]).0["path"], "/e");
    assert_eq!(url(&["--rfc3986", "a b"]).0["offset"], 1);
    assert_eq!(run(&["url", "--rfc3986", "--base", "/a", "b"], b"").status.code(), Some(2));
    assert_eq!(run(&["url", "--python", "--base", "http://[", "b"], b"").status.code(), Some(2));
    assert_eq!(run(&["url", "--rfc3986", "--python", "b"], b"").status.code(), Some(2));
}
