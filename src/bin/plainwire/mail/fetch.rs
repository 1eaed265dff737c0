//! `plainwire mail fetch`: collects mail by POP3.

use super::password;
use super::sysexits::{CANT_CREATE, CONFIG, NO_PERMISSION, PROTOCOL, TEMPORARY, UNAVAILABLE};
use super::trust::{StartTls, Trust};
use crate::failure::{Failure, Outcome, exit_codes};
use indicatif::{ProgressBar, ProgressStyle};
use plainwire::engine::Tap;
use plainwire::net::pop3::{
    Collector, Error, Mailbox, Memory, Method, Options, Plan, Progress, Report, Security, Target, ToFolder, ToMaildir,
    ToMbox, ToWriter,
};
use plainwire::pop3::Client;
use plainwire::pop3::client::{self, Command, Event};
use plainwire::sasl::{Credentials, Mechanism};
use plainwire::syntax::percent;
use plainwire::transcript::{End, Recorder, Step};
use plainwire::url::Url;
use std::cell::RefCell;
use std::io::{self, IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;
use std::rc::Rc;
use std::time::Duration;

/// Collect mail from a POP3 server
///
/// Messages are stored safely before anything is deleted, and a run that was cut short can be run again. Without a target
/// they are printed.
#[derive(clap::Args)]
#[command(after_long_help = exit_codes! {
    0 "everything was collected"
    2 "the command line is wrong"
    69 "the server can't be used, or it refused a message"
    73 "a message can't be stored"
    75 "it may work later: the connection broke, or the maildrop is in use"
    76 "the server does not keep to the protocol"
    77 "the log-in was refused, or there is no password"
    78 "a certificate can't be read"
})]
pub(crate) struct Args {
    #[expect(clippy::doc_markdown, reason = "a terminal shows it")]
    /// Where the mail is: pop3s://user@host[:port] with TLS, pop3://user@host[:port] with STLS
    #[arg(value_name = "URL")]
    url: String,
    /// Deliver into this Maildir
    #[arg(long, value_name = "DIR", group = "target")]
    to_maildir: Option<PathBuf>,
    /// Append to this mbox file
    #[arg(long, value_name = "FILE", group = "target")]
    mbox: Option<PathBuf>,
    /// Write each message to a file of its own in this folder
    #[arg(long, value_name = "DIR", group = "target")]
    eml_dir: Option<PathBuf>,
    /// Delete on the server what is stored safely here
    #[arg(long, requires = "target", conflicts_with = "headers")]
    delete: bool,
    /// Only what was not collected into this target before
    #[arg(long, requires = "target", conflicts_with = "headers")]
    new: bool,
    /// Only headers, and N lines of each body
    #[arg(long, value_name = "N")]
    headers: Option<u32>,
    /// Write the conversation to this file, without passwords
    #[arg(long, value_name = "FILE")]
    transcript: Option<PathBuf>,
    /// Where collected messages are remembered; by default beside the target
    #[arg(long, value_name = "FILE", requires = "target")]
    memory: Option<PathBuf>,
    /// STLS for pop3: URLs; by default required, except on loopback
    #[arg(long, value_name = "WHEN", value_enum)]
    starttls: Option<StartTls>,
    /// How to log in: APOP, USER, or a mechanism such as SCRAM-SHA-256; by default the strongest that both sides have
    #[arg(long, value_name = "METHOD", alias = "mechanism")]
    auth: Option<String>,
    /// Send the password even where the connection is not encrypted
    #[arg(long)]
    auth_in_clear: bool,
    #[command(flatten)]
    trust: Trust,
    /// How often to connect again where the connection breaks
    #[arg(long, value_name = "N", default_value_t = 3)]
    retry: u32,
    /// Say nothing of what was done
    #[arg(long, short)]
    quiet: bool,
    #[command(flatten)]
    password: password::Source,
}

