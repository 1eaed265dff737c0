//! One file for each area.

mod chat;
mod cookie;
mod fanout;
mod http1;
mod mime;
mod pop3;
mod query;
mod reference;
mod smtp;
mod smtp_wire;
mod url;
mod wire;

use crate::measure::Bench;
pub use wire::serve;

/// Every area, by the name that the command line takes.
pub const ALL: &[(&str, fn(&mut Bench))] = &[
    ("chat", chat::run),
    ("cookie", cookie::run),
    ("http1", http1::run),
    ("mime", mime::run),
    ("pop3", pop3::run),
    ("query", query::run),
    ("smtp", smtp::run),
    ("smtp-wire", smtp_wire::run),
    ("url", url::run),
    ("wire", wire::run),
];
