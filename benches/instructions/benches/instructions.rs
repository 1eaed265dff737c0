//! What must not regress, in instructions under valgrind: `bash .ci/instructions` compares with the recorded baseline.
//!
//! Arguments are made before the count begins and dropped after it ended.

use bytes::BytesMut;
use gungraun::{library_benchmark, library_benchmark_group, main};
use plainwire::chat::framing::{LengthPrefixed, Lines, Order, Prefix};
use plainwire::chat::{Limits, MemberId, Room, Said};
use plainwire::engine::Status;
use plainwire::url::Url;
use plainwire_instructions::{http1, smtp};
use std::hint::black_box;
use std::time::Duration;

#[library_benchmark]
fn status() -> bool {
    black_box(Status::Idle).reads()
}

library_benchmark_group!(name = contract, benchmarks = [status]);

#[library_benchmark]
#[bench::short("https://www.example.org/path/page.html?query=1")]
#[bench::general("https://user@www.Example.org:8443/a/../caf\u{e9}?query='1'#top")]
fn parse_url(input: &str) -> Option<Url> {
    Url::parse(black_box(input)).ok()
}

#[library_benchmark]
#[bench::short("https://www.example.org/path/page.html?query=1")]
#[bench::general("https://user@www.Example.org:8443/a/../caf\u{e9}?query='1'#top")]
fn can_parse_url(input: &str) -> bool {
    Url::can_parse(black_box(input))
}

library_benchmark_group!(name = url, benchmarks = [parse_url, can_parse_url]);

#[library_benchmark]
#[bench::minimal(http1::MINIMAL.to_vec())]
#[bench::picture(http1::PICTURE.to_vec())]
#[bench::browser(http1::BROWSER.to_vec())]
#[bench::hundred(http1::hundred())]
fn http1_request_head(input: Vec<u8>) -> (usize, Vec<u8>) {
    (http1::ours(&input), input)
}

#[library_benchmark]
#[bench::dozen(http1::RESPONSE.to_vec())]
fn http1_response_head(input: Vec<u8>) -> (usize, Vec<u8>) {
    (http1::ours_response(&input), input)
}

// A server that has served before.
fn serving(input: &[u8]) -> (http1::Cycle, Vec<u8>) {
    let mut cycle = http1::Cycle::new();
    cycle.serve(input);
    (cycle, input.to_vec())
}

// A request is heard, and answered by 200 and 13 octets.
#[library_benchmark]
#[bench::minimal(serving(http1::MINIMAL))]
#[bench::browser(serving(http1::BROWSER))]
#[bench::hundred(serving(&http1::hundred()))]
fn http1_cycle((mut cycle, input): (http1::Cycle, Vec<u8>)) -> (usize, http1::Cycle, Vec<u8>) {
    (cycle.serve(&input), cycle, input)
}

// 64 KiB in chunks of 16, copied out.
#[library_benchmark]
#[bench::k16((http1::chunked(16 * 1024, 4), BytesMut::with_capacity(1 << 17)))]
fn http1_chunks((body, mut content): (Vec<u8>, BytesMut)) -> (usize, Vec<u8>, BytesMut) {
    (http1::dechunk(&body, &mut content), body, content)
}

library_benchmark_group!(
    name = http1_engine,
    benchmarks = [http1_request_head, http1_response_head, http1_cycle, http1_chunks]
);

// Command lines of a session, and twenty recipients.
#[library_benchmark]
#[bench::mix(smtp::MIX.to_vec())]
#[bench::recipients(smtp::recipients())]
fn smtp_commands(input: Vec<u8>) -> (usize, Vec<u8>) {
    (smtp::ours(&input), input)
}

library_benchmark_group!(name = smtp_values, benchmarks = [smtp_commands]);

fn lines_of(size: usize) -> Vec<u8> {
    ("x".repeat(size - 1) + "\n").repeat(8192 / size).into_bytes()
}

// 8 KiB in lines of one size.
#[library_benchmark]
#[bench::b16(lines_of(16))]
#[bench::b80(lines_of(80))]
#[bench::b1024(lines_of(1024))]
fn chat_lines(block: Vec<u8>) -> Vec<u8> {
    let (mut lines, mut input) = (Lines::new(8192), black_box(&block[..]));
    while let Ok(Some(line)) = lines.recv(&mut input) {
        black_box(line);
    }
    block
}

fn frames() -> BytesMut {
    let mut block = BytesMut::new();
    for _ in 0..100 {
        Prefix::Four(Order::Big).encode(&[b'x'; 80], &mut block).expect("short");
    }
    block
}

// A hundred frames of 80 octets.
#[library_benchmark]
#[bench::b80(frames())]
fn chat_lengths(block: BytesMut) -> BytesMut {
    let (mut frames, mut input) = (LengthPrefixed::new(Prefix::Four(Order::Big), 1 << 20), black_box(&block[..]));
    while let Ok(Some(frame)) = frames.recv(&mut input) {
        black_box(frame);
    }
    block
}

fn room_of(members: usize) -> (Room, Vec<MemberId>, BytesMut) {
    let mut room = Room::new(Limits { members, ..Limits::default() });
    let ids: Vec<_> = (0..members).filter_map(|_| room.join()).collect();
    let mut out = BytesMut::with_capacity(1 << 16);
    for &id in &ids {
        room.deliver(id, &mut out, usize::MAX);
        out.clear();
    }
    (room, ids, out)
}

// One line said, and delivered to a hundred members.
#[library_benchmark]
#[bench::m100(room_of(100))]
fn chat_fan_out((mut room, ids, mut out): (Room, Vec<MemberId>, BytesMut)) -> (Room, Vec<MemberId>, BytesMut) {
    room.hear(ids[0], &Said::Say { text: black_box("a line of ordinary length, said to the room") }, Duration::ZERO);
    for &id in &ids {
        out.clear();
        room.deliver(id, &mut out, usize::MAX);
        black_box(&out);
    }
    (room, ids, out)
}

library_benchmark_group!(name = chat, benchmarks = [chat_lines, chat_lengths, chat_fan_out]);

main!(library_benchmark_groups = [contract, url, http1_engine, smtp_values, chat]);
