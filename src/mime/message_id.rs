//! Message identifiers (RFC 5322 3.6.4): Message-ID, In-Reply-To, References, Content-ID.

use super::defect::{Defect, DefectKind};
use crate::syntax::token::{is_fws, quoted_end, skip_cfws};
use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

/// A message identifier, without its angle brackets.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageId<'a>(Cow<'a, str>);

/// The longest identifier to write: a line of 998 octets has to hold it (RFC 5322 2.1.1).
const LONGEST: usize = 900;

/// A text that is no message identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a message identifier of the form left@right")]
pub struct InvalidMessageId;

impl<'a> MessageId<'a> {
    /// An identifier to write, without brackets: `left@right`, both dot-atoms, or a domain literal on the right.
    ///
    /// # Errors
    ///
    /// [`InvalidMessageId`] where it is not of that form.
    pub fn new(id: impl Into<Cow<'a, str>>) -> Result<Self, InvalidMessageId> {
        let id = id.into();
        let valid = super::address::plain_addr_spec(id.as_bytes(), 0).is_some_and(|(_, end)| end == id.len())
            || id.split_once('@').is_some_and(|(left, right)| {
                let atoms = super::address::plain_addr_spec(alloc::format!("{left}@x").as_bytes(), 0)
                    .is_some_and(|(_, end)| end == left.len() + 2);
                let inner = right.strip_prefix('[').and_then(|right| right.strip_suffix(']'));
                // RFC 5322 3.4.1 allows angle brackets here; for most readers they would end the identifier.
                let plain = |octet: u8| octet.is_ascii_graphic() && !b"[]\\<>".contains(&octet);
                atoms && inner.is_some_and(|inner| inner.bytes().all(plain))
            });
        let control = id.chars().any(char::is_control);
        if valid && !control && id.len() <= LONGEST { Ok(Self(id)) } else { Err(InvalidMessageId) }
    }

    /// The identifiers in the value of a field, in order; text between them (obsolete phrases) says nothing.
    ///
    /// An identifier is taken as it stands between the brackets, without white space: other people's are compared,
    /// not judged.
    pub fn list(value: &'a [u8]) -> Vec<Self> {
        Self::list_with(value, &mut Vec::new())
    }

    /// The first identifier in the value of a field.
    pub fn first(value: &'a [u8]) -> Option<Self> {
        let text = value.trim_ascii();
        // The common form, without a list.
        if let [b'<', inner @ .., b'>'] = text
            && memchr::memchr2(b'<', b'>', inner).is_none()
        {
            crate::work::add(value.len());
            return identifier(inner).map(Self);
        }
        Self::list(value).into_iter().next()
    }

    /// As [`list`](Self::list), with the defects noted.
    pub fn list_with(value: &'a [u8], defects: &mut Vec<Defect>) -> Vec<Self> {
        crate::work::add(value.len());
        let mut ids = Vec::new();
        let mut at = 0;
        let start = skip_cfws(value, 0).end;
        while at < value.len() {
            match value[at] {
                b'(' => {
                    let skipped = skip_cfws(value, at);
                    at = skipped.end;
                }
                b'"' => at = quoted_end(value, at).unwrap_or(value.len()),
                b'<' => {
                    let inner = &value[at + 1..];
                    let Some(end) = memchr::memchr(b'>', inner) else {
                        defects.push(Defect::at(DefectKind::Unclosed, at));
                        return ids;
                    };
                    match identifier(&inner[..end]) {
                        Some(id) => ids.push(Self(id)),
                        None => defects.push(Defect::at(DefectKind::InvalidMessageId, at)),
                    }
                    at += end + 2;
                }
                _ => at += 1,
            }
        }
        if ids.is_empty() && start < value.len() {
            // Without brackets, but one word: that is what was meant.
            let word = value[start..].trim_ascii();
            match identifier(word).filter(|id| id.contains('@') && !id.contains(['<', '>', '(', '"', ','])) {
                Some(id) if !word.iter().any(|octet| is_fws(*octet)) => ids.push(Self(id)),
                _ => {}
            }
            defects.push(Defect::at(DefectKind::InvalidMessageId, start));
        }
        ids
    }

    /// The identifier, without brackets.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The same, borrowing nothing.
    pub fn into_owned(self) -> MessageId<'static> {
        MessageId(Cow::Owned(self.0.into_owned()))
    }
}

/// As a field says it, in angle brackets.
impl fmt::Display for MessageId<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{}>", self.0)
    }
}

fn identifier(inner: &[u8]) -> Option<Cow<'_, str>> {
    let text = core::str::from_utf8(inner).ok()?;
    if !inner.is_empty() && inner.iter().fold(true, |all, octet| all & octet.is_ascii_graphic()) {
        return Some(Cow::Borrowed(text));
    }
    if text.is_empty()
        || text.chars().any(|character| character.is_control() && !matches!(character, '\r' | '\n' | '\t'))
    {
        return None;
    }
    if !inner.iter().any(|octet| is_fws(*octet)) {
        return Some(Cow::Borrowed(text));
    }
    let joined: String = text.chars().filter(|character| !character.is_ascii_whitespace()).collect();
    (!joined.is_empty()).then_some(Cow::Owned(joined))
}
