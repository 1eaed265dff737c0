//! The laws, and both ends joined in memory.

use super::*;

/// A server that takes whatever comes, and keeps it.
#[derive(Default)]
struct Taker {
    messages: Vec<Vec<u8>>,
    content: Vec<u8>,
    greeted: bool,
}

struct Ada(Record);

impl Store for Ada {
    fn record(&self, user: &str) -> Option<Record> {
        (user == "ada").then(|| self.0.clone())
    }
}

impl Handler<Server> for Taker {
    fn event(&mut self, engine: &mut Server, event: server::Event<&[u8]>, out: &mut BytesMut) {
        match event {
            server::Event::Data(octets) => self.content.extend_from_slice(octets),
            server::Event::Message(_) => self.messages.push(core::mem::take(&mut self.content)),
            // No handshake comes between here, so what the client says next is at the door already.
            server::Event::StartTls => engine.secured(b"", None).unwrap(),
            server::Event::Rcpt(rcpt) if rcpt.to.local() == "nobody" => {
                return engine.answer(&Answer::new(550, (5, 1, 1), "No such user").unwrap(), out).unwrap();
            }
            _ => {}
        }
        match engine.pending() {
            Some(server::Pending::Authentication) => {
                let record = Record::from_password("engine", b"0123456789abcdef", 4096).unwrap();
                engine.authenticate(&Ada(record.with_password("engine")), out).unwrap();
            }
            Some(_) => engine.accept(out).unwrap(),
            None => {}
        }
    }

    fn more(&mut self, engine: &mut Server, out: &mut BytesMut) -> bool {
        !core::mem::replace(&mut self.greeted, true) && engine.greet(out).is_ok()
    }
}

