//! A client on mio: `cargo run --features net --example http1_mio_client 127.0.0.1:8000 /path`

use bytes::{Buf, BytesMut};
use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};
use plainwire::engine::Owned;
use plainwire::http1::client::{Client, Event};
use plainwire::http1::{Content, Method, RequestHead};
use std::error::Error;
use std::io::{ErrorKind::NotConnected, ErrorKind::WouldBlock, Read, Write};

/// Writes what lies under a path to `to`, and tells the status.
pub(crate) fn fetch(host: &str, path: &str, to: &mut impl Write) -> Result<u16, Box<dyn Error>> {
    let head = RequestHead::new(Method::GET, path)?.with("Host", host)?.with("Connection", "close")?;
    let (mut poll, mut events) = (Poll::new()?, Events::with_capacity(8));
    let (mut client, mut tx, mut status, mut piece) = (Owned::new(Client::default()), BytesMut::new(), 0, [0; 4096]);
    let mut stream = TcpStream::connect(host.parse()?)?;
    poll.registry().register(&mut stream, Token(0), Interest::READABLE | Interest::WRITABLE)?;
    client.engine().request(&head, Content::Empty, &mut tx)?;
    loop {
        poll.poll(&mut events, client.engine().patience().limit)?;
        if events.is_empty() {
            client.engine().expire();
        }
        while !tx.is_empty() {
            match stream.write(&tx) {
                Err(error) if matches!(error.kind(), WouldBlock | NotConnected) => break,
                length => tx.advance(length?),
            }
        }
        let mut dry = false;
        while !dry {
            match stream.read(&mut piece) {
                Err(error) if matches!(error.kind(), WouldBlock | NotConnected) => dry = true,
                Ok(0) => client.engine().eof(),
                length => client.input().extend_from_slice(&piece[..length?]),
            }
            while let Some(event) = client.recv(&mut tx)? {
                match event {
                    Event::Response(head) => status = head.status().as_u16(),
                    Event::Data(octets) => to.write_all(&octets)?,
                    Event::End(_) => return Ok(status),
                    _ => {}
                }
            }
        }
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let host = arguments.next().ok_or("usage: ADDRESS:PORT [PATH]")?;
    let path = arguments.next().unwrap_or_else(|| "/".into());
    eprintln!("{}", fetch(&host, &path, &mut std::io::stdout())?);
    Ok(())
}
