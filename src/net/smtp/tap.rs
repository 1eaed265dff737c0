//! A tap that several connections share.

use crate::engine::Tap;
use crate::smtp::Client;
use crate::smtp::client::{Error, Event};
use std::sync::{Arc, Mutex, PoisonError};

type Inner = Arc<Mutex<dyn Tap<Client> + Send>>;

/// A [`Tap`] on every connection that a mailer opens, or none.
#[derive(Clone, Default)]
pub(super) struct SharedTap(pub(super) Option<Inner>);

impl SharedTap {
    fn with(&self, see: impl FnOnce(&mut dyn Tap<Client>)) {
        if let Some(inner) = &self.0 {
            see(&mut *inner.lock().unwrap_or_else(PoisonError::into_inner));
        }
    }
}

impl Tap<Client> for SharedTap {
    fn took(&mut self, bytes: &[u8], event: Option<&Event<&[u8]>>) {
        self.with(|tap| tap.took(bytes, event));
    }
    fn engine_said(&mut self, bytes: &[u8]) {
        self.with(|tap| tap.engine_said(bytes));
    }
    fn caller_said(&mut self, bytes: &[u8]) {
        self.with(|tap| tap.caller_said(bytes));
    }
    fn failed(&mut self, error: &Error) {
        self.with(|tap| tap.failed(error));
    }
    fn ended(&mut self) {
        self.with(|tap| tap.ended());
    }
    fn expired(&mut self) {
        self.with(|tap| tap.expired());
    }
}
