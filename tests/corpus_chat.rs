//! The checks of chat on their corpora and on generated input.
#![cfg(all(feature = "chat", feature = "testing"))]

#[path = "checks/chat.rs"]
mod checks;
mod support;

use proptest::prelude::*;

#[test]
fn the_corpora_hold() {
    support::replay("chat_lines", checks::lines);
    support::replay("chat_lengths", checks::lengths);
    support::replay("chat_line", checks::line);
    support::replay("chat_server", checks::server);
    support::replay("chat_client", checks::client);
    support::replay("chat_room", checks::room);
    support::replay("chat_datagram", checks::datagram);
}

proptest! {
    #[test]
    fn lines_by_the_reference(limit: u8, lines in "([ -~\r]{0,9}|[a\r]{60,70}|x{120,200}|\n|\r\n){0,20}") {
        checks::lines(&[&[limit], lines.as_bytes()].concat());
    }

    #[test]
    fn lengths_write_what_they_read(form: u8, limit: u8, stream in prop::collection::vec(0u8..12, 0..80)) {
        checks::lengths(&[&[form, limit], &stream[..]].concat());
    }

    #[test]
    fn netstrings_write_what_they_read(limit: u8, stream in "(0:,|3:abc,|[0-9:,]{0,6}){0,9}") {
        checks::lengths(&[&[6, limit], stream.as_bytes()].concat());
    }

    #[test]
    fn lines_are_harmless(line in prop_oneof![
        "/?/?(me|msg|nick|who|help|quit|x)?( [ -~]{0,12}){0,3}",
        "(<|\\* |\\[|\\[to |-- |-! )[a-z ]{0,6}(> |\\] | |: )?(joined|left: |is now |was dropped: |here: )?.{0,9}",
        "\\PC{0,20}",
        ".{0,20}",
    ]) {
        checks::line(line.as_bytes());
    }

    #[test]
    fn any_octets_as_a_line(line in prop::collection::vec(any::<u8>(), 0..40)) {
        checks::line(&line);
    }

    #[test]
    fn the_client_is_lawful(cuts: [u8; 2], stream in "((<ada> |-- |-! x: )?[ -~]{0,12}\r?\n){0,8}.{0,4}") {
        checks::client(&[&cuts, stream.as_bytes()].concat());
    }

    #[test]
    fn the_server_is_lawful(plan: [u8; 4], stream in "((/nick |/msg guest-1 |//|/me )?[ -~]{0,12}\r?\n){0,8}.{0,4}") {
        checks::server(&[&plan, stream.as_bytes()].concat());
    }

    #[test]
    fn datagrams_are_spelled_one_way(packet in "chat/1 [0-9a-f]{16} [0-9]{1,11} (<ada> |-- ada )?.{0,9}") {
        checks::datagram(packet.as_bytes());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn the_room_is_the_model(steps in prop::collection::vec(any::<u8>(), 0..400)) {
        checks::room(&steps);
    }
}
