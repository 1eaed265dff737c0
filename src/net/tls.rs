//! TLS by rustls: who may be trusted, who we are, and the session over a connection of any adapter.
//!
//! A client has a [`Connector`]: [`tcp::Stream::secure`](super::tcp::Stream::secure) and
//! [`Driver::secure`](super::Driver::secure) put a connection under TLS, from its start or in the middle (STARTTLS,
//! STLS). A server has an [`Acceptor`]: [`Port::tls`](super::server::Port::tls) from the first octet,
//! [`Next::Secure`](super::Next::Secure) after the command.
//!
//! ```
//! use plainwire::net::tls::{Acceptor, Connector};
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # #[cfg(feature = "cli")] {
//! # let made = rcgen::generate_simple_self_signed(["localhost".to_string()])?;
//! # let (certificate, key) = (made.cert.pem(), made.signing_key.serialize_pem());
//! // The server's chain and key, in PEM; a client that trusts no one else.
//! let acceptor = Acceptor::builder().identity_pem(certificate.as_bytes(), key.as_bytes())?.alpn(["http/1.1"]).build()?;
//! let connector = Connector::builder().platform_roots(false).roots_pem(certificate.as_bytes())?.build()?;
//! # let _ = (acceptor, connector);
//! # }
//! # Ok(()) }
//! ```
//!
//! A certificate that is refused ends the handshake with an [`io::Error`] of the kind
//! [`InvalidData`](ErrorKind::InvalidData), around an [`Error`] that says in one line which check failed.

mod session;
mod trust;

pub use session::Session;

use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::server::WebPkiClientVerifier;
use rustls::{CertificateError, ClientConfig, RootCertStore, ServerConfig};
use std::fmt;
use std::format;
use std::io::{self, ErrorKind};
use std::string::{String, ToString};
use std::sync::Arc;
use std::vec::Vec;

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

/// Why TLS failed, in one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    message: String,
    certificate: bool,
}

impl Error {
    /// The peer's certificate was refused, rather than the connection broken or the versions apart.
    pub fn certificate(&self) -> bool {
        self.certificate
    }

    fn local(message: impl Into<String>) -> Self {
        Self { message: message.into(), certificate: false }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

impl From<Error> for io::Error {
    fn from(error: Error) -> Self {
        Self::new(ErrorKind::InvalidData, error)
    }
}

impl From<rustls::Error> for Error {
    fn from(error: rustls::Error) -> Self {
        use rustls::Error as Tls;
        let certificate = matches!(error, Tls::InvalidCertificate(_) | Tls::NoCertificatesPresented);
        let message = match &error {
            Tls::InvalidCertificate(why) => format!("certificate refused: {}", refusal(why)),
            Tls::NoCertificatesPresented => "the peer presented no certificate".to_string(),
            Tls::AlertReceived(alert) => format!("the peer refused TLS: {alert:?}"),
            Tls::InvalidMessage(_) => "what the peer sent is not TLS".to_string(),
            Tls::PeerIncompatible(why) => format!("no TLS in common with the peer: {why:?}"),
            other => format!("TLS failed: {other}"),
        };
        Self { message, certificate }
    }
}

/// Which check a certificate failed.
fn refusal(why: &CertificateError) -> String {
    use CertificateError as Why;
    match why {
        Why::Expired | Why::ExpiredContext { .. } => "it has expired".to_string(),
        Why::NotValidYet | Why::NotValidYetContext { .. } => "it is not valid yet".to_string(),
        Why::UnknownIssuer => "it is signed by nobody we trust".to_string(),
        Why::NotValidForName => "it is for another name".to_string(),
        Why::NotValidForNameContext { expected, presented } => {
            // rustls tells them as `DnsName("host.test")` and `IpAddress(127.0.0.1)`.
            let bare = |name: &String| match name.split_once('(') {
                Some((_, name)) => name.trim_end_matches(')').trim_matches('"').to_string(),
                None => name.clone(),
            };
            let names: Vec<String> = presented.iter().map(bare).collect();
            format!("it is for {}, not for {}", names.join(", "), expected.to_str())
        }
        Why::BadSignature => "its signature is wrong".to_string(),
        Why::Revoked => "it was revoked".to_string(),
        Why::InvalidPurpose | Why::InvalidPurposeContext { .. } => "it is for another purpose".to_string(),
        other => format!("{other}"),
    }
}

fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, Error> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    match found {
        Ok(found) if found.is_empty() => Err(Error::local("no certificate in the PEM text")),
        Ok(found) => Ok(found),
        Err(error) => Err(Error::local(format!("the PEM text can't be read: {error}"))),
    }
}

type Identity = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

fn identity(chain: &[u8], key: &[u8]) -> Result<Identity, Error> {
    let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| Error::local("no private key in the PEM text"))?;
    Ok((certificates(chain)?, key))
}