/// Our client and our server, whatever the cut: the message arrives as it was.
#[test]
fn mirror() {
    let mut big = Vec::new();
    for line in 0..200 {
        big.extend_from_slice(format!("{}line {line}\r\n", if line % 3 == 0 { "." } else { "" }).as_bytes());
    }
    let messages = [
        plain(),
        (envelope(&["nobody@example.org", "bob@example.org"]), big.clone()),
        (envelope(&["nobody@example.org"]), big),
    ];
    for (protocol, transfer, tls, auth, piece) in [
        (Protocol::Smtp, Transfer::Auto, false, false, usize::MAX),
        (Protocol::Smtp, Transfer::Chunks, false, false, 100),
        (Protocol::Smtp, Transfer::Auto, true, true, 7),
        (Protocol::Lmtp, Transfer::Auto, false, false, 1000),
        (Protocol::Lmtp, Transfer::Chunks, true, true, 1),
    ] {
        let taken = core::cell::RefCell::new(Vec::new());
        struct Kept<'k>(Taker, &'k core::cell::RefCell<Vec<Vec<u8>>>);
        impl Handler<Server> for Kept<'_> {
            fn event(&mut self, engine: &mut Server, event: server::Event<&[u8]>, out: &mut BytesMut) {
                self.0.event(engine, event, out);
                self.1.borrow_mut().clone_from(&self.0.messages);
            }
            fn more(&mut self, engine: &mut Server, out: &mut BytesMut) -> bool {
                self.0.more(engine, out)
            }
        }
        let make = || {
            let mut ours = Config { protocol, transfer, ..config() };
            let mut theirs = server::Config::new("mx.example.org".parse().unwrap());
            theirs.protocol = protocol;
            if tls {
                ours.starttls = StartTls::Required;
                theirs.starttls = true;
                theirs.tls_required = true;
            }
            if auth {
                ours.credentials = Some(Credentials::password("ada", "engine"));
                theirs.auth = Mechanism::ALL.to_vec();
                theirs.auth_required = true;
            }
            let from = (client(&ours), Sender { piece, secures: true, ..sender(messages.clone()) });
            let session = Session::new(Nonce::new([9; 18]));
            let to = (Server::new(Arc::new(theirs), session), Kept(Taker::default(), &taken));
            (from, to)
        };
        let mirrored = laws::mirror(make).unwrap_or_else(|story| panic!("{story}"));
        assert_eq!((mirrored.a.error, mirrored.b.error), (None, None));
        assert_eq!((mirrored.a.status, mirrored.b.status), (Status::Closed, Status::Closed));
        assert_eq!(*taken.borrow(), [messages[0].1.clone(), messages[1].1.clone()]);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whole replies, half ones and noise, in any order.
    #[test]
    fn the_laws_hold(parts in prop::collection::vec(prop_oneof![
        Just("220 mx\r\n"), Just("250 ok\r\n"), Just("250-mx\r\n250-PIPELINING\r\n250-CHUNKING\r\n250-STARTTLS\r\n250 AUTH PLAIN SCRAM-SHA-256\r\n"),
        Just("250-mx\r\n250 PIPELINING\r\n"), Just("354 go\r\n"), Just("550 no\r\n"), Just("451 4.0.0 later\r\n"), Just("334 \r\n"), Just("235 ok\r\n"),
        Just("421 bye\r\n"), Just("503 no\r\n"), Just("221 bye\r\n"), Just("250-"), Just("\r"), Just("\n"), Just("2"),
    ], 0..14), greets in any::<bool>(), ends in any::<bool>(), turns in any::<bool>(), chunks in any::<bool>(), auth in any::<bool>()) {
        let stream = (if greets { "220 mx\r\n250-mx\r\n250-PIPELINING\r\n250 CHUNKING\r\n" } else { "" }).to_string() + &parts.concat();
        let mut config = if auth { with_password(StartTls::IfOffered) } else { config() };
        config.auth_in_clear = true;
        if turns {
            config.protocol = Protocol::Lmtp;
        }
        if chunks {
            config.transfer = Transfer::Chunks;
        }
        let messages = [(envelope(&["bob@example.org", "eve@example.org"]), MESSAGE.to_vec()), plain()];
        let make = || (client(&config), Sender { piece: 10, ..sender(messages.clone()) });
        let log = laws::judge(make, stream.as_bytes(), if ends { Ending::Eof } else { Ending::Stays });
        prop_assert!(log.is_ok(), "{}", log.err().map(|story| story.to_string()).unwrap_or_default());
        let expiry = laws::judge_expiry(make, stream.as_bytes());
        prop_assert!(expiry.is_ok(), "{}", expiry.err().map(|story| story.to_string()).unwrap_or_default());
    }

    /// What is seen of a message does not depend on its pieces, and is what a plain reading finds.
    #[test]
    fn content_is_what_a_plain_reading_finds(
        text in prop::collection::vec(prop_oneof![Just(b'\r'), Just(b'\n'), Just(b'.'), Just(b'a'), Just(0xCE), Just(0)], 0..40),
        wide in 0usize..90, cuts in prop::collection::vec(0usize..130, 0..4),
    ) {
        let mut text = text;
        text.splice(text.len() / 2..text.len() / 2, vec![b'x'; wide]);
        let whole = Content::of(&text);
        let mut pieces = Content::new();
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(text.len())).collect();
        cuts.sort_unstable();
        let mut from = 0;
        for cut in cuts {
            pieces.push(&text[from..cut]);
            from = cut;
        }
        pieces.push(&text[from..]);
        pieces.finish();
        prop_assert_eq!(&whole, &pieces);

        let bare = (0..text.len()).find_map(|at| match text[at] {
            b'\r' if text.get(at + 1) != Some(&b'\n') => Some(Bare { which: Alone::Cr, offset: at as u64 }),
            b'\n' if at == 0 || text[at - 1] != b'\r' => Some(Bare { which: Alone::Lf, offset: at as u64 }),
            _ => None,
        });
        prop_assert_eq!(whole.bare(), bare);
        prop_assert_eq!(whole.eight_bit(), !text.is_ascii());
        prop_assert_eq!(whole.nul(), text.contains(&0));
        let mut lines: Vec<usize> = text.split_inclusive(|octet| *octet == b'\n').map(|line| {
            line.len() - usize::from(line.ends_with(b"\n"))
        }).collect();
        if let (Some(last), false, None) = (lines.last_mut(), text.ends_with(b"\n"), bare) {
            *last += 1;
        }
        prop_assert_eq!(whole.longest_line(), lines.iter().copied().max().unwrap_or(0));
        let head_end = (0..text.len()).find(|at| {
            let rest = &text[*at..];
            let begins = *at == 0 || text[*at - 1] == b'\n';
            begins && (rest.starts_with(b"\n") || rest.starts_with(b"\r\n"))
        }).unwrap_or(text.len());
        prop_assert_eq!(whole.utf8_head(), !text[..head_end].is_ascii());
        let mut wire = BytesMut::new();
        let mut stuff = crate::syntax::dots::Stuff::lines(Endings::Normalise);
        stuff.push(&text, &mut wire).unwrap();
        stuff.finish(&mut wire).unwrap();
        prop_assert_eq!(whole.octets_in_lines(), wire.len() as u64);
    }
}
