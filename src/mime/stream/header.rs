//! Headers: fields, and what they say about what follows.

use super::{Content, Event, Head, State, Step, Stream, without_break};
use crate::mime::boundary::{DELIMITER, Found};
use crate::mime::defect::DefectKind;
use crate::mime::encoding::Encoding;
use crate::mime::name::{Name, is};
use crate::mime::parameters::{ContentType, Quick, behind_white, essence, is_plain, quick_whole};
use crate::syntax::token::run;
use crate::work;
use alloc::vec::Vec;
use core::mem;
use wide::u8x16;

/// What the header that is being read has said so far.
#[derive(Debug, Default)]
pub(super) struct Header {
    pub(super) octets: usize,
    over: bool,
    /// A line of it was taken.
    pub(super) any: bool,
    kind: Option<Kind>,
    pub(super) encoding: Option<(Encoding, usize)>,
    disposition: bool,
    content_id: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Other,
    Multipart { digest: bool },
    Message,
}

impl Stream {
    pub(super) fn field<'i>(&mut self, input: &mut &'i [u8]) -> Step<'i> {
        let limit = self.limits.field.max(2);
        match input.first() {
            None if self.ended => return self.head(),
            None => return Step::Wait,
            Some(b'\n') => {
                self.take(input, 1);
                return self.head();
            }
            Some(b'\r') => match input.get(1) {
                Some(b'\n') => {
                    self.take(input, 2);
                    return self.head();
                }
                None if !self.ended => return Step::Wait,
                _ => {}
            },
            // Delimiters end a header, too.
            Some(b'-') if self.boundaries.any() => match self.boundaries.look(input, self.ended, &mut self.seen) {
                Found::Unknown => return Step::Wait,
                Found::Delimiter { level, len, close } => {
                    let step = self.head();
                    // What the header opened can have no part: its first delimiter is another's.
                    if !matches!(self.state, State::Peek) {
                        self.state = State::Delimiter { level, len, close };
                    }
                    return step;
                }
                Found::Text(_) => {}
            },
            _ => {}
        }
        // What was searched before may have been odd; a field that comes whole is looked at once.
        let mut odd = self.seen > 0;
        // To the end of the last line: an LF that no white space follows.
        let end = loop {
            let Some(lf) = self.field_feed(input, limit, &mut odd) else {
                if self.ended && input.len() < limit {
                    break input.len();
                }
                if input.len() < limit {
                    return Step::Wait;
                }
                self.defect(DefectKind::FieldLimit, self.offset + limit);
                return self.told_field(input, limit, true, true);
            };
            match input.get(lf + 1) {
                Some(b' ' | b'\t') => {
                    self.seen = lf + 1;
                    // A continuation of white space alone is odd.
                    odd |= input.get(lf + 2).is_none_or(|octet| matches!(octet, b' ' | b'\t' | b'\r' | b'\n'));
                }
                Some(_) => break lf + 1,
                None if self.ended => break lf + 1,
                None => return Step::Wait,
            }
        };
        self.told_field(input, end, false, odd)
    }

    /// The first LF within `limit`, searched from where the last search ended. A NUL or a CR without LF on the way is
    /// `odd`.
    fn field_feed(&mut self, input: &[u8], limit: usize, odd: &mut bool) -> Option<usize> {
        let end = input.len().min(limit);
        let mut from = self.seen.min(end);
        loop {
            let found = memchr::memchr3(b'\n', b'\r', b'\0', &input[from..end]).map(|at| from + at);
            work::add(found.unwrap_or(end) - from + 1);
            let Some(at) = found else {
                self.seen = end;
                return None;
            };
            if input[at] == b'\n' {
                self.seen = at;
                return Some(at);
            }
            if input[at] == b'\r' && at + 1 < end && input[at + 1] == b'\n' {
                self.seen = at + 1;
                return Some(at + 1);
            }
            *odd = true;
            from = at + 1;
        }
    }

    /// The field of `len` octets, complete or `cut`.
    fn told_field<'i>(&mut self, input: &mut &'i [u8], len: usize, cut: bool, odd: bool) -> Step<'i> {
        let start = self.offset;
        let whole = &input[..len];
        let first = !mem::replace(&mut self.header.any, true);
        if matches!(whole[0], b' ' | b'\t') {
            // Only the first line of a header can be a continuation of nothing.
            let kind = if first { DefectKind::LeadingFold } else { DefectKind::FieldLimit };
            self.defect(kind, start);
            self.take(input, len);
            self.state = if cut { State::SkipField } else { State::Fields };
            return Step::Again;
        }
        let name_end = run(whole, 0, |octet| octet.is_ascii_graphic() && octet != b':');
        let colon = run(whole, name_end, |octet| matches!(octet, b' ' | b'\t'));
        work::add(colon);
        if whole.get(colon) != Some(&b':') {
            self.defect(DefectKind::MissingColon, start);
            return self.head();
        }
        let whole = self.take(input, len);
        self.state = if cut { State::SkipField } else { State::Fields };
        if name_end == 0 {
            self.defect(DefectKind::EmptyFieldName, start);
            return Step::Again;
        }
        self.header.octets = self.header.octets.saturating_add(len);
        if self.header.octets > self.limits.header {
            if !mem::replace(&mut self.header.over, true) {
                self.defect(DefectKind::HeaderLimit, start);
            }
            return Step::Again;
        }
        if colon != name_end {
            self.defect(DefectKind::SpaceBeforeColon, start + name_end);
        }
        let name = &whole[..name_end];
        let value = if cut { &whole[colon + 1..] } else { without_break(&whole[colon + 1..]) };
        if odd {
            self.odd_octets(value, start + colon + 1);
        }
        self.told_name(Name::of(name), value, start, start + colon + 1);
        Step::Tell(Event::Field { name, value })
    }

    fn odd_octets(&mut self, value: &[u8], start: usize) {
        // A NUL or a CR is rare; the CR of a fold is not.
        let mut at = 0;
        let (mut cr, mut nul) = (false, false);
        work::add(value.len());
        while let Some(hit) = memchr::memchr3(b'\r', b'\0', b'\n', &value[at..]).map(|hit| at + hit) {
            at = hit + 1;
            match value[hit] {
                b'\0' if !nul => {
                    nul = true;
                    self.defect(DefectKind::Nul, start + hit);
                }
                b'\0' => {}
                b'\r' if value.get(hit + 1) != Some(&b'\n') => {
                    if !cr {
                        cr = true;
                        self.defect(DefectKind::BareCr, start + hit);
                    }
                }
                b'\r' => {}
                _ => {
                    // A continuation of white space alone (RFC 5322 4.2).
                    let end = run(value, at, |octet| matches!(octet, b' ' | b'\t'));
                    let blank = matches!(&value[end..], [] | [b'\n', ..] | [b'\r', b'\n', ..]);
                    work::add(end - at);
                    if blank {
                        self.defect(DefectKind::BlankFold, start + at);
                    }
                }
            }
        }
    }

    /// What a field of this name decides for the structure.
    pub(super) fn told_name(&mut self, name: Name, value: &[u8], start: usize, value_start: usize) {
        let twice = match name {
            Name::ContentType => {
                let twice = self.header.kind.is_some();
                if !twice {
                    self.content_type(value, value_start);
                }
                twice
            }
            Name::ContentTransferEncoding => {
                let twice = self.header.encoding.is_some();
                if !twice {
                    let encoding = Encoding::parse(value);
                    if encoding == Encoding::Unknown {
                        self.defect(DefectKind::UnknownEncoding, value_start);
                    }
                    self.header.encoding = Some((encoding, start));
                }
                twice
            }
            Name::ContentDisposition => mem::replace(&mut self.header.disposition, true),
            Name::ContentId => mem::replace(&mut self.header.content_id, true),
            _ => false,
        };
        if twice {
            self.defect(DefectKind::DuplicateField, start);
        }
    }

    fn content_type(&mut self, value: &[u8], value_start: usize) {
        let start = behind_white(value);
        if is_plain(value, start) {
            self.header.kind = Some(Kind::Other);
            return;
        }
        let Some((kind, subtype, type_end)) = essence(value, start) else {
            self.defect(DefectKind::InvalidContentType, value_start + start);
            self.header.kind = Some(Kind::Other);
            return;
        };
        let (kind, subtype) = (&value[kind], &value[subtype]);
        if kind.len() == 7 && is!(kind, b"message") {
            let message = [&b"rfc822"[..], b"global", b"news"].iter().any(|known| subtype.eq_ignore_ascii_case(known));
            self.header.kind = Some(if message { Kind::Message } else { Kind::Other });
            return;
        }
        if kind.len() != 9 || !is!(kind, b"multipart") {
            self.header.kind = Some(Kind::Other);
            return;
        }
        self.header.kind = Some(Kind::Multipart { digest: subtype.eq_ignore_ascii_case(b"digest") });
        let read;
        let boundary = match quick_whole(value, type_end, "boundary", self.limits.parameters) {
            Quick::Value(boundary) => boundary,
            Quick::Absent => b"",
            Quick::Unsure => {
                let mut defects = Vec::new();
                read = ContentType::parse_with(value, self.limits.parameters, &mut defects);
                self.defects.extend(defects.into_iter().map(|defect| defect.moved_by(value_start as u64)));
                read.as_ref().and_then(|read| read.parameter("boundary")).unwrap_or_default().as_bytes()
            }
        };
        // RFC 2046 5.1.1: white space at the end is not part of it.
        let end = boundary.iter().rposition(|octet| !matches!(octet, b' ' | b'\t')).map_or(0, |last| last + 1);
        let trimmed = &boundary[..end];
        if trimmed.is_empty() || trimmed.len() > DELIMITER / 2 {
            self.defect(DefectKind::MissingBoundary, value_start);
            return;
        }
        let allowed = bchars(trimmed);
        if trimmed.len() != boundary.len() || trimmed.len() > 70 || !allowed {
            self.defect(DefectKind::InvalidBoundary, value_start);
        }
        self.boundaries.offer(trimmed);
    }

    /// The header is complete: what follows it?
    fn head<'i>(&mut self) -> Step<'i> {
        self.seen = 0;
        let level = self.open.len() - 1;
        let kind = self.header.kind.unwrap_or(if self.in_digest() { Kind::Message } else { Kind::Other });
        let (encoding, said) = self.header.encoding.unwrap_or_default();
        let coded = !encoding.is_identity();
        self.state = State::Text { fresh: true };
        let content = match kind {
            Kind::Other => Content::Leaf,
            Kind::Multipart { .. } if !self.boundaries.offered() => Content::Leaf,
            Kind::Multipart { .. } if self.open.len() > self.limits.depth => {
                self.defect(DefectKind::DepthLimit, self.offset);
                Content::Leaf
            }
            Kind::Multipart { digest } => {
                if coded {
                    self.defect(DefectKind::EncodedMultipart, said);
                }
                self.boundaries.accept(level);
                self.open[level].digest = digest;
                Content::Multipart
            }
            Kind::Message if self.open.len() > self.limits.depth => {
                self.defect(DefectKind::DepthLimit, self.offset);
                Content::Leaf
            }
            Kind::Message if self.begun >= self.limits.parts => {
                self.defect(DefectKind::PartLimit, self.offset);
                Content::Leaf
            }
            Kind::Message if coded => {
                self.defect(DefectKind::EncodedMessage, said);
                if encoding == Encoding::Base64 {
                    self.state = State::Peek;
                    return Step::Again;
                }
                Content::Leaf
            }
            Kind::Message => {
                self.state = State::Begin;
                Content::Message
            }
        };
        self.boundaries.withdraw();
        self.open[level].content = content;
        let encoding = if content == Content::Leaf { encoding } else { Encoding::default() };
        Step::Tell(Event::Head(Head { content, encoding }))
    }

    pub(super) fn skip_field<'i>(&mut self, input: &mut &'i [u8]) -> Step<'i> {
        while !input.is_empty() {
            let Some(lf) = memchr::memchr(b'\n', input) else {
                work::add(input.len());
                self.take(input, input.len());
                break;
            };
            work::add(lf);
            match input.get(lf + 1) {
                Some(b' ' | b'\t') => {
                    self.take(input, lf + 1);
                }
                None if !self.ended => {
                    self.take(input, lf);
                    return Step::Wait;
                }
                _ => {
                    self.take(input, lf + 1);
                    self.state = State::Fields;
                    return Step::Again;
                }
            }
        }
        if !self.ended {
            return Step::Wait;
        }
        self.state = State::Fields;
        Step::Again
    }

    /// Base64 has no colon, and a header has one in its first line.
    pub(super) fn peek<'i>(&mut self, input: &mut &'i [u8]) -> Step<'i> {
        let mut plain = false;
        if self.boundaries.any() {
            match self.boundaries.look(input, self.ended, &mut self.seen) {
                Found::Unknown => return Step::Wait,
                Found::Delimiter { .. } => return self.peeked(false),
                Found::Text(_) => {}
            }
        }
        let end = input.len().min(DELIMITER);
        for octet in &input[..end] {
            match octet {
                b':' => {
                    plain = true;
                    break;
                }
                b'\n' => break,
                _ => {}
            }
        }
        let told = plain || end == DELIMITER || self.ended || input[..end].contains(&b'\n');
        if !told {
            return Step::Wait;
        }
        self.peeked(plain)
    }

    fn peeked<'i>(&mut self, plain: bool) -> Step<'i> {
        self.seen = 0;
        let level = self.open.len() - 1;
        if plain {
            self.open[level].content = Content::Message;
            self.state = State::Begin;
            return Step::Tell(Event::Head(Head { content: Content::Message, encoding: Encoding::default() }));
        }
        self.state = State::Text { fresh: true };
        Step::Tell(Event::Head(Head { content: Content::Leaf, encoding: Encoding::Base64 }))
    }
}

