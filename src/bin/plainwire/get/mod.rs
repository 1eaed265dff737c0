//! `plainwire get`: fetch URLs, with curl's letters where they exist.

mod ask;
mod cookies;
mod deliver;
mod letters;

pub(crate) use letters::Letters;

use crate::failure::{Failure, Outcome, exit_codes};
use plainwire::cookie::Jar;
use plainwire::http1::Client;
use plainwire::net::http::coding::Expansion;
use plainwire::net::http::{Error, Opener, Redirects, Response, Timeouts};
use plainwire::net::tls::Connector;
use plainwire::transcript::{End, Recorder, Step};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Fetch URLs, with curl's letters
#[derive(clap::Args)]
#[command(after_long_help = exit_codes! {
    0 "every transfer went well"
    1 "a scheme that is not fetched"
    2 "the command line is wrong"
    3 "not a URL"
    6 "no such host"
    7 "nobody is there"
    8 "what answers is not HTTP"
    18 "the answer ended early"
    22 "a status of 400 or above, with -f"
    23 "the output can't be written"
    26 "a file to send can't be read"
    28 "too slow"
    35 "TLS failed"
    47 "too many redirects"
    52 "no answer"
    56 "the connection broke"
    60 "the server's certificate is not trusted"
    61 "a content coding that can't be read"
    65 "a body that can't be sent twice had to be"
})]
pub(crate) struct Args {
    /// The URLs; without a scheme they are http
    #[arg(required = true, value_name = "URL")]
    urls: Vec<String>,
    /// The method
    #[arg(short = 'X', long, value_name = "METHOD", allow_hyphen_values = true)]
    request: Option<String>,
    /// Send this as a form by POST; @FILE reads it from a file; several are joined by &
    #[arg(short, long, value_name = "DATA", allow_hyphen_values = true)]
    data: Vec<String>,
    /// As -d, with line ends kept
    #[arg(long, value_name = "DATA", allow_hyphen_values = true)]
    data_binary: Vec<String>,
    /// As -d, where @ has no meaning
    #[arg(long, value_name = "DATA", allow_hyphen_values = true)]
    data_raw: Vec<String>,
    /// Send this as JSON by POST; @FILE reads it from a file
    #[arg(long, value_name = "DATA", allow_hyphen_values = true)]
    json: Vec<String>,
    /// A part of a multipart form: NAME=VALUE, NAME=@FILE[;type=TYPE][;filename=NAME]
    #[arg(short = 'F', long, value_name = "PART", allow_hyphen_values = true)]
    form: Vec<String>,
    /// Send a file by PUT; - is standard input
    #[arg(short = 'T', long, value_name = "FILE")]
    upload_file: Option<PathBuf>,
    /// Write the body to this file
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Write the body to a file named like the last part of the URL
    #[arg(short = 'O', long)]
    remote_name: bool,
    /// With -O: under the name that the server proposes
    #[arg(short = 'J', long)]
    remote_header_name: bool,
    /// Show the heads of the answers too
    #[arg(short, long)]
    include: bool,
    /// Ask by HEAD and show the head
    #[arg(short = 'I', long)]
    head: bool,
    /// Follow redirects
    #[arg(short = 'L', long)]
    location: bool,
    /// With -L: follow from https to http too
    #[arg(long)]
    allow_downgrade: bool,
    /// How many redirects are followed
    #[arg(long, value_name = "N", default_value_t = 50)]
    max_redirs: usize,
    /// Cookies to send, "a=b; c=d", or a file of them
    #[arg(short = 'b', long, value_name = "COOKIES", allow_hyphen_values = true)]
    cookie: Vec<String>,
    /// Write all cookies to this file at the end
    #[arg(short, long, value_name = "FILE")]
    cookie_jar: Option<PathBuf>,
    /// Logins from ~/.netrc
    #[arg(short = 'n', long)]
    netrc: bool,
    /// Logins from this file
    #[arg(long, value_name = "FILE")]
    netrc_file: Option<PathBuf>,
    /// A bearer token
    #[arg(long, value_name = "TOKEN", allow_hyphen_values = true)]
    oauth2_bearer: Option<String>,
    #[command(flatten)]
    letters: Letters,
    /// Tell what is done, on standard error
    #[arg(short, long)]
    verbose: bool,
    /// No progress and no error messages
    #[arg(short, long)]
    silent: bool,
    /// With -s: error messages all the same
    #[arg(short = 'S', long)]
    show_error: bool,
    /// A status of 400 and above is a failure
    #[arg(short, long)]
    fail: bool,
    /// What to call ourselves
    #[arg(short = 'A', long, value_name = "NAME", allow_hyphen_values = true)]
    user_agent: Option<String>,
    /// The referring page
    #[arg(short = 'e', long, value_name = "URL", allow_hyphen_values = true)]
    referer: Option<String>,
    /// Ranges of octets: 0-499, -500, 0-0,-1
    #[arg(short, long, value_name = "RANGE", allow_hyphen_values = true)]
    range: Option<String>,
    /// Put the data of -d into the URL, and GET
    #[arg(short = 'G', long)]
    get: bool,
    /// The longest that all may take, in seconds
    #[arg(short = 'm', long, value_name = "SECONDS")]
    max_time: Option<f64>,
    /// The longest that connecting may take, in seconds
    #[arg(long, value_name = "SECONDS")]
    connect_timeout: Option<f64>,
    /// Try again so often when it may help, waiting 1, 2, 4 … seconds
    #[arg(long, value_name = "N", default_value_t = 0)]
    retry: u32,
    /// Ask for a content coding, and undo it
    #[arg(long)]
    compressed: bool,
    /// Write the conversation down; secrets are left out
    #[arg(long, value_name = "FILE")]
    transcript: Option<PathBuf>,
}

