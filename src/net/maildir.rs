//! Maildir: a mailbox in which every message is a file, and no lock is needed.
//!
//! A message is written under `tmp/`, synced, and renamed into `new/`; a reader moves it to `cur/` with its flags behind
//! `:2,`. A crash at any moment leaves either nothing or the whole message, and [`Delivery::commit`] returns only when
//! both the file and its directory entry are on the disk: that is the moment at which a server may say 250.
//!
//! The layout is the one of qmail and Dovecot (<https://cr.yp.to/proto/maildir.html>): `S=` in a name is the size in
//! octets, so that listing needs no `stat`.
//!
//! ```
//! use std::io::{Read, Write};
//! use plainwire::net::maildir::{Flag, Maildir};
//!
//! # let scratch = tempfile::tempdir()?;
//! let maildir = Maildir::create(scratch.path().join("ann"))?;
//! let mut delivery = maildir.deliver()?;
//! delivery.write_all(b"Subject: hello\r\n\r\nHello.\r\n")?;
//! delivery.commit()?;
//!
//! let mut entries = maildir.entries()?;
//! assert_eq!((entries.len(), entries[0].size()), (1, 26));
//! let mut text = String::new();
//! entries[0].open()?.read_to_string(&mut text)?;
//! assert!(text.starts_with("Subject: hello"));
//! entries[0].set_flags(&[Flag::Seen])?;
//! # Ok::<(), std::io::Error>(())
//! ```
#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "a Maildir is files, and its names are made of the time"
)]

use crate::radix;
use memchr::memchr;
use std::boxed::Box;
use std::collections::hash_map::RandomState;
use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::hash::{BuildHasher, Hasher};
use std::io::{self, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::string::{String, ToString};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use std::vec::Vec;

/// What stays in `tmp/` longer than this was left by a crash: 36 hours, as the Maildir specification has it.
pub const STALE: Duration = Duration::from_secs(36 * 3600);

/// A mailbox on the disk. Cheap to clone; any number of processes may deliver and read at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Maildir {
    root: Arc<Path>,
}

impl Maildir {
    /// Opens the Maildir at `root`, making it and its three folders where they are missing.
    pub fn create(root: impl Into<PathBuf>) -> io::Result<Self> {
        let maildir = Self { root: Arc::from(root.into()) };
        for folder in ["tmp", "new", "cur"] {
            fs::create_dir_all(maildir.root.join(folder))?;
        }
        Ok(maildir)
    }

    /// Opens the Maildir at `root`, which has to exist with its three folders ([`io::ErrorKind::NotFound`] otherwise).
    pub fn open(root: impl Into<PathBuf>) -> io::Result<Self> {
        let maildir = Self { root: Arc::from(root.into()) };
        for folder in ["tmp", "new", "cur"] {
            if !fs::metadata(maildir.root.join(folder))?.is_dir() {
                return Err(io::Error::new(io::ErrorKind::NotADirectory, folder));
            }
        }
        Ok(maildir)
    }

    /// Where it lies.
    pub fn path(&self) -> &Path {
        &self.root
    }

    /// Begins a delivery: a new file under `tmp/` to write the message into.
    ///
    /// Octets are stored as they are written; nothing is converted. Dropped without [`Delivery::commit`], the file is
    /// removed.
    pub fn deliver(&self) -> io::Result<Delivery> {
        self.deliver_as("")
    }

