//! The client's side of SMTP and LMTP.
//!
//! # States
//!
//! Each with where each cause leads; see [`diagram`]. An error, an end or a 421 leads from anywhere to `Closed`.
//!
//! ```text
#![doc = include_str!("states.txt")]
//! ```

mod config;
mod envelope;
mod event;
mod session;
mod state;
mod transaction;

#[cfg(test)]
mod tests;

pub use self::config::{Config, Limits, StartTls, Transfer};
pub use self::envelope::{Envelope, Outcome, Recipient, Report, Verdict};
pub use self::event::{Error, ErrorKind, Event, Missing, Misuse, Step};

use self::state::{Cause, State};
use self::transaction::Transaction;
use super::reply::Replies;
use super::{Capabilities, Command, Reply, Text};
use crate::engine::{Detach, Engine, Patience, Status, delegate, notes};
use crate::sasl::{self, Binding, Mechanism, Nonce};
use crate::states::{self, States};
use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use bytes::BytesMut;
use core::fmt;
use core::time::Duration;

/// One SMTP or LMTP session, at its client's end.
///
/// It sets the session up by itself: it hears the greeting, says its name, has TLS and `AUTH` as
/// [`Config`] wants them, and tells [`Event::Ready`]. Then any number of messages: [`send`](Self::send) says the envelope
/// (in one flight where the server offers `PIPELINING`), [`Event::Go`] asks for the message, [`content`](Self::content) and
/// [`finish`](Self::finish) give it, and [`Event::Done`] says that it is over. Every recipient's answer is an event; a
/// [`Report`] collects them.
///
/// ```
/// use bytes::BytesMut;
/// use plainwire::sasl::Nonce;
/// use plainwire::smtp::Content;
/// use plainwire::smtp::client::{Client, Config, Envelope, Event, Report, StartTls};
/// use std::sync::Arc;
///
/// let mut config = Config::new("a.example".parse().unwrap());
/// config.starttls = StartTls::Never;
/// let mut client = Client::new(Arc::new(config), Nonce::new([0; 18]));
/// let message = b"Subject: hello\r\n\r\n.dot\r\n";
/// let envelope = Envelope::new("ada@a.example".parse().ok(), ["bob@example.org".parse().unwrap()]);
/// let (mut out, mut report) = (BytesMut::new(), Report::new(1));
///
/// // What a server says, all at once: an engine does not mind.
/// let mut input = &b"220 mx ESMTP\r\n250-mx\r\n250 PIPELINING\r\n250 2.1.0 ok\r\n250 2.1.5 ok\r\n354 go\r\n250 2.6.0 taken\r\n"[..];
/// while let Some(event) = client.recv(&mut input, &mut out).unwrap() {
///     match &event {
///         Event::Ready => client.send(envelope.clone(), &Content::of(message), &mut out).unwrap(),
///         Event::Go => {
///             client.content(message, &mut out).unwrap();
///             client.finish(&mut out).unwrap();
///         }
///         _ => {}
///     }
///     if report.note(&event) {
///         break;
///     }
/// }
/// assert!(report.accepted(0));
/// assert_eq!(
///     &out[..],
///     b"EHLO a.example\r\nMAIL FROM:<ada@a.example>\r\nRCPT TO:<bob@example.org>\r\nDATA\r\n\
///         Subject: hello\r\n\r\n..dot\r\n.\r\n"
/// );
/// ```
pub struct Client {
    config: Arc<Config>,
    state: State,
    failed: Option<Error>,
    ended: bool,
    expired: bool,
    /// Octets taken before this call of `recv`.
    taken: u64,
    phase: u64,
    replies: Replies,
    secure: bool,
    /// STARTTLS was refused, and the policy goes on without.
    in_clear: bool,
    binding: Option<Box<Binding>>,
    nonce: Nonce,
    capabilities: Box<Capabilities>,
    exchange: Option<Box<sasl::Client>>,
    authenticated: bool,
    /// Mechanisms that the server would not have after all.
    declined: Vec<Mechanism>,
    /// What a command's reply answers.
    asked: Step,
    /// Told by the next call, on no octets.
    next: Option<Next>,
    messages: u32,
    /// The recipients' domains, where the server limits how many there may be.
    domains: Vec<String>,
    transaction: Option<Box<Transaction>>,
}

