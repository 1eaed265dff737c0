use super::*;
use crate::laws;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use bytes::BytesMut;
use proptest::prelude::*;

fn name(text: &str) -> Name {
    text.parse().unwrap()
}

#[test]
fn names_are_short_ascii_and_compared_without_case() {
    assert_eq!(name("Ada"), name("aDA"));
    assert!(name("Ada") < name("bob"));
    assert_eq!(Name::new(b""), Err(NameError::Length));
    assert!(Name::new(&[b'x'; 32]).is_ok());
    assert_eq!(Name::new(&[b'x'; 33]), Err(NameError::Length));
    assert_eq!(Name::new(b"a b"), Err(NameError::Character(1)));
    assert_eq!(Name::new("zoë".as_bytes()), Err(NameError::Character(2)));
}

#[test]
fn every_line_a_member_types() {
    let cases: [(&str, Said<&[u8]>); 16] = [
        ("hello", Said::Say { text: b"hello" }),
        (" hello ", Said::Say { text: b" hello " }),
        ("//me", Said::Say { text: b"/me" }),
        ("//", Said::Say { text: b"/" }),
        ("///", Said::Say { text: b"//" }),
        ("/me waves", Said::Act { text: b"waves" }),
        ("/ME  waves", Said::Act { text: b" waves" }),
        ("/msg bob hi there", Said::Tell { to: name("bob"), text: b"hi there" }),
        ("/msg  bob  hi", Said::Tell { to: name("bob"), text: b" hi" }),
        ("/nick bob", Said::Nick { name: name("bob") }),
        ("/nick  bob ", Said::Nick { name: name("bob") }),
        ("/who", Said::Who),
        ("/who ", Said::Who),
        ("/help", Said::Help),
        ("/quit", Said::Quit { reason: None }),
        ("/quit see you", Said::Quit { reason: Some(b"see you") }),
    ];
    for (line, said) in cases {
        assert_eq!(Said::parse(line.as_bytes()), Ok(Some(said)), "{line:?}");
    }
    assert_eq!(Said::parse(b""), Ok(None));
    assert_eq!(Said::parse(b"   "), Ok(None));
    // Nothing that is seen: no-break and ideographic spaces, a braille cell without dots, joiners of nothing.
    for nothing in ["\u{a0}", " \u{3000} ", "\u{2800}\u{2800}", "\u{200d}", "\u{200e}\u{fe0f}"] {
        assert_eq!(Said::parse(nothing.as_bytes()), Ok(None), "{nothing:?}");
        let line = [b"/me ", nothing.as_bytes()].concat();
        assert!(matches!(Said::parse(&line), Err((Refusal::Usage(Verb::Me), _))), "{nothing:?}");
        let mut out = BytesMut::new();
        let said = Said::Say { text: nothing }.write(&Limits::default(), Ending::Lf, &mut out);
        assert_eq!((said, out.len()), (Err(Misuse::Blank), 0), "{nothing:?}");
    }
    let shows = "\u{2800}\u{2801}";
    assert_eq!(Said::parse(shows.as_bytes()), Ok(Some(Said::Say { text: shows.as_bytes() })));
}

#[test]
fn every_line_a_member_may_not_type() {
    let cases: [(&[u8], Refusal, usize); 16] = [
        (b"/nicki bob", Refusal::UnknownCommand, 0),
        (b"/", Refusal::UnknownCommand, 0),
        (b"/ hello", Refusal::UnknownCommand, 0),
        (b"/me", Refusal::Usage(Verb::Me), 3),
        (b"/me  ", Refusal::Usage(Verb::Me), 4),
        (b"/msg bob", Refusal::Usage(Verb::Msg), 8),
        (b"/msg b,b hi", Refusal::Name(NameError::Character(1)), 6),
        (b"/nick", Refusal::Usage(Verb::Nick), 5),
        (b"/nick a b", Refusal::Name(NameError::Character(1)), 7),
        (b"/nick  a:", Refusal::Name(NameError::Character(1)), 8),
        (b"/who is it", Refusal::Usage(Verb::Who), 5),
        (b"ok\0", Refusal::Unfit(text::Unfit::Control), 2),
        (b"ok\xff", Refusal::Unfit(text::Unfit::NotUtf8), 2),
        (b"\xc2\x9b2J", Refusal::Unfit(text::Unfit::Control), 0),
        (b"/me \xe2\x80\xae", Refusal::Unfit(text::Unfit::Bidirectional), 4),
        (b"tab\there", Refusal::Unfit(text::Unfit::Control), 3),
    ];
    for (line, why, at) in cases {
        assert_eq!(Said::parse(line), Err((why, at)), "{}", line.escape_ascii());
    }
}

