//! POP3 over sockets: our server beside Dovecot's, our client beside Python's poplib, and what opening a large Maildir costs.
//!
//! The unit is one message of 4 kB, in wall-clock time over loopback: from the first `RETR` written to the last dot read, all
//! of them pipelined. The client that asks either server is the same; the server that either client asks is ours. Peers
//! that are not installed are said to be missing.

use crate::measure::Bench;
use plainwire::net::maildir::Maildir;
use plainwire::net::pop3::{Listed, Mail, Mailbox, MaildirDrop, Method, Options, Pop3, Security, Sink};
use plainwire::net::server::{self, Port, Running};
use plainwire::net::{pool, reactor};
use plainwire::pop3::Maildrop;
use plainwire::pop3::server::Config;
use plainwire::sasl::Credentials;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const MESSAGES: usize = 1000;
const TURNS: usize = 7;

pub fn run(bench: &mut Bench) {
    let scratch = std::env::temp_dir().join(format!("pw-bench-pop3-{}", std::process::id()));
    std::fs::create_dir_all(&scratch).expect("a scratch folder");
    servers(bench, &scratch);
    clients(bench, &scratch);
    opening(bench, &scratch);
    std::fs::remove_dir_all(&scratch).expect("it was made");
}

/// 4 kB with lines as mail has them, some of them with a dot in front.
fn message(index: usize) -> Vec<u8> {
    let mut text = format!("From: a@x.test\r\nTo: u@test\r\nSubject: message {index}\r\n\r\n").into_bytes();
    while text.len() < 4096 {
        let line = if text.len() % 7 == 0 {
            ".a line with a dot in front\r\n"
        } else {
            "a line of some sixty characters, as people and programs write\r\n"
        };
        text.extend_from_slice(line.as_bytes());
    }
    text
}

fn fill(path: &Path, messages: usize) {
    for folder in ["tmp", "new", "cur"] {
        std::fs::create_dir_all(path.join(folder)).expect("a folder");
    }
    for index in 0..messages {
        let text = message(index);
        let name = format!("{}.M{index}P1.host,S={}:2,", 1_700_000_000 + index, text.len());
        std::fs::write(path.join("cur").join(name), text).expect("a message");
    }
}

fn serve(path: &Path, on_reactor: bool) -> (Running, SocketAddr) {
    let mut config = Config::new("localhost").expect("a name");
    config.cleartext = true;
    let port = Port::bind("127.0.0.1:0", Pop3::new(config, Mail::for_anybody(path))).expect("a port");
    let start = if on_reactor { reactor::start } else { pool::start };
    let running = start(vec![port], server::Options::default()).expect("a server");
    let address = running.addresses()[0];
    (running, address)
}

/// Dovecot, by its recipe, with the Maildir of its user.
struct Dovecot {
    child: Child,
    address: SocketAddr,
}

