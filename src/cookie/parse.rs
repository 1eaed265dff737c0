//! `Set-Cookie` and `Cookie` as they are read (RFC 6265bis 5.6): borrowed, and never pickier than the standard.

use super::Timestamp;
use core::fmt;
use wide::u8x16;

/// The longest name and value together, in octets (5.6, first list, step 5).
pub const NAME_VALUE_LIMIT: usize = 4096;
/// The longest value of an attribute, in octets; a longer one is as if it were not there (5.6, second list, step 6).
pub const ATTRIBUTE_LIMIT: usize = 1024;

/// Who may make the user agent send a cookie along (5.6.7).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "lowercase"))]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
pub enum SameSite {
    /// Requests from the cookie's own site alone.
    Strict,
    /// Those, and top-level navigations from elsewhere with a safe method.
    Lax,
    /// All requests. The cookie has to be `Secure`.
    None,
    /// Nothing was said, or nothing that is known: treated as [`Lax`](Self::Lax).
    #[default]
    Default,
}

/// One `Set-Cookie` field value, read by RFC 6265bis 5.6. Everything in it borrows the field value.
///
/// ```
/// use plainwire::cookie::SetCookie;
///
/// let cookie = SetCookie::parse(b"id=42; Path=/cart; Max-Age=3600; Secure; Priority=High").unwrap();
/// assert_eq!((cookie.name, cookie.value), (&b"id"[..], &b"42"[..]));
/// assert_eq!(cookie.path, Some(&b"/cart"[..]));
/// assert_eq!(cookie.max_age, Some(3600));
/// assert!(cookie.secure);
/// assert_eq!(cookie.attributes().last(), Some((&b"Priority"[..], &b"High"[..])));
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct SetCookie<'a> {
    /// The name, empty where the field value has no `=` before its first `;`.
    pub name: &'a [u8],
    /// The value, with any quotes: they are part of it.
    pub value: &'a [u8],
    /// The last `Expires` that is a date.
    pub expires: Option<Timestamp>,
    /// The last `Max-Age` that is a number, in seconds; one too large for the type is as large as the type is.
    pub max_age: Option<i64>,
    /// The last `Domain`, without its leading dot and in the case it came in; empty where that attribute was empty.
    pub domain: Option<&'a [u8]>,
    /// The last `Path`; empty where it asks for the default-path (5.6.4), because it was empty or began otherwise
    /// than with `/`.
    pub path: Option<&'a [u8]>,
    /// `Secure` was there.
    pub secure: bool,
    /// `HttpOnly` was there.
    pub http_only: bool,
    /// `Partitioned` was there (CHIPS).
    pub partitioned: bool,
    /// The last `SameSite`, or [`SameSite::Default`].
    pub same_site: SameSite,
    /// All attributes as they were written, from behind the first `;`.
    unparsed: &'a [u8],
}

/// Why a `Set-Cookie` field value is ignored as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum ParseError {
    /// It has a control character (other than a tab) at this offset.
    #[error("control character at offset {0} (5.6)")]
    Control(usize),
    /// Name and value together have this many octets, more than [`NAME_VALUE_LIMIT`].
    #[error("name and value have {0} octets, {NAME_VALUE_LIMIT} are allowed (5.6)")]
    TooLong(usize),
}

impl<'a> SetCookie<'a> {
    /// A cookie without attributes, as if `name=value` had been received.
    pub const fn new(name: &'a [u8], value: &'a [u8]) -> Self {
        Self {
            name,
            value,
            expires: None,
            max_age: None,
            domain: None,
            path: None,
            secure: false,
            http_only: false,
            partitioned: false,
            same_site: SameSite::Default,
            unparsed: b"",
        }
    }

    /// Reads a `Set-Cookie` field value (5.6).
    ///
    /// # Errors
    ///
    /// [`ParseError`] where the standard ignores the whole of it. Wrong attributes are no error: they are ignored.
    pub fn parse(field: &'a [u8]) -> Result<Self, ParseError> {
        crate::work::add(field.len());
        let mut cookie = Self::new(b"", b"");
        let mut controls = u8x16::splat(0);
        let mut av = Pair { start: 0, equals: None };
        let mut first = true;
        let mut chunks = field.chunks_exact(16);
        let mut base = 0;
        for chunk in &mut chunks {
            let block = u8x16::new(chunk.try_into().unwrap_or([b' '; 16]));
            controls |= control_lanes(block);
            cookie.cut(field, base, &mut av, &mut first, block);
            base += 16;
        }
        let rest = chunks.remainder();
        let mut last = [b' '; 16];
        last[..rest.len()].copy_from_slice(rest);
        let block = u8x16::new(last);
        controls |= control_lanes(block);
        cookie.cut(field, base, &mut av, &mut first, block);
        cookie.piece(field, &av, field.len(), first);

        // 5.6 (1)
        if controls.to_bitmask() != 0 {
            return Err(ParseError::Control(field.iter().position(|&byte| is_control(byte)).unwrap_or(0)));
        }
        // 5.6 (5)
        match cookie.name.len() + cookie.value.len() {
            0..=NAME_VALUE_LIMIT => Ok(cookie),
            length => Err(ParseError::TooLong(length)),
        }
    }

