//! Every law can fail: a toy machine that is right, and the same machine wrong in one way for each law.

mod decode;
mod toy;

use self::toy::{Fault, Toy, ToyError, ToyEvent};
use super::*;
use crate::engine::{Detach, Engine, Handler, Owned, Patience, Status, delegate, turn};
use alloc::string::ToString;
use alloc::vec::Vec;
use bytes::{Bytes, BytesMut};
use proptest::prelude::*;

/// Answers what it owes when it is asked for more.
struct Answers;

impl Handler<Toy> for Answers {
    fn event(&mut self, _: &mut Toy, _: ToyEvent<&[u8]>, _: &mut BytesMut) {}
    fn more(&mut self, engine: &mut Toy, out: &mut BytesMut) -> bool {
        let owed = engine.status() == Status::Paused;
        if owed {
            engine.answer(out);
        }
        owed
    }
}

const STREAM: &[u8] = b"hi\r\n?one\r\n=some bulk data\r\n?two\r\nyo\r\n?three\r\nboom\r\nho\r\n*key\r\nhi\r\n";

fn law_of(result: Result<(), Story>) -> Option<Law> {
    result.err().map(|story| story.law)
}

fn judged(fault: Fault, stream: &[u8], ending: Ending) -> Result<(), Story> {
    judge(|| (Toy::new(fault), Answers), stream, ending).map(drop)
}

#[test]
fn a_right_machine_breaks_no_law() {
    judged(Fault::None, STREAM, Ending::Eof).unwrap();
    judged(Fault::None, b"x\r\nhalf a li", Ending::Eof).unwrap();
    judged(Fault::None, &b"=".repeat(90), Ending::Eof).unwrap();
    judged(Fault::None, &b"y".repeat(90), Ending::Stays).unwrap();
    judge_expiry(|| (Toy::new(Fault::None), Answers), STREAM).unwrap();
    let log = observe(|| (Toy::new(Fault::None), Answers), b"hi\r\n?q\r\n=da", Ending::Stays).unwrap();
    assert_eq!(log.out, b"hello\r\nanswer\r\n");
    assert_eq!(
        log.events,
        [Entry::Event("Greeted".into()), Entry::Event("Asked([113])".into()), Entry::Octets(b"da".to_vec())]
    );
}

#[test]
fn each_wrong_machine_breaks_its_law() {
    let dripping = b"a quite long line here\r\n".repeat(200);
    for (fault, stream, law) in [
        (Fault::LimitOnBuffer, STREAM, Law::Split),
        (Fault::CountsPieces, STREAM, Law::Split),
        (Fault::VeilsAnother, STREAM, Law::Split),
        (Fault::Panics, STREAM, Law::Total),
        (Fault::WindowTooSmall, b"a line without an end, and no complaint".as_slice(), Law::Bounded),
        (Fault::Rescans, &dripping, Law::Linear),
        (Fault::TellsForEver, STREAM, Law::Progress),
        (Fault::ChangesItsMind, b"h", Law::Progress),
        (Fault::RepliesAfterError, b"bare\n", Law::Fused),
        (Fault::TellsFromElsewhere, STREAM, Law::Inside),
        (Fault::AsksFromElsewhere, STREAM, Law::Inside),
        (Fault::TakesWhilePaused, STREAM, Law::Paused),
        (Fault::ClockWhilePaused, STREAM, Law::Paused),
        (Fault::LooksAtOutput, STREAM, Law::Marks),
    ] {
        let ending = if fault == Fault::ChangesItsMind { Ending::Stays } else { Ending::Eof };
        assert_eq!(law_of(judged(fault, stream, ending)), Some(law), "{fault:?}");
        assert_eq!(
            law_of(judged(Fault::None, stream, ending)),
            None,
            "{fault:?} needs a stream that a right one bears"
        );
    }
    for fault in [Fault::IgnoresExpiry, Fault::ExpiresWithoutClock] {
        // An unanswered question leaves the toy paused, where no clock runs.
        let silent = |_: &mut Toy, _: ToyEvent<&[u8]>, _: &mut BytesMut| {};
        assert_eq!(law_of(judge_expiry(|| (Toy::new(fault), silent), b"hi\r\n?q\r\n")), Some(Law::Time), "{fault:?}");
        assert_eq!(law_of(judge_expiry(|| (Toy::new(Fault::None), silent), b"hi\r\n?q\r\n")), None);
    }
}

