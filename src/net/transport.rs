//! What a conversation runs on: a stream of octets, seen without waiting or with its own way to wait.

use super::bulk::Bulk;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;
use std::vec::Vec;

/// A stream of octets under a [`Driver`](super::Driver).
///
/// Ready to use: [`tcp::Stream`](super::tcp::Stream) (reads and writes at once, can be woken, can be put under TLS),
/// [`std::net::TcpStream`] in blocking mode (deadlines by its own timeouts, one direction at a time), and
/// [`Blocking`] around any `Read + Write` (no clock at all).
pub trait Transport {
    /// Reads what is there. `Ok(0)`: the peer has shut its sending side.
    ///
    /// # Errors
    ///
    /// [`WouldBlock`](io::ErrorKind::WouldBlock) where nothing is there yet. A transport that can't tell may block.
    fn try_read(&mut self, buffer: &mut [u8]) -> io::Result<usize>;

    /// Writes what finds room; at least one octet, unless it fails.
    ///
    /// # Errors
    ///
    /// [`WouldBlock`](io::ErrorKind::WouldBlock) where there is no room. A transport that can't tell may block.
    fn try_write(&mut self, bytes: &[u8]) -> io::Result<usize>;

    /// Sends some of what lies elsewhere; `buffer` is there to read files into, and may grow.
    ///
    /// # Errors
    ///
    /// As [`try_write`](Self::try_write), and what reading the file said.
    fn try_send(&mut self, bulk: &mut Bulk, buffer: &mut Vec<u8>) -> io::Result<usize> {
        bulk.pour(buffer, |bytes| self.try_write(bytes))
    }

    /// Pushes on what the transport itself still holds (TLS records, a `BufWriter`).
    ///
    /// # Errors
    ///
    /// As [`try_write`](Self::try_write).
    fn try_flush(&mut self) -> io::Result<()> {
        Ok(())
    }

    /// Goes on with the transport's own handshake, if it has one: `Ok(true)` when it is done.
    ///
    /// # Errors
    ///
    /// What ended the handshake.
    fn try_ready(&mut self) -> io::Result<bool> {
        Ok(true)
    }

    /// Waits until reading or writing may succeed, a [`Waker`](super::Waker) was used, or `limit` has passed. May
    /// return early, for no reason.
    ///
    /// # Errors
    ///
    /// What the system said.
    fn wait(&mut self, read: bool, write: bool, limit: Option<Duration>) -> io::Result<()>;

    /// Nothing more will be written: shuts our sending side, while reading goes on.
    ///
    /// # Errors
    ///
    /// What the system said; [`NotConnected`](io::ErrorKind::NotConnected) where the peer is gone already.
    fn finish(&mut self) -> io::Result<()>;

    /// `try_read` and `try_write` never block, so both directions move at once.
    fn duplex(&self) -> bool {
        false
    }

    /// Somebody may end a [`wait`](Self::wait) from outside. Without that, an engine whose answer is owed can't be
    /// waited for.
    fn wakes(&self) -> bool {
        false
    }
}

impl<T: Transport + ?Sized> Transport for &mut T {
    fn try_read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        (**self).try_read(buffer)
    }
    fn try_write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        (**self).try_write(bytes)
    }
    fn try_send(&mut self, bulk: &mut Bulk, buffer: &mut Vec<u8>) -> io::Result<usize> {
        (**self).try_send(bulk, buffer)
    }
    fn try_flush(&mut self) -> io::Result<()> {
        (**self).try_flush()
    }
    fn try_ready(&mut self) -> io::Result<bool> {
        (**self).try_ready()
    }
    fn wait(&mut self, read: bool, write: bool, limit: Option<Duration>) -> io::Result<()> {
        (**self).wait(read, write, limit)
    }
    fn finish(&mut self) -> io::Result<()> {
        (**self).finish()
    }
    fn duplex(&self) -> bool {
        (**self).duplex()
    }
    fn wakes(&self) -> bool {
        (**self).wakes()
    }
}

/// Any `Read + Write` as a [`Transport`]: pipes, serial lines, scripts in memory.
///
/// It writes all there is before it reads, so a peer that sends without reading can block it for ever, and no deadline
/// interrupts a read. Sockets have better: [`tcp::Stream`](super::tcp::Stream). A stream whose reads end with
/// [`WouldBlock`](io::ErrorKind::WouldBlock) or [`TimedOut`](io::ErrorKind::TimedOut) after a timeout of its own keeps
/// deadlines to that precision.
#[derive(Clone, Copy, Debug, Default)]
pub struct Blocking<S>(pub S);

impl<S: Read + Write> Transport for Blocking<S> {
    fn try_read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }

    fn try_write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn try_flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }

    fn wait(&mut self, _read: bool, _write: bool, _limit: Option<Duration>) -> io::Result<()> {
        Ok(())
    }

    fn finish(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// A blocking socket: deadlines by its read and write timeouts, which are left changed.
impl Transport for TcpStream {
    fn try_read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.read(buffer)
    }

    fn try_write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write(bytes)
    }

    fn wait(&mut self, read: bool, write: bool, limit: Option<Duration>) -> io::Result<()> {
        // A timeout of zero is refused by the standard library: it would mean "none" to the system.
        let limit = limit.map(|limit| limit.max(Duration::from_millis(1)));
        if read && self.read_timeout()? != limit {
            self.set_read_timeout(limit)?;
        }
        if write && self.write_timeout()? != limit {
            self.set_write_timeout(limit)?;
        }
        Ok(())
    }

    fn finish(&mut self) -> io::Result<()> {
        self.shutdown(Shutdown::Write)
    }
}
