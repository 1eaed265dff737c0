//! What a client waits for: every stage of a session and every way from one to the next.

/// Where a session stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub(in crate::smtp) enum Stage {
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub(in crate::smtp) enum Trigger {
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

use Stage as S;
use Trigger as T;

/// Every row there is: from a stage, by what, to which stage. Any stage ends in `Closed` by an error, an end or a 421.
pub(in crate::smtp) const ROWS: &[(Stage, Trigger, Stage)] = &[
    (S::Greeting, T::Greeted, S::Hello),
    (S::Greeting, T::Refused, S::Quit),
    (S::Hello, T::Fallback, S::Helo),
    (S::Hello, T::StartTls, S::StartTls),
    (S::Hello, T::Auth, S::Auth),
    (S::Hello, T::Ready, S::Ready),
    (S::Hello, T::Refused, S::Quit),
    (S::Helo, T::Ready, S::Ready),
    (S::Helo, T::Refused, S::Quit),
    (S::StartTls, T::Proceed, S::Tls),
    (S::StartTls, T::Auth, S::Auth),
    (S::StartTls, T::Ready, S::Ready),
    (S::Tls, T::Secured, S::Hello),
    (S::Auth, T::Auth, S::Auth),
    (S::Auth, T::Ready, S::Ready),
    (S::Auth, T::Refused, S::Quit),
    (S::Ready, T::Send, S::Envelope),
    (S::Ready, T::Command, S::Command),
    (S::Ready, T::Quit, S::Quit),
    (S::Envelope, T::Go, S::Content),
    (S::Envelope, T::Void, S::Verdict),
    (S::Envelope, T::Fail, S::Reset),
    (S::Envelope, T::Done, S::Ready),
    (S::Content, T::Finish, S::Verdict),
    (S::Content, T::Fail, S::Reset),
    (S::Verdict, T::Fail, S::Reset),
    (S::Verdict, T::Done, S::Ready),
    (S::Reset, T::Done, S::Ready),
    (S::Command, T::Done, S::Ready),
    (S::Quit, T::Farewell, S::Closed),
];

impl Stage {
    /// Where `trigger` leads from here.
    pub(in crate::smtp) fn on(self, trigger: Trigger) -> Option<Self> {
        ROWS.iter().find(|(from, by, _)| *from == self && *by == trigger).map(|(_, _, to)| *to)
    }
}
