//! Mailboxes and host names.

use super::syntax::path;
use alloc::borrow::Cow;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use bytes::Bytes;
use core::fmt;
use core::net::IpAddr;
use core::str::FromStr;

/// A mailbox: `local@domain`, spelled as RFC 5321 4.1.2 or RFC 6531 has it, quotes included.
///
/// Over borrowed octets it is what a peer said; [`Address`] owns its octets and is what a program keeps. A value that
/// exists is valid: it has no CR, LF, NUL, space outside quotes or second `@` that could end one thing and begin another.
///
/// ```
/// use plainwire::smtp::Address;
///
/// let address: Address = r#""no quotes needed"@example.org"#.parse().unwrap();
/// assert_eq!(address.local(), r#""no quotes needed""#);
/// assert_eq!(address.name(), "no quotes needed");
/// assert_eq!(Address::new("a b", "example.org").unwrap().as_str(), r#""a b"@example.org"#);
/// assert!("ada@example.org>\r\nRCPT TO:<eve@example.org".parse::<Address>().is_err());
/// ```
///
/// Two are equal that are spelled alike, octet by octet: whether two spellings name one mailbox is for its host to say
/// (RFC 5321 2.3.11).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Mailbox<B> {
    text: B,
    /// Where the `@` is; the length of the text where there is none.
    at: u16,
}

/// A mailbox that owns its octets. Cloning it copies nothing.
pub type Address = Mailbox<Bytes>;

/// Not a mailbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a mailbox of the form local@domain")]
pub struct InvalidMailbox;

impl<B> Mailbox<B> {
    /// The mailbox with its octets held otherwise.
    pub fn map<C>(self, keep: impl FnOnce(B) -> C) -> Mailbox<C> {
        Mailbox { text: keep(self.text), at: self.at }
    }

    /// What the grammar found.
    pub(super) const fn found(text: B, at: usize) -> Self {
        Self { text, at: at as u16 }
    }
}

impl<B: AsRef<[u8]>> Mailbox<B> {
    /// The whole, as it stands on the wire.
    pub fn as_str(&self) -> &str {
        // Valid by construction: the grammar takes UTF-8 only.
        str::from_utf8(self.text.as_ref()).unwrap_or_default()
    }

    /// The part before the `@`, with the quotes it was spelled with.
    pub fn local(&self) -> &str {
        self.as_str().get(..usize::from(self.at)).unwrap_or_default()
    }

    /// The part before the `@`, without quotes: what a mailbox is compared by, never what goes on the wire.
    pub fn name(&self) -> Cow<'_, str> {
        let local = self.local();
        match local.strip_prefix('"').and_then(|local| local.strip_suffix('"')) {
            None => Cow::Borrowed(local),
            Some(inside) if !inside.contains('\\') => Cow::Borrowed(inside),
            Some(inside) => {
                let mut name = String::with_capacity(inside.len());
                let mut characters = inside.chars();
                while let Some(c) = characters.next() {
                    name.push(if c == '\\' { characters.next().unwrap_or(c) } else { c });
                }
                Cow::Owned(name)
            }
        }
    }

    /// The part behind the `@`: a domain, or an address literal in its brackets. `None` for `postmaster` alone, which
    /// needs no domain (RFC 5321 4.5.1).
    pub fn domain(&self) -> Option<&str> {
        self.as_str().get(usize::from(self.at) + 1..)
    }

    /// Spelled in ASCII, so that it can be said without SMTPUTF8 (RFC 6531).
    pub fn is_ascii(&self) -> bool {
        self.text.as_ref().is_ascii()
    }

    /// A copy that owns its octets.
    pub fn to_address(&self) -> Address {
        Mailbox { text: Bytes::copy_from_slice(self.text.as_ref()), at: self.at }
    }
}

impl<'a> Mailbox<&'a [u8]> {
    /// The mailbox that `text` spells, all of it.
    pub fn parse(text: &'a [u8]) -> Result<Self, InvalidMailbox> {
        match path::mailbox(text) {
            Some((at, end)) if end == text.len() => Ok(Self::found(text, at)),
            _ if text.eq_ignore_ascii_case(b"postmaster") => Ok(Self::found(text, text.len())),
            _ => Err(InvalidMailbox),
        }
    }
}

impl Address {
    /// The mailbox of `name` at `domain`, with quotes around the name where it needs them.
    pub fn new(name: &str, domain: &str) -> Result<Self, InvalidMailbox> {
        let atoms =
            !name.is_empty() && name.split('.').all(|atom| !atom.is_empty() && atom.bytes().all(path::is_atext));
        let local = if atoms {
            Cow::Borrowed(name)
        } else {
            let mut quoted = String::with_capacity(name.len() + 2);
            quoted.push('"');
            for c in name.chars() {
                if matches!(c, '"' | '\\') {
                    quoted.push('\\');
                }
                quoted.push(c);
            }
            quoted.push('"');
            Cow::Owned(quoted)
        };
        [&local, "@", domain].concat().parse()
    }
}

impl FromStr for Address {
    type Err = InvalidMailbox;

    fn from_str(text: &str) -> Result<Self, InvalidMailbox> {
        Mailbox::parse(text.as_bytes()).map(|mailbox| mailbox.to_address())
    }
}

impl<B: fmt::Debug> fmt::Debug for Mailbox<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Mailbox").field(&self.text).finish()
    }
}

impl<B: AsRef<[u8]>> fmt::Display for Mailbox<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a host calls itself in `EHLO`: a domain name or an address literal (RFC 5321 4.1.1.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct HostName<B>(B);

/// Not a host name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a domain name or address literal")]
pub struct InvalidHostName;

impl<B> HostName<B> {
    /// The name with its octets held otherwise.
    pub fn map<C>(self, keep: impl FnOnce(B) -> C) -> HostName<C> {
        HostName(keep(self.0))
    }
}

impl<B: AsRef<[u8]>> HostName<B> {
    /// As it stands on the wire.
    pub fn as_str(&self) -> &str {
        str::from_utf8(self.0.as_ref()).unwrap_or_default()
    }
}

impl<'a> HostName<&'a [u8]> {
    /// The name that `text` spells, all of it.
    pub fn parse(text: &'a [u8]) -> Result<Self, InvalidHostName> {
        if path::host(text) { Ok(Self(text)) } else { Err(InvalidHostName) }
    }
}

impl HostName<Bytes> {
    /// The address literal of `address`: what a host without a name calls itself (RFC 5321 4.1.3).
    pub fn literal(address: IpAddr) -> Self {
        let text = match address {
            IpAddr::V4(address) => ["[", &address.to_string(), "]"].concat(),
            IpAddr::V6(address) => ["[IPv6:", &address.to_string(), "]"].concat(),
        };
        Self(Bytes::from(Vec::from(text)))
    }
}

impl FromStr for HostName<Bytes> {
    type Err = InvalidHostName;

    fn from_str(text: &str) -> Result<Self, InvalidHostName> {
        HostName::parse(text.as_bytes()).map(|name| name.map(Bytes::copy_from_slice))
    }
}

impl<B: AsRef<[u8]>> fmt::Display for HostName<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
