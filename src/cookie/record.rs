//! A stored cookie with everything that is known of it, to look at, to save and to load.

use super::jar::Refusal;
use super::parse::Quoted;
use super::{Jar, Policy, SameSite, Timestamp};
use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

/// A cookie in a [`Jar`], borrowed.
#[derive(Clone, Copy)]
pub struct Cookie<'a> {
    pub(super) name: &'a [u8],
    pub(super) value: &'a [u8],
    pub(super) domain: &'a str,
    pub(super) path: &'a [u8],
    pub(super) partition: Option<&'a (bool, Box<str>)>,
    pub(super) flags: u8,
    pub(super) expires: Timestamp,
    pub(super) created: Timestamp,
    pub(super) accessed: Timestamp,
}

pub(super) const HOST_ONLY: u8 = 1;
pub(super) const SECURE: u8 = 2;
pub(super) const HTTP_ONLY: u8 = 4;
pub(super) const PERSISTENT: u8 = 8;
pub(super) const STRICT: u8 = 16;
pub(super) const LAX: u8 = 32;
pub(super) const NONE: u8 = 64;
pub(super) const UNSAID: u8 = 128;

impl<'a> Cookie<'a> {
    /// The name, empty for a cookie without one.
    pub const fn name(&self) -> &'a [u8] {
        self.name
    }

    /// The value.
    pub const fn value(&self) -> &'a [u8] {
        self.value
    }

    /// The host that set it ([`host_only`](Self::host_only)), or the domain that it is for.
    pub const fn domain(&self) -> &'a str {
        self.domain
    }

    /// Whether it goes to the host that set it and not to those below.
    pub const fn host_only(&self) -> bool {
        self.flags & HOST_ONLY != 0
    }

    /// The path it goes to, and below.
    pub const fn path(&self) -> &'a [u8] {
        self.path
    }

    /// Whether it goes over secure connections alone.
    pub const fn secure(&self) -> bool {
        self.flags & SECURE != 0
    }

    /// Whether scripts are kept from it.
    pub const fn http_only(&self) -> bool {
        self.flags & HTTP_ONLY != 0
    }

    /// Who may cause it to be sent.
    pub const fn same_site(&self) -> SameSite {
        match self.flags & (STRICT | LAX | NONE) {
            STRICT => SameSite::Strict,
            LAX => SameSite::Lax,
            NONE => SameSite::None,
            _ => SameSite::Default,
        }
    }

    /// When it ends; `None` for one that ends with the session.
    pub fn expires(&self) -> Option<Timestamp> {
        (self.flags & PERSISTENT != 0).then_some(self.expires)
    }

    /// When it was first set.
    pub const fn created(&self) -> Timestamp {
        self.created
    }

    /// When it was last set or sent.
    pub const fn accessed(&self) -> Timestamp {
        self.accessed
    }

    /// The site at the top of the window in which alone it is sent, if it is partitioned.
    pub fn partition(&self) -> Option<super::Site<'a>> {
        self.partition.map(|(secure, domain)| super::Site { secure: *secure, domain })
    }

    /// Everything about it, owned.
    pub fn to_record(&self) -> Record {
        Record {
            name: self.name.to_vec(),
            value: self.value.to_vec(),
            domain: self.domain.to_string(),
            host_only: self.host_only(),
            path: self.path.to_vec(),
            secure: self.secure(),
            http_only: self.http_only(),
            same_site: self.same_site(),
            expires: self.expires(),
            created: Some(self.created),
            accessed: Some(self.accessed),
            partition: self.partition().map(|site| site.to_string()),
        }
    }
}

/// Says how long the value is, not what it is.
impl fmt::Debug for Cookie<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cookie")
            .field("name", &Quoted(self.name))
            .field("value", &format_args!("[{} octets]", self.value.len()))
            .field("domain", &self.domain)
            .field("host_only", &self.host_only())
            .field("path", &Quoted(self.path))
            .field("secure", &self.secure())
            .field("http_only", &self.http_only())
            .field("same_site", &self.same_site())
            .field("expires", &self.expires())
            .finish_non_exhaustive()
    }
}