    /// As [`deliver`](Self::deliver), with a mark in the name of the message by which it can be told again
    /// ([`Entry::mark`]): what it is called elsewhere, hashed. Lower-case letters and digits, 64 at the most
    /// ([`io::ErrorKind::InvalidInput`] otherwise).
    pub fn deliver_marked(&self, mark: &str) -> io::Result<Delivery> {
        let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        if mark.is_empty() || mark.len() > 64 || !mark.bytes().all(fits) {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        self.deliver_as(&std::format!("X{mark}"))
    }

    fn deliver_as(&self, mark: &str) -> io::Result<Delivery> {
        loop {
            let unique = unique_name(mark);
            let path = self.root.join("tmp").join(&unique);
            match OpenOptions::new().write(true).create_new(true).open(&path) {
                Ok(file) => {
                    return Ok(Delivery {
                        maildir: self.clone(),
                        file: Some(file),
                        path,
                        unique,
                        size: 0,
                        flags: None,
                    });
                }
                // Another delivery has this name, against all odds: the next one differs by its counter.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Every message, in the order of delivery (by the time in the name, then by name).
    ///
    /// Files that begin with a dot are no messages. Where a name has no `S=`, the file is asked for its size. A message
    /// that another process moves or deletes meanwhile is skipped or listed under the name it had.
    pub fn entries(&self) -> io::Result<Vec<Entry>> {
        let mut met = Met::default();
        // `cur` first: a message that moves from new to cur meanwhile is then missed at worst, never seen twice.
        for folder in [Folder::Cur, Folder::New] {
            for item in fs::read_dir(self.root.join(folder.name()))? {
                let item = item?;
                let name = item.file_name();
                let Some(name) = name.to_str().filter(|name| !name.starts_with('.')) else { continue };
                let size = match size_in_name(name) {
                    Some(size) => size,
                    None => match item.metadata() {
                        Ok(metadata) if metadata.is_file() => metadata.len(),
                        Ok(_) => continue,
                        Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                        Err(error) => return Err(error),
                    },
                };
                met.push(folder, name, size);
            }
        }
        Ok(met.in_order(&self.root))
    }

    /// Removes what has lain in `tmp/` for longer than [`STALE`]; returns how many files that were.
    pub fn sweep(&self) -> io::Result<usize> {
        let mut removed = 0;
        for item in fs::read_dir(self.root.join("tmp"))? {
            let item = item?;
            let age = item.metadata().and_then(|metadata| metadata.modified()).ok().and_then(|at| at.elapsed().ok());
            if age.is_some_and(|age| age > STALE) && fs::remove_file(item.path()).is_ok() {
                removed += 1;
            }
        }
        Ok(removed)
    }
}

/// A message being delivered: write it, then [`commit`](Self::commit).
#[derive(Debug)]
pub struct Delivery {
    maildir: Maildir,
    /// `None` once it was committed.
    file: Option<File>,
    path: PathBuf,
    unique: String,
    size: u64,
    flags: Option<String>,
}

impl Delivery {
    /// What will name the message for as long as it exists, but for the size behind it: for a log, or a trace field.
    pub fn id(&self) -> &str {
        self.unique.rsplit_once('.').map_or(&self.unique, |(id, _host)| id)
    }

    /// The octets written so far.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Files the message under `cur/` with these flags instead of under `new/`: for imports and sent mail.
    #[must_use]
    pub fn with_flags(mut self, flags: &[Flag]) -> Self {
        self.flags = Some(letters(flags));
        self
    }

    /// Syncs the file, renames it into place and syncs the folder.
    ///
    /// When this returns, the message survives a crash; when it fails, the message is not in the mailbox.
    pub fn commit(mut self) -> io::Result<Entry> {
        let Some(file) = self.file.take() else { return Err(io::ErrorKind::InvalidInput.into()) };
        let filed = self.file_away(&file);
        if filed.is_err() {
            // The error that matters is the first one; what stays in tmp is swept in time.
            let _gone = fs::remove_file(&self.path);
        }
        filed
    }

    fn file_away(&self, file: &File) -> io::Result<Entry> {
        file.sync_all()?;
        let (folder, name) = match &self.flags {
            Some(flags) => (Folder::Cur, std::format!("{},S={}:2,{flags}", self.unique, self.size)),
            None => (Folder::New, std::format!("{},S={}", self.unique, self.size)),
        };
        let target = self.maildir.root.join(folder.name());
        fs::rename(&self.path, target.join(&name))?;
        if let Err(error) = sync_folder(&target) {
            // Whoever is told that it failed gives it again: it must not be here twice.
            let _gone = fs::remove_file(target.join(&name));
            return Err(error);
        }
        Ok(Entry::new(&self.maildir.root, folder, name, self.size))
    }
}

impl Write for Delivery {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        let Some(file) = &mut self.file else { return Err(io::ErrorKind::InvalidInput.into()) };
        let written = file.write(octets)?;
        self.size += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.as_mut().map_or(Ok(()), File::flush)
    }
}

impl Drop for Delivery {
    fn drop(&mut self) {
        if self.file.take().is_some() {
            // Nobody is left to hear of an error here, and `sweep` finds what stays.
            let _gone = fs::remove_file(&self.path);
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Folder {
    New,
    Cur,
}

impl Folder {
    const fn name(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Cur => "cur",
        }
    }
}

/// One message of a [`Maildir`], as it was when it was listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    root: Arc<Path>,
    name: Box<str>,
    /// How much of the name stands before the flags: asked of each message of many, several times.
    unique: u32,
    folder: Folder,
    size: u64,
}

impl Entry {
    fn new(root: &Arc<Path>, folder: Folder, name: impl Into<Box<str>>, size: u64) -> Self {
        let name = name.into();
        let unique = without_flags(&name).len();
        // A file name is some hundred octets at the most.
        let unique = u32::try_from(unique).unwrap_or(u32::MAX);
        Self { root: Arc::clone(root), name, unique, folder, size }
    }

    /// What names the message for as long as it exists, whatever its flags: the file name without them.
    pub fn unique(&self) -> &str {
        self.name.get(..self.unique as usize).unwrap_or(&self.name)
    }

    /// The mark that [`Maildir::deliver_marked`] gave it.
    pub fn mark(&self) -> Option<&str> {
        let (_, mark) = self.unique().split('.').nth(1)?.split_once('X')?;
        Some(mark)
    }

    /// Its size in octets, as stored.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// No reader has moved it to `cur/` yet.
    pub fn is_new(&self) -> bool {
        self.folder == Folder::New
    }

    /// Its flags, in the order of the name.
    pub fn flags(&self) -> impl Iterator<Item = Flag> + '_ {
        self.name.split_once(":2,").map_or("", |(_, flags)| flags).chars().map(Flag::of_letter)
    }

    /// Its file.
    pub fn path(&self) -> PathBuf {
        self.root.join(self.folder.name()).join(&*self.name)
    }

    /// Opens it for reading; where another process has flagged it since, it is looked for by its unique name.
    pub fn open(&mut self) -> io::Result<File> {
        match File::open(self.path()) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                self.find()?;
                File::open(self.path())
            }
            opened => opened,
        }
    }

    /// Files it under `cur/` with exactly these flags.
    pub fn set_flags(&mut self, flags: &[Flag]) -> io::Result<()> {
        let name = std::format!("{}:2,{}", self.unique(), letters(flags));
        let target = self.root.join(Folder::Cur.name()).join(&name);
        if let Err(error) = fs::rename(self.path(), &target) {
            if error.kind() != io::ErrorKind::NotFound {
                return Err(error);
            }
            self.find()?;
            fs::rename(self.path(), &target)?;
        }
        *self = Self::new(&self.root, Folder::Cur, name, self.size);
        Ok(())
    }

    /// Deletes it for good. Gone already is as good as deleted.
    pub fn delete(mut self) -> io::Result<()> {
        match fs::remove_file(self.path()) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => match self.find() {
                Ok(()) => fs::remove_file(self.path()),
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
                Err(error) => Err(error),
            },
            removed => removed,
        }
    }

