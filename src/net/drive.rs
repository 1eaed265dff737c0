//! One conversation on this thread: any engine on any [`Transport`].
//!
//! [`drive`] runs a party until the conversation is over. [`Driver`] is for clients, which want to go on a step at a
//! time: say something, run [`until`](Driver::until) the answer is there, put the connection under TLS in the middle,
//! keep it for the next exchange.
//!
//! ```
//! # #[cfg(feature = "chat")] {
//! use plainwire::chat::{Client, Heard, Limits, client::Event};
//! use plainwire::net::{Driver, chat::Hall, pool, server::{Options, Port}, tcp};
//! use std::time::Duration;
//!
//! let hall = Hall::new(Limits::default());
//! let running = pool::start(vec![Port::bind("127.0.0.1:0", hall).unwrap()], Options::default()).unwrap();
//!
//! let stream = tcp::connect(running.addresses()[0], Duration::from_secs(5)).unwrap();
//! let mut driver = Driver::new(Client::new(Limits::default()), stream);
//! driver.say(|client, out| client.nick("ada".parse().unwrap(), out)).unwrap();
//! let name = driver.until(|_client, event, _out| match event {
//!     Event::Heard(Heard::Named { name }) => Some(name),
//!     _ => None,
//! });
//! assert_eq!(name.unwrap().as_str(), "ada");
//! driver.say(|client, out| client.quit(None, out)).unwrap();
//! driver.until(|_client, event, _out| matches!(event, Event::End).then_some(())).unwrap();
//! # }
//! ```
//!
//! STARTTLS and its kin: say the command, run until it is granted, [`secure`](Driver::secure), tell the engine, go on.

mod course;

use super::limits::Limits;
use super::party::{Ended, Party};
use super::pump::{Exchange, Pump, Scratch, Step};
use super::transport::Transport;
use crate::engine::{Detach, Engine, Tap, span};
use bytes::{Buf, Bytes, BytesMut};
use core::fmt;
use core::ops::Range;
use course::{Course, Fill, Flush, RunUntil, Steered, Took, Until, Whole, said, take};
use std::time::Instant;

/// Runs `engine` and `party` on `wire` until the conversation is over or handed over, with the [default
/// limits](Limits). Gives back what was received but not taken: after a hand-over, the next protocol's first octets.
///
/// For any `Read + Write`, wrap it in [`Blocking`](super::Blocking).
///
/// # Errors
///
/// How else it [ended](Ended). An engine's error comes after the reply that the peer is owed was written.
pub fn drive<E: Engine, T: Transport>(
    engine: &mut E,
    wire: T,
    party: &mut (impl Party<E> + ?Sized),
) -> Result<BytesMut, Ended<E::Error>> {
    let limits = Limits::default();
    let mut pump = Pump::new(false);
    let mut scratch = Scratch::new(&limits);
    let mut wire = wire;
    let mut talk = Steered { engine, tap: &mut (), course: &mut Whole { party } };
    match pushed(&mut pump, &mut talk, &mut wire, &mut scratch, &limits, None) {
        Ok(_) => Ok(pump.into_rest()),
        Err(ended) => Err(ended),
    }
}

/// One end of a conversation with what it runs on: the engine, the wire, the buffers and the clocks.
///
/// Every method that waits writes first what was said before, keeps the engine's deadlines, and takes what comes while
/// it writes. After an [`Ended`] the driver is good for [`into_parts`](Self::into_parts) only.
pub struct Driver<E: Engine, T, P = ()> {
    engine: E,
    wire: T,
    tap: P,
    pump: Pump<E::Error>,
    scratch: Scratch,
    limits: Limits,
    deadline: Option<Instant>,
}

impl<E: Engine, T: Transport> Driver<E, T> {
    /// Puts `engine` on `wire`. Nothing happens yet.
    pub fn new(engine: E, wire: T) -> Self {
        Self::tapped(engine, wire, ())
    }
}

impl<E: Engine, T: Transport, P: Tap<E>> Driver<E, T, P> {
    /// As [`new`](Driver::new), with a [`Tap`] that sees the conversation go by.
    pub fn tapped(engine: E, wire: T, tap: P) -> Self {
        let limits = Limits::default();
        let scratch = Scratch::new(&limits);
        Self { engine, wire, tap, pump: Pump::new(false), scratch, limits, deadline: None }
    }

    /// With other limits.
    #[must_use]
    pub fn with(mut self, limits: Limits) -> Self {
        self.scratch = Scratch::new(&limits);
        self.limits = limits;
        self
    }

