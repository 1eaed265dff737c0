//! What may be said when, seen from the client.

use super::Command;
use crate::states::states;

states! {
    /// Where a session stands.
    pub(super) enum State {
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
    pub(super) enum Cause {
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
    table {
        Greeting: Welcome => Authorization, Unwelcome => Closed;
        Authorization: Login => Transaction, Auth => Exchange, Stls => Tls, Quit => Leaving;
        Exchange: Login => Transaction, Refusal => Authorization;
        Tls: Secured => Authorization;
        Transaction: Quit => Leaving;
        Leaving: Goodbye => Closed;
    }
}

impl State {
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
