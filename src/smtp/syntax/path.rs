//! Mailboxes, domains, address literals and source routes (RFC 5321 4.1.2 and 4.1.3, RFC 6531 3.3).

use core::net::{Ipv4Addr, Ipv6Addr};
use nom::branch::alt;
use nom::bytes::complete::{tag, tag_no_case, take_while1};
use nom::character::complete::char;
use nom::combinator::{opt, recognize, verify};
use nom::multi::{many0_count, many1_count, separated_list1};
use nom::sequence::{delimited, pair, preceded, terminated};
use nom::{IResult, Parser};

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
    let (at, end) = match plain_mailbox(text) {
        Some(found) => found,
        None => full_mailbox(text)?,
    };
    let whole = &text[..end];
    (end <= MAILBOX && end - at - 1 <= DOMAIN && readable(whole)).then_some((at, end))
}

/// The longest mailbox: 64 and 255 octets with the `@` (RFC 5321 4.5.3.1.1 and .2). The local part alone may be longer
/// than 64 inside that, since return paths of the field are and 4.5.3.1 asks not to limit without need.
pub(in crate::smtp) const MAILBOX: usize = 320;
/// The longest domain (RFC 5321 4.5.3.1.2).
pub(in crate::smtp) const DOMAIN: usize = 255;

/// The walk: a dot-string, `@`, and a domain of labels. `None` says only that the grammar has to look.
#[inline]
fn plain_mailbox(text: &[u8]) -> Option<(usize, usize)> {
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

/// Quoted-string = DQUOTE *QcontentSMTP DQUOTE, which is never empty here: `""@example.org` names nobody.
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

/// address-literal = "[" ( IPv4 / "IPv6:" IPv6 / General ) "]"
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
pub(in crate::smtp) fn host(text: &[u8]) -> bool {
    let name = |input| {
        let (rest, name) =
            take_while1(|octet| is(octet, LET_DIG | HYPHEN) || matches!(octet, b'.' | b'_')).parse(input)?;
        Ok((rest, name))
    };
    let mut whole = nom::combinator::all_consuming(alt((recognize(address_literal), recognize(name))));
    text.len() <= DOMAIN
        && readable(text)
        && Parser::<&[u8]>::parse(&mut whole, text).is_ok_and(|_| {
            text.starts_with(b"[") || (text[0] != b'.' && text[0] != b'-' && !text.windows(2).any(|two| two == b".."))
        })
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
