//! Messages: what is declared, refused, sent and answered.

use super::*;

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
    assert_eq!(report.outcome, Some(crate::smtp::client::Outcome::Accepted));
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
        assert_eq!(outcome.reports[0].outcome, Some(crate::smtp::client::Outcome::Refused(step)), "{replies:?}");
        assert!(!outcome.reports[0].accepted(0) && outcome.reports[1].accepted(0), "{replies:?}");
        let verdict = outcome.reports[0].recipients[0].as_ref().unwrap();
        assert_eq!(verdict.step, step, "{replies:?}");
        assert!(!verdict.code.is_positive());
    }
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
    assert_eq!(outcome.reports[0].outcome, Some(crate::smtp::client::Outcome::Accepted), "{:?}", outcome.events);
    // The second is refused: RSET, and nothing of it was taken.
    let stream = format!("{HELLO}250 ok\r\n250 ok\r\n250 one\r\n552 full\r\n503 no\r\n250 reset\r\n221 bye\r\n");
    let outcome = run(pieces(15), stream.as_bytes(), Ending::Stays);
    assert!(outcome.said.ends_with("BDAT 0 LAST\r\nRSET\r\nQUIT\r\n"));
    let report = &outcome.reports[0];
    assert_eq!(report.outcome, Some(crate::smtp::client::Outcome::Refused(Step::Chunk)));
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
    assert_eq!(report.outcome, Some(crate::smtp::client::Outcome::Accepted));
    assert_eq!([0, 1, 2].map(|index| report.accepted(index)), [false, false, true]);
    assert_eq!(
        report.recipients[0].as_ref().map(|verdict| (verdict.step, verdict.code.number())),
        Some((Step::Message, 452))
    );
    // Nobody is left and DATA is not refused: no recipients, no verdicts.
    assert_eq!(outcome.reports[1].outcome, Some(crate::smtp::client::Outcome::Refused(Step::Recipient)));
    assert!(outcome.said.ends_with("DATA\r\n.\r\nQUIT\r\n"));
    assert_eq!((outcome.status, outcome.error), (Status::Closed, None));
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
    assert_eq!(events.last(), Some(&Event::Done(crate::smtp::client::Outcome::Refused(Step::Message))));
    assert!(engine.is_ready());
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
