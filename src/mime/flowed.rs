//! format=flowed (RFC 3676): paragraphs whose lines were broken for transport, put together again, and the other way.
//!
//! ```
//! use plainwire::mime::flowed::{self, Paragraph};
//!
//! let paragraphs: Vec<Paragraph> = flowed::read(">> On we go \r\n>> and on.\r\n\r\n-- \r\nAnn\r\n", false).collect();
//! assert_eq!((paragraphs[0].quoted, &*paragraphs[0].text), (2, "On we go and on."));
//! assert_eq!(paragraphs[2].text, "-- "); // a signature's line is never flowed
//! assert_eq!(flowed::write([(2, "On we go and on.")], 12), ">> On we go \r\n>> and on.\r\n");
//! ```

use alloc::borrow::Cow;
use alloc::string::String;

/// One paragraph, or one fixed line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paragraph<'a> {
    /// How often it was quoted: the number of `>`.
    pub quoted: usize,
    /// Its text, on one line, without quote marks and stuffed spaces.
    pub text: Cow<'a, str>,
}

/// The paragraphs of a text of type `text/plain; format=flowed`. `delsp` is whether the parameter `delsp` is `yes`
/// (RFC 3676 4): then the space that flows a line is not part of the text.
pub fn read(text: &str, delsp: bool) -> impl Iterator<Item = Paragraph<'_>> {
    crate::work::add(text.len());
    let mut lines = text.split_inclusive('\n').map(|line| {
        let line = line.strip_suffix('\n').unwrap_or(line);
        line.strip_suffix('\r').unwrap_or(line)
    });
    let mut ahead: Option<&str> = None;
    core::iter::from_fn(move || {
        let first = ahead.take().or_else(|| lines.next())?;
        let (quoted, content) = unquote(first);
        let mut text = Cow::Borrowed(content);
        // 4.2, 4.3: a signature's separator does not flow.
        while text != "-- " && text.ends_with(' ') {
            let Some(next) = lines.next() else { break };
            let (depth, more) = unquote(next);
            // 4.5: quote depths that differ are an improper break, and the paragraph ends. So does a signature.
            if depth != quoted || more == "-- " {
                ahead = Some(next);
                break;
            }
            if delsp {
                shorten(&mut text);
            }
            text.to_mut().push_str(more);
            if !more.ends_with(' ') {
                return Some(Paragraph { quoted, text });
            }
        }
        if delsp && text != "-- " && text.ends_with(' ') {
            shorten(&mut text);
        }
        Some(Paragraph { quoted, text })
    })
}

fn shorten(text: &mut Cow<'_, str>) {
    match text {
        Cow::Borrowed(text) => *text = &text[..text.len() - 1],
        Cow::Owned(text) => drop(text.pop()),
    }
}

/// Takes quote marks (4.5) and a stuffed space (4.4) off a line.
fn unquote(line: &str) -> (usize, &str) {
    let content = line.trim_start_matches('>');
    (line.len() - content.len(), content.strip_prefix(' ').unwrap_or(content))
}

/// Writes paragraphs, each with how often it is quoted, as `format=flowed` text with CRLF, in lines of `width`
/// characters where the words allow it (RFC 3676 4.2 recommends 78 at most).
///
/// Space at the end of a paragraph is taken off, for it would flow into the next one. A line break within a paragraph
/// is a break between paragraphs.
pub fn write<'t>(paragraphs: impl IntoIterator<Item = (usize, &'t str)>, width: usize) -> String {
    let mut out = String::new();
    for (quoted, paragraph) in paragraphs {
        for line in paragraph.split('\n') {
            write_one(quoted, line.strip_suffix('\r').unwrap_or(line), width, &mut out);
        }
    }
    out
}

fn write_one(quoted: usize, paragraph: &str, width: usize, out: &mut String) {
    crate::work::add(paragraph.len());
    let text = if paragraph == "-- " { paragraph } else { paragraph.trim_end_matches(' ') };
    let prefix = if quoted == 0 { 0 } else { quoted + 1 };
    let room = width.saturating_sub(prefix).max(1);
    let mut rest = text;
    loop {
        let line = if text == "-- " { rest } else { take_line(rest, room) };
        out.extend(core::iter::repeat_n('>', quoted));
        // 4.4: a space in front of what would be taken for a quote, a stuffed space or an mbox envelope.
        if quoted > 0 || line.starts_with(['>', ' ']) || line.starts_with("From ") {
            out.push(' ');
        }
        out.push_str(line);
        out.push_str("\r\n");
        rest = &rest[line.len()..];
        if rest.is_empty() {
            return;
        }
    }
}

/// The first words that fit, with the space behind them; at least one word.
fn take_line(text: &str, room: usize) -> &str {
    // No further than the line: the rest is looked at when its line comes.
    if text.chars().nth(room).is_none() {
        return text;
    }
    let mut fits = None;
    for (columns, (at, character)) in text.char_indices().enumerate() {
        if columns >= room && fits.is_some() {
            break;
        }
        // A line must not end in the space before another space, or in "-- " alone: both would read differently.
        let end = at + 1;
        if character == ' ' && !text[end..].starts_with(' ') && !text[end..].is_empty() && &text[..end] != "-- " {
            fits = Some(end);
            if columns >= room {
                break;
            }
        }
    }
    fits.map_or(text, |end| &text[..end])
}
