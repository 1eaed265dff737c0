//! What a server serves: the maildrop that the caller implements, and the handler that joins it to the engine.

use super::Code;
use super::server::{Authentication, Event, Identity, Login, Misuse, Pending, Server, Wanted};
use crate::engine::Handler;
use crate::sasl::Store;
use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;
use bytes::BytesMut;

/// A message as a maildrop lists it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
pub struct Entry {
    /// Its octets as they are transmitted, each line end counted as two; see [`Octets`](super::Octets).
    pub octets: u64,
    /// What it is called in every session, and what no other message will ever be called: 1 to 70 octets of printable
    /// ASCII (RFC 1939 7).
    pub id: Box<str>,
}

/// Something that a maildrop could not do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum Trouble {
    /// Another session has it: `[IN-USE]`.
    #[error("the maildrop is in use")]
    InUse,
    /// Too soon after the last session: `[LOGIN-DELAY]`.
    #[error("too soon after the last login")]
    TooSoon,
    /// It may work later: `[SYS/TEMP]`.
    #[error("temporarily unavailable")]
    Temporary,
    /// It won't, until somebody mends it: `[SYS/PERM]`.
    #[error("unavailable")]
    Permanent,
}

impl Trouble {
    const fn code(self) -> Code<&'static str> {
        match self {
            Self::InUse => Code::InUse,
            Self::TooSoon => Code::LoginDelay,
            Self::Temporary => Code::SysTemp,
            Self::Permanent => Code::SysPerm,
        }
    }

    const fn text(self) -> &'static str {
        match self {
            Self::InUse => "another session has this maildrop",
            Self::TooSoon => "too soon after the last login",
            Self::Temporary => "try again later",
            Self::Permanent => "this has to be mended first",
        }
    }
}

/// A maildrop that is open and locked for one session.
///
/// Messages go by their index in [`list`](Self::list), which is the same all session long: what arrives meanwhile is not
/// shown, and what another program takes away can't be read any more, which is [`Trouble`]. Dropping it unlocks it, if
/// [`delete`](Self::delete) has not.
pub trait Maildrop {
    /// The messages, oldest first. Asked once.
    ///
    /// # Errors
    ///
    /// Why there is no list; the login is refused then.
    fn list(&mut self) -> Result<Vec<Entry>, Trouble>;

    /// Reads from a message into `buffer`, from `offset` of what is stored (which need not have CRLF line ends), and
    /// returns how many octets; 0 at its end.
    ///
    /// # Errors
    ///
    /// The message can't be read: before its first octet it is refused, later the connection is dropped.
    fn read(&mut self, message: usize, offset: u64, buffer: &mut [u8]) -> Result<usize, Trouble>;

    /// Deletes these messages, for good, and unlocks the maildrop: the client said `QUIT`. An empty list is told too, and
    /// nothing is asked of it afterwards. Unlocked it is whatever comes of the messages, and before the client is answered
    /// (RFC 1939 6): it may log in again at once.
    ///
    /// # Errors
    ///
    /// Some of them are not deleted, which the client is told.
    fn delete(&mut self, messages: &[usize]) -> Result<(), Trouble>;
}

/// A maildrop in memory, for tests and examples. Its messages have CRLF, LF or CR line ends.
///
/// ```
/// use plainwire::pop3::{Maildrop, Messages};
///
/// let mut maildrop = Messages::new([("id-1", "Subject: hello\n\nhi\n")]);
/// assert_eq!(maildrop.list().unwrap()[0].octets, 22);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Messages {
    messages: Vec<(Box<str>, Box<[u8]>)>,
}

impl Messages {
    /// With these messages: unique id and text.
    pub fn new<I: AsRef<str>, T: AsRef<[u8]>>(messages: impl IntoIterator<Item = (I, T)>) -> Self {
        let messages = messages.into_iter().map(|(id, text)| (id.as_ref().into(), text.as_ref().into())).collect();
        Self { messages }
    }

    /// The unique ids of the messages that are left.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.messages.iter().map(|(id, _)| &**id)
    }
}

