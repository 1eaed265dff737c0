//! The answer to a message, given now or later.

use super::{Decision, LOCAL_ERROR};
use crate::net::Waker;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::vec::Vec;

/// The answer that a whole message waits for. Give it at once, or keep it and give it later, from any thread.
///
/// Dropped without having been given, it says 451: the client keeps the message and tries again.
#[must_use]
pub struct Verdict {
    slot: Arc<Slot>,
    given: bool,
}

pub(super) struct Slot {
    state: Mutex<State>,
    waker: Waker,
}

enum State {
    /// Whoever asked still looks.
    Asking,
    /// Whoever asked has gone on and wants to be woken.
    Waiting,
    Given(Outcome),
    Taken,
}

/// What was decided.
#[derive(Debug)]
pub(super) enum Outcome {
    All(Decision),
    Each(Vec<Decision>),
}

impl Verdict {
    pub(super) fn new(waker: Waker) -> (Self, Arc<Slot>) {
        let slot = Arc::new(Slot { state: Mutex::new(State::Asking), waker });
        (Self { slot: Arc::clone(&slot), given: false }, slot)
    }

    /// The message is accepted, for all its recipients.
    pub fn accept(self) {
        self.give(Ok(()));
    }

    /// Accepts or refuses it, for all its recipients.
    pub fn give(self, decision: Decision) {
        self.conclude(Outcome::All(decision));
    }

    /// Decides for each recipient, in the order of the [envelope](super::Envelope::recipients). In LMTP each is
    /// told (RFC 2033 4.2). SMTP has one answer for all: the first refusal, if there is one, so that the client tries
    /// again for those that got the message as well.
    pub fn each(self, decisions: Vec<Decision>) {
        self.conclude(Outcome::Each(decisions));
    }

    fn conclude(mut self, outcome: Outcome) {
        self.given = true;
        self.slot.give(outcome);
    }
}

impl Drop for Verdict {
    fn drop(&mut self) {
        if !self.given {
            self.slot.give(Outcome::All(Err(LOCAL_ERROR.clone())));
        }
    }
}

impl fmt::Debug for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Verdict")
    }
}

impl Slot {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn give(&self, outcome: Outcome) {
        let before = std::mem::replace(&mut *self.lock(), State::Given(outcome));
        if matches!(before, State::Waiting) {
            self.waker.wake();
        }
    }

    /// What was decided, if it was; otherwise the waker is used when it is.
    pub(super) fn take(&self) -> Option<Outcome> {
        let mut state = self.lock();
        match std::mem::replace(&mut *state, State::Taken) {
            State::Given(outcome) => Some(outcome),
            State::Asking | State::Waiting => {
                *state = State::Waiting;
                None
            }
            State::Taken => None,
        }
    }
}
