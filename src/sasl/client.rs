//! The client's side of one exchange.

use super::scram::{self, Binding, Hash, Iterations, Key, Nonce};
use super::{Credentials, InvalidCredentials, Mechanism, Secret, base64, prepare};
use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write as _;
use core::mem;
use hmac::{Hmac, KeyInit, Mac};
use md5::Md5;
use zeroize::Zeroizing;

/// What was wrong with what the server said. None of it shows a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// A challenge that the mechanism has no reading for.
    #[error("the server's challenge is malformed")]
    Malformed,
    /// A challenge after the last one.
    #[error("the server asks for more than the mechanism has to say")]
    Unexpected,
    /// The server's nonce does not continue ours.
    #[error("the server's nonce does not continue ours")]
    Nonce,
    /// The iteration count is outside the accepted range.
    #[error("the server asks for {0} iterations")]
    Iterations(u32),
    /// The server has to prove that it knows the password too, and did not.
    #[error("the server did not prove that it knows the password")]
    Unproven,
    /// The server said in SCRAM's own words that it refuses.
    #[error("the server refuses the proof")]
    Refused,
}

/// The client's side of one exchange.
///
/// Say [`initial`](Self::initial) where there is one, answer every challenge by [`respond`](Self::respond), and when the
/// server reports success ask [`finish`](Self::finish) whether to believe it.
#[derive(Debug)]
pub struct Client {
    mechanism: Mechanism,
    credentials: Credentials,
    nonce: Nonce,
    iterations: Iterations,
    binding: Option<Binding>,
    state: State,
    refusal: Option<Vec<u8>>,
}

#[derive(Debug)]
enum State {
    Start,
    /// `LOGIN`: the user's name was said.
    Password,
    /// SCRAM: client-first-message-bare and the GS2 header were said.
    First {
        header: String,
        bare: String,
    },
    /// SCRAM: the proof was said, and the server owes this signature.
    Proof(ServerSignature),
    /// Everything was said.
    Said,
    /// `OAUTHBEARER` and `XOAUTH2`: the refusal was acknowledged.
    Acknowledged,
    /// SCRAM: the server's signature was right.
    Proven,
    Failed(ClientError),
}

struct ServerSignature(Key);

impl core::fmt::Debug for ServerSignature {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("***")
    }
}

impl Client {
    /// An exchange by `mechanism`. `nonce` is used by SCRAM alone.
    ///
    /// # Errors
    ///
    /// Credentials of another kind than the mechanism's, or with characters that it can't carry.
    pub fn new(mechanism: Mechanism, credentials: Credentials, nonce: Nonce) -> Result<Self, InvalidCredentials> {
        if !credentials.serve(mechanism) {
            return Err(InvalidCredentials::OtherKind);
        }
        check(mechanism, &credentials)?;
        Ok(Self {
            mechanism,
            credentials,
            nonce,
            iterations: Iterations::default(),
            binding: None,
            state: State::Start,
            refusal: None,
        })
    }

    /// Binds the exchange to its TLS channel.
    ///
    /// A `-PLUS` mechanism needs it. In a SCRAM mechanism without `-PLUS` it says that the client could have bound the
    /// channel and that the server did not offer to (RFC 5802 6), so that a server whose offer was stripped on the way
    /// notices: call it only where the offer had no `-PLUS`.
    #[must_use]
    pub fn bind(mut self, binding: Binding) -> Self {
        self.binding = Some(binding);
        self
    }

    /// Accepts other iteration counts than the default ones.
    #[must_use]
    pub fn iterations(mut self, iterations: Iterations) -> Self {
        self.iterations = iterations;
        self
    }

    /// The mechanism of this exchange.
    pub const fn mechanism(&self) -> Mechanism {
        self.mechanism
    }

    /// What the server said of its reasons, where the mechanism lets it: for `OAUTHBEARER` and `XOAUTH2` a JSON object.
    pub fn refusal(&self) -> Option<&[u8]> {
        self.refusal.as_deref()
    }

