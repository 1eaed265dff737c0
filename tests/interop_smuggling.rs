//! What passes one server as one message never reaches the next as two: our server in front of Postfix, by our mailer,
//! and Postfix in front of our server. Each way to end a message that is none (CVE-2023-51764 to 51766 and their kin) is
//! tried with another message behind it.
#![cfg(all(feature = "cli", unix))]
#![allow(clippy::disallowed_types, clippy::disallowed_methods, reason = "peers have files, sockets and clocks")]

#[path = "support/mail_server.rs"]
mod mail_server;
#[path = "support/peers.rs"]
mod peers;

use mail_server::{messages, serve_smtp};
use peers::{Peer, has};
use plainwire::net::server::{Options, Port};
use plainwire::net::smtp::serve::{Serve, collect};
use plainwire::net::smtp::{Error, Mailer};
use plainwire::net::{pool, reactor};
use plainwire::smtp::Answer;
use plainwire::smtp::client::{self, Envelope, StartTls};
use plainwire::smtp::server::Config;
use plainwire::syntax::dots::Endings;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::Mutex;
use std::time::{Duration, Instant};

const SOON: Duration = Duration::from_secs(60);

/// Ends of a message that are none. Every one of them is text.
const FALSE_ENDS: &[&[u8]] = &[
    b"\n.\n",
    b"\n.\r\n",
    b"\r\n.\n",
    b"\r.\r",
    b"\r.\r\n",
    b"\r\n.\r",
    b"\n.\r",
    b"\r.\n",
    b"\r\n.\r\r\n",
    b"\r\r\n.\r\r\n",
    b"\r\n\0.\r\n",
    b"\r\n.\0\r\n",
    b"\r\n\x0b.\r\n",
    b"\r\n. \r\n",
    b"\r\n..\r\n",
    b"\n\n.\n\n",
    b"\r\n.\n\r\n",
    "\r\n\u{85}.\r\n".as_bytes(),
];

/// A message for `u`, with one for `v` behind a false end.
fn attack(number: usize, end: &[u8], bdat: bool) -> Vec<u8> {
    let smuggled = b"MAIL FROM:<eve@x.test>\r\nRCPT TO:<v@test>\r\nDATA\r\nSubject: smuggled\r\n\r\nsmuggled\r\n.\r\n";
    let mut text = format!("From: a@x.test\r\nTo: u@test\r\nSubject: attack {number}\r\n\r\nbefore").into_bytes();
    text.extend_from_slice(end);
    text.extend_from_slice(if bdat { &smuggled[..smuggled.len() - 3] } else { smuggled });
    let mut said = b"EHLO x.test\r\nMAIL FROM:<a@x.test>\r\nRCPT TO:<u@test>\r\n".to_vec();
    if bdat {
        said.extend(format!("BDAT {} LAST\r\n", text.len()).bytes());
    } else {
        said.extend_from_slice(b"DATA\r\n");
    }
    said.extend_from_slice(&text);
    said.extend_from_slice(b"QUIT\r\n");
    said
}

/// Says it all at once, and tells how many messages were taken.
fn taken(address: SocketAddr, said: &[u8]) -> usize {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(SOON)).unwrap();
    stream.write_all(said).unwrap();
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    let mut heard = Vec::new();
    // Who ends by a reset has said what it had to say before.
    let _reset = stream.read_to_end(&mut heard);
    let heard = String::from_utf8_lossy(&heard).into_owned();
    let queued =
        |line: &&str| line.starts_with("250 2.6.0") || (line.starts_with("250 2.0.0") && line.contains("queued as"));
    heard.lines().filter(queued).count()
}

/// How many messages a Maildir of Postfix has, once one with this subject is among them.
fn counted(folder: &Path, sentinel: &str) -> usize {
    let due = Instant::now() + SOON;
    loop {
        let texts: Vec<String> = std::fs::read_dir(folder.join("new"))
            .map(|found| {
                found
                    .filter_map(|file| {
                        Some(String::from_utf8_lossy(&std::fs::read(file.ok()?.path()).ok()?).into_owned())
                    })
                    .collect()
            })
            .unwrap_or_default();
        if texts.iter().any(|text| text.contains(&format!("Subject: {sentinel}"))) {
            return texts.len();
        }
        assert!(Instant::now() < due, "no {sentinel} in {}", folder.display());
        // Between two looks; nothing depends on how long it takes.
        std::thread::park_timeout(Duration::from_millis(50));
    }
}

