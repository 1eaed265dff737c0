//! `plainwire mail user`: the line of a user, for the file of `plainwire serve smtp --auth`.

use super::password::Source;
use crate::failure::{Failure, Outcome, exit_codes};
use plainwire::net::users;
use std::io::{self, Write as _};
use std::process::ExitCode;

#[derive(clap::Args)]
#[command(after_long_help = exit_codes! {
    0 "printed"
    1 "there is no password, or the name or password can't stand in such a file"
    2 "the command line is wrong"
})]
pub(crate) struct Args {
    /// The user's name
    #[arg(value_name = "NAME")]
    name: String,
    /// Keep the password in clear, which CRAM-MD5 and APOP need
    #[arg(long)]
    clear: bool,
    #[command(flatten)]
    password: Source,
}

pub(super) fn run(args: &Args) -> Outcome {
    let password = args.password.read(&format!("password of {}: ", args.name), 1)?;
    let made = if args.clear { users::entry_in_clear } else { users::entry };
    let line = made(&args.name, &password).map_err(|why| Failure::new(1, why))?;
    writeln!(io::stdout(), "{line}")?;
    Ok(ExitCode::SUCCESS)
}
