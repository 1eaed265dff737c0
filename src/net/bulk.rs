//! Octets that go to the peer without passing through the output buffer: large bodies, files.

use bytes::{Buf, Bytes};
use std::fs::File;
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};
use std::sync::Arc;
use std::vec::Vec;

/// Octets that lie elsewhere, to be sent as they are: a view of memory that is shared, or a part of a file.
///
/// A party says the framing in the usual way (the engines' `…_framing(length, out)` commands) and then offers the
/// octets by [`Party::bulk`](super::Party::bulk). They go out behind everything said before. A file goes by `sendfile`
/// where the platform has it and the connection is not under TLS, else through a buffer of the thread's.
#[derive(Debug)]
pub struct Bulk {
    source: Source,
    left: u64,
}

#[derive(Debug)]
enum Source {
    Bytes(Bytes),
    /// The parts of one answer share the file: each descriptor more is one that another connection lacks.
    File {
        file: Arc<File>,
        at: u64,
    },
}

impl Bulk {
    /// These octets. Nothing is copied.
    pub fn bytes(bytes: Bytes) -> Self {
        Self { left: bytes.len() as u64, source: Source::Bytes(bytes) }
    }

    /// `length` octets of `file`, from `offset` on; several parts of a file may share it. A file that ends before is told as a
    /// [lost](super::Ended::Lost) connection: the length has been promised.
    pub fn file(file: impl Into<Arc<File>>, offset: u64, length: u64) -> Self {
        Self { source: Source::File { file: file.into(), at: offset }, left: length }
    }

    /// Octets not sent yet.
    pub fn left(&self) -> u64 {
        self.left
    }

    /// All of it, for content so short that it goes out with its head.
    ///
    /// # Errors
    ///
    /// Where the file can't be read, or ends before its promised length.
    #[cfg(feature = "web")]
    pub(crate) fn into_bytes(self) -> io::Result<Bytes> {
        match self.source {
            Source::Bytes(bytes) => Ok(bytes),
            Source::File { file, at } => {
                let mut file = &*file;
                let len = usize::try_from(self.left).map_err(|_| ErrorKind::FileTooLarge)?;
                let mut octets = std::vec![0; len];
                file.seek(SeekFrom::Start(at))?;
                file.read_exact(&mut octets).map_err(|error| match error.kind() {
                    ErrorKind::UnexpectedEof => short(),
                    _ => error,
                })?;
                Ok(octets.into())
            }
        }
    }

    /// Sends some by `write`, reading files into `buffer`.
    pub(crate) fn pour(
        &mut self,
        buffer: &mut Vec<u8>,
        write: impl FnOnce(&[u8]) -> io::Result<usize>,
    ) -> io::Result<usize> {
        let sent = match &mut self.source {
            Source::Bytes(bytes) => {
                let sent = write(bytes)?;
                bytes.advance(sent);
                sent
            }
            Source::File { file, at } => {
                let mut file = &**file;
                // A seek for each piece: what was read but not taken has to be read again.
                file.seek(SeekFrom::Start(*at))?;
                let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(PIECE);
                if buffer.len() < most {
                    buffer.resize(most, 0);
                }
                let read = file.read(&mut buffer[..most])?;
                if read == 0 {
                    return Err(short());
                }
                let sent = write(&buffer[..read])?;
                *at += sent as u64;
                sent
            }
        };
        self.left -= sent as u64;
        Ok(sent)
    }

    /// Sends some of a file without its octets passing by us. `None`: not here, or not of this source.
    #[cfg(target_os = "linux")]
    pub(crate) fn send_file(&mut self, socket: impl std::os::fd::AsFd) -> Option<io::Result<usize>> {
        let Source::File { file, at } = &mut self.source else { return None };
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(1 << 20);
        match rustix::fs::sendfile(socket, &**file, Some(at), most) {
            Ok(0) => Some(Err(short())),
            Ok(sent) => {
                self.left -= sent as u64;
                Some(Ok(sent))
            }
            // Some file systems can't.
            Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS) => None,
            Err(error) => Some(Err(error.into())),
        }
    }
}

/// What one read of a file takes.
const PIECE: usize = 64 << 10;

fn short() -> io::Error {
    io::Error::new(ErrorKind::UnexpectedEof, "the file is shorter than was promised")
}
