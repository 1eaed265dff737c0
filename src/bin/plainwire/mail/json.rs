//! Values of mail as JSON.

use crate::digest::sha256;
use plainwire::mime::{Address, AddressList, Content, Defect, Mailbox, Message, Part};
use serde_json::{Value, json};

/// `[[name, address]…]`, groups as `{"group":…,"members":[…]}`; a name that is not there is the empty string.
pub(crate) fn addresses(list: &AddressList<'_>) -> Value {
    let mailbox = |mailbox: &Mailbox<'_>| json!([mailbox.name().unwrap_or_default(), mailbox.address()]);
    list.addresses
        .iter()
        .map(|address| match address {
            Address::Mailbox(one) => mailbox(one),
            Address::Group(group) => {
                json!({ "group": group.name(), "members": group.members().iter().map(mailbox).collect::<Vec<_>>() })
            }
        })
        .collect()
}

/// `[{"kind":…,"offset":…}…]`.
pub(crate) fn defects(defects: &[Defect]) -> Value {
    defects.iter().map(|defect| json!({ "kind": defect.kind.as_str(), "offset": defect.offset })).collect()
}

/// Is it listed? Everything but multiparts, which have no content of their own.
pub(crate) fn is_listed(part: &Part<'_, '_>) -> bool {
    part.content() != Content::Multipart
}

/// The decoded octets of a part: of an embedded message, the message.
pub(crate) fn decoded<'a>(part: &Part<'_, 'a>) -> std::borrow::Cow<'a, [u8]> {
    part.body()
}

/// One entry of `parts`.
pub(crate) fn part(part: &Part<'_, '_>) -> Value {
    let header = part.header();
    let kind = part.content_type();
    let octets = decoded(part);
    json!({
        "path": part.path(),
        "content_type": kind.essence(),
        "charset": kind.charset(),
        "filename": part.file_name().as_deref(),
        "disposition": header.disposition().map(|disposition| disposition.kind().to_owned()),
        "content_id": header.content_id().map(|id| id.as_str().to_owned()),
        "encoding": part.encoding().as_str(),
        "decoded_sha256": sha256(&octets),
        "decoded_len": octets.len(),
    })
}

/// A whole message.
pub(crate) fn message(message: &Message<'_>) -> Value {
    let header = message.header();
    let headers: Vec<Value> = header.iter().map(|field| json!([field.name(), field.text()])).collect();
    let ids =
        |ids: Vec<plainwire::mime::MessageId<'_>>| -> Value { ids.iter().map(|id| Value::from(id.as_str())).collect() };
    let bodies = |parts: Vec<Part<'_, '_>>| -> Value { parts.iter().map(|part| Value::from(part.path())).collect() };
    json!({
        "headers": headers,
        "from": addresses(&header.from()),
        "sender": addresses(&header.sender()),
        "reply_to": addresses(&header.reply_to()),
        "to": addresses(&header.to()),
        "cc": addresses(&header.cc()),
        "bcc": addresses(&header.addresses("bcc")),
        "subject": header.subject(),
        "date": header.date().map(|date| date.iso_8601().to_string()),
        "message_id": header.message_id().map(|id| id.as_str().to_owned()),
        "in_reply_to": ids(header.in_reply_to()),
        "references": ids(header.references()),
        "text_body": bodies(message.text_body()),
        "html_body": bodies(message.html_body()),
        "attachments": bodies(message.attachments()),
        "parts": message.parts().filter(is_listed).map(|one| part(&one)).collect::<Vec<_>>(),
        "defects": defects(&message.examine()),
    })
}

/// Text for a terminal: nothing in it moves the cursor, and no mark reorders what stands beside it.
pub(crate) fn printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        let harmless = matches!(character, '\n' | '\t');
        let reorders = matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        if !harmless && (character.is_control() || reorders) {
            out.extend(character.escape_default());
        } else {
            out.push(character);
        }
    }
    out
}
