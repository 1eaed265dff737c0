//! A machine that can be wrong in one way for each law.

use crate::engine::{Detach, Engine, Patience, Status, delegate};
use crate::work;
use alloc::string::ToString;
use bytes::BytesMut;
use core::time::Duration;

/// What is wrong with a toy.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Fault {
    None,
    /// The limit is judged on the buffer and not on the line.
    LimitOnBuffer,
    Panics,
    WindowTooSmall,
    /// The line is searched from its beginning at every call.
    Rescans,
    TellsForEver,
    /// `None`, and then an event on the same input.
    ChangesItsMind,
    RepliesAfterError,
    TellsFromElsewhere,
    /// The same for an event that is no bulk data.
    AsksFromElsewhere,
    /// What it tells depends on the cut, and its `Debug` form does not show it.
    VeilsAnother,
    TakesWhilePaused,
    ClockWhilePaused,
    /// Its reply depends on how full the caller's buffer is.
    LooksAtOutput,
    IgnoresExpiry,
    ExpiresWithoutClock,
    /// Every greeting counts the octets that came with it.
    CountsPieces,
}

#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub(super) enum ToyError {
    #[error("line over the limit at {0}")]
    TooLong(u64),
    #[error("not a line end at {0}")]
    BareLf(u64),
    #[error("the input ends within a line at {0}")]
    Truncated(u64),
    #[error("timed out at {0}")]
    TimedOut(u64),
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum ToyEvent<B> {
    /// A question: the caller owes an answer.
    Asked(B),
    /// What must not be seen.
    Secret(Veiled<B>),
    /// Bulk data, told as it comes.
    Octets(B),
    /// Answered by the engine.
    Greeted,
    End,
}

/// Shows nothing of what it holds.
#[derive(Clone, PartialEq)]
pub(super) struct Veiled<B>(pub(super) B);

impl<B> core::fmt::Debug for Veiled<B> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("***")
    }
}

impl<B> ToyEvent<B> {
    pub(super) fn map<C>(self, mut keep: impl FnMut(B) -> C) -> ToyEvent<C> {
        match self {
            Self::Asked(b) => ToyEvent::Asked(keep(b)),
            Self::Secret(Veiled(b)) => ToyEvent::Secret(Veiled(keep(b))),
            Self::Octets(b) => ToyEvent::Octets(keep(b)),
            Self::Greeted => ToyEvent::Greeted,
            Self::End => ToyEvent::End,
        }
    }
}

const LIMIT: usize = 24;

/// Lines: `?x` asks and pauses, `=x` is bulk data, `*x` is a secret, anything else is greeted by the engine itself.
pub(super) struct Toy {
    fault: Fault,
    offset: u64,
    scanned: usize,
    phase: u64,
    status: Status,
    in_bulk: bool,
    eof: bool,
    expired: bool,
    asked_before: bool,
    error: Option<ToyError>,
}

impl Toy {
    pub(super) fn new(fault: Fault) -> Self {
        Self {
            fault,
            offset: 0,
            scanned: 0,
            phase: 0,
            status: Status::Idle,
            in_bulk: false,
            eof: false,
            expired: false,
            asked_before: false,
            error: None,
        }
    }

    pub(super) fn answer(&mut self, out: &mut BytesMut) {
        assert_eq!(self.status, Status::Paused);
        out.extend_from_slice(b"answer\r\n");
        self.status = Status::Idle;
        self.phase += 1;
    }

    fn take<'i>(&mut self, input: &mut &'i [u8], n: usize) -> &'i [u8] {
        let (head, rest) = input.split_at(n);
        *input = rest;
        self.offset += n as u64;
        self.scanned = 0;
        self.phase += 1;
        head
    }

    fn fail<T>(&mut self, error: ToyError, out: &mut BytesMut) -> Result<T, ToyError> {
        out.extend_from_slice(b"error\r\n");
        self.error = Some(error.clone());
        self.status = Status::Closed;
        Err(error)
    }
}

