//! What must not be seen: which part of a line is a secret.

use super::End;
use alloc::vec::Vec;

/// Follows a conversation line by line and knows which lines carry secrets.
#[derive(Default)]
pub(super) struct Redactor {
    /// The client has begun a SASL exchange, and has said nothing since that is none of it.
    asked: bool,
    /// The exchange is under way: what the client says is secret until the server says how it ended.
    exchange: bool,
    client: Begun,
    server: Begun,
}

/// What one end has begun to say.
#[derive(Default)]
struct Begun {
    /// A line that has no end yet, as far as it can matter.
    line: Vec<u8>,
    /// How many octets of it were said.
    length: usize,
    /// The line before was a field with a secret: a line that begins with a space goes on with it (RFC 9112 5.2).
    secret_field: bool,
}

/// Fields whose value is a secret (RFC 9110 11.6.2, 11.7.2; RFC 6265).
const FIELDS: &[&[u8]] = &[b"authorization:", b"proxy-authorization:", b"cookie:", b"set-cookie:"];
/// What comes before a secret is shorter than this.
const HEAD: usize = 1024;

impl Redactor {
    /// Where in `piece` the secret of its line begins, if it carries one. The line is without its end; it may come in
    /// pieces, and `complete` says that this is the last one.
    pub(super) fn secret(&mut self, end: End, piece: &[u8], complete: bool) -> Option<usize> {
        let begun = self.begun(end);
        let before = begun.length;
        let room = HEAD.saturating_sub(begun.line.len()).min(piece.len());
        begun.line.extend_from_slice(&piece[..room]);
        begun.length += piece.len();
        let line = core::mem::take(&mut begun.line);
        let secret = self.judge(end, &line, complete);
        let begun = self.begun(end);
        if complete {
            begun.length = 0;
        } else {
            begun.line = line;
        }
        Some(secret?.saturating_sub(before).min(piece.len()))
    }

    /// What `end` says next begins a line.
    pub(super) fn lose_track(&mut self, end: End) {
        *self.begun(end) = Begun::default();
    }

    fn begun(&mut self, end: End) -> &mut Begun {
        match end {
            End::Client => &mut self.client,
            End::Server => &mut self.server,
        }
    }

    fn judge(&mut self, end: End, line: &[u8], complete: bool) -> Option<usize> {
        let begun = self.begun(end);
        let continues = begun.secret_field && line.first().is_some_and(|octet| matches!(octet, b' ' | b'\t'));
        let field = FIELDS.iter().find(|field| has_prefix(line, field)).map(|field| field.len());
        if complete {
            begun.secret_field = continues || field.is_some();
        }
        if let Some(name) = field.or(continues.then_some(0)) {
            return Some(after_spaces(line, name));
        }
        match end {
            End::Server => {
                // 334 (RFC 4954 4) and "+" (RFC 5034 4) ask for more; anything else ends the exchange, or answers what
                // the client had said before it.
                let more = line.starts_with(b"334") || line == b"+" || line.starts_with(b"+ ");
                // A challenge may carry what the client's secret can be guessed from (RFC 2195, RFC 5802).
                let challenge = if line.starts_with(b"334") { 4 } else { 2 };
                if complete {
                    self.exchange = more && self.asked;
                }
                (more && self.asked && line.len() > challenge).then_some(challenge)
            }
            End::Client if self.exchange => (line != b"*").then_some(0),
            End::Client => self.command(line, complete),
        }
    }

    fn command(&mut self, line: &[u8], complete: bool) -> Option<usize> {
        if complete {
            self.asked = false;
        }
        if has_prefix(line, b"PASS ") {
            return Some(5);
        }
        if has_prefix(line, b"APOP ") {
            // RFC 1939 7: APOP name digest
            let name = line[5..].iter().position(|octet| *octet == b' ')?;
            return Some(5 + name + 1);
        }
        if has_prefix(line, b"AUTH ") {
            self.asked = true;
            self.exchange = complete;
            let mechanism = line[5..].iter().position(|octet| *octet == b' ')?;
            return Some(5 + mechanism + 1);
        }
        None
    }
}

fn has_prefix(line: &[u8], prefix: &[u8]) -> bool {
    line.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

fn after_spaces(line: &[u8], from: usize) -> usize {
    from + line[from..].iter().take_while(|octet| matches!(octet, b' ' | b'\t')).count()
}
