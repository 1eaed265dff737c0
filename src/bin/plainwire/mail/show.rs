//! `plainwire mail show` and `plainwire mail parts`.

use super::json;
use super::source::Source;
use super::sysexits::DATA;
use crate::failure::{Failure, Outcome, exit_codes};
use plainwire::mime::{Message, Part};
use serde_json::Value;
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::process::ExitCode;

#[derive(clap::Args)]
#[command(after_long_help = exit_codes! {
    0 "shown, whatever is wrong with the message"
    1 "the output can't be written"
    2 "the command line is wrong"
    66 "the file can't be read"
})]
pub(crate) struct Args {
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    source: Source,
}

#[derive(clap::Args)]
#[command(after_long_help = exit_codes! {
    0 "shown, whatever is wrong with the message"
    1 "the output can't be written"
    2 "the command line is wrong"
    65 "the part asked for is not in the message"
    66 "the file can't be read"
})]
pub(crate) struct PartsArgs {
    /// Print a JSON list
    #[arg(long, conflicts_with = "part")]
    json: bool,
    /// Print the decoded octets of this part instead
    #[arg(long, value_name = "PATH")]
    part: Option<String>,
    #[command(flatten)]
    source: Source,
}

pub(crate) fn run(args: &Args) -> Outcome {
    let octets = args.source.read()?;
    let message = Message::parse(&octets);
    if args.json {
        return print(format!("{}\n", json::message(&message)).as_bytes());
    }
    print(for_people(&message).as_bytes())
}

pub(crate) fn parts(args: &PartsArgs) -> Outcome {
    let octets = args.source.read()?;
    let message = Message::parse(&octets);
    if let Some(path) = &args.part {
        return print(&json::decoded(&find(&message, path)?));
    }
    if args.json {
        let list: Vec<Value> = message.parts().filter(json::is_listed).map(|part| json::part(&part)).collect();
        return print(format!("{}\n", Value::from(list)).as_bytes());
    }
    let mut text = String::new();
    for part in message.parts().filter(json::is_listed) {
        text.push_str(&line(&part));
    }
    print(text.as_bytes())
}

/// The part with this path that has a content.
pub(super) fn find<'m, 'a>(message: &'m Message<'a>, path: &str) -> Result<Part<'m, 'a>, Failure> {
    message
        .parts()
        .find(|part| json::is_listed(part) && part.path() == path)
        .ok_or_else(|| Failure::new(DATA, format!("no part {path} in this message")))
}

/// One part on one line: path, type, size, name.
fn line(part: &Part<'_, '_>) -> String {
    let name = part.file_name().map(|name| format!("  {}", json::printable(&name))).unwrap_or_default();
    let size = json::decoded(part).len();
    format!("{:<8} {:<28} {size:>10}{name}\n", part.path(), json::printable(part.content_type().essence()))
}

fn for_people(message: &Message<'_>) -> String {
    let header = message.header();
    let mut text = String::new();
    let mut field = |name: &str, value: String| {
        if !value.is_empty() {
            let _never = writeln!(text, "{:<10}{}", format!("{name}:"), value.replace('\n', " "));
        }
    };
    field("From", json::printable(&header.from().to_string()));
    field("Reply-To", json::printable(&header.reply_to().to_string()));
    field("To", json::printable(&header.to().to_string()));
    field("Cc", json::printable(&header.cc().to_string()));
    field("Date", header.date().map(|date| date.to_string()).unwrap_or_default());
    field("Subject", header.subject().map(|subject| json::printable(&subject)).unwrap_or_default());
    let body = message.text_body();
    for part in &body {
        if part.content_type().kind() == "text" {
            text.push('\n');
            text.push_str(&json::printable(&part.text().replace("\r\n", "\n")));
            if !text.ends_with('\n') {
                text.push('\n');
            }
        }
    }
    let others: Vec<_> = message.parts().filter(|part| json::is_listed(part) && !body.contains(part)).collect();
    if !others.is_empty() {
        text.push_str("\nParts:\n");
        for part in others {
            text.push_str(&line(&part));
        }
    }
    let defects = message.examine();
    if !defects.is_empty() {
        text.push_str("\nDefects:\n");
        for defect in defects {
            let _never = writeln!(text, "{defect}");
        }
    }
    text
}

/// Everything to standard output; a reader that went away is no failure.
fn print(octets: &[u8]) -> Outcome {
    let mut out = io::stdout().lock();
    match out.write_all(octets).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(ExitCode::SUCCESS),
    }
}
