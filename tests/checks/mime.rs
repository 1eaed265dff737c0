//! What is asserted about messages, on any bytes: each function here is a fuzz target, and is replayed over its corpus.
#![allow(
    clippy::collapsible_if,
    clippy::manual_let_else,
    clippy::question_mark,
    dropping_copy_types,
    clippy::drop_non_drop,
    reason = "the checks keep one question to a line"
)]

use plainwire::laws;
use plainwire::mime::mbox::{self, Dialect};
use plainwire::mime::{
    Address, AddressList, Attachment, Builder, Charset, Content, ContentType, DateTime, Disposition, Encoding, Event,
    Form, Limits, Mailbox, Message, MessageId, Offset, Received, Stream, TextDecoder, cid_links, decode_text, flowed,
    safe_file_name,
};
use plainwire::work;

fn lawful(story: Result<impl Sized, laws::Story>) {
    if let Err(story) = story {
        panic!("{story}");
    }
}

/// The laws look at every cut, so they get no more than this.
const JUDGED: usize = 500;

/// What a stream tells of a message: the fields, and the bodies of leaves.
#[derive(Debug, Default, PartialEq)]
struct Told {
    parts: usize,
    fields: Vec<(Vec<u8>, Vec<u8>)>,
    bodies: Vec<(Encoding, Vec<u8>)>,
}

fn streamed(limits: Limits, octets: &[u8], cut: usize) -> Told {
    let mut told = Told::default();
    let mut stream = Stream::new(limits);
    let mut open: Vec<Option<usize>> = Vec::new();
    let (mut at, mut end) = (0, 0);
    while !stream.over() {
        end = (end + cut).min(octets.len());
        if end == octets.len() {
            stream.eof();
        }
        let mut input = &octets[at..end];
        while let Ok(Some(event)) = stream.recv(&mut input) {
            match event {
                Event::Begin => {
                    told.parts += 1;
                    open.push(None);
                }
                Event::Field { name, value } => told.fields.push((name.to_vec(), value.to_vec())),
                Event::Head(head) if head.content == Content::Leaf => {
                    *open.last_mut().unwrap() = Some(told.bodies.len());
                    told.bodies.push((head.encoding, Vec::new()));
                }
                Event::Body(octets) => told.bodies[open.last().unwrap().unwrap()].1.extend_from_slice(octets),
                Event::End => drop(open.pop().unwrap()),
                _ => {}
            }
        }
        at = end - input.len();
    }
    assert!(open.is_empty());
    assert_eq!(at, octets.len());
    told
}

/// The stream keeps the laws, tells the same through every buffer, and says what the tree says.
pub(crate) fn stream(data: &[u8]) {
    let [size, octets @ ..] = data else { return };
    let small = Limits { depth: 4, parts: 9, header: 300, field: 40 + usize::from(*size), parameters: 6 };
    if octets.len() <= JUDGED {
        for ending in [laws::Ending::Eof, laws::Ending::Stays] {
            lawful(laws::judge_decode(|| Stream::new(small), octets, ending));
        }
    }
    for limits in [small, Limits::default()] {
        let whole = streamed(limits, octets, octets.len().max(1));
        assert_eq!(streamed(limits, octets, 1 + usize::from(*size)), whole);
        let message = Message::parse_with(octets, limits);
        let tree = Told {
            parts: message.parts().len(),
            fields: message
                .parts()
                .flat_map(|part| {
                    part.header().iter().map(|field| (field.name().into(), field.raw().to_vec())).collect::<Vec<_>>()
                })
                .collect(),
            bodies: message
                .parts()
                .filter(|part| part.content() == Content::Leaf)
                .map(|part| (part.encoding(), part.raw_body().to_vec()))
                .collect(),
        };
        assert_eq!(tree, whole);
    }
}

/// A tree is whole: parts lie within each other and in order, any part can be put back or replaced, and every value can
/// be read, in linear time.
pub(crate) fn message(data: &[u8]) {
    let limits = Limits { parts: 64, ..Limits::default() };
    let (looked, message) = work::count(|| Message::parse_with(data, limits));
    assert!(looked <= 16 * data.len() as u64 + 512, "{looked} octets looked at of {}", data.len());
    let mut before = 0;
    for part in message.parts() {
        let range = part.range();
        assert!(range.start >= before && range.start <= range.end && range.end <= data.len());
        before = range.start;
        assert!(part.body_offset() >= range.start as u64 && part.body_offset() <= range.end as u64);
        if let Some(parent) = part.parent() {
            assert!(parent.range().start <= range.start && range.end <= parent.range().end, "{part:?} in {parent:?}");
            assert!(parent.children().any(|child| child == part));
        }
        if let Ok(pieces) = part.replaced(part.raw()) {
            assert_eq!(pieces.concat(), data);
        }
        replaced(&message, &part, limits);
        let kind = part.content_type();
        if kind.kind() == "text" {
            assert!(part.text().len() <= 3 * part.body().len() + 8);
        }
        if let Some(name) = part.file_name() {
            assert_eq!(safe_file_name(&safe_file_name(&name)), safe_file_name(&name));
        }
        if let (Some(embedded), Content::Message) = (part.embedded(), part.content()) {
            assert_eq!(&*embedded, part.children().next().map_or(&b""[..], |child| child.raw()));
        }
    }
    for defect in message.examine() {
        assert!(defect.offset <= data.len() as u64);
    }
    let shown = message.text_body().len() + message.html_body().len() + message.attachments().len();
    assert!(shown <= 3 * message.parts().len());
    for part in message.html_body() {
        let html = part.text();
        cid_links(&html).for_each(|link| drop(message.resolve(link)));
    }
    if let Some(report) = message.delivery_report() {
        assert!(report.recipients.len() <= data.len());
    }
}

