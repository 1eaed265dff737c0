//! The engine of `examples/ident.rs`, tested as a user of this crate would test an engine of their own.
#![cfg(all(feature = "chat", feature = "testing", feature = "transcript"))]

#[path = "../examples/ident.rs"]
#[allow(dead_code, reason = "its `main` is for the command line")]
mod example;

use bytes::BytesMut;
use example::{Event, Known, Misuse, Server, check, conversation};
use plainwire::engine::{Engine, Owned, Status};
use plainwire::laws;
use plainwire::transcript::{End, Style, replay};
use proptest::prelude::*;

/// Lines of the protocol, nearly right ones, and anything.
fn stream() -> impl Strategy<Value = Vec<u8>> {
    let line = prop_oneof![
        (any::<u16>(), any::<u16>()).prop_map(|(ours, theirs)| format!("{ours} , {theirs}\r\n").into_bytes()),
        "[0-9]{0,6},? ?[0-9]{0,6}\r?\n".prop_map(String::into_bytes),
        proptest::collection::vec(any::<u8>(), 0..80),
    ];
    proptest::collection::vec(line, 0..6).prop_map(|lines| lines.concat())
}

proptest! {
    #[test]
    fn the_laws_hold(stream in stream(), cuts in proptest::collection::vec(0..400_usize, 0..4)) {
        if let Err(story) = check(&stream, &cuts) {
            return Err(TestCaseError::fail(story.to_string()));
        }
    }
}

#[test]
fn the_examples_of_the_rfc_are_answered() {
    // RFC 1413 4.
    let transcript = conversation(b"6193, 23\r\n6195, 23\r\n65536, 1\r\n");
    insta::assert_snapshot!(transcript, @r#"
    C: 6193, 23
    >> Query { line: "6193, 23", ours: 6193, theirs: 23 }
    S: 6193, 23 : USERID : UNIX : stjohns
    C: 6195, 23
    >> Query { line: "6195, 23", ours: 6195, theirs: 23 }
    S: 6195, 23 : ERROR : NO-USER
    C: 65536, 1
    >> Refused { line: "65536, 1" }
    S: 0, 0 : ERROR : INVALID-PORT
    "#);
    replay(&transcript, End::Server, &mut Server::new(), &mut Known::default(), &Style::full()).unwrap();
}

/// A server that was asked about port 1, and the room for its answer.
fn asked() -> (Server, BytesMut) {
    let (mut server, mut out) = (Server::new(), BytesMut::new());
    let told = server.recv(&mut &b"1,2\r\n"[..], &mut out);
    assert_eq!(told, Ok(Some(Event::Query { line: &b"1,2"[..], ours: 1, theirs: 2 })));
    (server, out)
}

#[test]
fn no_name_makes_a_second_answer() {
    let say = |user: &[u8]| {
        let (mut server, mut out) = asked();
        server.user("UNIX", std::str::from_utf8(user).ok()?, &mut out).ok()?;
        Some(out.to_vec())
    };
    let hear = |wire: &[u8]| wire.split(|octet| matches!(octet, b'\r' | b'\n')).filter(|line| !line.is_empty()).count();
    laws::no_forgery(b"ada", laws::forgeries(b"ada", b"1, 2 : USERID : UNIX : root"), say, hear).unwrap();
}

#[test]
fn commands_that_do_not_fit_change_nothing() {
    let (mut server, mut out) = asked();
    assert_eq!(server.user("UNIX : root", "x", &mut out), Err(Misuse::Unsayable));
    assert_eq!((server.status(), out.is_empty()), (Status::Paused, true));
    server.no_user(&mut out).unwrap();
    assert_eq!(server.no_user(&mut out), Err(Misuse::NotNow));
    assert_eq!(out, "1, 2 : ERROR : NO-USER\r\n");
}

#[test]
fn events_leave_their_input() {
    let mut owned = Owned::new(Server::new());
    owned.input().extend_from_slice(b"who?\r\n");
    let event = owned.recv(&mut BytesMut::new()).unwrap();
    assert_eq!(event, Some(Event::Refused { line: "who?".into() }));
}
