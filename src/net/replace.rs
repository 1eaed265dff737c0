//! Files that appear under their name when they are whole, and not before.
//!
//! ```
//! use plainwire::net::replace::Replacement;
//! use std::io::Write;
//!
//! # let folder = tempfile::tempdir()?;
//! let path = folder.path().join("report.txt");
//! let mut file = Replacement::begin(&path)?;
//! file.write_all(b"half of it")?;
//! assert!(!path.exists());
//! file.write_all(b", all of it")?;
//! file.commit()?;
//! assert_eq!(std::fs::read(&path)?, b"half of it, all of it");
//! # Ok::<(), std::io::Error>(())
//! ```

use std::ffi::{OsStr, OsString};
use std::format;
use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};

/// A file that is written beside its final place, and takes it in one step. Dropped before that, it leaves what was there
/// as it was, and nothing else.
///
/// A symbolic link keeps its target, a file that is replaced its permissions. What is no regular file (a device, a pipe, a
/// socket's name) has nothing to replace: it is written to as it stands.
#[derive(Debug)]
pub struct Replacement {
    file: File,
    path: PathBuf,
    /// The file beside, until it has its final name. `None` for what is written to as it stands.
    beside: Option<PathBuf>,
    old: Option<Permissions>,
}

impl Replacement {
    /// Begins a file that will be at `path`; a new one gets the permissions that new files have.
    ///
    /// # Errors
    ///
    /// The file system's; a folder can't be replaced.
    pub fn begin(path: impl AsRef<Path>) -> io::Result<Self> {
        Self::open(path.as_ref(), false)
    }

    /// As [`begin`](Self::begin); a new file can be read by its owner alone, where the system has such permissions.
    ///
    /// # Errors
    ///
    /// As [`begin`](Self::begin).
    pub fn private(path: impl AsRef<Path>) -> io::Result<Self> {
        Self::open(path.as_ref(), true)
    }

