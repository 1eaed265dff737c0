//! HTTP authentication from the client's side: challenges (RFC 9110 11), Basic (RFC 7617), Digest (RFC 7616) and Bearer
//! (RFC 6750).
//!
//! ```
//! use plainwire::net::http::auth::{Credentials, challenges};
//!
//! let challenge = &challenges(["Basic realm=\"files\""])[0];
//! assert_eq!(challenge.scheme, "Basic");
//! assert_eq!(challenge.parameter("realm"), Some("files"));
//! let credentials = Credentials::new("Aladdin", "open sesame");
//! assert_eq!(credentials.basic().unwrap(), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="); // RFC 7617 2
//! ```

use crate::syntax::hex::hex;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest as _, Md5};
use sha2::{Sha256, Sha512_256};
use std::fmt;
use std::format;
use std::io::{self, Read};
use std::string::{String, ToString};
use std::vec::Vec;

/// A user and a password. The password is in no `Debug` output.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    user: String,
    password: String,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("user", &self.user).finish_non_exhaustive()
    }
}

/// A credential that can't be said in this scheme.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unsayable {
    /// A control character in the user or the password.
    #[error("a control character in the user or the password")]
    Control,
    /// A colon in the user, which Basic can't carry (RFC 7617 2).
    #[error("a colon in the user")]
    Colon,
    /// A token that is no token68 (RFC 6750 2.1).
    #[error("not a bearer token")]
    Token,
}

impl Credentials {
    /// A user with a password.
    pub fn new(user: impl Into<String>, password: impl Into<String>) -> Self {
        Self { user: user.into(), password: password.into() }
    }

    /// The user.
    pub fn user(&self) -> &str {
        &self.user
    }

    /// The value of `Authorization` for Basic, in UTF-8.
    ///
    /// # Errors
    ///
    /// [`Unsayable::Control`] and [`Unsayable::Colon`].
    pub fn basic(&self) -> Result<String, Unsayable> {
        self.check()?;
        // RFC 7617 2: "a user-id containing a colon character is invalid"
        if self.user.contains(':') {
            return Err(Unsayable::Colon);
        }
        Ok(format!("Basic {}", STANDARD.encode(format!("{}:{}", self.user, self.password))))
    }

    fn check(&self) -> Result<(), Unsayable> {
        let control = self.user.chars().chain(self.password.chars()).any(char::is_control);
        if control { Err(Unsayable::Control) } else { Ok(()) }
    }
}

/// The value of `Authorization` for a bearer token.
///
/// # Errors
///
/// [`Unsayable::Token`] where it has octets that a token68 has not.
pub fn bearer(token: &str) -> Result<String, Unsayable> {
    let body = token.trim_end_matches('=');
    let known = |octet: u8| octet.is_ascii_alphanumeric() || b"-._~+/".contains(&octet);
    if body.is_empty() || !body.bytes().all(known) {
        return Err(Unsayable::Token);
    }
    Ok(format!("Bearer {token}"))
}

/// One challenge of `WWW-Authenticate` or `Proxy-Authenticate`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge {
    /// The scheme as it was spelled; compared without case.
    pub scheme: String,
    /// The token68 form, where that was used instead of parameters.
    pub token68: Option<String>,
    /// The parameters in their order, names in lower case, values unquoted.
    pub parameters: Vec<(String, String)>,
}

impl Challenge {
    /// The scheme is `name`, in any case.
    pub fn is(&self, name: &str) -> bool {
        self.scheme.eq_ignore_ascii_case(name)
    }

    /// The first parameter of this name, which is given in lower case.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// The challenges in the values of all fields of one name (RFC 9110 11.6.1). What makes no sense ends the value it
/// stands in: a client does better with the challenges before it than with none.
pub fn challenges<'v>(values: impl IntoIterator<Item = &'v str>) -> Vec<Challenge> {
    let mut all = Vec::new();
    for value in values {
        read_challenges(value, &mut all);
    }
    all
}

