//! A thousand members, a hundred lines each, on both adapters, and one of them who never reads.
//!
//! Every line arrives once, in its sender's order; the silent one is dropped; memory stays bounded.
#![cfg(all(feature = "net", feature = "chat"))]
#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "sockets, threads and a clock are what is tested"
)]

use bytes::BytesMut;
use plainwire::chat::Limits;
use plainwire::engine::{Patience, Status};
use plainwire::net::chat::Hall;
use plainwire::net::server::{Options, Port, Running};
use plainwire::net::{Bulk, Conversation, Ended, Link, Next, Service, pool, reactor};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Mutex;
use std::sync::mpsc::{Sender, channel};
use std::time::{Duration, Instant};

/// What everyone but the silent one does: says its lines, a few at a time, and counts what it hears of every other.
const MEMBERS: usize = 1000;
/// How many lines each says where the test is part of every run: unoptimised, taking lines apart is most of the work.
const FEW: usize = 2;
/// And where it is asked for: `cargo test --release --features net --test net_chat -- --ignored`.
const MANY: usize = 100;
/// The clients share these threads.
const THREADS: usize = 4;
/// How long a line of the loud is, of which it says a few to fill what the system buffers for the silent one.
const LOUD: usize = 4000;
/// A generous bound for the whole: seconds, or minutes for the many, on an idle machine.
const LIMIT: Duration = Duration::from_secs(600);

/// The two tests measure the process's memory: one at a time.
static ALONE: Mutex<()> = Mutex::new(());

struct Member {
    stream: TcpStream,
    /// What is not a whole line yet.
    rest: Vec<u8>,
    /// By speaker: the number of the next line.
    heard: Vec<u8>,
    lines: usize,
    loud: usize,
}

impl Member {
    fn join(address: SocketAddr, number: usize) -> Self {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        stream.write_all(format!("/nick m{number}\n").as_bytes()).unwrap();
        let mut member = Self { stream, rest: Vec::new(), heard: vec![0; MEMBERS], lines: 0, loud: 0 };
        member.await_line(format!("-- you are now m{number}\r\n").as_bytes());
        member
    }

    /// Reads up to this line, which nobody says; what stands before it is nothing that is counted.
    fn await_line(&mut self, line: &[u8]) {
        let mut buffer = [0; 4096];
        loop {
            if let Some(at) = memchr::memmem::find(&self.rest, line) {
                self.rest.drain(..at + line.len());
                return;
            }
            let read = self.stream.read(&mut buffer).unwrap();
            assert!(read > 0, "the server let go: {:?}", String::from_utf8_lossy(&self.rest));
            self.rest.extend_from_slice(&buffer[..read]);
        }
    }

    /// Reads until it has heard so many lines of others, and so many loud ones.
    fn hear(&mut self, lines: usize, loud: usize, buffer: &mut [u8]) {
        while self.lines < lines || self.loud < loud {
            let read = self.stream.read(buffer).unwrap();
            assert!(read > 0, "the server let go: {:?}", String::from_utf8_lossy(&self.rest));
            self.rest.extend_from_slice(&buffer[..read]);
            let mut start = 0;
            while let Some(end) = memchr::memchr(b'\n', &self.rest[start..]) {
                let line = &self.rest[start..start + end];
                start += end + 1;
                let Some(said) = line.strip_prefix(b"<m") else { continue };
                if line.len() > LOUD {
                    self.loud += 1;
                    continue;
                }
                let text = std::str::from_utf8(said).unwrap().trim_end();
                let (speaker, text) = text.split_once("> line ").unwrap();
                let speaker: usize = speaker.parse().unwrap();
                let number: u8 = text.split(' ').next().unwrap().parse().unwrap();
                assert_eq!(number, self.heard[speaker], "out of order, lost or twice, from {speaker}");
                self.heard[speaker] += 1;
                self.lines += 1;
            }
            self.rest.drain(..start);
        }
    }
}

/// A member who never reads, and whose system buffers little for it.
fn silent(address: SocketAddr) -> socket2::Socket {
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    socket.connect(&address.into()).unwrap();
    socket
}

/// The hall, and a word for each connection that has ended.
struct Watched {
    hall: Hall,
    ended: Sender<SocketAddr>,
}

impl Service for Watched {
    fn open(&self, link: Link) -> Box<dyn Conversation> {
        Box::new(Watching { peer: link.peer(), talk: self.hall.open(link), ended: self.ended.clone() })
    }
}

struct Watching {
    peer: SocketAddr,
    talk: Box<dyn Conversation>,
    ended: Sender<SocketAddr>,
}

impl Conversation for Watching {
    fn turn(&mut self, input: &mut &[u8], out: &mut BytesMut, high: usize) -> Result<bool, plainwire::net::Fault> {
        self.talk.turn(input, out, high)
    }
    fn eof(&mut self) {
        self.talk.eof();
    }
    fn expire(&mut self) {
        self.talk.expire();
    }
    fn status(&self) -> Status {
        self.talk.status()
    }
    fn patience(&self) -> Patience {
        self.talk.patience()
    }
    fn window(&self) -> usize {
        self.talk.window()
    }
    fn due(&self) -> Option<Instant> {
        self.talk.due()
    }
    fn bulk(&mut self) -> Option<&mut Bulk> {
        self.talk.bulk()
    }
    fn finished(&self) -> bool {
        self.talk.finished()
    }
    fn stopping(&mut self, out: &mut BytesMut) {
        self.talk.stopping(out);
    }
    fn handed_over(&mut self, rest: &[u8]) -> Next {
        self.talk.handed_over(rest)
    }
    #[cfg(feature = "tls")]
    fn secured(&mut self, session: &plainwire::net::tls::Session, out: &mut BytesMut) {
        self.talk.secured(session, out);
    }
    fn ended(&mut self, how: Ended<plainwire::net::Fault>) {
        self.talk.ended(how);
        // Nobody asks any more once the test is over.
        self.ended.send(self.peer).unwrap_or_default();
    }
}

