//! An mbox file as a maildrop.

use super::maildrop::{lock, trouble};
use super::memory::sync_folder;
use super::target::DotLock;
use crate::mime::mbox::{Dialect, Event, Reader};
use crate::pop3::{Entry, Maildrop, Octets, Trouble};
use crate::syntax::hex::hex;
use sha2::{Digest, Sha256};
use std::boxed::Box;
use std::collections::HashMap;
use std::format;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::string::String;
use std::vec;
use std::vec::Vec;

/// An mbox file (mboxrd), open and locked for one session.
///
/// Other POP3 sessions are kept out by a lock on `FILE.pop3.lock` (`[IN-USE]`), which ends with the process. Deliverers are
/// kept out, by `FILE.lock` and a lock on the file, only while it is listed and while messages are taken out of it: what they
/// append in between stays, and is in the next session. Messages are taken out by writing the others to a new file that then
/// takes the old one's name, so that a crash leaves either.
///
/// A message has as its unique id the hash of what it says; of messages that say the same, all but the first have a number
/// behind it.
#[derive(Debug)]
pub struct MboxDrop {
    path: PathBuf,
    /// Held, not used; `None` after the session.
    lock: Option<File>,
    /// The file that was listed, whatever has its name by now.
    file: File,
    messages: Vec<Range<u64>>,
    reading: Option<Reading>,
}

/// A message on its way out.
#[derive(Debug)]
struct Reading {
    message: usize,
    reader: Reader,
    /// Where in the file reading goes on.
    at: u64,
    rx: Vec<u8>,
    /// Read and not given yet.
    ready: Vec<u8>,
    given: usize,
    /// How much was given before `ready`.
    offset: u64,
    over: bool,
}

impl MboxDrop {
    /// Opens and locks the mbox file at `path`.
    ///
    /// # Errors
    ///
    /// [`Trouble::InUse`] where another session has it; [`Trouble::Permanent`] where it is not there, or may not be opened;
    /// [`Trouble::Temporary`] for anything else that the system says.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, Trouble> {
        let path = path.into();
        let file = File::open(&path).map_err(trouble)?;
        let lock = lock(&beside(&path, ".pop3.lock"))?;
        Ok(Self { path, lock: Some(lock), file, messages: Vec::new(), reading: None })
    }

    fn scan(&mut self) -> io::Result<Vec<Entry>> {
        let _lock = DotLock::take(beside(&self.path, ".lock"))?;
        self.file.lock_shared()?;
        let scanned = self.scanned();
        self.file.unlock()?;
        scanned
    }

    fn scanned(&mut self) -> io::Result<Vec<Entry>> {
        let (mut reader, mut rx, mut chunk) = (Reader::new(Dialect::Rd), Vec::new(), vec![0; 1 << 16]);
        let (mut entries, mut seen) = (Vec::new(), HashMap::<String, u64>::new());
        let (mut hash, mut octets) = (Sha256::new(), Octets::new());
        // Octets taken, and where the message began.
        let (mut taken, mut from) = (0_u64, 0);
        self.file.seek(SeekFrom::Start(0))?;
        loop {
            let count = self.file.read(&mut chunk)?;
            rx.extend_from_slice(&chunk[..count]);
            if count == 0 {
                reader.eof();
            }
            let mut input = &rx[..];
            loop {
                let before = input.len();
                let told = match reader.recv(&mut input) {
                    Ok(told) => told,
                    Err(never) => match never {},
                };
                taken += (before - input.len()) as u64;
                match told {
                    Some(Event::Begin(_)) => {}
                    Some(Event::Data(piece)) => {
                        hash.update(piece);
                        octets.push(piece);
                    }
                    Some(Event::End) => {
                        let said = core::mem::take(&mut hash).finalize();
                        let hash = hex(&said[..16]);
                        let times = seen.entry(hash.clone()).or_insert(0);
                        *times += 1;
                        let id: Box<str> = if *times == 1 { hash.into() } else { format!("{hash}.{times}").into() };
                        entries.push(Entry { octets: octets.total(), id });
                        self.messages.push(from..taken);
                        (octets, from) = (Octets::new(), taken);
                    }
                    None if before == input.len() => break,
                    None => {}
                }
            }
            let left = input.len();
            rx.drain(..rx.len() - left);
            if count == 0 {
                return Ok(entries);
            }
        }
    }

    fn read_at(&mut self, message: usize, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let range = self.messages.get(message).cloned().ok_or(ErrorKind::NotFound)?;
        let mut reading = match self.reading.take() {
            Some(reading) if reading.message == message && reading.offset + reading.given as u64 <= offset => reading,
            _ => Reading::new(message, range.start),
        };
        loop {
            let have = reading.offset + reading.given as u64;
            let ready = &reading.ready[reading.given..];
            if have < offset {
                let skipped = ready.len().min(usize::try_from(offset - have).unwrap_or(usize::MAX));
                reading.given += skipped;
                if skipped > 0 {
                    continue;
                }
            } else if !ready.is_empty() {
                let count = ready.len().min(buffer.len());
                buffer[..count].copy_from_slice(&ready[..count]);
                reading.given += count;
                self.reading = Some(reading);
                return Ok(count);
            }
            if reading.over {
                return Ok(0);
            }
            reading.more(&mut self.file, range.end)?;
        }
    }

    /// Writes the messages that stay, and what came meanwhile, to a new file, and gives it the old one's name.
    fn take_out(&mut self, marked: &[usize]) -> io::Result<()> {
        let _dot = DotLock::take(beside(&self.path, ".lock"))?;
        let mut now = OpenOptions::new().read(true).write(true).open(&self.path)?;
        now.lock()?;
        let scanned = self.messages.last().map_or(0, |last| last.end);
        let length = now.metadata()?.len();
        if !same(&now, &self.file)? || length < scanned {
            return Err(io::Error::other("another program has changed the mbox"));
        }
        // A link keeps its target: who delivers there must not go on in a file that nobody looks at any more.
        let place = fs::canonicalize(&self.path)?;
        let fresh_path = beside(&place, ".pop3.new");
        let mut fresh = File::create(&fresh_path)?;
        fresh.set_permissions(now.metadata()?.permissions())?;
        let kept = self.messages.iter().enumerate().filter(|(index, _)| !marked.contains(index));
        for range in kept.map(|(_, range)| range.clone()).chain([scanned..length]) {
            now.seek(SeekFrom::Start(range.start))?;
            let octets = range.end - range.start;
            if io::copy(&mut (&mut now).take(octets), &mut fresh)? != octets {
                return Err(ErrorKind::UnexpectedEof.into());
            }
        }
        fresh.sync_all()?;
        fs::rename(&fresh_path, &place)?;
        sync_folder(&place)
    }
}

