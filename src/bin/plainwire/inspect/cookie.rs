//! `plainwire inspect cookie`: a cookie store, driven by JSON lines.
//!
//! Each line in is answered by one line out:
//!
//! - `{"set":[VALUE…],"url":URL,"now":SECONDS}` receives `Set-Cookie` field values: `{"stored":[NAME…],"ignored":
//!   [{"value":VALUE,"reason":WHY}]}`. A cookie that had expired when it came was taken like any other, and is named.
//! - `{"get":URL,"now":SECONDS}` asks for the `Cookie` field value: `{"cookie":VALUE}`, null where none is sent.
//! - `{"end_session":true}` ends the session: `{}`.
//!
//! The first two take `"same_site":bool` (true), `"method"` (GET), `"navigation":bool` (true), `"http_api":bool` (true;
//! false is a script) and `"top_level_site"` (`https://example.org`, or `example.org`). Code points 0 to 255 of field
//! values are octets, in both directions.

use crate::failure::{Failure, Outcome, exit_codes};
use plainwire::cookie::{Jar, Limits, Place, PlaceError, PublicSuffixes, Request, SetCookie, Site, Timestamp};
use plainwire::url::Url;
use serde::Deserialize;
use serde_json::{Value, json};
use std::io::{self, BufRead, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// A cookie store: one JSON object per line in (`set`, `get` or `end_session`), one out
#[derive(clap::Args)]
#[command(after_long_help = exit_codes! {
    0 "every line was answered"
    1 "reading or writing failed"
    2 "a line, or the command line, is wrong"
})]
pub(crate) struct Args {
    /// Print JSON, which is all that is ever printed here
    #[arg(long)]
    json: bool,
    /// These domains are public suffixes; without any, nothing is one
    #[arg(long, value_name = "NAME", num_args = 0.., value_delimiter = ',')]
    public_suffix: Vec<String>,
    /// Keep at most N cookies of one domain
    #[arg(long, value_name = "N")]
    max_per_domain: Option<usize>,
    /// The file with the lines; standard input where none is given, or where it is `-`. Behind `--public-suffix` it
    /// comes after `--`
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
}

/// One line in. Which of the first three is there says what it is.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    set: Option<Vec<String>>,
    get: Option<String>,
    end_session: Option<bool>,
    url: Option<String>,
    now: Option<f64>,
    same_site: Option<bool>,
    method: Option<String>,
    navigation: Option<bool>,
    http_api: Option<bool>,
    top_level_site: Option<String>,
}

pub(crate) fn run(args: &Args) -> Outcome {
    let mut limits = Limits::default();
    if let Some(most) = args.max_per_domain {
        limits = limits.per_domain(most);
    }
    let suffixes = PublicSuffixes::names(&args.public_suffix);
    let mut jar = Jar::new().limits(limits).public_suffixes(suffixes.clone());
    let mut input: Box<dyn BufRead> = match &args.file {
        Some(path) if path.as_path() != Path::new("-") => {
            let text = std::fs::read(path).map_err(|error| Failure::at(1, path, error))?;
            Box::new(io::Cursor::new(text))
        }
        _ => Box::new(io::stdin().lock()),
    };
    let mut out = io::stdout().lock();
    let mut line = Vec::new();
    for number in 1.. {
        line.clear();
        if input.read_until(b'\n', &mut line)? == 0 {
            break;
        }
        if line.trim_ascii().is_empty() {
            continue;
        }
        let answer = serde_json::from_slice::<Step>(&line)
            .map_err(|error| error.to_string())
            .and_then(|step| take(&mut jar, &suffixes, &step))
            .map_err(|why| Failure::new(2, format_args!("line {number}: {why}")))?;
        // Each answer goes out before the next line is read: whoever writes the lines may wait for it.
        writeln!(out, "{answer}")?;
        out.flush()?;
    }
    Ok(ExitCode::SUCCESS)
}

fn take(jar: &mut Jar, suffixes: &PublicSuffixes, step: &Step) -> Result<Value, String> {
    match (&step.set, &step.get, step.end_session) {
        (Some(values), None, None) => {
            let url = step.url.as_deref().ok_or("set without url")?;
            with_request(step, url, suffixes, |request, now| {
                let (mut stored, mut ignored) = (Vec::new(), Vec::new());
                for value in values {
                    let field = octets(value).ok_or("a code point over 255 in a field value")?;
                    let taken = match request {
                        Ok(request) => jar.receive(&field, request, now).map_err(|refusal| refusal.to_string()),
                        Err(no_place) => Err(no_place.to_string()),
                    };
                    match taken {
                        Ok(_) => {
                            let name = SetCookie::parse(&field).map(|cookie| cookie.name).unwrap_or_default();
                            stored.push(text(name));
                        }
                        Err(reason) => ignored.push(json!({ "value": value, "reason": reason })),
                    }
                }
                Ok(json!({ "stored": stored, "ignored": ignored }))
            })
        }
        (None, Some(url), None) => with_request(step, url, suffixes, |request, now| {
            let string = request.ok().and_then(|request| jar.cookie_string(request, now));
            Ok(json!({ "cookie": string.map(|octets| text(&octets)) }))
        }),
        (None, None, Some(ends)) => {
            if ends {
                jar.end_session();
            }
            Ok(json!({}))
        }
        _ => Err("a line has one of set, get and end_session".into()),
    }
}

/// Builds the request that a step describes; a URL without a host (`data:`) has no place that cookies know.
fn with_request<T>(
    step: &Step,
    url: &str,
    suffixes: &PublicSuffixes,
    run: impl FnOnce(Result<&Request<'_>, PlaceError>, Timestamp) -> Result<T, String>,
) -> Result<T, String> {
    let url = Url::parse(url).map_err(|error| format!("{url:?} is no URL: {error}"))?;
    let now = Timestamp(step.now.ok_or("no now")?.floor() as i64);
    let place = match Place::try_from(&url) {
        Ok(place) => place,
        Err(error) => return run(Err(error), now),
    };
    let mut request = Request::to(place).method(step.method.as_deref().unwrap_or("GET"));
    if step.same_site == Some(false) {
        request = request.cross_site();
    }
    if step.navigation == Some(false) {
        request = request.subresource();
    }
    if step.http_api == Some(false) {
        request = request.script();
    }
    let top_level = step.top_level_site.as_deref().map(top_level_url).transpose()?;
    if let Some(top_level) = &top_level {
        let place = Place::try_from(top_level).map_err(|error| format!("{top_level}: {error}"))?;
        request = request.top_level_site(Site::of(&place, suffixes));
    }
    run(Ok(&request), now)
}

/// A site is written as a URL, or as its host alone.
fn top_level_url(site: &str) -> Result<Url, String> {
    let parsed = if site.contains("://") { Url::parse(site) } else { Url::parse(&format!("https://{site}")) };
    parsed.map_err(|error| format!("{site:?} is no site: {error}"))
}

fn octets(value: &str) -> Option<Vec<u8>> {
    value.chars().map(|char| u8::try_from(u32::from(char)).ok()).collect()
}

fn text(octets: &[u8]) -> String {
    octets.iter().map(|&octet| char::from(octet)).collect()
}
