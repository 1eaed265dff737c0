use super::*;
use crate::engine::{Handler, turn};
use crate::laws::{self, Ending, Entry};
use crate::sasl::{BindingKind, Credentials, Record, Store};
use crate::smtp::server::{self, Protocol, Server, Session};
use crate::smtp::{
    Address, Answer, Body, Content, DeliverBy, Hold, Interval, Notify, OriginalRecipient, Priority, ReplyError, Return,
    Submitter,
};
use crate::syntax::dots::{Alone, Bare, Endings};
use alloc::collections::VecDeque;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;
use proptest::prelude::*;

/// Sends what it has, one message after the other, in pieces, and says goodbye.
struct Sender {
    queue: VecDeque<(Envelope, Vec<u8>)>,
    message: Vec<u8>,
    sent: usize,
    piece: usize,
    reports: Vec<Report>,
    misuse: Vec<Misuse>,
    quits: bool,
    /// Brings the session back from TLS at once.
    secures: bool,
}

fn sender(messages: impl IntoIterator<Item = (Envelope, Vec<u8>)>) -> Sender {
    Sender {
        queue: messages.into_iter().collect(),
        message: Vec::new(),
        sent: 0,
        piece: usize::MAX,
        reports: Vec::new(),
        misuse: Vec::new(),
        quits: true,
        secures: false,
    }
}

impl Sender {
    fn next(&mut self, engine: &mut Client, out: &mut BytesMut) {
        while let Some((envelope, message)) = self.queue.pop_front() {
            let report = Report::new(envelope.recipients.len());
            let before = out.len();
            match engine.send(envelope, &Content::of(&message), out) {
                Ok(()) => {
                    self.reports.push(report);
                    (self.message, self.sent) = (message, 0);
                    return;
                }
                Err(misuse) => {
                    assert_eq!(out.len(), before, "a refused message was begun");
                    self.misuse.push(misuse);
                }
            }
        }
        if self.quits {
            engine.quit(out).unwrap();
        }
    }

    fn pump(&mut self, engine: &mut Client, out: &mut BytesMut) {
        while engine.is_sending() {
            let rest = &self.message[self.sent..];
            if rest.is_empty() {
                return engine.finish(out).unwrap();
            }
            let piece = &rest[..rest.len().min(self.piece)];
            engine.content(piece, out).unwrap();
            self.sent += piece.len();
        }
    }
}

impl Handler<Client> for Sender {
    fn event(&mut self, engine: &mut Client, event: Event<&[u8]>, out: &mut BytesMut) {
        if let Some(report) = self.reports.last_mut() {
            report.note(&event);
        }
        match event {
            Event::Ready | Event::Done(_) => self.next(engine, out),
            Event::Go | Event::Reply { step: Step::Chunk, .. } => self.pump(engine, out),
            _ => {}
        }
    }

    fn more(&mut self, engine: &mut Client, out: &mut BytesMut) -> bool {
        self.secures && engine.secured(b"", None, out).is_ok()
    }
}

fn address(text: &str) -> Address {
    text.parse().unwrap()
}

fn envelope(recipients: &[&str]) -> Envelope {
    Envelope::new(address("ada@a.example"), recipients.iter().map(|to| address(to)))
}

const MESSAGE: &[u8] = b"Subject: hello\r\n\r\n.dot\r\n";

fn plain() -> (Envelope, Vec<u8>) {
    (envelope(&["bob@example.org"]), MESSAGE.to_vec())
}

fn config() -> Config {
    let mut config = Config::new("a.example".parse().unwrap());
    config.starttls = StartTls::Never;
    config
}

fn client(config: &Config) -> Client {
    Client::new(Arc::new(config.clone()), Nonce::new([7; 18]))
}

/// What the client said and made of what the server said: by the laws, so at every cut.
struct Outcome {
    said: String,
    reports: Vec<Report>,
    misuse: Vec<Misuse>,
    error: Option<(ErrorKind, u64)>,
    status: Status,
    events: Vec<String>,
}

fn run(make: impl Fn() -> (Client, Sender), stream: &[u8], ending: Ending) -> Outcome {
    let log = laws::judge(&make, stream, ending).unwrap_or_else(|story| panic!("{story}"));
    laws::judge_expiry(&make, stream).unwrap_or_else(|story| panic!("{story}"));
    let (mut engine, mut sender) = make();
    let (mut input, mut out) = (stream, BytesMut::new());
    let turned = turn(&mut engine, &mut input, &mut out, usize::MAX, &mut sender, &mut ());
    if turned.is_ok() && !matches!(ending, Ending::Stays) {
        engine.eof();
        let _told_by_the_log = turn(&mut engine, &mut input, &mut out, usize::MAX, &mut sender, &mut ());
    }
    assert_eq!(log.out, &out[..]);
    Outcome {
        said: String::from_utf8(log.out.clone()).unwrap(),
        reports: sender.reports,
        misuse: sender.misuse,
        error: log.error.map(|error| (error.kind, error.offset)),
        status: log.status,
        events: log
            .events
            .iter()
            .map(|entry| match entry {
                Entry::Event(event) => event.clone(),
                Entry::Octets(_) => unreachable!("a client is told no octets"),
            })
            .collect(),
    }
}

/// A client with this configuration sends these messages to a server that says this.
fn sends(config: &Config, messages: &[(Envelope, Vec<u8>)], stream: &str) -> Outcome {
    run(|| (client(config), sender(messages.to_vec())), stream.as_bytes(), Ending::Stays)
}

/// What is said after `EHLO a.example`.
fn after_hello(outcome: &Outcome) -> &str {
    outcome.said.strip_prefix("EHLO a.example\r\n").unwrap()
}

const HELLO: &str =
    "220 mx ESMTP\r\n250-mx\r\n250-PIPELINING\r\n250-CHUNKING\r\n250-BINARYMIME\r\n250-8BITMIME\r\n250 SIZE 1000\r\n";

#[test]
fn one_command_at_a_time_where_pipelining_is_not_offered() {
    let stream = "220 mx\r\n250 mx\r\n250 ok\r\n250 ok\r\n550 5.1.1 no\r\n354 go\r\n250 taken\r\n221 bye\r\n";
    let messages = [(envelope(&["bob@example.org", "eve@example.org"]), MESSAGE.to_vec())];
    let outcome = sends(&config(), &messages, stream);
    assert_eq!(
        after_hello(&outcome),
        "MAIL FROM:<ada@a.example>\r\nRCPT TO:<bob@example.org>\r\nRCPT TO:<eve@example.org>\r\nDATA\r\n\
         Subject: hello\r\n\r\n..dot\r\n.\r\nQUIT\r\n"
    );
    assert_eq!((outcome.status, outcome.error), (Status::Closed, None));
    let report = &outcome.reports[0];
    assert_eq!(report.outcome, Some(super::Outcome::Accepted));
    assert!(report.accepted(0) && !report.accepted(1));
    let refused = report.recipients[1].as_ref().unwrap();
    assert_eq!((refused.step, refused.code.number(), refused.text.as_str()), (Step::Recipient, 550, "no"));
    assert_eq!(refused.enhanced.map(|code| code.to_string()), Some("5.1.1".into()));

    // Really one at a time: nothing is said before the answer.
    let (mut engine, mut out) = (client(&config()), BytesMut::new());
    let mut input = &b"220 mx\r\n250 mx\r\n"[..];
    turn(&mut engine, &mut input, &mut out, usize::MAX, &mut sender(messages), &mut ()).unwrap();
    assert_eq!(&out[..], b"EHLO a.example\r\nMAIL FROM:<ada@a.example>\r\n");
}

