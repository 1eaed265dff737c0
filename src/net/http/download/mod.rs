//! Downloads: segments in parallel, resumed after a break, checked at the end.
//!
//! A first request asks for length, version and range support. With all three the file is fetched in segments by as many
//! threads into one preallocated `NAME.part`, beside which a [`plan`] remembers what has come; a run that was cut short
//! goes on from there, if `If-Range` proves that the file is still the same. Without them it comes in one stream. Only a
//! whole file gets its final name.
//!
//! ```no_run
//! use plainwire::net::http::{Opener, download::Download};
//!
//! let done = Download::new("https://example.com/disk.img", "disk.img")
//!     .segments(4)
//!     .run(&Opener::new(), &|progress| println!("{} octets", progress.done))?;
//! println!("{} octets", done.length);
//! # Ok::<(), plainwire::net::http::Error>(())
//! ```

pub mod plan;

use super::error::without_password;
use super::{Body, Error, Opener, Request, Response};
use crate::net::limits::due_in;
use crate::syntax::hex::hex;
use crate::url::Url;
use plan::{Plan, Segment, Validator};
use sha2::{Digest as _, Sha256, Sha512};
use std::format;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::string::{String, ToString};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};
use std::vec::Vec;

/// How often what has come is written into the plan, and told.
const SAVE: Duration = Duration::from_millis(200);

/// How far a download is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The length of the whole, in octets, where it is known.
    pub length: Option<u64>,
    /// Octets in the file.
    pub done: u64,
    /// Octets that were in the file when this run began.
    pub resumed: u64,
    /// Octets done, and the length, of each segment.
    pub segments: Vec<(u64, u64)>,
    /// Since this run began.
    pub elapsed: Duration,
}

impl Progress {
    /// Octets a second in this run.
    pub fn rate(&self) -> u64 {
        let millis = u64::try_from(self.elapsed.as_millis()).unwrap_or(u64::MAX).max(1);
        (self.done - self.resumed).saturating_mul(1000) / millis
    }

    /// How long the rest takes at that rate.
    pub fn left(&self) -> Option<Duration> {
        let (length, rate) = (self.length?, self.rate());
        (rate > 0).then(|| Duration::from_secs(length.saturating_sub(self.done) / rate))
    }
}

/// What a download came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// The file, under its final name.
    pub path: PathBuf,
    /// Its length, in octets.
    pub length: u64,
    /// Octets that an earlier run had fetched.
    pub resumed: u64,
    /// The checksum that was asked for, in hexadecimal digits.
    pub checksum: Option<String>,
}

#[derive(Clone, Debug)]
enum Checksum {
    Sha256(String),
    Sha512(String),
}

/// A download to be made.
#[doc(alias = "urlretrieve")]
#[derive(Clone)]
pub struct Download {
    url: String,
    /// The request that it goes by. In a mutex because a body need not be [`Sync`]; there is none here.
    like: Option<Arc<Mutex<Request>>>,
    path: PathBuf,
    segments: usize,
    checksum: Option<Checksum>,
    tries: u32,
    back_off: Duration,
}

/// A URL may have a password in it, which is left out.
impl core::fmt::Debug for Download {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Download")
            .field("url", &without_password(&self.url))
            .field("path", &self.path)
            .field("segments", &self.segments)
            .finish_non_exhaustive()
    }
}

impl Download {
    /// Fetches `url` into the file `path`: one segment, no checksum, five tries for each segment.
    pub fn new(url: impl Into<String>, path: impl Into<PathBuf>) -> Self {
        Self {
            url: url.into(),
            like: None,
            path: path.into(),
            segments: 1,
            checksum: None,
            tries: 5,
            back_off: Duration::from_millis(500),
        }
    }

