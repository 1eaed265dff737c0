//! One connection to a server, and one message after the other on it.

use super::source::{Source, unreadable};
use super::{Error, Options};
use crate::engine::Handler;
use crate::net::smtp::{binding, fresh_nonce};
use crate::net::tap::SharedTap;
use crate::net::{Driver, Ended, Party, tcp};
use crate::smtp::client::{Config, Envelope, Event, Misuse, Report, StartTls, Verdict};
use crate::smtp::{Client, Content, HostName};
use bytes::BytesMut;
use std::io;
use std::net::SocketAddr;
use std::string::ToString;
use std::sync::Arc;
use std::time::{Duration, Instant};
use std::vec;

/// What a server gets to answer `QUIT`.
const FAREWELL: Duration = Duration::from_secs(2);

pub(super) struct Session {
    driver: Driver<Client, tcp::Stream, SharedTap<Client>>,
}

/// How far a message got before it failed.
pub(super) struct Broken {
    pub(super) error: Error,
    /// Nothing of it was answered: on a connection that was kept, the server had closed it before.
    pub(super) unheard: bool,
}

enum Step {
    Ready,
    Tls,
    Refused(Verdict),
}

impl Session {
    /// Connects, and sets the session up: name, TLS, log-in.
    pub(super) fn open(options: &Options, deadline: Option<Instant>) -> Result<Self, Error> {
        let place = &options.place;
        let left =
            |limit: Duration| deadline.map_or(limit, |due| due.saturating_duration_since(Instant::now()).min(limit));
        // An address needs no resolver, and no thread to wait for it.
        let addresses = match place.host().parse() {
            Ok(ip) => vec![SocketAddr::new(ip, place.port())],
            Err(_) => {
                let host = (place.host().to_string(), place.port());
                tcp::resolve(host, left(options.connect)).map_err(Error::Lookup)?
            }
        };
        let mut stream = tcp::connect_bound(options.local, addresses, left(options.connect)).map_err(Error::Connect)?;
        let config = Arc::new(config(options, &stream)?);
        let nonce = fresh_nonce().map_err(Error::Connect)?;
        let client = if place.secure {
            let limit = left(crate::net::Limits::default().handshake);
            stream.secure(options.connector()?, place.host(), limit).map_err(Error::Tls)?;
            let bound = stream.session().and_then(binding);
            Client::secure(config, nonce, bound)
        } else {
            Client::new(config, nonce)
        };
        let mut driver = Driver::tapped(client, stream, options.tap.clone());
        driver.deadline(deadline);
        loop {
            let step = driver.until(|_, event, _| match event {
                Event::Ready => Some(Step::Ready),
                Event::StartTls(_) => Some(Step::Tls),
                Event::Refused { step, reply } => Some(Step::Refused(Verdict::of(step, &reply))),
                Event::Shutdown(reply) => Some(Step::Refused(Verdict::of(crate::smtp::client::Step::Greeting, &reply))),
                _ => None,
            });
            match step.map_err(Error::of)? {
                Step::Ready => return Ok(Self { driver }),
                Step::Refused(verdict) => {
                    farewell(&mut driver);
                    return Err(Error::Session(verdict));
                }
                Step::Tls => {
                    driver.secure(options.connector()?, place.host()).map_err(|ended| match ended {
                        Ended::Lost(error) => Error::Tls(error),
                        ended => Error::of(ended),
                    })?;
                    let bound = driver.wire().session().and_then(binding);
                    driver.say(|client, out| client.secured(&[], bound, out)).map_err(Error::Unsendable)?;
                }
            }
        }
    }

