//! Lines, ended by LF or CRLF.

use super::{Error, ErrorKind, Misuse};
use crate::engine::Decode;
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
    /// How many octets at the front of the input are known to hold no LF.
    seen: usize,
    /// The stream's offset of the front of the input.
    offset: u64,
    unterminated: bool,
    skipping: bool,
    ended: bool,
    over: bool,
    error: Option<Error>,
}

impl Lines {
    /// A decoder of lines of at most `limit` octets, their ends not counted. A limit of 0 allows empty lines only.
    pub const fn new(limit: usize) -> Self {
        Self { limit, seen: 0, offset: 0, unterminated: false, skipping: false, ended: false, over: false, error: None }
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
        if self.skipping || self.error.is_some() {
            return self.recv_unusual(input);
        }
        self.line(input)
    }

    #[inline]
    fn line<'i>(&mut self, input: &mut &'i [u8]) -> Result<Option<&'i [u8]>, Error> {
        let whole = *input;
        debug_assert!(self.seen <= whole.len(), "the input has to begin where the last call left it");
        let view = whole.len().min(self.limit.saturating_add(2));
        let Some(found) = whole.get(self.seen..view).and_then(|fresh| memchr(b'\n', fresh)) else {
            return self.without_end(input, view);
        };
        work::add(found + 1);
        let end = self.seen + found;
        let line = match whole[..end] {
            [.., b'\r'] => &whole[..end - 1],
            _ => &whole[..end],
        };
        if line.len() > self.limit {
            return self.fail(ErrorKind::TooLong, self.limit);
        }
        *input = &whole[end + 1..];
        self.offset += end as u64 + 1;
        self.seen = 0;
        Ok(Some(line))
    }

    /// No LF among the `view` octets that may hold one.
    #[cold]
    fn without_end<'i>(&mut self, input: &mut &'i [u8], view: usize) -> Result<Option<&'i [u8]>, Error> {
        let whole = *input;
        work::add(view.saturating_sub(self.seen));
        // One octet over the limit may still be the CR of the end, unless nothing follows it.
        let spare = usize::from(view > self.limit && whole[self.limit] == b'\r' && !(self.ended && self.unterminated));
        if view > self.limit.saturating_add(spare) {
            return self.fail(ErrorKind::TooLong, self.limit);
        }
        self.seen = view;
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
        self.offset += whole.len() as u64;
        self.seen = 0;
        Ok(Some(whole))
    }

    #[cold]
    fn recv_unusual<'i>(&mut self, input: &mut &'i [u8]) -> Result<Option<&'i [u8]>, Error> {
        if let Some(error) = self.error {
            return Err(error);
        }
        if self.pass(input) { self.line(input) } else { Ok(None) }
    }

    /// While [`skipping`](Self::skipping): throws away what belongs to the over-long line; whether its end has come.
    pub(in crate::chat) fn pass(&mut self, input: &mut &[u8]) -> bool {
        let whole = *input;
        let found = memchr(b'\n', &whole[self.seen..]).map(|at| self.seen + at + 1);
        let taken = found.unwrap_or(whole.len());
        work::add(taken - self.seen);
        *input = &whole[taken..];
        self.offset += taken as u64;
        self.seen = 0;
        self.skipping = found.is_none();
        // The line that was too long was told as such; that its end never came is nothing new.
        self.over = self.skipping && self.ended;
        !self.skipping
    }

    fn fail<T>(&mut self, kind: ErrorKind, at: usize) -> Result<T, Error> {
        let error = Error { kind, offset: self.offset + at as u64 };
        self.error = Some(error);
        Err(error)
    }

    /// After [`ErrorKind::TooLong`]: forgets the error and throws away the rest of that line, at the next
    /// [`recv`](Self::recv) and as it comes. Otherwise nothing happens.
    pub fn skip(&mut self) {
        if self.error.is_some_and(|error| error.kind == ErrorKind::TooLong) {
            self.error = None;
            self.skipping = true;
        }
    }

    /// Whether the rest of an over-long line is being thrown away.
    pub const fn skipping(&self) -> bool {
        self.skipping
    }

    /// The stream's offset of the front of the input: where the next line begins.
    pub const fn offset(&self) -> u64 {
        self.offset
    }

    /// Whether part of a line has been seen, but not its end.
    pub const fn inside(&self) -> bool {
        self.seen > 0 || self.skipping
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
}

impl Decode for Lines {
    type Event<'i> = &'i [u8];
    type Error = Error;

    fn recv<'i>(&mut self, input: &mut &'i [u8]) -> Result<Option<Self::Event<'i>>, Error> {
        self.recv(input)
    }
    fn eof(&mut self) {
        self.eof();
    }
    fn over(&self) -> bool {
        self.over()
    }
    fn window(&self) -> usize {
        self.window()
    }
    // A line is a message, not a piece of bulk data: two of them are never merged.
    fn octets<'e>(_: &'e Self::Event<'_>) -> Option<&'e [u8]> {
        None
    }
}

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
