//! `plainwire completions` and `plainwire man`: what a package installs beside the tool.

use crate::failure::Outcome;
use clap::CommandFactory;
use std::io::{self, Write as _};
use std::process::ExitCode;

/// Print a completion script for a shell
#[derive(clap::Args)]
pub(crate) struct Completions {
    /// The shell
    shell: clap_complete::Shell,
}

/// Print the manual page
#[derive(clap::Args)]
pub(crate) struct Man {
    /// Of this subcommand, as in: mail send
    #[arg(value_name = "SUBCOMMAND")]
    subcommand: Vec<String>,
}

pub(crate) fn completions<C: CommandFactory>(args: &Completions) -> Outcome {
    // Into memory first: the generator panics where writing fails.
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut C::command(), "plainwire", &mut script);
    io::stdout().lock().write_all(&script)?;
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn man<C: CommandFactory>(args: &Man) -> Outcome {
    let mut command = C::command();
    command.build();
    for name in &args.subcommand {
        command = command
            .find_subcommand(name)
            .cloned()
            .ok_or_else(|| crate::failure::Failure::new(2, format!("no subcommand {name}")))?;
    }
    clap_mangen::Man::new(command).render(&mut io::stdout().lock())?;
    Ok(ExitCode::SUCCESS)
}
