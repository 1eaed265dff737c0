//! One connection to an origin or a proxy: opening it, one exchange on it, and whether it can serve another.

use super::error::{Error, Wait, without_password};
use super::opener::{ANSWERS, Told};
use super::request::Body;
use super::{Opener, Request};
use crate::engine::{Engine, Handler, Tap};
use crate::http1::client::Event;
use crate::http1::{Client, Content, ErrorKind, FieldName, FieldValue, Method, RequestHead, ResponseHead, StatusCode};
use crate::net::limits::due_in;
use crate::net::tap::SharedTap;
use crate::net::{Driver, Ended, Party, tcp};
use bytes::BytesMut;
use std::boxed::Box;
use std::format;
use std::io::{self, Read};
use std::string::{String, ToString};
use std::time::{Duration, Instant};
use std::vec;
use std::vec::Vec;

/// Octets that are read from a body to be sent at a time: under half of the output mark, so that one piece never fills it.
const PIECE: usize = 16 << 10;
/// A body longer than this waits for `100 (Continue)`, unless the request says otherwise.
const WORTH_ASKING: u64 = 1 << 20;

/// Where a connection leads: what has to be equal for it to be used again.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Route {
    pub(super) secure: bool,
    /// Without brackets.
    pub(super) host: String,
    pub(super) port: u16,
    /// The proxy's URL.
    pub(super) proxy: Option<String>,
}

/// A connection with its engine.
pub(super) struct Wire {
    pub(super) driver: Driver<Client, tcp::Stream, SharedTap<Client>>,
    pub(super) route: Route,
    /// It has carried an exchange already.
    pub(super) used: bool,
}

/// What came before the body.
pub(super) struct Answered {
    pub(super) head: ResponseHead,
    pub(super) informational: Vec<ResponseHead>,
    /// The rest of the request's body, where the answer was early.
    pub(super) unsent: Option<Sending>,
    /// What a proxy was told that was asked for the URL.
    pub(super) told: Option<Told>,
}

impl Wire {
    /// Opens a connection, through a proxy if the route says so, and under TLS if it is secure.
    pub(super) fn open(opener: &Opener, route: Route, whole: Option<Instant>) -> Result<Self, Error> {
        let (host, port) = match &route.proxy {
            Some(proxy) => proxy_address(proxy)?,
            None => (route.host.clone(), route.port),
        };
        let due = due_in(opener.timeouts.connect);
        let due = whole.map_or(due, |whole| due.min(whole));
        let left = || due.saturating_duration_since(Instant::now());
        let timed = |error: io::Error, otherwise: &dyn Fn(io::Error) -> Error| match error.kind() {
            io::ErrorKind::TimedOut => Error::TimedOut(Wait::Connect),
            _ => otherwise(error),
        };
        let dial = || -> Result<_, Error> {
            let addresses = tcp::resolve((host.clone(), port), left())
                .map_err(|source| timed(source, &|source| Error::Resolve { host: host.clone(), source }))?;
            let stream = tcp::connect_bound(opener.local, addresses, left())
                .map_err(|source| timed(source, &|source| Error::Connect { host: host.clone(), port, source }))?;
            opener.trace(&|| match stream.peer_addr() {
                Ok(address) => format!("connected to {host} ({address})"),
                Err(_) => format!("connected to {host} port {port}"),
            });
            let client = Client::with_quirks(opener.engine_limits(), opener.engine_quirks());
            let mut driver = Driver::tapped(client, stream, opener.tap.clone());
            driver.deadline(Some(due));
            Ok(driver)
        };
        let mut driver = dial()?;
        if let Some(proxy) = route.proxy.as_deref().filter(|_| route.secure) {
            let mut answers = 0;
            driver = loop {
                match tunnel(opener, driver, &route, proxy, answers < ANSWERS)? {
                    Tunnel::Open(driver) => break driver,
                    Tunnel::Asked(kept) => driver = kept.map_or_else(dial, Ok)?,
                }
                answers += 1;
            };
            driver.deadline(Some(due));
        }
        #[cfg(feature = "tls")]
        if route.secure {
            let connector = opener.connector()?;
            driver.secure(&connector, &route.host).map_err(|ended| tls_error(ended, &route.host))?;
            opener.trace(&|| format!("TLS with {}", route.host));
        }
        Ok(Self { driver, route, used: false })
    }

