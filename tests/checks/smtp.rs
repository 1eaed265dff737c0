//! What is asserted about SMTP and SASL, on any bytes.

use bytes::BytesMut;
use plainwire::engine::{Handler, Status};
use plainwire::laws::{self, Ending, Entry};
use plainwire::sasl::{self, Credentials, Mechanism, Nonce, Record, Store};
use plainwire::smtp::client::{self, Client, Envelope, Outcome, Report, StartTls, Transfer};
use plainwire::smtp::server::{self, Message, Pending, Protocol, Server, Session};
use plainwire::smtp::{Address, Answer, Body, Command, Content, HostName, Mailbox};
use plainwire::syntax::dots::{Alone, Endings, Piece, Stuff, Unstuff};
use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::{Arc, LazyLock};

/// Two cuts, an output mark and a lateness that depend on nothing but the data.
fn plan(data: &[u8]) -> ([usize; 2], usize, usize) {
    let hash = data
        .iter()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3));
    let length = data.len().max(1);
    ([hash as usize % length, (hash >> 20) as usize % length], 1 << (hash >> 40 & 15), (hash >> 50 & 3) as usize)
}

/// A mailbox by the letter of RFC 5321 4.1.2 and RFC 6531 3.3, one character after the other. Address literals are left
/// to the caller: `None` says that there is one.
fn naive_mailbox(text: &[u8]) -> Option<bool> {
    let Ok(text) = str::from_utf8(text) else { return Some(false) };
    if text.eq_ignore_ascii_case("postmaster") {
        return Some(true);
    }
    let strange = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    if text.chars().any(strange) {
        return Some(false);
    }
    let wide = |c: char| !c.is_ascii();
    let mut rest = text.chars().peekable();
    let mut local = String::new();
    if rest.peek() == Some(&'"') {
        rest.next();
        loop {
            match rest.next() {
                None => return Some(false),
                Some('"') => break,
                Some('\\') => match rest.next() {
                    Some(c @ ' '..='~') => local.push(c),
                    _ => return Some(false),
                },
                Some(c) => local.push(c),
            }
        }
        if local.is_empty() || rest.next() != Some('@') {
            return Some(false);
        }
    } else {
        let mut found = false;
        for c in rest.by_ref() {
            match c {
                '@' => {
                    found = true;
                    break;
                }
                c if wide(c) || c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c) => local.push(c),
                _ => return Some(false),
            }
        }
        if !found || local.split('.').any(str::is_empty) {
            return Some(false);
        }
    }
    let domain: String = rest.collect();
    if domain.starts_with('[') {
        return None;
    }
    let label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| wide(c) || c.is_ascii_alphanumeric() || c == '-')
    };
    Some(domain.split('.').all(label) && domain.len() <= 255 && text.len() <= 320)
}

/// A command line: what is read can be written, on one line, and is read again as it was; mailboxes are what a plain
/// reading of the grammar says.
pub(crate) fn command(line: &[u8]) {
    let mailbox = Mailbox::parse(line);
    if let Some(expected) = naive_mailbox(line) {
        assert_eq!(mailbox.is_ok(), expected, "{}", line.escape_ascii());
    }
    if let Ok(mailbox) = mailbox {
        assert_eq!(mailbox.as_str().as_bytes(), line);
        // Whatever it is, it fits between the brackets of a path and nowhere beyond.
        let written = [b"RCPT TO:<", line, b">"].concat();
        let Ok(Command::Rcpt(rcpt)) = Command::parse(&written) else { panic!("{}", line.escape_ascii()) };
        assert_eq!(rcpt.to, mailbox);
        if let Some(domain) = mailbox.domain() {
            let made = Address::new(&mailbox.name(), domain).expect("a name that was read can be said");
            assert_eq!((made.name(), made.domain()), (mailbox.name(), mailbox.domain()));
        }
    }
    if let Ok(text) = str::from_utf8(line)
        && let Ok(address) = Address::new(text, "example.org")
    {
        assert_eq!(address.name(), text);
        assert_eq!(Mailbox::parse(address.as_str().as_bytes()).map(|again| again.to_address()), Ok(address));
    }
    let command = match Command::parse(line) {
        Ok(command) => command,
        Err(error) => {
            assert!((500..=555).contains(&error.reply().0));
            return;
        }
    };
    assert!(!line.iter().any(|octet| matches!(octet, b'\r' | b'\n' | 0)), "{}", line.escape_ascii());
    let mut written = BytesMut::new();
    command.write(&mut written);
    let Some(again) = written.strip_suffix(b"\r\n") else { panic!("{command:?} has no end") };
    assert!(!again.iter().any(|octet| matches!(octet, b'\r' | b'\n' | 0)), "{}", again.escape_ascii());
    // What stands behind NOOP means nothing and is not kept.
    assert_eq!(Command::parse(again), Ok(command), "{}", again.escape_ascii());
}

