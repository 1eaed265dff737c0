//! Our client and our server, joined in memory through every cut, as transcripts.
#![cfg(all(feature = "smtp", feature = "transcript", feature = "testing"))]

use bytes::BytesMut;
use plainwire::engine::{Engine, Handler, Status, Tap, turn};
use plainwire::laws::{self, Mirrored};
use plainwire::sasl::{Credentials, Mechanism, Nonce, Record, Store};
use plainwire::smtp::client::{self, Client, Envelope, Outcome, Report, StartTls, Step, Transfer};
use plainwire::smtp::server::{self, Pending, Protocol, Server, Session};
use plainwire::smtp::{Address, Answer, Body, Content, Notify, OriginalRecipient, Return};
use plainwire::transcript::{End, Recorder, Shown, converse};
use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::{Arc, LazyLock};

/// A client's caller: sends what it has, in pieces, goes on in clear where TLS would begin, and says goodbye.
struct Sends {
    queue: VecDeque<(Envelope, Vec<u8>)>,
    message: Vec<u8>,
    sent: usize,
    piece: usize,
    reports: Rc<RefCell<Vec<Report>>>,
}

impl Handler<Client> for Sends {
    fn event(&mut self, client: &mut Client, event: client::Event<&[u8]>, out: &mut BytesMut) {
        if let Some(report) = self.reports.borrow_mut().last_mut() {
            report.note(&event);
        }
        match event {
            client::Event::StartTls(_) => client.secured(b"", None, out).unwrap(),
            client::Event::Ready | client::Event::Done(_) => match self.queue.pop_front() {
                Some((envelope, message)) => {
                    self.reports.borrow_mut().push(Report::new(envelope.recipients.len()));
                    client.send(envelope, &Content::of(&message), out).unwrap();
                    (self.message, self.sent) = (message, 0);
                }
                None => client.quit(out).unwrap(),
            },
            client::Event::Go | client::Event::Reply { step: Step::Chunk, .. } => {
                while client.is_sending() {
                    let rest = &self.message[self.sent..];
                    if rest.is_empty() {
                        return client.finish(out).unwrap();
                    }
                    let piece = &rest[..rest.len().min(self.piece)];
                    client.content(piece, out).unwrap();
                    self.sent += piece.len();
                }
            }
            _ => {}
        }
    }
}

static RECORD: LazyLock<Record> =
    LazyLock::new(|| Record::from_password("engine", b"0123456789abcdef", 4096).unwrap().with_password("engine"));

struct Ada;

impl Store for Ada {
    fn record(&self, user: &str) -> Option<Record> {
        (user == "ada").then(|| RECORD.clone())
    }
}

/// A server's caller: takes everything, but nothing for `nobody`, and in LMTP nothing for `full` in the end.
#[derive(Default)]
struct Takes {
    greeted: bool,
    full: Vec<bool>,
    content: Vec<u8>,
    taken: Rc<RefCell<Vec<Vec<u8>>>>,
    /// Leaves where a message begins to come.
    leaves: bool,
}

impl Handler<Server> for Takes {
    fn event(&mut self, server: &mut Server, event: server::Event<&[u8]>, out: &mut BytesMut) {
        match event {
            // No handshake comes between here, so what the client says next is at the door already.
            server::Event::StartTls => server.secured(b"", None).unwrap(),
            server::Event::Mail(_) => {
                self.full.clear();
                self.content.clear();
            }
            server::Event::Rcpt(rcpt) if rcpt.to.local() == "nobody" => {
                let no = Answer::new(550, (5, 1, 1), "No such user here").unwrap();
                return server.answer(&no, out).unwrap();
            }
            server::Event::Rcpt(rcpt) => self.full.push(rcpt.to.local() == "full"),
            server::Event::Content if self.leaves => return server.shutdown(out).unwrap(),
            server::Event::Data(octets) => self.content.extend_from_slice(octets),
            server::Event::Message(_) => self.taken.borrow_mut().push(std::mem::take(&mut self.content)),
            _ => {}
        }
        match server.pending() {
            Some(Pending::Authentication) => {
                server.authenticate(&Ada, out).unwrap();
            }
            Some(Pending::Message(owed)) if self.full.contains(&true) => {
                let (yes, no) = (Answer::new(250, (2, 1, 5), "Delivered"), Answer::new(452, (4, 2, 2), "Mailbox full"));
                let (yes, no) = (yes.unwrap(), no.unwrap());
                for full in self.full.iter().take(owed as usize) {
                    server.answer_one(if *full { &no } else { &yes }, out).unwrap();
                }
            }
            Some(_) => server.accept(out).unwrap(),
            None => {}
        }
    }

