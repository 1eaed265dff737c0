//! Parameters of structured fields (RFC 2045 5.1), with the continuations, charsets and languages of RFC 2231, and the
//! forms that senders use instead: raw UTF-8, encoded words, missing quotes.

use super::charset::{Charset, guess};
use super::defect::{Defect, DefectKind};
use super::word::{decode_text, hex};
use crate::syntax::token::{is_mime_token, quoted_end, run, skip_cfws};
use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use wide::u8x16;

mod quick;

pub(crate) use self::quick::{Quick, quick, quick_octets, quick_whole};
#[cfg(test)]
pub(crate) use self::quick::{is_name, walked};

/// The parameters of a field, in the order of their first appearance.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parameters<'a> {
    list: Vec<(Cow<'a, str>, Cow<'a, str>)>,
}

impl<'a> Parameters<'a> {
    /// The value of the parameter `name` (in any case), decoded.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.list.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| &**value)
    }

    /// All of them, as (name, value): names without `*`, values put together and decoded.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.list.iter().map(|(name, value)| (&**name, &**value))
    }

    /// Are there none?
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The same, borrowing nothing.
    pub fn into_owned(self) -> Parameters<'static> {
        let own = |text: Cow<'a, str>| Cow::Owned(text.into_owned());
        Parameters { list: self.list.into_iter().map(|(name, value)| (own(name), own(value))).collect() }
    }

    /// Reads `;name=value…` at `at`.
    pub(crate) fn read(text: &'a [u8], at: usize, limit: usize, defects: &mut Vec<Defect>) -> Self {
        let mut reader = Reader { text, at, defects, sections: Vec::new() };
        reader.sections(limit);
        let sections = core::mem::take(&mut reader.sections);
        Self { list: reader.join(sections) }
    }
}

/// One `name*0*=value` as it was written.
struct Section<'a> {
    name: &'a [u8],
    /// `*0`, `*1` …
    number: Option<u16>,
    /// `*`: percent-encoded, and in section 0 with the charset before it.
    extended: bool,
    value: Cow<'a, [u8]>,
    start: usize,
}

struct Reader<'a, 'd> {
    text: &'a [u8],
    at: usize,
    defects: &'d mut Vec<Defect>,
    sections: Vec<Section<'a>>,
}

