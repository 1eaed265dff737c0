//! Mail: small real messages parsed and read, a large attachment decoded, deep nesting, messages written.
//!
//! The messages are those that the crate mail-parser ships. Both sides parse a message and then deliver, as text: subject,
//! the names and addresses of from, to and cc, date, message id, and of every leaf its subtype, its file name and its
//! whole body, decoded from its transfer encoding, and for text from its charset. `structure` parses and delivers nothing.
//! Each side is used as its documentation shows, with its defaults, and does what it does when it likes: mail-parser
//! reads all fields of all parts while it parses (0.11 decodes the bodies then, too), mailparse and plainwire read what
//! is asked for. What a side leaves out is not made up for, and none of it is to our gain: no peer decodes uuencode, and
//! mailparse hands an embedded message over as it stands where the others open it. All three borrow where they can.
//!
//! The peer `mail-parser` is the newest release that builds with our own compiler. The feature `mail-parser-1` adds
//! 1.x, which asks for a newer one than it needs: `cargo run --release --ignore-rust-version --features mail-parser-1`.

use crate::measure::Bench;
use plainwire::mime::{Attachment, Builder, Content, DateTime, Encoding, Event, Limits, Message, Stream};
use std::hint::black_box;
use std::path::{Path, PathBuf};

pub fn run(bench: &mut Bench) {
    let small = small_messages();
    if small.is_empty() {
        eprintln!("mime: no messages of the crate mail-parser in the registry: the cases `small` are SKIPPED");
    } else {
        let octets: usize = small.iter().map(Vec::len).sum();
        eprintln!("mime: {} messages, {octets} octets", small.len());
        reading(bench, "small", &small);
    }
    reading(bench, "large header", &[large_header()]);
    let attachment = attachment();
    decoding(bench, &attachment);
    for depth in [64, 1000] {
        let deep = nested(depth);
        let case = format!("nested {depth}");
        bench.pair(&case, "mail-parser", 1, || ours_shape(&deep), || peer::shape(&deep));
        #[cfg(feature = "mail-parser-1")]
        bench.pair(&case, "mail-parser 1", 1, || ours_shape(&deep), || peer1::shape(&deep));
        if depth == 64 {
            bench.pair(&case, "mailparse", 1, || ours_shape(&deep), || mailparse::parse_mail(&deep).is_ok());
        }
    }
    building(bench);
}

fn reading(bench: &mut Bench, case: &str, messages: &[Vec<u8>]) {
    let units = messages.len() as u64;
    let each = |read: fn(&[u8]) -> usize| move || messages.iter().map(|message| read(message)).sum::<usize>();
    bench.pair(case, "mail-parser", units, each(ours), each(peer::read));
    #[cfg(feature = "mail-parser-1")]
    bench.pair(case, "mail-parser 1", units, each(ours), each(peer1::read));
    bench.pair(case, "mailparse", units, each(ours), each(other::read));
    let structure = format!("{case}, structure");
    bench.pair(&structure, "mail-parser", units, each(ours_shape), each(peer::shape));
    #[cfg(feature = "mail-parser-1")]
    bench.pair(&structure, "mail-parser 1", units, each(ours_shape), each(peer1::shape));
}

fn decoding(bench: &mut Bench, message: &[u8]) {
    let ours = || Message::parse(message).attachments()[0].body().len();
    assert_eq!(ours(), LARGE);
    assert_eq!(streamed(message), LARGE);
    bench.pair("25 MB base64, decoded", "mail-parser", 1, ours, || peer::attachment(message));
    #[cfg(feature = "mail-parser-1")]
    bench.pair("25 MB base64, decoded", "mail-parser 1", 1, ours, || peer1::attachment(message));
    bench.pair("25 MB base64, decoded", "mailparse", 1, ours, || other::attachment(message));
    bench.pair("25 MB base64, streamed", "mail-parser", 1, || streamed(message), || peer::attachment(message));
    #[cfg(feature = "mail-parser-1")]
    bench.pair("25 MB base64, streamed", "mail-parser 1", 1, || streamed(message), || peer1::attachment(message));
}

