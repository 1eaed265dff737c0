//! The charsets that escapes may be in, and what becomes of octets that are not of the charset.

use super::error::Unmappable;
use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

/// What becomes of octets that are no text in the charset, or of characters that the charset does not have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Errors {
    /// U+FFFD when reading, `?` when writing.
    #[default]
    Replace,
    /// An error.
    Strict,
    /// They are left out.
    Ignore,
    /// U+FFFD when reading, `&#8364;` when writing: what browsers do in forms of legacy charsets.
    CharacterReference,
}

/// A charset: UTF-8, ASCII and Latin-1 always, all of the Encoding Standard with the feature `charset`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Charset(Kind);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Kind {
    Utf8,
    Ascii,
    Latin1,
    #[cfg(feature = "charset")]
    Other(&'static encoding_rs::Encoding),
}

impl Default for Charset {
    fn default() -> Self {
        Self::UTF_8
    }
}

impl Charset {
    /// UTF-8, which is all that the URL Standard knows.
    pub const UTF_8: Self = Self(Kind::Utf8);
    /// US-ASCII: octets above 0x7F are errors. (The Encoding Standard's label `us-ascii` means windows-1252.)
    pub const ASCII: Self = Self(Kind::Ascii);
    /// ISO-8859-1, where every octet is the character of its number. (The Encoding Standard's label `latin1` means
    /// windows-1252.)
    pub const LATIN_1: Self = Self(Kind::Latin1);

    /// The charset of a label, as the Encoding Standard has it (4.2): case and surrounding whitespace don't matter.
    ///
    /// Without the feature `charset` only the labels of UTF-8 are known.
    ///
    /// ```
    /// use plainwire::query::Charset;
    /// assert_eq!(Charset::for_label("UTF8"), Some(Charset::UTF_8));
    /// assert_eq!(Charset::for_label("no such thing"), None);
    /// ```
    pub fn for_label(label: &str) -> Option<Self> {
        #[cfg(feature = "charset")]
        {
            let encoding = encoding_rs::Encoding::for_label(label.as_bytes())?;
            Some(Self(if encoding == encoding_rs::UTF_8 { Kind::Utf8 } else { Kind::Other(encoding) }))
        }
        #[cfg(not(feature = "charset"))]
        {
            const LABELS: [&str; 6] =
                ["unicode-1-1-utf-8", "unicode11utf8", "unicode20utf8", "utf-8", "utf8", "x-unicode20utf8"];
            let label = label.trim_matches(['\t', '\n', '\x0C', '\r', ' ']);
            LABELS.iter().any(|known| known.eq_ignore_ascii_case(label)).then_some(Self::UTF_8)
        }
    }

    /// The name by which the charset is known.
    pub fn name(&self) -> &'static str {
        match self.0 {
            Kind::Utf8 => "UTF-8",
            Kind::Ascii => "US-ASCII",
            Kind::Latin1 => "ISO-8859-1",
            #[cfg(feature = "charset")]
            Kind::Other(encoding) => encoding.name(),
        }
    }

    pub(super) const fn is_utf8(self) -> bool {
        matches!(self.0, Kind::Utf8)
    }

    /// Appends the text that `octets` are; `None` where they are none and errors are strict.
    pub(super) fn decode(self, octets: &[u8], errors: Errors, out: &mut String) -> Option<()> {
        match self.0 {
            Kind::Utf8 => {
                for chunk in octets.utf8_chunks() {
                    out.push_str(chunk.valid());
                    if !chunk.invalid().is_empty() {
                        refuse(errors, out)?;
                    }
                }
            }
            Kind::Ascii => {
                for octet in octets {
                    if octet.is_ascii() {
                        out.push(char::from(*octet));
                    } else {
                        refuse(errors, out)?;
                    }
                }
            }
            Kind::Latin1 => out.extend(octets.iter().copied().map(char::from)),
            #[cfg(feature = "charset")]
            Kind::Other(encoding) => return decode_other(encoding, octets, errors, out),
        }
        Some(())
    }

    /// The octets that `text` is in this charset.
    ///
    /// ```
    /// use plainwire::query::{Charset, Errors, quote_octets};
    /// let octets = Charset::LATIN_1.encode("Niño €", Errors::CharacterReference)?;
    /// assert_eq!(quote_octets(&octets, ""), "Ni%F1o%20%26%238364%3B");
    /// # Ok::<_, plainwire::query::Unmappable>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Unmappable`], where the charset does not have a character and errors are strict.
    pub fn encode(self, text: &str, errors: Errors) -> Result<Cow<'_, [u8]>, Unmappable> {
        if self.is_utf8() || text.is_ascii() && self.keeps_ascii() {
            return Ok(Cow::Borrowed(text.as_bytes()));
        }
        #[cfg(feature = "charset")]
        if let Kind::Other(encoding) = self.0 {
            return encode_other(encoding, text, errors).map(Cow::Owned);
        }
        let mut out = Vec::with_capacity(text.len());
        for (offset, character) in text.char_indices() {
            if self.encode_char(character, &mut out) {
                continue;
            }
            match errors {
                Errors::Strict => return Err(Unmappable { character, offset }),
                Errors::Ignore => {}
                Errors::Replace => out.push(b'?'),
                Errors::CharacterReference => out.extend_from_slice(reference(character).as_bytes()),
            }
        }
        Ok(Cow::Owned(out))
    }

    /// ASCII characters are the octets of their numbers.
    fn keeps_ascii(self) -> bool {
        match self.0 {
            Kind::Utf8 | Kind::Ascii | Kind::Latin1 => true,
            #[cfg(feature = "charset")]
            Kind::Other(encoding) => encoding.is_ascii_compatible(),
        }
    }

    /// Appends one character; `false` where the charset does not have it.
    fn encode_char(self, character: char, out: &mut Vec<u8>) -> bool {
        match self.0 {
            Kind::Utf8 => out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes()),
            Kind::Ascii if character.is_ascii() => out.push(character as u8),
            Kind::Latin1 if u32::from(character) < 0x100 => out.push(character as u8),
            _ => return false,
        }
        true
    }
}

