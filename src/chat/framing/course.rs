//! Where a decoder of frames whose length is announced stands in its stream.

use super::{Error, ErrorKind};

/// Where it stands.
#[derive(Clone, Debug)]
pub(super) struct Course {
    /// Of the front of the input.
    pub(super) offset: u64,
    pub(super) ended: bool,
    pub(super) over: bool,
    pub(super) error: Option<Error>,
}

impl Course {
    /// At the front of a stream.
    pub(super) const fn new() -> Self {
        Self { offset: 0, ended: false, over: false, error: None }
    }

    /// The frame at the front of `input` is not there as a whole.
    #[cold]
    pub(super) fn wanting<T>(&mut self, input: &[u8]) -> Result<Option<T>, Error> {
        if self.ended && !input.is_empty() {
            return self.fail(ErrorKind::Truncated, input.len());
        }
        self.over = self.ended;
        Ok(None)
    }

    /// The frame is wrong, `at` octets into the input.
    #[cold]
    pub(super) fn fail<T>(&mut self, kind: ErrorKind, at: usize) -> Result<T, Error> {
        let error = Error { kind, offset: self.offset + at as u64 };
        self.error = Some(error);
        Err(error)
    }
}
