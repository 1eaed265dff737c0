//! `plainwire download`: a file in segments, resumed after a break, checked at the end.

use crate::failure::{Failure, Outcome, exit_codes};
use crate::get::Letters;
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use plainwire::net::http::disposition::{file_name, name_of_path};
use plainwire::net::http::download::{Download, Progress};
use plainwire::net::http::{Opener, Request};
use std::io::{IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Mutex;

/// Fetch a file in segments, and go on where an earlier run was cut short
#[derive(clap::Args)]
#[command(after_long_help = exit_codes! {
    0 "the file is there, whole"
    2 "the command line is wrong"
    3 "not a URL, or a field that a download says itself"
    6 "no such host"
    7 "nobody is there"
    18 "the file changed, or ended early"
    22 "the server refused"
    23 "the file can't be written"
    26 "a file of fields, or a password, can't be read"
    28 "too slow"
    35 "TLS failed"
    36 "the checksum is another"
    52 "no answer"
    56 "the connection broke, or the proxy refuses"
    60 "the server's certificate is not trusted"
})]
pub(crate) struct Args {
    /// Where it is
    url: String,
    /// In how many segments, each over its own connection
    #[arg(short = 'n', long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=32))]
    segments: u32,
    /// The file to write; by default the name that the server proposes, or the last part of the URL
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// The checksum that the file has to have: sha256:HEX or sha512:HEX
    #[arg(long, value_name = "CHECKSUM")]
    checksum: Option<String>,
    /// How often each segment is tried
    #[arg(long, value_name = "N", default_value_t = 5)]
    retry: u32,
    /// Say nothing but errors
    #[arg(short, long)]
    silent: bool,
    /// Print progress and outcome as JSON, one object a line
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    letters: Letters,
}

pub(crate) fn run(args: &Args) -> Outcome {
    let failed = |error: plainwire::net::http::Error| Failure::new(error.exit_code(), error);
    let opener = args.letters.opener()?;
    let credentials = args.letters.credentials()?;
    let url = crate::get::with_scheme(&args.url);
    let ask = |method: &str| -> Result<Request, Failure> {
        // Without a body there is nothing to go in chunks.
        let (request, _) = args.letters.fields(Request::new(method, &url).map_err(failed)?)?;
        Ok(match &credentials {
            Some(credentials) => request.credentials(credentials.clone()),
            None => request,
        })
    };
    let output = match &args.output {
        Some(path) => path.clone(),
        None => {
            let (name, asked) = name(&opener, ask("HEAD")?).map_err(failed)?;
            let path = PathBuf::from(name);
            // A name that the server chose must not choose which of our files is replaced.
            if !asked && path.symlink_metadata().is_ok() {
                let there = format!("{} is there already; -o says where to write", path.display());
                return Err(Failure::new(23, there));
            }
            path
        }
    };
    let mut download = Download::of(ask("GET")?, &output).segments(args.segments as usize);
    download = download.tries(args.retry, std::time::Duration::from_millis(500));
    if let Some(checksum) = &args.checksum {
        download = download.checksum(checksum).map_err(|error| Failure::new(2, error))?;
    }
    let bars = Bars::new(!args.silent && !args.json && std::io::stderr().is_terminal());
    let outcome = download.run(&opener, &|progress| {
        if args.json {
            let line = serde_json::json!({
                "length": progress.length, "done": progress.done, "resumed": progress.resumed,
                "rate": progress.rate(), "left": progress.left().map(|left| left.as_secs()),
            });
            // A reader that went away does not stop a download.
            let _unread = writeln!(std::io::stdout().lock(), "{line}");
        }
        bars.show(progress);
    });
    bars.clear();
    let done = outcome.map_err(failed)?;
    if args.json {
        let line = serde_json::json!({
            "file": done.path.display().to_string(), "length": done.length, "resumed": done.resumed,
            "checksum": done.checksum,
        });
        writeln!(std::io::stdout().lock(), "{line}")?;
    } else if !args.silent {
        eprintln!("{}: {} octets", done.path.display(), done.length);
    }
    Ok(ExitCode::SUCCESS)
}

/// The name that the server proposes, or the URL; and whether it is the one in the URL that was asked for.
fn name(opener: &Opener, head: Request) -> Result<(String, bool), plainwire::net::http::Error> {
    let answer = opener.open(head)?;
    let asked = answer.history().first().map_or(answer.url(), |(_, url)| url);
    let asked = name_of_path(asked.pathname()).unwrap_or_else(|| "download".to_string());
    let proposed = answer.field("content-disposition").and_then(file_name);
    let name = proposed.or_else(|| name_of_path(answer.url().pathname())).unwrap_or_else(|| asked.clone());
    let same = name == asked;
    Ok((name, same))
}

/// A bar for each segment.
struct Bars {
    all: Option<MultiProgress>,
    bars: Mutex<Vec<ProgressBar>>,
}

impl Bars {
    fn new(shown: bool) -> Self {
        Self { all: shown.then(MultiProgress::new), bars: Mutex::default() }
    }

    fn show(&self, progress: &Progress) {
        let Some(all) = &self.all else { return };
        let Ok(mut bars) = self.bars.lock() else { return };
        while bars.len() < progress.segments.len() {
            let style =
                ProgressStyle::with_template("{bar:40} {bytes:>10}/{total_bytes:10} {bytes_per_sec:>12} {eta:>5}");
            let bar = all.add(ProgressBar::new(0));
            bars.push(match style {
                Ok(style) => bar.with_style(style),
                Err(_) => bar,
            });
        }
        for (bar, (done, length)) in bars.iter().zip(&progress.segments) {
            bar.set_length(*length);
            bar.set_position(*done);
        }
    }

    fn clear(&self) {
        if let Some(all) = &self.all {
            // The terminal that is gone needs no clearing.
            let _gone = all.clear();
        }
    }
}
