//! What is asserted about POP3, on any bytes: each function here is a fuzz target, and is replayed over its corpus.

use bytes::BytesMut;
use plainwire::engine::{Handler, Status};
use plainwire::laws::{self, Ending, Entry as Told};
use plainwire::pop3::client::{self, Client, Command, Event, Misuse, Quirks};
use plainwire::pop3::server::{Config, Identity, Pending, Server, Session, Wanted};
use plainwire::pop3::{Capability, Code, Entry, Host, Messages, Octets, Trouble, Users, unique_ids};
use plainwire::sasl::{self, Credentials, Mechanism, Nonce, Record, Store};
use std::collections::BTreeSet;
use std::sync::LazyLock;

fn lawful<T>(story: Result<T, laws::Story>) -> T {
    story.unwrap_or_else(|story| panic!("{story}"))
}

/// What a client says when there is nothing to wait for: nothing.
struct Silent;

impl Handler<Client> for Silent {
    fn event(&mut self, _: &mut Client, _: Event<&[u8]>, _: &mut BytesMut) {}
}

/// A client that is logged in and has asked these things.
fn asking(limits: &client::Limits, commands: &[Command]) -> Client {
    let mut client = Client::new(limits.clone());
    let mut out = BytesMut::new();
    let hear = |client: &mut Client, mut answer: &[u8], out: &mut BytesMut| {
        while client.recv(&mut answer, out).expect("answers as they should be").is_some() {}
    };
    hear(&mut client, b"+OK <a@b>\r\n", &mut out);
    client.capa(&mut out).expect("a client may ask");
    hear(&mut client, b"+OK\r\nPIPELINING\r\n.\r\n", &mut out);
    client.apop("a", &"b".into(), &mut out).expect("the greeting has a timestamp");
    hear(&mut client, b"+OK\r\n", &mut out);
    for command in commands {
        say(&mut client, *command, &mut out).expect("the server offers pipelining");
    }
    client
}

fn say(client: &mut Client, command: Command, out: &mut BytesMut) -> Result<(), Misuse> {
    match command {
        Command::Capa => client.capa(out),
        Command::Stat => client.stat(out),
        Command::List(message) => client.list(message, out),
        Command::Uidl(message) => client.uidl(message, out),
        Command::Top { message, lines } => client.top(message, lines, out),
        Command::Retr(message) => client.retr(message, out),
        Command::Dele(message) => client.dele(message, out),
        Command::Noop => client.noop(out),
        Command::Rset => client.rset(out),
        Command::Lang { .. } => client.lang(None, out),
        Command::Quit => client.quit(out),
        _ => Err(Misuse::NotNow),
    }
}

/// Answers: the laws, and a plain reference that splits what came into lines. The first octet says what was asked, the
/// second and third where the stream is cut.
pub(crate) fn replies(data: &[u8]) {
    let [asked, first, second, stream @ ..] = data else { return };
    let one = [
        Command::Stat,
        Command::List(None),
        Command::Retr(1),
        Command::Capa,
        Command::Uidl(None),
        Command::List(Some(1)),
        Command::Uidl(Some(2)),
        Command::Noop,
        Command::Top { message: 2, lines: 3 },
        Command::Dele(1),
        Command::Lang { listing: true },
    ];
    let start = usize::from(*asked) % one.len();
    let commands: Vec<Command> = one[start..].iter().chain(&one[..start]).copied().chain([Command::Quit]).collect();
    let limits = client::Limits::default();
    let cuts = [usize::from(*first), usize::from(*first) + usize::from(*second)];
    let make = || (asking(&limits, &commands), Silent);
    for ending in [Ending::Stays, Ending::Eof] {
        let log = lawful(laws::judge_cut(make, stream, ending, &cuts, usize::MAX, 0));
        let (expected, failed) = answers(&commands, stream);
        let told: Vec<String> = log
            .events
            .iter()
            .map(|entry| match entry {
                Told::Event(text) => text.clone(),
                Told::Octets(octets) => format!("data {}", octets.escape_ascii()),
            })
            .collect();
        if stream.len() < 1024 {
            // Longer ones may break a limit of lines.
            assert_eq!(told, expected);
            let error = log.error.as_ref().map(|error| error.kind);
            match failed {
                Failed::Malformed => assert_eq!(error, Some(client::ErrorKind::Malformed)),
                Failed::Half if ending == Ending::Eof => assert_eq!(error, Some(client::ErrorKind::Truncated)),
                Failed::Half | Failed::Over => assert_eq!(error, None),
            }
        }
    }
    lawful(laws::judge_expiry(make, &stream[..stream.len().min(64)]));
}

