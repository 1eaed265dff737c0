mod auth;
mod message;

use super::*;
use crate::engine::{Handler, turn};
use crate::laws::{self, Ending};
use crate::sasl::{Mechanism, Record, Store};
use crate::smtp::Code;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;
use proptest::prelude::*;

/// Accepts everything that is not named otherwise, and keeps what it gets.
#[derive(Default)]
struct Taker {
    messages: Vec<Vec<u8>>,
    content: Vec<u8>,
    /// LMTP: answers every second recipient with 550.
    by_turns: bool,
}

struct Ada(Record);

impl Store for Ada {
    fn record(&self, user: &str) -> Option<Record> {
        (user == "ada").then(|| self.0.clone())
    }
}

fn store() -> Ada {
    // One iteration: these tests ask hundreds of thousands of times, and no client is here to refuse it.
    Ada(Record::from_password("engine", b"0123456789abcdef", 1).unwrap().with_password("engine"))
}

impl Handler<Server> for Taker {
    fn event(&mut self, engine: &mut Server, event: Event<&[u8]>, out: &mut BytesMut) {
        let no = Answer::new(550, (5, 1, 1), "No such user").unwrap();
        match event {
            Event::Data(octets) => self.content.extend_from_slice(octets),
            Event::LineEnd => self.content.extend_from_slice(b"\r\n"),
            Event::Content => self.content.clear(),
            Event::Reset | Event::Hello(_) | Event::Spoiled(_) => self.content.clear(),
            Event::Message(message) => {
                assert_eq!(message.octets, self.content.len() as u64);
                self.messages.push(core::mem::take(&mut self.content));
            }
            Event::Rcpt(rcpt) if rcpt.to.local() == "nobody" => return engine.answer(&no, out).unwrap(),
            _ => {}
        }
        match engine.pending() {
            Some(Pending::Authentication) => {
                engine.authenticate(&store(), out).unwrap();
            }
            Some(Pending::Message(owed)) if self.by_turns => {
                let yes = Answer::new(250, (2, 1, 5), "Delivered").unwrap();
                for turn in 0..owed {
                    engine.answer_one(if turn % 2 == 0 { &yes } else { &no }, out).unwrap();
                }
            }
            Some(_) => engine.accept(out).unwrap(),
            None => {}
        }
    }

    fn more(&mut self, engine: &mut Server, out: &mut BytesMut) -> bool {
        engine.greet(out).is_ok()
    }
}

fn config() -> Config {
    let mut config = Config::new("mx.example.org".parse().unwrap());
    config.starttls = true;
    config.auth = Mechanism::ALL.to_vec();
    config.auth_in_clear = true;
    config.extensions.dsn = true;
    config
}

fn lmtp() -> Config {
    Config { protocol: Protocol::Lmtp, ..config() }
}

fn server(config: Config) -> Server {
    Server::new(Arc::new(config), Session::new(Nonce::new([7; 18])))
}

/// What the server said, what it took, how it ended: by the laws, so at every cut.
struct Outcome {
    codes: Vec<u16>,
    said: String,
    messages: Vec<Vec<u8>>,
    error: Option<(ErrorKind, u64)>,
    status: Status,
}

fn run_with(config: &Config, by_turns: bool, stream: &[u8], ending: Ending) -> Outcome {
    let make = || (server(config.clone()), Taker { by_turns, ..Taker::default() });
    let log = laws::judge(make, stream, ending).unwrap_or_else(|story| panic!("{story}"));
    let (mut engine, mut taker) = make();
    let (mut input, mut out) = (stream, BytesMut::new());
    let turned = turn(&mut engine, &mut input, &mut out, usize::MAX, &mut taker, &mut ());
    if turned.is_ok() && !matches!(ending, Ending::Stays) {
        engine.eof();
        let _told_by_the_log = turn(&mut engine, &mut input, &mut out, usize::MAX, &mut taker, &mut ());
    }
    let said = String::from_utf8(log.out.clone()).unwrap();
    assert_eq!(said.as_bytes(), &out[..]);
    let last = |line: &&str| line.as_bytes().get(3) != Some(&b'-');
    Outcome {
        codes: said.lines().filter(last).map(|line| line[..3].parse().unwrap()).collect(),
        messages: taker.messages,
        error: log.error.map(|error| (error.kind, error.offset)),
        status: log.status,
        said,
    }
}

