//! SMTP between plainwire and the real programs, on loopback. What is not installed is skipped, loudly.
#![cfg(all(feature = "cli", unix))]
#![allow(clippy::disallowed_types, clippy::disallowed_methods, reason = "peers have files, sockets and clocks")]

#[path = "support/mail_server.rs"]
mod mail_server;
#[path = "support/peers.rs"]
mod peers;

use mail_server::cli::Server;
use mail_server::{messages, serve_smtp};
use peers::{Peer, has, run, skipped};
use plainwire::net::users;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

const SOON: Duration = Duration::from_secs(60);

/// Our server with TLS on both ways, and `u` with the password `p`.
struct Ours {
    server: Server,
    scratch: tempfile::TempDir,
}

impl Ours {
    /// On threads, or on the reactor; with users, or open to all.
    fn start(extra: &[&str]) -> Self {
        let scratch = tempfile::Builder::new().prefix("pw").tempdir_in("/tmp").unwrap();
        let certificates = scratch.path().join("tls");
        let made = Command::new(peers::recipes().join("tls-ca.sh")).arg(&certificates).output().unwrap();
        assert!(made.status.success(), "{made:?}");
        let file = scratch.path().join("users");
        std::fs::write(&file, users::entry_in_clear("u", "p").unwrap() + "\n").unwrap();
        let [mail, certificate, key] =
            [scratch.path().join("mail"), certificates.join("server.pem"), certificates.join("server.key")]
                .map(|path| path.to_str().unwrap().to_string());
        let mut arguments = vec!["--maildir", &mail, "-q", "--host", "mx.test", "--tls-port", "0", "--tls"];
        arguments.extend([certificate.as_str(), key.as_str()]);
        let users = file.to_str().unwrap().to_string();
        arguments.extend(extra.iter().flat_map(|&word| if word == "--auth" { vec![word, &users] } else { vec![word] }));
        let server = serve_smtp(&arguments, 2);
        Self { server, scratch }
    }

    fn port(&self) -> String {
        self.server.port()
    }

    fn tls_port(&self) -> String {
        self.server.addresses[1].1.port().to_string()
    }

    fn ca(&self) -> String {
        self.path("tls/ca.pem")
    }

    fn path(&self, name: &str) -> String {
        self.scratch.path().join(name).to_str().unwrap().to_string()
    }

    fn mail(&self) -> PathBuf {
        self.scratch.path().join("mail")
    }

    /// The newest message, once there are so many.
    fn newest(&self, count: usize) -> String {
        let due = Instant::now() + SOON;
        loop {
            let mut found = messages(&self.mail());
            if found.len() >= count || Instant::now() > due {
                assert_eq!(found.len(), count);
                return found.pop().unwrap();
            }
            // Between two looks; nothing depends on how long it takes.
            std::thread::park_timeout(Duration::from_millis(20));
        }
    }
}

/// Runs a program that has to succeed.
fn well(program: &str, arguments: &[&str]) -> Output {
    let output = run(Command::new(program).args(arguments).env("HOME", "/nonexistent"), SOON);
    assert!(output.status.success(), "{program} {arguments:?}: {}{}", text(&output.stdout), text(&output.stderr));
    output
}

fn text(octets: &[u8]) -> String {
    String::from_utf8_lossy(octets).into_owned()
}

/// Servers for a test that holds on both adapters.
fn adapters() -> [&'static [&'static str]; 2] {
    [&[], &["--reactor"]]
}

/// Whether swaks is there, with the Perl module that it needs for TLS.
fn swaks_has_tls(test: &str) -> bool {
    if !has(test, "swaks") {
        return false;
    }
    let found =
        Command::new("perl").args(["-MNet::SSLeay", "-e", "1"]).output().is_ok_and(|perl| perl.status.success());
    if !found {
        skipped(test, "swaks has no TLS: Perl's Net::SSLeay is not installed");
    }
    found
}

