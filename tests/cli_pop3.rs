//! `plainwire inspect pop3` and `plainwire serve pop3` as a shell sees them.
#![cfg(feature = "cli")]
#![allow(clippy::disallowed_types, clippy::disallowed_methods, reason = "processes and sockets are what is tested")]

#[path = "support/mail_server.rs"]
mod mail_server;

use mail_server::cli::{Server, printed, run};
use mail_server::deliver;
use plainwire::net::maildir::Maildir;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

fn lines(arguments: &[&str], input: &[u8]) -> Vec<String> {
    let arguments = [&["inspect", "pop3"], arguments].concat();
    printed(run(&arguments, input)).lines().map(str::to_owned).collect()
}

#[test]
fn a_server_over_a_maildir_prints_events_and_replies() {
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("mail");
    deliver(&path, "Subject: hi\n\n.dot\nend\n");
    let input = b"USER ann\r\nPASS x\r\nSTAT\r\nRETR 1\r\nTOP 1 1\r\nDELE 1\r\nDELE 2\r\nQUIT\r\n";
    let expected = [
        r#"{"event":"reply","status":"+OK","text":"localhost POP3 server ready <IYzVW3SeqeNY+8bfwEe7Etud@localhost>"}"#,
        r#"{"event":"user","name":"ann"}"#,
        r#"{"event":"reply","status":"+OK","text":"send PASS"}"#,
        r#"{"event":"authenticate"}"#,
        r#"{"event":"reply","status":"+OK","text":"maildrop has 1 message (26 octets)"}"#,
        r#"{"event":"stat"}"#,
        r#"{"event":"reply","status":"+OK","text":"1 26"}"#,
        r#"{"event":"retr","message":1}"#,
        r#"{"event":"reply","status":"+OK","text":"26 octets"}"#,
        r#"{"event":"content","bytes":"Subject: hi\r\n\r\n.dot\r\nend\r\n"}"#,
        r#"{"event":"top","message":1,"lines":1}"#,
        r#"{"event":"reply","status":"+OK","text":"top of message follows"}"#,
        r#"{"event":"content","bytes":"Subject: hi\r\n\r\n.dot\r\n"}"#,
        r#"{"event":"dele","message":1}"#,
        r#"{"event":"reply","status":"+OK","text":"message 1 deleted"}"#,
        r#"{"event":"refused","reason":"no-such-message"}"#,
        r#"{"event":"reply","status":"-ERR","text":"no such message"}"#,
        r#"{"event":"quit"}"#,
        r#"{"event":"reply","status":"+OK","text":"localhost POP3 server signing off (maildrop empty)"}"#,
        r#"{"event":"summary","user":"ann","replies":["+OK","+OK","+OK","+OK","+OK","+OK","+OK","-ERR","+OK"],"deleted":[1],"closed":true}"#,
        r#"{"status":"closed","consumed":63,"complete":true}"#,
    ];
    let maildir = path.to_str().unwrap();
    assert_eq!(lines(&["server", "--json", "--maildir", maildir], input), expected);
    for cut in ["1", "2", "7"] {
        assert_eq!(
            lines(&["server", "--json", "--cut", cut, "--maildir", maildir], input),
            expected,
            "pieces of {cut}"
        );
    }
    let maildir = Maildir::open(&path).unwrap();
    assert_eq!(maildir.entries().unwrap().len(), 1, "nothing was deleted");
    assert_eq!(std::fs::read_dir(&path).unwrap().count(), 3, "and nothing was added");
}

#[test]
fn a_server_without_a_maildir_has_no_mail() {
    let told = lines(&["server", "--json"], b"STLS\r\nUSER x\r\n");
    assert_eq!(
        told[3..],
        [
            r#"{"event":"summary","user":null,"replies":["+OK","+OK"],"deleted":[],"closed":true}"#,
            r#"{"error":"injected","offset":6,"reply":null}"#,
        ]
    );
    let told = lines(&["server"], b"AUTH PLAIN AGFubgB4\r\nLIST\r\n");
    assert_eq!(
        told[1..],
        [
            "authenticate",
            r#"reply status="+OK" text="maildrop has 0 messages (0 octets)""#,
            "list message=null",
            r#"reply status="+OK" text="0 messages (0 octets)""#,
            r#"summary user="ann" replies=["+OK","+OK","+OK"] deleted=[] closed=false"#,
            r#"-- status="open" consumed=27 complete=true"#,
        ]
    );
}

