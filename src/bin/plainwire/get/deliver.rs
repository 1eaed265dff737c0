//! Where the answer goes.

use super::{Args, failure};
use crate::failure::Failure;
use indicatif::{ProgressBar, ProgressStyle};
use plainwire::net::http::disposition::{file_name, name_of_path};
use plainwire::net::http::{Error, Response};
use plainwire::net::replace::Replacement;
use std::io::{self, IsTerminal as _, Write};
use std::path::{Path, PathBuf};

/// Shows or saves an answer. An error says whether trying again may help.
pub(super) fn deliver(args: &Args, mut answer: Response) -> Result<(), (bool, Failure)> {
    if args.verbose {
        // What would move a terminal's cursor is spelled out.
        let plain = |text: String| -> String {
            let kept = |letter: char| !letter.is_control() || matches!(letter, '\r' | '\n' | '\t');
            text.chars()
                .map(|letter| if kept(letter) { letter.to_string() } else { letter.escape_default().to_string() })
                .collect()
        };
        eprint!("{}", plain(head(&answer, "< ")));
    }
    let target = match (&args.output, args.remote_name) {
        (Some(path), _) if path != Path::new("-") => Some(path.clone()),
        (None, true) => {
            let proposed = answer.field("content-disposition").and_then(file_name).filter(|_| args.remote_header_name);
            // As in curl: a name that the server chose replaces nothing.
            if let Some(name) = proposed.as_ref().filter(|name| Path::new(name).symlink_metadata().is_ok()) {
                return Err((false, Failure::new(23, format!("{name} is there already; -o says where to write"))));
            }
            // Nor is it the server's choice by a redirect: the name is of the URL that was asked for.
            let asked = answer.history().first().map_or(answer.url(), |(_, url)| url);
            let name = proposed.or_else(|| name_of_path(asked.pathname()));
            Some(PathBuf::from(name.ok_or((false, Failure::new(23, "the URL names no file")))?))
        }
        _ => None,
    };
    let shown = if args.include || args.head { head(&answer, "") } else { String::new() };
    let Some(path) = target else {
        let mut out = io::stdout().lock();
        let written = match out.write_all(shown.as_bytes()) {
            Ok(()) => answer.copy_to(&mut out).map(|_| ()),
            Err(source) => Err(unwritten("standard output", source)),
        };
        let flushed = out.flush().map_err(|source| unwritten("standard output", source));
        return match written.and(flushed) {
            // A reader that went away (`| head`) wants nothing more.
            Err(Error::File { source, .. }) if source.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            // What was shown can't be taken back: no other try.
            outcome => outcome.map_err(|error| (false, failure(&error))),
        };
    };
    let bar = bar(args, answer.length());
    let saved = save(&path, &shown, &mut answer, &bar);
    bar.finish_and_clear();
    saved.map_err(|error| (error.is_transient(), failure(&error)))
}

fn unwritten(path: impl std::fmt::Display, source: io::Error) -> Error {
    Error::File { path: path.to_string(), source }
}

/// Nothing half-written gets the final name.
fn save(path: &Path, shown: &str, answer: &mut Response, bar: &ProgressBar) -> Result<(), Error> {
    let failed = |source| unwritten(path.display(), source);
    let mut file = Replacement::begin(path).map_err(failed)?;
    file.write_all(shown.as_bytes()).map_err(failed)?;
    answer.copy_to(&mut Counting { file: &mut file, bar })?;
    // As curl: what can be fetched again need not be waited for.
    file.commit_unsynced().map_err(failed)
}

struct Counting<'f> {
    file: &'f mut Replacement,
    bar: &'f ProgressBar,
}

impl Write for Counting<'_> {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        let len = self.file.write(octets)?;
        self.bar.inc(len as u64);
        Ok(len)
    }
    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

fn bar(args: &Args, length: Option<u64>) -> ProgressBar {
    if args.silent || !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = length.map_or_else(ProgressBar::new_spinner, ProgressBar::new);
    match ProgressStyle::with_template("{bar:40} {bytes:>10}/{total_bytes:10} {bytes_per_sec:>12} {eta:>5}") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

/// A head as it came, a line at a time behind `mark`.
fn head(answer: &Response, mark: &str) -> String {
    let head = answer.head();
    let mut text = format!("{mark}HTTP/1.{} {} {}\r\n", head.version().minor(), answer.status(), answer.reason());
    for field in head.fields() {
        text += &format!("{mark}{}: {}\r\n", field.name, String::from_utf8_lossy(field.value.as_ref()));
    }
    text + mark + "\r\n"
}
