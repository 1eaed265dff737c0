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

mod read;

pub(crate) use self::read::plain_addr_spec;

use self::read::Reader;
use super::defect::{Defect, DefectKind};
use crate::syntax::token::is_atext;
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
        let mut reader = Reader::new(text);
        // Most fields hold one.
        let mut addresses = Vec::with_capacity(usize::from(!text.is_empty()));
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
