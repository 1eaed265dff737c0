//! Every law can fail: a toy machine that is right, and the same machine wrong in one way for each law.

use super::*;
use crate::engine::{Decode, Detach, Engine, Handler, Owned, Patience, Status, turn};
use crate::work;
use alloc::string::ToString;
use alloc::vec::Vec;
use bytes::{Bytes, BytesMut};
use core::time::Duration;
use proptest::prelude::*;

/// What is wrong with a toy.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    None,
    /// The limit is judged on the buffer and not on the line.
    LimitOnBuffer,
    Panics,
    WindowTooSmall,
    /// The line is searched from its beginning at every call.
    Rescans,
    TellsForEver,
    /// `None`, and then an event on the same input.
    ChangesItsMind,
    RepliesAfterError,
    TellsFromElsewhere,
    /// The same for an event that is no bulk data.
    AsksFromElsewhere,
    /// What it tells depends on the cut, and its `Debug` form does not show it.
    VeilsAnother,
    TakesWhilePaused,
    ClockWhilePaused,
    /// Its reply depends on how full the caller's buffer is.
    LooksAtOutput,
    IgnoresExpiry,
    ExpiresWithoutClock,
    /// Every greeting counts the octets that came with it.
    CountsPieces,
}

#[derive(Clone, Debug, PartialEq, thiserror::Error)]
enum ToyError {
    #[error("line over the limit at {0}")]
    TooLong(u64),
    #[error("not a line end at {0}")]
    BareLf(u64),
    #[error("the input ends within a line at {0}")]
    Truncated(u64),
    #[error("timed out at {0}")]
    TimedOut(u64),
}

#[derive(Clone, Debug, PartialEq)]
enum ToyEvent<B> {
    /// A question: the caller owes an answer.
    Asked(B),
    /// What must not be seen.
    Secret(Veiled<B>),
    /// Bulk data, told as it comes.
    Octets(B),
    /// Answered by the engine.
    Greeted,
    End,
}

/// Shows nothing of what it holds.
#[derive(Clone, PartialEq)]
struct Veiled<B>(B);

impl<B> core::fmt::Debug for Veiled<B> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("***")
    }
}

impl<B> ToyEvent<B> {
    fn map<C>(self, mut keep: impl FnMut(B) -> C) -> ToyEvent<C> {
        match self {
            Self::Asked(b) => ToyEvent::Asked(keep(b)),
            Self::Secret(Veiled(b)) => ToyEvent::Secret(Veiled(keep(b))),
            Self::Octets(b) => ToyEvent::Octets(keep(b)),
            Self::Greeted => ToyEvent::Greeted,
            Self::End => ToyEvent::End,
        }
    }
}

const LIMIT: usize = 24;

/// Lines: `?x` asks and pauses, `=x` is bulk data, `*x` is a secret, anything else is greeted by the engine itself.
struct Toy {
    fault: Fault,
    offset: u64,
    scanned: usize,
    phase: u64,
    status: Status,
    in_bulk: bool,
    eof: bool,
    expired: bool,
    asked_before: bool,
    error: Option<ToyError>,
}

impl Toy {
    fn new(fault: Fault) -> Self {
        Self {
            fault,
            offset: 0,
            scanned: 0,
            phase: 0,
            status: Status::Idle,
            in_bulk: false,
            eof: false,
            expired: false,
            asked_before: false,
            error: None,
        }
    }

    fn answer(&mut self, out: &mut BytesMut) {
        assert_eq!(self.status, Status::Paused);
        out.extend_from_slice(b"answer\r\n");
        self.status = Status::Idle;
        self.phase += 1;
    }

    fn take<'i>(&mut self, input: &mut &'i [u8], n: usize) -> &'i [u8] {
        let (head, rest) = input.split_at(n);
        *input = rest;
        self.offset += n as u64;
        self.scanned = 0;
        self.phase += 1;
        head
    }

    fn fail<T>(&mut self, error: ToyError, out: &mut BytesMut) -> Result<T, ToyError> {
        out.extend_from_slice(b"error\r\n");
        self.error = Some(error.clone());
        self.status = Status::Closed;
        Err(error)
    }
}

impl Engine for Toy {
    type Event<'i> = ToyEvent<&'i [u8]>;
    type Error = ToyError;

