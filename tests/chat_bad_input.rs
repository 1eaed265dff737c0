//! What comes from outside and should not: each has its documented refusal or error, at every cut, and harms nobody else.
#![cfg(all(feature = "chat", feature = "testing"))]

use bytes::BytesMut;
use plainwire::chat::framing::{self, LengthPrefixed, Netstrings, Order, Prefix};
use plainwire::chat::{
    Client, Ending, Error, ErrorKind, Limits, Local, MemberId, Room, Said, Seat, Server, Shared, client,
};
use plainwire::engine::{Handler, Status, turn};
use plainwire::laws::{self, Entry, Log};
use std::rc::Rc;
use std::time::Duration;

/// A member's connection at every cut, in a room of its own.
fn alone(stream: &[u8], ending: laws::Ending, limits: &Limits) -> Log<Server> {
    let make = || (Server::new(limits.clone()), Seat::new(Local::new(Room::new(limits.clone()))));
    laws::judge(make, stream, ending).unwrap_or_else(|story| panic!("{story}"))
}

/// What the member is sent after the welcome and the hint.
fn answers(log: &Log<Server>) -> Vec<&str> {
    let out = str::from_utf8(&log.out).unwrap();
    out.split_terminator("\r\n").skip(2).collect()
}

fn refused(stream: &[u8], answer: &str, offset: usize) {
    let log = alone(stream, laws::Ending::Stays, &Limits::default());
    assert_eq!(answers(&log), [answer]);
    assert_eq!((log.error, log.status), (None, Status::Idle));
    let [Entry::Event(refused), Entry::Event(next)] = &log.events[..] else { panic!("{:?}", log.events) };
    assert!(refused.starts_with("Refused") && refused.contains(&format!("offset: {offset} ")), "{refused}");
    assert!(next.starts_with("Said(Say"), "and the next line is heard: {next}");
}

#[test]
fn invalid_utf8() {
    refused(b"caf\xe9\nok\n", "-! not-utf8: that is not UTF-8", 3);
    // A slash in two octets, and half a character before the line's end.
    refused(b"\xc0\xafquit\nok\n", "-! not-utf8: that is not UTF-8", 0);
    refused(b"caf\xc3\nok\n", "-! not-utf8: that is not UTF-8", 3);
}

#[test]
fn nul_and_other_controls() {
    refused(b"a\0b\nok\n", "-! control-character: control characters are not relayed", 1);
    refused(b"\x1b]0;title\x07\nok\n", "-! control-character: control characters are not relayed", 0);
    refused(b"a\rb\nok\n", "-! control-character: control characters are not relayed", 1);
    refused("\u{9b}2J\nok\n".as_bytes(), "-! control-character: control characters are not relayed", 0);
}

#[test]
fn what_would_reorder_or_hide() {
    refused("x\u{202e}y\nok\n".as_bytes(), "-! bidirectional-control: bidirectional controls are not relayed", 1);
    refused("x\u{2028}<ada> y\nok\n".as_bytes(), "-! line-separator: line separators are not relayed", 1);
    refused("x\u{e0041}\nok\n".as_bytes(), "-! invisible-character: invisible characters are not relayed", 1);
}

#[test]
fn an_over_long_line() {
    let limits = Limits { line: 40, ..Limits::default() };
    for end in ["\n", "\r\n"] {
        let exact = format!("{}{end}", "x".repeat(40));
        let log = alone(exact.as_bytes(), laws::Ending::Stays, &limits);
        assert!(answers(&log).is_empty());
        let over = format!("{}{end}ok\n", "x".repeat(41));
        let log = alone(over.as_bytes(), laws::Ending::Stays, &limits);
        assert_eq!(answers(&log), ["-! line-too-long: the line is too long; nothing of it was relayed"]);
        let [Entry::Event(refused), Entry::Event(_)] = &log.events[..] else { panic!("{:?}", log.events) };
        assert!(refused.contains("TooLong") && refused.contains("offset: 40 "), "{refused}");
    }
    // Its end need never come: the rest is thrown away as it arrives.
    let endless = vec![b'x'; 500];
    let log = alone(&endless, laws::Ending::Eof, &limits);
    assert_eq!(answers(&log).last(), Some(&"-- bye"));
    assert_eq!((log.error, log.status, log.left.len()), (None, Status::Closed, 0));
}