enum Failed {
    /// The stream holds whole answers and perhaps half of one.
    Half,
    /// The session is over.
    Over,
    Malformed,
}

/// What a client is told, by splitting at CRLF and looking at one line after the other.
fn answers(commands: &[Command], stream: &[u8]) -> (Vec<String>, Failed) {
    let mut told = Vec::new();
    let mut rest = stream;
    let line = |rest: &mut &[u8]| -> Option<Vec<u8>> {
        let at = rest.windows(2).position(|pair| pair == b"\r\n")?;
        let line = rest[..at].to_vec();
        *rest = &rest[at + 2..];
        Some(line)
    };
    let show = |event: Event<&[u8]>| format!("{event:?}");
    for &command in commands {
        let Some(first) = line(&mut rest) else { return (told, Failed::Half) };
        let (positive, text) = match &first[..] {
            b"+OK" => (true, &b""[..]),
            b"-ERR" => (false, &b""[..]),
            other if other.starts_with(b"+OK ") => (true, &other[4..]),
            other if other.starts_with(b"-ERR ") => (false, &other[5..]),
            _ => return (told, Failed::Malformed),
        };
        if !positive {
            let (code, text) = Code::take(text);
            told.push(show(Event::Refused { command, code, text }));
            if command == Command::Quit {
                return (told, Failed::Over);
            }
            continue;
        }
        if !command.is_multi_line() {
            // What stands behind the numbers may be anything.
            let mut words = text.split(|&octet| octet == b' ').map(digits);
            let event = match command {
                Command::Stat => match (words.next().flatten(), words.next().flatten()) {
                    (Some(messages), Some(octets)) => {
                        Event::Stat { messages: u32::try_from(messages).unwrap_or(u32::MAX), octets }
                    }
                    _ => return (told, Failed::Malformed),
                },
                Command::List(Some(1)) => match (words.next().flatten(), words.next().flatten()) {
                    (Some(1), Some(octets)) => Event::Size { message: 1, octets },
                    _ => return (told, Failed::Malformed),
                },
                Command::Uidl(Some(2)) => match identified(text) {
                    Some((2, id)) => Event::UniqueId { message: 2, id },
                    _ => return (told, Failed::Malformed),
                },
                _ => Event::Ok { command, text },
            };
            told.push(show(event));
            if command == Command::Quit {
                return (told, Failed::Over);
            }
            continue;
        }
        told.push(show(Event::Begin { command, text }));
        if matches!(command, Command::Retr(_) | Command::Top { .. }) {
            let (text, left) = unstuffed(rest);
            match left {
                Some(left) => {
                    if !text.is_empty() {
                        told.push(format!("data {}", text.escape_ascii()));
                    }
                    told.push(show(Event::End { command }));
                    rest = left;
                }
                None => {
                    // What may still be the end is not told.
                    if !text.is_empty() {
                        told.push(format!("data {}", text.escape_ascii()));
                    }
                    return (told, Failed::Half);
                }
            }
            continue;
        }
        loop {
            let Some(item) = line(&mut rest) else { return (told, Failed::Half) };
            if item == b"." {
                told.push(show(Event::End { command }));
                break;
            }
            let item = item.strip_prefix(b".").unwrap_or(&item);
            let event = match command {
                Command::Capa => Event::Capability(Capability::parse(item)),
                Command::List(_) => {
                    let mut words = item.split(|&octet| octet == b' ').map(digits);
                    match (words.next().flatten(), words.next().flatten()) {
                        (Some(message @ 1..=0xffff_ffff), Some(octets)) => {
                            Event::Size { message: message as u32, octets }
                        }
                        _ => return (told, Failed::Malformed),
                    }
                }
                Command::Uidl(_) => match identified(item) {
                    Some((message, id)) => Event::UniqueId { message, id },
                    None => return (told, Failed::Malformed),
                },
                _ => {
                    let at = item.iter().position(|&octet| octet == b' ');
                    let (tag, name) = at.map_or((item, &b""[..]), |at| (&item[..at], &item[at + 1..]));
                    Event::Language { tag, name }
                }
            };
            told.push(show(event));
        }
    }
    (told, if rest.is_empty() { Failed::Half } else { Failed::Over })
}

