//! The pool and the reactor among services that panic, conversations that take over, and crowds at the door.

use super::servers::{Echo, connect, each, eventually, line};
use super::toy::{Fault, LONGEST, Lines, echo};
use crate::engine::{Engine, Handler, Patience, Status};
use crate::net::server::{Conversation, Link, Options, Port, Service};
use crate::net::{Ended, Next, Party, pool, reactor, talk};
use bytes::BytesMut;
use std::boxed::Box;
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::string::String;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use std::vec;
use std::vec::Vec;

/// An engine that is over with its peer's half of the connection, and what takes over then.
struct Ending;

#[derive(Default)]
struct UntilEnd(bool);

impl Engine for UntilEnd {
    type Event<'i> = &'i [u8];
    type Error = Fault;
    fn recv<'i>(&mut self, _: &mut &'i [u8], _: &mut BytesMut) -> Result<Option<&'i [u8]>, Self::Error> {
        Ok(None)
    }
    fn eof(&mut self) {
        self.0 = true;
    }
    fn expire(&mut self) {}
    fn status(&self) -> Status {
        if self.0 { Status::HandedOver } else { Status::Open }
    }
    fn patience(&self) -> Patience {
        Patience::endless(0)
    }
    fn window(&self) -> usize {
        LONGEST
    }
    fn octets<'e>(_: &'e &[u8]) -> Option<&'e [u8]> {
        None
    }
}

struct Heir;

impl Handler<UntilEnd> for Heir {
    fn event(&mut self, _: &mut UntilEnd, _: &[u8], _: &mut BytesMut) {}
}

impl Party<UntilEnd> for Heir {
    fn handed_over(&mut self, _: &mut UntilEnd, _: &[u8]) -> Next {
        Next::Become(talk(Lines::default(), echo))
    }
}

impl Service for Ending {
    fn open(&self, _: Link) -> Box<dyn Conversation> {
        talk(UntilEnd::default(), Heir)
    }
}

#[test]
fn who_takes_over_hears_of_an_end_that_came_before() {
    each(
        &Options::default(),
        || Ending,
        |adapter, running| {
            let mut peer = connect(&running);
            peer.write_all(b"first\nsecond\n").unwrap();
            peer.shutdown(Shutdown::Write).unwrap();
            assert_eq!(line(&mut peer), "first", "{adapter}");
            assert_eq!(line(&mut peer), "second", "{adapter}");
            assert_eq!(peer.read(&mut [0; 1]).unwrap(), 0, "{adapter}");
            eventually("the end", || running.report().open == 0);
        },
    );
}

/// Says when it is told that the server will end; so does what takes over.
struct Farewell {
    first: bool,
}

impl Service for Farewell {
    fn open(&self, _: Link) -> Box<dyn Conversation> {
        talk(Lines::default(), Self { first: true })
    }
}

impl Handler<Lines> for Farewell {
    fn event(&mut self, lines: &mut Lines, line: &[u8], out: &mut BytesMut) {
        echo(lines, line, out);
    }
}

impl Party<Lines> for Farewell {
    fn stopping(&mut self, _: &mut Lines, out: &mut BytesMut) {
        out.extend_from_slice(if self.first { b"one\n" } else { b"two\n" });
    }
    fn handed_over(&mut self, _: &mut Lines, _: &[u8]) -> Next {
        Next::Become(talk(Lines::default(), Self { first: false }))
    }
}

#[test]
fn who_takes_over_is_told_that_the_server_will_end() {
    each(
        &Options::default(),
        || Farewell { first: true },
        |adapter, running| {
            let mut peer = connect(&running);
            peer.write_all(b"hello\nupgr").unwrap();
            assert_eq!(line(&mut peer), "hello", "{adapter}");
            running.stopper().stop(Duration::from_secs(20));
            assert_eq!(line(&mut peer), "one", "{adapter}");
            peer.write_all(b"ade\n").unwrap();
            assert_eq!(line(&mut peer), "upgrade", "{adapter}");
            assert_eq!(line(&mut peer), "two", "{adapter}");
            assert_eq!(peer.read(&mut [0; 1]).unwrap(), 0, "{adapter}");
            assert_eq!(running.wait().cut, 0, "{adapter}");
        },
    );
}

/// Panics wherever a service or a party is asked something.
struct Touchy(AtomicUsize);

#[derive(Default)]
struct TouchyParty {
    stopping: bool,
    ended: bool,
}

impl Service for Touchy {
    fn open(&self, _: Link) -> Box<dyn Conversation> {
        assert_ne!(self.0.fetch_add(1, Ordering::SeqCst), 0, "the first is not let in");
        talk(Lines::default(), TouchyParty::default())
    }
}

