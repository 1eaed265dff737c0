//! Cookie files on disk: read whole, and replaced whole or not at all.
//!
//! ```
//! use plainwire::cookie::{Jar, Timestamp, file::netscape};
//! use plainwire::net::cookie_file;
//!
//! # let folder = tempfile::tempdir()?;
//! let path = folder.path().join("cookies.txt");
//! # std::fs::write(&path, "example.org\tFALSE\t/\tFALSE\t1999999999\tid\t42\n")?;
//! let loaded = cookie_file::load(&path)?;
//! for fault in &loaded.faults {
//!     eprintln!("{}: {fault}", path.display());
//! }
//! let now = Timestamp(1_700_000_000);
//! let mut jar = Jar::new();
//! let refused = jar.restore_all(loaded.records, now);
//! assert!(refused.is_empty() && jar.len() == 1);
//!
//! let mut text = Vec::new();
//! netscape::write(&jar.records(false), netscape::SessionExpiry::Zero, &mut text);
//! cookie_file::save(&path, &text)?;
//! # assert!(std::fs::read(&path)?.ends_with(b"\tid\t42\n"));
//! # Ok::<(), std::io::Error>(())
//! ```

use crate::cookie::file::{Loaded, lwp, netscape};
use crate::net::replace::Replacement;
use std::fs;
use std::io::{self, Write};
use std::path::Path;

/// Reads a cookie file: libwww-perl's form if it says so in its first line, else Netscape's.
///
/// # Errors
///
/// The file can't be read. Broken lines are no error: they are among the faults.
pub fn load(path: impl AsRef<Path>) -> io::Result<Loaded> {
    let text = fs::read(path)?;
    Ok(if text.starts_with(b"#LWP-Cookies-") { lwp::read(&text) } else { netscape::read(&text) })
}

/// Puts `text` in the place of the file at `path`, atomically: whoever opens it finds the old file or the new one, and
/// after a crash it is one of them. A new file can be read by its owner alone; a file that was there keeps its
/// permissions, a symbolic link keeps its target, and a device or a pipe is written to as it stands.
///
/// When this returns, the file is on the disk.
///
/// # Errors
///
/// The file system's; see [`Replacement::commit`] for what is there then.
pub fn save(path: impl AsRef<Path>, text: &[u8]) -> io::Result<()> {
    let mut file = Replacement::private(path)?;
    file.write_all(text)?;
    file.commit()
}

#[cfg(test)]
mod tests {
    use super::save;
    use std::string::ToString as _;
    use std::{fs, vec::Vec};

    #[test]
    fn the_old_file_is_replaced_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cookies.txt");
        save(&path, b"one").unwrap();
        save(&path, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        let names: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names, ["cookies.txt"]);
    }

    #[test]
    fn what_fails_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        // A folder with something in it can't be replaced by a file.
        let path = folder.path().join("taken");
        fs::create_dir(&path).unwrap();
        fs::write(path.join("x"), "").unwrap();
        assert!(save(&path, b"text").is_err());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        assert!(save(folder.path().join("no/such/folder"), b"text").unwrap_err().to_string().contains("No such"));
    }

    #[cfg(unix)]
    #[test]
    fn permissions_and_links_stay() {
        use std::os::unix::fs::{PermissionsExt as _, symlink};
        let folder = tempfile::tempdir().unwrap();
        let (path, link) = (folder.path().join("cookies.txt"), folder.path().join("link"));
        let mode = || fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        save(&path, b"one").unwrap();
        assert_eq!(mode(), 0o600);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        symlink(&path, &link).unwrap();
        save(&link, b"two").unwrap();
        assert_eq!((mode(), fs::read(&path).unwrap()), (0o640, b"two".to_vec()));
        assert!(fs::symlink_metadata(&link).unwrap().file_type().is_symlink());
    }

    #[test]
    fn a_reader_never_sees_half_of_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cookies.txt");
        let texts = [std::vec![b'a'; 100_000], std::vec![b'b'; 150_000]];
        save(&path, &texts[0]).unwrap();
        std::thread::scope(|scope| {
            let writer = scope.spawn(|| {
                for round in 0..20 {
                    save(&path, &texts[round % 2]).unwrap();
                }
            });
            while !writer.is_finished() {
                let seen = fs::read(&path).unwrap();
                assert!(texts.contains(&seen), "{} octets", seen.len());
            }
        });
    }
}
