//! `plainwire mail show|parts|extract` and `plainwire inspect mime|address|date|encoded-word`.
#![cfg(feature = "cli")]

#[path = "support/cli.rs"]
mod cli;

use cli::{printed, run, values};
use serde_json::{Value, json};
use std::process::Output;

fn lines(output: Output) -> Vec<Value> {
    values(&printed(output))
}

const MESSAGE: &[u8] = b"From: =?iso-8859-1?q?J=F6rg?= <joerg@example.org>\r\n\
To: Friends: ann@example.org, Bob <bob@example.org>;, \"C, D\" <c@d>\r\n\
Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\nDate: Fri, 21 Nov 1997 09:55:06 -0600\r\nMIME-Version: 1.0\r\n\
Content-Type: multipart/mixed; boundary=b\r\n\r\n\
--b\r\nContent-Type: multipart/alternative; boundary=a\r\n\r\n\
--a\r\nContent-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nGr=FC=DFe\x1b[2J\r\n\
--a\r\nContent-Type: text/html\r\n\r\n<p>x</p>\r\n--a--\r\n\
--b\r\nContent-Type: image/png\r\nContent-ID: <i@x>\r\nContent-Transfer-Encoding: base64\r\n\
Content-Disposition: attachment; filename=\"../../evil/gr\xc3\xb6\xc3\x9fe.png\"\r\n\r\niVBORw==\r\n--b--\r\n";

#[test]
fn a_message_as_json() {
    let shown = &lines(run(&["mail", "show", "--json"], MESSAGE))[0];
    assert_eq!(shown["from"], json!([["Jörg", "joerg@example.org"]]));
    assert_eq!(
        shown["to"],
        json!([{"group": "Friends", "members": [["", "ann@example.org"], ["Bob", "bob@example.org"]]}, ["C, D", "c@d"]])
    );
    assert_eq!((&shown["cc"], &shown["subject"]), (&json!([]), &json!("Grüße")));
    assert_eq!(shown["date"], "1997-11-21T09:55:06-06:00");
    assert_eq!(shown["headers"][2], json!(["Subject", "Grüße"]));
    assert_eq!(shown["headers"][0], json!(["From", "Jörg <joerg@example.org>"]));
    let paths: Vec<_> = shown["parts"].as_array().unwrap().iter().map(|part| part["path"].as_str().unwrap()).collect();
    assert_eq!(paths, ["1.1", "1.2", "2"]);
    assert_eq!(
        shown["parts"][2],
        json!({
            "path": "2", "content_type": "image/png", "charset": null, "filename": "../../evil/größe.png",
            "disposition": "attachment", "content_id": "i@x", "encoding": "base64",
            // printf '\x89PNG' | sha256sum
            "decoded_sha256": "0f4636c78f65d3639ece5a064b5ae753e3408614a14fb18ab4d7540d2c248543", "decoded_len": 4,
        })
    );
    assert_eq!(shown["parts"][0]["charset"], "iso-8859-1");
    assert_eq!(shown["defects"], json!([]));
    let broken =
        &lines(run(&["mail", "show", "--json", "-"], b"Content-Type: multipart/mixed\nFrom: a@x <b@y>\n\nx"))[0];
    assert_eq!(
        broken["defects"],
        json!([{"kind": "missing-boundary", "offset": 13}, {"kind": "ambiguous-address", "offset": 36}])
    );
}

#[test]
fn a_message_for_people() {
    let shown = printed(run(&["mail", "show"], MESSAGE));
    assert!(shown.contains("From:     Jörg <joerg@example.org>\n"), "{shown}");
    assert!(shown.contains("To:       Friends: ann@example.org, Bob <bob@example.org>;, \"C, D\" <c@d>\n"), "{shown}");
    // What would clear the terminal is shown, not sent.
    assert!(shown.contains("Grüße\\u{1b}[2J\n") && !shown.contains('\u{1b}'));
    let parts = printed(run(&["mail", "parts"], MESSAGE));
    assert_eq!(parts.lines().count(), 3);
    assert!(parts.lines().nth(2).unwrap().starts_with("2        image/png"));
    assert_eq!(run(&["mail", "parts", "--part", "2"], MESSAGE).stdout, b"\x89PNG");
    assert_eq!(run(&["mail", "parts", "--part", "9"], MESSAGE).status.code(), Some(65));
    assert_eq!(run(&["mail", "show", "/no/such/file"], b"").status.code(), Some(66));
}

