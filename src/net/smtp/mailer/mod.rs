//! Sending: a [`Mailer`] hands messages to one server, and tells what became of each recipient.

mod error;
mod place;
mod pool;
mod session;
mod source;

pub use error::Error;
pub use place::{InvalidPlace, Place};

use crate::engine::Tap;
use crate::mime::{Builder, DateTime, Draft, Offset};
use crate::net::limits::due_in;
use crate::net::tap::SharedTap;
use crate::net::tls::Connector;
use crate::sasl::{Credentials, Mechanism, Secret};
use crate::smtp::client::{Envelope, Misuse, Report, StartTls, Transfer};
use crate::smtp::{Address, Client, Content, HostName};
use crate::syntax::dots::Endings;
use bytes::Bytes;
use pool::Pool;
use session::Session;
use source::Source;
use std::boxed::Box;
use std::fmt;
use std::io::{Read, Seek};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, OnceLock};
use std::thread;
use std::time::{Duration, Instant, SystemTime};
use std::vec::Vec;

/// A draft up to this size is written into memory: once is less than twice.
const SHORT: u64 = 256 << 10;

/// Sends messages by one server: a relay, a submission server, or by LMTP. Shared by any number of threads.
///
/// ```
/// use plainwire::mime::Builder;
/// use plainwire::net::smtp::Mailer;
/// # use plainwire::net::smtp::serve::{Serve, collect};
/// # use plainwire::net::{pool, server::{Options, Port}};
/// # let config = plainwire::smtp::server::Config::new("mx.example.org".parse()?);
/// # let service = Serve::new(collect(|_, _| Ok(())), config);
/// # let running = pool::start(vec![Port::bind("127.0.0.1:0", service)?], Options::default())?;
/// # let server = format!("smtp://{}", running.addresses()[0]);
///
/// let message = Builder::new().from("ada@example.org").to("bob@example.org").subject("hello").text("Hello, Bob.\n");
/// let report = Mailer::new(&server)?.send(message)?;
/// assert!(report.accepted(0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// To log in, the place has a user: `Mailer::new("smtps://ada@mail.example.org")?.password("…")`.
///
/// | Python's `smtplib` | here |
/// |---|---|
/// | `SMTP(host, port)`, `SMTP_SSL`, `LMTP` | [`Mailer::new`] with `smtp://`, `smtps://`, `lmtp://` |
/// | `starttls(context=…)`, `login(user, password)` | [`starttls`](Self::starttls), [`trust`](Self::trust); [`password`](Self::password), [`credentials`](Self::credentials) |
/// | `send_message(message)` | [`send`](Self::send), [`send_draft`](Self::send_draft) |
/// | `sendmail(from, to, octets, mail_options, rcpt_options)` | [`send_octets`](Self::send_octets) with an [`Envelope`] and its parameters |
/// | the dictionary of refused recipients | [`Report::recipients`]; [`Error::Refused`] where nobody was accepted |
/// | `local_hostname`, `source_address` | [`name`](Self::name), [`local_address`](Self::local_address) |
/// | `timeout` | [`connect_timeout`](Self::connect_timeout), [`timeout`](Self::timeout) |
/// | `set_debuglevel(1)` | [`tap`](Self::tap) with a [recorder](crate::transcript::Recorder) |
/// | `quit()` | [`close`](Self::close): until then connections are kept for the next message |
/// | `vrfy`, `expn`, `noop`, `docmd` | the engine, [`smtp::Client`](crate::smtp::Client), on a [`Driver`](crate::net::Driver) |
///
/// # What is retried
///
/// A connection that was kept and turns out to be closed is opened anew. A server that takes fewer recipients at once
/// (RFC 9422) gets the message in several transactions. With [`retries`](Self::retries), recipients that were put off
/// (4yz), and connections that broke before the message was out, are tried again. What is never tried again by itself is
/// a message that was out when the connection broke: that would give it twice to whoever has it
/// ([`Error::Unknown`]).
///
/// # TLS
///
/// Certificates are verified. The one exception: where STARTTLS is only used
/// [if it is offered](StartTls::IfOffered), nobody logs in and [no connector was given](Self::trust), any certificate
/// will do, because whoever could show a wrong one could take the offer away as well (RFC 7435).
#[doc(alias("SmtpTransport", "SMTP"))]
pub struct Mailer {
    options: Options,
    pool: Arc<Pool>,
    keep: (usize, Duration),
}

