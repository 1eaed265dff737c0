//! The checks of SMTP and SASL on their corpora and on generated input.
#![cfg(all(feature = "smtp", feature = "testing"))]

#[path = "checks/smtp.rs"]
mod checks;
#[path = "checks/smtp_ops.rs"]
mod ops;
mod support;

use proptest::prelude::*;

#[test]
fn the_corpora_hold() {
    support::replay("smtp_command", checks::values::command);
    support::replay("smtp_reply", checks::reply);
    support::replay("smtp_data", checks::values::data);
    support::replay("smtp_server", checks::server);
    support::replay("smtp_session", checks::session);
    support::replay("smtp_server_ops", ops::server);
    support::replay("smtp_client_ops", ops::client);
    support::replay("sasl", checks::values::sasl);
}

/// Pieces of which a client's stream is made, good ones and bad ones.
fn said() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        4 => Just(b"EHLO a\r\n".to_vec()),
        6 => Just(b"MAIL FROM:<a@b>\r\n".to_vec()),
        2 => Just(b"MAIL FROM:<a@b> BODY=BINARYMIME\r\n".to_vec()),
        6 => Just(b"RCPT TO:<c@d>\r\n".to_vec()),
        2 => Just(b"RCPT TO:<nobody@d>\r\n".to_vec()),
        6 => Just(b"DATA\r\n".to_vec()),
        6 => Just(b"\r\n.\r\n".to_vec()),
        2 => Just(b"BDAT 3\r\nabc".to_vec()),
        2 => Just(b"BDAT 4 LAST\r\n\r\n.\n".to_vec()),
        1 => Just(b"\n.\r\n".to_vec()),
        1 => Just(b"\r\n.\n".to_vec()),
        1 => Just(b"AUTH PLAIN AGFkYQBlbmdpbmU=\r\n".to_vec()),
        1 => Just(b"STARTTLS\r\n".to_vec()),
        1 => Just(b"RSET\r\n".to_vec()),
        2 => "[A-Z]{4} [ -~]{0,60}\r\n".prop_map(String::into_bytes),
        2 => prop::collection::vec(prop_oneof![Just(b'\r'), Just(b'\n'), Just(b'.'), any::<u8>()], 0..20),
    ];
    prop::collection::vec(piece, 0..14).prop_map(|pieces| pieces.concat())
}

/// Pieces of which a server's stream is made.
fn heard() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        6 => Just(b"250 ok\r\n".to_vec()),
        2 => Just(b"250-mx\r\n250-PIPELINING\r\n250-CHUNKING\r\n250 BINARYMIME\r\n".to_vec()),
        1 => Just(b"250-mx\r\n250-STARTTLS\r\n250 AUTH PLAIN CRAM-MD5\r\n".to_vec()),
        3 => Just(b"354 go\r\n".to_vec()),
        3 => Just(b"550 5.1.1 no\r\n".to_vec()),
        1 => Just(b"334 \r\n".to_vec()),
        1 => Just(b"235 ok\r\n".to_vec()),
        1 => Just(b"421 bye\r\n".to_vec()),
        1 => "[2345][0-9]{2}[ -][ -~]{0,40}\r\n".prop_map(String::into_bytes),
        1 => prop::collection::vec(any::<u8>(), 0..6),
    ];
    (prop::collection::vec(piece, 0..14)).prop_map(|pieces| [b"220 mx\r\n".to_vec(), pieces.concat()].concat())
}

proptest! {
    #[test]
    fn commands(line in prop_oneof![
        "(?i)(mail from|rcpt to):<[a-z@.\"\\\\ <>=-]{0,12}@?[a-z.\\[\\]:-]{0,8}>( [A-Z]{2,8}=?[!-~]{0,8}){0,3}",
        "[a-z@.\"\\\\ λ<-]{1,12}@[a-z.\\[\\]0-9:λ-]{1,12}",
        "(EHLO|HELO|LHLO|VRFY|EXPN|HELP|ETRN|AUTH|BDAT|NOOP|XCLIENT) [ -~]{0,20}",
        ".{0,30}",
    ]) {
        checks::values::command(line.as_bytes());
    }

    #[test]
    fn data(text in prop::collection::vec(prop_oneof![
        3 => Just(b'\r'), 3 => Just(b'\n'), 3 => Just(b'.'), 1 => any::<u8>(),
    ], 0..60), long in 0usize..140, at in any::<prop::sample::Index>()) {
        let mut text = text;
        let at = at.index(text.len() + 1);
        text.splice(at..at, vec![b'x'; long]);
        checks::values::data(&text);
    }

    #[test]
    fn exchanges(data in prop::collection::vec(prop_oneof![any::<u8>(), Just(0), Just(b','), Just(b'=')], 0..60)) {
        checks::values::sasl(&data);
    }

    #[test]
    fn operations(data in prop::collection::vec(any::<u8>(), 0..80)) {
        ops::server(&data);
        ops::client(&data);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn servers(choice in any::<[u8; 2]>(), stream in said()) {
        checks::server(&[&choice[..], &stream].concat());
    }

    #[test]
    fn clients(choice in any::<[u8; 2]>(), stream in heard()) {
        checks::reply(&[&choice[..], &stream].concat());
    }

    #[test]
    fn sessions(choice in any::<[u8; 4]>(), message in prop_oneof![
        "([a-z.]{0,12}(\r\n|\r\n|\n|\r)){0,8}".prop_map(String::into_bytes),
        prop::collection::vec(any::<u8>(), 0..40),
    ]) {
        checks::session(&[&choice[..], &message].concat());
    }
}
