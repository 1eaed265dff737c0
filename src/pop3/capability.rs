//! What a server says it can do (RFC 2449 6, RFC 2595 4, RFC 3206, RFC 5034 6, RFC 6856).

/// One line of the answer to `CAPA`.
///
/// A line that is malformed (`EXPIRENEVER`, `LOGIN-DELAY soon`) is [`Other`](Self::Other): it promises nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Capability<B> {
    /// `TOP`
    Top,
    /// `USER`: `USER` and `PASS` are taken.
    User,
    /// `SASL` with the names of mechanisms, spaces between them.
    Sasl(B),
    /// `RESP-CODES`: a text that begins with `[` begins with a response code.
    RespCodes,
    /// `AUTH-RESP-CODE`: a refused login says whether the credentials were the reason.
    AuthRespCode,
    /// `LOGIN-DELAY`: the least number of seconds between logins.
    LoginDelay {
        /// Seconds; the largest of any user's, before login.
        seconds: u32,
        /// Users may differ: ask again after login.
        per_user: bool,
    },
    /// `PIPELINING`: commands may be sent before earlier ones are answered.
    Pipelining,
    /// `EXPIRE`: how many days messages are kept; `None` is for ever, 0 means that what was retrieved may be gone.
    Expire {
        /// Days, the smallest of any user's, before login.
        days: Option<u32>,
        /// Users may differ: ask again after login.
        per_user: bool,
    },
    /// `UIDL`
    Uidl,
    /// `STLS`
    Stls,
    /// `UTF8`
    Utf8 {
        /// User names and passwords may be UTF-8 too (`UTF8 USER`).
        user: bool,
    },
    /// `LANG`
    Lang,
    /// `IMPLEMENTATION`: what the server calls itself.
    Implementation(B),
    /// Any other line.
    Other(B),
}

impl<'a> Capability<&'a [u8]> {
    /// Reads a line, without its CRLF.
    pub fn parse(line: &'a [u8]) -> Self {
        let (tag, arguments) = match memchr::memchr(b' ', line) {
            Some(at) => (&line[..at], line[at + 1..].trim_ascii()),
            None => (line, &b""[..]),
        };
        let is = |name: &str| tag.eq_ignore_ascii_case(name.as_bytes());
        let bare = arguments.is_empty();
        match () {
            () if is("TOP") && bare => Self::Top,
            () if is("USER") && bare => Self::User,
            () if is("SASL") => Self::Sasl(arguments),
            () if is("RESP-CODES") && bare => Self::RespCodes,
            () if is("AUTH-RESP-CODE") && bare => Self::AuthRespCode,
            () if is("PIPELINING") && bare => Self::Pipelining,
            () if is("UIDL") && bare => Self::Uidl,
            () if is("STLS") && bare => Self::Stls,
            () if is("LANG") && bare => Self::Lang,
            () if is("UTF8") && bare => Self::Utf8 { user: false },
            () if is("UTF8") && arguments.eq_ignore_ascii_case(b"USER") => Self::Utf8 { user: true },
            () if is("IMPLEMENTATION") => Self::Implementation(arguments),
            () if is("LOGIN-DELAY") => match number_and_user(arguments) {
                Some((Some(seconds), per_user)) => Self::LoginDelay { seconds, per_user },
                _ => Self::Other(line),
            },
            () if is("EXPIRE") => match number_and_user(arguments) {
                Some((days, per_user)) => Self::Expire { days, per_user },
                None => Self::Other(line),
            },
            () => Self::Other(line),
        }
    }
}

/// A number or `NEVER`, and perhaps `USER`.
fn number_and_user(arguments: &[u8]) -> Option<(Option<u32>, bool)> {
    let mut words = arguments.split(|&byte| byte == b' ').filter(|word| !word.is_empty());
    let first = words.next()?;
    let number = if first.eq_ignore_ascii_case(b"NEVER") { None } else { Some(super::size::number(first)?) };
    let per_user = match words.next() {
        None => false,
        Some(word) if word.eq_ignore_ascii_case(b"USER") => true,
        Some(_) => return None,
    };
    words.next().is_none().then_some((number.map(|number| u32::try_from(number).unwrap_or(u32::MAX)), per_user))
}

impl<B> Capability<B> {
    /// The capability with its octets held otherwise.
    pub fn map<C>(self, keep: impl FnOnce(B) -> C) -> Capability<C> {
        match self {
            Self::Top => Capability::Top,
            Self::User => Capability::User,
            Self::Sasl(mechanisms) => Capability::Sasl(keep(mechanisms)),
            Self::RespCodes => Capability::RespCodes,
            Self::AuthRespCode => Capability::AuthRespCode,
            Self::LoginDelay { seconds, per_user } => Capability::LoginDelay { seconds, per_user },
            Self::Pipelining => Capability::Pipelining,
            Self::Expire { days, per_user } => Capability::Expire { days, per_user },
            Self::Uidl => Capability::Uidl,
            Self::Stls => Capability::Stls,
            Self::Utf8 { user } => Capability::Utf8 { user },
            Self::Lang => Capability::Lang,
            Self::Implementation(name) => Capability::Implementation(keep(name)),
            Self::Other(line) => Capability::Other(keep(line)),
        }
    }
}
