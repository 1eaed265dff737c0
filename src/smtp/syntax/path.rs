//! Mailboxes, domains, address literals and source routes (RFC 5321 4.1.2 and 4.1.3, RFC 6531 3.3).

use core::net::{Ipv4Addr, Ipv6Addr};
use nom::branch::alt;
use nom::bytes::complete::{tag, tag_no_case, take_while1};
use nom::character::complete::char;
use nom::combinator::{opt, recognize, verify};
use nom::multi::{many0_count, many1_count, separated_list1};
use nom::sequence::{delimited, pair, preceded, terminated};
use nom::{IResult, Parser};
use wide::{i8x16, u8x16};

/// What an octet may be in.
const ATEXT: u8 = 1;
const LET_DIG: u8 = 2;
const HYPHEN: u8 = 4;
const WIDE: u8 = 8;

static CLASS: [u8; 256] = {
    let mut class = [0; 256];
    let mut octet = 0;
    while octet < 256 {
        class[octet] = match octet as u8 {
            b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => ATEXT | LET_DIG,
            b'-' => ATEXT | HYPHEN,
            // RFC 5322 3.2.3
            b'!' | b'#' | b'$' | b'%' | b'&' | b'\'' | b'*' | b'+' | b'/' | b'=' | b'?' | b'^' | b'_' | b'`' | b'{'
            | b'|' | b'}' | b'~' => ATEXT,
            // RFC 6531 3.3: UTF-8-non-ascii extends both; that it is UTF-8 is checked over the whole.
            0x80.. => ATEXT | LET_DIG | WIDE,
            _ => 0,
        };
        octet += 1;
    }
    class
};

const fn is(octet: u8, class: u8) -> bool {
    CLASS[octet as usize] & class != 0
}

/// A mailbox at the front of `text`: where its `@` is and how long it is. What follows is the caller's to judge.
pub(in crate::smtp) fn mailbox(text: &[u8]) -> Option<(usize, usize)> {
    let (at, end) = match ordinary_mailbox(text) {
        Some(found) => return Some(found),
        None => match walked_mailbox(text) {
            Some(found) => found,
            None => full_mailbox(text)?,
        },
    };
    let whole = &text[..end];
    (end <= MAILBOX && end - at - 1 <= DOMAIN && readable(whole)).then_some((at, end))
}

/// The longest mailbox: 64 and 255 octets with the `@` (RFC 5321 4.5.3.1.1 and .2). The local part alone may be longer
/// than 64 inside that, since return paths of the field are and 4.5.3.1 asks not to limit without need.
pub(in crate::smtp) const MAILBOX: usize = 320;
/// The longest domain (RFC 5321 4.5.3.1.2).
pub(in crate::smtp) const DOMAIN: usize = 255;

/// One bit for each octet of up to 64: what nearly all mailboxes and host names are made of.
#[derive(Default)]
struct Classes {
    /// A letter or a digit.
    alphanumeric: u64,
    dot: u64,
}

impl Classes {
    /// Those of up to 64 octets at the front of `text`, and these octets; `None` for fewer than 8.
    ///
    /// Loads overlap, so that no loop depends on the number of octets; and half of them are spared for a text of up to
    /// 32, as most are.
    #[inline]
    fn of(text: &[u8]) -> Option<(Self, &[u8])> {
        let window = &text[..text.len().min(64)];
        let mut classes = Self::default();
        if let (Some(first), Some(last)) = (window.first_chunk::<32>(), window.last_chunk::<32>()) {
            for (half, from) in [(first, 0), (last, window.len() - 32)] {
                let (lanes, _) = half.as_chunks::<16>();
                classes.add(lanes[0], from);
                classes.add(lanes[1], from + 16);
            }
        } else if let (Some(first), Some(last)) = (window.first_chunk::<16>(), window.last_chunk::<16>()) {
            classes.add(*first, 0);
            classes.add(*last, window.len() - 16);
        } else {
            let (first, last) = (window.first_chunk::<8>()?, window.last_chunk::<8>()?);
            // What both loads have goes out of the second; behind the text there are zeros. In two steps, since for 8
            // octets the second has nothing to add.
            let behind = u64::from_le_bytes(*last) >> 8 >> (8 * (15 - window.len()));
            let octets = u128::from(u64::from_le_bytes(*first)) | u128::from(behind) << 64;
            classes.add(octets.to_le_bytes(), 0);
        }
        Some((classes, window))
    }

