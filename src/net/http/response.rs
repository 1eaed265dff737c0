//! What was answered: a head, and a body to be read.

use super::Opener;
use super::coding::{Expansion, decoded};
use super::error::{Error, Wait, without_password};
use super::opener::Told;
use super::wire::{Both, Sending, Wire};
use crate::http1::{FieldValue, ResponseHead, Trailers, client::Event};
use crate::url::Url;
use bytes::{Buf, Bytes};
use std::boxed::Box;
use std::fs::File;
use std::io::{self, Read, Write};
use std::string::{String, ToString};
use std::time::{Duration, Instant};
use std::vec::Vec;

/// An answer. Its body is read from it by [`Read`], with the content codings undone.
///
/// Reading to the end gives the connection back for another request; dropping it earlier closes the connection.
pub struct Response {
    pub(super) head: ResponseHead,
    pub(super) url: Url,
    pub(super) history: Vec<(u16, Url)>,
    pub(super) informational: Vec<ResponseHead>,
    pub(super) body: Content,
    pub(super) coded: bool,
    /// Of the Digest that the request carried, if it did.
    pub(super) nonce: Option<String>,
    /// The proxy that was asked for the URL, and how.
    pub(super) by_proxy: Option<(String, Told)>,
}

impl core::fmt::Debug for Response {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Response")
            .field("status", &self.status())
            .field("url", &without_password(self.url.as_str()))
            .finish_non_exhaustive()
    }
}

impl Response {
    /// The status.
    pub fn status(&self) -> u16 {
        self.head.status().as_u16()
    }

    /// The reason phrase, which means nothing (RFC 9112 4), as text.
    pub fn reason(&self) -> String {
        String::from_utf8_lossy(self.head.reason()).into_owned()
    }

    /// With its content codings undone, where there is content.
    pub(super) fn decoded(mut self, undo: Option<Expansion>) -> Result<Self, Error> {
        match std::mem::replace(&mut self.body, Content::Read(Box::new(io::empty()))) {
            Content::Raw(raw) => {
                let undo = undo.filter(|_| !raw.is_over());
                (self.body, self.coded) = body(raw, &self.head, undo)?;
            }
            Content::Read(local) => self.body = Content::Read(local),
        }
        Ok(self)
    }

    /// The status is a 2xx.
    pub fn is_success(&self) -> bool {
        self.head.status().is_success()
    }

    /// The head as it came.
    pub fn head(&self) -> &ResponseHead {
        &self.head
    }

    /// The first field of a name, if its value is ASCII.
    #[doc(alias("header", "getheader"))]
    pub fn field(&self, name: &str) -> Option<&str> {
        self.head.fields().first(name).and_then(FieldValue::to_str)
    }

    /// The URL that was answered for: the last one, where there were redirects.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// The redirects that led here: each with its status and the URL that gave it.
    pub fn history(&self) -> &[(u16, Url)] {
        &self.history
    }

    /// The 1xx that came before the answer.
    pub fn informational(&self) -> &[ResponseHead] {
        &self.informational
    }

    /// The length of the body in octets, where it is known and no content coding was undone.
    pub fn length(&self) -> Option<u64> {
        if self.coded {
            return None;
        }
        self.field("content-length").and_then(|value| value.parse().ok())
    }

    /// This answer, if it is a 2xx.
    ///
    /// # Errors
    ///
    /// [`Error::Status`].
    #[doc(alias("error_for_status", "raise_for_status"))]
    pub fn success(self) -> Result<Self, Error> {
        if self.is_success() { Ok(self) } else { Err(Error::Status { status: self.status(), reason: self.reason() }) }
    }

    /// The whole body, if it is no longer than `limit` octets.
    ///
    /// # Errors
    ///
    /// What kept it from being read; [`Error::Coding`] where it is longer.
    pub fn bytes(mut self, limit: usize) -> Result<Vec<u8>, Error> {
        let mut all = Vec::new();
        let read = self.body.by_ref().take((limit as u64).saturating_add(1)).read_to_end(&mut all);
        read.map_err(from_io)?;
        if all.len() > limit {
            return Err(Error::Coding(io::Error::new(io::ErrorKind::FileTooLarge, "the body is longer than wanted")));
        }
        Ok(all)
    }

    /// The whole body as text, up to 64 MiB, by the charset that the answer names; a byte order mark counts for more, and
    /// without either it is UTF-8. What is not text in that charset becomes U+FFFD.
    ///
    /// # Errors
    ///
    /// As [`bytes`](Self::bytes).
    pub fn text(self) -> Result<String, Error> {
        let charset = self.field("content-type").and_then(charset).map(ToString::to_string);
        let all = self.bytes(64 << 20)?;
        let named = charset.and_then(|name| encoding_rs::Encoding::for_label(name.as_bytes()));
        let (text, _, _) = named.unwrap_or(encoding_rs::UTF_8).decode(&all);
        Ok(text.into_owned())
    }

