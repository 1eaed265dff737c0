//! `AUTH` (RFC 4954).

use super::state::Cause;
use super::{Error, ErrorKind, Event, Misuse, Pending, Server, replies};
use crate::sasl::{self, Identity, Mechanism, Setting, Step, Store, base64};
use crate::smtp::{Answer, Text};
use crate::states::States;
use crate::syntax::line::command::Taken;
use alloc::boxed::Box;
use alloc::vec::Vec;
use bytes::{BufMut, BytesMut};

type Told<'i> = Result<Option<Event<&'i [u8]>>, Error>;

/// How an exchange went on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Authentication {
    /// The client was challenged, and its answer is awaited.
    Challenged,
    /// The client is who it says: 235.
    Granted,
    /// It is not: 535, or 421 where that was once too often.
    Denied,
}

impl Server {
    /// Asks `store` about the client, and answers: 235, 535, or in SCRAM the challenge that goes with what the store
    /// knows.
    ///
    /// # Errors
    ///
    /// [`Misuse::NotOwed`] unless [`Pending::Authentication`] is.
    pub fn authenticate(
        &mut self,
        store: &(impl Store + ?Sized),
        out: &mut BytesMut,
    ) -> Result<Authentication, Misuse> {
        let (Some(Pending::Authentication), Some(exchange)) = (self.pending, &mut self.exchange) else {
            return Err(self.not_owed());
        };
        match exchange.check(store) {
            Ok(Step::Challenge(challenge)) => {
                challenged(&challenge, out);
                self.stay();
                Ok(Authentication::Challenged)
            }
            Ok(Step::Granted(identity)) => {
                self.granted(identity, out);
                Ok(Authentication::Granted)
            }
            Ok(Step::Denied | Step::Check) | Err(_) => {
                self.denied(&replies::DENIED, out);
                Ok(Authentication::Denied)
            }
        }
    }

    /// What `accept` does for an exchange.
    pub(super) fn grant(&mut self, out: &mut BytesMut) -> Result<(), Misuse> {
        match self.exchange.as_mut().map(|exchange| exchange.grant()) {
            Some(Ok(Step::Granted(identity))) => {
                self.granted(identity, out);
                Ok(())
            }
            _ => Err(Misuse::NotOwed),
        }
    }