    /// Looks for the file under whatever flags it has now.
    fn find(&mut self) -> io::Result<()> {
        for folder in [Folder::Cur, Folder::New] {
            for item in fs::read_dir(self.root.join(folder.name()))? {
                let same = |name: &String| without_flags(name) == self.unique();
                if let Some(name) = item?.file_name().into_string().ok().filter(same) {
                    *self = Self::new(&self.root, folder, name, self.size);
                    return Ok(());
                }
            }
        }
        Err(io::ErrorKind::NotFound.into())
    }
}

/// What a reader noted about a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Flag {
    /// `D`: the user considers it a draft.
    Draft,
    /// `F`: marked by the user.
    Flagged,
    /// `P`: resent, forwarded or bounced.
    Passed,
    /// `R`: replied to.
    Replied,
    /// `S`: seen.
    Seen,
    /// `T`: in the trash, to be deleted.
    Trashed,
    /// Any other letter: an implementation's own.
    Other(char),
}

impl Flag {
    fn of_letter(letter: char) -> Self {
        match letter {
            'D' => Self::Draft,
            'F' => Self::Flagged,
            'P' => Self::Passed,
            'R' => Self::Replied,
            'S' => Self::Seen,
            'T' => Self::Trashed,
            other => Self::Other(other),
        }
    }

    /// Its letter in a file name.
    pub fn letter(self) -> char {
        match self {
            Self::Draft => 'D',
            Self::Flagged => 'F',
            Self::Passed => 'P',
            Self::Replied => 'R',
            Self::Seen => 'S',
            Self::Trashed => 'T',
            Self::Other(letter) => letter,
        }
    }
}

impl fmt::Display for Flag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.letter())
    }
}

/// The files that were met, as the system gives them: in no order. Their names lie one behind the other.
#[derive(Default)]
struct Met {
    names: String,
    /// Where the name is, and the folder and the size.
    files: Vec<(Range<usize>, Folder, u64)>,
}

impl Met {
    fn push(&mut self, folder: Folder, name: &str, size: u64) {
        let from = self.names.len();
        self.names.push_str(name);
        self.files.push((from..self.names.len(), folder, size));
    }

    fn name(&self, at: usize) -> &str {
        &self.names[self.files[at].0.clone()]
    }

