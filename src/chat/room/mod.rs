//! Who is here, and who hears what.

mod log;
mod member;
mod seat;
#[cfg(test)]
mod tests;

pub use member::MemberId;
pub use seat::{Local, Seat, Shared};

use super::{Ending, Farewell, Heard, Limits, Misuse, Name, Refusal, Said};
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use bytes::{Bytes, BytesMut};
use core::mem;
use core::time::Duration;
use log::Log;
use member::{Gone, Member, Slot};

/// A room: who is here, and who hears what. Pure: no socket, no clock, no thread.
///
/// What is said is encoded once and kept once, in one log that all members read, each from where it has got to; so a
/// message costs the same however many listen, and a member with nothing to read costs nothing. A member is never sent
/// what it said itself: it knows that, and a terminal shows it already.
///
/// Who has more than [`Limits::waiting`] octets to read does not read, and is dropped; the others are told and otherwise
/// notice nothing. Who says more than [`Limits::burst`] lines, and [`Limits::rate`] a second from then on, is told to
/// slow down, and what is over is not relayed; who goes on is dropped.
///
/// # How a server uses it
///
/// A [`Seat`] is the [`Handler`](crate::engine::Handler) of one connection's [`Server`](super::Server): it joins, says
/// what the member says, fetches what the member is to hear when there is room in the connection's output, and leaves
/// when it is dropped. What is left to a server is to share the room, to know the time, and to wake who has something to
/// read:
///
/// - **One thread, readiness** (a reactor): an `Rc<Local>`, [`Local::set_now`] after each poll. After the events of a
///   poll, where [`Room::stirred`] says that something was said, run a turn for each of [`Room::restless`]; map its
///   [`MemberId::index`] to the connection. A thousand lines that came in one poll then leave in one write per member.
/// - **A pool of threads**: a type of its own that implements [`Shared`] with a lock and a clock. A thread that served a
///   connection asks [`Room::stirred`] under that lock, and wakes the threads of [`Room::restless`].
/// - **Without `Seat`**: [`Room::join`], [`Room::hear`], [`Room::leave`]; [`Room::next`] hands out [`Bytes`] that share
///   the log's memory, [`Room::deliver`] copies many lines into one buffer for one write.
///
/// ```
/// use bytes::BytesMut;
/// use core::time::Duration;
/// use plainwire::chat::{Limits, Room, Said};
///
/// let mut room = Room::new(Limits::default());
/// let ada = room.join().unwrap();
/// let bob = room.join().unwrap();
/// room.hear(ada, &Said::<&str>::Nick { name: "ada".parse()? }, Duration::ZERO);
/// room.hear(ada, &Said::Say { text: "hello" }, Duration::ZERO);
///
/// let mut out = BytesMut::new();
/// room.deliver(bob, &mut out, 4096);
/// assert_eq!(out, "-- /help tells what can be said\r\n-- guest-1 is now ada\r\n<ada> hello\r\n");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Room {
    limits: Limits,
    ending: Ending,
    slots: Vec<Slot>,
    free: Vec<u32>,
    /// Who is here, by name.
    names: BTreeMap<Name, MemberId>,
    log: Log,
    /// How many members have read the log to its end. When all have, it is emptied.
    caught_up: usize,
    /// When the log gets this long, see who is too far behind. Until then nobody can be.
    check_at: u64,
    checking: bool,
    guests: u64,
    stirred: bool,
    /// Lines are encoded here and split off, so that a block of memory serves many.
    scratch: BytesMut,
}

/// Every so many octets the log is trimmed to what somebody has yet to read.
const TRIM_EVERY: u64 = 1 << 16;
/// The blocks that lines are encoded into.
const BLOCK: usize = 8 << 10;
/// The longest piece of a list of names.
const LIST: usize = 1024;

/// How a member left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Departure<'a> {
    /// It said so, with last words or without. Words that can't be relayed are not.
    Quit(Option<&'a [u8]>),
    /// Its side of the connection ended.
    Ended,
    /// The connection failed.
    Lost,
    /// It was let go of.
    Dropped(Farewell),
}