    /// Nothing came while it was idle: neither an end nor a stray answer.
    pub(super) fn is_fresh(&mut self) -> bool {
        // A wait that is over before it begins takes what has come and no more.
        self.driver.deadline(Some(Instant::now()));
        let found = self.driver.until(|_, _, _| Some(()));
        self.driver.deadline(None);
        matches!(found, Err(Ended::Late)) && self.driver.engine().can_request()
    }

    /// Sends a request and waits for the head of its answer.
    pub(super) fn exchange(
        &mut self,
        opener: &Opener,
        request: &mut Request,
        due: Option<Instant>,
    ) -> Result<Answered, Error> {
        self.driver.deadline(due);
        let length = request.body.len().map_err(Error::Body)?;
        let content = match length {
            Some(0) if matches!(request.body, Body::Empty) => Content::Empty,
            Some(length) => Content::Length(length),
            None => Content::Stream,
        };
        let expects = !matches!(content, Content::Empty | Content::Length(0))
            && request.expect.unwrap_or(length.is_none_or(|length| length > WORTH_ASKING));
        let (head, told) = self.head(opener, request, expects)?;
        self.driver
            .say(|client, out| client.request(&head, content, out))
            .map_err(|misuse| Error::Unsayable(misuse.to_string()))?;
        opener.trace(&|| format!("> {} {} HTTP/1.1", head.method(), head.target()));
        for field in head.fields() {
            opener.trace(&|| format!("> {}: {}", field.name, shown(field.name, field.value)));
        }
        let body = std::mem::take(&mut request.body);
        let source: Option<Box<dyn Read + Send>> = match body {
            Body::Empty => None,
            Body::Bytes(bytes) => Some(Box::new(io::Cursor::new(bytes))),
            Body::File(file) => Some(Box::new(file)),
            Body::Reader(reader, _) => Some(reader),
        };
        let mut first = First {
            sending: source.map(|source| Sending { source, failed: None, buffer: vec![0; PIECE] }),
            head: None,
            informational: Vec::new(),
        };
        let done = |_: &Client, first: &First| first.failed() || first.head.is_some();
        let outcome = self.driver.run_until(&mut first, done);
        if let Some(failed) = first.sending.as_mut().and_then(|sending| sending.failed.take()) {
            self.driver.engine_mut().abandon();
            return Err(Error::Body(failed));
        }
        let Some(head) = first.head else {
            return Err(match outcome {
                Err(ended) => self.error(ended, Wait::Head),
                Ok(_) => Error::Empty,
            });
        };
        let unsent = first.sending.filter(|_| self.driver.engine().sending() && head.status().is_success());
        Ok(Answered { head, informational: first.informational, unsent, told })
    }

    /// The head, and what it tells a proxy that is asked for the URL.
    fn head(&self, opener: &Opener, request: &Request, expects: bool) -> Result<(RequestHead, Option<Told>), Error> {
        let unsayable = |error: &dyn std::fmt::Display| Error::Unsayable(error.to_string());
        let url = &request.url;
        let method = Method::new(&request.method).map_err(|error| unsayable(&error))?;
        // RFC 9112 3.2.2: a proxy is asked for the whole URL; RFC 9112 3.2.1: an origin for path and query.
        let absolute = (self.route.proxy.is_some() && !self.route.secure)
            .then(|| format!("http://{}{}", url.host_and_port(), url.path_and_query()));
        let target = match &absolute {
            Some(absolute) => absolute.as_str(),
            None if request.method == "OPTIONS" && request.asterisk => "*",
            None => url.path_and_query(),
        };
        let mut head = RequestHead::new(method, target).map_err(|error| unsayable(&error))?;
        let mut push_octets = |name: &str, value: &[u8]| head.push(name, value).map_err(|error| unsayable(&error));
        if !request.has("host") {
            push_octets("Host", url.host_and_port().as_bytes())?;
        }
        for (name, value) in &request.fields {
            push_octets(name, value)?;
        }
        let mut push = |name: &str, value: &str| push_octets(name, value.as_bytes());
        if let Some(agent) = opener.user_agent.as_deref().filter(|_| request.lacks("user-agent")) {
            push("User-Agent", agent)?;
        }
        if request.lacks("accept") {
            push("Accept", "*/*")?;
        }
        if opener.codings.is_some() && request.lacks("accept-encoding") && !request.has("range") {
            push("Accept-Encoding", super::coding::ACCEPTED)?;
        }
        let mut told = None;
        if let Some(proxy) = self.route.proxy.as_deref().filter(|_| !self.route.secure)
            && !request.has("proxy-authorization")
        {
            let (value, what) = opener.tell_proxy(proxy, request, target)?;
            if let Some(value) = value {
                push("Proxy-Authorization", &value)?;
            }
            told = Some(what);
        }
        if expects && request.lacks("expect") {
            push("Expect", "100-continue")?;
        }
        Ok((head, told))
    }

