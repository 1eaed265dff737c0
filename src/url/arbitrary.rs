//! Values for fuzzing and property tests: URLs of every form, and never one that can't be.

use super::{Host, Url};
use crate::syntax::percent::{self, COMPONENT};
use alloc::format;
use alloc::string::{String, ToString};
use arbitrary::{Arbitrary, Error, Result, Unstructured};

fn encoded(u: &mut Unstructured<'_>) -> Result<String> {
    let text = <&str>::arbitrary(u)?;
    Ok(percent::encode(text.as_bytes(), &COMPONENT).into_owned())
}

impl<'a> Arbitrary<'a> for Url {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let scheme = *u.choose(&["http", "https", "ws", "wss", "ftp", "file", "foo", "foo", "data"])?;
        let mut text = format!("{scheme}:");
        if scheme == "data" {
            text.push_str(&encoded(u)?);
        } else {
            let host = Host::arbitrary(u)?.to_string();
            text.push_str("//");
            if scheme != "file" {
                if u.arbitrary()? {
                    text.extend([encoded(u)?.as_str(), ":", &encoded(u)?, "@"]);
                }
                text.push_str(&host);
                if u.arbitrary()? {
                    text.extend([":", &u16::arbitrary(u)?.to_string()]);
                }
            } else if u.arbitrary()? {
                text.push_str(&host);
            }
            for _ in 0..u.int_in_range(0..=4)? {
                text.push('/');
                text.push_str(&encoded(u)?);
            }
        }
        for mark in ['?', '#'] {
            if u.arbitrary()? {
                text.push(mark);
                text.push_str(&encoded(u)?);
            }
        }
        Self::parse(&text).map_err(|_| Error::IncorrectFormat)
    }
}

/// A domain or an address; an opaque host comes with a URL that isn't special.
impl<'a> Arbitrary<'a> for Host<String> {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        Ok(match u.int_in_range(0..=5)? {
            0 => Self::Ipv4(u32::arbitrary(u)?.into()),
            1 => Self::Ipv6(u128::arbitrary(u)?.into()),
            _ => {
                let label = |u: &mut Unstructured<'a>| {
                    let octets = u.bytes(3)?;
                    Ok(octets.iter().map(|octet| char::from(b'a' + octet % 26)).collect::<String>())
                };
                Self::Domain(format!("{}.{}", label(u)?, label(u)?))
            }
        })
    }
}
