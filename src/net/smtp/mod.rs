//! SMTP and LMTP on the wire: a [`Mailer`] sends, [`serve`] takes mail in.
//!
//! A message with two forms of its text and a file, handed in over STARTTLS by somebody who logs in:
//!
//! ```no_run
//! use plainwire::mime::{Attachment, Builder};
//! use plainwire::net::smtp::Mailer;
//!
//! let mailer = Mailer::new("submission://ada@mail.example.org")?.password(std::env::var("SECRET")?);
//! let message = Builder::new()
//!     .from(("Ada", "ada@example.org"))
//!     .to(("Ödön", "odon@example.org"))
//!     .cc("bob@example.org")
//!     .subject("The notes")
//!     .text("Here they are.\n")
//!     .html("<p>Here they are.</p>\n")
//!     .attach(Attachment::from_reader("notes.pdf", std::fs::File::open("notes.pdf")?));
//! for verdict in mailer.send(message)?.recipients.iter().flatten() {
//!     println!("{} {}", verdict.code, verdict.text);
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

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
