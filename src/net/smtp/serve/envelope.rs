//! Who sends, and what they say of a message.

use crate::sasl::Identity;
use crate::smtp::server::Protocol;
use crate::smtp::{Address, HostName, Mail, MailParameters, Mailbox, Rcpt, RcptParameters};
use bytes::Bytes;
use std::boxed::Box;
use std::net::SocketAddr;
use std::vec::Vec;

/// Who is at the other end of a connection.
#[derive(Clone, Debug)]
pub struct Client {
    pub(super) peer: SocketAddr,
    pub(super) local: SocketAddr,
    pub(super) protocol: Protocol,
    pub(super) hello: Option<HostName<Bytes>>,
    pub(super) extended: bool,
    pub(super) tls: Option<Box<Secured>>,
    pub(super) identity: Option<Box<Identity>>,
}

/// What TLS agreed on.
#[derive(Clone, Debug)]
pub(super) struct Secured {
    pub(super) version: Option<&'static str>,
    pub(super) cipher_suite: Option<&'static str>,
    pub(super) certificate: Option<Vec<u8>>,
}

impl Client {
    /// Its address; behind a trusted proxy, as the proxy says.
    pub fn address(&self) -> SocketAddr {
        self.peer
    }

    /// The address that it connected to.
    pub fn local(&self) -> SocketAddr {
        self.local
    }

    /// SMTP or LMTP.
    pub fn protocol(&self) -> Protocol {
        self.protocol
    }

    /// What it called itself, if it did and that was accepted.
    pub fn hello(&self) -> Option<&HostName<Bytes>> {
        self.hello.as_ref()
    }

    /// It said `EHLO` or `LHLO`.
    pub fn extended(&self) -> bool {
        self.extended
    }

    /// The connection is under TLS.
    pub fn secure(&self) -> bool {
        self.tls.is_some()
    }

    /// The version of TLS, as `TLSv1_3`.
    pub fn tls_version(&self) -> Option<&'static str> {
        self.tls.as_ref()?.version
    }

    /// The cipher suite, by its IANA name.
    pub fn cipher_suite(&self) -> Option<&'static str> {
        self.tls.as_ref()?.cipher_suite
    }

    /// The certificate that it showed, in DER. TLS has verified it.
    pub fn certificate(&self) -> Option<&[u8]> {
        self.tls.as_ref()?.certificate.as_deref()
    }

    /// Who it has proven to be by `AUTH`.
    pub fn identity(&self) -> Option<&Identity> {
        self.identity.as_deref()
    }

    /// The protocol's name for `Received` (RFC 3848, RFC 6531 4.3): `ESMTPSA`, `UTF8LMTP`, ….
    pub fn protocol_name(&self, utf8: bool) -> &'static str {
        let (secure, proven) = (self.secure(), self.identity.is_some());
        match (self.protocol, utf8) {
            (Protocol::Smtp, false) if !self.extended => "SMTP",
            (Protocol::Smtp, false) => ["ESMTP", "ESMTPS", "ESMTPA", "ESMTPSA"][suffix(secure, proven)],
            (Protocol::Smtp, true) => ["UTF8SMTP", "UTF8SMTPS", "UTF8SMTPA", "UTF8SMTPSA"][suffix(secure, proven)],
            (Protocol::Lmtp, false) => ["LMTP", "LMTPS", "LMTPA", "LMTPSA"][suffix(secure, proven)],
            (Protocol::Lmtp, true) => ["UTF8LMTP", "UTF8LMTPS", "UTF8LMTPA", "UTF8LMTPSA"][suffix(secure, proven)],
        }
    }
}

fn suffix(secure: bool, proven: bool) -> usize {
    usize::from(secure) + 2 * usize::from(proven)
}

/// From whom and to whom: what `MAIL` and `RCPT` said, as far as it was accepted.
#[derive(Clone, Debug, PartialEq)]
pub struct Envelope {
    mail: Mail<Bytes>,
    recipients: Vec<Recipient>,
}

/// A recipient that was accepted.
#[derive(Clone, Debug, PartialEq)]
pub struct Recipient {
    /// The address.
    pub address: Address,
    /// What `RCPT` said beside it.
    pub parameters: RcptParameters<Bytes>,
}

impl Envelope {
    pub(super) fn new(mail: &Mail<&[u8]>) -> Self {
        Self { mail: mail.map(Bytes::copy_from_slice), recipients: Vec::new() }
    }

    pub(super) fn add(&mut self, rcpt: &Rcpt<&[u8]>) {
        let Rcpt { to, parameters } = rcpt.map(Bytes::copy_from_slice);
        self.recipients.push(Recipient { address: to, parameters });
    }

    /// The same with some of its recipients.
    pub(super) fn only(&self, keep: impl Fn(usize) -> bool) -> Self {
        let kept = self.recipients.iter().enumerate().filter(|(index, _)| keep(*index));
        Self { mail: self.mail.clone(), recipients: kept.map(|(_, recipient)| recipient.clone()).collect() }
    }

    /// The sender; `None` for `<>`, as in a report that must not be answered (RFC 5321 4.5.5).
    pub fn sender(&self) -> Option<&Mailbox<Bytes>> {
        self.mail.from.as_ref()
    }

    /// What `MAIL` said beside the sender.
    pub fn parameters(&self) -> &MailParameters<Bytes> {
        &self.mail.parameters
    }

    /// The recipients, in the order in which they were accepted.
    pub fn recipients(&self) -> &[Recipient] {
        &self.recipients
    }
}
