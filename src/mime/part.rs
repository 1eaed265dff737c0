//! One part of a message, and which parts are to be shown.

use super::charset::{Charset, guess};
use super::defect::{Defect, DefectKind};
use super::encoding::{Encoding, quoted_printable};
use super::header::Header;
use super::message::{Message, Node};
use super::name::Name;
use super::parameters::{ContentType, Disposition, MediaType};
use super::stream::Content;
use alloc::borrow::Cow;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;
use core::ops::Range;

/// A part of a [`Message`]: the message itself, a part of a multipart, an embedded message.
#[derive(Clone, Copy)]
pub struct Part<'m, 'a> {
    pub(super) message: &'m Message<'a>,
    pub(super) index: u32,
}

impl fmt::Debug for Part<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Part").field("path", &self.path()).field("range", &self.range()).finish()
    }
}

impl PartialEq for Part<'_, '_> {
    fn eq(&self, other: &Self) -> bool {
        core::ptr::eq(self.message, other.message) && self.index == other.index
    }
}

impl Eq for Part<'_, '_> {}

impl<'m, 'a> Part<'m, 'a> {
    fn node(&self) -> &'m Node {
        &self.message.nodes[self.index as usize]
    }

    /// Its header.
    pub fn header(&self) -> Header<'m, 'a> {
        self.message.header_of(self.node())
    }

    /// Where it lies in the message, header and body, without the delimiter lines around it.
    pub fn range(&self) -> Range<usize> {
        self.node().start..self.node().end
    }

    /// Its octets as they stand, header and body.
    pub fn raw(&self) -> &'a [u8] {
        &self.message.raw[self.range()]
    }

    /// Its body as it stands, still encoded.
    pub fn raw_body(&self) -> &'a [u8] {
        &self.message.raw[self.node().body..self.node().end]
    }

    /// Where the body begins in the message.
    pub fn body_offset(&self) -> u64 {
        self.node().body as u64
    }

    /// What it holds.
    pub fn content(&self) -> Content {
        self.node().content
    }

    /// How its body is encoded: what it says, where that means anything.
    pub fn encoding(&self) -> Encoding {
        self.node().encoding
    }

    /// Its type: what its header says, or the default of where it stands.
    pub fn content_type(&self) -> ContentType<'a> {
        self.header().content_type().unwrap_or_else(|| match self.header().first(Name::ContentType) {
            Some(_) => ContentType::plain_text(),
            None => ContentType::of(MediaType::default_in(self.node().in_digest)),
        })
    }

    /// The type and subtype of its [`content_type`](Self::content_type), whose parameters are not read for it.
    pub fn media_type(&self) -> MediaType<'a> {
        match self.header().first(Name::ContentType) {
            Some(field) => MediaType::parse(field.raw()).unwrap_or(const { MediaType::plain_text() }),
            None => MediaType::default_in(self.node().in_digest),
        }
    }

    /// The name of the file that it is: of Content-Disposition, or else of Content-Type. It is whatever the sender
    /// wrote; make it [safe](super::safe_file_name) before using it as one.
    pub fn file_name(&self) -> Option<Cow<'a, str>> {
        let (header, limit) = (self.header(), self.message.limits.parameters);
        let disposition = header.first(Name::ContentDisposition);
        let named = disposition.and_then(|field| Disposition::file_name_of(field.raw(), limit));
        named.or_else(|| ContentType::parameter_of(header.first(Name::ContentType)?.raw(), "name", limit))
    }

    /// The part that it is in.
    pub fn parent(&self) -> Option<Self> {
        self.node().parent.map(|index| Part { message: self.message, index })
    }

    /// The parts directly inside: those of a multipart, or the one message that is embedded.
    pub fn children(&self) -> impl Iterator<Item = Self> + use<'m, 'a> {
        let message = self.message;
        let (mut next, last) = (self.index + 1, self.node().last);
        core::iter::from_fn(move || {
            let index = next;
            (index < last).then(|| {
                next = message.nodes[index as usize].last;
                Part { message, index }
            })
        })
    }

    /// Its number as IMAP counts (RFC 9051 6.4.5): `1` in a message that is no multipart, `2` for the second part, `2.1`
    /// for the first part of that. A multipart that is a whole message has none of its own: the empty string, or the
    /// number of the part that embeds it.
    pub fn path(&self) -> String {
        let mut numbers = Vec::new();
        let mut part = *self;
        loop {
            let node = part.node();
            let Some(parent) = part.parent() else {
                if node.content != Content::Multipart {
                    numbers.push(1);
                }
                break;
            };
            match parent.node().content {
                Content::Message if node.content == Content::Multipart => {}
                Content::Message => numbers.push(1),
                _ => numbers.push(node.ordinal),
            }
            part = parent;
        }
        let mut path = String::with_capacity(numbers.len() * 2);
        for number in numbers.iter().rev() {
            if !path.is_empty() {
                path.push('.');
            }
            path.push_str(&number.to_string());
        }
        path
    }

    /// Its body, decoded from its transfer encoding. Borrows where there was nothing to decode.
    ///
    /// Of a multipart or an embedded message it is the body as it stands.
    pub fn body(&self) -> Cow<'a, [u8]> {
        self.decoded(&mut Vec::new())
    }

    fn decoded(&self, defects: &mut Vec<Defect>) -> Cow<'a, [u8]> {
        let raw = self.raw_body();
        let encoding = self.encoding();
        if encoding.is_identity() {
            return Cow::Borrowed(raw);
        }
        let room = if encoding == Encoding::Base64 { raw.len() / 4 * 3 + 3 } else { raw.len() };
        let mut body = Vec::with_capacity(room);
        let mut note = |odd: &[Defect]| defects.extend(odd.iter().map(|defect| defect.moved_by(self.body_offset())));
        if encoding == Encoding::QuotedPrintable {
            let mut odd = Vec::new();
            quoted_printable(raw, &mut body, &mut odd);
            note(&odd);
            return Cow::Owned(body);
        }
        let mut decoder = encoding.decoder();
        decoder.decode(raw, &mut body);
        decoder.finish(&mut body);
        note(decoder.defects());
        Cow::Owned(body)
    }

    /// Its body as text: decoded from its transfer encoding and its charset. Line breaks stay as they are.
    ///
    /// Where no charset is named (or a wrong one: ASCII with octets beyond it, or one that nobody knows) it is UTF-8 if
    /// it can be, and windows-1252 if not.
    pub fn text(&self) -> Cow<'a, str> {
        self.text_with(&mut Vec::new())
    }

    fn text_with(&self, defects: &mut Vec<Defect>) -> Cow<'a, str> {
        let kind = self.header().first(Name::ContentType);
        let limit = self.message.limits.parameters;
        let named = kind.and_then(|kind| ContentType::charset_of(kind.raw(), limit));
        let body = self.decoded(defects);
        let at = self.body_offset();
        let mut note = |kind| defects.push(Defect { kind, offset: at });
        let charset = match named.as_deref() {
            Some(named) if !is_ascii_label(named) => Charset::named(named),
            _ => {
                // ASCII, said or not.
                if !body.is_ascii() {
                    note(DefectKind::InvalidCharset);
                }
                return unicode(body, guess);
            }
        };
        match charset {
            None => {
                note(DefectKind::UnknownCharset);
                unicode(body, guess)
            }
            // The mark of UTF-8 is no text.
            Some(charset) if charset == Charset::UTF_8 => unicode(strip_mark(body), |octets| {
                note(DefectKind::InvalidCharset);
                String::from_utf8_lossy(octets)
            }),
            Some(charset) => decode(body, |octets| {
                let (text, bad) = charset.decode(octets);
                if bad.is_some() {
                    note(DefectKind::InvalidCharset);
                }
                text
            }),
        }
    }

    /// The message that a message/rfc822 part holds, as octets: they borrow, except where the part is encoded.
    ///
    /// `None` for parts of other types. An embedded message that is not encoded is also a [child](Self::children).
    pub fn embedded(&self) -> Option<Cow<'a, [u8]>> {
        match self.content() {
            Content::Message => Some(Cow::Borrowed(self.raw_body())),
            Content::Leaf if self.is_encoded_message() => Some(self.body()),
            _ => None,
        }
    }

    fn is_encoded_message(&self) -> bool {
        matches!(self.media_type().essence(), "message/rfc822" | "message/global" | "message/news")
    }

    /// Its header is that of a message, and not that of a part of one.
    pub(super) fn is_message_head(&self) -> bool {
        self.parent().is_none_or(|parent| parent.content() == Content::Message)
    }

    pub(super) fn examine_body(&self, defects: &mut Vec<Defect>) {
        if self.content() != Content::Leaf {
            return;
        }
        if self.media_type().kind() == "text" {
            drop(self.text_with(defects));
        } else {
            drop(self.decoded(defects));
        }
    }
}