impl Handler<Lines> for TouchyParty {
    fn event(&mut self, lines: &mut Lines, line: &[u8], out: &mut BytesMut) {
        self.stopping |= line == b"stopping";
        self.ended |= line == b"ended";
        echo(lines, line, out);
    }
}

impl Party<Lines> for TouchyParty {
    fn stopping(&mut self, _: &mut Lines, out: &mut BytesMut) {
        assert!(!self.stopping, "as asked");
        out.extend_from_slice(b"goodbye\n");
    }
    fn ended(&mut self, _: &mut Lines, _: &Ended<Fault>) {
        assert!(!self.ended, "as asked");
    }
}

#[test]
fn a_panic_at_the_beginning_and_at_the_end_ends_its_own_connection_alone() {
    each(
        &Options::default(),
        || Touchy(AtomicUsize::new(0)),
        |adapter, running| {
            let mut first = connect(&running);
            assert!(matches!(first.read(&mut [0; 1]), Ok(0) | Err(_)), "{adapter}");
            let mut peers: Vec<_> = (0..6).map(|_| connect(&running)).collect();
            let words = ["stopping", "ended", "hello"];
            for (peer, word) in peers.iter_mut().zip(words.iter().cycle()) {
                // A line that is not ended: whoever is told that the server will end does not end before it is cut off.
                write!(peer, "{word}\nbegun").unwrap();
                assert_eq!(line(peer), *word, "{adapter}");
            }
            let report = running.stop(Duration::from_millis(100));
            assert_eq!(report.open, 0, "{adapter}");
            for (peer, word) in peers.iter_mut().zip(words.iter().cycle()) {
                let mut heard = String::new();
                let _reset = peer.read_to_string(&mut heard);
                assert_eq!(heard, if *word == "stopping" { "" } else { "goodbye\n" }, "{adapter} {word}");
            }
        },
    );
}

#[test]
fn nobody_waits_for_ever_at_a_door_because_many_wait_at_another() {
    for start in [pool::start, reactor::start] {
        let ports = (0..2).map(|_| Port::bind("127.0.0.1:0", Echo(None)).unwrap()).collect();
        let running = start(ports, Options { connections: 1, ..Options::default() }).unwrap();
        let come = |door: usize| {
            let mut peer = TcpStream::connect(running.addresses()[door]).unwrap();
            peer.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
            peer.write_all(b"hello\n").unwrap();
            peer
        };
        let mut inside = come(0);
        assert_eq!(line(&mut inside), "hello");
        // The only place is taken. Those who wait at the first door would keep it among themselves.
        let _first: Vec<_> = (0..5).map(|_| come(0)).collect();
        let mut other = come(1);
        // Both doors were heard of, since this went the same way and came behind.
        inside.write_all(b"again\n").unwrap();
        assert_eq!(line(&mut inside), "again");
        drop(inside);
        // None of them ever goes.
        assert_eq!(line(&mut other), "hello");
    }
}

/// Has one more come whenever one comes, until it is told to stop.
struct Crowd {
    address: Arc<OnceLock<SocketAddr>>,
    enough: Arc<AtomicBool>,
}

impl Service for Crowd {
    fn open(&self, _: Link) -> Box<dyn Conversation> {
        if let Some(address) = self.address.get().filter(|_| !self.enough.load(Ordering::SeqCst)) {
            // It is at the door when this returns, and gone.
            let _gone = TcpStream::connect(address);
        }
        talk(Lines::default(), echo)
    }
}

/// The crowd has an end however the test has one: a server waits for it.
struct Dispersed(Arc<AtomicBool>);

impl Drop for Dispersed {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

#[test]
fn those_inside_are_served_while_others_keep_coming() {
    for start in [pool::start, reactor::start] {
        let (address, enough) = (Arc::new(OnceLock::new()), Arc::new(AtomicBool::new(false)));
        let service = Crowd { address: Arc::clone(&address), enough: Arc::clone(&enough) };
        let running = start(vec![Port::bind("127.0.0.1:0", service).unwrap()], Options::default()).unwrap();
        let _dispersed = Dispersed(enough);
        let mut peer = connect(&running);
        peer.write_all(b"hello\n").unwrap();
        assert_eq!(line(&mut peer), "hello");
        address.set(running.addresses()[0]).unwrap();
        drop(connect(&running));
        eventually("a crowd", || running.report().accepted > 100);
        for _ in 0..5 {
            peer.write_all(b"still here\n").unwrap();
            assert_eq!(line(&mut peer), "still here");
        }
    }
}
