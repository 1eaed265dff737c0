//! `STARTTLS` and `AUTH`.

use super::*;

/// field: part f, 13 and 15.
#[test]
fn starttls_forgets_and_takes_nothing_in_clear() {
    let outcome = run("EHLO a\r\nSTARTTLS\r\n");
    assert_eq!((outcome.codes, outcome.status), (vec![220, 250, 220], Status::HandedOver));
    let stream = "EHLO a\r\nSTARTTLS\r\nMAIL FROM:<a@b>\r\n";
    let outcome = run(stream);
    assert_eq!(outcome.error, Some((ErrorKind::Injected, 18)));
    assert_eq!(outcome.codes, [220, 250, 220]);

    let (mut engine, mut out, mut taker) = (server(config()), BytesMut::new(), Taker::default());
    let mut input = &b"EHLO a\r\nAUTH PLAIN AGFkYQBlbmdpbmU=\r\nMAIL FROM:<a@b>\r\nRSET\r\nSTARTTLS\r\n"[..];
    turn(&mut engine, &mut input, &mut out, usize::MAX, &mut taker, &mut ()).unwrap();
    assert_eq!(engine.identity().unwrap().user(), "ada");
    engine.secured(input, None).unwrap();
    assert!(engine.secure() && engine.identity().is_none());
    out.clear();
    let mut input = &b"MAIL FROM:<a@b>\r\nEHLO a\r\nSTARTTLS\r\n"[..];
    turn(&mut engine, &mut input, &mut out, usize::MAX, &mut taker, &mut ()).unwrap();
    let said = String::from_utf8(out.to_vec()).unwrap();
    assert!(said.starts_with("503 Say EHLO first\r\n250-mx.example.org\r\n"), "{said}");
    assert!(!said.contains("STARTTLS\r\n") && said.ends_with("503 5.5.1 TLS is on already\r\n"));

    let mut engine = server(config());
    engine.greet(&mut out).unwrap();
    engine.recv(&mut &b"EHLO a\r\n"[..], &mut out).unwrap();
    engine.accept(&mut out).unwrap();
    engine.recv(&mut &b"STARTTLS\r\n"[..], &mut out).unwrap();
    assert_eq!(engine.secured(b"RSET\r\n", None), Err(Misuse::Injected));
    assert_eq!(engine.recv(&mut &b""[..], &mut out), Err(Error { kind: ErrorKind::Injected, offset: 18 }));
}

#[test]
fn tls_or_auth_may_be_required() {
    let required = Config { tls_required: true, ..config() };
    let stream = b"MAIL FROM:<a@b>\r\nEHLO a\r\nAUTH PLAIN AGFkYQBlbmdpbmU=\r\nNOOP\r\nBDAT 2\r\nxxSTARTTLS\r\n";
    assert_eq!(run_with(&required, false, stream, Ending::Stays).codes, [220, 530, 250, 530, 250, 530, 220]);
    let required = Config { auth_required: true, ..config() };
    let stream = b"EHLO a\r\nMAIL FROM:<a@b>\r\nAUTH PLAIN AGFkYQBlbmdpbmU=\r\nMAIL FROM:<a@b>\r\n";
    assert_eq!(run_with(&required, false, stream, Ending::Stays).codes, [220, 250, 530, 235, 250]);
}

