//! What is asserted about chat, on any bytes: each function here is a fuzz target, and is replayed over its corpus.

#[path = "chat_model.rs"]
mod model;

use bytes::BytesMut;
use model::Model;
use plainwire::chat::datagram::Datagram;
use plainwire::chat::framing::{
    Error, ErrorKind, LengthPrefixed, Lines, Netstrings, Order, Prefix, encode_line, encode_netstring,
};
use plainwire::chat::{
    Client, Departure, Ending, Heard, Limits, Local, Name, Refusal, Room, Said, Seat, Server, client, text,
};
use plainwire::engine::Decode;
use plainwire::laws;
use std::time::Duration;

/// The frames of a stream, given whole, and how it ended.
fn frames<D>(mut decoder: D, stream: &[u8]) -> (Vec<Vec<u8>>, Result<(), Error>, usize)
where
    D: for<'i> Decode<Event<'i> = &'i [u8], Error = Error>,
{
    let (mut input, mut frames) = (stream, Vec::new());
    decoder.eof();
    let end = loop {
        match decoder.recv(&mut input) {
            Ok(Some(frame)) => frames.push(frame.to_vec()),
            Ok(None) => {
                assert!(decoder.over());
                break Ok(());
            }
            Err(error) => break Err(error),
        }
    };
    (frames, end, stream.len() - input.len())
}

fn lawful(story: Result<impl Sized, laws::Story>) {
    if let Err(story) = story {
        panic!("{story}");
    }
}

/// Lines: the laws, and a plain reference. The first octet is the limit.
pub(crate) fn lines(data: &[u8]) {
    let [limit, stream @ ..] = data else { return };
    let limit = usize::from(*limit);
    for ending in [laws::Ending::Stays, laws::Ending::Eof] {
        lawful(laws::judge_decode(|| Lines::new(limit), stream, ending));
    }
    let (lines, end, _) = frames(Lines::new(limit), stream);
    let mut expected = Vec::new();
    let mut at = 0;
    let expected_end = loop {
        let rest = &stream[at..];
        let newline = rest.iter().position(|&octet| octet == b'\n');
        let mut line = &rest[..newline.unwrap_or(rest.len())];
        if line.ends_with(b"\r") && (newline.is_some() || line.len() == limit + 1) {
            line = &line[..line.len() - 1];
        }
        if line.len() > limit {
            break Err(Error { kind: ErrorKind::TooLong, offset: (at + limit) as u64 });
        }
        match newline {
            Some(newline) => {
                expected.push(line.to_vec());
                at += newline + 1;
            }
            None if rest.is_empty() => break Ok(()),
            None => break Err(Error { kind: ErrorKind::Truncated, offset: stream.len() as u64 }),
        }
    };
    assert_eq!((&lines, end), (&expected, expected_end));
    let mut again = BytesMut::new();
    for line in &lines {
        // A CR inside is read and not written: there are readers to whom it ends the line.
        assert_eq!(encode_line(line, Ending::Crlf, &mut again).is_err(), line.contains(&b'\r'));
    }

    // Behind a line that is too long the next one is told, and nothing is told twice or lost.
    let (mut decoder, mut input, mut told) = (Lines::new(limit), stream, 0);
    loop {
        match decoder.recv(&mut input) {
            Ok(Some(line)) => told += line.len() + 1,
            Ok(None) => break,
            Err(error) => {
                assert_eq!(error.kind, ErrorKind::TooLong);
                decoder.skip();
            }
        }
    }
    assert!(told <= stream.len());
    assert_eq!(decoder.offset() as usize, stream.len() - input.len());
}

/// Length-prefixed frames and netstrings: the laws, and that what was read writes the same octets. The first octet
/// chooses the prefix, the second the limit.
pub(crate) fn lengths(data: &[u8]) {
    let [form, limit, stream @ ..] = data else { return };
    let limit = if form & 0x80 == 0 { u32::from(*limit) } else { u32::MAX - u32::from(*limit) };
    let prefix = match form & 7 {
        0 => Prefix::One,
        1 => Prefix::Two(Order::Big),
        2 => Prefix::Two(Order::Little),
        3 => Prefix::Four(Order::Big),
        4 => Prefix::Four(Order::Little),
        5 => Prefix::Varint,
        _ => return netstrings(limit, stream),
    };
    for ending in [laws::Ending::Stays, laws::Ending::Eof] {
        lawful(laws::judge_decode(|| LengthPrefixed::new(prefix, limit), stream, ending));
    }
    let (frames, end, taken) = frames(LengthPrefixed::new(prefix, limit), stream);
    let mut again = BytesMut::new();
    for frame in &frames {
        assert!(frame.len() <= limit as usize);
        prefix.encode(frame, &mut again).expect("a frame that was read has a length that can be written");
    }
    assert_eq!(&again[..], &stream[..taken]);
    judge_end(end, taken, stream);
}

