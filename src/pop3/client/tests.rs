use super::*;
use crate::engine::{Handler, turn};
use crate::laws::{self, Ending, Entry, Log};
use crate::pop3::{Capability, Code};
use crate::sasl::{Credentials, Mechanism, Nonce};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;
use proptest::prelude::*;

type Say = fn(&mut Client, &mut BytesMut) -> bool;

/// Says one thing after the other, each as soon as it can be said.
#[derive(Clone)]
struct Says(Vec<Say>);

impl Handler<Client> for Says {
    fn event(&mut self, _: &mut Client, _: Event<&[u8]>, _: &mut BytesMut) {}

    fn more(&mut self, client: &mut Client, out: &mut BytesMut) -> bool {
        let said = self.0.first().is_some_and(|say| say(client, out));
        if said {
            self.0.remove(0);
        }
        said
    }
}

/// A client that has heard the greeting and said `says` from there on, as one engine for the laws: what is asked for
/// when is the script's, and not the stream's.
fn client(limits: &Limits, quirks: Quirks, says: &[Say]) -> (Client, Says) {
    let mut client = Client::new(limits.clone()).quirks(quirks);
    let mut out = BytesMut::new();
    client.recv(&mut &b"+OK ready <a.1@b>\r\n"[..], &mut out).unwrap();
    for say in says {
        assert!(say(&mut client, &mut out), "the script can be said at once");
    }
    (client, Says(Vec::new()))
}

fn pipelined() -> Quirks {
    Quirks { pipelining_unoffered: true, ..Quirks::default() }
}

/// Logged in, without a word.
fn log_in(client: &mut Client, out: &mut BytesMut) -> bool {
    client.apop("ada", &"engine".into(), out).is_ok()
        && client.recv(&mut &b"+OK\r\n"[..], out).is_ok_and(|told| told.is_some())
}

/// What the client hears after `says`: by the laws, so at every cut.
fn hear(says: &[Say], stream: &[u8], ending: Ending) -> Log<Client> {
    let make = || client(&Limits::default(), pipelined(), says);
    laws::judge(make, stream, ending).unwrap_or_else(|story| panic!("{story}"))
}

fn events(log: &Log<Client>) -> Vec<String> {
    let text = |entry: &Entry| match entry {
        Entry::Event(text) => text.clone(),
        Entry::Octets(octets) => format!("{}", octets.escape_ascii()),
    };
    log.events.iter().map(text).collect()
}

fn kind(log: &Log<Client>) -> Option<(ErrorKind, u64)> {
    log.error.map(|error| (error.kind, error.offset))
}

#[test]
fn every_answer_goes_to_its_command() {
    let says: &[Say] = &[
        log_in,
        |client, out| client.stat(out).is_ok(),
        |client, out| client.list(None, out).is_ok(),
        |client, out| client.uidl(Some(2), out).is_ok(),
        |client, out| client.retr(1, out).is_ok(),
        |client, out| client.dele(7, out).is_ok(),
        |client, out| client.quit(out).is_ok(),
    ];
    let stream = b"+OK 2 320\r\n+OK 2 messages\r\n1 120\r\n2 200 whatever\r\n.\r\n+OK 2 QhdPYR:00WBw1Ph7x7\r\n+OK 120 octets\r\n\
        Subject: x\r\n\r\n..stuffed\r\n.\r\n-ERR [SYS/PERM] no such message\r\n+OK bye\r\n";
    let log = hear(says, stream, Ending::Eof);
    assert_eq!(kind(&log), None);
    assert_eq!(log.status, Status::Closed);
    let told = events(&log);
    assert_eq!(told[0], "Stat { messages: 2, octets: 320 }");
    assert!(told[1].starts_with("Begin { command: List(None)"));
    assert_eq!(told[2..4], ["Size { message: 1, octets: 120 }", "Size { message: 2, octets: 200 }"]);
    assert_eq!(told[4], "End { command: List(None) }");
    assert!(told[5].starts_with("UniqueId { message: 2, id: "));
    assert!(told[6].starts_with("Begin { command: Retr(1)"));
    assert_eq!(told[7], "Subject: x\\r\\n\\r\\n.stuffed\\r\\n");
    assert_eq!(told[8], "End { command: Retr(1) }");
    assert!(told[9].starts_with("Refused { command: Dele(7), code: Some(SysPerm)"));
    assert!(told[10].starts_with("Ok { command: Quit"));
    assert_eq!(told.len(), 11);
}

