//! Octet classes of RFC 9110 5.5, 5.6 and RFC 9112 2 to 5, and numbers as both spell them.

/// `tchar` of RFC 9110 5.6.2.
pub(super) const TOKEN: u8 = 1;
/// What may stand in a request target: VCHAR of US-ASCII, less `#`, since a fragment is no part of a target
/// (RFC 9110 7.1).
pub(super) const TARGET: u8 = 2;
/// What may stand in a field value or a reason phrase: HTAB, SP, VCHAR and obs-text (RFC 9110 5.5, RFC 9112 4).
pub(super) const TEXT: u8 = 4;
/// HEXDIG.
pub(super) const HEX: u8 = 8;
/// `unreserved`, `sub-delims` and `%` of RFC 3986: what a registered name is made of.
pub(super) const HOST: u8 = 16;
/// `qdtext` of RFC 9110 5.6.4.
pub(super) const QUOTED: u8 = 32;

/// Letters, digits, dots and hyphens.
pub(super) const PLAIN_HOST: u8 = 64;

static CLASSES: [u8; 256] = classes();

const fn classes() -> [u8; 256] {
    let mut table = [0; 256];
    let mut octet = 0;
    while octet < 256 {
        let byte = octet as u8;
        let mut class = 0;
        if byte.is_ascii_alphanumeric() || listed(b"!#$%&'*+-.^_`|~", byte) {
            class |= TOKEN;
        }
        if byte > 0x20 && byte < 0x7f && byte != b'#' {
            class |= TARGET;
        }
        if byte == b'\t' || byte >= 0x20 && byte != 0x7f {
            class |= TEXT;
            if byte != b'"' && byte != b'\\' {
                class |= QUOTED;
            }
        }
        if byte.is_ascii_hexdigit() {
            class |= HEX;
        }
        if byte.is_ascii_alphanumeric() || listed(b"-.", byte) {
            class |= PLAIN_HOST;
        }
        if byte.is_ascii_alphanumeric() || listed(b"-._~!$&'()*+,;=%", byte) {
            class |= HOST;
        }
        table[octet] = class;
        octet += 1;
    }
    table
}

const fn listed(set: &[u8], byte: u8) -> bool {
    let mut at = 0;
    while at < set.len() {
        if set[at] == byte {
            return true;
        }
        at += 1;
    }
    false
}

/// Whether `byte` is of one of the classes.
#[inline(always)]
pub(super) fn is(byte: u8, classes: u8) -> bool {
    CLASSES[byte as usize] & classes != 0
}

/// Where the first octet that is of none of the classes stands.
#[inline]
pub(super) fn stray(octets: &[u8], classes: u8) -> Option<usize> {
    octets.iter().position(|&byte| !is(byte, classes))
}

/// `Content-Length = 1*DIGIT` (RFC 9110 8.6): leading zeros are digits, a value past `u64` is none.
pub(super) fn decimal(octets: &[u8]) -> Option<u64> {
    if octets.is_empty() {
        return None;
    }
    octets.iter().try_fold(0_u64, |value, byte| {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        value.checked_mul(10)?.checked_add(u64::from(digit))
    })
}

/// The value of a hexadecimal digit, or 255.
#[inline(always)]
pub(super) fn hex_digit(byte: u8) -> u8 {
    match byte {
        b'0'..=b'9' => byte - b'0',
        b'a'..=b'f' => byte - b'a' + 10,
        b'A'..=b'F' => byte - b'A' + 10,
        _ => 255,
    }
}

/// A number in decimal, written from the right into its own array.
pub(super) struct Decimal {
    digits: [u8; 20],
    start: usize,
}

impl Decimal {
    #[inline]
    pub(super) fn new(mut value: u64) -> Self {
        let mut digits = [0; 20];
        let mut start = digits.len();
        loop {
            start -= 1;
            digits[start] = b'0' + (value % 10) as u8;
            value /= 10;
            if value == 0 {
                return Self { digits, start };
            }
        }
    }

    #[inline]
    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.digits[self.start..]
    }
}

/// A number in hexadecimal, followed by CRLF: the line before a chunk's data (RFC 9112 7.1).
pub(super) struct SizeLine {
    text: [u8; 18],
    start: usize,
}

impl SizeLine {
    #[inline]
    pub(super) fn new(mut value: u64) -> Self {
        let mut text = [0; 18];
        text[16] = b'\r';
        text[17] = b'\n';
        let mut start = 16;
        loop {
            start -= 1;
            text[start] = b"0123456789abcdef"[(value & 15) as usize];
            value >>= 4;
            if value == 0 {
                return Self { text, start };
            }
        }
    }

    #[inline]
    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.text[self.start..]
    }
}

/// OWS of RFC 9110 5.6.3 off both ends; CR and LF too, since a folded or leniently ended line leaves them there.
#[inline]
pub(super) fn trim(mut octets: &[u8]) -> &[u8] {
    while let [b' ' | b'\t' | b'\r' | b'\n', rest @ ..] = octets {
        octets = rest;
    }
    while let [rest @ .., b' ' | b'\t' | b'\r' | b'\n'] = octets {
        octets = rest;
    }
    octets
}
