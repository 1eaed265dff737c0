//! Forms as `multipart/form-data` (RFC 7578): fields and files, streamed in one pass with their length known beforehand.
//!
//! ```
//! use plainwire::net::http::form::Form;
//! use std::io::Read;
//!
//! let mut form = Form::new("boundary-of-my-own")?; // most take `Form::random()`
//! form.text("user", "ada")?;
//! form.bytes("picture", "p.png", "image/png", b"...".to_vec())?;
//! let (content_type, len, mut body) = form.into_body();
//! let mut all = Vec::new();
//! body.read_to_end(&mut all)?;
//! assert_eq!(content_type, "multipart/form-data; boundary=boundary-of-my-own");
//! assert_eq!(len, all.len() as u64);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`Request::multipart`](super::Request::multipart) sends one.

use super::Body;
use std::boxed::Box;
use std::format;
use std::io::{self, Cursor, Read};
use std::string::{String, ToString};
use std::vec::Vec;

/// A form being filled in.
pub struct Form {
    boundary: String,
    /// Each with its head, its content and the content's length.
    parts: Vec<(Vec<u8>, Content, u64)>,
}

enum Content {
    Octets(Vec<u8>),
    Reader(Box<dyn Read + Send>),
}

impl std::fmt::Debug for Form {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Form").field("boundary", &self.boundary).field("parts", &self.parts.len()).finish()
    }
}

/// A value that has no place in a form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FormError {
    /// The boundary is not 1 to 70 characters of those that need no quotes (RFC 2046 5.1.1).
    #[error("not a boundary")]
    Boundary,
    /// NUL in a name or file name.
    #[error("NUL in a name")]
    Name,
    /// The media type has characters that a field value has not.
    #[error("not a media type")]
    MediaType,
    /// The system has no random octets for a boundary.
    #[error("the system has no randomness")]
    Random,
}

impl Form {
    /// An empty form, with a boundary of 128 bits of the system's randomness.
    ///
    /// # Errors
    ///
    /// [`FormError::Random`] where the system has none.
    pub fn random() -> Result<Self, FormError> {
        let mut random = [0; 16];
        getrandom::fill(&mut random).map_err(|_| FormError::Random)?;
        Self::new(&Self::random_boundary(random))
    }

    /// An empty form with a boundary of the caller's. It must not occur in what is sent: where the caller has randomness of
    /// its own, [`random_boundary`](Self::random_boundary) makes one.
    ///
    /// # Errors
    ///
    /// [`FormError::Boundary`].
    pub fn new(boundary: &str) -> Result<Self, FormError> {
        let known = |octet: u8| octet.is_ascii_alphanumeric() || b"'+_-.".contains(&octet);
        if !(1..=70).contains(&boundary.len()) || !boundary.bytes().all(known) {
            return Err(FormError::Boundary);
        }
        Ok(Self { boundary: boundary.to_string(), parts: Vec::new() })
    }

    /// A boundary with 128 bits of randomness from `random`.
    pub fn random_boundary(random: [u8; 16]) -> String {
        format!("plainwire-{:032x}", u128::from_be_bytes(random))
    }

    /// A field with a text.
    ///
    /// # Errors
    ///
    /// [`FormError::Name`].
    pub fn text(&mut self, name: &str, value: &str) -> Result<(), FormError> {
        let head = format!("Content-Disposition: form-data; name=\"{}\"\r\n\r\n", escaped(name)?);
        self.push(head, Content::Octets(value.as_bytes().to_vec()), value.len() as u64);
        Ok(())
    }

    /// A file with its octets in hand.
    ///
    /// # Errors
    ///
    /// [`FormError::Name`], [`FormError::MediaType`].
    pub fn bytes(&mut self, name: &str, file_name: &str, media_type: &str, octets: Vec<u8>) -> Result<(), FormError> {
        let len = octets.len() as u64;
        self.file(name, file_name, media_type, Content::Octets(octets), len)
    }

    /// A file of `len` octets from a reader; should it give more or fewer, reading the body fails.
    ///
    /// # Errors
    ///
    /// [`FormError::Name`], [`FormError::MediaType`].
    pub fn reader(
        &mut self,
        name: &str,
        file_name: &str,
        media_type: &str,
        reader: Box<dyn Read + Send>,
        len: u64,
    ) -> Result<(), FormError> {
        self.file(name, file_name, media_type, Content::Reader(reader), len)
    }

    fn file(
        &mut self,
        name: &str,
        file_name: &str,
        media_type: &str,
        content: Content,
        len: u64,
    ) -> Result<(), FormError> {
        if media_type.is_empty() || !media_type.bytes().all(|octet| (b' '..=b'~').contains(&octet)) {
            return Err(FormError::MediaType);
        }
        let (name, file_name) = (escaped(name)?, escaped(file_name)?);
        let head = format!(
            "Content-Disposition: form-data; name=\"{name}\"; filename=\"{file_name}\"\r\nContent-Type: {media_type}\r\n\r\n"
        );
        self.push(head, content, len);
        Ok(())
    }

    fn push(&mut self, head: String, content: Content, len: u64) {
        let opening = format!("--{}\r\n{head}", self.boundary);
        self.parts.push((opening.into_bytes(), content, len));
    }

    fn media_type(&self) -> String {
        format!("multipart/form-data; boundary={}", self.boundary)
    }

