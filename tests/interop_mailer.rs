//! Our mailer against the real servers, on loopback. What is not installed is skipped, loudly.
#![cfg(all(feature = "cli", unix))]
#![allow(clippy::disallowed_types, clippy::disallowed_methods, reason = "peers have files, sockets and clocks")]

#[path = "support/peers.rs"]
mod peers;

use peers::{Peer, has, skipped};
use plainwire::net::smtp::{Error, Mailer};
use plainwire::net::tls::Connector;
use plainwire::sasl::Mechanism;
use plainwire::smtp::client::{self, Envelope, Report, StartTls, Transfer};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

const SOON: Duration = Duration::from_secs(60);

/// Lines with dots, eight bits, and nothing that a server would mend.
const MESSAGE: &[u8] =
    "From: a@x.test\r\nTo: u@test\r\nSubject: from plainwire\r\nDate: Mon, 23 Nov 2026 00:00:00 +0000\r\n\
    Message-ID: <1@x.test>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\
    Content-Transfer-Encoding: 8bit\r\n\r\n.\r\n..\r\n.dot\r\nhé\r\nend\r\n"
        .as_bytes();

fn to(recipients: &[&str]) -> Envelope {
    Envelope::new("a@x.test".parse().ok(), recipients.iter().map(|to| to.parse().unwrap()))
}

fn trusting(peer: &Peer) -> Connector {
    let ca = std::fs::read(peer.ca()).or_else(|_| std::fs::read(peer.folder().join("s/tls/ca.pem"))).unwrap();
    Connector::builder().platform_roots(false).roots_pem(&ca).unwrap().build().unwrap()
}

fn mailer(url: &str, peer: &Peer) -> Mailer {
    Mailer::new(url).unwrap().trust(trusting(peer)).timeout(SOON)
}

fn accepted(report: &Report) -> Vec<bool> {
    (0..report.recipients.len()).map(|at| report.accepted(at)).collect()
}

/// The messages under a folder of a Maildir, once there are so many.
fn delivered(folder: &Path, count: usize) -> Vec<String> {
    let due = Instant::now() + SOON;
    loop {
        let files: Vec<PathBuf> = std::fs::read_dir(folder.join("new"))
            .map(|found| found.filter_map(|file| Some(file.ok()?.path())).collect())
            .unwrap_or_default();
        if files.len() >= count {
            return files
                .iter()
                .map(|file| String::from_utf8_lossy(&std::fs::read(file).unwrap()).into_owned())
                .collect();
        }
        assert!(Instant::now() < due, "{} of {count} messages in {}", files.len(), folder.display());
        // Between two looks; nothing depends on how long it takes.
        std::thread::park_timeout(Duration::from_millis(20));
    }
}

/// A Maildir may have this system's line ends.
fn body(text: &str) -> String {
    text.replace("\r\n", "\n").split_once("\n\n").unwrap().1.to_string()
}

/// STARTTLS, SMTPS, pipelining, chunks, partial refusal, against a server of the family of Postfix and Exim.
fn into(peer: &Peer, refused: (&str, &str), mails: &Path) {
    let (clear, secure) = (peer.port, peer.port + 1);
    let mut count = 0;
    for (url, transfer) in [
        (format!("smtp://localhost:{clear}"), Transfer::Auto),
        (format!("submission://localhost:{clear}"), Transfer::Chunks),
        (format!("smtps://localhost:{secure}"), Transfer::Auto),
        (format!("smtps://localhost:{secure}"), Transfer::Chunks),
    ] {
        let mailer = mailer(&url, peer).transfer(transfer);
        for _ in 0..3 {
            let report = mailer.send_octets(&to(&["u@test"]), MESSAGE).unwrap();
            assert_eq!(accepted(&report), [true], "{url}");
            count += 1;
        }
        let (temporary, permanent) = refused;
        let report = mailer.send_octets(&to(&[temporary, "u@test", permanent]), MESSAGE).unwrap();
        count += 1;
        assert_eq!(accepted(&report), [false, true, false], "{report:?}");
        let codes = [0, 2].map(|at: usize| report.recipients[at].as_ref().unwrap().code.number());
        assert!(codes[0] / 100 == 4 && codes[1] / 100 == 5, "{codes:?}");
        let error = mailer.send_octets(&to(&[permanent]), MESSAGE).unwrap_err();
        assert!(matches!(error, Error::Refused(_)) && !error.is_temporary(), "{error:?}");
        let error = mailer.send_octets(&to(&[temporary]), MESSAGE).unwrap_err();
        assert!(error.is_temporary(), "{error:?}");
    }
    let clear = Mailer::new(&format!("smtp://localhost:{clear}")).unwrap().starttls(StartTls::Never);
    clear.send_octets(&to(&["u@test"]), MESSAGE).unwrap();
    count += 1;
    for text in delivered(mails, count) {
        assert_eq!(body(&text), ".\n..\n.dot\nhé\nend\n", "{text}");
    }
}