fn building(bench: &mut Bench) {
    let now = DateTime::parse(b"Fri, 21 Nov 1997 09:55:06 -0600").expect("a date");
    let octets: bytes::Bytes = noise(10_000_000).into();
    for (case, octets) in [("build, 10 MB", octets.clone()), ("build, 100 B", octets.slice(..100))] {
        let ours = || {
            Builder::new()
                .from(("Ann", "ann@example.org"))
                .to(("Bob", "bob@example.org"))
                .subject("Hello, world")
                .text("Here it is.\n")
                .attach(Attachment::new("a.bin", octets.clone()))
                .fill(now, 1)
                .build()
                .expect("a message")
                .to_vec()
                .expect("octets")
        };
        let builder = || {
            mail_builder::MessageBuilder::new()
                .from(("Ann", "ann@example.org"))
                .to(("Bob", "bob@example.org"))
                .subject("Hello, world")
                .date(880_127_706_i64)
                .message_id("1@example.org")
                .text_body("Here it is.\n")
                .attachment("application/octet-stream", "a.bin", &octets[..])
                .write_to_vec()
                .expect("a message")
        };
        let lettre = || {
            use lettre::message::{MultiPart, SinglePart, header::ContentType};
            let kind = ContentType::parse("application/octet-stream").expect("a type");
            lettre::Message::builder()
                .from("Ann <ann@example.org>".parse().expect("a mailbox"))
                .to("Bob <bob@example.org>".parse().expect("a mailbox"))
                .subject("Hello, world")
                .multipart(
                    MultiPart::mixed()
                        .singlepart(SinglePart::plain("Here it is.\n".to_string()))
                        .singlepart(lettre::message::Attachment::new("a.bin".into()).body(octets.to_vec(), kind)),
                )
                .expect("a message")
                .formatted()
        };
        bench.pair(case, "mail-builder", 1, ours, builder);
        bench.pair(case, "lettre", 1, ours, lettre);
    }
}

/// What is asked of every message, as a sum of lengths.
fn ours(octets: &[u8]) -> usize {
    let message = Message::parse(octets);
    let header = message.header();
    let mut sum = header.subject().map_or(0, |subject| subject.len());
    for list in [header.from(), header.to(), header.cc()] {
        for mailbox in list.mailboxes() {
            sum += mailbox.name().map_or(0, str::len) + mailbox.address().len();
        }
    }
    sum += header.date().map_or(0, |date| usize::from(date.day()));
    sum += header.message_id().map_or(0, |id| id.as_str().len());
    for part in message.parts().filter(|part| part.content() == Content::Leaf) {
        let kind = part.media_type();
        sum += kind.subtype().len() + part.file_name().map_or(0, |name| name.len());
        sum += if kind.kind() == "text" { part.text().len() } else { part.body().len() };
    }
    black_box(sum)
}

fn ours_shape(octets: &[u8]) -> usize {
    Message::parse(octets).parts().count()
}

fn streamed(octets: &[u8]) -> usize {
    let mut stream = Stream::new(Limits::default());
    let (mut decoder, mut decoded, mut len) = (Encoding::SevenBit.decoder(), Vec::new(), 0);
    // As it comes off a socket: 64 KiB at a time, in one buffer.
    let mut buffer: Vec<u8> = Vec::with_capacity(1 << 16);
    let mut rest = octets;
    loop {
        let step = rest.len().min((1 << 16) - buffer.len());
        buffer.extend_from_slice(&rest[..step]);
        rest = &rest[step..];
        if rest.is_empty() {
            stream.eof();
        }
        let mut input = &buffer[..];
        while let Ok(Some(event)) = stream.recv(&mut input) {
            match event {
                Event::Head(head) => (decoder, len) = (head.encoding.decoder(), 0),
                Event::Body(piece) => {
                    decoded.clear();
                    decoder.decode(piece, &mut decoded);
                    len += black_box(&decoded).len();
                }
                _ => {}
            }
        }
        let left = input.len();
        let from = buffer.len() - left;
        buffer.copy_within(from.., 0);
        buffer.truncate(left);
        if rest.is_empty() {
            return len;
        }
    }
}

