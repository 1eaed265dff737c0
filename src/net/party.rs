//! One party of a conversation on a wire: a handler, and what only a wire knows.

use super::bulk::Bulk;
use super::server::Conversation;
use super::tcp;
use crate::engine::{Engine, Handler, Patience, Status, Tap, turn};
use bytes::BytesMut;
use std::boxed::Box;
use std::error::Error;
use std::fmt;
use std::io;
use std::time::Instant;

/// A [`Handler`] that also lives on a wire. Every method has a default, so an empty `impl` suffices, and a closure
/// `|engine: &mut E, event: Event<&[u8]>, out: &mut BytesMut| { … }` is a party too.
///
/// The adapters ask for [`more`](Handler::more) after every drained input, after each wake-up and at
/// [`due`](Self::due); what has been said by then is written before anything is waited for.
pub trait Party<E: Engine>: Handler<E> {
    /// When to be asked for [`more`](Handler::more) even if nothing happens until then: a delayed answer, a ping.
    ///
    /// Looked at each time the connection goes to sleep. Once that time has come and `more` was asked, the same instant
    /// is not honoured again: give a later one, or `None`.
    fn due(&self) -> Option<Instant> {
        None
    }

    /// Octets that lie elsewhere, to be sent behind all that was said. Looked at before and after every
    /// turn: while some are [left](super::Bulk::left), no turn is made and nothing is read. Within the turn that made
    /// the offer more events may come; what they are answered must wait for [`more`](Handler::more), or it would go
    /// out before. Taps do not see these octets.
    fn bulk(&mut self) -> Option<&mut Bulk> {
        None
    }

    /// Everything has been said: once the output is written, our sending side is shut while we go on reading. Asked
    /// when nothing is left to say.
    fn finished(&self, engine: &E) -> bool {
        let _ = engine;
        false
    }

    /// The server is about to end: say goodbye, or see to it that this exchange is the last. Called once.
    ///
    /// The connection is closed as soon as the engine is [`Idle`](Status::Idle) (closing loses nothing) with nothing
    /// left to take or to write, or over; whoever takes longer than the server's limit is cut off.
    fn stopping(&mut self, engine: &mut E, out: &mut BytesMut) {
        let _ = (engine, out);
    }

    /// The engine has handed the connection over ([`Status::HandedOver`]), and everything said before is written.
    /// `rest` is what was received but not taken: the new protocol's first octets.
    ///
    /// After STARTTLS answer [`Next::Secure`]; `rest` is empty then, because an engine that hands over to TLS refuses
    /// what the peer sent in the clear behind its command (CVE-2011-0411), and the adapter refuses it once more.
    fn handed_over(&mut self, engine: &mut E, rest: &[u8]) -> Next {
        let _ = (engine, rest);
        Next::Close
    }

    /// TLS is established on this connection, from its start or after [`Next::Secure`]: bring the engine back
    /// (`engine.secured(&[])`), note the peer's certificate. No octet was taken under TLS before this call.
    #[cfg(feature = "tls")]
    fn secured(&mut self, engine: &mut E, session: &super::tls::Session, out: &mut BytesMut) {
        let _ = (engine, session, out);
    }

    /// The connection has ended, and this is how. Nothing can be said any more; called once, then the party is dropped.
    fn ended(&mut self, engine: &mut E, how: &Ended<E::Error>) {
        let _ = (engine, how);
    }
}

impl<E, F> Party<E> for F
where
    E: Engine,
    F: for<'i> FnMut(&mut E, E::Event<'i>, &mut BytesMut),
{
}

/// What follows a hand-over.
#[non_exhaustive]
pub enum Next {
    /// Nothing: the connection is closed.
    Close,
    /// TLS, as the server; then [`Party::secured`], and the same engine goes on.
    #[cfg(feature = "tls")]
    Secure(super::tls::Acceptor),
    /// Another engine and party on the same adapter. It is fed what the first left untaken.
    Become(Box<dyn Conversation>),
    /// The adapter lets go of the connection: its socket and what was received but not taken. Called on the adapter's
    /// thread, so on the reactor it must not block: hand it to a thread.
    Release(Box<dyn FnOnce(tcp::Stream, BytesMut) + Send>),
}

impl fmt::Debug for Next {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Close => "Close",
            #[cfg(feature = "tls")]
            Self::Secure(_) => "Secure",
            Self::Become(_) => "Become",
            Self::Release(_) => "Release",
        })
    }
}

/// How a conversation on a wire ended.
#[derive(Debug)]
#[non_exhaustive]
pub enum Ended<E> {
    /// As the protocol ends: the engine is [`Closed`](Status::Closed) and everything is written.
    Closed,
    /// The engine refused what the peer did; the reply that the peer is owed was written.
    Failed(E),
    /// The connection broke, or TLS did.
    Lost(io::Error),
    /// The peer did not read: [`Limits::stall`](super::Limits::stall).
    Stalled,
    /// The engine was paused, and our own side gave no answer: [`Limits::answer`](super::Limits::answer).
    Unanswered,
    /// The peer sent octets in the clear that would have been read under TLS.
    Injected,
    /// The server ended before the conversation did.
    Stopped,
    /// The caller's own deadline for the whole passed: [`Driver::deadline`](super::Driver::deadline).
    Late,
}

