//! Public suffixes: the domains under which anybody may have a name, and for which nobody may set a cookie.

use super::place;
use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

/// Which domains are public suffixes (RFC 6265bis 5.7 step 9).
///
/// A list given at run time, or with the feature `psl` the one compiled in. By default nothing is a public suffix, and
/// any host below `com` may set a cookie for all of `com`: for a jar that meets more than one party, give it a list.
/// Cloning shares the list, so that many jars hold it once.
///
/// ```
/// use plainwire::cookie::PublicSuffixes;
///
/// let (list, faults) = PublicSuffixes::parse("com\n*.ck\n!www.ck\n");
/// assert!(faults.is_empty());
/// assert!(list.contains("com") && list.contains("anything.ck") && !list.contains("www.ck"));
/// assert_eq!(list.registrable("a.b.example.com"), Some("example.com"));
/// ```
#[derive(Clone, Debug, Default)]
pub struct PublicSuffixes {
    rules: Rules,
}

#[derive(Clone, Debug, Default)]
enum Rules {
    #[default]
    None,
    #[cfg(feature = "psl")]
    Compiled,
    List {
        /// What is said about a domain, by the domain without `*.` and `!`.
        said: Arc<BTreeMap<Box<str>, Said>>,
        /// "If no rules match, the prevailing rule is `*`."
        any: bool,
    },
}

/// A domain may be a rule itself, have a wildcard below it, and be an exception.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Said {
    rule: bool,
    wildcard: bool,
    exception: bool,
}

/// A line of a public suffix list that says nothing: it was left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line} is no rule of a public suffix list")]
pub struct SuffixFault {
    /// The line, counted from 1.
    pub line: usize,
}

impl PublicSuffixes {
    /// No domain is a public suffix.
    pub const fn none() -> Self {
        Self { rules: Rules::None }
    }

    /// The list that the crate `psl` was built with. Its age is that crate's; update it to update the list.
    #[cfg(feature = "psl")]
    pub const fn compiled() -> Self {
        Self { rules: Rules::Compiled }
    }

    /// These names and no others, without wildcards: lower case, A-labels.
    pub fn names<S: AsRef<str>>(names: impl IntoIterator<Item = S>) -> Self {
        let said: BTreeMap<_, _> = names
            .into_iter()
            .map(|name| {
                (name.as_ref().trim_matches('.').to_ascii_lowercase().into(), Said { rule: true, ..Said::default() })
            })
            .collect();
        Self { rules: Rules::List { said: Arc::new(said), any: false } }
    }

    /// Reads a list in the form that publicsuffix.org publishes: a rule a line up to the first white space, `//`
    /// comments, `*.` wildcards, `!` exceptions. Where no rule matches, the last label is a suffix, as that site says.
    ///
    /// Unicode rules are turned to A-labels with the feature `idna`, and are faults without it. A broken line loses only
    /// itself.
    pub fn parse(list: &str) -> (Self, Vec<SuffixFault>) {
        let mut said = BTreeMap::<Box<str>, Said>::new();
        let mut faults = Vec::new();
        for (index, line) in list.lines().enumerate() {
            let Some(rule) = line.split_ascii_whitespace().next() else { continue };
            if rule.starts_with("//") {
                continue;
            }
            let (domain, exception) = rule.strip_prefix('!').map_or((rule, false), |rest| (rest, true));
            let (domain, wildcard) = match domain.strip_prefix("*.") {
                Some(rest) => (rest, true),
                None => (domain, false),
            };
            match canonical(domain) {
                // A bare `*` is what holds anyway.
                _ if rule == "*" => {}
                Some(domain) if !(exception && wildcard) => {
                    let entry = said.entry(domain.into()).or_default();
                    entry.exception |= exception;
                    entry.wildcard |= wildcard;
                    entry.rule |= !exception && !wildcard;
                }
                _ => faults.push(SuffixFault { line: index + 1 }),
            }
        }
        (Self { rules: Rules::List { said: Arc::new(said), any: true } }, faults)
    }

    /// Whether a canonical domain is a public suffix. An IP address never is.
    pub fn contains(&self, domain: &str) -> bool {
        let domain = domain.strip_suffix('.').unwrap_or(domain);
        !domain.is_empty() && self.suffix(domain) == Some(domain)
    }

    /// The public suffix of a canonical host with one more label: what one party holds. `None` where the host is a
    /// suffix itself, an IP address, or below no suffix.
    pub fn registrable<'a>(&self, host: &'a str) -> Option<&'a str> {
        let (bare, dot) = host.strip_suffix('.').map_or((host, 0), |bare| (bare, 1));
        let suffix = self.suffix(bare)?;
        let above = bare[..bare.len() - suffix.len()].strip_suffix('.')?;
        let label = above.rfind('.').map_or(0, |at| at + 1);
        host.get(label..bare.len() + dot)
    }

    /// The longest public suffix that `domain` ends with.
    fn suffix<'a>(&self, domain: &'a str) -> Option<&'a str> {
        if matches!(self.rules, Rules::None) || place::is_ip(domain.as_bytes()) {
            return None;
        }
        match &self.rules {
            Rules::None => None,
            #[cfg(feature = "psl")]
            Rules::Compiled => psl::suffix_str(domain),
            Rules::List { said, any } => {
                let mut rest = domain;
                loop {
                    let parent = rest.find('.').map(|at| &rest[at + 1..]);
                    let here = said.get(rest).copied().unwrap_or_default();
                    if here.exception {
                        return parent;
                    }
                    let wild = parent.is_some_and(|parent| said.get(parent).is_some_and(|said| said.wildcard));
                    if here.rule || wild {
                        return Some(rest);
                    }
                    match parent {
                        Some(parent) => rest = parent,
                        None => return any.then_some(rest),
                    }
                }
            }
        }
    }
}

fn canonical(domain: &str) -> Option<String> {
    let domain = domain.strip_prefix('.').unwrap_or(domain);
    if !domain.is_ascii() {
        return to_ascii(domain);
    }
    let lower = domain.to_ascii_lowercase();
    place::check_host(&lower).is_ok().then_some(lower)
}

#[cfg(feature = "idna")]
fn to_ascii(domain: &str) -> Option<String> {
    idna::domain_to_ascii(domain).ok()
}

#[cfg(not(feature = "idna"))]
fn to_ascii(_: &str) -> Option<String> {
    None
}