    fn more(&mut self, server: &mut Server, out: &mut BytesMut) -> bool {
        !std::mem::replace(&mut self.greeted, true) && server.greet(out).is_ok()
    }
}

fn address(text: &str) -> Address {
    text.parse().unwrap()
}

fn envelope(recipients: &[&str]) -> Envelope {
    Envelope::new(address("ada@a.example"), recipients.iter().map(|to| address(to)))
}

fn ours() -> client::Config {
    let mut config = client::Config::new("a.example".parse().unwrap());
    config.starttls = StartTls::IfOffered;
    config
}

fn theirs() -> server::Config {
    server::Config::new("mx.example.org".parse().unwrap())
}

fn sends(messages: &[(Envelope, &[u8])], piece: usize) -> Sends {
    let queue = messages.iter().map(|(envelope, message)| (envelope.clone(), message.to_vec())).collect();
    Sends { queue, message: Vec::new(), sent: 0, piece, reports: Rc::default() }
}

fn client(config: &client::Config) -> Client {
    Client::new(Arc::new(config.clone()), Nonce::new([3; 18]))
}

fn server(config: &server::Config) -> Server {
    Server::new(Arc::new(config.clone()), Session::new(Nonce::new([7; 18])))
}

struct Scenario {
    text: String,
    mirrored: Mirrored<Client, Server>,
    reports: Vec<Report>,
    taken: Vec<Vec<u8>>,
}

/// The scenario through every cut, and then as text.
fn scenario(
    (ours, theirs): (&client::Config, &server::Config),
    messages: &[(Envelope, &[u8])],
    piece: usize,
    leaves: bool,
) -> Scenario {
    let make = || ((client(ours), sends(messages, piece)), (server(theirs), Takes { leaves, ..Takes::default() }));
    let mirrored = laws::mirror(make).unwrap_or_else(|story| panic!("{story}"));
    let (sender, taker) = make();
    let (reports, taken) = (sender.1.reports.clone(), taker.1.taken.clone());
    let text = converse(sender, taker, &[], Shown::Both).to_string();
    let (reports, taken) = (reports.take(), taken.take());
    Scenario { text, mirrored, reports, taken }
}

fn whole(scenario: &Scenario) {
    assert_eq!((scenario.mirrored.a.error, scenario.mirrored.b.error), (None, None));
    assert_eq!((scenario.mirrored.a.status, scenario.mirrored.b.status), (Status::Closed, Status::Closed));
}

#[test]
fn a_plain_send() {
    let message =
        b"From: ada@a.example\r\nTo: bob@example.org\r\nSubject: hello\r\n\r\n.one dot\r\n..two dots\r\nno end";
    let scenario = scenario((&ours(), &theirs()), &[(envelope(&["bob@example.org"]), message)], usize::MAX, false);
    whole(&scenario);
    assert_eq!(scenario.taken, [[&message[..], b"\r\n"].concat()]);
    assert!(scenario.reports[0].accepted(0));
    insta::assert_snapshot!(scenario.text);
}

