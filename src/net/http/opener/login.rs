//! Who we say we are, to whom, and when.

use super::{Opener, locked};
use crate::http1::FieldValue;
use crate::net::http::auth::{Credentials, Digest, challenges};
use crate::net::http::error::Error;
use crate::net::http::{Body, Request, Response};
use crate::url::Url;
use std::collections::HashMap;
use std::format;
use std::io::Seek as _;
use std::string::{String, ToString};
use std::vec::Vec;

impl Opener {
    pub(super) fn credentials_for(&self, request: &Request) -> Option<Credentials> {
        if let Some(credentials) = &request.credentials {
            return Some(credentials.clone());
        }
        let host = request.url.hostname();
        let named = self.credentials.iter().find(|(only, _)| only.as_deref() == Some(host));
        if let Some((_, credentials)) = named {
            return Some(credentials.clone());
        }
        if request.url.includes_credentials() {
            let from_url = credentials_of(&request.url);
            // As in curl: a URL may say who, and the file the password.
            let known = || self.netrc.as_ref()?.find(host, Some(from_url.user()));
            return Some(known().filter(|_| request.url.password().is_empty()).unwrap_or(from_url));
        }
        let any = self.credentials.iter().find(|(only, _)| only.is_none() && !request.redirected);
        any.map(|(_, credentials)| credentials.clone()).or_else(|| self.netrc.as_ref()?.find(host, None))
    }

    /// The same request with an answer to the challenge, if there are credentials that were not refused already.
    pub(super) fn answer_challenge(&self, response: &Response, spare: &Request) -> Result<Option<Request>, Error> {
        let values: Vec<_> = response.head.fields().all("www-authenticate").filter_map(FieldValue::to_str).collect();
        let offered = challenges(values);
        if spare.has("authorization") {
            return Ok(None);
        }
        let Some(credentials) = self.credentials_for(spare) else { return Ok(None) };
        let mut next = spare.again()?;
        let key = spare.url.origin().to_string();
        if let Some(mut digest) = Digest::strongest(&offered) {
            let mut digests = locked(&self.digests);
            if let Some(nonce) = &response.nonce
                && is_refused(&mut digests, &key, nonce, &digest)
            {
                return Ok(None);
            }
            let value = respond(&mut digest, spare, spare.url.path_and_query(), &credentials)?;
            next.push("Authorization", &value)?;
            next.answers = true;
            digests.insert(key, digest);
            return Ok(Some(next));
        }
        if self.preemptive || !self.basic || !offered.iter().any(|challenge| challenge.is("Basic")) {
            return Ok(None);
        }
        next.push("Authorization", &credentials.basic()?)?;
        Ok(Some(next))
    }
}

/// The credentials in a URL, percent-decoded.
pub(super) fn credentials_of(url: &Url) -> Credentials {
    let decoded =
        |text: &str| String::from_utf8_lossy(&crate::net::http::disposition::percent_decode(text)).into_owned();
    Credentials::new(decoded(url.username()), decoded(url.password()))
}

/// What a challenge says of the answer with this nonce that a request carried: that the password is wrong. What is known
/// for `key` is forgotten then, and where the nonce was stale.
pub(super) fn is_refused(digests: &mut HashMap<String, Digest>, key: &str, nonce: &str, challenge: &Digest) -> bool {
    let known = digests.get(key);
    let same_realm = known.is_none_or(|known| known.realm() == challenge.realm());
    // Another thread may have a newer one, which is none of ours to judge.
    if known.is_some_and(|known| known.nonce() == nonce) {
        digests.remove(key);
    }
    // The answer was to this very realm, and not because its nonce was stale it was refused. In another realm of the same
    // origin it was never tried.
    same_realm && !challenge.is_stale()
}

/// The answer to a challenge, for a request that is sent with this target.
pub(super) fn respond(
    digest: &mut Digest,
    request: &Request,
    target: &str,
    credentials: &Credentials,
) -> Result<String, Error> {
    let hash = match &request.body {
        _ if !digest.covers_body() => String::new(),
        Body::Empty => digest.hash_of(&mut std::io::empty()).map_err(Error::Body)?,
        Body::Bytes(bytes) => digest.hash_of(&mut &bytes[..]).map_err(Error::Body)?,
        // It is read twice: for its hash, and to be sent.
        Body::File(file) => {
            let mut file = file;
            let start = std::io::SeekFrom::Start(request.position);
            let hash = file.seek(start).and_then(|_| digest.hash_of(&mut file)).map_err(Error::Body)?;
            file.seek(start).map_err(Error::Body)?;
            hash
        }
        // auth-int alone was offered (RFC 7616 3.3): the hash is needed before the head, and the body can be read but once.
        Body::Reader(..) => return Err(Error::BodyHash),
    };
    let mut random = [0; 16];
    getrandom::fill(&mut random).map_err(|error| Error::Body(std::io::Error::other(error.to_string())))?;
    let cnonce = format!("{:032x}", u128::from_be_bytes(random));
    Ok(digest.respond_hashed(&request.method, target, &hash, credentials, &cnonce)?)
}