/// `http://` unless a scheme is there.
pub(crate) fn with_scheme(url: &str) -> String {
    let scheme = url.split(':').next().unwrap_or_default();
    let named = url.contains("://")
        || ["data", "file"].iter().any(|known| scheme.eq_ignore_ascii_case(known)) && url.contains(':');
    if named { url.to_string() } else { format!("http://{url}") }
}

/// TLS with roots of one's own.
fn connector(roots: Option<&Path>, identity: Option<&Path>, insecure: bool) -> Result<Connector, Failure> {
    let read = |path: &Path| fs::read(path).map_err(|error| Failure::at(77, path, error));
    let wrong = |error: plainwire::net::tls::Error| Failure::new(77, error);
    let mut builder = Connector::builder().alpn(["http/1.1"]);
    builder = builder.platform_roots(roots.is_none() && !insecure);
    if let Some(path) = roots {
        builder = builder.roots_pem(&read(path)?).map_err(wrong)?;
    }
    if let Some(path) = identity {
        let pem = read(path)?;
        builder = builder.identity_pem(&pem, &pem).map_err(|error| Failure::new(58, error))?;
    }
    if insecure {
        builder = builder.unverified();
    }
    builder.build().map_err(wrong)
}

fn failure(error: &Error) -> Failure {
    Failure::new(error.exit_code(), error)
}

pub(crate) fn run(args: &Args) -> Outcome {
    let jar = cookies::jar(args)?;
    let recorder = args.transcript.as_ref().map(|_| Arc::new(Mutex::new(Recorder::new(End::Client))));
    let opener = opener(args, jar.as_ref(), recorder.as_ref())?;
    let mut outcome = Ok(());
    for url in &args.urls {
        if let Err(failure) = fetch(args, &opener, &with_scheme(url)) {
            if !args.silent || args.show_error {
                eprintln!("plainwire: {}", failure.message);
            }
            outcome = Err(failure);
        }
    }
    if let (Some(path), Some(jar)) = (&args.cookie_jar, &jar) {
        cookies::save(path, &jar.lock().unwrap_or_else(PoisonError::into_inner))?;
    }
    if let (Some(path), Some(recorder)) = (&args.transcript, recorder) {
        let mut recorder = recorder.lock().unwrap_or_else(PoisonError::into_inner).clone();
        // The octets that were taken last are in it.
        recorder.note(Step::Comment(" The end.".to_string()));
        let text = format!("-- engine: http1 client\n{}", recorder.finish());
        fs::write(path, text).map_err(|error| Failure::at(23, path, error))?;
    }
    Ok(match outcome {
        Ok(()) => ExitCode::SUCCESS,
        // It was said already.
        Err(failure) => ExitCode::from(failure.code),
    })
}

