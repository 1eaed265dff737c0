//! Delivery reports (RFC 3464 in the multipart/report of RFC 6522) as typed values.

use super::date::DateTime;
use super::header::Header;
use super::message::Message;
use super::word::decode_text;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

/// What became of a message, told by the host that handled it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeliveryReport {
    /// The sender's own name for the transaction (RFC 3461's ENVID).
    pub envelope_id: Option<String>,
    /// The host that made the report, without its type.
    pub reporting_mta: Option<String>,
    /// The host that the message came from.
    pub received_from_mta: Option<String>,
    /// When it came.
    pub arrival: Option<DateTime>,
    /// One entry for each recipient, in order.
    pub recipients: Vec<RecipientReport>,
}

/// What became of it for one recipient.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecipientReport {
    /// The address as the sender gave it, where that is known.
    pub original_recipient: Option<String>,
    /// The address that was tried in the end.
    pub final_recipient: Option<String>,
    /// What was done; `None` where the report says none of the five words.
    pub action: Option<Action>,
    /// The enhanced status code (RFC 3463).
    pub status: Option<StatusCode>,
    /// The host that was asked.
    pub remote_mta: Option<String>,
    /// What that host answered, without the type of the code.
    pub diagnostic: Option<String>,
    /// When it was last tried.
    pub last_attempt: Option<DateTime>,
    /// Until when it will be tried.
    pub will_retry_until: Option<DateTime>,
}

/// What was done for a recipient (RFC 3464 2.3.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// It could not be delivered.
    Failed,
    /// It could not be delivered yet.
    Delayed,
    /// It was delivered.
    Delivered,
    /// It was handed to a host that reports no deliveries.
    Relayed,
    /// It was delivered to what makes several copies of it, a mailing list for one.
    Expanded,
}

/// An enhanced status code (RFC 3463): class, subject and detail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StatusCode {
    /// 2 success, 4 persistent transient failure, 5 permanent failure.
    pub class: u8,
    /// What it is about, 0 to 999.
    pub subject: u16,
    /// What precisely, 0 to 999.
    pub detail: u16,
}

impl fmt::Display for StatusCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.class, self.subject, self.detail)
    }
}

impl StatusCode {
    /// Reads `5.1.1` at the front of a text; what follows, a comment as a rule, is nobody's.
    pub fn parse(text: &str) -> Option<Self> {
        let code = text.split(|character: char| !character.is_ascii_digit() && character != '.').next()?;
        let mut numbers = code.split('.').map(|digits| digits.parse::<u16>().ok().filter(|_| digits.len() <= 3));
        let (class, subject, detail) = (numbers.next()??, numbers.next()??, numbers.next()??);
        if numbers.next().is_some() || !matches!(class, 2 | 4 | 5) {
            return None;
        }
        Some(Self { class: class as u8, subject, detail })
    }
}

impl DeliveryReport {
    /// Reads the body of a message/delivery-status (or message/global-delivery-status) part: groups of fields with
    /// empty lines between them, the first about the message, the others about one recipient each.
    pub fn parse(body: &[u8]) -> Self {
        crate::work::add(body.len());
        let mut report = Self::default();
        for (i, group) in groups(body).enumerate() {
            let message = Message::parse(group);
            let header = message.header();
            // Some hosts leave out the first group, or write the fields of the first recipient into it.
            if i == 0 {
                report.envelope_id = text(&header, "original-envelope-id");
                report.reporting_mta = typed(&header, "reporting-mta");
                report.received_from_mta = typed(&header, "received-from-mta");
                report.arrival = date(&header, "arrival-date");
            }
            if header.field("final-recipient").is_some() || header.field("action").is_some() {
                report.recipients.push(RecipientReport::read(&header));
            }
        }
        report
    }
}

impl RecipientReport {
    fn read(header: &Header<'_, '_>) -> Self {
        let action = text(header, "action").and_then(|action| {
            let word = action.split_ascii_whitespace().next().unwrap_or_default().to_ascii_lowercase();
            Some(match word.as_str() {
                "failed" => Action::Failed,
                "delayed" => Action::Delayed,
                "delivered" => Action::Delivered,
                "relayed" => Action::Relayed,
                "expanded" => Action::Expanded,
                _ => return None,
            })
        });
        Self {
            original_recipient: typed(header, "original-recipient"),
            final_recipient: typed(header, "final-recipient"),
            action,
            status: text(header, "status").and_then(|status| StatusCode::parse(&status)),
            remote_mta: typed(header, "remote-mta"),
            diagnostic: typed(header, "diagnostic-code"),
            last_attempt: date(header, "last-attempt-date"),
            will_retry_until: date(header, "will-retry-until"),
        }
    }
}

fn text(header: &Header<'_, '_>, name: &str) -> Option<String> {
    let text = decode_text(header.field(name)?.raw());
    Some(text.split_ascii_whitespace().collect::<Vec<_>>().join(" ")).filter(|text| !text.is_empty())
}

/// `rfc822; ann@example.org`: what stands behind the type.
fn typed(header: &Header<'_, '_>, name: &str) -> Option<String> {
    let whole = text(header, name)?;
    Some(match whole.split_once(';') {
        Some((_, value)) => value.trim().to_string(),
        None => whole,
    })
}

fn date(header: &Header<'_, '_>, name: &str) -> Option<DateTime> {
    DateTime::parse(header.field(name)?.raw()).ok()
}

/// What stands between empty lines.
fn groups(body: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = body;
    core::iter::from_fn(move || {
        while let [b'\r', b'\n', behind @ ..] | [b'\n', behind @ ..] = rest {
            rest = behind;
        }
        if rest.is_empty() {
            return None;
        }
        let mut end = 0;
        while end < rest.len() {
            let next = memchr::memchr(b'\n', &rest[end..]).map_or(rest.len(), |lf| end + lf + 1);
            if matches!(&rest[end..next], b"\n" | b"\r\n") {
                break;
            }
            end = next;
        }
        let (group, behind) = rest.split_at(end);
        rest = behind;
        Some(group)
    })
}

impl Message<'_> {
    /// What a multipart/report about deliveries says; `None` for other messages.
    ///
    /// ```
    /// use plainwire::mime::{Action, Message};
    ///
    /// let message = Message::parse(b"Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n\
    ///     --b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n\
    ///     Final-Recipient: rfc822; ann@example.org\r\nAction: failed\r\nStatus: 5.1.1 (no such user)\r\n--b--\r\n");
    /// let report = message.delivery_report().unwrap();
    /// assert_eq!(report.recipients[0].final_recipient.as_deref(), Some("ann@example.org"));
    /// assert_eq!(report.recipients[0].action, Some(Action::Failed));
    /// assert_eq!(report.recipients[0].status.unwrap().to_string(), "5.1.1");
    /// ```
    pub fn delivery_report(&self) -> Option<DeliveryReport> {
        let status = |kind: &str| matches!(kind, "message/delivery-status" | "message/global-delivery-status");
        let part = self.root().children().find(|part| status(part.content_type().essence()))?;
        Some(DeliveryReport::parse(&part.body()))
    }
}
