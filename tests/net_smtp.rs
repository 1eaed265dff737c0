//! SMTP and LMTP on the wire: the server on both adapters, delivery, TLS, logging in.
#![cfg(feature = "cli")]
#![allow(clippy::disallowed_types, clippy::disallowed_methods, reason = "sockets and clocks are what is tested")]

#[path = "support/smtp.rs"]
mod smtp;

use plainwire::net::maildir::Maildir;
use plainwire::net::server::{Options, Port, Running};
use plainwire::net::smtp::serve::{Client, Decision, Envelope, Handler, Intake, Maildirs, Serve, collect};
use plainwire::net::tls::Connector;
use plainwire::net::users::Users;
use plainwire::net::{pool, reactor, tcp};
use plainwire::sasl::{Binding, BindingKind, Credentials, Mechanism, Nonce, Store, base64};
use plainwire::smtp::Answer;
use plainwire::smtp::server::Protocol;
use smtp::{MECHANISMS, SOON, Stern, config, messages, no, tls, users_of_a_file};
use std::io::{Read, Write};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Instant;

/// Runs `test` on each adapter.
fn each<H: Handler>(serve: impl Fn() -> Serve<H>, test: impl Fn(&Running)) {
    for start in [pool::start, reactor::start] {
        let running = start(vec![Port::bind("127.0.0.1:0", serve()).unwrap()], Options::default()).unwrap();
        test(&running);
        let report = running.stop(SOON);
        assert_eq!((report.open, report.cut), (0, 0));
    }
}

/// Somebody who types.
struct Peer(tcp::Stream);

impl Peer {
    fn connect(running: &Running) -> Self {
        let mut peer = Self(tcp::connect(running.addresses()[0], SOON).unwrap());
        peer.hear("220 ");
        peer
    }

    fn say(&mut self, text: &str) {
        self.0.write_all(text.as_bytes()).unwrap();
    }

    /// One reply, with all its lines.
    fn reply(&mut self) -> String {
        let mut heard = Vec::new();
        loop {
            let start = heard.len();
            while !heard.ends_with(b"\n") || heard.len() == start {
                let mut octet = [0];
                if self.0.read(&mut octet).unwrap() == 0 {
                    return String::from_utf8(heard).unwrap();
                }
                heard.push(octet[0]);
            }
            if heard.get(start + 3) != Some(&b'-') {
                return String::from_utf8(heard).unwrap();
            }
        }
    }

    fn hear(&mut self, begins: &str) -> String {
        let reply = self.reply();
        assert!(reply.starts_with(begins), "{reply:?} is not {begins}");
        reply
    }

    /// Says a line and hears the reply.
    fn ask(&mut self, line: &str, begins: &str) -> String {
        self.say(&format!("{line}\r\n"));
        self.hear(begins)
    }

    fn closed(&mut self) {
        assert_eq!(self.reply(), "");
    }

    fn envelope(&mut self) {
        self.ask("MAIL FROM:<ada@a.test>", "250 ");
        self.ask("RCPT TO:<bob@b.test>", "250 ");
    }

    fn secure(self, connector: &Connector) -> Self {
        let mut stream = self.0;
        stream.secure(connector, "localhost", SOON).unwrap();
        Self(stream)
    }
}

fn in_tmp(root: &Path) -> usize {
    std::fs::read_dir(root.join("tmp")).unwrap().count()
}

#[test]
fn what_is_accepted_lies_in_the_maildir_with_its_trace() {
    let scratch = tempfile::tempdir().unwrap();
    let root = scratch.path().join("mail");
    let serve = || {
        let handler = Maildirs::one(Maildir::create(&root).unwrap(), "mx.test".parse().unwrap());
        Serve::new(handler.committers(2).unwrap(), config())
    };
    each(serve, |running| {
        let before = messages(&root).len();
        let mut peer = Peer::connect(running);
        peer.ask("EHLO client.test", "250-mx.test");
        peer.say("MAIL FROM:<ada@a.test>\r\nRCPT TO:<bob@b.test>\r\nRCPT TO:<eve@b.test>\r\nDATA\r\n");
        for code in ["250 ", "250 ", "250 ", "354 "] {
            peer.hear(code);
        }
        peer.say("Subject: hello\r\n\r\n..dotted\r\nlast\r\n.\r\nQUIT\r\n");
        peer.hear("250 2.6.0 ");
        // It is there before the client hears so.
        assert_eq!(messages(&root).len(), before + 1);
        peer.hear("221 ");
        peer.closed();
        let text = messages(&root).pop().unwrap();
        let head = "Return-Path: <ada@a.test>\r\nDelivered-To: bob@b.test\r\nDelivered-To: eve@b.test\r\n\
            Received: from client.test ([127.0.0.1])\r\n\tby mx.test with ESMTP id ";
        assert!(text.starts_with(head), "{text}");
        assert!(text.ends_with("Subject: hello\r\n\r\n.dotted\r\nlast\r\n"), "{text}");
        assert_eq!(in_tmp(&root), 0);
    });
}

