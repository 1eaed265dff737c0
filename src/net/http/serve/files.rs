//! A folder as a site: conditional requests, ranges, media types, an index.

use super::conditional::{ETag, Outcome, Preconditions, Validators};
use super::path::{Refused, resolve};
use super::range::{Ranges, asked};
use super::{Answer, App, Begin, Request};
use crate::cookie::Timestamp;
use crate::net::Bulk;
use std::borrow::ToOwned;
use std::format;
use std::fs::{self, File, Metadata};
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::string::{String, ToString};
use std::sync::Arc;
use std::time::SystemTime;
use std::vec::Vec;

/// The methods that files have.
const ALLOW: &str = "GET, HEAD, OPTIONS";

/// An [`App`] that serves the files below a folder, and nothing beside them.
///
/// `GET` and `HEAD`, with `ETag` and `Last-Modified`, all conditions of RFC 9110 13, ranges one and many (RFC 9110 14),
/// media types by the file's name, `index.html` for a folder, or a list of what is in it. Hidden files are not found.
#[derive(Clone, Debug)]
pub struct Files {
    root: PathBuf,
    links: bool,
    list: bool,
}

impl Files {
    /// The files below `root`. Symbolic links lead nowhere outside of it, and folders without `index.html` are listed.
    pub fn below(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into(), links: false, list: true }
    }

    /// Follows symbolic links wherever they lead.
    #[must_use]
    pub fn follow_links(mut self, follow: bool) -> Self {
        self.links = follow;
        self
    }

    /// Whether a folder without `index.html` is listed, or not found.
    #[must_use]
    pub fn list_folders(mut self, list: bool) -> Self {
        self.list = list;
        self
    }

    /// The answer to a request.
    pub fn answer(&self, request: &Request) -> Answer {
        match request.method() {
            "GET" | "HEAD" => {}
            "OPTIONS" => return Answer::new(204).with("Allow", ALLOW),
            "POST" | "PUT" | "DELETE" | "PATCH" | "TRACE" | "CONNECT" => {
                return Answer::status(405).with("Allow", ALLOW);
            }
            _ => return Answer::status(501),
        }
        let path = request.path();
        match resolve(&self.root, path, self.links) {
            Ok(found) => self.found(request, path, &found).unwrap_or_else(|error| failed(&error)),
            Err(Refused::NotFound) => Answer::status(404),
            Err(Refused::Malformed) => Answer::status(400),
            Err(Refused::Failed(error)) => failed(&error),
        }
    }

    fn found(&self, request: &Request, path: &str, found: &Path) -> io::Result<Answer> {
        let about = fs::metadata(found)?;
        if !about.is_dir() {
            if path.ends_with('/') || !about.is_file() {
                return Ok(Answer::status(404));
            }
            return file(request, found);
        }
        if !path.ends_with('/') {
            // A path that begins with two slashes would be another host's as a reference (RFC 3986 4.2).
            let query = request.query().map_or_else(String::new, |query| format!("?{query}"));
            return Ok(Answer::redirect(301, &format!("/{}/{query}", path.trim_start_matches('/'))));
        }
        let index = found.join("index.html");
        match fs::metadata(&index) {
            Ok(about) if about.is_file() => match resolve(&self.root, &format!("{path}index.html"), self.links) {
                Ok(index) => file(request, &index),
                Err(_) => Ok(Answer::status(404)),
            },
            _ if self.list => listing(path, found),
            _ => Ok(Answer::status(404)),
        }
    }
}

impl App for Files {
    fn begin(&self, request: &Request) -> Begin {
        Begin::Answer(self.answer(request))
    }
}

fn failed(error: &io::Error) -> Answer {
    Answer::status(match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied => 404,
        _ => 500,
    })
}

