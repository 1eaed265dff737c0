//! A message that is ready to be written.

use super::choose::{canonical, look};
use super::entity::{Attachment, Content, Entity, Node, Source, SourceError};
use super::fold::Writer;
use super::{Form, Misuse};
use crate::mime::address::Mailbox;
use crate::mime::base64::{self, LINE};
use crate::mime::charset::Charset;
use crate::mime::encoding::Encoding;
use crate::mime::message_id::MessageId;
use crate::mime::parameters::essence;
use crate::mime::quoted_printable::Encoder;
use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use bytes::{Bytes, BytesMut};
use core::convert::Infallible;
use core::fmt;

/// Octets of an attachment that are encoded in one go.
const PIECE: usize = LINE * 1024;

/// A message, checked and with its headers written: CRLF throughout, no line over 998 octets.
///
/// It is written from front to back: [`piece`](Self::piece) by piece, or [`to`](Self::write) a sink; and once more after
/// [`rewind`](Self::rewind), where its attachments can be read again.
pub struct Draft {
    steps: Vec<Step>,
    /// The step that is written next, and how much of it was.
    at: usize,
    within: usize,
    sender: Mailbox<'static>,
    recipients: Vec<Mailbox<'static>>,
    eight_bit: bool,
    utf8: bool,
    /// Octets that were not written yet, and all of them.
    len: Option<u64>,
    whole: Option<u64>,
    buffer: Vec<u8>,
}

enum Step {
    Literal(Vec<u8>),
    Octets(Bytes),
    Source(Box<dyn Source>),
}

impl fmt::Debug for Draft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Draft")
            .field("len", &self.len)
            .field("recipients", &self.recipients.len())
            .field("eight_bit", &self.eight_bit)
            .field("utf8", &self.utf8)
            .finish_non_exhaustive()
    }
}

/// What octets are written to.
pub trait Sink {
    /// What can go wrong.
    type Error;
    /// Takes all of them.
    ///
    /// # Errors
    ///
    /// Whatever the sink fails with; the message is cut off then.
    fn put(&mut self, octets: &[u8]) -> Result<(), Self::Error>;
}

impl Sink for Vec<u8> {
    type Error = Infallible;
    fn put(&mut self, octets: &[u8]) -> Result<(), Infallible> {
        self.extend_from_slice(octets);
        Ok(())
    }
}

impl Sink for BytesMut {
    type Error = Infallible;
    fn put(&mut self, octets: &[u8]) -> Result<(), Infallible> {
        self.extend_from_slice(octets);
        Ok(())
    }
}

impl<S: Sink + ?Sized> Sink for &mut S {
    type Error = S::Error;
    fn put(&mut self, octets: &[u8]) -> Result<(), S::Error> {
        (**self).put(octets)
    }
}

/// A `std::io::Write` as a [`Sink`].
#[cfg(feature = "std")]
#[derive(Debug)]
pub struct IoSink<W>(pub W);

#[cfg(feature = "std")]
impl<W: std::io::Write> Sink for IoSink<W> {
    type Error = std::io::Error;
    fn put(&mut self, octets: &[u8]) -> Result<(), std::io::Error> {
        self.0.write_all(octets)
    }
}

/// Why a message was not written to its end.
#[derive(Debug, thiserror::Error)]
pub enum WriteError<E> {
    /// The sink failed.
    #[error("{0}")]
    Sink(E),
    /// An attachment failed.
    #[error(transparent)]
    Source(SourceError),
}

