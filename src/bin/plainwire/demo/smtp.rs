//! The scene of mail on its way in: a submission over TLS with one recipient who does not exist, and the same message by
//! LMTP, which tells what became of each.

use super::{PATIENCE, Stage};
use crate::failure::Failure;
use plainwire::mime::{Attachment, Builder, Message};
use plainwire::net::maildir::Maildir;
use plainwire::net::server::{Options, Port};
use plainwire::net::smtp::Mailer;
use plainwire::net::smtp::serve::{Maildirs, Serve};
use plainwire::net::tls::{Acceptor, AcceptorBuilder, Connector, ConnectorBuilder};
use plainwire::net::users::{self, Users};
use plainwire::net::{pool, reactor};
use plainwire::sasl::Mechanism;
use plainwire::smtp::client::{Report, StartTls};
use plainwire::smtp::server::{Config, Protocol};
use plainwire::smtp::{Address, HostName};
use plainwire::transcript::{End, Recorder, Transcript};
use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

pub(super) fn play(stage: &mut Stage) -> Result<(), Failure> {
    let scratch = Scratch::new()?;
    let host: HostName<_> = "mx.example.org".parse().map_err(failed)?;
    let made = rcgen::generate_simple_self_signed(["localhost".to_string()]).map_err(failed)?;
    let (certificate, key) = (made.cert.pem(), made.signing_key.serialize_pem());
    let acceptor =
        Acceptor::builder().identity_pem(certificate.as_bytes(), key.as_bytes()).and_then(AcceptorBuilder::build);
    let trust = Connector::builder().platform_roots(false).roots_pem(certificate.as_bytes());
    let trust = trust.and_then(ConnectorBuilder::build).map_err(failed)?;
    let line = users::entry("ada", "the engine").map_err(failed)?;
    let users = Arc::new(Users::parse(&line).map_err(failed)?);

    let bobs = |root: &Path| {
        let root = root.join("bob");
        move |address: &Address| if address.name() == "bob" { Maildir::create(&root).ok() } else { None }
    };
    let mut submission = Config::new(host.clone());
    submission.auth = vec![Mechanism::ScramSha256Plus, Mechanism::ScramSha256, Mechanism::Plain];
    submission.auth_required = true;
    let handler = Maildirs::each(bobs(&scratch.0), host.clone()).users(users);
    let service = Serve::new(handler, submission).starttls(acceptor.map_err(failed)?);
    let threads = pool::start(vec![Port::bind("127.0.0.1:0", service)?], Options::default())?;

    let mut delivery = Config::new(host.clone());
    delivery.protocol = Protocol::Lmtp;
    let handler = Maildirs::each(bobs(&scratch.0), host).committers(2)?;
    let ready = reactor::start(vec![Port::bind("127.0.0.1:0", Serve::new(handler, delivery))?], Options::default())?;
    stage.say(format_args!(
        "submission is served by threads on {}, delivery by a reactor on {}",
        threads.addresses()[0],
        ready.addresses()[0],
    ))?;

    let octets: Vec<u8> = (0..=255).cycle().take(300).collect();
    let message = || {
        Builder::new()
            .from(("Ada", "ada@example.org"))
            .to("bob@example.org")
            .cc("nobody@example.org")
            .subject("Grüße")
            .text("Dear Bob,\nhere it is.\n.\nA dot on its own is no end.\n")
            .attach(Attachment::new("notes.bin", octets.clone()))
    };
    let url = format!("submission://ada@localhost:{}", threads.addresses()[0].port());
    let (sent, over_tls) = send(&url, |mailer| mailer.password("the engine").trust(trust), message())?;
    let url = format!("lmtp://localhost:{}", ready.addresses()[0].port());
    let (delivered, by_lmtp) = send(&url, |mailer| mailer.starttls(StartTls::Never), message())?;

    for (what, report) in [("submission", &sent), ("LMTP", &delivered)] {
        if (report.accepted(0), report.accepted(1)) != (true, false) {
            return Err(Failure::new(1, format!("{what} said of the two recipients: {report:?}")));
        }
    }
    let mut entries = Maildir::open(scratch.0.join("bob"))?.entries()?;
    if entries.len() != 2 {
        return Err(Failure::new(1, format!("bob has {} messages, not 2", entries.len())));
    }
    for entry in &mut entries {
        let mut text = Vec::new();
        entry.open()?.read_to_end(&mut text)?;
        let message = Message::parse(&text);
        let whole = message.attachments().first().is_some_and(|part| part.body()[..] == octets[..]);
        if !whole {
            return Err(Failure::new(1, "the attachment did not come as it was sent"));
        }
    }
    for running in [threads, ready] {
        let report = running.stop(PATIENCE);
        if report.open + report.cut > 0 {
            return Err(Failure::new(1, "a server ended with connections cut off"));
        }
    }
    stage.show("ada submits it: STARTTLS, SCRAM bound to the channel, one recipient refused", &over_tls)?;
    stage.show("and by LMTP, with an answer for each recipient", &by_lmtp)?;
    stage.say("\nbob's Maildir has both, each attachment as it was sent")?;
    stage.say("")?;
    Ok(())
}

/// Sends a message and writes the conversation down.
fn send(url: &str, set: impl FnOnce(Mailer) -> Mailer, message: Builder) -> Result<(Report, Transcript), Failure> {
    let recorder = Arc::new(Mutex::new(Recorder::new(End::Client)));
    let mailer = Mailer::new(url).map_err(failed)?.name("ada.example.org".parse().map_err(failed)?).timeout(PATIENCE);
    let mailer = set(mailer).tap(Arc::clone(&recorder));
    let report = mailer.send(message).map_err(failed)?;
    mailer.close();
    let recorder = recorder.lock().unwrap_or_else(PoisonError::into_inner).clone();
    Ok((report, recorder.finish()))
}

fn failed(why: impl std::fmt::Display) -> Failure {
    Failure::new(1, why)
}

/// A folder that goes with the scene.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> io::Result<Self> {
        let mut unique = [0; 8];
        getrandom::fill(&mut unique).map_err(|error| io::Error::other(error.to_string()))?;
        let folder = std::env::temp_dir().join(format!("plainwire-demo-{:016x}", u64::from_ne_bytes(unique)));
        fs::create_dir(&folder)?;
        Ok(Self(folder))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What stays is in the system's folder for what is temporary.
        let _stays = fs::remove_dir_all(&self.0);
    }
}
