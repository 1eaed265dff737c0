//! Names of files that somebody else chose: what in them is more than a name, to some system or to a reader.

use alloc::string::String;

/// A character that some system takes for more than a part of a name (Windows' list; slashes part a path everywhere).
pub(crate) fn is_special(character: char) -> bool {
    character.is_control() || matches!(character, '<' | '>' | ':' | '"' | '|' | '?' | '*')
}

/// A mark that turns text around or hides in it: `invoice\u{202e}fdp.exe` must not look like a document.
pub(crate) fn is_misleading(character: char) -> bool {
    matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
        || matches!(character, '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// A device of Windows, whatever its extension, and with spaces behind it.
pub(crate) fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim_end();
    let port = stem.get(..3).filter(|port| port.eq_ignore_ascii_case("com") || port.eq_ignore_ascii_case("lpt"));
    // The superscripts of ISO 8859-1 count as digits.
    let digit = |rest: &str| matches!(rest.as_bytes(), [b'0'..=b'9']) || matches!(rest, "\u{b9}" | "\u{b2}" | "\u{b3}");
    ["con", "prn", "aux", "nul", "conin$", "conout$"].iter().any(|device| stem.eq_ignore_ascii_case(device))
        || port.is_some_and(|port| digit(&stem[port.len()..]))
}

/// Cut to `most` octets at a character, before an extension of at most 16 octets. What is left ends in no space or dot,
/// as the name did not.
pub(crate) fn shortened(name: &str, most: usize) -> String {
    if name.len() <= most {
        return String::from(name);
    }
    let extension =
        name.rfind('.').map(|dot| &name[dot..]).filter(|extension| extension.len() <= 16).unwrap_or_default();
    let mut end = most - extension.len();
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    let mut short = String::from(&name[..end]);
    short.push_str(extension);
    short.truncate(short.trim_end_matches(['.', ' ']).len());
    short
}
