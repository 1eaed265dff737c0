//! A draft as a reader, for whoever reads a message more than once.

use super::draft::Draft;
use super::entity::SourceError;
use alloc::vec::Vec;
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};

/// What a [`Draft`] writes, to be read; see [`Draft::reader`].
#[derive(Debug)]
pub struct DraftReader<'d> {
    draft: &'d mut Draft,
    /// A piece of it, and how much of that was given.
    piece: Vec<u8>,
    given: usize,
    /// How much was given of all.
    at: u64,
}

impl Draft {
    /// The draft from its front as a reader, of which a piece is in memory at a time. Where it [`rewinds`](Self::rewinds),
    /// seeking back works too: it is written anew then, up to the place.
    ///
    /// # Errors
    ///
    /// [`SourceError`] where some of it was written already, and an attachment can't be read again.
    ///
    /// ```
    /// use plainwire::mime::{Builder, DateTime};
    /// use std::io::{Read, Seek};
    ///
    /// let now = DateTime::parse(b"Fri, 21 Nov 1997 09:55:06 -0600").unwrap();
    /// let mut draft = Builder::new().from("ann@a.test").to("bob@b.test").text("Hello.").fill(now, 1).build()?;
    /// let mut reader = draft.reader()?;
    /// let (mut first, mut again) = (String::new(), String::new());
    /// reader.read_to_string(&mut first)?;
    /// reader.rewind()?;
    /// reader.read_to_string(&mut again)?;
    /// assert_eq!(first, again);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn reader(&mut self) -> Result<DraftReader<'_>, SourceError> {
        if self.begun() {
            self.rewind()?;
        }
        Ok(DraftReader { draft: self, piece: Vec::new(), given: 0, at: 0 })
    }
}

impl Read for DraftReader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.given == self.piece.len() {
            self.piece.clear();
            self.given = 0;
            if !self.draft.piece(&mut self.piece).map_err(io::Error::other)? {
                return Ok(0);
            }
        }
        let rest = &self.piece[self.given..];
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        self.given += count;
        self.at += count as u64;
        Ok(count)
    }
}

/// Counted from the front or from here: where it ends is not known before it is written. Beyond its end it stands at its
/// end.
impl Seek for DraftReader<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let place = match to {
            SeekFrom::Start(at) => at,
            SeekFrom::Current(by) => self.at.checked_add_signed(by).ok_or(ErrorKind::InvalidInput)?,
            SeekFrom::End(_) => return Err(ErrorKind::Unsupported.into()),
        };
        if place < self.at {
            self.draft.rewind().map_err(io::Error::other)?;
            self.piece.clear();
            (self.given, self.at) = (0, 0);
        }
        let ahead = place - self.at;
        io::copy(&mut self.by_ref().take(ahead), &mut io::sink())?;
        Ok(self.at)
    }
}