impl<'a> Reader<'a, '_> {
    fn defect(&mut self, kind: DefectKind, at: usize) {
        self.defects.push(Defect::at(kind, at));
    }

    fn white(&mut self) {
        let skipped = skip_cfws(self.text, self.at);
        if let Some(broken) = skipped.broken {
            self.defect(DefectKind::Unclosed, broken);
        }
        self.at = skipped.end;
    }

    /// To the next semicolon that is in no quoted string.
    fn skip(&mut self) {
        while let Some(&octet) = self.text.get(self.at) {
            match octet {
                b';' => return,
                b'"' => self.at = quoted_end(self.text, self.at).unwrap_or(self.text.len()),
                _ => self.at += 1,
            }
        }
    }

    fn sections(&mut self, limit: usize) {
        loop {
            self.white();
            match self.text.get(self.at) {
                None => return,
                Some(b';') => self.at += 1,
                Some(_) => {
                    self.defect(DefectKind::InvalidParameter, self.at);
                    self.skip();
                    continue;
                }
            }
            self.white();
            let start = self.at;
            if matches!(self.text.get(start), None | Some(b';')) {
                continue;
            }
            if self.sections.len() >= limit {
                self.defect(DefectKind::ParameterLimit, start);
                self.at = self.text.len();
                return;
            }
            let end = run(self.text, start, is_mime_token);
            let name = &self.text[start..end];
            self.at = end;
            self.white();
            if name.is_empty() || self.text.get(self.at) != Some(&b'=') {
                self.defect(DefectKind::InvalidParameter, start);
                self.skip();
                continue;
            }
            self.at += 1;
            self.white();
            let value = self.value();
            let Some((name, number, extended)) = split_name(name) else {
                self.defect(DefectKind::InvalidParameter, start);
                continue;
            };
            let twice = |other: &Section<'_>| {
                other.name.eq_ignore_ascii_case(name)
                    && other.number == number
                    && (number.is_some() || other.extended == extended)
            };
            if self.sections.iter().any(twice) {
                self.defect(DefectKind::DuplicateParameter, start);
            } else {
                self.sections.push(Section { name, number, extended, value, start });
            }
        }
    }

    /// A token, a quoted string, or what a sender wrote without the quotes that it needs.
    fn value(&mut self) -> Cow<'a, [u8]> {
        let start = self.at;
        if self.text.get(start) == Some(&b'"') {
            let Some(end) = quoted_end(self.text, start) else {
                self.defect(DefectKind::Unclosed, start);
                self.at = self.text.len();
                return unescaped(self.text[start + 1..].trim_ascii_end());
            };
            self.at = end;
            return unescaped(&self.text[start + 1..end - 1]);
        }
        let end = run(self.text, start, is_mime_token);
        self.at = end;
        self.white();
        if end > start && matches!(self.text.get(self.at), None | Some(b';')) {
            return Cow::Borrowed(&self.text[start..end]);
        }
        self.at = memchr::memchr(b';', &self.text[start..]).map_or(self.text.len(), |at| start + at);
        self.defect(DefectKind::UnquotedParameter, start);
        unescaped(self.text[start..self.at].trim_ascii())
    }

    /// Puts the sections of each name together and decodes them.
    fn join(&mut self, sections: Vec<Section<'a>>) -> Vec<(Cow<'a, str>, Cow<'a, str>)> {
        // Without sections and charsets, each is a parameter: a second one of a name was left out already.
        if sections.iter().all(|section| section.number.is_none() && !section.extended) {
            return sections.iter().map(|section| (lower(section.name), self.plain(&[section]))).collect();
        }
        let mut list: Vec<(Cow<'a, str>, Cow<'a, str>)> = Vec::with_capacity(sections.len());
        for section in &sections {
            let done = list.iter().any(|(name, _)| name.as_bytes().eq_ignore_ascii_case(section.name));
            if done {
                continue;
            }
            let mut same: Vec<&Section<'a>> =
                sections.iter().filter(|other| other.name.eq_ignore_ascii_case(section.name)).collect();
            let value = if let Some(whole) = same.iter().find(|other| other.number.is_none() && other.extended) {
                // The extended form is the better one (RFC 2231 4; RFC 6266 4.3 for the rule).
                self.decode(&[*whole])
            } else if same.iter().any(|other| other.number == Some(0)) {
                same.retain(|other| other.number.is_some());
                same.sort_by_key(|other| other.number);
                let run = same.iter().zip(0..).take_while(|(other, number)| other.number == Some(*number)).count();
                if let Some(beyond) = same.get(run) {
                    self.defect(DefectKind::InvalidParameter, beyond.start);
                }
                self.decode(&same[..run])
            } else if let Some(plain) = same.iter().find(|other| other.number.is_none()) {
                self.decode(&[*plain])
            } else {
                self.defect(DefectKind::InvalidParameter, section.start);
                continue;
            };
            list.push((lower(section.name), value));
        }
        list
    }

    fn decode(&mut self, sections: &[&Section<'a>]) -> Cow<'a, str> {
        let (Some(first), true) = (sections.first(), sections.iter().any(|section| section.extended)) else {
            return self.plain(sections);
        };
        let mut octets = Vec::new();
        let mut charset = None;
        let mut told = false;
        for section in sections {
            let mut value = &*section.value;
            if section.extended && !core::mem::replace(&mut told, true) {
                // charset'language'value
                let mut pieces = value.splitn(3, |octet| *octet == b'\'');
                let pieces = (pieces.next(), pieces.next(), pieces.next());
                if let (Some(label), Some(_language), Some(rest)) = pieces
                    && (section.start == first.start || Charset::named(label).is_some())
                {
                    charset = Charset::named(label);
                    if charset.is_none() && !label.is_empty() {
                        self.defect(DefectKind::UnknownCharset, section.start);
                    }
                    if section.start != first.start {
                        // It belongs to the front of the first section (RFC 2231 4.1), and no value has a bare `'`.
                        self.defect(DefectKind::InvalidParameter, section.start);
                    }
                    value = rest;
                } else if section.start == first.start {
                    self.defect(DefectKind::InvalidParameter, section.start);
                }
            }
            if !section.extended {
                octets.extend_from_slice(value);
            } else if !percent(value, &mut octets) {
                self.defect(DefectKind::InvalidParameter, section.start);
            }
        }
        let Some(charset) = charset else { return Cow::Owned(guess(&octets).into_owned()) };
        let (text, bad) = charset.decode(&octets);
        if bad.is_some() {
            self.defect(DefectKind::InvalidCharset, first.start);
        }
        Cow::Owned(text.into_owned())
    }

    fn plain(&mut self, sections: &[&Section<'a>]) -> Cow<'a, str> {
        let joined = match sections {
            [] => return Cow::Borrowed(""),
            [only] => only.value.clone(),
            all => Cow::Owned(all.iter().flat_map(|section| section.value.iter().copied()).collect()),
        };
        let start = sections[0].start;
        // Names of files alone: a boundary that looks like an encoded word is a boundary.
        let file = [&b"filename"[..], b"name"].iter().any(|name| sections[0].name.eq_ignore_ascii_case(name));
        if file && memchr::memmem::find(&joined, b"=?").is_some() {
            let text = decode_text(&joined);
            if text.as_bytes() != &*joined {
                self.defect(DefectKind::EncodedWordInParameter, start);
                return Cow::Owned(text.into_owned());
            }
        }
        if core::str::from_utf8(&joined).is_err() {
            self.defect(DefectKind::NotUtf8, start);
        }
        match joined {
            Cow::Borrowed(octets) => guess(octets),
            Cow::Owned(octets) => Cow::Owned(guess(&octets).into_owned()),
        }
    }
}

/// Text with its quoted pairs and folds undone, as octets.
fn unescaped(inner: &[u8]) -> Cow<'_, [u8]> {
    if memchr::memchr2(b'\\', b'\n', inner).is_none() {
        return Cow::Borrowed(inner);
    }
    let mut plain = Vec::with_capacity(inner.len());
    let mut i = 0;
    while i < inner.len() {
        match (inner[i], inner.get(i + 1)) {
            (b'\\', Some(next)) => {
                plain.push(*next);
                i += 1;
            }
            (b'\r', Some(b'\n')) | (b'\n', _) => {}
            (octet, _) => plain.push(octet),
        }
        i += 1;
    }
    Cow::Owned(plain)
}

fn split_name(name: &[u8]) -> Option<(&[u8], Option<u16>, bool)> {
    let Some(star) = memchr::memchr(b'*', name) else { return Some((name, None, false)) };
    let (base, rest) = (&name[..star], &name[star + 1..]);
    let (digits, extended) = match rest.strip_suffix(b"*") {
        Some(digits) => (digits, true),
        None => (rest, rest.is_empty()),
    };
    if base.is_empty() {
        return None;
    }
    if digits.is_empty() {
        return rest.is_empty().then_some((base, None, true));
    }
    // RFC 2231 3: decimal, without leading zeros. More sections than this nobody needs.
    let plain = digits.len() <= 3 && digits.iter().all(u8::is_ascii_digit) && (digits == b"0" || digits[0] != b'0');
    let number =
        digits.iter().fold(0, |number: u16, digit| number.wrapping_mul(10).wrapping_add(u16::from(digit & 15)));
    plain.then_some((base, Some(number), extended))
}

/// Undoes percent-encoding; a broken escape stays as it is and makes it `false`.
fn percent(value: &[u8], into: &mut Vec<u8>) -> bool {
    let mut whole = true;
    let mut i = 0;
    while i < value.len() {
        let pair = value.get(i + 1..i + 3).and_then(|pair| Some(hex(pair[0])? << 4 | hex(pair[1])?));
        match (value[i], pair) {
            (b'%', Some(octet)) => {
                into.push(octet);
                i += 2;
            }
            (octet, _) => {
                whole &= octet != b'%';
                into.push(octet);
            }
        }
        i += 1;
    }
    whole
}

/// A token in lower case.
pub(crate) fn lower(token: &[u8]) -> Cow<'_, str> {
    match core::str::from_utf8(token) {
        Ok(text) if token.iter().fold(false, |any, octet| any | octet.is_ascii_uppercase()) => {
            Cow::Owned(text.to_ascii_lowercase())
        }
        Ok(text) => Cow::Borrowed(text),
        _ => Cow::Owned(String::from_utf8_lossy(token).to_ascii_lowercase()),
    }
}

/// Type and subtype of a body (RFC 2045 5.1): what a [`ContentType`] says before its parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MediaType<'a> {
    essence: Cow<'a, str>,
    slash: usize,
}

