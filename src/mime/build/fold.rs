//! Header fields on the wire: folded at 78 columns (RFC 5322 2.1.1), text beyond ASCII as encoded words (RFC 2047) or
//! parameters of RFC 2231, and nothing that would begin another line.

use super::{Form, Misuse};
use crate::mime::address::{Address, Mailbox, quote_phrase};
use crate::mime::base64::encode_run;
use crate::syntax::token::is_mime_token;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// Lines are folded before they get longer than this, where there is a place to.
const WIDTH: usize = 78;
/// No word of a line may be longer than this: RFC 5322 2.1.1 allows 998, with room for what stands before it.
const LONGEST_WORD: usize = 900;
/// The longest name of a parameter; nothing that is registered goes beyond 20.
const LONGEST_NAME: usize = 40;
/// The longest encoded word (RFC 2047 2).
const ENCODED: usize = 75;

/// Writes header fields.
#[derive(Debug)]
pub(super) struct Writer {
    out: Vec<u8>,
    column: usize,
    /// The longest line of this field: 76 where it holds encoded words (RFC 2047 2).
    width: usize,
    utf8: bool,
}

impl Writer {
    pub(super) fn new(form: Form) -> Self {
        Self { out: Vec::with_capacity(512), column: 0, width: WIDTH, utf8: form == Form::Utf8 }
    }

    pub(super) fn octets(&self) -> &[u8] {
        &self.out
    }

    pub(super) fn into_octets(self) -> Vec<u8> {
        self.out
    }

    fn begin(&mut self, name: &str) {
        self.out.extend_from_slice(name.as_bytes());
        self.out.push(b':');
        self.column = name.len() + 1;
        self.width = WIDTH;
    }

    fn end(&mut self) {
        self.out.extend_from_slice(b"\r\n");
        self.column = 0;
    }

    fn put(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
        self.column += columns(text);
    }

    /// White space, and a word that stays whole: folded before it where the line is full. `more` columns follow
    /// without white space.
    fn word(&mut self, white: &str, word: &str, more: usize) {
        if self.column > 1 && self.column + white.len() + columns(word) + more > self.width {
            self.out.extend_from_slice(b"\r\n");
            self.column = 0;
        }
        self.put(white);
        self.put(word);
    }

    /// A value that is known to fit.
    pub(super) fn plain(&mut self, name: &str, value: &str) {
        self.begin(name);
        for word in value.split(' ') {
            self.word(" ", word, 0);
        }
        self.end();
    }

    /// Words with something between them, folded where they must be.
    pub(super) fn list(&mut self, name: &str, words: &[String], between: &str) {
        self.begin(name);
        let between = between.trim_end();
        for (i, word) in words.iter().enumerate() {
            let last = i + 1 == words.len();
            self.word(" ", word, if last { 0 } else { between.len() });
            if !last {
                self.put(between);
            }
        }
        self.end();
    }

    /// Unstructured text.
    pub(super) fn text(&mut self, name: &str, text: &str) -> Result<(), Misuse> {
        if text.chars().any(|character| character.is_control() && character != '\t') {
            return Err(Misuse::Control(if name == "Subject" { "Subject" } else { "a header field" }));
        }
        self.begin(name);
        if text.is_empty() {
            self.end();
            return Ok(());
        }
        // White space that folding would lose, or turn into other white space, goes into an encoded word.
        let edges = text.starts_with(' ') || text.ends_with(' ') || text.contains('\t');
        let pieces = pieces(text);
        let odd = |piece: &(&str, &str)| {
            let (white, word) = *piece;
            let plain = if self.utf8 { true } else { word.is_ascii() };
            !plain || word.len() > LONGEST_WORD || white.len() > WIDTH / 2 || word.contains("=?")
        };
        let first = if edges { Some(0) } else { pieces.iter().position(odd) };
        let last = if edges { pieces.len().checked_sub(1) } else { pieces.iter().rposition(odd) };
        let (Some(first), Some(last)) = (first, last) else {
            for (i, (white, word)) in pieces.iter().enumerate() {
                self.word(if i == 0 { " " } else { white }, word, 0);
            }
            self.end();
            return Ok(());
        };
        for (i, (white, word)) in pieces[..first].iter().enumerate() {
            self.word(if i == 0 { " " } else { white }, word, 0);
        }
        // White space before the first encoded word is plain, and has to be there; what is more of it is encoded.
        let mut middle = String::new();
        for (i, (white, word)) in pieces[first..=last].iter().enumerate() {
            let spare = if i == 0 && first > 0 { &white[1..] } else { white };
            if i > 0 || first > 0 || edges {
                middle.push_str(spare);
            }
            middle.push_str(word);
        }
        self.encoded(&middle, &|octet| octet.is_ascii_graphic() && !matches!(octet, b'=' | b'?' | b'_'));
        for (white, word) in &pieces[last + 1..] {
            self.word(white, word, 0);
        }
        self.end();
        Ok(())
    }

