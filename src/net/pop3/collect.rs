//! Collecting: what is new, into a place where it is safe, and only then deleted.
//!
//! # Once, and not twice
//!
//! A message counts as collected when its file and the file's folder are on the disk. Then its unique id goes into the
//! [`Memory`], and only what is there is ever deleted on the server. Whatever breaks in between, a message is on the server
//! or safe: it may be both. So that it is not stored twice after that, the name of its file is made of its unique id
//! (a Maildir, a folder of `.eml` files), or the memory is told first where in the file it will stand (mbox).

use super::mailbox::{Error, Listed, Mailbox, Sink};
use super::memory::Memory;
use super::target::Target;
use crate::engine::Tap;
use crate::pop3::{Client, Code};
use std::boxed::Box;
use std::collections::HashSet;
use std::io;
use std::string::{String, ToString};
use std::vec::Vec;

/// What is collected, and what becomes of it on the server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Plan {
    /// Only what the memory does not know.
    pub new: bool,
    /// Delete on the server what is stored, and what the memory says was stored before.
    pub delete: bool,
    /// Only headers, and so many lines of each body. Nothing of it is remembered or deleted.
    pub lines: Option<u32>,
}

/// What came of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// Messages on the server.
    pub found: usize,
    /// Messages that were stored.
    pub stored: usize,
    /// Their octets.
    pub octets: u64,
    /// Messages that are known from before.
    pub known: usize,
    /// Messages that were deleted on the server.
    pub deleted: usize,
    /// Messages that the server refused, and why.
    pub refused: Vec<(u32, String)>,
}

/// What is told on the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Progress {
    /// So many messages will be retrieved, of so many octets.
    Begin(usize, u64),
    /// So many octets came.
    Octets(usize),
    /// A message is stored.
    Stored,
}

/// Collects from one account into one target, over as many sessions as that takes.
pub struct Collector<T> {
    target: T,
    memory: Option<Memory>,
    plan: Plan,
    /// The unique ids that were stored by this collector.
    stored: HashSet<Box<str>>,
    /// Messages without ids were stored that may still be on the server.
    unsure: bool,
    report: Report,
    progress: Option<Box<dyn FnMut(Progress)>>,
}

impl<T: Target> Collector<T> {
    /// Into `target`, by `plan`. Without a memory, everything is new.
    pub fn new(target: T, memory: Option<Memory>, plan: Plan) -> Self {
        Self { target, memory, plan, stored: HashSet::new(), unsure: false, report: Report::default(), progress: None }
    }

    /// Tells what happens on the way.
    #[must_use]
    pub fn progress(mut self, tell: impl FnMut(Progress) + 'static) -> Self {
        self.progress = Some(Box::new(tell));
        self
    }

    /// What came of it so far.
    pub fn report(&self) -> &Report {
        &self.report
    }

    /// Runs one session to its end: lists, retrieves, stores, deletes, quits. Where it breaks, run another: what was stored
    /// is not retrieved again.
    ///
    /// # Errors
    ///
    /// Whatever broke; [`Error::NoUniqueIds`] where new messages are wanted of a server without `UIDL`, or what an earlier
    /// session has left: one that broke, or that deleted nothing.
    pub fn run<P: Tap<Client>>(&mut self, mailbox: &mut Mailbox<P>) -> Result<&Report, Error> {
        let listed = mailbox.list()?;
        self.report.found = listed.len();
        let identified = listed.iter().all(|message| message.id.is_some());
        // Without ids nobody can tell what a session before this one has stored, unless it has deleted all of that.
        if !identified && (self.plan.new || self.unsure) {
            return Err(Error::NoUniqueIds);
        }
        let whole = self.plan.lines.is_none();
        let mut wanted = Vec::new();
        let mut safe = Vec::new();
        for message in listed {
            match &message.id {
                Some(id) if self.stored.contains(id) => safe.push(message.number),
                Some(id) if self.plan.new && whole && self.known(id)? => {
                    self.report.known += 1;
                    safe.push(message.number);
                }
                _ => wanted.push(message),
            }
        }
        let octets = wanted.iter().map(|message| message.octets).sum();
        self.tell(Progress::Begin(wanted.len(), octets));
        let lines = self.plan.lines;
        let mut storing = Storing { collector: self, safe: &mut safe, octets: 0 };
        let retrieved = mailbox.retrieve(&wanted, lines, &mut storing);
        // What is stored is remembered, however it ended.
        if let Some(memory) = &mut self.memory {
            memory.sync().map_err(Error::Store)?;
        }
        retrieved?;
        if self.plan.delete && whole {
            let refused = mailbox.delete(&safe)?;
            mailbox.quit()?;
            self.report.deleted += safe.len() - refused;
            self.unsure &= refused > 0;
        } else {
            mailbox.quit()?;
        }
        Ok(&self.report)
    }

