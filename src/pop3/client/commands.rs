//! Commands: each validates first, and then writes its line.

use super::super::digest::{ApopDigest, timestamp};
use super::{Cause, Client, Command, Misuse, State};
use crate::sasl::{self, Secret, base64};
use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use bytes::{BufMut, BytesMut};

/// The longest command line, with its CRLF (RFC 2449 4).
const LINE: usize = 255;

/// What a server said that it can do, as far as a client decides by it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Offers {
    /// It answered `CAPA`.
    pub told: bool,
    /// `TOP`
    pub top: bool,
    /// `UIDL`
    pub uidl: bool,
    /// `USER`
    pub user: bool,
    /// `STLS`
    pub stls: bool,
    /// `PIPELINING`
    pub pipelining: bool,
    /// `RESP-CODES` or `AUTH-RESP-CODE`
    pub codes: bool,
    /// `UTF8`
    pub utf8: bool,
    /// `LANG`
    pub lang: bool,
    /// The mechanisms of `SASL`, spaces between them.
    pub mechanisms: String,
}

impl Offers {
    /// The names of the mechanisms, for [`sasl::choose`].
    pub fn mechanisms(&self) -> impl Iterator<Item = &str> {
        self.mechanisms.split_ascii_whitespace()
    }
}

impl Client {
    /// Asks what the server can do: [`Capability`](super::Event::Capability) events, and [`offers`](Self::offers).
    ///
    /// # Errors
    ///
    /// [`Misuse::NotNow`], [`Misuse::Busy`]; so for every command.
    pub fn capa(&mut self, out: &mut BytesMut) -> Result<(), Misuse> {
        self.say(Command::Capa, "CAPA", out)
    }

    /// Asks for TLS. After [`Ok`](super::Event::Ok) the session is handed over; see [`secured`](Self::secured).
    ///
    /// # Errors
    ///
    /// As [`capa`](Self::capa).
    pub fn stls(&mut self, out: &mut BytesMut) -> Result<(), Misuse> {
        self.say(Command::Stls, "STLS", out)
    }

    /// Says whose maildrop is wanted.
    ///
    /// # Errors
    ///
    /// As [`capa`](Self::capa); [`Misuse::Argument`], [`Misuse::TooLong`].
    pub fn user(&mut self, name: &str, out: &mut BytesMut) -> Result<(), Misuse> {
        self.say_with(Command::User, "USER", name.as_bytes(), out)
    }

    /// Says the password, in clear: never without TLS.
    ///
    /// # Errors
    ///
    /// As [`user`](Self::user).
    pub fn pass(&mut self, password: &Secret, out: &mut BytesMut) -> Result<(), Misuse> {
        self.say_with(Command::Pass, "PASS", password.expose(), out)
    }

    /// Whether the greeting has a timestamp that may be answered.
    pub fn offers_apop(&self) -> bool {
        self.timestamp.is_some()
    }

    /// Logs in by a digest of the greeting's timestamp and the password (RFC 1939 7).
    ///
    /// It hides the password from who listens, and nothing else: MD5 falls to guessing. Prefer SCRAM, or TLS.
    ///
    /// # Errors
    ///
    /// As [`user`](Self::user); [`Misuse::NoTimestamp`].
    pub fn apop(&mut self, name: &str, password: &Secret, out: &mut BytesMut) -> Result<(), Misuse> {
        let Some(timestamp) = &self.timestamp else { return Err(Misuse::NoTimestamp) };
        // The name ends where the space is.
        if name.contains(' ') || password.expose().is_empty() {
            return Err(Misuse::Argument);
        }
        let digest = ApopDigest::new(timestamp, password);
        self.say_with(Command::Apop, "APOP", format!("{name} {digest}").as_bytes(), out)
    }

