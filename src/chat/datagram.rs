//! Chat without a server: one message in one datagram, to a multicast group or a peer.
//!
//! ```text
//! chat/1 00c0ffee00c0ffee 42 <ada> hello
//! ```
//!
//! The form's name and version, the sender's id (64 bits in sixteen lower-case hexadecimal digits, drawn at random at
//! each start), the sender's sequence number (decimal, from 0, one more each time), and a line as a [`Heard`] spells it:
//! [`Said`](Heard::Said), [`Acted`](Heard::Acted), [`Joined`](Heard::Joined), [`Left`](Heard::Left) or
//! [`Renamed`](Heard::Renamed). The lines of a server and private ones are refused: a group has no server, and nothing
//! in it is private.
//!
//! The id recognises one's own echo, which multicast sends back, and with the number duplicates, which networks make
//! ([`Earshot`]). Nothing else is promised: datagrams get lost, arrive in another order, and can be sent by anybody under
//! any name and id; nothing is sent again, and nobody is told that something was missed.

use super::framing::Ending;
use super::text::{self, Unfit};
use super::{Heard, Limits, Misuse};
use alloc::collections::BTreeMap;
use bytes::BytesMut;
use core::fmt;
use thiserror::Error;

/// Who sends: a number drawn at random at each start.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
pub struct SenderId(pub u64);

impl fmt::Display for SenderId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:016x}", self.0)
    }
}

impl fmt::Debug for SenderId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

/// One message.
///
/// ```
/// use bytes::BytesMut;
/// use plainwire::chat::{Heard, Limits, datagram::{Datagram, SenderId}};
///
/// let limits = Limits::default();
/// let text = &b"hello"[..];
/// let said = Datagram { sender: SenderId(7), sequence: 0, heard: Heard::Said { name: "ada".parse()?, text } };
/// let mut packet = BytesMut::new();
/// said.write(&limits, &mut packet)?;
/// assert_eq!(packet, "chat/1 0000000000000007 0 <ada> hello");
/// assert_eq!(Datagram::parse(&packet, &limits)?, said);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
pub struct Datagram<B> {
    /// Who sent it, as far as it says so itself.
    pub sender: SenderId,
    /// Which of the sender's messages it is, from 0.
    pub sequence: u32,
    /// What it says.
    pub heard: Heard<B>,
}

/// Why a datagram is not heard. The sender's fault; nobody is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum DatagramError {
    /// It is longer than [`Limits::datagram`].
    #[error("the datagram is longer than the limit")]
    TooLong,
    /// It does not begin with `chat/1`, an id and a number, each spelled as it has to be.
    #[error("the datagram does not begin as it has to")]
    Head,
    /// It holds what must not reach a terminal, at this offset of the datagram.
    #[error("{0} (octet {1})")]
    Unfit(Unfit, usize),
    /// What it says is nothing that a member of a group says.
    #[error("the datagram says nothing that a member of a group says")]
    Body,
}

const MARK: &[u8] = b"chat/1 ";

impl<'i> Datagram<&'i [u8]> {
    /// What a datagram says.
    ///
    /// # Errors
    ///
    /// [`DatagramError`], of which nothing follows but that the datagram is dropped.
    pub fn parse(packet: &'i [u8], limits: &Limits) -> Result<Self, DatagramError> {
        if packet.len() > limits.datagram {
            return Err(DatagramError::TooLong);
        }
        let (sender, sequence, line) = head(packet).ok_or(DatagramError::Head)?;
        let before = packet.len() - line.len();
        text::check(line).map_err(|(unfit, at)| DatagramError::Unfit(unfit, before + at))?;
        let heard = Heard::parse(line).filter(allowed).ok_or(DatagramError::Body)?;
        Ok(Self { sender: SenderId(sender), sequence, heard })
    }
}

/// What the members of a group say. The rest is a server's, or private.
fn allowed<B>(heard: &Heard<B>) -> bool {
    matches!(
        heard,
        Heard::Said { .. } | Heard::Acted { .. } | Heard::Joined { .. } | Heard::Left { .. } | Heard::Renamed { .. }
    )
}

fn head(packet: &[u8]) -> Option<(u64, u32, &[u8])> {
    let (id, rest) = packet.strip_prefix(MARK)?.split_first_chunk::<16>()?;
    let mut sender = 0;
    for digit in id {
        let value = match digit {
            b'0'..=b'9' => digit - b'0',
            b'a'..=b'f' => digit - b'a' + 10,
            _ => return None,
        };
        sender = sender << 4 | u64::from(value);
    }
    let rest = rest.strip_prefix(b" ")?;
    let end = rest.iter().take(11).position(|&octet| octet == b' ')?;
    let digits = &rest[..end];
    let spelled = digits.iter().all(u8::is_ascii_digit) && (digits.len() == 1 || digits.first() != Some(&b'0'));
    let sequence = str::from_utf8(digits).ok().filter(|_| spelled)?.parse().ok()?;
    Some((sender, sequence, &rest[end + 1..]))
}

