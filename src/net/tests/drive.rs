//! One conversation on this thread.

use super::toy::{Fault, Lines, echo};
use crate::engine::{Engine, Handler, Status};
use crate::net::{Blocking, Driver, Ended, Limits, Party, Transport, drive, tcp};
use bytes::BytesMut;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::string::String;
use std::thread;
use std::time::{Duration, Instant};
use std::vec;
use std::vec::Vec;

/// A script: what is read, and what was written.
struct Script {
    read: Vec<Vec<u8>>,
    written: Vec<u8>,
}

impl Script {
    fn new(pieces: &[&str]) -> Self {
        Self { read: pieces.iter().rev().map(|piece| piece.as_bytes().to_vec()).collect(), written: Vec::new() }
    }
}

impl Read for Script {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Some(piece) = self.read.pop() else { return Ok(0) };
        buffer[..piece.len()].copy_from_slice(&piece);
        Ok(piece.len())
    }
}

impl Write for Script {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // Short writes are normal.
        let some = bytes.len().min(3);
        self.written.extend_from_slice(&bytes[..some]);
        Ok(some)
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn run(pieces: &[&str]) -> (Result<Vec<u8>, Ended<Fault>>, String) {
    let mut script = Blocking(Script::new(pieces));
    let mut party = |engine: &mut Lines, line: &[u8], out: &mut BytesMut| echo(engine, line, out);
    let result = drive(&mut Lines::default(), &mut script, &mut party).map(|rest| rest.to_vec());
    (result, String::from_utf8(script.0.written).unwrap())
}

#[test]
fn any_stream_will_do() {
    for pieces in [vec!["one\ntwo\n"], vec!["o", "ne", "\ntw", "o\n"]] {
        let (result, written) = run(&pieces);
        assert_eq!(result.unwrap(), b"");
        assert_eq!(written, "one\ntwo\n");
    }
}

#[test]
fn the_reply_to_an_error_is_written_before_the_error_is_told() {
    let (result, written) = run(&["one\nhalf"]);
    assert!(matches!(result, Err(Ended::Failed(Fault::Truncated))));
    assert_eq!(written, "one\nbad\n");
}

#[test]
fn a_hand_over_gives_the_rest_back() {
    let (result, written) = run(&["upgrade\nnew ", "never read"]);
    assert_eq!(result.unwrap(), b"new ");
    assert_eq!(written, "upgrade\n");
}

#[test]
fn an_answer_that_nobody_can_give_is_told_at_once() {
    let (result, _) = run(&["wait\n"]);
    assert!(matches!(result, Err(Ended::Unanswered)));
}

fn pair() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let one = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (other, _) = listener.accept().unwrap();
    (one, other)
}

/// The same test over our stream and over the standard one in blocking mode.
fn both(test: impl Fn(&mut dyn Transport, &mut TcpStream)) {
    let (ours, mut theirs) = pair();
    test(&mut tcp::Stream::from_std(ours).unwrap(), &mut theirs);
    let (mut ours, mut theirs) = pair();
    test(&mut ours, &mut theirs);
}

#[test]
fn a_deadline_is_kept_although_octets_drip() {
    both(|ours, theirs| {
        let mut dripper = theirs.try_clone().unwrap();
        let drips = thread::spawn(move || {
            // Far longer than the deadline: drips that kept it away would be seen.
            for _ in 0..200 {
                if dripper.write_all(b"x").is_err() {
                    return;
                }
                // An octet now and then, each long before the deadline: this pace is what is tested.
                thread::sleep(Duration::from_millis(25));
            }
        });
        let start = Instant::now();
        let result = drive(&mut Lines::within(Duration::from_millis(300)), ours, &mut echo);
        assert!(matches!(result, Err(Ended::Failed(Fault::TimedOut))), "{result:?}");
        let took = start.elapsed();
        assert!(took >= Duration::from_millis(295) && took < Duration::from_secs(4), "{took:?}");
        theirs.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        let mut reply = [0; 4];
        theirs.read_exact(&mut reply).unwrap();
        assert_eq!(&reply, b"bad\n");
        theirs.shutdown(Shutdown::Both).unwrap();
        drips.join().unwrap();
    });
}

