//! Two ends of a protocol, joined in memory.

use super::conversation::Log;
use super::story::total;
use super::{Law, Story};
use crate::engine::{Detach, Engine, Handler, Status, Tap, turn};
use alloc::format;
use alloc::string::String;
use bytes::{Buf, BytesMut};

/// What both ends saw of one conversation.
#[derive(Debug)]
pub struct Mirrored<A: Engine, B: Engine> {
    /// What the first end was told and said.
    pub a: Log<A>,
    /// What the second end was told and said.
    pub b: Log<B>,
}

/// Runs a scenario between two engines through many ways of cutting what passes between them; what each side hears and
/// says has to be the same every time.
///
/// `make` gives both ends with the handlers that play their callers. When one end is over, the other is told the end of
/// input. The scenario ends when neither end has anything to say.
///
/// # Errors
///
/// [`Law::Mirror`] where a cut changed what was heard or said, or where the two never stop talking.
pub fn mirror<A, HA, B, HB>(make: impl Fn() -> ((A, HA), (B, HB))) -> Result<Mirrored<A, B>, Story>
where
    A: Detach,
    B: Detach,
    HA: Handler<A>,
    HB: Handler<B>,
    for<'i> A::Event<'i>: Clone,
    for<'i> B::Event<'i>: Clone,
{
    let run = |cut: usize, mark: usize| {
        let how = format!("pieces of {cut} octets, output mark {mark}");
        total(b"", &how, || {
            let (a, b) = make();
            joined(a, b, cut, mark, &how)
        })
    };
    let whole = run(usize::MAX, usize::MAX)?;
    for (cut, mark) in [(1, usize::MAX), (2, 64), (3, 1), (7, usize::MAX), (64, 512), (1000, 64)] {
        let other = run(cut, mark)?;
        let difference = difference(&whole.a, &other.a, "first").or_else(|| difference(&whole.b, &other.b, "second"));
        if let Some((expected, found)) = difference {
            let how = format!("pieces of {cut} octets, output mark {mark}");
            return Err(Story::new(Law::Mirror, &whole.b.out, how, expected, found));
        }
    }
    Ok(whole)
}

fn difference<E: Engine>(whole: &Log<E>, other: &Log<E>, end: &str) -> Option<(String, String)> {
    whole.difference(other).map(|(a, b)| (format!("{end} end: {a}"), format!("{end} end: {b}")))
}

struct End<E: Engine, H> {
    engine: E,
    handler: H,
    rx: BytesMut,
    tx: BytesMut,
    seen: Seen<E>,
    ended: bool,
}

struct Seen<E: Engine>(Log<E>);

impl<E: Detach> Tap<E> for Seen<E>
where
    for<'i> E::Event<'i>: Clone,
{
    fn took(&mut self, _: &[u8], event: Option<&E::Event<'_>>) {
        if let Some(event) = event {
            self.0.told(event);
        }
    }
    fn failed(&mut self, error: &E::Error) {
        self.0.error = Some(error.clone());
    }
}

impl<E: Detach, H: Handler<E>> End<E, H>
where
    for<'i> E::Event<'i>: Clone,
{
    fn new((engine, handler): (E, H)) -> Self {
        let seen = Seen(Log::new());
        Self { engine, handler, rx: BytesMut::new(), tx: BytesMut::new(), seen, ended: false }
    }

    /// One turn. Returns whether anything moved.
    fn turn(&mut self, mark: usize) -> bool {
        if self.seen.0.error.is_some() {
            return false;
        }
        let (told, waiting, said) = (self.seen.0.events.len(), self.rx.len(), self.tx.len());
        let mut input = &self.rx[..];
        let full = turn(&mut self.engine, &mut input, &mut self.tx, mark, &mut self.handler, &mut self.seen);
        let used = self.rx.len() - input.len();
        self.rx.advance(used);
        let moved = self.seen.0.events.len() != told || self.rx.len() != waiting || self.tx.len() != said;
        moved || full.is_ok_and(|full| full && !self.tx.is_empty()) || self.seen.0.error.is_some()
    }

    fn over(&self) -> bool {
        self.seen.0.error.is_some() || self.engine.status() == Status::Closed
    }

    /// Hears that the other end is gone.
    fn end(&mut self) -> bool {
        let news = !self.ended;
        if news {
            self.ended = true;
            self.engine.eof();
        }
        news
    }

    fn finish(mut self) -> Log<E> {
        self.seen.0.left = self.rx.to_vec();
        self.seen.0.status = self.engine.status();
        self.seen.0
    }
}

/// Moves up to `cut` octets from one end's output to the other end's input.
fn pass<E: Engine, H, F: Engine, I>(from: &mut End<E, H>, to: &mut End<F, I>, cut: usize) -> bool {
    let piece = from.tx.split_to(from.tx.len().min(cut));
    from.seen.0.out.extend_from_slice(&piece);
    to.rx.extend_from_slice(&piece);
    !piece.is_empty()
}

fn joined<A, HA, B, HB>(a: (A, HA), b: (B, HB), cut: usize, mark: usize, how: &str) -> Result<Mirrored<A, B>, Story>
where
    A: Detach,
    B: Detach,
    HA: Handler<A>,
    HB: Handler<B>,
    for<'i> A::Event<'i>: Clone,
    for<'i> B::Event<'i>: Clone,
{
    const ROUNDS: usize = 2_000_000;
    let (mut a, mut b) = (End::new(a), End::new(b));
    for _ in 0..ROUNDS {
        let mut moved = a.turn(mark);
        moved |= pass(&mut a, &mut b, cut);
        moved |= b.turn(mark);
        moved |= pass(&mut b, &mut a, cut);
        if a.over() && a.tx.is_empty() {
            moved |= b.end();
        }
        if b.over() && b.tx.is_empty() {
            moved |= a.end();
        }
        if !moved {
            return Ok(Mirrored { a: a.finish(), b: b.finish() });
        }
    }
    Err(Story::new(Law::Mirror, b"", how, "a scenario that comes to an end", "they talk for ever"))
}
