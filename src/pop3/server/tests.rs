use super::*;
use crate::engine::turn;
use crate::laws::{self, Ending};
use crate::pop3::{Entry, Host, Maildrop, Messages, Octets, Trouble, Users};
use crate::sasl::{Mechanism, Record, Store};
use alloc::string::ToString;
use alloc::vec;
use alloc::vec::Vec;
use core::time::Duration;
use proptest::prelude::*;
use std::sync::LazyLock;

/// One user, `ada`, and what happens when her maildrop is opened.
#[derive(Clone)]
struct Ada {
    messages: Messages,
    trouble: Option<Trouble>,
}

/// One iteration: these tests ask hundreds of thousands of times, and no client is here to refuse it.
static RECORD: LazyLock<Record> =
    LazyLock::new(|| Record::from_password("engine", b"0123456789abcdef", 1).unwrap().with_password("engine"));

impl Store for Ada {
    fn record(&self, user: &str) -> Option<Record> {
        (user == "ada").then(|| RECORD.clone())
    }
}

impl Users for Ada {
    type Maildrop = Messages;

    fn store(&self) -> &dyn Store {
        self
    }

    fn open(&mut self, _: &Identity) -> Result<Messages, Trouble> {
        self.trouble.map_or_else(|| Ok(self.messages.clone()), Err)
    }
}

const ONE: &str = "Subject: one\r\n\r\nfirst\r\n..\r\nsecond\r\n";
const TWO: &str = "Subject: two\n\n.hidden\nlast";

fn ada() -> Ada {
    Ada { messages: Messages::new([("id-1", ONE), ("id-2", TWO)]), trouble: None }
}

fn config() -> Config {
    let mut config = Config::new("mx.example").unwrap();
    config.stls = true;
    config.cleartext = true;
    config.apop = true;
    config.auth = Mechanism::ALL.to_vec();
    config
}

fn server(config: &Config) -> Server {
    Server::new(Arc::new(config.clone()), Session::new(Nonce::new([7; 18])))
}

/// What the server said behind its greeting, what is left, how it ended: by the laws, so at every cut.
struct Outcome {
    said: String,
    left: Vec<&'static str>,
    error: Option<(ErrorKind, u64)>,
    status: Status,
}

fn run_with(config: &Config, users: &Ada, stream: &[u8], ending: Ending) -> Outcome {
    let make = || (server(config), Host::new(users.clone()));
    let log = laws::judge(make, stream, ending).unwrap_or_else(|story| panic!("{story}"));
    let (mut engine, mut host) = make();
    let mut out = BytesMut::new();
    let _told_by_the_log = turn(&mut engine, &mut &stream[..], &mut out, usize::MAX, &mut host, &mut ());
    let left = host.into_parts().1.unwrap_or_else(|| users.messages.clone());
    let left = ["id-1", "id-2"].into_iter().filter(|id| left.ids().any(|left| left == *id)).collect();
    let said = String::from_utf8(log.out.clone()).unwrap();
    let (_, said) = said.split_once("\r\n").unwrap_or_default();
    Outcome {
        said: said.to_string(),
        left,
        error: log.error.map(|error| (error.kind, error.offset)),
        status: log.status,
    }
}

fn run(stream: &str) -> Outcome {
    run_with(&config(), &ada(), stream.as_bytes(), Ending::Stays)
}

/// What is said to `rest` by a session that is logged in.
fn inside(rest: &str) -> Outcome {
    let outcome = run(&format!("USER ada\r\nPASS engine\r\n{rest}"));
    let said = outcome.said.strip_prefix("+OK send PASS\r\n+OK maildrop has 2 messages (66 octets)\r\n");
    Outcome { said: said.expect("logged in").to_string(), ..outcome }
}

/// The first word of each line, for answers of one line.
fn words(said: &str) -> Vec<&str> {
    said.lines().map(|line| line.split(' ').next().unwrap_or_default()).collect()
}

