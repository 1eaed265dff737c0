//! A server on threads: each open connection has one, from a bounded pool, so a handler may block.
//!
//! One more thread accepts, and hands connections over through a channel. Threads are started as they are needed, up to
//! [`Options::threads`], and then reused; while all are busy, newcomers wait in the system's backlog. A thread waits for
//! its connection's bytes, its deadlines and its [wake-ups](super::Waker) at once, so a room works here as it does on
//! the [reactor](super::reactor).

use super::connection::Connection;
use super::pump::Scratch;
use super::server::{Control, Doors, Guest, Options, Port, Running};
use super::tcp::DOZE;
use super::wake::{ALARM, Hub, Seat, Waker};
use crossbeam_channel::{Receiver, Sender, unbounded};
use mio::Token;
use std::format;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::string::ToString;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};
use std::vec::Vec;

/// Listeners have the tokens from here on.
const DOORS: usize = 1;

/// Starts the server: the thread that accepts at once, the others as connections come.
///
/// # Errors
///
/// Where the system refuses a poll, a thread, or a listener that does not block.
pub fn start(ports: Vec<Port>, options: Options) -> io::Result<Running> {
    let seat = Seat::new(64)?;
    let (doors, addresses) = Doors::open(ports, seat.poll.registry(), DOORS)?;
    let control = Arc::new(Control::default());
    control.enlist(&seat.hub);
    let (give, take) = unbounded();
    let bound = options.threads.min(options.connections).max(1);
    let shared = Arc::new(Shared {
        options,
        control: Arc::clone(&control),
        door: Arc::clone(&seat.hub),
        idle: AtomicUsize::new(0),
        bound,
    });
    let mut acceptor = Acceptor { seat, doors, shared, threads: Vec::new(), give, take };
    let thread = thread::Builder::new().name("accept".to_string()).spawn(move || acceptor.run())?;
    Ok(Running::new(addresses, control, thread))
}

struct Shared {
    options: Options,
    control: Arc<Control>,
    /// Rung when a connection has ended.
    door: Arc<Hub>,
    /// Threads without a connection, less the connections on their way to one.
    idle: AtomicUsize,
    bound: usize,
}

struct Acceptor {
    seat: Seat,
    doors: Doors,
    shared: Arc<Shared>,
    threads: Vec<thread::JoinHandle<()>>,
    give: Sender<Guest>,
    take: Receiver<Guest>,
}

impl Acceptor {
    fn run(&mut self) {
        loop {
            if let Some(until) = self.shared.control.stopping() {
                self.end(until);
                return;
            }
            self.accept();
            let limit = self.doors.due().map(|due| due.saturating_duration_since(Instant::now()));
            if self.seat.sleep(limit).is_err() {
                self.end(Instant::now());
                return;
            }
            for event in &self.seat.events {
                if event.token() != ALARM {
                    self.doors.knock(event.token().0.wrapping_sub(DOORS));
                }
            }
        }
    }

    fn accept(&mut self) {
        let control = Arc::clone(&self.shared.control);
        while control.open.load(Ordering::SeqCst) < self.shared.bound {
            if !self.staffed() {
                return;
            }
            let Some(guest) = self.doors.accept() else { return };
            control.accepted.fetch_add(1, Ordering::Relaxed);
            control.open.fetch_add(1, Ordering::SeqCst);
            self.shared.idle.fetch_sub(1, Ordering::SeqCst);
            if self.give.send(guest).is_err() {
                return;
            }
        }
    }

    /// A thread is there for the next connection.
    fn staffed(&mut self) -> bool {
        if self.shared.idle.load(Ordering::SeqCst) > 0 {
            return true;
        }
        let Ok(seat) = Seat::new(8) else {
            self.doors.rest();
            return false;
        };
        self.shared.control.enlist(&seat.hub);
        let worker = Worker { seat, shared: Arc::clone(&self.shared), take: self.take.clone() };
        let name = format!("pool {}", self.threads.len());
        let Ok(thread) = thread::Builder::new().name(name).spawn(move || worker.run()) else {
            self.doors.rest();
            return false;
        };
        self.threads.push(thread);
        self.shared.idle.fetch_add(1, Ordering::SeqCst);
        true
    }