/// Unstuffing by the letter: octet by octet, with the whole text in hand. The text, where a CR or LF stood alone, and
/// how much was taken where there is an end.
fn naive_unstuff(wire: &[u8]) -> (Vec<u8>, Vec<(usize, Alone)>, Option<usize>) {
    let (mut text, mut alone) = (Vec::new(), Vec::new());
    let (mut at, mut line_start) = (0, true);
    while at < wire.len() {
        let rest = &wire[at..];
        if line_start && rest.starts_with(b".\r\n") {
            return (text, alone, Some(at + 3));
        }
        if line_start && rest[0] == b'.' {
            if matches!(rest, [_] | [_, b'\r']) {
                break;
            }
            at += 1;
            line_start = false;
            continue;
        }
        line_start = false;
        match rest {
            [b'\r', b'\n', ..] => {
                text.extend_from_slice(b"\r\n");
                at += 2;
                line_start = true;
            }
            [b'\r'] => break,
            [octet @ (b'\r' | b'\n'), ..] => {
                alone.push((text.len(), if *octet == b'\r' { Alone::Cr } else { Alone::Lf }));
                text.push(*octet);
                at += 1;
            }
            [octet, ..] => {
                text.push(*octet);
                at += 1;
            }
            [] => break,
        }
    }
    (text, alone, None)
}

fn naive_stuff(text: &[u8], endings: Endings, dotted: bool) -> Option<Vec<u8>> {
    let mut lines: Vec<Vec<u8>> = vec![Vec::new()];
    let mut at = 0;
    while at < text.len() {
        let end = match &text[at..] {
            [b'\r', b'\n', ..] => 2,
            [b'\r' | b'\n', ..] if endings == Endings::Refuse => return None,
            [b'\r' | b'\n', ..] => 1,
            _ => 0,
        };
        if end > 0 {
            lines.push(Vec::new());
            at += end;
        } else {
            lines.last_mut().unwrap().push(text[at]);
            at += 1;
        }
    }
    if lines.last().is_some_and(Vec::is_empty) {
        lines.pop();
    }
    let mut wire = Vec::new();
    for line in lines {
        if dotted && line.first() == Some(&b'.') {
            wire.push(b'.');
        }
        wire.extend(line);
        wire.extend(b"\r\n");
    }
    if dotted {
        wire.extend(b".\r\n");
    }
    Some(wire)
}

/// The codec of a dotted text against one that goes octet by octet, at two cuts and dripped.
pub(crate) fn data(data: &[u8]) {
    let (text, alone, end) = naive_unstuff(data);
    let (cuts, ..) = plan(data);
    let mut cuts = cuts.to_vec();
    cuts.sort_unstable();
    cuts.push(data.len());
    let dripped: Vec<usize> = (0..=data.len()).collect();
    for ends in [cuts, dripped] {
        let (mut found, mut bare, mut taken, mut unstuff) = (Vec::new(), Vec::new(), 0, Unstuff::new());
        for end in ends {
            let mut input = &data[taken.min(end)..end];
            while let Some(piece) = unstuff.next(&mut input) {
                match piece {
                    Piece::Text(piece) => {
                        assert!(!piece.is_empty());
                        found.extend_from_slice(piece);
                    }
                    Piece::Bare(which, octet) => {
                        bare.push((found.len(), which));
                        found.extend_from_slice(octet);
                    }
                    Piece::End => break,
                }
            }
            assert!(unstuff.over() || input.len() < Unstuff::WINDOW);
            taken = end - input.len();
            if unstuff.over() {
                break;
            }
        }
        assert_eq!((&found, &bare), (&text, &alone));
        assert_eq!(unstuff.over().then_some(taken), end);
    }

    let half = data.len() / 2;
    for (endings, dotted) in
        [(Endings::Refuse, true), (Endings::Normalise, true), (Endings::Refuse, false), (Endings::Normalise, false)]
    {
        let expected = naive_stuff(data, endings, dotted);
        for cut in [0, half, plan(data).0[0]] {
            let mut stuff = if dotted { Stuff::new(endings) } else { Stuff::lines(endings) };
            let mut wire = BytesMut::new();
            let said = [&data[..cut], &data[cut..]].iter().try_for_each(|piece| stuff.push(piece, &mut wire));
            let said = said.and_then(|()| stuff.finish(&mut wire));
            match &expected {
                Some(expected) => assert_eq!((said, &wire[..]), (Ok(()), &expected[..])),
                None => {
                    let bare = said.expect_err("a CR or LF alone is refused");
                    assert!(matches!(data[bare.offset as usize], b'\r' | b'\n'));
                    // Nothing of it was said.
                    let mut whole = wire.to_vec();
                    whole.retain(|octet| !matches!(octet, b'\r' | b'\n'));
                    let pairs = wire.windows(2).filter(|two| two == b"\r\n").count();
                    assert_eq!(whole.len() + 2 * pairs, wire.len());
                }
            }
            if let (Some(wire), true) = (&expected, dotted) {
                let (text, alone, end) = naive_unstuff(wire);
                assert_eq!((alone.len(), end), (0, Some(wire.len())));
                assert_eq!(text.is_empty(), data.is_empty());
                let content = Content::of(data);
                assert_eq!(content.octets_in_lines(), text.len() as u64);
            }
        }
    }
}

