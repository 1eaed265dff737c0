//! The tool as a server and as a client, and servers that say exactly what they are told.

#![allow(dead_code, unreachable_pub, reason = "each test file uses some of it")]
#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "processes, sockets and clocks are what is tested"
)]

#[path = "cli.rs"]
mod cli;

pub use cli::plainwire;

use cli::Server;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::Output;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Long enough for any machine; a test that waits so long has failed.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// What a run of the tool came to.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub out: Vec<u8>,
    pub errors: String,
}

impl Ran {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.out).into_owned()
    }
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().expect("it ended by itself"),
            out: output.stdout,
            errors: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

/// `plainwire get …` in a folder.
pub fn get_in(folder: &Path, arguments: &[&str]) -> Ran {
    plainwire().arg("get").args(arguments).current_dir(folder).output().expect("the tool starts").into()
}

/// `plainwire get …`.
pub fn get(arguments: &[&str]) -> Ran {
    get_in(Path::new("."), arguments)
}

/// The same with a standard input.
pub fn get_with_input(input: &[u8], arguments: &[&str]) -> Ran {
    cli::finish(plainwire().arg("get").args(arguments), input).into()
}

/// A running `plainwire serve http`, ended with the test.
pub struct Served {
    server: Server,
    /// `http://127.0.0.1:PORT`, or https.
    pub base: String,
    pub address: SocketAddr,
}

impl Served {
    /// Serves on a free port.
    pub fn start(arguments: &[&str]) -> Self {
        Self::at(0, arguments)
    }

    /// Serves on this port, which the caller knows to be free.
    pub fn at(port: u16, arguments: &[&str]) -> Self {
        let server = Server::by(plainwire().args(["serve", "http", "--port", &port.to_string()]).args(arguments), 1);
        let (scheme, address) = server.addresses[0].clone();
        Self { base: format!("{scheme}://{address}"), address, server }
    }

    pub fn echo() -> Self {
        Self::start(&["--echo", "--quiet"])
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// Says raw octets, and reads up to the end of the connection.
    pub fn raw(&self, request: &str) -> String {
        let mut stream = TcpStream::connect(self.address).expect("it listens");
        stream.set_read_timeout(Some(PATIENCE)).expect("a time limit");
        stream.write_all(request.as_bytes()).expect("it reads");
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).expect("an answer that ends");
        String::from_utf8_lossy(&answer).into_owned()
    }

    /// One request without a body over a connection of its own: the head's lines and the body.
    pub fn ask(&self, method: &str, target: &str) -> (Vec<String>, String) {
        let answer = self.raw(&format!("{method} {target} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"));
        let (head, body) = answer.split_once("\r\n\r\n").expect("a whole head");
        (head.split("\r\n").map(str::to_string).collect(), body.to_string())
    }

    /// Asks it to end, and gives its exit code and what it logged.
    pub fn end(self) -> (Option<i32>, String) {
        self.server.ended("-TERM")
    }

    /// The process.
    pub fn id(&self) -> u32 {
        self.server.child.id()
    }
}

/// The value of a field among a head's lines.
pub fn field<'h>(head: &'h [String], name: &str) -> Option<&'h str> {
    head.iter().skip(1).find_map(|line| {
        let (known, value) = line.split_once(':')?;
        known.eq_ignore_ascii_case(name).then(|| value.trim())
    })
}

/// A server that gives each connection to a function, and remembers the heads of the requests that were read by
/// [`head_of`].
pub struct Told {
    pub address: SocketAddr,
    pub heads: Arc<Mutex<Vec<String>>>,
}

impl Told {
    /// Every connection gets `talk`, on a thread of its own, with its number from 0.
    pub fn by(talk: impl Fn(usize, &mut TcpStream, &str) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let address = listener.local_addr().expect("an address");
        let heads = Arc::new(Mutex::new(Vec::new()));
        let (seen, talk) = (Arc::clone(&heads), Arc::new(talk));
        std::thread::spawn(move || {
            for (number, stream) in listener.incoming().enumerate() {
                let (seen, talk) = (Arc::clone(&seen), Arc::clone(&talk));
                std::thread::spawn(move || {
                    let mut stream = stream.expect("a connection");
                    let head = head_of(&mut stream);
                    if !head.is_empty() {
                        seen.lock().expect("no test panics here").push(head.clone());
                        talk(number, &mut stream, &head);
                    }
                });
            }
        });
        Self { address, heads }
    }

    /// Every request is answered with these octets, and the connection closed.
    pub fn says(answer: impl Into<Vec<u8>>) -> Self {
        let answer = answer.into();
        // A client that has seen enough goes away.
        Self::by(move |_, stream, _| drop(stream.write_all(&answer)))
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub fn heads(&self) -> Vec<String> {
        self.heads.lock().expect("no test panics here").clone()
    }
}

/// Reads a request's head, with its empty line. Empty where the connection ends before.
pub fn head_of(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    let mut octet = [0];
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read(&mut octet) {
            Ok(1) => head.push(octet[0]),
            _ => return String::new(),
        }
    }
    String::from_utf8(head).expect("heads are text here")
}

/// The names in a folder, sorted.
pub fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = std::fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}
