//! Command lines: what each asks for, and what is refused without asking.

use super::super::size::number;
use super::config::Expire;
use super::maildrop::Which;
use super::state::{Cause, State};
use super::{Error, ErrorKind, Event, Pending, Refusal, Server, say};
use crate::syntax::line::command::Taken;
use alloc::format;
use alloc::string::String;
use bytes::BytesMut;
use core::fmt::Write as _;

type Told<'i> = Result<Option<Event<&'i [u8]>>, Error>;

impl Server {
    /// Takes a line: a command, or a response of an exchange.
    pub(super) fn line<'i>(&mut self, input: &mut &'i [u8], out: &mut BytesMut) -> Told<'i> {
        let exchange = self.state == State::Exchange;
        let limits = &self.config.limits;
        match self.lines.take(input, if exchange { limits.auth_line } else { limits.line }) {
            Taken::Line(line) if exchange => self.response(line, out),
            Taken::Line(line) => self.command(line, out),
            Taken::Dry(at) => self.dry(input, at),
            Taken::Endless(at) => Err(self.error(ErrorKind::LineTooLong, at)),
            Taken::Overlong(at) if exchange => self.broken_off_behind(at, "-ERR [AUTH] response too long", out),
            Taken::Overlong(at) => {
                self.user = None;
                self.refused_behind(at, Refusal::TooLong, out)
            }
        }
    }

    /// Nothing can be told of `input`, which begins `at` octets into this step: more has to come, or never will.
    fn dry<'i>(&mut self, input: &[u8], at: usize) -> Told<'i> {
        if !self.ended {
            return Ok(None);
        }
        let between = !self.lines.skipping() && matches!(self.state, State::Authorization | State::Transaction);
        if input.is_empty() && between {
            // RFC 1939 6: without QUIT nothing is deleted.
            self.close();
            return Ok(None);
        }
        Err(self.error(ErrorKind::Truncated, at + input.len()))
    }

    pub(super) fn refused<'i>(&mut self, why: Refusal, out: &mut BytesMut) -> Told<'i> {
        self.refused_behind(0, why, out)
    }

    /// The same for a line that ends `at` octets into this step.
    fn refused_behind<'i>(&mut self, at: usize, why: Refusal, out: &mut BytesMut) -> Told<'i> {
        self.errors += 1;
        if self.errors > self.config.limits.errors {
            return Err(self.error(ErrorKind::TooManyErrors, at));
        }
        say(out, why.line());
        Ok(Some(Event::Refused(why)))
    }

    fn command<'i>(&mut self, line: &'i [u8], out: &mut BytesMut) -> Told<'i> {
        if line.ends_with(b" HTTP/1.1") || line.ends_with(b" HTTP/1.0") {
            return Err(self.error(ErrorKind::Foreign, 0));
        }
        let (keyword, argument) = match memchr::memchr(b' ', line) {
            Some(at) => (&line[..at], Some(&line[at + 1..])),
            None => (line, None),
        };
        let mut upper = [0; 4];
        let known = keyword.len() <= 4 && keyword.len() >= 3;
        if known {
            upper[..keyword.len()].copy_from_slice(keyword);
            upper.make_ascii_uppercase();
        }
        // RFC 1939 7: PASS directly behind USER.
        let named = if upper == *b"PASS" { self.user.take() } else { None };
        self.user = named;
        // No octet of a command is a control character, whatever it is an argument of.
        if line.iter().any(u8::is_ascii_control) {
            return self.refused(Refusal::Arguments, out);
        }
        let (authorization, transaction) = (self.state == State::Authorization, self.state == State::Transaction);
        let allowed = match &upper {
            b"CAPA" | b"QUIT" | b"LANG" => true,
            b"STLS" | b"USER" | b"PASS" | b"APOP" | b"AUTH" | b"UTF8" => authorization,
            b"STAT" | b"LIST" | b"UIDL" | b"TOP\0" | b"RETR" | b"DELE" | b"NOOP" | b"RSET" => transaction,
            _ => return self.refused(Refusal::Unknown, out),
        };
        let offered = match &upper {
            b"STLS" => self.config.stls,
            b"APOP" => self.config.apop,
            b"AUTH" => !self.config.auth.is_empty(),
            b"UTF8" => self.config.utf8,
            b"LANG" => !self.config.language_list().is_empty(),
            _ => true,
        };
        if !offered {
            return self.refused(Refusal::Unknown, out);
        }
        if !allowed {
            return self.refused(Refusal::NotNow, out);
        }
        let arguments = argument.is_some();
        match &upper {
            b"CAPA" | b"STLS" | b"UTF8" | b"STAT" | b"NOOP" | b"RSET" | b"QUIT" if arguments => {
                self.refused(Refusal::Arguments, out)
            }
            b"USER" | b"PASS" | b"APOP" | b"AUTH" | b"RETR" | b"DELE" | b"TOP\0" if !arguments => {
                self.refused(Refusal::Arguments, out)
            }
            b"CAPA" => {
                self.capabilities(out);
                Ok(Some(Event::Capa))
            }
            b"STLS" if self.secure => self.refused(Refusal::NotNow, out),
            b"STLS" => {
                say(out, "+OK begin TLS");
                self.settle(Cause::Stls);
                Ok(Some(Event::Stls))
            }
            b"USER" => self.user(argument.unwrap_or_default(), out),
            b"PASS" => self.pass(argument.unwrap_or_default(), out),
            b"APOP" => self.apop(argument.unwrap_or_default(), out),
            b"AUTH" => self.auth(argument.unwrap_or_default(), out),
            b"UTF8" => {
                self.utf8 = true;
                say(out, "+OK UTF8 it is");
                Ok(Some(Event::Utf8))
            }
            b"LANG" => self.lang(argument, out),
            b"STAT" => {
                say(out, &format!("+OK {} {}", self.drop.left(), self.drop.octets()));
                Ok(Some(Event::Stat))
            }
            b"LIST" => self.listing(argument, Which::Sizes, out),
            b"UIDL" => self.listing(argument, Which::UniqueIds, out),
            b"NOOP" => {
                say(out, "+OK");
                Ok(Some(Event::Noop))
            }
            b"RSET" => {
                self.drop.unmark();
                say(out, &format!("+OK {}", self.drop.describe()));
                Ok(Some(Event::Rset))
            }
            b"DELE" => match self.message(argument) {
                Ok(message) => {
                    self.drop.mark(message);
                    say(out, &format!("+OK message {message} deleted"));
                    Ok(Some(Event::Dele(message)))
                }
                Err(why) => self.refused(why, out),
            },
            b"RETR" => match self.message(argument) {
                Ok(message) => Ok(Some(self.fetch(message, None, Event::Retr { message }))),
                Err(why) => self.refused(why, out),
            },
            b"TOP\0" => {
                let (message, lines) = match argument.map(|text| (text, memchr::memchr(b' ', text))) {
                    Some((text, Some(at))) => (&text[..at], number(&text[at + 1..])),
                    _ => (&b""[..], None),
                };
                let lines = lines.map(|lines| u32::try_from(lines).unwrap_or(u32::MAX));
                match (self.message(Some(message)), lines) {
                    (Ok(message), Some(lines)) => {
                        Ok(Some(self.fetch(message, Some(lines), Event::Top { message, lines })))
                    }
                    (Err(why), Some(_)) => self.refused(why, out),
                    (_, None) => self.refused(Refusal::Arguments, out),
                }
            }
            _ if transaction => Ok(Some(self.leave())),
            _ => {
                say(out, &format!("+OK {} POP3 server signing off", self.config.host()));
                self.settle(Cause::Quit);
                Ok(Some(Event::Quit))
            }
        }
    }

    /// `QUIT` with a maildrop.
    fn leave<'i>(&mut self) -> Event<&'i [u8]> {
        self.settle(Cause::Quit);
        self.ask(Pending::Update, Event::Quit)
    }

    fn fetch<'i>(&mut self, message: u32, lines: Option<u32>, event: Event<&'i [u8]>) -> Event<&'i [u8]> {
        self.settle(Cause::Retr);
        self.prepare(message, lines);
        self.ask(Pending::Message, event)
    }

    /// The number of a message that is there and not marked.
    fn message(&self, argument: Option<&[u8]>) -> Result<u32, Refusal> {
        let message = argument.and_then(number).ok_or(Refusal::Arguments)?;
        let message = u32::try_from(message).map_err(|_| Refusal::NoSuchMessage)?;
        if self.drop.has(message) { Ok(message) } else { Err(Refusal::NoSuchMessage) }
    }

    fn listing<'i>(&mut self, argument: Option<&[u8]>, which: Which, out: &mut BytesMut) -> Told<'i> {
        let event = |message| match which {
            Which::Sizes => Event::List(message),
            Which::UniqueIds => Event::Uidl(message),
        };
        if argument.is_none() {
            self.drop.write_all(which, out);
            return Ok(Some(event(None)));
        }
        match self.message(argument) {
            Ok(message) => {
                self.drop.write_one(message, which, out);
                Ok(Some(event(Some(message))))
            }
            Err(why) => self.refused(why, out),
        }
    }

    /// RFC 6856 3.
    fn lang<'i>(&mut self, argument: Option<&'i [u8]>, out: &mut BytesMut) -> Told<'i> {
        let list = self.config.language_list();
        let Some(tag) = argument else {
            let mut text = String::from("+OK languages:\r\n");
            for (tag, name) in list {
                // Writing into a string does not fail.
                let _written = write!(text, "{tag} {name}\r\n");
            }
            text.push('.');
            say(out, &text);
            return Ok(Some(Event::Lang(None)));
        };
        let chosen = match tag {
            b"*" => Some(0),
            _ => list.iter().position(|(known, _)| known.as_bytes().eq_ignore_ascii_case(tag)),
        };
        let Some(chosen) = chosen else { return self.refused(Refusal::Language, out) };
        let (tag_said, name) = &list[chosen];
        say(out, &format!("+OK {tag_said} {name}"));
        self.language = Some(chosen);
        Ok(Some(Event::Lang(Some(tag))))
    }

    /// RFC 2449 5 and 6, with what RFC 2595, 3206, 5034 and 6856 add.
    fn capabilities(&self, out: &mut BytesMut) {
        let config = &self.config;
        let logged_in = self.state == State::Transaction;
        let mut text = String::from(
            "+OK capability list follows\r\nTOP\r\nUIDL\r\nRESP-CODES\r\nAUTH-RESP-CODE\r\nPIPELINING\r\n",
        );
        // Writing into a string does not fail.
        let _written = match config.expire {
            Expire::Unsaid => Ok(()),
            Expire::Never => write!(text, "EXPIRE NEVER\r\n"),
            Expire::Days(days) => write!(text, "EXPIRE {days}\r\n"),
        };
        if let Some(seconds) = config.login_delay {
            let _written = write!(text, "LOGIN-DELAY {seconds}\r\n");
        }
        if self.private() {
            text.push_str("USER\r\n");
        }
        let mut mechanisms = config.mechanisms(self.secure, self.binding.is_some()).peekable();
        if mechanisms.peek().is_some() {
            text.push_str("SASL");
            for mechanism in mechanisms {
                let _written = write!(text, " {mechanism}");
            }
            text.push_str("\r\n");
        }
        if config.stls && !self.secure && !logged_in {
            text.push_str("STLS\r\n");
        }
        if config.utf8 {
            text.push_str("UTF8 USER\r\n");
        }
        if !config.language_list().is_empty() {
            text.push_str("LANG\r\n");
        }
        if let Some(name) = config.implementation_name().filter(|_| logged_in) {
            let _written = write!(text, "IMPLEMENTATION {name}\r\n");
        }
        text.push('.');
        say(out, &text);
    }
}
