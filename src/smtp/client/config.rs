//! What a client is set up with.

use crate::sasl::{Credentials, Mechanism};
use crate::smtp::HostName;
use crate::smtp::server::Protocol;
use crate::syntax::dots::Endings;
use bytes::Bytes;

/// Whether a connection that began in clear becomes TLS's by `STARTTLS`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum StartTls {
    /// It does, or nothing is sent: an offer that somebody took away on its way ends the session.
    #[default]
    Required,
    /// It does where the server offers it. Whoever can change what is on the wire can take the offer away.
    IfOffered,
    /// It does not.
    Never,
}

/// How the octets of a message are sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Transfer {
    /// By `DATA`, and by `BDAT` where `DATA` can't: a message declared as binary. For any other both take the same turns,
    /// and `DATA` is what every server has seen most of.
    #[default]
    Auto,
    /// By `BDAT` wherever the server offers `CHUNKING`: nothing is stuffed.
    Chunks,
}

/// What all sessions with a server have in common. Share it: an [`Arc`](alloc::sync::Arc) of it goes to each
/// [`Client`](super::Client).
#[derive(Clone, Debug)]
pub struct Config {
    /// What the client calls itself in `EHLO`.
    pub name: HostName<Bytes>,
    /// SMTP or LMTP. Default: SMTP.
    pub protocol: Protocol,
    /// Default: required. Without effect on a channel that is secure from its start.
    pub starttls: StartTls,
    /// Who the client is. Default: it does not say.
    pub credentials: Option<Credentials>,
    /// This mechanism and no other. Default: the strongest that both sides have.
    pub mechanism: Option<Mechanism>,
    /// Show a password or token on a channel that is not secure. Default: no.
    pub auth_in_clear: bool,
    /// What is done with a message that has a CR or LF on its own. Default: it is not sent.
    pub endings: Endings,
    /// Default: `DATA` unless the message is binary.
    pub transfer: Transfer,
    /// How much of anything.
    pub limits: Limits,
}

impl Config {
    /// A client of that name, with the defaults named at each field.
    pub fn new(name: HostName<Bytes>) -> Self {
        Self {
            name,
            protocol: Protocol::default(),
            starttls: StartTls::default(),
            credentials: None,
            mechanism: None,
            auth_in_clear: false,
            endings: Endings::default(),
            transfer: Transfer::default(),
            limits: Limits::default(),
        }
    }
}

/// How much a client takes of anything, and gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Octets of a reply line with its CRLF. Default: 2,048, four times what a server may send (RFC 5321 4.5.3.1.5),
    /// because servers do.
    pub reply_line: usize,
    /// Octets of a whole reply. Default: 16,384.
    pub reply: usize,
    /// Octets of a line of a message without its CRLF, unless it is binary. Default: 998 (RFC 5321 4.5.3.1.6).
    pub text_line: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { reply_line: 2048, reply: 16_384, text_line: 998 }
    }
}
