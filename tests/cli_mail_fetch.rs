//! `plainwire mail fetch` against `plainwire serve pop3`, as a shell sees them; also killed in the middle, both of them.
#![cfg(all(feature = "cli", unix))]
#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "processes, files and clocks are what is tested"
)]

#[path = "support/mail_server.rs"]
mod mail_server;

use mail_server::cli::{Server, plainwire, printed};
use mail_server::deliver;
use plainwire::mime::mbox::{Dialect, Event, Reader};
use plainwire::net::maildir::Maildir;
use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// Serves a Maildir.
fn serve(maildir: &Path, port: &str, extra: &[&str]) -> Server {
    let arguments = ["serve", "pop3", "--quiet", "--port", port, "--maildir", maildir.to_str().unwrap()];
    Server::start(&[&arguments, extra].concat(), 1)
}

fn url(server: &Server) -> String {
    format!("pop3://ann@{}", server.address())
}

fn command(url: &str, arguments: &[&str]) -> Command {
    let mut command = plainwire();
    command.args(["mail", "fetch", url, "--password-env", "SECRET"]).args(arguments).env("SECRET", "any");
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn fetch(url: &str, arguments: &[&str]) -> Output {
    command(url, arguments).output().unwrap()
}

/// What a run that went well says.
fn fetched(url: &str, arguments: &[&str]) -> String {
    printed(fetch(url, arguments)).trim_end().to_owned()
}

/// The messages of a Maildir, each with how often it is there. A server that has just lost its client may still be
/// filing or deleting what that client had stored: it's looked at until two looks agree.
fn texts(maildir: &Path) -> BTreeMap<String, usize> {
    let mut last = None;
    loop {
        let look = look(maildir);
        if look.is_some() && look == last {
            return look.unwrap_or_default();
        }
        last = look;
    }
}

/// One look, `None` if a message went between the list and its reading.
fn look(maildir: &Path) -> Option<BTreeMap<String, usize>> {
    let mut texts = BTreeMap::new();
    for mut entry in Maildir::create(maildir).unwrap().entries().unwrap() {
        let mut text = String::new();
        match entry.open() {
            Ok(mut file) => file.read_to_string(&mut text).unwrap(),
            Err(error) if error.kind() == ErrorKind::NotFound => return None,
            Err(error) => panic!("{}: {error}", maildir.display()),
        };
        *texts.entry(text).or_insert(0) += 1;
    }
    Some(texts)
}

struct Scratch(tempfile::TempDir);

impl Scratch {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }
    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }
}

#[test]
fn new_mail_into_a_maildir_and_deleted() {
    let scratch = Scratch::new();
    let (there, here) = (scratch.path("there"), scratch.path("here"));
    deliver(&there, "Subject: one\n\n.dot\n");
    deliver(&there, "Subject: two\r\n\r\nFrom here\r\n");
    for extra in [&[][..], &["--reactor"]] {
        let served = serve(&there, "0", extra);
        let target = ["--to-maildir", here.to_str().unwrap()];
        let known = if extra.is_empty() { (2, 49, 0) } else { (0, 0, 2) };
        let first = fetched(&url(&served), &[&target[..], &["--new"]].concat());
        assert_eq!(
            first,
            format!("{} of 2 messages collected, {} octets, {} known, 0 deleted", known.0, known.1, known.2)
        );
    }
    let served = serve(&there, "0", &[]);
    let target = ["--to-maildir", here.to_str().unwrap(), "--new"];
    deliver(&there, "Subject: three\r\n\r\n");
    assert_eq!(fetched(&url(&served), &target), "1 of 3 messages collected, 18 octets, 2 known, 0 deleted");
    let expected: BTreeMap<_, _> =
        ["Subject: one\r\n\r\n.dot\r\n", "Subject: two\r\n\r\nFrom here\r\n", "Subject: three\r\n\r\n"]
            .map(|text| (text.to_owned(), 1))
            .into();
    assert_eq!(texts(&here), expected);
    // What is safe here goes there.
    let told = fetched(&url(&served), &[&target[..], &["--delete"]].concat());
    assert_eq!(told, "0 of 3 messages collected, 0 octets, 3 known, 3 deleted");
    assert!(texts(&there).is_empty() && texts(&here) == expected);
}

