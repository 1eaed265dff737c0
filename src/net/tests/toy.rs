//! A toy protocol of lines: `quit` ends, `wait` owes an answer, `upgrade` hands over.

use crate::engine::{Engine, Patience, Status};
use bytes::BytesMut;
use std::fmt;
use std::time::Duration;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::net) enum Fault {
    TooLong,
    Truncated,
    TimedOut,
    Injected,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

impl std::error::Error for Fault {}

#[derive(Debug)]
pub(in crate::net) struct Lines {
    pub(in crate::net) status: Status,
    limit: Option<Duration>,
    /// The line that was begun is a TLS upgrade: nothing may follow it.
    pub(in crate::net) secure: bool,
    phase: u64,
    ended: bool,
    expired: bool,
    failed: Option<Fault>,
}

pub(in crate::net) const LONGEST: usize = 1000;

impl Default for Lines {
    fn default() -> Self {
        let status = Status::Idle;
        Self { status, limit: None, secure: false, phase: 0, ended: false, expired: false, failed: None }
    }
}

impl Lines {
    pub(in crate::net) fn within(limit: impl Into<Option<Duration>>) -> Self {
        Self { limit: limit.into(), ..Self::default() }
    }

    pub(in crate::net) fn answer(&mut self, text: &[u8], out: &mut BytesMut) {
        assert_eq!(self.status, Status::Paused);
        self.status = Status::Idle;
        self.phase += 1;
        out.extend_from_slice(text);
    }

    #[cfg_attr(not(feature = "tls"), allow(dead_code, reason = "only TLS brings it back"))]
    pub(in crate::net) fn secured(&mut self) {
        assert_eq!(self.status, Status::HandedOver);
        self.status = Status::Idle;
        self.secure = false;
    }

    fn fail(&mut self, fault: Fault, out: &mut BytesMut) -> Fault {
        out.extend_from_slice(b"bad\n");
        self.status = Status::Closed;
        self.failed = Some(fault.clone());
        fault
    }
}

impl Engine for Lines {
    type Event<'i> = &'i [u8];
    type Error = Fault;

    fn recv<'i>(&mut self, input: &mut &'i [u8], out: &mut BytesMut) -> Result<Option<&'i [u8]>, Fault> {
        if let Some(fault) = &self.failed {
            return Err(fault.clone());
        }
        match self.status {
            Status::Closed | Status::Paused => return Ok(None),
            Status::HandedOver if self.secure && !input.is_empty() => return Err(self.fail(Fault::Injected, out)),
            Status::HandedOver => return Ok(None),
            Status::Open | Status::Idle => {}
        }
        let look = &input[..input.len().min(LONGEST)];
        let Some(end) = look.iter().position(|octet| *octet == b'\n') else {
            if look.len() == LONGEST {
                return Err(self.fail(Fault::TooLong, out));
            }
            if std::mem::take(&mut self.expired) {
                return Err(self.fail(Fault::TimedOut, out));
            }
            if self.ended {
                if !input.is_empty() {
                    return Err(self.fail(Fault::Truncated, out));
                }
                self.status = Status::Closed;
            } else if self.status == Status::Idle && !input.is_empty() {
                self.status = Status::Open;
                self.phase += 1;
            }
            return Ok(None);
        };
        self.phase += 1;
        let line = &input[..end];
        *input = &input[end + 1..];
        self.status = match line {
            b"quit" => Status::Closed,
            b"wait" => Status::Paused,
            b"upgrade" => Status::HandedOver,
            _ => Status::Idle,
        };
        Ok(Some(line))
    }

    fn eof(&mut self) {
        self.ended = true;
    }

    fn expire(&mut self) {
        self.expired = self.limit.is_some();
    }

    fn status(&self) -> Status {
        self.status
    }

    fn patience(&self) -> Patience {
        Patience { phase: self.phase, limit: self.limit.filter(|_| self.status != Status::Paused) }
    }

    fn window(&self) -> usize {
        LONGEST
    }

    fn octets<'e>(_: &'e &[u8]) -> Option<&'e [u8]> {
        None
    }
}

/// Says every line back.
pub(in crate::net) fn echo(_: &mut Lines, line: &[u8], out: &mut BytesMut) {
    out.extend_from_slice(line);
    out.extend_from_slice(b"\n");
}
