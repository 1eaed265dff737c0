//! What the server says in its own words. Texts are for people; programs read the codes.

use super::{Config, Protocol, Spoil};
use crate::smtp::{Answer, Attribute, Capability};
use bytes::{BufMut, BytesMut};
use core::fmt::Write as _;

macro_rules! answers {
    ($($name:ident = $code:literal $enhanced:tt $text:literal;)*) => {
        $(pub(super) static $name: Answer = Answer::fixed($code, $enhanced, $text);)*
    };
}

answers! {
    READY_FOR_TLS = 220 (2, 0, 0) "Go ahead";
    AUTHENTICATED = 235 (2, 7, 0) "Authenticated";
    HELP = 214 (2, 0, 0) "HELO EHLO MAIL RCPT DATA BDAT RSET NOOP QUIT VRFY EXPN HELP STARTTLS AUTH";
    OK = 250 (2, 0, 0) "OK";
    SENDER_OK = 250 (2, 1, 0) "Sender OK";
    RECIPIENT_OK = 250 (2, 1, 5) "Recipient OK";
    MESSAGE_OK = 250 (2, 6, 0) "Message accepted";
    CHUNK_OK = 250 (2, 0, 0) "Chunk received";
    // RFC 5321 3.5.3 and 7.3: neither yes nor no.
    CANNOT_VERIFY = 252 (2, 5, 0) "Cannot verify, but will take mail for it and try";
    NO_EXPANSION = 502 (5, 5, 1) "No lists are expanded here";
    // RFC 1985 5.3
    NO_QUEUE = 459 (4, 2, 4) "No queue for this node";
    SHUTTING_DOWN = 421 (4, 3, 2) "Closing, try again later";
    TIMED_OUT = 421 (4, 4, 2) "Waited too long, closing";
    TOO_MANY_ERRORS = 421 (4, 7, 0) "Too many errors, closing";
    TOO_MANY_RECIPIENTS = 452 (4, 5, 3) "Too many recipients";
    UNWELCOME = 503 (5, 5, 1) "Only QUIT is heard here";
    LINE_TOO_LONG = 500 (5, 5, 2) "Line too long";
    OUT_OF_SEQUENCE = 503 (5, 5, 1) "Not now: a command out of sequence";
    HELLO_FIRST = 503 (5, 5, 1) "Say EHLO first";
    MAIL_FIRST = 503 (5, 5, 1) "Say MAIL first";
    NO_RECIPIENTS = 503 (5, 5, 1) "Say RCPT first";
    NO_VALID_RECIPIENTS = 554 (5, 5, 1) "No valid recipients";
    BINARY_BY_CHUNKS = 503 (5, 5, 1) "A binary message comes by BDAT";
    EARLY_DATA = 503 (5, 5, 1) "A message that nobody asked for, closing";
    NOT_IMPLEMENTED = 502 (5, 5, 1) "Not offered here";
    LMTP_ONLY = 500 (5, 5, 1) "This is LMTP, say LHLO";
    SMTP_ONLY = 500 (5, 5, 1) "This is SMTP, say EHLO";
    UNKNOWN_COMMAND = 500 (5, 5, 2) "Command not recognized";
    FOREIGN = 500 (5, 5, 2) "This is no web server, closing";
    BAD_CHUNK = 501 (5, 5, 4) "Unreadable chunk size, closing";
    BAD_ARGUMENT = 501 (5, 5, 4) "Bad argument";
    BAD_SENDER = 501 (5, 1, 7) "Bad sender address";
    BAD_RECIPIENT = 501 (5, 1, 3) "Bad recipient address";
    BAD_PARAMETER = 501 (5, 5, 4) "Bad parameter";
    UNKNOWN_PARAMETER = 555 (5, 5, 4) "Parameter not recognized";
    TLS_FIRST = 530 (5, 7, 0) "Say STARTTLS first";
    ALREADY_SECURE = 503 (5, 5, 1) "TLS is on already";
    AUTHENTICATE_FIRST = 530 (5, 7, 0) "Say AUTH first";
    ALREADY_AUTHENTICATED = 503 (5, 5, 1) "Authenticated already";
    UNKNOWN_MECHANISM = 504 (5, 5, 4) "Mechanism not recognized";
    MECHANISM_NEEDS_TLS = 538 (5, 7, 11) "This mechanism needs TLS";
    DENIED = 535 (5, 7, 8) "Authentication failed";
    BAD_RESPONSE = 501 (5, 5, 2) "Cannot read this response";
    CANCELLED = 501 (5, 7, 0) "Authentication cancelled";
    RESPONSE_TOO_LONG = 500 (5, 5, 6) "Response too long";
    NEEDS_UTF8 = 553 (5, 6, 7) "This address needs SMTPUTF8";
    TOO_LARGE = 552 (5, 3, 4) "Message too large";
    BARE_LINE_END = 550 (5, 6, 0) "Message has a CR or LF on its own";
    TEXT_LINE_TOO_LONG = 500 (5, 6, 0) "Message has a line that is too long";
    NOT_A_PROXY = 550 (5, 7, 0) "Not a trusted proxy";
}

