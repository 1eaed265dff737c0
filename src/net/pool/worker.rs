//! A thread of the pool: serves what is ready, else leads, else sleeps.

use super::schedule::{News, Turn};
use super::{Core, DOORS, Shared};
use crate::net::connection::Connection;
use crate::net::pump::Scratch;
use crate::net::server::{Doors, Guest, NEWCOMERS, Stopper};
use crate::net::wake::{ALARM, Seat, Waker};
use mio::event::Event;
use std::boxed::Box;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, MutexGuard};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};
use std::vec::Vec;

/// So many others ready make it worth calling one more thread, where handlers do not block: a call and a sleep cost
/// about as much as serving a few.
const WORTH_A_CALL: usize = 4;

/// A connection between two turns.
pub(super) enum Body {
    Guest(Box<Guest>),
    Open(Box<Connection>),
}

/// What the leader has in hand.
pub(super) struct Lead {
    seat: Seat,
    doors: Doors,
    guests: Vec<Guest>,
    woken: Vec<usize>,
}

impl Lead {
    pub(super) fn new(seat: Seat, doors: Doors) -> Self {
        Self { seat, doors, guests: Vec::new(), woken: Vec::new() }
    }

    /// Lets nobody in any more.
    pub(super) fn close(&mut self) {
        self.doors.close();
    }
}

/// What others see of a thread, on cache lines of its own.
#[repr(align(128))]
pub(super) struct Post {
    /// Odd while it serves.
    turn: AtomicUsize,
    called: AtomicBool,
    thread: Thread,
    /// Where the system tells what it does; `None` where it does not.
    stat: Option<PathBuf>,
}

impl Post {
    /// The calling thread's.
    fn here() -> Self {
        let task = std::fs::read_link("/proc/thread-self").ok();
        Self {
            turn: AtomicUsize::new(0),
            called: AtomicBool::new(false),
            thread: thread::current(),
            stat: task.map(|task| Path::new("/proc").join(task).join("stat")),
        }
    }

    /// Which turn it serves. `None`: none.
    pub(super) fn turn(&self) -> Option<usize> {
        Some(self.turn.load(Ordering::Relaxed)).filter(|turn| turn % 2 == 1)
    }

    /// It serves that turn, and waits in the system meanwhile: a thread that only waits for a processor does not.
    /// `unknown` where the system does not tell.
    pub(super) fn is_held(&self, turn: Option<usize>, unknown: bool) -> bool {
        let told = self.stat.as_ref().filter(|_| turn.is_some()).and_then(|stat| std::fs::read_to_string(stat).ok());
        let held = match told.as_ref().and_then(|stat| stat.rsplit_once(") ")) {
            Some((_, fields)) => !fields.starts_with('R'),
            None => unknown,
        };
        held && turn.is_some() && self.turn() == turn
    }

    /// Ends its sleep, now or the next one.
    pub(super) fn call(&self) {
        self.called.store(true, Ordering::Release);
        self.thread.unpark();
    }

    fn sleep(&self) {
        while !self.called.swap(false, Ordering::Acquire) {
            thread::park();
        }
    }

    fn step(&self) {
        self.turn.store(self.turn.load(Ordering::Relaxed).wrapping_add(1), Ordering::Relaxed);
    }
}

/// How a turn ended.
enum Done {
    Rests { connection: Box<Connection>, awaits: News, due: Option<Instant>, again: bool },
    Gone { cut: bool },
}

/// One thread, counted as busy by who starts it.
pub(super) fn work(shared: &Shared) {
    let post = Arc::new(Post::here());
    let mut worker = Worker {
        shared,
        scratch: Scratch::new(&shared.options.limits),
        post,
        calls: Vec::new(),
        watch: false,
        late: Vec::new(),
    };
    worker.run();
    shared.call_monitor();
}

