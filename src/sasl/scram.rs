//! What both sides of SCRAM compute (RFC 5802, RFC 7677), and what a server keeps of a password.

use super::base64;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::ops::RangeInclusive;
use core::str::FromStr;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, Zeroizing};

/// The hash of a SCRAM mechanism.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Hash {
    /// SHA-1, 20 octets.
    Sha1,
    /// SHA-256, 32 octets.
    Sha256,
}

/// A hash or a key: as long as its hash is. Compared in constant time.
#[derive(Clone, Copy)]
pub(super) struct Key {
    octets: [u8; 32],
    len: usize,
}

impl Key {
    pub(super) fn as_slice(&self) -> &[u8] {
        &self.octets[..self.len]
    }

    pub(super) fn from_slice(slice: &[u8]) -> Option<Self> {
        let mut octets = [0; 32];
        octets.get_mut(..slice.len())?.copy_from_slice(slice);
        Some(Self { octets, len: slice.len() })
    }

    pub(super) fn xor(mut self, other: &Self) -> Self {
        self.octets.iter_mut().zip(other.octets).for_each(|(a, b)| *a ^= b);
        self
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.as_slice().ct_eq(other.as_slice()).into()
    }
}

impl Eq for Key {}

impl Zeroize for Key {
    fn zeroize(&mut self) {
        self.octets.zeroize();
    }
}

impl Hash {
    /// The name as RFC 5803 writes it, which is the mechanism's.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sha1 => "SCRAM-SHA-1",
            Self::Sha256 => "SCRAM-SHA-256",
        }
    }

    /// Octets of its output.
    pub const fn output_len(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
        }
    }

    pub(super) fn digest(self, octets: &[u8]) -> Key {
        let mut key = Key { octets: [0; 32], len: self.output_len() };
        match self {
            Self::Sha1 => key.octets[..20].copy_from_slice(&Sha1::digest(octets)),
            Self::Sha256 => key.octets.copy_from_slice(&Sha256::digest(octets)),
        }
        key
    }

    pub(super) fn hmac(self, with: &[u8], octets: &[u8]) -> Key {
        let mut key = Key { octets: [0; 32], len: self.output_len() };
        // A key of any length is a key (RFC 2104 2), so neither arm is ever without a MAC.
        match self {
            Self::Sha1 => {
                if let Ok(mac) = Hmac::<Sha1>::new_from_slice(with) {
                    key.octets[..20].copy_from_slice(&mac.chain_update(octets).finalize().into_bytes());
                }
            }
            Self::Sha256 => {
                if let Ok(mac) = Hmac::<Sha256>::new_from_slice(with) {
                    key.octets.copy_from_slice(&mac.chain_update(octets).finalize().into_bytes());
                }
            }
        }
        key
    }

    /// `Hi()` of RFC 5802 2.2: PBKDF2 with one block.
    pub(super) fn salted(self, password: &[u8], salt: &[u8], iterations: u32) -> Zeroizing<Key> {
        let mut key = Zeroizing::new(Key { octets: [0; 32], len: self.output_len() });
        let done = match self {
            Self::Sha1 => pbkdf2::pbkdf2::<Hmac<Sha1>>(password, salt, iterations, &mut key.octets[..20]),
            Self::Sha256 => pbkdf2::pbkdf2::<Hmac<Sha256>>(password, salt, iterations, &mut key.octets),
        };
        debug_assert!(done.is_ok(), "a key of any length is a key");
        key
    }
}

/// How many iterations a client computes for a server: fewer than the first would give a password away to whoever
/// listens, more than the last would let a server burn the client's time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Iterations(pub RangeInclusive<u32>);

impl Default for Iterations {
    /// 4,096 (RFC 5802 5.1, RFC 7677 4) to 5,000,000, which is some seconds.
    fn default() -> Self {
        Self(4096..=5_000_000)
    }
}

/// Unpredictable octets for one exchange, from the caller's random number generator.
///
/// The engines have no such generator. A nonce that comes twice lets an exchange be played again.
#[derive(Clone, PartialEq, Eq)]
pub struct Nonce([u8; 18]);

impl Nonce {
    /// 18 octets, all of them random.
    pub const fn new(random: [u8; 18]) -> Self {
        Self(random)
    }

    /// As characters that SCRAM and CRAM-MD5 may carry: 24 of base64.
    pub(crate) fn text(&self) -> String {
        String::from_utf8(base64::to_vec(&self.0)).unwrap_or_default()
    }

    /// Draws a nonce for one of several exchanges on a connection, as unpredictable as this one is to who never saw it.
    ///
    /// This one becomes another, so that a drawn one tells neither what was drawn before it nor what will be. Whoever draws
    /// shows only what was drawn.
    #[must_use]
    pub fn draw(&mut self) -> Self {
        let drawn = self.derived(b"shown");
        *self = self.derived(b"kept");
        drawn
    }

    fn derived(&self, what: &[u8]) -> Self {
        let key = Hash::Sha256.hmac(&self.0, what);
        let mut octets = [0; 18];
        octets.copy_from_slice(&key.as_slice()[..18]);
        Self(octets)
    }
}

impl fmt::Debug for Nonce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Nonce(***)")
    }
}

/// What kind of octets bind an exchange to its TLS channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum BindingKind {
    /// `tls-exporter` (RFC 9266): 32 octets exported with the label `EXPORTER-Channel-Binding`; for TLS 1.3.
    TlsExporter,
    /// `tls-unique` (RFC 5929 3): the first Finished message; never with TLS 1.3.
    TlsUnique,
    /// `tls-server-end-point` (RFC 5929 4): the hash of the server's certificate.
    TlsServerEndPoint,
}