    /// Fetches what this GET asks for, as [`new`](Self::new) does: its fields and its credentials go with the request for
    /// each part. Where a redirect leads to another origin, credentials and cookies stay behind, as they do elsewhere.
    ///
    /// What can't be kept is refused by [`run`](Self::run): another method, a body, and fields that say which part is
    /// wanted or on what condition.
    ///
    /// ```
    /// use plainwire::net::http::{Request, download::Download};
    ///
    /// let request = Request::get("https://example.com/big.iso")?.field("X-Key", "k-42")?;
    /// let download = Download::of(request, "big.iso").segments(4);
    /// # Ok::<(), plainwire::net::http::Error>(())
    /// ```
    pub fn of(request: Request, path: impl Into<PathBuf>) -> Self {
        let url = request.url().as_str().to_string();
        Self { like: Some(Arc::new(Mutex::new(request))), ..Self::new(url, path) }
    }

    /// In so many segments, at most 32, each over its own connection.
    #[must_use]
    pub fn segments(mut self, count: usize) -> Self {
        self.segments = count.clamp(1, 32);
        self
    }

    /// Tries each segment so often before giving up, waiting longer each time: `back_off`, then twice that, and so on.
    #[must_use]
    pub fn tries(mut self, tries: u32, back_off: Duration) -> Self {
        self.tries = tries.max(1);
        self.back_off = back_off;
        self
    }

    /// The file has to have this checksum: `sha256:` or `sha512:` and hexadecimal digits.
    ///
    /// # Errors
    ///
    /// [`Error::Unsayable`] where it is none.
    pub fn checksum(mut self, checksum: &str) -> Result<Self, Error> {
        let (name, digits) = checksum.split_once(':').unwrap_or(("", checksum));
        let digits = digits.to_ascii_lowercase();
        let hex = digits.bytes().all(|octet| octet.is_ascii_hexdigit());
        self.checksum = Some(match (name, digits.len()) {
            ("sha256", 64) if hex => Checksum::Sha256(digits),
            ("sha512", 128) if hex => Checksum::Sha512(digits),
            _ => return Err(Error::Unsayable(format!("{checksum:?} is no checksum such as sha256:HEX"))),
        });
        Ok(self)
    }

    /// Runs it. `watch` is told several times a second how far it is, from several threads.
    ///
    /// # Errors
    ///
    /// [`Error`]. What had come by then stays in `NAME.part` for the next run, except where the file turned out to be
    /// another one ([`Error::Checksum`]).
    pub fn run(&self, opener: &Opener, watch: &(dyn Fn(&Progress) + Sync)) -> Result<Done, Error> {
        self.is_sayable()?;
        let path = self.target()?;
        // Ranges count octets as they are stored: no content coding.
        let opener = &opener.clone().codings(None);
        let (part, memory) = (beside(&path, "part"), beside(&path, "part.plan"));
        // Asked first: what is refused leaves no file behind.
        let mut first = Some(self.ask(opener)?);
        let _held = hold(&part)?;
        let mut again = false;
        loop {
            let asked = match first.take() {
                Some(asked) => asked,
                None => self.ask(opener)?,
            };
            let outcome = match asked {
                First::Whole(response) => stream(response, &part, watch).inspect_err(|_| {
                    // No other run can go on from it; that it can't be removed changes nothing.
                    let _gone = remove(&part);
                }),
                First::Ranges { length, validator, url, version } => {
                    // What is written down is no place for a password.
                    let target = url.clone();
                    let url = without_credentials(&url)?;
                    let known = fs::read_to_string(&memory).ok().and_then(|text| Plan::parse(&text).ok());
                    let known = known.filter(|plan| plan.is_of(&url, length, validator.as_ref()));
                    let known = known.filter(|_| fs::metadata(&part).is_ok_and(|about| about.len() == length));
                    // Where nothing tells versions apart, parts can't be known to belong together: it comes in one.
                    let count = if version.is_unknown() { 1 } else { self.segments };
                    let plan = known.unwrap_or_else(|| Plan::new(&url, length, validator, count));
                    self.parallel(opener, (&target, version), plan, &part, &memory, watch)
                }
            };
            match outcome {
                // It changed while it came: what came of the old one is worth nothing.
                Err(Error::Changed(_)) if !again => {
                    again = true;
                    remove(&memory)?;
                }
                Err(error) => return Err(error),
                Ok((length, resumed)) => {
                    let checksum = self.verify(&part).inspect_err(|error| {
                        if matches!(error, Error::Checksum { .. }) {
                            // Nothing of it is worth keeping; that it can't be removed changes nothing.
                            let _gone = (remove(&memory), remove(&part));
                        }
                    })?;
                    let failed = failed_at(&path);
                    File::open(&part).and_then(|file| file.sync_all()).map_err(&failed)?;
                    fs::rename(&part, &path).map_err(&failed)?;
                    remove(&memory)?;
                    return Ok(Done { path: self.path.clone(), length, resumed, checksum });
                }
            }
        }
    }

