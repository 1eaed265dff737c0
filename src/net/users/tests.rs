use super::{InvalidUser, Users, entry, entry_in_clear};
use crate::sasl::Store;
use std::format;
use std::string::ToString;

#[test]
fn what_is_written_is_read_and_hides_the_password() {
    let text = format!("# who\n\n{}\n{}\n", entry("ada", "pässword").unwrap(), entry_in_clear("bob", "p:w d").unwrap());
    assert!(!text.contains("pässword"));
    let users = Users::parse(&text).unwrap();
    assert_eq!(users.len(), 2);
    assert!(users.verify("ada", "pässword"));
    assert!(!users.verify("ada", "password") && !users.verify("ada", "") && !users.verify("eve", "pässword"));
    assert!(users.verify("bob", "p:w d"));
    let (ada, bob) = (users.record("ada").unwrap(), users.record("bob").unwrap());
    assert!(ada.password.is_none() && ada.sha1.is_some() && ada.sha256.is_some());
    assert_eq!(bob.password.unwrap().expose(), b"p:w d");
    assert!(users.in_clear());
    assert!(!format!("{users:?}").contains("p:w"));
}

#[test]
fn two_entries_for_one_password_have_nothing_in_common() {
    let (one, other) = (entry("ada", "engine").unwrap(), entry("ada", "engine").unwrap());
    assert_ne!(one, other);
}

#[test]
fn a_password_by_hand_is_one_too() {
    let users = Users::parse("ada:engine\nbob:{PLAIN}{PLAIN}").unwrap();
    assert!(users.verify("ada", "engine") && users.verify("bob", "{PLAIN}"));
}

#[test]
fn a_broken_line_is_named() {
    for (text, line, why) in [
        ("ada:x\n\nbob", 3, "no colon"),
        ("ada:x\nada:y", 2, "there already"),
        (":x", 1, "not a name"),
        ("ada:", 1, "no password"),
        ("ada:{MD5}x", 1, "scheme"),
        ("ada:SCRAM-SHA-256$x", 1, "RFC 5803"),
        ("ada:SCRAM-SHA-512$4096:c2FsdA==$AAAA:AAAA", 1, "RFC 5803"),
        ("a\u{7}da:x", 1, "not a name"),
    ] {
        let error = Users::parse(text).unwrap_err();
        assert_eq!(error.line, line, "{text}");
        assert!(error.to_string().contains(why), "{text}: {error}");
    }
}

/// No value may write a second line or a second field.
#[test]
fn nothing_forges_a_line() {
    for name in ["", "a:b", "a\nb:c", "a\rb", "#a", "a\0"] {
        assert_eq!(entry(name, "x"), Err(InvalidUser::Name), "{name:?}");
        assert_eq!(entry_in_clear(name, "x"), Err(InvalidUser::Name), "{name:?}");
    }
    for password in ["", "a\nb:c", "a\0"] {
        assert_eq!(entry_in_clear("ada", password), Err(InvalidUser::Password), "{password:?}");
    }
    assert_eq!(entry("ada", ""), Err(InvalidUser::Password));
}

/// What SCRAM tells of a name, to whoever asks.
fn challenge(users: &Users, name: &str) -> std::string::String {
    use crate::sasl::{Mechanism, Nonce, Server, Setting, Step};
    let (decoy, decoy_iterations) = (users.decoy(), users.iterations());
    let setting = Setting { decoy, decoy_iterations, ..Setting::new(Nonce::new([1; 18])) };
    let mut server = Server::new(Mechanism::ScramSha256, setting);
    assert_eq!(server.respond(format!("n,,n={name},r=abc").as_bytes()), Ok(Step::Check));
    let Ok(Step::Challenge(challenge)) = server.check(users) else { panic!("{name}") };
    std::string::String::from_utf8(challenge).unwrap()
}

#[test]
fn who_has_a_password_in_clear_has_the_salt_of_a_stranger() {
    let users = Users::parse("ada:engine").unwrap();
    assert!(users.decoy() != [0; 32]);
    assert_ne!(challenge(&users, "ada"), challenge(&users, "bob"));
    let without = Users { decoy: users.decoy(), ..Users::default() };
    assert_eq!(challenge(&users, "ada"), challenge(&without, "ada"));
}

#[test]
fn strangers_have_the_iterations_of_the_file() {
    use crate::sasl::{Hash, ScramKeys};
    let keys = |iterations| ScramKeys::derive(Hash::Sha256, b"x", b"a salt of its own", iterations);
    let text = std::format!("ada:{}\nbob:{}\ncyd:{}\ndan:clear\n", keys(10_000), keys(10_000), keys(4_096));
    let users = Users::parse(&text).unwrap();
    assert_eq!(users.iterations(), 10_000);
    for name in ["ada", "bob", "dan", "nobody"] {
        assert!(challenge(&users, name).ends_with(",i=10000"), "{name}");
    }
    assert!(users.verify("dan", "clear") && !users.verify("dan", "dark") && users.verify("cyd", "x"));
    assert_eq!((Users::default().iterations(), Users::parse("ada:clear").unwrap().iterations()), (4_096, 4_096));
    // What is wrong is told of its line, whatever kind of line it is.
    let told = |text: &str| Users::parse(text).unwrap_err().line;
    assert_eq!((told("a:b\na:c"), told("a:b\nc:\u{7}"), told("a:b\nc:{X}d")), (2, 2, 2));
}
