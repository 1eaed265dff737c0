//! The embedder's loop inside tokio, with its deadlines: a hello server. `cargo run --example http1_tokio_server`

use bytes::{Buf, BytesMut};
use plainwire::http1::server::{Event, Limits, Server};
use plainwire::http1::{ResponseHead, StatusCode};
use std::error::Error;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, sleep_until};

async fn converse(mut stream: TcpStream) -> Result<(), Box<dyn Error + Send + Sync>> {
    let hello = ResponseHead::new(StatusCode::OK).with("Content-Type", "text/plain")?;
    let mut server = Server::new(Limits::default());
    let (mut rx, mut tx, mut phase, mut due) = (BytesMut::new(), BytesMut::new(), None, None);
    loop {
        let mut input = &rx[..];
        let outcome = loop {
            match server.recv(&mut input, &mut tx) {
                Ok(Some(Event::Request(_))) if server.expected_to_proceed() => server.proceed(&mut tx)?,
                Ok(Some(Event::End(_))) => server.reply(&hello, b"Hello, world!\n", &mut tx)?,
                Ok(Some(_)) => {}
                Ok(None) => break Ok(server.status().over()),
                Err(error) => break Err(error),
            }
            if tx.len() >= 1 << 16 {
                stream.write_all_buf(&mut tx).await?; // however many requests came at once
            }
        };
        let used = rx.len() - input.len();
        rx.advance(used);
        stream.write_all_buf(&mut tx).await?; // the reply to an error too
        if outcome? {
            return Ok(());
        }
        let patience = server.patience();
        if phase != Some(patience.phase) {
            (phase, due) = (Some(patience.phase), patience.limit.map(|limit| Instant::now() + limit));
        }
        tokio::select! {
            read = stream.read_buf(&mut rx) => if read? == 0 { server.eof() },
            () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => server.expire(),
        }
    }
}

pub(crate) async fn serve(listener: TcpListener) -> std::io::Result<()> {
    loop {
        tokio::spawn(converse(listener.accept().await?.0));
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::io::Result<()> {
    serve(TcpListener::bind(std::env::args().nth(1).as_deref().unwrap_or("127.0.0.1:8000")).await?).await
}