    /// Adds the 16 octets at `at`.
    #[inline]
    fn add(&mut self, octets: [u8; 16], at: usize) {
        let octets = u8x16::new(octets);
        // The `number` octets up to `last`, moved to the end of what a signed octet holds: one comparison tells them.
        let range = |octets: u8x16, last: u8, number: u8| {
            let moved = (octets + u8x16::splat(0x7F - last)).cast_signed();
            moved.simd_gt(i8x16::splat((0x7F - number).cast_signed())).cast_unsigned()
        };
        let alphanumeric = range(octets | u8x16::splat(0x20), b'z', 26) | range(octets, b'9', 10);
        self.alphanumeric |= u64::from(alphanumeric.to_bitmask()) << at;
        self.dot |= u64::from(octets.simd_eq(u8x16::splat(b'.')).to_bitmask()) << at;
    }

    /// Where, in the `window` that these are of, the octets of `within` end that are letters, digits, dots or what
    /// `also` says; the window's length if they do not.
    #[inline]
    fn end(&self, window: &[u8], within: u64, also: impl Fn(u8) -> bool) -> usize {
        let mut others = within & !(self.alphanumeric | self.dot);
        loop {
            // Few are in a mailbox: to take each on its own is cheaper than a mask of them for every octet.
            let next = others.trailing_zeros() as usize;
            match window.get(next) {
                Some(octet) if also(*octet) => others &= others - 1,
                Some(_) => return next,
                None => return window.len(),
            }
        }
    }

    /// Whether each dot of the first `end` octets, 1 to 64, stands between letters or digits: no label is empty, nor
    /// has it a hyphen beside a dot.
    #[inline]
    const fn labels(&self, end: usize) -> bool {
        let between = self.alphanumeric << 1 & self.alphanumeric >> 1;
        self.dot & !between & u64::MAX >> (64 - end) == 0
    }

    /// Whether the octet at `at`, below 64, is a letter or a digit.
    #[inline]
    const fn has(&self, at: usize) -> bool {
        self.alphanumeric >> at & 1 != 0
    }
}

/// The mailbox at the front of `text` if both its sides are short and made of what nearly all are made of: by masks,
/// without a look at each octet. `None` says only that the walk has to look.
#[inline]
fn ordinary_mailbox(text: &[u8]) -> Option<(usize, usize)> {
    let (classes, window) = Classes::of(text)?;
    let at = classes.end(window, u64::MAX, |octet| matches!(octet, b'-' | b'/' | b'_' | b'+' | b'='));
    if at == 0 || window.get(at) != Some(&b'@') {
        return None;
    }
    let domain = at + 1;
    let end = classes.end(window, !1 << at, |octet| octet == b'-');
    if end == window.len() {
        // What goes on behind the window can't be told: the domain gets one of its own.
        let length = ordinary_domain(&text[domain..])?;
        return classes.labels(at).then_some((at, domain + length));
    }
    // UTF-8 would go on.
    let whole = window[end].is_ascii() && classes.labels(end) && classes.has(domain) && classes.has(end - 1);
    whole.then_some((at, end))
}

/// The domain at the front of `text`, and its length, where a window shows what ends it.
fn ordinary_domain(text: &[u8]) -> Option<usize> {
    let (classes, window) = Classes::of(text)?;
    let end = classes.end(window, u64::MAX, |octet| octet == b'-');
    let whole = end > 0 && window.get(end)?.is_ascii() && classes.labels(end) && classes.has(0) && classes.has(end - 1);
    whole.then_some(end)
}

