//! `plainwire url` as a shell sees it.
#![cfg(feature = "cli")]

#[path = "support/cli.rs"]
mod cli;

use std::process::Output;

fn url(args: &[&str], input: &[u8]) -> Output {
    cli::run(&[&["url"], args].concat(), input)
}

fn text(octets: &[u8]) -> &str {
    std::str::from_utf8(octets).unwrap()
}

#[test]
fn json_has_the_standards_names() {
    let output = url(&["--json", "https://u:p@Example.org:8080/a/../b?q#f", "mailto:me@example.org"], b"");
    assert_eq!(
        text(&output.stdout),
        concat!(
            r##"{"href":"https://u:p@example.org:8080/b?q#f","protocol":"https:","username":"u","password":"p","##,
            r##""host":"example.org:8080","hostname":"example.org","port":"8080","pathname":"/b","search":"?q","##,
            r##""hash":"#f","origin":"https://example.org:8080"}"##,
            "\n",
            r#"{"href":"mailto:me@example.org","protocol":"mailto:","username":null,"password":null,"host":null,"#,
            r#""hostname":null,"port":null,"pathname":"me@example.org","search":null,"hash":null,"origin":"null"}"#,
            "\n",
        )
    );
    assert_eq!(output.status.code(), Some(0));
    assert!(output.stderr.is_empty());
}

#[test]
fn failures_keep_their_place_among_the_lines() {
    let output = url(&["--json", "-"], b"http://a/\r\nhttp://a:99999/\nhttp://\xFF/\nhttp://b/");
    let lines: Vec<serde_json::Value> = cli::values(text(&output.stdout));
    assert_eq!(lines[0]["href"], "http://a/");
    assert_eq!(lines[1], serde_json::json!({ "error": "the port is above 65535", "offset": 9 }));
    assert_eq!(lines[2], serde_json::json!({ "error": "the input is not UTF-8", "offset": 7 }));
    assert_eq!(lines[3]["href"], "http://b/");
    assert_eq!((lines.len(), output.status.code()), (4, Some(1)));
}

#[test]
fn plain_text_says_what_is_there() {
    let output = url(&["--base", "http://h/a/b", "../c?d"], b"");
    assert_eq!(
        text(&output.stdout),
        "href      http://h/c?d\nprotocol  http:\nhost      h\nhostname  h\npathname  /c\nsearch    ?d\norigin    http://h\n"
    );
    let output = url(&["nonsense"], b"");
    assert_eq!(text(&output.stdout), "");
    assert_eq!(
        text(&output.stderr),
        "plainwire: URL 1: the URL is relative and there is no base that it could be relative to at offset 0\n"
    );
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn a_base_that_is_none_is_a_mistake_of_the_caller() {
    let output = url(&["--base", "nonsense", "a"], b"");
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).starts_with("plainwire: the base is no URL: "));
    assert_eq!(url(&[], b"").status.code(), Some(2));
}