    /// The mechanisms that are announced on this channel.
    pub(super) fn offered_mechanisms(&self) -> Vec<&'static str> {
        // RFC 4954 3: an offer that is to be refused would be none.
        if self.identity.is_some() || (self.config.tls_required && !self.secure) {
            return Vec::new();
        }
        self.config.auth.iter().filter(|mechanism| self.offers(**mechanism)).map(|mechanism| mechanism.name()).collect()
    }

    fn offers(&self, mechanism: Mechanism) -> bool {
        (self.secure || self.config.auth_in_clear || !mechanism.shows_secret())
            && (self.binding.is_some() || !mechanism.binds_channel())
    }

    /// "AUTH" SP sasl-mech [SP initial-response]
    pub(super) fn auth<'i>(
        &mut self,
        mechanism: Text<&'i [u8]>,
        initial: Option<Text<&'i [u8]>>,
        out: &mut BytesMut,
    ) -> Told<'i> {
        if self.config.auth.is_empty() {
            return self.refuse(&replies::NOT_IMPLEMENTED, out);
        }
        let next = match self.state.on(Cause::Auth) {
            Some(next) if self.extended => next,
            // RFC 4954 4: not within a transaction, and not without extensions.
            _ => return self.refuse(&replies::OUT_OF_SEQUENCE, out),
        };
        if self.identity.is_some() {
            return self.refuse(&replies::ALREADY_AUTHENTICATED, out);
        }
        let mechanism = match Mechanism::from_name(mechanism.as_bytes()) {
            Some(mechanism) if self.config.auth.contains(&mechanism) => mechanism,
            _ => return self.refuse(&replies::UNKNOWN_MECHANISM, out),
        };
        if !self.offers(mechanism) {
            return self.refuse(&replies::MECHANISM_NEEDS_TLS, out);
        }
        let setting = Setting {
            host: self.config.host.as_str().into(),
            binding: self.binding.as_deref().cloned(),
            plus_offered: self.binding.is_some() && self.config.auth.iter().any(|mechanism| mechanism.binds_channel()),
            decoy: self.config.decoy,
            decoy_iterations: self.config.decoy_iterations,
            ..Setting::new(self.nonce.draw())
        };
        let mut exchange = Box::new(sasl::Server::new(mechanism, setting));
        let step = match initial.map(Text::into_octets) {
            None => Ok(Step::Challenge(exchange.begin())),
            // RFC 4954 4: a response of no octets.
            Some(b"=") => exchange.respond(b""),
            Some(text) => match base64::decode(text) {
                Ok(response) => exchange.respond(response.expose()),
                Err(_) => return self.refuse(&replies::BAD_RESPONSE, out),
            },
        };
        self.exchange = Some(exchange);
        self.state = next;
        self.advance(step, out)
    }

    /// Takes a line of the exchange.
    pub(super) fn response<'i>(&mut self, input: &mut &'i [u8], out: &mut BytesMut) -> Told<'i> {
        let line = match self.lines.take(input, self.config.limits.auth_line) {
            Taken::Line(line) => line,
            Taken::Dry(at) => return self.dry(input, at),
            Taken::Endless(at) => return Err(self.error(ErrorKind::LineTooLong, at)),
            // RFC 4954 4: the exchange fails where the line ends.
            Taken::Overlong(at) => return self.broken_off_behind(at, &replies::RESPONSE_TOO_LONG, out),
        };
        if line == b"*" {
            return self.broken_off(&replies::CANCELLED, out);
        }
        match base64::decode(line) {
            Ok(response) => {
                let step = match &mut self.exchange {
                    Some(exchange) => exchange.respond(response.expose()),
                    None => Err(sasl::ServerError::OutOfTurn),
                };
                self.advance(step, out)
            }
            Err(_) => self.broken_off(&replies::BAD_RESPONSE, out),
        }
    }

    fn advance<'i>(&mut self, step: Result<Step, sasl::ServerError>, out: &mut BytesMut) -> Told<'i> {
        match step {
            Ok(Step::Challenge(challenge)) => {
                challenged(&challenge, out);
                Ok(Some(Event::Challenged))
            }
            Ok(Step::Check) => Ok(Some(self.ask(Pending::Authentication, Event::Authenticate))),
            Ok(Step::Granted(identity)) => {
                self.granted(identity, out);
                Ok(Some(Event::Authenticated))
            }
            Ok(Step::Denied) => self.broken_off(&replies::DENIED, out),
            Err(_) => self.broken_off(&replies::BAD_RESPONSE, out),
        }
    }

    fn granted(&mut self, identity: Identity, out: &mut BytesMut) {
        replies::AUTHENTICATED.write(self.extended, out);
        self.identity = Some(Box::new(identity));
        self.exchange = None;
        self.settle(Cause::Outcome);
    }

    /// The exchange failed by what the client sent.
    fn broken_off<'i>(&mut self, answer: &Answer, out: &mut BytesMut) -> Told<'i> {
        self.broken_off_behind(0, answer, out)
    }

    fn broken_off_behind<'i>(&mut self, at: usize, answer: &Answer, out: &mut BytesMut) -> Told<'i> {
        self.auth_failures += 1;
        self.exchange = None;
        self.settle(Cause::Outcome);
        if self.auth_failures > self.config.limits.auth_failures {
            return Err(self.error(ErrorKind::TooManyErrors, at));
        }
        answer.write(self.extended, out);
        Ok(Some(Event::Unauthenticated))
    }

    /// The exchange failed by what the users' store says.
    fn denied(&mut self, answer: &Answer, out: &mut BytesMut) {
        self.auth_failures += 1;
        if self.auth_failures > self.config.limits.auth_failures {
            replies::TOO_MANY_ERRORS.write(self.extended, out);
            self.close();
            return;
        }
        answer.write(self.extended, out);
        self.exchange = None;
        self.settle(Cause::Outcome);
    }
}

/// 334 and the challenge in base64; an empty one is the space alone (RFC 4954 4).
fn challenged(challenge: &[u8], out: &mut BytesMut) {
    out.put_slice(b"334 ");
    base64::encode(challenge, out);
    out.put_slice(b"\r\n");
}
