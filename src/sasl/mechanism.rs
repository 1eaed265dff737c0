//! The mechanisms by name, and which one to take.

use super::Credentials;
use core::fmt;
use core::str::FromStr;

/// A SASL mechanism, in order of preference: what shows least comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Mechanism {
    /// `SCRAM-SHA-256-PLUS` (RFC 7677): bound to the TLS channel.
    ScramSha256Plus,
    /// `SCRAM-SHA-1-PLUS` (RFC 5802): bound to the TLS channel.
    ScramSha1Plus,
    /// `SCRAM-SHA-256` (RFC 7677).
    ScramSha256,
    /// `SCRAM-SHA-1` (RFC 5802).
    ScramSha1,
    /// `CRAM-MD5` (RFC 2195).
    CramMd5,
    /// `OAUTHBEARER` (RFC 7628).
    OAuthBearer,
    /// `XOAUTH2`, the form before RFC 7628 that large providers still ask for.
    XOAuth2,
    /// `PLAIN` (RFC 4616).
    Plain,
    /// `LOGIN` (draft-murchison-sasl-login), which older servers have in place of `PLAIN`.
    Login,
    /// `EXTERNAL` (RFC 4422 appendix A): who the client is was shown by other means.
    External,
    /// `ANONYMOUS` (RFC 4505).
    Anonymous,
}

impl Mechanism {
    /// Every mechanism, strongest first.
    pub const ALL: [Self; 11] = [
        Self::ScramSha256Plus,
        Self::ScramSha1Plus,
        Self::ScramSha256,
        Self::ScramSha1,
        Self::CramMd5,
        Self::OAuthBearer,
        Self::XOAuth2,
        Self::Plain,
        Self::Login,
        Self::External,
        Self::Anonymous,
    ];

    /// The name as registered.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ScramSha256Plus => "SCRAM-SHA-256-PLUS",
            Self::ScramSha1Plus => "SCRAM-SHA-1-PLUS",
            Self::ScramSha256 => "SCRAM-SHA-256",
            Self::ScramSha1 => "SCRAM-SHA-1",
            Self::CramMd5 => "CRAM-MD5",
            Self::OAuthBearer => "OAUTHBEARER",
            Self::XOAuth2 => "XOAUTH2",
            Self::Plain => "PLAIN",
            Self::Login => "LOGIN",
            Self::External => "EXTERNAL",
            Self::Anonymous => "ANONYMOUS",
        }
    }

    /// The mechanism of that name, in any case.
    pub fn from_name(name: &[u8]) -> Option<Self> {
        Self::ALL.into_iter().find(|mechanism| mechanism.name().as_bytes().eq_ignore_ascii_case(name))
    }

    /// Whoever reads the exchange has the password or the token: never without TLS unless asked.
    pub const fn shows_secret(self) -> bool {
        matches!(self, Self::Plain | Self::Login | Self::XOAuth2 | Self::OAuthBearer)
    }

    /// Bound to the TLS channel it runs in.
    pub const fn binds_channel(self) -> bool {
        matches!(self, Self::ScramSha256Plus | Self::ScramSha1Plus)
    }

    /// The client may say its first message together with the mechanism's name (RFC 4422 5, item 2b).
    pub const fn client_first(self) -> bool {
        !matches!(self, Self::CramMd5 | Self::Login)
    }
}

impl fmt::Display for Mechanism {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// No mechanism of this name is known here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown mechanism")]
pub struct UnknownMechanism;

impl FromStr for Mechanism {
    type Err = UnknownMechanism;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::from_name(name.as_bytes()).ok_or(UnknownMechanism)
    }
}

/// What a client is ready to do.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Policy {
    /// The channel is private: TLS, or a socket that leads no further than this machine.
    pub private: bool,
    /// Show a password or a token even where the channel is not private. Off unless asked: whoever listens has it then.
    pub in_clear: bool,
    /// The channel can be bound (`Client::bind`), so that the `-PLUS` mechanisms are worth choosing.
    pub binding: bool,
    /// Take this mechanism and no other.
    pub only: Option<Mechanism>,
}

/// The strongest of `offered` that `credentials` can serve and `policy` allows. Names that are not known are passed
/// over.
pub fn choose<'o>(
    offered: impl IntoIterator<Item = &'o str>,
    credentials: &Credentials,
    policy: &Policy,
) -> Option<Mechanism> {
    offered
        .into_iter()
        .filter_map(|name| Mechanism::from_name(name.as_bytes()))
        .filter(|mechanism| policy.only.is_none_or(|only| only == *mechanism))
        .filter(|mechanism| credentials.serve(*mechanism))
        .filter(|mechanism| policy.binding || !mechanism.binds_channel())
        .filter(|mechanism| policy.private || policy.in_clear || !mechanism.shows_secret())
        .min()
}