    fn recv<'i>(&mut self, input: &mut &'i [u8], out: &mut BytesMut) -> Result<Option<Self::Event<'i>>, ToyError> {
        if let Some(error) = &self.error {
            if self.fault == Fault::RepliesAfterError {
                out.extend_from_slice(b"error\r\n");
            }
            return Err(error.clone());
        }
        if self.status == Status::Closed {
            return Ok(None);
        }
        if self.status == Status::Paused {
            if self.fault == Fault::TakesWhilePaused && !input.is_empty() {
                self.take(input, 1);
            }
            return Ok(None);
        }
        if self.expired {
            if self.status == Status::Idle {
                self.status = Status::Closed;
                return Ok(Some(ToyEvent::End));
            }
            return self.fail(ToyError::TimedOut(self.offset), out);
        }
        if self.in_bulk {
            let end = memchr::memchr2(b'\r', b'\n', input).unwrap_or(input.len());
            work::add(end + 1);
            if end > 0 {
                let data = self.take(input, end);
                return Ok(Some(ToyEvent::Octets(match self.fault {
                    Fault::TellsFromElsewhere => b"elsewhere",
                    _ => data,
                })));
            }
            if input.first() == Some(&b'\n') {
                return self.fail(ToyError::BareLf(self.offset), out);
            }
            match input.get(1) {
                None => {}
                Some(b'\n') => {
                    self.take(input, 2);
                    self.in_bulk = false;
                    self.status = Status::Idle;
                    return Ok(Some(ToyEvent::End));
                }
                Some(_) => return self.fail(ToyError::BareLf(self.offset), out),
            }
        } else {
            if input.first() == Some(&b'=') {
                self.take(input, 1);
                self.in_bulk = true;
                self.status = Status::Open;
                return Ok(None);
            }
            if self.fault == Fault::LimitOnBuffer && input.len() > LIMIT {
                return self.fail(ToyError::TooLong(self.offset + LIMIT as u64), out);
            }
            let seen = &input[..input.len().min(LIMIT)];
            let from = if self.fault == Fault::Rescans { 0 } else { self.scanned };
            work::add(seen.len() - from);
            if let Some(at) = seen[from..].iter().position(|octet| *octet == b'\n').map(|at| from + at) {
                let line = &seen[..at];
                if line.last() != Some(&b'\r') {
                    return self.fail(ToyError::BareLf(self.offset + at as u64), out);
                }
                assert!(self.fault != Fault::Panics || line != b"boom\r", "boom");
                let told = self.take(input, at + 1);
                if told.first() == Some(&b'?') {
                    self.status = Status::Paused;
                    return Ok(Some(ToyEvent::Asked(match self.fault {
                        Fault::AsksFromElsewhere => b"elsewhere",
                        _ => &told[1..at - 1],
                    })));
                }
                self.status = Status::Idle;
                if told.first() == Some(&b'*') {
                    let from = usize::from(self.fault != Fault::VeilsAnother || from == 0);
                    return Ok(Some(ToyEvent::Secret(Veiled(&told[from..at - 1]))));
                }
                match self.fault {
                    Fault::LooksAtOutput if out.is_empty() => out.extend_from_slice(b"hello, first\r\n"),
                    Fault::CountsPieces => out.extend_from_slice((input.len()).to_string().as_bytes()),
                    _ => out.extend_from_slice(b"hello\r\n"),
                }
                return Ok(Some(ToyEvent::Greeted));
            }
            self.scanned = seen.len();
            if seen.len() == LIMIT && self.fault != Fault::WindowTooSmall {
                return self.fail(ToyError::TooLong(self.offset + LIMIT as u64), out);
            }
            if !input.is_empty() && self.status == Status::Idle {
                self.status = Status::Open;
                self.phase += 1;
            }
        }
        if self.fault == Fault::TellsForEver && input.is_empty() {
            return Ok(Some(ToyEvent::End));
        }
        if self.fault == Fault::ChangesItsMind && !input.is_empty() {
            self.asked_before = !self.asked_before;
            return Ok((!self.asked_before).then_some(ToyEvent::End));
        }
        if self.eof {
            if self.status == Status::Open {
                return self.fail(ToyError::Truncated(self.offset + input.len() as u64), out);
            }
            self.status = Status::Closed;
            return Ok(Some(ToyEvent::End));
        }
        Ok(None)
    }

    fn eof(&mut self) {
        self.eof = true;
    }

    fn expire(&mut self) {
        let runs = self.patience().limit.is_some() || self.fault == Fault::ExpiresWithoutClock;
        if runs && self.fault != Fault::IgnoresExpiry {
            self.expired = true;
            if self.fault == Fault::ExpiresWithoutClock && self.status == Status::Paused {
                self.status = Status::Closed;
            }
        }
    }

    fn status(&self) -> Status {
        self.status
    }

    fn patience(&self) -> Patience {
        if self.status.over() || self.status == Status::Paused && self.fault != Fault::ClockWhilePaused {
            return Patience::endless(self.phase);
        }
        Patience::within(self.phase, Duration::from_secs(5))
    }

    fn window(&self) -> usize {
        LIMIT
    }

    fn octets<'e>(event: &'e Self::Event<'_>) -> Option<&'e [u8]> {
        match event {
            ToyEvent::Octets(octets) => Some(octets),
            _ => None,
        }
    }
}

impl Detach for Toy {
    type Detached<B>
        = ToyEvent<B>
    where
        B: core::fmt::Debug;
    fn detach<'i, B: core::fmt::Debug>(event: ToyEvent<&'i [u8]>, keep: impl FnMut(&'i [u8]) -> B) -> ToyEvent<B> {
        event.map(keep)
    }
    fn map<A: core::fmt::Debug, B: core::fmt::Debug>(event: ToyEvent<A>, keep: impl FnMut(A) -> B) -> ToyEvent<B> {
        event.map(keep)
    }
}

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

