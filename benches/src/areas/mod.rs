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

/// A name on the command line, and what it runs.
type Area = (&'static str, fn(&mut Bench));

/// Every area, by the name that the command line takes.
pub const ALL: &[Area] = &[
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
