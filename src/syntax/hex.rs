//! Octets as text, two digits each.

use alloc::string::String;

/// In lower case, as digests are written.
pub(crate) fn hex(octets: &[u8]) -> String {
    let digit = |value: u8| char::from(b"0123456789abcdef"[usize::from(value)]);
    octets.iter().flat_map(|octet| [digit(octet >> 4), digit(octet & 15)]).collect()
}
