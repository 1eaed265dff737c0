//! `plainwire mail send`: writes a message, or takes one as it is, and hands it to a server.
//!
//! Where some recipients were accepted and others were not, each of those is named on standard error, and the code is
//! that of the first.

mod compose;
mod outcome;

use super::password;
use super::sysexits::{CANT_CREATE, CONFIG, DATA, USAGE};
use super::trust::{self, Trust};
use crate::failure::{Failure, Outcome, exit_codes};
use clap::ValueEnum;
use compose::Body;
use plainwire::net::smtp::{Mailer, envelope};
use plainwire::sasl::Mechanism;
use plainwire::smtp::client::{Envelope, Recipient, StartTls, Transfer};
use plainwire::smtp::{Address, HostName, Notify, OriginalRecipient, Return};
use plainwire::syntax::dots::Endings;
use plainwire::transcript::{End, Recorder, Step};
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Send a message by SMTP or LMTP
#[derive(clap::Args)]
#[command(after_long_help = exit_codes! {
    0 "every recipient was accepted"
    64 "the command line is wrong"
    65 "an address or the message is none that mail can carry"
    66 "a file of the message can't be read"
    67 "a recipient was refused for good"
    68 "the server's name has no address"
    69 "the server refuses the session, the sender or the message, or can't carry it"
    73 "the transcript can't be written"
    74 "the connection broke when the message was out: it may have been taken"
    75 "trying again later may help"
    76 "what the server says is not the protocol, or TLS failed or was not offered"
    77 "the log-in was refused"
    78 "the password or a certificate can't be read"
})]
pub(crate) struct Args {
    /// Who it is from
    #[arg(long, short, value_name = "ADDRESS")]
    from: Option<String>,
    /// Whom it is for; may be said several times, or with commas
    #[arg(long, short, value_name = "ADDRESS")]
    to: Vec<String>,
    /// Who gets a copy
    #[arg(long, value_name = "ADDRESS")]
    cc: Vec<String>,
    /// Who gets a copy that nobody else knows of
    #[arg(long, value_name = "ADDRESS")]
    bcc: Vec<String>,
    /// Whom to answer
    #[arg(long, value_name = "ADDRESS")]
    reply_to: Vec<String>,
    /// What it is about
    #[arg(long, short, value_name = "TEXT")]
    subject: Option<String>,
    /// Another field of the header, as `Name: value`
    #[arg(long, value_name = "FIELD")]
    header: Vec<String>,
    /// The file with the text, in UTF-8; `-` is standard input, which is read where no file is named at all
    #[arg(long, value_name = "FILE")]
    text: Option<PathBuf>,
    /// The file with the text in HTML; `-` is standard input
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// A file that goes along
    #[arg(long, short, value_name = "FILE")]
    attach: Vec<PathBuf>,
    /// An image that the HTML shows, as `cid:` and its file name
    #[arg(long, value_name = "FILE")]
    inline: Vec<PathBuf>,
    /// Send this file as it is; a file without any CR has its line ends written as CRLF. Its header says who sends it to
    /// whom, where --from or the recipients are not given
    #[arg(long, value_name = "FILE", conflicts_with_all = ["subject", "header", "text", "html", "attach", "inline", "reply_to"])]
    eml: Option<PathBuf>,
    /// The sender that reports go to, where it is not the author; empty for none
    #[arg(long, value_name = "ADDRESS")]
    envelope_from: Option<String>,

    #[expect(clippy::doc_markdown, reason = "a terminal shows it")]
    /// The server, as smtp://host:25, submission://user@host:587, smtps://user@host:465 or lmtp://host:24
    #[arg(long, value_name = "URL", required_unless_present = "dry_run")]
    smtp: Option<String>,
    #[command(flatten)]
    password: password::Source,
    /// Log in by this mechanism and no other
    #[arg(long, value_name = "NAME")]
    mechanism: Option<Mechanism>,
    /// Let the password be sent in clear without TLS
    #[arg(long)]
    auth_in_clear: bool,
    /// What is done about STARTTLS [default: required with a user, else opportunistic]
    #[arg(long, value_enum, value_name = "WHEN")]
    starttls: Option<trust::StartTls>,
    #[command(flatten)]
    trust: Trust,
    /// What to call ourselves
    #[arg(long, value_name = "NAME")]
    helo: Option<String>,
    /// Ask for reports: never, or some of success, failure and delay
    #[arg(long, value_name = "WHEN", num_args = 0..=1, default_missing_value = "success,failure,delay", require_equals = true)]
    dsn: Option<String>,
    /// How much of the message a report gives back
    #[arg(long, value_enum, value_name = "WHAT", requires = "dsn")]
    dsn_return: Option<Give>,
    /// Send in chunks where the server takes them
    #[arg(long)]
    chunks: bool,
    /// Give up after so many seconds
    #[arg(long, value_name = "SECONDS")]
    timeout: Option<u64>,
    /// Try again so often, where that may help
    #[arg(long, value_name = "TIMES", default_value_t = 0)]
    retries: u32,
    /// The pause before each retry, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 5)]
    retry_pause: u64,

    /// Print the message and its envelope, and send nothing
    #[arg(long)]
    dry_run: bool,
    /// Write the conversation down; secrets are left out
    #[arg(long, value_name = "FILE")]
    transcript: Option<PathBuf>,
    /// Print what became of each recipient as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Give {
    /// All of it
    Full,
    /// Its header
    Headers,
}

