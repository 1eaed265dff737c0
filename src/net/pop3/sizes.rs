//! How many octets each message has on the wire, kept in a file so that a message is read through but once.
//!
//! A Maildir's messages never change, so the name tells them apart; the size as stored is kept beside it, and a line whose
//! size does not fit is none. The file may be deleted at any time.

use std::collections::HashMap;
use std::format;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::string::{String, ToString};

const HEAD: &str = "plainwire pop3 sizes 1";

/// The file, as far as it was read.
#[derive(Debug, Default)]
pub(super) struct Sizes {
    path: PathBuf,
    /// By name: octets on the wire, and octets as stored.
    known: HashMap<String, (u64, u64)>,
}

impl Sizes {
    /// Reads the file. What can't be read is nothing.
    pub(super) fn read(path: &Path) -> Self {
        let text = fs::read_to_string(path).unwrap_or_default();
        let mut lines = text.lines();
        let mut known = HashMap::new();
        if lines.next() == Some(HEAD) {
            for line in lines {
                let mut words = line.splitn(3, ' ');
                let mut number = || words.next().and_then(|word| word.parse().ok());
                if let (Some(octets), Some(stored)) = (number(), number())
                    && let Some(name) = words.next()
                {
                    known.insert(name.to_string(), (octets, stored));
                }
            }
        }
        Self { path: path.to_path_buf(), known }
    }

    /// What is known of a message.
    pub(super) fn get(&self, name: &str, stored: u64) -> Option<u64> {
        self.known.get(name).filter(|(_, known)| *known == stored).map(|(octets, _)| *octets)
    }

    /// How many are known.
    pub(super) fn len(&self) -> usize {
        self.known.len()
    }

    /// Replaces the file by these lines: name, octets, octets as stored.
    pub(super) fn write<'n>(&self, lines: impl Iterator<Item = (&'n str, u64, u64)>) -> io::Result<()> {
        let mut text = format!("{HEAD}\n");
        for (name, octets, stored) in lines {
            text.push_str(&format!("{octets} {stored} {name}\n"));
        }
        let fresh = self.path.with_extension("sizes.new");
        fs::File::create(&fresh)?.write_all(text.as_bytes())?;
        fs::rename(fresh, &self.path)
    }

    /// What it says is not so: the next session measures anew.
    pub(super) fn forget(&self) {
        // Gone already is as good.
        let _gone = fs::remove_file(&self.path);
    }
}
