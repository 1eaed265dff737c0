//! Lines, and what their keys mean.

use super::pattern::Pattern;
use super::{Group, Line, Robots, Rule};
use alloc::boxed::Box;
use alloc::vec::Vec;

/// How much of a robots.txt is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// The most octets of the file; what is behind, with the line that it cuts, says nothing. Default 512,000, the
    /// 500 KiB that RFC 9309 2.5 asks for at least.
    pub size: usize,
    /// The most octets of a line; what is behind is as if it were not there. Default 16,663: eight times the longest
    /// URL that some browsers take, as Google has it.
    pub line: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { size: 500 * 1024, line: 2083 * 8 - 1 }
    }
}

impl Limits {
    /// With this many octets of the file at the most.
    #[must_use]
    pub const fn size(mut self, octets: usize) -> Self {
        self.size = octets;
        self
    }

    /// With this many octets of a line at the most.
    #[must_use]
    pub const fn line(mut self, octets: usize) -> Self {
        self.line = octets;
        self
    }
}

enum Key {
    UserAgent,
    Allow,
    Disallow,
    Sitemap,
    Other,
}

pub(super) fn parse(text: &[u8], limits: Limits) -> Robots {
    let mut robots = Robots::default();
    let text = match text.get(..limits.size) {
        Some(whole) if text.len() > limits.size => {
            robots.truncated = true;
            let end = memchr::memrchr2(b'\n', b'\r', whole).map_or(0, |at| at + 1);
            &whole[..end]
        }
        _ => text,
    };
    crate::work::add(text.len());
    // The group that agents are added to, and whether it has rules already: then the next agent begins another.
    let mut open = false;
    let mut ruled = false;
    for (number, line) in lines(skip_mark(text)) {
        let line = line.get(..limits.line).unwrap_or(line);
        let Some((key, value)) = key_and_value(line) else { continue };
        let said = || Line { number, key: key.into(), value: value.into() };
        match kind(key) {
            Key::UserAgent => {
                if !open || ruled {
                    robots.groups.push(Group::default());
                    (open, ruled) = (true, false);
                }
                if let Some(group) = robots.groups.last_mut() {
                    group.agents.push(agent(value));
                }
            }
            allow @ (Key::Allow | Key::Disallow) => {
                // Rules before the first agent are nobody's (2.2.2).
                if let Some(group) = robots.groups.last_mut() {
                    let allow = matches!(allow, Key::Allow);
                    let folder = if allow { folder(value) } else { None };
                    group.rules.push(Rule { allow, pattern: Pattern::new(value), folder, line: said() });
                    ruled = true;
                }
            }
            Key::Sitemap => robots.sitemaps.push(said()),
            Key::Other => match robots.groups.last_mut() {
                Some(group) => group.others.push(said()),
                None => robots.others.push(said()),
            },
        }
    }
    robots
}

/// Without a byte order mark, or as much of one as there is.
fn skip_mark(text: &[u8]) -> &[u8] {
    let skip = text.iter().zip(b"\xef\xbb\xbf").take_while(|(is, mark)| is == mark).count();
    &text[skip..]
}

/// Lines with their numbers. CR, LF and CRLF each end one.
fn lines(text: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let mut rest = Some(text);
    core::iter::from_fn(move || {
        let text = rest?;
        let Some(end) = memchr::memchr2(b'\n', b'\r', text) else {
            rest = None;
            return Some(text);
        };
        let next = if text[end..].starts_with(b"\r\n") { end + 2 } else { end + 1 };
        rest = Some(&text[next..]);
        Some(&text[..end])
    })
    .zip(1..)
    .map(|(line, number)| (number, line))
}

/// Key and value without the white space around them. The key is not empty.
fn key_and_value(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let line = line.split(|&byte| byte == b'#').next().unwrap_or_default().trim_ascii();
    let (key, value) = if let Some(colon) = memchr::memchr(b':', line) {
        (&line[..colon], &line[colon + 1..])
    } else {
        // From Google: white space does for a forgotten colon, if there are just two words.
        let space = memchr::memchr2(b' ', b'\t', line)?;
        let value = line[space..].trim_ascii_start();
        if memchr::memchr2(b' ', b'\t', value).is_some() {
            return None;
        }
        (&line[..space], value)
    };
    let key = key.trim_ascii();
    (!key.is_empty()).then_some((key, value.trim_ascii()))
}

/// Keys are told by how they begin, in either case, and misspellings are taken for what was meant.
fn kind(key: &[u8]) -> Key {
    let begins = |words: &[&str]| {
        words.iter().any(|word| key.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word.as_bytes())))
    };
    if begins(&["user-agent", "useragent", "user agent"]) {
        Key::UserAgent
    } else if begins(&["allow"]) {
        Key::Allow
    } else if begins(&["disallow", "dissallow", "dissalow", "disalow", "diasllow", "disallaw"]) {
        Key::Disallow
    } else if begins(&["sitemap", "site-map", "site map"]) {
        Key::Sitemap
    } else {
        Key::Other
    }
}

/// `*`, alone or with anything behind white space, or a product token in lower case; empty where there is none, which
/// nobody is.
fn agent(value: &[u8]) -> Box<[u8]> {
    match value {
        [b'*'] => (*b"*").into(),
        [b'*', next, ..] if next.is_ascii_whitespace() || *next == 0x0b => (*b"*").into(),
        _ => product_token(value).to_ascii_lowercase().into(),
    }
}

/// The leading letters, `-` and `_` (2.2.1).
pub(super) fn product_token(text: &[u8]) -> &[u8] {
    let end = text.iter().position(|byte| !(byte.is_ascii_alphabetic() || matches!(byte, b'-' | b'_')));
    &text[..end.unwrap_or(text.len())]
}

/// `/x/index.html` is what most servers give for `/x/`.
fn folder(path: &[u8]) -> Option<Pattern> {
    let slash = memchr::memrchr(b'/', path)?;
    path[slash..].starts_with(b"/index.htm").then(|| {
        let mut folder = Vec::from(&path[..=slash]);
        folder.push(b'$');
        Pattern::new(&folder)
    })
}
