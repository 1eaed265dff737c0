use super::*;
use crate::engine::{Engine, Handler, Patience, Status, turn};
use alloc::format;
use alloc::string::ToString;
use alloc::vec;
use bytes::BytesMut;
use proptest::prelude::*;
use std::time::Duration;

/// An engine for lines: `say X` is answered, `data N` is followed by N octets of bulk, `fail` is an error.
struct Lines {
    bulk: usize,
    status: Status,
    expired: bool,
    ended: bool,
}

#[derive(Debug)]
enum LineEvent<B> {
    Line(B),
    Data(B),
    End,
}

#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[error("asked to fail")]
struct Asked;

impl Lines {
    fn new() -> Self {
        Self { bulk: 0, status: Status::Idle, expired: false, ended: false }
    }
}

impl Engine for Lines {
    type Event<'i> = LineEvent<&'i [u8]>;
    type Error = Asked;

    fn recv<'i>(&mut self, input: &mut &'i [u8], out: &mut BytesMut) -> Result<Option<Self::Event<'i>>, Asked> {
        if self.status == Status::Closed {
            return Ok(None);
        }
        if self.bulk > 0 && !input.is_empty() {
            let (data, rest) = input.split_at(self.bulk.min(input.len()));
            self.bulk -= data.len();
            *input = rest;
            return Ok(Some(LineEvent::Data(data)));
        }
        if let Some(at) = input.windows(2).position(|pair| pair == b"\r\n") {
            let line = &input[..at];
            *input = &input[at + 2..];
            if line == b"fail" {
                out.extend_from_slice(b"ERR\r\n");
                return Err(Asked);
            }
            if let Some(len) = line.strip_prefix(b"data ") {
                self.bulk = core::str::from_utf8(len).ok().and_then(|len| len.parse().ok()).unwrap_or(0);
            } else {
                out.extend_from_slice(b"OK\r\n");
            }
            return Ok(Some(LineEvent::Line(line)));
        }
        if self.expired || self.ended {
            self.status = Status::Closed;
            return Ok(Some(LineEvent::End));
        }
        Ok(None)
    }
    fn eof(&mut self) {
        self.ended = true;
    }
    fn expire(&mut self) {
        self.expired = true;
    }
    fn status(&self) -> Status {
        self.status
    }
    fn patience(&self) -> Patience {
        Patience::within(0, Duration::from_secs(1))
    }
    fn window(&self) -> usize {
        64
    }
    fn octets<'e>(event: &'e Self::Event<'_>) -> Option<&'e [u8]> {
        match event {
            LineEvent::Data(data) => Some(data),
            _ => None,
        }
    }
}

fn silent(_: &mut Lines, _: LineEvent<&[u8]>, _: &mut BytesMut) {}

fn recorded(stream: &[u8], piece: usize) -> Transcript {
    let mut recorder = Recorder::new(End::Server);
    let mut engine = Lines::new();
    let (mut rx, mut out) = (BytesMut::new(), BytesMut::new());
    for piece in stream.chunks(piece) {
        rx.extend_from_slice(piece);
        let mut input = &rx[..];
        turn(&mut engine, &mut input, &mut out, 1 << 16, &mut silent, &mut recorder).unwrap_or_default();
        let used = rx.len() - input.len();
        let _taken = rx.split_to(used);
    }
    recorder.finish()
}

#[test]
fn a_recorded_conversation_reads_like_an_example() {
    let mut stream = b"hello \xe9\tworld \r\nPASS hunter2\r\ndata 300\r\n".to_vec();
    stream.extend([b'd'; 300]);
    stream.extend_from_slice(b"bye\r\nhal");
    let whole = recorded(&stream, usize::MAX);
    assert_eq!(
        whole.to_string(),
        "C: hello \\xe9\\tworld\\x20\n\
         >> Line(\"hello \\xe9\\tworld \")\n\
         S: OK\n\
         C: PASS {redacted}\n\
         >> Line(\"PASS hunter2\")\n\
         S: OK\n\
         C: data 300\n\
         >> Line(\"data 300\")\n\
         C: {300 octets}\n\
         >> Data(300 octets)\n\
         C: bye\n\
         >> Line(\"bye\")\n\
         S: OK\n",
        "events are an engine's own to keep secrets out of"
    );
    for piece in 1..stream.len() {
        assert_eq!(recorded(&stream, piece), whole, "in pieces of {piece}");
    }
}

