//! `plainwire inspect chat` as a shell sees it.
#![cfg(feature = "cli")]

#[path = "support/cli.rs"]
mod cli;

use std::process::Output;

fn inspect(arguments: &[&str], input: &[u8]) -> Output {
    cli::run(&[&["inspect", "chat"], arguments].concat(), input)
}

fn lines(arguments: &[&str], input: &[u8]) -> Vec<String> {
    cli::printed(inspect(arguments, input)).lines().map(str::to_owned).collect()
}

#[test]
fn every_event_is_an_object_on_its_line() {
    let input = b"hello\n//x\n/me waves\r\n/msg bob hi\n/nick bob\n/who\n/help\n/nope\n/quit good night\nrest\n";
    let expected = [
        r#"{"event":"say","text":"hello"}"#,
        r#"{"event":"say","text":"/x"}"#,
        r#"{"event":"act","text":"waves"}"#,
        r#"{"event":"tell","to":"bob","text":"hi"}"#,
        r#"{"event":"nick","name":"bob"}"#,
        r#"{"event":"who"}"#,
        r#"{"event":"help"}"#,
        r#"{"event":"refused","code":"unknown-command","offset":54,"reply":"-! unknown-command: there is no such command; try /help, or // to begin with a slash"}"#,
        r#"{"event":"quit","reason":"good night"}"#,
        r#"{"status":"closed","consumed":77,"complete":true}"#,
    ];
    assert_eq!(lines(&["--json"], input), expected);
    for cut in ["1", "2", "3", "7", "64"] {
        assert_eq!(lines(&["--json", "--cut", cut], input), expected, "in pieces of {cut}");
    }
}

#[test]
fn the_last_line_says_how_it_ended() {
    assert_eq!(lines(&["--json"], b""), [r#"{"status":"open","consumed":0,"complete":true}"#]);
    let half = lines(&["--json"], b"hello\nhal");
    assert_eq!(half.last().unwrap(), r#"{"status":"open","consumed":6,"complete":false}"#);
    let ended = lines(&["--json", "--eof"], b"hello\n");
    assert_eq!(ended[1..], [r#"{"event":"end"}"#, r#"{"status":"closed","consumed":6,"complete":true}"#]);
    let truncated = lines(&["--json", "--eof"], b"hello\nhal");
    let reply = "-! truncated: the last line has no end and was not relayed";
    assert_eq!(truncated[1..], [format!(r#"{{"error":"truncated","offset":9,"reply":"{reply}"}}"#)]);
}

#[test]
fn bad_lines_are_refused_where_they_are_bad() {
    let told = lines(&["--json", "--line-limit", "8"], b"123456789\nok\n\xff\n\x1b[2J\n");
    let codes: Vec<_> = told.iter().map(|line| line.split(",\"reply\"").next().unwrap()).collect();
    let expected = [
        r#"{"event":"refused","code":"line-too-long","offset":8"#,
        r#"{"event":"say","text":"ok"}"#,
        r#"{"event":"refused","code":"not-utf8","offset":13"#,
        r#"{"event":"refused","code":"control-character","offset":15"#,
        r#"{"status":"open","consumed":20,"complete":true}"#,
    ];
    assert_eq!(codes, expected);
}

#[test]
fn the_other_end() {
    let input =
        b"-- welcome, you are bob\r\n<ada> hi\r\n-- here: ada, bob\r\n-! name-taken: x\r\n220 ready\r\n<ada> \x07\r\n";
    let expected = [
        r#"{"event":"welcome","name":"bob"}"#,
        r#"{"event":"said","name":"ada","text":"hi"}"#,
        r#"{"event":"here","names":["ada","bob"],"more":false}"#,
        r#"{"event":"refusal","code":"name-taken","text":"x"}"#,
        r#"{"event":"unknown","line":"220 ready"}"#,
        r#"{"event":"refused","code":"control-character","offset":89}"#,
        r#"{"event":"end"}"#,
        r#"{"status":"closed","consumed":92,"complete":true}"#,
    ];
    assert_eq!(lines(&["--json", "--client", "--eof"], input), expected);
}

#[test]
fn for_people_nothing_reaches_the_terminal_unescaped() {
    let output = inspect(&["--client"], "<ada> caf\u{e9} \"x\"\n".as_bytes());
    assert_eq!(
        String::from_utf8(output.stdout).unwrap(),
        "said name=\"ada\" text=\"caf\u{e9} \\\"x\\\"\"\n-- status=\"open\" consumed=16 complete=true\n"
    );
}

#[test]
fn a_file_or_none() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("said");
    std::fs::write(&file, "hello\n").unwrap();
    let path = file.to_str().unwrap();
    assert_eq!(lines(&["--json", path], b"")[0], r#"{"event":"say","text":"hello"}"#);
    let missing = inspect(&["--json", "/nowhere/at/all"], b"");
    assert_eq!((missing.status.code(), missing.stdout.len()), (Some(1), 0));
    let complaint = String::from_utf8(missing.stderr).unwrap();
    assert!(complaint.starts_with("plainwire: /nowhere/at/all: ") && complaint.lines().count() == 1, "{complaint}");
    assert_eq!(inspect(&["--cut", "0"], b"").status.code(), Some(2));
}