#[test]
fn a_message_that_breaks_off_leaves_nothing() {
    let scratch = tempfile::tempdir().unwrap();
    let root = scratch.path().join("mail");
    let serve = || Serve::new(Maildirs::one(Maildir::create(&root).unwrap(), "mx.test".parse().unwrap()), config());
    each(serve, |running| {
        let mut peer = Peer::connect(running);
        peer.ask("EHLO client.test", "250");
        // Broken off between two chunks, by RSET.
        peer.envelope();
        peer.say("BDAT 4\r\nab\r\n");
        peer.hear("250 ");
        peer.ask("RSET", "250 ");
        assert_eq!(in_tmp(&root), 0);
        // Spoiled by a LF on its own.
        peer.envelope();
        peer.ask("DATA", "354 ");
        peer.ask("a\nb\r\n.", "550 5.6.0");
        assert_eq!((in_tmp(&root), messages(&root).len()), (0, 0));
        // Broken off by the end of the connection.
        peer.envelope();
        peer.ask("DATA", "354 ");
        peer.say("half a mess");
        peer.0.finish().unwrap();
        peer.closed();
        // The connection is closed before its party is dropped.
        let due = Instant::now() + SOON;
        while in_tmp(&root) > 0 && Instant::now() < due {
            std::thread::yield_now();
        }
        assert_eq!((in_tmp(&root), messages(&root).len()), (0, 0));
    });
}

#[test]
fn chunks_make_one_message_and_the_next_one_another() {
    let scratch = tempfile::tempdir().unwrap();
    let root = scratch.path().join("mail");
    let serve = || Serve::new(Maildirs::one(Maildir::create(&root).unwrap(), "mx.test".parse().unwrap()), config());
    each(serve, |running| {
        let before = messages(&root).len();
        let mut peer = Peer::connect(running);
        peer.ask("EHLO client.test", "250");
        for number in 0..2 {
            peer.envelope();
            peer.say(&format!("BDAT 11\r\nSubject: {number}\r"));
            peer.hear("250 ");
            peer.say("BDAT 3\r\n\n\r\n");
            peer.hear("250 ");
            peer.ask("BDAT 0 LAST", "250 ");
        }
        let found = messages(&root);
        assert_eq!(found.len(), before + 2);
        let number = |text: &String| text.split_once("Subject: ").unwrap().1.to_string();
        let mut numbers: Vec<_> = found[before..].iter().map(number).collect();
        numbers.sort();
        assert_eq!(numbers, ["0\r\n\r\n", "1\r\n\r\n"]);
    });
}

#[test]
fn each_recipient_has_a_maildir_of_their_own_and_lmtp_tells_each() {
    let scratch = tempfile::tempdir().unwrap();
    let root = scratch.path().to_path_buf();
    let serve = || {
        let root = root.clone();
        let lookup = move |address: &plainwire::smtp::Address| match &*address.name() {
            "ada" | "a.d.a" => Maildir::create(root.join("ada")).ok(),
            "bob" => Maildir::create(root.join("bob")).ok(),
            _ => None,
        };
        let mut config = config();
        config.protocol = Protocol::Lmtp;
        Serve::new(Maildirs::each(lookup, "mx.test".parse().unwrap()), config)
    };
    each(serve, |running| {
        let (ada, bob) = (messages(&root.join("ada")).len(), messages(&root.join("bob")).len());
        let mut peer = Peer::connect(running);
        peer.ask("EHLO client.test", "500 ");
        peer.ask("LHLO client.test", "250-");
        peer.ask("MAIL FROM:<>", "250 ");
        peer.ask("RCPT TO:<ada@b.test>", "250 ");
        peer.ask("RCPT TO:<eve@b.test>", "550 5.1.1 ");
        peer.ask("RCPT TO:<bob@b.test>", "250 ");
        peer.ask("RCPT TO:<a.d.a@b.test>", "250 ");
        peer.ask("DATA", "354 ");
        peer.say("Subject: x\r\n\r\n.\r\nQUIT\r\n");
        for code in ["250 2.6.0", "250 2.6.0", "250 2.6.0", "221 "] {
            peer.hear(code);
        }
        let (adas, bobs) = (messages(&root.join("ada")), messages(&root.join("bob")));
        assert_eq!((adas.len(), bobs.len()), (ada + 1, bob + 1));
        let newest = adas.last().unwrap();
        assert!(newest.contains("Delivered-To: ada@b.test\r\nDelivered-To: a.d.a@b.test\r\n"), "{newest}");
        assert!(newest.contains(" with LMTP id ") && newest.starts_with("Return-Path: <>\r\n"), "{newest}");
        assert!(!newest.contains("bob"), "{newest}");
        assert!(bobs.last().unwrap().contains("for <bob@b.test>;"));
    });
}