#[test]
fn a_peer_that_shut_its_sending_side_gets_everything() {
    both(|ours, theirs| {
        let mut sent = Vec::new();
        for line in 0..50_000 {
            writeln!(sent, "{line}").unwrap();
        }
        let mut writer = theirs.try_clone().unwrap();
        let to_send = sent.clone();
        let writing = thread::spawn(move || {
            writer.write_all(&to_send).unwrap();
            writer.shutdown(Shutdown::Write).unwrap();
        });
        let mut reader = theirs.try_clone().unwrap();
        let reading = thread::spawn(move || {
            let mut heard = Vec::new();
            reader.read_to_end(&mut heard).unwrap();
            heard
        });
        drive(&mut Lines::default(), &mut *ours, &mut echo).unwrap();
        ours.finish().unwrap();
        writing.join().unwrap();
        assert_eq!(reading.join().unwrap(), sent);
    });
}

/// Says some lines, shuts its side, and counts what comes back.
struct Sender {
    left: usize,
    heard: usize,
}

impl Handler<Lines> for Sender {
    fn event(&mut self, _: &mut Lines, _: &[u8], _: &mut BytesMut) {
        self.heard += 1;
    }
    fn more(&mut self, _: &mut Lines, out: &mut BytesMut) -> bool {
        if self.left == 0 {
            return false;
        }
        self.left -= 1;
        out.extend_from_slice(b"a line of some length, so that it is not over too soon\n");
        true
    }
}

impl Party<Lines> for Sender {
    fn finished(&self, _: &Lines) -> bool {
        self.left == 0
    }
}

#[test]
fn our_side_is_shut_while_we_still_read() {
    both(|ours, theirs| {
        let mut other = theirs.try_clone().unwrap();
        let collecting = thread::spawn(move || {
            // Nothing is answered before the end has come: only a shut side lets this go on.
            let mut heard = Vec::new();
            other.read_to_end(&mut heard).unwrap();
            other.write_all(&heard).unwrap();
            other.shutdown(Shutdown::Write).unwrap();
        });
        let mut sender = Sender { left: 20_000, heard: 0 };
        drive(&mut Lines::default(), ours, &mut sender).unwrap();
        assert_eq!(sender.heard, 20_000);
        collecting.join().unwrap();
    });
}

#[test]
fn both_directions_move_at_once() {
    // The peer sends more than the system buffers, and reads nothing before all of it is sent; so do we.
    let (ours, mut theirs) = pair();
    let peer = thread::spawn(move || {
        let lines = b"from the other side\n".repeat(1 << 20);
        theirs.write_all(&lines).unwrap();
        let mut heard = Vec::new();
        theirs.shutdown(Shutdown::Write).unwrap();
        theirs.read_to_end(&mut heard).unwrap();
        heard.len()
    });
    let mut sender = Sender { left: 400_000, heard: 0 };
    let mut stream = tcp::Stream::from_std(ours).unwrap();
    let mut engine = Lines::default();
    drive(&mut engine, &mut stream, &mut sender).unwrap();
    drop(stream);
    assert_eq!(sender.heard, 1 << 20);
    let said = 400_000 - sender.left;
    assert!(peer.join().unwrap() <= said * 55);
}

#[test]
fn a_peer_that_does_not_read_is_dropped() {
    let (ours, theirs) = pair();
    let limits = Limits { stall: Duration::from_millis(200), ..Limits::default() };
    let stream = tcp::Stream::from_std(ours).unwrap();
    let mut driver = Driver::new(Lines::default(), stream).with(limits);
    let mut sender = Sender { left: usize::MAX, heard: 0 };
    let start = Instant::now();
    let result = driver.run(&mut sender);
    assert!(matches!(result, Err(Ended::Stalled)), "{result:?}");
    assert!(start.elapsed() < Duration::from_secs(5));
    drop(theirs);
}