mod peer {
    use mail_parser::{MessageParser, MimeHeaders, PartType};
    use std::hint::black_box;

    pub fn read(octets: &[u8]) -> usize {
        let Some(message) = MessageParser::default().parse(octets) else { return 0 };
        let mut sum = message.subject().map_or(0, str::len);
        for list in [message.from(), message.to(), message.cc()].into_iter().flatten() {
            for mailbox in list.iter() {
                sum += mailbox.name().map_or(0, str::len) + mailbox.address().map_or(0, str::len);
            }
        }
        sum += message.date().map_or(0, |date| usize::from(date.day));
        sum += message.message_id().map_or(0, str::len);
        for part in &message.parts {
            if matches!(part.body, PartType::Multipart(_) | PartType::Message(_)) {
                continue;
            }
            sum += part.content_type().and_then(|kind| kind.subtype()).map_or(0, str::len);
            sum += part.attachment_name().map_or(0, str::len);
            sum += part.contents().len();
        }
        black_box(sum)
    }

    pub fn shape(octets: &[u8]) -> usize {
        MessageParser::default().parse(octets).map_or(0, |message| message.parts.len())
    }

    pub fn attachment(octets: &[u8]) -> usize {
        let message = MessageParser::default().parse(octets).expect("a message");
        message.attachment(0).map_or(0, |part| part.contents().len())
    }
}

#[cfg(feature = "mail-parser-1")]
mod peer1 {
    use mail_parser_1::MessageParser;
    use std::hint::black_box;

    pub fn read(octets: &[u8]) -> usize {
        let Some(message) = MessageParser::default().parse(octets) else { return 0 };
        let mut sum = message.subject().map_or(0, str::len);
        for list in [message.from(), message.to(), message.cc()].into_iter().flatten() {
            for mailbox in list.mailboxes() {
                sum += mailbox.name().map_or(0, str::len) + mailbox.address().map_or(0, str::len);
            }
        }
        sum += message.date().map_or(0, |date| usize::from(date.day));
        sum += message.message_id().map_or(0, str::len);
        for part in message.parts() {
            if part.is_multipart() || part.is_message() {
                continue;
            }
            sum += part.content_type().and_then(|kind| kind.subtype()).map_or(0, str::len);
            sum += part.attachment_name().map_or(0, str::len);
            sum += match part.text() {
                Some(text) => text.len(),
                None => part.decoded().len(),
            };
        }
        black_box(sum)
    }

    pub fn shape(octets: &[u8]) -> usize {
        MessageParser::default().parse(octets).map_or(0, |message| message.parts().len())
    }

    pub fn attachment(octets: &[u8]) -> usize {
        let message = MessageParser::default().parse(octets).expect("a message");
        message.attachments().next().map_or(0, |part| part.decoded().len())
    }
}

mod other {
    use mailparse::{MailHeaderMap, ParsedMail, addrparse_header, dateparse, parse_mail};
    use std::hint::black_box;

    pub fn read(octets: &[u8]) -> usize {
        let Ok(message) = parse_mail(octets) else { return 0 };
        let headers = message.get_headers();
        let mut sum = headers.get_first_value("Subject").map_or(0, |subject| subject.len());
        for name in ["From", "To", "Cc"] {
            let Some(list) = headers.get_first_header(name).and_then(|field| addrparse_header(field).ok()) else {
                continue;
            };
            for address in list.iter() {
                match address {
                    mailparse::MailAddr::Single(one) => {
                        sum += one.display_name.as_ref().map_or(0, String::len) + one.addr.len();
                    }
                    mailparse::MailAddr::Group(group) => {
                        sum += group.addrs.iter().map(|one| one.addr.len()).sum::<usize>();
                    }
                }
            }
        }
        sum +=
            headers.get_first_value("Date").and_then(|date| dateparse(&date).ok()).map_or(0, |date| date as usize & 31);
        sum += headers.get_first_value("Message-ID").map_or(0, |id| id.len());
        sum += parts(&message);
        black_box(sum)
    }