    /// Where the file goes: what a symbolic link leads to, and never a device or a folder.
    fn target(&self) -> Result<PathBuf, Error> {
        let path = fs::canonicalize(&self.path).unwrap_or_else(|_| self.path.clone());
        let kind = match fs::metadata(&path) {
            Ok(about) if about.is_file() => return Ok(path),
            Ok(about) if about.is_dir() => io::ErrorKind::IsADirectory.into(),
            Ok(_) => io::Error::other("it is no regular file, and a download is put together in one"),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(path),
            Err(error) => error,
        };
        Err(failed_at(&self.path)(kind))
    }

    /// A request for all of it, at the URL that was given or where that has led.
    fn request_for(&self, url: &str) -> Result<Request, Error> {
        let mut request = match &self.like {
            Some(like) => locked(like).without_body(),
            None => Request::get(&self.url)?,
        };
        let wrong = |reason: String| Error::Url { url: without_password(url), reason };
        request.move_to(Url::parse(url).map_err(|error| wrong(error.to_string()))?);
        Ok(request)
    }

    /// The request asks for a whole, and for nothing else.
    fn is_sayable(&self) -> Result<(), Error> {
        let Some(like) = &self.like else { return Ok(()) };
        let like = locked(like);
        if like.method() != "GET" || !matches!(like.body, Body::Empty) {
            return Err(Error::Unsayable("a download is a GET without a body".to_string()));
        }
        let ours = ["range", "if-range", "if-match", "if-none-match", "if-modified-since", "if-unmodified-since"];
        match ours.iter().find(|name| like.has(name)) {
            Some(name) => Err(Error::Unsayable(format!("{name} is said by the download itself"))),
            None => Ok(()),
        }
    }

    /// The first octet is asked for: the answer tells length, version and whether ranges are had.
    fn ask(&self, opener: &Opener) -> Result<First, Error> {
        let mut tried = 0;
        loop {
            tried += 1;
            let asked = self.request_for(&self.url)?.field("Range", "bytes=0-0")?;
            let answer = opener.open(asked).and_then(|response| match response.status() {
                // An empty file has no first octet.
                416 => opener.open(self.request_for(&self.url)?).and_then(First::whole),
                206 => match First::of_range(response)? {
                    Some(first) => Ok(first),
                    None => opener.open(self.request_for(&self.url)?).and_then(First::whole),
                },
                _ => First::whole(response),
            });
            match answer {
                Ok(first) => return Ok(first),
                Err(error) if error.is_transient() && tried < self.tries => self.wait(tried),
                Err(error) => return Err(error),
            }
        }
    }

    fn wait(&self, tried: u32) {
        let end = due_in(self.back_off.saturating_mul(1 << (tried - 1).min(6)));
        while let Some(left) = end.checked_duration_since(Instant::now()).filter(|left| !left.is_zero()) {
            thread::park_timeout(left);
        }
    }

