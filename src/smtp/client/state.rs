//! What a client waits for: every state of a session and every way from one to the next.

use crate::states::states;

states! {
    /// Where a session stands.
    pub(super) enum State {
        /// Connected; the server greets.
        Greeting,
        /// EHLO or LHLO was said.
        Hello,
        /// HELO was said, since EHLO was refused.
        Helo,
        /// STARTTLS was said.
        StartTls,
        /// The connection is TLS's until the caller brings it back.
        Tls,
        /// In an AUTH exchange.
        Auth,
        /// Nothing is asked: the caller may.
        Ready,
        /// Sender, recipients and DATA are being answered.
        Envelope,
        /// The message goes out.
        Content,
        /// The message is out and being judged.
        Verdict,
        /// RSET was said to clear a transaction that failed.
        Reset,
        /// Another command was said.
        Command,
        /// QUIT was said.
        Quit,
        /// Over.
        Closed,
    }
    /// What happens to a session.
    pub(super) enum Cause {
        Greeted,
        Refused,
        Fallback,
        StartTls,
        Proceed,
        Secured,
        Auth,
        Ready,
        Send,
        Go,
        Void,
        Finish,
        Fail,
        Done,
        Command,
        Quit,
        Farewell,
    }
    table {
        Greeting: Greeted => Hello, Refused => Quit;
        Hello: Fallback => Helo, StartTls => StartTls, Auth => Auth, Ready => Ready, Refused => Quit;
        Helo: Ready => Ready, Refused => Quit;
        StartTls: Proceed => Tls, Auth => Auth, Ready => Ready;
        Tls: Secured => Hello;
        Auth: Auth => Auth, Ready => Ready, Refused => Quit;
        Ready: Send => Envelope, Command => Command, Quit => Quit;
        Envelope: Go => Content, Void => Verdict, Fail => Reset, Done => Ready;
        Content: Finish => Verdict, Fail => Reset;
        Verdict: Fail => Reset, Done => Ready;
        Reset: Done => Ready;
        Command: Done => Ready;
        Quit: Farewell => Closed;
    }
}
