//! What servers are made of, the same for the [pool](super::pool) and the [reactor](super::reactor).
//!
//! # A server in four steps
//!
//! 1. A [`Service`] makes one conversation for each connection: an engine and a [`Party`](super::Party), put together
//!    by [`talk`](super::talk). It is shared by all connections of a port, so what they share (a room, a mail store)
//!    lies in it.
//! 2. A [`Port`] is a listener and the service behind it; with TLS from the first octet, [`Port::tls`].
//! 3. `pool::start(ports, options)` or `reactor::start(ports, options)`: the same arguments, the same [`Running`].
//! 4. [`Running::stop`] ends it gracefully; a [`Stopper`] does so from a signal handler's thread.
//!
//! # The life of a connection
//!
//! `open` → (handshake → [`secured`](super::Party::secured)) → turns: [`event`](crate::engine::Handler::event) for all
//! that came, then [`more`](crate::engine::Handler::more) until it has nothing to say, then writing, then waiting for
//! the first of: bytes, room to write, a deadline of the engine, the party's own [`due`](super::Party::due), a
//! [wake-up](super::Waker) → … → ([`handed_over`](super::Party::handed_over) → TLS, another engine, or the bare socket)
//! → [`ended`](super::Party::ended), and the party is dropped.
//!
//! # Saying something that nobody asked for
//!
//! A party speaks when it is asked for `more`, and a [`Waker`] has it asked. So a room, an answer from another thread,
//! or a queue are all the same: put what is to be said where the party finds it, then wake the connection's
//! [`Link::waker`]. Wake-ups for a connection on the same reactor are served in the same round, after all that was
//! read, so what many members say at once goes to each listener in one write.
//!
//! On the reactor nothing may block: everything runs on one thread. On the pool a party may: it holds one of the
//! [`threads`](Options::threads), and the others go on.

use super::bulk::Bulk;
use super::connection::Connection;
use super::limits::{Limits, due_in};
use super::party::{Ended, Fault, Next};
use super::tcp;
use super::wake::{Hub, Waker};
use crate::engine::{Patience, Status};
use bytes::BytesMut;
use mio::net::TcpListener;
use mio::{Interest, Registry, Token};
use std::boxed::Box;
use std::fmt;
use std::io::{self, ErrorKind};
use std::net::{self, SocketAddr, ToSocketAddrs};
use std::sync::atomic::{AtomicU8, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread::{JoinHandle, Thread};
use std::time::{Duration, Instant};
use std::vec::Vec;

/// Makes a conversation for each connection. Shared by all connections and, on the pool, by all threads.
pub trait Service: Send + Sync + 'static {
    /// A connection was accepted. Who is to be refused gets a conversation that says so and ends.
    fn open(&self, link: Link) -> Box<dyn Conversation>;
}

impl<S: Service + ?Sized> Service for Arc<S> {
    fn open(&self, link: Link) -> Box<dyn Conversation> {
        (**self).open(link)
    }
}

/// What a service knows of a new connection.
#[derive(Clone, Debug)]
pub struct Link {
    peer: SocketAddr,
    local: SocketAddr,
    waker: Waker,
}

impl Link {
    /// The peer's address.
    pub fn peer(&self) -> SocketAddr {
        self.peer
    }

    /// The address that the peer connected to.
    pub fn local(&self) -> SocketAddr {
        self.local
    }

    /// Has the connection's party asked for [`more`](crate::engine::Handler::more), from any thread.
    pub fn waker(&self) -> Waker {
        self.waker.clone()
    }
}

/// A conversation whose types are gone: what [`talk`](super::talk) makes of an engine and a party, and what the
/// adapters run.
///
/// The methods are those of [`Engine`](crate::engine::Engine) and [`Party`](super::Party); implement it only to run
/// something that is no engine.
pub trait Conversation: Send {
    /// As [`engine::turn`](crate::engine::turn).
    ///
    /// # Errors
    ///
    /// The engine's error.
    fn turn(&mut self, input: &mut &[u8], out: &mut BytesMut, high: usize) -> Result<bool, Fault>;
    /// There will be no more input.
    fn eof(&mut self);
    /// The engine's clock ran out.
    fn expire(&mut self);
    /// Where the conversation stands.
    fn status(&self) -> Status;
    /// What the engine waits for.
    fn patience(&self) -> Patience;
    /// How large an input always moves.
    fn window(&self) -> usize;
    /// When to be asked for more at the latest.
    fn due(&self) -> Option<Instant>;
    /// Octets that lie elsewhere, to be sent behind all that was said.
    fn bulk(&mut self) -> Option<&mut Bulk>;
    /// Our side may be shut.
    fn finished(&self) -> bool;
    /// The server is about to end.
    fn stopping(&mut self, out: &mut BytesMut);
    /// The engine has handed the connection over.
    fn handed_over(&mut self, rest: &[u8]) -> Next;
    /// TLS is established.
    #[cfg(feature = "tls")]
    fn secured(&mut self, session: &super::tls::Session, out: &mut BytesMut);
    /// The connection has ended.
    fn ended(&mut self, how: Ended<Fault>);
}

