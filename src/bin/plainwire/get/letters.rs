//! The letters that everything which fetches has in common: fields, who asks, and by which way.

use super::failure;
use crate::failure::Failure;
use plainwire::net::http::auth::Credentials;
use plainwire::net::http::proxy::Proxies;
use plainwire::net::http::{Error, Opener, ProxyLogin, Request};
use plainwire::url::Url;
use std::fs;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

/// What is said with every request, and the way that it goes.
#[derive(clap::Args)]
pub(crate) struct Letters {
    /// A field, "Name: value"; "Name:" leaves one out that would be sent; @FILE reads a line each
    #[arg(short = 'H', long, value_name = "FIELD", allow_hyphen_values = true)]
    header: Vec<String>,
    /// User and password, USER:PASSWORD; without a password it is asked for
    #[arg(short, long, value_name = "USER", allow_hyphen_values = true)]
    user: Option<String>,
    /// Send the password of -u only when asked for it: Digest where the server offers it, else Basic
    #[arg(long)]
    anyauth: bool,
    /// Send the password of -u by Digest alone, never in the clear
    #[arg(long)]
    digest: bool,
    /// Go through this proxy; its user and password stand in the URL
    #[arg(short = 'x', long, value_name = "URL", allow_hyphen_values = true)]
    proxy: Option<String>,
    /// User and password for the proxy, USER:PASSWORD; without a password it is asked for
    #[arg(short = 'U', long, value_name = "USER", allow_hyphen_values = true)]
    proxy_user: Option<String>,
    /// Send the proxy's password only when asked for it: Digest where the proxy offers it, else Basic
    #[arg(long)]
    proxy_anyauth: bool,
    /// Send the proxy's password by Digest alone, never in the clear
    #[arg(long)]
    proxy_digest: bool,
    /// Trust any certificate
    #[arg(short = 'k', long)]
    insecure: bool,
    /// Trust the certificates in this PEM file too
    #[arg(long, value_name = "FILE")]
    cacert: Option<PathBuf>,
    /// Our certificate and key, PEM, in one file
    #[arg(short = 'E', long, value_name = "FILE")]
    cert: Option<PathBuf>,
    /// Connect from this address of the machine
    #[arg(long, value_name = "ADDRESS")]
    interface: Option<IpAddr>,
}

impl Letters {
    /// A client that goes this way.
    pub(crate) fn opener(&self) -> Result<Opener, Failure> {
        let login = match (self.proxy_digest, self.proxy_anyauth) {
            (true, _) => ProxyLogin::Digest,
            (_, true) => ProxyLogin::Any,
            _ => ProxyLogin::Basic,
        };
        let mut opener = Opener::new().preemptive(!self.anyauth && !self.digest).basic(!self.digest).proxy_login(login);
        if self.proxy.is_some() || self.proxy_user.is_some() {
            opener = opener.proxies(self.proxies()?);
        }
        if let Some(address) = self.interface {
            opener = opener.local_address(SocketAddr::new(address, 0));
        }
        if self.insecure || self.cacert.is_some() || self.cert.is_some() {
            let connector = super::connector(self.cacert.as_deref(), self.cert.as_deref(), self.insecure)?;
            opener = opener.tls(connector);
        }
        Ok(opener)
    }

    /// The environment's proxies, with what the letters say instead.
    fn proxies(&self) -> Result<Proxies, Failure> {
        let mut proxies = Proxies::from_environment();
        if let Some(proxy) = &self.proxy {
            let proxy = Some(proxy.clone()).filter(|proxy| !proxy.is_empty());
            (proxies.http, proxies.https) = (proxy.clone(), proxy);
        }
        if let Some(user) = &self.proxy_user {
            let (user, password) = login(user, "-U")?;
            for proxy in [&mut proxies.http, &mut proxies.https].into_iter().flatten() {
                *proxy = with_user(proxy, &user, &password)?;
            }
        }
        Ok(proxies)
    }

    /// Who asks; a password that is not there is asked for.
    pub(crate) fn credentials(&self) -> Result<Option<Credentials>, Failure> {
        let Some(user) = &self.user else { return Ok(None) };
        let (user, password) = login(user, "-u")?;
        Ok(Some(Credentials::new(user, password)))
    }

    /// The request with the fields, and whether they want its body to go in chunks.
    pub(crate) fn fields(&self, mut request: Request) -> Result<(Request, bool), Failure> {
        let mut chunked = false;
        for line in &self.header {
            for line in lines(line)? {
                match framing(&line) {
                    Some(Framing::Chunked) => chunked = true,
                    Some(Framing::Ours) => {}
                    None => request = field(request, &line)?,
                }
            }
        }
        Ok((request, chunked))
    }
}

/// The two halves of USER:PASSWORD; a password that is not there is asked for.
fn login(both: &str, letter: &str) -> Result<(String, String), Failure> {
    if let Some((user, password)) = both.split_once(':') {
        return Ok((user.into(), password.into()));
    }
    let asked = rpassword::prompt_password(format!("Password for {both}: "));
    let unasked = |error| Failure::new(26, format!("no password: {letter} {both}:PASSWORD, or a terminal ({error})"));
    Ok((both.into(), asked.map_err(unasked)?))
}

/// The proxy's URL with this user and password instead of its own.
fn with_user(proxy: &str, user: &str, password: &str) -> Result<String, Failure> {
    let full = if proxy.contains("://") { proxy.to_string() } else { format!("http://{proxy}") };
    let mut url = Url::parse(&full).map_err(|error| Failure::new(3, format!("the proxy: {error}")))?;
    // The setters take what is escaped already as it is; here a percent sign is one.
    let plain = |text: &str| text.replace('%', "%25");
    url.set_username(&plain(user))
        .and_then(|()| url.set_password(&plain(password)))
        .map_err(|error| Failure::new(3, format!("the proxy: {error}")))?;
    Ok(url.to_string())
}

/// A line about how the message is framed, which the engine says itself.
enum Framing {
    /// The body is to go in chunks.
    Chunked,
    /// It says what is said anyway: nothing to do.
    Ours,
}

fn framing(line: &str) -> Option<Framing> {
    let (name, value) = line.split_once(':')?;
    let is = |known: &str| name.trim_end().eq_ignore_ascii_case(known);
    if is("transfer-encoding") && value.trim().eq_ignore_ascii_case("chunked") {
        return Some(Framing::Chunked);
    }
    // "Content-Length:" leaves out what can't be left out, and a body of chunks has none.
    (is("transfer-encoding") && value.trim().is_empty()).then_some(Framing::Ours)
}

fn lines(line: &str) -> Result<Vec<String>, Failure> {
    match line.strip_prefix('@') {
        Some(path) => {
            let text = fs::read_to_string(path).map_err(|error| Failure::new(26, format!("{path}: {error}")))?;
            Ok(text.lines().filter(|line| !line.trim().is_empty()).map(String::from).collect())
        }
        None => Ok(vec![line.to_string()]),
    }
}

fn field(request: Request, line: &str) -> Result<Request, Failure> {
    let says = |error: Error| failure(&error);
    match (line.split_once(':'), line.strip_suffix(';')) {
        (Some((name, value)), _) if value.trim().is_empty() => Ok(request.without(name.trim())),
        (Some((name, value)), _) => request.field(name.trim_end(), value.trim()).map_err(says),
        (None, Some(name)) => request.field(name, "").map_err(says),
        (None, None) => Err(Failure::new(2, format!("{line:?} is no field such as \"Name: value\""))),
    }
}
