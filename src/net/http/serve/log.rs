//! The access log, in the Common Log Format.

use crate::cookie::Timestamp;
use core::fmt;
use std::net::IpAddr;
use std::string::String;
use std::time::SystemTime;

/// One answered request. Its `Display` is a line of the Common Log Format, in UTC.
///
/// ```
/// use plainwire::net::http::serve::Entry;
///
/// let entry = Entry {
///     peer: [127, 0, 0, 1].into(),
///     at: std::time::UNIX_EPOCH + std::time::Duration::from_secs(971_211_336),
///     request: "GET /apache_pb.gif HTTP/1.0".into(),
///     status: 200,
///     octets: 2326,
/// };
/// assert_eq!(entry.to_string(), "127.0.0.1 - - [10/Oct/2000:20:55:36 +0000] \"GET /apache_pb.gif HTTP/1.0\" 200 2326");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Who asked.
    pub peer: IpAddr,
    /// When the answer was complete.
    pub at: SystemTime,
    /// The request line. Quotes, backslashes and whatever is not printable ASCII are escaped when it is printed.
    pub request: String,
    /// The status that was answered.
    pub status: u16,
    /// Octets of content that were sent.
    pub octets: u64,
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
        let seconds = self.at.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs());
        let (year, month, day, hour, minute, second) = Timestamp(i64::try_from(seconds).unwrap_or(i64::MAX)).to_utc();
        let month = MONTHS.get(month as usize - 1).copied().unwrap_or("-");
        write!(f, "{} - - [{day:02}/{month}/{year}:{hour:02}:{minute:02}:{second:02} +0000] \"", self.peer)?;
        for octet in self.request.bytes() {
            match octet {
                b'"' | b'\\' => write!(f, "\\{}", char::from(octet))?,
                b' '..=b'~' => write!(f, "{}", char::from(octet))?,
                _ => write!(f, "\\x{octet:02x}")?,
            }
        }
        write!(f, "\" {} ", self.status)?;
        if self.octets == 0 { f.write_str("-") } else { write!(f, "{}", self.octets) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::ToString;

    #[test]
    fn a_request_line_can_forge_no_line() {
        let entry = Entry {
            peer: [127, 0, 0, 1].into(),
            at: SystemTime::UNIX_EPOCH,
            request: "GET /\"\n\u{1b}[2J\\ HTTP/1.1".to_string(),
            status: 404,
            octets: 0,
        };
        assert_eq!(
            entry.to_string(),
            "127.0.0.1 - - [01/Jan/1970:00:00:00 +0000] \"GET /\\\"\\x0a\\x1b[2J\\\\ HTTP/1.1\" 404 -"
        );
    }
}
