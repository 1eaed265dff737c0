//! A socket as the adapters hold it, plain or under TLS.

use crate::net::bulk::Bulk;
#[cfg(feature = "tls")]
use crate::net::tls::Session;
use crate::net::transport::Transport;
use mio::{Interest, Registry, Token};
use std::io::{self, ErrorKind, Read, Write};
use std::net::Shutdown;
use std::time::Duration;
use std::vec::Vec;

/// A socket that never blocks, and the TLS session over it, if any.
pub(crate) struct Socket {
    pub(super) tcp: mio::net::TcpStream,
    /// Nothing was left to read when last we looked.
    drained: bool,
    /// There was no room to write when last we looked.
    full: bool,
    /// The peer's end, or an error, has been seen coming: a short read is not the last.
    hup: bool,
    /// A poll tells of it.
    registered: bool,
    #[cfg(feature = "tls")]
    pub(super) session: Option<std::boxed::Box<Session>>,
}

impl Socket {
    pub(crate) fn new(tcp: mio::net::TcpStream) -> Self {
        Self {
            tcp,
            drained: false,
            full: false,
            hup: false,
            registered: false,
            #[cfg(feature = "tls")]
            session: None,
        }
    }

    /// Has a poll tell of it from here on, beginning with what is there already.
    pub(crate) fn register(&mut self, registry: &Registry, token: Token) -> io::Result<()> {
        if !self.registered {
            registry.register(&mut self.tcp, token, Interest::READABLE | Interest::WRITABLE)?;
            self.registered = true;
        }
        Ok(())
    }

    /// As it was before the adapter had it: no poll tells of it.
    pub(crate) fn release(&mut self, registry: &Registry) -> io::Result<()> {
        if std::mem::take(&mut self.registered) {
            registry.deregister(&mut self.tcp)?;
        }
        Ok(())
    }

    /// What the poll said. `true` where that can make a difference.
    pub(crate) fn ready(&mut self, event: &mio::event::Event) -> bool {
        let closing = event.is_read_closed() || event.is_error() || event.is_write_closed();
        self.hear(event.is_readable(), event.is_writable(), closing)
    }

    /// As [`ready`](Self::ready), told later and in one for several events.
    pub(crate) fn hear(&mut self, readable: bool, writable: bool, closing: bool) -> bool {
        let (read, write) = self.awaits();
        let moves = closing || (read && readable) || (write && writable);
        self.hup |= closing;
        if readable || closing {
            self.drained = false;
        }
        if writable || closing {
            self.full = false;
        }
        moves
    }

    /// Whether being readable, and being writable, would make a difference.
    pub(crate) fn awaits(&self) -> (bool, bool) {
        (self.drained, self.full)
    }

    #[cfg(feature = "tls")]
    pub(crate) fn session(&self) -> Option<&Session> {
        self.session.as_deref()
    }

    #[cfg(feature = "tls")]
    pub(crate) fn secure(&mut self, session: Session) {
        self.session = Some(std::boxed::Box::new(session));
    }

    fn read_plain(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.drained {
            return Err(ErrorKind::WouldBlock.into());
        }
        let read = loop {
            match (&self.tcp).read(buffer) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                other => break other,
            }
        };
        match &read {
            // epoll(7): a short read from a stream has emptied it, unless the end comes behind it, which was announced
            // or will be. Elsewhere only WouldBlock arms the next event.
            Ok(read) => self.drained = cfg!(target_os = "linux") && *read < buffer.len() && *read > 0 && !self.hup,
            Err(error) => self.drained = error.kind() == ErrorKind::WouldBlock,
        }
        read
    }

    fn write_plain(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.full {
            return Err(ErrorKind::WouldBlock.into());
        }
        let written = (&self.tcp).write(bytes);
        self.full = written.as_ref().is_err_and(|error| error.kind() == ErrorKind::WouldBlock);
        written
    }
}

/// The socket below the TLS session.
#[cfg(feature = "tls")]
struct Plain<'s>(&'s mut Socket);

#[cfg(feature = "tls")]
impl Read for Plain<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read_plain(buffer)
    }
}

#[cfg(feature = "tls")]
impl Write for Plain<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write_plain(bytes)
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(feature = "tls")]
impl Socket {
    /// Works on the session, with the socket beside it.
    fn with<R>(&mut self, work: impl FnOnce(&mut Session, &mut Plain<'_>) -> R) -> Option<R> {
        let mut session = self.session.take()?;
        let result = work(&mut session, &mut Plain(self));
        self.session = Some(session);
        Some(result)
    }
}

/// Without ever blocking; `wait` is the adapter's.
impl Transport for Socket {
    fn try_read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        #[cfg(feature = "tls")]
        if let Some(read) = self.with(|session, tcp| session.read(tcp, buffer)) {
            return read;
        }
        self.read_plain(buffer)
    }

    fn try_write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        #[cfg(feature = "tls")]
        if let Some(written) = self.with(|session, tcp| session.write(tcp, bytes)) {
            return written;
        }
        self.write_plain(bytes)
    }

    fn try_send(&mut self, bulk: &mut Bulk, buffer: &mut Vec<u8>) -> io::Result<usize> {
        #[cfg(feature = "tls")]
        let plain = self.session.is_none();
        #[cfg(not(feature = "tls"))]
        let plain = true;
        if plain {
            if self.full {
                return Err(ErrorKind::WouldBlock.into());
            }
            #[cfg(target_os = "linux")]
            if let Some(sent) = bulk.send_file(&self.tcp) {
                self.full = sent.as_ref().is_err_and(|error| error.kind() == ErrorKind::WouldBlock);
                return sent;
            }
        }
        bulk.pour(buffer, |bytes| self.try_write(bytes))
    }

    fn try_flush(&mut self) -> io::Result<()> {
        #[cfg(feature = "tls")]
        if let Some(flushed) = self.with(|session, tcp| session.flush(tcp)) {
            return flushed;
        }
        Ok(())
    }

    fn try_ready(&mut self) -> io::Result<bool> {
        #[cfg(feature = "tls")]
        if let Some(ready) = self.with(|session, tcp| session.shake(tcp)) {
            return ready;
        }
        Ok(true)
    }

    fn wait(&mut self, _read: bool, _write: bool, _limit: Option<Duration>) -> io::Result<()> {
        Ok(())
    }

    fn finish(&mut self) -> io::Result<()> {
        #[cfg(feature = "tls")]
        self.with(|session, tcp| session.finish(tcp)).transpose()?;
        self.tcp.shutdown(Shutdown::Write)
    }

    fn duplex(&self) -> bool {
        true
    }

    fn wakes(&self) -> bool {
        true
    }
}
