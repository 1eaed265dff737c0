//! `plainwire inspect`: runs an engine over bytes and prints what it tells.

mod chat;
mod frame;

use crate::failure::Outcome;
use clap::Subcommand;

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    protocol: Protocol,
}

#[derive(Subcommand)]
enum Protocol {
    /// Lines of chat
    Chat(chat::Args),
}

pub(crate) fn run(args: Args) -> Outcome {
    match args.protocol {
        Protocol::Chat(args) => chat::run(&args),
    }
}
