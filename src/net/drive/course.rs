//! What a [`Driver`](super::Driver) does in a turn, method by method.

use crate::engine::{Engine, Patience, Status, Tap, turn};
use crate::net::bulk::Bulk;
use crate::net::party::Party;
use crate::net::pump::{Exchange, Turn};
use bytes::BytesMut;
use std::time::Instant;

/// The engine and the tap that a turn is made with.
pub(super) struct Ends<'d, E, T: ?Sized> {
    engine: &'d mut E,
    tap: &'d mut T,
}

type Turned<E> = Result<Turn, <E as Engine>::Error>;

/// What a method of the driver makes of a turn, and what it has to say about the wire. All else is the engine's.
pub(super) trait Course<E: Engine, T: Tap<E> + ?Sized> {
    fn turn(&mut self, ends: Ends<'_, E, T>, input: &mut &[u8], out: &mut BytesMut, high: usize) -> Turned<E>;
    /// The engine was told of the end, or that its clock ran out.
    fn told(&mut self) {}
    fn due(&self) -> Option<Instant> {
        None
    }
    fn bulk(&mut self) -> Option<&mut Bulk> {
        None
    }
    fn finished(&self, _: &E) -> bool {
        false
    }
    /// As [`Exchange::answers`].
    fn answers(&self) -> bool {
        true
    }
}

/// An engine and its tap on a course: what the pump moves.
pub(super) struct Steered<'d, E, T: ?Sized, C> {
    pub(super) engine: &'d mut E,
    pub(super) tap: &'d mut T,
    pub(super) course: &'d mut C,
}

impl<E: Engine, T: Tap<E> + ?Sized, C: Course<E, T>> Exchange for Steered<'_, E, T, C> {
    type Error = E::Error;
    fn turn(&mut self, input: &mut &[u8], out: &mut BytesMut, high: usize) -> Result<Turn, E::Error> {
        self.course.turn(Ends { engine: self.engine, tap: self.tap }, input, out, high)
    }
    fn eof(&mut self) {
        self.course.told();
        self.tap.ended();
        self.engine.eof();
    }
    fn expire(&mut self) {
        self.course.told();
        self.tap.expired();
        self.engine.expire();
    }
    fn status(&self) -> Status {
        self.engine.status()
    }
    fn patience(&self) -> Patience {
        self.engine.patience()
    }
    fn window(&self) -> usize {
        self.engine.window()
    }
    fn due(&self) -> Option<Instant> {
        self.course.due()
    }
    fn bulk(&mut self) -> Option<&mut Bulk> {
        self.course.bulk()
    }
    fn finished(&self) -> bool {
        self.course.finished(self.engine)
    }
    fn answers(&self) -> bool {
        self.course.answers()
    }
}

/// Goes on to the end.
pub(super) struct Whole<'p, P: ?Sized> {
    pub(super) party: &'p mut P,
}

impl<E: Engine, T: Tap<E> + ?Sized, P: Party<E> + ?Sized> Course<E, T> for Whole<'_, P> {
    fn turn(&mut self, ends: Ends<'_, E, T>, input: &mut &[u8], out: &mut BytesMut, high: usize) -> Turned<E> {
        let full = turn(ends.engine, input, out, high, self.party, ends.tap)?;
        Ok(if full { Turn::Full } else { Turn::Dry })
    }
    fn due(&self) -> Option<Instant> {
        self.party.due()
    }
    fn bulk(&mut self) -> Option<&mut Bulk> {
        self.party.bulk()
    }
    fn finished(&self, engine: &E) -> bool {
        self.party.finished(engine)
    }
}

/// One `recv` with its tap: what [`turn`] does for one event, for steps that stop in the middle.
pub(super) enum Took<'i, E: Engine> {
    Event(E::Event<'i>),
    Moved,
    Nothing,
}

pub(super) fn take<'i, E: Engine>(
    engine: &mut E,
    input: &mut &'i [u8],
    out: &mut BytesMut,
    tap: &mut (impl Tap<E> + ?Sized),
) -> Result<Took<'i, E>, E::Error> {
    let before = *input;
    let mark = out.len();
    let told = engine.recv(input, out);
    let taken = &before[..before.len() - input.len()];
    match &told {
        Ok(Some(event)) => tap.took(taken, Some(event)),
        _ if taken.is_empty() => {}
        _ => tap.took(taken, None),
    }
    if out.len() > mark {
        tap.engine_said(&out[mark..]);
    }
    match told {
        Ok(Some(event)) => Ok(Took::Event(event)),
        Ok(None) if taken.is_empty() && out.len() == mark => Ok(Took::Nothing),
        Ok(None) => Ok(Took::Moved),
        Err(error) => {
            tap.failed(&error);
            Err(error)
        }
    }
}

