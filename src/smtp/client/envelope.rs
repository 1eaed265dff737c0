//! Who a message is from, whom it is for, and what became of it.

use super::{Event, Step};
use crate::smtp::{Address, Code, Enhanced, MailParameters, RcptParameters, Reply};
use alloc::string::String;
use alloc::vec::Vec;
use bytes::Bytes;

/// The envelope of a message (RFC 5321 2.3.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// The sender; `None` is `<>`, for reports.
    pub from: Option<Address>,
    /// What is said of the message. `SIZE`, `BODY` and `SMTPUTF8` are declared by looking at it, where this is silent.
    pub parameters: MailParameters<Bytes>,
    /// Whom it is for, at least one.
    pub recipients: Vec<Recipient>,
}

/// One recipient of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipient {
    /// The mailbox.
    pub to: Address,
    /// What is said beside it.
    pub parameters: RcptParameters<Bytes>,
}

impl From<Address> for Recipient {
    fn from(to: Address) -> Self {
        Self { to, parameters: RcptParameters::default() }
    }
}

impl Envelope {
    /// An envelope with nothing said beside the addresses.
    pub fn new(from: impl Into<Option<Address>>, recipients: impl IntoIterator<Item = Address>) -> Self {
        Self {
            from: from.into(),
            parameters: MailParameters::default(),
            recipients: recipients.into_iter().map(Recipient::from).collect(),
        }
    }
}

/// How a message ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// The server took it for at least one recipient.
    Accepted,
    /// The server took it for nobody; this is where it was refused last.
    Refused(Step),
}

/// A reply, kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// What it answered.
    pub step: Step,
    /// The reply code.
    pub code: Code,
    /// The enhanced one.
    pub enhanced: Option<Enhanced>,
    /// The lines, one below the other.
    pub text: String,
}

impl Verdict {
    /// The reply to `step`.
    pub fn of<B: AsRef<[u8]>>(step: Step, reply: &Reply<B>) -> Self {
        Self { step, code: reply.code(), enhanced: reply.enhanced(), text: reply.to_text() }
    }
}

/// What became of a message, recipient by recipient: collected from a client's events.
///
/// A recipient without a verdict is one whose fate is not known: the connection ended before. What was not refused then
/// may have been taken.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Of each recipient in the envelope's order, what was said last.
    pub recipients: Vec<Option<Verdict>>,
    /// What the sender, `DATA` or the message was refused with, for everyone.
    pub refused: Option<Verdict>,
    /// It is complete.
    pub outcome: Option<Outcome>,
}

impl Report {
    /// Of a message to so many recipients, none of whom is answered.
    pub fn new(recipients: usize) -> Self {
        Self { recipients: alloc::vec![None; recipients], refused: None, outcome: None }
    }

    /// Notes what concerns the message. Returns whether it is complete.
    pub fn note<B: AsRef<[u8]>>(&mut self, event: &Event<B>) -> bool {
        match event {
            // Where the sender was refused already, what is said of a recipient follows from that.
            Event::Recipient { index, reply } if self.refused.is_none() => {
                if let Some(verdict) = self.recipients.get_mut(*index as usize) {
                    *verdict = Some(Verdict::of(Step::Recipient, reply));
                }
            }
            Event::Sent { recipient: Some(index), reply } => {
                if let Some(verdict) = self.recipients.get_mut(*index as usize) {
                    *verdict = Some(Verdict::of(Step::Message, reply));
                }
            }
            Event::Sent { recipient: None, reply } => self.all(Step::Message, reply),
            Event::Reply { step: step @ (Step::Sender | Step::Data | Step::Chunk), reply }
                if !reply.code().is_positive() && !reply.code().is_intermediate() =>
            {
                self.all(*step, reply);
            }
            Event::Shutdown(reply) => self.all(Step::Message, reply),
            Event::Done(outcome) => self.outcome = Some(*outcome),
            _ => {}
        }
        self.outcome.is_some()
    }

    /// A verdict on everyone who was not refused already.
    fn all<B: AsRef<[u8]>>(&mut self, step: Step, reply: &Reply<B>) {
        let verdict = Verdict::of(step, reply);
        for recipient in &mut self.recipients {
            if recipient.as_ref().is_none_or(|before| before.step == Step::Recipient && before.code.is_positive()) {
                *recipient = Some(verdict.clone());
            }
        }
        if !verdict.code.is_positive() && self.refused.is_none() {
            self.refused = Some(verdict);
        }
    }

    /// Whether the server took the message for this recipient.
    pub fn accepted(&self, index: usize) -> bool {
        self.recipients
            .get(index)
            .and_then(Option::as_ref)
            .is_some_and(|verdict| verdict.step == Step::Message && verdict.code.is_positive())
    }
}
