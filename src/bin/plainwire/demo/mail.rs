//! The scene of the message and its whole way: written by the builder, sent by SMTP under TLS, filed in a Maildir, collected
//! by POP3 under TLS, read by the parser. What was attached has the same hash at both ends.

use super::{PATIENCE, Stage};
use crate::digest::sha256;
use crate::failure::Failure;
use plainwire::mime::{Attachment, Builder, DateTime, Message, Offset};
use plainwire::net::maildir::Maildir;
use plainwire::net::pop3::{Collector, Mail, Mailbox, Method, Options, Plan, Pop3, Security, ToMaildir};
use plainwire::net::server::{Options as Serving, Port};
use plainwire::net::smtp::serve::{Maildirs, Serve};
use plainwire::net::tls::{Acceptor, AcceptorBuilder, Connector, ConnectorBuilder};
use plainwire::net::users::{self, Users};
use plainwire::net::{Driver, pool, reactor, tcp};
use plainwire::pop3;
use plainwire::sasl::{Binding, BindingKind, Credentials, Mechanism, Nonce};
use plainwire::smtp::client::{Config, Envelope, Event, Outcome};
use plainwire::smtp::{self, Client};
use plainwire::transcript::{End, Recorder, Transcript};
use std::io::Read as _;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

const PASSWORD: &str = "the analytical engine";

pub(super) fn play(stage: &mut Stage) -> Result<(), Failure> {
    let scratch = std::env::temp_dir().join(format!("plainwire-demo-{}-{:08x}", std::process::id(), random()?));
    let played = tell(stage, &scratch);
    let removed = std::fs::remove_dir_all(&scratch);
    played?;
    removed?;
    Ok(())
}

fn tell(stage: &mut Stage, scratch: &std::path::Path) -> Result<(), Failure> {
    let (there, here) = (scratch.join("server"), scratch.join("client"));
    std::fs::create_dir_all(scratch)?;
    let maildir = Maildir::create(&there)?;
    let users = Arc::new(Users::parse(&users::entry("ada", PASSWORD).map_err(failed)?).map_err(failed)?);
    let made = rcgen::generate_simple_self_signed(["localhost".to_string()]).map_err(failed)?;
    let (certificate, key) = (made.cert.pem(), made.signing_key.serialize_pem());
    let acceptor =
        Acceptor::builder().identity_pem(certificate.as_bytes(), key.as_bytes()).and_then(AcceptorBuilder::build);
    let acceptor = acceptor.map_err(failed)?;
    let connector =
        Connector::builder().platform_roots(false).roots_pem(certificate.as_bytes()).and_then(ConnectorBuilder::build);
    let connector = connector.map_err(failed)?;
    let mechanisms = vec![Mechanism::ScramSha256Plus, Mechanism::ScramSha256];

    let host: smtp::HostName<_> = "localhost".parse().map_err(failed)?;
    let mut config = smtp::server::Config::new(host.clone());
    config.auth.clone_from(&mechanisms);
    config.auth_required = true;
    let handler = Maildirs::one(maildir, host).users(Arc::clone(&users));
    let submission = Serve::new(handler, config).starttls(acceptor.clone());
    let taking = reactor::start(vec![Port::bind("127.0.0.1:0", submission)?], Serving::default())?;

    let mut config = pop3::server::Config::new("localhost").map_err(failed)?;
    config.auth = mechanisms;
    let service = Pop3::new(config, Mail::new(users, &there)).stls(acceptor);
    let giving = pool::start(vec![Port::bind("127.0.0.1:0", service)?], Serving::default())?;
    stage.say(format_args!(
        "SMTP on {} by a reactor, POP3 on {} by threads, both over the Maildir {}",
        taking.addresses()[0],
        giving.addresses()[0],
        there.display()
    ))?;

    let attached: [(&str, Vec<u8>); 2] = [
        ("every octet.bin", (0..=255).collect()),
        ("größe.txt", "..dots\n.\nFrom here\nund Größen\n".as_bytes().to_vec()),
    ];
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_err(failed)?.as_secs();
    let mut builder = Builder::new()
        .from(("Ada", "ada@localhost"))
        .to("Bob <bob@localhost>")
        .subject("The whole way, größer als ASCII")
        .text("Hello Bob,\n.\n..this line began with two dots.\n");
    for (name, octets) in &attached {
        builder = builder.attach(Attachment::new(*name, octets.clone()));
    }
    let date = DateTime::from_unix(now.cast_signed(), Offset::East(0)).map_err(failed)?;
    let message = builder.fill(date, random()?).build().map_err(failed)?.to_vec().map_err(failed)?;

    let sent = send(taking.addresses()[0], &connector, &message)?;
    let (collected, report) = collect(giving.addresses()[0], connector, &here)?;
    if (report.stored, report.deleted) != (1, 1) {
        return Err(Failure::new(1, format!("collected: {report:?}")));
    }
    let left = Maildir::open(&there)?.entries()?.len();
    let mut text = Vec::new();
    let mut entries = Maildir::open(&here)?.entries()?;
    entries.first_mut().ok_or_else(|| Failure::new(1, "nothing arrived"))?.open()?.read_to_end(&mut text)?;

    stage.show("ada sends, by SMTP", &sent)?;
    stage.show("bob collects, by POP3", &collected)?;
    stage.say("\n-- what was attached, at both ends")?;
    let read = Message::parse(&text);
    if !read.examine().is_empty() {
        return Err(Failure::new(1, format!("the message arrived with defects: {:?}", read.examine())));
    }
    let arrived = read.attachments();
    for (index, (name, octets)) in attached.iter().enumerate() {
        let part = arrived.get(index).ok_or_else(|| Failure::new(1, format!("{name} did not arrive")))?;
        let (sent, got) = (sha256(octets), sha256(&part.body()));
        stage.say(format_args!("{sent}  {name}, as it was attached"))?;
        stage.say(format_args!("{got}  {}, as it arrived", part.file_name().unwrap_or_default()))?;
        if sent != got || part.file_name().as_deref() != Some(*name) {
            return Err(Failure::new(1, format!("{name} is not what was sent")));
        }
    }
    stage.say(format_args!("{left} messages left on the server\n"))?;
    for (served, running) in [("SMTP", taking), ("POP3", giving)] {
        let report = running.stop(PATIENCE);
        if report.open + report.cut > 0 {
            return Err(Failure::new(1, format!("{served} ended with {} cut off", report.open + report.cut)));
        }
    }
    Ok(())
}

