//! To and from the types of the crate `http` (feature `http`).
//!
//! `http` keeps names in lower case and the lines of one name together, so spelling and the order of different names are
//! lost on the way there.

use super::error::Invalid;
use super::head::{RequestHead, ResponseHead};
use super::value::{Method, StatusCode, Version};
use ::http::{HeaderMap, HeaderName, HeaderValue};

/// A head that the crate `http` can't hold: a target that its `Uri` refuses, more fields than its map takes.
#[derive(Debug, thiserror::Error)]
#[error("the crate http refuses this head")]
pub struct Refused(#[from] ::http::Error);

impl<B: AsRef<[u8]>> TryFrom<&RequestHead<B>> for ::http::Request<()> {
    type Error = Refused;

    fn try_from(head: &RequestHead<B>) -> Result<Self, Refused> {
        let mut request = Self::builder()
            .method(head.method().as_str())
            .uri(head.target().as_str())
            .version(version(head.version()))
            .body(())?;
        fields(head.fields(), request.headers_mut())?;
        Ok(request)
    }
}

impl<B: AsRef<[u8]>> TryFrom<&ResponseHead<B>> for ::http::Response<()> {
    type Error = Refused;

    fn try_from(head: &ResponseHead<B>) -> Result<Self, Refused> {
        let mut response = Self::builder().status(head.status().as_u16()).version(version(head.version())).body(())?;
        fields(head.fields(), response.headers_mut())?;
        Ok(response)
    }
}

impl<T> TryFrom<&::http::Request<T>> for RequestHead {
    type Error = Invalid;

    /// The target is the URI as it is written: a path, `*`, an authority for CONNECT, or the absolute form. A `Host` is
    /// not made of it.
    fn try_from(request: &::http::Request<T>) -> Result<Self, Invalid> {
        let method = Method::new(request.method().as_str())?;
        let target = alloc::string::ToString::to_string(request.uri());
        let mut head = Self::new(method, &target)?;
        for (name, value) in request.headers() {
            head.push(name.as_str(), value)?;
        }
        Ok(head)
    }
}

impl<T> TryFrom<&::http::Response<T>> for ResponseHead {
    type Error = Invalid;

    fn try_from(response: &::http::Response<T>) -> Result<Self, Invalid> {
        let mut head = Self::new(response.status().into());
        for (name, value) in response.headers() {
            head.push(name.as_str(), value)?;
        }
        Ok(head)
    }
}

impl From<::http::StatusCode> for StatusCode {
    fn from(status: ::http::StatusCode) -> Self {
        Self::new(status.as_u16()).unwrap_or(Self::INTERNAL_SERVER_ERROR)
    }
}

impl TryFrom<StatusCode> for ::http::StatusCode {
    type Error = ::http::status::InvalidStatusCode;

    fn try_from(status: StatusCode) -> Result<Self, Self::Error> {
        Self::from_u16(status.as_u16())
    }
}

impl TryFrom<Method<'_>> for ::http::Method {
    type Error = ::http::method::InvalidMethod;

    fn try_from(method: Method<'_>) -> Result<Self, Self::Error> {
        Self::from_bytes(method.as_str().as_bytes())
    }
}

impl<'a> TryFrom<&'a ::http::Method> for Method<'a> {
    type Error = Invalid;

    fn try_from(method: &'a ::http::Method) -> Result<Self, Invalid> {
        Self::new(method.as_str())
    }
}

impl From<Version> for ::http::Version {
    fn from(said: Version) -> Self {
        version(said)
    }
}

fn version(version: Version) -> ::http::Version {
    if version == Version::HTTP_10 { ::http::Version::HTTP_10 } else { ::http::Version::HTTP_11 }
}

fn fields(from: super::Fields<'_>, to: &mut HeaderMap) -> Result<(), Refused> {
    for field in from {
        let name = HeaderName::from_bytes(field.name.as_bytes()).map_err(::http::Error::from)?;
        let value = HeaderValue::from_bytes(&field.value.unfolded()).map_err(::http::Error::from)?;
        to.try_append(name, value).map_err(::http::Error::from)?;
    }
    Ok(())
}