impl Maildrop for Messages {
    fn list(&mut self) -> Result<Vec<Entry>, Trouble> {
        let entry = |(id, text): &(Box<str>, Box<[u8]>)| {
            let mut octets = super::Octets::new();
            octets.push(text);
            Entry { octets: octets.total(), id: id.clone() }
        };
        Ok(self.messages.iter().map(entry).collect())
    }

    fn read(&mut self, message: usize, offset: u64, buffer: &mut [u8]) -> Result<usize, Trouble> {
        let (_, text) = self.messages.get(message).ok_or(Trouble::Permanent)?;
        let rest = usize::try_from(offset).ok().and_then(|from| text.get(from..)).unwrap_or_default();
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        Ok(count)
    }

    fn delete(&mut self, messages: &[usize]) -> Result<(), Trouble> {
        let mut index = 0;
        self.messages.retain(|_| {
            index += 1;
            !messages.contains(&(index - 1))
        });
        Ok(())
    }
}

/// What points at a maildrop is one.
macro_rules! points {
    ($pointer:ty) => {
        impl<M: Maildrop + ?Sized> Maildrop for $pointer {
            fn list(&mut self) -> Result<Vec<Entry>, Trouble> {
                (**self).list()
            }
            fn read(&mut self, message: usize, offset: u64, buffer: &mut [u8]) -> Result<usize, Trouble> {
                (**self).read(message, offset, buffer)
            }
            fn delete(&mut self, messages: &[usize]) -> Result<(), Trouble> {
                (**self).delete(messages)
            }
        }
    };
}

points!(&mut M);
points!(Box<M>);

/// Who may log in, and to which maildrop.
pub trait Users {
    /// What is served.
    type Maildrop: Maildrop;

    /// What is known of the users.
    fn store(&self) -> &dyn Store;

    /// Whether somebody is who they say they are, without asking the [`store`](Self::store). By default nobody is. SCRAM is
    /// asked about all the same, since its proof needs the keys.
    fn trusts(&self, login: &Login<'_>) -> bool {
        let _ = login;
        false
    }

    /// Opens and locks the maildrop of somebody who has proven who it is.
    ///
    /// # Errors
    ///
    /// Why not; the login is refused with the code that says so.
    fn open(&mut self, identity: &Identity) -> Result<Self::Maildrop, Trouble>;
}

/// The handler of a server's session: asks the [`Users`], sends messages piece by piece, deletes at `QUIT`.
///
/// It answers from [`more`](Handler::more), so that a piece is read when there is room for it.
pub struct Host<U: Users> {
    users: U,
    maildrop: Option<U::Maildrop>,
    /// The message that is on its way, and how much of what is stored was sent.
    message: usize,
    offset: u64,
    buffer: Vec<u8>,
    trouble: Option<Trouble>,
}

impl<U: Users> Host<U> {
    /// How many octets are read at a time: under half of any sensible output mark.
    const PIECE: usize = 16_384;

    /// For one session.
    pub fn new(users: U) -> Self {
        Self { users, maildrop: None, message: 0, offset: 0, buffer: Vec::new(), trouble: None }
    }

    /// The users, and the maildrop if it is open.
    pub fn into_parts(self) -> (U, Option<U::Maildrop>) {
        (self.users, self.maildrop)
    }

    /// The last thing that the maildrop could not do, for a log.
    pub const fn trouble(&self) -> Option<Trouble> {
        self.trouble
    }

    fn answer(&mut self, engine: &mut Server, owed: Pending, out: &mut BytesMut) -> Result<(), Misuse> {
        match owed {
            Pending::Connection => engine.greet(out),
            Pending::Authentication
                if engine.login().is_some_and(|login| self.users.trusts(&login)) && engine.grant(out).is_ok() =>
            {
                self.open(engine, out)
            }
            Pending::Authentication => match engine.authenticate(self.users.store(), out)? {
                Authentication::Granted => self.open(engine, out),
                Authentication::Challenged | Authentication::Denied => Ok(()),
            },
            Pending::Maildrop => self.open(engine, out),
            Pending::Message => self.begin(engine, out),
            Pending::Rest => self.piece(engine, out),
            Pending::Update => {
                let marked: Vec<_> = engine.marked().collect();
                let deleted = self.maildrop.as_mut().map_or(Ok(()), |maildrop| maildrop.delete(&marked));
                match deleted {
                    Ok(()) => engine.updated(out),
                    Err(trouble) => self.refuse(engine, trouble, "some deleted messages not removed", out),
                }
            }
        }
    }

