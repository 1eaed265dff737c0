//! What can be wrong with a URL: the failures of the parser, the validation errors of the standard, the refusals of
//! the setters.

use core::fmt;

/// Why an input is no URL, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[error("{kind} at offset {offset}")]
pub struct ParseError {
    /// What is wrong.
    pub kind: ParseErrorKind,
    /// Where in the input as it was given, in bytes. What concerns a domain as a whole is told at its first byte.
    pub offset: usize,
}

/// What makes an input fail to be a URL.
///
/// [`violation`](Self::violation) gives the standard's own name for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum ParseErrorKind {
    /// Neither a scheme nor a base URL that could lend one.
    #[error("the URL is relative and there is no base that it could be relative to")]
    MissingScheme,
    /// The scheme or the port wants a host, and there is none.
    #[error("the host is missing")]
    HostMissing,
    /// The port has something else than digits.
    #[error("the port is not a number")]
    PortInvalid,
    /// The port is above 65,535.
    #[error("the port is above 65535")]
    PortOutOfRange,
    /// A domain contains, as written or behind its percent-encoding, a character that no domain may have.
    #[error("the domain has a character that is forbidden there")]
    ForbiddenDomainCodePoint,
    /// The host of a URL that is not special contains a character that no host may have.
    #[error("the host has a character that is forbidden there")]
    ForbiddenHostCodePoint,
    /// A domain outside ASCII that Unicode's IDNA processing (UTS 46) refuses.
    #[error("the domain is not a valid internationalised name")]
    DomainToAscii,
    /// A domain outside ASCII, in a build without the feature `idna`.
    #[error("the domain is not ASCII and this build has no IDNA tables")]
    IdnaUnavailable,
    /// An IPv4 address of more than four parts.
    #[error("the IPv4 address has more than four parts")]
    Ipv4TooManyParts,
    /// The host ends in a number, which makes it an IPv4 address, but another part is not a number.
    #[error("a part of the IPv4 address is not a number")]
    Ipv4NonNumericPart,
    /// A part of an IPv4 address is larger than its place allows.
    #[error("a part of the IPv4 address is out of range")]
    Ipv4OutOfRangePart,
    /// `[` without `]` at the end of the host.
    #[error("the IPv6 address is not closed by a bracket")]
    Ipv6Unclosed,
    /// An IPv6 address that begins with a single colon.
    #[error("the IPv6 address begins with a single colon")]
    Ipv6InvalidCompression,
    /// More than eight pieces.
    #[error("the IPv6 address has more than eight pieces")]
    Ipv6TooManyPieces,
    /// `::` twice.
    #[error("the IPv6 address is compressed in two places")]
    Ipv6MultipleCompression,
    /// Something that is neither a hexadecimal digit nor a colon, or an end where a piece should be.
    #[error("the IPv6 address has a character that is forbidden there, or ends too early")]
    Ipv6InvalidCodePoint,
    /// Fewer than eight pieces, and no `::`.
    #[error("the IPv6 address has fewer than eight pieces")]
    Ipv6TooFewPieces,
    /// An IPv4 address that begins behind the sixth piece.
    #[error("the IPv6 address has too many pieces before its IPv4 part")]
    Ipv4InIpv6TooManyPieces,
    /// An empty part, a leading zero, something else than a digit, or a fifth part.
    #[error("the IPv4 part of the IPv6 address is malformed")]
    Ipv4InIpv6InvalidCodePoint,
    /// A part above 255.
    #[error("the IPv4 part of the IPv6 address is out of range")]
    Ipv4InIpv6OutOfRangePart,
    /// Fewer than four parts.
    #[error("the IPv4 part of the IPv6 address has fewer than four parts")]
    Ipv4InIpv6TooFewParts,
    /// The input, or the URL written out, is longer than [`Options::max_length`](super::Options::max_length) allows.
    #[error("the URL is too long")]
    TooLong,
}

