use crate::mime::{
    Attachment, Builder, Content, DateTime, DefectKind, Entity, Form, Group, IoSink, Mailbox, Message, MessageId,
    Misuse, WriteError,
};
use proptest::prelude::*;
use std::string::{String, ToString};
use std::vec::Vec;

fn now() -> DateTime {
    DateTime::parse(b"Fri, 21 Nov 1997 09:55:06 -0600").expect("a date")
}

fn begun() -> Builder {
    Builder::new().from("Ann <ann@example.org>").to("bob@example.org").fill(now(), 7)
}

fn written(builder: Builder) -> Vec<u8> {
    let mut draft = builder.build().expect("a message to write");
    let len = draft.len();
    let octets = draft.to_vec().expect("in memory");
    if let Some(len) = len {
        assert_eq!(octets.len() as u64, len);
    }
    assert!(octets.ends_with(b"\r\n"));
    for line in octets.split_inclusive(|octet| *octet == b'\n') {
        assert!(line.ends_with(b"\r\n") && !line[..line.len() - 2].contains(&b'\r'), "{}", line.escape_ascii());
        assert!(line.len() <= 1000);
    }
    octets
}

#[test]
fn a_message_as_it_stands() {
    let octets = written(begun().subject("Hello").text("Hi,\n.\nFrom here\n"));
    assert_eq!(
        String::from_utf8(octets).expect("ASCII"),
        "From: Ann <ann@example.org>\r\nTo: bob@example.org\r\nSubject: Hello\r\nDate: Fri, 21 Nov 1997 09:55:06 -0600\r\n\
         Message-ID: <880127706.0000000000000007@example.org>\r\nMIME-Version: 1.0\r\n\
         Content-Type: text/plain; charset=us-ascii\r\n\r\nHi,\r\n.\r\nFrom here\r\n"
    );
}

#[test]
fn the_tree_is_that_of_every_mail_program() {
    let octets = written(
        begun()
            .text("text")
            .html("<img src=\"cid:logo@x\">")
            .inline(Attachment::new("logo.png", &b"\x89PNG"[..]).with_content_id("logo@x"))
            .attach(Attachment::new("Größe für Jörg.pdf", &b"%PDF"[..]))
            .attach(Attachment::message(&b"Subject: in\n\nbody\n"[..])),
    );
    let message = Message::parse(&octets);
    assert!(message.examine().is_empty(), "{:?}", message.examine());
    let tree: Vec<_> = message.parts().map(|part| (part.path(), part.content_type().essence().to_string())).collect();
    let expected = [
        ("", "multipart/mixed"),
        ("1", "multipart/alternative"),
        ("1.1", "text/plain"),
        ("1.2", "multipart/related"),
        ("1.2.1", "text/html"),
        ("1.2.2", "image/png"),
        ("2", "application/pdf"),
        ("3", "message/rfc822"),
        ("3.1", "text/plain"),
    ];
    assert_eq!(tree, expected.map(|(path, kind)| (path.to_string(), kind.to_string())));
    let file = message.part("2").expect("the file");
    assert_eq!((file.file_name().as_deref(), &*file.body()), (Some("Größe für Jörg.pdf"), &b"%PDF"[..]));
    assert_eq!(message.resolve("cid:logo@x").expect("the image").body(), &b"\x89PNG"[..]);
    assert_eq!(
        message.part("3").expect("the message").embedded().as_deref(),
        Some(&b"Subject: in\r\n\r\nbody\r\n"[..])
    );
    assert_eq!(message.part("1.2").expect("related").content_type().parameter("type"), Some("text/html"));
}

#[test]
fn text_gets_the_encoding_that_it_needs() {
    let accents = "ä".repeat(100);
    let long = "x".repeat(2000);
    for (text, form, encoding) in [
        ("plain\n", Form::SevenBit, "7bit"),
        ("Grüße aus Köln und noch viel mehr Text\n", Form::SevenBit, "quoted-printable"),
        (accents.as_str(), Form::SevenBit, "base64"),
        (accents.as_str(), Form::EightBit, "8bit"),
        (long.as_str(), Form::Utf8, "quoted-printable"),
        ("some words and a\rb\n", Form::SevenBit, "quoted-printable"),
        ("some words and a\0b\n", Form::SevenBit, "quoted-printable"),
        ("no line break", Form::SevenBit, "7bit"),
        ("kein Zeilenende, und ein ö in dem ganzen Satz", Form::SevenBit, "quoted-printable"),
    ] {
        let octets = written(begun().text(text).form(form));
        let message = Message::parse(&octets);
        assert_eq!(message.root().encoding().as_str(), encoding, "{text}");
        let read = message.root().text().into_owned();
        let expected = text.replace('\n', "\r\n");
        assert!(read == expected || read == expected + "\r\n", "{text}");
    }
}

