//! `plainwire serve`: development servers. Each prints a line `listening on …` for each place where it listens, and
//! serves until it is interrupted.

mod echo;
mod http;
mod mail;
mod pop3;
mod smtp;

use crate::failure::{Failure, Outcome};
use clap::Subcommand;
use plainwire::net::server::{Options, Port, Running};
use plainwire::net::users::Users;
use plainwire::net::{pool, reactor};
use plainwire::sasl::Mechanism;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use std::thread;
use std::time::Duration;

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    protocol: Protocol,
}

#[derive(Subcommand)]
enum Protocol {
    /// Serve a folder by HTTP, or the answers that client authors test against
    Http(http::Args),
    Mail(mail::Args),
    /// Give out the mail of a Maildir, by POP3
    Pop3(pop3::Args),
    /// Take mail into a Maildir, by SMTP or LMTP
    Smtp(smtp::Args),
}

pub(crate) fn run(args: Args) -> Outcome {
    match args.protocol {
        Protocol::Http(args) => http::run(&args),
        Protocol::Mail(args) => mail::run(&args),
        Protocol::Pop3(args) => pop3::run(&args),
        Protocol::Smtp(args) => smtp::run(&args),
    }
}

/// How long conversations that are under way have to end when the server does.
const GRACE: Duration = Duration::from_secs(5);

/// Starts servers on ports, and ends them gracefully at the first SIGINT or SIGTERM, at once at the second.
fn start(ports: Vec<Port>, on_reactor: bool) -> Result<Running, Failure> {
    let mut signals = Signals::new([SIGINT, SIGTERM])?;
    let start = if on_reactor { reactor::start } else { pool::start };
    let running = start(ports, Options::default())?;
    let stopper = running.stopper();
    thread::Builder::new().name("signals".to_string()).spawn(move || {
        for (_, limit) in signals.forever().zip([GRACE, Duration::ZERO]) {
            stopper.stop(limit);
        }
    })?;
    Ok(running)
}

/// Listens, or says why not.
fn bind(
    address: &str,
    service: impl plainwire::net::Service,
    tls: Option<&[std::path::PathBuf]>,
) -> Result<Port, Failure> {
    let port =
        Port::bind(address, service).map_err(|error| Failure::new(1, format!("can't listen on {address}: {error}")))?;
    Ok(match tls {
        None => port,
        Some(files) => port.tls(acceptor(files)?),
    })
}

/// A TLS server's side from a certificate chain and a key, both PEM files.
fn acceptor(files: &[std::path::PathBuf]) -> Result<plainwire::net::tls::Acceptor, Failure> {
    let read = |path: &std::path::PathBuf| {
        std::fs::read(path).map_err(|error| Failure::new(1, format!("{}: {error}", path.display())))
    };
    let [certificate, key] = files else { return Err(Failure::new(2, "--tls takes a certificate and a key")) };
    plainwire::net::tls::Acceptor::builder()
        .identity_pem(&read(certificate)?, &read(key)?)
        .and_then(plainwire::net::tls::AcceptorBuilder::build)
        .map_err(|error| Failure::new(1, error))
}

/// A TLS server's side with a certificate made for this run: for `localhost`, and for what else it is reached by.
fn made(bind: std::net::IpAddr, host: &str) -> Result<plainwire::net::tls::Acceptor, Failure> {
    let mut names = vec!["localhost".to_string(), bind.to_string()];
    if !host.starts_with('[') && host != "localhost" {
        names.push(host.to_string());
    }
    let made = rcgen::generate_simple_self_signed(names).map_err(|error| Failure::new(1, error))?;
    plainwire::net::tls::Acceptor::builder()
        .identity_pem(made.cert.pem().as_bytes(), made.signing_key.serialize_pem().as_bytes())
        .and_then(plainwire::net::tls::AcceptorBuilder::build)
        .map_err(|error| Failure::new(1, error))
}

/// What the users of a file can log in by, strongest first.
fn mechanisms(users: &Users) -> Vec<Mechanism> {
    let clear = users.in_clear().then_some(Mechanism::CramMd5);
    [Mechanism::ScramSha256Plus, Mechanism::ScramSha1Plus, Mechanism::ScramSha256, Mechanism::ScramSha1]
        .into_iter()
        .chain(clear)
        .chain([Mechanism::Plain, Mechanism::Login])
        .collect()
}

/// Without what binds the channel: mutt 2.2 takes a `-PLUS` mechanism of a POP3 server that offers one, and then fails.
fn unbound(mut mechanisms: Vec<Mechanism>) -> Vec<Mechanism> {
    mechanisms.retain(|mechanism| !mechanism.binds_channel());
    mechanisms
}
