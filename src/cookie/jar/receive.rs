//! The storage model, RFC 6265bis 5.7, step by step.

use super::super::parse::{NAME_VALUE_LIMIT, is_control, trim};
use super::super::place::{check_host, domain_match_octets, path_match};
use super::super::record::{HOST_ONLY, HTTP_ONLY, LAX, NONE, PERSISTENT, SECURE, STRICT, UNSAID};
use super::super::{Policy, Record, Request, SameSite, SetCookie, Site, Timestamp};
use super::store::Entry;
use super::{Jar, Outcome, Refusal};
use alloc::borrow::Cow;

/// What decides whether two cookies are one (5.7 step 23), and where a cookie lies.
struct Identity<'a> {
    name: &'a [u8],
    domain: &'a str,
    host_only: bool,
    path: &'a [u8],
    partition: Option<Site<'a>>,
}

impl<P: Policy> Jar<P> {
    /// Receives one `Set-Cookie` field value from the answer to `request`.
    ///
    /// # Errors
    ///
    /// [`Refusal`], by the step that ignores it. Nothing was stored then.
    #[doc(alias("extract_cookies", "store"))]
    pub fn receive(&mut self, field: &[u8], request: &Request<'_>, now: Timestamp) -> Result<Outcome, Refusal> {
        self.receive_parsed(SetCookie::parse(field)?, request, now)
    }

    /// Receives a cookie that was parsed already, or made by other means.
    ///
    /// # Errors
    ///
    /// As [`receive`](Self::receive).
    pub fn receive_parsed(
        &mut self,
        mut cookie: SetCookie<'_>,
        request: &Request<'_>,
        now: Timestamp,
    ) -> Result<Outcome, Refusal> {
        // "The user agent MUST evict all expired cookies if, at any time, an expired cookie exists."
        self.store.expire(now);
        let place = self.effective(request.place);

        // (1)
        if !self.policy.receive(&mut cookie, request, now) {
            return Err(Refusal::Policy);
        }
        let (name, value) = (cookie.name, cookie.value);
        check_pair(name, value)?;

        // (7) and (8)
        let domain = lower_case(cookie.domain.unwrap_or_default()).ok_or(Refusal::DomainNotAscii)?;
        let mut domain = &*domain;
        // (9)
        if !domain.is_empty() && self.suffixes.contains(domain) {
            if domain != place.host() {
                return Err(Refusal::PublicSuffix);
            }
            domain = "";
        }
        // (10)
        let host_only = domain.is_empty();
        if host_only {
            domain = place.host();
        } else if !domain_match_octets(place.host().as_bytes(), domain.as_bytes()) {
            return Err(Refusal::DomainMismatch);
        }

        // (11)
        let path = match cookie.path {
            Some(path) if path.first() == Some(&b'/') => path,
            _ => place.default_path().as_bytes(),
        };
        if path.len() > self.limits.path {
            return Err(Refusal::PathTooLong);
        }
        if path.iter().any(|&byte| is_control(byte)) {
            return Err(Refusal::Control);
        }

        // (12) and (13)
        if cookie.secure && !place.secure() {
            return Err(Refusal::SecureOverInsecure);
        }
        // (14) and (15)
        if cookie.http_only && !request.http {
            return Err(Refusal::HttpOnlyFromScript);
        }
        // (16)
        if !cookie.secure && !place.secure() && self.overlays_secure(name, domain, path) {
            return Err(Refusal::SecureOverlay);
        }
        // (17) and (18)
        let from_here = request.same_site || (request.http && request.navigation);
        if cookie.same_site != SameSite::None && !from_here {
            return Err(Refusal::CrossSite);
        }
        let flags = flag(HOST_ONLY, host_only)
            | flag(SECURE, cookie.secure)
            | flag(HTTP_ONLY, cookie.http_only)
            | same_site_flag(cookie.same_site);
        // (19) to (22)
        check_promises(name, value, flags, cookie.path.is_some() && path == b"/")?;
        // CHIPS: "If the cookie's secure attribute is not set, ignore it."
        let partition = match cookie.partitioned {
            true if !cookie.secure => return Err(Refusal::PartitionedInsecure),
            true => Some(request.top_level.unwrap_or_else(|| Site::of(&place, &self.suffixes))),
            false => None,
        };

        // (5) and (6)
        let expires = self.expiry(&cookie, now);
        let mut entry = Entry::new(name, value, path, flags | flag(PERSISTENT, expires.is_some()));
        entry.expires = expires.unwrap_or(Timestamp::LATEST);
        entry.created = now;
        entry.accessed = now;
        self.put(entry, &Identity { name, domain, host_only, path, partition }, request.http, now)
    }

