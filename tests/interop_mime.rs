//! What mutt and msmtp read from messages that we built is what was put in. What is not installed is skipped, loudly.
#![cfg(all(feature = "mime", feature = "std", unix))]
#![allow(clippy::disallowed_types, clippy::disallowed_methods, reason = "peers have files, sockets and clocks")]

#[path = "support/peers.rs"]
mod peers;

use peers::{has, run};
use plainwire::mime::mbox::Writer;
use plainwire::mime::{Attachment, Builder, DateTime, Draft, Form, Group, Mailbox};
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::process::Command;
use std::time::Duration;

const SOON: Duration = Duration::from_secs(60);
const SUBJECT: &str = "Ein Betreff mit Umlauten äöü, der länger ist als eine Zeile, und 漢字 dazu";
const TEXT: &str =
    "Grüße aus Köln,\n.\n..\nFrom here, \u{1f600}\n>From there\n  two blanks at the front, one behind \n";
const NAMES: [&str; 4] = [
    "plain.bin",
    "Größe & \"mehr\" für Jörg, 100 %.pdf",
    "ein sehr langer Name, der niemals auf eine Zeile passt, weil er so lang ist wie er ist.txt",
    "漢字.png",
];

fn now() -> DateTime {
    DateTime::parse(b"Fri, 21 Nov 1997 09:55:06 -0600").unwrap()
}

/// Every octet, and text of a charset that is not ours.
fn contents() -> [Vec<u8>; 4] {
    let octets: Vec<u8> = (0..=255).cycle().take(5000).collect();
    [octets.clone(), octets, "Zeile\r\nß\r\n".repeat(30).into_bytes(), b"\x89PNG\r\n\x1a\n".to_vec()]
}

fn draft(form: Form) -> Draft {
    let friends = ["bob@example.org", "\"c,d\"@d.example"].map(|address| Mailbox::new("C \"D\", E", address).unwrap());
    let mut builder = Builder::new()
        .from(("Jörg J. Ö, Müller", "joerg@example.org"))
        .to(("A, B", "ann@example.org"))
        .to(Group::new("Friends", friends.to_vec()).unwrap())
        .cc(("An exceedingly long name ".repeat(4).trim(), "long@e.example"))
        .bcc("hidden@f.example")
        .subject(SUBJECT)
        .form(form)
        .text(TEXT)
        .html("<p>Grüße</p>\n");
    for (name, octets) in NAMES.iter().zip(contents()) {
        builder = builder.attach(Attachment::new(*name, octets));
    }
    builder.fill(now(), 7).build().unwrap()
}

/// mutt opens the mailbox that we wrote, shows the message as text, and saves each file under the name that it offers.
#[test]
fn mutt_reads_what_we_build() {
    if !has("mutt_reads_what_we_build", "mutt") || !has("mutt_reads_what_we_build", "script") {
        return;
    }
    for (form, mbox) in [(Form::SevenBit, true), (Form::SevenBit, false), (Form::EightBit, false), (Form::Utf8, true)] {
        let folder = tempfile::tempdir().unwrap();
        let octets = draft(form).to_vec().unwrap();
        let mailbox = folder.path().join("box");
        if mbox {
            let (mut file, mut writer) = (Vec::new(), Writer::new());
            writer.begin("joerg@example.org", now(), &mut file).unwrap();
            writer.write(&octets, &mut file);
            writer.end(&mut file);
            std::fs::write(mailbox, file).unwrap();
        } else {
            for name in ["cur", "new", "tmp"] {
                std::fs::create_dir_all(mailbox.join(name)).unwrap();
            }
            std::fs::write(mailbox.join("new/880127706.1.localhost"), octets).unwrap();
        }
        // mutt knows nothing of mboxrd: what was quoted for the file stays so.
        let text = if mbox {
            TEXT.replace("\nFrom", "\n>From").replace("\n>From there", "\n>>From there")
        } else {
            TEXT.into()
        };
        let out = folder.path().join("out");
        std::fs::create_dir(&out).unwrap();
        let settings = "set folder=..\nset resolve=no\nset quit=yes\nset pipe_decode=yes\nset wait_key=no\nset move=no\nset charset=utf-8\n\
                        set rfc2047_parameters=no\nset delete=no\nignore *\nunignore from to cc subject date\n";
        std::fs::write(folder.path().join("rc"), settings).unwrap();
        let save = "<save-entry><enter><previous-entry>".repeat(NAMES.len());
        let keys = format!("<pipe-message>cat > decoded<enter><view-attachments><last-entry>{save}<exit><exit>");
        std::fs::write(folder.path().join("keys"), format!("push \"{keys}\"\n")).unwrap();
        let command = "mutt -n -F ../rc -R -e 'source ../keys' -f ../box";
        let mut script = Command::new("script");
        script.args(["-qec", command, "/dev/null"]).current_dir(&out);
        script.env("HOME", folder.path()).env("LC_ALL", "C.UTF-8").env("TERM", "xterm");
        let seen = run(&mut script, SOON);
        assert!(seen.status.success(), "{}", String::from_utf8_lossy(&seen.stdout));

        let decoded = std::fs::read_to_string(out.join("decoded")).unwrap_or_else(|error| panic!("{error}"));
        let (head, body) = decoded.split_once("\n\n").unwrap();
        let head = head.replace("\n\t", " ").replace("\n ", " ");
        let field =
            |name: &str| head.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_else(|| panic!("{head}"));
        assert_eq!(field("Subject: "), SUBJECT, "{form:?}");
        assert_eq!(field("From: "), "\"Jörg J. Ö, Müller\" <joerg@example.org>", "{form:?}");
        assert_eq!(field("Date: "), "Fri, 21 Nov 1997 09:55:06 -0600");
        assert!(!decoded.contains("hidden@"));
        assert!(body.contains(&*text), "{form:?}: {body}");
        for (name, octets) in NAMES.iter().zip(contents()) {
            let found = std::fs::read(out.join(name)).unwrap_or_else(|error| {
                let there: Vec<_> = std::fs::read_dir(&out).unwrap().map(|entry| entry.unwrap().file_name()).collect();
                panic!("{form:?}: {name}: {error}: {there:?}")
            });
            // It gives text the line breaks of its own system.
            let lines = |octets: Vec<u8>| String::from_utf8(octets).map(|text| text.replace("\r\n", "\n").into_bytes());
            let same = if name.rsplit('.').next() == Some("txt") {
                lines(octets).as_ref() == Ok(&found)
            } else {
                octets == found
            };
            assert!(same, "{form:?}: {name}: {}", found.escape_ascii());
        }
        assert_eq!(std::fs::read_dir(&out).unwrap().count(), NAMES.len() + 1);
    }
}

