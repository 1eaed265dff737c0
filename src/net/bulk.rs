//! Octets that go to the peer without passing through the output buffer: large bodies, files.

use bytes::{Buf, Bytes};
use std::fs::File;
use std::io::{self, ErrorKind};
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
    /// The parts of one answer share the file: each descriptor more is one that another connection lacks. Answers on
    /// other threads may, too: it is read where this part stands, and where the file itself stands means nothing.
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

    /// `length` octets of `file`, from `offset` on; several parts of a file may share it, on any number of connections. A file that ends before is told as a
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
                let len = usize::try_from(self.left).map_err(|_| ErrorKind::FileTooLarge)?;
                let mut octets = std::vec![0; len];
                let mut done = 0;
                while done < len {
                    match read_at(&file, &mut octets[done..], at + done as u64) {
                        Ok(0) => return Err(short()),
                        Ok(read) => done += read,
                        Err(error) if error.kind() == ErrorKind::Interrupted => {}
                        Err(error) => return Err(error),
                    }
                }
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
                let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(PIECE);
                if buffer.len() < most {
                    buffer.resize(most, 0);
                }
                // What was read but not taken has to be read again.
                let read = read_at(file, &mut buffer[..most], *at)?;
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

#[cfg(unix)]
fn read_at(file: &File, buffer: &mut [u8], at: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, buffer, at)
}

#[cfg(windows)]
fn read_at(file: &File, buffer: &mut [u8], at: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, buffer, at)
}

/// In two steps, one thread at a time.
#[cfg(not(any(unix, windows)))]
fn read_at(mut file: &File, buffer: &mut [u8], at: u64) -> io::Result<usize> {
    use std::io::{Read as _, Seek as _};
    static ONE: std::sync::Mutex<()> = std::sync::Mutex::new(());
    let _one = ONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    file.seek(io::SeekFrom::Start(at))?;
    file.read(buffer)
}

fn short() -> io::Error {
    io::Error::new(ErrorKind::UnexpectedEof, "the file is shorter than was promised")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    /// Under TLS, and where there is no `sendfile`, a file is read by whichever thread has the connection.
    #[test]
    fn a_file_is_shared_by_many_threads() {
        const HALF: u64 = 100_000;
        let mut file = tempfile::tempfile().unwrap();
        for octet in [b'a', b'b'] {
            file.write_all(&std::vec![octet; HALF as usize]).unwrap();
        }
        let file = Arc::new(file);
        std::thread::scope(|scope| {
            for (octet, offset) in [(b'a', 0), (b'b', HALF)] {
                let file = &file;
                scope.spawn(move || {
                    let mut buffer = Vec::new();
                    for _ in 0..20 {
                        let mut part = Bulk::file(Arc::clone(file), offset, HALF);
                        while part.left() > 0 {
                            let take = |octets: &[u8]| {
                                assert!(octets.iter().all(|found| *found == octet));
                                Ok(octets.len().min(1_000))
                            };
                            part.pour(&mut buffer, take).unwrap();
                        }
                    }
                });
            }
        });
        let end = Bulk::file(file, 2 * HALF, 1).pour(&mut Vec::new(), |octets| Ok(octets.len())).unwrap_err();
        assert_eq!(end.kind(), ErrorKind::UnexpectedEof);
    }
}
