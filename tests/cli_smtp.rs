//! `plainwire serve smtp`, `plainwire mail user`: mail taken in, and what happens when the server is killed.
#![cfg(feature = "cli")]
#![allow(clippy::disallowed_types, clippy::disallowed_methods, reason = "processes and a clock are what is tested")]

#[path = "support/mail_server.rs"]
mod mail_server;

use mail_server::cli::{plainwire, said};
use mail_server::{messages, serve_smtp};
use plainwire::net::users::Users;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

const SOON: Duration = Duration::from_secs(30);

/// Sends the lines of `text` at once and reads to the end.
fn talk(address: SocketAddr, text: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(SOON)).unwrap();
    stream.write_all(text.as_bytes()).unwrap();
    let mut heard = String::new();
    stream.read_to_string(&mut heard).unwrap();
    heard
}

fn codes(heard: &str) -> Vec<&str> {
    heard.lines().filter(|line| line.as_bytes().get(3) == Some(&b' ')).map(|line| &line[..3]).collect()
}

#[test]
fn mail_comes_into_the_maildir_and_the_log() {
    for reactor in [false, true] {
        let scratch = tempfile::tempdir().unwrap();
        let root = scratch.path().join("mail");
        let mut arguments = vec!["--maildir", root.to_str().unwrap(), "--host", "mx.test"];
        arguments.extend(reactor.then_some("--reactor"));
        let server = serve_smtp(&arguments, 1);
        assert_eq!(server.addresses[0].0, "smtp");
        let heard = talk(
            server.address(),
            "EHLO client.test\r\nMAIL FROM:<ada@a.test>\r\nRCPT TO:<bob@b.test>\r\nRCPT TO:<eve@b.test>\r\nDATA\r\n\
             Subject: hello\r\n\r\n..\r\n.\r\nQUIT\r\n",
        );
        assert_eq!(codes(&heard), ["220", "250", "250", "250", "250", "354", "250", "221"], "{heard}");
        assert!(heard.starts_with("220 mx.test ESMTP\r\n"), "{heard}");
        let found = messages(&root);
        assert_eq!(found.len(), 1);
        assert!(found[0].ends_with("\r\nSubject: hello\r\n\r\n.\r\n"), "{}", found[0]);
        let (code, log) = server.ended("-INT");
        assert_eq!(code, Some(0));
        assert_eq!(log, "127.0.0.1 from=<ada@a.test> to=<bob@b.test>,<eve@b.test> 21 octets: accepted\n");
    }
}

#[test]
fn lmtp_answers_for_each_recipient() {
    let scratch = tempfile::tempdir().unwrap();
    let root = scratch.path().join("mail");
    let server = serve_smtp(&["--maildir", root.to_str().unwrap(), "--lmtp", "-q"], 1);
    assert_eq!(server.addresses[0].0, "lmtp");
    let heard = talk(
        server.address(),
        "LHLO client.test\r\nMAIL FROM:<ada@a.test>\r\nRCPT TO:<bob@b.test>\r\nRCPT TO:<eve@b.test>\r\nDATA\r\n\
         Subject: hello\r\n\r\n.\r\nQUIT\r\n",
    );
    assert_eq!(codes(&heard), ["220", "250", "250", "250", "250", "354", "250", "250", "221"], "{heard}");
    assert_eq!(messages(&root).len(), 1);
    assert_eq!(server.ended("-INT"), (Some(0), String::new()));
}

#[test]
fn a_file_of_users_is_made_hashed_and_asked() {
    let scratch = tempfile::tempdir().unwrap();
    let (file, secret) = (scratch.path().join("users"), scratch.path().join("secret"));
    std::fs::write(&secret, "engine\nanother line\n").unwrap();
    let made = plainwire().args(["mail", "user", "ada", "--password-file"]).arg(&secret).output().unwrap();
    let (code, line, _) = said(&made);
    assert_eq!(code, Some(0));
    assert!(line.starts_with("ada:SCRAM-SHA-256$4096:") && !line.contains("engine"), "{line}");
    assert!(Users::parse(&line).unwrap().verify("ada", "engine"));
    let clear = plainwire().args(["mail", "user", "bob", "--clear", "--password-env", "PW"]).env("PW", "b").output();
    assert_eq!(said(&clear.unwrap()), (Some(0), "bob:{PLAIN}b\n".into(), String::new()));
    let unset = plainwire().args(["mail", "user", "bob", "--password-env", "PW"]).env_remove("PW").output().unwrap();
    assert_eq!(said(&unset).0, Some(1));
    let forged = plainwire().args(["mail", "user", "a\nb", "--password-env", "PW"]).env("PW", "b").output().unwrap();
    assert_eq!(said(&forged).0, Some(1));

    std::fs::write(&file, line).unwrap();
    let root = scratch.path().join("mail");
    let arguments = ["--maildir", root.to_str().unwrap(), "--auth", file.to_str().unwrap(), "--auth-in-clear", "-q"];
    let server = serve_smtp(&arguments, 1);
    let heard = talk(
        server.address(),
        "EHLO x.test\r\nMAIL FROM:<ada@a.test>\r\nAUTH PLAIN AGFkYQB3cm9uZw==\r\nAUTH PLAIN AGFkYQBlbmdpbmU=\r\n\
         MAIL FROM:<ada@a.test>\r\nQUIT\r\n",
    );
    assert_eq!(codes(&heard), ["220", "250", "530", "535", "235", "250", "221"], "{heard}");
    assert!(heard.contains("250-AUTH SCRAM-SHA-256 SCRAM-SHA-1 PLAIN LOGIN\r\n"), "{heard}");
}

