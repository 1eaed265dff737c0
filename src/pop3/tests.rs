use super::*;
use crate::sasl::Secret;
use alloc::collections::BTreeSet;
use alloc::string::{String, ToString};
use proptest::prelude::*;

/// RFC 1939 7: the example of `APOP`.
#[test]
fn the_digest_of_the_rfc() {
    let greeting = b"POP3 server ready <1896.697170952@dbc.mtview.ca.us>";
    let stamp = timestamp(greeting).unwrap();
    let digest = ApopDigest::new(stamp, &Secret::from("tanstaaf"));
    assert_eq!(digest.to_string(), "c4c9334bac560ecc979e58001b3e22fb");
    assert!(ApopDigest::parse(b"c4c9334bac560ecc979e58001b3e22fb") == Some(digest));
    for text in
        ["", "c4c9334bac560ecc979e58001b3e22f", "C4C9334BAC560ECC979E58001B3E22FB", "c4c9334bac560ecc979e58001b3e22fg"]
    {
        assert!(ApopDigest::parse(text.as_bytes()).is_none(), "{text}");
    }
    assert_eq!(alloc::format!("{digest:?}"), "***");
}

/// CVE-2007-1558: the collisions need octets that no message id has.
#[test]
fn only_a_message_id_is_a_timestamp() {
    for good in ["<a@b>", "x <a.b@c.d> y", "<1@[127.0.0.1]>", "<!#$@b>"] {
        assert!(timestamp(good.as_bytes()).is_some(), "{good}");
    }
    for bad in [
        "",
        "<>",
        "<a>",
        "<@b>",
        "<a@>",
        "<a@b",
        "a@b>",
        "<a b@c>",
        "<a@b@c>",
        "<a..b@c>",
        "<.a@b>",
        "<a@b.>",
        "<a@[]>",
        "<é@b>",
        "<\u{1}@b>",
    ] {
        assert_eq!(timestamp(bad.as_bytes()), None, "{bad}");
    }
    assert_eq!(timestamp(b"<\xff@b>"), None);
    assert_eq!(timestamp(b"> <a@b>"), Some(&b"<a@b>"[..]));
}

/// RFC 2449 6 to 8, RFC 3206, RFC 6856.
#[test]
fn capabilities_are_read_whole_or_not_at_all() {
    use Capability as C;
    for (line, wanted) in [
        ("TOP", C::Top),
        ("top", C::Top),
        ("USER", C::User),
        ("SASL CRAM-MD5 KERBEROS_V4", C::Sasl(&b"CRAM-MD5 KERBEROS_V4"[..])),
        ("SASL", C::Sasl(b"")),
        ("RESP-CODES", C::RespCodes),
        ("AUTH-RESP-CODE", C::AuthRespCode),
        ("LOGIN-DELAY 900", C::LoginDelay { seconds: 900, per_user: false }),
        ("LOGIN-DELAY 900 USER", C::LoginDelay { seconds: 900, per_user: true }),
        ("LOGIN-DELAY NEVER", C::Other(b"LOGIN-DELAY NEVER")),
        ("LOGIN-DELAY", C::Other(b"LOGIN-DELAY")),
        ("LOGIN-DELAY 99999999999", C::LoginDelay { seconds: u32::MAX, per_user: false }),
        ("PIPELINING", C::Pipelining),
        ("EXPIRE 60", C::Expire { days: Some(60), per_user: false }),
        ("EXPIRE NEVER", C::Expire { days: None, per_user: false }),
        ("EXPIRE 5 USER", C::Expire { days: Some(5), per_user: true }),
        ("EXPIRENEVER", C::Other(b"EXPIRENEVER")),
        ("EXPIRE 5 USER x", C::Other(b"EXPIRE 5 USER x")),
        ("UIDL", C::Uidl),
        ("UIDL x", C::Other(b"UIDL x")),
        ("STLS", C::Stls),
        ("UTF8", C::Utf8 { user: false }),
        ("UTF8 USER", C::Utf8 { user: true }),
        ("LANG", C::Lang),
        ("IMPLEMENTATION Shlemazle-Plotz-v302", C::Implementation(b"Shlemazle-Plotz-v302")),
        ("", C::Other(b"")),
    ] {
        assert_eq!(Capability::parse(line.as_bytes()), wanted, "{line}");
    }
}

#[test]
fn response_codes_are_in_brackets_at_the_front() {
    for (text, code, rest) in [
        ("[IN-USE] busy", Some(Code::InUse), "busy"),
        ("[login-delay]", Some(Code::LoginDelay), ""),
        ("[SYS/TEMP] x", Some(Code::SysTemp), "x"),
        ("[SYS/PERM] x", Some(Code::SysPerm), "x"),
        ("[AUTH] x", Some(Code::Auth), "x"),
        ("[UTF8] x", Some(Code::Utf8), "x"),
        ("[SYS/NEW] x", Some(Code::Other(&b"SYS/NEW"[..])), "x"),
        ("[] x", None, "[] x"),
        ("[A B] x", None, "[A B] x"),
        ("x [AUTH]", None, "x [AUTH]"),
    ] {
        assert_eq!(Code::take(text.as_bytes()), (code, rest.as_bytes()), "{text}");
    }
    assert_eq!(Code::Other("X").to_string(), "[X]");
    assert_eq!(Code::<&str>::SysTemp.to_string(), "[SYS/TEMP]");
}

proptest! {
    /// Whatever a server says in a capability or a code, reading it panics nowhere and keeps within the line.
    #[test]
    fn values_from_any_octets(line in prop::collection::vec(any::<u8>(), 0..40)) {
        let read = Capability::parse(&line);
        if let Capability::Other(octets) = read {
            prop_assert_eq!(octets, &line[..]);
        }
        let (code, rest) = Code::take(&line);
        prop_assert!(code.is_some() || rest == &line[..]);
        if let Some(stamp) = timestamp(&line) {
            prop_assert!(stamp.iter().all(u8::is_ascii_graphic));
        }
    }

    /// RFC 1939 7, for whatever files are called.
    #[test]
    fn unique_ids_can_be_said_and_are_unique(names in prop::collection::vec("[ -~é]{0,4}|[a-z]{60,80}|a,S=[0-9]", 0..12)) {
        let ids = unique_ids(names.iter().map(String::as_str));
        prop_assert_eq!(ids.len(), names.len());
        prop_assert!(ids.iter().all(|id| (1..=70).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic())));
        prop_assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len());
        prop_assert_eq!(unique_ids(names.iter().map(String::as_str)), ids);
    }
}