#[test]
fn capabilities_are_noted_and_forgotten() {
    let (mut client, _) = client(&Limits::default(), Quirks::default(), &[|client, out| client.capa(out).is_ok()]);
    let mut out = BytesMut::new();
    let mut input = &b"+OK\r\nTOP\r\nUIDL\r\nUSER\r\nSTLS\r\nPIPELINING\r\nRESP-CODES\r\nUTF8\r\nLANG\r\nSASL PLAIN SCRAM-SHA-256\r\nX-NEW\r\n.\r\n"[..];
    let mut other = 0;
    while let Some(event) = client.recv(&mut input, &mut out).unwrap() {
        other += usize::from(matches!(event, Event::Capability(Capability::Other(b"X-NEW"))));
    }
    assert_eq!(other, 1);
    let offers = client.offers().clone();
    assert!(offers.told && offers.top && offers.uidl && offers.user && offers.stls && offers.pipelining);
    assert!(offers.codes && offers.utf8 && offers.lang);
    assert_eq!(offers.mechanisms().collect::<Vec<_>>(), ["PLAIN", "SCRAM-SHA-256"]);
    client.stls(&mut out).unwrap();
    assert_eq!(client.noop(&mut out), Err(Misuse::NotNow));
    client.recv(&mut &b"+OK go\r\n"[..], &mut out).unwrap();
    assert_eq!(client.status(), Status::HandedOver);
    client.secured(b"").unwrap();
    assert_eq!(client.offers(), &Offers::default(), "what was said in clear is forgotten");
    assert!(client.capa(&mut out).is_ok());
}

/// field: part f, 14: what stands in clear behind the answer to STLS.
#[test]
fn nothing_in_clear_counts_behind_stls() {
    let says: &[Say] = &[|client, out| client.stls(out).is_ok()];
    let log = hear(says, b"+OK go\r\n+OK injected\r\n", Ending::Stays);
    assert_eq!(kind(&log).map(|(kind, _)| kind), Some(ErrorKind::Injected));
    let (mut client, _) = client(&Limits::default(), Quirks::default(), says);
    let mut out = BytesMut::new();
    client.recv(&mut &b"+OK go\r\n"[..], &mut out).unwrap();
    assert_eq!(client.secured(b"+OK injected\r\n"), Err(Misuse::Injected));
    assert!(client.recv(&mut &b""[..], &mut out).is_err());
}

#[test]
fn a_server_that_says_ok_and_something_else_is_not_believed() {
    let greeting = b"+OK ready <a.1@b>\r\n".len() as u64 + b"+OK\r\n".len() as u64;
    let stat: &[Say] = &[log_in, |client, out| client.stat(out).is_ok()];
    let list: &[Say] = &[log_in, |client, out| client.list(None, out).is_ok()];
    let one: &[Say] = &[log_in, |client, out| client.list(Some(2), out).is_ok()];
    let uidl: &[Say] = &[log_in, |client, out| client.uidl(None, out).is_ok()];
    let noop: &[Say] = &[log_in, |client, out| client.noop(out).is_ok()];
    for (says, stream) in [
        (stat, "+OK\r\n"),
        (stat, "+OK two 320\r\n"),
        (stat, "+OK 2\r\n"),
        (stat, "+OK -1 2\r\n"),
        (one, "+OK 1 100\r\n"),
        (one, "+OK 2\r\n"),
        (noop, "OK\r\n"),
        (noop, "+ok\r\n"),
        (noop, "+OKAY\r\n"),
        (noop, "-ERROR\r\n"),
        (noop, "+ \r\n"),
        (noop, "220 ready\r\n"),
        (noop, "\r\n"),
    ] {
        assert_eq!(
            kind(&hear(says, stream.as_bytes(), Ending::Stays)),
            Some((ErrorKind::Malformed, greeting)),
            "{stream:?}"
        );
    }
    for (says, line) in [
        (list, "1\r\n"),
        (list, "0 1\r\n"),
        (list, "x 1\r\n"),
        (list, "4294967296 1\r\n"),
        (uidl, "1\r\n"),
        (uidl, "1 \r\n"),
        (uidl, "1 a b\r\n"),
        (uidl, "1 \x7f\r\n"),
    ] {
        let log = hear(says, format!("+OK\r\n{line}.\r\n").as_bytes(), Ending::Stays);
        assert_eq!(kind(&log), Some((ErrorKind::Malformed, greeting + 5)), "{line:?}");
    }
    // Nothing was asked for.
    assert_eq!(kind(&hear(noop, b"+OK\r\n+OK\r\n", Ending::Stays)), Some((ErrorKind::Unsolicited, greeting + 5)));
    // Unique ids of more than 70 octets, unless that is put up with.
    let id = "x".repeat(71);
    let line = format!("+OK\r\n1 {id}\r\n.\r\n");
    assert_eq!(kind(&hear(uidl, line.as_bytes(), Ending::Stays)), Some((ErrorKind::Malformed, greeting + 5)));
    let lenient = Quirks { long_unique_ids: true, ..pipelined() };
    let log = laws::judge(|| client(&Limits::default(), lenient, uidl), line.as_bytes(), Ending::Stays).unwrap();
    assert_eq!((log.error, log.events.len()), (None, 3));
}