/// How connections are opened.
struct Options {
    place: Place,
    name: Option<HostName<Bytes>>,
    starttls: Option<StartTls>,
    connector: Option<Connector>,
    /// Made when it is first needed.
    usual: OnceLock<Connector>,
    credentials: Option<Credentials>,
    mechanism: Option<Mechanism>,
    auth_in_clear: bool,
    endings: Endings,
    transfer: Transfer,
    connect: Duration,
    /// From where.
    local: Option<SocketAddr>,
    deadline: Option<Duration>,
    retries: (u32, Duration),
    tap: SharedTap<Client>,
}

impl Mailer {
    /// Hands messages to the server at `place`, as `smtps://user@host:465`; see [`Place`].
    ///
    /// # Errors
    ///
    /// [`InvalidPlace`] for what is none.
    pub fn new(place: &str) -> Result<Self, InvalidPlace> {
        let options = Options {
            place: place.parse()?,
            name: None,
            starttls: None,
            connector: None,
            usual: OnceLock::new(),
            credentials: None,
            mechanism: None,
            auth_in_clear: false,
            endings: Endings::default(),
            transfer: Transfer::default(),
            connect: Duration::from_secs(30),
            local: None,
            deadline: None,
            retries: (0, Duration::ZERO),
            tap: SharedTap::default(),
        };
        let keep = (4, Duration::from_secs(30));
        Ok(Self { options, pool: Pool::new(keep.0, keep.1), keep })
    }

    /// Logs in as the user of the place, with this password.
    #[must_use]
    pub fn password(self, password: impl Into<Secret>) -> Self {
        let user = self.options.place.user().unwrap_or_default().into();
        self.credentials(Credentials::Password { user, password: password.into(), act_as: None })
    }

    /// Logs in with these.
    #[must_use]
    pub fn credentials(mut self, credentials: Credentials) -> Self {
        self.options.credentials = Some(credentials);
        self
    }

    /// By this mechanism and no other. The strongest that both sides have, unless said otherwise.
    #[must_use]
    pub fn mechanism(mut self, mechanism: Mechanism) -> Self {
        self.options.mechanism = Some(mechanism);
        self
    }

    /// Shows a password or token without TLS too. Whoever listens has it then.
    #[must_use]
    pub fn auth_in_clear(mut self) -> Self {
        self.options.auth_in_clear = true;
        self
    }

    /// What is done about STARTTLS; without effect where TLS is there from the first octet. Required where somebody logs
    /// in and for `submission://`, else used where it is offered, unless said otherwise.
    #[must_use]
    pub fn starttls(mut self, starttls: StartTls) -> Self {
        self.options.starttls = Some(starttls);
        self
    }

    /// Whom to trust, and who we are. What the platform trusts, unless said otherwise.
    #[must_use]
    pub fn trust(mut self, connector: Connector) -> Self {
        self.options.connector = Some(connector);
        self
    }

    /// What we call ourselves. The connection's own address in brackets, unless said otherwise.
    #[must_use]
    pub fn name(mut self, name: HostName<Bytes>) -> Self {
        self.options.name = Some(name);
        self
    }

    /// What is done with a message that has a CR or LF on its own. It is not sent, unless said otherwise.
    #[must_use]
    pub fn endings(mut self, endings: Endings) -> Self {
        self.options.endings = endings;
        self
    }

