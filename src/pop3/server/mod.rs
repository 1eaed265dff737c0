//! The server's side of POP3.
//!
//! # States
//!
//! Each with where each cause leads; see [`diagram`]. A command that leads nowhere is allowed in the state that RFC 1939
//! names, and anything else is answered `-ERR`. The caller may end a session in any state, and so does the end of the
//! connection; neither deletes anything.
//!
//! ```text
#![doc = include_str!("states.txt")]
//! ```

mod auth;
mod config;
mod dispatch;
mod event;
mod maildrop;
mod sending;
mod state;

#[cfg(test)]
mod tests;

pub use self::config::{Config, Expire, Limits, Session, Unfit};
pub use self::event::{Authentication, By, Error, ErrorKind, Event, Identity, Login, Misuse, Pending, Refusal, Wanted};

use self::auth::Proof;
use self::maildrop::Listing;
use self::sending::Sending;
use self::state::{Cause, State};
use super::Code;
use crate::engine::{Detach, Engine, Patience, Status, delegate, notes};
use crate::sasl::{Binding, Nonce};
use crate::states::{self, States};
use crate::syntax::line::command::CommandLines;
use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use bytes::{BufMut, BytesMut};
use core::fmt;

/// One POP3 session, at its server's end.
///
/// It starts paused: the greeting is the caller's, by [`greet`](Self::greet). The engine numbers the messages, keeps the
/// marks and answers everything that a listing of the maildrop answers; it pauses where the caller has to do something:
/// ask the users, open the maildrop, fetch a message, delete at the end. [`Host`](super::Host) does all of that over a
/// [`Maildrop`](super::Maildrop).
///
/// ```
/// use bytes::BytesMut;
/// use plainwire::pop3::{Entry, server::{Config, Event, Server, Session}};
/// use plainwire::sasl::Nonce;
///
/// let mut config = Config::new("dewey.example")?;
/// config.cleartext = true;
/// let mut server = Server::new(config.into(), Session::new(Nonce::new([7; 18])));
/// let mut out = BytesMut::new();
/// server.greet(&mut out)?;
///
/// let mut input = &b"USER mrose\r\nPASS secret\r\nRETR 1\r\nDELE 1\r\nQUIT\r\n"[..];
/// let mail = b"Subject: hello\r\n\r\n.hidden\r\n";
/// while let Some(event) = server.recv(&mut input, &mut out)? {
///     match event {
///         Event::Authenticate => server.grant(&mut out)?, // whoever it is
///         Event::Retr { .. } => {
///             server.begin(&mut out)?;
///             server.send(mail, &mut out)?;
///             server.finish(&mut out)?;
///         }
///         Event::Quit => {
///             assert_eq!(server.marked().collect::<Vec<_>>(), [0]);
///             server.updated(&mut out)?;
///         }
///         _ => {}
///     }
///     if server.pending() == Some(plainwire::pop3::server::Pending::Maildrop) {
///         server.open([Entry { octets: mail.len() as u64, id: "whqtswO00WBw418f9t5JxYwZ".into() }], &mut out)?;
///     }
/// }
/// let said = String::from_utf8_lossy(&out);
/// assert!(said.contains("+OK 27 octets\r\nSubject: hello\r\n\r\n..hidden\r\n.\r\n+OK message 1 deleted\r\n"), "{said}");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Server {
    config: Arc<Config>,
    state: State,
    pending: Option<Pending>,
    lines: CommandLines,
    secure: bool,
    /// What the greeting shows for `APOP`: the same as long as the connection is.
    stamp: Nonce,
    /// Never shown: what is, is drawn from it.
    nonce: Nonce,
    binding: Option<Box<Binding>>,
    /// The name that `USER` said, until `PASS` or another command.
    user: Option<String>,
    proof: Option<Proof>,
    identity: Option<Box<Identity>>,
    utf8: bool,
    language: Option<usize>,
    drop: Listing,
    sending: Option<Box<Sending>>,
    errors: u32,
    auth_failures: u32,
    /// Octets taken before this step.
    taken: u64,
    phase: u64,
    ended: bool,
    expired: bool,
    failed: Option<Error>,
}

impl Server {
    /// A session on a connection that was just accepted.
    pub fn new(config: Arc<Config>, session: Session) -> Self {
        let mut nonce = session.nonce;
        let stamp = nonce.draw();
        Self {
            config,
            state: State::Connect,
            pending: Some(Pending::Connection),
            lines: CommandLines::new(),
            secure: session.secure,
            stamp,
            nonce,
            binding: session.binding.map(Box::new),
            user: None,
            proof: None,
            identity: None,
            utf8: false,
            language: None,
            drop: Listing::default(),
            sending: None,
            errors: 0,
            auth_failures: 0,
            taken: 0,
            phase: 0,
            ended: false,
            expired: false,
            failed: None,
        }
    }

