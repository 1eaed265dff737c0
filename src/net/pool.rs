//! A server on threads that share its connections: a handler may block, and nobody waits for it.
//!
//! All connections are on one poll. One thread at a time leads: it sleeps in the poll, queues whoever is ready, and then
//! serves with the others; who finds nothing to serve leads next, or sleeps until called. About as many threads run as
//! there are processors, so under load none sleeps, none is called, and a request costs a read, a write and its share of
//! a look at the poll, as on the [reactor](super::reactor). A connection that waits costs no thread.
//!
//! While connections wait, one more thread looks every few milliseconds whether those that serve are held by their
//! handlers, and has others take over, or starts them: up to [`Options::threads`], the number of handlers that may block
//! at once. Beyond it connections wait for a handler to return, and so do their deadlines and wake-ups. Threads that
//! were started stay for the next time, asleep. When nothing happens, all sleep.

mod monitor;
mod schedule;
mod worker;

use self::monitor::Monitor;
use self::schedule::Schedule;
use self::worker::{Body, Lead, Post};
use super::server::{Control, Doors, Options, Port, Running};
use super::wake::{Hub, Seat};
use mio::Registry;
use std::boxed::Box;
use std::io;
use std::string::ToString;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::{self, Thread};
use std::time::Instant;
use std::vec::Vec;

/// Listeners have the tokens from here on; connections the small ones.
const DOORS: usize = usize::MAX / 2;
/// Descriptors ready that one look at the poll tells of.
const EVENTS: usize = 1024;

/// Starts the server: a thread that serves, and one that watches over it. The others come as they are needed.
///
/// # Errors
///
/// Where the system refuses a poll, a thread, or a listener that does not block.
pub fn start(ports: Vec<Port>, options: Options) -> io::Result<Running> {
    launch(ports, options).map(|(running, _)| running)
}

fn launch(ports: Vec<Port>, options: Options) -> io::Result<(Running, Arc<Shared>)> {
    let seat = Seat::new(EVENTS)?;
    let (doors, addresses) = Doors::open(ports, seat.poll.registry(), DOORS)?;
    let control = Arc::new(Control::default());
    let bound = options.threads.max(1);
    let shared = Arc::new(Shared {
        registry: seat.poll.registry().try_clone()?,
        hub: Arc::clone(&seat.hub),
        control: Arc::clone(&control),
        parallel: thread::available_parallelism().map_or(1, usize::from).min(bound),
        bound,
        options,
        monitor: OnceLock::new(),
        core: Mutex::new(Core {
            schedule: Schedule::new(),
            lead: Some(Box::new(Lead::new(seat, doors))),
            posts: Vec::new(),
            parked: Vec::new(),
            busy: 0,
            spare: 0,
            wary: 0,
            until: None,
            full: false,
            watched: true,
            stopping: false,
            ending: false,
            served: 0,
            rounds: 0,
            looks: 0,
        }),
    });
    let mut monitor = Monitor::new(Arc::clone(&shared));
    monitor.hire()?;
    let watching = thread::Builder::new().name("monitor".to_string()).spawn(move || monitor.run());
    let thread = watching.inspect_err(|_| shared.end())?;
    let watch = thread.thread().clone();
    let _first = shared.monitor.set(watch.clone());
    control.attend(watch);
    Ok((Running::new(addresses, control, thread), shared))
}

/// What the threads of a pool share.
struct Shared {
    options: Options,
    control: Arc<Control>,
    registry: Registry,
    /// Where wake-ups come together, and what ends the leader's sleep.
    hub: Arc<Hub>,
    monitor: OnceLock<Thread>,
    /// Threads that run at once where none is held by its handler.
    parallel: usize,
    /// Threads at most.
    bound: usize,
    core: Mutex<Core>,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Core> {
        self.core.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn call_monitor(&self) {
        if let Some(monitor) = self.monitor.get() {
            monitor.unpark();
        }
    }

    /// Every thread ends as soon as it has nothing in hand.
    fn end(&self) {
        let parked = {
            let mut core = self.lock();
            core.ending = true;
            core.busy += core.parked.len();
            std::mem::take(&mut core.parked)
        };
        for post in parked {
            post.call();
        }
        self.hub.rouse();
    }
}

/// All that the threads agree on, under one lock. A request takes it once; nobody holds it while anything is waited
/// for, or while code of parties and services runs.
struct Core {
    schedule: Schedule<Body>,
    /// The poll, while nobody leads.
    lead: Option<Box<Lead>>,
    /// All threads, and those asleep: the last to fall asleep is called first, its stack is warm.
    posts: Vec<Arc<Post>>,
    parked: Vec<Arc<Post>>,
    /// Threads that neither sleep nor lead.
    busy: usize,
    /// Threads that are held by their handlers, about: so many more may run.
    spare: usize,
    /// Looks of the monitor for which handlers are expected to block: others are called before it comes to that.
    wary: u32,
    /// When the leader's sleep ends by itself.
    until: Option<Instant>,
    /// All places are taken: the leader has to be told when one is free.
    full: bool,
    /// The monitor looks by itself; else it has to be called.
    watched: bool,
    stopping: bool,
    ending: bool,
    /// Turns, looks at the poll, looks of the monitor.
    served: u64,
    rounds: u64,
    looks: u64,
}

impl Core {
    /// Takes one that sleeps; it is busy from here on, and has to be called.
    fn wake_one(&mut self) -> Option<Arc<Post>> {
        let post = self.parked.pop()?;
        self.busy += 1;
        Some(post)
    }
}

#[cfg(test)]
mod tests;
