//! All that may happen to the server's end of a connection, in one place.

use crate::engine::Status;
use crate::states::states;

states! {
    /// Where the conversation stands.
    pub(super) enum State {
        /// The server has not said its welcome.
        Greeting,
        /// No line has begun.
        Between,
        /// A line has begun.
        Within,
        /// A line was too long, and its rest is passed over.
        Skipping,
        /// Nothing more will come, and the server says goodbye.
        Leaving,
        /// Over.
        Closed,
    }
    /// What happens to it.
    pub(super) enum Cause {
        /// The member is let in.
        Welcome,
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
        /// The server lets go of the member.
        Close,
    }
    table {
        Greeting: Welcome => Between, Close => Closed;
        Between: Octets => Within, Line => Between, Overlong => Skipping, Quit => Leaving, End => Leaving,
            Expiry => Leaving, Fault => Closed, Close => Closed;
        Within: Line => Between, Overlong => Skipping, Quit => Leaving, Fault => Closed, Close => Closed;
        Skipping: Skipped => Between, End => Leaving, Fault => Closed, Close => Closed;
        Leaving: Close => Closed;
    }
}

impl State {
    /// What the state is to a driver.
    pub(super) const fn status(self) -> Status {
        match self {
            Self::Greeting | Self::Leaving => Status::Paused,
            Self::Between => Status::Idle,
            Self::Within | Self::Skipping => Status::Open,
            Self::Closed => Status::Closed,
        }
    }
}
