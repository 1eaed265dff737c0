//! Many octets in one operation.

use wide::{i8x16, u8x16};

/// One bit for each of 64 octets that is `octet`.
#[inline]
pub(super) fn places(word: &[u8; 64], octet: u8) -> u64 {
    let octet = u8x16::splat(octet);
    let (blocks, _) = word.as_chunks::<16>();
    let mut bits = 0;
    for (at, &block) in blocks.iter().enumerate() {
        bits |= u64::from(u8x16::new(block).simd_eq(octet).to_bitmask()) << (16 * at);
    }
    bits
}

/// Whether all octets are printable ASCII, space included.
#[inline]
pub(super) fn printable(octets: &[u8]) -> bool {
    // Blocks overlap at the end, so that nothing is left over to be looked at by itself.
    if let Some(last) = octets.last_chunk::<16>() {
        let (blocks, _) = octets.as_chunks::<16>();
        let strange = blocks.iter().fold(strange(last), |strange, block| strange | self::strange(block));
        return !strange.any();
    }
    if let (Some(first), Some(last)) = (octets.first_chunk::<8>(), octets.last_chunk::<8>()) {
        return (strange_8(*first) | strange_8(*last)) & TOP == 0;
    }
    let mut short = [b' '; 8];
    for (to, from) in short.iter_mut().zip(octets) {
        *to = *from;
    }
    strange_8(short) & TOP == 0
}

/// Lanes that are all ones where an octet is not printable: as signed numbers, one more than 0x1F and less is less than
/// 0x21, one more than 0x7F is negative, and so is what was.
#[inline]
fn strange(block: &[u8; 16]) -> i8x16 {
    let block = i8x16::new(block.map(u8::cast_signed));
    (block + i8x16::splat(1)).simd_lt(i8x16::splat(0x21))
}

const TOP: u64 = 0x8080_8080_8080_8080;
const ONE: u64 = 0x0101_0101_0101_0101;

/// Some top bit is set where some octet is not printable: its own was, or taking 0x20 away or adding 1 sets it. What is
/// carried to the next octet is carried from one that is not printable.
#[inline]
fn strange_8(octets: [u8; 8]) -> u64 {
    let octets = u64::from_le_bytes(octets);
    octets | octets.wrapping_sub(ONE * 0x20) | octets.wrapping_add(ONE)
}
