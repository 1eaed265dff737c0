//! `plainwire chat` and `plainwire demo`, with `nc` and our own client in one room.
#![cfg(feature = "cli")]
#![allow(clippy::disallowed_types, clippy::disallowed_methods, reason = "processes and a clock are what is tested")]

#[path = "support/cli.rs"]
mod cli;

use cli::plainwire;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

const SOON: Duration = Duration::from_secs(30);

/// A process with its lines, ended with the test.
struct Process {
    child: Child,
    stdin: Option<ChildStdin>,
    lines: Receiver<String>,
}

impl Process {
    fn start(command: &mut Command) -> Self {
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
        let (tell, lines) = channel();
        let out = BufReader::new(child.stdout.take().unwrap());
        std::thread::spawn(move || {
            for line in out.split(b'\n').map_while(Result::ok) {
                if tell.send(String::from_utf8_lossy(&line).trim_end().to_string()).is_err() {
                    return;
                }
            }
        });
        let stdin = child.stdin.take();
        Self { child, stdin, lines }
    }

    fn says(&mut self, line: &str) {
        let stdin = self.stdin.as_mut().unwrap();
        stdin.write_all(line.as_bytes()).unwrap();
        stdin.write_all(b"\n").unwrap();
        stdin.flush().unwrap();
    }

    /// Reads up to a line that begins so, and gives the whole line.
    fn hears(&self, begins: &str) -> String {
        let due = Instant::now() + SOON;
        let mut before = Vec::new();
        loop {
            match self.lines.recv_timeout(due.saturating_duration_since(Instant::now())) {
                Ok(line) if line.starts_with(begins) => return line,
                Ok(line) => before.push(line),
                Err(error) => panic!("did not hear {begins:?}, but {before:?}: {error}"),
            }
        }
    }

    fn interrupt(&self) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
    }

    /// Waits for the end: the exit code and standard error.
    fn ends(mut self) -> (Option<i32>, String) {
        let due = Instant::now() + SOON;
        // Standard output is closed when the process ends, and not before.
        loop {
            match self.lines.recv_timeout(due.saturating_duration_since(Instant::now())) {
                Ok(_) => {}
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => panic!("it does not end"),
            }
        }
        let status = self.child.wait().unwrap();
        let mut errors = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut errors).unwrap();
        (status.code(), errors)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Those that have ended are only waited for.
        let _ended = self.child.kill();
        let _waited = self.child.wait();
    }
}

fn serve(extra: &[&str]) -> (Process, String) {
    let server = Process::start(plainwire().args(["chat", "serve", "127.0.0.1:0"]).args(extra));
    let address = server.hears("listening on ").trim_start_matches("listening on ").to_string();
    (server, address)
}

fn join(address: &str, extra: &[&str]) -> Process {
    Process::start(plainwire().args(["chat", "join", address]).args(extra))
}

fn has_nc() -> bool {
    Command::new("nc").arg("-h").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
}

#[test]
fn two_nc_and_one_join_talk_in_one_room() {
    if !has_nc() {
        eprintln!("SKIPPED: nc is not installed (Debian: netcat-openbsd)");
        return;
    }
    for adapter in [&[][..], &["--reactor"]] {
        let (server, address) = serve(adapter);
        let (host, port) = address.split_once(':').unwrap();
        let nc = || Process::start(Command::new("nc").args([host, port]));
        let mut ada = nc();
        ada.hears("-- welcome, you are guest-1");
        let mut bob = nc();
        bob.hears("-- welcome, you are guest-2");
        let mut eve = join(&address, &["--name", "eve"]);
        eve.hears("-- you are now eve");
        for (member, name) in [(&mut ada, "ada"), (&mut bob, "bob")] {
            member.says(&format!("/nick {name}"));
            member.hears(&format!("-- you are now {name}"));
        }
        ada.says("hello from nc");
        assert_eq!(bob.hears("<ada>"), "<ada> hello from nc");
        assert_eq!(eve.hears("<ada>"), "<ada> hello from nc");
        eve.says("/me waves from plainwire");
        assert_eq!(ada.hears("* eve"), "* eve waves from plainwire");
        bob.says("/msg eve between us");
        assert_eq!(eve.hears("[bob]"), "[bob] between us");
        // The end of our input is a goodbye; nc's Ctrl-D shuts nothing, so its own /quit does it.
        eve.stdin = None;
        assert_eq!(ada.hears("-- eve left"), "-- eve left");
        assert_eq!(eve.ends(), (Some(0), String::new()));
        bob.says("/quit good night");
        bob.hears("-- bye");
        assert_eq!(ada.hears("-- bob left"), "-- bob left: good night");
        server.interrupt();
        ada.hears("-! closing:");
        assert_eq!(server.ends(), (Some(0), String::new()));
    }
}

