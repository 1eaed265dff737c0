//! POP3 between plainwire and the real programs, on loopback. What is not installed is skipped, loudly.
#![cfg(all(feature = "cli", unix))]
#![allow(clippy::disallowed_types, clippy::disallowed_methods, reason = "peers have files, sockets and clocks")]

#[path = "support/peers.rs"]
mod peers;

#[path = "support/mail_server.rs"]
mod mail_server;

use mail_server::cli::{Server, plainwire};
use mail_server::{deliver, messages};
use peers::{Peer, has};
use plainwire::net::users;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

fn text(index: usize) -> String {
    format!(
        "From: a{index}@x.test\r\nTo: u@test\r\nSubject: msg {index}\r\nDate: Mon, 23 Nov 2026 00:00:0{index} +0000\r\n\
         Message-ID: <{index}@x.test>\r\n\r\nline one\r\n.dot line\r\n..two dots\r\n.\r\nlast {index}\r\n"
    )
}

/// Our server over three messages, with TLS both ways, and `u` with the password `p`.
struct Ours {
    _server: Server,
    scratch: tempfile::TempDir,
    port: u16,
    tls_port: u16,
}

impl Ours {
    fn start(extra: &[&str]) -> Self {
        let scratch = tempfile::Builder::new().prefix("pw").tempdir_in("/tmp").unwrap();
        let path = |name: &str| scratch.path().join(name).to_str().unwrap().to_string();
        let made = Command::new(peers::recipes().join("tls-ca.sh")).arg(path("tls")).output().unwrap();
        assert!(made.status.success(), "{made:?}");
        fs::write(path("users"), users::entry_in_clear("u", "p").unwrap() + "\n").unwrap();
        for index in 1..=3 {
            deliver(Path::new(&path("mail")), &text(index));
        }
        let server = Server::by(
            plainwire()
                .args(["serve", "pop3", "-q", "--port", "0", "--tls-port", "0", "--auth-in-clear"])
                .args(["--maildir", &path("mail"), "--auth", &path("users")])
                .args(["--tls", &path("tls/server.pem"), &path("tls/server.key")])
                .args(extra),
            2,
        );
        let (port, tls_port) = (server.port_of("pop3"), server.port_of("pop3s"));
        Self { _server: server, scratch, port, tls_port }
    }

    fn path(&self, name: &str) -> String {
        self.scratch.path().join(name).to_str().unwrap().to_string()
    }

    fn run(&self, program: &str, arguments: &[&str]) -> String {
        let output = Command::new(program)
            .args(arguments)
            .env("HOME", self.scratch.path())
            .env("FETCHMAILHOME", self.scratch.path())
            .env("TERM", "xterm")
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{program} {arguments:?}: {said}");
        said
    }

