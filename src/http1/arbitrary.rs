//! Values for fuzzing and property tests: messages of every form, and never one that can't be.

use super::field::{FieldName, FieldValue};
use super::head::{RequestHead, ResponseHead, Trailers};
use super::syntax::{TARGET, TEXT, TOKEN, stray, trim};
use super::target::{Form, Target};
use super::value::{Method, StatusCode, Version};
use alloc::string::String;
use arbitrary::{Arbitrary, Error, Result, Unstructured};

/// The octets of one class that the data begins with, none of them beyond US-ASCII.
fn text<'a>(u: &mut Unstructured<'a>, class: u8) -> Result<&'a str> {
    let octets = <&[u8]>::arbitrary(u)?;
    let class_ends = stray(octets, class).unwrap_or(octets.len());
    let end = octets.iter().position(|octet| !octet.is_ascii()).unwrap_or(octets.len()).min(class_ends);
    core::str::from_utf8(&octets[..end]).map_err(|_| Error::IncorrectFormat)
}

/// One of the registered methods, or any token.
impl<'a> Arbitrary<'a> for Method<'a> {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        const KNOWN: [Method<'static>; 9] = [
            Method::GET,
            Method::HEAD,
            Method::POST,
            Method::PUT,
            Method::DELETE,
            Method::CONNECT,
            Method::OPTIONS,
            Method::TRACE,
            Method::PATCH,
        ];
        if u.ratio(3, 4)? {
            return Ok(*u.choose(&KNOWN)?);
        }
        Ok(Method::new(text(u, TOKEN)?).unwrap_or(Method::GET))
    }
}

/// 100 to 999, most of them registered.
impl<'a> Arbitrary<'a> for StatusCode {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let code = match u.int_in_range(0..=2)? {
            0 => *u.choose(&[200, 204, 206, 301, 304, 400, 404, 413, 500, 503])?,
            1 => u.int_in_range(100..=511)?,
            _ => u.int_in_range(100..=999)?,
        };
        Self::new(code).map_err(|_| Error::IncorrectFormat)
    }
}

/// HTTP/1.0 to HTTP/1.9.
impl<'a> Arbitrary<'a> for Version {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        Ok(Self::from_digit(b'0' + u.int_in_range(0..=9)?))
    }
}

/// One that the engines look at, or any token.
impl<'a> Arbitrary<'a> for FieldName<'a> {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        const KNOWN: [&str; 8] =
            ["Host", "Connection", "Content-Length", "Transfer-Encoding", "Expect", "Upgrade", "Accept", "Set-Cookie"];
        let name = if u.ratio(1, 3)? { u.choose(&KNOWN)? } else { text(u, TOKEN)? };
        Self::new(name).or_else(|_| Self::new("x")).map_err(|_| Error::IncorrectFormat)
    }
}

/// Any octets that a value may hold, obs-text among them.
impl<'a> Arbitrary<'a> for FieldValue<'a> {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let octets = <&[u8]>::arbitrary(u)?;
        let value = trim(&octets[..stray(octets, TEXT).unwrap_or(octets.len())]);
        Self::new(value).map_err(|_| Error::IncorrectFormat)
    }
}

/// A path, the target of most requests. The other forms belong to a method: see [`RequestHead`].
impl<'a> Arbitrary<'a> for Target<'a> {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let path = text(u, TARGET)?;
        Self::new(Method::GET, path).or_else(|_| Self::new(Method::GET, "/")).map_err(|_| Error::IncorrectFormat)
    }
}

/// A request that might be sent: its target is of a form that its method allows. It need not have `Host`.
impl<'a> Arbitrary<'a> for RequestHead {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let method = Method::arbitrary(u)?;
        let form = match method.as_str() {
            "CONNECT" => Form::Authority,
            "OPTIONS" => *u.choose(&[Form::Origin, Form::Absolute, Form::Asterisk])?,
            _ => *u.choose(&[Form::Origin, Form::Origin, Form::Absolute])?,
        };
        let mut target = String::new();
        match form {
            Form::Authority => {
                target.push_str(u.choose(&["host", "127.0.0.1", "[::1]"])?);
                target.push_str(u.choose(&[":1", ":443", ":65535"])?);
            }
            Form::Asterisk => target.push('*'),
            Form::Absolute | Form::Origin => {
                if form == Form::Absolute {
                    target.push_str(u.choose(&["http://", "https://", "urn+x://"])?);
                    target.push_str(u.choose(&["host", "host:80", "[::1]:8080", "user@host"])?);
                }
                target.push('/');
                target.push_str(text(u, TARGET)?);
            }
        }
        let mut head = Self::new(method, &target).map_err(|_| Error::IncorrectFormat)?;
        for _ in 0..u.int_in_range(0..=24)? {
            let (name, value) = (FieldName::arbitrary(u)?, FieldValue::arbitrary(u)?);
            head.push(name.as_str(), value).map_err(|_| Error::IncorrectFormat)?;
        }
        Ok(head)
    }
}

impl<'a> Arbitrary<'a> for ResponseHead {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let status = StatusCode::arbitrary(u)?;
        let mut head = if u.arbitrary()? {
            Self::with_reason(status, text(u, TEXT)?).map_err(|_| Error::IncorrectFormat)?
        } else {
            Self::new(status)
        };
        for _ in 0..u.int_in_range(0..=24)? {
            let (name, value) = (FieldName::arbitrary(u)?, FieldValue::arbitrary(u)?);
            head.push(name.as_str(), value).map_err(|_| Error::IncorrectFormat)?;
        }
        Ok(head)
    }
}

impl<'a> Arbitrary<'a> for Trailers {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let mut trailers = Self::new();
        for _ in 0..u.int_in_range(0..=4)? {
            let (name, value) = (FieldName::arbitrary(u)?, FieldValue::arbitrary(u)?);
            // The fields that no trailer section may have are left out.
            trailers = trailers.clone().with(name.as_str(), value).unwrap_or(trailers);
        }
        Ok(trailers)
    }
}
