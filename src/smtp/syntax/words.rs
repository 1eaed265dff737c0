//! Words, numbers and xtext of commands and parameters.

use nom::bytes::complete::{tag, take_while, take_while1};
use nom::combinator::{all_consuming, recognize};
use nom::multi::separated_list0;
use nom::sequence::pair;
use nom::{IResult, Parser};
use wide::{i8x16, u8x16};

type Parsed<'i, T> = IResult<&'i [u8], T>;

/// esmtp-keyword = (ALPHA / DIGIT) *(ALPHA / DIGIT / "-") (RFC 5321 4.1.2)
pub(in crate::smtp) fn keyword(input: &[u8]) -> Parsed<'_, &[u8]> {
    let letter = |octet: u8| octet.is_ascii_alphanumeric();
    recognize(pair(take_while1(letter), take_while(move |octet| letter(octet) || octet == b'-'))).parse(input)
}

/// Letters, digits and the hyphen: what a keyword is made of.
pub(in crate::smtp) const KEYWORD: u8 = 1;
/// What a value is made of: printable, without space and `=`, with UTF-8 beside (RFC 6531 3.3).
const VALUE: u8 = 2;

static CLASS: [u8; 256] = {
    let mut class = [0; 256];
    let mut octet = 0;
    while octet < 256 {
        let at = octet as u8;
        if at.is_ascii_alphanumeric() || at == b'-' {
            class[octet] |= KEYWORD;
        }
        if at > b' ' && at != b'=' && at != 0x7F {
            class[octet] |= VALUE;
        }
        octet += 1;
    }
    class
};

/// How many octets at the front of `text` are of a class. By a table, which takes fewer instructions than asking for
/// ranges.
#[inline]
pub(in crate::smtp) fn run(text: &[u8], class: u8) -> usize {
    text.iter().position(|octet| CLASS[usize::from(*octet)] & class == 0).unwrap_or(text.len())
}

/// How many octets at the front of `text` are surely no stop: printable ASCII, and none that `stop` names. By blocks, in
/// a text of 16 and more; in a shorter one none.
#[inline]
fn plain(text: &[u8], stop: impl Fn(u8x16) -> u8x16) -> usize {
    let stops = |block: &[u8; 16]| {
        let block = u8x16::new(*block);
        // Signed, what is not ASCII is below the space.
        let printable = block.cast_signed().simd_gt(i8x16::splat(b' '.cast_signed())).cast_unsigned();
        (!printable | block.simd_eq(u8x16::splat(0x7F)) | stop(block)).to_bitmask()
    };
    let (blocks, _) = text.as_chunks::<16>();
    for (at, block) in blocks.iter().enumerate() {
        let stops = stops(block);
        if stops != 0 {
            return 16 * at + stops.trailing_zeros() as usize;
        }
    }
    // The last block has the rest at its end, and before that what was seen.
    match text.last_chunk() {
        Some(last) => text.len() - 16 + (stops(last) | 1 << 16).trailing_zeros() as usize,
        None => 16 * blocks.len(),
    }
}

/// Takes out of eight octets what tells small letters from capital ones. Only the same letter, whatever its case,
/// becomes a letter.
const FOLD: u64 = 0xDFDF_DFDF_DFDF_DFDF;

/// A word of up to eight letters and digits as [`folded`] gives it.
pub(in crate::smtp) const fn key(word: &[u8]) -> u64 {
    let (mut number, mut at) = (0, 0);
    while at < word.len() {
        number |= ((word[at] & 0xDF) as u64) << (8 * at);
        at += 1;
    }
    number
}

/// Up to eight octets as one number, whatever the case of their letters: to compare octet by octet took 42 instructions
/// more a command of a session. No octet that may stand in a keyword or value becomes a letter or digit that it was not;
/// what is longer, and nothing, is 0.
#[inline]
pub(in crate::smtp) fn folded(word: &[u8]) -> u64 {
    let number = match (word.first_chunk::<4>(), word.last_chunk::<4>()) {
        (Some(first), Some(last)) if word.len() <= 8 => {
            let (first, last) = (u32::from_le_bytes(*first), u32::from_le_bytes(*last));
            u64::from(first) | u64::from(last) << (8 * (word.len() - 4))
        }
        (Some(_), _) => 0,
        _ => word.iter().rev().fold(0, |number, octet| number << 8 | u64::from(*octet)),
    };
    number & FOLD
}