struct Worker<'s> {
    shared: &'s Shared,
    post: Arc<Post>,
    scratch: Scratch,
    /// Whom to call when the lock is free.
    calls: Vec<Arc<Post>>,
    /// So too the monitor.
    watch: bool,
    /// Came when the server was about to end.
    late: Vec<Guest>,
}

impl<'s> Worker<'s> {
    fn run(&mut self) {
        let shared = self.shared;
        let mut core = shared.lock();
        core.posts.push(Arc::clone(&self.post));
        loop {
            if let Some(mut turn) = core.schedule.next() {
                core.served += 1;
                if core.ending {
                    // Its handler blocked beyond the end.
                    turn.news = News::CUT;
                }
                drop(core);
                self.call();
                let token = turn.token;
                let done = self.serve(turn);
                core = shared.lock();
                self.settle(&mut core, token, done);
            } else if core.ending {
                break;
            } else if let Some(lead) = core.lead.take() {
                core = self.lead(core, lead);
            } else if !core.schedule.go_on() {
                core.busy -= 1;
                core.parked.push(Arc::clone(&self.post));
                drop(core);
                self.post.sleep();
                core = shared.lock();
            }
        }
        core.busy -= 1;
        drop(core);
        self.call();
    }

    fn call(&mut self) {
        for post in self.calls.drain(..) {
            post.call();
        }
        if std::mem::take(&mut self.watch) {
            self.shared.call_monitor();
        }
        self.late.clear();
    }