    /// What is owed, while the session is paused.
    pub const fn pending(&self) -> Option<Pending> {
        self.pending
    }

    /// TLS is on, or the channel was secure from its start.
    pub const fn secure(&self) -> bool {
        self.secure
    }

    /// Who the client has proven to be.
    pub fn identity(&self) -> Option<&Identity> {
        self.identity.as_deref()
    }

    /// The client said `UTF8`: what is sent may have UTF-8 in its header.
    pub const fn utf8(&self) -> bool {
        self.utf8
    }

    /// The tag of the language that the client chose by `LANG`.
    pub fn language(&self) -> Option<&str> {
        Some(&self.config.language_list().get(self.language?)?.0)
    }

    /// Greets the client; with `APOP` offered, with the timestamp that its digest is of.
    ///
    /// # Errors
    ///
    /// [`Misuse::NotOwed`] unless [`Pending::Connection`] is.
    pub fn greet(&mut self, out: &mut BytesMut) -> Result<(), Misuse> {
        self.owed(Pending::Connection)?;
        let stamp = if self.config.apop { format!(" {}", self.timestamp()) } else { String::new() };
        say(out, &format!("+OK {} POP3 server ready{stamp}", self.config.host()));
        self.settle(Cause::Welcome);
        Ok(())
    }

