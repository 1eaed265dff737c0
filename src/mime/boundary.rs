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
    /// Where its boundary is in `text`.
    start: usize,
    end: usize,
    /// The entry with the same boundary that this one hides.
    hides: Option<usize>,
}

/// The boundaries of the multiparts that are open, outermost first.
#[derive(Debug, Default)]
pub(super) struct Boundaries {
    entries: Vec<Entry>,
    /// The boundaries, one behind the other, and the one that is offered.
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
        self.offer(boundary);
        self.accept(level);
    }

    /// Holds a boundary for [`accept`](Self::accept); before, none may be [offered](Self::offered).
    pub(super) fn offer(&mut self, boundary: &[u8]) {
        if self.text.capacity() == 0 {
            (self.text, self.entries) = (Vec::with_capacity(ROOM), Vec::with_capacity(4));
        }
        self.text.extend_from_slice(boundary);
    }

    /// Is there a boundary that was not accepted?
    pub(super) fn offered(&self) -> bool {
        self.text.len() > self.held()
    }

    /// Forgets the boundary that was offered.
    pub(super) fn withdraw(&mut self) {
        self.text.truncate(self.held());
    }

    /// How much of `text` is of the boundaries that are open.
    fn held(&self) -> usize {
        self.entries.last().map_or(0, |last| last.end)
    }

    /// Opens the boundary that was offered.
    pub(super) fn accept(&mut self, level: usize) {
        let at = self.entries.len();
        let (start, end) = (self.held(), self.text.len());
        let boundary = &self.text[start..end];
        let hides = self.find(boundary);
        self.entries.push(Entry { level, start, end, hides });
        if at == FEW {
            for at in 0..=FEW {
                let boundary = self.boundary(at).into();
                self.index.insert(boundary, at);
            }
        } else if at > FEW {
            self.index.insert(self.text[start..end].into(), at);
        }
    }

    /// The boundary of an entry.
    fn boundary(&self, at: usize) -> &[u8] {
        let entry = &self.entries[at];
        &self.text[entry.start..entry.end]
    }

    /// Forgets those at `level` and deeper.
    pub(super) fn truncate(&mut self, level: usize) {
        while let Some(entry) = self.entries.pop_if(|entry| entry.level >= level) {
            if self.entries.len() > FEW {
                let boundary = &self.text[entry.start..entry.end];
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

    /// What follows two dashes, where it is a delimiter with nothing but its line break behind it, as nearly all are.
    fn plain(&self, text: &[u8]) -> Option<Found> {
        if self.entries.len() > FEW {
            return None;
        }
        (0..self.entries.len()).rev().find_map(|at| {
            let boundary = self.boundary(at);
            let behind = text.strip_prefix(boundary)?;
            let (close, behind) = match behind {
                [b'-', b'-', behind @ ..] => (true, behind),
                behind => (false, behind),
            };
            let line_break = match behind {
                [b'\r', b'\n', ..] => 2,
                // Else the CR would be the boundary's, and the line break's too.
                [b'\n', ..] if close || !boundary.ends_with(b"\r") => 1,
                _ => return None,
            };
            let len = 2 + boundary.len() + 2 * usize::from(close) + line_break;
            crate::work::add(len);
            Some(Found::Delimiter { level: self.entries[at].level, len, close })
        })
    }

    /// What is the line that `input` begins with? `seen` remembers how far its end was searched for.
    pub(super) fn look(&self, input: &[u8], ended: bool, seen: &mut usize) -> Found {
        if !input.starts_with(b"--") {
            let hopeful = matches!(input, [] | [b'-']) && !ended;
            return if hopeful { Found::Unknown } else { Found::Text(0) };
        }
        if let Some(found) = self.plain(&input[2..]) {
            return found;
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Ten that no line has make the map answer, line by line.
        #[test]
        fn few_boundaries_are_found_as_many_are(
            open in proptest::collection::vec("[ab-]{1,3}\r?", 1..6),
            line in "--[ab-]{0,5}[ \r]{0,2}\n?[ab]{0,3}",
            ended: bool,
        ) {
            let (mut few, mut many) = (Boundaries::default(), Boundaries::default());
            for level in 0..10 {
                many.push(level, &[b'x', level as u8 + b'0']);
            }
            for (level, boundary) in open.iter().enumerate() {
                few.push(level + 10, boundary.as_bytes());
                many.push(level + 10, boundary.as_bytes());
            }
            let found = few.look(line.as_bytes(), ended, &mut 0);
            prop_assert_eq!(found, many.look(line.as_bytes(), ended, &mut 0));
        }
    }
}
