//! Finds, in blocks of 64 octets, what is neither ordinary text nor an ordinary line end.

use crate::work;
use memchr::{memchr, memmem};
use wide::u8x16;

/// Which of the two characters stands on its own, without the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Alone {
    /// A CR that no LF follows.
    Cr,
    /// An LF that no CR precedes.
    Lf,
}

/// What stands at the place that [`next_mark`] found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mark {
    /// A dot right behind CRLF.
    Dot,
    /// A CR or an LF on its own.
    Alone(Alone),
    /// The text's last octet is a CR: what it is, the next octet tells.
    Open,
}

const BLOCK: usize = 64;
/// A block is looked at with the two octets before it and the one behind it.
const WINDOW: usize = BLOCK + 3;

/// The first mark in `text`, and where. The text begins right behind an octet that was not a CR.
pub(crate) fn next_mark(text: &[u8]) -> Option<(usize, Mark)> {
    let found = search(text);
    work::add(found.map_or(text.len(), |(at, _)| at + 1));
    found
}

fn search(text: &[u8]) -> Option<(usize, Mark)> {
    // The first two octets have too little before them for the window, and the last ones too little behind them.
    for at in 0..text.len().min(2) {
        if let Some(mark) = judge(text, at) {
            return Some((at, mark));
        }
    }
    let mut at = 2;
    while let Some(window) = text.get(at - 2..).and_then(<[u8]>::first_chunk::<WINDOW>) {
        if suspicious(window) {
            // Only what a mask names needs a judgement, and nearly every one of them is a mark.
            let mut bits = marks(window);
            while bits != 0 {
                let place = at + bits.trailing_zeros() as usize;
                if let Some(mark) = judge(text, place) {
                    return Some((place, mark));
                }
                bits &= bits - 1;
            }
        }
        at += BLOCK;
    }
    (at..text.len()).find_map(|at| judge(text, at).map(|mark| (at, mark)))
}

/// Octets that are looked at block by block before a search that costs more to begin and less to go on.
const NEAR: usize = 4 * BLOCK;
/// Dots that are nearer to one another than this are many: to stop at each costs more than to search for two octets.
const SENTENCE: usize = 8 * BLOCK;
/// So many of them are enough to know.
const PROSE: usize = 4;

/// Where the first dot right behind CRLF stands in `text`, whatever other line ends there are.
pub(super) fn next_dot(text: &[u8]) -> Option<usize> {
    let found = Dots::new(text).next();
    work::add(found.map_or(text.len(), |at| at + 1));
    found
}

/// Finds the dots right behind CRLF, one after the other: those of a block are found at once, and blocks do not wait for
/// one another.
#[derive(Clone, Debug)]
pub(super) struct Dots<'t> {
    text: &'t [u8],
    /// Dots behind an LF that were found and not told yet; the lowest bit is the octet at `at`.
    bits: u64,
    at: usize,
    /// What was looked at ends here.
    next: usize,
    /// Without a dot up to here, they are far from one another.
    near: usize,
}

impl<'t> Dots<'t> {
    pub(super) const fn new(text: &'t [u8]) -> Self {
        // The first two octets have too little before them.
        Self { text, bits: 0, at: 0, next: 2, near: 2 + NEAR }
    }

    #[inline]
    pub(super) fn next(&mut self) -> Option<usize> {
        loop {
            while self.bits != 0 {
                let place = self.at + self.bits.trailing_zeros() as usize;
                self.bits &= self.bits - 1;
                if self.text[place - 2] == b'\r' {
                    self.near = place + NEAR;
                    return Some(place);
                }
            }
            // Where dots are near one another, blocks find them.
            if self.next < self.near
                && let Some(window) = self.text.get(self.next - 1..).and_then(<[u8]>::first_chunk::<{ BLOCK + 1 }>)
            {
                (self.bits, self.at) = (dots(window), self.next);
                self.next += BLOCK;
            } else {
                self.beyond()?;
            }
        }
    }

    /// The last block, or the next dot in a text that has few.
    #[cold]
    fn beyond(&mut self) -> Option<()> {
        let (text, from) = (self.text, self.next);
        if from >= text.len() {
            return None;
        }
        if text.len() - from < BLOCK {
            // It reaches back over what was seen, so that it is whole.
            if let Some(window) = text.last_chunk::<{ BLOCK + 1 }>() {
                self.at = text.len() - BLOCK;
                self.bits = dots(window) & (!0 << (from - self.at));
            } else {
                let two = |at: usize| u64::from(text[at - 1] == b'\n' && text[at] == b'.') << (at - from);
                (self.at, self.bits) = (from, (from..text.len()).map(two).sum());
            }
            self.next = text.len();
            return Some(());
        }
        let place = far_dot(text, from)?;
        (self.at, self.bits, self.next) = (place, 1, place + 1);
        Some(())
    }
}

