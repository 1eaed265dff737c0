//! Methods, status codes and versions: values that are valid once they exist.

use super::error::{Invalid, What};
use super::syntax::{TOKEN, stray};
use core::fmt;

/// A request method (RFC 9110 9): any token, compared with its case.
///
/// ```
/// use plainwire::http1::Method;
///
/// assert!(Method::GET.is_safe());
/// assert!(Method::new("PURGE").is_ok());
/// assert!(Method::new("GET /\r\nX:").is_err());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Method<'a>(&'a str);

impl Method<'static> {
    /// RFC 9110 9.3.1.
    pub const GET: Self = Method("GET");
    /// RFC 9110 9.3.2: as GET, and the response has no content.
    pub const HEAD: Self = Method("HEAD");
    /// RFC 9110 9.3.3.
    pub const POST: Self = Method("POST");
    /// RFC 9110 9.3.4.
    pub const PUT: Self = Method("PUT");
    /// RFC 9110 9.3.5.
    pub const DELETE: Self = Method("DELETE");
    /// RFC 9110 9.3.6: a tunnel to the authority that is the target.
    pub const CONNECT: Self = Method("CONNECT");
    /// RFC 9110 9.3.7: of a resource, or with the target `*` of the server.
    pub const OPTIONS: Self = Method("OPTIONS");
    /// RFC 9110 9.3.8.
    pub const TRACE: Self = Method("TRACE");
    /// RFC 5789.
    pub const PATCH: Self = Method("PATCH");
}

impl<'a> Method<'a> {
    /// A method by its name; [`Invalid`] where it is no token.
    pub fn new(name: &'a str) -> Result<Self, Invalid> {
        match stray(name.as_bytes(), TOKEN) {
            Some(at) => Err(Invalid::new(What::Method, at)),
            None if name.is_empty() => Err(Invalid::new(What::Method, 0)),
            None => Ok(Self(name)),
        }
    }

    /// A method that was read as a token.
    pub(super) fn from_wire(token: &'a [u8]) -> Self {
        Self(core::str::from_utf8(token).unwrap_or_default())
    }

    /// Its name.
    pub const fn as_str(self) -> &'a str {
        self.0
    }

    /// The request asks for no change (RFC 9110 9.2.1).
    pub fn is_safe(self) -> bool {
        matches!(self.0, "GET" | "HEAD" | "OPTIONS" | "TRACE")
    }

    /// Asking twice does no more than asking once (RFC 9110 9.2.2), so the request may be sent again after a failure,
    /// and others may be sent behind it before it is answered (RFC 9112 9.3.2). A method that is not of RFC 9110 is not
    /// known to be so.
    pub fn is_idempotent(self) -> bool {
        self.is_safe() || matches!(self.0, "PUT" | "DELETE")
    }

    /// A request of this method is expected to have content, so that an empty one says `Content-Length: 0`
    /// (RFC 9110 8.6).
    pub(super) fn anticipates_content(self) -> bool {
        matches!(self.0, "POST" | "PUT" | "PATCH")
    }
}

impl fmt::Display for Method<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl PartialEq<str> for Method<'_> {
    fn eq(&self, other: &str) -> bool {
        self.0 == other
    }
}

impl PartialEq<&str> for Method<'_> {
    fn eq(&self, other: &&str) -> bool {
        self.0 == *other
    }
}

/// A status code (RFC 9110 15): three digits, of which the first is not 0.
///
/// RFC 9110 gives meaning to 100 to 599. A larger one is read, since servers send them, and is to be treated as a 5xx.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StatusCode(u16);

impl StatusCode {
    /// A status code from 100 to 999; [`Invalid`] for any other number.
    pub const fn new(code: u16) -> Result<Self, Invalid> {
        if code >= 100 && code <= 999 { Ok(Self(code)) } else { Err(Invalid::new(What::Status, 0)) }
    }

    /// As a number.
    pub const fn as_u16(self) -> u16 {
        self.0
    }

    /// 1xx: not the answer yet (RFC 9110 15.2).
    pub const fn is_informational(self) -> bool {
        self.0 < 200
    }

    /// 2xx (RFC 9110 15.3).
    pub const fn is_success(self) -> bool {
        self.0 >= 200 && self.0 < 300
    }

    /// 3xx (RFC 9110 15.4).
    pub const fn is_redirection(self) -> bool {
        self.0 >= 300 && self.0 < 400
    }

    /// 4xx (RFC 9110 15.5).
    pub const fn is_client_error(self) -> bool {
        self.0 >= 400 && self.0 < 500
    }

    /// 5xx (RFC 9110 15.6), and whatever lies above.
    pub const fn is_server_error(self) -> bool {
        self.0 >= 500
    }

    /// A response with this status never has content (RFC 9112 6.3 (1)): 1xx, 204, 304.
    pub const fn is_bodiless(self) -> bool {
        self.0 < 200 || self.0 == 204 || self.0 == 304
    }

    pub(super) fn digits(self) -> [u8; 3] {
        [b'0' + (self.0 / 100) as u8, b'0' + (self.0 / 10 % 10) as u8, b'0' + (self.0 % 10) as u8]
    }
}

