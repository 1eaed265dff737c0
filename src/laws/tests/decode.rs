//! The same for a decoder.

use super::law_of;
use super::toy::{Fault, Toy, ToyError, ToyEvent, Veiled};
use crate::engine::{Decode, delegate};
use crate::laws::{Ending, Law, judge_decode};
use crate::work;

/// A decoder of runs: octets up to `;`, with the faults that concern a decoder.
struct Runs {
    fault: Fault,
    offset: u64,
    eof: bool,
    over: bool,
    calls: u32,
}

impl Runs {
    fn recv<'i>(&mut self, input: &mut &'i [u8]) -> Result<Option<ToyEvent<&'i [u8]>>, ToyError> {
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
    fn octets<'e>(event: &'e ToyEvent<&[u8]>) -> Option<&'e [u8]> {
        Toy::octets(event)
    }
}

delegate!(impl Decode for Runs: Event<'i> = ToyEvent<&'i [u8]>, ToyError);

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