impl Draft {
    /// Who sends it: Sender, or else From. The envelope's reverse path, unless the caller wants another.
    pub fn sender(&self) -> &Mailbox<'static> {
        &self.sender
    }

    /// Who gets it: To, Cc and Bcc, groups opened, each address once. The envelope's recipients.
    pub fn recipients(&self) -> &[Mailbox<'static>] {
        &self.recipients
    }

    /// It holds octets above 127 in its bodies: the transport has to do 8BITMIME.
    pub fn needs_8bit(&self) -> bool {
        self.eight_bit
    }

    /// It holds octets above 127 in its headers: the transport has to do SMTPUTF8.
    pub fn needs_utf8(&self) -> bool {
        self.utf8
    }

    /// Its length in octets, of what was not written yet; `None` where an attachment does not say how long it is.
    pub fn len(&self) -> Option<u64> {
        self.len
    }

    /// Was all of it written?
    pub fn is_empty(&self) -> bool {
        self.at >= self.steps.len()
    }

    /// Was some of it written?
    #[cfg(feature = "std")]
    pub(super) const fn begun(&self) -> bool {
        // Its header comes first, and is written whole.
        self.at > 0
    }

    /// Can it be written more than once? It can, where no attachment comes from what can be read only once.
    pub fn rewinds(&self) -> bool {
        self.steps.iter().all(|step| if let Step::Source(source) = step { source.rewinds() } else { true })
    }

    /// Goes back to its front, to be written once more.
    ///
    /// # Errors
    ///
    /// [`SourceError`] where an attachment can't be read again; there is no more to write then.
    pub fn rewind(&mut self) -> Result<(), SourceError> {
        self.at = self.steps.len();
        for step in &mut self.steps {
            if let Step::Source(source) = step {
                source.rewind()?;
            }
        }
        (self.at, self.within, self.len) = (0, 0, self.whole);
        Ok(())
    }

    /// Appends the next piece, some 80 KiB at the most where it is an attachment's, and says whether there was one.
    ///
    /// # Errors
    ///
    /// [`SourceError`] where an attachment can't be read; the message can't be finished then.
    pub fn piece(&mut self, out: &mut Vec<u8>) -> Result<bool, SourceError> {
        let before = out.len();
        while out.len() == before {
            let Some(step) = self.steps.get_mut(self.at) else { return Ok(false) };
            let over = match step {
                Step::Literal(octets) => {
                    out.extend_from_slice(octets);
                    true
                }
                Step::Octets(octets) => {
                    let rest = &octets[self.within..];
                    let piece = &rest[..rest.len().min(PIECE)];
                    base64::encode_lines(piece, out);
                    self.within += piece.len();
                    piece.len() == rest.len()
                }
                Step::Source(source) => {
                    self.buffer.resize(PIECE, 0);
                    let read = fill(&mut **source, &mut self.buffer);
                    if read.is_err() {
                        // What failed is not asked again.
                        self.at += 1;
                    }
                    let filled = read?;
                    base64::encode_lines(&self.buffer[..filled], out);
                    filled < PIECE
                }
            };
            if over {
                (self.at, self.within) = (self.at + 1, 0);
            }
        }
        self.len = self.len.and_then(|len| len.checked_sub((out.len() - before) as u64));
        Ok(true)
    }

    /// Writes what is left of it to a sink.
    ///
    /// # Errors
    ///
    /// [`WriteError`]: the sink's, or an attachment's.
    pub fn write<S: Sink>(&mut self, sink: &mut S) -> Result<(), WriteError<S::Error>> {
        let mut piece = Vec::new();
        while self.piece(&mut piece).map_err(WriteError::Source)? {
            sink.put(&piece).map_err(WriteError::Sink)?;
            piece.clear();
        }
        Ok(())
    }

    /// What is left of it, in memory.
    ///
    /// # Errors
    ///
    /// [`SourceError`] where an attachment can't be read.
    pub fn to_vec(&mut self) -> Result<Vec<u8>, SourceError> {
        let mut out = Vec::with_capacity(self.len.and_then(|len| usize::try_from(len).ok()).unwrap_or(0));
        while let Some(step) = self.steps.get(self.at) {
            match step {
                // All at once: there is no reason for pieces.
                Step::Octets(octets) => {
                    base64::encode_lines(&octets[self.within..], &mut out);
                    (self.at, self.within) = (self.at + 1, 0);
                }
                _ => {
                    self.piece(&mut out)?;
                }
            }
        }
        self.len = Some(0);
        Ok(out)
    }
}

