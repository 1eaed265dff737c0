use crate::mime::name::Name;
use proptest::prelude::*;
use std::vec::Vec;

const NAMES: [(&str, Name); 17] = [
    ("bcc", Name::Bcc),
    ("cc", Name::Cc),
    ("content-disposition", Name::ContentDisposition),
    ("content-id", Name::ContentId),
    ("content-location", Name::ContentLocation),
    ("content-transfer-encoding", Name::ContentTransferEncoding),
    ("content-type", Name::ContentType),
    ("date", Name::Date),
    ("from", Name::From),
    ("in-reply-to", Name::InReplyTo),
    ("message-id", Name::MessageId),
    ("received", Name::Received),
    ("references", Name::References),
    ("reply-to", Name::ReplyTo),
    ("sender", Name::Sender),
    ("subject", Name::Subject),
    ("to", Name::To),
];

/// One by one, octet by octet.
fn slow(name: &[u8]) -> Name {
    let found = NAMES.iter().find(|(known, _)| name.eq_ignore_ascii_case(known.as_bytes()));
    found.map_or(Name::Other, |(_, name)| *name)
}

#[test]
fn every_name_is_known_in_any_case_and_nothing_beside_it() {
    for (name, known) in NAMES {
        assert_eq!(Name::of(name.as_bytes()), known);
        assert_eq!(Name::of(name.to_ascii_uppercase().as_bytes()), known);
        for at in 0..name.len() {
            for octet in 0..=u8::MAX {
                let mut other: Vec<u8> = name.into();
                other[at] = octet;
                assert_eq!(Name::of(&other), slow(&other), "{}", other.escape_ascii());
            }
        }
    }
}

proptest! {
    #[test]
    fn any_name_is_told_as_the_slow_way_tells_it(name in "[ -~]{0,30}") {
        prop_assert_eq!(Name::of(name.as_bytes()), slow(name.as_bytes()));
    }
}