#[test]
fn a_story_is_made_small_and_reads_well() {
    let story = judged(Fault::Panics, STREAM, Ending::Stays).unwrap_err();
    assert_eq!(
        story.to_string(),
        "law Total is broken\n  input:    \"boom\\r\\n\" (6 octets)\n  how:      uncut\n  \
         expected: no panic\n  found:    panicked: boom"
    );
    let story = judged(Fault::CountsPieces, STREAM, Ending::Stays).unwrap_err();
    assert!(story.input.len() < 8, "{story}");
}

/// A caller that asks `left` questions.
struct Asks {
    left: usize,
    impatient: bool,
}

impl Handler<Toy> for Asks {
    fn event(&mut self, _: &mut Toy, _: ToyEvent<&[u8]>, out: &mut BytesMut) {
        // Something said for every piece that arrives shows the cut to the other end.
        if self.impatient {
            out.extend_from_slice(b"=\r\n");
        }
    }
    fn more(&mut self, _: &mut Toy, out: &mut BytesMut) -> bool {
        let asks = self.left > 0;
        if asks {
            self.left -= 1;
            out.extend_from_slice(b"?q\r\n=12345678\r\n");
        }
        asks
    }
}

/// Listens to lines and answers with nothing, except in `Asks` hands.
struct Listener(Toy);

impl Listener {
    fn recv<'i>(&mut self, input: &mut &'i [u8], _: &mut BytesMut) -> Result<Option<ToyEvent<&'i [u8]>>, ToyError> {
        let told = (!input.is_empty()).then_some(ToyEvent::Octets(*input));
        *input = &[];
        Ok(told)
    }
    fn eof(&mut self) {
        self.0.eof();
    }
    fn expire(&mut self) {}
    fn status(&self) -> Status {
        Status::Idle
    }
    fn patience(&self) -> Patience {
        Patience::endless(0)
    }
    fn window(&self) -> usize {
        1
    }
    fn octets<'e>(event: &'e ToyEvent<&[u8]>) -> Option<&'e [u8]> {
        Toy::octets(event)
    }
}

delegate!(impl Engine + Detach for Listener: ToyEvent, ToyError);

impl Handler<Listener> for Asks {
    fn event(&mut self, engine: &mut Listener, event: ToyEvent<&[u8]>, out: &mut BytesMut) {
        Handler::<Toy>::event(self, &mut engine.0, event, out);
    }
    fn more(&mut self, engine: &mut Listener, out: &mut BytesMut) -> bool {
        Handler::<Toy>::more(self, &mut engine.0, out)
    }
}

#[test]
fn the_mirror_shows_who_answers_pieces() {
    let make = |impatient| {
        move || {
            let client = (Listener(Toy::new(Fault::None)), Asks { left: 3, impatient });
            (client, (Toy::new(Fault::None), Answers))
        }
    };
    let mirrored = mirror(make(false)).unwrap();
    assert_eq!(mirrored.b.out, b"answer\r\nanswer\r\nanswer\r\n");
    assert_eq!(mirrored.a.events, [Entry::Octets(mirrored.b.out.clone())]);
    assert_eq!(law_of(mirror(make(true)).map(drop)), Some(Law::Mirror));
}