#[test]
fn every_line_is_folded_and_every_word_whole() {
    let long = "Grüße ".repeat(60);
    let octets = written(
        begun()
            .subject(long.trim())
            .to(("Ünïcödé ".repeat(12).trim(), "long@example.org"))
            .to(Group::new(
                "Freunde: alle, und \"mehr\"",
                (0..30)
                    .map(|n| Mailbox::new("A B. C", &std::format!("friend{n}@example.org")).expect("a mailbox"))
                    .collect(),
            )
            .expect("a group"))
            .header("X-Long", "word ".repeat(100).trim())
            .header("X-Endless", "y".repeat(2000))
            .reference(MessageId::new("a@b").expect("an identifier"))
            .text("x"),
    );
    let head = &octets[..memchr::memmem::find(&octets, b"\r\n\r\n").expect("an empty line")];
    for line in head.split(|octet| *octet == b'\n') {
        assert!(line.len() <= 79, "{}", line.escape_ascii());
        assert!(!line.trim_ascii().is_empty());
    }
    let message = Message::parse(&octets);
    assert!(message.examine().is_empty(), "{:?}", message.examine());
    assert_eq!(message.header().subject().as_deref(), Some(long.trim()));
    assert_eq!(message.header().text("x-long").as_deref(), Some("word ".repeat(100).trim()));
    assert_eq!(message.header().text("x-endless").expect("the field"), "y".repeat(2000));
    let to = message.header().to();
    assert_eq!(to.addresses[1].mailboxes()[0].name(), Some("Ünïcödé ".repeat(12).trim()));
    assert_eq!((to.mailboxes().count(), to.addresses[2].mailboxes()[29].name()), (32, Some("A B. C")));
}

#[test]
fn nothing_is_forged() {
    let value = "x\r\nBcc: evil@example.org";
    let misuses = [
        begun().subject(value).build().err(),
        begun().header("X-A", value).build().err(),
        begun().header("X-A\r\nBcc", "x").build().err(),
        begun().header("Bcc", "x").build().err(),
        begun().header("Content-Type", "x").build().err(),
        begun().to((value, "a@b")).build().err(),
        begun().to(("x", "a@b\r\nBcc: c@d")).build().err(),
        begun().to("=?utf-8?q?x=0D=0ABcc:_c?= <a@b>").build().err(),
        begun().attach(Attachment::new(value, &b""[..])).build().err(),
        begun().attach(Attachment::new("a", &b""[..]).with_type("text/plain\r\nX: y")).build().err(),
        begun().attach(Attachment::new("a", &b""[..]).with_type("multipart/mixed")).build().err(),
        begun().attach(Attachment::new("a", &b""[..]).with_type("message/rfc822")).build().err(),
        begun().attach(Attachment::new("a", &b""[..]).with_content_id(value)).build().err(),
        begun().attach(Attachment::new("a", &b""[..]).with_description(value)).build().err(),
        begun().attach(Attachment::message(&b"A: b\rc\n\n"[..])).build().err(),
        begun().attach(Attachment::message("Ä: b\n\n".as_bytes())).build().err(),
        begun().content(Entity::text("x").with_parameter("charset", value)).build().err(),
        begun().content(Entity::multipart("mixed\r\nX", std::vec![Entity::text("")])).build().err(),
        begun().content(Entity::multipart("mixed", std::vec![])).build().err(),
        begun().content(Entity::text_of("image/png", "x")).build().err(),
        Builder::new().from("a@b").build().err(),
        Builder::new().date(now()).build().err(),
        Builder::new().date(now()).from("a@b").from("c@d").build().err(),
        begun().to("jörg@example.org").build().err(),
        begun().bcc("jörg@example.org").build().err(),
        begun().sender(Group::undisclosed()).build().err(),
    ];
    for (i, misuse) in misuses.iter().enumerate() {
        assert!(misuse.is_some(), "{i} was written");
    }
    assert_eq!(misuses[20], Some(Misuse::Missing("Date")));
    assert!(begun().to("jörg@example.org").form(Form::Utf8).build().is_ok());
}

