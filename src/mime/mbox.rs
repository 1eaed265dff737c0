//! mbox files (RFC 4155 and its relatives): many messages, one behind the other, as a stream.
//!
//! A message begins with a line `From sender date` and ends with an empty line. What the dialects differ in is how a
//! line of the message that begins with `From ` is told from that:
//!
//! | dialect | written | read here |
//! |---|---|---|
//! | mboxrd | one more `>` before every `>*From ` | one `>` less: nothing is lost |
//! | mboxo | `>` before `From ` | left as it is: whether a `>` was there before can't be told |
//! | mboxcl | as mboxo, with a Content-Length | the body is that long |
//! | mboxcl2 | with a Content-Length, nothing quoted | the body is that long |
//!
//! ```
//! use plainwire::mime::{DateTime, mbox::{Dialect, Event, Reader, Writer}};
//!
//! let mut file = Vec::new();
//! let mut writer = Writer::new();
//! let date = DateTime::parse(b"Fri, 21 Nov 1997 09:55:06 -0600").unwrap();
//! writer.begin("ann@example.org", date, &mut file)?;
//! writer.write(b"Subject: hi\r\n\r\nFrom here on\r\n", &mut file);
//! writer.end(&mut file);
//! assert_eq!(file, b"From ann@example.org Fri Nov 21 15:55:06 1997\nSubject: hi\n\n>From here on\n\n");
//!
//! let (mut reader, mut input, mut text) = (Reader::new(Dialect::Rd), &file[..], Vec::new());
//! reader.eof();
//! while let Ok(Some(event)) = reader.recv(&mut input) {
//!     match event {
//!         Event::Begin(line) => assert!(line.starts_with(b"From ann@example.org ")),
//!         Event::Data(octets) => text.extend_from_slice(octets),
//!         Event::End => {}
//!     }
//! }
//! assert_eq!(text, b"Subject: hi\n\nFrom here on\n");
//! # Ok::<(), plainwire::mime::mbox::InvalidSender>(())
//! ```

use super::date::{DateTime, Offset};
use crate::engine::{Decode, delegate};
use crate::syntax::calendar;
use alloc::format;
use alloc::vec::Vec;
use core::convert::Infallible;

/// How lines that begin with `From ` were written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
pub enum Dialect {
    /// mboxrd: reversible.
    #[default]
    Rd,
    /// mboxo: what most old programs write.
    O,
    /// mboxcl: mboxo with Content-Length.
    Cl,
    /// mboxcl2: Content-Length alone.
    Cl2,
}

/// What an mbox file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event<B> {
    /// A message begins: its `From ` line, without the line break. In a file that does not begin with one, the first
    /// message has an empty line here.
    Begin(B),
    /// Octets of the message.
    Data(B),
    /// The message ends.
    End,
}

impl<A> Event<A> {
    /// The event with its octets held as `B`.
    pub fn map<B>(self, mut keep: impl FnMut(A) -> B) -> Event<B> {
        match self {
            Self::Begin(line) => Event::Begin(keep(line)),
            Self::Data(octets) => Event::Data(keep(octets)),
            Self::End => Event::End,
        }
    }
}

/// The longest `From ` line, and the longest run of `>` that is looked at.
const LINE: usize = 1000;

const FROM: &[u8] = b"From ";

/// Reads an mbox file as it comes. It holds nothing but where it is.
#[derive(Debug)]
pub struct Reader {
    dialect: Dialect,
    state: State,
    ended: bool,
    seen: usize,
    /// What is left of the body by its Content-Length.
    length: Option<u64>,
    header: Header,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Before the first message.
    Start,
    /// At the first octet of a line of a message.
    LineStart,
    /// Within a line, or at the front of one that is known to be text.
    Line,
    /// Before the `From ` line of the next message.
    Between,
    Over,
}

/// What the header has said of the length, in the dialects that say it.
#[derive(Debug, Default)]
struct Header {
    within: bool,
    said: Option<u64>,
}

/// What a line is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Line {
    Text,
    /// An empty line, so long with its break.
    Empty(usize),
    /// A `From ` line.
    From,
    /// `>From `, `>>From ` …
    Quoted,
    Unknown,
}