#[test]
fn half_a_line_and_then_the_end() {
    let log = alone(b"hello\nhal", laws::Ending::Eof, &Limits::default());
    let error = Error { kind: ErrorKind::Truncated, offset: 9 };
    assert_eq!(answers(&log), [error.reply()]);
    assert_eq!((log.events.len(), log.error, log.status), (1, Some(error), Status::Closed));
}

#[test]
fn half_a_frame_and_a_length_of_all_ones() {
    let judge = |stream: &[u8], limit: u32| {
        let judged =
            laws::judge_decode(|| LengthPrefixed::new(Prefix::Four(Order::Big), limit), stream, laws::Ending::Eof);
        judged.unwrap_or_else(|story| panic!("{story}")).error
    };
    let error = |kind, offset| Some(framing::Error { kind, offset });
    assert_eq!(judge(b"\0\0\0\x05hell", 1024), error(framing::ErrorKind::Truncated, 8));
    assert_eq!(judge(b"\0\0\0", 1024), error(framing::ErrorKind::Truncated, 3));
    assert_eq!(judge(b"\0\0\0\0\xff\xff\xff\xff", 1024), error(framing::ErrorKind::TooLong, 4));
    let netstring = |stream: &[u8]| {
        let judged = laws::judge_decode(|| Netstrings::new(1024), stream, laws::Ending::Eof);
        judged.unwrap_or_else(|story| panic!("{story}")).error
    };
    assert_eq!(netstring(b"4294967295:x"), error(framing::ErrorKind::TooLong, 0));
    assert_eq!(netstring(b"5:hell"), error(framing::ErrorKind::Truncated, 6));
}

/// One member of a room, by hand.
struct Member {
    engine: Server,
    seat: Seat<Rc<Local>>,
    out: BytesMut,
}

impl Member {
    fn new(room: &Rc<Local>, limits: &Limits) -> Self {
        let engine = Server::new(limits.clone()).ending(Ending::Lf);
        let mut member = Self { engine, seat: Seat::new(Rc::clone(room)), out: BytesMut::new() };
        member.says("");
        member.hears();
        member
    }

    fn says(&mut self, mut text: &str) -> bool {
        let mut input = text.as_bytes();
        let told = turn(&mut self.engine, &mut input, &mut self.out, 1 << 20, &mut self.seat, &mut ());
        text = &text[text.len() - input.len()..];
        told.is_ok() && text.is_empty()
    }

    /// What came since this was last asked.
    fn hears(&mut self) -> String {
        self.says("");
        String::from_utf8(self.out.split().to_vec()).unwrap()
    }

    fn id(&self) -> MemberId {
        self.seat.id().unwrap()
    }
}

fn room(limits: &Limits) -> Rc<Local> {
    Rc::new(Local::new(Room::new(limits.clone()).ending(Ending::Lf)))
}

#[test]
fn a_name_that_is_taken() {
    let limits = Limits::default();
    let room = room(&limits);
    let (mut ada, mut bob) = (Member::new(&room, &limits), Member::new(&room, &limits));
    ada.says("/nick ada\n");
    bob.hears();
    bob.says("/nick ADA\n/nick ada lovelace\n/nick Admin\n/nick bob\n");
    let expected = "-! name-taken: ADA is taken; choose another\n\
                    -! bad-name: a name consists of letters, digits, - and _\n\
                    -! name-reserved: Admin is nobody's name; choose another\n\
                    -- you are now bob\n";
    assert_eq!(bob.hears(), expected);
    ada.hears();
    bob.says("/nick Bob\n");
    assert_eq!(ada.hears(), "-- bob is now Bob\n");
}

#[test]
fn a_flood() {
    let limits = Limits { burst: 10, rate: 2, ..Limits::default() };
    let room = room(&limits);
    let (mut flood, mut bob) = (Member::new(&room, &limits), Member::new(&room, &limits));
    flood.hears();
    flood.says(&"x\n".repeat(15));
    assert_eq!(bob.hears(), "<guest-1> x\n".repeat(10));
    assert_eq!(flood.hears(), "-! flood: you say more than can be heard; what is over is not relayed\n");
    // Who stops is heard again.
    room.set_now(Duration::from_secs(2));
    flood.says("sorry\n");
    assert_eq!(bob.hears(), "<guest-1> sorry\n");
    // Who does not is let go of, and what it still sends is nobody's.
    assert!(!flood.says(&"x\n".repeat(100)));
    assert!(flood.hears().ends_with("-! flood: you say more than can be heard\n"));
    assert_eq!(flood.engine.status(), Status::Closed);
    assert_eq!(
        bob.hears(),
        format!("{}-- guest-1 was dropped: says more than can be heard\n", "<guest-1> x\n".repeat(3))
    );
    // Refused lines count as well: they cost an answer.
    let mut noise = Member::new(&room, &limits);
    assert!(!noise.says(&"/\n".repeat(50)));
    assert_eq!(noise.engine.status(), Status::Closed);
}

