//! How a subcommand fails: one line on standard error and a documented exit code.

use std::fmt;
use std::io::{self, Write as _};
use std::path::Path;
use std::process::ExitCode;

/// The exit codes of a subcommand, as the end of its `--help` has them: `exit_codes! { 0 "done" 1 "not done" }`.
macro_rules! exit_codes {
    ($($code:literal $when:literal)+) => {
        concat!("Exit codes:", $("\n  ", $code, ": ", $when),+)
    };
}
pub(crate) use exit_codes;

/// What every subcommand returns.
pub(crate) type Outcome = Result<ExitCode, Failure>;

/// A failure: what is said and the code that the process ends with.
#[derive(Debug)]
pub(crate) struct Failure {
    /// The exit code of the process.
    pub(crate) code: u8,
    /// One line for the person at the terminal, without the program's name.
    pub(crate) message: String,
}

impl Failure {
    /// A failure with its own exit code.
    pub(crate) fn new(code: u8, message: impl fmt::Display) -> Self {
        // Words of the peer may be in it: what would move a terminal's cursor is spelled out.
        let mut said = String::new();
        for letter in message.to_string().chars() {
            match letter {
                '\n' | '\t' => said.push(letter),
                _ if letter.is_control() => said.extend(letter.escape_default()),
                _ => said.push(letter),
            }
        }
        Self { code, message: said }
    }

    /// A failure with a file or folder, which is named first.
    pub(crate) fn at(code: u8, path: impl AsRef<Path>, error: impl fmt::Display) -> Self {
        Self::new(code, format_args!("{}: {error}", path.as_ref().display()))
    }

    /// The reader of standard output went away (`plainwire … | head`): an end like any other, without a word.
    pub(crate) const fn unread() -> Self {
        Self { code: 0, message: String::new() }
    }

    /// Says it on standard error and gives the exit code.
    pub(crate) fn report(self) -> ExitCode {
        if !self.message.is_empty() {
            // Where standard error is gone as well, the code says it alone.
            let _unheard = writeln!(io::stderr(), "plainwire: {}", self.message);
        }
        ExitCode::from(self.code)
    }
}

/// An I/O error ends with code 1, but for a [reader that went away](Failure::unread): what speaks to the network says
/// itself which connection broke.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe { Self::unread() } else { Self::new(1, error) }
    }
}
