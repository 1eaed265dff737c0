//! What is answered.

use crate::http1::{ResponseHead, StatusCode};
use crate::net::Bulk;
use bytes::Bytes;
use std::boxed::Box;
use std::io::Read;
use std::string::String;
use std::time::Duration;
use std::vec::Vec;

/// The content of an answer.
#[derive(Default)]
#[non_exhaustive]
pub enum Payload {
    /// None.
    #[default]
    Empty,
    /// Octets in hand.
    Bytes(Bytes),
    /// A reader with its length, or in chunks.
    Reader(Box<dyn Read + Send>, Option<u64>),
    /// Parts of files and octets in hand, one behind the other: files go by `sendfile` where the platform has it.
    Bulk(Vec<Bulk>),
}

impl core::fmt::Debug for Payload {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Empty => f.write_str("Empty"),
            Self::Bytes(bytes) => write!(f, "Bytes({} octets)", bytes.len()),
            Self::Reader(_, len) => write!(f, "Reader({len:?})"),
            Self::Bulk(parts) => f.debug_tuple("Bulk").field(parts).finish(),
        }
    }
}

/// An answer: a head, content, and perhaps a delay.
#[derive(Debug)]
pub struct Answer {
    pub(super) head: ResponseHead,
    pub(super) payload: Payload,
    pub(super) delay: Option<Duration>,
}

impl Answer {
    /// An answer without content. A status outside 200 to 999 becomes 500: there is nothing else that it could mean.
    pub fn new(status: u16) -> Self {
        let status = StatusCode::new(status)
            .ok()
            .filter(|status| !status.is_informational() || *status == StatusCode::SWITCHING_PROTOCOLS);
        let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Self { head: ResponseHead::new(status), payload: Payload::Empty, delay: None }
    }

    /// An answer of plain text in UTF-8.
    pub fn text(status: u16, text: impl Into<String>) -> Self {
        Self::new(status).with("Content-Type", "text/plain; charset=utf-8").body(text.into())
    }

    /// The status with its reason as a line of text: what a browser shows where nothing better is known.
    pub fn status(status: u16) -> Self {
        let reason = StatusCode::new(status).map(StatusCode::reason).unwrap_or_default();
        let line = std::format!("{status} {reason}");
        Self::text(status, std::format!("{}\n", line.trim_end()))
    }

    /// A redirect to `location`, which is a URI reference.
    pub fn redirect(status: u16, location: &str) -> Self {
        Self::new(status).with("Location", location)
    }

    /// With one more field. A value that would forge a line makes the answer 500: whoever made it has a fault to find.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        if self.head.push(name, value).is_err() {
            return Self::new(500);
        }
        self
    }

    /// With content.
    #[must_use]
    pub fn body(mut self, octets: impl Into<Bytes>) -> Self {
        self.payload = Payload::Bytes(octets.into());
        self
    }

    /// With content from a reader: of a known length, or in chunks.
    #[must_use]
    pub fn reader(mut self, reader: impl Read + Send + 'static, len: Option<u64>) -> Self {
        self.payload = Payload::Reader(Box::new(reader), len);
        self
    }

    /// With content that lies elsewhere, sent part behind part without passing through the output buffer.
    #[must_use]
    pub fn bulk(mut self, parts: impl IntoIterator<Item = Bulk>) -> Self {
        self.payload = Payload::Bulk(parts.into_iter().collect());
        self
    }

    /// Not before so long. Nothing waits meanwhile but this connection.
    #[must_use]
    pub fn after(mut self, delay: Duration) -> Self {
        self.delay = Some(delay);
        self
    }

    /// The status.
    pub fn status_code(&self) -> u16 {
        self.head.status().as_u16()
    }
}
