//! The requests that a client waits to hear the answers of.

/// What the responses that are owed answer, the oldest in the lowest two bits.
#[derive(Clone, Copy, Debug)]
pub(super) struct Owed {
    kinds: u64,
    pub(super) count: u8,
}

/// What of a request decides how its answer is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Plain,
    Head,
    Connect,
    Upgrade,
}

impl Owed {
    /// How many there is room for.
    pub(super) const ROOM: u8 = 32;

    pub(super) const fn new() -> Self {
        Self { kinds: 0, count: 0 }
    }

    pub(super) fn push(&mut self, kind: Kind) {
        self.kinds |= (kind as u64) << (2 * self.count);
        self.count += 1;
    }

    pub(super) fn front(self) -> Kind {
        match self.kinds & 3 {
            0 => Kind::Plain,
            1 => Kind::Head,
            2 => Kind::Connect,
            _ => Kind::Upgrade,
        }
    }

    pub(super) fn pop(&mut self) {
        self.kinds >>= 2;
        self.count = self.count.saturating_sub(1);
    }
}
