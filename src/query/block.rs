//! Sixteen octets at a time.
#![expect(clippy::inline_always, reason = "left to itself the compiler calls these, once for every block")]

/// Octets that are looked at at once.
pub(super) const BLOCK: usize = 16;

/// Fewer than 16 octets and zeros behind them, without a call to copy them.
#[inline(always)]
pub(super) fn padded(octets: &[u8]) -> [u8; BLOCK] {
    let length = octets.len();
    let value = if let (Some(first), Some(last)) = (octets.first_chunk::<8>(), octets.last_chunk::<8>()) {
        let (first, last) = (u64::from_le_bytes(*first), u64::from_le_bytes(*last));
        // In two halves: a shift of 128 bits is slow.
        u128::from(first) | u128::from(last >> 8 >> (8 * (15 - length))) << 64
    } else if let (Some(first), Some(last)) = (octets.first_chunk::<4>(), octets.last_chunk::<4>()) {
        let (first, last) = (u32::from_le_bytes(*first), u32::from_le_bytes(*last));
        u128::from(u64::from(first) | u64::from(last) << (8 * (length - 4)))
    } else if let (Some(first), Some(last)) = (octets.first_chunk::<2>(), octets.last_chunk::<2>()) {
        let (first, last) = (u16::from_le_bytes(*first), u16::from_le_bytes(*last));
        u128::from(u32::from(first) | u32::from(last) << (8 * (length - 2)))
    } else {
        octets.first().copied().map_or(0, u128::from)
    };
    value.to_le_bytes()
}