    /// Waits for all connections at once, and queues those that are ready.
    fn lead(&mut self, mut core: MutexGuard<'s, Core>, mut lead: Box<Lead>) -> MutexGuard<'s, Core> {
        let shared = self.shared;
        let stopping = core.stopping;
        let due = [core.schedule.earliest(), lead.doors.due()].into_iter().flatten().min();
        let room = shared.options.connections.max(1).saturating_sub(core.schedule.len());
        // Who was left at the doors is not told of by the poll again.
        let at_once = core.schedule.could_go_on() || (room > 0 && lead.doors.is_knocked());
        core.until = due;
        core.busy -= 1;
        core.rounds += 1;
        drop(core);
        self.late.clear();
        if stopping {
            lead.close();
        }
        let limit =
            if at_once { Some(Duration::ZERO) } else { due.map(|due| due.saturating_duration_since(Instant::now())) };
        if lead.seat.sleep(limit).is_err() {
            // The poll itself is broken: nothing can be served any more, and nobody leads again.
            Stopper::of(&shared.control).stop(Duration::ZERO);
            let mut core = shared.lock();
            core.busy += 1;
            return core;
        }
        for event in &lead.seat.events {
            let token = event.token().0;
            if event.token() != ALARM && token >= DOORS {
                lead.doors.knock(token - DOORS);
            }
        }
        while lead.guests.len() < room.min(NEWCOMERS)
            && let Some(guest) = lead.doors.accept()
        {
            lead.guests.push(guest);
        }
        lead.seat.hub.drain(&mut lead.woken);
        let now = Instant::now();

        let mut core = shared.lock();
        core.busy += 1;
        core.full = lead.guests.len() == room;
        for event in &lead.seat.events {
            if event.token().0 < DOORS {
                core.schedule.tell(event.token().0, news(event));
            }
        }
        for token in lead.woken.drain(..) {
            core.schedule.tell(token, News::WOKEN);
        }
        if core.stopping {
            // Services go with the last of them, and do what they like then: not under the lock.
            self.late.append(&mut lead.guests);
        }
        shared.control.accepted.fetch_add(lead.guests.len() as u64, Ordering::Relaxed);
        shared.control.open.fetch_add(lead.guests.len(), Ordering::Relaxed);
        for guest in lead.guests.drain(..) {
            core.schedule.admit(Body::Guest(Box::new(guest)));
        }
        core.schedule.expire(now);
        core.schedule.go_on();
        core.lead = Some(lead);
        self.share_out(&mut core);
        core
    }

    /// Has others help with what is ready.
    fn share_out(&mut self, core: &mut Core) {
        let ready = core.schedule.ready();
        if ready == 0 {
            return;
        }
        // One is this thread's; where it may be held by it, another has to lead.
        let wanted = match ready {
            _ if core.wary > 0 => ready,
            ready if ready > WORTH_A_CALL => ready - 1,
            _ => 0,
        };
        let may = (self.shared.parallel + core.spare).saturating_sub(core.busy);
        for _ in 0..wanted.min(may) {
            self.calls.extend(core.wake_one());
        }
        self.watch = !std::mem::replace(&mut core.watched, true);
    }

    fn serve(&mut self, turn: Turn<Body>) -> Done {
        self.post.step();
        // A panic in a party is the end of its connection, not of the thread.
        let served = catch_unwind(AssertUnwindSafe(|| self.advance(turn)));
        self.post.step();
        served.unwrap_or_else(|_panic| {
            self.scratch = Scratch::new(&self.shared.options.limits);
            Done::Gone { cut: false }
        })
    }

    /// Lets one connection go as far as it can.
    fn advance(&mut self, Turn { token, body, news }: Turn<Body>) -> Done {
        let Shared { options, registry, hub, .. } = self.shared;
        let mut connection = match body {
            Body::Open(connection) => connection,
            Body::Guest(guest) => {
                let Some(mut connection) = guest.welcome(Waker::new(hub, token), &options.limits) else {
                    return Done::Gone { cut: false };
                };
                let registered = connection.socket().map(|socket| socket.register(registry, mio::Token(token)));
                if !matches!(registered, Some(Ok(()))) {
                    connection.cut();
                    return Done::Gone { cut: false };
                }
                Box::new(connection)
            }
        };
        if let Some(socket) = connection.socket() {
            socket.hear(news.has(News::READ), news.has(News::WRITE), news.has(News::CLOSED));
        }
        if news.has(News::STOP) {
            connection.stop(&mut self.scratch);
        }
        let wait = if news.has(News::CUT) && !news.has(News::STOP) {
            None
        } else {
            let Some(wait) = connection.advance(registry, &mut self.scratch, &options.limits) else {
                return Done::Gone { cut: false };
            };
            Some(wait)
        };
        let Some(wait) = wait.filter(|_| !news.has(News::CUT)) else {
            connection.cut();
            return Done::Gone { cut: true };
        };
        let mut awaits = News::default();
        if let Some(socket) = connection.socket() {
            let (read, write) = socket.awaits();
            awaits = awaits.with(if read { News::READ } else { News::default() });
            awaits = awaits.with(if write { News::WRITE } else { News::default() });
        }
        Done::Rests { connection, awaits, due: wait.due, again: wait.again }
    }

    fn settle(&self, core: &mut Core, token: usize, done: Done) {
        let Shared { control, hub, .. } = self.shared;
        match done {
            Done::Rests { connection, awaits, due, again } => {
                let due = core.schedule.rest(token, Body::Open(connection), awaits, due, again);
                // Who leads may sleep beyond it.
                if let Some(due) = due
                    && core.lead.is_none()
                    && core.until.is_none_or(|until| due < until)
                {
                    core.until = Some(due);
                    hub.rouse();
                }
            }
            Done::Gone { cut } => {
                core.schedule.gone(token);
                control.cut.fetch_add(usize::from(cut), Ordering::Relaxed);
                control.open.fetch_sub(1, Ordering::Relaxed);
                if std::mem::take(&mut core.full) {
                    hub.rouse();
                }
                if core.stopping && core.schedule.len() == 0 {
                    self.shared.call_monitor();
                }
            }
        }
    }
}

fn news(event: &Event) -> News {
    let mut news = News::default();
    for (is, what) in [
        (event.is_readable(), News::READ),
        (event.is_writable(), News::WRITE),
        (event.is_read_closed() || event.is_error() || event.is_write_closed(), News::CLOSED),
    ] {
        if is {
            news = news.with(what);
        }
    }
    news
}