impl BindingKind {
    /// The name as registered.
    pub const fn name(self) -> &'static str {
        match self {
            Self::TlsExporter => "tls-exporter",
            Self::TlsUnique => "tls-unique",
            Self::TlsServerEndPoint => "tls-server-end-point",
        }
    }
}

/// Octets that only the two ends of one TLS channel have in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binding {
    /// What they are.
    pub kind: BindingKind,
    /// The octets, from the TLS implementation.
    pub octets: Vec<u8>,
}

/// What a server keeps of a password (RFC 5802 3): enough to check it, not enough to use it elsewhere.
///
/// Written and read as RFC 5803 has it: `SCRAM-SHA-256$4096:<salt>$<StoredKey>:<ServerKey>`, all in base64.
#[derive(Clone, PartialEq, Eq)]
pub struct ScramKeys {
    pub(super) hash: Hash,
    pub(super) iterations: u32,
    pub(super) salt: Vec<u8>,
    pub(super) stored: Key,
    pub(super) server: Key,
}

impl ScramKeys {
    /// Derives the keys. `password` has been [prepared](super::prepare); `salt` is random and this user's alone.
    pub fn derive(hash: Hash, password: &[u8], salt: &[u8], iterations: u32) -> Self {
        let salted = hash.salted(password, salt, iterations.max(1));
        let client = Zeroizing::new(hash.hmac(salted.as_slice(), b"Client Key"));
        Self {
            hash,
            iterations: iterations.max(1),
            salt: salt.into(),
            stored: hash.digest(client.as_slice()),
            server: hash.hmac(salted.as_slice(), b"Server Key"),
        }
    }

    /// The hash they were derived with.
    pub const fn hash(&self) -> Hash {
        self.hash
    }

    /// How many iterations that took.
    pub const fn iterations(&self) -> u32 {
        self.iterations
    }

    /// Whether `password`, prepared, is the one they were derived from. Takes the time of the derivation.
    pub fn verify(&self, password: &[u8]) -> bool {
        Self::derive(self.hash, password, &self.salt, self.iterations).stored == self.stored
    }
}

impl fmt::Debug for ScramKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ScramKeys({}${}:***)", self.hash.name(), self.iterations)
    }
}

impl fmt::Display for ScramKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |octets: &[u8]| String::from_utf8(base64::to_vec(octets)).unwrap_or_default();
        write!(f, "{}${}:{}$", self.hash.name(), self.iterations, text(&self.salt))?;
        write!(f, "{}:{}", text(self.stored.as_slice()), text(self.server.as_slice()))
    }
}

/// Not the keys of a SCRAM mechanism as RFC 5803 writes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not SCRAM keys as RFC 5803 writes them")]
pub struct InvalidKeys;

impl FromStr for ScramKeys {
    type Err = InvalidKeys;

    fn from_str(text: &str) -> Result<Self, InvalidKeys> {
        let octets = |text: &str| base64::decode(text.as_bytes()).map_err(|_| InvalidKeys);
        let mut parts = text.split('$');
        let (Some(name), Some(info), Some(keys), None) = (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(InvalidKeys);
        };
        let hash = [Hash::Sha1, Hash::Sha256].into_iter().find(|hash| hash.name() == name).ok_or(InvalidKeys)?;
        let (iterations, salt) = info.split_once(':').ok_or(InvalidKeys)?;
        let (stored, server) = keys.split_once(':').ok_or(InvalidKeys)?;
        let key = |text: &str| {
            let key = octets(text)?;
            Key::from_slice(key.expose()).filter(|key| key.len == hash.output_len()).ok_or(InvalidKeys)
        };
        Ok(Self {
            hash,
            iterations: count(iterations).ok_or(InvalidKeys)?,
            salt: octets(salt)?.expose().into(),
            stored: key(stored)?,
            server: key(server)?,
        })
    }
}

/// `ClientProof`, `ServerSignature` and the rest of RFC 5802 3, from the salted password or from what a server keeps.
pub(super) fn server_signature(keys_server: &Key, hash: Hash, auth_message: &[u8]) -> Key {
    hash.hmac(keys_server.as_slice(), auth_message)
}

/// `ClientSignature`: what the client's key is combined with by XOR.
pub(super) fn client_signature(stored: &Key, hash: Hash, auth_message: &[u8]) -> Key {
    hash.hmac(stored.as_slice(), auth_message)
}

/// RFC 5802 5.1: `,` and `=` of a name are written `=2C` and `=3D`.
pub(super) fn escape(name: &str) -> String {
    let mut escaped = String::with_capacity(name.len());
    for c in name.chars() {
        match c {
            ',' => escaped.push_str("=2C"),
            '=' => escaped.push_str("=3D"),
            other => escaped.push(other),
        }
    }
    escaped
}

/// The name that an escaped one stands for; any other `=` is refused (RFC 5802 5.1).
pub(super) fn unescape(name: &str) -> Option<String> {
    let mut plain = String::with_capacity(name.len());
    let mut parts = name.split('=');
    plain.push_str(parts.next()?);
    for part in parts {
        let (c, rest) = match (part.strip_prefix("2C"), part.strip_prefix("3D")) {
            (Some(rest), _) => (',', rest),
            (_, Some(rest)) => ('=', rest),
            _ => return None,
        };
        plain.push(c);
        plain.push_str(rest);
    }
    (!plain.is_empty()).then_some(plain)
}

/// posit-number = %x31-39 *DIGIT (RFC 5802 7)
pub(super) fn count(text: &str) -> Option<u32> {
    let digits = text.bytes().all(|octet| octet.is_ascii_digit()) && !text.starts_with('0');
    text.parse().ok().filter(|_| digits)
}

/// A nonce as RFC 5802 7 has it: printable ASCII without the comma.
pub(super) fn is_nonce(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|octet| matches!(octet, b'!'..=b'+' | b'-'..=b'~'))
}
