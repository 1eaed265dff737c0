//! Where a message is read from.

use super::sysexits::NO_INPUT;
use crate::failure::Failure;
use crate::input;
use std::path::PathBuf;

/// The argument that names a message.
#[derive(clap::Args)]
pub(crate) struct Source {
    /// The file with the message; standard input where none is given, or where it is `-`
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
}

impl Source {
    /// Its octets. Exit code 66 (`EX_NOINPUT`) where the file can't be read.
    pub(crate) fn read(&self) -> Result<Vec<u8>, Failure> {
        input::read(self.file.as_deref(), NO_INPUT)
    }
}
