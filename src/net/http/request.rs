//! What is asked for: method, URL, fields, body.

use super::Error;
use super::auth::{Credentials, bearer};
use super::error::without_password;
use super::form::Form;
use crate::http1::{FieldName, FieldValue, Method};
use crate::url::Url;
use bytes::Bytes;
use std::boxed::Box;
use std::format;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::string::{String, ToString};
use std::vec::Vec;

/// The body of a request.
#[derive(Default)]
#[non_exhaustive]
pub enum Body {
    /// None.
    #[default]
    Empty,
    /// Octets in hand; they can be sent again.
    Bytes(Bytes),
    /// A file from its present position to its end; it can be sent again.
    File(File),
    /// A reader, with its length in octets where that is known; without, it goes in chunks. It can be sent once only.
    Reader(Box<dyn Read + Send>, Option<u64>),
}

impl core::fmt::Debug for Body {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Empty => f.write_str("Empty"),
            Self::Bytes(bytes) => write!(f, "Bytes({} octets)", bytes.len()),
            Self::File(_) => f.write_str("File"),
            Self::Reader(_, len) => write!(f, "Reader({len:?})"),
        }
    }
}

impl Body {
    /// A body that can be sent again if need be, and this one.
    pub(super) fn again(&self) -> io::Result<Option<Self>> {
        Ok(match self {
            Self::Empty => Some(Self::Empty),
            Self::Bytes(bytes) => Some(Self::Bytes(bytes.clone())),
            Self::File(file) => Some(Self::File(file.try_clone()?)),
            Self::Reader(..) => None,
        })
    }

    /// The length in octets, where it is known before sending. For a file, from its present position.
    pub(super) fn len(&mut self) -> io::Result<Option<u64>> {
        Ok(match self {
            Self::Empty => Some(0),
            Self::Bytes(bytes) => Some(bytes.len() as u64),
            Self::File(file) => Some(file.metadata()?.len().saturating_sub(file.stream_position()?)),
            Self::Reader(_, len) => *len,
        })
    }
}

impl From<Vec<u8>> for Body {
    fn from(octets: Vec<u8>) -> Self {
        Self::Bytes(octets.into())
    }
}

impl From<String> for Body {
    fn from(text: String) -> Self {
        Self::Bytes(text.into())
    }
}

impl From<&'static str> for Body {
    fn from(text: &'static str) -> Self {
        Self::Bytes(Bytes::from_static(text.as_bytes()))
    }
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        Self::Bytes(bytes)
    }
}

impl From<File> for Body {
    fn from(file: File) -> Self {
        Self::File(file)
    }
}

/// A request, valid as far as it is built: a field that would forge a line is refused when it is added.
///
/// ```
/// use plainwire::net::http::Request;
///
/// let request = Request::post("https://api.example/items")?
///     .field("Accept", "application/json")?
///     .json("{\"name\":\"x\"}".to_string());
/// assert!(Request::get("https://api.example/")?.field("X-A", "a\r\nX-B: b").is_err());
/// # Ok::<(), plainwire::net::http::Error>(())
/// ```
pub struct Request {
    pub(super) method: String,
    pub(super) url: Url,
    /// Values are octets (RFC 9110 5.5).
    pub(super) fields: Vec<(String, Vec<u8>)>,
    pub(super) body: Body,
    /// The position of a file body when the request was made, so that it can be sent again.
    pub(super) position: u64,
    pub(super) expect: Option<bool>,
    pub(super) credentials: Option<Credentials>,
    /// `OPTIONS *`
    pub(super) asterisk: bool,
    /// Fields that would be added and are not wanted, in lower case.
    pub(super) unwanted: Vec<String>,
    /// A redirect led to another origin: what was given for any host was given for the first.
    pub(super) redirected: bool,
    /// Its `Authorization` is an answer to a challenge, good for this URL alone.
    pub(super) answers: bool,
}

/// Field values may be secrets, and are left out.
impl core::fmt::Debug for Request {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let names: Vec<_> = self.fields.iter().map(|(name, _)| name).collect();
        f.debug_struct("Request")
            .field("method", &self.method)
            .field("url", &without_password(self.url.as_str()))
            .field("fields", &names)
            .field("body", &self.body)
            .finish_non_exhaustive()
    }
}

impl Request {
    /// A request with any method.
    ///
    /// # Errors
    ///
    /// [`Error::Url`], [`Error::Unsayable`] for a method that is no token.
    pub fn new(method: &str, url: &str) -> Result<Self, Error> {
        let parsed =
            Url::parse(url).map_err(|error| Error::Url { url: without_password(url), reason: error.to_string() })?;
        Self::to(method, parsed)
    }

