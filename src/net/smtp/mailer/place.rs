//! Where mail is handed in: `smtps://user@host:465` and its kin.

use crate::smtp::server::Protocol;
use crate::syntax::percent;
use core::fmt;
use core::str::FromStr;
use std::string::{String, ToString};

/// A server and the way to it.
///
/// | scheme | port | protocol | TLS |
/// |---|---|---|---|
/// | `smtp` | 25 | SMTP | STARTTLS: required with a user, else where it is offered |
/// | `submission` | 587 | SMTP | STARTTLS, required |
/// | `smtps`, `submissions` | 465 | SMTP | from the first octet (RFC 8314) |
/// | `lmtp` | 24 | LMTP | as `smtp` |
/// | `lmtps` | 24 | LMTP | from the first octet |
///
/// ```
/// use plainwire::net::smtp::Place;
///
/// let place: Place = "smtps://ada%40example.org@mail.example.org".parse()?;
/// assert_eq!((place.user(), place.host(), place.port()), (Some("ada@example.org"), "mail.example.org", 465));
/// assert!("smtps://ada:secret@mail.example.org".parse::<Place>().is_err()); // no place for a password
/// # Ok::<(), plainwire::net::smtp::InvalidPlace>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub(super) protocol: Protocol,
    /// TLS from the first octet.
    pub(super) secure: bool,
    /// STARTTLS is required even without a user.
    pub(super) submission: bool,
    user: Option<String>,
    host: String,
    port: u16,
}

/// Not the place of a mail server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidPlace {
    /// Not one of the schemes.
    #[error("not smtp://, submission://, smtps://, submissions://, lmtp:// or lmtps://")]
    Scheme,
    /// A user that is empty, or can't be read.
    #[error("the user can't be read: write what is special as %XX")]
    User,
    /// Passwords are given otherwise: whoever sees the URL has them.
    #[error("no password belongs into the URL")]
    Password,
    /// No host, or none that can be looked up.
    #[error("no host")]
    Host,
    /// Not a port.
    #[error("not a port")]
    Port,
    /// A path, a query or a fragment.
    #[error("more than a host and a port")]
    More,
}

impl Place {
    /// Who logs in, if anyone.
    pub fn user(&self) -> Option<&str> {
        self.user.as_deref()
    }

    /// The host's name or address, without brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// SMTP or LMTP.
    pub fn protocol(&self) -> Protocol {
        self.protocol
    }
}

impl FromStr for Place {
    type Err = InvalidPlace;

    fn from_str(text: &str) -> Result<Self, InvalidPlace> {
        let (scheme, rest) = text.split_once("://").ok_or(InvalidPlace::Scheme)?;
        let (protocol, secure, submission, usual) = match &*scheme.to_ascii_lowercase() {
            "smtp" => (Protocol::Smtp, false, false, 25),
            "submission" => (Protocol::Smtp, false, true, 587),
            "smtps" | "submissions" => (Protocol::Smtp, true, true, 465),
            "lmtp" => (Protocol::Lmtp, false, false, 24),
            "lmtps" => (Protocol::Lmtp, true, true, 24),
            _ => return Err(InvalidPlace::Scheme),
        };
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let (user, rest) = match rest.rsplit_once('@') {
            None => (None, rest),
            Some((user, _)) if user.contains(':') => return Err(InvalidPlace::Password),
            Some((user, rest)) => {
                let malformed = percent::malformed(user.as_bytes()).is_some();
                let user = String::from_utf8(percent::decode(user.as_bytes()).into_owned());
                let user =
                    user.ok().filter(|user| !malformed && !user.is_empty() && !user.chars().any(char::is_control));
                (Some(user.ok_or(InvalidPlace::User)?), rest)
            }
        };
        if rest.contains(['/', '?', '#']) {
            return Err(InvalidPlace::More);
        }
        let (host, port) = match rest.strip_prefix('[') {
            Some(rest) => {
                let (host, port) = rest.split_once(']').ok_or(InvalidPlace::Host)?;
                host.parse::<core::net::Ipv6Addr>().map_err(|_| InvalidPlace::Host)?;
                (host, if port.is_empty() { None } else { Some(port.strip_prefix(':').ok_or(InvalidPlace::Port)?) })
            }
            None => match rest.split_once(':') {
                Some((host, port)) => (host, Some(port)),
                None => (rest, None),
            },
        };
        if host.is_empty() || host.chars().any(|c| c.is_control() || c.is_whitespace()) {
            return Err(InvalidPlace::Host);
        }
        let digits = |port: &str| port.bytes().all(|octet| octet.is_ascii_digit());
        let port = match port {
            None => usual,
            Some(port) if digits(port) => port.parse().map_err(|_| InvalidPlace::Port)?,
            Some(_) => return Err(InvalidPlace::Port),
        };
        Ok(Self { protocol, secure, submission, user, host: host.to_string(), port })
    }
}

impl fmt::Display for Place {
    /// `host:port`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}
