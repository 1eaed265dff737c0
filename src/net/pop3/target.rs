//! Where collected mail goes: a Maildir, an mbox file, a folder of `.eml` files, or anything that can be written to.

use super::mailbox::Listed;
use super::memory::sync_folder;
use crate::mime::mbox::Writer;
use crate::mime::{DateTime, Offset};
use crate::net::maildir::{Delivery, Maildir};
use crate::syntax::hex::hex;
use sha2::{Digest, Sha256};
use std::collections::HashSet;
use std::format;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::PathBuf;
use std::string::{String, ToString};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use std::vec;
use std::vec::Vec;

/// Where collected mail goes.
pub trait Target {
    /// A message begins. `account` is whose it is.
    ///
    /// # Errors
    ///
    /// It can't be taken.
    fn begin(&mut self, account: &str, message: &Listed) -> io::Result<()>;

    /// Octets of the message, with CRLF line ends.
    ///
    /// # Errors
    ///
    /// As [`begin`](Self::begin).
    fn write(&mut self, octets: &[u8]) -> io::Result<()>;

    /// The message is whole. When this returns, it survives a crash. A target that can't tell by a message's id whether it
    /// holds it says by `intend` first where it will stand.
    ///
    /// # Errors
    ///
    /// It is not stored.
    fn store(&mut self, intend: &mut dyn FnMut(&str) -> io::Result<()>) -> io::Result<()>;

    /// What came of the message is a part of it.
    fn discard(&mut self);

    /// Whether a message is held of which no note was made, perhaps since a crash came between; `intent` is what it said
    /// of it, if anything.
    ///
    /// # Errors
    ///
    /// What the system says.
    fn holds(&mut self, account: &str, id: &str, intent: Option<&str>) -> io::Result<bool>;
}

/// What marks a message in the name of its file: of whose it is and of its unique id, in hexadecimal.
fn mark(account: &str, id: &str) -> String {
    let hash = Sha256::new().chain_update(account).chain_update([0]).chain_update(id).finalize();
    hex(&hash[..12])
}

/// Into a Maildir.
#[derive(Debug)]
pub struct ToMaildir {
    maildir: Maildir,
    delivery: Option<Delivery>,
    /// The marks in the names that are there, once somebody asked.
    marks: Option<HashSet<String>>,
}

impl ToMaildir {
    /// Into the Maildir at `root`, making it where it is missing.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub fn create(root: impl Into<PathBuf>) -> io::Result<Self> {
        let maildir = Maildir::create(root)?;
        maildir.sweep()?;
        Ok(Self { maildir, delivery: None, marks: None })
    }
}

impl Target for ToMaildir {
    fn begin(&mut self, account: &str, message: &Listed) -> io::Result<()> {
        self.delivery = Some(match &message.id {
            Some(id) => self.maildir.deliver_marked(&mark(account, id))?,
            None => self.maildir.deliver()?,
        });
        Ok(())
    }

    fn write(&mut self, octets: &[u8]) -> io::Result<()> {
        self.delivery.as_mut().ok_or(ErrorKind::InvalidInput)?.write_all(octets)
    }

    fn store(&mut self, _: &mut dyn FnMut(&str) -> io::Result<()>) -> io::Result<()> {
        self.delivery.take().ok_or(ErrorKind::InvalidInput)?.commit().map(drop)
    }

    fn discard(&mut self) {
        self.delivery = None;
    }

    fn holds(&mut self, account: &str, id: &str, _: Option<&str>) -> io::Result<bool> {
        let marks = match &mut self.marks {
            Some(marks) => marks,
            None => {
                let entries = self.maildir.entries()?;
                let marks = entries.iter().filter_map(|entry| entry.mark().map(ToString::to_string)).collect();
                self.marks.insert(marks)
            }
        };
        Ok(marks.contains(&mark(account, id)))
    }
}

/// Into a folder, each message a file of its own, with a name made of its unique id. For servers without unique ids it is
/// `NUMBER.eml`, or `NUMBER-2.eml` and so on where an earlier session's message has that name.
#[derive(Debug)]
pub struct ToFolder {
    folder: PathBuf,
    file: Option<(File, PathBuf, PathBuf)>,
    /// The name is the message's own, so that it may take the place of what has it.
    identified: bool,
}

impl ToFolder {
    /// Into the folder at `path`, making it where it is missing.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub fn create(path: impl Into<PathBuf>) -> io::Result<Self> {
        let folder = path.into();
        fs::create_dir_all(&folder)?;
        Ok(Self { folder, file: None, identified: false })
    }
}

/// The first name that no file has: `000001.eml`, `000001-2.eml`, ….
fn free_name(path: PathBuf) -> io::Result<PathBuf> {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let (mut free, mut times) = (path.clone(), 1_u64);
    while free.try_exists()? {
        times += 1;
        free = path.with_file_name(format!("{stem}-{times}.eml"));
    }
    Ok(free)
}

