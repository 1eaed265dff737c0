//! What the pump moves: a conversation, a turn at a time.

use crate::engine::{Patience, Status};
use crate::net::bulk::Bulk;
use crate::net::party::Fault;
use crate::net::server::Conversation;
use bytes::BytesMut;
use std::time::Instant;

/// The conversation as the pump sees it: with its own error type in a [`Driver`](super::Driver), erased in a server.
pub(crate) trait Exchange {
    type Error;
    fn turn(&mut self, input: &mut &[u8], out: &mut BytesMut, high: usize) -> Result<Turn, Self::Error>;
    fn eof(&mut self);
    fn expire(&mut self);
    fn status(&self) -> Status;
    fn patience(&self) -> Patience;
    fn window(&self) -> usize;
    fn due(&self) -> Option<Instant>;
    fn bulk(&mut self) -> Option<&mut Bulk> {
        None
    }
    fn finished(&self) -> bool;
    /// A paused engine may still get its answer, from a wake-up or in time.
    fn answers(&self) -> bool {
        true
    }
}

/// How a turn ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// Nothing to do until bytes, an end or a deadline come.
    Dry,
    /// At the output mark: write first.
    Full,
    /// What the caller waited for has come.
    Enough,
}

impl Exchange for dyn Conversation {
    type Error = Fault;
    fn turn(&mut self, input: &mut &[u8], out: &mut BytesMut, high: usize) -> Result<Turn, Fault> {
        Conversation::turn(self, input, out, high).map(|full| if full { Turn::Full } else { Turn::Dry })
    }
    fn eof(&mut self) {
        Conversation::eof(self);
    }
    fn expire(&mut self) {
        Conversation::expire(self);
    }
    fn status(&self) -> Status {
        Conversation::status(self)
    }
    fn patience(&self) -> Patience {
        Conversation::patience(self)
    }
    fn window(&self) -> usize {
        Conversation::window(self)
    }
    fn due(&self) -> Option<Instant> {
        Conversation::due(self)
    }
    fn bulk(&mut self) -> Option<&mut Bulk> {
        Conversation::bulk(self)
    }
    fn finished(&self) -> bool {
        Conversation::finished(self)
    }
}
