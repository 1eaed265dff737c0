//! The parts of a message to be written.

use super::types;
use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use bytes::Bytes;
use core::fmt;

/// Where an attachment's octets come from when the message is written.
///
/// With the feature `std`, [`Attachment::from_reader`] makes one of anything that implements `std::io::Read`.
pub trait Source: Send {
    /// Reads into `buffer` and says how many octets; 0 is the end.
    ///
    /// # Errors
    ///
    /// Whatever the source failed with; the message can't be finished then.
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, SourceError>;

    /// Whether [`rewind`](Self::rewind) is implemented. It is not, unless said otherwise.
    fn rewinds(&self) -> bool {
        false
    }

    /// Goes back to where it began, so that the message can be written once more.
    ///
    /// # Errors
    ///
    /// It can't, or not now.
    fn rewind(&mut self) -> Result<(), SourceError> {
        Err(SourceError(Box::from("it can be read only once")))
    }
}

/// A source failed while the message was written.
#[derive(Debug, thiserror::Error)]
#[error("an attachment could not be read: {0}")]
pub struct SourceError(pub Box<dyn core::error::Error + Send + Sync>);

/// A file that goes along, or an image that the HTML shows, or an embedded message.
#[derive(Debug)]
pub struct Attachment {
    pub(super) file_name: Option<String>,
    pub(super) kind: Cow<'static, str>,
    pub(super) parameters: Vec<(&'static str, String)>,
    pub(super) content: Content,
    pub(super) inline: bool,
    pub(super) content_id: Option<String>,
    pub(super) description: Option<String>,
}

pub(super) enum Content {
    /// Text, whose line breaks are line breaks.
    Text(String),
    /// Octets, of which every one counts.
    Octets(Bytes),
    /// Octets to come, and how many, if that is known.
    Source(Box<dyn Source>, Option<u64>),
    /// A message that goes as it is.
    Message(Bytes),
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => write!(f, "Text({} octets)", text.len()),
            Self::Octets(octets) => write!(f, "Octets({} octets)", octets.len()),
            Self::Source(_, len) => write!(f, "Source({len:?} octets)"),
            Self::Message(octets) => write!(f, "Message({} octets)", octets.len()),
        }
    }
}

impl Attachment {
    /// A file from memory. Its type is guessed from the extension of its name.
    pub fn new(file_name: impl Into<String>, octets: impl Into<Bytes>) -> Self {
        Self::of(file_name.into(), Content::Octets(octets.into()))
    }

    /// A file that is read when the message is written, in pieces.
    pub fn from_source(file_name: impl Into<String>, source: impl Source + 'static) -> Self {
        Self::of(file_name.into(), Content::Source(Box::new(source), None))
    }

    /// A file that is read when the message is written, in pieces.
    #[cfg(feature = "std")]
    pub fn from_reader(file_name: impl Into<String>, reader: impl std::io::Read + Send + 'static) -> Self {
        Self::from_source(file_name, Reader(reader))
    }

    /// What `file` has from where it stands to its end, read in pieces each time that the message is written: a file of any
    /// size, of which only a piece is in memory at a time.
    ///
    /// # Errors
    ///
    /// It does not say where it stands and ends: a pipe does not, of which [`from_reader`](Self::from_reader) makes an
    /// attachment.
    ///
    /// ```
    /// use plainwire::mime::Attachment;
    /// use std::io::Cursor;
    ///
    /// let file = Cursor::new(b"%PDF-1.7 ..."); // or a File
    /// let attachment = Attachment::from_file("map.pdf", file)?;
    /// # let _ = attachment;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[cfg(feature = "std")]
    pub fn from_file(
        file_name: impl Into<String>,
        mut file: impl std::io::Read + std::io::Seek + Send + 'static,
    ) -> std::io::Result<Self> {
        let start = file.stream_position()?;
        let len = file.seek(std::io::SeekFrom::End(0))?.saturating_sub(start);
        file.seek(std::io::SeekFrom::Start(start))?;
        Ok(Self::from_source(file_name, Stored { reader: Reader(file), start }).with_len(len))
    }

    /// An embedded message, unchanged but for its line breaks, which become CRLF.
    pub fn message(octets: impl Into<Bytes>) -> Self {
        Self {
            file_name: None,
            kind: Cow::Borrowed("message/rfc822"),
            parameters: Vec::new(),
            content: Content::Message(octets.into()),
            inline: false,
            content_id: None,
            description: None,
        }
    }

    fn of(file_name: String, content: Content) -> Self {
        let kind = Cow::Borrowed(types::of_name(&file_name));
        Self {
            file_name: Some(file_name),
            kind,
            parameters: Vec::new(),
            content,
            inline: false,
            content_id: None,
            description: None,
        }
    }

    /// Says what it is, `image/png`, instead of guessing.
    #[must_use]
    pub fn with_type(mut self, kind: impl Into<String>) -> Self {
        self.kind = Cow::Owned(kind.into());
        self
    }