#[test]
fn a_member_who_drips() {
    let limits = Limits::default();
    let room = room(&limits);
    let (mut slow, mut bob) = (Member::new(&room, &limits), Member::new(&room, &limits));
    slow.hears();
    // An octet a second, and the deadline that a driver keeps: it moves with the phase, which no octet moves.
    let line =
        b"I type very slowly, and what I type is never going to have an end, because it takes longer than a minute";
    let (mut due, mut phase) = (None, slow.engine.patience().phase);
    let mut told = None;
    for second in 0..line.len() {
        let patience = slow.engine.patience();
        if patience.phase != phase || second == 0 {
            phase = patience.phase;
            due = patience.limit.map(|limit| second as u64 + limit.as_secs());
        }
        if due.is_some_and(|due| second as u64 >= due) {
            slow.engine.expire();
        }
        let mut input = &line[..=second];
        if let Err(error) = turn(&mut slow.engine, &mut input, &mut slow.out, 1 << 16, &mut slow.seat, &mut ()) {
            told = Some((second, error));
            break;
        }
    }
    assert_eq!(told, Some((61, Error { kind: ErrorKind::TimedOut, offset: 0 })));
    assert_eq!(slow.out.split(), "-! timed-out: the line took too long\n");
    drop(slow);
    assert_eq!(bob.hears(), "-- guest-1 was dropped: the connection was lost\n");
}

#[test]
fn a_member_who_drips_into_a_line_that_is_too_long() {
    let limits = Limits { line: 4, ..Limits::default() };
    let (mut server, mut out) = (Server::new(limits), BytesMut::new());
    server.welcome("ada".parse().unwrap(), &mut out).unwrap();
    let refused = server.recv(&mut &b"too long"[..], &mut out).unwrap();
    assert!(refused.is_some());
    let phase = server.patience();
    assert!(phase.limit.is_some());
    for _ in 0..1000 {
        assert_eq!(server.recv(&mut &b"x"[..], &mut out), Ok(None));
    }
    assert_eq!(server.patience(), phase, "no octet moves the deadline");
    server.expire();
    assert_eq!(server.recv(&mut &b""[..], &mut out).map_err(|error| error.kind), Err(ErrorKind::TimedOut));
}

#[test]
fn a_member_who_does_not_read() {
    let limits = Limits { waiting: 2000, burst: u32::MAX, ..Limits::default() };
    let room = room(&limits);
    let (mut ada, mut bob, mut deaf) =
        (Member::new(&room, &limits), Member::new(&room, &limits), Member::new(&room, &limits));
    ada.hears();
    bob.hears();
    for at in 0..1000 {
        ada.says(&format!("line {at}\n"));
        let heard = bob.hears();
        assert!(heard.starts_with(&format!("<guest-1> line {at}\n")));
        assert!(room.with(|room, _| room.held()) <= 2000);
    }
    assert_eq!(room.with(|room, _| room.name(deaf.id())), None);
    assert_eq!(deaf.hears(), "-! too-slow: you do not read what you are sent\n");
    assert_eq!(deaf.engine.status(), Status::Closed);
    assert!(room.with(|room, _| room.held()) == 0);
}

#[test]
fn a_member_who_says_nothing() {
    let limits = Limits { idle: Some(Duration::from_mins(5)), ..Limits::default() };
    let room = room(&limits);
    let mut quiet = Member::new(&room, &limits);
    assert_eq!(quiet.engine.patience().limit, limits.idle);
    quiet.engine.expire();
    assert_eq!(quiet.hears(), "-! idle: you have said nothing for long\n");
    assert_eq!(quiet.engine.status(), Status::Closed);
}