#[test]
fn every_decision_is_the_handlers() {
    let serve = || {
        let mut config = config();
        config.queries = true;
        Serve::new(Stern, config).xclients(|ip| ip.is_loopback())
    };
    each(serve, |running| {
        let mut peer = Peer::connect(running);
        peer.ask("EHLO bad.test", "550 bad name");
        peer.ask("EHLO good.test", "250");
        peer.ask("VRFY ada", "250 2.1.5 <ada@b.test>");
        peer.ask("VRFY bob", "252 ");
        peer.ask("MAIL FROM:<bad@a.test>", "550 5.7.1 bad sender");
        peer.ask("MAIL FROM:<good@a.test>", "250 ");
        peer.ask("RCPT TO:<bad@b.test>", "550 5.7.1 bad recipient");
        peer.ask("RCPT TO:<odd@b.test>", "451 4.3.0 ");
        peer.ask("RCPT TO:<one@b.test>", "250 ");
        peer.ask("RCPT TO:<two@b.test>", "250 ");
        peer.ask("RCPT TO:<three@b.test>", "452 4.7.1 enough");
        peer.ask("DATA", "354 ");
        peer.ask("hello\r\n.", "250 2.6.0");
        for (text, reply) in [("\r\n\r\n", "550 5.7.1 four"), ("virus\r\nof the worst\r\n", "554 5.7.1 a virus")] {
            peer.envelope();
            peer.ask("DATA", "354 ");
            peer.ask(&format!("{text}."), reply);
        }
        // A verdict that nobody gave.
        peer.envelope();
        peer.say("BDAT 3 LAST\r\nabc");
        peer.hear("451 4.3.0");
        peer.ask("MAIL FROM:<ada@a.test>", "250 ");
        peer.ask("RCPT TO:<late@b.test>", "250 ");
        peer.ask("DATA", "354 ");
        peer.ask("hello\r\n.", "554 5.7.1 no message for late");
        // A trusted proxy says who it really is, and that one is not welcome.
        peer.ask("XCLIENT ADDR=192.0.2.66", "554 not you");
        peer.ask("EHLO good.test", "503 ");
        peer.ask("QUIT", "221 ");
        peer.closed();
    });
}

#[test]
fn pipelined_messages_are_answered_in_their_order() {
    each(
        || Serve::new(Stern, config()),
        |running| {
            let mut peer = Peer::connect(running);
            let message = "MAIL FROM:<a@a.test>\r\nRCPT TO:<b@b.test>\r\nRCPT TO:<bad@b.test>\r\n";
            peer.say(&format!(
                "EHLO x.test\r\n{message}BDAT 4 LAST\r\nfour{message}BDAT 5 LAST\r\nfive!{message}RSET\r\nQUIT\r\n"
            ));
            let codes = ["250-", "250 ", "250 ", "550 ", "550 5.7.1 four", "250 ", "250 ", "550 ", "250 2.6.0"];
            for code in codes.into_iter().chain(["250 ", "250 ", "550 ", "250 ", "221 "]) {
                peer.hear(code);
            }
            peer.closed();
        },
    );
}

