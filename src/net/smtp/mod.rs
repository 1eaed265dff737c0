//! SMTP and LMTP on the wire: a [`Mailer`] sends, [`serve`] takes mail in.

mod mailer;
pub mod serve;

pub use mailer::{Error, InvalidPlace, Mailer, Place, envelope};

use crate::net::tls::Session;
use crate::sasl::{Binding, BindingKind, Nonce};
use std::io;

/// Random octets for a session's `AUTH` exchanges.
fn fresh_nonce() -> io::Result<Nonce> {
    let mut random = [0; 18];
    getrandom::fill(&mut random).map_err(|error| io::Error::other(std::format!("no random octets: {error}")))?;
    Ok(Nonce::new(random))
}

/// What binds an `AUTH` exchange to the TLS session, where it has something.
fn binding(session: &Session) -> Option<Binding> {
    let octets = session.exported_binding()?;
    Some(Binding { kind: BindingKind::TlsExporter, octets: octets.to_vec() })
}
