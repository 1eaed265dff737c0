//! One member, and the slot it sits in.

use super::log::{Line, Log};
use crate::chat::{Farewell, Limits, Name};
use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::sync::Arc;
use bytes::Bytes;
use core::mem;
use core::time::Duration;

/// A member of a [`Room`](super::Room), for as long as it is a member: no other ever gets the same id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MemberId {
    slot: u32,
    generation: u32,
}

impl MemberId {
    /// A small number that no two members have at the same time, fit to index an array of connections. It is given
    /// again after [`Room::leave`](super::Room::leave).
    pub fn index(self) -> usize {
        self.slot as usize
    }
}

/// Why the room let go of a member whose connection does not know it yet.
#[derive(Clone, Copy, Debug)]
pub(super) struct Gone(pub(super) Farewell);

#[derive(Debug, Default)]
enum State {
    #[default]
    Free,
    Here(Box<Member>),
    /// The room was closed, and this is what was said until then.
    Closing(Box<Member>, Arc<Log>),
    Gone(Gone),
}

/// A place for a member, used again and again; the generation tells its users apart.
#[derive(Debug, Default)]
pub(super) struct Slot {
    generation: u32,
    state: State,
}

impl Slot {
    pub(super) fn occupy(&mut self, slot: u32, member: Member) -> MemberId {
        self.state = State::Here(Box::new(member));
        MemberId { slot, generation: self.generation }
    }

    pub(super) fn member(&self, id: MemberId) -> Option<&Member> {
        match &self.state {
            State::Here(member) if id.generation == self.generation => Some(member),
            _ => None,
        }
    }

    pub(super) fn member_mut(&mut self, id: MemberId) -> Option<&mut Member> {
        match &mut self.state {
            State::Here(member) if id.generation == self.generation => Some(member),
            _ => None,
        }
    }

    /// The member of a room that was closed, and the room's last log.
    pub(super) fn closing(&self, id: MemberId) -> Option<(&Member, &Log)> {
        match &self.state {
            State::Closing(member, said) if id.generation == self.generation => Some((member, said)),
            _ => None,
        }
    }

    /// Who hears at this place: with the room's last log where that was closed.
    pub(super) fn listener(&mut self, id: MemberId) -> Option<(&mut Member, Option<&Log>)> {
        if id.generation != self.generation {
            return None;
        }
        match &mut self.state {
            State::Here(member) => Some((member, None)),
            State::Closing(member, said) => Some((member, Some(said))),
            State::Free | State::Gone(_) => None,
        }
    }

    /// Why the member was let go of, once it has heard all that it is to hear.
    pub(super) fn gone(&self, id: MemberId) -> Option<Gone> {
        match &self.state {
            State::Gone(gone) if id.generation == self.generation => Some(*gone),
            State::Closing(member, said) if id.generation == self.generation && member.waiting(said) == 0 => {
                Some(Gone(Farewell::Closing))
            }
            _ => None,
        }
    }

    /// The room is closed: the member hears the rest of `said` and no more.
    pub(super) fn close(&mut self, id: MemberId, said: &Arc<Log>) {
        if self.member(id).is_some()
            && let State::Here(member) = mem::take(&mut self.state)
        {
            self.state = State::Closing(member, Arc::clone(said));
        }
    }

    /// The member is let go of; its slot stays until its connection has heard of it.
    pub(super) fn drop_member(&mut self, id: MemberId, why: Gone) -> Option<Box<Member>> {
        self.member(id)?;
        match mem::replace(&mut self.state, State::Gone(why)) {
            State::Here(member) => Some(member),
            _ => None,
        }
    }

    /// Frees the slot; whether there was something to free.
    pub(super) fn vacate(&mut self, id: MemberId) -> bool {
        let taken = id.generation == self.generation && !matches!(self.state, State::Free);
        if taken {
            self.state = State::Free;
            self.generation = self.generation.wrapping_add(1);
        }
        taken
    }

    pub(super) fn restless(&self, slot: u32, log: &Log) -> Option<MemberId> {
        let restless = match &self.state {
            State::Free => false,
            State::Gone(_) | State::Closing(..) => true,
            State::Here(member) => member.waiting(log) > 0,
        };
        restless.then_some(MemberId { slot, generation: self.generation })
    }

