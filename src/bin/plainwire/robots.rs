//! `plainwire robots`: asks a robots.txt.

use crate::failure::{Failure, Outcome, exit_codes};
use crate::input;
use clap::Subcommand;
use plainwire::robots::Robots;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Ask a robots.txt what a crawler may fetch (RFC 9309)
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    question: Question,
}

#[derive(Subcommand)]
enum Question {
    Check(Check),
}

/// May AGENT fetch URL? Prints the answer with the rule and the line that decided
#[derive(clap::Args)]
#[command(after_long_help = exit_codes! {
    0 "allowed"
    1 "disallowed"
    2 "no answer: the command line is wrong, or the file can't be read"
})]
struct Check {
    /// The crawler's product token; of `ExampleBot/1.0` only `ExampleBot` counts
    #[arg(long, value_name = "NAME")]
    agent: String,
    /// The URL, absolute or from its path on
    #[arg(long, value_name = "URL")]
    url: String,
    /// Print one JSON object: allowed, and the line, key and path of the rule that decided, or null
    #[arg(long)]
    json: bool,
    /// The robots.txt; standard input where none is given, or where it is `-`
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
}

pub(crate) fn run(args: Args) -> Outcome {
    let Question::Check(check) = args.question;
    let text = read(check.file.as_deref())?;
    let robots = Robots::parse(&text);
    let verdict = robots.check(&check.agent, &check.url);
    let answer = if verdict.allowed() { "allowed" } else { "disallowed" };
    let mut out = io::stdout().lock();
    if check.json {
        let rule = verdict.rule().map(|rule| {
            let key = if rule.allows() { "Allow" } else { "Disallow" };
            serde_json::json!({ "line": rule.line(), "key": key, "path": String::from_utf8_lossy(rule.path()) })
        });
        writeln!(out, "{}", serde_json::json!({ "allowed": verdict.allowed(), "rule": rule }))?;
    } else {
        match verdict.rule() {
            Some(rule) => {
                let key = if rule.allows() { "Allow" } else { "Disallow" };
                let path = String::from_utf8_lossy(rule.path());
                writeln!(out, "{answer}: line {}: {key}: {}", rule.line(), path.escape_debug())?;
            }
            None => writeln!(out, "{answer}: no rule matches")?,
        }
    }
    Ok(ExitCode::from(u8::from(!verdict.allowed())))
}

/// 1 is an answer here, so that a file that can't be read ends with 2.
fn read(file: Option<&Path>) -> Result<Vec<u8>, Failure> {
    input::read(file, 2).map_err(|failure| Failure { code: 2, ..failure })
}
