//! What may be said when: every stage of a session and every way from one to the next.

/// Where a session stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub(in crate::smtp) enum Stage {
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub(in crate::smtp) enum Trigger {
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

use Stage as S;
use Trigger as T;

/// Every row there is: from a stage, by what, to which stage. What has no row is out of sequence (503).
pub(in crate::smtp) const ROWS: &[(Stage, Trigger, Stage)] = &[
    (S::Preamble, T::Proxy, S::Connect),
    (S::Connect, T::Welcome, S::Fresh),
    (S::Connect, T::Refusal, S::Unwelcome),
    (S::Unwelcome, T::Quit, S::Closed),
    (S::Fresh, T::Hello, S::Ready),
    (S::Fresh, T::XClient, S::Connect),
    (S::Fresh, T::Rset, S::Fresh),
    (S::Fresh, T::Noop, S::Fresh),
    (S::Fresh, T::Query, S::Fresh),
    (S::Fresh, T::Quit, S::Closed),
    (S::Ready, T::Hello, S::Ready),
    (S::Ready, T::StartTls, S::Tls),
    (S::Tls, T::Secured, S::Fresh),
    (S::Ready, T::Auth, S::Auth),
    (S::Auth, T::Outcome, S::Ready),
    (S::Ready, T::XClient, S::Connect),
    (S::Ready, T::Mail, S::Sender),
    (S::Ready, T::Rset, S::Ready),
    (S::Ready, T::Noop, S::Ready),
    (S::Ready, T::Query, S::Ready),
    (S::Ready, T::Quit, S::Closed),
    (S::Sender, T::Rcpt, S::Recipients),
    (S::Sender, T::Hello, S::Ready),
    (S::Sender, T::Rset, S::Ready),
    (S::Sender, T::Noop, S::Sender),
    (S::Sender, T::Query, S::Sender),
    (S::Sender, T::Quit, S::Closed),
    (S::Recipients, T::Rcpt, S::Recipients),
    (S::Recipients, T::Data, S::Content),
    (S::Recipients, T::Bdat, S::Chunk),
    (S::Recipients, T::Hello, S::Ready),
    (S::Recipients, T::Rset, S::Ready),
    (S::Recipients, T::Noop, S::Recipients),
    (S::Recipients, T::Query, S::Recipients),
    (S::Recipients, T::Quit, S::Closed),
    (S::Content, T::Last, S::Verdict),
    (S::Chunk, T::More, S::Chunks),
    (S::Chunk, T::Last, S::Verdict),
    (S::Chunks, T::Bdat, S::Chunk),
    (S::Chunks, T::Hello, S::Ready),
    (S::Chunks, T::Rset, S::Ready),
    (S::Chunks, T::Noop, S::Chunks),
    (S::Chunks, T::Query, S::Chunks),
    (S::Chunks, T::Quit, S::Closed),
    (S::Verdict, T::Verdict, S::Ready),
];

const STAGES: usize = S::Closed as usize + 1;
const TRIGGERS: usize = T::Quit as usize + 1;

/// The rows by stage and trigger.
static NEXT: [[Option<Stage>; TRIGGERS]; STAGES] = {
    let mut next = [[None; TRIGGERS]; STAGES];
    let mut row = 0;
    while row < ROWS.len() {
        let (from, by, to) = ROWS[row];
        next[from as usize][by as usize] = Some(to);
        row += 1;
    }
    next
};

impl Stage {
    /// Where `trigger` leads from here, if it may come here at all.
    #[inline]
    pub(in crate::smtp) fn on(self, trigger: Trigger) -> Option<Self> {
        NEXT[self as usize][trigger as usize]
    }
}
