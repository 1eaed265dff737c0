//! The scene of the room: one by each adapter and one by multicast.

use super::{PATIENCE, Stage};
use crate::failure::Failure;
use bytes::BytesMut;
use plainwire::chat::client::Event;
use plainwire::chat::datagram::{Datagram, Earshot, Voices};
use plainwire::chat::{Client, Heard, Limits, Misuse, Name};
use plainwire::net::chat::{Bridge, Hall, fresh_sender};
use plainwire::net::multicast::{Group, Interface, Options as Reach, Scope};
use plainwire::net::server::{Options, Port};
use plainwire::net::{Driver, pool, reactor, tcp};
use plainwire::transcript::{End, Recorder};
use std::io;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::time::Instant;

pub(super) fn play(stage: &mut Stage) -> Result<(), Failure> {
    let hall = Hall::new(Limits::default());
    let threads = pool::start(vec![Port::bind("127.0.0.1:0", hall.clone())?], Options::default())?;
    let ready = reactor::start(vec![Port::bind("127.0.0.1:0", hall.clone())?], Options::default())?;
    let group = group()?;
    let bridge = Bridge::start(&hall, group.again()?)?;
    stage.say(format_args!(
        "the room is served by threads on {}, by a reactor on {}, and in the group {} (interface 127.0.0.1, TTL 0)",
        threads.addresses()[0],
        ready.addresses()[0],
        group.address(),
    ))?;

    let mut ada = Member::join("ada", threads.addresses()[0])?;
    let mut bob = Member::join("bob", ready.addresses()[0])?;
    ada.hears("bob's name", |heard| matches!(heard, Heard::Renamed { to, .. } if to.as_str() == "bob"))?;
    let mut eve = Listener::join("eve", group)?;
    ada.hears("eve's name", |heard| matches!(heard, Heard::Renamed { to, .. } if to.as_str() == "eve"))?;
    bob.hears("eve's name", |heard| matches!(heard, Heard::Renamed { to, .. } if to.as_str() == "eve"))?;

    ada.says(|client, out| client.say("hello, who is here?", out))?;
    bob.hears("ada", |heard| matches!(heard, Heard::Said { text: b"hello, who is here?", .. }))?;
    eve.hears("ada", |heard| matches!(heard, Heard::Said { text: b"hello, who is here?", .. }))?;
    bob.says(|client, out| client.act("waves from the reactor", out))?;
    ada.hears("bob", |heard| matches!(heard, Heard::Acted { text: b"waves from the reactor", .. }))?;
    eve.hears("bob", |heard| matches!(heard, Heard::Acted { text: b"waves from the reactor", .. }))?;
    eve.says("and I am in the group, without a server")?;
    ada.hears("eve", |heard| matches!(heard, Heard::Said { name, .. } if name.as_str() == "eve"))?;
    bob.hears("eve", |heard| matches!(heard, Heard::Said { name, .. } if name.as_str() == "eve"))?;
    ada.says(|client, out| client.typed("/msg bob nobody else hears this", out))?;
    bob.hears("the private line", |heard| matches!(heard, Heard::Told { .. }))?;
    ada.hears("that it arrived", |heard| matches!(heard, Heard::Sent { .. }))?;
    bob.says(|client, out| client.quit(Some("good night"), out))?;
    bob.ends()?;
    ada.hears("bob leave", |heard| matches!(heard, Heard::Left { .. }))?;
    eve.hears("bob leave", |heard| matches!(heard, Heard::Left { .. }))?;
    eve.leaves()?;
    ada.hears("eve leave", |heard| matches!(heard, Heard::Left { .. }))?;
    ada.says(|client, out| client.quit(None, out))?;
    ada.ends()?;

    drop(bridge);
    for (served, running) in [("the threads", threads), ("the reactor", ready)] {
        let report = running.stop(PATIENCE);
        if report.open + report.cut > 0 {
            return Err(Failure::new(1, format!("{served} ended with {} cut off", report.open + report.cut)));
        }
    }
    stage.show("ada, on a thread of the pool", &ada.driver.tap().clone().finish())?;
    stage.show("bob, on the reactor", &bob.driver.tap().clone().finish())?;
    stage.say("\n-- eve, in the group (< heard, > said)")?;
    for line in eve.lines {
        stage.say(line)?;
    }
    stage.say("")?;
    Ok(())
}

/// A group on a free port of the loopback interface, where nothing leaves this host.
fn group() -> Result<Group, Failure> {
    let address = SocketAddrV4::new(Ipv4Addr::new(239, 255, 77, 77), 0);
    Group::join(address.into(), Reach::new(Interface::V4(Ipv4Addr::LOCALHOST), Scope::Host))
        .map_err(|error| Failure::new(1, format!("can't join the group {address} on 127.0.0.1: {error}")))
}