/// A listener and the service behind it.
pub struct Port {
    listener: net::TcpListener,
    behind: Behind,
}

impl Port {
    /// A port on a listener that exists.
    pub fn new(listener: net::TcpListener, service: impl Service) -> Self {
        let behind = Behind {
            service: Arc::new(service),
            #[cfg(feature = "tls")]
            tls: None,
        };
        Self { listener, behind }
    }

    /// A port on a [new listener](tcp::listen) at `address`; port 0 takes a free one, see [`Running::addresses`].
    ///
    /// # Errors
    ///
    /// As [`tcp::listen`].
    pub fn bind(address: impl ToSocketAddrs, service: impl Service) -> io::Result<Self> {
        Ok(Self::new(tcp::listen(address)?, service))
    }

    /// TLS from the first octet of each connection.
    #[cfg(feature = "tls")]
    #[must_use]
    pub fn tls(mut self, acceptor: super::tls::Acceptor) -> Self {
        self.behind.tls = Some(acceptor);
        self
    }
}

impl fmt::Debug for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Port").field("listener", &self.listener).finish_non_exhaustive()
    }
}

/// How a server runs.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Options {
    /// Connections open at once; who comes then waits in the system's backlog until one ends. 10,000.
    pub connections: usize,
    /// Threads of the pool: so many handlers may block at once. They are started as handlers block; where none does, as
    /// many run as there are processors. 256: a thread costs about 20 KiB until its handler uses more.
    pub threads: usize,
    /// The limits of each connection's loop.
    pub limits: Limits,
}

impl Default for Options {
    fn default() -> Self {
        Self { connections: 10_000, threads: 256, limits: Limits::default() }
    }
}

/// What a server has done so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// Connections accepted.
    pub accepted: u64,
    /// Connections open now.
    pub open: usize,
    /// Connections that were cut off because the server ended before they did.
    pub cut: usize,
}

/// A server that runs; dropping it cuts off what is still open.
#[derive(Debug)]
pub struct Running {
    addresses: Vec<SocketAddr>,
    stopper: Stopper,
    thread: Option<JoinHandle<()>>,
}

impl Running {
    pub(crate) fn new(addresses: Vec<SocketAddr>, control: Arc<Control>, thread: JoinHandle<()>) -> Self {
        Self { addresses, stopper: Stopper(control), thread: Some(thread) }
    }

    /// Where each port listens, in the order in which the ports were given.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// Ends the server from elsewhere.
    pub fn stopper(&self) -> Stopper {
        self.stopper.clone()
    }

    /// What it has done so far.
    pub fn report(&self) -> Report {
        self.stopper.0.report()
    }

    /// Ends gracefully: stops accepting at once, lets every conversation come to a point where closing loses nothing
    /// ([`Party::stopping`](super::Party::stopping) may hasten that), and cuts off after `limit` who has not. Returns
    /// when all is closed; on the pool, threads whose handler blocks for longer are left behind.
    pub fn stop(self, limit: Duration) -> Report {
        self.stopper.stop(limit);
        self.wait()
    }

    /// Waits until the server ends, which a [`Stopper`] brings about.
    pub fn wait(mut self) -> Report {
        if let Some(thread) = self.thread.take() {
            // A panic there has been printed by its own thread.
            let _panicked = thread.join();
        }
        self.report()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(thread) = self.thread.take() {
            self.stopper.stop(Duration::ZERO);
            let _panicked = thread.join();
        }
    }
}

/// Ends a server from any thread.
#[derive(Clone)]
pub struct Stopper(Arc<Control>);

impl Stopper {
    /// Begins a graceful end with this limit, as [`Running::stop`], without waiting for it. A second call may only
    /// shorten it.
    pub fn stop(&self, limit: Duration) {
        let control = &*self.0;
        let due = due_in(limit);
        {
            let mut until = control.until.lock().unwrap_or_else(PoisonError::into_inner);
            *until = Some(until.map_or(due, |before| before.min(due)));
        }
        control.stopping.store(1, Ordering::SeqCst);
        for hub in control.hubs.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            hub.rouse();
        }
        if let Some(thread) = control.attending.get() {
            thread.unpark();
        }
    }

    pub(crate) fn of(control: &Arc<Control>) -> Self {
        Self(Arc::clone(control))
    }
}

impl fmt::Debug for Stopper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Stopper").field(&self.0.report()).finish()
    }
}

/// What the threads of a server share.
#[derive(Default)]
pub(crate) struct Control {
    stopping: AtomicU8,
    until: Mutex<Option<Instant>>,
    /// What ends the sleep of a thread that sleeps in a poll.
    hubs: Mutex<Vec<Arc<Hub>>>,
    /// The thread that ends the server, where it sleeps elsewhere.
    attending: OnceLock<Thread>,
    pub(crate) accepted: AtomicU64,
    pub(crate) open: AtomicUsize,
    pub(crate) cut: AtomicUsize,
}

