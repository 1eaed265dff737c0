//! Buckets of cookies by domain, found by hash: the jar without its rules.

use super::super::record::{Cookie, HOST_ONLY, PERSISTENT, SECURE};
use super::super::{Site, Timestamp};
use alloc::boxed::Box;
use alloc::collections::BinaryHeap;
use alloc::vec::Vec;
use core::cmp::{Ordering, Reverse};
use hashbrown::HashTable;

/// A stored cookie. Name, value and path lie in one allocation, name and value as they are sent.
#[derive(Clone)]
pub(super) struct Entry {
    /// `name=value` or, without a name, `value`; then the path.
    text: Box<[u8]>,
    /// How much of `text` is sent.
    pair: u16,
    /// 0 where there is no name.
    name: u16,
    pub(super) flags: u8,
    /// [`Timestamp::LATEST`] for a cookie of the session.
    pub(super) expires: Timestamp,
    pub(super) created: Timestamp,
    pub(super) accessed: Timestamp,
    /// Orders what was created in the same second; stays when the cookie is replaced, as `created` does.
    pub(super) order: u64,
    /// Orders what was stored in the same second; no two entries share one, ever.
    pub(super) stored: u64,
}

impl Entry {
    pub(super) fn new(name: &[u8], value: &[u8], path: &[u8], flags: u8) -> Self {
        let mut text = Vec::with_capacity(name.len() + 1 + value.len() + path.len());
        if !name.is_empty() {
            text.extend_from_slice(name);
            text.push(b'=');
        }
        text.extend_from_slice(value);
        let pair = text.len() as u16;
        text.extend_from_slice(path);
        Self {
            text: text.into_boxed_slice(),
            pair,
            name: name.len() as u16,
            flags,
            expires: Timestamp::LATEST,
            created: Timestamp::EARLIEST,
            accessed: Timestamp::EARLIEST,
            order: 0,
            stored: 0,
        }
    }

    /// What is sent: `name=value`, or `value`.
    #[inline]
    pub(super) fn pair(&self) -> &[u8] {
        &self.text[..usize::from(self.pair)]
    }

    #[inline]
    pub(super) fn path(&self) -> &[u8] {
        &self.text[usize::from(self.pair)..]
    }

    #[inline]
    pub(super) fn path_len(&self) -> usize {
        self.text.len() - usize::from(self.pair)
    }

    pub(super) fn name(&self) -> &[u8] {
        &self.text[..usize::from(self.name)]
    }

    pub(super) fn value(&self) -> &[u8] {
        let start = if self.name == 0 { 0 } else { usize::from(self.name) + 1 };
        &self.text[start..usize::from(self.pair)]
    }

    /// 5.8.3 step 2: longer paths first, then earlier creation.
    #[inline]
    pub(super) fn send_order(&self) -> SendOrder {
        (Reverse(self.path_len()), self.created, self.order)
    }

    /// 5.7: "the cookie with the earliest last-access-time first".
    pub(super) fn age_order(&self) -> (Timestamp, u64) {
        (self.accessed, self.stored)
    }
}

/// What orders cookies that are sent together.
pub(super) type SendOrder = (Reverse<usize>, Timestamp, u64);

/// The cookies of one domain under one partition, in the order in which they are sent.
#[derive(Clone)]
pub(super) struct Bucket {
    hash: u64,
    pub(super) domain: Box<str>,
    pub(super) partition: Option<(bool, Box<str>)>,
    pub(super) entries: Vec<Entry>,
    /// How many of them are `Secure`.
    pub(super) secure: u32,
    /// The domain is a public suffix by the jar's list: only host-only cookies are sent.
    pub(super) public: bool,
}

impl Bucket {
    pub(super) fn cookie<'a>(&'a self, entry: &'a Entry) -> Cookie<'a> {
        Cookie {
            name: entry.name(),
            value: entry.value(),
            domain: &self.domain,
            path: entry.path(),
            partition: self.partition.as_ref(),
            flags: entry.flags,
            expires: entry.expires,
            created: entry.created,
            accessed: entry.accessed,
        }
    }

