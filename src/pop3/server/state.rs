//! What may be said when: every stage of a session and every way from one to the next.

use super::super::Row;

/// Where a session stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::pop3) enum Stage {
    /// The caller decides whether the client is welcome.
    Connect,
    /// Greeted; nobody is logged in.
    Authorization,
    /// In an AUTH exchange.
    Exchange,
    /// PASS or APOP was said, and the users have to be asked.
    Login,
    /// The client has proven who it is, and the caller opens the maildrop.
    Maildrop,
    /// STLS was answered: the connection is TLS's until the caller brings it back.
    Tls,
    /// The maildrop is open.
    Transaction,
    /// A message is asked for, or on its way.
    Sending,
    /// QUIT was said, and the caller deletes what is marked.
    Update,
    /// Over.
    Closed,
}

/// What happens to a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::pop3) enum Trigger {
    Welcome,
    Refusal,
    Stls,
    Secured,
    Login,
    Auth,
    Outcome,
    Proven,
    Open,
    Retr,
    Sent,
    Quit,
    Updated,
}

use Stage as S;
use Trigger as T;

/// Every row there is. The caller may end a session at any stage, and so does the end of the connection; neither deletes
/// anything.
pub(in crate::pop3) const ROWS: &[Row<Stage, Trigger>] = &[
    (S::Connect, T::Welcome, S::Authorization),
    (S::Connect, T::Refusal, S::Closed),
    (S::Authorization, T::Stls, S::Tls),
    (S::Authorization, T::Login, S::Login),
    (S::Authorization, T::Auth, S::Exchange),
    (S::Authorization, T::Quit, S::Closed),
    (S::Exchange, T::Outcome, S::Authorization),
    (S::Exchange, T::Proven, S::Maildrop),
    (S::Login, T::Outcome, S::Authorization),
    (S::Login, T::Proven, S::Maildrop),
    (S::Tls, T::Secured, S::Authorization),
    (S::Maildrop, T::Open, S::Transaction),
    (S::Maildrop, T::Refusal, S::Authorization),
    (S::Transaction, T::Retr, S::Sending),
    (S::Transaction, T::Quit, S::Update),
    (S::Sending, T::Sent, S::Transaction),
    (S::Sending, T::Refusal, S::Transaction),
    (S::Update, T::Updated, S::Closed),
];
