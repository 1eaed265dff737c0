//! Framing beside tokio-util's codecs, and a room beside a broadcast channel, without sockets.

use crate::measure::Bench;
use bytes::{BufMut, Bytes, BytesMut};
use plainwire::chat::framing::{LengthPrefixed, Lines, Netstrings, Order, Prefix, encode_netstring};
use plainwire::chat::{Limits, Room, Said, text};
use std::hint::black_box;
use std::time::Duration;
use tokio::sync::broadcast;
use tokio_util::codec::{Decoder, LengthDelimitedCodec, LinesCodec};

/// As much as one read from a socket may bring.
const READ: usize = 8 << 10;

/// Takes all that a framing tells, and counts it.
macro_rules! all_of {
    ($next:expr) => {{
        let mut taken = 0;
        while let Some(frame) = $next.expect("frames") {
            black_box(frame);
            taken += 1;
        }
        taken
    }};
}

pub fn run(bench: &mut Bench) {
    for (size, named) in [(16, "16 B"), (80, "80 B"), (1024, "1 KiB")] {
        lines(bench, size, named);
        lengths(bench, size, named);
    }
    for members in [10, 1000] {
        fan_out(bench, members);
    }
    super::fanout::run(bench);
}

/// What is done with a line.
#[derive(Clone, Copy)]
enum Want {
    /// Its octets: what the decoder tells.
    Octets,
    /// Its octets, and that they are text fit for a terminal: what the chat engine asks of a line.
    Fit,
    /// A `String`: all that the peer does.
    Owned,
}

/// Both sides copy what was read into their buffer and take its lines. The peer always makes a `String` of each.
fn lines(bench: &mut Bench, size: usize, named: &str) {
    let line = "x".repeat(size - 1) + "\n";
    let count = READ / size;
    let block = line.repeat(count).into_bytes();
    for (want, called) in [(Want::Octets, ""), (Want::Fit, ", checked"), (Want::Owned, ", owned")] {
        let mut rx = BytesMut::with_capacity(READ);
        let mut peer = BytesMut::with_capacity(READ);
        let mut codec = LinesCodec::new_with_max_length(8192);
        bench.pair(
            &format!("lines, {named}{called}"),
            "LinesCodec",
            count as u64,
            || {
                rx.clear();
                rx.extend_from_slice(&block);
                let mut lines = Lines::new(8192);
                let mut input = &rx[..];
                let mut taken = 0;
                while let Some(line) = lines.recv(&mut input).expect("lines") {
                    match want {
                        Want::Octets => drop(black_box(line)),
                        Want::Fit => assert_eq!(text::check(black_box(line)), Ok(())),
                        Want::Owned => drop(black_box(str::from_utf8(line).expect("text").to_owned())),
                    }
                    taken += 1;
                }
                assert_eq!(taken, count);
            },
            || {
                peer.clear();
                peer.extend_from_slice(&block);
                assert_eq!(all_of!(codec.decode(&mut peer)), count);
            },
        );
    }
}