    /// Refuses what is owed: the connection, the login, the maildrop (`[IN-USE]`), a message, the update. The client of a
    /// refused connection or update is let go of; a refused login counts as a failure, a refused maildrop does not.
    ///
    /// # Errors
    ///
    /// [`Misuse::NotOwed`] where nothing is, or the rest of a message ([`abort`](Self::abort) that); [`Misuse::Unfit`] for
    /// a text that does not stay on its line, or a code of the caller's own that is none.
    pub fn refuse(&mut self, code: Option<Code<&str>>, text: &str, out: &mut BytesMut) -> Result<(), Misuse> {
        let Some(pending) = self.pending else { return Err(self.not_owed()) };
        config::check_text(text).map_err(|_| Misuse::Unfit)?;
        if let Some(Code::Other(name)) = code
            && (name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_graphic() && byte != b']'))
        {
            return Err(Misuse::Unfit);
        }
        let line = match code {
            Some(Code::Other(name)) => format!("-ERR [{name}] {text}"),
            Some(code) => format!("-ERR [{}] {text}", code.known().unwrap_or_default()),
            None => format!("-ERR {text}"),
        };
        match pending {
            Pending::Rest => return Err(Misuse::NotOwed),
            Pending::Connection => self.settle(Cause::Refusal),
            Pending::Authentication => {
                self.deny(&line, out);
                return Ok(());
            }
            Pending::Maildrop => {
                self.identity = None;
                self.settle(Cause::Refusal);
            }
            Pending::Message => {
                self.sending = None;
                self.settle(Cause::Refusal);
            }
            Pending::Update => self.settle(Cause::Updated),
        }
        say(out, &line);
        Ok(())
    }

    /// Ends the session now, wherever it stands. Nothing is deleted. In the middle of a message nothing is said, so that
    /// the client can't take a part for the whole.
    ///
    /// # Errors
    ///
    /// [`Misuse::Closed`] where it is over, or TLS's.
    pub fn shutdown(&mut self, out: &mut BytesMut) -> Result<(), Misuse> {
        if matches!(self.state, State::Closed | State::Tls) {
            return Err(Misuse::Closed);
        }
        if self.pending != Some(Pending::Rest) {
            say(out, "-ERR [SYS/TEMP] server shutting down");
        }
        self.close();
        Ok(())
    }

    /// TLS is on: the session begins anew, without a greeting, and nothing that was said in clear counts (RFC 2595 4).
    ///
    /// `rest` is what was received and not taken before the handshake began: it came in clear, so it has to be empty.
    /// `binding` is the new channel's, where it is known.
    ///
    /// # Errors
    ///
    /// [`Misuse::Injected`] where something is left, and the session is over; [`Misuse::NotOwed`] unless it was handed
    /// over.
    pub fn secured(&mut self, rest: &[u8], binding: Option<Binding>) -> Result<(), Misuse> {
        if self.state != State::Tls {
            return Err(self.not_owed());
        }
        if !rest.is_empty() {
            self.failed = Some(Error { kind: ErrorKind::Injected, offset: self.taken });
            self.close();
            return Err(Misuse::Injected);
        }
        self.settle(Cause::Secured);
        let session = Session::new(self.nonce.clone()).secure(binding);
        *self = Self {
            state: self.state,
            pending: None,
            errors: self.errors,
            auth_failures: self.auth_failures,
            phase: self.phase,
            // There is no second greeting.
            stamp: self.stamp.clone(),
            ..Self::new(self.config.clone(), session)
        };
        Ok(())
    }

    /// As [`Engine::recv`].
    ///
    /// # Errors
    ///
    /// What ends the session by the client's fault; what an answer mends is an event.
    pub fn recv<'i>(&mut self, input: &mut &'i [u8], out: &mut BytesMut) -> Result<Option<Event<&'i [u8]>>, Error> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        let told = loop {
            let before = input.len();
            let told = self.step(input, out);
            self.taken += (before - input.len()) as u64;
            if matches!(told, Ok(Some(_))) {
                self.phase += 1;
            }
            // What was passed over may have brought something that can be told.
            if !matches!(told, Ok(None)) || before == input.len() {
                break told;
            }
        };
        if let Err(error) = told {
            if let Some(line) = error.reply() {
                say(out, line);
            }
            self.failed = Some(error);
            self.close();
        }
        told
    }

    fn step<'i>(&mut self, input: &mut &'i [u8], out: &mut BytesMut) -> Result<Option<Event<&'i [u8]>>, Error> {
        if self.pending.is_some() || self.state == State::Closed {
            return Ok(None);
        }
        if self.state == State::Tls {
            return if input.is_empty() { Ok(None) } else { Err(self.error(ErrorKind::Injected, 0)) };
        }
        if self.expired {
            // RFC 1939 3: neither UPDATE nor a word.
            self.close();
            return Ok(Some(Event::Expired));
        }
        self.line(input, out)
    }

    /// As [`Engine::status`].
    pub fn status(&self) -> Status {
        let between = self.lines.between();
        match self.state {
            State::Closed => Status::Closed,
            State::Tls => Status::HandedOver,
            _ if self.pending.is_some() => Status::Paused,
            State::Authorization | State::Transaction if between => Status::Idle,
            _ => Status::Open,
        }
    }

    /// As [`Engine::patience`]: [`Limits::idle`] for every command.
    pub fn patience(&self) -> Patience {
        match self.status() {
            Status::Open | Status::Idle => Patience::within(self.phase, self.config.limits.idle),
            _ => Patience::endless(self.phase),
        }
    }

    /// As [`Engine::window`].
    pub fn window(&self) -> usize {
        self.config.limits.line.max(self.config.limits.auth_line)
    }

    /// As [`Engine::octets`]: a client of POP3 sends no bulk data.
    pub fn octets<'e>(_: &'e Event<&[u8]>) -> Option<&'e [u8]> {
        None
    }

    /// An error `at` octets into this step.
    fn error(&self, kind: ErrorKind, at: usize) -> Error {
        Error { kind, offset: self.taken + at as u64 }
    }

    fn not_owed(&self) -> Misuse {
        if self.state == State::Closed { Misuse::Closed } else { Misuse::NotOwed }
    }

    fn owed(&self, pending: Pending) -> Result<(), Misuse> {
        if self.pending == Some(pending) { Ok(()) } else { Err(self.not_owed()) }
    }

    /// The next state. Every change passes here, and only what the table allows.
    fn settle(&mut self, by: Cause) {
        self.pending = None;
        self.phase += 1;
        if let Some(next) = self.state.after(by) {
            self.state = next;
        }
        if self.state == State::Closed {
            self.close();
        }
    }

    fn close(&mut self) {
        self.state = State::Closed;
        self.pending = None;
        self.proof = None;
        self.sending = None;
        self.user = None;
    }

    /// `<nonce@host>`: a message id that nobody can foretell.
    fn timestamp(&self) -> String {
        format!("<{}@{}>", self.stamp.text(), self.config.host())
    }
}

fn say(out: &mut BytesMut, line: &str) {
    out.put_slice(line.as_bytes());
    out.put_slice(b"\r\n");
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("state", &self.state).field("pending", &self.pending).finish_non_exhaustive()
    }
}

/// The state table as text: each state, and where each cause leads.
pub fn diagram() -> String {
    states::diagram(|_: State| String::new())
}

notes! {
    impl Server;
    eof => self.ended;
    /// It then tells [`Event::Expired`], and the session is over.
    expire => self.expired;
}
delegate!(impl Engine + Detach for Server: Event, Error);