/// RFC 1939 10, with the sizes that these messages have.
#[test]
fn the_session_of_the_rfc() {
    let mut users = ada();
    users.messages = Messages::new([("id-1", "a".repeat(118)), ("id-2", "b".repeat(198))]);
    let stream = "APOP ada cc3c1ffdafb8ba22e5d8d2b7d0bb95e0\r\n";
    let refused = run_with(&config(), &users, stream.as_bytes(), Ending::Stays);
    assert_eq!(refused.said, "-ERR [AUTH] authentication failed\r\n");

    let stamp = format!("<{}@mx.example>", Nonce::new([7; 18]).draw().text());
    let digest = crate::pop3::ApopDigest::new(stamp.as_bytes(), &"engine".into());
    let stream = format!("APOP ada {digest}\r\nSTAT\r\nLIST\r\nRETR 1\r\nDELE 1\r\nRETR 2\r\nDELE 2\r\nQUIT\r\n");
    let outcome = run_with(&config(), &users, stream.as_bytes(), Ending::Stays);
    let wanted = format!(
        "+OK maildrop has 2 messages (320 octets)\r\n+OK 2 320\r\n+OK 2 messages (320 octets)\r\n1 120\r\n2 200\r\n.\r\n\
         +OK 120 octets\r\n{}\r\n.\r\n+OK message 1 deleted\r\n+OK 200 octets\r\n{}\r\n.\r\n+OK message 2 deleted\r\n\
         +OK mx.example POP3 server signing off (maildrop empty)\r\n",
        "a".repeat(118),
        "b".repeat(198)
    );
    assert_eq!(outcome.said, wanted);
    assert_eq!((outcome.left, outcome.status, outcome.error), (vec![], Status::Closed, None));
}

/// RFC 1939 5: the examples of each command, and what its text says of their refusals.
#[test]
fn every_command_of_a_transaction() {
    for (script, said) in [
        ("STAT\r\n", "+OK 2 66\r\n"),
        ("LIST\r\n", "+OK 2 messages (66 octets)\r\n1 35\r\n2 31\r\n.\r\n"),
        ("LIST 2\r\n", "+OK 2 31\r\n"),
        ("LIST 3\r\n", "-ERR no such message\r\n"),
        ("LIST 0\r\n", "-ERR no such message\r\n"),
        ("LIST -1\r\n", "-ERR these arguments do not fit\r\n"),
        ("LIST 18446744073709551617\r\n", "-ERR no such message\r\n"),
        ("UIDL\r\n", "+OK unique-id listing follows\r\n1 id-1\r\n2 id-2\r\n.\r\n"),
        ("UIDL 2\r\n", "+OK 2 id-2\r\n"),
        ("RETR 1\r\n", "+OK 35 octets\r\nSubject: one\r\n\r\nfirst\r\n...\r\nsecond\r\n.\r\n"),
        ("retr 2\r\n", "+OK 31 octets\r\nSubject: two\r\n\r\n..hidden\r\nlast\r\n.\r\n"),
        ("RETR\r\n", "-ERR these arguments do not fit\r\n"),
        ("RETR 1 2\r\n", "-ERR these arguments do not fit\r\n"),
        ("TOP 1 0\r\n", "+OK top of message follows\r\nSubject: one\r\n\r\n.\r\n"),
        ("TOP 1 1\r\n", "+OK top of message follows\r\nSubject: one\r\n\r\nfirst\r\n.\r\n"),
        ("TOP 1 2\r\n", "+OK top of message follows\r\nSubject: one\r\n\r\nfirst\r\n...\r\n.\r\n"),
        ("TOP 2 1\r\n", "+OK top of message follows\r\nSubject: two\r\n\r\n..hidden\r\n.\r\n"),
        ("TOP 2 99\r\n", "+OK top of message follows\r\nSubject: two\r\n\r\n..hidden\r\nlast\r\n.\r\n"),
        ("TOP 1\r\n", "-ERR these arguments do not fit\r\n"),
        ("TOP 1 -1\r\n", "-ERR these arguments do not fit\r\n"),
        ("TOP 9 1\r\n", "-ERR no such message\r\n"),
        ("NOOP\r\n", "+OK\r\n"),
        ("NOOP x\r\n", "-ERR these arguments do not fit\r\n"),
        (
            "DELE 1\r\nDELE 1\r\nRETR 1\r\nLIST 1\r\nSTAT\r\n",
            "+OK message 1 deleted\r\n-ERR no such message\r\n-ERR no such message\r\n-ERR no such message\r\n+OK 1 31\r\n",
        ),
        (
            "DELE 2\r\nLIST\r\nUIDL\r\n",
            "+OK message 2 deleted\r\n+OK 1 message (35 octets)\r\n1 35\r\n.\r\n+OK unique-id listing follows\r\n1 id-1\r\n.\r\n",
        ),
        ("DELE 1\r\nRSET\r\nSTAT\r\n", "+OK message 1 deleted\r\n+OK 2 messages (66 octets)\r\n+OK 2 66\r\n"),
        (
            "USER ada\r\nAPOP a b\r\nSTLS\r\nUTF8\r\n",
            "-ERR not in this state\r\n-ERR not in this state\r\n-ERR not in this state\r\n-ERR not in this state\r\n",
        ),
        (
            "LANG\r\nLANG EN\r\nLANG *\r\nLANG xx\r\n",
            "+OK languages:\r\nen English\r\n.\r\n+OK en English\r\n+OK en English\r\n-ERR no such language\r\n",
        ),
        ("XTND XMIT\r\n", "-ERR unknown command\r\n"),
    ] {
        let outcome = inside(script);
        assert_eq!(outcome.said, said, "{script:?}");
        assert_eq!(outcome.left, ["id-1", "id-2"], "nothing is deleted before QUIT");
    }
}

