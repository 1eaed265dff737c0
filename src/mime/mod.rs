//! Internet messages and MIME: read anything, write only what is right.
//!
//! | you have | you use |
//! |---|---|
//! | a whole message in memory | [`Message`]: a tree of [`Part`]s that borrows from it, decoded when asked |
//! | a message that comes in pieces, of any length | [`Stream`]: events, in memory that does not grow |
//! | a value of a header field | [`AddressList`], [`DateTime`], [`ContentType`], [`Disposition`], [`MessageId`], [`Received`], [`decode_text`] |
//! | something to say | [`Builder`], which makes a [`Draft`] that is written in pieces |
//! | a mailbox in one file | [`mbox`] |
//!
//! | Python's `email` | here |
//! |---|---|
//! | `message_from_bytes(octets, policy=default)` | [`Message::parse`] |
//! | `message["Subject"]`, `get_all("To")` | [`Header::subject`], [`Header::to`] and their neighbours; [`Header::text`], [`Header::fields`] |
//! | `message["To"].addresses` | [`AddressList::mailboxes`] |
//! | `walk()`, `iter_parts()` | [`Message::parts`], [`Part::children`] |
//! | `get_body(("plain",))`, `get_body(("html",))` | [`Message::text_body`], [`Message::html_body`] |
//! | `get_content()`, `get_payload(decode=True)` | [`Part::text`], [`Part::body`] |
//! | `iter_attachments()`, `get_filename()` | [`Message::attachments`], [`Part::file_name`] and [`safe_file_name`] |
//! | `message.defects` | [`Message::examine`], [`Message::defects`] |
//! | `EmailMessage()`, `set_content`, `add_alternative`, `add_attachment`, `add_related` | [`Builder`]: [`text`](Builder::text), [`html`](Builder::html), [`attach`](Builder::attach), [`inline`](Builder::inline) |
//! | `as_bytes(policy=SMTP)`, `policy.utf8` | [`Draft::to_vec`], [`Builder::form`] |
//! | `email.utils`: `formataddr`, `getaddresses`, `formatdate`, `parsedate_to_datetime`, `make_msgid` | [`Mailbox::new`], [`AddressList::parse`], [`DateTime`], [`Builder::fill`] |
//! | `email.header.decode_header`, `make_header` | [`decode_text`] |
//! | `mailbox.mbox`, `mailbox.Maildir` | [`mbox`], `net::maildir` |
//!
//! A message that was read is not changed in place: what is to be sent on is [embedded](Attachment::message), or built
//! anew from what was read.
//!
//! The tree and the stream are one parser: the tree drives the stream over all of the message and notes where things
//! are. So both find the same parts, and what is wrong is the same [`Defect`] in both. Reading never fails: each
//! [kind of defect](DefectKind) says which reading it gets, and there is only one. Where two readers could differ (two
//! Content-Types, a boundary that is the beginning of another, two addresses in the place of one), the first counts, the
//! whole line counts, or nothing does; it is never guessed.
//!
//! RFC 5322 and its obsolete forms, RFC 6532 (UTF-8), RFC 2045 to 2049, RFC 2183 (Content-Disposition), RFC 2231
//! (parameters), RFC 2387 and 2392 (related parts and `cid:`), RFC 3462 and 3464 (delivery reports), RFC 3676
//! (format=flowed), RFC 8621 4.1.4 (what to show), RFC 4155 and mboxrd.
//!
//! ```
//! use plainwire::mime::Message;
//!
//! let message = Message::parse(b"From: Ann <ann@example.org>\r\nSubject: =?utf-8?q?caf=C3=A9?=\r\n\r\nAt four?\r\n");
//! let header = message.header();
//! assert_eq!(header.from().mailboxes().next().unwrap().address(), "ann@example.org");
//! assert_eq!(header.subject().unwrap(), "café");
//! assert_eq!(message.text_body()[0].text(), "At four?\r\n");
//! assert!(message.examine().is_empty());
//! ```

mod address;
mod base64;
mod boundary;
mod build;
mod charset;
mod date;
mod defect;
mod encoding;
mod file_name;
pub mod flowed;
mod header;
mod limits;
mod links;
pub mod mbox;
mod message;
mod message_id;
mod name;
mod parameters;
mod part;
mod phrase;
mod quoted_printable;
mod received;
mod replace;
mod report;
mod stream;
mod uuencode;
mod word;

pub use address::{Address, AddressList, Group, InvalidMailbox, Mailbox};
pub use build::{Attachment, Builder, Draft, Entity, Form, Misuse, Sink, Source, SourceError, WriteError};
#[cfg(feature = "std")]
pub use build::{DraftReader, IoSink};
pub use charset::{Charset, TextDecoder};
pub use date::{DateTime, Iso8601, NoSuchDate, Offset};
pub use defect::{Defect, DefectKind};
pub use encoding::{BodyDecoder, Encoding};
pub use file_name::safe_file_name;
pub use header::{Field, Header};
pub use limits::Limits;
pub use links::cid_links;
pub use message::Message;
pub use message_id::{InvalidMessageId, MessageId};
pub use parameters::{ContentType, Disposition, MediaType, Parameters};
pub use part::Part;
pub use received::Received;
pub use replace::ForeignDelimiter;
pub use report::{Action, DeliveryReport, RecipientReport, StatusCode};
pub use stream::{Content, Event, Head, Stream};
pub use word::{decode_text, decode_text_with};

#[cfg(test)]
mod tests;
