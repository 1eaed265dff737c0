//! SMTP and LMTP on the wire: the server on both adapters, delivery, TLS, logging in, crashes.
#![cfg(feature = "cli")]
#![allow(clippy::disallowed_types, clippy::disallowed_methods, reason = "sockets and clocks are what is tested")]

use plainwire::mime::Builder;
use plainwire::net::maildir::Maildir;
use plainwire::net::server::{Options, Port, Running};
use plainwire::net::smtp::serve::{Client, Decision, Envelope, Handler, Intake, Maildirs, Serve, Verdict, collect};
use plainwire::net::smtp::{Error, Mailer};
use plainwire::net::tls::{Acceptor, Connector};
use plainwire::net::users::{self, Users};
use plainwire::net::{pool, reactor, tcp};
use plainwire::sasl::{Binding, BindingKind, Credentials, Mechanism, Nonce, Store, base64};
use plainwire::smtp::client::{self, StartTls};
use plainwire::smtp::server::{Config, Message, Protocol, Query};
use plainwire::smtp::{Answer, Rcpt};
use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

const SOON: Duration = Duration::from_secs(20);

/// Runs `test` on each adapter.
fn each<H: Handler>(serve: impl Fn() -> Serve<H>, test: impl Fn(&Running)) {
    for start in [pool::start, reactor::start] {
        let running = start(vec![Port::bind("127.0.0.1:0", serve()).unwrap()], Options::default()).unwrap();
        test(&running);
        let report = running.stop(SOON);
        assert_eq!((report.open, report.cut), (0, 0));
    }
}

fn config() -> Config {
    Config::new("mx.test".parse().unwrap())
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

fn tls() -> (Acceptor, Connector) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_string()]).unwrap();
    let (chain, key) = (made.cert.pem(), made.signing_key.serialize_pem());
    let acceptor = Acceptor::builder().identity_pem(chain.as_bytes(), key.as_bytes()).unwrap().build().unwrap();
    let connector = Connector::builder().platform_roots(false).roots_pem(chain.as_bytes()).unwrap().build().unwrap();
    (acceptor, connector)
}

