//! What is asserted about the engines of SMTP, on any bytes.

#[path = "smtp_values.rs"]
pub(crate) mod values;

use bytes::BytesMut;
use plainwire::engine::{Handler, Status};
use plainwire::laws::{self, Ending, Entry};
use plainwire::sasl::{Credentials, Mechanism, Nonce};
use plainwire::smtp::client::{self, Client, Envelope, Outcome, Report, StartTls, Transfer};
use plainwire::smtp::server::{self, Message, Pending, Protocol, Server, Session};
use plainwire::smtp::{Address, Answer, Body, Content, HostName};
use plainwire::syntax::dots::Endings;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;
use values::{Ada, naive_stuff, plan};

/// The replies of a stream, each by its code: every line well formed.
pub(crate) fn codes(said: &[u8]) -> Vec<u16> {
    let mut codes = Vec::new();
    let mut open: Option<&[u8]> = None;
    let text = str::from_utf8(said).expect("replies are text");
    assert!(text.is_empty() || text.ends_with("\r\n"), "{text:?}");
    for line in text.split_terminator("\r\n") {
        assert!(!line.contains(['\r', '\n', '\0']), "{line:?}");
        assert!(line.len() <= 510 || line.starts_with("334 "), "{line:?}");
        let line = line.as_bytes();
        assert!(line.len() >= 3 && line[..3].iter().all(u8::is_ascii_digit), "{}", line.escape_ascii());
        assert!(open.is_none_or(|code| code == &line[..3]), "{}", line.escape_ascii());
        match line.get(3) {
            Some(b'-') => open = Some(&line[..3]),
            None | Some(b' ') => {
                open = None;
                codes.push(str::from_utf8(&line[..3]).unwrap().parse().unwrap());
            }
            Some(other) => panic!("{other}"),
        }
    }
    assert!(open.is_none());
    codes
}

/// A server's caller who refuses `nobody`, answers LMTP by turns, and looks at every message.
#[derive(Default)]
pub(crate) struct Takes {
    greeted: bool,
    content: Vec<u8>,
    binary: bool,
    limits: Option<server::Limits>,
    pub(crate) taken: Rc<RefCell<Vec<Vec<u8>>>>,
    answers: Rc<RefCell<usize>>,
}

impl Takes {
    fn message(&mut self, message: Message) {
        assert_eq!(message.octets, self.content.len() as u64);
        assert!(message.recipients > 0, "a message for nobody");
        if let Some(limits) = &self.limits {
            assert!(message.octets <= limits.message);
            if !self.binary {
                for line in self.content.split_inclusive(|octet| *octet == b'\n') {
                    assert!(line.len() <= limits.text_line, "{} octets", line.len());
                }
            }
        }
        if !self.binary {
            let pairs = self.content.windows(2).filter(|two| two == b"\r\n").count();
            let ends = self.content.iter().filter(|octet| matches!(octet, b'\r' | b'\n')).count();
            assert_eq!(2 * pairs, ends, "a CR or LF alone in {}", self.content.escape_ascii());
        }
        self.taken.borrow_mut().push(std::mem::take(&mut self.content));
    }
}