    /// As [`new`](Self::new) for a URL that is parsed already.
    ///
    /// # Errors
    ///
    /// [`Error::Unsayable`] for a method that is no token.
    pub fn to(method: &str, url: Url) -> Result<Self, Error> {
        let method = Method::new(method).map_err(|error| Error::Unsayable(error.to_string()))?.as_str().to_string();
        Ok(Self {
            method,
            url,
            fields: Vec::new(),
            body: Body::Empty,
            position: 0,
            expect: None,
            credentials: None,
            asterisk: false,
            unwanted: Vec::new(),
            redirected: false,
            answers: false,
        })
    }

    /// GET.
    ///
    /// # Errors
    ///
    /// [`Error::Url`].
    pub fn get(url: &str) -> Result<Self, Error> {
        Self::new("GET", url)
    }

    /// HEAD.
    ///
    /// # Errors
    ///
    /// [`Error::Url`].
    pub fn head(url: &str) -> Result<Self, Error> {
        Self::new("HEAD", url)
    }

    /// POST, with a body yet to be given.
    ///
    /// # Errors
    ///
    /// [`Error::Url`].
    pub fn post(url: &str) -> Result<Self, Error> {
        Self::new("POST", url)
    }

    /// PUT, with a body yet to be given.
    ///
    /// # Errors
    ///
    /// [`Error::Url`].
    pub fn put(url: &str) -> Result<Self, Error> {
        Self::new("PUT", url)
    }

    /// DELETE.
    ///
    /// # Errors
    ///
    /// [`Error::Url`].
    pub fn delete(url: &str) -> Result<Self, Error> {
        Self::new("DELETE", url)
    }

    /// PATCH, with a body yet to be given.
    ///
    /// # Errors
    ///
    /// [`Error::Url`].
    pub fn patch(url: &str) -> Result<Self, Error> {
        Self::new("PATCH", url)
    }

    /// Adds a field; an equal name does not replace one that is there.
    ///
    /// # Errors
    ///
    /// [`Error::Unsayable`] for a name that is no token, or a value with a line end, NUL or another control in it; and
    /// for the fields that say how the message is framed, which are this crate's to say. Of `Connection` only `close` and
    /// `keep-alive` are the caller's.
    #[doc(alias("header", "add_header"))]
    pub fn field(mut self, name: &str, value: impl AsRef<[u8]>) -> Result<Self, Error> {
        self.push(name, value)?;
        Ok(self)
    }

    /// As [`field`](Self::field), for a request that is lent: a [`Layer`](super::Layer)'s.
    ///
    /// # Errors
    ///
    /// As [`field`](Self::field); nothing is added then.
    pub fn push(&mut self, name: &str, value: impl AsRef<[u8]>) -> Result<(), Error> {
        let value = value.as_ref();
        const OURS: [&str; 3] = ["content-length", "transfer-encoding", "connection"];
        let lasts =
            ["close", "keep-alive"].iter().any(|option| value.trim_ascii().eq_ignore_ascii_case(option.as_bytes()));
        let allowed = lasts && name.eq_ignore_ascii_case("connection");
        if !allowed && OURS.iter().any(|ours| name.eq_ignore_ascii_case(ours)) {
            return Err(Error::Unsayable(format!("{name} is said by the framing itself")));
        }
        let unsayable = |what: &str, error: &dyn core::fmt::Display| Error::Unsayable(format!("field {what}: {error}"));
        FieldName::new(name).map_err(|error| unsayable("name", &error))?;
        FieldValue::new(value).map_err(|error| unsayable(name, &error))?;
        self.fields.push((name.to_string(), value.to_vec()));
        Ok(())
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.fields.iter().any(|(known, _)| known.eq_ignore_ascii_case(name))
    }

    pub(super) fn remove(&mut self, name: &str) {
        self.fields.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
    }

