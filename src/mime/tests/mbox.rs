use crate::laws::{Ending, judge_decode};
use crate::mime::DateTime;
use crate::mime::mbox::{Dialect, Event, InvalidSender, Reader, Writer};
use proptest::prelude::*;
use std::string::String;
use std::vec::Vec;

fn messages(file: &[u8], dialect: Dialect) -> Vec<(String, String)> {
    let mut input = file;
    let mut reader = Reader::new(dialect);
    reader.eof();
    let mut messages: Vec<(String, String)> = Vec::new();
    let text = |octets: &[u8]| String::from_utf8_lossy(octets).into_owned();
    while let Ok(Some(event)) = reader.recv(&mut input) {
        match event {
            Event::Begin(line) => messages.push((text(line), String::new())),
            Event::Data(octets) => messages.last_mut().expect("it began").1.push_str(&text(octets)),
            Event::End => {}
        }
    }
    assert!(reader.over() && input.is_empty());
    messages
}

fn pairs(of: &[(&str, &str)]) -> Vec<(String, String)> {
    of.iter().map(|(line, text)| ((*line).into(), (*text).into())).collect()
}

#[test]
fn dialects_differ_in_their_quotes() {
    let file = b"From a x\nS: 1\n\n>From b\n>>From c\n\n\nFrom d y\r\nS: 2\r\n\r\ntext\r\n\r\n";
    let second = ("From d y", "S: 2\r\n\r\ntext\r\n");
    assert_eq!(messages(file, Dialect::Rd), pairs(&[("From a x", "S: 1\n\nFrom b\n>From c\n\n"), second]));
    assert_eq!(messages(file, Dialect::O), pairs(&[("From a x", "S: 1\n\n>From b\n>>From c\n\n"), second]));
    let counted = b"From a x\nContent-Length: 14\nS: 1\n\nFrom b\nFrom c\n\nFrom d y\nS: 2\n\ntext";
    for dialect in [Dialect::Cl, Dialect::Cl2] {
        assert_eq!(
            messages(counted, dialect),
            pairs(&[("From a x", "Content-Length: 14\nS: 1\n\nFrom b\nFrom c\n"), ("From d y", "S: 2\n\ntext")])
        );
    }
    assert_eq!(messages(b"", Dialect::Rd), []);
    assert_eq!(messages(b"\n\n", Dialect::Rd), []);
    assert_eq!(messages(b"S: x\n\nno envelope\n", Dialect::Rd), pairs(&[("", "S: x\n\nno envelope\n")]));
    assert_eq!(messages(b"From a", Dialect::Rd), pairs(&[("From a", "")]));
}

#[test]
fn the_laws_hold() {
    let many = ">".repeat(1100) + "From x\n";
    for file in [
        &b"From a x\nS: 1\n\n>From b\n>>From c\n\n\nFrom d y\r\nS: 2\r\n\r\ntext\r\n\r\n"[..],
        b"From a x\nContent-Length: 14\nS: 1\n\nFrom b\nFrom c\n\nFrom d y\nS: 2\n\ntext",
        b"no mbox\n>\n\r\n\rFrom \n",
        many.as_bytes(),
    ] {
        for dialect in [Dialect::Rd, Dialect::O, Dialect::Cl, Dialect::Cl2] {
            for ending in [Ending::Eof, Ending::Stays] {
                if let Err(story) = judge_decode(|| Reader::new(dialect), file, ending) {
                    panic!("{story}");
                }
            }
        }
    }
}

#[test]
fn a_sender_forges_no_line() {
    let mut out = Vec::new();
    let date = DateTime::from_unix(0, crate::mime::Offset::East(0)).expect("a date");
    for sender in ["", "a b", "a\nFrom b", "a\r", "a\u{85}"] {
        assert_eq!(Writer::new().begin(sender, date, &mut out), Err(InvalidSender));
    }
    assert!(out.is_empty());
    assert!(Writer::new().begin("a@b", date, &mut out).is_ok());
    assert_eq!(out, b"From a@b Thu Jan  1 00:00:00 1970\n");
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(
        texts in proptest::collection::vec("(>{0,3}From |From|\r\n|\n|\r|>|a|é){0,20}", 0..4),
        cut in 0..40_usize,
    ) {
        let date = DateTime::from_unix(0, crate::mime::Offset::East(0)).expect("a date");
        let (mut file, mut writer) = (Vec::new(), Writer::new());
        let mut expected = Vec::new();
        for text in &texts {
            writer.begin("a@b", date, &mut file).expect("a sender");
            let cut = cut.min(text.len());
            writer.write(&text.as_bytes()[..cut], &mut file);
            writer.write(&text.as_bytes()[cut..], &mut file);
            writer.end(&mut file);
            let mut text = text.replace("\r\n", "\n");
            if !text.is_empty() && !text.ends_with('\n') {
                text.push('\n');
            }
            expected.push(text);
        }
        let read: Vec<String> = messages(&file, Dialect::Rd).into_iter().map(|(_, text)| text).collect();
        prop_assert_eq!(read, expected);
    }

    #[test]
    fn any_file_keeps_the_laws(file in "(>?From a\n|\n|\r\n|content-length: [0-9]{1,2}\n|x|>|\r){0,16}") {
        for dialect in [Dialect::Rd, Dialect::O, Dialect::Cl, Dialect::Cl2] {
            if let Err(story) = judge_decode(|| Reader::new(dialect), file.as_bytes(), Ending::Eof) {
                prop_assert!(false, "{}", story);
            }
        }
    }
}
