//! What is wrong with a message that could be read all the same.

use core::fmt;

/// One departure from the standards, and where it is.
///
/// Defects never stop reading: each kind says what was made of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
pub struct Defect {
    /// What is wrong.
    pub kind: DefectKind,
    /// Where, in octets from the start of the message (or of the value, where a value alone was read).
    pub offset: u64,
}

impl Defect {
    pub(crate) const fn at(kind: DefectKind, offset: usize) -> Self {
        Self { kind, offset: offset as u64 }
    }

    /// The same defect, of a value that lies at `start` in the message.
    #[must_use]
    pub const fn moved_by(self, start: u64) -> Self {
        Self { kind: self.kind, offset: self.offset.saturating_add(start) }
    }
}

impl fmt::Display for Defect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at octet {}", self.kind.what(), self.offset)
    }
}

macro_rules! kinds {
    ($($(#[$doc:meta])+ $name:ident, $slug:literal, $what:literal;)+) => {
        /// The kinds of defects, each with the reading that it gets.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
        #[non_exhaustive]
        pub enum DefectKind {
            $($(#[$doc])+ $name,)+
        }

        impl DefectKind {
            /// Every kind.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// A word for programs, in kebab case.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $slug,)+
                }
            }

            /// A few words for people.
            pub const fn what(self) -> &'static str {
                match self {
                    $(Self::$name => $what,)+
                }
            }
        }
    };
}

kinds! {
    /// A line of the header has no field name with a colon. The body begins with that line.
    MissingColon, "missing-colon", "a header line without a colon";
    /// White space between a field name and its colon (RFC 5322 4.5): taken as the field without it.
    SpaceBeforeColon, "space-before-colon", "white space before the colon of a header field";
    /// A colon without a name before it: the line is passed over.
    EmptyFieldName, "empty-field-name", "a header field without a name";
    /// The first line of a header begins with white space: it is passed over.
    LeadingFold, "leading-fold", "a header that begins with a continuation line";
    /// A CR without LF in a header field: it is part of the value and ends no line.
    BareCr, "bare-cr", "a carriage return without a line feed in a header field";
    /// A NUL in a header field: part of the value.
    Nul, "nul", "a NUL in a header field";
    /// A continuation line of white space alone (RFC 5322 4.2): it belongs to its field.
    BlankFold, "blank-fold", "a continuation line of white space alone";
    /// Octets in a header field that are not UTF-8: each bad sequence reads as U+FFFD.
    NotUtf8, "not-utf8", "octets in a header field that are not UTF-8";
    /// A field that may stand once stands again: the first one counts.
    DuplicateField, "duplicate-field", "a field that may stand only once stands again";
    /// A parameter stands again: the first one counts.
    DuplicateParameter, "duplicate-parameter", "a parameter stands twice";
    /// A header field is longer than its limit: its end is passed over.
    FieldLimit, "field-limit", "a header field beyond the limit";
    /// A header has more octets than its limit: the fields after that are passed over.
    HeaderLimit, "header-limit", "a header beyond the limit";

    /// A Content-Type that can't be read: the part is text/plain (RFC 2045 5.2). A charset or a name that it says all the
    /// same is that of the text or the file.
    InvalidContentType, "invalid-content-type", "a Content-Type that can't be read";
    /// A parameter that can't be read: it is passed over.
    InvalidParameter, "invalid-parameter", "a parameter that can't be read";
    /// A parameter value with octets that need quotes and have none: read up to the next semicolon.
    UnquotedParameter, "unquoted-parameter", "a parameter value that lacks its quotes";
    /// An encoded word as a parameter value (RFC 2047 5 forbids it): decoded.
    EncodedWordInParameter, "encoded-word-in-parameter", "an encoded word as a parameter value";
    /// More parameters, or sections of them, than the limit: the rest is passed over.
    ParameterLimit, "parameter-limit", "parameters beyond the limit";
    /// A multipart without a boundary parameter: its body is one text.
    MissingBoundary, "missing-boundary", "a multipart without a boundary parameter";
    /// A boundary that RFC 2046 5.1.1 does not allow (over 70 characters, odd ones, a space at the end): used.
    InvalidBoundary, "invalid-boundary", "a boundary that the grammar does not allow";
    /// A multipart without a single delimiter line: it has no parts, and its body is preamble.
    MissingDelimiter, "missing-delimiter", "a multipart whose boundary never occurs";
    /// A multipart that is not closed: it ends where what contains it goes on.
    MissingClose, "missing-close", "a multipart without its closing delimiter";
    /// A delimiter line right behind another: it begins nothing.
    RepeatedDelimiter, "repeated-delimiter", "a delimiter line right behind another";
    /// A transfer encoding on a multipart (RFC 2045 6.4): ignored, the parts are read as they stand.
    EncodedMultipart, "encoded-multipart", "a transfer encoding on a multipart";
    /// A transfer encoding on a message/rfc822 (RFC 2046 5.2.1): decoded on demand, or ignored where a plain header
    /// stands there.
    EncodedMessage, "encoded-message", "a transfer encoding on an embedded message";
    /// An unknown Content-Transfer-Encoding: the body stays as it is, the type is application/octet-stream
    /// (RFC 2045 6.4).
    UnknownEncoding, "unknown-encoding", "an unknown transfer encoding";
    /// Nested deeper than the limit: the part is not opened.
    DepthLimit, "depth-limit", "parts nested beyond the limit";
    /// More parts than the limit: boundaries are no longer looked for.
    PartLimit, "part-limit", "more parts than the limit";

    /// An octet in base64 that is no base64: passed over (RFC 2045 6.8).
    Base64Octet, "base64-octet", "an octet in base64 that does not belong there";
    /// Base64 goes on after its padding: what follows is decoded as a new run and appended.
    Base64Padding, "base64-padding", "base64 padding before the end";
    /// Base64 ends within a quantum, or lacks padding: the whole octets that it holds are kept.
    Base64Length, "base64-length", "base64 that ends within a quantum";
    /// An `=` in quoted-printable that begins neither an escape nor a soft break: it stays (RFC 2045 6.7).
    QuotedPrintableEscape, "quoted-printable-escape", "a broken escape in quoted-printable";
    /// A line of uuencode that can't be read: passed over.
    UuencodeLine, "uuencode-line", "a broken line of uuencode";
    /// A uuencoded body without its begin or end line.
    UuencodeFrame, "uuencode-frame", "uuencode without its begin or end";
    /// An unknown charset: read as UTF-8 where it is that, as windows-1252 where not.
    UnknownCharset, "unknown-charset", "an unknown charset";
    /// Octets that the charset does not have: read as U+FFFD, or by the encoding that fits where none was named.
    InvalidCharset, "invalid-charset", "octets that are not of the charset";

    /// An address that can't be read, or can be read in two ways: it is left out.
    InvalidAddress, "invalid-address", "an address that can't be read";
    /// Something stands behind an address: the address is left out.
    TextAfterAddress, "text-after-address", "text behind an address";
    /// Two addresses for one recipient (`a@x <b@y>`): left out, never picked from.
    AmbiguousAddress, "ambiguous-address", "two addresses in the place of one";
    /// An address without a domain: told with an empty one.
    MissingDomain, "missing-domain", "an address without a domain";
    /// An angle bracket, quote, comment or domain literal that never closes: it ends with the field.
    Unclosed, "unclosed", "a bracket, quote or comment that never closes";
    /// Comments nested too deep, or a group within a group: left out.
    NestingLimit, "nesting-limit", "nesting beyond the limit";
    /// A group without its semicolon: it ends with the field.
    UnclosedGroup, "unclosed-group", "a group without its semicolon";
    /// A semicolon between addresses that belong to no group: taken as a comma.
    StraySemicolon, "stray-semicolon", "a semicolon outside a group";
    /// A name with characters that need quotes and have none: taken as it stands.
    UnquotedName, "unquoted-name", "a name that lacks its quotes";
    /// A local part with dots where none may be (`a..b@x`): taken as it stands.
    MisplacedDot, "misplaced-dot", "dots in a local part where none may be";
    /// A date that can't be read, or does not exist.
    InvalidDate, "invalid-date", "a date that can't be read";
    /// The day of the week is not that of the date: the date counts.
    WrongWeekday, "wrong-weekday", "a day of the week that is not that of the date";
    /// A date without a zone: read as UTC of unknown origin (`-0000`).
    MissingZone, "missing-zone", "a date without a zone";
    /// A message identifier that can't be read: left out.
    InvalidMessageId, "invalid-message-id", "a message identifier that can't be read";
    /// An encoded word that can't be decoded: left as it is.
    InvalidEncodedWord, "invalid-encoded-word", "an encoded word that can't be decoded";
}

impl DefectKind {
    /// A value with this defect was not understood: what was read of it is a guess, or nothing.
    ///
    /// The other kinds are mere deviations whose meaning is beyond doubt.
    pub const fn loses(self) -> bool {
        !matches!(
            self,
            Self::SpaceBeforeColon
                | Self::BlankFold
                | Self::WrongWeekday
                | Self::EncodedWordInParameter
                | Self::UnquotedParameter
                | Self::InvalidBoundary
                | Self::UnquotedName
        )
    }
}
