//! Query strings beside `form_urlencoded`, which follows the same standard: there are no known differences.

use plainwire::query::{Serializer, octet_pairs, parse, parse_octets};
use std::borrow::Cow;

/// A query string.
pub fn query(data: &[u8]) {
    let theirs: Vec<(Cow<'_, str>, Cow<'_, str>)> = form_urlencoded::parse(data).collect();
    assert_eq!(parse_octets(data).collect::<Vec<_>>(), theirs);
    if let Ok(text) = std::str::from_utf8(data) {
        assert_eq!(parse(text).collect::<Vec<_>>(), theirs);
    }
    let mut ours = Serializer::new();
    ours.extend(theirs.iter().map(|(name, value)| (name, value)));
    let written = form_urlencoded::Serializer::new(String::new()).extend_pairs(&theirs).finish();
    assert_eq!(ours.finish(), written);
    let mut ours = Serializer::onto(String::from("/path?"));
    for (name, value) in octet_pairs(data) {
        let text = |octets: &[u8]| form_urlencoded::byte_serialize(octets).collect::<String>();
        let mut one = Serializer::new();
        one.append_octets(&name, &value);
        assert_eq!(one.finish(), format!("{}={}", text(&name), text(&value)));
        ours.append_name(&String::from_utf8_lossy(&name));
    }
    let mut theirs = form_urlencoded::Serializer::for_suffix(String::from("/path?"), 6);
    for (name, _) in octet_pairs(data) {
        theirs.append_key_only(&String::from_utf8_lossy(&name));
    }
    assert_eq!(ours.finish(), theirs.finish());
}