/// Names of ASCII: octets beyond it are not of the charset, whatever they are read as.
fn is_ascii_label(label: &[u8]) -> bool {
    [&b"us-ascii"[..], b"ascii", b"ansi_x3.4-1968"].iter().any(|ascii| label.eq_ignore_ascii_case(ascii))
}

/// UTF-8 as it stands, and what is none by `other`.
fn unicode(body: Cow<'_, [u8]>, other: impl FnOnce(&[u8]) -> Cow<'_, str>) -> Cow<'_, str> {
    match body {
        Cow::Borrowed(octets) => match core::str::from_utf8(octets) {
            Ok(text) => Cow::Borrowed(text),
            Err(_) => Cow::Owned(other(octets).into_owned()),
        },
        Cow::Owned(octets) => Cow::Owned(match String::from_utf8(octets) {
            Ok(text) => text,
            Err(error) => other(error.as_bytes()).into_owned(),
        }),
    }
}

fn decode(body: Cow<'_, [u8]>, how: impl FnOnce(&[u8]) -> Cow<'_, str>) -> Cow<'_, str> {
    match body {
        Cow::Borrowed(octets) => {
            // What borrows from the body borrows from the message.
            match how(octets) {
                Cow::Borrowed(text) if core::ptr::eq(text.as_bytes(), octets) => match core::str::from_utf8(octets) {
                    Ok(text) => Cow::Borrowed(text),
                    Err(_) => Cow::Owned(text.to_string()),
                },
                text => Cow::Owned(text.into_owned()),
            }
        }
        Cow::Owned(octets) => match how(&octets) {
            // UTF-8 that was decoded into a buffer of its own is that buffer.
            Cow::Borrowed(text) if text.len() == octets.len() => Cow::Owned(
                String::from_utf8(octets)
                    .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()),
            ),
            text => Cow::Owned(text.into_owned()),
        },
    }
}

