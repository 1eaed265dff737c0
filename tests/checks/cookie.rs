//! What is asserted about cookies, on any bytes: each function here is a fuzz target, and is replayed over its corpus.

#[path = "cookie_model.rs"]
mod model;

use model::Enforcement;
use plainwire::cookie::{
    self, Builder, Jar, Limits, ParseError, Place, PublicSuffixes, Refusal, Request, SameSite, SetCookie, Site,
    Timestamp, file,
};

/// The parser against the model of 5.6, and what it says about itself.
pub(crate) fn parse(data: &[u8]) {
    let told = SetCookie::parse(data);
    let expected = model::parse(data);
    match (told, expected) {
        (Ok(cookie), Ok(expected)) => same_cookie(&cookie, &expected),
        (Err(ParseError::Control(at)), Err(1)) => {
            assert!(matches!(data[at], 0..=8 | 10..=31 | 127));
            assert!(!data[..at].iter().any(|byte| matches!(byte, 0..=8 | 10..=31 | 127)));
        }
        (Err(ParseError::TooLong(length)), Err(5)) => assert!(length > cookie::NAME_VALUE_LIMIT),
        (told, expected) => panic!("{told:?}, but by the steps {expected:?}"),
    }
    assert_eq!(Timestamp::parse(data).map(|at| at.0), model::date(data));

    // As a Cookie field: what is written in that form reads as it was.
    let pairs: Vec<_> = cookie::pairs(data).collect();
    let mut written = Vec::new();
    for (name, value) in &pairs {
        if !written.is_empty() {
            written.extend(b"; ");
        }
        if !name.is_empty() || value.contains(&b'=') {
            written.extend(*name);
            written.push(b'=');
        }
        written.extend(*value);
    }
    assert!(cookie::pairs(&written).eq(pairs), "{}", written.escape_ascii());
}

fn same_cookie(cookie: &SetCookie<'_>, expected: &model::Parsed) {
    assert_eq!((cookie.name, cookie.value), (&*expected.name, &*expected.value));
    assert_eq!(cookie.expires.map(|at| at.0), expected.expires());
    // A number too large for the type is as large as the type is.
    let clamp = |seconds: i128| seconds.clamp(-i128::from(i64::MAX), i128::from(i64::MAX));
    assert_eq!(cookie.max_age.map(i128::from), expected.max_age().map(clamp));
    assert_eq!(cookie.domain.map(<[u8]>::to_ascii_lowercase).as_deref(), expected.domain());
    assert_eq!(cookie.path, expected.path().map(Option::unwrap_or_default));
    assert_eq!(cookie.secure, expected.has("secure"));
    assert_eq!(cookie.http_only, expected.has("httponly"));
    assert_eq!(cookie.partitioned, expected.has("partitioned"));
    assert_eq!(enforcement(cookie.same_site), expected.same_site());
    // Every attribute that was understood is among those that can be looked at.
    for (name, _) in &expected.list {
        assert!(cookie.attributes().any(|(is, _)| is.eq_ignore_ascii_case(name.as_bytes())), "{name}");
    }
}

fn enforcement(same_site: SameSite) -> Enforcement {
    match same_site {
        SameSite::Strict => Enforcement::Strict,
        SameSite::Lax => Enforcement::Lax,
        SameSite::None => Enforcement::None,
        SameSite::Default => Enforcement::Default,
    }
}

/// Takes small decisions off a byte string.
struct Dice<'a>(&'a [u8]);

impl<'a> Dice<'a> {
    fn byte(&mut self) -> u8 {
        match self.0.split_first() {
            Some((byte, rest)) => {
                self.0 = rest;
                *byte
            }
            None => 0,
        }
    }

    fn flag(&mut self, in_: u8) -> bool {
        self.byte() % in_ == 1
    }

    fn of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[usize::from(self.byte()) % choices.len()]
    }

    fn bytes(&mut self) -> &'a [u8] {
        let length = usize::from(self.byte()).min(self.0.len());
        let (taken, rest) = self.0.split_at(length);
        self.0 = rest;
        taken
    }

    fn text(&mut self) -> String {
        String::from_utf8_lossy(self.bytes()).into_owned()
    }

    fn over(&self) -> bool {
        self.0.is_empty()
    }
}

