//! What messages are called in POP3, from what their files are called.

use crate::radix;
use crate::syntax::hex::hex;
use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::collections::BTreeSet;
use alloc::format;
use alloc::vec::Vec;
use memchr::memchr;
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
    let names: Vec<_> = names.into_iter().collect();
    let id = |name: &&str| {
        let base = memchr(b',', name.as_bytes()).map_or(*name, |at| &name[..at]);
        if fits(base) { base.into() } else { hashed(name) }
    };
    let mut ids: Vec<_> = names.iter().map(id).collect();
    if !all_differ(&ids) {
        tell_apart(&names, &mut ids);
    }
    ids
}

/// No two of them are the same.
fn all_differ(ids: &[Box<str>]) -> bool {
    // As in a Maildir whose names are in order.
    if ids.is_sorted_by(|a, b| a < b) {
        return true;
    }
    // Only those that hash alike are compared, in order, so that nobody gains by names that hash alike.
    let mut order: Vec<_> = ids.iter().enumerate().map(|(at, id)| (mixed(id.as_bytes()), at)).collect();
    radix::sort(&mut order);
    order.chunk_by(|a, b| a.0 == b.0).filter(|alike| alike.len() > 1).all(|alike| {
        let mut alike: Vec<_> = alike.iter().map(|(_, at)| &ids[*at]).collect();
        alike.sort_unstable();
        alike.is_sorted_by(|a, b| a < b)
    })
}

/// 32 bits of all octets.
fn mixed(octets: &[u8]) -> u64 {
    let (eights, rest) = octets.as_chunks::<8>();
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    let mix = |sum: u64, eight: &[u8; 8]| {
        let sum = (sum ^ u64::from_le_bytes(*eight)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        sum ^ sum >> 32
    };
    eights.iter().chain([&last]).fold(octets.len() as u64, mix) & 0xffff_ffff
}

/// Hashes, of ids that are the same, all but the first.
fn tell_apart(names: &[&str], ids: &mut [Box<str>]) {
    let mut given: BTreeSet<Box<str>> = BTreeSet::new();
    for (name, id) in names.iter().zip(ids) {
        // The same name twice is in no Maildir; here it is told apart by how often it was there.
        let mut tried = Cow::Borrowed(*name);
        let mut count = 0_u64;
        while given.contains(id) {
            *id = hashed(&tried);
            count += 1;
            tried = Cow::Owned(format!("{name} {count}"));
        }
        given.insert(id.clone());
    }
}

fn fits(id: &str) -> bool {
    (1..=70).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic())
}

fn hashed(name: &str) -> Box<str> {
    hex(&Sha256::digest(name.as_bytes())).into()
}
