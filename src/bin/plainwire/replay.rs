//! `plainwire replay`: drives an engine from a transcript and shows the first line in which it departs from it.
//!
//! The transcript names its engine in a line `-- engine: PROTOCOL client|server`, or `--engine` does. What the engine
//! *tells* (`>>`) and how it fails is compared; what the application said on its own is taken from the transcript, where
//! the engine needs it to go on.

use crate::failure::{Failure, Outcome, exit_codes};
use crate::inspect;
use bytes::BytesMut;
use plainwire::chat;
use plainwire::engine::{Engine, Handler};
use plainwire::http1::{self, server};
use plainwire::transcript::{Compared, End, Style, Transcript, replay_compared};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Drive an engine from a transcript, and show where it departs from it
#[derive(clap::Args)]
#[command(after_long_help = exit_codes! {
    0 "the engine does what the transcript says"
    1 "it departs from it, at the line that is printed"
    2 "no transcript, or not one that can be replayed"
})]
pub(crate) struct Args {
    /// The transcript; - is standard input
    file: PathBuf,
    /// The engine, where the transcript does not name it: chat or http1, with its end, as in "http1 client"
    #[arg(long, value_name = "ENGINE")]
    engine: Option<String>,
}

pub(crate) fn run(args: &Args) -> Outcome {
    let failed = |error: std::io::Error| Failure::at(2, &args.file, error);
    let mut text = String::new();
    if args.file == Path::new("-") {
        std::io::stdin().lock().read_to_string(&mut text).map_err(failed)?;
    } else {
        text = std::fs::read_to_string(&args.file).map_err(failed)?;
    }
    let named = args.engine.as_ref().map(|engine| format!("-- engine: {engine}\n"));
    let transcript = Transcript::parse(&text).map_err(|error| Failure::new(2, error))?;
    let engine = match named {
        Some(line) => Transcript::parse(&line).map_err(|_| Failure::new(2, "--engine takes a protocol and an end"))?,
        None => transcript.clone(),
    };
    let (protocol, end) = engine.engine().ok_or_else(|| {
        Failure::new(2, "the transcript names no engine; say which with --engine, as in --engine \"http1 client\"")
    })?;
    match (protocol, end) {
        ("chat", End::Server) => {
            play(&transcript, end, chat::Server::new(chat::Limits::default()), &mut inspect::chat::Welcome)
        }
        ("chat", End::Client) => {
            let mut quiet = |_: &mut chat::Client, _: chat::client::Event<&[u8]>, _: &mut BytesMut| {};
            play(&transcript, end, chat::Client::new(chat::Limits::default()), &mut quiet)
        }
        ("http1", End::Server) => play(&transcript, end, http1::Server::new(server::Limits::default()), &mut Answers),
        ("http1", End::Client) if transcript.length(End::Client) > MOST_SAID => {
            Err(Failure::new(2, format!("the client says more than {MOST_SAID} octets, with what is left out")))
        }
        ("http1", End::Client) => {
            let mut asks = Asks::new(&transcript.octets(End::Client));
            play(&transcript, end, http1::Client::new(http1::client::Limits::default()), &mut asks)
        }
        _ => Err(Failure::new(2, format!("chat and http1 are replayed here, not {protocol:?}"))),
    }
}

/// What a client says is made anew before it is said: not more than this, whatever the transcript claims to leave out.
const MOST_SAID: u64 = 256 << 20;

fn play<E: Engine>(transcript: &Transcript, end: End, mut engine: E, handler: &mut impl Handler<E>) -> Outcome {
    match replay_compared(transcript, end, &mut engine, handler, &Style::default(), Compared::Told) {
        Ok(()) => Ok(ExitCode::SUCCESS),
        Err(difference) => Err(Failure::new(1, difference)),
    }
}

/// Answers every request, so that the next is taken.
struct Answers;

impl Handler<http1::Server> for Answers {
    fn event(&mut self, _: &mut http1::Server, _: server::Event<&[u8]>, _: &mut BytesMut) {}

    fn more(&mut self, engine: &mut http1::Server, out: &mut BytesMut) -> bool {
        if engine.expected_to_proceed() {
            return engine.proceed(out).is_ok();
        }
        let waits = engine.status() == plainwire::engine::Status::Paused && engine.owes();
        waits && engine.reply(&http1::ResponseHead::new(http1::StatusCode::OK), b"", out).is_ok()
    }
}

/// Sends the requests of a transcript, each when the client may.
struct Asks {
    requests: std::vec::IntoIter<(http1::RequestHead, Vec<u8>)>,
}

impl Asks {
    /// What a server hears in the client's octets.
    fn new(said: &[u8]) -> Self {
        let mut requests: Vec<(http1::RequestHead, Vec<u8>)> = Vec::new();
        let mut server = http1::Server::new(server::Limits::default());
        let (mut input, mut out) = (said, BytesMut::new());
        loop {
            match server.recv(&mut input, &mut out) {
                Ok(Some(server::Event::Request(head))) => requests.push((head.to_owned_head(), Vec::new())),
                Ok(Some(server::Event::Data(octets))) => {
                    if let Some((_, body)) = requests.last_mut() {
                        body.extend_from_slice(octets);
                    }
                }
                Ok(Some(_)) => {}
                // Paused, or nothing more that is whole.
                Ok(None) if Answers.more(&mut server, &mut out) => {}
                Ok(None) | Err(_) => break,
            }
        }
        Self { requests: requests.into_iter() }
    }
}

impl Handler<http1::Client> for Asks {
    fn event(&mut self, _: &mut http1::Client, _: http1::client::Event<&[u8]>, _: &mut BytesMut) {}

    fn more(&mut self, engine: &mut http1::Client, out: &mut BytesMut) -> bool {
        if !engine.can_request() {
            return false;
        }
        let Some((head, body)) = self.requests.next() else { return false };
        engine.send(&head, &body, out).is_ok()
    }
}
