//! `XCLIENT`, by which a trusted proxy says who its client is (Postfix's `XCLIENT_README`).

use super::Xtext;
use super::syntax::words;
use alloc::string::String;
use core::net::IpAddr;

/// The attributes of an `XCLIENT` command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct XClient<B>(B);

/// An attribute's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Attribute {
    /// `NAME`: the client's host name.
    Name,
    /// `ADDR`: the client's address, of IPv6 with the prefix `IPV6:`.
    Addr,
    /// `PORT`: the client's port.
    Port,
    /// `PROTO`: `SMTP` or `ESMTP`.
    Proto,
    /// `HELO`: what the client called itself.
    Helo,
    /// `LOGIN`: as whom it authenticated.
    Login,
    /// `DESTADDR`: the address it connected to.
    DestAddr,
    /// `DESTPORT`: the port it connected to.
    DestPort,
}

impl Attribute {
    /// All that the server announces and knows.
    pub const ALL: [(Self, &'static str); 8] = [
        (Self::Name, "NAME"),
        (Self::Addr, "ADDR"),
        (Self::Port, "PORT"),
        (Self::Proto, "PROTO"),
        (Self::Helo, "HELO"),
        (Self::Login, "LOGIN"),
        (Self::DestAddr, "DESTADDR"),
        (Self::DestPort, "DESTPORT"),
    ];

    fn read(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(_, known)| known.eq_ignore_ascii_case(name)).map(|(attribute, _)| attribute)
    }
}

impl<'a> XClient<&'a [u8]> {
    /// The attributes that `text` spells: `name=value`, one space between them, none twice, values in xtext.
    pub fn parse(text: &'a [u8]) -> Option<Self> {
        let mut seen = [false; 8];
        for word in words::words(text)? {
            let at = memchr::memchr(b'=', word)?;
            let attribute = Attribute::read(str::from_utf8(&word[..at]).ok()?)?;
            if core::mem::replace(&mut seen[attribute as usize], true) {
                return None;
            }
            let value = Xtext::parse(&word[at + 1..])?.decode();
            let value = str::from_utf8(&value).ok()?;
            if value.chars().any(char::is_control) || !fits(attribute, value) {
                return None;
            }
        }
        seen.contains(&true).then_some(Self(text))
    }
}

/// Neither known to the proxy for good, nor for now.
fn unavailable(value: &str) -> bool {
    value.eq_ignore_ascii_case("[UNAVAILABLE]") || value.eq_ignore_ascii_case("[TEMPUNAVAIL]")
}

fn address(value: &str) -> Option<IpAddr> {
    match value.get(..5) {
        Some(tag) if tag.eq_ignore_ascii_case("IPV6:") => value[5..].parse().ok().map(IpAddr::V6),
        _ => value.parse().ok().map(IpAddr::V4),
    }
}

fn fits(attribute: Attribute, value: &str) -> bool {
    unavailable(value)
        || match attribute {
            Attribute::Addr | Attribute::DestAddr => address(value).is_some(),
            Attribute::Port | Attribute::DestPort => {
                words::number(value.as_bytes(), 5).is_some_and(|port| port < 65536)
            }
            Attribute::Proto => value.eq_ignore_ascii_case("SMTP") || value.eq_ignore_ascii_case("ESMTP"),
            Attribute::Name | Attribute::Helo | Attribute::Login => !value.is_empty(),
        }
}

impl<B> XClient<B> {
    /// With its octets held otherwise.
    pub fn map<C>(self, keep: impl FnOnce(B) -> C) -> XClient<C> {
        XClient(keep(self.0))
    }
}

impl<B: AsRef<[u8]>> XClient<B> {
    /// Every attribute in its order, decoded; `None` where the proxy does not know it.
    pub fn attributes(&self) -> impl Iterator<Item = (Attribute, Option<String>)> {
        self.0.as_ref().split(|octet| *octet == b' ').filter_map(|word| {
            let at = memchr::memchr(b'=', word)?;
            let attribute = Attribute::read(str::from_utf8(&word[..at]).ok()?)?;
            let value = String::from_utf8(Xtext::parse(&word[at + 1..])?.decode()).ok()?;
            Some((attribute, Some(value).filter(|value| !unavailable(value))))
        })
    }

    /// The client's address, where it was said.
    pub fn addr(&self) -> Option<IpAddr> {
        self.attributes().find(|(attribute, _)| *attribute == Attribute::Addr)?.1.as_deref().and_then(address)
    }
}