    /// Puts a record back, as from a file: its times are kept, and so are its flags. One that has expired is dropped
    /// without a word; one that is there already is replaced.
    ///
    /// # Errors
    ///
    /// [`Refusal`] where no cookie like that could have been stored.
    pub fn restore(&mut self, record: &Record, now: Timestamp) -> Result<Outcome, Refusal> {
        self.store.expire(now);
        let Record { name, value, domain, path, .. } = record;
        check_pair(name, value)?;
        // A dot before the domain, as some files have it, would make it one that no host matches.
        let dotted = !record.host_only && domain.starts_with('.');
        if dotted || check_host(domain).is_err() || path.first() != Some(&b'/') {
            return Err(Refusal::Malformed);
        }
        if path.len() > self.limits.path {
            return Err(Refusal::PathTooLong);
        }
        if path.iter().any(|&byte| is_control(byte)) {
            return Err(Refusal::Control);
        }
        if !record.host_only && self.suffixes.contains(domain) {
            return Err(Refusal::PublicSuffix);
        }
        let partition = record.partition.as_deref().map(Site::parse).transpose().map_err(|_| Refusal::Malformed)?;
        if partition.is_some() && !record.secure {
            return Err(Refusal::PartitionedInsecure);
        }
        let flags = flag(HOST_ONLY, record.host_only)
            | flag(SECURE, record.secure)
            | flag(HTTP_ONLY, record.http_only)
            | flag(PERSISTENT, record.expires.is_some())
            | same_site_flag(record.same_site);
        check_promises(name, value, flags, path == b"/")?;

        let mut entry = Entry::new(name, value, path, flags);
        entry.expires = record.expires.map_or(Timestamp::LATEST, |at| at.min(now.after(self.limits.lifetime)));
        entry.created = record.created.unwrap_or(now);
        entry.accessed = record.accessed.unwrap_or(now);
        let identity = Identity { name, domain, host_only: record.host_only, path, partition };
        self.put(entry, &identity, true, now)
    }

    /// Steps 23 and 24, and what follows from the limits.
    fn put(&mut self, mut entry: Entry, what: &Identity<'_>, http: bool, now: Timestamp) -> Result<Outcome, Refusal> {
        let suffixes = &self.suffixes;
        let id = self.store.bucket_for(what.domain, what.partition, || suffixes.contains(what.domain));
        entry.stored = self.store.tick();
        entry.order = entry.stored;
        let mut outcome = Outcome::Added;
        // (23)
        if let Some(at) = self.store.position(id, what.name, what.path, what.host_only) {
            if !http && self.store.bucket(id).is_some_and(|bucket| bucket.entries[at].flags & HTTP_ONLY != 0) {
                return Err(Refusal::HttpOnlyReplaced);
            }
            if let Some(old) = self.store.take(id, at) {
                entry.created = old.created;
                entry.order = old.order;
            }
            outcome = Outcome::Replaced;
        }
        if entry.expires <= now {
            self.store.drop_if_empty(id);
            return Ok(Outcome::Removed);
        }
        // (24)
        self.store.insert(id, entry);
        self.remove_excess(id);
        Ok(outcome)
    }

    /// When the cookie ends, or `None` where it ends with the session (6). `Max-Age` goes before `Expires`, and
    /// neither goes beyond the limit of 5.5.
    fn expiry(&self, cookie: &SetCookie<'_>, now: Timestamp) -> Option<Timestamp> {
        let latest = now.after(self.limits.lifetime);
        let at = match (cookie.max_age, cookie.expires) {
            (Some(seconds), _) if seconds <= 0 => Timestamp::EARLIEST,
            (Some(seconds), _) => now.after(seconds),
            (None, expires) => expires?,
        };
        Some(at.min(latest))
    }

