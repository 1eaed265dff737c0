//! What a client is set to: limits, rules, identities.

use super::{Layer, Opener, ProxyLogin, SharedTap};
use crate::cookie::Jar;
use crate::engine::Tap;
use crate::http1::{Client, Quirks};
use crate::net::http::auth::Credentials;
use crate::net::http::coding::Expansion;
use crate::net::http::netrc::Netrc;
use crate::net::http::proxy::Proxies;
use std::net::SocketAddr;
use std::string::ToString;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// How long each wait may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// Looking up, connecting to whichever address answers, TLS and a proxy's tunnel. 30 s.
    pub connect: Duration,
    /// From the end of the request to the head of the answer. 60 s.
    pub head: Duration,
    /// Silence within a body. 60 s.
    pub idle: Duration,
    /// Everything together, redirects too. None by default.
    pub whole: Option<Duration>,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(30),
            head: Duration::from_secs(60),
            idle: Duration::from_secs(60),
            whole: None,
        }
    }
}

/// Which redirects are followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Redirects {
    /// How many in a row. 10 by default, as in urllib; 0 gives every redirect to the caller.
    pub most: usize,
    /// From https to http. Not by default.
    pub downgrade: bool,
    /// Keep the method and the body after 301, 302 and 303 too. Not by default: browsers turn POST into GET.
    pub keep_method: bool,
}

impl Default for Redirects {
    fn default() -> Self {
        Self { most: 10, downgrade: false, keep_method: false }
    }
}

/// How many connections wait for another request, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reuse {
    /// To one origin. 6, as browsers have it.
    pub per_origin: usize,
    /// Together. 64.
    pub total: usize,
    /// The longest wait. 55 s: under the minute after which many servers close.
    pub idle: Duration,
}

impl Default for Reuse {
    fn default() -> Self {
        Self { per_origin: 6, total: 64, idle: Duration::from_secs(55) }
    }
}

impl Opener {
    /// With other time limits.
    #[must_use]
    pub fn timeouts(mut self, timeouts: Timeouts) -> Self {
        self.timeouts = timeouts;
        self.apart()
    }

    /// With another rule for redirects.
    #[must_use]
    pub fn redirects(mut self, redirects: Redirects) -> Self {
        self.redirects = redirects;
        self
    }

    /// With another rule for keeping connections.
    #[must_use]
    pub fn reuse(mut self, reuse: Reuse) -> Self {
        self.reuse = reuse;
        self
    }

    /// Forgives servers some deviations; see [`Quirks`].
    #[must_use]
    pub fn quirks(mut self, quirks: Quirks) -> Self {
        self.quirks = quirks;
        self.apart()
    }

    /// With a cookie jar of its own, in which nothing is a public suffix: for one that meets more than one party give
    /// [`jar`](Self::jar) a jar with [a list](crate::cookie::PublicSuffixes).
    #[must_use]
    pub fn cookies(self) -> Self {
        self.jar(Arc::default())
    }

    /// With this cookie jar, which others may share.
    #[must_use]
    pub fn jar(mut self, jar: Arc<Mutex<Jar>>) -> Self {
        self.jar = Some(jar);
        self
    }

    /// With credentials for a host, or for every host where none is named. They answer challenges, and never go to another
    /// host after a redirect.
    #[must_use]
    pub fn credentials(mut self, host: Option<&str>, credentials: Credentials) -> Self {
        self.credentials.push((host.map(str::to_ascii_lowercase), credentials));
        self
    }

    /// Sends Basic credentials with the first request already, as curl's `-u` does, and not only when asked.
    #[must_use]
    pub fn preemptive(mut self, preemptive: bool) -> Self {
        self.preemptive = preemptive;
        self
    }

    /// Whether Basic may be used at all. It may, unless said otherwise: whoever can change an answer on its way can offer
    /// Basic in place of Digest, and be told the password (RFC 7616 5.3).
    #[must_use]
    pub fn basic(mut self, allowed: bool) -> Self {
        self.basic = allowed;
        self
    }

    /// With logins from a `.netrc`.
    #[must_use]
    pub fn netrc(mut self, netrc: Netrc) -> Self {
        self.netrc = Some(Arc::new(netrc));
        self
    }

    /// Through these proxies, instead of the environment's.
    #[must_use]
    pub fn proxies(mut self, proxies: Proxies) -> Self {
        self.proxies = proxies;
        self
    }

    /// How a proxy is told who asks: whoever its URL names.
    #[must_use]
    pub fn proxy_login(mut self, login: ProxyLogin) -> Self {
        self.proxy_login = login;
        self.at_proxies = Arc::default();
        self
    }

    /// Undoes content codings up to this expansion; `None` neither asks for codings nor undoes them.
    #[must_use]
    pub fn codings(mut self, expansion: Option<Expansion>) -> Self {
        self.codings = expansion;
        self
    }

    /// With another `User-Agent`, or without.
    #[must_use]
    pub fn user_agent(mut self, name: Option<&str>) -> Self {
        self.user_agent = name.map(ToString::to_string);
        self
    }

    /// With TLS set up by the caller: roots, client certificate. It has to offer `http/1.1` by ALPN, or nothing.
    #[cfg(feature = "tls")]
    #[must_use]
    pub fn tls(mut self, connector: crate::net::tls::Connector) -> Self {
        self.connector = Arc::new(Mutex::new(Some(connector)));
        self.apart()
    }

    /// With one more step of the caller's own, behind those that are there.
    #[must_use]
    pub fn layer(mut self, layer: impl Layer + 'static) -> Self {
        self.layers.push(Arc::new(layer));
        self
    }

    /// Opens connections from this address of the machine; port 0 takes a free one for each.
    #[doc(alias = "source_address")]
    #[must_use]
    pub fn local_address(mut self, local: SocketAddr) -> Self {
        self.local = Some(local);
        self.apart()
    }

    /// With a tap on every connection: a transcript.
    #[must_use]
    pub fn tap(mut self, tap: Arc<Mutex<dyn Tap<Client> + Send>>) -> Self {
        self.tap = SharedTap::new(tap);
        self.apart()
    }

    /// Tells what it does, a line at a time: connections, tunnels, heads. Never credentials.
    #[must_use]
    pub fn trace_to(mut self, trace: impl Fn(&str) + Send + Sync + 'static) -> Self {
        self.trace = Some(Arc::new(trace));
        self
    }

    /// Connections that were opened under other rules (another trust, above all) are not for this client.
    fn apart(mut self) -> Self {
        self.idle = Arc::default();
        self
    }
}
