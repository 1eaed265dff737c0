//! `plainwire inspect smtp` as a shell sees it.
#![cfg(feature = "cli")]

#[path = "support/cli.rs"]
mod cli;

use serde_json::{Value, json};
use std::process::Output;

fn inspect(arguments: &[&str], input: &[u8]) -> Output {
    cli::run(&[&["inspect", "smtp"], arguments].concat(), input)
}

fn lines(arguments: &[&str], input: &[u8]) -> Vec<Value> {
    cli::values(&cli::printed(inspect(&[arguments, &["--json"]].concat(), input)))
}

/// The lines without those that tell replies, which the last line lists, and the last line.
fn split(mut lines: Vec<Value>) -> (Vec<Value>, Value) {
    let last = lines.pop().unwrap();
    let replies: Vec<_> = lines.iter().filter(|line| line["event"] == "reply").map(|line| &line["code"]).collect();
    assert_eq!(json!(replies), last["replies"], "{lines:?}");
    lines.retain(|line| line["event"] != "reply");
    (lines, last)
}

const TALK: &[u8] =
    b"EHLO a.example\r\nMAIL FROM:<ada@a.example> SIZE=20 BODY=8BITMIME\r\nRCPT TO:<\"b c\"@d>\r\nDATA\r\n\
    Subject: x\r\n\r\n..\r\n\xe9\r\n.\r\nQUIT\r\n";

#[test]
fn a_session_at_its_server() {
    let told = lines(&["server"], TALK);
    let reply = json!({"event": "reply", "code": 220, "enhanced": null, "text": "mx.example.org ESMTP"});
    assert_eq!(told[0], reply);
    let sha256 = "c8a906cbc5e1018b504470e5394e0bc87bca74c62b366d682202745124c3d939";
    let (events, last) = split(told);
    assert_eq!(
        events[..6],
        [
            json!({"event": "hello", "extended": true, "name": "a.example"}),
            json!({"event": "mail", "from": "ada@a.example", "parameters": "SIZE=20 BODY=8BITMIME"}),
            json!({"event": "rcpt", "to": "\"b c\"@d", "parameters": ""}),
            json!({"event": "content"}),
            json!({"event": "data", "bytes": {"base64": "U3ViamVjdDogeA0KDQouDQrpDQo="}}),
            json!({"event": "message", "length": 20, "sha256": sha256, "recipients": 1}),
        ]
    );
    assert_eq!(
        last,
        json!({
            "status": "closed", "consumed": TALK.len(), "complete": true,
            "replies": [220, 250, 250, 250, 354, 250, 221],
            "messages": [{"length": 20, "sha256": sha256}],
            "closed": true,
        })
    );
    for cut in ["1", "2", "3", "7", "64"] {
        assert_eq!(split(lines(&["server", "--cut", cut], TALK)), (events.clone(), last.clone()), "in pieces of {cut}");
    }
}

#[test]
fn how_it_ended() {
    let last = |arguments: &[&str], input: &[u8]| lines(arguments, input).pop().unwrap();
    let half = last(&["server"], b"EHLO a\r\nMAIL");
    assert_eq!(
        half,
        json!({"status": "open", "consumed": 8, "complete": false, "replies": [220, 250], "messages": [], "closed": false})
    );
    let cut = last(&["server", "--eof"], b"EHLO a\r\nMAIL");
    assert_eq!((&cut["error"], &cut["offset"], &cut["reply"]), (&json!("truncated"), &json!(12), &Value::Null));
    let foreign = last(&["server"], b"GET / HTTP/1.1\r\nMAIL FROM:<a@b>\r\n");
    assert_eq!(
        (&foreign["error"], &foreign["reply"], &foreign["closed"]),
        (&json!("foreign"), &json!(500), &json!(true))
    );
    assert_eq!(foreign["replies"], json!([220, 500]));
    let tls = last(&["server"], b"EHLO a\r\nSTARTTLS\r\n");
    assert_eq!((&tls["status"], &tls["replies"]), (&json!("handed-over"), &json!([220, 250, 220])));
    let injected = last(&["server"], b"EHLO a\r\nSTARTTLS\r\nMAIL FROM:<a@b>\r\n");
    assert_eq!(
        (&injected["error"], &injected["offset"], &injected["closed"]),
        (&json!("injected"), &json!(18), &json!(true))
    );
    assert_eq!(last(&["server", "--tls"], b"EHLO a\r\nSTARTTLS\r\n")["replies"], json!([220, 250, 503]));
    let lmtp = b"LHLO a\r\nMAIL FROM:<>\r\nRCPT TO:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n.\r\n";
    assert_eq!(last(&["server", "--lmtp"], lmtp)["replies"], json!([220, 250, 250, 250, 250, 354, 250, 250]));
    let auth = b"EHLO a\r\nAUTH PLAIN AGEAYg==\r\nAUTH LOGIN\r\n";
    assert_eq!(last(&["server"], auth)["replies"], json!([220, 250, 235, 503]));
    let proxied = b"PROXY TCP4 192.0.2.1 192.0.2.2 1 25\r\nQUIT\r\n";
    assert_eq!(lines(&["server", "--proxy"], proxied)[0], json!({"event": "proxied", "peer": "192.0.2.1:1"}));
}

