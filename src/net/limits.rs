//! The numbers of an adapter's loop.

use std::time::{Duration, Instant};

/// The numbers of an adapter's loop. What an engine waits for is the engine's own
/// ([`Patience`](crate::engine::Patience)); these are the wire's.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Octets of unwritten output at which no more events are taken; output is volunteered up to half of it. 64 KiB: a
    /// few segments more than a write takes at once. What one event or one `more` says may go over it.
    pub high: usize,
    /// The most octets that one read takes. 64 KiB: larger reads gained nothing measurable on loopback.
    pub chunk: usize,
    /// How long the peer may leave our output unread before the connection is dropped; it has to take 4 KiB, or all
    /// there is, in this time. 30 s.
    pub stall: Duration,
    /// How long to wait, our side shut, for a peer that still sends when the conversation is over: closing at once
    /// would reset the connection and could destroy the last reply on its way. 2 s; zero closes at once.
    pub linger: Duration,
    /// How long a TLS handshake may take. 15 s.
    pub handshake: Duration,
    /// How long our own side may leave a paused engine without its answer. 10 minutes: it guards against forgotten
    /// answers, not against slow ones.
    pub answer: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            high: 64 << 10,
            chunk: 64 << 10,
            stall: Duration::from_secs(30),
            linger: Duration::from_secs(2),
            handshake: Duration::from_secs(15),
            answer: Duration::from_mins(10),
        }
    }
}

/// When a limit that begins now is over. A limit beyond what the clock can count is a century.
pub(crate) fn due_in(limit: Duration) -> Instant {
    due_after(Instant::now(), limit)
}

/// As [`due_in`], for a limit that began at `start`.
pub(crate) fn due_after(start: Instant, limit: Duration) -> Instant {
    const CENTURY: Duration = Duration::from_secs(100 * 365 * 24 * 3600);
    start.checked_add(limit).unwrap_or(start + CENTURY)
}
