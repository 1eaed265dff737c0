//! Schemes: which are special, and their default ports.

use alloc::string::String;
use alloc::vec::Vec;

/// What a scheme means to the parser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Http,
    Https,
    Ws,
    Wss,
    Ftp,
    File,
    /// Special because the caller said so; `default_port` is 0 where it has none. Octets, so that the whole is three
    /// octets large and needs no alignment.
    Registered {
        default_port: [u8; 2],
    },
    /// Not special.
    Other,
}

impl Kind {
    /// The kind of a scheme in lower case, by the table of URL Standard 4.2.
    pub(super) fn of(scheme: &str) -> Self {
        match scheme.as_bytes() {
            b"http" => Self::Http,
            b"https" => Self::Https,
            b"ws" => Self::Ws,
            b"wss" => Self::Wss,
            b"ftp" => Self::Ftp,
            b"file" => Self::File,
            _ => Self::Other,
        }
    }

    pub(super) const fn is_special(self) -> bool {
        !matches!(self, Self::Other)
    }

    pub(super) const fn default_port(self) -> Option<u16> {
        match self {
            Self::Http | Self::Ws => Some(80),
            Self::Https | Self::Wss => Some(443),
            Self::Ftp => Some(21),
            Self::Registered { default_port } => match u16::from_ne_bytes(default_port) {
                0 => None,
                port => Some(port),
            },
            Self::File | Self::Other => None,
        }
    }

    pub(super) const fn is_file(self) -> bool {
        matches!(self, Self::File)
    }

    /// Whether `octet` parts segments: `/`, and `\` where the scheme is special.
    #[inline]
    pub(super) const fn is_slash(self, octet: u8) -> bool {
        octet == b'/' || octet == b'\\' && self.is_special()
    }
}

/// Schemes that are to be parsed as `http` is: `//` is implied, `\` is `/`, the host is a domain or an address and may
/// not be empty, and the default port is left out.
///
/// The standard has a closed list. Who has a scheme of their own that ought to work alike gives it to
/// [`Options::special_schemes`](super::Options::special_schemes); a URL that was parsed so remembers it.
///
/// ```
/// use plainwire::url::{Options, SpecialSchemes, Url};
///
/// let schemes = SpecialSchemes::new().with("gemini", Some(1965)).unwrap();
/// let options = Options::new().special_schemes(&schemes);
/// let url = options.parse(r"gemini:Example.ORG:1965\a\..\b").unwrap();
/// assert_eq!(url.as_str(), "gemini://example.org/b");
/// assert_eq!(Url::parse("gemini://Example.ORG").unwrap().as_str(), "gemini://Example.ORG");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SpecialSchemes {
    list: Vec<(String, u16)>,
}

/// A name that can't be registered: no scheme by the grammar, or one of the standard's own special schemes, or the
/// port 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a scheme that can be registered")]
pub struct InvalidSpecialScheme;

impl SpecialSchemes {
    /// None beside those of the standard.
    pub const fn new() -> Self {
        Self { list: Vec::new() }
    }

    /// Adds a scheme, in either case, with its default port if it has one. The last word on a name counts.
    pub fn with(mut self, name: &str, default_port: Option<u16>) -> Result<Self, InvalidSpecialScheme> {
        let name = name.to_ascii_lowercase();
        if !is_scheme(name.as_bytes()) || Kind::of(&name).is_special() || default_port == Some(0) {
            return Err(InvalidSpecialScheme);
        }
        self.list.retain(|(known, _)| *known != name);
        self.list.push((name, default_port.unwrap_or(0)));
        Ok(self)
    }

    pub(super) fn kind(&self, scheme: &str) -> Option<Kind> {
        let (_, default_port) = self.list.iter().find(|(name, _)| name == scheme)?;
        Some(Kind::Registered { default_port: default_port.to_ne_bytes() })
    }
}

/// URL-scheme string: a letter, then letters, digits, `+`, `-`, `.`.
pub(super) fn is_scheme(octets: &[u8]) -> bool {
    octets.first().is_some_and(u8::is_ascii_alphabetic) && octets.iter().all(|octet| is_scheme_octet(*octet))
}

#[inline]
pub(super) const fn is_scheme_octet(octet: u8) -> bool {
    octet.is_ascii_alphanumeric() || matches!(octet, b'+' | b'-' | b'.')
}

/// The scheme that `text` begins with, without its colon.
pub(super) fn leading(text: &str) -> Option<&str> {
    let bytes = text.as_bytes();
    if !bytes.first()?.is_ascii_alphabetic() {
        return None;
    }
    let end = bytes.iter().position(|octet| !is_scheme_octet(*octet))?;
    crate::work::add(end);
    (bytes[end] == b':').then(|| &text[..end])
}
