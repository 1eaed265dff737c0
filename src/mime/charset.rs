//! From octets of a named charset to text.
//!
//! The tables are `encoding_rs`'s (the WHATWG Encoding Standard, so `iso-8859-1` means windows-1252), with the labels that
//! mail uses beside them, and UTF-7 (RFC 2152), which the web gave up and old mail still has. The byte order mark of UTF-16
//! counts, whichever order the label has (RFC 2781 4.3).

use alloc::borrow::Cow;
use alloc::string::{String, ToString};
use encoding_rs::{DecoderResult, Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// A charset that can be decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Charset {
    /// UTF-7.
    Utf7,
    /// One that `encoding_rs` has.
    Of(&'static Encoding),
}

impl Charset {
    /// UTF-8.
    pub const UTF_8: Self = Self::Of(UTF_8);

    /// The charset of a label in any case; `None` where it is not known.
    pub fn named(label: &[u8]) -> Option<Self> {
        let label = label.trim_ascii();
        // What most of mail says; the table of all labels takes longer.
        match label.len() {
            5 if label.eq_ignore_ascii_case(b"utf-8") => return Some(Self::UTF_8),
            10 if label.eq_ignore_ascii_case(b"iso-8859-1") => return Some(Self::Of(WINDOWS_1252)),
            12 if label.eq_ignore_ascii_case(b"windows-1252") => return Some(Self::Of(WINDOWS_1252)),
            _ => {}
        }
        if let Some(encoding) = Encoding::for_label_no_replacement(label) {
            return Some(Self::Of(encoding));
        }
        let mut folded = [0; 24];
        let folded = folded.get_mut(..label.len())?;
        folded.copy_from_slice(label);
        folded.make_ascii_lowercase();
        // Names of IANA's registry and of Windows code pages that the web does not use.
        let other: &[u8] = match &*folded {
            b"utf-7" | b"utf7" | b"unicode-1-1-utf-7" | b"csunicode11utf7" | b"csutf7" => return Some(Self::Utf7),
            b"cp932" | b"ms_kanji" => b"shift_jis",
            b"cp936" | b"ms936" => b"gbk",
            b"cp949" | b"ms949" | b"ks_c_5601" => b"euc-kr",
            b"cp950" => b"big5",
            b"cp874" => b"windows-874",
            b"cp1254" | b"cp1255" | b"cp1256" | b"cp1257" | b"cp1258" => label,
            b"us-ascii" | b"ascii7" | b"646" | b"iso646-us" => b"us-ascii",
            b"iso-8859-15-euro" | b"latin9" | b"latin-9" => b"iso-8859-15",
            b"latin-1" => b"latin1",
            b"utf_8" | b"utf-8-sig" | b"utf8mb4" => b"utf-8",
            b"koi8u" => b"koi8-u",
            b"koi8r" => b"koi8-r",
            b"eucjp" | b"euc_jp" => b"euc-jp",
            b"jis" | b"iso-2022-jp-1" | b"iso-2022-jp-2" | b"iso-2022-jp-3" => b"iso-2022-jp",
            _ => return None,
        };
        Encoding::for_label_no_replacement(other).map(Self::Of)
    }

    /// The charset's name as the standards have it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Utf7 => "UTF-7",
            Self::Of(encoding) => encoding.name(),
        }
    }

    /// The text of `octets`. The second value tells where octets stood that the charset does not have; they read as
    /// U+FFFD.
    pub fn decode(self, octets: &[u8]) -> (Cow<'_, str>, Option<usize>) {
        match self {
            Self::Utf7 => {
                let (text, bad) = utf7(octets);
                (Cow::Owned(text), bad)
            }
            Self::Of(encoding) if encoding == UTF_8 => utf8(octets),
            Self::Of(encoding) if encoding == WINDOWS_1252 => (windows_1252(octets), None),
            Self::Of(encoding) => {
                let whole = octets.len();
                let (encoding, octets) = by_mark(encoding, octets);
                let mark = whole - octets.len();
                let (text, bad) = encoding.decode_without_bom_handling(octets);
                (text, bad.then(|| mark + first_bad(encoding, octets)))
            }
        }
    }
}

/// The text of octets whose charset nobody named, or nobody knows: UTF-8 where they are that, windows-1252 where not.
pub(crate) fn guess(octets: &[u8]) -> Cow<'_, str> {
    match core::str::from_utf8(octets) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => windows_1252(octets),
    }
}