#[test]
fn one_recipient_refused_and_then_all() {
    let messages: [(Envelope, &[u8]); 3] = [
        (envelope(&["bob@example.org", "nobody@example.org", "eve@example.org"]), b"Subject: one\r\n\r\n"),
        (envelope(&["nobody@example.org"]), b"Subject: two\r\n\r\n"),
        (Envelope::new(None, [address("bob@example.org")]), b"Subject: three\r\n\r\n"),
    ];
    let scenario = scenario((&ours(), &theirs()), &messages, usize::MAX, false);
    whole(&scenario);
    assert_eq!(scenario.taken, [messages[0].1, messages[2].1]);
    let outcomes: Vec<_> = scenario.reports.iter().map(|report| report.outcome.unwrap()).collect();
    assert_eq!(outcomes, [Outcome::Accepted, Outcome::Refused(Step::Recipient), Outcome::Accepted]);
    assert_eq!([0, 1, 2].map(|index| scenario.reports[0].accepted(index)), [true, false, true]);
    insta::assert_snapshot!(scenario.text);
}

#[test]
fn starttls_and_scram() {
    let mut ours = ours();
    ours.starttls = StartTls::Required;
    ours.credentials = Some(Credentials::password("ada", "engine"));
    let mut theirs = theirs();
    theirs.starttls = true;
    theirs.tls_required = true;
    theirs.auth = vec![Mechanism::ScramSha256Plus, Mechanism::ScramSha256, Mechanism::Plain];
    theirs.auth_required = true;
    let scenario =
        scenario((&ours, &theirs), &[(envelope(&["bob@example.org"]), b"Subject: secret\r\n\r\n")], usize::MAX, false);
    whole(&scenario);
    assert!(!scenario.text.contains("engine") && scenario.reports[0].accepted(0));
    insta::assert_snapshot!(scenario.text);
}

#[test]
fn chunks() {
    let ours = client::Config { transfer: Transfer::Chunks, ..ours() };
    let mut binary = envelope(&["bob@example.org"]);
    binary.parameters.body = Some(Body::Binary);
    let messages: [(Envelope, &[u8]); 2] =
        [(envelope(&["bob@example.org"]), b"Subject: chunks\r\n\r\n.\r\nlast"), (binary, b"Subject: any\n\n\0\r.\xff")];
    let scenario = scenario((&ours, &theirs()), &messages, 12, false);
    whole(&scenario);
    assert_eq!(scenario.taken, [[messages[0].1, b"\r\n"].concat(), messages[1].1.to_vec()]);
    insta::assert_snapshot!(scenario.text);
}

#[test]
fn eight_bits_and_utf8() {
    let mut parameters = Envelope::new(address("λ@παράδειγμα.example"), [address("\"b c\"@example.org")]);
    parameters.parameters.ret = Some(Return::Headers);
    parameters.recipients[0].parameters.notify = Some(Notify { success: true, failure: true, delay: false });
    parameters.recipients[0].parameters.original = Some(OriginalRecipient::of(&address("ü+1@example.org")));
    let messages: [(Envelope, &[u8]); 2] = [
        (envelope(&["bob@example.org"]), b"Subject: latin\r\n\r\n\xe9\r\n"),
        (parameters, "Subject: λ\r\n\r\n".as_bytes()),
    ];
    let mut theirs = theirs();
    theirs.extensions.dsn = true;
    let scenario = scenario((&ours(), &theirs), &messages, usize::MAX, false);
    whole(&scenario);
    assert_eq!(scenario.taken, [messages[0].1, messages[1].1]);
    insta::assert_snapshot!(scenario.text);
}

#[test]
fn lmtp() {
    let ours = client::Config { protocol: Protocol::Lmtp, ..ours() };
    let theirs = server::Config { protocol: Protocol::Lmtp, ..theirs() };
    let messages: [(Envelope, &[u8]); 1] =
        [(envelope(&["bob@example.org", "nobody@example.org", "full@example.org"]), b"Subject: three\r\n\r\n")];
    let scenario = scenario((&ours, &theirs), &messages, usize::MAX, false);
    whole(&scenario);
    assert_eq!([0, 1, 2].map(|index| scenario.reports[0].accepted(index)), [true, false, false]);
    insta::assert_snapshot!(scenario.text);
}