#[test]
fn only_quit_deletes() {
    let outcome = inside("DELE 1\r\nQUIT\r\n");
    assert_eq!((outcome.left, outcome.status), (vec!["id-2"], Status::Closed));
    assert!(outcome.said.ends_with("signing off (1 message left)\r\n"));
    assert_eq!(inside("DELE 1\r\nRSET\r\nDELE 2\r\nQUIT\r\n").left, ["id-1"]);
    // RFC 1939 6: without QUIT nothing is.
    let stream = b"USER ada\r\nPASS engine\r\nDELE 1\r\n";
    let outcome = run_with(&config(), &ada(), stream, Ending::Eof);
    assert_eq!((outcome.left, outcome.status, outcome.error), (vec!["id-1", "id-2"], Status::Closed, None));
    // What stands behind QUIT is nobody's.
    assert_eq!(inside("QUIT\r\nDELE 1\r\n").left, ["id-1", "id-2"]);
}

#[test]
fn capabilities_before_and_after() {
    let mut config = config();
    config.cleartext = false;
    config.login_delay = Some(60);
    config.expire = Expire::Days(30);
    let config = config.implementation("plainwire").unwrap();
    let before = "+OK capability list follows\r\nTOP\r\nUIDL\r\nRESP-CODES\r\nAUTH-RESP-CODE\r\nPIPELINING\r\nEXPIRE 30\r\n\
        LOGIN-DELAY 60\r\nSASL ANONYMOUS CRAM-MD5 EXTERNAL SCRAM-SHA-1 SCRAM-SHA-256\r\nSTLS\r\nUTF8 USER\r\nLANG\r\n.\r\n";
    let outcome = run_with(&config, &ada(), b"CAPA\r\n", Ending::Stays);
    let sorted = |text: &str| {
        let mut lines: Vec<_> = text.lines().map(ToString::to_string).collect();
        for line in &mut lines {
            if let Some(names) = line.strip_prefix("SASL ") {
                let mut names: Vec<_> = names.split(' ').collect();
                names.sort_unstable();
                *line = format!("SASL {}", names.join(" "));
            }
        }
        lines
    };
    assert_eq!(sorted(&outcome.said), sorted(before));
    let stamp = format!("<{}@mx.example>", Nonce::new([7; 18]).draw().text());
    let digest = crate::pop3::ApopDigest::new(stamp.as_bytes(), &"engine".into());
    let outcome = run_with(&config, &ada(), format!("APOP ada {digest}\r\nCAPA\r\n").as_bytes(), Ending::Stays);
    assert!(outcome.said.contains("\r\nIMPLEMENTATION plainwire\r\n") && !outcome.said.contains("STLS"));
    // What can't be had is not announced.
    let plain = Config::new("mx.example").unwrap().languages([]).unwrap();
    let outcome =
        run_with(&plain, &ada(), b"CAPA\r\nSTLS\r\nAPOP a b\r\nAUTH PLAIN\r\nLANG\r\nUSER ada\r\n", Ending::Stays);
    let wanted = "+OK capability list follows\r\nTOP\r\nUIDL\r\nRESP-CODES\r\nAUTH-RESP-CODE\r\nPIPELINING\r\nEXPIRE NEVER\r\n\
        UTF8 USER\r\n.\r\n-ERR unknown command\r\n-ERR unknown command\r\n-ERR unknown command\r\n-ERR unknown command\r\n\
        -ERR say STLS first: not in clear\r\n";
    assert_eq!(outcome.said, wanted);
}