    /// Sends one message. What was answered by then is in `report`, also where it fails.
    pub(super) fn send(
        &mut self,
        envelope: Envelope,
        content: &Content,
        message: &mut Source<'_>,
        report: &mut Report,
        deadline: Option<Instant>,
    ) -> Result<(), Broken> {
        self.driver.deadline(deadline);
        let broken = |error, unheard| Broken { error, unheard };
        self.driver
            .say(|client, out| client.send(envelope, content, out))
            .map_err(|misuse| broken(Error::Unsendable(misuse), misuse == Misuse::Busy))?;
        let mut sending =
            Sending { message, at: None, report, complete: false, shut: false, out: false, heard: false, failed: None };
        let ran = self
            .driver
            .run_until(&mut sending, |_, sending| sending.complete || sending.shut || sending.failed.is_some());
        let Sending { complete, shut, out, heard, failed, .. } = sending;
        if let Some(failed) = failed {
            // In the middle of a message, of which the server keeps nothing: this connection is not used again.
            return Err(broken(failed, false));
        }
        let error = match ran {
            Ok(_) if complete => return Ok(()),
            // 421, or refused on the way: whoever was not answered gets nothing, and the report says so.
            Ok(_) if shut => return if heard { Ok(()) } else { Err(broken(Error::Lost(closed()), true)) },
            Ok(_) => Error::Lost(closed()),
            Err(ended) => Error::of(ended),
        };
        if out {
            return Err(broken(Error::Unknown(std::boxed::Box::new(report.clone())), false));
        }
        Err(broken(error, !heard))
    }

    /// Another message may be sent on it.
    pub(super) fn is_ready(&self) -> bool {
        self.driver.engine().is_ready()
    }

    /// Says goodbye.
    pub(super) fn close(mut self) {
        if self.driver.say(Client::quit).is_ok() {
            farewell(&mut self.driver);
        }
    }
}

/// Lets the server answer `QUIT` (RFC 5321 4.1.1.10). Whether it does makes no difference any more.
fn farewell(driver: &mut Driver<Client, tcp::Stream, SharedTap<Client>>) {
    driver.deadline(Some(Instant::now() + FAREWELL));
    let _ended = driver.until(|_, _, _| None::<()>);
}

fn closed() -> io::Error {
    io::Error::new(io::ErrorKind::UnexpectedEof, "the server closed the connection")
}

/// What the engine is told about this connection.
fn config(options: &Options, stream: &tcp::Stream) -> Result<Config, Error> {
    let name = match &options.name {
        Some(name) => name.clone(),
        // RFC 5321 4.1.3 and 4.1.1.1: a host without a name says its address.
        None => HostName::literal(stream.local_addr().map_err(Error::Connect)?.ip().to_canonical()),
    };
    let mut config = Config::new(name);
    config.protocol = options.place.protocol;
    config.starttls = options.starttls();
    config.credentials.clone_from(&options.credentials);
    config.mechanism = options.mechanism;
    config.auth_in_clear = options.auth_in_clear;
    config.endings = options.endings;
    config.transfer = options.transfer;
    Ok(config)
}

impl Options {
    /// What was asked for, or what the place is for.
    pub(super) fn starttls(&self) -> StartTls {
        let required = self.place.submission || self.credentials.is_some();
        self.starttls.unwrap_or(if required { StartTls::Required } else { StartTls::IfOffered })
    }
}

/// One message on its way.
struct Sending<'m, 's> {
    message: &'m mut Source<'s>,
    /// How much of it is out, once the server wants it.
    at: Option<u64>,
    report: &'m mut Report,
    complete: bool,
    shut: bool,
    /// All of it is out.
    out: bool,
    /// Something was answered.
    heard: bool,
    /// It can't be read, or not be sent.
    failed: Option<Error>,
}

impl Handler<Client> for Sending<'_, '_> {
    fn event(&mut self, _: &mut Client, event: Event<&[u8]>, _: &mut BytesMut) {
        self.complete |= self.report.note(&event);
        match event {
            Event::Go => self.at = Some(0),
            Event::Shutdown(_) => self.shut = true,
            // Judged before it was out, and for good: the report says how, and the connection is of no more use.
            Event::Sent { .. } if !self.out => (self.shut, self.heard) = (true, true),
            _ => self.heard = true,
        }
    }

    fn more(&mut self, client: &mut Client, out: &mut BytesMut) -> bool {
        let Some(at) = self.at.filter(|_| !self.out && self.failed.is_none()) else { return false };
        if !client.is_sending() {
            return false;
        }
        let said = match self.message.piece(at) {
            Ok([]) => {
                self.out = true;
                client.finish(out)
            }
            Ok(piece) => {
                self.at = Some(at + piece.len() as u64);
                client.content(piece, out)
            }
            Err(error) => {
                self.failed = Some(unreadable(error));
                return true;
            }
        };
        if let Err(misuse) = said {
            self.failed = Some(Error::Unsendable(misuse));
        }
        true
    }
}

impl Party<Client> for Sending<'_, '_> {}
