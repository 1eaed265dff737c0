//! The pump under every adapter: moves one conversation as far as it goes without waiting, and says what it waits for.
//!
//! The blocking driver, the pool and the reactor differ only in how they wait; see `Pump::advance`.

mod exchange;

pub(crate) use exchange::{Exchange, Turn};

use super::limits::{Limits, due_after, due_in};
use super::party::Ended;
use super::transport::Transport;
use crate::engine::{Patience, Status};
use bytes::{Buf, BytesMut};
use std::io::{self, ErrorKind};
use std::mem;
use std::time::Instant;
use std::vec;
use std::vec::Vec;

/// The peer has to take this much, or all, for a stall to start anew: else one octet at a time holds a connection.
const STALL_QUANTUM: usize = 4 << 10;
/// Rounds of reading and writing that one connection gets before the others have their turn.
const ROUNDS: usize = 16;
/// What a lingering connection may still send before it is closed all the same.
const LINGER_OCTETS: usize = 1 << 20;

/// Buffers that the connections of one thread share: a quiet connection owns none.
pub(crate) struct Scratch {
    rx: Vec<u8>,
    tx: BytesMut,
    chunk: usize,
}

impl Scratch {
    pub(crate) fn new(limits: &Limits) -> Self {
        // Grows to the whole chunk once a read fills it; most conversations are short lines.
        Self { rx: vec![0; limits.chunk.min(8 << 10)], tx: BytesMut::new(), chunk: limits.chunk.max(1) }
    }

    fn read(&mut self, transport: &mut (impl Transport + ?Sized)) -> io::Result<usize> {
        if self.rx.is_empty() {
            self.rx.resize(1, 0);
        }
        let read = transport.try_read(&mut self.rx)?;
        if read == self.rx.len() && read < self.chunk {
            // The octets stay at the front.
            self.rx.resize((read * 4).min(self.chunk), 0);
        }
        Ok(read)
    }
}

/// What a connection waits for now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Wait {
    pub(crate) read: bool,
    pub(crate) write: bool,
    /// Not later than this.
    pub(crate) due: Option<Instant>,
    /// It could go on at once; others come first.
    pub(crate) again: bool,
}

/// Where [`Pump::advance`] stopped.
#[derive(Debug)]
pub(crate) enum Step<E> {
    Wait(Wait),
    /// [`Turn::Enough`].
    Enough,
    /// The transport's handshake is done; asked once, before the first turn.
    Secured,
    /// All is written and the engine has handed over.
    HandedOver,
    Over(Ended<E>),
}

/// How far a conversation's end has come.
#[derive(Debug)]
enum Stage {
    /// The transport shakes hands, until then.
    #[cfg_attr(not(feature = "tls"), allow(dead_code, reason = "only TLS shakes hands"))]
    Handshake(Instant),
    Talking,
    /// Over, by an end or an error: what is left is to write.
    Flushing,
    /// Our side is shut; the peer is still sending, until then, this much more.
    Lingering(Instant, usize),
    Over,
}

/// The state of one connection's loop.
#[derive(Debug)]
pub(crate) struct Pump<E> {
    /// Received, not taken. Empty means unallocated.
    rx: BytesMut,
    /// Said, not written. Empty means unallocated, outside `advance`.
    tx: BytesMut,
    stage: Stage,
    failed: Option<E>,
    /// The engine's patience as last seen, and when it ends.
    phase: Option<(u64, bool)>,
    due: Option<Instant>,
    /// The party's own instant, once it was honoured.
    honoured: Option<Instant>,
    stall: Option<Instant>,
    unstalled: usize,
    unanswered: Option<Instant>,
    /// The peer has shut its sending side.
    ended: bool,
    /// We have shut ours.
    shut: bool,
    /// Writing failed: the peer closed without reading on. What it sent before may still say why.
    broken: Option<io::Error>,
    /// A transport that blocks was waited for: one read may be tried.
    primed: bool,
    /// Servers give up as soon as writing fails, and linger; clients read on.
    server: bool,
    /// Close as soon as the engine is idle.
    pub(crate) stopping: bool,
}

