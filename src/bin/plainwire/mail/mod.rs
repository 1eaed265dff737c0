//! `plainwire mail`: reading and writing messages, sending and collecting them.

mod extract;
mod fetch;
pub(crate) mod json;
pub(crate) mod password;
mod send;
mod show;
mod source;
mod sysexits;
mod trust;
mod user;

use crate::failure::Outcome;
use clap::Subcommand;

#[derive(Subcommand)]
#[expect(clippy::large_enum_variant, reason = "one is made in the life of the process")]
pub(crate) enum Action {
    /// Show a message: who, what, when, its text, its parts and what is wrong with it
    Show(show::Args),
    /// List the parts of a message, or print one of them decoded
    Parts(show::PartsArgs),
    /// Save attachments under names that are safe
    Extract(extract::Args),
    Fetch(fetch::Args),
    Send(send::Args),
    /// Print the line of a user for a file of users, with the password hashed
    User(user::Args),
}

pub(crate) fn run(action: Action) -> Outcome {
    match action {
        Action::Show(args) => show::run(&args),
        Action::Parts(args) => show::parts(&args),
        Action::Extract(args) => extract::run(&args),
        Action::Fetch(args) => fetch::run(&args),
        Action::Send(args) => send::run(&args),
        Action::User(args) => user::run(&args),
    }
}
