//! What became of each message.

use super::{Client, Envelope};
use crate::smtp::Code;
use std::fmt;

/// A message that was answered. Its `Display` is one line for a log.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'t> {
    /// Who sent it.
    pub client: &'t Client,
    /// From whom and to whom.
    pub envelope: &'t Envelope,
    /// Octets that came.
    pub octets: u64,
    /// The refusal, if it was refused; in LMTP, the first one.
    pub refused: Option<Code>,
}

impl fmt::Display for Entry<'_> {
    /// `127.0.0.1 (ada) from=<a@example.org> to=<b@example.org>,<c@example.org> 4096 octets: accepted`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Nothing here can forge a line: names and mailboxes that exist hold no CR and no LF.
        write!(f, "{}", self.client.address().ip())?;
        if let Some(identity) = self.client.identity() {
            write!(f, " ({})", identity.user())?;
        }
        f.write_str(" from=<")?;
        if let Some(sender) = self.envelope.sender() {
            write!(f, "{sender}")?;
        }
        f.write_str("> to=")?;
        for (at, recipient) in self.envelope.recipients().iter().enumerate() {
            write!(f, "{}<{}>", if at > 0 { "," } else { "" }, recipient.address)?;
        }
        write!(f, " {} octets: ", self.octets)?;
        match self.refused {
            None => f.write_str("accepted"),
            Some(code) => write!(f, "refused {}", code.number()),
        }
    }
}