#[test]
fn refusals_by_code() {
    let says: &[Say] = &[|client, out| client.user("ada", out).is_ok()];
    for (line, wanted) in [
        ("-ERR [IN-USE] busy\r\n", "Some(InUse)"),
        ("-ERR [LOGIN-DELAY] soon\r\n", "Some(LoginDelay)"),
        ("-ERR [auth] no\r\n", "Some(Auth)"),
        ("-ERR [X-Y] no\r\n", "Some(Other("),
        ("-ERR\r\n", "None"),
    ] {
        let log = hear(says, line.as_bytes(), Ending::Stays);
        let told = events(&log);
        assert!(told[0].starts_with("Refused { command: User, code: ") && told[0].contains(wanted), "{told:?}");
        assert_eq!(log.status, Status::Idle);
    }
    assert!(Code::<&[u8]>::InUse.passes() && !Code::<&[u8]>::Auth.passes());
    // A refused greeting is the end.
    let mut client = Client::new(Limits::default());
    let mut out = BytesMut::new();
    let told = client.recv(&mut &b"-ERR [SYS/TEMP] full\r\n"[..], &mut out).unwrap();
    assert!(matches!(told, Some(Event::Refused { command: Command::Greeting, code: Some(Code::SysTemp), .. })));
    assert_eq!(client.status(), Status::Closed);
}

fn exchange(mechanism: Mechanism) -> sasl::Client {
    sasl::Client::new(mechanism, Credentials::password("ada", "engine"), Nonce::new([3; 18])).unwrap()
}

/// RFC 5034 4 and its examples.
#[test]
fn auth_with_and_without_initial_response() {
    let (mut quick, _) = client(&Limits::default(), Quirks::default(), &[]);
    let mut out = BytesMut::new();
    quick.auth(exchange(Mechanism::Plain), &mut out).unwrap();
    assert_eq!(&out[..], b"AUTH PLAIN AGFkYQBlbmdpbmU=\r\n");
    assert_eq!(quick.capa(&mut out), Err(Misuse::Busy));
    assert!(matches!(quick.recv(&mut &b"+OK\r\n"[..], &mut out), Ok(Some(Event::Ok { command: Command::Auth, .. }))));
    assert!(quick.logged_in());

    let slow = Quirks { no_initial_response: true, ..Quirks::default() };
    let (mut slow, _) = client(&Limits::default(), slow, &[]);
    out.clear();
    slow.auth(exchange(Mechanism::Plain), &mut out).unwrap();
    assert_eq!(slow.recv(&mut &b"+ \r\n"[..], &mut out), Ok(Some(Event::Challenged)));
    assert_eq!(&out[..], b"AUTH PLAIN\r\nAGFkYQBlbmdpbmU=\r\n");

    // RFC 5034 4: one that does not fit into 255 octets waits for its challenge.
    let (mut long, _) = client(&Limits::default(), Quirks::default(), &[]);
    out.clear();
    let credentials = Credentials::password("ada", "e".repeat(200));
    long.auth(sasl::Client::new(Mechanism::Plain, credentials, Nonce::new([3; 18])).unwrap(), &mut out).unwrap();
    assert_eq!(&out[..], b"AUTH PLAIN\r\n");
    assert_eq!(long.recv(&mut &b"+ \r\n"[..], &mut out), Ok(Some(Event::Challenged)));
    assert!(out.len() > 280 && out.ends_with(b"\r\n"));

    // A challenge that has no answer: the exchange is called off, and its refusal follows.
    let (mut off, _) = client(&Limits::default(), Quirks::default(), &[]);
    out.clear();
    off.auth(exchange(Mechanism::ScramSha256), &mut out).unwrap();
    out.clear();
    assert!(matches!(off.recv(&mut &b"+ cj1ldmls\r\n"[..], &mut out), Ok(Some(Event::Cancelled(_)))));
    assert_eq!(&out[..], b"*\r\n");
    assert!(matches!(
        off.recv(&mut &b"-ERR\r\n"[..], &mut out),
        Ok(Some(Event::Refused { command: Command::Auth, .. }))
    ));
    assert!(!off.logged_in() && off.capa(&mut out).is_ok());
}