/// With another part in its place, what was around it is as it was.
fn replaced(message: &Message<'_>, part: &plainwire::mime::Part<'_, '_>, limits: Limits) {
    const NEW: &[u8] = b"Content-Type: text/x-new\r\n\r\nnew";
    let complete = message.defects().is_empty();
    let Ok(pieces) = part.replaced(NEW) else { return };
    let whole = pieces.concat();
    if !complete || part.parent().is_none() {
        return;
    }
    let again = Message::parse_with(&whole, limits);
    let inside = message
        .parts()
        .filter(|other| other.range().start >= part.range().start && other.range().end <= part.range().end);
    let around = |parts: Vec<plainwire::mime::Part<'_, '_>>| -> Vec<(String, Vec<u8>)> {
        parts
            .iter()
            .filter(|other| other.content() == Content::Leaf)
            .map(|other| (other.path(), other.raw_body().to_vec()))
            .filter(|(_, body)| body != b"new")
            .collect()
    };
    let inside: Vec<_> = inside.map(|other| (other.path(), other.range())).collect();
    let kept = message.parts().filter(|other| !inside.contains(&(other.path(), other.range()))).collect();
    assert_eq!(around(again.parts().collect()), around(kept));
}

/// Whatever reads as an address can be written, and is read back the same.
pub(crate) fn address(data: &[u8]) {
    let (looked, list) = work::count(|| AddressList::parse(data));
    assert!(looked <= 40 * data.len() as u64 + 512, "{looked} octets looked at of {}", data.len());
    if !list.defects.is_empty() {
        return;
    }
    let mut builder = Builder::new().from("a@b.example").form(Form::Utf8).fill(moment(0), 0);
    let mut expected = Vec::new();
    for address in &list.addresses {
        let long = address.mailboxes().iter().any(|mailbox| mailbox.address().len() > 900);
        let nobody = address.mailboxes().iter().any(|mailbox| mailbox.domain().is_empty());
        let control = address
            .mailboxes()
            .iter()
            .any(|mailbox| has_control(mailbox.name()) || has_control(Some(mailbox.address())))
            || match address {
                Address::Group(group) => has_control(Some(group.name())) || group.name().is_empty(),
                Address::Mailbox(_) => false,
            };
        if long || nobody || control {
            continue;
        }
        for mailbox in address.mailboxes() {
            assert_eq!(
                Mailbox::new("", mailbox.address()).map(|one| one.address().to_owned()),
                Ok(mailbox.address().to_owned())
            );
            assert_eq!(format!("{}@{}", mailbox.local(), mailbox.domain()), mailbox.address());
        }
        builder = builder.to(address.clone().into_owned());
        expected.push(address.clone());
    }
    let octets = builder.build().expect("addresses that were read").to_vec().expect("in memory");
    let message = Message::parse(&octets);
    assert_eq!(message.header().to().addresses, expected);
    assert!(message.examine().is_empty(), "{:?}", message.examine());
}

fn has_control(text: Option<&str>) -> bool {
    text.is_some_and(|text| text.chars().any(char::is_control))
}

fn moment(seconds: i64) -> DateTime {
    DateTime::from_unix(seconds, Offset::East(0)).expect("a date")
}

/// A date that reads is written so that it reads the same, and lies where the calendar has it.
pub(crate) fn date(data: &[u8]) {
    if let Ok(date) = DateTime::parse(data) {
        assert_eq!(DateTime::parse(date.to_string().as_bytes()), Ok(date));
        if date.second() < 60 {
            assert_eq!(DateTime::from_unix(date.unix(), date.offset()), Ok(date));
        }
        assert_eq!(date.iso_8601().to_string().len(), 25);
    }
    if let Some(seconds) = data.first_chunk().map(|octets| i64::from_le_bytes(*octets) >> 24) {
        if let Ok(date) = DateTime::from_unix(seconds, Offset::Unknown) {
            assert_eq!(date.unix(), seconds);
        }
    }
}

