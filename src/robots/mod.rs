//! robots.txt: what a site asks crawlers to leave alone (RFC 9309), with Google's documented ways where the RFC is
//! silent.
//!
//! ```
//! use plainwire::robots::Robots;
//!
//! let robots = Robots::parse(b"User-agent: *\nDisallow: /private\nAllow: /private/press\nCrawl-delay: 2\n");
//! assert!(!robots.check("ExampleBot/1.0", "https://example.org/private/x").allowed());
//! let verdict = robots.check("ExampleBot/1.0", "/private/press?id=1");
//! assert!(verdict.allowed());
//! assert_eq!(verdict.rule().unwrap().line(), 3);
//! assert_eq!(robots.crawl_delay("ExampleBot").unwrap().as_secs(), 2);
//! ```
//!
//! | Python's `urllib.robotparser` | here |
//! |---|---|
//! | `set_url`, `read` | fetch it as you like; [`Access::of_status`] says what the answer's status means |
//! | `parse(lines)` | [`Robots::parse`] |
//! | `can_fetch(agent, url)` | [`Robots::check`], which also says by which rule |
//! | `crawl_delay`, `request_rate`, `site_maps` | [`Robots::crawl_delay`], [`Robots::request_rate`], [`Robots::sitemaps`] |
//!
//! # What is done where the two could be read differently
//!
//! - Groups of the same agent are one group (2.2.1); `*` counts only where no group names the agent, even one without
//!   rules. Blank lines, sitemaps and unknown lines do not end a group (2.2.4).
//! - The rule with the most octets wins, and `Allow` where two have as many (2.2.2). An empty rule matches nothing.
//! - Paths are compared in a normal form (2.2.2): octets beyond ASCII percent-encoded, `%7E` the same as `~`, `%2f` the
//!   same as `%2F` and not the same as `/`. Behind the first `?` the delimiters `:/?[]@` are the same as their encodings,
//!   as the table of 2.2.2 has it. `%2A` and `%24` in a rule mean the characters themselves.
//! - From Google: the misspellings of `Disallow` and the like, a missing colon, an agent cut at the first character that
//!   can't be in one, `Allow: /x/index.html` allowing `/x/` too, lines cut at 16,663 octets, a byte order mark or a part
//!   of one passed over, and 429 read as 5xx.
//! - `/robots.txt` itself is always allowed (2.2.2).

mod parse;
mod pattern;

#[cfg(test)]
mod tests;

pub use parse::Limits;

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::time::Duration;
use pattern::Pattern;

/// A robots.txt, parsed.
#[doc(alias = "RobotFileParser")]
#[derive(Clone, Debug, Default)]
pub struct Robots {
    groups: Vec<Group>,
    sitemaps: Vec<Line>,
    others: Vec<Line>,
    truncated: bool,
}

/// Lines that share their `User-agent` lines.
#[derive(Clone, Debug, Default)]
struct Group {
    /// Tokens in lower case; `*` for all.
    agents: Vec<Box<[u8]>>,
    rules: Vec<Rule>,
    /// What else stands in it.
    others: Vec<Line>,
}

/// An `Allow` or a `Disallow`.
#[derive(Clone, Debug)]
pub struct Rule {
    allow: bool,
    pattern: Pattern,
    /// `Allow: /x/index.html` allows this folder too.
    folder: Option<Pattern>,
    line: Line,
}

impl Rule {
    /// Whether it allows.
    pub const fn allows(&self) -> bool {
        self.allow
    }

    /// The line it stands in, counted from 1.
    pub const fn line(&self) -> usize {
        self.line.number
    }

    /// The path as the line has it.
    pub fn path(&self) -> &[u8] {
        &self.line.value
    }

    /// How specific it is for `path`: `None` where it does not match.
    fn octets(&self, path: &[u8]) -> Option<u32> {
        if self.pattern.matches(path) {
            return Some(self.pattern.octets());
        }
        self.folder.as_ref().filter(|folder| folder.matches(path)).map(Pattern::octets)
    }
}

/// A line that is no rule: `Sitemap`, `Crawl-delay`, or one that no standard knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    number: usize,
    key: Box<[u8]>,
    value: Box<[u8]>,
}

impl Line {
    /// The line's number, counted from 1.
    pub const fn number(&self) -> usize {
        self.number
    }

    /// What stands before the colon.
    pub fn key(&self) -> &[u8] {
        &self.key
    }

