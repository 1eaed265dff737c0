//! What may be said when: every state of a session and every way from one to the next.

use crate::states::states;

states! {
    /// Where a session stands.
    pub(super) enum State {
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
    pub(super) enum Cause {
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
    table {
        Connect: Welcome => Authorization, Refusal => Closed;
        Authorization: Stls => Tls, Login => Login, Auth => Exchange, Quit => Closed;
        Exchange: Outcome => Authorization, Proven => Maildrop;
        Login: Outcome => Authorization, Proven => Maildrop;
        Maildrop: Open => Transaction, Refusal => Authorization;
        Tls: Secured => Authorization;
        Transaction: Retr => Sending, Quit => Update;
        Sending: Sent => Transaction, Refusal => Transaction;
        Update: Updated => Closed;
    }
}