impl Toy {
    pub(super) fn recv<'i>(
        &mut self,
        input: &mut &'i [u8],
        out: &mut BytesMut,
    ) -> Result<Option<ToyEvent<&'i [u8]>>, ToyError> {
        if let Some(error) = &self.error {
            if self.fault == Fault::RepliesAfterError {
                out.extend_from_slice(b"error\r\n");
            }
            return Err(error.clone());
        }
        if self.status == Status::Closed {
            return Ok(None);
        }
        if self.status == Status::Paused {
            if self.fault == Fault::TakesWhilePaused && !input.is_empty() {
                self.take(input, 1);
            }
            return Ok(None);
        }
        if self.expired {
            if self.status == Status::Idle {
                self.status = Status::Closed;
                return Ok(Some(ToyEvent::End));
            }
            return self.fail(ToyError::TimedOut(self.offset), out);
        }
        if self.in_bulk {
            let end = memchr::memchr2(b'\r', b'\n', input).unwrap_or(input.len());
            work::add(end + 1);
            if end > 0 {
                let data = self.take(input, end);
                return Ok(Some(ToyEvent::Octets(match self.fault {
                    Fault::TellsFromElsewhere => b"elsewhere",
                    _ => data,
                })));
            }
            if input.first() == Some(&b'\n') {
                return self.fail(ToyError::BareLf(self.offset), out);
            }
            match input.get(1) {
                None => {}
                Some(b'\n') => {
                    self.take(input, 2);
                    self.in_bulk = false;
                    self.status = Status::Idle;
                    return Ok(Some(ToyEvent::End));
                }
                Some(_) => return self.fail(ToyError::BareLf(self.offset), out),
            }
        } else {
            if input.first() == Some(&b'=') {
                self.take(input, 1);
                self.in_bulk = true;
                self.status = Status::Open;
                return Ok(None);
            }
            if self.fault == Fault::LimitOnBuffer && input.len() > LIMIT {
                return self.fail(ToyError::TooLong(self.offset + LIMIT as u64), out);
            }
            let seen = &input[..input.len().min(LIMIT)];
            let from = if self.fault == Fault::Rescans { 0 } else { self.scanned };
            work::add(seen.len() - from);
            if let Some(at) = seen[from..].iter().position(|octet| *octet == b'\n').map(|at| from + at) {
                let line = &seen[..at];
                if line.last() != Some(&b'\r') {
                    return self.fail(ToyError::BareLf(self.offset + at as u64), out);
                }
                assert!(self.fault != Fault::Panics || line != b"boom\r", "boom");
                let told = self.take(input, at + 1);
                if told.first() == Some(&b'?') {
                    self.status = Status::Paused;
                    return Ok(Some(ToyEvent::Asked(match self.fault {
                        Fault::AsksFromElsewhere => b"elsewhere",
                        _ => &told[1..at - 1],
                    })));
                }
                self.status = Status::Idle;
                if told.first() == Some(&b'*') {
                    let from = usize::from(self.fault != Fault::VeilsAnother || from == 0);
                    return Ok(Some(ToyEvent::Secret(Veiled(&told[from..at - 1]))));
                }
                match self.fault {
                    Fault::LooksAtOutput if out.is_empty() => out.extend_from_slice(b"hello, first\r\n"),
                    Fault::CountsPieces => out.extend_from_slice((input.len()).to_string().as_bytes()),
                    _ => out.extend_from_slice(b"hello\r\n"),
                }
                return Ok(Some(ToyEvent::Greeted));
            }
            self.scanned = seen.len();
            if seen.len() == LIMIT && self.fault != Fault::WindowTooSmall {
                return self.fail(ToyError::TooLong(self.offset + LIMIT as u64), out);
            }
            if !input.is_empty() && self.status == Status::Idle {
                self.status = Status::Open;
                self.phase += 1;
            }
        }
        if self.fault == Fault::TellsForEver && input.is_empty() {
            return Ok(Some(ToyEvent::End));
        }
        if self.fault == Fault::ChangesItsMind && !input.is_empty() {
            self.asked_before = !self.asked_before;
            return Ok((!self.asked_before).then_some(ToyEvent::End));
        }
        if self.eof {
            if self.status == Status::Open {
                return self.fail(ToyError::Truncated(self.offset + input.len() as u64), out);
            }
            self.status = Status::Closed;
            return Ok(Some(ToyEvent::End));
        }
        Ok(None)
    }

    pub(super) fn eof(&mut self) {
        self.eof = true;
    }

    pub(super) fn expire(&mut self) {
        let runs = self.patience().limit.is_some() || self.fault == Fault::ExpiresWithoutClock;
        if runs && self.fault != Fault::IgnoresExpiry {
            self.expired = true;
            if self.fault == Fault::ExpiresWithoutClock && self.status == Status::Paused {
                self.status = Status::Closed;
            }
        }
    }

    pub(super) fn status(&self) -> Status {
        self.status
    }

    pub(super) fn patience(&self) -> Patience {
        if self.status.over() || self.status == Status::Paused && self.fault != Fault::ClockWhilePaused {
            return Patience::endless(self.phase);
        }
        Patience::within(self.phase, Duration::from_secs(5))
    }

    pub(super) fn window(&self) -> usize {
        LIMIT
    }

    pub(super) fn octets<'e>(event: &'e ToyEvent<&[u8]>) -> Option<&'e [u8]> {
        match event {
            ToyEvent::Octets(octets) => Some(octets),
            _ => None,
        }
    }
}

delegate!(impl Engine + Detach for Toy: ToyEvent, ToyError);