impl<'a> MediaType<'a> {
    pub(crate) const fn plain_text() -> Self {
        Self { essence: Cow::Borrowed("text/plain"), slash: 4 }
    }

    pub(crate) const fn message() -> Self {
        Self { essence: Cow::Borrowed("message/rfc822"), slash: 7 }
    }

    /// Reads the front of a Content-Type field, and nothing behind the subtype. `None` where there is no type and
    /// subtype.
    pub fn parse(value: &'a [u8]) -> Option<Self> {
        Self::read(value, behind_white(value)).map(|(media_type, _)| media_type)
    }

    /// What stands at `start`, and where it ends.
    fn read(value: &'a [u8], start: usize) -> Option<(Self, usize)> {
        if is_plain(value, start) {
            return Some((Self::plain_text(), start + PLAIN.len()));
        }
        let (kind, subtype, end) = essence(value, start)?;
        let slash = kind.len();
        let essence = if kind.end + 1 == subtype.start {
            lower(&value[kind.start..subtype.end])
        } else {
            Cow::Owned(alloc::format!("{}/{}", lower(&value[kind]), lower(&value[subtype])))
        };
        Some((Self { essence, slash }, end))
    }

    /// Both in lower case: `text/plain`.
    pub fn essence(&self) -> &str {
        &self.essence
    }

