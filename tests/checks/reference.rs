//! What holds for every input of the RFC 3986 parser and its neighbours. Fuzz targets call these, and so does the replay
//! of the corpora. The oracles are the RFC's own texts, written down as plainly as they stand there: the regular
//! expression of appendix B with the grammar of appendix A, and the pseudocode of 5.2.

use plainwire::url::reference::{AboveRoot, Builder, Host, Reference, ReferenceBuf, Resolution, ResolveError, Steps};
use plainwire::work;
use std::net::{Ipv4Addr, Ipv6Addr};

/// The five components.
type Five = (Option<String>, Option<String>, String, Option<String>, Option<String>);

fn five(reference: &Reference<'_>) -> Five {
    let own = |text: Option<&str>| text.map(String::from);
    (
        own(reference.scheme()),
        own(reference.authority()),
        reference.path().to_owned(),
        own(reference.query()),
        own(reference.fragment()),
    )
}

/// One text.
pub(crate) fn parse(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let (spent, parsed) = work::count(|| Reference::parse(&text));
    assert!(spent <= 4 * text.len() as u64 + 64, "{spent} octets looked at for {}", text.len());
    assert_eq!(parsed.is_ok(), grammar(&text).is_some(), "{text:?}: {parsed:?}");
    assert_eq!(Reference::parse_octets(data).is_ok(), std::str::from_utf8(data).is_ok() && parsed.is_ok());
    let reference = match parsed {
        Ok(reference) => reference,
        Err(error) => {
            assert!(error.offset() < text.len(), "{text:?}: {error}");
            // It is that octet, or what begins at it: without it and the rest, all is well or ends too soon.
            assert!(text.is_char_boundary(error.offset()));
            return;
        }
    };
    assert_eq!(reference.as_str(), text);
    assert_eq!(Some(five(&reference)), grammar(&text));
    let whole: String = [
        reference.scheme().map(|scheme| format!("{scheme}:")),
        reference.authority().map(|authority| format!("//{authority}")),
        Some(reference.path().to_owned()),
        reference.query().map(|query| format!("?{query}")),
        reference.fragment().map(|fragment| format!("#{fragment}")),
    ]
    .into_iter()
    .flatten()
    .collect();
    assert_eq!(whole, text);
    if let Some(authority) = reference.authority() {
        let userinfo = reference.userinfo().map(|userinfo| format!("{userinfo}@")).unwrap_or_default();
        let port = reference.port().map(|port| format!(":{port}")).unwrap_or_default();
        assert_eq!(authority, format!("{userinfo}{}{port}", reference.host().unwrap()));
        match reference.host_kind().unwrap() {
            Host::Ipv4(address) => assert_eq!(reference.host().unwrap(), address.to_string()),
            Host::Ipv6(_) | Host::IpvFuture(_) => assert!(reference.host().unwrap().starts_with('[')),
            Host::Name(name) => assert!(!name.starts_with('[')),
            other => panic!("{other:?}"),
        }
    }
    let slash = if reference.path().starts_with('/') { "/" } else { "" };
    assert_eq!(slash.to_owned() + &reference.segments().collect::<Vec<_>>().join("/"), reference.path());
    assert_eq!(Builder::from(reference).build().as_ref().map(ReferenceBuf::as_str), Ok(&*text));
    for steps in [Steps::NONE, Steps::PERCENT, Steps::CASE, Steps::DOTS, Steps::ADDRESS, Steps::SCHEME, Steps::ALL] {
        let normal = reference.normalize(steps);
        assert_eq!(grammar(normal.as_str()), Some(five(&normal.as_reference())), "{text:?} {steps:?}");
        assert_eq!(normal.as_reference().normalize(steps), normal, "{text:?} {steps:?}");
        assert!(reference.equivalent(&normal.as_reference(), steps));
    }
    assert_eq!(reference.normalize(Steps::NONE).as_str(), text);
    let normal = reference.normalize(Steps::ALL);
    assert_eq!(normal, reference.normalize(Steps::SYNTAX).as_reference().normalize(Steps::ALL), "{text:?}");
}