#[test]
fn one_flight_where_pipelining_is_offered() {
    let (mut engine, mut out) = (client(&config()), BytesMut::new());
    let messages = [(envelope(&["bob@example.org", "eve@example.org"]), MESSAGE.to_vec())];
    turn(&mut engine, &mut HELLO.as_bytes(), &mut out, usize::MAX, &mut sender(messages.clone()), &mut ()).unwrap();
    let flight = "EHLO a.example\r\nMAIL FROM:<ada@a.example> SIZE=24\r\nRCPT TO:<bob@example.org>\r\n\
         RCPT TO:<eve@example.org>\r\nDATA\r\n";
    assert_eq!(&out[..], flight.as_bytes());
    let stream = format!("{HELLO}250 ok\r\n550 no\r\n250 ok\r\n354 go\r\n250 taken\r\n221 bye\r\n");
    let outcome = sends(&config(), &messages, &stream);
    assert_eq!(outcome.said, format!("{flight}Subject: hello\r\n\r\n..dot\r\n.\r\nQUIT\r\n"));
    let report = &outcome.reports[0];
    assert!(!report.accepted(0) && report.accepted(1) && report.refused.is_none());
}

/// The session goes on, and what the next message is told does not depend on the last.
#[test]
fn what_fails_is_cleared_and_the_next_message_goes() {
    let after = "250 ok\r\n250 ok\r\n354 go\r\n250 taken\r\n221 bye\r\n";
    let again = "MAIL FROM:<ada@a.example> SIZE=24\r\nRCPT TO:<bob@example.org>\r\nDATA\r\n\
         Subject: hello\r\n\r\n..dot\r\n.\r\nQUIT\r\n";
    let flight = "MAIL FROM:<ada@a.example> SIZE=24\r\nRCPT TO:<bob@example.org>\r\nDATA\r\n";
    for (replies, said, step) in [
        // Nobody is left, and DATA is refused for it.
        ("250 ok\r\n550 no\r\n554 nobody\r\n250 reset\r\n", "RSET\r\n", Step::Recipient),
        // RFC 2920 3.1: nobody is left, and DATA is not refused.
        ("250 ok\r\n550 no\r\n354 go\r\n554 nothing\r\n", ".\r\n", Step::Recipient),
        ("250 ok\r\n550 no\r\n354 go\r\n250 fine\r\n", ".\r\n", Step::Recipient),
        // The sender is refused: the server never began.
        ("550 no\r\n503 no\r\n503 no\r\n", "", Step::Sender),
        ("452 no\r\n503 no\r\n354 go\r\n554 no\r\n", ".\r\n", Step::Sender),
        ("250 ok\r\n250 ok\r\n451 no\r\n250 reset\r\n", "RSET\r\n", Step::Data),
        ("250 ok\r\n250 ok\r\n354 go\r\n550 spam\r\n", "Subject: hello\r\n\r\n..dot\r\n.\r\n", Step::Message),
    ] {
        let outcome = sends(&config(), &[plain(), plain()], &format!("{HELLO}{replies}{after}"));
        assert_eq!(after_hello(&outcome), format!("{flight}{said}{again}"), "{replies:?}");
        assert_eq!(outcome.reports[0].outcome, Some(super::Outcome::Refused(step)), "{replies:?}");
        assert!(!outcome.reports[0].accepted(0) && outcome.reports[1].accepted(0), "{replies:?}");
        let verdict = outcome.reports[0].recipients[0].as_ref().unwrap();
        assert_eq!(verdict.step, step, "{replies:?}");
        assert!(!verdict.code.is_positive());
    }
}

#[test]
fn servers_from_before_extensions() {
    let stream = "220 old\r\n500 what\r\n250 old\r\n250 ok\r\n250 ok\r\n354 go\r\n250 ok\r\n221 bye\r\n";
    let outcome = sends(&config(), &[plain()], stream);
    assert!(after_hello(&outcome).starts_with("HELO a.example\r\nMAIL FROM:<ada@a.example>\r\nRCPT"));
    assert!(outcome.reports[0].accepted(0));
    // Not so in LMTP, nor where TLS is required, nor for a passing trouble.
    let lmtp = Config { protocol: Protocol::Lmtp, ..config() };
    assert_eq!(sends(&lmtp, &[plain()], "220 old\r\n500 what\r\n").said, "LHLO a.example\r\nQUIT\r\n");
    let secure = Config { starttls: StartTls::Required, ..config() };
    let outcome = sends(&secure, &[plain()], "220 old\r\n500 what\r\n");
    assert_eq!((after_hello(&outcome), outcome.error), ("QUIT\r\n", Some((ErrorKind::NoTls, 9))));
    let outcome = sends(&config(), &[plain()], "220 mx\r\n450 busy\r\n221 bye\r\n");
    assert_eq!((after_hello(&outcome), outcome.status), ("QUIT\r\n", Status::Closed));
    assert!(outcome.events[1].starts_with("Refused { step: Hello"));
    let outcome = sends(&config(), &[plain()], "554 not you\r\n221 bye\r\n");
    assert_eq!(outcome.said, "QUIT\r\n");
}

fn with_password(starttls: StartTls) -> Config {
    let mut config = Config { starttls, ..config() };
    config.credentials = Some(Credentials::password("ada", "engine"));
    config
}

/// field: part f, 14 and 16.
#[test]
fn tls_is_not_to_be_stripped_nor_answered_for() {
    for (policy, stream, said, error) in [
        (StartTls::Required, "220 mx\r\n250-mx\r\n250 AUTH PLAIN\r\n", "QUIT\r\n", Some((ErrorKind::NoTls, 8))),
        (StartTls::Required, "220 mx\r\n250-mx\r\n250 XSTARTTLS\r\n", "QUIT\r\n", Some((ErrorKind::NoTls, 8))),
        (
            StartTls::Required,
            "220 mx\r\n250-mx\r\n250 STARTTLS\r\n454 not now\r\n",
            "STARTTLS\r\nQUIT\r\n",
            Some((ErrorKind::NoTls, 30)),
        ),
        (
            StartTls::Required,
            "220 mx\r\n250-mx\r\n250 STARTTLS\r\n220 go\r\n250 injected\r\n",
            "STARTTLS\r\n",
            Some((ErrorKind::Injected, 38)),
        ),
        (
            StartTls::IfOffered,
            "220 mx\r\n250-mx\r\n250 STARTTLS\r\n220 go\r\n\x16\x03",
            "STARTTLS\r\n",
            Some((ErrorKind::Injected, 38)),
        ),
        // Without TLS no password is shown, whatever is offered.
        (
            StartTls::IfOffered,
            "220 mx\r\n250-mx\r\n250 AUTH PLAIN LOGIN XOAUTH2\r\n",
            "QUIT\r\n",
            Some((ErrorKind::NoMechanism, 8)),
        ),
        (
            StartTls::IfOffered,
            "220 mx\r\n250-mx\r\n250-STARTTLS\r\n250 AUTH PLAIN\r\n454 no\r\n",
            "STARTTLS\r\nQUIT\r\n",
            Some((ErrorKind::NoMechanism, 46)),
        ),
        (
            StartTls::Never,
            "220 mx\r\n250-mx\r\n250-STARTTLS\r\n250 AUTH LOGIN\r\n",
            "QUIT\r\n",
            Some((ErrorKind::NoMechanism, 8)),
        ),
    ] {
        let outcome = sends(&with_password(policy), &[plain()], stream);
        assert_eq!((after_hello(&outcome), outcome.error), (said, error), "{stream:?}");
        assert_eq!(outcome.status, Status::Closed);
    }
    let opportunist = Config { starttls: StartTls::IfOffered, ..config() };
    let outcome = sends(&opportunist, &[], "220 mx\r\n250-mx\r\n250 STARTTLS\r\n454 no\r\n221 bye\r\n");
    assert_eq!((after_hello(&outcome), outcome.error), ("STARTTLS\r\nQUIT\r\n", None));
}

