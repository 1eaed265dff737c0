//! `plainwire serve`: development servers. Each prints a line `listening on …` for each place where it listens, and
//! serves until it is interrupted.

mod echo;
mod http;
mod pop3;
mod smtp;

use crate::failure::{Failure, Outcome};
use clap::Subcommand;
use plainwire::net::server::{Options, Port, Running};
use plainwire::net::{pool, reactor};
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
    /// Give out the mail of a Maildir, by POP3
    Pop3(pop3::Args),
    /// Take mail into a Maildir, by SMTP or LMTP
    Smtp(smtp::Args),
}

pub(crate) fn run(args: Args) -> Outcome {
    match args.protocol {
        Protocol::Http(args) => http::run(&args),
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