#[test]
fn replay_finds_the_first_difference() {
    let text = "# a greeting\nC: hello\n>> Line(\"hello\")\nS: OK\nC: data 5\n>> Line(\"data 5\")\nC: abc\\\n>> Data(3 octets)\n\
                -- cut\nC: de\\\n-- S expired\n>> End\n";
    let told = |text: &str| {
        let transcript = Transcript::parse(text).unwrap();
        replay(&transcript, End::Server, &mut Lines::new(), &mut silent, &Style::default())
    };
    let good = "C: hello\n>> Line(\"hello\")\nS: OK\nC: fail\nS: ERR\n-- S error: asked to fail\n";
    told(good).unwrap();
    told("C: hello\nS: OK\nC: fail\nS: ERR\n-- S error: asked to fail\n").unwrap();
    let difference = told(&good.replace("S: OK", "S: Ok")).unwrap_err();
    assert_eq!((difference.line, difference.column), (3, 5));
    assert_eq!(difference.to_string(), "line 3, column 5:\n  expected: S: Ok\n  found:    S: OK");
    let difference = told(&good.replace("\n-- S error: asked to fail", "")).unwrap_err();
    assert_eq!((difference.line, difference.found.as_str()), (6, "-- S error: asked to fail"));
    let difference = told(text).unwrap_err();
    assert_eq!((difference.line, difference.found.as_str()), (11, ">> Data(2 octets)"));
    told(&text.replace("-- S exp", ">> Data(2 octets)\n-- S exp")).unwrap();
    told("C: hi\n>> Line(\"hi\")\nS: OK\n-- S expired\n>> End\n").unwrap();
    // A long body in full, and one that is left out.
    let body = "d".repeat(300);
    told(&format!("C: data 300\n>> Line(\"data 300\")\nC: {body}\\\n>> Data(300 octets)\n")).unwrap();
    told("C: data 300\n>> Line(\"data 300\")\nC: {300 octets}\n>> Data(300 octets)\n").unwrap();
    told("C: hi\n>> Line(\"hi\")\nS: OK\n-- C end\n>> End\n").unwrap();
}

