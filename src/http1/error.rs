//! What the peer did wrong, what the caller did wrong, and why a connection can't be used again.

use super::value::StatusCode;
use core::fmt;

/// What the peer did wrong, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[error("{kind}, at octet {offset}")]
pub struct Error {
    /// What is wrong.
    pub kind: ErrorKind,
    /// Where, in octets from the start of the connection's stream (for the functions that parse one head: of its input).
    pub offset: u64,
}

impl Error {
    /// What a server answers. The engine has written it already where an answer was still owed; a client writes nothing.
    ///
    /// `None` where no answer makes sense: the peer is gone, or what is wrong is a response.
    pub const fn reply(&self) -> Option<StatusCode> {
        self.kind.reply()
    }
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident $word:literal $text:literal $reply:expr;)*) => {
        /// What can be wrong with what a peer sends.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum ErrorKind { $($(#[$doc])* $name,)* }

        impl ErrorKind {
            /// A word for programs, which never changes: `bare-lf`.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $word,)* }
            }

            /// What a server answers to it.
            pub const fn reply(self) -> Option<StatusCode> {
                match self { $(Self::$name => $reply,)* }
            }

            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];
        }

        impl fmt::Display for ErrorKind {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self { $(Self::$name => $text,)* })
            }
        }
    };
}

const BAD: Option<StatusCode> = Some(StatusCode::BAD_REQUEST);
const LARGE: Option<StatusCode> = Some(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE);

