//! File names that a sender suggests, made harmless.

use alloc::string::String;

/// The longest name that is given, in octets: what common file systems take, with room for a number behind it.
const LONGEST: usize = 200;

/// A name that can't leave the folder it is put in, hide, or be taken for a device, made from whatever a sender wrote.
///
/// The last segment of a path of either kind is taken; control characters, characters that reorder text, and what
/// Windows forbids become `_`; dots and spaces at the ends go, long names are cut before their extension, and nothing
/// at all becomes `attachment`.
///
/// ```
/// use plainwire::mime::safe_file_name;
///
/// assert_eq!(safe_file_name("../../etc/passwd"), "passwd");
/// assert_eq!(safe_file_name("C:\\Users\\ann\\Größe?.txt"), "Größe_.txt");
/// assert_eq!(safe_file_name("con.txt"), "_con.txt");
/// assert_eq!(safe_file_name("..."), "attachment");
/// ```
pub fn safe_file_name(suggested: &str) -> String {
    let last = suggested.trim_end_matches(['/', '\\']).rsplit(['/', '\\']).next().unwrap_or_default();
    let mut name = String::with_capacity(last.len());
    for character in last.chars() {
        let forbidden = character.is_control()
            || matches!(character, '<' | '>' | ':' | '"' | '|' | '?' | '*')
            // Marks that reorder or hide what is read: `invoice\u{202e}fdp.exe`.
            || matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
            || matches!(character, '\u{e0000}'..='\u{e007f}');
        name.push(if forbidden { '_' } else { character });
    }
    let trimmed = name.trim_start_matches(['.', ' ']).trim_end_matches(['.', ' ']);
    if trimmed.is_empty() {
        return String::from("attachment");
    }
    let mut name = String::from(trimmed);
    let stem = name.split('.').next().unwrap_or_default().trim_end();
    let numbered =
        |device: &str| stem.len() == 4 && stem[..3].eq_ignore_ascii_case(device) && stem.as_bytes()[3].is_ascii_digit();
    let reserved = ["con", "prn", "aux", "nul"].iter().any(|device| stem.eq_ignore_ascii_case(device));
    if reserved || (stem.is_ascii() && (numbered("com") || numbered("lpt"))) {
        name.insert(0, '_');
    }
    if name.len() > LONGEST {
        let extension = name.rfind('.').filter(|dot| name.len() - dot <= 16).map(|dot| String::from(&name[dot..]));
        let extension = extension.unwrap_or_default();
        let mut end = LONGEST - extension.len();
        while !name.is_char_boundary(end) {
            end -= 1;
        }
        name.truncate(end);
        name.push_str(&extension);
    }
    name
}
