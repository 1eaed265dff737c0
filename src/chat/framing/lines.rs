//! Lines, ended by LF or CRLF.

use super::{Error, ErrorKind, Misuse};
use crate::chat::words::places;
use crate::engine::{Decode, delegate};
use crate::work;
use bytes::BytesMut;
use memchr::{memchr, memchr2};

/// What ends a line that is written. Both are read, always.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Ending {
    /// One LF: what Unix tools expect, `nc` among them.
    #[default]
    Lf,
    /// CR and LF: what the Internet's text protocols say.
    Crlf,
}

impl Ending {
    /// The octets.
    pub const fn octets(self) -> &'static [u8] {
        match self {
            Self::Lf => b"\n",
            Self::Crlf => b"\r\n",
        }
    }
}

/// So many words without an LF, and the line is a long one.
const WORDS: usize = 3;
const WORD: usize = 64;

/// Decodes lines. A line is told without its end; a CR belongs to the end only directly before the LF.
///
/// A line of more than `limit` octets (its end not counted) is [`ErrorKind::TooLong`] at the first octet over the
/// limit, however the input was cut; [`skip`](Self::skip) then goes on behind it. A stream that ends inside a line is
/// [`ErrorKind::Truncated`], unless [`unterminated`](Self::unterminated) allowed it.
///
/// ```
/// use plainwire::chat::framing::{ErrorKind, Lines};
///
/// let mut lines = Lines::new(4);
/// let mut input = &b"too long\nok\n"[..];
/// let error = lines.recv(&mut input).unwrap_err();
/// assert_eq!((error.kind, error.offset), (ErrorKind::TooLong, 4));
/// lines.skip();
/// assert_eq!(lines.recv(&mut input), Ok(Some(&b"ok"[..])));
/// ```
#[derive(Clone, Debug)]
pub struct Lines {
    limit: usize,
    /// How many octets at the front of the input were looked at.
    seen: usize,
    /// Where, among the last 64 of those, the LFs are that were not told yet: found together, told one by one. The
    /// others hold none.
    ends: u64,
    /// The stream's offset of the front of the input.
    offset: u64,
    /// Whether `trouble` is any: one octet to look at for each line.
    troubled: bool,
    trouble: Trouble,
    unterminated: bool,
    pub(in crate::chat) ended: bool,
    over: bool,
}

/// What keeps the next line from being told.
#[derive(Clone, Copy, Debug)]
enum Trouble {
    None,
    /// The rest of an over-long line is to be thrown away.
    Skipping,
    Failed(Error),
}

impl Lines {
    /// A decoder of lines of at most `limit` octets, their ends not counted. A limit of 0 allows empty lines only.
    pub const fn new(limit: usize) -> Self {
        let trouble = Trouble::None;
        Self {
            limit,
            seen: 0,
            ends: 0,
            offset: 0,
            troubled: false,
            trouble,
            unterminated: false,
            ended: false,
            over: false,
        }
    }

    /// Whether the last line may lack its end, as in many files. Not allowed unless this is called with `true`: on a
    /// connection, a line without its end was cut short.
    #[must_use]
    pub const fn unterminated(mut self, allowed: bool) -> Self {
        self.unterminated = allowed;
        self
    }