fn digits(word: &[u8]) -> Option<u64> {
    let word = core::str::from_utf8(word).ok()?;
    let all = !word.is_empty() && word.bytes().all(|octet| octet.is_ascii_digit());
    all.then(|| word.parse().unwrap_or(u64::MAX))
}

fn identified(text: &[u8]) -> Option<(u32, &[u8])> {
    let at = text.iter().position(|&octet| octet == b' ')?;
    let number = digits(&text[..at])?;
    let id = &text[at + 1..];
    let fits = (1..=70).contains(&id.len()) && id.iter().all(|octet| (0x21..=0x7e).contains(octet));
    (fits && (1..=0xffff_ffff).contains(&number)).then_some((number as u32, id))
}

/// A message up to its final dot, and what follows it: by looking for CRLF dot CRLF from the front.
fn unstuffed(stream: &[u8]) -> (Vec<u8>, Option<&[u8]>) {
    let mut text = Vec::new();
    let mut rest = stream;
    loop {
        if let Some(after) = rest.strip_prefix(b".\r\n") {
            return (text, Some(after));
        }
        // What may be the beginning of that is held back.
        if rest == b"." || rest == b".\r" {
            return (text, None);
        }
        let line = rest.strip_prefix(b".").unwrap_or(rest);
        match line.windows(2).position(|pair| pair == b"\r\n") {
            Some(at) => {
                text.extend_from_slice(&line[..at + 2]);
                rest = &line[at + 2..];
            }
            None => {
                // A CR at the end may be half of a CRLF, and is not told.
                text.extend_from_slice(line.strip_suffix(b"\r").unwrap_or(line));
                return (text, None);
            }
        }
    }
}

/// A message there and back: what the server sends of any octets, cut anywhere, is what the client is told, and both are
/// what splitting at line ends makes of them. The first octet is the size of the pieces, the second the lines of `TOP`.
pub(crate) fn multiline(data: &[u8]) {
    let [piece, lines, text @ ..] = data else { return };
    let mut whole: Vec<&[u8]> = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.iter().position(|octet| matches!(octet, b'\r' | b'\n')).unwrap_or(rest.len());
        whole.push(&rest[..end]);
        rest = &rest[end..];
        rest = rest.strip_prefix(b"\r\n").or_else(|| rest.get(1..)).unwrap_or_default();
    }
    let mut octets = Octets::new();
    octets.push(text);
    assert_eq!(octets.total(), whole.iter().map(|line| line.len() as u64 + 2).sum::<u64>());

    let header = whole.iter().position(|line| line.is_empty()).map_or(whole.len(), |at| at + 1);
    let top = &whole[..whole.len().min(header + usize::from(*lines))];
    for (command, wanted) in [(None, &whole[..]), (Some(*lines), top)] {
        let mut server = open(octets.total());
        let mut out = BytesMut::new();
        let line = command.map_or("RETR 1\r\n".to_string(), |lines| format!("TOP 1 {lines}\r\n"));
        server.recv(&mut line.as_bytes(), &mut out).expect("a good line");
        server.begin(&mut out).expect("it is owed");
        for piece in text.chunks(usize::from(*piece).max(1)) {
            if server.send(piece, &mut out).expect("it is owed") == Wanted::Enough {
                break;
            }
        }
        server.finish(&mut out).expect("all of it was sent");
        assert_eq!(server.status(), Status::Idle);

        let asked = command.map_or(Command::Retr(1), |lines| Command::Top { message: 1, lines: lines.into() });
        let mut client = asking(&client::Limits::default(), &[asked]);
        let (mut input, mut heard, mut ends) = (&out[..], Vec::new(), 0);
        while let Some(event) = client.recv(&mut input, &mut BytesMut::new()).expect("a server of ours") {
            match event {
                Event::Data(octets) => heard.extend_from_slice(octets),
                Event::End { .. } => ends += 1,
                _ => {}
            }
        }
        let wanted: Vec<u8> = wanted.iter().flat_map(|line| [line, &b"\r\n"[..]].concat()).collect();
        assert_eq!(heard.escape_ascii().to_string(), wanted.escape_ascii().to_string());
        assert_eq!((ends, input.len(), client.status()), (1, 0, Status::Idle));
    }
}