    fn parallel(
        &self,
        opener: &Opener,
        (url, version): (&str, Version),
        plan: Plan,
        part: &Path,
        memory: &Path,
        watch: &(dyn Fn(&Progress) + Sync),
    ) -> Result<(u64, u64), Error> {
        let failed = failed_at(part);
        let file = to_write().create(true).truncate(false).open(part).map_err(&failed)?;
        file.set_len(plan.length).map_err(&failed)?;
        save(memory, &plan)?;
        let (length, resumed) = (plan.length, plan.done());
        let run = Run {
            download: self,
            opener,
            url,
            version,
            part,
            memory,
            done: plan.segments.iter().map(|segment| AtomicU64::new(segment.done)).collect(),
            stop: AtomicBool::new(false),
            saved: Mutex::new(Instant::now()),
            start: Instant::now(),
            resumed,
            watch,
            plan,
        };
        let first_error = Mutex::new(None);
        thread::scope(|scope| {
            for index in 0..run.plan.segments.len() {
                let (run, first_error) = (&run, &first_error);
                scope.spawn(move || {
                    if let Err(error) = run.segment(index) {
                        // Told before the others stop: theirs would be that they were stopped.
                        locked(first_error).get_or_insert(error);
                        run.stop.store(true, Ordering::Relaxed);
                    }
                });
            }
        });
        run.tell();
        save(memory, &run.now())?;
        match first_error.into_inner().unwrap_or_else(PoisonError::into_inner) {
            Some(error) => Err(error),
            None => Ok((length, resumed)),
        }
    }

    fn verify(&self, part: &Path) -> Result<Option<String>, Error> {
        let Some(checksum) = &self.checksum else { return Ok(None) };
        let failed = failed_at(part);
        let mut file = File::open(part).map_err(&failed)?;
        let (algorithm, expected, found) = match checksum {
            Checksum::Sha256(expected) => ("SHA-256", expected, digest::<Sha256>(&mut file).map_err(&failed)?),
            Checksum::Sha512(expected) => ("SHA-512", expected, digest::<Sha512>(&mut file).map_err(&failed)?),
        };
        if *expected != found {
            return Err(Error::Checksum { algorithm, expected: expected.clone(), found });
        }
        Ok(Some(found))
    }
}

fn failed_at(path: &Path) -> impl Fn(io::Error) -> Error + '_ {
    move |source| Error::File { path: path.display().to_string(), source }
}

fn digest<D: sha2::Digest>(file: &mut File) -> io::Result<String> {
    let mut hash = D::new();
    let mut piece = std::vec![0; 256 << 10];
    loop {
        let len = file.read(&mut piece)?;
        if len == 0 {
            break;
        }
        hash.update(&piece[..len]);
    }
    Ok(hex(&hash.finalize()))
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The file that is being put together, created if need be and ours alone while the handle lives.
fn hold(part: &Path) -> Result<File, Error> {
    let failed = failed_at(part);
    loop {
        let file = to_write().create(true).truncate(false).open(part).map_err(&failed)?;
        match file.try_lock() {
            // Another download may have given it its final name since it was opened.
            Ok(()) if !is_at(&file, part) => {}
            Ok(()) => return Ok(file),
            Err(fs::TryLockError::WouldBlock) => {
                return Err(failed(io::Error::other("another download is writing it")));
            }
            // A file system without locks has no other download to tell us of.
            Err(fs::TryLockError::Error(_)) => return Ok(file),
        }
    }
}

/// How the file that is being put together is opened: a link that somebody left in its place leads nowhere.
fn to_write() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(target_os = "linux")]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.custom_flags(rustix::fs::OFlags::NOFOLLOW.bits().cast_signed());
    }
    options
}

#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let same = |(one, other): (fs::Metadata, fs::Metadata)| (one.dev(), one.ino()) == (other.dev(), other.ino());
    file.metadata().and_then(|one| Ok((one, fs::metadata(path)?))).is_ok_and(same)
}

/// Where a file that is open can't be renamed, it is still there.
#[cfg(not(unix))]
fn is_at(_: &File, _: &Path) -> bool {
    true
}

/// One stream from the beginning: what there is without ranges.
fn stream(mut response: Response, part: &Path, watch: &(dyn Fn(&Progress) + Sync)) -> Result<(u64, u64), Error> {
    let failed = failed_at(part);
    let mut file = to_write().create(true).truncate(true).open(part).map_err(&failed)?;
    let (start, length) = (Instant::now(), response.length());
    let mut done = 0;
    let mut told = start;
    response.pour(&mut |octets| {
        file.write_all(octets).map_err(&failed)?;
        done += octets.len() as u64;
        if told.elapsed() > SAVE || length == Some(done) {
            told = Instant::now();
            let segments = Vec::from([(done, length.unwrap_or(done))]);
            watch(&Progress { length, done, resumed: 0, segments, elapsed: start.elapsed() });
        }
        Ok(())
    })?;
    Ok((done, 0))
}