    /// Logs in by a SASL exchange, which the engine then leads: [`Challenged`](super::Event::Challenged) events, and at
    /// the end [`Ok`](super::Event::Ok) or [`Refused`](super::Event::Refused).
    ///
    /// # Errors
    ///
    /// As [`capa`](Self::capa).
    pub fn auth(&mut self, mut exchange: sasl::Client, out: &mut BytesMut) -> Result<(), Misuse> {
        self.may_say(Command::Auth)?;
        let name = exchange.mechanism().name();
        let initial = if self.quirks.no_initial_response { None } else { exchange.initial() };
        out.put_slice(b"AUTH ");
        out.put_slice(name.as_bytes());
        match initial {
            // RFC 5034 4: "=" is a response of no octets.
            Some(initial) if initial.expose().is_empty() => out.put_slice(b" ="),
            Some(initial) if 5 + name.len() + 1 + base64::encoded_len(initial.expose().len()) + 2 <= LINE => {
                out.put_slice(b" ");
                base64::encode(initial.expose(), out);
            }
            // RFC 5034 4: one that does not fit into the line waits for the server's empty challenge.
            kept => self.initial = kept,
        }
        out.put_slice(b"\r\n");
        self.exchange = Some(Box::new(exchange));
        self.advance(Cause::Auth);
        self.expect(Command::Auth);
        Ok(())
    }

    /// Asks how many messages there are, and how large they are together.
    ///
    /// # Errors
    ///
    /// As [`capa`](Self::capa).
    pub fn stat(&mut self, out: &mut BytesMut) -> Result<(), Misuse> {
        self.say(Command::Stat, "STAT", out)
    }

    /// Asks how large a message is, or all of them.
    ///
    /// # Errors
    ///
    /// As [`capa`](Self::capa); [`Misuse::Zero`].
    pub fn list(&mut self, message: Option<u32>, out: &mut BytesMut) -> Result<(), Misuse> {
        self.say_of(Command::List(message), "LIST", message, None, out)
    }

    /// Asks for the unique id of a message, or of all.
    ///
    /// # Errors
    ///
    /// As [`list`](Self::list).
    pub fn uidl(&mut self, message: Option<u32>, out: &mut BytesMut) -> Result<(), Misuse> {
        self.say_of(Command::Uidl(message), "UIDL", message, None, out)
    }

    /// Asks for the header of a message and so many lines of its body.
    ///
    /// # Errors
    ///
    /// As [`list`](Self::list).
    pub fn top(&mut self, message: u32, lines: u32, out: &mut BytesMut) -> Result<(), Misuse> {
        self.say_of(Command::Top { message, lines }, "TOP", Some(message), Some(lines), out)
    }

    /// Asks for a message.
    ///
    /// # Errors
    ///
    /// As [`list`](Self::list).
    pub fn retr(&mut self, message: u32, out: &mut BytesMut) -> Result<(), Misuse> {
        self.say_of(Command::Retr(message), "RETR", Some(message), None, out)
    }

    /// Marks a message as deleted. It is gone when `QUIT` was answered with yes, and not before.
    ///
    /// # Errors
    ///
    /// As [`list`](Self::list).
    pub fn dele(&mut self, message: u32, out: &mut BytesMut) -> Result<(), Misuse> {
        self.say_of(Command::Dele(message), "DELE", Some(message), None, out)
    }

    /// Says nothing, so that the server does not log out.
    ///
    /// # Errors
    ///
    /// As [`capa`](Self::capa).
    pub fn noop(&mut self, out: &mut BytesMut) -> Result<(), Misuse> {
        self.say(Command::Noop, "NOOP", out)
    }

    /// Takes all marks off.
    ///
    /// # Errors
    ///
    /// As [`capa`](Self::capa).
    pub fn rset(&mut self, out: &mut BytesMut) -> Result<(), Misuse> {
        self.say(Command::Rset, "RSET", out)
    }

