//! Addresses (RFC 5322 3.4, the obsolete forms of 4.4, UTF-8 of RFC 6532): mailboxes, groups, lists of both.
//!
//! An address is never guessed. A comment is no part of it, an encoded word in it is not decoded (that is how
//! `=?x?q?foo=40evil.org=3e=00?=@x.org` became someone else's mail), and where a text can be read in two ways, it is
//! left out with a defect that says where.
//!
//! ```
//! use plainwire::mime::{Address, AddressList};
//!
//! let list = AddressList::parse(b"Pete(A nice \\) chap) <pete(his account)@silly.test(his host)>, Us: a@b, c@d;");
//! let Address::Mailbox(pete) = &list.addresses[0] else { panic!() };
//! assert_eq!((pete.name(), pete.address()), (Some("Pete"), "pete@silly.test"));
//! let Address::Group(us) = &list.addresses[1] else { panic!() };
//! assert_eq!((us.name(), us.members().len()), ("Us", 2));
//! assert!(list.defects.is_empty());
//! ```

use super::defect::{Defect, DefectKind};
use super::phrase::{self, Kind, Token};
use crate::syntax::token::{is_atext, run, skip_cfws};
use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

/// One recipient or sender: an address, and perhaps the name of who has it.
///
/// The name is decoded text; the address is as it has to be written, `local@domain` without white space or comments,
/// the local part in quotes where it needs them. It is empty for the null path `<>`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Mailbox<'a> {
    name: Option<Cow<'a, str>>,
    address: Cow<'a, str>,
    /// Where the `@` stands in `address`; its length where there is none.
    at: usize,
}

/// A value that can't be written into a message: it would forge something, or it is against the grammar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidMailbox {
    /// The address is not exactly one `local@domain`.
    #[error("not an address of the form local@domain")]
    Address,
    /// The name holds a control character, a line break for one.
    #[error("a control character in the name")]
    Name,
}

/// The longest address to write: a line of 998 octets has to hold it (RFC 5322 2.1.1).
pub(super) const LONGEST_ADDRESS: usize = 900;

impl<'a> Mailbox<'a> {
    /// A mailbox to write: `address` is an addr-spec without comments or white space, `name` any text ("" for none).
    ///
    /// # Errors
    ///
    /// [`InvalidMailbox`]: nothing is corrected.
    pub fn new(name: impl Into<Cow<'a, str>>, address: &str) -> Result<Self, InvalidMailbox> {
        let name = name.into();
        if name.chars().any(char::is_control) {
            return Err(InvalidMailbox::Name);
        }
        let list = AddressList::parse(address.as_bytes());
        let mut addresses = list.addresses.into_iter();
        let (Some(Address::Mailbox(mailbox)), None, true) =
            (addresses.next(), addresses.next(), list.defects.is_empty())
        else {
            return Err(InvalidMailbox::Address);
        };
        // The same octets, or the same without quotes that nothing needs: no comment, no bracket, no white space.
        let quotes = address.starts_with('"') && address.len() == mailbox.address.len() + 2;
        let same = *mailbox.address == *address || (quotes && address.ends_with(&mailbox.address[mailbox.at..]));
        let same = same && address.len() <= LONGEST_ADDRESS;
        if mailbox.name.is_some()
            || !same
            || mailbox.at == mailbox.address.len()
            || address.chars().any(char::is_control)
        {
            return Err(InvalidMailbox::Address);
        }
        let name = Some(name).filter(|name| !name.is_empty());
        let (address, at) = (Cow::Owned(mailbox.address.into_owned()), mailbox.at);
        Ok(Self { name, address, at })
    }

    /// Reads exactly one mailbox, `Ann <ann@example.org>` or `ann@example.org`.
    ///
    /// # Errors
    ///
    /// The first defect, or [`DefectKind::AmbiguousAddress`] where there is more than one address.
    pub fn parse(text: &'a [u8]) -> Result<Self, Defect> {
        let list = AddressList::parse(text);
        if let Some(defect) = list.defects.iter().find(|defect| defect.kind.loses()) {
            return Err(*defect);
        }
        let mut addresses = list.addresses.into_iter();
        match (addresses.next(), addresses.next()) {
            (Some(Address::Mailbox(mailbox)), None) => Ok(mailbox),
            (None, _) => Err(Defect::at(DefectKind::InvalidAddress, 0)),
            _ => Err(Defect::at(DefectKind::AmbiguousAddress, 0)),
        }
    }