fn run(stream: &str) -> Outcome {
    run_with(&config(), false, stream.as_bytes(), Ending::Stays)
}

/// EHLO, MAIL and one RCPT, then `rest`; the codes after those four.
fn inside(rest: &str) -> Outcome {
    let mut outcome = run(&format!("EHLO a\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\n{rest}"));
    assert_eq!(outcome.codes[..4], [220, 250, 250, 250]);
    outcome.codes.drain(..4);
    outcome
}

#[test]
fn a_typical_transaction() {
    // RFC 5321 D.1, with pipelining's one difference: nothing here waits.
    let outcome = run(
        "EHLO bar.com\r\nMAIL FROM:<Smith@bar.com>\r\nRCPT TO:<Jones@foo.com>\r\nRCPT TO:<nobody@foo.com>\r\nRCPT TO:<Brown@foo.com>\r\n\
         DATA\r\nBlah blah blah...\r\n..etc. etc. etc.\r\n.\r\nQUIT\r\n",
    );
    assert_eq!(outcome.codes, [220, 250, 250, 250, 550, 250, 354, 250, 221]);
    assert_eq!(outcome.messages, [b"Blah blah blah...\r\n.etc. etc. etc.\r\n"]);
    assert_eq!((outcome.status, outcome.error), (Status::Closed, None));
}

#[test]
fn what_is_not_announced_is_refused() {
    let plain = Config::new("mx.example.org".parse().unwrap());
    let stream = b"EHLO a\r\nMAIL FROM:<a@b> RET=FULL\r\nMAIL FROM:<a@b> REQUIRETLS\r\nMAIL FROM:<a@b> AUTH=<>\r\nMAIL FROM:<a@b> BY=1;N\r\n\
        MAIL FROM:<a@b> HOLDFOR=1\r\nMAIL FROM:<a@b> MT-PRIORITY=1\r\nAUTH PLAIN\r\nSTARTTLS\r\nETRN x\r\nXCLIENT NAME=x\r\nVRFY a\r\nEXPN a\r\nHELP\r\n";
    let outcome = run_with(&plain, false, stream, Ending::Stays);
    assert_eq!(outcome.codes[2..], [555, 555, 555, 555, 555, 555, 502, 502, 502, 550, 252, 502, 214]);
    assert!(!outcome.said.contains("STARTTLS\r\n250") && !outcome.said.contains("DSN"));
}

#[test]
fn commands_out_of_sequence() {
    let outcome = run(
        "MAIL FROM:<a@b>\r\nRCPT TO:<a@b>\r\nDATA\r\nSTARTTLS\r\nAUTH PLAIN\r\nNOOP\r\nRSET\r\nEHLO a\r\nRCPT TO:<a@b>\r\nDATA\r\n\
         MAIL FROM:<a@b>\r\nMAIL FROM:<a@b>\r\nDATA\r\nSTARTTLS\r\nAUTH PLAIN\r\nRCPT TO:<nobody@b>\r\nDATA\r\nEHLO a\r\nRCPT TO:<a@b>\r\n",
    );
    let wanted = [220, 503, 503, 503, 503, 503, 250, 250, 250, 503, 503, 250, 503, 503, 503, 503, 550, 554, 250, 503];
    assert_eq!(outcome.codes, wanted);
    assert_eq!(
        run("LHLO a\r\nHELO a\r\nMAIL FROM:<a@b> SIZE=1\r\nMAIL FROM:<a@b>\r\n").codes,
        [220, 500, 250, 555, 250]
    );
    assert!(
        run("HELO a\r\nMAIL FROM:<a@b>\r\n").said.ends_with("250 mx.example.org\r\n250 Sender OK\r\n"),
        "no enhanced codes"
    );
    let lmtp = run_with(&lmtp(), false, b"EHLO a\r\nHELO a\r\nLHLO a\r\n", Ending::Stays);
    assert_eq!(lmtp.codes, [220, 500, 500, 250]);
}

/// field: part f, 8.
#[test]
fn a_bare_line_end_ends_no_command() {
    for line in ["NOOP\nNOOP\r\n", "NOOP\rNOOP\r\n", "NOOP\r\r\n", "MAIL FROM:<a@b>\nRCPT TO:<c@d>\r\n", "NOOP \0\r\n"]
    {
        let codes = run(&format!("EHLO a\r\n{line}QUIT\r\n")).codes;
        assert_eq!(codes.len(), 4, "{line:?}: one line, one reply");
        assert_eq!(codes[2] / 100, 5, "{line:?}");
    }
}