/// Lets `answer` say something, and shows it to the tap.
pub(super) fn said<E: Engine, R>(
    engine: &mut E,
    tap: &mut (impl Tap<E> + ?Sized),
    out: &mut BytesMut,
    answer: impl FnOnce(&mut E, &mut BytesMut) -> R,
) -> R {
    let mark = out.len();
    let result = answer(engine, out);
    if out.len() > mark {
        tap.caller_said(&out[mark..]);
    }
    result
}

/// Goes on until an event gives what is wanted.
pub(super) struct Until<F, R> {
    pub(super) wanted: F,
    pub(super) found: Option<R>,
}

impl<E, T, F, R> Course<E, T> for Until<F, R>
where
    E: Engine,
    T: Tap<E> + ?Sized,
    F: FnMut(&mut E, E::Event<'_>, &mut BytesMut) -> Option<R>,
{
    fn turn(&mut self, ends: Ends<'_, E, T>, input: &mut &[u8], out: &mut BytesMut, high: usize) -> Turned<E> {
        if self.found.is_some() {
            return Ok(Turn::Enough);
        }
        loop {
            if out.len() >= high {
                return Ok(Turn::Full);
            }
            match take(ends.engine, input, out, ends.tap)? {
                Took::Event(event) => {
                    self.found = said(ends.engine, ends.tap, out, |engine, out| (self.wanted)(engine, event, out));
                    if self.found.is_some() {
                        return Ok(Turn::Enough);
                    }
                }
                Took::Moved => {}
                Took::Nothing => return Ok(Turn::Dry),
            }
        }
    }
    fn answers(&self) -> bool {
        false
    }
}

/// Goes on until the caller says that it is done.
pub(super) struct RunUntil<'p, P: ?Sized, F> {
    pub(super) party: &'p mut P,
    pub(super) done: F,
}

impl<E, P, T, F> Course<E, T> for RunUntil<'_, P, F>
where
    E: Engine,
    P: Party<E> + ?Sized,
    T: Tap<E> + ?Sized,
    F: FnMut(&E, &P) -> bool,
{
    fn turn(&mut self, ends: Ends<'_, E, T>, input: &mut &[u8], out: &mut BytesMut, high: usize) -> Turned<E> {
        loop {
            if out.len() >= high {
                return Ok(Turn::Full);
            }
            let dry = match take(ends.engine, input, out, ends.tap)? {
                Took::Event(event) => {
                    said(ends.engine, ends.tap, out, |engine, out| self.party.event(engine, event, out));
                    false
                }
                Took::Moved => continue,
                Took::Nothing if out.len() > high / 2 => return Ok(Turn::Full),
                Took::Nothing => !said(ends.engine, ends.tap, out, |engine, out| self.party.more(engine, out)),
            };
            if (self.done)(ends.engine, self.party) {
                return Ok(Turn::Enough);
            }
            if dry {
                return Ok(Turn::Dry);
            }
        }
    }
    fn due(&self) -> Option<Instant> {
        self.party.due()
    }
    fn bulk(&mut self) -> Option<&mut Bulk> {
        self.party.bulk()
    }
    fn finished(&self, engine: &E) -> bool {
        self.party.finished(engine)
    }
}

/// Writes; what comes meanwhile is kept.
pub(super) struct Flush;

impl<E: Engine, T: Tap<E> + ?Sized> Course<E, T> for Flush {
    fn turn(&mut self, _: Ends<'_, E, T>, _: &mut &[u8], out: &mut BytesMut, _: usize) -> Turned<E> {
        Ok(if out.is_empty() { Turn::Enough } else { Turn::Full })
    }
}

/// Reads until there is more than there was, and leaves it to its caller.
pub(super) struct Fill {
    pub(super) had: usize,
    pub(super) told: bool,
}

impl<E: Engine, T: Tap<E> + ?Sized> Course<E, T> for Fill {
    fn turn(&mut self, _: Ends<'_, E, T>, input: &mut &[u8], _: &mut BytesMut, _: usize) -> Turned<E> {
        Ok(if self.told || input.len() > self.had { Turn::Enough } else { Turn::Dry })
    }
    fn told(&mut self) {
        self.told = true;
    }
    fn answers(&self) -> bool {
        false
    }
}
