//! A tap that several connections share.

use crate::engine::{Engine, Tap};
use std::sync::{Arc, Mutex, PoisonError};

/// A [`Tap`] on every connection that a client opens, or none.
pub(super) struct SharedTap<E: Engine>(Option<Arc<Mutex<dyn Tap<E> + Send>>>);

impl<E: Engine> SharedTap<E> {
    /// This one on each connection.
    pub(super) fn new(tap: Arc<Mutex<dyn Tap<E> + Send>>) -> Self {
        Self(Some(tap))
    }

    fn with(&self, see: impl FnOnce(&mut dyn Tap<E>)) {
        if let Some(tap) = &self.0 {
            see(&mut *tap.lock().unwrap_or_else(PoisonError::into_inner));
        }
    }
}

// Derived, these two would ask the same of the engine.
impl<E: Engine> Clone for SharedTap<E> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<E: Engine> Default for SharedTap<E> {
    fn default() -> Self {
        Self(None)
    }
}

impl<E: Engine> Tap<E> for SharedTap<E> {
    fn took(&mut self, bytes: &[u8], event: Option<&E::Event<'_>>) {
        self.with(|tap| tap.took(bytes, event));
    }
    fn engine_said(&mut self, bytes: &[u8]) {
        self.with(|tap| tap.engine_said(bytes));
    }
    fn caller_said(&mut self, bytes: &[u8]) {
        self.with(|tap| tap.caller_said(bytes));
    }
    fn failed(&mut self, error: &E::Error) {
        self.with(|tap| tap.failed(error));
    }
    fn ended(&mut self) {
        self.with(|tap| tap.ended());
    }
    fn expired(&mut self) {
        self.with(|tap| tap.expired());
    }
}
