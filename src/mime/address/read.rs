//! Reads addresses off a text.

use super::{Address, Group, Mailbox};
use crate::mime::defect::{Defect, DefectKind};
use crate::mime::phrase::{self, Kind, Token};
use crate::syntax::token::{is_atext, run, skip_cfws};
use alloc::borrow::Cow;
use alloc::vec::Vec;

/// So many defects of one value are told, and no more: a bomb is no better known by its length.
const DEFECTS: usize = 64;

pub(super) struct Reader<'a> {
    text: &'a [u8],
    at: usize,
    /// Of the address being read; kept so that it is allocated once.
    tokens: Vec<Token>,
    pub(super) defects: Vec<Defect>,
}

/// How an address ended, or what begins behind the words read so far.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stop {
    Comma,
    Semicolon,
    Colon,
    Angle,
    End,
}

impl<'a> Reader<'a> {
    pub(super) const fn new(text: &'a [u8]) -> Self {
        Self { text, at: 0, tokens: Vec::new(), defects: Vec::new() }
    }

    fn defect(&mut self, kind: DefectKind, at: usize) {
        if self.defects.len() < DEFECTS {
            self.defects.push(Defect::at(kind, at));
        }
    }

    /// Passes over comments and white space; the last of the comments.
    #[inline]
    fn skip_cfws(&mut self) -> Option<(usize, usize)> {
        let skipped = skip_cfws(self.text, self.at);
        if let Some(broken) = skipped.broken {
            self.defect(DefectKind::Unclosed, broken);
        }
        self.at = skipped.end;
        skipped.comment
    }