#[test]
fn the_memory_lost_is_no_message_twice() {
    let scratch = Scratch::new();
    let (there, here, folder) = (scratch.path("there"), scratch.path("here"), scratch.path("eml"));
    for index in 0..5 {
        deliver(&there, &format!("Subject: {index}\r\n\r\n"));
    }
    let served = serve(&there, "0", &[]);
    for (option, target, memory) in
        [("--to-maildir", &here, here.join("pop3.seen")), ("--eml-dir", &folder, folder.join(".pop3.seen"))]
    {
        let arguments = [option, target.to_str().unwrap(), "--new"];
        assert!(fetched(&url(&served), &arguments).starts_with("5 of 5 "));
        // As if the run had been killed between the messages and its notes.
        fs::write(&memory, "+ ann@127.0.0.1 half-a-li").unwrap();
        assert!(fetched(&url(&served), &arguments).starts_with("0 of 5 messages collected, 0 octets, 5 known"));
    }
    assert_eq!(texts(&here).values().sum::<usize>(), 5);
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 6, "five messages and the memory");
}

fn mbox_messages(path: &Path) -> Vec<String> {
    let octets = fs::read(path).unwrap();
    let (mut reader, mut input) = (Reader::new(Dialect::Rd), &octets[..]);
    reader.eof();
    let mut messages: Vec<Vec<u8>> = Vec::new();
    while let Ok(Some(event)) = reader.recv(&mut input) {
        match event {
            Event::Begin(_) => messages.push(Vec::new()),
            Event::Data(octets) => messages.last_mut().unwrap().extend_from_slice(octets),
            Event::End => {}
        }
    }
    messages.into_iter().map(|message| String::from_utf8(message).unwrap()).collect()
}

#[test]
fn an_mbox_cut_short_is_mended() {
    let scratch = Scratch::new();
    let (there, mbox) = (scratch.path("there"), scratch.path("mbox"));
    deliver(&there, "Subject: one\r\n\r\nFrom here\r\n>From there\r\n");
    deliver(&there, "Subject: two\r\n\r\ntext");
    let served = serve(&there, "0", &[]);
    let arguments = ["--mbox", mbox.to_str().unwrap(), "--new"];
    assert!(fetched(&url(&served), &arguments).starts_with("2 of 2 "));
    let wanted = ["Subject: one\n\nFrom here\n>From there\n", "Subject: two\n\ntext\n"];
    assert_eq!(mbox_messages(&mbox), wanted);

    // As if the run had been killed while it added the second, and before it noted either.
    let memory = scratch.path("mbox.pop3.seen");
    let noted = fs::read_to_string(&memory).unwrap();
    let intents: String = noted.lines().filter(|line| line.starts_with('?')).map(|line| format!("{line}\n")).collect();
    assert_eq!(intents.lines().count(), 2);
    fs::write(&memory, &intents).unwrap();
    let whole = fs::read(&mbox).unwrap();
    fs::write(&mbox, &whole[..whole.len() - 9]).unwrap();
    let told = fetched(&url(&served), &arguments);
    assert!(told.starts_with("1 of 2 messages collected") && told.contains(" 1 known"), "{told}");
    assert_eq!(mbox_messages(&mbox), wanted);
}