    /// What stands behind the colon, without a comment.
    pub fn value(&self) -> &[u8] {
        &self.value
    }
}

/// So many requests in so many seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RequestRate {
    /// How many requests.
    pub requests: u32,
    /// In how many seconds.
    pub seconds: u32,
}

/// Whether a URL may be fetched, and why.
#[derive(Clone, Copy, Debug)]
pub struct Verdict<'a> {
    allowed: bool,
    rule: Option<&'a Rule>,
}

impl<'a> Verdict<'a> {
    /// Whether it may be fetched.
    pub const fn allowed(&self) -> bool {
        self.allowed
    }

    /// The rule that decided; `None` where none matches, or for `/robots.txt` itself.
    pub const fn rule(&self) -> Option<&'a Rule> {
        self.rule
    }
}

impl Robots {
    /// Reads a robots.txt with the default [`Limits`]. Nothing is an error: what can't be read says nothing (2.3.1.5).
    pub fn parse(text: &[u8]) -> Self {
        Self::parse_within(text, Limits::default())
    }

    /// Reads a robots.txt with other limits.
    pub fn parse_within(text: &[u8], limits: Limits) -> Self {
        parse::parse(text, limits)
    }

    /// Whether `agent` may fetch `url`.
    ///
    /// `agent` is a product token or what a `User-Agent` field begins with: only its leading letters, `-` and `_` count,
    /// in either case. `url` is absolute, or begins with the path; its fragment is dropped.
    #[doc(alias = "can_fetch")]
    pub fn check(&self, agent: &str, url: &str) -> Verdict<'_> {
        let path = pattern::normal_path(&path_of(url));
        crate::work::add(url.len());
        if path == b"/robots.txt" {
            return Verdict { allowed: true, rule: None };
        }
        // The most specific of either kind: the first of those that are equally so.
        let (mut allow, mut disallow) = (None::<(u32, &Rule)>, None::<(u32, &Rule)>);
        for rule in self.rules(agent) {
            let best = if rule.allow { &mut allow } else { &mut disallow };
            if let Some(octets) = rule.octets(&path).filter(|&octets| octets > 0)
                && best.is_none_or(|(most, _)| octets > most)
            {
                *best = Some((octets, rule));
            }
        }
        match (allow, disallow) {
            (Some((allow, _)), Some((disallow, rule))) if disallow > allow => {
                Verdict { allowed: false, rule: Some(rule) }
            }
            (Some((_, rule)), _) => Verdict { allowed: true, rule: Some(rule) },
            (None, Some((_, rule))) => Verdict { allowed: false, rule: Some(rule) },
            (None, None) => Verdict { allowed: true, rule: None },
        }
    }

    /// The rules for `agent`, in the order of the file, of all groups that are for it.
    pub fn rules(&self, agent: &str) -> impl Iterator<Item = &Rule> {
        self.groups_for(agent).flat_map(|group| &group.rules)
    }

    /// How long `agent` is asked to wait between requests: a `Crawl-delay` in seconds, of which a fraction counts to
    /// the millisecond.
    pub fn crawl_delay(&self, agent: &str) -> Option<Duration> {
        self.fields(agent, "crawl-delay").find_map(|line| seconds(line.value()))
    }

    /// How many requests `agent` is asked to keep to: `Request-rate: 3/15`.
    pub fn request_rate(&self, agent: &str) -> Option<RequestRate> {
        self.fields(agent, "request-rate").find_map(|line| {
            let (requests, seconds) = core::str::from_utf8(line.value()).ok()?.split_once('/')?;
            let number = |text: &str| {
                let text = text.trim_ascii();
                text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
            };
            Some(RequestRate { requests: number(requests)?, seconds: number(seconds)? })
        })
    }

    /// The values of `Sitemap` lines. They are for everybody, wherever they stand.
    pub fn sitemaps(&self) -> impl Iterator<Item = &[u8]> {
        self.sitemaps.iter().map(Line::value)
    }

    /// The lines of this name (in either case) in the groups for `agent`.
    pub fn fields(&self, agent: &str, name: &str) -> impl Iterator<Item = &Line> {
        self.groups_for(agent)
            .flat_map(|group| &group.others)
            .filter(move |line| line.key.eq_ignore_ascii_case(name.as_bytes()))
    }

    /// Every line that is neither rule, agent nor sitemap and stands in no group.
    pub fn others(&self) -> impl Iterator<Item = &Line> {
        self.others.iter()
    }

    /// Whether the file was longer than [`Limits::size`], so that its end was not read.
    pub const fn truncated(&self) -> bool {
        self.truncated
    }

    /// All groups that name the agent, or else all that are for everybody (2.2.1).
    fn groups_for(&self, agent: &str) -> impl Iterator<Item = &Group> {
        let token = parse::product_token(agent.as_bytes()).to_ascii_lowercase();
        let names = |group: &Group, wanted: &[u8]| group.agents.iter().any(|agent| **agent == *wanted);
        let named = !token.is_empty() && self.groups.iter().any(|group| names(group, &token));
        let wanted = if named { token } else { b"*".to_vec() };
        self.groups.iter().filter(move |group| names(group, &wanted))
    }
}

