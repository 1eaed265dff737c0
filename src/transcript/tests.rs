use super::*;
use crate::engine::{Engine, Handler, Patience, Status, turn};
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
        text.prop_filter_map("not empty", |text| (!text.is_empty()).then(|| Part::Octets(text.into_bytes()))),
    ]
}

fn any_step() -> impl Strategy<Value = Step> {
    let end = prop_oneof![Just(End::Client), Just(End::Server)];
    let line = "[a-z(]([ -~é]*[!-~])?";
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
        prop_assert_eq!(&again.steps, &transcript.steps, "{}", text);
        prop_assert_eq!(again.print(&Style::full()), text);
        // What is left out stays left out.
        let shown = transcript.to_string();
        let twice = Transcript::parse(&shown).unwrap().to_string();
        prop_assert_eq!(twice, shown);
    }

    #[test]
    fn any_text_is_read_or_refused(text in "\\PC*(\n\\PC*)*") {
        if let Ok(transcript) = Transcript::parse(&text) {
            let printed = transcript.print(&Style::full());
            prop_assert_eq!(Transcript::parse(&printed).unwrap().print(&Style::full()), printed);
        }
    }
}
