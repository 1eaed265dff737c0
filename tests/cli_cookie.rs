//! `plainwire inspect cookie`: one JSON object per line in, one out.
#![cfg(feature = "cli")]

#[path = "support/cli.rs"]
mod cli;

use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::process::{Output, Stdio};

fn inspect(arguments: &[&str], input: &str) -> Output {
    cli::run(&[&["inspect", "cookie"], arguments].concat(), input)
}

/// The answers to these lines.
fn answers(arguments: &[&str], lines: &[Value]) -> Vec<Value> {
    let mut input = String::new();
    for line in lines {
        input.push_str(&line.to_string());
        input.push('\n');
    }
    cli::values(&cli::printed(inspect(arguments, &input)))
}

#[test]
fn cookies_are_stored_sent_and_forgotten() {
    let told = answers(
        &["--json"],
        &[
            json!({"set": ["a=b; Path=/", "c=d; Max-Age=60", "lonely", "x=y; Domain=other.example"], "url": "https://www.example.org/p/q", "now": 1000}),
            json!({"get": "https://www.example.org/p/", "now": 1059}),
            json!({"get": "https://www.example.org/p/", "now": 1060}),
            json!({"get": "http://example.org/", "now": 1060}),
            json!({"end_session": true}),
            json!({"get": "https://www.example.org/p/", "now": 1061}),
        ],
    );
    assert_eq!(told[0]["stored"], json!(["a", "c", ""]));
    assert_eq!(told[0]["ignored"][0]["value"], "x=y; Domain=other.example");
    assert_eq!(told[0]["ignored"][0]["reason"], "host does not domain-match the domain (5.7 step 10)");
    assert_eq!(told[0]["ignored"].as_array().unwrap().len(), 1);
    assert_eq!(
        told[1..],
        [
            json!({"cookie": "c=d; lonely; a=b"}),
            json!({"cookie": "lonely; a=b"}),
            json!({"cookie": null}),
            json!({}),
            json!({"cookie": null}),
        ]
    );
}

#[test]
fn the_request_is_as_described() {
    let set = |field: &str| json!({"set": [field], "url": "https://a.example/", "now": 0});
    let told = answers(
        &[],
        &[
            set("strict=1; SameSite=Strict"),
            set("lax=1; SameSite=Lax"),
            set("none=1; SameSite=None; Secure; HttpOnly"),
            json!({"get": "https://a.example/", "now": 1, "same_site": false}),
            json!({"get": "https://a.example/", "now": 1, "same_site": false, "method": "POST"}),
            json!({"get": "https://a.example/", "now": 1, "same_site": false, "navigation": false}),
            json!({"get": "https://a.example/", "now": 1, "http_api": false}),
            json!({"set": ["h=1; HttpOnly"], "url": "https://a.example/", "now": 1, "http_api": false}),
            json!({"set": ["x=1"], "url": "https://a.example/", "now": 1, "same_site": false, "navigation": false}),
        ],
    );
    assert_eq!(told[3], json!({"cookie": "lax=1; none=1"}));
    assert_eq!(told[4], json!({"cookie": "none=1"}));
    assert_eq!(told[5], json!({"cookie": "none=1"}));
    assert_eq!(told[6], json!({"cookie": "strict=1; lax=1"}));
    assert_eq!(told[7]["ignored"][0]["reason"], "HttpOnly cookie from a script (5.7 step 15)");
    assert_eq!(told[8]["ignored"][0]["reason"], "not SameSite=None, and set cross-site (5.7 step 18)");
}

#[test]
fn partitions_are_by_top_level_site() {
    let field = "id=1; Secure; Partitioned; SameSite=None";
    let get = |site: Value| json!({"get": "https://w.example/", "now": 1, "same_site": false, "navigation": false, "top_level_site": site});
    let told = answers(
        &[],
        &[
            json!({"set": [field], "url": "https://w.example/", "now": 0, "same_site": false, "navigation": false, "top_level_site": "https://shop.example"}),
            get("https://shop.example".into()),
            get("shop.example".into()),
            get("https://news.example".into()),
            get(Value::Null),
        ],
    );
    let cookies: Vec<_> = told[1..].iter().map(|answer| answer["cookie"].clone()).collect();
    assert_eq!(cookies, ["id=1".into(), "id=1".into(), Value::Null, Value::Null]);
}

