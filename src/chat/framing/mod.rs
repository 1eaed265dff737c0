//! Framing: where one message ends and the next begins, in the three ways that plain protocols know.
//!
//! | form | on the wire | decoder | encoder |
//! |---|---|---|---|
//! | lines | `hello⏎`, LF or CRLF | [`Lines`] | [`encode_line`] |
//! | length-prefixed | a length of 1, 2 or 4 octets or a varint, then the payload | [`LengthPrefixed`] | [`Prefix::encode`] |
//! | netstrings | `5:hello,` ([Bernstein 1997](https://cr.yp.to/proto/netstrings.txt)) | [`Netstrings`] | [`encode_netstring`] |
//!
//! The decoders obey [`Decode`](crate::engine::Decode): a frame is a slice of the caller's input, told when it is there
//! as a whole, and a frame longer than the limit is an error as soon as that is known; nothing is ever reserved for a
//! length that was only claimed. The encoders validate first and write then: a payload that would read as two frames is
//! refused and nothing is written.
//!
//! ```
//! use plainwire::chat::framing::Lines;
//!
//! let mut lines = Lines::new(4096);
//! let mut input = &b"one\r\ntwo\nthr"[..];
//! assert_eq!(lines.recv(&mut input), Ok(Some(&b"one"[..])));
//! assert_eq!(lines.recv(&mut input), Ok(Some(&b"two"[..])));
//! assert_eq!(lines.recv(&mut input), Ok(None)); // `thr` stays in the input until more comes
//! ```

mod course;
mod length;
mod lines;
mod netstring;
#[cfg(test)]
mod tests;

pub use length::{LengthPrefixed, Order, Prefix};
pub use lines::{Ending, Lines, encode_line};
pub use netstring::{Netstrings, encode_netstring};

use thiserror::Error;

/// What is wrong with a stream of frames. The peer's fault, always.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("{kind}, at octet {offset} of the stream")]
pub struct Error {
    /// What is wrong.
    pub kind: ErrorKind,
    /// Where, in octets from the start of the stream.
    pub offset: u64,
}

/// The ways in which frames go wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The frame is, or claims to be, longer than the limit. The offset is the first octet over the limit for a line,
    /// and the frame's first octet where the length was announced.
    #[error("the frame is longer than the limit")]
    TooLong,
    /// The stream ended inside a frame. The offset is the stream's end.
    #[error("the stream ended inside a frame")]
    Truncated,
    /// The length is not spelled as it has to be: not a digit, a leading zero, a varint longer than it need be.
    #[error("the length is misspelled")]
    BadLength,
    /// A netstring's payload is not followed by its comma.
    #[error("the comma after the payload is missing")]
    NoComma,
}

/// Why an encoder refused a payload. Nothing was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Misuse {
    /// A CR or LF inside a line would end it: at this offset of the payload.
    #[error("a line break at octet {0} of the payload would end the frame")]
    LineBreak(usize),
    /// The payload is longer than the prefix can say.
    #[error("the payload is longer than {0} octets, which is the most that the prefix can say")]
    TooLong(u32),
}
