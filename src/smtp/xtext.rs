//! xtext, in which parameters carry what they could not spell (RFC 3461 4).

use super::syntax::words;
use alloc::vec::Vec;
use bytes::{BufMut, Bytes, BytesMut};

/// Text of printable ASCII without space, `+` and `=`, which stand as `+20`, `+2B` and `+3D`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Xtext<B>(B);

impl<'a> Xtext<&'a [u8]> {
    /// The xtext that `text` is, if it is one.
    pub fn parse(text: &'a [u8]) -> Option<Self> {
        words::xtext(text).then_some(Self(text))
    }
}

impl Xtext<Bytes> {
    /// The xtext that says `octets`.
    pub fn encode(octets: &[u8]) -> Self {
        let mut text = BytesMut::with_capacity(octets.len() + 8);
        Self::encode_into(octets, &mut text);
        Self(text.freeze())
    }

    pub(super) fn encode_into(octets: &[u8], out: &mut BytesMut) {
        const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
        for octet in octets {
            match octet {
                b'!'..=b'*' | b','..=b'<' | b'>'..=b'~' => out.put_u8(*octet),
                _ => {
                    out.put_slice(&[b'+', DIGITS[usize::from(octet >> 4)], DIGITS[usize::from(octet & 15)]]);
                }
            }
        }
    }
}

impl<B> Xtext<B> {
    /// With its octets held otherwise.
    pub fn map<C>(self, keep: impl FnOnce(B) -> C) -> Xtext<C> {
        Xtext(keep(self.0))
    }
}

impl<B: AsRef<[u8]>> Xtext<B> {
    /// As it stands on the wire.
    pub fn as_str(&self) -> &str {
        str::from_utf8(self.0.as_ref()).unwrap_or_default()
    }

    /// The octets it says.
    pub fn decode(&self) -> Vec<u8> {
        let (mut octets, mut rest) = (Vec::new(), self.0.as_ref());
        while let [first, others @ ..] = rest {
            (rest, ()) = match (first, others) {
                (b'+', [high, low, others @ ..]) => {
                    let digit = |octet| words::upper_hex(octet).unwrap_or_default();
                    (others, octets.push(digit(*high) << 4 | digit(*low)))
                }
                _ => (others, octets.push(*first)),
            };
        }
        octets
    }
}
