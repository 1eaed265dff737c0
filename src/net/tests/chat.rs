//! The room on both adapters at once, and on a group.

use crate::chat::datagram::{Datagram, SenderId, Voices};
use crate::chat::{Heard, Limits};
use crate::net::chat::{Bridge, Hall};
use crate::net::multicast::{Group, Interface, Options as Reach, Scope};
use crate::net::server::{Options, Port, Running};
use crate::net::{pool, reactor};
use bytes::BytesMut;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpStream};
use std::string::String;
use std::time::Duration;
use std::vec;
use std::vec::Vec;

const SOON: Duration = Duration::from_secs(20);

struct Peer(BufReader<TcpStream>);

impl Peer {
    fn join(running: &Running, name: &str) -> Self {
        let stream = TcpStream::connect(running.addresses()[0]).unwrap();
        stream.set_read_timeout(Some(SOON)).unwrap();
        let mut peer = Self(BufReader::new(stream));
        peer.says(&std::format!("/nick {name}"));
        peer.hears(&std::format!("-- you are now {name}"));
        peer
    }

    fn says(&mut self, line: &str) {
        self.0.get_mut().write_all(std::format!("{line}\n").as_bytes()).unwrap();
    }

    /// Reads up to this line; what was heard before it.
    fn hears(&mut self, wanted: &str) -> Vec<String> {
        let mut before = Vec::new();
        loop {
            let mut line = String::new();
            assert!(self.0.read_line(&mut line).unwrap() > 0, "the end came before {wanted:?}: {before:?}");
            let line = line.trim_end();
            if line == wanted {
                return before;
            }
            before.push(line.into());
        }
    }

    fn rest(&mut self) -> String {
        let mut rest = String::new();
        self.0.read_to_string(&mut rest).unwrap();
        rest
    }
}

fn both(hall: &Hall) -> [Running; 2] {
    let port = || vec![Port::bind("127.0.0.1:0", hall.clone()).unwrap()];
    [pool::start(port(), Options::default()).unwrap(), reactor::start(port(), Options::default()).unwrap()]
}

#[test]
fn one_room_on_both_adapters() {
    let hall = Hall::new(Limits::default());
    let [threads, ready] = both(&hall);
    let mut ada = Peer::join(&threads, "ada");
    let mut bob = Peer::join(&ready, "bob");
    ada.hears("-- guest-2 is now bob");
    bob.says("hello from the reactor");
    ada.hears("<bob> hello from the reactor");
    ada.says("/msg bob psst");
    bob.hears("[ada] psst");
    // Half-closed: what was said before is heard, and the member gets what it is owed.
    ada.says("going");
    ada.0.get_ref().shutdown(Shutdown::Write).unwrap();
    assert!(ada.rest().ends_with("-- bye\r\n"));
    bob.hears("<ada> going");
    bob.hears("-- ada left");
    bob.says("/quit");
    assert_eq!(bob.rest(), "-- bye\r\n");
    for running in [threads, ready] {
        let report = running.stop(SOON);
        assert_eq!((report.open, report.cut), (0, 0));
    }
    assert_eq!((hall.members(), hall.held()), (0, 0));
}

#[test]
fn everybody_is_told_when_the_server_ends() {
    for index in 0..2 {
        let hall = Hall::new(Limits::default());
        let mut servers: Vec<Running> = both(&hall).into();
        let running = servers.swap_remove(index);
        let mut peers: Vec<Peer> = (0..10).map(|number| Peer::join(&running, &std::format!("peer{number}"))).collect();
        // The answer to the second line says that the first was heard.
        peers[0].says("the last word");
        peers[0].says("/help");
        peers[0].hears("-- //TEXT says a line that begins with a slash");
        let report = running.stop(SOON);
        assert_eq!((report.open, report.cut), (0, 0));
        for (number, peer) in peers.iter_mut().enumerate() {
            let rest = peer.rest();
            assert!(
                number == 0 || rest.ends_with("<peer0> the last word\r\n-! closing: the room closes\r\n"),
                "{rest}"
            );
            assert!(rest.ends_with("-! closing: the room closes\r\n"), "{rest}");
        }
    }
}