impl Target for ToFolder {
    fn begin(&mut self, account: &str, message: &Listed) -> io::Result<()> {
        let name = match &message.id {
            Some(id) => mark(account, id),
            None => format!("{:06}", message.number),
        };
        self.identified = message.id.is_some();
        // Not the name that it will have: half a message is none.
        let path = self.folder.join(format!(".{name}.part"));
        self.file = Some((File::create(&path)?, path, self.folder.join(format!("{name}.eml"))));
        Ok(())
    }

    fn write(&mut self, octets: &[u8]) -> io::Result<()> {
        self.file.as_mut().ok_or(ErrorKind::InvalidInput)?.0.write_all(octets)
    }

    fn store(&mut self, _: &mut dyn FnMut(&str) -> io::Result<()>) -> io::Result<()> {
        let (file, part, path) = self.file.take().ok_or(ErrorKind::InvalidInput)?;
        file.sync_all()?;
        let path = if self.identified { path } else { free_name(path)? };
        fs::rename(part, &path)?;
        sync_folder(&path)
    }

    fn discard(&mut self) {
        if let Some((_, part, _)) = self.file.take() {
            // What stays is overwritten by the next attempt.
            let _gone = fs::remove_file(part);
        }
    }

    fn holds(&mut self, account: &str, id: &str, _: Option<&str>) -> io::Result<bool> {
        self.folder.join(format!("{}.eml", mark(account, id))).try_exists()
    }
}

/// To the end of an mbox file, in the dialect mboxrd.
///
/// A message is kept aside (`FILE.part`) until it is whole. While it is added, the file is locked as deliverers do it: by
/// `FILE.lock` and by a lock of the system's.
#[derive(Debug)]
pub struct ToMbox {
    path: PathBuf,
    writer: Writer,
    part: Option<Part>,
}

/// A message on its way into an mbox file.
#[derive(Debug)]
struct Part {
    file: File,
    hash: Sha256,
    octets: u64,
    scratch: Vec<u8>,
}

impl ToMbox {
    /// To the end of the file at `path`, making it where it is missing.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), writer: Writer::new(), part: None }
    }

    fn beside(&self, extension: &str) -> PathBuf {
        super::mbox::beside(&self.path, extension)
    }

    fn lock(&self) -> io::Result<DotLock> {
        DotLock::take(self.beside(".lock"))
    }
}

impl Part {
    fn flush(&mut self) -> io::Result<()> {
        self.hash.update(&self.scratch);
        self.octets += self.scratch.len() as u64;
        self.file.write_all(&self.scratch)?;
        self.scratch.clear();
        Ok(())
    }
}

impl Target for ToMbox {
    fn begin(&mut self, _: &str, _: &Listed) -> io::Result<()> {
        let file = OpenOptions::new().create(true).truncate(true).read(true).write(true).open(self.beside(".part"))?;
        let mut part = Part { file, hash: Sha256::new(), octets: 0, scratch: Vec::new() };
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let date = DateTime::from_unix(i64::try_from(now).unwrap_or_default(), Offset::East(0));
        let date = date.map_err(|_| io::Error::other("a clock that no date can tell"))?;
        self.writer.begin("MAILER-DAEMON", date, &mut part.scratch).map_err(io::Error::other)?;
        self.part = Some(part);
        Ok(())
    }

    fn write(&mut self, octets: &[u8]) -> io::Result<()> {
        let part = self.part.as_mut().ok_or(ErrorKind::InvalidInput)?;
        self.writer.write(octets, &mut part.scratch);
        if part.scratch.len() > 1 << 16 { part.flush() } else { Ok(()) }
    }

    fn store(&mut self, intend: &mut dyn FnMut(&str) -> io::Result<()>) -> io::Result<()> {
        let mut part = self.part.take().ok_or(ErrorKind::InvalidInput)?;
        self.writer.end(&mut part.scratch);
        part.flush()?;
        let _lock = self.lock()?;
        let mut mbox = OpenOptions::new().create(true).read(true).append(true).open(&self.path)?;
        mbox.lock()?;
        end_last_message(&mut mbox)?;
        let at = mbox.seek(SeekFrom::End(0))?;
        let hash = hex(&part.hash.finalize());
        intend(&format!("{at} {} {hash}", part.octets))?;
        part.file.seek(SeekFrom::Start(0))?;
        let copied = io::copy(&mut part.file, &mut mbox).and_then(|_| mbox.sync_all());
        if let Err(error) = copied {
            // Half a message would be taken for a whole one.
            let _cut = mbox.set_len(at);
            return Err(error);
        }
        if at == 0 {
            sync_folder(&self.path)?;
        }
        // Kept for nothing from here on.
        let _gone = fs::remove_file(self.beside(".part"));
        Ok(())
    }

    fn discard(&mut self) {
        if self.part.take().is_some() {
            let _gone = fs::remove_file(self.beside(".part"));
        }
    }

