//! Redirects: which are followed, as what, and without what.

use super::Opener;
use crate::net::http::error::{Error, without_password};
use crate::net::http::{Body, Request, Response};
use std::format;
use std::string::{String, ToString};

impl Opener {
    /// The request that a redirect asks for.
    pub(super) fn follow(
        &self,
        response: &Response,
        spare: Result<Request, (Request, Error)>,
        so_far: usize,
    ) -> Result<Option<Request>, Error> {
        let status = response.status();
        if !matches!(status, 301 | 302 | 303 | 307 | 308) || self.redirects.most == 0 {
            return Ok(None);
        }
        let Some(location) = response.head.fields().first("location") else { return Ok(None) };
        if so_far >= self.redirects.most {
            return Err(Error::Redirects(self.redirects.most));
        }
        let location = as_text(location.as_ref());
        let wrong = |reason: String| Error::Url { url: without_password(&location), reason };
        let mut url = response.url.join(&location).map_err(|error| wrong(error.to_string()))?;
        // RFC 9110 10.2.2: without a fragment of its own it inherits the one that was asked for.
        if url.fragment().is_none()
            && let Some(fragment) = response.url.fragment()
        {
            url.set_fragment(Some(fragment)).map_err(|error| wrong(error.to_string()))?;
        }
        match (response.url.scheme(), url.scheme()) {
            (_, "https") | ("http", "http") => {}
            ("https", "http") if self.redirects.downgrade => {}
            _ => return Err(Error::Redirect(without_password(url.as_str()))),
        }
        let asked = match &spare {
            Ok(request) | Err((request, _)) => request.method.clone(),
        };
        // RFC 9110 15.4.2 to 15.4.4, and what browsers do: POST alone changes on 301 and 302.
        let becomes_get = !self.redirects.keep_method
            && (status == 303 && asked != "HEAD" || matches!(status, 301 | 302) && asked == "POST");
        let mut next = match spare {
            Ok(request) => request,
            // Its body is not wanted any more.
            Err((request, _)) if becomes_get => request,
            Err((_, error)) => return Err(error),
        };
        if becomes_get && asked != "GET" {
            next.method = "GET".to_string();
            next.body = Body::Empty;
            for name in ["content-type", "content-encoding", "content-language", "content-location", "digest"] {
                next.remove(name);
            }
        }
        next.move_to(url);
        Ok(Some(next))
    }
}

/// A URI reference as text. Servers send UTF-8 here, although RFC 9110 10.2.2 knows only URI references; octets in another
/// charset are percent-encoded as they are, so that they come back to the server as it spelled them.
fn as_text(octets: &[u8]) -> String {
    match core::str::from_utf8(octets) {
        Ok(text) => text.to_string(),
        Err(_) => octets
            .iter()
            .map(|&octet| if octet.is_ascii() { char::from(octet).to_string() } else { format!("%{octet:02X}") })
            .collect(),
    }
}
