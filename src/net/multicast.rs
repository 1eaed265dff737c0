//! UDP multicast: one datagram to everyone who joined a group (RFC 1112, RFC 4291 2.7).
//!
//! How far a datagram goes is decided by its TTL, which each router lowers, and by the interface it leaves through. Both
//! are always said here, because a system's own choice of interface is its default route, and that leads out of the
//! machine. With the loopback interface and [`Scope::Host`] nothing leaves it:
//!
//! ```
//! use plainwire::net::multicast::{Group, Interface, Options, Scope};
//! use std::{net::Ipv4Addr, time::Duration};
//!
//! let options = Options::new(Interface::V4(Ipv4Addr::LOCALHOST), Scope::Host);
//! let one = Group::join("239.1.2.3:0".parse().unwrap(), options)?; // port 0: a free one
//! let two = Group::join(one.address(), options)?;
//! one.send(b"hello")?;
//! let mut buffer = [0; 1500];
//! let heard = two.receive(&mut buffer, Some(Duration::from_secs(5)))?;
//! assert_eq!(heard.map(|(length, _)| &buffer[..length]), Some(&b"hello"[..]));
//! two.leave()?;
//! # Ok::<(), std::io::Error>(())
//! ```

use socket2::{Domain, Protocol, SockAddr, Socket, Type};
use std::fmt;
use std::io::{self, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6, UdpSocket};
use std::str::FromStr;
use std::string::String;
use std::time::Duration;

/// How far datagrams go, as a TTL or hop limit: the thresholds that routers have traditionally been given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Scope {
    /// Not beyond this host: 0.
    Host,
    /// Not beyond this network: 1, what systems do unless told otherwise.
    Link,
    /// Not beyond this site: 32.
    Site,
    /// Not beyond this region: 64.
    Region,
    /// Not beyond this continent: 128.
    Continent,
    /// Anywhere: 255.
    Unrestricted,
}

impl Scope {
    /// Every scope, from near to far.
    pub const ALL: [Self; 6] = [Self::Host, Self::Link, Self::Site, Self::Region, Self::Continent, Self::Unrestricted];

    /// Its TTL.
    pub const fn ttl(self) -> u8 {
        match self {
            Self::Host => 0,
            Self::Link => 1,
            Self::Site => 32,
            Self::Region => 64,
            Self::Continent => 128,
            Self::Unrestricted => 255,
        }
    }

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Host => "host",
            Self::Link => "link",
            Self::Site => "site",
            Self::Region => "region",
            Self::Continent => "continent",
            Self::Unrestricted => "unrestricted",
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Scope {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|scope| scope.name() == name);
        found
            .ok_or_else(|| std::format!("no scope is called {name}: host, link, site, region, continent, unrestricted"))
    }
}

/// The interface that a group is joined on and sent to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Interface {
    /// The one that has this IPv4 address, for IPv4 groups; 127.0.0.1 is the loopback.
    V4(Ipv4Addr),
    /// The one with this index, for IPv6 groups; on Linux 1 is the loopback.
    V6(u32),
}

/// How a group is joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    interface: Interface,
    ttl: u8,
    loopback: bool,
}

impl Options {
    /// On this interface and this far. What is sent is heard on this host too.
    pub const fn new(interface: Interface, scope: Scope) -> Self {
        Self { interface, ttl: scope.ttl(), loopback: true }
    }

    /// As far as this TTL takes it, between the named scopes.
    #[must_use]
    pub const fn ttl(mut self, ttl: u8) -> Self {
        self.ttl = ttl;
        self
    }

    /// Whether what is sent is heard on this host too, by others and by the sender itself. Linux delivers on the
    /// loopback interface whatever is said here.
    #[must_use]
    pub const fn loopback(mut self, loopback: bool) -> Self {
        self.loopback = loopback;
        self
    }
}

/// A socket that has joined a group.
///
/// Several on one host may join the same group and port, and each hears everything. Nobody is promised anything:
/// datagrams get lost, doubled and out of order.
#[derive(Debug)]
pub struct Group {
    socket: UdpSocket,
    address: SocketAddr,
    options: Options,
}

