//! The tool as a shell runs it: once, with arguments and an input, or as a server until the test ends.

#![allow(dead_code, unreachable_pub, reason = "each test file uses some of it")]
#![allow(clippy::disallowed_types, clippy::disallowed_methods, reason = "processes are what is tested")]

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::process::{Child, Command, Output, Stdio};

/// The tool, with no standard input and an environment that says nothing of proxies.
pub fn plainwire() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_plainwire"));
    for name in ["http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY"] {
        command.env_remove(name);
    }
    command.stdin(Stdio::null());
    command
}

/// Runs it to its end.
pub fn run(arguments: &[&str], input: impl AsRef<[u8]>) -> Output {
    finish(plainwire().args(arguments), input)
}

/// Runs a command to its end.
pub fn finish(command: &mut Command, input: impl AsRef<[u8]>) -> Output {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    match child.stdin.take().unwrap().write_all(input.as_ref()) {
        // Who does not read it has ended already.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => {}
        written => written.unwrap(),
    }
    child.wait_with_output().unwrap()
}

/// The exit code, standard output and standard error.
pub fn said(output: &Output) -> (Option<i32>, String, String) {
    let text = |octets: &[u8]| String::from_utf8_lossy(octets).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

/// What a run printed that went well, without a word on standard error.
pub fn printed(output: Output) -> String {
    assert_eq!((output.status.code(), String::from_utf8_lossy(&output.stderr).as_ref()), (Some(0), ""));
    String::from_utf8(output.stdout).unwrap()
}

/// One JSON value on each line.
pub fn values(text: &str) -> Vec<serde_json::Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// A server of the tool, ended with the test.
pub struct Server {
    pub child: Child,
    /// The scheme and the address of each port.
    pub addresses: Vec<(String, SocketAddr)>,
    /// The lines that it printed before.
    pub said: Vec<String>,
}

impl Server {
    /// Starts it and reads so many addresses.
    pub fn start(arguments: &[&str], addresses: usize) -> Self {
        Self::by(plainwire().args(arguments), addresses)
    }

    /// The same of a command.
    pub fn by(command: &mut Command, addresses: usize) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let (mut found, mut said) = (Vec::new(), Vec::new());
        while found.len() < addresses {
            let line = lines.next().expect("a line").unwrap();
            let Some(url) = line.strip_prefix("listening on ") else {
                said.push(line);
                continue;
            };
            let (scheme, rest) = url.split_once("://").unwrap();
            found.push((scheme.to_string(), rest.strip_suffix('/').unwrap().parse().unwrap()));
        }
        Self { child, addresses: found, said }
    }

    pub fn address(&self) -> SocketAddr {
        self.addresses[0].1
    }

    /// The first port.
    pub fn port(&self) -> String {
        self.address().port().to_string()
    }

    /// The port of a scheme.
    pub fn port_of(&self, scheme: &str) -> u16 {
        self.addresses.iter().find(|(known, _)| known == scheme).expect("it listens").1.port()
    }

    /// Ends it by a signal, as `-INT`, and tells the exit code and what it wrote to standard error.
    pub fn ended(mut self, signal: &str) -> (Option<i32>, String) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
        let mut log = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut log).unwrap();
        (self.child.wait().unwrap().code(), log)
    }

    /// Ends it at once.
    pub fn kill(&mut self) {
        // Ended already is as good.
        let _ended = self.child.kill();
        self.child.wait().unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}
