use crate::laws::{Ending, judge_decode};
use crate::mime::{Content, Event, Limits, Stream};
use std::format;
use std::string::String;
use std::vec::Vec;

fn limits() -> Limits {
    // Few levels, because each one that the end closes is an event on no octets.
    Limits { depth: 5, parts: 12, header: 400, field: 120, parameters: 8 }
}

/// The story of a message, one event a line.
fn told(input: &[u8], limits: Limits) -> Vec<String> {
    let mut input = input;
    let mut stream = Stream::new(limits);
    stream.eof();
    let mut lines = Vec::new();
    while let Ok(Some(event)) = stream.recv(&mut input) {
        lines.push(match event.map(|octets| octets.escape_ascii()) {
            Event::Begin => "begin".into(),
            Event::Envelope(line) => format!("envelope {line}"),
            Event::Field { name, value } => format!("{name}:{value}"),
            Event::Head(head) => match head.content {
                Content::Leaf => format!("leaf {}", head.encoding.as_str()),
                Content::Multipart => "multipart".into(),
                Content::Message => "message".into(),
            },
            Event::Preamble(octets) => format!("preamble {octets}"),
            Event::Body(octets) => format!("body {octets}"),
            Event::Epilogue(octets) => format!("epilogue {octets}"),
            Event::End => "end".into(),
            Event::Defect(defect) => format!("! {} {}", defect.kind.as_str(), defect.offset),
        });
    }
    assert!(stream.over() && input.is_empty());
    lines
}

fn judged(input: &[u8]) {
    for limits in [limits(), Limits { depth: 5, ..Limits::default() }] {
        for ending in [Ending::Eof, Ending::Stays] {
            if let Err(story) = judge_decode(|| Stream::new(limits), input, ending) {
                panic!("{story}");
            }
        }
    }
}

const NESTED: &[u8] = b"From ann Fri Nov 21 1997\nSubject: a\n fold\nContent-Type: multipart/mixed; boundary=\"out\"\n\npre\n\
--out\nContent-Type: multipart/alternative; boundary=out1\n\n--out1\n\none\n--out1 \t\nX: y\n\ntwo\n\n--out1--\n--outer\n\
--out\nContent-Type: message/rfc822\n\nSubject: inner\n\ntext\n--out--\nepilogue\n--out\nmore";

#[test]
fn parts_nest_and_boundaries_are_whole_lines() {
    assert_eq!(
        told(NESTED, Limits::default()),
        [
            "begin",
            "envelope From ann Fri Nov 21 1997",
            "Subject: a\\n fold",
            "Content-Type: multipart/mixed; boundary=\\\"out\\\"",
            "multipart",
            "preamble pre",
            "begin",
            "Content-Type: multipart/alternative; boundary=out1",
            "multipart",
            "begin",
            "leaf 7bit",
            "body one",
            "end",
            "begin",
            "X: y",
            "leaf 7bit",
            "body two\\n",
            "end",
            "epilogue --outer",
            "end",
            "begin",
            "Content-Type: message/rfc822",
            "message",
            "begin",
            "Subject: inner",
            "leaf 7bit",
            "body text",
            "end",
            "end",
            "epilogue epilogue\\n--out\\nmore",
            "end",
        ]
    );
    judged(NESTED);
}

#[test]
fn crlf_is_part_of_the_delimiter_and_of_nothing_else() {
    let message = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n\r\nx\r\n\r\n--b\r\nA: b\r\n--b--\r\n";
    assert_eq!(
        told(message, Limits::default())[2..],
        ["multipart", "begin", "leaf 7bit", "body \\r\\nx\\r\\n", "end", "begin", "A: b", "leaf 7bit", "end", "end"]
    );
    judged(message);
}

#[test]
fn defects_say_what_was_made_of_it() {
    for (message, expected) in [
        ("Subject: a\nno colon\nbody", "! missing-colon 11"),
        ("Subject : a\n\n", "! space-before-colon 7"),
        (": a\nB: c\n\n", "! empty-field-name 0"),
        (" a\nB: c\n\n", "! leading-fold 0"),
        ("A: b\rc\n\n", "! bare-cr 4"),
        ("A: b\0c\n\n", "! nul 4"),
        ("A: b\n \n c\n\n", "! blank-fold 5"),
        ("Content-Type: text/plain\nContent-type: text/html\n\n", "! duplicate-field 25"),
        ("Content-Type: nonsense\n\n", "! invalid-content-type 14"),
        ("Content-Type: multipart/mixed\n\nx", "! missing-boundary 13"),
        ("Content-Type: multipart/mixed; boundary=b\n\nx", "! missing-delimiter 44"),
        ("Content-Type: multipart/mixed; boundary=b\n\n--b\n\nx", "! missing-close 49"),
        ("Content-Type: multipart/mixed; boundary=\"b \"\n\n--b--", "! invalid-boundary 13"),
        ("Content-Type: multipart/mixed; boundary=b; boundary=c\n\n--b--", "! duplicate-parameter 43"),
        (
            "Content-Transfer-Encoding: base64\nContent-Type: multipart/mixed; boundary=b\n\n--b--",
            "! encoded-multipart 0",
        ),
        ("Content-Transfer-Encoding: base64\nContent-Type: message/rfc822\n\nQTpi", "! encoded-message 0"),
        ("Content-Transfer-Encoding: x-zip\n\n", "! unknown-encoding 26"),
    ] {
        let lines = told(message.as_bytes(), Limits::default());
        let defects: Vec<_> = lines.iter().filter(|line| line.starts_with('!')).collect();
        assert_eq!(defects, [expected], "{message:?}: {lines:?}");
        judged(message.as_bytes());
    }
}