fn seconds(value: f64) -> Result<Duration, Failure> {
    Duration::try_from_secs_f64(value).map_err(|error| Failure::new(2, error))
}

fn opener(
    args: &Args,
    jar: Option<&Arc<Mutex<Jar>>>,
    recorder: Option<&Arc<Mutex<Recorder>>>,
) -> Result<Opener, Failure> {
    let mut timeouts = Timeouts { whole: args.max_time.map(seconds).transpose()?, ..Timeouts::default() };
    if let Some(limit) = args.connect_timeout {
        timeouts.connect = seconds(limit)?;
    }
    let most = if args.location { args.max_redirs } else { 0 };
    let mut opener = args
        .letters
        .opener()?
        .timeouts(timeouts)
        .redirects(Redirects { most, downgrade: args.allow_downgrade, keep_method: args.request.is_some() })
        .codings(args.compressed.then(Expansion::default));
    if let Some(jar) = jar {
        opener = opener.jar(Arc::clone(jar));
    }
    if let Some(recorder) = recorder {
        let tap: Arc<Mutex<dyn plainwire::engine::Tap<Client> + Send>> = Arc::clone(recorder) as _;
        opener = opener.tap(tap);
    }
    if args.netrc || args.netrc_file.is_some() {
        let path = match &args.netrc_file {
            Some(path) => path.clone(),
            None => std::env::home_dir().unwrap_or_default().join(".netrc"),
        };
        let text = fs::read_to_string(&path).map_err(|error| Failure::at(26, &path, error))?;
        let netrc = plainwire::net::http::netrc::Netrc::parse(&text).map_err(|error| Failure::at(26, &path, error))?;
        opener = opener.netrc(netrc);
    }
    if let Some(name) = &args.user_agent {
        opener = opener.user_agent(Some(name.as_str()).filter(|name| !name.is_empty()));
    }
    if args.verbose {
        opener = opener.trace_to(|line| match line.get(..2) {
            // Heads have marks of their own.
            Some("> " | "< ") => eprintln!("{line}"),
            _ => eprintln!("* {line}"),
        });
    }
    Ok(opener)
}

fn fetch(args: &Args, opener: &Opener, url: &str) -> Result<(), Failure> {
    let mut tried = 0;
    // What came from standard input can't be had again: another try would send nothing in its place.
    let most = if ask::reads_input(args) { 0 } else { args.retry };
    loop {
        let last = tried >= most;
        let answer = opener.open(ask::request(args, url)?).and_then(|answer| accepted(args, answer, last));
        let outcome = answer.map_err(|error| (error.is_transient(), failure(&error)));
        match outcome.and_then(|answer| deliver::deliver(args, answer)) {
            Ok(()) => return Ok(()),
            Err((transient, failed)) => {
                tried += 1;
                if !transient || tried > most {
                    return Err(failed);
                }
                let wait = Duration::from_secs(1 << (tried - 1).min(9));
                if !args.silent {
                    eprintln!("plainwire: {}; trying again in {} s", failed.message, wait.as_secs());
                }
                std::thread::park_timeout(wait);
            }
        }
    }
}

/// An answer that counts as one: not where `-f` or another try makes a failure of it.
fn accepted(args: &Args, answer: Response, last: bool) -> Result<Response, Error> {
    let status = answer.status();
    if args.location && args.max_redirs == 0 && (300..400).contains(&status) && answer.field("location").is_some() {
        return Err(Error::Redirects(0));
    }
    if status < 400 {
        return Ok(answer);
    }
    let failed = Error::Status { status, reason: answer.reason() };
    if args.fail || (!last && failed.is_transient()) { Err(failed) } else { Ok(answer) }
}
