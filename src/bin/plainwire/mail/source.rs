//! Where a message is read from.

use crate::failure::Failure;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// The argument that names a message.
#[derive(clap::Args)]
pub(crate) struct Source {
    /// The file with the message; standard input where none is given, or where it is `-`
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
}

impl Source {
    /// Its octets. Exit code 66 (EX_NOINPUT) where the file can't be read.
    pub(crate) fn read(&self) -> Result<Vec<u8>, Failure> {
        match &self.file {
            Some(path) if path.as_path() != Path::new("-") => {
                std::fs::read(path).map_err(|error| Failure::new(66, format!("{}: {error}", path.display())))
            }
            _ => {
                let mut octets = Vec::new();
                io::stdin().lock().read_to_end(&mut octets)?;
                Ok(octets)
            }
        }
    }
}