kinds! {
    /// The request line is not `method SP target SP version` with single spaces (RFC 9112 3).
    BadRequestLine "bad-request-line" "a request line that is not method, target and version" BAD;
    /// The method is no token (RFC 9110 9.1).
    BadMethod "bad-method" "a method that is no token" BAD;
    /// The target is of no form that its method allows, or holds what no target may (RFC 9112 3.2).
    BadTarget "bad-target" "a target that is of no form its method allows" BAD;
    /// Not `HTTP/1.` and a digit (RFC 9112 2.3).
    BadVersion "bad-version" "a version that is not HTTP/1.x" BAD;
    /// A major version other than 1 (RFC 9110 15.6.6).
    UnsupportedVersion "unsupported-version" "a version of HTTP other than 1"
        Some(StatusCode::HTTP_VERSION_NOT_SUPPORTED);
    /// The status line is not `version SP 3DIGIT SP reason` (RFC 9112 4).
    BadStatusLine "bad-status-line" "a status line that is not version, code and reason" None;
    /// The start line is longer than its limit (RFC 9112 3: 414).
    StartLineTooLong "start-line-too-long" "a start line longer than its limit" Some(StatusCode::URI_TOO_LONG);
    /// A line ends in LF alone (RFC 9112 2.2).
    BareLf "bare-lf" "a line that ends in LF without CR" BAD;
    /// A CR that no LF follows (RFC 9112 2.2).
    BareCr "bare-cr" "a CR without LF" BAD;
    /// Whitespace between the start line and the first field (RFC 9112 2.2).
    LeadingSpace "leading-space" "whitespace before the first field" BAD;
    /// A field line that is continued on the next line (RFC 9112 5.2).
    ObsFold "obs-fold" "a folded field line" BAD;
    /// A field name that is empty or no token (RFC 9110 5.1).
    BadFieldName "bad-field-name" "a field name that is no token" BAD;
    /// A field line without a colon (RFC 9112 5).
    NoColon "no-colon" "a field line without a colon" BAD;
    /// Whitespace between a field name and its colon (RFC 9112 5.1).
    SpaceBeforeColon "space-before-colon" "whitespace between a field name and its colon" BAD;
    /// A control character in a field value (RFC 9110 5.5).
    BadFieldValue "bad-field-value" "a control character in a field value" BAD;
    /// A field line is longer than its limit.
    FieldTooLong "field-too-long" "a field line longer than its limit" LARGE;
    /// More field lines than the limit.
    TooManyFields "too-many-fields" "more field lines than the limit" LARGE;
    /// The head as a whole is longer than its limit.
    HeadTooLong "head-too-long" "a head longer than its limit" LARGE;
    /// An HTTP/1.1 request without `Host` (RFC 9112 3.2).
    NoHost "no-host" "a request without Host" BAD;
    /// A request with more than one `Host` line (RFC 9112 3.2).
    RepeatedHost "repeated-host" "more than one Host" BAD;
    /// A `Host` that is no host and port (RFC 9112 3.2).
    BadHost "bad-host" "a Host that is no host and port" BAD;
    /// A `Content-Length` that is not a number, or not one below 2^64 (RFC 9112 6.3 (5)).
    BadLength "bad-content-length" "a Content-Length that is no number" BAD;
    /// More than one `Content-Length`, equal or not (RFC 9112 6.3 (5)).
    RepeatedLength "repeated-content-length" "more than one Content-Length" BAD;
    /// Both `Content-Length` and `Transfer-Encoding` (RFC 9112 6.3 (3)).
    TwoFramings "two-framings" "both Content-Length and Transfer-Encoding" BAD;
    /// A `Transfer-Encoding` that is no list of plain codings (RFC 9112 6.1).
    BadCoding "bad-transfer-encoding" "a Transfer-Encoding that is no list of codings" BAD;
    /// More than one `Transfer-Encoding` line in a request.
    RepeatedCoding "repeated-transfer-encoding" "more than one Transfer-Encoding" BAD;
    /// `chunked` applied twice (RFC 9112 6.1).
    ChunkedTwice "chunked-twice" "chunked applied twice" BAD;
    /// A request whose last transfer coding is not `chunked` (RFC 9112 6.3 (4)).
    NotChunkedLast "not-chunked-last" "a request whose last transfer coding is not chunked" BAD;
    /// A transfer coding that nobody registered (RFC 9112 6.1).
    UnknownCoding "unknown-transfer-coding" "an unknown transfer coding" Some(StatusCode::NOT_IMPLEMENTED);
    /// `Transfer-Encoding` in an HTTP/1.0 message (RFC 9112 6.1).
    CodingInHttp10 "transfer-encoding-in-http-1.0" "Transfer-Encoding in an HTTP/1.0 message" BAD;
    /// An expectation other than `100-continue` (RFC 9110 10.1.1).
    UnknownExpectation "unknown-expectation" "an expectation other than 100-continue"
        Some(StatusCode::EXPECTATION_FAILED);
    /// A chunk size that is not hexadecimal, or not below 2^64 (RFC 9112 7.1).
    BadChunkSize "bad-chunk-size" "a chunk size that is no number" BAD;
    /// Chunk extensions that break their grammar (RFC 9112 7.1.1).
    BadExtension "bad-chunk-extension" "a malformed chunk extension" BAD;
    /// The line before a chunk is longer than its limit.
    ChunkLineTooLong "chunk-line-too-long" "a chunk line longer than its limit" BAD;
    /// The extensions of a body are longer than their limit.
    ExtensionsTooLong "extensions-too-long" "chunk extensions longer than their limit" BAD;
    /// Chunk data that CRLF does not follow (RFC 9112 7.1).
    BadChunkEnd "bad-chunk-end" "chunk data that CRLF does not follow" BAD;
    /// The trailer section is longer than its limit.
    TrailersTooLong "trailers-too-long" "a trailer section longer than its limit" LARGE;
    /// The stream ended inside a message (RFC 9112 8).
    Truncated "truncated" "the stream ended inside a message" BAD;
    /// The stream ended before any octet of the response (RFC 9112 9.5): an idempotent request may be sent again.
    NoResponse "no-response" "the stream ended before the response" None;
    /// A wait was longer than its limit (RFC 9110 15.5.9).
    TimedOut "timed-out" "the wait was too long" Some(StatusCode::REQUEST_TIMEOUT);
    /// Octets that answer no request (RFC 9112 9.2).
    Unsolicited "unsolicited" "octets that answer no request" None;
    /// 101 to a request that asked for no upgrade, or without `Upgrade` (RFC 9110 15.2.2).
    UnexpectedSwitch "unexpected-switch" "a switch of protocols that was not asked for" None;
    /// More 1xx responses to one request than the limit.
    TooManyInformational "too-many-informational" "more informational responses than the limit" None;
}

/// A value that can't be said: it would end its element, or begin another.
///
/// It tells where, and never what: the value may be a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[error("{what} may not hold what stands at its octet {at}")]
pub struct Invalid {
    /// Which value.
    pub what: What,
    /// The first octet that may not stand where it stands, or 0 where the value as a whole is no such value.
    pub at: usize,
}

