//! A request and its response over UDP: a datagram, and the same in capitals. `cargo run --example udp --features net`
//!
//! One datagram is one message, so there is nothing to frame; but either may be lost, so the client asks again.
#![allow(clippy::disallowed_types, clippy::disallowed_methods, reason = "sockets and threads, as small as they can be")]

use std::io;
use std::net::UdpSocket;
use std::time::Duration;

fn main() -> io::Result<()> {
    let server = UdpSocket::bind("127.0.0.1:0")?;
    let address = server.local_addr()?;
    std::thread::spawn(move || serve(&server));

    let client = UdpSocket::bind("127.0.0.1:0")?;
    client.connect(address)?; // From here on only the server's datagrams are heard.
    client.set_read_timeout(Some(Duration::from_secs(1)))?;
    let mut response = [0; 1200];
    for _attempt in 0..5 {
        client.send(b"hello")?;
        match client.recv(&mut response) {
            Ok(length) => {
                println!("{}", String::from_utf8_lossy(&response[..length]));
                assert_eq!(&response[..length], b"HELLO");
                return Ok(());
            }
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::new(io::ErrorKind::TimedOut, "no response to five requests"))
}

/// Answers every datagram, for as long as the socket works.
fn serve(server: &UdpSocket) -> io::Result<()> {
    let mut request = [0; 1200];
    loop {
        let (length, client) = server.recv_from(&mut request)?;
        server.send_to(&request[..length].to_ascii_uppercase(), client)?;
    }
}
