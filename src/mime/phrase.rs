//! Words: the tokens of addresses and display names, and what they spell.

use super::charset::utf8;
use super::defect::{Defect, DefectKind};
use super::word::{Run, Word, decode_text};
use crate::syntax::token::{is_atext, literal_end, quoted_end, run};
use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Atom,
    /// An atom that has the form of an encoded word.
    Encoded,
    Quoted,
    Literal,
    Dot,
    At,
    /// An octet that the grammar has no place for.
    Other,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) kind: Kind,
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// White space or a comment stands before it.
    pub(crate) spaced: bool,
}

impl Token {
    /// The token at `at`, which is no white space; and what is wrong with it.
    pub(crate) fn at(text: &[u8], at: usize, spaced: bool) -> (Self, Option<DefectKind>) {
        let whole = |kind, end, defect| (Self { kind, start: at, end, spaced }, defect);
        match text[at] {
            b'"' => match quoted_end(text, at) {
                Some(end) => whole(Kind::Quoted, end, None),
                None => whole(Kind::Other, text.len(), Some(DefectKind::Unclosed)),
            },
            b'[' => match literal_end(text, at) {
                Some(end) => whole(Kind::Literal, end, None),
                None => whole(Kind::Other, at + 1, Some(DefectKind::Unclosed)),
            },
            // An escaped bracket opens nothing, and is no reason to look for its end again.
            b'\\' if text.get(at + 1) == Some(&b'[') => whole(Kind::Other, at + 2, None),
            b'.' => whole(Kind::Dot, at + 1, None),
            b'@' => whole(Kind::At, at + 1, None),
            b'=' => match Word::at(&text[at..]) {
                // In an address it is an atom like any other; there it may not hold what ends one.
                Some(word)
                    if text.get(at + word.len).is_none_or(|next| !is_atext(*next))
                        || Word::at(&text[at + word.len..]).is_some() =>
                {
                    whole(Kind::Encoded, at + word.len, None)
                }
                _ => whole(Kind::Atom, run(text, at, is_atext), None),
            },
            octet if is_atext(octet) => whole(Kind::Atom, run(text, at, is_atext), None),
            _ => whole(Kind::Other, at + 1, None),
        }
    }

    fn octets<'a>(&self, text: &'a [u8]) -> &'a [u8] {
        &text[self.start..self.end]
    }
}

/// The text of a phrase (RFC 5322 3.2.5, with the dots of 4.1): a display name, decoded.
pub(crate) fn text<'a>(text: &'a [u8], tokens: &[Token], defects: &mut Vec<Defect>) -> Cow<'a, str> {
    if let [only] = tokens {
        match only.kind {
            Kind::Atom => return utf8(only.octets(text)).0,
            Kind::Quoted => return unquote(only.octets(text)),
            _ => {}
        }
    }
    let mut name = String::new();
    let mut encoded = Run::default();
    let mut after_word = false;
    let start = tokens.first().map_or(0, |token| token.start);
    let end = |encoded: &mut Run<'a>, name: &mut String, defects: &mut Vec<Defect>| {
        if !encoded.end(name) {
            defects.push(Defect::at(DefectKind::InvalidCharset, start));
        }
    };
    for (i, token) in tokens.iter().enumerate() {
        let before = i == 0 || token.spaced || after_word;
        // Words that touch are met in the wild, and can mean one thing only.
        let behind = tokens.get(i + 1).is_none_or(|next| next.spaced || next.kind == Kind::Encoded);
        let alone = before && behind;
        if token.kind == Kind::Encoded && alone {
            if !after_word && token.spaced && i > 0 {
                name.push(' ');
            }
            let word = Word::at(token.octets(text));
            if word.is_some_and(|word| encoded.push(&word, &mut name)) {
                after_word = true;
                continue;
            }
            defects.push(Defect::at(DefectKind::InvalidEncodedWord, token.start));
            if after_word {
                end(&mut encoded, &mut name, defects);
                name.push(' ');
            }
            name.push_str(&utf8(token.octets(text)).0);
            after_word = false;
            continue;
        }
        end(&mut encoded, &mut name, defects);
        if token.spaced && i > 0 {
            name.push(' ');
        }
        match token.kind {
            Kind::Quoted => name.push_str(&unquote(token.octets(text))),
            _ => name.push_str(&utf8(token.octets(text)).0),
        }
        after_word = false;
    }
    end(&mut encoded, &mut name, defects);
    Cow::Owned(name)
}

/// The text in a quoted string: quotes and backslashes gone, folds undone.
pub(crate) fn unquote(quoted: &[u8]) -> Cow<'_, str> {
    let inner = quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or_default();
    unescape(inner)
}

/// Text with its quoted pairs and folds undone.
pub(crate) fn unescape(inner: &[u8]) -> Cow<'_, str> {
    if memchr::memchr2(b'\\', b'\n', inner).is_none() {
        return utf8(inner).0;
    }
    let mut plain = Vec::with_capacity(inner.len());
    let mut i = 0;
    while i < inner.len() {
        match inner[i] {
            b'\\' if i + 1 < inner.len() => {
                i += 1;
                plain.push(inner[i]);
            }
            b'\r' if inner.get(i + 1) == Some(&b'\n') => {}
            b'\n' => {}
            octet => plain.push(octet),
        }
        i += 1;
    }
    Cow::Owned(match String::from_utf8(plain) {
        Ok(text) => text,
        Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
    })
}

