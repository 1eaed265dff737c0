//! `plainwire serve smtp`: takes mail into a Maildir, by SMTP or LMTP.

use super::listen::{Secure, log};
use super::{COMMITTERS, mechanisms};
use crate::failure::{Failure, Outcome, exit_codes};
use plainwire::net::maildir::Maildir;
use plainwire::net::smtp::serve::{Maildirs, Serve};
use plainwire::net::tls::Acceptor;
use plainwire::net::users::Users;
use plainwire::smtp::HostName;
use plainwire::smtp::server::{Config, Protocol};
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;

#[derive(clap::Args)]
#[command(after_long_help = exit_codes! {
    0 "a graceful end, by SIGINT or SIGTERM"
    1 "it can't listen, or the Maildir or a file can't be used"
    2 "the command line is wrong"
})]
pub(crate) struct Args {
    /// The Maildir that all mail goes into; it is made where it is missing
    #[arg(long, value_name = "DIR")]
    maildir: PathBuf,
    /// Speak LMTP instead of SMTP
    #[arg(long)]
    lmtp: bool,
    /// The port to listen at; 0 takes a free one
    #[arg(long, short, value_name = "PORT", default_value_t = 2525)]
    port: u16,
    /// Nobody sends before they logged in as a user of this file (see `plainwire mail user`)
    #[arg(long, value_name = "FILE")]
    auth: Option<PathBuf>,
    /// The most octets of a message
    #[arg(long, value_name = "OCTETS", default_value_t = 52_428_800)]
    max_size: u64,
    /// Connections from this address begin with a PROXY preamble
    #[arg(long, value_name = "ADDRESS")]
    proxy_from: Vec<IpAddr>,
    /// This address may say by XCLIENT who its client is
    #[arg(long, value_name = "ADDRESS")]
    xclient_from: Vec<IpAddr>,
    #[command(flatten)]
    secure: Secure,
}

pub(super) fn run(args: &Args) -> Outcome {
    let host: HostName<_> = args.secure.host.parse().map_err(|why| Secure::no_host(&args.secure.host, why))?;
    let maildir = Maildir::create(&args.maildir).map_err(|error| Failure::at(1, &args.maildir, error))?;
    // What a crash left behind.
    maildir.sweep().map_err(|error| Failure::at(1, &args.maildir, error))?;

    let mut config = Config::new(host.clone());
    config.protocol = if args.lmtp { Protocol::Lmtp } else { Protocol::Smtp };
    config.limits.message = args.max_size;
    let mut handler = Maildirs::one(maildir, host);
    if let Some(path) = &args.auth {
        let users = Users::read(path).map_err(|error| Failure::at(1, path, error))?;
        config.auth = mechanisms(&users);
        config.auth_required = true;
        config.decoy = users.decoy();
        config.decoy_iterations = users.iterations();
        config.auth_in_clear = args.secure.auth_in_clear;
        handler = handler.users(Arc::new(users));
    }
    if args.secure.listen.reactor {
        handler = handler.committers(COMMITTERS)?;
    }
    let tls = args.secure.acceptor()?;

    let handler = Arc::new(handler);
    let service = |starttls: Option<&Acceptor>| {
        let (proxies, xclients) = (args.proxy_from.clone(), args.xclient_from.clone());
        let mut service = Serve::new(Arc::clone(&handler), config.clone())
            .proxies(move |ip| proxies.contains(&ip))
            .xclients(move |ip| xclients.contains(&ip));
        if !args.secure.listen.quiet {
            service = service.log(|entry| log(entry));
        }
        match starttls {
            Some(acceptor) => service.starttls(acceptor.clone()),
            None => service,
        }
    };
    args.secure.serve(args.port, if args.lmtp { "lmtp" } else { "smtp" }, tls.as_ref(), service)
}