    /// Takes one line off the front of `input`; see [`Decode::recv`].
    #[inline]
    pub fn recv<'i>(&mut self, input: &mut &'i [u8]) -> Result<Option<&'i [u8]>, Error> {
        if self.troubled && !self.recover(input)? {
            return Ok(None);
        }
        let whole = *input;
        debug_assert!(self.seen <= whole.len(), "the input has to begin where the last call left it");
        if self.ends == 0 && !self.search(whole) {
            return self.without_end(input);
        }
        let end = self.next_end();
        let (line, rest) = whole.split_at(end);
        let line = match line {
            [line @ .., b'\r'] => line,
            line => line,
        };
        if line.len() > self.limit {
            return self.fail(ErrorKind::TooLong, self.limit);
        }
        *input = &rest[1..];
        self.take(end + 1);
        Ok(Some(line))
    }

    /// Whether the next line may be told.
    #[cold]
    fn recover(&mut self, input: &mut &[u8]) -> Result<bool, Error> {
        match self.trouble {
            Trouble::None => Ok(true),
            Trouble::Skipping => Ok(self.pass(input)),
            Trouble::Failed(error) => Err(error),
        }
    }

    /// Where the next LF is that was found and not told.
    #[inline]
    fn next_end(&self) -> usize {
        (self.seen + self.ends.trailing_zeros() as usize).wrapping_sub(WORD)
    }

    /// A line of `octets` octets, its end included, is taken off the input.
    #[inline]
    fn take(&mut self, octets: usize) {
        self.seen = self.seen.saturating_sub(octets);
        self.ends &= self.ends.wrapping_sub(1);
        self.offset += octets as u64;
    }

    /// Looks for the next LF: word by word for short lines, whose ends come several to a word, and by `memchr` for what
    /// is longer than a few words, or shorter than one.
    #[inline(never)]
    fn search(&mut self, whole: &[u8]) -> bool {
        for _ in 0..WORDS {
            let Some(word) = whole.get(self.seen..).and_then(<[u8]>::first_chunk::<WORD>) else { break };
            work::add(WORD);
            self.seen += WORD;
            self.ends = places(word, b'\n');
            if self.ends != 0 {
                return true;
            }
        }
        let Some(fresh) = whole.get(self.seen..self.view(whole)) else { return false };
        let found = memchr(b'\n', fresh);
        let looked_at = found.map_or(fresh.len(), |at| at + 1);
        work::add(looked_at);
        self.seen += looked_at;
        // The LF is the last octet that was looked at.
        self.ends = u64::from(found.is_some()) << (WORD - 1);
        found.is_some()
    }

    /// How much of the input may belong to this line.
    fn view(&self, whole: &[u8]) -> usize {
        whole.len().min(self.limit.saturating_add(2))
    }

    /// No LF where there may be one.
    #[cold]
    fn without_end<'i>(&mut self, input: &mut &'i [u8]) -> Result<Option<&'i [u8]>, Error> {
        let whole = *input;
        let view = self.view(whole);
        // One octet over the limit may still be the CR of the end, unless nothing follows it.
        let spare = usize::from(view > self.limit && whole[self.limit] == b'\r' && !(self.ended && self.unterminated));
        if view > self.limit.saturating_add(spare) {
            return self.fail(ErrorKind::TooLong, self.limit);
        }
        if !self.ended {
            return Ok(None);
        }
        if whole.is_empty() {
            self.over = true;
            return Ok(None);
        }
        if !self.unterminated {
            return self.fail(ErrorKind::Truncated, whole.len());
        }
        *input = &whole[whole.len()..];
        self.take(whole.len());
        Ok(Some(whole))
    }

    /// While [`skipping`](Self::skipping): throws away what belongs to the over-long line; whether its end has come.
    pub(in crate::chat) fn pass(&mut self, input: &mut &[u8]) -> bool {
        let whole = *input;
        let found = if self.ends != 0 {
            Some(self.next_end())
        } else {
            let seen = self.seen.min(whole.len());
            let found = memchr(b'\n', &whole[seen..]).map(|at| seen + at);
            work::add(found.map_or(whole.len(), |end| end + 1) - seen);
            found
        };
        let taken = found.map_or(whole.len(), |end| end + 1);
        *input = &whole[taken..];
        self.take(taken);
        if found.is_some() {
            self.trouble = Trouble::None;
            self.troubled = false;
        } else {
            // The line that was too long was told as such; that its end never came is nothing new.
            self.over = self.ended;
        }
        found.is_some()
    }

    #[cold]
    fn fail<T>(&mut self, kind: ErrorKind, at: usize) -> Result<T, Error> {
        let error = Error { kind, offset: self.offset + at as u64 };
        self.trouble = Trouble::Failed(error);
        self.troubled = true;
        Err(error)
    }

    /// After [`ErrorKind::TooLong`]: forgets the error and throws away the rest of that line, at the next
    /// [`recv`](Self::recv) and as it comes. Otherwise nothing happens.
    pub fn skip(&mut self) {
        if let Trouble::Failed(Error { kind: ErrorKind::TooLong, .. }) = self.trouble {
            self.trouble = Trouble::Skipping;
        }
    }

    /// Whether the rest of an over-long line is being thrown away.
    pub const fn skipping(&self) -> bool {
        matches!(self.trouble, Trouble::Skipping)
    }

    /// The stream's offset of the front of the input: where the next line begins.
    pub const fn offset(&self) -> u64 {
        self.offset
    }

    /// There will be no more than what is in `input`; then call [`recv`](Self::recv).
    pub fn eof(&mut self) {
        self.ended = true;
    }

    /// The stream has ended between two lines.
    pub const fn over(&self) -> bool {
        self.over
    }

    /// An input this long always holds a line or an error.
    pub const fn window(&self) -> usize {
        self.limit.saturating_add(2)
    }

    /// None: a line is a message, not a piece of bulk data, and two of them are never merged.
    pub const fn octets<'e>(_: &'e &[u8]) -> Option<&'e [u8]> {
        None
    }
}

delegate!(impl Decode for Lines: Event<'i> = &'i [u8], Error);

/// Writes `line` and its end.
///
/// # Errors
///
/// [`Misuse::LineBreak`] where the line holds a CR or an LF, even one that no end follows: there are readers to whom a
/// lone CR ends a line.
pub fn encode_line(line: &[u8], ending: Ending, out: &mut BytesMut) -> Result<(), Misuse> {
    if let Some(at) = memchr2(b'\r', b'\n', line) {
        return Err(Misuse::LineBreak(at));
    }
    let end = ending.octets();
    out.reserve(line.len() + end.len());
    out.extend_from_slice(line);
    out.extend_from_slice(end);
    Ok(())
}
