//! Lines that end with CRLF and with nothing else.
//!
//! The command lines of SMTP and POP3 (RFC 5321 2.3.8, RFC 1939 3). A CR or an LF on its own ends no line: it is an octet
//! of the line it stands in, for the grammar to refuse. That is what keeps two parties from seeing two commands where a
//! third saw one.
//!
//! ```
//! use plainwire::syntax::line::Lines;
//!
//! let mut lines = Lines::new();
//! let mut input = &b"NOOP\nQUIT\r\nRS"[..];
//! assert_eq!(lines.take(&mut input, 512), Ok(Some(&b"NOOP\nQUIT"[..])));
//! assert_eq!(lines.take(&mut input, 512), Ok(None)); // "RS" stays until its line is whole
//! assert_eq!(input, b"RS");
//! ```

pub(crate) mod command;

use crate::work;
use memchr::memchr;
use wide::u8x16;

/// Takes CRLF lines off the front of an input that grows at its end, without looking at an octet twice.
///
/// The input has to begin where the last call left it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lines {
    /// So many octets of the input hold no line end; the last of them may be the CR of one.
    scanned: usize,
}

/// The line that begins here is longer than its limit. Nothing was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line longer than its limit")]
pub struct TooLong;

impl Lines {
    /// At the beginning of a line.
    pub const fn new() -> Self {
        Self { scanned: 0 }
    }

    /// Takes the first line and gives it without its CRLF, or `None` while it is not whole.
    ///
    /// `limit` counts the octets of the line with its CRLF: a line of just `limit` octets passes, one more is
    /// [`TooLong`], however the input was cut.
    #[inline]
    pub fn take<'i>(&mut self, input: &mut &'i [u8], limit: usize) -> Result<Option<&'i [u8]>, TooLong> {
        // Command lines are short: the end of nearly every one is seen here, where the caller is.
        if self.scanned == 0
            && limit >= BLOCK
            && let Some((block, _)) = input.split_first_chunk()
        {
            let bits = line_feeds(block);
            let end = bits.trailing_zeros() as usize;
            if bits != 0
                && let [line @ .., b'\r'] = &block[..end]
            {
                work::add(end + 1);
                *input = &input[end + 1..];
                return Ok(Some(line));
            }
            self.scanned = (end + 1).min(BLOCK);
            work::add(self.scanned);
        }
        self.search(input, limit)
    }

    /// As [`take`](Self::take), for any line.
    fn search<'i>(&mut self, input: &mut &'i [u8], limit: usize) -> Result<Option<&'i [u8]>, TooLong> {
        let whole = *input;
        debug_assert!(whole.len() >= self.scanned, "the input begins where the last call left it and only grows");
        let visible = &whole[..whole.len().min(limit)];
        let mut from = self.scanned.min(visible.len());
        while let Some(found) = line_feed(&visible[from..]) {
            let end = from + found;
            work::add(found + 1);
            if let [line @ .., b'\r'] = &visible[..end] {
                self.scanned = 0;
                *input = &whole[end + 1..];
                return Ok(Some(line));
            }
            from = end + 1;
        }
        work::add(visible.len() - from);
        self.scanned = self.scanned.max(visible.len());
        if whole.len() >= limit { Err(TooLong) } else { Ok(None) }
    }

    /// Takes what there is of the line that begins here, and says whether its end was among it.
    ///
    /// For what follows [`TooLong`]: call it until it says `true`. The CR of an end that is not whole stays in `input`.
    pub fn skip(&mut self, input: &mut &[u8]) -> bool {
        self.scanned = 0;
        let mut rest = *input;
        while let Some(found) = memchr(b'\n', rest) {
            work::add(found + 1);
            let ended = found > 0 && rest[found - 1] == b'\r';
            rest = &rest[found + 1..];
            if ended {
                *input = rest;
                return true;
            }
        }
        work::add(rest.len());
        *input = match rest {
            [.., b'\r'] => &rest[rest.len() - 1..],
            _ => &rest[rest.len()..],
        };
        false
    }

    /// Forgets the line that was begun: the input begins anew.
    pub const fn restart(&mut self) {
        self.scanned = 0;
    }
}

/// As many octets as have a bit each in one number.
const BLOCK: usize = 64;

/// Where the first LF stands. Command lines are short: in the first 64 octets one is found by a mask. A call of
/// `memchr` costs 95 instructions a line.
#[inline]
fn line_feed(octets: &[u8]) -> Option<usize> {
    let Some((block, rest)) = octets.split_first_chunk() else { return last_line_feed(octets) };
    let bits = line_feeds(block);
    if bits != 0 {
        return Some(bits.trailing_zeros() as usize);
    }
    memchr(b'\n', rest).map(|at| BLOCK + at)
}

/// One bit for each octet that is an LF.
#[inline]
fn line_feeds(block: &[u8; BLOCK]) -> u64 {
    let mut bits = 0;
    let (lanes, _) = block.as_chunks::<16>();
    for (at, lane) in lanes.iter().enumerate() {
        bits |= u64::from(is_line_feed(lane)) << (16 * at);
    }
    bits
}

/// As [`line_feed`], in fewer than 64 octets.
#[inline]
fn last_line_feed(octets: &[u8]) -> Option<usize> {
    let (lanes, rest) = octets.as_chunks::<16>();
    for (at, lane) in lanes.iter().enumerate() {
        let bits = is_line_feed(lane);
        if bits != 0 {
            return Some(16 * at + bits.trailing_zeros() as usize);
        }
    }
    let Some(last) = octets.last_chunk() else { return rest.iter().position(|octet| *octet == b'\n') };
    // It has the rest at its end, and before that no LF.
    let bits = is_line_feed(last);
    if bits != 0 { Some(octets.len() - 16 + bits.trailing_zeros() as usize) } else { None }
}

/// One bit for each octet that is an LF.
#[inline]
fn is_line_feed(lane: &[u8; 16]) -> u32 {
    u8x16::new(*lane).simd_eq(u8x16::splat(b'\n')).to_bitmask()
}

#[cfg(test)]
mod tests;
