//! A chat room on a wire: the [`Hall`] serves one [`Room`] on any number of ports, by the pool, by the reactor, or by
//! both at once, and a [`Bridge`] joins it to a multicast group.
//!
//! ```
//! use plainwire::chat::Limits;
//! use plainwire::net::{chat::Hall, pool, reactor, server::{Options, Port}};
//! use std::{io::{BufRead, BufReader, Write}, net::TcpStream, time::Duration};
//!
//! let hall = Hall::new(Limits::default());
//! let blocking = pool::start(vec![Port::bind("127.0.0.1:0", hall.clone())?], Options::default())?;
//! let ready = reactor::start(vec![Port::bind("127.0.0.1:0", hall)?], Options::default())?;
//!
//! let mut ada = TcpStream::connect(blocking.addresses()[0])?;
//! let mut bob = BufReader::new(TcpStream::connect(ready.addresses()[0])?);
//! let mut line = String::new();
//! while !line.ends_with("joined\r\n") && !line.ends_with("help tells what can be said\r\n") {
//!     bob.read_line(&mut line)?;
//! }
//! ada.write_all(b"/nick ada\nhello\n")?;
//! while !line.ends_with("<ada> hello\r\n") {
//!     bob.read_line(&mut line)?;
//! }
//! blocking.stop(Duration::from_secs(1));
//! ready.stop(Duration::from_secs(1));
//! # Ok::<(), std::io::Error>(())
//! ```

mod bridge;

pub use bridge::{Bridge, fresh_sender};

use super::party::{Party, talk};
use super::server::{Conversation, Link, Service};
use super::wake::Waker;
use crate::chat::server::Event;
use crate::chat::{Limits, MemberId, Room, Seat, Server, Shared};
use crate::engine::Handler;
use bytes::BytesMut;
use std::boxed::Box;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use std::vec::Vec;

/// One room, and how to wake who is in it. Cheap to clone: all clones are the same room.
///
/// A server that stops closes the room for everybody, also for those who came by another one: each is sent what was said
/// until then, and the reason. Who comes later by a server that goes on finds the room empty.
#[derive(Clone)]
pub struct Hall {
    limits: Limits,
    start: Instant,
    floor: Arc<Mutex<Floor>>,
}

/// The room, and who in it sleeps.
struct Floor {
    room: Room,
    /// By [`MemberId::index`].
    callers: Vec<Option<Caller>>,
    /// Members that had nothing to read when last they looked. Only they need to be woken, each once: in a busy room
    /// that is nearly nobody.
    resting: Vec<MemberId>,
}

struct Caller {
    id: MemberId,
    waker: Waker,
    resting: Arc<AtomicBool>,
}

impl Hall {
    /// An empty room.
    pub fn new(limits: Limits) -> Self {
        let floor = Floor { room: Room::new(limits.clone()), callers: Vec::new(), resting: Vec::new() };
        Self { limits, start: Instant::now(), floor: Arc::new(Mutex::new(floor)) }
    }

    /// The limits of the room and of each connection.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// How many are in the room.
    pub fn members(&self) -> usize {
        self.with(|room, _| room.names().len())
    }

    /// The octets that the room holds for members who have not read them yet.
    pub fn held(&self) -> usize {
        self.with(|room, _| room.held())
    }

    /// Lets go of everybody.
    pub fn close(&self) {
        self.with(|room, _| room.close());
    }

    /// The member has read all there is: `waker` is used when there is more, and `resting` says whether that is so
    /// still. `true`: there is more already.
    fn rest(&self, id: MemberId, waker: &Waker, resting: &Arc<AtomicBool>) -> bool {
        self.floor.lock().unwrap_or_else(PoisonError::into_inner).rest(id, waker, resting)
    }