/// Values of header fields: read in linear time, and stable.
pub(crate) fn value(data: &[u8]) {
    let mut defects = Vec::new();
    let (looked, ()) = work::count(|| {
        drop(ContentType::parse_with(data, 16, &mut defects));
        drop(Disposition::parse_with(data, 16, &mut defects));
        drop(MessageId::list(data));
        drop(Received::parse(data));
        drop(decode_text(data));
    });
    assert!(looked <= 60 * data.len() as u64 + 512, "{looked} octets looked at of {}", data.len());
    let text = decode_text(data);
    assert!(text.len() <= 3 * data.len() + 8);
    for id in MessageId::list(data) {
        assert!(!id.as_str().is_empty() && !id.as_str().contains(['<', '>']) || id.as_str().contains('<'));
        assert_eq!(MessageId::list(id.to_string().as_bytes()), [id]);
    }
    if let Ok(text) = std::str::from_utf8(data) {
        let name = safe_file_name(text);
        assert!(!name.is_empty() && name.len() <= 216 && !name.contains(['/', '\\', '\0', '\r', '\n']));
        assert_eq!(safe_file_name(&name), name);
        flowing(text);
    }
}

/// What is written as flowed text reads back.
fn flowing(text: &str) {
    let paragraphs: Vec<_> = flowed::read(text, false).collect();
    let written = flowed::write(paragraphs.iter().map(|one| (one.quoted, &*one.text)), 40);
    let again: Vec<_> = flowed::read(&written, false).collect();
    let trimmed: Vec<_> = paragraphs
        .iter()
        .map(|one| {
            (one.quoted, if one.text == "-- " { "-- " } else { one.text.trim_end_matches(' ') }.replace('\r', ""))
        })
        .collect();
    // Lone carriage returns are no line breaks, and no text either.
    let read: Vec<_> = again.iter().map(|one| (one.quoted, one.text.replace('\r', ""))).collect();
    if !text.contains('\r') {
        assert_eq!(read, trimmed);
    }
}

/// Bodies: decoded the same through every cut, text too.
pub(crate) fn body(data: &[u8]) {
    let [which, cut, octets @ ..] = data else { return };
    let encoding =
        [Encoding::Base64, Encoding::QuotedPrintable, Encoding::Uuencode, Encoding::EightBit][usize::from(*which) % 4];
    let decoded = |size: usize| {
        let mut decoder = encoding.decoder();
        let mut out = Vec::new();
        octets.chunks(size).for_each(|piece| decoder.decode(piece, &mut out));
        decoder.finish(&mut out);
        (out, decoder.defects().to_vec())
    };
    let whole = decoded(octets.len().max(1));
    assert_eq!(decoded(1), whole);
    assert_eq!(decoded(1 + usize::from(*cut)), whole);
    for label in ["utf-8", "utf-7", "iso-2022-jp", "gb18030", "windows-1252", "utf-16le"] {
        let charset = Charset::named(label.as_bytes()).expect("a charset");
        let mut decoder = TextDecoder::new(Some(charset));
        let mut text = String::new();
        octets.chunks(1 + usize::from(*cut)).for_each(|piece| decoder.decode(piece, &mut text));
        let clean = decoder.finish(&mut text);
        let (expected, bad) = charset.decode(octets);
        assert_eq!((clean, &*text), (bad.is_none(), &*expected), "{label}");
        assert!(bad.is_none_or(|bad| bad <= octets.len()));
    }
}