    /// Switches to UTF-8 (RFC 6856 2.1): before login, and behind `STLS`.
    ///
    /// # Errors
    ///
    /// As [`capa`](Self::capa).
    pub fn utf8(&mut self, out: &mut BytesMut) -> Result<(), Misuse> {
        self.say(Command::Utf8, "UTF8", out)
    }

    /// Asks for answers in a language (a tag, or `*`), or for the languages that there are (RFC 6856 3).
    ///
    /// # Errors
    ///
    /// As [`user`](Self::user).
    pub fn lang(&mut self, tag: Option<&str>, out: &mut BytesMut) -> Result<(), Misuse> {
        match tag {
            None => self.say(Command::Lang { listing: true }, "LANG", out),
            Some(tag) if tag.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'*')) => {
                self.say_with(Command::Lang { listing: false }, "LANG", tag.as_bytes(), out)
            }
            Some(_) => Err(Misuse::Argument),
        }
    }

    /// Ends the session. Only its positive answer says that what was marked is gone.
    ///
    /// # Errors
    ///
    /// As [`capa`](Self::capa).
    pub fn quit(&mut self, out: &mut BytesMut) -> Result<(), Misuse> {
        self.say(Command::Quit, "QUIT", out)
    }

    /// Whether a command may be said now.
    ///
    /// # Errors
    ///
    /// [`Misuse::NotNow`] or [`Misuse::Busy`], as the command itself.
    pub fn may_say(&self, command: Command) -> Result<(), Misuse> {
        if !self.state.allows(command) {
            return Err(if matches!(self.state, State::Greeting | State::Exchange) {
                Misuse::Busy
            } else {
                Misuse::NotNow
            });
        }
        let pipelining = self.offers.pipelining || self.quirks.pipelining_unoffered;
        let room = if pipelining { self.limits.pipeline.max(1) } else { 1 };
        if self.sent.len() >= room || self.sent.back().is_some_and(|last| last.is_last()) {
            return Err(Misuse::Busy);
        }
        Ok(())
    }

    fn say(&mut self, command: Command, line: &str, out: &mut BytesMut) -> Result<(), Misuse> {
        self.may_say(command)?;
        out.put_slice(line.as_bytes());
        out.put_slice(b"\r\n");
        self.said(command);
        Ok(())
    }

    fn say_of(
        &mut self,
        command: Command,
        keyword: &str,
        message: Option<u32>,
        lines: Option<u32>,
        out: &mut BytesMut,
    ) -> Result<(), Misuse> {
        let line = match (message, lines) {
            (Some(0), _) => return Err(Misuse::Zero),
            (None, _) => return self.say(command, keyword, out),
            (Some(message), None) => format!("{keyword} {message}"),
            (Some(message), Some(lines)) => format!("{keyword} {message} {lines}"),
        };
        self.say(command, &line, out)
    }

    fn say_with(&mut self, command: Command, keyword: &str, argument: &[u8], out: &mut BytesMut) -> Result<(), Misuse> {
        self.may_say(command)?;
        // No argument may end its line, and none be none.
        if argument.is_empty() || argument.iter().any(u8::is_ascii_control) {
            return Err(Misuse::Argument);
        }
        if keyword.len() + 1 + argument.len() + 2 > LINE {
            return Err(Misuse::TooLong);
        }
        out.put_slice(keyword.as_bytes());
        out.put_slice(b" ");
        out.put_slice(argument);
        out.put_slice(b"\r\n");
        self.said(command);
        Ok(())
    }

    fn said(&mut self, command: Command) {
        if command == Command::Quit {
            self.advance(Cause::Quit);
        }
        self.expect(command);
    }

    fn expect(&mut self, command: Command) {
        // A wait begins where there was none.
        if self.sent.is_empty() {
            self.phase += 1;
        }
        self.sent.push_back(command);
    }

    /// Notes the timestamp of a greeting.
    pub(super) fn note_greeting(&mut self, text: &[u8]) {
        self.timestamp = timestamp(text).map(Into::into);
    }
}