impl Handler<Server> for Takes {
    fn event(&mut self, server: &mut Server, event: server::Event<&[u8]>, out: &mut BytesMut) {
        let no = || Answer::new(550, (5, 1, 1), "No such user").unwrap();
        *self.answers.borrow_mut() += 1;
        match event {
            // No handshake comes between here, so what the client says next is at the door already.
            server::Event::StartTls => server.secured(b"", None).unwrap(),
            server::Event::Data(octets) => self.content.extend_from_slice(octets),
            server::Event::LineEnd => self.content.extend_from_slice(b"\r\n"),
            server::Event::Spoiled(_) => self.content.clear(),
            server::Event::Mail(mail) => {
                self.content.clear();
                self.binary = mail.parameters.body == Some(Body::Binary);
            }
            server::Event::Rcpt(rcpt) if rcpt.to.local() == "nobody" => return server.answer(&no(), out).unwrap(),
            server::Event::Message(message) => self.message(message),
            _ => {}
        }
        match server.pending() {
            Some(Pending::Authentication) => {
                server.authenticate(&Ada, out).unwrap();
            }
            Some(Pending::Message(owed)) if owed > 1 => {
                for turn in 0..owed {
                    let yes = Answer::new(250, (2, 1, 5), "Delivered").unwrap();
                    server.answer_one(&if turn % 2 == 0 { yes } else { no() }, out).unwrap();
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

/// A configuration by two octets.
pub(crate) fn server_config([choice, limit]: [u8; 2]) -> server::Config {
    let mut config = server::Config::new("mx.example.org".parse::<HostName<_>>().unwrap());
    if choice & 1 != 0 {
        config.protocol = Protocol::Lmtp;
    }
    config.starttls = choice & 2 != 0;
    config.tls_required = choice & 6 == 6;
    if choice & 8 != 0 {
        config.auth = Mechanism::ALL.to_vec();
        config.auth_in_clear = true;
    }
    config.extensions.dsn = choice & 16 != 0;
    config.extensions.chunking = choice & 32 == 0;
    if choice & 64 != 0 {
        config.endings = Endings::Normalise;
    }
    config.quirks.spaces_before_path = choice & 128 != 0;
    match limit & 7 {
        1 => config.limits.command_line = 40,
        2 => config.limits.text_line = 10,
        3 => config.limits.message = 20,
        4 => config.limits.recipients = 1,
        5 => (config.limits.errors, config.limits.auth_failures) = (2, 1),
        6 => config.limits.idle_commands = 3,
        7 => config.limits.auth_line = 16,
        _ => {}
    }
    config
}

/// A server under the laws, on a client's stream.
pub(crate) fn server(data: &[u8]) {
    let [choice, limit, stream @ ..] = data else { return };
    let config = Arc::new(server_config([*choice, *limit]));
    let ending = if limit & 8 == 0 { Ending::Stays } else { Ending::Eof };
    let session = || Session { proxy: limit & 16 != 0, xclient: limit & 32 != 0, ..Session::new(Nonce::new([7; 18])) };
    // TLS that begins at once would be cut-dependent: what was in clear is then refused or not by when it came.
    let make = || {
        let takes = Clear(Takes { limits: Some(config.limits.clone()), ..Takes::default() });
        (Server::new(config.clone(), session()), takes)
    };
    let (cuts, mark, late) = plan(data);
    let log = laws::judge_cut(make, stream, ending, &cuts, mark, late).unwrap_or_else(|story| panic!("{story}"));
    codes(&log.out);
    if stream.len() < 300 {
        laws::judge_expiry(make, stream).unwrap_or_else(|story| panic!("{story}"));
    }
}

/// [`Takes`] that leaves TLS alone.
struct Clear(Takes);

impl Handler<Server> for Clear {
    fn event(&mut self, server: &mut Server, event: server::Event<&[u8]>, out: &mut BytesMut) {
        if !matches!(event, server::Event::StartTls) {
            self.0.event(server, event, out);
        }
    }
    fn more(&mut self, server: &mut Server, out: &mut BytesMut) -> bool {
        // A proxy's preamble comes first, and what it leads to is answered with its event.
        server.pending() == Some(Pending::Connection) && self.0.more(server, out)
    }
}

/// A client's caller: sends what it has in pieces and says goodbye.
pub(crate) struct Sends {
    pub(crate) queue: VecDeque<(Envelope, Vec<u8>)>,
    message: Vec<u8>,
    sent: usize,
    piece: usize,
    secures: bool,
    pub(crate) reports: Rc<RefCell<Vec<Report>>>,
}

impl Sends {
    fn next(&mut self, client: &mut Client, out: &mut BytesMut) {
        while let Some((envelope, message)) = self.queue.pop_front() {
            let (before, recipients) = (out.len(), envelope.recipients.len());
            if client.send(envelope, &Content::of(&message), out).is_ok() {
                self.reports.borrow_mut().push(Report::new(recipients));
                (self.message, self.sent) = (message, 0);
                return;
            }
            assert_eq!(out.len(), before);
        }
        client.quit(out).unwrap();
    }
}

impl Handler<Client> for Sends {
    fn event(&mut self, client: &mut Client, event: client::Event<&[u8]>, out: &mut BytesMut) {
        if let Some(report) = self.reports.borrow_mut().last_mut() {
            report.note(&event);
        }
        match event {
            client::Event::StartTls(_) if self.secures => client.secured(b"", None, out).unwrap(),
            client::Event::Ready | client::Event::Done(_) => self.next(client, out),
            client::Event::Go | client::Event::Reply { step: client::Step::Chunk, .. } => {
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

fn address(text: &str) -> Address {
    text.parse().unwrap()
}

/// A client's configuration and what it sends, by two octets.
fn client_config([choice, other]: [u8; 2]) -> (client::Config, Vec<(Envelope, Vec<u8>)>, usize) {
    let mut config = client::Config::new("a.example".parse::<HostName<_>>().unwrap());
    config.protocol = if choice & 1 != 0 { Protocol::Lmtp } else { Protocol::Smtp };
    config.starttls =
        [StartTls::Never, StartTls::IfOffered, StartTls::Required, StartTls::Never][choice as usize >> 1 & 3];
    if choice & 8 != 0 {
        config.credentials = Some(Credentials::password("ada", "engine"));
        config.auth_in_clear = true;
    }
    if choice & 16 != 0 {
        config.transfer = Transfer::Chunks;
    }
    if choice & 64 != 0 {
        config.endings = Endings::Normalise;
    }
    config.limits.reply_line = if choice & 32 != 0 { 30 } else { config.limits.reply_line };
    config.limits.reply = if choice & 128 != 0 { 60 } else { config.limits.reply };
    let to = |list: &[&str]| Envelope::new(address("ada@a.example"), list.iter().map(|to| address(to)));
    let mut messages = vec![
        (to(&["bob@example.org", "nobody@example.org"]), b"Subject: one\r\n\r\n.\r\n..x\r\n".to_vec()),
        (to(&["nobody@example.org"]), b"two".to_vec()),
        (to(&["bob@example.org"]), b"Subject: three\r\n\r\n\xe9\r\n".to_vec()),
    ];
    if other & 1 != 0 {
        messages[0].0.parameters.body = Some(Body::Binary);
        messages[0].1 = b"\n.\r\r\n.\r\n\0".to_vec();
    }
    messages.truncate(usize::from(other >> 1 & 3));
    (config, messages, [1, 5, 16, usize::MAX][usize::from(other >> 3 & 3)])
}

/// A client under the laws, on a server's stream.
pub(crate) fn reply(data: &[u8]) {
    let [choice, other, stream @ ..] = data else { return };
    let (config, messages, piece) = client_config([*choice, *other]);
    let config = Arc::new(config);
    let ending = if other & 128 == 0 { Ending::Stays } else { Ending::Eof };
    let make = || {
        let (queue, reports) = (messages.clone().into(), Rc::default());
        let sends = Sends { queue, message: Vec::new(), sent: 0, piece, secures: false, reports };
        let nonce = Nonce::new([7; 18]);
        let client = if other & 64 != 0 {
            Client::secure(config.clone(), nonce, None)
        } else {
            Client::new(config.clone(), nonce)
        };
        (client, sends)
    };
    let (cuts, mark, late) = plan(data);
    let log = laws::judge_cut(make, stream, ending, &cuts, mark, late).unwrap_or_else(|story| panic!("{story}"));
    // What was not said in a chunk of a binary message has whole line ends.
    if other & 1 == 0 {
        let pairs = log.out.windows(2).filter(|two| two == b"\r\n").count();
        let ends = log.out.iter().filter(|octet| matches!(octet, b'\r' | b'\n')).count();
        assert_eq!(2 * pairs, ends, "{}", log.out.escape_ascii());
    }
    // A password goes to who is believed to be the server alone: over TLS, or where it was asked for in clear.
    if choice & 8 == 0 {
        assert!(!log.out.windows(5).any(|five| five == b"AUTH "));
    }
    for entry in &log.events {
        assert!(matches!(entry, Entry::Event(_)), "a client is told no octets");
    }
    if stream.len() < 300 {
        laws::judge_expiry(make, stream).unwrap_or_else(|story| panic!("{story}"));
    }
}

/// Our client against our server, by four octets of configuration and a message: what arrives is what was sent.
pub(crate) fn session(data: &[u8]) {
    let [ours, other, theirs, limit, message @ ..] = data else { return };
    if message.len() > 2000 {
        return;
    }
    let (mut config, mut messages, piece) = client_config([ours & 0b0101_1111, *other]);
    let mut accepting = server_config([theirs & 0b0111_1110 | ours & 1, limit & 7]);
    if config.starttls != StartTls::Never {
        accepting.starttls = true;
    }
    if config.credentials.is_some() {
        accepting.auth = vec![Mechanism::Plain, Mechanism::CramMd5, Mechanism::Login, Mechanism::XOAuth2];
        accepting.auth_in_clear = true;
    }
    config.limits.text_line = 998;
    let mut envelope = Envelope::new(address("ada@a.example"), [address("bob@example.org")]);
    if other & 32 != 0 {
        envelope.parameters.body = Some(Body::Binary);
    }
    messages.push((envelope, message.to_vec()));
    let (config, accepting) = (Arc::new(config), Arc::new(accepting));
    type Shared<T> = Rc<RefCell<Vec<T>>>;
    let sent: RefCell<(Shared<Report>, Shared<Vec<u8>>)> = RefCell::default();
    let make = || {
        let (reports, taken) = (Rc::default(), Rc::default());
        *sent.borrow_mut() = (Rc::clone(&reports), Rc::clone(&taken));
        let queue = messages.clone().into();
        let sends = Sends { queue, message: Vec::new(), sent: 0, piece, secures: true, reports };
        let takes = Takes { limits: Some(accepting.limits.clone()), taken, ..Takes::default() };
        let nonce = || Nonce::new([7; 18]);
        let server = Server::new(accepting.clone(), Session::new(nonce()));
        ((Client::new(config.clone(), nonce()), sends), (server, takes))
    };
    let mirrored = laws::mirror(make).unwrap_or_else(|story| panic!("{story}"));
    codes(&mirrored.b.out);
    let sent = sent.into_inner();
    let (reports, taken) = (sent.0.take(), sent.1.take());
    let accepted = reports.iter().filter(|report| report.outcome == Some(Outcome::Accepted)).count();
    // In LMTP every second recipient is told no in the end, but the first one yes.
    assert_eq!(accepted, taken.len());
    if mirrored.a.error.is_none() && mirrored.b.error.is_none() {
        assert_eq!((mirrored.a.status, mirrored.b.status), (Status::Closed, Status::Closed));
    }
    let binary = other & 32 != 0;
    for text in &taken {
        let arrived = |message: &[u8], binary: bool| {
            let whole = if binary {
                message.to_vec()
            } else {
                match naive_stuff(message, config.endings, false) {
                    Some(whole) => whole,
                    None => return false,
                }
            };
            whole == *text
        };
        let known =
            messages.iter().any(|(envelope, message)| arrived(message, envelope.parameters.body == Some(Body::Binary)));
        assert!(known || arrived(message, binary), "{} was never sent", text.escape_ascii());
    }
}