impl Invalid {
    pub(super) const fn new(what: What, at: usize) -> Self {
        Self { what, at }
    }
}

/// The kinds of values that are checked when they are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum What {
    /// A request method.
    Method,
    /// A request target.
    Target,
    /// A status code.
    Status,
    /// A reason phrase.
    Reason,
    /// A field name.
    FieldName,
    /// A field value.
    FieldValue,
    /// A field that may not stand in a trailer section (RFC 9110 6.5.1).
    Trailer,
    /// A head longer than the 65,535 octets that offsets in it can count.
    Head,
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Method => "a method",
            Self::Target => "a target",
            Self::Status => "a status code",
            Self::Reason => "a reason phrase",
            Self::FieldName => "a field name",
            Self::FieldValue => "a field value",
            Self::Trailer => "a trailer section",
            Self::Head => "a head",
        })
    }
}

/// What the caller did wrong. Nothing was written, and no state changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum Misuse {
    /// There is no request that waits for this.
    #[error("no request waits for this")]
    NoRequest,
    /// The answer to this request has begun.
    #[error("the answer has begun already")]
    Answered,
    /// No body is being sent.
    #[error("no body is being sent")]
    NotSending,
    /// The body of the last message is not finished.
    #[error("the body of the last message is not finished")]
    Unfinished,
    /// More octets than the head announced.
    #[error("more octets than the head announced")]
    TooLong,
    /// Fewer octets than the head announced.
    #[error("fewer octets than the head announced")]
    TooShort,
    /// This message has no body, whatever it is (RFC 9110 6.4.1).
    #[error("this message can have no body")]
    BodyForbidden,
    /// The head has a `Content-Length` that is not the length of the content, or more than one of them.
    #[error("the Content-Length in the head is not the content's")]
    LengthMismatch,
    /// The head has a `Transfer-Encoding` that the engine does not apply.
    #[error("the head names a transfer coding that is not applied")]
    TransferCoding,
    /// A trailer section where the body is not chunked.
    #[error("only a chunked body has trailers")]
    Trailers,
    /// A 1xx status where a final one is meant.
    #[error("a 1xx status is no answer")]
    Informational,
    /// A final status where a 1xx is meant, or 101, which is a switch.
    #[error("not an informational status")]
    NotInformational,
    /// The peer speaks HTTP/1.0, which has no such thing (RFC 9110 15.2).
    #[error("the peer speaks HTTP/1.0")]
    Version,
    /// The request asked for no upgrade and is no CONNECT, or has a body that is not read yet, or the head names no
    /// protocol.
    #[error("nothing to switch to")]
    NoUpgrade,
    /// A request needs exactly one valid `Host` (RFC 9112 3.2).
    #[error("a request needs one valid Host")]
    Host,
    /// An expectation other than `100-continue`, or one behind requests that are not answered yet.
    #[error("an expectation that can't be met")]
    Expectation,
    /// No request may be sent behind the one that is not answered yet (RFC 9112 9.3.2), or too many are not.
    #[error("no request may be sent before the last is answered")]
    Pipelined,
    /// The connection closes after what is under way.
    #[error("the connection is closing")]
    Closing,
    /// The connection is closed, handed over, or broken by an error.
    #[error("the connection is over")]
    Over,
}

/// Why a connection takes no more messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CloseReason {
    /// The peer said `Connection: close`.
    PeerClose,
    /// We said it: in a head, or by `shutdown`.
    LocalClose,
    /// The peer speaks HTTP/1.0 and did not ask to keep the connection.
    Http10,
    /// The end of the response is the end of the connection.
    UntilClose,
    /// The limit of requests on one connection is reached.
    RequestLimit,
    /// The answer was complete before the request was, and said that it was the last.
    EarlyAnswer,
    /// The answer came in place of `100 (Continue)`: whether the body follows can't be known.
    ExpectationRefused,
    /// The peer's side ended between two messages.
    PeerEnded,
    /// Nothing came for too long, between two messages.
    Idle,
    /// The connection belongs to another protocol.
    Switched,
    /// The caller gave up.
    Abandoned,
    /// The peer broke the protocol.
    Failed,
}
