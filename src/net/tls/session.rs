//! One TLS session over a socket that never blocks.

use super::Error;
use rustls::Connection;
use std::fmt;
use std::io::{self, ErrorKind, Read, Write};

/// An established TLS session: what was agreed, and with whom.
pub struct Session {
    tls: Connection,
    /// The first failure; TLS never recovers.
    failed: Option<Error>,
    /// Our closing alert was said.
    closed: bool,
}

impl Session {
    pub(super) fn new(tls: Connection) -> Self {
        Self { tls, failed: None, closed: false }
    }

    /// The protocol that ALPN agreed on.
    pub fn alpn(&self) -> Option<&[u8]> {
        self.tls.alpn_protocol()
    }

    /// The version, as `TLSv1_3`.
    pub fn version(&self) -> Option<&'static str> {
        self.tls.protocol_version().and_then(|version| version.as_str())
    }

    /// The cipher suite, by its IANA name.
    pub fn cipher_suite(&self) -> Option<&'static str> {
        self.tls.negotiated_cipher_suite().and_then(|suite| suite.suite().as_str())
    }

    /// The name that the client asked for, on a server.
    pub fn server_name(&self) -> Option<&str> {
        match &self.tls {
            Connection::Server(server) => server.server_name(),
            Connection::Client(_) => None,
        }
    }

    /// The peer's own certificate, in DER.
    pub fn peer_certificate(&self) -> Option<&[u8]> {
        self.tls.peer_certificates().and_then(|chain| chain.first()).map(AsRef::as_ref)
    }

    /// 32 octets that only the two ends of this session have in common (`tls-exporter`, RFC 9266), which bind a SASL
    /// exchange to it. `None` below TLS 1.3, where rustls has none that are safe.
    pub fn exported_binding(&self) -> Option<[u8; 32]> {
        if self.tls.protocol_version() != Some(rustls::ProtocolVersion::TLSv1_3) {
            return None;
        }
        // RFC 9266 2: this label, and a context of no octets.
        let (label, binding) = (b"EXPORTER-Channel-Binding", [0; 32]);
        match &self.tls {
            Connection::Client(client) => client.export_keying_material(binding, label, Some(&[])),
            Connection::Server(server) => server.export_keying_material(binding, label, Some(&[])),
        }
        .ok()
    }

    /// Goes on with the handshake: `Ok(true)` when it is done and all of ours is written.
    pub(crate) fn shake(&mut self, tcp: &mut (impl Read + Write)) -> io::Result<bool> {
        while self.tls.is_handshaking() {
            self.push(tcp)?;
            if self.tls.is_handshaking() && self.records(tcp)? == 0 {
                return Err(io::Error::new(ErrorKind::UnexpectedEof, "the peer closed during the TLS handshake"));
            }
        }
        self.push(tcp)?;
        Ok(true)
    }

    pub(crate) fn read(&mut self, tcp: &mut (impl Read + Write), buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.tls.reader().read(buffer) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                // Without the closing alert anyone could have cut the connection (RFC 8446 6.1).
                Err(error) if error.kind() == ErrorKind::UnexpectedEof => {
                    return Err(io::Error::new(ErrorKind::UnexpectedEof, "the peer closed without ending TLS"));
                }
                told => return told,
            }
            // At the end of the stream the reader tells which end it was.
            self.records(tcp)?;
        }
    }

    /// Takes plaintext as far as there is room for its records.
    pub(crate) fn write(&mut self, tcp: &mut (impl Read + Write), bytes: &[u8]) -> io::Result<usize> {
        loop {
            let taken = self.tls.writer().write(bytes)?;
            match self.push(tcp) {
                Err(error) if error.kind() == ErrorKind::WouldBlock && taken > 0 => return Ok(taken),
                Err(error) => return Err(error),
                Ok(()) if taken > 0 || bytes.is_empty() => return Ok(taken),
                Ok(()) => {}
            }
        }
    }

    pub(crate) fn flush(&mut self, tcp: &mut (impl Read + Write)) -> io::Result<()> {
        self.push(tcp)
    }

    /// Says that we are done. The alert is pushed as far as there is room: it is a courtesy by then.
    pub(crate) fn finish(&mut self, tcp: &mut (impl Read + Write)) -> io::Result<()> {
        if !self.closed {
            self.closed = true;
            self.tls.send_close_notify();
        }
        match self.push(tcp) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(()),
            other => other,
        }
    }

    /// Writes the records that are ready.
    fn push(&mut self, tcp: &mut impl Write) -> io::Result<()> {
        while self.tls.wants_write() {
            if self.tls.write_tls(tcp)? == 0 {
                return Err(ErrorKind::WriteZero.into());
            }
        }
        Ok(())
    }

    /// Reads records and works on them; 0 at the end of the stream.
    fn records(&mut self, tcp: &mut (impl Read + Write)) -> io::Result<usize> {
        if let Some(error) = &self.failed {
            return Err(error.clone().into());
        }
        let read = self.tls.read_tls(tcp)?;
        if let Err(error) = self.tls.process_new_packets() {
            let error = Error::from(error);
            self.failed = Some(error.clone());
            // The alert that says why; the failure stands whether it arrives or not.
            let _unsent = self.push(tcp);
            return Err(error.into());
        }
        Ok(read)
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("version", &self.version())
            .field("cipher_suite", &self.cipher_suite())
            .finish_non_exhaustive()
    }
}
