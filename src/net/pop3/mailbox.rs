//! A session at the client's end: connect, log in, list, retrieve, delete, quit.

use super::nonce;
use crate::engine::Tap;
use crate::net::tls::{Connector, Session};
use crate::net::{Driver, Ended, tcp};
use crate::pop3::Code;
use crate::pop3::client::{self, Client, Command, Event, Limits, Misuse, Quirks};
use crate::sasl::{self, Binding, BindingKind, Credentials, Mechanism, Policy};
use bytes::BytesMut;
use std::borrow::ToOwned;
use std::boxed::Box;
use std::collections::VecDeque;
use std::fmt;
use std::format;
use std::io;
use std::net::SocketAddr;
use std::string::String;
use std::time::Duration;
use std::vec::Vec;

/// How the connection is secured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Security {
    /// TLS from the first octet: port 995, `pop3s` (RFC 8314 3.3).
    #[default]
    Tls,
    /// `STLS`, and nothing where the server does not offer it.
    Stls,
    /// `STLS` where it is offered: whoever is on the way can take the offer away.
    StlsIfOffered,
    /// None.
    Clear,
}

/// How to log in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Method {
    /// The strongest that both sides have: a mechanism of `AUTH`; where none fits, `APOP` if the greeting has a timestamp
    /// and the connection is not private, and `USER` and `PASS`.
    #[default]
    Strongest,
    /// This mechanism of `AUTH`, offered or not.
    Auth(Mechanism),
    /// `APOP`
    Apop,
    /// `USER` and `PASS`
    User,
}

/// How to connect.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Options {
    /// How the connection is secured. Default: TLS from the first octet.
    pub security: Security,
    /// Who is trusted; by default whom the platform trusts.
    pub connector: Option<Connector>,
    /// Passwords may be shown on a connection without TLS. Default: no, except on loopback.
    pub in_clear: bool,
    /// Limits of the engine.
    pub limits: Limits,
    /// What is put up with.
    pub quirks: Quirks,
    /// How long connecting may take. Default (`None`): 30 seconds.
    pub connect: Option<Duration>,
    /// From which address of this machine to connect; port 0 takes a free one. Default: the system's choice.
    pub local: Option<SocketAddr>,
}

/// Why something did not succeed.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// No connection, or no TLS.
    Connect(io::Error),
    /// The session ended in the middle.
    Ended(Ended<client::Error>),
    /// The server refused.
    Refused {
        /// What.
        command: Command,
        /// Why, for programs.
        code: Option<Code<String>>,
        /// In the server's words.
        text: String,
    },
    /// `STLS` is wanted, and not offered.
    NoTls,
    /// The server and these credentials have no way of logging in in common, or none that may be used without TLS.
    NoLogin,
    /// The server has no `UIDL`, without which new messages can't be told from old ones.
    NoUniqueIds,
    /// The exchange was called off: what the server challenged with has no answer.
    Cancelled(sasl::ClientError),
    /// A command that can't be said: a name or password with control characters, or too long.
    Misuse(Misuse),
    /// A message could not be stored, or a memory not be kept.
    Store(io::Error),
}

impl Error {
    /// Whether the same may well succeed soon: the connection broke, or the server said that it is busy.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Connect(error) => {
                error.kind() != io::ErrorKind::InvalidData && error.kind() != io::ErrorKind::NotFound
            }
            Self::Ended(Ended::Failed(error)) => {
                matches!(error.kind, client::ErrorKind::Truncated | client::ErrorKind::TimedOut)
            }
            Self::Ended(ended) => !matches!(ended, Ended::Injected | Ended::Unanswered),
            Self::Refused { code, .. } => code.as_ref().is_some_and(Code::passes),
            _ => false,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connect(error) | Self::Store(error) => error.fmt(f),
            Self::Ended(ended) => ended.fmt(f),
            Self::Refused { command, code, text } => {
                let text = text.escape_debug();
                match code {
                    Some(code) => write!(f, "the server refused {command:?}: {code} {text}"),
                    None => write!(f, "the server refused {command:?}: {text}"),
                }
            }
            Self::NoTls => f.write_str("the server does not offer STLS"),
            Self::NoLogin => f.write_str("no way to log in that both sides have and that is safe on this connection"),
            Self::NoUniqueIds => f.write_str("the server has no UIDL, so new messages can't be told from old ones"),
            Self::Cancelled(error) => write!(f, "the login was called off: {error}"),
            Self::Misuse(misuse) => misuse.fmt(f),
        }
    }
}

