//! What is asserted about robots.txt, on any bytes.

use plainwire::robots::{Access, Robots, path_of};

/// The verdict against one that is reached slowly: every rule by a matcher that tries everything, in a table.
pub(crate) fn robots(data: &[u8]) {
    // The first line is the URL, the second the agent; the rest is the file.
    let mut parts = data.splitn(3, |byte| *byte == b'\n');
    let url = String::from_utf8_lossy(parts.next().unwrap_or_default());
    let agent = String::from_utf8_lossy(parts.next().unwrap_or_default());
    let file = parts.next().unwrap_or_default();
    let robots = Robots::parse(file);

    let path = path_of(&url);
    assert!(path.starts_with('/'));
    if !path.starts_with("//") {
        assert_eq!(path_of(&path), path, "a path stands for itself");
    }
    let path = normal(path.as_bytes());

    let verdict = robots.check(&agent, &url);
    let mut best: Option<(usize, bool, usize)> = None;
    for rule in robots.rules(&agent) {
        let text = rule.path();
        let mut octets = matches(&path, text).then(|| length(text));
        if octets.is_none()
            && rule.allows()
            && let Some(slash) = text.iter().rposition(|byte| *byte == b'/')
            && text[slash..].starts_with(b"/index.htm")
        {
            let folder = [&text[..=slash], b"$"].concat();
            octets = matches(&path, &folder).then(|| length(&folder));
        }
        if let Some(octets) = octets.filter(|octets| *octets > 0) {
            let better = match best {
                None => true,
                Some((most, allows, _)) => octets > most || (octets == most && rule.allows() && !allows),
            };
            if better {
                best = Some((octets, rule.allows(), rule.line()));
            }
        }
    }
    if path == normal(b"/robots.txt") {
        best = None;
    }
    assert_eq!(verdict.allowed(), best.is_none_or(|(_, allows, _)| allows), "{url:?} for {agent:?}");
    assert_eq!(verdict.rule().map(plainwire::robots::Rule::line), best.map(|(_, _, line)| line));

    // What else is told stands in the file.
    let lines = file.iter().filter(|byte| matches!(byte, b'\n' | b'\r')).count() + 1;
    assert!(robots.rules(&agent).all(|rule| (1..=lines).contains(&rule.line())));
    let told = robots.sitemaps().count() + robots.others().count() + robots.rules("*").count();
    assert!(told <= lines);
    if let Some(rate) = robots.request_rate(&agent) {
        assert!(robots.fields(&agent, "request-rate").count() > 0, "{rate:?}");
    }
    assert!(robots.crawl_delay(&agent).is_none() || robots.fields(&agent, "crawl-delay").count() > 0);
    // A line end more, or another line end, changes nothing.
    let mut unix = Vec::new();
    for byte in file {
        unix.push(if *byte == b'\r' { b'\n' } else { *byte });
    }
    if file.len() < 500 * 1024 - 2 {
        let again = Robots::parse(&unix).check(&agent, &url).allowed();
        assert_eq!(again, verdict.allowed());
    }
    if let [high, low, ..] = data {
        let status = u16::from_be_bytes([*high, *low]);
        let access = Access::of_status(status);
        assert_eq!(access == Access::Parse, status / 100 == 2 || status == 304);
    }
}

/// One octet as it is compared. A wildcard is told apart from a star that is meant.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Unit {
    Octet(u8),
    Encoded(u8),
}

/// The normal form, with its length in a pattern and whether it was written encoded.
fn units(text: &[u8]) -> Vec<(Unit, usize, bool)> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let mut units = Vec::new();
    let mut query = false;
    let mut at = 0;
    while at < text.len() {
        let escape = (text[at] == b'%' && at + 2 < text.len())
            .then(|| Some(digit(text[at + 1])? as u8 * 16 + digit(text[at + 2])? as u8))
            .flatten();
        if let Some(octet) = escape {
            at += 3;
            let unreserved = octet.is_ascii_alphanumeric() || b"-._~".contains(&octet);
            if unreserved {
                units.push((Unit::Octet(octet), 1, true));
            } else if b"*$".contains(&octet) || (query && b":/?[]@".contains(&octet)) {
                units.push((Unit::Octet(octet), 3, true));
            } else {
                units.push((Unit::Encoded(octet), 3, true));
            }
        } else {
            let octet = text[at];
            at += 1;
            query |= octet == b'?';
            if octet >= 0x80 {
                units.push((Unit::Encoded(octet), 3, false));
            } else {
                units.push((Unit::Octet(octet), 1, false));
            }
        }
    }
    units
}

fn normal(path: &[u8]) -> Vec<Unit> {
    // A literal "%41" that stays, because "%" was no escape there, is compared by its octets.
    units(path).into_iter().map(|(unit, _, _)| unit).collect()
}

fn length(pattern: &[u8]) -> usize {
    units(pattern).iter().map(|(_, length, _)| length).sum()
}

/// Which beginnings of the path each beginning of the pattern matches: the whole table.
fn matches(path: &[Unit], pattern: &[u8]) -> bool {
    let (body, anchored) = match pattern.split_last() {
        Some((b'$', body)) => (body, true),
        _ => (pattern, false),
    };
    let mut ends = vec![false; path.len() + 1];
    ends[0] = true;
    for (unit, _, written_encoded) in units(body) {
        let mut next = vec![false; path.len() + 1];
        for at in 0..=path.len() {
            if unit == Unit::Octet(b'*') && !written_encoded {
                next[at] = ends[..=at].contains(&true);
            } else if at > 0 && ends[at - 1] && path[at - 1] == unit {
                next[at] = true;
            }
        }
        ends = next;
    }
    if anchored { ends[path.len()] } else { ends.contains(&true) }
}