pub(super) fn run(args: &Args) -> Outcome {
    let (mut envelope, message) = message(args)?;
    notify(args, &mut envelope)?;
    if args.dry_run {
        return dry_run(&envelope, message);
    }
    let recorder = args.transcript.as_ref().map(|_| Arc::new(Mutex::new(Recorder::new(End::Client))));
    let mut mailer = mailer(args, recorder.as_ref())?;
    if message.is_local() {
        mailer = mailer.endings(Endings::Normalise);
    }
    let sent = match message {
        Body::Octets(octets) => mailer.send_octets(&envelope, &octets),
        Body::Draft(mut draft) => mailer.send_draft_in(&envelope, &mut draft),
        Body::File { mut file, .. } => mailer.send_reader(&envelope, &mut file),
    };
    // Says goodbye, so that the transcript has that too.
    mailer.close();
    if let (Some(path), Some(recorder)) = (&args.transcript, recorder) {
        write_down(path, &recorder)?;
    }
    outcome::tell(&envelope, sent, args.json)
}

/// What is sent, and from whom to whom.
fn message(args: &Args) -> Result<(Envelope, Body), Failure> {
    let mut envelope = match &args.eml {
        Some(path) => {
            let (message, header) = compose::as_is(path)?;
            (compose::envelope_of(args, &header)?, message)
        }
        None => {
            let draft = compose::draft(args)?;
            let envelope = envelope(&draft).map_err(|error| Failure::new(DATA, error))?;
            (envelope, Body::Draft(Box::new(draft)))
        }
    };
    match args.envelope_from.as_deref() {
        None => {}
        Some("" | "<>") => envelope.0.from = None,
        Some(from) => envelope.0.from = Some(address(from)?),
    }
    if envelope.0.recipients.is_empty() {
        return Err(Failure::new(USAGE, "nobody to send it to: name somebody by --to, --cc or --bcc"));
    }
    Ok(envelope)
}

fn address(text: &str) -> Result<Address, Failure> {
    text.parse().map_err(|why| Failure::new(DATA, format!("{text:?}: {why}")))
}

/// Reports that are asked for (RFC 3461).
fn notify(args: &Args, envelope: &mut Envelope) -> Result<(), Failure> {
    let Some(when) = &args.dsn else { return Ok(()) };
    let mut notify = Notify::NEVER;
    if !when.eq_ignore_ascii_case("never") {
        for word in when.split(',') {
            match &*word.trim().to_ascii_lowercase() {
                "success" => notify.success = true,
                "failure" => notify.failure = true,
                "delay" => notify.delay = true,
                _ => {
                    let why = format!("--dsn {when}: not never, success, failure or delay");
                    return Err(Failure::new(USAGE, why));
                }
            }
        }
    }
    for Recipient { to, parameters } in &mut envelope.recipients {
        parameters.notify = Some(notify);
        parameters.original = Some(OriginalRecipient::of(to));
    }
    envelope.parameters.ret = args.dsn_return.map(|give| match give {
        Give::Full => Return::Full,
        Give::Headers => Return::Headers,
    });
    Ok(())
}

fn dry_run(envelope: &Envelope, message: Body) -> Outcome {
    let mut errors = io::stderr().lock();
    let from = envelope.from.as_ref().map(ToString::to_string).unwrap_or_default();
    writeln!(errors, "from <{from}>")?;
    for recipient in &envelope.recipients {
        writeln!(errors, "to <{}>", recipient.to)?;
    }
    let mut out = io::stdout().lock();
    message.write(&mut out)?;
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

fn mailer(args: &Args, recorder: Option<&Arc<Mutex<Recorder>>>) -> Result<Mailer, Failure> {
    let url = args.smtp.as_deref().unwrap_or_default();
    // What stands before the host may have a password in it.
    let shown = url.rsplit_once('@').map_or(url, |(_, behind)| behind);
    let mut mailer = Mailer::new(url).map_err(|why| Failure::new(USAGE, format!("--smtp {shown}: {why}")))?;
    if let Some(user) = mailer.place().user() {
        let prompt = format!("password of {user} at {}: ", mailer.place().host());
        mailer = mailer.password(args.password.read(&prompt, CONFIG)?);
    }
    if let Some(mechanism) = args.mechanism {
        mailer = mailer.mechanism(mechanism);
    }
    if args.auth_in_clear {
        mailer = mailer.auth_in_clear();
    }
    if let Some(starttls) = args.starttls {
        mailer = mailer.starttls(match starttls {
            trust::StartTls::Required => StartTls::Required,
            trust::StartTls::Opportunistic => StartTls::IfOffered,
            trust::StartTls::Off => StartTls::Never,
        });
    }
    if let Some(connector) = args.trust.connector(CONFIG)? {
        mailer = mailer.trust(connector);
    }
    if let Some(name) = &args.helo {
        let name: HostName<_> = name.parse().map_err(|why| Failure::new(USAGE, format!("--helo {name}: {why}")))?;
        mailer = mailer.name(name);
    }
    if args.chunks {
        mailer = mailer.transfer(Transfer::Chunks);
    }
    if let Some(seconds) = args.timeout {
        let limit = Duration::from_secs(seconds);
        mailer = mailer.timeout(limit).connect_timeout(limit.min(Duration::from_secs(30)));
    }
    if let Some(recorder) = recorder {
        mailer = mailer.tap(Arc::clone(recorder));
    }
    Ok(mailer.retries(args.retries, Duration::from_secs(args.retry_pause)))
}

fn write_down(path: &Path, recorder: &Mutex<Recorder>) -> Result<(), Failure> {
    let mut recorder = recorder.lock().unwrap_or_else(PoisonError::into_inner).clone();
    // The octets that were taken last are in it.
    recorder.note(Step::Comment(" The end.".to_string()));
    let text = format!("-- engine: smtp client\n{}", recorder.finish());
    fs::write(path, text).map_err(|error| Failure::at(CANT_CREATE, path, error))
}
