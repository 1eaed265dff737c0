//! All that may happen to a server, in one place.

use crate::engine::Status;
use crate::http1::connection::Ends;
use crate::states::states;

states! {
    /// Where a server stands.
    pub(in crate::http1) enum State {
        /// Between two requests.
        Idle,
        /// A head has begun.
        Head,
        /// A head was told whose sender waits for `100 (Continue)`.
        Expecting,
        /// Content comes, and no answer has begun.
        Receiving,
        /// Content comes while an answer goes out.
        Answering,
        /// Content comes whose answer is complete.
        Answered,
        /// The request was told, and no answer has begun.
        Owing,
        /// The request was told, and an answer goes out.
        Replying,
        /// The rest of a request comes that hands the connection over.
        Switching,
        /// The connection belongs to another protocol.
        HandedOver,
        /// Over.
        Closed,
    }
    /// What moves it.
    pub(in crate::http1) enum Cause {
        /// The first octet of a head came.
        Octets,
        /// A head was whole.
        Request,
        /// A head was whole, and its sender waits for `100 (Continue)`.
        Expectation,
        /// The caller said it.
        Proceed,
        /// The caller began an answer whose content is to follow.
        Begin,
        /// The answer is complete.
        Finish,
        /// The answer is complete, and was the last.
        FinishLast,
        /// The caller agreed to another protocol.
        Switch,
        /// The request's end was told.
        End,
        /// The request's end was told, and its answer was the last.
        EndLast,
        /// The peer's end, the idle limit, a shutdown.
        Close,
        /// The caller gave up.
        Abandon,
        /// The peer broke the protocol.
        Fail,
    }
    table {
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
            Self::Head | Self::Receiving | Self::Answering | Self::Answered | Self::Switching => Status::Open,
            Self::Expecting | Self::Owing | Self::Replying => Status::Paused,
            Self::HandedOver => Status::HandedOver,
            Self::Closed => Status::Closed,
        }
    }
}
