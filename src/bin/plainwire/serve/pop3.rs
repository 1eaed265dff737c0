//! `plainwire serve pop3`: gives out the mail of a Maildir.

use super::{acceptor, made, mechanisms, start, unbound};
use crate::failure::{Failure, Outcome, exit_codes};
use plainwire::net::maildir::Maildir;
use plainwire::net::pop3::{Mail, Pop3};
use plainwire::net::server::Port;
use plainwire::net::tls::Acceptor;
use plainwire::net::users::Users;
use plainwire::pop3::server::Config;
use plainwire::sasl::Mechanism;
use std::io::{self, Write as _};
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

#[derive(clap::Args)]
#[command(after_long_help = exit_codes! {
    0 "a graceful end, by SIGINT or SIGTERM"
    1 "it can't listen, or the Maildir or a file can't be used"
    2 "the command line is wrong"
})]
pub(super) struct Args {
    /// The Maildir whose mail is given out; it is made where it is missing
    #[arg(long, value_name = "DIR", required_unless_present = "mbox")]
    maildir: Option<PathBuf>,
    /// The mbox file whose mail is given out, instead
    #[arg(long, value_name = "FILE", conflicts_with = "maildir")]
    mbox: Option<PathBuf>,
    /// The port to listen at; 0 takes a free one
    #[arg(long, short, value_name = "PORT", default_value_t = 1110)]
    port: u16,
    /// The address to listen at
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    bind: IpAddr,
    /// What the server calls itself
    #[arg(long, value_name = "NAME", default_value = "localhost")]
    host: String,
    /// Offer STLS with this certificate chain and key, both in PEM files; without files, with a certificate made for
    /// this run, which no client can verify
    #[arg(long, num_args = 0..=2, value_names = ["CERT", "KEY"])]
    tls: Option<Vec<PathBuf>>,
    /// Listen here as well, with TLS from the first octet; 0 takes a free port
    #[arg(long, value_name = "PORT", requires = "tls")]
    tls_port: Option<u16>,
    /// Who may log in: the users of this file (see `plainwire mail user`). Without it, whoever comes, with any password
    #[arg(long, value_name = "FILE")]
    auth: Option<PathBuf>,
    /// Let passwords be sent in clear without TLS
    #[arg(long, requires = "auth")]
    auth_in_clear: bool,
    /// Serve all connections on one thread, instead of each on its own
    #[arg(long)]
    reactor: bool,
    /// Write no log
    #[arg(long, short)]
    quiet: bool,
}

pub(super) fn run(args: &Args) -> Outcome {
    let mut config = Config::new(&args.host).map_err(|why| Failure::new(2, format!("--host {}: {why}", args.host)))?;
    if let Some(path) = &args.maildir {
        Maildir::create(path).map_err(|error| Failure::new(1, format!("{}: {error}", path.display())))?;
    }
    let Some(path) = args.maildir.as_ref().or(args.mbox.as_ref()) else {
        return Err(Failure::new(2, "--maildir or --mbox?"));
    };
    if !path.exists() {
        return Err(Failure::new(1, format!("{} is not there", path.display())));
    }
    let tls = args.tls.as_ref().map(|files| tls(files, args)).transpose()?;
    let users = match &args.auth {
        Some(file) => {
            let users = Users::read(file).map_err(|error| Failure::new(1, format!("{}: {error}", file.display())))?;
            config.auth = unbound(mechanisms(&users));
            config.apop = users.in_clear();
            config.cleartext = args.auth_in_clear;
            Mail::new(Arc::new(users), path)
        }
        None if args.bind.is_loopback() => {
            config.cleartext = true;
            config.auth = vec![Mechanism::Plain, Mechanism::Login];
            Mail::for_anybody(path)
        }
        None => {
            return Err(Failure::new(
                2,
                "without --auth anybody may log in, so --bind takes an address of this host alone",
            ));
        }
    };

    let users = if args.mbox.is_some() { users.mbox() } else { users };
    let service = |stls: Option<&Acceptor>| {
        let mut service = Pop3::new(config.clone(), users.clone());
        if let Some(acceptor) = stls {
            service = service.stls(acceptor.clone());
        }
        if !args.quiet {
            service = service.log(|peer, entry| {
                // A log that nobody reads any more is no reason to end.
                let _unread = writeln!(io::stderr().lock(), "{peer} {entry}");
            });
        }
        service
    };
    let mut ports = vec![bind(args, args.port, service(tls.as_ref()))?];
    if let (Some(port), Some(acceptor)) = (args.tls_port, &tls) {
        ports.push(bind(args, port, service(None))?.tls(acceptor.clone()));
    }
    let running = start(ports, args.reactor)?;
    let mut out = io::stdout().lock();
    for (address, secure) in running.addresses().iter().zip(["", "s"]) {
        writeln!(out, "listening on pop3{secure}://{address}/")?;
    }
    out.flush()?;
    drop(out);
    running.wait();
    Ok(ExitCode::SUCCESS)
}

fn bind(args: &Args, port: u16, service: impl plainwire::net::Service) -> Result<Port, Failure> {
    super::bind(&SocketAddr::new(args.bind, port).to_string(), service, None)
}

/// The files that were named, or a certificate of its own.
fn tls(files: &[PathBuf], args: &Args) -> Result<Acceptor, Failure> {
    if files.is_empty() { made(args.bind, &args.host) } else { acceptor(files) }
}