impl ParseErrorKind {
    /// The validation error by which the standard fails here; `None` for what the standard has no limit for.
    pub const fn violation(self) -> Option<ViolationKind> {
        use ViolationKind as V;
        Some(match self {
            Self::MissingScheme => V::MissingSchemeNonRelativeUrl,
            Self::HostMissing => V::HostMissing,
            Self::PortInvalid => V::PortInvalid,
            Self::PortOutOfRange => V::PortOutOfRange,
            Self::ForbiddenDomainCodePoint | Self::DomainToAscii => V::DomainToAscii,
            Self::ForbiddenHostCodePoint => V::HostInvalidCodePoint,
            Self::Ipv4TooManyParts => V::Ipv4TooManyParts,
            Self::Ipv4NonNumericPart => V::Ipv4NonNumericPart,
            Self::Ipv4OutOfRangePart => V::Ipv4OutOfRangePart,
            Self::Ipv6Unclosed => V::Ipv6Unclosed,
            Self::Ipv6InvalidCompression => V::Ipv6InvalidCompression,
            Self::Ipv6TooManyPieces => V::Ipv6TooManyPieces,
            Self::Ipv6MultipleCompression => V::Ipv6MultipleCompression,
            Self::Ipv6InvalidCodePoint => V::Ipv6InvalidCodePoint,
            Self::Ipv6TooFewPieces => V::Ipv6TooFewPieces,
            Self::Ipv4InIpv6TooManyPieces => V::Ipv4InIpv6TooManyPieces,
            Self::Ipv4InIpv6InvalidCodePoint => V::Ipv4InIpv6InvalidCodePoint,
            Self::Ipv4InIpv6OutOfRangePart => V::Ipv4InIpv6OutOfRangePart,
            Self::Ipv4InIpv6TooFewParts => V::Ipv4InIpv6TooFewParts,
            Self::IdnaUnavailable | Self::TooLong => return None,
        })
    }
}

/// A failure inside a piece of text; whoever knows where the piece came from makes it a [`ParseError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fail {
    pub(super) kind: ParseErrorKind,
    /// Offset in the piece, in bytes.
    pub(super) at: usize,
}

impl Fail {
    pub(super) const fn new(kind: ParseErrorKind, at: usize) -> Self {
        Self { kind, at }
    }

    /// The same failure seen from a text in which the piece begins at `start`.
    pub(super) const fn behind(self, start: usize) -> Self {
        Self { kind: self.kind, at: self.at + start }
    }
}

/// A deviation from what a URL should look like, by the standard's list of validation errors. Most don't stop parsing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Violation {
    /// Which one.
    pub kind: ViolationKind,
    /// Where in the input as it was given, in bytes. What concerns a domain or an IPv4 address as a whole is told at
    /// its first byte.
    pub offset: usize,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at offset {}", self.kind, self.offset)
    }
}