    /// Says which charset its octets are in. Text in UTF-8 that is given in memory says so by itself; other charsets, and
    /// text that is read only when the message is written, want to be named.
    #[must_use]
    pub fn with_charset(mut self, charset: impl Into<String>) -> Self {
        self.parameters.retain(|(name, _)| *name != "charset");
        self.parameters.push(("charset", charset.into()));
        self
    }

    /// Says how many octets a source will give, so that the length of the message is known beforehand. Where it gives
    /// another number, the message has another length.
    #[must_use]
    pub fn with_len(mut self, len: u64) -> Self {
        if let Content::Source(_, known) = &mut self.content {
            *known = Some(len);
        }
        self
    }

    /// To be shown where it stands, not offered as a file.
    #[must_use]
    pub fn inline(mut self) -> Self {
        self.inline = true;
        self
    }

    /// The identifier by which HTML shows it (`<img src="cid:…">`), without angle brackets: `logo@example.org`.
    #[must_use]
    pub fn with_content_id(mut self, id: impl Into<String>) -> Self {
        self.content_id = Some(id.into());
        self
    }

    /// The name it is offered under.
    #[must_use]
    pub fn with_file_name(mut self, name: impl Into<String>) -> Self {
        self.file_name = Some(name.into());
        self
    }

    /// A few words about it.
    #[must_use]
    pub fn with_description(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
        self
    }
}

/// A part of a message: a text, a file, or a multipart of further ones.
#[derive(Debug)]
pub struct Entity(pub(super) Node);

#[derive(Debug)]
pub(super) enum Node {
    Leaf { leaf: Box<Attachment>, disposed: bool },
    Multipart { subtype: Cow<'static, str>, parameters: Vec<(&'static str, String)>, parts: Vec<Entity> },
}

impl Entity {
    fn leaf(kind: &'static str, text: String) -> Self {
        let leaf = Attachment {
            file_name: None,
            kind: Cow::Borrowed(kind),
            parameters: Vec::new(),
            content: Content::Text(text),
            inline: true,
            content_id: None,
            description: None,
        };
        Self(Node::Leaf { leaf: Box::new(leaf), disposed: false })
    }

    /// Plain text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::leaf("text/plain", text.into())
    }

    /// HTML.
    pub fn html(html: impl Into<String>) -> Self {
        Self::leaf("text/html", html.into())
    }

    /// Text whose lines may flow: write it with [`flowed::write`](crate::mime::flowed::write).
    pub fn flowed(text: impl Into<String>) -> Self {
        let mut entity = Self::leaf("text/plain", text.into());
        if let Node::Leaf { leaf, .. } = &mut entity.0 {
            leaf.parameters.push(("format", String::from("flowed")));
        }
        entity
    }

    /// Text of another subtype, `text/calendar` for one.
    pub fn text_of(kind: impl Into<String>, text: impl Into<String>) -> Self {
        let mut entity = Self::leaf("text/plain", text.into());
        if let Node::Leaf { leaf, .. } = &mut entity.0 {
            leaf.kind = Cow::Owned(kind.into());
        }
        entity
    }

    /// A multipart: `mixed`, `alternative`, `related`, `digest`, `report` …
    pub fn multipart(subtype: impl Into<Cow<'static, str>>, parts: Vec<Self>) -> Self {
        Self(Node::Multipart { subtype: subtype.into(), parameters: Vec::new(), parts })
    }

    /// The same with a parameter of its Content-Type: `report-type` for one.
    #[must_use]
    pub fn with_parameter(mut self, name: &'static str, value: impl Into<String>) -> Self {
        match &mut self.0 {
            Node::Leaf { leaf, .. } => leaf.parameters.push((name, value.into())),
            Node::Multipart { parameters, .. } => parameters.push((name, value.into())),
        }
        self
    }
}

impl From<Attachment> for Entity {
    fn from(attachment: Attachment) -> Self {
        Self(Node::Leaf { leaf: Box::new(attachment), disposed: true })
    }
}

#[cfg(feature = "std")]
struct Reader<R>(R);

#[cfg(feature = "std")]
impl<R: std::io::Read + Send> Source for Reader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, SourceError> {
        loop {
            match self.0.read(buffer) {
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                read => return read.map_err(|error| SourceError(Box::new(error))),
            }
        }
    }
}

/// A reader that can go back to where it began.
#[cfg(feature = "std")]
struct Stored<R> {
    reader: Reader<R>,
    start: u64,
}

#[cfg(feature = "std")]
impl<R: std::io::Read + std::io::Seek + Send> Source for Stored<R> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, SourceError> {
        self.reader.read(buffer)
    }

    fn rewinds(&self) -> bool {
        true
    }

    fn rewind(&mut self) -> Result<(), SourceError> {
        let start = std::io::SeekFrom::Start(self.start);
        self.reader.0.seek(start).map(drop).map_err(|error| SourceError(Box::new(error)))
    }
}
