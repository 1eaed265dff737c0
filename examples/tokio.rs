//! A chat room under tokio: the loop of the front page with `await` in it, the engine's deadlines, and a wake-up for who
//! has something to hear. `cargo run --example tokio -- 127.0.0.1:7777`, then `nc 127.0.0.1 7777`.
#![allow(clippy::disallowed_types, clippy::disallowed_methods, reason = "a server has a clock and sockets")]

use bytes::{Buf, BytesMut};
use plainwire::chat::{Limits, Local, Room, Seat, Server, Shared};
use plainwire::engine::turn;
use std::{io, rc::Rc, time::Duration};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{Instant, sleep_until, timeout};
use tokio::{net::TcpListener, net::TcpStream, sync::Notify, task};

#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<()> {
    let listener = TcpListener::bind(std::env::args().nth(1).unwrap_or("127.0.0.1:0".into())).await?;
    println!("listening on {}", listener.local_addr()?);
    task::LocalSet::new().run_until(serve(listener)).await
}

pub(crate) async fn serve(listener: TcpListener) -> io::Result<()> {
    let hall = Rc::new((Local::new(Room::new(Limits::default())), Notify::new(), Instant::now()));
    loop {
        let (stream, _) = listener.accept().await?;
        let hall = Rc::clone(&hall);
        // How one member's connection ends is nothing to the others.
        task::spawn_local(async move { member(stream, &hall).await.unwrap_or_default() });
    }
}

async fn member(mut stream: TcpStream, (room, stirred, start): &(Local, Notify, Instant)) -> io::Result<()> {
    let (mut engine, mut seat) = (Server::new(Limits::default()), Seat::new(room));
    let (mut rx, mut tx, mut phase, mut due) = (BytesMut::new(), BytesMut::new(), None, None);
    loop {
        let news = stirred.notified(); // nothing that is said from here on is slept over
        room.set_now(start.elapsed());
        let mut input = &rx[..];
        let turned = turn(&mut engine, &mut input, &mut tx, 1 << 16, &mut seat, &mut ());
        let used = rx.len() - input.len();
        rx.advance(used);
        if room.with(|room, _| room.stirred()) {
            stirred.notify_waiters();
        }
        // An error's reply too; who does not read is dropped by the room, and here in the end.
        timeout(Duration::from_secs(30), stream.write_all_buf(&mut tx)).await??;
        match turned.map_err(io::Error::other)? {
            true => continue,
            false if engine.status().over() => return stream.shutdown().await,
            false => {}
        }
        if phase.replace(engine.patience().phase) != Some(engine.patience().phase) {
            due = engine.patience().limit.map(|limit| Instant::now() + limit);
        }
        tokio::select! {
            read = stream.read_buf(&mut rx) => if read? == 0 { engine.eof() },
            () = news => {}
            () = sleep_until(due.unwrap_or(*start)), if due.is_some() => engine.expire(),
        }
    }
}