impl<E> Pump<E> {
    pub(crate) fn new(server: bool) -> Self {
        Self {
            rx: BytesMut::new(),
            tx: BytesMut::new(),
            stage: Stage::Talking,
            failed: None,
            phase: None,
            due: None,
            honoured: None,
            stall: None,
            unstalled: 0,
            unanswered: None,
            ended: false,
            shut: false,
            broken: None,
            primed: false,
            server,
            stopping: false,
        }
    }

    /// The transport has a handshake to do before anything is said.
    #[cfg(feature = "tls")]
    pub(crate) fn shake(&mut self, limits: &Limits) {
        self.stage = Stage::Handshake(due_in(limits.handshake));
        self.primed = false;
    }

    /// Said, not written: commands write here.
    pub(crate) fn out(&mut self, scratch: &mut Scratch) -> &mut BytesMut {
        if self.tx.is_empty() {
            mem::swap(&mut self.tx, &mut scratch.tx);
        }
        &mut self.tx
    }

    /// Received, not taken.
    pub(crate) fn rest(&self) -> &[u8] {
        &self.rx
    }

    pub(crate) fn into_rest(self) -> BytesMut {
        self.rx
    }

    /// The engine was brought back after a hand-over.
    pub(crate) fn resume(&mut self) {
        self.stage = Stage::Talking;
        self.phase = None;
        self.due = None;
        self.failed = None;
    }

    /// Another conversation takes over. It was not told of an end that the one before heard of, which is read once more.
    pub(crate) fn begin_anew(&mut self) {
        self.resume();
        self.ended = false;
    }

    /// Received and said, for a caller that takes by itself.
    pub(crate) fn buffers(&mut self, scratch: &mut Scratch) -> (&mut BytesMut, &mut BytesMut) {
        self.out(scratch);
        (&mut self.rx, &mut self.tx)
    }

    /// Starts with what another conversation on the same wire left.
    pub(crate) fn feed(&mut self, rest: BytesMut) {
        self.rx = rest;
    }

    /// Goes as far as it can without waiting: takes, says, writes, reads.
    pub(crate) fn advance<C, T>(
        &mut self,
        talk: &mut C,
        wire: &mut T,
        scratch: &mut Scratch,
        limits: &Limits,
    ) -> Step<E>
    where
        C: Exchange<Error = E> + ?Sized,
        T: Transport + ?Sized,
    {
        let borrowed = self.tx.is_empty() && self.tx.capacity() < scratch.tx.capacity();
        if borrowed {
            mem::swap(&mut self.tx, &mut scratch.tx);
        }
        let step = self.rounds(talk, wire, scratch, limits);
        if self.tx.is_empty() {
            if self.tx.capacity() > scratch.tx.capacity() {
                self.tx.clear();
                mem::swap(&mut self.tx, &mut scratch.tx);
            }
            self.tx = BytesMut::new();
            // One huge reply must not stay for ever.
            if scratch.tx.capacity() > 4 * limits.high.max(64 << 10) {
                scratch.tx = BytesMut::new();
            }
        } else if borrowed && self.tx.len() * 4 <= self.tx.capacity() {
            // A short rest moves out; a long one keeps the buffer.
            let rest = BytesMut::from(&self.tx[..]);
            self.tx.clear();
            scratch.tx = mem::replace(&mut self.tx, rest);
        }
        step
    }