/// What a mechanism asks the server to prove has to be proven.
#[test]
fn success_without_proof_is_none() {
    for mechanism in [Mechanism::ScramSha256, Mechanism::ScramSha1, Mechanism::CramMd5, Mechanism::Login] {
        let make = || {
            let (mut client, says) = client(&Limits::default(), Quirks::default(), &[]);
            client.auth(exchange(mechanism), &mut BytesMut::new()).unwrap();
            (client, says)
        };
        let log = laws::judge(make, b"+OK welcome\r\n", Ending::Stays).unwrap();
        assert_eq!(kind(&log).map(|(kind, _)| kind), Some(ErrorKind::Unproven), "{mechanism}");
    }
}

#[test]
fn what_may_be_said_when() {
    let mut out = BytesMut::new();
    let mut early = Client::new(Limits::default());
    assert_eq!(early.capa(&mut out), Err(Misuse::Busy));
    let (mut client, _) = client(&Limits::default(), Quirks::default(), &[]);
    assert_eq!(client.stat(&mut out), Err(Misuse::NotNow));
    client.capa(&mut out).unwrap();
    assert_eq!(client.user("ada", &mut out), Err(Misuse::Busy), "no PIPELINING was offered");
    client.recv(&mut &b"-ERR\r\n"[..], &mut out).unwrap();
    assert!(log_in(&mut client, &mut out));
    assert_eq!(client.user("ada", &mut out), Err(Misuse::NotNow));
    assert_eq!(client.stls(&mut out), Err(Misuse::NotNow));
    assert_eq!(client.retr(0, &mut out), Err(Misuse::Zero));
    client.quit(&mut out).unwrap();
    out.clear();
    assert_eq!(client.noop(&mut out), Err(Misuse::NotNow));
    assert!(out.is_empty());
    // As many as the limit says.
    let limits = Limits { pipeline: 3, ..Limits::default() };
    let (mut client, _) = super::tests::client(&limits, pipelined(), &[log_in]);
    for _ in 0..3 {
        client.noop(&mut out).unwrap();
    }
    assert_eq!(client.noop(&mut out), Err(Misuse::Busy));
    assert_eq!(client.waiting().len(), 3);
}

#[test]
fn no_value_forges_a_command() {
    type Command = fn(&mut Client, &str, &mut BytesMut) -> Result<(), Misuse>;
    let commands: &[Command] = &[
        |client, value, out| client.user(value, out),
        |client, value, out| client.pass(&value.into(), out),
        |client, value, out| client.apop(value, &"engine".into(), out),
        |client, value, out| client.lang(Some(value), out),
    ];
    for command in commands {
        let say = |value: &[u8]| {
            let value = core::str::from_utf8(value).ok()?;
            let (mut client, _) = client(&Limits::default(), Quirks::default(), &[]);
            let mut out = BytesMut::new();
            let said = command(&mut client, value, &mut out);
            assert!(said.is_ok() || out.is_empty(), "a refusal writes nothing");
            said.ok().map(|()| out.to_vec())
        };
        let lines = |wire: &[u8]| wire.iter().filter(|byte| byte.is_ascii_control()).count();
        let hostile = laws::forgeries(b"ada", b"DELE 1");
        laws::no_forgery(b"ada", hostile, say, lines).unwrap_or_else(|story| panic!("{story}"));
    }
    let (mut client, _) = client(&Limits::default(), Quirks::default(), &[]);
    let mut out = BytesMut::new();
    assert_eq!(client.user(&"x".repeat(249), &mut out), Err(Misuse::TooLong));
    assert_eq!(client.apop("a b", &"engine".into(), &mut out), Err(Misuse::Argument), "APOP's name is one word");
    client.user(&"x".repeat(248), &mut out).unwrap();
    assert_eq!(out.len(), 255);
    let shown = format!("{client:?}");
    assert!(!shown.contains("xxx"), "{shown}");
}