/// field: part f, 15.
#[test]
fn what_was_said_in_clear_does_not_count_after_tls() {
    let config = Config { starttls: StartTls::Required, ..config() };
    let (mut engine, mut out, mut taker) = (client(&config), BytesMut::new(), sender([plain()]));
    let mut input = &b"220 mx\r\n250-mx\r\n250-SIZE 5\r\n250-PIPELINING\r\n250 STARTTLS\r\n220 go\r\n"[..];
    turn(&mut engine, &mut input, &mut out, usize::MAX, &mut taker, &mut ()).unwrap();
    assert_eq!(engine.status(), Status::HandedOver);
    assert!(engine.capabilities().pipelining && !engine.is_secure());
    engine.secured(input, None, &mut out).unwrap();
    assert_eq!(engine.capabilities(), &Capabilities::default());
    assert!(engine.is_secure());
    let mut input = &b"250 mx\r\n"[..];
    turn(&mut engine, &mut input, &mut out, usize::MAX, &mut taker, &mut ()).unwrap();
    assert_eq!(&out[..], b"EHLO a.example\r\nSTARTTLS\r\nEHLO a.example\r\nMAIL FROM:<ada@a.example>\r\n");

    let mut engine = client(&config);
    let mut input = &b"220 mx\r\n250-mx\r\n250 STARTTLS\r\n220 go\r\n250"[..];
    for _ in 0..3 {
        engine.recv(&mut input, &mut out).unwrap();
    }
    out.clear();
    assert_eq!(engine.secured(input, None, &mut out), Err(Misuse::Injected));
    assert_eq!(engine.recv(&mut &b""[..], &mut out), Err(Error { kind: ErrorKind::Injected, offset: 38 }));
    assert!(out.is_empty());
    assert_eq!(engine.secured(b"", None, &mut out), Err(Misuse::NotHandedOver));
}

fn on_tls(config: &Config) -> Client {
    Client::secure(Arc::new(config.clone()), Nonce::new([7; 18]), None)
}

#[test]
fn mechanisms_by_strength_and_by_what_the_server_wants() {
    let offer = |names: &str| format!("220 mx\r\n250-mx\r\n250 AUTH {names}\r\n");
    let config = with_password(StartTls::Never);
    for (names, replies, said) in [
        ("LOGIN PLAIN", "235 ok\r\n221 bye\r\n", "AUTH PLAIN AGFkYQBlbmdpbmU=\r\nQUIT\r\n"),
        ("LOGIN", "334 VXNlcm5hbWU6\r\n334 UGFzc3dvcmQ6\r\n235 ok\r\n", "AUTH LOGIN\r\nYWRh\r\nZW5naW5l\r\nQUIT\r\n"),
        ("PLAIN", "334\r\n", "AUTH PLAIN AGFkYQBlbmdpbmU=\r\n*\r\nQUIT\r\n"),
        // RFC 2195 2: the example's challenge would need its password; what counts is that it is answered.
        ("PLAIN CRAM-MD5", "334 !\r\n", "AUTH CRAM-MD5\r\n*\r\nQUIT\r\n"),
        ("PLAIN CRAM-MD5 GSSAPI", "504 no\r\n235 ok\r\n", "AUTH CRAM-MD5\r\nAUTH PLAIN AGFkYQBlbmdpbmU=\r\nQUIT\r\n"),
        ("LOGIN", "534 no\r\n221 bye\r\n", "AUTH LOGIN\r\nQUIT\r\n"),
        ("LOGIN", "535 no\r\n221 bye\r\n", "AUTH LOGIN\r\nQUIT\r\n"),
        ("LOGIN", "235 too early\r\n", "AUTH LOGIN\r\nQUIT\r\n"),
        ("GSSAPI", "", "QUIT\r\n"),
    ] {
        let stream = offer(names) + replies;
        let outcome = run(|| (on_tls(&config), sender([])), stream.as_bytes(), Ending::Stays);
        assert_eq!(after_hello(&outcome), said, "{names:?} {replies:?}");
    }
    let one = Config { mechanism: Some(Mechanism::Plain), ..config.clone() };
    let outcome = run(|| (on_tls(&one), sender([])), offer("CRAM-MD5 PLAIN").as_bytes(), Ending::Stays);
    assert!(after_hello(&outcome).starts_with("AUTH PLAIN "));
    let long = Config { credentials: Some(Credentials::password("ada", "x".repeat(400).as_str())), ..config.clone() };
    let outcome = run(|| (on_tls(&long), sender([])), (offer("PLAIN") + "334 \r\n").as_bytes(), Ending::Stays);
    let (first, second) = after_hello(&outcome).split_once("\r\n").unwrap();
    assert!(first == "AUTH PLAIN" && second.len() > 500, "what does not fit a line waits for the challenge");
    let secret = Config { auth_in_clear: true, ..config };
    let outcome = sends(&secret, &[], &offer("PLAIN"));
    assert!(after_hello(&outcome).starts_with("AUTH PLAIN "));
    let refused = run(|| (on_tls(&secret), sender([])), (offer("PLAIN") + "535 no\r\n").as_bytes(), Ending::Stays);
    assert!(refused.events.last().unwrap().starts_with("Refused { step: Auth"));
}

