//! The same services on the pool and on the reactor.

use super::toy::{LONGEST, Lines, echo};
use crate::engine::Handler;
use crate::net::server::{Conversation, Link, Options, Port, Running, Service};
use crate::net::{Bulk, Ended, Next, Party, Waker, pool, reactor, talk};
use bytes::BytesMut;
use std::boxed::Box;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::string::String;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};
use std::vec;
use std::vec::Vec;

/// Runs `test` against `service` on each adapter.
pub(super) fn each<S: Service>(options: &Options, service: impl Fn() -> S, test: impl Fn(&'static str, Running)) {
    test("pool", pool::start(vec![Port::bind("127.0.0.1:0", service()).unwrap()], options.clone()).unwrap());
    test("reactor", reactor::start(vec![Port::bind("127.0.0.1:0", service()).unwrap()], options.clone()).unwrap());
}

pub(super) fn connect(running: &Running) -> TcpStream {
    let stream = TcpStream::connect(running.addresses()[0]).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    stream
}

pub(super) fn line(stream: &mut TcpStream) -> String {
    let mut line = Vec::new();
    let mut octet = [0];
    while stream.read(&mut octet).unwrap() == 1 && octet[0] != b'\n' {
        line.push(octet[0]);
    }
    String::from_utf8(line).unwrap()
}

/// Waits for something that another thread does, and that nothing wakes us for: it is looked at again and again, with
/// the processor left to that thread in between.
pub(super) fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let due = Instant::now() + Duration::from_secs(10);
    while !holds() {
        assert!(Instant::now() < due, "never came: {what}");
        thread::sleep(Duration::from_millis(5));
    }
}

pub(super) struct Echo(pub(super) Option<Duration>);

impl Service for Echo {
    fn open(&self, _: Link) -> Box<dyn Conversation> {
        talk(Lines::within(self.0), echo)
    }
}

#[test]
fn lines_come_back_also_after_a_half_close() {
    each(
        &Options::default(),
        || Echo(None),
        |adapter, running| {
            let mut peers: Vec<_> = (0..50).map(|_| connect(&running)).collect();
            for (index, peer) in peers.iter_mut().enumerate() {
                write!(peer, "{index}\nmore").unwrap();
            }
            for (index, peer) in peers.iter_mut().enumerate() {
                assert_eq!(line(peer), std::format!("{index}"), "{adapter}");
                peer.write_all(b" and more\n").unwrap();
                peer.shutdown(Shutdown::Write).unwrap();
                let mut rest = String::new();
                peer.read_to_string(&mut rest).unwrap();
                assert_eq!(rest, "more and more\n");
            }
            let report = running.stop(Duration::from_secs(1));
            assert_eq!((report.accepted, report.open, report.cut), (50, 0, 0), "{adapter}");
        },
    );
}

#[test]
fn the_last_reply_arrives_although_the_peer_is_still_sending() {
    each(
        &Options::default(),
        || Echo(None),
        |adapter, running| {
            let mut peer = connect(&running);
            let mut sending = peer.try_clone().unwrap();
            // Far more than the limit of a line: without lingering the reset would overtake the reply.
            let flood = thread::spawn(move || {
                let _refused = sending.write_all(&vec![b'x'; LONGEST * 500]);
                let _gone = sending.shutdown(Shutdown::Write);
            });
            let mut heard = String::new();
            peer.read_to_string(&mut heard).unwrap();
            assert_eq!(heard, "bad\n", "{adapter}");
            flood.join().unwrap();
        },
    );
}

#[test]
fn a_dripping_peer_ends_by_deadline_while_others_are_served() {
    each(
        &Options::default(),
        || Echo(Some(Duration::from_millis(300))),
        |adapter, running| {
            let mut slow = connect(&running);
            let start = Instant::now();
            let mut dripping = slow.try_clone().unwrap();
            slow.write_all(b"begun").unwrap();
            let drips = thread::spawn(move || {
                while dripping.write_all(b"x").is_ok() && start.elapsed() < Duration::from_secs(5) {
                    // An octet now and then, each long before the deadline: this pace is what is tested.
                    thread::sleep(Duration::from_millis(20));
                }
            });
            for _ in 0..5 {
                let mut quick = connect(&running);
                quick.write_all(b"hello\nquit\n").unwrap();
                assert_eq!(line(&mut quick), "hello");
            }
            assert_eq!(line(&mut slow), "bad");
            let took = start.elapsed();
            assert!(took >= Duration::from_millis(280) && took < Duration::from_secs(4), "{adapter} {took:?}");
            drop(slow);
            drips.join().unwrap();
        },
    );
}

