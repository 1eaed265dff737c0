//! Which connection is served next, and which is served again: no socket, no clock, no lock.
//!
//! A connection's body is here, or with the one thread that serves it. What happens to it meanwhile is noted, never
//! dropped: a connection for which something was noted that can move it is served once more.
//!
//! | phase | told what moves it | told what does not | [`next`](Schedule::next) | [`rest`](Schedule::rest) | [`gone`](Schedule::gone) |
//! |---|---|---|---|---|---|
//! | `Idle` | noted; `Queued`, or `Later` if it is a wake-up | noted | - | - | - |
//! | `Later` | noted; `Queued` unless it is a wake-up | noted | - | - | - |
//! | `Queued` | noted | noted | taken with all that was noted, `Running` | - | - |
//! | `Running` | noted | noted | - | as `Idle` with all that was noted; else `Later` if it could go on, else `Idle` | removed |
//!
//! Who comes `Later` is [let go on](Schedule::go_on), some at a time, when all that was read is served: what many say at
//! once then goes to each listener in one write, and a newcomer does not wait for a thousand of them.

use slab::Slab;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::time::Instant;
use std::vec::Vec;

/// So many of those that come later go on before the poll is looked at again.
const SHARE: usize = 64;

/// What happened to a connection since it was last served.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct News(u8);

impl News {
    pub(super) const READ: Self = Self(1);
    pub(super) const WRITE: Self = Self(2);
    /// The peer's end, or an error.
    pub(super) const CLOSED: Self = Self(4);
    /// By its waker.
    pub(super) const WOKEN: Self = Self(8);
    /// Its deadline is over.
    pub(super) const TIME: Self = Self(16);
    /// The server is about to end.
    pub(super) const STOP: Self = Self(32);
    /// The server ends now.
    pub(super) const CUT: Self = Self(64);
    /// Moves a connection at once, whatever it waits for.
    const AT_ONCE: Self = Self(4 | 16 | 32 | 64);

    pub(super) fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// One of these is in it.
    pub(super) fn has(self, any: Self) -> bool {
        self.0 & any.0 != 0
    }

    fn moves_at_once(self, awaits: Self) -> bool {
        self.has(Self::AT_ONCE.with(awaits))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Idle,
    Later,
    Queued,
    Running,
}

struct Place<B> {
    body: Option<B>,
    phase: Phase,
    news: News,
    awaits: News,
    /// When it has to be looked at, and the earliest entry of the heap that is its own.
    due: Option<Instant>,
    timer: Option<Instant>,
}

/// Leave to serve a connection.
pub(super) struct Turn<B> {
    pub(super) token: usize,
    pub(super) body: B,
    pub(super) news: News,
}

pub(super) struct Schedule<B> {
    places: Slab<Place<B>>,
    ready: VecDeque<usize>,
    /// Woken, or could go on at once and had their share: for when the others were served. Some have been since.
    later: VecDeque<usize>,
    /// By token, whether it stands in `later`, wherever its connection is by now: none does so twice.
    listed: Vec<bool>,
    timers: BinaryHeap<Reverse<(Instant, usize)>>,
}

impl<B> Schedule<B> {
    pub(super) fn new() -> Self {
        let (places, timers) = (Slab::new(), BinaryHeap::new());
        Self { places, ready: VecDeque::new(), later: VecDeque::new(), listed: Vec::new(), timers }
    }

    /// A new connection, to be served soon.
    pub(super) fn admit(&mut self, body: B) {
        let token = self.places.insert(Place {
            body: Some(body),
            phase: Phase::Queued,
            news: News::default(),
            awaits: News::default(),
            due: None,
            timer: None,
        });
        self.ready.push_back(token);
    }

    /// Something happened to a connection. One that is gone hears nothing; one that has its token by now is served once
    /// for nothing at worst.
    pub(super) fn tell(&mut self, token: usize, news: News) {
        let Some(place) = self.places.get_mut(token) else { return };
        place.news = place.news.with(news);
        if matches!(place.phase, Phase::Idle | Phase::Later) {
            self.queue(token, false);
        }
    }

    /// Finds its place in line, by what was noted.
    fn queue(&mut self, token: usize, again: bool) {
        let Some(place) = self.places.get_mut(token) else { return };
        if place.news.moves_at_once(place.awaits) {
            place.phase = Phase::Queued;
            self.ready.push_back(token);
        } else if again || place.news.has(News::WOKEN) {
            place.phase = Phase::Later;
            if self.listed.len() <= token {
                self.listed.resize(token + 1, false);
            }
            // Served from `ready` meanwhile, it stands in this line since it was last in it.
            if !std::mem::replace(&mut self.listed[token], true) {
                self.later.push_back(token);
            }
        }
    }