macro_rules! statuses {
    ($($code:literal $name:ident $reason:literal;)*) => {
        impl StatusCode {
            $(#[doc = concat!(stringify!($code), " ", $reason, ".")] pub const $name: Self = Self($code);)*

            /// The reason phrase that the registry gives it, or nothing for a code that is not registered.
            pub const fn reason(self) -> &'static str {
                match self.0 { $($code => $reason,)* _ => "" }
            }
        }
    };
}

// RFC 9110 15, and the others of the IANA registry.
statuses! {
    100 CONTINUE "Continue";
    101 SWITCHING_PROTOCOLS "Switching Protocols";
    102 PROCESSING "Processing";
    103 EARLY_HINTS "Early Hints";
    200 OK "OK";
    201 CREATED "Created";
    202 ACCEPTED "Accepted";
    203 NON_AUTHORITATIVE_INFORMATION "Non-Authoritative Information";
    204 NO_CONTENT "No Content";
    205 RESET_CONTENT "Reset Content";
    206 PARTIAL_CONTENT "Partial Content";
    207 MULTI_STATUS "Multi-Status";
    208 ALREADY_REPORTED "Already Reported";
    226 IM_USED "IM Used";
    300 MULTIPLE_CHOICES "Multiple Choices";
    301 MOVED_PERMANENTLY "Moved Permanently";
    302 FOUND "Found";
    303 SEE_OTHER "See Other";
    304 NOT_MODIFIED "Not Modified";
    305 USE_PROXY "Use Proxy";
    307 TEMPORARY_REDIRECT "Temporary Redirect";
    308 PERMANENT_REDIRECT "Permanent Redirect";
    400 BAD_REQUEST "Bad Request";
    401 UNAUTHORIZED "Unauthorized";
    402 PAYMENT_REQUIRED "Payment Required";
    403 FORBIDDEN "Forbidden";
    404 NOT_FOUND "Not Found";
    405 METHOD_NOT_ALLOWED "Method Not Allowed";
    406 NOT_ACCEPTABLE "Not Acceptable";
    407 PROXY_AUTHENTICATION_REQUIRED "Proxy Authentication Required";
    408 REQUEST_TIMEOUT "Request Timeout";
    409 CONFLICT "Conflict";
    410 GONE "Gone";
    411 LENGTH_REQUIRED "Length Required";
    412 PRECONDITION_FAILED "Precondition Failed";
    413 CONTENT_TOO_LARGE "Content Too Large";
    414 URI_TOO_LONG "URI Too Long";
    415 UNSUPPORTED_MEDIA_TYPE "Unsupported Media Type";
    416 RANGE_NOT_SATISFIABLE "Range Not Satisfiable";
    417 EXPECTATION_FAILED "Expectation Failed";
    421 MISDIRECTED_REQUEST "Misdirected Request";
    422 UNPROCESSABLE_CONTENT "Unprocessable Content";
    423 LOCKED "Locked";
    424 FAILED_DEPENDENCY "Failed Dependency";
    425 TOO_EARLY "Too Early";
    426 UPGRADE_REQUIRED "Upgrade Required";
    428 PRECONDITION_REQUIRED "Precondition Required";
    429 TOO_MANY_REQUESTS "Too Many Requests";
    431 REQUEST_HEADER_FIELDS_TOO_LARGE "Request Header Fields Too Large";
    451 UNAVAILABLE_FOR_LEGAL_REASONS "Unavailable For Legal Reasons";
    500 INTERNAL_SERVER_ERROR "Internal Server Error";
    501 NOT_IMPLEMENTED "Not Implemented";
    502 BAD_GATEWAY "Bad Gateway";
    503 SERVICE_UNAVAILABLE "Service Unavailable";
    504 GATEWAY_TIMEOUT "Gateway Timeout";
    505 HTTP_VERSION_NOT_SUPPORTED "HTTP Version Not Supported";
    506 VARIANT_ALSO_NEGOTIATES "Variant Also Negotiates";
    507 INSUFFICIENT_STORAGE "Insufficient Storage";
    508 LOOP_DETECTED "Loop Detected";
    511 NETWORK_AUTHENTICATION_REQUIRED "Network Authentication Required";
}

impl fmt::Display for StatusCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl PartialEq<u16> for StatusCode {
    fn eq(&self, other: &u16) -> bool {
        self.0 == *other
    }
}

/// What a message said of its version (RFC 9110 2.5). The major version is always 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Version {
    minor: u8,
}

impl Version {
    /// HTTP/1.0 (RFC 1945).
    pub const HTTP_10: Self = Self { minor: 0 };
    /// HTTP/1.1 (RFC 9112).
    pub const HTTP_11: Self = Self { minor: 1 };

    /// The minor version, a single digit. Above 1 a message is processed as HTTP/1.1 (RFC 9110 2.5).
    pub const fn minor(self) -> u8 {
        self.minor
    }

    pub(super) const fn from_digit(digit: u8) -> Self {
        Self { minor: digit.wrapping_sub(b'0') }
    }
}

impl fmt::Display for Version {
    /// As a message spells it: `HTTP/1.1`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HTTP/1.{}", self.minor)
    }
}
