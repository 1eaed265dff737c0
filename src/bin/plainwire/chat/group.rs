//! A place in a multicast group: no server, one datagram for each line.

use super::input::{self, Input};
use super::screen::Screen;
use crate::failure::{Failure, Outcome};
use bytes::BytesMut;
use plainwire::chat::datagram::{Datagram, Earshot, Voices};
use plainwire::chat::{Heard, Limits, Misuse, Name, Said};
use plainwire::net::chat::fresh_sender;
use plainwire::net::multicast::{Group, Options};
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::mpsc::channel;
use std::thread;

/// Talks in the group until the input ends.
pub(super) fn run(address: SocketAddr, options: Options, name: Option<Name>, limits: &Limits) -> Outcome {
    let group = Group::join(address, options)
        .map_err(|error| Failure::new(1, format!("can't join the group {address}: {error}")))?;
    let sender = fresh_sender();
    let name = match name {
        Some(name) => name,
        None => Name::new(format!("guest-{:04x}", sender.0 & 0xffff).as_bytes()).map_err(|why| Failure::new(1, why))?,
    };
    let (tell, told) = channel();
    input::start(limits.line, &tell, || ())?;
    let listener = group.try_clone()?;
    let longest = limits.datagram + 1;
    thread::Builder::new().name("listener".to_string()).spawn(move || {
        let mut buffer = vec![0; longest];
        // The socket does not fail for good while it exists, and it exists as long as we do.
        while let Ok(heard) = listener.receive(&mut buffer, None) {
            if let Some((length, _)) = heard
                && tell.send(Input::Packet(buffer[..length].to_vec())).is_err()
            {
                return;
            }
        }
    })?;
    let mut place = Place {
        group,
        name,
        voices: Voices::new(sender, limits),
        limits: limits.clone(),
        screen: Screen::new(limits.clone()),
    };
    place.send(Heard::Joined { name })?;
    // Nobody hears a goodbye from one who prints to a reader that went away, but the others should.
    let mut outcome = Ok(());
    for input in told {
        match input {
            Input::End => break,
            Input::Packet(packet) => outcome = place.heard(&packet),
            Input::Line(line, _taken) => match place.typed(&line) {
                Ok(true) => {}
                Ok(false) => return Ok(ExitCode::SUCCESS),
                Err(error) => outcome = Err(error),
            },
        }
        if outcome.is_err() {
            break;
        }
    }
    let name = place.name;
    place.send(Heard::Left { name, reason: None })?;
    match outcome {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(ExitCode::SUCCESS),
    }
}

struct Place {
    group: Group,
    name: Name,
    voices: Voices,
    limits: Limits,
    screen: Screen,
}

impl Place {
    fn heard(&mut self, packet: &[u8]) -> std::io::Result<()> {
        // What is not of this form is not for us.
        let Ok(datagram) = Datagram::parse(packet, &self.limits) else { return Ok(()) };
        match self.voices.judge(datagram.sender, datagram.sequence) {
            Earshot::New => self.screen.heard(&datagram.heard),
            Earshot::Own | Earshot::Heard => Ok(()),
        }
    }

    /// Says what was typed. `false`: that was the last.
    fn typed(&mut self, line: &[u8]) -> std::io::Result<bool> {
        let name = self.name;
        match Said::parse(line) {
            Ok(None) => {}
            Ok(Some(Said::Say { text })) => self.send(Heard::Said { name, text })?,
            Ok(Some(Said::Act { text })) => self.send(Heard::Acted { name, text })?,
            Ok(Some(Said::Nick { name: to })) => {
                self.send(Heard::Renamed { from: name, to })?;
                self.name = to;
                self.screen.heard(&Heard::Named { name: to })?;
            }
            Ok(Some(Said::Quit { reason })) => {
                self.send(Heard::Left { name, reason })?;
                return Ok(false);
            }
            Ok(Some(Said::Tell { .. })) => Screen::notice("nothing is private in a multicast group"),
            Ok(Some(Said::Who)) => Screen::notice("nobody knows who listens to a multicast group"),
            Ok(Some(_)) => Screen::notice("in a multicast group there are /me TEXT, /nick NAME and /quit"),
            Err((why, _)) => Screen::notice(why),
        }
        Ok(true)
    }

    fn send(&mut self, heard: Heard<&[u8]>) -> std::io::Result<()> {
        let Some(sequence) = self.voices.number() else {
            Screen::notice("enough was said; join again");
            return Ok(());
        };
        let mut packet = BytesMut::new();
        let datagram = Datagram { sender: self.voices.me(), sequence, heard };
        match datagram.write(&self.limits, &mut packet) {
            Ok(()) => self.group.send(&packet),
            Err(Misuse::TooLong(most)) => {
                Screen::notice(format_args!("that is longer than a datagram of {most} octets"));
                Ok(())
            }
            Err(misuse) => {
                Screen::notice(misuse);
                Ok(())
            }
        }
    }
}
