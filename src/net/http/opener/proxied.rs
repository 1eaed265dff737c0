//! Who we say we are to a proxy (RFC 9110 11.7): Basic and Digest, for requests and for tunnels.

use super::login::{credentials_of, is_refused, respond};
use super::{Opener, locked};
use crate::http1::{FieldValue, ResponseHead};
use crate::net::http::Request;
use crate::net::http::auth::{Digest, challenges};
use crate::net::http::error::Error;
use crate::net::http::wire::proxy_url;
use std::collections::{HashMap, HashSet};
use std::string::{String, ToString};
use std::vec::Vec;

/// How a proxy is told who asks, where its URL has a user: [`Opener::proxy_login`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ProxyLogin {
    /// Basic, with the first request already, as in curl. A proxy that refuses it and offers Digest gets Digest.
    #[default]
    Basic,
    /// Nothing before the proxy asks; then Digest where that is offered, else Basic. As curl's `--proxy-anyauth`.
    Any,
    /// Digest and nothing else: the password is never said. As curl's `--proxy-digest`.
    Digest,
}

/// How many challenges of a proxy one request answers: the first, and one for a nonce that is stale by then.
pub(in crate::net::http) const ANSWERS: u8 = 2;

/// What proxies have asked for, by their URLs.
#[derive(Default)]
pub(super) struct AtProxies {
    digests: HashMap<String, Digest>,
    /// Those that asked for Basic.
    basic: HashSet<String>,
}

/// What a request told a proxy.
pub(in crate::net::http) enum Told {
    Nothing,
    Basic,
    /// A Digest with this nonce.
    Digest(String),
}

impl Opener {
    /// The value of `Proxy-Authorization` for a request with this target, if there is to be one, and what it tells.
    pub(in crate::net::http) fn tell_proxy(
        &self,
        proxy: &str,
        request: &Request,
        target: &str,
    ) -> Result<(Option<String>, Told), Error> {
        let url = proxy_url(proxy)?;
        if !url.includes_credentials() {
            return Ok((None, Told::Nothing));
        }
        let credentials = credentials_of(&url);
        let mut known = locked(&self.at_proxies);
        if let Some(digest) = known.digests.get_mut(proxy) {
            let value = respond(digest, request, target, &credentials)?;
            return Ok((Some(value), Told::Digest(digest.nonce().to_string())));
        }
        let at_once = match self.proxy_login {
            ProxyLogin::Basic => true,
            ProxyLogin::Any => known.basic.contains(proxy),
            ProxyLogin::Digest => false,
        };
        Ok(if at_once { (Some(credentials.basic()?), Told::Basic) } else { (None, Told::Nothing) })
    }

    /// Learns from a 407. Whether asking again is worth it.
    pub(in crate::net::http) fn heed_proxy(
        &self,
        proxy: &str,
        head: &ResponseHead,
        told: &Told,
    ) -> Result<bool, Error> {
        if !proxy_url(proxy)?.includes_credentials() {
            return Ok(false);
        }
        let values: Vec<_> = head.fields().all("proxy-authenticate").filter_map(FieldValue::to_str).collect();
        let offered = challenges(values);
        let mut known = locked(&self.at_proxies);
        if let Some(digest) = Digest::strongest(&offered) {
            if let Told::Digest(nonce) = told
                && is_refused(&mut known.digests, proxy, nonce, &digest)
            {
                return Ok(false);
            }
            known.digests.insert(proxy.to_string(), digest);
            return Ok(true);
        }
        let basic = offered.iter().any(|challenge| challenge.is("Basic"));
        let first = matches!(told, Told::Nothing) && self.proxy_login == ProxyLogin::Any && basic;
        if first {
            known.basic.insert(proxy.to_string());
        }
        Ok(first)
    }
}
