//! Received fields (RFC 5321 4.4, RFC 5322 3.6.7): the way that a message took.

use super::date::DateTime;
use super::defect::{Defect, DefectKind};
use super::phrase::comment;
use crate::syntax::token::{is_fws, quoted_end, skip_cfws};
use alloc::borrow::Cow;
use alloc::vec::Vec;

/// One hop. What a clause says is as the server wrote it; only the date is interpreted.
///
/// ```
/// use plainwire::mime::Received;
///
/// let hop = Received::parse(b"from a.example (a.example [192.0.2.1]) by mx.example with ESMTPS id 4Q2; \
///     Fri, 21 Nov 1997 10:01:10 -0600");
/// assert_eq!((hop.from(), hop.from_comment()), (Some("a.example"), Some("a.example [192.0.2.1]")));
/// assert_eq!((hop.by(), hop.with(), hop.id()), (Some("mx.example"), Some("ESMTPS"), Some("4Q2")));
/// assert_eq!(hop.date().unwrap().hour(), 10);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Received<'a> {
    clauses: Vec<Clause<'a>>,
    date: Option<DateTime>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Clause<'a> {
    name: &'a str,
    value: Cow<'a, str>,
    comment: Option<Cow<'a, str>>,
}

impl<'a> Received<'a> {
    /// Reads the value of the field.
    pub fn parse(value: &'a [u8]) -> Self {
        Self::parse_with(value, &mut Vec::new())
    }

    /// As [`parse`](Self::parse), with the defects noted.
    pub fn parse_with(value: &'a [u8], defects: &mut Vec<Defect>) -> Self {
        crate::work::add(value.len());
        let mut received = Self::default();
        let mut at = 0;
        loop {
            let skipped = skip_cfws(value, at);
            if let Some(broken) = skipped.broken {
                defects.push(Defect::at(DefectKind::Unclosed, broken));
            }
            if let (Some((from, to)), Some(last)) = (skipped.comment, received.clauses.last_mut()) {
                last.comment = comment(&value[from..to]);
            }
            at = skipped.end;
            let Some(&octet) = value.get(at) else {
                defects.push(Defect::at(DefectKind::InvalidDate, at));
                return received;
            };
            if octet == b';' {
                let mut found = Vec::new();
                received.date = DateTime::parse_with(&value[at + 1..], &mut found).ok();
                defects.extend(found.into_iter().map(|defect| defect.moved_by(at as u64 + 1)));
                return received;
            }
            let end = word_end(value, at);
            let word = core::str::from_utf8(&value[at..end]).unwrap_or_default();
            at = end;
            let known = NAMES.iter().find(|name| name.eq_ignore_ascii_case(word));
            let known = known.filter(|name| received.clause(name).is_none());
            match (known, received.clauses.last_mut()) {
                (Some(name), _) => {
                    received.clauses.push(Clause { name, value: Cow::Borrowed(""), comment: None });
                }
                (_, Some(last)) if last.value.is_empty() => last.value = Cow::Borrowed(word),
                // `id` and `with` of some servers have several words.
                (_, Some(last)) => {
                    let value = last.value.to_mut();
                    value.push(' ');
                    value.push_str(word);
                }
                (_, None) => {}
            }
        }
    }

    fn clause(&self, name: &str) -> Option<&Clause<'a>> {
        self.clauses.iter().find(|clause| clause.name == name)
    }

    fn value(&self, name: &str) -> Option<&str> {
        self.clause(name).map(|clause| &*clause.value).filter(|value| !value.is_empty())
    }

    /// `from`: the name that the client gave.
    pub fn from(&self) -> Option<&str> {
        self.value("from")
    }

    /// The comment behind `from`, in which servers write what they saw of the client.
    pub fn from_comment(&self) -> Option<&str> {
        self.clause("from").and_then(|clause| clause.comment.as_deref())
    }

    /// `by`: the host that received it.
    pub fn by(&self) -> Option<&str> {
        self.value("by")
    }

    /// `via`: the link, which is hardly ever said.
    pub fn via(&self) -> Option<&str> {
        self.value("via")
    }

    /// `with`: the protocol, as registered by IANA (`ESMTPSA`, `LMTP`, …).
    pub fn with(&self) -> Option<&str> {
        self.value("with")
    }

    /// `id`: the receiving host's own name for the message.
    pub fn id(&self) -> Option<&str> {
        self.value("id")
    }

    /// `for`: the recipient, without angle brackets.
    pub fn recipient(&self) -> Option<&str> {
        self.value("for").map(|path| path.strip_prefix('<').and_then(|path| path.strip_suffix('>')).unwrap_or(path))
    }

    /// When it was received.
    pub fn date(&self) -> Option<DateTime> {
        self.date
    }
}

const NAMES: [&str; 6] = ["from", "by", "via", "with", "id", "for"];

fn word_end(value: &[u8], at: usize) -> usize {
    let mut i = at;
    while i < value.len() && !is_fws(value[i]) && !matches!(value[i], b';' | b'(') {
        i = match value[i] {
            b'"' => quoted_end(value, i).unwrap_or(value.len()),
            b'<' => memchr::memchr(b'>', &value[i..]).map_or(value.len(), |end| i + end + 1),
            _ => i + 1,
        };
    }
    i.max(at + 1)
}