#[test]
fn bad_lines_are_answered_on_the_wire() {
    for index in 0..2 {
        let hall = Hall::new(Limits::default());
        let mut servers: Vec<Running> = both(&hall).into();
        let running = servers.swap_remove(index);
        let mut ada = Peer::join(&running, "ada");
        let mut bob = Peer::join(&running, "bob");
        bob.says("/nick ADA");
        bob.hears("-! name-taken: ADA is taken; choose another");
        let long = std::format!("{}\n", "x".repeat(5000));
        for (said, code) in [
            (&b"\xff\xfe\n"[..], "not-utf8"),
            (b"nul \0 here\n", "control-character"),
            (b"esc \x1b[2J\n", "control-character"),
            (long.as_bytes(), "line-too-long"),
        ] {
            bob.0.get_mut().write_all(said).unwrap();
            let mut line = String::new();
            bob.0.read_line(&mut line).unwrap();
            assert!(line.starts_with(&std::format!("-! {code}: ")), "{code}: {line}");
        }
        bob.says("still here");
        // Nothing of it was relayed.
        assert_eq!(ada.hears("<bob> still here").last().unwrap(), "-- guest-2 is now bob");
        bob.0.get_mut().write_all(b"half a line").unwrap();
        bob.0.get_ref().shutdown(Shutdown::Write).unwrap();
        assert!(bob.rest().starts_with("-! "), "half a line is told");
        ada.hears("-- bob was dropped: the connection was lost");
    }
}

#[test]
fn a_group_and_a_room_are_one() {
    let hall = Hall::new(Limits::default());
    let [_, ready] = both(&hall);
    let reach = Reach::new(Interface::V4(Ipv4Addr::LOCALHOST), Scope::Host);
    let group = Group::join("239.255.77.78:0".parse().unwrap(), reach).unwrap();
    let bridge = Bridge::start(&hall, group.again().unwrap()).unwrap();
    let mut ada = Peer::join(&ready, "ada");
    let limits = Limits::default();
    let mut voices = Voices::new(SenderId(7), &limits);
    let mut send = |heard: Heard<&[u8]>| {
        let mut packet = BytesMut::new();
        let datagram = Datagram { sender: voices.me(), sequence: voices.number().unwrap(), heard };
        datagram.write(&limits, &mut packet).unwrap();
        group.send(&packet).unwrap();
        // Networks make duplicates; nobody hears them.
        group.send(&packet).unwrap();
    };
    let name = "eve".parse().unwrap();
    send(Heard::Said { name, text: b"hello" });
    ada.hears("<eve> hello");
    ada.says("/msg eve psst");
    ada.hears("[eve] I am in a multicast group, where nothing is private: say it to the room");
    ada.says("welcome");
    ada.says(&"x".repeat(2000));
    ada.hears("[multicast] that was too long for the multicast group, where it was not heard");
    send(Heard::Left { name, reason: Some(b"bye then") });
    assert!(!ada.hears("-- eve left: bye then").contains(&"<eve> hello".into()), "a duplicate was heard");
    let mut lines = Vec::new();
    let mut buffer = [0; 1500];
    while lines.last().is_none_or(|line: &String| !line.ends_with("<ada> welcome")) {
        let (length, _) = group.receive(&mut buffer, Some(SOON)).unwrap().expect("the welcome");
        let line = str::from_utf8(&buffer[..length]).unwrap();
        if !line.contains("0000000000000007") {
            lines.push(line.into());
        }
    }
    // Nothing of what eve said comes back, and nothing private goes out.
    assert!(lines.iter().all(|line| !line.contains("eve") && !line.contains("psst")), "{lines:?}");
    drop(bridge);
    ada.hears("-- multicast left");
    assert_eq!(hall.members(), 1);
}

#[test]
fn a_group_of_many_names_leaves_places_for_others() {
    let limits = Limits { members: 8, ..Limits::default() };
    let hall = Hall::new(limits.clone());
    let [_, ready] = both(&hall);
    let reach = Reach::new(Interface::V4(Ipv4Addr::LOCALHOST), Scope::Host);
    let group = Group::join("239.255.77.76:0".parse().unwrap(), reach).unwrap();
    let _bridge = Bridge::start(&hall, group.again().unwrap()).unwrap();
    let mut ada = Peer::join(&ready, "ada");
    let send = |sender: u64, sequence, text: &[u8]| {
        let name = std::format!("x{sender}").parse().unwrap();
        let mut packet = BytesMut::new();
        let datagram = Datagram { sender: SenderId(sender), sequence, heard: Heard::Said { name, text } };
        datagram.write(&limits, &mut packet).unwrap();
        group.send(&packet).unwrap();
    };
    (1..=6).for_each(|sender| send(sender, 0, b"hello"));
    send(1, 1, b"done");
    let heard = ada.hears("<x1> done");
    assert_eq!(heard.iter().filter(|line| line.ends_with("> hello")).count(), 4, "{heard:?}");
    assert_eq!(hall.members(), 6, "ada, the bridge and half of eight");
    Peer::join(&ready, "bob");
}
