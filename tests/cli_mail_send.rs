//! `plainwire mail send`: what it writes, what it says to a server, and how it ends.
#![cfg(feature = "cli")]
#![allow(clippy::disallowed_types, clippy::disallowed_methods, reason = "processes and sockets are what is tested")]

#[path = "support/mail_server.rs"]
mod mail_server;

use mail_server::cli::{finish, plainwire};
use mail_server::{messages, serve_smtp};
use plainwire::mime::Message;
use plainwire::net::users;
use serde_json::Value;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::Output;
use std::thread;

fn send(arguments: &[&str], input: &str) -> Output {
    finish(plainwire().args(["mail", "send"]).args(arguments), input)
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn errors(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn a_dry_run_prints_the_message_and_the_envelope() {
    let arguments = [
        "--from",
        "Ada <ada@a.test>",
        "--to",
        "\"B, Bob\" <bob@b.test>, zoe@b.test",
        "--cc",
        "eve@b.test",
        "--bcc",
        "hidden@b.test",
        "--subject",
        "grüße",
        "--header",
        "X-Note: one two",
        "--dry-run",
    ];
    let output = send(&arguments, "Hello,\nhow are you?\n");
    assert_eq!(code(&output), 0, "{}", errors(&output));
    assert_eq!(
        errors(&output),
        "from <ada@a.test>\nto <bob@b.test>\nto <zoe@b.test>\nto <eve@b.test>\nto <hidden@b.test>\n"
    );
    let text = out(&output);
    let message = Message::parse(text.as_bytes());
    let header = message.header();
    assert_eq!(header.subject().unwrap(), "grüße");
    assert_eq!(header.text("X-Note").unwrap(), "one two");
    assert_eq!(header.to().mailboxes().count(), 2);
    assert!(header.date().is_some() && header.message_id().is_some());
    assert!(text.ends_with("\r\n\r\nHello,\r\nhow are you?\r\n") && !text.contains("hidden"), "{text}");
}

#[test]
fn html_attachments_and_images_go_along() {
    let scratch = tempfile::tempdir().unwrap();
    let path = |name: &str, octets: &[u8]| {
        let path = scratch.path().join(name);
        std::fs::write(&path, octets).unwrap();
        path.to_str().unwrap().to_string()
    };
    let octets: Vec<u8> = (0..=255).cycle().take(10_000).collect();
    let (html, image, one, two) = (
        path("page.html", b"<p><img src='cid:logo.png@inline'></p>\n"),
        path("logo.png", &octets),
        path("one.bin", &octets),
        path("zwei größer.txt", b"two\n"),
    );
    let arguments = [
        "--from",
        "ada@a.test",
        "--to",
        "bob@b.test",
        "--text",
        "-",
        "--html",
        &html,
        "--inline",
        &image,
        "--attach",
        &one,
        "--attach",
        &two,
        "--dry-run",
    ];
    let output = send(&arguments, "in plain text\n");
    assert_eq!(code(&output), 0, "{}", errors(&output));
    let text = out(&output);
    let message = Message::parse(text.as_bytes());
    assert!(message.examine().is_empty(), "{:?}", message.examine());
    let names: Vec<_> = message.attachments().iter().map(|part| part.file_name().unwrap().into_owned()).collect();
    assert!(
        names.iter().any(|name| name == "one.bin") && names.iter().any(|name| name == "zwei größer.txt"),
        "{names:?}"
    );
    let one = message.attachments().into_iter().find(|part| part.file_name().unwrap() == "one.bin").unwrap();
    assert_eq!(&one.body()[..], &octets[..]);
    assert!(text.contains("Content-ID: <logo.png@inline>"), "{text}");
}

#[test]
fn mail_comes_where_it_was_sent_and_the_transcript_hides_the_password() {
    let scratch = tempfile::tempdir().unwrap();
    let path = |name: &str| scratch.path().join(name).to_str().unwrap().to_string();
    let made = rcgen::generate_simple_self_signed(["localhost".to_string()]).unwrap();
    std::fs::write(path("cert.pem"), made.cert.pem()).unwrap();
    std::fs::write(path("key.pem"), made.signing_key.serialize_pem()).unwrap();
    std::fs::write(path("users"), users::entry("ada", "the engine").unwrap()).unwrap();
    std::fs::write(path("password"), "the engine\n").unwrap();
    let (root, cert, key, users) = (path("mail"), path("cert.pem"), path("key.pem"), path("users"));
    let server = serve_smtp(&["--maildir", &root, "-q", "--auth", &users, "--tls-port", "0", "--tls", &cert, &key], 2);
    let (clear, secure) = (server.address().port(), server.addresses[1].1.port());
    let (password, transcript) = (path("password"), path("transcript"));
    let common = ["--from", "ada@a.test", "--to", "bob@b.test", "--ca", &cert, "--transcript", &transcript];
    let smtps = format!("smtps://ada@localhost:{secure}");
    let submission = format!("submission://ada@localhost:{clear}");

    let output = send(&[&common[..], &["--smtp", &smtps, "--password-file", &password]].concat(), "one\n");
    assert_eq!((code(&output), errors(&output).as_str(), out(&output).as_str()), (0, "", ""));
    let text = std::fs::read_to_string(&transcript).unwrap();
    assert!(text.starts_with("-- engine: smtp client\n") && text.contains("C: AUTH SCRAM-SHA-256-PLUS "), "{text}");
    assert!(text.contains("S: 235 ") && text.contains("C: QUIT") && text.contains("S: 221 "), "{text}");

    let mut command = plainwire();
    command.args(["mail", "send"]).args(common).args([
        "--smtp",
        &submission,
        "--password-env",
        "PW",
        "--mechanism",
        "PLAIN",
    ]);
    let output = finish(command.env("PW", "the engine"), "two\n");
    assert_eq!((code(&output), errors(&output).as_str()), (0, ""));
    let text = std::fs::read_to_string(&transcript).unwrap();
    assert!(text.contains("C: STARTTLS") && text.contains("C: AUTH PLAIN "), "{text}");
    // base64 of NUL ada NUL the engine
    assert!(!text.contains("the engine") && !text.contains("AGFkYQB0aGUgZW5naW5l"), "{text}");
    assert_eq!(messages(Path::new(&root)).len(), 2);

    // A wrong password, none at all, and a certificate that nobody vouches for.
    let output = finish(command.env("PW", "wrong"), "");
    assert_eq!(code(&output), 77, "{}", errors(&output));
    assert_eq!(errors(&output), "plainwire: the log-in was refused: 535 Authentication failed\n");
    let output = send(&[&common[..], &["--smtp", &smtps]].concat(), "");
    assert_eq!(code(&output), 78, "{}", errors(&output));
    let output = send(&["--from", "a@a.test", "--to", "b@b.test", "--smtp", &smtps, "--password-file", &password], "");
    assert_eq!(code(&output), 76, "{}", errors(&output));
    assert_eq!(errors(&output).lines().count(), 1);
    // No TLS, and so no password by a mechanism that shows it.
    let off = format!("smtp://ada@localhost:{clear}");
    let in_clear = [&common[..], &["--smtp", &off, "--starttls", "off", "--password-file", &password]].concat();
    let output = send(&[&in_clear[..], &["--mechanism", "PLAIN"]].concat(), "");
    assert_eq!(code(&output), 77, "{}", errors(&output));
    let output = send(&in_clear, "three\n");
    assert_eq!((code(&output), errors(&output).as_str()), (0, ""));
    assert_eq!(messages(Path::new(&root)).len(), 3);
}

#[test]
fn a_file_goes_as_it_is() {
    let scratch = tempfile::tempdir().unwrap();
    let root = scratch.path().join("mail");
    let server = serve_smtp(&["--maildir", root.to_str().unwrap(), "-q"], 1);
    let smtp = format!("smtp://{}", server.address());
    let file = scratch.path().join("m.eml");
    let path = file.to_str().unwrap();
    let message = "From: Ada <ada@a.test>\r\nTo: bob@b.test, Eve <eve@b.test>\r\nSubject: as is\r\n\r\n.\r\n..\r\n";
    std::fs::write(&file, message).unwrap();
    let output = send(&["--smtp", &smtp, "--eml", path], "");
    assert_eq!((code(&output), errors(&output).as_str()), (0, ""));
    let found = messages(&root).pop().unwrap();
    assert!(found.ends_with(&format!("\r\n{message}")), "{found}");
    assert!(found.contains("Delivered-To: bob@b.test\r\nDelivered-To: eve@b.test\r\n"), "{found}");
    // With an envelope of its own.
    let arguments = ["--smtp", &smtp, "--eml", path, "--envelope-from", "", "--to", "zoe@b.test"];
    assert_eq!(code(&send(&arguments, "")), 0);
    let found = messages(&root).pop().unwrap();
    assert!(found.starts_with("Return-Path: <>\r\nDelivered-To: zoe@b.test\r\nReceived: "), "{found}");
    // A file of this system's lines.
    std::fs::write(&file, message.replace("\r\n", "\n")).unwrap();
    assert_eq!(code(&send(&["--smtp", &smtp, "--eml", path], "")), 0);
    assert!(messages(&root).pop().unwrap().ends_with(&format!("\r\n{message}")));
    // Both kinds, which the next reader may take for something else.
    std::fs::write(&file, format!("{message}\n.\nMAIL FROM:<eve@b.test>\r\n")).unwrap();
    let output = send(&["--smtp", &smtp, "--eml", path], "");
    assert_eq!(code(&output), 65);
    assert_eq!(errors(&output).lines().count(), 1, "{}", errors(&output));
    assert_eq!(messages(&root).len(), 3);
}

/// A server by script: what it answers to each command; then it closes.
fn scripted(script: &'static [(&'static str, &'static str)]) -> (String, thread::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("smtp://127.0.0.1:{}", listener.local_addr().unwrap().port());
    let thread = thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        let mut stream = stream;
        let mut heard = String::new();
        for (begins, answer) in script {
            while !begins.is_empty() {
                let mut line = String::new();
                if reader.read_line(&mut line).unwrap() == 0 {
                    return heard;
                }
                heard += &line;
                if line.starts_with(begins) {
                    break;
                }
            }
            stream.write_all(answer.as_bytes()).unwrap();
        }
        heard
    });
    (url, thread)
}