    /// The name of who has the address, decoded.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// The address; empty for the null path.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// What stands before the `@`.
    pub fn local(&self) -> &str {
        &self.address[..self.at]
    }

    /// What stands behind the `@`; empty where there is none.
    pub fn domain(&self) -> &str {
        self.address.get(self.at + 1..).unwrap_or_default()
    }

    /// The same, borrowing nothing.
    pub fn into_owned(self) -> Mailbox<'static> {
        Mailbox {
            name: self.name.map(|name| Cow::Owned(name.into_owned())),
            address: Cow::Owned(self.address.into_owned()),
            at: self.at,
        }
    }
}

/// The name, in quotes where the grammar wants them, and the address: what reads as this mailbox again. Text beyond ASCII
/// stays as it is and nothing is folded; to write a header, hand the mailbox to the [`Builder`](super::Builder).
impl fmt::Display for Mailbox<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Some(name) => write!(f, "{} <{}>", quote_phrase(name), self.address),
            None if self.address.is_empty() => f.write_str("<>"),
            None => f.write_str(&self.address),
        }
    }
}

/// `Name: member, member;`, with the name in quotes where it needs them.
impl fmt::Display for Group<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", quote_phrase(&self.name))?;
        for (i, member) in self.members.iter().enumerate() {
            write!(f, "{} {member}", if i == 0 { "" } else { "," })?;
        }
        f.write_str(";")
    }
}

/// As the mailbox or the group is written.
impl fmt::Display for Address<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mailbox(mailbox) => mailbox.fmt(f),
            Self::Group(group) => group.fmt(f),
        }
    }
}

/// The addresses with commas between them, as the value of a field.
impl fmt::Display for AddressList<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, address) in self.addresses.iter().enumerate() {
            write!(f, "{}{address}", if i == 0 { "" } else { ", " })?;
        }
        Ok(())
    }
}

/// A named list of mailboxes, which may be empty: `undisclosed-recipients:;`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Group<'a> {
    name: Cow<'a, str>,
    members: Vec<Mailbox<'a>>,
}

impl<'a> Group<'a> {
    /// A group to write.
    ///
    /// # Errors
    ///
    /// [`InvalidMailbox::Name`] for an empty name or one with a control character.
    pub fn new(name: impl Into<Cow<'a, str>>, members: Vec<Mailbox<'a>>) -> Result<Self, InvalidMailbox> {
        let name = name.into();
        if name.is_empty() || name.chars().any(char::is_control) {
            return Err(InvalidMailbox::Name);
        }
        Ok(Self { name, members })
    }

    pub(super) const fn empty(name: Cow<'a, str>) -> Self {
        Self { name, members: Vec::new() }
    }

    /// Its name, decoded.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its members, in order.
    pub fn members(&self) -> &[Mailbox<'a>] {
        &self.members
    }
}

/// What stands between two commas.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Address<'a> {
    /// One mailbox.
    Mailbox(Mailbox<'a>),
    /// A group of them.
    Group(Group<'a>),
}

impl<'a> Address<'a> {
    /// The mailboxes: one, or those of the group.
    pub fn mailboxes(&self) -> &[Mailbox<'a>] {
        match self {
            Self::Mailbox(mailbox) => core::slice::from_ref(mailbox),
            Self::Group(group) => &group.members,
        }
    }

    /// The same, borrowing nothing.
    pub fn into_owned(self) -> Address<'static> {
        match self {
            Self::Mailbox(mailbox) => Address::Mailbox(mailbox.into_owned()),
            Self::Group(group) => Address::Group(Group {
                name: Cow::Owned(group.name.into_owned()),
                members: group.members.into_iter().map(Mailbox::into_owned).collect(),
            }),
        }
    }
}

impl<'a> From<Mailbox<'a>> for Address<'a> {
    fn from(mailbox: Mailbox<'a>) -> Self {
        Self::Mailbox(mailbox)
    }
}

