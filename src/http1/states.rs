//! The state tables of both engines: all that may happen, in one place. The diagrams in the documentation of
//! [`server`](super::server) and [`client`](super::client) are printed from them.

use super::connection::State;
use crate::engine::Status;
use alloc::string::String;
use core::fmt::Write as _;

macro_rules! machine {
    (
        $(#[$doc:meta])* $state:ident { $($name:ident $status:ident,)* }
        $step:ident { $($(#[$step_doc:meta])* $event:ident $word:literal,)* }
        $table:ident { $($from:ident: $($by:ident => $to:ident),*;)* }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum $state { $($name,)* }

        /// What moves it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum $step { $($(#[$step_doc])* $event,)* }

        /// The table.
        pub(super) const $table: &[($state, $step, $state)] = &[$($(($state::$from, $step::$by, $state::$to),)*)*];

        impl State for $state {
            type Step = $step;
            const CLOSE: $step = $step::Close;
            const FAIL: $step = $step::Fail;

            #[inline(always)]
            fn next(self, step: $step) -> Option<Self> {
                Self::NEXT[self as usize][step as usize]
            }
        }

        impl $state {
            const ALL: &[Self] = &[$(Self::$name,)*];
            const STEPS: usize = [$($step::$event,)*].len();

            /// The table, spread out at compile time.
            const NEXT: [[Option<Self>; Self::STEPS]; Self::ALL.len()] = {
                let mut next = [[None; Self::STEPS]; Self::ALL.len()];
                let mut row = 0;
                while row < $table.len() {
                    let (from, step, to) = $table[row];
                    assert!(next[from as usize][step as usize].is_none(), "one row for each state and step");
                    next[from as usize][step as usize] = Some(to);
                    row += 1;
                }
                next
            };

            /// What the state is to a driver.
            #[inline(always)]
            pub(super) const fn status(self) -> Status {
                match self { $(Self::$name => Status::$status,)* }
            }

            /// The table as text.
            pub(super) fn diagram() -> String {
                let mut text = String::new();
                for state in Self::ALL {
                    let (name, status) = match state { $(Self::$name => (stringify!($name), stringify!($status)),)* };
                    let _never = writeln!(text, "{name} ({status})");
                    for (_, step, to) in $table.iter().filter(|(from, _, _)| from == state) {
                        let word = match step { $($step::$event => $word,)* };
                        let _never = writeln!(text, "    {word:<14} -> {to:?}");
                    }
                }
                text
            }
        }
    };
}

machine! {
    /// Where a server stands.
    ServerState {
        Idle Idle,
        Head Open,
        Expecting Paused,
        Receiving Open,
        Answering Open,
        Answered Open,
        Owing Paused,
        Replying Paused,
        Switching Open,
        HandedOver HandedOver,
        Closed Closed,
    }
    ServerStep {
        /// The first octet of a head came.
        Octets "octets",
        /// A head was whole.
        Request "request",
        /// A head was whole, and its sender waits for `100 (Continue)`.
        Expectation "expectation",
        /// The caller said it.
        Proceed "proceed",
        /// The caller began an answer whose content is to follow.
        Begin "begin",
        /// The answer is complete.
        Finish "finish",
        /// The answer is complete, and was the last.
        FinishLast "finish last",
        /// The caller agreed to another protocol.
        Switch "switch",
        /// The request's end was told.
        End "end",
        /// The request's end was told, and its answer was the last.
        EndLast "end last",
        /// The peer's end, the idle limit, a shutdown.
        Close "close",
        /// The caller gave up.
        Abandon "abandon",
        /// The peer broke the protocol.
        Fail "fail",
    }
    SERVER {
        Idle: Octets => Head, Close => Closed, Abandon => Closed;
        Head: Request => Receiving, Expectation => Expecting, Fail => Closed, Abandon => Closed;
        Expecting: Proceed => Receiving, Begin => Replying, FinishLast => Closed, Abandon => Closed;
        Receiving: End => Owing, Begin => Answering, Finish => Answered, FinishLast => Closed, Switch => Switching,
            Fail => Closed, Abandon => Closed;
        Answering: End => Replying, Finish => Answered, FinishLast => Closed, Fail => Closed, Abandon => Closed;
        Answered: End => Idle, EndLast => Closed, Fail => Closed, Abandon => Closed;
        Owing: Begin => Replying, Finish => Idle, FinishLast => Closed, Switch => HandedOver, Abandon => Closed;
        Replying: Finish => Idle, FinishLast => Closed, Abandon => Closed;
        Switching: End => HandedOver, Fail => Closed, Abandon => Closed;
    }
}

machine! {
    /// Where a client stands.
    ClientState {
        Idle Idle,
        Waiting Open,
        Holding Open,
        Sending Open,
        Receiving Open,
        Duplex Open,
        Unfinished Paused,
        HandedOver HandedOver,
        Closed Closed,
    }
    ClientStep {
        /// A request went out that is complete.
        Request "request",
        /// A request's head went out, and content is to follow.
        Begin "begin",
        /// The same, and the content waits for `100 (Continue)`.
        Hold "hold",
        /// The wait for it is over.
        Proceed "proceed",
        /// The content went out.
        Sent "sent",
        /// The head of a final response came.
        Response "response",
        /// A response's end was told, and none is owed any more.
        End "end",
        /// A response's end was told, and others are owed.
        EndMore "end, more owed",
        /// A response's end was told, and it was the last of the connection.
        EndLast "end last",
        /// The end of a response that hands the connection over.
        Switch "switch",
        /// The peer's end between exchanges, or the caller gave up.
        Close "close",
        /// The peer broke the protocol.
        Fail "fail",
    }
    CLIENT {
        Idle: Request => Waiting, Begin => Sending, Hold => Holding, Close => Closed, Fail => Closed;
        Waiting: Request => Waiting, Begin => Sending, Response => Receiving, Close => Closed, Fail => Closed;
        Holding: Proceed => Sending, Response => Receiving, Close => Closed, Fail => Closed;
        Sending: Sent => Waiting, Response => Duplex, Close => Closed, Fail => Closed;
        Receiving: Request => Receiving, Begin => Duplex, End => Idle, EndMore => Waiting, EndLast => Closed,
            Switch => HandedOver, Close => Closed, Fail => Closed;
        Duplex: Sent => Receiving, End => Unfinished, EndMore => Sending, EndLast => Closed, Close => Closed,
            Fail => Closed;
        Unfinished: Sent => Idle, Close => Closed;
    }
}