/// A server that has let somebody in, and has no maildrop yet.
fn logged_in() -> Server {
    let mut server = Server::new(config().into(), Session::new(Nonce::new([7; 18])));
    let mut out = BytesMut::new();
    server.greet(&mut out).expect("it is owed");
    server.recv(&mut &b"USER ada\r\n"[..], &mut out).expect("a good line");
    server.recv(&mut &b"PASS engine\r\n"[..], &mut out).expect("a good line");
    server.grant(&mut out).expect("it is owed");
    server
}

/// A server with one message of so many octets, for one who is logged in.
fn open(octets: u64) -> Server {
    let mut server = logged_in();
    server.open([Entry { octets, id: "id".into() }], &mut BytesMut::new()).expect("it is owed");
    server
}

fn config() -> Config {
    let mut config = Config::new("mx.example").expect("a host name");
    config.cleartext = true;
    config.stls = true;
    config.apop = true;
    config.auth = Mechanism::ALL.to_vec();
    config.limits.errors = 6;
    config
}

static RECORD: LazyLock<Record> = LazyLock::new(|| {
    Record::from_password("engine", b"0123456789abcdef", 1).expect("a password").with_password("engine")
});

#[derive(Clone)]
struct Ada(Messages);

impl Store for Ada {
    fn record(&self, user: &str) -> Option<Record> {
        (user == "ada").then(|| RECORD.clone())
    }
}

impl Users for Ada {
    type Maildrop = Messages;

    fn store(&self) -> &dyn Store {
        self
    }
    fn open(&mut self, _: &Identity) -> Result<Messages, Trouble> {
        Ok(self.0.clone())
    }
}

/// A server under any octets: the laws, and for those who log in a plain model of what is marked. The first octet says
/// whether somebody is logged in already, the next ones are cuts, mark and lateness.
pub(crate) fn server(data: &[u8]) {
    let [logged_in, first, second, mark, stream @ ..] = data else { return };
    let login = if logged_in & 1 == 0 { &b""[..] } else { b"USER ada\r\nPASS engine\r\n" };
    let stream = [login, stream].concat();
    let messages = Messages::new([("id-1", "one\r\n\r\nbody\r\n"), ("id-2", "two\n\n.dot"), ("id-3", "")]);
    let make = || {
        let server = Server::new(config().into(), Session::new(Nonce::new([7; 18])));
        (server, Host::new(Ada(messages.clone())))
    };
    let cuts = [usize::from(*first), usize::from(*first) + usize::from(*second)];
    for ending in [Ending::Stays, Ending::Eof] {
        let log =
            lawful(laws::judge_cut(make, &stream, ending, &cuts, usize::from(*mark), usize::from(logged_in >> 6)));
        // Whatever was asked: every line of the server is one, and none is half.
        assert!(log.out.ends_with(b"\r\n") && !log.out.contains(&0));
    }
    lawful(laws::judge_expiry(make, &stream[..stream.len().min(80)]));
    if logged_in & 1 == 1 {
        marks(&stream[login.len()..], make);
    }
}

