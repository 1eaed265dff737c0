//! The server's side of one exchange.

use super::client::{cram_digest, hash};
use super::scram::{self, Binding, Hash, Key, Nonce, ScramKeys};
use super::{Mechanism, Record, Secret, Store, base64, prepare};
use alloc::borrow::ToOwned;
use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;
use core::mem;
use subtle::ConstantTimeEq;

/// What a server brings to an exchange.
#[derive(Clone, PartialEq, Eq)]
pub struct Setting {
    /// Unpredictable, and new for each exchange.
    pub nonce: Nonce,
    /// The server's name, which `CRAM-MD5` shows. Default: `localhost`.
    pub host: String,
    /// The octets that bind the channel; `-PLUS` mechanisms need them. Default: none.
    pub binding: Option<Binding>,
    /// The server offers a `-PLUS` mechanism, so a client that says it saw none was deceived (RFC 5802 6). Default: no.
    pub plus_offered: bool,
    /// Random octets that this server keeps for good: they make up salts for users that do not exist, so that nobody
    /// learns from a salt who does. Default: zeros, which hide nothing.
    pub decoy: [u8; 32],
    /// The iterations that go with such a salt: what the real records have. Default: 4,096.
    pub decoy_iterations: u32,
}

impl Setting {
    /// With the defaults named at each field.
    pub fn new(nonce: Nonce) -> Self {
        Self {
            nonce,
            host: "localhost".to_owned(),
            binding: None,
            plus_offered: false,
            decoy: [0; 32],
            decoy_iterations: 4096,
        }
    }
}

impl fmt::Debug for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Setting").field("host", &self.host).finish_non_exhaustive()
    }
}

/// What comes next in an exchange.
///
/// This enum is complete.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Send these octets to the client; its answer goes to [`Server::respond`].
    Challenge(Vec<u8>),
    /// The users have to be asked: call [`Server::check`], now or later.
    Check,
    /// The client is who this says.
    Granted(Identity),
    /// It is not, or may not.
    Denied,
}

/// Who a client has proven to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    mechanism: Mechanism,
    user: String,
    act_as: Option<String>,
}

impl Identity {
    /// By which mechanism.
    pub const fn mechanism(&self) -> Mechanism {
        self.mechanism
    }

    /// Whose proof it was; for `ANONYMOUS`, the trace.
    pub fn user(&self) -> &str {
        &self.user
    }

    /// Whose rights are to be used: those of [`user`](Self::user), unless another was asked for and allowed.
    pub fn acting_as(&self) -> &str {
        self.act_as.as_deref().unwrap_or(&self.user)
    }
}

/// Who a client says it is, before anything was checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Login<'s> {
    /// The mechanism of the exchange.
    pub mechanism: Mechanism,
    /// The user, prepared; empty where the mechanism says none.
    pub user: &'s str,
    /// Whom the user wants to act as, if anyone else.
    pub act_as: Option<&'s str>,
}

/// What was wrong with what the client said. The exchange is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ServerError {
    /// A message that the mechanism has no reading for.
    #[error("the client's message is malformed")]
    Malformed,
    /// The channel binding is missing, of another kind, or was stripped from the offer on its way.
    #[error("the channel binding is not this channel's")]
    Binding,
    /// A call that the exchange does not ask for at this point.
    #[error("nothing to be done here")]
    OutOfTurn,
}

/// The server's side of one exchange.
#[derive(Debug)]
pub struct Server {
    mechanism: Mechanism,
    setting: Setting,
    user: String,
    act_as: Option<String>,
    state: State,
}

enum State {
    Start,
    /// `LOGIN`: the name was asked for, or the password.
    LoginName,
    LoginPassword,
    /// `CRAM-MD5`: this was sent.
    Cram(String),
    Check(Evidence),
    /// SCRAM: the salt was sent.
    Proof(Box<Proof>),
    /// SCRAM: the server's proof was sent; an empty answer completes it.
    Proven,
    /// OAuth: the refusal was sent; whatever the answer, it is over.
    Refused,
    Over,
}

enum Evidence {
    Password(Secret),
    Cram { challenge: String, digest: [u8; 32] },
    Token(Secret),
    External,
    Anonymous,
    Scram { header: String, bare: String, nonce: String },
}

