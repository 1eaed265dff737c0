//! TCP: connecting within a time limit to whichever address answers, listening, and a stream that waits for both
//! directions at once.
//!
//! ```
//! use plainwire::net::tcp;
//! use std::{io::{Read, Write}, time::Duration};
//!
//! let listener = tcp::listen("127.0.0.1:0")?;
//! let address = listener.local_addr()?;
//! let mut ours = tcp::connect(address, Duration::from_secs(5))?;
//! let (mut theirs, _) = listener.accept()?;
//! ours.write_all(b"ping")?;
//! ours.finish()?; // shuts our sending side; we go on reading
//! let mut heard = String::new();
//! theirs.read_to_string(&mut heard)?;
//! theirs.write_all(b"pong")?;
//! drop(theirs);
//! ours.read_to_string(&mut heard)?;
//! assert_eq!(heard, "pingpong");
//! # Ok::<(), std::io::Error>(())
//! ```

use super::bulk::Bulk;
use super::limits::due_in;
use super::transport::Transport;
use super::wake::{ALARM, Seat, Waker};
use mio::{Events, Interest, Poll, Registry, Token};
use socket2::{Domain, Protocol, Socket as Raw, Type};
use std::collections::VecDeque;
use std::fmt;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{self, Shutdown, SocketAddr, ToSocketAddrs};
use std::string::ToString;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};
use std::vec::Vec;

#[cfg(feature = "tls")]
use super::tls::{Acceptor, Connector, Session};

/// How long one address is tried alone before the next is tried beside it (RFC 8305 5, "Connection Attempt Delay").
const ATTEMPT_DELAY: Duration = Duration::from_millis(250);

/// Connects to `host`, which is a name or an address with a port (`"localhost:25"`, `("localhost", 25)`, a
/// [`SocketAddr`]), within `limit` for everything together.
///
/// Every address that the name has is tried, the families taking turns as in RFC 8305: the next one after 250 ms or as
/// soon as one fails, and whichever answers first is taken. Nagle's algorithm is off, because the adapters write whole
/// turns.
///
/// # Errors
///
/// [`TimedOut`](ErrorKind::TimedOut) when the limit has passed; else what the system said of the last address to fail,
/// and what it said of the name if it has none. Looking a name up can't be interrupted: after the limit it goes on
/// on a thread of its own until the system gives up.
#[doc(alias = "create_connection")]
pub fn connect(host: impl ToSocketAddrs + Send + 'static, limit: Duration) -> io::Result<Stream> {
    let due = due_in(limit);
    Stream::new(race(resolve(host, limit)?, due)?)
}

/// As [`connect`], to addresses that are known already, in their order.
///
/// # Errors
///
/// As [`connect`].
pub fn connect_any(addresses: Vec<SocketAddr>, limit: Duration) -> io::Result<Stream> {
    Stream::new(race(addresses, due_in(limit))?)
}

/// The addresses of `host`, in the order in which to try them: as the system sorted them, the families taking turns.
///
/// # Errors
///
/// What the system said; [`TimedOut`](ErrorKind::TimedOut) after `limit`.
pub fn resolve(host: impl ToSocketAddrs + Send + 'static, limit: Duration) -> io::Result<Vec<SocketAddr>> {
    let (tell, told) = mpsc::channel();
    thread::Builder::new().name("resolve".to_string()).spawn(move || {
        // Nobody listens any more if it took too long.
        let _late = tell.send(host.to_socket_addrs().map(Iterator::collect::<Vec<_>>));
    })?;
    let found = told.recv_timeout(limit).map_err(|_| late("looking up the host's name"))??;
    if found.is_empty() {
        return Err(io::Error::new(ErrorKind::NotFound, "the host has no address"));
    }
    // RFC 8305 4: the families alternate, beginning with the first that the system prefers.
    let first = found[0].is_ipv6();
    let (mut one, mut other): (VecDeque<_>, VecDeque<_>) = found.into_iter().partition(|at| at.is_ipv6() == first);
    let mut order = Vec::new();
    while !one.is_empty() || !other.is_empty() {
        order.extend(one.pop_front());
        order.extend(other.pop_front());
    }
    Ok(order)
}

fn late(what: &str) -> io::Error {
    io::Error::new(ErrorKind::TimedOut, std::format!("{what} took too long"))
}

