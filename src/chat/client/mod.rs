//! The member's end of a connection.
//!
//! # States
//!
//! Each with what it is to a driver, and where each cause leads; see [`diagram`].
//!
//! ```text
#![doc = include_str!("states.txt")]
//! ```

mod state;

use self::state::{Cause, State};
use super::reader::{Read, read};
use super::text;
use super::{Ending, Error, ErrorKind, Heard, Limits, Misuse, Name, Refusal, Refused, Said, framing::Lines};
use crate::engine::{Detach, Engine, Patience, Status, delegate, notes};
use crate::states::{self, States};
use alloc::format;
use alloc::string::String;
use bytes::BytesMut;
use core::mem;

/// What the server did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Event<B> {
    /// The server told something.
    Heard(Heard<B>),
    /// The server said a line that is harmless and means nothing to us: a newer server, or none of this protocol.
    Unknown {
        /// The line.
        line: B,
    },
    /// The server said a line that must not be shown: too long ([`Refusal::TooLong`]), or not fit for a terminal
    /// ([`Refusal::Unfit`]).
    Refused(Refused),
    /// The server ended the conversation.
    End,
}

impl<B> Event<B> {
    /// The same with each text replaced by what `keep` makes of it.
    pub fn map<C>(self, mut keep: impl FnMut(B) -> C) -> Event<C> {
        match self {
            Self::Heard(heard) => Event::Heard(heard.map(keep)),
            Self::Unknown { line } => Event::Unknown { line: keep(line) },
            Self::Refused(refused) => Event::Refused(refused),
            Self::End => Event::End,
        }
    }
}

/// The member's end of a connection: turns lines back into events, and words into lines.
///
/// It may speak at once. After [`quit`](Self::quit) it still tells what comes, until the server closes or
/// [`Limits::farewell`] is over.
///
/// ```
/// use bytes::BytesMut;
/// use plainwire::chat::{Client, Heard, Limits, client::Event};
///
/// let mut client = Client::new(Limits::default());
/// let mut out = BytesMut::new();
/// client.say("/etc/motd is a file", &mut out)?;
/// assert_eq!(out, "//etc/motd is a file\r\n"); // a text is never a command
///
/// let mut input = &b"<ada> hello\r\n"[..];
/// let heard = client.recv(&mut input, &mut out)?;
/// assert_eq!(heard, Some(Event::Heard(Heard::Said { name: "ada".parse()?, text: &b"hello"[..] })));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Client {
    limits: Limits,
    ending: Ending,
    lines: Lines,
    state: State,
    phase: u64,
    expired: bool,
    error: Option<Error>,
}

impl Client {
    /// An engine for a connection that was just made. It sends lines that end with CRLF.
    pub fn new(limits: Limits) -> Self {
        Self {
            lines: Lines::new(limits.relayed()),
            limits,
            ending: Ending::Crlf,
            state: State::Between,
            phase: 0,
            expired: false,
            error: None,
        }
    }

    /// With what the lines end that it sends. Either is read.
    #[must_use]
    pub fn ending(mut self, ending: Ending) -> Self {
        self.ending = ending;
        self
    }

