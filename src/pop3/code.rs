//! Response codes (RFC 2449 8, RFC 3206, RFC 6856): what an answer means, for programs.

use core::fmt;

/// The code in brackets at the beginning of an answer's text.
///
/// Codes are told in any case; `SYS/…` other than the two that are registered, and whatever else is none of these, is
/// [`Other`](Self::Other).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Code<B> {
    /// `[IN-USE]`: the maildrop is locked by another session. Try later; the credentials were right.
    InUse,
    /// `[LOGIN-DELAY]`: too soon after the last login. Try later; the credentials were right.
    LoginDelay,
    /// `[SYS/TEMP]`: the server's fault, and likely to pass.
    SysTemp,
    /// `[SYS/PERM]`: the server's fault, and somebody has to mend it.
    SysPerm,
    /// `[AUTH]`: the credentials are the problem.
    Auth,
    /// `[UTF8]`: the message, or the mailbox's name, needs UTF8 mode.
    Utf8,
    /// Another one, without its brackets.
    Other(B),
}

impl<'a> Code<&'a [u8]> {
    /// Takes the code off the front of an answer's text: `None` and the whole text where there is none.
    ///
    /// ```
    /// use plainwire::pop3::Code;
    ///
    /// assert_eq!(Code::take(b"[in-use] Do you have another session?"), (Some(Code::InUse), &b"Do you have another session?"[..]));
    /// assert_eq!(Code::take(b"[no code"), (None, &b"[no code"[..]));
    /// ```
    pub fn take(text: &'a [u8]) -> (Option<Self>, &'a [u8]) {
        let Some(rest) = text.strip_prefix(b"[") else { return (None, text) };
        let Some(end) = memchr::memchr(b']', rest) else { return (None, text) };
        let (name, after) = (&rest[..end], &rest[end + 1..]);
        // resp-level = 1*rchar; rchar = %x21-2E / %x30-5C / %x5E-7F, levels with "/" between
        if name.is_empty() || !name.iter().all(u8::is_ascii_graphic) {
            return (None, text);
        }
        let known = [Code::InUse, Code::LoginDelay, Code::SysTemp, Code::SysPerm, Code::Auth, Code::Utf8];
        let code = known.into_iter().find(|code| code.name().as_bytes().eq_ignore_ascii_case(name));
        (Some(code.unwrap_or(Code::Other(name))), after.strip_prefix(b" ").unwrap_or(after))
    }

    fn name(&self) -> &'static str {
        self.known().unwrap_or_default()
    }
}

impl<B> Code<B> {
    /// The registered name, without brackets; `None` for another one.
    pub const fn known(&self) -> Option<&'static str> {
        Some(match self {
            Self::InUse => "IN-USE",
            Self::LoginDelay => "LOGIN-DELAY",
            Self::SysTemp => "SYS/TEMP",
            Self::SysPerm => "SYS/PERM",
            Self::Auth => "AUTH",
            Self::Utf8 => "UTF8",
            Self::Other(_) => return None,
        })
    }

    /// Whether the same may well succeed later, without anybody changing anything.
    pub const fn passes(&self) -> bool {
        matches!(self, Self::InUse | Self::LoginDelay | Self::SysTemp)
    }

    /// The code with its octets held otherwise.
    pub fn map<C>(self, keep: impl FnOnce(B) -> C) -> Code<C> {
        match self {
            Self::InUse => Code::InUse,
            Self::LoginDelay => Code::LoginDelay,
            Self::SysTemp => Code::SysTemp,
            Self::SysPerm => Code::SysPerm,
            Self::Auth => Code::Auth,
            Self::Utf8 => Code::Utf8,
            Self::Other(octets) => Code::Other(keep(octets)),
        }
    }
}

/// In its brackets.
impl<B: AsRef<[u8]>> fmt::Display for Code<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.known(), self) {
            (Some(name), _) => write!(f, "[{name}]"),
            (None, Self::Other(octets)) => write!(f, "[{}]", octets.as_ref().escape_ascii()),
            (None, _) => Ok(()),
        }
    }
}