#[test]
fn what_a_message_needs_is_declared_or_refused_before_it_is_begun() {
    let all = "220 mx\r\n250-mx\r\n250-SIZE 100\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-DSN\r\n250-MT-PRIORITY\r\n\
        250-FUTURERELEASE 60 2030-01-01T00:00:00Z\r\n250-DELIVERBY 30\r\n250-AUTH PLAIN\r\n250-REQUIRETLS\r\n\
        250-CHUNKING\r\n250 BINARYMIME\r\n";
    let none = "220 mx\r\n250 mx\r\n";
    let change = |change: &dyn Fn(&mut Envelope)| {
        let mut envelope = envelope(&["bob@example.org"]);
        change(&mut envelope);
        envelope
    };
    let plain = b"a: b\r\n\r\nc\r\n".to_vec();
    let latin = b"a: b\r\n\r\n\xe9\r\n".to_vec();
    let head = "a: λ\r\n\r\nc\r\n".as_bytes().to_vec();
    let recipient = |parameters: &dyn Fn(&mut Recipient)| {
        let mut recipient = Recipient::from(address("bob@example.org"));
        parameters(&mut recipient);
        Envelope { recipients: vec![recipient], ..envelope(&[]) }
    };
    for (envelope, message, said, missing) in [
        (envelope(&["bob@example.org"]), &plain, "SIZE=11", None),
        (envelope(&["bob@example.org"]), &latin, "SIZE=11 BODY=8BITMIME", Some(Missing::EightBitMime)),
        (change(&|e| e.parameters.body = Some(Body::SevenBit)), &plain, "SIZE=11 BODY=7BIT", None),
        (
            change(&|e| e.parameters.body = Some(Body::SevenBit)),
            &latin,
            "SIZE=11 BODY=8BITMIME",
            Some(Missing::EightBitMime),
        ),
        (envelope(&["bob@example.org"]), &head, "SIZE=12 BODY=8BITMIME SMTPUTF8", Some(Missing::EightBitMime)),
        (
            change(&|e| e.recipients[0].to = address("λ@example.org")),
            &plain,
            "SIZE=11 SMTPUTF8",
            Some(Missing::SmtpUtf8),
        ),
        (change(&|e| e.from = Some(address("λ@a.example"))), &plain, "SIZE=11 SMTPUTF8", Some(Missing::SmtpUtf8)),
        (
            change(&|e| e.parameters.body = Some(Body::Binary)),
            &plain,
            "SIZE=11 BODY=BINARYMIME",
            Some(Missing::BinaryMime),
        ),
        (change(&|e| e.parameters.ret = Some(Return::Full)), &plain, "SIZE=11 RET=FULL", Some(Missing::Dsn)),
        (
            change(&|e| e.parameters.priority = Priority::new(-3)),
            &plain,
            "SIZE=11 MT-PRIORITY=-3",
            Some(Missing::MtPriority),
        ),
        (
            change(&|e| e.parameters.hold = Interval::new(60).map(Hold::For)),
            &plain,
            "SIZE=11 HOLDFOR=60",
            Some(Missing::FutureRelease),
        ),
        (
            change(&|e| e.parameters.deliver_by = DeliverBy::or_return(30, true)),
            &plain,
            "SIZE=11 BY=30;RT",
            Some(Missing::DeliverBy),
        ),
        (
            change(&|e| e.parameters.submitter = Some(Submitter::Unknown)),
            &plain,
            "SIZE=11 AUTH=<>",
            Some(Missing::Auth),
        ),
        (recipient(&|r| r.parameters.notify = Some(Notify::NEVER)), &plain, "SIZE=11", Some(Missing::Dsn)),
        (
            recipient(&|r| r.parameters.original = Some(OriginalRecipient::of(&address("b+c@example.org")))),
            &plain,
            "SIZE=11",
            Some(Missing::Dsn),
        ),
    ] {
        let messages = [(envelope, message.clone())];
        let outcome = sends(&config(), &messages, all);
        let from = messages[0].0.from.as_ref().unwrap();
        assert!(after_hello(&outcome).starts_with(&format!("MAIL FROM:<{from}> {said}\r\n")), "{}", outcome.said);
        let outcome = sends(&config(), &messages, none);
        match missing {
            None => assert!(after_hello(&outcome).starts_with("MAIL FROM:<ada@a.example>\r\n")),
            Some(missing) => {
                assert_eq!(outcome.misuse, [Misuse::Unsupported(missing)]);
                assert_eq!(after_hello(&outcome), "QUIT\r\n");
            }
        }
    }
    // More than was announced.
    for (envelope, message, misuse) in [
        (change(&|e| e.parameters.require_tls = true), plain.clone(), Misuse::Unsupported(Missing::RequireTls)),
        (
            change(&|e| e.parameters.hold = Interval::new(61).map(Hold::For)),
            plain.clone(),
            Misuse::Unsupported(Missing::FutureRelease),
        ),
        (
            change(&|e| e.parameters.deliver_by = DeliverBy::or_return(29, false)),
            plain.clone(),
            Misuse::Unsupported(Missing::DeliverBy),
        ),
        (
            // RFC 3461 4.2: 500 octets at the most, and each `+` takes three.
            recipient(&|r| {
                let long = address(&format!("{}@example.org", "+".repeat(200)));
                r.parameters.original = Some(OriginalRecipient::of(&long));
            }),
            plain.clone(),
            Misuse::Argument,
        ),
        (envelope(&["bob@example.org"]), vec![b'x'; 99], Misuse::TooLarge(100)),
        (envelope(&[]), plain.clone(), Misuse::NoRecipients),
        (envelope(&["bob@example.org"]), b"a\0".to_vec(), Misuse::Nul),
        (envelope(&["bob@example.org"]), b"a\nb".to_vec(), Misuse::Bare(Bare { which: Alone::Lf, offset: 1 })),
    ] {
        let outcome = sends(&config(), &[(envelope, message)], all);
        assert_eq!(outcome.misuse, [misuse]);
        assert_eq!(after_hello(&outcome), "QUIT\r\n");
    }
    let secure = || (on_tls(&config()), sender([(change(&|e| e.parameters.require_tls = true), plain.clone())]));
    let outcome = run(secure, all.as_bytes(), Ending::Stays);
    assert!(after_hello(&outcome).starts_with("MAIL FROM:<ada@a.example> SIZE=11 REQUIRETLS\r\n"));
}

#[test]
fn lines_of_a_message_have_a_limit() {
    let long = |octets: usize, end: &str| format!("{}{end}", "x".repeat(octets)).into_bytes();
    let hello = "220 mx\r\n250 mx\r\n";
    for (message, endings, good) in [
        (long(998, "\r\n"), Endings::Refuse, true),
        (long(998, ""), Endings::Refuse, true),
        (long(999, "\r\n"), Endings::Refuse, false),
        (long(999, ""), Endings::Refuse, false),
        (long(998, "\n"), Endings::Normalise, true),
        (long(999, "\n"), Endings::Normalise, false),
        ([long(998, "\n"), long(998, "")].concat(), Endings::Normalise, true),
    ] {
        let (mut engine, mut out) = (client(&Config { endings, ..config() }), BytesMut::new());
        let mut input = hello.as_bytes();
        while engine.recv(&mut input, &mut out).unwrap().is_some() {}
        let sent = engine.send(envelope(&["bob@example.org"]), &Content::of(&message), &mut out);
        assert_eq!(sent, if good { Ok(()) } else { Err(Misuse::LineTooLong) });
    }
}

#[test]
fn limits_of_rfc_9422() {
    let hello = "220 mx\r\n250-mx\r\n250 LIMITS RCPTMAX=2 MAILMAX=2 RCPTDOMAINMAX=2\r\n";
    let taken = "250 ok\r\n250 ok\r\n354 go\r\n250 ok\r\n";
    let to = |list: &[&str]| (envelope(list), MESSAGE.to_vec());
    let outcome = sends(&config(), &[to(&["a@b", "a@c", "a@d"])], hello);
    assert_eq!(outcome.misuse, [Misuse::TooManyRecipients(2)]);
    let outcome = sends(&config(), &[plain(), plain(), plain()], &format!("{hello}{taken}{taken}"));
    assert_eq!(outcome.misuse, [Misuse::TooManyMessages(2)]);
    let stream = format!("{hello}{taken}");
    let outcome = sends(&config(), &[to(&["a@b"]), to(&["a@c", "a@d"]), to(&["x@B", "y@c"])], &stream);
    assert_eq!(outcome.misuse, [Misuse::TooManyDomains(2)]);
    assert!(outcome.said.ends_with("MAIL FROM:<ada@a.example>\r\n"), "the third is begun");
}