impl Room {
    /// An empty room. Its lines end with CRLF.
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            ending: Ending::Crlf,
            slots: Vec::new(),
            free: Vec::new(),
            names: BTreeMap::new(),
            log: Log::default(),
            caught_up: 0,
            check_at: 0,
            checking: false,
            guests: 0,
            stirred: false,
            scratch: BytesMut::new(),
        }
    }

    /// With what the room's lines end.
    #[must_use]
    pub fn ending(mut self, ending: Ending) -> Self {
        self.ending = ending;
        self
    }

    /// The bounds that this room keeps.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Lets somebody in, under the name `guest-N`, and tells the others. `None`: the room is full.
    pub fn join(&mut self) -> Option<MemberId> {
        if self.names.len() >= self.limits.members {
            return None;
        }
        let name = loop {
            self.guests += 1;
            let name = Name::new(format!("guest-{}", self.guests).as_bytes()).ok()?;
            if !self.names.contains_key(&name) {
                break name;
            }
        };
        // The newcomer reads from here on: it does not hear of its own coming.
        self.announce(None, &Heard::<&[u8]>::Joined { name });
        let slot = self.free.pop().unwrap_or_else(|| {
            self.slots.push(Slot::default());
            self.slots.len() as u32 - 1
        });
        let member = Member::new(name, &self.limits, &self.log);
        let id = self.slots[slot as usize].occupy(slot, member);
        self.names.insert(name, id);
        self.caught_up += 1;
        self.whisper(id, &Heard::Notice { text: "/help tells what can be said" });
        Some(id)
    }

    /// The member's name; `None` where it is not here.
    pub fn name(&self, id: MemberId) -> Option<Name> {
        Some(self.here(id)?.name)
    }

    /// Who bears this name, in whatever case.
    pub fn find(&self, name: &Name) -> Option<MemberId> {
        self.names.get(name).copied()
    }

    /// Everybody who is here, in the order of names.
    pub fn names(&self) -> impl ExactSizeIterator<Item = (Name, MemberId)> + '_ {
        self.names.iter().map(|(&name, &id)| (name, id))
    }

    /// The member `id` said `said`, at the time `now`: any clock that never goes back, from any start.
    ///
    /// What can't be done (a name that is taken, a member who is not here, more lines than allowed) is answered to the
    /// member, with a line that begins with `-!`. After [`Said::Quit`] the member is gone. From one who is not here,
    /// nothing is heard.
    pub fn hear<B: AsRef<[u8]>>(&mut self, id: MemberId, said: &Said<B>, now: Duration) {
        let Some(name) = self.name(id) else { return };
        if !self.allow(id, now) && !matches!(said, Said::Quit { .. }) {
            return;
        }
        match said {
            Said::Say { text } => self.relay(id, &Heard::Said { name, text: text.as_ref() }),
            Said::Act { text } => self.relay(id, &Heard::Acted { name, text: text.as_ref() }),
            Said::Tell { to, text } => self.tell(id, name, *to, text.as_ref()),
            Said::Nick { name } => self.rename(id, *name),
            Said::Who => self.list(id),
            Said::Help => {
                for text in HELP {
                    self.whisper(id, &Heard::Notice { text });
                }
            }
            Said::Quit { reason } => self.leave(id, Departure::Quit(reason.as_ref().map(AsRef::as_ref))),
        }
    }

    /// The member `id` said something that its engine refused. It is not relayed; it counts as a line.
    pub fn refused(&mut self, id: MemberId, now: Duration) {
        self.allow(id, now);
    }

    /// The member `id` goes, and the others are told. Whether it is still here does not matter, and its id is of no use
    /// any more.
    pub fn leave(&mut self, id: MemberId, how: Departure<'_>) {
        self.part(id, how);
        if let Some(slot) = self.slots.get_mut(id.index())
            && slot.vacate(id)
        {
            self.free.push(id.index() as u32);
        }
    }

    /// Why the room let go of the member `id`; `None` while it is here, and after [`leave`](Self::leave). The member's
    /// connection should be told and closed.
    pub fn dropped(&self, id: MemberId) -> Option<Farewell> {
        self.slots.get(id.index())?.gone(id).map(|gone| gone.0)
    }

    /// The next line that the member `id` is to be sent, sharing the room's memory; `None` where there is none.
    pub fn next(&mut self, id: MemberId) -> Option<Bytes> {
        let mut line = None;
        self.read(id, |octets| {
            line = Some(octets.clone());
            false
        });
        line
    }

    /// Writes lines that the member `id` is to be sent into `out`, whole ones, until none is left or `most` octets are
    /// reached. Returns how many octets it wrote.
    pub fn deliver(&mut self, id: MemberId, out: &mut BytesMut, most: usize) -> usize {
        let mark = out.len();
        if most > 0 {
            self.read(id, |octets| {
                out.extend_from_slice(octets);
                out.len() - mark < most
            });
        }
        out.len() - mark
    }

    /// Shows the member `id` line after line, as long as `take` wants one more.
    fn read(&mut self, id: MemberId, take: impl FnMut(&Bytes) -> bool) {
        let listener = self.slots.get_mut(id.index()).and_then(|slot| slot.listener(id));
        let Some((member, closed)) = listener else { return };
        let Some(said) = closed else {
            let next = self.log.next();
            let behind = member.cursor != next;
            member.read(id, &self.log, take);
            if behind && member.cursor == next {
                self.caught_up += 1;
                self.clear_if_read();
            }
            return;
        };
        member.read_all(id, said, take);
    }

    /// How many octets wait for the member `id`.
    pub fn waiting(&self, id: MemberId) -> usize {
        let closing = || self.slots.get(id.index()).and_then(|slot| slot.closing(id));
        match self.here(id) {
            Some(member) => member.waiting(&self.log),
            None => closing().map_or(0, |(member, said)| member.waiting(said)),
        }
    }

    /// Whether something was said, or somebody let go of, since this was last asked: see [`restless`](Self::restless).
    #[must_use]
    pub fn stirred(&mut self) -> bool {
        mem::take(&mut self.stirred)
    }

    /// Who has something to read, or was let go of and is to be told.
    pub fn restless(&self) -> impl Iterator<Item = MemberId> + '_ {
        self.slots.iter().enumerate().filter_map(|(at, slot)| slot.restless(at as u32, &self.log))
    }

    /// The octets that the room holds for members who have not read them yet, those said to one member alone included.
    pub fn held(&self) -> usize {
        let private: usize = self.slots.iter().map(Slot::private).sum();
        self.log.held() + private
    }

    /// Everybody is let go of: the server ends. What was said before is still delivered to each, and then
    /// [`dropped`](Self::dropped) tells that it is over. Who joins from now on is in a room that begins anew.
    pub fn close(&mut self) {
        let said = Arc::new(mem::take(&mut self.log));
        for id in mem::take(&mut self.names).into_values() {
            if let Some(slot) = self.slots.get_mut(id.index()) {
                slot.close(id, &said);
            }
        }
        self.caught_up = 0;
        self.check_at = 0;
        self.scratch = BytesMut::new();
        self.stirred = true;
    }

    fn here(&self, id: MemberId) -> Option<&Member> {
        self.slots.get(id.index())?.member(id)
    }

    fn member(&mut self, id: MemberId) -> Option<&mut Member> {
        self.slots.get_mut(id.index())?.member_mut(id)
    }

    /// Whether one more line is within the member's allowance. Where not, it hears of it once, and is let go of when it
    /// does not stop.
    fn allow(&mut self, id: MemberId, now: Duration) -> bool {
        let (burst, rate) = (self.limits.burst, self.limits.rate);
        let Some(member) = self.member(id) else { return false };
        if member.allowance.take(now, burst, rate) {
            return true;
        }
        match member.allowance.refused {
            refused if refused > burst => self.part(id, Departure::Dropped(Farewell::Flood)),
            1 => self.refuse(id, "flood", "you say more than can be heard; what is over is not relayed"),
            _ => {}
        }
        false
    }

    fn tell(&mut self, from: MemberId, name: Name, to: Name, text: &[u8]) {
        let Some(target) = self.find(&to) else {
            self.refuse(from, "no-such-name", &format!("there is no {to} here"));
            return;
        };
        // As it is spelled here, not as it was typed.
        let to = self.name(target).unwrap_or(to);
        if let Err(misuse) = self.try_whisper(target, &Heard::Told { name, text }) {
            self.complain(from, misuse);
            return;
        }
        self.whisper(from, &Heard::Sent { to, text });
    }

    fn rename(&mut self, id: MemberId, to: Name) {
        let Some(from) = self.name(id) else { return };
        if to.as_bytes().len() > self.limits.name {
            self.refuse(id, "bad-name", &format!("a name has at most {} characters", self.limits.name));
        } else if to.reserved() {
            self.refuse(id, "name-reserved", &format!("{to} is nobody's name; choose another"));
        } else if self.find(&to).is_some_and(|bearer| bearer != id) {
            self.refuse(id, "name-taken", &format!("{to} is taken; choose another"));
        } else {
            self.names.remove(&from);
            self.names.insert(to, id);
            if let Some(member) = self.member(id) {
                member.name = to;
            }
            self.whisper(id, &Heard::<&[u8]>::Named { name: to });
            // The one who wears the name has just been told.
            if from.as_bytes() != to.as_bytes() {
                self.announce(Some(id), &Heard::<&[u8]>::Renamed { from, to });
            }
        }
    }

    fn list(&mut self, id: MemberId) {
        let mut lists = Vec::new();
        let mut list = String::new();
        for name in self.names.keys() {
            if list.len() + name.as_bytes().len() + 2 > LIST.min(self.limits.line) && !list.is_empty() {
                lists.push(mem::take(&mut list));
            }
            if !list.is_empty() {
                list.push_str(", ");
            }
            list.push_str(name.as_str());
        }
        for list in lists {
            self.whisper(id, &Heard::Here { names: list.as_str(), more: true });
        }
        self.whisper(id, &Heard::Here { names: list.as_str(), more: false });
    }

    fn refuse(&mut self, id: MemberId, code: &str, text: &str) {
        self.whisper(id, &Heard::Refused { code, text });
    }

    /// What an engine would have refused came all the same, from a caller or an engine with wider limits.
    fn complain(&mut self, id: MemberId, misuse: Misuse) {
        let why = match misuse {
            Misuse::Unfit(unfit, _) => Refusal::Unfit(unfit),
            _ => Refusal::TooLong,
        };
        self.refuse(id, why.code(), &format!("{why}"));
    }

    /// What a member says, to all the others.
    fn relay(&mut self, from: MemberId, heard: &Heard<&[u8]>) {
        match self.encode(heard) {
            Ok(line) => self.broadcast(Some(from), line),
            Err(misuse) => self.complain(from, misuse),
        }
    }

    /// What the room says to all but one. The room's own words can always be said.
    fn announce<B: AsRef<[u8]>>(&mut self, except: Option<MemberId>, heard: &Heard<B>) {
        if let Ok(line) = self.encode(heard) {
            self.broadcast(except, line);
        }
    }

    /// What the room says to one. The room's own words can always be said.
    fn whisper<B: AsRef<[u8]>>(&mut self, to: MemberId, heard: &Heard<B>) {
        let said = self.try_whisper(to, heard);
        debug_assert!(said.is_ok(), "{said:?}");
    }

    fn try_whisper<B: AsRef<[u8]>>(&mut self, to: MemberId, heard: &Heard<B>) -> Result<(), Misuse> {
        self.spell(heard)?;
        // A copy of its own: a few octets that wait for one member must not keep a whole block of others' lines alive.
        let line = Bytes::copy_from_slice(&self.scratch);
        self.scratch.clear();
        let limit = self.limits.waiting;
        let Some(member) = self.slots.get_mut(to.index()).and_then(|slot| slot.member_mut(to)) else { return Ok(()) };
        member.whisper(line, self.log.next());
        let waiting = member.waiting(&self.log);
        self.stirred = true;
        if waiting > limit {
            self.part(to, Departure::Dropped(Farewell::TooSlow));
        } else {
            self.check_at = self.check_at.min(self.log.end() + (limit - waiting) as u64 + 1);
        }
        Ok(())
    }

    fn encode<B: AsRef<[u8]>>(&mut self, heard: &Heard<B>) -> Result<Bytes, Misuse> {
        self.spell(heard)?;
        Ok(self.scratch.split().freeze())
    }

    fn spell<B: AsRef<[u8]>>(&mut self, heard: &Heard<B>) -> Result<(), Misuse> {
        if self.scratch.capacity() == 0 {
            self.scratch.reserve(BLOCK);
        }
        heard.write(&self.limits, self.ending, &mut self.scratch)
    }

    /// One line for everybody but `except`.
    fn broadcast(&mut self, except: Option<MemberId>, line: Bytes) {
        let next = self.log.next();
        let length = line.len();
        self.log.push(except, line);
        self.stirred = true;
        self.caught_up = 0;
        let (after, end) = (self.log.next(), self.log.end());
        if let Some(member) = except.and_then(|id| self.member(id)) {
            if member.cursor == next {
                // It has read everything, and its own words it need not read.
                (member.cursor, member.read) = (after, end);
                self.caught_up = 1;
            } else {
                member.own += length;
            }
        }
        self.clear_if_read();
        // Who is let go of is announced, which may be one line too many for the next; each is one member fewer.
        if !self.checking {
            self.checking = true;
            while self.log.end() >= self.check_at {
                self.check();
            }
            self.checking = false;
        }
    }

    /// Lets go of those who are too far behind, trims the log to what the others have yet to read, and says when this is
    /// to be done again.
    fn check(&mut self) {
        let limit = self.limits.waiting;
        let (mut most, mut oldest) = (0, self.log.next());
        let mut slow = Vec::new();
        for &id in self.names.values() {
            let Some(member) = self.here(id) else { continue };
            match member.waiting(&self.log) {
                waiting if waiting > limit => slow.push(id),
                waiting => {
                    most = most.max(waiting);
                    oldest = oldest.min(member.cursor);
                }
            }
        }
        self.log.trim(oldest);
        // One octet more than is left to the one farthest behind: earlier nobody can be over the limit.
        self.check_at = self.log.end() + ((limit - most) as u64 + 1).min(TRIM_EVERY);
        for id in slow {
            self.part(id, Departure::Dropped(Farewell::TooSlow));
        }
    }

    #[inline]
    fn clear_if_read(&mut self) {
        if self.caught_up == self.names.len() && self.log.held() > 0 {
            self.forget();
        }
    }

    /// Nobody waits for anything that was said to all.
    #[inline(never)]
    fn forget(&mut self) {
        self.log.clear();
        // The block serves again, now that no line lies in it: a new one for each line costs as much as telling the line
        // to a hundred members. A room with nobody in it holds nothing.
        if self.names.is_empty() {
            self.scratch = BytesMut::new();
        }
    }

    /// The member is not here any more, and the others are told.
    fn part(&mut self, id: MemberId, how: Departure<'_>) {
        let next = self.log.next();
        let Some(slot) = self.slots.get_mut(id.index()) else { return };
        let farewell = match how {
            Departure::Dropped(farewell) => farewell,
            _ => Farewell::Bye,
        };
        let Some(member) = slot.drop_member(id, Gone(farewell)) else { return };
        self.names.remove(&member.name);
        if member.cursor == next {
            self.caught_up -= 1;
        }
        let name = member.name;
        let why = match how {
            Departure::Dropped(Farewell::TooSlow) => "does not read",
            Departure::Dropped(Farewell::Flood) => "says more than can be heard",
            Departure::Dropped(Farewell::Idle) => "has said nothing for long",
            Departure::Dropped(_) => "the server let go",
            Departure::Lost => "the connection was lost",
            Departure::Ended | Departure::Quit(None) => "",
            Departure::Quit(reason) => {
                if let Ok(line) = self.encode(&Heard::Left { name, reason }) {
                    self.broadcast(None, line);
                    return;
                }
                ""
            }
        };
        if why.is_empty() {
            self.announce(None, &Heard::<&[u8]>::Left { name, reason: None });
        } else {
            self.announce(None, &Heard::Dropped { name, why });
        }
    }
}

const HELP: [&str; 8] = [
    "a line is said to the room, and these are commands:",
    "/me TEXT says what you do",
    "/msg NAME TEXT says it to one member alone",
    "/nick NAME gives you another name, of letters, digits, - and _",
    "/who tells who is here",
    "/help tells this",
    "/quit TEXT leaves, with last words or without",
    "//TEXT says a line that begins with a slash",
];