/// Reads until the buffer is full or the source is at its end.
fn fill(source: &mut dyn Source, buffer: &mut [u8]) -> Result<usize, SourceError> {
    let mut filled = 0;
    while filled < buffer.len() {
        let read = source.read(&mut buffer[filled..])?;
        if read == 0 {
            break;
        }
        filled += read.min(buffer.len() - filled);
    }
    Ok(filled)
}

/// Makes a draft of a tree.
pub(super) struct Assembly {
    steps: Vec<Step>,
    literal: Vec<u8>,
    form: Form,
    seed: u64,
    eight_bit: bool,
    utf8: bool,
    len: Option<u64>,
}

/// A node, prepared: its encoding is chosen, its body written where it is text.
enum Ready {
    Leaf { leaf: Box<Attachment>, disposed: bool, body: Body, encoding: Encoding },
    Multipart { head: Vec<u8>, boundary: String, parts: Vec<Ready> },
}

enum Body {
    Text(Vec<u8>),
    Octets(Bytes),
    Source(Box<dyn Source>, Option<u64>),
}

impl Assembly {
    pub(super) fn new(writer: Writer, seed: u64, form: Form) -> Self {
        let literal = writer.into_octets();
        Self { steps: Vec::new(), literal, form, seed, eight_bit: false, utf8: false, len: Some(0) }
    }

    pub(super) fn finish(
        mut self,
        entity: Entity,
        sender: Mailbox<'static>,
        recipients: Vec<Mailbox<'static>>,
    ) -> Result<Draft, Misuse> {
        self.utf8 = !self.literal.is_ascii();
        let mut ready = self.prepare(entity, 0)?;
        let mut texts = Vec::new();
        texts_of(&ready, &mut texts);
        let boundaries = self.boundaries(count(&ready), &texts);
        let mut boundaries = boundaries.into_iter();
        name(&mut ready, &mut boundaries);
        self.write(ready)?;
        // A message ends with a line.
        if !self.literal.is_empty() && !self.literal.ends_with(b"\r\n") {
            self.literal.extend_from_slice(b"\r\n");
        }
        self.flush();
        Ok(Draft {
            steps: self.steps,
            at: 0,
            within: 0,
            sender,
            recipients,
            eight_bit: self.eight_bit,
            utf8: self.utf8,
            len: self.len,
            whole: self.len,
            buffer: Vec::new(),
        })
    }

    fn flush(&mut self) {
        if !self.literal.is_empty() {
            let literal = core::mem::take(&mut self.literal);
            self.len = self.len.map(|len| len + literal.len() as u64);
            self.steps.push(Step::Literal(literal));
        }
    }