    /// Octets that [`initial`](Self::initial) would have at the most, without making it.
    #[cfg(feature = "smtp")]
    pub(crate) fn initial_bound(&self) -> Option<usize> {
        let length = |text: &Option<String>| text.as_ref().map_or(0, String::len);
        self.mechanism.client_first().then(|| match &self.credentials {
            // A character that is escaped takes three; the nonce has 24, the names and the flag the rest.
            Credentials::Password { user, act_as, .. } if hash(self.mechanism).is_some() => {
                3 * (user.len() + length(act_as)) + 64
            }
            Credentials::Password { user, password, act_as } => {
                length(act_as) + user.len() + password.expose().len() + 2
            }
            Credentials::Token { user, token, endpoint } => {
                let host = endpoint.as_ref().map_or(0, |(host, _)| host.len());
                3 * user.len() + token.expose().len() + host + 48
            }
            Credentials::External { act_as } => length(act_as),
            Credentials::Anonymous { trace } => trace.len(),
        })
    }

    /// The first message, for mechanisms in which the client begins; `None` where the server does, or once it was said.
    ///
    /// Where the protocol can't carry it with the mechanism's name, it is the answer to the server's empty challenge.
    pub fn initial(&mut self) -> Option<Secret> {
        if !self.mechanism.client_first() || !matches!(self.state, State::Start) {
            return None;
        }
        self.state = State::Said;
        Some(match &self.credentials {
            Credentials::Password { user, password, act_as } => {
                if hash(self.mechanism).is_some() {
                    return Some(self.scram_first());
                }
                // RFC 4616 2: message = [authzid] UTF8NUL authcid UTF8NUL passwd
                let mut message = Zeroizing::new(Vec::with_capacity(user.len() + password.expose().len() + 64));
                message.extend_from_slice(act_as.as_deref().unwrap_or_default().as_bytes());
                message.push(0);
                message.extend_from_slice(user.as_bytes());
                message.push(0);
                message.extend_from_slice(password.expose());
                Secret::new(mem::take(&mut *message))
            }
            Credentials::Token { user, token, endpoint } => {
                let mut message = Zeroizing::new(Vec::with_capacity(user.len() + token.expose().len() + 128));
                if self.mechanism == Mechanism::XOAuth2 {
                    message.extend_from_slice(format!("user={user}\x01").as_bytes());
                } else {
                    // RFC 7628 3.1
                    message.extend_from_slice(format!("n,a={},\x01", scram::escape(user)).as_bytes());
                    if let Some((host, port)) = endpoint {
                        message.extend_from_slice(format!("host={host}\x01port={port}\x01").as_bytes());
                    }
                }
                message.extend_from_slice(b"auth=Bearer ");
                message.extend_from_slice(token.expose());
                message.extend_from_slice(b"\x01\x01");
                Secret::new(mem::take(&mut *message))
            }
            Credentials::External { act_as } => Secret::from(act_as.as_deref().unwrap_or_default()),
            Credentials::Anonymous { trace } => Secret::from(trace.as_str()),
        })
    }

    /// The answer to `challenge` (its octets, decoded).
    ///
    /// # Errors
    ///
    /// What is wrong with the challenge; the exchange is over then, and the protocol's way to cancel it is due.
    pub fn respond(&mut self, challenge: &[u8]) -> Result<Secret, ClientError> {
        if let (true, State::Start) = (challenge.is_empty(), &self.state) {
            // RFC 4422 5 (1): the empty challenge asks for the initial response.
            if let Some(initial) = self.initial() {
                return Ok(initial);
            }
        }
        let answer = self.answer(challenge);
        if let Err(error) = answer {
            self.state = State::Failed(error);
        }
        answer
    }

    /// The server reported success. Whether to believe it: in SCRAM it has to have proven itself, and in every mechanism
    /// we have to have said everything.
    pub fn finish(&self) -> Result<(), ClientError> {
        match self.state {
            State::Said if hash(self.mechanism).is_none() => Ok(()),
            State::Proven => Ok(()),
            State::Failed(error) => Err(error),
            _ => Err(ClientError::Unproven),
        }
    }

