//! `plainwire serve mail`: a mail server to develop against. Mail that is sent to it is given out by it.
//!
//! A folder holds all of it: `users`, `cert.pem` and `key.pem`, and the Maildir `mail`. `--init` makes what is missing, with
//! a user whose password it prints and keeps hashed.

use super::listen::{Listen, Secure, acceptor, log};
use super::{COMMITTERS, mechanisms, unbound};
use crate::failure::{Failure, Outcome, exit_codes};
use crate::mail::password;
use plainwire::net::maildir::Maildir;
use plainwire::net::pop3::{Mail, Pop3};
use plainwire::net::server::Port;
use plainwire::net::smtp::serve::{Maildirs, Serve};
use plainwire::net::tls::Acceptor;
use plainwire::net::users::{self, Users};
use plainwire::pop3;
use plainwire::smtp::HostName;
use plainwire::smtp::server::Config;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

/// Take and give out mail: SMTP, submission and POP3 over one Maildir
#[derive(clap::Args)]
#[command(after_long_help = exit_codes! {
    0 "a graceful end, by SIGINT or SIGTERM"
    1 "it can't listen, or the folder can't be used"
    2 "the command line is wrong"
})]
pub(crate) struct Args {
    /// The folder with users, certificate and mail
    #[arg(value_name = "DIR", required_unless_present = "init", conflicts_with = "init")]
    folder: Option<PathBuf>,
    /// As DIR, making what is missing in it: a user, a certificate of its own, the Maildir
    #[arg(long, value_name = "DIR")]
    init: Option<PathBuf>,
    /// The name of the user that --init makes
    #[arg(long, value_name = "NAME", default_value = "dev", requires = "init")]
    user: String,
    #[command(flatten)]
    password: password::Source,
    /// End when --init has made what was missing
    #[arg(long, requires = "init")]
    no_serve: bool,
    /// Where the ports begin: SMTP listens at this + 25, submission at + 587 and with TLS from its start at + 465, POP3 at
    /// + 110 and + 995; 0 takes free ones
    #[arg(long, short, value_name = "PORT", default_value_t = 10_000, value_parser = clap::value_parser!(u16).range(..=64_000))]
    port: u16,
    /// What the server calls itself
    #[arg(long, value_name = "NAME", default_value = "localhost")]
    host: String,
    /// Let passwords be sent in clear without TLS
    #[arg(long)]
    auth_in_clear: bool,
    #[command(flatten)]
    listen: Listen,
}

pub(super) fn run(args: &Args) -> Outcome {
    let host: HostName<_> = args.host.parse().map_err(|why| Secure::no_host(&args.host, why))?;
    let folder = match (&args.folder, &args.init) {
        (_, Some(folder)) => {
            init(args, folder)?;
            if args.no_serve {
                return Ok(ExitCode::SUCCESS);
            }
            folder
        }
        (Some(folder), None) => folder,
        (None, None) => return Err(Failure::new(2, "which folder?")),
    };
    let files = Files::of(folder);
    let users = Arc::new(Users::read(&files.users).map_err(|error| Failure::at(1, &files.users, error))?);
    let tls = acceptor(&[files.certificate, files.key])?;
    let maildir = Maildir::create(&files.mail).map_err(|error| Failure::at(1, &files.mail, error))?;
    // What a crash left behind.
    maildir.sweep().map_err(|error| Failure::at(1, &files.mail, error))?;

    let mut handler = Maildirs::one(maildir, host.clone()).users(Arc::clone(&users));
    if args.listen.reactor {
        handler = handler.committers(COMMITTERS)?;
    }
    let handler = Arc::new(handler);
    let config = Config::new(host);
    let mut submission = config.clone();
    submission.auth = mechanisms(&users);
    submission.auth_required = true;
    submission.decoy = users.decoy();
    submission.decoy_iterations = users.iterations();
    submission.auth_in_clear = args.auth_in_clear;
    let smtp = |config: &Config, starttls: bool| {
        let mut service = Serve::new(Arc::clone(&handler), config.clone());
        if !args.listen.quiet {
            service = service.log(|entry| log(entry));
        }
        if starttls { service.starttls(tls.clone()) } else { service }
    };
    let ports = vec![
        bind(args, 25, smtp(&config, true))?,
        bind(args, 587, smtp(&submission, true))?,
        bind(args, 465, smtp(&submission, false))?.tls(tls.clone()),
        bind(args, 110, pop3(args, &users, &files.mail, Some(&tls))?)?,
        bind(args, 995, pop3(args, &users, &files.mail, None)?)?.tls(tls.clone()),
    ];
    args.listen.serve(ports, &["smtp", "submission", "submissions", "pop3", "pop3s"])
}