    /// The media type, and the body as octets where all of them are in hand, so that it can be sent again.
    pub(super) fn into_request_body(self) -> (String, Body) {
        let content_type = self.media_type();
        if self.parts.iter().any(|(_, content, _)| matches!(content, Content::Reader(_))) {
            let (_, len, reader) = self.into_body();
            return (content_type, Body::Reader(reader, Some(len)));
        }
        let mut all = Vec::new();
        for (opening, content, _) in self.parts {
            all.extend_from_slice(&opening);
            if let Content::Octets(octets) = content {
                all.extend_from_slice(&octets);
            }
            all.extend_from_slice(b"\r\n");
        }
        all.extend_from_slice(format!("--{}--\r\n", self.boundary).as_bytes());
        (content_type, Body::from(all))
    }

    /// The media type, the length in octets, and the body.
    pub fn into_body(self) -> (String, u64, Box<dyn Read + Send>) {
        let content_type = self.media_type();
        let closing = format!("--{}--\r\n", self.boundary).into_bytes();
        let mut len = closing.len() as u64;
        let mut body: Box<dyn Read + Send> = Box::new(io::empty());
        for (opening, content, octets) in self.parts {
            len += opening.len() as u64 + octets + 2;
            let inner = match content {
                Content::Octets(octets) => Box::new(Cursor::new(octets)),
                Content::Reader(reader) => reader,
            };
            let exact = Exact { inner, left: octets };
            body = Box::new(body.chain(Cursor::new(opening)).chain(exact).chain(&b"\r\n"[..]));
        }
        (content_type, len, Box::new(body.chain(Cursor::new(closing))))
    }
}

/// As the HTML standard has it: quotes and line ends in a name are percent-encoded.
fn escaped(name: &str) -> Result<String, FormError> {
    if name.contains('\0') {
        return Err(FormError::Name);
    }
    Ok(name.replace('\r', "%0D").replace('\n', "%0A").replace('"', "%22"))
}

/// A reader held to its word.
struct Exact<R> {
    inner: R,
    left: u64,
}

impl<R: Read> Read for Exact<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        if self.left == 0 {
            let mut one = [0];
            return match self.inner.read(&mut one)? {
                0 => Ok(0),
                _ => Err(io::Error::new(io::ErrorKind::InvalidData, "a file grew while it was being sent")),
            };
        }
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        let len = self.inner.read(&mut buffer[..most])?;
        if len == 0 {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "a file shrank while it was being sent"));
        }
        self.left -= len as u64;
        Ok(len)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn octets_in_hand_are_what_a_reader_would_give() {
        let form = || {
            let mut form = Form::new("b").unwrap();
            form.text("a", "1").unwrap();
            form.bytes("f", "f.txt", "text/plain", b"x\r\ny".to_vec()).unwrap();
            form
        };
        let (media_type, len, mut reader) = form().into_body();
        let mut read = Vec::new();
        reader.read_to_end(&mut read).unwrap();
        let (same_type, body) = form().into_request_body();
        let Body::Bytes(bytes) = body else { panic!("{body:?}") };
        assert_eq!((media_type, len, read), (same_type, bytes.len() as u64, bytes.to_vec()));

        let mut streamed = form();
        streamed.reader("s", "s", "text/plain", Box::new(io::empty()), 0).unwrap();
        assert!(matches!(streamed.into_request_body().1, Body::Reader(_, Some(_))));
    }

    #[test]
    fn no_two_forms_have_the_same_boundary() {
        let boundary = || Form::random().unwrap().into_body().0;
        let first = boundary();
        assert!(first.starts_with("multipart/form-data; boundary=plainwire-"), "{first}");
        assert_ne!(first, boundary());
    }

    #[test]
    fn a_form_on_the_wire() {
        let mut form = Form::new("b").unwrap();
        form.text("a\"b", "1\r\n2").unwrap();
        form.bytes("f", "x\r\n.txt", "text/plain", b"data".to_vec()).unwrap();
        let (_, len, mut body) = form.into_body();
        let mut all = String::new();
        body.read_to_string(&mut all).unwrap();
        assert_eq!(
            all,
            "--b\r\nContent-Disposition: form-data; name=\"a%22b\"\r\n\r\n1\r\n2\r\n--b\r\n\
             Content-Disposition: form-data; name=\"f\"; filename=\"x%0D%0A.txt\"\r\nContent-Type: text/plain\r\n\r\ndata\r\n--b--\r\n"
        );
        assert_eq!(len, all.len() as u64);
    }

    #[test]
    fn a_reader_is_held_to_its_length() {
        for (len, kind) in [(3, io::ErrorKind::InvalidData), (5, io::ErrorKind::UnexpectedEof)] {
            let mut form = Form::new("b").unwrap();
            form.reader("f", "f", "text/plain", Box::new(&b"data"[..]), len).unwrap();
            let error = form.into_body().2.read_to_end(&mut Vec::new()).unwrap_err();
            assert_eq!(error.kind(), kind);
        }
    }

    #[test]
    fn what_would_forge_is_refused() {
        assert_eq!(Form::new("a\r\nb").err(), Some(FormError::Boundary));
        let mut form = Form::new("b").unwrap();
        assert_eq!(form.bytes("f", "f", "text/plain\r\nX: y", Vec::new()), Err(FormError::MediaType));
        assert_eq!(form.text("\0", ""), Err(FormError::Name));
    }
}