/// Clients that try one way after the other: the greeting's timestamp holds as long as the connection does.
#[test]
fn apop_behind_an_exchange_that_failed() {
    let stamp = format!("<{}@mx.example>", Nonce::new([7; 18]).draw().text());
    let digest = crate::pop3::ApopDigest::new(stamp.as_bytes(), &"engine".into());
    let outcome = run(&format!("AUTH CRAM-MD5\r\n*\r\nUSER ada\r\nPASS wrong\r\nAPOP ada {digest}\r\n"));
    assert_eq!(words(&outcome.said), ["+", "-ERR", "+OK", "-ERR", "+OK"], "{}", outcome.said);
    // And what it shows does not tell what the exchanges show.
    let mut seen = Nonce::new([7; 18]).draw();
    let challenge = outcome.said.split("\r\n").next().unwrap().strip_prefix("+ ").unwrap();
    let challenge = crate::sasl::base64::decode(challenge.as_bytes()).unwrap();
    let challenge = core::str::from_utf8(challenge.expose()).unwrap();
    assert!((0..4).all(|_| !challenge.contains(&seen.draw().text())), "{challenge}");
}

#[test]
fn logging_in_and_not() {
    for (script, answers) in [
        ("USER ada\r\nPASS engine\r\n", &["+OK", "+OK"][..]),
        ("USER ada\r\nPASS wrong\r\nSTAT\r\n", &["+OK", "-ERR", "-ERR"]),
        ("USER bob\r\nPASS engine\r\n", &["+OK", "-ERR"]),
        ("PASS engine\r\n", &["-ERR"]),
        ("USER ada\r\nNOOP\r\nPASS engine\r\n", &["+OK", "-ERR", "-ERR"]),
        ("USER ada\r\nUSER ada\r\nPASS engine\r\n", &["+OK", "+OK", "+OK"]),
        ("USER \r\nUSER\r\n", &["-ERR", "-ERR"]),
        ("APOP ada\r\nAPOP ada 00\r\n", &["-ERR", "-ERR"]),
        ("AUTH PLAIN AGFkYQBlbmdpbmU=\r\nSTAT\r\n", &["+OK", "+OK"]),
        ("AUTH PLAIN\r\nAGFkYQBlbmdpbmU=\r\nAUTH PLAIN\r\n", &["+", "+OK", "-ERR"]),
        ("AUTH LOGIN\r\nYWRh\r\nZW5naW5l\r\n", &["+", "+", "+OK"]),
        ("AUTH LOGIN YWRh\r\nZW5naW5l\r\n", &["+", "+OK"]),
        ("AUTH PLAIN AGFkYQB3cm9uZw==\r\nNOOP\r\n", &["-ERR", "-ERR"]),
        ("AUTH PLAIN\r\n*\r\nCAPA\r\n", &["+", "-ERR", "+OK"]),
        ("AUTH PLAIN !\r\nAUTH PLAIN =\r\nAUTH PLAIN\r\n!\r\n", &["-ERR", "-ERR", "+", "-ERR"]),
        ("AUTH GSSAPI\r\nAUTH SCRAM-SHA-256-PLUS\r\nAUTH\r\n", &["-ERR", "-ERR", "-ERR"]),
        ("AUTH SCRAM-SHA-256 biwsbj1hZGEscj1ub25jZQ==\r\n*\r\n", &["+", "-ERR"]),
    ] {
        let outcome = run(script);
        let lines: Vec<_> = words(&outcome.said).into_iter().take(answers.len()).collect();
        assert_eq!(lines, *answers, "{script:?}: {}", outcome.said);
    }
    // Once too often.
    let outcome = run(&"USER ada\r\nPASS wrong\r\n".repeat(5));
    assert!(outcome.said.ends_with("-ERR too many failures\r\n"));
    assert_eq!((outcome.status, outcome.said.matches("[AUTH]").count()), (Status::Closed, 3));
    let long = format!("AUTH PLAIN\r\n{}\r\nCAPA\r\n", "A".repeat(12_287));
    let (mut engine, mut out) = (server(&config()), BytesMut::new());
    turn(&mut engine, &mut long.as_bytes(), &mut out, usize::MAX, &mut Host::new(ada()), &mut ()).unwrap();
    let said = String::from_utf8(out.to_vec()).unwrap();
    assert!(said.contains("+ \r\n-ERR [AUTH] response too long\r\n+OK capability"), "{said}");
}