    /// By `DATA` or in chunks. `DATA`, unless said otherwise.
    #[must_use]
    pub fn transfer(mut self, transfer: Transfer) -> Self {
        self.options.transfer = transfer;
        self
    }

    /// How long connecting may take: 30 s, unless said otherwise. Each answer has the time of RFC 5321 4.5.3.2 in any
    /// case.
    #[must_use]
    pub fn connect_timeout(mut self, limit: Duration) -> Self {
        self.options.connect = limit;
        self
    }

    /// Connects from this address of the machine; port 0 takes a free one for each connection.
    #[doc(alias = "source_address")]
    #[must_use]
    pub fn local_address(mut self, local: SocketAddr) -> Self {
        self.options.local = Some(local);
        self
    }

    /// How long one [`send`](Self::send) may take with everything. As long as it takes, unless said otherwise.
    #[must_use]
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.options.deadline = Some(limit);
        self
    }

    /// Tries again so many times, after this long, for what [may be tried again](Error::is_temporary). Not at all,
    /// unless said otherwise.
    #[must_use]
    pub fn retries(mut self, times: u32, pause: Duration) -> Self {
        self.options.retries = (times, pause);
        self
    }

    /// Keeps so many connections for the next message, for so long. 4 for 30 s, unless said otherwise; servers close
    /// after five minutes at the most (RFC 5321 4.5.3.2.7). 0 keeps none.
    #[must_use]
    pub fn keep(mut self, connections: usize, idle: Duration) -> Self {
        self.keep = (connections, idle);
        self.pool.clear();
        self.pool = Pool::new(connections, idle);
        self
    }

    /// A tap on every connection: a [recorder](crate::transcript::Recorder), a log.
    #[must_use]
    pub fn tap(mut self, tap: Arc<Mutex<impl Tap<Client> + Send + 'static>>) -> Self {
        self.options.tap = SharedTap::new(tap);
        self
    }

    /// The place.
    pub fn place(&self) -> &Place {
        &self.options.place
    }

    /// Writes the message and sends it: from its `Sender` or else `From`, to all its recipients. A date and an
    /// identifier are filled in where they are missing.
    ///
    /// `Ok` where somebody was accepted; the report says who was not.
    ///
    /// # Errors
    ///
    /// See [`Error`]; [`Error::Refused`] where nobody was accepted.
    #[doc(alias = "send_message")]
    pub fn send(&self, message: Builder) -> Result<Report, Error> {
        self.send_draft(&mut filled(message)?.build()?)
    }

    /// As [`send`](Self::send), for a draft that nothing was taken from.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    pub fn send_draft(&self, draft: &mut Draft) -> Result<Report, Error> {
        self.send_draft_in(&envelope(draft)?, draft)
    }

    /// As [`send_draft`](Self::send_draft), in an envelope of the caller's.
    ///
    /// A draft that [can be written again](Draft::rewinds) is written once to look at it and once for each time that it is
    /// sent, so that a piece of it is in memory at a time; others, and short ones, are written into memory.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    pub fn send_draft_in(&self, envelope: &Envelope, draft: &mut Draft) -> Result<Report, Error> {
        let short = draft.len().is_some_and(|len| len <= SHORT);
        if short || !draft.rewinds() {
            return self.send_octets(envelope, &draft.to_vec()?);
        }
        self.send_reader(envelope, &mut draft.reader()?)
    }

    /// Sends octets that are a message already, in an envelope of the caller's.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    #[doc(alias = "sendmail")]
    pub fn send_octets(&self, envelope: &Envelope, message: &[u8]) -> Result<Report, Error> {
        self.send_source(envelope, &mut Source::Octets(message))
    }

    /// Sends what `message` has from where it stands to its end, in an envelope of the caller's: a file of any size, of
    /// which only a piece is in memory at a time.
    ///
    /// It is read once to look at it, since what the server has to know of it is declared before, and once for each time
    /// that it is sent. Where it has become longer or shorter in between, it is broken off, and nobody has it.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send); [`Error::Message`] for what the reader says.
    ///
    /// ```
    /// use plainwire::net::smtp::Mailer;
    /// use plainwire::smtp::client::Envelope;
    /// use std::io::Cursor;
    /// # use plainwire::net::smtp::serve::{Serve, collect};
    /// # use plainwire::net::{pool, server::{Options, Port}};
    /// # let config = plainwire::smtp::server::Config::new("mx.example.org".parse()?);
    /// # let service = Serve::new(collect(|_, _| Ok(())), config);
    /// # let running = pool::start(vec![Port::bind("127.0.0.1:0", service)?], Options::default())?;
    /// # let server = format!("smtp://{}", running.addresses()[0]);
    ///
    /// let envelope = Envelope::new("ada@example.org".parse().ok(), ["bob@example.org".parse()?]);
    /// let mut message = Cursor::new("Subject: hello\r\n\r\nHello, Bob.\r\n"); // or a File
    /// assert!(Mailer::new(&server)?.send_reader(&envelope, &mut message)?.accepted(0));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn send_reader(&self, envelope: &Envelope, message: &mut (impl Read + Seek)) -> Result<Report, Error> {
        let mut source = Source::reader(message).map_err(source::unreadable)?;
        self.send_source(envelope, &mut source)
    }

    fn send_source(&self, envelope: &Envelope, message: &mut Source<'_>) -> Result<Report, Error> {
        let content = message.content().map_err(source::unreadable)?;
        let deadline = self.options.deadline.map(due_in);
        let mut report = Report::new(envelope.recipients.len());
        // Whom it is still to be sent to.
        let mut left: Vec<usize> = (0..envelope.recipients.len()).collect();
        let mut batch = usize::MAX;
        let (mut retries, pause) = self.options.retries;
        loop {
            let mut delayed = Vec::new();
            let mut failed = None;
            let mut queue = &left[..];
            // An envelope without recipients is refused by the engine, like any other that can't be sent.
            let mut first = true;
            while first || !queue.is_empty() {
                first = false;
                let (now, later) = queue.split_at(queue.len().min(batch));
                match self.attempt(envelope, now, &content, message, deadline) {
                    Ok(told) => {
                        let verdicts = told.recipients.iter().zip(now);
                        delayed.extend(verdicts.filter_map(|(verdict, at)| {
                            verdict.as_ref().is_some_and(|verdict| verdict.code.is_transient()).then_some(*at)
                        }));
                        merge(&mut report, told, now);
                        queue = later;
                    }
                    // RFC 9422 4.2: fewer at a time, then.
                    Err(Error::Unsendable(Misuse::TooManyRecipients(most)))
                        if most > 0 && (most as usize) < now.len() =>
                    {
                        batch = most as usize;
                    }
                    Err(Error::Unknown(told)) => {
                        merge(&mut report, *told, now);
                        return Err(Error::Unknown(Box::new(report)));
                    }
                    Err(error) => {
                        failed = Some(error);
                        delayed.extend(queue);
                        break;
                    }
                }
            }
            let again = !delayed.is_empty() && failed.as_ref().is_none_or(Error::is_temporary);
            let in_time = deadline.is_none_or(|due| due_in(pause) < due);
            if !(again && retries > 0 && in_time) {
                let somebody = (0..report.recipients.len()).any(|at| report.accepted(at));
                return match failed {
                    // Those who have it have it; the others' verdicts, or that there is none, stand in the report.
                    _ if somebody => Ok(report),
                    Some(error) => Err(error),
                    None => Err(Error::Refused(Box::new(report))),
                };
            }
            retries -= 1;
            thread::sleep(pause);
            left = delayed;
        }
    }

    /// One transaction, on a connection that was kept or a new one.
    fn attempt(
        &self,
        whole: &Envelope,
        which: &[usize],
        content: &Content,
        message: &mut Source<'_>,
        deadline: Option<Instant>,
    ) -> Result<Report, Error> {
        loop {
            let kept = self.pool.take();
            let was_kept = kept.is_some();
            let mut session = match kept {
                Some(session) => session,
                None => Session::open(&self.options, deadline)?,
            };
            let envelope = Envelope {
                from: whole.from.clone(),
                parameters: whole.parameters.clone(),
                recipients: which.iter().map(|at| whole.recipients[*at].clone()).collect(),
            };
            let mut report = Report::new(which.len());
            let sent = session.send(envelope, content, message, &mut report, deadline);
            if was_kept && sent.as_ref().is_err_and(session::Broken::stale) {
                // It was closed while it was kept, or has had its share (RFC 9422 4.1, 4.3): it is not kept any longer.
                session.close();
                continue;
            }
            if session.is_ready() {
                self.pool.give(session);
            }
            return sent.map(|()| report).map_err(|broken| broken.error);
        }
    }

    /// Closes the connections that are kept.
    pub fn close(&self) {
        self.pool.clear();
    }
}

