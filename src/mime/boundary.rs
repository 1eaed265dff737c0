//! Delimiter lines of multiparts (RFC 2046 5.1.1): a whole line, at column 0, of one of the boundaries that are open.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;

/// The longest delimiter line that is looked for, with the white space that transport may have added.
pub(super) const DELIMITER: usize = 1000;

/// With more open boundaries than this, they are looked up in a map: a thousand levels cost no more than ten.
const FEW: usize = 8;

/// Octets that the boundaries of most messages fit in together.
const ROOM: usize = 160;

#[derive(Debug)]
struct Entry {
    level: usize,
    /// Where its boundary begins in `text`; it ends where the next one begins.
    start: usize,
    /// The entry with the same boundary that this one hides.
    hides: Option<usize>,
}

/// The boundaries of the multiparts that are open, outermost first.
#[derive(Debug, Default)]
pub(super) struct Boundaries {
    entries: Vec<Entry>,
    /// The boundaries, one behind the other.
    text: Vec<u8>,
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
        if at == 0 {
            self.text.reserve(ROOM);
        }
        self.entries.push(Entry { level, start: self.text.len(), hides });
        self.text.extend_from_slice(boundary);
        if at == FEW {
            for at in 0..=FEW {
                let boundary = self.boundary(at).into();
                self.index.insert(boundary, at);
            }
        } else if at > FEW {
            self.index.insert(boundary.into(), at);
        }
    }

    /// The boundary of an entry.
    fn boundary(&self, at: usize) -> &[u8] {
        let end = self.entries.get(at + 1).map_or(self.text.len(), |next| next.start);
        &self.text[self.entries[at].start..end]
    }

    /// Forgets those at `level` and deeper.
    pub(super) fn truncate(&mut self, level: usize) {
        while let Some(entry) = self.entries.pop_if(|entry| entry.level >= level) {
            if self.entries.len() > FEW {
                let boundary = &self.text[entry.start..];
                match entry.hides {
                    Some(hidden) => self.index.insert(boundary.into(), hidden),
                    None => self.index.remove(boundary),
                };
            } else {
                self.index.clear();
            }
            self.text.truncate(entry.start);
        }
    }

    pub(super) fn clear(&mut self) {
        self.entries.clear();
        self.text.clear();
        self.index.clear();
    }

    /// The innermost entry with this boundary.
    fn find(&self, boundary: &[u8]) -> Option<usize> {
        if self.entries.len() > FEW {
            return self.index.get(boundary).copied();
        }
        (0..self.entries.len()).rfind(|at| self.boundary(*at) == boundary)
    }

    /// The level of the innermost entry whose delimiter has this text behind its dashes, and whether it closes. Where it
    /// could be two (boundaries `a` and `a--`), the inner one is meant.
    fn delimiter(&self, text: &[u8]) -> Option<(usize, bool)> {
        if self.entries.len() > FEW {
            let plain = self.find(text).map(|at| (self.entries[at].level, false));
            let close = text.strip_suffix(b"--").and_then(|text| self.find(text));
            return plain.max(close.map(|at| (self.entries[at].level, true)));
        }
        (0..self.entries.len()).rev().find_map(|at| match text.strip_prefix(self.boundary(at))? {
            b"" => Some((self.entries[at].level, false)),
            b"--" => Some((self.entries[at].level, true)),
            _ => None,
        })
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
        match self.delimiter(boundary) {
            Some((level, close)) => Found::Delimiter { level, len, close },
            None => Found::Text(line.strip_suffix(b"\r").unwrap_or(line).len()),
        }
    }
}
