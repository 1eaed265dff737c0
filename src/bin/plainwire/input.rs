//! What a subcommand reads: a file, or standard input.

use crate::failure::Failure;
use std::io::{self, Read as _};
use std::path::Path;

/// The octets of a file; of standard input where none is named, or where it is `-`. A file that can't be read ends the
/// tool with `code`, standard input with 1.
pub(crate) fn read(file: Option<&Path>, code: u8) -> Result<Vec<u8>, Failure> {
    match file {
        Some(path) if path != Path::new("-") => std::fs::read(path).map_err(|error| Failure::at(code, path, error)),
        _ => {
            let mut octets = Vec::new();
            io::stdin().lock().read_to_end(&mut octets)?;
            Ok(octets)
        }
    }
}
