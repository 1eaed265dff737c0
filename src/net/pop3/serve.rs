//! The service: sessions over maildrops, TLS from the start or by STLS, a log.

use super::{MaildirDrop, MboxDrop, nonce};
use crate::engine::{Handler, Status};
use crate::net::tls;
use crate::net::{Conversation, Ended, Link, Next, Party, Service, talk};
use crate::pop3::server::{Config, Error, Event, Identity, Login, Pending, Session};
use crate::pop3::{self, Host, Maildrop, Server, Trouble, Users};
use crate::sasl::{self, Binding, BindingKind, Record, Store};
use bytes::BytesMut;
use std::boxed::Box;
use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::string::{String, ToString};
use std::sync::Arc;
use std::vec::Vec;

/// Users, and one maildrop for all of them: what a development server has.
///
/// Implement [`Users`] for another arrangement; what [`Pop3`] serves is cloned for each session.
#[derive(Clone)]
pub struct Mail {
    /// `None`: whoever comes.
    users: Option<Arc<dyn Store + Send + Sync>>,
    path: Arc<PathBuf>,
    mbox: bool,
}

impl Mail {
    /// The Maildir at `maildir`, for these users.
    pub fn new(users: Arc<dyn Store + Send + Sync>, maildir: impl Into<PathBuf>) -> Self {
        Self { users: Some(users), path: Arc::new(maildir.into()), mbox: false }
    }

    /// The Maildir at `maildir`, for whoever comes, with any name and any password: for tests on loopback. Offer no other
    /// mechanisms than `PLAIN` and `LOGIN`, since the others need to know passwords.
    pub fn for_anybody(maildir: impl Into<PathBuf>) -> Self {
        Self { users: None, path: Arc::new(maildir.into()), mbox: false }
    }

    /// The path is an mbox file's.
    #[must_use]
    pub fn mbox(mut self) -> Self {
        self.mbox = true;
        self
    }
}

impl fmt::Debug for Mail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mail").field("path", &self.path).field("mbox", &self.mbox).finish_non_exhaustive()
    }
}

/// Nobody is known.
struct Nobody;

impl Store for Nobody {
    fn record(&self, _: &str) -> Option<Record> {
        None
    }
}

impl Users for Mail {
    type Maildrop = Stored;

    fn store(&self) -> &dyn Store {
        match &self.users {
            Some(users) => &**users,
            None => &Nobody,
        }
    }
    fn trusts(&self, _: &Login<'_>) -> bool {
        self.users.is_none()
    }
    fn open(&mut self, _: &Identity) -> Result<Stored, Trouble> {
        if self.mbox {
            MboxDrop::open(&*self.path).map(Stored::Mbox)
        } else {
            MaildirDrop::open(&*self.path).map(Stored::Maildir)
        }
    }
}

/// A maildrop on the disk.
#[derive(Debug)]
pub enum Stored {
    /// A Maildir.
    Maildir(MaildirDrop),
    /// An mbox file.
    Mbox(MboxDrop),
}

impl Maildrop for Stored {
    fn list(&mut self) -> Result<Vec<pop3::Entry>, Trouble> {
        match self {
            Self::Maildir(maildrop) => maildrop.list(),
            Self::Mbox(maildrop) => maildrop.list(),
        }
    }
    fn read(&mut self, message: usize, offset: u64, buffer: &mut [u8]) -> Result<usize, Trouble> {
        match self {
            Self::Maildir(maildrop) => maildrop.read(message, offset, buffer),
            Self::Mbox(maildrop) => maildrop.read(message, offset, buffer),
        }
    }
    fn delete(&mut self, messages: &[usize]) -> Result<(), Trouble> {
        match self {
            Self::Maildir(maildrop) => maildrop.delete(messages),
            Self::Mbox(maildrop) => maildrop.delete(messages),
        }
    }
}

/// What happened in a session, for a log.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Entry {
    /// Somebody connected.
    Connected,
    /// TLS is on.
    Secured,
    /// Somebody has proven who they are.
    LoggedIn(String),
    /// A login failed.
    Refused,
    /// A message was asked for.
    Retrieved(u32),
    /// The session ended by `QUIT`, and so many messages were deleted.
    Quit(usize),
    /// The maildrop could not do something.
    Trouble(Trouble),
    /// The session ended otherwise.
    Ended(String),
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connected => f.write_str("connected"),
            Self::Secured => f.write_str("TLS is on"),
            // A name is whatever a client says.
            Self::LoggedIn(user) => write!(f, "logged in: {}", user.escape_debug()),
            Self::Refused => f.write_str("login refused"),
            Self::Retrieved(message) => write!(f, "message {message} retrieved"),
            Self::Quit(deleted) => write!(f, "quit, {deleted} deleted"),
            Self::Trouble(trouble) => write!(f, "{trouble}"),
            Self::Ended(how) => write!(f, "ended: {how}"),
        }
    }
}

type Log = Arc<dyn Fn(SocketAddr, &Entry) + Send + Sync>;

/// POP3 as the [`Service`] that pool and reactor run.
///
/// On the reactor, reading a message and opening a maildrop hold its one thread: a few hundred microseconds where files
/// are cached. Where disks are slow, or many log in at once, use the pool.
#[derive(Clone)]
pub struct Pop3<U> {
    config: Arc<Config>,
    users: U,
    stls: Option<tls::Acceptor>,
    log: Option<Log>,
}