    fn is(&self, domain: &[u8], partition: Option<Site<'_>>) -> bool {
        let same = match (&self.partition, partition) {
            (None, None) => true,
            (Some((secure, domain)), Some(site)) => *secure == site.secure && **domain == *site.domain,
            _ => false,
        };
        same && self.domain.as_bytes() == domain
    }
}

/// When an entry ends. Entries that were replaced or removed leave theirs behind until it comes up.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Due {
    at: Timestamp,
    bucket: u32,
    stored: u64,
}

/// The heap gives the greatest first: that is the one that ends first.
impl Ord for Due {
    fn cmp(&self, other: &Self) -> Ordering {
        (other.at, other.stored).cmp(&(self.at, self.stored))
    }
}

impl PartialOrd for Due {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[derive(Clone, Default)]
pub(super) struct Store {
    index: HashTable<u32>,
    buckets: Vec<Option<Bucket>>,
    free: Vec<u32>,
    due: BinaryHeap<Due>,
    /// Stored cookies in all buckets.
    pub(super) len: usize,
    /// Buckets that belong to a partition.
    pub(super) partitioned: usize,
    /// How many were ever stored.
    clock: u64,
}

impl Store {
    pub(super) fn bucket(&self, id: u32) -> Option<&Bucket> {
        self.buckets.get(id as usize)?.as_ref()
    }

    pub(super) fn bucket_mut(&mut self, id: u32) -> Option<&mut Bucket> {
        self.buckets.get_mut(id as usize)?.as_mut()
    }

    pub(super) fn buckets(&self) -> impl Iterator<Item = (u32, &Bucket)> {
        self.buckets.iter().enumerate().filter_map(|(id, bucket)| Some((id as u32, bucket.as_ref()?)))
    }

    pub(super) fn buckets_mut(&mut self) -> impl Iterator<Item = &mut Bucket> {
        self.buckets.iter_mut().flatten()
    }

    /// The buckets that `host` may be sent cookies from: its own, told as `true`, then each above it.
    #[inline]
    pub(super) fn above(&self, host: &str, ip: bool, partition: Option<Site<'_>>, mut found: impl FnMut(u32, bool)) {
        let host = host.as_bytes();
        let salt = partition.map_or(0, salt);
        let mut hash = START;
        let mut probe = |hash: u64, start: usize| {
            let hash = finish(hash, salt);
            let is = |id: &u32| self.bucket(*id).is_some_and(|bucket| bucket.is(&host[start..], partition));
            if let Some(&id) = self.index.find(hash, is) {
                found(id, start == 0);
            }
        };
        for at in (0..host.len()).rev() {
            if host[at] == b'.' && at + 1 < host.len() && !ip {
                probe(hash, at + 1);
            }
            hash = step(hash, host[at]);
        }
        probe(hash, 0);
    }

    pub(super) fn find(&self, domain: &str, partition: Option<Site<'_>>) -> Option<u32> {
        let hash = whole(domain, partition);
        let is = |id: &u32| self.bucket(*id).is_some_and(|bucket| bucket.is(domain.as_bytes(), partition));
        self.index.find(hash, is).copied()
    }

    /// The bucket for `domain`, made if it is not there; `public` is asked about a new one.
    pub(super) fn bucket_for(
        &mut self,
        domain: &str,
        partition: Option<Site<'_>>,
        public: impl FnOnce() -> bool,
    ) -> u32 {
        if let Some(id) = self.find(domain, partition) {
            return id;
        }
        let hash = whole(domain, partition);
        let bucket = Bucket {
            hash,
            domain: domain.into(),
            partition: partition.map(|site| (site.secure, site.domain.into())),
            entries: Vec::new(),
            secure: 0,
            public: public(),
        };
        self.partitioned += usize::from(partition.is_some());
        let id = self.free.pop().unwrap_or_else(|| {
            self.buckets.push(None);
            (self.buckets.len() - 1) as u32
        });
        self.buckets[id as usize] = Some(bucket);
        let Self { index, buckets, .. } = self;
        index.insert_unique(hash, id, |&id| buckets[id as usize].as_ref().map_or(0, |bucket| bucket.hash));
        id
    }