/// A million octets for each line.
struct Flood;

impl Service for Flood {
    fn open(&self, _: Link) -> Box<dyn Conversation> {
        talk(Lines::default(), |_: &mut Lines, _: &[u8], out: &mut BytesMut| out.resize(out.len() + 1_000_000, b'x'))
    }
}

#[test]
fn a_peer_that_pipelines_and_never_reads_is_dropped() {
    let mut options = Options::default();
    options.limits.stall = Duration::from_millis(300);
    each(
        &options,
        || Flood,
        |adapter, running| {
            let mut deaf = connect(&running);
            deaf.write_all(&b"x\n".repeat(4000)).unwrap();
            eventually("the drop", || running.report().open == 0 && running.report().accepted == 1);
            let mut other = connect(&running);
            other.write_all(b"x\n").unwrap();
            let mut answer = vec![0; 1_000_000];
            other.read_exact(&mut answer).unwrap();
            assert!(answer.iter().all(|octet| *octet == b'x'), "{adapter}");
        },
    );
}

/// Everyone hears every line, also from whoever says nothing.
#[derive(Default)]
struct Room {
    members: Mutex<Vec<(Waker, Arc<Mutex<BytesMut>>)>>,
    ended: AtomicUsize,
}

struct Hall(Arc<Room>);

struct Member {
    room: Arc<Room>,
    outbox: Arc<Mutex<BytesMut>>,
}

impl Service for Hall {
    fn open(&self, link: Link) -> Box<dyn Conversation> {
        let outbox = Arc::new(Mutex::new(BytesMut::new()));
        self.0.members.lock().unwrap().push((link.waker(), Arc::clone(&outbox)));
        talk(Lines::default(), Member { room: Arc::clone(&self.0), outbox })
    }
}

impl Handler<Lines> for Member {
    fn event(&mut self, _: &mut Lines, line: &[u8], _: &mut BytesMut) {
        for (waker, outbox) in self.room.members.lock().unwrap().iter() {
            let mut outbox = outbox.lock().unwrap();
            outbox.extend_from_slice(line);
            outbox.extend_from_slice(b"\n");
            waker.wake();
        }
    }
    fn more(&mut self, _: &mut Lines, out: &mut BytesMut) -> bool {
        let mut outbox = self.outbox.lock().unwrap();
        out.extend_from_slice(&outbox);
        let said = !outbox.is_empty();
        outbox.clear();
        said
    }
}

impl Party<Lines> for Member {
    fn stopping(&mut self, _: &mut Lines, out: &mut BytesMut) {
        out.extend_from_slice(b"goodbye\n");
    }
    fn ended(&mut self, _: &mut Lines, _: &Ended<super::toy::Fault>) {
        self.room.ended.fetch_add(1, Ordering::SeqCst);
    }
}

#[test]
fn what_one_says_is_pushed_to_all_and_a_graceful_end_says_goodbye() {
    let room = Arc::new(Room::default());
    each(
        &Options::default(),
        || Hall(Arc::clone(&room)),
        |adapter, running| {
            let before = room.ended.load(Ordering::SeqCst);
            let mut peers: Vec<_> = (0..20).map(|_| connect(&running)).collect();
            // On the pool a connection counts before its thread has opened the conversation.
            eventually("all in", || room.members.lock().unwrap().len() == 20);
            peers[7].write_all(b"hello\n").unwrap();
            for peer in &mut peers {
                assert_eq!(line(peer), "hello", "{adapter}");
            }
            // One is in the middle of a line: it is waited for, and then cut off.
            peers[0].write_all(b"again\nunfinished").unwrap();
            // What came in one piece is taken in one piece.
            for peer in &mut peers {
                assert_eq!(line(peer), "again", "{adapter}");
            }
            let start = Instant::now();
            let report = running.stop(Duration::from_millis(400));
            assert!(start.elapsed() >= Duration::from_millis(390), "{adapter} {:?}", start.elapsed());
            assert!(start.elapsed() < Duration::from_secs(10), "{adapter}");
            assert_eq!((report.open, report.cut), (0, 1), "{adapter}");
            for peer in &mut peers {
                assert_eq!(line(peer), "goodbye");
            }
            assert_eq!(room.ended.load(Ordering::SeqCst) - before, 20, "{adapter}");
            room.members.lock().unwrap().clear();
        },
    );
}