#[test]
fn tls_needs_no_files_and_has_a_port_of_its_own() {
    let scratch = tempfile::tempdir().unwrap();
    let root = scratch.path().join("mail");
    let server = serve_smtp(&["--maildir", root.to_str().unwrap(), "-q", "--tls-port", "0", "--tls"], 2);
    assert_eq!(server.addresses[1].0, "smtps");
    assert!(talk(server.address(), "EHLO x.test\r\nQUIT\r\n").contains("250-STARTTLS\r\n"));
    let connector = plainwire::net::tls::Connector::builder().unverified().build().unwrap();
    let mut stream = plainwire::net::tcp::connect(server.addresses[1].1, SOON).unwrap();
    stream.secure(&connector, "localhost", SOON).unwrap();
    stream.write_all(b"EHLO x.test\r\nQUIT\r\n").unwrap();
    let mut heard = String::new();
    stream.read_to_string(&mut heard).unwrap();
    assert_eq!(codes(&heard), ["220", "250", "221"], "{heard}");
    assert!(!heard.contains("STARTTLS"));
}

#[test]
fn what_cannot_be_served_is_said_in_one_line() {
    let scratch = tempfile::tempdir().unwrap();
    let root = scratch.path().join("mail");
    let file = scratch.path().join("users");
    std::fs::write(&file, "ada\n").unwrap();
    let root = root.to_str().unwrap();
    for (arguments, code) in [
        (vec!["--maildir", "/dev/null/x"], 1),
        (vec!["--maildir", root, "--auth", file.to_str().unwrap()], 1),
        (vec!["--maildir", root, "--auth", "/nonexistent"], 1),
        (vec!["--maildir", root, "--tls", "/nonexistent", "/nonexistent"], 1),
        (vec!["--maildir", root, "--tls", "/nonexistent"], 2),
        (vec!["--maildir", root, "--host", "a b"], 2),
    ] {
        let output = plainwire().args(["serve", "smtp", "--port", "0"]).args(&arguments).output().unwrap();
        let (found, out, errors) = said(&output);
        assert_eq!((found, out.as_str(), errors.lines().count()), (Some(code), "", 1), "{arguments:?}: {errors}");
    }
}

/// Numbers without a pattern, the same each time that `seed` is: when to kill.
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: u64) -> u64 {
        // SplitMix64
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % bound
    }
}

/// Sends messages, each with a number of its own, until the server is gone; notes each number that got 250 and each that
/// was tried.
fn load(address: SocketAddr, numbers: &AtomicUsize, tried: &Mutex<Vec<usize>>, accepted: &Mutex<Vec<usize>>) {
    let work = || -> std::io::Result<()> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(SOON))?;
        let mut reader = BufReader::new(stream.try_clone()?);
        let mut stream = stream;
        let mut reply = |begins: &str| -> std::io::Result<()> {
            loop {
                let mut line = String::new();
                if reader.read_line(&mut line)? == 0 {
                    return Err(std::io::ErrorKind::UnexpectedEof.into());
                }
                if line.as_bytes().get(3) != Some(&b'-') {
                    assert!(line.starts_with(begins), "{line:?} is not {begins}");
                    return Ok(());
                }
            }
        };
        reply("220")?;
        stream.write_all(b"EHLO x.test\r\n")?;
        reply("250")?;
        loop {
            let number = numbers.fetch_add(1, Ordering::SeqCst);
            stream.write_all(b"MAIL FROM:<ada@a.test>\r\nRCPT TO:<bob@b.test>\r\nDATA\r\n")?;
            for code in ["250", "250", "354"] {
                reply(code)?;
            }
            tried.lock().unwrap().push(number);
            // Large enough that it comes in several pieces.
            let line = format!("{number}:{}\r\n", "x".repeat(70));
            stream
                .write_all(format!("Subject: {number}\r\n\r\n{}end {number}\r\n.\r\n", line.repeat(200)).as_bytes())?;
            reply("250")?;
            accepted.lock().unwrap().push(number);
        }
    };
    // It ends when the server does, whose name for that is the system's.
    let _gone = work();
}