    /// The next address; `Some(None)` for one that was left out, `None` at the end.
    pub(super) fn address(&mut self) -> Option<Option<Address<'a>>> {
        // obs-addr-list: empty elements count for nothing (RFC 5322 4.4).
        loop {
            self.skip_cfws();
            if self.text.get(self.at) != Some(&b',') {
                break;
            }
            self.at += 1;
        }
        if self.at >= self.text.len() {
            return None;
        }
        let start = self.at;
        if let Some((sign, end)) = plain_addr_spec(self.text, start)
            && self.text.get(end).is_none_or(|octet| *octet == b',')
            && let Ok(address) = core::str::from_utf8(&self.text[start..end])
        {
            self.at = (end + 1).min(self.text.len());
            let mailbox = Mailbox { name: None, address: Cow::Borrowed(address), at: sign - start };
            return Some(Some(Address::Mailbox(mailbox)));
        }
        if let Some(mailbox) = self.named() {
            return Some(Some(Address::Mailbox(mailbox)));
        }
        let (stop, comment) = self.words();
        if stop != Stop::Colon {
            let (mailbox, ended) = self.mailbox(start, stop, comment);
            if ended == Stop::Semicolon {
                self.defect(DefectKind::StraySemicolon, self.at - 1);
            }
            return Some(mailbox.map(Address::Mailbox));
        }
        let name = phrase::text(self.text, &self.tokens, &mut self.defects);
        let named = !self.tokens.is_empty() && self.tokens.iter().all(|token| token.kind != Kind::At);
        if !named {
            self.defect(DefectKind::InvalidAddress, start);
        }
        let mut members = Vec::new();
        loop {
            self.skip_cfws();
            match self.text.get(self.at) {
                None => {
                    self.defect(DefectKind::UnclosedGroup, start);
                    break;
                }
                Some(b';') => {
                    self.at += 1;
                    self.after_group();
                    break;
                }
                Some(b',') => self.at += 1,
                Some(_) => {
                    let start = self.at;
                    let (stop, comment) = self.words();
                    if stop == Stop::Colon {
                        // Groups do not nest (RFC 5322 3.4): what could be the name of one is left out.
                        self.defect(DefectKind::NestingLimit, start);
                        continue;
                    }
                    let (member, ended) = self.mailbox(start, stop, comment);
                    members.extend(member);
                    if ended == Stop::Semicolon {
                        self.after_group();
                        break;
                    }
                }
            }
        }
        Some(named.then_some(Address::Group(Group { name, members })))
    }

    /// `Name <local@domain>` as most are written: words with single spaces, or one quoted string without escapes, and a
    /// plain address behind. Takes nothing where it is anything else.
    fn named(&mut self) -> Option<Mailbox<'a>> {
        let text = self.text;
        let start = self.at;
        let (name, behind) = match text.get(start)? {
            b'"' => {
                let inner = &text[start + 1..];
                let end = memchr::memchr3(b'"', b'\\', b'\n', inner).filter(|end| inner[*end] == b'"' && *end > 0)?;
                (&inner[..end], start + end + 2)
            }
            b'<' => (&text[start..start], start),
            _ => {
                let mut at = start;
                loop {
                    let end = run(text, at, is_atext);
                    // Two words, and one space between them.
                    if end == at || text[at] == b'=' {
                        return None;
                    }
                    match text.get(end..end + 2)? {
                        [b' ', b'<'] | [b'<', _] => break (&text[start..end], end),
                        [b' ', _] => at = end + 1,
                        _ => return None,
                    }
                }
            }
        };
        let open = if text.get(behind) == Some(&b' ') { behind + 1 } else { behind };
        if text.get(open) != Some(&b'<') {
            return None;
        }
        let (sign, end) = plain_addr_spec(text, open + 1)?;
        let next = match text.get(end..) {
            Some([b'>']) => end + 1,
            Some([b'>', b',', ..]) => end + 2,
            _ => return None,
        };
        let name = core::str::from_utf8(name).ok()?;
        let address = core::str::from_utf8(&text[open + 1..end]).ok()?;
        self.at = next;
        let name = Some(Cow::Borrowed(name)).filter(|name| !name.is_empty());
        Some(Mailbox { name, address: Cow::Borrowed(address), at: sign - open - 1 })
    }

    /// Behind a group's semicolon stands a comma or the end.
    fn after_group(&mut self) {
        let end = skip_cfws(self.text, self.at).end;
        match self.text.get(end) {
            None => self.at = end,
            Some(b',') => self.at = end + 1,
            // Senders leave out the comma.
            Some(_) => {
                self.defect(DefectKind::TextAfterAddress, end);
                self.at = end;
            }
        }
    }

    /// Collects tokens up to what ends or opens something, which is taken too; and the last comment on the way.
    fn words(&mut self) -> (Stop, Option<(usize, usize)>) {
        self.tokens.clear();
        let mut comment = None;
        loop {
            let before = self.at;
            comment = self.skip_cfws().or(comment);
            let Some(&octet) = self.text.get(self.at) else { return (Stop::End, comment) };
            let stop = match octet {
                b',' => Stop::Comma,
                b';' => Stop::Semicolon,
                b':' => Stop::Colon,
                b'<' => Stop::Angle,
                _ => {
                    let (token, defect) = Token::at(self.text, self.at, before < self.at);
                    if let Some(kind) = defect {
                        self.defect(kind, self.at);
                    }
                    self.at = token.end;
                    self.tokens.push(token);
                    continue;
                }
            };
            self.at += 1;
            return (stop, comment);
        }
    }

    /// The mailbox whose words were just read, and what ended it.
    fn mailbox(&mut self, start: usize, stop: Stop, comment: Option<(usize, usize)>) -> (Option<Mailbox<'a>>, Stop) {
        if stop != Stop::Angle {
            let tokens = core::mem::take(&mut self.tokens);
            let address = self.addr_spec(&tokens, start);
            self.tokens = tokens;
            // The name in a comment behind the address is how it was done before RFC 822, and still is.
            let mailbox = address.map(|(address, at)| {
                let name = comment.and_then(|(from, to)| phrase::comment(&self.text[from..to]));
                Mailbox { name, address, at }
            });
            return (mailbox, stop);
        }
        let name = self.name(start);
        let inside = self.at;
        let quick = plain_addr_spec(self.text, inside).filter(|(_, end)| self.text.get(*end) == Some(&b'>'));
        let quick = quick.and_then(|(sign, end)| {
            let address = core::str::from_utf8(&self.text[inside..end]).ok()?;
            Some((end, (Cow::Borrowed(address), sign - inside)))
        });
        let path = match quick {
            Some((end, path)) => {
                self.at = end + 1;
                Some(Ok(path))
            }
            None => self.angle().map(Err),
        };
        let (stop, rest) = self.behind();
        if let Some(rest) = rest {
            self.defect(DefectKind::TextAfterAddress, rest);
            return (None, stop);
        }
        let Ok(name) = name else { return (None, stop) };
        let Some(path) = path else { return (None, stop) };
        let path = match path {
            Ok(path) => Some(path),
            Err(tokens) if tokens.is_empty() => Some((Cow::Borrowed(""), 0)),
            Err(tokens) => self.addr_spec(&tokens, inside),
        };
        (path.map(|(address, at)| Mailbox { name, address, at }), stop)
    }

    /// The display name before an angle bracket. `Err` where it is an address itself: which one is meant?
    fn name(&mut self, start: usize) -> Result<Option<Cow<'a, str>>, ()> {
        if self.tokens.is_empty() {
            return Ok(None);
        }
        if self.tokens.iter().any(|token| token.kind == Kind::At) {
            let mut quiet = Vec::new();
            if phrase::addr_spec(self.text, &self.tokens, start, &mut quiet).is_some_and(|(_, at, len)| at < len) {
                self.defect(DefectKind::AmbiguousAddress, start);
                return Err(());
            }
            self.defect(DefectKind::UnquotedName, start);
        } else if self.tokens.iter().any(|token| matches!(token.kind, Kind::Literal | Kind::Other)) {
            self.defect(DefectKind::UnquotedName, start);
        }
        Ok(Some(phrase::text(self.text, &self.tokens, &mut self.defects)).filter(|name| !name.is_empty()))
    }

    /// The tokens between `<` and `>`, without an obsolete route; `None` where the bracket never closes.
    fn angle(&mut self) -> Option<Vec<Token>> {
        let open = self.at - 1;
        let mut tokens = Vec::new();
        loop {
            let before = self.at;
            self.skip_cfws();
            match self.text.get(self.at) {
                None => {
                    self.defect(DefectKind::Unclosed, open);
                    return None;
                }
                Some(b'>') => {
                    self.at += 1;
                    return Some(tokens);
                }
                // obs-route = *("," / CFWS) "@" domain *("," …) ":" says nothing (RFC 5322 4.4).
                Some(b':') if tokens.first().is_some_and(|token: &Token| token.kind == Kind::At) => {
                    tokens.clear();
                    self.at += 1;
                }
                Some(b',') if tokens.is_empty() || route(&tokens) => self.at += 1,
                Some(_) => {
                    let (token, defect) = Token::at(self.text, self.at, before < self.at);
                    if let Some(kind) = defect {
                        self.defect(kind, self.at);
                    }
                    self.at = token.end;
                    tokens.push(token);
                }
            }
        }
    }

    /// What follows a closed bracket: a comma, a semicolon or the end, or text that should not be there.
    fn behind(&mut self) -> (Stop, Option<usize>) {
        let mut text = None;
        loop {
            self.skip_cfws();
            let Some(&octet) = self.text.get(self.at) else { return (Stop::End, text) };
            match octet {
                b',' | b';' => {
                    self.at += 1;
                    return (if octet == b',' { Stop::Comma } else { Stop::Semicolon }, text);
                }
                _ => {
                    text = text.or(Some(self.at));
                    self.at = Token::at(self.text, self.at, false).0.end;
                }
            }
        }
    }

    fn addr_spec(&mut self, tokens: &[Token], start: usize) -> Option<(Cow<'a, str>, usize)> {
        if tokens.is_empty() {
            self.defect(DefectKind::InvalidAddress, start);
            return None;
        }
        let found = phrase::addr_spec(self.text, tokens, start, &mut self.defects);
        if found.is_none() {
            self.defect(DefectKind::InvalidAddress, start);
        }
        found.map(|(address, at, _)| (address, at))
    }
}

/// An obsolete route is being read: it began with an `@`.
fn route(tokens: &[Token]) -> bool {
    tokens.first().is_some_and(|token| token.kind == Kind::At)
}

/// Where an addr-spec of plain atoms (the common case) stands at `at`: its `@` and its end.
pub(crate) fn plain_addr_spec(text: &[u8], at: usize) -> Option<(usize, usize)> {
    let dot_atom = |at: usize| {
        // Atoms with single dots between them.
        let mut end = at;
        loop {
            let from = end;
            end = run(text, end, is_atext);
            if end == from {
                return None;
            }
            if text.get(end) != Some(&b'.') {
                return Some(end);
            }
            end += 1;
        }
    };
    let sign = dot_atom(at).filter(|end| text.get(*end) == Some(&b'@'))?;
    Some((sign, dot_atom(sign + 1)?))
}