fn pop3(args: &Args, users: &Arc<Users>, mail: &Path, stls: Option<&Acceptor>) -> Result<Pop3<Mail>, Failure> {
    let mut config = pop3::server::Config::new(&args.host).map_err(|why| Secure::no_host(&args.host, why))?;
    config.auth = unbound(mechanisms(users));
    config.apop = users.in_clear();
    config.decoy = users.decoy();
    config.decoy_iterations = users.iterations();
    config.cleartext = args.auth_in_clear;
    let mut service = Pop3::new(config, Mail::new(Arc::<Users>::clone(users), mail));
    if let Some(acceptor) = stls {
        service = service.stls(acceptor.clone());
    }
    if !args.listen.quiet {
        service = service.log(|peer, entry| log(format_args!("{peer} {entry}")));
    }
    Ok(service)
}

fn bind(args: &Args, service: u16, behind: impl plainwire::net::Service) -> Result<Port, Failure> {
    let port = if args.port == 0 { 0 } else { args.port + service };
    args.listen.at(port, behind)
}

/// What is in the folder.
struct Files {
    users: PathBuf,
    certificate: PathBuf,
    key: PathBuf,
    mail: PathBuf,
}

impl Files {
    fn of(folder: &Path) -> Self {
        let [users, certificate, key, mail] = ["users", "cert.pem", "key.pem", "mail"].map(|name| folder.join(name));
        Self { users, certificate, key, mail }
    }
}

/// Makes what is missing. What is there stays as it is.
fn init(args: &Args, folder: &Path) -> Result<(), Failure> {
    fs::create_dir_all(folder).map_err(|error| Failure::at(1, folder, error))?;
    let files = Files::of(folder);
    if !files.users.exists() {
        let chosen = args.password.given(1)?;
        let password = match &chosen {
            Some(password) => password.clone(),
            None => random_password()?,
        };
        let line = users::entry(&args.user, &password).map_err(|why| Failure::new(1, why))?;
        write(&files.users, &format!("{line}\n"))?;
        // Said once: the file has it hashed.
        let shown = if chosen.is_some() { "as given" } else { &password };
        writeln!(io::stdout(), "user {} password {shown}", args.user)?;
    }
    if !files.certificate.exists() || !files.key.exists() {
        let mut names = vec!["localhost".to_string(), "127.0.0.1".to_string(), "::1".to_string()];
        names.extend(
            [args.listen.bind.to_string(), args.host.clone()].into_iter().filter(|name| !name.starts_with('[')),
        );
        names.sort_unstable();
        names.dedup();
        let made = rcgen::generate_simple_self_signed(names).map_err(|error| Failure::new(1, error))?;
        write(&files.key, &made.signing_key.serialize_pem())?;
        write(&files.certificate, &made.cert.pem())?;
    }
    Maildir::create(&files.mail).map_err(|error| Failure::at(1, &files.mail, error))?;
    Ok(())
}

/// A file that only its owner reads.
fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).and_then(|mut file| file.write_all(text.as_bytes())).map_err(|error| Failure::at(1, path, error))
}

/// 100 bits that nobody can guess, in letters that are not mistaken for others.
fn random_password() -> Result<String, Failure> {
    const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let mut random = [0; 20];
    getrandom::fill(&mut random).map_err(|error| Failure::new(1, error))?;
    Ok(random.iter().map(|octet| char::from(LETTERS[usize::from(octet & 31)])).collect())
}
