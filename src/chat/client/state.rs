//! All that may happen to the member's end of a connection, in one place.

use crate::engine::Status;
use crate::states::states;

states! {
    /// Where the conversation stands.
    pub(super) enum State {
        /// No line has begun.
        Between,
        /// A line has begun.
        Within,
        /// A line was too long, and its rest is passed over.
        Skipping,
        /// `quit` was said, and what still comes is told.
        Leaving,
        /// Over.
        Closed,
    }
    /// What happens to it.
    pub(super) enum Cause {
        /// The first octets of a line came.
        Octets,
        /// A line is whole.
        Line,
        /// A line is too long.
        Overlong,
        /// The end of a line that was too long.
        Skipped,
        /// The member says goodbye.
        Quit,
        /// The peer's end, where it may be.
        End,
        /// The clock ran out, where that is no fault.
        Expiry,
        /// The peer broke the protocol, or took too long.
        Fault,
    }
    table {
        Between: Octets => Within, Line => Between, Overlong => Skipping, Quit => Leaving, End => Closed,
            Fault => Closed;
        Within: Line => Between, Overlong => Skipping, Quit => Leaving, Fault => Closed;
        Skipping: Skipped => Between, Quit => Leaving, End => Closed, Fault => Closed;
        Leaving: Line => Leaving, Overlong => Leaving, Skipped => Leaving, End => Closed, Expiry => Closed;
    }
}

impl State {
    /// What the state is to a driver.
    pub(super) const fn status(self) -> Status {
        match self {
            Self::Between | Self::Leaving => Status::Idle,
            Self::Within | Self::Skipping => Status::Open,
            Self::Closed => Status::Closed,
        }
    }
}