impl Reader {
    /// A reader at the start of a file.
    pub fn new(dialect: Dialect) -> Self {
        Self { dialect, state: State::Start, ended: false, seen: 0, length: None, header: Header::default() }
    }

    /// There will be no more than what is in `input`; then call [`recv`](Self::recv) until it says `None`.
    pub fn eof(&mut self) {
        self.ended = true;
    }

    /// The last message has ended.
    pub fn over(&self) -> bool {
        self.state == State::Over
    }

    /// A buffer of so many octets always suffices.
    pub fn window(&self) -> usize {
        LINE + 8
    }

    /// The octets of a message.
    pub fn octets<'e>(event: &'e Event<&[u8]>) -> Option<&'e [u8]> {
        match event {
            Event::Data(octets) => Some(octets),
            Event::Begin(_) | Event::End => None,
        }
    }

    /// Takes at most one event off the front of `input`. `None`: nothing more without more octets, or
    /// [`eof`](Self::eof).
    ///
    /// # Errors
    ///
    /// None: every file is some mbox.
    pub fn recv<'i>(&mut self, input: &mut &'i [u8]) -> Result<Option<Event<&'i [u8]>>, Infallible> {
        loop {
            match self.state {
                State::Over => return Ok(None),
                State::Start | State::Between => match self.separator(input) {
                    Some(event) => return Ok(Some(event)),
                    None if self.state == State::Over => {}
                    None => return Ok(None),
                },
                State::LineStart | State::Line => {
                    if let Some(left) = self.length {
                        match self.counted(input, left) {
                            Some(event) => return Ok(Some(event)),
                            None if self.length.is_none() => continue,
                            None => return Ok(None),
                        }
                    }
                    let before = input.len();
                    if let Some(event) = self.lines(input) {
                        return Ok(Some(event));
                    }
                    if input.len() == before && !matches!(self.state, State::Between | State::Over) {
                        return Ok(None);
                    }
                }
            }
        }
    }

    fn take<'i>(&mut self, input: &mut &'i [u8], len: usize) -> &'i [u8] {
        let (taken, rest) = input.split_at(len);
        *input = rest;
        self.seen = 0;
        taken
    }

    /// The line between two messages, or before the first.
    fn separator<'i>(&mut self, input: &mut &'i [u8]) -> Option<Event<&'i [u8]>> {
        // Empty lines before a message are nobody's.
        while let Line::Empty(len) = line(input, self.ended, &mut 0) {
            self.take(input, len);
        }
        if input.is_empty() {
            if self.ended {
                self.state = State::Over;
            }
            return None;
        }
        match line(&input[..input.len().min(FROM.len())], self.ended || input.len() >= FROM.len(), &mut 0) {
            Line::Unknown if input[0] != b'>' => return None,
            Line::From => {}
            _ => {
                // A file that does not begin as it should is a message all the same.
                self.begin();
                return Some(Event::Begin(&input[..0]));
            }
        }
        let end = input.len().min(LINE);
        let from = self.seen.min(end);
        let found = memchr::memchr(b'\n', &input[from..end]).map(|at| from + at);
        crate::work::add(found.unwrap_or(end) - from);
        let len = match found {
            Some(lf) => lf + 1,
            None if self.ended || end == LINE => end,
            None => {
                self.seen = end;
                return None;
            }
        };
        let line = self.take(input, len);
        self.begin();
        if found.is_none() {
            self.state = State::Line;
        }
        Some(Event::Begin(super::stream::without_break(line)))
    }

    fn begin(&mut self) {
        self.state = State::LineStart;
        self.header = Header { within: matches!(self.dialect, Dialect::Cl | Dialect::Cl2), said: None };
        self.length = None;
    }

    /// A body whose length is known.
    fn counted<'i>(&mut self, input: &mut &'i [u8], left: u64) -> Option<Event<&'i [u8]>> {
        if left == 0 {
            self.length = None;
            self.state = State::LineStart;
            return None;
        }
        if input.is_empty() {
            if self.ended {
                self.length = None;
            }
            return None;
        }
        let len = usize::try_from(left).unwrap_or(usize::MAX).min(input.len());
        self.length = Some(left - len as u64);
        Some(Event::Data(self.take(input, len)))
    }

    fn lines<'i>(&mut self, input: &mut &'i [u8]) -> Option<Event<&'i [u8]>> {
        // How far the text goes that can be told in one piece, and whether a line begins there.
        let mut told = 0;
        let mut fresh = self.state == State::LineStart;
        loop {
            let rest = &input[told..];
            if fresh {
                // Only what stays at the front is looked at again.
                let mut seen = if told == 0 { self.seen } else { 0 };
                let kind = line(rest, self.ended, &mut seen);
                match kind {
                    Line::Unknown => {
                        if told == 0 {
                            self.seen = seen;
                        }
                        break;
                    }
                    Line::From => {
                        if told > 0 {
                            break;
                        }
                        self.state = State::Between;
                        return Some(Event::End);
                    }
                    Line::Quoted if self.dialect == Dialect::Rd => {
                        if told > 0 {
                            break;
                        }
                        self.take(input, 1);
                        (self.state, fresh) = (State::Line, false);
                        continue;
                    }
                    Line::Empty(len) => {
                        if self.header.within {
                            told += len;
                            self.header.within = false;
                            if let Some(said) = self.header.said {
                                self.length = Some(said);
                                break;
                            }
                            continue;
                        }
                        let behind = line(&rest[len..], self.ended, &mut seen);
                        if told == 0 {
                            self.seen = seen;
                        }
                        let last = rest.len() == len && self.ended;
                        if last || matches!(behind, Line::From | Line::Unknown) {
                            if told > 0 || (behind == Line::Unknown && !last) {
                                break;
                            }
                            // The empty line that ends a message is not part of it.
                            self.take(input, len);
                            self.state = if last { State::Over } else { State::Between };
                            return Some(Event::End);
                        }
                        told += len;
                        continue;
                    }
                    Line::Text | Line::Quoted => {}
                }
                if self.header.within && !self.field(rest) {
                    break;
                }
            }
            let rest = &input[told..];
            let found = memchr::memchr(b'\n', rest);
            crate::work::add(found.unwrap_or(rest.len()));
            match found {
                Some(lf) => {
                    told += lf + 1;
                    fresh = true;
                }
                None => {
                    fresh &= rest.is_empty();
                    told = input.len();
                    break;
                }
            }
        }
        if told > 0 {
            let octets = self.take(input, told);
            self.state = if fresh { State::LineStart } else { State::Line };
            return Some(Event::Data(octets));
        }
        if self.ended && input.is_empty() {
            self.state = State::Over;
            return Some(Event::End);
        }
        None
    }

    /// Looks for Content-Length in a line of the header; `false` where more of the line is needed.
    fn field(&mut self, at: &[u8]) -> bool {
        const NAME: &[u8] = b"content-length:";
        let front = &at[..at.len().min(NAME.len())];
        if !front.eq_ignore_ascii_case(&NAME[..front.len()]) {
            return true;
        }
        let end = at.len().min(LINE);
        let Some(lf) = memchr::memchr(b'\n', &at[..end]) else { return self.ended || end == LINE };
        if let Some(value) = at.get(NAME.len()..lf)
            && self.header.said.is_none()
        {
            self.header.said = core::str::from_utf8(value.trim_ascii()).ok().and_then(|value| value.parse().ok());
        }
        true
    }
}

