//! One connection: the engine's events in, the handler's decisions out.

use super::envelope::Secured;
use super::verdict::{Outcome, Slot};
use super::{Client, Decision, Entry, Envelope, Handler, Intake, LOCAL_ERROR, NO_USERS, Verdict};
use crate::engine;
use crate::net::smtp::{binding, fresh_nonce};
use crate::net::tls::{Acceptor, Session as Tls};
use crate::net::{Conversation, Link, Next, Party, Service, Waker, talk};
use crate::sasl::Nonce;
use crate::smtp::server::{Config, Event, Message, Pending, Protocol, Server, Session};
use crate::smtp::{Answer, Code};
use bytes::{Bytes, BytesMut};
use std::boxed::Box;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

type Log = Box<dyn Fn(&Entry<'_>) + Send + Sync>;
type Trust = Box<dyn Fn(IpAddr) -> bool + Send + Sync>;

/// A [`Handler`] as the [`Service`] that pool and reactor run.
pub struct Serve<H>(Arc<Shared<H>>);

struct Shared<H> {
    handler: H,
    config: Arc<Config>,
    acceptor: Option<Acceptor>,
    log: Option<Log>,
    proxies: Option<Trust>,
    xclients: Option<Trust>,
}

impl<H: Handler> Serve<H> {
    /// Serves with this configuration, which other ports may share.
    ///
    /// Where [`Config::auth`] names mechanisms and [`Config::decoy`] was not set, a decoy is drawn.
    pub fn new(handler: H, config: Config) -> Self {
        let mut config = config;
        if !config.auth.is_empty() && config.decoy == [0; 32] {
            // Without randomness salts hide less, and `open` refuses to go on anyway.
            let _all_zeros = getrandom::fill(&mut config.decoy);
        }
        let config = Arc::new(config);
        Self(Arc::new(Shared { handler, config, acceptor: None, log: None, proxies: None, xclients: None }))
    }

    /// Offers `STARTTLS`. For TLS from the first octet it is [`Port::tls`](crate::net::server::Port::tls) that is told.
    #[must_use]
    pub fn starttls(self, acceptor: Acceptor) -> Self {
        self.with(|shared| {
            Arc::make_mut(&mut shared.config).starttls = true;
            shared.acceptor = Some(acceptor);
        })
    }

    /// With a log of all messages that were answered.
    #[must_use]
    pub fn log(self, log: impl Fn(&Entry<'_>) + Send + Sync + 'static) -> Self {
        self.with(|shared| shared.log = Some(Box::new(log)))
    }

    /// Connections from these addresses begin with a PROXY preamble, version 1 or 2, and are whose it says.
    #[must_use]
    pub fn proxies(self, trusted: impl Fn(IpAddr) -> bool + Send + Sync + 'static) -> Self {
        self.with(|shared| shared.proxies = Some(Box::new(trusted)))
    }

    /// These addresses may say by `XCLIENT` who their client is.
    #[must_use]
    pub fn xclients(self, trusted: impl Fn(IpAddr) -> bool + Send + Sync + 'static) -> Self {
        self.with(|shared| shared.xclients = Some(Box::new(trusted)))
    }

    /// The handler.
    pub fn handler(&self) -> &H {
        &self.0.handler
    }

    /// Changes what nobody shares yet; once a port has it, it stays as it is.
    fn with(mut self, change: impl FnOnce(&mut Shared<H>)) -> Self {
        if let Some(shared) = Arc::get_mut(&mut self.0) {
            change(shared);
        }
        self
    }
}

impl<H> fmt::Debug for Serve<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Serve").field("config", &self.0.config).finish_non_exhaustive()
    }
}

impl<H: Handler> Service for Serve<H> {
    fn open(&self, link: Link) -> Box<dyn Conversation> {
        let shared = &self.0;
        let ip = link.peer().ip().to_canonical();
        let trusts = |trust: &Option<Trust>| trust.as_ref().is_some_and(|trust| trust(ip));
        // Only exchanges need one. Without any, none can be held.
        let nonce = if shared.config.auth.is_empty() { None } else { fresh_nonce().ok() };
        let drawn = nonce.is_some() || shared.config.auth.is_empty();
        let mut session = Session::new(nonce.unwrap_or(Nonce::new([0; 18])));
        session.proxy = trusts(&shared.proxies);
        session.xclient = trusts(&shared.xclients);
        let party = Talk {
            shared: Arc::clone(shared),
            client: Client {
                peer: canonical(link.peer()),
                local: canonical(link.local()),
                protocol: shared.config.protocol,
                hello: None,
                extended: false,
                tls: None,
                identity: None,
            },
            waker: link.waker(),
            envelope: None,
            intake: None,
            chunked: false,
            awaited: None,
            welcomed: false,
            drawn,
            closing: false,
        };
        talk(Server::new(Arc::clone(&shared.config), session), party)
    }
}

/// An IPv4 address as such, also where a socket for both families shows it as IPv6.
fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

