//! The netloc: what Python checks in it, and what it reads from it.

use super::{ValueError, ValueErrorKind};
use crate::work;
use alloc::borrow::Cow;
use alloc::format;
use core::net::Ipv6Addr;

/// Refuses what Python refuses.
pub(super) fn check(netloc: &str) -> Result<(), ValueError> {
    work::add(netloc.len());
    let fail = |kind, offset| Err(ValueError { kind, offset });
    match (netloc.find('['), netloc.find(']')) {
        (None, None) => {}
        (Some(offset), None) | (None, Some(offset)) => return fail(ValueErrorKind::UnpairedBracket, offset),
        (Some(open), Some(_)) => {
            // What is between the first opening bracket and the next closing one, or the end.
            let inner = &netloc[open + 1..];
            let inner = inner.split_once(']').map_or(inner, |(inner, _)| inner);
            if !is_address(inner) {
                return fail(ValueErrorKind::Address, open + 1);
            }
        }
    }
    if netloc.is_ascii() {
        return Ok(());
    }
    match netloc.find(is_delimiter_under_nfkc) {
        Some(offset) => fail(ValueErrorKind::Normalization, offset),
        None => Ok(()),
    }
}

/// Characters whose NFKC form has one of `/?#@:` in it: all that there are, as of Unicode 15.1, from its data. None of the
/// five takes part in a composition, so characters can be looked at one by one.
fn is_delimiter_under_nfkc(character: char) -> bool {
    matches!(
        character,
        '\u{2047}'
            ..='\u{2049}'
                | '\u{2100}'
                | '\u{2101}'
                | '\u{2105}'
                | '\u{2106}'
                | '\u{2A74}'
                | '\u{FE13}'
                | '\u{FE16}'
                | '\u{FE55}'
                | '\u{FE56}'
                | '\u{FE5F}'
                | '\u{FE6B}'
                | '\u{FF03}'
                | '\u{FF0F}'
                | '\u{FF1A}'
                | '\u{FF1F}'
                | '\u{FF20}'
    )
}

/// Whether Python takes it for an address: `IPvFuture` with a small `v`, or IPv6 with or without a zone.
fn is_address(text: &str) -> bool {
    if let Some(rest) = text.strip_prefix('v') {
        return rest.split_once('.').is_some_and(|(version, address)| {
            !version.is_empty() && version.bytes().all(|octet| octet.is_ascii_hexdigit()) && !address.is_empty()
        });
    }
    let (address, zone) = text.split_once('%').map_or((text, None), |(address, zone)| (address, Some(zone)));
    zone.is_none_or(|zone| !zone.is_empty() && !zone.contains('%')) && address.parse::<Ipv6Addr>().is_ok()
}

/// User name and password.
pub(super) fn userinfo(netloc: &str) -> (Option<&str>, Option<&str>) {
    work::add(netloc.len());
    match netloc.rsplit_once('@') {
        Some((userinfo, _)) => {
            userinfo.split_once(':').map_or((Some(userinfo), None), |(user, password)| (Some(user), Some(password)))
        }
        None => (None, None),
    }
}

/// Host without brackets, and port, as they stand.
fn hostinfo(netloc: &str) -> (&str, &str) {
    work::add(netloc.len());
    let info = netloc.rsplit_once('@').map_or(netloc, |(_, info)| info);
    match info.split_once('[') {
        Some((_, bracketed)) => {
            let (host, rest) = bracketed.split_once(']').unwrap_or((bracketed, ""));
            (host, rest.split_once(':').map_or("", |(_, port)| port))
        }
        None => info.split_once(':').unwrap_or((info, "")),
    }
}

pub(super) fn hostname(netloc: &str) -> Option<Cow<'_, str>> {
    let (host, _) = hostinfo(netloc);
    if host.is_empty() {
        return None;
    }
    // A zone is a name of the machine's own: its case is kept.
    let (name, zone) = host.split_at(host.find('%').unwrap_or(host.len()));
    if name.chars().all(|character| character.is_ascii() && !character.is_ascii_uppercase()) {
        return Some(Cow::Borrowed(host));
    }
    Some(Cow::Owned(format!("{}{zone}", name.to_lowercase())))
}

pub(super) fn port(netloc: &str) -> Result<Option<u16>, ValueError> {
    let (_, port) = hostinfo(netloc);
    if port.is_empty() {
        return Ok(None);
    }
    // The port is the end of the netloc, whatever stood in brackets before.
    let offset = netloc.len() - port.len();
    if let Some(at) = port.bytes().position(|octet| !octet.is_ascii_digit()) {
        return Err(ValueError { kind: ValueErrorKind::PortNotANumber, offset: offset + at });
    }
    match port.trim_start_matches('0') {
        "" => Ok(Some(0)),
        digits => match digits.parse() {
            Ok(port) => Ok(Some(port)),
            Err(_) => Err(ValueError { kind: ValueErrorKind::PortOutOfRange, offset }),
        },
    }
}
