//! What the fields of a head say about the message and the connection: where the body ends (RFC 9112 6), whether the
//! connection lasts (RFC 9112 9.3), and what else the engines obey.
//!
//! Lines are judged one by one, in their order, so that what is refused is refused at the same octet however the head
//! came; whatever the order, two framings never pass.

use super::error::{ErrorKind, Misuse};
use super::field::{Fields, List};
use super::head::is_folded;
use super::scan::Judge;
use super::syntax::{TOKEN, decimal, stray};
use super::target::is_authority;
use super::value::{StatusCode, Version};

/// How the end of a message's body is found (RFC 9112 6.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
pub enum Framing {
    /// There is no body: its length is 0, or the message can have none.
    None,
    /// So many octets.
    Length(u64),
    /// Chunks, up to one of size 0 and a trailer section.
    Chunked,
    /// All that comes until the connection ends. Responses only.
    UntilClose,
}

/// What a head was found to say.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Facts {
    length: u64,
    flags: u32,
}

pub(super) const RESPONSE: u32 = 1;
/// The response has no body, whatever its fields say (RFC 9112 6.3 (1, 2)).
pub(super) const BODILESS: u32 = 1 << 1;
pub(super) const HTTP_10: u32 = 1 << 2;
pub(super) const HOST: u32 = 1 << 3;
pub(super) const LENGTH: u32 = 1 << 4;
pub(super) const CODED: u32 = 1 << 5;
/// `chunked` was applied, and it was the last coding.
pub(super) const CHUNKED: u32 = 1 << 6;
const CHUNKED_BEFORE: u32 = 1 << 7;
pub(super) const CLOSE: u32 = 1 << 8;
pub(super) const KEEP_ALIVE: u32 = 1 << 9;
const UPGRADE_OPTION: u32 = 1 << 10;
pub(super) const UPGRADE: u32 = 1 << 11;
pub(super) const EXPECT: u32 = 1 << 12;
/// The response answers HEAD.
pub(super) const TO_HEAD: u32 = 1 << 13;
/// The response answers CONNECT.
pub(super) const TO_CONNECT: u32 = 1 << 14;

/// The lengths of the names that [`Facts::field`] knows.
const LENGTHS: u32 = 1 << 4 | 1 << 6 | 1 << 7 | 1 << 10 | 1 << 14 | 1 << 17;

impl Facts {
    pub(super) const fn request() -> Self {
        Self { length: 0, flags: 0 }
    }

    /// A response to a request of which `flags` are known: [`TO_HEAD`], [`TO_CONNECT`].
    pub(super) const fn response(flags: u32) -> Self {
        Self { length: 0, flags: RESPONSE | flags }
    }

    #[inline(always)]
    pub(super) const fn has(&self, flags: u32) -> bool {
        self.flags & flags == flags
    }

    #[inline(always)]
    fn add(&mut self, flags: u32) {
        self.flags |= flags;
    }

    /// The version, and for a response the status.
    #[inline]
    pub(super) fn start(&mut self, version: Version, status: Option<StatusCode>) {
        if version == Version::HTTP_10 {
            self.add(HTTP_10);
        }
        if let Some(status) = status {
            // RFC 9112 6.3 (1) and (2).
            if status.is_bodiless() || self.has(TO_HEAD) || self.has(TO_CONNECT) && status.is_success() {
                self.add(BODILESS);
            }
        }
    }

    /// Whether names of this length are worth a look: those that are known, and some of more than 32 octets, which are
    /// then found not to be.
    #[inline(always)]
    pub(super) const fn mind(length: usize) -> bool {
        LENGTHS >> (length % 32) & 1 == 1
    }

    /// A request of HTTP/1.1 that names its host and says nothing else that matters here.
    #[inline(always)]
    pub(super) const fn are_plain(&self) -> bool {
        self.flags == HOST
    }