#[test]
fn limits_count_elements() {
    let mut small = config();
    small.limits = Limits { command_line: 20, message: 10, recipients: 2, text_line: 8, ..Limits::default() };
    let run = |stream: &str| run_with(&small, false, stream.as_bytes(), Ending::Stays);
    assert_eq!(run("NOOP 67890123456789\r\nNOOP 7890123456789\r\n").codes, [220, 500, 250]);
    let head = "EHLO a\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\n";
    for (rest, codes) in [
        ("DATA\r\n12345678\r\n.\r\nNOOP\r\n", &[354, 500, 250][..]),
        ("DATA\r\n123456\r\n.\r\nNOOP\r\n", &[354, 250, 250]),
        ("DATA\r\n..23456\r\n.\r\nNOOP\r\n", &[354, 250, 250]),
        ("DATA\r\n1234567\r\n.\r\nNOOP\r\n", &[354, 500, 250]),
        ("DATA\r\n123456\r\n\r\n.\r\nNOOP\r\n", &[354, 250, 250]),
        ("DATA\r\n123456\r\n1\r\n.\r\nNOOP\r\n", &[354, 552, 250]),
        ("BDAT 8\r\n123456\r\nBDAT 3 LAST\r\n9\r\nNOOP\r\n", &[250, 552, 250]),
        ("BDAT 9 LAST\r\n1234567\r\nNOOP\r\n", &[500, 250]),
        ("RCPT TO:<e@f>\r\nRCPT TO:<g@h>\r\nDATA\r\n.\r\n", &[250, 452, 354, 250]),
        ("RSET\r\nMAIL FROM:<a@b> SIZE=11\r\n", &[250, 500]),
    ] {
        assert_eq!(run(&format!("{head}{rest}")).codes[4..], *codes, "{rest:?}");
    }
    small.limits = Limits { errors: 2, ..Limits::default() };
    let outcome = run_with(&small, false, b"A\r\nB\r\nC\r\nNOOP\r\n", Ending::Stays);
    assert_eq!((outcome.codes, outcome.error), (vec![220, 500, 500, 421], Some((ErrorKind::TooManyErrors, 6))));
    // One too many, in a chunk that is passed over: it is told where the chunk ends, whatever the cut.
    small.limits = Limits { errors: 2, ..Limits::default() };
    let outcome = run_with(&small, false, b"\r\n\r\nBDAT 3\r\nabc", Ending::Stays);
    assert_eq!((outcome.codes, outcome.error), (vec![220, 500, 500, 421], Some((ErrorKind::TooManyErrors, 15))));
    // The same for a line that is too long, and for one of an exchange.
    small.limits = Limits { errors: 0, command_line: 8, auth_line: 12, auth_failures: 0, ..Limits::default() };
    for (stream, offset) in [(&b"0123456789\r\n"[..], 12), (b"EHLO a\r\nAUTH PLAIN\r\n0123456789ab\r\n", 34)] {
        let outcome = run_with(&small, false, stream, Ending::Stays);
        assert_eq!(outcome.error, Some((ErrorKind::TooManyErrors, offset)), "{}", outcome.said);
    }
    small.limits = Limits { idle_commands: 3, ..Limits::default() };
    let outcome = run_with(&small, false, b"EHLO a\r\nNOOP\r\nRSET\r\nNOOP\r\n", Ending::Stays);
    assert_eq!(outcome.codes, [220, 250, 250, 250, 421]);
    small.limits = Limits { message: 10, ..Limits::default() };
    assert_eq!(
        run_with(&small, false, b"EHLO a\r\nMAIL FROM:<a@b> SIZE=11\r\nMAIL FROM:<a@b> SIZE=10\r\n", Ending::Stays)
            .codes[2..],
        [552, 250]
    );
}

#[test]
fn a_line_without_an_end_ends_the_session() {
    let endless = vec![b'x'; 70_000];
    let (mut engine, mut out) = (server(config()), BytesMut::new());
    engine.greet(&mut out).unwrap();
    assert_eq!(engine.recv(&mut &endless[..], &mut out), Err(Error { kind: ErrorKind::LineTooLong, offset: 65_536 }));
    let (mut engine, mut at) = (server(config()), 0);
    engine.greet(&mut out).unwrap();
    let error = (0..endless.len()).step_by(999).find_map(|end| {
        let mut input = &endless[at..end];
        let told = engine.recv(&mut input, &mut out);
        at = end - input.len();
        told.err()
    });
    assert_eq!(error, Some(Error { kind: ErrorKind::LineTooLong, offset: 65_536 }));
}

