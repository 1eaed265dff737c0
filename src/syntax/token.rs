//! The lexical tokens of RFC 5322: white space and comments, atoms, quoted strings, domain literals.
//!
//! Everything works on a slice and a position, never recurses, and looks at each octet once. Octets above 127 count as
//! text, as RFC 6532 has it.

/// May the octet stand in an atom (RFC 5322 3.2.3)? UTF-8 beyond ASCII may (RFC 6532 3.2).
pub(crate) const fn is_atext(octet: u8) -> bool {
    ATEXT[octet as usize]
}

static ATEXT: [bool; 256] = {
    let mut table = [false; 256];
    let mut octet = 0;
    while octet < 256 {
        table[octet] = matches!(
            octet as u8,
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | 0x80..
                | b'!' | b'#' | b'$' | b'%' | b'&' | b'\'' | b'*' | b'+' | b'-' | b'/'
                | b'=' | b'?' | b'^' | b'_' | b'`' | b'{' | b'|' | b'}' | b'~'
        );
        octet += 1;
    }
    table
};

/// May the octet stand in a token of RFC 2045 5.1: printable ASCII but no `tspecials`?
pub(crate) const fn is_mime_token(octet: u8) -> bool {
    MIME_TOKEN[octet as usize]
}

static MIME_TOKEN: [bool; 256] = {
    let mut table = [false; 256];
    let mut octet = 0x21_u8;
    while octet < 0x7f {
        table[octet as usize] = !matches!(
            octet,
            b'(' | b')' | b'<' | b'>' | b'@' | b',' | b';' | b':' | b'\\' | b'"' | b'/' | b'[' | b']' | b'?' | b'='
        );
        octet += 1;
    }
    table
};

/// White space that may be folded: space, tab, and the line break of a fold.
pub(crate) const fn is_fws(octet: u8) -> bool {
    matches!(octet, b' ' | b'\t' | b'\r' | b'\n')
}

/// The position behind white space at `at`.
pub(crate) fn skip_fws(text: &[u8], mut at: usize) -> usize {
    while at < text.len() && is_fws(text[at]) {
        at += 1;
    }
    at
}

/// Parentheses may nest this deep (RFC 5322 3.2.2 sets no bound; nothing real goes beyond 3).
pub(crate) const COMMENT_DEPTH: u32 = 64;

/// What [`skip_cfws`] went over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Skipped {
    /// The position behind it.
    pub(crate) end: usize,
    /// The last comment, without its parentheses.
    pub(crate) comment: Option<(usize, usize)>,
    /// A comment that has no end, or is nested deeper than [`COMMENT_DEPTH`]: its start.
    pub(crate) broken: Option<usize>,
}

/// Goes over white space and comments at `at` (RFC 5322 3.2.2, CFWS).
pub(crate) fn skip_cfws(text: &[u8], at: usize) -> Skipped {
    let mut skipped = Skipped { end: skip_fws(text, at), ..Skipped::default() };
    while text.get(skipped.end) == Some(&b'(') {
        let start = skipped.end;
        match comment_end(text, start) {
            Some(end) => {
                skipped.comment = Some((start + 1, end - 1));
                skipped.end = skip_fws(text, end);
            }
            None => {
                skipped.broken = Some(start);
                skipped.comment = Some((start + 1, text.len()));
                skipped.end = text.len();
            }
        }
    }
    skipped
}

/// The position behind the comment that opens at `at`; `None` where it never closes or nests too deep.
fn comment_end(text: &[u8], at: usize) -> Option<usize> {
    let mut depth = 0_u32;
    let mut i = at;
    while i < text.len() {
        match text[i] {
            b'\\' => i += 1,
            b'(' => {
                depth += 1;
                if depth > COMMENT_DEPTH {
                    return None;
                }
            }
            b')' => {
                depth -= 1;
                if depth == 0 {
                    return Some(i + 1);
                }
            }
            _ => {}
        }
        i += 1;
    }
    None
}

/// The position behind the quoted string that opens at `at`; `None` where it never closes.
pub(crate) fn quoted_end(text: &[u8], at: usize) -> Option<usize> {
    let mut i = at + 1;
    while i < text.len() {
        match text[i] {
            b'\\' => i += 1,
            b'"' => return Some(i + 1),
            _ => {}
        }
        i += 1;
    }
    None
}

/// The position behind the domain literal that opens at `at`; `None` where it never closes.
pub(crate) fn literal_end(text: &[u8], at: usize) -> Option<usize> {
    let mut i = at + 1;
    while i < text.len() {
        match text[i] {
            b'\\' => i += 1,
            b']' => return Some(i + 1),
            b'[' => return None,
            _ => {}
        }
        i += 1;
    }
    None
}

/// The position behind the octets at `at` for which `is` holds.
pub(crate) fn run(text: &[u8], mut at: usize, is: impl Fn(u8) -> bool) -> usize {
    while at < text.len() && is(text[at]) {
        at += 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_nest_and_escape() {
        let text = b" \r\n (a (b) \\) c) (d) x";
        let skipped = skip_cfws(text, 0);
        assert_eq!(&text[skipped.end..], b"x");
        let (start, end) = skipped.comment.expect("a comment");
        assert_eq!(&text[start..end], b"d");
        assert_eq!(skip_cfws(b"(a", 0), Skipped { end: 2, comment: Some((1, 2)), broken: Some(0) });
        let deep = [b'('; 65];
        assert_eq!(skip_cfws(&deep, 0).broken, Some(0));
    }

    #[test]
    fn quoted_strings_and_literals_end_where_they_say() {
        assert_eq!(quoted_end(b"\"a\\\"b\" c", 0), Some(6));
        assert_eq!(quoted_end(b"\"a\\\"", 0), None);
        assert_eq!(literal_end(b"[1.2.3.4] ", 0), Some(9));
        assert_eq!(literal_end(b"[1[2]", 0), None);
    }
}