fn seconds(value: &[u8]) -> Option<Duration> {
    let text = core::str::from_utf8(value).ok()?;
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if !whole.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit())
        || (whole.is_empty() && fraction.is_empty())
    {
        return None;
    }
    let whole = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let millis = fraction.bytes().chain(*b"000").take(3).fold(0, |sum, byte| sum * 10 + u64::from(byte - b'0'));
    Some(Duration::from_secs(whole) + Duration::from_millis(millis))
}

/// The path and query of a URL: what rules are matched against. An absolute URL, one without a scheme
/// (`example.org/a`, `//example.org/a`), or one that begins with its path; anything without a path is `/`.
///
/// ```
/// use plainwire::robots::path_of;
///
/// assert_eq!(path_of("https://example.org/a?b#c"), "/a?b");
/// assert_eq!(path_of("https://example.org?b"), "/?b");
/// assert_eq!(path_of("example.org"), "/");
/// ```
pub fn path_of(url: &str) -> Cow<'_, str> {
    let url = url.split('#').next().unwrap_or_default();
    let after_slashes = url.strip_prefix("//").unwrap_or(url);
    let delimiters = ['/', '?', ';'];
    let rest = match after_slashes.find("://") {
        // A path, parameter or query before "://" means that this is no scheme.
        Some(scheme) if after_slashes.find(delimiters).is_none_or(|at| at > scheme) => &after_slashes[scheme + 3..],
        _ => after_slashes,
    };
    match rest.find(delimiters) {
        None => Cow::Borrowed("/"),
        Some(at) if rest.as_bytes()[at] == b'/' => Cow::Borrowed(&rest[at..]),
        Some(at) => Cow::Owned(alloc::format!("/{}", &rest[at..])),
    }
}

/// What a crawler may do, by how the fetch of `/robots.txt` ended.
///
/// ```
/// use plainwire::robots::{Access, Robots};
///
/// fn rules(status: u16, body: &[u8]) -> Option<Robots> {
///     match Access::of_status(status) {
///         Access::Parse => Some(Robots::parse(body)),
///         Access::AllowAll => Some(Robots::default()), // no rule matches: all is allowed
///         Access::Follow | Access::DisallowAll => None, // another fetch, or none at all for now
///     }
/// }
/// assert!(rules(404, b"").unwrap().check("ExampleBot", "/x").allowed());
/// assert!(!rules(200, b"User-agent: *\nDisallow: /x").unwrap().check("ExampleBot", "/x").allowed());
/// assert!(rules(503, b"").is_none());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Access {
    /// Parse what came and keep to it (2.3.1.1). After 304, which answers whoever asked with a validator, that is the
    /// copy from before.
    Parse,
    /// Follow the redirect, to other hosts too and at least five times; after more, [`AllowAll`](Self::AllowAll)
    /// (2.3.1.2).
    Follow,
    /// There are no rules: everything may be fetched (2.3.1.3).
    AllowAll,
    /// The rules are unknown: nothing may be fetched (2.3.1.4). After some 30 days of this a crawler may go on as if
    /// there were none, or with the copy that it has.
    DisallowAll,
}

impl Access {
    /// By the status of the HTTP answer. No answer at all is [`DisallowAll`](Self::DisallowAll) too.
    ///
    /// 429 asks for fewer requests and says nothing about rules: as Google does, it is read like a 5xx.
    pub const fn of_status(status: u16) -> Self {
        match status {
            200..=299 | 304 => Self::Parse,
            300..=399 => Self::Follow,
            429 => Self::DisallowAll,
            400..=499 => Self::AllowAll,
            _ => Self::DisallowAll,
        }
    }
}
