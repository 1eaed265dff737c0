//! `plainwire inspect http1` as a shell sees it.
#![cfg(feature = "cli")]

#[path = "support/cli.rs"]
mod cli;

use std::process::Output;

fn inspect(arguments: &[&str], input: &[u8]) -> Output {
    cli::run(&[&["inspect", "http1"], arguments].concat(), input)
}

/// The lines printed, the same in pieces of any size.
fn lines(arguments: &[&str], input: &[u8]) -> Vec<String> {
    let printed = |more: &[&str]| cli::printed(inspect(&[arguments, more].concat(), input));
    let whole = printed(&[]);
    for cut in ["1", "2", "7"] {
        assert_eq!(printed(&["--cut", cut]), whole, "in pieces of {cut}");
    }
    whole.lines().map(str::to_owned).collect()
}

#[test]
fn requests_with_content_trailers_and_octets_that_are_no_text() {
    let input = b"POST /a?b HTTP/1.1\r\nHost: x\r\nX-Odd: \xff\r\nTransfer-Encoding: chunked\r\n\r\n5;ext=1\r\nhello\r\n2\r\n, \r\n0\r\nT: v\r\n\r\n\
        GET / HTTP/1.0\r\n\r\nGET /not HTTP/1.1\r\n";
    assert_eq!(
        lines(&["request", "--json"], input),
        [
            r#"{"event":"request","method":"POST","target":"/a?b","version":"1.1","headers":[["Host","x"],["X-Odd",{"base64":"/w=="}],["Transfer-Encoding","chunked"]]}"#,
            r#"{"event":"data","bytes":"hello, "}"#,
            r#"{"event":"end","trailers":[["T","v"]]}"#,
            r#"{"event":"request","method":"GET","target":"/","version":"1.0","headers":[]}"#,
            r#"{"event":"end","trailers":[]}"#,
            r#"{"status":"closed","consumed":121,"complete":true}"#,
        ]
    );
}

#[test]
fn pipelined_requests_follow_their_default_answers() {
    let input = b"PUT / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nabHEAD / HTTP/1.1\r\nHost: x\r\n\r\nGET / HT";
    let printed = lines(&["request", "--json"], input);
    assert_eq!(printed.len(), 6);
    assert_eq!(printed[1], r#"{"event":"data","bytes":"ab"}"#);
    assert_eq!(printed[5], r#"{"status":"open","consumed":98,"complete":false}"#);
    let ended = lines(&["request", "--json", "--eof"], input);
    assert_eq!(ended[5], r#"{"error":"truncated","offset":106,"reply":400}"#);
    let idle = lines(&["request", "--json"], b"GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_eq!(idle[2], r#"{"status":"open","consumed":27,"complete":true}"#);
}

#[test]
fn hand_overs_leave_what_follows() {
    for head in [
        "CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n",
    ] {
        let printed = lines(&["request", "--json"], format!("{head}raw").as_bytes());
        assert_eq!(printed[2], format!(r#"{{"status":"handed-over","consumed":{},"complete":true}}"#, head.len()));
    }
    let head = "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n";
    let printed = lines(&["response", "--json"], format!("{head}raw").as_bytes());
    assert_eq!(printed[2], format!(r#"{{"status":"handed-over","consumed":{},"complete":true}}"#, head.len()));
}

#[test]
fn refusals_have_a_kind_a_place_and_a_reply() {
    for (input, line) in [
        (&b"GET / HTTP/1.1\r\n\r\n"[..], r#"{"error":"no-host","offset":17,"reply":400}"#),
        (b"GET / HTTP/2.0\r\n", r#"{"error":"unsupported-version","offset":11,"reply":505}"#),
        (
            b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: foo\r\n",
            r#"{"error":"unknown-transfer-coding","offset":45,"reply":501}"#,
        ),
        (b"POST / HTTP/1.1\r\nHost: a\r\nExpect: x\r\n", r#"{"error":"unknown-expectation","offset":34,"reply":417}"#),
    ] {
        assert_eq!(lines(&["request", "--json"], input), [line]);
    }
    let long = [b"GET /", &[b'a'; 9000][..], b" HTTP/1.1\r\n\r\n"].concat();
    assert_eq!(lines(&["request", "--json"], &long), [r#"{"error":"start-line-too-long","offset":8192,"reply":414}"#]);
    let large = [b"GET / HTTP/1.1\r\nX: ", &b"a".repeat(20_000)[..], b"\r\n\r\n"].concat();
    assert_eq!(lines(&["request", "--json"], &large), [r#"{"error":"field-too-long","offset":16400,"reply":431}"#]);
    let response = lines(&["response", "--json"], b"HTTP/1.1 200 OK\nA: b\n\n");
    assert_eq!(response, [r#"{"error":"bare-lf","offset":15,"reply":null}"#]);
    let forgiven = lines(&["response", "--json", "--eof", "--quirk", "bare-lf"], b"HTTP/1.1 200 OK\nA: b\n\n");
    assert_eq!(forgiven[2], r#"{"status":"closed","consumed":22,"complete":true}"#);
}

#[test]
fn responses_answer_the_methods_that_are_named() {
    let input = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nHTTP/1.1 103 Hints\r\n\r\nHTTP/1.1 200 \xc3\xa4h\r\nContent-Length: 2\r\n\r\nok";
    let expected = [
        r#"{"event":"response","status":200,"reason":"OK","version":"1.1","headers":[["Content-Length","5"]]}"#,
        r#"{"event":"end","trailers":[]}"#,
        r#"{"event":"informational","status":103,"reason":"Hints","version":"1.1","headers":[]}"#,
        r#"{"event":"response","status":200,"reason":"äh","version":"1.1","headers":[["Content-Length","2"]]}"#,
        r#"{"event":"data","bytes":"ok"}"#,
        r#"{"event":"end","trailers":[]}"#,
        r#"{"status":"open","consumed":101,"complete":true}"#,
    ];
    assert_eq!(lines(&["response", "--json", "--method", "HEAD"], input), expected);
    assert_eq!(lines(&["response", "--json", "--method", "HEAD", "--method", "GET"], input), expected);
    assert_eq!(lines(&["response", "--json", "--method", "HEAD", "GET"], input), expected);
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), input).unwrap();
    let path = file.path().to_str().unwrap();
    assert_eq!(lines(&["response", "--json", "--method", "HEAD", path], b""), expected);
    assert_eq!(lines(&["response", "--json", "--method", "HEAD", "GET", path], b""), expected);
    let until_close = lines(&["response", "--json", "--eof"], b"HTTP/1.0 200 OK\r\n\r\nrest");
    assert_eq!(
        until_close[1..],
        [
            r#"{"event":"data","bytes":"rest"}"#,
            r#"{"event":"end","trailers":[]}"#,
            r#"{"status":"closed","consumed":23,"complete":true}"#,
        ]
    );
}

#[test]
fn people_get_text_and_wrong_command_lines_get_2() {
    let printed = lines(&["request"], b"GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    assert!(printed[0].starts_with("request method=\"GET\" target=\"/\""), "{printed:?}");
    assert_eq!(inspect(&["sideways"], b"").status.code(), Some(2));
    let output = inspect(&["response", "--method", "NO THING", "--method", "GET"], b"");
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(String::from_utf8(output.stderr).unwrap().lines().count(), 1);
}