    fn open(path: &Path, private: bool) -> io::Result<Self> {
        // Asked by the name that was given: what `/dev/stdout` leads to may have none that could be opened.
        if fs::metadata(path).is_ok_and(|about| !about.is_file() && !about.is_dir()) {
            let file = OpenOptions::new().write(true).open(path)?;
            return Ok(Self { file, path: path.to_path_buf(), beside: None, old: None });
        }
        let path = behind_links(path);
        let old = match fs::metadata(&path) {
            Ok(about) if about.is_dir() => return Err(io::ErrorKind::IsADirectory.into()),
            Ok(about) => Some(about.permissions()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?;
        let (beside, file) = create_beside(folder_of(&path), name, private, old.as_ref())?;
        Ok(Self { file, path, beside: Some(beside), old })
    }

    /// What is written to, for those who want more than [`Write`].
    pub fn file(&mut self) -> &mut File {
        &mut self.file
    }

    /// Gives the file its name. When this returns, its content is on the disk.
    ///
    /// # Errors
    ///
    /// The file system's. The old file is then as it was, but where the very last step fails, which has the folder
    /// written down: then the new one is there, and after a crash it is one of them.
    pub fn commit(self) -> io::Result<()> {
        self.named(true)
    }

    /// Gives the file its name, as [`commit`](Self::commit), and does not wait for the disk: after a crash of the system
    /// there may be less of it. For what can be had again.
    ///
    /// # Errors
    ///
    /// The file system's. The old file is then as it was.
    pub fn commit_unsynced(self) -> io::Result<()> {
        self.named(false)
    }

    fn named(mut self, synced: bool) -> io::Result<()> {
        let Some(beside) = &self.beside else { return self.file.flush() };
        if let Some(old) = self.old.take() {
            fs::set_permissions(beside, old)?;
        }
        if synced {
            self.file.sync_all()?;
        }
        fs::rename(beside, &self.path)?;
        self.beside = None;
        #[cfg(unix)]
        if synced {
            File::open(folder_of(&self.path))?.sync_all()?;
        }
        Ok(())
    }
}

impl Write for Replacement {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.file.write(octets)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for Replacement {
    fn drop(&mut self) {
        if let Some(beside) = &self.beside {
            // Whoever gave it up has an error already, and that one matters.
            let _gone = fs::remove_file(beside);
        }
    }
}

/// The file that a path leads to, be it there or not: renaming over a link would replace the link.
fn behind_links(path: &Path) -> PathBuf {
    if let Ok(path) = fs::canonicalize(path) {
        return path;
    }
    let mut path = path.to_path_buf();
    // As many as Linux follows. A ring of them leads nowhere, and is refused by whoever asks what is there.
    for _ in 0..40 {
        let Ok(target) = fs::read_link(&path) else { break };
        path = folder_of(&path).join(target);
    }
    path
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// A new file in the same folder, so that renaming it is one step.
///
/// Nobody reads what is written who could not read what it takes the place of.
fn create_beside(folder: &Path, name: &OsStr, private: bool, old: Option<&Permissions>) -> io::Result<(PathBuf, File)> {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    // With its mark, the name is to stay under the 255 octets that file systems take.
    const LONGEST: usize = 200;
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    if private || old.is_some() {
        use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
        // The owner writes it, whatever becomes of it then.
        options.mode(0o600 | old.map_or(0, |old| old.mode() & 0o777));
    }
    #[cfg(not(unix))]
    let _nothing_to_say = (private, old);
    loop {
        let mut beside = OsString::from(".");
        beside.push(if name.len() > LONGEST { OsStr::new("plainwire") } else { name });
        beside.push(format!(".{}.{}", process::id(), COUNT.fetch_add(1, Ordering::Relaxed)));
        let beside = folder.join(beside);
        match options.open(&beside) {
            Ok(file) => return Ok((beside, file)),
            // Left behind by a process of the same number that died here.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    fn names(folder: &Path) -> Vec<OsString> {
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name()).collect()
    }

    #[test]
    fn what_is_given_up_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        let mut file = Replacement::begin(&path).unwrap();
        file.write_all(b"half").unwrap();
        assert_eq!(names(folder.path()).len(), 1);
        drop(file);
        assert!(names(folder.path()).is_empty());
        fs::write(&path, "old").unwrap();
        Replacement::begin(&path).unwrap().write_all(b"half").unwrap();
        assert_eq!((names(folder.path()).len(), fs::read(&path).unwrap()), (1, b"old".to_vec()));
        assert_eq!(Replacement::begin(folder.path()).unwrap_err().kind(), io::ErrorKind::IsADirectory);
        assert_eq!(Replacement::begin(path.join("b")).unwrap_err().kind(), io::ErrorKind::NotADirectory);
        let long = folder.path().join("n".repeat(255));
        Replacement::begin(&long).unwrap().commit().unwrap();
        assert!(long.exists());
    }

    #[cfg(unix)]
    #[test]
    fn what_is_secret_is_secret_while_it_is_written() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        fs::write(&path, "old").unwrap();
        for mode in [0o600, 0o400, 0o640] {
            fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
            let file = Replacement::begin(&path).unwrap();
            let beside = file.beside.clone().unwrap();
            assert_eq!(fs::metadata(beside).unwrap().permissions().mode() & 0o077 & !mode, 0);
            file.commit().unwrap();
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, mode);
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_link_leads_to_a_file_that_is_not_there_yet() {
        use std::os::unix::fs::symlink;
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        symlink("second", at("first")).unwrap();
        symlink(at("target"), at("second")).unwrap();
        let mut file = Replacement::begin(at("first")).unwrap();
        file.write_all(b"x").unwrap();
        file.commit().unwrap();
        assert_eq!(fs::read(at("target")).unwrap(), b"x");
        assert!(fs::symlink_metadata(at("first")).unwrap().file_type().is_symlink());
        assert!(fs::symlink_metadata(at("second")).unwrap().file_type().is_symlink());
        // Links in a ring lead to none.
        symlink(at("one"), at("two")).unwrap();
        symlink(at("two"), at("one")).unwrap();
        assert!(Replacement::begin(at("one")).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn a_device_stays_a_device() {
        use std::os::unix::fs::FileTypeExt as _;
        // A pipe in a folder of its own: whoever replaced it would leave a file there.
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        let made = process::Command::new("mkfifo").arg(&pipe).status();
        assert!(made.is_ok_and(|status| status.success()), "mkfifo is among the tools of every Unix");
        let reader = std::thread::spawn({
            let pipe = pipe.clone();
            move || fs::read(pipe).unwrap()
        });
        let mut file = Replacement::begin(&pipe).unwrap();
        file.write_all(b"through").unwrap();
        file.commit().unwrap();
        assert_eq!(reader.join().unwrap(), b"through");
        assert!(fs::symlink_metadata(&pipe).unwrap().file_type().is_fifo());
        assert_eq!(names(folder.path()).len(), 1);
    }
}
