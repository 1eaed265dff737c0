//! Why a cookie was not stored.

use super::super::ParseError;

/// Why a cookie was ignored, by the step of RFC 6265bis that ignores it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// The field value is ignored as a whole.
    #[error(transparent)]
    Unparsed(#[from] ParseError),
    /// The user agent's policy did not want it.
    #[error("the policy refuses it (5.7 step 1)")]
    Policy,
    /// It has neither a name nor a value.
    #[error("neither name nor value (5.7 step 2)")]
    Empty,
    /// Its name, value or path has a control character, or its name or value what parsing never leaves there: a
    /// delimiter, or white space before or behind what is sent first.
    #[error("control character, delimiter or white space in name, value or path (5.7 step 3)")]
    Control,
    /// Its name and value are too long together.
    #[error("name and value have more than 4096 octets (5.7 step 4)")]
    TooLong,
    /// Its `Domain` is not ASCII.
    #[error("domain is not ASCII (5.7 step 8)")]
    DomainNotAscii,
    /// Its `Domain` is a public suffix, and not the host that set it.
    #[error("domain is a public suffix (5.7 step 9)")]
    PublicSuffix,
    /// The host that set it is not in its `Domain`.
    #[error("host does not domain-match the domain (5.7 step 10)")]
    DomainMismatch,
    /// Its path is longer than [`Limits::path`](super::Limits::path).
    #[error("path is too long to keep (5.7 step 1)")]
    PathTooLong,
    /// It is `Secure`, and came over an insecure connection.
    #[error("secure cookie over an insecure connection (5.7 step 13)")]
    SecureOverInsecure,
    /// It is `HttpOnly`, and a script set it.
    #[error("HttpOnly cookie from a script (5.7 step 15)")]
    HttpOnlyFromScript,
    /// It came over an insecure connection and would hide a secure cookie.
    #[error("would overlay a secure cookie (5.7 step 16)")]
    SecureOverlay,
    /// Another site's request, or another site's script, set it, and it is not `SameSite=None`.
    #[error("not SameSite=None, and set cross-site (5.7 step 18)")]
    CrossSite,
    /// It is `SameSite=None` and not `Secure`.
    #[error("SameSite=None without Secure (5.7 step 19)")]
    SameSiteNoneInsecure,
    /// Its name begins with `__Secure-`, and it is not `Secure`.
    #[error("name begins with __Secure-, which needs Secure (5.7 step 20)")]
    SecurePrefix,
    /// Its name begins with `__Host-`, and it is not `Secure`, or has a `Domain`, or no `Path` of `/`.
    #[error("name begins with __Host-, which needs Secure, Path=/ and no Domain (5.7 step 21)")]
    HostPrefix,
    /// It has no name, and a value that would read as a name with a prefix.
    #[error("no name, and a value that begins with a prefix (5.7 step 22)")]
    HiddenPrefix,
    /// A script set it, and it would replace an `HttpOnly` cookie.
    #[error("a script would replace an HttpOnly cookie (5.7 step 23.2)")]
    HttpOnlyReplaced,
    /// It is `Partitioned` and not `Secure`.
    #[error("Partitioned without Secure (CHIPS)")]
    PartitionedInsecure,
    /// A record's domain is not a canonical host (or has a dot before it), or its path does not begin with `/`, or its
    /// partition is no site.
    #[error("not a record of a stored cookie")]
    Malformed,
}