    /// The whole body, up to 64 MiB, read as JSON; the text is UTF-8 (RFC 8259 8.1), whatever the answer says of its type.
    ///
    /// ```
    /// # use plainwire::net::{http::serve::{Answer, Begin, Serve}, pool, server::{Options, Port}};
    /// # use plainwire::net::http::Error;
    /// # let app = |_: &_| Begin::Answer(Answer::text(200, "{\"id\": 42}"));
    /// # let server = pool::start(vec![Port::bind("127.0.0.1:0", Serve::new(app))?], Options::default())?;
    /// # let url = format!("http://{}", server.addresses()[0]);
    /// #[derive(serde::Deserialize)]
    /// struct Item {
    ///     id: u32,
    /// }
    ///
    /// let item: Item = plainwire::net::http::get(&url)?.success()?.json()?;
    /// assert_eq!(item.id, 42);
    /// assert!(matches!(plainwire::net::http::get(&url)?.json::<Vec<u8>>(), Err(Error::Json(_))));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`bytes`](Self::bytes); [`Error::Json`] where it is no JSON, or other than what is wanted.
    #[cfg(feature = "json")]
    pub fn json<T: serde::de::DeserializeOwned>(self) -> Result<T, Error> {
        self.json_within(64 << 20)
    }

    /// As [`json`](Self::json), with a limit of the caller's, in octets.
    ///
    /// # Errors
    ///
    /// As [`json`](Self::json).
    #[cfg(feature = "json")]
    pub fn json_within<T: serde::de::DeserializeOwned>(self, limit: usize) -> Result<T, Error> {
        let all = self.bytes(limit)?;
        // RFC 8259 8.1: a byte order mark is not to be there, and may be passed over.
        let text = all.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&all);
        serde_json::from_slice(text).map_err(|error| Error::Json(Box::new(error)))
    }

    /// Writes the body to `sink`. Returns how many octets that were.
    ///
    /// A body without a content coding is written from the very buffer that it was received in.
    ///
    /// # Errors
    ///
    /// What kept it from being read, or [`Error::File`] from being written.
    pub fn copy_to(&mut self, sink: &mut (impl Write + ?Sized)) -> Result<u64, Error> {
        let mut total = 0;
        self.pour(&mut |octets| {
            total += octets.len() as u64;
            sink.write_all(octets).map_err(|source| Error::File { path: "writing the body".to_string(), source })
        })?;
        Ok(total)
    }

    /// Gives `take` the rest of the body, piece by piece, until it fails.
    pub(super) fn pour(&mut self, take: &mut dyn FnMut(&[u8]) -> Result<(), Error>) -> Result<(), Error> {
        let reader = match &mut self.body {
            Content::Raw(raw) => return raw.pour(take),
            Content::Read(reader) => reader,
        };
        let mut piece = std::vec![0; 64 << 10];
        loop {
            match reader.read(&mut piece) {
                Ok(0) => return Ok(()),
                Ok(len) => take(&piece[..len])?,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(from_io(error)),
            }
        }
    }
}

/// Where a body comes from.
#[expect(clippy::large_enum_variant, reason = "one is made for each response")]
pub(super) enum Content {
    /// The wire, as it is.
    Raw(Raw),
    /// A content coding that is undone, a file, octets in hand.
    Read(Box<dyn Read + Send>),
}

impl Read for Content {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Raw(raw) => raw.read(buffer),
            Self::Read(reader) => reader.read(buffer),
        }
    }
}

impl Read for Response {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.body.read(buffer)
    }
}

/// The error that a body's reader wrapped, or one of its coding.
pub(super) fn from_io(error: io::Error) -> Error {
    match error.downcast::<Error>() {
        Ok(error) => error,
        Err(error) => Error::Coding(error),
    }
}

/// The charset parameter of a media type.
fn charset(media_type: &str) -> Option<&str> {
    media_type.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("charset").then(|| value.trim().trim_matches('"'))
    })
}

/// The body as the content codings have it, or undone.
fn body(raw: Raw, head: &ResponseHead, undo: Option<Expansion>) -> Result<(Content, bool), Error> {
    let codings: Vec<_> = head.fields().all("content-encoding").filter_map(FieldValue::to_str).collect();
    let codings = codings.join(",");
    match undo {
        Some(expansion) if !codings.trim().is_empty() => {
            Ok((Content::Read(decoded(raw, &codings, expansion).map_err(Error::Coding)?), true))
        }
        _ => Ok((Content::Raw(raw), false)),
    }
}

/// The body as it comes off the wire.
pub(super) struct Raw {
    wire: Option<Wire>,
    opener: Opener,
    unsent: Option<Sending>,
    left: Bytes,
}

impl Raw {
    pub(super) fn new(wire: Wire, opener: Opener, unsent: Option<Sending>) -> Self {
        Self { wire: Some(wire), opener, unsent, left: Bytes::new() }
    }

    /// Nothing is to be read: takes the end, so that the connection is free at once.
    pub(super) fn finish(&mut self) -> Result<(), Error> {
        self.left = self.next()?.unwrap_or_default();
        Ok(())
    }

