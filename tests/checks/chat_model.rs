//! A room that keeps a queue for each member: slow, and plainly right.

use plainwire::chat::{Limits, Name, Said};

struct Member {
    name: Name,
    queue: Vec<String>,
}

pub(crate) struct Model {
    waiting: usize,
    places: usize,
    guests: usize,
    /// Everybody who ever joined, in that order; `None` has left.
    members: Vec<Option<Member>>,
}

impl Model {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self { waiting: limits.waiting, places: limits.members, guests: 0, members: Vec::new() }
    }

    fn here(&self) -> impl Iterator<Item = &Member> {
        self.members.iter().flatten()
    }

    fn find(&self, name: &Name) -> Option<usize> {
        self.members.iter().position(|member| member.as_ref().is_some_and(|member| member.name == *name))
    }

    pub(crate) fn name(&self, who: usize) -> Option<String> {
        self.members[who].as_ref().map(|member| member.name.to_string())
    }

    pub(crate) fn waiting(&self, who: usize) -> usize {
        self.members[who].as_ref().map_or(0, |member| member.queue.concat().len())
    }

    fn all(&mut self, except: Option<usize>, line: &str) {
        for (who, member) in self.members.iter_mut().enumerate() {
            if let Some(member) = member
                && Some(who) != except
            {
                member.queue.push(format!("{line}\n"));
            }
        }
        self.settle();
    }

    fn one(&mut self, who: usize, line: &str) {
        if let Some(member) = &mut self.members[who] {
            member.queue.push(format!("{line}\n"));
        }
        self.settle();
    }

    /// Lets go of all who have too much before them, as long as there are any: those who have it at the same time go
    /// together, in the order of their names, and are announced one after the other.
    fn settle(&mut self) {
        loop {
            let mut slow: Vec<_> = (0..self.members.len()).filter(|&who| self.waiting(who) > self.waiting).collect();
            slow.sort_by_key(|&who| self.members[who].as_ref().map(|member| member.name));
            if slow.is_empty() {
                return;
            }
            for who in slow {
                let Some(gone) = self.members[who].take() else { continue };
                for member in self.members.iter_mut().flatten() {
                    member.queue.push(format!("-- {} was dropped: does not read\n", gone.name));
                }
            }
        }
    }

    pub(crate) fn join(&mut self) -> bool {
        if self.here().count() >= self.places {
            return false;
        }
        let name = loop {
            self.guests += 1;
            let name = format!("guest-{}", self.guests).parse().unwrap();
            if self.find(&name).is_none() {
                break name;
            }
        };
        self.all(None, &format!("-- {name} joined"));
        self.members.push(Some(Member { name, queue: Vec::new() }));
        self.one(self.members.len() - 1, "-- /help tells what can be said");
        true
    }

    pub(crate) fn leave(&mut self, who: usize, words: Option<&str>) {
        let Some(gone) = self.members[who].take() else { return };
        match words {
            Some(words) => self.all(None, &format!("-- {} left: {words}", gone.name)),
            None => self.all(None, &format!("-- {} left", gone.name)),
        }
    }

    pub(crate) fn deliver(&mut self, who: usize, most: usize) -> String {
        let mut out = String::new();
        if let Some(member) = &mut self.members[who] {
            while out.len() < most && !member.queue.is_empty() {
                out.push_str(&member.queue.remove(0));
            }
        }
        out
    }

    pub(crate) fn hear(&mut self, who: usize, said: &Said<String>) {
        let Some(name) = self.members[who].as_ref().map(|member| member.name) else { return };
        match said {
            Said::Say { text } => self.all(Some(who), &format!("<{name}> {text}")),
            Said::Act { text } => self.all(Some(who), &format!("* {name} {text}")),
            Said::Tell { to, text } => match self.find(to) {
                Some(target) => {
                    let to = self.members[target].as_ref().map_or(*to, |member| member.name);
                    self.one(target, &format!("[{name}] {text}"));
                    self.one(who, &format!("[to {to}] {text}"));
                }
                None => self.one(who, &format!("-! no-such-name: there is no {to} here")),
            },
            Said::Nick { name: to } => {
                if to.reserved() {
                    self.one(who, &format!("-! name-reserved: {to} is nobody's name; choose another"));
                } else if self.find(to).is_some_and(|bearer| bearer != who) {
                    self.one(who, &format!("-! name-taken: {to} is taken; choose another"));
                } else {
                    if let Some(member) = &mut self.members[who] {
                        member.name = *to;
                    }
                    self.one(who, &format!("-- you are now {to}"));
                    if name.as_str() != to.as_str() {
                        self.all(Some(who), &format!("-- {name} is now {to}"));
                    }
                }
            }
            Said::Who => {
                let mut names: Vec<_> = self.here().map(|member| member.name).collect();
                names.sort();
                let names: Vec<_> = names.iter().map(Name::as_str).collect();
                self.one(who, &format!("-- here: {}", names.join(", ")));
            }
            Said::Quit { reason } => self.leave(who, reason.as_deref()),
            _ => {}
        }
    }
}
