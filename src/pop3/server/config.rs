//! What a server is, what it offers, and how much it takes.

use crate::sasl::{Binding, Mechanism, Nonce};
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;

/// What all sessions of a server share.
#[derive(Clone)]
pub struct Config {
    host: String,
    languages: Vec<(String, String)>,
    implementation: Option<String>,
    /// `STLS` is offered where the channel is not secure yet. Default: no.
    pub stls: bool,
    /// `USER` and `PASS`, and mechanisms that show a password, are taken on channels that are not secure. Default: no
    /// (RFC 8314 3.3, RFC 2595 2.2).
    pub cleartext: bool,
    /// `APOP` is offered, which needs users whose passwords are kept in clear. Default: no.
    pub apop: bool,
    /// Mechanisms of `AUTH`, in the order in which they are announced. Default: none.
    pub auth: Vec<Mechanism>,
    /// `UTF8` is offered (RFC 6856): messages with UTF-8 in their header may be sent as they are to who asked for it.
    /// Default: yes.
    pub utf8: bool,
    /// `LOGIN-DELAY`: announced; refusing who comes too soon is the caller's. Default: none.
    pub login_delay: Option<u32>,
    /// `EXPIRE`: announced; expiring is the caller's. Default: never.
    pub expire: Expire,
    /// How much of anything.
    pub limits: Limits,
    /// Random octets that this server keeps for good; see [`Setting::decoy`](crate::sasl::Setting::decoy).
    pub decoy: [u8; 32],
    /// The iterations that go with them: what the real records have. Default: 4,096.
    pub decoy_iterations: u32,
}

/// What a server announces about old messages (RFC 2449 6.7).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Expire {
    /// Nothing.
    Unsaid,
    /// They are kept for ever.
    #[default]
    Never,
    /// They are kept for so many days.
    Days(u32),
}

/// How much a server takes of anything.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// The longest command line, with its CRLF, in octets. Default 255 (RFC 2449 4).
    pub line: usize,
    /// The longest line of an `AUTH` exchange, with its CRLF, in octets. Default 12,288, as in SMTP (RFC 4954 4): room
    /// for tickets and tokens.
    pub auth_line: usize,
    /// How many commands may be refused before the session ends. Default 20, as Dovecot has it.
    pub errors: u32,
    /// How many logins may fail before the session ends. Default 3, the least that people need.
    pub auth_failures: u32,
    /// How long a client may say nothing. Default 10 minutes, the least that RFC 1939 3 allows.
    pub idle: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { line: 255, auth_line: 12_288, errors: 20, auth_failures: 3, idle: Duration::from_mins(10) }
    }
}

/// A text that would not stay on its line, or is empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a text that can't be said in one line")]
pub struct Unfit;

impl Config {
    /// A server of this name, with the defaults named at each field.
    ///
    /// # Errors
    ///
    /// [`Unfit`] for what is no host name: letters, digits, `.`, `-` and, around an address, brackets and colons.
    pub fn new(host: impl Into<String>) -> Result<Self, Unfit> {
        let host = host.into();
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'[' | b']' | b':' | b'_');
        if host.is_empty() || host.len() > 120 || !host.bytes().all(fits) {
            return Err(Unfit);
        }
        Ok(Self {
            host,
            languages: Vec::from([("en".into(), "English".into())]),
            implementation: None,
            stls: false,
            cleartext: false,
            apop: false,
            auth: Vec::new(),
            utf8: true,
            login_delay: None,
            expire: Expire::default(),
            limits: Limits::default(),
            decoy: [0; 32],
            decoy_iterations: 4096,
        })
    }

    /// The server's name.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// `IMPLEMENTATION`: what the server calls itself, to those who are logged in. Default: nothing.
    ///
    /// # Errors
    ///
    /// [`Unfit`].
    pub fn implementation(mut self, name: impl Into<String>) -> Result<Self, Unfit> {
        let name = name.into();
        check_text(&name)?;
        self.implementation = Some(name);
        Ok(self)
    }

    /// The languages that `LANG` lists: tag and name. What is said stays English but for the name; a caller that refuses
    /// in other languages looks at [`Server::language`](super::Server::language). Default: `en`. An empty list takes
    /// `LANG` away.
    ///
    /// # Errors
    ///
    /// [`Unfit`].
    pub fn languages(mut self, languages: impl IntoIterator<Item = (String, String)>) -> Result<Self, Unfit> {
        self.languages = languages.into_iter().collect();
        for (tag, name) in &self.languages {
            check_text(name)?;
            if tag.is_empty() || tag.len() > 40 || !tag.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            {
                return Err(Unfit);
            }
        }
        Ok(self)
    }

    pub(super) fn language_list(&self) -> &[(String, String)] {
        &self.languages
    }

    pub(super) fn implementation_name(&self) -> Option<&str> {
        self.implementation.as_deref()
    }

    /// The mechanisms that may be used on this channel.
    pub(super) fn mechanisms(&self, secure: bool, bound: bool) -> impl Iterator<Item = Mechanism> {
        let private = secure || self.cleartext;
        self.auth
            .iter()
            .copied()
            .filter(move |mechanism| (private || !mechanism.shows_secret()) && (bound || !mechanism.binds_channel()))
    }
}

/// A text for the line of an answer: printable, not too long.
pub(super) fn check_text(text: &str) -> Result<(), Unfit> {
    let fits = !text.is_empty() && text.len() <= 400 && !text.chars().any(char::is_control);
    if fits { Ok(()) } else { Err(Unfit) }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("host", &self.host)
            .field("stls", &self.stls)
            .field("cleartext", &self.cleartext)
            .field("apop", &self.apop)
            .field("auth", &self.auth)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

/// What one session starts with.
#[derive(Clone)]
#[non_exhaustive]
pub struct Session {
    /// The channel is secure from its start: TLS, or one that leads no further than this machine.
    pub secure: bool,
    /// Unpredictable, and new for each session: it makes the timestamp of `APOP` and the challenges of `AUTH`.
    pub nonce: Nonce,
    /// The octets that bind the channel, where it is TLS and they are known.
    pub binding: Option<Binding>,
}

impl Session {
    /// On a channel that is not secure.
    pub const fn new(nonce: Nonce) -> Self {
        Self { secure: false, nonce, binding: None }
    }

    /// On a channel that is secure from its start.
    #[must_use]
    pub fn secure(mut self, binding: Option<Binding>) -> Self {
        self.secure = true;
        self.binding = binding;
        self
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("secure", &self.secure).finish_non_exhaustive()
    }
}
