//! SMTP: command lines and dotted texts beside smtp-proto, dotting beside lettre.

use crate::measure::Bench;
use crate::smtp::{COMMANDS, MIX, ours, recipients};
use bytes::BytesMut;
use lettre::transport::smtp::client::{AsyncSmtpConnection, AsyncTokioStream};
use lettre::transport::smtp::extension::ClientId;
use plainwire::syntax::dots::{Endings, Piece, Stuff, Unstuff};
use smtp_proto::Request;
use smtp_proto::request::receiver::DataReceiver;
use std::hint::black_box;
use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

fn theirs(stream: &[u8]) -> usize {
    let (mut rest, mut commands) = (stream.iter(), 0);
    while !rest.as_slice().is_empty() {
        black_box(Request::parse(&mut rest).expect("a command"));
        commands += 1;
    }
    commands
}

/// A message of `size` octets in lines of 76; every `dotted`th begins with a dot.
fn message(size: usize, dotted: usize) -> Vec<u8> {
    let mut text = Vec::with_capacity(size + 80);
    for line in 0.. {
        if text.len() >= size {
            break;
        }
        let first = if dotted > 0 && line % dotted == 0 { b'.' } else { b'A' };
        text.push(first);
        text.extend((0..75).map(|column| b'a' + ((line * 7 + column * 3) % 26) as u8));
        text.extend_from_slice(b"\r\n");
    }
    text
}

/// A wire that swallows what is written and answers as a server would.
#[derive(Debug)]
struct Sink {
    greeted: bool,
}

impl AsyncRead for Sink {
    fn poll_read(mut self: Pin<&mut Self>, _: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let greeting = !std::mem::replace(&mut self.greeted, true);
        buffer.put_slice(if greeting { b"220 sink\r\n" } else { b"250 sink\r\n" });
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Sink {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, octets: &[u8]) -> Poll<io::Result<usize>> {
        black_box(octets);
        Poll::Ready(Ok(octets.len()))
    }
    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

impl AsyncTokioStream for Sink {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        Ok(SocketAddr::from(([127, 0, 0, 1], 25)))
    }
}

/// Runs what never waits.
fn ready<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => unreachable!("the sink is always ready"),
    }
}

pub fn run(bench: &mut Bench) {
    assert_eq!((ours(MIX), theirs(MIX)), (COMMANDS as usize, COMMANDS as usize));
    bench.pair("commands, a mix of ten", "smtp-proto", COMMANDS, || ours(black_box(MIX)), || theirs(black_box(MIX)));
    let list = recipients();
    bench.pair("RCPT", "smtp-proto", 20, || ours(black_box(&list)), || theirs(black_box(&list)));

    for (case, dotted) in [("no dots", 0), ("1 % of lines", 100), ("every line", 1)] {
        stuffing(bench, case, &message(1 << 20, dotted));
    }
    // Small enough for the nearest cache: what the loops cost, not the memory.
    stuffing(bench, "16 KiB, 1 % of lines", &message(16 << 10, 100));
}

fn stuffing(bench: &mut Bench, case: &str, text: &[u8]) {
    let mut out = BytesMut::with_capacity(2 * text.len());
    let sink = Box::new(Sink { greeted: false });
    let name = ClientId::Domain("a.example".into());
    let mut lettre = ready(AsyncSmtpConnection::connect_with_transport(sink, &name)).expect("a session");
    bench.pair(
        &format!("dotting, {case}"),
        "lettre",
        1,
        || {
            out.clear();
            let mut stuff = Stuff::new(Endings::Refuse);
            stuff.push(black_box(text), &mut out).expect("whole line ends");
            stuff.finish(&mut out).expect("a whole line");
            black_box(out.len())
        },
        || ready(lettre.message(black_box(text))).expect("taken"),
    );

    let mut wire = BytesMut::new();
    let mut stuff = Stuff::new(Endings::Refuse);
    stuff.push(text, &mut wire).and_then(|()| stuff.finish(&mut wire)).expect("whole lines");
    // Every octet is text; and with a look for a CR or LF on its own, which the peer does not take.
    let taken = |wire: &[u8]| {
        let (mut input, mut unstuff, mut octets) = (wire, Unstuff::new(), 0);
        for piece in unstuff.texts(&mut input) {
            if let Piece::Text(piece) = piece {
                octets += black_box(piece).len();
            }
        }
        octets
    };
    let checked = |wire: &[u8]| {
        let (mut input, mut unstuff, mut octets) = (wire, Unstuff::new(), 0);
        while let Some(Piece::Text(piece)) = unstuff.next(&mut input) {
            octets += black_box(piece).len();
        }
        octets
    };
    let mut buffer = Vec::with_capacity(wire.len());
    let mut copied = |wire: &[u8]| {
        buffer.clear();
        let whole = DataReceiver::new().ingest(&mut wire.iter(), &mut buffer);
        assert!(whole);
        black_box(buffer.len())
    };
    assert_eq!((taken(&wire), checked(&wire)), (text.len(), text.len()));
    // The peer keeps the CRLF before the end out of the text.
    assert!(copied(&wire).abs_diff(text.len()) <= 2);
    let name = format!("undotting, {case}");
    bench.pair(&name, "smtp-proto", 1, || taken(black_box(&wire)), || copied(black_box(&wire)));
    let name = format!("line ends too, {case}");
    bench.pair(&name, "smtp-proto", 1, || checked(black_box(&wire)), || copied(black_box(&wire)));
}
