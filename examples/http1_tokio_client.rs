//! A client inside tokio: `cargo run --example http1_tokio_client 127.0.0.1:8000 /path`

use bytes::{Buf, BytesMut};
use plainwire::http1::client::{Client, Event, Limits};
use plainwire::http1::{Content, Method, RequestHead};
use std::error::Error;
use tokio::io::{AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep_until};

/// Writes what lies under a path to `to`, and tells the status.
pub(crate) async fn fetch(host: &str, path: &str, mut to: impl AsyncWrite + Unpin) -> Result<u16, Box<dyn Error>> {
    let head = RequestHead::new(Method::GET, path)?.with("Host", host)?.with("Connection", "close")?;
    let mut stream = TcpStream::connect(host).await?;
    let mut client = Client::new(Limits::default());
    let (mut rx, mut tx) = (BytesMut::new(), BytesMut::new());
    let (mut status, mut phase, mut due) = (0, None, None);
    client.request(&head, Content::Empty, &mut tx)?;
    stream.write_all_buf(&mut tx).await?;
    loop {
        let mut input = &rx[..];
        while let Some(event) = client.recv(&mut input, &mut tx)? {
            match event {
                Event::Response(head) => status = head.status().as_u16(),
                Event::Data(octets) => to.write_all(octets).await?,
                Event::End(_) => return Ok(to.flush().await.map(|()| status)?),
                _ => {}
            }
        }
        let used = rx.len() - input.len();
        rx.advance(used);
        let patience = client.patience();
        if phase != Some(patience.phase) {
            (phase, due) = (Some(patience.phase), patience.limit.map(|limit| Instant::now() + limit));
        }
        tokio::select! {
            read = stream.read_buf(&mut rx) => if read? == 0 { client.eof() },
            () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => client.expire(),
        }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let host = arguments.next().ok_or("usage: HOST:PORT [PATH]")?;
    let path = arguments.next().unwrap_or_else(|| "/".into());
    let mut content = Vec::new();
    eprintln!("{}", fetch(&host, &path, &mut content).await?);
    Ok(std::io::Write::write_all(&mut std::io::stdout(), &content)?)
}
