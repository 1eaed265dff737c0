//! What the person sees.

use bytes::BytesMut;
use plainwire::chat::{Ending, Heard, Limits};
use std::io::{self, IsTerminal as _, Write as _};

/// Prints lines of the room to standard output. On a terminal, what wraps is indented: a long line must not seem to
/// begin another where the terminal breaks it.
pub(super) struct Screen {
    limits: Limits,
    columns: Option<usize>,
}

/// Where the terminal does not say how wide it is.
const COLUMNS: usize = 80;
const INDENT: &str = "    ";

impl Screen {
    pub(super) fn new(limits: Limits) -> Self {
        let columns = io::stdout().is_terminal().then(width);
        Self { limits, columns }
    }

    /// Something that was heard.
    pub(super) fn heard(&self, heard: &Heard<&[u8]>) -> io::Result<()> {
        let mut line = BytesMut::new();
        // What was read under the same limits can be written under them.
        if heard.write(&self.limits, Ending::Lf, &mut line).is_ok() {
            self.line(line.trim_ascii_end())?;
        }
        Ok(())
    }

    /// A line that is fit for a terminal.
    pub(super) fn line(&self, line: &[u8]) -> io::Result<()> {
        let mut out = io::stdout().lock();
        if let (Some(columns), Ok(text)) = (self.columns, str::from_utf8(line)) {
            writeln!(out, "{}", wrapped(text, columns))?;
        } else {
            out.write_all(line)?;
            out.write_all(b"\n")?;
        }
        out.flush()
    }

    /// A word of our own, which no line of the room can be taken for: it goes to standard error.
    pub(super) fn notice(text: impl std::fmt::Display) {
        eprintln!("plainwire: {text}");
    }
}

/// `text` with a line break and an indent before each column that the terminal does not have. A character beyond ASCII
/// counts as two columns: some are, and breaking too early harms nobody.
fn wrapped(text: &str, columns: usize) -> String {
    let columns = columns.max(INDENT.len() * 2 + 2);
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for character in text.chars() {
        let width = if character.is_ascii() { 1 } else { 2 };
        if at + width > columns {
            out.push('\n');
            out.push_str(INDENT);
            at = INDENT.len();
        }
        out.push(character);
        at += width;
    }
    out
}

#[cfg(target_os = "linux")]
fn width() -> usize {
    rustix::termios::tcgetwinsize(io::stdout()).map_or(COLUMNS, |size| usize::from(size.ws_col).max(20))
}

#[cfg(not(target_os = "linux"))]
fn width() -> usize {
    COLUMNS
}

#[cfg(test)]
mod tests {
    use super::wrapped;

    #[test]
    fn what_wraps_is_indented() {
        assert_eq!(wrapped("short", 20), "short");
        assert_eq!(wrapped("0123456789abc", 10), "0123456789\n    abc");
        assert_eq!(wrapped("<eve> .... <admin> I pose", 11), "<eve> .... \n    <admin>\n     I pose");
        assert_eq!(wrapped("ääääää", 10), "äääää\n    ä");
    }
}
