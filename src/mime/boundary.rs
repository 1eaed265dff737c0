//! Delimiter lines of multiparts (RFC 2046 5.1.1): a whole line, at column 0, of one of the boundaries that are open.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;

/// The longest delimiter line that is looked for, with the white space that transport may have added.
pub(super) const DELIMITER: usize = 1000;

/// With more open boundaries than this, they are looked up in a map: a thousand levels cost no more than ten.
const FEW: usize = 8;

#[derive(Debug)]
struct Entry {
    level: usize,
    boundary: Box<[u8]>,
    /// The entry with the same boundary that this one hides.
    hides: Option<usize>,
}

/// The boundaries of the multiparts that are open, outermost first.
#[derive(Debug, Default)]
pub(super) struct Boundaries {
    entries: Vec<Entry>,
    /// From a boundary to the innermost entry that has it; empty while there are few.
    index: BTreeMap<Box<[u8]>, usize>,
}

/// What a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// The delimiter line of the part at `level`, `len` octets long with its line break.
    Delimiter { level: usize, len: usize, close: bool },
    /// Text: so many octets of it at least.
    Text(usize),
    /// More octets are needed to tell.
    Unknown,
}

impl Boundaries {
    pub(super) fn any(&self) -> bool {
        !self.entries.is_empty()
    }

    pub(super) fn push(&mut self, level: usize, boundary: &[u8]) {
        let at = self.entries.len();
        let hides = self.find(boundary);
        self.entries.push(Entry { level, boundary: boundary.into(), hides });
        if at == FEW {
            for (at, entry) in self.entries.iter().enumerate() {
                self.index.insert(entry.boundary.clone(), at);
            }
        } else if at > FEW {
            self.index.insert(boundary.into(), at);
        }
    }

    /// Forgets those at `level` and deeper.
    pub(super) fn truncate(&mut self, level: usize) {
        while let Some(entry) = self.entries.pop_if(|entry| entry.level >= level) {
            if self.entries.len() > FEW {
                match entry.hides {
                    Some(hidden) => self.index.insert(entry.boundary, hidden),
                    None => self.index.remove(&entry.boundary),
                };
            } else {
                self.index.clear();
            }
        }
    }

    pub(super) fn clear(&mut self) {
        self.entries.clear();
        self.index.clear();
    }

    /// The innermost entry with this boundary.
    fn find(&self, boundary: &[u8]) -> Option<usize> {
        if self.entries.len() > FEW {
            return self.index.get(boundary).copied();
        }
        self.entries.iter().rposition(|entry| *entry.boundary == *boundary)
    }

    /// What is the line that `input` begins with? `seen` remembers how far its end was searched for.
    pub(super) fn look(&self, input: &[u8], ended: bool, seen: &mut usize) -> Found {
        if !input.starts_with(b"--") {
            let hopeful = matches!(input, [] | [b'-']) && !ended;
            return if hopeful { Found::Unknown } else { Found::Text(0) };
        }
        let end = input.len().min(DELIMITER);
        let from = (*seen).min(end);
        let found = memchr::memchr(b'\n', &input[from..end]);
        crate::work::add(found.unwrap_or(end - from));
        let (line, len) = match found {
            Some(at) => {
                *seen = from + at;
                (&input[..from + at], from + at + 1)
            }
            None if ended && end < DELIMITER => (input, input.len()),
            None if end < DELIMITER => {
                *seen = end;
                return Found::Unknown;
            }
            None => return Found::Text(DELIMITER),
        };
        let bare = line.strip_suffix(b"\r").unwrap_or(line);
        let padding = bare.iter().rev().take_while(|octet| matches!(octet, b' ' | b'\t')).count();
        let boundary = &bare[2..bare.len() - padding.min(bare.len() - 2)];
        crate::work::add(boundary.len());
        let plain = self.find(boundary).map(|at| (self.entries[at].level, false));
        let close = boundary.strip_suffix(b"--").and_then(|boundary| self.find(boundary));
        let close = close.map(|at| (self.entries[at].level, true));
        // Where one line could be both (boundaries `a` and `a--`), the inner one is meant.
        match plain.max(close) {
            Some((level, close)) => Found::Delimiter { level, len, close },
            None => Found::Text(line.strip_suffix(b"\r").unwrap_or(line).len()),
        }
    }
}
