//! What a connection costs that was served and is quiet: at most 1 KiB of the process's memory on the reactor.
#![cfg(all(feature = "cli", target_os = "linux"))]
#![allow(clippy::disallowed_types, clippy::disallowed_methods, reason = "processes and sockets are what is tested")]

#[path = "support/web.rs"]
mod web;

use std::io::{Read, Write};
use std::net::TcpStream;
use web::Served;

const CONNECTIONS: usize = 5000;

/// Resident memory of a process, in octets.
fn memory(id: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().split(' ').next().unwrap().parse::<u64>().unwrap() * 1024
}

/// Files that a process may have open.
fn open_files() -> u64 {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap();
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files")).unwrap();
    line.split_whitespace().next().unwrap().parse().unwrap_or(u64::MAX)
}

/// One request over a connection of its own, which stays open.
fn visit(server: &Served) -> TcpStream {
    const BODY: &[u8] = b"hello from plainwire\n";
    let mut stream = TcpStream::connect(server.address).unwrap();
    stream.set_read_timeout(Some(web::PATIENCE)).unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nHost: h\r\nUser-Agent: test\r\nAccept: */*\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    let mut piece = [0; 1024];
    while !answer.ends_with(BODY) {
        let read = stream.read(&mut piece).unwrap();
        assert!(read > 0, "the server let go");
        answer.extend_from_slice(&piece[..read]);
    }
    stream
}

#[test]
fn a_quiet_connection_costs_at_most_a_kibibyte() {
    if open_files() < CONNECTIONS as u64 + 300 {
        eprintln!("SKIPPED: a process may have only {} files open (ulimit -n)", open_files());
        return;
    }
    let server = Served::start(&["--echo", "--quiet", "--reactor"]);
    // What is allocated once, whoever comes.
    let mut open: Vec<_> = (0..100).map(|_| visit(&server)).collect();
    let before = memory(server.id());
    open.extend((0..CONNECTIONS).map(|_| visit(&server)));
    let each = (memory(server.id()) - before) / CONNECTIONS as u64;
    println!("{each} octets for each of {CONNECTIONS} connections");
    assert!(each <= 1024, "{each} octets for each connection");
}