impl std::error::Error for Error {}

impl From<Misuse> for Error {
    fn from(misuse: Misuse) -> Self {
        Self::Misuse(misuse)
    }
}

impl From<Ended<client::Error>> for Error {
    fn from(ended: Ended<client::Error>) -> Self {
        Self::Ended(ended)
    }
}

/// A message as the server lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its number in this session.
    pub number: u32,
    /// Its octets.
    pub octets: u64,
    /// Its unique id, where the server has any.
    pub id: Option<Box<str>>,
}

/// One session.
///
/// ```no_run
/// use plainwire::net::pop3::{Mailbox, Method, Options};
/// use plainwire::sasl::Credentials;
///
/// let mut mailbox = Mailbox::connect("pop.example.org", 995, &Options::default())?;
/// mailbox.log_in(&Credentials::password("ann", "secret"), Method::Strongest)?;
/// for message in mailbox.list()? {
///     println!("{} {}", message.number, message.octets);
/// }
/// mailbox.quit()?;
/// # Ok::<(), plainwire::net::pop3::Error>(())
/// ```
///
/// | Python's `poplib` | here |
/// |---|---|
/// | `POP3_SSL(host)`, `POP3(host)`, `stls()` | [`connect`](Mailbox::connect) with [`Security`]; `capa()` is asked by it |
/// | `user`, `pass_`, `apop` | [`log_in`](Self::log_in) with a [`Method`] |
/// | `stat()`, `list()`, `uidl()` | [`stat`](Self::stat), [`list`](Self::list): sizes and unique ids in one |
/// | `retr(n)`, `top(n, lines)` | [`message`](Self::message), [`retrieve`](Self::retrieve) |
/// | `dele(n)`, `rset()`, `noop()`, `quit()` | [`delete`](Self::delete), [`reset`](Self::reset), [`noop`](Self::noop), [`quit`](Self::quit) |
/// | `set_debuglevel(1)` | [`connect_tapped`](Mailbox::connect_tapped) with a [recorder](crate::transcript::Recorder) |
pub struct Mailbox<P: Tap<Client> = ()> {
    driver: Driver<Client, tcp::Stream, P>,
    /// TLS is on, or the connection leads no further than this host.
    private: bool,
    in_clear: bool,
    /// It stands in the middle of an answer that nobody wants any more: what came next would answer something else.
    torn: bool,
    host: String,
    port: u16,
}

impl Mailbox {
    /// Connects, hears the greeting, asks what the server can do, and begins TLS.
    ///
    /// # Errors
    ///
    /// [`Error::Connect`], [`Error::NoTls`], [`Error::Refused`], [`Error::Ended`].
    pub fn connect(host: &str, port: u16, options: &Options) -> Result<Self, Error> {
        Self::connect_tapped(host, port, options, ())
    }
}