/// What line begins at the front of `at`, whose first `seen` octets are known to be `>`; `seen` learns of more.
fn line(at: &[u8], ended: bool, seen: &mut usize) -> Line {
    match at {
        [] if !ended => return Line::Unknown,
        [b'\n', ..] => return Line::Empty(1),
        [b'\r', b'\n', ..] => return Line::Empty(2),
        [b'\r'] if !ended => return Line::Unknown,
        _ => {}
    }
    let from = (*seen).min(at.len());
    let more = at[from..].iter().take(LINE - from.min(LINE)).take_while(|octet| **octet == b'>').count();
    crate::work::add(more + 1);
    let quotes = from + more;
    *seen = quotes;
    let rest = &at[quotes..];
    let front = &rest[..rest.len().min(FROM.len())];
    if quotes == LINE || !FROM.starts_with(front) {
        return Line::Text;
    }
    if front.len() < FROM.len() {
        return if ended { Line::Text } else { Line::Unknown };
    }
    if quotes > 0 { Line::Quoted } else { Line::From }
}

delegate!(impl Decode for Reader: Event<'i> = Event<&'i [u8]>, Infallible);

/// A sender that a `From ` line can't hold: empty, or with white space or control characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a sender for a From line")]
pub struct InvalidSender;

/// Writes mboxrd. CRLF becomes LF, as mbox files have it.
#[derive(Debug, Default)]
pub struct Writer {
    /// What stands at the front of a line and may yet be `>*From `.
    pending: Vec<u8>,
    place: Place,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Place {
    #[default]
    LineStart,
    Line,
    /// Behind a CR, which goes if an LF follows.
    Cr,
}

impl Writer {
    /// A writer between two messages.
    pub fn new() -> Self {
        Self::default()
    }

