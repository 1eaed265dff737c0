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

/// The inherent methods of a decoder that has a [`Course`] in its field `course`, and [`Decode`](crate::engine::Decode) by
/// them. `$more` octets of a frame are framing, at the most.
macro_rules! frames {
    (impl $decode:ident for $decoder:ident: $error:ident, $more:literal) => {
        impl $decoder {
            /// The stream's offset of the front of the input.
            pub const fn offset(&self) -> u64 {
                self.course.offset
            }

            /// There will be no more than what is in `input`; then call [`recv`](Self::recv).
            pub fn eof(&mut self) {
                self.course.ended = true;
            }

            /// The stream has ended between two frames.
            pub const fn over(&self) -> bool {
                self.course.over
            }

            /// An input this long always holds a frame or an error.
            pub const fn window(&self) -> usize {
                (self.limit as usize).saturating_add($more)
            }

            /// None: a frame is a message, not a piece of bulk data, and two of them are never merged.
            pub const fn octets<'e>(_: &'e &[u8]) -> Option<&'e [u8]> {
                None
            }
        }

        $crate::engine::delegate!(impl $decode for $decoder: Event<'i> = &'i [u8], $error);
    };
}
pub(super) use frames;