#[test]
fn every_line_a_server_says() {
    let (ada, bob, text) = (name("ada"), name("bob"), &b"hello, world"[..]);
    let cases: [(&str, Heard<&[u8]>); 16] = [
        ("<ada> hello, world", Heard::Said { name: ada, text }),
        ("* ada hello, world", Heard::Acted { name: ada, text }),
        ("[ada] hello, world", Heard::Told { name: ada, text }),
        ("[to ada] hello, world", Heard::Sent { to: ada, text }),
        ("-- welcome, you are ada", Heard::Welcome { name: ada }),
        ("-- you are now ada", Heard::Named { name: ada }),
        ("-- ada joined", Heard::Joined { name: ada }),
        ("-- ada left", Heard::Left { name: ada, reason: None }),
        ("-- ada left: hello, world", Heard::Left { name: ada, reason: Some(text) }),
        ("-- ada was dropped: hello, world", Heard::Dropped { name: ada, why: text }),
        ("-- ada is now bob", Heard::Renamed { from: ada, to: bob }),
        ("-- here: ada", Heard::Here { names: b"ada", more: false }),
        ("-- here: ada, bob,", Heard::Here { names: b"ada, bob", more: true }),
        ("-- hello, world", Heard::Notice { text }),
        ("-- ada joined us", Heard::Notice { text: b"ada joined us" }),
        ("-! no-such-name: hello, world", Heard::Refused { code: b"no-such-name", text }),
    ];
    for (line, heard) in cases {
        assert_eq!(Heard::parse(line.as_bytes()), Some(heard), "{line:?}");
        let mut out = BytesMut::new();
        heard.write(&Limits::default(), Ending::Lf, &mut out).unwrap();
        assert_eq!(out, [line, "\n"].concat());
    }
    for line in ["", "hello", "<ada>", "<ada> ", "<ada>hello", "<a da> x", "* ada", "[to a b] x", "--", "-- ", "-! x"] {
        assert_eq!(Heard::parse(line.as_bytes()), None, "{line:?}");
    }
}

#[test]
fn a_notice_is_never_more_than_a_notice() {
    let mut out = BytesMut::new();
    for text in ["ada joined", "ada left: x", "here: ada", "you are now ada", "welcome, you are x"] {
        let said = Heard::Notice { text }.write(&Limits::default(), Ending::Lf, &mut out);
        assert_eq!(said, Err(Misuse::Form), "{text}");
    }
    let refused = Heard::Refused { code: "a b", text: "x" }.write(&Limits::default(), Ending::Lf, &mut out);
    assert_eq!(refused, Err(Misuse::Form));
    let here = Heard::Here { names: "a, b c", more: false }.write(&Limits::default(), Ending::Lf, &mut out);
    assert_eq!(here, Err(Misuse::Form));
    assert!(out.is_empty());
}

/// Each class of the documented table at its ends, and what lies just outside.
#[test]
fn the_table_of_what_is_not_relayed() {
    use text::Unfit::{Bidirectional, Control, Invisible, LineSeparator, Noncharacter};
    let refused: [(u32, u32, text::Unfit); 22] = [
        (0, 0x1f, Control),
        (0x7f, 0x9f, Control),
        (0x2028, 0x2029, LineSeparator),
        (0x202a, 0x202e, Bidirectional),
        (0x2066, 0x2069, Bidirectional),
        (0xe0000, 0xe0fff, Invisible),
        (0x200b, 0x200b, Invisible),
        (0x2060, 0x2065, Invisible),
        (0x206a, 0x206f, Invisible),
        (0xfeff, 0xfeff, Invisible),
        (0xfff0, 0xfffb, Invisible),
        (0x180e, 0x180e, Invisible),
        (0x1bca0, 0x1bca3, Invisible),
        (0x1d173, 0x1d17a, Invisible),
        (0x115f, 0x1160, Invisible),
        (0x3164, 0x3164, Invisible),
        (0xffa0, 0xffa0, Invisible),
        (0x17b4, 0x17b5, Invisible),
        (0xfdd0, 0xfdef, Noncharacter),
        (0xfffe, 0xffff, Noncharacter),
        (0x1fffe, 0x1ffff, Noncharacter),
        (0x10_fffe, 0x10_ffff, Noncharacter),
    ];
    let expected = |code: u32| {
        let noncharacter = (code & 0xfffe == 0xfffe).then_some(Noncharacter);
        let listed = refused.iter().find(|(first, last, _)| (first..=last).contains(&&code));
        listed.map(|(_, _, unfit)| *unfit).or(noncharacter)
    };
    for code in 0..=0x10_ffff {
        let Some(character) = char::from_u32(code) else { continue };
        let mut octets = [b'x'; 5];
        let length = 1 + character.encode_utf8(&mut octets[1..]).len();
        let judged = text::check(&octets[..length]);
        assert_eq!(judged, expected(code).map_or(Ok(()), |unfit| Err((unfit, 1))), "U+{code:04X}");
    }
}

