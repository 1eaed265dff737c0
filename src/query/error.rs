//! What can be wrong with a query string, where somebody asked for it to be right.

use thiserror::Error;

/// A query string that [`Options`](super::Options) refuse. It is the sender's fault: a server answers 400.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum QueryError {
    /// A field has no `=`, or is empty, and the options are strict.
    #[error("the field at offset {offset} has no \"=\"")]
    NoEquals {
        /// Where the field begins, in octets.
        offset: usize,
    },
    /// There are more fields than the options allow. Empty ones count.
    #[error("more than {limit} fields, the first too many at offset {offset}")]
    TooManyFields {
        /// How many are allowed.
        limit: usize,
        /// Where the first one beyond the limit begins, in octets.
        offset: usize,
    },
    /// A name or a value is not text in the charset, and errors are strict.
    #[error("the field at offset {offset} is not text in its charset")]
    Charset {
        /// Where the field begins, in octets.
        offset: usize,
    },
    /// The separator given by the caller is the empty string.
    #[error("the separator is empty")]
    EmptySeparator,
}

impl QueryError {
    /// Where it is wrong, in octets from the start; `None` where the query string is not at fault.
    pub const fn offset(&self) -> Option<usize> {
        match self {
            Self::NoEquals { offset } | Self::TooManyFields { offset, .. } | Self::Charset { offset } => Some(*offset),
            Self::EmptySeparator => None,
        }
    }
}

/// A character that the charset being written does not have, where errors are strict. Nothing was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("{character:?} at offset {offset} does not exist in the charset")]
pub struct Unmappable {
    /// The character.
    pub character: char,
    /// Where it stands in the text that was to be written, in octets of UTF-8.
    pub offset: usize,
}
