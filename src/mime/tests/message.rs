use super::kinds;
use crate::mime::{Content, DefectKind, Limits, Message, cid_links};
use std::string::String;
use std::vec::Vec;

fn paths(message: &Message<'_>) -> Vec<(String, String)> {
    message.parts().map(|part| (part.path(), part.content_type().essence().into())).collect()
}

const REPORT: &[u8] = b"Message-ID: <whole@x>\r\nContent-Type: multipart/mixed; boundary=m\r\n\r\n\
--m\r\nContent-Type: multipart/related; boundary=r\r\n\r\n\
--r\r\nContent-Type: multipart/alternative; boundary=a\r\n\r\n\
--a\r\n\r\nplain\r\n--a\r\nContent-Type: text/html\r\n\r\n<img src=\"cid:logo@x\">\r\n--a--\r\n\
--r\r\nContent-Type: image/png\r\nContent-ID: <logo@x>\r\nContent-Disposition: inline\r\nContent-Transfer-Encoding: base64\r\n\r\niVBORw==\r\n--r--\r\n\
--m\r\nContent-Type: message/rfc822\r\nContent-Disposition: attachment; filename=m.eml\r\n\r\n\
Subject: in\r\nContent-Type: multipart/mixed; boundary=i\r\n\r\n--i\r\n\r\none\r\n--i\r\n\r\ntwo\r\n--i--\r\n\r\n\
--m\r\nContent-Type: message/rfc822\r\n\r\nSubject: leaf\r\n\r\nx\r\n\
--m--\r\n";

#[test]
fn parts_are_numbered_as_imap_does() {
    let message = Message::parse(REPORT);
    let expected = [
        ("", "multipart/mixed"),
        ("1", "multipart/related"),
        ("1.1", "multipart/alternative"),
        ("1.1.1", "text/plain"),
        ("1.1.2", "text/html"),
        ("1.2", "image/png"),
        ("2", "message/rfc822"),
        ("2", "multipart/mixed"),
        ("2.1", "text/plain"),
        ("2.2", "text/plain"),
        ("3", "message/rfc822"),
        ("3.1", "text/plain"),
    ];
    let expected: Vec<(String, String)> =
        expected.iter().map(|(path, kind)| ((*path).into(), (*kind).into())).collect();
    assert_eq!(paths(&message), expected);
    assert!(message.defects().is_empty());
    assert_eq!(Message::parse(b"A: b\n\nc").root().path(), "1");
}

#[test]
fn bodies_are_chosen_as_jmap_does() {
    let message = Message::parse(REPORT);
    let of = |parts: Vec<crate::mime::Part<'_, '_>>| parts.iter().map(crate::mime::Part::path).collect::<Vec<_>>();
    assert_eq!(of(message.text_body()), ["1.1.1"]);
    assert_eq!(of(message.html_body()), ["1.1.2"]);
    assert_eq!(of(message.attachments()), ["1.2", "2", "3"]);
}

#[test]
fn links_find_their_parts() {
    let message = Message::parse(REPORT);
    let html = message.html_body()[0].text();
    let url = cid_links(&html).next().expect("a link");
    assert_eq!(message.resolve(url).expect("a part").path(), "1.2");
    assert_eq!(message.resolve("mid:whole%40x/logo@x").expect("a part").path(), "1.2");
    assert_eq!(message.resolve("mid:whole@x").expect("a part").path(), "");
    assert_eq!(message.resolve("cid:none@x"), None);
    assert_eq!(message.resolve("cid:%zz"), None);
}

#[test]
fn ranges_are_exact_and_a_part_can_be_replaced() {
    let message = Message::parse(REPORT);
    let image = message.part("1.2").expect("the image");
    assert!(image.raw().starts_with(b"Content-Type: image/png\r\n") && image.raw().ends_with(b"\r\n\r\niVBORw=="));
    assert_eq!(&*image.body(), b"\x89PNG");
    let inner = message.part("2.2").expect("a part of the embedded message");
    assert_eq!(inner.raw_body(), b"two");
    assert_eq!(
        message.part("1").expect("the related part").raw().split(|octet| *octet == b'\n').next_back(),
        Some(&b"--r--"[..])
    );

    let pieces = image.replaced(b"Content-Type: text/plain\r\n\r\ngone").expect("no boundary in it");
    let whole = pieces.concat();
    let again = Message::parse(&whole);
    assert_eq!(again.part("1.2").expect("the part").text(), "gone");
    let others = |message: &Message<'_>| {
        message
            .parts()
            .filter(|part| part.content() == Content::Leaf && part.path() != "1.2")
            .map(|part| part.raw().to_vec())
            .collect::<Vec<_>>()
    };
    assert_eq!(others(&again), others(&message));
    // A part that would end another one is refused.
    assert!(image.replaced(b"\r\n\r\n--m--").is_err() && image.replaced(b"\n--r \t\r\n").is_err());
    assert!(image.replaced(b"--a\r\n\r\nx--m").is_ok());
    assert_eq!(image.replaced(image.raw()).expect("itself").concat(), REPORT);
}

