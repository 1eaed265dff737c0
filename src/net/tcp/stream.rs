//! A connection that waits for both directions at once.

use super::Socket;
#[cfg(feature = "tls")]
use super::late;
use crate::net::bulk::Bulk;
use crate::net::limits::due_in;
#[cfg(feature = "tls")]
use crate::net::tls::{Acceptor, Connector, Session};
use crate::net::transport::Transport;
use crate::net::wake::{ALARM, Seat, Waker};
use mio::Token;
use std::fmt;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{self, SocketAddr};
use std::time::{Duration, Instant};
use std::vec::Vec;

/// A TCP connection, plain or under TLS, that waits for reading, writing and wake-ups at once.
///
/// Under a [`Driver`](crate::net::Driver) both directions move together and deadlines are exact. By itself it is an ordinary
/// blocking `Read + Write`, with [timeouts](Self::set_timeout). It holds three descriptors: the socket, a poll, and an
/// alarm for [wake-ups](Self::waker).
pub struct Stream {
    socket: Socket,
    seat: Seat,
    waker: Waker,
    timeout: Option<Duration>,
}

impl Stream {
    pub(super) fn new(tcp: mio::net::TcpStream) -> io::Result<Self> {
        // Nothing is lost where a system can't.
        let _slower = tcp.set_nodelay(true);
        Self::seated(Socket::new(tcp))
    }

    /// A socket of an adapter, with a place to wait of its own.
    pub(crate) fn seated(mut socket: Socket) -> io::Result<Self> {
        let seat = Seat::new(8)?;
        socket.register(seat.poll.registry(), Token(0))?;
        let waker = Waker::new(&seat.hub, 0);
        Ok(Self { socket, seat, waker, timeout: None })
    }

    /// Takes over a connected socket.
    ///
    /// # Errors
    ///
    /// Where the system refuses a poll or a socket that does not block.
    pub fn from_std(stream: net::TcpStream) -> io::Result<Self> {
        stream.set_nonblocking(true)?;
        Self::new(mio::net::TcpStream::from_std(stream))
    }

    /// The socket, in blocking mode. What TLS had buffered is lost with its session.
    ///
    /// # Errors
    ///
    /// What the system said.
    pub fn into_std(mut self) -> io::Result<net::TcpStream> {
        self.socket.release(self.seat.poll.registry())?;
        let stream = net::TcpStream::from(self.socket.tcp);
        stream.set_nonblocking(false)?;
        Ok(stream)
    }

    /// The other end's address.
    ///
    /// # Errors
    ///
    /// What the system said, for one where the connection is gone.
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.socket.tcp.peer_addr()
    }

    /// Our end's address.
    ///
    /// # Errors
    ///
    /// What the system said.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.socket.tcp.local_addr()
    }

    /// Ends a wait from another thread: the party of a [`Driver`](crate::net::Driver) over this stream is asked for more.
    pub fn waker(&self) -> Waker {
        self.waker.clone()
    }

    /// How long a `read` or `write` of this value may block; `None`, as at first, is for ever. A
    /// [`Driver`](crate::net::Driver) keeps its own clocks and does not look at it.
    pub fn set_timeout(&mut self, timeout: Option<Duration>) {
        self.timeout = timeout;
    }

    /// Shuts our sending side, after TLS has said its goodbye; reading goes on.
    ///
    /// # Errors
    ///
    /// What the system said.
    pub fn finish(&mut self) -> io::Result<()> {
        Transport::finish(&mut self.socket)
    }

    /// The TLS session, if there is one.
    #[cfg(feature = "tls")]
    pub fn session(&self) -> Option<&Session> {
        self.socket.session()
    }

    /// Puts the connection under TLS as the client, from here on, and shakes hands with `host` within `limit`. Whoever
    /// has read from it before must have nothing left.
    ///
    /// # Errors
    ///
    /// [`InvalidData`](ErrorKind::InvalidData) with one line that says which check failed;
    /// [`TimedOut`](ErrorKind::TimedOut).
    #[cfg(feature = "tls")]
    pub fn secure(&mut self, connector: &Connector, host: &str, limit: Duration) -> io::Result<()> {
        let session = connector.session(host)?;
        self.shake(session, limit)
    }

    /// As [`secure`](Self::secure), as the server.
    ///
    /// # Errors
    ///
    /// As [`secure`](Self::secure).
    #[cfg(feature = "tls")]
    pub fn accept(&mut self, acceptor: &Acceptor, limit: Duration) -> io::Result<()> {
        let session = acceptor.session()?;
        self.shake(session, limit)
    }

    #[cfg(feature = "tls")]
    fn shake(&mut self, session: Session, limit: Duration) -> io::Result<()> {
        if self.socket.session.is_some() {
            return Err(io::Error::new(ErrorKind::AlreadyExists, "the connection is under TLS already"));
        }
        self.socket.secure(session);
        let due = due_in(limit);
        loop {
            match self.socket.try_ready() {
                Ok(true) => return Ok(()),
                Ok(false) => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
            let left = due.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(late("the TLS handshake"));
            }
            self.sleep(Some(left))?;
        }
    }

    fn sleep(&mut self, limit: Option<Duration>) -> io::Result<()> {
        self.seat.sleep(limit)?;
        for event in &self.seat.events {
            if event.token() != ALARM {
                self.socket.ready(event);
            }
        }
        let mut woken = Vec::new();
        self.seat.hub.drain(&mut woken);
        self.waker.clear();
        Ok(())
    }

    /// Tries until it goes or the timeout has passed.
    fn block<R>(&mut self, mut attempt: impl FnMut(&mut Socket) -> io::Result<R>) -> io::Result<R> {
        let due = self.timeout.map(due_in);
        loop {
            match attempt(&mut self.socket) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    let left = due.map(|due| due.saturating_duration_since(Instant::now()));
                    if left.is_some_and(|left| left.is_zero()) {
                        return Err(ErrorKind::TimedOut.into());
                    }
                    self.sleep(left)?;
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                other => return other,
            }
        }
    }
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stream").field("tcp", &self.socket.tcp).finish_non_exhaustive()
    }
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.block(|socket| socket.try_read(buffer))
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if bytes.is_empty() {
            return Ok(0);
        }
        self.block(|socket| socket.try_write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.block(Socket::try_flush)
    }
}

impl Transport for Stream {
    fn try_read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.socket.try_read(buffer)
    }
    fn try_write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.socket.try_write(bytes)
    }
    fn try_send(&mut self, bulk: &mut Bulk, buffer: &mut Vec<u8>) -> io::Result<usize> {
        self.socket.try_send(bulk, buffer)
    }
    fn try_flush(&mut self) -> io::Result<()> {
        self.socket.try_flush()
    }
    fn try_ready(&mut self) -> io::Result<bool> {
        self.socket.try_ready()
    }
    fn wait(&mut self, _read: bool, _write: bool, limit: Option<Duration>) -> io::Result<()> {
        self.sleep(limit)
    }
    fn finish(&mut self) -> io::Result<()> {
        Self::finish(self)
    }
    fn duplex(&self) -> bool {
        true
    }
    fn wakes(&self) -> bool {
        true
    }
}