#[test]
fn bcc_is_in_the_envelope_alone() {
    let mut draft = begun().cc("bob@example.org").bcc("eve@example.org").text("x").build().expect("a message");
    let recipients: Vec<_> = draft.recipients().iter().map(|mailbox| mailbox.address().to_string()).collect();
    assert_eq!(recipients, ["bob@example.org", "eve@example.org"]);
    assert_eq!(draft.sender().address(), "ann@example.org");
    assert!(!String::from_utf8(draft.to_vec().expect("in memory")).expect("ASCII").contains("eve"));
}

#[test]
fn a_boundary_never_occurs_in_a_text() {
    let plain = written(begun().text("x").attach(Attachment::new("a.bin", &b"1"[..])));
    let boundary = Message::parse(&plain).root().content_type().parameter("boundary").expect("a boundary").to_string();
    let octets = written(
        begun().text(std::format!("--{boundary}\n--{boundary}--\n")).attach(Attachment::new("a.bin", &b"1"[..])),
    );
    let message = Message::parse(&octets);
    assert_ne!(message.root().content_type().parameter("boundary"), Some(boundary.as_str()));
    assert_eq!(message.part("1").expect("the text").text(), std::format!("--{boundary}\r\n--{boundary}--\r\n"));
    assert_eq!(message.root().children().count(), 2);
}

#[test]
fn readers_are_read_in_pieces() {
    struct Endless(u64);
    impl std::io::Read for Endless {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            let some = buffer.len().min(777).min(usize::try_from(self.0).unwrap_or(usize::MAX));
            self.0 -= some as u64;
            buffer[..some].fill(b'z');
            Ok(some)
        }
    }
    let len = 3_000_001;
    let builder = begun().text("x").attach(Attachment::from_reader("z.bin", Endless(len)).with_len(len));
    let mut draft = builder.build().expect("a message");
    let expected = draft.len().expect("a length");
    let mut piece = Vec::new();
    let (mut all, mut most) = (Vec::new(), 0);
    while draft.piece(&mut piece).expect("a piece") {
        most = most.max(piece.len());
        all.append(&mut piece);
    }
    assert!(most < 100_000);
    assert_eq!(all.len() as u64, expected);
    assert_eq!(Message::parse(&all).attachments()[0].body().len() as u64, len);

    struct Broken;
    impl std::io::Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(std::io::Error::other("gone"))
        }
    }
    let mut draft = begun().attach(Attachment::from_reader("z", Broken)).build().expect("a message");
    assert_eq!(draft.len(), None);
    assert!(matches!(draft.write(&mut IoSink(Vec::new())), Err(WriteError::Source(_))));
}

#[test]
fn a_draft_is_written_again() {
    use std::io::{Cursor, Read as _, Seek as _, SeekFrom};
    let octets: Vec<u8> = (0..=255).cycle().take(200_000).collect();
    let file = || {
        let mut file = Cursor::new([b"skipped", &octets[..]].concat());
        file.set_position(7);
        Attachment::from_file("file.bin", file).expect("a file")
    };
    let draft = |file| {
        let builder = begun().text("Grüße").attach(file).attach(Attachment::new("b.bin", octets[..90_000].to_vec()));
        builder.build().expect("a message")
    };
    let mut twice = draft(file());
    assert!(twice.rewinds());
    let len = twice.len();
    let first = twice.to_vec().expect("written");
    assert_eq!(Some(first.len() as u64), len);
    assert_eq!(&Message::parse(&first).attachments()[0].body()[..], &octets[..]);
    assert!(twice.is_empty() && twice.to_vec().expect("nothing is left").is_empty());
    twice.rewind().expect("back at the front");
    assert_eq!((twice.len(), twice.is_empty()), (len, false));
    // In the middle of each of its attachments, too.
    for pieces in 0..8 {
        let mut begun = Vec::new();
        for _ in 0..pieces {
            twice.piece(&mut begun).expect("a piece");
        }
        assert!(first.starts_with(&begun));
        let mut all = Vec::new();
        twice.reader().expect("from its front").read_to_end(&mut all).expect("read");
        assert_eq!(all, first);
        twice.rewind().expect("back at the front");
    }
    let mut reader = twice.reader().expect("a reader");
    for place in [0, 1, 100_000, 99_999, first.len(), first.len() - 1, 77] {
        assert_eq!(reader.seek(SeekFrom::Start(place as u64)).expect("a place"), place as u64);
        let mut some = Vec::new();
        reader.by_ref().take(1000).read_to_end(&mut some).expect("read");
        assert_eq!(some, first[place..first.len().min(place + 1000)]);
    }
    assert_eq!(reader.seek(SeekFrom::Current(-7)).expect("back"), 1070);
    assert_eq!(reader.seek(SeekFrom::Start(u64::MAX)).expect("its end"), first.len() as u64);
    assert!(reader.seek(SeekFrom::Current(i64::MIN)).is_err() && reader.seek(SeekFrom::End(0)).is_err());

    let mut once = draft(Attachment::from_reader("file.bin", Cursor::new(octets.clone())));
    assert!(!once.rewinds());
    assert_eq!(once.reader().expect("nothing was taken").seek(SeekFrom::Start(3)).expect("ahead"), 3);
    assert!(once.rewind().is_err() && once.reader().is_err());
}

