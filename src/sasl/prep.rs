//! SASLprep (RFC 4013), so that one password typed on two systems is one password.
//!
//! The profile's tables are spelled out here: they are short, and a crate that has them needs std.

use alloc::borrow::Cow;
use alloc::string::String;
use unicode_bidi::{BidiClass, bidi_class};
use unicode_normalization::UnicodeNormalization;

/// A string that SASLprep refuses: a prohibited character, or left-to-right mixed with right-to-left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a string that SASLprep prohibits")]
pub struct Unprepared;

/// `text` as SASLprep wants it compared. Printable ASCII stays as it is and costs nothing.
///
/// Code points that Unicode 3.2 did not assign are let through, as RFC 3454 7 has it for queries: a password of today's
/// characters is still a password.
pub fn prepare(text: &str) -> Result<Cow<'_, str>, Unprepared> {
    if text.bytes().all(|octet| matches!(octet, b' '..=b'~')) {
        return Ok(Cow::Borrowed(text));
    }
    // RFC 4013 2.1 and 2.2.
    let mapped = text.chars().filter(|c| !mapped_to_nothing(*c)).map(|c| if other_space(c) { ' ' } else { c });
    let prepared: String = mapped.nfkc().collect();
    if prepared.chars().any(prohibited) {
        return Err(Unprepared);
    }
    // RFC 3454 6: a string with right-to-left text has no left-to-right text, and begins and ends right-to-left.
    let right = |c: char| matches!(bidi_class(c), BidiClass::R | BidiClass::AL);
    if prepared.chars().any(right) {
        let left = prepared.chars().any(|c| bidi_class(c) == BidiClass::L);
        let ends = prepared.chars().next().is_some_and(right) && prepared.chars().next_back().is_some_and(right);
        if left || !ends {
            return Err(Unprepared);
        }
    }
    Ok(Cow::Owned(prepared))
}

/// RFC 3454 table B.1.
const fn mapped_to_nothing(c: char) -> bool {
    matches!(c, '\u{AD}' | '\u{34F}' | '\u{1806}' | '\u{180B}'..='\u{180D}' | '\u{200B}'..='\u{200D}' | '\u{2060}'
        | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}')
}

/// RFC 3454 table C.1.2.
const fn other_space(c: char) -> bool {
    matches!(c, '\u{A0}' | '\u{1680}' | '\u{2000}'..='\u{200B}' | '\u{202F}' | '\u{205F}' | '\u{3000}')
}

/// RFC 4013 2.3.
const fn prohibited(c: char) -> bool {
    other_space(c)
        || matches!(c,
            // C.2.1 and C.2.2: control characters.
            '\0'..='\x1F' | '\x7F'..='\u{9F}' | '\u{6DD}' | '\u{70F}' | '\u{180E}' | '\u{200C}' | '\u{200D}' | '\u{2028}'
            | '\u{2029}' | '\u{2060}'..='\u{2063}' | '\u{206A}'..='\u{206F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFC}'
            | '\u{1D173}'..='\u{1D17A}'
            // C.3: private use.
            | '\u{E000}'..='\u{F8FF}' | '\u{F0000}'..='\u{FFFFD}' | '\u{100000}'..='\u{10FFFD}'
            // C.6, C.7, C.8: not for plain text, not canonical, changing display.
            | '\u{FFFD}' | '\u{2FF0}'..='\u{2FFB}' | '\u{340}' | '\u{341}' | '\u{200E}' | '\u{200F}'
            | '\u{202A}'..='\u{202E}'
            // C.9: tags.
            | '\u{E0001}' | '\u{E0020}'..='\u{E007F}'
            // C.4: no characters.
            | '\u{FDD0}'..='\u{FDEF}')
        || matches!(c as u32 & 0xFFFF, 0xFFFE | 0xFFFF)
}