/// A listener whose connections buffer less than the megabytes that loopback is given: partial writes come often.
fn listener() -> std::net::TcpListener {
    let listener = plainwire::net::tcp::listen("127.0.0.1:0").unwrap();
    socket2::SockRef::from(&listener).set_send_buffer_size(64 << 10).unwrap();
    listener
}

/// Resident octets of this process; `None` where there is no `/proc`.
fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    Some(line.split_whitespace().nth(1)?.parse::<u64>().ok()? << 10)
}

fn crowd(name: &str, each: usize, start: impl FnOnce(Vec<Port>, Options) -> std::io::Result<Running>) {
    let _alone = ALONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let limits = Limits { members: MEMBERS + 1, waiting: 256 << 10, burst: 100_000, ..Limits::default() };
    let hall = Hall::new(limits);
    let mut options = Options::default();
    options.connections = MEMBERS + 8;
    options.limits.stall = Duration::from_secs(2);
    let (tell, ended) = channel();
    let watched = Watched { hall: hall.clone(), ended: tell };
    let running = start(vec![Port::new(listener(), watched)], options).unwrap();
    let address = running.addresses()[0];
    let began = Instant::now();

    let mut members: Vec<Member> = (0..MEMBERS).map(|number| Member::join(address, number)).collect();
    assert_eq!(hall.members(), MEMBERS);
    // What was said while they came in: joins and names. Each member reads it beside the lines below.
    let silent = silent(address);
    members[0].await_line(format!("-- guest-{} joined\r\n", MEMBERS + 1).as_bytes());
    assert_eq!(hall.members(), MEMBERS + 1);
    let before = resident();
    let mut most = 0;
    let mut round = |members: &mut Vec<Member>, say: &(dyn Fn(&mut [Member]) + Sync), lines, loud| {
        say(members);
        std::thread::scope(|scope| {
            for members in members.chunks_mut(MEMBERS.div_ceil(THREADS)) {
                scope.spawn(move || {
                    let mut buffer = vec![0; 64 << 10];
                    for member in members {
                        member.hear(lines, loud, &mut buffer);
                    }
                });
            }
        });
        most = most.max(resident().unwrap_or_default());
        assert!(began.elapsed() < LIMIT, "{name}: too slow");
    };
    println!("{name}: all in at {:?}", began.elapsed());
    for line in 0..each {
        let text = format!("line {line} of what is said\n");
        let say = |members: &mut [Member]| {
            for member in members {
                member.stream.write_all(text.as_bytes()).unwrap();
            }
        };
        round(&mut members, &say, (line + 1) * (MEMBERS - 1), 0);
    }
    // Loud enough to fill every buffer on the silent one's way.
    let mut loud = 0;
    while hall.members() > MEMBERS {
        loud += 16;
        let text = format!("{}\n", "x".repeat(LOUD)).repeat(16);
        let say = |members: &mut [Member]| {
            members[0].stream.write_all(text.as_bytes()).unwrap();
            // Nobody hears itself.
            members[0].loud += 16;
        };
        round(&mut members, &say, each * (MEMBERS - 1), loud);
        assert!(loud < 4000, "{name}: the silent one is never let go of");
    }
    println!("{name}: let go of after {loud} loud lines, at {:?}", began.elapsed());
    for (number, member) in members.iter().enumerate() {
        let expected = (MEMBERS - 1) * each;
        assert_eq!(member.lines, expected, "{name}: member {number}");
        assert_eq!(member.heard[number], 0, "{name}: nobody hears itself");
    }
    // The one who never read is not a member any more, and its connection is closed.
    assert_eq!(hall.members(), MEMBERS, "{name}: the silent one is let go of");
    let gone = ended.recv_timeout(LIMIT).expect("the connection of the silent one is closed");
    assert_eq!(Some(gone), silent.local_addr().unwrap().as_socket(), "{name}: and no other");
    drop(silent);
    // What all hear together is gigabytes; what is held at any time is this much at the most, with the thousand
    // members' own bookkeeping in this process.
    if let Some(before) = before {
        let grown = most.saturating_sub(before);
        println!("{name}: {:?}, {} MiB more than before at the most", began.elapsed(), grown >> 20);
        assert!(grown < 256 << 20, "{name}: {} MiB", grown >> 20);
    }
    assert!(hall.held() < 1 << 20, "{name}: the room holds {}", hall.held());
    let report = running.stop(Duration::from_secs(10));
    assert_eq!((report.open, report.accepted), (0, MEMBERS as u64 + 1), "{name}");
}

#[test]
fn a_thousand_members_on_the_reactor() {
    crowd("reactor", FEW, reactor::start);
}

#[test]
fn a_thousand_members_on_the_pool() {
    crowd("pool", FEW, pool::start);
}

#[test]
#[ignore = "a hundred million lines are heard: minutes, and for an optimised build alone"]
fn a_thousand_members_say_a_hundred_lines_each_on_the_reactor() {
    crowd("reactor", MANY, reactor::start);
}

#[test]
#[ignore = "a hundred million lines are heard: minutes, and for an optimised build alone"]
fn a_thousand_members_say_a_hundred_lines_each_on_the_pool() {
    crowd("pool", MANY, pool::start);
}