fn read_challenges(value: &str, all: &mut Vec<Challenge>) {
    let mut rest = value;
    loop {
        rest = rest.trim_start_matches([' ', '\t', ',']);
        let Some((word, after)) = token(rest) else { return };
        let spaced = after.trim_start_matches([' ', '\t']);
        // `name = value` goes on with the last challenge; a word alone begins the next.
        if let Some(value) = spaced.strip_prefix('=')
            && let Some(challenge) = all.last_mut()
            && challenge.token68.is_none()
        {
            let Some((value, after)) = parameter_value(value.trim_start_matches([' ', '\t'])) else { return };
            challenge.parameters.push((word.to_ascii_lowercase(), value));
            rest = after;
            continue;
        }
        let mut challenge = Challenge { scheme: word.to_string(), token68: None, parameters: Vec::new() };
        rest = spaced;
        let body = spaced.find([' ', ',', '\t']).map_or(spaced, |end| &spaced[..end]);
        let data = body.trim_end_matches('=');
        let is_token68 = !data.is_empty()
            && data.bytes().all(|octet| octet.is_ascii_alphanumeric() || b"-._~+/".contains(&octet))
            && (spaced[body.len()..].trim_start().is_empty() || spaced[body.len()..].trim_start().starts_with(','));
        // A scheme alone may be followed by the next challenge: "Negotiate, Basic realm=x".
        if is_token68 && spaced.len() < after.len() {
            challenge.token68 = Some(body.to_string());
            rest = &spaced[body.len()..];
        }
        all.push(challenge);
    }
}

fn token(text: &str) -> Option<(&str, &str)> {
    let known = |octet: u8| octet.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&octet);
    let len = text.bytes().take_while(|octet| known(*octet)).count();
    (len > 0).then(|| text.split_at(len))
}

/// A token or a quoted string, unquoted, and what follows it.
fn parameter_value(text: &str) -> Option<(String, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        return token(text).map(|(value, rest)| (value.to_string(), rest));
    };
    let mut value = String::new();
    let mut characters = quoted.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Some((value, &quoted[at + 1..])),
            '\\' => value.push(characters.next()?.1),
            _ => value.push(character),
        }
    }
    None
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Algorithm {
    Md5,
    Sha256,
    Sha512_256,
}

impl Algorithm {
    fn hash(self, text: &[u8]) -> String {
        match self {
            Self::Md5 => hex(&Md5::digest(text)),
            Self::Sha256 => hex(&Sha256::digest(text)),
            Self::Sha512_256 => hex(&Sha512_256::digest(text)),
        }
    }

    fn hash_read(self, body: &mut (impl Read + ?Sized)) -> io::Result<String> {
        match self {
            Self::Md5 => hash_read::<Md5>(body),
            Self::Sha256 => hash_read::<Sha256>(body),
            Self::Sha512_256 => hash_read::<Sha512_256>(body),
        }
    }
}