#[test]
fn headers_alone_and_everything_to_a_pipe() {
    let scratch = Scratch::new();
    let there = scratch.path("there");
    deliver(&there, "Subject: one\r\n\r\na\r\nb\r\nc\r\n");
    let served = serve(&there, "0", &[]);
    let output = fetch(&url(&served), &["--headers", "1"]);
    assert_eq!(output.stdout, b"Subject: one\r\n\r\na\r\n");
    let transcript = scratch.path("talk");
    let output = fetch(&url(&served), &["--quiet", "--transcript", transcript.to_str().unwrap()]);
    assert_eq!(output.stdout, b"Subject: one\r\n\r\na\r\nb\r\nc\r\n");
    assert!(output.stderr.is_empty());
    let talk = fs::read_to_string(transcript).unwrap();
    assert!(talk.starts_with("-- engine: pop3 client\n"), "{talk}");
    assert!(talk.contains("C: AUTH PLAIN {redacted}\n") && talk.contains("C: RETR 1\n") && talk.contains("C: QUIT\n"));
}

/// A part that was collected is not the message.
#[test]
fn headers_do_not_stand_for_messages() {
    for target in ["--to-maildir", "--eml-dir"] {
        let scratch = Scratch::new();
        let there = scratch.path("there");
        let message = "Subject: one\r\n\r\na\r\nb\r\nc\r\n";
        deliver(&there, message);
        let served = serve(&there, "0", &[]);
        let here = scratch.path("here");
        let here = here.to_str().unwrap();
        let held = || -> Vec<String> {
            let folder = if target == "--eml-dir" { PathBuf::from(here) } else { Path::new(here).join("new") };
            let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|item| item.unwrap().path()).collect();
            files.retain(|path| !path.file_name().unwrap().to_str().unwrap().starts_with('.'));
            let mut texts: Vec<_> = files.iter().map(|path| fs::read_to_string(path).unwrap()).collect();
            texts.sort();
            texts
        };
        fetched(&url(&served), &["--headers", "1", target, here]);
        assert_eq!(held(), ["Subject: one\r\n\r\na\r\n"]);
        let told = fetched(&url(&served), &["--new", "--delete", target, here]);
        assert!(told.starts_with("1 of 1 messages collected") && told.ends_with("1 deleted"), "{target}: {told}");
        assert_eq!(held(), ["Subject: one\r\n\r\na\r\n", message]);
        // Nor does a part take the message's place.
        deliver(&there, "Subject: two\r\n\r\nx\r\ny\r\n");
        fetched(&url(&served), &["--new", target, here]);
        fetched(&url(&served), &["--headers", "0", target, here]);
        assert!(held().contains(&"Subject: two\r\n\r\nx\r\ny\r\n".to_owned()), "{target}: {:?}", held());
    }
}

#[test]
fn a_password_in_a_url_is_not_repeated() {
    let output = fetch("imaps://ann:hush@host", &[]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.code() == Some(2) && said.contains("host") && !said.contains("hush"), "{said}");
}

#[test]
fn failures_have_their_codes() {
    let scratch = Scratch::new();
    let there = scratch.path("there");
    deliver(&there, "x\r\n");
    let users = scratch.path("users");
    fs::write(&users, plainwire::net::users::entry("ann", "right").unwrap() + "\n").unwrap();
    let served = serve(&there, "0", &["--auth", users.to_str().unwrap()]);
    let code = |url: &str, arguments: &[&str]| {
        let output = fetch(url, &[&["--retry", "0"], arguments].concat());
        assert_eq!(String::from_utf8_lossy(&output.stderr).lines().count().min(1), 1);
        output.status.code()
    };
    assert_eq!(code(&url(&served), &[]), Some(77), "the password");
    assert_eq!(code(&url(&served), &["--starttls", "required"]), Some(69), "no STLS there");
    assert_eq!(code(&url(&served), &["--auth", "CRAM-MD5"]), Some(77), "not offered");
    assert_eq!(code("pop3://ann@127.0.0.1:1", &[]), Some(75), "nobody there");
    assert_eq!(code("http://ann@127.0.0.1", &[]), Some(2));
    assert_eq!(code("pop3://127.0.0.1", &[]), Some(2));
    assert_eq!(code(&url(&served), &["--delete"]), Some(2), "without a target");
    assert_eq!(code(&url(&served), &["--cacert", "/nonexistent"]), Some(78), "as mail send");
    // SCRAM with the right password.
    let mut right = command(&url(&served), &["--quiet"]);
    assert!(right.env("SECRET", "right").status().unwrap().success());
    // Locked by another session.
    let mut other = std::net::TcpStream::connect(served.address()).unwrap();
    other.write_all(b"AUTH PLAIN AGFubgByaWdodA==\r\n").unwrap();
    let mut open = served_anybody(&there);
    let mut held = BufReader::new(std::net::TcpStream::connect(open.address()).unwrap());
    held.get_mut().write_all(b"USER x\r\nPASS x\r\n").unwrap();
    let mut line = String::new();
    while !line.contains("maildrop has") {
        line.clear();
        assert!(held.read_line(&mut line).unwrap() > 0);
    }
    assert_eq!(code(&url(&open), &[]), Some(75), "in use");
    open.kill();
}

