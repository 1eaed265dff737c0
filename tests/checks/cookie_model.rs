//! Section 5 of RFC 6265bis (draft 20), written down as slowly and as literally as it reads: a list of cookies, and the
//! numbered steps. It shares no line with the implementation that it judges.

#![allow(
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    clippy::option_option,
    reason = "written to be read beside the standard, with numbers that are small"
)]

pub(crate) const EARLIEST: i64 = i64::MIN;
pub(crate) const LATEST: i64 = i64::MAX;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Enforcement {
    Strict,
    Lax,
    None,
    Default,
}

/// What 5.6 makes of a field value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Parsed {
    pub(crate) name: Vec<u8>,
    pub(crate) value: Vec<u8>,
    /// The cookie-attribute-list: names in lower case.
    pub(crate) list: Vec<(String, Attribute)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Attribute {
    Expires(i64),
    /// The seconds, before "now" is known.
    MaxAge(i128),
    Domain(Vec<u8>),
    /// `None`: the default-path.
    Path(Option<Vec<u8>>),
    Flag,
    SameSite(Enforcement),
}

fn is_ctl(byte: u8) -> bool {
    byte <= 0x08 || (0x0a..=0x1f).contains(&byte) || byte == 0x7f
}

fn strip_wsp(mut text: Vec<u8>) -> Vec<u8> {
    while matches!(text.first(), Some(b' ' | b'\t')) {
        text.remove(0);
    }
    while matches!(text.last(), Some(b' ' | b'\t')) {
        text.pop();
    }
    text
}

fn split_once(text: &[u8], at: u8) -> (Vec<u8>, Option<Vec<u8>>) {
    match text.iter().position(|byte| *byte == at) {
        Some(index) => (text[..index].to_vec(), Some(text[index + 1..].to_vec())),
        None => (text.to_vec(), None),
    }
}

/// 5.6; the number is that of the step that ignores the set-cookie-string.
pub(crate) fn parse(set_cookie_string: &[u8]) -> Result<Parsed, u32> {
    // 1.
    if set_cookie_string.iter().any(|byte| is_ctl(*byte)) {
        return Err(1);
    }
    // 2.
    let (pair, unparsed) = split_once(set_cookie_string, b';');
    // 3.
    let (name, value) = match split_once(&pair, b'=') {
        (value, None) => (Vec::new(), value),
        (name, Some(value)) => (name, value),
    };
    // 4.
    let (name, value) = (strip_wsp(name), strip_wsp(value));
    // 5.
    if name.len() + value.len() > 4096 {
        return Err(5);
    }
    let mut list = Vec::new();
    let mut unparsed = unparsed;
    while let Some(attributes) = unparsed {
        // 3. of the second list
        let (av, rest) = split_once(&attributes, b';');
        unparsed = rest;
        // 4. and 5.
        let (name, value) = split_once(&av, b'=');
        let (name, value) = (strip_wsp(name), strip_wsp(value.unwrap_or_default()));
        // 6.
        if value.len() > 1024 {
            continue;
        }
        // 7.
        let name = String::from_utf8_lossy(&name.to_ascii_lowercase()).into_owned();
        let attribute = match name.as_str() {
            // 5.6.1
            "expires" => match date(&value) {
                Some(at) => Attribute::Expires(at),
                None => continue,
            },
            // 5.6.2
            "max-age" => {
                let digits = value.strip_prefix(b"-").unwrap_or(&value);
                if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
                    continue;
                }
                // More than thirty digits are as good as thirty.
                let significant: Vec<u8> = digits.iter().copied().skip_while(|digit| *digit == b'0').collect();
                let number = match significant.len() {
                    0 => 0,
                    1..=30 => String::from_utf8(significant).unwrap().parse::<i128>().unwrap(),
                    _ => 10_i128.pow(30),
                };
                Attribute::MaxAge(if value.starts_with(b"-") { -number } else { number })
            }
            // 5.6.3
            "domain" => {
                let domain = value.strip_prefix(b".").unwrap_or(&value);
                Attribute::Domain(domain.to_ascii_lowercase())
            }
            // 5.6.4
            "path" => Attribute::Path(value.starts_with(b"/").then_some(value)),
            // 5.6.5, 5.6.6, CHIPS
            "secure" | "httponly" | "partitioned" => Attribute::Flag,
            // 5.6.7
            "samesite" => Attribute::SameSite(match value.to_ascii_lowercase().as_slice() {
                b"none" => Enforcement::None,
                b"strict" => Enforcement::Strict,
                b"lax" => Enforcement::Lax,
                _ => Enforcement::Default,
            }),
            _ => continue,
        };
        list.push((name, attribute));
    }
    Ok(Parsed { name, value, list })
}