    /// What an end means to whoever waited.
    pub(super) fn error(&self, ended: Ended<<Client as Engine>::Error>, wait: Wait) -> Error {
        match ended {
            Ended::Failed(error) => match error.kind {
                ErrorKind::TimedOut => Error::TimedOut(wait),
                ErrorKind::NoResponse => Error::Empty,
                ErrorKind::Truncated if wait == Wait::Body => {
                    Error::Partial(format!("the connection was closed after {} octets of the response", error.offset))
                }
                _ => Error::Protocol(Box::new(error)),
            },
            Ended::Late => Error::TimedOut(Wait::Whole),
            Ended::Stalled => Error::TimedOut(wait),
            Ended::Closed => Error::Empty,
            Ended::Lost(source) => Error::Lost { host: self.route.host.clone(), source },
            other => Error::Lost { host: self.route.host.clone(), source: other.into() },
        }
    }

    /// Another request may follow.
    pub(super) fn is_reusable(&self) -> bool {
        let client = self.driver.engine();
        client.can_request() && client.owed() == 0 && !client.sending()
    }
}

/// A field's value as it may be told: credentials are left out, and so is what would move a terminal's cursor.
fn shown(name: FieldName<'_>, value: FieldValue<'_>) -> String {
    const SECRET: [&str; 3] = ["authorization", "proxy-authorization", "cookie"];
    if SECRET.iter().any(|secret| name.as_str().eq_ignore_ascii_case(secret)) {
        return "(not shown)".to_string();
    }
    String::from_utf8_lossy(value.as_ref()).escape_debug().to_string()
}

/// A body on its way out.
pub(super) struct Sending {
    source: Box<dyn Read + Send>,
    failed: Option<io::Error>,
    buffer: Vec<u8>,
}

impl Sending {
    /// Says one piece more, or the end. Returns whether anything was said.
    fn more(&mut self, client: &mut Client, out: &mut BytesMut) -> bool {
        if !client.may_send() || self.failed.is_some() {
            return false;
        }
        let read = loop {
            match self.source.read(&mut self.buffer) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => break read,
            }
        };
        let said = match read {
            Ok(0) => client.end(out).map_err(|misuse| io::Error::other(misuse.to_string())),
            Ok(len) => client.data(&self.buffer[..len], out).map_err(|misuse| io::Error::other(misuse.to_string())),
            Err(error) => Err(error),
        };
        self.failed = said.err();
        self.failed.is_none()
    }
}

/// Waits for the head of an answer while the body goes out.
struct First {
    sending: Option<Sending>,
    head: Option<ResponseHead>,
    informational: Vec<ResponseHead>,
}

impl First {
    fn failed(&self) -> bool {
        self.sending.as_ref().is_some_and(|sending| sending.failed.is_some())
    }
}

impl Handler<Client> for First {
    fn event(&mut self, _: &mut Client, event: Event<&[u8]>, _: &mut BytesMut) {
        match event {
            Event::Informational(head) => self.informational.push(head.to_owned_head()),
            Event::Response(head) => self.head = Some(head.to_owned_head()),
            _ => {}
        }
    }

    fn more(&mut self, client: &mut Client, out: &mut BytesMut) -> bool {
        client.sending() && self.sending.as_mut().is_some_and(|sending| sending.more(client, out))
    }
}

impl Party<Client> for First {}