    /// Text as encoded words, in whichever of the two encodings is shorter. `literal`: what Q may leave as it is.
    fn encoded(&mut self, text: &str, literal: &dyn Fn(u8) -> bool) {
        self.width = WIDTH - 2;
        let escaped = text.bytes().filter(|octet| !literal(*octet) && *octet != b' ').count();
        let q = text.len() + 2 * escaped <= text.len().div_ceil(3) * 4;
        let mut rest = text;
        let mut first = true;
        while !rest.is_empty() {
            // What is left of this line, or all of the next one.
            let overhead = "=?utf-8?q??=".len() + 1;
            let mut room = self.width.saturating_sub(self.column + overhead).min(ENCODED - overhead + 1);
            let fit = |room: usize| take(rest, room, q, literal);
            let mut end = fit(room);
            if end == 0 || (!first && self.column > 1) {
                self.out.extend_from_slice(b"\r\n");
                self.column = 0;
                room = ENCODED - overhead + 1;
                end = fit(room);
            }
            let (piece, behind) = rest.split_at(end);
            let mut word = Vec::with_capacity(ENCODED);
            word.extend_from_slice(if q { b" =?utf-8?q?" } else { b" =?utf-8?b?" });
            if q {
                for octet in piece.bytes() {
                    match octet {
                        b' ' => word.push(b'_'),
                        octet if literal(octet) => word.push(octet),
                        octet => word.extend_from_slice(format!("={octet:02X}").as_bytes()),
                    }
                }
            } else {
                encode_run(piece.as_bytes(), &mut word);
            }
            word.extend_from_slice(b"?=");
            self.column += word.len();
            self.out.extend_from_slice(&word);
            rest = behind;
            first = false;
        }
    }