fn netstrings(limit: u32, stream: &[u8]) {
    for ending in [laws::Ending::Stays, laws::Ending::Eof] {
        lawful(laws::judge_decode(|| Netstrings::new(limit), stream, ending));
    }
    let (frames, end, taken) = frames(Netstrings::new(limit), stream);
    let mut again = BytesMut::new();
    for frame in &frames {
        assert!(frame.len() <= limit as usize);
        encode_netstring(frame, &mut again);
    }
    assert_eq!(&again[..], &stream[..taken]);
    judge_end(end, taken, stream);
}

fn judge_end(end: Result<(), Error>, taken: usize, stream: &[u8]) {
    match end {
        Ok(()) => assert_eq!(taken, stream.len()),
        Err(Error { kind: ErrorKind::Truncated, offset }) => assert_eq!(offset, stream.len() as u64),
        Err(Error { offset, .. }) => assert!((taken as u64..stream.len() as u64).contains(&offset)),
    }
}

/// One line, as a member's and as a server's: what is read is harmless, and writes what reads the same.
pub(crate) fn line(data: &[u8]) {
    let limits = Limits { line: 1 << 16, datagram: 1 << 16, ..Limits::default() };
    let line = data;
    let fit = text::check(line);
    assert_eq!(fit, by_the_table(line));
    match Said::parse(line) {
        Ok(None) => assert!(faint(line)),
        Ok(Some(said)) => {
            assert_eq!(fit, Ok(()));
            let mut out = BytesMut::new();
            said.write(&limits, Ending::Lf, &mut out).expect("what was read can be said");
            assert!(!faint(line), "somebody sees it");
            assert_eq!(out.iter().position(|&octet| octet == b'\n'), Some(out.len() - 1));
            assert_eq!(Said::parse(&out[..out.len() - 1]), Ok(Some(said)));
        }
        Err((Refusal::Unfit(unfit), at)) => assert_eq!(fit, Err((unfit, at))),
        Err((_, at)) => {
            assert!(fit.is_ok() && line.starts_with(b"/") && at <= line.len());
        }
    }
    if fit.is_err() {
        return;
    }
    if let Some(heard) = Heard::parse(line) {
        let mut out = BytesMut::new();
        heard.write(&limits, Ending::Lf, &mut out).expect("what was heard can be told");
        assert_eq!(&out[..out.len() - 1], line);
    }
    // Whatever is said, it is heard as what this member said.
    if let Ok(text) = str::from_utf8(line)
        && let Ok(name) = Name::new(b"eve")
    {
        for heard in [Heard::Said { name, text }, Heard::Acted { name, text }, Heard::Told { name, text }] {
            let mut out = BytesMut::new();
            if heard.write(&limits, Ending::Lf, &mut out).is_ok() {
                let told = Heard::parse(&out[..out.len() - 1]);
                assert_eq!(told, Some(heard.map(str::as_bytes)));
            }
        }
    }
}

/// Spaces, and characters that only change others, by their numbers.
fn faint(line: &[u8]) -> bool {
    let Ok(text) = str::from_utf8(line) else { return false };
    let space = |n| matches!(n, 0x20 | 0xa0 | 0x1680 | 0x2000..=0x200a | 0x202f | 0x205f | 0x2800 | 0x3000);
    let change = |n| matches!(n, 0xad | 0x34f | 0x61c | 0x180b..=0x180f | 0x200c..=0x200f | 0xfe00..=0xfe0f);
    text.chars().all(|character| space(character as u32) || change(character as u32))
}

/// The table of `chat::text`, one character after the other.
fn by_the_table(line: &[u8]) -> Result<(), (text::Unfit, usize)> {
    use text::Unfit::{Bidirectional, Control, Invisible, LineSeparator, Noncharacter, NotUtf8};
    let mut at = 0;
    while at < line.len() {
        let character = (1..=4).find_map(|length| {
            let text = str::from_utf8(line.get(at..at + length)?).ok()?;
            text.chars().next()
        });
        let Some(character) = character else { return Err((NotUtf8, at)) };
        let unfit = match character as u32 {
            0..=0x1f | 0x7f..=0x9f => Some(Control),
            0x2028 | 0x2029 => Some(LineSeparator),
            0x202a..=0x202e | 0x2066..=0x2069 => Some(Bidirectional),
            0xe0000..=0xe0fff => Some(Invisible),
            0x200b | 0x2060..=0x206f | 0xfeff | 0xfff0..=0xfffb | 0x180e => Some(Invisible),
            0x1bca0..=0x1bca3 | 0x1d173..=0x1d17a => Some(Invisible),
            0x115f | 0x1160 | 0x3164 | 0xffa0 | 0x17b4 | 0x17b5 => Some(Invisible),
            0xfdd0..=0xfdef => Some(Noncharacter),
            code if code & 0xffff >= 0xfffe => Some(Noncharacter),
            _ => None,
        };
        if let Some(unfit) = unfit {
            return Err((unfit, at));
        }
        at += character.len_utf8();
    }
    Ok(())
}