impl Control {
    pub(crate) fn enlist(&self, hub: &Arc<Hub>) {
        self.hubs.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::clone(hub));
    }

    /// This thread looks whether the server is to end, each time that it is unparked.
    pub(crate) fn attend(&self, thread: Thread) {
        let _only_one = self.attending.set(thread);
    }

    /// When to cut off; `None` while nobody asked to end.
    pub(crate) fn stopping(&self) -> Option<Instant> {
        if self.stopping.load(Ordering::Acquire) == 0 {
            return None;
        }
        *self.until.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn report(&self) -> Report {
        Report {
            accepted: self.accepted.load(Ordering::Relaxed),
            open: self.open.load(Ordering::Relaxed),
            cut: self.cut.load(Ordering::Relaxed),
        }
    }
}

impl fmt::Debug for Control {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.report().fmt(f)
    }
}

/// The listeners of a server, on one thread's poll.
pub(crate) struct Doors {
    all: Vec<Door>,
    /// At which door to look first: one at which many wait must not keep the others shut.
    turn: usize,
    /// The system had no descriptor or thread left: not before this.
    after: Option<Instant>,
}

struct Door {
    listener: TcpListener,
    behind: Behind,
    /// Somebody may be at the door.
    knocked: bool,
}

/// A connection that was let in.
pub(crate) struct Guest {
    socket: mio::net::TcpStream,
    peer: SocketAddr,
    behind: Behind,
}

/// What is behind a door.
#[derive(Clone)]
struct Behind {
    service: Arc<dyn Service>,
    #[cfg(feature = "tls")]
    tls: Option<super::tls::Acceptor>,
}

/// Newcomers that are let in before those who are in have their turn: there may be others at the door as fast as they are
/// let in.
pub(crate) const NEWCOMERS: usize = 256;

/// How long to wait when the system is out of descriptors or threads.
const BREATH: Duration = Duration::from_millis(100);

impl Doors {
    /// Registers every listener, with its index from `first` on as its token.
    pub(crate) fn open(ports: Vec<Port>, registry: &Registry, first: usize) -> io::Result<(Self, Vec<SocketAddr>)> {
        let mut all = Vec::new();
        let mut addresses = Vec::new();
        for (index, Port { listener, behind }) in ports.into_iter().enumerate() {
            listener.set_nonblocking(true)?;
            let mut listener = TcpListener::from_std(listener);
            addresses.push(listener.local_addr()?);
            registry.register(&mut listener, Token(first + index), Interest::READABLE)?;
            all.push(Door { listener, behind, knocked: true });
        }
        Ok((Self { all, turn: 0, after: None }, addresses))
    }

    /// No doors: what was open is closed.
    pub(crate) fn close(&mut self) {
        *self = Self { all: Vec::new(), turn: 0, after: None };
    }

    pub(crate) fn knock(&mut self, door: usize) {
        if let Some(door) = self.all.get_mut(door) {
            door.knocked = true;
        }
    }

    /// Lets nobody in for a moment.
    pub(crate) fn rest(&mut self) {
        self.after = Some(Instant::now() + BREATH);
    }

    /// Somebody may be at a door, of whom nobody will tell again.
    pub(crate) fn is_knocked(&self) -> bool {
        self.after.is_none() && self.all.iter().any(|door| door.knocked)
    }

    /// When to look again although nobody knocks.
    pub(crate) fn due(&self) -> Option<Instant> {
        self.after
    }

    /// The next one at any door, the doors taking turns.
    pub(crate) fn accept(&mut self) -> Option<Guest> {
        if self.after.is_some_and(|after| Instant::now() < after) {
            return None;
        }
        self.after = None;
        for ahead in 0..self.all.len() {
            let index = (self.turn + ahead) % self.all.len();
            let door = &mut self.all[index];
            while door.knocked {
                match door.listener.accept() {
                    Ok((socket, peer)) => {
                        // Turns are written whole, so there is nothing for Nagle's algorithm to gather.
                        let _slower = socket.set_nodelay(true);
                        self.turn = index + 1;
                        return Some(Guest { socket, peer, behind: door.behind.clone() });
                    }
                    Err(error) => match error.kind() {
                        ErrorKind::WouldBlock => door.knocked = false,
                        // Gone before it was let in.
                        ErrorKind::Interrupted | ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset => {}
                        _ => {
                            self.rest();
                            return None;
                        }
                    },
                }
            }
        }
        None
    }
}

impl Guest {
    /// The conversation for a guest. `None`: it is gone already, or its TLS could not begin.
    pub(crate) fn welcome(self, waker: Waker, limits: &Limits) -> Option<Connection> {
        let local = self.socket.local_addr().ok()?;
        let link = Link { peer: self.peer, local, waker: waker.clone() };
        let conversation = self.behind.service.open(link);
        let mut connection = Connection::new(tcp::Socket::new(self.socket), conversation, waker);
        #[cfg(feature = "tls")]
        if let Some(acceptor) = &self.behind.tls
            && let Err(error) = connection.secure(acceptor, limits)
        {
            connection.end(Ended::Lost(error));
            return None;
        }
        let _only_for_tls = (&mut connection, limits);
        Some(connection)
    }
}