#[test]
fn known_types_are_sorted() {
    assert!(crate::mime::build::known_types().is_sorted_by(|a, b| a.0 < b.0));
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ -~]{0,120}",
        "[ a-zäöü=?_\"\\\\(),.@<>\u{1f600}漢字]{0,100}",
        "[ab ]{0,10}( {0,80}[a-z]{0,90}){0,4}",
        "\\PC{0,60}"
    ]
}

fn any_octets() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..300),
        "([ -~]{0,90}\r\n){0,5}[ -~]{0,40}".prop_map(String::into_bytes),
        "([ -~]{0,90}\n){0,5}".prop_map(String::into_bytes),
        "(--=_[0-9a-f]{0,16}|é|=|\r|\n| ){0,40}".prop_map(String::into_bytes),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn what_is_put_in_is_read_out(
        subject in any_text(),
        name in any_text(),
        file in any_text(),
        text in "([ -~äöü漢.]{0,100}\n){0,6}",
        octets in any_octets(),
        kind in prop_oneof![Just("text/plain"), Just("application/octet-stream"), Just("image/png")],
        form in prop_oneof![Just(Form::SevenBit), Just(Form::EightBit), Just(Form::Utf8)],
        alone: bool,
    ) {
        let attachment = Attachment::new(file.clone(), octets.clone()).with_type(kind);
        let mut builder = begun().to((name.as_str(), "x@example.org")).subject(subject.clone()).form(form);
        builder = if alone { builder.content(attachment.into()) } else { builder.text(text.clone()).attach(attachment) };
        let written = written(builder);
        if form == Form::SevenBit {
            prop_assert!(written.is_ascii());
        }
        let message = Message::parse(&written);
        // Octets that someone calls text need not be text.
        let defects = message.examine().into_iter().filter(|defect| defect.kind != DefectKind::InvalidCharset).collect::<Vec<_>>();
        prop_assert_eq!(defects, []);
        prop_assert_eq!(&*message.header().subject().unwrap_or_default(), subject.as_str());
        let to = message.header().to();
        let read = to.addresses[1].mailboxes()[0].name().unwrap_or_default();
        prop_assert_eq!(read, &name);
        let part = if alone { message.root() } else { message.part("2").expect("the attachment") };
        prop_assert_eq!(part.content(), Content::Leaf);
        prop_assert_eq!(part.file_name().unwrap_or_default(), file);
        prop_assert_eq!(&*part.body(), &octets);
        if !alone {
            prop_assert_eq!(message.part("1").expect("the text").text(), text.replace('\n', "\r\n"));
        }
        let again = Message::parse(&written);
        prop_assert_eq!(again.raw(), &written);
    }
}

/// Whatever is given where, a header has the fields that it was meant to have, or there is no message.
#[test]
fn nothing_that_was_read_or_named_can_add_a_line() {
    let read = |field: &str| Message::parse(field.as_bytes()).header().from().addresses[0].clone().into_owned();
    // The display name spells a line break.
    let forged = read("From: =?utf-8?q?a=0D=0ABcc:_x=40y.z?= <a@b.c>\r\n\r\n");
    assert_eq!(begun().cc(forged.clone()).build().unwrap_err(), Misuse::Mailbox(crate::mime::InvalidMailbox::Name));
    assert!(begun().bcc(forged).build().is_err());
    let group = read("From: =?utf-8?q?a=0AX:_y?=: a@b.c;\r\n\r\n");
    assert!(begun().to(group).build().is_err());
    // No domain, dots where none may be, an octet that some take for a line break, more than a line.
    for address in ["root", "a..b@c", "a\u{85}b@c.d", &std::format!("{}@c.d", "x".repeat(1000))] {
        let address = read(&std::format!("From: {address}\r\n\r\n"));
        assert!(begun().form(Form::Utf8).to(address).build().is_err());
    }
    assert!(begun().to(std::format!("{}@c.d", "x".repeat(1000))).build().is_err());
    // Identifiers.
    let odd = Message::parse("Message-ID: <a b=?c>\r\nReferences: <ö@x>\r\n\r\n".as_bytes());
    let id = odd.header().message_id().expect("an identifier").into_owned();
    assert_eq!(begun().in_reply_to(id).build().unwrap_err(), Misuse::MessageId);
    let id = odd.header().references()[0].clone().into_owned();
    assert_eq!(begun().reference(id.clone()).build().unwrap_err(), Misuse::NeedsUtf8);
    assert!(begun().reference(id).form(Form::Utf8).build().is_ok());
    assert!(MessageId::new("a@[x><b@c]").is_err() && MessageId::new("a\u{85}@b").is_err());
}

