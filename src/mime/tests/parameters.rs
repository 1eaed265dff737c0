use super::kinds;
use crate::mime::{ContentType, DefectKind, Disposition, Message, MessageId, safe_file_name};
use proptest::prelude::*;
use std::format;
use std::string::ToString;
use std::vec::Vec;

fn file_name(value: &str) -> (Option<std::string::String>, Vec<DefectKind>) {
    let mut defects = Vec::new();
    let disposition = Disposition::parse_with(value.as_bytes(), 128, &mut defects).expect("a disposition");
    (disposition.file_name().map(Into::into), kinds(&defects))
}

#[test]
fn a_name_that_is_cut_ends_as_a_name_does() {
    for tail in [" b", ". b", "\u{e9} . b"] {
        let name = safe_file_name(&format!("{}{tail}{tail}", "a".repeat(198)));
        assert!(name.starts_with("aaa") && name.len() <= 200 && !name.ends_with(['.', ' ']), "{name:?}");
        assert_eq!(safe_file_name(&name), name);
    }
}

#[test]
fn the_examples_of_rfc_2231() {
    let kind = ContentType::parse(b"message/external-body; access-type=URL;\r\n URL*0=\"ftp://\";\r\n URL*1=\"cs.utk.edu/pub/moore/bulk-mailer/bulk-mailer.tar\"").expect("a type");
    assert_eq!(kind.parameter("url"), Some("ftp://cs.utk.edu/pub/moore/bulk-mailer/bulk-mailer.tar"));
    let kind = ContentType::parse(b"application/x-stuff; title*=us-ascii'en-us'This%20is%20%2A%2A%2Afun%2A%2A%2A")
        .expect("a type");
    assert_eq!(kind.parameter("title"), Some("This is ***fun***"));
    let kind = ContentType::parse(b"application/x-stuff;\r\n title*0*=us-ascii'en'This%20is%20even%20more%20;\r\n title*1*=%2A%2A%2Afun%2A%2A%2A%20;\r\n title*2=\"isn't it!\"").expect("a type");
    assert_eq!(kind.parameter("TITLE"), Some("This is even more ***fun*** isn't it!"));
}

#[test]
fn the_forms_of_the_wild() {
    for (value, expected, defects) in [
        ("attachment; filename=a.txt", "a.txt", &[][..]),
        ("attachment; filename=\"a b.txt\";", "a b.txt", &[]),
        ("attachment; filename=\"a\\\"b\"", "a\"b", &[]),
        ("attachment (x) ; (y) filename (z) = (w) \"a\" (v)", "a", &[]),
        ("attachment; filename=a b.txt", "a b.txt", &[DefectKind::UnquotedParameter]),
        ("attachment; filename=größe.txt; size=3", "größe.txt", &[DefectKind::UnquotedParameter]),
        ("attachment; filename=\"größe.txt\"", "größe.txt", &[]),
        ("attachment; filename=\"=?utf-8?q?gr=C3=B6=C3=9Fe?=\"", "größe", &[DefectKind::EncodedWordInParameter]),
        ("attachment; filename=plain; filename*=utf-8''gr%C3%B6%C3%9Fe", "größe", &[]),
        ("attachment; filename*=utf-8''gr%C3%B6%C3%9Fe; filename=plain", "größe", &[]),
        ("attachment; filename*1=b; filename*0=a", "ab", &[]),
        ("attachment; filename*0*=utf-8''%C3; filename*1*=%B6", "ö", &[]),
        ("attachment; filename*0=a; filename*2=c", "a", &[DefectKind::InvalidParameter]),
        ("attachment; filename*01=a; filename=b", "b", &[DefectKind::InvalidParameter]),
        ("attachment; filename*4294967295=a; filename=b", "b", &[DefectKind::InvalidParameter]),
        ("attachment; filename=a; filename=b", "a", &[DefectKind::DuplicateParameter]),
        ("attachment; filename*=x-nope''%41", "A", &[DefectKind::UnknownCharset]),
        ("attachment; filename*=utf-8''%4", "%4", &[DefectKind::InvalidParameter]),
        ("attachment; filename*=''%41", "A", &[]),
        ("attachment; filename=\"a", "a", &[DefectKind::Unclosed]),
        ("attachment; =x; filename=a", "a", &[DefectKind::InvalidParameter]),
        ("attachment; foo; filename=a", "a", &[DefectKind::InvalidParameter]),
        ("attachment foo; filename=a", "a", &[DefectKind::InvalidParameter]),
        ("attachment; filename=\"=?utf-8?q?x?=y\"", "=?utf-8?q?x?=y", &[]),
        ("attachment; filename=", "", &[DefectKind::UnquotedParameter]),
    ] {
        assert_eq!(file_name(value), (Some(expected.into()), defects.to_vec()), "{value}");
    }
    assert_eq!(file_name("inline").0, None);
    let many: std::string::String = (0..200).map(|n| std::format!("; p{n}=v")).collect();
    assert_eq!(file_name(&std::format!("a{many}")).1, [DefectKind::ParameterLimit]);
}