impl Parsed {
    fn last(&self, name: &str) -> Option<&Attribute> {
        self.list.iter().rev().find(|(is, _)| is == name).map(|(_, attribute)| attribute)
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.last(name).is_some()
    }

    pub(crate) fn expires(&self) -> Option<i64> {
        match self.last("expires") {
            Some(Attribute::Expires(at)) => Some(*at),
            _ => None,
        }
    }

    pub(crate) fn max_age(&self) -> Option<i128> {
        match self.last("max-age") {
            Some(Attribute::MaxAge(seconds)) => Some(*seconds),
            _ => None,
        }
    }

    pub(crate) fn domain(&self) -> Option<&[u8]> {
        match self.last("domain") {
            Some(Attribute::Domain(domain)) => Some(domain),
            _ => None,
        }
    }

    pub(crate) fn path(&self) -> Option<Option<&[u8]>> {
        match self.last("path") {
            Some(Attribute::Path(path)) => Some(path.as_deref()),
            _ => None,
        }
    }

    pub(crate) fn same_site(&self) -> Enforcement {
        match self.last("samesite") {
            Some(Attribute::SameSite(enforcement)) => *enforcement,
            _ => Enforcement::Default,
        }
    }
}

/// 5.1.1
pub(crate) fn date(cookie_date: &[u8]) -> Option<i64> {
    let delimiter = |byte: u8| {
        byte == 0x09
            || (0x20..=0x2f).contains(&byte)
            || (0x3b..=0x40).contains(&byte)
            || (0x5b..=0x60).contains(&byte)
            || (0x7b..=0x7e).contains(&byte)
    };
    let leading_digits = |token: &[u8]| token.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let number = |digits: &[u8]| String::from_utf8(digits.to_vec()).unwrap().parse::<i64>().unwrap();
    let (mut time, mut day, mut month, mut year) = (None, None, None, None);
    for token in cookie_date.split(|byte| delimiter(*byte)) {
        if token.is_empty() {
            continue;
        }
        if time.is_none() {
            // hms-time = time-field ":" time-field ":" time-field, then ( non-digit *OCTET ) or nothing
            let mut rest = token;
            let mut fields = Vec::new();
            while fields.len() < 3 {
                let digits = leading_digits(rest);
                if !(1..=2).contains(&digits) {
                    break;
                }
                fields.push(number(&rest[..digits]));
                rest = &rest[digits..];
                if fields.len() < 3 {
                    match rest.strip_prefix(b":") {
                        Some(after) => rest = after,
                        None => break,
                    }
                }
            }
            if let [hour, minute, second] = fields[..] {
                time = Some((hour, minute, second));
                continue;
            }
        }
        let digits = leading_digits(token);
        if day.is_none() && (1..=2).contains(&digits) {
            day = Some(number(&token[..digits]));
            continue;
        }
        if month.is_none() && token.len() >= 3 {
            let names = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
            let start = token[..3].to_ascii_lowercase();
            if let Some(index) = names.iter().position(|name| name.as_bytes() == start) {
                month = Some(index as i64 + 1);
                continue;
            }
        }
        if year.is_none() && (2..=4).contains(&digits) {
            year = Some(number(&token[..digits]));
        }
    }
    let ((hour, minute, second), day, month, mut year) = (time?, day?, month?, year?);
    if (70..=99).contains(&year) {
        year += 1900;
    } else if (0..=69).contains(&year) {
        year += 2000;
    }
    if !(1..=31).contains(&day) || year < 1601 || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let leap = |year: i64| (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    let lengths = [31, if leap(year) { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    if day > lengths[month as usize - 1] {
        return None;
    }
    // Days counted one year and one month at a time.
    let mut days = 0;
    for passed in 1970..year {
        days += if leap(passed) { 366 } else { 365 };
    }
    for coming in year..1970 {
        days -= if leap(coming) { 366 } else { 365 };
    }
    days += lengths[..month as usize - 1].iter().sum::<i64>() + day - 1;
    Some(days * 86_400 + hour * 3600 + minute * 60 + second)
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cookie {
    pub(crate) name: Vec<u8>,
    pub(crate) value: Vec<u8>,
    pub(crate) expiry_time: i64,
    pub(crate) domain: Vec<u8>,
    pub(crate) path: Vec<u8>,
    /// The second, and which cookie it was: what came earlier in a second was created earlier.
    pub(crate) creation_time: (i64, u64),
    pub(crate) last_access_time: i64,
    pub(crate) persistent: bool,
    pub(crate) host_only: bool,
    pub(crate) secure_only: bool,
    pub(crate) http_only: bool,
    pub(crate) same_site: Enforcement,
    pub(crate) partition: Option<String>,
}

/// A request, as the caller describes it.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) secure: bool,
    pub(crate) host: String,
    pub(crate) path: String,
    pub(crate) same_site: bool,
    pub(crate) safe: bool,
    pub(crate) navigation: bool,
    pub(crate) http: bool,
    pub(crate) top_level: Option<String>,
}

impl Request {
    /// The site at the top of the window, or that of the place: its registrable domain, or the host without one.
    fn partition(&self, suffixes: &[String]) -> String {
        let mut domain = self.host.clone();
        let labels: Vec<&str> = self.host.split('.').collect();
        for first in 1..labels.len() {
            if is_suffix(suffixes, self.host.as_bytes()) || is_ip(self.host.as_bytes()) {
                break;
            }
            if is_suffix(suffixes, labels[first..].join(".").as_bytes()) {
                domain = labels[first - 1..].join(".");
                break;
            }
        }
        let own = format!("{}://{domain}", if self.secure { "https" } else { "http" });
        self.top_level.clone().unwrap_or(own)
    }
}

pub(crate) struct Model {
    pub(crate) store: Vec<Cookie>,
    pub(crate) suffixes: Vec<String>,
    pub(crate) per_domain: usize,
    pub(crate) total: usize,
    pub(crate) lifetime: i64,
    counter: u64,
}

fn is_ip(host: &[u8]) -> bool {
    let host = host.strip_suffix(b".").unwrap_or(host);
    let label = host.split(|byte| *byte == b'.').next_back().unwrap();
    host.starts_with(b"[") || (!label.is_empty() && label.iter().all(u8::is_ascii_digit))
}

/// 5.1.3
pub(crate) fn domain_matches(string: &[u8], domain: &[u8]) -> bool {
    if string == domain {
        return true;
    }
    let mut suffix = b".".to_vec();
    suffix.extend(domain);
    !domain.is_empty() && string.ends_with(&suffix) && !is_ip(string)
}

/// 5.1.4
pub(crate) fn path_matches(request: &[u8], cookie: &[u8]) -> bool {
    request == cookie
        || (request.starts_with(cookie) && cookie.ends_with(b"/"))
        || (request.starts_with(cookie) && request[cookie.len()] == b'/')
}

/// 5.1.4
pub(crate) fn default_path(path: &str) -> Vec<u8> {
    if !path.starts_with('/') {
        return b"/".to_vec();
    }
    if path.matches('/').count() == 1 {
        return b"/".to_vec();
    }
    path.as_bytes()[..path.rfind('/').unwrap()].to_vec()
}

/// The dot at the end of a fully qualified name changes nothing about who holds it.
fn is_suffix(suffixes: &[String], domain: &[u8]) -> bool {
    let domain = domain.strip_suffix(b".").unwrap_or(domain);
    suffixes.iter().any(|suffix| suffix.as_bytes() == domain)
}

fn begins(text: &[u8], prefix: &[u8]) -> bool {
    text.to_ascii_lowercase().starts_with(&prefix.to_ascii_lowercase())
}

impl Model {
    pub(crate) fn new(suffixes: Vec<String>, per_domain: usize, total: usize, lifetime: i64) -> Self {
        Self { store: Vec::new(), suffixes, per_domain, total, lifetime, counter: 0 }
    }

    fn evict_expired(&mut self, now: i64) {
        self.store.retain(|cookie| !(cookie.persistent && cookie.expiry_time <= now));
    }

    pub(crate) fn is_public_suffix(&self, domain: &[u8]) -> bool {
        is_suffix(&self.suffixes, domain)
    }

    /// 5.6 and 5.7. The number is 100 + the step of 5.6, or the step of 5.7 that ignores the cookie (1900 for the one
    /// that CHIPS adds).
    pub(crate) fn receive(&mut self, field: &[u8], request: &Request, now: i64) -> Result<(), u32> {
        let cookie = parse(field).map_err(|step| 100 + step)?;
        self.evict_expired(now);
        let host = request.host.as_bytes();
        // 2.
        if cookie.name.is_empty() && cookie.value.is_empty() {
            return Err(2);
        }
        // 3. and 4. were done by parsing. 5.
        self.counter += 1;
        let mut new = Cookie {
            name: cookie.name.clone(),
            value: cookie.value.clone(),
            expiry_time: LATEST,
            domain: Vec::new(),
            path: Vec::new(),
            creation_time: (now, self.counter),
            last_access_time: now,
            persistent: false,
            host_only: false,
            secure_only: false,
            http_only: false,
            same_site: Enforcement::Default,
            partition: None,
        };
        // 6. with 5.5
        let limit = now.saturating_add(self.lifetime);
        if let Some(seconds) = cookie.max_age() {
            new.persistent = true;
            new.expiry_time = if seconds <= 0 {
                EARLIEST
            } else {
                let at = i128::from(now) + seconds;
                i64::try_from(at.min(i128::from(limit))).unwrap()
            };
        } else if let Some(at) = cookie.expires() {
            new.persistent = true;
            new.expiry_time = at.min(limit);
        }
        // 7.
        let mut domain_attribute = cookie.domain().unwrap_or_default().to_vec();
        // 8.
        if !domain_attribute.is_ascii() {
            return Err(8);
        }
        // 9.
        if self.is_public_suffix(&domain_attribute) {
            if domain_attribute == host {
                domain_attribute.clear();
            } else {
                return Err(9);
            }
        }
        // 10.
        if domain_attribute.is_empty() {
            new.host_only = true;
            new.domain = host.to_vec();
        } else {
            if !domain_matches(host, &domain_attribute) {
                return Err(10);
            }
            new.domain = domain_attribute;
        }
        // 11.
        new.path = match cookie.path() {
            Some(Some(path)) => path.to_vec(),
            _ => default_path(&request.path),
        };
        // 12. and 13.
        new.secure_only = cookie.has("secure");
        if !request.secure && new.secure_only {
            return Err(13);
        }
        // 14. and 15.
        new.http_only = cookie.has("httponly");
        if !request.http && new.http_only {
            return Err(15);
        }
        // 16.
        if !new.secure_only && !request.secure {
            let overlaid = self.store.iter().any(|old| {
                old.partition.is_none()
                    && old.name == new.name
                    && old.secure_only
                    && (domain_matches(&old.domain, &new.domain) || domain_matches(&new.domain, &old.domain))
                    && path_matches(&new.path, &old.path)
            });
            if overlaid {
                return Err(16);
            }
        }
        // 17. and 18.
        new.same_site = cookie.same_site();
        if new.same_site != Enforcement::None {
            let from_here = if request.http { request.same_site || request.navigation } else { request.same_site };
            if !from_here {
                return Err(18);
            }
        }
        // 19.
        if new.same_site == Enforcement::None && !new.secure_only {
            return Err(19);
        }
        // 20.
        if begins(&new.name, b"__Secure-") && !new.secure_only {
            return Err(20);
        }
        // 21.
        if begins(&new.name, b"__Host-")
            && !(new.secure_only && new.host_only && cookie.has("path") && new.path == b"/")
        {
            return Err(21);
        }
        // 22.
        if new.name.is_empty() && (begins(&new.value, b"__Secure-") || begins(&new.value, b"__Host-")) {
            return Err(22);
        }
        // CHIPS
        if cookie.has("partitioned") {
            if !new.secure_only {
                return Err(1900);
            }
            new.partition = Some(request.partition(&self.suffixes));
        }
        // 23.
        let same = self.store.iter().position(|old| {
            old.name == new.name
                && old.domain == new.domain
                && old.host_only == new.host_only
                && old.path == new.path
                && old.partition == new.partition
        });
        if let Some(index) = same {
            if !request.http && self.store[index].http_only {
                return Err(23);
            }
            new.creation_time = self.store[index].creation_time;
            self.store.remove(index);
        }
        // 24.
        self.store.push(new.clone());
        self.evict_expired(now);
        self.remove_excess(&new);
        Ok(())
    }

    fn remove_excess(&mut self, new: &Cookie) {
        let shares = |cookie: &Cookie| cookie.domain == new.domain && cookie.partition == new.partition;
        while self.store.iter().filter(|cookie| shares(cookie)).count() > self.per_domain {
            let insecure = self.store.iter().any(|cookie| shares(cookie) && !cookie.secure_only);
            self.remove_oldest(|cookie| shares(cookie) && (!insecure || !cookie.secure_only));
        }
        while self.store.len() > self.total {
            self.remove_oldest(|_| true);
        }
    }

    fn remove_oldest(&mut self, among: impl Fn(&Cookie) -> bool) {
        let mut oldest: Option<usize> = None;
        for (index, cookie) in self.store.iter().enumerate() {
            let older = |than: usize| cookie.last_access_time < self.store[than].last_access_time;
            if among(cookie) && oldest.is_none_or(older) {
                oldest = Some(index);
            }
        }
        self.store.remove(oldest.unwrap());
    }

    pub(crate) fn end_session(&mut self) {
        self.store.retain(|cookie| cookie.persistent);
    }

    /// 5.8.3: the cookie-list, in order.
    pub(crate) fn retrieve(&mut self, request: &Request, now: i64) -> Vec<Cookie> {
        self.evict_expired(now);
        let host = request.host.as_bytes();
        let suffixes = self.suffixes.clone();
        let partition = request.partition(&self.suffixes);
        // 1.
        let belongs = |cookie: &Cookie| {
            let domain = if cookie.host_only {
                host == cookie.domain
            } else {
                domain_matches(host, &cookie.domain) && !is_suffix(&suffixes, &cookie.domain)
            };
            let cross_site_fits = request.http
                && matches!(cookie.same_site, Enforcement::Lax | Enforcement::Default)
                && request.safe
                && request.navigation;
            domain
                && path_matches(request.path.as_bytes(), &cookie.path)
                && (!cookie.secure_only || request.secure)
                && (!cookie.http_only || request.http)
                && (cookie.same_site == Enforcement::None || request.same_site || cross_site_fits)
                && cookie.partition.as_ref().is_none_or(|site| *site == partition)
        };
        // 3.
        for cookie in &mut self.store {
            if belongs(cookie) {
                cookie.last_access_time = now;
            }
        }
        let mut list: Vec<Cookie> = self.store.iter().filter(|cookie| belongs(cookie)).cloned().collect();
        // 2.
        list.sort_by(|a, b| b.path.len().cmp(&a.path.len()).then(a.creation_time.cmp(&b.creation_time)));
        list
    }

    /// 5.8.3, step 4.
    pub(crate) fn cookie_string(&mut self, request: &Request, now: i64) -> Option<Vec<u8>> {
        let list = self.retrieve(request, now);
        if list.is_empty() {
            return None;
        }
        let mut string = Vec::new();
        for (index, cookie) in list.iter().enumerate() {
            if !cookie.name.is_empty() {
                string.extend(&cookie.name);
                string.push(b'=');
            }
            string.extend(&cookie.value);
            if index + 1 < list.len() {
                string.extend(b"; ");
            }
        }
        Some(string)
    }
}