/// What a spoiled message is refused with.
pub(super) const fn spoiled(spoil: Spoil) -> &'static Answer {
    match spoil {
        Spoil::BareCr | Spoil::BareLf => &BARE_LINE_END,
        Spoil::LineTooLong => &TEXT_LINE_TOO_LONG,
        Spoil::TooLarge => &TOO_LARGE,
    }
}

/// RFC 5321 4.3.1: the host's name is the first word.
pub(super) fn greeting(config: &Config, out: &mut BytesMut) {
    out.put_slice(b"220 ");
    out.put_slice(config.host.as_str().as_bytes());
    out.put_slice(match config.protocol {
        Protocol::Smtp => b" ESMTP\r\n",
        Protocol::Lmtp => b" LMTP\r\n",
    });
}

/// RFC 5321 4.1.1.1. The client's name is not repeated to it.
pub(super) fn hello(config: &Config, extended: bool, secure: bool, auth: &[&str], xclient: bool, out: &mut BytesMut) {
    let host = config.host.as_str();
    let mut line = |last: bool, text: &dyn core::fmt::Display| {
        // A BytesMut takes whatever is written to it.
        let _infallible = write!(out, "250{}{text}\r\n", if last { ' ' } else { '-' });
    };
    if !extended {
        line(true, &host);
        return;
    }
    line(false, &host);
    let (extensions, limits) = (&config.extensions, &config.limits);
    let mut offer = |offered: bool, capability: Capability<'_>| {
        if offered {
            line(false, &capability);
        }
    };
    offer(true, Capability::Pipelining);
    // RFC 1870 4: 0 would say that there is no limit.
    offer(limits.message > 0, Capability::Size(Some(limits.message).filter(|limit| *limit < u64::MAX)));
    offer(config.starttls && !secure, Capability::StartTls);
    offer(!auth.is_empty(), Capability::Auth(&auth.join(" ")));
    offer(true, Capability::EnhancedStatusCodes);
    offer(extensions.eight_bit, Capability::EightBitMime);
    offer(extensions.utf8, Capability::SmtpUtf8);
    offer(extensions.chunking, Capability::Chunking);
    offer(extensions.chunking && extensions.binary, Capability::BinaryMime);
    offer(extensions.dsn, Capability::Dsn);
    offer(extensions.require_tls && secure, Capability::RequireTls);
    offer(extensions.priority, Capability::MtPriority(None));
    if let Some((interval, until)) = &extensions.future_release {
        offer(true, Capability::FutureRelease { interval: interval.seconds(), until: until.as_str() });
    }
    if let Some(least) = extensions.deliver_by {
        offer(true, Capability::DeliverBy(Some(least).filter(|least| *least > 0)));
    }
    offer(extensions.etrn, Capability::Etrn);
    if xclient {
        let names = Attribute::ALL.map(|(_, name)| name).join(" ");
        offer(true, Capability::XClient(&names));
    }
    let mut number = alloc::string::String::new();
    let _infallible = write!(number, "RCPTMAX={}", limits.recipients.clamp(1, 999_999));
    offer(true, Capability::Limits(&number));
    line(true, &Capability::Help);
}