#[test]
fn types() {
    let kind = ContentType::parse(b" Text/HTML (c) ; Charset=\"UTF-8\" ").expect("a type");
    assert_eq!(
        (kind.essence(), kind.kind(), kind.subtype(), kind.charset()),
        ("text/html", "text", "html", Some("UTF-8"))
    );
    assert_eq!(ContentType::parse(b"text (x) / (y) plain").expect("a type").essence(), "text/plain");
    for wrong in ["nonsense", "", "/plain", "text/", "; a=b", "text plain"] {
        assert_eq!(ContentType::parse(wrong.as_bytes()), None, "{wrong}");
    }
    // A boundary that looks like an encoded word is a boundary.
    let kind = ContentType::parse(b"multipart/mixed; boundary=\"=?utf-8?q?x?=\"").expect("a type");
    assert_eq!(kind.parameter("boundary"), Some("=?utf-8?q?x?="));
}

#[test]
fn an_identifier_without_brackets_has_none_inside() {
    assert_eq!(MessageId::list(b" a@b ")[0].as_str(), "a@b");
    // In brackets it would end at the first of its own (RFC 5322 3.6.4).
    assert!(MessageId::list(b"a@b>c").is_empty());
}

#[test]
fn message_identifiers() {
    let ids = MessageId::list(b"<a@b> (c) <d@\r\n e> \"<no@no>\" Your message of Friday <f>");
    assert_eq!(ids.iter().map(MessageId::as_str).collect::<Vec<_>>(), ["a@b", "d@e", "f"]);
    assert_eq!(MessageId::list(b"a@b").iter().map(MessageId::as_str).collect::<Vec<_>>(), ["a@b"]);
    assert!(MessageId::list(b"<>").is_empty() && MessageId::list(b"<a@b").is_empty());
    assert!(MessageId::new("a.b@c").is_ok() && MessageId::new("a@[1.2]").is_ok());
    for wrong in ["", "a", "<a@b>", "a@b\r\nX: y", "a b@c", "a@b>", "a@[b\n]"] {
        assert!(MessageId::new(wrong).is_err(), "{wrong:?}");
    }
}

/// What is looked for quickly or closely is found the same, though the field lacks its first word.
#[test]
fn parameters_of_a_field_that_lacks_its_word() {
    for comment in ["", " (c)"] {
        let message = format!(
            "Content-Type: text; charset=koi8-r{comment}\r\nContent-Disposition: ;\r\n filename=a.txt{comment}\r\n\r\n\u{1}"
        );
        let octets = message.replace('\u{1}', "").into_bytes();
        let octets = [&octets[..], b"\xc1"].concat();
        let message = Message::parse(&octets);
        assert_eq!(message.root().file_name().as_deref(), Some("a.txt"));
        assert_eq!((&*message.root().text(), message.root().content_type().essence()), ("а", "text/plain"));
    }
}

/// A boundary is found without a look at what follows it only where nothing does.
#[test]
fn what_is_odd_behind_a_boundary_is_told() {
    for (behind, defects) in [("", &[][..]), ("; x=y", &[]), ("; foo", &[DefectKind::InvalidParameter])] {
        let text = format!("Content-Type: multipart/mixed; boundary=b{behind}\r\n\r\n--b\r\n\r\na\r\n--b--\r\n");
        assert_eq!(kinds(Message::parse(text.as_bytes()).defects()), defects, "{behind}");
    }
}

/// RFC 2231 4.1 puts the charset in front of the first section; senders whose first section needs none put it where they
/// begin to encode (mail-parser's example, and its reading).
#[test]
fn the_charset_of_a_later_section() {
    let name = |value: &[u8]| {
        let mut defects = Vec::new();
        let kind = ContentType::parse_with(value, 128, &mut defects).expect("a type");
        (kind.parameter("name").map(ToString::to_string), kinds(&defects))
    };
    let late = name(b"image/gif; name*1=\"about \"; name*0=\"Book \"; name*2*=utf-8''%e2%98%95%20tables.gif");
    assert_eq!(late, (Some("Book about ☕ tables.gif".to_string()), std::vec![DefectKind::InvalidParameter]));
    // What looks like one and names no charset is what it is.
    assert_eq!(name(b"a/b; name*0=x; name*1*='y'%41").0.as_deref(), Some("x'y'A"));
    assert_eq!(name(b"a/b; name*0*=utf-8''x; name*1*=utf-8''y").0.as_deref(), Some("xutf-8''y"));
}