#[test]
fn a_client_goes_on_a_step_at_a_time() {
    let (ours, theirs) = pair();
    let server = thread::spawn(move || {
        let mut party = |engine: &mut Lines, line: &[u8], out: &mut BytesMut| echo(engine, line, out);
        drive(&mut Lines::default(), theirs, &mut party).unwrap();
    });
    let mut driver = Driver::new(Lines::default(), tcp::Stream::from_std(ours).unwrap());
    for text in ["one", "two"] {
        driver.say(|_, out| out.extend_from_slice(std::format!("{text}\n").as_bytes()));
        assert_eq!(driver.until(|_, line, _| Some(line.to_vec())).unwrap(), text.as_bytes());
    }
    // Two at once: the second event waits for its turn.
    driver.say(|_, out| out.extend_from_slice(b"three\nfour\n"));
    assert_eq!(driver.until(|_, line, _| Some(line.to_vec())).unwrap(), b"three");
    assert_eq!(driver.until(|_, line, _| Some(line.to_vec())).unwrap(), b"four");
    driver.deadline(Some(Instant::now() + Duration::from_millis(50)));
    assert!(matches!(driver.until(|_, _, _| Some(())), Err(Ended::Late)));
    driver.deadline(None);
    driver.finish().unwrap();
    assert!(matches!(driver.until(|_, _, _| Some(())), Err(Ended::Closed)));
    assert_eq!(driver.engine().status(), Status::Closed);
    server.join().unwrap();
}

/// Answers when it is told what.
struct Late(std::sync::mpsc::Receiver<&'static str>);
impl Handler<Lines> for Late {
    fn event(&mut self, _: &mut Lines, _: &[u8], _: &mut BytesMut) {}
    fn more(&mut self, engine: &mut Lines, out: &mut BytesMut) -> bool {
        let Ok(text) = self.0.try_recv() else { return false };
        engine.answer(text.as_bytes(), out);
        true
    }
}
impl Party<Lines> for Late {}

#[test]
fn a_party_is_woken_from_another_thread() {
    let (ours, mut theirs) = pair();
    let stream = tcp::Stream::from_std(ours).unwrap();
    let waker = stream.waker();
    let (tell, told) = std::sync::mpsc::channel::<&'static str>();
    let driving = thread::spawn(move || {
        drive(&mut Lines::default(), stream, &mut Late(told)).unwrap();
    });
    theirs.write_all(b"wait\nquit\n").unwrap();
    theirs.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
    assert!(theirs.read(&mut [0; 8]).is_err(), "nothing was to be said yet");
    tell.send("now\n").unwrap();
    waker.wake();
    theirs.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    let mut heard = String::new();
    theirs.read_to_string(&mut heard).unwrap();
    assert_eq!(heard, "now\n");
    driving.join().unwrap();
}

/// A host with two addresses.
struct Two([std::net::SocketAddr; 2]);
impl std::net::ToSocketAddrs for Two {
    type Iter = std::array::IntoIter<std::net::SocketAddr, 2>;
    fn to_socket_addrs(&self) -> io::Result<Self::Iter> {
        Ok(self.0.into_iter())
    }
}

#[test]
fn every_address_is_tried() {
    let live = TcpListener::bind("127.0.0.1:0").unwrap();
    // A port that was free a moment ago refuses at once.
    let dead = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let stream = tcp::connect(Two([dead, live.local_addr().unwrap()]), Duration::from_secs(5)).unwrap();
    assert_eq!(stream.peer_addr().unwrap(), live.local_addr().unwrap());
    let error = tcp::connect(Two([dead, dead]), Duration::from_secs(5)).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
    drop(live);
}

#[test]
fn connections_come_from_the_address_that_was_asked_for() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let there = listener.local_addr().unwrap();
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let six: std::net::SocketAddr = "[::1]:9".parse().unwrap();
    // An address of the other family is no reason to fail.
    let stream = tcp::connect_from(free, std::vec![six, there], Duration::from_secs(5)).unwrap();
    assert_eq!((stream.local_addr().unwrap(), listener.accept().unwrap().1), (free, free));
    let kind = |local: &str, to: std::net::SocketAddr| {
        tcp::connect_from(local.parse().unwrap(), std::vec![to], Duration::from_secs(5)).unwrap_err().kind()
    };
    assert_eq!(kind("127.0.0.1:0", six), io::ErrorKind::AddrNotAvailable, "nothing of the family");
    assert_eq!(kind("192.0.2.1:0", there), io::ErrorKind::AddrNotAvailable, "not ours (RFC 5737)");
    assert_eq!(kind("127.0.0.1:0", free), io::ErrorKind::ConnectionRefused, "as without");
}