#[test]
fn the_proxys_client_is_the_client() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    struct Note(Arc<Mutex<Vec<String>>>);
    impl Handler for Note {
        fn connection(&self, client: &Client) -> Decision {
            self.0.lock().unwrap().push(format!("{} {}", client.address(), client.local()));
            Ok(())
        }
        fn message(&self, _: &Client, _: &Envelope) -> Result<Box<dyn Intake>, Answer> {
            Err(no(554, "no messages"))
        }
    }
    each(
        || Serve::new(Note(Arc::clone(&seen)), config()).proxies(|ip| ip.is_loopback()),
        |running| {
            let mut peer = Peer(tcp::connect(running.addresses()[0], SOON).unwrap());
            peer.say("PROXY TCP4 192.0.2.7 192.0.2.25 4711 25\r\n");
            peer.hear("220 mx.test");
            peer.ask("QUIT", "221 ");
            assert_eq!(seen.lock().unwrap().pop().unwrap(), "192.0.2.7:4711 192.0.2.25:25");
            // Without the preamble nobody is served.
            let mut peer = Peer(tcp::connect(running.addresses()[0], SOON).unwrap());
            peer.say("EHLO x.test\r\n");
            peer.closed();
        },
    );
}

/// Logs in; tells the last reply.
fn log_in(peer: &mut Peer, mechanism: Mechanism, user: &str, password: &str) -> String {
    let credentials = Credentials::password(user, password);
    let mut client = plainwire::sasl::Client::new(mechanism, credentials, Nonce::new([3; 18])).unwrap();
    if mechanism.binds_channel() {
        let octets = peer.0.session().unwrap().exported_binding().unwrap().to_vec();
        client = client.bind(Binding { kind: BindingKind::TlsExporter, octets });
    }
    let text = |octets: &[u8]| {
        let mut text = bytes::BytesMut::new();
        base64::encode(octets, &mut text);
        String::from_utf8(text.to_vec()).unwrap()
    };
    let initial = client.initial().map(|initial| format!(" {}", text(initial.expose()))).unwrap_or_default();
    peer.say(&format!("AUTH {mechanism}{initial}\r\n"));
    loop {
        let reply = peer.reply();
        let Some(challenge) = reply.strip_prefix("334 ") else { return reply };
        let challenge = base64::decode(challenge.trim_end().as_bytes()).unwrap();
        let response = client.respond(challenge.expose()).unwrap();
        peer.say(&format!("{}\r\n", text(response.expose())));
    }
}

#[test]
fn starttls_then_every_mechanism() {
    let (acceptor, connector) = tls();
    let scratch = tempfile::tempdir().unwrap();
    let root = scratch.path().join("mail");
    let serve = || {
        let mut config = config();
        config.auth = MECHANISMS.to_vec();
        config.auth_required = true;
        let handler = Maildirs::one(Maildir::create(&root).unwrap(), "mx.test".parse().unwrap());
        Serve::new(handler.users(users_of_a_file()), config).starttls(acceptor.clone())
    };
    each(serve, |running| {
        // In clear: nothing that shows a password, and nothing that binds a channel which is not there.
        let mut peer = Peer::connect(running);
        let offer = peer.ask("EHLO client.test", "250");
        assert!(offer.contains("250-STARTTLS\r\n250-AUTH SCRAM-SHA-256 SCRAM-SHA-1 CRAM-MD5\r\n"), "{offer}");
        peer.ask("MAIL FROM:<ada@a.test>", "530 5.7.0");
        peer.ask("AUTH PLAIN AGFkYQBlbmdpbmU=", "538 ");
        for mechanism in [Mechanism::ScramSha256, Mechanism::ScramSha1] {
            assert!(log_in(&mut peer, mechanism, "ada", "wrong").starts_with("535 5.7.8"));
        }
        assert!(log_in(&mut peer, Mechanism::ScramSha256, "ada", "engine").starts_with("235 "));
        // TLS forgets who came without it.
        peer.ask("STARTTLS", "220 ");
        let mut peer = peer.secure(&connector);
        peer.ask("MAIL FROM:<ada@a.test>", "503 ");
        let offer = peer.ask("EHLO client.test", "250");
        let all = MECHANISMS.map(|mechanism| mechanism.to_string()).join(" ");
        assert!(offer.contains(&format!("250-AUTH {all}\r\n")) && !offer.contains("STARTTLS"), "{offer}");
        peer.ask("MAIL FROM:<ada@a.test>", "530 5.7.0");
        assert!(log_in(&mut peer, Mechanism::Plain, "nobody", "engine").starts_with("535 "));
        peer.ask("QUIT", "221 ");

        for mechanism in MECHANISMS {
            let mut peer = Peer::connect(running);
            peer.ask("EHLO client.test", "250");
            peer.ask("STARTTLS", "220 ");
            let mut peer = peer.secure(&connector);
            peer.ask("EHLO client.test", "250");
            let (user, password) = if mechanism == Mechanism::CramMd5 { ("bob", "b") } else { ("ada", "engine") };
            let reply = log_in(&mut peer, mechanism, user, password);
            assert!(reply.starts_with("235 2.7.0"), "{mechanism}: {reply}");
            peer.envelope();
            peer.ask("DATA", "354 ");
            peer.ask(&format!("Subject: by {mechanism}\r\n."), "250 ");
            peer.ask("QUIT", "221 ");
            let found = messages(&root);
            let text = found.iter().find(|text| text.contains(&format!("by {mechanism}\r\n"))).unwrap();
            assert!(text.contains(" with ESMTPSA id "), "{text}");
        }
    });
}