    /// One field line. An error comes with its offset in the value.
    #[inline(always)]
    pub(super) fn field(&mut self, name: &[u8], value: &[u8]) -> Result<(), (ErrorKind, usize)> {
        if !self.wants(name.len()) {
            return Ok(());
        }
        // What every request has.
        if name == b"Host" && self.flags & (RESPONSE | HOST) == 0 && is_authority(value) {
            self.add(HOST);
            return Ok(());
        }
        self.known(name, value)
    }

    #[inline(never)]
    fn known(&mut self, name: &[u8], value: &[u8]) -> Result<(), (ErrorKind, usize)> {
        let request = !self.has(RESPONSE);
        match name.len() {
            4 if request && is_named(name, b"Host") => {
                if self.has(HOST) {
                    return Err((ErrorKind::RepeatedHost, 0));
                }
                if !is_authority(value) {
                    return Err((ErrorKind::BadHost, 0));
                }
                self.add(HOST);
            }
            // RFC 9110 10.1.1: in an HTTP/1.0 request the expectation is ignored.
            6 if request && !self.has(HTTP_10) && is_named(name, b"Expect") => {
                for expectation in List::of(value) {
                    if !expectation.eq_ignore_ascii_case(b"100-continue") {
                        return Err((ErrorKind::UnknownExpectation, 0));
                    }
                    self.add(EXPECT);
                }
            }
            7 if is_named(name, b"Upgrade") => self.add(UPGRADE),
            10 if is_named(name, b"Connection") => {
                // What nearly all of them say.
                if is_named(value, b"keep-alive") {
                    self.add(KEEP_ALIVE);
                    return Ok(());
                }
                for option in List::of(value) {
                    if option.eq_ignore_ascii_case(b"close") {
                        self.add(CLOSE);
                    } else if option.eq_ignore_ascii_case(b"keep-alive") {
                        self.add(KEEP_ALIVE);
                    } else if option.eq_ignore_ascii_case(b"upgrade") {
                        self.add(UPGRADE_OPTION);
                    }
                }
            }
            14 if !self.has(BODILESS) && is_named(name, b"Content-Length") => return self.length(value),
            17 if !self.has(BODILESS) && is_named(name, b"Transfer-Encoding") => return self.coding(value),
            _ => {}
        }
        Ok(())
    }

    fn length(&mut self, value: &[u8]) -> Result<(), (ErrorKind, usize)> {
        if self.has(CODED) {
            return Err((ErrorKind::TwoFramings, 0));
        }
        // RFC 9110 8.6 allows equal lengths to be read as one; whoever repeats them was tampered with.
        if self.has(LENGTH) {
            return Err((ErrorKind::RepeatedLength, 0));
        }
        self.length = decimal(value).ok_or((ErrorKind::BadLength, 0))?;
        self.add(LENGTH);
        Ok(())
    }

    fn coding(&mut self, value: &[u8]) -> Result<(), (ErrorKind, usize)> {
        let request = !self.has(RESPONSE);
        // RFC 9112 6.1: a server or client that gets it in an HTTP/1.0 message has to treat the framing as faulty.
        if self.has(HTTP_10) {
            return Err((ErrorKind::CodingInHttp10, 0));
        }
        if self.has(LENGTH) {
            return Err((ErrorKind::TwoFramings, 0));
        }
        if self.has(CODED) && request {
            return Err((ErrorKind::RepeatedCoding, 0));
        }
        let mut some = false;
        for coding in List::of(value) {
            if stray(coding, TOKEN).is_some() || is_folded(value) {
                return Err((ErrorKind::BadCoding, 0));
            }
            some = true;
            if coding.eq_ignore_ascii_case(b"chunked") {
                // RFC 9112 6.1: never more than once.
                if self.has(CHUNKED_BEFORE) {
                    return Err((ErrorKind::ChunkedTwice, 0));
                }
                self.add(CHUNKED | CHUNKED_BEFORE);
            } else {
                self.flags &= !CHUNKED;
                let registered: [&[u8]; 5] = [b"gzip", b"deflate", b"compress", b"x-gzip", b"x-compress"];
                // RFC 9112 6.1: a server that does not understand a coding answers 501.
                if request && !registered.iter().any(|known| coding.eq_ignore_ascii_case(known)) {
                    return Err((ErrorKind::UnknownCoding, 0));
                }
            }
        }
        if !some {
            return Err((ErrorKind::BadCoding, 0));
        }
        self.add(CODED);
        // RFC 9112 6.3 (4): the end of such a request can't be found.
        if request && !self.has(CHUNKED) {
            return Err((ErrorKind::NotChunkedLast, 0));
        }
        Ok(())
    }

