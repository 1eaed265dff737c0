//! A room over sockets: our hall on the reactor beside a tokio room with a broadcast channel, each serving on one thread
//! of its own, with the same clients on the same cores in turns.
//!
//! The unit is one line heard by one listener. Each case is told twice: in wall-clock time, from the first line sent to
//! the last one taken, which is what a listener notices and what other work on the machine disturbs; and in the CPU time
//! of the server's own threads, which is what the server costs.
//!
//! Where one member says one line, either side makes one system call for each listener, and that is the whole cost. Where
//! several speak at once, ours writes what has come together at once.

use crate::measure::Bench;
use bytes::Bytes;
use plainwire::chat::Limits;
use plainwire::net::chat::Hall;
use plainwire::net::reactor;
use plainwire::net::server::{Options, Port, Running};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream as TokioStream};
use tokio::sync::broadcast;

/// Medians over so many turns of either side.
const TURNS: usize = 7;
/// A turn is about this many lines heard.
const HEARD: usize = 200_000;

/// How many listen, how many of them speak in a round, and how many lines each says in one write.
const CASES: [(usize, usize, usize); 3] = [(1000, 1, 1), (100, 10, 4), (1000, 10, 4)];

pub fn run(bench: &mut Bench) {
    for (listeners, speakers, lines) in CASES {
        let case = format!("sockets, {listeners} listen, {speakers} say {lines}");
        for threads in [1, 2] {
            let peer = if threads == 1 { "tokio broadcast" } else { "tokio broadcast, 2 threads" };
            if !bench.wants(&case, peer) {
                continue;
            }
            let (running, ours) = serve(listeners);
            let theirs = serve_tokio(threads);
            let mut ours = Crowd::join(ours, listeners, speakers, lines);
            let mut theirs = Crowd::join(theirs, listeners, speakers, lines);
            let rounds = (HEARD / (listeners * speakers * lines)).max(1);
            let (mut wall, mut cpu) = ([Vec::new(), Vec::new()], [Vec::new(), Vec::new()]);
            // The first turn warms up.
            for turn in 0..=TURNS {
                for (side, (crowd, name)) in [(&mut ours, "reactor"), (&mut theirs, TOKIO)].into_iter().enumerate() {
                    let before = cpu_time(name);
                    let took = crowd.turn(rounds);
                    let spent = cpu_time(name).zip(before).map(|(after, before)| after - before);
                    if turn > 0 {
                        wall[side].push(took);
                        cpu[side].extend(spent.map(|spent| spent as f64 / crowd.heard(rounds)));
                    }
                }
            }
            let median = |values: &mut Vec<f64>| {
                values.sort_by(f64::total_cmp);
                values.get(values.len() / 2).copied()
            };
            for (called, [ours, theirs]) in [("wall", &mut wall), ("CPU", &mut cpu)] {
                if let (Some(ours), Some(theirs)) = (median(ours), median(theirs)) {
                    bench.row(&format!("{case}, {called}"), peer, ours, theirs, 0.0);
                }
            }
            drop((ours, theirs));
            running.stop(Duration::from_secs(5));
        }
    }
}

fn serve(listeners: usize) -> (Running, SocketAddr) {
    let limits = Limits { members: listeners, burst: u32::MAX / 1000, waiting: 64 << 20, ..Limits::default() };
    let port = Port::bind("127.0.0.1:0", Hall::new(limits)).expect("a port");
    let running = reactor::start(vec![port], Options::default()).expect("a reactor");
    let address = running.addresses()[0];
    (running, address)
}

/// The room of the tutorials: a task for each member, which writes what the channel brings and sends what the member
/// says. Lines are encoded once and shared. It ends with the process.
fn serve_tokio(threads: usize) -> SocketAddr {
    let (tell, told) = std::sync::mpsc::channel();
    std::thread::Builder::new()
        .name(TOKIO.into())
        .spawn(move || {
            let runtime = if threads == 1 {
                tokio::runtime::Builder::new_current_thread().enable_io().build()
            } else {
                tokio::runtime::Builder::new_multi_thread()
                    .worker_threads(threads)
                    .thread_name(TOKIO)
                    .enable_io()
                    .build()
            };
            runtime.expect("a runtime").block_on(async move {
                let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
                tell.send(listener.local_addr().expect("an address")).expect("somebody asked");
                let (room, _) = broadcast::channel(65_536);
                for number in 0.. {
                    let (stream, _) = listener.accept().await.expect("a member");
                    tokio::spawn(member(stream, room.clone(), number));
                }
            });
        })
        .expect("a thread");
    told.recv().expect("the address")
}