    fn end(&mut self, until: Instant) {
        self.doors.close();
        // Threads end when the channel does.
        let (give, take) = unbounded();
        self.give = give;
        self.take = take;
        let mut until = until;
        loop {
            let now = Instant::now();
            if self.threads.iter().all(thread::JoinHandle::is_finished) || now >= until + GRACE {
                break;
            }
            let look = now + Duration::from_millis(20);
            let _broken = self.seat.sleep(Some(look.min(until + GRACE).saturating_duration_since(now)));
            until = self.shared.control.stopping().unwrap_or(until);
        }
        for thread in self.threads.drain(..) {
            if thread.is_finished() {
                let _panicked = thread.join();
            }
        }
    }
}

/// What a thread may take to notice that it is cut off.
const GRACE: Duration = Duration::from_millis(100);

struct Worker {
    seat: Seat,
    shared: Arc<Shared>,
    take: Receiver<Guest>,
}

impl Worker {
    fn run(mut self) {
        let mut scratch = Scratch::new(&self.shared.options.limits);
        while let Ok(guest) = self.take.recv() {
            // A panic in a handler ends its connection, not the thread: the count has to stay right.
            let guard = Served(&self.shared);
            let outcome = catch_unwind(AssertUnwindSafe(|| {
                let waker = Waker::new(&self.seat.hub, 0);
                if let Some(mut connection) = guest.welcome(waker, &self.shared.options.limits) {
                    serve(&mut self.seat, &self.shared, &mut connection, &mut scratch);
                }
            }));
            if outcome.is_err() {
                scratch = Scratch::new(&self.shared.options.limits);
            }
            drop(guard);
        }
    }
}

/// Counts a connection's end, however it came.
struct Served<'s>(&'s Shared);

impl Drop for Served<'_> {
    fn drop(&mut self) {
        self.0.idle.fetch_add(1, Ordering::SeqCst);
        let open = self.0.control.open.fetch_sub(1, Ordering::SeqCst);
        if open >= self.0.bound || self.0.control.stopping().is_some() {
            self.0.door.rouse();
        }
    }
}

fn serve(seat: &mut Seat, shared: &Shared, connection: &mut Connection, scratch: &mut Scratch) {
    let mut woken = Vec::new();
    let mut last = Sleep::None;
    loop {
        let stopping = shared.control.stopping();
        if stopping.is_some() {
            connection.stop(scratch);
        }
        let Some(wait) = connection.advance(seat.poll.registry(), scratch, &shared.options.limits) else { return };
        let now = Instant::now();
        if stopping.is_some_and(|until| until <= now) {
            shared.control.cut.fetch_add(1, Ordering::Relaxed);
            connection.cut();
            return;
        }
        if wait.again {
            continue;
        }
        let due = [wait.due, stopping].into_iter().flatten().min();
        let alone = wait.read && !wait.write && stopping.is_none() && connection.is_alone();
        let Some(socket) = connection.socket() else { return };
        let found = socket.wake();
        // Who has asked twice is likely to ask again at once.
        last = match last {
            Sleep::None => Sleep::Deep,
            Sleep::Doze if !found => Sleep::Deep,
            _ if alone && due.is_none_or(|due| due > now + DOZE) && socket.doze() => Sleep::Doze,
            _ => Sleep::Deep,
        };
        if last == Sleep::Doze {
            continue;
        }
        let limit = due.map(|due| due.saturating_duration_since(now));
        if socket.register(seat.poll.registry(), Token(0)).is_err() || seat.sleep(limit).is_err() {
            connection.cut();
            return;
        }
        for event in &seat.events {
            if event.token() != ALARM
                && let Some(socket) = connection.socket()
            {
                socket.ready(event);
            }
        }
        seat.hub.drain(&mut woken);
        woken.clear();
    }
}

/// How a thread waits for its connection.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sleep {
    /// It has not waited yet.
    None,
    /// In the read itself, and not for long: nothing but octets ends it.
    Doze,
    /// In the poll, for as long as it takes, with an ear for wake-ups and for the end of the server.
    Deep,
}
