//! Commands, both directions.

use super::syntax::{path, words};
use super::{HostName, MailParameters, Mailbox, ParameterError, RcptParameters};
use crate::sasl::Secret;
use bytes::{BufMut, BytesMut};
use core::fmt::{self, Write as _};

/// A command line (RFC 5321 4.1.1 and the extensions), without its CRLF.
///
/// [`parse`](Command::parse) borrows the line; [`write`](Command::write) gives it back.
///
/// ```
/// use plainwire::smtp::Command;
///
/// let Ok(Command::Mail(mail)) = Command::parse(b"mail from:<ada@example.org> SIZE=1000") else { panic!() };
/// assert_eq!(mail.from.unwrap().as_str(), "ada@example.org");
/// assert_eq!(mail.parameters.size, Some(1000));
/// assert!(Command::parse(b"NOOP\nQUIT").is_err());
/// ```
///
/// Its `Debug` shows everything but the initial response of `AUTH`.
#[derive(Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Command<B> {
    /// `EHLO host`
    Ehlo(HostName<B>),
    /// `HELO host`
    Helo(HostName<B>),
    /// `LHLO host` (RFC 2033 4.1)
    Lhlo(HostName<B>),
    /// `MAIL FROM:<…>`
    Mail(Mail<B>),
    /// `RCPT TO:<…>`
    Rcpt(Rcpt<B>),
    /// `DATA`
    Data,
    /// `BDAT octets [LAST]` (RFC 3030 2)
    Bdat {
        /// Octets that follow the line.
        size: u64,
        /// They are the message's last.
        last: bool,
    },
    /// `RSET`
    Rset,
    /// `NOOP`, with whatever behind it
    Noop,
    /// `QUIT`
    Quit,
    /// `HELP`, with what about
    Help(Option<Text<B>>),
    /// `VRFY who`
    Vrfy(Text<B>),
    /// `EXPN list`
    Expn(Text<B>),
    /// `ETRN node` (RFC 1985)
    Etrn(Text<B>),
    /// `STARTTLS` (RFC 3207)
    StartTls,
    /// `AUTH mechanism [initial response]` (RFC 4954 4), the response as base64 or `=`
    Auth {
        /// The mechanism's name.
        mechanism: Text<B>,
        /// The initial response as it stands on the wire.
        initial: Option<Text<B>>,
    },
    /// `XCLIENT name=value …`, which Postfix defined for trusted proxies
    XClient(Text<B>),
}

/// `MAIL FROM:<…>` with its parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mail<B> {
    /// The reverse path; `None` is `<>`, which reports come from (RFC 5321 4.5.5).
    pub from: Option<Mailbox<B>>,
    /// What was said beside it.
    pub parameters: MailParameters<B>,
}

/// `RCPT TO:<…>` with its parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rcpt<B> {
    /// The forward path, without a source route.
    pub to: Mailbox<B>,
    /// What was said beside it.
    pub parameters: RcptParameters<B>,
}

/// An argument of printable text, which can't end its line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Text<B>(B);

impl<'a> Text<&'a [u8]> {
    /// The text that `octets` are: printable, UTF-8 where not ASCII, and not empty.
    pub fn parse(octets: &'a [u8]) -> Option<Self> {
        (!octets.is_empty() && words::printable(octets)).then_some(Self(octets))
    }
}

impl<B> Text<B> {
    pub(super) fn into_octets(self) -> B {
        self.0
    }

    /// With its octets held otherwise.
    pub fn map<C>(self, keep: impl FnOnce(B) -> C) -> Text<C> {
        Text(keep(self.0))
    }
}

impl<B: AsRef<[u8]>> Text<B> {
    /// As it stands on the wire.
    pub fn as_str(&self) -> &str {
        str::from_utf8(self.0.as_ref()).unwrap_or_default()
    }

    /// The octets of it.
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_ref()
    }
}

/// What is wrong with a command line. [`reply`](CommandError::reply) says what it is answered with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CommandError {
    /// No command of this name. A line that is none at all, or has a control character in it, is the same.
    #[error("unknown command")]
    Unknown,
    /// An argument where none may be, or none where one has to be.
    #[error("bad argument")]
    Argument,
    /// No path of the form `<local@domain>` or `<>` behind `FROM:`.
    #[error("bad sender")]
    Sender,
    /// No path of the form `<local@domain>` behind `TO:`.
    #[error("bad recipient")]
    Recipient,
    /// What is wrong with a parameter.
    #[error(transparent)]
    Parameter(#[from] ParameterError),
    /// A `BDAT` whose size can't be read, so that nobody knows where the next command begins.
    #[error("unreadable chunk size")]
    Chunk,
    /// The verb of another protocol (`GET`, `POST` and their kin), which a browser or a proxy was made to send here.
    #[error("another protocol's request")]
    Foreign,
}

