//! What was said to the room, held once for all who have yet to read it.

use super::MemberId;
use alloc::collections::VecDeque;
use bytes::Bytes;

/// Lines, numbered from the room's beginning.
#[derive(Debug, Default)]
pub(super) struct Log {
    lines: VecDeque<Line>,
    /// The number of the first line that is held.
    first: u64,
    /// How many octets were said before it.
    start: u64,
    /// How many octets were said at all.
    end: u64,
}

#[derive(Debug)]
pub(super) struct Line {
    /// Who need not hear it.
    pub(super) except: Option<MemberId>,
    pub(super) octets: Bytes,
}

impl Log {
    /// The number that the next line gets.
    pub(super) fn next(&self) -> u64 {
        self.first + self.lines.len() as u64
    }

    /// How many octets were said since the room's beginning.
    pub(super) fn end(&self) -> u64 {
        self.end
    }

    /// How many octets are held.
    pub(super) fn held(&self) -> usize {
        (self.end - self.start) as usize
    }

    /// The last line, if that is the one of this number.
    pub(super) fn last(&self, number: u64) -> Option<&Line> {
        self.lines.back().filter(|_| number + 1 == self.next())
    }

    /// The lines from `number` on.
    pub(super) fn from(&self, number: u64) -> impl Iterator<Item = &Line> {
        let skipped = number.saturating_sub(self.first) as usize;
        self.lines.range(skipped.min(self.lines.len())..)
    }

    pub(super) fn push(&mut self, except: Option<MemberId>, octets: Bytes) {
        self.end += octets.len() as u64;
        self.lines.push_back(Line { except, octets });
    }

    /// Forgets the lines before `number`.
    pub(super) fn trim(&mut self, number: u64) {
        while self.first < number {
            let Some(line) = self.lines.pop_front() else { return };
            self.first += 1;
            self.start += line.octets.len() as u64;
        }
        if self.lines.len() < self.lines.capacity() / 8 {
            self.lines.shrink_to(self.lines.len() * 2);
        }
    }

    /// Forgets everything that was said.
    pub(super) fn clear(&mut self) {
        self.first = self.next();
        self.start = self.end;
        self.lines.clear();
        self.lines.shrink_to(64);
    }
}