    fn rounds<C, T>(&mut self, talk: &mut C, wire: &mut T, scratch: &mut Scratch, limits: &Limits) -> Step<E>
    where
        C: Exchange<Error = E> + ?Sized,
        T: Transport + ?Sized,
    {
        match self.stage {
            Stage::Talking => {}
            Stage::Flushing => return self.flush_out(talk, wire, scratch, limits),
            Stage::Handshake(due) => {
                if !wire.duplex() && !mem::replace(&mut self.primed, true) {
                    return Step::Wait(Wait { read: true, write: true, due: Some(due), again: false });
                }
                match wire.try_ready() {
                    Ok(true) => {
                        self.stage = Stage::Talking;
                        return Step::Secured;
                    }
                    Ok(false) => {}
                    Err(error) if waits(&error) => {}
                    Err(error) => return self.over(Ended::Lost(error)),
                }
                if Instant::now() >= due {
                    let late = io::Error::new(ErrorKind::TimedOut, "the TLS handshake took too long");
                    return self.over(Ended::Lost(late));
                }
                return Step::Wait(Wait { read: true, write: true, due: Some(due), again: false });
            }
            Stage::Lingering(due, left) => return self.linger(wire, scratch, due, left),
            Stage::Over => return Step::Over(Ended::Closed),
        }
        // Octets in the scratch buffer that nobody has looked at; only while `rx` is empty.
        let mut fresh = 0;
        let mut rounds = 0;
        loop {
            if let Some(step) = self.pour(talk, wire, scratch, fresh, limits) {
                return step;
            }
            // Take and say.
            let turn = match self.take(talk, scratch, &mut fresh, limits) {
                Ok(turn) => turn,
                Err(error) => {
                    self.failed = Some(error);
                    self.stage = Stage::Flushing;
                    return self.flush_out(talk, wire, scratch, limits);
                }
            };
            if talk.status().over() {
                self.stage = Stage::Flushing;
                return self.flush_out(talk, wire, scratch, limits);
            }
            // Write.
            let blocked = match self.flush(wire, limits) {
                Ok(blocked) => blocked,
                Err(ended) => return self.over(ended),
            };
            if turn == Turn::Enough {
                return Step::Enough;
            }
            if talk.bulk().is_some_and(|bulk| bulk.left() > 0) {
                continue;
            }
            if self.stopping && talk.status() == Status::Idle && self.rx.is_empty() && !blocked && turn == Turn::Dry {
                self.stage = Stage::Flushing;
                return self.flush_out(talk, wire, scratch, limits);
            }
            if turn == Turn::Dry && !blocked && !self.shut && talk.finished() {
                self.shut = true;
                match wire.finish() {
                    Ok(()) => {}
                    Err(error) if waits(&error) || error.kind() == ErrorKind::NotConnected => {}
                    Err(error) => return self.over(Ended::Lost(error)),
                }
            }
            // Read: while the peer does not read too, so that both directions move.
            let room = self.tx.len() < limits.high && self.rx.len() < talk.window().max(limits.chunk);
            if talk.status().reads() && !self.ended && room {
                let may =
                    if wire.duplex() { true } else { turn == Turn::Dry && !blocked && mem::take(&mut self.primed) };
                if may {
                    match scratch.read(wire) {
                        Ok(0) => {
                            self.ended = true;
                            talk.eof();
                            continue;
                        }
                        Ok(read) => {
                            rounds += 1;
                            if self.rx.is_empty() && rounds < ROUNDS {
                                fresh = read;
                            } else {
                                self.rx.extend_from_slice(&scratch.rx[..read]);
                            }
                            if rounds < ROUNDS {
                                continue;
                            }
                            return self.wait(false, blocked, true);
                        }
                        Err(error) if waits(&error) => {}
                        // TLS without its closing alert: only between exchanges does nothing get lost.
                        Err(error) if error.kind() == ErrorKind::UnexpectedEof && talk.status() == Status::Idle => {
                            self.ended = true;
                            talk.eof();
                            continue;
                        }
                        Err(error) => {
                            let first = self.broken.take().unwrap_or(error);
                            return self.over(Ended::Lost(first));
                        }
                    }
                }
            }
            if turn == Turn::Full && !blocked {
                rounds += 1;
                if rounds < ROUNDS {
                    continue;
                }
                return self.wait(false, false, true);
            }
            // Nothing moves: the clocks.
            let now = Instant::now();
            if self.stall.is_some_and(|due| due <= now) {
                return self.over(Ended::Stalled);
            }
            if room {
                self.watch(talk.patience(), now);
            } else {
                // It is we who do not read.
                self.phase = None;
                self.due = None;
            }
            if self.due.is_some_and(|due| due <= now) {
                self.due = None;
                talk.expire();
                continue;
            }
            if let Some(due) = talk.due().filter(|due| *due <= now && self.honoured != Some(*due)) {
                self.honoured = Some(due);
                continue;
            }
            let paused = talk.status() == Status::Paused && !blocked;
            self.unanswered = paused.then(|| self.unanswered.unwrap_or_else(|| due_after(now, limits.answer)));
            if self.unanswered.is_some_and(|due| due <= now)
                || (paused && !(talk.answers() && (wire.wakes() || talk.due().is_some())))
            {
                return self.over(Ended::Unanswered);
            }
            self.primed = true;
            let read = talk.status().reads() && !self.ended && room;
            let Step::Wait(mut wait) = self.wait(read, blocked, false) else { return self.over(Ended::Closed) };
            let own = talk.due().filter(|due| self.honoured != Some(*due));
            wait.due = [wait.due, self.due, self.unanswered, own].into_iter().flatten().min();
            return Step::Wait(wait);
        }
    }