#[test]
fn what_words_need_is_relayed() {
    for text in ["שלום עולם", "نامه‌ای", "👩‍🚀 👍🏽 ❤️", "ᠮᠣᠩᠭᠣᠯ", "क्‍ष", "e\u{301}", "\u{200e}x", "naïve – “quoted” … ½"]
    {
        assert_eq!(text::check(text.as_bytes()), Ok(()), "{text}");
    }
}

#[test]
fn engines_are_small_and_hold_nothing() {
    assert!(size_of::<Server>() <= 320, "{}", size_of::<Server>());
    assert!(size_of::<Client>() <= 320, "{}", size_of::<Client>());
}

fn texts() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ -~]{0,40}",
        "/{1,3}[a-z]{0,5} ?[ -~]{0,20}",
        "\\PC{0,20}",
        ".{0,20}",
        prop::sample::select(std::vec![
            "<ada> hi",
            "-- ada joined",
            "-! x: y",
            "[to bob] x",
            "* x y",
            "a\nb",
            "a\rb",
            "",
            " "
        ])
        .prop_map(String::from),
    ]
}

fn any_name() -> impl Strategy<Value = Name> {
    "[A-Za-z0-9_-]{1,32}".prop_map(|text| text.parse().unwrap())
}

fn any_said() -> impl Strategy<Value = Said<String>> {
    prop_oneof![
        texts().prop_map(|text| Said::Say { text }),
        texts().prop_map(|text| Said::Act { text }),
        (any_name(), texts()).prop_map(|(to, text)| Said::Tell { to, text }),
        any_name().prop_map(|name| Said::Nick { name }),
        Just(Said::Who),
        Just(Said::Help),
        prop::option::of(texts()).prop_map(|reason| Said::Quit { reason }),
    ]
}

fn any_heard() -> impl Strategy<Value = Heard<String>> {
    prop_oneof![
        (any_name(), texts()).prop_map(|(name, text)| Heard::Said { name, text }),
        (any_name(), texts()).prop_map(|(name, text)| Heard::Acted { name, text }),
        (any_name(), texts()).prop_map(|(name, text)| Heard::Told { name, text }),
        (any_name(), texts()).prop_map(|(to, text)| Heard::Sent { to, text }),
        any_name().prop_map(|name| Heard::Welcome { name }),
        any_name().prop_map(|name| Heard::Named { name }),
        any_name().prop_map(|name| Heard::Joined { name }),
        (any_name(), prop::option::of(texts())).prop_map(|(name, reason)| Heard::Left { name, reason }),
        (any_name(), texts()).prop_map(|(name, why)| Heard::Dropped { name, why }),
        (any_name(), any_name()).prop_map(|(from, to)| Heard::Renamed { from, to }),
        ("[a-z]{1,5}(, [a-z]{1,5}){0,4},?", any::<bool>()).prop_map(|(names, more)| Heard::Here { names, more }),
        texts().prop_map(|text| Heard::Notice { text }),
        ("[a-z -]{0,9}", texts()).prop_map(|(code, text)| Heard::Refused { code, text }),
    ]
}

