//! What a text or a file is known by.

use sha2::{Digest, Sha256};
use std::fmt::Write as _;

/// Octets as hexadecimal digits, in lower case.
pub(crate) fn hex(octets: &[u8]) -> String {
    octets.iter().fold(String::with_capacity(2 * octets.len()), |mut text, octet| {
        let _infallible = write!(text, "{octet:02x}");
        text
    })
}

/// The SHA-256 of octets, in hexadecimal.
pub(crate) fn sha256(octets: &[u8]) -> String {
    hex(&Sha256::digest(octets))
}
