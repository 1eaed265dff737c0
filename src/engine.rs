//! The contract: bytes are the caller's, state is the engine's.
//!
//! Every protocol of this crate is an [`Engine`]: one end of a conversation that does no I/O, has no clock and owns no
//! buffer. What came in lies in the caller's buffer, what goes out is appended to the caller's buffer, and an event
//! borrows the first without touching the second. The embedder's loop is therefore the same few lines for every
//! protocol; it stands on the [front page](crate).
//!
//! Five rules that every driver keeps (the drivers of `net` and [`turn`] keep them for you):
//!
//! 1. An error ends the loop only *after* `out` was written: the reply that the peer is owed lies in it already.
//! 2. Look at the size of `out` after each event, not after the drain: 64 KiB of pipelined requests may be
//!    answered with hundreds of megabytes.
//! 3. Call [`recv`](Engine::recv) again after every command. What the engine held back behind an unanswered event lies
//!    in `input` still, and no byte from the peer will remind you of it.
//! 4. Block on reading only after a turn that said nothing.
//! 5. Keep two marks: take events while `out` is under the high one, volunteer output only under the low one. With a
//!    single mark a client that sends a large body never reads the early answer to it.
//!
//! How long a write may stall is the driver's to decide; [`Patience`] speaks only of what an engine waits to *receive*.
//!
//! # An engine of one's own
//!
//! A protocol of yours is an [`Engine`] too: it then runs in every driver of this crate (`net::talk` makes a server's
//! conversation of it), is written down and replayed by `transcript`, and is held to the laws by `laws`.
//!
//! 1. The events: an enum generic over what holds the octets, and a [`Detach`] that maps it.
//! 2. The states, and what each is to a driver ([`Status`]). Where the caller owes an answer, the engine is paused.
//! 3. [`recv`](Engine::recv): one event off the front of the input. What is framed by lines, lengths or netstrings has its
//!    scanning in `chat::framing`; who scans by hand says how far by [`work::add`](crate::work::add), so that the laws can
//!    tell linear from quadratic. What the engine answers by itself is an event as well: `None` means that nothing moved.
//! 4. The commands: methods that validate, then write, or refuse and write nothing.
//! 5. One function that runs `laws::judge_cut` and `laws::judge_expiry` on any octets. A property test calls it, the
//!    replay of a corpus calls it, and `fuzz_target!(|data: &[u8]| check(data, &[]).unwrap())` is a whole fuzz target.
//!
//! `examples/ident.rs` is all of that for a protocol of one line (RFC 1413), and `tests/example_ident.rs` its tests.

#[cfg(any(test, feature = "chat", feature = "http1", feature = "mime", feature = "pop3", feature = "smtp"))]
mod delegate;

use bytes::{Buf, Bytes, BytesMut};
use core::fmt;
use core::ops::Range;
use core::time::Duration;

#[cfg(any(test, feature = "chat", feature = "http1", feature = "mime", feature = "pop3", feature = "smtp"))]
pub(crate) use delegate::delegate;
#[cfg(any(feature = "chat", feature = "http1", feature = "pop3", feature = "smtp"))]
pub(crate) use delegate::notes;

/// Where a conversation stands.
///
/// This enum is complete: a driver may match it without a wildcard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    /// In the middle of something: bytes are expected, and an end of input now is a truncation.
    Open,
    /// Between exchanges: closing now loses nothing, the caller may speak, and bytes that come are still judged.
    Idle,
    /// The caller owes an answer. Until it is given the engine takes nothing, writes nothing and runs no clock; an
    /// [`eof`](Engine::eof) is remembered.
    Paused,
    /// The connection belongs to another protocol from here on: what is left in the input is its first bytes. After
    /// STARTTLS or STLS the engine may come back, under TLS.
    HandedOver,
    /// The conversation is over, at its end or by an error. What is left in the input is nobody's.
    Closed,
}

impl Status {
    /// Nothing more will be told unless the engine is brought back: [`HandedOver`](Self::HandedOver) or
    /// [`Closed`](Self::Closed).
    pub const fn over(self) -> bool {
        matches!(self, Self::HandedOver | Self::Closed)
    }

    /// More bytes would be looked at: [`Open`](Self::Open) or [`Idle`](Self::Idle).
    pub const fn reads(self) -> bool {
        matches!(self, Self::Open | Self::Idle)
    }
}

