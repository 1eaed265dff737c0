//! What may be said when, seen from the client.

use super::super::Row;
use super::Command;

/// Where a session stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::pop3) enum Stage {
    /// The server has not spoken yet.
    Greeting,
    /// Greeted; nobody is logged in.
    Authorization,
    /// In an AUTH exchange.
    Exchange,
    /// STLS was answered: the connection is TLS's until the caller brings it back.
    Tls,
    /// Logged in: the maildrop is ours.
    Transaction,
    /// QUIT was said.
    Leaving,
    /// Over.
    Closed,
}

/// What happens to a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::pop3) enum Trigger {
    Welcome,
    Unwelcome,
    Login,
    Auth,
    Refusal,
    Stls,
    Secured,
    Quit,
    Goodbye,
}

use Stage as S;
use Trigger as T;

/// Every row there is.
pub(in crate::pop3) const ROWS: &[Row<Stage, Trigger>] = &[
    (S::Greeting, T::Welcome, S::Authorization),
    (S::Greeting, T::Unwelcome, S::Closed),
    (S::Authorization, T::Login, S::Transaction),
    (S::Authorization, T::Auth, S::Exchange),
    (S::Authorization, T::Stls, S::Tls),
    (S::Authorization, T::Quit, S::Leaving),
    (S::Exchange, T::Login, S::Transaction),
    (S::Exchange, T::Refusal, S::Authorization),
    (S::Tls, T::Secured, S::Authorization),
    (S::Transaction, T::Quit, S::Leaving),
    (S::Leaving, T::Goodbye, S::Closed),
];

impl Stage {
    /// Whether a command may be said here (RFC 1939 4 and 5; RFC 2449 5, RFC 2595 4, RFC 5034 4, RFC 6856 2.1 and 3).
    pub(super) const fn allows(self, command: Command) -> bool {
        use Command as C;
        match command {
            C::Greeting => false,
            C::Capa | C::Quit | C::Lang { .. } => matches!(self, Self::Authorization | Self::Transaction),
            C::Stls | C::User | C::Pass | C::Apop | C::Auth | C::Utf8 => matches!(self, Self::Authorization),
            _ => matches!(self, Self::Transaction),
        }
    }
}