fn hash_read<D: md5::Digest>(body: &mut (impl Read + ?Sized)) -> io::Result<String> {
    let mut hash = D::new();
    let mut piece = std::vec![0; 64 << 10];
    loop {
        match body.read(&mut piece) {
            Ok(0) => return Ok(hex(&hash.finalize())),
            Ok(len) => hash.update(&piece[..len]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Protection {
    /// As RFC 2069 had it.
    None,
    Auth,
    AuthInt,
}

/// A Digest challenge that can be answered, with the count of its nonce's uses (RFC 7616).
#[derive(Clone, Debug)]
pub struct Digest {
    realm: String,
    nonce: String,
    opaque: Option<String>,
    /// As it was spelled, to be echoed.
    algorithm_name: Option<String>,
    algorithm: Algorithm,
    session: bool,
    protection: Protection,
    user_hash: bool,
    stale: bool,
    uses: u32,
    /// With a session key: the client's nonce that it was made with.
    session_cnonce: Option<String>,
}

impl Digest {
    /// The strongest of the Digest challenges that can be answered: SHA-512-256, then SHA-256, then MD5, as the client
    /// prefers (RFC 7616 3.7).
    pub fn strongest(challenges: &[Challenge]) -> Option<Self> {
        let digests = challenges.iter().filter_map(Self::from_challenge);
        digests.reduce(|best, next| if next.strength() > best.strength() { next } else { best })
    }

    /// The challenge, if it is a Digest with a known algorithm and quality of protection.
    pub fn from_challenge(challenge: &Challenge) -> Option<Self> {
        if !challenge.is("Digest") {
            return None;
        }
        let algorithm_name = challenge.parameter("algorithm").map(ToString::to_string);
        let lower = algorithm_name.as_deref().unwrap_or("md5").to_ascii_lowercase();
        let (name, session) = lower.strip_suffix("-sess").map_or((lower.as_str(), false), |name| (name, true));
        let algorithm = match name {
            "md5" => Algorithm::Md5,
            "sha-256" => Algorithm::Sha256,
            "sha-512-256" => Algorithm::Sha512_256,
            _ => return None,
        };
        let protection = match challenge.parameter("qop") {
            None => Protection::None,
            Some(offered) => {
                let offers = |name: &str| offered.split(',').any(|offer| offer.trim().eq_ignore_ascii_case(name));
                // auth before auth-int: it needs no body in hand, and every server that offers both takes it.
                if offers("auth") {
                    Protection::Auth
                } else if offers("auth-int") {
                    Protection::AuthInt
                } else {
                    return None;
                }
            }
        };
        let flag = |name| challenge.parameter(name).is_some_and(|value| value.eq_ignore_ascii_case("true"));
        Some(Self {
            realm: challenge.parameter("realm")?.to_string(),
            nonce: challenge.parameter("nonce")?.to_string(),
            opaque: challenge.parameter("opaque").map(ToString::to_string),
            algorithm_name,
            algorithm,
            session,
            protection,
            user_hash: flag("userhash"),
            stale: flag("stale"),
            uses: 0,
            session_cnonce: None,
        })
    }

    fn strength(&self) -> u8 {
        match self.algorithm {
            Algorithm::Md5 => 0,
            Algorithm::Sha256 => 1,
            Algorithm::Sha512_256 => 2,
        }
    }

    /// Which users it is for.
    pub fn realm(&self) -> &str {
        &self.realm
    }

    /// The server's nonce.
    pub fn nonce(&self) -> &str {
        &self.nonce
    }

    /// The last answer was right but for its nonce: answering again asks the user for nothing (RFC 7616 3.3).
    pub fn is_stale(&self) -> bool {
        self.stale
    }

    /// The answer covers the body, which [`respond`](Self::respond) then has to be given.
    pub fn covers_body(&self) -> bool {
        self.protection == Protection::AuthInt
    }

    /// The hash of a body that is not in hand, for [`respond_hashed`](Self::respond_hashed).
    ///
    /// # Errors
    ///
    /// What kept it from being read.
    pub fn hash_of(&self, body: &mut (impl Read + ?Sized)) -> io::Result<String> {
        self.algorithm.hash_read(body)
    }

    /// The nonce may be used again for the next request to the same server; each use is counted.
    ///
    /// The value of `Authorization` for a request with this method and target. `cnonce` is fresh randomness in
    /// characters of a token; `body` counts only where [`covers_body`](Self::covers_body).
    ///
    /// # Errors
    ///
    /// [`Unsayable::Control`].
    pub fn respond(
        &mut self,
        method: &str,
        target: &str,
        body: &[u8],
        credentials: &Credentials,
        cnonce: &str,
    ) -> Result<String, Unsayable> {
        let hash = if self.covers_body() { self.algorithm.hash(body) } else { String::new() };
        self.respond_hashed(method, target, &hash, credentials, cnonce)
    }

    /// As [`respond`](Self::respond), with the [hash](Self::hash_of) of the body.
    ///
    /// # Errors
    ///
    /// [`Unsayable::Control`].
    pub fn respond_hashed(
        &mut self,
        method: &str,
        target: &str,
        body_hash: &str,
        credentials: &Credentials,
        cnonce: &str,
    ) -> Result<String, Unsayable> {
        credentials.check()?;
        self.uses = self.uses.saturating_add(1);
        // RFC 7616 3.4.2: a session key is made once, with the nonce of the first request; later ones keep to it, so that
        // the server need not ask which it was.
        let cnonce =
            if self.session { &**self.session_cnonce.get_or_insert_with(|| cnonce.to_string()) } else { cnonce };
        let count = format!("{:08x}", self.uses);
        let hash = |text: String| self.algorithm.hash(text.as_bytes());
        let (user, realm, nonce) = (&credentials.user, &self.realm, &self.nonce);
        // RFC 7616 3.4.2
        let mut a1 = hash(format!("{user}:{realm}:{}", credentials.password));
        if self.session {
            a1 = hash(format!("{a1}:{nonce}:{cnonce}"));
        }
        // RFC 7616 3.4.3
        let a2 = match self.protection {
            Protection::AuthInt => hash(format!("{method}:{target}:{body_hash}")),
            _ => hash(format!("{method}:{target}")),
        };
        let qop = match self.protection {
            Protection::None => None,
            Protection::Auth => Some("auth"),
            Protection::AuthInt => Some("auth-int"),
        };
        // RFC 7616 3.4.1
        let response = match qop {
            Some(qop) => hash(format!("{a1}:{nonce}:{count}:{cnonce}:{qop}:{a2}")),
            None => hash(format!("{a1}:{nonce}:{a2}")),
        };
        let mut answer = String::from("Digest ");
        // RFC 7616 3.4.4
        if self.user_hash {
            answer += &format!("username={}", quoted(&hash(format!("{user}:{realm}"))));
        } else if user.is_ascii() {
            answer += &format!("username={}", quoted(user));
        } else {
            answer += &format!("username*=UTF-8''{}", extended(user));
        }
        answer += &format!(", realm={}, nonce={}, uri={}", quoted(realm), quoted(nonce), quoted(target));
        // Apache and RFC 7616 3.4 want algorithm, qop and nc as tokens, the rest quoted.
        if let Some(name) = &self.algorithm_name {
            answer += &format!(", algorithm={name}");
        }
        if let Some(qop) = qop {
            answer += &format!(", qop={qop}, nc={count}, cnonce={}", quoted(cnonce));
        } else if self.session {
            answer += &format!(", cnonce={}", quoted(cnonce));
        }
        answer += &format!(", response={}", quoted(&response));
        if let Some(opaque) = &self.opaque {
            answer += &format!(", opaque={}", quoted(opaque));
        }
        if self.user_hash {
            answer += ", userhash=true";
        }
        Ok(answer)
    }
}

/// A quoted string (RFC 9110 5.6.4).
fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for character in text.chars() {
        if matches!(character, '"' | '\\') {
            out.push('\\');
        }
        out.push(character);
    }
    out.push('"');
    out
}

/// The value of an extended parameter (RFC 8187 3.2).
fn extended(text: &str) -> String {
    let mut out = String::new();
    for octet in text.bytes() {
        if octet.is_ascii_alphanumeric() || b"!#$&+-.^_`|~".contains(&octet) {
            out.push(char::from(octet));
        } else {
            out += &format!("%{octet:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec;

    /// RFC 7616 3.9.1, and its two responses.
    const CHALLENGES: [&str; 2] = [
        "Digest realm=\"http-auth@example.org\", qop=\"auth, auth-int\", algorithm=SHA-256, \
         nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\"",
        "Digest realm=\"http-auth@example.org\", qop=\"auth, auth-int\", algorithm=MD5, \
         nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\"",
    ];

    fn answer(digest: &mut Digest) -> String {
        let credentials = Credentials::new("Mufasa", "Circle of Life");
        let cnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ";
        digest.respond("GET", "/dir/index.html", b"", &credentials, cnonce).unwrap()
    }

    #[test]
    fn digest_answers_as_the_rfc_does() {
        let all = challenges(CHALLENGES);
        let sha = answer(&mut Digest::strongest(&all).unwrap());
        assert!(sha.contains("response=\"753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1\""), "{sha}");
        assert!(sha.contains("algorithm=SHA-256, qop=auth, nc=00000001"), "{sha}");
        let md5 = answer(&mut Digest::from_challenge(&all[1]).unwrap());
        assert!(md5.contains("response=\"8ca523f5e9506fed4657c9700eebdbec\""), "{md5}");
    }

    #[test]
    fn a_nonce_counts_its_uses() {
        let mut digest = Digest::strongest(&challenges(CHALLENGES)).unwrap();
        let first = answer(&mut digest);
        let second = answer(&mut digest);
        assert!(second.contains("nc=00000002"));
        assert_ne!(first, second);
    }

    #[test]
    fn challenges_are_told_apart() {
        // RFC 9110 11.6.1
        let all =
            challenges(["Basic realm=\"simple\", Newauth realm=\"apps\", type=1, title=\"Login to \\\"apps\\\"\""]);
        assert_eq!(all.len(), 2);
        assert_eq!(all[1].parameter("title"), Some("Login to \"apps\""));
        let all = challenges(["Negotiate, Basic realm=x", "NTLM TlRMTVNTUAAB==, Bearer"]);
        let names: Vec<_> = all.iter().map(|challenge| challenge.scheme.as_str()).collect();
        assert_eq!(names, ["Negotiate", "Basic", "NTLM", "Bearer"]);
        assert_eq!(all[2].token68.as_deref(), Some("TlRMTVNTUAAB=="));
        assert_eq!(challenges(["Basic realm=\"open"]).len(), 1);
        assert_eq!(challenges([",,, \u{e9}"]), vec![]);
    }

    #[test]
    fn what_would_forge_is_refused() {
        assert_eq!(Credentials::new("a\r\nX: y", "p").basic(), Err(Unsayable::Control));
        assert_eq!(Credentials::new("a:b", "p").basic(), Err(Unsayable::Colon));
        assert_eq!(bearer("a b"), Err(Unsayable::Token));
        assert_eq!(bearer("abc=\r\n"), Err(Unsayable::Token));
        assert_eq!(bearer("mF_9.B5f-4.1JqM").as_deref(), Ok("Bearer mF_9.B5f-4.1JqM"));
        assert!(!format!("{:?}", Credentials::new("ada", "hunter2")).contains("hunter2"));
    }

    #[test]
    fn a_hashed_user_and_a_user_beyond_ascii() {
        let value = "Digest realm=\"api@example.org\", qop=\"auth\", algorithm=SHA-256, nonce=\"n\", userhash=true, charset=UTF-8";
        let mut digest = Digest::strongest(&challenges([value])).unwrap();
        let credentials = Credentials::new("J\u{e4}s\u{f8}n Doe", "Secret, or not?");
        let answer = digest.respond("GET", "/doe.json", b"", &credentials, "c").unwrap();
        // printf 'Jäsøn Doe:api@example.org' | sha256sum
        assert!(
            answer.contains("username=\"5a1a8a47df5c298551b9b42ba9b05835174a5bd7d511ff7fe9191d8e946fc4e7\""),
            "{answer}"
        );
        assert!(answer.ends_with("userhash=true"));
        let mut digest =
            Digest::strongest(&challenges([value.replace("userhash=true", "stale=TRUE").as_str()])).unwrap();
        assert!(digest.is_stale());
        let answer = digest.respond("GET", "/doe.json", b"", &credentials, "c").unwrap();
        assert!(answer.contains("username*=UTF-8''J%C3%A4s%C3%B8n%20Doe"), "{answer}"); // RFC 7616 3.9.2
    }
}