impl<P: Tap<Client>> Mailbox<P> {
    /// As [`connect`](Mailbox::connect), with a [`Tap`] that sees the session go by.
    ///
    /// # Errors
    ///
    /// As [`connect`](Mailbox::connect).
    pub fn connect_tapped(host: &str, port: u16, options: &Options, tap: P) -> Result<Self, Error> {
        let limit = options.connect.unwrap_or(Duration::from_secs(30));
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        let addresses = tcp::resolve((bare.to_owned(), port), limit).map_err(Error::Connect)?;
        let loopback = addresses.iter().all(|address| address.ip().is_loopback());
        let mut stream = tcp::connect_bound(options.local, addresses, limit).map_err(Error::Connect)?;
        let connector = |options: &Options| match &options.connector {
            Some(connector) => Ok(connector.clone()),
            None => Connector::platform().map_err(|error| Error::Connect(error.into())),
        };
        if options.security == Security::Tls {
            stream.secure(&connector(options)?, bare, limit).map_err(Error::Connect)?;
        }
        let client = Client::new(options.limits.clone()).quirks(options.quirks);
        let mut mailbox = Self {
            driver: Driver::tapped(client, stream, tap),
            private: loopback || options.security == Security::Tls,
            in_clear: options.in_clear,
            torn: false,
            host: bare.to_owned(),
            port,
        };
        mailbox.answer()?;
        mailbox.capabilities()?;
        if matches!(options.security, Security::Stls | Security::StlsIfOffered) {
            if mailbox.driver.engine().offers().stls {
                mailbox.driver.say(Client::stls)?;
                mailbox.answer()?;
                mailbox.driver.secure(&connector(options)?, bare).map_err(|ended| match ended {
                    // A certificate that is refused is as refused here as on a port with TLS from the start.
                    Ended::Lost(error) => Error::Connect(error),
                    ended => Error::Ended(ended),
                })?;
                let rest = mailbox.driver.rest().to_vec();
                mailbox.driver.engine_mut().secured(&rest)?;
                mailbox.private = true;
                mailbox.capabilities()?;
            } else if options.security == Security::Stls {
                return Err(Error::NoTls);
            }
        }
        Ok(mailbox)
    }

    /// What the server can do. A server without `CAPA` says nothing of itself.
    fn capabilities(&mut self) -> Result<(), Error> {
        self.say(Client::capa)?;
        match self.answer() {
            Err(Error::Refused { .. }) => Ok(()),
            other => other,
        }
    }

    /// Logs in.
    ///
    /// # Errors
    ///
    /// [`Error::NoLogin`], [`Error::Refused`], [`Error::Cancelled`], [`Error::Ended`], [`Error::Misuse`].
    pub fn log_in(&mut self, credentials: &Credentials, method: Method) -> Result<(), Error> {
        let binding = self.driver.wire().session().and_then(Session::exported_binding);
        let policy = Policy {
            private: self.private,
            in_clear: self.in_clear,
            binding: binding.is_some(),
            only: if let Method::Auth(mechanism) = method { Some(mechanism) } else { None },
        };
        let offers = self.driver.engine().offers();
        let chosen = match method {
            Method::Auth(mechanism) => sasl::choose([mechanism.name()], credentials, &policy),
            Method::Strongest => sasl::choose(offers.mechanisms(), credentials, &policy),
            Method::Apop | Method::User => None,
        };
        let plus_offered = offers.mechanisms().any(|name| name.ends_with("-PLUS"));
        if let Some(mechanism) = chosen {
            let nonce = nonce().map_err(Error::Connect)?;
            let credentials = self.addressed(credentials);
            let mut exchange = sasl::Client::new(mechanism, credentials, nonce).map_err(Misuse::Credentials)?;
            if let Some(octets) = binding
                && (mechanism.binds_channel() || !plus_offered)
            {
                exchange = exchange.bind(Binding { kind: BindingKind::TlsExporter, octets: octets.to_vec() });
            }
            self.say(|client, out| client.auth(exchange, out))?;
            self.answer()?;
        } else {
            let Credentials::Password { user, password, act_as: None } = credentials else {
                return Err(Error::NoLogin);
            };
            let private = self.private || self.in_clear;
            let apop = self.driver.engine().offers_apop();
            match method {
                Method::Auth(_) => return Err(Error::NoLogin),
                Method::Strongest if apop && !self.private => self.apop(user, password)?,
                Method::Apop => self.apop(user, password)?,
                _ if private => {
                    self.say(|client, out| client.user(user, out))?;
                    self.answer()?;
                    self.say(|client, out| client.pass(password, out))?;
                    self.answer()?;
                }
                _ => return Err(Error::NoLogin),
            }
        }
        Ok(())
    }

