//! Free sequences of bytes, commands, ends and expiries: what both engines keep to whatever their callers do.

#[path = "script.rs"]
mod script;

use super::checks::{codes, server_config};
use bytes::BytesMut;
use plainwire::engine::{Engine, Status};
use plainwire::sasl::{Credentials, Nonce, Record, Store};
use plainwire::smtp::client::{self, Client, Envelope, StartTls, Transfer};
use plainwire::smtp::server::{self, Server, Session};
use plainwire::smtp::{Address, Answer, Body, Content};
use plainwire::syntax::dots::Endings;
use script::Script;
use std::sync::Arc;

/// What clients say.
const SAID: &[&str] = &[
    "EHLO a\r\n",
    "LHLO a\r\n",
    "HELO a\r\n",
    "MAIL FROM:<a@b>\r\n",
    "MAIL FROM:<> BODY=BINARYMIME\r\n",
    "RCPT TO:<c@d>\r\n",
    "DATA\r\n",
    "text\r\n.\r\n",
    "..\r\n",
    "\n.\r\n",
    "BDAT 3\r\nabc",
    "BDAT 2 LAST\r\n\r\n",
    "RSET\r\n",
    "NOOP\r\n",
    "QUIT\r\n",
    "STARTTLS\r\n",
    "AUTH PLAIN AGFkYQBlbmdpbmU=\r\n",
    "AUTH LOGIN\r\n",
    "YWRh\r\n",
    "AUTH SCRAM-SHA-256 biwsbj1hZGEscj1ub25jZQ==\r\n",
    "*\r\n",
    "VRFY a\r\n",
    "WHAT\r\n",
    "PROXY UNKNOWN\r\n",
    "XCLIENT NAME=a\r\n",
];

struct Ada;

impl Store for Ada {
    fn record(&self, user: &str) -> Option<Record> {
        (user == "ada").then(|| Record::from_password("engine", b"0123456789abcdef", 1).unwrap())
    }
}

/// Takes all that can be told of what came: nothing moves that is paused or over, and an error stays what it is.
fn drain<E: Engine>(
    engine: &mut E,
    rx: &mut Vec<u8>,
    out: &mut BytesMut,
    failed: &mut Option<E::Error>,
    look: impl Fn(&E),
) {
    loop {
        look(engine);
        let status = engine.status();
        let (said, mut input) = (out.len(), &rx[..]);
        assert!(status.reads() || engine.patience().limit.is_none(), "a clock that nobody waits for");
        let (told, error) = match engine.recv(&mut input, out) {
            Ok(event) => (event.is_some(), None),
            Err(error) => (false, Some(error)),
        };
        let taken = rx.len() - input.len();
        let spoke = out.len() > said;
        if error.is_some() {
            assert!(failed.is_none() || *failed == error && !spoke && taken == 0);
            assert_eq!(engine.status(), Status::Closed);
            *failed = error;
        } else {
            assert_eq!(*failed, None);
        }
        if matches!(status, Status::Paused | Status::Closed) {
            assert!(!told && !spoke && taken == 0, "{status:?} and not still");
        }
        rx.drain(..taken);
        if !told && taken == 0 && !spoke {
            break;
        }
    }
}

/// A server.
pub(crate) fn server(data: &[u8]) {
    let [choice, limit, script @ ..] = data else { return };
    let mut config = server_config([*choice, *limit]);
    config.queries = limit & 8 != 0;
    let session = Session { proxy: limit & 16 != 0, xclient: limit & 32 != 0, ..Session::new(Nonce::new([7; 18])) };
    let mut server = Server::new(Arc::new(config), session);
    let answers = [(250, "yes"), (550, "no"), (451, "later"), (421, "bye"), (354, "go")]
        .map(|(code, text)| Answer::new(code, None, text).unwrap());
    let (mut rx, mut out) = (Vec::new(), BytesMut::new());
    let mut script = Script(script);
    let mut failed = None;
    while let Some(op) = script.next() {
        let before = (out.len(), server.status(), server.pending(), server.patience());
        let misused = match op {
            0..=127 => {
                rx.extend_from_slice(SAID[op as usize % SAID.len()].as_bytes());
                None
            }
            128..=159 => {
                rx.extend_from_slice(script.take(op as usize & 31));
                None
            }
            160..=191 => Some(server.accept(&mut out).err()),
            192..=207 => Some(server.answer(&answers[op as usize % answers.len()], &mut out).err()),
            208..=223 => Some(server.answer_one(&answers[op as usize % answers.len()], &mut out).err()),
            224..=235 => Some(server.authenticate(&Ada, &mut out).err()),
            236..=239 => Some(server.shutdown(&mut out).err()),
            240..=245 => {
                let misuse = server.secured(&rx, None).err();
                if misuse == Some(server::Misuse::Injected) {
                    assert_eq!(server.status(), Status::Closed);
                    None
                } else {
                    Some(misuse)
                }
            }
            246..=248 => {
                server.eof();
                None
            }
            249..=251 => {
                server.expire();
                None
            }
            _ => Some(server.greet(&mut out).err()),
        };
        if let Some(Some(_)) = misused {
            let after = (out.len(), server.status(), server.pending(), server.patience());
            assert_eq!(before, after, "a misuse that changed something");
        }
        codes(&out);
        drain(&mut server, &mut rx, &mut out, &mut failed, |server| {
            assert_eq!(server.status() == Status::Paused, server.pending().is_some());
        });
        codes(&out);
    }
}