/// Takes the body of an early answer while ours still goes out.
pub(super) struct Both<'s> {
    pub(super) sending: &'s mut Sending,
    pub(super) came: Vec<u8>,
    pub(super) ended: bool,
}

impl Handler<Client> for Both<'_> {
    fn event(&mut self, _: &mut Client, event: Event<&[u8]>, _: &mut BytesMut) {
        match event {
            Event::Data(octets) => self.came.extend_from_slice(octets),
            Event::End(_) => self.ended = true,
            _ => {}
        }
    }

    fn more(&mut self, client: &mut Client, out: &mut BytesMut) -> bool {
        client.sending() && self.sending.more(client, out)
    }
}

impl Party<Client> for Both<'_> {}

impl Both<'_> {
    pub(super) fn failed(&mut self) -> Option<io::Error> {
        self.sending.failed.take()
    }
}

/// What a proxy made of CONNECT.
enum Tunnel<T> {
    Open(Driver<Client, tcp::Stream, T>),
    /// It asked who we are, and there is an answer to give: on the same connection, where that outlived it.
    Asked(Option<Driver<Client, tcp::Stream, T>>),
}

/// CONNECT through a proxy (RFC 9110 9.3.6).
fn tunnel<T: Tap<Client> + Clone>(
    opener: &Opener,
    mut driver: Driver<Client, tcp::Stream, T>,
    route: &Route,
    proxy: &str,
    answers: bool,
) -> Result<Tunnel<T>, Error> {
    let host = if route.host.contains(':') { format!("[{}]", route.host) } else { route.host.clone() };
    let authority = format!("{host}:{}", route.port);
    let unsayable = |error: &dyn std::fmt::Display| Error::Unsayable(error.to_string());
    let mut head = RequestHead::new(Method::CONNECT, &authority).map_err(|error| unsayable(&error))?;
    head.push("Host", &authority).map_err(|error| unsayable(&error))?;
    // RFC 7616 3.4: the URI of a Digest is the target, here the authority.
    let asking = Request::to("CONNECT", proxy_url(proxy)?)?;
    let (value, told) = opener.tell_proxy(proxy, &asking, &authority)?;
    if let Some(value) = value {
        head.push("Proxy-Authorization", &value).map_err(|error| unsayable(&error))?;
    }
    if let Some(agent) = &opener.user_agent {
        head.push("User-Agent", agent).map_err(|error| unsayable(&error))?;
    }
    driver.say(|client, out| client.request(&head, Content::Empty, out)).map_err(|misuse| unsayable(&misuse))?;
    let mut answer: Option<ResponseHead> = None;
    loop {
        let event = driver.until(|_, event, _| match event {
            Event::Response(head) => Some(Some(head.to_owned_head())),
            Event::End(_) => Some(None),
            _ => None,
        });
        match event {
            Ok(Some(head)) => answer = Some(head),
            Ok(None) => break,
            Err(Ended::Closed) => break,
            Err(Ended::Late) => return Err(Error::TimedOut(Wait::Connect)),
            Err(Ended::Failed(error)) if error.kind == ErrorKind::TimedOut => {
                return Err(Error::TimedOut(Wait::Connect));
            }
            Err(Ended::Failed(error)) => return Err(Error::Protocol(Box::new(error))),
            Err(ended) => return Err(Error::Lost { host: without_password(proxy), source: ended.into() }),
        }
    }
    let code = answer.as_ref().map_or(0, |head| head.status().as_u16());
    if let Some(head) = answer.filter(|head| answers && head.status() == StatusCode::PROXY_AUTHENTICATION_REQUIRED)
        && opener.heed_proxy(proxy, &head, &told)?
    {
        return Ok(Tunnel::Asked(Some(driver).filter(|driver| driver.engine().can_request())));
    }
    if !(200..300).contains(&code) {
        return Err(Error::Proxy { proxy: without_password(proxy), status: code });
    }
    opener.trace(&|| format!("tunnel through {}", without_password(proxy)));
    let tap = driver.tap().clone();
    let (_, wire, rest) = driver.into_parts();
    // The server speaks TLS: it waits for our first octet.
    if !rest.is_empty() {
        return Err(Error::Protocol("octets in the clear inside of a tunnel".into()));
    }
    let client = Client::with_quirks(opener.engine_limits(), opener.engine_quirks());
    Ok(Tunnel::Open(Driver::tapped(client, wire, tap)))
}