/// A server's cookie: what is built is parsed as what was said, and a jar keeps it.
pub(crate) fn build(data: &[u8]) {
    let mut dice = Dice(data);
    let (name, value) = (dice.text(), dice.text());
    let mut builder = Builder::new(&*name, &*value);
    let (mut secure, mut http_only, mut partitioned) = (false, false, false);
    let (mut domain, mut path, mut max_age, mut expires) = (None, None, None, None);
    let mut same_site = SameSite::Default;
    while !dice.over() {
        match dice.byte() % 9 {
            0 => {
                builder = builder.secure();
                secure = true;
            }
            1 => {
                builder = builder.http_only();
                http_only = true;
            }
            2 => {
                builder = builder.partitioned();
                partitioned = true;
            }
            3 => {
                let given = if dice.flag(2) { "example.org".into() } else { dice.text() };
                builder = builder.domain(&*given);
                domain = Some(given);
            }
            4 => {
                let given = if dice.flag(2) { "/".into() } else { dice.text() };
                builder = builder.path(&*given);
                path = Some(given);
            }
            5 => {
                let seconds = u64::from(dice.byte()) << (dice.byte() % 64);
                builder = builder.max_age(seconds);
                max_age = Some(seconds);
            }
            6 => {
                let at = Timestamp((i64::from(dice.byte()) - 128) << (dice.byte() % 40));
                builder = builder.expires(at);
                expires = Some(at);
            }
            7 => {
                same_site = dice.of(&[SameSite::Strict, SameSite::Lax, SameSite::None, SameSite::Default]);
                builder = builder.same_site(same_site);
            }
            _ => builder = builder.attribute(dice.text(), dice.text()),
        }
    }
    let Ok(issued) = builder.build() else { return };
    let read = SetCookie::parse(issued.as_str().as_bytes()).expect("what is built parses");
    assert_eq!((read.name, read.value), (name.as_bytes(), value.as_bytes()));
    assert_eq!((read.secure, read.http_only, read.partitioned), (secure, http_only, partitioned));
    assert_eq!(read.same_site, same_site);
    assert_eq!(read.domain, domain.as_deref().map(str::as_bytes));
    assert_eq!(read.path, path.as_deref().map(str::as_bytes));
    assert_eq!(read.max_age, max_age.map(|seconds| i64::try_from(seconds).unwrap_or(i64::MAX)));
    assert_eq!(read.expires, expires);
    // A browser on the domain's own host keeps it.
    let host = domain.as_deref().unwrap_or("example.org");
    let request = Request::to(Place::new(true, host, "/").unwrap());
    let kept = Jar::new().receive(issued.as_str().as_bytes(), &request, Timestamp(0));
    assert!(kept.is_ok(), "{issued}: {kept:?}");
}

/// Hosts below each other are the rule here: only where they share cookies is there anything to get wrong.
const HOSTS: &[&str] = &[
    "example.org",
    "example.org",
    "www.example.org",
    "www.example.org",
    "www.example.org",
    "a.www.example.org",
    "org",
    "example.net",
    "badexample.org",
    "10.0.0.1",
    "10.0.0.1.",
    "[::1]",
    "www.example.org.",
    "e.xn--p1ai",
];
const NAMES: &[&str] = &["a", "a", "a", "b", "b", "A", "", "__Host-a", "__secure-b", "__HOST-c", "c d"];
const VALUES: &[&str] = &["1", "2", "", "\"q\"", "x=y", "__Host-a=1", "__secure-x", "two words", "\u{e9}"];
const PATHS: &[&str] = &["/", "/a", "/a/", "/a/b", "/ab", "", "a", "/a/b/c", "/%41"];
const REQUEST_PATHS: &[&str] = &["/", "/a", "/a/", "/a/b", "/ab", "/a/b/c/d", "/%41/"];
/// What may become a public suffix, and stop being one.
const SUFFIXES: &[&[&str]] = &[&[], &["org"], &["org", "www.example.org", "net"], &["example.org"]];
const SITES: &[&str] = &["https://example.org", "http://example.org", "https://example.net"];
const DATES: &[&str] = &[
    "Thu, 01 Jan 1970 00:16:40 GMT",
    "Sun, 06-Nov-94 08:49:37 GMT",
    "1 jan 70 0:0:50",
    "not a date",
    "Sat, 01 Jan 9999 00:00:00 GMT",
];

