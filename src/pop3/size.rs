//! Numbers, and the size of a message as it goes over the wire.

/// 1*DIGIT. A number too large for the type is as large as the type is.
pub(super) fn number(text: &[u8]) -> Option<u64> {
    if text.is_empty() {
        return None;
    }
    let mut sum = 0_u64;
    for byte in text {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        sum = sum.saturating_mul(10).saturating_add(u64::from(digit));
    }
    Some(sum)
}

/// Counts the octets of a message as POP3 counts them: each line end is CRLF, the dots that stuffing adds and the final
/// `.` CRLF are not counted (RFC 1939 11).
///
/// A message is kept with other line ends, or with none at its last line; this is what a [`Server`](super::Server) will
/// send of it, so this is what a [`Maildrop`](super::Maildrop) has to tell.
///
/// ```
/// use plainwire::pop3::Octets;
///
/// let mut octets = Octets::new();
/// octets.push(b"one\ntw");
/// octets.push(b"o\r\n.three");
/// assert_eq!(octets.total(), "one\r\ntwo\r\n.three\r\n".len() as u64);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Octets {
    total: u64,
    cr: bool,
    at_start: bool,
}

impl Default for Octets {
    fn default() -> Self {
        Self::new()
    }
}

impl Octets {
    /// Of nothing yet.
    pub const fn new() -> Self {
        Self { total: 0, cr: false, at_start: true }
    }

    /// Counts a piece; pieces may be cut anywhere.
    pub fn push(&mut self, piece: &[u8]) {
        crate::work::add(piece.len());
        let mut from = 0;
        while from < piece.len() {
            if self.cr {
                // A CR was seen: it is half of a CRLF, or stands for one.
                self.cr = false;
                self.at_start = true;
                self.total += 2;
                if piece[from] == b'\n' {
                    from += 1;
                }
                continue;
            }
            match memchr::memchr2(b'\r', b'\n', &piece[from..]) {
                Some(at) => {
                    self.total += at as u64;
                    self.at_start = false;
                    if piece[from + at] == b'\r' {
                        self.cr = true;
                    } else {
                        self.total += 2;
                        self.at_start = true;
                    }
                    from += at + 1;
                }
                None => {
                    self.total += (piece.len() - from) as u64;
                    self.at_start = false;
                    from = piece.len();
                }
            }
        }
    }

    /// The octets so far, as if the message ended here.
    pub const fn total(&self) -> u64 {
        if self.cr || !self.at_start { self.total + 2 } else { self.total }
    }
}