    /// What the member `id` is to hear, and its rest where that is all, in one go. `None`: the room has let go of it.
    fn fetch(&self, id: MemberId, out: &mut BytesMut, waker: &Waker, resting: &Arc<AtomicBool>) -> Option<usize> {
        let mut floor = self.floor.lock().unwrap_or_else(PoisonError::into_inner);
        if floor.room.dropped(id).is_some() {
            return None;
        }
        let told = floor.room.deliver(id, out, Seat::<Self>::DELIVERY);
        let _more_when_asked_again = floor.rest(id, waker, resting);
        Some(told)
    }
}

impl Floor {
    fn rest(&mut self, id: MemberId, waker: &Waker, resting: &Arc<AtomicBool>) -> bool {
        if self.room.waiting(id) > 0 || self.room.dropped(id).is_some() {
            return true;
        }
        if self.callers.len() <= id.index() {
            self.callers.resize_with(id.index() + 1, || None);
        }
        let caller = self.callers[id.index()].take().filter(|caller| caller.id == id);
        let caller = caller.unwrap_or_else(|| Caller { id, waker: waker.clone(), resting: Arc::clone(resting) });
        if !caller.resting.swap(true, Ordering::Relaxed) {
            self.resting.push(id);
        }
        self.callers[id.index()] = Some(caller);
        false
    }

    /// Wakes who rests and has something to read, or was let go of.
    fn rouse(&mut self) {
        let Self { room, callers, resting } = self;
        resting.retain(|&id| {
            let here = room.name(id).is_some();
            if here && room.waiting(id) == 0 {
                return true;
            }
            let caller = callers.get_mut(id.index()).and_then(Option::as_mut).filter(|caller| caller.id == id);
            if let Some(caller) = caller {
                caller.resting.store(false, Ordering::Release);
                caller.waker.wake();
            }
            false
        });
    }
}

impl Shared for Hall {
    fn with<T>(&self, act: impl FnOnce(&mut Room, Duration) -> T) -> T {
        let mut floor = self.floor.lock().unwrap_or_else(PoisonError::into_inner);
        let result = act(&mut floor.room, self.start.elapsed());
        if floor.room.stirred() {
            floor.rouse();
        }
        result
    }
}

impl fmt::Debug for Hall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hall").field("members", &self.members()).finish_non_exhaustive()
    }
}

impl Service for Hall {
    fn open(&self, link: Link) -> Box<dyn Conversation> {
        let resting = Arc::new(AtomicBool::new(false));
        let guest = Guest { hall: self.clone(), seat: Seat::new(self.clone()), waker: link.waker(), resting };
        talk(Server::new(self.limits.clone()), guest)
    }
}

/// One connection's place in the hall: a seat that is woken.
struct Guest {
    hall: Hall,
    seat: Seat<Hall>,
    waker: Waker,
    /// It has read all there is, and nothing was said since. Set and unset under the floor's lock.
    resting: Arc<AtomicBool>,
}

impl Handler<Server> for Guest {
    fn event(&mut self, engine: &mut Server, event: Event<&[u8]>, out: &mut BytesMut) {
        self.seat.event(engine, event, out);
    }

    fn more(&mut self, engine: &mut Server, out: &mut BytesMut) -> bool {
        // A line for a thousand members is a thousand of these: no lock where there is nothing to fetch, one where
        // there is. Whoever says something unsets the flag first and then wakes.
        if let Some(id) = self.seat.id().filter(|_| engine.status().reads()) {
            if self.resting.load(Ordering::Acquire) {
                return false;
            }
            if let Some(told) = self.hall.fetch(id, out, &self.waker, &self.resting) {
                // What was said between the last look and going to rest must not be slept over.
                return told > 0 || !self.resting.load(Ordering::Acquire);
            }
        }
        self.seat.more(engine, out) || self.seat.id().is_some_and(|id| self.hall.rest(id, &self.waker, &self.resting))
    }
}

impl Party<Server> for Guest {
    fn stopping(&mut self, _: &mut Server, _: &mut BytesMut) {
        self.hall.close();
    }
}