/// Every message of a Maildir, as it lies there.
fn messages(root: &Path) -> Vec<String> {
    let mut entries = Maildir::create(root).unwrap().entries().unwrap();
    entries
        .iter_mut()
        .map(|entry| {
            let mut text = String::new();
            entry.open().unwrap().read_to_string(&mut text).unwrap();
            text
        })
        .collect()
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

/// A handler that says no, in every place in turn, and gives its verdict from another thread.
struct Stern;

fn no(code: u16, text: &'static str) -> Answer {
    let class = u8::try_from(code / 100).unwrap();
    Answer::new(code, (class, 7, 1), text).unwrap()
}

impl Handler for Stern {
    fn connection(&self, client: &Client) -> Decision {
        if client.address().ip() == IpAddr::V4(Ipv4Addr::new(192, 0, 2, 66)) { Err(no(554, "not you")) } else { Ok(()) }
    }
    fn hello(&self, _: &Client, hello: &plainwire::smtp::server::Hello<&[u8]>) -> Decision {
        if hello.name.as_str() == "bad.test" { Err(no(550, "bad name")) } else { Ok(()) }
    }
    fn mail(&self, client: &Client, mail: &plainwire::smtp::Mail<&[u8]>) -> Decision {
        assert!(client.hello().is_some());
        match mail.from.map(|from| from.as_str() == "bad@a.test") {
            Some(true) => Err(no(550, "bad sender")),
            _ => Ok(()),
        }
    }
    fn rcpt(&self, _: &Client, envelope: &Envelope, rcpt: &Rcpt<&[u8]>) -> Decision {
        match rcpt.to.local() {
            "bad" => Err(no(550, "bad recipient")),
            // Its own mistake: this is no refusal.
            "odd" => Err(no(250, "yes")),
            _ if envelope.recipients().len() == 2 => Err(no(452, "enough")),
            _ => Ok(()),
        }
    }
    fn message(&self, _: &Client, envelope: &Envelope) -> Result<Box<dyn Intake>, Answer> {
        if envelope.recipients()[0].address.local() == "late" {
            return Err(no(554, "no message for late"));
        }
        Ok(Box::new(Slow))
    }
    fn query(&self, _: &Client, query: &Query<&[u8]>) -> Option<Answer> {
        match query {
            Query::Verify(text) if text.as_str() == "ada" => Some(Answer::new(250, (2, 1, 5), "<ada@b.test>").unwrap()),
            _ => None,
        }
    }
}

struct Slow;

impl Intake for Slow {
    fn data(&mut self, octets: &[u8]) -> Decision {
        if octets.starts_with(b"virus") { Err(no(554, "a virus")) } else { Ok(()) }
    }
    fn end(self: Box<Self>, message: &Message, verdict: Verdict) {
        let octets = message.octets;
        std::thread::spawn(move || match octets {
            3 => drop(verdict),
            4 => verdict.give(Err(no(550, "four"))),
            _ => verdict.accept(),
        });
    }
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

/// A file of users with one whose password is hashed and one whose is not.
fn users_of_a_file() -> Arc<Users> {
    let file = format!("{}\n{}\n", users::entry("ada", "engine").unwrap(), users::entry_in_clear("bob", "b").unwrap());
    Arc::new(Users::parse(&file).unwrap())
}

const MECHANISMS: [Mechanism; 7] = [
    Mechanism::ScramSha256Plus,
    Mechanism::ScramSha1Plus,
    Mechanism::ScramSha256,
    Mechanism::ScramSha1,
    Mechanism::CramMd5,
    Mechanism::Plain,
    Mechanism::Login,
];

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

/// What a mailer's server got.
type Kept = Arc<Mutex<Vec<(Envelope, Vec<u8>)>>>;

/// A server that keeps what it gets, and what it got.
fn keeping(config: Config) -> (Serve<impl Handler>, Kept) {
    let kept = Kept::default();
    let keep = Arc::clone(&kept);
    let handler = collect(move |envelope, message| {
        keep.lock().unwrap().push((envelope.clone(), message.to_vec()));
        Ok(())
    });
    (Serve::new(handler, config), kept)
}

fn run(service: Serve<impl Handler>) -> Running {
    pool::start(vec![Port::bind("127.0.0.1:0", service).unwrap()], Options::default()).unwrap()
}

fn mailer(running: &Running) -> Mailer {
    Mailer::new(&format!("smtp://localhost:{}", running.addresses()[0].port())).unwrap()
}

fn hello() -> Builder {
    Builder::new().from("ada@a.test").to("bob@b.test").cc("eve@b.test").bcc("zoe@b.test").subject("hello").text("Hi.\n")
}

fn to(recipients: &[&str]) -> client::Envelope {
    client::Envelope::new("ada@a.test".parse().ok(), recipients.iter().map(|to| to.parse().unwrap()))
}

#[test]
fn three_lines_send_a_message() {
    let (service, kept) = keeping(config());
    let running = run(service);
    let report = mailer(&running).send(hello()).unwrap();
    assert!((0..3).all(|at| report.accepted(at)));
    let kept = kept.lock().unwrap();
    let (envelope, message) = &kept[0];
    assert_eq!(envelope.sender().unwrap().as_str(), "ada@a.test");
    let to: Vec<_> = envelope.recipients().iter().map(|recipient| recipient.address.as_str()).collect();
    assert_eq!(to, ["bob@b.test", "eve@b.test", "zoe@b.test"]);
    let text = String::from_utf8(message.clone()).unwrap();
    assert!(text.contains("Subject: hello\r\n") && text.contains("Date: ") && text.contains("Message-ID: <"), "{text}");
    assert!(!text.contains("zoe"), "{text}");
}

#[test]
fn connections_are_kept_and_given_up_when_idle() {
    let (service, kept) = keeping(config());
    let running = run(service);
    let mailer = mailer(&running).keep(2, Duration::from_millis(200));
    for _ in 0..5 {
        mailer.send(hello()).unwrap();
    }
    assert_eq!(running.report().accepted, 1);
    // Nobody asks for it any more, and it goes by itself.
    let due = Instant::now() + SOON;
    while running.report().open > 0 && Instant::now() < due {
        std::thread::yield_now();
    }
    assert_eq!(running.report().open, 0);
    mailer.send(hello()).unwrap();
    assert_eq!(running.report().accepted, 2);
    assert_eq!(kept.lock().unwrap().len(), 6);
    // Two at once have one each.
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| mailer.send(hello()).unwrap());
        }
    });
    assert_eq!(kept.lock().unwrap().len(), 14);
}