struct Proof {
    hash: Hash,
    keys: ScramKeys,
    /// The user exists and may act as asked.
    allowed: bool,
    header: String,
    nonce: String,
    /// client-first-message-bare "," server-first-message ","
    messages: String,
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Start => "Start",
            Self::LoginName | Self::LoginPassword | Self::Cram(_) | Self::Proof(_) => "Asked",
            Self::Check(_) => "Check",
            Self::Proven => "Proven",
            Self::Refused => "Refused",
            Self::Over => "Over",
        })
    }
}

impl Server {
    /// An exchange by `mechanism`.
    pub fn new(mechanism: Mechanism, setting: Setting) -> Self {
        Self { mechanism, setting, user: String::new(), act_as: None, state: State::Start }
    }

    /// The mechanism of this exchange.
    pub const fn mechanism(&self) -> Mechanism {
        self.mechanism
    }

    /// The first challenge, where the client sent no initial response: empty for mechanisms in which the client begins.
    pub fn begin(&mut self) -> Vec<u8> {
        match (self.mechanism, &self.state) {
            (Mechanism::Login, State::Start) => {
                self.state = State::LoginName;
                b"Username:".to_vec()
            }
            (Mechanism::CramMd5, State::Start) => {
                // RFC 2195 2: the form of a message id, presumptively unique.
                let challenge = format!("<{}@{}>", self.setting.nonce.text(), self.setting.host);
                self.state = State::Cram(challenge.clone());
                challenge.into_bytes()
            }
            _ => Vec::new(),
        }
    }

    /// Takes what the client said (its octets, decoded): the initial response, or the answer to a challenge.
    ///
    /// # Errors
    ///
    /// A message without a reading, or a channel that is not bound as it has to be.
    pub fn respond(&mut self, message: &[u8]) -> Result<Step, ServerError> {
        match mem::replace(&mut self.state, State::Over) {
            State::Start => self.first(message),
            State::LoginName => self.login_name(message),
            State::LoginPassword => Ok(self.ask(Evidence::Password(Secret::new(message)))),
            State::Cram(challenge) => {
                let text = str::from_utf8(message).map_err(|_| ServerError::Malformed)?;
                let (user, given) = text.rsplit_once(' ').ok_or(ServerError::Malformed)?;
                self.user = Self::name(user)?;
                let digest = given.as_bytes().try_into().map_err(|_| ServerError::Malformed)?;
                Ok(self.ask(Evidence::Cram { challenge, digest }))
            }
            State::Proof(proof) => self.scram_final(&proof, message),
            State::Proven if message.is_empty() => Ok(Step::Granted(self.identity())),
            State::Proven => Err(ServerError::Malformed),
            State::Refused => Ok(Step::Denied),
            State::Check(_) | State::Over => Err(ServerError::OutOfTurn),
        }
    }

