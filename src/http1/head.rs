//! Heads and trailer sections: one block of octets, and offsets into it.

use super::error::{Invalid, What};
use super::field::{FieldName, FieldValue, Fields, Line, line_end};
use super::framing::Facts;
use super::limits::OFFSETS;
use super::syntax::{TEXT, stray, trim};
use super::target::Target;
use super::value::{Method, StatusCode, Version};
use alloc::vec::Vec;
use bytes::{BufMut, BytesMut};
use core::fmt;

/// How many lines a head knows the places of; those beyond are found by walking.
pub(super) const INLINE: usize = 20;

/// Where the field lines of a head stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Index {
    pub(super) lines: [Line; INLINE],
    pub(super) count: u16,
    /// Where the first field line starts.
    pub(super) first: u16,
    /// Where the last field line ends.
    pub(super) end: u16,
    /// All lines end in CRLF and none is folded: the block can be sent as it is.
    pub(super) plain: bool,
    /// No line bears on framing or on the connection. Known of heads that were built, for their lines came one by one.
    pub(super) neutral: bool,
}

impl Index {
    #[inline(always)]
    pub(super) const fn new(first: usize) -> Self {
        Self {
            lines: [Line { start: 0, name: 0 }; INLINE],
            count: 0,
            first: first as u16,
            end: first as u16,
            plain: true,
            neutral: true,
        }
    }

    /// For lines that nobody has looked at.
    #[inline(always)]
    const fn unread() -> Self {
        Self { neutral: false, ..Self::new(0) }
    }

    #[inline(always)]
    pub(super) fn push(&mut self, start: usize, name: usize) {
        if let Some(line) = self.lines.get_mut(self.count as usize) {
            *line = Line { start: start as u16, name: name as u16 };
        }
        self.count += 1;
    }

    /// Finds the lines of a block that is known to be good.
    pub(super) fn walk(block: &[u8], first: usize, end: usize) -> Self {
        let mut index = Self { neutral: false, ..Self::new(first) };
        let mut start = first;
        while start < end {
            let next = line_end(block, start, end);
            let line = &block[start..next];
            index.push(start, memchr::memchr(b':', line).unwrap_or(0));
            index.plain &= line.ends_with(b"\r\n") && memchr::memchr(b'\n', line) == Some(line.len() - 1);
            start = next;
        }
        index.end = end as u16;
        index
    }

    #[inline]
    pub(super) fn fields<'a>(&'a self, block: &'a [u8]) -> Fields<'a> {
        let count = self.count as usize;
        Fields {
            block,
            lines: &self.lines[..count.min(INLINE)],
            count,
            first: self.first as usize,
            end: self.end as usize,
        }
    }

    /// Adds a line to a block under construction.
    fn append(&mut self, block: &mut Vec<u8>, name: &str, value: &[u8]) -> Result<(), Invalid> {
        let name = FieldName::new(name)?.as_bytes();
        let value = FieldValue::new(value)?.as_bytes();
        let start = block.len();
        let end = start + name.len() + value.len() + 4;
        // Two octets are left for the empty line.
        if end + 2 > OFFSETS as usize {
            return Err(Invalid::new(What::Head, OFFSETS as usize));
        }
        block.extend_from_slice(name);
        block.extend_from_slice(b": ");
        block.extend_from_slice(value);
        block.extend_from_slice(b"\r\n");
        self.push(start, name.len());
        self.end = end as u16;
        self.neutral &= !Facts::mind(name.len());
        Ok(())
    }

    /// Writes the field lines, each with its own line end.
    #[inline]
    fn write(&self, block: &[u8], out: &mut BytesMut) {
        if self.plain {
            out.put_slice(block.get(self.first as usize..self.end as usize).unwrap_or_default());
            return;
        }
        for field in self.fields(block) {
            out.put_slice(field.name.as_bytes());
            out.put_slice(b": ");
            out.put_slice(&field.value.unfolded());
            out.put_slice(b"\r\n");
        }
    }
}

