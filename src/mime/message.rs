//! A whole message as a tree of parts that borrows from the octets it was read from.

use super::defect::{Defect, DefectKind};
use super::encoding::Encoding;
use super::header::{Header, Span};
use super::limits::Limits;
use super::name::Name;
use super::parameters::MediaType;
use super::part::Part;
use super::stream::ordinary::Ordinary;
use super::stream::{Content, Event, Stream};
use alloc::vec::Vec;

/// A message, read: where its parts and fields are. Bodies and values are decoded when they are asked for.
///
/// Reading never fails; what is wrong is in [`defects`](Self::defects).
///
/// ```
/// use plainwire::mime::Message;
///
/// let message = Message::parse(b"From: Ann <ann@example.org>\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n\
///     Content-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nGr=FC=DFe!\r\n");
/// assert_eq!(message.header().subject().unwrap(), "Grüße");
/// assert_eq!(message.header().from().addresses[0].mailboxes()[0].name(), Some("Ann"));
/// assert_eq!(message.text_body()[0].text(), "Grüße!\r\n");
/// ```
#[derive(Clone, Debug)]
pub struct Message<'a> {
    pub(super) raw: &'a [u8],
    pub(super) limits: Limits,
    pub(super) nodes: Vec<Node>,
    pub(super) spans: Vec<Span>,
    defects: Vec<Defect>,
    envelope: Option<(usize, usize)>,
}

/// One part. Nodes stand in the order of the message, so the parts inside of one follow it up to its `last`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Node {
    pub(super) parent: Option<u32>,
    /// Which of its parent's parts it is, from 1.
    pub(super) ordinal: u32,
    /// How many of its own parts were told.
    told: u32,
    /// Behind the last node inside.
    pub(super) last: u32,
    pub(super) content: Content,
    pub(super) encoding: Encoding,
    /// Its parent is a digest: without a type it is a message.
    pub(super) in_digest: bool,
    pub(super) first_span: u32,
    pub(super) last_span: u32,
    /// Header, body and end in the message.
    pub(super) start: usize,
    pub(super) body: usize,
    pub(super) end: usize,
}

impl<'a> Message<'a> {
    /// Reads a message with the default [`Limits`].
    #[doc(alias = "message_from_bytes")]
    pub fn parse(raw: &'a [u8]) -> Self {
        Self::parse_with(raw, Limits::default())
    }

    /// Reads a message. Linear in its length.
    pub fn parse_with(raw: &'a [u8], limits: Limits) -> Self {
        let mut message = Self {
            raw,
            limits,
            nodes: Vec::with_capacity(8),
            spans: Vec::with_capacity(32),
            defects: Vec::new(),
            envelope: None,
        };
        message.read();
        message
    }

    /// Drives a [`Stream`] over all of it and notes where things are.
    fn read(&mut self) {
        let raw = self.raw;
        let place = |slice: &[u8]| (slice.as_ptr() as usize).wrapping_sub(raw.as_ptr() as usize);
        let mut input = raw;
        let mut stream = Stream::new(self.limits);
        stream.eof();
        let mut open: Option<u32> = None;
        loop {
            while let Some(Ordinary { shape, name, start, .. }) = stream.ordinary(&mut input) {
                self.spans.push(Span {
                    start,
                    name: shape.colon as u32,
                    value: shape.colon as u32 + 1,
                    end: start + shape.value_end,
                    known: name,
                });
            }
            let Some(event) = stream.next_event(&mut input) else { return };
            match event {
                Event::Begin => {
                    let here = raw.len() - input.len();
                    let ordinal = open.and_then(|open| self.nodes.get_mut(open as usize)).map_or(1, |parent| {
                        parent.told += 1;
                        parent.told
                    });
                    let in_digest = stream.in_digest();
                    let spans = self.spans.len() as u32;
                    let index = self.nodes.len() as u32;
                    self.nodes.push(Node {
                        parent: open,
                        ordinal,
                        told: 0,
                        last: index + 1,
                        content: Content::Leaf,
                        encoding: Encoding::default(),
                        in_digest,
                        first_span: spans,
                        last_span: spans,
                        start: here,
                        body: here,
                        end: here,
                    });
                    open = Some(index);
                }
                Event::Envelope(line) => {
                    self.envelope = Some((place(line), place(line) + line.len()));
                    if let Some(root) = self.nodes.first_mut() {
                        root.start = raw.len() - input.len();
                    }
                }
                Event::Field { name, value } => {
                    let start = place(name);
                    let value_start = if value.is_empty() { self.colon(start + name.len()) } else { place(value) };
                    self.spans.push(Span {
                        start,
                        name: name.len() as u32,
                        value: (value_start - start) as u32,
                        end: value_start + value.len(),
                        known: Name::of(name),
                    });
                }
                Event::Head(head) => {
                    let spans = self.spans.len() as u32;
                    if let Some(node) = open.and_then(|open| self.nodes.get_mut(open as usize)) {
                        (node.content, node.encoding) = (head.content, head.encoding);
                        node.last_span = spans;
                        node.body = raw.len() - input.len();
                    }
                }
                Event::End => {
                    let last = self.nodes.len() as u32;
                    if let Some(node) = open.and_then(|open| self.nodes.get_mut(open as usize)) {
                        node.last = last;
                        // A message without a line within a part without a body: the empty line that ends the part's
                        // header is the delimiter's own.
                        node.end = stream.cut();
                        node.start = node.start.min(node.end);
                        node.body = node.body.min(node.end);
                        open = node.parent;
                    }
                }
                Event::Defect(defect) if self.defects.len() < DEFECTS => self.defects.push(defect),
                Event::Defect(_) => {}
                Event::Preamble(_) | Event::Body(_) | Event::Epilogue(_) => {}
            }
        }
    }

