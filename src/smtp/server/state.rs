//! What may be said when: every state of a session and every way from one to the next.

use crate::states::states;

states! {
    /// Where a session stands.
    pub(super) enum State {
        /// The preamble of a trusted proxy has to come first.
        Preamble,
        /// The caller decides whether the client is welcome.
        Connect,
        /// Greeted; the client has not said its name.
        Fresh,
        /// Named; no message is begun.
        Ready,
        /// In an AUTH exchange.
        Auth,
        /// A sender was accepted.
        Sender,
        /// A recipient was accepted too.
        Recipients,
        /// The message comes, in lines, dotted.
        Content,
        /// A chunk of the message comes.
        Chunk,
        /// Between two chunks.
        Chunks,
        /// The message is whole, and the caller decides.
        Verdict,
        /// STARTTLS was answered: the connection is TLS's until the caller brings it back.
        Tls,
        /// Not welcome: only QUIT is heard (RFC 5321 3.1).
        Unwelcome,
        /// Over.
        Closed,
    }
    /// What happens to a session.
    pub(super) enum Cause {
        Proxy,
        Welcome,
        Refusal,
        Hello,
        StartTls,
        Secured,
        Auth,
        Outcome,
        XClient,
        Mail,
        Rcpt,
        Data,
        Bdat,
        More,
        Last,
        Verdict,
        Rset,
        Noop,
        Query,
        Quit,
    }
    table {
        Preamble: Proxy => Connect;
        Connect: Welcome => Fresh, Refusal => Unwelcome;
        Fresh: Hello => Ready, XClient => Connect, Rset => Fresh, Noop => Fresh, Query => Fresh, Quit => Closed;
        Ready: Hello => Ready, StartTls => Tls, Auth => Auth, XClient => Connect, Mail => Sender, Rset => Ready,
            Noop => Ready, Query => Ready, Quit => Closed;
        Auth: Outcome => Ready;
        Sender: Rcpt => Recipients, Hello => Ready, Rset => Ready, Noop => Sender, Query => Sender, Quit => Closed;
        Recipients: Rcpt => Recipients, Data => Content, Bdat => Chunk, Hello => Ready, Rset => Ready,
            Noop => Recipients, Query => Recipients, Quit => Closed;
        Content: Last => Verdict;
        Chunk: More => Chunks, Last => Verdict;
        Chunks: Bdat => Chunk, Hello => Ready, Rset => Ready, Noop => Chunks, Query => Chunks, Quit => Closed;
        Verdict: Verdict => Ready;
        Tls: Secured => Fresh;
        Unwelcome: Quit => Closed;
    }
}