fn strip_mark(body: Cow<'_, [u8]>) -> Cow<'_, [u8]> {
    const MARK: &[u8] = b"\xef\xbb\xbf";
    if !body.starts_with(MARK) {
        return body;
    }
    match body {
        Cow::Borrowed(octets) => Cow::Borrowed(&octets[MARK.len()..]),
        Cow::Owned(mut octets) => {
            octets.drain(..MARK.len());
            Cow::Owned(octets)
        }
    }
}

/// Which parts to show, and which to offer (RFC 8621 4.1.4).
#[derive(Debug, Default)]
struct Bodies<'m, 'a> {
    text: Vec<Part<'m, 'a>>,
    html: Vec<Part<'m, 'a>>,
    attachments: Vec<Part<'m, 'a>>,
}

/// Multiparts nested deeper than this are attachments; nobody shows them.
const SHOWN_DEPTH: usize = 64;

impl<'a> Message<'a> {
    /// The parts that make up the message for someone who prefers plain text.
    pub fn text_body(&self) -> Vec<Part<'_, 'a>> {
        self.bodies().text
    }

    /// The parts that make up the message for someone who prefers HTML.
    pub fn html_body(&self) -> Vec<Part<'_, 'a>> {
        self.bodies().html
    }

    /// The parts to offer as files.
    pub fn attachments(&self) -> Vec<Part<'_, 'a>> {
        self.bodies().attachments
    }

    fn bodies(&self) -> Bodies<'_, 'a> {
        let mut bodies = Bodies::default();
        bodies.sort(core::iter::once(self.root()), "mixed", false, (true, true), SHOWN_DEPTH);
        bodies
    }
}

impl<'m, 'a> Bodies<'m, 'a> {
    /// parseStructure of RFC 8621 4.1.4. `into`: do parts still go to the text body, to the HTML body?
    fn sort(
        &mut self,
        parts: impl Iterator<Item = Part<'m, 'a>>,
        multipart: &str,
        in_alternative: bool,
        into: (bool, bool),
        depth: usize,
    ) {
        let (mut to_text, mut to_html) = into;
        let (texts, htmls) = (self.text.len(), self.html.len());
        for (i, part) in parts.enumerate() {
            let kind = part.media_type();
            if part.content() == Content::Multipart && depth > 0 {
                let subtype = kind.subtype();
                let alternative = in_alternative || subtype == "alternative";
                self.sort(part.children(), subtype, alternative, (to_text, to_html), depth - 1);
                continue;
            }
            let media = matches!(kind.kind(), "image" | "audio" | "video");
            let shown = matches!(kind.essence(), "text/plain" | "text/html") || media;
            let disposition = part.header().first(Name::ContentDisposition);
            let attached = disposition.is_some_and(|field| Disposition::is_attachment(field.raw()));
            let inline = shown
                && !attached
                && part.encoding() != Encoding::Unknown
                && part.content() == Content::Leaf
                && (i == 0 || (multipart != "related" && (media || part.file_name().is_none())));
            if !inline {
                self.attachments.push(part);
                continue;
            }
            if multipart == "alternative" {
                match kind.essence() {
                    "text/plain" if to_text => self.text.push(part),
                    "text/html" if to_html => self.html.push(part),
                    "text/plain" | "text/html" => {}
                    _ => self.attachments.push(part),
                }
                continue;
            }
            if in_alternative {
                match kind.essence() {
                    "text/plain" => to_html = false,
                    "text/html" => to_text = false,
                    _ => {}
                }
            }
            if to_text {
                self.text.push(part);
            }
            if to_html {
                self.html.push(part);
            }
            if media && !(to_text && to_html) {
                self.attachments.push(part);
            }
        }
        if multipart == "alternative" && to_text && to_html {
            let (more_texts, more_htmls) = (self.text.len() > texts, self.html.len() > htmls);
            if !more_texts && more_htmls {
                self.text.extend_from_slice(&self.html[htmls..]);
            }
            if !more_htmls && more_texts {
                self.html.extend_from_slice(&self.text[texts..]);
            }
        }
    }
}
