//! Expected values from RFC 791, 1112, 1918, 4193 and 6335, at both ends of each range.

use crate::net::address::{Class, PortClass, private};
use core::net::{IpAddr, Ipv4Addr};
use std::string::ToString;

#[test]
fn classes_at_both_ends() {
    for (first, last, class) in [
        ("0.0.0.0", "127.255.255.255", Class::A),
        ("128.0.0.0", "191.255.255.255", Class::B),
        ("192.0.0.0", "223.255.255.255", Class::C),
        ("224.0.0.0", "239.255.255.255", Class::D),
        ("240.0.0.0", "255.255.255.255", Class::E),
    ] {
        for end in [first, last] {
            assert_eq!(Class::of(end.parse().unwrap()), class, "{end}");
        }
    }
    assert_eq!(Class::B.to_string(), "B");
    assert_eq!([Class::A, Class::C, Class::E].map(Class::network_bits), [Some(8), Some(24), None]);
    // What the standard library calls multicast is what class D is.
    for first in 0..=255 {
        let address = Ipv4Addr::new(first, 1, 2, 3);
        assert_eq!(address.is_multicast(), Class::of(address) == Class::D);
    }
}

#[test]
fn private_ranges_at_both_ends() {
    for (inside, range) in [
        ("10.0.0.0", "10.0.0.0/8"),
        ("10.255.255.255", "10.0.0.0/8"),
        ("172.16.0.0", "172.16.0.0/12"),
        ("172.31.255.255", "172.16.0.0/12"),
        ("192.168.0.0", "192.168.0.0/16"),
        ("192.168.255.255", "192.168.0.0/16"),
        ("fc00::", "fc00::/7"),
        ("fdff:ffff::1", "fc00::/7"),
    ] {
        assert_eq!(private(inside.parse().unwrap()).unwrap().to_string(), range, "{inside}");
    }
    for outside in [
        "9.255.255.255",
        "11.0.0.0",
        "172.15.255.255",
        "172.32.0.0",
        "192.167.255.255",
        "192.169.0.0",
        "fe00::",
        "fbff::",
    ] {
        assert_eq!(private(outside.parse().unwrap()), None, "{outside}");
    }
    // The standard library knows the three of IPv4 too.
    for address in (0..=u32::MAX).step_by(65_521) {
        let address = Ipv4Addr::from_bits(address);
        assert_eq!(private(IpAddr::V4(address)).is_some(), address.is_private(), "{address}");
    }
}

#[test]
fn ports_at_both_ends() {
    for (ends, class, name) in [
        ([0, 1023], PortClass::WellKnown, "well-known"),
        ([1024, 49151], PortClass::Registered, "registered"),
        ([49152, 65535], PortClass::Dynamic, "dynamic"),
    ] {
        for port in ends {
            assert_eq!(PortClass::of(port), class);
        }
        assert_eq!(class.to_string(), name);
    }
}