struct Talk<H> {
    shared: Arc<Shared<H>>,
    client: Client,
    waker: Waker,
    envelope: Option<Box<Envelope>>,
    intake: Option<Box<dyn Intake>>,
    /// The message comes in chunks, and its first one was seen.
    chunked: bool,
    /// A whole message's verdict is awaited.
    awaited: Option<(Arc<Slot>, u64)>,
    /// Somebody was asked whether the client may come in.
    welcomed: bool,
    /// The session's nonce is random.
    drawn: bool,
    /// The server ends.
    closing: bool,
}

impl<H: Handler> Talk<H> {
    /// Says what was decided. A handler that refuses with something that is no refusal has failed.
    fn decide(server: &mut Server, decision: &Decision, out: &mut BytesMut) {
        let said = match decision {
            Ok(()) => server.accept(out),
            Err(answer) if refusal(answer) => server.answer(answer, out),
            Err(_) => server.answer(&LOCAL_ERROR, out),
        };
        debug_assert!(said.is_ok(), "an answer was owed");
    }

    fn welcome(&mut self, server: &mut Server, out: &mut BytesMut) {
        self.welcomed = true;
        let decision = if self.drawn { self.shared.handler.connection(&self.client) } else { Err(LOCAL_ERROR.clone()) };
        Self::decide(server, &decision, out);
    }

    /// The message that was begun is no more.
    fn forget(&mut self) {
        self.envelope = None;
        self.intake = None;
        self.chunked = false;
    }

    /// The session begins anew, with a client of whom nothing is known yet.
    fn start_anew(&mut self) {
        self.forget();
        self.client.hello = None;
        self.client.extended = false;
        self.client.identity = None;
    }

    fn begin(&mut self, server: &mut Server, out: &mut BytesMut) {
        let Some(envelope) = &self.envelope else { return };
        match self.shared.handler.message(&self.client, envelope) {
            Ok(intake) => self.intake = Some(intake),
            Err(answer) => self.refuse(server, &answer, out),
        }
    }

    /// Refuses the message that comes; it is said at its end.
    fn refuse(&mut self, server: &mut Server, answer: &Answer, out: &mut BytesMut) {
        self.intake = None;
        let answer = if refusal(answer) { answer } else { &LOCAL_ERROR };
        let said = server.answer(answer, out);
        debug_assert!(said.is_ok(), "a message comes");
        self.note(0, Some(answer.code()));
    }

    fn data(&mut self, server: &mut Server, octets: &[u8], out: &mut BytesMut) {
        if let Some(intake) = &mut self.intake
            && let Err(answer) = intake.data(octets)
        {
            self.refuse(server, &answer, out);
        }
    }

    fn judge(&mut self, server: &mut Server, message: &Message, out: &mut BytesMut) {
        let Some(intake) = self.intake.take() else {
            Self::decide(server, &Err(LOCAL_ERROR.clone()), out);
            return;
        };
        let (verdict, slot) = Verdict::new(self.waker.clone());
        intake.end(message, verdict);
        match slot.take() {
            Some(outcome) => self.conclude(server, outcome, message.octets, out),
            None => self.awaited = Some((slot, message.octets)),
        }
    }

    fn conclude(&mut self, server: &mut Server, outcome: Outcome, octets: u64, out: &mut BytesMut) {
        let first = |decisions: &[Decision]| decisions.iter().find_map(|decision| decision.clone().err());
        let refused = match outcome {
            Outcome::All(decision) => {
                Self::decide(server, &decision, out);
                decision.err()
            }
            Outcome::Each(decisions) if self.shared.config.protocol == Protocol::Smtp => {
                let decision = first(&decisions).map_or(Ok(()), Err);
                Self::decide(server, &decision, out);
                decision.err()
            }
            Outcome::Each(decisions) => {
                let mut told = decisions.iter();
                while let Some(Pending::Message(_)) = server.pending() {
                    let answer = match told.next() {
                        Some(Ok(())) => &DELIVERED,
                        Some(Err(answer)) if refusal(answer) => answer,
                        // Nobody decided on this one.
                        _ => &LOCAL_ERROR,
                    };
                    if server.answer_one(answer, out).is_err() {
                        break;
                    }
                }
                first(&decisions)
            }
        };
        self.note(octets, refused.map(|answer| answer.code()));
        self.forget();
        self.leave(server, out);
    }

    fn note(&self, octets: u64, refused: Option<Code>) {
        if let (Some(log), Some(envelope)) = (&self.shared.log, &self.envelope) {
            log(&Entry { client: &self.client, envelope, octets, refused });
        }
    }

    /// The server ends: 421, once the message that comes has been answered (RFC 5321 3.8).
    fn leave(&mut self, server: &mut Server, out: &mut BytesMut) {
        if self.closing && self.awaited.is_none() && self.intake.is_none() {
            // Over already, or in a TLS handshake, where nothing can be said.
            let _said = server.shutdown(out);
        }
    }
}

static DELIVERED: Answer = Answer::fixed(250, (2, 6, 0), "Message accepted");

fn refusal(answer: &Answer) -> bool {
    answer.code().is_transient() || answer.code().is_permanent()
}

