//! What a message is made of, as far as SMTP has to know before it may be sent.

use crate::syntax::dots::{Alone, Bare, Mark, next_mark};
use crate::work;
use memchr::{memchr, memrchr};

/// What the octets of a message ask of the server that is to take it.
///
/// ```
/// use plainwire::smtp::Content;
///
/// let content = Content::of("Subject: λ\r\n\r\nplain\r\n".as_bytes());
/// assert!(content.utf8_head() && content.eight_bit() && content.bare().is_none());
/// assert_eq!(content.octets(), 22);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content {
    octets: u64,
    /// Line ends that are CR or LF alone, each of which CRLF would make one octet longer.
    mends: u64,
    bare: Option<Bare>,
    eight_bit: bool,
    utf8_head: bool,
    nul: bool,
    longest: usize,
    /// Octets of the line that is not over, without its end.
    line: usize,
    in_head: bool,
    cr: bool,
    ends_line: bool,
}

impl Default for Content {
    fn default() -> Self {
        Self::new()
    }
}

impl Content {
    /// Of a message that has not begun.
    pub const fn new() -> Self {
        Self {
            octets: 0,
            mends: 0,
            bare: None,
            eight_bit: false,
            utf8_head: false,
            nul: false,
            longest: 0,
            line: 0,
            in_head: true,
            cr: false,
            ends_line: true,
        }
    }

    /// Of a whole message.
    pub fn of(message: &[u8]) -> Self {
        let mut content = Self::new();
        content.push(message);
        content.finish();
        content
    }

    /// Looks at the next piece of the message. Where the message is cut makes no difference.
    pub fn push(&mut self, piece: &[u8]) {
        let Some(last) = piece.last() else { return };
        work::add(piece.len());
        if self.cr && piece[0] != b'\n' {
            self.alone(Alone::Cr, self.octets - 1);
        }
        let cr_before = self.cr;
        let mut from = usize::from(cr_before && piece[0] == b'\n');
        self.cr = *last == b'\r';
        let ascii = piece.is_ascii();
        self.eight_bit |= !ascii;
        self.nul |= memchr(0, piece).is_some();
        while from < piece.len() {
            match next_mark(&piece[from..]) {
                None | Some((_, Mark::Open)) => break,
                Some((at, Mark::Dot)) => from += at.max(1),
                Some((at, Mark::Alone(which))) => {
                    self.alone(which, self.octets + (from + at) as u64);
                    from += at + 1;
                }
            }
        }
        self.lines(piece, ascii, cr_before);
        self.octets += piece.len() as u64;
        self.ends_line = *last == b'\n';
    }

    /// The message is over.
    pub fn finish(&mut self) {
        if core::mem::take(&mut self.cr) {
            self.alone(Alone::Cr, self.octets - 1);
            self.ends_line = true;
        }
        // The last line may lack its end, and is measured as if it had one.
        let cr = usize::from(self.line > 0 && self.bare.is_none());
        self.longest = self.longest.max(self.line + cr);
    }

    fn alone(&mut self, which: Alone, offset: u64) {
        self.mends += 1;
        self.bare.get_or_insert(Bare { which, offset });
    }

    /// The longest line, and where the head ends. A line ends with an LF here, whatever stands before it.
    fn lines(&mut self, piece: &[u8], ascii: bool, cr_before: bool) {
        let mut rest = piece;
        while self.in_head && !rest.is_empty() {
            let (line, others) = match memchr(b'\n', rest) {
                Some(at) => (&rest[..=at], &rest[at + 1..]),
                None => (rest, &rest[rest.len()..]),
            };
            self.utf8_head |= !ascii && !line.is_ascii();
            if line.ends_with(b"\n") {
                // An empty line ends the head.
                let before = self.line + line.len() - 1;
                self.in_head = !(before == 0 || before == 1 && (line == b"\r\n" || line == b"\n" && cr_before));
                self.longest = self.longest.max(before);
                self.line = 0;
            } else {
                self.line += line.len();
            }
            rest = others;
        }
        // In the body only a line longer than any before it is of interest: look that far ahead for a line end.
        loop {
            let ahead = (self.longest + 1).saturating_sub(self.line).min(rest.len());
            match memrchr(b'\n', &rest[..ahead]) {
                Some(at) => {
                    self.line = 0;
                    rest = &rest[at + 1..];
                }
                None => match memchr(b'\n', &rest[ahead..]) {
                    Some(at) => {
                        self.longest = self.longest.max(self.line + ahead + at);
                        self.line = 0;
                        rest = &rest[ahead + at + 1..];
                    }
                    None => {
                        self.line += rest.len();
                        return;
                    }
                },
            }
        }
    }

    /// Octets as they were given.
    pub const fn octets(&self) -> u64 {
        self.octets
    }

    /// Octets once every line end is CRLF, the last one included: what `SIZE` declares (RFC 1870 5).
    pub const fn octets_in_lines(&self) -> u64 {
        self.octets + self.mends + if self.ends_line { 0 } else { 2 }
    }

    /// The first CR or LF on its own.
    pub const fn bare(&self) -> Option<Bare> {
        self.bare
    }

    /// Octets above ASCII: `8BITMIME` is needed (RFC 6152).
    pub const fn eight_bit(&self) -> bool {
        self.eight_bit
    }

    /// Octets above ASCII before the first empty line: `SMTPUTF8` is needed (RFC 6531 3.1, RFC 6532).
    pub const fn utf8_head(&self) -> bool {
        self.utf8_head
    }

    /// A NUL, which only `BINARYMIME` can carry (RFC 2045 2.8).
    pub const fn nul(&self) -> bool {
        self.nul
    }

    /// Octets of the longest line up to its LF, so with its CR.
    pub const fn longest_line(&self) -> usize {
        self.longest
    }
}