/// What an engine waits for now, and how long that may take.
///
/// A driver keeps one deadline per connection: when `phase` differs from the last one it saw, the deadline becomes
/// now + `limit`; when the deadline passes, it calls [`Engine::expire`] and then [`Engine::recv`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Patience {
    /// Moves when a wait begins or an element completes, and in a body every so many octets, which makes it a minimum
    /// rate. Only equality means anything.
    pub phase: u64,
    /// The longest this phase may last; `None` where no clock runs, as always while [`Status::Paused`].
    pub limit: Option<Duration>,
}

impl Patience {
    /// No clock runs in this phase.
    pub const fn endless(phase: u64) -> Self {
        Self { phase, limit: None }
    }

    /// This phase may last `limit` at the most.
    pub const fn within(phase: u64, limit: Duration) -> Self {
        Self { phase, limit: Some(limit) }
    }
}

/// One end of a conversation. No I/O, no clock, no input buffer, no output queue.
///
/// Every engine of this crate offers these methods as inherent ones too, so that a user never imports the trait; it is
/// for code that is generic over protocols: drivers, the laws, transcripts. Commands (`request`, `accept`, …) are
/// inherent methods only, in the protocol's own words: they validate first and then write the whole encoding, and when
/// they refuse, nothing was written and no state changed.
pub trait Engine {
    /// What the peer said. Slices borrow the input only, so an event may be held while the engine is told its answer.
    type Event<'i>: fmt::Debug;
    /// What the peer did wrong, with the offset in the connection's stream where it did.
    type Error: core::error::Error + Clone + PartialEq + Send + Sync + 'static;

    /// Takes at most one event off the front of `input`.
    ///
    /// `input` has to begin where the last call left it; between calls it may only grow. `Ok(None)`: nothing more
    /// without more bytes, an answer, [`eof`](Self::eof) or [`expire`](Self::expire); asking again is a no-op. One call
    /// appends at most one reply to `out`.
    ///
    /// Every slice of an event lies inside the part of `input` that this call took. What can't be told yet stays in
    /// `input`, so `None` with bytes left is normal: ask whether it moved, not whether it is empty.
    ///
    /// # Errors
    ///
    /// What the peer did wrong. The reply that it is owed is in `out` already; asking again gives the same error and
    /// writes nothing.
    fn recv<'i>(&mut self, input: &mut &'i [u8], out: &mut BytesMut) -> Result<Option<Self::Event<'i>>, Self::Error>;

    /// There will be no more than what is in `input`. Call [`recv`](Self::recv) next: it tells the outcome.
    ///
    /// An empty `input` alone is never the end.
    fn eof(&mut self);

    /// The caller's clock ran out on the current phase. Call [`recv`](Self::recv) next: it tells the outcome.
    ///
    /// Without a clock running (`patience().limit` is `None`) nothing happens.
    fn expire(&mut self);

    /// Where the conversation stands.
    fn status(&self) -> Status;

    /// What the engine waits for, and for how long.
    fn patience(&self) -> Patience;

    /// An input this long always makes [`recv`](Self::recv) move or fail, unless the engine is paused or over: how
    /// large a read buffer has to be, in octets.
    fn window(&self) -> usize;

    /// The bulk data that an event carries, if any: what the laws merge, transcripts abbreviate and progress counts.
    fn octets<'e>(event: &'e Self::Event<'_>) -> Option<&'e [u8]>;
}

/// A machine that only listens: framing, chunked bodies, the MIME stream.
///
/// The rules of [`Engine::recv`] hold, less what concerns output.
pub trait Decode {
    /// What was decoded. Slices borrow the input.
    type Event<'i>: fmt::Debug;
    /// What was wrong, with its offset in the stream.
    type Error: core::error::Error + Clone + PartialEq + Send + Sync + 'static;

    /// Takes at most one event off the front of `input`; see [`Engine::recv`].
    ///
    /// # Errors
    ///
    /// What is wrong with the stream; asking again gives the same error.
    fn recv<'i>(&mut self, input: &mut &'i [u8]) -> Result<Option<Self::Event<'i>>, Self::Error>;

    /// There will be no more than what is in `input`; then call [`recv`](Self::recv), which tells the outcome.
    fn eof(&mut self);

    /// The stream has told its end: what is left in the input belongs to whatever follows.
    fn over(&self) -> bool;

    /// An input this long always makes [`recv`](Self::recv) move or fail, unless it is [`over`](Self::over).
    fn window(&self) -> usize;

    /// The bulk data that an event carries, if any.
    fn octets<'e>(event: &'e Self::Event<'_>) -> Option<&'e [u8]>;
}