/// What the first answer tells.
#[expect(clippy::large_enum_variant, reason = "one is made for each download")]
enum First {
    /// No ranges, or not of a known whole: this is the file.
    Whole(Response),
    /// In ranges, from this URL, which is where it is after redirects.
    Ranges { length: u64, validator: Option<Validator>, url: String, version: Version },
}

/// What an answer says of the version that it is a part of, as it is spelled: weak tags and recent dates can't prove that
/// two parts belong together, but that they do not.
struct Version([Option<String>; 2]);

impl Version {
    fn of(response: &Response) -> Self {
        Self(["etag", "last-modified"].map(|name| response.field(name).map(ToString::to_string)))
    }

    /// Nothing tells this version from another.
    fn is_unknown(&self) -> bool {
        self.0.iter().all(Option::is_none)
    }

    fn differs(&self, other: &Self) -> bool {
        self.0.iter().zip(&other.0).any(|(one, other)| one.is_some() && other.is_some() && one != other)
    }
}

/// A URL as it may be written down.
fn without_credentials(url: &str) -> Result<String, Error> {
    let wrong = |reason: String| Error::Url { url: super::error::without_password(url), reason };
    let mut url = Url::parse(url).map_err(|error| wrong(error.to_string()))?;
    if url.includes_credentials() {
        url.set_username("").map_err(|error| wrong(error.to_string()))?;
        url.set_password("").map_err(|error| wrong(error.to_string()))?;
    }
    Ok(url.as_str().to_string())
}

impl First {
    /// An answer to a request without a range.
    fn whole(response: Response) -> Result<Self, Error> {
        let response = response.success()?;
        // RFC 9110 15.3.7: a part that nobody asked for.
        if response.status() == 206 { Err(OTHER_RANGE) } else { Ok(Self::Whole(response)) }
    }

    /// What a 206 tells; `None` where it does not tell how long the whole is.
    fn of_range(response: Response) -> Result<Option<Self>, Error> {
        let version = Version::of(&response);
        let given = response.field("content-range").and_then(|range| range.strip_prefix("bytes 0-0/"));
        match given.map(|total| (total, total.parse())) {
            Some((_, Ok(length))) if length > 0 => Ok(Some(Self::Ranges {
                length,
                validator: Validator::of(&response),
                url: String::from(response.url().without_fragment()),
                version,
            })),
            Some(("*", _)) => Ok(None),
            _ => Err(OTHER_RANGE),
        }
    }
}

const OTHER_RANGE: Error = Error::Changed("the server gave another range than it was asked for");

/// Another segment has failed: its error is the one that is told.
const STOPPED: Error = Error::Changed("the download was given up");

/// What the threads of one run share.
struct Run<'d> {
    download: &'d Download,
    opener: &'d Opener,
    url: &'d str,
    version: Version,
    part: &'d Path,
    memory: &'d Path,
    plan: Plan,
    /// The first octet of each segment that is not in the file.
    done: Vec<AtomicU64>,
    stop: AtomicBool,
    saved: Mutex<Instant>,
    start: Instant,
    resumed: u64,
    watch: &'d (dyn Fn(&Progress) + Sync),
}