pub(super) fn run(args: &Args) -> Outcome {
    let account = Account::parse(&args.url)?;
    let method = method(args.auth.as_deref().or(account.auth.as_deref()))?;
    let mut options = Options::default();
    options.security = match (account.tls, args.starttls) {
        (true, None) => Security::Tls,
        (true, Some(_)) => return Err(Failure::new(2, "--starttls is for pop3: URLs; pop3s: has TLS from the start")),
        (false, Some(StartTls::Required)) => Security::Stls,
        (false, Some(StartTls::Opportunistic)) => Security::StlsIfOffered,
        (false, Some(StartTls::Off)) => Security::Clear,
        (false, None) if account.loopback() => Security::StlsIfOffered,
        (false, None) => Security::Stls,
    };
    options.in_clear = args.auth_in_clear;
    options.connector = args.trust.connector(CONFIG)?;
    let password = match &account.password {
        Some(password) => password.clone(),
        None => args.password.read(&format!("password of {}: ", account.user), NO_PERMISSION)?,
    };
    let credentials = Credentials::password(account.user.as_str(), password);

    let (target, memory) = target(args, &account)?;
    let mut plan = Plan::default();
    (plan.new, plan.delete, plan.lines) = (args.new, args.delete, args.headers);
    let tape = Tape(args.transcript.as_ref().map(|_| Rc::new(RefCell::new(Recorder::new(End::Client)))));
    tape.with(|recorder| recorder.note(Step::Engine { protocol: "pop3".into(), end: End::Client }));
    let bar = Bar::new(!args.quiet && io::stderr().is_terminal());
    let shown = bar.clone();
    let mut collector = Collector::new(target, memory, plan).progress(move |progress| shown.show(progress));

    let mut tries = 0;
    let outcome = loop {
        let outcome =
            Mailbox::connect_tapped(&account.host, account.port, &options, tape.clone()).and_then(|mut mailbox| {
                mailbox.log_in(&credentials, method)?;
                collector.run(&mut mailbox).map(drop)
            });
        match outcome {
            Err(error) if error.is_transient() && tries < args.retry => {
                tries += 1;
                if !args.quiet {
                    eprintln!("plainwire: {error}; trying again");
                }
                std::thread::sleep(Duration::from_millis(250 << tries.min(6)));
            }
            other => break other,
        }
    };
    bar.clear();
    let report = collector.report();
    if let (Some(path), Some(text)) = (&args.transcript, tape.text()) {
        std::fs::write(path, text).map_err(|error| Failure::at(CANT_CREATE, path, error))?;
    }
    if !args.quiet && (outcome.is_ok() || report.stored > 0) {
        summary(args, report)?;
    }
    outcome.map_err(|error| failure(&error))?;
    for (message, why) in &report.refused {
        eprintln!("plainwire: message {message} was refused: {why}");
    }
    Ok(if report.refused.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(UNAVAILABLE) })
}

/// On standard output, unless the messages are there.
fn summary(args: &Args, report: &Report) -> io::Result<()> {
    let text = format!(
        "{} of {} messages collected, {} octets, {} known, {} deleted",
        report.stored, report.found, report.octets, report.known, report.deleted
    );
    if args.to_maildir.is_some() || args.mbox.is_some() || args.eml_dir.is_some() {
        writeln!(io::stdout(), "{text}")
    } else {
        writeln!(io::stderr(), "{text}")
    }
}

fn failure(error: &Error) -> Failure {
    let login = |command: &Command| matches!(command, Command::User | Command::Pass | Command::Apop | Command::Auth);
    let code = match error {
        Error::Store(_) => CANT_CREATE,
        _ if error.is_transient() => TEMPORARY,
        Error::Refused { command, .. } if login(command) => NO_PERMISSION,
        Error::NoLogin | Error::Cancelled(_) => NO_PERMISSION,
        Error::Ended(_) => PROTOCOL,
        Error::Misuse(client::Misuse::Credentials(_) | client::Misuse::Argument | client::Misuse::TooLong) => {
            NO_PERMISSION
        }
        _ => UNAVAILABLE,
    };
    Failure::new(code, error)
}

/// What a URL says (RFC 2384, and the schemes that everyone uses).
struct Account {
    tls: bool,
    user: String,
    password: Option<String>,
    auth: Option<String>,
    host: String,
    port: u16,
}

impl Account {
    fn parse(text: &str) -> Result<Self, Failure> {
        // What stands before the host may have a password in it.
        let shown = text.rsplit_once('@').map_or(text, |(_, behind)| behind);
        let wrong = |why: &str| Failure::new(2, format!("no pop3s://user@host at {shown:?}: {why}"));
        let url = Url::parse(text).map_err(|error| wrong(&error.to_string()))?;
        let tls = match url.scheme() {
            "pop3s" | "pops" => true,
            "pop3" | "pop" => false,
            other => return Err(wrong(&format!("its scheme is {other}"))),
        };
        if url.hostname().is_empty() {
            return Err(wrong("it has no host"));
        }
        if !matches!(url.pathname(), "" | "/") || url.query().is_some() || url.fragment().is_some() {
            return Err(wrong("something stands behind the host"));
        }
        let plain = |part: &str| {
            String::from_utf8(percent::decode(part.as_bytes()).into_owned()).map_err(|_| wrong("its user is no text"))
        };
        // RFC 2384 3: user;AUTH=METHOD. The URL Standard writes ";" of a user as "%3B".
        let named = plain(url.username())?;
        let at = named.to_ascii_uppercase().find(";AUTH=");
        let (user, auth) = match at {
            Some(at) => (named[..at].to_string(), Some(named[at + 6..].to_string())),
            None => (named, None),
        };
        if user.is_empty() {
            return Err(wrong("it has no user"));
        }
        let password = Some(plain(url.password())?).filter(|password| !password.is_empty());
        let port = url.port().unwrap_or(if tls { 995 } else { 110 });
        let auth = auth.filter(|auth| auth != "*").map(|auth| auth.trim_start_matches('+').to_string());
        Ok(Self { tls, user, password, auth, host: url.hostname().to_string(), port })
    }

