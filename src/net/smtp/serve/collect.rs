//! A handler of a closure.

use super::{Client, Decision, Envelope, Handler, Intake, Verdict};
use crate::smtp::Answer;
use crate::smtp::server::Message;
use std::boxed::Box;
use std::fmt;
use std::sync::Arc;
use std::vec::Vec;

/// A handler that takes every envelope, keeps each message in memory until it is whole, and then asks `decide`.
///
/// How large a message may be is [`Limits::message`](crate::smtp::server::Limits::message).
pub fn collect<F>(decide: F) -> Collect<F>
where
    F: Fn(&Envelope, &[u8]) -> Decision + Send + Sync + 'static,
{
    Collect(Arc::new(decide))
}

/// What [`collect`] makes.
pub struct Collect<F>(Arc<F>);

impl<F> fmt::Debug for Collect<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Collect")
    }
}

impl<F> Handler for Collect<F>
where
    F: Fn(&Envelope, &[u8]) -> Decision + Send + Sync + 'static,
{
    fn message(&self, _: &Client, envelope: &Envelope) -> Result<Box<dyn Intake>, Answer> {
        Ok(Box::new(Collecting { decide: Arc::clone(&self.0), envelope: envelope.clone(), message: Vec::new() }))
    }
}

struct Collecting<F> {
    decide: Arc<F>,
    envelope: Envelope,
    message: Vec<u8>,
}

impl<F> Intake for Collecting<F>
where
    F: Fn(&Envelope, &[u8]) -> Decision + Send + Sync,
{
    fn data(&mut self, octets: &[u8]) -> Decision {
        self.message.extend_from_slice(octets);
        Ok(())
    }

    fn end(self: Box<Self>, _: &Message, verdict: Verdict) {
        verdict.give((self.decide)(&self.envelope, &self.message));
    }
}