impl<'a> From<Group<'a>> for Address<'a> {
    fn from(group: Group<'a>) -> Self {
        Self::Group(group)
    }
}

/// What an address field says, and what was wrong with it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AddressList<'a> {
    /// What could be read, in order.
    pub addresses: Vec<Address<'a>>,
    /// What could not, or was odd; offsets count from the start of the value.
    pub defects: Vec<Defect>,
}

impl<'a> AddressList<'a> {
    /// Reads the value of From, To, Cc and their like.
    ///
    /// Linear in the length, whatever is in it.
    pub fn parse(text: &'a [u8]) -> Self {
        crate::work::add(text.len());
        let mut reader = Reader { text, at: 0, tokens: Vec::new(), defects: Vec::new() };
        let mut addresses = Vec::new();
        while let Some(address) = reader.address() {
            addresses.extend(address);
        }
        Self { addresses, defects: reader.defects }
    }

    /// All mailboxes, those of groups among them.
    pub fn mailboxes(&self) -> impl Iterator<Item = &Mailbox<'a>> {
        self.addresses.iter().flat_map(Address::mailboxes)
    }
}

/// So many defects of one value are told, and no more: a bomb is no better known by its length.
const DEFECTS: usize = 64;

struct Reader<'a> {
    text: &'a [u8],
    at: usize,
    /// Of the address being read; kept so that it is allocated once.
    tokens: Vec<Token>,
    defects: Vec<Defect>,
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
    fn defect(&mut self, kind: DefectKind, at: usize) {
        if self.defects.len() < DEFECTS {
            self.defects.push(Defect::at(kind, at));
        }
    }

    /// The next address; `Some(None)` for one that was left out, `None` at the end.
    fn address(&mut self) -> Option<Option<Address<'a>>> {
        // obs-addr-list: empty elements count for nothing (RFC 5322 4.4).
        loop {
            let skipped = skip_cfws(self.text, self.at);
            if let Some(broken) = skipped.broken {
                self.defect(DefectKind::Unclosed, broken);
            }
            self.at = skipped.end;
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
            let skipped = skip_cfws(self.text, self.at);
            if let Some(broken) = skipped.broken {
                self.defect(DefectKind::Unclosed, broken);
            }
            self.at = skipped.end;
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
            let skipped = skip_cfws(self.text, self.at);
            if let Some(broken) = skipped.broken {
                self.defect(DefectKind::Unclosed, broken);
            }
            comment = skipped.comment.or(comment);
            self.at = skipped.end;
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
            let skipped = skip_cfws(self.text, self.at);
            if let Some(broken) = skipped.broken {
                self.defect(DefectKind::Unclosed, broken);
            }
            self.at = skipped.end;
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
            let skipped = skip_cfws(self.text, self.at);
            if let Some(broken) = skipped.broken {
                self.defect(DefectKind::Unclosed, broken);
            }
            self.at = skipped.end;
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
        let end = run(text, at, |octet| is_atext(octet) || octet == b'.');
        let atom = &text[at..end];
        let dots =
            atom.first() == Some(&b'.') || atom.last() == Some(&b'.') || memchr::memmem::find(atom, b"..").is_some();
        (!atom.is_empty() && !dots).then_some(end)
    };
    let sign = dot_atom(at).filter(|end| text.get(*end) == Some(&b'@'))?;
    Some((sign, dot_atom(sign + 1)?))
}

/// The name of a mailbox or group as it is written in a header: an atom or two as they are, a quoted string where
/// that is needed.
pub(crate) fn quote_phrase(name: &str) -> Cow<'_, str> {
    let plain = name.split(' ').all(|word| !word.is_empty() && word.bytes().all(is_atext)) && !name.contains("=?");
    if plain {
        return Cow::Borrowed(name);
    }
    let mut quoted = String::with_capacity(name.len() + 2);
    quoted.push('"');
    for character in name.chars() {
        if matches!(character, '"' | '\\') {
            quoted.push('\\');
        }
        quoted.push(character);
    }
    quoted.push('"');
    Cow::Owned(quoted)
}
