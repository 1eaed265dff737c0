//! Command lines as a server takes them: a line that is too long is passed over, and refused where it ends.

use super::Lines;

/// Takes the command lines of a session off the front of its input.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct CommandLines {
    lines: Lines,
    /// So many octets of a line that is too long were passed over.
    skipped: Option<usize>,
}

/// What there was to take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Taken<'i> {
    /// A line, without its CRLF.
    Line(&'i [u8]),
    /// The end of a line that was too long: so far into what there was. Where that began depends on the cut; where the line
    /// ends does not.
    Overlong(usize),
    /// No end of a line. What is left in the input begins so many octets behind what there was.
    Dry(usize),
    /// More than [`CommandLines::ENDLESS`] octets and no end: so far into what there was.
    Endless(usize),
}

impl CommandLines {
    /// So many octets of a line without an end are passed over before the session ends.
    pub(crate) const ENDLESS: usize = 65_536;

    /// At the beginning of a line.
    pub(crate) const fn new() -> Self {
        Self { lines: Lines::new(), skipped: None }
    }

    /// No line has begun.
    pub(crate) fn between(&self) -> bool {
        *self == Self::new()
    }

    /// A line that is too long is being passed over.
    #[cfg(feature = "pop3")]
    pub(crate) const fn skipping(&self) -> bool {
        self.skipped.is_some()
    }

    /// Takes a line of at most `limit` octets with its CRLF, or of a longer one what there is.
    #[inline]
    pub(crate) fn take<'i>(&mut self, input: &mut &'i [u8], limit: usize) -> Taken<'i> {
        if self.skipped.is_none() {
            match self.lines.take(input, limit) {
                Ok(Some(line)) => return Taken::Line(line),
                Ok(None) => return Taken::Dry(0),
                Err(_) => {}
            }
        }
        self.skip(input)
    }

    #[cold]
    fn skip<'i>(&mut self, input: &mut &'i [u8]) -> Taken<'i> {
        let skipped = self.skipped.unwrap_or_default();
        let room = Self::ENDLESS - skipped;
        let whole = input.len();
        let mut visible = &input[..whole.min(room)];
        let before = visible.len();
        let ended = self.lines.skip(&mut visible);
        let passed = before - visible.len();
        *input = &input[passed..];
        if ended {
            self.skipped = None;
            return Taken::Overlong(passed);
        }
        self.skipped = Some(skipped + passed);
        if whole >= room { Taken::Endless(room) } else { Taken::Dry(passed) }
    }
}