#[test]
fn the_exit_codes_are_those_of_sysexits() {
    const NO_USER: &[(&str, &str)] = &[
        ("", "220 mx\r\n"),
        ("EHLO", "250 mx\r\n"),
        ("MAIL", "250 ok\r\n"),
        ("RCPT", "550 5.1.1 nobody\r\n"),
        ("RSET", "250 ok\r\n"),
        ("QUIT", "221 bye\r\n"),
    ];
    const LATER: &[(&str, &str)] = &[
        ("", "220 mx\r\n"),
        ("EHLO", "250 mx\r\n"),
        ("MAIL", "250 ok\r\n"),
        ("RCPT", "450 4.2.1 later\r\n"),
        ("RSET", "250 ok\r\n"),
        ("QUIT", "221 bye\r\n"),
    ];
    const SENDER: &[(&str, &str)] = &[
        ("", "220 mx\r\n"),
        ("EHLO", "250 mx\r\n"),
        ("MAIL", "550 5.7.1 not you\r\n"),
        ("RSET", "250 ok\r\n"),
        ("QUIT", "221 bye\r\n"),
    ];
    const UNWELCOME: &[(&str, &str)] = &[("", "554 go away\r\n"), ("QUIT", "221 bye\r\n")];
    const BUSY: &[(&str, &str)] = &[("", "421 too busy\r\n")];
    const NONSENSE: &[(&str, &str)] = &[("", "HTTP/1.1 400 Bad Request\r\n")];
    const SMALL: &[(&str, &str)] =
        &[("", "220 mx\r\n"), ("EHLO", "250-mx\r\n250 SIZE 10\r\n"), ("QUIT", "221 bye\r\n")];
    const MUTE: &[(&str, &str)] = &[
        ("", "220 mx\r\n"),
        ("EHLO", "250 mx\r\n"),
        ("MAIL", "250 ok\r\n"),
        ("RCPT", "250 ok\r\n"),
        ("DATA", "354 go\r\n"),
        (".", ""),
    ];
    for (script, wanted) in
        [(NO_USER, 67), (LATER, 75), (SENDER, 69), (UNWELCOME, 69), (BUSY, 75), (NONSENSE, 76), (SMALL, 69), (MUTE, 74)]
    {
        let (url, thread) = scripted(script);
        let output = send(&["--from", "ada@a.test", "--to", "bob@b.test", "--smtp", &url], "hello\n");
        assert_eq!(code(&output), wanted, "{}", errors(&output));
        assert_eq!(errors(&output).lines().count(), 1, "{}", errors(&output));
        assert!(errors(&output).starts_with("plainwire: "));
        thread.join().unwrap();
    }
    let to = ["--from", "ada@a.test", "--to", "bob@b.test"];
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let closed = format!("smtp://{nobody}");
    for (arguments, wanted) in [
        (vec!["--smtp", &closed], 75),
        (vec!["--smtp", "smtp://nowhere.invalid"], 68),
        (vec!["--smtp", "http://localhost"], 64),
        (vec!["--smtp", "smtp://user:password@localhost"], 64),
        (vec!["--no-such-option"], 64),
        (vec![], 64),
        (vec!["--smtp", &closed, "--cc", "not an address"], 65),
        (vec!["--smtp", &closed, "--attach", "/nonexistent"], 66),
        (vec!["--smtp", &closed, "--ca", "/nonexistent"], 78),
        (vec!["--smtp", &closed, "--transcript", "/nonexistent/t"], 73),
        (vec!["--smtp", &closed, "--dsn=sometimes"], 64),
    ] {
        let output = send(&[&to[..], &arguments].concat(), "hello\n");
        assert_eq!(code(&output), wanted, "{arguments:?}: {}", errors(&output));
        assert_eq!(out(&output), "");
        assert!(!errors(&output).contains("user:password"), "{}", errors(&output));
    }
    assert_eq!(code(&send(&["--help"], "")), 0);
}