    /// The next number in the order of storing.
    pub(super) fn tick(&mut self) -> u64 {
        self.clock += 1;
        self.clock
    }

    /// Puts an entry at its place in the bucket.
    pub(super) fn insert(&mut self, id: u32, entry: Entry) {
        if entry.flags & PERSISTENT != 0 {
            if self.due.len() > 2 * self.len + 64 {
                self.forget_the_gone();
            }
            self.due.push(Due { at: entry.expires, bucket: id, stored: entry.stored });
        }
        let Some(bucket) = self.bucket_mut(id) else { return };
        bucket.secure += u32::from(entry.flags & SECURE != 0);
        let at = match bucket.entries.last() {
            Some(last) if last.send_order() > entry.send_order() => {
                bucket.entries.partition_point(|other| other.send_order() < entry.send_order())
            }
            _ => bucket.entries.len(),
        };
        bucket.entries.insert(at, entry);
        self.len += 1;
    }

    /// The place of the entry with this identity in the bucket (5.7 step 23).
    pub(super) fn position(&self, id: u32, name: &[u8], path: &[u8], host_only: bool) -> Option<usize> {
        self.bucket(id)?.entries.iter().position(|entry| {
            (entry.flags & HOST_ONLY != 0) == host_only
                && entry.path_len() == path.len()
                && entry.name() == name
                && entry.path() == path
        })
    }

    /// Takes an entry out and leaves its bucket, for another entry to come.
    pub(super) fn take(&mut self, id: u32, at: usize) -> Option<Entry> {
        let bucket = self.bucket_mut(id)?;
        if at >= bucket.entries.len() {
            return None;
        }
        let entry = bucket.entries.remove(at);
        bucket.secure -= u32::from(entry.flags & SECURE != 0);
        self.len -= 1;
        Some(entry)
    }

    /// Takes an entry out; its bucket goes with the last one.
    pub(super) fn remove(&mut self, id: u32, at: usize) {
        self.take(id, at);
        self.drop_if_empty(id);
    }

    /// Drops the bucket if nothing is in it.
    pub(super) fn drop_if_empty(&mut self, id: u32) {
        if self.bucket(id).is_some_and(|bucket| bucket.entries.is_empty()) {
            self.drop_bucket(id);
        }
    }

    fn drop_bucket(&mut self, id: u32) {
        let Some(bucket) = self.buckets.get_mut(id as usize).and_then(Option::take) else { return };
        self.partitioned -= usize::from(bucket.partition.is_some());
        if let Ok(slot) = self.index.find_entry(bucket.hash, |&other| other == id) {
            slot.remove();
        }
        self.free.push(id);
    }

    /// Keeps the entries for which `keep` holds. Returns how many went.
    pub(super) fn retain(&mut self, mut keep: impl FnMut(&Bucket, &Entry) -> bool) -> usize {
        let before = self.len;
        for id in 0..self.buckets.len() as u32 {
            self.retain_in(id, &mut keep);
        }
        before - self.len
    }

    fn retain_in(&mut self, id: u32, mut keep: impl FnMut(&Bucket, &Entry) -> bool) {
        let Some(bucket) = self.bucket_mut(id) else { return };
        let mut entries = core::mem::take(&mut bucket.entries);
        let had = entries.len();
        entries.retain(|entry| keep(bucket, entry));
        let gone = had - entries.len();
        bucket.secure = entries.iter().filter(|entry| entry.flags & SECURE != 0).count() as u32;
        bucket.entries = entries;
        self.len -= gone;
        self.drop_if_empty(id);
    }