    fn answer(&mut self, challenge: &[u8]) -> Result<Secret, ClientError> {
        match mem::replace(&mut self.state, State::Failed(ClientError::Unexpected)) {
            State::Start => {
                let Credentials::Password { user, password, .. } = &self.credentials else {
                    return Err(ClientError::Malformed);
                };
                match self.mechanism {
                    Mechanism::Login => {
                        self.state = State::Password;
                        Ok(Secret::from(user.as_str()))
                    }
                    Mechanism::CramMd5 => {
                        // RFC 2195 2: the user, a space, and the keyed digest of the challenge in hexadecimal.
                        let mut message = format!("{user} ");
                        for octet in cram_digest(password.expose(), challenge) {
                            // A String takes whatever is written to it.
                            let _infallible = write!(message, "{octet:02x}");
                        }
                        self.state = State::Said;
                        Ok(Secret::from(message))
                    }
                    // A client-first mechanism, and the server begins with something that is not empty.
                    _ => Err(ClientError::Malformed),
                }
            }
            State::Password => {
                let Credentials::Password { password, .. } = &self.credentials else {
                    return Err(ClientError::Malformed);
                };
                self.state = State::Said;
                Ok(password.clone())
            }
            State::First { header, bare } => self.scram_final(&header, &bare, challenge),
            State::Proof(wanted) => {
                // server-final-message = (server-error / verifier) ["," extensions]
                let text = str::from_utf8(challenge).map_err(|_| ClientError::Malformed)?;
                let first = text.split(',').next().unwrap_or_default();
                if first.starts_with("e=") {
                    return Err(ClientError::Refused);
                }
                let verifier = first.strip_prefix("v=").ok_or(ClientError::Malformed)?;
                let signature = base64::decode(verifier.as_bytes()).map_err(|_| ClientError::Malformed)?;
                if Key::from_slice(signature.expose()).is_none_or(|signature| signature != wanted.0) {
                    return Err(ClientError::Unproven);
                }
                self.state = State::Proven;
                Ok(Secret::empty())
            }
            State::Said if self.refusal.is_none() => {
                let answer = match self.mechanism {
                    // RFC 7628 3.2.3: the client answers the refusal with %x01, and the server then fails the exchange.
                    Mechanism::OAuthBearer => Secret::from("\x01"),
                    Mechanism::XOAuth2 => Secret::empty(),
                    _ => return Err(ClientError::Unexpected),
                };
                self.refusal = Some(challenge.into());
                self.state = State::Acknowledged;
                Ok(answer)
            }
            State::Said | State::Acknowledged | State::Proven => Err(ClientError::Unexpected),
            State::Failed(error) => Err(error),
        }
    }

    /// RFC 5802 7: client-first-message = gs2-header client-first-message-bare.
    fn scram_first(&mut self) -> Secret {
        let Credentials::Password { user, act_as, .. } = &self.credentials else {
            return Secret::empty();
        };
        let flag = match &self.binding {
            Some(binding) if self.mechanism.binds_channel() => format!("p={}", binding.kind.name()),
            Some(_) => "y".to_owned(),
            None => "n".to_owned(),
        };
        let act_as = act_as.as_ref().map_or(String::new(), |other| format!("a={}", scram::escape(other)));
        let header = format!("{flag},{act_as},");
        // `new` has prepared it once already, so this can't fail.
        let user = prepare(user).unwrap_or_default();
        let bare = format!("n={},r={}", scram::escape(&user), self.nonce.text());
        let message = format!("{header}{bare}");
        self.state = State::First { header, bare };
        Secret::from(message)
    }

