//! The mailer on the wire, against our own server and against scripts: what it sends, what it keeps, what it tries again.
#![cfg(feature = "cli")]
#![allow(clippy::disallowed_types, clippy::disallowed_methods, reason = "sockets and clocks are what is tested")]

#[path = "support/smtp.rs"]
mod smtp;

use plainwire::mime::{Attachment, Builder, DateTime};
use plainwire::net::maildir::Maildir;
use plainwire::net::pool;
use plainwire::net::server::{Options, Port, Running};
use plainwire::net::smtp::serve::{Client, Decision, Envelope, Handler, Intake, Maildirs, Serve, collect};
use plainwire::net::smtp::{Error, Mailer};
use plainwire::net::users::Users;
use plainwire::sasl::{Mechanism, Store};
use plainwire::smtp::client::{self, StartTls};
use plainwire::smtp::server::{Config, Protocol};
use plainwire::smtp::{Answer, Rcpt};
use smtp::{MECHANISMS, SOON, Slow, Stern, config, messages, no, tls, users_of_a_file};
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

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

/// A file that somebody cuts short when it is read for the second time.
struct Cut(std::io::Cursor<Vec<u8>>);

impl Read for Cut {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.0.read(buffer)
    }
}

impl Seek for Cut {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        if let SeekFrom::Start(_) = to {
            self.0.get_mut().truncate(70_000);
        }
        self.0.seek(to)
    }
}

#[test]
fn a_message_is_read_from_a_file_piece_by_piece() {
    let (service, kept) = keeping(config());
    let running = run(service);
    let text = format!("Subject: long\r\n\r\n{}.\r\n", ".dots and more\r\n".repeat(9_000));
    for transfer in [client::Transfer::Auto, client::Transfer::Chunks] {
        let mailer = mailer(&running).transfer(transfer);
        let mut file = std::io::Cursor::new(format!("skipped{text}"));
        file.set_position(7);
        assert!(mailer.send_reader(&to(&["bob@b.test"]), &mut file).unwrap().accepted(0));
        assert_eq!(kept.lock().unwrap().pop().unwrap().1, text.as_bytes());
        // What is no longer what was declared is broken off, and the server keeps nothing of it.
        let mut file = Cut(std::io::Cursor::new(text.clone().into_bytes()));
        let refused = mailer.send_reader(&to(&["bob@b.test"]), &mut file);
        assert!(matches!(refused, Err(Error::Message(_))), "{refused:?}");
        assert!(mailer.send_octets(&to(&["bob@b.test"]), text.as_bytes()).unwrap().accepted(0));
        assert_eq!(kept.lock().unwrap().pop().unwrap().1, text.as_bytes());
        assert!(kept.lock().unwrap().is_empty());
    }
}

#[test]
fn a_draft_with_a_long_file_is_read_anew_each_time_that_it_is_sent() {
    let kept = Kept::default();
    let keep = Arc::clone(&kept);
    let handler = collect(move |envelope, message| {
        let mut kept = keep.lock().unwrap();
        kept.push((envelope.clone(), message.to_vec()));
        if kept.len() == 1 { Err(no(451, "later")) } else { Ok(()) }
    });
    let running = run(Serve::new(handler, config()));
    let mailer = mailer(&running).retries(1, Duration::ZERO);
    let octets: Vec<u8> = (0..=255).cycle().take(400_000).collect();
    let now = DateTime::parse(b"Fri, 21 Nov 1997 09:55:06 -0600").unwrap();
    let file = || {
        let mut file = std::io::Cursor::new([b"skipped", &octets[..]].concat());
        file.set_position(7);
        file
    };
    let draft = |attachment| {
        let in_memory = Attachment::new("b.bin", octets[..100_000].to_vec());
        hello().attach(attachment).attach(in_memory).fill(now, 1).build().unwrap()
    };
    let expected = draft(Attachment::from_reader("a.bin", file())).to_vec().unwrap();
    let mut long = draft(Attachment::from_file("a.bin", file()).unwrap());
    assert!(mailer.send_draft(&mut long).unwrap().accepted(2));
    let mut kept = kept.lock().unwrap();
    assert_eq!(kept.len(), 2, "put off, and tried again");
    assert!(kept.drain(..).all(|(_, message)| message == expected));
    drop(kept);

    // A file that somebody cuts short before it is read for the second time: nobody has a part of it.
    let cut = Attachment::from_source("a.bin", Shrinking(400_000, 0));
    let refused = mailer.send_draft(&mut draft(cut));
    assert!(matches!(refused, Err(Error::Message(_))), "{refused:?}");
}

/// So many zeros, and how many were read; less of them each time.
struct Shrinking(usize, usize);

impl plainwire::mime::Source for Shrinking {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, plainwire::mime::SourceError> {
        let count = buffer.len().min(self.0 - self.1);
        buffer[..count].fill(0);
        self.1 += count;
        Ok(count)
    }
    fn rewinds(&self) -> bool {
        true
    }
    fn rewind(&mut self) -> Result<(), plainwire::mime::SourceError> {
        (self.0, self.1) = (self.0 - 57_000, 0);
        Ok(())
    }
}

