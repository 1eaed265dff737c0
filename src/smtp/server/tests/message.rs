//! Messages: their ends, chunks and refusals.

use super::*;

/// field: part f, 1 to 7. What looks like an end of data and is none, at every cut; the message is refused for it when
/// its real end comes, and what hides in it is no command.
#[test]
fn nothing_but_the_end_ends_a_message() {
    for fake in [
        "\n.\n",
        "\n.\r\n",
        "\r\n.\n",
        "\r.\r",
        "\r.\r\n",
        "\r.\n",
        "\n.\r",
        "\r\n.\r",
        "\r\n.\r\r\n",
        "\r\r\n.\r\r\n",
        "\n\r.\r\n",
    ] {
        let outcome = inside(&format!("DATA\r\ntext{fake}MAIL FROM:<evil@b>\r\nmore\r\n.\r\nNOOP\r\n"));
        assert_eq!(outcome.codes, [354, 550, 250], "{fake:?}");
        assert!(outcome.messages.is_empty(), "{fake:?}");
    }
    for text in ["\r\n.\0\r\n", "\r\n\0.\r\n", "\r\n. \r\n", "\r\n..\r\n", "\0"] {
        let outcome = inside(&format!("DATA\r\ntext{text}RSET\r\n.\r\nNOOP\r\n"));
        assert_eq!(outcome.codes, [354, 250, 250], "{text:?}");
        let wanted = format!("text{text}RSET\r\n").replace("\r\n.", "\r\n");
        assert_eq!(outcome.messages, [wanted.as_bytes()], "{text:?}");
    }
    assert_eq!(inside("DATA\r\n.\r\n").messages, [b""]);
}

#[test]
fn normalising_mends_and_still_ends_nothing() {
    let mending = Config { endings: crate::syntax::dots::Endings::Normalise, ..config() };
    let stream = b"EHLO a\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\na\n.\nb\n.\r\nc\rd\r\n.\r\nNOOP\r\n";
    let outcome = run_with(&mending, false, stream, Ending::Stays);
    assert_eq!(outcome.codes[4..], [354, 250, 250]);
    assert_eq!(outcome.messages, [b"a\r\n.\r\nb\r\n.\r\nc\r\nd\r\n"]);
    // RFC 5321 4.5.2 speaks of lines: what a bare LF begins is none, so its dot is no stuffing.
    let chunks = b"EHLO a\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nBDAT 4\r\na\nb\rBDAT 4 LAST\r\nc\n.\nNOOP\r\n";
    assert_eq!(
        run_with(&mending, false, chunks, Ending::Stays).codes[4..],
        [250, 550, 250],
        "a CR that a chunk tore off"
    );
}

/// field: part f, 11, and the wrong orders of RFC 3030 2.
#[test]
fn chunks_in_order_and_out_of_it() {
    let outcome = inside("BDAT 5\r\nab\r\ncBDAT 0\r\nNOOP\r\nBDAT 3 LAST\r\n.\r\nNOOP\r\n");
    assert_eq!(outcome.codes, [250, 250, 250, 250, 250]);
    assert_eq!(outcome.messages, [b"ab\r\nc.\r\n"]);
    assert_eq!(inside("BDAT 0 LAST\r\n").messages, [b""]);
    for (script, codes) in [
        ("BDAT 1\r\nxDATA\r\n", &[250, 503][..]),
        (
            "BDAT 1\r\nxMAIL FROM:<a@b>\r\nRCPT TO:<a@b>\r\nRSET\r\nBDAT 6\r\nQUIT\r\nNOOP\r\n",
            &[250, 503, 503, 250, 503, 250],
        ),
        ("RSET\r\nBDAT 6\r\nQUIT\r\nBDAT 6 LAST\r\nQUIT\r\n", &[250, 503, 503]),
        ("BDAT 3 LAST\r\na\nbNOOP\r\n", &[550, 250]),
        ("BDAT 3\r\na\nbBDAT 6 LAST\r\nQUIT\r\nNOOP\r\n", &[550, 503, 250]),
        ("BDAT 1 LAST\r\n\rNOOP\r\n", &[550, 250]),
        ("BDAT 1\r\n\rBDAT 1 LAST\r\n\nNOOP\r\n", &[250, 250, 250]),
        ("BDAT 1\r\n\rBDAT 1 LAST\r\nxNOOP\r\n", &[250, 550, 250]),
    ] {
        assert_eq!(inside(script).codes, codes, "{script:?}");
    }
    for script in ["BDAT x\r\n", "BDAT\r\n", "BDAT 1 2\r\n"] {
        let outcome = inside(script);
        assert_eq!((&outcome.codes[..], outcome.error.map(|error| error.0)), (&[501][..], Some(ErrorKind::BadChunk)));
    }
    // Nobody valid: the chunk is passed over.
    let outcome = run("EHLO a\r\nMAIL FROM:<a@b>\r\nRCPT TO:<nobody@d>\r\nBDAT 6 LAST\r\nQUIT\r\nNOOP\r\n");
    assert_eq!(outcome.codes, [220, 250, 250, 550, 554, 250]);
}

