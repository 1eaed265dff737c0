//! Which messages were collected, by their unique ids.

use std::boxed::Box;
use std::collections::{HashMap, HashSet};
use std::format;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::string::{String, ToString};
use std::vec::Vec;

/// The memory of one target, which may be filled from several accounts: a text file with a line for each message.
///
/// ```text
/// + ann@pop.example.org whqtswO00WBw418f9t5JxYwZ
/// ? ann@pop.example.org QhdPYR:00WBw1Ph7x7 4096 200 9f86d081…
/// ```
///
/// `+` was stored; `?` is about to be stored at this place (see [`collect`](super::Collector)). Lines are added, so a crash
/// leaves at worst half a line, which says nothing. It is locked while it is in use.
#[derive(Debug)]
pub struct Memory {
    file: File,
    account: String,
    known: HashSet<Box<str>>,
    intents: HashMap<Box<str>, String>,
    /// Noted, not on the disk yet.
    pending: Vec<u8>,
}

impl Memory {
    /// Opens the memory at `path` for `account` (by custom `user@host`), making it where it is missing.
    ///
    /// # Errors
    ///
    /// What the system says; [`WouldBlock`](io::ErrorKind::WouldBlock) where somebody else collects into the same target;
    /// [`InvalidInput`](io::ErrorKind::InvalidInput) for an account with spaces or control characters.
    pub fn open(path: impl Into<PathBuf>, account: &str) -> io::Result<Self> {
        if account.is_empty() || account.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "an account without spaces"));
        }
        let path = path.into();
        let mut file = OpenOptions::new().create(true).read(true).append(true).open(&path)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(io::Error::new(io::ErrorKind::WouldBlock, "another run collects into the same place"));
            }
            Err(TryLockError::Error(error)) => return Err(error),
        }
        let text = fs::read(&path)?;
        if !text.is_empty() && !text.ends_with(b"\n") {
            // Half a line, from a crash: what comes now begins its own.
            file.write_all(b"\n")?;
        }
        let (mut known, mut intents) = (HashSet::new(), HashMap::new());
        for line in String::from_utf8_lossy(&text).lines() {
            let mut words = line.splitn(4, ' ');
            let (Some(mark), Some(whose), Some(id)) = (words.next(), words.next(), words.next()) else { continue };
            if whose != account {
                continue;
            }
            match (mark, words.next()) {
                ("+", None) => {
                    known.insert(id.into());
                }
                ("?", Some(place)) => {
                    intents.insert(id.into(), place.to_string());
                }
                _ => {}
            }
        }
        sync_folder(&path)?;
        Ok(Self { file, account: account.to_string(), known, intents, pending: Vec::new() })
    }

    /// Whose messages these are.
    pub fn account(&self) -> &str {
        &self.account
    }

    /// Whether a message was stored.
    pub fn knows(&self, id: &str) -> bool {
        self.known.contains(id)
    }

    /// How many are known.
    pub fn len(&self) -> usize {
        self.known.len()
    }

    /// Nothing is known.
    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    /// Where a message was about to be stored, if nothing says that it was.
    pub fn intent(&self, id: &str) -> Option<&str> {
        self.intents.get(id).map(String::as_str)
    }

    /// A message is stored.
    ///
    /// # Errors
    ///
    /// What the system says, and for an id that can't stand on its line.
    pub fn note(&mut self, id: &str) -> io::Result<()> {
        self.line("+", id, None)?;
        self.known.insert(id.into());
        // A run over many messages is not to end with all of them unsaid.
        if self.pending.len() > 1 << 12 { self.sync() } else { Ok(()) }
    }

    /// A message is about to be stored at `place`: on the disk when this returns.
    ///
    /// # Errors
    ///
    /// As [`note`](Self::note).
    pub fn intend(&mut self, id: &str, place: &str) -> io::Result<()> {
        self.line("?", id, Some(place))?;
        self.sync()
    }

    /// Writes to the disk what was noted.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub fn sync(&mut self) -> io::Result<()> {
        if !self.pending.is_empty() {
            self.file.write_all(&self.pending)?;
            self.pending.clear();
            self.file.sync_data()?;
        }
        Ok(())
    }

    fn line(&mut self, mark: &str, id: &str, place: Option<&str>) -> io::Result<()> {
        let fits = |text: &str| !text.is_empty() && !text.chars().any(char::is_control);
        if !fits(id) || id.contains(' ') || place.is_some_and(|place| !fits(place)) {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "a unique id that can't be noted"));
        }
        let place = place.map(|place| format!(" {place}")).unwrap_or_default();
        self.pending.extend_from_slice(format!("{mark} {} {id}{place}\n", self.account).as_bytes());
        Ok(())
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        // What is not written is looked for at its place the next time.
        let _unwritten = self.sync();
    }
}

/// Makes a new name in the folder of `path` survive a crash.
pub(super) fn sync_folder(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        File::open(folder.unwrap_or(Path::new(".")))?.sync_all()?;
    }
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}
