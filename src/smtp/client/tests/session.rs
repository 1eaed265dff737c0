//! Setting a session up, asking, and its end.

use super::*;

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