#[test]
fn join_ends_cleanly_however_it_ends() {
    let (server, address) = serve(&[]);
    // Ctrl-C.
    let one = join(&address, &[]);
    one.hears("-- welcome");
    one.interrupt();
    assert_eq!(one.ends(), (Some(0), String::new()));
    // /quit.
    let mut two = join(&address, &[]);
    two.says("/quit");
    two.hears("-- bye");
    assert_eq!(two.ends(), (Some(0), String::new()));
    // A whole script at once: every line is said before the end is.
    let mut three = join(&address, &["--name", "three"]);
    let four = join(&address, &["--name", "four"]);
    four.hears("-- you are now four");
    let script: String = (0..200).map(|line| format!("line {line}\n")).collect();
    three.stdin.as_mut().unwrap().write_all(script.as_bytes()).unwrap();
    three.stdin = None;
    assert_eq!(three.ends(), (Some(0), String::new()));
    for line in 0..200 {
        assert_eq!(four.hears("<three>"), format!("<three> line {line}"));
    }
    // More than is read ahead of what the server takes.
    let mut five = join(&address, &["--name", "five"]);
    five.says(&"x\n".repeat(400));
    five.stdin = None;
    assert_eq!(five.ends(), (Some(0), String::new()));
    // The server's close.
    server.interrupt();
    four.hears("-! closing:");
    assert_eq!(four.ends(), (Some(0), String::new()));
    assert_eq!(server.ends().0, Some(0));
}

#[test]
fn what_can_not_be_said_is_told_and_the_rest_goes_on() {
    let (_server, address) = serve(&["--reactor"]);
    let ada = join(&address, &["--name", "ada"]);
    ada.hears("-- you are now ada");
    let mut bob = join(&address, &["--name", "bob"]);
    bob.hears("-- you are now bob");
    let stdin = bob.stdin.as_mut().unwrap();
    stdin.write_all(b"\xff\xfe\n").unwrap();
    stdin.write_all(b"ring \x07\n").unwrap();
    stdin.write_all(&[b"x".repeat(100_000), b"\nstill here\n".to_vec()].concat()).unwrap();
    assert_eq!(ada.hears("<bob>"), "<bob> still here");
    bob.stdin = None;
    let (code, errors) = bob.ends();
    assert_eq!(code, Some(0));
    let told: Vec<&str> = errors.lines().collect();
    assert_eq!(told.len(), 3, "{errors}");
    assert_eq!(told[0], "plainwire: that is not UTF-8");
    assert!(told[1].starts_with("plainwire: control characters are not relayed"), "{errors}");
    assert_eq!(told[2], "plainwire: the line would be longer than 4096 octets");
}

#[test]
fn a_server_that_poses_is_not_shown() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let client = join(&listener.local_addr().unwrap().to_string(), &[]);
    let (mut server, _) = listener.accept().unwrap();
    server.write_all(b"hello from something else\r\n\x1b]0;owned\x07\r\n<ada> hello\r\n").unwrap();
    assert_eq!(client.lines.recv_timeout(SOON).unwrap(), "hello from something else");
    assert_eq!(client.lines.recv_timeout(SOON).unwrap(), "<ada> hello");
    drop(server);
    let (code, errors) = client.ends();
    assert_eq!(code, Some(0));
    assert_eq!(errors, "plainwire: a line that can't be shown: control characters are not relayed\n");
}

#[test]
fn failures_are_one_line_and_a_code() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let (code, errors) = join(&free, &[]).ends();
    assert_eq!(code, Some(1));
    assert!(
        errors.starts_with(&format!("plainwire: can't connect to {free}: ")) && errors.lines().count() == 1,
        "{errors}"
    );
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let (code, errors) = Process::start(plainwire().args(["chat", "serve", &address])).ends();
    assert_eq!(code, Some(1));
    assert!(errors.starts_with(&format!("plainwire: can't listen on {address}: ")), "{errors}");
    for wrong in [
        &["chat", "join", "--name", "not a name"][..],
        &["chat", "join", "--multicast", "239.1.1.1:0", "--scope", "planet"],
        &["chat", "serve", "--interface", "127.0.0.1"],
    ] {
        let (code, errors) = Process::start(plainwire().args(wrong)).ends();
        assert_eq!(code, Some(2), "{wrong:?}: {errors}");
    }
    // Half a line and the end: what the server sent is broken, and said to be.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let client = join(&listener.local_addr().unwrap().to_string(), &[]);
    let (mut server, _) = listener.accept().unwrap();
    server.write_all(b"<ada> hel").unwrap();
    drop(server);
    let (code, errors) = client.ends();
    assert_eq!((code, errors.lines().count()), (Some(1), 1), "{errors}");
}

