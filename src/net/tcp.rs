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

mod socket;
mod stream;

pub(crate) use self::socket::Socket;
pub use self::stream::Stream;

use super::limits::due_in;
use mio::{Events, Interest, Poll, Token};
use socket2::{Domain, Protocol, Socket as Raw, Type};
use std::collections::VecDeque;
use std::io::{self, ErrorKind};
use std::net::{self, SocketAddr, ToSocketAddrs};
use std::string::ToString;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};
use std::vec::Vec;

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
    Stream::new(race(None, resolve(host, limit)?, due)?)
}

/// As [`connect`], to addresses that are known already, in their order.
///
/// # Errors
///
/// As [`connect`].
pub fn connect_any(addresses: Vec<SocketAddr>, limit: Duration) -> io::Result<Stream> {
    connect_bound(None, addresses, limit)
}

/// As [`connect_any`], from an address of this machine; port 0 takes a free one. Addresses of the other family are left
/// out.
///
/// ```
/// use plainwire::net::tcp;
/// use std::time::Duration;
///
/// let listener = tcp::listen("127.0.0.1:0")?;
/// let there = tcp::resolve(listener.local_addr()?, Duration::from_secs(5))?;
/// let ours = tcp::connect_from("127.0.0.2:0".parse().unwrap(), there, Duration::from_secs(5))?;
/// # #[cfg(target_os = "linux")]
/// assert_eq!(listener.accept()?.1, ours.local_addr()?);
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Errors
///
/// As [`connect`]; [`AddrNotAvailable`](ErrorKind::AddrNotAvailable) where `local` is none of this machine's, and where
/// no address is of its family.
#[doc(alias = "source_address")]
pub fn connect_from(local: SocketAddr, addresses: Vec<SocketAddr>, limit: Duration) -> io::Result<Stream> {
    connect_bound(Some(local), addresses, limit)
}

/// [`connect_from`] where somebody said from where, else [`connect_any`].
pub(crate) fn connect_bound(
    local: Option<SocketAddr>,
    mut addresses: Vec<SocketAddr>,
    limit: Duration,
) -> io::Result<Stream> {
    if let Some(local) = local {
        addresses.retain(|address| address.is_ipv4() == local.is_ipv4());
        if addresses.is_empty() {
            let why = std::format!("no address of the host can be reached from {}", local.ip());
            return Err(io::Error::new(ErrorKind::AddrNotAvailable, why));
        }
    }
    Stream::new(race(local, addresses, due_in(limit))?)
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
fn race(local: Option<SocketAddr>, addresses: Vec<SocketAddr>, due: Instant) -> io::Result<mio::net::TcpStream> {
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
                    match begin(local, address) {
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

/// Begins to connect.
fn begin(local: Option<SocketAddr>, address: SocketAddr) -> io::Result<mio::net::TcpStream> {
    let Some(local) = local else { return mio::net::TcpStream::connect(address) };
    let socket = Raw::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_nonblocking(true)?;
    socket.bind(&local.into())?;
    match socket.connect(&address.into()) {
        Err(error) if !is_begun(&error) => Err(error),
        _ => Ok(mio::net::TcpStream::from_std(socket.into())),
    }
}

/// Not an error: the answer is awaited.
fn is_begun(error: &io::Error) -> bool {
    #[cfg(unix)]
    if error.raw_os_error() == Some(rustix::io::Errno::INPROGRESS.raw_os_error()) {
        return true;
    }
    error.kind() == ErrorKind::WouldBlock
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
