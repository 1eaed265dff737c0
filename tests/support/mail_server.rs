//! Mail on disk and behind `plainwire serve`, for the tests that talk to it.

#![allow(dead_code, unreachable_pub, reason = "each test file uses some of it")]

#[path = "cli.rs"]
pub mod cli;

use cli::Server;
use plainwire::net::maildir::Maildir;
use std::io::{Read, Write};
use std::path::Path;

/// Starts `plainwire serve smtp` and reads so many addresses.
pub fn serve_smtp(arguments: &[&str], addresses: usize) -> Server {
    Server::start(&[&["serve", "smtp", "--port", "0"], arguments].concat(), addresses)
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

/// Puts a message into a Maildir, which is made where it is missing.
pub fn deliver(path: &Path, text: &str) {
    let mut delivery = Maildir::create(path).unwrap().deliver().unwrap();
    delivery.write_all(text.as_bytes()).unwrap();
    delivery.commit().unwrap();
}
