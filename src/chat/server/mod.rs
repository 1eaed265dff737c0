//! The server's end of one member's connection.
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
use super::error::write_line;
use super::reader::{Read, read};
use super::{Ending, Error, ErrorKind, Farewell, Heard, Limits, Misuse, Name, Refusal, Refused, Said, framing::Lines};
use crate::engine::{Detach, Engine, Patience, Status, delegate, notes};
use crate::states::{self, States};
use alloc::format;
use alloc::string::String;
use bytes::BytesMut;
use core::mem;

/// What a member did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Event<B> {
    /// The member said something. After [`Said::Quit`] the engine is paused until [`Server::close`].
    Said(Said<B>),
    /// The member said something that is not relayed. The engine has answered already.
    Refused(Refused),
    /// The member has said nothing for [`Limits::idle`]. The engine is paused until [`Server::close`].
    Idle,
    /// The member's side ended between two lines. The engine is paused until [`Server::close`], and until then the
    /// member may be sent what it has not been sent yet: it may well still read.
    End,
}

impl<B> Event<B> {
    /// The same with each text replaced by what `keep` makes of it.
    pub fn map<C>(self, keep: impl FnMut(B) -> C) -> Event<C> {
        match self {
            Self::Said(said) => Event::Said(said.map(keep)),
            Self::Refused(refused) => Event::Refused(refused),
            Self::Idle => Event::Idle,
            Self::End => Event::End,
        }
    }
}

/// The server's end of one member's connection.
///
/// It starts paused: the server speaks first, by [`welcome`](Self::welcome), or by [`close`](Self::close) where there
/// is no place. From then on it tells what the member says. Who hears it is a [`Room`](super::Room)'s to decide, and
/// [`Seat`](super::Seat) is the handler that joins the two.
///
/// ```
/// use bytes::BytesMut;
/// use plainwire::chat::{Farewell, Limits, Said, Server, server::Event};
///
/// let mut server = Server::new(Limits::default());
/// let mut out = BytesMut::new();
/// server.welcome("ada".parse()?, &mut out)?;
///
/// let mut input = &b"hello\r\n/quit\r\n"[..];
/// let said = server.recv(&mut input, &mut out)?;
/// assert_eq!(said, Some(Event::Said(Said::Say { text: &b"hello"[..] })));
/// assert_eq!(server.recv(&mut input, &mut out)?, Some(Event::Said(Said::Quit { reason: None })));
/// server.close(Farewell::Bye, &mut out)?;
/// assert_eq!(out, "-- welcome, you are ada\r\n-- bye\r\n");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Server {
    limits: Limits,
    ending: Ending,
    lines: Lines,
    state: State,
    phase: u64,
    expired: bool,
    error: Option<Error>,
}

impl Server {
    /// An engine for a connection that was just accepted. It sends lines that end with CRLF.
    pub fn new(limits: Limits) -> Self {
        Self {
            lines: Lines::new(limits.line),
            limits,
            ending: Ending::Crlf,
            state: State::Greeting,
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

    /// Takes at most one event off the front of `input`; see [`Engine::recv`].
    ///
    /// What the member says is text that can't harm a terminal ([`text`](super::text)); other lines are answered with
    /// `-! CODE: …` and told as [`Event::Refused`]. Blank lines are taken and not told.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Truncated`] where the stream ends inside a line, [`ErrorKind::TimedOut`] where a line does not end
    /// in time. Nothing else ends the conversation.
    pub fn recv<'i>(&mut self, input: &mut &'i [u8], out: &mut BytesMut) -> Result<Option<Event<&'i [u8]>>, Error> {
        if let Some(error) = self.error {
            return Err(error);
        }
        if !self.status().reads() {
            return Ok(None);
        }
        if mem::take(&mut self.expired) {
            if self.state == State::Between {
                self.step(Cause::Expiry);
                return Ok(Some(Event::Idle));
            }
            return Err(self.fail(Error { kind: ErrorKind::TimedOut, offset: self.lines.offset() }, out));
        }
        loop {
            match read(&mut self.lines, input) {
                Ok(Read::Line(line, start)) => match Said::parse(line) {
                    Ok(None) => self.step(Cause::Line),
                    Ok(Some(said)) => {
                        self.step(if matches!(said, Said::Quit { .. }) { Cause::Quit } else { Cause::Line });
                        return Ok(Some(Event::Said(said)));
                    }
                    Err((why, at)) => {
                        self.step(Cause::Line);
                        return Ok(Some(self.refuse(why, start + at as u64, out)));
                    }
                },
                Ok(Read::Overlong(offset)) => {
                    self.step(Cause::Overlong);
                    return Ok(Some(self.refuse(Refusal::TooLong, offset, out)));
                }
                Ok(Read::Skipped) => self.step(Cause::Skipped),
                Ok(Read::Dry) => {
                    if self.state == State::Between && !input.is_empty() {
                        self.step(Cause::Octets);
                    }
                    return Ok(None);
                }
                Ok(Read::Over) => {
                    self.step(Cause::End);
                    return Ok(Some(Event::End));
                }
                Err(error) => return Err(self.fail(error, out)),
            }
        }
    }