#[test]
fn a_maildrop_that_does_not_open_is_no_failed_login() {
    let stream = b"USER ada\r\nPASS engine\r\n".repeat(5);
    let troubles = [
        (Trouble::InUse, "[IN-USE]"),
        (Trouble::TooSoon, "[LOGIN-DELAY]"),
        (Trouble::Temporary, "[SYS/TEMP]"),
        (Trouble::Permanent, "[SYS/PERM]"),
    ];
    for (trouble, code) in troubles {
        let users = Ada { trouble: Some(trouble), ..ada() };
        let outcome = run_with(&config(), &users, &stream, Ending::Stays);
        assert_eq!(outcome.said.matches(&format!("-ERR {code} ")).count(), 5);
        assert_eq!(outcome.status, Status::Idle);
    }
    let users = Ada { messages: Messages::new([("", "x")]), ..ada() };
    let outcome = run_with(&config(), &users, b"USER ada\r\nPASS engine\r\nSTAT\r\n", Ending::Stays);
    assert!(outcome.said.contains("-ERR [SYS/PERM]"), "an empty id can't be said");
    assert!(outcome.said.ends_with("-ERR not in this state\r\n"));
}

/// A maildrop whose messages are not what its list says.
struct Liar(u64);

impl Maildrop for Liar {
    fn list(&mut self) -> Result<Vec<Entry>, Trouble> {
        Ok(vec![Entry { octets: 8, id: "x".into() }, Entry { octets: 8, id: "y".into() }])
    }
    fn read(&mut self, message: usize, offset: u64, buffer: &mut [u8]) -> Result<usize, Trouble> {
        if message == 1 {
            return Err(Trouble::Temporary);
        }
        if offset >= self.0 {
            return if self.0 == 3 { Err(Trouble::Permanent) } else { Ok(0) };
        }
        buffer[0] = b'x';
        Ok(1)
    }
    fn delete(&mut self, _: &[usize]) -> Result<(), Trouble> {
        Err(Trouble::Temporary)
    }
}

struct Liars(u64);

impl Users for Liars {
    type Maildrop = Liar;

    fn store(&self) -> &dyn Store {
        self
    }
    fn open(&mut self, _: &Identity) -> Result<Liar, Trouble> {
        Ok(Liar(self.0))
    }
}

impl Store for Liars {
    fn record(&self, _: &str) -> Option<Record> {
        Some(RECORD.clone())
    }
}

/// A part is never told as the whole: the connection ends without the final dot.
#[test]
fn a_message_that_is_not_what_was_listed_is_not_finished() {
    let stream = b"USER ada\r\nPASS engine\r\nRETR 2\r\nRETR 1\r\nNOOP\r\n";
    for (length, end) in
        [(6, "xxxxxx\r\n.\r\n+OK\r\n"), (5, "xxxxx"), (7, "xxxxxxx"), (3, "xxx"), (0, "+OK 8 octets\r\n")]
    {
        let make = || (server(&config()), Host::new(Liars(length)));
        let log = laws::judge(make, stream, Ending::Stays).unwrap_or_else(|story| panic!("{story}"));
        let said = String::from_utf8(log.out.clone()).unwrap();
        assert!(said.contains("\r\n-ERR [SYS/TEMP] try again later\r\n+OK 8 octets\r\n"), "{said}");
        assert!(said.ends_with(end), "{length}: {said}");
        assert_eq!(log.status, if length == 6 { Status::Idle } else { Status::Closed }, "{length}");
    }
    // What is not deleted is not said to be.
    let make = || (server(&config()), Host::new(Liars(6)));
    let log = laws::judge(make, b"USER ada\r\nPASS engine\r\nDELE 1\r\nQUIT\r\n", Ending::Stays).unwrap();
    assert!(log.out.ends_with(b"-ERR [SYS/TEMP] some deleted messages not removed\r\n"));
    assert_eq!(log.status, Status::Closed);
}

/// field: part f, 17; RFC 2595 4.
#[test]
fn stls_forgets_and_takes_nothing_in_clear() {
    let outcome = run("STLS\r\n");
    assert_eq!((outcome.said.as_str(), outcome.status), ("+OK begin TLS\r\n", Status::HandedOver));
    let outcome = run("STLS\r\nUSER ada\r\n");
    assert_eq!(outcome.error, Some((ErrorKind::Injected, 6)));
    assert_eq!(outcome.said, "+OK begin TLS\r\n", "and nothing else");

    let (mut engine, mut out, mut host) = (server(&config()), BytesMut::new(), Host::new(ada()));
    let mut input = &b"USER ada\r\nSTLS\r\n"[..];
    turn(&mut engine, &mut input, &mut out, usize::MAX, &mut host, &mut ()).unwrap();
    engine.secured(input, None).unwrap();
    assert!(engine.secure() && engine.status() == Status::Idle);
    out.clear();
    let mut input = &b"PASS engine\r\nSTLS\r\nUSER ada\r\nPASS engine\r\nSTLS\r\n"[..];
    turn(&mut engine, &mut input, &mut out, usize::MAX, &mut host, &mut ()).unwrap();
    let said = String::from_utf8(out.to_vec()).unwrap();
    assert_eq!(words(&said), ["-ERR", "-ERR", "+OK", "+OK", "-ERR"], "the name was forgotten");

    let mut engine = server(&config());
    engine.greet(&mut out).unwrap();
    engine.recv(&mut &b"STLS\r\n"[..], &mut out).unwrap();
    assert_eq!(engine.secured(b"CAPA\r\n", None), Err(Misuse::Injected));
    assert_eq!(engine.recv(&mut &b""[..], &mut out), Err(Error { kind: ErrorKind::Injected, offset: 6 }));
}