impl CommandError {
    /// The reply code (RFC 5321 4.2.2, RFC 3463 for the enhanced one).
    pub const fn reply(self) -> (u16, (u8, u16, u16)) {
        match self {
            Self::Unknown | Self::Foreign => (500, (5, 5, 2)),
            Self::Argument | Self::Chunk => (501, (5, 5, 4)),
            Self::Sender => (501, (5, 1, 7)),
            Self::Recipient => (501, (5, 1, 3)),
            Self::Parameter(ParameterError::Unknown) => (555, (5, 5, 4)),
            Self::Parameter(_) => (501, (5, 5, 4)),
        }
    }
}

/// The first four octets in upper case, as one number.
#[inline]
const fn verb(octets: [u8; 4]) -> u32 {
    u32::from_le_bytes(octets) & 0xDFDF_DFDF
}

const EHLO: u32 = verb(*b"EHLO");
const HELO: u32 = verb(*b"HELO");
const LHLO: u32 = verb(*b"LHLO");
const MAIL: u32 = verb(*b"MAIL");
const FROM: u32 = verb(*b"FROM");
const RCPT: u32 = verb(*b"RCPT");
const DATA: u32 = verb(*b"DATA");
const LAST: u32 = verb(*b"LAST");
const BDAT: u32 = verb(*b"BDAT");
const RSET: u32 = verb(*b"RSET");
const NOOP: u32 = verb(*b"NOOP");
const QUIT: u32 = verb(*b"QUIT");
const HELP: u32 = verb(*b"HELP");
const VRFY: u32 = verb(*b"VRFY");
const EXPN: u32 = verb(*b"EXPN");
const ETRN: u32 = verb(*b"ETRN");
const AUTH: u32 = verb(*b"AUTH");
const STAR: u32 = verb(*b"STAR");
const XCLI: u32 = verb(*b"XCLI");

impl<'i> Command<&'i [u8]> {
    /// The command that `line` is: all of it, without its CRLF. Spaces at its end are passed over (RFC 5321 4.1.1).
    #[inline]
    pub fn parse(line: &'i [u8]) -> Result<Self, CommandError> {
        Self::read(line, false)
    }

    /// As [`parse`](Self::parse); with `spaces`, those behind `FROM:` and `TO:` are passed over.
    #[inline]
    pub(super) fn read(line: &'i [u8], spaces: bool) -> Result<Self, CommandError> {
        let near = |path: &'i [u8]| {
            // Spaces and nothing else: a CR or an LF there would be two lines to another reader.
            let from = if spaces { path.iter().take_while(|octet| **octet == b' ').count() } else { 0 };
            &path[from..]
        };
        let Some((name, rest)) = line.split_first_chunk::<4>() else { return Err(CommandError::Unknown) };
        let verb = verb(*name);
        match verb {
            MAIL => match rest.split_first_chunk::<6>() {
                Some(([b' ', f, r, o, m, b':'], rest)) if self::verb([*f, *r, *o, *m]) == FROM => mail(near(rest)),
                _ => Err(argument(line, rest)),
            },
            RCPT => match rest.split_first_chunk::<4>() {
                Some(([b' ', b'T' | b't', b'O' | b'o', b':'], rest)) => rcpt(near(rest)),
                _ => Err(argument(line, rest)),
            },
            DATA | RSET | QUIT if rest.is_empty() => Ok(bare(verb)),
            EHLO => match rest.strip_prefix(b" ").map(HostName::parse) {
                Some(Ok(name)) => Ok(Command::Ehlo(name)),
                _ => other(line, verb, rest),
            },
            // What has digits in its place and nothing else is printable.
            BDAT => match rest.strip_prefix(b" ").and_then(words::digits) {
                Some((size, [])) => Ok(Command::Bdat { size, last: false }),
                Some((size, [b' ', l, a, s, t])) if self::verb([*l, *a, *s, *t]) == LAST => {
                    Ok(Command::Bdat { size, last: true })
                }
                _ => other(line, verb, rest),
            },
            _ => other(line, verb, rest),
        }
    }
}

const fn bare<'i>(verb: u32) -> Command<&'i [u8]> {
    match verb {
        DATA => Command::Data,
        RSET => Command::Rset,
        _ => Command::Quit,
    }
}

/// A known verb with a wrong argument, unless it only begins like one.
#[cold]
fn argument(line: &[u8], rest: &[u8]) -> CommandError {
    if (rest.is_empty() || rest.starts_with(b" ")) && words::printable(line) {
        CommandError::Argument
    } else {
        CommandError::Unknown
    }
}

