//! Internet messages and MIME.

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
#[cfg(feature = "std")]
pub use build::IoSink;
pub use build::{Attachment, Builder, Draft, Entity, Form, Misuse, Sink, Source, SourceError, WriteError};
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
pub use parameters::{ContentType, Disposition, Parameters};
pub use part::Part;
pub use received::Received;
pub use replace::ForeignDelimiter;
pub use report::{Action, DeliveryReport, RecipientReport, StatusCode};
pub use stream::{Content, Event, Head, Stream};
pub use word::{decode_text, decode_text_with};

#[cfg(test)]
mod tests;
