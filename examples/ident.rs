//! An engine of one's own: the server's end of the Identification Protocol (RFC 1413), held to the laws and written down.
//! `cargo run --features testing,transcript --example ident`
//!
//! ```text
//! C: 6193, 23                              Whose connection is that, from your port 6193 to my port 23?
//! S: 6193, 23 : USERID : UNIX : stjohns
//! ```

use bytes::BytesMut;
use plainwire::chat::framing::{self, Ending, ErrorKind, Lines, encode_line};
use plainwire::engine::{Detach, Engine, Handler, Patience, Status, turn};
use plainwire::laws;
use plainwire::transcript::{End, Recorder, Transcript};
use std::fmt::Debug;
use std::time::Duration;

/// What a client said. `B` holds the octets: `&[u8]` as the engine tells them, `Bytes` where they are kept.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Event<B> {
    /// Who has the connection between these two ports? The engine is paused until [`Server::user`] or [`Server::no_user`].
    Query { line: B, ours: u16, theirs: u16 },
    /// A line that asks for no two ports. It is answered already.
    Refused { line: B },
}

/// An answer that can't be given. Nothing was written.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Misuse {
    /// No query waits for one.
    NotNow,
    /// It would be read as something else.
    Unsayable,
}

enum State {
    Listening,
    Owing(u16, u16),
    Closed(Option<framing::Error>),
}

pub(crate) struct Server {
    lines: Lines, // it counts the octets that it looks at; who scans by hand calls `work::add`
    state: State,
    phase: u64,
    expired: bool,
}

impl Server {
    pub(crate) fn new() -> Self {
        Self { lines: Lines::new(64), state: State::Listening, phase: 0, expired: false }
    }

    /// A command: it validates, then writes all of its answer, or refuses and writes nothing.
    pub(crate) fn user(&mut self, system: &str, user: &str, out: &mut BytesMut) -> Result<(), Misuse> {
        if system.contains(':') || user.contains('\0') {
            return Err(Misuse::Unsayable);
        }
        self.answer(&format!("USERID : {system} : {user}"), out)
    }

    pub(crate) fn no_user(&mut self, out: &mut BytesMut) -> Result<(), Misuse> {
        self.answer("ERROR : NO-USER", out)
    }

    fn answer(&mut self, what: &str, out: &mut BytesMut) -> Result<(), Misuse> {
        let State::Owing(ours, theirs) = self.state else { return Err(Misuse::NotNow) };
        // It refuses a line break: nobody's name makes a second answer.
        encode_line(format!("{ours}, {theirs} : {what}").as_bytes(), Ending::Crlf, out)
            .map_err(|_| Misuse::Unsayable)?;
        self.state = State::Listening;
        self.phase += 1;
        Ok(())
    }
}

impl Engine for Server {
    type Event<'i> = Event<&'i [u8]>;
    type Error = framing::Error;

    fn recv<'i>(
        &mut self,
        input: &mut &'i [u8],
        out: &mut BytesMut,
    ) -> Result<Option<Event<&'i [u8]>>, framing::Error> {
        match &self.state {
            State::Closed(Some(error)) => return Err(*error),
            State::Owing(..) | State::Closed(None) => return Ok(None),
            State::Listening => {}
        }
        match self.lines.recv(input) {
            Ok(Some(line)) => {
                self.phase += 1;
                self.expired = false;
                if let Some((ours, theirs)) = ports(line) {
                    self.state = State::Owing(ours, theirs);
                    return Ok(Some(Event::Query { line, ours, theirs }));
                }
                out.extend_from_slice(INVALID);
                Ok(Some(Event::Refused { line }))
            }
            Ok(None) => {
                // RFC 1413 2: idle servers should close. So does one whose client has gone.
                if self.expired || self.lines.over() {
                    self.state = State::Closed(None);
                }
                Ok(None)
            }
            Err(error) => {
                if error.kind == ErrorKind::TooLong {
                    out.extend_from_slice(INVALID); // what the peer is owed, written before the error is told
                }
                self.state = State::Closed(Some(error));
                Err(error)
            }
        }
    }

    fn eof(&mut self) {
        self.lines.eof();
    }

    fn expire(&mut self) {
        self.expired = self.patience().limit.is_some();
    }

    fn status(&self) -> Status {
        match self.state {
            State::Listening => Status::Idle,
            State::Owing(..) => Status::Paused,
            State::Closed(_) => Status::Closed,
        }
    }

    fn patience(&self) -> Patience {
        match self.state {
            State::Listening if !self.expired => Patience::within(self.phase, Duration::from_secs(60)),
            _ => Patience::endless(self.phase),
        }
    }

    fn window(&self) -> usize {
        self.lines.window()
    }

    fn octets<'e>(_: &'e Event<&[u8]>) -> Option<&'e [u8]> {
        None // no event carries bulk data
    }
}