/// What servers say.
const HEARD: &[&str] = &[
    "220 mx\r\n",
    "250 ok\r\n",
    "250-mx\r\n250-PIPELINING\r\n250-CHUNKING\r\n250-BINARYMIME\r\n250-8BITMIME\r\n250 SIZE 1000\r\n",
    "250-mx\r\n250-STARTTLS\r\n250-AUTH PLAIN LOGIN CRAM-MD5\r\n250 LIMITS RCPTMAX=1 MAILMAX=2\r\n",
    "354 go\r\n",
    "550 5.1.1 no\r\n",
    "451 later\r\n",
    "334 \r\n",
    "334 VXNlcm5hbWU6\r\n",
    "235 ok\r\n",
    "504 no\r\n",
    "421 bye\r\n",
    "221 bye\r\n",
    "503 no\r\n",
];

/// A client.
pub(crate) fn client(data: &[u8]) {
    let [choice, script @ ..] = data else { return };
    let mut config = client::Config::new("a.example".parse().unwrap());
    config.starttls = if choice & 1 != 0 { StartTls::IfOffered } else { StartTls::Never };
    if choice & 2 != 0 {
        config.credentials = Some(Credentials::password("ada", "engine"));
        config.auth_in_clear = true;
    }
    config.transfer = if choice & 4 != 0 { Transfer::Chunks } else { Transfer::Auto };
    config.endings = if choice & 8 != 0 { Endings::Normalise } else { Endings::Refuse };
    if choice & 16 != 0 {
        config.protocol = server::Protocol::Lmtp;
    }
    let mut client = Client::new(Arc::new(config), Nonce::new([7; 18]));
    let address = |text: &str| text.parse::<Address>().unwrap();
    let (mut rx, mut out) = (Vec::new(), BytesMut::new());
    let mut script = Script(script);
    let (mut failed, mut binary) = (None, false);
    while let Some(op) = script.next() {
        let before = (out.len(), client.status(), client.is_ready(), client.is_sending(), client.patience());
        let misused = match op {
            0..=127 => {
                rx.extend_from_slice(HEARD[op as usize % HEARD.len()].as_bytes());
                None
            }
            128..=143 => {
                rx.extend_from_slice(script.take(op as usize & 15));
                None
            }
            144..=175 => {
                let to = ["b@c", "d@e", "f@g"].iter().take(op as usize & 3).map(|to| address(to));
                let mut envelope = Envelope::new(address("a@b"), to);
                if op & 4 != 0 {
                    envelope.parameters.body = Some(Body::Binary);
                }
                let sent = client.send(envelope, &Content::of(b"x\r\n"), &mut out);
                binary |= sent.is_ok() && op & 4 != 0;
                Some(sent.err())
            }
            176..=199 => Some(client.content(script.take(op as usize & 7), &mut out).err()),
            200..=211 => Some(client.finish(&mut out).err()),
            212..=215 => Some(client.abort(&mut out).err()),
            216..=219 => Some(client.noop(&mut out).err()),
            220..=221 => Some(client.reset(&mut out).err()),
            222..=225 => Some(client.verify(&String::from_utf8_lossy(script.take(op as usize & 3)), &mut out).err()),
            226..=229 => Some(client.quit(&mut out).err()),
            230..=239 => {
                let misuse = client.secured(&rx, None, &mut out).err();
                if misuse == Some(client::Misuse::Injected) {
                    assert_eq!((client.status(), out.len()), (Status::Closed, before.0));
                    None
                } else {
                    Some(misuse)
                }
            }
            240..=247 => {
                client.eof();
                None
            }
            _ => {
                client.expire();
                None
            }
        };
        if let Some(Some(misuse)) = misused {
            let after = (out.len(), client.status(), client.is_ready(), client.is_sending(), client.patience());
            assert_eq!(before, after, "{misuse:?} and something changed");
        }
        drain(&mut client, &mut rx, &mut out, &mut failed, |_| {});
        if !binary {
            let pairs = out.windows(2).filter(|two| two == b"\r\n").count();
            let ends = out.iter().filter(|octet| matches!(octet, b'\r' | b'\n')).count();
            assert_eq!(2 * pairs, ends, "{}", out.escape_ascii());
        }
    }
}