    /// The type before the slash, in lower case.
    pub fn kind(&self) -> &str {
        &self.essence[..self.slash]
    }

    /// The subtype behind the slash, in lower case.
    pub fn subtype(&self) -> &str {
        &self.essence[self.slash + 1..]
    }

    /// The same, borrowing nothing.
    pub fn into_owned(self) -> MediaType<'static> {
        MediaType { essence: Cow::Owned(self.essence.into_owned()), slash: self.slash }
    }
}

/// As a field says it: `text/plain`.
impl fmt::Display for MediaType<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.essence)
    }
}

const PLAIN: &[u8; 10] = b"text/plain";

/// Does just this stand there, as in most of mail?
#[inline]
pub(crate) fn is_plain(value: &[u8], start: usize) -> bool {
    value[start..].first_chunk() == Some(PLAIN)
        && value.get(start + PLAIN.len()).is_none_or(|octet| !is_mime_token(*octet))
}

/// Behind the white space and the comments at the front.
#[inline]
pub(crate) fn behind_white(value: &[u8]) -> usize {
    match value {
        [b' ', octet, ..] if is_mime_token(*octet) => 1,
        value => skip_cfws(value, 0).end,
    }
}

/// A Content-Type: what a body is (RFC 2045 5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContentType<'a> {
    media_type: MediaType<'a>,
    parameters: Parameters<'a>,
}

