//! The pool's thread that serves nobody: it sees to it that none waits for a handler that blocks, and ends the server.

use super::schedule::News;
use super::worker::{Body, Post, work};
use super::{Core, Shared};
use std::format;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};
use std::vec::Vec;

/// From one look to the next, while connections wait or nobody leads.
const PACE: Duration = Duration::from_millis(4);
/// The same where handlers seem to block, or connections have waited from one look to the next.
const CLOSE: Duration = Duration::from_millis(1);
/// Looks that find nobody waiting before it goes to sleep.
const QUIET: u32 = 8;
/// Looks after which a turn holds its thread though it runs: a handler that reckons is one that blocks.
const LONG: u32 = 6;
/// Looks for which one handler that blocked makes others suspect.
const WARY: u32 = 64;
/// What a thread may take to notice that it is cut off.
const GRACE: Duration = Duration::from_millis(100);

pub(super) struct Monitor {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
    seen: Vec<Seen>,
    /// The look before: when, turns begun until then, and connections that waited.
    at: Instant,
    served: u64,
    waited: usize,
    /// Looks for which connections had to wait, looks that found nobody waiting, looks for which nobody is probed.
    congested: u32,
    quiet: u32,
    content: u32,
    /// Turns a second when last a probe led to more threads.
    rate: Option<u128>,
}

/// A thread as it was at the look before.
struct Seen {
    post: Arc<Post>,
    turn: Option<usize>,
    /// Looks for which the turn was the same.
    same: u32,
    held: bool,
}

#[derive(Clone, Copy)]
struct Held {
    threads: usize,
    /// Some of them were not at the look before.
    newly: bool,
}

