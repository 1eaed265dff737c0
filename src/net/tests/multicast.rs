//! Groups, on the loopback interface with a TTL of 0, always both: without the interface packets leave the machine.

use crate::net::multicast::{Group, Interface, Options, Scope};
use std::net::{Ipv4Addr, SocketAddr};
use std::string::ToString;
use std::time::Duration;
use std::vec::Vec;

const SOON: Duration = Duration::from_secs(10);
const NONE: Duration = Duration::from_millis(100);

fn near() -> Options {
    Options::new(Interface::V4(Ipv4Addr::LOCALHOST), Scope::Host)
}

fn group(address: &str) -> SocketAddr {
    address.parse().unwrap()
}

fn heard(group: &Group, limit: Duration) -> Option<Vec<u8>> {
    let mut buffer = [0; 100];
    group.receive(&mut buffer, Some(limit)).unwrap().map(|(length, from)| {
        assert!(from.ip().is_loopback(), "{from}");
        buffer[..length].to_vec()
    })
}

#[test]
fn everyone_in_the_group_hears_and_nobody_else() {
    let one = Group::join(group("239.255.1.1:0"), near()).unwrap();
    let two = one.again().unwrap();
    let mut elsewhere = one.address();
    elsewhere.set_ip(Ipv4Addr::new(239, 255, 1, 2).into());
    let other = Group::join(elsewhere, near()).unwrap();
    one.send(b"hello").unwrap();
    // The sender hears itself: recognising that is its own affair.
    assert_eq!(heard(&one, SOON).unwrap(), b"hello");
    assert_eq!(heard(&two, SOON).unwrap(), b"hello");
    assert_eq!(heard(&other, NONE), None);
    two.leave().unwrap();
    one.send(b"again").unwrap();
    assert_eq!(heard(&one, SOON).unwrap(), b"again");
}

#[test]
fn what_is_no_group_is_refused() {
    for (address, options) in [
        ("127.0.0.1:0", near()),
        ("[ff15::1]:0", near()),
        ("239.255.1.1:0", Options::new(Interface::V6(1), Scope::Host)),
    ] {
        let error = Group::join(group(address), options).unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput, "{address}: {error}");
    }
}

#[test]
fn scopes_have_their_names_and_numbers() {
    let told: Vec<_> = Scope::ALL.iter().map(|scope| (scope.to_string(), scope.ttl())).collect();
    let expected = [("host", 0), ("link", 1), ("site", 32), ("region", 64), ("continent", 128), ("unrestricted", 255)];
    assert_eq!(told, expected.map(|(name, ttl)| (name.to_string(), ttl)));
    for scope in Scope::ALL {
        assert_eq!(scope.name().parse(), Ok(scope));
    }
    assert!("planet".parse::<Scope>().unwrap_err().contains("continent"));
}

#[test]
fn ipv6_joins_on_the_loopback_where_the_system_can() {
    let options = Options::new(Interface::V6(1), Scope::Host);
    let joined = Group::join(group("[ff11::1:77]:0"), options);
    match joined {
        Err(error) => std::eprintln!("SKIPPED: no IPv6 group on the loopback: {error}"),
        Ok(one) => {
            // Many systems have no route for groups there: then the join alone is what can be shown.
            if let Err(error) = one.send(b"hello") {
                std::eprintln!("SKIPPED: no route to an IPv6 group on the loopback: {error}");
                return one.leave().unwrap();
            }
            let mut buffer = [0; 100];
            match one.receive(&mut buffer, Some(Duration::from_secs(1))).unwrap() {
                Some((length, _)) => assert_eq!(&buffer[..length], b"hello"),
                None => std::eprintln!("SKIPPED: nothing comes back from an IPv6 group on the loopback"),
            }
            one.leave().unwrap();
        }
    }
}
