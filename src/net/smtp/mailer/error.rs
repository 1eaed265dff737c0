//! Why a message was not sent.

use super::InvalidPlace;
use crate::mime;
use crate::net::Ended;
use crate::net::tls;
use crate::smtp::client::{self, Misuse, Report, Verdict};
use core::fmt;
use std::boxed::Box;
use std::io;

/// Why a message was not sent. Each says whether trying again later may help.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// Not the place of a mail server.
    Place(InvalidPlace),
    /// The message can't be written, or an attachment can't be read.
    Message(Box<dyn core::error::Error + Send + Sync>),
    /// The server's name has no address.
    Lookup(io::Error),
    /// The server can't be reached.
    Connect(io::Error),
    /// No TLS with the server: the handshake failed, or its certificate was refused.
    Tls(io::Error),
    /// The server refuses the session, at the greeting, the name or the log-in ([`Verdict::step`]).
    Session(Verdict),
    /// What the message needs, the server does not have, or it is no message that mail can carry.
    Unsendable(Misuse),
    /// What came from the server is not the protocol, or lacks what is required: TLS, a way to log in, an answer in time.
    Protocol(client::Error),
    /// The connection broke before the message was out. Nobody has it.
    Lost(io::Error),
    /// The connection broke when the message was out and its verdict was not in: whoever was not refused in the report
    /// may have it. Sending it again may give it to them twice.
    Unknown(Box<Report>),
    /// The server took it for nobody.
    Refused(Box<Report>),
}

impl Error {
    /// Trying again later may help, and gives nobody the message twice.
    pub fn is_temporary(&self) -> bool {
        match self {
            Self::Lookup(error) => error.kind() == io::ErrorKind::TimedOut,
            Self::Connect(_) | Self::Lost(_) => true,
            Self::Session(verdict) => verdict.code.is_transient(),
            Self::Protocol(error) => {
                matches!(error.kind, client::ErrorKind::Truncated | client::ErrorKind::TimedOut)
            }
            Self::Refused(report) => {
                let mut told = report.recipients.iter().flatten();
                told.any(|verdict| verdict.code.is_transient())
            }
            Self::Tls(error) => error.get_ref().is_none_or(|inner| !inner.is::<tls::Error>()),
            Self::Place(_) | Self::Message(_) | Self::Unsendable(_) | Self::Unknown(_) => false,
        }
    }

    /// The refusal that the server put into words, if it did.
    pub fn verdict(&self) -> Option<&Verdict> {
        match self {
            Self::Session(verdict) => Some(verdict),
            // A recipient's own refusal says more than what followed from it.
            Self::Refused(report) | Self::Unknown(report) => {
                let mut told = report.recipients.iter().flatten();
                told.find(|verdict| !verdict.code.is_positive()).or(report.refused.as_ref())
            }
            _ => None,
        }
    }

    /// Before the message was out.
    pub(super) fn of(ended: Ended<client::Error>) -> Self {
        match ended {
            Ended::Failed(error) => Self::Protocol(error),
            ended => Self::Lost(ended.into()),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let said = |verdict: &Verdict, f: &mut fmt::Formatter<'_>| {
            let text = verdict.text.lines().next().unwrap_or_default();
            write!(f, "{} {text}", verdict.code)
        };
        match self {
            Self::Place(error) => error.fmt(f),
            Self::Message(error) => error.fmt(f),
            Self::Lookup(error) => write!(f, "can't look the server up: {error}"),
            Self::Connect(error) => write!(f, "can't connect: {error}"),
            Self::Tls(error) => write!(f, "no TLS: {error}"),
            Self::Session(verdict) => {
                f.write_str(match verdict.step {
                    client::Step::Auth => "the log-in was refused: ",
                    _ => "the server refuses us: ",
                })?;
                said(verdict, f)
            }
            Self::Unsendable(misuse) => write!(f, "can't be sent: {misuse}"),
            Self::Protocol(error) => error.kind.fmt(f),
            Self::Lost(error) => write!(f, "the connection broke: {error}"),
            Self::Unknown(_) => f.write_str("the connection broke before the verdict: the message may have been taken"),
            Self::Refused(_) => {
                f.write_str("refused: ")?;
                match self.verdict() {
                    Some(verdict) => said(verdict, f),
                    None => f.write_str("nobody was accepted"),
                }
            }
        }
    }
}

impl core::error::Error for Error {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Place(error) => Some(error),
            Self::Message(error) => Some(&**error),
            Self::Lookup(error) | Self::Connect(error) | Self::Tls(error) | Self::Lost(error) => Some(error),
            Self::Unsendable(misuse) => Some(misuse),
            Self::Protocol(error) => Some(error),
            Self::Session(_) | Self::Unknown(_) | Self::Refused(_) => None,
        }
    }
}

impl From<InvalidPlace> for Error {
    fn from(error: InvalidPlace) -> Self {
        Self::Place(error)
    }
}

impl From<mime::Misuse> for Error {
    fn from(error: mime::Misuse) -> Self {
        Self::Message(Box::new(error))
    }
}

impl From<mime::SourceError> for Error {
    fn from(error: mime::SourceError) -> Self {
        Self::Message(error.0)
    }
}
