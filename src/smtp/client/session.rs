//! Setting a session up: greeting, name, TLS, AUTH.

use super::state::{Cause, State};
use super::{Client, Error, ErrorKind, Event, Next, StartTls, Step};
use crate::sasl::{self, Mechanism, Policy, Secret, base64};
use crate::smtp::server::Protocol;
use crate::smtp::{Capabilities, Command, Reply};
use alloc::boxed::Box;
use bytes::{BufMut, BytesMut};

/// Octets of a command line without its CRLF (RFC 5321 4.5.3.1.4): an initial response that does not fit waits for the
/// challenge (RFC 4954 4).
const LINE: usize = 510;

impl Client {
    pub(super) fn setting_up<'i>(
        &mut self,
        reply: Reply<&'i [u8]>,
        out: &mut BytesMut,
    ) -> Result<Event<&'i [u8]>, Error> {
        let code = reply.code();
        if code.is_intermediate() && self.state != State::Auth {
            return Err(self.error(ErrorKind::Unsolicited, 0));
        }
        match self.state {
            State::Greeting if code.is_positive() => {
                self.say_name(out);
                self.go(Cause::Greeted);
                Ok(Event::Greeting(reply))
            }
            State::Hello if code.is_positive() => {
                *self.capabilities = Capabilities::of(&reply);
                self.advance(out)?;
                Ok(Event::Hello(reply))
            }
            // RFC 5321 3.2: a server from before extensions.
            State::Hello if code.is_permanent() && self.config.protocol == Protocol::Smtp => {
                if self.wants_tls() == Some(StartTls::Required) {
                    return Err(self.give_up(ErrorKind::NoTls, out));
                }
                let config = self.config.clone();
                self.say(&Command::Helo(config.name.clone()), out);
                self.go(Cause::Fallback);
                Ok(Event::Reply { step: Step::Hello, reply })
            }
            State::Helo if code.is_positive() => {
                *self.capabilities = Capabilities::default();
                self.advance(out)?;
                Ok(Event::Hello(reply))
            }
            State::StartTls if code.is_positive() => {
                self.go(Cause::Proceed);
                Ok(Event::StartTls(reply))
            }
            State::StartTls => {
                if self.wants_tls() == Some(StartTls::Required) {
                    return Err(self.give_up(ErrorKind::NoTls, out));
                }
                self.in_clear = true;
                self.advance(out)?;
                Ok(Event::Reply { step: Step::StartTls, reply })
            }
            State::Auth => self.authenticating(reply, out),
            State::Greeting => Ok(self.refused(Step::Greeting, reply, out)),
            _ => Ok(self.refused(Step::Hello, reply, out)),
        }
    }

    pub(super) fn say_name(&mut self, out: &mut BytesMut) {
        let config = self.config.clone();
        let name = config.name.clone();
        let command = if config.protocol == Protocol::Lmtp { Command::Lhlo(name) } else { Command::Ehlo(name) };
        self.say(&command, out);
    }

    /// What is to be done about STARTTLS, while anything is.
    fn wants_tls(&self) -> Option<StartTls> {
        (!self.secure && !self.in_clear).then_some(self.config.starttls)
    }

    /// The server has answered to the name: what is next?
    fn advance(&mut self, out: &mut BytesMut) -> Result<(), Error> {
        match self.wants_tls() {
            Some(StartTls::Required | StartTls::IfOffered) if self.capabilities.starttls => {
                self.say(&Command::<&[u8]>::StartTls, out);
                self.go(Cause::StartTls);
                return Ok(());
            }
            Some(StartTls::Required) => return Err(self.give_up(ErrorKind::NoTls, out)),
            _ => {}
        }
        if self.config.credentials.is_some() && !self.authenticated {
            match self.begin_auth(out) {
                Ok(true) => return Ok(()),
                Ok(false) => return Err(self.give_up(ErrorKind::NoMechanism, out)),
                Err(kind) => return Err(self.give_up(kind, out)),
            }
        }
        self.go(Cause::Ready);
        self.next = Some(Next::Ready);
        Ok(())
    }

    /// Says AUTH with the best mechanism left, if there is one.
    fn begin_auth(&mut self, out: &mut BytesMut) -> Result<bool, ErrorKind> {
        let config = self.config.clone();
        let Some(credentials) = &config.credentials else { return Ok(false) };
        let offered = || {
            self.capabilities.auth.iter().filter(|name| {
                Mechanism::from_name(name.as_bytes()).is_some_and(|mechanism| !self.declined.contains(&mechanism))
            })
        };
        let policy = Policy {
            private: self.secure,
            in_clear: config.auth_in_clear,
            binding: self.binding.is_some(),
            only: config.mechanism,
        };
        let Some(mechanism) = sasl::choose(offered().map(|name| &**name), credentials, &policy) else {
            return Ok(false);
        };
        let offers_plus = self.capabilities.auth.iter().any(|name| name.ends_with("-PLUS"));
        let mut exchange = sasl::Client::new(mechanism, credentials.clone(), self.nonce.draw())?;
        if let Some(binding) = self.binding.as_deref().filter(|_| mechanism.binds_channel() || !offers_plus) {
            exchange = exchange.bind(binding.clone());
        }
        out.put_slice(b"AUTH ");
        out.put_slice(mechanism.name().as_bytes());
        // The message is made only where it can be said at once; otherwise the empty challenge asks for it.
        if mechanism.client_first() {
            let room = LINE - 5 - mechanism.name().len() - 1;
            if exchange.initial_bound().is_some_and(|length| base64::encoded_len(length) <= room) {
                let initial = exchange.initial().unwrap_or_else(|| Secret::new([]));
                out.put_u8(b' ');
                if initial.expose().is_empty() {
                    out.put_u8(b'=');
                } else {
                    base64::encode(initial.expose(), out);
                }
            }
        }
        out.put_slice(b"\r\n");
        self.exchange = Some(Box::new(exchange));
        self.go(Cause::Auth);
        Ok(true)
    }

    fn authenticating<'i>(&mut self, reply: Reply<&'i [u8]>, out: &mut BytesMut) -> Result<Event<&'i [u8]>, Error> {
        let code = reply.code();
        let Some(exchange) = &mut self.exchange else { return Err(self.error(ErrorKind::Unsolicited, 0)) };
        if code.number() == 334 {
            let challenge = reply.lines().next().unwrap_or_default();
            let answer = match base64::decode(challenge) {
                Ok(challenge) => exchange.respond(challenge.expose()),
                Err(_) => Err(sasl::ClientError::Malformed),
            };
            match answer {
                Ok(answer) => {
                    base64::encode(answer.expose(), out);
                    out.put_slice(b"\r\n");
                    self.phase += 1;
                    return Ok(Event::Challenged);
                }
                Err(error) => {
                    // RFC 4954 4: the client cancels; nothing is left to be said to a server like that.
                    out.put_slice(b"*\r\n");
                    return Err(self.give_up(ErrorKind::Exchange(error), out));
                }
            }
        }
        if code.is_positive() {
            return match exchange.finish() {
                Ok(()) => {
                    self.exchange = None;
                    self.authenticated = true;
                    self.go(Cause::Ready);
                    self.next = Some(Next::Ready);
                    Ok(Event::Authenticated(reply))
                }
                Err(error) => Err(self.give_up(ErrorKind::Exchange(error), out)),
            };
        }
        if code.is_intermediate() {
            return Err(self.error(ErrorKind::Unsolicited, 0));
        }
        // 504 and 534: not this mechanism (RFC 4954 4 and 6). Anything else is about who we are.
        if matches!(code.number(), 504 | 534) {
            self.declined.push(exchange.mechanism());
            if matches!(self.begin_auth(out), Ok(true)) {
                return Ok(Event::Reply { step: Step::Auth, reply });
            }
        }
        Ok(self.refused(Step::Auth, reply, out))
    }

    /// The server refuses the session: goodbye.
    fn refused<'i>(&mut self, step: Step, reply: Reply<&'i [u8]>, out: &mut BytesMut) -> Event<&'i [u8]> {
        self.exchange = None;
        self.say(&Command::<&[u8]>::Quit, out);
        self.go(Cause::Refused);
        Event::Refused { step, reply }
    }

    /// The client refuses the session: goodbye.
    fn give_up(&mut self, kind: ErrorKind, out: &mut BytesMut) -> Error {
        self.say(&Command::<&[u8]>::Quit, out);
        self.error(kind, 0)
    }
}