impl session::Broken {
    /// A new connection may do what one that was kept can't.
    fn stale(&self) -> bool {
        match &self.error {
            Error::Unsendable(Misuse::TooManyMessages(_) | Misuse::TooManyDomains(_)) => true,
            Error::Lost(_) | Error::Protocol(_) | Error::Unsendable(Misuse::Busy) => self.unheard,
            _ => false,
        }
    }
}

impl Drop for Mailer {
    fn drop(&mut self) {
        self.pool.clear();
    }
}

impl fmt::Debug for Mailer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mailer").field("place", &self.options.place).field("keep", &self.keep).finish_non_exhaustive()
    }
}

impl Options {
    /// The connector that was given, or the one for whom nobody said anything.
    fn connector(&self) -> Result<&Connector, Error> {
        if let Some(connector) = self.connector.as_ref().or_else(|| self.usual.get()) {
            return Ok(connector);
        }
        let anyone = !self.place.secure && self.starttls() == StartTls::IfOffered && self.credentials.is_none();
        let made = if anyone { Connector::builder().unverified().build() } else { Connector::platform() };
        let made = made.map_err(|error| Error::Tls(error.into()))?;
        Ok(self.usual.get_or_init(|| made))
    }
}

/// With the date and an identifier, where they are missing.
fn filled(message: Builder) -> Result<Builder, Error> {
    let mut unique = [0; 8];
    getrandom::fill(&mut unique).map_err(|error| Error::Message(Box::new(error)))?;
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs() as i64);
    let now = DateTime::from_unix(now, Offset::Unknown).map_err(|error| Error::Message(Box::new(error)))?;
    Ok(message.fill(now, u64::from_ne_bytes(unique)))
}

/// The envelope that a draft's own header says.
///
/// # Errors
///
/// [`Error::Message`] for an address that can stand in a header and not in an envelope.
pub fn envelope(draft: &Draft) -> Result<Envelope, Error> {
    let address = |mailbox: &crate::mime::Mailbox<'_>| -> Result<Address, Error> {
        mailbox.address().parse().map_err(|error| Error::Message(Box::new(error)))
    };
    let recipients: Result<Vec<Address>, Error> = draft.recipients().iter().map(address).collect();
    Ok(Envelope::new(address(draft.sender())?, recipients?))
}

/// Puts what was told of some recipients in its place among all.
fn merge(report: &mut Report, told: Report, which: &[usize]) {
    for (verdict, at) in told.recipients.into_iter().zip(which) {
        if verdict.is_some()
            && let Some(place) = report.recipients.get_mut(*at)
        {
            *place = verdict;
        }
    }
    if told.refused.is_some() {
        report.refused = told.refused;
    }
    use crate::smtp::client::Outcome;
    if report.outcome != Some(Outcome::Accepted) && told.outcome.is_some() {
        report.outcome = told.outcome;
    }
}