    /// The next state. Every change passes here, and only what the table allows.
    fn step(&mut self, cause: Cause) {
        if let Some(next) = self.state.after(cause) {
            self.state = next;
            self.phase += 1;
        }
    }

    #[cold]
    fn refuse<B>(&mut self, why: Refusal, offset: u64, out: &mut BytesMut) -> Event<B> {
        write_line(&format!("-! {}: {why}", why.code()), self.ending, out);
        Event::Refused(Refused { why, offset })
    }

    #[cold]
    fn fail(&mut self, error: Error, out: &mut BytesMut) -> Error {
        write_line(error.reply(), self.ending, out);
        self.step(Cause::Fault);
        self.error = Some(error);
        error
    }

    /// Lets the member in and tells it its name.
    ///
    /// # Errors
    ///
    /// [`Misuse::NotNow`] where this was done already, or the conversation is over.
    pub fn welcome(&mut self, name: Name, out: &mut BytesMut) -> Result<(), Misuse> {
        if self.state.on(Cause::Welcome).is_none() {
            return Err(Misuse::NotNow);
        }
        Heard::<&[u8]>::Welcome { name }.write(&self.limits, self.ending, out)?;
        self.step(Cause::Welcome);
        Ok(())
    }

    /// Tells the member something, for servers that work without a [`Room`](super::Room).
    ///
    /// # Errors
    ///
    /// As [`Heard::write`]; [`Misuse::NotNow`] before the welcome and after the end.
    pub fn tell<B: AsRef<[u8]>>(&mut self, heard: &Heard<B>, out: &mut BytesMut) -> Result<(), Misuse> {
        if matches!(self.state, State::Greeting | State::Closed) {
            return Err(Misuse::NotNow);
        }
        heard.write(&self.limits, self.ending, out)
    }

    /// Lets go of the member. What is in `out` is to be written, then the connection closed.
    ///
    /// # Errors
    ///
    /// [`Misuse::NotNow`] where the conversation is over already.
    pub fn close(&mut self, farewell: Farewell, out: &mut BytesMut) -> Result<(), Misuse> {
        if self.state.on(Cause::Close).is_none() {
            return Err(Misuse::NotNow);
        }
        write_line(farewell.line(), self.ending, out);
        self.step(Cause::Close);
        Ok(())
    }

    /// Where the conversation stands.
    pub fn status(&self) -> Status {
        self.state.status()
    }

    /// What is waited for: inside a line its end, for [`Limits::line_time`]; between lines the next one, for
    /// [`Limits::idle`].
    pub fn patience(&self) -> Patience {
        let limit = match self.state {
            State::Between => self.limits.idle,
            State::Within | State::Skipping => Some(self.limits.line_time),
            State::Greeting | State::Leaving | State::Closed => None,
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
    states::diagram(|state: State| match state.status() {
        status @ Status::Open => format!("{status:?}, the line's clock runs"),
        status @ Status::Idle => format!("{status:?}, a clock runs where one is set"),
        status => format!("{status:?}"),
    })
}

notes! {
    impl Server;
    eof => self.lines.ended;
    /// Inside a line it then fails with [`ErrorKind::TimedOut`]; between lines it tells [`Event::Idle`].
    expire => self.expired;
}
delegate!(impl Engine + Detach for Server: Event, Error);
