//! What a chat line may hold: text that can't touch another person's terminal.
//!
//! A line is relayed to the terminals of strangers, byte for byte, so it is judged where it comes in, and what is refused
//! is refused as a whole; nothing is ever removed from a line and the rest let through. Refused are:
//!
//! | [`Unfit`] | code points | why |
//! |---|---|---|
//! | `NotUtf8` | anything that is not UTF-8 | each terminal would guess differently, some into control characters |
//! | `Control` | U+0000–001F, U+007F–009F | C0, DEL and C1: they end lines, move the cursor, and ESC (1B), CSI (9B), OSC (9D) begin every escape sequence, title change and clipboard write. TAB is among them: it moves the cursor |
//! | `LineSeparator` | U+2028, U+2029 | end a line wherever Unicode's rules are followed, so a second line could be forged |
//! | `Bidirectional` | U+202A–202E, U+2066–2069 | embeddings, overrides and isolates: they reorder what stands around them, names and the server's marks included (CVE-2021-42574) |
//! | `Invisible` | U+E0000–E0FFF | tags and the variation selectors beyond sixteen: whole hidden messages fit into them |
//! | | U+200B, U+2060–206F, U+FEFF, U+FFF0–FFFB, U+180E, U+1BCA0–1BCA3, U+1D173–1D17A | spaces without width, joiners and operators that show nothing, deprecated controls, the byte order mark, annotations |
//! | | U+115F, U+1160, U+3164, U+FFA0, U+17B4, U+17B5 | letters that show nothing: a line that looks empty |
//! | `Noncharacter` | U+FDD0–FDEF, U+xxFFFE, U+xxFFFF | "not intended for open interchange" (Unicode 23.7) |
//!
//! Allowed although they show nothing by themselves, because scripts and emoji are misspelled without them: ZWNJ and ZWJ
//! (U+200C, U+200D), the marks LRM, RLM and ALM (U+200E, U+200F, U+061C), which reorder nothing but what stands directly
//! beside them, variation selectors 1 to 16, the Mongolian ones, the grapheme joiner, the soft hyphen. Private-use
//! characters are allowed: fonts decide what they show. A text of nothing but these and of spaces, U+2800 and the no-break
//! and other spaces of Unicode among them, is *blank*: it is not relayed either, since nobody would see that it was said.
//!
//! What this can't prevent: a long line wraps, and where it wraps on another person's terminal is not known here, so a
//! program that shows lines to people indents what it wraps; and combining marks may be stacked.

use super::words::printable;
use crate::work;
use thiserror::Error;

/// Why a text is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
#[non_exhaustive]
pub enum Unfit {
    /// Octets that are not UTF-8.
    #[error("that is not UTF-8")]
    NotUtf8,
    /// A C0 or C1 control character, or DEL.
    #[error("control characters are not relayed")]
    Control,
    /// LINE SEPARATOR or PARAGRAPH SEPARATOR.
    #[error("line separators are not relayed")]
    LineSeparator,
    /// A bidirectional embedding, override or isolate.
    #[error("bidirectional controls are not relayed")]
    Bidirectional,
    /// A character that shows nothing.
    #[error("invisible characters are not relayed")]
    Invisible,
    /// A code point that is none.
    #[error("noncharacters are not relayed")]
    Noncharacter,
}

/// Whether `octets` may be said, and if not, why and at which offset the first fault lies.
///
/// ```
/// use plainwire::chat::text::{self, Unfit};
///
/// assert_eq!(text::check("Grüße, שלום, 👩‍🚀".as_bytes()), Ok(()));
/// assert_eq!(text::check(b"ring \x1b]0;title\x07"), Err((Unfit::Control, 5)));
/// assert_eq!(text::check("admin\u{202e}txt.exe".as_bytes()), Err((Unfit::Bidirectional, 5)));
/// ```
pub fn check(octets: &[u8]) -> Result<(), (Unfit, usize)> {
    work::add(octets.len());
    // Most lines are printable ASCII.
    if printable(octets) {
        return Ok(());
    }
    let (text, broken) = match str::from_utf8(octets) {
        Ok(text) => (text, None),
        Err(error) => (valid(&octets[..error.valid_up_to()]), Some(error.valid_up_to())),
    };
    for (at, character) in text.char_indices() {
        if let Some(unfit) = judge(character) {
            return Err((unfit, at));
        }
    }
    broken.map_or(Ok(()), |at| Err((Unfit::NotUtf8, at)))
}

/// Whether a text has only characters that leave no mark: white space, and what changes how others look.
pub(super) fn shows_nothing(text: &[u8]) -> bool {
    work::add(text.len());
    let faint = |character: char| {
        character.is_whitespace()
            || matches!(character, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180b}'..='\u{180f}' | '\u{200c}'..='\u{200f}')
            || matches!(character, '\u{2800}' | '\u{fe00}'..='\u{fe0f}')
    };
    str::from_utf8(text).is_ok_and(|text| text.chars().all(faint))
}

/// The part that was just found to be UTF-8.
fn valid(octets: &[u8]) -> &str {
    str::from_utf8(octets).unwrap_or_default()
}

/// The table of the module's documentation.
const fn judge(character: char) -> Option<Unfit> {
    Some(match character {
        ' '..='~' | '\u{a0}'..='\u{10ff}' => return None,
        '\0'..='\x1f' | '\x7f'..='\u{9f}' => Unfit::Control,
        '\u{2028}' | '\u{2029}' => Unfit::LineSeparator,
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => Unfit::Bidirectional,
        '\u{200b}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff0}'..='\u{fffb}' | '\u{180e}' => Unfit::Invisible,
        '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}' => Unfit::Invisible,
        '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}' | '\u{17b4}' | '\u{17b5}' => Unfit::Invisible,
        '\u{fdd0}'..='\u{fdef}' => Unfit::Noncharacter,
        _ if character as u32 & 0xfffe == 0xfffe => Unfit::Noncharacter,
        _ => return None,
    })
}
