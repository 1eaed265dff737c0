//! A server on readiness: one thread, thousands of connections.
//!
//! A quiet connection costs its socket, its engine and party, and some 300 octets; buffers belong to the thread and are
//! lent to whoever has something to take or to say. Every connection is told of once by the system when it becomes
//! ready (edge-triggered), so waiting costs nothing however many there are, and nothing spins. One that never runs dry
//! gets a bounded number of rounds before the others have their turn.
//!
//! Nothing may block on this thread: a party that has to wait says nothing, and is [woken](super::Waker) when it can
//! answer. For handlers that block there is the [pool](super::pool).

use super::connection::Connection;
use super::pump::{Scratch, Wait};
use super::server::{Control, Doors, NEWCOMERS, Options, Port, Running};
use super::wake::{ALARM, Seat, Waker};
use mio::Token;
use slab::Slab;
use std::boxed::Box;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::string::ToString;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Instant;
use std::vec::Vec;

/// Listeners have the tokens from here on; connections the small ones.
const DOORS: usize = usize::MAX / 2;
/// Descriptors ready that one look at the poll tells of.
const EVENTS: usize = 1024;

/// Starts the server on a thread of its own.
///
/// # Errors
///
/// Where the system refuses a poll, a thread, or a listener that does not block.
pub fn start(ports: Vec<Port>, options: Options) -> io::Result<Running> {
    let seat = Seat::new(EVENTS)?;
    let (doors, addresses) = Doors::open(ports, seat.poll.registry(), DOORS)?;
    let control = Arc::new(Control::default());
    control.enlist(&seat.hub);
    let mut reactor = Reactor {
        scratch: Scratch::new(&options.limits),
        seat,
        doors,
        options,
        control: Arc::clone(&control),
        seats: Slab::new(),
        timers: BinaryHeap::new(),
        again: Vec::new(),
    };
    let thread = thread::Builder::new().name("reactor".to_string()).spawn(move || reactor.run())?;
    Ok(Running::new(addresses, control, thread))
}

struct Reactor {
    seat: Seat,
    doors: Doors,
    options: Options,
    control: Arc<Control>,
    seats: Slab<Box<Seated>>,
    timers: BinaryHeap<Reverse<(Instant, usize)>>,
    /// Connections that could go on at once.
    again: Vec<usize>,
    scratch: Scratch,
}

struct Seated {
    connection: Connection,
    /// When it has to be looked at, and the earliest entry of the heap that is its own.
    due: Option<Instant>,
    timer: Option<Instant>,
}

impl Reactor {
    fn run(&mut self) {
        let mut woken = Vec::new();
        let mut stopping = None;
        loop {
            if stopping.is_none() {
                self.accept();
            }
            let now = Instant::now();
            let due = [self.timers.peek().map(|Reverse((due, _))| *due), self.doors.due(), stopping];
            let limit = due.into_iter().flatten().min().map(|due| due.saturating_duration_since(now));
            // Who was left at the doors is not told of by the poll again.
            let left = self.seats.len() < self.options.connections && self.doors.is_knocked();
            let limit = if left || !self.again.is_empty() { Some(std::time::Duration::ZERO) } else { limit };
            if self.seat.sleep(limit).is_err() {
                // The poll itself is broken: nothing can be served any more.
                self.cut();
                return;
            }
            woken.append(&mut self.again);
            for event in &self.seat.events {
                let Token(token) = event.token();
                if event.token() == ALARM {
                } else if token >= DOORS {
                    self.doors.knock(token - DOORS);
                } else if let Some(seated) = self.seats.get_mut(token)
                    && seated.connection.socket().is_some_and(|socket| socket.ready(event))
                {
                    woken.push(token);
                }
            }
            for token in woken.drain(..) {
                self.serve(token);
            }
            // What was read has woken others; serving them wakes few more, so this ends soon, and later ones wait for
            // the next round.
            self.seat.hub.drain(&mut woken);
            for token in woken.drain(..) {
                self.serve(token);
            }
            self.expire();
            if let Some(until) = self.control.stopping() {
                if stopping.is_none() {
                    self.stop();
                }
                stopping = Some(until);
                if self.seats.is_empty() {
                    return;
                }
                if Instant::now() >= until {
                    self.cut();
                    return;
                }
            }
        }
    }