/// The caller's side of a conversation: what an application does about the events.
///
/// Servers, clients, the laws and the in-memory mirror all drive the same trait. A closure
/// `|engine: &mut E, event: Event<&[u8]>, out: &mut BytesMut| { … }` with its types written out is a handler too.
pub trait Handler<E: Engine> {
    /// The engine told `event`. Answer now, or later from [`more`](Self::more).
    fn event(&mut self, engine: &mut E, event: E::Event<'_>, out: &mut BytesMut);

    /// `recv` is dry and `out` has room: is there anything to say? A late answer, the next request, the next piece of a
    /// body, a greeting. Returns whether something was said; it is asked again until it says no.
    fn more(&mut self, engine: &mut E, out: &mut BytesMut) -> bool {
        let _ = (engine, out);
        false
    }
}

impl<E, F> Handler<E> for F
where
    E: Engine,
    F: for<'i> FnMut(&mut E, E::Event<'i>, &mut BytesMut),
{
    fn event(&mut self, engine: &mut E, event: E::Event<'_>, out: &mut BytesMut) {
        self(engine, event, out);
    }
}

/// Sees a conversation go by: a recorder, a meter, a log. `()` sees nothing and costs nothing.
///
/// [`turn`] calls it for what passes through the engine; who drives calls [`ended`](Self::ended) and
/// [`expired`](Self::expired).
pub trait Tap<E: Engine> {
    /// The engine took `bytes` off the input and told `event`, or nothing yet.
    fn took(&mut self, bytes: &[u8], event: Option<&E::Event<'_>>) {
        let _ = (bytes, event);
    }

    /// The engine itself answered with `bytes`.
    fn engine_said(&mut self, bytes: &[u8]) {
        let _ = bytes;
    }

    /// The caller said `bytes` by a command.
    fn caller_said(&mut self, bytes: &[u8]) {
        let _ = bytes;
    }

    /// The engine refused what the peer sent.
    fn failed(&mut self, error: &E::Error) {
        let _ = error;
    }

    /// The peer's side ended: [`Engine::eof`] is being called.
    fn ended(&mut self) {}

    /// The clock ran out: [`Engine::expire`] is being called.
    fn expired(&mut self) {}
}

impl<E: Engine> Tap<E> for () {}

impl<E: Engine, T: Tap<E> + ?Sized> Tap<E> for &mut T {
    fn took(&mut self, bytes: &[u8], event: Option<&E::Event<'_>>) {
        (**self).took(bytes, event);
    }
    fn engine_said(&mut self, bytes: &[u8]) {
        (**self).engine_said(bytes);
    }
    fn caller_said(&mut self, bytes: &[u8]) {
        (**self).caller_said(bytes);
    }
    fn failed(&mut self, error: &E::Error) {
        (**self).failed(error);
    }
    fn ended(&mut self) {
        (**self).ended();
    }
    fn expired(&mut self) {
        (**self).expired();
    }
}

/// The one loop body, without I/O, under every driver, the laws, the mirror and the recorder.
///
/// Takes events off `input` and hands them to `handler` until nothing moves, then asks the handler for
/// [`more`](Handler::more). Events are taken while `out` holds less than `high` octets, and the handler is asked only
/// while it holds no more than half of that (see the five rules of the [module](self)). A mark of 0 is a mark of 1: with
/// none nothing would ever move.
///
/// Returns `true` where it stopped because `out` is full enough: write, then call again before reading. After `false`
/// nothing is left to do until bytes, an end or a deadline come.
///
/// # Errors
///
/// The engine's error. `out` then ends with the reply that the peer is owed: write it before giving up.
pub fn turn<E: Engine>(
    engine: &mut E,
    input: &mut &[u8],
    out: &mut BytesMut,
    high: usize,
    handler: &mut (impl Handler<E> + ?Sized),
    tap: &mut (impl Tap<E> + ?Sized),
) -> Result<bool, E::Error> {
    let high = high.max(1);
    let low = high / 2;
    loop {
        loop {
            if out.len() >= high {
                return Ok(true);
            }
            let before = *input;
            let mark = out.len();
            let told = engine.recv(input, out);
            let taken = &before[..before.len() - input.len()];
            match told {
                Ok(Some(event)) => {
                    tap.took(taken, Some(&event));
                    if out.len() > mark {
                        tap.engine_said(&out[mark..]);
                    }
                    let mark = out.len();
                    handler.event(engine, event, out);
                    if out.len() > mark {
                        tap.caller_said(&out[mark..]);
                    }
                }
                Ok(None) => {
                    if !taken.is_empty() {
                        tap.took(taken, None);
                    }
                    if out.len() > mark {
                        tap.engine_said(&out[mark..]);
                    }
                    if taken.is_empty() && out.len() == mark {
                        break;
                    }
                }
                Err(error) => {
                    if !taken.is_empty() {
                        tap.took(taken, None);
                    }
                    if out.len() > mark {
                        tap.engine_said(&out[mark..]);
                    }
                    tap.failed(&error);
                    return Err(error);
                }
            }
        }
        if out.len() > low {
            return Ok(true);
        }
        let mark = out.len();
        let said = handler.more(engine, out);
        if out.len() > mark {
            tap.caller_said(&out[mark..]);
        }
        if !said {
            return Ok(false);
        }
    }
}