/// The first dot behind CRLF from `from` on, where one is not likely to be near.
fn far_dot(text: &[u8], mut from: usize) -> Option<usize> {
    // A search for any dot is fastest: base64, of which large mail consists, has none, and one octet takes a third of the
    // instructions of two (0.10 for each octet against 0.28).
    for _ in 0..PROSE {
        loop {
            let next = memchr(b'.', &text[from..])?;
            let place = from + next;
            if text[place - 1] == b'\n' && text[place - 2] == b'\r' {
                return Some(place);
            }
            from = place + 1;
            if next < SENTENCE {
                break;
            }
        }
    }
    // In prose a search for both octets at once is.
    loop {
        let place = from + memmem::find(&text[from - 1..], b"\n.")?;
        if text[place - 2] == b'\r' {
            return Some(place);
        }
        from = place + 1;
    }
}

/// One bit for each octet of the window's block that is a dot behind an LF.
#[inline]
fn dots(window: &[u8; BLOCK + 1]) -> u64 {
    let (before, _) = window[..BLOCK].as_chunks::<16>();
    let (at, _) = window[1..].as_chunks::<16>();
    let mut bits = 0;
    for (part, (before, at)) in before.iter().zip(at).enumerate() {
        // Both at once: a mask for each of the two would take twice as long.
        let found = u8x16::new(*before).simd_eq(u8x16::splat(b'\n')) & u8x16::new(*at).simd_eq(u8x16::splat(b'.'));
        bits |= u64::from(found.to_bitmask()) << (16 * part);
    }
    bits
}

/// What the octet at `at` is, with its neighbours: the definition that the blocks above only narrow down to.
fn judge(text: &[u8], at: usize) -> Option<Mark> {
    let before = at.checked_sub(1).map(|at| text[at]);
    match text[at] {
        b'\r' => match text.get(at + 1) {
            Some(b'\n') => None,
            Some(_) => Some(Mark::Alone(Alone::Cr)),
            None => Some(Mark::Open),
        },
        b'\n' if before != Some(b'\r') => Some(Mark::Alone(Alone::Lf)),
        b'.' if before == Some(b'\n') && at >= 2 && text[at - 2] == b'\r' => Some(Mark::Dot),
        _ => None,
    }
}

/// Whether the block of a window may hold a mark: compares and ORs alone, which vectorise without any help.
#[inline]
fn suspicious(window: &[u8; WINDOW]) -> bool {
    let mut hit = 0u8;
    for i in 2..BLOCK + 2 {
        let behind_cr = u8::from(window[i - 1] == b'\r');
        let lf = u8::from(window[i] == b'\n');
        let dot = u8::from(window[i - 1] == b'\n') & u8::from(window[i] == b'.');
        hit |= (behind_cr ^ lf) | dot;
    }
    // The CR at the block's end is the next block's to pair, unless this is the last one.
    hit != 0 || window[BLOCK + 1] == b'\r'
}

/// One bit for each octet of the window's block that may be a mark.
#[inline]
fn marks(window: &[u8; WINDOW]) -> u64 {
    let (cr, lf, dot) =
        (mask::<2, WINDOW>(window, b'\r'), mask::<2, WINDOW>(window, b'\n'), mask::<2, WINDOW>(window, b'.'));
    let cr_before = cr << 1 | u64::from(window[1] == b'\r');
    let lf_before = lf << 1 | u64::from(window[1] == b'\n');
    let lf_after = lf >> 1 | u64::from(window[BLOCK + 2] == b'\n') << 63;
    (cr & !lf_after) | (lf & !cr_before) | (dot & lf_before)
}

/// One bit for each octet of the 64 at `AT` that is `octet`.
#[inline]
fn mask<const AT: usize, const LENGTH: usize>(window: &[u8; LENGTH], octet: u8) -> u64 {
    let octet = u8x16::splat(octet);
    let mut bits = 0;
    let (lanes, _) = window[AT..AT + BLOCK].as_chunks::<16>();
    for (part, lane) in lanes.iter().enumerate() {
        bits |= u64::from(u8x16::new(*lane).simd_eq(octet).to_bitmask()) << (16 * part);
    }
    bits
}
