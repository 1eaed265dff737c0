//! Fields as nearly all of them are, found in one pass of vectors.
//!
//! A name, a colon, and lines up to an LF that no white space follows. Whatever could be odd (a bare CR, a NUL, a
//! continuation of nothing, a limit, the end of the input nearby) is left to [`Stream::field`], which knows everything;
//! where a field is taken here, it is told as it would be there.

use super::{State, Stream};
use crate::mime::name::Name;
use crate::syntax::token::run;
use crate::work;
use wide::u8x16;

/// Where the pieces of a field are, from its first octet on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::mime) struct Shape {
    /// The colon, right behind the name.
    pub(in crate::mime) colon: usize,
    /// The end of the value, before the last line break.
    pub(in crate::mime) value_end: usize,
    /// The end of the field.
    pub(in crate::mime) end: usize,
}

/// A field that was taken.
pub(in crate::mime) struct Ordinary<'i> {
    pub(in crate::mime) field: &'i [u8],
    pub(in crate::mime) shape: Shape,
    pub(in crate::mime) name: Name,
    /// Where it begins in the message.
    pub(in crate::mime) start: usize,
}

impl Stream {
    /// Takes a field that is ordinary; `None`, and nothing taken, where it is not, or something else stands there.
    #[inline(always)]
    pub(in crate::mime) fn ordinary<'i>(&mut self, input: &mut &'i [u8]) -> Option<Ordinary<'i>> {
        // Of a field that was looked at before, it is known that it is not whole.
        if self.state != State::Fields || self.seen > 0 || matches!(input.first(), None | Some(b'\r' | b'\n' | b'-')) {
            return None;
        }
        let shape = shape(input)?;
        let octets = self.header.octets.saturating_add(shape.end);
        if shape.end > self.limits.field || octets > self.limits.header {
            return None;
        }
        let name = &input[..shape.colon];
        let known = Name::of(name);
        // A known name is a name.
        if known == Name::Other && run(name, 0, |octet| octet.is_ascii_graphic()) != name.len() {
            return None;
        }
        let (field, rest) = input.split_at(shape.end);
        let start = self.offset;
        *input = rest;
        self.offset += shape.end;
        self.line_break = shape.end - shape.value_end;
        self.header.octets = octets;
        self.header.any = true;
        if known.shapes() {
            self.told_name(known, &field[shape.colon + 1..shape.value_end], start, start + shape.colon + 1);
        }
        Some(Ordinary { field, shape, name: known, start })
    }
}

/// One bit for each octet that is 13 or below: CR, LF, TAB, NUL and what no mail has.
#[inline]
fn controls(block: &[u8; 16]) -> u32 {
    let last = u8x16::splat(b'\r');
    u8x16::new(*block).max(last).simd_eq(last).to_bitmask()
}

/// The shape of the field at the front of `input`; `None` where it can't be told from what there is, or may be odd. The
/// name may be anything without controls.
#[inline(always)]
fn shape(input: &[u8]) -> Option<Shape> {
    let mut at = 0;
    let (colon, mut bits) = loop {
        let Some(block) = input[at..].first_chunk::<16>() else {
            work::add(at);
            return None;
        };
        let controls = controls(block);
        let colons = u8x16::new(*block).simd_eq(u8x16::splat(b':')).to_bitmask();
        if (colons | controls) != 0 {
            let colon = at + colons.trailing_zeros() as usize;
            // A control before the colon, or no colon, or no name.
            if colons.trailing_zeros() > controls.trailing_zeros() || colons == 0 || colon == 0 {
                work::add(at + 16);
                return None;
            }
            break (colon, controls);
        }
        at += 16;
    };
    loop {
        while bits != 0 {
            let here = at + bits.trailing_zeros() as usize;
            bits &= bits - 1;
            let lf = match input[here] {
                b'\t' => continue,
                b'\n' => here,
                b'\r' if input.get(here + 1) == Some(&b'\n') => here + 1,
                _ => {
                    work::add(at + 16);
                    return None;
                }
            };
            match (input.get(lf + 1), input.get(lf + 2)) {
                // A continuation; of white space alone it is odd.
                (Some(b' ' | b'\t'), Some(first)) if !matches!(first, b' ' | b'\t' | b'\r' | b'\n') => {
                    at = lf + 1;
                    bits = match input[at..].first_chunk::<16>() {
                        // Its own first octet ends nothing.
                        Some(block) => controls(block) & !1,
                        None => {
                            work::add(at);
                            return None;
                        }
                    };
                }
                (Some(b' ' | b'\t') | None, _) => {
                    work::add(at + 16);
                    return None;
                }
                (Some(_), _) => {
                    work::add(lf + 1);
                    return Some(Shape { colon, value_end: here, end: lf + 1 });
                }
            }
        }
        at += 16;
        bits = match input[at.min(input.len())..].first_chunk::<16>() {
            Some(block) => controls(block),
            None => {
                work::add(at);
                return None;
            }
        };
    }
}

#[cfg(test)]
mod tests;
