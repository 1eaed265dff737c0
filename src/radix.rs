//! Order by a number, in time that grows with how many there are and no faster.

use alloc::vec::Vec;

/// Fewer than this are compared with one another: a pass over 256 counters costs more.
const FEW: usize = 96;

/// Sorts by the first of each pair; pairs of one number stay as they were.
///
/// Least significant octet first, and an octet that is the same in all numbers is passed over: times of delivery differ in
/// their low octets alone.
pub(crate) fn sort(items: &mut Vec<(u64, usize)>) {
    if items.len() < FEW {
        items.sort_by_key(|item| item.0);
        return;
    }
    let mut differing = 0;
    let mut sorted = true;
    for pair in items.windows(2) {
        differing |= pair[0].0 ^ pair[1].0;
        sorted &= pair[0].0 <= pair[1].0;
    }
    if sorted {
        return;
    }
    let mut target = items.clone();
    for shift in (0..u64::BITS).step_by(8).filter(|shift| differing >> shift & 0xff != 0) {
        let octet = |item: &(u64, usize)| (item.0 >> shift) as usize & 0xff;
        // How many have each octet, and from that where the first of them goes.
        let mut places = [0; 256];
        for item in &*items {
            places[octet(item)] += 1;
        }
        let mut first = 0;
        for place in &mut places {
            (first, *place) = (first + *place, first);
        }
        for item in &*items {
            let place = &mut places[octet(item)];
            target[*place] = *item;
            *place += 1;
        }
        core::mem::swap(items, &mut target);
    }
}

#[cfg(test)]
mod tests {
    use super::sort;
    use alloc::vec::Vec;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn as_a_stable_sort_does(
            keys in prop_oneof![
                prop::collection::vec(any::<u64>(), 0..400),
                prop::collection::vec(0u64..20, 0..400),
                prop::collection::vec((0u64..3, 0u64..70_000).prop_map(|(high, low)| u64::MAX - (high << 40) - low), 0..400),
            ],
        ) {
            let mut items: Vec<_> = keys.into_iter().enumerate().map(|(index, key)| (key, index)).collect();
            let mut expected = items.clone();
            expected.sort_by_key(|item| item.0);
            sort(&mut items);
            prop_assert_eq!(items, expected);
        }
    }
}
