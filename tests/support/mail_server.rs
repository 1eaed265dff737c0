//! `plainwire serve smtp` as a process, for the tests that talk to it.

#![allow(dead_code, unreachable_pub, reason = "each test file uses some of it")]
#![allow(clippy::disallowed_types, clippy::disallowed_methods, reason = "processes are what is tested")]

use plainwire::net::maildir::Maildir;
use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// The tool.
pub fn plainwire() -> Command {
    Command::new(env!("CARGO_BIN_EXE_plainwire"))
}

/// A server, ended with the test.
pub struct Server {
    pub child: Child,
    /// The scheme and the address of each port.
    pub addresses: Vec<(String, SocketAddr)>,
}

impl Server {
    /// Starts `plainwire serve smtp` and reads so many addresses.
    pub fn start(arguments: &[&str], addresses: usize) -> Self {
        let mut command = plainwire();
        command.args(["serve", "smtp", "--port", "0"]).args(arguments);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut found = Vec::new();
        for _ in 0..addresses {
            let line = lines.next().expect("a line").unwrap();
            let url = line.strip_prefix("listening on ").unwrap_or_else(|| panic!("{line}"));
            let (scheme, rest) = url.split_once("://").unwrap();
            found.push((scheme.to_string(), rest.strip_suffix('/').unwrap().parse().unwrap()));
        }
        Self { child, addresses: found }
    }

    pub fn address(&self) -> SocketAddr {
        self.addresses[0].1
    }

    /// The port of SMTP or LMTP.
    pub fn port(&self) -> String {
        self.address().port().to_string()
    }

    /// Ends it as a user would, and tells the exit code and what it wrote to standard error.
    pub fn interrupt(mut self) -> (Option<i32>, String) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
        let mut log = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut log).unwrap();
        (self.child.wait().unwrap().code(), log)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Ended already is as good.
        let _ended = self.child.kill();
        let _reaped = self.child.wait();
    }
}

/// Every message of a Maildir, as it lies there.
pub fn messages(root: &Path) -> Vec<String> {
    let mut entries = Maildir::open(root).unwrap().entries().unwrap();
    let read = |entry: &mut plainwire::net::maildir::Entry| {
        let mut text = Vec::new();
        entry.open().unwrap().read_to_end(&mut text).unwrap();
        String::from_utf8(text).unwrap()
    };
    entries.iter_mut().map(read).collect()
}