    pub(super) fn private(&self) -> usize {
        match &self.state {
            State::Here(member) | State::Closing(member, _) => member.private_octets,
            State::Free | State::Gone(_) => 0,
        }
    }
}

#[derive(Debug)]
pub(super) struct Member {
    pub(super) name: Name,
    /// The number of the next line of the log that it has not read.
    pub(super) cursor: u64,
    /// How many octets were said before that line.
    pub(super) read: u64,
    /// How many octets from there on it said itself, and need not read.
    pub(super) own: usize,
    /// What was said to it alone: each with the number of the line before which it belongs.
    private: VecDeque<(u64, Bytes)>,
    private_octets: usize,
    pub(super) allowance: Allowance,
}

impl Member {
    /// A member that has read everything so far.
    pub(super) fn new(name: Name, limits: &Limits, log: &Log) -> Self {
        Self {
            name,
            cursor: log.next(),
            read: log.end(),
            own: 0,
            private: VecDeque::new(),
            private_octets: 0,
            allowance: Allowance::full(limits.burst),
        }
    }

    pub(super) fn whisper(&mut self, line: Bytes, before: u64) {
        self.private_octets += line.len();
        self.private.push_back((before, line));
    }

    pub(super) fn waiting(&self, log: &Log) -> usize {
        (log.end() - self.read) as usize - self.own + self.private_octets
    }

    /// Shows it line after line, in the order in which they were said, as long as `take` wants one more.
    #[inline]
    pub(super) fn read(&mut self, id: MemberId, log: &Log, mut take: impl FnMut(&Bytes) -> bool) {
        // Mostly it is one line behind, and nothing was said to it alone: then a line costs half of the loop's
        // instructions, 117 a listener.
        if self.private_octets == 0
            && let Some(line) = log.last(self.cursor)
        {
            self.pass(id, line, &mut take);
        } else {
            self.read_all(id, log, take);
        }
    }

    /// Has it read `line`, the next one of the log; whether it wants one more.
    #[inline]
    fn pass(&mut self, id: MemberId, line: &Line, take: &mut impl FnMut(&Bytes) -> bool) -> bool {
        self.cursor += 1;
        self.read += line.octets.len() as u64;
        if line.except == Some(id) {
            self.own -= line.octets.len();
            return true;
        }
        take(&line.octets)
    }

    pub(super) fn read_all(&mut self, id: MemberId, log: &Log, mut take: impl FnMut(&Bytes) -> bool) {
        loop {
            while let Some((before, _)) = self.private.front()
                && *before <= self.cursor
            {
                let Some((_, line)) = self.private.pop_front() else { return };
                self.private_octets -= line.len();
                if self.private.is_empty() {
                    self.private = VecDeque::new();
                }
                if !take(&line) {
                    return;
                }
            }
            // Up to the next private line, or to the end.
            let until = self.private.front().map_or(u64::MAX, |(before, _)| *before);
            for line in log.from(self.cursor) {
                if !self.pass(id, line, &mut take) {
                    return;
                }
                if self.cursor == until {
                    break;
                }
            }
            if self.private.is_empty() {
                return;
            }
        }
    }
}

/// How many lines a member may still say.
#[derive(Debug)]
pub(super) struct Allowance {
    /// In thousandths of a line.
    left: u64,
    since: Duration,
    /// How many lines in a row were over it.
    pub(super) refused: u32,
}

impl Allowance {
    fn full(burst: u32) -> Self {
        Self { left: u64::from(burst) * 1000, since: Duration::ZERO, refused: 0 }
    }

    pub(super) fn take(&mut self, now: Duration, burst: u32, rate: u32) -> bool {
        let passed = u64::try_from(now.saturating_sub(self.since).as_millis()).unwrap_or(u64::MAX);
        // Less than a millisecond is not lost but counted the next time.
        if passed > 0 {
            self.since = self.since.saturating_add(Duration::from_millis(passed));
            self.left = self.left.saturating_add(passed.saturating_mul(u64::from(rate))).min(u64::from(burst) * 1000);
        }
        if self.left < 1000 {
            self.refused = self.refused.saturating_add(1);
            return false;
        }
        self.left -= 1000;
        self.refused = 0;
        true
    }
}