#[test]
fn who_comes_when_all_places_are_taken_waits() {
    let options = Options { connections: 2, threads: 2, ..Options::default() };
    each(
        &options,
        || Echo(None),
        |adapter, running| {
            let mut one = connect(&running);
            let mut two = connect(&running);
            let mut three = connect(&running);
            for peer in [&mut one, &mut two, &mut three] {
                peer.write_all(b"hello\n").unwrap();
            }
            assert_eq!(line(&mut one), "hello");
            assert_eq!(line(&mut two), "hello");
            three.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
            assert!(three.read(&mut [0; 1]).is_err(), "{adapter}: there was no place");
            drop(one);
            three.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
            assert_eq!(line(&mut three), "hello", "{adapter}");
        },
    );
}

/// Upgrades to the echo, or lets go.
struct Upgrading {
    release: bool,
}

struct Upgrade {
    release: bool,
}

impl Service for Upgrading {
    fn open(&self, _: Link) -> Box<dyn Conversation> {
        talk(Lines::default(), Upgrade { release: self.release })
    }
}

impl Handler<Lines> for Upgrade {
    fn event(&mut self, _: &mut Lines, _: &[u8], out: &mut BytesMut) {
        out.extend_from_slice(b"ok\n");
    }
}

impl Party<Lines> for Upgrade {
    fn handed_over(&mut self, _: &mut Lines, rest: &[u8]) -> Next {
        assert_eq!(rest, b"first\n");
        if !self.release {
            return Next::Become(talk(Lines::default(), echo));
        }
        Next::Release(Box::new(|mut stream, rest| {
            thread::spawn(move || {
                stream.write_all(&rest).unwrap();
                let mut buffer = [0; 100];
                let read = stream.read(&mut buffer).unwrap();
                stream.write_all(&buffer[..read]).unwrap();
            });
        }))
    }
}

#[test]
fn a_hand_over_begins_with_what_was_left() {
    for release in [false, true] {
        each(
            &Options::default(),
            || Upgrading { release },
            |adapter, running| {
                let mut peer = connect(&running);
                peer.write_all(b"upgrade\nfirst\n").unwrap();
                assert_eq!(line(&mut peer), "ok", "{adapter}");
                assert_eq!(line(&mut peer), "first");
                peer.write_all(b"second\n").unwrap();
                assert_eq!(line(&mut peer), "second");
                peer.shutdown(Shutdown::Write).unwrap();
                assert_eq!(peer.read(&mut [0; 1]).unwrap(), 0);
            },
        );
    }
}

/// A party that speaks by the clock, and one whose handler panics.
struct Timed;

struct Clock(Option<Instant>);

impl Service for Timed {
    fn open(&self, _: Link) -> Box<dyn Conversation> {
        talk(Lines::default(), Clock(None))
    }
}

impl Handler<Lines> for Clock {
    fn event(&mut self, _: &mut Lines, line: &[u8], _: &mut BytesMut) {
        assert_ne!(line, b"panic", "as asked");
        self.0 = Some(Instant::now() + Duration::from_millis(100));
    }
    fn more(&mut self, _: &mut Lines, out: &mut BytesMut) -> bool {
        if self.0.is_none_or(|due| Instant::now() < due) {
            return false;
        }
        self.0 = None;
        out.extend_from_slice(b"tick\n");
        true
    }
}

impl Party<Lines> for Clock {
    fn due(&self) -> Option<Instant> {
        self.0
    }
}

#[test]
fn a_party_speaks_when_its_time_has_come() {
    each(
        &Options::default(),
        || Timed,
        |adapter, running| {
            let mut peer = connect(&running);
            let start = Instant::now();
            peer.write_all(b"later\n").unwrap();
            assert_eq!(line(&mut peer), "tick");
            assert!(start.elapsed() >= Duration::from_millis(99), "{adapter}");
        },
    );
}

#[test]
fn a_panic_ends_its_own_connection_alone() {
    each(
        &Options::default(),
        || Timed,
        |adapter, running| {
            let mut other = connect(&running);
            let mut peer = connect(&running);
            peer.write_all(b"panic\n").unwrap();
            assert!(matches!(peer.read(&mut [0; 1]), Ok(0) | Err(_)), "{adapter}");
            other.write_all(b"later\n").unwrap();
            assert_eq!(line(&mut other), "tick");
            eventually("the count", || running.report().open == 1);
        },
    );
}