    /// Without a field that would be added otherwise: `User-Agent`, `Accept`, `Accept-Encoding`, `Expect`.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.remove(name);
        self.unwanted.push(name.to_ascii_lowercase());
        self
    }

    /// `OPTIONS` of the server as a whole: the target is `*` whatever the URL's path is (RFC 9112 3.2.4).
    #[must_use]
    pub fn asterisk(mut self) -> Self {
        self.asterisk = true;
        self
    }

    /// A field of this name is there, or was declined by [`without`](Self::without).
    pub fn names(&self, name: &str) -> bool {
        !self.lacks(name)
    }

    /// A field that is not there yet and not unwanted is to be added.
    pub(super) fn lacks(&self, name: &str) -> bool {
        !self.has(name) && !self.unwanted.iter().any(|unwanted| unwanted.eq_ignore_ascii_case(name))
    }

    /// The body, and nothing said of its type.
    #[must_use]
    pub fn body(mut self, body: impl Into<Body>) -> Self {
        self.body = body.into();
        if let Body::File(file) = &mut self.body {
            self.position = file.stream_position().unwrap_or(0);
        }
        self
    }

    /// A body from a reader: with its length, or in chunks.
    #[must_use]
    pub fn reader(self, reader: impl Read + Send + 'static, len: Option<u64>) -> Self {
        self.body(Body::Reader(Box::new(reader), len))
    }

    /// A body of JSON text.
    #[must_use]
    pub fn json(self, text: String) -> Self {
        self.typed("application/json", text)
    }

    /// A body of name and value pairs, as HTML forms send them.
    #[must_use]
    pub fn form<'p>(self, pairs: impl IntoIterator<Item = (&'p str, &'p str)>) -> Self {
        let mut text = String::new();
        for (name, value) in pairs {
            if !text.is_empty() {
                text.push('&');
            }
            text += &form_encoded(name);
            text.push('=');
            text += &form_encoded(value);
        }
        self.typed("application/x-www-form-urlencoded", text)
    }

    /// A form with files.
    ///
    /// ```
    /// use plainwire::net::http::{Request, form::Form};
    ///
    /// let mut form = Form::random()?;
    /// form.text("title", "a picture")?;
    /// form.bytes("picture", "p.png", "image/png", b"\x89PNG".to_vec())?;
    /// let request = Request::post("https://example.com/upload")?.multipart(form);
    /// # Ok::<(), plainwire::net::http::Error>(())
    /// ```
    ///
    /// A form with a [reader](Form::reader) can be sent once: where a log-in is asked for, have it sent
    /// [at once](super::Opener::preemptive).
    #[must_use]
    pub fn multipart(self, form: Form) -> Self {
        let (content_type, body) = form.into_request_body();
        self.typed(&content_type, body)
    }

    fn typed(mut self, content_type: &str, body: impl Into<Body>) -> Self {
        if !self.has("content-type") {
            // Media types made here hold nothing that a field value may not.
            let _said = self.push("Content-Type", content_type);
        }
        self.body(body)
    }

    /// A user and a password for this request, for whichever scheme the server asks for.
    #[must_use]
    pub fn credentials(mut self, credentials: Credentials) -> Self {
        self.credentials = Some(credentials);
        self
    }

    /// A bearer token (RFC 6750).
    ///
    /// # Errors
    ///
    /// [`Error::Unsayable`] where it is none.
    pub fn bearer(self, token: &str) -> Result<Self, Error> {
        let value = bearer(token)?;
        self.field("Authorization", &value)
    }

    /// Whether to wait for `100 Continue` before the body (RFC 9110 10.1.1). Unless it is said here, bodies over 1 MiB
    /// and bodies of unknown length wait.
    #[must_use]
    pub fn expect_continue(mut self, wait: bool) -> Self {
        self.expect = Some(wait);
        self
    }

    /// The method.
    pub fn method(&self) -> &str {
        &self.method
    }

    /// The URL.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// The same request once more, if its body can be sent again.
    pub(super) fn again(&self) -> Result<Self, Error> {
        let mut body = self.body.again().map_err(Error::Body)?.ok_or(Error::Again)?;
        if let Body::File(file) = &mut body {
            file.seek(SeekFrom::Start(self.position)).map_err(Error::Body)?;
        }
        Ok(Self { body, ..self.without_body() })
    }

    /// What was asked for is at another URL. Credentials are for the origin they were given for, and an answer to a
    /// challenge is for the URL that it names (RFC 7616 3.4).
    pub(super) fn move_to(&mut self, url: Url) {
        if core::mem::take(&mut self.answers) {
            self.remove("authorization");
        }
        if !url.origin().is_same(&self.url.origin()) {
            for name in ["authorization", "cookie", "proxy-authorization", "host"] {
                self.remove(name);
            }
            self.credentials = None;
            self.redirected = true;
        }
        self.url = url;
    }

    /// The same request less its body.
    pub(super) fn without_body(&self) -> Self {
        Self {
            method: self.method.clone(),
            url: self.url.clone(),
            fields: self.fields.clone(),
            body: Body::Empty,
            position: self.position,
            expect: self.expect,
            credentials: self.credentials.clone(),
            asterisk: self.asterisk,
            unwanted: self.unwanted.clone(),
            redirected: self.redirected,
            answers: self.answers,
        }
    }
}

/// As the URL standard's serialiser of forms: spaces as `+`, everything but `*-._` and alphanumerics percent-encoded.
fn form_encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for octet in text.bytes() {
        match octet {
            b' ' => out.push('+'),
            b'*' | b'-' | b'.' | b'_' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => out.push(char::from(octet)),
            _ => out += &format!("%{octet:02X}"),
        }
    }
    out
}
