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

/// A socket that blocks only where it is told to, and the TLS session over it, if any.
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
    mode: Mode,
    /// Its reads end after [`DOZE`], if they wait.
    timed: bool,
    /// The last read that dozed found something.
    found: bool,
    #[cfg(feature = "tls")]
    pub(super) session: Option<std::boxed::Box<Session>>,
}

/// Whether the system lets calls on a socket wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Nonblocking,
    /// They could; each says that it does not.
    #[cfg(target_os = "linux")]
    Blocking,
    /// The next read does wait, for [`DOZE`].
    #[cfg(target_os = "linux")]
    Dozing,
}

/// How long a thread waits in the read itself before it goes to sleep: whoever has just been answered often asks again
/// at once, and then one call does for two.
pub(crate) const DOZE: Duration = Duration::from_millis(20);

impl Socket {
    pub(crate) fn new(tcp: mio::net::TcpStream) -> Self {
        Self {
            tcp,
            drained: false,
            full: false,
            hup: false,
            registered: false,
            mode: Mode::Nonblocking,
            timed: false,
            found: false,
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

    /// As it was before the adapter had it: no poll tells of it, and no call waits.
    pub(crate) fn release(&mut self, registry: &Registry) -> io::Result<()> {
        self.never_waits()?;
        if std::mem::take(&mut self.timed) {
            socket2::SockRef::from(&self.tcp).set_read_timeout(None)?;
        }
        if std::mem::take(&mut self.registered) {
            registry.deregister(&mut self.tcp)?;
        }
        Ok(())
    }

    /// Has the next read wait for [`DOZE`] where nothing is there yet. `false`: not on this system.
    pub(crate) fn doze(&mut self) -> bool {
        #[cfg(target_os = "linux")]
        {
            if !self.timed {
                if socket2::SockRef::from(&self.tcp).set_read_timeout(Some(DOZE)).is_err() {
                    return false;
                }
                self.timed = true;
            }
            if self.mode == Mode::Nonblocking && rustix::io::ioctl_fionbio(&self.tcp, false).is_err() {
                return false;
            }
            self.mode = Mode::Dozing;
            (self.drained, self.found) = (false, false);
            true
        }
        #[cfg(not(target_os = "linux"))]
        false
    }

    /// No read waits from here on. Whether the one that was to wait found something, be it the end.
    pub(crate) fn wake(&mut self) -> bool {
        #[cfg(target_os = "linux")]
        if self.mode == Mode::Dozing {
            self.mode = Mode::Blocking;
        }
        self.found
    }

    /// Back to the mode in which no call waits, whatever it says.
    fn never_waits(&mut self) -> io::Result<()> {
        #[cfg(target_os = "linux")]
        if self.mode != Mode::Nonblocking {
            rustix::io::ioctl_fionbio(&self.tcp, true)?;
            self.mode = Mode::Nonblocking;
        }
        Ok(())
    }

    /// Reads without waiting, but where it was told to doze.
    fn receive(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        #[cfg(target_os = "linux")]
        {
            use rustix::net::{RecvFlags, recv};
            let flags = match self.mode {
                Mode::Nonblocking => return (&self.tcp).read(buffer),
                Mode::Blocking => RecvFlags::DONTWAIT,
                Mode::Dozing => RecvFlags::empty(),
            };
            self.mode = Mode::Blocking;
            let (read, _) = recv(&self.tcp, buffer, flags)?;
            self.found = true;
            Ok(read)
        }
        #[cfg(not(target_os = "linux"))]
        (&self.tcp).read(buffer)
    }

    /// Writes without waiting.
    fn send(&self, bytes: &[u8]) -> io::Result<usize> {
        #[cfg(target_os = "linux")]
        if self.mode != Mode::Nonblocking {
            use rustix::net::{SendFlags, send};
            return Ok(send(&self.tcp, bytes, SendFlags::DONTWAIT | SendFlags::NOSIGNAL)?);
        }
        (&self.tcp).write(bytes)
    }

    /// What the poll said. `true` where that can make a difference.
    pub(crate) fn ready(&mut self, event: &mio::event::Event) -> bool {
        let closing = event.is_read_closed() || event.is_error() || event.is_write_closed();
        let moves = closing || (self.drained && event.is_readable()) || (self.full && event.is_writable());
        self.hup |= closing;
        if event.is_readable() || closing {
            self.drained = false;
        }
        if event.is_writable() || closing {
            self.full = false;
        }
        moves
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
            match self.receive(buffer) {
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
        let written = self.send(bytes);
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
            // `sendfile` knows no flag that keeps it from waiting.
            self.never_waits()?;
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