impl<E: fmt::Display> fmt::Display for Ended<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed => f.write_str("the conversation is over"),
            Self::Failed(error) => error.fmt(f),
            Self::Lost(error) => error.fmt(f),
            Self::Stalled => f.write_str("the peer does not read what it is sent"),
            Self::Unanswered => f.write_str("no answer was given in time"),
            Self::Injected => f.write_str("octets in the clear behind the command that begins TLS"),
            Self::Stopped => f.write_str("the server ended"),
            Self::Late => f.write_str("it took too long"),
        }
    }
}

impl<E: Error + 'static> Error for Ended<E> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Failed(error) => error.source(),
            Self::Lost(error) => error.source(),
            _ => None,
        }
    }
}

/// For callers whose errors are all [`io::Error`]s. The engine's own error is the inner one.
impl<E: Error + Send + Sync + 'static> From<Ended<E>> for io::Error {
    fn from(ended: Ended<E>) -> Self {
        use io::ErrorKind;
        match ended {
            Ended::Closed => Self::new(ErrorKind::UnexpectedEof, "the conversation is over"),
            Ended::Failed(error) => Self::new(ErrorKind::InvalidData, error),
            Ended::Lost(error) => error,
            Ended::Stalled => Self::new(ErrorKind::TimedOut, "the peer does not read what it is sent"),
            Ended::Unanswered => Self::other("no answer was given in time"),
            Ended::Injected => {
                Self::new(ErrorKind::InvalidData, "octets in the clear behind the command that begins TLS")
            }
            Ended::Stopped => Self::new(ErrorKind::ConnectionAborted, "the server ended"),
            Ended::Late => Self::new(ErrorKind::TimedOut, "it took too long"),
        }
    }
}

/// Any engine's error, once the engine's type is gone.
#[derive(Debug)]
pub struct Fault(pub(crate) Box<dyn Error + Send + Sync>);

impl Fault {
    /// An error of a [`Conversation`] that is no engine.
    pub fn new(error: impl Error + Send + Sync + 'static) -> Self {
        Self(Box::new(error))
    }

    /// The engine's own error, if that is its type.
    pub fn downcast_ref<E: Error + 'static>(&self) -> Option<&E> {
        self.0.downcast_ref()
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Error for Fault {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source()
    }
}

/// An engine and its party as the [`Conversation`] that servers run.
pub fn talk<E, P>(engine: E, party: P) -> Box<dyn Conversation>
where
    E: Engine + Send + 'static,
    P: Party<E> + Send + 'static,
{
    talk_tapped(engine, party, ())
}

/// As [`talk`], with a [`Tap`] that sees the conversation go by: a recorder, an access log.
pub fn talk_tapped<E, P, T>(engine: E, party: P, tap: T) -> Box<dyn Conversation>
where
    E: Engine + Send + 'static,
    P: Party<E> + Send + 'static,
    T: Tap<E> + Send + 'static,
{
    Box::new(Talk { engine, party, tap, failed: None })
}

struct Talk<E: Engine, P, T> {
    engine: E,
    party: P,
    tap: T,
    /// The error is kept typed for `Party::ended`; who drives sees it erased.
    failed: Option<E::Error>,
}

impl<E, P, T> Conversation for Talk<E, P, T>
where
    E: Engine + Send + 'static,
    P: Party<E> + Send + 'static,
    T: Tap<E> + Send + 'static,
{
    fn turn(&mut self, input: &mut &[u8], out: &mut BytesMut, high: usize) -> Result<bool, Fault> {
        turn(&mut self.engine, input, out, high, &mut self.party, &mut self.tap).map_err(|error| {
            self.failed = Some(error.clone());
            Fault::new(error)
        })
    }

    fn eof(&mut self) {
        self.tap.ended();
        self.engine.eof();
    }

    fn expire(&mut self) {
        self.tap.expired();
        self.engine.expire();
    }

    fn status(&self) -> Status {
        self.engine.status()
    }

    fn patience(&self) -> Patience {
        self.engine.patience()
    }

    fn window(&self) -> usize {
        self.engine.window()
    }

    fn due(&self) -> Option<Instant> {
        self.party.due()
    }

    fn bulk(&mut self) -> Option<&mut Bulk> {
        self.party.bulk()
    }

    fn finished(&self) -> bool {
        self.party.finished(&self.engine)
    }

    fn stopping(&mut self, out: &mut BytesMut) {
        let mark = out.len();
        self.party.stopping(&mut self.engine, out);
        if out.len() > mark {
            self.tap.caller_said(&out[mark..]);
        }
    }

    fn handed_over(&mut self, rest: &[u8]) -> Next {
        self.party.handed_over(&mut self.engine, rest)
    }

    #[cfg(feature = "tls")]
    fn secured(&mut self, session: &super::tls::Session, out: &mut BytesMut) {
        let mark = out.len();
        self.party.secured(&mut self.engine, session, out);
        if out.len() > mark {
            self.tap.caller_said(&out[mark..]);
        }
    }

    fn ended(&mut self, how: Ended<Fault>) {
        let how = match (how, self.failed.take()) {
            (Ended::Failed(_), Some(error)) => Ended::Failed(error),
            // An error of another conversation on the same connection can't end this one.
            (Ended::Failed(_), None) | (Ended::Closed, _) => Ended::Closed,
            (Ended::Lost(error), _) => Ended::Lost(error),
            (Ended::Stalled, _) => Ended::Stalled,
            (Ended::Unanswered, _) => Ended::Unanswered,
            (Ended::Injected, _) => Ended::Injected,
            (Ended::Stopped, _) => Ended::Stopped,
            (Ended::Late, _) => Ended::Late,
        };
        self.party.ended(&mut self.engine, &how);
    }
}