#[test]
fn into_postfix() {
    if !has("into_postfix", "postfix") {
        return;
    }
    let peer = Peer::start("postfix.sh", &[]);
    into(&peer, ("tempfail@test", "perm@test"), &peer.folder().join("mail/u"));
    // Whose certificate nobody vouches for.
    let stranger = Mailer::new(&format!("submission://localhost:{}", peer.port)).unwrap();
    assert!(matches!(stranger.send_octets(&to(&["u@test"]), MESSAGE), Err(Error::Tls(_))));
    // UTF-8 in an address, and what is larger than the server takes.
    let mailer = mailer(&format!("smtp://localhost:{}", peer.port), &peer);
    let report = mailer.send_octets(&to(&["jürgen@test"]), MESSAGE).unwrap();
    assert_eq!(accepted(&report), [true]);
    let error = mailer.send_octets(&to(&["u@test"]), &b"0123456789abcdef\r\n".repeat(100_000)).unwrap_err();
    assert!(matches!(error, Error::Unsendable(client::Misuse::TooLarge(1_000_000))), "{error:?}");
}

#[test]
fn into_exim() {
    let root =
        std::env::var_os("PLAINWIRE_PEERS").map_or_else(|| PathBuf::from("/var/tmp/plainwire-peers"), PathBuf::from);
    if !root.join("ov-exim4-daemon-heavy/u/usr/sbin/exim4").is_file() {
        skipped("into_exim", "exim4 is in no overlay root (see tests/interop/peers/overlay.sh)");
        return;
    }
    let peer = Peer::start("exim4.sh", &[]);
    into(&peer, ("temp@test", "perm@test"), &peer.folder().join("mail/u"));
    for mechanism in [Mechanism::Plain, Mechanism::Login, Mechanism::CramMd5] {
        let mailer = mailer(&format!("submission://u@localhost:{}", peer.port), &peer).mechanism(mechanism);
        mailer.password("p").send_octets(&to(&["u@test"]), MESSAGE).unwrap();
    }
}

#[test]
fn into_opensmtpd() {
    let root =
        std::env::var_os("PLAINWIRE_PEERS").map_or_else(|| PathBuf::from("/var/tmp/plainwire-peers"), PathBuf::from);
    if !root.join("ov-opensmtpd/u/usr/sbin/smtpd").is_file() {
        skipped("into_opensmtpd", "opensmtpd is in no overlay root (see tests/interop/peers/overlay.sh)");
        return;
    }
    let peer = Peer::start("opensmtpd.sh", &[]);
    // Debian's has no working TLS.
    let mailer =
        Mailer::new(&format!("smtp://localhost:{}", peer.port)).unwrap().starttls(StartTls::Never).timeout(SOON);
    let report = mailer.send_octets(&to(&["u@test", "far@elsewhere.test"]), MESSAGE).unwrap();
    assert_eq!(accepted(&report), [true, false], "{report:?}");
    for text in delivered(&peer.folder().join("mail/u"), 1) {
        assert_eq!(body(&text), ".\n..\n.dot\nhé\nend\n");
    }
}

/// Every mechanism that Dovecot offers and we speak, through Postfix.
#[test]
fn into_postfix_by_every_mechanism() {
    let test = "into_postfix_by_every_mechanism";
    if !(has(test, "postfix") && has(test, "dovecot")) {
        return;
    }
    let peer = Peer::start("mailpair.sh", &[]);
    let url = format!("submission://u@localhost:{}", peer.port);
    for mechanism in
        [Mechanism::Plain, Mechanism::Login, Mechanism::CramMd5, Mechanism::ScramSha1, Mechanism::ScramSha256]
    {
        let mailer = || mailer(&url, &peer).mechanism(mechanism);
        // To elsewhere, which nobody may who has not logged in.
        let report = mailer().password("p").send_octets(&to(&["far@elsewhere.test"]), MESSAGE).unwrap();
        assert_eq!(accepted(&report), [true], "{mechanism}");
        let error = mailer().password("wrong").send_octets(&to(&["u@test"]), MESSAGE).unwrap_err();
        assert!(matches!(&error, Error::Session(verdict) if verdict.code.number() == 535), "{mechanism}: {error:?}");
    }
    // The strongest of them by itself.
    mailer(&url, &peer).password("p").send_octets(&to(&["far@elsewhere.test"]), MESSAGE).unwrap();
}

