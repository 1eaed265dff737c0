//! What mail asks of TLS, the same for sending and collecting.

use crate::failure::Failure;
use plainwire::net::tls::{Connector, Error};
use std::fs;
use std::path::PathBuf;

/// Whose certificates are trusted.
#[derive(clap::Args)]
pub(crate) struct Trust {
    /// Trust the certificates in this PEM file, and no others
    #[arg(long, value_name = "FILE", alias = "cacert")]
    ca: Option<PathBuf>,
    /// Trust any certificate
    #[arg(short = 'k', long)]
    insecure: bool,
}

impl Trust {
    /// A connector where anything was said; a file that can't be used ends with `code`.
    pub(crate) fn connector(&self, code: u8) -> Result<Option<Connector>, Failure> {
        let wrong = |error: Error| Failure::new(code, error);
        let builder = Connector::builder();
        let builder = match &self.ca {
            _ if self.insecure => builder.unverified(),
            None => return Ok(None),
            Some(path) => {
                let pem = fs::read(path).map_err(|error| Failure::at(code, path, error))?;
                let trusted = builder.platform_roots(false).roots_pem(&pem);
                trusted.map_err(|error| Failure::at(code, path, error))?
            }
        };
        builder.build().map(Some).map_err(wrong)
    }
}

/// What is done where a connection begins in the clear.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum StartTls {
    /// TLS, or nothing is said
    Required,
    /// TLS where the server offers it
    Opportunistic,
    /// No TLS
    Off,
}