/// The walk: a dot-string, `@`, and a domain of labels, octet by octet. `None` says only that the grammar has to look.
#[inline]
fn walked_mailbox(text: &[u8]) -> Option<(usize, usize)> {
    let at = dotted(text, 0, ATEXT)?;
    if text.get(at) != Some(&b'@') {
        return None;
    }
    let end = dotted(text, at + 1, LET_DIG | HYPHEN)?;
    labels(&text[at + 1..end]).then_some((at, end))
}

/// Where the run of `class` and dots that begins at `from` ends; `None` where a dot has nothing on one side.
#[inline]
fn dotted(text: &[u8], from: usize, class: u8) -> Option<usize> {
    let mut at = from;
    // A dot may follow only what is no dot.
    let mut open = false;
    while let Some(&octet) = text.get(at) {
        if is(octet, class) {
            open = true;
        } else if octet == b'.' {
            if !open {
                return None;
            }
            open = false;
        } else {
            break;
        }
        at += 1;
    }
    open.then_some(at)
}

/// sub-domain = Let-dig [Ldh-str]: no label begins or ends with a hyphen. The dots were judged before.
#[inline]
fn labels(domain: &[u8]) -> bool {
    let (Some(first), Some(last)) = (domain.first(), domain.last()) else { return false };
    *first != b'-' && *last != b'-' && !domain.windows(2).any(|two| matches!(two, b".-" | b"-."))
}

/// UTF-8 where it is not ASCII, without control characters and without what breaks a line.
fn readable(text: &[u8]) -> bool {
    text.is_ascii()
        || str::from_utf8(text)
            .is_ok_and(|text| !text.chars().any(|c| matches!(c, '\u{80}'..='\u{9F}' | '\u{2028}' | '\u{2029}')))
}

type Parsed<'i, T> = IResult<&'i [u8], T>;

/// Mailbox = Local-part "@" ( Domain / address-literal ), by the grammar.
#[cold]
fn full_mailbox(text: &[u8]) -> Option<(usize, usize)> {
    let (rest, local) = terminated(recognize(local_part), char('@')).parse(text).ok()?;
    let (rest, _) = alt((recognize(domain), recognize(address_literal))).parse(rest).ok()?;
    Some((local.len(), text.len() - rest.len()))
}

/// Local-part = Dot-string / Quoted-string
fn local_part(input: &[u8]) -> Parsed<'_, &[u8]> {
    alt((recognize(separated_list1(char('.'), atom)), quoted_string)).parse(input)
}

fn atom(input: &[u8]) -> Parsed<'_, &[u8]> {
    take_while1(|octet| is(octet, ATEXT)).parse(input)
}

/// `Quoted-string = DQUOTE *QcontentSMTP DQUOTE`, which is never empty here: `""@example.org` names nobody.
pub(in crate::smtp) fn quoted_string(input: &[u8]) -> Parsed<'_, &[u8]> {
    let text = take_while1(|octet| matches!(octet, b' ' | b'!' | b'#'..=b'[' | b']'..=b'~' | 0x80..));
    let pair = preceded(char('\\'), verify(nom::number::complete::u8, |octet| matches!(octet, b' '..=b'~')));
    recognize(delimited(char('"'), many1_count(alt((recognize(text), recognize(pair)))), char('"'))).parse(input)
}

/// Domain = sub-domain *("." sub-domain)
fn domain(input: &[u8]) -> Parsed<'_, &[u8]> {
    let label = verify(take_while1(|octet| is(octet, LET_DIG | HYPHEN)), |label: &[u8]| {
        !label.starts_with(b"-") && !label.ends_with(b"-")
    });
    recognize(separated_list1(char('.'), label)).parse(input)
}

/// `address-literal = "[" ( IPv4 / "IPv6:" IPv6 / General ) "]"`
pub(in crate::smtp) fn address_literal(input: &[u8]) -> Parsed<'_, Literal> {
    let (rest, inside) =
        delimited(char('['), take_while1(|octet| matches!(octet, b'!'..=b'Z' | b'^'..=b'~')), char(']'))
            .parse(input)?;
    match literal(inside) {
        Some(literal) => Ok((rest, literal)),
        None => Err(nom::Err::Error(nom::error::Error::new(input, nom::error::ErrorKind::Verify))),
    }
}