impl Reading {
    fn new(message: usize, at: u64) -> Self {
        Self {
            message,
            reader: Reader::new(Dialect::Rd),
            at,
            rx: Vec::new(),
            ready: Vec::new(),
            given: 0,
            offset: 0,
            over: false,
        }
    }

    /// Reads on, as far as `end`.
    fn more(&mut self, file: &mut File, end: u64) -> io::Result<()> {
        self.offset += self.ready.len() as u64;
        self.ready.clear();
        self.given = 0;
        let mut chunk = [0; 1 << 14];
        let most = chunk.len().min(usize::try_from(end.saturating_sub(self.at)).unwrap_or(usize::MAX));
        file.seek(SeekFrom::Start(self.at))?;
        let count = file.read(&mut chunk[..most])?;
        self.at += count as u64;
        self.rx.extend_from_slice(&chunk[..count]);
        if count == 0 {
            self.reader.eof();
            self.over = true;
        }
        let mut input = &self.rx[..];
        loop {
            let before = input.len();
            match self.reader.recv(&mut input) {
                Ok(Some(Event::Data(piece))) => self.ready.extend_from_slice(piece),
                Ok(Some(Event::Begin(_) | Event::End)) => {}
                Ok(None) if before == input.len() => break,
                Ok(None) => {}
                Err(never) => match never {},
            }
        }
        let left = input.len();
        self.rx.drain(..self.rx.len() - left);
        Ok(())
    }
}

impl Maildrop for MboxDrop {
    fn list(&mut self) -> Result<Vec<Entry>, Trouble> {
        self.scan().map_err(trouble)
    }

    fn read(&mut self, message: usize, offset: u64, buffer: &mut [u8]) -> Result<usize, Trouble> {
        self.read_at(message, offset, buffer).map_err(trouble)
    }

    fn delete(&mut self, messages: &[usize]) -> Result<(), Trouble> {
        let _until_the_end = self.lock.take();
        self.reading = None;
        if messages.is_empty() { Ok(()) } else { self.take_out(messages).map_err(|_| Trouble::Temporary) }
    }
}

/// A name beside the file's.
pub(super) fn beside(path: &Path, extension: &str) -> PathBuf {
    let mut name = path.to_path_buf().into_os_string();
    name.push(extension);
    name.into()
}

/// Whether both are one file.
#[cfg(unix)]
fn same(one: &File, other: &File) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt;
    let (one, other) = (one.metadata()?, other.metadata()?);
    Ok((one.dev(), one.ino()) == (other.dev(), other.ino()))
}

/// Whether both are one file: not known here, where nobody renames over an open file.
#[cfg(not(unix))]
fn same(_: &File, _: &File) -> io::Result<bool> {
    Ok(true)
}
