//! The laws that every engine and parser of this crate owes, as functions that users may hold engines of their own to.
//!
//! A law needs a way to make the machine, a [`Handler`] that plays the caller, and bytes. Events are compared by their
//! `Debug` form and by every slice that [`Detach`] takes out of them, so they have to be `Clone`: a form that leaves out
//! a secret, or all of a head but its measures, hides no difference. A law is called by unit tests, by proptest, by fuzz
//! targets and by the replay of corpora alike. A law that fails returns a [`Story`]: the smallest input found that breaks
//! it, how the bytes were cut or the machine was driven, and the two results that should have been one.
//!
//! | law | says | function |
//! |---|---|---|
//! | Split | events, output, error and offset are the same however the input is cut | [`judge`], [`judge_decode`] |
//! | Total | no bytes make it panic | [`judge`], [`judge_decode`] |
//! | Bounded | a buffer of `window()` octets always suffices | [`judge`], [`judge_decode`] |
//! | Linear | octets looked at per octet received is a constant, dripped or whole | [`judge`], [`judge_decode`] |
//! | Progress | an event means that something moved, `None` is a fixed point | [`judge`], [`judge_decode`] |
//! | Fused | after an error or a close nothing more is told or said | [`judge`], [`judge_decode`] |
//! | Inside | slices of events lie inside the octets that were taken | [`judge`], [`judge_decode`] |
//! | Paused | a paused engine takes nothing, says nothing, runs no clock | [`judge`] |
//! | Marks | output is the same for every output mark, and however late a paused engine is answered | [`judge`] |
//! | Time | after `expire` there is an error, an end or a new phase; without a clock, nothing | [`judge_expiry`] |
//! | Mirror | both ends, joined in memory, say and hear the same through every cut | [`mirror`] |
//! | Round trip | what is written is read back; what was read is written stably | [`round_trip`], [`stable`] |
//! | No forgery | no value makes a second line, field or command on the wire | [`no_forgery`] |
//!
//! The laws catch cuts, limits, work and silence. What is *right* they can't know: that needs expected values.
//!
//! How an engine of one's own is written and held to them stands in [`engine`](crate::engine#an-engine-of-ones-own);
//! `examples/ident.rs` is one, with a property test, a snapshot and what a fuzz target calls. Under `#[cfg(test)]` or in a
//! crate of fuzz targets, depend on this one with the feature `testing`.
//!
//! ```
//! # #[cfg(feature = "chat")] {
//! use bytes::BytesMut;
//! use plainwire::{chat, laws};
//!
//! let quiet = |_: &mut chat::Client, _: chat::client::Event<&[u8]>, _: &mut BytesMut| {};
//! let log = laws::judge(
//!     || (chat::Client::new(chat::Limits::default()), quiet),
//!     b"<ada> hello\r\n",
//!     laws::Ending::Stays,
//! )
//! .unwrap();
//! assert_eq!(log.left, b"");
//! # }
//! ```

mod conversation;
mod decode;
mod mirror;
mod story;
#[cfg(test)]
mod tests;
mod values;

pub use conversation::{Ending, Entry, Log, judge, judge_cut, judge_expiry, observe};
pub use decode::{DecodeLog, judge_decode};
pub use mirror::{Mirrored, mirror};
pub use story::{Law, Story};
pub use values::{forgeries, no_forgery, round_trip, stable};

#[cfg(doc)]
use crate::engine::{Detach, Handler};

/// Events without progress that are still believed: an end, a trailer and a close may follow one another on no octets.
const STILL: usize = 16;

/// Octets looked at per octet received that a whole pass may cost, and what it may cost beside that.
const WORK_PER_OCTET: u64 = 16;
const WORK_AT_REST: u64 = 512;
/// Octets looked at for each octet that comes alone, beyond twice the cost of the whole.
const WORK_PER_DRIP: u64 = 16;

/// Where to cut `len` octets once: everywhere while that is cheap, then densely at both ends and spread between.
fn single_cuts(len: usize) -> impl Iterator<Item = usize> {
    const EVERYWHERE: usize = 400;
    let step = if len <= EVERYWHERE { 1 } else { len / 200 };
    (1..len).filter(move |at| len <= EVERYWHERE || *at < 64 || len - *at < 64 || at % step == 0)
}