async fn member(mut stream: TokioStream, room: broadcast::Sender<(usize, Bytes)>, number: usize) {
    stream.set_nodelay(true).expect("a socket");
    let mut hears = room.subscribe();
    let (read, mut write) = stream.split();
    let mut read = BufReader::new(read);
    write.write_all(b"-- welcome\r\n").await.expect("a member");
    let mut line = String::new();
    loop {
        tokio::select! {
            said = read.read_line(&mut line) => {
                if !matches!(said, Ok(length) if length > 0) {
                    return;
                }
                let text = format!("<m{number}> {}\r\n", line.trim_end());
                line.clear();
                // Nobody may be left to hear it.
                let _nobody = room.send((number, text.into()));
            }
            heard = hears.recv() => {
                let Ok((from, text)) = heard else { return };
                // As ours: nobody hears itself.
                if from != number && write.write_all(&text).await.is_err() {
                    return;
                }
            }
        }
    }
}

/// The clients.
struct Crowd {
    members: Vec<TcpStream>,
    speakers: usize,
    lines: usize,
    said: String,
    /// Octets that each member hears in a round.
    shares: Vec<usize>,
    buffer: Vec<u8>,
}

impl Crowd {
    fn join(address: SocketAddr, listeners: usize, speakers: usize, lines: usize) -> Self {
        let line = format!("{}\n", "x".repeat(59));
        let mut members: Vec<TcpStream> = Vec::new();
        for _ in 0..listeners {
            let mut stream = TcpStream::connect(address).expect("the server");
            stream.set_nodelay(true).expect("a socket");
            stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a socket");
            // The welcome: it is in the room.
            let mut first = [0; 1];
            stream.read_exact(&mut first).expect("a welcome");
            members.push(stream);
        }
        let shares = Vec::new();
        let mut crowd = Self { members, speakers, lines, said: line.repeat(lines), shares, buffer: vec![0; 1 << 20] };
        crowd.settle();
        crowd
    }

    /// Takes what was said while the others came in, and learns how long the speakers' lines are when heard.
    fn settle(&mut self) {
        let quiet = Some(Duration::from_millis(200));
        for member in &self.members {
            member.set_read_timeout(quiet).expect("a socket");
        }
        self.members[0].write_all(b"y\n").expect("the server");
        for index in 0..self.members.len() {
            let mut tail = Vec::new();
            // The speaker hears nothing of its own: it is silent after what came before.
            while index == 0 || !tail.ends_with(b"> y\r\n") {
                match self.members[index].read(&mut self.buffer) {
                    Ok(read) => tail.extend_from_slice(&self.buffer[..read]),
                    Err(_) if index == 0 => break,
                    Err(_) => {}
                }
            }
        }
        // Names differ in length, and nobody hears itself: a first round tells what each hears.
        for speaker in 0..self.speakers {
            self.members[speaker].write_all(self.said.as_bytes()).expect("the server");
        }
        for (index, member) in self.members.iter().enumerate() {
            let speakers = self.speakers - usize::from(index < self.speakers);
            let (mut lines, mut octets) = (0, 0);
            while lines < speakers * self.lines {
                if let Ok(read) = (&mut &*member).read(&mut self.buffer) {
                    lines += self.buffer[..read].iter().filter(|octet| **octet == b'\n').count();
                    octets += read;
                }
            }
            member.set_read_timeout(Some(Duration::from_secs(30))).expect("a socket");
            self.shares.push(octets);
        }
    }

    /// So many rounds, in nanoseconds for each line heard by each listener.
    fn turn(&mut self, rounds: usize) -> f64 {
        let start = Instant::now();
        for _ in 0..rounds {
            for speaker in 0..self.speakers {
                self.members[speaker].write_all(self.said.as_bytes()).expect("the server");
            }
            // The last first: servers write in some order, and a client that waits for each would be woken for each.
            for (member, share) in self.members.iter().zip(&self.shares).rev() {
                take(member, *share, &mut self.buffer);
            }
        }
        start.elapsed().as_nanos() as f64 / self.heard(rounds)
    }

    /// Lines heard in so many rounds, by all listeners together.
    fn heard(&self, rounds: usize) -> f64 {
        (rounds * (self.members.len() * self.speakers - self.speakers) * self.lines) as f64
    }
}

/// The name of the peer's threads.
const TOKIO: &str = "tokio-room";

/// What the threads of that name have spent, in nanoseconds. `None` where there is no `/proc`.
fn cpu_time(name: &str) -> Option<u64> {
    let mut spent = 0;
    for task in std::fs::read_dir("/proc/self/task").ok()? {
        let task = task.ok()?.path();
        let Ok(called) = std::fs::read_to_string(task.join("comm")) else { continue };
        if called.trim_end() == name {
            let stat = std::fs::read_to_string(task.join("schedstat")).ok()?;
            spent += stat.split(' ').next()?.parse::<u64>().ok()?;
        }
    }
    Some(spent)
}

/// Reads so many octets.
fn take(member: &TcpStream, octets: usize, buffer: &mut [u8]) {
    let mut left = octets;
    while left > 0 {
        let read = (&mut &*member).read(buffer).expect("what was said");
        assert!(read > 0 && read <= left, "the server let go, or said more than it should");
        left -= read;
    }
}