/// field: part f, 8.
#[test]
fn a_bare_line_end_ends_no_command() {
    for line in ["NOOP\nDELE 1\r\n", "NOOP\rDELE 1\r\n", "NOOP\r\r\n", "DELE 1\n\r\n", "NOOP \0\r\n"] {
        let outcome = inside(&format!("{line}STAT\r\n"));
        assert_eq!(words(&outcome.said), ["-ERR", "+OK"], "{line:?}: one line, one answer");
        assert!(outcome.said.ends_with("+OK 2 66\r\n"));
    }
}

#[test]
fn limits_count_elements() {
    let mut small = config();
    small.limits.line = 20;
    let run = |config: &Config, stream: &str| run_with(config, &ada(), stream.as_bytes(), Ending::Stays);
    assert_eq!(words(&run(&small, "USER 6789012345678\r\n").said), ["+OK"]);
    assert_eq!(run(&small, "USER 67890123456789\r\nCAPA\r\n").said.lines().next(), Some("-ERR line too long"));
    // A name that was said before a line too long is no name any more.
    let outcome = run(&small, "USER ada\r\nUSER 67890123456789\r\nPASS engine\r\n");
    assert_eq!(words(&outcome.said), ["+OK", "-ERR", "-ERR"]);
    small.limits = Limits { errors: 2, ..Limits::default() };
    let outcome = run(&small, "A\r\nB\r\nC\r\nNOOP\r\n");
    assert_eq!(outcome.error, Some((ErrorKind::TooManyErrors, 6)));
    assert!(outcome.said.ends_with("-ERR unknown command\r\n-ERR too many errors\r\n"));
    // One too many, by a line that is too long: it is told where that line ends, whatever the cut.
    small.limits = Limits { errors: 0, line: 8, auth_line: 8, auth_failures: 0, ..Limits::default() };
    small.auth = vec![Mechanism::Login];
    for (stream, offset) in [("0123456789\r\n", 12), ("AUTH LOGIN\r\n", 12)] {
        assert_eq!(run(&small, stream).error, Some((ErrorKind::TooManyErrors, offset)), "{stream:?}");
    }
    small.limits.line = 20;
    let outcome = run(&small, "AUTH LOGIN\r\n0123456789\r\n");
    assert_eq!(outcome.error, Some((ErrorKind::TooManyErrors, 24)));

    let endless = vec![b'x'; 70_000];
    for step in [70_000, 999] {
        let (mut engine, mut out, mut at) = (server(&config()), BytesMut::new(), 0);
        engine.greet(&mut out).unwrap();
        let error = (0..=endless.len()).step_by(step).find_map(|end| {
            let mut input = &endless[at..end];
            let told = engine.recv(&mut input, &mut out);
            at = end - input.len();
            told.err()
        });
        assert_eq!(error, Some(Error { kind: ErrorKind::LineTooLong, offset: 65_536 }));
    }
}

#[test]
fn an_end_is_clean_only_between_commands() {
    for (stream, error) in [
        ("", None),
        ("USER ada\r\n", None),
        ("USER ada\r\nPASS engine\r\nDELE 1\r\n", None),
        ("USER ada\r\nPASS engine\r\nRETR 1\r\n", None),
        ("NOO", Some((ErrorKind::Truncated, 3))),
        ("AUTH PLAIN\r\n", Some((ErrorKind::Truncated, 12))),
    ] {
        let outcome = run_with(&config(), &ada(), stream.as_bytes(), Ending::Eof);
        assert_eq!((outcome.error, outcome.status), (error, Status::Closed), "{stream:?}");
    }
}

