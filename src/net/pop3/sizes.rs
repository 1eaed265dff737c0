//! How many octets each message has on the wire, kept in a file so that a message is read through but once.
//!
//! A Maildir's messages never change, so the name tells them apart; the size as stored is kept beside it, and a line whose
//! size does not fit is none. The file may be deleted at any time.

use memchr::memchr;
use std::boxed::Box;
use std::collections::HashMap;
use std::fmt::Write as _;
use std::format;
use std::fs;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::string::String;

const HEAD: &str = "plainwire pop3 sizes 1";

/// The file.
#[derive(Debug)]
pub(super) struct Sizes {
    path: PathBuf,
}

impl Sizes {
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path }
    }

    /// What the file says. What can't be read is nothing.
    pub(super) fn read(&self) -> Known {
        Known::new(fs::read_to_string(&self.path).unwrap_or_default())
    }

    /// Replaces the file by these lines: name, octets, octets as stored.
    pub(super) fn write<'n>(&self, lines: impl Iterator<Item = (&'n str, u64, u64)>) -> io::Result<()> {
        let mut text = format!("{HEAD}\n");
        for (name, octets, stored) in lines {
            // Writing into a string does not fail.
            let _written = writeln!(text, "{octets} {stored} {name}");
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

/// What the file said.
///
/// Its lines stand in the order in which messages are listed, so the next message is nearly always on the next line. What is
/// not, is looked for by name among all of them.
#[derive(Debug)]
pub(super) struct Known {
    text: String,
    /// Where the next line begins.
    at: usize,
    /// Some line was passed over.
    skipped: bool,
    /// Where the line of each name begins, by the hash of the name; made when it is first needed.
    index: Option<HashMap<Box<str>, usize>>,
}

impl Known {
    fn new(text: String) -> Self {
        let at = match text.split_once('\n') {
            Some((HEAD, _)) => HEAD.len() + 1,
            _ => text.len(),
        };
        Self { text, at, skipped: false, index: None }
    }

    /// How many octets this message has on the wire, if it is known and stored as it was.
    pub(super) fn get(&mut self, name: &str, stored: u64) -> Option<u64> {
        let line = match self.line(self.at) {
            Some(line) if line.name == name => line,
            // Each line was some message's, and this is none of those.
            None if !self.skipped => return None,
            _ => {
                self.skipped = true;
                let at = *self.index().get(name)?;
                self.line(at)?
            }
        };
        let (octets, fits) = (line.octets, line.stored == stored);
        self.at = line.end;
        fits.then_some(octets)
    }

    /// How many lines there are.
    pub(super) fn len(&self) -> usize {
        self.text.lines().skip(1).count()
    }

    fn index(&mut self) -> &HashMap<Box<str>, usize> {
        if self.index.is_none() {
            let (mut index, mut at) = (HashMap::new(), HEAD.len() + 1);
            while let Some(line) = self.line(at) {
                index.insert(line.name.into(), at);
                at = line.end;
            }
            self.index = Some(index);
        }
        self.index.get_or_insert_default()
    }

    /// The first line from `at` on that says something.
    fn line(&self, mut at: usize) -> Option<Line<'_>> {
        loop {
            let rest = self.text.get(at..).filter(|rest| !rest.is_empty())?;
            let (line, length) = match memchr(b'\n', rest.as_bytes()) {
                Some(length) => (&rest[..length], length + 1),
                None => (rest, rest.len()),
            };
            at += length;
            let word = |text: &str| memchr(b' ', text.as_bytes());
            if let Some(first) = word(line)
                && let Some(second) = word(&line[first + 1..])
                && let Ok(octets) = line[..first].parse()
                && let Ok(stored) = line[first + 1..][..second].parse()
            {
                return Some(Line { octets, stored, name: &line[first + second + 2..], end: at });
            }
        }
    }
}

/// A line of the file.
struct Line<'t> {
    octets: u64,
    stored: u64,
    name: &'t str,
    /// Where the next one begins.
    end: usize,
}