#[test]
fn a_kept_connection_that_the_server_closed_is_opened_anew() {
    let (service, _) = keeping(config());
    let running = run(service);
    let address = running.addresses()[0];
    let mailer = mailer(&running);
    mailer.send(hello()).unwrap();
    running.stop(SOON);
    // The same port, another server.
    let (service, kept) = keeping(config());
    let running = pool::start(vec![Port::bind(address, service).unwrap()], Options::default()).unwrap();
    mailer.send(hello()).unwrap();
    assert_eq!(kept.lock().unwrap().len(), 1);
    drop(running);
    // Nobody is there at all.
    let error = mailer.send(hello()).unwrap_err();
    assert!(matches!(error, Error::Connect(_)) && error.is_temporary(), "{error:?}");
}

#[test]
fn a_refused_recipient_is_reported_and_not_fatal() {
    let running = run(Serve::new(Stern, config()));
    let mailer = mailer(&running);
    let report = mailer.send_octets(&to(&["bad@b.test", "good@b.test"]), b"Subject: hello, hello\r\n").unwrap();
    assert!(!report.accepted(0) && report.accepted(1));
    let verdict = report.recipients[0].as_ref().unwrap();
    assert_eq!((verdict.code.number(), verdict.text.as_str()), (550, "bad recipient"));
    let error = mailer.send_octets(&to(&["bad@b.test"]), b"x").unwrap_err();
    assert!(matches!(error, Error::Refused(_)) && !error.is_temporary(), "{error:?}");
    assert_eq!(error.to_string(), "refused: 550 bad recipient");
    let error = mailer.send_octets(&to(&["good@b.test"]), b"virus").unwrap_err();
    assert_eq!(error.verdict().unwrap().code.number(), 554);
    assert_eq!(running.report().accepted, 1);
}

/// Puts everyone off once, and one of them twice.
struct Later(Mutex<Vec<String>>);

impl Handler for Later {
    fn rcpt(&self, _: &Client, _: &Envelope, rcpt: &Rcpt<&[u8]>) -> Decision {
        let mut seen = self.0.lock().unwrap();
        seen.push(rcpt.to.local().to_string());
        let times = seen.iter().filter(|name| *name == rcpt.to.local()).count();
        match rcpt.to.local() {
            "once" if times > 1 => Ok(()),
            "twice" if times > 2 => Ok(()),
            "now" => Ok(()),
            _ => Err(no(450, "later")),
        }
    }
    fn message(&self, _: &Client, _: &Envelope) -> Result<Box<dyn Intake>, Answer> {
        Ok(Box::new(Slow))
    }
}

#[test]
fn who_was_put_off_is_tried_again_and_nobody_else() {
    let handler = Arc::new(Later(Mutex::default()));
    let running = run(Serve::new(Arc::clone(&handler), config()));
    let envelope = to(&["now@b.test", "once@b.test", "never@b.test", "twice@b.test"]);
    let mailer = mailer(&running).retries(2, Duration::ZERO);
    let report = mailer.send_octets(&envelope, b"Subject: x\r\n").unwrap();
    let accepted: Vec<_> = (0..4).map(|at| report.accepted(at)).collect();
    assert_eq!(accepted, [true, true, false, true]);
    assert_eq!(report.recipients[2].as_ref().unwrap().code.number(), 450);
    let seen = handler.0.lock().unwrap();
    assert_eq!(seen.iter().filter(|name| *name == "now").count(), 1);
    assert_eq!(seen.iter().filter(|name| *name == "never").count(), 3);
}

