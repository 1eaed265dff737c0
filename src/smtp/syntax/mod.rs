//! How SMTP is spelled: the grammars of RFC 5321 4.1.2, 4.1.3, 4.2 and of the extensions, over borrowed octets.
//!
//! nom says what the grammar is; where most of the traffic goes (a plain `MAIL` or `RCPT`), masks and then a walk over
//! tables come first and fall back to it.

pub(super) mod path;
pub(super) mod words;
