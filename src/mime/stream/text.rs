//! What stands between delimiters, and the delimiters.

use super::{Content, Event, Next, Open, State, Step, Stream};
use crate::mime::boundary::Found;
use crate::mime::defect::DefectKind;
use crate::mime::encoding::Encoding;
use crate::work;
use wide::u8x16;

impl Stream {
    pub(super) fn text<'i>(&mut self, input: &mut &'i [u8], fresh: bool) -> Step<'i> {
        if !self.boundaries.any() {
            return self.tell_text(input, input.len());
        }
        // A delimiter line begins at the front of the content, or behind a line break that belongs to it.
        let before = match &input[..] {
            _ if fresh => 0,
            [b'\r', b'\n', b'-', b'-', ..] => 2,
            [b'\n', b'-', b'-', ..] => 1,
            rest => {
                let found = self.break_and_dashes(rest);
                work::add(found.unwrap_or(rest.len()));
                let told = match found {
                    Some(lf) => lf - usize::from(lf > 0 && rest[lf - 1] == b'\r'),
                    None if self.ended => rest.len(),
                    None => rest.len() - undecided(rest),
                };
                return self.tell_text(input, told);
            }
        };
        let mut seen = self.seen.saturating_sub(before);
        match self.boundaries.look(&input[before..], self.ended, &mut seen) {
            Found::Unknown => {
                self.seen = before + seen;
                Step::Wait
            }
            Found::Delimiter { level, len, close } => {
                self.state = State::Delimiter { level, len: before + len, close };
                Step::Again
            }
            Found::Text(len) => {
                self.state = State::Text { fresh: false };
                self.seen = 0;
                if before + len == 0 { Step::Again } else { self.tell_text(input, before + len) }
            }
        }
    }

    /// The first LF with two dashes behind it.
    fn break_and_dashes(&self, text: &[u8]) -> Option<usize> {
        let leaf = self.open.last().is_some_and(|open| open.content == Content::Leaf);
        let mut from = 0;
        // Base64 has no dash: one octet is found faster than three.
        if leaf && matches!(self.header.encoding, Some((Encoding::Base64, _))) {
            for _ in 0..DASHES {
                from += dashless(&text[from..]);
                let dash = from + memchr::memchr(b'-', &text[from..])?;
                if dash > 0 && text[dash - 1] == b'\n' && text.get(dash + 1) == Some(&b'-') {
                    return Some(dash - 1);
                }
                from = dash + 1;
            }
        }
        dashes(&text[from..]).map(|lf| from + lf)
    }

    /// Tells so many octets of text, or the end if it has come.
    fn tell_text<'i>(&mut self, input: &mut &'i [u8], len: usize) -> Step<'i> {
        if len == 0 {
            if self.ended && input.is_empty() {
                self.cut = self.offset;
                self.state = State::Closing { level: 0, next: Next::Over };
                return Step::Again;
            }
            return Step::Wait;
        }
        let octets = self.take(input, len);
        if matches!(self.state, State::Text { fresh: true }) {
            self.state = State::Text { fresh: false };
        }
        Step::Tell(match self.open.last() {
            Some(Open { content: Content::Multipart, closed: false, .. }) => Event::Preamble(octets),
            Some(Open { content: Content::Multipart, .. }) => Event::Epilogue(octets),
            _ => Event::Body(octets),
        })
    }

    pub(super) fn delimiter(&mut self, input: &mut &[u8], level: usize, len: usize, close: bool) {
        if !close && self.begun >= self.limits.parts {
            self.defect(DefectKind::PartLimit, self.offset);
            self.boundaries.clear();
            self.state = State::Text { fresh: false };
            return;
        }
        // The line break before it is the delimiter's, also where a header or another delimiter has taken it already.
        let shared = if input.starts_with(b"--") { self.line_break } else { 0 };
        self.cut = self.offset - shared;
        self.take(input, len);
        self.open[level].entered = true;
        self.boundaries.truncate(level + usize::from(!close));
        self.state = State::Closing { level, next: if close { Next::Epilogue } else { Next::Part } };
        // What the delimiter closes is not missing its own.
        self.open[level].closed = close;
    }

    pub(super) fn opening<'i>(&mut self, input: &mut &'i [u8], level: usize) -> Step<'i> {
        match self.boundaries.look(input, self.ended, &mut self.seen) {
            Found::Unknown => return Step::Wait,
            // The line break of a delimiter is not the one that the next delimiter needs before it (RFC 2046 5.1.1),
            // and a part of nothing is nothing.
            Found::Delimiter { level: again, len, close: false } if again == level => {
                self.defect(DefectKind::RepeatedDelimiter, self.offset);
                self.take(input, len);
                return Step::Again;
            }
            Found::Delimiter { .. } | Found::Text(_) => {}
        }
        self.seen = 0;
        self.state = State::Begin;
        Step::Again
    }
}

