//! A URL as others see it: Python's `urllib.parse`, and RFC 3986.

use super::{Parts, Refusal};
use plainwire::url::python::{self, ValueError};
use plainwire::url::reference::{Reference, ReferenceError};
use serde_json::Value;

impl From<ValueError> for Refusal {
    fn from(error: ValueError) -> Self {
        Self { error: error.kind().to_string(), offset: error.offset() }
    }
}

impl From<ReferenceError> for Refusal {
    fn from(error: ReferenceError) -> Self {
        Self { error: error.kind().to_string(), offset: error.offset() }
    }
}

/// Python's view: `urlparse` and the attributes of its result, whose components are empty and not absent. A port that
/// Python raises an error for is one.
pub(super) fn python(input: &str, base: Option<&str>) -> Result<Parts, Refusal> {
    let joined;
    let url = match base {
        Some(base) => {
            joined = python::join(base, input)?;
            &joined
        }
        None => input,
    };
    let parsed = python::parse(url)?;
    let port = parsed.port().map_err(|error| {
        // In the netloc, which the URL has behind its first `//`.
        let netloc = url.find(&*parsed.netloc).unwrap_or(0);
        Refusal { error: error.kind().to_string(), offset: netloc + error.offset() }
    })?;
    Ok(vec![
        ("scheme", (&*parsed.scheme).into()),
        ("netloc", (&*parsed.netloc).into()),
        ("path", (&*parsed.path).into()),
        ("params", (&*parsed.params).into()),
        ("query", (&*parsed.query).into()),
        ("fragment", (&*parsed.fragment).into()),
        ("username", parsed.username().into()),
        ("password", parsed.password().into()),
        ("hostname", parsed.hostname().as_deref().into()),
        ("port", port.into()),
    ])
}

/// RFC 3986, to the letter. Parameters are part of a segment there, and so always null.
pub(super) fn rfc3986(input: &str, base: Option<&Reference<'_>>) -> Result<Parts, Refusal> {
    let given = Reference::parse(input)?;
    let target;
    let reference = match base {
        Some(base) => {
            target = base.resolve(&given).map_err(|error| Refusal { error: error.to_string(), offset: 0 })?;
            target.as_reference()
        }
        None => given,
    };
    let userinfo = reference.userinfo();
    let user =
        userinfo.map(|userinfo| userinfo.split_once(':').map_or((userinfo, None), |(user, rest)| (user, Some(rest))));
    // Any number of digits is a port by the RFC: those that TCP does not have stay text.
    let port = match (reference.port(), reference.port_number()) {
        (_, Some(number)) => Value::from(number),
        (text, None) => Value::from(text),
    };
    Ok(vec![
        ("scheme", reference.scheme().into()),
        ("netloc", reference.authority().into()),
        ("path", reference.path().into()),
        ("params", Value::Null),
        ("query", reference.query().into()),
        ("fragment", reference.fragment().into()),
        ("username", user.map(|(user, _)| user).into()),
        ("password", user.and_then(|(_, password)| password).into()),
        ("hostname", reference.host().into()),
        ("port", port),
    ])
}