/// A decoder of runs: octets up to `;`, with the faults that concern a decoder.
struct Runs {
    fault: Fault,
    offset: u64,
    eof: bool,
    over: bool,
    calls: u32,
}

impl Decode for Runs {
    type Event<'i> = ToyEvent<&'i [u8]>;
    type Error = ToyError;

    fn recv<'i>(&mut self, input: &mut &'i [u8]) -> Result<Option<Self::Event<'i>>, ToyError> {
        self.calls += 1;
        if self.over {
            if self.fault == Fault::RepliesAfterError {
                return Ok(Some(ToyEvent::End));
            }
            return Ok(None);
        }
        work::add(if self.fault == Fault::Rescans { 100 } else { input.len().min(1) });
        match input.first() {
            Some(b';') => {
                *input = &input[1..];
                self.over = true;
                Ok(Some(ToyEvent::End))
            }
            Some(b'!') if self.fault == Fault::Panics => panic!("boom"),
            Some(b'!') => Err(ToyError::BareLf(self.offset)),
            Some(_) if self.fault == Fault::WindowTooSmall => Ok(None),
            Some(_) => {
                let all = *input;
                let len = all.iter().position(|octet| matches!(octet, b';' | b'!')).unwrap_or(all.len());
                work::add(len);
                let (told, rest) = all.split_at(len);
                *input = rest;
                let first = self.offset == 0;
                self.offset += len as u64;
                if self.fault == Fault::VeilsAnother && !first {
                    return Ok(None);
                }
                Ok(Some(match self.fault {
                    Fault::TellsFromElsewhere => ToyEvent::Octets(b"elsewhere"),
                    Fault::LimitOnBuffer => ToyEvent::Asked(told),
                    Fault::VeilsAnother => ToyEvent::Secret(Veiled(told)),
                    _ => ToyEvent::Octets(told),
                }))
            }
            None if self.fault == Fault::TellsForEver => Ok(Some(ToyEvent::Greeted)),
            None if self.fault == Fault::ChangesItsMind && self.calls.is_multiple_of(2) => Ok(Some(ToyEvent::Greeted)),
            None if self.eof => Err(ToyError::Truncated(self.offset)),
            None => Ok(None),
        }
    }
    fn eof(&mut self) {
        self.eof = true;
    }
    fn over(&self) -> bool {
        self.over
    }
    fn window(&self) -> usize {
        1
    }
    fn octets<'e>(event: &'e Self::Event<'_>) -> Option<&'e [u8]> {
        Toy::octets(event)
    }
}

fn judged_runs(fault: Fault, stream: &[u8], ending: Ending) -> Option<Law> {
    let make = || Runs { fault, offset: 0, eof: false, over: false, calls: 0 };
    law_of(judge_decode(make, stream, ending).map(drop))
}

#[test]
fn each_wrong_decoder_breaks_its_law() {
    for stream in [b"some;left".as_slice(), b"some!more", b"some", b""] {
        assert_eq!(judged_runs(Fault::None, stream, Ending::Eof), None);
    }
    for (fault, stream, law) in [
        (Fault::LimitOnBuffer, b"abcdef;".as_slice(), Law::Split),
        (Fault::VeilsAnother, b"abcdef;", Law::Split),
        (Fault::Panics, b"abc!", Law::Total),
        (Fault::WindowTooSmall, b"abc;", Law::Bounded),
        (Fault::Rescans, &[b'a'; 300], Law::Linear),
        (Fault::TellsForEver, b"", Law::Progress),
        (Fault::ChangesItsMind, b"", Law::Progress),
        (Fault::RepliesAfterError, b"a;b", Law::Fused),
        (Fault::TellsFromElsewhere, b"abc;", Law::Inside),
    ] {
        assert_eq!(judged_runs(fault, stream, Ending::Stays), Some(law), "{fault:?}");
    }
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

impl Engine for Listener {
    type Event<'i> = ToyEvent<&'i [u8]>;
    type Error = ToyError;
    fn recv<'i>(&mut self, input: &mut &'i [u8], _: &mut BytesMut) -> Result<Option<Self::Event<'i>>, ToyError> {
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
    fn octets<'e>(event: &'e Self::Event<'_>) -> Option<&'e [u8]> {
        Toy::octets(event)
    }
}

impl Detach for Listener {
    type Detached<B>
        = ToyEvent<B>
    where
        B: core::fmt::Debug;
    fn detach<'i, B: core::fmt::Debug>(event: ToyEvent<&'i [u8]>, keep: impl FnMut(&'i [u8]) -> B) -> ToyEvent<B> {
        event.map(keep)
    }
    fn map<A: core::fmt::Debug, B: core::fmt::Debug>(event: ToyEvent<A>, keep: impl FnMut(A) -> B) -> ToyEvent<B> {
        event.map(keep)
    }
}

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
