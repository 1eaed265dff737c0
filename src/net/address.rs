//! What an address or a port is, from its number alone. Pure: only [`core::net`], no resolver and no socket.
//!
//! ```
//! use plainwire::net::address::{Class, PortClass, private};
//!
//! assert_eq!(Class::of("192.0.2.7".parse()?), Class::C);
//! assert_eq!(Class::of("224.0.0.251".parse()?), Class::D);
//! assert_eq!(private("172.20.1.1".parse()?).unwrap().to_string(), "172.16.0.0/12");
//! assert_eq!(private("fd12::1".parse()?).unwrap().to_string(), "fc00::/7");
//! assert!(private("198.51.100.1".parse()?).is_none());
//! assert_eq!(PortClass::of(443), PortClass::WellKnown);
//! # Ok::<(), core::net::AddrParseError>(())
//! ```

use core::fmt;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The class of an IPv4 address, by its first bits (RFC 791 3.2, RFC 1112 4).
///
/// Networks have been of any size since 1993 (RFC 4632), so a class says nothing about a mask any more; D is still what
/// multicast is, and E is still reserved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// `0…`: 0.0.0.0 to 127.255.255.255, a network number of 8 bits.
    A,
    /// `10…`: 128.0.0.0 to 191.255.255.255, a network number of 16 bits.
    B,
    /// `110…`: 192.0.0.0 to 223.255.255.255, a network number of 24 bits.
    C,
    /// `1110…`: 224.0.0.0 to 239.255.255.255, multicast groups.
    D,
    /// `1111…`: 240.0.0.0 to 255.255.255.255, reserved, and the limited broadcast.
    E,
}

impl Class {
    /// The class of `address`.
    pub const fn of(address: Ipv4Addr) -> Self {
        match address.octets()[0] {
            0..=127 => Self::A,
            128..=191 => Self::B,
            192..=223 => Self::C,
            224..=239 => Self::D,
            240..=255 => Self::E,
        }
    }

    /// The bits of the network's number that the class stood for; none for D and E.
    pub const fn network_bits(self) -> Option<u8> {
        match self {
            Self::A => Some(8),
            Self::B => Some(16),
            Self::C => Some(24),
            Self::D | Self::E => None,
        }
    }

    /// Its letter.
    pub const fn letter(self) -> char {
        match self {
            Self::A => 'A',
            Self::B => 'B',
            Self::C => 'C',
            Self::D => 'D',
            Self::E => 'E',
        }
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Write::write_char(f, self.letter())
    }
}

/// A range of addresses: all that share its first bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Network {
    base: IpAddr,
    bits: u8,
}

impl Network {
    /// Its first address.
    pub const fn base(&self) -> IpAddr {
        self.base
    }

    /// How many bits its addresses share.
    pub const fn bits(&self) -> u8 {
        self.bits
    }

    /// Whether `address` lies in it. An IPv4 address written as IPv6 (`::ffff:10.0.0.1`) is not the IPv4 address.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.base, address) {
            (IpAddr::V4(base), IpAddr::V4(address)) => {
                let differing = base.to_bits() ^ address.to_bits();
                differing.leading_zeros() >= u32::from(self.bits)
            }
            (IpAddr::V6(base), IpAddr::V6(address)) => {
                let differing = base.to_bits() ^ address.to_bits();
                differing.leading_zeros() >= u32::from(self.bits)
            }
            _ => false,
        }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.base, self.bits)
    }
}

/// The ranges that everyone may use within their own walls, and nobody routes on the Internet (RFC 1918 3, RFC 4193 3.1).
pub const PRIVATE: [Network; 4] = [
    Network { base: IpAddr::V4(Ipv4Addr::new(10, 0, 0, 0)), bits: 8 },
    Network { base: IpAddr::V4(Ipv4Addr::new(172, 16, 0, 0)), bits: 12 },
    Network { base: IpAddr::V4(Ipv4Addr::new(192, 168, 0, 0)), bits: 16 },
    Network { base: IpAddr::V6(Ipv6Addr::new(0xfc00, 0, 0, 0, 0, 0, 0, 0)), bits: 7 },
];

/// The private range that `address` lies in, if any.
pub fn private(address: IpAddr) -> Option<Network> {
    PRIVATE.into_iter().find(|range| range.contains(address))
}

/// What a port's number says about it (RFC 6335 6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PortClass {
    /// 0 to 1023: "System Ports", assigned by IANA; most systems let only an administrator listen there.
    WellKnown,
    /// 1024 to 49151: "User Ports", assigned by IANA on request.
    Registered,
    /// 49152 to 65535: never assigned; what a system gives to whoever asks for any port.
    Dynamic,
}

impl PortClass {
    /// The class of `port`.
    pub const fn of(port: u16) -> Self {
        match port {
            0..=1023 => Self::WellKnown,
            1024..=49151 => Self::Registered,
            49152..=65535 => Self::Dynamic,
        }
    }
}

impl fmt::Display for PortClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::WellKnown => "well-known",
            Self::Registered => "registered",
            Self::Dynamic => "dynamic",
        })
    }
}
