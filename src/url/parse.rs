//! From a plan to a URL: each piece is encoded and written once.

use super::error::{Fail, ParseError, ParseErrorKind};
use super::host::{self, Form};
use super::options::Options;
use super::plan::{Authority, Cleaned, Parts, Path, Plan, Query};
use super::scheme::Kind;
use super::{Url, path};
use crate::syntax::percent::{self, CONTROLS, FRAGMENT, QUERY, SPECIAL_QUERY, USERINFO};
use alloc::borrow::Cow;
use alloc::string::String;
use core::fmt::Write as _;

/// The general parser, for every input.
pub(super) fn parse(input: &str, options: &Options<'_>) -> Result<Url, ParseError> {
    if input.len() > options.max_length {
        return Err(ParseError { kind: ParseErrorKind::TooLong, offset: options.max_length });
    }
    let cleaned = Cleaned::new(input);
    let build = || {
        let plan = Plan::of(&cleaned.text, options)?;
        write(&plan, &cleaned.text, options)
    };
    build().map_err(|fail: Fail| ParseError { kind: fail.kind, offset: cleaned.offset(fail.at) })
}

/// The general parser without its output.
pub(super) fn can_parse(input: &str, options: &Options<'_>) -> bool {
    let cleaned = Cleaned::new(input);
    let Ok(plan) = Plan::of(&cleaned.text, options) else { return false };
    match plan.authority {
        Authority::Null | Authority::Empty | Authority::Base => true,
        Authority::FileHost(host) => host::parse(host, true, &mut String::new()).is_ok(),
        Authority::Text(authority) => Parts::of(authority, plan.kind).is_ok_and(|parts| {
            let host =
                parts.host.is_empty() || host::parse(parts.host, plan.kind.is_special(), &mut String::new()).is_ok();
            host && parts.port().is_ok()
        }),
    }
}

/// Where a piece of the text begins in it.
fn position(text: &str, piece: &str) -> usize {
    (piece.as_ptr() as usize).wrapping_sub(text.as_ptr() as usize).min(text.len())
}

fn write(plan: &Plan<'_>, text: &str, options: &Options<'_>) -> Result<Url, Fail> {
    let kind = plan.kind;
    let base = options.base;
    let borrowed = base.filter(|_| plan.scheme.is_none() || matches!(plan.authority, Authority::Base));
    let mut url = Url::blank(kind, String::with_capacity(text.len() + 4 + borrowed.map_or(0, |base| base.href.len())));
    let out = &mut url.href;
    match (plan.scheme, base) {
        (Some(scheme), _) => {
            out.push_str(scheme);
            out.make_ascii_lowercase();
        }
        (None, Some(base)) => out.push_str(base.scheme()),
        (None, None) => return Err(Fail::new(ParseErrorKind::MissingScheme, 0)),
    }
    url.scheme_end = out.len() as u32;
    out.push(':');
    match plan.authority {
        Authority::Null => url.mark_null_host(),
        Authority::Empty => {
            out.push_str("//");
            url.mark_empty_host();
        }
        Authority::Base => {
            if let Some(base) = base {
                url.copy_authority(base);
            }
        }
        Authority::FileHost(host) => {
            out.push_str("//");
            url.mark_empty_host();
            let form = host::parse(host, true, &mut url.href).map_err(|fail| fail.behind(position(text, host)))?;
            url.end_file_host(form);
        }
        Authority::Text(authority) => {
            let start = position(text, authority);
            write_authority(&mut url, authority).map_err(|fail| fail.behind(start))?;
        }
    }
    write_path(&mut url, plan, base);
    let (query, inherited) = match plan.query {
        Query::Given(query) => (query, false),
        Query::Base => (base.and_then(Url::query), true),
    };
    if let Some(query) = query {
        url.query_start = url.href.len() as u32;
        url.href.push('?');
        if inherited {
            url.href.push_str(query);
        } else {
            encode_query(query, kind, options, &mut url.href);
        }
    }
    if let Some(fragment) = plan.fragment {
        url.fragment_start = url.href.len() as u32;
        url.href.push('#');
        percent::encode_onto(fragment.as_bytes(), &FRAGMENT, &mut url.href);
    }
    if url.href.len() > options.max_length {
        // Offsets have wrapped if it is that long; the URL is not given out.
        return Err(Fail::new(ParseErrorKind::TooLong, text.len()));
    }
    Ok(url)
}

/// Authority state, host state and port state.
fn write_authority(url: &mut Url, authority: &str) -> Result<(), Fail> {
    let kind = url.kind;
    let parts = Parts::of(authority, kind)?;
    let out = &mut url.href;
    out.push_str("//");
    url.username_end = out.len() as u32;
    if let Some(credentials) = parts.credentials {
        let (username, password) = credentials.split_once(':').unwrap_or((credentials, ""));
        percent::encode_onto(username.as_bytes(), &USERINFO, out);
        url.username_end = out.len() as u32;
        if !password.is_empty() {
            out.push(':');
            percent::encode_onto(password.as_bytes(), &USERINFO, out);
        }
        if !credentials.is_empty() && credentials != ":" {
            out.push('@');
        }
    }
    url.host_start = out.len() as u32;
    url.form = match parts.host {
        "" => Form::Empty,
        host => host::parse(host, kind.is_special(), out).map_err(|fail| fail.behind(parts.host_at))?,
    };
    url.host_end = out.len() as u32;
    if let Some(port) = parts.port()?.filter(|port| kind.default_port() != Some(*port)) {
        // Writing to a String can't fail.
        let _infallible = write!(out, ":{port}");
    }
    url.path_start = out.len() as u32;
    Ok(())
}

fn write_path(url: &mut Url, plan: &Plan<'_>, base: Option<&Url>) {
    let start = url.path_start as usize;
    match plan.path {
        Path::Empty => {}
        Path::Base => url.href.push_str(base.map_or("", Url::pathname)),
        Path::Opaque(text) => {
            // A space before `?` or `#` would be lost when they are taken away (opaque path state).
            let followed = matches!(plan.query, Query::Given(Some(_))) || plan.fragment.is_some();
            let kept = text.strip_suffix(' ').filter(|_| followed);
            percent::encode_onto(kept.unwrap_or(text).as_bytes(), &CONTROLS, &mut url.href);
            if kept.is_some() {
                url.href.push_str("%20");
            }
            return;
        }
        Path::List(text) => path::append(&mut url.href, start, text, url.kind),
        Path::BaseDirectory(text) => {
            url.href.push_str(base.map_or("", Url::pathname));
            path::shorten(&mut url.href, start, url.kind);
            path::append(&mut url.href, start, text, url.kind);
        }
        Path::BaseDrive(text) => {
            url.href.push_str(base.and_then(|base| path::leading_drive(base.pathname())).unwrap_or(""));
            path::append(&mut url.href, start, text, url.kind);
        }
    }
    url.guard_path();
}

/// Query state.
pub(super) fn encode_query(query: &str, kind: Kind, options: &Options<'_>, out: &mut String) {
    let set = if kind.is_special() { &SPECIAL_QUERY } else { &QUERY };
    let legacy = options.query_encoding.filter(|_| kind.is_special() && !matches!(kind, Kind::Ws | Kind::Wss));
    let octets = legacy.map_or(Cow::Borrowed(query.as_bytes()), |encode| Cow::Owned(encode(query)));
    percent::encode_onto(&octets, set, out);
}