/// An engine whose events can leave the input they borrow: their type is generic over what holds the octets.
///
/// Every engine of this crate tells `Event<&[u8]>` of an `enum Event<B>` with a `map`; the two methods here are that
/// `map`, seen from generic code.
pub trait Detach: Engine {
    /// The event with its octets held as `B`.
    type Detached<B>: fmt::Debug
    where
        B: fmt::Debug;

    /// The event with each slice replaced by what `keep` makes of it.
    fn detach<'i, B: fmt::Debug>(event: Self::Event<'i>, keep: impl FnMut(&'i [u8]) -> B) -> Self::Detached<B>;

    /// The event with each `A` replaced by what `keep` makes of it.
    fn map<A: fmt::Debug, B: fmt::Debug>(event: Self::Detached<A>, keep: impl FnMut(A) -> B) -> Self::Detached<B>;
}

/// An engine with its own receive buffer, for those who want events without a lifetime.
///
/// Events hold [`Bytes`]: views of the block that was received, made by offsets, so nothing is copied. An event kept
/// alive keeps its block alive.
///
/// ```
/// # #[cfg(feature = "chat")] {
/// use bytes::BytesMut;
/// use plainwire::{chat, engine::Owned};
///
/// let mut owned = Owned::new(chat::Client::new(chat::Limits::default()));
/// let mut out = BytesMut::new();
/// owned.input().extend_from_slice(b"<ada> hello\r\n");
/// let event = owned.recv(&mut out).unwrap().unwrap();
/// std::thread::spawn(move || println!("{event:?}")).join().unwrap(); // it borrows nothing
/// # }
/// ```
#[derive(Debug, Default)]
pub struct Owned<E> {
    engine: E,
    rx: BytesMut,
}

impl<E: Detach> Owned<E> {
    /// Gives `engine` a buffer.
    pub fn new(engine: E) -> Self {
        Self { engine, rx: BytesMut::new() }
    }

    /// The engine, for its commands and queries.
    pub fn engine(&mut self) -> &mut E {
        &mut self.engine
    }

    /// The receive buffer: append what was read. Room for [`Engine::window`] octets always suffices.
    pub fn input(&mut self) -> &mut BytesMut {
        &mut self.rx
    }

    /// The engine, and what was received but not taken: after a hand-over, the next protocol's first bytes.
    pub fn into_parts(self) -> (E, BytesMut) {
        (self.engine, self.rx)
    }

    /// As [`Engine::recv`], with an event that owns what it says.
    ///
    /// # Errors
    ///
    /// As [`Engine::recv`].
    pub fn recv(&mut self, out: &mut BytesMut) -> Result<Option<E::Detached<Bytes>>, E::Error> {
        let whole = &self.rx[..];
        let mut input = whole;
        let told = self.engine.recv(&mut input, out);
        let spans = told.map(|told| told.map(|event| E::detach(event, |slice| span(whole, slice))));
        let used = whole.len() - input.len();
        match spans {
            Ok(Some(spans)) => {
                let block = self.rx.split_to(used).freeze();
                Ok(Some(E::map(spans, |span| block.slice(span))))
            }
            Ok(None) => {
                self.rx.advance(used);
                Ok(None)
            }
            Err(error) => {
                self.rx.advance(used);
                Err(error)
            }
        }
    }
}

/// Where `part` lies in `whole`. An empty part has no place worth keeping.
pub(crate) fn span(whole: &[u8], part: &[u8]) -> Range<usize> {
    if part.is_empty() {
        return 0..0;
    }
    // Addresses are compared as numbers; nothing is dereferenced.
    let start = (part.as_ptr() as usize).wrapping_sub(whole.as_ptr() as usize);
    assert!(start <= whole.len() && part.len() <= whole.len() - start, "an event's slice lies outside its input");
    start..start + part.len()
}
