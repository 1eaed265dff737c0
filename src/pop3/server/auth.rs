//! `USER` and `PASS`, `APOP`, `AUTH`: who it is.

use super::super::ApopDigest;
use super::event::{Authentication, By, Identity, Login};
use super::state::{Cause, State};
use super::{Error, ErrorKind, Event, Misuse, Pending, Refusal, Server, say};
use crate::sasl::{self, Mechanism, Secret, Setting, Step, Store, base64};
use alloc::borrow::ToOwned;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use bytes::{BufMut, BytesMut};

type Told<'i> = Result<Option<Event<&'i [u8]>>, Error>;

/// What a client proves itself with.
pub(super) enum Proof {
    /// `AUTH`, and `PASS`, which is `PLAIN` in other words.
    Sasl {
        exchange: Box<sasl::Server>,
        by: By,
    },
    Apop {
        user: String,
        digest: ApopDigest,
    },
}

const DENIED: &str = "-ERR [AUTH] authentication failed";

impl Server {
    /// Who the client says it is, while [`Pending::Authentication`] is owed.
    pub fn login(&self) -> Option<Login<'_>> {
        match self.proof.as_ref().filter(|_| self.pending == Some(Pending::Authentication))? {
            Proof::Sasl { exchange, by } => {
                exchange.login().map(|login| Login { user: login.user, act_as: login.act_as, by: *by })
            }
            Proof::Apop { user, .. } => Some(Login { user, act_as: None, by: By::Apop }),
        }
    }

    /// Asks `store` about the client. Who is not what it says is answered; so is SCRAM, with the challenge that goes with
    /// what the store knows. Who is, is not answered yet: [`Pending::Maildrop`] is owed then.
    ///
    /// `APOP` needs a record with a password in clear. An unknown user takes as long as a wrong password does.
    ///
    /// # Errors
    ///
    /// [`Misuse::NotOwed`] unless [`Pending::Authentication`] is.
    pub fn authenticate(
        &mut self,
        store: &(impl Store + ?Sized),
        out: &mut BytesMut,
    ) -> Result<Authentication, Misuse> {
        self.owed(Pending::Authentication)?;
        let timestamp = self.timestamp();
        match &mut self.proof {
            Some(Proof::Sasl { exchange, by }) => {
                let by = *by;
                match exchange.check(store) {
                    Ok(Step::Challenge(challenge)) => {
                        challenged(&challenge, out);
                        self.pending = None;
                        self.phase += 1;
                        Ok(Authentication::Challenged)
                    }
                    Ok(Step::Granted(identity)) => {
                        self.granted(&identity, by);
                        Ok(Authentication::Granted)
                    }
                    Ok(Step::Denied | Step::Check) | Err(_) => {
                        self.deny(DENIED, out);
                        Ok(Authentication::Denied)
                    }
                }
            }
            Some(Proof::Apop { user, digest }) => {
                let record = store.record(user);
                let password = record.as_ref().and_then(|record| record.password.as_ref());
                let nobody = Secret::new(Vec::new());
                let right = ApopDigest::new(timestamp.as_bytes(), password.unwrap_or(&nobody)) == *digest;
                if right && password.is_some() {
                    let user = core::mem::take(user);
                    self.proven(Identity { acting_as: user.clone(), user, by: By::Apop });
                    Ok(Authentication::Granted)
                } else {
                    self.deny(DENIED, out);
                    Ok(Authentication::Denied)
                }
            }
            None => Err(self.not_owed()),
        }
    }

    /// Takes the client for who it says it is, without asking a store; [`Pending::Maildrop`] is owed then.
    ///
    /// # Errors
    ///
    /// [`Misuse::NotOwed`] unless [`Pending::Authentication`] is, and in SCRAM, whose proof needs the keys.
    pub fn grant(&mut self, _: &mut BytesMut) -> Result<(), Misuse> {
        self.owed(Pending::Authentication)?;
        match &mut self.proof {
            Some(Proof::Sasl { exchange, by }) => {
                let by = *by;
                match exchange.grant() {
                    Ok(Step::Granted(identity)) => {
                        self.granted(&identity, by);
                        Ok(())
                    }
                    _ => Err(Misuse::NotOwed),
                }
            }
            Some(Proof::Apop { user, .. }) => {
                let user = core::mem::take(user);
                self.proven(Identity { acting_as: user.clone(), user, by: By::Apop });
                Ok(())
            }
            None => Err(self.not_owed()),
        }
    }

    fn granted(&mut self, identity: &sasl::Identity, by: By) {
        let (user, acting_as) = (identity.user().to_owned(), identity.acting_as().to_owned());
        self.proven(Identity { user, acting_as, by });
    }

    fn proven(&mut self, identity: Identity) {
        self.identity = Some(Box::new(identity));
        self.proof = None;
        self.settle(Cause::Proven);
        self.pending = Some(Pending::Maildrop);
    }

    /// The login failed by what the users' store, or the caller, says.
    pub(super) fn deny(&mut self, line: &str, out: &mut BytesMut) {
        self.auth_failures += 1;
        self.proof = None;
        if self.auth_failures > self.config.limits.auth_failures {
            say(out, "-ERR too many failures");
            self.close();
            return;
        }
        say(out, line);
        self.settle(Cause::Outcome);
    }

    /// What shows a secret may be said on this channel.
    pub(super) fn private(&self) -> bool {
        self.secure || self.config.cleartext
    }

    pub(super) fn user<'i>(&mut self, name: &'i [u8], out: &mut BytesMut) -> Told<'i> {
        if !self.private() {
            return self.refused(Refusal::TlsFirst, out);
        }
        let Some(text) = str::from_utf8(name).ok().filter(|text| !text.is_empty()) else {
            return self.refused(Refusal::Arguments, out);
        };
        self.user = Some(text.to_owned());
        // RFC 1939 7 lets a server say yes to a name that it does not know; this one always does.
        say(out, "+OK send PASS");
        Ok(Some(Event::User { name }))
    }

    pub(super) fn pass<'i>(&mut self, password: &[u8], out: &mut BytesMut) -> Told<'i> {
        if !self.private() {
            return self.refused(Refusal::TlsFirst, out);
        }
        let Some(user) = self.user.take() else { return self.refused(Refusal::NotNow, out) };
        let mut message = Vec::with_capacity(user.len() + password.len() + 2);
        message.push(0);
        message.extend_from_slice(user.as_bytes());
        message.push(0);
        message.extend_from_slice(password);
        let message = Secret::new(message);
        // The users' store is asked as for any other mechanism, so nobody learns by PASS who exists either.
        let setting = Setting {
            decoy: self.config.decoy,
            decoy_iterations: self.config.decoy_iterations,
            ..Setting::new(self.nonce.draw())
        };
        let mut exchange = Box::new(sasl::Server::new(Mechanism::Plain, setting));
        let step = exchange.respond(message.expose());
        self.settle(Cause::Login);
        self.prove(exchange, By::Pass, step, out)
    }

    pub(super) fn apop<'i>(&mut self, argument: &[u8], out: &mut BytesMut) -> Told<'i> {
        let name_and_digest = || {
            let at = memchr::memrchr(b' ', argument)?;
            let name = str::from_utf8(&argument[..at]).ok().filter(|name| !name.is_empty())?;
            Some((name, ApopDigest::parse(&argument[at + 1..])?))
        };
        let Some((name, digest)) = name_and_digest() else { return self.refused(Refusal::Arguments, out) };
        self.settle(Cause::Login);
        self.proof = Some(Proof::Apop { user: name.to_owned(), digest });
        Ok(Some(self.ask(Pending::Authentication, Event::Authenticate)))
    }

    pub(super) fn auth<'i>(&mut self, argument: &[u8], out: &mut BytesMut) -> Told<'i> {
        let (name, initial) = match memchr::memchr(b' ', argument) {
            Some(at) => (&argument[..at], Some(&argument[at + 1..])),
            None => (argument, None),
        };
        let wanted = Mechanism::from_name(name);
        let mut offered = self.config.mechanisms(self.secure, self.binding.is_some());
        let Some(mechanism) = wanted.filter(|wanted| offered.any(|mechanism| mechanism == *wanted)) else {
            drop(offered);
            let known = wanted.is_some_and(|wanted| self.config.auth.contains(&wanted) && wanted.shows_secret());
            return self.refused(if known { Refusal::TlsFirst } else { Refusal::Mechanism }, out);
        };
        drop(offered);
        let setting = Setting {
            host: self.config.host().to_owned(),
            binding: self.binding.as_deref().cloned(),
            plus_offered: self.binding.is_some() && self.config.auth.iter().any(|mechanism| mechanism.binds_channel()),
            decoy: self.config.decoy,
            decoy_iterations: self.config.decoy_iterations,
            ..Setting::new(self.nonce.draw())
        };
        let mut exchange = Box::new(sasl::Server::new(mechanism, setting));
        let step = match initial {
            None => Ok(Step::Challenge(exchange.begin())),
            // RFC 5034 4: a response of no octets.
            Some(b"=") => exchange.respond(b""),
            Some(text) => match base64::decode(text) {
                Ok(response) => exchange.respond(response.expose()),
                Err(_) => Err(sasl::ServerError::Malformed),
            },
        };
        self.settle(Cause::Auth);
        self.prove(exchange, By::Auth(mechanism), step, out)
    }

    /// Takes a line of an exchange.
    pub(super) fn response<'i>(&mut self, line: &[u8], out: &mut BytesMut) -> Told<'i> {
        if line == b"*" {
            return self.broken_off("-ERR cancelled", out);
        }
        let Some(Proof::Sasl { mut exchange, by }) = self.proof.take() else {
            return self.broken_off(DENIED, out);
        };
        let step = match base64::decode(line) {
            Ok(response) => exchange.respond(response.expose()),
            Err(_) => Err(sasl::ServerError::Malformed),
        };
        self.prove(exchange, by, step, out)
    }

    fn prove<'i>(
        &mut self,
        exchange: Box<sasl::Server>,
        by: By,
        step: Result<Step, sasl::ServerError>,
        out: &mut BytesMut,
    ) -> Told<'i> {
        match step {
            Ok(Step::Challenge(challenge)) => {
                self.proof = Some(Proof::Sasl { exchange, by });
                challenged(&challenge, out);
                Ok(Some(Event::Challenged))
            }
            Ok(Step::Check) => {
                self.proof = Some(Proof::Sasl { exchange, by });
                Ok(Some(self.ask(Pending::Authentication, Event::Authenticate)))
            }
            Ok(Step::Granted(identity)) => {
                self.granted(&identity, by);
                Ok(Some(Event::Authenticated))
            }
            Ok(Step::Denied) => self.broken_off(DENIED, out),
            Err(_) => self.broken_off("-ERR [AUTH] malformed response", out),
        }
    }

    /// The login failed by what the client sent.
    pub(super) fn broken_off<'i>(&mut self, line: &str, out: &mut BytesMut) -> Told<'i> {
        self.broken_off_behind(0, line, out)
    }

    /// The same for a line that ends `at` octets into this step.
    pub(super) fn broken_off_behind<'i>(&mut self, at: usize, line: &str, out: &mut BytesMut) -> Told<'i> {
        self.auth_failures += 1;
        self.proof = None;
        if self.auth_failures > self.config.limits.auth_failures {
            return Err(self.error(ErrorKind::TooManyErrors, at));
        }
        say(out, line);
        if matches!(self.state, State::Exchange | State::Login) {
            self.settle(Cause::Outcome);
        }
        Ok(Some(Event::Unauthenticated))
    }

    pub(super) fn ask<'i>(&mut self, pending: Pending, event: Event<&'i [u8]>) -> Event<&'i [u8]> {
        self.pending = Some(pending);
        event
    }
}

/// `+` SP and the challenge in base64, which may be none (RFC 5034 4).
fn challenged(challenge: &[u8], out: &mut BytesMut) {
    out.put_slice(b"+ ");
    base64::encode(challenge, out);
    out.put_slice(b"\r\n");
}