static RECORD: LazyLock<Record> =
    LazyLock::new(|| Record::from_password("engine", b"0123456789abcdef", 1).unwrap().with_password("engine"));

/// One user, `ada`, whose password is `engine` and whose token is `token`.
struct Ada;

impl Store for Ada {
    fn record(&self, user: &str) -> Option<Record> {
        (user == "ada").then(|| RECORD.clone())
    }
    fn token(&self, user: &str, token: &str) -> Option<String> {
        (token == "token" && (user == "ada" || user.is_empty())).then(|| "ada".into())
    }
}

/// Exchanges: the first octet chooses the mechanism, the others are messages behind their lengths.
pub(crate) fn sasl(data: &[u8]) {
    let Some((choice, mut rest)) = data.split_first() else { return };
    let mechanism = Mechanism::ALL[*choice as usize % Mechanism::ALL.len()];
    let mut messages = Vec::new();
    while let Some((length, others)) = rest.split_first() {
        let (message, others) = others.split_at((*length as usize).min(others.len()));
        messages.push(message);
        rest = others;
    }
    assert_eq!(sasl::base64::decode(&encoded(data)).map(|text| text.expose().to_vec()), Ok(data.to_vec()));
    if let Ok(text) = sasl::base64::decode(data) {
        assert_eq!(encoded(text.expose()), data, "one spelling for each text");
    }

    // A server that hears this believes only who knows the password.
    let mut server = sasl::Server::new(mechanism, sasl::Setting::new(Nonce::new([9; 18])));
    let mut granted = None;
    for message in &messages {
        let mut step = server.respond(message);
        if matches!(step, Ok(sasl::Step::Check)) {
            step = server.check(&Ada);
        }
        match step {
            Ok(sasl::Step::Challenge(_)) => {}
            Ok(sasl::Step::Granted(identity)) => {
                granted = Some(identity);
                break;
            }
            Ok(sasl::Step::Denied | sasl::Step::Check) | Err(_) => break,
        }
    }
    if let Some(identity) = granted {
        let says = |wanted: &[u8]| messages.iter().any(|message| message.windows(wanted.len()).any(|w| w == wanted));
        match mechanism {
            Mechanism::Plain | Mechanism::Login => assert!(identity.user() == "ada" && says(b"engine")),
            Mechanism::OAuthBearer | Mechanism::XOAuth2 => assert!(identity.user() == "ada" && says(b"token")),
            Mechanism::Anonymous => {}
            // Their proofs are not to be guessed, and nobody was shown by other means.
            other => panic!("{other} granted {identity:?}"),
        }
    }

    // A client that hears this neither believes it where a proof is owed nor says the password where it must not.
    for credentials in [Credentials::password("ada", "engine"), Credentials::token("ada", "token")] {
        let Ok(mut client) = sasl::Client::new(mechanism, credentials, Nonce::new([7; 18])) else { continue };
        let mut said = client.initial().map_or(Vec::new(), |initial| initial.expose().to_vec());
        for message in &messages {
            match client.respond(message) {
                Ok(answer) => said.extend_from_slice(answer.expose()),
                Err(_) => {
                    assert!(client.finish().is_err());
                    break;
                }
            }
        }
        if !mechanism.shows_secret() {
            let shown = said.windows(6).any(|six| six == b"engine");
            assert!(!shown, "{mechanism} shows the password");
        }
        if mechanism.name().starts_with("SCRAM") {
            assert!(client.finish().is_err(), "a server that knows nothing was believed");
        }
    }
}

fn encoded(octets: &[u8]) -> Vec<u8> {
    let mut text = BytesMut::new();
    sasl::base64::encode(octets, &mut text);
    text.to_vec()
}

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