#[test]
fn more_recipients_than_the_server_takes_get_it_in_several_transactions() {
    let mut config = config();
    config.limits.recipients = 3;
    let (service, kept) = keeping(config);
    let running = run(service);
    let names: Vec<String> = (0..8).map(|at| format!("user{at}@b.test")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let report = mailer(&running).send_octets(&to(&names), b"Subject: x\r\n").unwrap();
    assert!((0..8).all(|at| report.accepted(at)));
    let sizes: Vec<_> = kept.lock().unwrap().iter().map(|(envelope, _)| envelope.recipients().len()).collect();
    assert_eq!(sizes, [3, 3, 2]);
}

#[test]
fn lmtp_tells_what_became_of_each() {
    let scratch = tempfile::tempdir().unwrap();
    let root = scratch.path().to_path_buf();
    let mut config = config();
    config.protocol = Protocol::Lmtp;
    let lookup = move |address: &plainwire::smtp::Address| match &*address.name() {
        "ada" => Maildir::create(root.join("ada")).ok(),
        _ => None,
    };
    let running = run(Serve::new(Maildirs::each(lookup, "mx.test".parse().unwrap()), config));
    let mailer = Mailer::new(&format!("lmtp://{}", running.addresses()[0])).unwrap();
    let report = mailer.send_octets(&to(&["eve@b.test", "ada@b.test"]), b"Subject: x\r\n").unwrap();
    assert!(!report.accepted(0) && report.accepted(1));
    assert_eq!(messages(&scratch.path().join("ada")).len(), 1);
}

#[test]
fn tls_and_the_log_in_are_as_they_were_asked_for() {
    let (acceptor, connector) = tls();
    let mut config = config();
    config.auth = MECHANISMS.to_vec();
    config.auth_required = true;
    struct Login(Arc<Users>, Arc<Mutex<Vec<String>>>);
    impl Handler for Login {
        fn users<'h>(&'h self, _: &'h Client) -> Option<Box<dyn Store + 'h>> {
            let users: &Users = &self.0;
            Some(Box::new(users))
        }
        fn message(&self, client: &Client, _: &Envelope) -> Result<Box<dyn Intake>, Answer> {
            let mechanism = client.identity().unwrap().mechanism();
            self.1.lock().unwrap().push(format!("{mechanism} {}", client.secure()));
            Ok(Box::new(Slow))
        }
    }
    let seen = Arc::new(Mutex::new(Vec::new()));
    let handler = Arc::new(Login(users_of_a_file(), Arc::clone(&seen)));
    let clear = Serve::new(Arc::clone(&handler), config.clone());
    let offers = Serve::new(Arc::clone(&handler), config.clone()).starttls(acceptor.clone());
    let secure = Port::bind("127.0.0.1:0", Serve::new(Arc::clone(&handler), config)).unwrap().tls(acceptor);
    let ports = vec![Port::bind("127.0.0.1:0", clear).unwrap(), Port::bind("127.0.0.1:0", offers).unwrap(), secure];
    let running = pool::start(ports, Options::default()).unwrap();
    let [clear, offers, secure] = [0, 1, 2].map(|at| running.addresses()[at].port());
    let mailer = |scheme: &str, port: u16| {
        let mailer = Mailer::new(&format!("{scheme}://ada@localhost:{port}")).unwrap();
        mailer.password("engine").trust(connector.clone())
    };
    let message = b"Subject: hello, hello\r\n";
    let last = || seen.lock().unwrap().pop().unwrap();
    mailer("smtps", secure).send_octets(&to(&["bob@b.test"]), message).unwrap();
    assert_eq!(last(), "SCRAM-SHA-256-PLUS true");
    mailer("smtp", offers).send_octets(&to(&["bob@b.test"]), message).unwrap();
    assert_eq!(last(), "SCRAM-SHA-256-PLUS true");
    mailer("submission", offers).mechanism(Mechanism::Plain).send_octets(&to(&["bob@b.test"]), message).unwrap();
    assert_eq!(last(), "PLAIN true");

    // No TLS where it has to be, whoever took it away.
    let error = mailer("smtp", clear).send_octets(&to(&["bob@b.test"]), message).unwrap_err();
    assert!(matches!(&error, Error::Protocol(error) if error.kind == client::ErrorKind::NoTls), "{error:?}");
    // In clear, by a mechanism that shows nothing.
    let open = mailer("smtp", clear).starttls(StartTls::Never);
    open.send_octets(&to(&["bob@b.test"]), message).unwrap();
    assert_eq!(last(), "SCRAM-SHA-256 false");
    let open = mailer("smtp", clear).starttls(StartTls::Never).mechanism(Mechanism::Plain);
    let error = open.send_octets(&to(&["bob@b.test"]), message).unwrap_err();
    assert!(matches!(&error, Error::Protocol(error) if error.kind == client::ErrorKind::NoMechanism), "{error:?}");

    let wrong = mailer("smtps", secure).password("wrong").send_octets(&to(&["bob@b.test"]), message).unwrap_err();
    assert!(matches!(&wrong, Error::Session(verdict) if verdict.code.number() == 535), "{wrong:?}");
    assert!(!wrong.is_temporary());
    // A certificate that nobody vouches for.
    let strangers = Mailer::new(&format!("smtps://ada@localhost:{secure}")).unwrap().password("engine");
    let error = strangers.send_octets(&to(&["bob@b.test"]), message).unwrap_err();
    assert!(matches!(&error, Error::Tls(_)) && !error.is_temporary(), "{error:?}");
}

/// A server by script: what it says to each connection, line by line as it is asked; then it closes.
fn scripted(script: &'static [&'static [&'static str]]) -> (u16, std::thread::JoinHandle<()>) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let thread = std::thread::spawn(move || {
        for lines in script {
            let (stream, _) = listener.accept().unwrap();
            let mut reader = std::io::BufReader::new(stream.try_clone().unwrap());
            let mut stream = stream;
            for line in *lines {
                let mut heard = String::new();
                if let Some(end) = line.strip_prefix("until ") {
                    // Reads up to a line that is this.
                    while heard.trim_end() != end {
                        heard.clear();
                        assert!(std::io::BufRead::read_line(&mut reader, &mut heard).unwrap() > 0);
                    }
                } else if let Some(begins) = line.strip_prefix("hear ") {
                    std::io::BufRead::read_line(&mut reader, &mut heard).unwrap();
                    assert!(heard.starts_with(begins), "{heard:?} is not {begins}");
                } else {
                    stream.write_all(line.as_bytes()).unwrap();
                    stream.write_all(b"\r\n").unwrap();
                }
            }
        }
    });
    (port, thread)
}