    /// Every attribute as it was written, name and value, in order, the unknown ones among them. Those with a value
    /// over [`ATTRIBUTE_LIMIT`] are left out, as they are ignored.
    pub fn attributes(&self) -> Attributes<'a> {
        Attributes { rest: (!self.unparsed.is_empty()).then_some(self.unparsed) }
    }

    /// Goes over the `=` and `;` of one block of `field`, which starts at `base`.
    #[inline]
    fn cut(&mut self, field: &'a [u8], base: usize, av: &mut Pair, first: &mut bool, block: u8x16) {
        let mut marks = (block.simd_eq(u8x16::splat(b';')) | block.simd_eq(u8x16::splat(b'='))).to_bitmask();
        while marks != 0 {
            let at = base + marks.trailing_zeros() as usize;
            marks &= marks - 1;
            if field[at] == b'=' {
                av.equals.get_or_insert(at);
            } else {
                self.piece(field, av, at, *first);
                *av = Pair { start: at + 1, equals: None };
                *first = false;
            }
        }
    }

    /// What stands before the first `;` is name and value, each further piece an attribute.
    #[inline]
    fn piece(&mut self, field: &'a [u8], av: &Pair, end: usize, first: bool) {
        if first {
            // 5.6 (2) to (4)
            (self.name, self.value) = match av.equals {
                Some(equals) => (trim(&field[..equals]), trim(&field[equals + 1..end])),
                None => (&b""[..], trim(&field[..end])),
            };
            self.unparsed = field.get(end + 1..).unwrap_or_default();
            return;
        }
        // 5.6, second list, (4) and (5)
        let (name, value) = match av.equals {
            Some(equals) => (trim(&field[av.start..equals]), trim(&field[equals + 1..end])),
            None => (trim(&field[av.start..end]), &b""[..]),
        };
        // (6)
        if value.len() <= ATTRIBUTE_LIMIT {
            self.attribute(name, value);
        }
    }

    /// 5.6.1 to 5.6.7. The last of a kind counts (5.7), so each overwrites.
    fn attribute(&mut self, name: &'a [u8], value: &'a [u8]) {
        match name.len() {
            4 if name.eq_ignore_ascii_case(b"path") => {
                // 5.6.4
                self.path = Some(if value.first() == Some(&b'/') { value } else { b"" });
            }
            6 if name.eq_ignore_ascii_case(b"secure") => self.secure = true,
            6 if name.eq_ignore_ascii_case(b"domain") => {
                // 5.6.3
                self.domain = Some(value.strip_prefix(b".").unwrap_or(value));
            }
            7 if name.eq_ignore_ascii_case(b"expires") => {
                // 5.6.1 (2)
                self.expires = Timestamp::parse(value).or(self.expires);
            }
            7 if name.eq_ignore_ascii_case(b"max-age") => self.max_age = seconds(value).or(self.max_age),
            8 if name.eq_ignore_ascii_case(b"httponly") => self.http_only = true,
            8 if name.eq_ignore_ascii_case(b"samesite") => {
                // 5.6.7: an unknown value is as good as none, and still the last.
                self.same_site = match value.len() {
                    3 | 4 | 6 => SameSite::named(value),
                    _ => SameSite::Default,
                };
            }
            11 if name.eq_ignore_ascii_case(b"partitioned") => self.partitioned = true,
            _ => {}
        }
    }
}

impl SameSite {
    fn named(value: &[u8]) -> Self {
        if value.eq_ignore_ascii_case(b"lax") {
            Self::Lax
        } else if value.eq_ignore_ascii_case(b"strict") {
            Self::Strict
        } else if value.eq_ignore_ascii_case(b"none") {
            Self::None
        } else {
            Self::Default
        }
    }

    /// As the attribute's value is spelled; `None` for [`SameSite::Default`], which is not said.
    pub const fn as_str(self) -> Option<&'static str> {
        match self {
            Self::Strict => Some("Strict"),
            Self::Lax => Some("Lax"),
            Self::None => Some("None"),
            Self::Default => None,
        }
    }
}