fn name(text: &str) -> Result<Name, Failure> {
    text.parse().map_err(|why| Failure::new(1, why))
}

/// Somebody on a connection.
struct Member {
    name: &'static str,
    driver: Driver<Client, tcp::Stream, Recorder>,
}

impl Member {
    fn join(called: &'static str, address: SocketAddr) -> Result<Self, Failure> {
        let stream = tcp::connect(address, PATIENCE)?;
        let driver = Driver::tapped(Client::new(Limits::default()), stream, Recorder::new(End::Client));
        let mut member = Self { name: called, driver };
        member.hears("the welcome", |heard| matches!(heard, Heard::Welcome { .. }))?;
        let wanted = name(called)?;
        member.says(|client, out| client.nick(wanted, out))?;
        member.hears("the name", |heard| matches!(heard, Heard::Named { .. }))?;
        Ok(member)
    }

    fn says(&mut self, command: impl FnOnce(&mut Client, &mut BytesMut) -> Result<(), Misuse>) -> Result<(), Failure> {
        self.driver.say(command).map_err(|misuse| self.failed(misuse))?;
        self.driver.flush().map_err(|ended| self.failed(ended))
    }

    fn hears(&mut self, what: &str, wanted: impl Fn(&Heard<&[u8]>) -> bool) -> Result<(), Failure> {
        self.driver.deadline(Some(Instant::now() + PATIENCE));
        let heard = self.driver.until(|_, event, _| match event {
            Event::Heard(heard) if wanted(&heard) => Some(()),
            _ => None,
        });
        heard.map_err(|ended| self.failed(format_args!("did not hear {what}: {ended}")))
    }

    /// Reads to the server's close.
    fn ends(&mut self) -> Result<(), Failure> {
        let ended = self.driver.until(|_, event, _| matches!(event, Event::End).then_some(()));
        ended.map_err(|ended| self.failed(ended))
    }

    fn failed(&self, why: impl std::fmt::Display) -> Failure {
        Failure::new(1, format!("{}: {why}", self.name))
    }
}

/// Somebody in the group.
struct Listener {
    name: Name,
    group: Group,
    voices: Voices,
    limits: Limits,
    lines: Vec<String>,
}

impl Listener {
    fn join(called: &str, group: Group) -> Result<Self, Failure> {
        let limits = Limits::default();
        let voices = Voices::new(fresh_sender(), &limits);
        let mut listener = Self { name: name(called)?, group, voices, limits, lines: Vec::new() };
        listener.send(Heard::Joined { name: listener.name })?;
        Ok(listener)
    }

    fn says(&mut self, text: &str) -> Result<(), Failure> {
        self.send(Heard::Said { name: self.name, text: text.as_bytes() })
    }

    fn leaves(&mut self) -> Result<(), Failure> {
        self.send(Heard::Left { name: self.name, reason: None })
    }

    fn send(&mut self, heard: Heard<&[u8]>) -> Result<(), Failure> {
        let sequence = self.voices.number().unwrap_or_default();
        let mut packet = BytesMut::new();
        let datagram = Datagram { sender: self.voices.me(), sequence, heard };
        datagram.write(&self.limits, &mut packet).map_err(|misuse| Failure::new(1, misuse))?;
        self.group.send(&packet)?;
        self.write_down('>', &packet);
        Ok(())
    }

    fn hears(&mut self, what: &str, wanted: impl Fn(&Heard<&[u8]>) -> bool) -> Result<(), Failure> {
        let due = Instant::now() + PATIENCE;
        let mut buffer = [0; 1500];
        while let Some((length, _)) =
            self.group.receive(&mut buffer, Some(due.saturating_duration_since(Instant::now())))?
        {
            let packet = &buffer[..length];
            let Ok(datagram) = Datagram::parse(packet, &self.limits) else { continue };
            if self.voices.judge(datagram.sender, datagram.sequence) != Earshot::New {
                continue;
            }
            self.write_down('<', packet);
            if wanted(&datagram.heard) {
                return Ok(());
            }
        }
        Err(io::Error::new(io::ErrorKind::TimedOut, format!("eve did not hear {what}")).into())
    }

    /// The datagram without its sender's number, which differs each time.
    fn write_down(&mut self, mark: char, packet: &[u8]) {
        let text = String::from_utf8_lossy(packet);
        let mut words = text.splitn(4, ' ');
        let (form, _, sequence, line) = (words.next(), words.next(), words.next(), words.next());
        if let (Some(form), Some(sequence), Some(line)) = (form, sequence, line) {
            self.lines.push(format!("{mark} {form} … {sequence} {line}"));
        }
    }
}
