//! One head from the front of some octets, as a pure function.

use super::error::Error;
use super::fast;
use super::head::{Index, RequestHead, ResponseHead};
use super::limits::{MessageLimits, Quirks};
use super::scan::{Part, Rules, Scan};
use super::value::{StatusCode, Version};

impl MessageLimits {
    pub(super) const fn rules(&self, part: Part, quirks: Quirks) -> Rules {
        Rules {
            part,
            whole: if matches!(part, Part::Trailers) { self.trailers } else { self.head },
            start_line: self.start_line,
            field_line: self.field_line,
            fields: self.fields,
            bare_lf: quirks.bare_lf,
            // RFC 9112 5.2: in a request a fold is refused, or at least never kept.
            obs_fold: quirks.obs_fold && matches!(part, Part::Response),
        }
    }
}

/// Where the parse of one head stands: keeps how far it came, so that no octet is looked at twice.
///
/// ```
/// use plainwire::http1::{HeadParser, MessageLimits, Quirks};
///
/// let mut parser = HeadParser::request(MessageLimits::default(), Quirks::default());
/// assert!(parser.parse_request(b"GET / HTTP/1.1\r\nHo").unwrap().is_none());
/// let (head, length) = parser.parse_request(b"GET / HTTP/1.1\r\nHost: a\r\n\r\nrest").unwrap().unwrap();
/// assert_eq!((head.fields().len(), length), (1, 27));
/// ```
#[derive(Clone, Debug)]
pub struct HeadParser {
    scan: Scan,
    rules: Rules,
}

/// A head and how many octets it takes, once it is whole.
pub type Parsed<H> = Option<(H, usize)>;

impl HeadParser {
    /// For a request's head.
    pub const fn request(limits: MessageLimits, quirks: Quirks) -> Self {
        Self { scan: Scan::new(Part::Request), rules: limits.rules(Part::Request, quirks) }
    }

    /// For a response's head.
    pub const fn response(limits: MessageLimits, quirks: Quirks) -> Self {
        Self { scan: Scan::new(Part::Response), rules: limits.rules(Part::Response, quirks) }
    }

    /// The head at the front of `input`, and its length; `None` where it is not whole yet: call again with the same
    /// octets and more behind them.
    ///
    /// Errors are those of RFC 9112 2 to 5 and of the limits, with offsets in `input`. How the body is framed, and what
    /// `Host` has to be, is not looked at here: the engines do.
    #[inline]
    pub fn parse_request<'i>(&mut self, input: &'i [u8]) -> Result<Parsed<RequestHead<&'i [u8]>>, Error> {
        let mut parsed = Ok(Some((RequestHead::blank(), 0)));
        if self.scan.is_fresh()
            && let Ok(Some((head, length))) = &mut parsed
            && fast::request(input, &self.rules, &mut (), head).is_some()
        {
            *length = head.block.len();
        } else {
            parsed = self.scan_request(input);
        }
        parsed
    }

    #[cold]
    fn scan_request<'i>(&mut self, input: &'i [u8]) -> Result<Parsed<RequestHead<&'i [u8]>>, Error> {
        let length = scan(&mut self.scan, input, &self.rules)?;
        Ok(length.map(|length| (request(input, length, &self.rules), length)))
    }

    /// As [`parse_request`](Self::parse_request), for a response.
    #[inline]
    pub fn parse_response<'i>(&mut self, input: &'i [u8]) -> Result<Parsed<ResponseHead<&'i [u8]>>, Error> {
        let mut parsed = Ok(Some((ResponseHead::blank(), 0)));
        if self.scan.is_fresh()
            && let Ok(Some((head, length))) = &mut parsed
            && fast::response(input, &self.rules, &mut (), head).is_some()
        {
            *length = head.block.len();
        } else {
            parsed = self.scan_response(input);
        }
        parsed
    }

    #[cold]
    fn scan_response<'i>(&mut self, input: &'i [u8]) -> Result<Parsed<ResponseHead<&'i [u8]>>, Error> {
        let length = scan(&mut self.scan, input, &self.rules)?;
        Ok(length.map(|length| (response(input, length, &self.rules), length)))
    }
}

/// The request head at the front of `input`, and its length; see [`HeadParser::parse_request`].
#[inline]
pub fn parse_request(input: &[u8]) -> Result<Parsed<RequestHead<&[u8]>>, Error> {
    HeadParser::request(MessageLimits::default(), Quirks::default()).parse_request(input)
}

/// The response head at the front of `input`, and its length; see [`HeadParser::parse_request`].
#[inline]
pub fn parse_response(input: &[u8]) -> Result<Parsed<ResponseHead<&[u8]>>, Error> {
    HeadParser::response(MessageLimits::default(), Quirks::default()).parse_response(input)
}

fn scan(scan: &mut Scan, input: &[u8], rules: &Rules) -> Result<Option<usize>, Error> {
    scan.run(input, rules, &mut ()).map_err(|(kind, at)| Error { kind, offset: at as u64 })
}

/// The head that a scan found whole.
pub(super) fn request<'i>(input: &'i [u8], length: usize, rules: &Rules) -> RequestHead<&'i [u8]> {
    let mut head = RequestHead::blank();
    if fast::request(&input[..length], rules, &mut (), &mut head).is_some() {
        return head;
    }
    let block = &input[..length];
    let line = memchr::memchr(b'\n', block).unwrap_or(0);
    let line_text = super::syntax::trim(&block[..line]);
    let method = memchr::memchr(b' ', line_text).unwrap_or(0);
    let target = memchr::memrchr(b' ', line_text).unwrap_or(0);
    let mut index = Index::walk(block, line + 1, fields_end(block));
    index.plain &= line_text.len() + 1 == line;
    RequestHead {
        block,
        index,
        method: method as u16,
        target: target as u16,
        version: Version::from_digit(line_text.last().copied().unwrap_or(b'1')),
    }
}

/// The head that a scan found whole.
pub(super) fn response<'i>(input: &'i [u8], length: usize, rules: &Rules) -> ResponseHead<&'i [u8]> {
    let mut head = ResponseHead::blank();
    if fast::response(&input[..length], rules, &mut (), &mut head).is_some() {
        return head;
    }
    let block = &input[..length];
    let line = memchr::memchr(b'\n', block).unwrap_or(0);
    let reason = if block[..line].ends_with(b"\r") { line - 1 } else { line };
    let code = block[9..12].iter().fold(0, |code, byte| code * 10 + u16::from(byte.wrapping_sub(b'0')));
    let mut index = Index::walk(block, line + 1, fields_end(block));
    index.plain &= reason + 1 == line;
    ResponseHead {
        block,
        index,
        status: StatusCode::new(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
        reason: reason as u16,
        version: Version::from_digit(block[7]),
    }
}

/// Where the empty line of a whole head starts.
pub(super) fn fields_end(block: &[u8]) -> usize {
    block.len() - if block.ends_with(b"\r\n") { 2 } else { 1 }
}
