//! The users of a mail server, one on each line of a text file; SMTP and POP3 may share it.
//!
//! ```text
//! # name:credentials
//! ada:SCRAM-SHA-256$4096:c2FsdA==$…:… SCRAM-SHA-1$4096:c2FsdA==$…:…
//! bob:{PLAIN}a password in clear
//! ```
//!
//! Behind the first colon stand SCRAM keys as RFC 5803 writes them, one or both, with a space between: enough to check
//! a password by `SCRAM-*`, `PLAIN`, `LOGIN` and `USER`, not enough to use it elsewhere. [`entry`] makes such a line.
//! Or, behind `{PLAIN}` (or nothing at all), the password itself, which `CRAM-MD5` and `APOP` can't do without. Empty
//! lines and lines that begin with `#` say nothing.
//!
//! ```
//! use plainwire::net::users::{self, Users};
//! use plainwire::sasl::Store;
//!
//! let file = users::entry("ada", "the engine")?;
//! assert!(!file.contains("engine"));
//! let users = Users::parse(&file)?;
//! assert!(users.verify("ada", "the engine") && !users.verify("ada", "an engine"));
//! assert!(users.record("bob").is_none());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use crate::sasl::{Hash, Record, ScramKeys, Secret, Store, decoy_salt, prepare};
use std::collections::HashMap;
use std::fmt;
use std::format;
use std::fs;
use std::io;
use std::path::Path;
use std::string::String;
use std::vec::Vec;

/// How often a password is hashed: the least that SCRAM clients accept (RFC 7677 4), which a server can afford for each
/// `PLAIN`. Names that nobody has are answered with the same number.
const ITERATIONS: u32 = 4096;

/// The users of a file.
#[derive(Clone)]
pub struct Users {
    records: HashMap<String, Record>,
    decoy: [u8; 32],
    iterations: u32,
}

/// A line that says no user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidLine {
    /// Which one, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub why: &'static str,
}

impl fmt::Display for InvalidLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.why)
    }
}

impl std::error::Error for InvalidLine {}

/// A name or password that can't stand in a file of users.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidUser {
    /// Empty, or with a colon, a control character, or what SASLprep prohibits (RFC 4013); or it begins with `#`.
    #[error("a name that can't stand in a file of users")]
    Name,
    /// Empty, or with a character that SASLprep prohibits.
    #[error("not a password: empty, or with a character that none may have")]
    Password,
    /// The system has no random octets for a salt.
    #[error("no random octets")]
    Random,
}

/// The line of a user, without its end: SCRAM keys with a salt of their own. The password can't be read from it.
///
/// # Errors
///
/// A name or password that can't stand there.
pub fn entry(name: &str, password: &str) -> Result<String, InvalidUser> {
    let name = checked_name(name)?;
    let mut salt = [0; 16];
    getrandom::fill(&mut salt).map_err(|_| InvalidUser::Random)?;
    if password.is_empty() {
        return Err(InvalidUser::Password);
    }
    let password = prepare(password).map_err(|_| InvalidUser::Password)?;
    let keys = |hash| ScramKeys::derive(hash, password.as_bytes(), &salt, ITERATIONS);
    Ok(format!("{name}:{} {}", keys(Hash::Sha256), keys(Hash::Sha1)))
}

/// The line of a user with the password in clear, for servers that have to offer `CRAM-MD5` or `APOP`.
///
/// # Errors
///
/// As [`entry`].
pub fn entry_in_clear(name: &str, password: &str) -> Result<String, InvalidUser> {
    let name = checked_name(name)?;
    if password.is_empty() || prepare(password).is_err() || password.chars().any(char::is_control) {
        return Err(InvalidUser::Password);
    }
    Ok(format!("{name}:{{PLAIN}}{password}"))
}

fn checked_name(name: &str) -> Result<String, InvalidUser> {
    let name = prepare(name).map_err(|_| InvalidUser::Name)?;
    if name.is_empty() || name.starts_with('#') || name.chars().any(|c| c == ':' || c.is_control()) {
        return Err(InvalidUser::Name);
    }
    Ok(name.into_owned())
}

impl Users {
    /// Reads a file.
    ///
    /// # Errors
    ///
    /// What the system says; [`InvalidData`](io::ErrorKind::InvalidData) around an [`InvalidLine`].
    pub fn read(path: impl AsRef<Path>) -> io::Result<Self> {
        let text = fs::read_to_string(path)?;
        Self::parse(&text).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
    }