#[inline]
fn mail(path: &[u8]) -> Result<Command<&[u8]>, CommandError> {
    let (from, end) = match path::path(path) {
        Some(path::Path::Mailbox { start, at, end }) => (Some(Mailbox::found(&path[start..end], at - start)), end),
        Some(path::Path::Null { end }) => (None, end),
        // A sender without a domain can't be answered.
        Some(path::Path::Postmaster { .. }) | None => return Err(CommandError::Sender),
    };
    let rest = trimmed(&path[end + 1..]);
    let mut parameters = MailParameters::default();
    if !rest.is_empty() {
        parameters.read(rest)?;
    }
    Ok(Command::Mail(Mail { from, parameters }))
}

#[inline]
fn rcpt(path: &[u8]) -> Result<Command<&[u8]>, CommandError> {
    let (to, end) = match path::path(path) {
        Some(path::Path::Mailbox { start, at, end }) => (Mailbox::found(&path[start..end], at - start), end),
        Some(path::Path::Postmaster { start, end }) => (Mailbox::found(&path[start..end], end - start), end),
        Some(path::Path::Null { .. }) | None => return Err(CommandError::Recipient),
    };
    let rest = trimmed(&path[end + 1..]);
    let mut parameters = RcptParameters::default();
    if !rest.is_empty() {
        parameters.read(rest)?;
    }
    Ok(Command::Rcpt(Rcpt { to, parameters }))
}

#[inline]
fn trimmed(text: &[u8]) -> &[u8] {
    if text.last().is_none_or(|last| *last != b' ') {
        return text;
    }
    let end = text.iter().rposition(|octet| *octet != b' ').map_or(0, |last| last + 1);
    &text[..end]
}

fn other<'i>(line: &'i [u8], verb: u32, rest: &'i [u8]) -> Result<Command<&'i [u8]>, CommandError> {
    if !words::printable(line) {
        return Err(CommandError::Unknown);
    }
    let rest = match verb {
        STAR => rest.get(..4).filter(|rest| rest.eq_ignore_ascii_case(b"TTLS")).map(|_| &rest[4..]),
        XCLI => rest.get(..3).filter(|rest| rest.eq_ignore_ascii_case(b"ENT")).map(|_| &rest[3..]),
        _ => Some(rest),
    };
    let rest = match rest {
        Some(rest) if rest.is_empty() || rest[0] == b' ' => trimmed(rest),
        _ => return Err(if foreign(line) { CommandError::Foreign } else { CommandError::Unknown }),
    };
    let argument = rest.strip_prefix(b" ");
    let none = |command| if argument.is_none() { Ok(command) } else { Err(CommandError::Argument) };
    let text = || argument.and_then(Text::parse).ok_or(CommandError::Argument);
    let host = || argument.and_then(|name| HostName::parse(name).ok()).ok_or(CommandError::Argument);
    match verb {
        EHLO => host().map(Command::Ehlo),
        HELO => host().map(Command::Helo),
        LHLO => host().map(Command::Lhlo),
        DATA | RSET | QUIT => none(bare(verb)),
        STAR => none(Command::StartTls),
        NOOP => Ok(Command::Noop),
        HELP => Ok(Command::Help(argument.and_then(Text::parse))),
        VRFY => text().map(Command::Vrfy),
        EXPN => text().map(Command::Expn),
        ETRN => text().map(Command::Etrn),
        XCLI => text().map(Command::XClient),
        BDAT => chunk(argument.ok_or(CommandError::Chunk)?),
        AUTH => auth(argument.ok_or(CommandError::Argument)?),
        _ => Err(if foreign(line) { CommandError::Foreign } else { CommandError::Unknown }),
    }
}

/// bdat-cmd = "BDAT" SP chunk-size [SP end-marker]
fn chunk(argument: &[u8]) -> Result<Command<&[u8]>, CommandError> {
    let (size, last) = match words::one_or_two(argument).ok_or(CommandError::Chunk)? {
        (size, None) => (size, false),
        (size, Some(last)) if last.eq_ignore_ascii_case(b"LAST") => (size, true),
        _ => return Err(CommandError::Chunk),
    };
    let size = words::number(size, 20).ok_or(CommandError::Chunk)?;
    Ok(Command::Bdat { size, last })
}

/// "AUTH" SP sasl-mech [SP initial-response]
fn auth(argument: &[u8]) -> Result<Command<&[u8]>, CommandError> {
    let (mechanism, initial) = words::one_or_two(argument).ok_or(CommandError::Argument)?;
    Ok(Command::Auth { mechanism: Text(mechanism), initial: initial.map(Text) })
}