/// The head of a request: a block of octets, and where in it the parts stand.
///
/// The same type is what an engine told (`B` is `&[u8]`, or [`Bytes`](bytes::Bytes) of an
/// [`Owned`](crate::engine::Owned) engine) and what a caller builds to send (`B` is `Vec<u8>`). Fields keep their order
/// and spelling, and are found by name without case.
///
/// ```
/// use plainwire::http1::{Method, RequestHead};
///
/// let head = RequestHead::new(Method::GET, "/")?.with("Host", "example.com")?.with("Accept", "text/*, */*")?;
/// assert_eq!(head.target().path(), "/");
/// assert!(head.fields().has("accept", "TEXT/*"));
/// assert!(head.with("X", "a\r\nSet-Cookie: b").is_err());
/// # Ok::<(), plainwire::http1::Invalid>(())
/// ```
#[derive(Clone)]
pub struct RequestHead<B = Vec<u8>> {
    pub(super) block: B,
    pub(super) index: Index,
    /// Where the method ends; the target starts one octet behind.
    pub(super) method: u16,
    /// Where the target ends.
    pub(super) target: u16,
    pub(super) version: Version,
}

impl RequestHead {
    /// A head with a request line and no fields; [`Invalid`] where the target is of no form that the method allows.
    pub fn new(method: Method<'_>, target: &str) -> Result<Self, Invalid> {
        Target::new(method, target)?;
        let method_end = method.as_str().len();
        let target_end = method_end + 1 + target.len();
        let first = target_end + LINE_END.len();
        if first + 2 > OFFSETS as usize {
            return Err(Invalid::new(What::Head, OFFSETS as usize));
        }
        let mut block = Vec::with_capacity(first + 64);
        block.extend_from_slice(method.as_str().as_bytes());
        block.push(b' ');
        block.extend_from_slice(target.as_bytes());
        block.extend_from_slice(LINE_END);
        Ok(Self {
            block,
            index: Index::new(first),
            method: method_end as u16,
            target: target_end as u16,
            version: Version::HTTP_11,
        })
    }

    /// Adds a field line; [`Invalid`] where the name is no token, the value holds what would end it, or the head grows
    /// past 65,535 octets.
    pub fn push(&mut self, name: &str, value: impl AsRef<[u8]>) -> Result<(), Invalid> {
        self.index.append(&mut self.block, name, value.as_ref())
    }

    /// The same head with one field line more; errors as [`push`](Self::push).
    pub fn with(mut self, name: &str, value: impl AsRef<[u8]>) -> Result<Self, Invalid> {
        self.push(name, value)?;
        Ok(self)
    }
}

const LINE_END: &[u8] = b" HTTP/1.1\r\n";

impl<B: AsRef<[u8]>> RequestHead<B> {
    /// The method.
    pub fn method(&self) -> Method<'_> {
        Method::from_wire(self.method_octets())
    }

    #[inline(always)]
    pub(super) fn method_octets(&self) -> &[u8] {
        self.block.as_ref().get(..self.method as usize).unwrap_or_default()
    }

    /// The target.
    pub fn target(&self) -> Target<'_> {
        Target::from_wire(self.block.as_ref().get(self.method as usize + 1..self.target as usize).unwrap_or_default())
    }

    /// The version that the request line says.
    pub const fn version(&self) -> Version {
        self.version
    }

    /// The fields.
    #[inline]
    pub fn fields(&self) -> Fields<'_> {
        self.index.fields(self.block.as_ref())
    }

    /// The host and port that the request is for: of the target where it names one, else of `Host` (RFC 9112 3.3).
    pub fn authority(&self) -> Option<&str> {
        match self.target().authority() {
            Some(authority) => Some(authority),
            None => self.fields().first("host").and_then(FieldValue::to_str),
        }
    }

    /// A copy that can be changed and sent on.
    pub fn to_owned_head(&self) -> RequestHead {
        let mut block = BytesMut::with_capacity(self.block.as_ref().len());
        self.write(&mut block);
        let target = self.target as usize;
        let (first, end) = (target + LINE_END.len(), block.len());
        let index = Index::walk(&block, first, end);
        RequestHead { block: block.into(), index, method: self.method, target: self.target, version: Version::HTTP_11 }
    }

    /// Writes the request line as HTTP/1.1 (RFC 9110 6.2: a sender says its own version) and the fields.
    #[inline]
    pub(super) fn write(&self, out: &mut BytesMut) {
        let block = self.block.as_ref();
        if self.version == Version::HTTP_11 && self.index.plain {
            out.put_slice(block.get(..self.index.end as usize).unwrap_or_default());
            return;
        }
        out.put_slice(block.get(..self.target as usize).unwrap_or_default());
        out.put_slice(LINE_END);
        self.index.write(block, out);
    }
}