#[test]
fn nothing_that_passes_us_is_two_messages_for_postfix() {
    let test = "nothing_that_passes_us_is_two_messages_for_postfix";
    if !has(test, "postfix") {
        return;
    }
    let peer = Peer::start("postfix.sh", &[]);
    let next = format!("smtp://localhost:{}", peer.port);
    let mail = peer.folder().join("mail");
    let mut passed = 0;
    for (endings, on_reactor) in [(Endings::Refuse, false), (Endings::Normalise, true)] {
        // A relay: what is accepted here has been accepted behind it.
        let mailer = Mutex::new(Mailer::new(&next).unwrap().starttls(StartTls::Never).timeout(SOON));
        let relay = collect(move |envelope, message| {
            let recipients = envelope.recipients().iter().map(|recipient| recipient.address.clone());
            let onward = Envelope::new(envelope.sender().cloned(), recipients);
            match mailer.lock().unwrap().send_octets(&onward, message) {
                Ok(_) => Ok(()),
                Err(Error::Unsendable(_)) => Err(Answer::new(554, (5, 6, 0), "not to be relayed").unwrap()),
                Err(error) => panic!("{error}"),
            }
        });
        let mut config = Config::new("front.test".parse().unwrap());
        config.endings = endings;
        let start = if on_reactor { reactor::start } else { pool::start };
        let running =
            start(vec![Port::bind("127.0.0.1:0", Serve::new(relay, config)).unwrap()], Options::default()).unwrap();
        for (number, end) in FALSE_ENDS.iter().enumerate() {
            for bdat in [false, true] {
                let count = taken(running.addresses()[0], &attack(number, end, bdat));
                assert!(count <= 1, "{endings:?} {end:?}: {count} messages");
                passed += count;
            }
        }
        running.stop(SOON);
    }
    // Sent last, delivered last: a queue of one destination.
    let sentinel = Mailer::new(&next).unwrap().starttls(StartTls::Never);
    let to = |who: &str| Envelope::new("a@x.test".parse().ok(), [who.parse().unwrap()]);
    for who in ["u@test", "v@test"] {
        sentinel.send_octets(&to(who), b"Subject: sentinel\r\n\r\n").unwrap();
    }
    assert_eq!(counted(&mail.join("v"), "sentinel"), 1, "a message was smuggled");
    let due = Instant::now() + SOON;
    while counted(&mail.join("u"), "sentinel") < passed + 1 && Instant::now() < due {
        std::thread::park_timeout(Duration::from_millis(50));
    }
    assert_eq!(counted(&mail.join("u"), "sentinel"), passed + 1);
    assert!(passed > 0, "some are text that may pass");
}

#[test]
fn nothing_that_passes_postfix_is_two_messages_for_us() {
    let test = "nothing_that_passes_postfix_is_two_messages_for_us";
    if !has(test, "postfix") {
        return;
    }
    let scratch = tempfile::tempdir().unwrap();
    let root = scratch.path().join("mail");
    let ours = serve_smtp(&["--maildir", root.to_str().unwrap(), "-q"], 1);
    let extra = format!(
        "mynetworks = 127.0.0.0/8\nsmtpd_relay_restrictions = permit_mynetworks, reject\nvirtual_mailbox_domains =\n\
         default_transport = smtp:[127.0.0.1]:{}\nsmtp_tls_security_level = none\n",
        ours.port()
    );
    let peer = Peer::start("postfix.sh", &[("POSTFIX_EXTRA", &extra)]);
    let address = SocketAddr::from(([127, 0, 0, 1], peer.port));
    let mut passed = 0;
    for (number, end) in FALSE_ENDS.iter().enumerate() {
        for bdat in [false, true] {
            passed += taken(address, &attack(number, end, bdat));
        }
    }
    assert!(passed > 0);
    // Each that Postfix took comes here once, whatever it made of it; some are refused, and none becomes two.
    let due = Instant::now() + SOON;
    let log = || std::fs::read_to_string(peer.folder().join("maillog")).unwrap_or_default();
    let done = |log: &str| {
        log.lines()
            .filter(|line| {
                line.contains("postfix/smtp[") && line.contains("status=") && !line.contains("to=<a@x.test>")
            })
            .count()
    };
    while done(&log()) < passed && Instant::now() < due {
        std::thread::park_timeout(Duration::from_millis(50));
    }
    let text = log();
    let sent = text.lines().filter(|line| line.contains("postfix/smtp[") && line.contains("status=sent")).count();
    let bounces = text.lines().filter(|line| line.contains("to=<a@x.test>") && line.contains("status=sent")).count();
    let found = messages(&root);
    assert_eq!(found.len(), sent, "{text}");
    assert!(found.len() <= passed + bounces, "{} of {passed}", found.len());
    for text in found {
        assert_eq!(text.matches("Return-Path: ").count(), 1);
    }
}

/// And by itself our mailer can't be brought to say one.
#[test]
fn our_mailer_says_no_false_end() {
    let kept: &'static Mutex<Vec<Vec<u8>>> = Box::leak(Box::default());
    let handler = collect(move |_, message| {
        kept.lock().unwrap().push(message.to_vec());
        Ok(())
    });
    let service = Serve::new(handler, Config::new("mx.test".parse().unwrap()));
    let running = pool::start(vec![Port::bind("127.0.0.1:0", service).unwrap()], Options::default()).unwrap();
    let url = format!("smtp://{}", running.addresses()[0]);
    let envelope = Envelope::new("a@x.test".parse().ok(), ["u@test".parse().unwrap()]);
    for transfer in [client::Transfer::Auto, client::Transfer::Chunks] {
        for end in FALSE_ENDS.iter().chain([&&b"\r\n.\r\n"[..]]) {
            let message = [b"Subject: x\r\n\r\nbefore", *end, b"MAIL FROM:<eve@x.test>\r\n"].concat();
            let before = kept.lock().unwrap().len();
            let sent = Mailer::new(&url).unwrap().transfer(transfer).send_octets(&envelope, &message);
            match sent {
                Ok(_) => assert_eq!(kept.lock().unwrap()[before..], [message]),
                Err(error) => {
                    assert!(matches!(error, Error::Unsendable(_)), "{end:?}: {error:?}");
                    assert_eq!(kept.lock().unwrap().len(), before);
                }
            }
        }
    }
}
