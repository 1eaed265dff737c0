//! A room and a multicast group, as one.

use super::Hall;
use crate::chat::datagram::{Datagram, Earshot, SenderId, Voices};
use crate::chat::{Departure, Heard, Limits, MemberId, Name, Room, Said, Shared};
use crate::net::multicast::Group;
use crate::net::wake::{ALARM, Seat, Waker};
use bytes::BytesMut;
use mio::net::UdpSocket;
use mio::{Interest, Token};
use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::string::ToString;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};
use std::vec;
use std::vec::Vec;

/// Joins a [`Hall`] to a multicast group: what is said in one is heard in the other.
///
/// Whoever speaks in the group is a member of the room, under the name the datagrams bear or, where that is taken,
/// another; who has not been heard of for five minutes has left. They have half of the room's places at the most, since
/// one sender may pose as any number of them. What the room hears goes to the group, save what came
/// from there, and save what does not fit into a datagram, of which its speaker is told. Private lines don't: nothing is
/// private in a group, and who sends one to somebody there is told so. Groups promise nothing
/// ([`datagram`](crate::chat::datagram)), so the bridge doesn't either.
///
/// Dropping it takes those in the group out of the room.
#[derive(Debug)]
pub struct Bridge {
    shared: Arc<Ends>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Ends {
    over: AtomicBool,
    waker: Waker,
}

/// Who was not heard of for so long has left the group.
const SILENCE: Duration = Duration::from_mins(5);
/// How often to look who has left.
const LOOK: Duration = Duration::from_secs(10);
/// The bridge says less than the room would call a flood.
const BETWEEN: Duration = Duration::from_secs(1);
/// Datagrams that are taken before the room has its turn.
const BURST: usize = 64;

impl Bridge {
    /// Joins `hall` to `group`, on a thread of its own.
    ///
    /// # Errors
    ///
    /// [`Other`](ErrorKind::Other) where the room has no place for the bridge, which is a member of it; else what the
    /// system said.
    pub fn start(hall: &Hall, group: Group) -> io::Result<Self> {
        let address = group.address();
        let socket = group.into_socket();
        socket.set_nonblocking(true)?;
        let mut socket = UdpSocket::from_std(socket);
        let seat = Seat::new(8)?;
        seat.poll.registry().register(&mut socket, Token(0), Interest::READABLE)?;
        let waker = Waker::new(&seat.hub, 0);
        let me = hall.with(enter).ok_or_else(|| io::Error::other("the room is full"))?;
        let limits = hall.limits().clone();
        let mut span = Span {
            hall: hall.clone(),
            me,
            socket,
            address,
            seat,
            waker: waker.clone(),
            voices: Voices::new(fresh_sender(), &limits),
            members: HashMap::new(),
            limits,
            shared: Arc::new(Ends { over: AtomicBool::new(false), waker }),
            told: None,
        };
        let shared = Arc::clone(&span.shared);
        let thread = thread::Builder::new().name("bridge".to_string()).spawn(move || span.run())?;
        Ok(Self { shared, thread: Some(thread) })
    }
}

impl Drop for Bridge {
    fn drop(&mut self) {
        self.shared.over.store(true, Ordering::SeqCst);
        self.shared.waker.wake();
        if let Some(thread) = self.thread.take() {
            // A panic there has been printed by its own thread.
            let _panicked = thread.join();
        }
    }
}

/// A number for a sender of datagrams that is not used by another: drawn from the keys of the standard library's hasher,
/// which come from the system's source of random numbers.
pub fn fresh_sender() -> SenderId {
    SenderId(RandomState::new().hash_one(Instant::now()))
}

struct Span {
    hall: Hall,
    /// The bridge's own place in the room, which hears what goes to the group.
    me: MemberId,
    socket: UdpSocket,
    address: SocketAddr,
    seat: Seat,
    waker: Waker,
    voices: Voices,
    members: HashMap<SenderId, Voice>,
    limits: Limits,
    shared: Arc<Ends>,
    /// When somebody was last told that a line was too long.
    told: Option<Instant>,
}

/// Somebody in the group.
struct Voice {
    id: MemberId,
    /// As the datagrams have it.
    name: Name,
    heard: Instant,
}

impl Span {
    fn run(&mut self) {
        let mut buffer = vec![0; self.limits.datagram + 1];
        let mut readable = true;
        let mut look = Instant::now() + LOOK;
        while !self.shared.over.load(Ordering::SeqCst) {
            let limit = if readable { Duration::ZERO } else { look.saturating_duration_since(Instant::now()) };
            if self.seat.sleep(Some(limit)).is_err() {
                break;
            }
            readable |= self.seat.events.iter().any(|event| event.token() != ALARM);
            let mut woken = Vec::new();
            self.seat.hub.drain(&mut woken);
            self.waker.clear();
            self.outward();
            for _ in 0..BURST {
                match self.socket.recv_from(&mut buffer) {
                    Ok((length, _)) => self.inward(&buffer[..length]),
                    Err(error) if error.kind() == ErrorKind::Interrupted => {}
                    Err(error) => {
                        // Whatever else the system says of a datagram, the next may be sound; the poll tells of it.
                        readable = error.kind() == ErrorKind::ConnectionRefused;
                        break;
                    }
                }
            }
            if Instant::now() >= look {
                look = Instant::now() + LOOK;
                self.forget();
            }
        }
        let (me, members) = (self.me, std::mem::take(&mut self.members));
        self.hall.with(|room, _| {
            for voice in members.values() {
                room.leave(voice.id, Departure::Ended);
            }
            room.leave(me, Departure::Ended);
        });
    }

