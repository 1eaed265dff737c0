//! APOP (RFC 1939 7): a digest of the greeting's timestamp and the password.

use crate::sasl::Secret;
use core::fmt;
use md5::{Digest as _, Md5};
use subtle::ConstantTimeEq;

/// The timestamp in a greeting: a message id of RFC 5322, with its angle brackets.
///
/// `None` where there is none, or none that a server could have made in good faith. A timestamp with other characters
/// than a message id has is how an attacker in the middle learns the password from digests (CVE-2007-1558), so a client
/// must not answer it.
///
/// ```
/// use plainwire::pop3::timestamp;
///
/// let greeting = b"POP3 server ready <1896.697170952@dbc.mtview.ca.us>";
/// assert_eq!(timestamp(greeting), Some(&b"<1896.697170952@dbc.mtview.ca.us>"[..]));
/// assert_eq!(timestamp(b"ready <\x80x@y>"), None);
/// ```
pub fn timestamp(greeting: &[u8]) -> Option<&[u8]> {
    let start = memchr::memchr(b'<', greeting)?;
    let end = start + memchr::memchr(b'>', &greeting[start..])?;
    let (left, right) = split_once(&greeting[start + 1..end], b'@')?;
    let literal = right.strip_prefix(b"[").and_then(|rest| rest.strip_suffix(b"]"));
    let right_fits = literal.map_or_else(
        || dot_atom(right),
        |text| !text.is_empty() && text.iter().all(|byte| byte.is_ascii_graphic() && !b"[]\\<>".contains(byte)),
    );
    (dot_atom(left) && right_fits).then(|| &greeting[start..=end])
}

fn split_once(text: &[u8], at: u8) -> Option<(&[u8], &[u8])> {
    let index = memchr::memchr(at, text)?;
    Some((&text[..index], &text[index + 1..]))
}

/// dot-atom-text (RFC 5322 3.2.3), ASCII only: UTF-8 has no place in a challenge.
fn dot_atom(text: &[u8]) -> bool {
    let atext = |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(byte);
    !text.is_empty() && text.split(|&byte| byte == b'.').all(|atom| !atom.is_empty() && atom.iter().all(atext))
}

/// The digest that `APOP` says: MD5 of timestamp and password.
#[derive(Clone, Copy)]
pub struct ApopDigest([u8; 16]);

impl ApopDigest {
    /// Of a timestamp, with its brackets, and a password.
    pub fn new(timestamp: &[u8], password: &Secret) -> Self {
        let mut md5 = Md5::new();
        md5.update(timestamp);
        md5.update(password.expose());
        Self(md5.finalize().into())
    }

    /// Reads 32 hexadecimal digits, in lower case as RFC 1939 has them.
    pub fn parse(text: &[u8]) -> Option<Self> {
        let text: &[u8; 32] = text.try_into().ok()?;
        let digit = |byte: u8| match byte {
            b'0'..=b'9' => Some(byte - b'0'),
            b'a'..=b'f' => Some(byte - b'a' + 10),
            _ => None,
        };
        let mut octets = [0; 16];
        for (octet, pair) in octets.iter_mut().zip(text.chunks_exact(2)) {
            *octet = digit(pair[0])? << 4 | digit(pair[1])?;
        }
        Some(Self(octets))
    }
}

/// In constant time.
impl PartialEq for ApopDigest {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for ApopDigest {}

/// As it goes over the wire.
impl fmt::Display for ApopDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|octet| write!(f, "{octet:02x}"))
    }
}

/// Nothing of it: with the timestamp it is what a dictionary attack works on.
impl fmt::Debug for ApopDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}
