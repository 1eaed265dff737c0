//! `plainwire robots check`: the answer, the rule and the line that decided.
#![cfg(feature = "cli")]

#[path = "support/cli.rs"]
mod cli;

use std::process::Output;

const FILE: &str = "# for all\nUser-agent: *\nDisallow: /private\nAllow: /private/press # but\n";

fn check(arguments: &[&str], input: &str) -> Output {
    cli::run(&[&["robots", "check"], arguments].concat(), input)
}

fn says(arguments: &[&str]) -> (Option<i32>, String) {
    let output = check(arguments, FILE);
    (output.status.code(), String::from_utf8(output.stdout).unwrap())
}

#[test]
fn the_rule_that_decided_is_told() {
    let url = |url| says(&["--agent", "ExampleBot/1.0", "--url", url]);
    assert_eq!(url("https://example.org/private/x"), (Some(1), "disallowed: line 3: Disallow: /private\n".into()));
    assert_eq!(url("https://example.org/private/press"), (Some(0), "allowed: line 4: Allow: /private/press\n".into()));
    assert_eq!(url("https://example.org/"), (Some(0), "allowed: no rule matches\n".into()));
}

#[test]
fn json() {
    let (code, text) = says(&["--agent", "a", "--url", "/private", "--json"]);
    assert_eq!(code, Some(1));
    let told: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(told, serde_json::json!({"allowed": false, "rule": {"line": 3, "key": "Disallow", "path": "/private"}}));
}

#[test]
fn from_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("robots.txt");
    std::fs::write(&path, FILE).unwrap();
    let (code, _) = says(&["--agent", "a", "--url", "/private", path.to_str().unwrap()]);
    assert_eq!(code, Some(1));
}

#[test]
fn no_answer_is_neither_yes_nor_no() {
    let output = check(&["--agent", "a", "--url", "/", "/nowhere/robots.txt"], "");
    assert_eq!(output.status.code(), Some(2));
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.starts_with("plainwire: /nowhere/robots.txt: "), "{error}");
    assert_eq!(check(&["--agent", "a"], "").status.code(), Some(2));
}