/// A request line of HTTP, or its fields, sent here by someone who was told that this is a web server.
#[cold]
fn foreign(line: &[u8]) -> bool {
    let methods: [&[u8]; 9] =
        [b"GET ", b"POST ", b"HEAD ", b"PUT ", b"DELETE ", b"OPTIONS ", b"CONNECT ", b"PATCH ", b"TRACE "];
    methods.iter().any(|method| line.starts_with(method))
        || line.get(..5).is_some_and(|host| host.eq_ignore_ascii_case(b"HOST:"))
}

impl<B: AsRef<[u8]>> Command<B> {
    /// Appends the command with its CRLF.
    pub fn write(&self, out: &mut BytesMut) {
        let mut line = |verb: &str, argument: &str| {
            out.put_slice(verb.as_bytes());
            if !argument.is_empty() {
                out.put_u8(b' ');
                out.put_slice(argument.as_bytes());
            }
        };
        match self {
            Self::Ehlo(host) => line("EHLO", host.as_str()),
            Self::Helo(host) => line("HELO", host.as_str()),
            Self::Lhlo(host) => line("LHLO", host.as_str()),
            Self::Mail(mail) => {
                out.put_slice(b"MAIL FROM:<");
                out.put_slice(mail.from.as_ref().map_or("", Mailbox::as_str).as_bytes());
                out.put_u8(b'>');
                mail.parameters.write(out);
            }
            Self::Rcpt(rcpt) => {
                out.put_slice(b"RCPT TO:<");
                out.put_slice(rcpt.to.as_str().as_bytes());
                out.put_u8(b'>');
                rcpt.parameters.write(out);
            }
            Self::Data => line("DATA", ""),
            Self::Bdat { size, last } => {
                // A BytesMut takes whatever is written to it.
                let _infallible = write!(out, "BDAT {size}{}", if *last { " LAST" } else { "" });
            }
            Self::Rset => line("RSET", ""),
            Self::Noop => line("NOOP", ""),
            Self::Quit => line("QUIT", ""),
            Self::Help(about) => line("HELP", about.as_ref().map_or("", Text::as_str)),
            Self::Vrfy(who) => line("VRFY", who.as_str()),
            Self::Expn(list) => line("EXPN", list.as_str()),
            Self::Etrn(node) => line("ETRN", node.as_str()),
            Self::StartTls => line("STARTTLS", ""),
            Self::Auth { mechanism, initial } => {
                line("AUTH", mechanism.as_str());
                if let Some(initial) = initial {
                    out.put_u8(b' ');
                    out.put_slice(initial.as_bytes());
                }
            }
            Self::XClient(attributes) => line("XCLIENT", attributes.as_str()),
        }
        out.put_slice(b"\r\n");
    }
}

impl<B: fmt::Debug> fmt::Debug for Command<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut with = |name: &str, what: &dyn fmt::Debug| f.debug_tuple(name).field(what).finish();
        match self {
            Self::Ehlo(host) => with("Ehlo", host),
            Self::Helo(host) => with("Helo", host),
            Self::Lhlo(host) => with("Lhlo", host),
            Self::Mail(mail) => with("Mail", mail),
            Self::Rcpt(rcpt) => with("Rcpt", rcpt),
            Self::Help(about) => with("Help", about),
            Self::Vrfy(who) => with("Vrfy", who),
            Self::Expn(list) => with("Expn", list),
            Self::Etrn(node) => with("Etrn", node),
            Self::XClient(attributes) => with("XClient", attributes),
            Self::Bdat { size, last } => f.debug_struct("Bdat").field("size", size).field("last", last).finish(),
            Self::Auth { mechanism, initial } => {
                // A password as often as not.
                let initial = initial.as_ref().map(|_| Secret::empty());
                f.debug_struct("Auth").field("mechanism", mechanism).field("initial", &initial).finish()
            }
            Self::Data => f.write_str("Data"),
            Self::Rset => f.write_str("Rset"),
            Self::Noop => f.write_str("Noop"),
            Self::Quit => f.write_str("Quit"),
            Self::StartTls => f.write_str("StartTls"),
        }
    }
}

impl<B> Mail<B> {
    /// With the octets held otherwise.
    pub fn map<C>(self, mut keep: impl FnMut(B) -> C) -> Mail<C> {
        Mail { from: self.from.map(|from| from.map(&mut keep)), parameters: self.parameters.map(keep) }
    }
}

impl<B> Rcpt<B> {
    /// With the octets held otherwise.
    pub fn map<C>(self, mut keep: impl FnMut(B) -> C) -> Rcpt<C> {
        Rcpt { to: self.to.map(&mut keep), parameters: self.parameters.map(keep) }
    }
}
