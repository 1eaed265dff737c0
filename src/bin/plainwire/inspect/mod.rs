//! `plainwire inspect`: runs an engine over bytes and prints what it tells.

pub(crate) mod chat;
mod cookie;
mod frame;
mod http1;
mod mime;
mod pop3;
mod smtp;

use crate::failure::Outcome;
use clap::Subcommand;

#[derive(Subcommand)]
pub(crate) enum Protocol {
    /// Lines of chat
    Chat(chat::Args),
    /// A message, or values of Content-Type and Content-Disposition, one a line
    Mime(mime::Args),
    /// Lists of addresses, one a line
    Address(mime::Values),
    /// Dates of mail, one a line
    Date(mime::Values),
    /// Header values with encoded words, one a line
    EncodedWord(mime::Values),
    Cookie(cookie::Args),
    Http1(http1::Args),
    Pop3(pop3::Args),
    Smtp(smtp::Args),
}

pub(crate) fn run(protocol: Protocol) -> Outcome {
    match protocol {
        Protocol::Chat(args) => chat::run(&args),
        Protocol::Mime(args) => mime::run(&args),
        Protocol::Address(args) => mime::addresses(&args),
        Protocol::Date(args) => mime::dates(&args),
        Protocol::EncodedWord(args) => mime::encoded_words(&args),
        Protocol::Cookie(args) => cookie::run(&args),
        Protocol::Http1(args) => http1::run(args),
        Protocol::Pop3(args) => pop3::run(&args),
        Protocol::Smtp(args) => smtp::run(&args),
    }
}
