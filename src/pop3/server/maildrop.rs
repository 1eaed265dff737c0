//! The maildrop as a session sees it: numbered once, with marks.

use super::super::Entry;
use super::state::Cause;
use super::{Misuse, Pending, Server, say};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use bytes::BytesMut;
use core::fmt::Write as _;

/// What `LIST` tells, or `UIDL`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Which {
    Sizes,
    UniqueIds,
}

#[derive(Default)]
pub(super) struct Listing {
    entries: Vec<Entry>,
    /// Marked as deleted, for each entry.
    marks: Vec<bool>,
    left: u32,
    octets: u64,
}

impl Listing {
    fn new(entries: Vec<Entry>) -> Self {
        let octets = entries.iter().fold(0_u64, |sum, entry| sum.saturating_add(entry.octets));
        Self { left: entries.len() as u32, marks: alloc::vec![false; entries.len()], entries, octets }
    }

    /// Messages that are not marked.
    pub(super) const fn left(&self) -> u32 {
        self.left
    }

    /// Their octets.
    pub(super) const fn octets(&self) -> u64 {
        self.octets
    }

    pub(super) fn has(&self, message: u32) -> bool {
        message > 0 && self.marks.get(message as usize - 1) == Some(&false)
    }

    pub(super) fn entry(&self, message: u32) -> Option<&Entry> {
        self.entries.get((message as usize).checked_sub(1)?)
    }

    pub(super) fn mark(&mut self, message: u32) {
        if self.has(message) {
            let at = message as usize - 1;
            self.marks[at] = true;
            self.left -= 1;
            self.octets = self.octets.saturating_sub(self.entries[at].octets);
        }
    }

    pub(super) fn unmark(&mut self) {
        *self = Self::new(core::mem::take(&mut self.entries));
    }

    pub(super) fn describe(&self) -> String {
        let plural = if self.left == 1 { "" } else { "s" };
        format!("{} message{plural} ({} octets)", self.left, self.octets)
    }

    pub(super) fn write_all(&self, which: Which, out: &mut BytesMut) {
        match which {
            Which::Sizes => say(out, &format!("+OK {}", self.describe())),
            Which::UniqueIds => say(out, "+OK unique-id listing follows"),
        }
        // Lines are written where they go: a list of 100,000 messages is a megabyte.
        for (index, (entry, marked)) in self.entries.iter().zip(&self.marks).enumerate() {
            if !marked {
                // Writing into a growing buffer does not fail.
                let _written = match which {
                    Which::Sizes => write!(out, "{} {}\r\n", index + 1, entry.octets),
                    Which::UniqueIds => write!(out, "{} {}\r\n", index + 1, entry.id),
                };
            }
        }
        say(out, ".");
    }

    pub(super) fn write_one(&self, message: u32, which: Which, out: &mut BytesMut) {
        if let Some(entry) = self.entry(message) {
            match which {
                Which::Sizes => say(out, &format!("+OK {message} {}", entry.octets)),
                Which::UniqueIds => say(out, &format!("+OK {message} {}", entry.id)),
            }
        }
    }
}

impl Server {
    /// Opens the maildrop: the client is logged in, and these are its messages for the whole session, numbered from 1.
    ///
    /// The maildrop has to be locked, or otherwise to keep what is listed until the session is over.
    ///
    /// # Errors
    ///
    /// [`Misuse::NotOwed`] unless [`Pending::Maildrop`] is; [`Misuse::UniqueId`] where one has none that can
    /// be said; [`Misuse::Unfit`] for more messages than can be numbered.
    pub fn open(&mut self, messages: impl IntoIterator<Item = Entry>, out: &mut BytesMut) -> Result<(), Misuse> {
        self.owed(Pending::Maildrop)?;
        let entries: Vec<_> = messages.into_iter().collect();
        if u32::try_from(entries.len()).is_err() {
            return Err(Misuse::Unfit);
        }
        // RFC 1939 7: 1 to 70 octets of %x21-7E.
        let fits = |id: &str| (1..=70).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic());
        if let Some(at) = entries.iter().position(|entry| !fits(&entry.id)) {
            return Err(Misuse::UniqueId(at as u32 + 1));
        }
        self.drop = Listing::new(entries);
        say(out, &format!("+OK maildrop has {}", self.drop.describe()));
        self.settle(Cause::Open);
        Ok(())
    }

    /// The messages that are marked as deleted, by their index in what was [`open`](Self::open)ed, from 0.
    pub fn marked(&self) -> impl Iterator<Item = usize> {
        self.drop.marks.iter().enumerate().filter_map(|(index, marked)| marked.then_some(index))
    }

    /// What is marked is deleted, for good: answers `QUIT`. Where that failed, [`refuse`](Self::refuse) it.
    ///
    /// # Errors
    ///
    /// [`Misuse::NotOwed`] unless [`Pending::Update`] is.
    pub fn updated(&mut self, out: &mut BytesMut) -> Result<(), Misuse> {
        self.owed(Pending::Update)?;
        let left = match self.drop.left() {
            0 => String::from("maildrop empty"),
            1 => String::from("1 message left"),
            left => format!("{left} messages left"),
        };
        say(out, &format!("+OK {} POP3 server signing off ({left})", self.config.host()));
        self.settle(Cause::Updated);
        Ok(())
    }
}