#[test]
fn chunks() {
    let config = Config { transfer: Transfer::Chunks, ..config() };
    let pieces = |piece: usize| {
        let config = config.clone();
        move || (client(&config), Sender { piece, ..sender([plain()]) })
    };
    let envelope = "EHLO a.example\r\nMAIL FROM:<ada@a.example> SIZE=24\r\nRCPT TO:<bob@example.org>\r\n";
    let stream = format!("{HELLO}250 ok\r\n250 ok\r\n250 one\r\n250 two\r\n250 three\r\n250 taken\r\n221 bye\r\n");
    // A CR waits for its LF, so that no chunk tears a line end.
    let outcome = run(pieces(15), stream.as_bytes(), Ending::Stays);
    assert_eq!(
        outcome.said,
        format!("{envelope}BDAT 14\r\nSubject: helloBDAT 10\r\n\r\n\r\n.dot\r\nBDAT 0 LAST\r\nQUIT\r\n")
    );
    assert_eq!(outcome.reports[0].outcome, Some(super::Outcome::Accepted), "{:?}", outcome.events);
    // The second is refused: RSET, and nothing of it was taken.
    let stream = format!("{HELLO}250 ok\r\n250 ok\r\n250 one\r\n552 full\r\n503 no\r\n250 reset\r\n221 bye\r\n");
    let outcome = run(pieces(15), stream.as_bytes(), Ending::Stays);
    assert!(outcome.said.ends_with("BDAT 0 LAST\r\nRSET\r\nQUIT\r\n"));
    let report = &outcome.reports[0];
    assert_eq!(report.outcome, Some(super::Outcome::Refused(Step::Chunk)));
    assert_eq!(report.refused.as_ref().map(|verdict| verdict.code.number()), Some(552));

    // Without pipelining each chunk waits for its answer, and the one after a refused one is not said.
    let hello = "220 mx\r\n250-mx\r\n250-BINARYMIME\r\n250 CHUNKING\r\n250 ok\r\n250 ok\r\n";
    let outcome = run(pieces(15), format!("{hello}250 one\r\n552 full\r\n250 reset\r\n").as_bytes(), Ending::Stays);
    assert!(outcome.said.ends_with("Subject: helloBDAT 10\r\n\r\n\r\n.dot\r\nRSET\r\nQUIT\r\n"), "{}", outcome.said);

    // A binary message goes by chunks whatever was wanted, as it is.
    let mut binary = plain();
    binary.0.parameters.body = Some(Body::Binary);
    binary.1 = b"\n.\r\r\n\0".to_vec();
    let outcome = sends(&Config { transfer: Transfer::Auto, ..config }, &[binary], &format!("{hello}250 ok\r\n"));
    assert!(
        outcome.said.ends_with("BODY=BINARYMIME\r\nRCPT TO:<bob@example.org>\r\nBDAT 6\r\n\n.\r\r\n\0BDAT 0 LAST\r\n")
    );
}

#[test]
fn lmtp_has_a_verdict_for_each() {
    // RFC 2033 4.2
    let config = Config { protocol: Protocol::Lmtp, ..config() };
    let messages = [(envelope(&["pat@foo.edu", "jones@foo.edu", "green@foo.edu"]), MESSAGE.to_vec()), plain()];
    let stream = "220 foo.edu LMTP\r\n250-foo.edu\r\n250-PIPELINING\r\n250 SIZE\r\n250 ok\r\n250 ok\r\n550 no\r\n250 ok\r\n354 go\r\n\
        452 full\r\n250 ok\r\n250 ok\r\n550 no\r\n354 go\r\n221 bye\r\n";
    let outcome = sends(&config, &messages, stream);
    let report = &outcome.reports[0];
    assert_eq!(report.outcome, Some(super::Outcome::Accepted));
    assert_eq!([0, 1, 2].map(|index| report.accepted(index)), [false, false, true]);
    assert_eq!(
        report.recipients[0].as_ref().map(|verdict| (verdict.step, verdict.code.number())),
        Some((Step::Message, 452))
    );
    // Nobody is left and DATA is not refused: no recipients, no verdicts.
    assert_eq!(outcome.reports[1].outcome, Some(super::Outcome::Refused(Step::Recipient)));
    assert!(outcome.said.ends_with("DATA\r\n.\r\nQUIT\r\n"));
    assert_eq!((outcome.status, outcome.error), (Status::Closed, None));
}

#[test]
fn a_server_that_leaves_says_so() {
    for stream in [
        "421 mx busy\r\n",
        "220 mx\r\n421 mx busy\r\n",
        "220 mx\r\n250 mx\r\n421 bye\r\n",
        "220 mx\r\n250 mx\r\n250 ok\r\n421 bye\r\n",
        "220 mx\r\n250 mx\r\n250 ok\r\n250 ok\r\n421 bye\r\n",
        "220 mx\r\n250 mx\r\n250 ok\r\n250 ok\r\n354 go\r\n421 bye\r\n",
    ] {
        let outcome = sends(&config(), &[plain()], stream);
        assert_eq!((outcome.status, outcome.error), (Status::Closed, None), "{stream:?}");
        assert!(outcome.events.last().unwrap().starts_with("Shutdown("), "{stream:?}");
        if let Some(report) = outcome.reports.first() {
            assert_eq!(report.recipients[0].as_ref().unwrap().code.number(), 421);
            assert_eq!(report.outcome, None);
        }
    }
}

#[test]
fn replies_that_are_none_and_replies_to_nothing() {
    let long = format!("220 {}\r\n", "x".repeat(2043));
    let many = "250-x\r\n".repeat(3000);
    for (stream, kind, offset) in [
        ("220 mx\n", ErrorKind::Reply(ReplyError::Syntax), 6),
        ("220 m\rx\r\n", ErrorKind::Reply(ReplyError::Syntax), 5),
        ("220 m\0x\r\n", ErrorKind::Reply(ReplyError::Syntax), 5),
        ("HTTP/1.1 200 OK\r\n", ErrorKind::Reply(ReplyError::Syntax), 0),
        ("22 mx\r\n", ErrorKind::Reply(ReplyError::Syntax), 0),
        ("199 mx\r\n", ErrorKind::Reply(ReplyError::Syntax), 0),
        ("220mx\r\n", ErrorKind::Reply(ReplyError::Syntax), 3),
        ("220-mx\r\n250 mx\r\n", ErrorKind::Reply(ReplyError::Codes), 8),
        (&long, ErrorKind::Reply(ReplyError::TooLong), 2048),
        (&format!("220 mx\r\n{many}"), ErrorKind::Reply(ReplyError::TooLong), 8 + 16_384),
        ("354 go\r\n", ErrorKind::Unsolicited, 0),
        ("220 mx\r\n354 go\r\n", ErrorKind::Unsolicited, 8),
        ("220 mx\r\n250 mx\r\n354 go\r\n", ErrorKind::Unsolicited, 16),
        ("220 mx\r\n250 mx\r\n250 ok\r\n354 go\r\n", ErrorKind::Unsolicited, 24),
        ("220 mx\r\n250 mx\r\n250 ok\r\n250 ok\r\n250 go\r\n", ErrorKind::Unsolicited, 32),
        ("220 mx\r\n250 mx\r\n250 ok\r\n250 ok\r\n354 go\r\n354 go\r\n", ErrorKind::Unsolicited, 40),
    ] {
        let outcome = sends(&config(), &[plain()], stream);
        assert_eq!(outcome.error, Some((kind, offset)), "{:?}", &stream[..stream.len().min(60)]);
        assert!(!kind.name().is_empty());
    }
    // Nothing is being asked.
    let quiet = || (client(&config()), Sender { quits: false, ..sender([]) });
    let outcome = run(quiet, b"220 mx\r\n250 mx\r\n250 surprise\r\n", Ending::Stays);
    assert_eq!(outcome.error, Some((ErrorKind::Unsolicited, 16)));
    assert_eq!(run(quiet, b"220 mx\r\n250 mx\r\n", Ending::Stays).status, Status::Idle);
    assert_eq!(run(quiet, b"220 mx\r\n250 mx\r\n", Ending::Eof).error, None);
}

#[test]
fn an_end_before_the_answer_is_told() {
    let whole = "220 mx\r\n250 mx\r\n250 ok\r\n250 ok\r\n354 go\r\n250 taken\r\n221 bye\r\n";
    for end in 0..whole.len() {
        let outcome = run(|| (client(&config()), sender([plain()])), &whole.as_bytes()[..end], Ending::Eof);
        // The farewell is owed by the server, not to be waited for.
        let expected = (end != whole.len() - "221 bye\r\n".len()).then_some((ErrorKind::Truncated, end as u64));
        assert_eq!(outcome.error, expected, "{end}");
    }
    assert_eq!(run(|| (client(&config()), sender([plain()])), whole.as_bytes(), Ending::Eof).error, None);
}