#[test]
fn a_quiet_reactor_does_nothing() {
    let running = reactor::start(vec![Port::bind("127.0.0.1:0", Echo(None)).unwrap()], Options::default()).unwrap();
    let peers: Vec<_> = (0..200).map(|_| connect(&running)).collect();
    eventually("all in", || running.report().open == 200);
    let Some(before) = thread_ticks("reactor") else { return };
    // What is tested is how little happens while this time passes.
    thread::sleep(Duration::from_millis(300));
    let Some(after) = thread_ticks("reactor") else { return };
    // The reactors of other tests may run beside this one, and end: a loop that spins would burn all 30 ticks.
    assert!(after.saturating_sub(before) < 25, "{} ticks", after - before);
    drop(peers);
}

/// CPU time of this process's threads of that name, in ticks of 10 ms. `None` where there is no `/proc`.
fn thread_ticks(name: &str) -> Option<u64> {
    let mut ticks = 0;
    for task in std::fs::read_dir("/proc/self/task").ok()? {
        let Ok(stat) = std::fs::read_to_string(task.ok()?.path().join("stat")) else { continue };
        let Some((head, tail)) = stat.split_once(") ") else { continue };
        if head.ends_with(&std::format!("({name}")) {
            let fields: Vec<&str> = tail.split(' ').collect();
            ticks += fields[11].parse::<u64>().ok()? + fields[12].parse::<u64>().ok()?;
        }
    }
    Some(ticks)
}

#[test]
fn errors_of_io_keep_the_engines_own_inside() {
    let error: io::Error = Ended::Failed(super::toy::Fault::TooLong).into();
    assert_eq!(error.kind(), io::ErrorKind::InvalidData);
    assert!(error.get_ref().unwrap().is::<super::toy::Fault>());
}

/// Answers a line with a file, in its own place between two lines.
struct Files(std::path::PathBuf);

struct FileParty {
    path: std::path::PathBuf,
    asked: bool,
    bulk: Option<Bulk>,
}

impl Service for Files {
    fn open(&self, _: Link) -> Box<dyn Conversation> {
        talk(Lines::default(), FileParty { path: self.0.clone(), asked: false, bulk: None })
    }
}

impl Handler<Lines> for FileParty {
    fn event(&mut self, _: &mut Lines, _: &[u8], out: &mut BytesMut) {
        out.extend_from_slice(b"begin\n");
        self.bulk = Some(Bulk::file(std::fs::File::open(&self.path).unwrap(), 3, 20_000_000));
        self.asked = true;
    }
    fn more(&mut self, _: &mut Lines, out: &mut BytesMut) -> bool {
        let done = self.asked && self.bulk.as_ref().is_none_or(|bulk| bulk.left() == 0);
        if done {
            self.asked = false;
            out.extend_from_slice(b"end\n");
        }
        done
    }
}

impl Party<Lines> for FileParty {
    fn bulk(&mut self) -> Option<&mut Bulk> {
        self.bulk.as_mut()
    }
}

#[test]
fn a_file_goes_out_in_its_place() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    let octets: Vec<u8> = (0..20_000_003u32).map(|index| (index * 7 / 5) as u8).collect();
    file.write_all(&octets).unwrap();
    each(
        &Options::default(),
        || Files(file.path().into()),
        |adapter, running| {
            let mut peer = connect(&running);
            peer.write_all(b"one\n").unwrap();
            for _ in 0..2 {
                assert_eq!(line(&mut peer), "begin", "{adapter}");
                let mut heard = vec![0; 20_000_000];
                peer.read_exact(&mut heard).unwrap();
                assert!(heard == octets[3..], "{adapter}");
                assert_eq!(line(&mut peer), "end");
                peer.write_all(b"two\n").unwrap();
            }
        },
    );
}

#[test]
fn a_quiet_connection_costs_little() {
    let options = Options { connections: 4000, ..Options::default() };
    let running = reactor::start(vec![Port::bind("127.0.0.1:0", Echo(None)).unwrap()], options).unwrap();
    let mut peers = Vec::new();
    let mut come = |more: usize| {
        let first = peers.len();
        peers.extend((0..more).map(|_| connect(&running)));
        for peer in &mut peers[first..] {
            peer.write_all(b"hello\n").unwrap();
        }
        for peer in &mut peers[first..] {
            assert_eq!(line(peer), "hello");
        }
        resident()
    };
    // What the thread, its buffers and the first use of everything cost is in the first part.
    let (Some(before), Some(after)) = (come(500), come(2000)) else { return };
    let each = after.saturating_sub(before) / 2000;
    std::println!("{each} octets for each quiet connection, the peers' side and other tests included");
    // Well under what a read buffer alone would be.
    assert!(each < 4096, "{each}");
}

/// Resident octets of this process.
fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    Some(line.split_whitespace().nth(1)?.parse::<u64>().ok()? << 10)
}