#[test]
fn a_room_that_is_full() {
    let limits = Limits { members: 1, ..Limits::default() };
    let room = room(&limits);
    let _ada = Member::new(&room, &limits);
    let mut engine = Server::new(limits);
    let mut out = BytesMut::new();
    let mut seat = Seat::new(&*room);
    assert_eq!(turn(&mut engine, &mut &b"hello\n"[..], &mut out, 1 << 16, &mut seat, &mut ()), Ok(false));
    assert_eq!((&out[..], engine.status()), (&b"-! room-full: the room is full\r\n"[..], Status::Closed));
}

#[test]
fn a_server_that_is_none() {
    let limits = Limits { line: 40, ..Limits::default() };
    let make = || (Client::new(limits.clone()), |_: &mut Client, _: client::Event<&[u8]>, _: &mut BytesMut| {});
    let stream = b"SSH-2.0-OpenSSH_9.2\r\n\x1b[2J\n<ada> \xff\n220 mail.example ESMTP\r\n";
    let log = laws::judge(make, stream, laws::Ending::Eof).unwrap_or_else(|story| panic!("{story}"));
    let Entry::Event(end) = log.events.last().unwrap() else { panic!("{:?}", log.events) };
    assert_eq!(end, "End");
    let kinds = [
        "Unknown { line",
        "Refused(Refused { why: Unfit(Control)",
        "Refused(Refused { why: Unfit(NotUtf8)",
        "Unknown { line",
    ];
    for (entry, kind) in log.events.iter().zip(kinds) {
        assert!(matches!(entry, Entry::Event(event) if event.starts_with(kind)), "{entry:?} is not {kind}");
    }
    assert_eq!((log.out.len(), log.status), (0, Status::Closed));
}

/// Everything that a caller can pass as a text, through the client's commands: one line is heard, or nothing was said.
#[test]
fn nothing_that_is_said_makes_a_second_line() {
    let lines = |wire: &[u8]| wire.split(|&octet| octet == b'\n').count() * 100 + usize::from(wire.contains(&0x1b));
    let commands: [fn(&mut Client, &str, &mut BytesMut) -> bool; 5] = [
        |client, text, out| client.say(text, out).is_ok(),
        |client, text, out| client.act(text, out).is_ok(),
        |client, text, out| client.tell("bob".parse().unwrap(), text, out).is_ok(),
        |client, text, out| client.quit(Some(text), out).is_ok(),
        |client, text, out| client.typed(text, out).is_ok(),
    ];
    for (at, command) in commands.into_iter().enumerate() {
        let say = |text: &[u8]| {
            let mut out = BytesMut::new();
            let said = command(&mut Client::new(Limits::default()), str::from_utf8(text).ok()?, &mut out);
            assert_eq!(said, !out.is_empty(), "what is refused leaves nothing");
            said.then(|| out.to_vec())
        };
        laws::no_forgery(b"hello", laws::forgeries(b"hello", b"/quit"), say, lines)
            .unwrap_or_else(|story| panic!("command {at}: {story}"));
    }
    // And what the server makes of it is one thing said, never a command.
    for text in ["/quit", "//quit", "/nick eve", "/"] {
        let (mut client, mut out) = (Client::new(Limits::default()), BytesMut::new());
        client.say(text, &mut out).unwrap();
        let line = &out[..out.len() - 2];
        assert_eq!(Said::parse(line), Ok(Some(Said::Say { text: text.as_bytes() })));
    }
}

/// A handler that answers every event: engines take commands while an event is held.
#[test]
fn a_member_can_be_told_things_without_a_room() {
    struct Echo;
    impl Handler<Server> for Echo {
        fn event(&mut self, server: &mut Server, event: plainwire::chat::server::Event<&[u8]>, out: &mut BytesMut) {
            if let plainwire::chat::server::Event::Said(Said::Say { text }) = event {
                let heard = plainwire::chat::Heard::Said { name: "echo".parse().unwrap(), text };
                server.tell(&heard, out).unwrap();
            }
        }
    }
    let (mut server, mut out) = (Server::new(Limits::default()), BytesMut::new());
    server.welcome("ada".parse().unwrap(), &mut out).unwrap();
    turn(&mut server, &mut &b"hello\n"[..], &mut out, 1 << 16, &mut Echo, &mut ()).unwrap();
    assert_eq!(out, "-- welcome, you are ada\r\n<echo> hello\r\n");
}