#[test]
fn who_was_refused_is_named_and_the_others_have_it() {
    const SCRIPT: &[(&str, &str)] = &[
        ("", "220 mx\r\n"),
        ("EHLO", "250-mx\r\n250-ENHANCEDSTATUSCODES\r\n250 DSN\r\n"),
        ("MAIL", "250 2.0.0 ok\r\n"),
        ("RCPT", "250 2.0.0 ok\r\n"),
        ("RCPT", "550 5.1.1 nobody\r\n"),
        ("DATA", "354 go\r\n"),
        (".", "250 2.0.0 ok\r\n"),
        ("QUIT", "221 2.0.0 bye\r\n"),
    ];
    let (url, thread) = scripted(SCRIPT);
    let arguments =
        ["--from", "ada@a.test", "--to", "bob@b.test,eve@b.test", "--smtp", &url, "--json", "--dsn=failure"];
    let output = send(&[&arguments[..], &["--dsn-return", "headers"]].concat(), "hello\n");
    assert_eq!((code(&output), errors(&output).as_str()), (67, "plainwire: <eve@b.test>: 550 nobody\n"));
    let told: Value = serde_json::from_str(&out(&output)).unwrap();
    assert_eq!(told["recipients"][0]["accepted"], true);
    assert_eq!(told["recipients"][1]["accepted"], false);
    assert_eq!(told["recipients"][1]["reply"]["code"], 550);
    assert_eq!(told["recipients"][1]["reply"]["enhanced"], "5.1.1");
    let heard = thread.join().unwrap();
    assert!(heard.contains("MAIL FROM:<ada@a.test> RET=HDRS\r\n"), "{heard}");
    assert!(heard.contains("RCPT TO:<bob@b.test> NOTIFY=FAILURE ORCPT=rfc822;bob@b.test\r\n"), "{heard}");
}

/// No value of the command line may say a second command or write a second field.
#[test]
fn nothing_on_the_command_line_forges_anything() {
    for arguments in [
        ["--subject", "x\r\nBcc: eve@b.test"],
        ["--header", "X: y\nBcc: eve@b.test"],
        ["--cc", "bob@b.test>\r\nRCPT TO:<eve@b.test"],
        ["--envelope-from", "a@a.test>\r\nRCPT TO:<eve@b.test"],
    ] {
        let common = ["--from", "ada@a.test", "--to", "bob@b.test", "--dry-run"];
        let output = send(&[&common[..], &arguments].concat(), "hello\n");
        assert_eq!(code(&output), 65, "{arguments:?}: {}", errors(&output));
        assert_eq!(out(&output), "");
    }
}
