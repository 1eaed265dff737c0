//! `-b` and `-c`: cookies from files and into one.

use super::Args;
use crate::failure::Failure;
use plainwire::cookie::file::netscape;
use plainwire::cookie::{Jar, PublicSuffixes, Timestamp};
use plainwire::net::cookie_file;
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

/// The cookies to begin with, if cookies are wanted at all.
pub(super) fn jar(args: &Args) -> Result<Option<Arc<Mutex<Jar>>>, Failure> {
    if args.cookie.is_empty() && args.cookie_jar.is_none() {
        return Ok(None);
    }
    let mut jar = Jar::new().public_suffixes(PublicSuffixes::compiled());
    for path in args.cookie.iter().filter(|given| !given.contains('=')) {
        match cookie_file::load(path) {
            Ok(loaded) => {
                for fault in &loaded.faults {
                    eprintln!("plainwire: {path}: {fault}");
                }
                for record in &loaded.records {
                    // What has expired or is refused now would have been then.
                    let _refused = jar.restore(record, now());
                }
            }
            // As in curl: a file that is not there begins with no cookies.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(Failure::new(26, format!("{path}: {error}"))),
        }
    }
    Ok(Some(Arc::new(Mutex::new(jar))))
}

pub(super) fn save(path: &Path, jar: &Jar) -> Result<(), Failure> {
    let mut out = Vec::new();
    netscape::write(&jar.records(true), netscape::SessionExpiry::Zero, &mut out);
    if path == Path::new("-") {
        return Ok(io::stdout().lock().write_all(&out)?);
    }
    cookie_file::save(path, &out).map_err(|error| Failure::at(23, path, error))
}

fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
}