    /// Takes at most one event off the front of `input`; see [`Engine::recv`]. Nothing is ever written into `out`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Truncated`] where the stream ends inside a line (not after [`quit`](Self::quit)),
    /// [`ErrorKind::TimedOut`] where a line does not end in time.
    pub fn recv<'i>(&mut self, input: &mut &'i [u8], _: &mut BytesMut) -> Result<Option<Event<&'i [u8]>>, Error> {
        if let Some(error) = self.error {
            return Err(error);
        }
        if !self.status().reads() {
            return Ok(None);
        }
        if mem::take(&mut self.expired) {
            if self.state == State::Leaving {
                self.step(Cause::Expiry);
                return Ok(Some(Event::End));
            }
            return Err(self.fail(Error { kind: ErrorKind::TimedOut, offset: self.lines.offset() }));
        }
        loop {
            match read(&mut self.lines, input) {
                Ok(Read::Line(line, start)) => {
                    self.step(Cause::Line);
                    if line.is_empty() {
                        continue;
                    }
                    return Ok(Some(match text::check(line) {
                        Err((unfit, at)) => {
                            Event::Refused(Refused { why: Refusal::Unfit(unfit), offset: start + at as u64 })
                        }
                        Ok(()) => Heard::parse(line).map_or(Event::Unknown { line }, Event::Heard),
                    }));
                }
                Ok(Read::Overlong(offset)) => {
                    self.step(Cause::Overlong);
                    return Ok(Some(Event::Refused(Refused { why: Refusal::TooLong, offset })));
                }
                Ok(Read::Skipped) => self.step(Cause::Skipped),
                Ok(Read::Dry) => {
                    if self.state == State::Between && !input.is_empty() {
                        self.step(Cause::Octets);
                    }
                    return Ok(None);
                }
                // Who has said goodbye does not mind half a line.
                Err(_) if self.state == State::Leaving => {
                    *input = &input[input.len()..];
                    self.step(Cause::End);
                    return Ok(Some(Event::End));
                }
                Ok(Read::Over) => {
                    self.step(Cause::End);
                    return Ok(Some(Event::End));
                }
                Err(error) => return Err(self.fail(error)),
            }
        }
    }

    /// The next state. Every change passes here, and only what the table allows.
    fn step(&mut self, cause: Cause) {
        if let Some(next) = self.state.after(cause) {
            // The wait for the end that follows `quit` begins once; what still comes does not make it longer.
            if !(self.state == State::Leaving && next == State::Leaving) {
                self.phase += 1;
            }
            self.state = next;
        }
    }

    #[cold]
    fn fail(&mut self, error: Error) -> Error {
        self.step(Cause::Fault);
        self.error = Some(error);
        error
    }

    /// Says `text` to the room. A text that begins with a slash is said as it is, and not taken for a command.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    pub fn say(&mut self, text: &str, out: &mut BytesMut) -> Result<(), Misuse> {
        self.send(&Said::Say { text }, out)
    }

    /// Tells the room what one does, in the third person: `act("waves")`.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    pub fn act(&mut self, text: &str, out: &mut BytesMut) -> Result<(), Misuse> {
        self.send(&Said::Act { text }, out)
    }

    /// Says `text` to one member alone.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    pub fn tell(&mut self, to: Name, text: &str, out: &mut BytesMut) -> Result<(), Misuse> {
        self.send(&Said::Tell { to, text }, out)
    }

    /// Asks for another name; [`Heard::Named`] says that it is granted.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    pub fn nick(&mut self, name: Name, out: &mut BytesMut) -> Result<(), Misuse> {
        self.send(&Said::<&str>::Nick { name }, out)
    }

    /// Asks who is here; [`Heard::Here`] answers.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    pub fn who(&mut self, out: &mut BytesMut) -> Result<(), Misuse> {
        self.send(&Said::<&str>::Who, out)
    }

    /// Leaves, with last words or without.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    pub fn quit(&mut self, reason: Option<&str>, out: &mut BytesMut) -> Result<(), Misuse> {
        self.send(&Said::Quit { reason }, out)
    }

    /// Sends a line that a person typed, commands and all.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send), and [`Misuse::Refused`] where the server would refuse the line.
    pub fn typed(&mut self, line: &str, out: &mut BytesMut) -> Result<(), Misuse> {
        match Said::parse(line.as_bytes()) {
            Ok(Some(said)) => self.send(&said, out),
            Ok(None) => Err(Misuse::Blank),
            Err((Refusal::Unfit(unfit), at)) => Err(Misuse::Unfit(unfit, at)),
            Err((why, _)) => Err(Misuse::Refused(why)),
        }
    }

    /// Says anything that a member can say.
    ///
    /// # Errors
    ///
    /// As [`Said::write`]; [`Misuse::NotNow`] after `quit` and after the end.
    pub fn send<B: AsRef<[u8]>>(&mut self, said: &Said<B>, out: &mut BytesMut) -> Result<(), Misuse> {
        if matches!(self.state, State::Leaving | State::Closed) {
            return Err(Misuse::NotNow);
        }
        said.write(&self.limits, self.ending, out)?;
        if matches!(said, Said::Quit { .. }) {
            self.step(Cause::Quit);
        }
        Ok(())
    }

    /// Where the conversation stands.
    pub fn status(&self) -> Status {
        self.state.status()
    }

    /// What is waited for: inside a line its end, for [`Limits::line_time`]; after [`quit`](Self::quit) the server's
    /// end, for [`Limits::farewell`]; between lines nothing, for ever.
    pub fn patience(&self) -> Patience {
        let limit = match self.state {
            State::Within | State::Skipping => Some(self.limits.line_time),
            State::Leaving => Some(self.limits.farewell),
            State::Between | State::Closed => None,
        };
        Patience { phase: self.phase, limit }
    }

    /// How large a read buffer has to be, in octets.
    pub fn window(&self) -> usize {
        self.lines.window()
    }

    /// No event of chat carries bulk data.
    pub fn octets<'e>(_: &'e Event<&[u8]>) -> Option<&'e [u8]> {
        None
    }
}

/// The state table as text: each state, what it is to a driver, and where each cause leads.
pub fn diagram() -> String {
    states::diagram(|state: State| match (state, state.status()) {
        (State::Leaving, status) => format!("{status:?}, the clock of the farewell runs"),
        (_, status @ Status::Open) => format!("{status:?}, the line's clock runs"),
        (_, status) => format!("{status:?}"),
    })
}

notes! {
    impl Client;
    eof => self.lines.ended;
    /// Inside a line it then fails with [`ErrorKind::TimedOut`]; after [`quit`](Self::quit) it tells [`Event::End`].
    expire => self.expired;
}
delegate!(impl Engine + Detach for Client: Event, Error);