    fn apop(&mut self, user: &str, password: &sasl::Secret) -> Result<(), Error> {
        self.say(|client, out| client.apop(user, password, out))?;
        self.answer()
    }

    /// `OAUTHBEARER` tells the server which one it is (RFC 7628 3.1).
    fn addressed(&self, credentials: &Credentials) -> Credentials {
        match credentials.clone() {
            Credentials::Token { user, token, endpoint: None } => {
                Credentials::Token { user, token, endpoint: Some((self.host.clone(), self.port)) }
            }
            other => other,
        }
    }

    /// What the server said of itself.
    pub fn offers(&self) -> &client::Offers {
        self.driver.engine().offers()
    }

    /// TLS is on, or the connection leads no further than this host.
    pub fn private(&self) -> bool {
        self.private
    }

    /// The tap.
    pub fn tap(&mut self) -> &mut P {
        self.driver.tap()
    }

    /// How many messages there are, and their octets.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`], [`Error::Ended`].
    pub fn stat(&mut self) -> Result<(u32, u64), Error> {
        self.say(Client::stat)?;
        self.driver.until(|_, event, _| match event {
            Event::Stat { messages, octets } => Some(Ok((messages, octets))),
            other => refusal(&other).map(Err),
        })?
    }

    /// Every message, with its size and, where the server has them, its unique id.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`], [`Error::Ended`].
    pub fn list(&mut self) -> Result<Vec<Listed>, Error> {
        let mut listed: Vec<Listed> = Vec::new();
        self.say(|client, out| client.list(None, out))?;
        self.driver.until(|_, event, _| match event {
            Event::Size { message: number, octets } => {
                listed.push(Listed { number, octets, id: None });
                None
            }
            Event::End { .. } => Some(Ok(())),
            other => refusal(&other).map(Err),
        })??;
        // Servers list in order; whoever does not is put in order.
        listed.sort_by_key(|message| message.number);
        listed.dedup_by_key(|message| message.number);
        self.say(|client, out| client.uidl(None, out))?;
        let identified = self.driver.until(|_, event, _| match event {
            Event::UniqueId { message, id } => {
                if let Ok(at) = listed.binary_search_by_key(&message, |message| message.number) {
                    listed[at].id = core::str::from_utf8(id).ok().map(Into::into);
                }
                None
            }
            Event::End { .. } => Some(Ok(())),
            other => refusal(&other).map(Err),
        })?;
        match identified {
            // UIDL is optional (RFC 1939 7).
            Ok(()) | Err(Error::Refused { .. }) => Ok(listed),
            Err(error) => Err(error),
        }
    }

