//! What a long message takes of the memory of whoever sends it, serves it or collects it: no more than a short one, but for
//! what is under way.
#![cfg(all(feature = "cli", target_os = "linux"))]
#![allow(clippy::disallowed_types, clippy::disallowed_methods, reason = "processes and sockets are what is tested")]

#[path = "support/mail_server.rs"]
mod mail_server;

use mail_server::cli::{Server, plainwire};
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::Stdio;
use std::sync::mpsc::{Receiver, channel};
use std::thread;

const SHORT: usize = 1 << 20;
const LONG: usize = 16 << 20;
/// What may be taken more for the long one.
const MORE: u64 = 2 << 20;

/// The most memory that a process had so far, in octets.
fn peak(id: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{id}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().split(' ').next().unwrap().parse::<u64>().unwrap() * 1024
}

/// Writes so many octets of lines, some with a dot in front.
fn lines(out: &mut impl Write, octets: usize) {
    let line = [&b"..a line of eighty octets, as text and base64 have them: "[..], &[b'x'; 21], b"\r\n"].concat();
    let many = line.repeat(400);
    for _ in 0..octets / many.len() {
        out.write_all(&many).unwrap();
    }
}

/// Collects a message from a server that tells, before it is over, what the process has taken by then.
fn fetched(octets: usize, folder: &Path) -> u64 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("pop3://ann@{}", listener.local_addr().unwrap());
    let mut child = plainwire()
        .args(["mail", "fetch", &url, "--password-env", "SECRET", "--eml-dir", folder.to_str().unwrap()])
        .env("SECRET", "any")
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let id = child.id();
    let mut stream = BufReader::new(listener.accept().unwrap().0);
    let mut answer = "+OK here\r\n".to_string();
    let mut taken = 0;
    loop {
        stream.get_mut().write_all(answer.as_bytes()).unwrap();
        let mut line = String::new();
        if stream.read_line(&mut line).unwrap() == 0 {
            break;
        }
        // What is stuffed is not counted.
        let size = octets / 32_000 * 400 * 79;
        answer = match line.trim_end() {
            "STAT" => format!("+OK 1 {size}\r\n"),
            "LIST" => format!("+OK\r\n1 {size}\r\n.\r\n"),
            "UIDL" => "+OK\r\n1 only\r\n.\r\n".to_string(),
            "RETR 1" => {
                stream.get_mut().write_all(b"+OK\r\n").unwrap();
                lines(stream.get_mut(), octets);
                // All but what the system holds between the two has been taken.
                taken = peak(id);
                ".\r\n".to_string()
            }
            "CAPA" => "-ERR\r\n".to_string(),
            _ => "+OK\r\n".to_string(),
        };
    }
    assert!(child.wait().unwrap().success());
    taken
}

#[test]
fn a_long_message_is_collected_in_little_memory() {
    let folder = tempfile::tempdir().unwrap();
    let short = fetched(SHORT, &folder.path().join("short"));
    let long = fetched(LONG, &folder.path().join("long"));
    eprintln!("at the most {short} and {long} octets");
    assert!(long <= short + MORE);
}

/// Takes a message and tells, before it answers, what the process that sends it has taken by then.
fn takes(listener: &TcpListener, id: &Receiver<u32>) -> (u64, usize) {
    let mut stream = BufReader::new(listener.accept().unwrap().0);
    let id = id.recv().unwrap();
    let (mut line, mut answer, mut told) = (Vec::new(), &b"220 here\r\n"[..], (0, 0));
    loop {
        stream.get_mut().write_all(answer).unwrap();
        line.clear();
        if stream.read_until(b'\n', &mut line).unwrap() == 0 {
            return told;
        }
        if line == b"DATA\r\n" {
            stream.get_mut().write_all(b"354 go on\r\n").unwrap();
            let mut octets = 0;
            loop {
                line.clear();
                octets += stream.read_until(b'\n', &mut line).unwrap();
                if line == b".\r\n" {
                    break;
                }
            }
            told = (peak(id), octets);
        }
        answer = b"250 fine\r\n";
    }
}

fn sent(octets: usize, folder: &Path) -> u64 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("smtp://{}", listener.local_addr().unwrap());
    let path = folder.join(format!("{octets}.bin"));
    File::create(&path).unwrap().set_len(octets as u64).unwrap();
    let (tell, id) = channel();
    let server = thread::spawn(move || takes(&listener, &id));
    let mut child = plainwire()
        .args(["mail", "send", "--from", "ada@a.test", "--to", "bob@b.test", "--text", "-", "--smtp", &url, "--attach"])
        .arg(&path)
        .spawn()
        .unwrap();
    tell.send(child.id()).unwrap();
    assert!(child.wait().unwrap().success());
    let (taken, came) = server.join().unwrap();
    assert!(came > octets / 3 * 4);
    taken
}

#[test]
fn a_long_attachment_is_sent_in_little_memory() {
    let folder = tempfile::tempdir().unwrap();
    let (short, long) = (sent(SHORT, folder.path()), sent(LONG, folder.path()));
    eprintln!("at the most {short} and {long} octets");
    assert!(long <= short + MORE);
}

/// Retrieves a message and throws it away.
fn retrieve(server: &Server, message: usize) -> usize {
    let mut stream = BufReader::new(TcpStream::connect(server.address()).unwrap());
    stream.get_mut().write_all(format!("USER a\r\nPASS b\r\nRETR {message}\r\nQUIT\r\n").as_bytes()).unwrap();
    let (mut piece, mut octets) = (vec![0; 1 << 16], 0);
    loop {
        match stream.read(&mut piece).unwrap() {
            0 => return octets,
            count => octets += count,
        }
    }
}

/// Hands a message in.
fn hand_in(server: &Server, octets: usize) {
    let mut stream = BufReader::new(TcpStream::connect(server.address()).unwrap());
    let expect = |stream: &mut BufReader<TcpStream>, code: &str| {
        let mut answer = String::new();
        stream.read_line(&mut answer).unwrap();
        assert!(answer.starts_with(code), "{answer}");
    };
    expect(&mut stream, "220");
    for (line, code) in
        [("HELO here", "250"), ("MAIL FROM:<a@a.test>", "250"), ("RCPT TO:<b@b.test>", "250"), ("DATA", "354")]
    {
        stream.get_mut().write_all(format!("{line}\r\n").as_bytes()).unwrap();
        expect(&mut stream, code);
    }
    lines(stream.get_mut(), octets);
    stream.get_mut().write_all(b".\r\n").unwrap();
    expect(&mut stream, "250");
}

#[test]
fn a_long_message_is_taken_and_given_out_in_little_memory() {
    for way in [&[][..], &["--reactor"]] {
        let folder = tempfile::tempdir().unwrap();
        let maildir = folder.path().join("mail");
        let maildir = maildir.to_str().unwrap();
        let smtp = mail_server::serve_smtp(&[&["--maildir", maildir, "-q"], way].concat(), 1);
        let [short, long] = [SHORT, LONG].map(|octets| {
            hand_in(&smtp, octets);
            peak(smtp.child.id())
        });
        eprintln!("SMTP {way:?}: at the most {short} and {long} octets");
        assert!(long <= short + MORE);

        let pop3 = Server::start(&[&["serve", "pop3", "--port", "0", "--maildir", maildir, "-q"], way].concat(), 1);
        let [short, long] = [(1, SHORT), (2, LONG)].map(|(message, octets)| {
            assert!(retrieve(&pop3, message) > octets / 100 * 95);
            peak(pop3.child.id())
        });
        eprintln!("POP3 {way:?}: at the most {short} and {long} octets");
        assert!(long <= short + MORE);
    }
}