impl<B> RequestHead<B> {
    /// The head with its block held otherwise. What `keep` makes of it has to hold the same octets.
    pub fn map<C>(self, keep: impl FnOnce(B) -> C) -> RequestHead<C> {
        let Self { block, index, method, target, version } = self;
        RequestHead { block: keep(block), index, method, target, version }
    }
}

/// Its measures and none of its octets: they may be secrets.
impl<B> fmt::Debug for RequestHead<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestHead")
            .field("target", &(self.method + 1..self.target))
            .field("fields", &self.index.count)
            .field("octets", &self.index.end)
            .finish()
    }
}

impl RequestHead<&[u8]> {
    /// A head to be filled.
    #[inline(always)]
    pub(super) const fn blank() -> Self {
        Self { block: &[], index: Index::unread(), method: 0, target: 0, version: Version::HTTP_11 }
    }
}

/// The head of a response; see [`RequestHead`] for how it holds its parts.
///
/// ```
/// use plainwire::http1::{ResponseHead, StatusCode};
///
/// let head = ResponseHead::new(StatusCode::OK).with("Content-Type", "text/plain")?;
/// assert_eq!((head.status().as_u16(), head.reason()), (200, &b"OK"[..]));
/// # Ok::<(), plainwire::http1::Invalid>(())
/// ```
#[derive(Clone)]
pub struct ResponseHead<B = Vec<u8>> {
    pub(super) block: B,
    pub(super) index: Index,
    pub(super) status: StatusCode,
    /// Where the reason phrase ends. It starts at 13, or ends at 12 where the line stops behind the code.
    pub(super) reason: u16,
    pub(super) version: Version,
}

const VERSION: &[u8] = b"HTTP/1.1";

impl ResponseHead {
    /// A head with the status code, its registered reason phrase and no fields.
    pub fn new(status: StatusCode) -> Self {
        Self::build(status, status.reason().as_bytes())
    }

    /// A head with a reason phrase of one's own; [`Invalid`] where it holds what would end the line, or is longer than a
    /// head may be.
    pub fn with_reason(status: StatusCode, reason: &str) -> Result<Self, Invalid> {
        match stray(reason.as_bytes(), TEXT) {
            Some(at) => Err(Invalid::new(What::Reason, at)),
            None if reason.len() > OFFSETS as usize - 32 => Err(Invalid::new(What::Head, OFFSETS as usize)),
            None => Ok(Self::build(status, reason.as_bytes())),
        }
    }

    fn build(status: StatusCode, reason: &[u8]) -> Self {
        let mut block = Vec::with_capacity(64 + reason.len());
        block.extend_from_slice(VERSION);
        block.push(b' ');
        block.extend_from_slice(&status.digits());
        block.push(b' ');
        block.extend_from_slice(reason);
        let end = block.len();
        block.extend_from_slice(b"\r\n");
        Self { index: Index::new(block.len()), block, status, reason: end as u16, version: Version::HTTP_11 }
    }

    /// Adds a field line; errors as [`RequestHead::push`].
    pub fn push(&mut self, name: &str, value: impl AsRef<[u8]>) -> Result<(), Invalid> {
        self.index.append(&mut self.block, name, value.as_ref())
    }