    fn loopback(&self) -> bool {
        let bare = self.host.trim_matches(['[', ']']);
        bare.eq_ignore_ascii_case("localhost")
            || bare.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
    }
}

fn method(name: Option<&str>) -> Result<Method, Failure> {
    Ok(match name.map(str::to_ascii_uppercase).as_deref() {
        None => Method::Strongest,
        Some("APOP") => Method::Apop,
        Some("USER") => Method::User,
        Some(name) => match Mechanism::from_name(name.as_bytes()) {
            Some(mechanism) => Method::Auth(mechanism),
            None => return Err(Failure::new(2, format!("--auth {name}: no such way to log in"))),
        },
    })
}

/// Where the mail goes, and what is known of it.
fn target(args: &Args, account: &Account) -> Result<(Box<dyn Target>, Option<Memory>), Failure> {
    let failed = |path: &PathBuf, error: io::Error| Failure::at(CANT_CREATE, path, error);
    let (target, beside): (Box<dyn Target>, PathBuf) = match (&args.to_maildir, &args.mbox, &args.eml_dir) {
        (Some(path), ..) => {
            (Box::new(ToMaildir::create(path).map_err(|error| failed(path, error))?), path.join("pop3.seen"))
        }
        (_, Some(path), _) => {
            let mut beside = path.clone().into_os_string();
            beside.push(".pop3.seen");
            (Box::new(ToMbox::new(path)), beside.into())
        }
        (.., Some(path)) => {
            (Box::new(ToFolder::create(path).map_err(|error| failed(path, error))?), path.join(".pop3.seen"))
        }
        _ => return Ok((Box::new(ToWriter(io::stdout())), None)),
    };
    let path = args.memory.clone().unwrap_or(beside);
    // A user may hold what an account of a memory may not.
    let user = account.user.replace(|c: char| c.is_whitespace() || c.is_control(), "_");
    let memory = Memory::open(&path, &format!("{user}@{}", account.host)).map_err(|error| {
        let code = if error.kind() == io::ErrorKind::WouldBlock { TEMPORARY } else { CANT_CREATE };
        Failure::at(code, &path, error)
    })?;
    Ok((target, Some(memory)))
}

/// A recorder that all connections of a run share, or none.
#[derive(Clone)]
struct Tape(Option<Rc<RefCell<Recorder>>>);

impl Tape {
    fn with(&self, see: impl FnOnce(&mut Recorder)) {
        if let Some(recorder) = &self.0 {
            see(&mut recorder.borrow_mut());
        }
    }

    fn text(&self) -> Option<String> {
        Some(self.0.as_ref()?.borrow().clone().finish().to_string())
    }
}

impl Tap<Client> for Tape {
    fn took(&mut self, octets: &[u8], event: Option<&Event<&[u8]>>) {
        self.with(|recorder| Tap::<Client>::took(recorder, octets, event));
    }
    fn engine_said(&mut self, octets: &[u8]) {
        self.with(|recorder| Tap::<Client>::engine_said(recorder, octets));
    }
    fn caller_said(&mut self, octets: &[u8]) {
        self.with(|recorder| Tap::<Client>::caller_said(recorder, octets));
    }
    fn failed(&mut self, error: &client::Error) {
        self.with(|recorder| Tap::<Client>::failed(recorder, error));
    }
    fn ended(&mut self) {
        self.with(Tap::<Client>::ended);
    }
    fn expired(&mut self) {
        self.with(Tap::<Client>::expired);
    }
}

/// A bar of octets, where somebody sees it.
#[derive(Clone)]
struct Bar(Option<ProgressBar>);

impl Bar {
    fn new(shown: bool) -> Self {
        let style = ProgressStyle::with_template("{bar:40} {bytes:>10}/{total_bytes:10} {bytes_per_sec:>12} {msg}");
        Self(shown.then(|| {
            let bar = ProgressBar::new(0);
            match style {
                Ok(style) => bar.with_style(style),
                Err(_) => bar,
            }
        }))
    }

    fn show(&self, progress: Progress) {
        let Some(bar) = &self.0 else { return };
        match progress {
            Progress::Begin(messages, octets) => {
                bar.set_length(octets);
                bar.set_position(0);
                bar.set_message(format!("{messages} messages"));
            }
            Progress::Octets(octets) => bar.inc(octets as u64),
            _ => {}
        }
    }

    fn clear(&self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}