    /// By the time of delivery, and then by name; each message once: one whose flags change while a folder is read may be
    /// met under both names.
    fn in_order(&self, root: &Arc<Path>) -> Vec<Entry> {
        // A name is read once, and compared only with names of the same time: nearly never.
        let mut order: Vec<_> = (0..self.files.len()).map(|at| (time_key(self.name(at)), at)).collect();
        radix::sort(&mut order);
        for alike in order.chunk_by_mut(|a, b| a.0 == b.0).filter(|alike| alike.len() > 1) {
            alike.sort_by(|a, b| by_name(self.name(a.1), self.name(b.1)));
        }
        // What is needed of each is fetched from all over the place, which a loop that does nothing else does for several at
        // a time. From here on everything lies in the order in which it is wanted.
        let files: Vec<_> = order.iter().map(|(_, at)| self.files[*at].clone()).collect();
        let mut names = String::with_capacity(self.names.len());
        for (name, _, _) in &files {
            names.push_str(&self.names[name.clone()]);
        }
        let (mut entries, mut rest): (Vec<Entry>, _) = (Vec::with_capacity(files.len()), &*names);
        for (place, folder, size) in files {
            let (name, others) = rest.split_at(place.len());
            rest = others;
            if entries.last().is_none_or(|before| before.unique() != without_flags(name)) {
                entries.push(Entry::new(root, folder, name, size));
            }
        }
        entries
    }
}

/// The order of messages, by their names.
fn by_name(a: &str, b: &str) -> std::cmp::Ordering {
    delivered_at(a).cmp(&delivered_at(b)).then_with(|| a.cmp(b))
}

/// A number that is smaller for no name that comes later by [`by_name`]. Names to which that is not all there is to say of
/// their time have the same number.
fn time_key(name: &str) -> u64 {
    const MICROS: u32 = 20;
    let (seconds, micros) = delivered_at(name);
    if seconds >> (u64::BITS - MICROS) != 0 {
        return u64::MAX;
    }
    seconds << MICROS | micros.min((1 << MICROS) - 1)
}

/// A file name up to its flags.
fn without_flags(name: &str) -> &str {
    memchr(b':', name.as_bytes()).map_or(name, |at| &name[..at])
}

/// The letters of `flags`, sorted and once each, as the specification wants them. Only letters: a flag can't forge a
/// path.
fn letters(flags: &[Flag]) -> String {
    let mut letters: Vec<char> = flags.iter().map(|flag| flag.letter()).filter(char::is_ascii_alphabetic).collect();
    letters.sort_unstable();
    letters.dedup();
    letters.into_iter().collect()
}

/// The `,S=` of a file name: the size in octets.
fn size_in_name(name: &str) -> Option<u64> {
    let mut rest = without_flags(name);
    while let Some(at) = memchr(b',', rest.as_bytes()) {
        rest = &rest[at + 1..];
        let note = rest.strip_prefix("S=").map(|size| &size[..memchr(b',', size.as_bytes()).unwrap_or(size.len())]);
        if let Some(size) = note.and_then(|size| size.parse().ok()) {
            return Some(size);
        }
    }
    None
}

/// Seconds and microseconds of delivery, from a name.
fn delivered_at(name: &str) -> (u64, u64) {
    let (seconds, rest) = match memchr(b'.', name.as_bytes()) {
        Some(at) => (&name[..at], &name[at + 1..]),
        None => (name, ""),
    };
    let micros = rest
        .strip_prefix('M')
        .map_or("", |middle| &middle[..middle.bytes().position(|byte| !byte.is_ascii_digit()).unwrap_or(middle.len())]);
    (seconds.parse().unwrap_or(u64::MAX), micros.parse().unwrap_or(0))
}

/// A name that no other delivery of any process on any host has: time, process, count, chance and host.
fn unique_name(mark: &str) -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let chance = RandomState::new().build_hasher().finish() as u32;
    std::format!(
        "{}.M{:06}P{}Q{count}R{chance:08x}{mark}.{}",
        now.as_secs(),
        now.subsec_micros(),
        std::process::id(),
        host_name()
    )
}

/// This host's name, with what a Maildir name must not hold written as the specification says.
fn host_name() -> String {
    let name = std::env::var("HOSTNAME")
        .ok()
        .or_else(|| fs::read_to_string("/etc/hostname").ok())
        .map(|name| name.trim().to_string())
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| "localhost".to_string());
    let mut clean = String::with_capacity(name.len());
    for c in name.chars() {
        match c {
            '/' => clean.push_str("\\057"),
            ':' => clean.push_str("\\072"),
            c if c.is_ascii_graphic() && c != ',' => clean.push(c),
            _ => clean.push('_'),
        }
    }
    clean
}

/// Makes a rename in `folder` survive a crash. Where a folder can't be opened as a file, the platform needs no such
/// thing.
fn sync_folder(folder: &Path) -> io::Result<()> {
    #[cfg(unix)]
    File::open(folder)?.sync_all()?;
    #[cfg(not(unix))]
    let _ = folder;
    Ok(())
}

#[cfg(test)]
mod tests;
