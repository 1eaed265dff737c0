//! Our client and our server, joined in memory through every cut, as transcripts.
#![cfg(all(feature = "chat", feature = "transcript", feature = "testing"))]

use bytes::BytesMut;
use plainwire::chat::{Client, Departure, Limits, Local, MemberId, Room, Said, Seat, Server, Shared, client, server};
use plainwire::engine::{Handler, Status, turn};
use plainwire::laws::{self, Mirrored};
use plainwire::transcript::{End, Recorder, Shown, Style, Transcript, converse, replay};
use std::rc::Rc;
use std::time::Duration;

/// A person who types one line after the other.
struct Types(&'static [&'static str]);

impl Handler<Client> for Types {
    fn event(&mut self, _: &mut Client, _: client::Event<&[u8]>, _: &mut BytesMut) {}

    fn more(&mut self, client: &mut Client, out: &mut BytesMut) -> bool {
        let [line, rest @ ..] = self.0 else { return false };
        self.0 = rest;
        client.typed(line, out).expect("a line that may be typed");
        true
    }
}

/// A seat in a room where ada sits already. She greets who says hello, by name, and leaves when told to go away.
struct BesideAda {
    room: Rc<Local>,
    ada: MemberId,
    seat: Seat<Rc<Local>>,
}

impl BesideAda {
    fn new() -> Self {
        let mut room = Room::new(Limits::default());
        let ada = room.join().unwrap();
        room.hear::<&str>(ada, &Said::Nick { name: "ada".parse().unwrap() }, Duration::ZERO);
        let room = Rc::new(Local::new(room));
        Self { ada, seat: Seat::new(Rc::clone(&room)), room }
    }
}

impl Handler<Server> for BesideAda {
    fn event(&mut self, server: &mut Server, event: server::Event<&[u8]>, out: &mut BytesMut) {
        let visitor = self.seat.id().and_then(|id| self.room.with(|room, _| room.name(id)));
        self.seat.event(server, event, out);
        let Some(visitor) = visitor else { return };
        self.room.with(|room, now| match event {
            server::Event::Said(Said::Say { text: b"hello" }) => {
                room.hear(self.ada, &Said::Say { text: format!("hello, {visitor}") }, now);
            }
            server::Event::Said(Said::Tell { .. }) => {
                room.hear(self.ada, &Said::Tell { to: visitor, text: "and psst to you" }, now);
            }
            server::Event::Said(Said::Act { .. }) => room.hear(self.ada, &Said::Act { text: "waves back" }, now),
            server::Event::Said(Said::Say { text: b"go away" }) => {
                room.leave(self.ada, Departure::Quit(Some(b"as you wish")));
            }
            _ => {}
        });
    }

    fn more(&mut self, server: &mut Server, out: &mut BytesMut) -> bool {
        self.seat.more(server, out)
    }
}

/// The scenario through every cut, and then as text, which replays from both ends.
fn scenario(lines: &'static [&'static str]) -> (String, Mirrored<Client, Server>) {
    let client = || (Client::new(Limits::default()), Types(lines));
    let server = || (Server::new(Limits::default()), BesideAda::new());
    let mirrored = laws::mirror(|| (client(), server())).unwrap_or_else(|story| panic!("{story}"));
    let transcript = converse(client(), server(), &[], Shown::Client);
    let text = transcript.to_string();
    assert_eq!(Transcript::parse(&text).unwrap().steps(), transcript.steps());
    (text, mirrored)
}

#[test]
fn a_talk() {
    let (text, mirrored) = scenario(&["hello", "/nick bob", "/me waves", "/msg ada psst", "/who", "/quit good night"]);
    assert_eq!((mirrored.a.status, mirrored.b.status), (Status::Closed, Status::Closed));
    insta::assert_snapshot!(text);
}

#[test]
fn names_that_are_not_given() {
    let (text, mirrored) = scenario(&["/nick ADA", "/nick server", "/nick guest-2"]);
    assert_eq!((mirrored.a.status, mirrored.b.status), (Status::Idle, Status::Idle));
    insta::assert_snapshot!(text);
}

#[test]
fn a_slash_at_the_front_and_help() {
    let (text, _) = scenario(&["//quit is a command", "/help", "/msg nobody hello"]);
    insta::assert_snapshot!(text);
}

#[test]
fn somebody_leaves() {
    let (text, _) = scenario(&["go away", "/who", "/msg ada come back"]);
    insta::assert_snapshot!(text);
}

/// What a person sends with `nc`, bare LFs and mistakes included.
#[test]
fn by_hand() {
    let mut recorder = Recorder::new(End::Server);
    let mut handler = BesideAda::new();
    let (mut engine, mut out) = (Server::new(Limits::default()), BytesMut::new());
    let typed = "hello\n\n/hlep\n/help me\n/nick two words\n/me\n\x1b[A\nb\u{202e}ob\n/QUIT\nrest\n";
    let mut input = &b""[..];
    turn(&mut engine, &mut input, &mut out, 1 << 16, &mut handler, &mut recorder).unwrap();
    input = typed.as_bytes();
    turn(&mut engine, &mut input, &mut out, 1 << 16, &mut handler, &mut recorder).unwrap();
    assert_eq!((input, engine.status()), (&b"rest\n"[..], Status::Closed));
    insta::assert_snapshot!(recorder.finish());
}

/// A transcript from a report drives an engine again.
#[test]
fn a_transcript_replays() {
    let text = "\
-- engine: chat server
S: -- welcome, you are guest-2
S: -- /help tells what can be said
C: hello
>> Said(Say { text: \"hello\" })
S: <ada> hello, guest-2
C: /quit
>> Said(Quit { reason: None })
S: -- bye
";
    let transcript = Transcript::parse(text).unwrap();
    let mut engine = Server::new(Limits::default());
    replay(&transcript, End::Server, &mut engine, &mut BesideAda::new(), &Style::full()).unwrap();
    let changed = Transcript::parse(&text.replace("hello, guest-2", "hello, guest-3")).unwrap();
    let mut engine = Server::new(Limits::default());
    let difference = replay(&changed, End::Server, &mut engine, &mut BesideAda::new(), &Style::full()).unwrap_err();
    assert_eq!((difference.line, difference.column), (6, 23));
}
