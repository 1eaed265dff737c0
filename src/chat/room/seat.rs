//! A connection's place in a room.

use super::{Departure, MemberId, Room};
use crate::chat::server::Event;
use crate::chat::{Farewell, Said, Server};
use crate::engine::{Handler, Status};
use alloc::rc::Rc;
use alloc::sync::Arc;
use bytes::BytesMut;
use core::cell::{Cell, RefCell};
use core::fmt;
use core::time::Duration;

/// A way to get at a room that several connections share, and at the time.
///
/// [`Local`] is one for a single thread. A server with threads implements it for a type with a lock and a clock.
pub trait Shared {
    /// Runs `act` on the room, with the time since any fixed moment.
    fn with<T>(&self, act: impl FnOnce(&mut Room, Duration) -> T) -> T;
}

impl<S: Shared + ?Sized> Shared for &S {
    fn with<T>(&self, act: impl FnOnce(&mut Room, Duration) -> T) -> T {
        (**self).with(act)
    }
}

impl<S: Shared + ?Sized> Shared for Rc<S> {
    fn with<T>(&self, act: impl FnOnce(&mut Room, Duration) -> T) -> T {
        (**self).with(act)
    }
}

impl<S: Shared + ?Sized> Shared for Arc<S> {
    fn with<T>(&self, act: impl FnOnce(&mut Room, Duration) -> T) -> T {
        (**self).with(act)
    }
}

/// A room for the connections of one thread, and the time as its owner last set it.
#[derive(Debug)]
pub struct Local {
    room: RefCell<Room>,
    now: Cell<Duration>,
}

impl Local {
    /// Shares `room`. The time is zero until it is set.
    pub fn new(room: Room) -> Self {
        Self { room: RefCell::new(room), now: Cell::new(Duration::ZERO) }
    }

    /// Says what time it is: how long ago anything was that does not move.
    pub fn set_now(&self, now: Duration) {
        self.now.set(now);
    }
}

impl Shared for Local {
    fn with<T>(&self, act: impl FnOnce(&mut Room, Duration) -> T) -> T {
        act(&mut self.room.borrow_mut(), self.now.get())
    }
}

/// The [`Handler`] of one member's [`Server`] engine: joins the two to a room.
///
/// It joins the room at the first turn, says there what the member says, and fetches what the member is to hear each
/// time it is asked for more, at most [`DELIVERY`](Self::DELIVERY) octets and a line at once. When the room lets go of
/// the member it closes the engine with the reason. When it is dropped, the member has left; so a driver that drops a
/// connection's handler on an I/O error does all that there is to do.
///
/// ```
/// use bytes::BytesMut;
/// use plainwire::chat::{Limits, Local, Room, Seat, Server};
/// use plainwire::engine::turn;
///
/// let local = Local::new(Room::new(Limits::default()));
/// let (mut ada, mut bob) = (Seat::new(&local), Seat::new(&local));
/// let (mut ada_engine, mut bob_engine) = (Server::new(Limits::default()), Server::new(Limits::default()));
/// let (mut to_ada, mut to_bob) = (BytesMut::new(), BytesMut::new());
///
/// turn(&mut ada_engine, &mut &b""[..], &mut to_ada, 1 << 16, &mut ada, &mut ()).unwrap();
/// turn(&mut bob_engine, &mut &b""[..], &mut to_bob, 1 << 16, &mut bob, &mut ()).unwrap();
/// turn(&mut ada_engine, &mut &b"hello\n"[..], &mut to_ada, 1 << 16, &mut ada, &mut ()).unwrap();
/// turn(&mut bob_engine, &mut &b""[..], &mut to_bob, 1 << 16, &mut bob, &mut ()).unwrap();
/// assert!(to_bob.ends_with(b"<guest-1> hello\r\n"));
/// ```
pub struct Seat<S: Shared> {
    room: S,
    id: Option<MemberId>,
    /// The member's own side is over; the connection is closed once it has everything.
    farewell: Option<Farewell>,
}

impl<S: Shared> Seat<S> {
    /// After so many octets the driver gets a chance to write.
    pub const DELIVERY: usize = 16 << 10;

    /// A place for a connection that was just accepted.
    pub fn new(room: S) -> Self {
        Self { room, id: None, farewell: None }
    }

    /// Which member this is, once it has joined.
    pub fn id(&self) -> Option<MemberId> {
        self.id
    }

    /// Fetches what the member is to hear, so that answers stand in the order of what they answer; or closes the engine,
    /// where the room has let go of the member. Whether anything was said.
    fn settle(&mut self, id: MemberId, engine: &mut Server, out: &mut BytesMut) -> bool {
        let delivered = self.room.with(|room, _| match room.dropped(id) {
            Some(farewell) => Err(farewell),
            None => Ok(room.deliver(id, out, Self::DELIVERY) > 0),
        });
        delivered.unwrap_or_else(|farewell| {
            self.leave(Departure::Dropped(farewell));
            engine.close(farewell, out).is_ok()
        })
    }

    /// Gives up the member's place.
    fn leave(&mut self, how: Departure<'_>) {
        if let Some(id) = self.id.take() {
            self.room.with(|room, _| room.leave(id, how));
        }
    }
}

impl<S: Shared> Handler<Server> for Seat<S> {
    fn event(&mut self, engine: &mut Server, event: Event<&[u8]>, out: &mut BytesMut) {
        let Some(id) = self.id else { return };
        match event {
            Event::Said(said @ Said::Quit { reason }) => {
                self.room.with(|room, now| {
                    room.deliver(id, out, usize::MAX);
                    // Counted like every other line; leaving is never refused.
                    room.hear(id, &said, now);
                    room.leave(id, Departure::Quit(reason));
                });
                self.id = None;
                self.farewell = Some(Farewell::Bye);
            }
            Event::Said(said) => {
                self.room.with(|room, now| room.hear(id, &said, now));
                self.settle(id, engine, out);
            }
            Event::Refused(_) => {
                self.room.with(|room, now| room.refused(id, now));
                self.settle(id, engine, out);
            }
            Event::Idle => {
                self.leave(Departure::Dropped(Farewell::Idle));
                self.farewell = Some(Farewell::Idle);
            }
            Event::End => {
                self.room.with(|room, _| room.deliver(id, out, usize::MAX));
                self.leave(Departure::Ended);
                self.farewell = Some(Farewell::Bye);
            }
        }
    }

    fn more(&mut self, engine: &mut Server, out: &mut BytesMut) -> bool {
        if engine.status() == Status::Closed {
            self.leave(Departure::Lost);
            return false;
        }
        if let Some(farewell) = self.farewell.take() {
            return engine.close(farewell, out).is_ok();
        }
        let Some(id) = self.id else {
            // The first turn: a place and a name, or none.
            let joined = self.room.with(|room, _| room.join().and_then(|id| Some((id, room.name(id)?))));
            self.id = joined.map(|(id, _)| id);
            return match joined {
                Some((id, name)) => {
                    let welcomed = engine.welcome(name, out).is_ok();
                    self.room.with(|room, _| room.deliver(id, out, Self::DELIVERY));
                    welcomed
                }
                None => engine.close(Farewell::Full, out).is_ok(),
            };
        };
        self.settle(id, engine, out)
    }
}

impl<S: Shared> Drop for Seat<S> {
    fn drop(&mut self) {
        self.leave(Departure::Lost);
    }
}

impl<S: Shared> fmt::Debug for Seat<S> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Seat").field("id", &self.id).field("farewell", &self.farewell).finish_non_exhaustive()
    }
}