    /// Ends every wait with [`Ended::Late`] at this time: the caller's own limit on the whole, beside the engine's on
    /// each step. It may be moved at any time.
    pub fn deadline(&mut self, deadline: Option<Instant>) {
        self.deadline = deadline;
    }

    /// The engine, for its queries.
    pub fn engine(&self) -> &E {
        &self.engine
    }

    /// The engine, for commands that write nothing.
    pub fn engine_mut(&mut self) -> &mut E {
        &mut self.engine
    }

    /// The wire.
    pub fn wire(&self) -> &T {
        &self.wire
    }

    /// The wire, to set its options. Reading or writing here breaks the conversation.
    pub fn wire_mut(&mut self) -> &mut T {
        &mut self.wire
    }

    /// The tap.
    pub fn tap(&mut self) -> &mut P {
        &mut self.tap
    }

    /// Gives a command: `command` appends to what is written next. Nothing is written before something waits
    /// ([`flush`](Self::flush), [`until`](Self::until), …), so several commands go out together.
    pub fn say<R>(&mut self, command: impl FnOnce(&mut E, &mut BytesMut) -> R) -> R {
        let out = self.pump.out(&mut self.scratch);
        said(&mut self.engine, &mut self.tap, out, command)
    }

    /// Runs until `wanted` gives something. It sees every event, and may answer (`engine`, `out`) and note what it
    /// likes; what it sees of an event's octets it has to copy.
    ///
    /// # Errors
    ///
    /// How the conversation ended before that; [`Ended::Closed`] for an end or a hand-over as the protocol has it.
    pub fn until<R>(
        &mut self,
        wanted: impl FnMut(&mut E, E::Event<'_>, &mut BytesMut) -> Option<R>,
    ) -> Result<R, Ended<E::Error>> {
        let mut until = Until { wanted, found: None };
        self.steer(&mut until)?;
        until.found.ok_or(Ended::Closed)
    }

    /// Runs `party` until `done` says so; it is asked after every event and every time that the party
    /// [said more](crate::engine::Handler::more). `Ok(true)`: done; `Ok(false)`: the conversation is over or handed over, as the
    /// protocol has it.
    ///
    /// What a client needs that sends a long body while the answer may come early: [`more`](crate::engine::Handler::more) feeds the
    /// body, and both directions move at once where the wire can.
    ///
    /// # Errors
    ///
    /// How else the conversation ended.
    pub fn run_until<Q: Party<E> + ?Sized>(
        &mut self,
        party: &mut Q,
        done: impl FnMut(&E, &Q) -> bool,
    ) -> Result<bool, Ended<E::Error>> {
        self.steer(&mut RunUntil { party, done })
    }

    /// Runs `party` until the conversation is over or handed over.
    ///
    /// # Errors
    ///
    /// How else the conversation ended.
    pub fn run(&mut self, party: &mut (impl Party<E> + ?Sized)) -> Result<(), Ended<E::Error>> {
        self.steer(&mut Whole { party })?;
        Ok(())
    }

    /// Writes all that was said. What comes meanwhile is kept for later.
    ///
    /// # Errors
    ///
    /// How the conversation ended before that.
    pub fn flush(&mut self) -> Result<(), Ended<E::Error>> {
        self.steer(&mut Flush)?;
        Ok(())
    }

    /// Writes all that was said and shuts our sending side; reading goes on.
    ///
    /// # Errors
    ///
    /// How the conversation ended before that.
    pub fn finish(&mut self) -> Result<(), Ended<E::Error>> {
        self.flush()?;
        self.wire.finish().map_err(Ended::Lost)
    }

    /// What was received but not taken.
    pub fn rest(&self) -> &[u8] {
        self.pump.rest()
    }

    /// The engine was brought back by its own means after it was over or handed over: the driver goes on with it.
    pub fn resume(&mut self) {
        self.pump.resume();
    }

    /// The same buffers and wire with another engine, which is fed what the first left untaken: after an upgrade, say.
    pub fn replace<F: Engine>(self, engine: F) -> (E, Driver<F, T>) {
        let mut next = Driver::new(engine, self.wire).with(self.limits);
        next.deadline = self.deadline;
        next.pump.feed(self.pump.into_rest());
        (self.engine, next)
    }

    /// The engine, the wire, and what was received but not taken.
    pub fn into_parts(self) -> (E, T, BytesMut) {
        (self.engine, self.wire, self.pump.into_rest())
    }

    /// Pumps along `course` until it has enough (`Ok(true)`), or the conversation is over or handed over (`Ok(false)`).
    fn steer(&mut self, course: &mut impl Course<E, P>) -> Result<bool, Ended<E::Error>> {
        let mut steered = Steered { engine: &mut self.engine, tap: &mut self.tap, course };
        pushed(&mut self.pump, &mut steered, &mut self.wire, &mut self.scratch, &self.limits, self.deadline)
    }
}

impl<E: Detach, T: Transport, P: Tap<E>> Driver<E, T, P> {
    /// The next event, holding its octets as views of the block that was received: no lifetime and no copy. `None`: the
    /// conversation is over or handed over, as the protocol has it.
    ///
    /// # Errors
    ///
    /// How else the conversation ended.
    #[allow(clippy::should_implement_trait, reason = "an iterator would have to hide the error or the end")]
    pub fn next(&mut self) -> Result<Option<E::Detached<Bytes>>, Ended<E::Error>> {
        loop {
            let (rx, out) = self.pump.buffers(&mut self.scratch);
            let whole = &rx[..];
            let mut input = whole;
            // Spans instead of slices: the block can't be cut while anything borrows it.
            let told = match take(&mut self.engine, &mut input, out, &mut self.tap) {
                Ok(Took::Event(event)) => Ok(Some(E::detach(event, |slice| span(whole, slice)))),
                Ok(Took::Moved | Took::Nothing) => Ok(None),
                Err(error) => Err(error),
            };
            let left = input.len();
            let used = rx.len() - left;
            match told {
                Ok(Some(spans)) => {
                    let block = rx.split_to(used).freeze();
                    return Ok(Some(E::map(spans, |span: Range<usize>| block.slice(span))));
                }
                Ok(None) if used > 0 => rx.advance(used),
                Ok(None) if self.engine.status().over() => {
                    self.flush()?;
                    return Ok(None);
                }
                Ok(None) => {
                    self.steer(&mut Fill { had: left, told: false })?;
                }
                Err(error) => {
                    rx.advance(used);
                    // The reply that the peer is owed; the error stands whether it arrives or not.
                    let _unsent = self.flush();
                    return Err(Ended::Failed(error));
                }
            }
        }
    }
}

#[cfg(feature = "tls")]
impl<E: Engine, P: Tap<E>> Driver<E, super::tcp::Stream, P> {
    /// Puts the connection under TLS as the client, after the peer agreed to STARTTLS or before anything was said: all
    /// that was said is written first. Then bring the engine back (`engine.secured(&[])`).
    ///
    /// # Errors
    ///
    /// [`Ended::Injected`] where the peer had sent more in the clear; [`Ended::Lost`] with the check that failed.
    pub fn secure(&mut self, connector: &super::tls::Connector, host: &str) -> Result<(), Ended<E::Error>> {
        if !self.pump.out(&mut self.scratch).is_empty() {
            self.flush()?;
        }
        if !self.pump.rest().is_empty() {
            return Err(Ended::Injected);
        }
        let now = Instant::now();
        let limit = self
            .deadline
            .map_or(self.limits.handshake, |due| due.saturating_duration_since(now).min(self.limits.handshake));
        self.wire.secure(connector, host, limit).map_err(Ended::Lost)?;
        self.pump.resume();
        Ok(())
    }
}

impl<E: Engine + fmt::Debug, T: fmt::Debug, P> fmt::Debug for Driver<E, T, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Driver").field("engine", &self.engine).field("wire", &self.wire).finish_non_exhaustive()
    }
}

/// Pumps until enough (`Ok(true)`) or over (`Ok(false)`).
fn pushed<C, T>(
    pump: &mut Pump<C::Error>,
    talk: &mut C,
    wire: &mut T,
    scratch: &mut Scratch,
    limits: &Limits,
    deadline: Option<Instant>,
) -> Result<bool, Ended<C::Error>>
where
    C: Exchange,
    T: Transport,
{
    loop {
        match pump.advance(talk, wire, scratch, limits) {
            Step::Enough => return Ok(true),
            Step::Over(Ended::Closed) | Step::HandedOver => return Ok(false),
            Step::Over(ended) => return Err(ended),
            Step::Secured => {}
            Step::Wait(wait) => {
                let now = Instant::now();
                if deadline.is_some_and(|due| due <= now) {
                    return Err(Ended::Late);
                }
                if wait.again {
                    continue;
                }
                let due = [wait.due, deadline].into_iter().flatten().min();
                let limit = due.map(|due| due.saturating_duration_since(now));
                wire.wait(wait.read, wait.write, limit).map_err(Ended::Lost)?;
            }
        }
    }
}
