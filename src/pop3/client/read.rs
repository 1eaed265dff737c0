//! Answers: which command each belongs to, and whether it is one.

use super::super::size::number;
use super::super::{Capability, Code};
use super::{Cause, Client, Command, Error, ErrorKind, Event, Offers, State};
use crate::sasl::base64;
use crate::syntax::dots::Piece;
use alloc::string::String;
use bytes::{BufMut, BytesMut};

type Told<'i> = Result<Option<Event<&'i [u8]>>, Error>;

/// The first line of an answer.
enum Answer<'i> {
    Ok(&'i [u8]),
    Err(&'i [u8]),
    /// `+ `: a challenge in base64.
    Challenge(&'i [u8]),
}

impl Client {
    pub(super) fn step<'i>(&mut self, input: &mut &'i [u8], out: &mut BytesMut) -> Told<'i> {
        match self.state {
            State::Closed => return Ok(None),
            State::Tls if input.is_empty() => return Ok(None),
            State::Tls => return Err(self.error(ErrorKind::Injected, 0)),
            _ => {}
        }
        if self.expired {
            return Err(self.error(ErrorKind::TimedOut, 0));
        }
        let Some(&command) = self.sent.front() else {
            // Nothing is waited for: what comes is nobody's, and an end is an end.
            if !input.is_empty() {
                return Err(self.error(ErrorKind::Unsolicited, 0));
            }
            if self.ended {
                self.close();
            }
            return Ok(None);
        };
        if !self.inside {
            return self.answer(command, input, out);
        }
        match command {
            Command::Retr(_) | Command::Top { .. } => self.message(command, input),
            _ => self.listing(command, input),
        }
    }

    /// An error `at` octets into this step.
    fn error(&self, kind: ErrorKind, at: usize) -> Error {
        Error { kind, offset: self.taken + at as u64 }
    }

    fn malformed<'i>(&self) -> Told<'i> {
        Err(self.error(ErrorKind::Malformed, 0))
    }

    /// A line without its CRLF; `Ok(None)` while it is not whole.
    fn line<'i>(&mut self, input: &mut &'i [u8]) -> Result<Option<&'i [u8]>, Error> {
        match self.lines.take(input, self.limits.line) {
            Ok(Some(line)) => Ok(Some(line)),
            Ok(None) if self.ended => Err(self.error(ErrorKind::Truncated, input.len())),
            Ok(None) => Ok(None),
            Err(_) => Err(self.error(ErrorKind::LineTooLong, self.limits.line)),
        }
    }

    fn answer<'i>(&mut self, command: Command, input: &mut &'i [u8], out: &mut BytesMut) -> Told<'i> {
        let Some(line) = self.line(input)? else { return Ok(None) };
        let Some(answer) = Answer::read(line) else { return self.malformed() };
        match answer {
            Answer::Challenge(text) if command == Command::Auth => self.challenge(text, out),
            Answer::Challenge(_) => self.malformed(),
            Answer::Err(text) => {
                self.sent.pop_front();
                match command {
                    Command::Greeting => self.advance(Cause::Unwelcome),
                    Command::Auth => {
                        self.exchange = None;
                        self.initial = None;
                        self.advance(Cause::Refusal);
                    }
                    Command::Quit => self.advance(Cause::Goodbye),
                    _ => {}
                }
                let (code, text) = Code::take(text);
                Ok(Some(Event::Refused { command, code, text }))
            }
            Answer::Ok(text) => self.positive(command, text),
        }
    }

    fn positive<'i>(&mut self, command: Command, text: &'i [u8]) -> Told<'i> {
        if command.is_multi_line() {
            self.inside = true;
            self.unstuff = crate::syntax::dots::Unstuff::new();
            (self.message, self.listed) = (0, 0);
            if command == Command::Capa {
                self.offers = Offers { told: true, ..Offers::default() };
            }
            return Ok(Some(Event::Begin { command, text }));
        }
        let event = match command {
            Command::Greeting => {
                self.note_greeting(text);
                Event::Greeting { text }
            }
            Command::Stat => match two_numbers(text) {
                Some((messages, octets)) => {
                    Event::Stat { messages: u32::try_from(messages).unwrap_or(u32::MAX), octets }
                }
                None => return self.malformed(),
            },
            Command::List(Some(asked)) => match size(text) {
                Some((message, octets)) if message == asked => Event::Size { message, octets },
                _ => return self.malformed(),
            },
            Command::Uidl(Some(asked)) => match self.unique_id(text) {
                Some((message, id)) if message == asked => Event::UniqueId { message, id },
                _ => return self.malformed(),
            },
            Command::Auth => {
                // A server that never proved itself, or that says yes before we said all, is not believed.
                let proven = self.exchange.take().is_some_and(|exchange| exchange.finish().is_ok());
                if !proven || self.initial.take().is_some() {
                    return Err(self.error(ErrorKind::Unproven, 0));
                }
                Event::Ok { command, text }
            }
            _ => Event::Ok { command, text },
        };
        self.sent.pop_front();
        match command {
            Command::Greeting => self.advance(Cause::Welcome),
            Command::Stls => self.advance(Cause::Stls),
            Command::Pass | Command::Apop | Command::Auth => self.advance(Cause::Login),
            Command::Quit => self.advance(Cause::Goodbye),
            _ => {}
        }
        Ok(Some(event))
    }

    /// Answers a challenge, or calls the exchange off.
    fn challenge<'i>(&mut self, text: &[u8], out: &mut BytesMut) -> Told<'i> {
        // An exchange that was called off goes no further.
        let Some(exchange) = &mut self.exchange else { return self.malformed() };
        let answer = match base64::decode(text) {
            Err(_) => Err(crate::sasl::ClientError::Malformed),
            Ok(challenge) => match self.initial.take() {
                Some(initial) if challenge.expose().is_empty() => Ok(initial),
                Some(_) => Err(crate::sasl::ClientError::Malformed),
                None => exchange.respond(challenge.expose()),
            },
        };
        match answer {
            Ok(answer) => {
                base64::encode(answer.expose(), out);
                out.put_slice(b"\r\n");
                Ok(Some(Event::Challenged))
            }
            Err(error) => {
                self.exchange = None;
                out.put_slice(b"*\r\n");
                Ok(Some(Event::Cancelled(error)))
            }
        }
    }

    /// Octets of a message.
    fn message<'i>(&mut self, command: Command, input: &mut &'i [u8]) -> Told<'i> {
        let (before, from) = (self.unstuff, *input);
        match self.unstuff.next_text(input) {
            Some(Piece::Text(octets) | Piece::Bare(_, octets)) => {
                let room = self.limits.message.map_or(u64::MAX, |most| most - self.message);
                if octets.len() as u64 <= room {
                    self.message += octets.len() as u64;
                    return Ok(Some(Event::Data(octets)));
                }
                // What fits is told first, so that the error is the same however the octets came.
                let fits = from.len() - input.len() - octets.len() + room as usize;
                let mut visible = &from[..fits];
                self.unstuff = before;
                match self.unstuff.next_text(&mut visible) {
                    Some(Piece::Text(octets) | Piece::Bare(_, octets)) => {
                        *input = &from[fits - visible.len()..];
                        self.message += octets.len() as u64;
                        Ok(Some(Event::Data(octets)))
                    }
                    _ => {
                        *input = from;
                        Err(self.error(ErrorKind::MessageTooLarge, fits))
                    }
                }
            }
            Some(Piece::End) => Ok(Some(self.end(command))),
            None if self.ended => Err(self.error(ErrorKind::Truncated, input.len())),
            None => Ok(None),
        }
    }

    fn end<'i>(&mut self, command: Command) -> Event<&'i [u8]> {
        self.sent.pop_front();
        self.inside = false;
        Event::End { command }
    }

    /// A line of an answer that is no message.
    fn listing<'i>(&mut self, command: Command, input: &mut &'i [u8]) -> Told<'i> {
        let Some(line) = self.line(input)? else { return Ok(None) };
        // RFC 1939 3
        let line = match line {
            b"." => return Ok(Some(self.end(command))),
            [b'.', rest @ ..] => rest,
            _ => line,
        };
        if self.listed >= self.limits.list {
            return Err(self.error(ErrorKind::ListTooLong, 0));
        }
        self.listed += 1;
        Ok(Some(match command {
            Command::Capa => {
                let capability = Capability::parse(line);
                self.note(&capability);
                Event::Capability(capability)
            }
            Command::List(_) => match size(line) {
                Some((message, octets)) => Event::Size { message, octets },
                None => return self.malformed(),
            },
            Command::Uidl(_) => match self.unique_id(line) {
                Some((message, id)) => Event::UniqueId { message, id },
                None => return self.malformed(),
            },
            _ => {
                let (tag, name) = split(line);
                Event::Language { tag, name }
            }
        }))
    }

    /// number SP unique-id, which has 1 to 70 octets of %x21-7E (RFC 1939 7).
    fn unique_id<'i>(&self, text: &'i [u8]) -> Option<(u32, &'i [u8])> {
        let (message, id) = split(text);
        let fits = !id.is_empty() && (id.len() <= 70 || self.quirks.long_unique_ids);
        (fits && id.iter().all(u8::is_ascii_graphic)).then_some((message_number(message)?, id))
    }

    fn note(&mut self, capability: &Capability<&[u8]>) {
        let offers = &mut self.offers;
        match capability {
            Capability::Top => offers.top = true,
            Capability::User => offers.user = true,
            Capability::Uidl => offers.uidl = true,
            Capability::Stls => offers.stls = true,
            Capability::Pipelining => offers.pipelining = true,
            Capability::RespCodes | Capability::AuthRespCode => offers.codes = true,
            Capability::Utf8 { .. } => offers.utf8 = true,
            Capability::Lang => offers.lang = true,
            Capability::Sasl(mechanisms) => offers.mechanisms = String::from_utf8_lossy(mechanisms).into_owned(),
            _ => {}
        }
    }
}

