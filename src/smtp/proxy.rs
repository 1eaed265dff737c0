//! The PROXY preamble, versions 1 and 2, by which a proxy says whose connection it forwards.
//!
//! The protocol is `HAProxy`'s (`proxy-protocol.txt`). A server takes a preamble from trusted peers only, and then it has to
//! be there: anyone else could claim to be anyone.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// Whose connection it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Proxy {
    /// The client at the other side of the proxy, and the address it connected to; `None` where the proxy speaks for
    /// itself (`LOCAL`) or can't say (`UNKNOWN`).
    pub peers: Option<(SocketAddr, SocketAddr)>,
}

/// Not a PROXY preamble, or longer than its limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a PROXY preamble")]
pub struct InvalidProxy;

const SIGNATURE: &[u8; 12] = b"\r\n\r\n\0\r\nQUIT\n";
/// Version 1 with its CRLF.
const LINE: usize = 107;

impl Proxy {
    /// Takes the preamble off the front of `input`, or nothing while it is not whole. `limit` is on version 2.
    pub(super) fn take(input: &mut &[u8], limit: usize) -> Result<Option<Self>, InvalidProxy> {
        let text = *input;
        if text.iter().zip(SIGNATURE).all(|(a, b)| a == b) {
            // Neither version 1 nor anything else begins like this.
            let Some(head) = text.first_chunk::<16>() else { return Ok(None) };
            let length = 16 + usize::from(u16::from_be_bytes([head[14], head[15]]));
            if length > limit {
                return Err(InvalidProxy);
            }
            let Some(whole) = text.get(..length) else { return Ok(None) };
            *input = &text[length..];
            return version_2(head, &whole[16..]).map(Some);
        }
        if !text.iter().zip(b"PROXY ").all(|(a, b)| a == b) {
            return Err(InvalidProxy);
        }
        let visible = &text[..text.len().min(LINE)];
        match memchr::memchr(b'\n', visible) {
            None if text.len() >= LINE => Err(InvalidProxy),
            None => Ok(None),
            Some(end) => {
                let line = visible[..end].strip_suffix(b"\r").ok_or(InvalidProxy)?;
                *input = &text[end + 1..];
                version_1(line).map(Some)
            }
        }
    }
}

/// `PROXY TCP4 source destination port port`
fn version_1(line: &[u8]) -> Result<Proxy, InvalidProxy> {
    let text = str::from_utf8(line).map_err(|_| InvalidProxy)?;
    let mut words = text.split(' ').skip(1);
    let family = words.next();
    if family == Some("UNKNOWN") {
        return Ok(Proxy { peers: None });
    }
    let mut word = || words.next().ok_or(InvalidProxy);
    let (source, destination) = (word()?, word()?);
    let (from, to) = (port(word()?)?, port(word()?)?);
    if words.next().is_some() {
        return Err(InvalidProxy);
    }
    let address = |text: &str| -> Result<IpAddr, InvalidProxy> {
        match family {
            Some("TCP4") => text.parse::<Ipv4Addr>().map(IpAddr::V4).map_err(|_| InvalidProxy),
            Some("TCP6") => text.parse::<Ipv6Addr>().map(IpAddr::V6).map_err(|_| InvalidProxy),
            _ => Err(InvalidProxy),
        }
    };
    let peers = (SocketAddr::new(address(source)?, from), SocketAddr::new(address(destination)?, to));
    Ok(Proxy { peers: Some(peers) })
}

/// Decimal, without leading zeros or signs.
fn port(text: &str) -> Result<u16, InvalidProxy> {
    let plain = text.bytes().all(|octet| octet.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    if plain { text.parse().map_err(|_| InvalidProxy) } else { Err(InvalidProxy) }
}

fn version_2(head: &[u8; 16], body: &[u8]) -> Result<Proxy, InvalidProxy> {
    match head[12] {
        // Version 2, LOCAL: the proxy's own connection, whatever the addresses are.
        0x20 => return Ok(Proxy { peers: None }),
        0x21 => {}
        _ => return Err(InvalidProxy),
    }
    let ports = |at: usize| -> Option<(u16, u16)> {
        let [a, b, c, d] = *body.get(at..)?.first_chunk::<4>()?;
        Some((u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d])))
    };
    let peers = match head[13] {
        // TCP over IPv4.
        0x11 => body.first_chunk::<8>().zip(ports(8)).map(|(octets, (from, to))| {
            let [a, b, c, d, e, f, g, h] = *octets;
            (SocketAddr::from(([a, b, c, d], from)), SocketAddr::from(([e, f, g, h], to)))
        }),
        // TCP over IPv6.
        0x21 => body.first_chunk::<32>().zip(ports(32)).map(|(octets, (from, to))| {
            let address = |at: usize| -> [u8; 16] { core::array::from_fn(|i| octets[at + i]) };
            (SocketAddr::from((address(0), from)), SocketAddr::from((address(16), to)))
        }),
        // Unspecified: the addresses are to be ignored.
        0x00 => return Ok(Proxy { peers: None }),
        _ => None,
    };
    peers.map(|peers| Proxy { peers: Some(peers) }).ok_or(InvalidProxy)
}