#[test]
fn auto_logout_says_nothing_and_deletes_nothing() {
    let stream = b"CAPA\r\nAUTH PLAIN\r\n*\r\nUSER ada\r\nPASS engine\r\nDELE 1\r\nRETR 2\r\nQUIT\r\n";
    let make = || (server(&config()), Host::new(ada()));
    laws::judge_expiry(make, stream).unwrap_or_else(|story| panic!("{story}"));
    let (mut engine, mut host) = make();
    let mut out = BytesMut::new();
    let mut input = &b"USER ada\r\nPASS engine\r\nDELE 1\r\nNOO"[..];
    turn(&mut engine, &mut input, &mut out, usize::MAX, &mut host, &mut ()).unwrap();
    assert_eq!(engine.patience().limit, Some(Duration::from_secs(600)));
    out.clear();
    engine.expire();
    assert_eq!(engine.recv(&mut input, &mut out), Ok(Some(Event::Expired)));
    assert_eq!((out.len(), engine.status()), (0, Status::Closed));
    assert_eq!(host.into_parts().1.unwrap().ids().count(), 2);
}

#[test]
fn another_protocol_is_shown_the_door() {
    let outcome = run("POST / HTTP/1.1\r\nHost: a\r\n\r\nUSER ada\r\n");
    assert_eq!((outcome.error, outcome.said.as_str()), (Some((ErrorKind::Foreign, 0)), "-ERR this is POP3\r\n"));
}

#[test]
fn misuse_writes_nothing() {
    let (mut engine, mut out) = (server(&config()), BytesMut::new());
    for text in ["", "a\r\n+OK", "a\nb", "\0", "\u{85}"] {
        assert_eq!(engine.refuse(None, text, &mut out), Err(Misuse::Unfit));
    }
    for code in ["", "A]", "A B", "A\r\n"] {
        assert_eq!(engine.refuse(Some(Code::Other(code)), "no", &mut out), Err(Misuse::Unfit));
    }
    assert_eq!(engine.open([], &mut out), Err(Misuse::NotOwed));
    assert_eq!(engine.begin(&mut out), Err(Misuse::NotOwed));
    assert_eq!(engine.send(b"x", &mut out), Err(Misuse::NotOwed));
    assert_eq!(engine.finish(&mut out), Err(Misuse::NotOwed));
    assert_eq!(engine.abort(), Err(Misuse::NotOwed));
    assert_eq!(engine.updated(&mut out), Err(Misuse::NotOwed));
    assert_eq!(engine.secured(b"", None), Err(Misuse::NotOwed));
    assert_eq!(engine.authenticate(&ada(), &mut out), Err(Misuse::NotOwed));
    assert!(out.is_empty());
    engine.refuse(Some(Code::SysTemp), "full", &mut out).unwrap();
    assert_eq!((&out[..], engine.status()), (&b"-ERR [SYS/TEMP] full\r\n"[..], Status::Closed));
    assert_eq!(engine.shutdown(&mut out), Err(Misuse::Closed));
    for host in ["", "a b", "a\r\n", "a>", "@"] {
        assert!(Config::new(host).is_err(), "{host:?}");
    }
    assert!(config().implementation("a\r\nb").is_err());
    assert!(config().languages([("a b".into(), "c".into())]).is_err());
}

#[test]
fn shutdown_says_so_except_inside_a_message() {
    for stream in ["", "CAPA\r\n", "USER ada\r\nPASS engine\r\nDELE 1\r\n", "NOO"] {
        let (mut engine, mut out, mut host) = (server(&config()), BytesMut::new(), Host::new(ada()));
        turn(&mut engine, &mut stream.as_bytes(), &mut out, usize::MAX, &mut host, &mut ()).unwrap();
        engine.shutdown(&mut out).unwrap();
        assert!(out.ends_with(b"-ERR [SYS/TEMP] server shutting down\r\n"));
        assert_eq!(engine.recv(&mut &b"rest\r\n"[..], &mut out), Ok(None));
    }
    let (mut engine, mut out) = (server(&config()), BytesMut::new());
    engine.greet(&mut out).unwrap();
    engine.recv(&mut &b"USER ada\r\n"[..], &mut out).unwrap();
    engine.recv(&mut &b"PASS x\r\n"[..], &mut out).unwrap();
    engine.grant(&mut out).unwrap();
    engine.open([Entry { octets: 9, id: "x".into() }], &mut out).unwrap();
    engine.recv(&mut &b"RETR 1\r\n"[..], &mut out).unwrap();
    engine.begin(&mut out).unwrap();
    engine.send(b"half", &mut out).unwrap();
    engine.shutdown(&mut out).unwrap();
    assert!(out.ends_with(b"+OK 9 octets\r\nhalf"));
}