#[test]
fn parameters_are_checked_by_name() {
    let parameter = |name: &'static str| begun().content(Entity::text("x").with_parameter(name, "v")).build();
    assert!(parameter("x-a").is_ok());
    let long: &'static str = std::string::String::leak("x".repeat(200));
    for name in ["", "a b", "a\r\nBcc: x", "a=b", "a*", "a*0", "a'b", "a;b", "ä", long] {
        assert_eq!(parameter(name).unwrap_err(), Misuse::Parameter(name.to_string()), "{name}");
    }
    let twice = Entity::text("x").with_parameter("a", "1").with_parameter("A", "2");
    assert_eq!(begun().content(twice).build().unwrap_err(), Misuse::Parameter("A".to_string()));
    let named = Entity::from(Attachment::new("a.png", "x")).with_parameter("name", "b.png");
    assert_eq!(begun().content(named).build().unwrap_err(), Misuse::Parameter("name".to_string()));
    let related = Entity::multipart("related", std::vec![Entity::html("x")]).with_parameter("type", "text/html");
    assert!(begun().content(related).build().is_ok());
    // A type that fills a line.
    let long = std::format!("text/{}", "x".repeat(1000));
    assert!(begun().content(Entity::text_of(long.clone(), "x")).build().is_err());
    assert!(begun().attach(Attachment::new("a", "x").with_type(long)).build().is_err());
    assert!(begun().content(Entity::multipart("x".repeat(1000), std::vec![Entity::text("")])).build().is_err());
}

#[test]
fn text_says_its_charset() {
    let charset = |entity: Entity| {
        let octets = written(begun().content(Entity::multipart("mixed", std::vec![entity])));
        let message = Message::parse(&octets);
        let part = message.part("1").expect("the part");
        (part.content_type().charset().map(ToString::to_string), part.text().into_owned())
    };
    let is = |charset: &str, text: &str| (Some(charset.to_string()), text.to_string());
    let file = |octets: Vec<u8>| Entity::from(Attachment::new("a.txt", octets));
    assert_eq!(charset(file("Grüße\r\n".into())), is("utf-8", "Grüße\r\n"));
    assert_eq!(charset(file("Grusz\n".into())), is("us-ascii", "Grusz\n"));
    // However long it is, and whatever else is said of it.
    let long = "é\r\n".repeat(1 << 19);
    assert_eq!(charset(file(long.clone().into())), is("utf-8", &long));
    assert_eq!(charset(file("ö".into()).with_parameter("x-a", "b")), is("utf-8", "ö"));
    let latin = Attachment::new("a.txt", &b"Gr\xfc\xdfe\r\n"[..]).with_charset("iso-8859-1");
    assert_eq!(charset(latin.into()), is("iso-8859-1", "Grüße\r\n"));
    let read = Attachment::from_reader("a.txt", "Grüße".as_bytes()).with_charset("utf-8");
    assert_eq!(charset(read.into()), is("utf-8", "Grüße"));
    // Octets that are no UTF-8 are of a charset that nobody named.
    assert_eq!(charset(file(b"\xff\xfe".to_vec())).0, None);
    // Our own text is UTF-8, and does not go under another name.
    let named = |name: &str, text: &str| begun().content(Entity::text(text).with_parameter("charset", name)).build();
    assert!(named("UTF-8", "ö").is_ok() && named("iso-8859-1", "o").is_ok());
    for (name, text) in [("iso-8859-1", "ö"), ("utf-16", "o"), ("utf-7", "+"), ("x-what", "o"), ("us-ascii", "ö")] {
        assert!(named(name, text).is_err(), "{name}");
    }
}