    /// Behind the colon that follows a name.
    fn colon(&self, at: usize) -> usize {
        memchr::memchr(b':', &self.raw[at..]).map_or(self.raw.len(), |colon| at + colon + 1)
    }

    pub(super) fn header_of(&self, node: &Node) -> Header<'_, 'a> {
        let spans = &self.spans[node.first_span as usize..node.last_span as usize];
        Header { raw: self.raw, spans, limits: &self.limits }
    }

    /// The message itself, as it came.
    pub fn raw(&self) -> &'a [u8] {
        self.raw
    }

    /// The `From ` line of an mbox file that introduced it.
    pub fn envelope(&self) -> Option<&'a [u8]> {
        self.envelope.map(|(start, end)| &self.raw[start..end])
    }

    /// The header of the message.
    pub fn header(&self) -> Header<'_, 'a> {
        self.root().header()
    }

    /// The outermost part: the message itself.
    pub fn root(&self) -> Part<'_, 'a> {
        Part { message: self, index: 0 }
    }

    /// Every part, the message itself first, each before the parts inside it.
    #[doc(alias = "walk")]
    pub fn parts(&self) -> impl DoubleEndedIterator<Item = Part<'_, 'a>> + ExactSizeIterator {
        (0..self.nodes.len() as u32).map(|index| Part { message: self, index })
    }

    /// The part with this [path](Part::path).
    pub fn part(&self, path: &str) -> Option<Part<'_, 'a>> {
        self.parts().find(|part| part.path() == path)
    }

    /// What is wrong with the structure: headers that break off, boundaries, encodings where none may be. For what is
    /// wrong within values and bodies too, [`examine`](Self::examine) it. No more than the first thousand are kept.
    pub fn defects(&self) -> &[Defect] {
        &self.defects
    }

    /// Reads every field and decodes every body, and reports all that is wrong, in the order of the message.
    pub fn examine(&self) -> Vec<Defect> {
        let mut defects = self.defects.clone();
        for part in self.parts() {
            let header = part.header();
            for field in header.iter() {
                defects.extend(field.examine(&self.limits));
            }
            if part.is_message_head() {
                for name in ONCE {
                    let again = header.fields(name).skip(1);
                    let start = |offset: u64| offset - name.len() as u64 - 1;
                    defects.extend(
                        again.map(|field| Defect { kind: DefectKind::DuplicateField, offset: start(field.offset()) }),
                    );
                }
            }
            part.examine_body(&mut defects);
        }
        defects.sort_by_key(|defect| (defect.offset, defect.kind));
        defects.dedup();
        defects
    }

    /// The first part with this Content-ID (without angle brackets).
    pub fn by_content_id(&self, id: &str) -> Option<Part<'_, 'a>> {
        self.parts().find(|part| part.header().content_id().is_some_and(|known| known.as_str() == id))
    }

    /// The part that a `cid:` or `mid:` URL (RFC 2392) means, or the one whose Content-Location this is (RFC 2557).
    pub fn resolve(&self, url: &str) -> Option<Part<'_, 'a>> {
        super::links::resolve(self, url)
    }
}

/// So many defects of a structure are kept, the first ones.
const DEFECTS: usize = 1000;

/// Fields that a message may have once (RFC 5322 3.6).
const ONCE: [&str; 11] =
    ["date", "from", "sender", "reply-to", "to", "cc", "bcc", "message-id", "in-reply-to", "references", "subject"];

impl MediaType<'static> {
    /// What a part is that says nothing, by where it stands (RFC 2045 5.2, RFC 2046 5.1.5).
    pub(super) const fn default_in(digest: bool) -> Self {
        if digest { Self::message() } else { Self::plain_text() }
    }
}