#[test]
fn binary_needs_chunks_and_takes_anything() {
    let outcome =
        run("EHLO a\r\nMAIL FROM:<a@b> BODY=BINARYMIME\r\nRCPT TO:<c@d>\r\nDATA\r\nBDAT 6 LAST\r\n\n.\n\r\0\nNOOP\r\n");
    assert_eq!(outcome.codes, [220, 250, 250, 250, 503, 250, 250]);
    assert_eq!(outcome.messages, [b"\n.\n\r\0\n"]);
}

/// field: part f, 12.
#[test]
fn a_message_behind_a_refused_data_is_no_command() {
    let stream =
        "EHLO a\r\nMAIL FROM:<a@b>\r\nRCPT TO:<nobody@d>\r\nDATA\r\nReceived: by x\r\nMAIL FROM:<evil@b>\r\n.\r\n";
    let outcome = run(stream);
    assert_eq!(outcome.codes, [220, 250, 250, 550, 554, 503]);
    assert_eq!(outcome.error.map(|error| error.0), Some(ErrorKind::EarlyData));
    // A client that waits is heard.
    assert_eq!(run("EHLO a\r\nDATA\r\nMAIL FROM:<a@b>\r\n").codes, [220, 250, 503, 250]);
    // Where DATA is accepted, what follows is the message, in sequence.
    assert_eq!(inside("DATA\r\nQUIT\r\n.\r\n").messages, [b"QUIT\r\n"]);
}

#[test]
fn lmtp_answers_for_every_recipient() {
    let stream = b"LHLO foo.edu\r\nMAIL FROM:<chris@bar.com>\r\nRCPT TO:<pat@foo.edu>\r\nRCPT TO:<nobody@foo.edu>\r\nRCPT TO:<green@foo.edu>\r\n\
        DATA\r\nBlah\r\n.\r\nDATA\r\nNOOP\r\n";
    let outcome = run_with(&lmtp(), true, stream, Ending::Stays);
    assert_eq!(outcome.codes, [220, 250, 250, 250, 550, 250, 354, 250, 550, 503, 250]);
    let spoiled = b"LHLO a\r\nMAIL FROM:<>\r\nRCPT TO:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\na\nb\r\n.\r\nNOOP\r\n";
    assert_eq!(run_with(&lmtp(), true, spoiled, Ending::Stays).codes[5..], [354, 550, 550, 250]);
}

#[test]
fn a_message_refused_on_the_way_is_refused_at_its_end() {
    let (mut engine, mut out) = (server(config()), BytesMut::new());
    engine.greet(&mut out).unwrap();
    let mut input = &b"EHLO a\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\nvirus\r\nmore\r\n.\r\nNOOP\r\n"[..];
    let no = Answer::new(554, (5, 7, 1), "Virus").unwrap();
    assert_eq!(engine.answer(&no, &mut out), Err(Misuse::NotOwed));
    let mut data = 0;
    while let Some(event) = engine.recv(&mut input, &mut out).unwrap() {
        match event {
            Event::Data(_) => {
                data += 1;
                engine.answer(&no, &mut out).unwrap();
            }
            Event::Refused(refusal) => assert_eq!(refusal.code, Code::new(554).unwrap()),
            _ if engine.pending().is_some() => engine.accept(&mut out).unwrap(),
            _ => {}
        }
    }
    assert_eq!(data, 1);
    assert!(out.ends_with(b"354 End with CRLF.CRLF\r\n554 5.7.1 Virus\r\n250 2.0.0 OK\r\n"));
}

#[test]
fn a_421_said_of_a_message_that_comes_ends_the_session() {
    let busy = Answer::new(421, (4, 7, 0), "Busy").unwrap();
    for (command, rest) in [
        ("BDAT 4\r\n", &b"ab\r\nNOOP\r\n"[..]),
        ("BDAT 4 LAST\r\n", b"ab\r\nNOOP\r\n"),
        ("DATA\r\n", b"ab\r\n.\r\nNOOP\r\n"),
    ] {
        let (mut engine, mut out) = (server(config()), BytesMut::new());
        let head = format!("EHLO a\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\n{command}");
        turn(&mut engine, &mut head.as_bytes(), &mut out, usize::MAX, &mut Taker::default(), &mut ()).unwrap();
        engine.answer(&busy, &mut out).unwrap();
        turn(&mut engine, &mut &rest[..], &mut out, usize::MAX, &mut Taker::default(), &mut ()).unwrap();
        assert_eq!(engine.status(), Status::Closed, "{command}");
        assert!(out.ends_with(b"421 4.7.0 Busy\r\n"), "{command}: {out:?}");
    }
}
