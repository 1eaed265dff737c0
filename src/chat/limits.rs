//! What is bounded, by how much, and why.

use core::time::Duration;

/// The bounds of an engine, a room and the datagram form. 0 means 0; nothing means "no limit" but `None`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The longest line that a member may send, in octets, its end not counted. 4,096: a line that a terminal in its
    /// canonical mode can hold.
    pub line: usize,
    /// The longest name, in octets, at most [`Name::MAX`](super::Name::MAX). 32.
    pub name: usize,
    /// How many members a room holds. 1,024: what one person can still be in a room with, and as many sockets as most
    /// systems give a process without being asked.
    pub members: usize,
    /// How many octets may wait for one member. Who has more waiting does not read, and is dropped. 1 MiB: a minute of
    /// a lively room of a thousand. A line that many wait for is held once, so this is close to what the whole room
    /// holds, and not what each member costs.
    pub waiting: usize,
    /// How many lines a member may send at once. 256: a pasted page, or a test's hundred.
    pub burst: u32,
    /// How many lines a second a member's allowance grows by, up to the burst. 16: nobody types or reads so fast.
    pub rate: u32,
    /// How long a line may take from its first octet to its end. 60 seconds: lines are sent when Enter is pressed, so
    /// this is time for a network and not for a typist.
    pub line_time: Duration,
    /// How long a member may say nothing before the server lets go; `None`, the default: for ever. People listen.
    pub idle: Option<Duration>,
    /// How long a client waits after `/quit` for the server to close. 10 seconds.
    pub farewell: Duration,
    /// The longest datagram, in octets. 1,200: what passes every IPv6 link (1,280) in one piece, with room for headers
    /// and a tunnel or two.
    pub datagram: usize,
    /// How many senders of datagrams are remembered. 1,024, as members; beyond that the one heard of longest ago is
    /// forgotten, and a duplicate of its would be heard again.
    pub senders: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            line: 4096,
            name: 32,
            members: 1024,
            waiting: 1 << 20,
            burst: 256,
            rate: 16,
            line_time: Duration::from_mins(1),
            idle: None,
            farewell: Duration::from_secs(10),
            datagram: 1200,
            senders: 1024,
        }
    }
}

impl Limits {
    /// The longest line that a server sends where members send at most [`line`](Self::line): what is said, and a name
    /// or two in front of it.
    pub const fn relayed(&self) -> usize {
        self.line.saturating_add(OVERHEAD)
    }
}

/// `-- NAME is now NAME` is the longest frame around names, and no line is built shorter than this allows.
pub(super) const OVERHEAD: usize = 128;
