//! Frames that begin with their length.

use super::course::{Course, frames};
use super::{Error, ErrorKind, Misuse};
use crate::engine::Decode;
use crate::work;
use bytes::BytesMut;

/// Which octet of a number comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Order {
    /// The most significant first: network byte order.
    Big,
    /// The least significant first.
    Little,
}

/// How a length is written before its payload. It counts the payload alone, not itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Prefix {
    /// One octet.
    One,
    /// Two octets.
    Two(Order),
    /// Four octets.
    Four(Order),
    /// Seven bits to an octet, the least significant first, the top bit set on all but the last (LEB128, as in
    /// Protocol Buffers), at most 32 bits. Only the shortest spelling is read.
    Varint,
}

impl Prefix {
    /// The longest payload that this prefix can announce.
    pub const fn most(self) -> u32 {
        match self {
            Self::One => u8::MAX as u32,
            Self::Two(_) => u16::MAX as u32,
            Self::Four(_) | Self::Varint => u32::MAX,
        }
    }

    /// Writes the length and the payload.
    ///
    /// # Errors
    ///
    /// [`Misuse::TooLong`] where the prefix can't say the length; nothing is written then.
    pub fn encode(self, payload: &[u8], out: &mut BytesMut) -> Result<(), Misuse> {
        out.reserve(payload.len() + 5);
        self.encode_framing(payload.len(), out)?;
        out.extend_from_slice(payload);
        Ok(())
    }

    /// Writes the length alone, for a caller that sends a payload of its own behind it.
    ///
    /// # Errors
    ///
    /// [`Misuse::TooLong`] where the prefix can't say the length; nothing is written then.
    pub fn encode_framing(self, length: usize, out: &mut BytesMut) -> Result<(), Misuse> {
        let length =
            u32::try_from(length).ok().filter(|&length| length <= self.most()).ok_or(Misuse::TooLong(self.most()))?;
        match self {
            Self::One => out.extend_from_slice(&[length as u8]),
            Self::Two(Order::Big) => out.extend_from_slice(&(length as u16).to_be_bytes()),
            Self::Two(Order::Little) => out.extend_from_slice(&(length as u16).to_le_bytes()),
            Self::Four(Order::Big) => out.extend_from_slice(&length.to_be_bytes()),
            Self::Four(Order::Little) => out.extend_from_slice(&length.to_le_bytes()),
            Self::Varint => {
                let mut rest = length;
                while rest >= 0x80 {
                    out.extend_from_slice(&[rest as u8 | 0x80]);
                    rest >>= 7;
                }
                out.extend_from_slice(&[rest as u8]);
            }
        }
        Ok(())
    }

    /// The length at the front of `input` and how many octets spell it; `Err` holds the octet that is wrong.
    #[inline]
    fn read(self, input: &[u8]) -> Result<Option<(u32, usize)>, usize> {
        Ok(match self {
            Self::One => input.first().map(|&length| (u32::from(length), 1)),
            Self::Two(order) => input.first_chunk().map(|&octets| match order {
                Order::Big => (u32::from(u16::from_be_bytes(octets)), 2),
                Order::Little => (u32::from(u16::from_le_bytes(octets)), 2),
            }),
            Self::Four(order) => input.first_chunk().map(|&octets| match order {
                Order::Big => (u32::from_be_bytes(octets), 4),
                Order::Little => (u32::from_le_bytes(octets), 4),
            }),
            Self::Varint => return varint(input),
        })
    }
}

fn varint(input: &[u8]) -> Result<Option<(u32, usize)>, usize> {
    let mut length = 0;
    for (at, &octet) in input.iter().take(5).enumerate() {
        // The fifth octet holds the last four bits of 32, and no further one follows it.
        let too_many_bits = at == 4 && octet > 0x0f;
        let padded = at > 0 && octet == 0;
        if too_many_bits || padded {
            return Err(at);
        }
        length |= u32::from(octet & 0x7f) << (7 * at);
        if octet < 0x80 {
            return Ok(Some((length, at + 1)));
        }
    }
    Ok(None)
}

/// Decodes length-prefixed frames.
///
/// A length over `limit` is [`ErrorKind::TooLong`] as soon as it is read: the payload is not waited for and no memory is
/// reserved for it.
///
/// ```
/// use plainwire::chat::framing::{ErrorKind, LengthPrefixed, Order, Prefix};
///
/// let mut frames = LengthPrefixed::new(Prefix::Two(Order::Big), 1024);
/// let mut input = &b"\x00\x05hello\xff\xff"[..];
/// assert_eq!(frames.recv(&mut input), Ok(Some(&b"hello"[..])));
/// let error = frames.recv(&mut input).unwrap_err();
/// assert_eq!((error.kind, error.offset), (ErrorKind::TooLong, 7));
/// ```
#[derive(Clone, Debug)]
pub struct LengthPrefixed {
    prefix: Prefix,
    limit: u32,
    course: Course,
}

impl LengthPrefixed {
    /// A decoder of payloads of at most `limit` octets.
    pub const fn new(prefix: Prefix, limit: u32) -> Self {
        Self { prefix, limit, course: Course::new() }
    }

    /// Takes one payload off the front of `input`; see [`Decode::recv`].
    #[inline]
    pub fn recv<'i>(&mut self, input: &mut &'i [u8]) -> Result<Option<&'i [u8]>, Error> {
        if let Some(error) = self.course.error {
            return Err(error);
        }
        let whole = *input;
        work::add(whole.len().min(5));
        let (length, head) = match self.prefix.read(whole) {
            Ok(Some(read)) => read,
            Ok(None) => return self.course.wanting(whole),
            Err(at) => return self.course.fail(ErrorKind::BadLength, at),
        };
        if length > self.limit {
            return self.course.fail(ErrorKind::TooLong, 0);
        }
        let Some((payload, rest)) = whole[head..].split_at_checked(length as usize) else {
            return self.course.wanting(whole);
        };
        *input = rest;
        self.course.offset += head as u64 + u64::from(length);
        Ok(Some(payload))
    }
}

// A varint of 32 bits has five octets.
frames!(impl Decode for LengthPrefixed: Error, 5);