#[test]
fn a_message_that_was_out_is_never_sent_again_by_itself() {
    const UP_TO_DATA: &[&str] = &[
        "220 mx",
        "hear EHLO",
        "250 mx",
        "hear MAIL",
        "250 ok",
        "hear RCPT",
        "250 ok",
        "hear DATA",
        "354 go",
        "until .",
    ];
    const SCRIPT: &[&[&str]] = &[UP_TO_DATA];
    let (port, thread) = scripted(SCRIPT);
    let mailer = Mailer::new(&format!("smtp://localhost:{port}")).unwrap().retries(3, Duration::ZERO);
    let error = mailer.send_octets(&to(&["bob@b.test"]), b"Subject: x\r\n").unwrap_err();
    assert!(matches!(&error, Error::Unknown(_)) && !error.is_temporary(), "{error:?}");
    thread.join().unwrap();
}

#[test]
fn what_broke_before_that_is() {
    const SCRIPT: &[&[&str]] = &[
        &["421 not now"],
        &["220 mx", "hear EHLO", "250 mx", "hear MAIL", "250 ok", "hear RCPT"],
        &[
            "220 mx",
            "hear EHLO",
            "250 mx",
            "hear MAIL",
            "250 ok",
            "hear RCPT",
            "250 ok",
            "hear DATA",
            "451 later",
            "hear RSET",
            "250 ok",
        ],
        &[
            "220 mx",
            "hear EHLO",
            "250 mx",
            "hear MAIL",
            "250 ok",
            "hear RCPT",
            "250 ok",
            "hear DATA",
            "354 go",
            "until .",
            "250 taken",
            "hear QUIT",
            "221 bye",
        ],
    ];
    let (port, thread) = scripted(SCRIPT);
    let mailer = Mailer::new(&format!("smtp://localhost:{port}")).unwrap().retries(3, Duration::ZERO);
    let report = mailer.send_octets(&to(&["bob@b.test"]), b"Subject: x\r\n").unwrap();
    assert!(report.accepted(0));
    drop(mailer);
    thread.join().unwrap();
}

#[test]
fn a_server_that_says_nothing_is_given_up_in_time() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let mailer = Mailer::new(&format!("smtp://localhost:{port}")).unwrap().timeout(Duration::from_millis(300));
    let begun = Instant::now();
    let error = mailer.send_octets(&to(&["bob@b.test"]), b"x").unwrap_err();
    assert!(matches!(&error, Error::Lost(error) if error.kind() == std::io::ErrorKind::TimedOut), "{error:?}");
    assert!(begun.elapsed() < SOON);
}

#[test]
fn what_can_not_be_sent_is_refused_before_it_is() {
    let (service, kept) = keeping(config());
    let running = run(service);
    let mailer = mailer(&running);
    let error = mailer.send_octets(&to(&["bob@b.test"]), b"a\n.\nMAIL FROM:<eve@b.test>\r\n").unwrap_err();
    assert!(matches!(error, Error::Unsendable(client::Misuse::Bare(_))), "{error:?}");
    let error = mailer.send_octets(&to(&[]), b"x").unwrap_err();
    assert!(matches!(error, Error::Unsendable(client::Misuse::NoRecipients)), "{error:?}");
    assert!(kept.lock().unwrap().is_empty());
    // The connection is none the worse.
    mailer.send(hello()).unwrap();
    assert_eq!(running.report().accepted, 1);
}