#[test]
fn the_transcript_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("chat.txt");
    let (_server, address) = serve(&[]);
    let mut ada = join(&address, &["--name", "ada", "--transcript", file.to_str().unwrap()]);
    ada.hears("-- you are now ada");
    ada.says("hello");
    ada.stdin = None;
    assert_eq!(ada.ends(), (Some(0), String::new()));
    let written = file;
    let text = std::fs::read_to_string(&written).unwrap();
    for line in ["C: /nick ada", "S: -- you are now ada", "C: hello", "C: /quit", "S: -- bye", "-- S end"] {
        assert!(text.lines().any(|written| written == line), "{line}: {text}");
    }
    plainwire::transcript::Transcript::parse(&text).unwrap();
    // It names its engine, so it is replayed as it is.
    let replayed = plainwire().arg("replay").arg(&written).output().unwrap();
    assert_eq!((replayed.status.code(), replayed.stderr), (Some(0), Vec::new()));
}

#[test]
fn a_group_and_a_bridged_room_talk() {
    let (server, address) = serve(&["--multicast", "239.255.77.79:0"]);
    let group = server.hears("listening on 239.255.77.79:");
    let group = group.trim_start_matches("listening on ").trim_end_matches(" (multicast)");
    let mut ada = join(&address, &["--name", "ada"]);
    ada.hears("-- you are now ada");
    let mut eve = Process::start(plainwire().args(["chat", "join", "--multicast", group, "--nick", "eve"]));
    ada.hears("-- guest-3 is now eve");
    let tim = Process::start(plainwire().args(["chat", "join", "--multicast", group, "--nick", "tim"]));
    ada.hears("-- guest-4 is now tim");
    ada.says("hello, group");
    assert_eq!(eve.hears("<ada>"), "<ada> hello, group");
    assert_eq!(tim.hears("<ada>"), "<ada> hello, group");
    eve.says("hello, room");
    assert_eq!(ada.hears("<eve>"), "<eve> hello, room");
    assert_eq!(tim.hears("<eve>"), "<eve> hello, room");
    eve.stdin = None;
    ada.hears("-- eve left");
    assert_eq!(eve.ends(), (Some(0), String::new()));
    tim.interrupt();
    ada.hears("-- tim left");
    assert_eq!(tim.ends(), (Some(0), String::new()));
}

#[test]
fn a_full_room_says_so() {
    let (_server, address) = serve(&["--members", "1"]);
    let one = join(&address, &[]);
    one.hears("-- welcome");
    let two = join(&address, &[]);
    assert_eq!(two.hears("-!"), "-! room-full: the room is full");
    assert_eq!(two.ends().0, Some(0));
}

#[test]
fn the_demonstration_goes_as_it_should() {
    let output = plainwire().args(["demo", "chat"]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    for line in [
        "C: hello, who is here?",
        "S: * bob waves from the reactor",
        "S: <eve> and I am in the group, without a server",
        "S: [ada] nobody else hears this",
        "< chat/1 … 4 <ada> hello, who is here?",
        "> chat/1 … 1 <eve> and I am in the group, without a server",
    ] {
        assert!(text.lines().any(|shown| shown == line), "{line}: {text}");
    }
    let list = plainwire().args(["demo", "--list"]).output().unwrap();
    assert!(String::from_utf8(list.stdout).unwrap().starts_with("chat "));
}

#[test]
fn a_dripping_member_does_not_hold_the_others() {
    let (_server, address) = serve(&["--reactor"]);
    let ada = join(&address, &["--name", "ada"]);
    ada.hears("-- you are now ada");
    let mut dripping = TcpStream::connect(&address).unwrap();
    let mut bob = join(&address, &["--name", "bob"]);
    bob.hears("-- you are now bob");
    for (octet, number) in b"hello".iter().zip(0..) {
        dripping.write_all(&[*octet]).unwrap();
        bob.says(&format!("number {number}"));
        assert_eq!(ada.hears("<bob>"), format!("<bob> number {number}"));
    }
    dripping.write_all(b"\n").unwrap();
    assert_eq!(ada.hears("<guest-2>"), "<guest-2> hello");
}