/// What looks like the end of a message is text of it, and the message is refused for it; or mended, where asked.
#[test]
fn nothing_is_smuggled() {
    let head = "EHLO a\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n";
    for fake in ["\n.\n", "\n.\r\n", "\r\n.\n", "\r.\r\n", "\r.\r", "\r\n.\r\r\n", "\r\n.\r"] {
        let input = format!("{head}x{fake}MAIL FROM:<evil@b>\r\nRCPT TO:<c@d>\r\nDATA\r\ny\r\n.\r\nQUIT\r\n");
        let last = lines(&["server"], input.as_bytes()).pop().unwrap();
        assert_eq!(last["replies"], json!([220, 250, 250, 250, 354, 550, 221]), "{fake:?}");
        assert_eq!(last["messages"], json!([]));
        let last = lines(&["server", "--normalise"], input.as_bytes()).pop().unwrap();
        assert_eq!(last["replies"], json!([220, 250, 250, 250, 354, 250, 221]), "{fake:?}");
        assert_eq!(last["messages"].as_array().unwrap().len(), 1);
    }
}

#[test]
fn chunks_are_one_message_whatever_stands_between_them() {
    let whole = b"EHLO a\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nBDAT 6 LAST\r\nabcdef";
    let parts = b"EHLO a\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nBDAT 3\r\nabcWHAT\r\nNOOP\r\nBDAT 3 LAST\r\ndef";
    let (whole, parts) = (lines(&["server"], whole).pop().unwrap(), lines(&["server"], parts).pop().unwrap());
    assert_eq!(whole["messages"], parts["messages"]);
    assert_eq!(parts["replies"], json!([220, 250, 250, 250, 250, 500, 250, 250]));
}

#[test]
fn a_session_at_its_client() {
    let stream = b"220 mx\r\n250-mx\r\n250 PIPELINING\r\n250 2.1.0 ok\r\n250 ok\r\n354 go\r\n250 taken\r\n221 bye\r\n";
    let told = lines(&["client"], stream);
    assert_eq!(told[0], json!({"event": "greeting", "code": 220, "enhanced": null, "text": "mx"}));
    assert_eq!(told[1], json!({"event": "say", "bytes": "EHLO client.example.org\r\n"}));
    assert!(
        told.contains(&json!({"event": "reply", "step": "sender", "code": 250, "enhanced": "2.1.0", "text": "ok"}))
    );
    assert!(told.contains(&json!({"event": "recipient", "index": 0, "code": 250, "enhanced": null, "text": "ok"})));
    assert!(told.contains(&json!({"event": "done", "accepted": true})));
    let last = told.last().unwrap();
    assert_eq!(last["replies"], json!([220, 250, 250, 250, 354, 250, 221]));
    assert_eq!((&last["status"], &last["closed"]), (&json!("closed"), &json!(true)));

    let injected = lines(&["client"], b"220 mx\r\n250-mx\r\n250 STARTTLS\r\n220 go\r\n250 x\r\n").pop().unwrap();
    assert_eq!((&injected["error"], &injected["offset"]), (&json!("injected"), &json!(38)));
    let stripped = lines(&["client", "--starttls", "required"], b"220 mx\r\n250 mx\r\n").pop().unwrap();
    assert_eq!((&stripped["error"], &stripped["offset"]), (&json!("no-tls"), &json!(8)));
    let two = ["client", "--to", "a@b", "--to", "c@d", "--messages", "2"];
    let stream = b"220 mx\r\n250-mx\r\n250 PIPELINING\r\n250 ok\r\n250 ok\r\n550 no\r\n354 go\r\n250 taken\r\n\
        550 no\r\n503 no\r\n503 no\r\n503 no\r\n221 bye\r\n";
    let told = lines(&two, stream);
    let done: Vec<_> = told.iter().filter(|line| line["event"] == "done").map(|line| &line["accepted"]).collect();
    assert_eq!(json!(done), json!([true, false]));
}

#[test]
fn what_is_wrong_with_the_command_line_is_said() {
    let wrong = inspect(&["client", "--to", "a@b\r\nRSET"], b"");
    assert_eq!(wrong.status.code(), Some(2));
    assert!(wrong.stdout.is_empty());
    let utf8 = inspect(&["client", "--to", "λ@b"], b"220 mx\r\n250 mx\r\n");
    assert_eq!(utf8.status.code(), Some(2));
    assert_eq!(String::from_utf8_lossy(&utf8.stderr), "plainwire: the server does not offer SMTPUTF8\n");
    assert_eq!(inspect(&["server", "/no/such/file"], b"").status.code(), Some(1));
    let plain = inspect(&["server"], b"NOOP\r\n");
    let text = String::from_utf8(plain.stdout).unwrap();
    assert!(
        text.starts_with("reply code=220 enhanced=null text=\"mx.example.org ESMTP\"\nnoop\nreply code=250"),
        "{text}"
    );
}