/// Says how long the value is, not what it is: values are often secrets.
impl fmt::Debug for SetCookie<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SetCookie")
            .field("name", &Quoted(self.name))
            .field("value", &format_args!("[{} octets]", self.value.len()))
            .field("expires", &self.expires)
            .field("max_age", &self.max_age)
            .field("domain", &self.domain.map(Quoted))
            .field("path", &self.path.map(Quoted))
            .field("secure", &self.secure)
            .field("http_only", &self.http_only)
            .field("partitioned", &self.partitioned)
            .field("same_site", &self.same_site)
            .finish_non_exhaustive()
    }
}

/// Octets as text in quotes, those that are no printable ASCII escaped.
pub(super) struct Quoted<'a>(pub(super) &'a [u8]);

impl fmt::Debug for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.0.escape_ascii())
    }
}

struct Pair {
    start: usize,
    equals: Option<usize>,
}

/// The attributes of a [`SetCookie`] as they were written; see [`SetCookie::attributes`].
#[derive(Clone, Debug)]
pub struct Attributes<'a> {
    rest: Option<&'a [u8]>,
}

impl<'a> Iterator for Attributes<'a> {
    type Item = (&'a [u8], &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let (name, value) = split_pair(cut_at_semicolon(&mut self.rest)?);
            if value.len() <= ATTRIBUTE_LIMIT && !(name.is_empty() && value.is_empty()) {
                return Some((name, value));
            }
        }
    }
}

/// The cookies of a `Cookie` field value, in order: name and value, the name empty for a cookie without one.
///
/// Nothing is refused and nothing is decoded. Empty pieces are passed over.
///
/// ```
/// let pairs: Vec<_> = plainwire::cookie::pairs(b"id=42; theme=dark; lonely").collect();
/// assert_eq!(pairs[1], (&b"theme"[..], &b"dark"[..]));
/// assert_eq!(pairs[2], (&b""[..], &b"lonely"[..]));
/// ```
pub fn pairs(field: &[u8]) -> Pairs<'_> {
    crate::work::add(field.len());
    Pairs { rest: Some(field) }
}

/// The cookies of a `Cookie` field value; see [`pairs`].
#[derive(Clone)]
pub struct Pairs<'a> {
    rest: Option<&'a [u8]>,
}

/// Says how much is left, not what it is.
impl fmt::Debug for Pairs<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pairs([{} octets])", self.rest.map_or(0, <[u8]>::len))
    }
}

impl<'a> Iterator for Pairs<'a> {
    type Item = (&'a [u8], &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let piece = cut_at_semicolon(&mut self.rest)?;
            let (name, value) = if piece.contains(&b'=') { split_pair(piece) } else { (&b""[..], trim(piece)) };
            if !(name.is_empty() && value.is_empty()) {
                return Some((name, value));
            }
        }
    }
}

fn cut_at_semicolon<'a>(rest: &mut Option<&'a [u8]>) -> Option<&'a [u8]> {
    let whole = (*rest)?;
    let Some(at) = memchr::memchr(b';', whole) else { return rest.take() };
    *rest = Some(&whole[at + 1..]);
    Some(&whole[..at])
}

fn split_pair(piece: &[u8]) -> (&[u8], &[u8]) {
    match piece.iter().position(|&byte| byte == b'=') {
        Some(at) => (trim(&piece[..at]), trim(&piece[at + 1..])),
        None => (trim(piece), b""),
    }
}

/// 5.6.2. The number saturates; `-` alone is none.
fn seconds(value: &[u8]) -> Option<i64> {
    let (negative, digits) = match value.split_first()? {
        (b'-', digits) => (true, digits),
        _ => (false, value),
    };
    if digits.is_empty() {
        return None;
    }
    let mut sum = 0_i64;
    for byte in digits {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        sum = sum.saturating_mul(10).saturating_add(i64::from(digit));
    }
    Some(if negative { -sum } else { sum })
}

/// Without WSP, which is space and tab, at either end.
#[inline]
pub(super) fn trim(mut text: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] = text {
        text = rest;
    }
    while let [rest @ .., b' ' | b'\t'] = text {
        text = rest;
    }
    text
}

/// %x00-08 / %x0A-1F / %x7F
pub(super) const fn is_control(byte: u8) -> bool {
    matches!(byte, 0x00..=0x08 | 0x0a..=0x1f | 0x7f)
}

/// The lanes with an octet for which [`is_control`] holds are all ones.
#[inline]
fn control_lanes(block: u8x16) -> u8x16 {
    let low = block.min(u8x16::splat(0x1f)).simd_eq(block);
    let tab = block.simd_eq(u8x16::splat(b'\t'));
    (low & !tab) | block.simd_eq(u8x16::splat(0x7f))
}