/// A reference and, behind a 0xFF, its base.
pub(crate) fn resolve(data: &[u8]) {
    let mut pieces = data.split(|octet| *octet == 0xFF).map(String::from_utf8_lossy);
    let text = pieces.next().unwrap_or_default();
    let base_text = pieces.next().unwrap_or("http://a/b/c/d;p?q".into());
    let (Ok(reference), Ok(base)) = (Reference::parse(&text), Reference::parse(&base_text)) else { return };
    let length = (text.len() + base_text.len()) as u64;
    let (spent, target) = work::count(|| base.resolve(&reference));
    assert!(spent <= 8 * length + 64, "{spent} octets looked at for {length}");
    let target = match target {
        Ok(target) => target,
        Err(error) => {
            assert_eq!(error, ResolveError::RelativeBase);
            assert!(!base.is_uri());
            return;
        }
    };
    for (rules, strict) in [(Resolution::STRICT, true), (Resolution::BACKWARD_COMPATIBLE, false)] {
        let ours = base.resolve_by(rules, &reference).unwrap();
        let theirs = pseudocode(&five(&base), &five(&reference), strict);
        assert_eq!(five(&ours.as_reference()), theirs, "{text:?} on {base_text:?}");
        assert_eq!(grammar(ours.as_str()), Some(theirs));
    }
    // Whoever refuses steps above the root gets the same where there are none.
    match base.resolve_by(Resolution::STRICT.above_root(AboveRoot::Refuse), &reference) {
        Ok(careful) => assert_eq!(careful, target),
        Err(error) => {
            assert_eq!(error, ResolveError::AboveRoot);
            assert!(text.contains("..") || base_text.contains(".."));
        }
    }
    let target = target.as_reference();
    if let Some(way) = target.relative_to(&base) {
        assert_eq!(base.resolve(&way.as_reference()).unwrap().as_reference(), target);
        assert!(way.as_str().len() <= target.as_str().len() + base_text.len() * 3 + 2);
    } else {
        // Resolution would change even the whole.
        assert_ne!(base.resolve(&target).unwrap().as_reference(), target);
    }
}

/// Appendix B's regular expression by hand, and then each component by appendix A.
fn grammar(text: &str) -> Option<Five> {
    let (mut rest, fragment) = match text.split_once('#') {
        Some((rest, fragment)) => (rest, Some(fragment)),
        None => (text, None),
    };
    let query = rest.split_once('?').map(|(before, query)| {
        rest = before;
        query
    });
    let mut scheme = None;
    if let Some((before, behind)) = rest.split_once(':')
        && before.starts_with(|first: char| first.is_ascii_alphabetic())
        && before.chars().all(|it| it.is_ascii_alphanumeric() || "+-.".contains(it))
    {
        (scheme, rest) = (Some(before), behind);
    }
    let mut authority = None;
    if let Some(behind) = rest.strip_prefix("//") {
        let end = behind.find('/').unwrap_or(behind.len());
        authority = Some(&behind[..end]);
        rest = &behind[end..];
    }
    if scheme.is_none() && authority.is_none() && rest.split('/').next().unwrap().contains(':') {
        return None;
    }
    let fits = authority.is_none_or(is_authority)
        && made_of(rest, ":@/")
        && query.is_none_or(|query| made_of(query, ":@/?"))
        && fragment.is_none_or(|fragment| made_of(fragment, ":@/?"));
    let own = |text: Option<&str>| text.map(String::from);
    fits.then(|| (own(scheme), own(authority), rest.to_owned(), own(query), own(fragment)))
}

/// Unreserved characters, escapes, sub-delims and these.
fn made_of(text: &str, also: &str) -> bool {
    let mut rest = text.chars();
    while let Some(next) = rest.next() {
        let fits = match next {
            '%' => {
                rest.next().is_some_and(|it| it.is_ascii_hexdigit())
                    && rest.next().is_some_and(|it| it.is_ascii_hexdigit())
            }
            _ => next.is_ascii_alphanumeric() || "-._~!$&'()*+,;=".contains(next) || also.contains(next),
        };
        if !fits {
            return false;
        }
    }
    true
}

fn is_authority(text: &str) -> bool {
    let host_port = match text.split_once('@') {
        Some((userinfo, rest)) if made_of(userinfo, ":") => rest,
        Some(_) => return false,
        None => text,
    };
    let (host, port) = match host_port.rfind(']') {
        Some(end) => (&host_port[..=end], &host_port[end + 1..]),
        None => host_port.split_at(host_port.find(':').unwrap_or(host_port.len())),
    };
    let port_fits =
        port.is_empty() || port.strip_prefix(':').is_some_and(|port| port.chars().all(|it| it.is_ascii_digit()));
    let host_fits = match host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        Some(literal) => is_ipv6(literal) || is_ipvfuture(literal),
        None => made_of(host, ""),
    };
    host_fits && port_fits
}

