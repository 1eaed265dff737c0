//! libwww-perl's form, as Python's `LWPCookieJar` has it: `Set-Cookie3:` lines below `#LWP-Cookies-2.0`.
//!
//! Octets of names and values are written as the code points 0 to 255 in UTF-8, because that is how Python holds what
//! comes in a field. `SameSite` and `HttpOnly` are kept among the "other" attributes, where Python keeps them too.

use super::super::place::check_host;
use super::super::{Record, SameSite, Timestamp};
use super::{Fault, FaultKind, LeftOut, Loaded, Unwritable, fit, lines};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

const HEADER: &[u8] = b"#LWP-Cookies-2.0\n";

/// Reads a file. Lines that do not begin with `Set-Cookie3:` are passed over, as Python and Perl do.
pub fn read(text: &[u8]) -> Loaded {
    let mut loaded = Loaded::default();
    for (line, content) in lines(text) {
        let Some(content) = content.strip_prefix(b"Set-Cookie3:") else { continue };
        match record(content) {
            Ok(record) => loaded.records.push(record),
            Err(kind) => loaded.faults.push(Fault { line, kind }),
        }
    }
    loaded
}

fn record(content: &[u8]) -> Result<Record, FaultKind> {
    let text = core::str::from_utf8(content).map_err(|_| FaultKind::Form)?;
    let mut rest = text;
    let (name, value) = pair(&mut rest)?.ok_or(FaultKind::Form)?;
    let mut record = Record::default();
    match value {
        Some(value) => (record.name, record.value) = (octets(name), octets(&value)),
        // A cookie without `=`: Python holds its text as a name without a value.
        None => record.value = octets(name),
    }
    while let Some((key, value)) = pair(&mut rest)? {
        let said = value.unwrap_or_default();
        match key.to_ascii_lowercase().as_str() {
            "path" => record.path = octets(&said),
            "domain" => {
                record.host_only = !said.starts_with('.');
                record.domain = said.strip_prefix('.').unwrap_or(&said).to_ascii_lowercase();
            }
            "expires" => record.expires = Some(date(&said).ok_or(FaultKind::Expiry)?),
            "secure" => record.secure = true,
            "httponly" => record.http_only = true,
            "samesite" => {
                record.same_site = match said.to_ascii_lowercase().as_str() {
                    "strict" => SameSite::Strict,
                    "lax" => SameSite::Lax,
                    "none" => SameSite::None,
                    _ => SameSite::Default,
                };
            }
            _ => {}
        }
    }
    if check_host(&record.domain).is_err() || record.domain.starts_with('.') {
        return Err(FaultKind::Domain);
    }
    if record.path.first() != Some(&b'/') {
        return Err(FaultKind::Path);
    }
    fit(&record).map_err(|_| FaultKind::Pair)?;
    Ok(record)
}

/// The next `key`, `key=token` or `key="quoted"` of the line, with what separates it.
fn pair<'a>(rest: &mut &'a str) -> Result<Option<(&'a str, Option<String>)>, FaultKind> {
    let text = rest.trim_start_matches([' ', '\t', ';', ',']);
    if text.is_empty() {
        *rest = text;
        return Ok(None);
    }
    let end = text.find(['=', ' ', '\t', ';', ',']).unwrap_or(text.len());
    if end == 0 {
        return Err(FaultKind::Form);
    }
    let (key, after) = text.split_at(end);
    let Some(after) = after.trim_start_matches([' ', '\t']).strip_prefix('=') else {
        *rest = after;
        return Ok(Some((key, None)));
    };
    let after = after.trim_start_matches([' ', '\t']);
    let Some(quoted) = after.strip_prefix('"') else {
        let end = after.find([' ', '\t', ';', ',']).unwrap_or(after.len());
        *rest = &after[end..];
        return Ok(Some((key, Some(after[..end].into()))));
    };
    let mut value = String::new();
    let mut escaped = false;
    for (at, char) in quoted.char_indices() {
        match char {
            _ if escaped => {
                value.push(char);
                escaped = false;
            }
            '\\' => escaped = true,
            '"' => {
                *rest = &quoted[at + 1..];
                return Ok(Some((key, Some(value))));
            }
            _ => value.push(char),
        }
    }
    Err(FaultKind::Form)
}

