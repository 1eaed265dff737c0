//! How messages go out: what a head and its content are framed by, and the content itself (RFC 9112 6, RFC 9110 8.6).

use super::chunked;
use super::error::Misuse;
use super::field::Fields;
use super::framing::{CODED, Facts};
use super::head::Trailers;
use super::syntax::{Decimal, SizeLine};
use bytes::{BufMut, BytesMut};

/// How much content a message is sent with; how it is framed follows from this, the status or method, and the peer's
/// version (RFC 9112 6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
pub enum Content {
    /// None. The message is complete with its head.
    Empty,
    /// So many octets, which `data` and `end` follow.
    Length(u64),
    /// As many as there will be, which `data` and `end` follow: chunked, or up to the end of the connection where the
    /// peer speaks HTTP/1.0.
    Stream,
}

/// What the fields of a head that is to be sent say, on top of what is known already.
#[inline]
pub(super) fn announced(fields: Fields<'_>, mut facts: Facts) -> Result<Facts, Misuse> {
    facts.all(fields).map_err(|(kind, _)| kind)?;
    // A coding that is named is one that somebody applied, and that is not us.
    if facts.has(CODED) && !fields.list("transfer-encoding").all(|coding| coding.eq_ignore_ascii_case(b"chunked")) {
        return Err(Misuse::TransferCoding);
    }
    Ok(facts)
}

/// How content is framed under a head that says this, and the field that the head lacks for it.
#[inline]
pub(super) fn frame(content: Content, facts: &Facts) -> Result<(Writer, Added), Misuse> {
    let coded = facts.has(CODED);
    match (content, facts.given_length()) {
        (Content::Stream, None) => {
            Ok((Writer::Chunked { open: false }, if coded { Added::Nothing } else { Added::Chunked }))
        }
        _ if coded => Err(Misuse::TransferCoding),
        (Content::Empty, None) => Ok((Writer::Length(0), Added::Length(0))),
        (Content::Empty, Some(0)) => Ok((Writer::Length(0), Added::Nothing)),
        (Content::Length(length), None) => Ok((Writer::Length(length), Added::Length(length))),
        (Content::Length(length), Some(given)) if length == given => Ok((Writer::Length(length), Added::Nothing)),
        _ => Err(Misuse::LengthMismatch),
    }
}

/// A body that goes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Writer {
    Idle,
    /// So many octets are left.
    Length(u64),
    /// `open`: a chunk's data went out by another way, and its CRLF is owed.
    Chunked {
        open: bool,
    },
    UntilClose,
    /// What answers HEAD, or 304: announced, checked, and not written.
    Muted(Option<u64>),
}

impl Writer {
    /// The same content, announced and not sent.
    pub(super) fn muted(self) -> Self {
        match self {
            Self::Length(length) => Self::Muted(Some(length)),
            _ => Self::Muted(None),
        }
    }

    /// Counts a piece, and tells whether it is to be written.
    fn count(&mut self, length: u64) -> Result<bool, Misuse> {
        match self {
            Self::Idle => Err(Misuse::NotSending),
            Self::Length(left) | Self::Muted(Some(left)) if length > *left => Err(Misuse::TooLong),
            Self::Length(left) => {
                *left -= length;
                Ok(true)
            }
            Self::Muted(left) => {
                if let Some(left) = left {
                    *left -= length;
                }
                Ok(false)
            }
            Self::Chunked { .. } | Self::UntilClose => Ok(true),
        }
    }

    /// Writes a piece.
    #[inline]
    pub(super) fn data(&mut self, octets: &[u8], out: &mut BytesMut) -> Result<(), Misuse> {
        if !self.count(octets.len() as u64)? || octets.is_empty() {
            return Ok(());
        }
        if matches!(self, Self::Chunked { .. }) {
            self.close_chunk(out);
            chunked::write_chunk(octets, out);
        } else {
            out.put_slice(octets);
        }
        Ok(())
    }