/// An event that follows another without more octets.
#[derive(Clone, Copy, Debug)]
enum Next {
    Ready,
    Go,
    Done(Outcome),
}

/// RFC 5321 4.5.3.2: how long each answer may take.
const GREETING: Duration = Duration::from_secs(5 * 60);
const COMMAND: Duration = Duration::from_secs(5 * 60);
const DATA: Duration = Duration::from_secs(2 * 60);
const CHUNK: Duration = Duration::from_secs(3 * 60);
const MESSAGE: Duration = Duration::from_secs(10 * 60);

impl Client {
    /// A session on a connection that begins in clear. `nonce` is for one `AUTH` exchange.
    pub fn new(config: Arc<Config>, nonce: Nonce) -> Self {
        Self {
            config,
            state: State::Greeting,
            failed: None,
            ended: false,
            expired: false,
            taken: 0,
            phase: 0,
            replies: Replies::new(),
            secure: false,
            in_clear: false,
            binding: None,
            nonce,
            capabilities: Box::default(),
            exchange: None,
            authenticated: false,
            declined: Vec::new(),
            asked: Step::Noop,
            next: None,
            messages: 0,
            domains: Vec::new(),
            transaction: None,
        }
    }

    /// A session on a channel that is secure from its start: TLS on port 465, or a socket that leads no further than this
    /// machine. `binding` is the channel's, where it is known.
    pub fn secure(config: Arc<Config>, nonce: Nonce, binding: Option<Binding>) -> Self {
        Self { secure: true, binding: binding.map(Box::new), ..Self::new(config, nonce) }
    }

    /// What the server announced last; nothing before [`Event::Hello`].
    pub fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    /// TLS is on, or the channel was secure from its start.
    pub const fn is_secure(&self) -> bool {
        self.secure
    }

    /// The server has accepted who the client is.
    pub const fn is_authenticated(&self) -> bool {
        self.authenticated
    }

    /// The session is set up and nothing is being asked: a message or another command may be sent.
    pub const fn is_ready(&self) -> bool {
        matches!(self.state, State::Ready) && self.next.is_none()
    }

    /// Asks whether the server is there: `NOOP`.
    ///
    /// # Errors
    ///
    /// [`Misuse::Busy`].
    pub fn noop(&mut self, out: &mut BytesMut) -> Result<(), Misuse> {
        self.ask(Step::Noop, &Command::Noop, out)
    }

    /// Asks that nothing be in progress: `RSET`. A transaction that fails is cleared without it.
    ///
    /// # Errors
    ///
    /// [`Misuse::Busy`].
    pub fn reset(&mut self, out: &mut BytesMut) -> Result<(), Misuse> {
        self.ask(Step::Reset, &Command::Rset, out)
    }

    /// Asks whether there is such a user or mailbox: `VRFY`.
    ///
    /// # Errors
    ///
    /// [`Misuse::Busy`]; [`Misuse::Argument`] for what can't stand in a command;
    /// [`Misuse::Unsupported`] for UTF-8 where the server does not offer `SMTPUTF8`.
    pub fn verify(&mut self, who: &str, out: &mut BytesMut) -> Result<(), Misuse> {
        self.ask(Step::Verify, &Command::Vrfy(self.text(who)?), out)
    }

    /// Asks who is on a list: `EXPN`.
    ///
    /// # Errors
    ///
    /// As [`verify`](Self::verify).
    pub fn expand(&mut self, list: &str, out: &mut BytesMut) -> Result<(), Misuse> {
        self.ask(Step::Expand, &Command::Expn(self.text(list)?), out)
    }

    /// Asks for help, in general or on something: `HELP`.
    ///
    /// # Errors
    ///
    /// As [`verify`](Self::verify).
    pub fn help(&mut self, about: Option<&str>, out: &mut BytesMut) -> Result<(), Misuse> {
        self.ask(Step::Help, &Command::Help(about.map(|about| self.text(about)).transpose()?), out)
    }

