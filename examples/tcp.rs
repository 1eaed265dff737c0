//! A request and its response over TCP: a line, and the same line in capitals. `cargo run --example tcp --features net`
#![allow(clippy::disallowed_types, clippy::disallowed_methods, reason = "sockets and threads, as small as they can be")]

use bytes::BytesMut;
use plainwire::chat::framing::{Ending, Lines, encode_line};
use plainwire::net::tcp;
use std::error::Error;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

fn main() -> Result<(), Box<dyn Error>> {
    let listener = tcp::listen("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            // One failed connection is no reason to refuse the next.
            let _failed = stream.map_err(Into::into).and_then(serve);
        }
    });

    let mut stream = tcp::connect(address, Duration::from_secs(5))?;
    let mut request = BytesMut::new();
    encode_line(b"hello", Ending::Crlf, &mut request)?;
    stream.write_all(&request)?;
    stream.finish()?; // Nothing more will come; the response still does.
    let mut response = String::new();
    stream.read_to_string(&mut response)?;
    println!("{}", response.trim_end());
    assert_eq!(response, "HELLO\r\n");
    Ok(())
}

/// Answers every line until the client has shut its side.
fn serve(mut stream: TcpStream) -> Result<(), Box<dyn Error>> {
    let (mut lines, mut rx, mut tx) = (Lines::new(1000), Vec::new(), BytesMut::new());
    let mut block = [0; 4096];
    loop {
        let mut input = &rx[..];
        while let Some(line) = lines.recv(&mut input)? {
            encode_line(&line.to_ascii_uppercase(), Ending::Crlf, &mut tx)?;
        }
        let used = rx.len() - input.len();
        rx.drain(..used);
        stream.write_all(&tx.split())?;
        match stream.read(&mut block)? {
            0 => return Ok(()),
            read => rx.extend_from_slice(&block[..read]),
        }
    }
}