/// A server that takes so many messages in one session, and says so (RFC 9422 4.1). Tells how many sessions there were.
fn sparing(most: usize, messages: usize) -> (String, std::thread::JoinHandle<usize>) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let place = format!("smtp://{}", listener.local_addr().unwrap());
    let serve = move || {
        let (mut sessions, mut taken) = (0, 0);
        while taken < messages {
            let mut stream = BufReader::new(listener.accept().unwrap().0);
            let (mut line, mut here) = (String::new(), 0);
            let mut answer = "220 mx ESMTP\r\n".to_string();
            sessions += 1;
            loop {
                stream.get_mut().write_all(answer.as_bytes()).unwrap();
                line.clear();
                if stream.read_line(&mut line).unwrap() == 0 {
                    break;
                }
                answer = match &line[..4.min(line.len())] {
                    "EHLO" => format!("250-mx\r\n250 LIMITS MAILMAX={most}\r\n"),
                    "DATA" => "354 go\r\n".to_string(),
                    "MAIL" if here == most => "452 no more\r\n".to_string(),
                    _ => "250 ok\r\n".to_string(),
                };
                if line == "DATA\r\n" {
                    stream.get_mut().write_all(answer.as_bytes()).unwrap();
                    while line != ".\r\n" {
                        line.clear();
                        stream.read_line(&mut line).unwrap();
                    }
                    (here, taken) = (here + 1, taken + 1);
                    answer = "250 taken\r\n".to_string();
                } else if line == "QUIT\r\n" {
                    stream.get_mut().write_all(b"221 bye\r\n").unwrap();
                    break;
                }
            }
        }
        sessions
    };
    (place, std::thread::spawn(serve))
}

#[test]
fn a_message_refused_on_its_way_is_refused_and_not_lost() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let place = format!("smtp://{}", listener.local_addr().unwrap());
    let serve = move || {
        let mut stream = BufReader::new(listener.accept().unwrap().0);
        stream.get_mut().write_all(b"220 mx ESMTP\r\n").unwrap();
        let mut line = String::new();
        while line != "DATA\r\n" {
            line.clear();
            stream.read_line(&mut line).unwrap();
            let answer = if line == "DATA\r\n" { "354 go\r\n" } else { "250 ok\r\n" };
            stream.get_mut().write_all(answer.as_bytes()).unwrap();
        }
        // It has seen enough, and takes the rest so that its answer is not lost with it.
        stream.read_line(&mut line).unwrap();
        stream.get_mut().write_all(b"552 5.3.4 too much\r\n").unwrap();
        stream.get_mut().shutdown(std::net::Shutdown::Write).unwrap();
        let mut rest = vec![0; 1 << 16];
        while stream.read(&mut rest).is_ok_and(|count| count > 0) {}
    };
    let served = std::thread::spawn(serve);
    let mailer = Mailer::new(&place).unwrap().retries(3, Duration::ZERO);
    let text = "a line that is one of very many\r\n".repeat(1 << 20);
    let refused = mailer.send_octets(&to(&["bob@b.test"]), text.as_bytes());
    let Err(error @ Error::Refused(_)) = refused else { panic!("{refused:?}") };
    assert_eq!(error.verdict().unwrap().code.number(), 552);
    assert!(!error.is_temporary());
    served.join().unwrap();
}

#[test]
fn a_session_that_has_had_its_messages_gives_way_to_another() {
    let (place, sessions) = sparing(2, 5);
    let mailer = Mailer::new(&place).unwrap();
    for _ in 0..5 {
        assert!(mailer.send(hello()).unwrap().accepted(0));
    }
    drop(mailer);
    assert_eq!(sessions.join().unwrap(), 3);
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

const UP_TO_RCPT: &[&str] = &["220 mx", "hear EHLO", "250 mx", "hear MAIL", "250 ok", "hear RCPT"];
const UP_TO_DATA: &[&str] =
    &["220 mx", "hear EHLO", "250 mx", "hear MAIL", "250 ok", "hear RCPT", "250 ok", "hear DATA"];

/// A server by script: what it says to each connection, line by line as it is asked; then it closes.
fn scripted(script: &'static [&'static [&'static [&'static str]]]) -> (u16, std::thread::JoinHandle<()>) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let thread = std::thread::spawn(move || {
        for lines in script {
            let (stream, _) = listener.accept().unwrap();
            let mut reader = std::io::BufReader::new(stream.try_clone().unwrap());
            let mut stream = stream;
            for line in lines.iter().copied().flatten() {
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
    let (port, thread) = scripted(&[&[UP_TO_DATA, &["354 go", "until ."]]]);
    let mailer = Mailer::new(&format!("smtp://localhost:{port}")).unwrap().retries(3, Duration::ZERO);
    let error = mailer.send_octets(&to(&["bob@b.test"]), b"Subject: x\r\n").unwrap_err();
    assert!(matches!(&error, Error::Unknown(_)) && !error.is_temporary(), "{error:?}");
    thread.join().unwrap();
}

#[test]
fn what_broke_before_that_is() {
    let (port, thread) = scripted(&[
        &[&["421 not now"]],
        &[UP_TO_RCPT],
        &[UP_TO_DATA, &["451 later", "hear RSET", "250 ok"]],
        &[UP_TO_DATA, &["354 go", "until .", "250 taken", "hear QUIT", "221 bye"]],
    ]);
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