    /// Sends what lies elsewhere, before anything else is said. `Some`: it has to wait.
    fn pour<C, T>(
        &mut self,
        talk: &mut C,
        wire: &mut T,
        scratch: &mut Scratch,
        fresh: usize,
        limits: &Limits,
    ) -> Option<Step<E>>
    where
        C: Exchange<Error = E> + ?Sized,
        T: Transport + ?Sized,
    {
        talk.bulk().filter(|bulk| bulk.left() > 0)?;
        if fresh > 0 {
            // The scratch buffer is needed for the file.
            self.rx = BytesMut::from(&scratch.rx[..fresh]);
        }
        // The engine's clock stands still: it is we who do not read.
        self.phase = None;
        self.due = None;
        let mut rounds = 0;
        let blocked = loop {
            match self.flush(wire, limits) {
                Err(ended) => return Some(self.over(ended)),
                Ok(true) => break true,
                Ok(false) => {}
            }
            let bulk = talk.bulk().filter(|bulk| bulk.left() > 0)?;
            if rounds == ROUNDS {
                break false;
            }
            rounds += 1;
            match wire.try_send(bulk, &mut scratch.rx) {
                Ok(0) => return Some(self.over(Ended::Lost(ErrorKind::WriteZero.into()))),
                Ok(sent) => self.unstalled += sent,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if waits(&error) => break self.stalls(limits),
                Err(error) => return Some(self.over(Ended::Lost(error))),
            }
        };
        if self.stall.is_some_and(|due| due <= Instant::now()) {
            return Some(self.over(Ended::Stalled));
        }
        Some(self.wait(false, blocked, !blocked))
    }

    /// One turn over what was received.
    fn take<C>(&mut self, talk: &mut C, scratch: &Scratch, fresh: &mut usize, limits: &Limits) -> Result<Turn, E>
    where
        C: Exchange<Error = E> + ?Sized,
    {
        let owned = !self.rx.is_empty();
        let whole = if owned { &self.rx[..] } else { &scratch.rx[..mem::take(fresh)] };
        let mut input = whole;
        let turn = talk.turn(&mut input, &mut self.tx, limits.high);
        let left = input.len();
        let used = whole.len() - left;
        if !owned {
            if left > 0 {
                self.rx = BytesMut::from(input);
            }
        } else if left == 0 {
            self.rx = BytesMut::new();
        } else {
            self.rx.advance(used);
        }
        turn
    }