    /// Looks at every leaf and writes its text. Recursion is bounded by [`DEPTH`].
    fn prepare(&mut self, entity: Entity, depth: usize) -> Result<Ready, Misuse> {
        match entity.0 {
            Node::Multipart { subtype, parameters, parts } => {
                if parts.is_empty() {
                    return Err(Misuse::Empty);
                }
                let token = !subtype.is_empty() && subtype.bytes().all(crate::syntax::token::is_mime_token);
                if depth >= DEPTH || !token || subtype.len() > LONGEST_TYPE / 2 {
                    return Err(Misuse::ContentType(format!("multipart/{subtype}")));
                }
                let mut writer = Writer::new(self.form);
                // RFC 2387 3.1: what the first part is.
                let first = match (subtype.eq_ignore_ascii_case("related"), parts.first()) {
                    (true, Some(Entity(Node::Leaf { leaf, .. }))) => Some(leaf.kind.clone().into_owned()),
                    (true, Some(Entity(Node::Multipart { subtype, .. }))) => Some(format!("multipart/{subtype}")),
                    _ => None,
                };
                let parts =
                    parts.into_iter().map(|part| self.prepare(part, depth + 1)).collect::<Result<Vec<_>, _>>()?;
                let mut all: Vec<(&'static str, &str)> =
                    parameters.iter().map(|(name, value)| (*name, value.as_str())).collect();
                if all.iter().all(|(name, _)| !name.eq_ignore_ascii_case("type")) {
                    all.extend(first.iter().map(|first| ("type", first.as_str())));
                }
                if all.iter().any(|(name, _)| name.eq_ignore_ascii_case("boundary")) {
                    return Err(Misuse::Control("boundary"));
                }
                // The boundary is chosen when all texts are known; it has the same length always.
                all.push(("boundary", PLACEHOLDER));
                writer.with_parameters("Content-Type", &format!("multipart/{subtype}"), &all)?;
                Ok(Ready::Multipart { head: writer.into_octets(), boundary: String::new(), parts })
            }
            Node::Leaf { mut leaf, disposed } => {
                let (body, encoding) = match core::mem::replace(&mut leaf.content, Content::Text(String::new())) {
                    Content::Text(_) if !kind_is_text(&leaf.kind) => {
                        return Err(Misuse::ContentType(leaf.kind.clone().into_owned()));
                    }
                    Content::Text(text) => {
                        let look = look(text.as_bytes());
                        let encoding = look.encoding(text.len(), self.form);
                        let charset = leaf.parameters.iter().find(|(name, _)| name.eq_ignore_ascii_case("charset"));
                        match charset {
                            None => {
                                let charset = if look.high > 0 { "utf-8" } else { "us-ascii" };
                                leaf.parameters.push(("charset", String::from(charset)));
                            }
                            // What is written is UTF-8, and ASCII is that of most charsets.
                            Some((_, charset)) if !speaks_of(charset, look.high > 0) => {
                                return Err(Misuse::Parameter(format!("charset={charset}")));
                            }
                            Some(_) => {}
                        }
                        let mut body = encode(text.as_bytes(), encoding);
                        if let (Body::Text(body), 0, Encoding::QuotedPrintable) = (&mut body, depth, encoding)
                            && !body.ends_with(b"\n")
                        {
                            // The line break that ends the message is not the text's.
                            body.push(b'=');
                        }
                        (body, encoding)
                    }
                    Content::Octets(octets) => {
                        let named = leaf.parameters.iter().any(|(name, _)| name.eq_ignore_ascii_case("charset"));
                        if kind_is_text(&leaf.kind) && !named && core::str::from_utf8(&octets).is_ok() {
                            let charset = if octets.is_ascii() { "us-ascii" } else { "utf-8" };
                            leaf.parameters.push(("charset", String::from(charset)));
                        }
                        self.octets(&leaf, octets, depth)
                    }
                    Content::Source(source, len) => (Body::Source(source, len), Encoding::Base64),
                    Content::Message(octets) => {
                        if !matches!(&*leaf.kind, "message/rfc822" | "message/global") {
                            return Err(Misuse::ContentType(leaf.kind.clone().into_owned()));
                        }
                        let look = look(&octets);
                        if !look.carries() {
                            return Err(Misuse::EmbeddedLine);
                        }
                        if look.high > 0 && self.form == Form::SevenBit {
                            return Err(Misuse::EmbeddedEightBit);
                        }
                        let encoding = if look.high > 0 { Encoding::EightBit } else { Encoding::SevenBit };
                        (encode(&octets, encoding), encoding)
                    }
                };
                self.eight_bit |= encoding == Encoding::EightBit;
                Ok(Ready::Leaf { leaf, disposed, body, encoding })
            }
        }
    }

    /// Octets of a file: base64, unless they are lines of text that go through unchanged.
    fn octets(&self, leaf: &Attachment, octets: Bytes, depth: usize) -> (Body, Encoding) {
        // A file ends where it ends. The line break before a delimiter is not its own, but at the end of the message it
        // would be.
        let ends = depth > 0 || octets.ends_with(b"\r\n");
        if kind_is_text(&leaf.kind) && octets.len() <= TEXT && ends {
            let look = look(&octets);
            let encoding = look.encoding(octets.len(), self.form);
            if encoding != Encoding::Base64 && !look.bare_lf && !look.unfit {
                return (encode(&octets, encoding), encoding);
            }
        }
        (Body::Octets(octets), Encoding::Base64)
    }

    /// As many boundaries, of which none occurs in any text. Encoded bodies can't hold one: `=_` is neither
    /// quoted-printable nor base64.
    fn boundaries(&self, count: usize, texts: &[&[u8]]) -> Vec<String> {
        let mut boundaries = Vec::with_capacity(count);
        let mut state = self.seed;
        while boundaries.len() < count {
            // splitmix64
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut mixed = state;
            mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
            mixed ^= mixed >> 31;
            let boundary = format!("=_{mixed:016x}_{:06x}", boundaries.len());
            let free = |text: &&[u8]| memchr::memmem::find(text, boundary.as_bytes()).is_none();
            if texts.iter().all(free) {
                boundaries.push(boundary);
            }
        }
        boundaries
    }

    fn write(&mut self, ready: Ready) -> Result<(), Misuse> {
        match ready {
            Ready::Multipart { head, boundary, parts } => {
                let at = memchr::memmem::rfind(&head, PLACEHOLDER.as_bytes()).unwrap_or(head.len());
                self.literal.extend_from_slice(&head[..at]);
                self.literal.extend_from_slice(boundary.as_bytes());
                self.literal.extend_from_slice(&head[(at + PLACEHOLDER.len()).min(head.len())..]);
                self.literal.extend_from_slice(b"\r\n");
                for part in parts {
                    self.literal.extend_from_slice(b"--");
                    self.literal.extend_from_slice(boundary.as_bytes());
                    self.literal.extend_from_slice(b"\r\n");
                    self.write(part)?;
                    self.literal.extend_from_slice(b"\r\n");
                }
                self.literal.extend_from_slice(b"--");
                self.literal.extend_from_slice(boundary.as_bytes());
                self.literal.extend_from_slice(b"--");
                Ok(())
            }
            Ready::Leaf { leaf, disposed, body, encoding } => {
                let mut writer = Writer::new(self.form);
                leaf_head(&mut writer, &leaf, disposed, encoding)?;
                let head = writer.into_octets();
                self.utf8 |= !head.is_ascii();
                self.literal.extend_from_slice(&head);
                self.literal.extend_from_slice(b"\r\n");
                match body {
                    Body::Text(text) => self.literal.extend_from_slice(&text),
                    Body::Octets(octets) => {
                        self.flush();
                        self.len = self.len.map(|len| len + base64::encoded_len(octets.len() as u64));
                        self.steps.push(Step::Octets(octets));
                    }
                    Body::Source(source, len) => {
                        self.flush();
                        self.len = self.len.zip(len).map(|(sum, len)| sum + base64::encoded_len(len));
                        self.steps.push(Step::Source(source));
                    }
                }
                Ok(())
            }
        }
    }
}

/// Multiparts within multiparts, and no deeper.
const DEPTH: usize = 32;
/// Type and subtype have 127 octets at the most (RFC 6838 4.2).
const LONGEST_TYPE: usize = 255;
/// A text file longer than this is not looked at, but encoded.
const TEXT: usize = 1 << 20;
/// Stands for a boundary until that is chosen: as long, and quoted for the same reason.
const PLACEHOLDER: &str = "=_0000000000000000_000000";

/// May UTF-8 be called so? Text without octets above 127 may be called by any name whose ASCII is ASCII.
fn speaks_of(charset: &str, high: bool) -> bool {
    match Charset::named(charset.as_bytes()) {
        Some(charset) if high => charset == Charset::UTF_8,
        Some(charset) => charset.decode(b"A~").0 == "A~" && charset != Charset::Utf7,
        None => false,
    }
}

fn kind_is_text(kind: &str) -> bool {
    kind.get(..5).is_some_and(|start| start.eq_ignore_ascii_case("text/"))
}

fn encode(text: &[u8], encoding: Encoding) -> Body {
    let mut out = Vec::new();
    match encoding {
        Encoding::QuotedPrintable => {
            let mut encoder = Encoder::default();
            encoder.feed(text, &mut out);
            encoder.finish(&mut out);
        }
        Encoding::Base64 => {
            // Base64 carries the text in its canonical form (RFC 2045 6.8), with CRLF.
            let mut lines = Vec::new();
            canonical(text, &mut lines);
            base64::encode_lines(&lines, &mut out);
        }
        _ => canonical(text, &mut out),
    }
    Body::Text(out)
}

fn leaf_head(writer: &mut Writer, leaf: &Attachment, disposed: bool, encoding: Encoding) -> Result<(), Misuse> {
    let valid = essence(leaf.kind.as_bytes(), 0)
        .is_some_and(|(kind, subtype, end)| kind.start == 0 && kind.end + 1 == subtype.start && end == leaf.kind.len())
        && leaf.kind.len() <= LONGEST_TYPE;
    let multipart = leaf.kind.get(..10).is_some_and(|kind| kind.eq_ignore_ascii_case("multipart/"));
    // What is encoded may not be a message (RFC 2046 5.2.1).
    let message = leaf.kind.eq_ignore_ascii_case("message/rfc822") && !encoding.is_identity();
    if !valid || multipart || message {
        return Err(Misuse::ContentType(leaf.kind.clone().into_owned()));
    }
    let mut parameters: Vec<(&'static str, &str)> =
        leaf.parameters.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let name = leaf.file_name.as_deref().filter(|name| !name.is_empty());
    // For readers of before RFC 2183: the name, as far as ASCII goes.
    let ascii: Option<String> =
        name.map(|name| name.chars().map(|character| if character.is_ascii() { character } else { '_' }).collect());
    if let Some(ascii) = ascii.as_deref().filter(|ascii| ascii.len() <= 60) {
        parameters.push(("name", ascii));
    }
    writer.with_parameters("Content-Type", &leaf.kind, &parameters)?;
    if encoding != Encoding::SevenBit {
        writer.plain("Content-Transfer-Encoding", encoding.as_str());
    }
    if disposed {
        let kind = if leaf.inline { "inline" } else { "attachment" };
        let name: Vec<_> = name.map(|name| ("filename", name)).into_iter().collect();
        writer.with_parameters("Content-Disposition", kind, &name)?;
    }
    if let Some(id) = &leaf.content_id {
        let id = MessageId::new(id.as_str()).map_err(|_| Misuse::ContentId)?;
        if id.as_str().len() > 900 || !id.as_str().is_ascii() {
            return Err(Misuse::ContentId);
        }
        writer.plain("Content-ID", &format!("{id}"));
    }
    if let Some(description) = &leaf.description {
        writer.text("Content-Description", description)?;
    }
    Ok(())
}

fn count(ready: &Ready) -> usize {
    match ready {
        Ready::Leaf { .. } => 0,
        Ready::Multipart { parts, .. } => 1 + parts.iter().map(count).sum::<usize>(),
    }
}

/// The texts that go as they are, in which a boundary could occur.
fn texts_of<'r>(ready: &'r Ready, texts: &mut Vec<&'r [u8]>) {
    match ready {
        Ready::Leaf { body: Body::Text(text), .. } => texts.push(text),
        Ready::Leaf { .. } => {}
        Ready::Multipart { parts, .. } => parts.iter().for_each(|part| texts_of(part, texts)),
    }
}

fn name(ready: &mut Ready, boundaries: &mut impl Iterator<Item = String>) {
    if let Ready::Multipart { boundary, parts, .. } = ready {
        *boundary = boundaries.next().unwrap_or_default();
        for part in parts {
            name(part, boundaries);
        }
    }
}