/// How many octets at the front have no dash, in whole blocks. Each block is read in several places side by side: memory
/// delivers more of it so than to one reader.
fn dashless(text: &[u8]) -> usize {
    let is_dashless = |block: &&[u8; LANES * LANE]| {
        let lanes = block.as_chunks::<LANE>().0;
        (0..LANE / STEP).all(|at| {
            let mut dashes = u8x16::splat(0);
            for lane in lanes {
                for octets in lane.as_chunks::<STEP>().0[at].as_chunks::<16>().0 {
                    dashes |= u8x16::new(*octets).simd_eq(u8x16::splat(b'-'));
                }
            }
            dashes.to_bitmask() == 0
        })
    };
    LANES * LANE * text.as_chunks::<{ LANES * LANE }>().0.iter().take_while(is_dashless).count()
}

/// So many places of a block are read at once,
const LANES: usize = 8;
/// so many octets from one to the next,
const LANE: usize = 1 << 14;
/// and so many at each in turn: a line of the cache.
const STEP: usize = 64;

/// Where the first `\n--` is. Many bodies are short, and `memmem` takes longer to get ready than to look at one.
fn dashes(text: &[u8]) -> Option<usize> {
    let mut at = 0;
    while at < NEAR {
        let Some(window) = text[at..].first_chunk::<17>() else {
            return text[at..].windows(3).position(|window| window == b"\n--").map(|lf| at + lf);
        };
        let (Some(first), Some(second)) = (window.first_chunk::<16>(), window.last_chunk::<16>()) else { break };
        let feeds = u8x16::new(*first).simd_eq(u8x16::splat(b'\n'));
        let mut hits = (feeds & u8x16::new(*second).simd_eq(u8x16::splat(b'-'))).to_bitmask();
        while hits != 0 {
            let lf = at + hits.trailing_zeros() as usize;
            if text.get(lf + 2) == Some(&b'-') {
                return Some(lf);
            }
            hits &= hits - 1;
        }
        at += 16;
    }
    memchr::memmem::find(&text[at..], b"\n--").map(|lf| at + lf)
}

/// So much of a text is looked at without `memmem`.
const NEAR: usize = 1024;

/// After so many dashes, a body is no base64.
const DASHES: usize = 16;

/// How many octets at the end may be the beginning of a delimiter line.
fn undecided(text: &[u8]) -> usize {
    match text {
        [.., b'\r', b'\n', b'-'] => 3,
        [.., b'\r', b'\n'] | [.., b'\n', b'-'] => 2,
        [.., b'\r' | b'\n'] => 1,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::vec;

    proptest! {
        /// Blocks without a dash, as one finds that looks at each octet.
        #[test]
        fn no_dash_is_passed_over(len in 0..5 * LANES * LANE, at in proptest::collection::vec(0..5 * LANES * LANE, 0..3)) {
            let mut text = vec![b'A'; len];
            for at in at.iter().filter(|at| **at < len) {
                text[*at] = b'-';
            }
            let first = text.iter().position(|octet| *octet == b'-').unwrap_or(len);
            let block = LANES * LANE;
            prop_assert_eq!(dashless(&text), first / block * block);
        }
    }
}
