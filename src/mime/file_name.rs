//! File names that a sender suggests, made harmless.

use crate::syntax::file_name::{is_device, is_misleading, is_special, shortened};
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
        name.push(if is_special(character) || is_misleading(character) { '_' } else { character });
    }
    let trimmed = name.trim_start_matches(['.', ' ']).trim_end_matches(['.', ' ']);
    if trimmed.is_empty() {
        return String::from("attachment");
    }
    let mut name = String::from(trimmed);
    if is_device(&name) {
        name.insert(0, '_');
    }
    shortened(&name, LONGEST)
}