    /// Writes what there is. `Ok(true)`: the peer does not take it all now.
    fn flush<T: Transport + ?Sized>(&mut self, wire: &mut T, limits: &Limits) -> Result<bool, Ended<E>> {
        if self.broken.is_some() {
            self.tx.clear();
            return Ok(false);
        }
        if !self.tx.is_empty() && !wire.duplex() {
            wire.wait(false, true, Some(limits.stall)).map_err(Ended::Lost)?;
        }
        loop {
            let pushed = if self.tx.is_empty() { wire.try_flush().map(|()| 0) } else { wire.try_write(&self.tx) };
            match pushed {
                Ok(0) if self.tx.is_empty() => {
                    self.stall = None;
                    return Ok(false);
                }
                Ok(0) => return Err(Ended::Lost(ErrorKind::WriteZero.into())),
                Ok(written) => {
                    // Clearing keeps the whole buffer; advancing gives up its front.
                    if written == self.tx.len() {
                        self.tx.clear();
                    } else {
                        self.tx.advance(written);
                    }
                    self.unstalled += written;
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if waits(&error) => {
                    if !wire.duplex() {
                        // It has just blocked for the whole of it.
                        return Err(Ended::Stalled);
                    }
                    return Ok(self.stalls(limits));
                }
                Err(error) if !self.server && reset(&error) => {
                    self.broken = Some(error);
                    self.tx.clear();
                    self.stall = None;
                    return Ok(false);
                }
                Err(error) => return Err(Ended::Lost(error)),
            }
        }
    }

    /// There is no room to write: the clock of the stall runs, anew if enough went since it began.
    fn stalls(&mut self, limits: &Limits) -> bool {
        if self.stall.is_none() || self.unstalled >= STALL_QUANTUM {
            self.stall = Some(due_in(limits.stall));
            self.unstalled = 0;
        }
        true
    }

    /// Over: only writing is left, then the end.
    fn flush_out<C, T>(&mut self, talk: &C, wire: &mut T, scratch: &mut Scratch, limits: &Limits) -> Step<E>
    where
        C: Exchange<Error = E> + ?Sized,
        T: Transport + ?Sized,
    {
        match self.flush(wire, limits) {
            Err(ended) => return self.over(ended),
            Ok(true) => {
                if self.stall.is_some_and(|due| due <= Instant::now()) {
                    return self.over(Ended::Stalled);
                }
                return self.wait(false, true, false);
            }
            Ok(false) => {}
        }
        if self.failed.is_none() && talk.status() == Status::HandedOver {
            return Step::HandedOver;
        }
        if !self.server {
            return self.over(Ended::Closed);
        }
        if !self.shut {
            self.shut = true;
            // The peer may be gone already; the end is the same.
            let _gone = wire.finish();
        }
        if limits.linger.is_zero() || self.ended {
            return self.over(Ended::Closed);
        }
        let unread = self.failed.is_some() || !self.rx.is_empty();
        self.rx = BytesMut::new();
        let due = due_in(limits.linger);
        self.stage = Stage::Lingering(due, LINGER_OCTETS);
        match self.linger(wire, scratch, due, LINGER_OCTETS) {
            // Nothing of the peer's lies unread: closing resets nothing.
            Step::Wait(wait) if !unread && !wait.again && matches!(self.stage, Stage::Lingering(_, LINGER_OCTETS)) => {
                self.over(Ended::Closed)
            }
            step => step,
        }
    }

    fn linger<T>(&mut self, wire: &mut T, scratch: &mut Scratch, due: Instant, mut left: usize) -> Step<E>
    where
        T: Transport + ?Sized,
    {
        loop {
            match scratch.read(wire) {
                Ok(read) if read > 0 && read < left => left -= read,
                Err(error) if waits(&error) && Instant::now() < due => {
                    self.stage = Stage::Lingering(due, left);
                    return Step::Wait(Wait { read: true, write: false, due: Some(due), again: false });
                }
                Ok(_) | Err(_) => return self.over(Ended::Closed),
            }
        }
    }

    /// The end, or the error that was kept until its reply was written.
    fn over(&mut self, ended: Ended<E>) -> Step<E> {
        self.stage = Stage::Over;
        Step::Over(match self.failed.take() {
            Some(error) => Ended::Failed(error),
            None => ended,
        })
    }

    fn wait(&self, read: bool, write: bool, again: bool) -> Step<E> {
        Step::Wait(Wait { read, write, due: self.stall, again })
    }

    /// Keeps the engine's deadline: a phase that differs starts it anew.
    fn watch(&mut self, patience: Patience, now: Instant) {
        let phase = Some((patience.phase, patience.limit.is_some()));
        if phase != self.phase {
            self.phase = phase;
            self.due = patience.limit.map(|limit| due_after(now, limit));
        }
    }
}

/// Not an error: nothing there, or no room, for now.
fn waits(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted)
}

/// The peer closed while we were writing.
fn reset(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::BrokenPipe | ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted)
}