/// What stands between the brackets of an address literal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::smtp) enum Literal {
    V4(Ipv4Addr),
    V6(Ipv6Addr),
    Other,
}

fn literal(inside: &[u8]) -> Option<Literal> {
    let text = str::from_utf8(inside).ok()?;
    if let Ok(address) = text.parse::<Ipv4Addr>() {
        return Some(Literal::V4(address));
    }
    let (tag, content) = text.split_once(':')?;
    if tag.eq_ignore_ascii_case("IPv6") {
        return content.parse().ok().map(Literal::V6);
    }
    // General-address-literal = Standardized-tag ":" 1*dcontent; a tag is an Ldh-str.
    let standard =
        !tag.is_empty() && !tag.ends_with('-') && tag.bytes().all(|o| o.is_ascii_alphanumeric() || o == b'-');
    (standard && !content.is_empty()).then_some(Literal::Other)
}

/// A-d-l ":": the source route before a mailbox, which is accepted and means nothing (RFC 5321 4.1.2, appendix C).
pub(in crate::smtp) fn source_route(input: &[u8]) -> Parsed<'_, &[u8]> {
    let hop = || preceded(char('@'), alt((recognize(domain), recognize(address_literal))));
    recognize(pair(hop(), terminated(many0_count(preceded(char(','), hop())), char(':')))).parse(input)
}

/// The argument of `EHLO`, `HELO` and `LHLO`: a domain or an address literal, all of `text`.
///
/// Underscores pass: the names of many machines have them, the argument is information only (RFC 5321 4.1.4), and no
/// line is forged by one.
#[inline]
pub(in crate::smtp) fn host(text: &[u8]) -> bool {
    if text.starts_with(b"[") {
        let whole = nom::combinator::all_consuming(address_literal).parse(text);
        return text.len() <= DOMAIN && whole.is_ok();
    }
    if let Some((classes, window)) = Classes::of(text) {
        let end = classes.end(window, u64::MAX, |octet| octet == b'-');
        if end == text.len() && classes.labels(end) && classes.has(0) && classes.has(end - 1) {
            return true;
        }
    }
    walked_host(text)
}

/// The walk: letters, digits, hyphens and underscores with dots between.
fn walked_host(text: &[u8]) -> bool {
    // The octet before the name is as good as a dot: none may follow it, nor a hyphen.
    let (mut before, mut good) = (b'.', true);
    for octet in text {
        good &= is(*octet, LET_DIG | HYPHEN) | matches!(octet, b'.' | b'_');
        good &= before != b'.' || *octet != b'.';
        before = *octet;
    }
    good && !text.is_empty() && text[0] != b'-' && text.len() <= DOMAIN && readable(text)
}

/// `<` path `>` at the front of a line: what [`path`] found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::smtp) enum Path {
    /// `<>`
    Null { end: usize },
    /// A mailbox from `start` to `end`, its `@` at `at` of the same slice; `end` is before the `>`.
    Mailbox { start: usize, at: usize, end: usize },
    /// `<Postmaster>`, without a domain.
    Postmaster { start: usize, end: usize },
}

/// Reverse-path or forward-path; `None` where there is none.
#[inline]
pub(in crate::smtp) fn path(text: &[u8]) -> Option<Path> {
    let inside = text.strip_prefix(b"<")?;
    let close = |end: usize| text.get(end) == Some(&b'>');
    if let Some((at, length)) = mailbox(inside) {
        return close(1 + length).then_some(Path::Mailbox { start: 1, at: 1 + at, end: 1 + length });
    }
    if inside.first() == Some(&b'>') {
        return Some(Path::Null { end: 1 });
    }
    rare_path(text, inside)
}

