//! A hello server: the engine in a readiness loop of mio. `cargo run --features net --example http1_mio_server`

use bytes::{Buf, BytesMut};
use mio::{Events, Interest, Poll, Token, net::TcpListener, net::TcpStream};
use plainwire::engine::Owned;
use plainwire::http1::{ResponseHead, Server, StatusCode, server::Event};
use std::collections::HashMap;
use std::error::Error;
use std::io::{ErrorKind::WouldBlock, Read, Write};

/// Answers as far as the socket goes. `true`: the connection is over.
fn ready((stream, server, tx): &mut (TcpStream, Owned<Server>, BytesMut)) -> Result<bool, Box<dyn Error>> {
    let mut piece = [0; 4096];
    loop {
        while let Ok(Some(event)) = server.recv(tx) {
            match event {
                Event::Request(_) if server.engine().expected_to_proceed() => server.engine().proceed(tx)?,
                Event::End(_) => server.engine().reply(&ResponseHead::new(StatusCode::OK), b"Hello, world!\n", tx)?,
                _ => {}
            }
        }
        while !tx.is_empty() {
            match stream.write(tx) {
                Err(error) if error.kind() == WouldBlock => return Ok(false),
                length => tx.advance(length?),
            }
        }
        match stream.read(&mut piece) {
            _ if server.engine().status().over() => return Ok(true), // an error too, whose reply lay in `tx`
            Err(error) if error.kind() == WouldBlock => return Ok(false),
            Ok(0) => server.engine().eof(),
            length => server.input().extend_from_slice(&piece[..length?]),
        }
    }
}

pub(crate) fn serve(mut listener: TcpListener) -> Result<(), Box<dyn Error>> {
    let (mut poll, mut events) = (Poll::new()?, Events::with_capacity(64));
    let (mut connections, mut last) = (HashMap::new(), Token(0));
    poll.registry().register(&mut listener, last, Interest::READABLE)?;
    loop {
        poll.poll(&mut events, None)?;
        while let Ok((mut stream, _)) = listener.accept() {
            last = Token(last.0 + 1);
            poll.registry().register(&mut stream, last, Interest::READABLE | Interest::WRITABLE)?;
            connections.insert(last, (stream, Owned::new(Server::default()), BytesMut::new()));
        }
        for event in &events {
            if connections.get_mut(&event.token()).is_some_and(|connection| ready(connection).unwrap_or(true)) {
                connections.remove(&event.token());
            }
        }
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    serve(TcpListener::bind("127.0.0.1:8000".parse()?)?)
}