/// RFC 5321 4.5.3.2
#[test]
fn every_wait_has_its_length() {
    let (mut engine, mut out) = (client(&config()), BytesMut::new());
    let minutes = |engine: &Client| engine.patience().limit.map(|limit| limit.as_secs() / 60);
    let mut hear = |engine: &mut Client, text: &str| {
        let mut input = text.as_bytes();
        while engine.recv(&mut input, &mut out).unwrap().is_some() {}
    };
    assert_eq!(minutes(&engine), Some(5));
    hear(&mut engine, "220 mx\r\n");
    assert_eq!(minutes(&engine), Some(5));
    hear(&mut engine, "250 mx\r\n");
    assert_eq!((minutes(&engine), engine.status()), (None, Status::Idle));
    let mut said = BytesMut::new();
    engine.send(plain().0, &Content::of(MESSAGE), &mut said).unwrap();
    assert_eq!(minutes(&engine), Some(5));
    hear(&mut engine, "250 ok\r\n250 ok\r\n");
    assert_eq!(minutes(&engine), Some(2));
    hear(&mut engine, "354 go\r\n");
    assert_eq!(minutes(&engine), None);
    engine.content(MESSAGE, &mut said).unwrap();
    engine.finish(&mut said).unwrap();
    assert_eq!(minutes(&engine), Some(10));
    engine.expire();
    assert_eq!(engine.recv(&mut &b""[..], &mut said), Err(Error { kind: ErrorKind::TimedOut, offset: 40 }));
}

#[test]
fn a_verdict_before_the_end() {
    let (mut engine, mut out) = (client(&config()), BytesMut::new());
    let mut input = &b"220 mx\r\n250 mx\r\n250 ok\r\n250 ok\r\n354 go\r\n552 too large\r\n"[..];
    let mut report = Report::new(1);
    while let Some(event) = engine.recv(&mut input, &mut out).unwrap() {
        match event {
            Event::Ready => engine.send(plain().0, &Content::of(MESSAGE), &mut out).unwrap(),
            Event::Go => engine.content(b"a", &mut out).unwrap(),
            _ => {}
        }
        report.note(&event);
    }
    assert_eq!(engine.status(), Status::Closed);
    assert_eq!(report.recipients[0].as_ref().unwrap().code.number(), 552);
    // A positive one is a lie.
    let mut engine = client(&config());
    let mut input = &b"220 mx\r\n250 mx\r\n250 ok\r\n250 ok\r\n354 go\r\n250 ok\r\n"[..];
    let error = loop {
        match engine.recv(&mut input, &mut out) {
            Ok(Some(Event::Ready)) => engine.send(plain().0, &Content::of(MESSAGE), &mut out).unwrap(),
            Ok(_) => {}
            Err(error) => break error,
        }
    };
    assert_eq!((error.kind, error.offset), (ErrorKind::Unsolicited, 40));
}

/// A client that has heard everything up to the place where its message is due.
fn at_go(config: &Config, hello: &str) -> (Client, BytesMut) {
    let (mut engine, mut out) = (client(config), BytesMut::new());
    let text = format!("{hello}250 ok\r\n250 ok\r\n354 go\r\n");
    let mut input = text.as_bytes();
    while let Some(event) = engine.recv(&mut input, &mut out).unwrap() {
        match event {
            Event::Ready => engine.send(plain().0, &Content::of(MESSAGE), &mut out).unwrap(),
            Event::Go => break,
            _ => {}
        }
    }
    out.clear();
    (engine, out)
}

/// field: part f, 9: whatever the pieces, no CR or LF goes out alone.
#[test]
fn nothing_is_smuggled_out() {
    let hello = "220 mx\r\n250-mx\r\n250-PIPELINING\r\n250 CHUNKING\r\n";
    for text in [
        "a\n.\nb",
        "a\n.\r\nb",
        "a\r\n.\nb",
        "a\r.\rb",
        "a\r.\r\nb",
        "a\r.\nb",
        "a\n.\rb",
        "a\r\n.\r\r\nb",
        "a\r",
        "\n",
        "\r\r\n",
    ] {
        for cut in 0..=text.len() {
            let pieces = [&text.as_bytes()[..cut], &text.as_bytes()[cut..]];
            for transfer in [Transfer::Auto, Transfer::Chunks] {
                let refuse = Config { transfer, ..config() };
                let (mut engine, mut out) = at_go(&refuse, hello);
                let said = pieces.iter().try_for_each(|piece| engine.content(piece, &mut out));
                let said = said.and_then(|()| engine.finish(&mut out));
                assert!(matches!(said, Err(Misuse::Bare(_))), "{text:?} {cut}");
                engine.abort(&mut out).unwrap();
                let sound = String::from_utf8(out.to_vec()).unwrap().replace("\r\n", "");
                assert!(!sound.contains(['\r', '\n']), "{text:?} {cut} {sound:?}");
            }
            let mend = Config { endings: Endings::Normalise, ..config() };
            let (mut engine, mut out) = at_go(&mend, hello);
            for piece in pieces {
                engine.content(piece, &mut out).unwrap();
            }
            engine.finish(&mut out).unwrap();
            let sound = String::from_utf8(out.to_vec()).unwrap();
            assert!(!sound.replace("\r\n", "").contains(['\r', '\n']), "{text:?} {cut} {sound:?}");
            assert_eq!(
                sound.matches("\r\n.\r\n").count() + usize::from(sound == ".\r\n"),
                1,
                "{text:?} {cut} {sound:?}"
            );
        }
    }
}

#[test]
fn breaking_off() {
    let (mut engine, mut out) = at_go(&config(), "220 mx\r\n250 mx\r\n");
    engine.content(b"half a li", &mut out).unwrap();
    engine.abort(&mut out).unwrap();
    assert_eq!((engine.status(), &out[..]), (Status::Closed, &b"half a li"[..]));
    assert_eq!(engine.abort(&mut out), Err(Misuse::Busy));

    let config = Config { transfer: Transfer::Chunks, ..config() };
    let (mut engine, mut out) = (client(&config), BytesMut::new());
    let mut input = &b"220 mx\r\n250-mx\r\n250 CHUNKING\r\n250 ok\r\n250 ok\r\n250 chunk\r\n250 reset\r\n"[..];
    let mut events = Vec::new();
    while let Some(event) = engine.recv(&mut input, &mut out).unwrap() {
        match event {
            Event::Ready => engine.send(plain().0, &Content::of(MESSAGE), &mut out).unwrap(),
            Event::Go => {
                engine.content(b"abc", &mut out).unwrap();
                engine.abort(&mut out).unwrap();
                assert!(!engine.is_sending());
            }
            _ => {}
        }
        events.push(event);
    }
    assert!(out.ends_with(b"BDAT 3\r\nabcRSET\r\n"));
    assert_eq!(events.last(), Some(&Event::Done(super::Outcome::Refused(Step::Message))));
    assert!(engine.is_ready());
}