#[test]
fn into_dovecots_lmtp() {
    if !has("into_dovecots_lmtp", "dovecot") {
        return;
    }
    let mut peer = Peer::start("dovecot.sh", &[]);
    let port = peer.port + 2;
    peer.wait_for(port);
    let mailer = Mailer::new(&format!("lmtp://localhost:{port}")).unwrap().starttls(StartTls::Never).timeout(SOON);
    let chunks = Mailer::new(&format!("lmtp://localhost:{port}")).unwrap().transfer(Transfer::Chunks).timeout(SOON);
    for mailer in [mailer, chunks.starttls(StartTls::Never)] {
        let report = mailer.send_octets(&to(&["u@test", "nobody@test", "v@test"]), MESSAGE).unwrap();
        assert_eq!(accepted(&report), [true, false, true], "{report:?}");
    }
    for text in delivered(&peer.folder().join("mail/v"), 2) {
        assert_eq!(body(&text), ".\n..\n.dot\nhé\nend\n");
    }
}

/// The Python with aiosmtpd, if it was put there.
fn venv(test: &str) -> Option<String> {
    let root =
        std::env::var_os("PLAINWIRE_PEERS").map_or_else(|| PathBuf::from("/var/tmp/plainwire-peers"), PathBuf::from);
    if root.join("venv/bin/aiosmtpd").is_file() {
        return Some(format!("{}:{}", root.join("venv/bin").display(), std::env::var("PATH").unwrap_or_default()));
    }
    skipped(test, &format!("no Python with aiosmtpd in {}", root.display()));
    None
}

#[test]
fn into_aiosmtpd() {
    let Some(path) = venv("into_aiosmtpd") else { return };
    let peer = Peer::start("smtpd_aio.py", &[("PATH", &path)]);
    for (url, mechanism) in [
        (format!("submission://u@localhost:{}", peer.port), Mechanism::Plain),
        (format!("smtps://u@localhost:{}", peer.port + 1), Mechanism::Login),
    ] {
        let mailer = mailer(&url, &peer).mechanism(mechanism).password("p");
        let report = mailer.send_octets(&to(&["temp@test", "u@test", "perm@test"]), MESSAGE).unwrap();
        assert_eq!(accepted(&report), [false, true, false], "{report:?}");
        let report = mailer.send_octets(&to(&["jürgen@test"]), MESSAGE).unwrap();
        assert_eq!(accepted(&report), [true]);
    }
    let text = std::fs::read_to_string(peer.folder().join("001.eml")).unwrap();
    assert!(text.contains("\r\n\r\n.\r\n..\r\n.dot\r\nhé\r\nend\r\n"), "{text}");
}

/// A server with a fault of its own at each step.
#[test]
fn into_smtp_sink_with_its_faults() {
    let test = "into_smtp_sink_with_its_faults";
    if !has(test, "smtp-sink") {
        return;
    }
    for (flags, what) in [
        ("", "ok"),
        ("-e", "ok"),
        ("-8", "8bit"),
        ("-p", "ok"),
        ("-w 1", "ok"),
        ("-f CONNECT", "session"),
        ("-r CONNECT", "later"),
        ("-q CONNECT", "lost"),
        ("-f EHLO", "ok"),
        ("-q EHLO", "lost"),
        ("-f MAIL", "refused"),
        ("-r MAIL", "later"),
        ("-q MAIL", "lost"),
        ("-f RCPT", "refused"),
        ("-r RCPT", "later"),
        ("-q RCPT", "lost"),
        ("-f DATA", "refused"),
        ("-r DATA", "later"),
        ("-q DATA", "lost"),
        ("-f .", "refused"),
        ("-r .", "later"),
        ("-q .", "unknown"),
    ] {
        let peer = Peer::start("smtp-sink-faulty.sh", &[("SINK_FLAGS", flags)]);
        let mailer = Mailer::new(&format!("smtp://127.0.0.1:{}", peer.port)).unwrap().timeout(SOON);
        let sent = mailer.send_octets(&to(&["u@test", "v@test"]), b"Subject: x\r\n\r\n.\r\n");
        let told = match &sent {
            Ok(report) => {
                assert_eq!(accepted(report), [true, true]);
                "ok"
            }
            Err(Error::Session(verdict)) if verdict.code.is_permanent() => "session",
            Err(Error::Unknown(_)) => "unknown",
            Err(Error::Lost(_)) => "lost",
            Err(Error::Protocol(error)) if error.kind == client::ErrorKind::Truncated => "lost",
            Err(error) if error.is_temporary() => "later",
            Err(Error::Refused(_)) => "refused",
            Err(_) => "else",
        };
        let wanted = if what == "8bit" { "ok" } else { what };
        assert_eq!(told, wanted, "smtp-sink {flags}: {sent:?}");
        if what == "8bit" {
            let error = mailer.send_octets(&to(&["u@test"]), MESSAGE).unwrap_err();
            assert!(matches!(error, Error::Unsendable(client::Misuse::Unsupported(_))), "{error:?}");
        }
    }
}
