//! What both ends do with what comes in: lines, over-long ones, and the stream's end.

use super::framing::{ErrorKind, Lines};
use super::{Error, ErrorKind as Kind};

/// What is at the front of the input.
pub(super) enum Read<'i> {
    /// A line without its end, and its offset in the stream.
    Line(&'i [u8], u64),
    /// A line over the limit, from this offset of the stream on; it is skipped from here.
    Overlong(u64),
    /// An over-long line has ended; ask again.
    Skipped,
    /// Nothing more without more octets.
    Dry,
    /// The stream ended between two lines.
    Over,
}

/// Takes the next line off `input`.
#[inline]
pub(super) fn read<'i>(lines: &mut Lines, input: &mut &'i [u8]) -> Result<Read<'i>, Error> {
    if lines.skipping() {
        return Ok(match lines.pass(input) {
            true => Read::Skipped,
            false if lines.over() => Read::Over,
            false => Read::Dry,
        });
    }
    let start = lines.offset();
    match lines.recv(input) {
        Ok(Some(line)) => Ok(Read::Line(line, start)),
        Ok(None) if lines.over() => Ok(Read::Over),
        Ok(None) => Ok(Read::Dry),
        Err(error) if error.kind == ErrorKind::TooLong => {
            lines.skip();
            Ok(Read::Overlong(error.offset))
        }
        Err(error) => Err(Error { kind: Kind::Truncated, offset: error.offset }),
    }
}