#[test]
fn killed_at_twenty_points_under_load_it_loses_nothing_that_got_250() {
    let mut chance = Chance(0x5eed);
    for round in 0..20 {
        let scratch = tempfile::tempdir().unwrap();
        let root = scratch.path().join("mail");
        let mut arguments = vec!["--maildir", root.to_str().unwrap(), "-q"];
        // Both ways to serve, in turn.
        arguments.extend((round % 2 == 1).then_some("--reactor"));
        let mut server = serve_smtp(&arguments, 1);
        let address = server.address();
        let numbers = Arc::new(AtomicUsize::new(0));
        let (tried, accepted) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(Vec::new())));
        let threads: Vec<_> = (0..4)
            .map(|_| {
                let (numbers, tried, accepted) = (Arc::clone(&numbers), Arc::clone(&tried), Arc::clone(&accepted));
                std::thread::spawn(move || load(address, &numbers, &tried, &accepted))
            })
            .collect();
        // After so many messages, and then at any point of the next ones.
        let after = chance.below(60) as usize;
        let due = Instant::now() + SOON;
        while accepted.lock().unwrap().len() < after && Instant::now() < due {
            std::thread::yield_now();
        }
        let spin = Instant::now() + Duration::from_micros(chance.below(3000));
        while Instant::now() < spin {
            std::hint::spin_loop();
        }
        // SIGKILL.
        server.child.kill().unwrap();
        server.child.wait().unwrap();
        for thread in threads {
            thread.join().unwrap();
        }

        let mut times: BTreeMap<usize, usize> = BTreeMap::new();
        for text in messages(&root) {
            let (_, message) = text.split_once("Subject: ").unwrap();
            let number: usize = message.split_once("\r\n").unwrap().0.parse().unwrap();
            let line = format!("{number}:{}\r\n", "x".repeat(70));
            // Whole.
            assert_eq!(message, format!("{number}\r\n\r\n{}end {number}\r\n", line.repeat(200)), "round {round}");
            *times.entry(number).or_default() += 1;
        }
        for number in accepted.lock().unwrap().iter() {
            // There, and once.
            assert_eq!(times.remove(number), Some(1), "round {round}, message {number}");
        }
        // The others are messages whose 250 was on its way: at most one for each connection, and each was sent.
        assert!(times.len() <= 4, "round {round}: {times:?}");
        let tried = tried.lock().unwrap();
        assert!(times.iter().all(|(number, times)| *times == 1 && tried.contains(number)), "round {round}: {times:?}");
        // The next start finds nothing to complain of.
        let again = serve_smtp(&["--maildir", root.to_str().unwrap(), "-q"], 1);
        let heard = talk(again.address(), "EHLO x.test\r\nQUIT\r\n");
        assert_eq!(codes(&heard), ["220", "250", "221"]);
    }
}

#[test]
fn the_demonstration_goes_as_it_should() {
    let output = plainwire().args(["demo", "smtp"]).output().unwrap();
    let (code, out, errors) = said(&output);
    assert_eq!((code, errors.as_str()), (Some(0), ""), "{out}");
    for line in [
        "C: AUTH SCRAM-SHA-256-PLUS {redacted}\n",
        "S: 550 5.1.1 No such mailbox here\n",
        "C: LHLO ada.example.org\n",
        "bob's Maildir has both, each attachment as it was sent\n",
    ] {
        assert!(out.contains(line), "{line} is not in {out}");
    }
    assert!(!out.contains("the engine"));
}

/// What the reactor keeps of a client that has said its name and nothing since: engine, handler's side, and its place.
#[cfg(target_os = "linux")]
#[test]
fn an_idle_connection_costs_less_than_a_kibibyte() {
    let scratch = tempfile::tempdir().unwrap();
    let root = scratch.path().join("mail");
    let server = serve_smtp(&["--maildir", root.to_str().unwrap(), "-q", "--reactor"], 1);
    let octets = || {
        let status = std::fs::read_to_string(format!("/proc/{}/status", server.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).unwrap();
        line.trim().strip_suffix(" kB").unwrap().parse::<usize>().unwrap() * 1024
    };
    let idle = || {
        let stream = TcpStream::connect(server.address()).unwrap();
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        (&stream).write_all(b"EHLO client.example.org\r\n").unwrap();
        let mut line = String::new();
        while !line.starts_with("250 ") {
            line.clear();
            assert!(reader.read_line(&mut line).unwrap() > 0);
        }
        stream
    };
    // What the process needs once has been allocated by then.
    let mut connections: Vec<_> = (0..200).map(|_| idle()).collect();
    let before = octets();
    connections.extend((0..700).map(|_| idle()));
    let each = (octets() - before) / 700;
    assert!(each <= 1024, "{each} octets");
}
