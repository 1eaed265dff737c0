//! What became of the message: lines for people, JSON, and the exit code.

use super::super::sysexits::{DATA, IO, NO_HOST, NO_INPUT, NO_PERMISSION, NO_USER, PROTOCOL, TEMPORARY, UNAVAILABLE};
use crate::failure::{Failure, Outcome};
use plainwire::net::smtp::Error;
use plainwire::smtp::Mailbox;
use plainwire::smtp::client::{Envelope, ErrorKind, Report, Step, Verdict};
use serde_json::{Value, json};
use std::io::{self, Write as _};
use std::process::ExitCode;

/// Says what became of each recipient.
pub(super) fn tell(envelope: &Envelope, sent: Result<Report, Error>, json: bool) -> Outcome {
    if json {
        let report = match &sent {
            Ok(report) => Some(report),
            Err(Error::Refused(report) | Error::Unknown(report)) => Some(&**report),
            Err(_) => None,
        };
        let line = as_json(envelope, report, sent.as_ref().err());
        writeln!(io::stdout().lock(), "{line}")?;
    }
    let report = match sent {
        Ok(report) => report,
        Err(Error::Refused(report)) if one_by_one(&report) => *report,
        Err(error) => return Err(Failure::new(code(&error), error)),
    };
    let mut worst = None;
    for (at, recipient) in envelope.recipients.iter().enumerate() {
        if report.accepted(at) {
            continue;
        }
        let (why, code) = match report.recipients.get(at).and_then(Option::as_ref) {
            Some(verdict) => (said(verdict), verdict_code(verdict)),
            None => ("no answer".to_string(), TEMPORARY),
        };
        eprintln!("plainwire: <{}>: {why}", recipient.to);
        worst.get_or_insert(code);
    }
    Ok(worst.map_or(ExitCode::SUCCESS, ExitCode::from))
}

/// Several recipients, with verdicts of their own.
fn one_by_one(report: &Report) -> bool {
    let mut told = report.recipients.iter().flatten();
    report.recipients.len() > 1 && told.any(|verdict| verdict.step == Step::Recipient)
}

fn said(verdict: &Verdict) -> String {
    format!("{} {}", verdict.code, verdict.text.lines().next().unwrap_or_default())
}

/// The exit code for a refusal.
fn verdict_code(verdict: &Verdict) -> u8 {
    if verdict.step == Step::Auth {
        // 454 is temporary (RFC 4954 6).
        return if verdict.code.is_transient() { TEMPORARY } else { NO_PERMISSION };
    }
    if verdict.code.is_transient() {
        return TEMPORARY;
    }
    if verdict.step == Step::Recipient { NO_USER } else { UNAVAILABLE }
}

fn code(error: &Error) -> u8 {
    match error {
        Error::Place(_) => super::USAGE,
        Error::Message(error) if error.is::<io::Error>() => NO_INPUT,
        Error::Message(_) => DATA,
        Error::Lookup(_) if error.is_temporary() => TEMPORARY,
        Error::Lookup(_) => NO_HOST,
        Error::Connect(_) | Error::Lost(_) => TEMPORARY,
        Error::Tls(_) => PROTOCOL,
        Error::Session(verdict) => verdict_code(verdict),
        Error::Unsendable(misuse) => {
            use plainwire::smtp::client::Misuse;
            match misuse {
                Misuse::Bare(_) | Misuse::LineTooLong | Misuse::Nul | Misuse::NoRecipients | Misuse::Argument => DATA,
                _ => UNAVAILABLE,
            }
        }
        Error::Protocol(error) => match error.kind {
            ErrorKind::Truncated | ErrorKind::TimedOut => TEMPORARY,
            ErrorKind::NoMechanism | ErrorKind::Exchange(_) => NO_PERMISSION,
            ErrorKind::Credentials(_) => super::CONFIG,
            _ => PROTOCOL,
        },
        Error::Unknown(_) => IO,
        Error::Refused(_) => error.verdict().map_or(UNAVAILABLE, verdict_code),
        _ => UNAVAILABLE,
    }
}

fn as_json(envelope: &Envelope, report: Option<&Report>, error: Option<&Error>) -> Value {
    let verdict = |verdict: &Verdict| {
        json!({
            "code": verdict.code.number(),
            "enhanced": verdict.enhanced.map(|enhanced| enhanced.to_string()),
            "text": verdict.text,
        })
    };
    let recipients: Vec<Value> = envelope
        .recipients
        .iter()
        .enumerate()
        .map(|(at, recipient)| {
            let told = report.and_then(|report| report.recipients.get(at)).and_then(Option::as_ref);
            json!({
                "recipient": recipient.to.as_str(),
                "accepted": report.is_some_and(|report| report.accepted(at)),
                "reply": told.map(verdict),
            })
        })
        .collect();
    json!({
        "from": envelope.from.as_ref().map(Mailbox::as_str),
        "recipients": recipients,
        "error": error.map(ToString::to_string),
    })
}