#[test]
fn swaks_sends_to_us() {
    if !swaks_has_tls("swaks_sends_to_us") {
        return;
    }
    for extra in adapters() {
        let ours = Ours::start(extra);
        let (port, tls_port, ca) = (ours.port(), ours.tls_port(), ours.ca());
        let to = ["-s", "localhost", "-f", "a@x.test", "-t", "u@test"];
        let swaks = |more: &[&str]| well("swaks", &[&to[..], more].concat());
        swaks(&["-p", &port]);
        assert!(ours.newest(1).contains(" with ESMTP id "));
        swaks(&["-p", &port, "--tls", "--tls-verify", "--tls-ca-path", &ca]);
        assert!(ours.newest(2).contains(" with ESMTPS id "));
        swaks(&["-p", &tls_port, "--tlsc", "--tls-verify", "--tls-ca-path", &ca]);
        swaks(&["-p", &port, "-t", "u@test,v@test", "--pipeline"]);
        assert!(ours.newest(4).contains("Delivered-To: v@test\r\n"));
        swaks(&["-p", &port, "--body", ".x\n..\n.\nh\u{e9}"]);
        assert!(ours.newest(5).contains("\r\n.x\r\n..\r\n.\r\nh\u{e9}\r\n"));
        swaks(&["-p", &port, "--protocol", "SMTP"]);
        assert!(ours.newest(6).contains(" with SMTP id "));
        let refused =
            run(Command::new("swaks").args(to).args(["-p", &port, "--auth", "PLAIN", "-au", "u", "-ap", "p"]), SOON);
        // 28: none of the mechanisms is offered.
        assert_eq!(refused.status.code(), Some(28), "{}", text(&refused.stdout));
    }
}

#[test]
fn swaks_logs_in() {
    if !swaks_has_tls("swaks_logs_in") {
        return;
    }
    let ours = Ours::start(&["--auth"]);
    let port = ours.port();
    for mechanism in ["PLAIN", "LOGIN", "CRAM-MD5"] {
        let login = ["--tls", "--auth", mechanism, "-au", "u", "-ap"];
        let to = ["-s", "localhost", "-p", &port, "-f", "a@x.test", "-t", "u@test"];
        well("swaks", &[&to[..], &login[..], &["p"]].concat());
        let wrong = run(Command::new("swaks").args(to).args(login).arg("q"), SOON);
        assert!(text(&wrong.stdout).contains("535 5.7.8"), "{}", text(&wrong.stdout));
    }
    assert!(ours.newest(3).contains(" with ESMTPSA id "));
}

#[test]
fn msmtp_logs_in_by_every_mechanism() {
    if !has("msmtp_logs_in_by_every_mechanism", "msmtp") {
        return;
    }
    let message = "Subject: from msmtp\n\n.\n..\n";
    for extra in [&["--auth"][..], &["--auth", "--reactor"]] {
        let ours = Ours::start(extra);
        std::fs::write(ours.path("message"), message).unwrap();
        for (count, mechanism) in ["plain", "login", "cram-md5", "scram-sha-1", "scram-sha-256"].iter().enumerate() {
            let send = |password: &str| {
                let script = format!(
                    "exec msmtp --host=localhost --port={} --tls=on --tls-starttls=on --tls-trust-file={} \
                     --auth={mechanism} --user=u --passwordeval='echo {password}' --from=a@x.test u@test <{}",
                    ours.port(),
                    ours.ca(),
                    ours.path("message"),
                );
                run(Command::new("sh").args(["-c", &script]).env("HOME", "/nonexistent"), SOON)
            };
            let sent = send("p");
            assert!(sent.status.success(), "{mechanism}: {}", text(&sent.stderr));
            let found = ours.newest(count + 1);
            assert!(found.ends_with("Subject: from msmtp\r\n\r\n.\r\n..\r\n"), "{found}");
            // 77: EX_NOPERM.
            assert_eq!(send("q").status.code(), Some(77), "{mechanism}");
        }
    }
}

