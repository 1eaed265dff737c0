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
    let found = find_dot(text);
    work::add(found.map_or(text.len(), |at| at + 1));
    found
}

fn find_dot(text: &[u8]) -> Option<usize> {
    let behind_crlf = |at: &usize| text[*at] == b'.' && text[at - 1] == b'\n' && text[at - 2] == b'\r';
    let Some(last) = text.len().checked_sub(BLOCK + 2) else { return (2..text.len()).find(behind_crlf) };
    let mut from = 2;
    loop {
        // Where dots are near one another, blocks find them.
        let near = from + NEAR;
        while from < near {
            // The last block reaches back over what was seen, so that it is whole.
            let at = from.min(last + 2);
            let window = text[at - 2..].first_chunk::<{ BLOCK + 2 }>()?;
            let mut bits = dots(window);
            while bits != 0 {
                let place = at + bits.trailing_zeros() as usize;
                if place >= from && text[place - 2] == b'\r' {
                    return Some(place);
                }
                bits &= bits - 1;
            }
            from = at + BLOCK;
            if from >= text.len() {
                return None;
            }
        }
        // Where they are not, a search for any dot is fastest: base64, of which large mail consists, has none, and one
        // octet takes a third of the instructions of two (0.10 for each octet against 0.28).
        let mut prose = 0;
        while prose < PROSE {
            let next = memchr(b'.', &text[from..])?;
            let place = from + next;
            if behind_crlf(&place) {
                return Some(place);
            }
            from = place + 1;
            prose += usize::from(next < SENTENCE);
        }
        // In prose a search for both octets at once is.
        let place = from + memmem::find(&text[from - 1..], b"\n.")?;
        if text[place - 2] == b'\r' {
            return Some(place);
        }
        from = place + 1;
        if from >= text.len() {
            return None;
        }
    }
}

/// One bit for each octet of the window's block that is a dot behind an LF.
#[inline]
fn dots(window: &[u8; BLOCK + 2]) -> u64 {
    let (before, _) = window[1..].as_chunks::<16>();
    let (at, _) = window[2..].as_chunks::<16>();
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