    fn open(&mut self, engine: &mut Server, out: &mut BytesMut) -> Result<(), Misuse> {
        let Some(identity) = engine.identity() else { return Err(Misuse::NotOwed) };
        let opened = self.users.open(identity).and_then(|mut maildrop| {
            let list = maildrop.list()?;
            Ok((maildrop, list))
        });
        match opened {
            Ok((maildrop, list)) => {
                engine.open(list, out)?;
                self.maildrop = Some(maildrop);
                Ok(())
            }
            Err(trouble) => self.refuse(engine, trouble, trouble.text(), out),
        }
    }

    fn refuse(&mut self, engine: &mut Server, trouble: Trouble, text: &str, out: &mut BytesMut) -> Result<(), Misuse> {
        self.trouble = Some(trouble);
        engine.refuse(Some(trouble.code()), text, out)
    }

    /// The first piece decides whether the message is there at all.
    fn begin(&mut self, engine: &mut Server, out: &mut BytesMut) -> Result<(), Misuse> {
        self.offset = 0;
        match self.read() {
            Ok(count) => {
                engine.begin(out)?;
                self.send(engine, count, out)
            }
            Err(trouble) => self.refuse(engine, trouble, trouble.text(), out),
        }
    }

    fn piece(&mut self, engine: &mut Server, out: &mut BytesMut) -> Result<(), Misuse> {
        match self.read() {
            Ok(count) => self.send(engine, count, out),
            Err(trouble) => {
                self.trouble = Some(trouble);
                engine.abort()
            }
        }
    }

    fn read(&mut self) -> Result<usize, Trouble> {
        if self.buffer.is_empty() {
            self.buffer = vec![0; Self::PIECE];
        }
        let maildrop = self.maildrop.as_mut().ok_or(Trouble::Permanent)?;
        let count = maildrop.read(self.message, self.offset, &mut self.buffer)?.min(self.buffer.len());
        self.offset += count as u64;
        Ok(count)
    }

    fn send(&mut self, engine: &mut Server, count: usize, out: &mut BytesMut) -> Result<(), Misuse> {
        let over = count == 0 || engine.send(&self.buffer[..count], out)? == Wanted::Enough;
        if !over {
            return Ok(());
        }
        match engine.finish(out) {
            // Another program changed the message: what was sent is not what was listed.
            Err(Misuse::Size { .. }) => {
                self.trouble = Some(Trouble::Temporary);
                engine.abort()
            }
            finished => finished,
        }
    }
}

impl<U: Users> Handler<Server> for Host<U> {
    fn event(&mut self, _: &mut Server, event: Event<&[u8]>, _: &mut BytesMut) {
        if let Event::Retr { message } | Event::Top { message, .. } = event {
            self.message = message as usize - 1;
        }
    }

    fn more(&mut self, engine: &mut Server, out: &mut BytesMut) -> bool {
        let Some(owed) = engine.pending() else { return false };
        if let Err(misuse) = self.answer(engine, owed, out) {
            // What the maildrop listed can't be said: that is the server's to mend, and nobody's mail is lost.
            self.trouble = Some(Trouble::Permanent);
            let refused = engine.refuse(Some(Code::SysPerm), Trouble::Permanent.text(), out);
            return refused.is_ok() || misuse != Misuse::Closed && engine.abort().is_ok();
        }
        true
    }
}

impl<U: Users + core::fmt::Debug> core::fmt::Debug for Host<U> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Host").field("users", &self.users).field("trouble", &self.trouble).finish_non_exhaustive()
    }
}

/// One user with one maildrop in memory; see [`Messages`].
impl<S: Store> Users for (S, Messages) {
    type Maildrop = Messages;

    fn store(&self) -> &dyn Store {
        &self.0
    }

    fn open(&mut self, _: &Identity) -> Result<Messages, Trouble> {
        Ok(core::mem::take(&mut self.1))
    }
}
