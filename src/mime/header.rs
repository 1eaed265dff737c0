//! Header fields of a parsed message, and what they say.

use super::address::AddressList;
use super::date::DateTime;
use super::defect::{Defect, DefectKind};
use super::encoding::Encoding;
use super::limits::Limits;
use super::message_id::MessageId;
use super::name::Name;
use super::parameters::{ContentType, Disposition};
use super::phrase::unescape;
use super::received::Received;
use super::word::{decode_structured, decode_text, decode_text_with};
use alloc::borrow::Cow;
use alloc::vec::Vec;

/// Where a field lies in the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) start: usize,
    pub(super) name: u32,
    /// From the start to behind the colon.
    pub(super) value: u32,
    pub(super) end: usize,
    pub(super) known: Name,
}

/// The fields of one part, in the order in which they stand.
#[derive(Clone, Copy, Debug)]
pub struct Header<'m, 'a> {
    pub(super) raw: &'a [u8],
    pub(super) spans: &'m [Span],
    pub(super) limits: &'m Limits,
}

/// One header field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field<'a> {
    name: &'a [u8],
    value: &'a [u8],
    offset: usize,
}

impl<'a> Field<'a> {
    /// Its name, as it was written.
    pub fn name(&self) -> &'a str {
        // Names are printable ASCII, or they would not have been taken for names.
        core::str::from_utf8(self.name).unwrap_or_default()
    }

    /// Is this its name, in any case?
    pub fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name.as_bytes())
    }

    /// Everything behind the colon as it stands, with folds, without the last line break.
    pub fn raw(&self) -> &'a [u8] {
        self.value
    }

    /// Where the value begins in the message.
    pub fn offset(&self) -> u64 {
        self.offset as u64
    }

    /// Its value for people, decoded according to what the field is: see [`decode_text`] for the caveats.
    ///
    /// In structured fields, encoded words are decoded only where they may stand, outside quotes and angle brackets.
    pub fn text(&self) -> Cow<'a, str> {
        match Form::of(self.name) {
            Form::Text => decode_text(self.value),
            _ => decode_structured(self.value),
        }
    }

    /// What is wrong with the value, by the grammar of a field of this name.
    pub fn examine(&self, limits: &Limits) -> Vec<Defect> {
        let mut defects = Vec::new();
        match Form::of(self.name) {
            Form::Text => drop(decode_text_with(self.value, &mut defects)),
            Form::Addresses => defects = AddressList::parse(self.value).defects,
            Form::Date => drop(DateTime::parse_with(self.value, &mut defects)),
            Form::Ids => drop(MessageId::list_with(self.value, &mut defects)),
            Form::Type => drop(ContentType::parse_with(self.value, limits.parameters, &mut defects)),
            Form::Disposition => drop(Disposition::parse_with(self.value, limits.parameters, &mut defects)),
            Form::Received => drop(Received::parse_with(self.value, &mut defects)),
            Form::Other => {}
        }
        if core::str::from_utf8(self.value).is_err() && defects.iter().all(|defect| defect.kind != DefectKind::NotUtf8)
        {
            let bad = core::str::from_utf8(self.value).map_or_else(|error| error.valid_up_to(), str::len);
            defects.push(Defect::at(DefectKind::NotUtf8, bad));
        }
        defects.into_iter().map(|defect| defect.moved_by(self.offset as u64)).collect()
    }
}

/// What grammar a field's value has.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Text,
    Addresses,
    Date,
    Ids,
    Type,
    Disposition,
    Received,
    /// Structured, or unknown and perhaps structured.
    Other,
}

impl Form {
    fn of(name: &[u8]) -> Self {
        let is = |known: &str| name.eq_ignore_ascii_case(known.as_bytes());
        let any = |known: &[&str]| known.iter().any(|known| is(known));
        match name.len() {
            2 | 3 if any(&["to", "cc", "bcc"]) => Self::Addresses,
            4 if is("from") => Self::Addresses,
            4 if is("date") => Self::Date,
            6 if is("sender") => Self::Addresses,
            7 if is("subject") => Self::Text,
            8 if any(&["comments", "keywords", "x-mailer"]) => Self::Text,
            8 if any(&["reply-to"]) => Self::Addresses,
            8 if is("received") => Self::Received,
            9 if any(&["resent-to", "resent-cc"]) => Self::Addresses,
            10 if is("message-id") => Self::Ids,
            10 if is("references") => Self::Ids,
            10 if is("content-id") => Self::Ids,
            10 if is("resent-bcc") => Self::Addresses,
            11 if is("in-reply-to") => Self::Ids,
            11 if any(&["resent-from", "return-path"]) => Self::Addresses,
            11 if is("resent-date") => Self::Date,
            12 if is("content-type") => Self::Type,
            12 if is("organization") => Self::Text,
            12 if is("delivered-to") => Self::Other,
            13 if is("resent-sender") => Self::Addresses,
            15 if is("resent-reply-to") => Self::Addresses,
            17 if is("resent-message-id") => Self::Ids,
            19 if is("content-disposition") => Self::Disposition,
            19 if is("content-description") => Self::Text,
            _ => Self::Other,
        }
    }
}

