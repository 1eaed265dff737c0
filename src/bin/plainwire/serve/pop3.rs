//! `plainwire serve pop3`: gives out the mail of a Maildir.

use super::listen::{Secure, log};
use super::{mechanisms, unbound};
use crate::failure::{Failure, Outcome, exit_codes};
use plainwire::net::maildir::Maildir;
use plainwire::net::pop3::{Mail, Pop3};
use plainwire::net::tls::Acceptor;
use plainwire::net::users::Users;
use plainwire::pop3::server::Config;
use plainwire::sasl::Mechanism;
use std::path::PathBuf;
use std::sync::Arc;

#[derive(clap::Args)]
#[command(after_long_help = exit_codes! {
    0 "a graceful end, by SIGINT or SIGTERM"
    1 "it can't listen, or the Maildir or a file can't be used"
    2 "the command line is wrong"
})]
pub(crate) struct Args {
    /// The Maildir whose mail is given out; it is made where it is missing
    #[arg(long, value_name = "DIR", required_unless_present = "mbox")]
    maildir: Option<PathBuf>,
    /// The mbox file whose mail is given out, instead
    #[arg(long, value_name = "FILE", conflicts_with = "maildir")]
    mbox: Option<PathBuf>,
    /// The port to listen at; 0 takes a free one
    #[arg(long, short, value_name = "PORT", default_value_t = 1110)]
    port: u16,
    /// Who may log in: the users of this file (see `plainwire mail user`). Without it, whoever comes, with any password
    #[arg(long, value_name = "FILE")]
    auth: Option<PathBuf>,
    #[command(flatten)]
    secure: Secure,
}

pub(super) fn run(args: &Args) -> Outcome {
    let mut config = Config::new(&args.secure.host).map_err(|why| Secure::no_host(&args.secure.host, why))?;
    if let Some(path) = &args.maildir {
        Maildir::create(path).map_err(|error| Failure::at(1, path, error))?;
    }
    let Some(path) = args.maildir.as_ref().or(args.mbox.as_ref()) else {
        return Err(Failure::new(2, "--maildir or --mbox?"));
    };
    if !path.exists() {
        return Err(Failure::new(1, format!("{} is not there", path.display())));
    }
    let tls = args.secure.acceptor()?;
    let users = match &args.auth {
        Some(file) => {
            let users = Users::read(file).map_err(|error| Failure::at(1, file, error))?;
            config.auth = unbound(mechanisms(&users));
            config.apop = users.in_clear();
            config.decoy = users.decoy();
            config.decoy_iterations = users.iterations();
            config.cleartext = args.secure.auth_in_clear;
            Mail::new(Arc::new(users), path)
        }
        None if args.secure.listen.bind.is_loopback() => {
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
        if !args.secure.listen.quiet {
            service = service.log(|peer, entry| log(format_args!("{peer} {entry}")));
        }
        service
    };
    args.secure.serve(args.port, "pop3", tls.as_ref(), service)
}
