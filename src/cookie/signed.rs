//! Values that a client can't change, or can't read: signed with HMAC-SHA256, sealed with XChaCha20-Poly1305.
//!
//! Both are bound to the cookie's name: a value moved to another name does not open. Neither is bound to a time or a
//! user; put those into the value where a replayed one would do harm.
//!
//! ```
//! use plainwire::cookie::signed::Key;
//!
//! let key = Key::new(b"sixty-four octets of a random secret, say from /dev/urandom, kept").unwrap();
//! let signed = key.sign("user", "ada");
//! assert_eq!(key.verify("user", &signed).unwrap(), "ada");
//! assert!(key.verify("admin", &signed).is_err());
//!
//! let sealed = key.seal("cart", "3 books", b"salt");
//! assert_eq!(key.open("cart", &sealed).unwrap(), "3 books");
//! ```

use alloc::string::String;
use alloc::vec::Vec;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chacha20poly1305::XChaCha20Poly1305;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use core::fmt;
use hmac::{Hmac, Mac};
use sha2::Sha256;

type HmacSha256 = Hmac<Sha256>;

/// The shortest secret, in octets: as long as what it signs with.
pub const KEY_LEAST: usize = 32;
/// How many octets of a sealed value are its nonce.
const NONCE: usize = 24;

/// What signs and seals. Made from one secret; each use has a key of its own, derived from it.
#[derive(Clone)]
pub struct Key {
    signing: [u8; 32],
    sealing: [u8; 32],
    nonces: [u8; 32],
}

/// A secret that is too short to be one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a key needs at least {KEY_LEAST} octets")]
pub struct KeyTooShort;

/// The value is not one that this key made for this name. Nothing more is said, and how long it took says nothing of the
/// right signature: they are compared in constant time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the value was not made with this key for this name")]
pub struct Forged;

impl Key {
    /// A key from a secret of at least [`KEY_LEAST`] random octets.
    ///
    /// # Errors
    ///
    /// [`KeyTooShort`].
    pub fn new(secret: &[u8]) -> Result<Self, KeyTooShort> {
        if secret.len() < KEY_LEAST {
            return Err(KeyTooShort);
        }
        let derive = |purpose: &[u8]| mac(secret, &[b"plainwire cookie ", purpose]);
        Ok(Self { signing: derive(b"signing"), sealing: derive(b"sealing"), nonces: derive(b"nonces") })
    }

    /// The value with its signature before it: 43 octets and a dot more.
    ///
    /// The value stays readable and as it is. One that is no cookie value (white space, `;`, what is not ASCII) is signed,
    /// and then refused by [`Builder::build`](super::Builder::build): encode it before, or [`seal`](Self::seal) it.
    pub fn sign(&self, name: &str, value: &str) -> String {
        let mut signed = URL_SAFE_NO_PAD.encode(self.signature(name, value));
        signed.push('.');
        signed.push_str(value);
        signed
    }

    /// The value that was signed for this name.
    ///
    /// # Errors
    ///
    /// [`Forged`].
    pub fn verify<'a>(&self, name: &str, signed: &'a str) -> Result<&'a str, Forged> {
        let (signature, value) = signed.split_once('.').ok_or(Forged)?;
        let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| Forged)?;
        let mut mac = keyed(&self.signing);
        feed(&mut mac, &[name.as_bytes(), value.as_bytes()]);
        // Compared in constant time.
        mac.verify_slice(&signature).map_err(|_| Forged)?;
        Ok(value)
    }

    /// The value encrypted and authenticated: any text, as a cookie value of (40 + its octets) × 4 / 3 octets, rounded up.
    ///
    /// The nonce is derived from name, value and `salt`, so that there is no random number to get wrong: with an empty
    /// salt equal values give equal texts, which is all that it tells. Give something that differs (random octets, a
    /// counter) where that is too much.
    pub fn seal(&self, name: &str, value: &str, salt: &[u8]) -> String {
        let derived = mac(&self.nonces, &[name.as_bytes(), value.as_bytes(), salt]);
        let mut sealed = Vec::from(&derived[..NONCE]);
        let nonce: [u8; NONCE] = core::array::from_fn(|at| derived[at]);
        let payload = Payload { msg: value.as_bytes(), aad: name.as_bytes() };
        // Encryption fails only for texts beyond 256 GiB.
        let text = self.cipher().encrypt(&nonce.into(), payload).unwrap_or_default();
        sealed.extend_from_slice(&text);
        URL_SAFE_NO_PAD.encode(sealed)
    }

    /// The value that was sealed for this name.
    ///
    /// # Errors
    ///
    /// [`Forged`].
    pub fn open(&self, name: &str, sealed: &str) -> Result<String, Forged> {
        let sealed = URL_SAFE_NO_PAD.decode(sealed).map_err(|_| Forged)?;
        let (nonce, text) = sealed.split_first_chunk::<NONCE>().ok_or(Forged)?;
        let payload = Payload { msg: text, aad: name.as_bytes() };
        let value = self.cipher().decrypt(&(*nonce).into(), payload).map_err(|_| Forged)?;
        String::from_utf8(value).map_err(|_| Forged)
    }

    fn signature(&self, name: &str, value: &str) -> [u8; 32] {
        mac(&self.signing, &[name.as_bytes(), value.as_bytes()])
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(&self.sealing.into())
    }
}

fn mac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = keyed(key);
    feed(&mut mac, parts);
    mac.finalize().into_bytes().into()
}

fn keyed(key: &[u8]) -> HmacSha256 {
    <HmacSha256 as KeyInit>::new_from_slice(key).expect("HMAC takes a key of any length")
}

/// Each part with its length before it: no two lists of parts read the same.
fn feed(mac: &mut HmacSha256, parts: &[&[u8]]) {
    for part in parts {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part);
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(..)")
    }
}