impl Dovecot {
    fn start(scratch: &Path) -> Option<Self> {
        let recipe = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/interop/peers/dovecot.sh");
        let port = std::net::TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).ok()?.port();
        let folder = std::env::temp_dir().join(format!("pwd{}", std::process::id()));
        fill(&folder.join("mail/u"), MESSAGES);
        let log = std::fs::File::create(scratch.join("dovecot.log")).ok()?;
        let child = Command::new(recipe)
            .arg(port.to_string())
            .arg(&folder)
            .stdout(log.try_clone().ok()?)
            .stderr(log)
            .stdin(Stdio::null())
            .spawn()
            .ok()?;
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        let mut dovecot = Self { child, address };
        let due = Instant::now() + Duration::from_secs(20);
        while TcpStream::connect(address).is_err() {
            if Instant::now() > due || dovecot.child.try_wait().ok()?.is_some() {
                eprintln!("SKIPPED: Dovecot does not start; see tests/interop/peers/dovecot.sh");
                return None;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Some(dovecot)
    }
}

impl Drop for Dovecot {
    fn drop(&mut self) {
        let ended = Command::new("kill").arg(self.child.id().to_string()).status();
        if ended.is_ok() {
            let _over = self.child.wait();
        }
        let _gone = std::fs::remove_dir_all(std::env::temp_dir().join(format!("pwd{}", std::process::id())));
    }
}

/// Nanoseconds for each message, all retrieved over one pipelined connection.
fn retrieve(address: SocketAddr) -> f64 {
    let mut stream = TcpStream::connect(address).expect("a server");
    stream.set_nodelay(true).expect("an option");
    let mut buffer = vec![0; 1 << 16];
    let mut expect = |stream: &mut TcpStream, lines: usize| {
        let mut seen = 0;
        while seen < lines {
            let count = stream.read(&mut buffer).expect("an answer");
            assert!(count > 0, "the server closed");
            seen += buffer[..count].iter().filter(|octet| **octet == b'\n').count();
        }
    };
    expect(&mut stream, 1);
    stream.write_all(b"USER u\r\n").expect("room");
    expect(&mut stream, 1);
    stream.write_all(b"PASS p\r\n").expect("room");
    expect(&mut stream, 1);
    let commands: String =
        (1..=MESSAGES).map(|number| format!("RETR {number}\r\n")).chain(["QUIT\r\n".to_string()]).collect();
    let mut writer = stream.try_clone().expect("a second handle");
    let start = Instant::now();
    let saying = std::thread::spawn(move || writer.write_all(commands.as_bytes()).expect("room"));
    let mut octets = 0;
    loop {
        match stream.read(&mut buffer).expect("messages") {
            0 => break,
            count => octets += count,
        }
    }
    let took = start.elapsed();
    saying.join().expect("it said all");
    assert!(octets > MESSAGES * 4096, "all came: {octets}");
    took.as_nanos() as f64 / MESSAGES as f64
}

fn servers(bench: &mut Bench, scratch: &Path) {
    let case = "server, RETR of 1,000 x 4 kB, pipelined";
    if !bench.wants(case, "Dovecot") {
        return;
    }
    let path = scratch.join("ours");
    fill(&path, MESSAGES);
    let Some(dovecot) = Dovecot::start(scratch) else { return };
    for (on_reactor, called) in [(false, "threads"), (true, "reactor")] {
        let (running, address) = serve(&path, on_reactor);
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        // The first turn warms up: it measures sizes, and Dovecot writes its index.
        for turn in 0..=TURNS {
            let (a, b) = (retrieve(address), retrieve(dovecot.address));
            if turn > 0 {
                ours.push(a);
                theirs.push(b);
            }
        }
        bench.row(&format!("{case}, {called}"), "Dovecot", median(&mut ours), median(&mut theirs), 0.0);
        running.stop(Duration::from_secs(5));
    }
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

#[derive(Default)]
struct Count(usize);

impl Sink for Count {
    fn begin(&mut self, _: &Listed) -> io::Result<()> {
        Ok(())
    }
    fn piece(&mut self, octets: &[u8]) -> io::Result<()> {
        self.0 += octets.len();
        Ok(())
    }
    fn end(&mut self, _: &Listed) -> io::Result<()> {
        Ok(())
    }
}

const POPLIB: &str = "
import poplib, sys, time
p = poplib.POP3('127.0.0.1', int(sys.argv[1]))
p.user('u'); p.pass_('p')
start = time.perf_counter_ns()
octets = 0
for n in range(1, int(sys.argv[2]) + 1):
    octets += p.retr(n)[2]
print((time.perf_counter_ns() - start) / int(sys.argv[2]))
p.quit()
";

fn clients(bench: &mut Bench, scratch: &Path) {
    let case = "client, RETR of 1,000 x 4 kB";
    if !bench.wants(case, "poplib") {
        return;
    }
    let path = scratch.join("clients");
    fill(&path, MESSAGES);
    let (running, address) = serve(&path, false);
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for turn in 0..=TURNS {
        let mut options = Options::default();
        options.security = Security::Clear;
        let mut mailbox = Mailbox::connect("127.0.0.1", address.port(), &options).expect("a server");
        mailbox.log_in(&Credentials::password("u", "p"), Method::Strongest).expect("anybody may");
        let listed = mailbox.list().expect("a list");
        let mut count = Count::default();
        let start = Instant::now();
        mailbox.retrieve(&listed, None, &mut count).expect("messages");
        let took = start.elapsed().as_nanos() as f64 / MESSAGES as f64;
        mailbox.quit().expect("a goodbye");
        assert!(count.0 >= MESSAGES * 4096);
        let output =
            Command::new("python3").args(["-c", POPLIB, &address.port().to_string(), &MESSAGES.to_string()]).output();
        let Some(peer) = output.ok().and_then(|output| String::from_utf8(output.stdout).ok()?.trim().parse().ok())
        else {
            eprintln!("SKIPPED: no python3 with poplib");
            return;
        };
        if turn > 0 {
            ours.push(took);
            theirs.push(peer);
        }
    }
    bench.row(case, "poplib", median(&mut ours), median(&mut theirs), 0.0);
    running.stop(Duration::from_secs(5));
}

/// Linear where a message of many costs what a message of few does.
fn opening(bench: &mut Bench, scratch: &Path) {
    const FEW: usize = 10_000;
    const MANY: usize = 100_000;
    if !bench.wants("opening", "10,000 messages") {
        return;
    }
    let paths = [MANY, FEW].map(|count| {
        let path = scratch.join(format!("opening-{count}"));
        fill(&path, 0);
        for index in 0..count {
            let name = format!("{}.M{index}P1.host,S=30:2,", 1_700_000_000 + index);
            std::fs::write(path.join("cur").join(name), "Subject: x\r\n\r\na short message\r\n").expect("a message");
        }
        (path, count)
    });
    let open = |(path, count): &(PathBuf, usize)| {
        let start = Instant::now();
        let list = MaildirDrop::open(path).and_then(|mut maildrop| maildrop.list()).expect("a maildrop");
        assert_eq!(list.len(), *count);
        start.elapsed().as_nanos() as f64 / *count as f64
    };
    let [many, few] = paths.each_ref().map(open);
    bench.row("opening 100,000 messages, the first time, each", "10,000 messages", many, few, 0.0);
    let (mut many, mut few) = (Vec::new(), Vec::new());
    for _ in 0..TURNS {
        many.push(open(&paths[0]));
        few.push(open(&paths[1]));
    }
    bench.row(
        "opening 100,000 messages, sizes known, each",
        "10,000 messages",
        median(&mut many),
        median(&mut few),
        0.0,
    );
    assert_eq!(
        Maildir::open(&paths[1].0).and_then(|maildir| maildir.entries()).map(|entries| entries.len()).ok(),
        Some(FEW)
    );
}