#[test]
fn values_that_are_not_kept_are_found() {
    let write = |text: &Vec<u8>| [text, b"\r\n".as_slice()].concat();
    let read = |wire: &[u8]| wire.strip_suffix(b"\r\n").map(<[u8]>::to_vec).ok_or(());
    round_trip(&b"abc".to_vec(), write, read).unwrap();
    let forgets = |wire: &[u8]| wire.strip_suffix(b"\r\n").map(<[u8]>::to_ascii_lowercase).ok_or(());
    assert_eq!(law_of(round_trip(&b"ABC".to_vec(), write, forgets)), Some(Law::RoundTrip));
    stable(b"abc\r\n", read, write).unwrap();
    let grows = |text: &Vec<u8>| [text, b"+\r\n".as_slice()].concat();
    assert_eq!(law_of(stable(b"abc\r\n", read, grows)), Some(Law::RoundTrip));

    let hear = |wire: &[u8]| wire.split(|octet| *octet == b'\n').count();
    let careless = |value: &[u8]| Some([b"NICK ", value, b"\r\n"].concat());
    let careful = |value: &[u8]| value.iter().all(|octet| *octet >= b' ').then(|| careless(value)).flatten();
    no_forgery(b"ada", forgeries(b"ada", b"QUIT"), careful, hear).unwrap();
    assert_eq!(law_of(no_forgery(b"ada", forgeries(b"ada", b"QUIT"), careless, hear)), Some(Law::Forgery));
    assert_eq!(law_of(no_forgery(b"ada", forgeries(b"ada", b"QUIT"), |_| None, hear)), Some(Law::Forgery));
}

#[test]
fn owned_events_are_the_same_and_share_the_block() {
    let mut owned = Owned::new(Toy::new(Fault::None));
    let mut out = BytesMut::new();
    owned.input().extend_from_slice(b"?question\r\n=da");
    assert_eq!(owned.recv(&mut out), Ok(Some(ToyEvent::Asked(Bytes::from_static(b"question")))));
    assert_eq!(owned.recv(&mut out), Ok(None));
    owned.engine().answer(&mut out);
    assert_eq!(owned.recv(&mut out), Ok(None));
    assert_eq!(owned.recv(&mut out), Ok(Some(ToyEvent::Octets(Bytes::from_static(b"da")))));
    owned.input().extend_from_slice(b"\nrest");
    assert_eq!(owned.recv(&mut out), Err(ToyError::BareLf(14)));
    assert_eq!(owned.into_parts().1, &b"\nrest"[..]);
}

#[test]
fn turn_stops_at_the_mark_and_volunteers_only_under_half_of_it() {
    let mut toy = Toy::new(Fault::None);
    let mut out = BytesMut::new();
    let mut input = b"a\r\nb\r\nc\r\n".as_slice();
    // Each greeting is 7 octets.
    assert_eq!(turn(&mut toy, &mut input, &mut out, 14, &mut Answers, &mut ()), Ok(true));
    assert_eq!((input, &out[..]), (b"c\r\n".as_slice(), b"hello\r\nhello\r\n".as_slice()));
    assert_eq!(turn(&mut toy, &mut input, &mut out, 14, &mut Answers, &mut ()), Ok(true));
    assert_eq!(input, b"c\r\n");
    out.clear();
    assert_eq!(turn(&mut toy, &mut input, &mut out, 14, &mut Answers, &mut ()), Ok(false));
    assert_eq!(input, b"");
    out.clear();
    let mut input = b"x\r\n?q\r\n".as_slice();
    assert_eq!(turn(&mut toy, &mut input, &mut out, 13, &mut Answers, &mut ()), Ok(true));
    assert_eq!(&out[..], b"hello\r\n", "7 octets are over half of 13: the answer waits for the flush");
    out.clear();
    assert_eq!(turn(&mut toy, &mut input, &mut out, 13, &mut Answers, &mut ()), Ok(true));
    assert_eq!(&out[..], b"answer\r\n");
    out.clear();
    let mut input = b"x\r\ny\r\n".as_slice();
    assert_eq!(turn(&mut toy, &mut input, &mut out, 0, &mut Answers, &mut ()), Ok(true));
    assert_eq!((input, &out[..]), (b"y\r\n".as_slice(), b"hello\r\n".as_slice()), "no mark stops everything");
}

proptest! {
    #[test]
    fn any_lines_obey_the_laws(
        lines in proptest::collection::vec("[?=]?[a-z]{0,26}(\r\n|\n|\r|)", 0..8),
        eof: bool,
    ) {
        let ending = if eof { Ending::Eof } else { Ending::Stays };
        judged(Fault::None, lines.concat().as_bytes(), ending).unwrap();
    }
}