    fn scram_final(&mut self, header: &str, bare: &str, challenge: &[u8]) -> Result<Secret, ClientError> {
        let Some(hash) = hash(self.mechanism) else { return Err(ClientError::Malformed) };
        let Credentials::Password { password, .. } = &self.credentials else {
            return Err(ClientError::Malformed);
        };
        // server-first-message = [reserved-mext ","] nonce "," salt "," iteration-count ["," extensions]
        let first = str::from_utf8(challenge).map_err(|_| ClientError::Malformed)?;
        let mut fields = first.split(',');
        let mut field = |name| fields.next().and_then(|field| field.strip_prefix(name)).ok_or(ClientError::Malformed);
        let (nonce, salt, count) = (field("r=")?, field("s=")?, field("i=")?);
        if !scram::is_nonce(nonce) {
            return Err(ClientError::Malformed);
        }
        let ours = self.nonce.text();
        if nonce.strip_prefix(ours.as_str()).is_none_or(str::is_empty) {
            return Err(ClientError::Nonce);
        }
        let salt = base64::decode(salt.as_bytes()).map_err(|_| ClientError::Malformed)?;
        let count = scram::count(count).ok_or(ClientError::Malformed)?;
        if !self.iterations.0.contains(&count) {
            return Err(ClientError::Iterations(count));
        }
        let password = str::from_utf8(password.expose()).map_err(|_| ClientError::Malformed)?;
        let password = Secret::from(prepare(password).map_err(|_| ClientError::Malformed)?.into_owned());
        let salted = hash.salted(password.expose(), salt.expose(), count);
        let client = Zeroizing::new(hash.hmac(salted.as_slice(), b"Client Key"));
        let stored = hash.digest(client.as_slice());
        let server = hash.hmac(salted.as_slice(), b"Server Key");
        let mut bound = header.as_bytes().to_vec();
        if let (true, Some(binding)) = (self.mechanism.binds_channel(), &self.binding) {
            bound.extend_from_slice(&binding.octets);
        }
        let bound = String::from_utf8(base64::to_vec(&bound)).unwrap_or_default();
        let unproven = format!("c={bound},r={nonce}");
        let auth_message = format!("{bare},{first},{unproven}");
        let proof = client.xor(&scram::client_signature(&stored, hash, auth_message.as_bytes()));
        self.state = State::Proof(ServerSignature(scram::server_signature(&server, hash, auth_message.as_bytes())));
        let proof = String::from_utf8(base64::to_vec(proof.as_slice())).unwrap_or_default();
        Ok(Secret::from(format!("{unproven},p={proof}")))
    }
}

pub(super) const fn hash(mechanism: Mechanism) -> Option<Hash> {
    match mechanism {
        Mechanism::ScramSha256 | Mechanism::ScramSha256Plus => Some(Hash::Sha256),
        Mechanism::ScramSha1 | Mechanism::ScramSha1Plus => Some(Hash::Sha1),
        _ => None,
    }
}

pub(super) fn cram_digest(password: &[u8], challenge: &[u8]) -> [u8; 16] {
    // A key of any length is a key (RFC 2104 2).
    Hmac::<Md5>::new_from_slice(password)
        .map_or([0; 16], |mac| mac.chain_update(challenge).finalize().into_bytes().into())
}

/// No value may end another one: NUL in `PLAIN`, control characters in the OAuth forms, spaces in a token.
fn check(mechanism: Mechanism, credentials: &Credentials) -> Result<(), InvalidCredentials> {
    let clean = |text: &str| {
        if text.chars().any(char::is_control) { Err(InvalidCredentials::Character) } else { Ok(()) }
    };
    let some = |text: &str| if text.is_empty() { Err(InvalidCredentials::Empty) } else { clean(text) };
    match credentials {
        Credentials::Password { user, password, act_as } => {
            some(user)?;
            act_as.as_deref().map_or(Ok(()), some)?;
            if password.expose().is_empty() {
                return Err(InvalidCredentials::Empty);
            }
            let password = str::from_utf8(password.expose()).map_err(|_| InvalidCredentials::Character)?;
            clean(password)?;
            if hash(mechanism).is_some() {
                prepare(user).and(prepare(password)).map_err(|_| InvalidCredentials::Character)?;
            }
            Ok(())
        }
        Credentials::Token { user, token, endpoint } => {
            clean(user)?;
            if let Some((host, _)) = endpoint {
                clean(host)?;
            }
            // RFC 6750 2.1: b64token, which has neither spaces nor control characters.
            match token.expose() {
                [] => Err(InvalidCredentials::Empty),
                octets if octets.iter().all(u8::is_ascii_graphic) => Ok(()),
                _ => Err(InvalidCredentials::Character),
            }
        }
        Credentials::External { act_as } => act_as.as_deref().map_or(Ok(()), clean),
        Credentials::Anonymous { trace } => clean(trace),
    }
}