/// The jar against the model of section 5, over a sequence of operations.
pub(crate) fn jar(data: &[u8]) {
    let mut dice = Dice(data);
    let limits = (usize::from(dice.byte() % 5) + 1, usize::from(dice.byte() % 9) + 1);
    let mut suffixes = dice.of(SUFFIXES);
    let lifetime = i64::from(dice.byte()) * 40;
    let mut model = model::Model::new(owned(suffixes), limits.0, limits.1, lifetime);
    let mut jar = Jar::new()
        .limits(Limits::default().per_domain(limits.0).total(limits.1).lifetime(lifetime))
        .public_suffixes(PublicSuffixes::names(suffixes));
    let mut now = 1000_i64;
    while !dice.over() {
        match dice.byte() % 16 {
            0..=7 => {
                let request = request(&mut dice);
                let field = field(&mut dice, &request.host);
                let told = jar.receive(&field, &ours(&request), Timestamp(now)).map(drop).map_err(step);
                let expected = model.receive(&field, &request, now);
                assert_eq!(told, expected, "{} from {request:?}", field.escape_ascii());
            }
            8..=11 => {
                let request = request(&mut dice);
                let told = jar.cookie_string(&ours(&request), Timestamp(now));
                let expected = model.cookie_string(&request, now);
                assert_eq!(
                    told.as_ref().map(|octets| octets.escape_ascii().to_string()),
                    expected.as_ref().map(|octets| octets.escape_ascii().to_string()),
                    "for {request:?}"
                );
            }
            12 => {
                let request = request(&mut dice);
                let expected = model.retrieve(&request, now);
                let place = ours(&request);
                let told = jar.cookies_for(&place, Timestamp(now));
                for cookie in &told {
                    // Never across hosts, schemes, sites or paths, whatever the model says.
                    let host = &*request.host;
                    assert!(
                        host == cookie.domain() || !cookie.host_only() && cookie::domain_match(host, cookie.domain())
                    );
                    assert!(cookie::path_match(request.path.as_bytes(), cookie.path()));
                    assert!(request.secure || !cookie.secure());
                    assert!(request.http || !cookie.http_only());
                    assert!(request.same_site || cookie.same_site() != SameSite::Strict);
                }
                let told: Vec<_> = told.iter().map(|cookie| (cookie.name(), cookie.value())).collect();
                let expected: Vec<_> = expected.iter().map(|cookie| (&*cookie.name, &*cookie.value)).collect();
                assert_eq!(told, expected);
            }
            13 => match model.store.get(usize::from(dice.byte())) {
                // The very second in which a cookie ends.
                Some(cookie) if cookie.persistent && dice.flag(2) => now = cookie.expiry_time,
                // Clocks are set back, too.
                _ => now += i64::from(dice.byte()) * 7 - 100,
            },
            14 if dice.flag(2) => {
                jar.end_session();
                model.end_session();
            }
            14 => {
                suffixes = dice.of(SUFFIXES);
                jar.set_public_suffixes(PublicSuffixes::names(suffixes));
                model.suffixes = owned(suffixes);
            }
            _ => {
                // Saved and loaded, it is the same jar, less what the clock has passed in the meantime.
                let mut records = jar.records(true);
                records.retain(|record| record.expires.is_none_or(|at| at > Timestamp(now)));
                let mut again = Jar::new()
                    .limits(Limits::default().per_domain(limits.0).total(limits.1).lifetime(i64::MAX))
                    .public_suffixes(PublicSuffixes::names(suffixes));
                // What has become a public suffix since is refused, and nothing else.
                records.retain(|record| record.host_only || !model.is_public_suffix(record.domain.as_bytes()));
                assert_eq!(again.restore_all(records.clone(), Timestamp(now)), []);
                assert_eq!(again.records(true), records);
            }
        }
        same_jar(&jar, &model);
        assert!(jar.len() <= limits.1);
    }
}

fn same_jar(jar: &Jar, model: &model::Model) {
    let mut told: Vec<_> = jar.records(true);
    let mut expected: Vec<_> = model.store.iter().collect();
    // The model drops what has expired at the same calls as the jar.
    assert_eq!(told.len(), expected.len());
    assert_eq!(jar.len(), told.len());
    expected.sort_by_key(|cookie| cookie.creation_time);
    told.sort_by_key(|record| record.created);
    for (record, cookie) in told.iter().zip(expected) {
        assert_eq!(record.name, cookie.name);
        assert_eq!(record.value, cookie.value);
        assert_eq!(record.domain.as_bytes(), cookie.domain);
        assert_eq!(record.path, cookie.path);
        assert_eq!(record.host_only, cookie.host_only);
        assert_eq!(record.secure, cookie.secure_only);
        assert_eq!(record.http_only, cookie.http_only);
        assert_eq!(enforcement(record.same_site), cookie.same_site);
        assert_eq!(record.expires.map(|at| at.0), cookie.persistent.then_some(cookie.expiry_time));
        assert_eq!(record.created, Some(Timestamp(cookie.creation_time.0)));
        assert_eq!(record.accessed, Some(Timestamp(cookie.last_access_time)));
        assert_eq!(record.partition, cookie.partition);
    }
}

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// A field value made of what matters to `host`, and now and then of anything.
fn field(dice: &mut Dice<'_>, host: &str) -> Vec<u8> {
    let mut field = Vec::new();
    if dice.flag(16) {
        field.extend(dice.bytes());
        return field;
    }
    let name = dice.of(NAMES);
    if !name.is_empty() || dice.flag(2) {
        field.extend(name.bytes());
        field.push(b'=');
    }
    field.extend(dice.of(VALUES).bytes());
    for _ in 0..dice.byte() % 6 {
        field.extend(dice.of(&[&b";"[..], b"; ", b" ;\t"]));
        match dice.byte() % 12 {
            0 | 1 => field.extend(b"Secure"),
            10 => field.extend(b"path=/"),
            2 | 11 => field.extend(b"HTTPonly"),
            3 => {
                field.extend(b"domain=");
                field.extend(dice.of(&["", "."]).bytes());
                // Mostly the host or one above it.
                let labels: Vec<&str> = host.split('.').collect();
                match usize::from(dice.byte() % 4) {
                    above if above < labels.len() => field.extend(labels[above..].join(".").bytes()),
                    _ => field.extend(dice.of(HOSTS).bytes()),
                }
            }
            4 => {
                field.extend(b"Path =");
                field.extend(dice.of(PATHS).bytes());
            }
            5 => {
                field.extend(b"Max-Age=");
                let seconds = i64::from(dice.byte()) * 10 - 100;
                field.extend(seconds.to_string().bytes());
            }
            6 => {
                field.extend(b"expires=");
                field.extend(dice.of(DATES).bytes());
            }
            7 => {
                field.extend(b"SameSite=");
                field.extend(dice.of(&["Strict", "lax", "NONE", "other", ""]).bytes());
            }
            8 => field.extend(b"Partitioned"),
            _ => field.extend(dice.bytes()),
        }
    }
    field
}

