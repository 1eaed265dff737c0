//! Where the octets of a message come from.

use super::Error;
use crate::smtp::Content;
use std::boxed::Box;
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};
use std::vec;
use std::vec::Vec;

/// Octets of a message that one turn adds to the output, and that are read at a time.
pub(super) const PIECE: usize = 32 << 10;

/// A reader that can go back: a message is read once to look at it, and once for each time that it is sent.
pub(super) trait Rereadable: Read + Seek {}

impl<R: Read + Seek> Rereadable for R {}

/// The octets of a message, as often as they are wanted.
pub(super) enum Source<'m> {
    Octets(&'m [u8]),
    Reader(Reader<'m>),
}

/// A message that is read piece by piece.
pub(super) struct Reader<'m> {
    from: &'m mut dyn Rereadable,
    /// Where the message begins, and where the reader stands.
    start: u64,
    stands: u64,
    buffer: Vec<u8>,
    /// How long the message is, once it was looked at.
    octets: Option<u64>,
}

impl<'m> Source<'m> {
    /// What `from` has, from where it stands to its end.
    pub(super) fn reader(from: &'m mut dyn Rereadable) -> io::Result<Self> {
        let start = from.stream_position()?;
        Ok(Self::Reader(Reader { from, start, stands: start, buffer: vec![0; PIECE], octets: None }))
    }

    /// What the message is made of.
    pub(super) fn content(&mut self) -> io::Result<Content> {
        let reader = match self {
            Self::Octets(octets) => return Ok(Content::of(octets)),
            Self::Reader(reader) => reader,
        };
        let mut content = Content::new();
        loop {
            let piece = reader.read(content.octets())?;
            if piece.is_empty() {
                break;
            }
            content.push(piece);
        }
        content.finish();
        reader.octets = Some(content.octets());
        Ok(content)
    }

    /// Octets from `at` on, as many as there are up to [`PIECE`]; none at the end.
    pub(super) fn piece(&mut self, at: u64) -> io::Result<&[u8]> {
        let reader = match self {
            Self::Octets(octets) => {
                let rest = usize::try_from(at).ok().and_then(|at| octets.get(at..)).unwrap_or_default();
                return Ok(&rest[..rest.len().min(PIECE)]);
            }
            Self::Reader(reader) => reader,
        };
        let whole = reader.octets;
        let piece = reader.read(at)?;
        // What was declared is what is sent, or nothing is.
        let as_seen =
            whole.is_none_or(|whole| if piece.is_empty() { at == whole } else { at + piece.len() as u64 <= whole });
        if as_seen {
            Ok(piece)
        } else {
            Err(io::Error::new(ErrorKind::InvalidData, "the message changed while it was sent"))
        }
    }
}

impl Reader<'_> {
    fn read(&mut self, at: u64) -> io::Result<&[u8]> {
        let wanted = self.start + at;
        if self.stands != wanted {
            self.from.seek(SeekFrom::Start(wanted))?;
            self.stands = wanted;
        }
        let mut count = 0;
        while count < self.buffer.len() {
            match self.from.read(&mut self.buffer[count..]) {
                Ok(0) => break,
                Ok(more) => count += more,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => {
                    // Where it stands now, nobody knows.
                    self.stands = u64::MAX;
                    return Err(error);
                }
            }
        }
        self.stands += count as u64;
        Ok(&self.buffer[..count])
    }
}

/// The message can't be read.
pub(super) fn unreadable(error: io::Error) -> Error {
    Error::Message(Box::new(error))
}
