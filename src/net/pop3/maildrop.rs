//! A Maildir as a maildrop.

use super::sizes::Sizes;
use crate::net::maildir::{self, Maildir};
use crate::pop3::{Entry, Maildrop, Octets, Trouble, unique_ids};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::vec::Vec;

/// A Maildir, open and locked for one session.
///
/// The lock is on the file `pop3.lock` in the Maildir: it keeps other POP3 sessions of this crate out (`[IN-USE]`), and
/// nobody else, since deliveries and readers need no lock in a Maildir. It ends with the session, and with the process,
/// however that ends. What is delivered meanwhile is in the next session.
///
/// A message has as its unique id what names its file, without flags and sizes; a name that is too long, or that can't be
/// said, is told by its hash. How many octets it has on the wire is measured once, and kept in the file `pop3.sizes`.
///
/// Messages stay where they are, under `new/` or `cur/`: which of them a person has seen is not POP3's to say.
#[derive(Debug)]
pub struct MaildirDrop {
    maildir: Maildir,
    /// Held, not used; `None` for who only looks, and after the session.
    lock: Option<File>,
    messages: Vec<maildir::Entry>,
    reading: Option<Reading>,
    sizes: Sizes,
}

/// A message that is being read.
#[derive(Debug)]
struct Reading {
    message: usize,
    file: File,
    offset: u64,
}

impl MaildirDrop {
    /// Opens and locks the Maildir at `root`.
    ///
    /// # Errors
    ///
    /// [`Trouble::InUse`] where another session has it; [`Trouble::Permanent`] where it is not there, or may not be
    /// opened; [`Trouble::Temporary`] for anything else that the system says.
    pub fn open(root: impl Into<PathBuf>) -> Result<Self, Trouble> {
        let maildir = Maildir::open(root).map_err(trouble)?;
        let lock = lock(&maildir.path().join("pop3.lock"))?;
        let sizes = Sizes::new(maildir.path().join("pop3.sizes"));
        Ok(Self { maildir, lock: Some(lock), messages: Vec::new(), reading: None, sizes })
    }

    /// Opens the Maildir at `root` to look at it: without a lock, and without writing down what was measured.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open), but for [`Trouble::InUse`].
    pub fn look(root: impl Into<PathBuf>) -> Result<Self, Trouble> {
        let maildir = Maildir::open(root).map_err(trouble)?;
        let sizes = Sizes::new(maildir.path().join("pop3.sizes"));
        Ok(Self { maildir, lock: None, messages: Vec::new(), reading: None, sizes })
    }

    fn measured(&mut self) -> io::Result<Vec<u64>> {
        let mut known = self.sizes.read();
        let mut octets = Vec::with_capacity(self.messages.len());
        let (mut news, mut failed) = (false, Ok(()));
        let mut buffer = Vec::new();
        self.messages.retain_mut(|message| {
            if let Some(known) = known.get(message.unique(), message.size()) {
                octets.push(known);
                return true;
            }
            if failed.is_err() {
                return true;
            }
            news = true;
            buffer.resize(1 << 16, 0);
            match measure(message, &mut buffer) {
                Ok(measured) => octets.push(measured),
                // Somebody else deleted it just now.
                Err(error) if error.kind() == ErrorKind::NotFound => return false,
                Err(error) => failed = Err(error),
            }
            true
        });
        failed?;
        // Written where it helps the next session: news, or half of it is about messages that are gone.
        if self.lock.is_some() && (news || known.len() > 2 * self.messages.len()) {
            let lines = self.messages.iter().zip(&octets);
            // It is a help, and the session goes on without.
            let _unwritten =
                self.sizes.write(lines.map(|(message, octets)| (message.unique(), *octets, message.size())));
        }
        Ok(octets)
    }

    fn read_at(&mut self, message: usize, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let at = self.reading.take();
        let mut reading = match at {
            Some(reading) if reading.message == message => reading,
            _ => {
                let entry = self.messages.get_mut(message).ok_or(ErrorKind::NotFound)?;
                Reading { message, file: entry.open()?, offset: 0 }
            }
        };
        if reading.offset != offset {
            reading.file.seek(SeekFrom::Start(offset))?;
        }
        let count = loop {
            match reading.file.read(buffer) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                other => break other?,
            }
        };
        reading.offset = offset + count as u64;
        if count == 0 {
            // Told to whoever relies on it: what is not as large as it was listed is not finished by the engine.
            if self.messages.get(message).is_some_and(|entry| entry.size() != offset) {
                self.sizes.forget();
            }
        } else {
            self.reading = Some(reading);
        }
        Ok(count)
    }
}

impl Maildrop for MaildirDrop {
    fn list(&mut self) -> Result<Vec<Entry>, Trouble> {
        self.messages = self.maildir.entries().map_err(trouble)?;
        let octets = self.measured().map_err(trouble)?;
        let ids = unique_ids(self.messages.iter().map(maildir::Entry::unique));
        Ok(octets.into_iter().zip(ids).map(|(octets, id)| Entry { octets, id }).collect())
    }

    fn read(&mut self, message: usize, offset: u64, buffer: &mut [u8]) -> Result<usize, Trouble> {
        self.read_at(message, offset, buffer).map_err(|error| match error.kind() {
            // It was there when it was listed: in the next session it is not.
            ErrorKind::NotFound => Trouble::Temporary,
            _ => trouble(error),
        })
    }

    fn delete(&mut self, messages: &[usize]) -> Result<(), Trouble> {
        let _until_the_end = self.lock.take();
        self.reading = None;
        let mut failed = Ok(());
        for &message in messages {
            if let Some(entry) = self.messages.get(message)
                && let Err(error) = entry.clone().delete()
            {
                failed = Err(trouble(error));
            }
        }
        failed
    }
}

/// Takes the lock of a maildrop, which the system gives back when the file is closed.
pub(super) fn lock(path: &Path) -> Result<File, Trouble> {
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(path).map_err(trouble)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Trouble::InUse),
        Err(TryLockError::Error(error)) => Err(trouble(error)),
    }
}

pub(super) fn trouble(error: io::Error) -> Trouble {
    match error.kind() {
        ErrorKind::NotFound | ErrorKind::PermissionDenied | ErrorKind::NotADirectory => Trouble::Permanent,
        _ => Trouble::Temporary,
    }
}

fn measure(message: &mut maildir::Entry, buffer: &mut [u8]) -> io::Result<u64> {
    let mut file = message.open()?;
    let mut octets = Octets::new();
    loop {
        match file.read(buffer) {
            Ok(0) => return Ok(octets.total()),
            Ok(count) => octets.push(&buffer[..count]),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}