#[test]
fn apop_answers_only_a_timestamp_that_is_one() {
    let mut client = Client::new(Limits::default());
    let mut out = BytesMut::new();
    client.recv(&mut &b"+OK POP3 server ready <1896.697170952@dbc.mtview.ca.us>\r\n"[..], &mut out).unwrap();
    client.apop("mrose", &"tanstaaf".into(), &mut out).unwrap();
    assert_eq!(&out[..], b"APOP mrose c4c9334bac560ecc979e58001b3e22fb\r\n");
    let mut client = Client::new(Limits::default());
    client.recv(&mut &b"+OK <\xd1\x31@x>\r\n"[..], &mut out).unwrap();
    assert!(!client.offers_apop());
    assert_eq!(client.apop("mrose", &"tanstaaf".into(), &mut out), Err(Misuse::NoTimestamp));
}

#[test]
fn limits_count_elements() {
    let says: &[Say] = &[log_in, |client, out| client.retr(1, out).is_ok()];
    let small = Limits { line: 20, message: Some(10), ..Limits::default() };
    let judge = |stream: &[u8]| {
        laws::judge(|| client(&small, pipelined(), says), stream, Ending::Stays)
            .unwrap_or_else(|story| panic!("{story}"))
    };
    let start = b"+OK ready <a.1@b>\r\n+OK\r\n".len() as u64;
    for (stream, error) in [
        ("+OK 4567890123456\r\n.\r\n", None),
        ("+OK 45678901234567\r\n.\r\n", None),
        ("+OK 456789012345678\r\n.\r\n", Some((ErrorKind::LineTooLong, start + 20))),
        ("+OK\r\n12345678\r\n.\r\n", None),
        ("+OK\r\n123456\r\n\r\n.\r\n", None),
        ("+OK\r\n..345678\r\n1\r\n.\r\n", Some((ErrorKind::MessageTooLarge, start + 5 + 11))),
        ("+OK\r\n1234567890\r\n.\r\n", Some((ErrorKind::MessageTooLarge, start + 5 + 10))),
    ] {
        assert_eq!(kind(&judge(stream.as_bytes())), error, "{stream:?}");
    }
    // A list has an end, whatever the server says.
    let says: &[Say] = &[log_in, |client, out| client.uidl(None, out).is_ok()];
    let small = Limits { list: 2, ..Limits::default() };
    for (stream, error) in [
        ("+OK\r\n1 a\r\n2 b\r\n.\r\n", None),
        ("+OK\r\n1 a\r\n2 b\r\n3 c\r\n", Some((ErrorKind::ListTooLong, start + 5 + 10))),
    ] {
        let log = laws::judge(|| client(&small, pipelined(), says), stream.as_bytes(), Ending::Stays);
        assert_eq!(kind(&log.unwrap_or_else(|story| panic!("{story}"))), error, "{stream:?}");
    }
}

#[test]
fn an_end_inside_an_answer_is_a_truncation() {
    let says: &[Say] = &[log_in, |client, out| client.retr(1, out).is_ok()];
    for stream in ["", "+O", "+OK\r\n", "+OK\r\ntext", "+OK\r\ntext\r\n.", "+OK\r\ntext\r\n.\r"] {
        let log = hear(says, stream.as_bytes(), Ending::Eof);
        assert_eq!(kind(&log), Some((ErrorKind::Truncated, 24 + stream.len() as u64)), "{stream:?}");
    }
    let log = hear(says, b"+OK\r\ntext\r\n.\r\n", Ending::Eof);
    assert_eq!((kind(&log), log.status), (None, Status::Closed));
}

