//! A member's name.

use core::cmp::Ordering;
use core::fmt;
use core::hash::{Hash, Hasher};
use core::str::FromStr;
use thiserror::Error;

/// A member's name: 1 to 32 ASCII letters, digits, `-` and `_`.
///
/// Names are compared without case: `Ada` and `ada` are the same member, and equal here. ASCII alone, because a name is
/// what tells people apart: with all of Unicode two names could look the same and differ.
///
/// ```
/// use plainwire::chat::Name;
///
/// let name: Name = "Ada-1815".parse()?;
/// assert_eq!(name.as_str(), "Ada-1815");
/// assert_eq!(name, "ADA-1815".parse()?);
/// assert!("Ada Lovelace".parse::<Name>().is_err());
/// # Ok::<(), plainwire::chat::NameError>(())
/// ```
#[derive(Clone, Copy)]
pub struct Name {
    octets: [u8; Name::MAX],
    length: u8,
}

/// Why something is no name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
#[non_exhaustive]
pub enum NameError {
    /// Nothing, or more than [`Name::MAX`] octets.
    #[error("a name has 1 to 32 characters")]
    Length,
    /// Something other than a letter, a digit, `-` or `_`, at this offset.
    #[error("a name consists of letters, digits, - and _")]
    Character(usize),
}

impl Name {
    /// The most octets that a name has.
    pub const MAX: usize = 32;

    /// The name that `octets` spell.
    pub fn new(octets: &[u8]) -> Result<Self, NameError> {
        let mut name = Self { octets: [0; Self::MAX], length: octets.len() as u8 };
        if octets.is_empty() || octets.len() > Self::MAX {
            return Err(NameError::Length);
        }
        if let Some(at) = octets.iter().position(|octet| !(octet.is_ascii_alphanumeric() || b"-_".contains(octet))) {
            return Err(NameError::Character(at));
        }
        name.octets[..octets.len()].copy_from_slice(octets);
        Ok(name)
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        // ASCII since `new`.
        str::from_utf8(self.as_bytes()).unwrap_or_default()
    }

    /// As it was written.
    pub fn as_bytes(&self) -> &[u8] {
        &self.octets[..usize::from(self.length)]
    }

    /// Whether it would let its bearer pose as more than a member. A [`Room`](super::Room) gives none of these out:
    /// `admin`, `all`, `everyone`, `host`, `mod`, `moderator`, `operator`, `room`, `root`, `server`, `system`, `you`.
    pub fn reserved(&self) -> bool {
        RESERVED.iter().any(|reserved| self.as_bytes().eq_ignore_ascii_case(reserved.as_bytes()))
    }

    fn folded(&self) -> impl Iterator<Item = u8> + '_ {
        self.as_bytes().iter().map(u8::to_ascii_lowercase)
    }
}

const RESERVED: [&str; 12] =
    ["admin", "all", "everyone", "host", "mod", "moderator", "operator", "room", "root", "server", "system", "you"];

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes().eq_ignore_ascii_case(other.as_bytes())
    }
}

impl Eq for Name {}

impl Ord for Name {
    fn cmp(&self, other: &Self) -> Ordering {
        self.folded().cmp(other.folded())
    }
}

impl PartialOrd for Name {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Hash for Name {
    fn hash<H: Hasher>(&self, state: &mut H) {
        for octet in self.folded() {
            state.write_u8(octet);
        }
        state.write_u8(0xff);
    }
}

impl FromStr for Name {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        Self::new(text.as_bytes())
    }
}

impl AsRef<[u8]> for Name {
    fn as_ref(&self) -> &[u8] {
        self.as_bytes()
    }
}

impl fmt::Display for Name {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), formatter)
    }
}

#[cfg(feature = "arbitrary")]
impl<'a> arbitrary::Arbitrary<'a> for Name {
    fn arbitrary(source: &mut arbitrary::Unstructured<'a>) -> arbitrary::Result<Self> {
        const ALPHABET: &[u8] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
        let mut octets = [0; Self::MAX];
        let length = source.int_in_range(1..=Self::MAX)?;
        for octet in &mut octets[..length] {
            *octet = *source.choose(ALPHABET)?;
        }
        Self::new(&octets[..length]).map_err(|_| arbitrary::Error::IncorrectFormat)
    }
}