/// windows-1252, which has a character for every octet. Words of a header are short, and getting a decoder ready takes
/// longer than reading them.
pub(crate) fn windows_1252(octets: &[u8]) -> Cow<'_, str> {
    // 0x80 to 0x9f; what Windows left out are the controls of ISO 8859-1. From there on, octets are code points.
    const HIGH: [char; 32] = [
        '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', '\u{90}', '‘',
        '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
    ];
    if octets.len() > SHORT {
        return WINDOWS_1252.decode_without_bom_handling(octets).0;
    }
    let (mut text, mut rest) = (String::new(), octets);
    loop {
        let ascii = rest.iter().position(|octet| !octet.is_ascii()).unwrap_or(rest.len());
        let (run, behind) = rest.split_at(ascii);
        let run = core::str::from_utf8(run).unwrap_or_default();
        let Some((octet, behind)) = behind.split_first() else {
            if text.is_empty() {
                return Cow::Borrowed(run);
            }
            text.push_str(run);
            return Cow::Owned(text);
        };
        if text.is_empty() {
            text.reserve(octets.len() + octets.len() / 2 + 4);
        }
        text.push_str(run);
        text.push(HIGH.get(usize::from(*octet & 0x7f)).copied().unwrap_or(char::from(*octet)));
        rest = behind;
    }
}

/// Up to so many octets, `encoding_rs` takes longer to begin than to read them.
const SHORT: usize = 128;

/// UTF-8, with where it first is not.
pub(crate) fn utf8(octets: &[u8]) -> (Cow<'_, str>, Option<usize>) {
    match core::str::from_utf8(octets) {
        Ok(text) => (Cow::Borrowed(text), None),
        Err(error) => (String::from_utf8_lossy(octets), Some(error.valid_up_to())),
    }
}

/// UTF-16 says its byte order itself, by a mark that is no text (RFC 2781 4.3); without one, the label's order holds.
fn by_mark<'o>(encoding: &'static Encoding, octets: &'o [u8]) -> (&'static Encoding, &'o [u8]) {
    match (Encoding::for_bom(octets), encoding == UTF_16LE || encoding == UTF_16BE) {
        (Some((marked, len)), true) if marked != UTF_8 => (marked, &octets[len..]),
        _ => (encoding, octets),
    }
}

fn first_bad(encoding: &'static Encoding, octets: &[u8]) -> usize {
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let mut text = String::with_capacity(decoder.max_utf8_buffer_length_without_replacement(octets.len()).unwrap_or(0));
    match decoder.decode_to_string_without_replacement(octets, &mut text, true) {
        (DecoderResult::Malformed(length, before), read) => {
            read.saturating_sub(usize::from(length) + usize::from(before))
        }
        (_, read) => read,
    }
}

fn utf7(octets: &[u8]) -> (String, Option<usize>) {
    let mut text = String::with_capacity(octets.len());
    let mut machine = Utf7::default();
    machine.feed(octets, &mut text);
    machine.finish(&mut text);
    (text, machine.bad)
}

/// RFC 2152: `+` begins a run of base64 of UTF-16, and `-` or any octet outside the alphabet ends it.
#[derive(Debug, Default)]
struct Utf7 {
    /// Within a run: no sextet yet, or some.
    run: Option<bool>,
    bits: u32,
    held: u32,
    high: Option<u16>,
    read: usize,
    bad: Option<usize>,
}

impl Utf7 {
    fn feed(&mut self, octets: &[u8], text: &mut String) {
        crate::work::add(octets.len());
        let mut rest = octets;
        while let Some((&octet, behind)) = rest.split_first() {
            rest = behind;
            if self.run.is_none() {
                self.direct(octet, text);
                if self.run.is_none() {
                    // ASCII up to the next run, at once.
                    let run = rest.iter().position(|octet| *octet == b'+' || !octet.is_ascii()).unwrap_or(rest.len());
                    text.push_str(core::str::from_utf8(&rest[..run]).unwrap_or_default());
                    rest = &rest[run..];
                    self.read += run;
                }
                self.read += 1;
                continue;
            }
            match (self.run, sextet(octet)) {
                (Some(_), Some(sextet)) => {
                    self.run = Some(true);
                    self.bits = self.bits << 6 | sextet;
                    self.held += 6;
                    if self.held >= 16 {
                        self.held -= 16;
                        self.unit((self.bits >> self.held) as u16, text);
                    }
                }
                (Some(some), None) => {
                    self.end_run(text);
                    match octet {
                        b'-' if some => {}
                        b'-' => text.push('+'),
                        _ => {
                            if !some {
                                self.replace(text);
                            }
                            self.direct(octet, text);
                        }
                    }
                }
                (None, _) => self.direct(octet, text),
            }
            self.read += 1;
        }
    }

    fn direct(&mut self, octet: u8, text: &mut String) {
        match octet {
            b'+' => (self.run, self.bits, self.held) = (Some(false), 0, 0),
            0..=0x7f => text.push(char::from(octet)),
            _ => self.replace(text),
        }
    }

