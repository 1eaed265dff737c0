//! `plainwire serve mail`: what it takes in it gives out, by our tools and by others'.
#![cfg(all(feature = "cli", unix))]
#![allow(clippy::disallowed_types, clippy::disallowed_methods, reason = "processes and files are what is tested")]

#[path = "support/cli.rs"]
mod cli;

use cli::{Server, plainwire};
use plainwire::mime::Message;
use plainwire::net::maildir::Maildir;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

fn serve(arguments: &[&str]) -> Server {
    let mut command = plainwire();
    command.args(["serve", "mail", "--port", "0", "--quiet"]).args(arguments).env("SECRET", "given");
    Server::by(&mut command, 5)
}

/// The password that it printed.
fn password(served: &Server) -> Option<&str> {
    served.said.iter().find_map(|line| line.strip_prefix("user dev password "))
}

fn run(arguments: &[&str], password: &str) -> Output {
    plainwire().args(arguments).args(["--password-env", "SECRET"]).env("SECRET", password).output().unwrap()
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
        let served = serve(&[&["--init", &text(&folder)], extra].concat());
        let password = password(&served).expect("--init prints it").to_owned();
        assert!(password.len() == 20 && !fs::read_to_string(folder.join("users")).unwrap().contains(&password));
        let certificate = text(&folder.join("cert.pem"));

        let attachment = scratch.path().join("every octet.bin");
        fs::write(&attachment, (0..=255).collect::<Vec<u8>>()).unwrap();
        let body = scratch.path().join("body");
        fs::write(&body, "Hello\n.\n..dots\n").unwrap();
        let url = format!("smtps://dev@localhost:{}", served.port_of("submissions"));
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
        let url = format!("pop3s://dev@localhost:{}", served.port_of("pop3s"));
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
        let again = serve(&[&text(&folder)]);
        assert_eq!(again.said, [""; 0]);
        let url = format!("pop3://dev@localhost:{}", again.port_of("pop3"));
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
    assert_eq!(plainwire().args(["serve", "mail"]).output().unwrap().status.code(), Some(2));
    assert_eq!(plainwire().args(["serve", "mail", "/nowhere"]).output().unwrap().status.code(), Some(1));
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
    let [one, two] =
        [&from, &to].map(|folder| serve(&["--init", &text(folder), "--password-env", "SECRET", "--auth-in-clear"]));
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
        one.port_of("pop3"),
        two.port_of("smtp")
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