    pub(super) fn tell_all(&mut self, news: News) {
        let tokens: Vec<usize> = self.places.iter().map(|(token, _)| token).collect();
        for token in tokens {
            self.tell(token, news);
        }
    }

    /// The connection that has waited longest. It is the caller's until [`rest`](Self::rest) or [`gone`](Self::gone).
    pub(super) fn next(&mut self) -> Option<Turn<B>> {
        loop {
            let token = self.ready.pop_front()?;
            if let Some(place) = self.places.get_mut(token)
                && place.phase == Phase::Queued
                && let Some(body) = place.body.take()
            {
                place.phase = Phase::Running;
                return Some(Turn { token, body, news: std::mem::take(&mut place.news) });
            }
        }
    }

    /// It was served, and waits for one of `awaits`, not beyond `due`; or, `again`, for the others to have their turn.
    /// The deadline comes back where nobody knows of it yet.
    pub(super) fn rest(
        &mut self,
        token: usize,
        body: B,
        awaits: News,
        due: Option<Instant>,
        again: bool,
    ) -> Option<Instant> {
        let place = self.places.get_mut(token)?;
        place.body = Some(body);
        place.awaits = awaits;
        place.due = due;
        place.phase = Phase::Idle;
        let sooner = due.filter(|due| place.timer.is_none_or(|timer| *due < timer));
        if let Some(sooner) = sooner {
            place.timer = Some(sooner);
            self.timers.push(Reverse((sooner, token)));
        }
        self.queue(token, again);
        sooner
    }

    /// It was served, and has ended.
    pub(super) fn gone(&mut self, token: usize) {
        let _ended = self.places.try_remove(token);
    }

    /// Some of those that come later have waited for the others long enough. `false`: there were none.
    pub(super) fn go_on(&mut self) -> bool {
        let mut some = 0;
        while some < SHARE
            && let Some(token) = self.later.pop_front()
        {
            self.listed[token] = false;
            if let Some(place) = self.places.get_mut(token)
                && place.phase == Phase::Later
            {
                place.phase = Phase::Queued;
                self.ready.push_back(token);
                some += 1;
            }
        }
        some > 0
    }

    /// Some could go on at once.
    pub(super) fn could_go_on(&self) -> bool {
        !self.later.is_empty()
    }

    /// Tells whose time has come. A deadline that moved back leaves its entry in the heap, to be moved when it comes.
    pub(super) fn expire(&mut self, now: Instant) {
        while let Some(Reverse((at, token))) = self.timers.peek().copied()
            && at <= now
        {
            self.timers.pop();
            let Some(place) = self.places.get_mut(token).filter(|place| place.timer == Some(at)) else { continue };
            place.timer = None;
            match place.due {
                Some(due) if due > now => {
                    place.timer = Some(due);
                    self.timers.push(Reverse((due, token)));
                }
                Some(_) => self.tell(token, News::TIME),
                None => {}
            }
        }
        // Connections that came and went leave entries behind.
        if self.timers.len() > 1024 && self.timers.len() > 4 * self.places.len() {
            let places = &self.places;
            self.timers.retain(|Reverse((at, token))| places.get(*token).is_some_and(|place| place.timer == Some(*at)));
        }
    }

    /// How long the line of those that come later is.
    #[cfg(test)]
    pub(super) fn line(&self) -> usize {
        self.later.len()
    }

    /// Nothing expires before.
    pub(super) fn earliest(&self) -> Option<Instant> {
        self.timers.peek().map(|Reverse((at, _))| *at)
    }

    /// Connections to be served.
    pub(super) fn ready(&self) -> usize {
        self.ready.len()
    }

    /// All connections.
    pub(super) fn len(&self) -> usize {
        self.places.len()
    }

    /// Removes all that nobody serves.
    pub(super) fn seize(&mut self) -> Vec<B> {
        let tokens: Vec<usize> =
            self.places.iter().filter(|(_, place)| place.phase != Phase::Running).map(|(token, _)| token).collect();
        tokens.into_iter().filter_map(|token| self.places.try_remove(token)?.body).collect()
    }
}
