//! Cookie files: Netscape's `cookies.txt`, which curl, wget and browsers' extensions share, and libwww-perl's.
//!
//! Both are read and written as octets; opening and replacing files is the caller's (`net::cookie_file` does it
//! atomically).
//!
//! ```
//! use plainwire::cookie::{Jar, Timestamp, file::netscape};
//!
//! let text = b"# Netscape HTTP Cookie File\n#HttpOnly_.example.org\tTRUE\t/\tTRUE\t0\tid\t42\n";
//! let loaded = netscape::read(text);
//! assert!(loaded.faults.is_empty());
//!
//! let mut jar = Jar::new();
//! let refused = jar.restore_all(loaded.records, Timestamp(1_700_000_000));
//! assert!(refused.is_empty() && jar.len() == 1);
//!
//! let mut out = Vec::new();
//! netscape::write(&jar.records(true), netscape::SessionExpiry::Zero, &mut out);
//! assert!(out.ends_with(b"#HttpOnly_.example.org\tTRUE\t/\tTRUE\t0\tid\t42\n"));
//! ```
//!
//! JSON needs no code of its own, and loses nothing: with the feature `serde` a [`Record`] is serialized as it is.
//!
#![cfg_attr(feature = "serde", doc = "```")]
#![cfg_attr(not(feature = "serde"), doc = "```ignore")]
//! use plainwire::cookie::{Jar, Place, Record, Request, Timestamp};
//!
//! let (mut jar, now) = (Jar::new(), Timestamp(1_700_000_000));
//! let request = Request::to(Place::new(true, "example.org", "/").unwrap());
//! jar.receive(b"id=42; Secure; SameSite=Strict; Max-Age=3600", &request, now).unwrap();
//!
//! let text = serde_json::to_string(&jar.records(true)).unwrap();
//! let records: Vec<Record> = serde_json::from_str(&text).unwrap();
//! let mut again = Jar::new();
//! assert!(again.restore_all(records, now).is_empty());
//! assert_eq!(again.records(true), jar.records(true));
//! ```

pub mod lwp;
pub mod netscape;

use super::Record;
use alloc::vec::Vec;

/// What a file held.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Loaded {
    /// The cookies, in the order of the file.
    pub records: Vec<Record>,
    /// The lines that are none. Each lost only itself.
    pub faults: Vec<Fault>,
}

/// A line of a cookie file that could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {kind}")]
pub struct Fault {
    /// The line, counted from 1.
    pub line: usize,
    /// What is wrong with it.
    pub kind: FaultKind,
}

/// What is wrong with a line of a cookie file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum FaultKind {
    /// It has another number of fields than seven.
    #[error("{0} fields, not 7")]
    Fields(usize),
    /// A flag is neither `TRUE` nor `FALSE`.
    #[error("a flag is neither TRUE nor FALSE")]
    Flag,
    /// The domain is no host.
    #[error("the domain is no host")]
    Domain,
    /// The path does not begin with `/`.
    #[error("the path does not begin with a slash")]
    Path,
    /// The expiry is no number, or no date.
    #[error("the expiry is no time")]
    Expiry,
    /// It is not of the form that the file has.
    #[error("not a cookie of this file's form")]
    Form,
    /// There is neither name nor value, or one of them has a control character, or the name white space at its ends.
    #[error("name and value are missing, or have control characters or white space at their ends")]
    Pair,
}

/// A cookie that a form of file has no room for: it was left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cookie {index} is not in the file: {why}")]
pub struct LeftOut {
    /// Which of the cookies given, counted from 0.
    pub index: usize,
    /// What the file could not have said.
    pub why: Unwritable,
}

/// Why a form of file has no room for a cookie.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum Unwritable {
    /// A field has an octet that would begin another one, or a comment.
    #[error("it has an octet that the form can't hold")]
    Octet,
    /// It is partitioned: read back, it would be sent under every site.
    #[error("it is partitioned, and the form knows no partitions")]
    Partitioned,
    /// It is no record that a jar would give.
    #[error("it is no record that a jar would give")]
    Malformed,
}

/// Lines with their numbers, without their ends.
fn lines(text: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    crate::work::add(text.len());
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    text.split(|&byte| byte == b'\n')
        .enumerate()
        .map(|(index, line)| (index + 1, line.strip_suffix(b"\r").unwrap_or(line)))
}

/// Whether the record is one that a jar would give; what is not may hold anything.
fn fit(record: &Record) -> Result<(), Unwritable> {
    use super::parse::{is_control, trim};
    let clean = |octets: &[u8]| !octets.iter().any(|&byte| is_control(byte) || byte == b';');
    let path_clean = !record.path.iter().any(|&byte| is_control(byte));
    let empty = record.name.is_empty() && record.value.is_empty();
    let first = if record.name.is_empty() { &record.value } else { &record.name };
    let named = !empty && !record.name.contains(&b'=') && trim(first).len() == first.len();
    let placed = super::place::check_host(&record.domain).is_ok() && record.path.first() == Some(&b'/');
    if !(named && placed && path_clean && clean(&record.name) && clean(&record.value)) {
        return Err(Unwritable::Malformed);
    }
    if record.partition.is_some() {
        return Err(Unwritable::Partitioned);
    }
    // A leading dot says here that hosts below get the cookie too.
    if record.domain.starts_with('.') {
        return Err(Unwritable::Octet);
    }
    Ok(())
}