/// The keyword and `=` at the front of `text`, as [`key`] has them of a known keyword and its `=`, and what follows:
/// where they are among the first eight octets.
#[inline]
pub(in crate::smtp) fn keyed(text: &[u8]) -> Option<(u64, &[u8])> {
    const ONES: u64 = u64::MAX / 0xFF;
    let octets = u64::from_le_bytes(*text.first_chunk()?);
    // The octets that are zero, by their highest bits: the first is told exactly, those behind it may not be.
    let others = octets ^ (ONES * u64::from(b'='));
    let equals = others.wrapping_sub(ONES) & !others & (ONES << 7);
    if equals == 0 {
        return None;
    }
    let through = equals ^ (equals - 1);
    Some((octets & through & FOLD, &text[equals.trailing_zeros() as usize / 8 + 1..]))
}

/// esmtp-value at the front of `text`, which a space or the end has to follow, and what follows.
#[inline]
pub(in crate::smtp) fn value(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let seen = plain(text, |block| block.simd_eq(u8x16::splat(b'=')));
    let (value, rest) = text.split_at(seen + run(&text[seen..], VALUE));
    let ends = rest.first().is_none_or(|octet| *octet == b' ');
    if value.is_empty() || !ends { None } else { Some((value, rest)) }
}

/// A keyword, its value, and what follows.
type Walked<'i> = (&'i [u8], Option<&'i [u8]>, &'i [u8]);

/// esmtp-param = esmtp-keyword ["=" esmtp-value], at the front of `input`, and what follows: the walk that the grammar
/// (in the tests) is held to.
#[inline]
pub(in crate::smtp) fn parameter(input: &[u8]) -> Option<Walked<'_>> {
    let (keyword, rest) = input.split_at(run(input, KEYWORD));
    if keyword.is_empty() || keyword[0] == b'-' {
        return None;
    }
    let Some(rest) = rest.strip_prefix(b"=") else { return Some((keyword, None, rest)) };
    let (value, rest) = value(rest)?;
    Some((keyword, Some(value), rest))
}

/// A keyword and its value.
#[cfg(test)]
type Named<'i> = (&'i [u8], Option<&'i [u8]>);

/// Every parameter of a line, which may be none: one space before each.
#[cfg(test)]
pub(in crate::smtp) fn parameters(input: &[u8]) -> Option<alloc::vec::Vec<Named<'_>>> {
    use nom::combinator::opt;
    use nom::multi::many0;
    use nom::sequence::preceded;
    // esmtp-value = 1*(%d33-60 / %d62-126), with UTF-8 beside (RFC 6531 3.3)
    let value = || take_while1(|octet| matches!(octet, b'!'..=b'<' | b'>'..=b'~' | 0x80..));
    let parameter = || pair(keyword, opt(preceded(tag("="), value())));
    let whole: Parsed<'_, _> = all_consuming(many0(preceded(tag(" "), parameter()))).parse(input);
    whole.ok().map(|(_, list)| list)
}

/// Printable text with spaces and UTF-8, all of `text`: neither control characters nor anything that is no text.
#[expect(clippy::needless_bitwise_bool, reason = "a loop without branches is a few vectors")]
pub(in crate::smtp) fn printable(text: &[u8]) -> bool {
    // Without a way out of the loop it is a few vectors.
    let control = text.iter().fold(false, |found, octet| found | (*octet < b' ') | (*octet == 0x7F));
    !control && (text.is_ascii() || str::from_utf8(text).is_ok_and(|text| !text.chars().any(char::is_control)))
}

/// A number of at most `digits` digits, all of `text`. A leading zero is a digit as any other.
#[inline]
pub(in crate::smtp) fn number(text: &[u8], digits: usize) -> Option<u64> {
    if text.is_empty() || text.len() > digits.min(20) {
        return None;
    }
    let (mut sum, mut good) = (0u64, true);
    let (most, last) = text.split_at(text.len().min(19));
    for octet in most {
        let digit = octet.wrapping_sub(b'0');
        good &= digit < 10;
        // Nineteen digits fit.
        sum = sum.wrapping_mul(10).wrapping_add(u64::from(digit));
    }
    if !good {
        return None;
    }
    match last {
        [] => Some(sum),
        [octet @ b'0'..=b'9'] => sum.checked_mul(10)?.checked_add(u64::from(octet - b'0')),
        _ => None,
    }
}

/// The number of up to 19 digits at the front of `text`, and what follows; `None` for more or none.
#[inline]
pub(in crate::smtp) fn digits(text: &[u8]) -> Option<(u64, &[u8])> {
    let (mut sum, mut length) = (0u64, 0);
    for octet in &text[..text.len().min(20)] {
        let digit = octet.wrapping_sub(b'0');
        if digit > 9 {
            break;
        }
        // Nineteen digits fit.
        sum = sum.wrapping_mul(10).wrapping_add(u64::from(digit));
        length += 1;
    }
    (1..20).contains(&length).then(|| (sum, &text[length..]))
}