    fn write(&self, name: &str, text: &str) -> String {
        use std::os::unix::fs::PermissionsExt;
        let path = self.path(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        path
    }
}

fn fetch(arguments: &[&str]) -> Output {
    let mut command = plainwire();
    command.args(["mail", "fetch"]).args(arguments).args(["--password-env", "SECRET"]).env("SECRET", "p");
    command.output().unwrap()
}

fn texts(path: &Path) -> Vec<String> {
    let mut texts = messages(path);
    texts.sort();
    texts
}

/// The three messages of `u` come by every method, in clear, behind STLS, and over TLS at the port above; and are deleted
/// there once they are safe here, and not before.
fn collected_by_every_way(port: u16, ca: &Path, methods: &[&str]) {
    let wanted: Vec<_> = (1..=3).map(text).collect();
    let scratch = tempfile::tempdir().unwrap();
    let secure = [
        (format!("pop3://u@localhost:{port}"), &["--starttls", "off"][..]),
        (format!("pop3://u@localhost:{port}"), &["--starttls", "required"]),
        (format!("pop3s://u@localhost:{}", port + 1), &[]),
    ];
    for (index, method) in methods.iter().enumerate() {
        for (at, (url, extra)) in secure.iter().enumerate() {
            let here = scratch.path().join(format!("{index}-{at}"));
            let mut arguments =
                vec![url.as_str(), "--ca", ca.to_str().unwrap(), "--to-maildir", here.to_str().unwrap()];
            arguments.extend_from_slice(extra);
            if !method.is_empty() {
                arguments.extend(["--auth", method]);
            }
            let output = fetch(&arguments);
            let error = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{method} {url} {extra:?}: {error}");
            assert_eq!(texts(&here), wanted, "{method} {url}");
        }
    }
    let here = scratch.path().join("last");
    let arguments =
        [secure[0].0.as_str(), "--starttls", "off", "--to-maildir", here.to_str().unwrap(), "--new", "--delete"];
    assert!(fetch(&arguments).status.success());
    let again = fetch(&arguments);
    assert!(String::from_utf8_lossy(&again.stdout).starts_with("0 of 0 "), "{again:?}");
    assert_eq!(texts(&here), wanted);
}

#[test]
fn our_client_at_dovecot() {
    if !has("our_client_at_dovecot", "dovecot") {
        return;
    }
    let dovecot = Peer::start("dovecot.sh", &[]);
    let folder: PathBuf = dovecot.folder();
    let ca = folder.join("tls/ca.pem");
    let methods = ["", "SCRAM-SHA-256", "SCRAM-SHA-1", "CRAM-MD5", "PLAIN", "LOGIN", "USER", "APOP"];
    collected_by_every_way(dovecot.port, &ca, &methods);
}

#[test]
fn our_client_at_courier() {
    let root = std::env::var_os("PLAINWIRE_PEERS").map_or_else(|| "/var/tmp/plainwire-peers".into(), PathBuf::from);
    if !root.join("ov-courier-pop/u/usr/sbin/couriertcpd").is_file() {
        peers::skipped(
            "our_client_at_courier",
            "courier-pop is in no overlay root (see tests/interop/peers/courier-pop3d.sh)",
        );
        return;
    }
    let mut courier = Peer::start("courier-pop3d.sh", &[]);
    courier.wait_for(courier.port + 1);
    let ca = courier.ca();
    collected_by_every_way(courier.port, &ca, &["", "CRAM-MD5", "PLAIN", "LOGIN", "USER"]);
}

#[test]
fn our_server_under_poplib() {
    if !has("our_server_under_poplib", "python3") {
        return;
    }
    for extra in [&[][..], &["--reactor"]] {
        let ours = Ours::start(extra);
        let script = "
import poplib, ssl, sys, email, email.policy
port, tls_port, ca = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
context = ssl.create_default_context(cafile=ca)
p = poplib.POP3('localhost', port)
assert 'STLS' in p.capa() and 'UTF8' in p.capa()
p.stls(context); p.utf8(); p.user('u'); p.pass_('p')
assert p.stat()[0] == 3, p.stat()
sizes = [int(line.split()[1]) for line in p.list()[1]]
for n in (1, 2, 3):
    response, lines, octets = p.retr(n)
    assert octets == sizes[n - 1] == sum(len(line) + 2 for line in lines), (octets, sizes)
    message = email.message_from_bytes(b'\\r\\n'.join(lines), policy=email.policy.default)
    assert message['subject'].startswith('msg ') and '\\n.\\n' in message.get_content().replace('\\r', ''), message
    assert not message.defects
assert len(p.top(1, 1)[1]) == 7, p.top(1, 1)
ids = p.uidl()[1]
p.dele(1); p.rset(); p.dele(2); p.noop(); p.quit()
p = poplib.POP3_SSL('localhost', tls_port, context=context)
p.user('u'); p.pass_('p')
assert [line.split()[1] for line in p.uidl()[1]] == [ids[0].split()[1], ids[2].split()[1]]
p.quit()
p = poplib.POP3('127.0.0.1', port); p.apop('u', 'p'); assert p.stat()[0] == 2; p.quit()
p = poplib.POP3('127.0.0.1', port); p.user('u')
try: p.pass_('wrong'); sys.exit('let in')
except poplib.error_proto as error: assert b'[AUTH]' in error.args[0], error
p.quit()
";
        let (port, tls_port) = (ours.port.to_string(), ours.tls_port.to_string());
        ours.run("python3", &["-c", script, &port, &tls_port, &ours.path("tls/ca.pem")]);
    }
}

#[test]
fn our_server_under_curl() {
    if !has("our_server_under_curl", "curl") {
        return;
    }
    let ours = Ours::start(&[]);
    let ca = ours.path("tls/ca.pem");
    let (clear, tls) = (format!("pop3://localhost:{}/1", ours.port), format!("pop3s://localhost:{}/1", ours.tls_port));
    let wanted = text(1);
    assert_eq!(ours.run("curl", &["-sS", "--ssl-reqd", "--cacert", &ca, "-u", "u:p", &clear]), wanted);
    assert_eq!(ours.run("curl", &["-sS", "--cacert", &ca, "-u", "u:p", &tls]), wanted);
    for method in ["+APOP", "PLAIN", "LOGIN", "CRAM-MD5"] {
        let option = format!("AUTH={method}");
        let said = ours.run("curl", &["-sS", "--login-options", &option, "-u", "u:p", &clear]);
        assert_eq!(said, wanted, "{method}");
    }
}

#[test]
fn our_server_under_mpop() {
    if !has("our_server_under_mpop", "mpop") {
        return;
    }
    let ours = Ours::start(&[]);
    for method in ["plain", "login", "cram-md5", "scram-sha-1", "scram-sha-256", "apop", "user"] {
        let mbox = ours.write(&format!("mpop-{method}"), "");
        let settings = format!(
            "defaults\nuidls_file {}\naccount x\nhost localhost\nport {}\nuser u\npassword p\nauth {method}\ntls on\n\
             tls_starttls on\ntls_trust_file {}\nkeep on\npipelining auto\ndelivery mbox {mbox}\n",
            ours.path(&format!("uidls-{method}")),
            ours.port,
            ours.path("tls/ca.pem")
        );
        ours.run("mpop", &["-q", "-C", &ours.write("mpoprc", &settings), "x"]);
        let got = fs::read_to_string(&mbox).unwrap();
        assert_eq!(got.matches("\nSubject: msg ").count(), 3, "{method}: {got}");
        assert_eq!(got.matches("\n.\n").count(), 3, "{method}: {got}");
    }
}

#[test]
fn our_server_under_fetchmail() {
    if !has("our_server_under_fetchmail", "fetchmail") {
        return;
    }
    let ours = Ours::start(&[]);
    let got = ours.path("got");
    let settings = format!(
        "set postmaster \"root\"\npoll localhost protocol POP3 service {}\n uidl\n user u password p sslproto TLS1.2+ sslcertck \
         sslcertfile {} fetchall mda \"cat >>{got}\"\n",
        ours.port,
        ours.path("tls/ca.pem")
    );
    let (pid, ids) = (ours.path("pid"), ours.path("ids"));
    let rc = ours.write("fetchmailrc", &settings);
    ours.run("fetchmail", &["-f", &rc, "--nosyslog", "--pidfile", &pid, "--idfile", &ids]);
    assert_eq!(fs::read_to_string(&got).unwrap().matches("Subject: msg ").count(), 3);
    // It deletes what it has.
    assert!(texts(Path::new(&ours.path("mail"))).is_empty());
}

#[test]
fn our_server_under_getmail() {
    if !has("our_server_under_getmail", "getmail") {
        return;
    }
    let ours = Ours::start(&[]);
    let ca = ours.path("tls/ca.pem");
    for (retriever, port, trust) in [
        ("SimplePOP3Retriever", ours.port, String::new()),
        ("SimplePOP3SSLRetriever", ours.tls_port, format!("ca_certs = {ca}\n")),
    ] {
        let here = ours.path(retriever);
        // It delivers to no Maildir as root, but to a command.
        let settings = format!(
            "[retriever]\ntype = {retriever}\nserver = localhost\nport = {port}\nusername = u\npassword = p\n{trust}\
             [destination]\ntype = MDA_external\npath = /usr/bin/tee\narguments = (\"-a\", \"{here}\")\n\
             allow_root_commands = true\n[options]\ndelete = false\nread_all = false\ndelivered_to = false\nreceived = false\n"
        );
        let (rc, folder) = (ours.write("getmailrc", &settings), format!("--getmaildir={}", ours.path("")));
        let run = || ours.run("getmail", &[&folder, &format!("--rcfile={rc}")]);
        assert!(run().contains("3 messages"), "{retriever}");
        let got = fs::read_to_string(&here).unwrap().replace("\r\n", "\n");
        assert!((1..=3).all(|index| got.contains(&text(index).replace("\r\n", "\n"))), "{retriever}: {got}");
        // It knows them by their unique ids.
        assert!(run().contains("0 messages"), "{retriever}");
    }
}

#[test]
fn our_server_under_mutt() {
    under_mutt("our_server_under_mutt", "mutt");
}

#[test]
fn our_server_under_neomutt() {
    under_mutt("our_server_under_neomutt", "neomutt");
}

fn under_mutt(test: &str, program: &str) {
    if !has(test, program) || !has(test, "script") {
        return;
    }
    let ours = Ours::start(&[]);
    let settings = format!(
        "set folder={0}\nset spoolfile={0}/mbox\nset pop_delete=no\nset pop_last=no\nset ssl_starttls=yes\n\
         set certificate_file={1}\nset ssl_force_tls=yes\nset mbox_type=mbox\nset move=no\n",
        ours.path(""),
        ours.path("tls/ca.pem")
    );
    let (rc, seen) = (ours.write("muttrc", &settings), ours.write("seen", ""));
    let command =
        format!("{program} -n -F {rc} -e 'set quit=yes' -e 'push <exit>' -f pop://u:p@localhost:{}", ours.port);
    ours.run("timeout", &["60", "script", "-qec", &command, &seen]);
    let seen = String::from_utf8_lossy(&fs::read(seen).unwrap()).into_owned();
    assert!((1..=3).all(|index| seen.contains(&format!("msg {index}"))), "{seen}");
}
