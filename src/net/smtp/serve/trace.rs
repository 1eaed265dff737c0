//! The fields that a server puts on top of a message (RFC 5321 4.4).

use super::{Client, Envelope};
use crate::mime::{DateTime, Offset};
use std::format;
use std::string::String;
use std::time::SystemTime;

/// `Return-Path` and `Received`, for a message that has come to its end.
///
/// The recipient is named where there is one: with several, each would learn of the others.
pub(super) fn fields(client: &Client, envelope: &Envelope, host: &str, id: &str, at: SystemTime) -> String {
    let mut fields = String::from("Return-Path: <");
    if let Some(sender) = envelope.sender() {
        fields += sender.as_str();
    }
    fields += ">\r\n";
    for recipient in envelope.recipients() {
        fields += &format!("Delivered-To: {}\r\n", recipient.address);
    }
    // RFC 5321 4.1.3: an address literal.
    let literal = crate::smtp::HostName::literal(client.address().ip().to_canonical());
    let name = client.hello().map_or("unknown", |name| name.as_str());
    let with = client.protocol_name(envelope.parameters().utf8);
    fields += &format!("Received: from {name} ({literal})\r\n\tby {host} with {with} id {id}");
    if let [recipient] = envelope.recipients() {
        fields += &format!("\r\n\tfor <{}>", recipient.address);
    }
    let seconds = at.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs() as i64);
    if let Ok(date) = DateTime::from_unix(seconds, Offset::East(0)) {
        fields += &format!(";\r\n\t{date}");
    }
    fields += "\r\n";
    fields
}
