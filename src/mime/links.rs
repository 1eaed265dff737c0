//! Links between parts: `cid:` and `mid:` (RFC 2392), Content-Location (RFC 2557).

use super::message::Message;
use super::part::Part;
use super::word::hex;
use alloc::string::String;
use alloc::vec::Vec;

pub(super) fn resolve<'m, 'a>(message: &'m Message<'a>, url: &str) -> Option<Part<'m, 'a>> {
    let scheme =
        |name: &str| url.get(..name.len()).filter(|start| start.eq_ignore_ascii_case(name)).map(|_| &url[name.len()..]);
    if let Some(id) = scheme("cid:") {
        return message.by_content_id(&unescape(id)?);
    }
    if let Some(ids) = scheme("mid:") {
        let (whole, part) = match ids.split_once('/') {
            Some((whole, part)) => (whole, Some(part)),
            None => (ids, None),
        };
        let same = message.header().message_id().is_some_and(|id| Some(id.as_str()) == unescape(whole).as_deref());
        return match part {
            _ if !same => None,
            Some(part) => message.by_content_id(&unescape(part)?),
            None => Some(message.root()),
        };
    }
    message.parts().find(|part| part.header().content_location().is_some_and(|location| location == url))
}

/// Undoes percent-encoding, as RFC 2392 2 wants it for identifiers.
fn unescape(id: &str) -> Option<String> {
    let mut octets = Vec::with_capacity(id.len());
    let mut rest = id.as_bytes();
    while let Some((&octet, behind)) = rest.split_first() {
        rest = behind;
        if octet != b'%' {
            octets.push(octet);
            continue;
        }
        let (high, low) = (hex(*rest.first()?)?, hex(*rest.get(1)?)?);
        octets.push(high << 4 | low);
        rest = &rest[2..];
    }
    String::from_utf8(octets).ok()
}

/// The `cid:` links in an HTML text, in order: what stands in `src="cid:…"`, `href='cid:…'` or `url(cid:…)`.
///
/// It looks for links, it does not parse HTML: hand each to [`Message::resolve`].
///
/// ```
/// let html = r#"<img src="cid:logo@x"> <p style='background: url(CID:b%40x)'> acid:no"#;
/// assert_eq!(plainwire::mime::cid_links(html).collect::<Vec<_>>(), ["cid:logo@x", "CID:b%40x"]);
/// ```
pub fn cid_links(html: &str) -> impl Iterator<Item = &str> {
    crate::work::add(html.len());
    let mut from = 0;
    core::iter::from_fn(move || {
        loop {
            let colon = from + memchr::memchr(b':', &html.as_bytes()[from..])?;
            from = colon + 1;
            let Some(start) = colon.checked_sub(3) else { continue };
            let opens = start == 0 || matches!(html.as_bytes()[start - 1], b'"' | b'\'' | b'(' | b'=' | b' ');
            if !opens || !html.as_bytes()[start..colon].eq_ignore_ascii_case(b"cid") {
                continue;
            }
            let end =
                html[from..].find(['"', '\'', ')', '>', '<', ' ', '\t', '\r', '\n']).map_or(html.len(), |at| from + at);
            if end == from {
                continue;
            }
            from = end;
            return Some(&html[start..end]);
        }
    })
}