#[cold]
fn rare_path(text: &[u8], inside: &[u8]) -> Option<Path> {
    let end = match (tag_no_case::<_, _, nom::error::Error<&[u8]>>("postmaster"), tag(">")).parse(inside) {
        Ok((rest, _)) => return Some(Path::Postmaster { start: 1, end: text.len() - rest.len() - 1 }),
        Err(_) => {
            opt(source_route).parse(inside).ok().and_then(|(rest, route)| route.map(|_| text.len() - rest.len()))?
        }
    };
    let (at, length) = mailbox(&text[end..])?;
    (text.get(end + length) == Some(&b'>')).then_some(Path::Mailbox { start: end, at: end + at, end: end + length })
}

/// Whether `octet` may stand in an atom, and so outside quotes.
pub(in crate::smtp) const fn is_atext(octet: u8) -> bool {
    is(octet, ATEXT)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;
    use proptest::prelude::*;

    fn octet() -> impl Strategy<Value = u8> {
        prop_oneof![
            20 => prop_oneof![b'a'..=b'z', b'A'..=b'Z', b'0'..=b'9'],
            4 => prop::sample::select(&b".-_+=/"[..]),
            1 => prop_oneof![any::<u8>(), Just(b'@'), Just(b'>')],
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4096))]

        /// Masks find what the walk finds, wherever they find anything.
        #[test]
        fn masks_are_the_walk(
            local in prop::collection::vec(octet(), 1..40), domain in prop::collection::vec(octet(), 1..40),
            rest in prop::collection::vec(any::<u8>(), 0..40),
        ) {
            let text: Vec<u8> = [&local[..], b"@", &domain, b">", &rest].concat();
            for text in [&text[..], &text[..local.len() + domain.len() + 2], &text[..=local.len() + domain.len()]] {
                if let Some(found) = ordinary_mailbox(text) {
                    prop_assert_eq!(walked_mailbox(text), Some(found));
                }
            }
        }
    }

    proptest! {
        /// Of what is short, where a load has to be filled up, and of what is as long as the masks.
        #[test]
        fn masks_of_any_length(
            local in prop::collection::vec(octet(), 1..9), domain in prop::collection::vec(octet(), 1..70),
        ) {
            let text: Vec<u8> = [&local[..], b"@", &domain, b">"].concat();
            for length in 0..=text.len() {
                if let Some(found) = ordinary_mailbox(&text[..length]) {
                    prop_assert_eq!(walked_mailbox(&text[..length]), Some(found));
                }
                if let Some(found) = ordinary_domain(&text[length..]) {
                    let rest = &text[length..];
                    prop_assert_eq!(dotted(rest, 0, LET_DIG | HYPHEN), Some(found));
                    prop_assert!(labels(&rest[..found]));
                }
            }
        }

        #[test]
        fn hosts_by_masks_are_hosts_by_the_walk(name in prop::collection::vec(octet(), 0..80)) {
            for length in 0..=name.len() {
                prop_assert_eq!(host(&name[..length]), walked_host(&name[..length]));
            }
        }
    }

    #[test]
    fn hosts_by_masks() {
        for length in 1..=64 {
            let name = alloc::vec![b'a'; length];
            assert!(host(&name));
            let mut dot = name.clone();
            for at in 0..length {
                dot[at] = b'.';
                assert_eq!(host(&dot), walked_host(&dot), "{at} of {length}");
                dot[at] = b'a';
            }
        }
    }

    #[test]
    fn ordinary_mailboxes_are_found_by_masks() {
        for text in [
            "ada.lovelace@example.org>",
            "bounces+2345678-ab12-user=example.org@em1234.news.example.com> S",
            "a/b_c@xn--bcher-kva.example>",
            "a@b.org>",
            "bob@example.co>",
            "bounces+2345678-ab12-user=example.org@em1234.newsletter.example.com> S",
        ] {
            assert_eq!(ordinary_mailbox(text.as_bytes()), walked_mailbox(text.as_bytes()));
            assert!(ordinary_mailbox(text.as_bytes()).is_some(), "{text}");
        }
        for text in
            [".da.lovelace@example.org>", "ada.@lovelace.example>", "a..da@lovelace.example>", "ada@-lovelace.example>"]
        {
            assert_eq!(ordinary_mailbox(text.as_bytes()), None, "{text}");
        }
    }
}