    /// Writes what goes before a piece that the caller sends by another way. `false`: the piece is not to be sent.
    pub(super) fn framing(&mut self, length: u64, out: &mut BytesMut) -> Result<bool, Misuse> {
        if !self.count(length)? || length == 0 {
            return Ok(false);
        }
        if let Self::Chunked { .. } = self {
            self.close_chunk(out);
            out.put_slice(SizeLine::new(length).as_bytes());
            *self = Self::Chunked { open: true };
        }
        Ok(true)
    }

    fn close_chunk(&mut self, out: &mut BytesMut) {
        if let Self::Chunked { open: open @ true } = self {
            *open = false;
            out.put_slice(b"\r\n");
        }
    }

    /// Writes the end.
    #[inline]
    pub(super) fn end(
        &mut self,
        trailers: Option<&Trailers<impl AsRef<[u8]>>>,
        out: &mut BytesMut,
    ) -> Result<(), Misuse> {
        let trailers = trailers.filter(|trailers| !trailers.fields().is_empty());
        match self {
            Self::Idle => return Err(Misuse::NotSending),
            Self::Length(1..) | Self::Muted(Some(1..)) => return Err(Misuse::TooShort),
            Self::Length(0) | Self::UntilClose | Self::Muted(Some(0)) if trailers.is_some() => {
                return Err(Misuse::Trailers);
            }
            Self::Chunked { .. } => {
                self.close_chunk(out);
                match trailers {
                    Some(trailers) => chunked::write_end(trailers, out),
                    None => out.put_slice(b"0\r\n\r\n"),
                }
            }
            Self::Length(0) | Self::UntilClose | Self::Muted(_) => {}
        }
        *self = Self::Idle;
        Ok(())
    }
}

/// The framing field that a head is sent with beside its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Added {
    Nothing,
    Length(u64),
    Chunked,
}

impl Added {
    /// Writes the field, the line that is given, and the empty line: all that ends a head.
    #[inline]
    pub(super) fn write(self, line: &[u8], out: &mut BytesMut) {
        match self {
            Self::Length(length) if line.is_empty() => return end_head(length, out),
            Self::Length(length) => {
                out.put_slice(LENGTH);
                out.put_slice(Decimal::new(length).as_bytes());
                out.put_slice(b"\r\n");
            }
            Self::Chunked => out.put_slice(b"Transfer-Encoding: chunked\r\n"),
            Self::Nothing => {}
        }
        out.put_slice(line);
        out.put_slice(b"\r\n");
    }
}

const LENGTH: &[u8; 16] = b"Content-Length: ";

/// Writes `Content-Length` as the last line of a head, and the empty line.
///
/// Up to four digits are made at once, and all goes out in stores of fixed sizes.
#[inline]
pub(super) fn end_head(length: u64, out: &mut BytesMut) {
    if length >= 10_000 {
        return end_head_of_much(length, out);
    }
    let number = length as u32;
    // Two digits in each half, then one in each octet, the first one lowest. 103 / 1024 is 1/10 up to 178.
    let pairs = (number / 100) | ((number % 100) << 16);
    let tens = ((pairs * 103) >> 10) & 0x000F_000F;
    let digits = tens | (pairs - tens * 10) << 8;
    // The last digit stays, be it 0.
    let zeros = (digits | 1 << 24).trailing_zeros() / 8;
    let text = u64::from(digits | u32::from_le_bytes(*b"0000")) | u64::from_le_bytes(*b"\0\0\0\0\r\n\r\n");
    let mut line = [0; 24];
    line[..16].copy_from_slice(LENGTH);
    line[16..].copy_from_slice(&(text >> (8 * zeros)).to_le_bytes());
    out.put_slice(&line);
    out.truncate(out.len() - zeros as usize);
}

/// The same, for any length.
#[inline(never)]
fn end_head_of_much(length: u64, out: &mut BytesMut) {
    out.put_slice(LENGTH);
    out.put_slice(Decimal::new(length).as_bytes());
    out.put_slice(b"\r\n\r\n");
}
