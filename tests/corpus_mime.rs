//! The checks of mail on their corpora and on generated input.
#![cfg(all(feature = "mime", feature = "testing"))]

#[path = "checks/mime.rs"]
mod checks;
mod support;

use proptest::prelude::*;

#[test]
fn the_corpora_hold() {
    support::replay("mime_stream", checks::stream);
    support::replay("mime_message", checks::message);
    support::replay("mime_address", checks::address);
    support::replay("mime_date", checks::date);
    support::replay("mime_value", checks::value);
    support::replay("mime_body", checks::body);
    support::replay("mime_build", checks::build);
    support::replay("mime_mbox", checks::mbox);
}

/// Messages that are nearly right: lines that matter, in any order.
fn messages() -> impl Strategy<Value = String> {
    let line = prop_oneof![
        Just("Content-Type: multipart/mixed; boundary=b"),
        Just("Content-Type: multipart/digest; boundary=\"c\""),
        Just("content-type: message/rfc822"),
        Just("Content-Type: text/html; charset=utf-8"),
        Just("Content-Transfer-Encoding: base64"),
        Just("Content-Transfer-Encoding: quoted-printable"),
        Just("Subject: =?utf-8?q?a?="),
        Just(" fold"),
        Just("\t"),
        Just("--b"),
        Just("--b--"),
        Just("--c"),
        Just("--c--  "),
        Just("--bc"),
        Just("QUJD"),
        Just("no colon"),
        Just("A : b"),
        Just(":"),
        Just("From x"),
        Just(""),
        Just(""),
        Just(""),
        Just("x\ry"),
        Just("\0"),
    ];
    proptest::collection::vec(
        (line, prop_oneof![3 => Just("\r\n"), 3 => Just("\n"), 1 => Just("\r"), 1 => Just("")]),
        0..18,
    )
    .prop_map(|lines| lines.into_iter().map(|(line, end)| format!("{line}{end}")).collect())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn streams_are_lawful_and_say_what_the_tree_says(size: u8, message in messages()) {
        checks::stream(&[&[size], message.as_bytes()].concat());
    }

    #[test]
    fn trees_are_whole(message in messages()) {
        checks::message(message.as_bytes());
    }

    #[test]
    fn addresses_come_back(list in "((Ann|\"A, B\"|=\\?utf-8\\?q\\?=C3=B6\\?=|é|\\(c\\)|G:|;|<|>|a@b|\"x y\"@c|@|\\.|,| |\\[1\\.2\\]){1,3} ?){0,6}") {
        checks::address(list.as_bytes());
    }

    #[test]
    fn dates_come_back(date in "((Mon|Fri), ?)?[0-9]{1,2} (Jan|feb|Nov) [0-9]{2,4} [0-9]{1,2}:[0-5][0-9](:[0-9]{2})? ?([+-][0-9]{4}|GMT|EDT|Z|\\(x\\))?") {
        checks::date(date.as_bytes());
    }

    #[test]
    fn values_are_stable(value in "(text/plain|attachment|; ?|name|filename|\\*|0|1|=|utf-8''|%C3|\"|\\\\|\\(|\\)|=\\?utf-8\\?q\\?|\\?=|<a@b>|from |by |x|é| |\r\n ){0,14}") {
        checks::value(value.as_bytes());
    }

    #[test]
    fn bodies_are_read_one_way(which: u8, cut: u8, body in "(QUJD|=|=3D|begin 644 x\n|#86\\)C\n|end\n| |\t|\r|\n|\\+AOQ-|é|\u{1b}\\$B){0,30}") {
        checks::body(&[&[which, cut], body.as_bytes()].concat());
    }

    #[test]
    fn what_is_built_is_read(
        plan: u8,
        subject in "[ -~é漢\t]{0,100}",
        name in "[ -~é\"\\\\]{0,90}",
        file in "[ -~é漢/]{0,90}",
        octets in proptest::collection::vec(any::<u8>(), 0..200),
    ) {
        checks::build(&[&[plan, 0xff][..], subject.as_bytes(), &[0xff], name.as_bytes(), &[0xff], file.as_bytes(), &[0xff], &octets].concat());
    }

    #[test]
    fn mailboxes_come_back(which: u8, file in "(>{0,2}From x\n|\n|\r\n|\0|Content-Length: 5\n|a|\r|>){0,20}") {
        checks::mbox(&[&[which], file.as_bytes()].concat());
    }
}