/// A cookie as files hold it: everything that a [`Jar`] keeps, owned and free to change.
///
/// With the feature `serde` it is written and read as an object of these names; octets are a string where they are
/// UTF-8, else an array of numbers.
///
/// ```
/// use plainwire::cookie::{Jar, Record, Timestamp};
///
/// // A cookie that a user brings along: for example.org and all hosts below it, for this session.
/// let record = Record {
///     name: b"id".to_vec(),
///     value: b"42".to_vec(),
///     domain: "example.org".into(),
///     path: b"/".to_vec(),
///     secure: true,
///     ..Record::default()
/// };
/// let mut jar = Jar::new();
/// jar.restore(&record, Timestamp(1_700_000_000)).unwrap();
/// assert_eq!(jar.records(true)[0].value, b"42");
/// assert!(jar.records(false).is_empty());
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
pub struct Record {
    /// The name, empty for a cookie without one.
    #[cfg_attr(feature = "serde", serde(with = "octets", default))]
    pub name: Vec<u8>,
    /// The value.
    #[cfg_attr(feature = "serde", serde(with = "octets"))]
    pub value: Vec<u8>,
    /// The canonical host that set it, or the domain that it is for, without a leading dot.
    pub domain: String,
    /// Whether it goes to that host alone.
    #[cfg_attr(feature = "serde", serde(default))]
    pub host_only: bool,
    /// The path; begins with `/`.
    #[cfg_attr(feature = "serde", serde(with = "octets"))]
    pub path: Vec<u8>,
    /// Whether it goes over secure connections alone.
    #[cfg_attr(feature = "serde", serde(default))]
    pub secure: bool,
    /// Whether scripts are kept from it.
    #[cfg_attr(feature = "serde", serde(default))]
    pub http_only: bool,
    /// Who may cause it to be sent.
    #[cfg_attr(feature = "serde", serde(default))]
    pub same_site: SameSite,
    /// When it ends, in seconds; `None` for one that ends with the session.
    #[cfg_attr(feature = "serde", serde(default))]
    pub expires: Option<Timestamp>,
    /// When it was first set. `None`, where a file does not say, becomes the time of loading.
    #[cfg_attr(feature = "serde", serde(default))]
    pub created: Option<Timestamp>,
    /// When it was last set or sent. `None`, where a file does not say, becomes the time of loading.
    #[cfg_attr(feature = "serde", serde(default))]
    pub accessed: Option<Timestamp>,
    /// The top-level site of a partitioned cookie, as in `https://example.org`.
    #[cfg_attr(feature = "serde", serde(default))]
    pub partition: Option<String>,
}

/// Says how long the value is, not what it is.
impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Record")
            .field("name", &Quoted(&self.name))
            .field("value", &format_args!("[{} octets]", self.value.len()))
            .field("domain", &self.domain)
            .field("host_only", &self.host_only)
            .field("path", &Quoted(&self.path))
            .field("secure", &self.secure)
            .field("http_only", &self.http_only)
            .field("same_site", &self.same_site)
            .field("expires", &self.expires)
            .field("created", &self.created)
            .field("accessed", &self.accessed)
            .field("partition", &self.partition)
            .finish()
    }
}

impl<P: Policy> Jar<P> {
    /// All cookies, owned, in the order of their creation. Those of the session are left out unless `session`.
    pub fn records(&self, session: bool) -> Vec<Record> {
        self.ordered()
            .into_iter()
            .filter(|cookie| session || cookie.expires().is_some())
            .map(|cookie| cookie.to_record())
            .collect()
    }

    /// Stores each record, and returns those that were refused with the reason. See [`Jar::restore`].
    pub fn restore_all(&mut self, records: impl IntoIterator<Item = Record>, now: Timestamp) -> Vec<(Record, Refusal)> {
        let mut refused = Vec::new();
        for record in records {
            if let Err(refusal) = self.restore(&record, now) {
                refused.push((record, refusal));
            }
        }
        refused
    }
}

/// Octets as a string where they are UTF-8, else as an array of numbers.
#[cfg(feature = "serde")]
mod octets {
    use alloc::string::String;
    use alloc::vec::Vec;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Octets {
        Text(String),
        Raw(Vec<u8>),
    }

    pub(super) fn serialize<S: Serializer>(octets: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        match core::str::from_utf8(octets) {
            Ok(text) => serializer.serialize_str(text),
            Err(_) => octets.serialize(serializer),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        Ok(match Octets::deserialize(deserializer)? {
            Octets::Text(text) => text.into_bytes(),
            Octets::Raw(octets) => octets,
        })
    }
}
