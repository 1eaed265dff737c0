//! Writing messages: what is right, or nothing.
//!
//! A [`Builder`] takes what a message says, in any order, and [`build`](Builder::build) makes a [`Draft`] of it: the
//! headers are written and checked, the encodings and boundaries chosen. A draft is then written piece by piece, to any
//! sink and in one pass, or read like a file; attachments are read only then, so memory does not grow with them.
//!
//! No name, address, subject or file name can add a header, a part or a boundary: what holds a line break is refused.
//!
//! ```
//! use plainwire::mime::{Attachment, Builder, DateTime, Message};
//!
//! let mut draft = Builder::new()
//!     .from(("Jörg", "joerg@example.org"))
//!     .to("Ann <ann@example.org>")
//!     .subject("Grüße")
//!     .text("Hello,\nhere it is.\n")
//!     .attach(Attachment::new("größe.txt", "12\n"))
//!     .fill(DateTime::parse(b"Fri, 21 Nov 1997 09:55:06 -0600").unwrap(), 1)
//!     .build()?;
//! let octets = draft.to_vec().unwrap();
//! let message = Message::parse(&octets);
//! assert_eq!(message.header().subject().unwrap(), "Grüße");
//! assert_eq!(message.attachments()[0].file_name().unwrap(), "größe.txt");
//! assert!(message.examine().is_empty());
//! # Ok::<(), plainwire::mime::Misuse>(())
//! ```

mod choose;
mod draft;
mod entity;
mod fold;
#[cfg(feature = "std")]
mod reread;
mod types;

#[cfg(feature = "std")]
pub use draft::IoSink;
pub use draft::{Draft, Sink, WriteError};
pub use entity::{Attachment, Entity, Source, SourceError};
#[cfg(feature = "std")]
pub use reread::DraftReader;

use super::address::{Address, AddressList, Group, InvalidMailbox, LONGEST_ADDRESS, Mailbox};
use super::date::DateTime;
use super::message_id::MessageId;
use alloc::borrow::{Cow, ToOwned};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::convert::Infallible;
use fold::Writer;