#[test]
fn curl_sends_to_us() {
    if !has("curl_sends_to_us", "curl") {
        return;
    }
    for extra in adapters() {
        let ours = Ours::start(extra);
        let (file, ca) = (ours.path("m.eml"), ours.ca());
        std::fs::write(&file, "From: a@x.test\r\nSubject: from curl\r\n\r\n.leading dot\r\n..two\r\nend\r\n").unwrap();
        let envelope = ["-sS", "--cacert", &ca, "--mail-from", "a@x.test", "--mail-rcpt", "u@test", "-T", &file];
        let plain = format!("smtp://localhost:{}/cl.test", ours.port());
        well("curl", &[&envelope[..], &["--ssl-reqd", &plain]].concat());
        assert!(ours.newest(1).ends_with("\r\n\r\n.leading dot\r\n..two\r\nend\r\n"));
        let secure = format!("smtps://localhost:{}/cl.test", ours.tls_port());
        well("curl", &[&envelope[..], &[&secure]].concat());
        ours.newest(2);
        let asked = well("curl", &["-sS", &plain, "-X", "VRFY u@test"]);
        assert!(text(&asked.stdout).starts_with("252 "), "{}", text(&asked.stdout));
        let asked = well("curl", &["-sS", &plain, "-X", "NOOP"]);
        assert!(text(&asked.stdout).starts_with("250 "), "{}", text(&asked.stdout));
    }
    let ours = Ours::start(&["--auth"]);
    let (file, ca) = (ours.path("m.eml"), ours.ca());
    std::fs::write(&file, "Subject: from curl\r\n\r\n").unwrap();
    let url = format!("smtp://localhost:{}/cl.test", ours.port());
    for mechanism in ["PLAIN", "LOGIN", "CRAM-MD5"] {
        let login = format!("AUTH={mechanism}");
        let to =
            ["--mail-from", "a@x.test", "--mail-rcpt", "u@test", "-T", &file, "-u", "u:p", "--login-options", &login];
        well("curl", &[&["-sS", "--ssl-reqd", "--cacert", &ca, &url][..], &to[..]].concat());
    }
    ours.newest(3);
}

#[test]
fn pythons_smtplib_sends_to_us() {
    if !has("pythons_smtplib_sends_to_us", "python3") {
        return;
    }
    let script = r"
import smtplib, ssl, sys
port, tls, lmtp, ca = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
trust = ssl.create_default_context(cafile=ca)
s = smtplib.SMTP('localhost', port)
s.starttls(context=trust)
s.ehlo()
for mechanism in ['PLAIN', 'LOGIN', 'CRAM-MD5', 'SCRAM-SHA-256']:
    assert mechanism in s.esmtp_features['auth'].split(), s.esmtp_features
try:
    s.login('u', 'wrong')
    assert False
except smtplib.SMTPAuthenticationError as e:
    assert e.smtp_code == 535, e
s.login('u', 'p')
assert s.sendmail('a@x.test', ['u@test', 'v@test'], 'Subject: smtplib\r\n\r\n.dot\r\n') == {}
assert s.verify('u@test')[0] == 252
assert s.noop()[0] == 250 and s.rset()[0] == 250 and s.help()
s.sendmail('a@x.test', ['j\u00fcrgen@t\u00e4st.test'], 'Subject: \u00fc\r\n\r\n'.encode(), mail_options=['SMTPUTF8', 'BODY=8BITMIME'])
try:
    s.sendmail('a@x.test', ['u@test'], b'x' * 60000000)
    assert False
except smtplib.SMTPSenderRefused as e:
    assert e.smtp_code == 552, e
s.quit()
s = smtplib.SMTP_SSL('localhost', tls, context=trust)
s.login('u', 'p')
s.sendmail('a@x.test', ['u@test'], 'Subject: over tls\r\n\r\n')
s.quit()
l = smtplib.LMTP('localhost', lmtp)
l.sendmail('a@x.test', ['u@test', 'v@test'], 'Subject: lmtp\r\n\r\n')
l.quit()
";
    let ours = Ours::start(&["--auth"]);
    let mail = ours.path("lmtp");
    let lmtp = serve_smtp(&["--maildir", &mail, "--lmtp", "-q"], 1);
    well("python3", &["-c", script, &ours.port(), &ours.tls_port(), &lmtp.port(), &ours.ca()]);
    assert_eq!(messages(&ours.mail()).len(), 3);
    assert!(messages(&ours.mail()).iter().any(
        |text| text.contains("with UTF8SMTPSA id") && text.contains("Delivered-To: j\u{fc}rgen@t\u{e4}st.test\r\n")
    ));
    let found = messages(Path::new(&mail));
    assert_eq!(found.len(), 1);
    assert!(found[0].contains(" with LMTP id "));
}