impl<'m, 'a> Header<'m, 'a> {
    /// All fields.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = Field<'a>> + ExactSizeIterator + use<'m, 'a> {
        let raw = self.raw;
        self.spans.iter().map(move |span| field(raw, span))
    }

    /// How many fields there are.
    pub fn len(&self) -> usize {
        self.spans.len()
    }

    /// Is there no field?
    pub fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// The first field of that name, in any case: where one may stand once and stands twice, the first one counts.
    pub fn field(&self, name: &str) -> Option<Field<'a>> {
        let known = Name::of(name.as_bytes());
        if known != Name::Other {
            return self.first(known);
        }
        let raw = self.raw;
        let same = |span: &&Span| {
            span.name as usize == name.len()
                && raw[span.start..span.start + name.len()].eq_ignore_ascii_case(name.as_bytes())
        };
        self.spans.iter().find(same).map(|span| field(raw, span))
    }

    /// The first field of that name.
    #[inline]
    pub(super) fn first(&self, known: Name) -> Option<Field<'a>> {
        self.spans.iter().find(|span| span.known == known).map(|span| field(self.raw, span))
    }

    /// Every field of that name.
    pub fn fields<'n>(&self, name: &'n str) -> impl Iterator<Item = Field<'a>> + use<'m, 'a, 'n> {
        self.iter().filter(move |field| field.is(name))
    }

    /// The text of the first field of that name, decoded as unstructured text.
    pub fn text(&self, name: &str) -> Option<Cow<'a, str>> {
        self.field(name).map(|field| decode_text(field.value))
    }

    /// Subject, decoded.
    pub fn subject(&self) -> Option<Cow<'a, str>> {
        self.first(Name::Subject).map(|field| decode_text(field.value))
    }

    /// Date, if it can be read.
    pub fn date(&self) -> Option<DateTime> {
        DateTime::parse(self.first(Name::Date)?.value).ok()
    }

    /// The addresses in all fields of that name, in order.
    pub fn addresses(&self, name: &str) -> AddressList<'a> {
        joined(self.fields(name))
    }

    fn known_addresses(&self, name: Name) -> AddressList<'a> {
        joined(self.spans.iter().filter(|span| span.known == name).map(|span| field(self.raw, span)))
    }

    /// From. Where it stands twice, which it may not, the first one counts.
    pub fn from(&self) -> AddressList<'a> {
        self.first_addresses(Name::From)
    }

    /// Sender, the first one.
    pub fn sender(&self) -> AddressList<'a> {
        self.first_addresses(Name::Sender)
    }

    /// Reply-To, the first one.
    pub fn reply_to(&self) -> AddressList<'a> {
        self.first_addresses(Name::ReplyTo)
    }

    fn first_addresses(&self, name: Name) -> AddressList<'a> {
        let Some(field) = self.first(name) else { return AddressList::default() };
        let mut list = AddressList::parse(field.value);
        list.defects.iter_mut().for_each(|defect| *defect = defect.moved_by(field.offset()));
        list
    }

    /// To; all of them, where a sender wrote several.
    pub fn to(&self) -> AddressList<'a> {
        self.known_addresses(Name::To)
    }

    /// Cc; all of them, where a sender wrote several.
    pub fn cc(&self) -> AddressList<'a> {
        self.known_addresses(Name::Cc)
    }

    /// Message-ID.
    pub fn message_id(&self) -> Option<MessageId<'a>> {
        MessageId::first(self.first(Name::MessageId)?.value)
    }

    /// The identifiers in References, oldest first.
    pub fn references(&self) -> Vec<MessageId<'a>> {
        self.first(Name::References).map(|field| MessageId::list(field.value)).unwrap_or_default()
    }

    /// The identifiers in In-Reply-To.
    pub fn in_reply_to(&self) -> Vec<MessageId<'a>> {
        self.first(Name::InReplyTo).map(|field| MessageId::list(field.value)).unwrap_or_default()
    }

    /// Content-ID, without brackets.
    pub fn content_id(&self) -> Option<MessageId<'a>> {
        MessageId::first(self.first(Name::ContentId)?.value)
    }

    /// Content-Location (RFC 2557), with folds undone.
    pub fn content_location(&self) -> Option<Cow<'a, str>> {
        let value = unescape(self.first(Name::ContentLocation)?.value.trim_ascii());
        Some(if value.contains([' ', '\t']) { Cow::Owned(value.replace([' ', '\t'], "")) } else { value })
    }

    /// Content-Type, if there is one that can be read.
    pub fn content_type(&self) -> Option<ContentType<'a>> {
        ContentType::parse_with(self.first(Name::ContentType)?.value, self.limits.parameters, &mut Vec::new())
    }

    /// Content-Disposition, if there is one that can be read.
    pub fn disposition(&self) -> Option<Disposition<'a>> {
        Disposition::parse_with(self.first(Name::ContentDisposition)?.value, self.limits.parameters, &mut Vec::new())
    }

    /// Content-Transfer-Encoding; 7bit where there is none.
    pub fn encoding(&self) -> Encoding {
        self.first(Name::ContentTransferEncoding).map_or(Encoding::SevenBit, |field| Encoding::parse(field.value))
    }

    /// The way that the message took, the last hop first.
    pub fn received(&self) -> impl Iterator<Item = Received<'a>> + use<'m, 'a> {
        let raw = self.raw;
        let spans = self.spans.iter().filter(|span| span.known == Name::Received);
        spans.map(move |span| Received::parse(field(raw, span).value))
    }
}

/// What the fields say, one behind the other.
fn joined<'a>(fields: impl Iterator<Item = Field<'a>>) -> AddressList<'a> {
    let mut all = AddressList::default();
    for field in fields {
        let mut list = AddressList::parse(field.value);
        list.defects.iter_mut().for_each(|defect| *defect = defect.moved_by(field.offset()));
        if all.addresses.is_empty() && all.defects.is_empty() {
            all = list;
        } else {
            all.addresses.append(&mut list.addresses);
            all.defects.append(&mut list.defects);
        }
    }
    all
}

fn field<'a>(raw: &'a [u8], span: &Span) -> Field<'a> {
    let offset = span.start + span.value as usize;
    Field { name: &raw[span.start..span.start + span.name as usize], value: &raw[offset..span.end], offset }
}