    /// Asks for the mail that waits for a node: `ETRN` (RFC 1985).
    ///
    /// # Errors
    ///
    /// As [`verify`](Self::verify); [`Misuse::Unsupported`] where it is not offered.
    pub fn turn(&mut self, node: &str, out: &mut BytesMut) -> Result<(), Misuse> {
        if !self.capabilities.etrn {
            return Err(Misuse::Unsupported(Missing::Etrn));
        }
        self.ask(Step::Turn, &Command::Etrn(self.text(node)?), out)
    }

    /// Says goodbye: `QUIT`.
    ///
    /// # Errors
    ///
    /// [`Misuse::Busy`] where something is being asked.
    pub fn quit(&mut self, out: &mut BytesMut) -> Result<(), Misuse> {
        if !self.is_ready() {
            return Err(Misuse::Busy);
        }
        self.say(&Command::<&[u8]>::Quit, out);
        self.go(Cause::Quit);
        Ok(())
    }

    fn ask(&mut self, step: Step, command: &Command<&[u8]>, out: &mut BytesMut) -> Result<(), Misuse> {
        if !self.is_ready() {
            return Err(Misuse::Busy);
        }
        self.say(command, out);
        self.asked = step;
        self.go(Cause::Command);
        Ok(())
    }

    /// TLS is on: the name is said again, and nothing that the server said in clear counts (RFC 3207 4.2).
    ///
    /// `rest` is what was received and not taken before the handshake began: it came in clear, so it has to be empty.
    /// `binding` is the channel's, where it is known.
    ///
    /// # Errors
    ///
    /// [`Misuse::Injected`] where something is left, and the session is over; [`Misuse::NotHandedOver`] unless it was.
    pub fn secured(&mut self, rest: &[u8], binding: Option<Binding>, out: &mut BytesMut) -> Result<(), Misuse> {
        if self.state != State::Tls {
            return Err(Misuse::NotHandedOver);
        }
        if !rest.is_empty() {
            self.failed = Some(Error { kind: ErrorKind::Injected, offset: self.taken });
            self.close();
            return Err(Misuse::Injected);
        }
        self.secure = true;
        self.binding = binding.map(Box::new);
        *self.capabilities = Capabilities::default();
        self.taken = 0;
        self.ended = false;
        self.say_name(out);
        self.go(Cause::Secured);
        Ok(())
    }

