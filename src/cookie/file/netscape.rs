//! `cookies.txt`: seven fields a line, with tabs between them.
//!
//! domain, whether hosts below it get the cookie too, path, whether it is `Secure`, expiry in seconds, name, value.
//! `#HttpOnly_` before the domain says what it says; other lines that begin with `#` (or, for Python, `$`) are comments.
//! The form has no room for `SameSite`: what was `Strict` or `None` is read back as not said.

use super::super::parse::trim;
use super::super::place::check_host;
use super::super::{Record, Timestamp};
use super::{Fault, FaultKind, LeftOut, Loaded, Unwritable, fit, lines};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// How the expiry of a cookie of the session is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum SessionExpiry {
    /// As `0`, as curl, wget and browsers' extensions have it. Python's `MozillaCookieJar` takes that for 1970, and
    /// drops the cookie unless told `ignore_expires`.
    #[default]
    Zero,
    /// As nothing, which is what Python writes and what curl and wget do not read.
    Empty,
}

/// The line that Python wants to see first.
const HEADER: &[u8] =
    b"# Netscape HTTP Cookie File\n# Written by plainwire. Each line is a cookie; edit at your own risk.\n\n";

/// Reads a file. It may be of curl, wget, Python or a browser: `#HttpOnly_`, an expiry of 0 or nothing for the session,
/// a port behind the domain, an empty value without its tab, and CRLF are all understood.
pub fn read(text: &[u8]) -> Loaded {
    let mut loaded = Loaded::default();
    for (line, content) in lines(text) {
        let (content, http_only) = match content.strip_prefix(b"#HttpOnly_") {
            Some(rest) => (rest, true),
            None => (content, false),
        };
        let blank = trim(content).is_empty();
        if blank || (!http_only && matches!(trim(content).first(), Some(b'#' | b'$'))) {
            continue;
        }
        match record(content, http_only) {
            Ok(record) => loaded.records.push(record),
            Err(kind) => loaded.faults.push(Fault { line, kind }),
        }
    }
    loaded
}

fn record(line: &[u8], http_only: bool) -> Result<Record, FaultKind> {
    let fields: Vec<_> = line.split(|&byte| byte == b'\t').collect();
    let (domain, below, path, secure, expires, name, value) = match *fields {
        [domain, below, path, secure, expires, name, value] => (domain, below, path, secure, expires, name, value),
        // curl: a missing value is an empty one.
        [domain, below, path, secure, expires, name] => (domain, below, path, secure, expires, name, &b""[..]),
        _ => return Err(FaultKind::Fields(fields.len())),
    };
    let domain = host(domain).ok_or(FaultKind::Domain)?;
    if path.first() != Some(&b'/') {
        return Err(FaultKind::Path);
    }
    let record = Record {
        name: name.to_vec(),
        value: value.to_vec(),
        domain,
        host_only: !flag(below)?,
        path: path.to_vec(),
        secure: flag(secure)?,
        http_only,
        expires: expiry(expires)?,
        ..Record::default()
    };
    fit(&record).map_err(|_| FaultKind::Pair)?;
    Ok(record)
}

fn flag(field: &[u8]) -> Result<bool, FaultKind> {
    match field {
        _ if field.eq_ignore_ascii_case(b"TRUE") => Ok(true),
        _ if field.eq_ignore_ascii_case(b"FALSE") => Ok(false),
        _ => Err(FaultKind::Flag),
    }
}

/// The host without a leading dot and without the port that wget puts behind it. One that begins with `$` can't be told
/// from Python's comments, so it is none.
fn host(field: &[u8]) -> Option<String> {
    let field = field.strip_prefix(b".").unwrap_or(field);
    let text = core::str::from_utf8(field).ok()?.to_ascii_lowercase();
    let end = match text.find(']') {
        Some(bracket) => bracket + 1,
        None => text.find(':').unwrap_or(text.len()),
    };
    let (host, port) = text.split_at(end);
    let port_fits = port.is_empty() || port.strip_prefix(':')?.bytes().all(|byte| byte.is_ascii_digit());
    (port_fits && check_host(host).is_ok() && !host.starts_with(['.', '$'])).then(|| host.into())
}

/// 0 and nothing mean the session. A fraction of a second, which some extensions write, is dropped.
fn expiry(field: &[u8]) -> Result<Option<Timestamp>, FaultKind> {
    let text = core::str::from_utf8(trim(field)).map_err(|_| FaultKind::Expiry)?;
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(FaultKind::Expiry);
    }
    match whole.strip_prefix('-').unwrap_or(whole) {
        "" if whole.is_empty() && fraction.is_empty() => Ok(None),
        digits if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            let seconds = whole.parse().unwrap_or(if whole.starts_with('-') { i64::MIN } else { i64::MAX });
            Ok((seconds != 0).then_some(Timestamp(seconds)))
        }
        _ => Err(FaultKind::Expiry),
    }
}

/// Appends a file with these cookies, in their order. Returns those that it has no room for: with a tab in a field, of a
/// host that begins with `$`, or partitioned.
///
/// Read back, every other one is as it was but for `SameSite` and the times of creation and access.
pub fn write<'a>(
    cookies: impl IntoIterator<Item = &'a Record>,
    session: SessionExpiry,
    out: &mut Vec<u8>,
) -> Vec<LeftOut> {
    let mut left_out = Vec::new();
    out.extend_from_slice(HEADER);
    for (index, cookie) in cookies.into_iter().enumerate() {
        let tab = [&cookie.name, &cookie.value, &cookie.path].iter().any(|field| field.contains(&b'\t'));
        match fit(cookie) {
            Ok(()) if !tab && !cookie.domain.starts_with('$') => line(cookie, session, out),
            Ok(()) => left_out.push(LeftOut { index, why: Unwritable::Octet }),
            Err(why) => left_out.push(LeftOut { index, why }),
        }
    }
    left_out
}

fn line(cookie: &Record, session: SessionExpiry, out: &mut Vec<u8>) {
    let truth = |is: bool| if is { &b"TRUE\t"[..] } else { b"FALSE\t" };
    if cookie.http_only {
        out.extend_from_slice(b"#HttpOnly_");
    }
    // Python asserts that the dot and the flag say the same.
    if !cookie.host_only {
        out.push(b'.');
    }
    out.extend_from_slice(cookie.domain.as_bytes());
    out.push(b'\t');
    out.extend_from_slice(truth(!cookie.host_only));
    out.extend_from_slice(&cookie.path);
    out.push(b'\t');
    out.extend_from_slice(truth(cookie.secure));
    match cookie.expires {
        // 0 would read as the session: a second later has passed as well.
        Some(Timestamp(0)) => out.push(b'1'),
        Some(Timestamp(seconds)) => out.extend_from_slice(format!("{seconds}").as_bytes()),
        None if session == SessionExpiry::Zero => out.push(b'0'),
        None => {}
    }
    out.push(b'\t');
    out.extend_from_slice(&cookie.name);
    out.push(b'\t');
    out.extend_from_slice(&cookie.value);
    out.push(b'\n');
}