#[test]
fn the_quirk_takes_spaces_and_nothing_else() {
    let mut lenient = config();
    lenient.quirks.spaces_before_path = true;
    let run = |stream: &str| run_with(&lenient, false, stream.as_bytes(), Ending::Stays);
    assert_eq!(run("EHLO a\r\nMAIL FROM:  <a@b>\r\nRCPT TO: <c@d>\r\n").codes, [220, 250, 250, 250]);
    for between in ["\n", "\r", "\t", " \n ", "\x0C"] {
        let stream = format!("EHLO a\r\nMAIL FROM:{between}<a@b>\r\n");
        assert_eq!(run(&stream).codes, [220, 250, 501], "{between:?}");
    }
}

#[test]
fn addresses_beyond_ascii_need_smtputf8() {
    let outcome = run(
        "EHLO a\r\nMAIL FROM:<λ@b>\r\nMAIL FROM:<a@b>\r\nRCPT TO:<λ@b>\r\nRSET\r\nMAIL FROM:<λ@b> SMTPUTF8\r\nRCPT TO:<λ@b>\r\n",
    );
    assert_eq!(outcome.codes, [220, 250, 553, 250, 553, 250, 250, 250]);
}

#[test]
fn misuse_writes_nothing() {
    let (mut engine, mut out) = (server(config()), BytesMut::new());
    let yes = Answer::new(250, None, "yes").unwrap();
    assert_eq!(engine.answer(&yes, &mut out), Err(Misuse::Class), "a greeting is 220");
    assert_eq!(engine.answer_one(&yes, &mut out), Err(Misuse::NotOwed));
    assert_eq!(engine.authenticate(&store(), &mut out), Err(Misuse::NotOwed));
    assert_eq!(engine.secured(b"", None), Err(Misuse::NotOwed));
    assert!(out.is_empty());
    engine.greet(&mut out).unwrap();
    assert_eq!(engine.greet(&mut out), Err(Misuse::NotOwed));
    engine.recv(&mut &b"QUIT\r\n"[..], &mut out).unwrap();
    assert_eq!(engine.accept(&mut out), Err(Misuse::Closed));
    assert_eq!(engine.shutdown(&mut out), Err(Misuse::Closed));
    assert_eq!(engine.status(), Status::Closed);
}

#[test]
fn unwelcome_clients_may_only_quit() {
    let (mut engine, mut out) = (server(config()), BytesMut::new());
    engine.answer(&Answer::new(554, (5, 7, 1), "Not you").unwrap(), &mut out).unwrap();
    let mut input = &b"EHLO a\r\nQUIT\r\n"[..];
    assert!(matches!(engine.recv(&mut input, &mut out), Ok(Some(Event::Refused(_)))));
    assert_eq!(engine.recv(&mut input, &mut out), Ok(Some(Event::Quit)));
    assert_eq!(&out[..], b"554 Not you\r\n503 Only QUIT is heard here\r\n221 mx.example.org closing\r\n");
    let mut engine = server(config());
    engine.answer(&Answer::new(421, (4, 7, 0), "Busy").unwrap(), &mut out).unwrap();
    assert_eq!(engine.status(), Status::Closed);
}

#[test]
fn shutdown_says_so_wherever_it_comes() {
    for stream in ["", "EHLO a\r\n", "EHLO a\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\nhalf a li", "NOO"] {
        let (mut engine, mut out) = (server(config()), BytesMut::new());
        turn(&mut engine, &mut stream.as_bytes(), &mut out, usize::MAX, &mut Taker::default(), &mut ()).unwrap();
        engine.shutdown(&mut out).unwrap();
        assert!(out.ends_with(b"Closing, try again later\r\n"));
        assert_eq!(engine.status(), Status::Closed);
        assert_eq!(engine.recv(&mut &b"rest\r\n"[..], &mut out), Ok(None));
    }
}