impl<U: Users + Clone + Send + Sync + 'static> Pop3<U>
where
    U::Maildrop: Send,
{
    /// Serves what `users` have.
    ///
    /// Where [`Config::auth`] names mechanisms and [`Config::decoy`] was not set, a decoy is drawn.
    pub fn new(config: impl Into<Arc<Config>>, users: U) -> Self {
        let mut config = config.into();
        if !config.auth.is_empty() && config.decoy == [0; 32] {
            // Without randomness salts hide less, and `open` refuses to go on anyway.
            let _all_zeros = getrandom::fill(&mut Arc::make_mut(&mut config).decoy);
        }
        Self { config, users, stls: None, log: None }
    }

    /// Offers `STLS`.
    #[must_use]
    pub fn stls(mut self, acceptor: tls::Acceptor) -> Self {
        self.stls = Some(acceptor);
        Arc::make_mut(&mut self.config).stls = true;
        self
    }

    /// With a log of what happens. No secret is in it, but names are.
    #[must_use]
    pub fn log(mut self, log: impl Fn(SocketAddr, &Entry) + Send + Sync + 'static) -> Self {
        self.log = Some(Arc::new(log));
        self
    }
}

impl<U> fmt::Debug for Pop3<U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pop3").field("config", &self.config).finish_non_exhaustive()
    }
}

impl<U: Users + Clone + Send + Sync + 'static> Service for Pop3<U>
where
    U::Maildrop: Send,
{
    fn open(&self, link: Link) -> Box<dyn Conversation> {
        let mut config = Arc::clone(&self.config);
        if config.stls && self.stls.is_none() {
            Arc::make_mut(&mut config).stls = false;
        }
        let (nonce, refused) = match nonce() {
            Ok(nonce) => (nonce, false),
            // Without random octets nobody can log in safely.
            Err(_) => (sasl::Nonce::new([0; 18]), true),
        };
        let server = Server::new(Arc::clone(&config), Session::new(nonce));
        let talk_of = Talk {
            host: Host::new(self.users.clone()),
            config,
            stls: self.stls.clone(),
            log: self.log.clone(),
            peer: link.peer(),
            refused,
            marked: None,
        };
        talk_of.note(&Entry::Connected);
        talk(server, talk_of)
    }
}

struct Talk<U: Users> {
    host: Host<U>,
    config: Arc<Config>,
    stls: Option<tls::Acceptor>,
    log: Option<Log>,
    peer: SocketAddr,
    refused: bool,
    /// `QUIT` was said with so many messages marked.
    marked: Option<usize>,
}

impl<U: Users> Talk<U> {
    fn note(&self, entry: &Entry) {
        if let Some(log) = &self.log {
            log(self.peer, entry);
        }
    }
}

impl<U: Users> Handler<Server> for Talk<U> {
    fn event(&mut self, server: &mut Server, event: Event<&[u8]>, out: &mut BytesMut) {
        match event {
            Event::Unauthenticated => self.note(&Entry::Refused),
            Event::Retr { message } => self.note(&Entry::Retrieved(message)),
            Event::Quit => self.marked = Some(server.marked().count()),
            _ => {}
        }
        self.host.event(server, event, out);
    }

    fn more(&mut self, server: &mut Server, out: &mut BytesMut) -> bool {
        if self.refused {
            return server.refuse(Some(crate::pop3::Code::SysTemp), "try again later", out).is_ok();
        }
        let before = (server.identity().is_some(), self.host.trouble());
        let asked = server.pending() == Some(Pending::Authentication);
        let said = self.host.more(server, out);
        // A challenge leaves the exchange open.
        if asked && server.identity().is_none() && server.status() != Status::Open && self.host.trouble() == before.1 {
            self.note(&Entry::Refused);
        }
        match server.identity() {
            Some(identity) if !before.0 => self.note(&Entry::LoggedIn(identity.acting_as.clone())),
            _ => {}
        }
        if let Some(trouble) = self.host.trouble().filter(|_| self.host.trouble() != before.1) {
            self.note(&Entry::Trouble(trouble));
        }
        said
    }
}

impl<U: Users> Party<Server> for Talk<U> {
    fn handed_over(&mut self, _: &mut Server, _: &[u8]) -> Next {
        self.stls.clone().map_or(Next::Close, Next::Secure)
    }

    fn secured(&mut self, server: &mut Server, session: &tls::Session, _: &mut BytesMut) {
        let binding = session
            .exported_binding()
            .map(|octets| Binding { kind: BindingKind::TlsExporter, octets: octets.to_vec() });
        if server.secured(&[], binding.clone()).is_err() {
            // From its start: nothing was said yet.
            match nonce() {
                Ok(nonce) => *server = Server::new(Arc::clone(&self.config), Session::new(nonce).secure(binding)),
                Err(_) => self.refused = true,
            }
        }
        self.note(&Entry::Secured);
    }

    fn ended(&mut self, _: &mut Server, how: &Ended<Error>) {
        match (how, self.marked) {
            (Ended::Closed, Some(marked)) if self.host.trouble().is_none() => self.note(&Entry::Quit(marked)),
            _ => self.note(&Entry::Ended(how.to_string())),
        }
    }
}