    fn unit(&mut self, unit: u16, text: &mut String) {
        match (self.high.take(), unit) {
            (Some(high), 0xdc00..=0xdfff) => {
                let code = 0x1_0000 + ((u32::from(high) - 0xd800) << 10) + (u32::from(unit) - 0xdc00);
                text.push(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
                return;
            }
            (Some(_), _) => self.replace(text),
            (None, _) => {}
        }
        match unit {
            0xd800..=0xdbff => self.high = Some(unit),
            unit => match char::from_u32(u32::from(unit)) {
                Some(character) => text.push(character),
                None => self.replace(text),
            },
        }
    }

    fn end_run(&mut self, text: &mut String) {
        self.run = None;
        if self.high.take().is_some() {
            self.replace(text);
        }
    }

    fn finish(&mut self, text: &mut String) {
        if self.run == Some(false) {
            self.replace(text);
        }
        self.end_run(text);
    }

    fn replace(&mut self, text: &mut String) {
        self.bad = self.bad.or(Some(self.read));
        text.push(char::REPLACEMENT_CHARACTER);
    }
}

fn sextet(octet: u8) -> Option<u32> {
    Some(u32::from(match octet {
        b'A'..=b'Z' => octet - b'A',
        b'a'..=b'z' => octet - b'a' + 26,
        b'0'..=b'9' => octet - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    }))
}

/// Decodes text that comes in pieces, across characters that are cut.
///
/// ```
/// use plainwire::mime::{Charset, TextDecoder};
///
/// let mut decoder = TextDecoder::new(Charset::named(b"utf-8"));
/// let mut text = String::new();
/// decoder.decode(b"caf\xc3", &mut text);
/// decoder.decode(b"\xa9", &mut text);
/// assert!(decoder.finish(&mut text));
/// assert_eq!(text, "café");
/// ```
pub struct TextDecoder {
    how: Piecewise,
    clean: bool,
}

enum Piecewise {
    Of(encoding_rs::Decoder),
    /// Before the first two octets are known: the one that came.
    Utf16(&'static Encoding, Option<u8>),
    Utf7(Utf7),
}

impl TextDecoder {
    /// A decoder of the charset; of UTF-8 where there is none.
    pub fn new(charset: Option<Charset>) -> Self {
        let how = match charset.unwrap_or(Charset::UTF_8) {
            // The byte order of UTF-16 is its mark's; a mark of UTF-8 is as odd there as in any other charset.
            Charset::Of(encoding) if encoding == UTF_16LE || encoding == UTF_16BE => Piecewise::Utf16(encoding, None),
            Charset::Of(encoding) => Piecewise::Of(encoding.new_decoder_without_bom_handling()),
            Charset::Utf7 => Piecewise::Utf7(Utf7::default()),
        };
        Self { how, clean: true }
    }

    /// Appends the text of the next octets.
    pub fn decode(&mut self, octets: &[u8], text: &mut String) {
        self.feed(octets, text, false);
    }

    /// There are no more octets. Returns whether all of them were of the charset.
    pub fn finish(mut self, text: &mut String) -> bool {
        self.feed(&[], text, true);
        self.clean
    }

    fn feed(&mut self, octets: &[u8], text: &mut String, last: bool) {
        if let Piecewise::Utf16(encoding, first) = &mut self.how {
            let (first, second, rest) = match (*first, octets) {
                (None, [first, second, rest @ ..]) => (*first, *second, rest),
                (Some(first), [second, rest @ ..]) => (first, *second, rest),
                (None, [only]) if !last => {
                    *first = Some(*only);
                    return;
                }
                (None, []) => return,
                (held, rest) if last => {
                    let decoder = encoding.new_decoder_without_bom_handling();
                    let held = held.or(rest.first().copied());
                    self.how = Piecewise::Of(decoder);
                    return self.feed(held.as_slice(), text, true);
                }
                _ => return,
            };
            let mark = [first, second];
            let (encoding, octets) = by_mark(encoding, &mark);
            self.how = Piecewise::Of(encoding.new_decoder_without_bom_handling());
            self.feed(octets, text, false);
            return self.feed(rest, text, last);
        }
        match &mut self.how {
            // Told above.
            Piecewise::Utf16(..) => {}
            Piecewise::Of(decoder) => {
                // A length that does not fit in memory can't be that of a slice.
                text.reserve(decoder.max_utf8_buffer_length(octets.len()).unwrap_or(0));
                let (_, _, bad) = decoder.decode_to_string(octets, text, last);
                self.clean &= !bad;
            }
            Piecewise::Utf7(machine) => {
                machine.feed(octets, text);
                if last {
                    machine.finish(text);
                }
                self.clean &= machine.bad.is_none();
            }
        }
    }
}

impl core::fmt::Debug for TextDecoder {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let charset = match &self.how {
            Piecewise::Of(decoder) => decoder.encoding().name().to_string(),
            Piecewise::Utf16(encoding, _) => encoding.name().to_string(),
            Piecewise::Utf7(_) => "UTF-7".to_string(),
        };
        f.debug_struct("TextDecoder").field("charset", &charset).field("clean", &self.clean).finish()
    }
}
