//! What both ends of a connection are made of: the peer's stream, a state that its table moves, the message that goes
//! out, and why it all ends.

use super::chunked::Event;
use super::error::{CloseReason, Error};
use super::inbound::Inbound;
use super::limits::{MessageLimits, Quirks};
use super::sending::Writer;
use crate::states::States;

/// The states of either end: both know these two causes.
pub(super) trait Ends: States {
    /// The peer's end, or ours, between exchanges.
    const CLOSE: Self::Cause;
    /// The peer broke the protocol.
    const FAIL: Self::Cause;
}

/// One end of a connection.
#[derive(Clone, Debug)]
pub(super) struct Connection<S> {
    pub(super) inbound: Inbound,
    pub(super) state: S,
    pub(super) writer: Writer,
    /// Why the connection ends with the present exchange, or has ended.
    pub(super) why: Option<CloseReason>,
}

impl<S> Connection<S> {
    pub(super) const fn new(state: S, limits: MessageLimits, quirks: Quirks, rate: u32) -> Self {
        Self { inbound: Inbound::new(limits, quirks, rate), state, writer: Writer::Idle, why: None }
    }
}

impl<S: Ends> Connection<S> {
    #[inline(always)]
    pub(super) fn step(&mut self, cause: S::Cause) {
        if let Some(next) = self.state.after(cause) {
            self.state = next;
            self.inbound.next_phase();
        }
    }

    /// It ends with the present exchange, for this reason unless there was one before.
    #[inline]
    pub(super) fn ends(&mut self, why: CloseReason) {
        self.why.get_or_insert(why);
    }

    #[cold]
    pub(super) fn close(&mut self, why: CloseReason) {
        self.ends(why);
        self.step(S::CLOSE);
    }

    /// Gives up on the peer.
    #[cold]
    pub(super) fn fail(&mut self, error: Error) {
        self.inbound.failed = Some(error);
        self.give_up(CloseReason::Failed, S::FAIL);
    }

    /// Ends in the middle of whatever is under way.
    #[cold]
    pub(super) fn give_up(&mut self, why: CloseReason, cause: S::Cause) {
        self.writer = Writer::Idle;
        self.why = Some(why);
        self.step(cause);
    }

    /// Nothing is left of the peer's message but its end, and no clock ran out before it was told.
    #[inline(always)]
    pub(super) fn is_at_end(&self) -> bool {
        self.inbound.is_at_end() && !self.inbound.expired
    }

    /// The next piece of the peer's message, or its end.
    #[inline]
    pub(super) fn piece<'i>(&mut self, input: &mut &'i [u8]) -> Result<Option<Event<&'i [u8]>>, Error> {
        if self.inbound.expired {
            return Err(self.inbound.timed_out());
        }
        self.inbound.piece(input)
    }
}

/// What every engine has besides what is its own: the methods that need no more than its [`Connection`], in the field
/// `line`.
macro_rules! inherent {
    ($engine:ident, $event:ident) => {
        impl $engine {
            /// Where the connection stands.
            pub const fn status(&self) -> Status {
                self.line.state.status()
            }

            /// How large a read buffer has to be, in octets.
            pub fn window(&self) -> usize {
                self.line.inbound.limits.window()
            }

            /// The content that an event carries.
            pub fn octets<'e>(event: &'e $event<&[u8]>) -> Option<&'e [u8]> {
                match event {
                    $event::Data(octets) => Some(octets),
                    _ => None,
                }
            }

            /// Why the connection takes no more requests after the present exchange, or why it ended. `None` while it
            /// lasts.
            pub const fn close_reason(&self) -> Option<CloseReason> {
                self.line.why
            }

            /// How many octets of the peer's stream were taken.
            pub const fn taken(&self) -> u64 {
                self.line.inbound.taken
            }
        }

        impl<B> From<chunked::Event<B>> for $event<B> {
            fn from(piece: chunked::Event<B>) -> Self {
                match piece {
                    chunked::Event::Extensions(extensions) => Self::Extensions(extensions),
                    chunked::Event::Data(octets) => Self::Data(octets),
                    chunked::Event::End(trailers) => Self::End(trailers),
                }
            }
        }

        impl Default for $engine {
            fn default() -> Self {
                Self::new(Limits::default())
            }
        }
    };
}

pub(super) use inherent;
