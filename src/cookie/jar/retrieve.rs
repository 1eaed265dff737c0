//! The retrieval algorithm, RFC 6265bis 5.8.3.

use super::super::place::{is_ip, path_match};
use super::super::record::{HOST_ONLY, HTTP_ONLY, LAX, SECURE, STRICT, UNSAID};
use super::super::{Cookie, Policy, Request, Site, Timestamp};
use super::store::Bucket;
use super::{Hit, Jar};
use alloc::vec::Vec;
use bytes::BufMut;

impl<P: Policy> Jar<P> {
    /// The cookie-string for `request`: the value of its `Cookie` field, or `None` where none is sent.
    ///
    /// It is octets, not text: servers may set what is not UTF-8.
    #[doc(alias("add_cookie_header", "header"))]
    pub fn cookie_string(&mut self, request: &Request<'_>, now: Timestamp) -> Option<Vec<u8>> {
        let mut out = Vec::new();
        (self.write_cookie_string(request, now, &mut out) > 0).then_some(out)
    }

    /// Appends the cookie-string for `request` to `out`. Returns how many cookies it has; with none nothing is written,
    /// and no `Cookie` field ought to be sent. `out` has to grow, as `Vec` and `BytesMut` do.
    pub fn write_cookie_string(&mut self, request: &Request<'_>, now: Timestamp, out: &mut impl BufMut) -> usize {
        // (1) and (2)
        self.select(request, now);
        // (3) and (4)
        let hits = core::mem::take(&mut self.hits);
        for (index, hit) in hits.iter().enumerate() {
            let Some(entry) =
                self.store.bucket_mut(hit.bucket).and_then(|bucket| bucket.entries.get_mut(hit.at as usize))
            else {
                continue;
            };
            entry.accessed = now;
            if index > 0 {
                out.put_slice(b"; ");
            }
            out.put_slice(entry.pair());
        }
        self.hits = hits;
        self.hits.len()
    }

    /// The cookies that go with `request`, in the order in which they are sent. They count as accessed.
    pub fn cookies_for(&mut self, request: &Request<'_>, now: Timestamp) -> Vec<Cookie<'_>> {
        self.select(request, now);
        for hit in &self.hits {
            if let Some(entry) =
                self.store.bucket_mut(hit.bucket).and_then(|bucket| bucket.entries.get_mut(hit.at as usize))
            {
                entry.accessed = now;
            }
        }
        let found = self.hits.iter().filter_map(|hit| {
            let bucket = self.store.bucket(hit.bucket)?;
            Some(bucket.cookie(bucket.entries.get(hit.at as usize)?))
        });
        found.collect()
    }

    /// Steps 1 and 2: where the cookies lie, in the order in which they are sent, into `self.hits`.
    fn select(&mut self, request: &Request<'_>, now: Timestamp) {
        self.store.expire(now);
        self.hits.clear();
        let place = self.effective(request.place);
        let ip = is_ip(place.host().as_bytes());
        let path = place.path().as_bytes();
        let mut forbidden = 0;
        if !place.secure() {
            forbidden |= SECURE;
        }
        if !request.http {
            forbidden |= HTTP_ONLY;
        }
        if !request.same_site {
            forbidden |= STRICT;
            if !(request.http && request.safe && request.navigation) {
                forbidden |= LAX | UNSAID;
            }
        }
        let Self { store, hits, policy, suffixes, .. } = self;
        let (store, policy) = (&*store, &*policy);
        let mut buckets = 0;
        let mut visit = |bucket: &Bucket, id: u32, own: bool| {
            // "... and the cookie's domain is not a public suffix, for user agents configured to reject them"
            let forbidden_here = if own { forbidden } else { forbidden | HOST_ONLY };
            if !own && bucket.public {
                return;
            }
            let before = hits.len();
            for (at, entry) in bucket.entries.iter().enumerate() {
                if entry.flags & forbidden_here != 0 || (bucket.public && entry.flags & HOST_ONLY == 0) {
                    continue;
                }
                // A request's path begins with a slash, so a path of one octet matches it.
                if entry.path_len() > 1 && !path_match(path, entry.path()) {
                    continue;
                }
                if policy.send(&bucket.cookie(entry), request, now) {
                    hits.push(Hit { order: entry.send_order(), bucket: id, at: at as u32 });
                }
            }
            buckets += usize::from(hits.len() > before);
        };
        store.above(place.host(), ip, None, |id, own| {
            if let Some(bucket) = store.bucket(id) {
                visit(bucket, id, own);
            }
        });
        if store.partitioned > 0 {
            let site = request.top_level.unwrap_or_else(|| Site::of(&place, suffixes));
            store.above(place.host(), ip, Some(site), |id, own| {
                if let Some(bucket) = store.bucket(id) {
                    visit(bucket, id, own);
                }
            });
        }
        // Within a bucket they are in order already.
        if buckets > 1 {
            hits.sort_unstable_by_key(|hit| hit.order);
        }
    }
}
