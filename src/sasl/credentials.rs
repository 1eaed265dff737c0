//! What a client has to prove itself with.

use super::{Mechanism, Secret};
use alloc::string::String;

/// Who the client is and how it shows it.
///
/// Names, tokens and traces are checked when the exchange is made ([`Client::new`](super::Client::new)).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Credentials {
    /// A name and a password: the SCRAM family, `CRAM-MD5`, `PLAIN`, `LOGIN`.
    Password {
        /// Whose password it is (authentication identity).
        user: String,
        /// The password.
        password: Secret,
        /// Whom to act as (authorization identity), where that is someone else. `CRAM-MD5` and `LOGIN` can't say it.
        act_as: Option<String>,
    },
    /// A bearer token of OAuth 2.0: `OAUTHBEARER`, `XOAUTH2`.
    Token {
        /// The mailbox or account that the token is for.
        user: String,
        /// The token, without the word `Bearer`.
        token: Secret,
        /// The host and port that the client connected to, which `OAUTHBEARER` tells the server (RFC 7628 3.1).
        endpoint: Option<(String, u16)>,
    },
    /// Shown by other means, such as a client certificate: `EXTERNAL`.
    External {
        /// Whom to act as, where the server is not to derive it.
        act_as: Option<String>,
    },
    /// Nobody in particular: `ANONYMOUS`.
    Anonymous {
        /// A mail address or a word, for the server's log (RFC 4505 2).
        trace: String,
    },
}

/// Credentials that can't be said in the mechanism chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidCredentials {
    /// The mechanism asks for credentials of another kind.
    #[error("the mechanism asks for credentials of another kind")]
    OtherKind,
    /// An empty user name or password.
    #[error("empty user name or password")]
    Empty,
    /// A NUL or another control character, or a character that SASLprep prohibits (RFC 4013).
    #[error("a character that can't stand in a name, password or token")]
    Character,
}

impl Credentials {
    /// A user name and a password, acting as that user.
    pub fn password(user: impl Into<String>, password: impl Into<Secret>) -> Self {
        Self::Password { user: user.into(), password: password.into(), act_as: None }
    }

    /// A bearer token for a user.
    pub fn token(user: impl Into<String>, token: impl Into<Secret>) -> Self {
        Self::Token { user: user.into(), token: token.into(), endpoint: None }
    }

    /// Whether `mechanism` can be served with these.
    pub const fn serve(&self, mechanism: Mechanism) -> bool {
        match self {
            Self::Password { act_as, .. } => match mechanism {
                Mechanism::ScramSha256Plus
                | Mechanism::ScramSha1Plus
                | Mechanism::ScramSha256
                | Mechanism::ScramSha1
                | Mechanism::Plain => true,
                Mechanism::CramMd5 | Mechanism::Login => act_as.is_none(),
                _ => false,
            },
            Self::Token { .. } => matches!(mechanism, Mechanism::OAuthBearer | Mechanism::XOAuth2),
            Self::External { .. } => matches!(mechanism, Mechanism::External),
            Self::Anonymous { .. } => matches!(mechanism, Mechanism::Anonymous),
        }
    }
}