    /// Reads the text of a file.
    ///
    /// # Errors
    ///
    /// The first line that says no user, or one that was there already.
    pub fn parse(text: &str) -> Result<Self, InvalidLine> {
        let (mut records, mut clear, mut decoy) = (HashMap::new(), Vec::new(), [0; 32]);
        getrandom::fill(&mut decoy)
            .map_err(|_| InvalidLine { line: 1, why: "no random octets to hide who is in it" })?;
        for (index, line) in text.lines().enumerate() {
            let fail = |why| InvalidLine { line: index + 1, why };
            if line.trim().is_empty() || line.starts_with('#') {
                continue;
            }
            let (name, credentials) = line.split_once(':').ok_or_else(|| fail("no colon behind the name"))?;
            let name = checked_name(name).map_err(|_| fail("not a name"))?;
            let record = if credentials.starts_with("SCRAM-") {
                keys(credentials).map_err(fail)?
            } else {
                clear.push((name.clone(), password(credentials).map_err(fail)?, index));
                Record::default()
            };
            if records.insert(name, record).is_some() {
                return Err(fail("a name that was there already"));
            }
        }
        let iterations = usual_iterations(&records);
        for (name, password, index) in clear {
            let fail = |_| InvalidLine { line: index + 1, why: "not a password" };
            let record = Record::from_password(password, &decoy_salt(&decoy, &name), iterations).map_err(fail)?;
            records.insert(name, record.with_password(Secret::from(password)));
        }
        Ok(Self { records, decoy, iterations })
    }

    /// Whether `password` is `name`'s. An unknown name takes as long as a wrong password.
    pub fn verify(&self, name: &str, password: &str) -> bool {
        let (Ok(name), Ok(password)) = (prepare(name), prepare(password)) else { return false };
        let keys = self.records.get(&*name).and_then(|record| record.sha256.as_ref().or(record.sha1.as_ref()));
        match keys {
            Some(keys) => keys.verify(password.as_bytes()),
            None => {
                let _nobody = ScramKeys::derive(Hash::Sha256, password.as_bytes(), &[0; 16], self.iterations);
                false
            }
        }
    }

    /// Some user's password is kept in clear, so that `CRAM-MD5` and `APOP` can be offered.
    pub fn in_clear(&self) -> bool {
        self.records.values().any(|record| record.password.is_some())
    }

    /// Random octets that were drawn when the file was read, for the [decoy](crate::sasl::Setting::decoy) of every server
    /// that these users log in to: one that told a stranger another salt than its neighbour does would tell that it is a
    /// stranger. Users whose passwords are in clear have the salts that strangers of their names would have.
    ///
    /// They are drawn anew when the file is read anew, and salts in the file are not: who watches a server over its starts
    /// learns who is in it. Against that, a server keeps octets of its own for good.
    pub const fn decoy(&self) -> [u8; 32] {
        self.decoy
    }

    /// The iterations that go with the [decoy](Self::decoy), for
    /// [`decoy_iterations`](crate::sasl::Setting::decoy_iterations): what most keys in the file have, and what the keys of
    /// passwords in clear are derived with; 4,096 where there are no keys. A stranger who was told another number would be
    /// known for one, and so is a user whose keys have another number than the others'.
    pub const fn iterations(&self) -> u32 {
        self.iterations
    }

    /// The names, in no order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.records.keys().map(String::as_str)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// There is nobody.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }
}

impl Store for Users {
    fn record(&self, user: &str) -> Option<Record> {
        self.records.get(user).cloned()
    }
}

impl fmt::Debug for Users {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.names()).finish()
    }
}

/// Nobody.
impl Default for Users {
    fn default() -> Self {
        Self { records: HashMap::new(), decoy: [0; 32], iterations: ITERATIONS }
    }
}

/// What most keys were derived with; of two numbers that are as usual the larger.
fn usual_iterations(records: &HashMap<String, Record>) -> u32 {
    let mut counts: HashMap<u32, usize> = HashMap::new();
    for keys in records.values().flat_map(|record| record.sha256.iter().chain(&record.sha1)) {
        *counts.entry(keys.iterations()).or_default() += 1;
    }
    let usual = counts.into_iter().max_by_key(|(iterations, count)| (*count, *iterations));
    usual.map_or(ITERATIONS, |(iterations, _)| iterations)
}

/// Keys that stand behind a name.
fn keys(credentials: &str) -> Result<Record, &'static str> {
    let mut record = Record::default();
    for keys in credentials.split_ascii_whitespace() {
        let keys: ScramKeys = keys.parse().map_err(|_| "not SCRAM keys as RFC 5803 writes them")?;
        let place = if keys.hash() == Hash::Sha1 { &mut record.sha1 } else { &mut record.sha256 };
        if place.replace(keys).is_some() {
            return Err("two keys for the same hash");
        }
    }
    Ok(record)
}

/// A password that stands behind a name.
fn password(credentials: &str) -> Result<&str, &'static str> {
    let password = match credentials.strip_prefix("{PLAIN}") {
        Some(password) => password,
        None if credentials.starts_with('{') => return Err("a scheme that is not {PLAIN}"),
        None => credentials,
    };
    if password.is_empty() {
        return Err("no password");
    }
    Ok(password)
}

#[cfg(test)]
mod tests;