    /// Known from before; also where the memory was lost between the message and its note.
    fn known(&mut self, id: &str) -> Result<bool, Error> {
        let Some(memory) = &mut self.memory else { return Ok(false) };
        if memory.knows(id) {
            return Ok(true);
        }
        let held = self.target.holds(memory.account(), id, memory.intent(id)).map_err(Error::Store)?;
        if held {
            memory.note(id).map_err(Error::Store)?;
        }
        Ok(held)
    }

    fn tell(&mut self, progress: Progress) {
        if let Some(tell) = &mut self.progress {
            tell(progress);
        }
    }
}

/// Puts what is retrieved where it belongs.
struct Storing<'c, T> {
    collector: &'c mut Collector<T>,
    safe: &'c mut Vec<u32>,
    octets: u64,
}

impl<T: Target> Sink for Storing<'_, T> {
    fn begin(&mut self, message: &Listed) -> io::Result<()> {
        self.octets = 0;
        let account = self.collector.memory.as_ref().map_or("", Memory::account);
        if self.collector.plan.lines.is_none() {
            return self.collector.target.begin(account, message);
        }
        // A part never goes by the name of the whole, or it would be taken for that. No account has a space.
        self.collector.target.begin(&std::format!("{account} TOP"), message)
    }

    fn piece(&mut self, octets: &[u8]) -> io::Result<()> {
        self.octets += octets.len() as u64;
        self.collector.target.write(octets)?;
        self.collector.tell(Progress::Octets(octets.len()));
        Ok(())
    }

    fn end(&mut self, message: &Listed) -> io::Result<()> {
        let remembered = self.collector.plan.lines.is_none();
        let memory = self.collector.memory.as_mut().filter(|_| remembered);
        match (memory, &message.id) {
            (Some(memory), Some(id)) => {
                let knows = memory.knows(id);
                self.collector.target.store(&mut |intent| if knows { Ok(()) } else { memory.intend(id, intent) })?;
            }
            _ => self.collector.target.store(&mut |_| Ok(()))?,
        }
        if let (Some(memory), Some(id)) = (self.collector.memory.as_mut().filter(|_| remembered), &message.id) {
            memory.note(id)?;
        }
        if let Some(id) = &message.id {
            self.collector.stored.insert(id.clone());
        } else {
            self.collector.unsure = true;
        }
        self.safe.push(message.number);
        self.collector.report.stored += 1;
        self.collector.report.octets += self.octets;
        self.collector.tell(Progress::Stored);
        Ok(())
    }

    fn discard(&mut self) {
        self.collector.target.discard();
    }

    fn refused(&mut self, message: &Listed, code: Option<&Code<String>>, text: &str) {
        // It is for people to read, and comes from whoever is at the other end.
        let text = text.escape_debug();
        let text = code.map_or_else(|| text.to_string(), |code| std::format!("{code} {text}"));
        self.collector.report.refused.push((message.number, text));
    }
}

impl<T: std::fmt::Debug> std::fmt::Debug for Collector<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Collector").field("target", &self.target).field("plan", &self.plan).finish_non_exhaustive()
    }
}