fn file(request: &Request, path: &Path) -> io::Result<Answer> {
    // What is said of it is read from the open file: under its name there may be another by then.
    let opened = File::open(path)?;
    let about = opened.metadata()?;
    if !about.is_file() {
        return Ok(Answer::status(404));
    }
    let (len, validators) = (about.len(), validators(&about));
    let content_type = content_type(path);
    let fields = ["if-match", "if-none-match"].map(|name| request.joined(name));
    let asks = Preconditions {
        if_match: fields[0].as_deref(),
        if_none_match: fields[1].as_deref(),
        if_modified_since: request.field("if-modified-since"),
        if_unmodified_since: request.field("if-unmodified-since"),
        if_range: request.field("if-range"),
    };
    let described = |answer: Answer| {
        let answer = answer.with("Accept-Ranges", "bytes");
        let answer = match &validators.etag {
            Some(tag) => answer.with("ETag", tag.to_string()),
            None => answer,
        };
        match validators.modified {
            Some(date) => answer.with("Last-Modified", date.to_string()),
            None => answer,
        }
    };
    match asks.outcome(request.method(), &validators) {
        Outcome::NotModified => return Ok(described(Answer::new(304))),
        Outcome::Failed => return Ok(described(Answer::status(412))),
        Outcome::Proceed => {}
    }
    // RFC 9110 14.2: ranges are for GET.
    let ranges = match request.field("range") {
        Some(value) if request.method() == "GET" && asks.range_counts(&validators) => asked(value, len),
        _ => Ranges::All,
    };
    Ok(match ranges {
        Ranges::All => {
            described(Answer::new(200)).with("Content-Type", content_type).bulk([Bulk::file(opened, 0, len)])
        }
        Ranges::Unsatisfiable => described(Answer::status(416)).with("Content-Range", format!("bytes */{len}")),
        Ranges::Some(ranges) => match &ranges[..] {
            [one] => described(Answer::new(206))
                .with("Content-Type", content_type)
                .with("Content-Range", content_range(one, len))
                .bulk([Bulk::file(opened, one.start, one.end - one.start)]),
            many => {
                let boundary = boundary(&validators, len);
                described(Answer::new(206))
                    .with("Content-Type", format!("multipart/byteranges; boundary={boundary}"))
                    .bulk(multipart(&Arc::new(opened), many, len, &content_type, &boundary))
            }
        },
    })
}

/// The tag is the time of the last change in nanoseconds and the length: a change that keeps both is not seen.
fn validators(about: &Metadata) -> Validators {
    let since = about.modified().ok().and_then(|time| time.duration_since(SystemTime::UNIX_EPOCH).ok());
    Validators {
        etag: since.and_then(|since| ETag::strong(&format!("{:x}-{:x}", since.as_nanos(), about.len()))),
        modified: since.and_then(|since| i64::try_from(since.as_secs()).ok()).map(Timestamp),
    }
}

fn content_type(path: &Path) -> String {
    let guessed = mime_guess::from_path(path).first_or_octet_stream();
    let text = guessed.type_() == "text" || matches!(guessed.subtype().as_str(), "javascript" | "json");
    if text && guessed.get_param("charset").is_none() {
        return format!("{guessed}; charset=utf-8");
    }
    guessed.to_string()
}

fn content_range(range: &Range<u64>, len: u64) -> String {
    format!("bytes {}-{}/{len}", range.start, range.end - 1)
}

/// A boundary that a file can't know: it would have to hold the time at which it was written.
fn boundary(validators: &Validators, len: u64) -> String {
    let tag = validators.etag.as_ref().map_or_else(|| format!("{len:x}"), ToString::to_string);
    format!("plainwire-{}", tag.trim_matches('"'))
}

/// The parts of RFC 9110 14.6.
fn multipart(file: &Arc<File>, ranges: &[Range<u64>], len: u64, content_type: &str, boundary: &str) -> Vec<Bulk> {
    let mut parts = Vec::with_capacity(2 * ranges.len() + 1);
    for range in ranges {
        let range_of = content_range(range, len);
        let head = format!("\r\n--{boundary}\r\nContent-Type: {content_type}\r\nContent-Range: {range_of}\r\n\r\n");
        parts.push(Bulk::bytes(head.into()));
        parts.push(Bulk::file(Arc::clone(file), range.start, range.end - range.start));
    }
    parts.push(Bulk::bytes(format!("\r\n--{boundary}--\r\n").into()));
    parts
}

/// What is in a folder, as a page; hidden files are not in it.
fn listing(path: &str, folder: &Path) -> io::Result<Answer> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let is_dir = entry.file_type()?.is_dir();
        let name = entry.file_name();
        if let Some(name) = name.to_str().filter(|name| !name.starts_with('.')) {
            names.push((!is_dir, name.to_owned() + if is_dir { "/" } else { "" }));
        }
    }
    names.sort();
    let title = escaped(&String::from_utf8_lossy(&super::super::disposition::percent_decode(path)));
    let mut page = format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title></head>\n\
         <body><h1>{title}</h1>\n<ul>\n"
    );
    if path != "/" {
        page += "<li><a href=\"../\">../</a></li>\n";
    }
    for (_, name) in names {
        page += &format!("<li><a href=\"./{}\">{}</a></li>\n", reference(&name), escaped(&name));
    }
    page += "</ul></body></html>\n";
    Ok(Answer::new(200).with("Content-Type", "text/html; charset=utf-8").body(page))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// A name as a relative reference: everything but unreserved characters and the final slash percent-encoded.
fn reference(name: &str) -> String {
    let mut out = String::new();
    for octet in name.bytes() {
        if octet.is_ascii_alphanumeric() || b"-._~/".contains(&octet) {
            out.push(char::from(octet));
        } else {
            out += &format!("%{octet:02X}");
        }
    }
    out
}