fn request(dice: &mut Dice<'_>) -> model::Request {
    let bits = dice.byte();
    model::Request {
        secure: bits & 0b1 == 0,
        host: dice.of(HOSTS).into(),
        path: dice.of(REQUEST_PATHS).into(),
        same_site: bits & 0b110 != 0b110,
        safe: bits & 0b1000 == 0,
        navigation: bits & 0b10000 == 0,
        http: bits & 0b110_0000 != 0b110_0000,
        top_level: (bits & 0b1000_0000 != 0).then(|| dice.of(SITES).into()),
    }
}

fn ours(request: &model::Request) -> Request<'_> {
    let mut ours = Request::to(Place::new(request.secure, &request.host, &request.path).unwrap());
    if !request.same_site {
        ours = ours.cross_site();
    }
    if !request.safe {
        ours = ours.method("POST");
    }
    if !request.navigation {
        ours = ours.subresource();
    }
    if !request.http {
        ours = ours.script();
    }
    match &request.top_level {
        Some(site) => ours.top_level_site(Site::parse(site).unwrap()),
        None => ours,
    }
}

/// The step that a refusal names, as the model numbers them.
fn step(refusal: Refusal) -> u32 {
    match refusal {
        Refusal::Unparsed(ParseError::Control(_)) => 101,
        Refusal::Unparsed(ParseError::TooLong(_)) => 105,
        Refusal::Empty => 2,
        Refusal::DomainNotAscii => 8,
        Refusal::PublicSuffix => 9,
        Refusal::DomainMismatch => 10,
        Refusal::SecureOverInsecure => 13,
        Refusal::HttpOnlyFromScript => 15,
        Refusal::SecureOverlay => 16,
        Refusal::CrossSite => 18,
        Refusal::SameSiteNoneInsecure => 19,
        Refusal::SecurePrefix => 20,
        Refusal::HostPrefix => 21,
        Refusal::HiddenPrefix => 22,
        Refusal::PartitionedInsecure => 1900,
        Refusal::HttpOnlyReplaced => 23,
        other => panic!("no step of a received cookie: {other}"),
    }
}

/// Cookie files: whatever is read can be written, and reads again as it was; a jar takes or refuses each cookie.
pub(crate) fn files(data: &[u8]) {
    let loaded = file::netscape::read(data);
    let lines = data.split(|byte| *byte == b'\n').count();
    assert!(loaded.records.len() + loaded.faults.len() <= lines);
    assert!(loaded.faults.iter().all(|fault| (1..=lines).contains(&fault.line)));
    for session in [file::netscape::SessionExpiry::Zero, file::netscape::SessionExpiry::Empty] {
        let mut text = Vec::new();
        let left_out = file::netscape::write(&loaded.records, session, &mut text);
        assert_eq!(left_out, [], "what has been a line can be one");
        let again = file::netscape::read(&text);
        assert_eq!(again.faults, []);
        assert_eq!(again.records, loaded.records);
    }
    let mut jar = Jar::new();
    let refused = jar.restore_all(loaded.records.clone(), Timestamp(0));
    assert!(jar.len() + refused.len() <= loaded.records.len());

    let loaded = file::lwp::read(data);
    let mut text = Vec::new();
    let left_out = file::lwp::write(&loaded.records, &mut text);
    let again = file::lwp::read(&text);
    assert_eq!(again.faults, []);
    let mut written = loaded.records.clone();
    for gone in left_out.iter().rev() {
        written.remove(gone.index);
    }
    assert_eq!(again.records, written);
}