/// One message by SMTP, with STARTTLS and SCRAM bound to the channel.
fn send(address: SocketAddr, connector: &Connector, message: &[u8]) -> Result<Transcript, Failure> {
    let mut config = Config::new("localhost".parse().map_err(failed)?);
    config.credentials = Some(Credentials::password("ada", PASSWORD));
    let client = Client::new(Arc::new(config), nonce()?);
    let mut driver = Driver::tapped(client, tcp::connect(address, PATIENCE)?, Recorder::new(End::Client));
    driver.deadline(Some(Instant::now() + PATIENCE));
    driver.until(|_, event, _| matches!(event, Event::StartTls(_)).then_some(())).map_err(failed)?;
    driver.secure(connector, "localhost").map_err(failed)?;
    let rest = driver.rest().to_vec();
    let binding = driver.wire().session().and_then(plainwire::net::tls::Session::exported_binding);
    let binding = binding.map(|octets| Binding { kind: BindingKind::TlsExporter, octets: octets.to_vec() });
    driver.say(|client, out| client.secured(&rest, binding, out)).map_err(failed)?;
    driver.until(|_, event, _| matches!(event, Event::Ready).then_some(())).map_err(failed)?;

    let mut content = smtp::Content::new();
    content.push(message);
    let envelope =
        Envelope::new(Some("ada@localhost".parse().map_err(failed)?), ["bob@localhost".parse().map_err(failed)?]);
    driver.say(|client, out| client.send(envelope, &content, out)).map_err(failed)?;
    driver.until(|_, event, _| matches!(event, Event::Go).then_some(())).map_err(failed)?;
    driver.say(|client, out| client.content(message, out).and_then(|()| client.finish(out))).map_err(failed)?;
    let outcome = driver.until(|_, event, _| if let Event::Done(outcome) = event { Some(outcome) } else { None });
    if outcome.map_err(failed)? != Outcome::Accepted {
        return Err(Failure::new(1, "the message was refused"));
    }
    driver.say(Client::quit).map_err(failed)?;
    while driver.next().map_err(failed)?.is_some() {}
    Ok(driver.tap().clone().finish())
}

/// All new messages by POP3, with STLS and the same login; what is safe here is deleted there.
fn collect(
    address: SocketAddr,
    connector: Connector,
    into: &std::path::Path,
) -> Result<(Transcript, plainwire::net::pop3::Report), Failure> {
    let mut options = Options::default();
    options.security = Security::Stls;
    options.connector = Some(connector);
    let recorder = Recorder::new(End::Client);
    let mut mailbox = Mailbox::connect_tapped("localhost", address.port(), &options, recorder).map_err(failed)?;
    mailbox.log_in(&Credentials::password("ada", PASSWORD), Method::Strongest).map_err(failed)?;
    let mut plan = Plan::default();
    plan.delete = true;
    let mut collector = Collector::new(ToMaildir::create(into)?, None, plan);
    let report = collector.run(&mut mailbox).map_err(failed)?.clone();
    Ok((mailbox.tap().clone().finish(), report))
}

fn nonce() -> Result<Nonce, Failure> {
    let mut random = [0; 18];
    getrandom::fill(&mut random).map_err(failed)?;
    Ok(Nonce::new(random))
}

fn random() -> Result<u64, Failure> {
    let mut random = [0; 8];
    getrandom::fill(&mut random).map_err(failed)?;
    Ok(u64::from_le_bytes(random))
}

fn failed(why: impl std::fmt::Display) -> Failure {
    Failure::new(1, why)
}
