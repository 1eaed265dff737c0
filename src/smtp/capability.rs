//! What a server announces in its answer to `EHLO` (RFC 5321 4.1.1.1).

use super::Reply;
use super::syntax::words;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

/// One line of the answer to `EHLO`: a keyword with its parameters.
///
/// [`parse`](Self::parse) reads a line and [`Display`](fmt::Display) writes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Capability<'a> {
    /// `PIPELINING` (RFC 2920)
    Pipelining,
    /// `SIZE [octets]` (RFC 1870); `None` and 0 both say that no limit is told.
    Size(Option<u64>),
    /// `STARTTLS` (RFC 3207)
    StartTls,
    /// `AUTH mechanism …` (RFC 4954): the names, one space between them.
    Auth(&'a str),
    /// `8BITMIME` (RFC 6152)
    EightBitMime,
    /// `SMTPUTF8` (RFC 6531)
    SmtpUtf8,
    /// `CHUNKING` (RFC 3030)
    Chunking,
    /// `BINARYMIME` (RFC 3030)
    BinaryMime,
    /// `DSN` (RFC 3461)
    Dsn,
    /// `ENHANCEDSTATUSCODES` (RFC 2034)
    EnhancedStatusCodes,
    /// `REQUIRETLS` (RFC 8689)
    RequireTls,
    /// `MT-PRIORITY [profile]` (RFC 6710)
    MtPriority(Option<&'a str>),
    /// `FUTURERELEASE max-interval max-datetime` (RFC 4865): seconds, and a date and time.
    FutureRelease {
        /// The most that `HOLDFOR` may ask for, in seconds.
        interval: u32,
        /// The last that `HOLDUNTIL` may ask for.
        until: &'a str,
    },
    /// `DELIVERBY [seconds]` (RFC 2852): the least time that may be asked for.
    DeliverBy(Option<u32>),
    /// `LIMITS name=value …` (RFC 9422), as they stand.
    Limits(&'a str),
    /// `ETRN` (RFC 1985)
    Etrn,
    /// `VRFY`, which some announce
    Vrfy,
    /// `EXPN` (RFC 5321 3.5)
    Expn,
    /// `HELP`
    Help,
    /// `XCLIENT name …`
    XClient(&'a str),
    /// A keyword that means nothing here, with its parameters.
    Other(&'a str),
}

impl<'a> Capability<'a> {
    /// The capability that `line` announces: a line of the reply, without its code. `None` where it is no keyword.
    pub fn parse(line: &'a [u8]) -> Option<Self> {
        let line = str::from_utf8(line).ok()?.trim_end_matches(' ');
        // "AUTH=LOGIN PLAIN", from before RFC 2554, is still said for the sake of old clients.
        let (name, rest) = match line.split_once([' ', '=']) {
            Some((name, rest)) => (name, Some(rest.trim_start_matches(' '))),
            None => (line, None),
        };
        let (end, _) = words::keyword(name.as_bytes()).ok()?;
        if !end.is_empty() {
            return None;
        }
        let number = |digits| rest.map(|rest: &str| words::number(rest.as_bytes(), digits));
        let is = |keyword: &str| name.eq_ignore_ascii_case(keyword);
        Some(if is("PIPELINING") {
            Self::Pipelining
        } else if is("SIZE") {
            match number(20) {
                None => Self::Size(None),
                Some(Some(size)) => Self::Size(Some(size)),
                Some(None) => Self::Other(line),
            }
        } else if is("STARTTLS") {
            Self::StartTls
        } else if is("AUTH") {
            Self::Auth(rest.unwrap_or_default())
        } else if is("8BITMIME") {
            Self::EightBitMime
        } else if is("SMTPUTF8") {
            Self::SmtpUtf8
        } else if is("CHUNKING") {
            Self::Chunking
        } else if is("BINARYMIME") {
            Self::BinaryMime
        } else if is("DSN") {
            Self::Dsn
        } else if is("ENHANCEDSTATUSCODES") {
            Self::EnhancedStatusCodes
        } else if is("REQUIRETLS") {
            Self::RequireTls
        } else if is("MT-PRIORITY") {
            Self::MtPriority(rest)
        } else if is("FUTURERELEASE") {
            match rest.and_then(|rest| rest.split_once(' ')) {
                Some((interval, until)) => match words::number(interval.as_bytes(), 9) {
                    Some(interval) => Self::FutureRelease { interval: interval as u32, until },
                    None => Self::Other(line),
                },
                None => Self::Other(line),
            }
        } else if is("DELIVERBY") {
            Self::DeliverBy(number(9).flatten().map(|seconds| seconds as u32))
        } else if is("LIMITS") {
            Self::Limits(rest.unwrap_or_default())
        } else if is("ETRN") {
            Self::Etrn
        } else if is("VRFY") {
            Self::Vrfy
        } else if is("EXPN") {
            Self::Expn
        } else if is("HELP") {
            Self::Help
        } else if is("XCLIENT") {
            Self::XClient(rest.unwrap_or_default())
        } else {
            Self::Other(line)
        })
    }
}

impl fmt::Display for Capability<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let optional = |f: &mut fmt::Formatter<'_>, name: &str, rest: Option<&str>| match rest {
            None | Some("") => f.write_str(name),
            Some(rest) => write!(f, "{name} {rest}"),
        };
        match *self {
            Self::Pipelining => f.write_str("PIPELINING"),
            Self::Size(None) => f.write_str("SIZE"),
            Self::Size(Some(size)) => write!(f, "SIZE {size}"),
            Self::StartTls => f.write_str("STARTTLS"),
            Self::Auth(names) => optional(f, "AUTH", Some(names)),
            Self::EightBitMime => f.write_str("8BITMIME"),
            Self::SmtpUtf8 => f.write_str("SMTPUTF8"),
            Self::Chunking => f.write_str("CHUNKING"),
            Self::BinaryMime => f.write_str("BINARYMIME"),
            Self::Dsn => f.write_str("DSN"),
            Self::EnhancedStatusCodes => f.write_str("ENHANCEDSTATUSCODES"),
            Self::RequireTls => f.write_str("REQUIRETLS"),
            Self::MtPriority(profile) => optional(f, "MT-PRIORITY", profile),
            Self::FutureRelease { interval, until } => write!(f, "FUTURERELEASE {interval} {until}"),
            Self::DeliverBy(None) => f.write_str("DELIVERBY"),
            Self::DeliverBy(Some(least)) => write!(f, "DELIVERBY {least}"),
            Self::Limits(limits) => optional(f, "LIMITS", Some(limits)),
            Self::Etrn => f.write_str("ETRN"),
            Self::Vrfy => f.write_str("VRFY"),
            Self::Expn => f.write_str("EXPN"),
            Self::Help => f.write_str("HELP"),
            Self::XClient(names) => optional(f, "XCLIENT", Some(names)),
            Self::Other(line) => f.write_str(line),
        }
    }
}

/// Everything that a server announced, as a client keeps it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Capabilities {
    /// The server took `EHLO`: it knows of extensions at all.
    pub extended: bool,
    /// `PIPELINING`
    pub pipelining: bool,
    /// `SIZE`; with the limit where one was told.
    pub size: Option<Option<u64>>,
    /// `STARTTLS`
    pub starttls: bool,
    /// `AUTH`: the mechanisms' names in the order of the offer, in upper case.
    pub auth: Vec<String>,
    /// `8BITMIME`
    pub eight_bit: bool,
    /// `SMTPUTF8`
    pub utf8: bool,
    /// `CHUNKING`
    pub chunking: bool,
    /// `BINARYMIME`
    pub binary: bool,
    /// `DSN`
    pub dsn: bool,
    /// `ENHANCEDSTATUSCODES`
    pub enhanced: bool,
    /// `REQUIRETLS`
    pub require_tls: bool,
    /// `MT-PRIORITY`
    pub priority: bool,
    /// `FUTURERELEASE`: the most seconds that `HOLDFOR` may ask for.
    pub future_release: Option<u32>,
    /// `DELIVERBY`; with the least time where one was told.
    pub deliver_by: Option<Option<u32>>,
    /// `LIMITS MAILMAX=`: messages in one session (RFC 9422 4.1).
    pub max_messages: Option<u32>,
    /// `LIMITS RCPTMAX=`: recipients of one message (RFC 9422 4.2).
    pub max_recipients: Option<u32>,
    /// `LIMITS RCPTDOMAINMAX=`: domains among the recipients of one session (RFC 9422 4.3).
    pub max_domains: Option<u32>,
    /// `ETRN`
    pub etrn: bool,
}