#[test]
fn public_suffixes_and_limits_are_options() {
    let lines = [
        json!({"set": ["a=1; Domain=example.org"], "url": "https://www.example.org/", "now": 0}),
        json!({"set": ["b=1; Domain=org"], "url": "https://www.example.org/", "now": 0}),
        json!({"set": ["c=1; Domain=co.uk"], "url": "https://x.co.uk/", "now": 0}),
    ];
    let stored = |arguments: &[&str]| {
        let told = answers(arguments, &lines);
        told.iter().map(|answer| answer["stored"].as_array().unwrap().len()).collect::<Vec<_>>()
    };
    assert_eq!(stored(&[]), [1, 1, 1]);
    assert_eq!(stored(&["--public-suffix", "org"]), [1, 0, 1]);
    assert_eq!(stored(&["--public-suffix", "org", "co.uk", "--json"]), [1, 0, 0]);
    assert_eq!(stored(&["--public-suffix", "org", "--public-suffix", "co.uk"]), [1, 0, 0]);

    let set = |field: &str, now: i64| json!({"set": [field], "url": "https://a.example/", "now": now});
    let told = answers(
        &["--max-per-domain", "2"],
        &[set("a=1", 0), set("b=1", 1), set("c=1", 2), json!({"get": "https://a.example/", "now": 3})],
    );
    assert_eq!(told[3], json!({"cookie": "b=1; c=1"}));
}

#[test]
fn the_lines_may_be_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("steps.jsonl");
    std::fs::write(&path, "{\"end_session\":true}\n").unwrap();
    let path = path.to_str().unwrap();
    for arguments in
        [&[path][..], &["--json", path], &[path, "--public-suffix", "org"], &["--public-suffix", "org", "--", path]]
    {
        assert_eq!(inspect(arguments, "").stdout, b"{}\n", "{arguments:?}");
    }
    assert_eq!(inspect(&["/nowhere/steps.jsonl"], "").status.code(), Some(1));
}

#[test]
fn code_points_are_octets() {
    let told = answers(
        &[],
        &[
            json!({"set": ["a=\u{ff}\u{80}", "b=\u{1}", "t=x\ty"], "url": "https://b\u{fc}cher.example/", "now": 0}),
            json!({"get": "https://xn--bcher-kva.example/", "now": 0}),
        ],
    );
    assert_eq!(told[0]["stored"], json!(["a", "t"]));
    assert_eq!(told[0]["ignored"][0]["value"], "b=\u{1}");
    assert_eq!(told[1], json!({"cookie": "a=\u{ff}\u{80}; t=x\ty"}));
}

#[test]
fn a_url_without_a_host_has_no_cookies() {
    let told = answers(
        &[],
        &[json!({"set": ["a=b"], "url": "data:,x", "now": 0}), json!({"get": "mailto:x@example.org", "now": 0})],
    );
    assert_eq!(
        told,
        [json!({"stored": [], "ignored": [{"value": "a=b", "reason": "no host"}]}), json!({"cookie": null})]
    );
}

#[test]
fn a_wrong_line_is_named() {
    for (line, says) in [
        ("{", "line 2: "),
        ("{\"get\":\"https://a.example/\"}", "line 2: no now"),
        ("{\"get\":\"nowhere\",\"now\":0}", "line 2: \"nowhere\" is no URL"),
        ("{\"set\":[\"a=b\"],\"now\":0}", "line 2: set without url"),
        ("{\"now\":0}", "line 2: a line has one of set, get and end_session"),
        ("{\"set\":[\"\u{20ac}\"],\"url\":\"https://a.example/\",\"now\":0}", "line 2: a code point over 255"),
    ] {
        let output = inspect(&[], &format!("{{\"end_session\":true}}\n{line}\n"));
        assert_eq!(output.status.code(), Some(2), "{line}");
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(error.starts_with(&format!("plainwire: {says}")), "{error}");
        assert_eq!(error.lines().count(), 1);
        assert_eq!(output.stdout, b"{}\n");
    }
}

#[test]
fn each_answer_comes_before_the_next_line_is_read() {
    let mut child =
        cli::plainwire().args(["inspect", "cookie"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = child.stdin.take().unwrap();
    let mut answers = BufReader::new(child.stdout.take().unwrap());
    for _ in 0..3 {
        lines.write_all(b"{\"end_session\":true}\n").unwrap();
        let mut answer = String::new();
        answers.read_line(&mut answer).unwrap();
        assert_eq!(answer, "{}\n");
    }
    drop(lines);
    assert!(child.wait().unwrap().success());
}