/// msmtp finds the sender and the recipients in the header, and hands over the message as it is.
#[test]
fn msmtp_reads_what_we_build() {
    if !has("msmtp_reads_what_we_build", "msmtp") {
        return;
    }
    for form in [Form::SevenBit, Form::EightBit] {
        let mut draft = draft(form);
        let (sender, recipients) = (draft.sender().address().to_owned(), draft.recipients().to_vec());
        let octets = draft.to_vec().unwrap();
        let sink = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = sink.local_addr().unwrap().port().to_string();
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("message");
        std::fs::write(&file, &octets).unwrap();
        let taken = std::thread::spawn(move || take_one(&sink));
        let mut msmtp = Command::new("msmtp");
        msmtp.args(["--host=127.0.0.1", &format!("--port={port}"), "--tls=off", "--read-recipients"]);
        msmtp.args(["--read-envelope-from", "--set-from-header=off", "--set-date-header=off"]);
        msmtp.env("HOME", folder.path()).stdin(std::fs::File::open(&file).unwrap());
        let output = msmtp.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let (commands, message) = taken.join().unwrap();
        let path = |command: &str| {
            let paths = commands.iter().filter_map(|line| line.strip_prefix(command)?.split_once('>'));
            paths.map(|(path, _)| path.to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(path("MAIL FROM:<"), [sender], "{form:?}");
        // Bcc is in the envelope alone.
        let shown: Vec<_> = recipients.iter().map(Mailbox::address).filter(|to| !to.starts_with("hidden")).collect();
        assert_eq!(path("RCPT TO:<"), shown, "{form:?}");
        assert!(message == octets, "{form:?}: {}", message.escape_ascii());
    }
}

/// Takes one message by SMTP: the commands, and the text without its dots.
fn take_one(sink: &TcpListener) -> (Vec<String>, Vec<u8>) {
    let (stream, _) = sink.accept().unwrap();
    stream.set_read_timeout(Some(SOON)).unwrap();
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let answer = |line: &str| (&stream).write_all(format!("{line}\r\n").as_bytes()).unwrap();
    let (mut commands, mut message) = (Vec::new(), Vec::new());
    answer("220 sink");
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        let line = line.trim_end();
        commands.push(line.to_owned());
        match line.split(' ').next().unwrap() {
            "EHLO" => answer("250-sink\r\n250 8BITMIME"),
            "DATA" => {
                answer("354 go on");
                loop {
                    let mut line = Vec::new();
                    reader.read_until(b'\n', &mut line).unwrap();
                    if line == b".\r\n" {
                        break;
                    }
                    message.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
                }
                answer("250 taken");
            }
            "QUIT" | "" => {
                answer("221 bye");
                return (commands, message);
            }
            _ => answer("250 fine"),
        }
    }
}