impl<H: Handler> engine::Handler<Server> for Talk<H> {
    fn event(&mut self, server: &mut Server, event: Event<&[u8]>, out: &mut BytesMut) {
        match event {
            Event::Proxied(proxy) => {
                if let Some((client, local)) = proxy.peers {
                    self.client.peer = canonical(client);
                    self.client.local = canonical(local);
                }
                self.welcome(server, out);
            }
            Event::XClient(client) => {
                self.start_anew();
                if let Some(ip) = client.addr() {
                    self.client.peer.set_ip(ip.to_canonical());
                }
                self.welcome(server, out);
            }
            Event::Hello(hello) => {
                self.forget();
                let decision = self.shared.handler.hello(&self.client, &hello);
                if decision.is_ok() {
                    self.client.hello = Some(hello.name.map(Bytes::copy_from_slice));
                    self.client.extended = hello.extended;
                }
                Self::decide(server, &decision, out);
            }
            Event::StartTls => self.start_anew(),
            Event::Authenticate => {
                let said = match self.shared.handler.users(&self.client) {
                    Some(store) => server.authenticate(&*store, out).map(|_| ()),
                    None => server.answer(&NO_USERS, out),
                };
                debug_assert!(said.is_ok(), "an exchange waits");
                self.client.identity = server.identity().cloned().map(Box::new);
            }
            Event::Authenticated => self.client.identity = server.identity().cloned().map(Box::new),
            Event::Mail(mail) => {
                self.forget();
                let decision = self.shared.handler.mail(&self.client, &mail);
                if decision.is_ok() {
                    self.envelope = Some(Box::new(Envelope::new(&mail)));
                }
                Self::decide(server, &decision, out);
            }
            Event::Rcpt(rcpt) => {
                let decision = match &mut self.envelope {
                    Some(envelope) => {
                        let decision = self.shared.handler.rcpt(&self.client, envelope, &rcpt);
                        if decision.is_ok() {
                            envelope.add(&rcpt);
                        }
                        decision
                    }
                    None => Err(LOCAL_ERROR.clone()),
                };
                Self::decide(server, &decision, out);
            }
            Event::Content => self.begin(server, out),
            Event::Chunking { .. } => {
                // The second chunk of a message goes on with the first one's intake.
                if !std::mem::replace(&mut self.chunked, true) {
                    self.begin(server, out);
                }
            }
            Event::Data(octets) => self.data(server, octets, out),
            Event::LineEnd => self.data(server, b"\r\n", out),
            Event::Spoiled(_) => self.intake = None,
            Event::Message(message) => self.judge(server, &message, out),
            Event::Query(query) => {
                if server.pending() == Some(Pending::Query) {
                    let said = match self.shared.handler.query(&self.client, &query) {
                        Some(answer) => server.answer(&answer, out).or_else(|_| server.accept(out)),
                        None => server.accept(out),
                    };
                    debug_assert!(said.is_ok(), "a query waits");
                }
            }
            Event::Reset | Event::Quit => self.forget(),
            Event::Chunk
            | Event::Challenged
            | Event::Unauthenticated
            | Event::Noop
            | Event::Help
            | Event::Refused(_) => {}
        }
        self.leave(server, out);
    }

    fn more(&mut self, server: &mut Server, out: &mut BytesMut) -> bool {
        if !self.welcomed && server.pending() == Some(Pending::Connection) {
            self.welcome(server, out);
            return true;
        }
        if let Some((slot, octets)) = self.awaited.take() {
            match slot.take() {
                Some(outcome) => {
                    self.conclude(server, outcome, octets, out);
                    return true;
                }
                None => self.awaited = Some((slot, octets)),
            }
        }
        false
    }
}

impl<H: Handler> Party<Server> for Talk<H> {
    fn stopping(&mut self, server: &mut Server, out: &mut BytesMut) {
        self.closing = true;
        self.leave(server, out);
    }

    fn handed_over(&mut self, _: &mut Server, _: &[u8]) -> Next {
        self.shared.acceptor.clone().map_or(Next::Close, Next::Secure)
    }

    fn secured(&mut self, server: &mut Server, session: &Tls, out: &mut BytesMut) {
        self.client.tls = Some(Box::new(Secured {
            version: session.version(),
            cipher_suite: session.cipher_suite(),
            certificate: session.peer_certificate().map(<[u8]>::to_vec),
        }));
        if server.status() == engine::Status::HandedOver {
            let secured = server.secured(&[], binding(session));
            debug_assert!(secured.is_ok(), "it was handed over");
        } else if !self.welcomed {
            // TLS from the first octet: the session begins now, and its channel can be bound.
            let xclient = self.shared.xclients.as_ref().is_some_and(|trust| trust(self.client.peer.ip()));
            let nonce = fresh_nonce();
            self.drawn = nonce.is_ok();
            let session = Session::secure(nonce.unwrap_or(Nonce::new([0; 18])), binding(session));
            *server = Server::new(Arc::clone(&self.shared.config), Session { xclient, ..session });
        }
        self.leave(server, out);
    }
}
