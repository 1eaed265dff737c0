//! `plainwire serve mail`: what it takes in it gives out, by our tools and by others'.
#![cfg(all(feature = "cli", unix))]
#![allow(clippy::disallowed_types, clippy::disallowed_methods, reason = "processes and files are what is tested")]

use plainwire::mime::Message;
use plainwire::net::maildir::Maildir;
use std::collections::HashMap;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

/// A server in its folder, and where it listens.
struct Served {
    child: Child,
    ports: HashMap<String, u16>,
    password: Option<String>,
}

impl Served {
    fn start(arguments: &[&str]) -> Self {
        let mut child = plainwire(&["serve", "mail", "--port", "0", "--quiet"])
            .args(arguments)
            .env("SECRET", "given")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let (mut ports, mut password) = (HashMap::new(), None);
        while ports.len() < 5 {
            let line = lines.next().expect("five addresses").unwrap();
            if let Some(said) = line.strip_prefix("user dev password ") {
                password = Some(said.to_owned());
                continue;
            }
            let url = line.strip_prefix("listening on ").unwrap().trim_end_matches('/');
            let (scheme, address) = url.split_once("://").unwrap();
            ports.insert(scheme.to_owned(), address.rsplit(':').next().unwrap().parse().unwrap());
        }
        Self { child, ports, password }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

fn plainwire(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_plainwire"));
    command.args(arguments).stdin(Stdio::null());
    command
}

fn run(arguments: &[&str], password: &str) -> Output {
    plainwire(arguments).args(["--password-env", "SECRET"]).env("SECRET", password).output().unwrap()
}

fn only_message(path: &Path) -> Vec<u8> {
    let mut entries = Maildir::open(path).unwrap().entries().unwrap();
    assert_eq!(entries.len(), 1);
    let mut octets = Vec::new();
    entries[0].open().unwrap().read_to_end(&mut octets).unwrap();
    octets
}

fn text(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}

#[test]
fn a_message_makes_its_whole_way() {
    for extra in [&[][..], &["--reactor"]] {
        let scratch = tempfile::tempdir().unwrap();
        let folder: PathBuf = scratch.path().join("dev");
        let served = Served::start(&[&["--init", &text(&folder)], extra].concat());
        let password = served.password.clone().expect("--init prints it");
        assert!(password.len() == 20 && !fs::read_to_string(folder.join("users")).unwrap().contains(&password));
        let certificate = text(&folder.join("cert.pem"));

        let attachment = scratch.path().join("every octet.bin");
        fs::write(&attachment, (0..=255).collect::<Vec<u8>>()).unwrap();
        let body = scratch.path().join("body");
        fs::write(&body, "Hello\n.\n..dots\n").unwrap();
        let url = format!("smtps://dev@localhost:{}", served.ports["submissions"]);
        let sent = run(
            &[
                "mail",
                "send",
                "--smtp",
                &url,
                "--ca",
                &certificate,
                "--from",
                "dev@localhost",
                "--to",
                "you@localhost",
                "--subject",
                "größer",
                "--text",
                &text(&body),
                "--attach",
                &text(&attachment),
            ],
            &password,
        );
        assert!(sent.status.success(), "{}", String::from_utf8_lossy(&sent.stderr));

        let here = scratch.path().join("here");
        let url = format!("pop3s://dev@localhost:{}", served.ports["pop3s"]);
        let fetch = ["mail", "fetch", &url, "--ca", &certificate, "--to-maildir", &text(&here), "--new", "--delete"];
        let fetched = run(&fetch, &password);
        assert!(fetched.status.success(), "{}", String::from_utf8_lossy(&fetched.stderr));
        assert!(String::from_utf8_lossy(&fetched.stdout).starts_with("1 of 1 messages collected"));
        let octets = only_message(&here);
        let message = Message::parse(&octets);
        assert_eq!(message.header().subject().as_deref(), Some("größer"));
        assert_eq!(*message.attachments()[0].body(), (0..=255).collect::<Vec<u8>>());
        assert!(message.examine().is_empty());
        assert!(Maildir::open(folder.join("mail")).unwrap().entries().unwrap().is_empty());

        // Nobody else gets in, and a second start keeps what is there.
        assert_eq!(run(&fetch, "wrong").status.code(), Some(77));
        drop(served);
        let again = Served::start(&[&text(&folder)]);
        assert_eq!(again.password, None);
        let url = format!("pop3://dev@localhost:{}", again.ports["pop3"]);
        let fetch = ["mail", "fetch", &url, "--ca", &certificate, "--starttls", "required", "--quiet"];
        assert!(run(&fetch, &password).status.success());
    }
}

#[test]
fn init_keeps_what_is_there() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = text(&scratch.path().join("dev"));
    let init = || {
        let arguments = ["serve", "mail", "--init", &folder, "--no-serve", "--user", "ann"];
        let output = run(&arguments, "given");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    assert_eq!(init(), "user ann password as given\n");
    let files = || ["users", "cert.pem", "key.pem"].map(|name| fs::read(Path::new(&folder).join(name)).unwrap());
    let before = files();
    assert_eq!(init(), "");
    assert_eq!(files(), before);
    assert!(String::from_utf8_lossy(&before[0]).starts_with("ann:SCRAM-SHA-256$"));
    use std::os::unix::fs::PermissionsExt;
    for name in ["users", "key.pem"] {
        let mode = fs::metadata(Path::new(&folder).join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{name} is its owner's alone");
    }
    assert_eq!(plainwire(&["serve", "mail"]).output().unwrap().status.code(), Some(2));
    assert_eq!(plainwire(&["serve", "mail", "/nowhere"]).output().unwrap().status.code(), Some(1));
}

/// fetchmail collects from ours into ours, over SMTP.
#[test]
fn fetchmail_goes_from_ours_to_ours() {
    if Command::new("fetchmail").arg("--version").output().is_err() {
        eprintln!("SKIPPED fetchmail_goes_from_ours_to_ours: fetchmail is not installed");
        return;
    }
    let scratch = tempfile::tempdir().unwrap();
    let (from, to) = (scratch.path().join("from"), scratch.path().join("to"));
    let [one, two] = [&from, &to]
        .map(|folder| Served::start(&["--init", &text(folder), "--password-env", "SECRET", "--auth-in-clear"]));
    let maildir = Maildir::open(from.join("mail")).unwrap();
    let mut delivery = maildir.deliver().unwrap();
    std::io::Write::write_all(
        &mut delivery,
        b"From: a@x.test\r\nTo: dev@localhost\r\nSubject: hi\r\n\r\n.dot\r\n.\r\nend\r\n",
    )
    .unwrap();
    delivery.commit().unwrap();
    let rc = scratch.path().join("rc");
    let settings = format!(
        "poll 127.0.0.1 protocol POP3 service {}\n uidl\n user dev password given is dev here sslproto \"\" fetchall smtphost \
         127.0.0.1/{}\n",
        one.ports["pop3"], two.ports["smtp"]
    );
    fs::write(&rc, settings).unwrap();
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(&rc, fs::Permissions::from_mode(0o600)).unwrap();
    let output = Command::new("fetchmail")
        .args(["-f", &text(&rc), "--nosyslog", "--pidfile", &text(&scratch.path().join("pid"))])
        .env("HOME", scratch.path())
        .env("FETCHMAILHOME", scratch.path())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let got = String::from_utf8(only_message(&to.join("mail"))).unwrap();
    assert!(got.ends_with("Subject: hi\r\n\r\n.dot\r\n.\r\nend\r\n"), "{got}");
    assert!(maildir.entries().unwrap().is_empty());
}
