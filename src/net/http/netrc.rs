//! `.netrc`: logins by machine, as ftp had it and curl reads it.
//!
//! ```
//! use plainwire::net::http::netrc::Netrc;
//!
//! let netrc = Netrc::parse("machine example.com login ada password \"love lace\"\ndefault login anonymous password x\n")?;
//! assert_eq!(netrc.find("EXAMPLE.com", None).unwrap().user(), "ada");
//! assert_eq!(netrc.find("other.example", None).unwrap().user(), "anonymous");
//! # Ok::<(), plainwire::net::http::netrc::NetrcError>(())
//! ```

use super::auth::Credentials;
use std::string::{String, ToString};
use std::vec::Vec;

/// The logins of one file, in its order.
#[derive(Clone, Debug, Default)]
pub struct Netrc {
    entries: Vec<Entry>,
}

#[derive(Clone, Debug, Default)]
struct Entry {
    /// `None` for `default`.
    machine: Option<String>,
    login: Option<String>,
    password: Option<Hidden>,
}

#[derive(Clone)]
struct Hidden(String);

impl std::fmt::Debug for Hidden {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("…")
    }
}

/// What is wrong with a file, by its line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NetrcError {
    /// A word that is no keyword stands where one is due.
    #[error("line {0}: not a keyword of .netrc")]
    Keyword(usize),
    /// A keyword is the last word of the file.
    #[error("line {0}: a keyword without its value")]
    Value(usize),
    /// A quoted word has no end.
    #[error("line {0}: an open quote")]
    Quote(usize),
}

impl Netrc {
    /// Reads the text of a file.
    ///
    /// # Errors
    ///
    /// The first thing that makes no sense, with its line, from 1.
    pub fn parse(text: &str) -> Result<Self, NetrcError> {
        let mut entries: Vec<Entry> = Vec::new();
        let mut words = Words { rest: text, line: 1 };
        while let Some(keyword) = words.next()? {
            let line = words.line;
            let mut value = || words.next()?.ok_or(NetrcError::Value(line));
            match keyword.as_str() {
                "machine" => entries.push(Entry { machine: Some(value()?), ..Entry::default() }),
                "default" => entries.push(Entry::default()),
                "login" | "password" | "account" => {
                    let value = value()?;
                    let entry = entries.last_mut().ok_or(NetrcError::Keyword(line))?;
                    match keyword.as_str() {
                        "login" => entry.login = Some(value),
                        "password" => entry.password = Some(Hidden(value)),
                        _ => {}
                    }
                }
                "macdef" => words.skip_macro(),
                _ => return Err(NetrcError::Keyword(line)),
            }
        }
        Ok(Self { entries })
    }

    /// The login for a host: the first entry of its name (compared without case) that names `user`, if one is asked for,
    /// or else the first default.
    pub fn find(&self, host: &str, user: Option<&str>) -> Option<Credentials> {
        let fits = |entry: &&Entry| user.is_none() || entry.login.as_deref().is_none_or(|login| Some(login) == user);
        let named = |entry: &&Entry| entry.machine.as_ref().is_some_and(|name| name.eq_ignore_ascii_case(host));
        let entry = self.entries.iter().filter(named).find(fits);
        let entry = entry.or_else(|| self.entries.iter().filter(|entry| entry.machine.is_none()).find(fits))?;
        let login = entry.login.clone().or_else(|| user.map(ToString::to_string))?;
        Some(Credentials::new(login, entry.password.clone().map_or_else(String::new, |hidden| hidden.0)))
    }
}

struct Words<'t> {
    rest: &'t str,
    line: usize,
}

impl Words<'_> {
    /// The next word, quoted or plain. A `#` at the start of a word is a comment up to the line's end.
    fn next(&mut self) -> Result<Option<String>, NetrcError> {
        loop {
            let trimmed = self.rest.trim_start();
            self.line += self.rest[..self.rest.len() - trimmed.len()].matches('\n').count();
            self.rest = trimmed;
            if !trimmed.starts_with('#') {
                break;
            }
            self.rest = trimmed.find('\n').map_or("", |end| &trimmed[end..]);
        }
        if self.rest.is_empty() {
            return Ok(None);
        }
        let Some(quoted) = self.rest.strip_prefix('"') else {
            let end = self.rest.find(char::is_whitespace).unwrap_or(self.rest.len());
            let (word, rest) = self.rest.split_at(end);
            self.rest = rest;
            return Ok(Some(word.to_string()));
        };
        let mut word = String::new();
        let mut characters = quoted.char_indices();
        while let Some((at, character)) = characters.next() {
            match character {
                '"' => {
                    self.rest = &quoted[at + 1..];
                    return Ok(Some(word));
                }
                '\n' => break,
                '\\' => match characters.next() {
                    Some((_, 'n')) => word.push('\n'),
                    Some((_, 'r')) => word.push('\r'),
                    Some((_, 't')) => word.push('\t'),
                    Some((_, other)) => word.push(other),
                    None => break,
                },
                _ => word.push(character),
            }
        }
        Err(NetrcError::Quote(self.line))
    }

    /// A macro goes on to the first empty line.
    fn skip_macro(&mut self) {
        let end = self.rest.find("\n\n").map_or(self.rest.len(), |end| end + 2);
        self.line += self.rest[..end].matches('\n').count();
        self.rest = &self.rest[end..];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_curl_reads() {
        let text = "# mine\nmachine a.example\n  login one\n  password 1#x # a comment\nmacdef init\necho hi\n\n\
                    machine a.example login two password \"2 \\\"q\\\"\"\ndefault login anybody password any";
        let netrc = Netrc::parse(text).unwrap();
        assert_eq!(netrc.find("a.example", None), Some(Credentials::new("one", "1#x")));
        assert_eq!(netrc.find("A.Example", Some("two")), Some(Credentials::new("two", "2 \"q\"")));
        assert_eq!(netrc.find("b.example", None), Some(Credentials::new("anybody", "any")));
        assert!(!std::format!("{netrc:?}").contains("1#x"));
    }

    #[test]
    fn says_where_it_fails() {
        assert_eq!(Netrc::parse("machine").err(), Some(NetrcError::Value(1)));
        assert_eq!(Netrc::parse("\n\nbanana").err(), Some(NetrcError::Keyword(3)));
        assert_eq!(Netrc::parse("login x").err(), Some(NetrcError::Keyword(1)));
        assert_eq!(Netrc::parse("machine a\nlogin \"x\n").err(), Some(NetrcError::Quote(2)));
    }
}