    /// Removes so many entries of a bucket: those without `Secure` first, and of each kind those of the earliest
    /// last-access.
    pub(super) fn evict_from(&mut self, id: u32, excess: usize) {
        let order = |entry: &Entry| (entry.flags & SECURE != 0, entry.age_order());
        let Some(bucket) = self.bucket(id).filter(|_| excess > 0) else { return };
        if excess == 1 {
            // The usual case: it came to be one too many just now.
            if let Some((at, _)) = bucket.entries.iter().enumerate().min_by_key(|(_, entry)| order(entry)) {
                self.remove(id, at);
            }
            return;
        }
        let last = nth(bucket.entries.iter().map(order).collect(), excess);
        self.retain_in(id, |_, entry| Some(order(entry)) > last);
    }

    /// Leaves each bucket no more than so many entries.
    pub(super) fn evict_everywhere(&mut self, most: usize) {
        for id in 0..self.buckets.len() as u32 {
            let here = self.bucket(id).map_or(0, |bucket| bucket.entries.len());
            self.evict_from(id, here.saturating_sub(most));
        }
    }

    /// Removes so many entries: those of the earliest last-access, wherever they are.
    pub(super) fn evict(&mut self, excess: usize) {
        if excess == 0 {
            return;
        }
        if excess == 1 {
            let oldest = self
                .buckets()
                .flat_map(|(id, bucket)| bucket.entries.iter().enumerate().map(move |(at, entry)| (id, at, entry)))
                .min_by_key(|(_, _, entry)| entry.age_order());
            if let Some((id, at, _)) = oldest {
                self.remove(id, at);
            }
            return;
        }
        let orders = self.buckets().flat_map(|(_, bucket)| bucket.entries.iter().map(Entry::age_order)).collect();
        let last = nth(orders, excess);
        self.retain(|_, entry| Some(entry.age_order()) > last);
    }

    /// Removes what has expired: "now" is the first second without it. Returns how many went.
    #[inline]
    pub(super) fn expire(&mut self, now: Timestamp) -> usize {
        match self.due.peek() {
            Some(due) if due.at <= now => self.expire_due(now),
            _ => 0,
        }
    }

    #[cold]
    fn expire_due(&mut self, now: Timestamp) -> usize {
        let before = self.len;
        while let Some(due) = self.due.peek().copied().filter(|due| due.at <= now) {
            self.due.pop();
            let at = self
                .bucket(due.bucket)
                .and_then(|bucket| bucket.entries.iter().position(|entry| entry.stored == due.stored));
            if let Some(at) = at {
                self.remove(due.bucket, at);
            }
        }
        before - self.len
    }

    /// Rebuilds the heap from what is stored.
    fn forget_the_gone(&mut self) {
        let mut due = core::mem::take(&mut self.due).into_vec();
        due.clear();
        for (id, bucket) in self.buckets() {
            let lasting = bucket.entries.iter().filter(|entry| entry.flags & PERSISTENT != 0);
            due.extend(lasting.map(|entry| Due { at: entry.expires, bucket: id, stored: entry.stored }));
        }
        self.due = BinaryHeap::from(due);
    }
}

/// The greatest of the `count` least; no two of them are equal.
fn nth<T: Ord + Copy>(mut orders: Vec<T>, count: usize) -> Option<T> {
    let at = count.checked_sub(1).filter(|&at| at < orders.len())?;
    Some(*orders.select_nth_unstable(at).1)
}

const START: u64 = 0x9e37_79b9_7f4a_7c15;

/// One octet more, from the right: so that every domain above a host is hashed on the way to the host itself.
#[inline]
const fn step(hash: u64, byte: u8) -> u64 {
    (hash.rotate_left(5) ^ byte as u64).wrapping_mul(0xf135_7aea_2e62_a9c5)
}

#[inline]
const fn finish(hash: u64, salt: u64) -> u64 {
    let hash = (hash ^ salt).wrapping_mul(0x9fb2_1c65_1e98_df25);
    hash ^ (hash >> 32)
}

fn salt(site: Site<'_>) -> u64 {
    site.domain.bytes().rev().fold(1 + u64::from(site.secure), step)
}

fn whole(domain: &str, partition: Option<Site<'_>>) -> u64 {
    finish(domain.bytes().rev().fold(START, step), partition.map_or(0, salt))
}