    /// Begins a message: from whom the envelope says it is (`MAILER-DAEMON` for the null path, by custom), and when it
    /// came.
    ///
    /// # Errors
    ///
    /// [`InvalidSender`]; nothing was written.
    pub fn begin(&mut self, sender: &str, date: DateTime, out: &mut Vec<u8>) -> Result<(), InvalidSender> {
        if sender.is_empty() || sender.len() > 900 || sender.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return Err(InvalidSender);
        }
        // asctime in UTC (RFC 4155): the year last, the day padded with a space.
        let utc = DateTime::from_unix(date.unix(), Offset::East(0)).unwrap_or(date);
        let line = format!(
            "From {sender} {} {} {:>2} {:02}:{:02}:{:02} {}\n",
            calendar::DAYS[usize::from(utc.weekday())],
            calendar::MONTHS[usize::from(utc.month()) - 1],
            utc.day(),
            utc.hour(),
            utc.minute(),
            utc.second(),
            utc.year()
        );
        out.extend_from_slice(line.as_bytes());
        self.place = Place::LineStart;
        self.pending.clear();
        Ok(())
    }

    /// Writes the next octets of the message.
    pub fn write(&mut self, octets: &[u8], out: &mut Vec<u8>) {
        let mut rest = octets;
        while !rest.is_empty() {
            rest = match self.place {
                Place::LineStart => self.line_start(rest, out),
                Place::Cr => {
                    if rest[0] != b'\n' {
                        out.push(b'\r');
                    }
                    self.place = Place::Line;
                    rest
                }
                Place::Line => {
                    let found = memchr::memchr2(b'\n', b'\r', rest);
                    crate::work::add(found.unwrap_or(rest.len()));
                    let Some(at) = found else {
                        out.extend_from_slice(rest);
                        return;
                    };
                    let end = if rest[at] == b'\n' { at + 1 } else { at };
                    self.place = if rest[at] == b'\n' { Place::LineStart } else { Place::Cr };
                    out.extend_from_slice(&rest[..end]);
                    &rest[at + 1..]
                }
            };
        }
    }

    fn line_start<'r>(&mut self, rest: &'r [u8], out: &mut Vec<u8>) -> &'r [u8] {
        // The run of `>` in front is looked at once.
        let mut seen = self.pending.iter().take_while(|octet| **octet == b'>').count();
        for (at, &octet) in rest.iter().enumerate() {
            self.pending.push(octet);
            match line(&self.pending, false, &mut seen) {
                Line::Unknown if octet != b'\r' => continue,
                Line::From | Line::Quoted => out.push(b'>'),
                _ => {}
            }
            // The last octet may be a line break: it goes the way of every line.
            self.pending.pop();
            out.append(&mut self.pending);
            self.place = Place::Line;
            return &rest[at..];
        }
        &[]
    }

    /// Ends the message, with the empty line behind it.
    pub fn end(&mut self, out: &mut Vec<u8>) {
        let fresh = self.place == Place::LineStart && self.pending.is_empty();
        out.append(&mut self.pending);
        if self.place == Place::Cr {
            out.push(b'\r');
        }
        if !fresh {
            out.push(b'\n');
        }
        out.push(b'\n');
        self.place = Place::LineStart;
    }
}