#[test]
fn an_idle_session_is_small() {
    let size = size_of::<Server>();
    assert!(size <= 512, "{size} octets");
}

/// What `TOP` sends, by lines, as RFC 1939 7 puts it.
fn top_by_lines(text: &str, lines: usize) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let mut all: Vec<&str> = text.split('\n').collect();
    if all.last() == Some(&"") {
        all.pop();
    }
    let header = all.iter().position(|line| line.is_empty()).map_or(all.len(), |at| at + 1);
    let wanted = all.iter().take(header.saturating_add(lines));
    let stuffed = |line: &&str| format!("{}{line}\r\n", if line.starts_with('.') { "." } else { "" });
    wanted.map(stuffed).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whole command lines, half ones and noise, in any order.
    #[test]
    fn the_laws_hold(parts in prop::collection::vec(prop_oneof![
        2 => Just("USER ada\r\n"), 2 => Just("PASS engine\r\n"), 1 => Just("PASS x\r\n"), 1 => Just("CAPA\r\n"), 1 => Just("STAT\r\n"),
        1 => Just("LIST\r\n"), 1 => Just("UIDL 1\r\n"), 1 => Just("RETR 1\r\n"), 1 => Just("RETR 2\r\n"), 1 => Just("TOP 1 1\r\n"),
        1 => Just("DELE 1\r\n"), 1 => Just("RSET\r\n"), 1 => Just("NOOP\r\n"), 1 => Just("AUTH PLAIN\r\n"), 1 => Just("AUTH LOGIN YWRh\r\n"),
        1 => Just("*\r\n"), 1 => Just("AGFkYQBlbmdpbmU=\r\n"), 1 => Just("\r"), 1 => Just("\n"), 1 => Just("x"), 1 => Just("QUIT\r\n"),
        1 => Just("STLS\r\n"), 1 => Just("LANG\r\n"), 1 => Just("UTF8\r\n"), 1 => Just("APOP ada 0123456789abcdef0123456789abcdef\r\n"),
    ], 0..14), ends in any::<bool>(), logged_in in any::<bool>()) {
        let login = if logged_in { "USER ada\r\nPASS engine\r\n" } else { "" };
        let stream = format!("{login}{}", parts.concat());
        let mut config = config();
        config.limits.errors = 4;
        let make = || (server(&config), Host::new(ada()));
        let log = laws::judge(make, stream.as_bytes(), if ends { Ending::Eof } else { Ending::Stays });
        prop_assert!(log.is_ok(), "{}", log.err().map(|story| story.to_string()).unwrap_or_default());
        let expiry = laws::judge_expiry(make, stream.as_bytes());
        prop_assert!(expiry.is_ok(), "{}", expiry.err().map(|story| story.to_string()).unwrap_or_default());
    }

    /// However the caller cuts a message into pieces, and wherever `TOP` ends it.
    #[test]
    fn messages_go_out_as_lines(text in "[ab.\r\n]{0,40}", lines in 0_u32..5, piece in 1_usize..9) {
        let mut octets = Octets::new();
        octets.push(text.as_bytes());
        let whole = top_by_lines(&text, usize::MAX);
        let dots = whole.lines().filter(|line| line.starts_with('.')).count();
        prop_assert_eq!(octets.total(), (whole.len() - dots) as u64);
        let mut by_pieces = Octets::new();
        text.as_bytes().chunks(piece).for_each(|piece| by_pieces.push(piece));
        prop_assert_eq!(by_pieces.total(), octets.total());

        for (command, wanted) in [("RETR 1\r\n".to_string(), whole), (format!("TOP 1 {lines}\r\n"), top_by_lines(&text, lines as usize))] {
            let (mut engine, mut out) = (server(&config()), BytesMut::new());
            engine.greet(&mut out).unwrap();
            engine.recv(&mut &b"USER ada\r\n"[..], &mut out).unwrap();
            engine.recv(&mut &b"PASS x\r\n"[..], &mut out).unwrap();
            engine.grant(&mut out).unwrap();
            engine.open([Entry { octets: octets.total(), id: "x".into() }], &mut out).unwrap();
            engine.recv(&mut command.as_bytes(), &mut out).unwrap();
            engine.begin(&mut out).unwrap();
            out.clear();
            for piece in text.as_bytes().chunks(piece) {
                if engine.send(piece, &mut out).unwrap() == Wanted::Enough {
                    break;
                }
            }
            engine.finish(&mut out).unwrap();
            prop_assert_eq!(String::from_utf8(out.to_vec()).unwrap(), format!("{wanted}.\r\n"));
        }
    }
}