#[test]
fn an_end_is_clean_only_between_transactions() {
    for (stream, error) in [
        ("", None),
        ("EHLO a\r\n", None),
        ("EHLO a\r\nMAIL FROM:<a@b>\r\nRSET\r\n", None),
        ("EHLO a\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n.\r\n", None),
        ("EHLO a\r\nNOO", Some((ErrorKind::Truncated, 11))),
        ("EHLO a\r\nMAIL FROM:<a@b>\r\n", Some((ErrorKind::Truncated, 25))),
        ("EHLO a\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\ntext\r\n.\r", Some((ErrorKind::Truncated, 54))),
        ("EHLO a\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nBDAT 9\r\ntext", Some((ErrorKind::Truncated, 52))),
        ("EHLO a\r\nAUTH PLAIN\r\n", Some((ErrorKind::Truncated, 20))),
    ] {
        let outcome = run_with(&config(), false, stream.as_bytes(), Ending::Eof);
        assert_eq!((outcome.error, outcome.status), (error, Status::Closed), "{stream:?}");
        assert!(outcome.messages.len() == usize::from(stream.contains("\n.\r\n")));
    }
}

#[test]
fn every_wait_has_an_end() {
    let stream =
        b"EHLO a\r\nAUTH PLAIN\r\n*\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nBDAT 3\r\nabcRSET\r\nMAIL FROM:<a@b>\r\n\
        RCPT TO:<c@d>\r\nDATA\r\ntext\r\n.\r\nSTARTTLS\r\n";
    laws::judge_expiry(|| (server(config()), Taker::default()), stream).unwrap_or_else(|story| panic!("{story}"));
    let (mut engine, mut out) = (server(config()), BytesMut::new());
    engine.greet(&mut out).unwrap();
    out.clear();
    assert_eq!(engine.patience().limit, Some(Duration::from_secs(300)));
    engine.expire();
    assert_eq!(engine.recv(&mut &b""[..], &mut out), Err(Error { kind: ErrorKind::TimedOut, offset: 0 }));
    assert_eq!(&out[..], b"421 Waited too long, closing\r\n");
}

#[test]
fn another_protocol_is_shown_the_door() {
    for stream in
        ["POST / HTTP/1.1\r\nHost: a\r\n\r\nMAIL FROM:<a@b>\r\n", "EHLO a\r\nGET / HTTP/1.0\r\n\r\n", "Host: x\r\n"]
    {
        let outcome = run(stream);
        assert_eq!(outcome.error.map(|error| error.0), Some(ErrorKind::Foreign));
        assert_eq!(outcome.codes.last(), Some(&500));
    }
}