impl<'a> ContentType<'a> {
    /// What a body is where nothing says it: `text/plain` (RFC 2045 5.2).
    pub const fn plain_text() -> Self {
        Self::of(MediaType::plain_text())
    }

    /// A type without parameters.
    pub(crate) const fn of(media_type: MediaType<'static>) -> Self {
        Self { media_type, parameters: Parameters { list: Vec::new() } }
    }

    /// Reads the value of the field. `None` where it has no type and subtype; then the body is `text/plain`.
    pub fn parse(value: &'a [u8]) -> Option<Self> {
        Self::parse_with(value, super::Limits::default().parameters, &mut Vec::new())
    }

    /// As [`parse`](Self::parse), with a limit on the parameters, and the defects noted.
    pub fn parse_with(value: &'a [u8], parameters: usize, defects: &mut Vec<Defect>) -> Option<Self> {
        crate::work::add(value.len());
        let start = behind_white(value);
        let Some((media_type, end)) = MediaType::read(value, start) else {
            defects.push(Defect::at(DefectKind::InvalidContentType, start));
            return None;
        };
        Some(Self { media_type, parameters: Parameters::read(value, end, parameters, defects) })
    }

    /// Type and subtype.
    pub const fn media_type(&self) -> &MediaType<'a> {
        &self.media_type
    }

    /// Type and subtype in lower case: `text/plain`.
    pub fn essence(&self) -> &str {
        self.media_type.essence()
    }

    /// The type before the slash, in lower case.
    pub fn kind(&self) -> &str {
        self.media_type.kind()
    }

    /// The subtype behind the slash, in lower case.
    pub fn subtype(&self) -> &str {
        self.media_type.subtype()
    }

    /// Its parameters.
    pub fn parameters(&self) -> &Parameters<'a> {
        &self.parameters
    }

    /// The value of one parameter, without reading the others where that is enough.
    pub(crate) fn parameter_of(value: &'a [u8], name: &str, limit: usize) -> Option<Cow<'a, str>> {
        if !quick::may_name(value, name) {
            return None;
        }
        match quick(value, name, limit) {
            Quick::Value(text) => Some(Cow::Borrowed(text)),
            Quick::Absent => None,
            Quick::Unsure => closely(value, essence_end(value), name, limit),
        }
    }

    /// The charset parameter in the value of a field.
    pub(crate) fn charset_of(value: &'a [u8], limit: usize) -> Option<Cow<'a, [u8]>> {
        match quick_octets(value, quick::plain_end(value), "charset", limit) {
            Quick::Value(label) => Some(Cow::Borrowed(label)),
            Quick::Absent => None,
            Quick::Unsure => match closely(value, essence_end(value), "charset", limit)? {
                Cow::Borrowed(label) => Some(Cow::Borrowed(label.as_bytes())),
                Cow::Owned(label) => Some(Cow::Owned(label.into_bytes())),
            },
        }
    }

    /// The value of one parameter.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.value(name)
    }

    /// The charset parameter.
    pub fn charset(&self) -> Option<&str> {
        self.parameter("charset")
    }

    /// The same, borrowing nothing.
    pub fn into_owned(self) -> ContentType<'static> {
        ContentType { media_type: self.media_type.into_owned(), parameters: self.parameters.into_owned() }
    }
}

/// One parameter, of all those behind `at`: also of a field whose type or disposition can't be read, as [`quick`] has it.
pub(crate) fn closely(value: &[u8], at: usize, name: &str, limit: usize) -> Option<Cow<'static, str>> {
    crate::work::add(value.len());
    let parameters = Parameters::read(value, at, limit, &mut Vec::new());
    parameters.value(name).map(|text| Cow::Owned(String::from(text)))
}

/// Where a Content-Type's parameters begin, its type being right or not.
pub(crate) fn essence_end(value: &[u8]) -> usize {
    match essence(value, skip_cfws(value, 0).end) {
        Some((_, _, end)) => end,
        None => memchr::memchr(b';', value).unwrap_or(value.len()),
    }
}