#[test]
fn attachments_get_safe_names_and_replace_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("out");
    let dir_name = dir.to_str().unwrap();
    for _ in 0..2 {
        printed(run(&["mail", "extract", "-d", dir_name], MESSAGE));
    }
    let mut names: Vec<_> =
        std::fs::read_dir(&dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    assert_eq!(names, ["größe (1).png", "größe.png"]);
    assert_eq!(std::fs::read(dir.join("größe.png")).unwrap(), b"\x89PNG");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    let all = printed(run(&["mail", "extract", "--all", "--dir", dir_name], MESSAGE));
    assert_eq!(all.lines().count(), 3);
    assert!(all.contains("part-1.1.txt"));
}

#[test]
fn values_one_a_line() {
    let addresses = b"Ann <ann@x.org>, b@y\r\nG: a@b;\n\na@x <b@y>\nroot\n";
    assert_eq!(
        lines(run(&["inspect", "address", "--json"], addresses)),
        [
            json!([["Ann", "ann@x.org"], ["", "b@y"]]),
            json!([{"group": "G", "members": [["", "a@b"]]}]),
            json!([]),
            json!({"error": "ambiguous-address", "offset": 0}),
            json!({"error": "missing-domain", "offset": 0}),
        ]
    );
    assert_eq!(printed(run(&["inspect", "address"], b"Ann <a@b>\n")), "Ann <a@b>\n");
    // As it must be written, so that it can be read again.
    let written = "\"C, D\" <c@d>, \"x: y\": \"\\\"\" <e@f>;\n";
    assert_eq!(printed(run(&["inspect", "address"], written.as_bytes())), written);
    // One line for each, whatever an encoded word spells.
    assert_eq!(printed(run(&["inspect", "encoded-word"], b"=?utf-8?q?a=0Ab?=\n")), "a\\nb\n");
    assert_eq!(
        lines(run(&["inspect", "date", "--json"], b"Fri, 21 Nov 97 09:55:06 EST\n30 Feb 2000 00:00 +0000\n")),
        [json!("1997-11-21T09:55:06-05:00"), json!({"error": "invalid-date", "offset": 0})]
    );
    assert_eq!(
        lines(run(&["inspect", "encoded-word", "--json"], b"=?utf-8?q?a=C3=A4?= =?utf-8?b?eA==?=\nb=?utf-8?q?c?=\n")),
        [json!("aäx"), json!("b=?utf-8?q?c?=")]
    );
    assert_eq!(
        lines(run(
            &["inspect", "mime", "--json"],
            b"text/plain; charset=utf-8\nContent-Disposition: attachment; filename*=utf-8''a%20b\n; x\n"
        )),
        [
            json!({"content_type": "text/plain", "parameters": {"charset": "utf-8"}, "defects": []}),
            json!({"disposition": "attachment", "parameters": {"filename": "a b"}, "defects": []}),
            json!({"error": "invalid-parameter", "offset": 0}),
        ]
    );
}

#[test]
fn a_message_as_events() {
    let message = b"Subject: a\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b--";
    let whole = lines(run(&["inspect", "mime", "--json"], message));
    assert_eq!(lines(run(&["inspect", "mime", "--json", "--cut", "1"], message)), whole);
    let names: Vec<_> = whole.iter().filter_map(|line| line["event"].as_str()).collect();
    assert_eq!(names, ["begin", "field", "field", "head", "begin", "head", "body", "end", "end"]);
    assert_eq!(whole[1], json!({"event": "field", "name": "Subject", "value": " a"}));
    assert_eq!(whole.last(), Some(&json!({"status": "closed", "consumed": 72, "complete": true})));
}
