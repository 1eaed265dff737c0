//! Our client and our server, joined in memory through every cut, as transcripts.
#![cfg(all(feature = "pop3", feature = "transcript", feature = "testing"))]

use bytes::BytesMut;
use plainwire::engine::{Handler, Status, turn};
use plainwire::laws::{self, Mirrored};
use plainwire::pop3::client::{self, Client, Command, ErrorKind, Quirks};
use plainwire::pop3::server::{self, Config, Identity, Server, Session};
use plainwire::pop3::{Entry, Host, Maildrop, Messages, Trouble, Users};
use plainwire::sasl::{self, Credentials, Iterations, Mechanism, Nonce, Record, Store};
use plainwire::transcript::{End, Recorder, Shown, converse};
use std::sync::LazyLock;

type Say = fn(&mut Client, &mut BytesMut) -> bool;

/// A client that says one thing after the other, each as soon as it can be said, and goes on in clear where TLS would
/// begin.
struct Says(&'static [Say]);

impl Handler<Client> for Says {
    fn event(&mut self, client: &mut Client, event: client::Event<&[u8]>, _: &mut BytesMut) {
        if let client::Event::Ok { command: Command::Stls, .. } = event {
            client.secured(&[]).unwrap();
        }
    }

    fn more(&mut self, client: &mut Client, out: &mut BytesMut) -> bool {
        let [say, rest @ ..] = self.0 else { return false };
        let said = say(client, out);
        if said {
            self.0 = rest;
        }
        said
    }
}

static RECORD: LazyLock<Record> =
    LazyLock::new(|| Record::from_password("tanstaaf", b"0123456789abcdef", 4096).unwrap().with_password("tanstaaf"));

/// One user, `mrose`.
struct Mrose<M>(M);

impl<M> Store for Mrose<M> {
    fn record(&self, user: &str) -> Option<Record> {
        (user == "mrose").then(|| RECORD.clone())
    }
}

impl<M: Maildrop + Clone> Users for Mrose<M> {
    type Maildrop = M;

    fn store(&self) -> &dyn Store {
        self
    }
    fn open(&mut self, _: &Identity) -> Result<M, Trouble> {
        Ok(self.0.clone())
    }
}

/// The host, which goes on in clear where TLS would begin.
struct Hosts<M: Maildrop + Clone>(Host<Mrose<M>>);

impl<M: Maildrop + Clone> Handler<Server> for Hosts<M> {
    fn event(&mut self, server: &mut Server, event: server::Event<&[u8]>, out: &mut BytesMut) {
        if event == server::Event::Stls {
            server.secured(&[], None).unwrap();
        }
        self.0.event(server, event, out);
    }
    fn more(&mut self, server: &mut Server, out: &mut BytesMut) -> bool {
        self.0.more(server, out)
    }
}

fn config() -> Config {
    let mut config = Config::new("dewey.example").unwrap();
    config.apop = true;
    config.stls = true;
    config.auth = vec![Mechanism::ScramSha256, Mechanism::Plain];
    config
}

fn server<M: Maildrop + Clone>(maildrop: M) -> (Server, Hosts<M>) {
    let server = Server::new(config().into(), Session::new(Nonce::new([7; 18])));
    (server, Hosts(Host::new(Mrose(maildrop))))
}

/// The scenario through every cut, and then as text.
fn scenario<M: Maildrop + Clone>(says: &'static [Say], maildrop: M) -> (String, Mirrored<Client, Server>) {
    let make = || ((Client::new(client::Limits::default()), Says(says)), server(maildrop.clone()));
    let mirrored = laws::mirror(make).unwrap_or_else(|story| panic!("{story}"));
    let (client, server) = make();
    (converse(client, server, &[], Shown::Client).to_string(), mirrored)
}

/// Two messages of 120 and 200 octets, as in RFC 1939 10.
fn two() -> Messages {
    let message = |subject: &str, octets: usize| {
        let head = format!("Subject: {subject}\r\n\r\n");
        let body = octets - head.len() - 2;
        format!("{head}{}\r\n", ".".repeat(body))
    };
    Messages::new([("whqtswO00WBw418f9t5JxYwZ", message("one", 120)), ("QhdPYR:00WBw1Ph7x7", message("two", 200))])
}

const APOP: Say = |client, out| client.apop("mrose", &"tanstaaf".into(), out).is_ok();

#[test]
fn the_session_of_rfc_1939() {
    let says: &[Say] = &[
        APOP,
        |client, out| client.stat(out).is_ok(),
        |client, out| client.list(None, out).is_ok(),
        |client, out| client.retr(1, out).is_ok(),
        |client, out| client.dele(1, out).is_ok(),
        |client, out| client.retr(2, out).is_ok(),
        |client, out| client.dele(2, out).is_ok(),
        |client, out| client.quit(out).is_ok(),
    ];
    let (text, mirrored) = scenario(says, two());
    assert_eq!((mirrored.a.status, mirrored.b.status), (Status::Closed, Status::Closed));
    insta::assert_snapshot!(text);
}

#[test]
fn pipelined_retrieval() {
    let says: &[Say] = &[
        |client, out| client.capa(out).is_ok(),
        APOP,
        |client, out| client.stat(out).is_ok(),
        |client, out| client.retr(1, out).is_ok(),
        |client, out| client.retr(2, out).is_ok(),
        |client, out| client.retr(3, out).is_ok(),
        |client, out| client.quit(out).is_ok(),
    ];
    let (text, mirrored) = scenario(says, two());
    assert_eq!(mirrored.a.error, None);
    insta::assert_snapshot!(text);
}

#[test]
fn the_top_of_a_message() {
    let says: &[Say] = &[
        APOP,
        |client, out| client.top(1, 0, out).is_ok(),
        |client, out| client.top(1, 2, out).is_ok(),
        |client, out| client.top(1, 99, out).is_ok(),
        |client, out| client.top(2, 1, out).is_ok(),
        |client, out| client.quit(out).is_ok(),
    ];
    let (text, _) = scenario(says, Messages::new([("a", "Subject: dots\nX: y\n\n.one\n..two\nthree")]));
    insta::assert_snapshot!(text);
}

#[test]
fn unique_ids() {
    let says: &[Say] = &[
        APOP,
        |client, out| client.uidl(None, out).is_ok(),
        |client, out| client.uidl(Some(2), out).is_ok(),
        |client, out| client.uidl(Some(3), out).is_ok(),
        |client, out| client.quit(out).is_ok(),
    ];
    let (text, _) = scenario(says, two());
    insta::assert_snapshot!(text);
}

#[test]
fn stls_and_scram() {
    let says: &[Say] = &[
        |client, out| client.capa(out).is_ok(),
        |client, out| client.stls(out).is_ok(),
        |client, out| client.capa(out).is_ok(),
        |client, out| {
            let credentials = Credentials::password("mrose", "tanstaaf");
            let exchange = sasl::Client::new(Mechanism::ScramSha256, credentials, Nonce::new([3; 18])).unwrap();
            client.auth(exchange.iterations(Iterations(4096..=4096)), out).is_ok()
        },
        |client, out| client.stat(out).is_ok(),
        |client, out| client.quit(out).is_ok(),
    ];
    let (text, mirrored) = scenario(says, two());
    assert_eq!((mirrored.a.error, mirrored.b.error), (None, None));
    insta::assert_snapshot!(text);
}

#[test]
fn a_refused_login() {
    let says: &[Say] = &[
        |client, out| client.user("mrose", out).is_ok(),
        |client, out| client.apop("mrose", &"wrong".into(), out).is_ok(),
        |client, out| client.apop("nobody", &"tanstaaf".into(), out).is_ok(),
        |client, out| client.quit(out).is_ok(),
    ];
    let (text, mirrored) = scenario(says, two());
    assert_eq!(mirrored.b.status, Status::Closed);
    insta::assert_snapshot!(text);
}

#[test]
fn deletion_and_rset() {
    let says: &[Say] = &[
        APOP,
        |client, out| client.dele(1, out).is_ok(),
        |client, out| client.retr(1, out).is_ok(),
        |client, out| client.list(None, out).is_ok(),
        |client, out| client.rset(out).is_ok(),
        |client, out| client.dele(2, out).is_ok(),
        |client, out| client.stat(out).is_ok(),
        |client, out| client.quit(out).is_ok(),
    ];
    let (text, _) = scenario(says, two());
    insta::assert_snapshot!(text);
}

/// A maildrop whose message breaks off.
#[derive(Clone)]
struct Broken;

impl Maildrop for Broken {
    fn list(&mut self) -> Result<Vec<Entry>, Trouble> {
        Ok(vec![Entry { octets: 120, id: "a".into() }])
    }
    fn read(&mut self, _: usize, offset: u64, buffer: &mut [u8]) -> Result<usize, Trouble> {
        let text = b"Subject: half\r\n\r\nof a ";
        if offset > 0 {
            return Err(Trouble::Temporary);
        }
        buffer[..text.len()].copy_from_slice(text);
        Ok(text.len())
    }
    fn delete(&mut self, _: &[usize]) -> Result<(), Trouble> {
        panic!("nothing is deleted")
    }
}

#[test]
fn a_drop_in_mid_message() {
    let says: &[Say] = &[
        APOP,
        |client, out| client.dele(1, out).is_ok(),
        |client, out| client.rset(out).is_ok(),
        |client, out| client.retr(1, out).is_ok(),
    ];
    let (text, mirrored) = scenario(says, Broken);
    assert_eq!(mirrored.a.error.map(|error| error.kind), Some(ErrorKind::Truncated));
    insta::assert_snapshot!(text);
}

#[test]
fn auto_logout() {
    let (mut server, mut hosts) = server(two());
    let mut recorder = Recorder::new(End::Server);
    let mut out = BytesMut::new();
    let mut client = Client::new(client::Limits::default()).quirks(Quirks::default());
    // The first round is the greeting, which has the timestamp.
    turn(&mut server, &mut &b""[..], &mut out, usize::MAX, &mut hosts, &mut recorder).unwrap();
    client.recv(&mut &out.split()[..], &mut BytesMut::new()).unwrap();
    let mut said = BytesMut::new();
    assert!(APOP(&mut client, &mut said));
    said.extend_from_slice(b"DELE 1\r\n");
    turn(&mut server, &mut &said[..], &mut out, usize::MAX, &mut hosts, &mut recorder).unwrap();
    assert_eq!(server.patience().limit, Some(std::time::Duration::from_secs(600)));
    plainwire::engine::Tap::<Server>::expired(&mut recorder);
    server.expire();
    out.clear();
    turn(&mut server, &mut &b""[..], &mut out, usize::MAX, &mut hosts, &mut recorder).unwrap();
    assert!(out.is_empty());
    assert_eq!(server.status(), Status::Closed);
    assert_eq!(hosts.0.into_parts().1.unwrap().ids().count(), 2);
    insta::assert_snapshot!(recorder.finish().to_string());
}