/// Both sides copy what was read into their buffer and take its frames. The peer hands out `BytesMut`; ours does so in
/// the cases called owned, by splitting `Bytes` off its buffer.
fn lengths(bench: &mut Bench, size: usize, named: &str) {
    let count = READ / size;
    let mut block = BytesMut::new();
    let mut netstrings = BytesMut::new();
    for _ in 0..count {
        Prefix::Four(Order::Big).encode(&vec![b'x'; size], &mut block).expect("short");
        encode_netstring(&vec![b'x'; size], &mut netstrings);
    }
    let mut peer = BytesMut::with_capacity(block.len());
    let mut codec = LengthDelimitedCodec::builder().max_frame_length(1 << 20).new_codec();
    let mut theirs = |block: &[u8]| {
        peer.clear();
        peer.extend_from_slice(block);
        assert_eq!(all_of!(codec.decode(&mut peer)), count);
    };
    let mut rx = BytesMut::with_capacity(block.len());
    bench.pair(
        &format!("length-prefixed, {named}"),
        "LengthDelimitedCodec",
        count as u64,
        || {
            rx.clear();
            rx.extend_from_slice(&block);
            let mut frames = LengthPrefixed::new(Prefix::Four(Order::Big), 1 << 20);
            let mut input = &rx[..];
            assert_eq!(all_of!(frames.recv(&mut input)), count);
        },
        || theirs(&block),
    );
    let mut rx = BytesMut::with_capacity(block.len());
    bench.pair(
        &format!("length-prefixed, {named}, owned"),
        "LengthDelimitedCodec",
        count as u64,
        || {
            rx.clear();
            rx.extend_from_slice(&block);
            let mut frames = LengthPrefixed::new(Prefix::Four(Order::Big), 1 << 20);
            let mut taken = 0;
            loop {
                let mut input = &rx[..];
                let Some(frame) = frames.recv(&mut input).expect("frames") else { break };
                let (length, used) = (frame.len(), rx.len() - input.len());
                let mut frame = rx.split_to(used);
                drop(frame.split_to(used - length));
                black_box(frame);
                taken += 1;
            }
            assert_eq!(taken, count);
        },
        || theirs(&block),
    );
    let mut rx = BytesMut::with_capacity(netstrings.len());
    bench.pair(
        &format!("netstrings, {named}"),
        "LengthDelimitedCodec",
        count as u64,
        || {
            rx.clear();
            rx.extend_from_slice(&netstrings);
            let mut frames = Netstrings::new(1 << 20);
            let mut input = &rx[..];
            assert_eq!(all_of!(frames.recv(&mut input)), count);
        },
        || theirs(&block),
    );
}

/// Messages said to a room, and put into the output of each listener; the peer is the room of tokio's tutorial: a
/// broadcast channel of `Bytes`, each listener copying what it receives into its own output.
fn fan_out(bench: &mut Bench, members: usize) {
    const BATCH: usize = 16;
    let text = "x".repeat(80);
    let limits = Limits { members, burst: u32::MAX, ..Limits::default() };
    let mut room = Room::new(limits);
    let ids: Vec<_> = (0..members).map(|_| room.join().expect("a place")).collect();
    let mut out = BytesMut::with_capacity(1 << 20);
    for &id in &ids {
        room.deliver(id, &mut out, usize::MAX);
        out.clear();
    }
    let (sender, first) = broadcast::channel::<Bytes>(64);
    let mut receivers: Vec<_> = (1..members).map(|_| sender.subscribe()).collect();
    receivers.push(first);
    let mut theirs = BytesMut::with_capacity(1 << 20);
    let listeners = members - 1;
    bench.pair(
        &format!("fan-out, {members} members, no sockets"),
        "tokio broadcast",
        (BATCH * listeners) as u64,
        || {
            let now = Duration::ZERO;
            for _ in 0..BATCH {
                room.hear(ids[0], &Said::Say { text: &text }, now);
            }
            let mut delivered = 0;
            for &id in &ids {
                out.clear();
                delivered += room.deliver(id, &mut out, usize::MAX);
                black_box(&out);
            }
            assert_eq!(delivered, BATCH * listeners * (text.len() + "<guest-1> \r\n".len()));
        },
        || {
            for _ in 0..BATCH {
                let mut line = BytesMut::with_capacity(text.len() + 16);
                line.put_slice(b"<guest-1> ");
                line.put_slice(text.as_bytes());
                line.put_slice(b"\r\n");
                assert_eq!(sender.send(line.freeze()).ok(), Some(members));
            }
            let mut delivered = 0;
            for receiver in &mut receivers {
                theirs.clear();
                while let Ok(line) = receiver.try_recv() {
                    theirs.extend_from_slice(&line);
                }
                delivered += theirs.len();
                black_box(&theirs);
            }
            assert_eq!(delivered, BATCH * members * (text.len() + "<guest-1> \r\n".len()));
        },
    );
}