/// Where the token at `at` ends. Types are words, of which sixteen letters are looked at together.
#[inline]
pub(crate) fn token_end(value: &[u8], mut at: usize) -> usize {
    if let Some(block) = value.get(at..).and_then(|value| value.first_chunk::<16>()) {
        let from = (u8x16::new(*block) | u8x16::splat(0x20)) - u8x16::splat(b'a');
        let letters = from.min(u8x16::splat(25)).simd_eq(from).to_bitmask();
        at += letters.trailing_ones() as usize;
    }
    run(value, at, is_mime_token)
}

/// Where type and subtype are, and what follows them.
pub(crate) fn essence(value: &[u8], start: usize) -> Option<(core::ops::Range<usize>, core::ops::Range<usize>, usize)> {
    let kind = start..token_end(value, start);
    let slash = if value.get(kind.end) == Some(&b'/') { kind.end } else { skip_cfws(value, kind.end).end };
    if kind.is_empty() || value.get(slash) != Some(&b'/') {
        return None;
    }
    let from = match value.get(slash + 1) {
        Some(octet) if is_mime_token(*octet) => slash + 1,
        _ => skip_cfws(value, slash + 1).end,
    };
    let subtype = from..token_end(value, from);
    let end = subtype.end;
    (!subtype.is_empty()).then_some((kind, subtype, end))
}

/// A Content-Disposition: how a part wants to be shown (RFC 2183).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disposition<'a> {
    kind: Cow<'a, str>,
    parameters: Parameters<'a>,
}

impl<'a> Disposition<'a> {
    /// Reads the value of the field; `None` where it does not begin with a token.
    pub fn parse(value: &'a [u8]) -> Option<Self> {
        Self::parse_with(value, super::Limits::default().parameters, &mut Vec::new())
    }

    /// As [`parse`](Self::parse), with a limit on the parameters, and the defects noted.
    pub fn parse_with(value: &'a [u8], parameters: usize, defects: &mut Vec<Defect>) -> Option<Self> {
        crate::work::add(value.len());
        let start = skip_cfws(value, 0).end;
        let end = run(value, start, is_mime_token);
        if start == end {
            defects.push(Defect::at(DefectKind::InvalidParameter, start));
            return None;
        }
        let parameters = Parameters::read(value, end, parameters, defects);
        Some(Self { kind: lower(&value[start..end]), parameters })
    }

    /// Does the value of a field begin with `attachment`?
    pub(crate) fn is_attachment(value: &[u8]) -> bool {
        let start = behind_white(value);
        value[start..run(value, start, is_mime_token)].eq_ignore_ascii_case(b"attachment")
    }

    /// `inline`, `attachment` or another word, in lower case. What is unknown counts as an attachment (RFC 2183 2.8).
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// To be shown with the text, not offered beside it.
    pub fn is_inline(&self) -> bool {
        self.kind == "inline"
    }

    /// Its parameters.
    pub fn parameters(&self) -> &Parameters<'a> {
        &self.parameters
    }

    /// The file name in the value of a field, without reading more where that is enough.
    pub(crate) fn file_name_of(value: &'a [u8], limit: usize) -> Option<Cow<'a, str>> {
        match quick(value, "filename", limit) {
            Quick::Value(text) => Some(Cow::Borrowed(text)),
            Quick::Absent => None,
            Quick::Unsure => {
                let start = skip_cfws(value, 0).end;
                closely(value, run(value, start, is_mime_token), "filename", limit)
            }
        }
    }

    /// The name that the sender suggests for a file: never a path to be trusted; see
    /// [`safe_file_name`](super::safe_file_name).
    pub fn file_name(&self) -> Option<&str> {
        self.parameters.value("filename")
    }

    /// The same, borrowing nothing.
    pub fn into_owned(self) -> Disposition<'static> {
        Disposition { kind: Cow::Owned(self.kind.into_owned()), parameters: self.parameters.into_owned() }
    }
}
