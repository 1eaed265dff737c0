//! `plainwire get`: fetch URLs, with curl's letters where they exist.
//!
//! Exit codes are curl's: 0; 1 no such scheme; 2 wrong command line; 3 not a URL; 6 no such host; 7 nobody there; 8 not
//! HTTP; 18 ended early; 22 a status of 400 and above with `-f`; 23 can't write; 26 can't read; 28 too slow; 35 TLS; 47
//! redirects; 52 no answer; 56 the connection broke; 60 a certificate; 61 a content coding; 65 can't be sent twice.

use crate::failure::{Failure, Outcome};
use indicatif::{ProgressBar, ProgressStyle};
use plainwire::cookie::file::netscape;
use plainwire::cookie::{Jar, PublicSuffixes, Timestamp};
use plainwire::http1::Client;
use plainwire::net::http::auth::Credentials;
use plainwire::net::http::coding::Expansion;
use plainwire::net::http::disposition::{file_name, name_of_path};
use plainwire::net::http::form::Form;
use plainwire::net::http::proxy::Proxies;
use plainwire::net::http::{Body, Error, Opener, Redirects, Request, Response, Timeouts};
use plainwire::net::tls::Connector;
use plainwire::transcript::{End, Recorder, Step};
use std::fs::{self, File};
use std::io::{self, IsTerminal as _, Read as _, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

/// Fetch URLs, with curl's letters
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The URLs; without a scheme they are http
    #[arg(required = true, value_name = "URL")]
    urls: Vec<String>,
    /// The method
    #[arg(short = 'X', long, value_name = "METHOD")]
    request: Option<String>,
    /// A field, "Name: value"; "Name:" leaves one out that would be sent; @FILE reads a line each
    #[arg(short = 'H', long, value_name = "FIELD")]
    header: Vec<String>,
    /// Send this as a form by POST; @FILE reads it from a file; several are joined by &
    #[arg(short, long, value_name = "DATA")]
    data: Vec<String>,
    /// As -d, with line ends kept
    #[arg(long, value_name = "DATA")]
    data_binary: Vec<String>,
    /// As -d, where @ has no meaning
    #[arg(long, value_name = "DATA")]
    data_raw: Vec<String>,
    /// Send this as JSON by POST; @FILE reads it from a file
    #[arg(long, value_name = "DATA")]
    json: Vec<String>,
    /// A part of a multipart form: NAME=VALUE, NAME=@FILE[;type=TYPE][;filename=NAME]
    #[arg(short = 'F', long, value_name = "PART")]
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
    /// How many redirects are followed
    #[arg(long, value_name = "N", default_value_t = 50)]
    max_redirs: usize,
    /// Cookies to send, "a=b; c=d", or a file of them
    #[arg(short = 'b', long, value_name = "COOKIES")]
    cookie: Vec<String>,
    /// Write all cookies to this file at the end
    #[arg(short, long, value_name = "FILE")]
    cookie_jar: Option<PathBuf>,
    /// User and password, USER:PASSWORD; without a password it is asked for
    #[arg(short, long, value_name = "USER")]
    user: Option<String>,
    /// Logins from ~/.netrc
    #[arg(short = 'n', long)]
    netrc: bool,
    /// Logins from this file
    #[arg(long, value_name = "FILE")]
    netrc_file: Option<PathBuf>,
    /// A bearer token
    #[arg(long, value_name = "TOKEN")]
    oauth2_bearer: Option<String>,
    /// Go through this proxy
    #[arg(short = 'x', long, value_name = "URL")]
    proxy: Option<String>,
    /// Trust any certificate
    #[arg(short = 'k', long)]
    insecure: bool,
    /// Trust the certificates in this PEM file too
    #[arg(long, value_name = "FILE")]
    cacert: Option<PathBuf>,
    /// Our certificate and key, PEM, in one file
    #[arg(short = 'E', long, value_name = "FILE")]
    cert: Option<PathBuf>,
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
    #[arg(short = 'A', long, value_name = "NAME")]
    user_agent: Option<String>,
    /// The referring page
    #[arg(short = 'e', long, value_name = "URL")]
    referer: Option<String>,
    /// Ranges of octets: 0-499, -500, 0-0,-1
    #[arg(short, long, value_name = "RANGE")]
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
pub(crate) fn connector(roots: Option<&Path>, identity: Option<&Path>, insecure: bool) -> Result<Connector, Failure> {
    let read = |path: &Path| fs::read(path).map_err(|error| Failure::new(77, format!("{}: {error}", path.display())));
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
    let jar = jar(args)?;
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
        save_cookies(path, &jar.lock().unwrap_or_else(PoisonError::into_inner))?;
    }
    if let (Some(path), Some(recorder)) = (&args.transcript, recorder) {
        let mut recorder = recorder.lock().unwrap_or_else(PoisonError::into_inner).clone();
        // The octets that were taken last are in it.
        recorder.note(Step::Comment(" The end.".to_string()));
        let text = format!("-- engine: http1 client\n{}", recorder.finish());
        fs::write(path, text).map_err(|error| Failure::new(23, format!("{}: {error}", path.display())))?;
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
    let mut opener = Opener::new()
        .timeouts(timeouts)
        .redirects(Redirects { most, downgrade: true, keep_method: args.request.is_some() })
        .codings(args.compressed.then(Expansion::default))
        .preemptive(true);
    if let Some(jar) = jar {
        opener = opener.jar(Arc::clone(jar));
    }
    if let Some(recorder) = recorder {
        let tap: Arc<Mutex<dyn plainwire::engine::Tap<Client> + Send>> = Arc::clone(recorder) as _;
        opener = opener.tap(tap);
    }
    if let Some(proxy) = &args.proxy {
        let mut proxies = Proxies::from_environment();
        let proxy = Some(proxy.clone()).filter(|proxy| !proxy.is_empty());
        (proxies.http, proxies.https) = (proxy.clone(), proxy);
        opener = opener.proxies(proxies);
    }
    if args.insecure || args.cacert.is_some() || args.cert.is_some() {
        opener = opener.tls(connector(args.cacert.as_deref(), args.cert.as_deref(), args.insecure)?);
    }
    if args.netrc || args.netrc_file.is_some() {
        let path = match &args.netrc_file {
            Some(path) => path.clone(),
            None => std::env::home_dir().unwrap_or_default().join(".netrc"),
        };
        let text =
            fs::read_to_string(&path).map_err(|error| Failure::new(26, format!("{}: {error}", path.display())))?;
        let netrc = plainwire::net::http::netrc::Netrc::parse(&text)
            .map_err(|error| Failure::new(26, format!("{}: {error}", path.display())))?;
        opener = opener.netrc(netrc);
    }
    if let Some(name) = &args.user_agent {
        opener = opener.user_agent(Some(name.as_str()).filter(|name| !name.is_empty()));
    }
    if args.verbose {
        opener = opener.trace_to(|line| eprintln!("* {line}"));
    }
    Ok(opener)
}

/// The cookies to begin with, if cookies are wanted at all.
fn jar(args: &Args) -> Result<Option<Arc<Mutex<Jar>>>, Failure> {
    if args.cookie.is_empty() && args.cookie_jar.is_none() {
        return Ok(None);
    }
    let mut jar = Jar::new().public_suffixes(PublicSuffixes::compiled());
    for path in args.cookie.iter().filter(|given| !given.contains('=')) {
        match fs::read(path) {
            Ok(text) => {
                let loaded = netscape::read(&text);
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

fn save_cookies(path: &Path, jar: &Jar) -> Result<(), Failure> {
    let mut out = Vec::new();
    netscape::write(&jar.records(true), netscape::SessionExpiry::Zero, &mut out);
    if path == Path::new("-") {
        return Ok(io::stdout().lock().write_all(&out)?);
    }
    plainwire::net::cookie_file::save(path, &out)
        .map_err(|error| Failure::new(23, format!("{}: {error}", path.display())))
}

fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
}

/// `@FILE` as what the file holds, anything else as it is.
fn given(value: &str, line_ends: bool) -> Result<Vec<u8>, Failure> {
    let Some(path) = value.strip_prefix('@') else { return Ok(value.as_bytes().to_vec()) };
    let mut octets = Vec::new();
    let read = if path == "-" {
        io::stdin().lock().read_to_end(&mut octets)
    } else {
        File::open(path).and_then(|mut file| file.read_to_end(&mut octets))
    };
    read.map_err(|error| Failure::new(26, format!("{path}: {error}")))?;
    if !line_ends {
        octets.retain(|octet| !matches!(octet, b'\r' | b'\n' | 0));
    }
    Ok(octets)
}

fn request(args: &Args, url: &str) -> Result<Request, Failure> {
    let says = |error: Error| failure(&error);
    let mut data: Vec<Vec<u8>> = Vec::new();
    for value in &args.data {
        data.push(given(value, false)?);
    }
    for value in &args.data_binary {
        data.push(given(value, true)?);
    }
    data.extend(args.data_raw.iter().map(|value| value.as_bytes().to_vec()));
    let form = data.join(&b'&');
    let mut url = url.to_string();
    if args.get && !data.is_empty() {
        let text = String::from_utf8(form.clone()).map_err(|_| Failure::new(3, "the data of -G is not text"))?;
        url = format!("{url}{}{text}", if url.contains('?') { '&' } else { '?' });
    }
    let posts = !args.get && (!data.is_empty() || !args.json.is_empty() || !args.form.is_empty());
    let method = match &args.request {
        Some(method) => method.as_str(),
        None if args.head => "HEAD",
        None if args.upload_file.is_some() => "PUT",
        None if posts => "POST",
        None => "GET",
    };
    let mut request = Request::new(method, &url).map_err(says)?;
    for line in &args.header {
        for line in lines(line)? {
            request = field(request, &line)?;
        }
    }
    if let Some(referer) = &args.referer {
        request = request.field("Referer", referer).map_err(says)?;
    }
    if let Some(range) = &args.range {
        request = request.field("Range", &format!("bytes={range}")).map_err(says)?;
    }
    let cookies: Vec<_> = args.cookie.iter().filter(|given| given.contains('=')).map(String::as_str).collect();
    if !cookies.is_empty() {
        request = request.field("Cookie", &cookies.join("; ")).map_err(says)?;
    }
    if let Some(token) = &args.oauth2_bearer {
        request = request.bearer(token).map_err(says)?;
    }
    if let Some(user) = &args.user {
        request = request.credentials(credentials(user)?);
    }
    if !args.json.is_empty() {
        let mut text = Vec::new();
        for value in &args.json {
            text.extend(given(value, true)?);
        }
        request = typed(request, "Content-Type", "application/json")?;
        request = typed(request, "Accept", "application/json")?.body(text);
    } else if !args.form.is_empty() {
        request = request.multipart(multipart(&args.form)?);
    } else if posts {
        request = typed(request, "Content-Type", "application/x-www-form-urlencoded")?.body(form);
    } else if let Some(path) = &args.upload_file {
        request = if path == Path::new("-") {
            request.reader(io::stdin(), None)
        } else {
            let file = File::open(path).map_err(|error| Failure::new(26, format!("{}: {error}", path.display())))?;
            request.body(Body::File(file))
        };
    }
    Ok(request)
}

fn typed(request: Request, name: &str, value: &str) -> Result<Request, Failure> {
    if request.names(name) { Ok(request) } else { request.field(name, value).map_err(|error| failure(&error)) }
}

fn lines(line: &str) -> Result<Vec<String>, Failure> {
    match line.strip_prefix('@') {
        Some(path) => {
            let text = fs::read_to_string(path).map_err(|error| Failure::new(26, format!("{path}: {error}")))?;
            Ok(text.lines().filter(|line| !line.trim().is_empty()).map(String::from).collect())
        }
        None => Ok(vec![line.to_string()]),
    }
}

fn field(request: Request, line: &str) -> Result<Request, Failure> {
    let says = |error: Error| failure(&error);
    match (line.split_once(':'), line.strip_suffix(';')) {
        (Some((name, value)), _) if value.trim().is_empty() => Ok(request.without(name.trim())),
        (Some((name, value)), _) => request.field(name.trim_end(), value.trim()).map_err(says),
        (None, Some(name)) => request.field(name, "").map_err(says),
        (None, None) => Err(Failure::new(2, format!("{line:?} is no field such as \"Name: value\""))),
    }
}

fn credentials(user: &str) -> Result<Credentials, Failure> {
    Ok(match user.split_once(':') {
        Some((user, password)) => Credentials::new(user, password),
        None => {
            let asked = rpassword::prompt_password(format!("Password for {user}: "));
            Credentials::new(user, asked.map_err(|error| Failure::new(26, error))?)
        }
    })
}

fn multipart(parts: &[String]) -> Result<Form, Failure> {
    let wrong = |error: plainwire::net::http::form::FormError| Failure::new(2, error);
    let mut random = [0; 16];
    getrandom::fill(&mut random).map_err(|error| Failure::new(2, error))?;
    let mut form = Form::new(&Form::random_boundary(random)).map_err(wrong)?;
    for part in parts {
        let (name, value) =
            part.split_once('=').ok_or_else(|| Failure::new(2, format!("{part:?} is no part such as NAME=VALUE")))?;
        let Some(file) = value.strip_prefix('@') else {
            form.text(name, value).map_err(wrong)?;
            continue;
        };
        let mut pieces = file.split(';');
        let path = PathBuf::from(pieces.next().unwrap_or_default());
        let mut media_type = mime_guess::from_path(&path).first_or_octet_stream().to_string();
        let mut file_name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        for piece in pieces {
            match piece.split_once('=') {
                Some(("type", value)) => media_type = value.to_string(),
                Some(("filename", value)) => file_name = value.trim_matches('"').to_string(),
                _ => return Err(Failure::new(2, format!("{piece:?} means nothing in a part of a form"))),
            }
        }
        let failed = |error: io::Error| Failure::new(26, format!("{}: {error}", path.display()));
        let file = File::open(&path).map_err(failed)?;
        let len = file.metadata().map_err(failed)?.len();
        form.reader(name, &file_name, &media_type, Box::new(file), len).map_err(wrong)?;
    }
    Ok(form)
}

fn fetch(args: &Args, opener: &Opener, url: &str) -> Result<(), Failure> {
    let mut tried = 0;
    loop {
        let answer = opener.open(request(args, url)?).and_then(|answer| {
            let failed = answer.status() >= 400;
            if failed && (args.fail || tried < args.retry) {
                Err(Error::Status { status: answer.status(), reason: answer.reason() })
                    .or_else(|error: Error| if args.fail || error.is_transient() { Err(error) } else { Ok(answer) })
            } else {
                Ok(answer)
            }
        });
        let outcome = answer.map_err(|error| (error.is_transient(), failure(&error)));
        match outcome.and_then(|answer| deliver(args, answer)) {
            Ok(()) => return Ok(()),
            Err((transient, failed)) => {
                tried += 1;
                if !transient || tried > args.retry {
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

/// Shows or saves an answer. An error says whether trying again may help.
fn deliver(args: &Args, mut answer: Response) -> Result<(), (bool, Failure)> {
    let broken = |error: io::Error| {
        // A reader that went away (`| head`) wants nothing more.
        let code = if error.kind() == io::ErrorKind::BrokenPipe { 0 } else { 23 };
        (false, Failure::new(code, error))
    };
    if args.verbose {
        eprint!("{}", head(&answer, "< "));
    }
    let target = match (&args.output, args.remote_name) {
        (Some(path), _) if path != Path::new("-") => Some(path.clone()),
        (None, true) => {
            let proposed = answer.field("content-disposition").and_then(file_name).filter(|_| args.remote_header_name);
            let name = proposed.or_else(|| name_of_path(answer.url().pathname()));
            Some(PathBuf::from(name.ok_or((false, Failure::new(23, "the URL names no file")))?))
        }
        _ => None,
    };
    let shown = if args.include || args.head { head(&answer, "") } else { String::new() };
    let Some(path) = target else {
        let mut out = io::stdout().lock();
        out.write_all(shown.as_bytes()).map_err(broken)?;
        let copied = answer.copy_to(&mut out);
        out.flush().map_err(broken)?;
        return match copied {
            Err(Error::File { source, .. }) => Err(broken(source)),
            Err(error) => Err((false, failure(&error))),
            Ok(_) => Ok(()),
        };
    };
    // Nothing half-written under the final name.
    let mut part = path.file_name().unwrap_or_default().to_os_string();
    part.push(".part");
    let part = path.with_file_name(part);
    let failed = |error: io::Error| (false, Failure::new(23, format!("{}: {error}", path.display())));
    let mut file = File::create(&part).map_err(failed)?;
    let bar = bar(args, answer.length());
    let copied = file.write_all(shown.as_bytes()).map_err(failed).and_then(|()| {
        answer
            .copy_to(&mut Counting { file: &mut file, bar: &bar })
            .map_err(|error| (error.is_transient(), failure(&error)))
    });
    bar.finish_and_clear();
    if let Err(failed) = copied {
        // What is half-written is of no use; that it stays is no second failure.
        let _gone = fs::remove_file(&part);
        return Err(failed);
    }
    fs::rename(&part, &path).map_err(failed)
}

struct Counting<'f> {
    file: &'f mut File,
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
    for field in head.fields().iter() {
        text += &format!("{mark}{}: {}\r\n", field.name, String::from_utf8_lossy(field.value.as_ref()));
    }
    text + mark + "\r\n"
}