/// xtext (RFC 3461 4): printable but `+` and `=`, which are written `+2B` and `+3D`; all of `text`.
pub(in crate::smtp) fn xtext(text: &[u8]) -> bool {
    let seen = plain(text, |block| block.simd_eq(u8x16::splat(b'+')) | block.simd_eq(u8x16::splat(b'=')));
    let mut rest = &text[seen..];
    while let [first, others @ ..] = rest {
        rest = match first {
            b'+' => match others {
                [high, low, others @ ..] if upper_hex(*high).is_some() && upper_hex(*low).is_some() => others,
                _ => return false,
            },
            b'!'..=b'<' | b'>'..=b'~' => others,
            _ => return false,
        };
    }
    true
}

/// hexchar digits are upper case (RFC 3461 4).
pub(in crate::smtp) const fn upper_hex(octet: u8) -> Option<u8> {
    match octet {
        b'0'..=b'9' => Some(octet - b'0'),
        b'A'..=b'F' => Some(octet - b'A' + 10),
        _ => None,
    }
}

/// One word, or two with one space between them, all of `text`.
pub(in crate::smtp) fn one_or_two(text: &[u8]) -> Option<(&[u8], Option<&[u8]>)> {
    let (first, second) = match memchr::memchr(b' ', text) {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    };
    let word = |word: &[u8]| !word.is_empty() && word.iter().all(u8::is_ascii_graphic);
    (word(first) && second.is_none_or(word)).then_some((first, second))
}

/// Words with one space between them, all of `text`.
pub(in crate::smtp) fn words(text: &[u8]) -> Option<alloc::vec::Vec<&[u8]>> {
    let word = |input| take_while1(|octet| matches!(octet, b'!'..=b'~')).parse(input);
    let whole: Parsed<'_, _> = all_consuming(separated_list0(tag(" "), word)).parse(text);
    whole.ok().map(|(_, list)| list)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;
    use proptest::prelude::*;

    fn octets() -> impl Strategy<Value = Vec<u8>> {
        let octet = prop_oneof![
            40 => b'!'..=b'~',
            1 => any::<u8>(),
            1 => prop::sample::select(&b" =+\x7f\x80\x00"[..]),
        ];
        prop::collection::vec(octet, 0..60)
    }

    proptest! {
        /// Blocks find where the table says that a value ends.
        #[test]
        fn values_are_what_the_table_says(text in octets()) {
            let length = run(&text, VALUE);
            let ends = text.get(length).is_none_or(|octet| *octet == b' ');
            let wanted = (length > 0 && ends).then(|| text.split_at(length));
            prop_assert_eq!(value(&text), wanted);
        }

        /// And what RFC 3461 4 says of xtext, octet by octet.
        #[test]
        fn xtext_is_what_it_is_octet_by_octet(text in octets()) {
            let mut good = true;
            for (at, octet) in text.iter().enumerate() {
                good &= match octet {
                    b'+' => matches!(text.get(at + 1..at + 3), Some([b'0'..=b'9' | b'A'..=b'F', b'0'..=b'9' | b'A'..=b'F'])),
                    _ => (b'!'..=b'~').contains(octet) && *octet != b'=',
                };
            }
            prop_assert_eq!(xtext(&text), good);
            let text: Vec<u8> = text.into_iter().filter(|octet| *octet != b'+').collect();
            let good = text.iter().all(|octet| (b'!'..=b'~').contains(octet) && *octet != b'=');
            prop_assert_eq!(xtext(&text), good);
        }

        /// A known key is a known keyword with its `=`, whatever else there is and whatever octets they are.
        #[test]
        fn keys_are_keywords(
            known in prop::sample::select(&["SIZE=", "BODY=", "NOTIFY=", "ORCPT="][..]),
            at in 0usize..9, octet: u8, lower: bool, behind in octets(),
        ) {
            let mut text = known.as_bytes().to_vec();
            text.extend(&behind);
            if lower {
                text.make_ascii_lowercase();
            }
            if let Some(place) = text.get_mut(at) {
                *place = octet;
            }
            let says = text.get(..known.len()).is_some_and(|front| front.eq_ignore_ascii_case(known.as_bytes()));
            let wanted = (says && text.len() >= 8).then(|| &text[known.len()..]);
            let found = keyed(&text).filter(|(keyword, _)| *keyword == key(known.as_bytes()));
            prop_assert_eq!(found.map(|(_, rest)| rest), wanted);
        }

        #[test]
        fn digits_are_a_number(text in "[0-9]{0,22}[ -~]{0,3}") {
            let length = text.bytes().take_while(u8::is_ascii_digit).count();
            let wanted = if length < 20 { text[..length].parse().ok() } else { None };
            prop_assert_eq!(digits(text.as_bytes()), wanted.map(|number: u64| (number, &text.as_bytes()[length..])));
        }
    }
}