/// What to do about octets that are no text.
fn refuse(errors: Errors, out: &mut String) -> Option<()> {
    match errors {
        Errors::Strict => return None,
        Errors::Ignore => {}
        Errors::Replace | Errors::CharacterReference => out.push(char::REPLACEMENT_CHARACTER),
    }
    Some(())
}

/// The character as HTML refers to it.
fn reference(character: char) -> String {
    alloc::format!("&#{};", u32::from(character))
}

/// A legacy encoding keeps its state over the whole text (ISO-2022-JP), so this goes run by run and not by character.
#[cfg(feature = "charset")]
fn encode_other(encoding: &'static encoding_rs::Encoding, text: &str, errors: Errors) -> Result<Vec<u8>, Unmappable> {
    use encoding_rs::EncoderResult;
    let mut encoder = encoding.new_encoder();
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    // What stands in for a character that there is not, before the rest goes on.
    let mut instead = String::new();
    loop {
        let (source, last) = if instead.is_empty() { (rest, true) } else { (instead.as_str(), false) };
        let room = encoder.max_buffer_length_from_utf8_without_replacement(source.len()).unwrap_or(source.len());
        out.reserve(room + 16);
        let (result, read) = encoder.encode_from_utf8_to_vec_without_replacement(source, &mut out, last);
        if last {
            rest = &rest[read..];
        } else {
            instead.drain(..read);
        }
        match result {
            EncoderResult::InputEmpty if last => return Ok(out),
            EncoderResult::InputEmpty | EncoderResult::OutputFull => {}
            EncoderResult::Unmappable(character) => match errors {
                Errors::Strict => {
                    // ISO-2022-JP calls U+FFFD what would be read as a change of its state: say what stands there.
                    let before = text[..text.len() - rest.len()].char_indices().next_back();
                    let (offset, character) = before.unwrap_or((0, character));
                    return Err(Unmappable { character, offset });
                }
                Errors::Ignore => {}
                Errors::Replace => instead.push('?'),
                Errors::CharacterReference => instead = reference(character),
            },
        }
    }
}

#[cfg(feature = "charset")]
fn decode_other(
    encoding: &'static encoding_rs::Encoding,
    octets: &[u8],
    errors: Errors,
    out: &mut String,
) -> Option<()> {
    use encoding_rs::DecoderResult;
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let mut rest = octets;
    loop {
        let room = decoder.max_utf8_buffer_length_without_replacement(rest.len()).unwrap_or(rest.len());
        out.reserve(room + 4);
        let (result, read) = decoder.decode_to_string_without_replacement(rest, out, true);
        rest = &rest[read..];
        match result {
            DecoderResult::InputEmpty => return Some(()),
            DecoderResult::OutputFull => {}
            DecoderResult::Malformed(..) => refuse(errors, out)?,
        }
    }
}