#[test]
fn proxies_are_believed_where_trusted() {
    let trusted = || Session { proxy: true, xclient: true, ..Session::new(Nonce::new([7; 18])) };
    let run = |stream: &[u8]| {
        let make = || (Server::new(Arc::new(config()), trusted()), Taker::default());
        laws::judge(make, stream, Ending::Stays).unwrap_or_else(|story| panic!("{story}"))
    };
    let v2 = |command: u8, family: u8, body: &[u8]| {
        let mut text = b"\r\n\r\n\0\r\nQUIT\n".to_vec();
        text.extend([command, family]);
        text.extend((body.len() as u16).to_be_bytes());
        text.extend(body);
        text
    };
    let four = [192, 0, 2, 1, 192, 0, 2, 25, 0x30, 0x39, 0, 25];
    let six: Vec<u8> = [[1; 16], [2; 16]].concat().into_iter().chain([0, 1, 0, 2]).collect();
    for (preamble, peer) in [
        (b"PROXY TCP4 192.0.2.1 192.0.2.25 12345 25\r\n".to_vec(), Some("192.0.2.1:12345")),
        (b"PROXY TCP6 2001:db8::1 ::1 1 25\r\n".to_vec(), Some("[2001:db8::1]:1")),
        (b"PROXY UNKNOWN\r\n".to_vec(), None),
        (b"PROXY UNKNOWN whatever it says\r\n".to_vec(), None),
        (v2(0x21, 0x11, &four), Some("192.0.2.1:12345")),
        (v2(0x21, 0x11, &[&four[..], b"\x03\x00\x04abcd"].concat()), Some("192.0.2.1:12345")),
        (v2(0x21, 0x21, &six), Some("[101:101:101:101:101:101:101:101]:1")),
        (v2(0x20, 0x00, b""), None),
    ] {
        let log = run(&[&preamble[..], b"NOOP\r\n"].concat());
        let first = log.events.first().map(|entry| format!("{entry:?}")).unwrap();
        assert!(first.contains("Proxied"), "{first}");
        if let Some(peer) = peer {
            assert!(first.contains(peer), "{first}");
        }
        assert_eq!(&log.out[..], b"220 mx.example.org ESMTP\r\n250 OK\r\n");
    }
    let long = format!("PROXY UNKNOWN {}\r\n", "x".repeat(200));
    for preamble in [
        &b"EHLO a\r\n"[..],
        b"PROXY TCP4 1.2.3.4 1.2.3.4 1\r\n",
        b"PROXY TCP4 1.2.3.4 1.2.3.4 1 2 3\r\n",
        b"PROXY TCP4 ::1 ::1 1 2\r\n",
        b"PROXY TCP4 1.2.3.4 1.2.3.4 01 2\r\n",
        b"PROXY TCP4 1.2.3.4 1.2.3.4 1 65536\r\n",
        b"PROXY TCP4 1.2.3.4 1.2.3.4 1 2\n",
        b"PROXY  TCP4 1.2.3.4 1.2.3.4 1 2\r\n",
        long.as_bytes(),
        &v2(0x31, 0x11, &four),
        &v2(0x21, 0x11, &four[..8]),
        &v2(0x21, 0x11, &[0; 600]),
    ] {
        let log = run(preamble);
        assert_eq!(log.error.map(|error| error.kind), Some(ErrorKind::BadProxy), "{preamble:?}");
        assert!(log.out.is_empty());
    }
    let log = run(b"PROXY UNKNOWN\r\nEHLO p\r\nXCLIENT ADDR=IPV6:2001:db8::1 NAME=[UNAVAILABLE] LOGIN=a+40b\r\nMAIL FROM:<a@b>\r\nEHLO a\r\nXCLIENT X=1\r\n");
    let said = String::from_utf8(log.out.clone()).unwrap();
    assert!(said.contains("250-XCLIENT NAME ADDR PORT PROTO HELO LOGIN DESTADDR DESTPORT\r\n"));
    assert!(said.contains("220 mx.example.org ESMTP\r\n503 Say EHLO first\r\n"), "{said}");
    assert!(said.ends_with("501 5.5.4 Bad argument\r\n"));
}

#[test]
fn an_idle_session_is_small() {
    let size = size_of::<Server>();
    assert!(size <= 512, "{size} octets");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whole command lines, half ones and noise, in any order.
    #[test]
    fn the_laws_hold(parts in prop::collection::vec(prop_oneof![
        Just("EHLO a\r\n"), Just("MAIL FROM:<a@b>\r\n"), Just("MAIL FROM:<a@b> BODY=BINARYMIME\r\n"), Just("RCPT TO:<c@d>\r\n"),
        Just("RCPT TO:<nobody@d>\r\n"), Just("DATA\r\n"), Just("text\r\n.\r\n"), Just(".\r\n"), Just("\r\n."), Just("BDAT 5\r\n"),
        Just("BDAT 4 LAST\r\n"), Just("RSET\r\n"), Just("NOOP\r\n"), Just("AUTH PLAIN\r\n"), Just("AUTH LOGIN YWRh\r\n"), Just("*\r\n"),
        Just("AGFkYQBlbmdpbmU=\r\n"), Just("\r"), Just("\n"), Just("x"), Just("QUIT\r\n"), Just("STARTTLS\r\n"), Just("VRFY a\r\n"),
    ], 0..14), ends in any::<bool>(), mends in any::<bool>(), turns in any::<bool>()) {
        let stream = parts.concat();
        let mut config = if turns { lmtp() } else { config() };
        let stream = if turns { stream.replace("EHLO", "LHLO") } else { stream };
        if mends {
            config.endings = crate::syntax::dots::Endings::Normalise;
        }
        config.limits.text_line = 9;
        config.limits.message = 30;
        let make = || (server(config.clone()), Taker { by_turns: turns, ..Taker::default() });
        let log = laws::judge(make, stream.as_bytes(), if ends { Ending::Eof } else { Ending::Stays });
        prop_assert!(log.is_ok(), "{}", log.err().map(|story| story.to_string()).unwrap_or_default());
        let expiry = laws::judge_expiry(make, stream.as_bytes());
        prop_assert!(expiry.is_ok(), "{}", expiry.err().map(|story| story.to_string()).unwrap_or_default());
    }
}