macro_rules! violations {
    ($($(#[$doc:meta])* $name:ident = $text:literal, $stops:literal;)*) => {
        /// The validation errors of the URL Standard (1.1).
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum ViolationKind {
            $($(#[$doc])* $name,)*
        }

        impl ViolationKind {
            /// All of them, in the order of the standard.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The standard's name, such as `port-out-of-range`.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// Whether the standard's table says that the parser may fail by it.
            pub const fn is_failure(self) -> bool {
                match self { $(Self::$name => $stops,)* }
            }
        }
    };
}

violations! {
    /// Strict IDNA processing refuses the domain (and the parser fails if the relaxed one does too).
    DomainToAscii = "domain-to-ASCII", true;
    /// A domain with a percent-encoded byte.
    DomainPercentEncoded = "domain-percent-encoded", false;
    /// A forbidden character in the host of a URL that is not special.
    HostInvalidCodePoint = "host-invalid-code-point", true;
    /// An IPv4 address that ends with a dot.
    Ipv4EmptyPart = "IPv4-empty-part", false;
    /// Fewer than four parts.
    Ipv4TooFewParts = "IPv4-too-few-parts", false;
    /// More than four parts.
    Ipv4TooManyParts = "IPv4-too-many-parts", true;
    /// A part that is not a number.
    Ipv4NonNumericPart = "IPv4-non-numeric-part", true;
    /// A part in hexadecimal or octal digits.
    Ipv4NonDecimalPart = "IPv4-non-decimal-part", false;
    /// A part above 255.
    Ipv4OutOfRangePart = "IPv4-out-of-range-part", true;
    /// An IPv4 address that IDNA processing made out of other characters.
    Ipv4NonAsciiInput = "IPv4-non-ASCII-input", false;
    /// An IPv6 address without its closing bracket.
    Ipv6Unclosed = "IPv6-unclosed", true;
    /// An IPv6 address that begins with a single colon.
    Ipv6InvalidCompression = "IPv6-invalid-compression", true;
    /// More than eight pieces.
    Ipv6TooManyPieces = "IPv6-too-many-pieces", true;
    /// Compressed in two places.
    Ipv6MultipleCompression = "IPv6-multiple-compression", true;
    /// A character that is neither a hexadecimal digit nor a colon, or an early end.
    Ipv6InvalidCodePoint = "IPv6-invalid-code-point", true;
    /// Fewer than eight pieces without compression.
    Ipv6TooFewPieces = "IPv6-too-few-pieces", true;
    /// A piece with a leading zero.
    Ipv6PieceLeadingZero = "IPv6-piece-leading-zero", false;
    /// More than six pieces before an IPv4 part.
    Ipv4InIpv6TooManyPieces = "IPv4-in-IPv6-too-many-pieces", true;
    /// A malformed IPv4 part.
    Ipv4InIpv6InvalidCodePoint = "IPv4-in-IPv6-invalid-code-point", true;
    /// A number above 255 in the IPv4 part.
    Ipv4InIpv6OutOfRangePart = "IPv4-in-IPv6-out-of-range-part", true;
    /// An IPv4 part of fewer than four numbers.
    Ipv4InIpv6TooFewParts = "IPv4-in-IPv6-too-few-parts", true;
    /// A character that is no URL unit.
    InvalidUrlUnit = "invalid-URL-unit", false;
    /// A special scheme that `//` doesn't follow.
    SpecialSchemeMissingFollowingSolidus = "special-scheme-missing-following-solidus", false;
    /// No scheme, and no base to be relative to.
    MissingSchemeNonRelativeUrl = "missing-scheme-non-relative-URL", true;
    /// `\` for `/`.
    InvalidReverseSolidus = "invalid-reverse-solidus", false;
    /// A user name or a password.
    InvalidCredentials = "invalid-credentials", false;
    /// No host where there has to be one.
    HostMissing = "host-missing", true;
    /// A port above 65,535.
    PortOutOfRange = "port-out-of-range", true;
    /// A port that is not a number.
    PortInvalid = "port-invalid", true;
    /// A relative reference that begins with a drive letter.
    FileInvalidWindowsDriveLetter = "file-invalid-Windows-drive-letter", false;
    /// A drive letter in the place of the host.
    FileInvalidWindowsDriveLetterHost = "file-invalid-Windows-drive-letter-host", false;
}

impl fmt::Display for ViolationKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Why a setter did nothing.
///
/// The standard's setters are silent about it; what they leave in the URL is the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum SetError {
    /// The value is no scheme: a letter, then letters, digits, `+`, `-` and `.`.
    #[error("the value is not a scheme")]
    InvalidScheme,
    /// A special scheme can't become one that is not special, nor the other way round.
    #[error("a special scheme and one that is not can't replace each other")]
    SchemeChange,
    /// `file` has neither credentials nor a port, and a `file` URL without a host has nothing to lend another scheme.
    #[error("the URL's authority does not fit that scheme")]
    SchemeAuthority,
    /// Without a host, or as a `file` URL, it can't have a user name, a password or a port.
    #[error("the URL can't have a user name, a password or a port")]
    CannotHaveAuthority,
    /// An opaque path (`mailto:…`, `data:…`) has no host, no segments, and can't be replaced.
    #[error("the URL has an opaque path")]
    OpaquePath,
    /// The host can't be empty: the scheme asks for one, or there are credentials or a port.
    #[error("the host can't be empty here")]
    HostMissing,
    /// The value is no host.
    #[error("{0}")]
    InvalidHost(ParseErrorKind),
    /// The host name has a port behind it; use [`set_host`](super::Url::set_host).
    #[error("a host name has no port")]
    PortInHostname,
    /// The value doesn't begin with a number from 0 to 65,535. After [`set_host`](super::Url::set_host) the host has
    /// been set and the port is what it was, as the standard has it.
    #[error("the value is not a port")]
    InvalidPort,
    /// `.` and `..`, in all their spellings, can't be segments: they would change the path instead.
    #[error("a dot segment can't be appended")]
    DotSegment,
    /// The URL would be longer than 4 GiB.
    #[error("the URL is too long")]
    TooLong,
}