/// The text of a comment, if there is any.
pub(crate) fn comment(inner: &[u8]) -> Option<Cow<'_, str>> {
    // Decode first: an encoded word in a comment holds no backslash that escapes anything (RFC 2047 5 (2)).
    let text = if memchr::memmem::find(inner, b"=?").is_some() { decode_text(inner) } else { unescape(inner) };
    let text = match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
        Cow::Owned(text) => Cow::Owned(String::from(text.trim())),
    };
    Some(text).filter(|text| !text.is_empty())
}

/// The addr-spec that the tokens spell, where its `@` is, and its length.
///
/// local-part = word *("." word), domain = atom *("." atom) / domain-literal (RFC 5322 3.4.1, 4.4). Without an `@` it
/// is a name of this host's, told with a defect.
pub(crate) fn addr_spec<'a>(
    text: &'a [u8],
    tokens: &[Token],
    start: usize,
    defects: &mut Vec<Defect>,
) -> Option<(Cow<'a, str>, usize, usize)> {
    let sign = tokens.iter().position(|token| token.kind == Kind::At);
    let (local, domain) = match sign {
        Some(sign) => (&tokens[..sign], &tokens[sign + 1..]),
        None => (tokens, &tokens[..0]),
    };
    let dots = words(local, &[Kind::Atom, Kind::Encoded, Kind::Quoted])?;
    let domain_ok = match (sign, domain) {
        (None, _) => true,
        (Some(_), [Token { kind: Kind::Literal, .. }]) => true,
        (Some(_), domain) => words(domain, &[Kind::Atom, Kind::Encoded]) == Some(Dots::Right),
    };
    if !domain_ok || local.iter().all(|token| token.kind == Kind::Dot) {
        return None;
    }
    // An encoded word here is an atom: what it would decode to is nobody's business, but it has to be one.
    let is_atom = |token: &Token| {
        token.kind != Kind::Encoded || token.octets(text).iter().all(|octet| is_atext(*octet) || *octet == b'.')
    };
    if !tokens.iter().all(is_atom) {
        return None;
    }
    if sign.is_none() {
        // Words with white space between them are no local part.
        if local.len() > 1 {
            return None;
        }
        defects.push(Defect::at(DefectKind::MissingDomain, start));
    } else if dots == Dots::Odd {
        defects.push(Defect::at(DefectKind::MisplacedDot, start));
    }
    let (first, last) = (tokens.first()?, tokens.last()?);
    let contiguous = tokens.iter().skip(1).all(|token| !token.spaced);
    let quoted = local.iter().any(|token| token.kind == Kind::Quoted);
    // Only a literal can hold a fold or another control here.
    let control = domain.iter().any(|token| token.octets(text).iter().any(u8::is_ascii_control));
    if contiguous && !quoted && !control {
        // As it stands.
        let at = sign.map_or(last.end, |sign| tokens[sign].start) - first.start;
        if let Ok(address) = core::str::from_utf8(&text[first.start..last.end]) {
            return Some((Cow::Borrowed(address), at, address.len()));
        }
        return None;
    }
    let mut plain = String::new();
    for token in local {
        match token.kind {
            Kind::Quoted => plain.push_str(&unquote(token.octets(text))),
            _ => plain.push_str(core::str::from_utf8(token.octets(text)).ok()?),
        }
    }
    // RFC 5321 4.1.2: quotes only where they are needed.
    let dot_atom = !plain.is_empty() && plain.split('.').all(|atom| !atom.is_empty() && atom.bytes().all(is_atext));
    let mut address = String::with_capacity(plain.len() + 16);
    if dot_atom || (!quoted && dots == Dots::Odd) {
        address.push_str(&plain);
    } else {
        if plain.chars().any(char::is_control) {
            return None;
        }
        address.push('"');
        for character in plain.chars() {
            if matches!(character, '"' | '\\') {
                address.push('\\');
            }
            address.push(character);
        }
        address.push('"');
    }
    let at = address.len();
    if sign.is_some() {
        address.push('@');
        for token in domain {
            address.push_str(&unfolded(core::str::from_utf8(token.octets(text)).ok()?)?);
        }
    }
    let len = address.len();
    Some((Cow::Owned(address), at, len))
}

/// A domain without its folds (RFC 5322 3.2.2: CRLF and the white space behind it). `None` where another control is left:
/// an address never holds one, or it could end the line that it is written into.
fn unfolded(domain: &str) -> Option<Cow<'_, str>> {
    if !domain.bytes().any(|octet| octet.is_ascii_control()) {
        return Some(Cow::Borrowed(domain));
    }
    let mut plain = String::with_capacity(domain.len());
    for (index, line) in domain.split("\r\n").enumerate() {
        if index > 0 && !line.starts_with([' ', '\t']) {
            return None;
        }
        plain.push_str(if index > 0 { line.trim_start_matches([' ', '\t']) } else { line });
    }
    (!plain.bytes().any(|octet| octet.is_ascii_control())).then_some(Cow::Owned(plain))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Dots {
    Right,
    Odd,
}

/// Are the tokens words with dots between them? `None` where something else is among them, or two words touch.
fn words(tokens: &[Token], allowed: &[Kind]) -> Option<Dots> {
    let mut dots = Dots::Right;
    let mut after_word = false;
    for token in tokens {
        match token.kind {
            Kind::Dot => {
                if !after_word {
                    dots = Dots::Odd;
                }
                after_word = false;
            }
            kind if allowed.contains(&kind) => {
                if after_word {
                    return None;
                }
                after_word = true;
            }
            _ => return None,
        }
    }
    Some(if after_word { dots } else { Dots::Odd })
}