    /// Step 16. A cookie that is not secure lies in no partition, and those that do are nothing to it.
    fn overlays_secure(&self, name: &[u8], domain: &str, path: &[u8]) -> bool {
        let domain = domain.as_bytes();
        self.store.buckets().filter(|(_, bucket)| bucket.secure > 0 && bucket.partition.is_none()).any(|(_, bucket)| {
            let theirs = bucket.domain.as_bytes();
            (domain_match_octets(theirs, domain) || domain_match_octets(domain, theirs))
                && bucket
                    .entries
                    .iter()
                    .any(|entry| entry.flags & SECURE != 0 && entry.name() == name && path_match(path, entry.path()))
        })
    }

    /// "Remove excess cookies" (5.7): those without `Secure` in a domain that has too many, then any in it, then any.
    /// What had expired is gone already. The earliest last-access goes first.
    fn remove_excess(&mut self, id: u32) {
        let here = self.store.bucket(id).map_or(0, |bucket| bucket.entries.len());
        self.store.evict_from(id, here.saturating_sub(self.limits.per_domain));
        self.store.evict(self.store.len.saturating_sub(self.limits.total));
    }
}

/// Steps 2 to 4.
fn check_pair(name: &[u8], value: &[u8]) -> Result<(), Refusal> {
    if name.is_empty() && value.is_empty() {
        return Err(Refusal::Empty);
    }
    // What was parsed has no `=` in its name and no `;` anywhere; what was made might, and would be sent as another.
    let wrong = |byte: u8| is_control(byte) || byte == b';';
    if name.iter().any(|&byte| wrong(byte) || byte == b'=') || value.iter().any(|&byte| wrong(byte)) {
        return Err(Refusal::Control);
    }
    // Nor does parsing leave white space around what is sent first: it would hide a prefix from the steps below, and
    // whoever reads the cookie strips it again.
    let first = if name.is_empty() { value } else { name };
    if trim(first).len() < first.len() {
        return Err(Refusal::Control);
    }
    if name.len() + value.len() > NAME_VALUE_LIMIT {
        return Err(Refusal::TooLong);
    }
    Ok(())
}

/// Steps 19 to 22. `whole_host`: the cookie named its path, and that is `/`.
fn check_promises(name: &[u8], value: &[u8], flags: u8, whole_host: bool) -> Result<(), Refusal> {
    let secure = flags & SECURE != 0;
    // (19)
    if flags & NONE != 0 && !secure {
        return Err(Refusal::SameSiteNoneInsecure);
    }
    // (20)
    if begins_with(name, b"__Secure-") && !secure {
        return Err(Refusal::SecurePrefix);
    }
    // (21)
    if begins_with(name, b"__Host-") && !(secure && flags & HOST_ONLY != 0 && whole_host) {
        return Err(Refusal::HostPrefix);
    }
    // (22)
    if name.is_empty() && (begins_with(value, b"__Secure-") || begins_with(value, b"__Host-")) {
        return Err(Refusal::HiddenPrefix);
    }
    Ok(())
}

/// Prefixes are told without regard to case (5.4).
pub(in super::super) fn begins_with(text: &[u8], prefix: &[u8]) -> bool {
    text.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

/// `None` for what is not ASCII.
fn lower_case(domain: &[u8]) -> Option<Cow<'_, str>> {
    let text = core::str::from_utf8(domain).ok().filter(|text| text.is_ascii())?;
    let upper = text.bytes().any(|byte| byte.is_ascii_uppercase());
    Some(if upper { Cow::Owned(text.to_ascii_lowercase()) } else { Cow::Borrowed(text) })
}

const fn flag(bit: u8, set: bool) -> u8 {
    if set { bit } else { 0 }
}

const fn same_site_flag(same_site: SameSite) -> u8 {
    match same_site {
        SameSite::Strict => STRICT,
        SameSite::Lax => LAX,
        SameSite::None => NONE,
        SameSite::Default => UNSAID,
    }
}