    /// What the room has for the group, and for those in it.
    fn outward(&mut self) {
        let me = self.me;
        let (lines, back) = self.hall.with(|room, now| {
            let lines = drained(room, me);
            // Let go of, because the room was closed and opened anew.
            let back = room.dropped(me).and_then(|_| {
                room.leave(me, Departure::Ended);
                enter(room, now)
            });
            (lines, back)
        });
        self.me = back.unwrap_or(me);
        self.send(&lines);
        self.answer();
        self.rest(self.me);
        let members: Vec<MemberId> = self.members.values().map(|voice| voice.id).collect();
        for id in members {
            self.rest(id);
        }
    }

    /// Has the bridge woken when there is something for `id`.
    fn rest(&self, id: MemberId) {
        let here = self.hall.with(|room, _| room.name(id).is_some());
        if here && self.hall.rest(id, &self.waker, &Arc::default()) {
            self.waker.wake();
        }
    }

    fn send(&mut self, lines: &[bytes::Bytes]) {
        for line in lines {
            let line = line.strip_suffix(b"\r\n").unwrap_or(line);
            let heard = match Heard::parse(line) {
                Some(Heard::Dropped { name, .. }) => Heard::Left { name, reason: None },
                Some(heard) => heard,
                None => continue,
            };
            let speaker = match heard {
                Heard::Said { name, .. } | Heard::Acted { name, .. } => Some(name),
                Heard::Joined { .. } | Heard::Left { .. } | Heard::Renamed { .. } => None,
                _ => continue,
            };
            let Some(sequence) = self.voices.number() else { continue };
            let mut packet = BytesMut::new();
            let datagram = Datagram { sender: self.voices.me(), sequence, heard };
            if datagram.write(&self.limits, &mut packet).is_ok() {
                // Lost or not, nobody is promised anything.
                let _lost = self.socket.send_to(&packet, self.address);
            } else if let Some(to) = speaker
                && self.told.is_none_or(|told| told.elapsed() >= BETWEEN)
            {
                self.told = Some(Instant::now());
                let me = self.me;
                let text = "that was too long for the multicast group, where it was not heard";
                self.hall.with(|room, now| {
                    room.hear(me, &Said::Tell { to, text }, now);
                    // What the room says about it is for nobody.
                    drained(room, me);
                });
            }
        }
    }

