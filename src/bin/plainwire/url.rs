//! `plainwire url`: takes URLs apart.

mod views;

use crate::failure::{Failure, Outcome, exit_codes};
use plainwire::url::reference::Reference;
use plainwire::url::{Options, Url, python};
use serde_json::{Map, Value, json};
use std::ffi::OsString;
use std::io::{self, BufRead, Write};
use std::process::ExitCode;

/// Take URLs apart, as browsers do (WHATWG) unless said otherwise
#[derive(clap::Args)]
#[command(after_long_help = exit_codes! {
    0 "all URLs were taken apart"
    1 "one of them was not, or reading or writing failed"
    2 "the command line or the base is wrong"
})]
pub(crate) struct Args {
    /// Print one JSON object per URL: its parts by the standard's names, null where absent, or error and offset
    #[arg(long)]
    json: bool,
    /// Take them apart as Python's urllib.parse does
    #[arg(long, conflicts_with = "rfc3986")]
    python: bool,
    /// Take them apart as RFC 3986 does, and refuse what it does not allow
    #[arg(long)]
    rfc3986: bool,
    /// Resolve each URL against this one
    #[arg(long, value_name = "BASE")]
    base: Option<String>,
    /// URLs, or `-` for one per line from standard input
    #[arg(required = true, value_name = "URL")]
    urls: Vec<OsString>,
}

/// The parts of one URL by name, in their order; absent ones are null.
type Parts = Vec<(&'static str, Value)>;

/// Why a URL has no parts.
struct Refusal {
    error: String,
    /// In the URL as given, in bytes.
    offset: usize,
}

pub(crate) fn run(args: Args) -> Outcome {
    let base = args.base.as_deref();
    let no_base = |error: &dyn std::fmt::Display| Failure::new(2, format_args!("the base is no URL: {error}"));
    if args.python {
        base.map(python::split).transpose().map_err(|error| no_base(&error))?;
        return all(&args, |input| views::python(input, base));
    }
    if args.rfc3986 {
        let base = base.map(Reference::parse).transpose().map_err(|error| no_base(&error))?;
        if base.is_some_and(|base| !base.is_uri()) {
            return Err(no_base(&"it has no scheme"));
        }
        return all(&args, |input| views::rfc3986(input, base.as_ref()));
    }
    let base = base.map(Url::parse).transpose().map_err(|error| no_base(&error))?;
    all(&args, |input| whatwg(input, base.as_ref()))
}

/// Takes every URL of the command line apart, and of standard input where that is among them.
fn all(args: &Args, take_apart: impl Fn(&str) -> Result<Parts, Refusal>) -> Outcome {
    let mut out = io::BufWriter::new(io::stdout().lock());
    let mut printer = Printer { json: args.json, out: &mut out, count: 0, refused: false };
    for url in &args.urls {
        if url == "-" {
            let mut input = io::stdin().lock();
            let mut line = Vec::new();
            while input.read_until(b'\n', &mut line)? > 0 {
                let end = line.strip_suffix(b"\n").unwrap_or(&line);
                let end = end.strip_suffix(b"\r").unwrap_or(end);
                printer.print(text(end).and_then(&take_apart))?;
                line.clear();
            }
        } else {
            printer.print(text(url.as_encoded_bytes()).and_then(&take_apart))?;
        }
    }
    let refused = printer.refused;
    out.flush()?;
    Ok(ExitCode::from(u8::from(refused)))
}

fn text(octets: &[u8]) -> Result<&str, Refusal> {
    str::from_utf8(octets)
        .map_err(|error| Refusal { error: "the input is not UTF-8".into(), offset: error.valid_up_to() })
}

/// The URL Standard's view: the getters of its `URL`.
fn whatwg(input: &str, base: Option<&Url>) -> Result<Parts, Refusal> {
    let options = base.map_or(Options::new(), |base| Options::new().base(base));
    let url = options.parse(input).map_err(|error| Refusal { error: error.kind.to_string(), offset: error.offset })?;
    let when = |present: bool, value: &str| if present { Value::from(value) } else { Value::Null };
    let has_password = !url.password().is_empty();
    Ok(vec![
        ("href", url.href().into()),
        ("protocol", url.protocol().into()),
        ("username", when(url.includes_credentials(), url.username())),
        ("password", when(has_password, url.password())),
        ("host", when(url.has_authority(), url.host_and_port())),
        ("hostname", when(url.has_authority(), url.hostname())),
        ("port", when(url.port().is_some(), url.port_str())),
        ("pathname", url.pathname().into()),
        ("search", when(url.query().is_some(), url.search())),
        ("hash", when(url.fragment().is_some(), url.hash())),
        ("origin", url.origin().to_string().into()),
    ])
}

/// Prints what became of each URL.
struct Printer<'o, W: Write> {
    json: bool,
    out: &'o mut W,
    count: usize,
    refused: bool,
}

impl<W: Write> Printer<'_, W> {
    fn print(&mut self, outcome: Result<Parts, Refusal>) -> io::Result<()> {
        self.count += 1;
        match outcome {
            Ok(parts) if self.json => {
                let object: Map<String, Value> =
                    parts.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
                writeln!(self.out, "{}", Value::Object(object))
            }
            Ok(parts) => {
                if self.count > 1 {
                    writeln!(self.out)?;
                }
                for (name, value) in parts {
                    match value {
                        Value::Null => {}
                        Value::String(text) => writeln!(self.out, "{name:<9} {text}")?,
                        other => writeln!(self.out, "{name:<9} {other}")?,
                    }
                }
                Ok(())
            }
            Err(Refusal { error, offset }) => {
                self.refused = true;
                if self.json {
                    return writeln!(self.out, "{}", json!({ "error": error, "offset": offset }));
                }
                self.out.flush()?;
                eprintln!("plainwire: URL {}: {error} at offset {offset}", self.count);
                Ok(())
            }
        }
    }
}