    /// A list of addresses.
    pub(super) fn addresses(&mut self, name: &str, list: &[Address<'_>]) -> Result<(), Misuse> {
        self.begin(name);
        for (i, address) in list.iter().enumerate() {
            let comma = usize::from(i + 1 < list.len());
            match address {
                Address::Mailbox(mailbox) => self.mailbox(mailbox, comma)?,
                Address::Group(group) => {
                    self.phrase(group.name(), 1);
                    self.put(":");
                    for (j, member) in group.members().iter().enumerate() {
                        let last = j + 1 == group.members().len();
                        self.mailbox(member, 1)?;
                        if !last {
                            self.put(",");
                        }
                    }
                    self.put(";");
                }
            }
            if comma > 0 {
                self.put(",");
            }
        }
        self.end();
        Ok(())
    }

    fn mailbox(&mut self, mailbox: &Mailbox<'_>, more: usize) -> Result<(), Misuse> {
        if !self.utf8 && !mailbox.address().is_ascii() {
            return Err(Misuse::NeedsUtf8);
        }
        match mailbox.name() {
            Some(name) => {
                self.phrase(name, 0);
                self.word(" ", &format!("<{}>", mailbox.address()), more);
            }
            None if mailbox.address().is_empty() => self.word(" ", "<>", more),
            None => self.word(" ", mailbox.address(), more),
        }
        Ok(())
    }

    /// A display name: atoms, a quoted string, or encoded words.
    fn phrase(&mut self, name: &str, more: usize) {
        let plain = (self.utf8 || name.is_ascii())
            && !name.contains('\t')
            && pieces(name).iter().all(|(white, word)| {
                // White space in a quoted string is kept; a fold in it costs nothing but must not stand alone.
                word.len() <= LONGEST_WORD && white.len() <= WIDTH / 2
            });
        if plain {
            let quoted = quote_phrase(name);
            let words = pieces(&quoted);
            for (i, (white, word)) in words.iter().enumerate() {
                let more = if i + 1 == words.len() { more } else { 0 };
                self.word(if i == 0 { " " } else { white }, word, more);
            }
            return;
        }
        // RFC 2047 5 (3): fewer octets stand for themselves here.
        self.encoded(name, &|octet| octet.is_ascii_alphanumeric() || matches!(octet, b'!' | b'*' | b'+' | b'-' | b'/'));
    }

    /// A value with parameters: `attachment; filename=…`.
    pub(super) fn with_parameters(
        &mut self,
        name: &str,
        value: &str,
        parameters: &[(&'static str, &str)],
    ) -> Result<(), Misuse> {
        self.begin(name);
        self.word(" ", value, 1);
        for (i, (name, value)) in parameters.iter().enumerate() {
            let twice = parameters[..i].iter().any(|(known, _)| known.eq_ignore_ascii_case(name));
            // RFC 2231 has a meaning of its own for `*`, `'` and `%` in a name, and sections have to fit on a line.
            let token = |octet: u8| is_mime_token(octet) && !b"*'%".contains(&octet);
            if name.is_empty() || name.len() > LONGEST_NAME || !name.bytes().all(token) || twice {
                return Err(Misuse::Parameter((*name).into()));
            }
            self.parameter(name, value)?;
        }
        self.end();
        Ok(())
    }

    fn parameter(&mut self, name: &'static str, value: &str) -> Result<(), Misuse> {
        if value.chars().any(char::is_control) {
            return Err(Misuse::Control(name));
        }
        self.put(";");
        let short = name.len() + value.len() + 6 <= WIDTH;
        if short && !value.is_empty() && value.bytes().all(is_mime_token) {
            self.word(" ", &format!("{name}={value}"), 1);
            return Ok(());
        }
        // A quoted string may not be folded here: readers differ about the white space.
        if (self.utf8 || value.is_ascii()) && short && !value.contains("=?") {
            let mut quoted = format!("{name}=\"");
            for character in value.chars() {
                if matches!(character, '"' | '\\') {
                    quoted.push('\\');
                }
                quoted.push(character);
            }
            quoted.push('"');
            self.word(" ", &quoted, 1);
            return Ok(());
        }
        // RFC 2231: percent-encoded UTF-8, in sections where it is long.
        let escaped =
            |octet: u8| !(octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'.' | b'_' | b'~' | b'!' | b'+'));
        let mut units: Vec<String> = Vec::with_capacity(value.len());
        for character in value.chars() {
            let mut buffer = [0; 4];
            let octets = character.encode_utf8(&mut buffer).bytes();
            units.push(
                octets
                    .map(|octet| if escaped(octet) { format!("%{octet:02X}") } else { String::from(char::from(octet)) })
                    .collect(),
            );
        }
        let whole: usize = units.iter().map(String::len).sum();
        if name.len() + whole + "*=utf-8''; ".len() <= WIDTH {
            self.word(" ", &format!("{name}*=utf-8''{}", units.concat()), 1);
            return Ok(());
        }
        let mut units = units.into_iter().peekable();
        let mut number = 0;
        while units.peek().is_some() {
            let mut section = format!("{name}*{number}*={}", if number == 0 { "utf-8''" } else { "" });
            while let Some(unit) = units.next_if(|unit| section.len() + unit.len() + 2 <= WIDTH) {
                section.push_str(&unit);
            }
            self.word(" ", &section, 1);
            if units.peek().is_some() {
                self.put(";");
            }
            number += 1;
        }
        Ok(())
    }
}

fn columns(text: &str) -> usize {
    // A column is an octet where it matters: the limit of the line is one of octets (RFC 6532 3.4).
    text.len()
}

/// Words with the white space before each; the white space at the end goes with an empty word.
fn pieces(text: &str) -> Vec<(&str, &str)> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let word = rest.find(|character| !matches!(character, ' ' | '\t')).unwrap_or(rest.len());
        let (white, behind) = rest.split_at(word);
        let end = behind.find([' ', '\t']).unwrap_or(behind.len());
        let (word, behind) = behind.split_at(end);
        pieces.push((white, word));
        rest = behind;
    }
    pieces
}

/// How many octets of `text`, whole characters, are at the most `room` octets in the encoding.
fn take(text: &str, room: usize, q: bool, literal: &dyn Fn(u8) -> bool) -> usize {
    let mut used = 0;
    let mut end = 0;
    for character in text.chars() {
        let mut buffer = [0; 4];
        let octets = character.encode_utf8(&mut buffer);
        let cost: usize = if q {
            octets.bytes().map(|octet| if octet == b' ' || literal(octet) { 1 } else { 3 }).sum()
        } else {
            octets.len()
        };
        let total = if q { used + cost } else { (used + cost).div_ceil(3) * 4 };
        if total > room {
            break;
        }
        used += cost;
        end += octets.len();
    }
    end
}