/// What is marked, and what is deleted: by lines, and numbers in a set.
fn marks(stream: &[u8], make: impl Fn() -> (Server, Host<Ada>)) {
    let (mut server, mut host) = make();
    let mut out = BytesMut::new();
    let mut input = &b"USER ada\r\nPASS engine\r\n"[..];
    plainwire::engine::turn(&mut server, &mut input, &mut out, usize::MAX, &mut host, &mut ()).expect("a login");
    let (mut marked, mut rest, mut quit) = (BTreeSet::new(), stream, false);
    while let Some(at) = rest.windows(2).position(|pair| pair == b"\r\n") {
        let line = &rest[..at];
        let mut whole = &rest[..at + 2];
        rest = &rest[at + 2..];
        let turned = plainwire::engine::turn(&mut server, &mut whole, &mut out, usize::MAX, &mut host, &mut ());
        if turned.is_err() || line.len() + 2 > 255 {
            return;
        }
        let upper = line.to_ascii_uppercase();
        match &upper[..] {
            b"RSET" => marked.clear(),
            b"QUIT" => quit = true,
            dele if dele.starts_with(b"DELE ") => {
                let number = digits(&dele[5..]);
                if let Some(number @ 1..=3) = number {
                    marked.insert(number as usize - 1);
                }
            }
            _ => {}
        }
        if quit {
            break;
        }
        assert_eq!(server.marked().collect::<BTreeSet<_>>(), marked);
    }
    let left: Vec<String> = host.into_parts().1.expect("it is open").ids().map(str::to_owned).collect();
    let all = ["id-1", "id-2", "id-3"];
    let expected: Vec<&str> = (0..3).filter(|index| !quit || !marked.contains(index)).map(|index| all[index]).collect();
    assert_eq!(left, expected, "only QUIT deletes, and what was marked");
}

/// A client whose caller does anything: commands are lines or refused, and are answered in their order. Each octet is a
/// command, or a piece of the stream that follows the first zero.
pub(crate) fn client(data: &[u8]) {
    let split = data.iter().position(|&octet| octet == 0).unwrap_or(data.len());
    let (ops, stream) = (&data[..split], data.get(split + 1..).unwrap_or_default());
    let mut quirks = Quirks::default();
    quirks.pipelining_unoffered = ops.len().is_multiple_of(2);
    let mut client = Client::new(client::Limits::default()).quirks(quirks);
    let (mut taken, mut come) = (0, 0);
    let mut said = std::collections::VecDeque::from([Command::Greeting]);
    for (index, op) in ops.iter().enumerate() {
        let mut out = BytesMut::new();
        let before: Vec<Command> = client.waiting().collect();
        let number = u32::from(op >> 5);
        let value = ["ada", "", "a b", "a\r\nQUIT", "é", "a\0b", "en", "*"][usize::from(op >> 5)];
        let outcome = match op % 24 {
            0..=4 => {
                come = stream.len().min(come + 1 + usize::from(*op));
                let mut input = &stream[taken..come];
                let end = input.len();
                let told = client.recv(&mut input, &mut out);
                taken += end - input.len();
                match told {
                    Err(error) => {
                        assert_eq!(client.recv(&mut input, &mut BytesMut::new()), Err(error));
                        assert_eq!(client.status(), Status::Closed);
                        return;
                    }
                    Ok(Some(event)) => answered(&event, &mut said),
                    Ok(None) => {}
                }
                assert!(out.is_empty() || out.ends_with(b"\r\n"), "an answer to a challenge is a line");
                continue;
            }
            5 => client.capa(&mut out),
            6 => client.stls(&mut out),
            7 => client.user(value, &mut out),
            8 => client.pass(&value.into(), &mut out),
            9 => client.apop(value, &"b".into(), &mut out),
            10 => {
                let mechanism = Mechanism::ALL[(index + usize::from(*op)) % Mechanism::ALL.len()];
                match sasl::Client::new(mechanism, Credentials::password("ada", "engine"), Nonce::new([3; 18])) {
                    Ok(exchange) => client.auth(exchange, &mut out),
                    Err(_) => continue,
                }
            }
            11 => client.stat(&mut out),
            12 => client.list(Some(number).filter(|number| *number < 4), &mut out),
            13 => client.uidl(Some(number).filter(|number| *number < 4), &mut out),
            14 => client.top(number, number, &mut out),
            15 => client.retr(number, &mut out),
            16 => client.dele(number, &mut out),
            17 => client.noop(&mut out),
            18 => client.rset(&mut out),
            19 => client.utf8(&mut out),
            20 => client.lang(Some(value), &mut out),
            21 => client.lang(None, &mut out),
            22 => client.secured(if number == 0 { b"x" } else { b"" }),
            _ => client.quit(&mut out),
        };
        match outcome {
            Ok(()) => {
                let command: Vec<Command> = client.waiting().skip(before.len()).collect();
                assert_eq!(client.waiting().take(before.len()).collect::<Vec<_>>(), before);
                said.extend(command);
                if !out.is_empty() {
                    assert!(out.ends_with(b"\r\n") && out.len() <= 255);
                    assert!(!out[..out.len() - 2].iter().any(u8::is_ascii_control), "one line");
                }
            }
            Err(misuse) => {
                assert!(out.is_empty(), "what is refused is not written");
                assert!(misuse == Misuse::Injected || client.waiting().eq(before.iter().copied()));
            }
        }
    }
}