impl Capabilities {
    /// What the answer to `EHLO` announces: its first line greets, the others are keywords. A line that is none is
    /// passed over, as is what follows the 64th.
    pub fn of<B: AsRef<[u8]>>(reply: &Reply<B>) -> Self {
        let mut found = Self { extended: true, ..Self::default() };
        for line in reply.lines().skip(1).take(64) {
            let Some(capability) = Capability::parse(line) else { continue };
            match capability {
                Capability::Pipelining => found.pipelining = true,
                // RFC 1870 4 (3): zero is no limit.
                Capability::Size(limit) => found.size = Some(limit.filter(|limit| *limit > 0)),
                Capability::StartTls => found.starttls = true,
                Capability::Auth(names) => {
                    for name in names.split(' ').filter(|name| !name.is_empty()).take(32) {
                        let name = name.to_ascii_uppercase();
                        if !found.auth.contains(&name) {
                            found.auth.push(name);
                        }
                    }
                }
                Capability::EightBitMime => found.eight_bit = true,
                Capability::SmtpUtf8 => found.utf8 = true,
                Capability::Chunking => found.chunking = true,
                Capability::BinaryMime => found.binary = true,
                Capability::Dsn => found.dsn = true,
                Capability::EnhancedStatusCodes => found.enhanced = true,
                Capability::RequireTls => found.require_tls = true,
                Capability::MtPriority(_) => found.priority = true,
                Capability::FutureRelease { interval, .. } => found.future_release = Some(interval),
                Capability::DeliverBy(least) => found.deliver_by = Some(least),
                Capability::Limits(limits) => found.limits(limits),
                Capability::Etrn => found.etrn = true,
                _ => {}
            }
        }
        // RFC 3030 2: BINARYMIME needs CHUNKING.
        found.binary &= found.chunking;
        found
    }

    fn limits(&mut self, limits: &str) {
        for (name, value) in limits.split(' ').filter_map(|limit| limit.split_once('=')) {
            // RFC 9422 3: a limit is above zero, and what is not understood is no limit.
            let value = words::number(value.as_bytes(), 6).filter(|value| *value > 0).map(|value| value as u32);
            match name.to_ascii_uppercase().as_str() {
                "MAILMAX" => self.max_messages = value,
                "RCPTMAX" => self.max_recipients = value,
                "RCPTDOMAINMAX" => self.max_domains = value,
                _ => {}
            }
        }
    }
}
