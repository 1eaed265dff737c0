//! `plainwire chat join`: a place in a room, on TCP or in a multicast group.
//!
//! Each line of standard input is said to the room (`/help` tells what else a line can be); each line of the room goes to
//! standard output. The end of the input and Ctrl-C leave; the server's close ends it too.

use super::input::{self, Input};
use super::screen::Screen;
use super::{ADDRESS, GroupArgs, group};
use crate::failure::{Failure, Outcome, exit_codes};
use bytes::BytesMut;
use plainwire::chat::client::Event;
use plainwire::chat::{Client, Limits, Name, Said};
use plainwire::engine::Handler;
use plainwire::net::{Driver, Ended, Party, tcp};
use plainwire::transcript::{End, Recorder, Step};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

#[derive(clap::Args)]
#[command(after_long_help = exit_codes! {
    0 "left, or the server closed"
    1 "the connection can't be made, or broke"
    2 "the command line is wrong"
    130 "a second Ctrl-C"
})]
pub(crate) struct Args {
    /// Where the room is
    #[arg(value_name = "HOST:PORT", default_value = ADDRESS, conflicts_with = "multicast")]
    address: String,
    /// The name to ask for
    #[arg(long, value_name = "NAME", visible_alias = "nick")]
    name: Option<Name>,
    /// How long to try to connect, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    timeout: u64,
    /// Write the conversation down
    #[arg(long, value_name = "FILE", conflicts_with = "multicast")]
    transcript: Option<PathBuf>,
    #[command(flatten)]
    group: GroupArgs,
}

pub(super) fn run(args: &Args) -> Outcome {
    let limits = Limits::default();
    if let Some((address, options)) = args.group.parse().map_err(|why| Failure::new(2, why))? {
        return group::run(address, options, args.name, &limits);
    }
    let address = args.address.clone();
    let stream = tcp::connect(args.address.clone(), Duration::from_secs(args.timeout))
        .map_err(|error| Failure::new(1, format!("can't connect to {address}: {error}")))?;
    let waker = stream.waker();
    let (tell, told) = channel();
    input::start(limits.line, &tell, move || waker.wake())?;
    let mut recorder = Recorder::new(End::Client);
    recorder.note(Step::Comment(format!(" plainwire chat join {address}")));
    recorder.note(Step::Engine { protocol: "chat".into(), end: End::Client });
    let mut driver = Driver::tapped(Client::new(limits.clone()), stream, recorder);
    if let Some(name) = args.name {
        driver.say(|client, out| client.nick(name, out)).map_err(|misuse| Failure::new(2, misuse))?;
    }
    let mut talker = Talker { input: told, screen: Screen::new(limits), left: false, failure: None };
    let ended = driver.run(&mut talker);
    if let Some(path) = &args.transcript {
        let transcript = driver.tap().clone().finish();
        std::fs::write(path, transcript.to_string())
            .map_err(|error| Failure::new(1, format!("can't write {}: {error}", path.display())))?;
    }
    match (ended, talker.failure) {
        (Ok(()), None) => Ok(ExitCode::SUCCESS),
        // Who reads us went away (`plainwire chat join … | head`), and so do we.
        (_, Some(error)) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(ExitCode::SUCCESS),
        (_, Some(error)) => Err(error.into()),
        // We had said goodbye: how the server takes it is its own affair.
        (Err(Ended::Lost(_)), None) if talker.left => Ok(ExitCode::SUCCESS),
        (Err(ended), None) => Err(Failure::new(1, format!("{address}: {ended}"))),
    }
}

/// Says what is typed, and prints what is heard.
struct Talker {
    input: Receiver<Input>,
    screen: Screen,
    left: bool,
    /// Standard output failed.
    failure: Option<std::io::Error>,
}

impl Talker {
    fn leave(&mut self, client: &mut Client, out: &mut BytesMut) {
        // Refused only where it was said before.
        let _said_before = client.quit(None, out);
        self.left = true;
    }
}

impl Handler<Client> for Talker {
    fn event(&mut self, client: &mut Client, event: Event<&[u8]>, out: &mut BytesMut) {
        let printed = match event {
            Event::Heard(heard) => self.screen.heard(&heard),
            Event::Unknown { line } => self.screen.line(line),
            Event::Refused(refused) => {
                Screen::notice(format_args!("a line that can't be shown: {}", refused.why));
                Ok(())
            }
            _ => Ok(()),
        };
        if let Err(error) = printed
            && self.failure.is_none()
        {
            self.failure = Some(error);
            self.leave(client, out);
        }
    }

    fn more(&mut self, client: &mut Client, out: &mut BytesMut) -> bool {
        while !self.left {
            match self.input.try_recv() {
                Err(_) => return false,
                Ok(Input::Packet(_)) => {}
                Ok(Input::End) => {
                    self.leave(client, out);
                    return true;
                }
                Ok(Input::Line(line, _taken)) => {
                    let Ok(line) = str::from_utf8(&line) else {
                        Screen::notice("that is not UTF-8");
                        continue;
                    };
                    if line.trim().is_empty() {
                        continue;
                    }
                    match client.typed(line, out) {
                        Ok(()) => {
                            self.left = matches!(Said::parse(line.as_bytes()), Ok(Some(Said::Quit { .. })));
                            return true;
                        }
                        Err(misuse) => Screen::notice(misuse),
                    }
                }
            }
        }
        false
    }
}

impl Party<Client> for Talker {
    fn finished(&self, _: &Client) -> bool {
        self.left
    }
}