/// What is put into a message is read out of it.
pub(crate) fn build(data: &[u8]) {
    let mut pieces = data.splitn(5, |octet| *octet == 0xff);
    let mut next = || pieces.next().unwrap_or_default();
    let plan = next();
    let (subject, name, file, octets) = (lossy(next()), lossy(next()), lossy(next()), next().to_vec());
    let plan = plan.first().copied().unwrap_or_default();
    let form = [Form::SevenBit, Form::EightBit, Form::Utf8][usize::from(plan) % 3];
    let kind = ["application/octet-stream", "text/plain", "image/png"][usize::from(plan >> 2) % 3];
    let text = lossy(&octets).replace('\r', "");
    let builder = Builder::new()
        .from("a@b.example")
        .to((name.as_str(), "c@d.example"))
        .subject(subject.clone())
        .header("X-Fuzz", subject.clone())
        .form(form)
        .fill(moment(i64::from(plan) << 20), u64::from(plan));
    let file_part = Attachment::new(file.clone(), octets.clone()).with_type(kind).with_description(name.clone());
    let builder = match plan >> 4 & 3 {
        0 => builder.content(file_part.into()),
        1 => builder.text(text.clone()).attach(file_part),
        2 => builder.text(text.clone()).html(text.clone()).inline(file_part.with_content_id("x@y")),
        _ => builder.html(text.clone()).attach(Attachment::message(octets.clone())),
    };
    let forged = |text: &str| text.chars().any(char::is_control);
    let mut draft = match builder.build() {
        Ok(draft) => draft,
        Err(_) => {
            let message = plan >> 4 & 3 == 3;
            let tab = |text: &str| text.chars().any(|character| character.is_control() && character != '\t');
            assert!(message || forged(&name) || forged(&file) || tab(&subject), "refused without a reason");
            return;
        }
    };
    let len = draft.len().expect("everything is in memory");
    let whole = draft.to_vec().expect("in memory");
    assert_eq!(whole.len() as u64, len);
    for line in whole.split_inclusive(|octet| *octet == b'\n') {
        assert!(line.ends_with(b"\r\n") && line.len() <= 1000);
        assert!(!line[..line.len() - 2].contains(&b'\r'), "a bare CR");
    }
    assert!(form != Form::SevenBit || whole.is_ascii());
    let message = Message::parse(&whole);
    // What is embedded has defects of its own.
    assert!(plan >> 4 & 3 == 3 || message.defects().is_empty(), "{:?}", message.defects());
    let header = message.header();
    assert_eq!(header.subject().as_deref().unwrap_or_default(), subject);
    assert_eq!(header.text("x-fuzz").as_deref().unwrap_or_default(), subject);
    let to = header.to();
    assert_eq!(to.addresses.len(), 1);
    let read = &to.addresses[0].mailboxes()[0];
    assert_eq!((read.name().unwrap_or_default(), read.address()), (name.as_str(), "c@d.example"));
    let lines = text.replace('\n', "\r\n");
    let part = match plan >> 4 & 3 {
        0 => message.root(),
        1 => message.part("2").expect("the file"),
        2 => message.by_content_id("x@y").expect("the image"),
        _ => {
            assert_eq!(message.part("1").expect("the HTML").text(), lines);
            let embedded = message.root().children().nth(1).expect("the message").embedded().expect("octets");
            assert_eq!(&*embedded, lossless_lines(&octets));
            return;
        }
    };
    assert_eq!(part.file_name().unwrap_or_default(), file);
    assert_eq!(&*part.body(), &octets);
    match plan >> 4 & 3 {
        1 => assert_eq!(message.part("1").expect("the text").text(), lines),
        2 => assert_eq!(message.html_body()[0].text(), lines),
        _ => {}
    }
}

fn lossy(octets: &[u8]) -> String {
    String::from_utf8_lossy(octets).into_owned()
}

fn lossless_lines(octets: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for (i, octet) in octets.iter().enumerate() {
        if *octet == b'\n' && (i == 0 || octets[i - 1] != b'\r') {
            out.push(b'\r');
        }
        out.push(*octet);
    }
    out
}

/// mbox: the laws, and messages that come back from a file.
pub(crate) fn mbox(data: &[u8]) {
    let [which, octets @ ..] = data else { return };
    let dialect = [Dialect::Rd, Dialect::O, Dialect::Cl, Dialect::Cl2][usize::from(*which) % 4];
    if octets.len() <= JUDGED {
        for ending in [laws::Ending::Eof, laws::Ending::Stays] {
            lawful(laws::judge_decode(|| mbox::Reader::new(dialect), octets, ending));
        }
    }
    let (mut file, mut writer) = (Vec::new(), mbox::Writer::new());
    let texts: Vec<&[u8]> = octets.split(|octet| *octet == 0).collect();
    for text in &texts {
        writer.begin("a@b.example", moment(0), &mut file).expect("a sender");
        text.chunks(1 + usize::from(*which >> 2)).for_each(|piece| writer.write(piece, &mut file));
        writer.end(&mut file);
    }
    let mut reader = mbox::Reader::new(Dialect::Rd);
    reader.eof();
    let (mut input, mut read) = (&file[..], Vec::new());
    while let Ok(Some(event)) = reader.recv(&mut input) {
        match event {
            mbox::Event::Begin(_) => read.push(Vec::new()),
            mbox::Event::Data(octets) => read.last_mut().expect("it began").extend_from_slice(octets),
            mbox::Event::End => {}
        }
    }
    let expected: Vec<Vec<u8>> = texts
        .iter()
        .map(|text| {
            let mut text = lines_of_lf(text);
            if !text.is_empty() && !text.ends_with(b"\n") {
                text.push(b'\n');
            }
            text
        })
        .collect();
    assert_eq!(read, expected);
}

fn lines_of_lf(text: &[u8]) -> Vec<u8> {
    let cr = |i: usize| text[i] == b'\r' && text.get(i + 1) == Some(&b'\n');
    (0..text.len()).filter(|i| !cr(*i)).map(|i| text[i]).collect()
}
