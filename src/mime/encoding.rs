//! Content-Transfer-Encoding (RFC 2045 6), and decoding a body piece by piece.

use super::defect::{Defect, DefectKind};
use super::name::is;
use super::parameters::behind_white;
use super::{base64, quoted_printable, uuencode};
use crate::syntax::token::{is_mime_token, run};
use alloc::vec::Vec;

/// How a body is encoded for transport.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Encoding {
    /// `7bit`, the default: lines of ASCII.
    #[default]
    SevenBit,
    /// `8bit`: lines of any octets.
    EightBit,
    /// `binary`: any octets.
    Binary,
    /// `quoted-printable`.
    QuotedPrintable,
    /// `base64`.
    Base64,
    /// `x-uuencode` and its other names.
    Uuencode,
    /// Something else: the body stays as it is.
    Unknown,
}

impl Encoding {
    /// Reads the value of a Content-Transfer-Encoding field.
    pub fn parse(value: &[u8]) -> Self {
        // The token and nothing else, as nearly all are.
        if let [b' ', token @ ..] = value
            && let known = Self::of(token)
            && known != Self::Unknown
        {
            return known;
        }
        let start = behind_white(value);
        Self::of(&value[start..run(value, start, is_mime_token)])
    }

    fn of(token: &[u8]) -> Self {
        match token.len() {
            4 if is!(token, b"7bit") => Self::SevenBit,
            4 if is!(token, b"8bit") => Self::EightBit,
            6 if is!(token, b"base64") => Self::Base64,
            6 if is!(token, b"binary") => Self::Binary,
            16 if is!(token, b"quoted-printable") => Self::QuotedPrintable,
            10 if is!(token, b"x-uuencode") => Self::Uuencode,
            8 if is!(token, b"uuencode") => Self::Uuencode,
            5 if is!(token, b"x-uue") => Self::Uuencode,
            3 if is!(token, b"uue") => Self::Uuencode,
            _ => Self::Unknown,
        }
    }

    /// The body is as it stands: nothing is to be decoded.
    pub const fn is_identity(self) -> bool {
        matches!(self, Self::SevenBit | Self::EightBit | Self::Binary | Self::Unknown)
    }

    /// Its name in a header field.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SevenBit => "7bit",
            Self::EightBit => "8bit",
            Self::Binary | Self::Unknown => "binary",
            Self::QuotedPrintable => "quoted-printable",
            Self::Base64 => "base64",
            Self::Uuencode => "x-uuencode",
        }
    }

    /// A decoder of bodies encoded so.
    pub fn decoder(self) -> BodyDecoder {
        let how = match self {
            Self::QuotedPrintable => How::QuotedPrintable(quoted_printable::Decoder::default()),
            Self::Base64 => How::Base64(base64::Decoder::default()),
            Self::Uuencode => How::Uuencode(uuencode::Decoder::default()),
            Self::SevenBit | Self::EightBit | Self::Binary | Self::Unknown => How::Identity,
        };
        BodyDecoder { how, defects: Vec::new() }
    }
}

/// Decodes a body that comes in pieces; it holds some hundred octets, whatever the body's length.
///
/// ```
/// use plainwire::mime::Encoding;
///
/// let mut decoder = Encoding::Base64.decoder();
/// let mut octets = Vec::new();
/// for piece in [&b"SGVs"[..], b"bG8s\r\nI", b"HdvcmxkIQ=="] {
///     decoder.decode(piece, &mut octets);
/// }
/// decoder.finish(&mut octets);
/// assert_eq!((&*octets, decoder.defects()), (&b"Hello, world!"[..], &[][..]));
/// ```
#[derive(Clone, Debug)]
pub struct BodyDecoder {
    how: How,
    defects: Vec<Defect>,
}

#[derive(Clone, Debug)]
enum How {
    Identity,
    QuotedPrintable(quoted_printable::Decoder),
    Base64(base64::Decoder),
    Uuencode(uuencode::Decoder),
}

impl BodyDecoder {
    /// Appends what the next octets of the body hold.
    pub fn decode(&mut self, octets: &[u8], into: &mut Vec<u8>) {
        let Self { how, defects } = self;
        let mut note = |kind, at| first_of_kind(defects, kind, at);
        match how {
            How::Identity => into.extend_from_slice(octets),
            How::QuotedPrintable(decoder) => decoder.feed(octets, into, &mut note),
            How::Base64(decoder) => decoder.feed(octets, into, &mut note),
            How::Uuencode(decoder) => decoder.feed(octets, into, &mut note),
        }
    }

    /// The body ends here: appends what was still held.
    pub fn finish(&mut self, into: &mut Vec<u8>) {
        let Self { how, defects } = self;
        let mut note = |kind, at| first_of_kind(defects, kind, at);
        match how {
            How::Identity => {}
            How::QuotedPrintable(decoder) => decoder.finish(into, &mut note),
            How::Base64(decoder) => decoder.finish(into, &mut note),
            How::Uuencode(decoder) => decoder.finish(into, &mut note),
        }
    }

    /// What was wrong so far: the first defect of each kind, offsets counted from the start of the body.
    pub fn defects(&self) -> &[Defect] {
        &self.defects
    }
}

/// Appends what a whole quoted-printable body holds, and notes what a [`BodyDecoder`] would.
pub(super) fn quoted_printable(octets: &[u8], into: &mut Vec<u8>, defects: &mut Vec<Defect>) {
    quoted_printable::decode(octets, into, &mut |kind, at| first_of_kind(defects, kind, at));
}

fn first_of_kind(defects: &mut Vec<Defect>, kind: DefectKind, at: usize) {
    if defects.iter().all(|defect| defect.kind != kind) {
        defects.push(Defect::at(kind, at));
    }
}
