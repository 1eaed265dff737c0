//! Netstrings: `LENGTH:PAYLOAD,` with the length in decimal.

use super::course::{Course, frames};
use super::{Error, ErrorKind};
use crate::engine::Decode;
use crate::work;
use bytes::BytesMut;

/// Decodes [netstrings](https://cr.yp.to/proto/netstrings.txt).
///
/// A length with a leading zero is [`ErrorKind::BadLength`], as the specification asks; a length over `limit` is
/// [`ErrorKind::TooLong`] at the digit that makes it so known, with the netstring's start as its offset.
///
/// ```
/// use plainwire::chat::framing::Netstrings;
///
/// let mut netstrings = Netstrings::new(1024);
/// let mut input = &b"12:hello world!,0:,"[..];
/// assert_eq!(netstrings.recv(&mut input), Ok(Some(&b"hello world!"[..])));
/// assert_eq!(netstrings.recv(&mut input), Ok(Some(&b""[..])));
/// ```
#[derive(Clone, Debug)]
pub struct Netstrings {
    limit: u32,
    /// How much has to be there before looking again is worth it: a payload that comes in pieces has its length read once.
    wanted: usize,
    course: Course,
}

impl Netstrings {
    /// A decoder of payloads of at most `limit` octets.
    pub const fn new(limit: u32) -> Self {
        Self { limit, wanted: 0, course: Course::new() }
    }

    /// Takes one payload off the front of `input`; see [`Decode::recv`].
    #[inline]
    pub fn recv<'i>(&mut self, input: &mut &'i [u8]) -> Result<Option<&'i [u8]>, Error> {
        if let Some(error) = self.course.error {
            return Err(error);
        }
        let whole = *input;
        if whole.len() < self.wanted && !self.course.ended {
            return Ok(None);
        }
        let (length, head) = match length(whole, self.limit) {
            Ok(Some(read)) => read,
            Ok(None) => return self.course.wanting(whole),
            Err((kind, at)) => return self.course.fail(kind, at),
        };
        let Some((payload, rest)) = whole[head..].split_at_checked(length as usize) else {
            self.wanted = head.saturating_add(length as usize).saturating_add(1);
            return self.course.wanting(whole);
        };
        match rest.split_first() {
            None => self.course.wanting(whole),
            Some((b',', rest)) => {
                *input = rest;
                self.wanted = 0;
                self.course.offset += (head + payload.len() + 1) as u64;
                Ok(Some(payload))
            }
            Some(_) => self.course.fail(ErrorKind::NoComma, head + payload.len()),
        }
    }
}

/// The length at the front and how many octets it takes with its colon.
#[inline]
fn length(input: &[u8], limit: u32) -> Result<Option<(u32, usize)>, (ErrorKind, usize)> {
    let mut length = 0u32;
    for (at, &octet) in input.iter().enumerate() {
        match octet {
            b'0'..=b'9' => {
                // Only the length 0 begins with a zero.
                if at == 1 && input[0] == b'0' {
                    return Err((ErrorKind::BadLength, at));
                }
                length = match length.checked_mul(10).and_then(|tens| tens.checked_add(u32::from(octet - b'0'))) {
                    Some(length) if length <= limit => length,
                    _ => return Err((ErrorKind::TooLong, 0)),
                };
            }
            b':' if at > 0 => {
                work::add(at + 1);
                return Ok(Some((length, at + 1)));
            }
            _ => return Err((ErrorKind::BadLength, at)),
        }
    }
    work::add(input.len());
    Ok(None)
}

// Ten digits, the colon, the comma.
frames!(impl Decode for Netstrings: Error, 12);

/// Writes `payload` as a netstring. Every payload can be said: the length in front of it is what ends it.
pub fn encode_netstring(payload: &[u8], out: &mut BytesMut) {
    let mut digits = [0; 20];
    let mut at = digits.len();
    let mut rest = payload.len();
    loop {
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    out.reserve(digits.len() - at + payload.len() + 2);
    out.extend_from_slice(&digits[at..]);
    out.extend_from_slice(b":");
    out.extend_from_slice(payload);
    out.extend_from_slice(b",");
}