#[test]
fn limits_close_their_eyes_and_read_on() {
    let few = limits();
    let long = format!("A: {}\n b\nC: d\n\nbody", "x".repeat(200));
    let lines = told(long.as_bytes(), few);
    assert!(lines.contains(&"! field-limit 120".into()) && lines.contains(&"C: d".into()), "{lines:?}");
    judged(long.as_bytes());

    let many: String = (0..80).map(|n| format!("F{n}: v\n")).collect::<String>() + "\nbody";
    let lines = told(many.as_bytes(), few);
    assert!(lines.iter().any(|line| line.starts_with("! header-limit")), "{lines:?}");
    assert!(lines.contains(&"body body".into()));
    judged(many.as_bytes());

    let parts = format!("Content-Type: multipart/mixed; boundary=b\n\n{}--b--\n", "--b\n\nx\n".repeat(20));
    let lines = told(parts.as_bytes(), few);
    assert_eq!(lines.iter().filter(|line| *line == "begin").count(), 12);
    assert!(lines.iter().any(|line| line.starts_with("! part-limit")));
    judged(parts.as_bytes());

    let deep: String =
        (0..9).map(|n| format!("Content-Type: multipart/mixed; boundary=b{n}\n\n--b{n}\n")).collect::<String>() + "\nx";
    let lines = told(deep.as_bytes(), few);
    assert!(lines.iter().any(|line| line.starts_with("! depth-limit")), "{lines:?}");
    assert_eq!(lines.iter().filter(|line| *line == "multipart").count(), 5);
    judged(deep.as_bytes());
}

#[test]
fn an_encoded_message_is_a_leaf_unless_a_header_stands_there() {
    let plain = b"Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\nSubject: x\n\ny";
    assert!(told(plain, Limits::default()).contains(&"message".into()));
    let coded = b"Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\nU3ViamVjdDogeA==\n\n";
    assert!(told(coded, Limits::default()).contains(&"leaf base64".into()));
    judged(plain);
    judged(coded);
}

#[test]
fn a_thousand_levels_are_linear() {
    let deep: String = (0..1000)
        .map(|n| format!("Content-Type: multipart/mixed; boundary=\"level-{n}\"\r\n\r\n--level-{n}\r\n"))
        .collect();
    let body = "--not-a-boundary-of-anything\r\n".repeat(10_000);
    let message = format!("{deep}\r\n{body}");
    let (work, lines) = crate::work::count(|| told(message.as_bytes(), Limits::default()));
    assert_eq!(lines.iter().filter(|line| *line == "multipart").count(), 1000);
    assert!(work < 16 * message.len() as u64, "{work} octets looked at for {}", message.len());
}

#[test]
fn memory_does_not_grow_with_the_message() {
    // Ten megabytes in pieces: what is held is the stream itself and the undecided end of a piece.
    let head = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Transfer-Encoding: base64\r\n\r\n";
    let line = [b"A".repeat(76), b"\r\n".to_vec()].concat();
    let piece = line.repeat(8192);
    let mut stream = Stream::new(Limits::default());
    let mut buffer = head.to_vec();
    let (mut body, mut most) = (0, 0);
    let mut decoder = crate::mime::Encoding::Base64.decoder();
    let mut decoded = Vec::new();
    for round in 0..16 {
        if round > 0 {
            buffer.extend_from_slice(&piece);
        }
        let mut input = &buffer[..];
        while let Ok(Some(event)) = stream.recv(&mut input) {
            if let Event::Body(octets) = event {
                decoded.clear();
                decoder.decode(octets, &mut decoded);
                body += decoded.len();
            }
        }
        let left = input.to_vec();
        most = most.max(left.len());
        buffer = left;
    }
    assert!(most <= 2, "{most} octets held back");
    assert_eq!(body, 15 * 8192 * 57);
}

/// No limit is a limit, too.
#[test]
fn limits_without_bound() {
    let most = usize::MAX;
    let limits = Limits { depth: most, parts: most, header: most, field: most, parameters: most };
    let mut stream = Stream::new(limits);
    assert_eq!(stream.window(), most);
    let mut input =
        &b"Subject: a\r\n b\r\nContent-Type: multipart/mixed; boundary=b; x=y\r\n\r\n--b\r\n\r\nx\r\n--b--\r\n"[..];
    let mut events = 0;
    stream.eof();
    while let Ok(Some(_)) = stream.recv(&mut input) {
        events += 1;
    }
    assert!(stream.over() && events > 5);
}