#[test]
fn tls_from_the_first_octet_binds_too() {
    let (acceptor, connector) = tls();
    let mut config = config();
    config.auth = MECHANISMS.to_vec();
    struct Login(Arc<Users>);
    impl Handler for Login {
        fn users<'h>(&'h self, client: &'h Client) -> Option<Box<dyn Store + 'h>> {
            assert_eq!(client.tls_version(), Some("TLSv1_3"));
            let users: &Users = &self.0;
            Some(Box::new(users))
        }
        fn message(&self, _: &Client, _: &Envelope) -> Result<Box<dyn Intake>, Answer> {
            Err(no(554, "no messages"))
        }
    }
    for start in [pool::start, reactor::start] {
        let service = Serve::new(Login(users_of_a_file()), config.clone());
        let port = Port::bind("127.0.0.1:0", service).unwrap().tls(acceptor.clone());
        let running = start(vec![port], Options::default()).unwrap();
        let peer = Peer(tcp::connect(running.addresses()[0], SOON).unwrap());
        let mut peer = peer.secure(&connector);
        peer.hear("220 mx.test");
        let offer = peer.ask("EHLO client.test", "250");
        assert!(offer.contains("SCRAM-SHA-256-PLUS") && !offer.contains("STARTTLS"), "{offer}");
        let reply = log_in(&mut peer, Mechanism::ScramSha256Plus, "ada", "engine");
        assert!(reply.starts_with("235 "), "{reply}");
        drop(peer);
        running.stop(SOON);
    }
}

/// CVE-2011-0411: what comes in clear behind STARTTLS is never taken for what came under TLS.
#[test]
fn octets_behind_starttls_end_the_session() {
    let (acceptor, _) = tls();
    each(
        || Serve::new(Stern, config()).starttls(acceptor.clone()),
        |running| {
            let mut peer = Peer::connect(running);
            peer.ask("EHLO client.test", "250");
            peer.say("STARTTLS\r\nMAIL FROM:<eve@a.test>\r\n");
            peer.hear("220 ");
            peer.closed();
        },
    );
}

#[test]
fn stopping_waits_for_the_message_and_says_so() {
    for start in [pool::start, reactor::start] {
        let kept = Arc::new(Mutex::new(Vec::new()));
        let keep = Arc::clone(&kept);
        let service = Serve::new(
            collect(move |_, message| {
                keep.lock().unwrap().push(message.to_vec());
                Ok(())
            }),
            config(),
        );
        let running = start(vec![Port::bind("127.0.0.1:0", service).unwrap()], Options::default()).unwrap();
        let (mut idle, mut busy) = (Peer::connect(&running), Peer::connect(&running));
        idle.ask("EHLO client.test", "250");
        busy.ask("EHLO client.test", "250");
        busy.envelope();
        busy.ask("DATA", "354 ");
        busy.say("Subject: x\r\n");
        running.stopper().stop(SOON);
        idle.hear("421 4.3.2");
        idle.closed();
        busy.ask(".", "250 ");
        busy.hear("421 4.3.2");
        busy.closed();
        let report = running.wait();
        assert_eq!((report.open, report.cut), (0, 0));
        assert_eq!(*kept.lock().unwrap(), [b"Subject: x\r\n".to_vec()]);
    }
}