    /// Takes what the room has for those in the group: they hear it as datagrams. Who wrote to one of them alone is told
    /// that this can't be.
    fn answer(&mut self) {
        for voice in self.members.values() {
            let id = voice.id;
            self.hall.with(|room, now| {
                for line in drained(room, id) {
                    let line = line.strip_suffix(b"\r\n").unwrap_or(&line);
                    if let Some(Heard::Told { name: to, .. }) = Heard::parse(line) {
                        let text = "I am in a multicast group, where nothing is private: say it to the room";
                        room.hear(id, &Said::Tell { to, text }, now);
                    }
                }
                drained(room, id);
            });
        }
    }

    /// A datagram from the group.
    fn inward(&mut self, packet: &[u8]) {
        // Nobody is answered: the sender may be anyone.
        let Ok(Datagram { sender, sequence, heard }) = Datagram::parse(packet, &self.limits) else { return };
        if self.voices.judge(sender, sequence) != Earshot::New {
            return;
        }
        let (name, said) = match heard {
            Heard::Said { name, text } => (name, Some(Said::Say { text })),
            Heard::Acted { name, text } => (name, Some(Said::Act { text })),
            Heard::Joined { name } => (name, None),
            Heard::Renamed { to, .. } => (to, None),
            Heard::Left { name, reason } => (name, Some(Said::Quit { reason })),
            _ => return,
        };
        let me = self.me;
        let known = self.members.get(&sender).map(|voice| (voice.id, voice.name));
        let quits = matches!(said, Some(Said::Quit { .. }));
        if known.is_none() && quits {
            return;
        }
        let (before, id) = self.hall.with(|room, now| {
            // What the room said before this still goes to the group; what this makes the room say does not.
            let before = drained(room, me);
            let id = match known {
                Some((id, _)) if room.name(id).is_some() => Some(id),
                // Let go of, for a flood: not heard any more until it has been silent for long.
                Some(_) => None,
                // Names and numbers cost nothing in a group: half of the places are for those who come by a connection.
                None if self.members.len() < self.limits.members / 2 => room.join(),
                None => None,
            };
            if let Some(id) = id {
                if known.is_none_or(|(_, called)| called.as_bytes() != name.as_bytes()) && !quits {
                    room.hear(id, &Said::<&[u8]>::Nick { name }, now);
                }
                if let Some(said) = &said {
                    room.hear(id, said, now);
                }
                if quits {
                    room.leave(id, Departure::Quit(None));
                }
            }
            drained(room, me);
            (before, id)
        });
        self.send(&before);
        if let Some(id) = id.or(known.map(|(id, _)| id)) {
            if quits {
                self.members.remove(&sender);
            } else {
                self.members.insert(sender, Voice { id, name, heard: Instant::now() });
            }
        }
        self.answer();
        if let Some(id) = id.filter(|_| !quits) {
            self.rest(id);
        }
    }

    /// Takes those out of the room who were not heard of for long.
    fn forget(&mut self) {
        let now = Instant::now();
        let gone: Vec<SenderId> = self
            .members
            .iter()
            .filter(|(_, voice)| now.saturating_duration_since(voice.heard) >= SILENCE)
            .map(|(sender, _)| *sender)
            .collect();
        for sender in gone {
            if let Some(voice) = self.members.remove(&sender) {
                self.hall.with(|room, _| room.leave(voice.id, Departure::Lost));
            }
        }
    }
}

/// The bridge's own place in the room.
fn enter(room: &mut Room, now: Duration) -> Option<MemberId> {
    let me = room.join()?;
    if let Ok(name) = Name::new(b"multicast") {
        room.hear(me, &Said::<&[u8]>::Nick { name }, now);
    }
    Some(me)
}

fn drained(room: &mut Room, id: MemberId) -> Vec<bytes::Bytes> {
    std::iter::from_fn(|| room.next(id)).collect()
}