    fn holds(&mut self, _: &str, _: &str, intent: Option<&str>) -> io::Result<bool> {
        let Some(place) = intent.and_then(Place::parse) else { return Ok(false) };
        let _lock = self.lock()?;
        let mut mbox = match OpenOptions::new().read(true).write(true).open(&self.path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
            opened => opened?,
        };
        mbox.lock()?;
        let length = mbox.metadata()?.len();
        if length < place.at + place.octets {
            // A crash cut the message short, and nobody wrote behind it: what is there of it goes.
            if length > place.at {
                mbox.set_len(place.at)?;
                mbox.sync_all()?;
            }
            return Ok(false);
        }
        Ok(hash_of(&mut mbox, place.at, place.octets)? == place.hash)
    }
}

/// A message begins behind an empty line, whatever was left there.
fn end_last_message(mbox: &mut File) -> io::Result<()> {
    let length = mbox.seek(SeekFrom::End(0))?;
    let mut last = [b'\n'; 2];
    let known = length.min(2);
    mbox.seek(SeekFrom::Start(length - known))?;
    mbox.read_exact(&mut last[2 - known as usize..])?;
    let missing = last.iter().rev().take_while(|&&octet| octet == b'\n').count();
    mbox.write_all(&b"\n\n"[missing..])
}

/// Where in an mbox file a message was to stand.
struct Place {
    at: u64,
    octets: u64,
    hash: String,
}

impl Place {
    fn parse(text: &str) -> Option<Self> {
        let mut words = text.split(' ');
        let (at, octets) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
        Some(Self { at, octets, hash: words.next()?.to_string() })
    }
}

fn hash_of(file: &mut File, at: u64, octets: u64) -> io::Result<String> {
    file.seek(SeekFrom::Start(at))?;
    let (mut hash, mut buffer, mut left) = (Sha256::new(), vec![0; 1 << 16], octets);
    while left > 0 {
        let most = buffer.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        let count = file.read(&mut buffer[..most])?;
        if count == 0 {
            break;
        }
        hash.update(&buffer[..count]);
        left -= count as u64;
    }
    Ok(hex(&hash.finalize()))
}

/// The file that keeps deliverers out of an mbox while it is there.
#[derive(Debug)]
pub(super) struct DotLock(PathBuf);

impl DotLock {
    /// How long to wait for somebody else's.
    const PATIENCE: Duration = Duration::from_secs(30);
    /// Older than this, it was left by a crash, as deliverers have it.
    const STALE: Duration = Duration::from_mins(5);

    pub(super) fn take(path: PathBuf) -> io::Result<Self> {
        let due = Instant::now() + Self::PATIENCE;
        loop {
            match OpenOptions::new().write(true).create_new(true).open(&path) {
                Ok(_) => return Ok(Self(path)),
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
            let age = fs::metadata(&path).and_then(|found| found.modified()).ok().and_then(|at| at.elapsed().ok());
            if age.is_some_and(|age| age > Self::STALE) {
                // Whoever removes it first, the next round tells who makes it anew.
                let _gone = fs::remove_file(&path);
            } else if Instant::now() >= due {
                return Err(io::Error::new(ErrorKind::TimedOut, format!("{} stays locked", path.display())));
            } else {
                std::thread::sleep(Duration::from_millis(50));
            }
        }
    }
}

impl Drop for DotLock {
    fn drop(&mut self) {
        let _gone = fs::remove_file(&self.0);
    }
}

/// To anything that can be written to, one message behind the other as they came: a pipe, standard output. Nothing is
/// safe there, so nothing that goes there may be deleted.
#[derive(Debug)]
pub struct ToWriter<W>(pub W);

impl<W: Write> Target for ToWriter<W> {
    fn begin(&mut self, _: &str, _: &Listed) -> io::Result<()> {
        Ok(())
    }
    fn write(&mut self, octets: &[u8]) -> io::Result<()> {
        self.0.write_all(octets)
    }
    fn store(&mut self, _: &mut dyn FnMut(&str) -> io::Result<()>) -> io::Result<()> {
        self.0.flush()
    }
    fn discard(&mut self) {}
    fn holds(&mut self, _: &str, _: &str, _: Option<&str>) -> io::Result<bool> {
        Ok(false)
    }
}

impl<T: Target + ?Sized> Target for std::boxed::Box<T> {
    fn begin(&mut self, account: &str, message: &Listed) -> io::Result<()> {
        (**self).begin(account, message)
    }
    fn write(&mut self, octets: &[u8]) -> io::Result<()> {
        (**self).write(octets)
    }
    fn store(&mut self, intend: &mut dyn FnMut(&str) -> io::Result<()>) -> io::Result<()> {
        (**self).store(intend)
    }
    fn discard(&mut self) {
        (**self).discard();
    }
    fn holds(&mut self, account: &str, id: &str, intent: Option<&str>) -> io::Result<bool> {
        (**self).holds(account, id, intent)
    }
}
