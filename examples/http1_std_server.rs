//! A hello server: the engine in plain std, a thread for each connection. `cargo run --example http1_std_server`
#![allow(clippy::disallowed_types, clippy::disallowed_methods, reason = "sockets, threads and a clock")]

use bytes::{Buf, BytesMut};
use plainwire::http1::server::{Event, Limits, Server};
use plainwire::http1::{ResponseHead, StatusCode};
use std::error::Error;
use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

fn converse(mut stream: TcpStream) -> Result<(), Box<dyn Error>> {
    let hello = ResponseHead::new(StatusCode::OK).with("Content-Type", "text/plain")?;
    let mut server = Server::new(Limits::default());
    let (mut rx, mut tx, mut piece) = (BytesMut::new(), BytesMut::new(), [0; 4096]);
    let (mut phase, mut due) = (None, None);
    loop {
        let mut input = &rx[..];
        let outcome = loop {
            match server.recv(&mut input, &mut tx) {
                Ok(Some(Event::Request(_))) if server.expected_to_proceed() => server.proceed(&mut tx)?,
                Ok(Some(Event::End(_))) => server.reply(&hello, b"Hello, world!\n", &mut tx)?,
                Ok(Some(_)) => {}
                Ok(None) => break Ok(server.status().over()),
                Err(error) => break Err(error),
            } // no mark for `tx`: what fits into `piece` has answers of 15 KiB at the most
        };
        let used = rx.len() - input.len();
        rx.advance(used);
        stream.write_all(&tx.split())?; // the reply to an error too
        if outcome? {
            return Ok(());
        }
        let patience = server.patience();
        if phase != Some(patience.phase) {
            (phase, due) = (Some(patience.phase), patience.limit.map(|limit| Instant::now() + limit));
        }
        let left = |due: Instant| due.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
        stream.set_read_timeout(due.map(left))?;
        match stream.read(&mut piece) {
            Ok(0) => server.eof(),
            Ok(length) => rx.extend_from_slice(&piece[..length]),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => server.expire(),
            Err(error) => return Err(error.into()),
        }
    }
}

pub(crate) fn serve(listener: &TcpListener) -> std::io::Result<()> {
    for stream in listener.incoming().flatten() {
        std::thread::spawn(|| converse(stream).unwrap_or_else(|error| eprintln!("{error}")));
    }
    Ok(())
}

fn main() -> std::io::Result<()> {
    let listener = TcpListener::bind(std::env::args().nth(1).as_deref().unwrap_or("127.0.0.1:8000"))?;
    serve(&listener)
}