fn served_anybody(there: &Path) -> Server {
    serve(there, "0", &[])
}

/// Octets that are nobody's: when to kill.
fn chance() -> u64 {
    use std::hash::{BuildHasher, Hasher};
    std::hash::RandomState::new().build_hasher().finish()
}

/// How many files lie in a Maildir, half-written ones with them.
fn files(maildir: &Path) -> usize {
    let count = |folder| fs::read_dir(maildir.join(folder)).map_or(0, Iterator::count);
    ["tmp", "new", "cur"].map(count).iter().sum()
}

/// SIGKILL of client and server at random moments: no message lost, none twice, none deleted before it was stored.
#[test]
fn kills_lose_nothing_and_double_nothing() {
    const MESSAGES: usize = 40;
    let scratch = Scratch::new();
    let (there, here) = (scratch.path("there"), scratch.path("here"));
    let mut wanted = BTreeMap::new();
    for index in 0..MESSAGES {
        let text = format!("Subject: {index}\r\n\r\n{}", format!("line {index}\r\n").repeat(400 + index));
        deliver(&there, &text);
        wanted.insert(text, 1);
    }
    let mut served = serve(&there, "0", &[]);
    let port = served.port();
    let arguments = ["--to-maildir", here.to_str().unwrap(), "--new", "--delete", "--retry", "0"];
    for round in 0..12 {
        let mut client = command(&url(&served), &arguments).spawn().unwrap();
        // Killed after some more messages have come, or while they are deleted, or when there is nothing left to do.
        let (until, from) = (files(&here) + usize::try_from(chance() % 8).unwrap(), files(&there));
        while files(&here) < until && files(&there) >= from && client.try_wait().unwrap().is_none() {
            std::thread::yield_now();
        }
        if round % 3 == 2 {
            served.kill();
            let _ended = client.wait().unwrap();
            served = serve(&there, &port, &[]);
        } else {
            client.kill().unwrap();
            client.wait().unwrap();
        }
        // At every moment, each message is there or here, and here at most once.
        let (left, got) = (texts(&there), texts(&here));
        for text in wanted.keys() {
            assert!(left.contains_key(text) || got.contains_key(text), "lost in round {round}");
        }
        assert!(got.values().all(|&times| times == 1), "twice in round {round}");
    }
    // A killed client's session may still hold the maildrop for a moment: it is asked again.
    let mut last = arguments;
    last[5] = "5";
    let output = fetch(&url(&served), &last);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(texts(&here), wanted);
    assert!(texts(&there).is_empty());
}

#[test]
fn a_refused_certificate_is_not_asked_for_again() {
    let scratch = Scratch::new();
    let there = scratch.path("there");
    deliver(&there, "x\r\n");
    let served = serve(&there, "0", &["--tls"]);
    // The certificate was made for that run, and nobody vouches for it: no patience will change that.
    let output = fetch(&url(&served), &["--retry", "3"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!((output.status.code(), said.lines().count()), (Some(69), 1), "{said}");
    assert!(said.contains("certificate refused"), "{said}");
    assert_eq!(fetch(&url(&served), &["--insecure"]).stdout, b"x\r\n");
}