/// The first of the addresses to answer.
fn race(addresses: Vec<SocketAddr>, due: Instant) -> io::Result<mio::net::TcpStream> {
    let mut poll = Poll::new()?;
    let mut events = Events::with_capacity(8);
    let mut left = addresses.into_iter().enumerate();
    let mut running: Vec<(usize, mio::net::TcpStream)> = Vec::new();
    let mut failure = None;
    let mut next = Instant::now();
    let mut more = true;
    loop {
        let now = Instant::now();
        if now >= due {
            return Err(late("connecting"));
        }
        if more && (now >= next || running.is_empty()) {
            match left.next() {
                Some((index, address)) => {
                    next = now + ATTEMPT_DELAY;
                    match mio::net::TcpStream::connect(address) {
                        Ok(mut stream) => {
                            poll.registry().register(&mut stream, Token(index), Interest::WRITABLE)?;
                            running.push((index, stream));
                        }
                        Err(error) => failure = Some(error),
                    }
                    continue;
                }
                None => more = false,
            }
        }
        if running.is_empty() && !more {
            return Err(failure.unwrap_or_else(|| ErrorKind::NotConnected.into()));
        }
        let until = if more { next.min(due) } else { due };
        match poll.poll(&mut events, Some(until.saturating_duration_since(now))) {
            Err(error) if error.kind() != ErrorKind::Interrupted => return Err(error),
            _ => {}
        }
        for event in &events {
            let Some(at) = running.iter().position(|(index, _)| Token(*index) == event.token()) else { continue };
            let stream = &running[at].1;
            let outcome = match stream.take_error() {
                Ok(Some(error)) | Err(error) => Err(error),
                Ok(None) => stream.peer_addr(),
            };
            match outcome {
                Ok(_) => {
                    let mut stream = running.swap_remove(at).1;
                    poll.registry().deregister(&mut stream)?;
                    return Ok(stream);
                }
                // Still on its way: the event was about nothing.
                Err(error) if error.kind() == ErrorKind::NotConnected && !event.is_error() => {}
                Err(error) => {
                    failure = Some(error);
                    running.swap_remove(at);
                    next = now;
                }
            }
        }
    }
}

/// Listens at `address`, on every address that it stands for with the first that succeeds.
///
/// A port that was in use a moment ago can be taken again (`SO_REUSEADDR`, where that means no more than this), and
/// the backlog is 1,024. An IPv6 wildcard hears IPv4 too.
///
/// # Errors
///
/// What the system said of the last address.
#[doc(alias = "create_server")]
pub fn listen(address: impl ToSocketAddrs) -> io::Result<net::TcpListener> {
    let mut failure = io::Error::new(ErrorKind::NotFound, "no address to listen at");
    for address in address.to_socket_addrs()? {
        let bound = Raw::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP)).and_then(|socket| {
            // Windows takes it to mean that two may listen at once.
            #[cfg(not(windows))]
            socket.set_reuse_address(true)?;
            if address.is_ipv6() && address.ip().is_unspecified() {
                socket.set_only_v6(false)?;
            }
            socket.bind(&address.into())?;
            socket.listen(1024)?;
            Ok(socket)
        });
        match bound {
            Ok(socket) => return Ok(socket.into()),
            Err(error) => failure = error,
        }
    }
    Err(failure)
}

/// A socket that blocks only where it is told to, and the TLS session over it, if any.
pub(crate) struct Socket {
    tcp: mio::net::TcpStream,
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
    session: Option<std::boxed::Box<Session>>,
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

/// A TCP connection, plain or under TLS, that waits for reading, writing and wake-ups at once.
///
/// Under a [`Driver`](super::Driver) both directions move together and deadlines are exact. By itself it is an ordinary
/// blocking `Read + Write`, with [timeouts](Self::set_timeout). It holds three descriptors: the socket, a poll, and an
/// alarm for [wake-ups](Self::waker).
pub struct Stream {
    socket: Socket,
    seat: Seat,
    waker: Waker,
    timeout: Option<Duration>,
}

impl Stream {
    fn new(tcp: mio::net::TcpStream) -> io::Result<Self> {
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

    /// Ends a wait from another thread: the party of a [`Driver`](super::Driver) over this stream is asked for more.
    pub fn waker(&self) -> Waker {
        self.waker.clone()
    }

    /// How long a `read` or `write` of this value may block; `None`, as at first, is for ever. A
    /// [`Driver`](super::Driver) keeps its own clocks and does not look at it.
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
