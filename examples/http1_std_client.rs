//! A client in plain std: `cargo run --example http1_std_client 127.0.0.1:8000 /path`
#![allow(clippy::disallowed_types, reason = "a socket")]

use bytes::{Buf, BytesMut};
use plainwire::http1::client::{Client, Event, Limits};
use plainwire::http1::{Content, Method, RequestHead};
use std::error::Error;
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;

/// Writes what lies under a path to `to`, and tells the status.
pub(crate) fn fetch(host: &str, path: &str, to: &mut impl Write) -> Result<u16, Box<dyn Error>> {
    let head = RequestHead::new(Method::GET, path)?.with("Host", host)?.with("Connection", "close")?;
    let mut stream = TcpStream::connect(host)?;
    let mut client = Client::new(Limits::default());
    let (mut rx, mut tx, mut piece) = (BytesMut::new(), BytesMut::new(), [0; 4096]);
    let mut status = 0;
    client.request(&head, Content::Empty, &mut tx)?;
    stream.write_all(&tx.split())?;
    loop {
        let mut input = &rx[..];
        while let Some(event) = client.recv(&mut input, &mut tx)? {
            match event {
                Event::Response(head) => status = head.status().as_u16(),
                Event::Data(octets) => to.write_all(octets)?,
                Event::End(_) => return Ok(status),
                _ => {}
            }
        }
        let used = rx.len() - input.len();
        rx.advance(used);
        // One wait for each read: a server that drips is caught by `Limits::body_step` only with a clock for each phase.
        stream.set_read_timeout(client.patience().limit)?;
        match stream.read(&mut piece) {
            Ok(0) => client.eof(),
            Ok(length) => rx.extend_from_slice(&piece[..length]),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => client.expire(),
            Err(error) => return Err(error.into()),
        }
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let host = arguments.next().ok_or("usage: HOST:PORT [PATH]")?;
    let path = arguments.next().unwrap_or_else(|| "/".into());
    let status = fetch(&host, &path, &mut std::io::stdout())?;
    eprintln!("{status}");
    Ok(())
}