proptest! {
    #[test]
    fn printable_is_what_it_says(octets in prop::collection::vec(prop_oneof![
        20 => b' '..=b'~',
        1 => prop::sample::select(&[0u8, 0x1f, 0x7f, 0x80, 0xff][..]),
    ], 0..70)) {
        let plain = octets.iter().all(|octet| (b' '..=b'~').contains(octet));
        prop_assert_eq!(words::printable(&octets), plain);
    }

    /// What is written is one line, and says what was meant; what is refused leaves nothing.
    #[test]
    fn said_round_trips(said in any_said()) {
        let mut out = BytesMut::new();
        match said.write(&Limits::default(), Ending::Lf, &mut out) {
            Ok(()) => {
                prop_assert_eq!(memchr::memchr_iter(b'\n', &out).collect::<Vec<_>>(), [out.len() - 1]);
                let read = Said::parse(&out[..out.len() - 1]).unwrap().unwrap();
                prop_assert_eq!(read, said.as_ref_octets());
            }
            Err(_) => prop_assert!(out.is_empty()),
        }
    }

    #[test]
    fn heard_round_trips(heard in any_heard()) {
        let mut out = BytesMut::new();
        match heard.write(&Limits::default(), Ending::Lf, &mut out) {
            Ok(()) => {
                prop_assert_eq!(memchr::memchr_iter(b'\n', &out).collect::<Vec<_>>(), [out.len() - 1]);
                let read = Heard::parse(&out[..out.len() - 1]).unwrap();
                prop_assert_eq!(read, heard.as_ref_octets());
            }
            Err(_) => prop_assert!(out.is_empty()),
        }
    }

    /// What is read and written again reads the same.
    #[test]
    fn lines_are_stable(line in texts()) {
        let limits = Limits::default();
        if let Ok(Some(said)) = Said::parse(line.as_bytes()) {
            let mut out = BytesMut::new();
            said.write(&limits, Ending::Lf, &mut out).unwrap();
            prop_assert_eq!(Said::parse(&out[..out.len() - 1]), Ok(Some(said)));
        }
        if let Some(heard) = Heard::parse(line.as_bytes()).filter(|_| text::check(line.as_bytes()).is_ok()) {
            let mut out = BytesMut::new();
            heard.write(&limits, Ending::Lf, &mut out).unwrap();
            prop_assert_eq!(&out[..out.len() - 1], line.as_bytes());
        }
    }

    /// No text, however chosen, makes one member's line look like another's or the server's.
    #[test]
    fn nobody_poses_as_another(text in texts(), who in any_name()) {
        let mut out = BytesMut::new();
        for heard in [Heard::Said { name: who, text: &text }, Heard::Acted { name: who, text: &text }] {
            if heard.write(&Limits::default(), Ending::Lf, &mut out).is_ok() {
                let marks = ["<", "* "].iter().any(|mark| out.starts_with(&[mark.as_bytes(), who.as_bytes()].concat()));
                prop_assert!(marks);
                prop_assert_eq!(out.iter().filter(|octet| **octet < b' ').count(), 1);
            }
            out.clear();
        }
    }

    #[test]
    fn datagrams_round_trip(heard in any_heard(), sender: u64, sequence: u32) {
        let limits = Limits::default();
        let datagram = datagram::Datagram { sender: datagram::SenderId(sender), sequence, heard };
        let mut out = BytesMut::from(&b"before"[..]);
        if datagram.write(&limits, &mut out).is_ok() {
            let read = datagram::Datagram::parse(&out[6..], &limits).unwrap();
            prop_assert_eq!((read.sender, read.sequence), (datagram.sender, sequence));
            prop_assert_eq!(read.heard, datagram.heard.as_ref_octets());
        } else {
            prop_assert_eq!(out, "before");
        }
    }

    #[test]
    fn any_octets_keep_the_laws(stream in prop::collection::vec(prop_oneof![
        any::<u8>(),
        prop::sample::select(&b"\r\n/ <>-me\x1b\xc2\xe2\x80\xae"[..]),
    ], 0..60)) {
        for ending in [laws::Ending::Stays, laws::Ending::Eof] {
            let limits = || Limits { line: 12, ..Limits::default() };
            laws::judge(|| (Server::new(limits()), seat()), &stream, ending).unwrap();
            laws::judge(|| (Client::new(limits()), quiet), &stream, ending).unwrap();
        }
        laws::judge_expiry(|| (Server::new(Limits::default()), seat()), &stream).unwrap();
        laws::judge_expiry(|| (Client::new(Limits::default()), quiet), &stream).unwrap();
    }
}

fn seat() -> Seat<Local> {
    Seat::new(Local::new(Room::new(Limits::default())))
}

fn quiet(_: &mut Client, _: client::Event<&[u8]>, _: &mut BytesMut) {}

