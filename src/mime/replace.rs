//! One part replaced, every other octet as it was.

use super::boundary::{Boundaries, Found};
use super::part::Part;
use super::stream::Content;

/// The new part holds a delimiter line of a multipart around it: it would end there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a delimiter line of an enclosing multipart at octet {offset} of the new part")]
pub struct ForeignDelimiter {
    /// Where in the new part the line begins.
    pub offset: usize,
}

impl<'a> Part<'_, 'a> {
    /// The message with this part, header and body, replaced by `new`, as pieces to be written one after the other. What
    /// is before and behind is untouched to the octet, signatures included. Where the old part was empty and had no line of
    /// its own, `new` gets one: the line breaks that it needs stand before and behind it.
    ///
    /// # Errors
    ///
    /// [`ForeignDelimiter`] where `new` would break out of its place.
    pub fn replaced<'n>(&self, new: &'n [u8]) -> Result<[&'n [u8]; 5], ForeignDelimiter>
    where
        'a: 'n,
    {
        let mut boundaries = Boundaries::default();
        let mut around = Some(*self);
        while let Some(part) = around.and_then(|part| part.parent()) {
            if part.content() == Content::Multipart
                && let Some(boundary) = part.content_type().parameter("boundary")
            {
                boundaries.push(0, boundary.trim_end_matches([' ', '\t']).as_bytes());
            }
            around = Some(part);
        }
        let mut at = 0;
        while at < new.len() {
            if let Found::Delimiter { .. } = boundaries.look(&new[at..], true, &mut 0) {
                return Err(ForeignDelimiter { offset: at });
            }
            at = memchr::memmem::find(&new[at..], b"\n--").map_or(new.len(), |lf| at + lf + 1);
        }
        let range = self.range();
        let raw: &'a [u8] = self.message.raw();
        let (before, behind) = (&raw[..range.start], &raw[range.end..]);
        if new.is_empty() && range.is_empty() {
            return Ok([before, b"", new, b"", behind]);
        }
        // Where there is nothing between two delimiters, they share a line break, and what comes between needs its own.
        let in_delimiter = range.is_empty() && !before.is_empty() && !before.ends_with(b"\n");
        let missing: &[u8] = if in_delimiter { b"\r\n" } else { b"" };
        let touching = behind.starts_with(b"--") && !new.ends_with(b"\n");
        Ok([before, missing, new, if touching { b"\r\n" } else { b"" }, behind])
    }
}