/// The server's engine with a room behind it: the laws at chosen cuts, marks and delays, and the passing of time. The
/// first four octets choose those.
pub(crate) fn server(data: &[u8]) {
    let [first, second, mark, late, stream @ ..] = data else { return };
    let limits = || Limits { line: 40, burst: 12, idle: Some(Duration::from_mins(1)), ..Limits::default() };
    let make = || (Server::new(limits()), Seat::new(Local::new(Room::new(limits()))));
    let cuts = [usize::from(*first), usize::from(*first) + usize::from(*second)];
    for ending in [laws::Ending::Stays, laws::Ending::Eof] {
        let judged = laws::judge_cut(make, stream, ending, &cuts, usize::from(*mark) * 4, usize::from(*late % 3));
        if let Err(story) = judged {
            panic!("{story}");
        }
    }
    if stream.len() <= 64 {
        lawful(laws::judge_expiry(make, stream));
    }
}

/// The client's engine: the laws, and that every line is told as what it is. The first two octets choose the cuts.
pub(crate) fn client(data: &[u8]) {
    let [first, second, stream @ ..] = data else { return };
    let limits = || Limits { line: 40, ..Limits::default() };
    let make = || (Client::new(limits()), |_: &mut Client, _: client::Event<&[u8]>, _: &mut BytesMut| {});
    let cuts = [usize::from(*first), usize::from(*first) + usize::from(*second)];
    for ending in [laws::Ending::Stays, laws::Ending::Eof] {
        lawful(laws::judge_cut(make, stream, ending, &cuts, 64, 0));
    }
    if stream.len() <= 64 {
        lawful(laws::judge_expiry(make, stream));
    }
    let (mut client, mut input, mut out) = (Client::new(limits()), stream, BytesMut::new());
    while let Ok(Some(event)) = client.recv(&mut input, &mut out) {
        if let client::Event::Heard(heard) = event {
            let mut written = BytesMut::new();
            heard.write(&limits(), Ending::Lf, &mut written).expect("what was heard can be told");
            assert_eq!(Heard::parse(&written[..written.len() - 1]), Some(heard));
        }
    }
    assert!(out.is_empty(), "a client answers nothing by itself");
}

/// A room, step by step, beside one that keeps a queue for each member.
pub(crate) fn room(data: &[u8]) {
    let [waiting, data @ ..] = data else { return };
    let limits = Limits { waiting: usize::from(*waiting) * 8, members: 6, burst: u32::MAX, ..Limits::default() };
    let mut model = Model::new(&limits);
    let mut room = Room::new(limits).ending(Ending::Lf);
    let mut ids = Vec::new();
    let mut steps = data.iter().copied();
    while let Some(step) = steps.next() {
        let argument = steps.next().unwrap_or_default();
        let who = usize::from(argument & 7);
        let length = usize::from(argument >> 3) * 3 + 1;
        match step & 7 {
            0 => {
                let id = room.join();
                assert_eq!(id.is_some(), model.join());
                ids.extend(id);
            }
            7 => {
                if let Some(&id) = ids.get(who) {
                    let mut out = BytesMut::new();
                    room.deliver(id, &mut out, length * 4);
                    assert_eq!(out, model.deliver(who, length * 4).as_bytes());
                }
            }
            6 => {
                if let Some(&id) = ids.get(who) {
                    room.leave(id, Departure::Ended);
                    model.leave(who, None);
                }
            }
            kind => {
                let Some(&id) = ids.get(who) else { continue };
                let other = steps.next().unwrap_or_default();
                let word = format!("{}{}", ["guest-", "Guest-", "x", "server"][usize::from(other >> 4 & 3)], other & 7);
                let text = "t".repeat(length);
                let line = match kind {
                    1 => text,
                    2 => format!("/me {text}"),
                    3 => format!("/msg {word} {text}"),
                    4 => format!("/nick {}", word.strip_suffix('0').unwrap_or(&word)),
                    _ if other & 1 == 0 => "/who".into(),
                    _ => format!("/quit {text}"),
                };
                let Ok(Some(said)) = Said::parse(line.as_bytes()) else { continue };
                room.hear(id, &said, Duration::ZERO);
                model.hear(who, &said.map(|text| String::from_utf8_lossy(text).into_owned()));
            }
        }
        for (who, &id) in ids.iter().enumerate() {
            assert_eq!(room.name(id).map(|name| name.to_string()), model.name(who), "member {who}");
            assert_eq!(room.waiting(id), model.waiting(who), "member {who}");
        }
    }
    for (who, &id) in ids.iter().enumerate() {
        let mut out = BytesMut::new();
        room.deliver(id, &mut out, usize::MAX);
        assert_eq!(out, model.deliver(who, usize::MAX).as_bytes());
    }
    assert_eq!(room.held(), 0, "what all have heard is forgotten");
}

/// A datagram: what is read writes the same octets.
pub(crate) fn datagram(data: &[u8]) {
    let limits = Limits::default();
    if let Ok(datagram) = Datagram::parse(data, &limits) {
        let mut out = BytesMut::new();
        datagram.write(&limits, &mut out).expect("what was read can be said");
        assert_eq!(out, data);
        assert_eq!(text::check(data), Ok(()));
    }
}