fn is_ipvfuture(text: &str) -> bool {
    let Some((version, address)) = text.strip_prefix(['v', 'V']).and_then(|rest| rest.split_once('.')) else {
        return false;
    };
    let fits = |it: char| it.is_ascii_alphanumeric() || "-._~!$&'()*+,;=:".contains(it);
    !version.is_empty()
        && version.chars().all(|it| it.is_ascii_hexdigit())
        && !address.is_empty()
        && address.chars().all(fits)
}

/// Eight groups, of which one run may be left out, and the last two may be an IPv4 address.
fn is_ipv6(text: &str) -> bool {
    let groups = |part: &str, may_end_in_ipv4: bool| -> Option<usize> {
        if part.is_empty() {
            return Some(0);
        }
        let all: Vec<&str> = part.split(':').collect();
        let mut count = 0;
        for (at, group) in all.iter().enumerate() {
            let last = at + 1 == all.len();
            if last && may_end_in_ipv4 && group.contains('.') {
                group.parse::<Ipv4Addr>().ok()?;
                count += 2;
            } else if (1..=4).contains(&group.len()) && group.chars().all(|it| it.is_ascii_hexdigit()) {
                count += 1;
            } else {
                return None;
            }
        }
        Some(count)
    };
    let fits = match text.split_once("::") {
        Some((before, behind)) => {
            groups(before, false).zip(groups(behind, true)).is_some_and(|(before, behind)| before + behind <= 7)
        }
        None => groups(text, true) == Some(8),
    };
    assert_eq!(fits, text.parse::<Ipv6Addr>().is_ok(), "{text:?}");
    fits
}

/// RFC 3986 5.2.2 to 5.2.4 as they stand there, with erratum 4547.
fn pseudocode(base: &Five, reference: &Five, strict: bool) -> Five {
    let (base_scheme, base_authority, base_path, base_query, _) = base;
    let (mut scheme, authority, path, query, fragment) = reference.clone();
    let same = |a: &Option<String>, b: &Option<String>| {
        a.as_ref().zip(b.as_ref()).is_some_and(|(a, b)| a.eq_ignore_ascii_case(b))
    };
    if !strict && same(&scheme, base_scheme) {
        scheme = None;
    }
    let (target_authority, mut target_path, target_query);
    if scheme.is_some() {
        (target_authority, target_path, target_query) = (authority, remove_dot_segments(&path), query);
    } else {
        scheme.clone_from(base_scheme);
        if authority.is_some() {
            (target_authority, target_path, target_query) = (authority, remove_dot_segments(&path), query);
        } else {
            target_authority = base_authority.clone();
            if path.is_empty() {
                target_path = base_path.clone();
                target_query = query.or_else(|| base_query.clone());
            } else if path.starts_with('/') {
                (target_path, target_query) = (remove_dot_segments(&path), query);
            } else {
                let merged = if base_authority.is_some() && base_path.is_empty() {
                    format!("/{path}")
                } else {
                    format!("{}{path}", &base_path[..base_path.rfind('/').map_or(0, |at| at + 1)])
                };
                (target_path, target_query) = (remove_dot_segments(&merged), query);
            }
        }
    }
    if target_authority.is_none() && target_path.starts_with("//") {
        target_path.insert_str(0, "/.");
    }
    (scheme, target_authority, target_path, target_query, fragment)
}

fn remove_dot_segments(path: &str) -> String {
    let mut input = path.to_owned();
    let mut output = String::new();
    while !input.is_empty() {
        if input.starts_with("../") {
            input.drain(..3);
        } else if input.starts_with("./") || input.starts_with("/./") {
            input.drain(..2);
        } else if input == "/." {
            input = "/".into();
        } else if input.starts_with("/../") || input == "/.." {
            input = if input == "/.." { "/".into() } else { input.split_off(3) };
            output.truncate(output.rfind('/').unwrap_or(0));
        } else if input == "." || input == ".." {
            input.clear();
        } else {
            let end = input[1..].find('/').map_or(input.len(), |at| at + 1);
            output.extend(input.drain(..end));
        }
    }
    output
}
