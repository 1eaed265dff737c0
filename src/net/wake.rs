//! Wake-ups: how one thread tells another that a connection has something to say.

use mio::{Events, Poll, Token};
use std::fmt;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use std::vec::Vec;

/// The token of a hub's own alarm; connections have small ones.
pub(crate) const ALARM: Token = Token(usize::MAX);

/// Wakes one connection: its party is asked for [`more`](crate::engine::Handler::more) soon, by the thread that drives
/// the connection.
///
/// Cheap to clone and to call: many calls before the connection is served are one wake-up, and a call from the thread
/// that drives it costs no system call. Once the connection has ended a call does nothing.
///
/// Put what is to be said where the party finds it *first*, then wake: a room pushes into the outbox of each member and
/// wakes each member's connection.
#[derive(Clone)]
pub struct Waker(Arc<Slot>);

struct Slot {
    woken: AtomicBool,
    token: usize,
    hub: Arc<Hub>,
}

impl Waker {
    pub(crate) fn new(hub: &Arc<Hub>, token: usize) -> Self {
        Self(Arc::new(Slot { woken: AtomicBool::new(false), token, hub: Arc::clone(hub) }))
    }

    /// Has the connection's party asked for more soon. From any thread.
    pub fn wake(&self) {
        let slot = &*self.0;
        // A plain load first: in a busy room nearly every member is woken already.
        if !slot.woken.load(Ordering::SeqCst) && !slot.woken.swap(true, Ordering::AcqRel) {
            slot.hub.queue.lock().unwrap_or_else(PoisonError::into_inner).push(slot.token);
            slot.hub.ring();
        }
    }

    /// The connection is about to be served; whatever is said from here on needs a new wake-up.
    pub(crate) fn clear(&self) {
        self.0.woken.store(false, Ordering::SeqCst);
    }
}

impl fmt::Debug for Waker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Waker").field(&self.0.token).finish()
    }
}

/// Where the wake-ups of one thread come together.
pub(crate) struct Hub {
    queue: Mutex<Vec<usize>>,
    asleep: AtomicBool,
    alarm: mio::Waker,
}

impl Hub {
    /// Ends the thread's sleep, now or the next one.
    pub(crate) fn ring(&self) {
        if self.asleep.swap(false, Ordering::SeqCst) {
            // A full eventfd or pipe is readable already.
            let _sounds_already = self.alarm.wake();
        }
    }

    /// As [`ring`](Self::ring), for what is not in the queue: it ends even a sleep that has not begun.
    pub(crate) fn rouse(&self) {
        let _sounds_already = self.alarm.wake();
    }

    /// Moves the tokens of the woken connections into `woken`.
    pub(crate) fn drain(&self, woken: &mut Vec<usize>) {
        woken.append(&mut self.queue.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

/// A thread's place to sleep: sockets registered here, and the hub's alarm, wake it.
pub(crate) struct Seat {
    pub(crate) poll: Poll,
    pub(crate) events: Events,
    pub(crate) hub: Arc<Hub>,
}

impl Seat {
    pub(crate) fn new(events: usize) -> io::Result<Self> {
        let poll = Poll::new()?;
        let alarm = mio::Waker::new(poll.registry(), ALARM)?;
        let hub = Arc::new(Hub { queue: Mutex::default(), asleep: AtomicBool::new(false), alarm });
        Ok(Self { poll, events: Events::with_capacity(events), hub })
    }

    /// Sleeps until something is ready, somebody rings, or `limit` has passed; the events are in `self.events`.
    pub(crate) fn sleep(&mut self, limit: Option<Duration>) -> io::Result<()> {
        self.hub.asleep.store(true, Ordering::SeqCst);
        // Whoever pushed before the flag was up did not ring.
        let waiting = !self.hub.queue.lock().unwrap_or_else(PoisonError::into_inner).is_empty();
        let limit = if waiting { Some(Duration::ZERO) } else { limit };
        let slept = self.poll.poll(&mut self.events, limit);
        self.hub.asleep.store(false, Ordering::SeqCst);
        match slept {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {
                self.events.clear();
                Ok(())
            }
            other => other,
        }
    }
}