#[test]
fn questions() {
    let (mut engine, mut out) = (client(&config()), BytesMut::new());
    let mut input = &b"220 mx\r\n250-mx\r\n250 ETRN\r\n"[..];
    assert_eq!(engine.noop(&mut out), Err(Misuse::Busy));
    while engine.recv(&mut input, &mut out).unwrap().is_some() {}
    out.clear();
    let hear = |engine: &mut Client, step: Step, out: &mut BytesMut| {
        let mut input = &b"250-one\r\n250 two\r\n"[..];
        let Ok(Some(Event::Reply { step: answered, reply })) = engine.recv(&mut input, out) else { panic!("{step:?}") };
        assert_eq!((answered, reply.to_text().as_str()), (step, "one\ntwo"));
    };
    engine.noop(&mut out).unwrap();
    assert_eq!(engine.noop(&mut out), Err(Misuse::Busy));
    hear(&mut engine, Step::Noop, &mut out);
    engine.reset(&mut out).unwrap();
    hear(&mut engine, Step::Reset, &mut out);
    engine.verify("Smith", &mut out).unwrap();
    hear(&mut engine, Step::Verify, &mut out);
    engine.expand("list", &mut out).unwrap();
    hear(&mut engine, Step::Expand, &mut out);
    engine.help(None, &mut out).unwrap();
    hear(&mut engine, Step::Help, &mut out);
    engine.help(Some("MAIL"), &mut out).unwrap();
    hear(&mut engine, Step::Help, &mut out);
    engine.turn("example.org", &mut out).unwrap();
    hear(&mut engine, Step::Turn, &mut out);
    assert_eq!(&out[..], b"NOOP\r\nRSET\r\nVRFY Smith\r\nEXPN list\r\nHELP\r\nHELP MAIL\r\nETRN example.org\r\n");
    out.clear();
    assert_eq!(engine.verify("λ", &mut out), Err(Misuse::Unsupported(Missing::SmtpUtf8)));
    for bad in ["", "a\r\nRSET", "a\0", "a\u{7f}"] {
        assert_eq!(engine.verify(bad, &mut out), Err(Misuse::Argument), "{bad:?}");
    }
    assert_eq!(engine.content(b"x", &mut out), Err(Misuse::Busy));
    assert_eq!(engine.finish(&mut out), Err(Misuse::Busy));
    assert!(out.is_empty());
}

/// field: part f, 18: whatever a value is, the server hears as many lines.
#[test]
fn no_value_makes_a_line_of_its_own() {
    let lines = |wire: &[u8]| wire.iter().filter(|octet| matches!(octet, b'\r' | b'\n' | 0)).count();
    let ready = || {
        let (mut engine, mut out) = (client(&config()), BytesMut::new());
        let mut input = &b"220 mx\r\n250-mx\r\n250-SMTPUTF8\r\n250-PIPELINING\r\n250-DSN\r\n250 ETRN\r\n"[..];
        while engine.recv(&mut input, &mut out).unwrap().is_some() {}
        (engine, BytesMut::new())
    };
    let text = |value: &[u8]| str::from_utf8(value).ok().map(ToString::to_string);
    let ask: [fn(&mut Client, &str, &mut BytesMut) -> bool; 4] = [
        |engine, value, out| engine.verify(value, out).is_ok(),
        |engine, value, out| engine.expand(value, out).is_ok(),
        |engine, value, out| engine.help(Some(value), out).is_ok(),
        |engine, value, out| engine.turn(value, out).is_ok(),
    ];
    for say in ask {
        let said = |value: &[u8]| {
            let (mut engine, mut out) = ready();
            say(&mut engine, &text(value)?, &mut out).then(|| out.to_vec())
        };
        laws::no_forgery(b"someone", laws::forgeries(b"someone", b"RSET\r\n"), said, lines)
            .unwrap_or_else(|story| panic!("{story}"));
    }
    let paths: [fn(&str) -> Option<Envelope>; 3] = [
        |value| Some(Envelope::new(value.parse::<Address>().ok()?, [address("b@c")])),
        |value| Some(Envelope::new(None, [value.parse().ok()?])),
        |value| Some(Envelope::new(None, [Address::new(value, "example.org").ok()?])),
    ];
    for (make, harmless) in paths.into_iter().zip(["ada@a.example", "ada@a.example", "ada"]) {
        let said = |value: &[u8]| {
            let (mut engine, mut out) = ready();
            let envelope = make(&text(value)?)?;
            engine.send(envelope, &Content::of(b""), &mut out).ok()?;
            // A path ends where its quotes and its bracket end: one command each, with nothing behind it.
            for line in str::from_utf8(&out).unwrap().split_terminator("\r\n") {
                let command = Command::parse(line.as_bytes()).unwrap();
                if let Command::Rcpt(rcpt) = command {
                    assert_eq!(rcpt.parameters, crate::smtp::RcptParameters::default());
                }
            }
            Some(out.to_vec())
        };
        let hostile = laws::forgeries(harmless.as_bytes(), b"> ORCPT=rfc822;x\r\nRCPT TO:<eve@d>");
        laws::no_forgery(harmless.as_bytes(), hostile, said, lines).unwrap_or_else(|story| panic!("{story}"));
    }
    let named = |value: &[u8]| {
        let (mut engine, mut out) = (client(&Config::new(text(value)?.parse().ok()?)), BytesMut::new());
        engine.recv(&mut &b"220 mx\r\n"[..], &mut out).unwrap();
        Some(out.to_vec())
    };
    laws::no_forgery(b"a.example", laws::forgeries(b"a.example", b"RSET\r\n"), named, lines)
        .unwrap_or_else(|story| panic!("{story}"));
}

/// A server that takes whatever comes, and keeps it.
#[derive(Default)]
struct Taker {
    messages: Vec<Vec<u8>>,
    content: Vec<u8>,
    greeted: bool,
}

struct Ada(Record);

impl Store for Ada {
    fn record(&self, user: &str) -> Option<Record> {
        (user == "ada").then(|| self.0.clone())
    }
}

impl Handler<Server> for Taker {
    fn event(&mut self, engine: &mut Server, event: server::Event<&[u8]>, out: &mut BytesMut) {
        match event {
            server::Event::Data(octets) => self.content.extend_from_slice(octets),
            server::Event::Message(_) => self.messages.push(core::mem::take(&mut self.content)),
            // No handshake comes between here, so what the client says next is at the door already.
            server::Event::StartTls => engine.secured(b"", None).unwrap(),
            server::Event::Rcpt(rcpt) if rcpt.to.local() == "nobody" => {
                return engine.answer(&Answer::new(550, (5, 1, 1), "No such user").unwrap(), out).unwrap();
            }
            _ => {}
        }
        match engine.pending() {
            Some(server::Pending::Authentication) => {
                let record = Record::from_password("engine", b"0123456789abcdef", 4096).unwrap();
                engine.authenticate(&Ada(record.with_password("engine")), out).unwrap();
            }
            Some(_) => engine.accept(out).unwrap(),
            None => {}
        }
    }

    fn more(&mut self, engine: &mut Server, out: &mut BytesMut) -> bool {
        !core::mem::replace(&mut self.greeted, true) && engine.greet(out).is_ok()
    }
}

/// Our client and our server, whatever the cut: the message arrives as it was.
#[test]
fn mirror() {
    let mut big = Vec::new();
    for line in 0..200 {
        big.extend_from_slice(format!("{}line {line}\r\n", if line % 3 == 0 { "." } else { "" }).as_bytes());
    }
    let messages = [
        plain(),
        (envelope(&["nobody@example.org", "bob@example.org"]), big.clone()),
        (envelope(&["nobody@example.org"]), big),
    ];
    for (protocol, transfer, tls, auth, piece) in [
        (Protocol::Smtp, Transfer::Auto, false, false, usize::MAX),
        (Protocol::Smtp, Transfer::Chunks, false, false, 100),
        (Protocol::Smtp, Transfer::Auto, true, true, 7),
        (Protocol::Lmtp, Transfer::Auto, false, false, 1000),
        (Protocol::Lmtp, Transfer::Chunks, true, true, 1),
    ] {
        let taken = core::cell::RefCell::new(Vec::new());
        struct Kept<'k>(Taker, &'k core::cell::RefCell<Vec<Vec<u8>>>);
        impl Handler<Server> for Kept<'_> {
            fn event(&mut self, engine: &mut Server, event: server::Event<&[u8]>, out: &mut BytesMut) {
                self.0.event(engine, event, out);
                self.1.borrow_mut().clone_from(&self.0.messages);
            }
            fn more(&mut self, engine: &mut Server, out: &mut BytesMut) -> bool {
                self.0.more(engine, out)
            }
        }
        let make = || {
            let mut ours = Config { protocol, transfer, ..config() };
            let mut theirs = server::Config::new("mx.example.org".parse().unwrap());
            theirs.protocol = protocol;
            if tls {
                ours.starttls = StartTls::Required;
                theirs.starttls = true;
                theirs.tls_required = true;
            }
            if auth {
                ours.credentials = Some(Credentials::password("ada", "engine"));
                theirs.auth = Mechanism::ALL.to_vec();
                theirs.auth_required = true;
            }
            let from = (client(&ours), Sender { piece, secures: true, ..sender(messages.clone()) });
            let session = Session::new(Nonce::new([9; 18]));
            let to = (Server::new(Arc::new(theirs), session), Kept(Taker::default(), &taken));
            (from, to)
        };
        let mirrored = laws::mirror(make).unwrap_or_else(|story| panic!("{story}"));
        assert_eq!((mirrored.a.error, mirrored.b.error), (None, None));
        assert_eq!((mirrored.a.status, mirrored.b.status), (Status::Closed, Status::Closed));
        assert_eq!(*taken.borrow(), [messages[0].1.clone(), messages[1].1.clone()]);
    }
}