impl<B: AsRef<[u8]>> Datagram<B> {
    /// Appends the datagram to `out`.
    ///
    /// # Errors
    ///
    /// As [`Heard::write`]; [`Misuse::Form`] for what is not said in a group, [`Misuse::TooLong`] beyond
    /// [`Limits::datagram`]. Nothing is written then.
    pub fn write(&self, limits: &Limits, out: &mut BytesMut) -> Result<(), Misuse> {
        use fmt::Write;
        if !allowed(&self.heard) {
            return Err(Misuse::Form);
        }
        let mark = out.len();
        let written = write!(out, "chat/1 {} {} ", self.sender, self.sequence)
            .map_err(|_| Misuse::TooLong(limits.datagram))
            .and_then(|()| self.heard.write(limits, Ending::Lf, out));
        // A datagram needs no end of line.
        out.truncate(out.len() - usize::from(written.is_ok()));
        let written = written.and_then(|()| match out.len() - mark {
            length if length > limits.datagram => Err(Misuse::TooLong(limits.datagram)),
            _ => Ok(()),
        });
        if written.is_err() {
            out.truncate(mark);
        }
        written
    }
}

/// What is to be done with a datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Earshot {
    /// It was not heard before.
    New,
    /// One's own, echoed.
    Own,
    /// It was heard before, or is so much older than what was heard since that this can't be told.
    Heard,
}

/// Recognises one's own datagrams and duplicates, and numbers what one sends.
///
/// ```
/// use plainwire::chat::{Limits, datagram::{Earshot, SenderId, Voices}};
///
/// let mut voices = Voices::new(SenderId(1), &Limits::default());
/// assert_eq!(voices.number(), Some(0));
/// assert_eq!(voices.judge(SenderId(1), 0), Earshot::Own);
/// assert_eq!(voices.judge(SenderId(2), 0), Earshot::New);
/// assert_eq!(voices.judge(SenderId(2), 0), Earshot::Heard);
/// ```
#[derive(Clone, Debug)]
pub struct Voices {
    me: SenderId,
    next: Option<u32>,
    limit: usize,
    heard: BTreeMap<SenderId, Window>,
    clock: u64,
}

/// What was heard of one sender: the highest number, and which of the 64 up to it.
#[derive(Clone, Copy, Debug)]
struct Window {
    highest: u32,
    seen: u64,
    last: u64,
}

impl Voices {
    /// For a sender that calls itself `me`: a number drawn at random, and never used before.
    pub fn new(me: SenderId, limits: &Limits) -> Self {
        Self { me, next: Some(0), limit: limits.senders, heard: BTreeMap::new(), clock: 0 }
    }

    /// One's own id.
    pub fn me(&self) -> SenderId {
        self.me
    }

    /// The number of the next datagram that one sends. `None` after 2³² of them: take another id.
    pub fn number(&mut self) -> Option<u32> {
        let number = self.next?;
        self.next = number.checked_add(1);
        Some(number)
    }

    /// Whether a datagram is to be heard. Of each sender the last 64 numbers are remembered.
    pub fn judge(&mut self, sender: SenderId, sequence: u32) -> Earshot {
        if sender == self.me {
            return Earshot::Own;
        }
        self.clock += 1;
        let now = self.clock;
        let Some(window) = self.heard.get_mut(&sender) else {
            self.make_room();
            if self.limit > 0 {
                self.heard.insert(sender, Window { highest: sequence, seen: 1, last: now });
            }
            return Earshot::New;
        };
        window.last = now;
        if sequence > window.highest {
            let ahead = sequence - window.highest;
            window.seen = window.seen.checked_shl(ahead).unwrap_or(0) | 1;
            window.highest = sequence;
            return Earshot::New;
        }
        let behind = window.highest - sequence;
        let bit = 1u64.checked_shl(behind).unwrap_or(0);
        if bit == 0 || window.seen & bit != 0 {
            return Earshot::Heard;
        }
        window.seen |= bit;
        Earshot::New
    }

    /// Forgets the sender that was heard of longest ago, where there are too many.
    fn make_room(&mut self) {
        if self.heard.len() >= self.limit
            && let Some((&oldest, _)) = self.heard.iter().min_by_key(|(_, window)| window.last)
        {
            self.heard.remove(&oldest);
        }
    }
}