    /// Who the client says it is, while [`Step::Check`] stands.
    pub fn login(&self) -> Option<Login<'_>> {
        matches!(self.state, State::Check(_)).then_some(Login {
            mechanism: self.mechanism,
            user: &self.user,
            act_as: self.act_as.as_deref(),
        })
    }

    /// Asks the users. What SCRAM answers then is a challenge; every other mechanism is decided.
    ///
    /// An unknown user takes as long as a wrong password does.
    ///
    /// # Errors
    ///
    /// [`ServerError::OutOfTurn`] where there is nothing to check.
    pub fn check(&mut self, store: &(impl Store + ?Sized)) -> Result<Step, ServerError> {
        let evidence = match mem::replace(&mut self.state, State::Over) {
            State::Check(evidence) => evidence,
            other => {
                self.state = other;
                return Err(ServerError::OutOfTurn);
            }
        };
        let granted = match evidence {
            Evidence::Scram { header, bare, nonce } => return Ok(self.scram_salt(store, header, &bare, &nonce)),
            Evidence::Password(password) => {
                let record = store.record(&self.user);
                password_matches(record.as_ref(), &password, &self.setting)
            }
            Evidence::Cram { challenge, digest } => {
                let record = store.record(&self.user);
                let password = record.as_ref().and_then(|record| record.password.as_ref());
                let known = password.is_some();
                let wanted = hexadecimal(cram_digest(password.map_or(b"", Secret::expose), challenge.as_bytes()));
                known & bool::from(wanted.ct_eq(&digest))
            }
            Evidence::Token(token) => {
                let token = str::from_utf8(token.expose()).unwrap_or_default();
                let Some(user) = store.token(&self.user, token) else {
                    self.state = State::Refused;
                    // RFC 7628 3.2.2
                    return Ok(Step::Challenge(br#"{"status":"invalid_token"}"#.to_vec()));
                };
                self.user = user;
                true
            }
            Evidence::External => match store.external() {
                Some(user) => {
                    self.user = user;
                    true
                }
                None => false,
            },
            Evidence::Anonymous => store.anonymous(&self.user),
        };
        let allowed = self.act_as.as_deref().is_none_or(|other| store.may_act_as(&self.user, other));
        Ok(if granted && allowed { Step::Granted(self.identity()) } else { Step::Denied })
    }

    /// Grants what the client asks without asking a [`Store`], for a caller that knows otherwise.
    ///
    /// # Errors
    ///
    /// [`ServerError::OutOfTurn`] where there is nothing to check, and in SCRAM, whose proof needs the keys.
    pub fn grant(&mut self) -> Result<Step, ServerError> {
        match &self.state {
            State::Check(Evidence::Scram { .. }) => Err(ServerError::OutOfTurn),
            State::Check(_) => {
                self.state = State::Over;
                Ok(Step::Granted(self.identity()))
            }
            _ => Err(ServerError::OutOfTurn),
        }
    }

    fn identity(&self) -> Identity {
        Identity { mechanism: self.mechanism, user: self.user.clone(), act_as: self.act_as.clone() }
    }

    fn ask(&mut self, evidence: Evidence) -> Step {
        self.state = State::Check(evidence);
        Step::Check
    }

    /// A user's name, prepared; neither empty nor with control characters.
    fn name(text: &str) -> Result<String, ServerError> {
        let name = prepare(text).map_err(|_| ServerError::Malformed)?;
        if name.is_empty() { Err(ServerError::Malformed) } else { Ok(name.into_owned()) }
    }

    fn login_name(&mut self, message: &[u8]) -> Result<Step, ServerError> {
        let text = str::from_utf8(message).map_err(|_| ServerError::Malformed)?;
        self.user = Self::name(text)?;
        self.state = State::LoginPassword;
        Ok(Step::Challenge(b"Password:".to_vec()))
    }

    fn first(&mut self, message: &[u8]) -> Result<Step, ServerError> {
        let text = str::from_utf8(message).map_err(|_| ServerError::Malformed)?;
        match self.mechanism {
            Mechanism::Plain => {
                // RFC 4616 2
                let mut parts = text.split('\0');
                let (Some(act_as), Some(user), Some(password), None) =
                    (parts.next(), parts.next(), parts.next(), parts.next())
                else {
                    return Err(ServerError::Malformed);
                };
                self.user = Self::name(user)?;
                self.act_as = Self::other(act_as)?;
                if password.is_empty() {
                    return Err(ServerError::Malformed);
                }
                Ok(self.ask(Evidence::Password(Secret::from(password))))
            }
            // Not in the draft, but said by clients in the field: the name comes with the command.
            Mechanism::Login => self.login_name(message),
            Mechanism::CramMd5 => Err(ServerError::Malformed),
            Mechanism::XOAuth2 => {
                let fields = text.strip_suffix("\x01\x01").ok_or(ServerError::Malformed)?;
                let (user, auth) = fields.split_once('\x01').ok_or(ServerError::Malformed)?;
                self.user = user.strip_prefix("user=").ok_or(ServerError::Malformed)?.into();
                self.bearer(auth.strip_prefix("auth=").ok_or(ServerError::Malformed)?)
            }
            Mechanism::OAuthBearer => {
                // RFC 7628 3.1: client-resp = (gs2-header kvsep *kvpair kvsep)
                let (header, pairs) = text.split_once('\x01').ok_or(ServerError::Malformed)?;
                let pairs = pairs.strip_suffix("\x01\x01").ok_or(ServerError::Malformed)?;
                let rest = header.strip_prefix("n,").or_else(|| header.strip_prefix("y,"));
                let name = rest.and_then(|rest| rest.strip_suffix(',')).ok_or(ServerError::Malformed)?;
                self.user = match name.strip_prefix("a=") {
                    Some(name) => scram::unescape(name).ok_or(ServerError::Malformed)?,
                    None if name.is_empty() => String::new(),
                    None => return Err(ServerError::Malformed),
                };
                let auth = pairs.split('\x01').find_map(|pair| pair.strip_prefix("auth="));
                self.bearer(auth.ok_or(ServerError::Malformed)?)
            }
            Mechanism::External => {
                self.act_as = Self::other(text)?;
                Ok(self.ask(Evidence::External))
            }
            Mechanism::Anonymous => {
                if text.chars().any(char::is_control) || text.len() > 255 * 4 {
                    return Err(ServerError::Malformed);
                }
                self.user = text.into();
                Ok(self.ask(Evidence::Anonymous))
            }
            _ => self.scram_first(text),
        }
    }

    fn other(text: &str) -> Result<Option<String>, ServerError> {
        if text.is_empty() { Ok(None) } else { Self::name(text).map(Some) }
    }

    fn bearer(&mut self, auth: &str) -> Result<Step, ServerError> {
        // RFC 7628 3.1 and RFC 7235 2.1: the scheme's name in any case.
        let (scheme, token) = auth.split_once(' ').ok_or(ServerError::Malformed)?;
        let clean = !token.is_empty() && token.bytes().all(|octet| octet.is_ascii_graphic());
        if !scheme.eq_ignore_ascii_case("bearer") || !clean || self.user.chars().any(char::is_control) {
            return Err(ServerError::Malformed);
        }
        Ok(self.ask(Evidence::Token(Secret::from(token))))
    }

    /// RFC 5802 7: gs2-cbind-flag "," [authzid] "," client-first-message-bare.
    fn scram_first(&mut self, text: &str) -> Result<Step, ServerError> {
        let mut parts = text.splitn(3, ',');
        let (Some(flag), Some(act_as), Some(bare)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(ServerError::Malformed);
        };
        match (flag, self.mechanism.binds_channel()) {
            ("n", false) => {}
            // The client could have bound the channel and saw no offer; if there was one, somebody took it away.
            ("y", false) if !self.setting.plus_offered => {}
            ("y", false) => return Err(ServerError::Binding),
            (flag, true) => {
                let kind = flag.strip_prefix("p=").ok_or(ServerError::Binding)?;
                if self.setting.binding.as_ref().is_none_or(|binding| binding.kind.name() != kind) {
                    return Err(ServerError::Binding);
                }
            }
            _ => return Err(ServerError::Malformed),
        }
        let name = match act_as.strip_prefix("a=") {
            Some(name) => Some(scram::unescape(name).ok_or(ServerError::Malformed)?),
            None if act_as.is_empty() => None,
            None => return Err(ServerError::Malformed),
        };
        self.act_as = name.map(|name| Self::name(&name)).transpose()?;
        // [reserved-mext ","] username "," nonce ["," extensions]; an `m=` asks for what nobody has defined.
        let mut fields = bare.split(',');
        let user = fields.next().and_then(|field| field.strip_prefix("n=")).ok_or(ServerError::Malformed)?;
        let nonce = fields.next().and_then(|field| field.strip_prefix("r=")).ok_or(ServerError::Malformed)?;
        self.user = Self::name(&scram::unescape(user).ok_or(ServerError::Malformed)?)?;
        if !scram::is_nonce(nonce) {
            return Err(ServerError::Malformed);
        }
        let header = format!("{flag},{act_as},");
        Ok(self.ask(Evidence::Scram { header, bare: bare.to_owned(), nonce: nonce.to_owned() }))
    }

    fn scram_salt(&mut self, store: &(impl Store + ?Sized), header: String, bare: &str, nonce: &str) -> Step {
        let Some(hash) = hash(self.mechanism) else { return Step::Denied };
        let found = store.record(&self.user).and_then(|record| record.keys(hash).cloned());
        let permitted = self.act_as.as_deref().is_none_or(|other| store.may_act_as(&self.user, other));
        let allowed = found.is_some() && permitted;
        let keys = found.unwrap_or_else(|| decoy(hash, &self.user, &self.setting));
        let nonce = format!("{nonce}{}", self.setting.nonce.text());
        let salt = String::from_utf8(base64::to_vec(&keys.salt)).unwrap_or_default();
        let first = format!("r={nonce},s={salt},i={}", keys.iterations);
        let messages = format!("{bare},{first},");
        self.state = State::Proof(Box::new(Proof { hash, keys, allowed, header, nonce, messages }));
        Step::Challenge(first.into_bytes())
    }

    fn scram_final(&mut self, proof: &Proof, message: &[u8]) -> Result<Step, ServerError> {
        let text = str::from_utf8(message).map_err(|_| ServerError::Malformed)?;
        // client-final-message = channel-binding "," nonce ["," extensions] "," proof
        let (unproven, given) = text.rsplit_once(",p=").ok_or(ServerError::Malformed)?;
        let mut fields = unproven.split(',');
        let bound = fields.next().and_then(|field| field.strip_prefix("c=")).ok_or(ServerError::Malformed)?;
        let nonce = fields.next().and_then(|field| field.strip_prefix("r=")).ok_or(ServerError::Malformed)?;
        let bound = base64::decode(bound.as_bytes()).map_err(|_| ServerError::Malformed)?;
        let mut wanted = proof.header.as_bytes().to_vec();
        if let (true, Some(binding)) = (self.mechanism.binds_channel(), &self.setting.binding) {
            wanted.extend_from_slice(&binding.octets);
        }
        if !bool::from(wanted.as_slice().ct_eq(bound.expose())) {
            return Err(ServerError::Binding);
        }
        let given = base64::decode(given.as_bytes()).map_err(|_| ServerError::Malformed)?;
        let given = Key::from_slice(given.expose()).filter(|key| key.as_slice().len() == proof.hash.output_len());
        let (Some(given), true) = (given, nonce == proof.nonce) else { return Err(ServerError::Malformed) };
        let auth_message = format!("{}{unproven}", proof.messages);
        let signature = scram::client_signature(&proof.keys.stored, proof.hash, auth_message.as_bytes());
        let proven = proof.hash.digest(given.xor(&signature).as_slice()) == proof.keys.stored;
        if !(proven & proof.allowed) {
            return Ok(Step::Denied);
        }
        let verifier = scram::server_signature(&proof.keys.server, proof.hash, auth_message.as_bytes());
        let mut answer = b"v=".to_vec();
        answer.extend_from_slice(&base64::to_vec(verifier.as_slice()));
        self.state = State::Proven;
        Ok(Step::Challenge(answer))
    }
}

/// The salt that a stranger of this name is told.
pub(crate) fn decoy_salt(decoy: &[u8; 32], user: &str) -> [u8; 16] {
    let mut salt = [0; 16];
    salt.copy_from_slice(&Hash::Sha256.hmac(decoy, user.as_bytes()).as_slice()[..16]);
    salt
}

/// Keys that no password opens, the same for the same name each time.
fn decoy(hash: Hash, user: &str, setting: &Setting) -> ScramKeys {
    let salt = decoy_salt(&setting.decoy, user);
    let key = hash.hmac(&setting.decoy, &salt);
    ScramKeys { hash, iterations: setting.decoy_iterations.max(1), salt: salt.to_vec(), stored: key, server: key }
}

fn password_matches(record: Option<&Record>, password: &Secret, setting: &Setting) -> bool {
    let Some(prepared) = str::from_utf8(password.expose()).ok().and_then(|text| prepare(text).ok()) else {
        return false;
    };
    let prepared = Secret::from(prepared.to_string());
    let keys = record.and_then(|record| record.sha256.as_ref().or(record.sha1.as_ref()));
    if let Some(keys) = keys {
        return keys.verify(prepared.expose());
    }
    // Nobody by that name, or somebody without keys: take the time that somebody with keys would.
    let no_one = decoy(Hash::Sha256, "", setting).verify(prepared.expose());
    debug_assert!(!no_one, "nothing hashes to a decoy");
    #[expect(clippy::needless_bitwise_bool, reason = "both are compared, whichever of them is right")]
    record.and_then(|record| record.password.as_ref()).is_some_and(|kept| (*kept == prepared) | (kept == password))
}

fn hexadecimal(octets: [u8; 16]) -> [u8; 32] {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = [0; 32];
    for (two, octet) in text.chunks_exact_mut(2).zip(octets) {
        two[0] = DIGITS[usize::from(octet >> 4)];
        two[1] = DIGITS[usize::from(octet & 15)];
    }
    text
}
