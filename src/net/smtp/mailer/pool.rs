//! Connections that wait for the next message.

use super::session::Session;
use crate::net::limits::due_in;
use std::string::ToString;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::thread;
use std::time::{Duration, Instant};
use std::vec::Vec;

/// Sessions at rest, the one used last on top, and a thread that says goodbye to those that rest too long.
pub(super) struct Pool {
    shelf: Mutex<Shelf>,
    changed: Condvar,
    /// How many may rest, and for how long.
    most: usize,
    idle: Duration,
}

struct Shelf {
    sessions: Vec<(Session, Instant)>,
    /// Somebody looks after them.
    watched: bool,
}

impl Pool {
    pub(super) fn new(most: usize, idle: Duration) -> Arc<Self> {
        let shelf = Mutex::new(Shelf { sessions: Vec::new(), watched: false });
        Arc::new(Self { shelf, changed: Condvar::new(), most, idle })
    }

    fn lock(&self) -> MutexGuard<'_, Shelf> {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A session that was used before and should still be there.
    pub(super) fn take(&self) -> Option<Session> {
        let (session, due) = self.lock().sessions.pop()?;
        if due > Instant::now() {
            return Some(session);
        }
        session.close();
        None
    }

    /// Keeps a session for the next message, or says goodbye where there are enough.
    pub(super) fn give(self: &Arc<Self>, session: Session) {
        if self.most == 0 || self.idle.is_zero() {
            session.close();
            return;
        }
        let mut shelf = self.lock();
        let surplus = if shelf.sessions.len() >= self.most { Some(shelf.sessions.remove(0)) } else { None };
        shelf.sessions.push((session, due_in(self.idle)));
        if !shelf.watched {
            let pool = Arc::downgrade(self);
            let started = thread::Builder::new().name("mail pool".to_string()).spawn(move || watch(&pool));
            // Without the thread they are looked at when the next one is taken.
            shelf.watched = started.is_ok();
        }
        drop(shelf);
        if let Some((session, _)) = surplus {
            session.close();
        }
    }

    /// Says goodbye to all.
    pub(super) fn clear(&self) {
        let sessions = std::mem::take(&mut self.lock().sessions);
        self.changed.notify_all();
        for (session, _) in sessions {
            session.close();
        }
    }
}

/// Closes what has rested too long, until nothing is left.
fn watch(pool: &Weak<Pool>) {
    while let Some(pool) = pool.upgrade() {
        let now = Instant::now();
        let mut shelf = pool.lock();
        let expired = shelf.sessions.iter().take_while(|(_, due)| *due <= now).count();
        let expired: Vec<_> = shelf.sessions.drain(..expired).collect();
        match shelf.sessions.first() {
            None => shelf.watched = false,
            Some((_, due)) if expired.is_empty() => {
                let rest = due.saturating_duration_since(now);
                let _woken = pool.changed.wait_timeout(shelf, rest);
                continue;
            }
            Some(_) => {}
        }
        let done = !shelf.watched;
        drop(shelf);
        for (session, _) in expired {
            session.close();
        }
        if done {
            return;
        }
    }
}