impl Group {
    /// Joins `group`.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](ErrorKind::InvalidInput) where that is no multicast address, or the interface is of the other
    /// family; else what the system said.
    pub fn join(group: SocketAddr, options: Options) -> io::Result<Self> {
        let refused = |why: &str| io::Error::new(ErrorKind::InvalidInput, why);
        if !group.ip().is_multicast() {
            return Err(refused("not a multicast address: those are 224.0.0.0 to 239.255.255.255, and ff00::/8"));
        }
        let socket = Socket::new(Domain::for_address(group), Type::DGRAM, Some(Protocol::UDP))?;
        socket.set_reuse_address(true)?;
        // Elsewhere than on Linux and Windows the address is shared only so. Linux would share out what is not multicast.
        #[cfg(all(unix, not(target_os = "linux"), not(target_os = "solaris"), not(target_os = "illumos")))]
        socket.set_reuse_port(true)?;
        match (group, options.interface) {
            (SocketAddr::V4(group), Interface::V4(interface)) => {
                socket.set_multicast_if_v4(&interface)?;
                socket.set_multicast_ttl_v4(options.ttl.into())?;
                socket.set_multicast_loop_v4(options.loopback)?;
                socket.bind(&bindable(group.into()))?;
                socket.join_multicast_v4(group.ip(), &interface)?;
            }
            (SocketAddr::V6(group), Interface::V6(index)) => {
                socket.set_only_v6(true)?;
                socket.set_multicast_if_v6(index)?;
                socket.set_multicast_hops_v6(options.ttl.into())?;
                socket.set_multicast_loop_v6(options.loopback)?;
                socket.bind(&bindable(SocketAddrV6::new(*group.ip(), group.port(), 0, index).into()))?;
                socket.join_multicast_v6(group.ip(), index)?;
            }
            _ => return Err(refused("the group and the interface are of different families")),
        }
        let port = socket.local_addr()?.as_socket().map_or(group.port(), |local| local.port());
        let mut group = group;
        group.set_port(port);
        if let (SocketAddr::V6(group), Interface::V6(index)) = (&mut group, options.interface) {
            group.set_scope_id(index);
        }
        Ok(Self { socket: socket.into(), address: group, options })
    }

    /// The group's address; with the port that the system chose, where 0 was asked for.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Sends one datagram to everyone in the group.
    ///
    /// # Errors
    ///
    /// What the system said; more than about 65,500 octets don't fit, and more than 1,200 may not arrive everywhere.
    pub fn send(&self, octets: &[u8]) -> io::Result<()> {
        self.socket.send_to(octets, self.address).map(drop)
    }

    /// The next datagram: how long it is, what of it found room in `buffer`, and who sent it. `Ok(None)`: none came
    /// within `limit`. `None` waits for ever.
    ///
    /// # Errors
    ///
    /// What the system said.
    pub fn receive(&self, buffer: &mut [u8], limit: Option<Duration>) -> io::Result<Option<(usize, SocketAddr)>> {
        self.socket.set_read_timeout(limit.map(|limit| limit.max(Duration::from_millis(1))))?;
        loop {
            match self.socket.recv_from(buffer) {
                Ok(heard) => return Ok(Some(heard)),
                Err(error) => match error.kind() {
                    ErrorKind::WouldBlock | ErrorKind::TimedOut => return Ok(None),
                    ErrorKind::Interrupted => {}
                    _ => return Err(error),
                },
            }
        }
    }

    /// Joins the same group once more, by a socket of its own: both hear everything.
    ///
    /// # Errors
    ///
    /// As [`join`](Self::join).
    pub fn again(&self) -> io::Result<Self> {
        Self::join(self.address, self.options)
    }

    /// The same socket once more, for another thread: a datagram is heard by one of the two.
    ///
    /// # Errors
    ///
    /// What the system said.
    pub fn try_clone(&self) -> io::Result<Self> {
        Ok(Self { socket: self.socket.try_clone()?, ..*self })
    }

    /// The socket, for a loop of one's own; it stays in the group until it is closed.
    pub fn into_socket(self) -> UdpSocket {
        self.socket
    }

    /// Leaves the group. Dropping the value does the same, without a word about errors.
    ///
    /// # Errors
    ///
    /// What the system said.
    pub fn leave(self) -> io::Result<()> {
        match (self.address.ip(), self.options.interface) {
            (IpAddr::V4(group), Interface::V4(interface)) => self.socket.leave_multicast_v4(&group, &interface),
            (IpAddr::V6(group), Interface::V6(index)) => self.socket.leave_multicast_v6(&group, index),
            _ => Ok(()),
        }
    }
}

/// Bound to the group itself a socket hears that group alone; bound to any address, Linux lets it hear every group that
/// anyone on the host has joined. Windows knows only the latter.
fn bindable(group: SocketAddr) -> SockAddr {
    if !cfg!(windows) {
        return group.into();
    }
    let any: IpAddr = if group.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    SocketAddr::new(any, group.port()).into()
}
