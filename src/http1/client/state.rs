//! All that may happen to a client, in one place.

use crate::engine::Status;
use crate::http1::connection::Ends;
use crate::states::states;

states! {
    /// Where a client stands.
    pub(in crate::http1) enum State {
        /// Nothing is asked.
        Idle,
        /// Requests are out, and the head of an answer is awaited.
        Waiting,
        /// Content waits for `100 (Continue)`.
        Holding,
        /// Content goes out, and no answer has begun.
        Sending,
        /// An answer comes, and nothing goes out.
        Receiving,
        /// Content goes out while an answer comes.
        Duplex,
        /// The answer was told to its end before the content was out.
        Unfinished,
        /// The connection belongs to another protocol.
        HandedOver,
        /// Over.
        Closed,
    }
    /// What moves it.
    pub(in crate::http1) enum Cause {
        /// A request went out that is complete.
        Request,
        /// A request's head went out, and content is to follow.
        Begin,
        /// The same, and the content waits for `100 (Continue)`.
        Hold,
        /// The wait for it is over.
        Proceed,
        /// The content went out.
        Sent,
        /// The head of a final response came.
        Response,
        /// A response's end was told, and none is owed any more.
        End,
        /// A response's end was told, and others are owed.
        EndMore,
        /// A response's end was told, and it was the last of the connection.
        EndLast,
        /// The end of a response that hands the connection over.
        Switch,
        /// The peer's end between exchanges, or the caller gave up.
        Close,
        /// The peer broke the protocol.
        Fail,
    }
    table {
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

impl Ends for State {
    const CLOSE: Cause = Cause::Close;
    const FAIL: Cause = Cause::Fail;
}

impl State {
    /// What the state is to a driver.
    #[inline(always)]
    pub(in crate::http1) const fn status(self) -> Status {
        match self {
            Self::Idle => Status::Idle,
            Self::Waiting | Self::Holding | Self::Sending | Self::Receiving | Self::Duplex => Status::Open,
            Self::Unfinished => Status::Paused,
            Self::HandedOver => Status::HandedOver,
            Self::Closed => Status::Closed,
        }
    }
}