impl Monitor {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        let (threads, seen, at) = (Vec::new(), Vec::new(), Instant::now());
        Self { shared, threads, seen, at, served: 0, waited: 0, congested: 0, quiet: 0, content: 0, rate: None }
    }

    /// Starts one more thread.
    pub(super) fn hire(&mut self) -> io::Result<()> {
        let shared = Arc::clone(&self.shared);
        let name = format!("pool {}", self.threads.len());
        self.shared.lock().busy += 1;
        let thread = thread::Builder::new().name(name).spawn(move || work(&shared));
        self.threads.push(thread.inspect_err(|_| self.shared.lock().busy -= 1)?);
        Ok(())
    }

    pub(super) fn run(&mut self) {
        while self.threads.len() < self.shared.parallel && self.hire().is_ok() {}
        loop {
            if let Some(until) = self.shared.control.stopping() {
                self.end(until);
                return;
            }
            match self.look() {
                Some(pace) => thread::park_timeout(pace),
                None => thread::park(),
            }
        }
    }

    /// Has others take over from threads that are held. `None`: nothing to look at until called.
    fn look(&mut self) -> Option<Duration> {
        let (served, waiting) = {
            let mut core = self.shared.lock();
            core.looks += 1;
            let (waiting, leads) = (core.waiting(), core.lead.is_none());
            if waiting == 0 && (leads || core.busy == 0) {
                self.quiet += 1;
                core.watched = self.quiet < QUIET;
                return core.watched.then_some(PACE);
            }
            for post in &core.posts[self.seen.len()..] {
                self.seen.push(Seen { post: Arc::clone(post), turn: None, same: 0, held: false });
            }
            (core.served, waiting)
        };
        self.quiet = 0;
        // Handlers may block for less than it takes to see one turn at two looks; then others wait for long.
        let turns = served.wrapping_sub(self.served);
        let slow = turns < 4 * self.waited as u64;
        self.congested = if slow { self.congested + 1 } else { 0 };
        let probe = slow && self.may_probe(turns);
        let held = self.held(probe);
        (self.at, self.served, self.waited) = (Instant::now(), served, waiting);
        self.reinforce(held);
        Some(if held.newly || self.congested % 8 == 1 { CLOSE } else { PACE })
    }

    /// Probes cost a little, and a thread that waits for a lock looks like one that waits for a disk: another look is
    /// taken now and then, and on from there only while it was of use.
    fn may_probe(&mut self, turns: u64) -> bool {
        let rate = u128::from(turns) * 1_000_000 / self.at.elapsed().as_micros().max(1);
        if self.content > 0 {
            self.content -= 1;
            return false;
        }
        match self.rate.replace(rate) {
            Some(before) if rate * 5 < before * 6 => {
                (self.content, self.rate) = (16, None);
                self.shared.lock().wary = 0;
                false
            }
            Some(_) => true,
            None => self.congested % 8 == 1,
        }
    }

    /// Which threads are held by their handlers; `probe`: also those that are so just now.
    fn held(&mut self, probe: bool) -> Held {
        let mut held = Held { threads: 0, newly: false };
        let mut brief = 0;
        for seen in &mut self.seen {
            let turn = seen.post.turn();
            if turn.is_none() || turn != seen.turn {
                (seen.turn, seen.same, seen.held) = (turn, 0, false);
                brief += usize::from(probe && seen.post.is_held(turn, false));
                continue;
            }
            seen.same = seen.same.saturating_add(1);
            if !seen.held && (seen.same >= LONG || seen.post.is_held(turn, true)) {
                (seen.held, held.newly) = (true, true);
            }
            held.threads += usize::from(seen.held);
        }
        if brief == 0 {
            self.rate = None;
        }
        Held { threads: held.threads + brief, newly: held.newly || brief > 0 }
    }

    /// Calls or starts as many threads as can be of use.
    fn reinforce(&mut self, Held { threads: held, newly }: Held) {
        let (calls, starts) = {
            let mut core = self.shared.lock();
            core.wary = if newly { WARY } else { core.wary.saturating_sub(1) };
            core.spare = core.spare.saturating_sub(1 + core.spare / 8).max(held);
            let leads = core.lead.is_none();
            let waiting = core.waiting();
            let wanted = waiting + usize::from(!leads);
            // Who leads will serve too, unless all that is ready lies before a thread that is held.
            let running = if core.busy > held { core.busy - held + usize::from(leads) } else { 0 };
            if wanted == 0 || running >= self.shared.parallel || (held == 0 && core.busy > 0) {
                return;
            }
            // Those who come will be held too, as likely as not: twice as many at each look, or as are waiting.
            let wanted = wanted.min((self.shared.parallel - running).max(held));
            core.spare = core.spare.max((core.busy + wanted).saturating_sub(self.shared.parallel));
            let calls: Vec<_> = (0..wanted).map_while(|_| core.wake_one()).collect();
            let starts = (wanted - calls.len()).min(self.shared.bound - self.threads.len());
            if calls.is_empty() && starts == 0 && leads {
                self.shared.hub.rouse();
            }
            (calls, starts)
        };
        for post in calls {
            post.call();
        }
        for _ in 0..starts {
            if self.hire().is_err() {
                break;
            }
        }
    }

    /// Ends the server: gracefully until then, and then at once.
    fn end(&mut self, mut until: Instant) {
        let lead = {
            let mut core = self.shared.lock();
            core.stopping = true;
            core.lead.take()
        };
        // Where nobody leads; who does closes the doors as soon as the announcement ends the sleep. Not under the lock:
        // a service that goes with its door does what it likes.
        if let Some(mut lead) = lead {
            lead.close();
            self.shared.lock().lead = Some(lead);
        }
        self.announce(News::STOP);
        let mut cut = false;
        loop {
            let pace = self.look();
            until = self.shared.control.stopping().unwrap_or(until);
            if self.shared.lock().schedule.len() == 0 {
                break;
            }
            let now = Instant::now();
            let next = if cut { until + GRACE } else { until };
            if now < next {
                thread::park_timeout(pace.unwrap_or(next - now).min(next - now));
            } else if cut {
                break;
            } else {
                cut = true;
                self.announce(News::CUT);
            }
        }
        self.seize();
        self.shared.end();
        while !self.threads.iter().all(JoinHandle::is_finished) {
            let now = Instant::now();
            if now >= until + GRACE {
                break;
            }
            // A thread that ends calls just before it does.
            thread::park_timeout(Duration::from_millis(1));
        }
        for thread in self.threads.drain(..) {
            if thread.is_finished() {
                let _panicked = thread.join();
            }
        }
    }

    /// Tells every connection, and calls threads to serve them.
    fn announce(&self, news: News) {
        let calls: Vec<_> = {
            let mut core = self.shared.lock();
            core.schedule.tell_all(news);
            core.watched = true;
            (0..self.shared.parallel).map_while(|_| core.wake_one()).collect()
        };
        for post in calls {
            post.call();
        }
        self.shared.hub.rouse();
    }

    /// Cuts off whom no thread is left for.
    fn seize(&self) {
        let left = self.shared.lock().schedule.seize();
        for body in left {
            self.shared.control.cut.fetch_add(1, Ordering::Relaxed);
            self.shared.control.open.fetch_sub(1, Ordering::Relaxed);
            let _panicked = catch_unwind(AssertUnwindSafe(|| match body {
                Body::Open(mut connection) => connection.cut(),
                Body::Guest(_) => {}
            }));
        }
    }
}

impl Core {
    /// Connections that could be served now.
    fn waiting(&self) -> usize {
        self.schedule.ready() + usize::from(self.schedule.could_go_on())
    }
}