/// Code points 0 to 255 are octets; the others, which Python does not write, are their UTF-8.
fn octets(text: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for char in text.chars() {
        match u8::try_from(u32::from(char)) {
            Ok(octet) => out.push(octet),
            Err(_) => out.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    out
}

/// `2030-01-31 23:59:59Z`
fn date(text: &str) -> Option<Timestamp> {
    let (day, time) = text.strip_suffix('Z').unwrap_or(text).trim_end().split_once([' ', 'T'])?;
    let mut day = day.splitn(3, '-').map(number);
    let mut time = time.splitn(3, ':').map(number);
    Timestamp::from_utc(day.next()??, day.next()??, day.next()??, time.next()??, time.next()??, time.next()??)
}

fn number(text: &str) -> Option<u32> {
    let digits = (1..=4).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    if digits { text.parse().ok() } else { None }
}

/// Appends a file with these cookies, in their order. Returns those that it has no room for: with a separator in the
/// name (or in the text of a cookie without one), partitioned, or with an end before 1601 or after 9999.
///
/// Read back, every other one is as it was but for the times of creation and access.
pub fn write<'a>(cookies: impl IntoIterator<Item = &'a Record>, out: &mut Vec<u8>) -> Vec<LeftOut> {
    let mut left_out = Vec::new();
    out.extend_from_slice(HEADER);
    for (index, cookie) in cookies.into_iter().enumerate() {
        let bare = if cookie.name.is_empty() { &cookie.value } else { &cookie.name };
        // Python's readers end a name at any white space that Unicode knows, and 0x85 and 0xa0 are such.
        let odd = bare.iter().any(|byte| matches!(byte, b'\t' | b' ' | b'"' | b',' | b'=' | 0x80..));
        let undated = cookie.expires.is_some_and(|at| !(1601..=9999).contains(&at.to_utc().0));
        match fit(cookie) {
            Ok(()) if !odd && !undated => line(cookie, out),
            Ok(()) => left_out.push(LeftOut { index, why: Unwritable::Octet }),
            Err(why) => left_out.push(LeftOut { index, why }),
        }
    }
    left_out
}

fn line(cookie: &Record, out: &mut Vec<u8>) {
    let mut text = String::from("Set-Cookie3: ");
    if cookie.name.is_empty() {
        text.extend(cookie.value.iter().map(|&octet| char::from(octet)));
    } else {
        text.extend(cookie.name.iter().map(|&octet| char::from(octet)));
        text.push('=');
        quote(&cookie.value, &mut text);
    }
    text.push_str("; path=");
    quote(&cookie.path, &mut text);
    text.push_str("; domain=");
    let domain = format!("{}{}", if cookie.host_only { "" } else { "." }, cookie.domain);
    quote(domain.as_bytes(), &mut text);
    text.push_str("; path_spec");
    if !cookie.host_only {
        text.push_str("; domain_dot");
    }
    if cookie.secure {
        text.push_str("; secure");
    }
    match cookie.expires {
        Some(at) => {
            let (year, month, day, hour, minute, second) = at.to_utc();
            let date = format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}Z");
            text.push_str("; expires=");
            quote(date.as_bytes(), &mut text);
        }
        None => text.push_str("; discard"),
    }
    if cookie.http_only {
        text.push_str("; HttpOnly=None");
    }
    if let Some(same_site) = cookie.same_site.as_str() {
        text.push_str("; SameSite=");
        text.push_str(same_site);
    }
    text.push_str("; version=0\n");
    out.extend_from_slice(text.as_bytes());
}

/// As Python does: bare where it is a word, else in quotes.
fn quote(octets: &[u8], text: &mut String) {
    let word = !octets.is_empty() && octets.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
    if word {
        text.extend(octets.iter().map(|&octet| char::from(octet)));
        return;
    }
    text.push('"');
    for &octet in octets {
        if matches!(octet, b'"' | b'\\') {
            text.push('\\');
        }
        text.push(char::from(octet));
    }
    text.push('"');
}