#[cfg(feature = "tls")]
fn tls_error(ended: Ended<<Client as Engine>::Error>, host: &str) -> Error {
    let source = match ended {
        Ended::Lost(source) => source,
        other => other.into(),
    };
    if source.kind() == io::ErrorKind::TimedOut {
        return Error::TimedOut(Wait::Connect);
    }
    let certificate = source
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<crate::net::tls::Error>())
        .is_some_and(crate::net::tls::Error::certificate);
    Error::Tls { host: host.to_string(), source, certificate }
}

/// Host and port of a proxy's URL; without a scheme it is http, without a port 1080, as in curl.
fn proxy_address(proxy: &str) -> Result<(String, u16), Error> {
    let url = proxy_url(proxy)?;
    // A URL forgets a port that is its scheme's own.
    let port = url.port().unwrap_or(if names_port(proxy) { 80 } else { 1080 });
    let host = url.hostname().trim_start_matches('[').trim_end_matches(']').to_string();
    if url.scheme() == "http" {
        return Ok((host, port));
    }
    Err(Error::Connect { host, port, source: io::Error::other("only http proxies are supported") })
}

/// Whether a port stands behind the host.
fn names_port(proxy: &str) -> bool {
    let behind = proxy.split_once("://").map_or(proxy, |(_, behind)| behind);
    let authority = behind.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    // The colons of an IPv6 address stand before its bracket.
    let tail = host.rsplit(']').next().unwrap_or_default();
    tail.rsplit_once(':').is_some_and(|(_, port)| !port.is_empty())
}

pub(super) fn proxy_url(proxy: &str) -> Result<crate::url::Url, Error> {
    let full = if proxy.contains("://") { proxy.to_string() } else { format!("http://{proxy}") };
    crate::url::Url::parse(&full)
        .map_err(|error| Error::Url { url: without_password(proxy), reason: error.to_string() })
}

/// The connections that wait for another request.
#[derive(Default)]
pub(super) struct Idle {
    wires: Vec<(Wire, Instant)>,
}

impl Idle {
    /// A connection of this route that can still be used, the one used last.
    pub(super) fn take(&mut self, route: &Route, most: Duration) -> Option<Wire> {
        self.wires.retain(|(_, since)| since.elapsed() < most);
        let at = self.wires.iter().rposition(|(wire, _)| wire.route == *route)?;
        Some(self.wires.remove(at).0)
    }

    /// Keeps a connection; the oldest gives way where there are too many.
    pub(super) fn keep(&mut self, wire: Wire, per_route: usize, total: usize) {
        let same = |(other, _): &(Wire, Instant)| other.route == wire.route;
        if per_route == 0 || total == 0 {
            return;
        }
        if self.wires.iter().filter(|entry| same(entry)).count() >= per_route
            && let Some(at) = self.wires.iter().position(same)
        {
            self.wires.remove(at);
        }
        if self.wires.len() >= total {
            self.wires.remove(0);
        }
        self.wires.push((wire, Instant::now()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_is_at_the_port_that_was_named() {
        for (proxy, host, port) in [
            ("http://p.example:80", "p.example", 80),
            ("http://p.example:80/", "p.example", 80),
            ("p.example:80", "p.example", 80),
            ("p.example:8080", "p.example", 8080),
            ("http://p.example", "p.example", 1080),
            ("http://80.example/", "80.example", 1080),
            ("http://u:80@p.example", "p.example", 1080),
            ("http://u:80@p.example:80", "p.example", 80),
            ("http://[::1]:80", "::1", 80),
            ("http://[::80]", "::80", 1080),
            ("http://p.example:", "p.example", 1080),
        ] {
            let found = proxy_address(proxy).unwrap();
            assert_eq!((found.0.as_str(), found.1), (host, port), "{proxy}");
        }
        assert!(matches!(proxy_address("socks5://p.example:1080"), Err(Error::Connect { .. })));
        assert!(matches!(proxy_address("http://:80"), Err(Error::Url { .. })));
    }
}
