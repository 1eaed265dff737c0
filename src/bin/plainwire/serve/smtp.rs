//! `plainwire serve smtp`: takes mail into a Maildir, by SMTP or LMTP.

use super::{acceptor, made, mechanisms, start};
use crate::failure::{Failure, Outcome, exit_codes};
use plainwire::net::maildir::Maildir;
use plainwire::net::server::Port;
use plainwire::net::smtp::serve::{Maildirs, Serve};
use plainwire::net::tls::Acceptor;
use plainwire::net::users::Users;
use plainwire::smtp::HostName;
use plainwire::smtp::server::{Config, Protocol};
use std::io::{self, Write as _};
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

#[derive(clap::Args)]
#[command(after_long_help = exit_codes! {
    0 "a graceful end, by SIGINT or SIGTERM"
    1 "it can't listen, or the Maildir or a file can't be used"
    2 "the command line is wrong"
})]
pub(super) struct Args {
    /// The Maildir that all mail goes into; it is made where it is missing
    #[arg(long, value_name = "DIR")]
    maildir: PathBuf,
    /// Speak LMTP instead of SMTP
    #[arg(long)]
    lmtp: bool,
    /// The port to listen at; 0 takes a free one
    #[arg(long, short, value_name = "PORT", default_value_t = 2525)]
    port: u16,
    /// The address to listen at
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    bind: IpAddr,
    /// What the server calls itself
    #[arg(long, value_name = "NAME", default_value = "localhost")]
    host: String,
    /// Offer STARTTLS with this certificate chain and key, both in PEM files; without files, with a certificate made
    /// for this run, which no client can verify
    #[arg(long, num_args = 0..=2, value_names = ["CERT", "KEY"])]
    tls: Option<Vec<PathBuf>>,
    /// Listen here as well, with TLS from the first octet; 0 takes a free port
    #[arg(long, value_name = "PORT", requires = "tls")]
    tls_port: Option<u16>,
    /// Nobody sends before they logged in as a user of this file (see `plainwire mail user`)
    #[arg(long, value_name = "FILE")]
    auth: Option<PathBuf>,
    /// Let passwords be sent in clear without TLS
    #[arg(long, requires = "auth")]
    auth_in_clear: bool,
    /// The most octets of a message
    #[arg(long, value_name = "OCTETS", default_value_t = 52_428_800)]
    max_size: u64,
    /// Connections from this address begin with a PROXY preamble
    #[arg(long, value_name = "ADDRESS")]
    proxy_from: Vec<IpAddr>,
    /// This address may say by XCLIENT who its client is
    #[arg(long, value_name = "ADDRESS")]
    xclient_from: Vec<IpAddr>,
    /// Serve all connections on one thread, instead of each on its own
    #[arg(long)]
    reactor: bool,
    /// Write no log
    #[arg(long, short)]
    quiet: bool,
}

/// Threads that sync files for the reactor: enough that several wait for the disk at once.
const COMMITTERS: usize = 4;

pub(super) fn run(args: &Args) -> Outcome {
    let host: HostName<_> = args.host.parse().map_err(|why| Failure::new(2, format!("--host {}: {why}", args.host)))?;
    let maildir = Maildir::create(&args.maildir).map_err(|error| at(&args.maildir, &error))?;
    // What a crash left behind.
    maildir.sweep().map_err(|error| at(&args.maildir, &error))?;

    let mut config = Config::new(host.clone());
    config.protocol = if args.lmtp { Protocol::Lmtp } else { Protocol::Smtp };
    config.limits.message = args.max_size;
    let mut handler = Maildirs::one(maildir, host);
    if let Some(path) = &args.auth {
        let users = Users::read(path).map_err(|error| at(path, &error))?;
        config.auth = mechanisms(&users);
        config.auth_required = true;
        config.auth_in_clear = args.auth_in_clear;
        handler = handler.users(Arc::new(users));
    }
    if args.reactor {
        handler = handler.committers(COMMITTERS)?;
    }
    let tls = args.tls.as_ref().map(|files| tls(files, args)).transpose()?;

    let handler = Arc::new(handler);
    let service = |starttls: Option<&Acceptor>| {
        let (proxies, xclients) = (args.proxy_from.clone(), args.xclient_from.clone());
        let mut service = Serve::new(Arc::clone(&handler), config.clone())
            .proxies(move |ip| proxies.contains(&ip))
            .xclients(move |ip| xclients.contains(&ip));
        if !args.quiet {
            service = service.log(|entry| {
                // A log that nobody reads any more is no reason to end.
                let _unread = writeln!(io::stderr().lock(), "{entry}");
            });
        }
        match starttls {
            Some(acceptor) => service.starttls(acceptor.clone()),
            None => service,
        }
    };
    let mut ports = vec![bind(args, args.port, service(tls.as_ref()))?];
    if let (Some(port), Some(acceptor)) = (args.tls_port, &tls) {
        ports.push(bind(args, port, service(None))?.tls(acceptor.clone()));
    }
    let running = start(ports, args.reactor)?;
    let scheme = if args.lmtp { "lmtp" } else { "smtp" };
    let mut out = io::stdout().lock();
    for (address, secure) in running.addresses().iter().zip(["", "s"]) {
        writeln!(out, "listening on {scheme}{secure}://{address}/")?;
    }
    out.flush()?;
    drop(out);
    running.wait();
    Ok(ExitCode::SUCCESS)
}

fn at(path: &Path, error: &io::Error) -> Failure {
    Failure::new(1, format!("{}: {error}", path.display()))
}

fn bind(args: &Args, port: u16, service: impl plainwire::net::Service) -> Result<Port, Failure> {
    super::bind(&SocketAddr::new(args.bind, port).to_string(), service, None)
}

/// The files that were named, or a certificate of its own.
fn tls(files: &[PathBuf], args: &Args) -> Result<Acceptor, Failure> {
    if files.is_empty() { made(args.bind, &args.host) } else { acceptor(files) }
}
