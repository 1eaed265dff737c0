//! The client: which connection a request goes over, and what follows from its answer.

mod follow;
mod login;
mod proxied;
mod settings;

pub use proxied::ProxyLogin;
pub(super) use proxied::{ANSWERS, Told};
pub use settings::{Redirects, Reuse, Timeouts};

use super::auth::{Credentials, Digest};
use super::coding::Expansion;
use super::error::{Error, without_password};
use super::netrc::Netrc;
use super::proxy::Proxies;
use super::response::{Content, Local, Raw, local};
use super::wire::{Idle, Route, Wire};
use super::{Request, Response};
use crate::cookie::{self, Jar, Place, Timestamp};
use crate::http1::{FieldValue, Quirks, ResponseHead, client};
use crate::net::http::data_url;
use crate::net::limits::due_in;
use crate::net::tap::SharedTap;
use crate::url::Url;
use proxied::AtProxies;
use std::collections::HashMap;
use std::format;
use std::io::Read;
use std::net::SocketAddr;
use std::string::{String, ToString};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};
use std::vec::Vec;

/// A step of one's own among those that every request and every answer passes: [`Opener::layer`].
///
/// ```
/// use plainwire::net::http::{Error, Layer, Opener, Request};
///
/// /// A key for one API, and for nobody else.
/// struct Key(String);
///
/// impl Layer for Key {
///     fn request(&self, request: &mut Request) -> Result<(), Error> {
///         match request.url().hostname() {
///             "api.example.com" => request.push("X-Api-Key", &self.0),
///             _ => Ok(()),
///         }
///     }
/// }
///
/// let opener = Opener::new().layer(Key("k-42".into()));
/// ```
pub trait Layer: Send + Sync {
    /// A request is about to be sent: the caller's, and each that follows from its answer. What is added here is added to
    /// this one alone, so that a redirect to another host takes none of it along.
    ///
    /// # Errors
    ///
    /// Whatever the layer wants the caller to see instead of an answer.
    fn request(&self, request: &mut Request) -> Result<(), Error> {
        let _ = request;
        Ok(())
    }

    /// An answer came. Another request in its place starts the steps anew; it counts among the redirects.
    ///
    /// # Errors
    ///
    /// Whatever the layer wants the caller to see instead of the answer.
    fn response(&self, response: &Response) -> Result<Option<Request>, Error> {
        let _ = response;
        Ok(None)
    }
}

type Trace = Arc<dyn Fn(&str) + Send + Sync>;

/// An HTTP client: connections are reused, and every request passes the same steps, in this order: the caller's
/// [layers](Self::layer), cookies, authentication, the proxy; every answer: cookies, layers, challenges, redirects.
///
/// Cloning it shares its connections, its cookies and what it knows of challenges. It is used from any number of threads.
///
/// ```no_run
/// use plainwire::net::http::{Opener, Request};
///
/// let opener = Opener::new().cookies();
/// opener.open(Request::post("https://example.com/login")?.form([("user", "ada"), ("password", "…")]))?;
/// let page = opener.get("https://example.com/private")?.text()?;
/// # Ok::<(), plainwire::net::http::Error>(())
/// ```
#[doc(alias("Client", "Agent", "OpenerDirector"))]
#[derive(Clone)]
pub struct Opener {
    pub(super) timeouts: Timeouts,
    pub(super) tap: SharedTap<client::Client>,
    /// From where connections are opened.
    pub(super) local: Option<SocketAddr>,
    pub(super) user_agent: Option<String>,
    pub(super) codings: Option<Expansion>,
    redirects: Redirects,
    reuse: Reuse,
    quirks: Quirks,
    jar: Option<Arc<Mutex<Jar>>>,
    credentials: Vec<(Option<String>, Credentials)>,
    preemptive: bool,
    basic: bool,
    netrc: Option<Arc<Netrc>>,
    proxies: Proxies,
    proxy_login: ProxyLogin,
    #[cfg(feature = "tls")]
    connector: Arc<Mutex<Option<crate::net::tls::Connector>>>,
    layers: Vec<Arc<dyn Layer>>,
    digests: Arc<Mutex<HashMap<String, Digest>>>,
    at_proxies: Arc<Mutex<AtProxies>>,
    idle: Arc<Mutex<Idle>>,
    trace: Option<Trace>,
}