impl Run<'_> {
    fn now(&self) -> Plan {
        let mut plan = self.plan.clone();
        for (segment, done) in plan.segments.iter_mut().zip(&self.done) {
            segment.done = done.load(Ordering::Acquire);
        }
        plan
    }

    fn tell(&self) {
        let plan = self.now();
        let segments = plan.segments.iter().map(|one| (one.done - one.start, one.end - one.start)).collect();
        (self.watch)(&Progress {
            length: Some(plan.length),
            done: plan.done(),
            resumed: self.resumed,
            segments,
            elapsed: self.start.elapsed(),
        });
    }

    /// Fetches a segment to its end; what breaks is tried again from where it was.
    fn segment(&self, index: usize) -> Result<(), Error> {
        let mut tried = 0;
        while !self.stop.load(Ordering::Relaxed) {
            let before = self.done[index].load(Ordering::Acquire);
            let segment = Segment { done: before, ..self.plan.segments[index] };
            if segment.left() == 0 {
                break;
            }
            if let Err(error) = self.fetch(index, segment) {
                let moved = self.done[index].load(Ordering::Acquire) > before;
                if self.version.is_unknown() {
                    // What follows may be of another version: from the beginning.
                    self.done[index].store(segment.start, Ordering::Release);
                    tried += 1;
                } else {
                    // Whoever gets on is not giving up.
                    tried = if moved { 1 } else { tried + 1 };
                }
                if !error.is_transient() || tried >= self.download.tries {
                    return Err(error);
                }
                self.download.wait(tried);
            }
        }
        Ok(())
    }

    fn fetch(&self, index: usize, segment: Segment) -> Result<(), Error> {
        const CHANGED: Error = Error::Changed("the file changed on the server while it was being fetched");
        let range = format!("bytes={}-{}", segment.done, segment.end - 1);
        let mut request = self.download.request_for(self.url)?.field("Range", &range)?;
        if let Some(validator) = &self.plan.validator {
            // RFC 9110 13.1.5: another version comes whole, with 200.
            request = request.field("If-Range", validator.condition())?;
        }
        let mut response = self.opener.open(request)?.success()?;
        if response.status() != 206 {
            return Err(CHANGED);
        }
        let given = format!("bytes {}-{}/{}", segment.done, segment.end - 1, self.plan.length);
        if response.field("content-range") != Some(&given) {
            return Err(OTHER_RANGE);
        }
        let now = Validator::of(&response);
        let other = self.plan.validator.is_some() && now.is_some() && now != self.plan.validator;
        if other || self.version.differs(&Version::of(&response)) {
            return Err(CHANGED);
        }
        let failed = failed_at(self.part);
        let mut file = to_write().open(self.part).map_err(&failed)?;
        file.seek(SeekFrom::Start(segment.done)).map_err(&failed)?;
        let mut at = segment.done;
        response.pour(&mut |octets| {
            if self.stop.load(Ordering::Relaxed) {
                return Err(STOPPED);
            }
            if octets.len() as u64 > segment.end - at {
                return Err(OTHER_RANGE);
            }
            file.write_all(octets).map_err(&failed)?;
            at += octets.len() as u64;
            self.done[index].store(at, Ordering::Release);
            self.save_sometimes()
        })?;
        if at < segment.end {
            return Err(Error::Partial(format!("a segment ends at {at}, not at {}", segment.end)));
        }
        Ok(())
    }

    fn save_sometimes(&self) -> Result<(), Error> {
        let Ok(mut saved) = self.saved.try_lock() else { return Ok(()) };
        if saved.elapsed() < SAVE {
            return Ok(());
        }
        *saved = Instant::now();
        self.tell();
        save(self.memory, &self.now())
    }
}

/// Replaces the plan file: a reader sees the old one or the new one.
fn save(memory: &Path, plan: &Plan) -> Result<(), Error> {
    let failed = failed_at(memory);
    let fresh = beside(memory, "new");
    let mut file = to_write().create(true).truncate(true).open(&fresh).map_err(&failed)?;
    file.write_all(plan.print().as_bytes()).map_err(&failed)?;
    fs::rename(&fresh, memory).map_err(&failed)
}

fn remove(path: &Path) -> Result<(), Error> {
    match fs::remove_file(path) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => Err(failed_at(path)(source)),
        _ => Ok(()),
    }
}

/// `NAME` with a suffix, in the same folder. A name so long that it has no room for one is told by its hash.
fn beside(path: &Path, suffix: &str) -> PathBuf {
    // What file systems take, less the suffixes: `.part.plan.new`.
    const LONGEST: usize = 255 - 14;
    let name = path.file_name().unwrap_or_default();
    let mut name = if name.len() <= LONGEST || suffix == "new" {
        name.to_os_string()
    } else {
        hex(&Sha256::digest(name.as_encoded_bytes())).into()
    };
    name.push(".");
    name.push(suffix);
    path.with_file_name(name)
}

#[cfg(test)]
mod tests;