/// Are these all of `bchars` (RFC 2046 5.1.1)?
fn bchars(boundary: &[u8]) -> bool {
    let (blocks, rest) = boundary.as_chunks::<16>();
    let allowed = |octets: &[u8]| octets.iter().all(|octet| BCHARS[usize::from(*octet)]);
    blocks.iter().all(|block| {
        let octets = u8x16::new(*block);
        // Within `length` from `first`, by wrapping around.
        let range = |octets: u8x16, first: u8, length: u8| {
            let from = octets - u8x16::splat(first);
            from.min(u8x16::splat(length)).simd_eq(from)
        };
        // Letters, what is from the hyphen to the nine, and two more: what most are made of.
        let most = range(octets | u8x16::splat(0x20), b'a', 25)
            | range(octets, b'-', b'9' - b'-')
            | octets.simd_eq(u8x16::splat(b'='))
            | octets.simd_eq(u8x16::splat(b'_'));
        most.to_bitmask() == 0xffff || allowed(block)
    }) && allowed(rest)
}

/// `bchars` of RFC 2046 5.1.1.
static BCHARS: [bool; 256] = {
    let mut table = [false; 256];
    let mut octet = 0_u8;
    while octet < 0x7f {
        table[octet as usize] = octet.is_ascii_alphanumeric()
            || matches!(
                octet,
                b'\'' | b'(' | b')' | b'+' | b'_' | b',' | b'-' | b'.' | b'/' | b':' | b'=' | b'?' | b' '
            );
        octet += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn sixteen_octets_are_judged_as_one_is(
            front in "[a-zA-Z0-9_=./-]{0,40}", odd in proptest::collection::vec(any::<u8>(), 0..2), back in "[A-Za-z0-9'()+,:? ]{0,40}",
        ) {
            let boundary = [front.as_bytes(), &odd, back.as_bytes()].concat();
            prop_assert_eq!(bchars(&boundary), boundary.iter().all(|octet| BCHARS[usize::from(*octet)]));
        }
    }
}