#[test]
fn a_server_that_shuts_down_in_mid_transaction() {
    let messages: [(Envelope, &[u8]); 2] = [
        (envelope(&["bob@example.org"]), b"Subject: one\r\n\r\nlong enough\r\n"),
        (envelope(&["bob@example.org"]), b""),
    ];
    let scenario = scenario((&ours(), &theirs()), &messages, usize::MAX, true);
    whole(&scenario);
    assert!(scenario.taken.is_empty());
    let report = &scenario.reports[0];
    assert_eq!(report.outcome, None, "it was not completed");
    assert_eq!(report.recipients[0].as_ref().map(|verdict| verdict.code.number()), Some(421));
    insta::assert_snapshot!(scenario.text);
}

/// What `engine` does when its clock runs out behind `stream`, as text.
fn expired<E: Engine>(end: End, mut engine: E, mut handler: impl Handler<E>, stream: &str) -> String {
    let (mut recorder, mut out) = (Recorder::new(end), BytesMut::new());
    let mut input = stream.as_bytes();
    turn(&mut engine, &mut input, &mut out, usize::MAX, &mut handler, &mut recorder).unwrap();
    assert!(input.is_empty(), "{stream:?}");
    let limit = engine.patience().limit.expect("a clock");
    Tap::<E>::expired(&mut recorder);
    engine.expire();
    turn(&mut engine, &mut input, &mut out, usize::MAX, &mut handler, &mut recorder).expect_err("waited long enough");
    assert_eq!(engine.status(), Status::Closed);
    format!("# after {} seconds\n{}\n", limit.as_secs(), recorder.finish())
}

#[test]
fn expiry_in_each_state_of_a_server() {
    let mut config = theirs();
    config.auth = vec![Mechanism::Plain];
    config.auth_in_clear = true;
    let named = "EHLO a.example\r\n";
    let sender = "EHLO a.example\r\nMAIL FROM:<ada@a.example>\r\n";
    let recipient = "EHLO a.example\r\nMAIL FROM:<ada@a.example>\r\nRCPT TO:<bob@example.org>\r\n";
    let mut text = String::new();
    for stream in [
        String::new(),
        named.into(),
        format!("{named}AUTH PLAIN\r\n"),
        sender.into(),
        recipient.into(),
        format!("{recipient}DATA\r\n"),
        format!("{recipient}DATA\r\nSubject: half\r\n"),
        format!("{recipient}BDAT 100\r\nSubject: half\r\n"),
        format!("{recipient}BDAT 15\r\nSubject: half\r\n"),
    ] {
        let told = expired(End::Server, server(&config), Takes::default(), &stream);
        text += &told;
    }
    insta::assert_snapshot!(text);
}

#[test]
fn expiry_in_each_state_of_a_client() {
    let mut config = ours();
    config.credentials = Some(Credentials::password("ada", "engine"));
    config.auth_in_clear = true;
    let message: &[(Envelope, &[u8])] = &[(envelope(&["bob@example.org"]), b"Subject: x\r\n\r\n")];
    let plain = "220 mx\r\n250 mx\r\n";
    let mut text = String::new();
    for (credentials, stream) in [
        (true, String::new()),
        (true, "220 mx\r\n".into()),
        (true, "220 mx\r\n500 what\r\n".into()),
        (true, "220 mx\r\n250-mx\r\n250 AUTH LOGIN\r\n".into()),
        (true, "220 mx\r\n250-mx\r\n250 AUTH LOGIN\r\n334 VXNlcm5hbWU6\r\n".into()),
        (false, plain.into()),
        (false, format!("{plain}250 sender\r\n")),
        (false, format!("{plain}250 sender\r\n250 recipient\r\n")),
        (false, format!("{plain}250 sender\r\n550 recipient\r\n")),
        (false, format!("{plain}250 sender\r\n250 recipient\r\n354 go\r\n")),
        (false, format!("{plain}250 sender\r\n250 recipient\r\n354 go\r\n250 taken\r\n")),
    ] {
        let config = if credentials { config.clone() } else { ours() };
        text += &expired(End::Client, client(&config), sends(message, usize::MAX), &stream);
    }
    insta::assert_snapshot!(text);
}
