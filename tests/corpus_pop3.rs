//! The checks of POP3 on their corpora and on generated input.
#![cfg(all(feature = "pop3", feature = "testing"))]

#[path = "checks/pop3.rs"]
mod checks;
mod support;

use proptest::prelude::*;

#[test]
fn the_corpora_hold() {
    support::replay("pop3_replies", checks::replies);
    support::replay("pop3_multiline", checks::multiline);
    support::replay("pop3_server", checks::server);
    support::replay("pop3_client", checks::client);
    support::replay("pop3_names", checks::names);
}

proptest! {
    #[test]
    fn replies_by_the_reference(plan: [u8; 3], stream in
        "((\\+OK|-ERR)( [ -~]{0,6}| [0-9]{1,3} [0-9a-z]{1,3}|)\r\n|[0-9]{1,2} [0-9a-z]{1,4}\r\n|\\.\r\n|\\.{1,2}[a-z]{0,3}\r\n|[A-Z]{3,5}( [0-9]{1,3})?\r\n|[\r\n.]){0,24}"
    ) {
        checks::replies(&[&plan, stream.as_bytes()].concat());
    }

    #[test]
    fn messages_there_and_back(piece in 1_u8..9, lines in 0_u8..4, text in "[ab.\r\n]{0,60}") {
        checks::multiline(&[&[piece, lines], text.as_bytes()].concat());
    }

    #[test]
    fn servers_and_their_marks(plan: [u8; 4], stream in
        "(((DELE|RETR|LIST|UIDL) [0-4]|RSET|QUIT|NOOP|STAT|LIST|TOP [1-4] [0-9]|dele 0?[1-3]|CAPA|AUTH PLAIN|STLS|UTF8|LANG( en)?|[ -~]{0,9})\r\n){0,12}[\r\n]?"
    ) {
        checks::server(&[&plan, stream.as_bytes()].concat());
    }

    #[test]
    fn callers_do_anything(ops in prop::collection::vec(1_u8.., 0..40), stream in
        "(\\+OK( <a@b>| [0-9] [0-9]|)\r\n|-ERR( \\[AUTH\\])?\r\n|\\+ [a-zA-Z=]{0,4}\r\n|\\.\r\n|[0-9] [0-9]\r\n){0,12}"
    ) {
        checks::client(&[&ops, &b"\0"[..], stream.as_bytes()].concat());
    }

    #[test]
    fn files_of_any_name(names in "([ -~]{0,5}\0|a(,S=[0-9])?\0|[a-z]{68,72}\0|é\0){0,6}") {
        checks::names(names.as_bytes());
    }
}
