//! What messages are called in POP3, from what their files are called.

use crate::syntax::hex::hex;
use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::collections::BTreeSet;
use alloc::format;
use alloc::vec::Vec;
use sha2::{Digest, Sha256};

/// Unique ids for the messages of a maildrop whose files have these names: 1 to 70 octets of printable ASCII (RFC 1939 7),
/// no two the same, and the same in every session as long as the names are.
///
/// A name is its own id up to its first comma, behind which Maildirs note what is about the message and not its name. A
/// name that is too long or can't be said is told by its hash, and so is one that another message has already.
///
/// ```
/// use plainwire::pop3::unique_ids;
///
/// let ids = unique_ids(["1700000000.M1P2.host,S=120", "naïve"]);
/// assert_eq!(&*ids[0], "1700000000.M1P2.host");
/// assert_eq!(ids[1].len(), 64);
/// ```
pub fn unique_ids<'n>(names: impl IntoIterator<Item = &'n str>) -> Vec<Box<str>> {
    let mut given: BTreeSet<Box<str>> = BTreeSet::new();
    let mut ids = Vec::new();
    for name in names {
        let base = name.split(',').next().unwrap_or_default();
        let mut id: Box<str> = if fits(base) { base.into() } else { hashed(name) };
        // The same name twice is in no Maildir; here it is told apart by how often it was there.
        let mut tried = Cow::Borrowed(name);
        let mut count = 0_u64;
        while given.contains(&id) {
            id = hashed(&tried);
            count += 1;
            tried = Cow::Owned(format!("{name} {count}"));
        }
        given.insert(id.clone());
        ids.push(id);
    }
    ids
}

fn fits(id: &str) -> bool {
    (1..=70).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic())
}

fn hashed(name: &str) -> Box<str> {
    hex(&Sha256::digest(name.as_bytes())).into()
}