    /// The same head with one field line more; errors as [`push`](Self::push).
    pub fn with(mut self, name: &str, value: impl AsRef<[u8]>) -> Result<Self, Invalid> {
        self.push(name, value)?;
        Ok(self)
    }
}

impl<B: AsRef<[u8]>> ResponseHead<B> {
    /// The status code.
    pub const fn status(&self) -> StatusCode {
        self.status
    }

    /// The reason phrase, which means nothing (RFC 9112 4), as it came.
    pub fn reason(&self) -> &[u8] {
        self.block.as_ref().get(13..self.reason as usize).unwrap_or_default()
    }

    /// The version that the status line says.
    pub const fn version(&self) -> Version {
        self.version
    }

    /// The fields.
    #[inline]
    pub fn fields(&self) -> Fields<'_> {
        self.index.fields(self.block.as_ref())
    }

    /// A copy that can be changed and sent on.
    pub fn to_owned_head(&self) -> ResponseHead {
        let mut block = BytesMut::with_capacity(self.block.as_ref().len());
        self.write(&mut block);
        let reason = self.reason.max(13) as usize;
        let index = Index::walk(&block, reason + 2, block.len());
        ResponseHead {
            block: block.into(),
            index,
            status: self.status,
            reason: reason as u16,
            version: Version::HTTP_11,
        }
    }

    /// Writes the status line as HTTP/1.1 and the fields.
    #[inline(always)]
    pub(super) fn write(&self, out: &mut BytesMut) {
        if self.version == Version::HTTP_11 && self.index.plain && self.reason > 12 {
            out.put_slice(self.block.as_ref().get(..self.index.end as usize).unwrap_or_default());
        } else {
            self.rewrite(out);
        }
    }

    /// Writes a head that can't go out as it came.
    #[cold]
    fn rewrite(&self, out: &mut BytesMut) {
        out.put_slice(VERSION);
        out.put_slice(b" ");
        out.put_slice(&self.status.digits());
        out.put_slice(b" ");
        out.put_slice(self.reason());
        out.put_slice(b"\r\n");
        self.index.write(self.block.as_ref(), out);
    }
}

impl<B> ResponseHead<B> {
    /// The head with its block held otherwise. What `keep` makes of it has to hold the same octets.
    pub fn map<C>(self, keep: impl FnOnce(B) -> C) -> ResponseHead<C> {
        let Self { block, index, status, reason, version } = self;
        ResponseHead { block: keep(block), index, status, reason, version }
    }
}

/// The status, and the measures of the rest: its octets may be secrets.
impl<B> fmt::Debug for ResponseHead<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseHead")
            .field("status", &self.status.as_u16())
            .field("fields", &self.index.count)
            .field("octets", &self.index.end)
            .finish()
    }
}

impl ResponseHead<&[u8]> {
    /// A head to be filled.
    #[inline(always)]
    pub(super) const fn blank() -> Self {
        Self { block: &[], index: Index::unread(), status: StatusCode::OK, reason: 0, version: Version::HTTP_11 }
    }
}

/// A trailer section (RFC 9110 6.5): fields that follow the content. Nothing of it is merged into the head, and nothing
/// of it changes how the message is framed.
///
/// Built to be sent (`B` is `Vec<u8>`), it refuses the fields that no trailer section may have.
#[derive(Clone, Default)]
pub struct Trailers<B = Vec<u8>> {
    pub(super) block: B,
    pub(super) count: u16,
    /// Where the last line ends.
    pub(super) end: u16,
}

impl Trailers {
    /// An empty section.
    pub const fn new() -> Self {
        Self { block: Vec::new(), count: 0, end: 0 }
    }

    /// Adds a field line; [`Invalid`] as [`RequestHead::push`], and for the fields that RFC 9110 6.5.1 keeps out of
    /// trailers: those that frame, route, authenticate, or are needed to read the content.
    pub fn push(&mut self, name: &str, value: impl AsRef<[u8]>) -> Result<(), Invalid> {
        if FORBIDDEN.iter().any(|field| field.eq_ignore_ascii_case(name)) {
            return Err(Invalid::new(What::Trailer, 0));
        }
        let mut index = Index::new(0);
        index.append(&mut self.block, name, value.as_ref())?;
        self.end = index.end;
        self.count += 1;
        Ok(())
    }