/// Says lines, one for each answer.
struct Says(Vec<&'static [u8]>);

impl Handler<Lines> for Says {
    fn event(&mut self, _: &mut Lines, _: LineEvent<&[u8]>, _: &mut BytesMut) {}
    fn more(&mut self, _: &mut Lines, out: &mut BytesMut) -> bool {
        let line = self.0.pop();
        out.extend_from_slice(line.unwrap_or_default());
        line.is_some()
    }
}

#[test]
fn two_engines_converse() {
    let both = |pieces: &[usize], shown| {
        converse((Lines::new(), Says(vec![b"data 0\r\n"])), (Lines::new(), Says(Vec::new())), pieces, shown).to_string()
    };
    assert_eq!(both(&[], Shown::Both), "C: data 0\nS>> Line(\"data 0\")\n");
    assert_eq!(both(&[1], Shown::Both), "C: data 0\nS>> Line(\"data 0\")\n");
    assert_eq!(both(&[3, 2], Shown::Client), "C: data 0\n");
}

#[test]
fn secrets_are_left_out() {
    let text = "C: AUTH SCRAM-SHA-256 bix5\nS: 334 cj1m\nC: Yz1i\nS: 235 ok\nC: NOOP\n\
                C: AUTH PLAIN\nS: +\nC: AGE=\nS: -ERR no\nC: USER x\nC: APOP ada c4c9\n\
                C: GET / HTTP/1.1\nC: authorization:  Basic x\nC: Cookie: a=b\nS: Set-Cookie: id=1; HttpOnly\nC: AUTH X\nS: 334\nC: *\n";
    assert_eq!(
        Transcript::parse(text).unwrap().to_string(),
        "C: AUTH SCRAM-SHA-256 {redacted}\nS: 334 {redacted}\nC: {redacted}\nS: 235 ok\nC: NOOP\n\
         C: AUTH PLAIN\nS: +\nC: {redacted}\nS: -ERR no\nC: USER x\nC: APOP ada {redacted}\n\
         C: GET / HTTP/1.1\nC: authorization:  {redacted}\nC: Cookie: {redacted}\nS: Set-Cookie: {redacted}\nC: AUTH X\nS: 334\nC: *\n"
    );
    assert_eq!(Transcript::parse(text).unwrap().print(&Style::full()), text);
}

#[test]
fn what_is_no_transcript_is_refused_with_its_place() {
    for (text, line, column, kind) in [
        ("X: no", 1, 1, text::ParseErrorKind::Beginning),
        ("C: ok\n\nC no", 3, 1, text::ParseErrorKind::Beginning),
        ("C: é\\q", 1, 5, text::ParseErrorKind::Escape),
        ("S: \\x1", 1, 4, text::ParseErrorKind::Escape),
        ("-- nap", 1, 4, text::ParseErrorKind::Note),
        ("-- engine: smtp", 1, 4, text::ParseErrorKind::Note),
    ] {
        assert_eq!(Transcript::parse(text), Err(ParseError { line, column, kind }), "{text:?}");
    }
}

#[test]
fn a_recorded_transcript_is_equal_to_what_is_read_back() {
    let stream = b"hello\r\ndata 5\r\na\r\nbcbye\r\n";
    let recorded = recorded(stream, 3);
    assert!(
        recorded
            .steps()
            .iter()
            .any(|step| matches!(step, Step::Said { parts, .. } if matches!(parts[..], [Part::Bulk(_)])))
    );
    let read = Transcript::parse(&recorded.print(&Style::full())).unwrap();
    assert_eq!(read, recorded);
    // Comments move the lines, and nothing else.
    assert_eq!(Transcript::parse("C: a\n\n\nS: b\n").unwrap(), Transcript::parse("C: a\nS: b\n").unwrap());
    for other in
        ["C: a\nS: c\n", "C: a\n", "S: a\nS: b\n", "C: a\\\nS: b\n", "C: a\n-- cut\nS: b\n", "C: {1 octets}\nS: b\n"]
    {
        assert_ne!(Transcript::parse(other).unwrap(), Transcript::parse("C: a\nS: b\n").unwrap(), "{other}");
    }
}

#[test]
fn no_text_makes_a_second_line() {
    let mut transcript = Transcript::new();
    transcript.push(Step::Comment(" one\nC: QUIT\n".into()));
    transcript.push(Step::Told { end: None, event: "Said(\nS: 250 ok\r\n\u{1b}[2J)".into(), octets: None });
    transcript.push(Step::Failed { end: End::Server, error: "no\n-- C end \u{202e}\u{2028}".into() });
    transcript.push(Step::Engine { protocol: "x\n>> y".into(), end: End::Client });
    transcript.push(Step::Said { end: End::Client, parts: vec![Part::Octets(Vec::new())] });
    let text = transcript.print(&Style::full());
    assert_eq!(
        text,
        "# one\n#C: QUIT\n>> Said(\\nS: 250 ok\\r\\n\\u{1b}[2J)\n-- S error: no\\n-- C end \\u{202e}\\u{2028}\n\
         -- engine: x\\n>> y client\n"
    );
    assert_eq!(Transcript::parse(&text).unwrap(), transcript);
    assert_eq!((transcript.octets(End::Client), transcript.octets(End::Server)), (Vec::new(), Vec::new()));
    // A file is no more trusted than an event: what it shows on a terminal is text.
    let shown = Transcript::parse(">> a\u{1b}]0;b\u{7}\n# c\u{9b}d\n").unwrap().to_string();
    assert_eq!(shown, ">> a\\u{1b}]0;b\\u{7}\n# c\\u{9b}d\n");
}

#[test]
fn a_secret_stays_one_when_it_comes_in_pieces() {
    for (text, shown) in [
        ("C: PASS hun\\\n-- cut\nC: ter2\n", "C: PASS {redacted}\\\n-- cut\nC: {redacted}\n"),
        ("C: PA\\\n-- cut\nC: SS hunter2\n", "C: PA\\\n-- cut\nC: SS {redacted}\n"),
        (
            "C: AUTH PLAIN\nS: 33\\\n-- cut\nS: 4 x\nC: se\\\n-- cut\nC: cret\nS: 235 ok\nC: NOOP\n",
            "C: AUTH PLAIN\nS: 33\\\n-- cut\nS: 4 {redacted}\nC: {redacted}\\\n-- cut\nC: {redacted}\nS: 235 ok\nC: NOOP\n",
        ),
        // A field that goes on in the next line.
        ("C: Cookie: a=b;\nC:  c=d\nC: Host: x\nC:  y\n", "C: Cookie: {redacted}\nC:  {redacted}\nC: Host: x\nC:  y\n"),
        // The answer to what was sent before `AUTH` does not end the exchange.
        (
            "C: RSET\nC: AUTH LOGIN\nS: 250 ok\nS: 334 VXNlcg==\nC: YWRh\nS: 334 UGFzcw==\nC: c2VjcmV0\nS: 235 in\nC: QUIT\n",
            "C: RSET\nC: AUTH LOGIN\nS: 250 ok\nS: 334 {redacted}\nC: {redacted}\nS: 334 {redacted}\nC: {redacted}\nS: 235 in\nC: QUIT\n",
        ),
        // Half of it was left out by hand.
        (
            "C: AUTH LOGIN {redacted}\nS: 334 x\nC: c2VjcmV0\n",
            "C: AUTH LOGIN {redacted}\nS: 334 {redacted}\nC: {redacted}\n",
        ),
        // A list of messages is no challenge.
        (
            "C: AUTH PLAIN x\nS: +OK\nC: LIST\nS: +OK\nS: 334 120\nS: .\nC: RETR 1\n",
            "C: AUTH PLAIN {redacted}\nS: +OK\nC: LIST\nS: +OK\nS: 334 120\nS: .\nC: RETR 1\n",
        ),
    ] {
        let transcript = Transcript::parse(text).unwrap();
        assert_eq!(transcript.to_string(), shown);
        assert_eq!(Transcript::parse(shown).unwrap().to_string(), shown, "and so it stays");
        assert_eq!(transcript.print(&Style::full()), text);
    }
}

#[test]
fn numbers_and_braces_cost_no_more_than_they_are_worth() {
    // A number that nobody can stand in for.
    let most = format!("C: {{{} octets}}\n", 1u64 << 40);
    assert_eq!(Transcript::parse(&most).unwrap().length(End::Client), 1 << 40);
    let more = format!("C: abc{{{} octets}}\n", (1u64 << 40) + 1);
    let kind = text::ParseErrorKind::Omitted;
    assert_eq!(Transcript::parse(&more), Err(ParseError { line: 1, column: 7, kind }));
    assert_eq!(Transcript::parse("C: {99999999999999999999999 octets}\n").unwrap().length(End::Client), 34);
    // What nobody takes is not made: the engine is closed by then.
    let text = format!("C: fail\n>> Never\n{most}");
    let transcript = Transcript::parse(&text).unwrap();
    replay(&transcript, End::Server, &mut Lines::new(), &mut silent, &Style::default()).unwrap_err();
    // Braces that close nothing: a scan of the rest for each would take minutes.
    let braces = "{".repeat(1 << 20);
    let mut transcript = Transcript::new();
    transcript.push(Step::Said { end: End::Client, parts: vec![Part::Octets(braces.clone().into_bytes())] });
    assert_eq!(Transcript::parse(&transcript.to_string()).unwrap().octets(End::Client), braces.as_bytes());
}

#[test]
fn a_download_is_not_held_in_memory() {
    let total = Recorder::KEPT * 2 + 1;
    for piece in [1 << 16, Recorder::KEPT, usize::MAX] {
        let mut stream = format!("data {total}\r\n").into_bytes();
        stream.resize(stream.len() + total, b'd');
        let transcript = recorded(&stream, piece);
        assert!(
            transcript.print(&Style::full()).ends_with(&format!("C: {{{total} octets}}\n>> Data({total} octets)\n"))
        );
        assert_eq!(transcript.length(End::Client), stream.len() as u64);
    }
}

#[test]
fn octets_in_events_are_text_and_text_is_left_alone() {
    for (debug, shown) in [
        ("Line([104, 105])", "Line(\"hi\")"),
        ("Line(\"[104, 105]\")", "Line(\"[104, 105]\")"),
        ("Two(\"a\\\"[104]\", [104])", "Two(\"a\\\"[104]\", \"h\")"),
        ("Here([256], [1, [], [104)", "Here([256], [1, [], [104)"),
    ] {
        assert_eq!(record::legible(debug), shown);
    }
}

#[test]
fn insta_shows_it() {
    insta::assert_snapshot!(recorded(b"hello\r\ndata 3\r\nabcbye\r\n", 4), @r#"
    C: hello
    >> Line("hello")
    S: OK
    C: data 3
    >> Line("data 3")
    C: abc\
    >> Data(3 octets)
    C: bye
    >> Line("bye")
    S: OK
    "#);
}

fn any_part() -> impl Strategy<Value = Part> {
    let text = "([a-zA-Z0-9 :{}\\\\éß]|\r\n|\\{redacted\\}|\\{12 octets\\})*";
    prop_oneof![
        proptest::collection::vec(any::<u8>(), 1..40).prop_map(Part::Octets),
        text.prop_map(|text| Part::Octets(text.into_bytes())),
        proptest::collection::vec(any::<u8>(), 0..600).prop_map(Part::Bulk),
        "(PA|SS|AUTH|PLAIN|Cookie|:|=| |\r\n)*".prop_map(|text| Part::Octets(text.into_bytes())),
        (0usize..600).prop_map(Part::Omitted),
        Just(Part::Secret),
    ]
}

fn any_step() -> impl Strategy<Value = Step> {
    let end = prop_oneof![Just(End::Client), Just(End::Server)];
    let line = "[a-z(]([ -~é\t\r\n\u{1b}\u{202e}]*[!-~])?";
    prop_oneof![
        4 => (end.clone(), any_part()).prop_map(|(end, part)| Step::Said { end, parts: vec![part] }),
        1 => (proptest::option::of(end.clone()), line).prop_map(|(end, event)| Step::Told { end, event, octets: None }),
        1 => (end.clone(), 0usize..9999).prop_map(|(end, octets)| Step::Told {
            end: Some(end),
            event: "Data".to_string(),
            octets: Some(octets)
        }),
        1 => end.clone().prop_map(Step::Ended),
        1 => end.clone().prop_map(Step::Expired),
        1 => (end.clone(), line).prop_map(|(end, error)| Step::Failed { end, error }),
        1 => Just(Step::Cut),
        1 => line.prop_map(Step::Comment),
        1 => ("[a-z0-9]{1,8}", end).prop_map(|(protocol, end)| Step::Engine { protocol, end }),
    ]
}

proptest! {
    #[test]
    fn what_is_printed_reads_back(steps in proptest::collection::vec(any_step(), 0..12)) {
        let mut transcript = Transcript::new();
        for step in steps {
            transcript.push(step);
        }
        let text = transcript.print(&Style::full());
        let again = Transcript::parse(&text).unwrap();
        prop_assert_eq!(&again, &transcript, "{}", text);
        prop_assert_eq!(again.print(&Style::full()), text);
        // What is left out stays left out. Bulk data reads back as octets, and those are searched for secrets.
        let shown = transcript.to_string();
        let twice = Transcript::parse(&shown).unwrap().to_string();
        let bulk = |step: &Step| matches!(step, Step::Said { parts, .. } if parts.iter().any(|part| matches!(part, Part::Bulk(_))));
        if !transcript.steps.iter().any(bulk) {
            prop_assert_eq!(&twice, &shown);
        }
        prop_assert_eq!(Transcript::parse(&twice).unwrap().to_string(), twice);
    }

    #[test]
    fn any_text_is_read_or_refused(text in "\\PC*(\n\\PC*)*") {
        if let Ok(transcript) = Transcript::parse(&text) {
            let printed = transcript.print(&Style::full());
            prop_assert_eq!(Transcript::parse(&printed).unwrap().print(&Style::full()), printed);
        }
    }
}