impl Said<String> {
    fn as_ref_octets(&self) -> Said<&[u8]> {
        match self {
            Self::Say { text } => Said::Say { text: text.as_bytes() },
            Self::Act { text } => Said::Act { text: text.as_bytes() },
            Self::Tell { to, text } => Said::Tell { to: *to, text: text.as_bytes() },
            Self::Nick { name } => Said::Nick { name: *name },
            Self::Who => Said::Who,
            Self::Help => Said::Help,
            Self::Quit { reason } => Said::Quit { reason: reason.as_ref().map(String::as_bytes) },
        }
    }
}

impl Heard<String> {
    fn as_ref_octets(&self) -> Heard<&[u8]> {
        // Each text is borrowed where it lies; `map` gives it by value, so it is looked up again.
        let mut texts: Vec<&[u8]> = Vec::new();
        match self {
            Self::Said { text, .. } | Self::Acted { text, .. } | Self::Told { text, .. } | Self::Sent { text, .. } => {
                texts.push(text.as_bytes());
            }
            Self::Notice { text } => texts.push(text.as_bytes()),
            Self::Left { reason, .. } => texts.extend(reason.as_ref().map(String::as_bytes)),
            Self::Dropped { why, .. } => texts.push(why.as_bytes()),
            Self::Here { names, .. } => texts.push(names.as_bytes()),
            Self::Refused { code, text } => texts.extend([code.as_bytes(), text.as_bytes()]),
            _ => {}
        }
        let mut texts = texts.into_iter();
        self.clone().map(|_| texts.next().unwrap_or_default())
    }
}

#[test]
fn datagrams_are_spelled_one_way() {
    use datagram::{Datagram, DatagramError};
    let limits = Limits::default();
    let parse = |packet: &'static str| Datagram::parse(packet.as_bytes(), &limits).map(|datagram| datagram.sequence);
    assert_eq!(parse("chat/1 0123456789abcdef 4294967295 <ada> x"), Ok(u32::MAX));
    for head in [
        "",
        "chat/1",
        "chat/2 0123456789abcdef 1 <ada> x",
        "chat/1 0123456789ABCDEF 1 <ada> x",
        "chat/1 0123456789abcde 1 <ada> x",
        "chat/1 0123456789abcdef 01 <ada> x",
        "chat/1 0123456789abcdef  <ada> x",
        "chat/1 0123456789abcdef +1 <ada> x",
        "chat/1 0123456789abcdef 4294967296 <ada> x",
        "chat/1 0123456789abcdef 1",
    ] {
        assert_eq!(parse(head), Err(DatagramError::Head), "{head}");
    }
    for body in ["hello", "-- you are now ada", "[ada] psst", "-! x: y", "-- notice", ""] {
        let packet = alloc::format!("chat/1 0123456789abcdef 1 {body}");
        assert_eq!(Datagram::parse(packet.as_bytes(), &limits), Err(DatagramError::Body), "{body}");
    }
    assert_eq!(parse("chat/1 0123456789abcdef 1 <ada> x\n"), Err(DatagramError::Unfit(text::Unfit::Control, 33)));
    let long = alloc::format!("chat/1 0123456789abcdef 1 <ada> {}", "x".repeat(1200));
    assert_eq!(Datagram::parse(long.as_bytes(), &limits), Err(DatagramError::TooLong));
}

#[test]
fn echoes_and_duplicates_are_recognised() {
    use datagram::Earshot::{self, Heard, New};
    use datagram::{SenderId, Voices};
    let mut voices = Voices::new(SenderId(1), &Limits { senders: 2, ..Limits::default() });
    assert_eq!((voices.number(), voices.number()), (Some(0), Some(1)));
    assert_eq!(voices.judge(SenderId(1), 99), Earshot::Own);
    // Late, early and double, within the 64 that are remembered.
    let numbers = [5, 3, 5, 3, 4, 100, 37, 37, 36, 36, 5, 100, u32::MAX, 100];
    let judged = numbers.map(|number| voices.judge(SenderId(2), number));
    assert_eq!(judged, [New, New, Heard, Heard, New, New, New, Heard, Heard, Heard, Heard, Heard, New, Heard]);
    // A third sender makes the one heard of longest ago forgotten.
    assert_eq!(voices.judge(SenderId(3), 0), New);
    assert_eq!(voices.judge(SenderId(2), u32::MAX), Heard);
    assert_eq!(voices.judge(SenderId(4), 0), New);
    assert_eq!(voices.judge(SenderId(2), u32::MAX), Heard);
    assert_eq!(voices.judge(SenderId(3), 0), New);
}