    /// The same section with one field line more; errors as [`push`](Self::push).
    pub fn with(mut self, name: &str, value: impl AsRef<[u8]>) -> Result<Self, Invalid> {
        self.push(name, value)?;
        Ok(self)
    }
}

/// RFC 9110 6.5.1: message framing, routing, request modifiers, authentication, response control, content description.
const FORBIDDEN: &[&str] = &[
    "Content-Length",
    "Transfer-Encoding",
    "Trailer",
    "TE",
    "Connection",
    "Keep-Alive",
    "Upgrade",
    "Host",
    "Max-Forwards",
    "Expect",
    "Cache-Control",
    "Pragma",
    "Range",
    "If-Match",
    "If-None-Match",
    "If-Modified-Since",
    "If-Unmodified-Since",
    "If-Range",
    "Authorization",
    "Proxy-Authorization",
    "WWW-Authenticate",
    "Proxy-Authenticate",
    "Cookie",
    "Set-Cookie",
    "Age",
    "Expires",
    "Date",
    "Location",
    "Retry-After",
    "Vary",
    "Content-Encoding",
    "Content-Type",
    "Content-Range",
];

impl<'i> Trailers<&'i [u8]> {
    /// The section of a message that has none: it stands where `input` begins.
    #[inline(always)]
    pub(super) fn none(input: &'i [u8]) -> Self {
        Self { block: &input[..0], count: 0, end: 0 }
    }
}

impl<B: AsRef<[u8]>> Trailers<B> {
    /// The fields.
    pub fn fields(&self) -> Fields<'_> {
        Fields { block: self.block.as_ref(), lines: &[], count: self.count as usize, first: 0, end: self.end as usize }
    }

    /// Writes the field lines, and the empty line behind them.
    pub(super) fn write(&self, out: &mut BytesMut) {
        let block = self.block.as_ref();
        Index::walk(block, 0, self.end as usize).write(block, out);
        out.put_slice(b"\r\n");
    }
}

impl<B> Trailers<B> {
    /// The section with its block held otherwise. What `keep` makes of it has to hold the same octets.
    pub fn map<C>(self, keep: impl FnOnce(B) -> C) -> Trailers<C> {
        let Self { block, count, end } = self;
        Trailers { block: keep(block), count, end }
    }
}

/// Its measures and none of its octets.
impl<B> fmt::Debug for Trailers<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trailers").field("fields", &self.count).field("octets", &self.end).finish()
    }
}

/// Heads are equal where they say the same in the same order and spelling, whatever holds them.
impl<B: AsRef<[u8]>, C: AsRef<[u8]>> PartialEq<RequestHead<C>> for RequestHead<B> {
    fn eq(&self, other: &RequestHead<C>) -> bool {
        self.version == other.version
            && self.method_octets() == other.method_octets()
            && self.target() == other.target()
            && self.fields() == other.fields()
    }
}

/// Heads are equal where they say the same in the same order and spelling, whatever holds them.
impl<B: AsRef<[u8]>, C: AsRef<[u8]>> PartialEq<ResponseHead<C>> for ResponseHead<B> {
    fn eq(&self, other: &ResponseHead<C>) -> bool {
        self.version == other.version
            && self.status == other.status
            && self.reason() == other.reason()
            && self.fields() == other.fields()
    }
}

impl<B: AsRef<[u8]>, C: AsRef<[u8]>> PartialEq<Trailers<C>> for Trailers<B> {
    fn eq(&self, other: &Trailers<C>) -> bool {
        self.fields() == other.fields()
    }
}

/// The fields of a list as far as framing needs it: trimmed, without folds.
pub(super) fn is_folded(value: &[u8]) -> bool {
    memchr::memchr(b'\n', trim(value)).is_some()
}
