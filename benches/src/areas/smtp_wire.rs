//! SMTP over sockets, on loopback: servers under Postfix's smtp-source (`-s 4 -l 4096`), all of them discarding; and our
//! mailer beside smtp-source into Postfix's smtp-sink. Nanoseconds of wall clock for a message, medians of runs that
//! take turns. Needs Debian's postfix; aiosmtpd is taken from `PLAINWIRE_PEERS/venv`, if it is there.

use crate::measure::Bench;
use plainwire::net::server::{Options, Port, Running};
use plainwire::net::smtp::Mailer;
use plainwire::net::smtp::serve::{Client, Decision, Envelope, Handler, Intake, Serve, Verdict};
use plainwire::net::{pool, reactor};
use plainwire::smtp::Answer;
use plainwire::smtp::client;
use plainwire::smtp::server::{Config, Message};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

const ROUNDS: usize = 7;
const MESSAGES: u32 = 2000;
const SESSIONS: u32 = 4;
const OCTETS: usize = 4096;

/// Takes everything and keeps nothing.
struct Discard;

impl Handler for Discard {
    fn message(&self, _: &Client, _: &Envelope) -> Result<Box<dyn Intake>, Answer> {
        Ok(Box::new(Nothing))
    }
}

struct Nothing;

impl Intake for Nothing {
    fn data(&mut self, _: &[u8]) -> Decision {
        Ok(())
    }
    fn end(self: Box<Self>, _: &Message, verdict: Verdict) {
        verdict.accept();
    }
}

/// A program that is ended with the area.
struct Peer(Child, u16);

impl Peer {
    fn start(command: &mut Command, port: u16) -> Option<Self> {
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().ok()?;
        let mut peer = Self(child, port);
        let due = Instant::now() + Duration::from_secs(20);
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            if peer.0.try_wait().ok()?.is_some() || Instant::now() > due {
                return None;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Some(peer)
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _gone = self.0.kill();
        let _reaped = self.0.wait();
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port").port()
}

fn sink() -> Option<Peer> {
    let port = free_port();
    let mut command = Command::new("/usr/sbin/smtp-sink");
    // As root it wants to be somebody else.
    command.args(["-u", "nobody", &format!("127.0.0.1:{port}"), "256"]);
    Peer::start(&mut command, port)
}

fn aiosmtpd() -> Option<Peer> {
    let root = std::env::var("PLAINWIRE_PEERS").unwrap_or_else(|_| "/var/tmp/plainwire-peers".into());
    let port = free_port();
    let mut command = Command::new(format!("{root}/venv/bin/aiosmtpd"));
    command.args(["-n", "-c", "aiosmtpd.handlers.Sink", "-l", &format!("127.0.0.1:{port}")]);
    Peer::start(&mut command, port)
}

/// What smtp-source takes for a message, in nanoseconds. With `kept`, all messages of a session go over one connection.
fn source(port: u16, messages: u32, kept: bool) -> f64 {
    let mut command = Command::new("/usr/sbin/smtp-source");
    if kept {
        command.arg("-d");
    }
    command.args(["-s", &SESSIONS.to_string(), "-l", &OCTETS.to_string(), "-m", &messages.to_string()]);
    command.args(["-f", "a@x.test", "-t", "u@test", &format!("127.0.0.1:{port}")]);
    let begun = Instant::now();
    let status = command.stdin(Stdio::null()).status().expect("smtp-source is there");
    assert!(status.success(), "smtp-source failed");
    begun.elapsed().as_nanos() as f64 / f64::from(messages)
}

/// The same by our mailer.
fn mailer(port: u16, messages: u32, kept: bool) -> f64 {
    let url = format!("smtp://127.0.0.1:{port}");
    let mailer = Mailer::new(&url).expect("a place").name("bench.test".parse().expect("a name"));
    let mailer = mailer.keep(if kept { SESSIONS as usize } else { 0 }, Duration::from_secs(60));
    let from = "a@x.test".parse().ok();
    let envelope = client::Envelope::new(from, ["u@test".parse().expect("an address")]);
    // As smtp-source has them: lines of 80 octets.
    let message =
        [b"Subject: bench\r\n\r\n".to_vec(), [vec![b'X'; 78], b"\r\n".to_vec()].concat().repeat(OCTETS / 80)].concat();
    let left = AtomicU32::new(messages);
    let begun = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..SESSIONS {
            scope.spawn(|| {
                while left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok() {
                    mailer.send_octets(&envelope, &message).expect("the sink takes it");
                }
            });
        }
    });
    begun.elapsed().as_nanos() as f64 / f64::from(messages)
}

fn ours(on_reactor: bool) -> Running {
    let service = Serve::new(Discard, Config::new("bench.test".parse().expect("a name")));
    let port = Port::bind("127.0.0.1:0", service).expect("a port");
    let start = if on_reactor { reactor::start } else { pool::start };
    start(vec![port], Options::default()).expect("a server")
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Two measurements in turn.
fn in_turn(mut ours: impl FnMut() -> f64, mut theirs: impl FnMut() -> f64) -> (f64, f64) {
    let _warm = (ours(), theirs());
    let (a, b): (Vec<_>, Vec<_>) = (0..ROUNDS).map(|_| (ours(), theirs())).unzip();
    (median(a), median(b))
}

pub fn run(bench: &mut Bench) {
    let Some(sink) = sink() else {
        eprintln!("SKIPPED smtp-wire: no smtp-sink (Debian: postfix), or it does not start as this user");
        return;
    };
    let aiosmtpd = aiosmtpd();
    if aiosmtpd.is_none() {
        eprintln!("SKIPPED smtp-wire: no aiosmtpd in PLAINWIRE_PEERS/venv");
    }
    for on_reactor in [true, false] {
        let running = ours(on_reactor);
        let port = running.addresses()[0].port();
        let name = if on_reactor { "reactor" } else { "pool" };
        for kept in [true, false] {
            let case = format!("receive, {name}, {}", if kept { "kept" } else { "anew" });
            if bench.wants(&case, "smtp-sink") {
                let (a, b) = in_turn(|| source(port, MESSAGES, kept), || source(sink.1, MESSAGES, kept));
                bench.row(&case, "smtp-sink", a, b, 0.0);
            }
            if let Some(peer) = aiosmtpd.as_ref().filter(|_| bench.wants(&case, "aiosmtpd")) {
                let (a, b) = in_turn(|| source(port, MESSAGES, kept), || source(peer.1, MESSAGES / 10, kept));
                bench.row(&case, "aiosmtpd", a, b, 0.0);
            }
        }
        running.stop(Duration::from_secs(1));
    }
    for kept in [true, false] {
        let case = format!("send, {}", if kept { "kept" } else { "anew" });
        if bench.wants(&case, "smtp-source") {
            let (a, b) = in_turn(|| mailer(sink.1, MESSAGES, kept), || source(sink.1, MESSAGES, kept));
            bench.row(&case, "smtp-source", a, b, 0.0);
        }
    }
}
