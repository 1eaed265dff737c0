//! The pool and the reactor where one conversation takes over from another.

use super::servers::{connect, each, eventually, line};
use super::toy::{Fault, LONGEST, Lines, echo};
use crate::engine::{Engine, Handler, Patience, Status};
use crate::net::server::{Conversation, Link, Options, Service};
use crate::net::{Next, Party, talk};
use bytes::BytesMut;
use std::boxed::Box;
use std::io::{Read, Write};
use std::net::Shutdown;
use std::time::Duration;

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
