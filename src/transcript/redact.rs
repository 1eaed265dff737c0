//! What must not be seen: which part of a line is a secret.

use super::End;

/// Follows a conversation line by line and knows which lines carry secrets.
#[derive(Default)]
pub(super) struct Redactor {
    /// A SASL exchange is under way: what the client says is secret until the server says how it ended.
    exchange: bool,
}

/// Fields whose value is a secret (RFC 9110 11.6.2, 11.7.2; RFC 6265).
const FIELDS: &[&[u8]] = &[b"authorization:", b"proxy-authorization:", b"cookie:", b"set-cookie:"];

impl Redactor {
    /// Where the secret of `line` begins, if it carries one. `line` is without its line end.
    pub(super) fn secret(&mut self, end: End, line: &[u8]) -> Option<usize> {
        if let Some(field) = FIELDS.iter().find(|field| has_prefix(line, field)) {
            return Some(after_spaces(line, field.len()));
        }
        match end {
            End::Server => {
                // 334 (RFC 4954 4) and "+" (RFC 5034 4) ask for more; anything else ends the exchange.
                let more = line.starts_with(b"334") || line == b"+" || line.starts_with(b"+ ");
                // A challenge may carry what the client's secret can be guessed from (RFC 2195, RFC 5802).
                let challenge = if line.starts_with(b"334") { 4 } else { 2 };
                if !more {
                    self.exchange = false;
                }
                (self.exchange && line.len() > challenge).then_some(challenge)
            }
            End::Client if self.exchange => (line != b"*").then_some(0),
            End::Client => self.command(line),
        }
    }

    fn command(&mut self, line: &[u8]) -> Option<usize> {
        if has_prefix(line, b"PASS ") {
            return Some(5);
        }
        if has_prefix(line, b"APOP ") {
            // RFC 1939 7: APOP name digest
            let name = line[5..].iter().position(|octet| *octet == b' ')?;
            return Some(5 + name + 1);
        }
        if has_prefix(line, b"AUTH ") {
            self.exchange = true;
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
