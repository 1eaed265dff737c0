//! What is asserted about the values of SMTP and about SASL, on any bytes.

use bytes::BytesMut;
use plainwire::sasl::{self, Credentials, Mechanism, Nonce, Record, Store};
use plainwire::smtp::{Address, Command, Content, Mailbox};
use plainwire::syntax::dots::{Alone, Endings, Piece, Stuff, Unstuff};
use std::sync::LazyLock;

/// Two cuts, an output mark and a lateness that depend on nothing but the data.
pub(crate) fn plan(data: &[u8]) -> ([usize; 2], usize, usize) {
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

pub(crate) fn naive_stuff(text: &[u8], endings: Endings, dotted: bool) -> Option<Vec<u8>> {
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

    // Who takes every octet for text, all of it at once.
    let (mut input, mut unstuff) = (data, Unstuff::new());
    let mut found = Vec::new();
    for piece in unstuff.texts(&mut input) {
        if let Piece::Text(piece) = piece {
            assert!(!piece.is_empty());
            found.extend_from_slice(piece);
        }
    }
    assert_eq!(found, text);
    assert_eq!(unstuff.over().then_some(data.len() - input.len()), end);

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
pub(crate) struct Ada;

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