/// RFC 1939 10.
#[test]
fn a_client_hears_the_session_of_the_rfc() {
    let input = b"+OK POP3 server ready <1896.697170952@dbc.mtview.ca.us>\r\n+OK mrose's maildrop has 2 messages (320 octets)\r\n\
        +OK 2 320\r\n+OK 2 messages (320 octets)\r\n1 120\r\n2 200\r\n.\r\n+OK 120 octets\r\n..one\r\n.\r\n+OK message 1 deleted\r\n\
        +OK 200 octets\r\ntwo\r\n.\r\n+OK message 2 deleted\r\n+OK dewey POP3 server signing off (maildrop empty)\r\n";
    let expected = [
        r#"{"event":"greeting","text":"POP3 server ready <1896.697170952@dbc.mtview.ca.us>"}"#,
        r#"{"event":"ok","command":"APOP","text":"mrose's maildrop has 2 messages (320 octets)"}"#,
        r#"{"event":"stat","messages":2,"octets":320}"#,
        r#"{"event":"begin","command":"LIST","text":"2 messages (320 octets)"}"#,
        r#"{"event":"size","message":1,"octets":120}"#,
        r#"{"event":"size","message":2,"octets":200}"#,
        r#"{"event":"end","command":"LIST"}"#,
        r#"{"event":"begin","command":"RETR","message":1,"text":"120 octets"}"#,
        r#"{"event":"data","bytes":".one\r\n"}"#,
        r#"{"event":"end","command":"RETR","message":1}"#,
        r#"{"event":"ok","command":"DELE","message":1,"text":"message 1 deleted"}"#,
        r#"{"event":"begin","command":"RETR","message":2,"text":"200 octets"}"#,
        r#"{"event":"data","bytes":"two\r\n"}"#,
        r#"{"event":"end","command":"RETR","message":2}"#,
        r#"{"event":"ok","command":"DELE","message":2,"text":"message 2 deleted"}"#,
        r#"{"event":"ok","command":"QUIT","text":"dewey POP3 server signing off (maildrop empty)"}"#,
    ];
    let told = lines(&["client", "--json"], input);
    assert_eq!(told[..16], expected);
    assert_eq!(told[16..], [format!(r#"{{"status":"closed","consumed":{},"complete":true}}"#, input.len())]);
    assert_eq!(lines(&["client", "--json", "--cut", "1"], input)[..16], expected);
}

#[test]
fn a_client_says_what_it_is_told_to() {
    let told = lines(
        &["client", "--json", "--say", "CAPA,USER,LIST"],
        b"+OK\r\n+OK\r\nSASL PLAIN\r\nEXPIRE 5 USER\r\nX\r\n.\r\n-ERR [IN-USE] no\r\n+OK\r\n",
    );
    assert_eq!(
        told[2..7],
        [
            r#"{"event":"capability","name":"SASL","mechanisms":"PLAIN"}"#,
            r#"{"event":"capability","name":"EXPIRE","days":5,"per_user":true}"#,
            r#"{"event":"capability","name":null,"line":"X"}"#,
            r#"{"event":"end","command":"CAPA"}"#,
            r#"{"event":"refused","command":"USER","code":"IN-USE","text":"no"}"#,
        ]
    );
    // LIST can't be said by who is not logged in, so that nothing was asked.
    assert_eq!(told[7..], [r#"{"error":"unsolicited","offset":61,"reply":null}"#]);
    let output = run(&["inspect", "pop3", "client", "--say", "RETR"], b"");
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(run(&["inspect", "pop3", "server", "--maildir", "/nowhere"], b"").status.code(), Some(1));
}

fn serve(arguments: &[&str]) -> Server {
    Server::start(&[&["serve", "pop3", "--port", "0"], arguments].concat(), 1)
}

/// Sends all of it at once, pipelined from the first octet on, and reads to the end.
fn talk(server: &Server, text: &str) -> String {
    let mut stream = TcpStream::connect(server.address()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream.write_all(text.as_bytes()).unwrap();
    let mut said = String::new();
    stream.read_to_string(&mut said).unwrap();
    said
}

#[test]
fn a_maildir_is_served_to_whoever_comes() {
    for extra in [&[][..], &["--reactor"]] {
        let scratch = tempfile::tempdir().unwrap();
        let path = scratch.path().join("mail");
        deliver(&path, "Subject: hi\r\n\r\nbody\r\n");
        let served = serve(&[&["--maildir", path.to_str().unwrap()], extra].concat());
        assert_eq!(
            talk(&served, "USER any\r\nPASS any\r\nRETR 1\r\nDELE 1\r\nQUIT\r\n"),
            "+OK localhost POP3 server ready\r\n+OK send PASS\r\n+OK maildrop has 1 message (21 octets)\r\n\
             +OK 21 octets\r\nSubject: hi\r\n\r\nbody\r\n.\r\n+OK message 1 deleted\r\n\
             +OK localhost POP3 server signing off (maildrop empty)\r\n"
        );
        assert_eq!(Maildir::open(&path).unwrap().entries().unwrap().len(), 0);
    }
}

#[test]
fn serving_whoever_comes_is_for_loopback() {
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("mail");
    let output = run(&["serve", "pop3", "--bind", "0.0.0.0", "--maildir", path.to_str().unwrap()], b"");
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(String::from_utf8_lossy(&output.stderr).lines().count(), 1);
}

#[test]
fn an_mbox_is_served() {
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("mbox");
    let [one, two] = ["Subject: one\n\n>From here\n.dot\n\n", "Subject: two\n\n"]
        .map(|text| format!("From a Fri Nov 21 15:55:06 1997\n{text}"));
    std::fs::write(&path, format!("{one}{two}{one}")).unwrap();
    let served = serve(&["--mbox", path.to_str().unwrap()]);
    assert_eq!(
        talk(&served, "USER any\r\nPASS any\r\nRETR 1\r\nTOP 2 0\r\nDELE 1\r\nDELE 2\r\nQUIT\r\n"),
        "+OK localhost POP3 server ready\r\n+OK send PASS\r\n+OK maildrop has 3 messages (80 octets)\r\n\
         +OK 33 octets\r\nSubject: one\r\n\r\nFrom here\r\n..dot\r\n.\r\n+OK top of message follows\r\nSubject: two\r\n.\r\n\
         +OK message 1 deleted\r\n+OK message 2 deleted\r\n+OK localhost POP3 server signing off (1 message left)\r\n"
    );
    assert_eq!(std::fs::read_to_string(&path).unwrap(), one);
    assert_eq!(run(&["serve", "pop3", "--mbox", "/nowhere/mbox"], b"").status.code(), Some(1));
}
