//! What a server is set up with.

use crate::sasl::{Binding, Mechanism, Nonce};
use crate::smtp::{HostName, Interval, Moment};
use crate::syntax::dots::Endings;
use alloc::vec::Vec;
use bytes::Bytes;
use core::fmt;

/// Which of the two protocols a server speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// SMTP: one verdict on a message (RFC 5321).
    #[default]
    Smtp,
    /// LMTP: a verdict for every recipient, and no queue (RFC 2033).
    Lmtp,
}

/// What all sessions of a server have in common. Share it: an [`Arc`](alloc::sync::Arc) of it goes to each
/// [`Server`](super::Server).
#[derive(Clone)]
pub struct Config {
    /// The server's own name, which the greeting and the answer to `EHLO` show.
    pub host: HostName<Bytes>,
    /// SMTP or LMTP. Default: SMTP.
    pub protocol: Protocol,
    /// `STARTTLS` is announced on channels that are not secure yet. Default: no.
    pub starttls: bool,
    /// Nothing but `EHLO`, `NOOP`, `STARTTLS` and `QUIT` before the channel is secure (RFC 3207 4). Default: no.
    pub tls_required: bool,
    /// The mechanisms announced, in this order. Default: none, and `AUTH` is unknown.
    pub auth: Vec<Mechanism>,
    /// Mechanisms that show a secret are announced on insecure channels as well. Default: no.
    pub auth_in_clear: bool,
    /// No `MAIL` before a successful `AUTH`, as submission wants it (RFC 6409 4.3). Default: no.
    pub auth_required: bool,
    /// What is announced beside that.
    pub extensions: Extensions,
    /// What is done with a message that has a CR or LF on its own. Default: refuse it when it is whole.
    pub endings: Endings,
    /// `VRFY`, `EXPN` and `ETRN` ask the caller. Default: no, they get the answer that tells nothing.
    pub queries: bool,
    /// How much of anything.
    pub limits: Limits,
    /// Leniencies. Default: none.
    pub quirks: Quirks,
    /// Random octets that this server keeps for good; see [`Setting::decoy`](crate::sasl::Setting::decoy).
    pub decoy: [u8; 32],
    /// The iterations that go with them: what the real records have. Default: 4,096.
    pub decoy_iterations: u32,
}

impl Config {
    /// A server of that name, with the defaults named at each field.
    pub fn new(host: HostName<Bytes>) -> Self {
        Self {
            host,
            protocol: Protocol::default(),
            starttls: false,
            tls_required: false,
            auth: Vec::new(),
            auth_in_clear: false,
            auth_required: false,
            extensions: Extensions::default(),
            endings: Endings::default(),
            queries: false,
            limits: Limits::default(),
            quirks: Quirks::default(),
            decoy: [0; 32],
            decoy_iterations: 4096,
        }
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("host", &self.host.as_str())
            .field("protocol", &self.protocol)
            .field("starttls", &self.starttls)
            .field("auth", &self.auth)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

/// The extensions that a server announces beside `PIPELINING`, `SIZE`, `ENHANCEDSTATUSCODES`, `STARTTLS` and `AUTH`.
///
/// What is announced is promised: the engine takes the parameters, keeping the promise is the caller's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extensions {
    /// `8BITMIME`. Default: yes; the engine is clean for all eight bits.
    pub eight_bit: bool,
    /// `SMTPUTF8`. Default: yes.
    pub utf8: bool,
    /// `CHUNKING`. Default: yes.
    pub chunking: bool,
    /// `BINARYMIME`, which needs `CHUNKING`. Default: yes.
    pub binary: bool,
    /// `DSN`: the caller reports as asked, or relays to who does. Default: no.
    pub dsn: bool,
    /// `REQUIRETLS`, on secure channels: the caller relays over verified TLS or not at all. Default: no.
    pub require_tls: bool,
    /// `MT-PRIORITY`. Default: no.
    pub priority: bool,
    /// `FUTURERELEASE`: the longest time, and the last moment. Default: no.
    pub future_release: Option<(Interval, Moment<Bytes>)>,
    /// `DELIVERBY`, with the least number of seconds. Default: no.
    pub deliver_by: Option<u32>,
    /// `ETRN`. Default: no.
    pub etrn: bool,
}

impl Default for Extensions {
    fn default() -> Self {
        Self {
            eight_bit: true,
            utf8: true,
            chunking: true,
            binary: true,
            dsn: false,
            require_tls: false,
            priority: false,
            future_release: None,
            deliver_by: None,
            etrn: false,
        }
    }
}

/// How much a server takes of anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Octets of a command line with its CRLF. Default: 2,048, which holds 512 (RFC 5321 4.5.3.1.4) and what `SIZE`,
    /// `SMTPUTF8`, `DSN` (500 for `ORCPT`) and `AUTH` add to it.
    pub command_line: usize,
    /// Octets of a line in an `AUTH` exchange, and of the `AUTH` command. Default: 12,288 (RFC 4954 4).
    pub auth_line: usize,
    /// Octets of a line of a message with its CRLF, unless it is binary. Default: 1,000 (RFC 5321 4.5.3.1.6).
    pub text_line: usize,
    /// Octets of a message, announced by `SIZE`. Default: 52,428,800.
    pub message: u64,
    /// Recipients of a message; each one above gets 452. Default: 1,000 (at least 100, RFC 5321 4.5.3.1.8).
    pub recipients: u32,
    /// Commands refused by the engine in one session, then 421. Default: 20.
    pub errors: u32,
    /// Commands that move nothing (`NOOP`, `RSET`, `HELP`, `VRFY`, another `EHLO` …) between two messages, then 421.
    /// Default: 100.
    pub idle_commands: u32,
    /// Exchanges of `AUTH` that fail in one session, then 421. Default: 3.
    pub auth_failures: u32,
    /// Octets of a PROXY preamble of version 2 with its additions. Default: 552, which is the 16 of its head and as much
    /// as a TCP segment is sure to carry. Version 1 has 107 by its own rule.
    pub preamble: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            command_line: 2048,
            auth_line: 12_288,
            text_line: 1000,
            message: 52_428_800,
            recipients: 1000,
            errors: 20,
            idle_commands: 100,
            auth_failures: 3,
            preamble: 552,
        }
    }
}

/// Leniencies, all off by default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Quirks {
    /// Spaces between `FROM:` or `TO:` and the path, which people at a terminal write. No danger is known: the path is
    /// held to the same grammar.
    pub spaces_before_path: bool,
}

/// What is known of one connection before its first octet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// TLS is on already (port 465), or nobody else can listen (a socket of this machine).
    pub secure: bool,
    /// Random octets for this session's `AUTH` exchange.
    pub nonce: Nonce,
    /// What binds an exchange to the TLS channel, where it is known.
    pub binding: Option<Binding>,
    /// The peer is a trusted proxy that begins with a PROXY preamble.
    pub proxy: bool,
    /// The peer is trusted to say by `XCLIENT` who its client is.
    pub xclient: bool,
}

impl Session {
    /// An ordinary connection without TLS.
    pub const fn new(nonce: Nonce) -> Self {
        Self { secure: false, nonce, binding: None, proxy: false, xclient: false }
    }

    /// A connection that is secure from its start.
    pub const fn secure(nonce: Nonce, binding: Option<Binding>) -> Self {
        Self { secure: true, nonce, binding, proxy: false, xclient: false }
    }
}
