//! `plainwire inspect pop3` and `plainwire serve pop3` as a shell sees them.
#![cfg(feature = "cli")]
#![allow(clippy::disallowed_types, clippy::disallowed_methods, reason = "processes and sockets are what is tested")]

use plainwire::net::maildir::Maildir;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

fn plainwire(arguments: &[&str], input: &[u8]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_plainwire"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    child.wait_with_output().unwrap()
}

fn lines(arguments: &[&str], input: &[u8]) -> Vec<String> {
    let arguments = [&["inspect", "pop3"], arguments].concat();
    let output = plainwire(&arguments, input);
    assert_eq!((output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned()), (Some(0), String::new()));
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

fn deliver(path: &Path, text: &str) {
    let mut delivery = Maildir::create(path).unwrap().deliver().unwrap();
    delivery.write_all(text.as_bytes()).unwrap();
    delivery.commit().unwrap();
}

#[test]
fn a_server_over_a_maildir_prints_events_and_replies() {
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("mail");
    deliver(&path, "Subject: hi\n\n.dot\nend\n");
    let input = b"USER ann\r\nPASS x\r\nSTAT\r\nRETR 1\r\nTOP 1 1\r\nDELE 1\r\nDELE 2\r\nQUIT\r\n";
    let expected = [
        r#"{"event":"reply","status":"+OK","text":"localhost POP3 server ready <AAAAAAAAAAAAAAAAAAAAAAAA@localhost>"}"#,
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
    let output = plainwire(&["inspect", "pop3", "client", "--say", "RETR"], b"");
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(plainwire(&["inspect", "pop3", "server", "--maildir", "/nowhere"], b"").status.code(), Some(1));
}

/// A served Maildir, and where.
struct Served(Child, String);

impl Served {
    fn start(arguments: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_plainwire"))
            .args(["serve", "pop3", "--port", "0"])
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("listening on pop3://").and_then(|rest| rest.strip_suffix('/'));
        Self(child, address.expect(&line).to_owned())
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

#[test]
fn a_maildir_is_served_to_whoever_comes() {
    for extra in [&[][..], &["--reactor"]] {
        let scratch = tempfile::tempdir().unwrap();
        let path = scratch.path().join("mail");
        deliver(&path, "Subject: hi\r\n\r\nbody\r\n");
        let served = Served::start(&[&["--maildir", path.to_str().unwrap()], extra].concat());
        let mut stream = TcpStream::connect(&served.1).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        // Pipelined from the first octet on.
        stream.write_all(b"USER any\r\nPASS any\r\nRETR 1\r\nDELE 1\r\nQUIT\r\n").unwrap();
        let mut said = String::new();
        stream.read_to_string(&mut said).unwrap();
        assert_eq!(
            said,
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
    let output = plainwire(&["serve", "pop3", "--bind", "0.0.0.0", "--maildir", path.to_str().unwrap()], b"");
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
    let served = Served::start(&["--mbox", path.to_str().unwrap()]);
    let mut stream = TcpStream::connect(&served.1).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream.write_all(b"USER any\r\nPASS any\r\nRETR 1\r\nTOP 2 0\r\nDELE 1\r\nDELE 2\r\nQUIT\r\n").unwrap();
    let mut said = String::new();
    stream.read_to_string(&mut said).unwrap();
    assert_eq!(
        said,
        "+OK localhost POP3 server ready\r\n+OK send PASS\r\n+OK maildrop has 3 messages (80 octets)\r\n\
         +OK 33 octets\r\nSubject: one\r\n\r\nFrom here\r\n..dot\r\n.\r\n+OK top of message follows\r\nSubject: two\r\n.\r\n\
         +OK message 1 deleted\r\n+OK message 2 deleted\r\n+OK localhost POP3 server signing off (1 message left)\r\n"
    );
    assert_eq!(std::fs::read_to_string(&path).unwrap(), one);
    assert_eq!(plainwire(&["serve", "pop3", "--mbox", "/nowhere/mbox"], b"").status.code(), Some(1));
}
