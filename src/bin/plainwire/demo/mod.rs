//! `plainwire demo`: what plainwire does, on loopback, with the conversations written down.
//!
//! A list of scenes; each is a story that sets up its own servers and clients, plays, checks what came of it, and prints
//! the transcripts.

mod chat;
mod mail;
mod smtp;
mod web;

use crate::failure::{Failure, Outcome, exit_codes};
use plainwire::transcript::{Step, Transcript};
use std::io::{self, Write as _};
use std::process::ExitCode;
use std::time::Duration;

/// One scene. A new protocol adds its own here and its story in a file of its own.
struct Scene {
    name: &'static str,
    about: &'static str,
    play: fn(&mut Stage) -> Result<(), Failure>,
}

const SCENES: &[Scene] = &[
    Scene {
        name: "chat",
        about: "one room on threads, on readiness and on a multicast group; three members talk",
        play: chat::play,
    },
    Scene {
        name: "http",
        about: "a client signs in at an app on threads, reads a folder on readiness, and fetches in segments",
        play: web::play,
    },
    Scene {
        name: "smtp",
        about: "a message with an attachment, submitted over TLS and delivered by LMTP; one recipient is nobody",
        play: smtp::play,
    },
    Scene {
        name: "mail",
        about: "the whole way of a message: built, sent by SMTP, filed, collected by POP3, read",
        play: mail::play,
    },
];

#[derive(clap::Args)]
#[command(after_long_help = exit_codes! {
    0 "every scene went as it should"
    1 "one did not"
    2 "the command line is wrong"
})]
pub(crate) struct Args {
    /// Which scenes to play; all, unless some are named
    #[arg(value_name = "SCENE", value_parser = SCENES.iter().map(|scene| scene.name).collect::<Vec<_>>())]
    scenes: Vec<String>,
    /// List the scenes and end
    #[arg(long)]
    list: bool,
    /// Show the events too, as the engines tell them
    #[arg(long)]
    events: bool,
}

pub(crate) fn run(args: &Args) -> Outcome {
    let mut out = io::stdout();
    if args.list {
        for scene in SCENES {
            writeln!(out, "{:<8} {}", scene.name, scene.about)?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    let mut stage = Stage { out, events: args.events };
    for scene in SCENES {
        if args.scenes.is_empty() || args.scenes.iter().any(|name| name == scene.name) {
            stage.title(scene)?;
            (scene.play)(&mut stage).map_err(|failure| {
                if failure.code == 0 {
                    return failure; // nobody reads on
                }
                Failure::new(failure.code, format!("the scene {} failed: {}", scene.name, failure.message))
            })?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Where scenes play.
struct Stage {
    out: io::Stdout,
    events: bool,
}

/// What a scene waits for comes at once on loopback; a busy machine gets this long.
const PATIENCE: Duration = Duration::from_secs(20);

impl Stage {
    fn title(&mut self, scene: &Scene) -> io::Result<()> {
        writeln!(self.out, "== {}: {} ==", scene.name, scene.about)
    }

    /// Something to say beside the conversations.
    fn say(&mut self, text: impl std::fmt::Display) -> io::Result<()> {
        writeln!(self.out, "{text}")
    }

    /// A conversation, under a heading.
    fn show(&mut self, heading: impl std::fmt::Display, transcript: &Transcript) -> io::Result<()> {
        let mut shown = Transcript::new();
        for step in transcript.steps() {
            if self.events || !matches!(step, Step::Told { .. }) {
                shown.push(step.clone());
            }
        }
        write!(self.out, "\n-- {heading}\n{shown}")?;
        self.out.flush()
    }
}
