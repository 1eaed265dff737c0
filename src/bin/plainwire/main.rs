//! plainwire, the command-line tool. One file for each subcommand.
#![allow(clippy::disallowed_types, clippy::disallowed_methods, reason = "the tool has files, sockets and a clock")]

mod chat;
mod demo;
mod digest;
mod download;
mod failure;
mod get;
mod input;
mod inspect;
mod mail;
mod query;
mod replay;
mod robots;
mod serve;
mod shell;
mod url;

use clap::{Parser, Subcommand};
use failure::Failure;
use std::process::ExitCode;

/// The plain-text internet from the command line.
#[derive(Parser)]
#[command(name = "plainwire", version, about, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Talk: serve a room, or join one
    #[command(subcommand)]
    Chat(chat::Command),
    /// Show what plainwire does, on loopback, with the conversations written down
    Demo(demo::Args),
    Completions(shell::Completions),
    Download(download::Args),
    Get(get::Args),
    /// Run an engine over bytes and print its events
    #[command(subcommand)]
    Inspect(inspect::Protocol),
    Man(shell::Man),
    /// Read, write, send and collect mail
    #[command(subcommand)]
    Mail(mail::Action),
    Query(query::Args),
    Replay(replay::Args),
    Robots(robots::Args),
    /// Serve files, mail or answers to test against
    #[command(subcommand)]
    Serve(serve::Protocol),
    Url(url::Args),
}

fn main() -> ExitCode {
    let cli = Cli::try_parse().unwrap_or_else(|error| {
        // A reader that went away is no reason to say more.
        let _unread = error.print();
        // Help and version are no failures; `mail send` ends as sysexits.h has it (EX_USAGE), all else with 2.
        let sends = std::env::args_os().skip(1).take(2).eq(["mail", "send"]);
        std::process::exit(if !error.use_stderr() {
            0
        } else if sends {
            64
        } else {
            2
        })
    });
    let outcome = match cli.command {
        Command::Chat(command) => chat::run(command),
        Command::Completions(args) => shell::completions::<Cli>(&args),
        Command::Demo(args) => demo::run(&args),
        Command::Download(args) => download::run(&args),
        Command::Get(args) => get::run(&args),
        Command::Inspect(protocol) => inspect::run(protocol),
        Command::Man(args) => shell::man::<Cli>(&args),
        Command::Mail(action) => mail::run(action),
        Command::Query(args) => query::run(args),
        Command::Replay(args) => replay::run(&args),
        Command::Robots(args) => robots::run(args),
        Command::Serve(protocol) => serve::run(protocol),
        Command::Url(args) => url::run(args),
    };
    outcome.unwrap_or_else(Failure::report)
}
