//! Clients of every protocol connect from the address of this machine that they are told.
#![cfg(all(target_os = "linux", feature = "cli"))]
#![allow(clippy::disallowed_types, clippy::disallowed_methods, reason = "sockets and clocks are what is tested")]

use plainwire::mime::Builder;
use plainwire::net::http::Opener;
use plainwire::net::pop3::{Mailbox, Options, Security};
use plainwire::net::smtp::Mailer;
use std::io::{BufRead, BufReader, Write};
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream};
use std::process::Command;
use std::thread;

/// On Linux the whole of 127.0.0.0/8 is this machine's.
const HERE: &str = "127.0.0.2:0";

/// Where `client`, which is given the port of a server that does as `serve` says, connects from.
fn seen(serve: fn(TcpStream), client: impl FnOnce(u16, SocketAddr)) -> IpAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = thread::spawn(move || {
        let (stream, peer) = listener.accept().unwrap();
        serve(stream);
        peer.ip()
    });
    client(port, HERE.parse().unwrap());
    server.join().unwrap()
}

/// Answers one request.
fn no_content(stream: TcpStream) {
    let mut lines = BufReader::new(&stream).lines();
    while lines.next().is_some_and(|line| !line.unwrap().is_empty()) {}
    (&stream).write_all(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n").unwrap();
}

#[test]
fn clients_connect_from_the_address_that_they_are_told() {
    let http = seen(no_content, |port, here| {
        let opener = Opener::new().local_address(here);
        assert_eq!(opener.get(&format!("http://127.0.0.1:{port}/")).unwrap().status(), 204);
    });
    let tool = seen(no_content, |port, _| {
        let url = format!("http://127.0.0.1:{port}/");
        let mut get = Command::new(env!("CARGO_BIN_EXE_plainwire"));
        assert!(get.args(["get", "--interface", "127.0.0.2", &url]).status().unwrap().success());
    });
    let smtp = seen(
        |mut stream| stream.write_all(b"554 not today\r\n").unwrap(),
        |port, here| {
            let mailer = Mailer::new(&format!("smtp://127.0.0.1:{port}")).unwrap().local_address(here);
            let message = Builder::new().from("ada@a.test").to("bob@b.test").text("Bob!");
            mailer.send(message).unwrap_err();
        },
    );
    let pop3 = seen(
        |mut stream| stream.write_all(b"-ERR not today\r\n").unwrap(),
        |port, here| {
            let mut options = Options::default();
            options.security = Security::Clear;
            options.local = Some(here);
            Mailbox::connect("127.0.0.1", port, &options).unwrap_err();
        },
    );
    let here = HERE.parse::<SocketAddr>().unwrap().ip();
    assert_eq!([http, tool, smtp, pop3], [here; 4]);
}
