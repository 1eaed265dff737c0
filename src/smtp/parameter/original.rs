//! `ORCPT=`.

use crate::smtp::syntax::words;
use crate::smtp::{Mailbox, Xtext};
use bytes::{BufMut, Bytes, BytesMut};
use core::fmt::{self, Write as _};

/// The original recipient (RFC 3461 4.2): `rfc822;ada@example.org`.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct OriginalRecipient<B> {
    text: B,
    /// Where the `;` is.
    at: u16,
}

impl<'a> OriginalRecipient<&'a [u8]> {
    /// addr-type ";" xtext, or utf-8-addr-xtext where the type is `utf-8` (RFC 6533 3).
    pub fn parse(text: &'a [u8]) -> Option<Self> {
        // RFC 3461 4.2: no more than 500 characters.
        if text.len() > 500 {
            return None;
        }
        let at = words::run(text, words::KEYWORD);
        let (kind, address) = (&text[..at], text[at..].strip_prefix(b";")?);
        let utf8 = kind.eq_ignore_ascii_case(b"utf-8");
        let spelled = if utf8 {
            words::printable(address) && !address.contains(&b' ') && !address.contains(&b'=')
        } else {
            words::xtext(address)
        };
        (at > 0 && spelled && !address.is_empty()).then_some(Self { text, at: at as u16 })
    }
}

impl OriginalRecipient<Bytes> {
    /// The original recipient of type `rfc822` that is `mailbox`; `utf-8` where it is not ASCII.
    pub fn of<B: AsRef<[u8]>>(mailbox: &Mailbox<B>) -> Self {
        let mut text = BytesMut::new();
        let at = if mailbox.is_ascii() {
            text.put_slice(b"rfc822;");
            Xtext::encode_into(mailbox.as_str().as_bytes(), &mut text);
            6
        } else {
            text.put_slice(b"utf-8;");
            for c in mailbox.as_str().chars() {
                match c {
                    // RFC 6533 3: EmbeddedUnicodeChar for what xtext would escape.
                    '!'..='~' if !matches!(c, '+' | '=' | '\\') => text.put_u8(c as u8),
                    c if c.is_ascii() => {
                        // A BytesMut takes whatever is written to it.
                        let _infallible = write!(text, "\\x{{{:02X}}}", u32::from(c));
                    }
                    c => text.put_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
                }
            }
            5
        };
        Self { text: text.freeze(), at }
    }
}

impl<B> OriginalRecipient<B> {
    /// With its octets held otherwise.
    pub fn map<C>(self, keep: impl FnOnce(B) -> C) -> OriginalRecipient<C> {
        OriginalRecipient { text: keep(self.text), at: self.at }
    }
}

impl<B: AsRef<[u8]>> OriginalRecipient<B> {
    /// As it stands on the wire.
    pub fn as_str(&self) -> &str {
        str::from_utf8(self.text.as_ref()).unwrap_or_default()
    }

    /// The address type, such as `rfc822`.
    pub fn kind(&self) -> &str {
        self.as_str().get(..usize::from(self.at)).unwrap_or_default()
    }
}

impl<B: fmt::Debug> fmt::Debug for OriginalRecipient<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("OriginalRecipient").field(&self.text).finish()
    }
}