/// A channel that can be bound is bound, and a server that can't says so.
#[test]
fn channel_binding() {
    let binding = || Binding { kind: BindingKind::TlsExporter, octets: vec![1; 32] };
    let config = with_password(StartTls::Never);
    for (offer, flag) in
        [("SCRAM-SHA-256 SCRAM-SHA-256-PLUS", "p=tls-exporter,,n=ada,"), ("SCRAM-SHA-256", "y,,n=ada,")]
    {
        let mut engine = Client::secure(Arc::new(config.clone()), Nonce::new([7; 18]), Some(binding()));
        let (stream, mut out) = (format!("220 mx\r\n250-mx\r\n250 AUTH {offer}\r\n"), BytesMut::new());
        let mut input = stream.as_bytes();
        while engine.recv(&mut input, &mut out).unwrap().is_some() {}
        let said = str::from_utf8(&out).unwrap();
        let initial = said.trim_end().rsplit(' ').next().unwrap();
        let initial = crate::sasl::base64::decode(initial.as_bytes()).unwrap();
        assert!(initial.expose().starts_with(flag.as_bytes()), "{said}");
    }
}

#[test]
fn a_session_is_small() {
    let size = size_of::<Client>();
    assert!(size <= 320, "{size} octets");
}

#[test]
fn what_a_message_is_made_of() {
    for (message, octets, in_lines) in [
        ("", 0, 0),
        ("a", 1, 3),
        ("a\r\n", 3, 3),
        ("a\n", 2, 3),
        ("a\r", 2, 3),
        ("a\nb\rc\r\n", 7, 9),
        ("\r\r\n\n", 4, 6),
    ] {
        let content = Content::of(message.as_bytes());
        assert_eq!((content.octets(), content.octets_in_lines()), (octets, in_lines), "{message:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whole replies, half ones and noise, in any order.
    #[test]
    fn the_laws_hold(parts in prop::collection::vec(prop_oneof![
        Just("220 mx\r\n"), Just("250 ok\r\n"), Just("250-mx\r\n250-PIPELINING\r\n250-CHUNKING\r\n250-STARTTLS\r\n250 AUTH PLAIN SCRAM-SHA-256\r\n"),
        Just("250-mx\r\n250 PIPELINING\r\n"), Just("354 go\r\n"), Just("550 no\r\n"), Just("451 4.0.0 later\r\n"), Just("334 \r\n"), Just("235 ok\r\n"),
        Just("421 bye\r\n"), Just("503 no\r\n"), Just("221 bye\r\n"), Just("250-"), Just("\r"), Just("\n"), Just("2"),
    ], 0..14), greets in any::<bool>(), ends in any::<bool>(), turns in any::<bool>(), chunks in any::<bool>(), auth in any::<bool>()) {
        let stream = (if greets { "220 mx\r\n250-mx\r\n250-PIPELINING\r\n250 CHUNKING\r\n" } else { "" }).to_string() + &parts.concat();
        let mut config = if auth { with_password(StartTls::IfOffered) } else { config() };
        config.auth_in_clear = true;
        if turns {
            config.protocol = Protocol::Lmtp;
        }
        if chunks {
            config.transfer = Transfer::Chunks;
        }
        let messages = [(envelope(&["bob@example.org", "eve@example.org"]), MESSAGE.to_vec()), plain()];
        let make = || (client(&config), Sender { piece: 10, ..sender(messages.clone()) });
        let log = laws::judge(make, stream.as_bytes(), if ends { Ending::Eof } else { Ending::Stays });
        prop_assert!(log.is_ok(), "{}", log.err().map(|story| story.to_string()).unwrap_or_default());
        let expiry = laws::judge_expiry(make, stream.as_bytes());
        prop_assert!(expiry.is_ok(), "{}", expiry.err().map(|story| story.to_string()).unwrap_or_default());
    }

    /// What is seen of a message does not depend on its pieces, and is what a plain reading finds.
    #[test]
    fn content_is_what_a_plain_reading_finds(
        text in prop::collection::vec(prop_oneof![Just(b'\r'), Just(b'\n'), Just(b'.'), Just(b'a'), Just(0xCE), Just(0)], 0..40),
        wide in 0usize..90, cuts in prop::collection::vec(0usize..130, 0..4),
    ) {
        let mut text = text;
        text.splice(text.len() / 2..text.len() / 2, vec![b'x'; wide]);
        let whole = Content::of(&text);
        let mut pieces = Content::new();
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(text.len())).collect();
        cuts.sort_unstable();
        let mut from = 0;
        for cut in cuts {
            pieces.push(&text[from..cut]);
            from = cut;
        }
        pieces.push(&text[from..]);
        pieces.finish();
        prop_assert_eq!(&whole, &pieces);

        let bare = (0..text.len()).find_map(|at| match text[at] {
            b'\r' if text.get(at + 1) != Some(&b'\n') => Some(Bare { which: Alone::Cr, offset: at as u64 }),
            b'\n' if at == 0 || text[at - 1] != b'\r' => Some(Bare { which: Alone::Lf, offset: at as u64 }),
            _ => None,
        });
        prop_assert_eq!(whole.bare(), bare);
        prop_assert_eq!(whole.eight_bit(), !text.is_ascii());
        prop_assert_eq!(whole.nul(), text.contains(&0));
        let mut lines: Vec<usize> = text.split_inclusive(|octet| *octet == b'\n').map(|line| {
            line.len() - usize::from(line.ends_with(b"\n"))
        }).collect();
        if let (Some(last), false, None) = (lines.last_mut(), text.ends_with(b"\n"), bare) {
            *last += 1;
        }
        prop_assert_eq!(whole.longest_line(), lines.iter().copied().max().unwrap_or(0));
        let head_end = (0..text.len()).find(|at| {
            let rest = &text[*at..];
            let begins = *at == 0 || text[*at - 1] == b'\n';
            begins && (rest.starts_with(b"\n") || rest.starts_with(b"\r\n"))
        }).unwrap_or(text.len());
        prop_assert_eq!(whole.utf8_head(), !text[..head_end].is_ascii());
        let mut wire = BytesMut::new();
        let mut stuff = crate::syntax::dots::Stuff::lines(Endings::Normalise);
        stuff.push(&text, &mut wire).unwrap();
        stuff.finish(&mut wire).unwrap();
        prop_assert_eq!(whole.octets_in_lines(), wire.len() as u64);
    }
}