/// The Python with what is not in the standard library, if it was put there.
fn venv(test: &str) -> Option<PathBuf> {
    let root =
        std::env::var_os("PLAINWIRE_PEERS").map_or_else(|| PathBuf::from("/var/tmp/plainwire-peers"), PathBuf::from);
    let python = root.join("venv/bin/python");
    if python.is_file() {
        return Some(python);
    }
    skipped(test, &format!("no Python with aiosmtplib and aiosmtpd in {}", root.display()));
    None
}

#[test]
fn aiosmtplib_sends_to_us() {
    let Some(python) = venv("aiosmtplib_sends_to_us") else { return };
    let script = r"
import asyncio, aiosmtplib, ssl, sys
trust = ssl.create_default_context(cafile=sys.argv[2])
async def main():
    await asyncio.gather(*[aiosmtplib.send('Subject: aio\r\n\r\n.dot\r\n', sender='a@x.test', recipients=['u@test'],
        hostname='localhost', port=int(sys.argv[1]), start_tls=True, tls_context=trust, username='u', password='p')
        for _ in range(10)])
asyncio.run(main())
";
    let ours = Ours::start(&["--auth", "--reactor"]);
    well(python.to_str().unwrap(), &["-c", script, &ours.port(), &ours.ca()]);
    assert!(ours.newest(10).ends_with("\r\n\r\n.dot\r\n"));
}

#[test]
fn smtp_source_sends_to_us_and_nothing_is_lost() {
    if !has("smtp_source_sends_to_us", "smtp-source") {
        return;
    }
    for extra in adapters() {
        let ours = Ours::start(extra);
        let address = format!("127.0.0.1:{}", ours.port());
        let load = ["-m", "100", "-s", "4", "-r", "2", "-l", "5000", "-t", "u@test", "-f", "a@x.test", &address];
        well("smtp-source", &load);
        assert_eq!(messages(&ours.mail()).len(), 100);
        // One connection for all of them, by LMTP's elder brother's sister: -d does not hang up between messages.
        well("smtp-source", &[&["-d"][..], &load].concat());
        assert_eq!(messages(&ours.mail()).len(), 200);
    }
    let scratch = tempfile::tempdir().unwrap();
    let root = scratch.path().join("mail");
    let lmtp = serve_smtp(&["--maildir", root.to_str().unwrap(), "--lmtp", "-q"], 1);
    let address = format!("127.0.0.1:{}", lmtp.port());
    well("smtp-source", &["-L", "-m", "20", "-s", "2", "-r", "3", "-t", "u@test", "-f", "a@x.test", &address]);
    assert_eq!(messages(&root).len(), 20);
}

#[test]
fn s_nail_sends_to_us() {
    if !has("s_nail_sends_to_us", "s-nail") {
        return;
    }
    let ours = Ours::start(&["--auth"]);
    let script = format!(
        "printf 'hello\\n.\\n..\\n' | exec s-nail -:/ -Sv15-compat -Smta=submission://u:p@localhost:{} \
         -Ssmtp-use-starttls -Ssmtp-auth=login -Stls-ca-file={} -Stls-ca-no-defaults -Stls-verify=strict \
         -Ssendwait -Sfrom=a@x.test -r a@x.test -s 'from s-nail' u@test",
        ours.port(),
        ours.ca(),
    );
    let sent = run(Command::new("bash").args(["-o", "pipefail", "-c", &script]), SOON);
    assert!(sent.status.success(), "{}{}", text(&sent.stdout), text(&sent.stderr));
    let found = ours.newest(1);
    assert!(found.contains("Subject: from s-nail\r\n") && found.ends_with("\r\n\r\nhello\r\n.\r\n..\r\n"), "{found}");
}