/// Events that can leave the input they borrow: for `Owned`, `Driver::next` and the laws.
impl Detach for Server {
    type Detached<B>
        = Event<B>
    where
        B: Debug;

    fn detach<'i, B: Debug>(event: Event<&'i [u8]>, keep: impl FnMut(&'i [u8]) -> B) -> Event<B> {
        Self::map(event, keep)
    }

    fn map<A: Debug, B: Debug>(event: Event<A>, mut keep: impl FnMut(A) -> B) -> Event<B> {
        match event {
            Event::Query { line, ours, theirs } => Event::Query { line: keep(line), ours, theirs },
            Event::Refused { line } => Event::Refused { line: keep(line) },
        }
    }
}

const INVALID: &[u8] = b"0, 0 : ERROR : INVALID-PORT\r\n";

/// RFC 1413 6: two integers of one to five digits, with a comma between them and spaces where one likes.
fn ports(line: &[u8]) -> Option<(u16, u16)> {
    let (ours, theirs) = std::str::from_utf8(line).ok()?.split_once(',')?;
    let port = |text: &str| {
        let digits = text.trim_matches(' ');
        let known = (1..=5).contains(&digits.len()) && digits.bytes().all(|octet| octet.is_ascii_digit());
        digits.parse().ok().filter(|port| known && *port > 0)
    };
    Some((port(ours)?, port(theirs)?))
}

/// What an application does about the events: here, it knows one user, and answers when it is asked for more.
#[derive(Default)]
pub(crate) struct Known(Option<u16>);

impl Handler<Server> for Known {
    fn event(&mut self, _: &mut Server, event: Event<&[u8]>, _: &mut BytesMut) {
        if let Event::Query { ours, .. } = event {
            self.0 = Some(ours);
        }
    }

    fn more(&mut self, server: &mut Server, out: &mut BytesMut) -> bool {
        let answered = self.0.take().map(|port| match port {
            6193 => server.user("UNIX", "stjohns", out),
            _ => server.no_user(out),
        });
        answered.is_some_and(|answered| answered.is_ok())
    }
}

/// The laws, on any octets: what property tests draw from, and all that a fuzz target has to call.
pub(crate) fn check(stream: &[u8], cuts: &[usize]) -> Result<(), laws::Story> {
    let make = || (Server::new(), Known::default());
    for ending in [laws::Ending::Stays, laws::Ending::Eof] {
        laws::judge_cut(make, stream, ending, cuts, 64, 1)?;
    }
    laws::judge_expiry(make, stream)
}

/// A conversation, written down.
pub(crate) fn conversation(mut input: &[u8]) -> Transcript {
    let (mut server, mut known) = (Server::new(), Known::default());
    let mut recorder = Recorder::new(End::Server);
    // The error, if there is one, stands in the transcript.
    let _told = turn(&mut server, &mut input, &mut BytesMut::new(), 1 << 16, &mut known, &mut recorder);
    recorder.finish()
}

fn main() -> Result<(), laws::Story> {
    let stream = b"6193, 23\r\n6195, 23\r\nwho are you?\r\n";
    check(stream, &[3, 11])?;
    print!("{}", conversation(stream));
    Ok(())
}
