use super::*;
use crate::cookie::signed::{Forged, Key, KeyTooShort};

fn key() -> Key {
    Key::new(&[7; 32]).unwrap()
}

#[test]
fn a_key_is_long_enough() {
    assert_eq!(Key::new(&[7; 31]).unwrap_err(), KeyTooShort);
    assert_eq!(format!("{:?}", key()), "Key(..)");
}

#[test]
fn a_signature_is_hmac_sha256_of_the_parts() {
    // By another implementation (Python's hmac): the derived key, then the signature of name and value.
    assert_eq!(key().sign("user", "ada"), include_str!("signed.txt").trim());
}

#[test]
fn every_changed_octet_is_noticed() {
    let (key, other) = (key(), Key::new(&[8; 32]).unwrap());
    let signed = key.sign("user", "ada");
    let sealed = key.seal("user", "ada", b"");
    assert_eq!((key.verify("user", &signed), key.open("user", &sealed)), (Ok("ada"), Ok("ada".into())));
    for text in [&signed, &sealed] {
        for at in 0..text.len() {
            let mut changed = text.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            assert_eq!(key.verify("user", &changed), Err(Forged));
            assert_eq!(key.open("user", &changed), Err(Forged));
            assert_eq!(key.open("user", &text[..at]), Err(Forged));
            assert_eq!(key.verify("user", &text[..at]), Err(Forged));
        }
    }
    assert_eq!(key.verify("usera", "da"), Err(Forged));
    assert_eq!(other.verify("user", &signed), Err(Forged));
    assert_eq!(other.open("user", &sealed), Err(Forged));
    assert_eq!(key.open("admin", &sealed), Err(Forged));
    assert_eq!(key.verify("use", &signed), Err(Forged));
}

#[test]
fn sealed_texts_are_cookie_values_and_differ_by_salt() {
    let key = key();
    let (one, two) = (key.seal("n", "\u{1F36A}; \r\n", b"1"), key.seal("n", "\u{1F36A}; \r\n", b"2"));
    assert_ne!(one, two);
    assert_eq!(one, key.seal("n", "\u{1F36A}; \r\n", b"1"));
    assert!(Builder::new("n", &*one).build().is_ok());
    assert_eq!(key.open("n", &two).unwrap(), "\u{1F36A}; \r\n");
}