fn answered(event: &Event<&[u8]>, said: &mut std::collections::VecDeque<Command>) {
    let (command, ends) = match event {
        Event::Greeting { .. } => (Command::Greeting, true),
        Event::Ok { command, .. } | Event::Refused { command, .. } | Event::End { command } => (*command, true),
        Event::Begin { command, .. } => (*command, false),
        Event::Stat { .. } => (Command::Stat, true),
        Event::Size { message, .. } if said.front() == Some(&Command::List(Some(*message))) => {
            (Command::List(Some(*message)), true)
        }
        Event::UniqueId { message, .. } if said.front() == Some(&Command::Uidl(Some(*message))) => {
            (Command::Uidl(Some(*message)), true)
        }
        _ => return,
    };
    assert_eq!(said.front(), Some(&command), "answers come in the order of their commands");
    if ends {
        said.pop_front();
    }
}

/// Names of files: unique ids that can be said, unique, and the same again. Names are split at zeros.
pub(crate) fn names(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let names: Vec<&str> = text.split('\0').collect();
    let ids = unique_ids(names.iter().copied());
    assert_eq!(ids.len(), names.len());
    assert!(
        ids.iter().all(|id| (1..=70).contains(&id.len()) && id.bytes().all(|octet| (0x21..=0x7e).contains(&octet)))
    );
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len());
    assert_eq!(unique_ids(names.iter().copied()), ids);
    for (name, id) in names.iter().zip(&ids) {
        let base = name.split(',').next().unwrap_or_default();
        let first = names.iter().position(|other| other.split(',').next() == Some(base));
        let sayable = (1..=70).contains(&base.len()) && base.bytes().all(|octet| (0x21..=0x7e).contains(&octet));
        if sayable && first.is_some_and(|at| std::ptr::eq(*name, names[at])) && !ids_collide(&names, base) {
            assert_eq!(&**id, base);
        }
    }
    // A server takes whatever they are.
    let entries = ids.into_iter().map(|id| Entry { octets: 0, id });
    let mut server = logged_in();
    assert_eq!(server.pending(), Some(Pending::Maildrop));
    server.open(entries, &mut BytesMut::new()).expect("unique ids that can be said");
}

/// A name that is the hash of another.
fn ids_collide(names: &[&str], base: &str) -> bool {
    base.len() == 64 && names.len() > 1
}