impl Default for Opener {
    fn default() -> Self {
        Self::new()
    }
}

impl core::fmt::Debug for Opener {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Opener")
            .field("timeouts", &self.timeouts)
            .field("redirects", &self.redirects)
            .finish_non_exhaustive()
    }
}

fn locked<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Opener {
    /// A client with the defaults named at each setting: redirects followed, content codings undone, the environment's
    /// proxies, no cookies.
    pub fn new() -> Self {
        Self {
            timeouts: Timeouts::default(),
            tap: SharedTap::default(),
            local: None,
            user_agent: Some(concat!("plainwire/", env!("CARGO_PKG_VERSION")).to_string()),
            codings: Some(Expansion::default()),
            redirects: Redirects::default(),
            reuse: Reuse::default(),
            quirks: Quirks::default(),
            jar: None,
            credentials: Vec::new(),
            preemptive: false,
            basic: true,
            netrc: None,
            proxies: Proxies::from_environment(),
            proxy_login: ProxyLogin::default(),
            #[cfg(feature = "tls")]
            connector: Arc::default(),
            layers: Vec::new(),
            digests: Arc::default(),
            at_proxies: Arc::default(),
            idle: Arc::default(),
            trace: None,
        }
    }

    pub(super) fn trace(&self, line: &dyn Fn() -> String) {
        if let Some(trace) = &self.trace {
            trace(&line());
        }
    }

    pub(super) fn engine_limits(&self) -> client::Limits {
        client::Limits {
            response: Some(self.timeouts.head),
            body: Some(self.timeouts.idle),
            ..client::Limits::default()
        }
    }

    pub(super) fn engine_quirks(&self) -> Quirks {
        self.quirks
    }

    #[cfg(feature = "tls")]
    pub(super) fn connector(&self) -> Result<crate::net::tls::Connector, Error> {
        let mut connector = locked(&self.connector);
        if let Some(made) = &*connector {
            return Ok(made.clone());
        }
        // The platform's roots are read once, and only if they are needed.
        let made = crate::net::tls::Connector::builder().platform_roots(true).alpn(["http/1.1"]).build();
        let made =
            made.map_err(|error| Error::Tls { host: String::new(), source: error.into(), certificate: false })?;
        *connector = Some(made.clone());
        Ok(made)
    }

    pub(super) fn keep(&self, wire: Wire) {
        locked(&self.idle).keep(wire, self.reuse.per_origin, self.reuse.total);
    }

    /// GET.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    pub fn get(&self, url: &str) -> Result<Response, Error> {
        self.open(Request::get(url)?)
    }

    /// Sends a request and follows where its answer leads, to the head of the last one. A status of 400 and above is an
    /// answer like any other: see [`Response::success`].
    ///
    /// # Errors
    ///
    /// [`Error`].
    pub fn open(&self, request: Request) -> Result<Response, Error> {
        let due = self.timeouts.whole.map(due_in);
        let mut request = request;
        let mut history: Vec<(u16, Url)> = Vec::new();
        let mut challenged = false;
        let mut unexpected = false;
        let mut asked_by_proxy = 0;
        let mut may_be_local = true;
        loop {
            // Without what the layers add: that is for this request, and each that follows passes them anew.
            let spare = match request.again() {
                Ok(spare) => Ok(spare),
                Err(error) => Err((request.without_body(), error)),
            };
            for layer in &self.layers {
                layer.request(&mut request)?;
            }
            let identified = request.has("authorization");
            let mut response = match request.url.scheme() {
                "http" | "https" => self.send(request, due)?,
                _ if may_be_local => return Self::local(request.url),
                scheme => return Err(Error::Scheme(scheme.to_string())),
            };
            self.receive_cookies(&response);
            let mut next = None;
            for layer in &self.layers {
                if next.is_none() {
                    next = layer.response(&response)?;
                }
            }
            if next.is_some() && history.len() >= self.redirects.most.max(Redirects::default().most) {
                return Err(Error::Redirects(history.len()));
            }
            // RFC 9110 10.1.1: who is answered 417 asks again without the expectation.
            if next.is_none() && response.status() == 417 && !unexpected {
                unexpected = true;
                if let Ok(spare) = &spare
                    && spare.lacks("expect")
                    && spare.expect != Some(false)
                {
                    discard(&mut response);
                    request = spare.again()?.expect_continue(false);
                    continue;
                }
            }
            if next.is_none() && response.status() == 401 && !challenged && !identified {
                next = match &spare {
                    Ok(spare) => self.answer_challenge(&response, spare)?,
                    // Whoever sends a body from a reader gets to see the 401.
                    Err(_) => None,
                };
                if let Some(next) = next {
                    challenged = true;
                    discard(&mut response);
                    request = next;
                    continue;
                }
            }
            if next.is_none()
                && response.status() == 407
                && asked_by_proxy < ANSWERS
                && let Some((proxy, told)) = &response.by_proxy
                // Whoever sends a body from a reader gets to see the 407.
                && let Ok(spare) = &spare
                && self.heed_proxy(proxy, &response.head, told)?
            {
                asked_by_proxy += 1;
                discard(&mut response);
                request = spare.again()?;
                continue;
            }
            if next.is_none() {
                next = self.follow(&response, spare, history.len())?;
            }
            let Some(next) = next else {
                response.history = history;
                return response.decoded(self.codings);
            };
            history.push((response.status(), response.url.clone()));
            discard(&mut response);
            self.trace(&|| format!("following to {}", without_password(next.url.as_str())));
            (challenged, asked_by_proxy) = (false, 0);
            may_be_local = false;
            request = next;
        }
    }

    /// One request on one connection; a stale one is tried again on a fresh connection where that is safe.
    fn send(&self, mut request: Request, due: Option<Instant>) -> Result<Response, Error> {
        let nonce = self.prepare(&mut request)?;
        let route = self.route(&request.url)?;
        // RFC 9110 9.2.2: what is idempotent may be repeated where the answer never came.
        let repeatable = matches!(request.method.as_str(), "GET" | "HEAD" | "OPTIONS" | "TRACE" | "PUT" | "DELETE");
        let mut stale = false;
        loop {
            // Once is enough: where one was stale, others may be.
            let reuses = self.reuse.total > 0 && !stale;
            let kept = reuses.then(|| locked(&self.idle).take(&route, self.reuse.idle)).flatten();
            let (mut wire, reused) = match kept {
                Some(mut wire) => {
                    if !wire.is_fresh() {
                        continue;
                    }
                    self.trace(&|| format!("reusing the connection to {}", route.host));
                    (wire, true)
                }
                None => (Wire::open(self, route.clone(), due)?, false),
            };
            let proxy = route.proxy.clone();
            let spare = if reused && repeatable { request.again().ok() } else { None };
            let url = request.url.clone();
            let answered = match (wire.exchange(self, &mut request, due), spare) {
                (Ok(answered), _) => answered,
                (Err(Error::Empty | Error::Lost { .. }), Some(again)) => {
                    self.trace(&|| "the connection was stale: once more".to_string());
                    (request, stale) = (again, true);
                    continue;
                }
                (Err(error), _) => return Err(error),
            };
            let bodiless = request.method == "HEAD"
                || answered.head.status().is_bodiless()
                || answered.head.fields().first("content-length").and_then(FieldValue::to_str) == Some("0");
            if !bodiless {
                without_coding(&answered.head)?;
            }
            let mut raw = Raw::new(wire, self.clone(), answered.unsent);
            if bodiless {
                raw.finish()?;
            }
            let (body, coded) = (Content::Raw(raw), false);
            let (head, informational) = (answered.head, answered.informational);
            let by_proxy = answered.told.zip(proxy).map(|(told, proxy)| (proxy, told));
            return Ok(Response { head, url, history: Vec::new(), informational, body, coded, nonce, by_proxy });
        }
    }

    fn route(&self, url: &Url) -> Result<Route, Error> {
        let secure = url.scheme() == "https";
        if secure && cfg!(not(feature = "tls")) {
            let why = "this build of plainwire has no TLS: enable its feature `tls`";
            let source = std::io::Error::new(std::io::ErrorKind::Unsupported, why);
            return Err(Error::Tls { host: url.hostname().to_string(), source, certificate: false });
        }
        let host = url.hostname().trim_start_matches('[').trim_end_matches(']').to_string();
        let port = url.port_or_default().unwrap_or(if secure { 443 } else { 80 });
        let proxy = self.proxies.find(url.scheme(), &host, port).map(ToString::to_string);
        Ok(Route { secure, host, port, proxy })
    }

    /// Cookies and credentials for this very URL; they are no part of the request that the caller made. Tells the nonce
    /// that a Digest was made with.
    fn prepare(&self, request: &mut Request) -> Result<Option<String>, Error> {
        if let Some(jar) = &self.jar
            && let Ok(place) = Place::try_from(&request.url)
        {
            let asks = cookie::Request::to(place).method(&request.method);
            if let Some(mut cookies) = locked(jar).cookie_string(&asks, now()) {
                if let Some((_, given)) = request.fields.iter().find(|(name, _)| name.eq_ignore_ascii_case("cookie")) {
                    cookies.extend_from_slice(b"; ");
                    cookies.extend_from_slice(given);
                    request.remove("cookie");
                }
                request.push("Cookie", &cookies)?;
            }
        }
        if request.has("authorization") {
            return Ok(None);
        }
        let Some(credentials) = self.credentials_for(request) else { return Ok(None) };
        let key = request.url.origin().to_string();
        let known = locked(&self.digests).get_mut(&key).map(|digest| {
            Ok::<_, Error>((
                login::respond(digest, request, request.url.path_and_query(), &credentials)?,
                digest.nonce().to_string(),
            ))
        });
        Ok(match known.transpose()? {
            Some((value, nonce)) => {
                request.push("Authorization", &value)?;
                Some(nonce)
            }
            None if self.preemptive && self.basic => {
                request.push("Authorization", credentials.basic()?)?;
                None
            }
            None => None,
        })
    }

    fn receive_cookies(&self, response: &Response) {
        let Some(jar) = &self.jar else { return };
        let Ok(place) = Place::try_from(&response.url) else { return };
        let asked = cookie::Request::to(place);
        let mut jar = locked(jar);
        for field in response.head.fields().all("set-cookie") {
            if let Err(refusal) = jar.receive(field.as_ref(), &asked, now()) {
                self.trace(&|| format!("a cookie was refused: {refusal}"));
            }
        }
    }

    /// `data:` and `file:` URLs.
    fn local(url: Url) -> Result<Response, Error> {
        match url.scheme() {
            "data" => {
                let parsed = data_url::parse(url.as_str());
                let (media_type, octets) = parsed.ok_or_else(|| Error::Url {
                    url: url.as_str().chars().take(60).collect(),
                    reason: "it has no comma, or its base64 is broken".to_string(),
                })?;
                local(url, &media_type, Local::Bytes(octets))
            }
            "file" => {
                let path = url
                    .to_file_path()
                    .map_err(|error| Error::Url { url: url.as_str().to_string(), reason: error.to_string() })?;
                let failed = |source| Error::File { path: path.display().to_string(), source };
                let file = std::fs::File::open(&path).map_err(failed)?;
                let about = file.metadata().map_err(failed)?;
                if about.is_dir() {
                    return Err(failed(std::io::ErrorKind::IsADirectory.into()));
                }
                let media_type = mime_guess::from_path(&path).first_or_octet_stream().to_string();
                local(url, &media_type, Local::File(file, about.len()))
            }
            scheme => Err(Error::Scheme(scheme.to_string())),
        }
    }
}

/// RFC 9110 10.1.4: no transfer coding but chunked was asked for, and of those chunked alone is undone. What is in another
/// is not the content, and nobody would see that it is not.
fn without_coding(head: &ResponseHead) -> Result<(), Error> {
    let undone = |coding: &[u8]| [&b"chunked"[..], b"identity"].iter().any(|known| coding.eq_ignore_ascii_case(known));
    match head.fields().list("transfer-encoding").find(|coding| !undone(coding)) {
        Some(coding) => {
            let why = format!("a transfer coding that was not asked for: {}", coding.escape_ascii());
            Err(Error::Coding(std::io::Error::new(std::io::ErrorKind::InvalidData, why)))
        }
        None => Ok(()),
    }
}

/// Reads a little of a body that nobody wants, so that its connection can be used again; one that is long, or does not
/// come, is not worth it.
fn discard(response: &mut Response) {
    const WORTH: Duration = Duration::from_millis(500);
    if let Content::Raw(raw) = &mut response.body {
        raw.hurry(WORTH);
    }
    let mut sink = [0; 4096];
    for _ in 0..16 {
        match response.body.read(&mut sink) {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
    }
}

fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
}