/// What a client needs for TLS: whom it trusts and who it is. Cheap to clone; keep one for many connections, so that
/// sessions are resumed.
#[derive(Clone, Debug)]
pub struct Connector(Arc<ClientConfig>);

impl Connector {
    /// Trusts what the platform trusts, and presents no certificate.
    ///
    /// # Errors
    ///
    /// Where the platform has no roots.
    pub fn platform() -> Result<Self, Error> {
        Self::builder().build()
    }

    /// Other choices.
    pub fn builder() -> ConnectorBuilder {
        ConnectorBuilder { platform: true, roots: Vec::new(), identity: None, alpn: Vec::new(), unverified: false }
    }

    /// A session with `host`, a name or an address: what the certificate has to be for, and the SNI.
    pub(crate) fn session(&self, host: &str) -> io::Result<Session> {
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        let name = ServerName::try_from(bare.trim_end_matches('.').to_string())
            .map_err(|_| Error::local("the host's name can't stand in a certificate"))?;
        let session = rustls::ClientConnection::new(Arc::clone(&self.0), name).map_err(Error::from)?;
        Ok(Session::new(session.into()))
    }
}

/// Makes a [`Connector`].
#[derive(Debug)]
#[must_use]
pub struct ConnectorBuilder {
    platform: bool,
    roots: Vec<CertificateDer<'static>>,
    identity: Option<Identity>,
    alpn: Vec<Vec<u8>>,
    unverified: bool,
}

impl ConnectorBuilder {
    /// Whether what the platform trusts is trusted. It is, unless said otherwise.
    pub fn platform_roots(mut self, trusted: bool) -> Self {
        self.platform = trusted;
        self
    }

    /// Trusts these too, one or more certificates in PEM.
    ///
    /// # Errors
    ///
    /// Where the text has no certificate.
    pub fn roots_pem(mut self, pem: &[u8]) -> Result<Self, Error> {
        self.roots.extend(certificates(pem)?);
        Ok(self)
    }

    /// The certificate that is presented to a server that asks: the chain, own certificate first, and its key, in PEM.
    ///
    /// # Errors
    ///
    /// Where the text has no certificate or no key.
    pub fn identity_pem(mut self, chain: &[u8], key: &[u8]) -> Result<Self, Error> {
        self.identity = Some(identity(chain, key)?);
        Ok(self)
    }

