//! Words, numbers and xtext of commands and parameters.

use nom::bytes::complete::{tag, take_while, take_while1};
use nom::combinator::{all_consuming, recognize};
use nom::multi::separated_list0;
use nom::sequence::pair;
use nom::{IResult, Parser};

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

/// A word of up to eight letters and digits as [`folded`] gives it.
pub(in crate::smtp) const fn key(word: &[u8]) -> u64 {
    let (mut number, mut at) = (0, 0);
    while at < word.len() {
        number |= ((word[at] & 0xDF) as u64) << (8 * at);
        at += 1;
    }
    number
}

/// Up to eight octets as one number, whatever the case of their letters. To compare octet by octet took 600
/// instructions a command of a session, where numbers take 558. No octet that may stand in a keyword or value becomes a letter or digit that it was not; what
/// is longer, and nothing, is 0.
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
    number & 0xDFDF_DFDF_DFDF_DFDF
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
    let (value, rest) = rest.split_at(run(rest, VALUE));
    let ends = rest.first().is_none_or(|octet| *octet == b' ');
    if value.is_empty() || !ends { None } else { Some((keyword, Some(value), rest)) }
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

/// xtext (RFC 3461 4): printable but `+` and `=`, which are written `+2B` and `+3D`; all of `text`.
pub(in crate::smtp) fn xtext(text: &[u8]) -> bool {
    let plain = |octet: u8| octet.wrapping_sub(b'!') < 94 && octet != b'+' && octet != b'=';
    if text.iter().fold(true, |all, octet| all & plain(*octet)) {
        return true;
    }
    let mut rest = text;
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
