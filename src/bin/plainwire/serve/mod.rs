//! `plainwire serve`: development servers. Each prints a line `listening on …` for each place where it listens, and
//! serves until it is interrupted.

mod echo;
mod http;
mod listen;
mod mail;
mod pop3;
mod smtp;

use crate::failure::Outcome;
use clap::Subcommand;
use plainwire::net::users::Users;
use plainwire::sasl::Mechanism;

#[derive(Subcommand)]
pub(crate) enum Protocol {
    /// Serve a folder by HTTP, or the answers that client authors test against
    Http(http::Args),
    Mail(mail::Args),
    /// Give out the mail of a Maildir, by POP3
    Pop3(pop3::Args),
    /// Take mail into a Maildir, by SMTP or LMTP
    Smtp(smtp::Args),
}

pub(crate) fn run(protocol: Protocol) -> Outcome {
    match protocol {
        Protocol::Http(args) => http::run(&args),
        Protocol::Mail(args) => mail::run(&args),
        Protocol::Pop3(args) => pop3::run(&args),
        Protocol::Smtp(args) => smtp::run(&args),
    }
}

/// Threads that sync files for the reactor: enough that several wait for the disk at once.
const COMMITTERS: usize = 4;

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