#[test]
fn auth_with_and_without_initial_response() {
    for (script, codes) in [
        // RFC 4954 4.
        ("AUTH PLAIN AGFkYQBlbmdpbmU=\r\nNOOP\r\n", &[235, 250][..]),
        ("AUTH PLAIN\r\nAGFkYQBlbmdpbmU=\r\nAUTH PLAIN\r\n", &[334, 235, 503]),
        ("AUTH LOGIN\r\nYWRh\r\nZW5naW5l\r\n", &[334, 334, 235]),
        ("AUTH LOGIN YWRh\r\nZW5naW5l\r\n", &[334, 235]),
        ("AUTH PLAIN AGFkYQB3cm9uZw==\r\n", &[535]),
        ("AUTH PLAIN\r\n*\r\nNOOP\r\n", &[334, 501, 250]),
        ("AUTH PLAIN !\r\nNOOP\r\n", &[501, 250]),
        ("AUTH PLAIN\r\n!\r\nNOOP\r\n", &[334, 501, 250]),
        ("AUTH PLAIN =\r\n", &[501]),
        ("AUTH EXTERNAL =\r\n", &[535]),
        ("AUTH CRAM-MD5 YWRh\r\n", &[501]),
        ("AUTH GSSAPI\r\n", &[504]),
        ("AUTH SCRAM-SHA-256-PLUS\r\n", &[538]),
        ("AUTH SCRAM-SHA-256 biwsbj1hZGEscj1ub25jZQ==\r\n*\r\n", &[334, 501]),
        ("AUTH PLAIN AA==\r\nAUTH PLAIN AA==\r\nAUTH PLAIN AA==\r\nAUTH PLAIN AA==\r\nNOOP\r\n", &[501, 501, 501, 421]),
        ("MAIL FROM:<a@b>\r\nAUTH PLAIN AGFkYQBlbmdpbmU=\r\n", &[250, 503]),
    ] {
        assert_eq!(run(&format!("EHLO a\r\n{script}")).codes[2..], *codes, "{script:?}");
    }
    let long = format!("EHLO a\r\nAUTH PLAIN\r\n{}\r\nNOOP\r\n", "A".repeat(12_287));
    let (mut engine, mut out) = (server(config()), BytesMut::new());
    turn(&mut engine, &mut long.as_bytes(), &mut out, usize::MAX, &mut Taker::default(), &mut ()).unwrap();
    assert!(out.ends_with(b"334 \r\n500 5.5.6 Response too long\r\n250 2.0.0 OK\r\n"));
}

#[test]
fn strangers_get_the_iterations_that_users_have() {
    let mut strict = config();
    strict.decoy_iterations = 20_000;
    let said =
        run_with(&strict, false, b"EHLO a\r\nAUTH SCRAM-SHA-256 biwsbj1ib2Iscj1ub25jZQ==\r\n", Ending::Stays).said;
    let challenge = said.lines().last().unwrap().strip_prefix("334 ").unwrap();
    let challenge = crate::sasl::base64::decode(challenge.as_bytes()).unwrap();
    assert!(challenge.expose().ends_with(b",i=20000"), "{:?}", challenge.expose().escape_ascii().to_string());
}

#[test]
fn what_one_exchange_shows_does_not_tell_the_next() {
    let (mut engine, mut out) = (server(config()), BytesMut::new());
    let stream = b"EHLO a\r\nAUTH CRAM-MD5\r\n*\r\nAUTH CRAM-MD5\r\n*\r\n";
    turn(&mut engine, &mut &stream[..], &mut out, usize::MAX, &mut Taker::default(), &mut ()).unwrap();
    let said = String::from_utf8(out.to_vec()).unwrap();
    let shown: Vec<_> = said.lines().filter_map(|line| line.strip_prefix("334 ")).collect();
    let octets = |challenge: &str| {
        let text = crate::sasl::base64::decode(challenge.as_bytes()).unwrap();
        let text = String::from_utf8(text.expose().to_vec()).unwrap();
        let nonce = text.strip_prefix('<').unwrap().split('@').next().unwrap();
        <[u8; 18]>::try_from(crate::sasl::base64::decode(nonce.as_bytes()).unwrap().expose()).unwrap()
    };
    let (first, second) = (octets(shown[0]), octets(shown[1]));
    assert_ne!(first, second);
    // Who saw the first one draws from it in vain.
    let mut seen = Nonce::new(first);
    assert!((0..4).all(|_| seen.draw() != Nonce::new(second)));
}
