//! Reads captured octets, prints their transcript: `cargo run --features transcript --example http1_transcript requests`

use bytes::BytesMut;
use plainwire::engine::{Engine, Handler, Tap, turn};
use plainwire::http1::{Client, Content, Method, RequestHead, ResponseHead, Server, StatusCode, client, server};
use plainwire::transcript::{End, Recorder};
use std::error::Error;
use std::io::Read;

/// What an engine makes of the stream.
fn record<E: Engine>(mut engine: E, end: End, mut handler: impl Handler<E>, mut stream: &[u8]) -> String {
    let (mut recorder, mut out) = (Recorder::new(end), BytesMut::new());
    for ended in [false, true] {
        if engine.status().over() {
            break;
        } else if ended {
            Tap::<E>::ended(&mut recorder);
            engine.eof();
        }
        while turn(&mut engine, &mut stream, &mut out, 1 << 16, &mut handler, &mut recorder) == Ok(true) {
            out.clear();
        }
    }
    recorder.finish().to_string()
}

/// Each request is given an answer, so that those behind it are heard.
pub(crate) fn requests(stream: &[u8]) -> String {
    let answer = |server: &mut Server, event: server::Event<&[u8]>, out: &mut BytesMut| match event {
        server::Event::Request(_) if server.expected_to_proceed() => server.proceed(out).unwrap_or_default(),
        server::Event::End(_) => server.reply(&ResponseHead::new(StatusCode::OK), b"", out).unwrap_or_default(),
        _ => {}
    };
    record(Server::default(), End::Server, answer, stream)
}

/// What is captured answers requests by GET, which nobody captured: they are made up, and not part of the transcript.
pub(crate) fn responses(stream: &[u8]) -> Result<String, Box<dyn Error>> {
    let get = RequestHead::new(Method::GET, "/")?.with("Host", "captured")?;
    let mut client = Client::default();
    client.request(&get, Content::Empty, &mut BytesMut::new())?;
    let ask_again = |client: &mut Client, event: client::Event<&[u8]>, _: &mut BytesMut| {
        if matches!(event, client::Event::End(_)) && client.can_request() {
            client.request(&get, Content::Empty, &mut BytesMut::new()).unwrap_or_default();
        }
    };
    Ok(record(client, End::Client, ask_again, stream))
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut stream = Vec::new();
    std::io::stdin().read_to_end(&mut stream)?;
    let answers = std::env::args().any(|argument| argument == "responses");
    print!("{}", if answers { responses(&stream)? } else { requests(&stream) });
    Ok(())
}