    fn parts(part: &ParsedMail<'_>) -> usize {
        if !part.subparts.is_empty() {
            return part.subparts.iter().map(parts).sum();
        }
        let mut sum = part.ctype.mimetype.len();
        sum += part.get_content_disposition().params.get("filename").map_or(0, String::len);
        sum + if part.ctype.mimetype.starts_with("text/") {
            part.get_body().map_or(0, |body| body.len())
        } else {
            part.get_body_raw().map_or(0, |body| body.len())
        }
    }

    pub fn attachment(octets: &[u8]) -> usize {
        let message = parse_mail(octets).expect("a message");
        message.subparts[1].get_body_raw().map_or(0, |body| body.len())
    }
}

/// The octets of the large attachment.
const LARGE: usize = 18_750_000;

/// 25 MB of message around one attachment.
fn attachment() -> Vec<u8> {
    let now = DateTime::parse(b"Fri, 21 Nov 1997 09:55:06 -0600").expect("a date");
    Builder::new()
        .from("ann@example.org")
        .text("Here it is.\n")
        .attach(Attachment::new("a.bin", noise(LARGE)))
        .fill(now, 1)
        .build()
        .expect("a message")
        .to_vec()
        .expect("octets")
}

/// Octets that look like chance and are the same every time.
fn noise(len: usize) -> Vec<u8> {
    let mut state = 1_u64;
    (0..len)
        .map(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 56) as u8
        })
        .collect()
}

fn nested(depth: usize) -> Vec<u8> {
    let mut message = String::from("Subject: deep\r\n");
    for level in 0..depth {
        message += &format!("Content-Type: multipart/mixed; boundary=\"level-{level}\"\r\n\r\n--level-{level}\r\n");
    }
    message += "Content-Type: text/plain\r\n\r\n";
    message += &"A line of the innermost text, as long as lines are.\r\n".repeat(1200);
    for level in (0..depth).rev() {
        message += &format!("--level-{level}--\r\n");
    }
    message.into_bytes()
}

/// A message that was on the way for long: the header is most of it.
fn large_header() -> Vec<u8> {
    let mut message = String::new();
    for hop in 0..12 {
        message += &format!(
            "Received: from mx{hop}.example.org (mx{hop}.example.org [192.0.2.{hop}])\r\n\tby relay{hop}.example.net (Postfix) with ESMTPS id 4Q2{hop}XYZ\r\n\tfor <ann@example.org>; Fri, 21 Nov 1997 10:{hop:02}:10 -0600 (CST)\r\n"
        );
    }
    message += "From: \"Joe Q. Public\" <john.q.public@example.com>\r\n";
    message += &format!(
        "To: {}\r\n",
        (0..20).map(|n| format!("Friend Number {n} <friend{n}@example.org>")).collect::<Vec<_>>().join(",\r\n ")
    );
    message += "Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?= from a long way\r\nDate: Fri, 21 Nov 1997 09:55:06 -0600\r\nMessage-ID: <1234.5678@example.org>\r\n\r\nHi.\r\n";
    message.into_bytes()
}

/// The messages of the crate mail-parser, up to 16 KiB each.
fn small_messages() -> Vec<Vec<u8>> {
    let mut files = Vec::new();
    let home = std::env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::home_dir().map(|home| home.join(".cargo")));
    for registry in home.into_iter().flat_map(|home| list(&home.join("registry/src"))) {
        // One version's files, the newest one's that is there.
        let mut versions: Vec<_> = list(&registry)
            .into_iter()
            .filter(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("mail-parser-")))
            .filter(|path| path.join("resources/eml").is_dir())
            .collect();
        versions.sort();
        if let Some(version) = versions.pop() {
            gather(&version.join("resources/eml"), &mut files);
        }
    }
    files.sort();
    files.iter().filter_map(|path| std::fs::read(path).ok()).filter(|octets| octets.len() <= 1 << 14).collect()
}

fn gather(folder: &Path, files: &mut Vec<PathBuf>) {
    for path in list(folder) {
        if path.is_dir() {
            gather(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "eml") {
            files.push(path);
        }
    }
}

fn list(folder: &Path) -> Vec<PathBuf> {
    std::fs::read_dir(folder).into_iter().flatten().filter_map(|entry| entry.ok().map(|entry| entry.path())).collect()
}