proptest! {
    #[test]
    fn names_are_told_apart_in_any_case(
        name in "name|charset|boundary|filename|format", known in "(?i:name|charset|boundary|filename|format)", at in 0..8_usize, bit in 0..8_u8,
    ) {
        use crate::mime::parameters::is_name;
        let mut known = known.into_bytes();
        known.resize(name.len(), b'x');
        prop_assert_eq!(is_name(&known, &name), known.eq_ignore_ascii_case(name.as_bytes()));
        let mut odd = name.clone().into_bytes();
        let at = at % odd.len();
        odd[at] ^= 1 << bit;
        prop_assert_eq!(is_name(&odd, &name), odd.eq_ignore_ascii_case(name.as_bytes()));
    }

    #[test]
    fn tokens_end_where_each_octet_says(text in "[a-zA-Z]{0,18}(\\PC|[@-`{-~/;]){0,2}[a-z0-9.+-]{0,20}", at in 0..6_usize) {
        use crate::mime::parameters::token_end;
        use crate::syntax::token::{is_mime_token, run};
        let at = at.min(text.len());
        prop_assert_eq!(token_end(text.as_bytes(), at), run(text.as_bytes(), at, is_mime_token));
    }

    #[test]
    fn a_safe_name_is_one(suggested in "\\PC{0,300}") {
        let name = safe_file_name(&suggested);
        prop_assert!(!name.is_empty() && name.len() <= 216);
        prop_assert!(!name.contains(['/', '\\', '\0', ':']) && !name.starts_with('.') && !name.ends_with(['.', ' ']));
        prop_assert_eq!(safe_file_name(&name), name);
    }

    #[test]
    fn the_quick_look_is_the_close_one(value in "(text/plain|text|| attachment)(; ?(charset|name|NAME|name\\*|x)=(a|\"b c\"|\"\\\\\"\"|é|=\\?|\"é\"| |\\(c\\)|)){0,4};?") {
        use crate::mime::parameters::{Quick, closely, essence_end, quick};
        let close = closely(value.as_bytes(), essence_end(value.as_bytes()), "name", 128);
        if let Some(kind) = ContentType::parse(value.as_bytes()) {
            prop_assert_eq!(kind.parameter("name"), close.as_deref());
        }
        match quick(value.as_bytes(), "name", 128) {
            Quick::Value(text) => prop_assert_eq!(close.as_deref(), Some(text)),
            Quick::Absent => prop_assert_eq!(close.as_deref(), None),
            Quick::Unsure => {}
        }
        let one = ContentType::parameter_of(value.as_bytes(), "name", 128);
        prop_assert_eq!(one, close);
    }

    /// The first parameter or all of them looked at, what is found is what a close look finds.
    #[test]
    fn the_first_parameter_is_found_as_in_the_walk(
        front in "[ ]?(text/plain|multipart/mixed|attachment|a|)[ (\"=]?",
        parameters in "(;{1,2}[ \t]?(\r\n[ \t])?(name|NAME|name\\*|x|a!|_.-9|n[@`\\[/:{~])?=?(a|[ -~]{0,6}|\"[ -~\té]{0,9}\"|\"\\r\\n b\"|\"=\\?x\"|é|)[ \t]?){0,5};?",
        tail in "(; ?name=\"?[a-z=?_]{0,60}\"?)?",
    ) {
        use crate::mime::parameters::{Quick, closely, essence_end, quick, quick_octets, quick_whole, walked};
        let value = format!("{front}{parameters}{tail}");
        let value = value.as_bytes();
        for (name, limit) in [("name", 128), ("x", 128), ("name", 2)] {
            let found = quick(value, name, limit);
            let octets = match quick_octets(value, 0, name, limit) {
                Quick::Value(octets) => Quick::Value(std::str::from_utf8(octets).expect("text")),
                Quick::Absent => Quick::Absent,
                Quick::Unsure => Quick::Unsure,
            };
            prop_assert_eq!(octets, found);
            match (found, walked(value, name, limit)) {
                // What follows the first one is not looked at closely, only that it can be none of the same name.
                (Quick::Value(text), Quick::Unsure) => {
                    let close = closely(value, essence_end(value), name, limit);
                    prop_assert_eq!(close.as_deref(), Some(text));
                }
                (found, walked) => prop_assert_eq!(found, walked),
            }
            let walked = match walked(value, name, limit) {
                Quick::Value(text) => Quick::Value(text.as_bytes()),
                Quick::Absent => Quick::Absent,
                Quick::Unsure => Quick::Unsure,
            };
            prop_assert_eq!(quick_whole(value, 0, name, limit), walked);
        }
    }
}