    /// As [`Engine::recv`].
    ///
    /// # Errors
    ///
    /// What ends the session by the server's fault, or for want of what [`Config`] requires; a refusal is an event.
    pub fn recv<'i>(&mut self, input: &mut &'i [u8], out: &mut BytesMut) -> Result<Option<Event<&'i [u8]>>, Error> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        let before = input.len();
        let told = self.step(input, out);
        self.taken += (before - input.len()) as u64;
        if matches!(told, Ok(Some(_))) {
            self.phase += 1;
        }
        if let Err(error) = &told {
            self.failed = Some(*error);
            self.close();
        }
        told
    }

    /// As [`Engine::status`].
    pub fn status(&self) -> Status {
        match self.state {
            State::Closed => Status::Closed,
            State::Tls => Status::HandedOver,
            State::Ready if self.next.is_none() && self.replies.untouched() => Status::Idle,
            _ => Status::Open,
        }
    }

    /// As [`Engine::patience`]: the waits of RFC 5321 4.5.3.2. No clock runs while it is the caller's turn to speak.
    pub fn patience(&self) -> Patience {
        let limit = match self.state {
            State::Greeting => GREETING,
            State::Envelope if self.transaction.as_ref().is_some_and(|transaction| transaction.awaits_data()) => DATA,
            State::Verdict => MESSAGE,
            State::Content if self.transaction.as_ref().is_some_and(|transaction| transaction.awaits_chunk()) => CHUNK,
            State::Content | State::Ready | State::Tls | State::Closed => return Patience::endless(self.phase),
            _ => COMMAND,
        };
        Patience::within(self.phase, limit)
    }

    /// As [`Engine::window`]: the longest reply.
    pub fn window(&self) -> usize {
        self.config.limits.reply
    }

    /// As [`Engine::octets`]: a client is told none.
    pub const fn octets<'e>(_event: &'e Event<&[u8]>) -> Option<&'e [u8]> {
        None
    }

    fn step<'i>(&mut self, input: &mut &'i [u8], out: &mut BytesMut) -> Result<Option<Event<&'i [u8]>>, Error> {
        if self.state == State::Closed {
            return Ok(None);
        }
        if self.state == State::Tls {
            return if input.is_empty() { Ok(None) } else { Err(self.error(ErrorKind::Injected, 0)) };
        }
        if self.expired {
            return Err(self.error(ErrorKind::TimedOut, 0));
        }
        match self.next.take() {
            Some(Next::Ready) => return Ok(Some(Event::Ready)),
            Some(Next::Go) => return Ok(Some(Event::Go)),
            Some(Next::Done(outcome)) => return Ok(Some(Event::Done(outcome))),
            None => {}
        }
        let limits = &self.config.limits;
        match self.replies.take(input, limits.reply_line, limits.reply) {
            Ok(Some(reply)) => self.heard(reply, out).map(Some),
            Ok(None) if !self.ended => Ok(None),
            // Nobody waits for anything, or only for a farewell.
            Ok(None) if input.is_empty() && matches!(self.state, State::Ready | State::Quit) => {
                self.close();
                Ok(None)
            }
            Ok(None) => Err(self.error(ErrorKind::Truncated, input.len())),
            Err((at, error)) => Err(self.error(ErrorKind::Reply(error), at)),
        }
    }

    /// An error `at` octets into this call.
    const fn error(&self, kind: ErrorKind, at: usize) -> Error {
        Error { kind, offset: self.taken + at as u64 }
    }

    fn heard<'i>(&mut self, reply: Reply<&'i [u8]>, out: &mut BytesMut) -> Result<Event<&'i [u8]>, Error> {
        if reply.code().number() == 421 && self.state != State::Quit {
            self.close();
            return Ok(Event::Shutdown(reply));
        }
        match self.state {
            State::Greeting | State::Hello | State::Helo | State::StartTls | State::Auth => self.setting_up(reply, out),
            State::Envelope | State::Content | State::Verdict | State::Reset => self.sending(reply, out),
            State::Command => {
                self.go(Cause::Done);
                Ok(Event::Reply { step: self.asked, reply })
            }
            State::Quit => {
                self.go(Cause::Farewell);
                Ok(Event::Reply { step: Step::Quit, reply })
            }
            State::Ready | State::Tls | State::Closed => Err(self.error(ErrorKind::Unsolicited, 0)),
        }
    }

    fn say<B: AsRef<[u8]>>(&mut self, command: &Command<B>, out: &mut BytesMut) {
        command.write(out);
        self.phase += 1;
    }

    fn go(&mut self, by: Cause) {
        if let Some(next) = self.state.after(by) {
            self.state = next;
        }
        self.phase += 1;
    }

    fn close(&mut self) {
        self.state = State::Closed;
        self.next = None;
        self.exchange = None;
        self.transaction = None;
    }
}

impl Client {
    /// An argument as it may be said to this server.
    fn text<'t>(&self, argument: &'t str) -> Result<Text<&'t [u8]>, Misuse> {
        if !argument.is_ascii() && !self.capabilities.utf8 {
            return Err(Misuse::Unsupported(Missing::SmtpUtf8));
        }
        // RFC 5321 4.5.3.1.4: 512 octets with the verb and the CRLF.
        Text::parse(argument.as_bytes()).filter(|text| text.as_bytes().len() <= 500).ok_or(Misuse::Argument)
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("state", &self.state).field("secure", &self.secure).finish_non_exhaustive()
    }
}

/// The state table as text: each state, and where each cause leads.
pub fn diagram() -> String {
    states::diagram(|_: State| String::new())
}

notes! {
    impl Client;
    eof => self.ended;
    /// It then fails with [`ErrorKind::TimedOut`].
    expire => self.expired;
}
delegate!(impl Engine + Detach for Client: Event, Error);