#[test]
fn every_wait_has_an_end() {
    let says: &[Say] =
        &[log_in, |client, out| client.list(None, out).is_ok(), |client, out| client.retr(1, out).is_ok()];
    let make = || client(&Limits::default(), pipelined(), says);
    laws::judge_expiry(make, b"+OK\r\n1 2\r\n.\r\n+OK\r\ntext\r\n.\r\n").unwrap_or_else(|story| panic!("{story}"));
    laws::judge_expiry(|| (Client::new(Limits::default()), Says(Vec::new())), b"+OK\r\n").unwrap();
    let mut client = Client::new(Limits::default());
    client.expire();
    let mut out = BytesMut::new();
    assert_eq!(client.recv(&mut &b""[..], &mut out), Err(Error { kind: ErrorKind::TimedOut, offset: 0 }));
    assert!(out.is_empty());
}

/// Every so many octets of a message are a new wait, which makes it a minimum rate; single octets are none.
#[test]
fn a_message_has_a_minimum_rate() {
    let says: &[Say] = &[log_in, |client, out| client.retr(1, out).is_ok()];
    let (mut client, mut says) = client(&Limits::default(), pipelined(), says);
    let mut out = BytesMut::new();
    client.recv(&mut &b"+OK\r\n"[..], &mut out).unwrap();
    let phase = client.patience().phase;
    for _ in 0..1000 {
        turn(&mut client, &mut &b"x"[..], &mut out, usize::MAX, &mut says, &mut ()).unwrap();
    }
    assert_eq!(client.patience().phase, phase);
    turn(&mut client, &mut &[b'x'; 16_384][..], &mut out, usize::MAX, &mut says, &mut ()).unwrap();
    assert_ne!(client.patience().phase, phase);
}

#[test]
fn an_idle_client_is_small() {
    let size = size_of::<Client>();
    assert!(size <= 448, "{size} octets");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// Whole answers, half ones and noise, in any order, to a pipeline.
    #[test]
    fn the_laws_hold(parts in prop::collection::vec(prop_oneof![
        Just("+OK\r\n"), Just("-ERR\r\n"), Just("-ERR [IN-USE] x\r\n"), Just("+OK 1 2\r\n"), Just("1 2\r\n"), Just(".\r\n"), Just("..\r\n"),
        Just(".x\r\n"), Just("text\r\n"), Just("+ \r\n"), Just("TOP\r\n"), Just("\r"), Just("\n"), Just("."), Just("\r\n"), Just("PIPELINING\r\n"),
    ], 0..14), ends in any::<bool>(), message in prop::option::of(0_u64..20)) {
        let says: &[Say] = &[
            log_in,
            |client, out| client.stat(out).is_ok(),
            |client, out| client.list(None, out).is_ok(),
            |client, out| client.capa(out).is_ok(),
            |client, out| client.retr(1, out).is_ok(),
            |client, out| client.uidl(Some(1), out).is_ok(),
            |client, out| client.top(1, 2, out).is_ok(),
            |client, out| client.lang(None, out).is_ok(),
            |client, out| client.quit(out).is_ok(),
        ];
        let stream = parts.concat();
        let limits = Limits { message, ..Limits::default() };
        let make = || client(&limits, pipelined(), says);
        let log = laws::judge(make, stream.as_bytes(), if ends { Ending::Eof } else { Ending::Stays });
        prop_assert!(log.is_ok(), "{}", log.err().map(|story| story.to_string()).unwrap_or_default());
        let expiry = laws::judge_expiry(make, stream.as_bytes());
        prop_assert!(expiry.is_ok(), "{}", expiry.err().map(|story| story.to_string()).unwrap_or_default());
    }

    /// The laws hold for a client in an exchange, whatever it is challenged with.
    #[test]
    fn exchanges_keep_the_laws(parts in prop::collection::vec(prop_oneof![
        Just("+ \r\n"), Just("+ cj1ldmls\r\n"), Just("+OK\r\n"), Just("-ERR\r\n"), Just("+ !\r\n"), Just("+\r\n"), Just("\r"), Just("x"),
    ], 0..8), mechanism in prop::sample::select(&Mechanism::ALL)) {
        let credentials = Credentials::password("ada", "engine");
        if credentials.serve(mechanism) && !mechanism.binds_channel() {
            let make = || {
                let (mut client, says) = client(&Limits::default(), Quirks::default(), &[]);
                client.auth(exchange(mechanism), &mut BytesMut::new()).unwrap();
                (client, says)
            };
            let log = laws::judge(make, parts.concat().as_bytes(), Ending::Eof);
            prop_assert!(log.is_ok(), "{}", log.err().map(|story| story.to_string()).unwrap_or_default());
        }
    }
}