    /// Nothing is left of it.
    fn is_over(&self) -> bool {
        self.wire.is_none() && self.left.is_empty()
    }

    /// From now on it may take no longer than this.
    pub(super) fn hurry(&mut self, limit: Duration) {
        if let Some(wire) = &mut self.wire {
            wire.driver.deadline(Some(Instant::now() + limit));
        }
    }

    /// The next octets, or `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<Bytes>, Error> {
        let Some(wire) = &mut self.wire else { return Ok(None) };
        if let Some(sending) = &mut self.unsent
            && wire.driver.engine().sending()
        {
            let mut both = Both { sending, came: Vec::new(), ended: false };
            let outcome = wire.driver.run_until(&mut both, |_, both| !both.came.is_empty() || both.ended);
            let failed = both.failed();
            let (came, ended) = (both.came, both.ended);
            if let Some(error) = failed {
                self.wire = None;
                return Err(Error::Body(error));
            }
            if let Err(error) = outcome {
                return Err(self.lost(error));
            }
            if ended {
                self.release();
            }
            return Ok((!came.is_empty()).then(|| came.into()));
        }
        loop {
            match wire.driver.next() {
                Ok(Some(Event::Data(octets))) => return Ok(Some(octets)),
                Ok(Some(Event::End(trailers))) => {
                    told_trailers(&self.opener, &trailers);
                    self.release();
                    return Ok(None);
                }
                Ok(Some(_)) => {}
                Ok(None) => {
                    self.release();
                    return Ok(None);
                }
                Err(ended) => return Err(self.lost(ended)),
            }
        }
    }

    /// Gives `take` the rest of the body as slices of the buffer that it was received in.
    fn pour(&mut self, take: &mut dyn FnMut(&[u8]) -> Result<(), Error>) -> Result<(), Error> {
        let left = std::mem::take(&mut self.left);
        if !left.is_empty() {
            take(&left)?;
        }
        // While our own body still goes out, both have to move.
        while self.unsent.is_some() && self.wire.as_ref().is_some_and(|wire| wire.driver.engine().sending()) {
            let Some(octets) = self.next()? else { return Ok(()) };
            take(&octets)?;
        }
        let Some(wire) = &mut self.wire else { return Ok(()) };
        let opener = &self.opener;
        let told = wire.driver.until(|_, event, _| match event {
            Event::Data(octets) => take(octets).err().map(Err),
            Event::End(trailers) => {
                told_trailers(opener, &trailers);
                Some(Ok(()))
            }
            _ => None,
        });
        match told {
            Ok(Ok(())) | Err(crate::net::Ended::Closed) => {
                self.release();
                Ok(())
            }
            Ok(Err(error)) => {
                // What is left of the body is nobody's, and so is the connection.
                self.wire = None;
                Err(error)
            }
            Err(ended) => Err(self.lost(ended)),
        }
    }

    fn lost(&mut self, ended: crate::net::Ended<crate::http1::Error>) -> Error {
        match self.wire.take() {
            Some(wire) => wire.error(ended, Wait::Body),
            None => Error::Empty,
        }
    }

    /// The body is whole: the connection may serve another request.
    fn release(&mut self) {
        if let Some(mut wire) = self.wire.take()
            && wire.is_reusable()
        {
            wire.driver.deadline(None);
            wire.used = true;
            self.opener.keep(wire);
        }
    }
}

impl Read for Raw {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        if self.left.is_empty() {
            match self.next().map_err(io::Error::other)? {
                Some(octets) => self.left = octets,
                None => return Ok(0),
            }
        }
        let len = buffer.len().min(self.left.len());
        self.left.copy_to_slice(&mut buffer[..len]);
        Ok(len)
    }
}

fn told_trailers<B: AsRef<[u8]>>(opener: &Opener, trailers: &Trailers<B>) {
    for field in trailers.fields() {
        opener.trace(&|| std::format!("< {}: {}", field.name, String::from_utf8_lossy(field.value.as_ref())));
    }
}

/// The head of an answer that no server gave: for `data:` and `file:` URLs.
pub(super) fn local(url: Url, media_type: &str, octets: Local) -> Result<Response, Error> {
    let unsayable = |error: crate::http1::Invalid| Error::Unsayable(error.to_string());
    let (len, body): (u64, Box<dyn Read + Send>) = match octets {
        Local::Bytes(octets) => (octets.len() as u64, Box::new(io::Cursor::new(octets))),
        Local::File(file, len) => (len, Box::new(file)),
    };
    let head = ResponseHead::new(crate::http1::StatusCode::OK)
        .with("Content-Type", media_type)
        .and_then(|head| head.with("Content-Length", len.to_string()))
        .map_err(unsayable)?;
    let body = Content::Read(body);
    Ok(Response {
        head,
        url,
        history: Vec::new(),
        informational: Vec::new(),
        body,
        coded: false,
        nonce: None,
        by_proxy: None,
    })
}

/// What a local URL names.
pub(super) enum Local {
    Bytes(Vec<u8>),
    File(File, u64),
}