    /// Retrieves messages, in order and pipelined where the server offers it. With `lines`, their headers and so many lines
    /// of their bodies.
    ///
    /// What the sink can't take ends it, and with it the session: it stands in the middle of a message, and every command
    /// is refused from then on ([`NotNow`](client::Misuse::NotNow)).
    ///
    /// # Errors
    ///
    /// [`Error::Ended`], [`Error::Misuse`]; [`Error::Store`] with what the sink says.
    pub fn retrieve(
        &mut self,
        messages: &[Listed],
        lines: Option<u32>,
        sink: &mut (impl Sink + ?Sized),
    ) -> Result<(), Error> {
        let mut waiting = messages.iter();
        let mut next = waiting.next();
        let mut current = VecDeque::new();
        loop {
            while let Some(message) = next {
                let command = match lines {
                    Some(lines) => Command::Top { message: message.number, lines },
                    None => Command::Retr(message.number),
                };
                if current.len() >= WINDOW || self.driver.engine().may_say(command).is_err() && !current.is_empty() {
                    break;
                }
                let said = self.say(|client, out| match lines {
                    Some(lines) => client.top(message.number, lines, out),
                    None => client.retr(message.number, out),
                });
                if said.is_err() {
                    self.torn |= !current.is_empty();
                    return said;
                }
                current.push_back(message);
                next = waiting.next();
            }
            let Some(message): Option<&Listed> = current.pop_front() else { return Ok(()) };
            let outcome = self.driver.until(|_, event, _| match event {
                Event::Begin { .. } => sink.begin(message).err().map(|error| Err(Error::Store(error))),
                Event::Data(octets) => sink.piece(octets).err().map(|error| Err(Error::Store(error))),
                Event::End { .. } => Some(Ok(())),
                other => refusal(&other).map(Err),
            });
            match outcome {
                Ok(Ok(())) => sink.end(message).map_err(|error| {
                    self.torn |= !current.is_empty();
                    Error::Store(error)
                })?,
                Ok(Err(Error::Refused { code, text, .. })) => sink.refused(message, code.as_ref(), &text),
                Ok(Err(error)) => {
                    sink.discard();
                    self.torn = true;
                    return Err(error);
                }
                Err(ended) => {
                    sink.discard();
                    return Err(ended.into());
                }
            }
        }
    }

    /// One whole message of no more than `most` octets, with CRLF line ends as they came.
    /// [`retrieve`](Self::retrieve) takes many of any length, in pieces.
    ///
    /// ```
    /// # use plainwire::net::{maildir::Maildir, pool, pop3, server::{Options, Port}};
    /// # use std::io::Write;
    /// use plainwire::mime::Message;
    ///
    /// # let scratch = tempfile::tempdir()?;
    /// # let mut delivery = Maildir::create(scratch.path())?.deliver()?;
    /// # delivery.write_all(b"Subject: hello\r\n\r\nHello.\r\n")?;
    /// # delivery.commit()?;
    /// # let mut config = plainwire::pop3::server::Config::new("localhost")?;
    /// # config.cleartext = true;
    /// # let service = pop3::Pop3::new(config, pop3::Mail::for_anybody(scratch.path()));
    /// # let server = pool::start(vec![Port::bind("127.0.0.1:0", service)?], Options::default())?;
    /// # let mut options = pop3::Options::default();
    /// # options.security = pop3::Security::Clear;
    /// # let mut mailbox = pop3::Mailbox::connect("127.0.0.1", server.addresses()[0].port(), &options)?;
    /// # mailbox.log_in(&plainwire::sasl::Credentials::password("ann", "secret"), pop3::Method::Strongest)?;
    /// for listed in mailbox.list()? {
    ///     let octets = mailbox.message(listed.number, 50 << 20)?;
    ///     assert_eq!(Message::parse(&octets).header().subject().unwrap(), "hello");
    /// }
    /// # mailbox.quit()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Refused`]; [`Error::Ended`]; [`Error::Store`] where it is longer, which ends the session: it stands in the
    /// middle of the message.
    #[doc(alias = "retr")]
    pub fn message(&mut self, number: u32, most: usize) -> Result<Vec<u8>, Error> {
        let mut whole = Vec::new();
        self.say(|client, out| client.retr(number, out))?;
        let told = self.driver.until(|_, event, _| match event {
            Event::Data(octets) if octets.len() > most - whole.len() => {
                let why = format!("message {number} is longer than {most} octets");
                Some(Err(Error::Store(io::Error::new(io::ErrorKind::FileTooLarge, why))))
            }
            Event::Data(octets) => {
                whole.extend_from_slice(octets);
                None
            }
            Event::End { .. } => Some(Ok(())),
            other => refusal(&other).map(Err),
        })?;
        self.torn = matches!(told, Err(Error::Store(_)));
        told.map(|()| whole)
    }