    /// The protocols that are offered by ALPN, best first.
    pub fn alpn<'a>(mut self, protocols: impl IntoIterator<Item = &'a str>) -> Self {
        self.alpn = protocols.into_iter().map(|name| name.as_bytes().to_vec()).collect();
        self
    }

    /// Accepts any certificate for any name: whoever sits between can read and change everything. For tests, and for
    /// those who say so on the command line.
    pub fn unverified(mut self) -> Self {
        self.unverified = true;
        self
    }

    /// The connector.
    ///
    /// # Errors
    ///
    /// Where nobody is trusted, a root can't be read, or the key is not the certificate's.
    pub fn build(self) -> Result<Connector, Error> {
        let builder = ClientConfig::builder_with_provider(provider()).with_safe_default_protocol_versions()?;
        let builder = if self.unverified {
            builder.dangerous().with_custom_certificate_verifier(trust::anyone(provider()))
        } else if self.platform {
            let verifier = rustls_platform_verifier::Verifier::new_with_extra_roots(self.roots, provider())?;
            builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier))
        } else {
            let mut roots = RootCertStore::empty();
            for root in self.roots {
                roots.add(root)?;
            }
            if roots.is_empty() {
                return Err(Error::local("nobody is trusted: no roots were given"));
            }
            builder.with_root_certificates(roots)
        };
        let mut config = match self.identity {
            Some((chain, key)) => builder.with_client_auth_cert(chain, key)?,
            None => builder.with_no_client_auth(),
        };
        config.alpn_protocols = self.alpn;
        Ok(Connector(Arc::new(config)))
    }
}

/// What a server needs for TLS: who it is, and whom it asks for a certificate. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Acceptor(Arc<ServerConfig>);

impl Acceptor {
    /// Begins with nothing; an [identity](AcceptorBuilder::identity_pem) is needed.
    pub fn builder() -> AcceptorBuilder {
        AcceptorBuilder { identity: None, clients: Vec::new(), required: false, alpn: Vec::new() }
    }

    pub(crate) fn session(&self) -> io::Result<Session> {
        let session = rustls::ServerConnection::new(Arc::clone(&self.0)).map_err(Error::from)?;
        Ok(Session::new(session.into()))
    }
}

/// Makes an [`Acceptor`].
#[derive(Debug)]
#[must_use]
pub struct AcceptorBuilder {
    identity: Option<Identity>,
    clients: Vec<CertificateDer<'static>>,
    required: bool,
    alpn: Vec<Vec<u8>>,
}

impl AcceptorBuilder {
    /// The server's chain, own certificate first, and its key, in PEM.
    ///
    /// # Errors
    ///
    /// Where the text has no certificate or no key.
    pub fn identity_pem(mut self, chain: &[u8], key: &[u8]) -> Result<Self, Error> {
        self.identity = Some(identity(chain, key)?);
        Ok(self)
    }

    /// Asks clients for a certificate that leads to one of these roots; without one they are refused if `required`.
    ///
    /// # Errors
    ///
    /// Where the text has no certificate.
    pub fn clients_pem(mut self, roots: &[u8], required: bool) -> Result<Self, Error> {
        self.clients.extend(certificates(roots)?);
        self.required = required;
        Ok(self)
    }

    /// The protocols that are spoken, best first; a client that offers others alone is refused (RFC 7301 3.2).
    pub fn alpn<'a>(mut self, protocols: impl IntoIterator<Item = &'a str>) -> Self {
        self.alpn = protocols.into_iter().map(|name| name.as_bytes().to_vec()).collect();
        self
    }

    /// The acceptor.
    ///
    /// # Errors
    ///
    /// Where there is no identity, a root can't be read, or the key is not the certificate's.
    pub fn build(self) -> Result<Acceptor, Error> {
        let (chain, key) = self.identity.ok_or_else(|| Error::local("a server needs a certificate and its key"))?;
        let builder = ServerConfig::builder_with_provider(provider()).with_safe_default_protocol_versions()?;
        let builder = if self.clients.is_empty() {
            builder.with_no_client_auth()
        } else {
            let mut roots = RootCertStore::empty();
            for root in self.clients {
                roots.add(root)?;
            }
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider());
            let verifier = if self.required { verifier } else { verifier.allow_unauthenticated() };
            builder.with_client_cert_verifier(verifier.build().map_err(|error| Error::local(error.to_string()))?)
        };
        let mut config = builder.with_single_cert(chain, key)?;
        config.alpn_protocols = self.alpn;
        Ok(Acceptor(Arc::new(config)))
    }
}