    /// The head is whole.
    #[inline]
    pub(super) fn end(&self) -> Result<(), ErrorKind> {
        // RFC 9112 3.2: 400 to an HTTP/1.1 request that lacks Host.
        if !self.has(RESPONSE) && !self.has(HTTP_10) && !self.has(HOST) {
            return Err(ErrorKind::NoHost);
        }
        Ok(())
    }

    /// All lines of a head at once.
    #[inline]
    pub(super) fn all(&mut self, fields: Fields<'_>) -> Result<(), (ErrorKind, usize)> {
        let mut lines = fields.iter();
        while let Some((name, value)) = lines.next_where(|length| self.wants(length)) {
            self.known(name, value)?;
        }
        Ok(())
    }

    /// Where the body of a received message ends, in the order of RFC 9112 6.3.
    #[inline]
    pub(super) fn framing(&self) -> Framing {
        if self.has(BODILESS) {
            return Framing::None; // (1), (2)
        }
        if self.has(CHUNKED) {
            return Framing::Chunked; // (4); (3) was refused
        }
        if self.has(CODED) {
            return Framing::UntilClose; // (4), responses
        }
        if self.has(LENGTH) {
            return if self.length == 0 { Framing::None } else { Framing::Length(self.length) }; // (6); (5) was refused
        }
        if self.has(RESPONSE) {
            return Framing::UntilClose; // (8)
        }
        Framing::None // (7)
    }

    /// The connection lasts beyond this message, as far as its sender is concerned (RFC 9112 9.3).
    #[inline]
    pub(super) const fn lasts(&self) -> bool {
        !self.has(CLOSE) && (!self.has(HTTP_10) || self.has(KEEP_ALIVE))
    }

    /// The message names a protocol to switch to, or that was switched to. RFC 9110 7.8: an HTTP/1.0 request can't, and
    /// the field counts only where `Connection` names it.
    #[inline]
    pub(super) const fn upgrades(&self) -> bool {
        self.has(UPGRADE | UPGRADE_OPTION) && !self.has(HTTP_10)
    }

    /// `Content-Length`, where the head has one.
    #[inline]
    pub(super) fn given_length(&self) -> Option<u64> {
        self.has(LENGTH).then_some(self.length)
    }
}

/// Equal without case, found out at once where the spelling is the usual one.
#[inline(always)]
fn is_named(name: &[u8], usual: &[u8]) -> bool {
    name == usual || name.eq_ignore_ascii_case(usual)
}

impl Judge for Facts {
    #[inline(always)]
    fn wants(&self, length: usize) -> bool {
        Self::mind(length)
    }

    #[inline(always)]
    fn start(&mut self, version: Version, status: Option<StatusCode>) {
        Self::start(self, version, status);
    }

    #[inline(always)]
    fn field(&mut self, name: &[u8], value: &[u8]) -> Result<(), (ErrorKind, usize)> {
        Self::field(self, name, value)
    }

    fn end(&self) -> Result<(), ErrorKind> {
        Self::end(self)
    }
}

/// What is wrong with a head that is to be sent.
impl From<ErrorKind> for Misuse {
    fn from(kind: ErrorKind) -> Self {
        match kind {
            ErrorKind::NoHost | ErrorKind::RepeatedHost | ErrorKind::BadHost => Self::Host,
            ErrorKind::BadLength | ErrorKind::RepeatedLength => Self::LengthMismatch,
            ErrorKind::UnknownExpectation => Self::Expectation,
            _ => Self::TransferCoding,
        }
    }
}
