//! Base64 as SASL exchanges carry it: RFC 4648 4 with padding, one spelling for each text.

use super::Secret;
use alloc::vec::Vec;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::{BufMut, BytesMut};

/// Not base64: a character outside the alphabet, wrong padding, or bits behind the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not base64")]
pub struct NotBase64;

/// The octets that `text` spells. A text with line ends, spaces, missing padding or stray bits is refused.
pub fn decode(text: &[u8]) -> Result<Secret, NotBase64> {
    STANDARD.decode(text).map(Secret::new).map_err(|_| NotBase64)
}

/// Appends the spelling of `octets` to `out`.
pub fn encode(octets: &[u8], out: &mut BytesMut) {
    let start = out.len();
    out.put_bytes(0, encoded_len(octets.len()));
    // The room is exact, so nothing is left unwritten.
    let written = STANDARD.encode_slice(octets, &mut out[start..]).unwrap_or(0);
    out.truncate(start + written);
}

/// How many characters spell so many octets.
pub const fn encoded_len(octets: usize) -> usize {
    octets.div_ceil(3) * 4
}

pub(super) fn to_vec(octets: &[u8]) -> Vec<u8> {
    STANDARD.encode(octets).into_bytes()
}