    fn accept(&mut self) {
        for _ in 0..NEWCOMERS {
            if self.seats.len() >= self.options.connections {
                return;
            }
            let Some(guest) = self.doors.accept() else { return };
            let entry = self.seats.vacant_entry();
            let token = entry.key();
            let waker = Waker::new(&self.seat.hub, token);
            // A panic in a service or a party is the end of its connection, not of everyone's: here and below.
            let welcomed = catch_unwind(AssertUnwindSafe(|| guest.welcome(waker, &self.options.limits)));
            let Ok(Some(mut connection)) = welcomed else { continue };
            let registry = self.seat.poll.registry();
            let registered = connection.socket().map(|socket| socket.register(registry, Token(token)));
            if !matches!(registered, Some(Ok(()))) {
                let _panicked = catch_unwind(AssertUnwindSafe(|| connection.cut()));
                continue;
            }
            entry.insert(Box::new(Seated { connection, due: None, timer: None }));
            self.control.accepted.fetch_add(1, Ordering::Relaxed);
            self.control.open.fetch_add(1, Ordering::Relaxed);
            self.serve(token);
        }
    }

    /// Lets one connection go as far as it can.
    fn serve(&mut self, token: usize) {
        let Some(seated) = self.seats.get_mut(token) else { return };
        let (registry, scratch) = (self.seat.poll.registry(), &mut self.scratch);
        let served =
            catch_unwind(AssertUnwindSafe(|| seated.connection.advance(registry, scratch, &self.options.limits)));
        let Some(Wait { due, again, .. }) = served.unwrap_or_else(|_panic| {
            self.scratch = Scratch::new(&self.options.limits);
            None
        }) else {
            self.seats.remove(token);
            self.control.open.fetch_sub(1, Ordering::Relaxed);
            return;
        };
        if again {
            self.again.push(token);
        }
        seated.due = due;
        if let Some(due) = due
            && seated.timer.is_none_or(|timer| due < timer)
        {
            seated.timer = Some(due);
            self.timers.push(Reverse((due, token)));
        }
    }

    /// Serves whose time has come. A deadline that moved back leaves its entry in the heap, to be moved when it comes.
    fn expire(&mut self) {
        let now = Instant::now();
        while let Some(Reverse((at, token))) = self.timers.peek().copied()
            && at <= now
        {
            self.timers.pop();
            let Some(seated) = self.seats.get_mut(token) else { continue };
            if seated.timer != Some(at) {
                continue;
            }
            seated.timer = None;
            match seated.due {
                Some(due) if due <= now => self.serve(token),
                Some(due) => {
                    seated.timer = Some(due);
                    self.timers.push(Reverse((due, token)));
                }
                None => {}
            }
        }
        // Connections that came and went leave entries behind.
        if self.timers.len() > 1024 && self.timers.len() > 4 * self.seats.len() {
            let seats = &self.seats;
            self.timers
                .retain(|Reverse((at, token))| seats.get(*token).is_some_and(|seated| seated.timer == Some(*at)));
        }
    }

    /// Closes the doors and tells everyone inside.
    fn stop(&mut self) {
        self.doors.close();
        let tokens: Vec<usize> = self.seats.iter().map(|(token, _)| token).collect();
        for token in tokens {
            let Some(seated) = self.seats.get_mut(token) else { continue };
            let scratch = &mut self.scratch;
            if catch_unwind(AssertUnwindSafe(|| seated.connection.stop(scratch))).is_ok() {
                self.serve(token);
            } else {
                self.scratch = Scratch::new(&self.options.limits);
                self.seats.remove(token);
                self.control.open.fetch_sub(1, Ordering::Relaxed);
            }
        }
    }

    fn cut(&mut self) {
        for mut seated in self.seats.drain() {
            let _panicked = catch_unwind(AssertUnwindSafe(|| seated.connection.cut()));
            self.control.cut.fetch_add(1, Ordering::Relaxed);
            self.control.open.fetch_sub(1, Ordering::Relaxed);
        }
    }
}