    /// Takes all marks back that [`delete`](Self::delete) set in this session: `RSET`.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`], [`Error::Ended`].
    pub fn reset(&mut self) -> Result<(), Error> {
        self.say(Client::rset)?;
        self.answer()
    }

    /// Asks whether the server is there, which also keeps it from logging us out: `NOOP`.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`], [`Error::Ended`].
    pub fn noop(&mut self) -> Result<(), Error> {
        self.say(Client::noop)?;
        self.answer()
    }

    /// Marks messages as deleted. They are gone when [`quit`](Self::quit) succeeds. Returns how many the server refused.
    ///
    /// # Errors
    ///
    /// [`Error::Ended`].
    #[doc(alias = "dele")]
    pub fn delete(&mut self, numbers: &[u32]) -> Result<usize, Error> {
        let (mut asked, mut answered, mut refused) = (0, 0, 0);
        while answered < numbers.len() {
            while asked < numbers.len()
                && asked - answered < WINDOW
                && (asked == answered || self.driver.engine().may_say(Command::Dele(numbers[asked])).is_ok())
            {
                self.say(|client, out| client.dele(numbers[asked], out))?;
                asked += 1;
            }
            match self.answer() {
                Ok(()) => {}
                Err(Error::Refused { .. }) => refused += 1,
                Err(error) => return Err(error),
            }
            answered += 1;
        }
        Ok(refused)
    }

    /// Ends the session. Only its success says that what was marked is gone.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] where some of it is not; [`Error::Ended`].
    pub fn quit(&mut self) -> Result<(), Error> {
        self.say(Client::quit)?;
        self.answer()
    }

    /// Says a command, unless it would take an earlier one's answer for its own.
    fn say(&mut self, say: impl FnOnce(&mut Client, &mut BytesMut) -> Result<(), Misuse>) -> Result<(), Error> {
        if self.torn {
            return Err(Error::Misuse(Misuse::NotNow));
        }
        Ok(self.driver.say(say)?)
    }

    /// Waits for the answer to the one command that waits.
    fn answer(&mut self) -> Result<(), Error> {
        self.driver.until(|_, event, _| match event {
            Event::Greeting { .. } | Event::Ok { .. } | Event::End { .. } => Some(Ok(())),
            Event::Cancelled(error) => Some(Err(Error::Cancelled(error))),
            other => refusal(&other).map(Err),
        })?
    }
}

/// How many commands wait for their answers at the most: what is asked for beyond that is on its way for nothing where the
/// session breaks.
const WINDOW: usize = 64;

/// Where retrieved messages go.
pub trait Sink {
    /// A message begins.
    ///
    /// # Errors
    ///
    /// It can't be taken: the session ends.
    fn begin(&mut self, message: &Listed) -> io::Result<()>;

    /// Octets of the message, with CRLF line ends as they came.
    ///
    /// # Errors
    ///
    /// As [`begin`](Self::begin).
    fn piece(&mut self, octets: &[u8]) -> io::Result<()>;

    /// The message came whole.
    ///
    /// # Errors
    ///
    /// As [`begin`](Self::begin).
    fn end(&mut self, message: &Listed) -> io::Result<()>;

    /// The session broke, and what came of the message is a part. By default nothing.
    fn discard(&mut self) {}

    /// The server refused a message. By default nothing: the others follow.
    fn refused(&mut self, message: &Listed, code: Option<&Code<String>>, text: &str) {
        let _ = (message, code, text);
    }
}

/// An answer that says no.
fn refusal(event: &Event<&[u8]>) -> Option<Error> {
    let Event::Refused { command, code, text } = event else { return None };
    let owned = |octets: &[u8]| String::from_utf8_lossy(octets).into_owned();
    Some(Error::Refused { command: *command, code: code.map(|code| code.map(owned)), text: owned(text) })
}

impl<P: Tap<Client>> fmt::Debug for Mailbox<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mailbox").field("host", &self.host).field("port", &self.port).finish_non_exhaustive()
    }
}