impl<'i> Answer<'i> {
    /// RFC 1939 3: the indicators are in upper case. RFC 5034 4: `+` SP and base64, which may be none.
    fn read(line: &'i [u8]) -> Option<Self> {
        let text = |rest: &'i [u8]| match rest {
            [] => Some(rest),
            [b' ', text @ ..] => Some(text),
            _ => None,
        };
        if let Some(rest) = line.strip_prefix(b"+OK") {
            return text(rest).map(Self::Ok);
        }
        if let Some(rest) = line.strip_prefix(b"-ERR") {
            return text(rest).map(Self::Err);
        }
        line.strip_prefix(b"+").and_then(text).map(Self::Challenge)
    }
}

fn split(line: &[u8]) -> (&[u8], &[u8]) {
    match memchr::memchr(b' ', line) {
        Some(at) => (&line[..at], &line[at + 1..]),
        None => (line, b""),
    }
}

/// Messages are numbered from 1.
fn message_number(text: &[u8]) -> Option<u32> {
    number(text).and_then(|number| u32::try_from(number).ok()).filter(|&number| number > 0)
}

/// nn SP mm, and after another space whatever the server likes (RFC 1939 5, STAT and LIST).
fn two_numbers(text: &[u8]) -> Option<(u64, u64)> {
    let (first, rest) = split(text);
    Some((number(first)?, number(split(rest).0)?))
}

fn size(text: &[u8]) -> Option<(u32, u64)> {
    let (message, octets) = two_numbers(text)?;
    Some((u32::try_from(message).ok().filter(|&message| message > 0)?, octets))
}