#[test]
fn openssl_shakes_hands_behind_starttls() {
    if !has("openssl_shakes_hands_behind_starttls", "openssl") {
        return;
    }
    for extra in adapters() {
        let ours = Ours::start(extra);
        for version in ["-tls1_2", "-tls1_3"] {
            let script = format!(
                "printf 'EHLO x\\nQUIT\\n' | openssl s_client -quiet -crlf -starttls smtp -connect 127.0.0.1:{} \
                 -CAfile {} -verify_return_error {version}",
                ours.port(),
                ours.ca(),
            );
            let said = run(Command::new("sh").args(["-c", &script]), SOON);
            let heard = text(&said.stdout);
            assert!(heard.contains("250-PIPELINING") && !heard.contains("STARTTLS"), "{version} {heard}");
        }
    }
}

/// Postfix that relays everything to us, as it does on the Internet: over TLS, and by LMTP.
#[test]
fn postfix_relays_to_us() {
    if !(has("postfix_relays_to_us", "postfix") && has("postfix_relays_to_us", "smtp-source")) {
        return;
    }
    for transport in ["smtp", "lmtp"] {
        let ours = if transport == "smtp" { Ours::start(&["--reactor"]) } else { Ours::start(&["--lmtp"]) };
        let extra = format!(
            "mynetworks = 127.0.0.0/8\nsmtpd_relay_restrictions = permit_mynetworks, reject\n\
             default_transport = {transport}:[127.0.0.1]:{}\nsmtp_tls_security_level = encrypt\n\
             lmtp_tls_security_level = encrypt\nsmtp_tls_CAfile = {ca}\nlmtp_tls_CAfile = {ca}\n",
            ours.port(),
            ca = ours.ca(),
        );
        let postfix = Peer::start("postfix.sh", &[("POSTFIX_EXTRA", &extra)]);
        let address = format!("127.0.0.1:{}", postfix.port);
        let to = ["-f", "a@x.test", "-t", "u@far.test", &address];
        well("smtp-source", &[&["-m", "20", "-s", "2", "-r", "3", "-l", "4000"][..], &to].concat());
        let newest = ours.newest(20);
        assert!(newest.contains(if transport == "smtp" { "with ESMTPS id" } else { "with LMTPS id" }), "{newest}");
        assert!(newest.contains("by mail.test (Postfix)"), "{newest}");
    }
}

/// Exim relaying to us: it speaks CHUNKING where it is offered.
#[test]
fn exim_relays_to_us() {
    let test = "exim_relays_to_us";
    let root =
        std::env::var_os("PLAINWIRE_PEERS").map_or_else(|| PathBuf::from("/var/tmp/plainwire-peers"), PathBuf::from);
    if !root.join("ov-exim4-daemon-heavy/u/usr/sbin/exim4").is_file() {
        skipped(test, "exim4 is in no overlay root (see tests/interop/peers/overlay.sh)");
        return;
    }
    if !has(test, "swaks") {
        return;
    }
    let ours = Ours::start(&[]);
    let port = ours.port();
    let exim = Peer::start("exim4.sh", &[("EXIM_NEXT", &port)]);
    let exims = exim.port.to_string();
    let to = ["-s", "localhost", "-p", &exims, "-f", "a@x.test", "-t", "u@far.test,v@far.test"];
    well("swaks", &[&to[..], &["-au", "u", "-ap", "p", "--body", ".x\n..\n.\nend"]].concat());
    let newest = ours.newest(1);
    assert!(newest.contains("by exim.test") && newest.contains("\r\n.x\r\n..\r\n.\r\nend\r\n"), "{newest}");
}
