//! Under which name a download is saved: `Content-Disposition` (RFC 6266), made safe, or the URL's last segment.
//!
//! ```
//! use plainwire::net::http::disposition::file_name;
//!
//! // RFC 6266 5: the extended form comes first, wherever it stands.
//! let value = "attachment; filename=\"EURO rates\"; filename*=utf-8''%e2%82%ac%20rates";
//! assert_eq!(file_name(value).as_deref(), Some("\u{20ac} rates"));
//! assert_eq!(file_name("attachment; filename=\"../../etc/passwd\"").as_deref(), Some("passwd"));
//! ```

use crate::syntax::file_name::{is_device, is_misleading, is_special, shortened};
use std::string::String;
use std::vec::Vec;

/// The longest name, in octets: what the usual file systems take.
const LONGEST: usize = 255;

/// The file name that the value of `Content-Disposition` proposes, made [`safe`]. `None` where it proposes none, or none
/// that can be used.
pub fn file_name(value: &str) -> Option<String> {
    let mut plain = None;
    for (name, value) in parameters(value) {
        if name.eq_ignore_ascii_case("filename*") {
            // RFC 6266 4.3: filename* is preferred where both are present and understood.
            if let Some(name) = extended(&value).as_deref().and_then(safe) {
                return Some(name);
            }
        } else if name.eq_ignore_ascii_case("filename") && plain.is_none() {
            plain = safe(&value);
        }
    }
    plain
}

/// The last segment of a URL's path as a file name, percent-decoded and made [`safe`].
pub fn name_of_path(path: &str) -> Option<String> {
    let segment = path.rsplit('/').next()?;
    safe(&String::from_utf8_lossy(&percent_decode(segment)))
}

/// A name that can only be a file in the folder it is put in: the part behind the last slash or backslash, without
/// control characters, without the characters that some system reads as more than a name, and at most 255 octets.
/// `None` for what is left empty, `.`, `..`, and the device names of Windows.
pub fn safe(name: &str) -> Option<String> {
    let last = name.rsplit(['/', '\\']).next()?;
    let kept: String = last
        .chars()
        .filter(|&character| !character.is_control() && !is_misleading(character))
        .map(|character| if is_special(character) { '_' } else { character })
        .collect();
    // A leading dot hides a file; trailing dots and spaces vanish on Windows.
    let kept = kept.trim().trim_start_matches('.').trim_end_matches(['.', ' ']);
    if kept.is_empty() || is_device(kept) {
        return None;
    }
    Some(shortened(kept, LONGEST))
}

/// The parameters behind the disposition type, values unquoted.
fn parameters(value: &str) -> Vec<(&str, String)> {
    let mut all = Vec::new();
    let mut rest = value.find(';').map_or("", |at| &value[at..]);
    while let Some(after) = rest.strip_prefix(';') {
        let after = after.trim_start_matches([' ', '\t']);
        let Some(equals) = after.find(['=', ';']) else { break };
        if after[equals..].starts_with(';') {
            rest = &after[equals..];
            continue;
        }
        let name = after[..equals].trim();
        let body = after[equals + 1..].trim_start_matches([' ', '\t']);
        let (value, behind) = if let Some(quoted) = body.strip_prefix('"') {
            unquote(quoted)
        } else {
            let end = body.find(';').unwrap_or(body.len());
            (String::from(body[..end].trim_end()), &body[end..])
        };
        all.push((name, value));
        rest = behind.find(';').map_or("", |at| &behind[at..]);
    }
    all
}

/// What stands before the closing quote, and what stands behind it. Browsers send backslashes unescaped in paths, so
/// only `\"` and `\\` are escapes.
fn unquote(quoted: &str) -> (String, &str) {
    let mut value = String::new();
    let mut characters = quoted.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return (value, &quoted[at + 1..]),
            '\\' if matches!(characters.peek(), Some((_, '"' | '\\'))) => {
                value.extend(characters.next().map(|(_, escaped)| escaped));
            }
            _ => value.push(character),
        }
    }
    (value, "")
}

/// An extended value in UTF-8 or ISO-8859-1 (RFC 8187 3.2).
fn extended(value: &str) -> Option<String> {
    let mut pieces = value.splitn(3, '\'');
    let (charset, _language, text) = (pieces.next()?, pieces.next()?, pieces.next()?);
    let octets = percent_decode(text);
    if charset.eq_ignore_ascii_case("utf-8") {
        String::from_utf8(octets).ok()
    } else if charset.eq_ignore_ascii_case("iso-8859-1") {
        Some(octets.into_iter().map(char::from).collect())
    } else {
        None
    }
}

pub(super) fn percent_decode(text: &str) -> Vec<u8> {
    crate::syntax::percent::decode(text.as_bytes()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::format;

    #[test]
    fn names_never_leave_their_folder() {
        for (value, name) in [
            ("attachment; filename=a.txt", Some("a.txt")),
            ("inline; filename=\"with \\\"quotes\\\".txt\"", Some("with _quotes_.txt")),
            ("attachment; filename=..", None),
            ("attachment; filename=\"..\\\\..\\\\boot.ini\"", Some("boot.ini")),
            ("attachment; filename=C:\\dir\\x.exe", Some("x.exe")),
            ("attachment; filename*=UTF-8''..%2F..%2Fetc%2Fshadow", Some("shadow")),
            ("attachment; filename*=UTF-8''%00%0d%0aa", Some("a")),
            ("attachment; filename*=UTF-8''%ff; filename=fallback", Some("fallback")),
            ("attachment; filename*=iso-8859-1'en'%A3%20rates", Some("\u{a3} rates")), // RFC 8187 3.2.2
            ("attachment; filename=.bashrc", Some("bashrc")),
            ("attachment; filename=nul.txt", None),
            ("attachment; filename=COM7", None),
            ("attachment; filename=\"aux .txt\"", None),
            ("attachment; filename=CONIN$", None),
            ("attachment; filename*=UTF-8''lpt%C2%B9.log", None),
            ("attachment; filename=com10", Some("com10")),
            ("attachment; filename=\"\"", None),
            ("attachment; filename", None),
            ("attachment;;; filename=ok", Some("ok")),
            ("filename=x", None),
            ("attachment; filename=\"a;b\"; x=y", Some("a;b")),
            ("attachment; filename=\"\u{202e}gpj.exe\"", Some("gpj.exe")),
        ] {
            assert_eq!(file_name(value).as_deref(), name, "{value}");
        }
        assert_eq!(name_of_path("/a/b%20c.txt").as_deref(), Some("b c.txt"));
        assert_eq!(name_of_path("/a/%2e%2e%2f").as_deref(), None);
        assert_eq!(name_of_path("/").as_deref(), None);
    }

    #[test]
    fn long_names_keep_their_extension() {
        let name = safe(&format!("{}.tar.gz", "\u{e9}".repeat(300))).unwrap();
        assert!(name.len() <= LONGEST);
        assert_eq!(name.rsplit('.').next(), Some("gz"));
    }
}