/// What can't be written. Nothing was, and nothing is corrected in silence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Misuse {
    /// An address or a display name that a header can't hold.
    #[error("{0}")]
    Mailbox(#[from] InvalidMailbox),
    /// A header name that is none, or one that has a method of its own.
    #[error("the field {0:?} can't be set by name")]
    FieldName(String),
    /// A line break or another control character in the value of this field or parameter.
    #[error("a control character in {0}")]
    Control(&'static str),
    /// A field that every message has to have (RFC 5322 3.6) and this one lacks.
    #[error("a message needs a {0} field")]
    Missing(&'static str),
    /// Several authors, and no one who sent it (RFC 5322 3.6.2).
    #[error("several addresses in From need a Sender")]
    MissingSender,
    /// A group where only mailboxes may stand (RFC 5322 3.6.2).
    #[error("a group where a mailbox has to stand")]
    Group,
    /// An address or an identifier beyond ASCII in a form that is not [`Form::Utf8`].
    #[error("an address or an identifier beyond ASCII needs SMTPUTF8")]
    NeedsUtf8,
    /// A parameter whose name is no token or too long, that stands twice, or that says something else than what is
    /// written: a `charset` that is not the text's.
    #[error("not a parameter to write: {0:?}")]
    Parameter(String),
    /// A content type that is none, or one that this kind of content can't have.
    #[error("not a content type to write: {0:?}")]
    ContentType(String),
    /// A message to embed with octets beyond ASCII, in the 7-bit form: it may not be encoded (RFC 2046 5.2.1).
    #[error("an embedded message beyond ASCII needs an 8-bit form")]
    EmbeddedEightBit,
    /// A message to embed with a bare CR, a NUL or a line over 998 octets: it can't be carried as it is.
    #[error("an embedded message with a line that mail can't carry")]
    EmbeddedLine,
    /// An identifier that is not of the form `left@right`.
    #[error("a Content-ID that is no identifier")]
    ContentId,
    /// A message identifier, read from somewhere, that is not of the form `left@right`.
    #[error("a message identifier that can't be written")]
    MessageId,
    /// A multipart without parts.
    #[error("a multipart without parts")]
    Empty,
}

impl From<Infallible> for Misuse {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

/// What the transport can carry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
pub enum Form {
    /// ASCII alone: everything else is encoded. Any server takes it.
    #[default]
    SevenBit,
    /// Bodies of text as they are, headers encoded: for servers with 8BITMIME.
    EightBit,
    /// Headers in UTF-8 too (RFC 6532): for servers with SMTPUTF8, and the only form for addresses beyond ASCII.
    Utf8,
}

/// A message in the making. What was given wrong is told by [`build`](Self::build).
#[doc(alias("EmailMessage", "MessageBuilder"))]
#[derive(Debug, Default)]
pub struct Builder {
    from: Vec<Mailbox<'static>>,
    sender: Option<Mailbox<'static>>,
    reply_to: Vec<Address<'static>>,
    to: Vec<Address<'static>>,
    cc: Vec<Address<'static>>,
    bcc: Vec<Address<'static>>,
    subject: Option<String>,
    date: Option<DateTime>,
    message_id: Option<MessageId<'static>>,
    in_reply_to: Vec<MessageId<'static>>,
    references: Vec<MessageId<'static>>,
    others: Vec<(String, String)>,
    text: Option<String>,
    html: Option<String>,
    inline: Vec<Attachment>,
    attachments: Vec<Attachment>,
    content: Option<Entity>,
    form: Form,
    fill: Option<(DateTime, u64)>,
    misuse: Option<Misuse>,
}

impl Builder {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    fn mailbox<A>(&mut self, address: A) -> Option<Mailbox<'static>>
    where
        A: TryInto<Address<'static>>,
        A::Error: Into<Misuse>,
    {
        match self.address(address) {
            Some(Address::Mailbox(mailbox)) => Some(mailbox),
            Some(Address::Group(_)) => {
                self.misuse.get_or_insert(Misuse::Group);
                None
            }
            None => None,
        }
    }

    fn address<A>(&mut self, address: A) -> Option<Address<'static>>
    where
        A: TryInto<Address<'static>>,
        A::Error: Into<Misuse>,
    {
        // What was read from a message may be what no header can hold.
        let address = address.try_into().map_err(Into::into).and_then(|address| Ok(checked(address)?));
        match address {
            Ok(address) => Some(address),
            Err(misuse) => {
                self.misuse.get_or_insert(misuse);
                None
            }
        }
    }

    /// Adds an author. Addresses are a [`Mailbox`], a pair of name and address, or a text like `Ann <ann@example.org>`.
    #[must_use]
    pub fn from<A>(mut self, address: A) -> Self
    where
        A: TryInto<Address<'static>>,
        A::Error: Into<Misuse>,
    {
        let mailbox = self.mailbox(address);
        self.from.extend(mailbox);
        self
    }

    /// Who sent it, where that is not the author, or there are several authors.
    #[must_use]
    pub fn sender<A>(mut self, address: A) -> Self
    where
        A: TryInto<Address<'static>>,
        A::Error: Into<Misuse>,
    {
        self.sender = self.mailbox(address);
        self
    }

    /// Adds an address for replies.
    #[must_use]
    pub fn reply_to<A>(mut self, address: A) -> Self
    where
        A: TryInto<Address<'static>>,
        A::Error: Into<Misuse>,
    {
        let address = self.address(address);
        self.reply_to.extend(address);
        self
    }

    /// Adds a recipient or a [`Group`] of them.
    #[must_use]
    pub fn to<A>(mut self, address: A) -> Self
    where
        A: TryInto<Address<'static>>,
        A::Error: Into<Misuse>,
    {
        let address = self.address(address);
        self.to.extend(address);
        self
    }

    /// Adds a recipient of a copy.
    #[must_use]
    pub fn cc<A>(mut self, address: A) -> Self
    where
        A: TryInto<Address<'static>>,
        A::Error: Into<Misuse>,
    {
        let address = self.address(address);
        self.cc.extend(address);
        self
    }

    /// Adds a recipient whom the others do not see: in the [envelope](Draft::recipients), never in the header.
    #[must_use]
    pub fn bcc<A>(mut self, address: A) -> Self
    where
        A: TryInto<Address<'static>>,
        A::Error: Into<Misuse>,
    {
        let address = self.address(address);
        self.bcc.extend(address);
        self
    }

    /// What it is about.
    #[must_use]
    pub fn subject(mut self, subject: impl Into<String>) -> Self {
        self.subject = Some(subject.into());
        self
    }

    /// When it was written. Without a clock in this crate's core, someone has to say so, here or by
    /// [`fill`](Self::fill).
    #[must_use]
    pub fn date(mut self, date: DateTime) -> Self {
        self.date = Some(date);
        self
    }

    /// Its identifier.
    #[must_use]
    pub fn message_id(mut self, id: MessageId<'static>) -> Self {
        self.message_id = Some(id);
        self
    }

    /// Adds a message that it answers.
    #[must_use]
    pub fn in_reply_to(mut self, id: MessageId<'static>) -> Self {
        self.in_reply_to.push(id);
        self
    }

    /// Adds a message of its thread, oldest first.
    #[must_use]
    pub fn reference(mut self, id: MessageId<'static>) -> Self {
        self.references.push(id);
        self
    }

    /// Adds any other field. Text beyond ASCII becomes encoded words.
    ///
    /// Fields with a method of their own, `Content-…` and `MIME-Version` can't be set by name.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.others.push((name.into(), value.into()));
        self
    }

    /// The text for those who read plain text. LF and CRLF both end a line.
    #[must_use]
    pub fn text(mut self, text: impl Into<String>) -> Self {
        self.text = Some(text.into());
        self
    }

    /// The text as HTML; with [`text`](Self::text), the two are alternatives.
    #[must_use]
    pub fn html(mut self, html: impl Into<String>) -> Self {
        self.html = Some(html.into());
        self
    }

    /// Adds what the HTML shows by a `cid:` link: an attachment with a [Content-ID](Attachment::with_content_id).
    #[must_use]
    pub fn inline(mut self, attachment: Attachment) -> Self {
        self.inline.push(attachment.inline());
        self
    }

    /// Adds a file, or an embedded message.
    #[must_use]
    pub fn attach(mut self, attachment: Attachment) -> Self {
        self.attachments.push(attachment);
        self
    }

    /// Takes this as the content, instead of text, HTML and attachments.
    #[must_use]
    pub fn content(mut self, entity: Entity) -> Self {
        self.content = Some(entity);
        self
    }

    /// What the transport can carry; [`Form::SevenBit`] unless said otherwise.
    #[must_use]
    pub fn form(mut self, form: Form) -> Self {
        self.form = form;
        self
    }

    /// Fills in what was not said: the date, and an identifier made of the date, of `unique` and the domain of the
    /// author. `unique` is a random number of the caller's; it seeds the boundaries too.
    #[must_use]
    pub fn fill(mut self, now: DateTime, unique: u64) -> Self {
        self.fill = Some((now, unique));
        self
    }

    /// Checks everything and writes the headers.
    ///
    /// # Errors
    ///
    /// The first [`Misuse`], in the order in which things were given, then in that of the header.
    pub fn build(mut self) -> Result<Draft, Misuse> {
        if let Some(misuse) = self.misuse.take() {
            return Err(misuse);
        }
        let date = self.date.or(self.fill.map(|(now, _)| now)).ok_or(Misuse::Missing("Date"))?;
        let Some(author) = self.from.first() else { return Err(Misuse::Missing("From")) };
        if self.from.len() > 1 && self.sender.is_none() {
            return Err(Misuse::MissingSender);
        }
        let unique = self.fill.map_or(0, |(_, unique)| unique);
        let made = || {
            let domain = Some(author.domain()).filter(|domain| domain.is_ascii()).unwrap_or("localhost");
            MessageId::new(format!("{}.{unique:016x}@{domain}", date.unix())).ok()
        };
        let message_id = self.message_id.take().or_else(|| self.fill.and_then(|_| made()));

        let mut writer = Writer::new(self.form);
        let authors: Vec<Address<'static>> = self.from.iter().cloned().map(Address::Mailbox).collect();
        writer.addresses("From", &authors)?;
        if let Some(sender) = self.sender.clone() {
            writer.addresses("Sender", &[Address::Mailbox(sender)])?;
        }
        for (name, list) in [("Reply-To", &self.reply_to), ("To", &self.to), ("Cc", &self.cc)] {
            if !list.is_empty() {
                writer.addresses(name, list)?;
            }
        }
        if let Some(subject) = &self.subject {
            writer.text("Subject", subject)?;
        }
        writer.plain("Date", &format!("{date}"));
        let given = message_id.iter().chain(&self.in_reply_to).chain(&self.references);
        for id in given {
            // One that was read is whatever stood there.
            let id = MessageId::new(id.as_str()).map_err(|_| Misuse::MessageId)?;
            if !id.as_str().is_ascii() && self.form != Form::Utf8 {
                return Err(Misuse::NeedsUtf8);
            }
        }
        let ids = |ids: &[MessageId<'_>]| ids.iter().map(|id| format!("{id}")).collect::<Vec<_>>();
        for (name, list) in [
            ("Message-ID", ids(message_id.as_slice())),
            ("In-Reply-To", ids(&self.in_reply_to)),
            ("References", ids(&self.references)),
        ] {
            if !list.is_empty() {
                writer.list(name, &list, " ");
            }
        }
        for (name, value) in &self.others {
            if !is_free(name) {
                return Err(Misuse::FieldName(name.clone()));
            }
            writer.text(name, value).map_err(|_| Misuse::Control("a header field"))?;
        }
        writer.plain("MIME-Version", "1.0");

        let mut envelope: Vec<Mailbox<'static>> = Vec::new();
        for mailbox in self.to.iter().chain(&self.cc).chain(&self.bcc).flat_map(Address::mailboxes) {
            // Bcc is in no header, so the writer has not looked at it.
            if !mailbox.address().is_ascii() && self.form != Form::Utf8 {
                return Err(Misuse::NeedsUtf8);
            }
            if envelope.iter().all(|known| known.address() != mailbox.address()) {
                envelope.push(mailbox.clone());
            }
        }
        let sender = self.sender.take().unwrap_or_else(|| author.clone());
        let form = self.form;
        let seed = seed(unique, date.unix(), &writer);
        let entity = self.entity();
        draft::Assembly::new(writer, seed, form).finish(entity, sender, envelope)
    }

    /// The tree of parts: mixed (alternative (text, related (HTML, images)), files).
    fn entity(self) -> Entity {
        if let Some(content) = self.content {
            return content;
        }
        let images = |inline: Vec<Attachment>| inline.into_iter().map(Entity::from);
        let mut files: Vec<Entity> = Vec::new();
        let html = match (self.html, self.inline.is_empty()) {
            (Some(html), true) => Some(Entity::html(html)),
            (Some(html), false) => {
                let parts = core::iter::once(Entity::html(html)).chain(images(self.inline)).collect();
                Some(Entity::multipart("related", parts))
            }
            (None, _) => {
                files.extend(images(self.inline));
                None
            }
        };
        let body = match (self.text.map(Entity::text), html) {
            (Some(text), Some(html)) => Some(Entity::multipart("alternative", alloc::vec![text, html])),
            (text, html) => text.or(html),
        };
        files.extend(self.attachments.into_iter().map(Entity::from));
        match body {
            Some(body) if files.is_empty() => body,
            None if files.is_empty() => Entity::text(""),
            None if files.len() == 1 => files.swap_remove(0),
            body => Entity::multipart("mixed", body.into_iter().chain(files).collect()),
        }
    }
}

/// What boundaries are made of: the same message has the same ones.
fn seed(unique: u64, unix: i64, writer: &Writer) -> u64 {
    writer.octets().iter().fold(0xcbf2_9ce4_8422_2325 ^ unique ^ unix.cast_unsigned(), |hash, octet| {
        (hash ^ u64::from(*octet)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// A name that may be given to [`Builder::header`].
fn is_free(name: &str) -> bool {
    const OWN: [&str; 12] = [
        "from",
        "sender",
        "reply-to",
        "to",
        "cc",
        "bcc",
        "subject",
        "date",
        "message-id",
        "in-reply-to",
        "references",
        "mime-version",
    ];
    let valid =
        !name.is_empty() && name.len() <= 70 && name.bytes().all(|octet| octet.is_ascii_graphic() && octet != b':');
    let content = name.get(..8).is_some_and(|start| start.eq_ignore_ascii_case("content-"));
    valid && !content && OWN.iter().all(|own| !own.eq_ignore_ascii_case(name))
}

/// Reads one mailbox or one group, and refuses all that is odd.
impl TryFrom<&str> for Address<'static> {
    type Error = InvalidMailbox;

    fn try_from(text: &str) -> Result<Self, InvalidMailbox> {
        if text.chars().any(char::is_control) {
            return Err(InvalidMailbox::Name);
        }
        let list = AddressList::parse(text.as_bytes());
        let mut addresses = list.addresses.into_iter();
        match (addresses.next(), addresses.next(), list.defects.is_empty()) {
            (Some(address), None, true) => checked(address.into_owned()),
            _ => Err(InvalidMailbox::Address),
        }
    }
}

/// A header can hold it: an encoded word that was read may have spelled a line break, and an address that was read may
/// have no domain, or fill more than a line (RFC 5322 2.1.1).
fn checked(address: Address<'static>) -> Result<Address<'static>, InvalidMailbox> {
    let control = |text: &str| text.chars().any(char::is_control);
    if let Address::Group(group) = &address
        && (group.name().is_empty() || control(group.name()))
    {
        return Err(InvalidMailbox::Name);
    }
    for mailbox in address.mailboxes() {
        if mailbox.name().is_some_and(control) {
            return Err(InvalidMailbox::Name);
        }
        let (local, domain) = (mailbox.local(), mailbox.domain());
        let long = mailbox.address().len() > LONGEST_ADDRESS;
        // Dots where none may be are read, and never written.
        let dots = !local.starts_with('"') && local.split('.').any(str::is_empty);
        if domain.is_empty() || long || dots || control(mailbox.address()) {
            return Err(InvalidMailbox::Address);
        }
    }
    Ok(address)
}

impl TryFrom<(&str, &str)> for Address<'static> {
    type Error = InvalidMailbox;

    fn try_from((name, address): (&str, &str)) -> Result<Self, InvalidMailbox> {
        Mailbox::new(name.to_owned(), address).map(Address::Mailbox)
    }
}

impl TryFrom<String> for Address<'static> {
    type Error = InvalidMailbox;

    fn try_from(text: String) -> Result<Self, InvalidMailbox> {
        Self::try_from(text.as_str())
    }
}

impl TryFrom<&str> for Mailbox<'static> {
    type Error = InvalidMailbox;

    fn try_from(text: &str) -> Result<Self, InvalidMailbox> {
        match Address::try_from(text)? {
            Address::Mailbox(mailbox) => Ok(mailbox),
            Address::Group(_) => Err(InvalidMailbox::Address),
        }
    }
}

/// What stands behind the names of a group, for writing: see [`Group::new`].
impl Group<'static> {
    /// `undisclosed-recipients:;`, for a message whose recipients are all in Bcc.
    pub fn undisclosed() -> Self {
        Self::empty(Cow::Borrowed("undisclosed-recipients"))
    }
}

/// Every extension that is known, for a test of the table.
#[cfg(test)]
pub(super) const fn known_types() -> &'static [(&'static str, &'static str)] {
    &types::KNOWN
}
