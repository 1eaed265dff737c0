//! Counts the octets that parsers look at, so that the laws can hold them to a constant per octet received.
//!
//! A scan calls [`add`] once with the length it went over. Without the feature `testing` that is nothing at all.

/// Notes that `octets` were looked at.
#[inline]
pub fn add(octets: usize) {
    #[cfg(feature = "testing")]
    counter::add(octets);
    #[cfg(not(feature = "testing"))]
    let _ = octets;
}

/// The octets looked at on this thread while `run` ran, and what it returned.
#[cfg(feature = "testing")]
pub fn count<T>(run: impl FnOnce() -> T) -> (u64, T) {
    let before = counter::total();
    let result = run();
    (counter::total() - before, result)
}

#[cfg(feature = "testing")]
mod counter {
    use core::cell::Cell;

    std::thread_local! {
        static LOOKED_AT: Cell<u64> = const { Cell::new(0) };
    }

    #[inline]
    pub(super) fn add(octets: usize) {
        LOOKED_AT.with(|cell| cell.set(cell.get() + octets as u64));
    }

    pub(super) fn total() -> u64 {
        LOOKED_AT.with(Cell::get)
    }
}