#[test]
fn an_empty_part_that_is_replaced_gets_its_line() {
    const NEW: &[u8] = b"Content-Type: text/x-new\r\n\r\nnew";
    let outer = "Content-Type: multipart/digest; boundary=b\r\n\r\n";
    // Delimiters that touch; an embedded message without a line.
    for (text, path, around) in [
        ("--b\r\nA: x\r\n--b\r\n--b--\r\n", "2", "A: x"),
        ("--b\r\nContent-Type: message/rfc822\r\n\r\n\r\n--b--\r\n", "1.1", "rfc822"),
    ] {
        let text = std::format!("{outer}{text}");
        let message = Message::parse(text.as_bytes());
        let part = message.part(path).unwrap_or_else(|| panic!("{path} of {text:?}"));
        let whole = part.replaced(NEW).expect("no boundary in it").concat();
        let again = Message::parse(&whole);
        let told = String::from_utf8_lossy(&whole);
        assert_eq!(again.part(path).map(|part| part.text().into_owned()).as_deref(), Some("new"), "{told:?}");
        assert!(told.contains(around), "{told:?}");
        assert_eq!(part.replaced(part.raw()).expect("itself").concat(), text.as_bytes());
    }
}

#[test]
fn text_is_decoded_by_its_charset() {
    for (head, body, expected, defects) in [
        ("", &b"\xc3\xa4"[..], "ä", &[DefectKind::InvalidCharset][..]),
        ("Content-Type: text/plain; charset=us-ascii\n", b"\xe4", "ä", &[DefectKind::InvalidCharset]),
        ("Content-Type: text/plain; charset=utf-8\n", b"\xef\xbb\xbf\xc3\xa4", "ä", &[]),
        ("Content-Type: text/plain; charset=utf-8\n", b"\xe4", "\u{fffd}", &[DefectKind::InvalidCharset]),
        ("Content-Type: text/plain; charset=koi8-r\nContent-Transfer-Encoding: quoted-printable\n", b"=C1", "а", &[]),
        ("Content-Type: text/plain; charset=x-klingon\n", b"\xc3\xa4", "ä", &[DefectKind::UnknownCharset]),
        (
            "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n",
            b"w6Q",
            "ä",
            &[DefectKind::Base64Length],
        ),
    ] {
        let octets = [head.as_bytes(), b"\n", body].concat();
        let message = Message::parse(&octets);
        assert_eq!(message.root().text(), expected, "{head}");
        assert_eq!(kinds(&message.examine()), defects, "{head}");
    }
}

#[test]
fn embedded_messages_are_read_encoded_or_not() {
    let plain = Message::parse(b"Content-Type: message/rfc822\n\nSubject: in\n\nx");
    assert_eq!(plain.root().children().next().expect("a child").header().subject().as_deref(), Some("in"));
    assert_eq!(plain.root().embedded().as_deref(), Some(&b"Subject: in\n\nx"[..]));
    let coded =
        Message::parse(b"Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\nU3ViamVjdDogaW4KCng=\n");
    assert_eq!(coded.root().embedded().as_deref(), Some(&b"Subject: in\n\nx"[..]));
    assert_eq!(coded.root().children().count(), 0);
}

#[test]
fn a_digest_holds_messages() {
    let message = Message::parse(b"Content-Type: multipart/digest; boundary=d\n\n--d\n\nSubject: one\n\nx\n--d\nContent-Type: text/plain\n\ny\n--d--\n");
    let kinds: Vec<_> =
        message.parts().map(|part| (part.content(), String::from(part.content_type().essence()))).collect();
    assert_eq!(kinds[1], (Content::Message, "message/rfc822".into()));
    assert_eq!(kinds[2], (Content::Leaf, "text/plain".into()));
    assert_eq!(kinds[3], (Content::Leaf, "text/plain".into()));
}

#[test]
fn values_are_examined() {
    let message =
        Message::parse(b"From: a@x <b@y>\nDate: never\nSubject: =?x?q?a?=\nSubject: b\nMessage-ID: nonsense\n\n");
    let defects = message.examine();
    assert_eq!(
        kinds(&defects),
        [
            DefectKind::AmbiguousAddress,
            DefectKind::InvalidDate,
            DefectKind::InvalidEncodedWord,
            DefectKind::DuplicateField,
            DefectKind::InvalidMessageId
        ]
    );
    assert_eq!(defects[0].offset, 6);
    assert_eq!(defects[3].offset, 47);
}

#[test]
fn headers_keep_everything() {
    let message = Message::parse(
        b"X-A: =?utf-8?q?a?= \"=?utf-8?q?b?=\"\r\nx-a : 2\r\nReceived: by h; Fri, 21 Nov 1997 09:55:06 -0600\r\n\r\n",
    );
    let header = message.header();
    assert_eq!(header.len(), 3);
    assert_eq!(
        header.fields("X-a").map(|field| String::from(field.text())).collect::<Vec<_>>(),
        ["a \"=?utf-8?q?b?=\"", "2"]
    );
    assert_eq!(header.field("x-A").map(|field| field.raw()), Some(&b" =?utf-8?q?a?= \"=?utf-8?q?b?=\""[..]));
    assert_eq!(header.received().next().and_then(|hop| hop.date()).map(|date| date.hour()), Some(9));
}

#[test]
fn limits_leave_a_tree_all_the_same() {
    let message = Message::parse_with(REPORT, Limits { parts: 4, depth: 2, ..Limits::default() });
    assert_eq!(message.parts().count(), 4);
    assert!(kinds(message.defects()).contains(&DefectKind::DepthLimit));
    let empty = Message::parse(b"");
    assert_eq!((empty.parts().count(), empty.root().text().len(), empty.header().len()), (1, 0, 0));
}
